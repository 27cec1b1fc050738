package evaluation

import (
	"context"
	"encoding/json"
	"errors"
	"math"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/disclosure"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/notify"
	"kladka/internal/platform/survey"
)

// closedIn is the reaction to the close of a round, in its transaction: the group
// waits for one round less, and is published by a job when it is ripe.
func closedIn(ctx context.Context, tx *db.Tx, id survey.RoundID) error {
	var group []string
	if err := tx.Select(ctx, &group, `update needs_eval_rounds set state = ? where id = ? and state = ? returning grp`, closed, id, open); err != nil || len(group) == 0 {
		return err // it was closed before
	}
	if _, err := tx.Exec(ctx, `update needs_eval_groups set waiting = waiting - 1 where id = ?`, group[0]); err != nil {
		return err
	}
	_, err := jobs.Enqueue(ctx, tx, releaseKind, group[0], jobs.Unique(group[0]))
	return err
}

// releaseRipe publishes groups of small trainings that have waited long enough
// for more, and what a job left behind.
func (s *Service) releaseRipe(ctx context.Context) (err error) {
	defer fault.Wrap(&err, "release evaluations")
	var errs []error
	for after := ""; ; {
		var ids []string
		if err := s.db.Select(ctx, &ids, `select g.id from needs_eval_groups g where g.waiting = 0 and g.id > ? and (g.state = ? or g.state = ? and g.first_at <= ?)
			order by g.id limit ?`, after, full, gathering, s.now().AddDate(0, 0, -gatherDays).Unix(), dueAtOnce); err != nil || len(ids) == 0 {
			return errors.Join(append(errs, err)...)
		}
		for _, id := range ids {
			errs = append(errs, s.release(ctx, id))
		}
		after = ids[len(ids)-1]
	}
}

// release publishes a ripe group, once: the figures of each question become a
// release, and what these show is added to the sums of the center's year. A
// group that is not ripe, or is released, is left alone.
func (s *Service) release(ctx context.Context, id string) (err error) {
	defer fault.Wrap(&err, "release group %s", id)
	now := s.now()
	g, err := groupByID(ctx, s.db, id)
	if err != nil || !g.ripe(now) {
		return err
	}
	rounds, err := roundsIn(ctx, s.db, id)
	if err != nil {
		return err
	}
	t, err := s.count(ctx, g, rounds)
	if err != nil {
		return err
	}
	times, err := s.settings(ctx, s.db, now)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		// A round that joined since the reading has raised both numbers.
		n, err := tx.Exec(ctx, `update needs_eval_groups set state = ?, released_at = ? where id = ? and state = ? and waiting = 0 and rounds = ?`,
			released, now.Unix(), id, g.State, g.Rounds)
		if err != nil || n == 0 {
			return err
		}
		f, err := s.publish(ctx, tx, g, rounds, t)
		if err != nil {
			return err
		}
		f.Least = times.LowPercent
		verdict := Judge(f.Used, f.Least)
		text, err := json.Marshal(f)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `update needs_eval_groups set answers = ?, figures = ?, low = ? where id = ?`, f.Answers.N, string(text), verdict == Low, id); err != nil {
			return err
		}
		if g.Stage != ofMeeting { // sums of a year are of trainings
			if err := addToYear(ctx, tx, g, f, verdict == Low); err != nil {
				return err
			}
		}
		return s.tellLeaders(ctx, tx, g)
	})
}

// tellLeaders tells those who led that figures are there.
func (s *Service) tellLeaders(ctx context.Context, tx *db.Tx, g group) error {
	if s.Tell == nil {
		return nil
	}
	var list []struct {
		Person string `db:"person"`
		Kind   Kind   `db:"kind"`
		ID     string `db:"id"`
		Title  string `db:"title"`
	}
	if err := tx.Select(ctx, &list, `select l.person, s.kind, s.id, s.title from needs_eval_rounds x
		join needs_eval_subjects s on s.kind = x.kind and s.id = x.subject
		join needs_eval_leaders l on l.kind = x.kind and l.subject = x.subject where x.grp = ? order by l.person, s.id`, g.ID); err != nil {
		return err
	}
	for _, to := range list {
		if err := s.Tell(ctx, tx, notify.Message{To: to.Person, Topic: Topic, Key: "evaluation.tell.released." + string(g.Stage), Args: map[string]string{"title": to.Title},
			Link: onePath(to.Kind, to.ID), Once: "evaluation/" + g.ID + "/" + to.ID}); err != nil {
			return err
		}
	}
	return nil
}

func roundsIn(ctx context.Context, r db.Reader, group string) (list []round, err error) {
	return list, r.Select(ctx, &list, `select `+roundColumns+` from needs_eval_rounds x where x.grp = ? order by x.id`, group)
}

// count reads the answers of a group's rounds.
func (s *Service) count(ctx context.Context, g group, rounds []round) (*tally, error) {
	t := newTally(g.ID, g.Stage)
	for _, x := range rounds {
		if err := s.Surveys.Each(ctx, s.db, x.ID, func(_ string, a survey.Answers) error {
			t.add(g.Stage, a)
			return nil
		}); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// object names a group in package disclosure.
func object(group string) string { return "evaluation/" + group }

// fix stores the tree of a group before anybody in it answers. It is one node:
// the group is the smallest unit there is, and which rounds it takes in follows
// from the order in which they open and how many are asked (see join).
func (s *Service) fix(ctx context.Context, tx *db.Tx, group string, roster int) error {
	_, err := s.Disclosure.Fix(ctx, tx, disclosure.Plan{ID: group, Owner: "needs", Object: object(group),
		Units: []disclosure.Unit{{ID: group, Name: group, Roster: roster}}})
	return err
}

// publish makes the releases.
func (s *Service) publish(ctx context.Context, tx *db.Tx, g group, rounds []round, t *tally) (f Figures, err error) {
	period := disclosure.Period{From: math.MaxInt64, Label: yearText(g.SchoolYear)}
	for _, x := range rounds {
		period.From, period.Until = min(period.From, x.OpensAt), max(period.Until, x.ClosesAt)
	}
	for _, q := range questions {
		if q.Stage != g.Stage {
			continue
		}
		id, err := s.Disclosure.Publish(ctx, tx, disclosure.Release{Measure: q.name(), Plan: g.ID, Period: period, Object: object(g.ID)}, *t.counts[q.name()])
		if err != nil {
			return f, err
		}
		table, err := s.Disclosure.Read(ctx, tx, id)
		if err != nil {
			return f, err
		}
		f = f.with(q, table)
	}
	return f, nil
}

// with takes from a release what lists show. Answers are those of the question
// that lists show, so that a mean and its weight belong together.
func (f Figures) with(q asked, t disclosure.Table) Figures {
	if len(t.Nodes) == 0 {
		return f
	}
	root := t.Nodes[0]
	switch q.Key {
	case usefulKey:
		f.Useful, f.Answers = root.Mean, root.Respondents
	case usedKey:
		f.Used, f.Answers = root.Mean, root.Respondents
	}
	return f
}

// yearRow is the sum of a center's school year.
type yearRow struct {
	Center     access.InstitutionID `db:"center"`
	SchoolYear int                  `db:"school_year"`
	Stage      Stage                `db:"stage"`
	Subjects   int                  `db:"subjects"`
	Hidden     int                  `db:"hidden"`
	Answers    int                  `db:"answers"`
	Low        int                  `db:"low"`
	Sums       string               `db:"sums"`
}

const yearColumns = `y.center, y.school_year, y.stage, y.subjects, y.hidden, y.answers, y.low, y.sums`

// sum is the figure of the year.
func (y yearRow) sum() (s Sum) {
	_ = json.Unmarshal([]byte(y.Sums), &s) // ours; what cannot be read is no sum
	return s
}

// addToYear adds what a group shows to the sums of its center and school year. A
// group whose figures are hidden is counted and adds nothing.
func addToYear(ctx context.Context, tx *db.Tx, g group, f Figures, low bool) error {
	mean := f.Useful
	if g.Stage == Later {
		mean = f.Used
	}
	if _, err := tx.Exec(ctx, `insert into needs_eval_years (center, school_year, stage) values (?, ?, ?) on conflict (center, school_year, stage) do update
		set answers = needs_eval_years.answers`, g.Center, g.SchoolYear, g.Stage); err != nil {
		return err // the row is there now, and ours until the end of the transaction
	}
	var y yearRow
	if err := tx.Get(ctx, &y, `select `+yearColumns+` from needs_eval_years y where y.center = ? and y.school_year = ? and y.stage = ?`, g.Center, g.SchoolYear, g.Stage); err != nil {
		return err
	}
	sum := y.sum().add(f.Answers, mean)
	switch {
	case mean.Shown && f.Answers.Shown:
		y.Subjects += g.Rounds
	default:
		y.Hidden += g.Rounds
	}
	if low {
		y.Low += g.Rounds
	}
	text, err := json.Marshal(sum)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `update needs_eval_years set subjects = ?, hidden = ?, answers = ?, low = ?, sums = ? where center = ? and school_year = ? and stage = ?`,
		y.Subjects, y.Hidden, sum.Answers, y.Low, string(text), g.Center, g.SchoolYear, g.Stage)
	return err
}
