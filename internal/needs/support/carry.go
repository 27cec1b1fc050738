package support

import (
	"context"
	"slices"
	"strconv"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Took is how a form of work took place.
type Took struct {
	On       string // YYYY-MM-DD
	People   int
	Training string // id or address of a training of the catalog, "" for none or as planned
}

// carrying records what became of a form that both sides had agreed to. It is a
// fact: no side is asked, and it can be told while a changed plan waits.
func (s *Service) carrying(ctx context.Context, who access.Actor, id string, revision int64, form string, f func(ctx context.Context, tx *db.Tx, d *deed, was Form) error) error {
	return s.change(ctx, who, id, revision, func(ctx context.Context, tx *db.Tx, d *deed) error {
		if d.State != UnderWay {
			return errState
		}
		was, err := d.form(form)
		if err != nil {
			return err
		}
		if was.Since > d.PlanAgreed {
			return fault.New(fault.Conflict, "support.fault.not_agreed")
		}
		if err := d.touch(ctx, tx, ofEffects); err != nil {
			return err
		}
		return f(ctx, tx, d, was)
	})
}

// Hold records that a form took place, or what was wrong about such a record.
// Faults: those of every change, NotFound for a form of another process, Invalid
// with fields, Conflict for a form that nobody agreed to or after the evaluation.
func (s *Service) Hold(ctx context.Context, who access.Actor, id string, revision int64, form string, t Took) (err error) {
	defer fault.Wrap(&err, "hold form %s of %s", form, id)
	if _, err := s.Find(ctx, who, id); err != nil {
		return err
	}
	t.Training = trainingID.FindString(t.Training)
	linked, today := s.linked(ctx, "katalog", t.Training), dayOf(s.now())
	return s.carrying(ctx, who, id, revision, form, func(ctx context.Context, tx *db.Tx, d *deed, was Form) error {
		var wrong checker
		first, last := d.days()
		wrong.day("dzien", t.On, first, min(last, today))
		wrong.number("osoby", t.People, 1, mostPeople)
		if err := firstOf(wrong.fault(), linked); err != nil {
			return err
		}
		if t.Training == "" {
			t.Training = was.Training
		}
		_, err := tx.Exec(ctx, `update needs_support_forms set state = ?, done_on = ?, people = ?, training = ?, reason = '' where id = ? and process = ?`,
			FormHeld, t.On, t.People, t.Training, form, d.ID)
		if err != nil {
			return err
		}
		if err := d.log(ctx, tx, "held", map[string]string{"form": form, "people": strconv.Itoa(t.People)}); err != nil {
			return err
		}
		if err := d.step(ctx, tx, formThing, form, "held"); err != nil {
			return err
		}
		return d.tell(ctx, tx, d.Side.Other(), "held")
	})
}

// Miss records that a form of the plan will not take place, and why. Faults: as Hold.
func (s *Service) Miss(ctx context.Context, who access.Actor, id string, revision int64, form, reason string) (err error) {
	defer fault.Wrap(&err, "miss form %s of %s", form, id)
	reason = line(reason)
	return s.carrying(ctx, who, id, revision, form, func(ctx context.Context, tx *db.Tx, d *deed, _ Form) error {
		var wrong checker
		wrong.text("przyczyna", reason, longestReason, true)
		if err := wrong.fault(); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `update needs_support_forms set state = ?, done_on = '', people = 0, reason = ? where id = ? and process = ?`, FormDropped, reason, form, d.ID)
		if err != nil {
			return err
		}
		if err := d.log(ctx, tx, "missed", map[string]string{"form": form}); err != nil {
			return err
		}
		if err := d.step(ctx, tx, formThing, form, "missed"); err != nil {
			return err
		}
		return d.tell(ctx, tx, d.Side.Other(), "missed")
	})
}

// Judged is what became of one need.
type Judged struct {
	Need   string
	Effect Effect // "" while it is not said yet
	Remark string
}

// SetEffects writes what became of the needs, and the conclusions. What is left
// empty can be filled in later; both sides agree only to the whole. Faults:
// those of every change, NotFound for a need of another process, Invalid with
// fields, Conflict while the plan is not carried out or a changed one waits.
func (s *Service) SetEffects(ctx context.Context, who access.Actor, id string, revision int64, list []Judged, conclusions string) (err error) {
	defer fault.Wrap(&err, "effects of %s", id)
	conclusions = block(conclusions)
	return s.change(ctx, who, id, revision, func(ctx context.Context, tx *db.Tx, d *deed) error {
		if !d.mayEdit(ofEffects) {
			return errState
		}
		if err := d.checkEffects(list, conclusions); err != nil {
			return err
		}
		if err := d.touch(ctx, tx, ofEffects); err != nil {
			return err
		}
		for _, j := range list {
			_, err := tx.Exec(ctx, `update needs_support_needs set effect = ?, remark = ? where id = ? and process = ?`, j.Effect, line(j.Remark), j.Need, d.ID)
			if err != nil {
				return err
			}
		}
		d.Conclusions = conclusions
		return d.log(ctx, tx, "changed", map[string]string{"part": string(ofEffects)})
	})
}

func (d *deed) checkEffects(list []Judged, conclusions string) error {
	var wrong checker
	for _, j := range list {
		n, err := d.need(j.Need)
		if err != nil {
			return err
		}
		if j.Effect != "" && !slices.Contains(Effects(), j.Effect) {
			wrong.add(effectField(n), "support.fault.choose")
		}
		wrong.text(remarkField(n), line(j.Remark), longestReason, false)
	}
	wrong.text("wnioski", conclusions, longestText, false)
	return wrong.fault()
}

// effectField and remarkField are the names of a need's fields.
func effectField(n Need) string { return "efekt-" + strconv.Itoa(n.No) }
func remarkField(n Need) string { return "uwaga-" + strconv.Itoa(n.No) }
