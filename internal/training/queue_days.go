package training

import (
	"time"

	"kladka/internal/platform/web"
)

// easter is Easter Sunday of a year, by the rule of Gauss as Meeus writes it for
// the Gregorian calendar.
func easter(year int) time.Time {
	a, b, c := year%19, year/100, year%100
	d, e := b/4, b%4
	g := (8*b + 13) / 25
	h := (19*a + b - d - g + 15) % 30
	i, k := c/4, c%4
	l := (32 + 2*e + 2*i - h - k) % 7
	m := (a + 11*h + 22*l) / 451
	month, day := (h+l-7*m+114)/31, (h+l-7*m+114)%31+1
	return time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
}

// holiday tells whether a day is a public holiday in Poland by the act of 18
// January 1951 on days free from work, as we know it. The text of the act was
// not at hand when this was written: the list, and that 24 December is on it
// since 2025, are to be checked against it. Sundays are no holidays here; they
// are no working days anyway.
func holiday(year int, month time.Month, day int) bool {
	switch [2]int{int(month), day} {
	case [2]int{1, 1}, [2]int{1, 6}, [2]int{5, 1}, [2]int{5, 3}, [2]int{8, 15}, [2]int{11, 1}, [2]int{11, 11}, [2]int{12, 25}, [2]int{12, 26}:
		return true
	case [2]int{12, 24}:
		return year >= 2025
	}
	that := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	switch int(that.Sub(easter(year)).Hours() / 24) {
	case 0, 1, 49, 60: // Easter, its Monday, Pentecost, Corpus Christi
		return !that.Before(easter(year))
	}
	return false
}

// Workday tells whether people work on the day of the moment in Kraków: Monday
// to Friday, but for public holidays.
func Workday(t time.Time) bool {
	t = t.In(web.Warsaw)
	return t.Weekday() != time.Saturday && t.Weekday() != time.Sunday && !holiday(t.Year(), t.Month(), t.Day())
}

// workdaysBefore is the moment n working days before another, at the same hour
// by the clock in Kraków. The day of the other moment does not count.
func workdaysBefore(t time.Time, n int) time.Time {
	t = t.In(web.Warsaw)
	for back := 0; n > 0; {
		back++
		day := t.AddDate(0, 0, -back)
		if Workday(day) {
			n--
		}
		if n == 0 {
			return day
		}
	}
	return t
}
