package chart

import (
	"strconv"

	"kladka/internal/platform/i18n"
)

// mostParts is how many parts and lines can be told apart.
const mostParts = 6

func (b Bars) table(l *i18n.L) table {
	t := rowsTable(l, b.Head, b.Parts, b.Rows)
	if len(b.Parts) < 2 {
		return t
	}
	t.heads = append(t.heads, l.T("chart.total"))
	for i, r := range b.Rows {
		total := l.T("chart.none")
		if sum, ok := b.total(r); ok {
			total = b.Unit.text(l, sum)
		}
		t.rows[i].cells = append(t.rows[i].cells, total)
	}
	return t
}

// total adds up what is known of a row. There is none when nothing is known, or
// when a part is hidden that could be reckoned from it.
func (b Bars) total(r Row) (sum float64, ok bool) {
	for i := range b.Parts {
		v := r.at(i)
		if v.words != "" {
			return 0, false
		}
		n, known := v.N()
		sum, ok = sum+n, ok || known
	}
	return sum, ok
}

func (b Bars) summary(l *i18n.L) string {
	e := extremes{unit: b.Unit}
	for _, r := range b.Rows {
		if sum, ok := b.total(r); ok {
			e.add(Num(sum), r.Name)
		}
	}
	return e.words(l)
}

// drawn is the bars as they are drawn: what is beyond six parts is put together.
// A row of the rest hides its value when it would hide a part.
func (b Bars) drawn(l *i18n.L) Bars {
	if len(b.Parts) <= mostParts {
		return b
	}
	out := b
	out.Parts = append(append([]string{}, b.Parts[:mostParts-1]...), l.T("chart.rest"))
	out.Rows = nil
	for _, r := range b.Rows {
		row := Row{Name: r.Name}
		for i := range mostParts - 1 {
			row.Values = append(row.Values, r.at(i))
		}
		rest := Value{}
		for i := mostParts - 1; i < len(b.Parts); i++ {
			rest = rest.plus(r.at(i))
		}
		out.Rows = append(out.Rows, Row{Name: r.Name, Values: append(row.Values, rest)})
	}
	return out
}

func (v Value) plus(o Value) Value {
	switch {
	case v.words != "" || !o.known && o.words == "":
		return v
	case o.words != "" || !v.known:
		return o
	}
	return Num(v.n + o.n)
}

// rail is the measure of bars.
type rail struct {
	frame     frame
	names     [][]string
	heights   []float64
	left      float64 // where the room of bars begins
	width     float64
	low, high float64
	hides     bool // some part is hidden
}

func (r rail) x(n float64) float64 { return r.left + r.width*(n-r.low)/(r.high-r.low) }

// layout draws the key and the rows, in papers page by page.
func (b Bars) layout(l *i18n.L, f frame) []scene {
	if len(b.Rows) == 0 || len(b.Parts) == 0 {
		return nil
	}
	b = b.drawn(l)
	var items []keyItem
	if len(b.Parts) > 1 {
		for i, name := range b.Parts {
			items = append(items, keyItem{paint: partPaint(i + 1), text: name})
		}
	}
	m := b.measure(l, f)
	if m.hides {
		items = append(items, keyItem{paint: "hx", text: l.T("chart.key.hidden")})
	}
	legend := key(items, f, smallSize)
	out := []scene{}
	for i, rows := range paged(m.heights, f.height-legend.h-12, barsApart, f.height > 0) {
		page := b.page(l, m, rows[0], rows[1])
		if i == 0 && len(items) > 0 {
			page = stacked([]scene{legend, page}, 12)
		}
		out = append(out, page)
	}
	return out
}

const (
	barHigh    = 22.0
	barsApart  = 8.0
	hiddenWide = 20.0 // a part that is hidden: its width tells nothing
)

func (b Bars) measure(l *i18n.L, f frame) rail {
	m := rail{frame: f}
	room := f.width * 0.28
	if f.narrow {
		room = f.width
	}
	tail := 0.0
	for _, r := range b.Rows {
		lines := wrapped(r.Name, bodySize, false, room, 2)
		m.names = append(m.names, lines)
		high := max(barHigh, blockHeight(len(lines), bodySize))
		if f.narrow {
			high = barHigh + blockHeight(len(lines), bodySize) + 4
		} else {
			m.left = max(m.left, widest(lines, bodySize, false)+textGap)
		}
		m.heights = append(m.heights, high)
		below, above, hides := b.reach(r)
		m.low, m.high, m.hides = min(m.low, below), max(m.high, above), m.hides || hides
		tail = max(tail, hiddenWide+widthOf(b.tail(l, r), bodySize, true)+8)
	}
	if m.high <= m.low {
		m.high = m.low + 1
	}
	m.width = max(20, f.width-m.left-tail)
	return m
}

// reach is how far a bar goes to both sides, and whether it hides a part.
func (b Bars) reach(r Row) (below, above float64, hides bool) {
	for i := range b.Parts {
		v := r.at(i)
		n, _ := v.N()
		below, above, hides = below+min(n, 0), above+max(n, 0), hides || v.words != ""
	}
	return below, above, hides
}

// tail is what stands after a bar: its total, or why there is none.
func (b Bars) tail(l *i18n.L, r Row) string {
	if sum, ok := b.total(r); ok {
		return b.Unit.text(l, sum)
	}
	if _, _, hides := b.reach(r); hides {
		return "?"
	}
	return "–"
}

func (b Bars) page(l *i18n.L, m rail, first, last int) scene {
	s := scene{w: m.frame.width}
	for i := first; i < last; i++ {
		high := m.heights[i]
		bar := s.h + (high-barHigh)/2
		name := label{x: m.left - textGap, y: s.h + high/2, size: bodySize, anchor: end, tone: inkTone}
		if m.frame.narrow {
			bar = s.h + high - barHigh
			name = label{y: s.h + (high-barHigh-4)/2, size: bodySize, tone: inkTone}
		}
		s.writeLines(m.names[i], name)
		b.bar(l, &s, m, b.Rows[i], bar)
		s.h += high + barsApart
	}
	if m.low < 0 {
		s.draw(through("axis", false, point{m.x(0), 0}, point{m.x(0), s.h - barsApart + 2}))
	}
	return s
}

// alone tells that a row has one part to draw and nothing else: its total says the
// same number.
func (b Bars) alone(r Row) bool {
	drawn := 0
	for i := range b.Parts {
		if n, ok := r.at(i).N(); ok && n != 0 || r.at(i).words != "" {
			drawn++
		}
	}
	return drawn < 2
}

// bar draws the parts of a row from nought outwards, and its total at the end.
func (b Bars) bar(l *i18n.L, s *scene, m rail, r Row, y float64) {
	below, above, alone := 0.0, 0.0, b.alone(r)
	for i, name := range b.Parts {
		n, ok := r.at(i).N()
		if !ok || n == 0 {
			continue
		}
		from := above
		if n < 0 {
			from = below + n
			below = from
		} else {
			above += n
		}
		value := b.Unit.text(l, n)
		part := rect{x: m.x(from), y: y, w: m.x(from+max(n, -n)) - m.x(from), h: barHigh, paint: partPaint(i + 1), tip: r.Name + " – " + name + ": " + value}
		part.w = max(part.w-1, 1)
		s.draw(part)
		if !alone && widthOf(value, smallSize, true)+8 <= part.w {
			s.writeLines([]string{value}, label{x: part.x + part.w/2, y: y + barHigh/2, size: smallSize, anchor: middle, bold: true, tone: partTone + tone(strconv.Itoa(i+1)), halo: patterned(i + 1)})
		}
	}
	x := m.x(above)
	if _, _, hides := b.reach(r); hides {
		s.draw(rect{x: x, y: y, w: hiddenWide - 2, h: barHigh, paint: "hx"})
		x += hiddenWide
	}
	s.writeLines([]string{b.tail(l, r)}, label{x: x + 7, y: y + barHigh/2, size: bodySize, bold: true, tone: inkTone})
}

func partPaint(n int) paint { return paint("s" + strconv.Itoa(n)) }
