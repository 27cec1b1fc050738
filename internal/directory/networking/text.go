package networking

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"kladka/internal/platform/fault"
)

// tidy takes the words that somebody typed as they are kept: line ends alike,
// no characters that only hide something, no blanks around.
func tidy(text string) string {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.ToValidUTF8(text, ""))
	text = strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return r
		}
		if unicode.Is(unicode.Cf, r) && r != '\u00ad' || unicode.IsControl(r) || r == '\u00ad' {
			return -1
		}
		return r
	}, text)
	return strings.TrimSpace(text)
}

// checkText returns the fault of a text: nothing in it, or too much.
func checkText(name, text string, most int) []fault.Field {
	switch {
	case text == "":
		return []fault.Field{{Name: name, Key: "networking.fault.empty"}}
	case utf8.RuneCountInString(text) > most:
		return []fault.Field{{Name: name, Key: "networking.fault.long", Args: []any{"n", most}}}
	}
	return nil
}

var (
	// An at sign, also one that is spelled to get past such a rule.
	mailLike = regexp.MustCompile(`(?i)[\p{L}\p{N}._%+\-]+\s*(?:@|\(at\)|\[at\]|\(małpa\)|\[małpa\])\s*[\p{L}\p{N}\-]+(?:\s*(?:\.|\(dot\)|\(kropka\)|\[kropka\])\s*[\p{L}\p{N}\-]+)+`)
	// Digits with what people put between them.
	numberLike = regexp.MustCompile(`\+?\(?\d(?:[ \t\x{a0}./()\-–]{0,2}\d){6,14}`)
	dateLike   = regexp.MustCompile(`^(?:\d{1,2}[./\-]\d{1,2}[./\-]\d{2,4}|\d{4}[./\-]\d{1,2}[./\-]\d{1,2}|\d{4}\s?[–\-/]\s?\d{4})$`)
)

// holdsAddress tells whether a text seems to hold an e-mail address or a
// telephone number. Addresses are shown after an acceptance only, so whoever
// types one is asked whether everybody is meant to have it.
func holdsAddress(text string) bool {
	if mailLike.MatchString(text) {
		return true
	}
	for _, at := range numberLike.FindAllStringIndex(text, -1) {
		if phoneLike(text, at[0], at[1]) {
			return true
		}
	}
	return false
}

// phoneLike tells a telephone number from a date, a span of years and a part of
// a longer number.
func phoneLike(text string, from, to int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:from])
	after, _ := utf8.DecodeRuneInString(text[to:])
	if unicode.IsDigit(before) || unicode.IsDigit(after) || unicode.IsLetter(before) {
		return false
	}
	found := text[from:to]
	if dateLike.MatchString(strings.TrimSpace(found)) {
		return false
	}
	digits := 0
	for _, r := range found {
		if r >= '0' && r <= '9' {
			digits++
		}
	}
	plus := strings.HasPrefix(found, "+") || strings.HasPrefix(found, "00")
	return digits == 9 || digits == 7 || plus && digits >= 9 || digits == 11 && strings.HasPrefix(found, "48")
}
