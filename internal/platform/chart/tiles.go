package chart

import (
	"math"
	"strings"

	"kladka/internal/platform/i18n"
)

func (t TileMap) table(l *i18n.L) table {
	out := table{heads: []string{t.names(l), l.T("chart.value")}}
	for _, x := range t.Tiles {
		out.rows = append(out.rows, tableRow{name: x.Name, href: x.Href, cells: []string{x.Value.in(l, t.Unit)}})
	}
	return out
}

func (t TileMap) summary(l *i18n.L) string {
	e := extremes{unit: t.Unit}
	for _, x := range t.Tiles {
		e.add(x.Value, x.Name)
	}
	return e.words(l)
}

func (t TileMap) values() []Value {
	var all []Value
	for _, x := range t.Tiles {
		all = append(all, x.Value)
	}
	return all
}

// mostAside is how many tiles may stand side by side, so that a name has room.
func mostAside(f frame) int {
	if f.narrow {
		return 7
	}
	return 12
}

// places are the columns and rows of the tiles, moved so that they begin at 0.
// Where two have the same place, or the grid is too large to be drawn, they
// stand row by row in their order.
func (t TileMap) places(most int) (at [][2]int, columns, rows int) {
	taken := map[[2]int]bool{}
	left, top, right, low := math.MaxInt, math.MaxInt, math.MinInt, math.MinInt
	for _, x := range t.Tiles {
		taken[[2]int{x.Col, x.Row}] = true
		left, top, right, low = min(left, x.Col), min(top, x.Row), max(right, x.Col), max(low, x.Row)
	}
	// Unsigned, so that places at both ends of what a number holds are far apart.
	loose := len(taken) < len(t.Tiles) || uint(right)-uint(left) >= uint(most) || uint(low)-uint(top) >= 24
	aside := min(int(math.Ceil(math.Sqrt(float64(len(t.Tiles))))), most-1)
	for i, x := range t.Tiles {
		place := [2]int{i % max(aside, 1), i / max(aside, 1)}
		if !loose {
			// An even shift of rows keeps which of them are moved aside.
			place = [2]int{x.Col - left, x.Row - (top - top&1)}
		}
		at = append(at, place)
		columns, rows = max(columns, place[0]+1), max(rows, place[1]+1)
	}
	return at, columns, rows
}

// layout draws a hexagon for each tile and the key below.
func (t TileMap) layout(l *i18n.L, f frame) []scene {
	if len(t.Tiles) == 0 {
		return nil
	}
	at, columns, rows := t.places(mostAside(f))
	wide := min(124, f.width/(float64(columns)+0.5))
	radius := wide / math.Sqrt(3)
	if f.height > 0 {
		radius = min(radius, f.height/(1.5*float64(rows)+0.5))
		wide = radius * math.Sqrt(3)
	}
	values := t.values()
	shades := shadesOf(t.Unit, values)
	s := scene{w: f.width, h: radius * (1.5*float64(rows) + 0.5)}
	for i, tile := range t.Tiles {
		center := point{wide * (float64(at[i][0]) + 0.5 + 0.5*float64(at[i][1]&1)), radius * (1 + 1.5*float64(at[i][1]))}
		t.drawTile(l, &s, shades, tile, center, radius)
	}
	return []scene{s, key(append(shades.key(l), lacking(l, values)...), f, smallSize)}
}

func (t TileMap) drawTile(l *i18n.L, s *scene, shades shades, tile Tile, at point, radius float64) {
	look, value, color := shades.of(l, tile.Value)
	hexagon := make([]point, 6)
	for i := range hexagon {
		angle := math.Pi/3*float64(i) + math.Pi/6
		hexagon[i] = point{at.x + (radius-apartBy/2)*math.Cos(angle), at.y + (radius-apartBy/2)*math.Sin(angle)}
	}
	area := through(look, true, hexagon...)
	area.tip = tile.Name + ": " + tile.Value.in(l, t.Unit)
	s.draw(area)
	if value == "" {
		value = "?"
	}
	width := radius*math.Sqrt(3) - apartBy - 5
	size, number := smallSize, bodySize+2
	if radius < 50 {
		size, number = 10.5, bodySize
	}
	lines := tileName(tile, size, width)
	for widthOf(value, number, true) > width && number > 8 {
		number--
	}
	high := blockHeight(len(lines), size)
	top := at.y - (high+3+number)/2
	text := label{x: at.x, y: top + high/2, size: size, anchor: middle, tone: color, halo: look == "hx"}
	s.writeLines(lines, text)
	if widthOf(value, number, true) <= width {
		text.y, text.size, text.bold = top+high+3+number/2, number, true
		s.writeLines([]string{value}, text)
	}
}

// tileName is a name in two lines at most. Where a word would break, the short
// name stands instead, or the beginnings of the words, as in "Niepoł.".
func tileName(t Tile, size, width float64) []string {
	if lines := wrapped(t.Name, size, false, width, 2); sameWords(t.Name, lines) {
		return lines
	}
	if t.Short != "" {
		return wrapped(t.Short, size, false, width, 1)
	}
	var lines []string
	for word := range strings.FieldsFuncSeq(short(t.Name), func(r rune) bool { return r == ' ' || r == '-' }) {
		if len(lines) == 2 {
			break
		}
		fits := func(s string) bool { return widthOf(s+".", size, false) <= width }
		if widthOf(word, size, false) > width {
			word = beginning(word, fits) + "."
		}
		lines = append(lines, word)
	}
	return lines
}
