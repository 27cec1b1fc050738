package meetings

import (
	"slices"
	"strings"
	"time"

	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// joined puts texts that are there beside each other.
func joined(by string, texts ...string) string {
	return strings.Join(slices.DeleteFunc(texts, func(t string) bool { return t == "" }), by)
}

// compareWords orders as Polish readers expect.
func compareWords(a, b string) int { return strings.Compare(i18n.SortKey(a), i18n.SortKey(b)) }

// dayWords is a day in words, hour a time of the day.
func dayWords(l *i18n.L, at int64) string { return l.Day(time.Unix(at, 0).In(web.Warsaw)) }
func hour(at int64) string                { return time.Unix(at, 0).In(web.Warsaw).Format("15:04") }

// dateWords is a day without its weekday, as it stands within a sentence: after
// "do" the name of a weekday would need another case.
func dateWords(l *i18n.L, at int64) string { return l.Date(time.Unix(at, 0).In(web.Warsaw)) }

// until is the last day before a deadline, in words.
func until(l *i18n.L, at int64) string { return dateWords(l, at-1) }

// longestShort is how much of a longer text a line of a list holds, in letters.
const longestShort = 120

// shortened is the beginning of a text in one line.
func shortened(text string) string {
	letters := []rune(line(text))
	if len(letters) <= longestShort {
		return string(letters)
	}
	return strings.TrimSpace(string(letters[:longestShort-1])) + "…"
}

// withPlace is when and where; a place need not be known.
func withPlace(when, place string) string {
	if place == "" {
		return when
	}
	return when + ", " + place
}
