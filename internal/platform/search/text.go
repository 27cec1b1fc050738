package search

import (
	"iter"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"kladka/internal/platform/i18n"
)

// longestWord is how many letters of a word are looked at.
const longestWord = 40

// word is a word of a text: where it stands, as it is written (small letters,
// without invisible ones), and folded.
type word struct {
	start, end int
	shown      string
	fold       string
}

// wordsOf cuts a text into at most limit words.
func wordsOf(text string, limit int) []word {
	var out []word
	for w := range eachWord(text) {
		if len(out) >= limit {
			break
		}
		out = append(out, w)
	}
	return out
}

// eachWord walks the words of a text. Letters, digits and what combines with
// them make words; invisible letters (zero-width, soft hyphens) inside a word do
// not end it.
func eachWord(text string) iter.Seq[word] {
	return func(yield func(word) bool) {
		start, end := -1, 0
		for i, r := range text {
			switch {
			case unicode.IsLetter(r) || unicode.IsDigit(r):
				if start < 0 {
					start = i
				}
				end = i + utf8.RuneLen(r)
			case start >= 0 && unicode.Is(unicode.M, r):
				end = i + utf8.RuneLen(r)
			case start >= 0 && invisible(r):
			case start >= 0:
				if w, ok := newWord(text[start:end], start, end); ok && !yield(w) {
					return
				}
				start = -1
			}
		}
		if start >= 0 {
			if w, ok := newWord(text[start:end], start, end); ok {
				yield(w)
			}
		}
	}
}

func invisible(r rune) bool { return unicode.Is(unicode.Cf, r) || r == '\u034f' }

func newWord(raw string, start, end int) (word, bool) {
	w := word{start: start, end: end}
	if ascii(raw) {
		w.shown = strings.ToLower(raw)
		w.fold = w.shown
	} else {
		raw = strings.Map(func(r rune) rune {
			if invisible(r) {
				return -1
			}
			return r
		}, norm.NFKC.String(raw))
		w.shown = strings.ToLower(oneScript(raw))
		w.fold = strings.ReplaceAll(i18n.Fold(w.shown), " ", "")
	}
	w.fold = cut(w.fold, longestWord)
	return w, w.fold != ""
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// cut shortens a text to n letters.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// lookalikes are Cyrillic and Greek letters that look like Latin ones. In a word
// that holds Latin letters as well they were typed with the wrong keyboard, or
// to be found by nobody.
var lookalikes = map[rune]rune{
	'а': 'a', 'е': 'e', 'о': 'o', 'р': 'p', 'с': 'c', 'у': 'y', 'х': 'x', 'і': 'i', 'ј': 'j', 'ѕ': 's', 'к': 'k', 'м': 'm', 'т': 't', 'н': 'h', 'в': 'b',
	'А': 'A', 'Е': 'E', 'О': 'O', 'Р': 'P', 'С': 'C', 'У': 'Y', 'Х': 'X', 'І': 'I', 'Ј': 'J', 'Ѕ': 'S', 'К': 'K', 'М': 'M', 'Т': 'T', 'Н': 'H', 'В': 'B',
	'ο': 'o', 'ν': 'v', 'Ο': 'O', 'Α': 'A', 'Ε': 'E', 'Κ': 'K', 'Μ': 'M', 'Τ': 'T', 'Ζ': 'Z', 'Ν': 'N', 'Ι': 'I', 'Χ': 'X',
}

func oneScript(s string) string {
	latin, other := false, false
	for _, r := range s {
		latin = latin || unicode.Is(unicode.Latin, r)
		other = other || unicode.In(r, unicode.Cyrillic, unicode.Greek)
	}
	if !latin || !other {
		return s
	}
	return strings.Map(func(r rune) rune {
		if l, ok := lookalikes[r]; ok {
			return l
		}
		return r
	}, s)
}

// codeOf folds a number such as "17/KR/2026" to "17kr2026".
func codeOf(s string) string {
	var b strings.Builder
	for _, w := range wordsOf(s, 12) {
		b.WriteString(w.fold)
	}
	return cut(b.String(), longestWord)
}

// codesOf is under what the numbers of a document are found: each as a whole,
// and where only one word of it is a number ("RSPO 12345"), that one alone.
func codesOf(codes []string) []string {
	var out []string
	add := func(c string) {
		if c != "" && !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	for _, c := range codes {
		add(codeOf(c))
		var numbers []string
		for _, w := range wordsOf(c, 12) {
			if hasDigit(w.fold) {
				numbers = append(numbers, w.fold)
			}
		}
		if len(numbers) == 1 {
			add(numbers[0])
		}
	}
	return out
}

func hasDigit(s string) bool { return strings.ContainsFunc(s, unicode.IsDigit) }
