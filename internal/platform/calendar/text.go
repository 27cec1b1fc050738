package calendar

import (
	"strings"
	"unicode/utf8"
)

// text gathers the lines of a calendar.
type text struct{ b strings.Builder }

// lineOctets is the longest line without its end (RFC 5545, 3.1).
const lineOctets = 75

// line writes a property whose value needs no escaping, folded so that no
// letter is cut: a program that shows a line before it joins them would show
// half a letter as garbage.
func (t *text) line(name, value string) {
	room := lineOctets
	for s := name + ":" + value; ; {
		cut := len(s)
		if cut > room {
			for cut = room; !utf8.RuneStart(s[cut]); cut-- {
			}
		}
		t.b.WriteString(s[:cut])
		t.b.WriteString("\r\n")
		if s = s[cut:]; s == "" {
			return
		}
		t.b.WriteByte(' ')
		room = lineOctets - 1
	}
}

// words writes a property of one line, and nothing for no words.
func (t *text) words(name, value string) {
	if value = oneLine(value); value != "" {
		t.line(name, escape(value))
	}
}

// letter writes a property of several lines, and nothing for no words.
func (t *text) letter(name, value string) {
	if value = lines(value); value != "" {
		t.line(name, escape(value))
	}
}

// address writes an address on the web, and nothing for what is none.
func (t *text) address(name, value string) {
	if value = webAddress(value); value != "" {
		t.line(name, value)
	}
}

func (t *text) categories(names []string) {
	var list []string
	for _, name := range names {
		if name = oneLine(name); name != "" {
			list = append(list, escape(name))
		}
	}
	if len(list) > 0 {
		t.line("CATEGORIES", strings.Join(list, ","))
	}
}

var escaper = strings.NewReplacer(`\`, `\\`, "\n", `\n`, ",", `\,`, ";", `\;`)

func escape(s string) string { return escaper.Replace(s) }

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n")

// lines leaves words with "\n" between lines and no other control character.
func lines(s string) string {
	s = lineEnds.Replace(strings.ToValidUTF8(s, "\uFFFD"))
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case r != '\n' && isControl(r):
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

// oneLine leaves words without control characters and ends of lines.
func oneLine(s string) string { return strings.ReplaceAll(lines(s), "\n", " ") }

// isControl tells what no program shows: the control characters, and U+FEFF,
// which some take for the beginning of a file.
func isControl(r rune) bool {
	return r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029' || r == '\uFEFF'
}

// parameterEscaper replaces what the value of a parameter cannot hold: there is
// no escape for a quotation mark that all programs know, some take a backslash
// for one, and others a caret (RFC 6868).
var parameterEscaper = strings.NewReplacer(`"`, "'", `\`, "/", "^", "")

func parameter(s string) string { return strings.TrimSpace(parameterEscaper.Replace(oneLine(s))) }
