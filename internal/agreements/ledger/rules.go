package ledger

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
)

// maxRules is the most rules of a version: all of them are read by people.
const maxRules = 200

// ruleSets are all versions of the rules in the order of their days.
func ruleSets(ctx context.Context, r db.Reader) (sets []RuleSet, err error) {
	if err := r.Select(ctx, &sets, `select id, valid_from, words, by_person, at, progress from ledger_rulesets`); err != nil {
		return nil, err
	}
	slices.SortFunc(sets, func(a, b RuleSet) int { return cmp.Or(cmp.Compare(a.ValidFrom, b.ValidFrom), cmp.Compare(a.ID, b.ID)) })
	var rules []struct {
		RuleSet string `db:"ruleset"`
		Rule
	}
	err = r.Select(ctx, &rules, `select ruleset, no, kind, form, topic, center, area, action from ledger_rules order by ruleset, no`)
	for n := range sets {
		for _, rule := range rules {
			if rule.RuleSet == sets[n].ID {
				sets[n].Rules = append(sets[n].Rules, rule.Rule)
			}
		}
	}
	return sets, err
}

// checkRules refuses a version that could not hold. Fields are "valid_from",
// "words" and "rule.N" with N from 1.
func (w world) checkRules(set RuleSet, frozen func(year int) bool) (faults []fault.Field) {
	wrong := func(name, key string) { faults = append(faults, fault.Field{Name: name, Key: "ledger.fault." + key}) }
	day, err := time.Parse(time.DateOnly, set.ValidFrom)
	switch {
	case err != nil || day.Year() < 1990 || day.Year() > 2200:
		wrong("valid_from", "day")
	case frozen(directory.SchoolYear(day)):
		wrong("valid_from", "rules_frozen")
	}
	if set.Words == "" || len(set.Words) > 2000 {
		wrong("words", "rules_words")
	}
	if len(set.Rules) > maxRules {
		wrong("valid_from", "rules_many")
	}
	for n, r := range set.Rules {
		name := "rule." + strconv.Itoa(n+1)
		switch _, area := w.areas[r.Area]; {
		case r.Area == "" && r.Action == "":
			wrong(name, "rule_nowhere")
		case r.Area != "" && !area:
			wrong(name, "rule_area")
		}
		if _, action := w.actions[r.Action]; r.Action != "" && !action {
			wrong(name, "rule_action")
		}
	}
	return faults
}

// SaveRules writes a version of the rules that holds from its day on, and asks
// for the work that moves activities; the version it returns names that work's
// progress. For holders of EditRules. A day in a frozen year, rules that lead
// nowhere and targets that are not there are Invalid, with fields.
func (s *Service) SaveRules(ctx context.Context, who access.Actor, set RuleSet) (_ RuleSet, err error) {
	defer fault.Wrap(&err, "save rules from %s", set.ValidFrom)
	if err := who.Must(access.EditRules); err != nil {
		return set, err
	}
	if _, err := s.checked(ctx, set); err != nil {
		return set, err
	}
	at, progress := s.now(), jobs.ProgressID(newID())
	set.ID, set.By, set.At, set.Progress = newID(), string(who.Person), at.Unix(), string(progress)
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if err := insertRules(ctx, tx, set); err != nil {
			return err
		}
		if _, err := jobs.StartProgress(ctx, tx, jobs.Progress{ID: progress, Kind: jobPlace, TitleKey: "ledger.progress.rules", Owner: string(who.Person)}, at); err != nil {
			return err
		}
		if err := placeAgain(ctx, tx, placeOrder{From: set.ValidFrom}, progress); err != nil {
			return err
		}
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "ledger.rules", Object: "ruleset", ObjectID: set.ID, Details: map[string]string{"from": set.ValidFrom}}, at)
	})
	return set, err
}

// checked refuses what checkRules finds.
func (s *Service) checked(ctx context.Context, set RuleSet) (world, error) {
	w, err := s.world(ctx)
	if err != nil {
		return w, err
	}
	frozen, err := frozenYears(ctx, s.db)
	if err != nil {
		return w, err
	}
	if faults := w.checkRules(set, func(year int) bool { return slices.Contains(frozen, year) }); faults != nil {
		return w, fault.InvalidFields(faults)
	}
	return w, nil
}

func insertRules(ctx context.Context, tx *db.Tx, set RuleSet) error {
	_, err := tx.Exec(ctx, `insert into ledger_rulesets (id, valid_from, words, by_person, at, progress) values (?, ?, ?, ?, ?, ?)`,
		set.ID, set.ValidFrom, set.Words, set.By, set.At, set.Progress)
	if err != nil {
		return err
	}
	var rows [][]any
	for n, r := range set.Rules {
		rows = append(rows, []any{set.ID, n + 1, r.Kind, r.Form, r.Topic, r.Center, r.Area, r.Action})
	}
	return writeRows(ctx, tx, `insert into ledger_rules (ruleset, no, kind, form, topic, center, area, action) values `, rows, ``)
}

// PlaceAgain tells the ledger that areas, actions or themes have changed:
// activities from that day on ("" for all) are put where they belong now, by a
// job that follows the commit.
func PlaceAgain(ctx context.Context, tx *db.Tx, from string) error {
	return placeAgain(ctx, tx, placeOrder{From: from}, "")
}

// placeOrder is what the job is told.
type placeOrder struct {
	From string `json:"from"`
}

func placeAgain(ctx context.Context, tx *db.Tx, o placeOrder, progress jobs.ProgressID) error {
	if err := db.Raise(ctx, tx, worldVersion); err != nil {
		return err
	}
	key := o.From
	options := []jobs.Option{}
	if progress != "" { // its own, for somebody watches it
		key = string(progress)
		options = append(options, jobs.WithProgress(progress))
	}
	_, err := jobs.Enqueue(ctx, tx, jobPlace, o, append(options, jobs.Unique(key))...)
	return err
}

// Moved is what a version of the rules would move.
type Moved struct {
	Seen       int // activities in the days of the version
	Activities int // of them, those that would move
	ByScope    map[Scope]Change
	Examples   []MovedOne // the first of them, at most fifty
}

// Change is what a scope gains (or loses: below 0).
type Change struct{ Activities, Participations, Minutes int64 }

// MovedOne is an activity with the places that it leaves and comes to.
type MovedOne struct {
	Listed
	Gone, Come []Scope
}

const movedExamples = 50

// Preview tells what a version of the rules would move, and writes nothing. It
// refuses what SaveRules would.
func (s *Service) Preview(ctx context.Context, who access.Actor, set RuleSet) (_ Moved, err error) {
	defer fault.Wrap(&err, "preview rules from %s", set.ValidFrom)
	if err := who.Must(access.EditRules); err != nil {
		return Moved{}, err
	}
	w, err := s.checked(ctx, set)
	if err != nil {
		return Moved{}, err
	}
	marks, err := liveMarks(ctx, s.db)
	if err != nil {
		return Moved{}, err
	}
	moved := Moved{ByScope: map[Scope]Change{}}
	set.ID = newID()
	next := w.with(set)
	err = s.eachActivity(ctx, set.ValidFrom, func(l Listed) error {
		if setOn(next.sets, l.On).ID == set.ID {
			moved.see(l, w, next, marks)
		}
		return nil
	})
	for n := range moved.Examples {
		if err == nil {
			one := []Listed{moved.Examples[n].Listed}
			err = s.name(ctx, one)
			moved.Examples[n].Listed = one[0]
		}
	}
	return moved, err
}

// with is the world with one more version of the rules.
func (w world) with(set RuleSet) world {
	for n := range set.Rules {
		set.Rules[n].No = n + 1
	}
	sets := append(slices.Clone(w.sets), set)
	slices.SortStableFunc(sets, func(a, b RuleSet) int { return cmp.Compare(a.ValidFrom, b.ValidFrom) })
	w.sets = sets
	return w
}

func (m *Moved) see(l Listed, now, next world, marks map[Ref][]jointRow) {
	joint := func(agreement string) bool {
		return slices.ContainsFunc(marks[l.Ref], func(j jointRow) bool { return j.Agreement == agreement && j.Since <= l.On })
	}
	m.Seen++
	gone, come, _ := comparePlaces(now.place(l.Activity, joint), next.place(l.Activity, joint))
	if len(gone)+len(come) == 0 {
		return
	}
	m.Activities++
	turn := func(scopes []Scope, sign int64) {
		for _, scope := range scopes {
			c := m.ByScope[scope]
			m.ByScope[scope] = Change{c.Activities + sign, c.Participations + sign*l.Participations, c.Minutes + sign*l.Minutes}
		}
	}
	turn(gone, -1)
	turn(come, 1)
	if len(m.Examples) < movedExamples {
		m.Examples = append(m.Examples, MovedOne{l, gone, come})
	}
}

func liveMarks(ctx context.Context, r db.Reader) (map[Ref][]jointRow, error) {
	var list []jointRow
	err := r.Select(ctx, &list, `select `+jointColumns+` from ledger_joint where ended_at = 0`)
	marks := map[Ref][]jointRow{}
	for _, j := range list {
		ref := Ref{j.Kind, j.Activity}
		marks[ref] = append(marks[ref], j)
	}
	return marks, err
}
