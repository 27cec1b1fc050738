package mail

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/emersion/go-smtp"

	"kladka/assets"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
)

// desk is the pages with somebody before them.
type desk struct {
	*kit
	shell   *web.Shell
	office  bool
	address string
}

// officeOnly is the guard of the office.
type officeOnly struct{ d *desk }

func (officeOnly) Name() string { return "office" }
func (g officeOnly) Allow(*web.Request) error {
	if !g.d.office {
		return fault.New(fault.Forbidden, "fault.forbidden")
	}
	return nil
}

func newDesk(k *kit) *desk {
	k.t.Helper()
	files, err := assets.Load()
	if err != nil {
		k.t.Fatal(err)
	}
	d := &desk{kit: k, office: true, address: "biuro@krakow.example"}
	d.shell = web.New(web.Config{Catalog: k.catalog, Assets: files, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Now: k.now},
		func(h http.Handler) http.Handler { return h }, func(*web.Request) web.Viewer { return web.Viewer{SignedIn: true, Name: "Biuro"} })
	k.Routes(d.shell, Doors{Office: officeOnly{d}, By: func(*web.Request) audit.By { return audit.By{Person: "office", Role: "administrator"} },
		Address: func(*web.Request) (string, error) { return d.address, nil }})
	return d
}

func (d *desk) ask(method, path string) (*httptest.ResponseRecorder, *goquery.Document) {
	d.t.Helper()
	r := httptest.NewRequest(method, path, nil)
	r.Host = "evil.example" // what a stranger says about us
	r.Header.Set("Accept-Language", "pl")
	w := httptest.NewRecorder()
	d.shell.ServeHTTP(w, r)
	if body := w.Body.String(); strings.Contains(body, "⟦") || strings.Contains(body, "evil.example") {
		d.t.Errorf("%s lacks a text or believes the Host header", path)
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(w.Body.String()))
	if err != nil {
		d.t.Fatal(err)
	}
	return w, doc
}

func (d *desk) recorded(action string) (n int) {
	d.t.Helper()
	if _, err := d.d.Spread(d.t.Context()); err != nil {
		d.t.Fatal(err)
	}
	if err := d.d.Get(d.t.Context(), &n, `select count(*) from audit_waiting where action = ?`, action); err != nil {
		d.t.Fatal(err)
	}
	return n
}

func TestDoorsOfTheOffice(t *testing.T) {
	d := newDesk(newKit(t, testkit.SQLite(t, modules()), func(c *Config) { c.Demo = true }))
	id := d.send(lesson())
	d.office = false
	for _, door := range []string{"GET " + listPath, "GET " + listPath + "/" + id, "POST " + listPath + "/proba",
		"POST " + listPath + "/" + id + "/wyslij", "POST " + listPath + "/" + id + "/porzuc"} {
		method, path, _ := strings.Cut(door, " ")
		if w, _ := d.ask(method, path); w.Code != http.StatusForbidden {
			t.Errorf("%s: %d", door, w.Code)
		}
	}
	d.office = true
	for _, path := range []string{"/x", "/00000000-0000-0000-0000-000000000000"} {
		if w, _ := d.ask("GET", listPath+path); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

func TestWhoReadsLetters(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		box := newPostbox(t, "none")
		for _, c := range []struct {
			name   string
			change func(*Config)
			secret bool
			shown  bool
		}{
			{"demo", func(c *Config) { c.Demo = true }, false, true},
			{"demo, secret", func(c *Config) { c.Demo = true }, true, true},
			{"no server", func(*Config) {}, false, true},
			{"no server, secret", func(*Config) {}, true, false},
			{"server", func(c *Config) { c.SMTP = box.settings("none") }, false, false},
			{"server, secret", func(c *Config) { c.SMTP = box.settings("none") }, true, false},
		} {
			k := newDesk(newKit(t, d, c.change))
			l := lesson()
			l.Secret = c.secret
			l.Text = "Wejście:\n" + k.URL("/konto/wejscie/klucz") + "\n\nKoniec."
			before := k.recorded("mail.read")
			w, doc := k.ask("GET", listPath+"/"+k.send(l))
			if w.Code != http.StatusOK || w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Referrer-Policy") != "no-referrer" {
				t.Errorf("%s: %d %v", c.name, w.Code, w.Header())
			}
			href, _ := doc.Find("#list a").Attr("href")
			if shown := strings.Contains(w.Body.String(), "klucz"); shown != c.shown || c.shown && href != "/konto/wejscie/klucz" {
				t.Errorf("%s: shown %v, link %q", c.name, shown, href)
			}
			if got := k.recorded("mail.read") - before; (got == 1) != c.shown {
				t.Errorf("%s: %d looks recorded", c.name, got)
			}
			if !strings.Contains(doc.Find(".sum").Text(), l.To) {
				t.Errorf("%s: the office does not see whom it is for", c.name)
			}
		}
	})
}

func TestListOfLetters(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		k := newDesk(newKit(t, d, func(c *Config) { c.Demo = true }))
		if _, doc := k.ask("GET", listPath); doc.Find(".empty").Length() != 1 {
			t.Error("an empty list says nothing")
		}
		const n = pageSize + 7
		for i := range n {
			l := lesson()
			if i%2 == 1 {
				l.To = "jan@inna.example"
			}
			k.send(l)
		}
		w, doc := k.ask("GET", listPath)
		if doc.Find("#listy").Length() != 1 || doc.Find(`tbody a[href^="`+listPath+`"]`).Length() != pageSize || strings.Contains(w.Body.String(), "anna") {
			t.Errorf("%d letters; addresses shown: %v", doc.Find("tbody a").Length(), strings.Contains(w.Body.String(), "anna"))
		}
		if got := doc.Find("table").First().Find("tbody tr").First().Find("td").Eq(1).Text(); got != "57" {
			t.Errorf("kept today: %s", got)
		}
		next, _ := doc.Find(`.pager a[rel=next]`).Attr("href")
		_, doc = k.ask("GET", next)
		if doc.Find(`tbody a`).Length() != 7 {
			t.Errorf("second page has %d", doc.Find("tbody a").Length())
		}
		previous, _ := doc.Find(`.pager a[rel=prev]`).Attr("href")
		if _, doc = k.ask("GET", previous); doc.Find("tbody a").Length() != pageSize {
			t.Errorf("the page before has %d", doc.Find("tbody a").Length())
		}
		for query, want := range map[string]int{"?domena=INNA.example": n / 2, "?domena=x.example": 0, "?stan=kept": pageSize, "?stan=sent": 0,
			"?stan=sent&stan=kept&domena=inna.example": n / 2, "?stan=nonsense": pageSize, "?domena=" + url.QueryEscape("' or 1=1 --"): pageSize} {
			if _, doc := k.ask("GET", listPath+query); doc.Find("tbody a").Length() != want {
				t.Errorf("%s: %d letters", query, doc.Find("tbody a").Length())
			}
		}
		if w, _ := k.ask("GET", listPath+"?od=xyz"); w.Code != http.StatusBadRequest {
			t.Errorf("a made-up place: %d", w.Code)
		}
	})
}

func TestOfficeActs(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		box := newPostbox(t, "none")
		k := newDesk(newKit(t, d, func(c *Config) { c.SMTP = box.settings("none") }))
		w, _ := k.ask("POST", listPath+"/proba")
		page := w.Header().Get("Location")
		if w.Code != http.StatusSeeOther || k.drain() != nil || len(box.got()) != 1 || box.got()[0].To != "biuro@krakow.example" {
			t.Fatalf("test letter: %d, %+v", w.Code, box.got())
		}
		if _, text := read(t, box.got()[0]); !strings.Contains(text, "zażółć gęślą jaźń") || !strings.HasSuffix(text, "https://kladka.example/") {
			t.Errorf("test letter: %q", text)
		}
		if _, doc := k.ask("GET", page); doc.Find(".tag.ok").Length() != 1 || doc.Find("main form").Length() != 0 {
			t.Error("a delivered letter offers acts")
		}
		box.refuse = func(string) error { return &smtp.SMTPError{Code: 550, Message: "no"} }
		id := k.send(lesson())
		_ = k.drain()
		_, doc := k.ask("GET", listPath+"/"+id)
		if doc.Find(`[data-promise=why]`).Length() != 1 || doc.Find(".notice").Length() != 1 || doc.Find("main form").Length() != 2 {
			t.Errorf("a refused letter: %s", doc.Find("main").Text())
		}
		if w, _ := k.ask("POST", listPath+"/"+id+"/wyslij"); w.Code != http.StatusSeeOther {
			t.Errorf("retry: %d", w.Code)
		}
		_ = k.drain()
		if w, _ := k.ask("POST", listPath+"/"+id+"/porzuc"); w.Code != http.StatusSeeOther || k.letter(id).State != dropped {
			t.Errorf("drop: %d", w.Code)
		}
		if w, _ := k.ask("POST", listPath+"/"+id+"/porzuc"); w.Code != http.StatusConflict {
			t.Errorf("dropped twice: %d", w.Code)
		}
		for _, action := range []string{"mail.test", "mail.retry", "mail.drop"} {
			if k.recorded(action) != 1 {
				t.Errorf("%s recorded %d times", action, k.recorded(action))
			}
		}
		k.address = ""
		if w, _ := k.ask("POST", listPath+"/proba"); w.Code != http.StatusConflict {
			t.Errorf("a test letter to nobody: %d", w.Code)
		}
	})
}

// A letter kept from before a server was set can be sent when there is one.
func TestKeptLettersCanLeaveLater(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		k := newKit(t, d, func(*Config) {})
		id := k.send(lesson())
		if err := k.Retry(t.Context(), audit.By{}, id); fault.KindOf(err) != fault.Conflict {
			t.Errorf("sent without a server: %v", err)
		}
		box := newPostbox(t, "none")
		later := newKit(t, d, func(c *Config) { c.Keys = k.keys; c.SMTP = box.settings("none") })
		later.at = k.at.Add(time.Hour)
		if err := later.Retry(t.Context(), audit.By{}, id); err != nil {
			t.Fatal(err)
		}
		if err := later.drain(); err != nil || len(box.got()) != 1 {
			t.Errorf("%v, %d letters", err, len(box.got()))
		}
	})
}

func TestTextsAreComplete(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules()), func(*Config) {})
	for _, f := range k.catalog.Check() {
		t.Error(f)
	}
}
