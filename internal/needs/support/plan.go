package support

import (
	"context"
	"regexp"
	"slices"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// Plan is a form of work as a side plans it.
type Plan struct {
	Kind      Work
	Title     string
	Leader    string // a role or an institution
	Due       string // YYYY-MM-DD
	Hours     int
	Indicator string
	Training  string   // id or address of a training of the catalog, "" for none
	Needs     []string // ids, at least one
}

func (f *Plan) tidy() {
	f.Title, f.Leader, f.Indicator = line(f.Title), line(f.Leader), line(f.Indicator)
	f.Training = trainingID.FindString(f.Training)
}

// trainingID finds the id in an address that was pasted.
var trainingID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// check finds what is wrong with a form of work of the process.
func (f Plan) check(w *Whole) error {
	var wrong checker
	if !slices.Contains(Works(), f.Kind) {
		wrong.add("rodzaj", "support.fault.choose")
	}
	wrong.text("tytul", f.Title, longestWords, true)
	wrong.text("prowadzi", f.Leader, longestWords, true)
	first, last := w.days()
	wrong.day("termin", f.Due, first, last)
	wrong.number("godziny", f.Hours, 1, mostHours)
	wrong.text("wskaznik", f.Indicator, longestWords, true)
	if len(f.Needs) == 0 {
		wrong.add("potrzeby", "support.fault.answers")
	}
	for _, id := range f.Needs {
		if _, err := w.need(id); err != nil {
			wrong.add("potrzeby", "support.fault.choose")
			break
		}
	}
	return wrong.fault()
}

// days are the first and the last on which a form may be: those of the school year.
func (p Process) days() (first, last string) {
	return time.Date(p.SchoolYear, time.September, 1, 0, 0, 0, 0, web.Warsaw).Format(time.DateOnly), dayOf(time.Unix(p.YearEnds-1, 0))
}

// linked sees that the training is in the catalog.
func (s *Service) linked(ctx context.Context, field, training string) error {
	if training == "" || s.Catalog == nil {
		return nil
	}
	_, err := s.Catalog.Title(ctx, training)
	if fault.KindOf(err) == fault.NotFound && err != nil {
		return fault.InvalidFields([]fault.Field{{Name: field, Key: "support.fault.training"}})
	}
	return err
}

// planning is a change of the plan. One of a plan that was agreed makes a new
// version, which waits for both sides; forms that were agreed can be carried out
// meanwhile.
func (s *Service) planning(ctx context.Context, who access.Actor, id string, revision int64, f func(ctx context.Context, tx *db.Tx, d *deed) error) error {
	return s.change(ctx, who, id, revision, func(ctx context.Context, tx *db.Tx, d *deed) error {
		if !d.mayEdit(ofPlan) {
			return errState
		}
		if err := d.touch(ctx, tx, ofPlan); err != nil {
			return err
		}
		// What was said about the effects was said of the forms as they stood.
		if err := d.touch(ctx, tx, ofEffects); err != nil {
			return err
		}
		if err := f(ctx, tx, d); err != nil {
			return err
		}
		return d.log(ctx, tx, "changed", map[string]string{"part": string(ofPlan)})
	})
}

// SetGoals writes the goals of the plan. Faults: those of every change, Invalid
// with fields, Conflict outside the states in which a plan is made or carried out.
func (s *Service) SetGoals(ctx context.Context, who access.Actor, id string, revision int64, goals string) (err error) {
	defer fault.Wrap(&err, "goals of %s", id)
	goals = block(goals)
	return s.planning(ctx, who, id, revision, func(_ context.Context, _ *db.Tx, d *deed) error {
		var wrong checker
		wrong.text("cele", goals, longestText, true)
		d.Goals = goals
		return wrong.fault()
	})
}

// AddForm plans a form of work. Faults: as SetGoals.
func (s *Service) AddForm(ctx context.Context, who access.Actor, id string, revision int64, f Plan) (form string, err error) {
	defer fault.Wrap(&err, "plan a form in %s", id)
	f.tidy()
	if _, err := s.Find(ctx, who, id); err != nil {
		return "", err
	}
	wrong := s.linked(ctx, "szkolenie", f.Training)
	form = newID()
	return form, s.planning(ctx, who, id, revision, func(ctx context.Context, tx *db.Tx, d *deed) error {
		if err := firstOf(f.check(d.Whole), wrong); err != nil {
			return err
		}
		if len(d.Forms) >= mostForms {
			return fault.New(fault.Conflict, "support.fault.many", "n", mostForms)
		}
		no := 1
		for _, other := range d.Forms {
			no = max(no, other.No+1)
		}
		_, err := tx.Exec(ctx, `insert into needs_support_forms (id, process, no, since, kind, title, leader, due, hours, indicator, training, state)
			values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, form, d.ID, no, d.PlanVersion, f.Kind, f.Title, f.Leader, f.Due, f.Hours, f.Indicator, f.Training, FormPlanned)
		if err != nil {
			return err
		}
		return answer(ctx, tx, form, f.Needs)
	})
}

// answer says which needs a form answers, in the stead of what was said before.
func answer(ctx context.Context, tx *db.Tx, form string, needs []string) error {
	if _, err := tx.Exec(ctx, `delete from needs_support_answers where form = ?`, form); err != nil {
		return err
	}
	needs = slices.Clone(needs)
	slices.Sort(needs)
	for _, need := range slices.Compact(needs) {
		if _, err := tx.Exec(ctx, `insert into needs_support_answers (form, need) values (?, ?)`, form, need); err != nil {
			return err
		}
	}
	return nil
}

// ChangeForm plans a form anew. What was held or dropped stays as it was.
// Faults: as SetGoals, NotFound for a form of another process.
func (s *Service) ChangeForm(ctx context.Context, who access.Actor, id string, revision int64, form string, f Plan) (err error) {
	defer fault.Wrap(&err, "change form %s of %s", form, id)
	f.tidy()
	if _, err := s.Find(ctx, who, id); err != nil {
		return err
	}
	wrong := s.linked(ctx, "szkolenie", f.Training)
	return s.planning(ctx, who, id, revision, func(ctx context.Context, tx *db.Tx, d *deed) error {
		was, err := d.form(form)
		if err != nil {
			return err
		}
		if was.State != FormPlanned {
			return errState
		}
		if err := firstOf(f.check(d.Whole), wrong); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `update needs_support_forms set kind = ?, title = ?, leader = ?, due = ?, hours = ?, indicator = ?, training = ? where id = ? and process = ?`,
			f.Kind, f.Title, f.Leader, f.Due, f.Hours, f.Indicator, f.Training, form, d.ID)
		if err != nil {
			return err
		}
		return answer(ctx, tx, form, f.Needs)
	})
}

// RemoveForm takes a form out of a plan to which nobody agreed with it. One that
// was agreed upon is dropped with a reason instead (Miss). Faults: as ChangeForm.
func (s *Service) RemoveForm(ctx context.Context, who access.Actor, id string, revision int64, form string) (err error) {
	defer fault.Wrap(&err, "remove form %s of %s", form, id)
	return s.planning(ctx, who, id, revision, func(ctx context.Context, tx *db.Tx, d *deed) error {
		was, err := d.form(form)
		if err != nil {
			return err
		}
		if was.State != FormPlanned || was.Since <= d.PlanAgreed {
			return fault.New(fault.Conflict, "support.fault.agreed_form")
		}
		if err := answer(ctx, tx, form, nil); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `delete from needs_support_forms where id = ? and process = ?`, form, d.ID)
		return err
	})
}
