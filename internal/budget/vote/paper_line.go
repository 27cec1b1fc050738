package vote

import (
	"slices"
	"strconv"
	"strings"

	"kladka/internal/budget"
	"kladka/internal/platform/fault"
)

// notValid is what lies in the envelope of a paper ballot that is blank or not
// valid: no ballot of any version, so that opening counts it as invalid.
var notValid = []byte{0}

// Words for a ballot that is blank or not valid, in all languages the same.
var notValidWords = []string{"-", "x", "n", "p"}

// paperLine reads one ballot as a clerk types it: numbers of projects on the
// ballot with anything between them that is no digit. On a ballot with points the
// first number has the most points, and "-" stands for points that nobody has; or
// the points stand behind the number, "12:3", which a cumulative ballot always
// needs. "x" or "-" alone is a ballot that is blank or not valid. The result is
// what is sealed; a line that would be no valid ballot is a fault at the field, and
// is never made invalid by itself: it may be a slip of the finger.
func (b *ballot) paperLine(field, text string) ([]byte, []fault.Field) {
	text = strings.ToLower(strings.TrimSpace(text))
	if slices.Contains(notValidWords, text) {
		return notValid, nil
	}
	refuse := func(key string, args ...any) ([]byte, []fault.Field) {
		return nil, []fault.Field{{Name: field, Key: key, Args: args}}
	}
	c, wrong := b.paperPicks(text)
	if wrong != "" {
		return refuse("vote.fault.paper_line", "word", wrong)
	}
	if faults := b.check(c); len(faults) > 0 {
		return refuse(faults[0].Key, faults[0].Args...)
	}
	body, err := b.Pool.Encode(c, b.order)
	if err != nil {
		return refuse("vote.fault.paper_line", "word", text)
	}
	return body, nil
}

// paperPicks reads the words of a line; wrong is the first that means nothing.
func (b *ballot) paperPicks(text string) (c budget.Choice, wrong string) {
	words := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" ,;+/.\t", r) })
	for i, word := range words {
		if word == "-" && b.Pool.Ballot.Type == budget.Ranked {
			continue
		}
		place, points, given := strings.Cut(strings.ReplaceAll(word, "=", ":"), ":")
		n, err := strconv.Atoi(place)
		if err != nil || n < 1 || n > len(b.order) {
			return c, word
		}
		pick := budget.Pick{Project: b.order[n-1]}
		switch {
		case given && pointed(b.Pool.Ballot):
			if pick.Points, err = strconv.Atoi(points); err != nil {
				return c, word
			}
		case given || b.Pool.Ballot.Type == budget.Cumulative:
			return c, word
		case b.Pool.Ballot.Type == budget.Ranked:
			if i >= len(b.Pool.Ballot.Points) {
				return c, word
			}
			pick.Points = b.Pool.Ballot.Points[i]
		}
		c.Picks = append(c.Picks, pick)
	}
	return c, ""
}
