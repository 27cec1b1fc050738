package needs

import (
	"math"
	"slices"

	"kladka/internal/platform/i18n"
)

// heatClass is how dark a cell is drawn, 0 to 5. The number in the cell says the
// same; the shade only helps the eye.
type heatClass int

// heatClasses is how many classes there are above 0.
const heatClasses = 5

// heatScale are the upper bounds of the classes 1, 2, … that are used. The last
// class has none.
type heatScale []int

// heatScaleOf chooses the bounds by the numbers that are drawn: each class takes
// about a fifth of the cells that are not 0, with bounds that people can read (1,
// 2, 3, 5 and their tens). By equal steps one big city would leave everybody else
// in the palest class.
func heatScaleOf(values []int) heatScale {
	var some []int
	for _, v := range values {
		if v > 0 {
			some = append(some, v)
		}
	}
	if len(some) == 0 {
		return nil
	}
	slices.Sort(some)
	most := some[len(some)-1]
	var s heatScale
	for n := 1; n < heatClasses; n++ {
		bound := heatRound(some[(len(some)*n-1)/heatClasses])
		if bound < most && (len(s) == 0 || bound > s[len(s)-1]) {
			s = append(s, bound)
		}
	}
	return s
}

// heatRound is the largest readable number that is not above v, v ≥ 1.
func heatRound(v int) int {
	best, unit := 1, 1
	for unit <= v {
		for _, step := range []int{1, 2, 3, 5} {
			if step*unit <= v {
				best = step * unit
			}
		}
		if unit > math.MaxInt/100 {
			break
		}
		unit *= 10
	}
	return best
}

// class of a number: 0 for none, then by the bounds. When fewer than five
// classes are used they are spread, so that the last is always the darkest.
func (s heatScale) class(v int) heatClass {
	if v <= 0 {
		return 0
	}
	at, _ := slices.BinarySearch(s, v)
	return s.shade(at)
}

// shade spreads the classes in use over the shades: one class is the middle one.
func (s heatScale) shade(at int) heatClass {
	if len(s) == 0 {
		return 3
	}
	return heatClass(1 + at*(heatClasses-1)/len(s))
}

// heatKey is one line of the legend.
type heatKey struct {
	Class heatClass
	Text  string
}

// legend says which numbers have which shade, palest first.
func (s heatScale) legend(l *i18n.L) []heatKey {
	keys := []heatKey{{0, l.Number(0)}}
	from := 1
	for n, until := range s {
		text := l.Number(from)
		if until > from {
			text += "–" + l.Number(until)
		}
		keys = append(keys, heatKey{s.shade(n), text})
		from = until + 1
	}
	return append(keys, heatKey{s.shade(len(s)), l.T("needs.heat.from", "n", l.Number(from))})
}
