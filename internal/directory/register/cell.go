package register

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

const maxCell = 500 // runes; no honest cell of the register comes near

// unwrap removes what is put round cells so that a spreadsheet keeps their zeros and runs no formulas: ="0123", '0123
// and '+48 12 000 00 00.
func unwrap(cell string) string {
	if strings.HasPrefix(cell, `="`) && strings.HasSuffix(cell, `"`) && len(cell) >= 3 {
		return strings.ReplaceAll(cell[2:len(cell)-1], `""`, `"`)
	}
	if len(cell) > 1 && cell[0] == '\'' && strings.IndexByte("0123456789+-=@", cell[1]) >= 0 {
		return cell[1:]
	}
	return cell
}

// clean makes one line of plain text: blanks of all kinds become one space; control characters and those without
// width are removed, for they hide text, join words or turn its direction. removed says that such were found.
func clean(cell string) (text string, removed bool) {
	if plain(cell) {
		return unwrap(strings.TrimSpace(cell)), false
	}
	var b strings.Builder
	gap := false
	for _, r := range norm.NFC.String(cell) {
		switch {
		case unicode.IsSpace(r):
			gap = true
		case unicode.Is(unicode.Cc, r), unicode.Is(unicode.Cf, r), r == unicode.ReplacementChar:
			removed = true
		default:
			if gap && b.Len() > 0 {
				b.WriteByte(' ')
			}
			gap = false
			b.WriteRune(r)
		}
	}
	return strings.TrimSpace(unwrap(b.String())), removed
}

// plain spares the long way for cells of ordinary ASCII without double blanks: most of a file.
func plain(cell string) bool {
	for i := 0; i < len(cell); i++ {
		if cell[i] < ' ' || cell[i] > '~' || cell[i] == ' ' && i > 0 && cell[i-1] == ' ' {
			return false
		}
	}
	return true
}

// formula reports whether a spreadsheet would run the raw cell. The value is kept as text: it is the export that must
// quote it. A lone dash means "none", and a plus before digits is a telephone number.
func formula(raw string) bool {
	if raw == "" {
		return false
	}
	if raw[0] == '\t' || raw[0] == '\r' {
		return true
	}
	text := unwrap(strings.TrimSpace(raw))
	if len(text) < 2 || !strings.ContainsRune("=+-@", rune(text[0])) {
		return false
	}
	return text[0] != '+' || !allDigits(strings.Map(dropSeparators, text[1:]))
}

func dropSeparators(r rune) rune {
	if strings.ContainsRune(" -/()", r) {
		return -1
	}
	return r
}

// digitsOnly drops blanks and dashes from a number.
func digitsOnly(text string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' {
			return -1
		}
		return r
	}, text)
}
