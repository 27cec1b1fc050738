package takeover

import (
	"slices"
	"strings"

	"kladka/internal/platform/i18n"
)

// Reason is why two participants may be one person. It is also the last part of
// the message key that says it.
type Reason string

// The reasons, the strongest first.
const (
	NameAndBirth  Reason = "name_birth"     // one name, one birth date
	NameAndPlace  Reason = "name_place"     // one name, one institution, another address
	SameName      Reason = "name"           // one name, another address
	NewSurname    Reason = "surname_mail"   // another surname, the same first name and address
	SurnameBirth  Reason = "surname_birth"  // another surname, the same first name and birth date
	DoubleSurname Reason = "surname_double" // a part was added to the surname or left out, the same institution
)

// Known is what is known of a participant, as far as it tells people apart.
type Known struct {
	Account     string // "" for somebody without one
	Name        string
	EmailKey    string // "" for none
	Institution string // of the directory, or as typed; "" for none
	Birth       string // YYYY-MM-DD, "" where nobody asked
}

// Alike tells whether two participants may be one person, and why. It never
// decides: a clerk does. Two birth dates, or two accounts, are two people, and an
// address that people of different first names use is a mailbox of a school.
func Alike(a, b Known) (Reason, bool) {
	if a.Birth != "" && b.Birth != "" && a.Birth != b.Birth || a.Account != "" && b.Account != "" {
		return "", false
	}
	born := a.Birth != "" && a.Birth == b.Birth
	mail := a.EmailKey != "" && a.EmailKey == b.EmailKey
	place := a.Institution != "" && a.Institution == b.Institution
	switch {
	case called(a.Name) == "" || called(b.Name) == "":
		return "", false
	case called(a.Name) == called(b.Name) && mail:
		return "", false // one already: an account gathers what stands under its address
	case called(a.Name) == called(b.Name) && born:
		return NameAndBirth, true
	case called(a.Name) == called(b.Name) && place:
		return NameAndPlace, true
	case called(a.Name) == called(b.Name):
		return SameName, true
	case givenName(a.Name) != givenName(b.Name):
		return "", false
	case mail:
		return NewSurname, true
	case born:
		return SurnameBirth, true
	case place && extends(a.Name, b.Name):
		return DoubleSurname, true
	}
	return "", false
}

// called is a name whose words may come in any order: lists write the surname
// first as often as last.
func called(name string) string {
	words := strings.Fields(i18n.Fold(name))
	slices.Sort(words)
	return strings.Join(words, " ")
}

// givenName is the first word of a name.
func givenName(name string) string {
	first, _, _ := strings.Cut(i18n.Fold(name), " ")
	return first
}

// extends tells whether one name has all words of the other and more: Nowak, and
// Nowak-Kowalska.
func extends(a, b string) bool {
	x, y := strings.Fields(i18n.Fold(a)), strings.Fields(i18n.Fold(b))
	if len(x) > len(y) {
		x, y = y, x
	}
	return len(x) >= 2 && len(x) < len(y) && !slices.ContainsFunc(x, func(word string) bool { return !slices.Contains(y, word) })
}
