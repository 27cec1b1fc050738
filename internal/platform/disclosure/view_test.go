package disclosure

import (
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

func catalog(t *testing.T) *i18n.Catalog {
	t.Helper()
	c, err := i18n.Load(web.Messages, Messages)
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range c.Check() {
		t.Error(fault)
	}
	return c
}

func draw(t *testing.T, l *i18n.L, v View) *goquery.Document {
	t.Helper()
	var b strings.Builder
	if err := Shown(web.Page{L: l}, v).Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "⟦") {
		t.Errorf("a text is missing: %s", b.String())
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func texts(s *goquery.Selection) string {
	return strings.Join(s.Map(func(_ int, s *goquery.Selection) string { return strings.TrimSpace(s.Text()) }), "|")
}

func TestShown(t *testing.T) {
	c := catalog(t)
	scale := Measure{Name: "m", Class: Opinion, Each: true, Ordered: true}
	table := ruled(t, scale, tallied([]string{"1", "2", "3"}, map[string][]int{"g1": {20, 3, 10, 7}, "s1": {11, 2, 3, 6}}), "r")
	doc := draw(t, c.In(i18n.PL), View{Table: table, ID: "t", Caption: "Oceny", Names: map[string]string{"1": "źle", "2": "średnio"}})
	if got := texts(doc.Find("thead th")); got != "Jednostka|Ile osób odpowiedziało|źle|średnio|3" {
		t.Errorf("heads: %s", got)
	}
	if got := texts(doc.Find("tbody tr").First().Find("td")); got != "31|5|13|13" {
		t.Errorf("the root: %s", got)
	}
	if got := texts(doc.Find("tbody tr").Eq(1).Find("td")); got != "20|ukryto|ukryto|ukryto" {
		t.Errorf("Gdańsk: %s", got)
	}
	if why := doc.Find("[data-promise=why]"); why.Length() != 1 || !strings.Contains(why.Text(), "Ukryto, żeby nikogo nie dało się rozpoznać") || !strings.Contains(why.Find("details").Text(), "co najmniej 5 osób") {
		t.Errorf("the reason: %s", why.Text())
	}
	official := ruled(t, Measure{Name: "m", Class: Official}, tallied([]string{"1"}, map[string][]int{"g1": {20, 3}}), "r")
	if doc := draw(t, c.In(i18n.EN), View{Table: official, ID: "t"}); doc.Find("[data-promise=why]").Length() != 0 {
		t.Error("a reason where nothing is hidden")
	}
}

// TestJoined: what is counted together has one head, and says so in files.
func TestJoined(t *testing.T) {
	l := catalog(t).In(i18n.PL)
	scale := Measure{Name: "m", Class: Opinion, Each: true, Ordered: true}
	table := ruled(t, scale, tallied([]string{"1", "2", "3"}, map[string][]int{"g1": {20, 3, 7, 10}, "s1": {12, 1, 5, 6}}), "r")
	name := func(c string) string { return c }
	doc := draw(t, l, View{Table: table, ID: "t", Caption: "Oceny"})
	if got := texts(doc.Find("thead th")); got != "Jednostka|Ile osób odpowiedziało|1, 2|3" {
		t.Errorf("heads: %s", got)
	}
	if got := texts(doc.Find("tbody tr").Eq(1).Find("td")); got != "20|10|10" {
		t.Errorf("Gdańsk: %s", got)
	}
	rows := Rows(l, table, name)
	if got := strings.Join(rows[1], "|"); got != "Metropolia|32|16 (razem: 1, 2)|policzone razem z: 1|16" {
		t.Errorf("in a file: %s", got)
	}
	if got := strings.Join(rows[4], "|"); got != "SP 2|0|ukryto|ukryto|ukryto" {
		t.Errorf("in a file: %s", got)
	}
}

func TestWords(t *testing.T) {
	c := catalog(t)
	for _, tt := range []struct {
		lang i18n.Lang
		got  func(l *i18n.L) string
		want string
	}{
		{i18n.PL, func(l *i18n.L) string { return Words(l, Cell{}) }, "ukryto"},
		{i18n.PL, func(l *i18n.L) string { return Words(l, Cell{Shown: true, N: 12}) }, "12"},
		{i18n.PL, func(l *i18n.L) string { return Words(l, Cell{Shown: true, N: 12, Holes: 1}) }, "co najmniej 12"},
		{i18n.PL, func(l *i18n.L) string { return Words(l, Cell{Shown: true, N: 15, To: 29, Word: 2}) }, "mniejszość (15–29)"},
		{i18n.UK, func(l *i18n.L) string { return Words(l, Cell{Shown: true, N: 60, To: 119, Word: 5}) }, "майже всі (60–119)"},
		{i18n.PL, func(l *i18n.L) string { return MeanWords(l, Cell{Shown: true, N: 42}) }, "4,2"},
		{i18n.EN, func(l *i18n.L) string { return MeanWords(l, Cell{Shown: true, N: 43, To: 50}) }, "4.3 to 5.0"},
		{i18n.EN, func(l *i18n.L) string { return MeanWords(l, Cell{}) }, "hidden"},
		{i18n.PL, func(l *i18n.L) string { return UnitName(l, Node{ID: "a+b", Name: "SP 1, SP 2"}) }, "razem: SP 1, SP 2"},
		{i18n.PL, func(l *i18n.L) string { return respondents(l, Node{}) }, "mniej niż 10"},
	} {
		if got := tt.got(c.In(tt.lang)); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}
