package i18n

import (
	"encoding/hex"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"
)

// collators are not safe to use at once, and dear to make.
var collators = sync.Pool{New: func() any {
	return collate.New(language.Polish, collate.Numeric, collate.Loose)
}}

// SortKey is the key by which lists are ordered: the lower-case hex of the
// Polish collation key, with numbers in names by value (nr 2 before nr 10).
// Hex orders alike under every locale of every database (design rule 6).
// Quotation marks and the like at the beginning do not count. The key is cut
// at 120 bytes (some sixty letters): names alike so far are told apart by ids.
func SortKey(s string) string {
	s = strings.TrimLeftFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	c := collators.Get().(*collate.Collator)
	defer collators.Put(c)
	var b collate.Buffer
	key := c.KeyFromString(&b, s)
	return hex.EncodeToString(key[:min(len(key), 120)])
}

// Fold makes text comparable for search: small letters without marks, single
// spaces, everything but letters and digits gone. "Łódź-Górna" is "lodz gorna".
func Fold(s string) string {
	var b strings.Builder
	gap := false
	for _, r := range norm.NFD.String(strings.ToValidUTF8(s, " ")) { // broken bytes would end the decomposition
		switch {
		case unicode.Is(unicode.Mn, r):
			continue
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if gap && b.Len() > 0 {
				b.WriteByte(' ')
			}
			gap = false
			b.WriteString(plainLetter(unicode.ToLower(r)))
		default:
			gap = true
		}
	}
	return b.String()
}

// plainLetter replaces the letters whose mark is not a combining one.
func plainLetter(r rune) string {
	switch r {
	case 'ł':
		return "l"
	case 'ß':
		return "ss"
	case 'ø':
		return "o"
	case 'đ':
		return "d"
	}
	return string(r)
}
