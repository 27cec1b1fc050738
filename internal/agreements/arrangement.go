package agreements

import (
	"cmp"
	"context"
	"slices"
	"time"

	"kladka/internal/access"
	"kladka/internal/agreements/ledger"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/events"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/trace"
)

// Progress is where an arrangement stands.
type Progress string

// The states: Planned → InProgress → Done or Dropped; Planned may also go
// straight to either end.
const (
	Planned    Progress = "planned"
	InProgress Progress = "in_progress"
	Done       Progress = "done"
	Dropped    Progress = "dropped"
)

// Over tells that nothing changes any more.
func (p Progress) Over() bool { return p == Done || p == Dropped }

// may tells whether an arrangement may go from one state to another.
func (p Progress) may(to Progress) bool {
	switch to {
	case InProgress:
		return p == Planned
	case Done, Dropped:
		return !p.Over()
	}
	return false
}

// Arrangement is an executive arrangement: who does what by when.
type Arrangement struct {
	ID        string               `db:"id"`
	Agreement ID                   `db:"agreement"`
	Area      string               `db:"area"` // "" until an officer says which
	Revision  int64                `db:"revision"`
	Trace     string               `db:"trace"`
	Title     string               `db:"title"` // what is to be done
	Words     string               `db:"words"`
	Owner     access.InstitutionID `db:"owner"`      // who does it, an institution …
	OwnerName string               `db:"owner_name"` // … or in words
	Due       string               `db:"due"`
	Money     int64                `db:"money"` // grosze, 0 without money
	State     Progress             `db:"state"`
	Decision  string               `db:"decision"` // of a meeting, "" when written by hand
	Meeting   string               `db:"meeting"`
	Result    string               `db:"result"`
	ClosedOn  string               `db:"closed_on"`
	By        string               `db:"by_person"`
	CreatedAt int64                `db:"created_at"`
	ChangedAt int64                `db:"changed_at"`
	Results   []ledger.Ref         `db:"-"`
}

const arrangementColumns = `g.id, g.agreement, g.area, g.revision, g.trace, g.title, g.words, g.owner, g.owner_name, g.due, g.money, g.state, g.decision, g.meeting,
	g.result, g.closed_on, g.by_person, g.created_at, g.changed_at`

// Late tells that the day passed and nothing came of it yet.
func (g Arrangement) Late(today string) bool { return !g.State.Over() && g.Due < today }

// ArrangementKind is the kind of arrangements among the activities of the ledger.
const ArrangementKind = "arrangement"

func (g Arrangement) check(w Whole) (x lacks) {
	x.text("co", g.Title, longestTitle, true)
	x.text("opis", g.Words, longestWords, false)
	x.text("kto", g.OwnerName, longestTitle, g.Owner == "")
	x.day("termin", g.Due, true)
	if a, ok := w.area(g.Area); !ok {
		x.add("obszar", "choose")
	} else if validDay(g.Due) && a.ValidTo != "" && g.Due > a.ValidTo {
		x.add("obszar", "area_ended")
	}
	return x
}

// Arrange writes an executive arrangement under an area. Who may: see runs.
// Faults: Forbidden, Invalid, also for an area that ends before the day;
// Conflict when the agreement is not in force.
func (s *Service) Arrange(ctx context.Context, who access.Actor, id ID, g Arrangement) (_ string, err error) {
	defer fault.Wrap(&err, "arrange under agreement %s", id)
	w, err := s.managed(ctx, who, id)
	if err != nil {
		return "", err
	}
	g.Title, g.Words, g.OwnerName = tidy(g.Title), tidyLines(g.Words), tidy(g.OwnerName)
	if err := fault.InvalidFields(g.check(w)); err != nil {
		return "", err
	}
	now := s.now()
	if w.StateOn(dayOf(now)) != InForce {
		return "", errSettled
	}
	matter, err := trace.New()
	if err != nil {
		return "", err
	}
	g.ID, g.Agreement, g.Trace, g.State, g.By = newID(), id, cmp.Or(g.Trace, string(matter)), Planned, string(who.Person)
	g.Decision, g.Meeting, g.Result, g.ClosedOn, g.CreatedAt = "", "", "", "", now.Unix()
	return g.ID, s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := s.arrange(ctx, tx, who, w, g, now)
		return err
	})
}

// FromDecision is a decision of a meeting that became an executive arrangement.
type FromDecision struct {
	ID        string // of the arrangement to be made, given by the teller
	Agreement ID
	Area      string // "" when the meeting did not say
	Title     string
	Owner     string // id of an institution, or words
	Due       string // YYYY-MM-DD, "" for the end of the school year
	Trace     string
	Decision  string
	Meeting   string
}

// ArrangementFromDecision makes the arrangement that a meeting decided on. A
// repeat changes nothing. Nothing that was decided is lost: an area that is not
// of the agreement is left for an officer to choose. Faults: NotFound for an
// agreement that is not there.
func (s *Service) ArrangementFromDecision(ctx context.Context, f FromDecision) (err error) {
	defer fault.Wrap(&err, "arrangement from decision %s", f.Decision)
	if err := known(f.ID); err != nil {
		return err
	}
	w, err := whole(ctx, s.db, f.Agreement)
	if err != nil {
		return err
	}
	now := s.now()
	if _, ok := w.area(f.Area); !ok {
		f.Area = ""
	}
	if !validDay(f.Due) {
		_, f.Due = yearDays(yearOfDay(dayOf(now)))
	}
	g := Arrangement{ID: f.ID, Agreement: f.Agreement, Area: f.Area, Trace: f.Trace, Title: cut(tidy(f.Title), longestTitle), OwnerName: cut(tidy(f.Owner), longestTitle),
		Due: f.Due, State: Planned, Decision: f.Decision, Meeting: f.Meeting, CreatedAt: now.Unix()}
	if known(f.Owner) == nil {
		g.Owner, g.OwnerName = access.InstitutionID(f.Owner), ""
	}
	tell, err := s.speakers(ctx, w, nil)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		fresh, err := s.arrange(ctx, tx, access.System(), w, g, now)
		if err != nil || !fresh {
			return err
		}
		return s.tell(ctx, tx, tell, "decided", "arrangement/"+g.ID+"/decided", map[string]string{"title": w.Title, "what": g.Title, "due_date": g.Due}, arrangementHref(g))
	})
}

// cut keeps so many letters.
func cut(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return string(r[:most])
	}
	return text
}

func (s *Service) arrange(ctx context.Context, tx *db.Tx, who access.Actor, w Whole, g Arrangement, at time.Time) (fresh bool, err error) {
	n, err := tx.Exec(ctx, `insert into agreements_arrangements (id, agreement, area, trace, title, words, owner, owner_name, due, money, state, decision, meeting, by_person, created_at, changed_at)
		values `+db.Marks(1, 16)+` on conflict (id) do nothing`, g.ID, g.Agreement, g.Area, g.Trace, g.Title, g.Words, g.Owner, g.OwnerName, g.Due, g.Money, g.State,
		g.Decision, g.Meeting, g.By, g.CreatedAt, g.CreatedAt)
	if err != nil || n == 0 {
		return false, err
	}
	from := trace.Thing{Kind: "agreements." + thing, ID: string(w.ID)}
	if g.Decision != "" {
		from = trace.Thing{Kind: "meetings.decision", ID: g.Decision}
	}
	return true, s.arrangementDone(ctx, tx, who, g, "planned", from, at)
}

// arrangementDone writes the log and the step of the trace.
func (s *Service) arrangementDone(ctx context.Context, tx *db.Tx, who access.Actor, g Arrangement, act string, from trace.Thing, at time.Time) error {
	err := audit.Record(ctx, tx, who.By(), audit.Entry{Action: "agreements.arrangement." + act, Object: arrangementThing, ObjectID: g.ID, Details: map[string]string{"agreement_id": string(g.Agreement)}}, at)
	if err != nil || g.Trace == "" {
		return err
	}
	return s.step(ctx, tx, g.Trace, trace.Thing{Kind: "agreements." + arrangementThing, ID: g.ID}, from, "arrangement_"+act, at)
}

// arrangement is one of an agreement that the actor may change.
func (s *Service) arrangement(ctx context.Context, who access.Actor, id ID, arrangement string) (w Whole, g Arrangement, err error) {
	if w, err = s.managed(ctx, who, id); err != nil {
		return w, g, err
	}
	g, err = arrangementByID(ctx, s.db, arrangement)
	if err == nil && g.Agreement != id {
		err = fault.ErrNotFound
	}
	return w, g, err
}

func arrangementByID(ctx context.Context, r db.Reader, id string) (g Arrangement, err error) {
	if err := known(id); err != nil {
		return g, err
	}
	return g, r.Get(ctx, &g, `select `+arrangementColumns+` from agreements_arrangements g where g.id = ?`, id)
}

// Rearrange changes the words, the area, who, when and the money of one that is
// not over yet.
func (s *Service) Rearrange(ctx context.Context, who access.Actor, id ID, seen int64, to Arrangement) (err error) {
	defer fault.Wrap(&err, "change arrangement %s", to.ID)
	w, g, err := s.arrangement(ctx, who, id, to.ID)
	if err != nil {
		return err
	}
	g.Title, g.Words, g.Area, g.Owner, g.OwnerName, g.Due, g.Money = tidy(to.Title), tidyLines(to.Words), to.Area, to.Owner, tidy(to.OwnerName), to.Due, to.Money
	if err := fault.InvalidFields(g.check(w)); err != nil {
		return err
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update agreements_arrangements set revision = revision + 1, title = ?, words = ?, area = ?, owner = ?, owner_name = ?, due = ?, money = ?, changed_at = ?
			where id = ? and revision = ? and state in (?, ?)`, g.Title, g.Words, g.Area, g.Owner, g.OwnerName, g.Due, g.Money, now.Unix(), g.ID, seen, Planned, InProgress)
		if err == nil && n == 0 {
			err = errChanged
		}
		if err != nil {
			return err
		}
		return s.arrangementDone(ctx, tx, who, g, "changed", trace.Thing{}, now)
	})
}

// ArrangementDone tells that an arrangement was carried out. Void tells that an
// earlier word no longer holds.
type ArrangementDone struct {
	Arrangement string `json:"arrangement"`
	Agreement   ID     `json:"agreement"`
	Area        string `json:"area"`
	On          string `json:"on"`
	SchoolYear  int    `json:"school_year"`
	Money       int64  `json:"money"`
	Void        bool   `json:"void"`
}

// EventName implements events.Event.
func (ArrangementDone) EventName() string { return "agreements.arrangement_done" }

// Ending is what an officer says of an arrangement: that it began, that it is
// done and what came of it, or why it was dropped.
type Ending struct {
	State   Progress
	On      string
	Words   string
	Results []ledger.Ref // activities that came of it, joint ones of the agreement
}

// Move takes an arrangement on. One that is done counts under its area from
// that day, as joint work. Faults: Invalid; Conflict when it is over, or has no
// area yet and is to be done.
func (s *Service) Move(ctx context.Context, who access.Actor, id ID, arrangement string, seen int64, e Ending) (err error) {
	defer fault.Wrap(&err, "move arrangement %s", arrangement)
	w, g, err := s.arrangement(ctx, who, id, arrangement)
	if err != nil {
		return err
	}
	now := s.now()
	e.Words = tidyLines(e.Words)
	if err := e.check(g, w, dayOf(now)); err != nil {
		return err
	}
	was := g.State
	if g.State = e.State; e.State.Over() {
		g.Result, g.ClosedOn = e.Words, e.On
	}
	tell, err := s.speakers(ctx, w, nil)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update agreements_arrangements set revision = revision + 1, state = ?, result = ?, closed_on = ?, changed_at = ? where id = ? and revision = ? and state = ?`,
			g.State, g.Result, g.ClosedOn, now.Unix(), g.ID, seen, was)
		if err == nil && n == 0 {
			err = errChanged
		}
		if err != nil {
			return err
		}
		for _, ref := range e.Results {
			if _, err := tx.Exec(ctx, `insert into agreements_results (arrangement, kind, ref) values (?, ?, ?) on conflict (arrangement, kind, ref) do nothing`, g.ID, ref.Kind, ref.ID); err != nil {
				return err
			}
		}
		if err := s.arrangementDone(ctx, tx, who, g, string(g.State), trace.Thing{}, now); err != nil || !g.State.Over() {
			return err
		}
		if err := s.tell(ctx, tx, tell, "arrangement_"+string(g.State), "arrangement/"+g.ID+"/"+string(g.State), map[string]string{"title": w.Title, "what": g.Title}, arrangementHref(g)); err != nil {
			return err
		}
		if g.State == Done {
			return s.count(ctx, tx, who, g, seen+1, now)
		}
		return nil
	})
}

// count has the ledger take the arrangement that was carried out, as joint work.
func (s *Service) count(ctx context.Context, tx *db.Tx, who access.Actor, g Arrangement, version int64, at time.Time) error {
	// From whichever day the ledger knows it under: an earlier word may have told another.
	if err := s.Ledger.MarkJoint(ctx, tx, who, ledger.Ref{Kind: ArrangementKind, ID: g.ID}, string(g.Agreement), ""); err != nil {
		return err
	}
	return s.emit(ctx, tx, ArrangementDone{g.ID, g.Agreement, g.Area, g.ClosedOn, yearOfDay(g.ClosedOn), g.Money, false},
		events.Envelope{Subject: g.ID, Version: version, Trace: trace.ID(g.Trace), At: at})
}

func (s *Service) emit(ctx context.Context, tx *db.Tx, e events.Event, o events.Envelope) error {
	if s.Bus == nil {
		return nil
	}
	return s.Bus.Emit(ctx, tx, e, o)
}

func (e Ending) check(g Arrangement, w Whole, today string) error {
	var x lacks
	if !g.State.may(e.State) {
		return errSettled
	}
	if e.State.Over() {
		x.day("dnia", e.On, true)
		x.text("wynik", e.Words, longestWords, true)
	}
	if validDay(e.On) && e.On > today {
		x.add("dnia", "future")
	}
	a, ok := w.area(g.Area)
	switch {
	case e.State == Done && !ok:
		x.add("wynik", "no_area")
	case e.State == Done && validDay(e.On) && !a.HeldOn(e.On):
		x.add("dnia", "area_ended")
	}
	if len(e.Results) > mostParts || slices.ContainsFunc(e.Results, func(r ledger.Ref) bool { return r.Kind == "" || known(r.ID) != nil }) {
		x.add("efekty", "choose")
	}
	return fault.InvalidFields(x)
}

// Arrangements are those of an agreement, the newest first, with what came of them.
func (s *Service) Arrangements(ctx context.Context, id ID) (list []Arrangement, err error) {
	defer fault.Wrap(&err, "arrangements of agreement %s", id)
	if err := s.db.Select(ctx, &list, `select `+arrangementColumns+` from agreements_arrangements g where g.agreement = ? order by g.created_at desc, g.id desc limit 500`, id); err != nil {
		return nil, err
	}
	at := map[string]int{}
	for n, g := range list {
		at[g.ID] = n
	}
	return list, s.db.Each(ctx, func(scan func(dest ...any) error) error {
		var of string
		var ref ledger.Ref
		if err := scan(&of, &ref.Kind, &ref.ID); err != nil {
			return err
		}
		if n, ok := at[of]; ok {
			list[n].Results = append(list[n].Results, ref)
		}
		return nil
	}, `select e.arrangement, e.kind, e.ref from agreements_results e join agreements_arrangements g on g.id = e.arrangement where g.agreement = ? order by e.arrangement, e.kind, e.ref`, id)
}
