package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/PuerkitoBio/goquery"

	"kladka/assets"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/mail"
	"kladka/internal/platform/secrets"
	"kladka/internal/platform/web"
	"kladka/internal/schema"
)

func modules() []schema.Module {
	return []schema.Module{{Name: "db", Files: db.Migrations}, {Name: "jobs", Files: jobs.Migrations},
		{Name: "audit", Files: audit.Migrations}, {Name: "mail", Files: mail.Migrations}, {Name: "notify", Files: Migrations}}
}

// people are the persons of the tests.
type people map[string]Addressee

func (p people) Addressee(_ context.Context, id string) (Addressee, error) {
	a, known := p[id]
	if !known {
		return a, fault.ErrNotFound
	}
	return a, nil
}

// kit is a service over a real mail service that keeps its letters, with a
// clock that the test turns.
type kit struct {
	*Service
	t      *testing.T
	d      *db.DB
	mail   *mail.Service
	runner *jobs.Runner
	shell  *web.Shell
	people people
	at     time.Time
	who    string // looks at the pages
}

var testTopics = []Topic{{Key: "school.a"}, {Key: "school.b"}, {Key: "school.c", Default: Weekly}, {Key: "school.d"}, {Key: "school.e"},
	{Key: "school.f"}, {Key: "school.alarm", Urgent: true}, {Key: "school.quiet", Default: Never}}

// texts stand in for what modules bring.
func texts() fstest.MapFS {
	all := fstest.MapFS{}
	for lang, sentence := range map[i18n.Lang]string{i18n.PL: "Zmiana w sprawie {what}", i18n.EN: "A change in {what}", i18n.UK: "Зміна у справі {what}"} {
		m := map[string]string{"school.changed": sentence, "school.dated": "{on_date} {when_at}", "school.long": sentence, "school.long_text": "{what} (" + string(lang) + ")"}
		for _, t := range testTopics {
			m["topic."+t.Key], m["topic."+t.Key+"_text"] = "Temat "+t.Key, "Opis "+t.Key
		}
		data, _ := json.Marshal(m)
		all["messages/"+string(lang)+".json"] = &fstest.MapFile{Data: data}
	}
	return all
}

func newKit(t *testing.T, d *db.DB) *kit {
	t.Helper()
	catalog, err := i18n.Load(web.Messages, Messages, mail.Messages, texts())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range catalog.Check() {
		t.Error(f)
	}
	k := &kit{t: t, d: d, at: warsaw("2026-11-18 10:00"), people: people{
		"anna":  {Name: "Anna Nowak", Email: "anna@szkola.example", Lang: i18n.PL, Active: true},
		"olena": {Name: "Олена Коваль", Email: "olena@szkola.example", Lang: i18n.UK, Active: true},
		"uczen": {Name: "Jan", Lang: i18n.PL, Active: true},
		"dawny": {Name: "Dawna Osoba", Email: "dawna@szkola.example", Lang: i18n.PL},
	}}
	now, log, keys := func() time.Time { return k.at }, slog.New(slog.NewTextHandler(io.Discard, nil)), secrets.New()
	k.mail, err = mail.New(mail.Config{DB: d, Keys: keys, Catalog: catalog, Log: log, Now: now, Demo: true, Base: "https://kladka.example"})
	if err != nil {
		t.Fatal(err)
	}
	topics := NewRegistry()
	topics.Declare(testTopics...)
	k.Service = New(Config{DB: d, Keys: keys, Catalog: catalog, Log: log, Now: now, Post: k.mail, People: k.people, Topics: topics})
	registry := jobs.NewRegistry()
	k.Jobs(registry)
	k.runner = jobs.NewRunner(d, registry, now, log)
	k.open(catalog, log, now)
	return k
}

// signedIn is the guard of one's own pages.
type signedIn struct{ k *kit }

func (signedIn) Name() string { return "signed in" }
func (g signedIn) Allow(*web.Request) error {
	if g.k.who == "" {
		return fault.New(fault.SignedOut, "fault.signed_out")
	}
	return nil
}

func (k *kit) open(catalog *i18n.Catalog, log *slog.Logger, now func() time.Time) {
	k.t.Helper()
	files, err := assets.Load()
	if err != nil {
		k.t.Fatal(err)
	}
	k.shell = web.New(web.Config{Catalog: catalog, Assets: files, Log: log, Now: now}, func(h http.Handler) http.Handler { return h },
		func(*web.Request) web.Viewer { return web.Viewer{SignedIn: k.who != "", Name: k.who} })
	k.Routes(k.shell, Doors{Own: signedIn{k}, By: func(*web.Request) audit.By { return audit.By{Person: k.who} }})
}

func (k *kit) ask(method, path string, form url.Values) *httptest.ResponseRecorder {
	k.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.Header.Set("Accept-Language", "pl")
	w := httptest.NewRecorder()
	k.shell.ServeHTTP(w, r)
	if strings.Contains(w.Body.String(), "⟦") {
		k.t.Errorf("%s lacks a text", path)
	}
	return w
}

func page(t *testing.T, w *httptest.ResponseRecorder) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// warsaw reads a time by the clock in Kraków.
func warsaw(s string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", s, web.Warsaw)
	if err != nil {
		panic(err)
	}
	return t
}

func (k *kit) tell(m Message) {
	k.t.Helper()
	if err := k.tryTell(m); err != nil {
		k.t.Fatal(err)
	}
}

func (k *kit) tryTell(m Message) error {
	return k.d.Write(k.t.Context(), func(tx *db.Tx) error { return k.Tell(k.t.Context(), tx, m) })
}

func news(to, topic string, n int) Message {
	return Message{To: to, Topic: topic, Key: "school.changed", Args: map[string]string{"what": fmt.Sprintf("%s nr %d.", topic, n)}, Link: "/szkolenia/x"}
}

// tick does what the runner does every five minutes.
func (k *kit) tick() {
	k.t.Helper()
	if err := k.Gather(k.t.Context()); err != nil {
		k.t.Fatal(err)
	}
	if err := k.runner.Drain(k.t.Context()); err != nil {
		k.t.Fatal(err)
	}
}

// until turns the clock on, quarter by quarter.
func (k *kit) until(s string) {
	k.t.Helper()
	for end := warsaw(s); k.at.Before(end); {
		k.at = k.at.Add(15 * time.Minute)
		k.tick()
	}
}

// letters are all letters to a person so far, the oldest first.
func (k *kit) letters(person string) []mail.Letter {
	k.t.Helper()
	list, err := k.mail.Outbox(k.t.Context(), k.people[person].Email)
	if err != nil {
		k.t.Fatal(err)
	}
	for i, j := 0, len(list)-1; i < j; i, j = i+1, j-1 {
		list[i], list[j] = list[j], list[i]
	}
	return list
}

func newKitForFuzz() *Service { return &Service{keys: secrets.New()} }
