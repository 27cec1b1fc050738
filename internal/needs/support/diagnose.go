package support

import (
	"context"
	"slices"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Found is a need as a side writes it down.
type Found struct {
	Topic   string // of the vocabulary, or "" for own words
	Words   string
	Source  Source
	Grounds string // what shows it: a result, a requirement, a sentence of a talk
}

func (f *Found) tidy() { f.Words, f.Grounds = line(f.Words), block(f.Grounds) }

// check finds what is wrong with a need. Topics are checked before the
// transaction, by topic.
func (f Found) check() error {
	var wrong checker
	if f.Topic == "" {
		wrong.text("wlasne", f.Words, longestWords, true)
	} else {
		wrong.text("wlasne", f.Words, longestWords, false)
	}
	if !slices.Contains(Sources(), f.Source) {
		wrong.add("zrodlo", "support.fault.choose")
	}
	wrong.text("opis", f.Grounds, longestReason, false)
	return wrong.fault()
}

// topic sees that a topic stands in the vocabulary, and reads a merged one as
// the other.
func (s *Service) topic(ctx context.Context, id string) (string, error) {
	if id == "" {
		return "", nil
	}
	read, err := s.Topics.Resolve(ctx, []string{id})
	if err != nil {
		return "", err
	}
	if read[id] == "" {
		return "", fault.InvalidFields([]fault.Field{{Name: "temat", Key: "support.fault.topic"}})
	}
	return read[id], nil
}

// diagnosing is a change of the diagnosis. It asks both sides anew, about a plan
// too that one of them had agreed to: the plan answers what is changed here.
func (s *Service) diagnosing(ctx context.Context, who access.Actor, id string, revision int64, f func(ctx context.Context, tx *db.Tx, d *deed) error) error {
	return s.change(ctx, who, id, revision, func(ctx context.Context, tx *db.Tx, d *deed) error {
		if !d.mayEdit(ofDiagnosis) {
			return errState
		}
		if err := f(ctx, tx, d); err != nil {
			return err
		}
		if err := d.touch(ctx, tx, ofDiagnosis); err != nil {
			return err
		}
		if err := d.touch(ctx, tx, ofPlan); err != nil {
			return err
		}
		return d.log(ctx, tx, "changed", map[string]string{"part": string(ofDiagnosis)})
	})
}

// AddNeed writes a need into the diagnosis. Faults: those of every change,
// Invalid with fields, Conflict once the plan is agreed.
func (s *Service) AddNeed(ctx context.Context, who access.Actor, id string, revision int64, f Found) (err error) {
	defer fault.Wrap(&err, "add a need to %s", id)
	f.tidy()
	if _, err := s.Find(ctx, who, id); err != nil {
		return err
	}
	topic, wrong := s.topic(ctx, f.Topic)
	need := newID()
	return s.diagnosing(ctx, who, id, revision, func(ctx context.Context, tx *db.Tx, d *deed) error {
		if err := firstOf(wrong, f.check()); err != nil {
			return err
		}
		return d.insertNeed(ctx, tx, Need{ID: need, Topic: topic, Words: f.Words, Source: f.Source, Grounds: f.Grounds})
	})
}

// firstOf is the first error, with the fields of all that are faults of fields.
func firstOf(errs ...error) error {
	var fields []fault.Field
	for _, err := range errs {
		e := fault.As(err)
		if err != nil && (e == nil || len(e.Fields) == 0) {
			return err
		}
		if e != nil {
			fields = append(fields, e.Fields...)
		}
	}
	return fault.InvalidFields(fields)
}

func (d *deed) insertNeed(ctx context.Context, tx *db.Tx, n Need) error {
	if len(d.Needs) >= mostNeeds {
		return fault.New(fault.Conflict, "support.fault.many", "n", mostNeeds)
	}
	for _, other := range d.Needs {
		n.No = max(n.No, other.No)
	}
	n.Process, n.No = d.ID, n.No+1
	d.Needs = append(d.Needs, n)
	_, err := tx.Exec(ctx, `insert into needs_support_needs (id, process, no, topic, words, source, grounds, ranked) values (?, ?, ?, ?, ?, ?, ?, ?)`,
		n.ID, n.Process, n.No, n.Topic, n.Words, n.Source, n.Grounds, n.Ranked)
	return err
}

// ChangeNeed writes a need anew. Faults: as AddNeed, NotFound for another's need.
func (s *Service) ChangeNeed(ctx context.Context, who access.Actor, id string, revision int64, need string, f Found) (err error) {
	defer fault.Wrap(&err, "change need %s of %s", need, id)
	f.tidy()
	if _, err := s.Find(ctx, who, id); err != nil {
		return err
	}
	topic, wrong := s.topic(ctx, f.Topic)
	return s.diagnosing(ctx, who, id, revision, func(ctx context.Context, tx *db.Tx, d *deed) error {
		if _, err := d.need(need); err != nil {
			return err
		}
		if err := firstOf(wrong, f.check()); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `update needs_support_needs set topic = ?, words = ?, source = ?, grounds = ? where id = ? and process = ?`,
			topic, f.Words, f.Source, f.Grounds, need, d.ID)
		return err
	})
}

// RemoveNeed takes a need out of the diagnosis, and out of the forms that answer
// it. Faults: as ChangeNeed.
func (s *Service) RemoveNeed(ctx context.Context, who access.Actor, id string, revision int64, need string) (err error) {
	defer fault.Wrap(&err, "remove need %s of %s", need, id)
	return s.diagnosing(ctx, who, id, revision, func(ctx context.Context, tx *db.Tx, d *deed) error {
		if _, err := d.need(need); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `delete from needs_support_answers where need = ?`, need); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `delete from needs_support_needs where id = ? and process = ?`, need, d.ID)
		return err
	})
}

// spoken tells whether the school's side may be shown to the center's: it began
// the process itself, or has agreed to something in it. That the center began,
// named an adviser or wrote something proves nothing about the school, and an
// objection is no consent.
func (s *Service) spoken(ctx context.Context, w Whole) (bool, error) {
	if w.BegunSide == School {
		return true, nil
	}
	var n int
	err := s.db.Get(ctx, &n, `select count(*) from needs_support_consents where process = ? and side = ? and agrees`, w.ID, School)
	return n > 0, err
}

// Withheld tells that what the school declared is not shown to the reader: to
// the center before the school has spoken. It does not tell whether the school
// declared anything.
func (s *Service) Withheld(ctx context.Context, w Whole) (bool, error) {
	if w.Side == School || s.Ranking == nil {
		return false, nil
	}
	spoken, err := s.spoken(ctx, w)
	return !spoken, err
}

// Offered are the needs that the school declared in the campaign about this
// school year and that the diagnosis does not have yet; none while they are
// withheld.
func (s *Service) Offered(ctx context.Context, w Whole) (list []Ranked, err error) {
	defer fault.Wrap(&err, "declared needs of %s", w.School)
	if withheld, err := s.Withheld(ctx, w); s.Ranking == nil || withheld || err != nil {
		return nil, err
	}
	all, err := s.Ranking.OfSchool(ctx, string(w.School), w.SchoolYear)
	if err != nil {
		return nil, err
	}
	for _, r := range all {
		has := slices.ContainsFunc(w.Needs, func(n Need) bool { return n.Ranked != "" && n.Ranked == r.Need || n.Topic == r.Topic })
		twice := slices.ContainsFunc(list, func(o Ranked) bool { return o.Topic == r.Topic }) // in two campaigns: the more pressing stands first
		if r.Topic != "" && !has && !twice {
			list = append(list, r)
		}
	}
	return list, nil
}

// TakeDeclared writes declared needs, chosen by their ids, into the diagnosis.
// Faults: as AddNeed; Invalid when none of those offered is chosen, Conflict
// while they are withheld from the center.
func (s *Service) TakeDeclared(ctx context.Context, who access.Actor, id string, revision int64, chosen []string) (err error) {
	defer fault.Wrap(&err, "take declared needs into %s", id)
	w, err := s.Find(ctx, who, id)
	if err != nil {
		return err
	}
	withheld, err := s.Withheld(ctx, w)
	if err != nil {
		return err
	}
	offered, err := s.Offered(ctx, w)
	if err != nil {
		return err
	}
	offered = slices.DeleteFunc(offered, func(r Ranked) bool { return !slices.Contains(chosen, r.Need) })
	ids := make([]string, len(offered))
	for n := range ids {
		ids[n] = newID()
	}
	return s.diagnosing(ctx, who, id, revision, func(ctx context.Context, tx *db.Tx, d *deed) error {
		if withheld {
			return fault.New(fault.Conflict, "support.fault.withheld")
		}
		if len(offered) == 0 {
			return fault.InvalidFields([]fault.Field{{Name: "zgloszone", Key: "support.fault.choose"}})
		}
		for n, r := range offered {
			if err := d.insertNeed(ctx, tx, Need{ID: ids[n], Topic: r.Topic, Source: Campaign, Ranked: r.Need}); err != nil {
				return err
			}
		}
		return nil
	})
}

// SetWays writes the ways of acting. Faults: as AddNeed.
func (s *Service) SetWays(ctx context.Context, who access.Actor, id string, revision int64, ways string) (err error) {
	defer fault.Wrap(&err, "ways of acting of %s", id)
	ways = block(ways)
	return s.diagnosing(ctx, who, id, revision, func(_ context.Context, _ *db.Tx, d *deed) error {
		var wrong checker
		wrong.text("sposoby", ways, longestText, true)
		d.Ways = ways
		return wrong.fault()
	})
}
