package pdf

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/image/font/sfnt"
	"golang.org/x/text/unicode/norm"

	"kladka/assets"
)

// covered tells which letters both weights of the typeface have. It is read from
// the fonts once, when the first paper is made.
var covered = sync.OnceValue(func() map[rune]bool {
	all := map[rune]bool{}
	regular, bold := letters(assets.PaperFont(false)), letters(assets.PaperFont(true))
	for r := range regular {
		all[r] = bold[r]
	}
	return all
})

func letters(font []byte) map[rune]bool {
	f, err := sfnt.Parse(font)
	if err != nil {
		panic("pdf: " + err.Error()) // embedded, so the first test finds it
	}
	var buffer sfnt.Buffer
	has := map[rune]bool{}
	for r := rune(' '); r < 0x2800; r++ {
		if glyph, err := f.GlyphIndex(&buffer, r); err == nil && glyph != 0 {
			has[r] = true
		}
	}
	return has
}

// missing stands for a letter that we do not have: somebody is to see that one
// is missing, and write it in by hand.
const missing = "_"

// printable makes text that the typeface has in full. Letters with a mark that
// we lack lose it; blanks of all kinds but the one that does not break become
// plain, and characters without width are dropped.
func printable(text string) string {
	have := covered()
	var b strings.Builder
	for _, r := range norm.NFC.String(strings.ToValidUTF8(text, missing)) {
		switch {
		case r == '\u00a0' || r == '\u202f':
			b.WriteRune('\u00a0')
		case unicode.IsSpace(r) || unicode.IsControl(r):
			b.WriteByte(' ')
		case unicode.In(r, unicode.Cf, unicode.Variation_Selector):
		case have[r]:
			b.WriteRune(r)
		default:
			b.WriteString(nearest(r, have))
		}
	}
	return b.String()
}

// nearest is the letters that a character is made of, as far as we have them.
func nearest(r rune, have map[rune]bool) string {
	var b strings.Builder
	for _, part := range norm.NFKD.String(string(r)) {
		if have[part] && !unicode.Is(unicode.Mn, part) {
			b.WriteRune(part)
		}
	}
	if b.Len() == 0 && !unicode.Is(unicode.Mn, r) {
		return missing
	}
	return b.String()
}

// wrap breaks text into lines that are no wider than width. A word that is wider
// is cut. With a limit, the last line that fits ends with "…".
func (d *Document) wrap(text string, size float64, bold bool, width float64, limit int) []string {
	d.style(size, bold, black)
	var lines []string
	current := ""
	for word := range strings.SplitSeq(printable(text), " ") {
		if word == "" {
			continue
		}
		next := word
		if current != "" {
			next = current + " " + word
		}
		if d.width(next) <= width {
			current = next
			continue
		}
		if current != "" {
			lines = append(lines, current)
		}
		for current = word; current != "" && d.width(current) > width; {
			head := d.fitting(current, width)
			lines = append(lines, head)
			current = current[len(head):]
		}
		if limit > 0 && len(lines) > limit {
			break // what follows is not shown anyway
		}
	}
	if current != "" {
		lines = append(lines, current)
	}
	if limit > 0 && len(lines) > limit {
		lines = lines[:limit]
		last := lines[limit-1]
		for last != "" && d.width(last+"…") > width {
			_, n := utf8.DecodeLastRuneInString(last)
			last = last[:len(last)-n]
		}
		lines[limit-1] = strings.TrimRight(last, " ") + "…"
	}
	return lines
}

// fitting is the longest beginning of a word that fits, at least one letter. It
// ends at a hyphen, a slash or a dot where there is one: double names and addresses.
func (d *Document) fitting(word string, width float64) string {
	end, good := 0, 0
	for i, r := range word {
		next := i + utf8.RuneLen(r)
		if end > 0 && d.width(word[:next]) > width {
			break
		}
		end = next
		if strings.ContainsRune("-/.", r) {
			good = end
		}
	}
	if good > 0 {
		end = good
	}
	return word[:end]
}
