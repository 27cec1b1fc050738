package training

import (
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// The kinds of rows of training_first.
const (
	firstInstitution = "inst"
	firstPerson      = "person"
)

// mostFirstDays bounds how long the others wait.
const mostFirstDays = 30

// firstOf are those who enroll before all others: institutions that named the
// need which the training answers, and people who asked to be told of it.
type firstOf map[[2]string]bool

// has tells whether somebody is among them. The institution is one of which it
// is known that the person belongs to it, see provenPlace: what somebody types,
// chooses from a list or writes as an address proves nothing.
func (f firstOf) has(person access.PersonID, institution access.InstitutionID) bool {
	return person != "" && f[[2]string{firstPerson, string(person)}] ||
		institution != "" && f[[2]string{firstInstitution, string(institution)}]
}

// mayGo refuses everybody else while the time of those who asked runs. The
// first moment after it is everybody's. Who enrolls others is bound by it too:
// the center ends the time when it does not want it any more.
func (f firstOf) mayGo(t Training, person access.PersonID, institution access.InstitutionID, at int64) error {
	if at >= t.FirstUntil || f.has(person, institution) {
		return nil
	}
	return fault.New(fault.Conflict, "training.queue.fault.first", "until", firstDay(t.FirstUntil))
}

// firstCapped is until when those who asked enroll alone after the dates of a
// public training changed at the moment now: never longer than it was, and not
// beyond the middle of the time that is left to enroll. A closing brought
// forward would else leave no time at all for the others.
func firstCapped(t Training, now int64) int64 {
	if t.FirstUntil <= now {
		return t.FirstUntil
	}
	until, from := t.EnrollUntil, max(now, t.EnrollFrom)
	if until == 0 || t.StartsAt > 0 && t.StartsAt < until {
		until = t.StartsAt
	}
	if until == 0 {
		return t.FirstUntil // no date is known
	}
	return max(now, min(t.FirstUntil, from+(until-from)/2))
}

// firstForGuest is the refusal for a stranger: an account would say more.
func (t Training) firstForGuest() error {
	return fault.New(fault.Conflict, "training.queue.fault.first_guest", "until", firstDay(t.FirstUntil))
}

// firstDay is a moment in figures that all languages of the program read alike:
// a refusal does not know who will read it.
func firstDay(at int64) string {
	return time.Unix(at, 0).In(web.Warsaw).Format("2.01.2006, 15:04")
}

// firstEnds is until when those who asked enroll alone, when enrollment begins
// at the moment from: so many days, but never more than half of the time in
// which one can enroll, for the others shall have a chance. 0: they do not.
func firstEnds(t Training, from int64) int64 {
	if t.FirstDays <= 0 {
		return 0
	}
	from = max(from, t.EnrollFrom)
	until := t.EnrollUntil
	if until == 0 {
		until = t.StartsAt
	}
	ends := time.Unix(from, 0).In(web.Warsaw).AddDate(0, 0, t.FirstDays).Unix()
	if until > 0 {
		ends = min(ends, from+(until-from)/2)
	}
	if ends <= from {
		return 0
	}
	return ends
}
