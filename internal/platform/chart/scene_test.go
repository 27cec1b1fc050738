package chart

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"kladka/internal/platform/i18n"
)

// faults are what must not be in any scene: labels that meet each other, stand
// outside, or lie across a target; shapes at places that are none.
func (s scene) faults() []string {
	var out []string
	boxes := make([]box, len(s.labels))
	for i, l := range s.labels {
		boxes[i] = l.box()
		if b := boxes[i]; b.x0 < -1 || b.y0 < -1 || b.x1 > s.w+1 || b.y1 > s.h+1 {
			out = append(out, fmt.Sprintf("%q stands outside: %.0f of %.0fx%.0f", l.text, b, s.w, s.h))
		}
		for k := range i {
			if boxes[k].grown(-0.25).meets(boxes[i].grown(-0.25)) {
				out = append(out, fmt.Sprintf("%q meets %q: %.0f %.0f", s.labels[k].text, l.text, boxes[k], boxes[i]))
			}
		}
	}
	for _, sh := range s.shapes {
		p, ok := sh.(path)
		if r, is := sh.(rect); is && (!(r.w >= 0) || !(r.h >= 0) || math.IsInf(r.x+r.w+r.y+r.h, 0) || math.IsNaN(r.x+r.y)) {
			out = append(out, fmt.Sprintf("a rectangle of %v", r))
		}
		if !ok || p.paint != "goal" && p.paint != "base" {
			continue
		}
		across := box{p.steps[0].to.x, p.steps[0].to.y - .5, p.steps[1].to.x, p.steps[0].to.y + .5}
		for i, b := range boxes {
			if b.meets(across) && s.labels[i].tone != mutedTone {
				out = append(out, fmt.Sprintf("%q lies across a target", s.labels[i].text))
			}
		}
	}
	return out
}

func check(t *testing.T, l *i18n.L, name string, p Picture) {
	t.Helper()
	for size, f := range frames() {
		for i, s := range p.layout(l, f) {
			if s.w > f.width || f.height > 0 && s.h > f.height+60 {
				t.Errorf("%s, %s, scene %d: %g by %g is too large", name, size, i, s.w, s.h)
			}
			for _, fault := range s.faults() {
				t.Errorf("%s, %s, scene %d: %s", name, size, i, fault)
			}
		}
	}
	if got := html(t, l, p); strings.Contains(got, "⟦") || strings.Contains(got, "NaN") || strings.Contains(got, "Inf") || strings.Contains(got, "style=") {
		t.Errorf("%s: broken page: %.300s", name, got)
	}
}

func TestLabelsNeverMeet(t *testing.T) {
	c := words(t)
	for _, lang := range i18n.Langs {
		for _, p := range samples() {
			check(t, c.In(lang), p.head().ID+" "+string(lang), p)
		}
	}
}

// bad are the inputs that a page may well be asked to draw.
func bad() map[string]Picture {
	long := strings.Repeat("Zespół Szkolno-Przedszkolny imienia Bohaterów ", 9)
	whole := strings.Repeat("Konstantynopolitańczykowianeczka", 20)
	names := []string{"", " ", long, whole, "Ґалаґан-Їжакевич/Єва", "💡 żarówka", "a\x00b\nc", `<script>"&`}
	var sixty []string
	for i := range 60 {
		sixty = append(sixty, fmt.Sprintf("Szkoła Podstawowa nr %d z Oddziałami Integracyjnymi", i))
	}
	odd := []Value{Num(math.NaN()), Num(math.Inf(1)), Num(-5), Int(0), Num(9e13), Num(-9e13), Num(0.004), Hidden("ukryto"), {}}
	rows := func(names []string) (out []Row) {
		for i, n := range names {
			out = append(out, Row{Name: n, Values: append(odd[i%len(odd):], odd[:i%len(odd)]...)})
		}
		return out
	}
	nought := []Row{{Name: "A", Values: numbers(3, 1, 0)}, {Name: "B"}}
	h := Head{ID: "x", Title: long, Desc: whole}
	d := Head{ID: "x", Unit: Unit{Decimals: 9, After: " godz. zegarowych"}}
	out := map[string]Picture{
		"heat none": HeatMap{Head: h}, "heat names": HeatMap{h, names, rows(names)}, "heat sixty": HeatMap{h, names[:4], rowsOf(sixty, 4, 9)}, "heat many columns": HeatMap{h, sixty, rowsOf(towns(), 60, 3)},
		"heat one": HeatMap{h, []string{"x"}, []Row{{Name: "y", Values: []Value{Int(1)}}}}, "heat nought": HeatMap{h, []string{"x", "y"}, nought}, "heat decimals": HeatMap{d, names, rows(names)},
		"line none": Line{Head: h, At: names}, "line one": Line{Head: h, At: []string{"2026"}, Lines: []Row{{Values: []Value{Int(7)}}}}, "line names": Line{Head: h, At: names, Lines: rows(names), Target: Mark{whole, Int(3)}, Base: Mark{long, Int(3)}},
		"line many": Line{Head: d, At: sixty, Lines: rowsOf(sixty[:9], 60, 900), Target: Mark{"cel", Int(450)}}, "line flat": Line{Head: h, At: sixty[:5], Lines: nought, Target: Mark{"cel", Int(0)}},
		"line close":   Line{Head: Head{ID: "x", Unit: Percent()}, At: sixty[:12], Lines: []Row{{Values: numbers(12, 2, 100)}}, Target: Mark{"cel", Int(50)}, Base: Mark{"początek", Int(49)}},
		"line without": Line{Head: h, Lines: rows(names)}, "line below": Line{Head: h, At: names, Lines: []Row{{Values: []Value{Int(-4), Int(-90), Int(-3)}}}},
		"bars none": Bars{Head: h}, "bars names": Bars{h, names, rows(names)}, "bars sixty": Bars{h, names[:3], rowsOf(sixty, 3, 80)}, "bars nought": Bars{h, []string{"x", "y", "z"}, nought}, "bars decimals": Bars{d, names[2:5], rows(names)},
		"flow none": Flow{Head: h}, "tiles none": TileMap{Head: h}, "tiles far": TileMap{h, []Tile{{Name: long, Col: math.MaxInt, Row: 1}, {Name: whole, Col: math.MinInt, Row: -7, Value: Num(9e13)}}},
	}
	loop := Flow{Head: h, Nodes: []Node{{"a", long, 0}, {"b", whole, 1}, {"b", "again", 5}, {"c", "", -3}}, Links: []Link{{"a", "b", Int(3)}, {"b", "a", Int(3)}, {"a", "a", Int(1)}, {"c", "b", Num(1e-9)}, {"?", "b", Int(4)}, {"a", "b", Int(-9)}, {"c", "a", Num(1e13)}}}
	wide := Flow{Head: d}
	for i := range 60 {
		wide.Nodes = append(wide.Nodes, Node{fmt.Sprint(i), sixty[i], i % 10})
		wide.Links = append(wide.Links, Link{fmt.Sprint(i), fmt.Sprint((i + 11) % 60), Int(i)}, Link{fmt.Sprint(i), fmt.Sprint((i + 1) % 60), Int(i * 3)})
	}
	many := TileMap{Head: d}
	for i := range 60 {
		many.Tiles = append(many.Tiles, Tile{Name: sixty[i], Col: i % 12, Row: i / 12, Value: odd[i%len(odd)]})
	}
	tall := TileMap{Head: h}
	for i := range 24 {
		tall.Tiles = append(tall.Tiles, Tile{Name: towns()[i%15], Col: i % 2, Row: i, Value: Int(i)})
	}
	out["tiles tall"] = tall
	out["flow loop"], out["flow wide"], out["tiles many"] = loop, wide, many
	return out
}

func TestBadInput(t *testing.T) {
	l := words(t).In(i18n.PL)
	for name, p := range bad() {
		check(t, l, name, p)
	}
}

func TestCellsHoldTheirNumbers(t *testing.T) {
	l := words(t).In(i18n.PL)
	for _, p := range []Picture{heat(), bad()["heat decimals"], bad()["heat names"]} {
		for size, f := range frames() {
			for _, s := range p.layout(l, f) {
				for _, text := range s.labels {
					if text.bold && !within(s, text.box()) {
						t.Errorf("%s: %q does not fit its cell", size, text.text)
					}
				}
			}
		}
	}
}

func within(s scene, b box) bool {
	for _, sh := range s.shapes {
		if r, ok := sh.(rect); ok && r.x <= b.x0 && b.x1 <= r.x+r.w && r.y <= b.y0 && b.y1 <= r.y+r.h {
			return true
		}
	}
	return false
}

func TestOverlapIsFound(t *testing.T) {
	s := scene{w: 100, h: 100}
	s.write(label{x: 10, y: 50, text: "Kraków", size: 14})
	s.write(label{x: 30, y: 55, text: "Skawina", size: 14})
	s.write(label{x: 80, y: 90, text: "Niepołomice", size: 14})
	s.draw(through("goal", false, point{0, 48}, point{100, 48}))
	if got := s.faults(); len(got) != 4 {
		t.Errorf("%d faults are found: %q", len(got), got)
	}
}

func FuzzNames(f *testing.F) {
	f.Add("Kraków", "Edukacja włączająca", 3.5, 2)
	f.Add("", "\x00\xff", math.Inf(-1), -4)
	f.Add(strings.Repeat("ż", 400), "a-/b", 1e300, 9)
	l := words(f).In(i18n.UK)
	f.Fuzz(func(t *testing.T, a, b string, n float64, k int) {
		h, rows := Head{ID: "x", Title: a, Unit: Unit{Decimals: k}}, []Row{{Name: a, Values: []Value{Num(n), Int(k)}}, {Name: b, Values: []Value{Int(k)}}}
		check(t, l, "heat", HeatMap{h, []string{a, b}, rows})
		check(t, l, "line", Line{Head: h, At: []string{a, b}, Lines: rows, Target: Mark{a, Num(n)}})
		check(t, l, "bars", Bars{h, []string{b, a}, rows})
		check(t, l, "flow", Flow{h, nil, []Node{{a, a, 0}, {b, b, k}}, []Link{{a, b, Num(n)}}})
		check(t, l, "tiles", TileMap{h, []Tile{{Name: a, Col: k, Value: Num(n)}, {Name: b, Row: k}}})
	})
}
