package training

import (
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// Times around the beginning of a training.
const (
	phoneBefore  = 6 * time.Hour // from then on nothing is offered by itself: people must be called
	answerBefore = 2 * time.Hour // an offered seat is answered at the latest so long before
)

// mayEnroll tells whether somebody may enroll in the training now. Staff who
// enroll somebody on the phone are not bound by the window, only by the
// beginning. Who enrolls by themselves must have had this very offer on the
// screen; others, if they say which they saw.
func mayEnroll(t Training, how How, seen, at int64) error {
	refuse := func(key string) error { return fault.New(fault.Conflict, "training.queue.fault."+key) }
	until := t.EnrollUntil
	if until == 0 {
		until = t.StartsAt
	}
	switch {
	case t.State == Draft:
		return fault.ErrNotFound
	case t.State != Published:
		return refuse("closed")
	case t.StartsAt > 0 && at >= t.StartsAt:
		return refuse("begun")
	case how == ByPhone:
	case at < t.EnrollFrom:
		return refuse("early")
	case until > 0 && at >= until:
		return refuse("late")
	}
	if own := how == BySelf || how == ByGuest; seen != t.Revision && (own || seen != 0) {
		return refuse("changed")
	}
	return nil
}

// home is where a participant comes from, frozen when enrolling.
type home struct {
	Kind      directory.Kind
	BySeat    string
	ByRunning string
}

// by is the municipality by which the training counts.
func (h home) by(t Training) string {
	if t.QuotaBy == ByRunning {
		return h.ByRunning
	}
	return h.BySeat
}

// fits tells whether a participant is among those for whom the training is.
func (e Eligible) fits(role access.Role, kind directory.Kind, municipality string) error {
	key := ""
	switch {
	case len(e.Roles) > 0 && !slices.Contains(e.Roles, role):
		key = "role"
	case len(e.Schools) > 0 && !slices.Contains(e.Schools, kind):
		key = "school"
	case len(e.Municipalities) > 0 && !slices.Contains(e.Municipalities, municipality):
		key = "municipality"
	default:
		return nil
	}
	return fault.New(fault.Conflict, "training.queue.fault.not_for_"+key)
}

// poolFor is the pool in which a participant stands: that of the municipality,
// where it was promised seats, or the one for everybody.
func poolFor(pools []string, municipality string) string {
	if municipality != "" && slices.Contains(pools, municipality) {
		return municipality
	}
	return ""
}

// entry is the state of somebody who came: with a seat or without.
func entry(t Training, how How, approved, seated bool) State {
	switch {
	case how == ByGuest || how == BySwap:
		return Pending
	case t.Admission:
		return Applied
	case !seated:
		return Waiting
	case t.Approval && !approved:
		return Applied
	}
	return Confirmed
}

// offerUntil is the last moment for the answer to a seat that comes free now, 0
// when nothing is offered by itself: the training begins too soon, or is not
// on offer.
func offerUntil(t Training, hours int, at int64) int64 {
	if t.State != Published && t.State != Postponed {
		return 0
	}
	until := at + int64(hours)*3600
	if t.StartsAt == 0 {
		return until
	}
	if t.StartsAt-at < int64(phoneBefore/time.Second) {
		return 0
	}
	return min(until, t.StartsAt-int64(answerBefore/time.Second))
}

// freeUntil is the moment before which one resigns without a fee: the
// training's own, or so many working days before the beginning. The zero time
// where no date is set, also while the training is postponed. Who agreed to
// other dates than those that stand now resigns freely until the beginning:
// nobody pays for a day that they did not choose.
func freeUntil(t Training, e Enrollment, days int) time.Time {
	switch {
	case t.State == Postponed || t.StartsAt == 0 && t.FreeUntil == 0:
		return time.Time{}
	case e.newDates(t):
		return time.Unix(t.StartsAt, 0)
	case t.FreeUntil > 0:
		return time.Unix(t.FreeUntil, 0)
	}
	return workdaysBefore(time.Unix(t.StartsAt, 0), days)
}

// newDates tells whether the training begins or ends at another time than the
// person agreed to. Where nothing was kept, as of people taken over from an
// older system, it did not.
func (e Enrollment) newDates(t Training) bool {
	was, ok := e.agreed()
	if !ok || t.StartsAt == 0 {
		return false
	}
	var from, to int64
	for n, m := range was.Meetings {
		if n == 0 || m.StartsAt < from {
			from = m.StartsAt
		}
		to = max(to, m.EndsAt)
	}
	return from != t.StartsAt || to != t.EndsAt
}

// ranOut tells whether the time to confirm or to answer is over. The moment
// named is itself too late.
func (e Enrollment) ranOut(at int64) bool {
	switch e.State {
	case Pending:
		return e.HoldUntil <= at
	case Offered, Qualified:
		return e.OfferUntil <= at
	}
	return false
}

// payers are whom a participant may name as the payer of a training; the first
// is the training's own.
func payers(t Training) []Payer {
	if t.Price == 0 {
		return []Payer{t.Payer}
	}
	all := []Payer{t.Payer}
	for _, p := range []Payer{Participant, School} {
		if p != t.Payer {
			all = append(all, p)
		}
	}
	return all
}

// check lists what is wrong with the words of the form.
func (a Applicant) check(t Training, how How, tracks []string) error {
	var faults []fault.Field
	bad := func(field string, wrong bool) {
		if wrong {
			faults = append(faults, fault.Field{Name: field, Key: "training.queue.fault.field." + field})
		}
	}
	length := utf8.RuneCountInString
	if a.Person == "" {
		bad(fieldName, length(a.Name) < 3 || length(a.Name) > 120 || oddWords(a.Name))
		needed := how == ByGuest || how == ByHead || how == BySwap || a.Email != ""
		bad(fieldEmail, needed && !oneAddress(a.Email))
	}
	bad(fieldTyped, a.Institution == "" && (length(a.TypedName) < 2 || length(a.TypedName) > 200) || oddWords(a.TypedName))
	bad("telefon", length(a.Phone) > 40 || oddWords(a.Phone))
	bad(fieldNeeds, length(a.Needs) > 1000)
	bad(fieldRole, a.Role != "" && !a.Role.Valid())
	bad(fieldTrack, a.Track != "" && !slices.Contains(tracks, a.Track))
	bad(fieldPayer, a.Payer != "" && how != ByPhone && !slices.Contains(payers(t), a.Payer))
	return fault.InvalidFields(faults)
}

// oddWords are words that could begin a line or an address of their own in a
// letter, or turn others round.
func oddWords(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool {
		return r < ' ' || r == 0x7f || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' || strings.ContainsRune("<>@", r)
	})
}

func oneAddress(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && a.Name == "" && len(s) <= 200 && !strings.ContainsAny(s, " \"<>\r\n")
}

// nameKey orders people by the last word of their names.
func nameKey(name string) string {
	words := strings.Fields(name)
	if len(words) < 2 {
		return i18n.SortKey(name)
	}
	last := len(words) - 1
	return i18n.SortKey(words[last] + " " + strings.Join(words[:last], " "))
}
