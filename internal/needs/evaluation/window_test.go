package evaluation

import (
	"testing"
	"time"

	"kladka/internal/platform/disclosure"
	"kladka/internal/platform/web"
)

var usual = Times{OpenDays: 14, LaterWeeks: 6, WaitDays: 7, LowPercent: 50}

func warsaw(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", text, web.Warsaw)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestOpeningAndClosing(t *testing.T) {
	feast := func(at time.Time) bool { return weekday(at) && at.Format("01-02") != "11-11" }
	for _, c := range []struct {
		name         string
		times        Times
		stage        Stage
		ended, opens string
		closes       string
	}{
		{"the next day", usual, After, "2026-11-23 15:00", "2026-11-24 08:00", "2026-12-08 00:00"},
		{"after a Friday comes Monday", usual, After, "2026-11-27 15:00", "2026-11-30 08:00", "2026-12-14 00:00"},
		{"late on a Saturday it is Saturday still", usual, After, "2026-11-28 23:30", "2026-11-30 08:00", "2026-12-14 00:00"},
		{"a holiday is skipped", usual, After, "2026-11-10 12:00", "2026-11-12 08:00", "2026-11-26 00:00"},
		{"the clocks change meanwhile", usual, After, "2026-10-23 12:00", "2026-10-26 08:00", "2026-11-09 00:00"},
		{"six weeks", usual, Later, "2026-11-23 15:00", "2027-01-04 08:00", "2027-01-18 00:00"},
		{"six weeks over the change of clocks", usual, Later, "2026-10-01 15:00", "2026-11-12 08:00", "2026-11-26 00:00"},
		{"eight weeks", Times{OpenDays: 14, LaterWeeks: 8}, Later, "2026-11-23 15:00", "2027-01-18 08:00", "2027-02-01 00:00"},
		{"more than eight weeks are eight", Times{OpenDays: 14, LaterWeeks: 20}, Later, "2026-11-23 15:00", "2027-01-18 08:00", "2027-02-01 00:00"},
	} {
		opens := c.times.openingOf(c.stage, warsaw(t, c.ended).Unix(), feast)
		if want := warsaw(t, c.opens); !opens.Equal(want) {
			t.Errorf("%s: opens %v, want %v", c.name, opens, want)
		}
		if got, want := c.times.closingOf(opens), warsaw(t, c.closes); !got.Equal(want) {
			t.Errorf("%s: closes %v, want %v", c.name, got, want)
		}
	}
}

func TestNextStep(t *testing.T) {
	due := warsaw(t, "2026-11-24 08:00")
	after := func(days int) time.Time { return due.AddDate(0, 0, days) }
	ready, not := Subject{Ready: true}, Subject{}
	for _, c := range []struct {
		name   string
		stage  Stage
		s      Subject
		people int
		now    time.Time
		step   Step
		why    string
	}{
		{"it did not take place", After, Subject{Off: true, Ready: true}, 9, due, Leave, whyOff},
		{"nobody was there, and the lists may still change", After, ready, 0, due, Wait, ""},
		{"nobody was there", After, ready, 0, after(7), Leave, whyNobody},
		{"nobody was there, weeks later", Later, ready, 0, due, Leave, whyNobody},
		{"lists still open", After, not, 20, due, Wait, ""},
		{"lists still open, the sixth day", After, not, 20, after(6), Wait, ""},
		{"lists open for too long: whoever is marked", After, not, 20, after(7), Ask, ""},
		{"lists open and nobody marked", After, not, 0, after(7), Wait, ""},
		{"a month without lists", After, not, 0, after(30), Leave, whyLate},
		{"a month late, though all is there", After, ready, 20, after(30), Leave, whyLate},
		{"all is there", After, ready, 1, due, Ask, ""},
		{"all is there, later", Later, ready, 20, due, Ask, ""},
	} {
		if step, why := usual.next(c.stage, c.s, c.people, due, c.now); step != c.step || why != c.why {
			t.Errorf("%s: %d %q, want %d %q", c.name, step, why, c.step, c.why)
		}
	}
}

func TestRipe(t *testing.T) {
	now := warsaw(t, "2026-11-24 08:00")
	ago := func(days int) int64 { return now.AddDate(0, 0, -days).Unix() }
	for name, c := range map[string]struct {
		g    group
		want bool
	}{
		"a round is open":            {group{State: full, Rounds: 2, Waiting: 1, FirstAt: ago(200)}, false},
		"full and closed":            {group{State: full, Rounds: 2, FirstAt: ago(1)}, true},
		"waits for more":             {group{State: gathering, Rounds: 2, Roster: 12, FirstAt: ago(59)}, false},
		"waited long enough":         {group{State: gathering, Rounds: 2, Roster: 12, FirstAt: ago(60)}, true},
		"waited, but one is open":    {group{State: gathering, Rounds: 2, Waiting: 1, FirstAt: ago(60)}, false},
		"published already":          {group{State: released, Rounds: 2, FirstAt: ago(200)}, false},
		"empty, which does not come": {group{State: full, FirstAt: ago(200)}, false},
	} {
		if got := c.g.ripe(now); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func shown(n int) disclosure.Cell       { return disclosure.Cell{Shown: true, N: n} }
func between(n, to int) disclosure.Cell { return disclosure.Cell{Shown: true, N: n, To: to} }

func TestJudge(t *testing.T) {
	for name, c := range map[string]struct {
		used  disclosure.Cell
		least int
		want  Verdict
	}{
		"hidden tells nothing":                  {disclosure.Cell{}, 50, Unknown},
		"exactly below":                         {shown(9), 50, Low},
		"exactly at the border":                 {shown(10), 50, Enough},
		"above":                                 {shown(14), 50, Enough},
		"a band from the lower end":             {between(0, 7), 50, Low},
		"a band that ends at the border":        {between(0, 10), 50, Low},
		"a band over the border":                {between(0, 11), 50, Unknown},
		"a band at the upper end":               {between(13, 20), 50, Enough},
		"another border, and the band holds it": {between(13, 20), 70, Unknown},
		"nobody used anything, were it shown":   {shown(0), 50, Low},
	} {
		if got := Judge(c.used, c.least); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// TestSumAddsWhatIsShown: what is hidden neither adds nor counts.
func TestSumAddsWhatIsShown(t *testing.T) {
	var s Sum
	if s.cell().Shown {
		t.Error("a sum of nothing is shown")
	}
	s = s.add(shown(8), disclosure.Cell{}) // too few for a mean
	if s != (Sum{}) {
		t.Errorf("a hidden mean was added: %+v", s)
	}
	s = s.add(shown(10), shown(42)).add(shown(30), shown(38))
	if got := s.cell(); got != shown(39) {
		t.Errorf("4.2 of 10 and 3.8 of 30: %+v, want 3.9", got)
	}
	s = s.add(shown(20), between(40, 50))
	if got := s.cell(); got != between(39, 43) {
		t.Errorf("with a band: %+v", got)
	}
}

// TestTallyCounts: hidden questions and foreign options count for nothing; whoever
// ticked nothing of several is there all the same.
func TestTallyCounts(t *testing.T) {
	ta := newTally("g", Later)
	ta.add(Later, map[string][]string{"used": {"partly"}, "obstacles": {"time", "time", "weather"}, "how": {"lessons"}})
	ta.add(Later, map[string][]string{"example": {"Ala"}})
	used, obstacles := ta.counts["evaluation.later.used"], ta.counts["evaluation.later.obstacles"]
	if used.Respondents["g"] != 1 || used.N["g"]["1"] != 1 || obstacles.N["g"]["time"] != 1 || len(obstacles.N["g"]) != 1 || obstacles.Respondents["g"] != 2 || ta.answers != 2 {
		t.Errorf("%+v %+v", used, obstacles)
	}
	if len(ta.counts) != 2 {
		t.Errorf("%d measures of later use", len(ta.counts))
	}
}
