package pdf

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
)

var look = flag.String("look", "", "folder to write the papers of the tests to, for the eye")

var day = time.Date(2026, 11, 22, 10, 30, 0, 0, time.UTC)

func page(n, of int) string { return fmt.Sprintf("Strona %d z %d", n, of) }

// texts are the words of the cards as the program has them.
func texts(t *testing.T, lang string) CardTexts {
	t.Helper()
	data, err := os.ReadFile("../../access/card/messages/" + lang + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]string
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	s := func(key string) string {
		return strings.NewReplacer("{address}", "kladka.metropolia-krakowska.example/konto/karta").Replace(m["card.sheet."+key])
	}
	return CardTexts{Title: s("title") + ": 7b", Lang: lang, Author: "Kładka", Instructions: s("instructions"), FoldBack: s("fold_back"), FoldIn: s("fold_in"),
		Number: s("number"), Inside: s("inside"), Secret: s("secret"), Keep: s("keep"), How: s("how"), Steps: [3]string{s("how_1"), s("how_2"), s("how_3")}, Page: page}
}

func card(name string) Card {
	return Card{Name: name, Class: "klasa 7b", Register: "nr 12 w dzienniku", School: "Szkoła Podstawowa nr 12 im. Janusza Korczaka w Krakowie",
		Number: "1234\u00a05674", Address: "https://kladka.metropolia-krakowska.example/konto/karta?nr=12345674", Groups: []string{"WMQ8", "4GH2", "RZ7"}}
}

var names = []string{"Zażółć Gęślą-Jaźń", "Ґанна-Єлизавета Їжакевич", "Nguyễn Thị Ánh Tuyết",
	"Maria Antonina Wilhelmina Konstantynopolitańczykowianeczka-Brzęczyszczykiewiczówna", "Żaneta Ćwiąkalska", "Олександр Щербина"}

func cards() []Card {
	var all []Card
	for _, name := range names {
		all = append(all, card(name))
	}
	return all
}

// kept writes a paper to the folder of -look.
func kept(t *testing.T, name string, data []byte) {
	t.Helper()
	if *look != "" {
		if err := os.WriteFile(filepath.Join(*look, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// said is everything that a document writes, line by line as drawn.
func said(t *testing.T, d *Document) string {
	t.Helper()
	d.f.SetCompression(false)
	var out bytes.Buffer
	if err := d.Write(&out); err != nil {
		t.Fatal(err)
	}
	return drawn(out.Bytes())
}

var textOp = regexp.MustCompile(`(?s)\(((?:\\.|[^\\)])*)\) ?Tj`)

// drawn decodes the text operators of an uncompressed file.
func drawn(data []byte) string {
	var b strings.Builder
	for _, m := range textOp.FindAllSubmatch(data, -1) {
		raw := []byte(strings.NewReplacer(`\\`, `\`, `\(`, `(`, `\)`, `)`, `\r`, "\r").Replace(string(m[1])))
		var units []uint16
		for i := 0; i+1 < len(raw); i += 2 {
			units = append(units, uint16(raw[i])<<8|uint16(raw[i+1]))
		}
		b.WriteString(string(utf16.Decode(units)) + "\n")
	}
	return b.String()
}

func TestSameInputSameBytes(t *testing.T) {
	make := func(at time.Time) []byte {
		var out bytes.Buffer
		if err := Cards(&out, at, texts(t, "pl"), cards()); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	first := make(day)
	for range 5 {
		if !bytes.Equal(first, make(day)) {
			t.Fatal("the same cards are other bytes")
		}
	}
	if bytes.Equal(first, make(day.Add(time.Hour))) {
		t.Error("the time is not written")
	}
	if !bytes.HasPrefix(first, []byte("%PDF-")) || !bytes.Contains(first, []byte("/Lang (pl)")) || len(first) > 200_000 {
		t.Errorf("%d bytes", len(first))
	}
}

func TestCardsForTheEye(t *testing.T) {
	for _, lang := range []string{"pl", "en", "uk"} {
		var out bytes.Buffer
		if err := Cards(&out, day, texts(t, lang), cards()); err != nil {
			t.Fatal(err)
		}
		kept(t, "cards-"+lang+".pdf", out.Bytes())
	}
}

func TestCardsAreRefused(t *testing.T) {
	good := card("Anna")
	change := func(f func(*Card)) []Card {
		c := good
		f(&c)
		return []Card{good, c}
	}
	for name, list := range map[string][]Card{
		"none":              nil,
		"too many":          make([]Card, maxCards+1),
		"no secret":         change(func(c *Card) { c.Groups = nil }),
		"short secret":      change(func(c *Card) { c.Groups = []string{"ABC"} }),
		"no name":           change(func(c *Card) { c.Name = "" }),
		"no number":         change(func(c *Card) { c.Number = "" }),
		"no address":        change(func(c *Card) { c.Address = "" }),
		"secret in address": change(func(c *Card) { c.Address += "&k=wmq8-4gh2-rz7" }),
		"secret in blanks":  change(func(c *Card) { c.Address += "&k=WMQ8%204GH2+RZ7" }),
		"endless address":   change(func(c *Card) { c.Address += strings.Repeat("x", 4000) }),
	} {
		var out bytes.Buffer
		err := Cards(&out, day, texts(t, "pl"), list)
		if err == nil || out.Len() > 0 {
			t.Errorf("%s: %v, %d bytes written", name, err, out.Len())
		}
		if err != nil && (strings.Contains(err.Error(), "WMQ8") || strings.Contains(err.Error(), "Anna")) {
			t.Errorf("%s: the error tells the card: %v", name, err)
		}
	}
}

// Everything of the card is on it, the secret in its own part, nothing beyond the edges.
func TestCardSaysEverything(t *testing.T) {
	d := New(Meta{Title: "x", Lang: "pl", At: day})
	d.addPage()
	c := card("Ґанна Żółć")
	d.card(texts(t, "pl"), c, cardTop)
	all := said(t, d)
	for _, want := range []string{"Ґанна Żółć", "klasa 7b, nr 12 w dzienniku", "1234\u00a05674", "zegnij do tyłu", "zegnij do środka", "Tajny kod\n", "W\nM\nQ\n8\n4\nG\nH\n2\nR\nZ\n7\n", "1.\n", "2.\n", "3.\n"} {
		if !strings.Contains(all, want) {
			t.Errorf("the card lacks %q:\n%s", want, all)
		}
	}
	if strings.Contains(all, missing) {
		t.Error("letters are missing:\n", all)
	}
}

// What is written on a card stays in its part: the name must not run into the
// secret, however long.
func TestLongWordsStayInTheirPart(t *testing.T) {
	for _, name := range append(names, strings.Repeat("W", 300), strings.Repeat("Wó ", 200)) {
		c := card(name)
		c.School, c.Class, c.Register = name, name, name
		d := New(Meta{Lang: "pl", At: day})
		d.addPage()
		for _, size := range []float64{8, 10, 15} {
			for _, l := range d.wrap(name, size, true, 58, 3) {
				if w := d.width(l); w > 58.01 {
					t.Errorf("%.20s: a line of %.1f mm", name, w)
				}
			}
		}
		if n := len(d.wrap(name, 15, true, 58, 3)); n > 3 {
			t.Errorf("%.20s: %d lines", name, n)
		}
		d.cardOutside(texts(t, "pl"), c, cardTop)
		if err := d.Write(io.Discard); err != nil {
			t.Error(err)
		}
	}
}

// In every language the three steps are there to their last word.
func TestStepsFit(t *testing.T) {
	for _, lang := range []string{"pl", "en", "uk"} {
		words := texts(t, lang)
		d := New(Meta{At: day})
		d.addPage()
		d.card(words, card("Anna"), cardTop)
		all := said(t, d)
		want := strings.Join(strings.Fields(printable(strings.Join(words.Steps[:], " "))), "")
		got := regexp.MustCompile(`(?m)^[123]\.$`).ReplaceAllString(all, "")
		if strings.Contains(all, "…") || !strings.Contains(strings.Join(strings.Fields(got), ""), want) {
			t.Errorf("%s: %s", lang, all)
		}
	}
}

func TestCodes(t *testing.T) {
	var codes []string
	for i := range 40 {
		codes = append(codes, fmt.Sprintf("ABCD-%04d", i))
	}
	list := CodeTexts{Title: "Kody jednorazowe", Lang: "pl", Author: "Kładka", Owner: "Żaneta Ćwiąkalska", Page: page,
		Lead: []string{"Przy logowaniu program poda numer kodu. Wpisz kod z tego miejsca na liście i skreśl go: każdy działa jeden raz.", "Trzymaj listę tam, gdzie nikt inny jej nie zobaczy, i nie razem z hasłem. Zgubioną listę unieważnisz na swoim koncie."}}
	var out bytes.Buffer
	if err := Codes(&out, day, list, codes); err != nil {
		t.Fatal(err)
	}
	kept(t, "codes.pdf", out.Bytes())
	d := New(Meta{At: day})
	d.codeGrid(append(codes, codes...))
	all := said(t, d)
	for i := range 80 {
		if !strings.Contains(all, fmt.Sprintf("%d.\nABCD-%04d\n", i+1, i%40)) {
			t.Errorf("code %d is not on the list", i+1)
		}
	}
	for _, wrong := range [][]string{nil, make([]string, 401)} {
		if err := Codes(io.Discard, day, list, wrong); err == nil {
			t.Errorf("%d codes", len(wrong))
		}
	}
}

func TestDocument(t *testing.T) {
	d := New(Meta{Title: "Raport", Author: "Kładka", Lang: "pl", At: day, Page: page})
	d.Heading(1, "Zażółć gęślą jaźń")
	d.Paragraph(strings.Repeat("Ala ma kota, a kot ma Alę. ", 40))
	d.Heading(2, "Tabela")
	var rows [][]string
	for i := range 90 {
		rows = append(rows, []string{fmt.Sprint(i + 1), "Szkoła Podstawowa nr " + strings.Repeat("bardzo długa nazwa ", i%4), fmt.Sprint(i * 1000)})
	}
	d.Table([]Column{{Title: "Lp.", Share: 0.4, Right: true}, {Title: "Nazwa", Share: 3}, {Title: "Kwota", Right: true}}, rows)
	all := said(t, d)
	if pages := d.f.PageCount(); pages < 3 || strings.Count(all, "Lp.\n") != pages || !strings.Contains(all, fmt.Sprintf("Strona %d z %d\n", pages, pages)) {
		t.Errorf("%d pages, %d headers", pages, strings.Count(all, "Lp.\n"))
	}
	for i := range rows {
		if !strings.Contains(all, fmt.Sprintf("\n%d\nSzkoła", i+1)) {
			t.Errorf("row %d is lost", i+1)
		}
	}
}

func TestDocumentForTheEye(t *testing.T) {
	d := New(Meta{Title: "Raport", Lang: "pl", At: day, Page: page})
	d.Heading(1, "Sprawozdanie z usunięcia danych")
	d.Paragraph(strings.Repeat("Zażółć gęślą jaźń. Україна, Ґанна, Їжак. ", 12))
	d.Heading(2, "Tabela")
	d.Table([]Column{{Title: "Lp.", Share: 0.4, Right: true}, {Title: "Nazwa", Share: 3}, {Title: "Kwota", Right: true}},
		[][]string{{"1", "Szkoła " + strings.Repeat("o długiej nazwie ", 8), "12,50"}, {"2", "Ґрунт", "1 000,00"}, {"3"}})
	var out bytes.Buffer
	if err := d.Write(&out); err != nil {
		t.Fatal(err)
	}
	kept(t, "document.pdf", out.Bytes())
}

func TestMistakesOfTheCaller(t *testing.T) {
	for name, f := range map[string]func(*Document){
		"no columns":     func(d *Document) { d.Table(nil, nil) },
		"too many cells": func(d *Document) { d.Table([]Column{{Title: "a"}}, [][]string{{"1", "2"}}) },
		"too many pages": func(d *Document) { d.Table([]Column{{Title: "a"}}, make([][]string, 30_000)) },
	} {
		d := New(Meta{At: day})
		f(d)
		if err := d.Write(io.Discard); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := New(Meta{At: day}).Write(io.Discard); err != nil {
		t.Error("an empty document:", err)
	}
	if err := New(Meta{At: day}).Write(broken{}); err == nil {
		t.Error("a broken pipe is no error")
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"Zażółć gęślą jaźń ĄĆĘŁŃÓŚŹŻ": "Zażółć gęślą jaźń ĄĆĘŁŃÓŚŹŻ",
		"Ґанна Їжак, «є» і ’":         "Ґанна Їжак, «є» і ’",
		"Z\u0307o\u0301łw":            "Żółw",
		"a\tb\nc\x00d":                "a b c d",
		"a\u200bb\u00adc\ufeff":       "abc",
		"5\u00a0zł":                   "5\u00a0zł",
		"ﬁlm":                         "film",
		"Ǻ":                           "A",
		"日本 😀":                        missing + missing + " " + missing,
		"\xff":                        missing,
		"ё ў":                         "ё ў",
	} {
		if got := printable(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if !covered()['_'] {
		t.Error("the mark of a missing letter is missing")
	}
}

func FuzzText(f *testing.F) {
	f.Add("Zażółć gęślą jaźń", 20.0)
	f.Add("日本\u0301 😀\xff\ufffe\U0010ffff", 0.1)
	f.Add(`a\(b)c\\`, 5.0)
	f.Fuzz(func(t *testing.T, text string, width float64) {
		if len(text) > 2000 || !(width > 0) || width > 500 {
			return
		}
		d := New(Meta{Title: text, Author: text, At: day})
		lines := d.wrap(text, 10, false, width, 0)
		squeeze := func(s string) string { return strings.ReplaceAll(s, " ", "") }
		if squeeze(strings.Join(lines, "")) != squeeze(printable(text)) {
			t.Errorf("%q is %q", text, lines)
		}
		d.wrap(text, 10, true, width, 2)
		d.Paragraph(text)
		d.Table([]Column{{Title: text}, {Title: text}}, [][]string{{text}, {text, text}})
		if err := d.Write(io.Discard); err != nil {
			t.Error(err)
		}
	})
}
