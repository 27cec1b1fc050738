package talk

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"kladka/internal/platform/fault"
)

// How much is typed: letters in words, people in one post, posts of one person in
// an hour.
const (
	mostTitle    = 160
	mostWords    = 6000
	mostReport   = 1000
	leastReason  = 10
	mostMentions = 10
	mostHour     = 60 // nobody types that many; a page gone wild does
)

// line is words in one line, with single spaces; text is words in several.
func line(words string) string { return strings.Join(strings.Fields(words), " ") }

func text(words string) string {
	return strings.TrimSpace(strings.ReplaceAll(words, "\r\n", "\n"))
}

// wrong is a fault of a field unless the words have between least and most letters.
func wrong(faults []fault.Field, name, words string, least, most int) []fault.Field {
	n := utf8.RuneCountInString(words)
	key := ""
	switch {
	case n < least:
		key = "talk.fault.short"
	case n > most || !utf8.ValidString(words):
		key = "talk.fault.long"
	default:
		return faults
	}
	return append(faults, fault.Field{Name: name, Key: key, Args: []any{"least", least, "most", most}})
}

// Draft is what somebody types.
type Draft struct {
	Title    string // of a new thread
	Words    string
	Mentions []string // ids of people inside
}

// checked is a draft as it is kept. Title tells whether it opens a thread.
func (d Draft) checked(rm room, author string, title bool) (Draft, error) {
	var faults []fault.Field
	d.Title, d.Words = line(d.Title), text(d.Words)
	if title {
		faults = wrong(faults, "tytul", d.Title, 3, mostTitle)
	}
	faults = wrong(faults, "slowa", d.Words, 1, mostWords)
	d.Mentions = slices.Clone(d.Mentions)
	slices.Sort(d.Mentions)
	d.Mentions = slices.DeleteFunc(slices.Compact(d.Mentions), func(p string) bool { return p == "" || p == author })
	if len(d.Mentions) > mostMentions {
		faults = append(faults, fault.Field{Name: "osoby", Key: "talk.fault.mentions", Args: []any{"most", mostMentions}})
	} else if slices.ContainsFunc(d.Mentions, func(p string) bool { return rm.find(p) == nil }) {
		faults = append(faults, fault.Field{Name: "osoby", Key: "talk.fault.not_inside"})
	}
	return d, fault.InvalidFields(faults)
}

// part is a piece of a line: words, or an address that can be followed.
type part struct {
	Text string
	Href string // "" for words
}

// looksLink finds what may be an address. Nothing but http and https is one, so
// that no post runs a script or opens a program.
var looksLink = regexp.MustCompile(`https?://[^\s<>"]+`)

// linked cuts a line at its addresses. Joined again, the parts are the line.
func linked(line string) (parts []part) {
	words := func(s string) {
		if s != "" {
			parts = append(parts, part{Text: s})
		}
	}
	for {
		at := looksLink.FindStringIndex(line)
		if at == nil {
			words(line)
			return parts
		}
		link := trimmed(line[at[0]:at[1]])
		if u, err := url.Parse(link); err != nil || u.Host == "" || u.User != nil { // a user before @ makes an address look like another
			words(line[:at[1]])
			line = line[at[1]:]
			continue
		}
		words(line[:at[0]])
		parts = append(parts, part{Text: link, Href: link})
		line = line[at[0]+len(link):]
	}
}

// trimmed leaves out the signs that end a sentence behind an address, and a
// bracket that was opened before it.
func trimmed(link string) string {
	for {
		cut := strings.TrimRight(link, ".,;:!?…'”’»*")
		if strings.HasSuffix(cut, ")") && strings.Count(cut, ")") > strings.Count(cut, "(") {
			cut = cut[:len(cut)-1]
		}
		if cut == link {
			return link
		}
		link = cut
	}
}

// lines are the lines of words that have any, each cut at its addresses.
func lines(words string) (all [][]part) {
	for l := range strings.SplitSeq(words, "\n") {
		if l = strings.TrimSpace(l); l != "" {
			all = append(all, linked(l))
		}
	}
	return all
}
