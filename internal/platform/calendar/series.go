package calendar

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Rule is a series of meetings in weeks: "every second week on Tuesday and
// Thursday, twelve times, without the holidays".
type Rule struct {
	Every int            // weeks from one to the next; 0 is 1. Weeks begin on Monday
	On    []time.Weekday // none: the weekday of the first day
	Times int            // how many meetings are held; 0: as Until says
	Until string         // the last day on which one may be, YYYY-MM-DD; "": as Times says
	Skip  []string       // days without a meeting, YYYY-MM-DD: they do not count in Times
}

// MostMeetings is how many meetings one series may have.
const MostMeetings = 400

// ErrRule is a series that cannot be: without an end, ending before it begins,
// with no meeting at all or more than MostMeetings, or with a gap of years.
var ErrRule = errors.New("no such series")

const mostWeeks = 53

// Expand gives the instants at which the meetings of a series start, from the
// local day on (YYYY-MM-DD; the first meeting is on the first day that fits, not
// always on that one) at an hour (minutes, see ParseHour). The hour on the wall
// stays the same when the clock changes; on the two odd nights it is as At says.
//
// Twelve times means twelve meetings held: a day that is skipped moves the end,
// since hours are promised and not weeks. With Times and Until both, whichever
// comes first ends the series. Mistakes are ErrRule, ErrDay and ErrHour.
func Expand(r Rule, from string, hour int) ([]time.Time, error) {
	first, err := parseDay(from)
	if err != nil {
		return nil, err
	}
	if hour < 0 || hour >= minutesOfDay {
		return nil, fmt.Errorf("%w: %d minutes", ErrHour, hour)
	}
	last, err := r.last(first)
	if err != nil {
		return nil, err
	}
	var starts []time.Time
	for day := range r.days(first, last) {
		if slices.Contains(r.Skip, day.Format(time.DateOnly)) {
			continue
		}
		if len(starts) == MostMeetings {
			return nil, fmt.Errorf("%w: more than %d meetings", ErrRule, MostMeetings)
		}
		t, _ := at(day, hour)
		starts = append(starts, t)
		if len(starts) == r.Times {
			break
		}
	}
	if len(starts) == 0 || r.Until == "" && len(starts) < r.Times {
		return nil, fmt.Errorf("%w: too few days fit", ErrRule)
	}
	return starts, nil
}

// last checks the rule and tells the last day that is looked at.
func (r Rule) last(first time.Time) (time.Time, error) {
	for _, day := range r.Skip {
		if _, err := parseDay(day); err != nil {
			return time.Time{}, err
		}
	}
	switch {
	case r.Every < 0 || r.Every > mostWeeks:
		return time.Time{}, fmt.Errorf("%w: every %d weeks", ErrRule, r.Every)
	case r.Times < 0 || r.Times > MostMeetings:
		return time.Time{}, fmt.Errorf("%w: %d times", ErrRule, r.Times)
	case r.Until == "" && r.Times == 0:
		return time.Time{}, fmt.Errorf("%w: without an end", ErrRule)
	case slices.ContainsFunc(r.On, func(d time.Weekday) bool { return d < time.Sunday || d > time.Saturday }):
		return time.Time{}, fmt.Errorf("%w: weekday", ErrRule)
	case r.Until == "":
		// Enough for every meeting and every skipped day, one a turn.
		return first.AddDate(0, 0, 7*max(1, r.Every)*(r.Times+len(r.Skip)+1)), nil
	}
	until, err := parseDay(r.Until)
	if err == nil && until.Before(first) {
		err = fmt.Errorf("%w: it ends before it begins", ErrRule)
	}
	return until, err
}

// days are the days that fit, skipped ones too. They are counted in UTC, where
// every day has 24 hours.
func (r Rule) days(first, last time.Time) func(yield func(time.Time) bool) {
	on := r.On
	if len(on) == 0 {
		on = []time.Weekday{first.Weekday()}
	}
	monday := first.AddDate(0, 0, -(int(first.Weekday())+6)%7)
	return func(yield func(time.Time) bool) {
		for week := monday; !week.After(last); week = week.AddDate(0, 0, 7*max(1, r.Every)) {
			for n := range 7 {
				day := week.AddDate(0, 0, n)
				if day.Before(first) || day.After(last) || !slices.Contains(on, day.Weekday()) {
					continue
				}
				if !yield(day) {
					return
				}
			}
		}
	}
}
