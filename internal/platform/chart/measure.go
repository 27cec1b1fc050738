package chart

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"

	"kladka/assets"
)

const (
	// slack is how much wider letters may come out than we reckon: until the
	// typeface of the pages has come, the browser writes with one of its own.
	slack = 1.07

	leading   = 1.22 // from line to line, in sizes of the type
	ascent    = 0.76 // of capitals with a mark above, in sizes of the type
	descent   = 0.22
	mostRunes = 300 // of a name that we look at; the table has it whole
)

// advances are the widths of letters at size 1, read once from the typeface.
type advances struct {
	width map[rune]float64
	other float64 // of letters that the typeface lacks
}

var faces = sync.OnceValue(func() [2]advances {
	return [2]advances{readFace(assets.PaperFont(false)), readFace(assets.PaperFont(true))}
})

func readFace(data []byte) advances {
	f, err := sfnt.Parse(data)
	if err != nil {
		panic("chart: " + err.Error()) // embedded, so the first test finds it
	}
	var buffer sfnt.Buffer
	a := advances{width: map[rune]float64{}, other: 1}
	const em = 1000
	for r := rune(' '); r < 0x2200; r++ {
		glyph, err := f.GlyphIndex(&buffer, r)
		if err != nil || glyph == 0 {
			continue
		}
		if w, err := f.GlyphAdvance(&buffer, glyph, fixed.I(em), font.HintingNone); err == nil {
			a.width[r] = float64(w) / 64 / em
		}
	}
	return a
}

// widthOf is how wide a line of text comes out at most.
func widthOf(text string, size float64, bold bool) float64 {
	face := faces()[0]
	if bold {
		face = faces()[1]
	}
	sum := 0.0
	for _, r := range text {
		if w, ok := face.width[r]; ok {
			sum += w
		} else if !unicode.Is(unicode.Mn, r) {
			sum += face.other
		}
	}
	return sum * size * slack
}

// wrapped breaks a text into at most so many lines of at most that width. A word
// that is too wide breaks after a hyphen or slash, else anywhere; what does not
// fit ends with "…".
func wrapped(text string, size float64, bold bool, width float64, most int) []string {
	var lines []string
	current := ""
	fits := func(s string) bool { return widthOf(s, size, bold) <= width }
	for _, word := range strings.Fields(short(text)) {
		if current != "" && fits(current+" "+word) {
			current += " " + word
			continue
		}
		if current != "" {
			lines = append(lines, current)
		}
		for current = word; !fits(current) && len(lines) <= most; {
			head := beginning(current, fits)
			lines = append(lines, head)
			current = current[len(head):]
		}
		if len(lines) > most {
			break
		}
	}
	if current != "" {
		lines = append(lines, current)
	}
	if len(lines) <= most {
		return lines
	}
	return append(lines[:most-1], ended(lines[most-1], fits))
}

// short drops what no picture could show, and letters that break lines.
func short(text string) string {
	text = strings.ToValidUTF8(text, "_")
	n := 0
	for i := range text {
		if n++; n > mostRunes {
			return text[:i] + "…"
		}
	}
	return text
}

// beginning is the longest beginning of a word that fits, at least one letter.
func beginning(word string, fits func(string) bool) string {
	end, good := 0, 0
	for i, r := range word {
		next := i + utf8.RuneLen(r)
		if end > 0 && !fits(word[:next]) {
			break
		}
		end = next
		if strings.ContainsRune("-/–", r) {
			good = end
		}
	}
	if good > 0 {
		end = good
	}
	return word[:end]
}

// ended ends a line with "…" so that it still fits.
func ended(line string, fits func(string) bool) string {
	for line != "" && !fits(line+"…") {
		_, n := utf8.DecodeLastRuneInString(line)
		line = line[:len(line)-n]
	}
	return strings.TrimRight(line, " -–/") + "…"
}

// widest is the width of the widest line.
func widest(lines []string, size float64, bold bool) float64 {
	w := 0.0
	for _, line := range lines {
		w = max(w, widthOf(line, size, bold))
	}
	return w
}
