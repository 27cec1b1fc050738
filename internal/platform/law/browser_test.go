package law

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kladka/internal/testkit"
	"kladka/internal/testkit/browser"
)

// TestInTheBrowser looks at every page, wide and narrow.
func TestInTheBrowser(t *testing.T) {
	b := browser.Start(t)
	s := service(t, testkit.SQLite(t, modules))
	if err := s.Add(t.Context(), officer, Change{Key: AuditKeep, ValidFrom: "2026-11-01", Value: "36", Basis: "polityka bezpieczeństwa", Verified: true, ReviewBy: "2027-01-01"}); err != nil {
		t.Fatal(err)
	}
	sh := shell(t, s)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("Test-Who", "officer")
		sh.ServeHTTP(w, r)
	}))
	t.Cleanup(site.Close)
	for _, path := range []string{publicPath, officePath, officePath + "/" + AuditKeep} {
		for _, v := range []browser.View{browser.Desk, {Width: 390, Lang: "uk", Scripts: true}} {
			found, err := b.Open(t, site.URL+path, v).Findings(browser.Page{})
			if err != nil || len(found) > 0 {
				t.Errorf("%s in %s: %v\n%s", path, v, err, strings.Join(found, "\n"))
			}
		}
	}
}
