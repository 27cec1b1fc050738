package sheet

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// readText reads rows parted by line ends and cells parted by semicolons, commas
// or tabs. It is not encoding/csv, which gives up at a stray quote and cannot say
// where in words that people understand.
func readText(data []byte, c *collector) error {
	text, err := decode(data)
	if err != nil {
		return err
	}
	s := &splitter{text: text, cell: 8 * c.limits.Cell, columns: max(maxBlank, c.limits.Columns)}
	s.delimiter, s.at = delimiterOf(text)
	if s.at > 0 {
		s.row++ // the line "sep=;", which the spreadsheet does not show; but it counts it
	}
	for s.at < len(s.text) {
		cells, err := s.next()
		if err != nil {
			return err
		}
		if err := c.add(s.row, cells); err != nil {
			return err
		}
	}
	return nil
}

// decode makes UTF-8 of the encodings that spreadsheets in Poland write. UTF-16 is
// what some call "Unicode text". Of the old ones, Windows-1250 and ISO-8859-2
// differ in six letters only, which decide.
func decode(data []byte) (string, error) {
	var from encoding.Encoding
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		data = data[3:]
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		from = unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM)
	}
	if from == nil && !utf8.Valid(data) {
		from = charmap.Windows1250
		if count(data, "\xb1\xb6\xbc\xa1\xa6\xac") > count(data, "\xb9\x9c\x9f\xa5\x8c\x8f") {
			from = charmap.ISO8859_2
		}
	}
	if from != nil {
		decoded, err := from.NewDecoder().Bytes(data)
		if err != nil {
			return "", invalid("not_a_sheet")
		}
		data = decoded
	}
	if bytes.IndexByte(data, 0) >= 0 || looksLikeOther(data) {
		return "", invalid("not_a_sheet")
	}
	return string(data), nil
}

// looksLikeOther tells files that people take for sheets: pages, and papers.
func looksLikeOther(data []byte) bool {
	head := strings.ToLower(strings.TrimSpace(string(data[:min(len(data), 200)])))
	for _, sign := range []string{"%pdf-", "<!doctype", "<html", "<?xml", "{\\rtf", "\x89png", "gif8"} {
		if strings.HasPrefix(head, sign) {
			return true
		}
	}
	return false
}

func count(data []byte, set string) int {
	n := 0
	for _, b := range data {
		if strings.IndexByte(set, b) >= 0 {
			n++
		}
	}
	return n
}

// delimiterOf is the sign that stands most often in the first line that is not
// blank, outside quotes; and where the rows begin, after a line "sep=;".
func delimiterOf(text string) (delimiter byte, begin int) {
	if len(text) > 5 && strings.EqualFold(text[:4], "sep=") && strings.IndexByte(";,\t", text[4]) >= 0 {
		if end := strings.IndexByte(text, '\n'); end >= 0 && strings.TrimRight(text[5:end], "\r") == "" {
			return text[4], end + 1
		}
	}
	counts := map[byte]int{}
	quoted := false
	for i := range len(text) {
		switch b := text[i]; {
		case b == '"':
			quoted = !quoted
		case (b == '\n' || b == '\r') && !quoted && strings.TrimSpace(text[:i]) != "":
			return mostOf(counts), 0
		case !quoted && (b == ';' || b == ',' || b == '\t'):
			counts[b]++
		}
	}
	return mostOf(counts), 0
}

func mostOf(counts map[byte]int) byte {
	best := byte(';')
	for _, b := range []byte(";\t,") {
		if counts[b] > counts[best] {
			best = b
		}
	}
	return best
}

// splitter walks over the rows of a text.
type splitter struct {
	text      string
	delimiter byte
	at, row   int
	cell      int // longest cell in bytes
	columns   int // the most that are read, blank ones at the end included
}

// next reads one row, which ends at \n, \r\n or \r outside quotes.
func (s *splitter) next() ([]string, error) {
	s.row++
	var cells []string
	for {
		cell, err := s.one(len(cells) + 1)
		if err != nil {
			return nil, err
		}
		cells = append(cells, cell)
		if s.at < len(s.text) && s.text[s.at] == s.delimiter {
			if len(cells) > s.columns {
				return nil, invalid("too_many_columns", "row", s.row, "n", s.columns)
			}
			s.at++
			continue
		}
		s.endLine()
		return cells, nil
	}
}

func (s *splitter) endLine() {
	if s.at < len(s.text) && s.text[s.at] == '\r' {
		s.at++
	}
	if s.at < len(s.text) && s.text[s.at] == '\n' {
		s.at++
	}
}

// one reads a cell up to its delimiter or the end of the line. A quote opens a
// quoted part only at the beginning of the cell; a doubled one in it is a quote.
// What stands between a closing quote and the delimiter belongs to the cell.
func (s *splitter) one(column int) (string, error) {
	if s.at >= len(s.text) || s.text[s.at] != '"' {
		return s.plain(), nil
	}
	var b strings.Builder
	s.at++
	for {
		end := strings.IndexByte(s.text[s.at:], '"')
		if end < 0 || b.Len()+end > s.cell {
			return "", invalid("open_quote", "row", s.row, "column", Letters(column))
		}
		b.WriteString(s.text[s.at : s.at+end])
		s.at += end + 1
		if s.at >= len(s.text) || s.text[s.at] != '"' {
			return b.String() + s.plain(), nil
		}
		b.WriteByte('"')
		s.at++
	}
}

func (s *splitter) plain() string {
	start := s.at
	for s.at < len(s.text) && s.text[s.at] != s.delimiter && s.text[s.at] != '\n' && s.text[s.at] != '\r' {
		s.at++
	}
	return s.text[start:s.at]
}
