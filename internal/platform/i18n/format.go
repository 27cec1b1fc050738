package i18n

import (
	"strconv"
	"strings"
	"time"
)

// nbsp keeps a number on one line.
const nbsp = "\u00a0"

// Number writes a whole number with the groups of the language. Polish leaves
// four digits together (1649 but 15 000), as CLDR's minimum grouping says.
func (l *L) Number(n int) string {
	digits := strconv.Itoa(n)
	sign := ""
	if n < 0 {
		sign, digits = "−", digits[1:]
	}
	separator, least := nbsp, 4
	switch l.Lang {
	case EN:
		separator = ","
	case PL:
		least = 5
	}
	if len(digits) < least {
		return sign + digits
	}
	var b strings.Builder
	b.WriteString(sign)
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(separator)
		}
		b.WriteRune(d)
	}
	return b.String()
}

// months are in the case that follows a day: 22 listopada, 22 листопада.
var months = map[Lang][12]string{
	PL: {"stycznia", "lutego", "marca", "kwietnia", "maja", "czerwca", "lipca", "sierpnia", "września", "października", "listopada", "grudnia"},
	EN: {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
	UK: {"січня", "лютого", "березня", "квітня", "травня", "червня", "липня", "серпня", "вересня", "жовтня", "листопада", "грудня"},
}

// monthsAlone are in the case that stands alone: listopad 2026.
var monthsAlone = map[Lang][12]string{
	PL: {"styczeń", "luty", "marzec", "kwiecień", "maj", "czerwiec", "lipiec", "sierpień", "wrzesień", "październik", "listopad", "grudzień"},
	EN: months[EN],
	UK: {"січень", "лютий", "березень", "квітень", "травень", "червень", "липень", "серпень", "вересень", "жовтень", "листопад", "грудень"},
}

var weekdays = map[Lang][7]string{
	PL: {"niedziela", "poniedziałek", "wtorek", "środa", "czwartek", "piątek", "sobota"},
	EN: {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
	UK: {"неділя", "понеділок", "вівторок", "середа", "четвер", "пʼятниця", "субота"},
}

// Date writes a day: 22 listopada 2026, 22 November 2026, 22 листопада 2026.
// The time must already be in the zone in which the day is meant.
func (l *L) Date(t time.Time) string {
	return strconv.Itoa(t.Day()) + nbsp + months[l.Lang][t.Month()-1] + " " + strconv.Itoa(t.Year())
}

// Day writes a day with its weekday: niedziela, 22 listopada 2026.
func (l *L) Day(t time.Time) string {
	return weekdays[l.Lang][t.Weekday()] + ", " + l.Date(t)
}

// DateTime writes a moment: 22 listopada 2026, 14:05.
func (l *L) DateTime(t time.Time) string {
	return l.Date(t) + ", " + t.Format("15:04")
}

// Month writes a month that stands alone: listopad 2026.
func (l *L) Month(t time.Time) string {
	return monthsAlone[l.Lang][t.Month()-1] + " " + strconv.Itoa(t.Year())
}

// DateText writes a date kept as YYYY-MM-DD, or the text itself when it is none.
func (l *L) DateText(s string) string {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return s
	}
	return l.Date(t)
}
