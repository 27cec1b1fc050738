package mail

import (
	"strings"
	"unicode/utf8"
)

// width is where lines end, below the 78 of RFC 5322.
const width = 72

// flow lays text out as format=flowed (RFC 3676): readers that know it fit the
// lines to their window, all others show lines of a readable width. A link is a
// word and so never broken.
func flow(text string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(text, "\n") {
		if line == "-- " { // what follows is no news: mail programs set it apart
			b.WriteString(line + "\n")
			continue
		}
		flowLine(&b, strings.TrimRight(line, " "))
	}
	return b.String()
}

// flowLine writes one line of the text as one or more; those that go on end
// with a space.
func flowLine(b *strings.Builder, line string) {
	indent := line[:len(line)-len(strings.TrimLeft(line, " "))]
	at := indent
	for word := range strings.FieldsSeq(line) {
		if len(at) > len(indent) && utf8.RuneCountInString(at)+utf8.RuneCountInString(word) > width {
			b.WriteString(stuffed(at) + "\n")
			at = ""
			indent = ""
		}
		at += word + " "
	}
	b.WriteString(stuffed(strings.TrimRight(at, " ")) + "\n")
}

// stuffed puts a space before what would be read as a quotation, as stuffing,
// or as the border between letters of a mailbox file.
func stuffed(line string) string {
	if strings.HasPrefix(line, " ") || strings.HasPrefix(line, ">") || strings.HasPrefix(line, "From ") {
		return " " + line
	}
	return line
}
