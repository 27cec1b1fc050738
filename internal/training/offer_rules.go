package training

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"kladka/internal/platform/calendar"
	"kladka/internal/platform/fault"
)

// How long words may be, in letters.
const (
	longestTitle   = 200
	longestSummary = 400
	longestBody    = 20000
	longestLine    = 300
	longestWhy     = 1000
)

// Bounds of numbers that nobody means: a slip of the finger is caught by them.
const (
	mostSeats  = 100_000
	mostHours  = 24        // lesson hours of one meeting
	mostPrice  = 5_000_000 // grosze
	longestDay = 24 * time.Hour
)

// dated tells whether a form can be offered only with a date. The date of a
// training that a head orders is agreed with the school.
func (f Form) dated() bool { return f != StaffTraining }

// offerLacks is what is missing or does not fit before a training can be published,
// by the fields of its forms.
func offerLacks(t Training, meetings []Meeting, now time.Time) (all []fault.Field) {
	need := func(ok bool, field, key string, args ...any) {
		if !ok {
			all = append(all, fault.Field{Name: field, Key: "training.offer.lack." + key, Args: args})
		}
	}
	need(strings.TrimSpace(t.Title) != "", "tytul", "title")
	need(slices.Contains(Forms(), t.Form), "forma", "form")
	need(t.Center != "", "osrodek", "center")
	need(strings.TrimSpace(t.Summary) != "", "skrot", "summary")
	need(len(meetings) > 0 || !t.Form.dated(), "spotkania", "meetings")
	need(t.Mode == Online || t.Place != "", "miejsce", "place")
	need(t.Capacity > 0, "miejsca", "capacity")
	need(t.Form != StaffTraining || t.ForInstitution != "", "zamawia", "for")
	if len(meetings) > 0 {
		all = append(all, lateDates(t, now)...)
	}
	all = append(all, offerWindow(t)...)
	all = append(all, offerMinimum(t)...)
	return append(all, offerMoney(t)...)
}

// lateDates are dates that are over already.
func lateDates(t Training, now time.Time) (all []fault.Field) {
	if t.StartsAt <= now.Unix() {
		all = append(all, fault.Field{Name: "spotkania", Key: "training.offer.lack.past"})
	}
	if t.EnrollUntil > 0 && t.EnrollUntil <= now.Unix() {
		all = append(all, fault.Field{Name: "zapisy_do", Key: "training.offer.lack.until_past"})
	}
	return all
}

// offerWindow checks when enrollment is open: before the training begins, and for
// some time.
func offerWindow(t Training) (all []fault.Field) {
	if t.EnrollUntil > 0 && t.EnrollFrom >= t.EnrollUntil {
		all = append(all, fault.Field{Name: "zapisy_do", Key: "training.offer.lack.window"})
	}
	if t.StartsAt > 0 && (t.EnrollUntil > t.StartsAt || t.EnrollFrom >= t.StartsAt) {
		all = append(all, fault.Field{Name: "zapisy_do", Key: "training.offer.lack.until"})
	}
	if t.StartsAt > 0 && t.FreeUntil > t.StartsAt {
		all = append(all, fault.Field{Name: "rezygnacja_do", Key: "training.offer.lack.free"})
	}
	return all
}

// offerMinimum checks the least number of people and when it is looked at.
func offerMinimum(t Training) (all []fault.Field) {
	if t.MinPeople == 0 {
		return nil
	}
	if t.MinPeople > t.Capacity {
		all = append(all, fault.Field{Name: "minimum", Key: "training.offer.lack.minimum"})
	}
	if t.DecideAt == 0 && t.StartsAt > 0 {
		all = append(all, fault.Field{Name: "decyzja", Key: "training.offer.lack.decide"})
	}
	if t.StartsAt > 0 && t.DecideAt >= t.StartsAt {
		all = append(all, fault.Field{Name: "decyzja", Key: "training.offer.lack.decide_late"})
	}
	return all
}

// offerMoney checks price and paper. A certificate and a diploma are never merged:
// only a qualification course ends with a diploma, and it ends with nothing
// else. Such a course stands on the consent of the superintendent, a framework
// program and its legal basis (domain brief, section 3).
func offerMoney(t Training) (all []fault.Field) {
	add := func(bad bool, field, key string) {
		if bad {
			all = append(all, fault.Field{Name: field, Key: "training.offer.lack." + key})
		}
	}
	add(t.Price > 0 && t.Payer == Nobody, "platnik", "payer")
	qualifies := t.Form == QualificationCourse
	add(qualifies != (t.Paper == Diploma), "dokument", map[bool]string{true: "diploma", false: "no_diploma"}[qualifies])
	add(qualifies && t.ConsentNo == "", "zgoda", "consent")
	add(qualifies && t.Framework == "", "ramowy", "framework")
	add(qualifies && t.LegalBasis == "", "podstawa", "basis")
	return all
}

// offerFrozen are the fields that no longer change once a training is published:
// people, papers and the queue rest on them.
func offerFrozen(was, is Training) (all []fault.Field) {
	if was.State == Draft {
		return nil
	}
	for _, x := range []struct {
		changed bool
		field   string
	}{
		{was.Form != is.Form, "forma"}, {was.Center != is.Center, "osrodek"}, {was.Paper != is.Paper, "dokument"},
		{was.Admission != is.Admission, "kwalifikacja"}, {was.Approval != is.Approval, "zgoda_dyrekcji"}, {was.QuotaBy != is.QuotaBy, "limity_wg"},
		{was.ForInstitution != is.ForInstitution, "zamawia"},
	} {
		if x.changed {
			all = append(all, fault.Field{Name: x.field, Key: "training.offer.lack.frozen"})
		}
	}
	return all
}

// badMeeting checks one meeting; field is the beginning of its fields' names.
func badMeeting(m Meeting, field string) (all []fault.Field) {
	add := func(bad bool, name, key string) {
		if bad {
			all = append(all, fault.Field{Name: field + name, Key: "training.offer.lack." + key})
		}
	}
	add(m.EndsAt <= m.StartsAt, "do", "ends")
	add(m.EndsAt-m.StartsAt > int64(longestDay/time.Second), "do", "too_long")
	add(m.Hours < 1 || m.Hours > mostHours, "godziny", "hours")
	add(offerTooLong(m.Title, longestLine), "tytul", "long")
	add(offerTooLong(m.Track, 100), "sesja", "long")
	add(offerTooLong(m.Room, 100), "sala", "long")
	add(offerTooLong(m.Place, longestLine), "gdzie", "long")
	return all
}

func offerTooLong(words string, most int) bool { return utf8.RuneCountInString(words) > most }

// lessonHours are what the times of a meeting propose: at least one.
func lessonHours(startsAt, endsAt int64) int {
	return max(1, calendar.LessonHours(time.Duration(endsAt-startsAt)*time.Second))
}

// decideNear is how long before the decision is due the officer is reminded.
const decideNear = 48 * time.Hour

// Decision is where the question stands whether a training is held with the
// people that it has.
type Decision struct {
	People  int // in
	Min     int
	Waiting int
	Seats   int
	At      int64 // when it is due
	Below   bool  // fewer than the minimum
	Due     bool  // it is time to decide
	Late    bool  // the day has passed
	Decided string
}

// decisionOf reckons it. Nothing is due for a training without a minimum, with
// enough people, decided already, or begun.
func decisionOf(t Training, c Crowd, now time.Time) Decision {
	d := Decision{People: c.In, Min: t.MinPeople, Waiting: c.Waiting, Seats: c.Seats, At: t.DecideAt, Decided: t.Decided}
	d.Below = t.MinPeople > 0 && c.In < t.MinPeople
	open := t.State == Published && t.Decided == "" && t.StartsAt > now.Unix()
	d.Due = open && d.Below && t.DecideAt > 0 && t.DecideAt <= now.Add(decideNear).Unix()
	d.Late = d.Due && t.DecideAt <= now.Unix()
	return d
}

// meetingsOverlap tells whether two spans of time have a moment in common.
func meetingsOverlap(a, b Meeting) bool { return a.StartsAt < b.EndsAt && b.StartsAt < a.EndsAt }
