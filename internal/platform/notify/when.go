package notify

import (
	"time"

	"kladka/internal/platform/web"
)

// frequency is how often letters tell of something:
//
//  1. a person who wants no letters about the topic gets none;
//  2. an urgent message about it is told at once;
//  3. else what the person chose holds;
//  4. else urgent topics are told at once, and others as they say themselves.
func (t Topic) frequency(chosen Frequency, urgent bool) Frequency {
	switch {
	case chosen == Never:
		return Never
	case urgent:
		return Now
	case chosen != "":
		return chosen
	case t.Urgent:
		return Now
	}
	return t.Default
}

// due is when a letter may tell of something that happened now. It tells false
// when none shall.
func due(f Frequency, now time.Time, hour int) (time.Time, bool) {
	switch f {
	case Now:
		return now, true
	case Daily:
		return nextMorning(now, hour), true
	case Weekly:
		at := nextMorning(now, hour)
		for at.Weekday() != time.Monday {
			at = morning(at, 1, hour)
		}
		return at, true
	}
	return time.Time{}, false
}

// nextMorning is the next time the clock in Kraków shows that hour.
func nextMorning(now time.Time, hour int) time.Time {
	local := now.In(web.Warsaw)
	if at := morning(local, 0, hour); at.After(now) {
		return at
	}
	return morning(local, 1, hour)
}

func morning(t time.Time, days, hour int) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day()+days, hour, 0, 0, 0, web.Warsaw)
}

// dayNumber names the day in Kraków as a number: 20261122.
func dayNumber(t time.Time) int64 {
	y, m, d := t.In(web.Warsaw).Date()
	return int64(y)*10_000 + int64(m)*100 + int64(d)
}

const hourSeconds = 3600

func hourNumber(t time.Time) int64 { return t.Unix() / hourSeconds }

func nextHour(t time.Time) time.Time { return time.Unix((hourNumber(t)+1)*hourSeconds, 0) }
