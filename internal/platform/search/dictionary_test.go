package search

import (
	"slices"
	"strings"
	"testing"

	"kladka/internal/platform/db"
	"kladka/internal/platform/search/polish"
	"kladka/internal/testkit"
)

// The words of the issue, with the dictionary that the program uses.
func TestWithTheDictionary(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		h.words = &polish.Lazy{}
		for _, x := range []Doc{
			doc("topic", "t1", "Szkolenie nauczyciela matematyki", ""),
			doc("topic", "t2", "Zespół Szkół w Łodzi", ""),
			doc("topic", "t3", "Łódź", ""),
			doc("topic", "t4", "Sieć współpracy dyrektorów przedszkoli", "Spotkania odbywają się w Wieliczce; dzieci i ludzie są tu ważni."),
			doc("topic", "t5", "Publiczna szkoła imienia Janusza Korczaka", ""),
		} {
			h.shelf.docs[x.ID] = x
		}
		h.touch("topic", "t1", "t2", "t3", "t4", "t5")
		for text, want := range map[string]string{
			"szkolenia dla nauczycieli matematyki": "t1",
			"szkoleniami":                          "t1",
			"lodz":                                 "t2 t3",
			"łodzią":                               "t2 t3",
			"spotkanie w Wieliczka":                "t4",
			"sieci dyrektorek":                     "",
			"siecią dyrektora przedszkola":         "t4",
			"dziecko":                              "t4",
			"człowiek":                             "t4",
			"szkoła":                               "t2 t5",
			"niepubliczna szkoła":                  "",
			"korczak":                              "t5",
		} {
			r := h.find(Query{Text: text})
			got := strings.Fields(ids(r))
			if r.How != HowAll {
				got = nil
			}
			slices.Sort(got)
			if strings.Join(got, " ") != want {
				t.Errorf("%q (%s): %v, want %q", text, r.How, got, want)
			}
		}
		r := h.find(Query{Text: "człowiek"})
		if got := r.Groups[0].Rows[0]; len(got.Reasons) != 2 || got.Reasons[1] != (Reason{"search.why.form", "ludzie"}) || !strings.Contains(marked(got.Excerpt), "[ludzie]") {
			t.Errorf("%+v", got)
		}
	})
}
