package meetings

import (
	"slices"
	"strings"
)

// Clash is a place that two people changed at the same time in different ways.
// Both wordings stay in the text, one below the other, until somebody chooses.
type Clash struct {
	Theirs []string `json:"theirs"` // what was stored
	Mine   []string `json:"mine"`   // what came in
}

// merge joins what one person typed (mine) with what is stored meanwhile
// (theirs); both began with base. It is a rule of lines alone:
//
//  1. What only one of them changed is taken as that one left it.
//  2. Lines that both added at the same place stay, the stored ones first; what
//     both typed alike stands once. Two people who write below each other are
//     the usual case, and nobody is asked anything.
//  3. Where both changed the same lines in different ways, both wordings stay,
//     and the clash is returned. A deletion yields there to the wording of the
//     other: to delete again is easy, to remember is not. When all of the one
//     wording stands in the other, there is nothing to choose.
//
// So no line that somebody typed disappears.
func merge(base, mine, theirs []string) (lines []string, clashes []Clash) {
	m, t := changes(base, mine), changes(base, theirs)
	at := 0 // of base, up to which lines holds everything
	for len(m) > 0 || len(t) > 0 {
		from, to, nm, nt := together(m, t)
		lines = append(lines, base[at:from]...)
		left, right := apply(base, from, to, t[:nt]), apply(base, from, to, m[:nm])
		joined := left
		switch {
		case nt == 0:
			joined = right
		case nm > 0:
			joined = both(left, right)
			if worded(base[from:to]) && !within(left, right, joined) && !within(right, left, joined) {
				clashes = append(clashes, Clash{Theirs: left, Mine: right})
			}
		}
		lines = append(lines, joined...)
		m, t, at = m[nm:], t[nt:], to
	}
	return append(lines, base[at:]...), clashes
}

// within tells that nobody has to choose: all of the one wording stands in the
// other, as when the same words come twice.
func within(one, other, joined []string) bool {
	return slices.Equal(other, joined) && (len(one) > 0 || len(other) == 0)
}

// worded tells whether there are words in the lines: to write into an empty line
// is to add.
func worded(lines []string) bool {
	return slices.ContainsFunc(lines, func(l string) bool { return strings.TrimSpace(l) != "" })
}

// change puts lines in the stead of base[from:to].
type change struct {
	from, to int
	lines    []string
}

// meets tells whether a change belongs together with lines from:to that others
// changed: they share a line, or one is put between the lines of the other, or
// both add at the very same place. To stand side by side is no meeting.
func (c change) meets(from, to int) bool {
	if c.from == from && c.to == to {
		return true
	}
	return c.from < to && from < c.to
}

// together takes the first change, and all that meet it and each other: so many
// of mine and of theirs, and the lines of base that they cover.
func together(m, t []change) (from, to, nm, nt int) {
	if len(t) == 0 || len(m) > 0 && before(m[0], t[0]) {
		from, to, nm = m[0].from, m[0].to, 1
	} else {
		from, to, nt = t[0].from, t[0].to, 1
	}
	for grown := true; grown; {
		grown = false
		for nm < len(m) && m[nm].meets(from, to) {
			to, nm, grown = max(to, m[nm].to), nm+1, true
		}
		for nt < len(t) && t[nt].meets(from, to) {
			to, nt, grown = max(to, t[nt].to), nt+1, true
		}
	}
	return from, to, nm, nt
}

// before orders changes by where they begin; lines put before a place come
// before a change of that place.
func before(a, b change) bool {
	return a.from < b.from || a.from == b.from && a.to < b.to
}

// apply is base[from:to] after the changes, which lie in it.
func apply(base []string, from, to int, list []change) (lines []string) {
	for _, c := range list {
		lines = append(append(lines, base[from:c.from]...), c.lines...)
		from = c.to
	}
	return append(lines, base[from:to]...)
}

// both is the shortest text in which all lines of a and of b stand in their
// order. Where order is free, a goes first.
func both(a, b []string) (lines []string) {
	i, j := 0, 0
	for _, p := range append(common(a, b), pair{len(a), len(b)}) {
		lines = append(append(lines, a[i:p.a]...), b[j:p.b]...)
		if p.a < len(a) {
			lines = append(lines, a[p.a])
		}
		i, j = p.a+1, p.b+1
	}
	return lines
}

// changes tells how base became text, in the order of base.
func changes(base, text []string) (list []change) {
	i, j := 0, 0
	for _, p := range append(common(base, text), pair{len(base), len(text)}) {
		if p.a > i || p.b > j {
			list = append(list, change{i, p.a, text[j:p.b]})
		}
		i, j = p.a+1, p.b+1
	}
	return list
}

// pair is a line that two texts share, by its place in each.
type pair struct{ a, b int }

// common is a longest series of lines that both texts have in the same order.
// It takes time and room with the product of the lines between the first and
// the last difference; the bound on the length of a text keeps that small.
func common(a, b []string) (pairs []pair) {
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		pairs = append(pairs, pair{head, head})
		head++
	}
	tail := 0
	for tail < min(len(a), len(b))-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	for _, p := range longest(a[head:len(a)-tail], b[head:len(b)-tail]) {
		pairs = append(pairs, pair{head + p.a, head + p.b})
	}
	for n := tail; n > 0; n-- {
		pairs = append(pairs, pair{len(a) - n, len(b) - n})
	}
	return pairs
}

// longest is common by the table of the lengths of what follows each place.
func longest(a, b []string) (pairs []pair) {
	width := len(b) + 1
	follow := make([]int32, (len(a)+1)*width)
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			follow[i*width+j] = max(follow[(i+1)*width+j], follow[i*width+j+1])
			if a[i] == b[j] {
				follow[i*width+j] = follow[(i+1)*width+j+1] + 1
			}
		}
	}
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] == b[j]:
			pairs = append(pairs, pair{i, j})
			i, j = i+1, j+1
		case follow[(i+1)*width+j] >= follow[i*width+j+1]:
			i++
		default:
			j++
		}
	}
	return pairs
}
