package search

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"kladka/internal/platform/db"
	"kladka/internal/testkit"
)

func TestDidYouMean(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, doc("topic", "t1", "Szkolenie nauczyciela matematyki", "olimpiada przyrodnicza"),
			doc("topic", "t2", "Matematyka", ""), doc("topic", "t3", "Łódź", ""))
		for text, want := range map[string]string{
			"matmatyka":           "matematyka",
			"mateamtyka":          "matematyka",
			"matemattyka":         "matematyka",
			"natemayka":           "matematyka",
			"olimpaida":           "olimpiada",
			"szkolenie matmatyki": "szkolenie matematyki",
			"loddz":               "łódź",
			"xyzxyzxyz":           "",
			"krokodyl":            "",
			"123456":              "",
			`"matmatyka"`:         "",
		} {
			if r := h.find(Query{Text: text}); r.Suggest != want {
				t.Errorf("%q: %q, want %q", text, r.Suggest, want)
			}
		}
		r := h.find(Query{Text: "szkolenie krokodyla matematyki"})
		if r.How != HowKnown || !slices.Equal(r.Without, []string{"krokodyla"}) || ids(r) != "t1" {
			t.Errorf("%+v", r)
		}
		if m := r.Groups[0].Rows[0].Missing; len(m) != 0 {
			t.Error(m)
		}
		r = h.find(Query{Text: "szkolenie lodz olimpiada"})
		if r.How != HowMost || ids(r) != "t1" || !slices.Equal(r.Groups[0].Rows[0].Missing, []string{"lodz"}) {
			t.Errorf("%+v", r)
		}
		r = h.find(Query{Text: "szkolenie lodz"})
		if r.How != HowAny || len(strings.Fields(ids(r))) != 2 {
			t.Errorf("%+v", r)
		}
	})
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "a", 0}, {"ab", "ba", 1}, {"kot", "kto", 1}, {"kot", "koty", 1}, {"kot", "pies", 3}, {"żaba", "zaba", 1}, {"abcdef", "badcef", 2}, {"abc", "abcdefgh", 3}} {
		if got := distance(c.a, c.b, 2); got != c.want {
			t.Errorf("%s %s: %d", c.a, c.b, got)
		}
	}
}

// Whatever is typed becomes an expression of our own tokens and nothing else.
func FuzzParse(f *testing.F) {
	for _, s := range []string{`szkolenia "dla nauczycieli" 17/KR/2026`, `"`, `a" "b`, "a\u200bb", "x OR y NOT (z)", "'; --", "ｓｚｋ оłа", "\xff", strings.Repeat("a ", 50), "İ ß ǅ", "a\u0301\u0301", "1½ ² ①"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m := &lemmas{fewForms, map[string][]string{}}
		q, err := parse(text, m)
		if err != nil {
			if faultStatus(err) != 400 {
				t.Fatal(err)
			}
			return
		}
		n := 0
		for _, it := range q.items {
			n += len(it.words)
		}
		if n > MaxWords || len(q.items) > MaxWords {
			t.Fatalf("%d words", n)
		}
		if q.mayBegin() {
			q = q.begun()
		}
		a := askerFor([]string{text, "inst:1"}, map[string][]string{text: {text}})
		for _, e := range []node{a.every(q.items, anywhere, ""), a.every(q.items, inTitle, text), a.partly(q.items, anywhere, true, ""), a.partly(q.items, inTitle, false, "")} {
			checkTokens(t, e)
		}
		for _, w := range wordsOf(text, 1000) {
			if w.start < 0 || w.end > len(text) || w.start >= w.end || !utf8.ValidString(w.fold) {
				t.Fatalf("%+v of %q", w, text)
			}
		}
		seek := newSeeker(q.items, m)
		row := seek.row(stored{Title: text, Body: text + " " + text}, HowAny)
		if got := strings.NewReplacer("[", "", "]", "").Replace(marked(row.Title)); got != strings.NewReplacer("[", "", "]", "").Replace(text) {
			t.Fatalf("%q became %q", text, got)
		}
	})
}

func checkTokens(t *testing.T, n node) {
	t.Helper()
	if n.op == opToken && (strings.ContainsAny(n.token, `"'\ ()&|!:*<>`+"\x00\n\t") || len(n.token) < 3 || !utf8.ValidString(n.token)) {
		t.Fatalf("token %q", n.token)
	}
	for _, k := range n.of {
		checkTokens(t, k)
	}
}

// TestExcerptLines: what stood on lines of its own does not run together.
func TestExcerptLines(t *testing.T) {
	for body, want := range map[string]string{
		"ul. Polna 1\nKraków":           "ul. Polna 1 · Kraków",
		"Pokażę zajęcia.\n\nZapraszam.": "Pokażę zajęcia. Zapraszam.",
	} {
		if got := excerpt(body, nil); len(got) != 1 || got[0].Text != want {
			t.Errorf("%q: got %v", body, got)
		}
	}
}
