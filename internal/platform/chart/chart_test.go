package chart

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"kladka/internal/platform/i18n"
	"kladka/internal/platform/pdf"
)

func page(t *testing.T, p Picture) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(html(t, words(t).In(i18n.PL), p)))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func texts(s *goquery.Selection) string {
	return strings.Join(s.Map(func(_ int, s *goquery.Selection) string { return strings.TrimSpace(s.Text()) }), "|")
}

func TestFigure(t *testing.T) {
	for _, p := range samples() {
		doc, h := page(t, p), p.head()
		if doc.Find("figure#"+h.ID+" figcaption h2").Text() != h.Title {
			t.Errorf("%s: the title is no heading", h.ID)
		}
		if h.ID == "nothing" {
			if doc.Find("svg, table").Length() > 0 || doc.Find(".chart-none").Text() != "Nie ma jeszcze danych do pokazania." {
				t.Errorf("without data: %s", texts(doc.Find("figure")))
			}
			continue
		}
		doc.Find("svg").Each(func(_ int, s *goquery.Selection) {
			for id := range strings.FieldsSeq(s.AttrOr("aria-labelledby", "none")) {
				if strings.TrimSpace(s.Find("#"+id).Text()) == "" {
					t.Errorf("%s: #%s says nothing", h.ID, id)
				}
			}
		})
		if n := doc.Find("svg[role=img]").Length(); n != 2 {
			t.Errorf("%s has %d pictures", h.ID, n)
		}
		if doc.Find("details table caption").Text() != h.Title || doc.Find("thead th[scope=col]").Length() == 0 || doc.Find("tbody th[scope=row]").Length() == 0 {
			t.Errorf("%s: the table lacks its heads", h.ID)
		}
		seen := map[string]bool{}
		doc.Find("[id]").Each(func(_ int, s *goquery.Selection) {
			if id := s.AttrOr("id", ""); seen[id] {
				t.Errorf("%s: two parts have the id %s", h.ID, id)
			} else {
				seen[id] = true
			}
		})
	}
}

func TestTables(t *testing.T) {
	doc := page(t, heat())
	if got := texts(doc.Find("tbody tr").Eq(1).Find("th, td")); got != "Wieliczka|24|19|ukryto|23|32|17" {
		t.Errorf("a row of the heat map: %s", got)
	}
	if got := doc.Find("tbody a").First().AttrOr("href", ""); got != "/plan-jakosci/gmina/0" {
		t.Errorf("its name leads to %q", got)
	}
	doc = page(t, line())
	if got := texts(doc.Find("thead th")); got != "Rok|Wartość|cel na 2027|rok wyjściowy 2021" {
		t.Errorf("heads of a line: %s", got)
	}
	doc = page(t, bars())
	if got := texts(doc.Find("tbody tr").Eq(2).Find("th, td")); got != "Skawina|1|ukryto|38|13|brak danych" {
		t.Errorf("a total gives a hidden part away: %s", got)
	}
	if got := page(t, sixParts()).Find("thead th").Length(); got != 10 {
		t.Errorf("the table has %d columns, not all parts", got)
	}
	doc = page(t, flow())
	if got := texts(doc.Find("tbody tr").First().Find("th, td")); got != "Szkoły|Diagnoza|70" || doc.Find("td:not(.n)").Length() != 14 {
		t.Errorf("a link: %s", got)
	}
}

func TestSummaries(t *testing.T) {
	l := words(t).In(i18n.PL)
	for _, c := range []struct {
		p    Picture
		want string
	}{
		{heat(), "Najwięcej: 42 (Zielonki, Kompetencje cyfrowe). Najmniej: 0 (Niepołomice, Zdrowie psychiczne)."},
		{line(), "Wartość: od 41% (2021) do 63% (2026). cel na 2027: 70%. rok wyjściowy 2021: 41%."},
		{flow(), "Najwięcej: 70 (Szkoły → Diagnoza). Najmniej: 8 (Spotkania → Bez odpowiedzi)."},
		{change(), "Najwięcej: 4,3 p.p. (Kraków). Najmniej: −2,1 p.p. (Wieliczka)."},
		{HeatMap{}, "Nie ma jeszcze danych do pokazania."},
		{TileMap{Tiles: []Tile{{Name: "Kraków", Value: Int(3)}}}, "3: Kraków."},
	} {
		if got := strings.TrimSpace(c.p.summary(l)); got != c.want {
			t.Errorf("%T: %q", c.p, got)
		}
	}
}

func TestValuesAreWritten(t *testing.T) {
	c := words(t)
	for _, x := range []struct {
		lang i18n.Lang
		v    Value
		u    Unit
		want string
	}{
		{i18n.PL, Num(0.5), Unit{Decimals: 1}, "0,5"}, {i18n.EN, Num(-0.55), Unit{Decimals: 2}, "−0.55"}, {i18n.UK, Num(-0.004), Unit{Decimals: 2}, "0,00"},
		{i18n.PL, Num(63.4), Percent(), "63%"}, {i18n.PL, Num(15000.05), Unit{Decimals: 2, After: " zł"}, "15\u00a0000,05 zł"},
		{i18n.PL, Num(math.NaN()), Unit{}, "brak danych"}, {i18n.EN, Num(math.Inf(-1)), Unit{}, "no data"}, {i18n.PL, Value{}, Unit{}, "brak danych"},
		{i18n.PL, Hidden("mniej niż 5"), Unit{}, "mniej niż 5"}, {i18n.PL, Num(1e15), Unit{}, "brak danych"},
	} {
		if got := x.v.in(c.In(x.lang), x.u); got != x.want {
			t.Errorf("%v is written %q, not %q", x.v, got, x.want)
		}
	}
}

// TestOnePartIsWrittenOnce: a bar of one part says its number at the end, and one of
// several in the parts and their sum at the end.
func TestOnePartIsWrittenOnce(t *testing.T) {
	for name, c := range map[string]struct {
		values []Value
		want   []string
	}{
		"one part":             {[]Value{Num(0), Num(46)}, []string{"46"}},
		"one part is known":    {[]Value{{}, Num(46)}, []string{"46"}},
		"two parts":            {[]Value{Num(40), Num(30)}, []string{"40", "30", "70"}},
		"a hidden part beside": {[]Value{Num(46), Hidden("mniej niż 5")}, []string{"46", "?"}},
	} {
		bars := Bars{Head: Head{ID: "one", Title: "One", Level: 2, Names: "Projekt"}, Parts: []string{"wybrany", "niewybrany"}, Rows: []Row{{Name: "Boisko", Values: c.values}}}
		doc := page(t, bars)
		for _, side := range []string{"-w", "-n"} {
			var got []string
			doc.Find("svg").Each(func(_ int, svg *goquery.Selection) {
				if strings.Contains(svg.AttrOr("aria-labelledby", ""), "one"+side) {
					svg.Find("text").Each(func(_ int, s *goquery.Selection) {
						if word := strings.TrimSpace(s.Text()); strings.Trim(word, "0123456789?") == "" {
							got = append(got, word)
						}
					})
				}
			})
			if !slices.Equal(got, c.want) {
				t.Errorf("%s, %s: %q, want %q", name, side, got, c.want)
			}
		}
	}
}

func TestShades(t *testing.T) {
	l := words(t).In(i18n.PL)
	for _, c := range []struct {
		values []float64
		unit   Unit
		want   string // levels, then the key
	}{
		{[]float64{0, 1, 8, 9, 42}, Unit{}, "0 1 1 2 5: 0|1–8|9–16|17–25|26–33|34–42"},
		{[]float64{0, 1, 2}, Unit{}, "0 3 5: 0|1|2"},
		{[]float64{0, 0}, Unit{}, "0 0: 0"},
		{[]float64{-10, 0, 10}, Unit{}, "1 3 5: od −10 do −7|od −6 do −3|od −2 do 1|od 2 do 5|od 6 do 10"},
		{[]float64{0.1, 0.94, 1}, Unit{Decimals: 1, After: "%"}, "1 5 5: 0,0%|0,1–0,2%|0,3–0,4%|0,5–0,6%|0,7–0,8%|0,9–1,0%"},
	} {
		var values []Value
		for _, n := range c.values {
			values = append(values, Num(n))
		}
		s := shadesOf(c.unit, values)
		got := ""
		for _, n := range c.values {
			got += " " + string('0'+rune(s.level(n)))
		}
		var keys []string
		for _, k := range s.key(l) {
			keys = append(keys, k.text)
		}
		if got = got[1:] + ": " + strings.Join(keys, "|"); got != c.want {
			t.Errorf("%v: %s", c.values, got)
		}
	}
}

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		unit      Unit
		want      []float64
	}{
		{0, 70, Unit{}, []float64{0, 20, 40, 60, 80}}, {0, 3, Unit{}, []float64{0, 1, 2, 3}}, {0, 0, Unit{}, []float64{0, 1}},
		{-3, 7, Unit{}, []float64{-4, -2, 0, 2, 4, 6, 8}}, {0, 0.4, Unit{Decimals: 1}, []float64{0, 0.1, 0.2, 0.30000000000000004, 0.4}},
	} {
		if got := c.unit.ticks(c.low, c.high); !slices.Equal(got, c.want) {
			t.Errorf("%g to %g: %v", c.low, c.high, got)
		}
	}
}

func TestFlowKeepsItsAmounts(t *testing.T) {
	l := words(t).In(i18n.PL)
	for _, s := range flow().layout(l, frame{width: wideFrame}) {
		out, in := map[float64]float64{}, map[float64]float64{} // heights of bands by the edge they stand at
		for _, sh := range s.shapes {
			if p, ok := sh.(path); ok {
				high := p.steps[3].to.y - p.steps[0].to.y
				out[p.steps[0].to.x] += high
				in[p.steps[1].to.x] += high
			}
		}
		if len(out) != 2 || len(in) != 2 {
			t.Fatalf("bands between %d and %d stages", len(out), len(in))
		}
		for x, high := range out {
			if math.Abs(high-flowHigh) > 0.01 {
				t.Errorf("bands from %.0f are %.1f high together", x, high)
			}
		}
	}
}

func TestSparkline(t *testing.T) {
	l := words(t).In(i18n.PL)
	for _, values := range [][]Value{line().Lines[0].Values, nil, {{}, {}}, {Int(3)}, {Num(math.NaN()), Int(2), {}, Int(4), Int(4)}} {
		var b strings.Builder
		if err := Sparkline(l, Spark{Name: "Kraków", At: line().At, Values: values, Unit: Percent()}).Render(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), `aria-label="Kraków; `) || strings.Contains(b.String(), "NaN") {
			t.Errorf("%v: %s", values, b.String())
		}
	}
	got := Spark{Name: "Kraków", At: []string{"2025", "2026"}, Values: []Value{Int(58), Int(63)}, Unit: Percent()}.words(l)
	if got != "Kraków; 2025: 58%; 2026: 63%" {
		t.Errorf("read as %q", got)
	}
}

func paper(t *testing.T, pictures ...Picture) []byte {
	t.Helper()
	l := words(t).In(i18n.PL)
	d := pdf.New(pdf.Meta{Title: "Obrazy", Lang: "pl", At: time.Unix(1_790_000_000, 0)})
	for _, p := range pictures {
		DrawPDF(d, l, p)
		if len(p.table(l).rows) > 0 {
			TablePDF(d, l, p)
		}
	}
	var b bytes.Buffer
	if err := d.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestPaper(t *testing.T) {
	if a, b := paper(t, samples()...), paper(t, samples()...); !bytes.Equal(a, b) {
		t.Error("the same pictures give other bytes")
	}
	all := bad()
	for _, name := range []string{"heat sixty", "heat many columns", "bars sixty", "flow wide", "tiles tall", "line names", "flow none"} {
		if got := paper(t, all[name]); !bytes.HasPrefix(got, []byte("%PDF")) {
			t.Errorf("%s: no paper", name)
		}
	}
}
