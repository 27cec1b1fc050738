package chart

import (
	"slices"
	"strconv"
	"strings"

	"kladka/internal/platform/i18n"
)

func (c Line) table(l *i18n.L) table {
	t := table{heads: []string{c.names(l)}}
	for i, line := range c.Lines {
		t.heads = append(t.heads, c.lineName(l, i, line))
	}
	marks := c.marks()
	for _, m := range marks {
		t.heads = append(t.heads, m.Name)
	}
	for i, at := range c.At {
		row := tableRow{name: at}
		for _, line := range c.Lines {
			row.cells = append(row.cells, line.at(i).in(l, c.Unit))
		}
		for _, m := range marks {
			row.cells = append(row.cells, m.Value.in(l, c.Unit))
		}
		t.rows = append(t.rows, row)
	}
	return t
}

func (c Line) lineName(l *i18n.L, i int, line Row) string {
	switch {
	case line.Name != "":
		return line.Name
	case len(c.Lines) == 1:
		return l.T("chart.value")
	}
	return l.T("chart.value") + " " + l.Number(i+1)
}

// marks are the levels that have a value.
func (c Line) marks() []Mark {
	return slices.DeleteFunc([]Mark{c.Target, c.Base}, func(m Mark) bool { return !m.Value.known })
}

func (c Line) summary(l *i18n.L) string {
	text := ""
	for i, line := range c.Lines {
		first, last := -1, -1
		for k := range c.At {
			if _, ok := line.at(k).N(); ok && first < 0 {
				first = k
			}
			if _, ok := line.at(k).N(); ok {
				last = k
			}
		}
		if first < 0 || i >= mostParts {
			continue
		}
		text += l.T("chart.says.line", "name", c.lineName(l, i, line), "first", line.at(first).in(l, c.Unit), "at", c.At[first],
			"last", line.at(last).in(l, c.Unit), "until", c.At[last]) + " "
	}
	if text == "" {
		return l.T("chart.empty")
	}
	for _, m := range c.marks() {
		text += l.T("chart.says.mark", "name", m.Name, "value", m.Value.in(l, c.Unit)) + " "
	}
	return text
}

// plot is the measure of lines: where moments and numbers stand.
type plot struct {
	frame       frame
	left, right float64
	top, bottom float64
	low, high   float64
	moments     int
	lines       []Row // at most six
	ticks       []float64
}

func (p plot) x(i int) float64 {
	if p.moments < 2 {
		return (p.left + p.right) / 2
	}
	return p.left + 12 + (p.right-p.left-24)*float64(i)/float64(p.moments-1)
}

func (p plot) y(n float64) float64 {
	return p.bottom - (p.bottom-p.top)*(n-p.low)/(p.high-p.low)
}

// layout is one scene. The labels of values look for a free place beside their
// point; the last of each line first. One that finds none is left to the table.
func (c Line) layout(l *i18n.L, f frame) []scene {
	lines := c.Lines[:min(len(c.Lines), mostParts)]
	if !c.drawable(lines) {
		return nil
	}
	legend := scene{}
	if len(lines) > 1 {
		var items []keyItem
		for i, line := range lines {
			items = append(items, keyItem{text: c.lineName(l, i, line), line: i + 1})
		}
		legend = key(items, f, smallSize)
	}
	p := c.measure(l, f, lines)
	s := scene{w: f.width}
	c.drawGrid(l, &s, p)
	c.drawMoments(&s, p)
	marks := c.drawMarks(l, &s, p)
	c.drawLines(&s, p)
	c.writeValues(l, &s, p, marks)
	if len(lines) > 1 {
		s = stacked([]scene{legend, s}, 10)
	}
	return []scene{s}
}

func (c Line) drawable(lines []Row) bool {
	for _, line := range lines {
		for i := range c.At {
			if _, ok := line.at(i).N(); ok {
				return true
			}
		}
	}
	return false
}

func (c Line) measure(l *i18n.L, f frame, lines []Row) plot {
	p := plot{frame: f, moments: len(c.At), lines: lines, top: 24, bottom: 264, right: f.width - 14}
	if f.narrow {
		p.bottom = 214
	}
	low, high := 0.0, 0.0
	reach := func(v Value) {
		n, _ := v.N()
		low, high = min(low, n), max(high, n)
	}
	for _, line := range lines {
		for i := range c.At {
			reach(line.at(i))
		}
	}
	for _, m := range c.marks() {
		reach(m.Value)
	}
	p.ticks = c.Unit.ticks(low, high)
	p.low, p.high = p.ticks[0], p.ticks[len(p.ticks)-1]
	for _, n := range p.ticks {
		p.left = max(p.left, widthOf(c.Unit.text(l, n), smallSize, false))
	}
	p.left += textGap
	p.right = max(p.right, p.left+60)
	return p
}

func (c Line) drawGrid(l *i18n.L, s *scene, p plot) {
	for _, n := range p.ticks {
		look := paint("grid")
		if n == 0 {
			look = "axis"
		}
		s.draw(through(look, false, point{p.left, p.y(n)}, point{p.right, p.y(n)}))
		s.writeLines([]string{c.Unit.text(l, n)}, label{x: p.left - textGap + 2, y: p.y(n), size: smallSize, anchor: end, tone: mutedTone})
	}
}

// drawMoments writes every moment, or every second, third, … when they would meet.
func (c Line) drawMoments(s *scene, p plot) {
	room := p.right - p.left
	if p.moments > 1 {
		room = p.x(1) - p.x(0)
	}
	every := 1
	for i := range c.At {
		w := min(widthOf(c.At[i], smallSize, false), 92)
		w += 8 + 2*max(0, w/2-24) // those at the ends are moved inwards
		for w > room*float64(every) && every < p.moments {
			every++
		}
	}
	most := 1
	for i := p.moments - 1; i >= 0; i -= every {
		lines := wrapped(c.At[i], smallSize, false, min(92, max(24, room*float64(every)-8)), 2)
		half := widest(lines, smallSize, false) / 2
		at := label{x: p.x(i), y: p.bottom + 12 + blockHeight(len(lines), smallSize)/2, size: smallSize, anchor: middle, tone: inkTone}
		if p.x(i)+half > p.frame.width {
			at.x, at.anchor = p.frame.width, end
		} else if p.x(i) < half {
			at.x, at.anchor = 0, start
		}
		s.writeLines(lines, at)
		s.draw(through("axis", false, point{p.x(i), p.bottom}, point{p.x(i), p.bottom + 5}))
		most = max(most, len(lines))
	}
	s.h = p.bottom + 16 + blockHeight(most, smallSize)
}

// drawMarks draws levels across the picture, each with its name and value where
// there is room beside its line, else below the picture.
func (c Line) drawMarks(l *i18n.L, s *scene, p plot) []box {
	var taken, labels []box
	for _, m := range c.marks() {
		n, _ := m.Value.N()
		taken = append(taken, box{p.left, p.y(n) - 2, p.right, p.y(n) + 2})
	}
	strokes := c.strokes(p)
	for i, m := range []Mark{c.Target, c.Base} {
		n, ok := m.Value.N()
		if !ok {
			continue
		}
		look, color := paint("goal"), goalTone
		if i == 1 {
			look, color = "base", mutedTone
		}
		s.draw(through(look, false, point{p.left, p.y(n)}, point{p.right, p.y(n)}))
		value := ": " + c.Unit.text(l, n)
		name := wrapped(m.Name, smallSize, true, p.right-p.left-widthOf(value, smallSize, true)-8, 1)
		at := label{text: strings.Join(name, "") + value, size: smallSize, bold: true, tone: color, halo: true}
		if b, ok := freePlace(&at, p, slices.Concat(taken, labels, strokes), markPlaces(p, p.y(n))); ok {
			labels = append(labels, b)
		} else {
			at.x, at.y, at.anchor = p.right, s.h+16, end // below the moments there is always room
			s.h += 22
		}
		s.write(at)
	}
	return append(taken, labels...)
}

// markPlaces are the places of the name of a level: at both ends, above and below.
func markPlaces(p plot, y float64) []place {
	return []place{
		{point{p.right, y - 6}, end}, {point{p.left + 4, y - 6}, start},
		{point{p.right, y + 16}, end}, {point{p.left + 4, y + 16}, start},
		{point{(p.left + p.right) / 2, y - 6}, middle}, {point{(p.left + p.right) / 2, y + 16}, middle},
	}
}

// place is where a label could stand.
type place struct {
	at     point
	anchor anchor
}

// freePlace moves a label to the first place that meets nothing.
func freePlace(at *label, p plot, taken []box, places []place) (box, bool) {
	for _, to := range places {
		at.x, at.y, at.anchor = to.at.x, to.at.y, to.anchor
		b := at.box()
		if b.x0 < p.left-5 || b.x1 > p.frame.width || b.y0 < 0 || b.y1 > p.bottom+4 {
			continue
		}
		if !slices.ContainsFunc(taken, b.meets) {
			return b, true
		}
	}
	return box{}, false
}

// runs are the stretches of a line without a gap.
func (p plot) runs(line Row) [][]point {
	var out [][]point
	var run []point
	for i := range p.moments {
		if n, ok := line.at(i).N(); ok {
			run = append(run, point{p.x(i), p.y(n)})
			continue
		}
		if len(run) > 0 {
			out = append(out, run)
		}
		run = nil
	}
	if len(run) > 0 {
		out = append(out, run)
	}
	return out
}

func (c Line) drawLines(s *scene, p plot) {
	for i, line := range p.lines {
		for _, run := range p.runs(line) {
			if len(run) > 1 {
				s.draw(through(linePaint(i+1), false, run...))
			}
		}
	}
	size := 5.0
	if p.moments > 24 {
		size = 2.5
	}
	for i, line := range p.lines {
		for _, run := range p.runs(line) {
			for _, at := range run {
				s.draw(dotOf(i+1, at, size))
			}
		}
	}
}

// strokes are the boxes along all lines that labels keep away from.
func (c Line) strokes(p plot) []box {
	var out []box
	for _, line := range p.lines {
		for _, run := range p.runs(line) {
			for i, at := range run {
				out = append(out, box{at.x - 6, at.y - 6, at.x + 6, at.y + 6})
				if i > 0 {
					out = append(out, along(run[i-1], at)...)
				}
			}
		}
	}
	return out
}

// along covers a stroke with small boxes.
func along(a, b point) []box {
	n := int(max(b.x-a.x, b.y-a.y, a.y-b.y)/5) + 1
	out := make([]box, 0, n+1)
	for k := range n + 1 {
		t := float64(k) / float64(n)
		at := point{a.x + (b.x-a.x)*t, a.y + (b.y-a.y)*t}
		out = append(out, box{at.x - 2.5, at.y - 2.5, at.x + 2.5, at.y + 2.5})
	}
	return out
}

// writeValues writes what the points are. Of one line all, from the last to the
// first; of several the last and the first, where all would be a thicket.
func (c Line) writeValues(l *i18n.L, s *scene, p plot, taken []box) {
	taken = append(taken, c.strokes(p)...)
	for i, line := range p.lines {
		var known []int
		for k := range p.moments {
			if _, ok := line.at(k).N(); ok {
				known = append(known, k)
			}
		}
		if len(p.lines) > 1 && len(known) > 2 {
			known = []int{known[0], known[len(known)-1]}
		}
		slices.Reverse(known)
		for _, k := range known {
			n, _ := line.at(k).N()
			at := label{text: c.Unit.text(l, n), size: smallSize, bold: true, tone: inkTone, halo: true}
			if len(p.lines) > 1 {
				at.tone = lineTone + tone(strconv.Itoa(i+1))
			}
			x, y := p.x(k), p.y(n)
			places := []place{
				{point{x, y - 11}, middle}, {point{x, y + 20}, middle}, {point{x - 9, y - 8}, end}, {point{x + 9, y - 8}, start},
				{point{x - 9, y + 16}, end}, {point{x + 9, y + 16}, start}, {point{x + 10, y + 4}, start}, {point{x - 10, y + 4}, end},
				{point{x, y - 24}, middle}, {point{x, y + 33}, middle},
			}
			if b, ok := freePlace(&at, p, taken, places); ok {
				taken = append(taken, b.grown(1))
				s.write(at)
			}
		}
	}
}

func linePaint(n int) paint { return paint("l" + strconv.Itoa(n)) }

// dotOf is the mark of a line: each line has a shape of its own.
func dotOf(line int, at point, r float64) shape {
	look := paint("d" + strconv.Itoa(line))
	around := func(points ...point) shape {
		for i, p := range points {
			points[i] = point{at.x + p.x*r, at.y + p.y*r}
		}
		return through(look, true, points...)
	}
	switch line {
	case 2:
		return around(point{-.9, -.9}, point{.9, -.9}, point{.9, .9}, point{-.9, .9})
	case 3:
		return around(point{0, -1.2}, point{1.15, .8}, point{-1.15, .8})
	case 4:
		return around(point{0, -1.3}, point{1.3, 0}, point{0, 1.3}, point{-1.3, 0})
	case 5:
		return around(point{0, 1.2}, point{1.15, -.8}, point{-1.15, -.8})
	case 6:
		return around(point{-.4, -1.2}, point{.4, -1.2}, point{.4, -.4}, point{1.2, -.4}, point{1.2, .4}, point{.4, .4},
			point{.4, 1.2}, point{-.4, 1.2}, point{-.4, .4}, point{-1.2, .4}, point{-1.2, -.4}, point{-.4, -.4})
	}
	return disk{at.x, at.y, r, look}
}
