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
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/trace"
)

// Things that steps of a trace and the log are about.
const (
	thing            = "agreements_agreement"
	arrangementThing = "arrangement"
	requestThing     = "expert_request"
)

// Add writes an agreement whole, with its parties, areas, outcomes and annexes:
// how one that was signed before Kładka comes in, and the demo. Ids may be
// given; the same id twice changes nothing. Who may: a party, or who keeps the
// register. Faults: Forbidden, Invalid with fields, Conflict when it is to be
// in force and lacks something.
func (s *Service) Add(ctx context.Context, who access.Actor, w Whole) (_ ID, err error) {
	defer fault.Wrap(&err, "add agreement")
	if err := who.Must(access.ManageAgreements); err != nil {
		return "", err
	}
	w.Kind, w.State = cmp.Or(w.Kind, Framework), cmp.Or(w.State, Draft)
	w.Title = tidy(w.Title)
	w.number()
	if err := runs(who, w); err != nil {
		return "", refusal(who)
	}
	if err := w.check(); err != nil {
		return "", err
	}
	if lack := w.ready(); w.State != Draft && len(lack) > 0 {
		return "", fault.New(fault.Conflict, "agreements.lacks."+lack[0])
	}
	if err := s.checkUnder(ctx, who, w.Agreement); err != nil {
		return "", err
	}
	if w.Trace == "" {
		id, err := trace.New()
		if err != nil {
			return "", err
		}
		w.Trace = string(id)
	}
	now := s.now()
	w.TitleKey, w.CreatedBy, w.CreatedAt, w.ChangedAt = i18n.SortKey(w.Title), string(who.Person), now.Unix(), now.Unix()
	return w.ID, s.db.Write(ctx, func(tx *db.Tx) error {
		var there int
		if err := tx.Get(ctx, &there, `select count(*) from agreements_agreements where id = ?`, w.ID); err != nil || there > 0 {
			return err
		}
		if err := insert(ctx, tx, w); err != nil {
			return err
		}
		if w.State != Draft {
			if err := ledger.PlaceAgain(ctx, tx, w.ValidFrom); err != nil {
				return err
			}
		}
		return s.done(ctx, tx, who, w, "added", nil, now)
	})
}

// checkUnder wants a public framework above a detailed agreement, one that the
// actor may change: what stands under it is listed on its page.
func (s *Service) checkUnder(ctx context.Context, who access.Actor, a Agreement) error {
	if a.Under == "" {
		return nil
	}
	above, err := whole(ctx, s.db, a.Under)
	switch {
	case fault.KindOf(err) == fault.NotFound && err != nil, err == nil && (above.Kind != Framework || above.State == Draft || above.ID == a.ID || !runsIt(who, above)):
		return fault.InvalidFields([]fault.Field{{Name: "ramowe", Key: "agreements.fault.choose"}})
	}
	return err
}

// done writes the log, a step of the trace where people see it, and has the
// agreement indexed anew.
func (s *Service) done(ctx context.Context, tx *db.Tx, who access.Actor, w Whole, act string, details map[string]string, at time.Time) error {
	if err := audit.Record(ctx, tx, who.By(), audit.Entry{Action: "agreements." + act, Object: thing, ObjectID: string(w.ID), Details: details}, at); err != nil {
		return err
	}
	if act == "put_in_force" || act == "added" && w.State == InForce {
		if err := s.step(ctx, tx, w.Trace, trace.Thing{Kind: "agreements." + thing, ID: string(w.ID)}, trace.Thing{}, "in_force", at); err != nil {
			return err
		}
	}
	if s.Touch != nil {
		return s.Touch(ctx, tx, string(w.ID))
	}
	return nil
}

// step is a public step of a trace.
func (s *Service) step(ctx context.Context, tx *db.Tx, matter string, of, from trace.Thing, title string, at time.Time) error {
	return trace.Step(ctx, tx, trace.StepRow{Trace: trace.ID(matter), Kind: of.Kind, ID: of.ID, FromKind: from.Kind, FromID: from.ID,
		TitleKey: "agreements.trace." + title, At: at.Unix(), Audience: "public"})
}

// change lets f change an agreement and writes it: one road for all changes of
// the register. F may run twice. Seen is the revision on the actor's screen.
func (s *Service) change(ctx context.Context, who access.Actor, id ID, seen int64, act string, f func(tx *db.Tx, w *Whole) error) (err error) {
	defer fault.Wrap(&err, "change agreement %s: %s", id, act)
	if _, err = s.managed(ctx, who, id); err != nil {
		return err
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		w, err := whole(ctx, tx, id)
		if err != nil {
			return err
		}
		if w.State == Terminated {
			return fault.New(fault.Conflict, "agreements.fault.over")
		}
		w.Revision = seen
		if err := claim(ctx, tx, &w, now.Unix()); err != nil {
			return err
		}
		if err := f(tx, &w); err != nil {
			return err
		}
		if err := keep(ctx, tx, w.Agreement); err != nil {
			return err
		}
		return s.done(ctx, tx, who, w, act, nil, now)
	})
}

// Describe changes the words and days of an agreement. Once it is in force its
// days and its kind stand: they change by an annex. Who may: see runs. Faults:
// Forbidden, NotFound, Invalid, Conflict.
func (s *Service) Describe(ctx context.Context, who access.Actor, id ID, seen int64, a Agreement) error {
	a.Title, a.Number, a.Words, a.Source = tidy(a.Title), tidy(a.Number), tidyLines(a.Words), tidyLines(a.Source)
	old, err := s.managed(ctx, who, id)
	if err != nil {
		return err
	}
	if a.Under != old.Under && old.State == Draft {
		if err := s.checkUnder(ctx, who, Agreement{ID: id, Under: a.Under}); err != nil {
			return err
		}
	}
	return s.change(ctx, who, id, seen, "described", func(tx *db.Tx, w *Whole) error {
		if w.State == InForce {
			a.Kind, a.Under, a.SignedOn, a.ValidFrom, a.ValidTo = w.Kind, w.Under, w.SignedOn, w.ValidFrom, w.ValidTo
		}
		if err := fault.InvalidFields(a.check()); err != nil {
			return err
		}
		// Areas that begin with the agreement go on doing so.
		if _, err := tx.Exec(ctx, `update agreements_areas set valid_from = ? where agreement = ? and valid_from = ?`, a.ValidFrom, id, w.ValidFrom); err != nil {
			return err
		}
		w.Kind, w.Under, w.Title, w.TitleKey, w.Number, w.Words, w.Source = a.Kind, a.Under, a.Title, i18n.SortKey(a.Title), a.Number, a.Words, a.Source
		w.SignedOn, w.ValidFrom, w.ValidTo = a.SignedOn, a.ValidFrom, a.ValidTo
		return nil
	})
}

// errSettled is said when a draft's freedom is gone.
var errSettled = fault.New(fault.Conflict, "agreements.fault.settled")

// AddParty adds a side to a draft, with who signs for it ("" when not known yet).
func (s *Service) AddParty(ctx context.Context, who access.Actor, id ID, seen int64, p Party, signs Signatory) error {
	p.Name, p.Ours, signs.Name, signs.Function = tidy(p.Name), tidyLines(p.Ours), tidy(signs.Name), tidy(signs.Function)
	if p.Institution != "" {
		names, err := s.Directory.Names(ctx, []access.InstitutionID{p.Institution})
		if err != nil {
			return err
		}
		if names[p.Institution] == "" {
			return fault.InvalidFields([]fault.Field{{Name: "instytucja", Key: "agreements.fault.choose"}})
		}
		p.Name = cmp.Or(p.Name, names[p.Institution])
	}
	return s.change(ctx, who, id, seen, "party", func(tx *db.Tx, w *Whole) error {
		var x lacks
		p.check(&x, w.Parties)
		x.text("podpis", signs.Name, longestTitle, false)
		x.text("funkcja", signs.Function, longestTitle, signs.Name != "")
		if err := fault.InvalidFields(x); err != nil {
			return err
		}
		if w.State != Draft {
			return errSettled
		}
		if len(w.Parties) >= mostParts {
			return fault.New(fault.Conflict, "agreements.fault.many")
		}
		p.ID, p.Agreement, p.No = newID(), id, 1
		for _, other := range w.Parties { // one may have been taken out
			p.No = max(p.No, other.No+1)
		}
		if err := insertParty(ctx, tx, p); err != nil || signs.Name == "" {
			return err
		}
		signs.Agreement, signs.No, signs.Party = id, 1, p.No
		for _, other := range w.Signatories {
			signs.No = max(signs.No, other.No+1)
		}
		return insertSignatory(ctx, tx, signs)
	})
}

// AddArea adds an area to a draft. To an agreement in force it is added by an annex.
func (s *Service) AddArea(ctx context.Context, who access.Actor, id ID, seen int64, a Area) error {
	a.Title, a.Words = tidy(a.Title), tidyLines(a.Words)
	return s.change(ctx, who, id, seen, "area", func(tx *db.Tx, w *Whole) error {
		if w.State != Draft {
			return errSettled
		}
		a.ValidFrom = cmp.Or(a.ValidFrom, w.ValidFrom)
		return s.addArea(ctx, tx, w, a)
	})
}

func (s *Service) addArea(ctx context.Context, tx *db.Tx, w *Whole, a Area) error {
	var x lacks
	a.check(&x, w.Agreement)
	if err := fault.InvalidFields(x); err != nil {
		return err
	}
	if len(w.Areas) >= mostParts {
		return fault.New(fault.Conflict, "agreements.fault.many")
	}
	a.ID, a.Agreement = newID(), w.ID
	for _, other := range w.Areas {
		a.No = max(a.No, other.No)
	}
	a.No++
	return insertArea(ctx, tx, a)
}

// AddOutcome adds an expected outcome.
func (s *Service) AddOutcome(ctx context.Context, who access.Actor, id ID, seen int64, o Outcome) error {
	o.Words = tidyLines(o.Words)
	return s.change(ctx, who, id, seen, "outcome", func(tx *db.Tx, w *Whole) error {
		var x lacks
		o.check(&x, *w)
		if err := fault.InvalidFields(x); err != nil {
			return err
		}
		if len(w.Outcomes) >= mostParts {
			return fault.New(fault.Conflict, "agreements.fault.many")
		}
		o.ID, o.Agreement, o.No = newID(), id, 1
		for _, other := range w.Outcomes {
			o.No = max(o.No, other.No+1)
		}
		return insertOutcome(ctx, tx, o)
	})
}

// Parts of a draft that can be taken out again.
const (
	partParty   = "party"
	partArea    = "area"
	partOutcome = "outcome"
)

// TakeOut takes a part out of a draft: a party with who signs for it, an area
// with the outcomes that are seen in it, an outcome. Whoever works on the draft
// stays one of its parties. Who may: see runs. Faults: NotFound; Conflict when
// the agreement is in force, where areas end by an annex.
func (s *Service) TakeOut(ctx context.Context, who access.Actor, id ID, seen int64, part, of string) error {
	return s.change(ctx, who, id, seen, "part_removed", func(tx *db.Tx, w *Whole) error {
		if w.State != Draft {
			return errSettled
		}
		if part == partParty {
			return takeOutParty(ctx, tx, who, w, of)
		}
		queries := map[string][]string{
			partOutcome: {`delete from agreements_outcomes where id = ? and agreement = ?`},
			partArea:    {`delete from agreements_areas where id = ? and agreement = ?`, `delete from agreements_outcomes where area = ? and agreement = ?`}}[part]
		return takeOut(ctx, tx, id, of, queries)
	})
}

func takeOutParty(ctx context.Context, tx *db.Tx, who access.Actor, w *Whole, of string) error {
	p, ok := w.party(of)
	if !ok {
		return fault.ErrNotFound
	}
	w.Parties = slices.DeleteFunc(w.Parties, func(o Party) bool { return o.ID == of })
	if !runsIt(who, *w) {
		return fault.New(fault.Conflict, "agreements.fault.own_party")
	}
	if _, err := tx.Exec(ctx, `delete from agreements_signatories where agreement = ? and party = ?`, w.ID, p.No); err != nil {
		return err
	}
	return takeOut(ctx, tx, w.ID, of, []string{`delete from agreements_parties where id = ? and agreement = ?`})
}

// takeOut runs statements about a part; the first must find it.
func takeOut(ctx context.Context, tx *db.Tx, id ID, of string, queries []string) error {
	if len(queries) == 0 {
		return fault.ErrNotFound
	}
	for n, query := range queries {
		gone, err := tx.Exec(ctx, query, of, id)
		if err == nil && n == 0 && gone == 0 {
			err = fault.ErrNotFound
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// PutInForce makes a draft an agreement that holds; from now on it is public,
// and all its parties are told, so that nobody is a party without knowing it.
// Faults: Conflict with what it lacks.
func (s *Service) PutInForce(ctx context.Context, who access.Actor, id ID, seen int64) error {
	w, err := s.managed(ctx, who, id)
	if err != nil {
		return err
	}
	tell, err := s.speakers(ctx, w, nil)
	if err != nil {
		return err
	}
	return s.change(ctx, who, id, seen, "put_in_force", func(tx *db.Tx, w *Whole) error {
		if w.State != Draft {
			return errSettled
		}
		if lack := w.ready(); len(lack) > 0 {
			return fault.New(fault.Conflict, "agreements.lacks."+lack[0])
		}
		w.State = InForce
		// Areas that were typed in before the first day was known begin with it.
		if _, err := tx.Exec(ctx, `update agreements_areas set valid_from = ? where agreement = ? and valid_from < ?`, w.ValidFrom, id, w.ValidFrom); err != nil {
			return err
		}
		if err := s.tell(ctx, tx, tell, "in_force", "agreement/"+string(id)+"/in_force", map[string]string{"title": w.Title, "from_date": w.ValidFrom}, Href(id)); err != nil {
			return err
		}
		return ledger.PlaceAgain(ctx, tx, w.ValidFrom)
	})
}

// Terminate ends an agreement before its time, from a day on, with the reason.
// Everything that was done under it stays.
func (s *Service) Terminate(ctx context.Context, who access.Actor, id ID, seen int64, on, why string) error {
	why = tidyLines(why)
	return s.change(ctx, who, id, seen, "terminated", func(tx *db.Tx, w *Whole) error {
		var x lacks
		x.day("dnia", on, true)
		x.text("powod", why, longestWords, true)
		if validDay(on) && on < w.ValidFrom {
			x.add("dnia", "before")
		}
		if err := fault.InvalidFields(x); err != nil {
			return err
		}
		if w.State != InForce {
			return errSettled
		}
		w.State, w.EndedOn, w.EndedWhy = Terminated, on, why
		return ledger.PlaceAgain(ctx, tx, on)
	})
}
