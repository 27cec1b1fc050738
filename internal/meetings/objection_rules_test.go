package meetings

import "testing"

func TestClock(t *testing.T) {
	sent := Clock{SentAt: 100, UntilAt: 800, Content: 5, SentContent: 5}
	with := func(change func(c *Clock)) Clock {
		c := sent
		change(&c)
		return c
	}
	for _, x := range []struct {
		name string
		c    Clock
		now  int64
		want Waits
	}{
		{"not sent", Clock{Content: 5}, 5000, WaitsSending},
		{"the last second", sent, 799, WaitsDays},
		{"the time is over", sent, 800, WaitsNothing},
		{"an objection without an answer", with(func(c *Clock) { c.Open = 1 }), 5000, WaitsAnswers},
		{"changed since it was sent", with(func(c *Clock) { c.Content = 6 }), 5000, WaitsAgain},
		{"changed and objected", with(func(c *Clock) { c.Content, c.Open = 6, 2 }), 5000, WaitsAnswers},
		{"two wordings", with(func(c *Clock) { c.Clashes = 1 }), 5000, WaitsAgain},
		{"sent again", with(func(c *Clock) { c.Content, c.SentContent, c.SentAt, c.UntilAt = 6, 6, 900, 1600 }), 900, WaitsDays},
	} {
		if got := x.c.Waits(x.now); got != x.want {
			t.Errorf("%s: %q, want %q", x.name, got, x.want)
		}
	}
}
