package support

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// lacking tells what a part lacks before anybody can agree to it: message keys.
// It is a rule of values alone.
func (w Whole) lacking(what Part) (keys []string) {
	need := func(bad bool, key string) {
		if bad {
			keys = append(keys, "support.lacks."+key)
		}
	}
	switch what {
	case ofDiagnosis:
		need(len(w.Needs) == 0, "needs")
		need(w.Ways == "", "ways")
	case ofPlan:
		need(w.Goals == "", "goals")
		need(!slices.ContainsFunc(w.Forms, func(f Form) bool { return f.State != FormDropped }), "forms")
		need(slices.ContainsFunc(w.Forms, func(f Form) bool { return f.State == FormPlanned && len(f.Needs) == 0 }), "answers")
	case ofEffects:
		need(slices.ContainsFunc(w.Forms, func(f Form) bool { return f.State == FormPlanned }), "open_forms")
		need(slices.ContainsFunc(w.Needs, func(n Need) bool { return n.Effect == "" }), "effects")
		need(w.Conclusions == "", "conclusions")
	}
	return keys
}

// Unanswered are the needs that no form answers: planned or held, not dropped.
func (w Whole) Unanswered() (list []Need) {
	for _, n := range w.Needs {
		if !slices.ContainsFunc(w.Forms, func(f Form) bool { return f.State != FormDropped && slices.Contains(f.Needs, n.ID) }) {
			list = append(list, n)
		}
	}
	return list
}

// Agree records that the actor's side agrees to the present version of a part.
// When both have, it counts: an agreed diagnosis leads to the plan, an agreed
// plan to the work and is kept whole, agreed effects end it. Faults: those of
// every change, Conflict when something is lacking, when the side has agreed
// already, or when the other side's yes came from the same person.
func (s *Service) Agree(ctx context.Context, who access.Actor, id string, revision int64, what Part) (err error) {
	defer fault.Wrap(&err, "agree to %s of %s", what, id)
	return s.say(ctx, who, id, revision, what, Consent{Agrees: true})
}

// Object records that the actor's side does not agree, and what should be
// changed. Faults: as Agree, Invalid without words.
func (s *Service) Object(ctx context.Context, who access.Actor, id string, revision int64, what Part, words string) (err error) {
	defer fault.Wrap(&err, "object to %s of %s", what, id)
	return s.say(ctx, who, id, revision, what, Consent{Words: block(words)})
}

func (s *Service) say(ctx context.Context, who access.Actor, id string, revision int64, what Part, c Consent) error {
	if what != ofDiagnosis && what != ofPlan && what != ofEffects {
		return fault.New(fault.BadRequest, "fault.bad_request")
	}
	return s.change(ctx, who, id, revision, func(ctx context.Context, tx *db.Tx, d *deed) error {
		if err := d.maySay(what, c); err != nil {
			return err
		}
		c.Process, c.What, c.Version, c.Side, c.Person, c.At = d.ID, what, *d.version(what), d.Side, string(who.Person), d.at.Unix()
		_, err := tx.Exec(ctx, `insert into needs_support_consents (process, what, version, side, agrees, words, person, at) values (?, ?, ?, ?, ?, ?, ?, ?)
			on conflict (process, what, version, side) do update set agrees = excluded.agrees, words = excluded.words, person = excluded.person, at = excluded.at`,
			c.Process, c.What, c.Version, c.Side, c.Agrees, c.Words, c.Person, c.At)
		if err != nil {
			return err
		}
		act := "objected"
		if c.Agrees {
			act = "agreed"
		}
		if err := d.log(ctx, tx, act, map[string]string{"part": string(what)}); err != nil {
			return err
		}
		if other, _ := d.consent(what, d.Side.Other()); !c.Agrees || !other.Agrees {
			return d.tell(ctx, tx, d.Side.Other(), act+"_"+string(what))
		}
		return d.settle(ctx, tx, what)
	})
}

// maySay finds what stands in the way of a word about a part.
func (d *deed) maySay(what Part, c Consent) error {
	if !d.waits(what) {
		return errState
	}
	if !c.Agrees {
		var wrong checker
		wrong.text("uwagi", c.Words, longestReason, true)
		return wrong.fault()
	}
	if len(d.lacking(what)) > 0 {
		return fault.New(fault.Conflict, "support.fault.lacks")
	}
	if own, there := d.consent(what, d.Side); there && own.Agrees {
		return fault.New(fault.Conflict, "support.fault.agreed")
	}
	if other, there := d.consent(what, d.Side.Other()); there && other.Agrees && other.Person == string(d.who.Person) {
		return fault.New(fault.Conflict, "support.fault.same_person")
	}
	return nil
}

// settle is what follows when both sides have agreed.
func (d *deed) settle(ctx context.Context, tx *db.Tx, what Part) error {
	again := *d.agreed(what) > 0
	*d.agreed(what) = *d.version(what)
	switch what {
	case ofDiagnosis:
		d.State = Planned
	case ofPlan:
		d.State = UnderWay
		if err := d.keepPlan(ctx, tx); err != nil {
			return err
		}
	case ofEffects:
		d.State = Evaluated
	}
	act := string(what)
	if again {
		act += "_again"
	}
	if err := d.step(ctx, tx, processThing, d.ID, act); err != nil {
		return err
	}
	return d.tell(ctx, tx, d.Side.Other(), "settled_"+string(what))
}

// keepPlan keeps the plan whole, as both agreed to it.
func (d *deed) keepPlan(ctx context.Context, tx *db.Tx) error {
	sheet := d.sheet()
	sheet.Version = d.PlanVersion
	body, err := json.Marshal(sheet)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `insert into needs_support_plans (process, version, body, at) values (?, ?, ?, ?)`, d.ID, sheet.Version, string(body), d.at.Unix())
	return err
}

// sheet is the plan as it stands. Forms that were dropped are no part of it.
func (w Whole) sheet() Sheet {
	return Sheet{Ways: w.Ways, Goals: w.Goals, Needs: w.Needs,
		Forms: slices.DeleteFunc(slices.Clone(w.Forms), func(f Form) bool { return f.State == FormDropped })}
}

// plans are the versions of the plan that both sides agreed to, the latest
// first, without their bodies.
func (s *Service) plans(ctx context.Context, process string) (list []Sheet, err error) {
	return list, s.db.Each(ctx, func(scan func(dest ...any) error) error {
		var x Sheet
		err := scan(&x.Version, &x.At)
		list = append(list, x)
		return err
	}, `select version, at from needs_support_plans where process = ? order by version desc`, process)
}

// Sheet is a version of the plan that both sides agreed to; version 0 is the
// plan as it stands now. Faults: SignedOut, NotFound.
func (s *Service) Sheet(ctx context.Context, who access.Actor, id string, version int) (w Whole, sheet Sheet, err error) {
	defer fault.Wrap(&err, "plan %d of %s", version, id)
	if w, err = s.Find(ctx, who, id); err != nil {
		return w, sheet, err
	}
	if version == 0 {
		sheet = w.sheet()
		if w.PlanAgreed == w.PlanVersion {
			version = w.PlanAgreed
		} else {
			return w, sheet, nil
		}
	}
	var row struct {
		Body string `db:"body"`
		At   int64  `db:"at"`
	}
	if err := s.db.Get(ctx, &row, `select body, at from needs_support_plans where process = ? and version = ?`, w.ID, version); err != nil {
		return w, sheet, err
	}
	sheet = Sheet{}
	err = json.NewDecoder(strings.NewReader(row.Body)).Decode(&sheet)
	sheet.At = row.At
	return w, sheet, err
}
