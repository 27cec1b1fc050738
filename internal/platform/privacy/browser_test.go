package privacy

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kladka/internal/platform/db"
	"kladka/internal/testkit"
	"kladka/internal/testkit/browser"
)

// TestInTheBrowser looks at every page with something on it, wide and narrow.
func TestInTheBrowser(t *testing.T) {
	b := browser.Start(t)
	e := withConsent(t, testkit.SQLite(t, modules))
	e.note(t, anna, 3, e.now.AddDate(0, 0, -40))
	id, err := e.Ask(t.Context(), asAnna, school, "erasure", "proszę usunąć moje dane")
	must(t, err)
	_, err = e.Give(t.Context(), asAnna, Consent{Purpose: "notes.photos", Subject: anna, Relation: Self, Lang: "pl", Text: "Zgadzam się na zdjęcie."})
	must(t, err)
	must(t, e.Sign(t.Context(), officer, signed()))
	must(t, e.SetParty(t.Context(), officer, Party{Institution: other, Name: "Liceum nr 2", Address: "Kraków", Mail: "a@example.org", OfficerName: "Iga Lis", OfficerMail: "iod@example.org"}))
	must(t, e.Hold(t.Context(), officer, "notes.photos", "kontrola"))
	must(t, e.Plan(t.Context(), officer))
	must(t, e.d.Write(t.Context(), func(tx *db.Tx) error {
		return e.File(t.Context(), tx, Record{Institution: school, Kind: "training", ObjectID: "1", Title: "Warsztat dla wychowawczyń i wychowawców", Class: "4431", CaseNumber: "OR.4431.1.2010", Category: "BE10", ClosedOn: "2010-06-30"})
	}))
	sh := shell(t, e)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("Test-Who", "officer")
		if strings.HasPrefix(r.URL.Path, "/konto") {
			r.Header.Set("Test-Who", "anna")
		}
		sh.ServeHTTP(w, r)
	}))
	t.Cleanup(site.Close)
	narrow := browser.View{Width: 390, Lang: "uk", Scripts: true}
	for i, path := range []string{publicPath, publicPath + "/notes.words?instytucja=" + school, templatePath + "entrustment",
		dataPath, dataPath + "/wniosek", ownRequestPath + id, consentsPath, officePath, requestsPath, officeRequestPath + id,
		deletionPath, agreementPath, partyPath, disposalPath} {
		v := browser.Desk
		if i%2 == 1 { // each page in one of the two views: a browser is slow
			v = narrow
		}
		found, err := b.Open(t, site.URL+path, v).Findings(browser.Page{})
		if err != nil || len(found) > 0 {
			t.Errorf("%s in %s: %v\n%s", path, v, err, strings.Join(found, "\n"))
		}
	}
}
