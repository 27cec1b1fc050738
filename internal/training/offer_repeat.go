package training

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/calendar"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// Repetition is how a training is repeated.
type Repetition struct {
	From string        // first day, YYYY-MM-DD
	Rule calendar.Rule // Every, On, Times, Until; Skip are days without a meeting
	// Publish puts the new ones into the catalog at once, when nothing is missing.
	Publish bool
}

// mostRepeats bounds one series: each of it is a training of its own.
const mostRepeats = 60

// Repeated is one new date: the training and its meetings, moved.
type Repeated struct {
	Training Training
	Meetings []Meeting
}

// Plan tells what a repetition would make, without making it. Invalid names
// fields.
func (s *Service) Plan(ctx context.Context, who access.Actor, id ID, r Repetition) (all []Repeated, err error) {
	t, err := s.Managed(ctx, who, id)
	if err != nil {
		return nil, err
	}
	meetings, err := Meetings(ctx, s.db, id)
	if err != nil {
		return nil, err
	}
	return repeat(t, meetings, r)
}

// repeat moves a training to the days of a series. The hours on the wall stay.
func repeat(t Training, meetings []Meeting, r Repetition) (all []Repeated, err error) {
	if len(meetings) == 0 {
		return nil, fault.New(fault.Conflict, "training.offer.fault.no_dates")
	}
	slices.SortStableFunc(meetings, func(a, b Meeting) int { return int(a.StartsAt - b.StartsAt) })
	first := time.Unix(meetings[0].StartsAt, 0)
	starts, err := calendar.Expand(r.Rule, r.From, calendar.HourOf(first))
	switch {
	case errors.Is(err, calendar.ErrDay):
		return nil, fault.InvalidFields([]fault.Field{{Name: "od", Key: "training.offer.lack.day"}})
	case err != nil:
		return nil, fault.InvalidFields([]fault.Field{{Name: "razy", Key: "training.offer.lack.rule"}})
	case len(starts) > mostRepeats:
		return nil, fault.InvalidFields([]fault.Field{{Name: "razy", Key: "training.offer.lack.repeats", Args: []any{"n", mostRepeats}}})
	}
	for _, start := range starts {
		all = append(all, moved(t, meetings, daysBetween(first, start), r.Rule.Skip))
	}
	return all, nil
}

// daysBetween counts local days, whatever the clock did between.
func daysBetween(a, b time.Time) int {
	day := func(t time.Time) time.Time {
		y, m, d := t.In(web.Warsaw).Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	return int(day(b).Sub(day(a)) / (24 * time.Hour))
}

// moved is a draft like t, days later. A meeting that would fall on a day to
// skip is held a week later, and so are those after it: hours are promised, not
// weeks. Days for enrollment and decision move with the first meeting.
func moved(t Training, meetings []Meeting, days int, skip []string) Repeated {
	r := Repeated{Training: t}
	later := 0
	for _, m := range meetings {
		start := shift(m.StartsAt, days+later)
		for slices.Contains(skip, calendar.DayOf(time.Unix(start, 0))) {
			later += 7
			start = shift(m.StartsAt, days+later)
		}
		m.ID, m.TakenAt, m.TakenBy = "", 0, ""
		m.StartsAt, m.EndsAt = start, shift(m.EndsAt, days+later)
		r.Meetings = append(r.Meetings, m)
	}
	n := &r.Training
	n.ID, n.Trace, n.Revision, n.State, n.OnlineLink = "", "", 0, Draft, ""
	n.EnrollFrom, n.EnrollUntil, n.FreeUntil, n.DecideAt = shift(t.EnrollFrom, days), shift(t.EnrollUntil, days), shift(t.FreeUntil, days), shift(t.DecideAt, days)
	n.Decided, n.Why, n.CreatedBy, n.Need, n.FirstUntil, n.FirstDays = "", "", "", "", 0, 0
	n.CreatedAt, n.ChangedAt, n.PublishedAt, n.ClosedAt, n.SchoolYear = 0, 0, 0, 0, 0
	n.StartsAt, n.EndsAt = 0, 0
	spanOf(n, r.Meetings)
	return r
}

// shift moves an instant by days, and keeps the hour on the wall; 0 stays.
func shift(at int64, days int) int64 {
	if at == 0 {
		return 0
	}
	return time.Unix(at, 0).In(web.Warsaw).AddDate(0, 0, days).Unix()
}

// Repeat makes further dates of a training: each is a training of its own with
// the same words, seats, people and topics, and all are one series, so that
// people may move from one to another. Files are not copied. Who may: whoever
// manages the training. Faults: Invalid, Conflict for one without dates.
func (s *Service) Repeat(ctx context.Context, who access.Actor, id ID, r Repetition) (ids []ID, err error) {
	defer fault.Wrap(&err, "repeat training %s", id)
	plan, err := s.Plan(ctx, who, id, r)
	if err != nil {
		return nil, err
	}
	w, link, err := s.pattern(ctx, id)
	if err != nil {
		return nil, err
	}
	return ids, s.db.Write(ctx, func(tx *db.Tx) error {
		ids = nil
		series, last, err := s.seriesOf(ctx, tx, w.Training)
		if err != nil {
			return err
		}
		for n, p := range plan {
			one := w
			one.Training, one.Meetings, one.Link = p.Training, p.Meetings, link
			one.Series, one.SeriesNo = series, last+n+1
			made, err := s.repeatOne(ctx, tx, who, one, r.Publish)
			if err != nil {
				return err
			}
			ids = append(ids, made)
		}
		return s.offerAct(ctx, tx, who, w.Training, "repeat", map[string]string{"count": fmt.Sprint(len(ids))})
	})
}

// repeatOne writes one date of a series, as a draft or public at once.
func (s *Service) repeatOne(ctx context.Context, tx *db.Tx, who access.Actor, one Whole, publish bool) (ID, error) {
	if publish {
		if len(offerLacks(one.Training, one.Meetings, s.now())) > 0 {
			return "", fault.InvalidFields([]fault.Field{{Name: "publikuj", Key: "training.offer.lack.publish"}})
		}
		one.State, one.PublishedAt = Published, s.now().Unix()
	}
	made, err := s.Insert(ctx, tx, who, one)
	if err != nil || !publish {
		return made, err
	}
	t, err := ByID(ctx, tx, made)
	if err != nil {
		return "", err
	}
	return made, s.offerPublished(ctx, tx, t)
}

// pattern is everything of a training but its dates, and the link to its room.
func (s *Service) pattern(ctx context.Context, id ID) (w Whole, link string, err error) {
	if w.Training, err = ByID(ctx, s.db, id); err != nil {
		return w, "", err
	}
	pools, err := Pools(ctx, s.db, id)
	if err != nil {
		return w, "", err
	}
	w.Pools = map[string]int{}
	for _, p := range pools {
		w.Pools[p.Name] = p.Seats
	}
	if w.Eligible, err = EligibleFor(ctx, s.db, id); err != nil {
		return w, "", err
	}
	if w.Trainers, err = Trainers(ctx, s.db, id); err != nil {
		return w, "", err
	}
	if w.Partners, err = Partners(ctx, s.db, id); err != nil {
		return w, "", err
	}
	if w.Topics, err = TopicsOf(ctx, s.db, id); err != nil {
		return w, "", err
	}
	link, err = s.OnlineLink(w.Training)
	return w, link, err
}

// seriesOf is the series of a training and its last number. A training that
// was alone becomes the first of a new one; nobody need be told of that, so its
// revision stays.
func (s *Service) seriesOf(ctx context.Context, tx *db.Tx, t Training) (series string, last int, err error) {
	if t.Series == "" {
		t.Series = string(t.ID)
		n, err := tx.Exec(ctx, `update training_trainings set series = ?, series_no = 1 where id = ? and series = ''`, t.Series, t.ID)
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "training.offer.fault.faster")
		}
		return t.Series, 1, err
	}
	err = tx.Get(ctx, &last, `select coalesce(max(series_no), 0) from training_trainings where series = ?`, t.Series)
	return t.Series, last, err
}
