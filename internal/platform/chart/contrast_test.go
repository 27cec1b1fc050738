package chart

import (
	"fmt"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"kladka/internal/platform/pdf"
)

var (
	tokenRule = regexp.MustCompile(`--([a-z0-9-]+):\s*(light-dark\(\s*)?#([0-9a-f]{3,8})(?:\s*,\s*#([0-9a-f]{3,8})\s*\))?;`)
	classRule = regexp.MustCompile(`(?m)^    (\.[^{\n]*)\{ ([^}]*)\}`)
)

// dress is the colors of the style sheet in one of its two dresses, by name.
type dress map[string]string

func sheet(t *testing.T) string {
	t.Helper()
	css, err := os.ReadFile("../../../assets/css/kladka.css")
	if err != nil {
		t.Fatal(err)
	}
	return string(css)
}

// dresses reads all colors that the style sheet names.
func dresses(t *testing.T) (day, night dress) {
	t.Helper()
	day, night = dress{}, dress{}
	for _, m := range tokenRule.FindAllStringSubmatch(sheet(t), -1) {
		day[m[1]], night[m[1]] = full(m[3]), full(m[3])
		if m[4] != "" {
			night[m[1]] = full(m[4])
		}
	}
	return day, night
}

func full(s string) string {
	if len(s) == 3 {
		return strings.Join([]string{s[:1], s[:1], s[1:2], s[1:2], s[2:], s[2:]}, "")
	}
	return s
}

// color is the color that a name has, or a mixture "name over name".
func (d dress) color(t *testing.T, name string) [3]float64 {
	t.Helper()
	if top, below, mixed := strings.Cut(name, " over "); mixed {
		a, b := d.color(t, top), d.color(t, below)
		for i := range a {
			a[i] = a[i]*ribbonAlpha + b[i]*(1-ribbonAlpha)
		}
		return a
	}
	if len(d[name]) != 6 {
		t.Fatalf("the style sheet names no color %q: %q", name, d[name])
	}
	var out [3]float64
	for i := range out {
		n, err := strconv.ParseUint(d[name][2*i:2*i+2], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		out[i] = float64(n) / 255
	}
	return out
}

func luminance(c [3]float64) float64 {
	for i, v := range c {
		if c[i] = v / 12.92; v > 0.04045 {
			c[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	return 0.2126*c[0] + 0.7152*c[1] + 0.0722*c[2]
}

func contrast(a, b [3]float64) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// pair is what must be told apart: letters from their ground by 4.5, shapes by 3.
type pair struct {
	front, ground string
	least         float64
}

func pairs() []pair {
	const letters, shapes = 4.5, 3
	all := []pair{{"ink", "card", letters}, {"muted", "card", letters}, {"bad", "card", letters}, {"field", "card", shapes}, {"brand", "card", shapes}, {"chart-l3", "card", letters}}
	for level := range steps + 1 {
		ground := map[tone]string{lowTone: "chart-low", highTone: "chart-high"}[toneOn(level)]
		all = append(all, pair{ground, "chart-" + string(shade(level)), letters})
	}
	for part := 1; part <= mostParts; part++ {
		n := strconv.Itoa(part)
		all = append(all, pair{"chart-on" + n, "chart-s" + n, letters})
		if part != 3 {
			all = append(all, pair{"chart-s" + n, "card", letters}) // numbers of lines have their color
		} else {
			all = append(all, pair{"chart-m3", "chart-s3", shapes}) // yellow has an edge and hatching instead
		}
		for other := 1; other <= mostParts; other++ {
			all = append(all, pair{"ink", fmt.Sprintf("chart-f%s over chart-f%d over card", n, other), letters})
		}
	}
	return all
}

func TestContrast(t *testing.T) {
	day, night := dresses(t)
	for name, d := range map[string]dress{"light": day, "dark": night} {
		for _, p := range pairs() {
			if got := contrast(d.color(t, p.front), d.color(t, p.ground)); got < p.least {
				t.Errorf("%s: %s on %s has %.2f, not %.1f", name, p.front, p.ground, got, p.least)
			}
		}
	}
}

// TestShadesRise sees that a greater number is darker by day and lighter by night.
func TestShadesRise(t *testing.T) {
	day, night := dresses(t)
	for level := 1; level <= steps; level++ {
		last, this := "chart-"+string(shade(level-1)), "chart-"+string(shade(level))
		if r := contrast(day.color(t, last), day.color(t, this)); luminance(day.color(t, this)) >= luminance(day.color(t, last)) || r < 1.1 {
			t.Errorf("by day %s is not darker than %s: %.2f", this, last, r)
		}
		if r := contrast(night.color(t, last), night.color(t, this)); luminance(night.color(t, this)) <= luminance(night.color(t, last)) || r < 1.1 {
			t.Errorf("by night %s is not lighter than %s: %.2f", this, last, r)
		}
	}
}

func TestContrastIsFound(t *testing.T) {
	d := dress{"a": "ffffff", "b": "767676", "c": "000000"}
	if got := contrast(d.color(t, "a"), d.color(t, "b")); math.Abs(got-4.54) > 0.01 {
		t.Errorf("white on grey has %.3f", got)
	}
	if got := contrast(d.color(t, "a"), d.color(t, "c")); math.Abs(got-21) > 0.01 {
		t.Errorf("white on black has %.3f", got)
	}
}

// TestPaperHasTheColorsOfDay compares the colors of papers with the style sheet,
// name by name, and that classes mean the same in both.
func TestPaperHasTheColorsOfDay(t *testing.T) {
	day, _ := dresses(t)
	for name, color := range light() {
		if day[name] != color {
			t.Errorf("%s is %s on pages and %s on papers", name, day[name], color)
		}
	}
	if !strings.Contains(sheet(t), fmt.Sprintf("fill-opacity: %s }", strings.TrimPrefix(fmt.Sprint(ribbonAlpha), "0"))) {
		t.Error("bands have another strength in papers")
	}
}

// TestClasses sees that whatever a scene is drawn with is in the style sheet.
func TestClasses(t *testing.T) {
	known := map[string]bool{}
	for _, m := range classRule.FindAllStringSubmatch(sheet(t), -1) {
		for _, class := range regexp.MustCompile(`\.([a-z0-9]+)`).FindAllStringSubmatch(m[1], -1) {
			known[class[1]] = true
		}
	}
	l := words(t).In("pl")
	paper := palette()
	used := map[string]bool{}
	for _, p := range samples() {
		for _, s := range p.layout(l, frame{width: wideFrame}) {
			for _, sh := range s.shapes {
				used[string(paintOf(sh))] = true
				if look := paper[paintOf(sh)]; look.paint.Fill == nil && look.paint.Line == nil {
					t.Errorf("papers do not know %q", paintOf(sh))
				}
			}
			for _, text := range s.labels {
				if used[string(text.tone)] = true; toneColors()[text.tone] == (pdf.RGB{}) {
					t.Errorf("papers do not know the letters %q", text.tone)
				}
			}
		}
	}
	delete(used, string(inkTone)) // letters as such
	for class := range used {
		if !known[class] {
			t.Errorf("the style sheet does not know %q", class)
		}
	}
}
