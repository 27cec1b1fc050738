package tally

import (
	"bytes"
	"unicode/utf8"
)

// scanner reads the records of a Pabulib file: CSV with semicolons, ends of
// line of either kind, both in one file. Fields are views into the data, or
// copies where doubled quotes had to be undone; they live until the next scan.
//
// A field is quoted when it begins with a quote and a semicolon or the end of
// the line stands behind the closing one; it may go over several lines. Any
// other quote is a letter: names of projects are full of them.
type scanner struct {
	data   []byte
	pos    int
	next   int // number of the line at pos
	line   int // number of the line on which the record began
	fields [][]byte
}

func newScanner(data []byte) (*scanner, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0 {
		return nil, &Fault{Line: lineOfBadText(data), Key: FaultEncoding}
	}
	return &scanner{data: data, next: 1}, nil
}

func lineOfBadText(data []byte) int {
	line := 1
	for len(data) > 0 {
		r, size := utf8.DecodeRune(data)
		if r == 0 || r == utf8.RuneError && size == 1 {
			return line
		}
		if r == '\n' {
			line++
		}
		data = data[size:]
	}
	return line
}

// scan goes to the next record that is not blank.
func (s *scanner) scan() bool {
	for s.pos < len(s.data) {
		s.line, s.fields = s.next, s.fields[:0]
		row := s.data[s.pos:]
		if end := bytes.IndexByte(row, '\n'); end >= 0 {
			row = row[:end]
		}
		if bytes.IndexByte(row, '"') >= 0 {
			s.quoted()
		} else {
			s.pos += len(row) + 1
			s.next++
			s.split(trimEnd(row))
		}
		if !s.blank() {
			return true
		}
	}
	return false
}

func trimEnd(row []byte) []byte {
	for len(row) > 0 && row[len(row)-1] == '\r' {
		row = row[:len(row)-1]
	}
	return row
}

func (s *scanner) split(row []byte) {
	for {
		at := bytes.IndexByte(row, ';')
		if at < 0 {
			s.fields = append(s.fields, row)
			return
		}
		s.fields = append(s.fields, row[:at])
		row = row[at+1:]
	}
}

func (s *scanner) blank() bool {
	for _, f := range s.fields {
		if len(bytes.TrimSpace(f)) > 0 {
			return false
		}
	}
	return true
}

// quoted reads a record that holds a quote somewhere.
func (s *scanner) quoted() {
	s.next++ // the line on which the record ends
	for {
		field, size := s.quotedField()
		if size < 0 {
			field, size = s.plainField()
		}
		s.fields = append(s.fields, field)
		s.pos += size
		if s.pos >= len(s.data) {
			return
		}
		end := s.data[s.pos] == '\n'
		s.pos++
		if end {
			return
		}
	}
}

// plainField is the text up to the next separator, and how long it is.
func (s *scanner) plainField() (field []byte, size int) {
	field = s.data[s.pos:]
	if end := bytes.IndexAny(field, ";\n"); end >= 0 {
		field = field[:end]
	}
	return trimEnd(field), len(field)
}

// quotedField is the text between quotes, and how long it is with them and the
// end of line behind; -1 when the field is not quoted.
func (s *scanner) quotedField() (field []byte, size int) {
	text := s.data[s.pos:]
	if len(text) == 0 || text[0] != '"' {
		return nil, -1
	}
	end, doubled := closing(text)
	if end < 0 {
		return nil, -1
	}
	behind := bytes.TrimLeft(text[end+1:], "\r")
	if len(behind) > 0 && behind[0] != ';' && behind[0] != '\n' {
		return nil, -1
	}
	field, size = text[1:end], end+1
	for size < len(text) && text[size] == '\r' {
		size++
	}
	s.next += bytes.Count(field, []byte("\n"))
	if doubled {
		field = bytes.ReplaceAll(field, []byte(`""`), []byte(`"`))
	}
	return field, size
}

// closing finds the quote that closes the field which the first one opens, and
// says whether doubled quotes stand inside.
func closing(text []byte) (end int, doubled bool) {
	for at := 1; ; at += 2 {
		next := bytes.IndexByte(text[at:], '"')
		if next < 0 {
			return -1, doubled
		}
		at += next
		if at+1 >= len(text) || text[at+1] != '"' {
			return at, doubled
		}
		doubled = true
	}
}
