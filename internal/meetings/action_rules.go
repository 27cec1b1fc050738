package meetings

import (
	"strings"
	"time"

	"kladka/internal/platform/web"
)

// The days of reminders, before and after the day until which something is to
// be done.
const (
	remindBefore = 3
	remindAfter  = 1
)

// noDue is when something without a day is due: after everything that has one.
const noDue int64 = 253402300799 // end of the year 9999

// dueAt is the end of a day YYYY-MM-DD in Kraków: "until the 5th" means before
// the midnight after it. No day: noDue, true. What is no day: false.
func dueAt(day string) (int64, bool) {
	if day == "" {
		return noDue, true
	}
	t, err := time.ParseInLocation(time.DateOnly, day, web.Warsaw)
	if err != nil || t.Format(time.DateOnly) != strings.TrimSpace(day) {
		return 0, false
	}
	return t.AddDate(0, 0, 1).Unix(), true
}

// Reminder is which reminder is due: none, the one before the day, or the one
// after it.
type Reminder int

// The reminders.
const (
	NoReminder Reminder = iota
	BeforeDue
	AfterDue
)

// reminder tells which reminder is due now, when those up to told were told. A
// task that was given less than three days before its day is reminded of at
// once; one that is late was forgotten once, and is told of once. It is a rule
// of values alone.
func reminder(due int64, told Reminder, now time.Time) Reminder {
	day := time.Unix(due, 0).In(web.Warsaw).AddDate(0, 0, -1) // its beginning
	switch {
	case told < AfterDue && !now.Before(day.AddDate(0, 0, remindAfter)):
		return AfterDue
	case told < BeforeDue && !now.Before(day.AddDate(0, 0, -remindBefore)):
		return BeforeDue
	}
	return NoReminder
}
