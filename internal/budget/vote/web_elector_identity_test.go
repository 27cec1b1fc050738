package vote

import (
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/platform/i18n"
	"kladka/internal/testkit"
	"kladka/internal/testkit/browser"
	center "kladka/internal/testkit/identity"
)

// station is the doors of the kit behind a real address, where one person at a time
// is signed in, and a browser without scripts with its cookies.
type station struct {
	*kit
	url    string
	center *center.Server
	client *http.Client

	mu  sync.Mutex
	who access.Actor
}

func newStation(t *testing.T) *station {
	t.Helper()
	st := &station{kit: newKit(t, testkit.SQLite(t, modules))}
	st.who = st.resident
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		st.mu.Lock()
		who := st.who
		st.mu.Unlock()
		st.shell.ServeHTTP(w, r.WithContext(access.WithActor(r.Context(), who)))
	}))
	t.Cleanup(server.Close)
	st.url = server.URL
	st.center = st.connect(server.URL)
	st.anew()
	return st
}

// anew forgets the cookies of the browser.
func (st *station) anew() {
	jar, err := cookiejar.New(nil)
	st.ok(err)
	st.client = &http.Client{Jar: jar}
}

// signs lets another person sit down.
func (st *station) signs(who access.Actor) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.who = who
}

func (st *station) read(answer *http.Response, err error) (int, *goquery.Document) {
	st.t.Helper()
	st.ok(err)
	defer answer.Body.Close()
	doc, err := goquery.NewDocumentFromReader(answer.Body)
	st.ok(err)
	if text := doc.Text(); strings.Contains(text, "⟦") {
		st.t.Errorf("a text is missing: %.200s", text[strings.Index(text, "⟦"):])
	}
	return answer.StatusCode, doc
}

func (st *station) fetch(address string) (int, *goquery.Document) {
	st.t.Helper()
	return st.read(st.client.Get(address))
}

// leaves sends the form of the own page; it is answered by a page that leads away.
func (st *station) leaves(e budget.Edition, address string) string {
	st.t.Helper()
	answer, err := st.client.PostForm(st.url+OwnHref(e.ID)+"/tozsamosc", url.Values{"zamieszkanie": {address}, "mieszkam": {"tak"}})
	st.ok(err)
	refresh, rule := answer.Header.Get("Refresh"), answer.Header.Get("Cache-Control")
	status, doc := st.read(answer, nil)
	to, _ := doc.Find("a[data-away]").Attr("href")
	if status != http.StatusOK || !strings.HasPrefix(to, st.center.URL+"/authorize?") || refresh != "0; url="+to || rule != "no-store" {
		st.t.Fatalf("status %d, leads to %q, refresh %q, %s: %.300s", status, to, refresh, rule, doc.Find("main").Text())
	}
	return to
}

var renata = center.Knobs{Subject: "r-1", Given: "Renata", Family: "Mieszkanka", Born: "1985-05-05"}

// TestTheWayThere goes to the national sign-in and back, by the doors.
func TestTheWayThere(t *testing.T) {
	st := newStation(t)
	st.center.Set(renata)
	e := st.edition(st.clerk, "wieliczka", sources(budget.Roll, budget.OIDC))
	own := st.url + OwnHref(e.ID)
	for _, lang := range i18n.Langs {
		st.lang = lang
		doc := st.page(st.resident, OwnHref(e.ID))
		if doc.Find("[data-identity] form").Length() != 1 || doc.Find("[data-identity] [data-promise=who-sees]").Length() != 1 || doc.Find("#zamieszkanie").Length() != 1 {
			t.Errorf("%s: no way to the sign-in", lang)
		}
		if !strings.Contains(doc.Find("[data-identity]").Text(), "Login.example") {
			t.Errorf("%s: it has no name", lang)
		}
		path := OwnHref(e.ID) + "/tozsamosc"
		st.whole(path, st.post(st.resident, path, "zamieszkanie", "Krótka 1", "mieszkam", "tak"), http.StatusOK)
	}
	status, doc := st.read(st.client.PostForm(own+"/tozsamosc", url.Values{"zamieszkanie": {"Krótka 1"}}))
	if v, _ := doc.Find("#zamieszkanie").Attr("value"); status != http.StatusUnprocessableEntity || v != "Krótka 1" {
		t.Errorf("unsure: status %d, typed %q", status, v)
	}
	answer, err := st.client.Get(st.leaves(e, "Krótka 1"))
	st.ok(err)
	at := answer.Request.URL
	if status, doc = st.read(answer, nil); status != http.StatusOK || at.Path != OwnHref(e.ID) || at.RawQuery != "" || doc.Find("[data-place]").Length() != 1 {
		t.Fatalf("status %d at %s: %s", status, at, doc.Find("main").Text())
	}
	base, _ := url.Parse(st.url + "/tozsamosc/powrot")
	for _, c := range st.client.Jar.Cookies(base) {
		if c.Name == "kladka_tozsamosc" {
			t.Error("the cookie is still there")
		}
	}
	if n := st.page(st.clerk, Href(e.ID)).Text(); !strings.Contains(n, "Login.example") {
		t.Error("the numbers do not name the service")
	}
}

// TestTheWayBack refuses answers that are none.
func TestTheWayBack(t *testing.T) {
	st := newStation(t)
	st.center.Set(renata)
	e, other := st.edition(st.clerk, "wieliczka", sources(budget.OIDC)), st.edition(st.clerk, "wieliczka", sources(budget.OIDC))
	nobodyIn := func(what string) {
		t.Helper()
		if n := st.places(e) + st.places(other); n != 0 {
			t.Errorf("%s: %d places", what, n)
		}
	}
	expect := func(what string, want int, address string) *goquery.Document {
		t.Helper()
		status, doc := st.fetch(address)
		if status != want {
			t.Errorf("%s: status %d, want %d: %.300s", what, status, want, doc.Find("main").Text())
		}
		nobodyIn(what)
		return doc
	}
	expect("without a question", http.StatusBadRequest, st.url+"/tozsamosc/powrot?state=x&code=y")
	to := st.leaves(e, "Krótka 1")
	st.anew()
	expect("another browser", http.StatusBadRequest, to)
	to = st.leaves(e, "Krótka 1")
	st.signs(st.voter())
	expect("another person at the computer", http.StatusBadRequest, to)
	to = st.leaves(e, "Krótka 1")
	st.leaves(other, "Krótka 1")
	expect("an answer for another edition", http.StatusBadRequest, to)
	expect("the same answer again", http.StatusBadRequest, to)
	for what, change := range map[string]func(*center.Knobs){"another nonce": func(k *center.Knobs) { k.Nonce = "x" }, "expired": func(k *center.Knobs) { k.Expired = true },
		"for another client": func(k *center.Knobs) { k.Audience = "x" }, "unsigned": func(k *center.Knobs) { k.Unsigned = true }} {
		knobs := renata
		change(&knobs)
		st.center.Set(knobs)
		expect(what, http.StatusBadRequest, st.leaves(e, "Krótka 1"))
	}
	for what, knobs := range map[string]center.Knobs{"refused there": {Refuse: "access_denied"}, "no birthday": {Subject: "1", Name: "Anna Nowak"}, "too young": {Subject: "1", Name: "Anna Nowak", Born: st.clock.AddDate(0, 0, -30).Format(time.DateOnly)}} {
		st.center.Set(knobs)
		young := e
		if what == "too young" {
			young = st.edition(st.clerk, "wieliczka", func(r *budget.Rules) { r.Who.Sources, r.Who.VoteAge = []budget.Source{budget.OIDC}, 16 })
		}
		doc := expect(what, http.StatusConflict, st.leaves(young, "Krótka 1"))
		if v, _ := doc.Find("#zamieszkanie").Attr("value"); v != "Krótka 1" || doc.Find("#errsum a[href='#tozsamosc']").Length() != 1 || doc.Find("#tozsamosc").Length() != 1 {
			t.Errorf("%s: typed %q, %s", what, v, doc.Find("#errsum").Text())
		}
	}
	st.center.Set(renata)
	to = st.leaves(e, "Krótka 1")
	clock := st.clock
	st.clock = st.clock.Add(11 * time.Minute)
	expect("too late", http.StatusBadRequest, to)
	st.clock = clock
	if w := st.get(st.nobody, "/tozsamosc/powrot?code=x"); w.Code == http.StatusOK {
		t.Errorf("a stranger comes back: %d", w.Code)
	}
	if w := st.post(st.nobody, OwnHref(e.ID)+"/tozsamosc", "zamieszkanie", "Krótka 1"); w.Code == http.StatusOK {
		t.Errorf("a stranger goes: %d", w.Code)
	}
	nobodyIn("strangers")
	st.Service.Identity = nil
	if w := st.get(st.resident, "/tozsamosc/powrot?code=x"); w.Code != http.StatusNotFound {
		t.Errorf("nothing is connected: %d", w.Code)
	}
	if doc := st.page(st.resident, OwnHref(e.ID)); doc.Find("[data-identity]").Length() != 1 || doc.Find("[data-identity] form").Length() != 0 {
		t.Error("a form that leads nowhere")
	}
}

// TestTheWayInABrowser: the policy of the page lets a real browser go there, with
// scripts and without.
func TestTheWayInABrowser(t *testing.T) {
	b := browser.Start(t)
	st := newStation(t)
	for n, scripts := range []bool{true, false} {
		knobs := renata
		knobs.Subject += string(rune('a' + n))
		st.center.Set(knobs)
		who := st.voter()
		st.signs(who)
		e := st.edition(st.clerk, "wieliczka", sources(budget.OIDC))
		tab := b.Open(t, st.url+OwnHref(e.ID), browser.View{Width: 390, Lang: "pl", Scripts: scripts})
		for _, finding := range browser.Must(t, func() ([]string, error) { return tab.Glance(browser.Page{}) }) {
			t.Error(finding)
		}
		st.ok(tab.Send("[data-identity] form", map[string]string{"zamieszkanie": "Krótka 1"}))
		if tab.Status() != http.StatusUnprocessableEntity {
			t.Errorf("unsure: status %d", tab.Status())
		}
		st.ok(tab.Toggle("#mieszkam"))
		st.ok(tab.Click("[data-identity] form button"))
		deadline := time.Now().Add(10 * time.Second)
		for st.places(e) == 0 && time.Now().Before(deadline) {
			time.Sleep(50 * time.Millisecond)
		}
		if _, err := st.ElectorOf(t.Context(), st.db, who, e); err != nil {
			t.Errorf("scripts %t: the way there is closed: %v, %q", scripts, err, browser.Must(t, tab.Console))
		}
	}
}
