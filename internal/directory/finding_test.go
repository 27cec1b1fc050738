package directory

import (
	"slices"
	"testing"

	"kladka/internal/platform/db"
	"kladka/internal/platform/search"
	"kladka/internal/testkit"
)

func TestInstitutionsForTheIndex(t *testing.T) {
	testkit.EachDB(t, writeModules, func(t *testing.T, d *db.DB) {
		h := newReader(t, d)
		kind := h.SearchKind(h.shell.Catalog.In("pl"))
		rows := sampleRows()
		applied(t, h.Service, sampleFile(rows...))
		rows[3].closed = "2026-08-31"
		applied(t, h.Service, sampleFile(rows...))
		var ids []string
		for after := ""; ; {
			some, err := kind.After(t.Context(), after, 3)
			if err != nil {
				t.Fatal(err)
			}
			if len(some) == 0 {
				break
			}
			ids, after = append(ids, some...), some[len(some)-1]
		}
		docs, err := kind.Load(t.Context(), append(ids, string(testID(99))))
		if err != nil || len(ids) != 4 || len(docs) != 4 || !slices.IsSorted(ids) {
			t.Fatal(ids, docs, err)
		}
		at := slices.IndexFunc(docs, func(d search.Doc) bool { return slices.Contains(d.Codes, "990004") })
		if at < 0 {
			t.Fatal(docs)
		}
		doc := docs[at]
		if doc.Title != "Szkoła Podstawowa nr 4 w Wymyślonce" || doc.Note != "Szkoła podstawowa · Wymyślonka · zamknięta" ||
			doc.Body != "SZKOŁA PODSTAWOWA NR 4 W WYMYŚLONCE\nul. Zmyślona 1\nWymyślonka\nLiszki\nGmina Liszki" ||
			doc.Facets["gmina"][0] != "120607" || doc.Facets["rodzaj"][0] != "primary" || doc.Audience[0] != "public" {
			t.Errorf("got %+v", doc)
		}
		for _, f := range kind.Facets {
			names, err := f.Label(t.Context(), h.shell.Catalog.In("pl"), doc.Facets[f.Name])
			if err != nil || names[doc.Facets[f.Name][0]] == "" {
				t.Errorf("%s: %v, %v", f.Name, names, err)
			}
		}
	})
}
