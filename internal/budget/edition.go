package budget

import (
	"context"
	"slices"

	"kladka/internal/access"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/events"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/trace"
)

// NewEdition is what is said of an edition when it is made.
type NewEdition struct {
	Template string // key of one of Templates
	Owner    access.InstitutionID
	Title    string
	Words    string
	Year     int
}

// AddEdition makes a draft with the rules of a template; nobody else sees it.
// Who may: BudgetRun at the owner.
func (s *Service) AddEdition(ctx context.Context, who access.Actor, n NewEdition) (id EditionID, err error) {
	defer fault.Wrap(&err, "make an edition")
	if err := who.MayAt(ctx, access.BudgetRun, n.Owner); err != nil {
		return "", err
	}
	template, found := templateOf(n.Template)
	n.Title, n.Words = line(n.Title), words(n.Words)
	fields := free(titled(nil, n.Title), "opis", n.Words, mostWords)
	if !found {
		fields = append(fields, fault.Field{Name: "wzor", Key: "budget.lack.choose"})
	}
	if n.Year < 2000 || n.Year > 2100 {
		fields = append(fields, fault.Field{Name: "rok", Key: "budget.lack.year"})
	}
	if len(fields) > 0 {
		return "", fault.InvalidFields(fields)
	}
	now := s.now().Unix()
	e := Edition{ID: EditionID(newID()), Version: 1, Trace: newID(), Owner: n.Owner, Kind: template.Kind, State: Draft, Title: n.Title, TitleKey: i18n.SortKey(n.Title),
		Year: n.Year, Words: n.Words, Rules: template.Rules(n.Year), CreatedBy: string(who.Person), CreatedAt: now, ChangedAt: now}
	return e.ID, s.db.Write(ctx, func(tx *db.Tx) error {
		if err := insertEdition(ctx, tx, e); err != nil {
			return err
		}
		return s.recordEdition(ctx, tx, who, "add", e, nil)
	})
}

// titled checks the title of an edition.
func titled(fields []fault.Field, title string) []fault.Field {
	if title == "" {
		return append(fields, fault.Field{Name: "tytul", Key: "budget.lack.edition_title"})
	}
	return needed(fields, "tytul", title, mostTitle)
}

func insertEdition(ctx context.Context, tx *db.Tx, e Edition) error {
	_, err := tx.Exec(ctx, `insert into budget_editions (id, version, trace, owner, kind, state, title, title_key, year, words, rules, vote_from, vote_to,
		created_by, created_at, changed_at) values `+db.Marks(1, 16),
		e.ID, e.Version, e.Trace, e.Owner, e.Kind, e.State, e.Title, e.TitleKey, e.Year, e.Words, e.Rules, e.Rules.Calendar.VoteFrom, e.Rules.Calendar.VoteTo,
		e.CreatedBy, e.CreatedAt, e.ChangedAt)
	return err
}

// Settings are what can be changed of an edition: everything while it is a
// draft, the calendar until the freeze.
type Settings struct {
	Version int64 // what was read
	Title   string
	Words   string
	Rules   Rules
	Why     string // the reason of a change of days that were promised
}

// SettingsOf are the settings of an edition as they are.
func SettingsOf(e Edition) Settings {
	return Settings{Version: e.Version, Title: e.Title, Words: e.Words, Rules: e.Rules}
}

// Change writes settings. It checks their form, not whether they are whole:
// a draft may lack things until it is published. Who may: whoever runs the
// edition. Conflict when somebody else changed it meanwhile, and when the
// edition has been promised: then only days to come can still be moved, to days to
// come and with a reason, and the page of the edition tells everybody.
func (s *Service) Change(ctx context.Context, who access.Actor, id EditionID, set Settings) (err error) {
	defer fault.Wrap(&err, "change edition %s", id)
	e, err := s.editionRun(ctx, who, id)
	if err != nil {
		return err
	}
	set.Title, set.Words, set.Why = line(set.Title), words(set.Words), words(set.Why)
	if !e.State.In(Draft, Published) || e.State == Published && !promisedStays(e, set) {
		return fault.New(fault.Conflict, "budget.fault.promised")
	}
	fields := free(titled(nil, set.Title), "opis", set.Words, mostWords)
	moves := e.State == Published && set.Rules.Calendar != e.Rules.Calendar
	if moves {
		faults := set.Rules.Calendar.check()
		if len(faults) == 0 {
			faults = set.Rules.Calendar.movedBack(e.Rules.Calendar, s.now())
		}
		fields = needed(append(fields, faults...), "powod", set.Why, mostLine)
	}
	if len(set.Rules.Pools) > mostPools {
		fields = append(fields, fault.Field{Name: "nazwa", Key: "budget.lack.many_pools", Args: []any{"most", mostPools}})
	}
	if len(fields) > 0 {
		return fault.InvalidFields(fields)
	}
	c, now := set.Rules.Calendar, s.now().Unix()
	moved := slices.Clone(e.Moved)
	if moves {
		moved = append(moved, TermMove{now, e.Rules.Calendar, c, set.Why})
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := changedOne(tx.Exec(ctx, `update budget_editions set title = ?, title_key = ?, words = ?, rules = ?, vote_from = ?, vote_to = ?, moved = ?, changed_at = ?,
			version = version + 1 where id = ? and version = ? and state = ?`,
			set.Title, i18n.SortKey(set.Title), set.Words, set.Rules, c.VoteFrom, c.VoteTo, moved, now, id, set.Version, e.State)); err != nil {
			return err
		}
		if moves {
			if err := s.tellLater(ctx, tx, telling{Edition: id, Key: "moved", Round: set.Version}); err != nil {
				return err
			}
		}
		return s.recordEdition(ctx, tx, who, "change", e, nil)
	})
}

// promisedStays tells that settings change nothing but the calendar and the
// projects that exclude each other, which are known only after the filing.
func promisedStays(e Edition, set Settings) bool {
	was, is := e.Rules, set.Rules
	was.Calendar, is.Calendar = Calendar{}, Calendar{}
	was.Excludes, is.Excludes = nil, nil
	a, errA := canonical(was.whole())
	b, errB := canonical(is.whole())
	return errA == nil && errB == nil && string(a) == string(b) && e.Title == set.Title && e.Words == set.Words
}

// Announce makes a draft public: its rules are promised from now on. Conflict
// while something is missing: see Obstacles. Who may: whoever runs the edition.
func (s *Service) Announce(ctx context.Context, who access.Actor, id EditionID) (err error) {
	defer fault.Wrap(&err, "announce edition %s", id)
	return s.deed(ctx, who, id, Published, Draft)
}

// Archive ends an edition whose projects are delivered. Who may: whoever runs it.
func (s *Service) Archive(ctx context.Context, who access.Actor, id EditionID) (err error) {
	defer fault.Wrap(&err, "archive edition %s", id)
	return s.deed(ctx, who, id, Archived, Final)
}

// Cancel ends an edition that was not counted, with a reason that everybody
// reads. Envelopes that were cast are never opened. A draft needs no reason: nobody
// else knew of it. Who may: whoever runs it.
func (s *Service) Cancel(ctx context.Context, who access.Actor, id EditionID, why string) (err error) {
	defer fault.Wrap(&err, "cancel edition %s", id)
	e, err := s.editionRun(ctx, who, id)
	if err != nil {
		return err
	}
	why = words(why)
	check := needed
	if e.State == Draft {
		check = free
	}
	if fields := check(nil, "powod", why, mostWords); len(fields) > 0 {
		return fault.InvalidFields(fields)
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.MoveTo(ctx, tx, who, id, e.State, Canceled); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `update budget_editions set canceled_why = ? where id = ?`, why, id)
		return err
	})
}

// deed moves an edition that nothing keeps where it is.
func (s *Service) deed(ctx context.Context, who access.Actor, id EditionID, to, from State) error {
	e, err := s.editionRun(ctx, who, id)
	if err != nil {
		return err
	}
	if e.State != from {
		return fault.New(fault.Conflict, "budget.fault.state")
	}
	obstacles, err := s.Obstacles(ctx, s.db, e)
	if err != nil {
		return err
	}
	if len(obstacles) > 0 {
		return fault.New(fault.Conflict, "budget.fault.obstacles")
	}
	return s.db.Write(ctx, func(tx *db.Tx) error { return s.MoveTo(ctx, tx, who, id, from, to) })
}

// moves are the ways of an edition, with the column that notes when it went.
var moves = []struct {
	from, to State
	at       string
}{
	{Draft, Published, "published_at"}, {Published, Frozen, "frozen_at"}, {Frozen, Published, ""}, {Frozen, Voting, "opened_at"}, {Voting, Closed, "closed_at"},
	{Closed, Counted, "counted_at"}, {Counted, Final, "final_at"}, {Final, Archived, ""},
	{Draft, Canceled, ""}, {Published, Canceled, ""}, {Frozen, Canceled, ""}, {Voting, Canceled, ""}, {Closed, Canceled, ""},
}

// MoveTo brings an edition from one state to the next: one conditional update,
// the step, the event, the log and the news. It does not ask who may: the caller
// has. Conflict when the edition is not in the state, or there is no such way.
func (s *Service) MoveTo(ctx context.Context, tx *db.Tx, who access.Actor, id EditionID, from, to State) error {
	return s.moveTo(ctx, tx, who, id, from, to, string(to), nil)
}

// moveTo moves an edition and writes the deed into the log under a name of its own.
func (s *Service) moveTo(ctx context.Context, tx *db.Tx, who access.Actor, id EditionID, from, to State, deed string, details map[string]string) error {
	at, found := "", false
	for _, m := range moves {
		if m.from == from && m.to == to {
			at, found = m.at, true
		}
	}
	if !found {
		return fault.New(fault.Conflict, "budget.fault.state")
	}
	now := s.now().Unix()
	set, args := `state = ?, version = version + 1, changed_at = ?`, []any{to, now}
	if at != "" {
		set, args = set+`, `+at+` = ?`, append(args, now)
	}
	n, err := tx.Exec(ctx, `update budget_editions set `+set+` where id = ? and state = ?`, append(args, id, from)...)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.Conflict, "budget.fault.state")
	}
	e, err := EditionByID(ctx, tx, id)
	if err != nil {
		return err
	}
	if err := s.recordEdition(ctx, tx, who, deed, e, details); err != nil {
		return err
	}
	return s.wentTo(ctx, tx, e)
}

// wentTo tells of the state that an edition has reached.
func (s *Service) wentTo(ctx context.Context, tx *db.Tx, e Edition) error {
	if e.PublishedAt == 0 { // a draft that was canceled is nobody else's business
		return nil
	}
	if err := trace.Step(ctx, tx, trace.StepRow{Trace: trace.ID(e.Trace), Kind: "budget.edition." + string(e.State), ID: string(e.ID),
		TitleKey: "budget.step.edition_" + string(e.State), At: e.ChangedAt, Audience: "public"}); err != nil {
		return err
	}
	if s.Touch != nil {
		if err := s.Touch(ctx, tx, string(e.ID)); err != nil {
			return err
		}
	}
	if err := s.emit(ctx, tx, e); err != nil {
		return err
	}
	return s.tellEditionLater(ctx, tx, e)
}

func (s *Service) emit(ctx context.Context, tx *db.Tx, e Edition) error {
	var event events.Event
	switch e.State {
	case Voting:
		event = VoteOpened{e.ID, e.Owner, e.Kind}
	case Closed:
		event = VoteClosed{e.ID, e.Owner, e.Kind}
	case Counted:
		event = WasCounted{e.ID, e.Owner, e.Kind}
	default:
		return nil
	}
	return s.Bus.Emit(ctx, tx, event, events.Envelope{Subject: string(e.ID), Version: e.Version, Trace: trace.ID(e.Trace), At: s.now()})
}

func (s *Service) recordEdition(ctx context.Context, tx *db.Tx, who access.Actor, act string, e Edition, details map[string]string) error {
	return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "budget.edition." + act, Object: "budget_edition", ObjectID: string(e.ID), Institution: string(e.Owner), Details: details}, s.now())
}

// editionRun reads an edition that the actor runs. One that the actor may not
// even read is not there.
func (s *Service) editionRun(ctx context.Context, who access.Actor, id EditionID) (e Edition, err error) {
	if e, err = s.editionRead(ctx, who, id); err != nil {
		return e, err
	}
	return e, s.Runs(ctx, who, e)
}

// editionRead reads an edition that the actor may read.
func (s *Service) editionRead(ctx context.Context, who access.Actor, id EditionID) (e Edition, err error) {
	if e, err = EditionByID(ctx, s.db, id); err != nil {
		return e, err
	}
	return e, s.Sees(ctx, who, e)
}
