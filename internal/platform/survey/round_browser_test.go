package survey

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kladka/internal/testkit/browser"
)

// TestRoundsInTheBrowser looks at the pages that no list of pages reaches: the
// shares of a key, which are the answer to a form, and an opening half done.
func TestRoundsInTheBrowser(t *testing.T) {
	b := browser.Start(t)
	s := newRoundSite(t)
	as, sharesAt := "boss", ""
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("Test-Who", as)
		if r.URL.Path == "/udzialy" { // the answer to a form
			r.Method, r.URL.Path = http.MethodPost, sharesAt
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Body = io.NopCloser(strings.NewReader("osoba=o1&osoba=o2&ponownie=tak"))
		}
		s.ServeHTTP(w, r)
	}))
	t.Cleanup(site.Close)
	planned := s.plan(Anonymous, 12)
	sharesAt = Path(planned) + "/klucz"
	open, _ := s.start(Anonymous, 12)
	s.must(s.SetSeats(t.Context(), roundBoss, open, "sp1", 5, false))
	closed, shares := s.start(Anonymous, 12)
	s.must(s.Close(t.Context(), roundBoss, closed))
	if _, err := s.GiveShare(t.Context(), roundBy("o1"), closed, shares[0], false); err != nil {
		t.Fatal(err)
	}
	for _, page := range []struct {
		as, path string
		view     browser.View
	}{
		{"p02", Path(open), browser.Desk}, {"boss", "/udzialy", narrowUK}, {"o2", Path(closed) + "/otwarcie", narrowUK},
		{"boss", grantPath(open, "sp1"), narrowUK},
	} {
		as = page.as
		tab := b.Open(t, site.URL+page.path, page.view)
		found, err := tab.Findings(browser.Page{})
		if err != nil || len(found) > 0 {
			t.Errorf("%s in %s: %v\n%s", page.path, page.view, err, strings.Join(found, "\n"))
		}
	}
}

var narrowUK = browser.View{Width: 390, Lang: "uk", Scripts: true}
