package evaluation

import (
	"time"

	"kladka/internal/directory"
	"kladka/internal/platform/web"
)

// Here stand the rules of when people are asked, without a database.

// Times are the settings of the rules.
type Times struct {
	OpenDays, LaterWeeks, WaitDays int
	LowPercent                     int
}

// morning is the hour at which a round opens, by the clock in Kraków: whoever
// reads the letter at work can answer then.
const morning = 8

// mostWeeks bounds the setting: later than that few people remember.
const mostWeeks = 8

// giveUp is how many days after its day a round that cannot open is given up:
// an answer about last year's training is worth nothing.
const giveUp = 30

// weekday stands for the calendar of working days where there is none.
func weekday(t time.Time) bool {
	d := t.In(web.Warsaw).Weekday()
	return d != time.Saturday && d != time.Sunday
}

// openingOf is the morning on which a round about something that ended then is
// due: of After the first working day after the end, of Later the first one so
// many weeks after it.
func (t Times) openingOf(stage Stage, endedAt int64, workday func(time.Time) bool) time.Time {
	end := time.Unix(endedAt, 0).In(web.Warsaw)
	days := 1
	if stage == Later {
		days = 7 * min(t.LaterWeeks, mostWeeks)
	}
	return nextMorning(end, days, workday)
}

// nextMorning is the morning of the first working day at least so many days
// after a day.
func nextMorning(from time.Time, days int, workday func(time.Time) bool) time.Time {
	for ; ; days++ {
		// Noon is on that day in every year; the morning of a day when the clocks
		// change is a whole morning too.
		day := time.Date(from.Year(), from.Month(), from.Day()+days, 12, 0, 0, 0, web.Warsaw)
		if workday(day) {
			return time.Date(day.Year(), day.Month(), day.Day(), morning, 0, 0, 0, web.Warsaw)
		}
	}
}

// closingOf is the moment from which no answer is taken: the midnight after the
// last of so many days.
func (t Times) closingOf(opens time.Time) time.Time {
	d := opens.In(web.Warsaw)
	return time.Date(d.Year(), d.Month(), d.Day()+t.OpenDays, 0, 0, 0, 0, web.Warsaw)
}

// Step is what to do with a round that is due.
type Step int

// The steps.
const (
	Wait  Step = iota // look again the next working morning
	Ask               // open it now
	Leave             // nobody will be asked
)

// Reasons why nobody was asked; message keys of the package.
const (
	whyOff    = "evaluation.why.off"
	whyNobody = "evaluation.why.nobody"
	whyLate   = "evaluation.why.late"
)

// next says what to do with a planned round at a moment. People is how many
// could be asked. The round waits for the lists of attendance, but not for ever:
// whoever is marked by then is asked.
func (t Times) next(stage Stage, s Subject, people int, due, now time.Time) (step Step, why string) {
	days := func(n int) time.Time { return due.In(web.Warsaw).AddDate(0, 0, n) }
	switch {
	case s.Off:
		return Leave, whyOff
	case !now.Before(days(giveUp)):
		return Leave, whyLate
	case people > 0 && (s.Ready || !now.Before(days(t.WaitDays))):
		return Ask, ""
	case people == 0 && s.Ready && (stage == Later || !now.Before(days(t.WaitDays))):
		return Leave, whyNobody
	}
	return Wait, ""
}

// schoolYearStart is the first of September of the school year of a moment.
func schoolYearStart(t time.Time) time.Time {
	return time.Date(directory.SchoolYear(t), time.September, 1, 0, 0, 0, 0, web.Warsaw)
}
