package budget

import (
	"time"

	"kladka/internal/platform/fault"
)

// Stage is one line of the calendar as a page draws it.
type Stage struct {
	Phase Phase
	From  time.Time // zero when it follows the stage before
	To    time.Time // the moment at which it is over, zero when that is not said
}

// Phase is what the edition does at a moment. Until the freeze it goes by the
// calendar; afterwards by what really happened: a vote that was not opened is not
// on, whatever the calendar says, and one whose hours are over is closed even
// before the clock has noted it.
func (e Edition) Phase(now time.Time) Phase {
	switch e.State {
	case Draft, Canceled:
		return PhaseUpcoming
	case Published:
		return e.Rules.Calendar.before(now)
	case Frozen:
		return PhaseReady
	case Voting:
		if !e.Rules.Calendar.Open(now) {
			return PhaseCounting
		}
		return PhaseVoting
	case Closed:
		return PhaseCounting
	case Counted:
		return PhaseResults
	}
	return PhaseDelivery
}

// before is the phase of an edition that is not frozen. A day that the calendar
// leaves out lets its phase fall together with the next one.
func (c Calendar) before(now time.Time) Phase {
	past := func(day string) bool { return day != "" && !now.Before(dayStop(day)) }
	switch {
	case now.Before(dayStart(c.FilingFrom)):
		return PhaseUpcoming
	case !past(c.FilingTo):
		return PhaseFiling
	case !past(c.CheckTo):
		return PhaseChecking
	case c.ProtestTo != "" && !past(c.ProtestTo):
		return PhaseProtests
	}
	return PhaseDrawing
}

// Open tells whether votes are taken at a moment: from the first instant on and
// before the last.
func (c Calendar) Open(at time.Time) bool {
	return at.Unix() >= c.VoteFrom && at.Unix() < c.VoteTo
}

// Stages are the lines of the calendar in their order, those without a day left out.
func (c Calendar) Stages() (list []Stage) {
	add := func(p Phase, from, to time.Time) {
		if !to.IsZero() {
			list = append(list, Stage{p, from, to})
		}
	}
	add(PhaseFiling, dayStart(c.FilingFrom), dayStop(c.FilingTo))
	add(PhaseChecking, dayStop(c.FilingTo), dayStop(c.CheckTo))
	add(PhaseProtests, dayStop(c.CheckTo), dayStop(c.ProtestTo))
	add(PhaseDrawing, dayStart(c.DrawOn), dayStop(c.DrawOn))
	if c.VoteFrom > 0 && c.VoteTo > 0 {
		add(PhaseVoting, time.Unix(c.VoteFrom, 0), time.Unix(c.VoteTo, 0))
		add(PhaseResults, time.Unix(c.VoteTo, 0), dayStop(c.ResultsBy))
	}
	add(PhaseDelivery, dayStop(c.ResultsBy), dayStop(c.DeliveryBy))
	return list
}

// check tells what is wrong with a calendar: a day that there is none of, an
// order in which nobody could live, a vote without hours. The names are those of
// the fields of its form.
func (c Calendar) check() (faults []fault.Field) {
	last, wrong := time.Time{}, false
	for _, d := range []struct {
		name, day string
		needed    bool
	}{{"zglaszanie_od", c.FilingFrom, true}, {"zglaszanie_do", c.FilingTo, true}, {"ocena_do", c.CheckTo, true},
		{"protest_do", c.ProtestTo, false}, {"wycofanie_do", c.WithdrawTo, false}, {"losowanie", c.DrawOn, true}} {
		at := dayStart(d.day)
		switch {
		case d.day == "" && !d.needed:
			continue
		case at.IsZero():
			faults = append(faults, fault.Field{Name: d.name, Key: "budget.lack.day"})
			wrong = true
			continue
		case at.Before(last):
			faults = append(faults, fault.Field{Name: d.name, Key: "budget.lack.order"})
		}
		if d.name != "wycofanie_do" { // it runs beside the other stages
			last = at
		}
	}
	if wrong {
		return faults
	}
	switch {
	case c.VoteFrom == 0 || c.VoteTo == 0:
		faults = append(faults, fault.Field{Name: "glosowanie_od", Key: "budget.lack.hours"})
	case c.VoteFrom < last.Unix():
		faults = append(faults, fault.Field{Name: "glosowanie_od", Key: "budget.lack.order"})
	case c.VoteTo <= c.VoteFrom:
		faults = append(faults, fault.Field{Name: "glosowanie_do", Key: "budget.lack.hours_order"})
	}
	return append(faults, c.checkAfter()...)
}

// movedBack finds the days of a promised calendar that were moved from where they
// were into the past: nobody could have kept a term that is over when it is set.
func (c Calendar) movedBack(was Calendar, now time.Time) (faults []fault.Field) {
	for _, d := range c.changes(was) {
		if !now.Before(d.ends) {
			faults = append(faults, fault.Field{Name: d.name, Key: "budget.lack.past"})
		}
	}
	return faults
}

// dayChange is one line of a calendar that reads otherwise than before.
type dayChange struct {
	name    string // of the field of the form
	was, is string // days, "" for none; of the vote instants as fields take them
	ends    time.Time
}

// changes are the lines in which a calendar differs from the one before, in the order
// of the form. A day that was taken out ends never.
func (c Calendar) changes(was Calendar) (list []dayChange) {
	never := time.Unix(1<<40, 0)
	before := was.days()
	hour := func(name string, was, is int64) {
		if was != is {
			list = append(list, dayChange{name, hourTyped(was), hourTyped(is), time.Unix(is, 0)})
		}
	}
	for n, d := range c.days() {
		if d.name == "wyniki_do" {
			hour("glosowanie_od", was.VoteFrom, c.VoteFrom)
			hour("glosowanie_do", was.VoteTo, c.VoteTo)
		}
		if *d.day == *before[n].day {
			continue
		}
		one := dayChange{d.name, *before[n].day, *d.day, never}
		if stop := dayStop(*d.day); !stop.IsZero() {
			one.ends = stop
		}
		list = append(list, one)
	}
	return list
}

// checkAfter looks at the days that follow the vote.
func (c Calendar) checkAfter() (faults []fault.Field) {
	last := time.Unix(c.VoteTo, 0).AddDate(0, 0, -1) // results may be due on the day on which the vote ends
	for _, d := range []struct {
		name, day string
		needed    bool
	}{{"wyniki_do", c.ResultsBy, true}, {"sprzeciw_do", c.ObjectTo, true}, {"realizacja_do", c.DeliveryBy, false}} {
		at := dayStart(d.day)
		switch {
		case d.day == "" && !d.needed:
		case at.IsZero():
			faults = append(faults, fault.Field{Name: d.name, Key: "budget.lack.day"})
		case at.Before(last):
			faults = append(faults, fault.Field{Name: d.name, Key: "budget.lack.order"})
		default:
			last = at
		}
	}
	return faults
}
