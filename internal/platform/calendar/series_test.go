package calendar

import (
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kladka/internal/testkit"
)

func TestExpand(t *testing.T) {
	for _, c := range []struct {
		name, from, hour string
		rule             Rule
		want             []string
	}{
		{"the hour stays over both changes of the clock", "2026-10-20", "16:00", Rule{Times: 2}, []string{"2026-10-20T14:00:00Z", "2026-10-27T15:00:00Z"}},
		{"and in spring", "2027-03-23", "16:00", Rule{Times: 2}, []string{"2027-03-23T15:00:00Z", "2027-03-30T14:00:00Z"}},
		{"the hour that is not moves for one night only", "2026-03-22", "02:30", Rule{Times: 3},
			[]string{"2026-03-22T01:30:00Z", "2026-03-29T01:00:00Z", "2026-04-05T00:30:00Z"}},
		{"the hour that is twice is the first", "2026-10-18", "02:30", Rule{Times: 3},
			[]string{"2026-10-18T00:30:00Z", "2026-10-25T00:30:00Z", "2026-11-01T01:30:00Z"}},
		{"begins on the first day that fits", "2026-11-25", "09:00", Rule{On: []time.Weekday{time.Tuesday}, Times: 1}, []string{"2026-12-01T08:00:00Z"}},
		{"weeks begin on Monday", "2026-11-26", "09:00", Rule{Every: 2, On: []time.Weekday{time.Sunday, time.Monday, time.Thursday}, Times: 4},
			[]string{"2026-11-26T08:00:00Z", "2026-11-29T08:00:00Z", "2026-12-07T08:00:00Z", "2026-12-10T08:00:00Z"}},
		{"a holiday moves the end", "2026-12-17", "09:00", Rule{Times: 3, Skip: []string{"2026-12-24", "2026-12-31"}},
			[]string{"2026-12-17T08:00:00Z", "2027-01-07T08:00:00Z", "2027-01-14T08:00:00Z"}},
		{"until a day, with it", "2026-12-01", "23:30", Rule{Until: "2026-12-15", Skip: []string{"2026-12-08"}}, []string{"2026-12-01T22:30:00Z", "2026-12-15T22:30:00Z"}},
		{"whichever ends first", "2026-12-01", "09:00", Rule{Until: "2026-12-07", Times: 5}, []string{"2026-12-01T08:00:00Z"}},
	} {
		minutes, err := ParseHour(c.hour)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Expand(c.rule, c.from, minutes)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if d := cmp.Diff(c.want, texts(got)); d != "" {
			t.Errorf("%s:\n%s", c.name, d)
		}
	}
}

func texts(times []time.Time) (out []string) {
	for _, at := range times {
		out = append(out, at.UTC().Format(time.RFC3339))
	}
	return out
}

func TestExpandRefuses(t *testing.T) {
	for _, c := range []struct {
		rule Rule
		from string
		hour int
		want error
	}{
		{Rule{}, "2026-12-01", 0, ErrRule},
		{Rule{Times: -1}, "2026-12-01", 0, ErrRule},
		{Rule{Times: 401}, "2026-12-01", 0, ErrRule},
		{Rule{Times: 1, Every: -1}, "2026-12-01", 0, ErrRule},
		{Rule{Times: 1, Every: 54}, "2026-12-01", 0, ErrRule},
		{Rule{Times: 1, On: []time.Weekday{7}}, "2026-12-01", 0, ErrRule},
		{Rule{Until: "2026-11-30"}, "2026-12-01", 0, ErrRule},
		{Rule{Until: "2026-12-31x"}, "2026-12-01", 0, ErrDay},
		{Rule{Until: "2026-12-05", On: []time.Weekday{time.Sunday}}, "2026-12-01", 0, ErrRule},
		{Rule{Until: "9990-12-05"}, "2026-12-01", 0, ErrRule},
		{Rule{Times: 1, Skip: []string{"Wigilia"}}, "2026-12-01", 0, ErrDay},
		{Rule{Times: 1}, "1.12.2026", 0, ErrDay},
		{Rule{Times: 1}, "2026-12-01", 1440, ErrHour},
		{Rule{Times: 1}, "2026-12-01", -1, ErrHour},
	} {
		if got, err := Expand(c.rule, c.from, c.hour); !errors.Is(err, c.want) {
			t.Errorf("%+v from %s gives %v, %v", c.rule, c.from, got, err)
		}
	}
	if got, err := Expand(Rule{Times: MostMeetings}, "2026-12-01", 540); err != nil || len(got) != MostMeetings {
		t.Errorf("%d meetings, %v", len(got), err)
	}
}

// TestAgainstLibical compares Expand with the weekly rules of libical's tests.
// Left out are rules that ours cannot say: weeks that begin on another day
// where it matters, and places within a week (BYSETPOS).
func TestAgainstLibical(t *testing.T) {
	text, err := os.ReadFile(testkit.Shared(t, "data/ics/libical/icalrecur_test.txt"))
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for block := range strings.SplitSeq(strings.ReplaceAll(string(text), "\r", ""), "\n\n") {
		c := map[string]string{}
		for line := range strings.SplitSeq(block, "\n") {
			if name, value, ok := strings.Cut(line, ":"); ok && !strings.HasPrefix(line, "#") {
				c[name] = value
			}
		}
		rule, ok := weekly(t, c["RRULE"])
		if !ok || c["INSTANCES"] == "" || c["START-AT"] != "" {
			continue
		}
		start, err := time.Parse(localForm, strings.TrimSuffix(c["DTSTART"], "Z"))
		if err != nil {
			continue
		}
		got, err := Expand(rule, start.Format(time.DateOnly), start.Hour()*60+start.Minute())
		if err != nil {
			t.Errorf("%s: %v", c["RRULE"], err)
			continue
		}
		var have []string
		for _, at := range got {
			have = append(have, at.In(warsaw).Format(localForm))
		}
		want := strings.Split(strings.ReplaceAll(c["INSTANCES"], "Z", ""), ",")
		if d := cmp.Diff(want, have); d != "" {
			t.Errorf("%s from %s:\n%s", c["RRULE"], c["DTSTART"], d)
		}
		compared++
	}
	if compared < 10 {
		t.Errorf("only %d rules were compared", compared)
	}
}

// weekly reads a rule that Rule can say.
func weekly(t *testing.T, rrule string) (r Rule, ok bool) {
	days := []string{"SU", "MO", "TU", "WE", "TH", "FR", "SA"}
	week := "MO"
	number := func(s string) int {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for part := range strings.SplitSeq(strings.TrimSuffix(rrule, ";"), ";") {
		name, value, _ := strings.Cut(part, "=")
		switch name {
		case "FREQ":
			ok = value == "WEEKLY"
		case "COUNT":
			r.Times = number(value)
		case "INTERVAL":
			r.Every = number(value)
		case "UNTIL":
			end, err := time.Parse(utcForm, value)
			if err != nil {
				return r, false
			}
			r.Until = end.Add(-time.Second).Format(time.DateOnly)
		case "BYDAY":
			for d := range strings.SplitSeq(value, ",") {
				r.On = append(r.On, time.Weekday(slices.Index(days, d)))
			}
		case "WKST":
			week = value
		default:
			return r, false
		}
	}
	return r, ok && (week == "MO" || r.Every < 2 || len(r.On) == 0)
}
