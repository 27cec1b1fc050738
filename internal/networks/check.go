package networks

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"kladka/internal/directory"
	"kladka/internal/platform/fault"
)

// How long what is typed may be, in letters.
const (
	mostTitle  = 160
	mostWords  = 4000
	mostRecord = 20000
	mostReason = 1000
	leastWhy   = 10
	mostPlaces = 200
	mostTopics = 6
)

// line is words in one line, with single spaces.
func line(text string) string { return strings.Join(strings.Fields(text), " ") }

// text is words in several lines, as they are typed.
func text(words string) string {
	return strings.TrimSpace(strings.ReplaceAll(words, "\r\n", "\n"))
}

// fits tells whether words have between least and most letters.
func fits(words string, least, most int) bool {
	n := utf8.RuneCountInString(words)
	return n >= least && n <= most && utf8.ValidString(words)
}

// wrong is a fault of a field unless the words fit.
func wrong(faults []fault.Field, name, words string, least, most int) []fault.Field {
	if fits(words, least, most) {
		return faults
	}
	key := "networks.fault.long"
	if least > 0 && utf8.RuneCountInString(words) < least {
		key = "networks.fault.short"
	}
	return append(faults, fault.Field{Name: name, Key: key, Args: []any{"least", least, "most", most}})
}

// reasonFor is a reason as it is kept. One that is needed has some words.
func reasonFor(words string, free bool) (string, error) {
	words = text(words)
	least := leastWhy
	if free {
		least = 0
	}
	return words, fault.InvalidFields(wrong(nil, "powod", words, least, mostReason))
}

// checked is a charter as it is kept, and what is wrong with it. What is needed
// for a network to work only is asked for by Begin.
func (s *Service) checked(ctx context.Context, c Charter) (_ Charter, faults []fault.Field, err error) {
	c.Title, c.Goal, c.Audience = line(c.Title), text(c.Goal), line(c.Audience)
	faults = wrong(faults, "tytul", c.Title, 3, mostTitle)
	faults = wrong(faults, "cel", c.Goal, 0, mostWords)
	faults = wrong(faults, "dla-kogo", c.Audience, 0, mostReason)
	if c.Places < 0 || c.Places > mostPlaces {
		faults = append(faults, fault.Field{Name: "miejsca", Key: "networks.fault.number", Args: []any{"least", 0, "most", mostPlaces}})
	}
	is, err := s.isTown(ctx, c.Town)
	if err != nil {
		return c, nil, err
	}
	if !is {
		faults = append(faults, fault.Field{Name: "gmina", Key: "networks.fault.choose"})
	}
	slices.Sort(c.Topics)
	c.Topics = slices.Compact(slices.DeleteFunc(c.Topics, func(t string) bool { return t == "" }))
	there, err := s.Topics.Resolve(ctx, c.Topics)
	if len(c.Topics) > mostTopics || slices.ContainsFunc(c.Topics, func(t string) bool { return there[t] == "" }) {
		faults = append(faults, fault.Field{Name: "tematy", Key: "networks.fault.topics", Args: []any{"most", mostTopics}})
	}
	return c, faults, err
}

// into puts a charter into a network.
func (c Charter) into(n *Network) {
	n.Title, n.Goal, n.Audience, n.Town, n.Places, n.Public, n.Open = c.Title, c.Goal, c.Audience, c.Town, c.Places, c.Public, c.Open
}

func (s *Service) isTown(ctx context.Context, town string) (bool, error) {
	if town == "" {
		return true, nil
	}
	towns, err := directory.Municipalities(ctx, s.db)
	return slices.ContainsFunc(towns, func(m directory.Municipality) bool { return m.ID == town }), err
}

// isLink tells whether an address of a meeting can be followed.
func isLink(link string) bool {
	u, err := url.Parse(link)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}
