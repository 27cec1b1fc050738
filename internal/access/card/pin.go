package card

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

const (
	// PicturesInPIN is how many pictures are chosen, in order and with
	// repetition: 24^4, of which 327 846 are allowed. So a picture PIN stands
	// only as long as guesses are limited and the hash is keyed outside the
	// database; a word of six random letters is a thousand times as many.
	PicturesInPIN = 4
	// MinWord and MaxWord bound a word PIN, in letters and digits.
	MinWord = 6
	MaxWord = 64
)

// PIN is what a pupil chose at the first sign-in instead of the card's secret.
// It prints itself as nothing. The zero value is no PIN.
type PIN struct{ text string }

// Text is the one form that is hashed and compared. Its beginning says the
// kind, so that no word equals a row of pictures.
func (p PIN) Text() string { return p.text }

// OfPictures tells the kind, so that the page can ask for the right one.
func (p PIN) OfPictures() bool { return strings.HasPrefix(p.text, "pictures:") }

// String hides the PIN from everything that prints.
func (p PIN) String() string { return "(PIN)" }

// GoString hides it from %#v, too.
func (p PIN) GoString() string { return "card.PIN{}" }

// ChoosePictures takes a new PIN of pictures, or a fault of kind Invalid that
// says what is too easy: fewer than three different ones, or four that stand
// in a row on the page, forwards or backwards.
func ChoosePictures(names []string) (PIN, error) {
	p, err := ReadPictures(names)
	if err != nil {
		return PIN{}, err
	}
	different := slices.Compact(slices.Sorted(slices.Values(names)))
	if len(different) < 3 {
		return PIN{}, fault.New(fault.Invalid, "card.fault.pictures_same")
	}
	if places := placesOf(names); runs(places, 1) || runs(places, -1) {
		return PIN{}, fault.New(fault.Invalid, "card.fault.pictures_row")
	}
	return p, nil
}

// ReadPictures takes pictures at a sign-in, where what was once allowed stays
// so. The error is a fault of kind Invalid: not four, or one we do not have,
// which no page of ours sends. It is no guess.
func ReadPictures(names []string) (PIN, error) {
	if len(names) != PicturesInPIN {
		return PIN{}, fault.New(fault.Invalid, "card.fault.pictures_count", "n", PicturesInPIN)
	}
	if slices.Contains(placesOf(names), -1) {
		return PIN{}, fault.New(fault.Invalid, "card.fault.pictures_unknown")
	}
	return PIN{"pictures:" + strings.Join(names, ",")}, nil
}

func placesOf(names []string) []int {
	places := make([]int, len(names))
	for i, name := range names {
		places[i] = slices.Index(pictures, name)
	}
	return places
}

// runs tells whether each place follows the one before by the step.
func runs(places []int, step int) bool {
	for i := 1; i < len(places); i++ {
		if places[i] != places[i-1]+step {
			return false
		}
	}
	return true
}

// ChooseWord takes a new word PIN: at least six letters and digits. Large
// letters, marks and everything else do not count, so that a word chosen on
// one keyboard can be typed on another: "Żółty-Kot 7" is "zoltykot7". About is
// what everybody knows of this pupil: names, class, number, school. The fault,
// of kind Invalid, says what is too easy.
func ChooseWord(typed string, about ...string) (PIN, error) {
	p, err := ReadWord(typed)
	if err != nil {
		return PIN{}, err
	}
	word := folded(typed)
	switch {
	case fewDifferent(word) || repeats(word) || inRow(word):
		return PIN{}, fault.New(fault.Invalid, "card.fault.word_simple")
	case common(word):
		return PIN{}, fault.New(fault.Invalid, "card.fault.word_common")
	case known(word, about):
		return PIN{}, fault.New(fault.Invalid, "card.fault.word_known")
	}
	return p, nil
}

// ReadWord takes a word at a sign-in, where what was once allowed stays so. The
// error is a fault of kind Invalid: too short or too long to be anybody's PIN,
// and so no guess.
func ReadWord(typed string) (PIN, error) {
	if len(typed) > 8*MaxWord {
		return PIN{}, fault.New(fault.Invalid, "card.fault.word_long", "n", MaxWord)
	}
	word := folded(typed)
	switch n := utf8.RuneCountInString(word); {
	case n < MinWord:
		return PIN{}, fault.New(fault.Invalid, "card.fault.word_short", "n", MinWord)
	case n > MaxWord:
		return PIN{}, fault.New(fault.Invalid, "card.fault.word_long", "n", MaxWord)
	}
	return PIN{"word:" + word}, nil
}

// folded is the letters and digits alone, small and without marks.
func folded(text string) string { return strings.ReplaceAll(i18n.Fold(text), " ", "") }

// fewDifferent: aaaaaa, abbbaa.
func fewDifferent(word string) bool {
	different := map[rune]bool{}
	for _, r := range word {
		different[r] = true
	}
	return len(different) < 3
}

// repeats: abcabc, kotkotkot, 12 12 12.
func repeats(word string) bool {
	return strings.Contains((word + word)[1:2*len(word)-1], word)
}

// rows are where neighbors on keyboards and in alphabets stand. Typed along
// one of them, a word is no word.
var rows = []string{
	"01234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "qwertzuiop", "asdfghjkl", "zxcvbnm",
	"1q2w3e4r5t6y7u8i9o0p", "qazwsxedcrfvtgbyhnujm", "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя", "йцукенгшщзхї", "фівапролджє", "ячсмитьбю",
}

// inRow tells whether the word is made of pieces of at least three letters,
// each typed along a row, forwards or backwards: 123456, qwerty, fedcba, abc123.
func inRow(word string) bool {
	rest := []rune(word)
	for len(rest) > 0 {
		n := longest(rest)
		if n < 3 {
			return false
		}
		rest = rest[n:]
	}
	return true
}

// longest is how many of the first letters stand in one row.
func longest(letters []rune) int {
	best := 0
	for _, row := range rows {
		row = folded(row) // й loses its mark in a word, so it must here
		for _, line := range []string{row, backwards(row)} {
			n := len(letters)
			for n > best && !strings.Contains(line, string(letters[:n])) {
				n--
			}
			best = max(best, n)
		}
	}
	return best
}

func backwards(text string) string {
	letters := []rune(text)
	slices.Reverse(letters)
	return string(letters)
}

// commonWords are what pupils choose first, without the digits at their ends.
var commonWords = []string{
	"haslo", "password", "passwd", "tajne", "sekret", "szkola", "uczen", "uczennica", "klasa", "polska", "krakow", "kladka",
	"kocham", "kochamcie", "mama", "mamatata", "mamaitata", "mamusia", "lalala", "misiek", "kotek", "piesek", "kotki", "pieski",
	"wisla", "wislakrakow", "cracovia", "lewandowski", "messi", "ronaldo", "minecraft", "roblox", "fortnite", "pokemon", "youtube", "tiktok",
	"qwerty", "qwertz", "abcdef", "zaqwsx", "dragon", "monkey", "football", "princess", "iloveyou", "welcome", "letmein", "school",
	"пароль", "школа", "украіна", "украина", "киів", "динамо", "мама", "мамочка", "люблю", "ukraina", "parol",
}

// common tells whether the word is one of the common ones, whatever digits are
// put before or behind it.
func common(word string) bool {
	return slices.Contains(commonWords, strings.TrimFunc(word, unicode.IsDigit))
}

// known tells whether the word is made of what everybody knows: one of the
// words about the pupil, or the whole of a text, forwards or backwards, with
// nothing but digits or less than three letters beside it.
func known(word string, about []string) bool {
	for _, text := range about {
		for _, part := range append(strings.Fields(i18n.Fold(text)), folded(text)) {
			if utf8.RuneCountInString(part) < 3 {
				continue
			}
			for _, name := range []string{part, backwards(part)} {
				if coveredBy(word, name) {
					return true
				}
			}
		}
	}
	return false
}

func coveredBy(word, name string) bool {
	if strings.Contains(name, word) {
		return true
	}
	rest := strings.Replace(word, name, "", 1)
	letters := strings.TrimFunc(rest, unicode.IsDigit)
	return rest != word && utf8.RuneCountInString(letters) < 3
}
