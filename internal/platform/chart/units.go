package chart

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"kladka/internal/platform/i18n"
)

// beyond is what no picture can place beside other numbers.
const beyond = 1e14

func (u Unit) decimals() int { return min(max(u.Decimals, 0), 4) }

func (u Unit) factor() float64 { return math.Pow10(u.decimals()) }

// whole is a number in the smallest unit that is written, so that what reads
// alike is drawn alike.
func (u Unit) whole(n float64) int64 {
	n = min(max(n, -9*beyond), 9*beyond) // a sum may be greater than its parts
	return int64(math.Round(n * u.factor()))
}

// text writes a number in the language.
func (u Unit) text(l *i18n.L, n float64) string {
	whole, sign := u.whole(n), ""
	if whole < 0 {
		whole, sign = -whole, "−"
	}
	per := int64(u.factor())
	text := sign + l.Number(int(whole/per))
	if d := u.decimals(); d > 0 {
		point := ","
		if l.Lang == i18n.EN {
			point = "."
		}
		digits := strconv.FormatInt(whole%per, 10)
		text += point + strings.Repeat("0", d-len(digits)) + digits
	}
	return text + u.After
}

// in is a value as the table writes it.
func (v Value) in(l *i18n.L, u Unit) string {
	switch {
	case v.known:
		return u.text(l, v.n)
	case v.words != "":
		return v.words
	}
	return l.T("chart.none")
}

// at is the value of a column; missing ones are none.
func (r Row) at(i int) Value {
	if i < len(r.Values) {
		return r.Values[i]
	}
	return Value{}
}

// ticks are three to six even steps that hold both ends, none finer than the
// unit writes.
func (u Unit) ticks(low, high float64) []float64 {
	if high <= low {
		high = low + 1/u.factor()
	}
	size := math.Pow10(int(math.Floor(math.Log10((high - low) / 4))))
	for _, m := range []float64{1, 2, 5, 10} {
		if (high-low)/(size*m) <= 5 {
			size *= m
			break
		}
	}
	size = max(size, 1/u.factor())
	var all []float64
	for k := math.Floor(low / size); ; k++ {
		all = append(all, k*size)
		if k*size >= high-size/1e6 || len(all) > 12 {
			return all
		}
	}
}

// shades divides numbers into five steps of even width. Nought stands apart as
// the lightest shade, unless there are numbers below it.
type shades struct {
	unit      Unit
	low, high int64
	apart     bool
	any       bool
}

func shadesOf(u Unit, values []Value) shades {
	s := shades{unit: u, apart: true}
	for _, v := range values {
		if n, ok := v.N(); ok {
			w := u.whole(n)
			if !s.any {
				s.low, s.high = w, w
			}
			s.any, s.low, s.high = true, min(s.low, w), max(s.high, w)
		}
	}
	if s.apart = s.low >= 0; s.apart {
		s.low = min(1, s.high)
	}
	return s
}

const steps = 5

// bounds are the first and the last number of a step from 1 to 5; an empty step
// ends before it begins.
func (s shades) bounds(n int) (from, to int64) {
	count := s.high - s.low + 1
	at := func(k int64) int64 { return s.low + count/steps*k + count%steps*k/steps }
	return at(int64(n - 1)), at(int64(n)) - 1
}

// level is 0 to 5 for a number.
func (s shades) level(n float64) int {
	w := s.unit.whole(n)
	if s.apart && w == 0 {
		return 0
	}
	for k := 1; k < steps; k++ {
		if from, to := s.bounds(k); from <= to && w <= to {
			return k
		}
	}
	return steps
}

// key names the shades that a picture may show, from the lightest.
func (s shades) key(l *i18n.L) []keyItem {
	var items []keyItem
	if !s.any {
		return nil
	}
	if s.apart {
		items = append(items, keyItem{paint: "h0", text: s.unit.text(l, 0)})
	}
	per := s.unit.factor()
	for k := 1; k <= steps; k++ {
		from, to := s.bounds(k)
		if from > to || s.apart && to < 1 {
			continue
		}
		text := s.unit.text(l, float64(to)/per)
		if from < to {
			text = s.span(l, float64(from)/per, text)
		}
		items = append(items, keyItem{paint: shade(k), text: text})
	}
	return items
}

// span writes a range once with its unit: "1–8%", and with words between
// numbers below nought, where a dash would read as a sign.
func (s shades) span(l *i18n.L, from float64, to string) string {
	if s.low < 0 {
		return l.T("chart.span", "from", s.unit.text(l, from), "to", to)
	}
	return strings.TrimSuffix(s.unit.text(l, from), s.unit.After) + "–" + to
}

func shade(level int) paint { return paint("h" + strconv.Itoa(level)) }

// toneOn is the color of letters on a shade.
func toneOn(level int) tone {
	if level >= 4 {
		return highTone
	}
	return lowTone
}

// keyItem is a sample with what it means.
type keyItem struct {
	paint paint
	text  string
	line  int // 1 to 6 for the sample of a line, else 0
}

// key draws samples with their meaning, from left to right, as many lines as it
// takes.
func key(items []keyItem, f frame, size float64) scene {
	const sample, inner, apart = 22.0, 7.0, 20.0
	s := scene{w: f.width}
	x, y, high := 0.0, 0.0, size*1.65
	for _, item := range items {
		text := wrapped(item.text, size, false, f.width-sample-inner, 1)
		w := sample + inner + widest(text, size, false)
		if x > 0 && x+w > f.width {
			x, y = 0, y+high
		}
		if item.line > 0 {
			s.draw(through(linePaint(item.line), false, point{x, y + high/2}, point{x + sample, y + high/2}))
			s.draw(dotOf(item.line, point{x + sample/2, y + high/2}, 4))
		} else {
			s.draw(rect{x: x, y: y + high/2 - 7.5, w: sample, h: 15, r: 3, paint: item.paint})
		}
		s.writeLines(text, label{x: x + sample + inner, y: y + high/2, size: size, tone: inkTone})
		x += w + apart
	}
	if s.h = y + high; len(items) == 0 {
		s.h = 0
	}
	return s
}

// lacking are the key's last items: places without a number.
func lacking(l *i18n.L, values []Value) []keyItem {
	var items []keyItem
	if slices.ContainsFunc(values, func(v Value) bool { return v.words != "" }) {
		items = append(items, keyItem{paint: "hx", text: l.T("chart.key.hidden")})
	}
	if slices.ContainsFunc(values, func(v Value) bool { return !v.known && v.words == "" }) {
		items = append(items, keyItem{paint: "hn", text: l.T("chart.none")})
	}
	return items
}
