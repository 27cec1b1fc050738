package chart

import (
	"cmp"
	"slices"
	"strconv"

	"kladka/internal/platform/i18n"
)

func (c Flow) table(l *i18n.L) table {
	t := table{heads: []string{l.T("chart.from"), l.T("chart.to"), l.T("chart.value")}, words: 1}
	for _, k := range c.Links {
		t.rows = append(t.rows, tableRow{name: c.nodeName(k.From), cells: []string{c.nodeName(k.To), k.Value.in(l, c.Unit)}})
	}
	return t
}

func (c Flow) nodeName(id string) string {
	for _, n := range c.Nodes {
		if n.ID == id {
			return n.Name
		}
	}
	return id
}

func (c Flow) summary(l *i18n.L) string {
	e := extremes{unit: c.Unit}
	for _, k := range c.Links {
		e.add(k.Value, c.nodeName(k.From)+" → "+c.nodeName(k.To))
	}
	return e.words(l)
}

// stop is a node as it is drawn.
type stop struct {
	Node
	rank        int // of its stage among those that are drawn
	into, from  float64
	lines       []string
	x, y, h     float64
	slot        float64 // the height it takes with its label
	paint       paint
	used, spent float64 // heights of the bands that are drawn already: left, right
}

func (s stop) size() float64 { return max(s.into, s.from) }

type band struct {
	from, to *stop
	n        float64
}

const (
	mostStages = 6
	nodeWide   = 12.0
	nodeGap    = 12.0
	flowHigh   = 250.0 // of the bars of the fullest stage together
)

// drawn are the bands that can be drawn, with their nodes stage by stage.
func (c Flow) drawn() (stages [][]*stop, bands []band) {
	byID := map[string]*stop{}
	for _, n := range c.Nodes {
		if byID[n.ID] == nil {
			byID[n.ID] = &stop{Node: n}
		}
	}
	for _, k := range c.Links {
		from, to := byID[k.From], byID[k.To]
		n, ok := k.Value.N()
		if from == nil || to == nil || !ok || n <= 0 || from.Stage >= to.Stage {
			continue
		}
		from.from += n
		to.into += n
		bands = append(bands, band{from, to, n})
	}
	byStage := map[int][]*stop{}
	for _, n := range c.Nodes {
		if s := byID[n.ID]; s.size() > 0 && !slices.Contains(byStage[s.Stage], s) {
			byStage[s.Stage] = append(byStage[s.Stage], s)
		}
	}
	for _, list := range byStage {
		stages = append(stages, list)
	}
	slices.SortFunc(stages, func(a, b []*stop) int { return cmp.Compare(a[0].Stage, b[0].Stage) })
	return stages, bands
}

// firstStages leaves out what leads beyond the sixth stage.
func (c Flow) firstStages() Flow {
	var all []int
	stage := map[string]int{}
	for _, n := range c.Nodes {
		all, stage[n.ID] = append(all, n.Stage), n.Stage
	}
	slices.Sort(all)
	if all = slices.Compact(all); len(all) > mostStages {
		c.Links = slices.DeleteFunc(slices.Clone(c.Links), func(k Link) bool { return stage[k.To] >= all[mostStages] })
	}
	return c
}

// layout is one scene: stages from left to right, in each the nodes in the order
// of the caller. A node takes at least the height of its label, so that labels
// never meet; on narrow screens they stand above their nodes.
func (c Flow) layout(l *i18n.L, f frame) []scene {
	stages, bands := c.firstStages().drawn()
	if len(bands) == 0 {
		return nil
	}
	m := c.measure(l, f, stages)
	s := scene{w: f.width, h: m.top + m.high}
	m.drawHeads(&s)
	m.placeNodes(stages)
	c.drawBands(l, &s, m, bands)
	for _, list := range stages {
		for _, n := range list {
			s.draw(rect{x: n.x, y: n.y, w: nodeWide, h: n.h, r: 1.5, paint: n.paint, tip: n.Name + ": " + c.Unit.text(l, n.size())})
			m.writeName(&s, n)
		}
	}
	return []scene{s}
}

// channel is the measure of a flow.
type channel struct {
	frame       frame
	stages      int
	left, right float64 // of the first and the last column of nodes
	labelW      []float64
	top, high   float64
	perUnit     float64
	heads       [][]string
}

func (m channel) x(rank int) float64 {
	if m.stages < 2 {
		return m.left
	}
	return m.left + (m.right-m.left)*float64(rank)/float64(m.stages-1)
}

func (c Flow) measure(l *i18n.L, f frame, stages [][]*stop) channel {
	m := channel{frame: f, stages: len(stages), right: f.width - nodeWide}
	greatest := 0.0
	for rank, list := range stages {
		sum, wide := 0.0, 0.0
		for i, n := range list {
			n.rank, n.paint = rank, "node"
			if rank == 0 {
				n.paint = partPaint(firstColors()[i%mostParts])
			}
			n.lines = named(n.Name, "("+c.Unit.text(l, n.size())+")", m.roomOf(rank))
			sum, wide = sum+n.size(), max(wide, widest(n.lines, bodySize, false))
		}
		greatest = max(greatest, sum)
		m.labelW = append(m.labelW, wide)
	}
	m.perUnit = flowHigh / greatest
	if !f.narrow {
		m.left = m.labelW[0] + 8
		m.right = f.width - m.labelW[m.stages-1] - 8 - nodeWide
	}
	for _, list := range stages {
		m.high = max(m.high, m.slots(list))
	}
	m.measureHeads(c, stages)
	return m
}

// firstColors are the parts whose colors the first stage has: those first that
// differ most from the bands of the stages after it.
func firstColors() [mostParts]int { return [...]int{1, 4, 3, 6, 5, 2} }

// roomOf is how wide the names of a stage may be, so that those of its neighbors
// do not meet them.
func (m channel) roomOf(rank int) float64 {
	gaps := float64(m.stages - 1)
	if m.frame.narrow {
		return min(m.frame.width/(gaps+1)-8, m.frame.width/gaps*2/3-8)
	}
	side := min(m.frame.width*0.24, m.frame.width/gaps*0.45)
	if rank == 0 || rank == m.stages-1 {
		return side
	}
	return (m.frame.width-2*side-16-nodeWide)/gaps - nodeWide - 20
}

// named breaks a name into lines and keeps its number whole at the end.
func named(name, number string, width float64) []string {
	lines := wrapped(name, bodySize, false, width, 3)
	if n := len(lines); n > 0 && widthOf(lines[n-1]+" "+number, bodySize, false) <= width {
		lines[n-1] += " " + number
		return lines
	}
	if widthOf(number, bodySize, false) > width {
		return lines // half a number would be another number
	}
	return append(lines, number)
}

// slots gives each node of a stage its height and what it takes with its label.
func (m channel) slots(list []*stop) float64 {
	sum := -nodeGap
	for _, n := range list {
		n.h = max(2, n.size()*m.perUnit)
		text := blockHeight(len(n.lines), bodySize)
		if n.slot = max(n.h, text); m.frame.narrow {
			n.slot = n.h + text + 5
		}
		sum += n.slot + nodeGap
	}
	return sum
}

func (m *channel) measureHeads(c Flow, stages [][]*stop) {
	width := m.frame.width/float64(m.stages-1)*2/3 - 8
	for _, list := range stages {
		var lines []string
		if at := list[0].Stage; at >= 0 && at < len(c.Stages) {
			lines = wrapped(c.Stages[at], smallSize, true, width, 2)
			m.top = max(m.top, blockHeight(len(lines), smallSize)+10)
		}
		m.heads = append(m.heads, lines)
	}
}

// drawHeads writes the names of the stages above their nodes.
func (m channel) drawHeads(s *scene) {
	for rank, lines := range m.heads {
		at := label{x: m.frame.width * float64(rank) / float64(max(1, m.stages-1)), size: smallSize, bold: true, tone: mutedTone,
			y: (m.top - 10) / 2, anchor: m.side(rank)}
		s.writeLines(lines, at)
	}
}

// side keeps what belongs to the first and the last stage within the picture.
func (m channel) side(rank int) anchor {
	switch rank {
	case 0:
		return start
	case m.stages - 1:
		return end
	}
	return middle
}

// placeNodes spreads the nodes of each stage over the height, not too far.
func (m channel) placeNodes(stages [][]*stop) {
	for rank, list := range stages {
		rest := m.high - m.slots(list)
		gap := min(rest/float64(max(1, len(list)-1)), 36)
		y := m.top + (rest-gap*float64(len(list)-1))/2
		for _, n := range list {
			n.x, n.y = m.x(rank), y+(n.slot-n.h)/2
			if m.frame.narrow {
				n.y = y + n.slot - n.h
			}
			y += n.slot + nodeGap + gap
		}
	}
}

func (c Flow) drawBands(l *i18n.L, s *scene, m channel, bands []band) {
	sorted := slices.Clone(bands)
	slices.SortStableFunc(sorted, func(a, b band) int {
		return cmp.Or(cmp.Compare(a.to.rank, b.to.rank), cmp.Compare(a.to.y, b.to.y))
	})
	leaves := make(map[int]float64, len(sorted)) // by place in sorted: where the band leaves its node
	for i, b := range sorted {
		leaves[i] = b.from.y + b.from.spent
		b.from.spent += b.n * m.perUnit
	}
	order := make([]int, len(sorted))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(sorted[a].from.rank, sorted[b].from.rank), cmp.Compare(sorted[a].from.y, sorted[b].from.y))
	})
	for _, i := range order {
		b := sorted[i]
		high := max(1, b.n*m.perUnit)
		look := paint("f0")
		if b.from.rank == 0 {
			look = paint("f" + strconv.Itoa(int(b.from.paint[1]-'0')))
		}
		ribbon := ribbonOf(point{b.from.x + nodeWide, leaves[i]}, point{b.to.x, b.to.y + b.to.used}, high, look)
		ribbon.tip = b.from.Name + " → " + b.to.Name + ": " + c.Unit.text(l, b.n)
		s.draw(ribbon)
		b.to.used += b.n * m.perUnit
	}
}

// ribbonOf is a band of even height from one point to another.
func ribbonOf(a, b point, high float64, look paint) path {
	mid := (a.x + b.x) / 2
	return path{paint: look, closed: true, steps: []step{
		{to: a},
		{to: b, curved: true, c1: point{mid, a.y}, c2: point{mid, b.y}},
		{to: point{b.x, b.y + high}},
		{to: point{a.x, a.y + high}, curved: true, c1: point{mid, b.y + high}, c2: point{mid, a.y + high}},
	}}
}

func (m channel) writeName(s *scene, n *stop) {
	at := label{x: n.x - 8, y: n.y + n.h/2, size: bodySize, anchor: end, tone: inkTone, halo: true}
	switch {
	case m.frame.narrow:
		at.y = n.y - 5 - blockHeight(len(n.lines), bodySize)/2
		at.x, at.anchor = map[anchor]float64{start: n.x, middle: n.x + nodeWide/2, end: n.x + nodeWide}[m.side(n.rank)], m.side(n.rank)
	case n.rank > 0:
		at.x, at.anchor = n.x+nodeWide+8, start
	}
	s.writeLines(n.lines, at)
}
