package register

import (
	"slices"
	"strings"
)

// encoding/csv is not used, for three reasons: it gives up the whole file at the first stray quote, it cannot say
// where a broken row ends, and exports write ="0123", whose bare quotes it either refuses or, when lazy, uses to
// swallow the rows that follow.

const (
	maxRows   = 300_000 // the whole register, closed institutions included, is less than half
	maxFields = 500
	maxQuoted = 8 << 10 // a longer quoted cell is a quote that was never closed
)

// line is one row of the file. A broken one holds the cells before the break.
type line struct {
	row    int
	cells  []string
	broken bool
}

func (l line) blank() bool {
	for _, cell := range l.cells {
		if strings.TrimSpace(cell) != "" {
			return false
		}
	}
	return !l.broken
}

// splitter walks over the rows of a text.
type splitter struct {
	text      string
	delimiter byte
	at, row   int
	width     int // of the header, once it is known
}

// next returns the next row. After a broken row it goes on with the following line of text, so that one bad quote
// costs one row.
func (s *splitter) next() (line, bool) {
	if s.at >= len(s.text) {
		return line{}, false
	}
	s.row++
	start, l := s.at, line{row: s.row}
	for {
		cell, more, ok := s.cell()
		if ok {
			l.cells = append(l.cells, cell)
		}
		if !ok || len(l.cells) > maxFields || !more && s.swallowed(l) {
			l.broken = true
			s.at = start
			s.skipLine()
			return l, true
		}
		if !more {
			return l, true
		}
	}
}

// swallowed reports a row over several lines that has the wrong number of cells: an open quote found its end in a
// later row, which must be read by itself.
func (s *splitter) swallowed(l line) bool {
	return s.width > 0 && len(l.trimmed(s.width)) != s.width && slices.ContainsFunc(l.cells, func(cell string) bool {
		return strings.ContainsAny(cell, "\r\n")
	})
}

// cell reads one cell and steps over the delimiter or the end of line behind it.
func (s *splitter) cell() (text string, more, ok bool) {
	if s.at < len(s.text) && s.text[s.at] == '"' {
		text, ok = s.quoted()
		if !ok {
			return "", false, false
		}
	} else {
		end := s.plainEnd()
		if strings.HasPrefix(s.text[s.at:], `="`) {
			end = s.wrappedEnd(end)
		}
		text, s.at = s.text[s.at:end], end
	}
	return text, s.stepOver(), true
}

// wrappedEnd is the end of a cell like ="Dom; Szkoła", which may hold the delimiter. It ends at the first quote before
// a delimiter or the end of the line; without one the cell is plain.
func (s *splitter) wrappedEnd(plain int) int {
	for i := s.at + 2; i < len(s.text) && s.text[i] != '\n' && s.text[i] != '\r'; i++ {
		if i-s.at > maxQuoted {
			break
		}
		if s.text[i] == '"' && (i+1 == len(s.text) || strings.IndexByte("\r\n", s.text[i+1]) >= 0 || s.text[i+1] == s.delimiter) {
			return i + 1
		}
	}
	return plain
}

func (s *splitter) plainEnd() int {
	for i := s.at; i < len(s.text); i++ {
		if b := s.text[i]; b == s.delimiter || b == '\n' || b == '\r' {
			return i
		}
	}
	return len(s.text)
}

// quoted reads a quoted cell; a doubled quote stands for one. Only blanks may follow the closing quote.
func (s *splitter) quoted() (string, bool) {
	var text strings.Builder
	at := s.at + 1
	for at-s.at <= maxQuoted {
		length := strings.IndexByte(s.text[at:min(len(s.text), at+maxQuoted)], '"')
		if length < 0 {
			return "", false
		}
		text.WriteString(s.text[at : at+length])
		at += length + 1
		if at >= len(s.text) || s.text[at] != '"' {
			s.at = at
			return text.String(), s.blankToEnd()
		}
		text.WriteByte('"')
		at++
	}
	return "", false
}

func (s *splitter) blankToEnd() bool {
	end := s.plainEnd()
	rest := s.text[s.at:end]
	s.at = end
	return strings.TrimSpace(rest) == ""
}

// stepOver reports whether another cell of the same row follows.
func (s *splitter) stepOver() bool {
	if s.at >= len(s.text) {
		return false
	}
	b := s.text[s.at]
	s.at++
	if b == '\r' && s.at < len(s.text) && s.text[s.at] == '\n' {
		s.at++
	}
	return b == s.delimiter
}

func (s *splitter) skipLine() {
	end := strings.IndexAny(s.text[s.at:], "\r\n")
	if end < 0 {
		s.at = len(s.text)
		return
	}
	s.at += end
	s.stepOver()
}

// delimiterOf takes the character that cuts the first line into the most cells.
func delimiterOf(text string) byte {
	first := text
	if end := strings.IndexAny(text, "\r\n"); end >= 0 {
		first = text[:end]
	}
	best, most := byte(';'), 0
	for _, candidate := range []byte(";,\t") {
		if n := strings.Count(first, string(candidate)); n > most {
			best, most = candidate, n
		}
	}
	return best
}
