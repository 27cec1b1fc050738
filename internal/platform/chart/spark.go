package chart

import (
	"strings"

	"kladka/internal/platform/i18n"
)

const (
	sparkWide = 120.0
	sparkHigh = 30.0
)

// scene is the line alone, with a dot at the last value that there is.
func (s Spark) scene() scene {
	line := Row{Values: s.Values[:min(len(s.Values), max(len(s.At), 1))]}
	p := plot{moments: len(line.Values), left: -6, right: sparkWide + 6, top: 5, bottom: sparkHigh - 5}
	any := false
	for _, v := range line.Values {
		if n, ok := v.N(); ok {
			if !any {
				p.low, p.high = n, n
			}
			any, p.low, p.high = true, min(p.low, n), max(p.high, n)
		}
	}
	if p.high <= p.low {
		p.low, p.high = p.low-1, p.high+1
	}
	out := scene{w: sparkWide + 6, h: sparkHigh}
	var last []point
	for _, run := range p.runs(line) {
		if len(run) > 1 {
			out.draw(through("spark", false, run...))
		} else {
			out.draw(disk{run[0].x, run[0].y, 1.6, "d1"})
		}
		last = run
	}
	if len(last) > 0 {
		at := last[len(last)-1]
		out.draw(disk{min(at.x, sparkWide+2), at.y, 3.4, "last"})
	}
	return out
}

// words are all values with their moments.
func (s Spark) words(l *i18n.L) string {
	var all []string
	for i, v := range s.Values {
		if i < len(s.At) {
			all = append(all, s.At[i]+": "+v.in(l, s.Unit))
		}
	}
	if len(all) == 0 {
		all = []string{l.T("chart.none")}
	}
	return strings.Join(append([]string{s.Name}, all...), "; ")
}

// last is the last value that there is, as people read it.
func (s Spark) last(l *i18n.L) string {
	for i := len(s.Values) - 1; i >= 0; i-- {
		if _, ok := s.Values[i].N(); ok {
			return s.Values[i].in(l, s.Unit)
		}
	}
	return "–"
}
