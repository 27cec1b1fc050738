package chart

import (
	"math"
	"strconv"

	"kladka/internal/platform/i18n"
	"kladka/internal/platform/pdf"
)

// paperFrame is as wide as a page: letters come out at some nine points.
const paperFrame = 800.0

// DrawPDF draws the same picture in a paper, with its title and description. A
// long one goes on over several pages, its heads repeated. TablePDF adds the
// table, where the paper is to hold the numbers as well.
func DrawPDF(d *pdf.Document, l *i18n.L, p Picture) {
	h := p.head()
	const perUnit = pdf.Wide / paperFrame
	scenes := p.layout(l, frame{width: paperFrame, height: (pdf.High - 40) / perUnit})
	if len(scenes) > 0 {
		d.Room(min(pdf.High, 28+scenes[0].h*perUnit))
	}
	d.Heading(3, h.Title)
	if h.Desc != "" {
		d.Paragraph(h.Desc)
	}
	if len(scenes) == 0 {
		d.Paragraph(l.T("chart.empty"))
		return
	}
	for _, s := range scenes {
		if s.h > 0 {
			d.Picture(s.w, s.h, s.paper)
			d.Space(sceneGap * perUnit)
		}
	}
}

// columnsOnPaper is how many columns of numbers a page has room for.
const columnsOnPaper = 6

// TablePDF writes the data of a picture as a table. Columns that do not fit
// stand in further tables below, with the names again.
func TablePDF(d *pdf.Document, l *i18n.L, p Picture) {
	t := p.table(l)
	for first := 1; first < len(t.heads); first += columnsOnPaper {
		last := min(first+columnsOnPaper, len(t.heads))
		columns := []pdf.Column{{Title: t.heads[0], Share: 2}}
		for i := first; i < last; i++ {
			columns = append(columns, pdf.Column{Title: t.heads[i], Right: i > t.words})
		}
		rows := make([][]string, len(t.rows))
		for i, r := range t.rows {
			rows[i] = append([]string{r.name}, r.cells[first-1:last-1]...)
		}
		d.Table(columns, rows)
	}
}

// paper draws a scene with the colors of paper.
func (s scene) paper(c *pdf.Canvas) {
	colors := palette()
	for _, sh := range s.shapes {
		look := colors[paintOf(sh)]
		switch sh := sh.(type) {
		case rect:
			c.Rect(sh.x, sh.y, sh.w, sh.h, sh.r, look.paint)
			if h, ok := hatches()[sh.paint]; ok {
				c.Within(sh.x, sh.y, sh.w, sh.h, func() { hatched(c, sh, h, look) })
			}
		case disk:
			c.Circle(sh.x, sh.y, sh.r, look.paint)
		case path:
			c.Path(sh.paperSteps(), sh.closed, look.paint)
		}
	}
	for _, l := range s.labels {
		at := map[anchor]float64{start: 0, middle: 0.5, end: 1}[l.anchor]
		c.Text(l.x, l.y, l.text, pdf.Ink{Size: l.size, Bold: l.bold, Color: toneColors()[l.tone], Align: at, Upward: l.turned})
	}
}

func (s path) paperSteps() []pdf.Step {
	out := make([]pdf.Step, len(s.steps))
	for i, p := range s.steps {
		out[i] = pdf.Step{X: p.to.x, Y: p.to.y, Curve: p.curved, X1: p.c1.x, Y1: p.c1.y, X2: p.c2.x, Y2: p.c2.y}
	}
	return out
}

// hatched draws the lines of a pattern over a rectangle.
func hatched(c *pdf.Canvas, r rect, h hatch, look ink) {
	angle := h.angle * math.Pi / 180
	cos, sin := math.Cos(angle), math.Sin(angle)
	mid, reach := point{r.x + r.w/2, r.y + r.h/2}, math.Hypot(r.w, r.h)/2
	for k := -math.Floor(reach / h.every); k*h.every <= reach; k++ {
		at := point{mid.x - sin*k*h.every, mid.y + cos*k*h.every}
		c.Path([]pdf.Step{{X: at.x - cos*reach, Y: at.y - sin*reach}, {X: at.x + cos*reach, Y: at.y + sin*reach}}, false,
			pdf.Paint{Line: look.hatch, Width: h.width})
	}
}

// ink is a paint on paper, with the color of its hatching.
type ink struct {
	paint pdf.Paint
	hatch *pdf.RGB
}

func hex(s string) pdf.RGB {
	n, err := strconv.ParseUint(s, 16, 32)
	if err != nil {
		panic("chart: color " + s) // written below, so the first test finds it
	}
	return pdf.RGB{R: uint8(n >> 16), G: uint8(n >> 8), B: uint8(n)}
}

// light are the colors of the style sheet in its light dress, by the names that
// they have there. A test compares them.
func light() map[string]string {
	return map[string]string{
		"ink": "17232b", "muted": "4a5a64", "card": "ffffff", "line": "d8d5cb", "bad": "a8201a", "field": "5d6b74", "brand": "0b4f5c",
		"chart-h0": "f1f4f4", "chart-h1": "d6e8ea", "chart-h2": "b5d9dd", "chart-h3": "80bec6", "chart-h4": "2f7e88", "chart-h5": "0b4f5c",
		"chart-low": "17232b", "chart-high": "ffffff",
		"chart-s1": "0b4f5c", "chart-s2": "2f7e88", "chart-s3": "f2b83b", "chart-s4": "b8533c", "chart-s5": "4a5a64", "chart-s6": "7a5aa0",
		"chart-m3": "7d5200", "chart-m4": "93402c", "chart-m5": "6d7d87", "chart-m6": "9479b6",
		"chart-on1": "ffffff", "chart-on2": "ffffff", "chart-on3": "17232b", "chart-on4": "ffffff", "chart-on5": "ffffff", "chart-on6": "ffffff",
		"chart-f1": "0b4f5c", "chart-f2": "2f7e88", "chart-f3": "f2b83b", "chart-f4": "b8533c", "chart-f5": "4a5a64", "chart-f6": "7a5aa0",
		"chart-l3": "7d5200",
	}
}

func colorOf(name string) *pdf.RGB {
	c := hex(light()[name])
	return &c
}

func palette() map[paint]ink {
	lined := func(name string, width float64, dashes ...float64) ink {
		return ink{paint: pdf.Paint{Line: colorOf(name), Width: width, Dashes: dashes}}
	}
	all := map[paint]ink{
		"grid": lined("line", 1), "axis": lined("field", 1), "goal": lined("bad", 2, 7, 5), "base": lined("muted", 1.6, 2, 4),
		"node": {paint: pdf.Paint{Fill: colorOf("muted")}}, "last": {paint: pdf.Paint{Fill: colorOf("brand")}}, "spark": lined("brand", 2),
		"hn": lined("field", 1, 2, 3), "hx": {paint: pdf.Paint{Fill: colorOf("card"), Line: colorOf("field"), Width: 1}, hatch: colorOf("field")},
		"f0": {paint: pdf.Paint{Fill: colorOf("chart-f2"), Alpha: ribbonAlpha}},
	}
	for i := range mostParts {
		n := strconv.Itoa(i + 1)
		color, line := "chart-s"+n, "chart-s"+n
		if n == "3" {
			line = "chart-l3"
		}
		part := ink{paint: pdf.Paint{Fill: colorOf(color)}}
		if patterned(i + 1) {
			part.hatch = colorOf("chart-m" + n)
			part.paint.Line, part.paint.Width = part.hatch, 1
		}
		all[partPaint(i+1)] = part
		all[paint("f"+n)] = ink{paint: pdf.Paint{Fill: colorOf("chart-f" + n), Alpha: ribbonAlpha}}
		all[linePaint(i+1)] = lined(line, 3, lineDashes(i+1)...)
		all[paint("d"+n)] = ink{paint: pdf.Paint{Fill: colorOf("card"), Line: colorOf(line), Width: 2.6}}
	}
	for k := range steps + 1 {
		all[shade(k)] = ink{paint: pdf.Paint{Fill: colorOf("chart-" + string(shade(k)))}}
	}
	return all
}

// ribbonAlpha is the strength of the bands of a flow, as in the style sheet.
const ribbonAlpha = 0.38

// lineDashes are those of the style sheet: lines differ in more than color.
func lineDashes(line int) []float64 {
	return [][]float64{nil, {9, 5}, {2, 4}, {12, 4, 2, 4}, {5, 3}, {1, 3}}[line-1]
}

func toneColors() map[tone]pdf.RGB {
	all := map[tone]pdf.RGB{
		inkTone: *colorOf("ink"), mutedTone: *colorOf("muted"), goalTone: *colorOf("bad"),
		highTone: *colorOf("chart-high"), lowTone: *colorOf("chart-low"), noneTone: *colorOf("muted"),
	}
	for i := range mostParts {
		n := strconv.Itoa(i + 1)
		all[partTone+tone(n)] = *colorOf("chart-on" + n)
		all[lineTone+tone(n)] = *colorOf("chart-s" + n)
	}
	all[lineTone+"3"] = *colorOf("chart-l3")
	return all
}
