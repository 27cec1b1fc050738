package chart

import (
	"strings"

	"kladka/internal/platform/i18n"
)

const (
	bodySize  = 14.0 // of letters, in a scene
	smallSize = 12.5
	apartBy   = 3.0 // between cells, tiles and parts
	textGap   = 10.0
)

func (h HeatMap) table(l *i18n.L) table { return rowsTable(l, h.Head, h.Columns, h.Rows) }

func (h HeatMap) values() []Value {
	var all []Value
	for _, r := range h.Rows {
		for i := range h.Columns {
			all = append(all, r.at(i))
		}
	}
	return all
}

func (h HeatMap) summary(l *i18n.L) string {
	e := extremes{unit: h.Unit}
	for _, r := range h.Rows {
		for i, c := range h.Columns {
			e.add(r.at(i), r.Name+", "+c)
		}
	}
	return e.words(l)
}

// grid is the measure of a heat map: how wide its parts are, and what its names
// come out as.
type grid struct {
	frame   frame
	names   [][]string
	nameW   float64
	cellW   float64
	per     int // columns of a panel
	shades  shades
	heads   [][]string // of all columns
	turned  bool
	headH   float64
	heights []float64 // of rows
}

// layout draws panels of columns, and in papers pages of rows, each with its
// heads. The key is the last scene.
func (h HeatMap) layout(l *i18n.L, f frame) []scene {
	if len(h.Columns) == 0 || len(h.Rows) == 0 {
		return nil
	}
	values := h.values()
	g := h.measure(l, f, shadesOf(h.Unit, values))
	var out []scene
	for first := 0; first < len(h.Columns); first += g.per {
		last := min(first+g.per, len(h.Columns))
		for _, rows := range g.pages() {
			out = append(out, h.panel(l, g, first, last, rows[0], rows[1]))
		}
	}
	return append(out, key(append(g.shades.key(l), lacking(l, values)...), f, smallSize))
}

func (h HeatMap) measure(l *i18n.L, f frame, s shades) grid {
	g := grid{frame: f, shades: s}
	least, share := 56.0, 0.3
	if f.narrow {
		least, share = 36, 0.4
	}
	for _, v := range h.values() {
		if _, ok := v.N(); ok {
			least = max(least, widthOf(v.in(l, h.Unit), bodySize, true)+8)
		}
	}
	room := max(16, min(f.width*share, f.width-textGap-least))
	for _, r := range h.Rows {
		lines := wrapped(r.Name, bodySize, false, room, 2)
		g.names = append(g.names, lines)
		g.nameW = max(g.nameW, widest(lines, bodySize, false))
		g.heights = append(g.heights, max(26, blockHeight(len(lines), bodySize)+8))
	}
	rest := f.width - g.nameW - textGap
	g.per = max(1, int((rest+apartBy)/(least+apartBy)))
	panels := (len(h.Columns) + g.per - 1) / g.per
	g.per = (len(h.Columns) + panels - 1) / panels
	g.cellW = min(max(120, least), (rest+apartBy)/float64(g.per)-apartBy)
	h.measureHeads(&g)
	return g
}

// measureHeads turns the heads when a word would have to be cut.
func (h HeatMap) measureHeads(g *grid) {
	const longest = 118.0
	fit := func(width float64, most int) (lines [][]string, cut bool) {
		for _, c := range h.Columns {
			head := wrapped(c, smallSize, false, width, most)
			lines = append(lines, head)
			cut = cut || !sameWords(c, head)
		}
		return lines, cut
	}
	var cut bool
	if g.heads, cut = fit(g.cellW-2, 3); cut {
		g.turned = true
		g.heads, _ = fit(longest, max(1, int(g.cellW/(smallSize*leading))))
	}
	for _, head := range g.heads {
		high := blockHeight(len(head), smallSize)
		if g.turned {
			high = widest(head, smallSize, false)
		}
		g.headH = max(g.headH, high)
	}
	g.headH += 8
}

// sameWords tells whether lines hold the whole text, and break it only between
// words or after a hyphen.
func sameWords(text string, lines []string) bool {
	whole := ""
	for i, line := range lines {
		if whole += line; i < len(lines)-1 && !strings.HasSuffix(line, "-") {
			whole += " "
		}
	}
	return strings.ReplaceAll(whole, "- ", "-") == strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "- ", "-")
}

// pages are the first and the last row of each page, one without a limit.
func (g grid) pages() [][2]int {
	return paged(g.heights, g.frame.height-g.headH, apartBy, g.frame.height > 0)
}

// paged divides rows into pages; a row that is too high has a page of its own.
func paged(heights []float64, room, apart float64, limited bool) [][2]int {
	var out [][2]int
	first, sum := 0, 0.0
	for i, high := range heights {
		if limited && i > first && sum+high > room {
			out = append(out, [2]int{first, i})
			first, sum = i, 0
		}
		sum += high + apart
	}
	return append(out, [2]int{first, len(heights)})
}

func (h HeatMap) panel(l *i18n.L, g grid, first, last, top, bottom int) scene {
	s := scene{w: g.frame.width}
	left := g.nameW + textGap
	x := func(column int) float64 { return left + float64(column-first)*(g.cellW+apartBy) }
	for c := first; c < last; c++ {
		g.head(&s, c, x(c)+g.cellW/2)
	}
	y := g.headH
	for r := top; r < bottom; r++ {
		high := g.heights[r]
		s.writeLines(g.names[r], label{x: g.nameW, y: y + high/2, size: bodySize, anchor: end, tone: inkTone})
		for c := first; c < last; c++ {
			cell := rect{x: x(c), y: y, w: g.cellW, h: high, r: 3}
			text, color := "", noneTone
			cell.paint, text, color = g.shades.of(l, h.Rows[r].at(c))
			s.draw(cell)
			if text != "" {
				s.writeLines([]string{text}, label{x: cell.x + cell.w/2, y: y + high/2, size: bodySize, anchor: middle, bold: true, tone: color})
			}
		}
		y += high + apartBy
	}
	s.h = y
	return s
}

func (g grid) head(s *scene, column int, x float64) {
	lines := g.heads[column]
	if !g.turned {
		s.writeLines(lines, label{x: x, y: g.headH - 8 - blockHeight(len(lines), smallSize)/2, size: smallSize, anchor: middle, tone: inkTone})
		return
	}
	x += (ascent-descent)/2*smallSize - smallSize*leading*float64(len(lines)-1)/2
	for i, text := range lines {
		s.write(label{x: x + float64(i)*smallSize*leading, y: g.headH - 6, text: text, size: smallSize, turned: true, tone: inkTone})
	}
}

// of is how a value looks in a cell or a tile. What is hidden is hatched, what
// is missing has a dash; the words for both stand in the key and the table.
func (s shades) of(l *i18n.L, v Value) (paint, string, tone) {
	n, ok := v.N()
	switch {
	case ok:
		level := s.level(n)
		return shade(level), s.unit.text(l, n), toneOn(level)
	case v.words != "":
		return "hx", "", noneTone
	}
	return "hn", "–", noneTone
}
