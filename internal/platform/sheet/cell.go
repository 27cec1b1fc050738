package sheet

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Clean makes one line of plain text of a cell: blanks of all kinds become one
// space; control characters and those without width go, for they hide text, join
// words or turn its direction. What spreadsheets put round a text to keep it a
// text goes, too.
func Clean(cell string) string {
	var b strings.Builder
	gap := false
	for _, r := range norm.NFC.String(cell) {
		switch {
		case unicode.IsSpace(r):
			gap = true
		case unicode.In(r, unicode.Cc, unicode.Cf) || r == unicode.ReplacementChar:
		default:
			if gap && b.Len() > 0 {
				b.WriteByte(' ')
			}
			gap = false
			b.WriteRune(r)
		}
	}
	return unwrap(b.String())
}

// unwrap removes ="0123", which keeps zeros, and the apostrophe of '0123 and of
// formulas that Write made harmless.
func unwrap(cell string) string {
	if strings.HasPrefix(cell, `="`) && strings.HasSuffix(cell, `"`) && len(cell) >= 3 && !strings.Contains(cell[2:len(cell)-1], `"`) {
		return strings.TrimSpace(cell[2 : len(cell)-1])
	}
	if len(cell) > 1 && cell[0] == '\'' && strings.ContainsRune("=+-@0123456789", rune(cell[1])) {
		return cell[1:]
	}
	return cell
}
