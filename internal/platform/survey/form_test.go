package survey

import (
	"bytes"
	"context"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"
	"pgregory.net/rapid"

	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

func formPage(t testing.TB, lang i18n.Lang) web.Page {
	t.Helper()
	c, err := i18n.Load(web.Messages, Messages)
	if err != nil {
		t.Fatal(err)
	}
	return web.Page{L: c.In(lang)}
}

type failer interface{ Fatal(...any) }

func formDoc(t failer, c templ.Component) *goquery.Document {
	var b bytes.Buffer
	if err := c.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	if i := bytes.Index(b.Bytes(), []byte("⟦")); i >= 0 {
		t.Fatal("a text is missing: " + b.String()[i:min(i+80, b.Len())])
	}
	doc, err := goquery.NewDocumentFromReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// byID finds what the id names; names of fields have dots in them.
func byID(doc *goquery.Document, id string) *goquery.Selection {
	return doc.Find("[id]").FilterFunction(func(_ int, s *goquery.Selection) bool { return s.AttrOr("id", "") == id })
}

// filled is what a browser would send of a form.
func filled(doc *goquery.Document) url.Values {
	v := url.Values{}
	doc.Find("input, select, textarea").Each(func(_ int, s *goquery.Selection) {
		name := s.AttrOr("name", "")
		_, checked := s.Attr("checked")
		switch {
		case s.Is("select"):
			v.Add(name, s.Find("option[selected]").AttrOr("value", ""))
		case s.Is("textarea"):
			v.Add(name, strings.ReplaceAll(s.Text(), "\n", "\r\n"))
		case s.Is("[type=radio], [type=checkbox]"):
			if checked {
				v.Add(name, s.AttrOr("value", "on"))
			}
		default:
			v.Add(name, s.AttrOr("value", ""))
		}
	})
	return v
}

func TestFormRoundTrips(t *testing.T) {
	p := formPage(t, i18n.PL)
	for _, d := range append(Ready(), trial(), Sample()) {
		rapid.Check(t, func(t *rapid.T) {
			clean, _ := d.CheckDraft(anyAnswers(t, d))
			all := formDoc(t, Fields(p, Form{Def: d, Answers: clean, Section: -1}))
			if back, fields := d.CheckDraft(FromForm(d, filled(all))); len(fields) > 0 || !reflect.DeepEqual(back, clean) {
				t.Fatalf("%v\n%v\n%v", clean, back, fields)
			}
			pages := d.Pages(clean)
			section := pages[rapid.IntRange(0, len(pages)-1).Draw(t, "section")]
			f := Form{Def: d, Answers: clean, Section: section}
			one := formDoc(t, templ.Join(Carry(f), Fields(p, f)))
			if back, _ := d.CheckDraft(FromForm(d, filled(one))); !reflect.DeepEqual(back, clean) {
				t.Fatalf("section %d: %v\n%v", section, clean, back)
			}
		})
	}
}

func TestFromForm(t *testing.T) {
	d := trial()
	got := FromForm(d, url.Values{"q.s": {"yes"}, "q.m": {"a", "b"}, "q.sc": {""}, "q.r.1": {"p"}, "q.r.2": {""}, "q.r.3": {"z"},
		"q.mx.r1": {"x"}, "q.t": {"  "}, "q.old": {"1"}, "q.r.4": {"w"}, "_klucz": {"k"}})
	want := Answers{"s": {"yes"}, "m": {"a", "b"}, "r": {"p", "z"}, "mx.r1": {"x"}, "old": {"1"}, "r.4": {"w"}}
	if !reflect.DeepEqual(got, want) {
		t.Error(got)
	}
}

func TestEveryFieldIsNamed(t *testing.T) {
	for _, lang := range i18n.Langs {
		p := formPage(t, lang)
		for _, d := range append(Ready(), trial(), Sample()) {
			_, faults := d.Check(Answers{})
			p.Errors = faults
			doc := formDoc(t, templ.Join(web.ErrorSummary(p), Fields(p, Form{Def: d, Section: -1})))
			ids := map[string]bool{}
			doc.Find("[id]").Each(func(_ int, s *goquery.Selection) {
				if id := s.AttrOr("id", ""); ids[id] {
					t.Errorf("%s: id %s twice", d.Code, id)
				} else {
					ids[id] = true
				}
			})
			doc.Find("[aria-describedby], [aria-labelledby]").Each(func(_ int, s *goquery.Selection) {
				for _, id := range strings.Fields(s.AttrOr("aria-describedby", "") + " " + s.AttrOr("aria-labelledby", "")) {
					if !ids[id] {
						t.Errorf("%s: %s is described by %s, which is not there", d.Code, s.AttrOr("id", ""), id)
					}
				}
			})
			doc.Find("input, select, textarea").Each(func(_ int, s *goquery.Selection) {
				id := s.AttrOr("id", "")
				label := doc.Find("label").FilterFunction(func(_ int, l *goquery.Selection) bool { return l.AttrOr("for", "") == id })
				if id == "" || label.Length() != 1 || strings.TrimSpace(label.Text()) == "" {
					t.Errorf("%s: %s has no label", d.Code, id)
				}
				if s.Is("[type=radio], [type=checkbox]") && s.Closest("fieldset").Find("legend").Length() != 1 {
					t.Errorf("%s: %s stands in no group", d.Code, id)
				}
			})
			doc.Find("#errsum a").Each(func(_ int, s *goquery.Selection) {
				if href := strings.TrimPrefix(s.AttrOr("href", ""), "#"); !byID(doc, href).Is("input, select, textarea") {
					t.Errorf("%s: the error leads to %s", d.Code, href)
				}
			})
			if doc.Find("#errsum a").Length() != len(faults) || doc.Find("script, [style], [onclick]").Length() > 0 {
				t.Error(d.Code)
			}
		}
	}
}

func TestFaultsAreShown(t *testing.T) {
	p := formPage(t, i18n.PL)
	d := trial()
	_, p.Errors = d.Check(Answers{"sc": {"9"}, "mx.r1": {"x"}, "t": {strings.Repeat("a", 20)}})
	doc := formDoc(t, Fields(p, Form{Def: d, Answers: Answers{"t": {"<b>"}}, Section: -1}))
	group := byID(doc, "q.s").Closest("fieldset")
	if !group.HasClass("err") || !strings.Contains(group.AttrOr("aria-describedby", ""), "q.s-error") {
		t.Error(group.Html())
	}
	if got := byID(doc, "q.s-error").Text(); got != "Błąd: Pytanie 1: potrzebna jest odpowiedź." {
		t.Error(got)
	}
	text := byID(doc, "q.t")
	if text.AttrOr("aria-invalid", "") != "true" || text.AttrOr("aria-describedby", "") != "q.t-hint q.t-error" || text.Text() != "<b>" {
		t.Error(goquery.OuterHtml(text))
	}
	// Faults of the form itself go before those of the page, the matrix has them by row.
	doc = formDoc(t, Fields(p, Form{Def: d, Section: 1, Answers: Answers{"sc": {"5"}}, Faults: map[string]string{"q.mx.r2": "Wybierz."}}))
	row := byID(doc, "q.mx.r2").Closest("tr")
	if !row.HasClass("err") || byID(doc, "q.mx.r2").AttrOr("aria-describedby", "") != "q.mx.r2-error" || doc.Find("tr.err").Length() != 1 {
		t.Error(doc.Find("table").Html())
	}
}

func TestConditionsInWords(t *testing.T) {
	p := formPage(t, i18n.PL)
	d := trial()
	doc := formDoc(t, Fields(p, Form{Def: d, Section: -1}))
	if got := byID(doc, "q.m-only").Text(); got != "Odpowiedz tylko wtedy, gdy odpowiedź na pytanie 1 to „yes”." {
		t.Error(got)
	}
	if got := doc.Find("section > .only").Text(); got != "Wypełnij tę część tylko wtedy, gdy odpowiedź na pytanie 3 to co najmniej 4 albo jest odpowiedź na pytanie 2." {
		t.Error(got)
	}
	if got := byID(doc, "q.n-only").Text(); got != "Odpowiedz tylko wtedy, gdy odpowiedź na pytanie 4.2 to „y”." {
		t.Error(got)
	}
	// One section on a page: what earlier pages decide is applied, what this one decides is said.
	doc = formDoc(t, Fields(p, Form{Def: d, Section: 0}))
	if byID(doc, "q.m-only").Length() != 1 {
		t.Error("a condition within the section is not said")
	}
	for value, want := range map[string]int{"x": 0, "y": 1} {
		doc = formDoc(t, Fields(p, Form{Def: d, Section: 2, Answers: Answers{"s": {"no"}, "sc": {"5"}, "mx.r2": {value}}}))
		if byID(doc, "q.n").Length() != want || byID(doc, "q.n-only").Length() != 0 {
			t.Error(value)
		}
	}
}

func TestFormEscapes(t *testing.T) {
	for _, nasty := range []string{`"'><script>&amp;</textarea></option><img src=x>`, "<img src=x ", "a>b", `" data-evil=x y="`, "' data-evil=x", "&lt;img&gt;"} {
		formEscapes(t, nasty)
	}
}

func formEscapes(t *testing.T, nasty string) {
	d := trial()
	spoil := func(ts ...*Text) {
		for _, t := range ts {
			*t = text3(nasty)
		}
	}
	for i := range d.Sections {
		spoil(&d.Sections[i].Title, &d.Sections[i].Text)
		for j := range d.Sections[i].Questions {
			q := &d.Sections[i].Questions[j]
			spoil(&q.Title, &q.Help, &q.LowText)
			for k := range q.Options {
				spoil(&q.Options[k].Text)
			}
			for k := range q.Rows {
				spoil(&q.Rows[k].Text)
			}
		}
	}
	p := formPage(t, i18n.PL)
	a := Answers{"n": {nasty}, "t": {nasty}}
	faults := map[string]string{"q.s": nasty, "q.mx.r1": nasty}
	for _, c := range []templ.Component{Fields(p, Form{Def: d, Answers: a, Faults: faults, Section: -1}), Carry(Form{Def: d, Answers: a, Section: 0}), Paper(p, d)} {
		if doc := formDoc(t, c); doc.Find("script, img, [data-evil]").Length() > 0 {
			t.Error(doc.Html())
		}
	}
	doc := formDoc(t, Fields(p, Form{Def: d, Answers: a, Section: -1}))
	for _, got := range []string{byID(doc, "q.n").AttrOr("value", ""), byID(doc, "q.t").Text(), doc.Find("option[value=p]").First().Text(), doc.Find("th[scope=col]").First().Text()} {
		if got != nasty {
			t.Errorf("%q became %q", nasty, got)
		}
	}
}

func TestFallbackLanguage(t *testing.T) {
	d := trial()
	d.Sections[0].Questions[0].Title = Text{i18n.PL: "Po polsku"}
	doc := formDoc(t, Fields(formPage(t, i18n.UK), Form{Def: d, Section: 0}))
	if byID(doc, "q.s").Closest("fieldset").AttrOr("lang", "") != "pl" || doc.Find("[lang]").Length() != 1 {
		t.Error(doc.Find("[lang]").Length())
	}
}

func TestKeptForms(t *testing.T) {
	draw := func(p web.Page, f Form) string {
		var b bytes.Buffer
		if err := Fields(p, f).Render(context.Background(), &b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	fresh, kept := trial(), trial()
	kept.drawn = keepForms(&kept)
	answers := Answers{"s": {"yes"}, "t": {"secret"}}
	for _, lang := range []i18n.Lang{i18n.PL, i18n.UK} {
		p := formPage(t, lang)
		for section := -1; section < 3; section++ {
			draw(p, Form{Def: kept, Section: section, Answers: answers})
			want := draw(p, Form{Def: fresh, Section: section})
			for range 2 {
				if got := draw(p, Form{Def: kept, Section: section}); got != want {
					t.Errorf("%s, section %d: %s", lang, section, got)
				}
			}
			if got := draw(p, Form{Def: kept, Section: section, Answers: answers}); got != draw(p, Form{Def: fresh, Section: section, Answers: answers}) {
				t.Errorf("%s, section %d with answers: %s", lang, section, got)
			}
		}
		p.Errors = []fault.Field{{Name: "q.s", Key: keyRequired, Args: []any{"n", "1"}}}
		if !strings.Contains(draw(p, Form{Def: kept, Section: -1}), "q.s-error") {
			t.Error("the fault is not drawn")
		}
		// Somebody's own copy is not taken for the kept one.
		p.Errors = nil
		kept := kept
		kept.Sections = append([]Section(nil), kept.Sections...)
		kept.Sections[0].Title = text3("Other")
		if !strings.Contains(draw(p, Form{Def: kept, Section: -1}), "Other") {
			t.Error("a copy was drawn from what is kept")
		}
	}
}

func BenchmarkFieldsKept(b *testing.B) {
	p, d := formPage(b, i18n.PL), Sample()
	d.drawn = keepForms(&d)
	benchmarkFields(b, p, Form{Def: d, Section: -1})
}

func BenchmarkFields(b *testing.B) {
	benchmarkFields(b, formPage(b, i18n.PL), Form{Def: Sample(), Section: -1})
}

func benchmarkFields(b *testing.B, p web.Page, f Form) {
	var out bytes.Buffer
	if err := Fields(p, f).Render(context.Background(), &out); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(out.Len()))
	b.ReportAllocs()
	for b.Loop() {
		out.Reset()
		if err := Fields(p, f).Render(context.Background(), &out); err != nil {
			b.Fatal(err)
		}
	}
}
