package plan

import (
	"strings"
	"unicode"
)

// part is one paragraph as it was typed. A heading is a paragraph of its own:
// people remark on headings, too.
type part struct {
	Text    string
	Heading bool
}

// Bounds of a text. A plan for fifteen municipalities is some two hundred
// paragraphs; what is longer belongs in an attachment.
const (
	mostParts   = 600
	longestPart = 4000 // letters
	longestText = 200_000
)

// splitText cuts a text into paragraphs: an empty line ends one, and a line that
// begins with "#" is a heading. Lines within a paragraph stay lines, for lists
// are often typed so. Nothing else is read into the text.
func splitText(text string) (parts []part) {
	var lines []string
	flush := func() {
		if len(lines) > 0 {
			parts = append(parts, part{Text: strings.Join(lines, "\n")})
			lines = nil
		}
	}
	for line := range strings.SplitSeq(text, "\n") {
		line = cleanLine(line)
		if title := strings.TrimSpace(strings.TrimLeft(line, "#")); strings.HasPrefix(line, "#") {
			flush()
			if title != "" {
				parts = append(parts, part{Text: title, Heading: true})
			}
			continue
		}
		if line == "" {
			flush()
			continue
		}
		lines = append(lines, line)
	}
	flush()
	return parts
}

// cleanLine makes one line of plain text: every kind of blank is a space, and
// letters that show nothing or turn the direction of a text go, for they would
// make two paragraphs differ that look alike.
func cleanLine(line string) string {
	line = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r), r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, line)
	return strings.Join(strings.Fields(line), " ")
}

// joinText is the text to be edited again: splitText of it gives the same parts.
func joinText(parts []part) string {
	var b strings.Builder
	for n, p := range parts {
		if n > 0 {
			b.WriteString("\n\n")
		}
		if p.Heading {
			b.WriteString("# ")
		}
		b.WriteString(p.Text)
	}
	return b.String()
}

// typedLines are the lines of words as they were typed.
func typedLines(words string) []string { return strings.Split(words, "\n") }
