package takeover

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"kladka/internal/platform/i18n"
)

var (
	yearFirst = regexp.MustCompile(`^(\d{4})[-./](\d{1,2})[-./](\d{1,2})$`)
	dayFirst  = regexp.MustCompile(`^(\d{1,2})[-./](\d{1,2})[-./](\d{4})$`)
	inWords   = regexp.MustCompile(`^(\d{1,2})\.? ([\p{L}]+)\.? (\d{4})$`)
	serial    = regexp.MustCompile(`^(\d{5})(?:[.,]\d{1,10})?$`)
	clock     = regexp.MustCompile(`[ T]\d{1,2}:\d{2}(?::\d{2})?(?:\.\d{1,6})?Z?$`)
)

// monthNamed knows a month by its name in a date, or as a Roman number; 0 for none.
func monthNamed(word string) time.Month {
	folded := i18n.Fold(word)
	for n, names := range monthNames {
		for _, name := range names {
			if folded == i18n.Fold(name) {
				return time.Month(n + 1)
			}
		}
	}
	return 0
}

var monthNames = [12][]string{
	{"stycznia", "styczeń", "I", "january", "січня"}, {"lutego", "luty", "II", "february", "лютого"}, {"marca", "marzec", "III", "march", "березня"},
	{"kwietnia", "kwiecień", "IV", "april", "квітня"}, {"maja", "maj", "V", "may", "травня"}, {"czerwca", "czerwiec", "VI", "june", "червня"},
	{"lipca", "lipiec", "VII", "july", "липня"}, {"sierpnia", "sierpień", "VIII", "august", "серпня"}, {"września", "wrzesień", "IX", "september", "вересня"},
	{"października", "październik", "X", "october", "жовтня"}, {"listopada", "listopad", "XI", "november", "листопада"},
	{"grudnia", "grudzień", "XII", "december", "грудня"},
}

// excelDayOne is the day 0 of spreadsheets, as it comes out for every day after
// their invented 29 February 1900.
var excelDayOne = time.Date(1899, time.December, 30, 0, 0, 0, 0, time.UTC)

// ParseDay reads a day as sheets hold it: 2024-03-05, 05.03.2024 (the day comes
// first, as everywhere in Poland), the serial number of a spreadsheet, or
// "5 marca 2024"; a time of day after it does not count. The day comes back as
// YYYY-MM-DD. A year of two digits, a day that is not in the calendar and years
// outside 1920–2100 are not read: better a question than a wrong date.
func ParseDay(text string) (day string, ok bool) {
	text = strings.TrimSpace(clock.ReplaceAllString(strings.TrimSpace(text), ""))
	text = strings.TrimSpace(strings.TrimSuffix(strings.TrimSuffix(text, "r."), "roku"))
	var year, month, of string
	switch {
	case yearFirst.MatchString(text):
		m := yearFirst.FindStringSubmatch(text)
		year, month, of = m[1], m[2], m[3]
	case dayFirst.MatchString(text):
		m := dayFirst.FindStringSubmatch(text)
		year, month, of = m[3], m[2], m[1]
	case inWords.MatchString(text):
		m := inWords.FindStringSubmatch(text)
		year, month, of = m[3], strconv.Itoa(int(monthNamed(m[2]))), m[1]
	case serial.MatchString(text):
		n, _ := strconv.Atoi(serial.FindStringSubmatch(text)[1])
		return within(excelDayOne.AddDate(0, 0, n))
	}
	y, _ := strconv.Atoi(year)
	mo, _ := strconv.Atoi(month)
	d, _ := strconv.Atoi(of)
	t := time.Date(y, time.Month(mo), d, 0, 0, 0, 0, time.UTC)
	if t.Day() != d || int(t.Month()) != mo {
		return "", false
	}
	return within(t)
}

func within(t time.Time) (string, bool) {
	if t.Year() < 1920 || t.Year() > 2100 {
		return "", false
	}
	return t.Format(time.DateOnly), true
}
