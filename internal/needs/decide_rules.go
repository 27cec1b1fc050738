package needs

import (
	"cmp"
	"slices"
	"unicode/utf8"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
)

// Bounds of a decision.
const (
	decideTitle = 200  // letters of a title
	decideWords = 1000 // letters for those who asked
	decideLeast = 10   // letters of a reason: "nie" is none
	decideSeats = 2000 // seats of one answer
	decideFirst = 30   // days
)

// decideKinds are the answers in the order in which they are offered.
func decideKinds() []Answer { return []Answer{Training, Network, Consultation, Workshop, Declined} }

// decideForms are the forms of a training that can be asked for; the names are
// those of the training module. A formal qualification is planned there.
func decideForms() []string {
	return []string{"workshop", "course", "seminar", "conference", "lecture", "webinar", "staff_training"}
}

// decideShare is what is proposed for one municipality, with the numbers that
// it rests on.
type decideShare struct {
	Town  string
	Heads int // declared there
	Seats int // proposed
	Extra bool
}

// decideQuotas shares seats among municipalities by where the need is: each gets
// the whole part of its share by declared people, and what is left goes one by
// one to those with the largest remainders; of equal ones, to the one with more
// people, then by number. Nobody gets more seats than people: what is over is
// for everybody.
func decideQuotas(seats int, heads map[string]int) []decideShare {
	var list []decideShare
	total := 0
	for town, n := range heads {
		if town != "" && n > 0 {
			list = append(list, decideShare{Town: town, Heads: n})
			total += n
		}
	}
	give := min(max(seats, 0), total)
	rest := make(map[string]int, len(list))
	left := give
	for n := range list {
		s := &list[n]
		s.Seats = give * s.Heads / total
		rest[s.Town] = give * s.Heads % total
		left -= s.Seats
	}
	slices.SortFunc(list, func(a, b decideShare) int {
		return cmp.Or(cmp.Compare(rest[b.Town], rest[a.Town]), cmp.Compare(b.Heads, a.Heads), cmp.Compare(a.Town, b.Town))
	})
	for n := range left {
		list[n].Seats++
		list[n].Extra = true
	}
	slices.SortFunc(list, func(a, b decideShare) int {
		return cmp.Or(cmp.Compare(b.Heads, a.Heads), cmp.Compare(a.Town, b.Town))
	})
	return list
}

// needStand is in which state a need is.
type needStand string

// The states.
const (
	needOpen     needStand = "open"     // nobody decided yet
	needPartly   needStand = "partly"   // answered for some
	needWhole    needStand = "whole"    // as many seats as people
	needDeclined needStand = "declined" // and nothing else was decided
	needSettled  needStand = "settled"  // an officer said that nothing is left to answer
)

// needLeft is what is left of a need.
type needLeft struct {
	Heads     int // declared
	Seats     int // that answers give, or will give
	Completed int // people who were there and completed
	Left      int // people for whom there is no seat
	Stand     needStand
}

// needLeftOf reckons it. A decision counts by the seats it was made for until
// the training has its own; what was dropped or canceled counts for nothing.
func needLeftOf(heads int, settled bool, decisions []Decision, trainings []Answered) needLeft {
	l := needLeft{Heads: heads}
	made := map[string]Answered{}
	for _, a := range trainings {
		made[a.ID] = a
	}
	answered, declined := false, false
	for _, d := range decisions {
		switch {
		case d.Kind == Declined:
			declined = true
			continue
		case d.State == orderDropped:
			continue
		}
		seats := d.Seats
		if a, there := made[d.Target]; d.Kind == Training && there {
			if needCanceled(a) {
				continue
			}
			seats = a.Seats
			l.Completed += a.Completed
		}
		answered = true
		l.Seats += seats
	}
	l.Left = max(0, heads-l.Seats)
	switch {
	case settled:
		l.Stand, l.Left = needSettled, 0
	case answered && l.Left == 0:
		l.Stand = needWhole
	case answered:
		l.Stand = needPartly
	case declined:
		l.Stand = needDeclined
	default:
		l.Stand = needOpen
	}
	return l
}

// needCanceled tells that a training came to nothing. State is the message key
// of the training module.
func needCanceled(a Answered) bool { return a.State == "training.state.canceled" }

// Verdict is what is decided about a need.
type Verdict struct {
	Kind   Answer
	Title  string
	Words  string               // to those who asked; of a refusal the reason
	Center access.InstitutionID // who carries it out, of all but a refusal
	Seats  int                  // how many people it answers
	// Of a training: the form, seats promised to municipalities by seat, and the
	// days in which those who asked enroll alone.
	Form      string
	Quotas    map[string]int
	FirstDays int
	// Institution is for whom a workshop is ordered.
	Institution access.InstitutionID
}

// check lists what is wrong with the words of the form. Centers may carry it
// out, towns are the municipalities of the campaign, institutions those that
// named the need.
func (v Verdict) check(centers []access.InstitutionID, towns []string, institutions []access.InstitutionID) error {
	var all []fault.Field
	bad := func(wrong bool, field, key string, args ...any) {
		if wrong {
			all = append(all, fault.Field{Name: field, Key: "needs.need.fault." + key, Args: args})
		}
	}
	length := utf8.RuneCountInString
	bad(!slices.Contains(decideKinds(), v.Kind), "rodzaj", "kind")
	bad(length(v.Words) > decideWords, "slowa", "words", "most", decideWords)
	if v.Kind == Declined {
		bad(length(v.Words) < decideLeast, "slowa", "reason", "least", decideLeast)
		return fault.InvalidFields(all)
	}
	bad(v.Title == "" || length(v.Title) > decideTitle, "tytul", "title", "most", decideTitle)
	bad(!slices.Contains(centers, v.Center), "osrodek", "center")
	bad(v.Seats < 1 || v.Seats > decideSeats, "miejsca", "seats", "most", decideSeats)
	bad(v.Kind == Workshop && !slices.Contains(institutions, v.Institution), "placowka", "institution")
	if v.Kind != Training {
		return fault.InvalidFields(all)
	}
	bad(!slices.Contains(decideForms(), v.Form), "forma", "form")
	bad(v.FirstDays < 0 || v.FirstDays > decideFirst, "pierwszenstwo", "first", "most", decideFirst)
	sum := 0
	for town, n := range v.Quotas {
		// Each is bounded alone: two that are enormous add up to little.
		bad(n < 0 || n > decideSeats || !slices.Contains(towns, town), "gmina_"+town, "quota")
		sum += min(max(n, 0), decideSeats)
	}
	bad(sum > v.Seats, "miejsca", "quotas", "sum", sum)
	slices.SortFunc(all, func(a, b fault.Field) int { return cmp.Compare(a.Name, b.Name) })
	return fault.InvalidFields(all)
}
