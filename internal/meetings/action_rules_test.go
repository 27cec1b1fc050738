package meetings

import (
	"testing"
	"time"

	"kladka/internal/platform/web"
)

func TestReminder(t *testing.T) {
	due, ok := dueAt("2026-10-26") // the clock changes on the 25th
	if !ok {
		t.Fatal("no day")
	}
	at := func(day, hour int) time.Time { return time.Date(2026, time.October, day, hour, 0, 0, 0, web.Warsaw) }
	for _, c := range []struct {
		name string
		told Reminder
		now  time.Time
		want Reminder
	}{
		{"four days before", NoReminder, at(22, 23), NoReminder},
		{"three days before", NoReminder, at(23, 0), BeforeDue},
		{"told already", BeforeDue, at(24, 9), NoReminder},
		{"on the day", BeforeDue, at(26, 23), NoReminder},
		{"given on the day", NoReminder, at(26, 12), BeforeDue},
		{"a day after", BeforeDue, at(27, 0), AfterDue},
		{"nobody was told before", NoReminder, at(29, 0), AfterDue},
		{"told of both", AfterDue, at(29, 0), NoReminder},
	} {
		if got := reminder(due, c.told, c.now); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
	for _, bad := range []string{"2026-02-30", "26.10.2026", "2026-1-1", "later"} {
		if _, ok := dueAt(bad); ok {
			t.Errorf("%q is a day", bad)
		}
	}
}
