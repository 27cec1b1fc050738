// Package card holds the rules of printed cards: how somebody who has neither
// mail nor a telephone of their own signs in.
//
// A card carries a public Number, which finds the row, and a Secret, which
// proves that the card is in the hand of who types it. The number may stand in
// an address and in a QR code; the secret is only ever typed. At the first
// sign-in the pupil chooses a PIN, of pictures or of a word, and the card can
// go into a drawer.
//
// Number and secret both carry a check, so that a slip of the finger is told
// from a guess: what does not parse never reaches the stored hash, costs no
// hashing, and must not be counted against anybody. This gives nothing away,
// because the check is arithmetic that everybody may do.
//
// Everything here is pure. Where secrets are stored, and as what, is the
// matter of package access.
package card

import (
	"crypto/rand"
	"embed"
	"math/big"
	"strings"
	"unicode"

	"kladka/internal/platform/fault"
)

// Messages are the texts of this package: what is wrong with what was typed,
// and the names of the pictures.
//
//go:embed messages
var Messages embed.FS

// Alphabet is the 31 letters of a secret: digits and Latin capitals without 0,
// 1, I, L and O, which people take for each other. That there are 31 of them,
// a prime, is what lets one letter of check find every slip (see checkLetter).
const Alphabet = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"

const (
	// Random is how many letters of a secret are drawn: 31^10 possibilities,
	// a little over 2^49.5. Enough only together with the limits on guessing
	// and with the key that is kept outside the database.
	Random = 10
	// Length is the number of letters on the card, the check included.
	Length = Random + 1
)

// Secret is what the card proves. It prints itself as nothing, so that it gets
// into no log by mistake; ask for Letters or Groups where it is really meant.
// The zero value is no secret.
type Secret struct{ letters string }

// New draws a secret.
func New() Secret {
	for {
		letters := Draw(Random)
		letters += string(checkLetter(letters))
		if !rude(letters) {
			return Secret{letters}
		}
	}
}

// below draws a number from 0 to n-1, each as likely as another.
func below(n int) int {
	drawn, err := rand.Int(rand.Reader, big.NewInt(int64(n)))
	if err != nil {
		panic(err) // the system's source of randomness never fails, see crypto/rand
	}
	return int(drawn.Int64())
}

// rude tells whether the letters would make a class laugh at the wrong person.
// It costs one secret in some thousands, so nothing of the entropy.
func rude(letters string) bool {
	for _, word := range []string{"HUJ", "KURW", "DUPA", "CWEL", "JEB", "PEDA", "SEX", "FUCK", "CUNT"} {
		if strings.Contains(letters, word) {
			return true
		}
	}
	return false
}

// checkLetter makes the weighted sum of all eleven letters a multiple of 31,
// with the weights 11, 10 … 2 and 1 for the check itself, as in the old ISBN.
// A wrong letter changes the sum by weight times difference, two letters that
// changed places by difference of weights times difference of letters; since
// 31 is prime and larger than every factor, neither product can be a multiple.
// So every single wrong letter is found, and every two that changed places,
// neighbors or not. Anything else slips through once in 31 times.
func checkLetter(random string) byte {
	sum := weighted(random)
	return Alphabet[(len(Alphabet)-sum)%len(Alphabet)]
}

func weighted(letters string) int {
	sum := 0
	for i := range len(letters) {
		sum += (Length - i) * strings.IndexByte(Alphabet, letters[i])
	}
	return sum % len(Alphabet)
}

// Parse reads a secret as people type it: in small letters, with blanks and
// hyphens anywhere, and with Cyrillic letters that look like the Latin ones of
// the card. 0, O, 1, I and L are not mended: none of them is on any card, and
// each could stand for several letters that are.
//
// The error is a fault of kind Invalid that says which slip it was: too short
// or too long, a letter that no card has (with its place), or a check that
// fails. Every one is a slip and no guess: do not count it.
func Parse(typed string) (Secret, error) {
	letters, err := Letters(typed, Length)
	if err != nil {
		return Secret{}, err
	}
	if len(letters) < Length {
		return Secret{}, fault.New(fault.Invalid, "card.fault.short", "n", len(letters), "of", Length)
	}
	if weighted(letters) != 0 {
		return Secret{}, fault.New(fault.Invalid, "card.fault.check")
	}
	return Secret{letters}, nil
}

// Letters reads at most limit letters of the alphabet with the forgiveness of
// Parse. The errors are its errors, too; fewer letters are none.
func Letters(typed string, limit int) (string, error) {
	var b strings.Builder
	for _, r := range typed {
		if separator(r) {
			continue
		}
		letter := latin(unicode.ToUpper(r))
		if letter > unicode.MaxASCII || !strings.ContainsRune(Alphabet, letter) {
			return "", fault.New(fault.Invalid, "card.fault.letter", "letter", shown(r), "n", b.Len()+1)
		}
		if b.Len() == limit {
			return "", fault.New(fault.Invalid, "card.fault.long", "n", limit)
		}
		b.WriteRune(letter)
	}
	return b.String(), nil
}

// Draw draws n letters of the alphabet, each as likely as another.
func Draw(n int) string {
	var b strings.Builder
	for range n {
		b.WriteByte(Alphabet[below(len(Alphabet))])
	}
	return b.String()
}

// separator tells what people put between groups.
func separator(r rune) bool {
	return unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) || unicode.Is(unicode.Cf, r) || strings.ContainsRune("._/,:−", r)
}

// shown is a letter fit to be repeated in a message.
func shown(r rune) string {
	if !unicode.IsPrint(r) {
		return "?"
	}
	return string(unicode.ToUpper(r))
}

// latin turns a Cyrillic capital into the Latin one it looks like. The card is
// printed in Latin letters, so who found the letter on a Ukrainian keyboard
// went by its look. Were it otherwise, the check would say so.
func latin(r rune) rune {
	if i := strings.IndexRune("АВСЕНКМРТХ", r); i >= 0 {
		return rune("ABCEHKMPTX"[i/len("А")])
	}
	return r
}

// Letters are the eleven letters in the one form that is hashed and compared.
func (s Secret) Letters() string { return s.letters }

// Groups are the letters as the card prints them: four, four, three.
func (s Secret) Groups() []string {
	if s.letters == "" {
		return nil
	}
	return []string{s.letters[:4], s.letters[4:8], s.letters[8:]}
}

// Format is the groups with hyphens, ABCD-EFGH-JKM.
func (s Secret) Format() string { return strings.Join(s.Groups(), "-") }

// String hides the secret from everything that prints.
func (s Secret) String() string { return "(secret)" }

// GoString hides it from %#v, too.
func (s Secret) GoString() string { return "card.Secret{}" }
