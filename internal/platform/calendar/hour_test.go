package calendar

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestLessonHours(t *testing.T) {
	for d, want := range map[time.Duration]int{
		-time.Hour: 0, 0: 0, 44*time.Minute + 59*time.Second: 0, 45 * time.Minute: 1, 89 * time.Minute: 1, 90 * time.Minute: 2,
		6 * time.Hour: 8, 67 * time.Minute: 1, 134 * time.Minute: 2,
	} {
		if got := LessonHours(d); got != want {
			t.Errorf("%v are %d, want %d", d, got, want)
		}
	}
}

func TestParseHour(t *testing.T) {
	for s, want := range map[string]int{"00:00": 0, "0:00": 0, "8:05": 485, "08:05": 485, "8.05": 485, "23:59": 1439, "19.30": 1170} {
		got, err := ParseHour(s)
		if err != nil || got != want {
			t.Errorf("%q is %d (%v), want %d", s, got, err, want)
		}
		if back, err := ParseHour(FormatHour(got)); err != nil || back != got {
			t.Errorf("%q comes back as %d (%v)", s, back, err)
		}
	}
	for _, s := range []string{"", "8", "24:00", "8:60", "-1:00", "8:5", "008:05", " 8:05", "8:05\n", "8:05:00", "٨:٠٥", "8,05"} {
		if got, err := ParseHour(s); !errors.Is(err, ErrHour) {
			t.Errorf("%q is %d, %v", s, got, err)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	for _, c := range []struct {
		day, hour string
		want      error
	}{
		{"", "8:00", ErrDay}, {"2026-02-29", "8:00", ErrDay}, {"2026-2-3", "8:00", ErrDay}, {"2026-13-01", "8:00", ErrDay},
		{"0202-01-01", "8:00", ErrDay}, {"2026-01-01T00:00", "8:00", ErrDay}, {"2026-01-01", "25:00", ErrHour}, {"2026-01-01", "", ErrHour},
	} {
		if at, _, err := Read(c.day, c.hour); !errors.Is(err, c.want) {
			t.Errorf("%s %s is %v, %v", c.day, c.hour, at, err)
		}
	}
	for _, minutes := range []int{-1, 1440} {
		if _, _, err := At("2026-01-01", minutes); !errors.Is(err, ErrHour) {
			t.Errorf("%d minutes: %v", minutes, err)
		}
	}
}

func TestOddNights(t *testing.T) {
	for _, c := range []struct {
		day, hour, want string
		kind            Kind
	}{
		{"2026-11-23", "16:00", "2026-11-23T15:00:00Z", Once},
		{"2026-07-01", "16:00", "2026-07-01T14:00:00Z", Once},
		// Spring: at 2:00 it is 3:00.
		{"2026-03-29", "00:00", "2026-03-28T23:00:00Z", Once},
		{"2026-03-29", "01:59", "2026-03-29T00:59:00Z", Once},
		{"2026-03-29", "02:00", "2026-03-29T01:00:00Z", Never},
		{"2026-03-29", "02:30", "2026-03-29T01:00:00Z", Never},
		{"2026-03-29", "02:59", "2026-03-29T01:00:00Z", Never},
		{"2026-03-29", "03:00", "2026-03-29T01:00:00Z", Once},
		{"2026-03-29", "16:00", "2026-03-29T14:00:00Z", Once},
		// Autumn: at 3:00 it is 2:00.
		{"2026-10-25", "01:59", "2026-10-24T23:59:00Z", Once},
		{"2026-10-25", "02:00", "2026-10-25T00:00:00Z", Twice},
		{"2026-10-25", "02:59", "2026-10-25T00:59:00Z", Twice},
		{"2026-10-25", "03:00", "2026-10-25T02:00:00Z", Once},
		{"2026-10-25", "16:00", "2026-10-25T15:00:00Z", Once},
		// In 1957 the clock changed on other days.
		{"1957-06-02", "01:30", "1957-06-02T00:00:00Z", Never},
	} {
		at, kind, err := Read(c.day, c.hour)
		if err != nil || at.UTC().Format(time.RFC3339) != c.want || kind != c.kind {
			t.Errorf("%s %s is %v kind %d (%v), want %s kind %d", c.day, c.hour, at.UTC(), kind, err, c.want, c.kind)
		}
		if kind != Never && (DayOf(at) != c.day || FormatHour(HourOf(at)) != c.hour) {
			t.Errorf("%s %s comes back as %s %s", c.day, c.hour, DayOf(at), FormatHour(HourOf(at)))
		}
	}
}

// TestEveryHourOfAYear walks through the instants and asks for the hour on the
// wall back: each is found, and the second of two equal ones gives the first.
func TestEveryHourOfAYear(t *testing.T) {
	seen := map[string]time.Time{}
	for at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC); at.Year() == 2026; at = at.Add(30 * time.Minute) {
		key := DayOf(at) + FormatHour(HourOf(at))
		first, twice := seen[key]
		if !twice {
			seen[key], first = at, at
		}
		got, kind, err := At(DayOf(at), HourOf(at))
		if err != nil || !got.Equal(first) || kind == Never || twice && kind != Twice {
			t.Fatalf("%s is %v kind %d (%v), want %v", key, got, kind, err, first)
		}
	}
}

func TestMidnight(t *testing.T) {
	for day, want := range map[string]string{"2026-10-25": "2026-10-24T22:00:00Z", "2026-10-31": "2026-10-30T23:00:00Z", "2026-07-01": "2026-06-30T22:00:00Z"} {
		at, err := Midnight(day)
		if err != nil || at.UTC().Format(time.RFC3339) != want {
			t.Errorf("%s begins at %v (%v)", day, at.UTC(), err)
		}
	}
	if _, err := Midnight("jutro"); !errors.Is(err, ErrDay) {
		t.Error(err)
	}
}

// TestRulesOfTheZone compares what we send along with the zone database, and
// thereby what programs without one will show.
func TestRulesOfTheZone(t *testing.T) {
	lastSunday := func(year int, m time.Month) time.Time {
		d := time.Date(year, m+1, 0, 1, 0, 0, 0, time.UTC)
		return d.AddDate(0, 0, -int(d.Weekday()))
	}
	offset := func(at time.Time) int {
		_, seconds := at.In(warsaw).Zone()
		return seconds / 3600
	}
	rules := unfolded(t, write(t, Calendar{}))
	for _, rule := range []string{
		"DAYLIGHT\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nTZNAME:CEST\r\nDTSTART:19960331T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\n",
		"STANDARD\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nTZNAME:CET\r\nDTSTART:19961027T030000\r\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\n",
	} {
		if !strings.Contains(rules, "\r\nBEGIN:"+rule) {
			t.Errorf("no rule %q in\n%s", rule, rules)
		}
	}
	if since := lastSunday(1996, time.March).Unix(); since != rulesSince {
		t.Errorf("the rules begin at %d", since)
	}
	for year := 1996; year <= 2040; year++ {
		spring, autumn := lastSunday(year, time.March), lastSunday(year, time.October)
		for at, want := range map[time.Time]int{spring.Add(-time.Second): 1, spring: 2, autumn.Add(-time.Second): 2, autumn: 1} {
			if got := offset(at); got != want {
				t.Errorf("at %v the zone is +%d, we say +%d", at, got, want)
			}
		}
	}
}
