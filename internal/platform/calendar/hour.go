package calendar

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"
	_ "time/tzdata" // machines without a zone database know Warsaw as well
)

const zoneName = "Europe/Warsaw"

// warsaw is the zone in which dates and hours are meant.
var warsaw = mustZone()

func mustZone() *time.Location {
	z, err := time.LoadLocation(zoneName)
	if err != nil {
		panic(err) // it is embedded
	}
	return z
}

// What a person can type wrong. Forms turn them into words beside the field.
var (
	ErrDay  = errors.New("no such day")
	ErrHour = errors.New("no such hour")
)

const minutesOfDay = 24 * 60

const lessonHour = 45 * time.Minute

// LessonHours is how many whole lesson hours a span holds. A lesson hour is 45
// minutes, the hour in which teachers' training is counted and certified;
// unlike a clock hour it holds no break, so breaks are not to be in the span.
// It is rounded down: a certificate may say less than somebody sat through, but
// never more, for hours are what promotion and money are counted by. Sum the
// spans first and round once: 45 minutes are lost of two meetings of 67 minutes
// when each is rounded by itself.
func LessonHours(d time.Duration) int {
	if d < 0 {
		return 0
	}
	return int(d / lessonHour)
}

var hourShape = regexp.MustCompile(`^([01]?\d|2[0-3])[:.]([0-5]\d)$`)

// ParseHour reads an hour of the day as people type it, "8:05", "08:05" or
// "8.05", into minutes since midnight as the clock shows them. Anything else is
// ErrHour, 24:00 too: the end of a day is the midnight of the next.
func ParseHour(s string) (minutes int, err error) {
	m := hourShape.FindStringSubmatch(s)
	if m == nil {
		return 0, fmt.Errorf("%w: %.20q", ErrHour, s)
	}
	h, _ := strconv.Atoi(m[1]) // digits, by the shape
	min, _ := strconv.Atoi(m[2])
	return h*60 + min, nil
}

// FormatHour is the opposite of ParseHour: "08:05".
func FormatHour(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }

// DayOf is the local date of an instant, YYYY-MM-DD.
func DayOf(t time.Time) string { return t.In(warsaw).Format(time.DateOnly) }

// HourOf is what the clock on the wall shows at an instant, in minutes.
func HourOf(t time.Time) int {
	l := t.In(warsaw)
	return l.Hour()*60 + l.Minute()
}

// Kind tells how often an hour comes in a day.
type Kind int

// An hour of an ordinary day comes once.
const (
	Once  Kind = iota
	Never      // the clock jumps over it in March
	Twice      // the clock comes back to it in October
)

// At is the instant of an hour (minutes since midnight, see ParseHour) of a
// local day (YYYY-MM-DD), and how often that hour comes in it:
//
//  1. An hour that does not exist is moved to the next one that does: half past
//     two of the night in March is three o'clock. Who comes at the hour on the
//     paper comes in time.
//  2. Of an hour that comes twice it is the first: who comes to the first can
//     wait for the second, not the other way round.
//
// A form that gets Never or Twice should ask whether that was meant. The day
// and the hour are refused with ErrDay and ErrHour.
func At(day string, minutes int) (time.Time, Kind, error) {
	d, err := parseDay(day)
	if err != nil {
		return time.Time{}, Once, err
	}
	if minutes < 0 || minutes >= minutesOfDay {
		return time.Time{}, Once, fmt.Errorf("%w: %d minutes", ErrHour, minutes)
	}
	t, kind := at(d, minutes)
	return t, kind, nil
}

// Read is At for two fields of a form.
func Read(day, hour string) (time.Time, Kind, error) {
	minutes, err := ParseHour(hour)
	if err != nil {
		return time.Time{}, Once, err
	}
	return At(day, minutes)
}

// Midnight is the first instant of a local day: deadlines that are dates end at
// the Midnight of the day after.
func Midnight(day string) (time.Time, error) {
	t, _, err := At(day, 0)
	return t, err
}

// parseDay reads a date into its midnight UTC, with which days are counted.
// Years before 1900 are slips of the pen.
func parseDay(day string) (time.Time, error) {
	d, err := time.Parse(time.DateOnly, day)
	if err != nil || d.Year() < 1900 || d.Year() > 9990 {
		return time.Time{}, fmt.Errorf("%w: %.20q", ErrDay, day)
	}
	return d, nil
}

// at finds the instants at which the wall shows the hour: the zone is asked
// what holds half a day before and after, since one of the two holds then.
func at(day time.Time, minutes int) (time.Time, Kind) {
	wall := day.Add(time.Duration(minutes) * time.Minute)
	before, after := instant(wall, -12*time.Hour), instant(wall, 12*time.Hour)
	fits := func(t time.Time) bool { return wallOf(t).Equal(wall) }
	switch {
	case before.Equal(after):
		return before, Once
	case fits(before) && fits(after):
		return earlier(before, after), Twice
	case fits(before):
		return before, Once
	case fits(after):
		return after, Once
	}
	next, _ := at(day, minutes+1) // at most until the jump is over
	return next, Never
}

// instant takes the wall for an instant by the offset that holds some way off.
func instant(wall time.Time, off time.Duration) time.Time {
	_, seconds := wall.Add(off).In(warsaw).Zone()
	return wall.Add(-time.Duration(seconds) * time.Second).In(warsaw)
}

// wallOf is what the wall shows, written as if it were UTC.
func wallOf(t time.Time) time.Time {
	l := t.In(warsaw)
	return time.Date(l.Year(), l.Month(), l.Day(), l.Hour(), l.Minute(), l.Second(), 0, time.UTC)
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
