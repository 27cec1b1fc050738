package networking

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"kladka/assets"
	"kladka/internal/access"
	"kladka/internal/access/card"
	"kladka/internal/directory"
	"kladka/internal/directory/geometry"
	"kladka/internal/directory/register"
	"kladka/internal/directory/topics"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/notify"
	"kladka/internal/platform/privacy"
	"kladka/internal/platform/secrets"
	"kladka/internal/platform/sheet"
	"kladka/internal/platform/web"
	"kladka/internal/schema"
	"kladka/internal/testkit"
)

var modules = []schema.Module{{Name: "db", Files: db.Migrations}, {Name: "jobs", Files: jobs.Migrations}, {Name: "audit", Files: audit.Migrations},
	{Name: "access", Files: access.Migrations}, {Name: "directory", Files: directory.Migrations}, {Name: "topics", Files: topics.Migrations},
	{Name: "networking", Files: Migrations}}

const (
	maths   = "01930000-0000-7000-8000-000000009001"
	algebra = "01930000-0000-7000-8000-000000009002" // below maths
	reading = "01930000-0000-7000-8000-000000009003"
	sums    = "01930000-0000-7000-8000-000000009004" // merged into maths
)

// vocabulary is a small one; what objects use is kept in the test's memory.
type vocabulary struct{ used map[string][]string }

func (vocabulary) Choices(context.Context, *i18n.L) ([]web.Choice, error) {
	return []web.Choice{{Value: maths, Label: "Matematyka"}, {Value: algebra, Label: "\u2003Algebra"}, {Value: reading, Label: "Czytanie"}}, nil
}

func (vocabulary) Names(_ context.Context, _ *i18n.L, ids []string) (map[string]string, error) {
	all := map[string]string{maths: "Matematyka", algebra: "Algebra", reading: "Czytanie", sums: "Matematyka"}
	names := map[string]string{}
	for _, id := range ids {
		if all[id] != "" {
			names[id] = all[id]
		}
	}
	return names, nil
}

func (vocabulary) Resolve(_ context.Context, ids []string) (map[string]string, error) {
	read := map[string]string{}
	for _, id := range ids {
		read[id] = id
		if id == sums {
			read[id] = maths
		}
	}
	return read, nil
}

func (v vocabulary) Under(ctx context.Context, ids []string) (map[string]bool, error) {
	under := map[string]bool{}
	read, _ := v.Resolve(ctx, ids)
	for _, id := range read {
		under[id] = true
		if id == maths {
			under[algebra] = true
		}
	}
	return under, nil
}

func (v vocabulary) Use(_ context.Context, _ *db.Tx, kind, object string, ids []string) error {
	v.used[kind+object] = ids
	return nil
}

func (v vocabulary) Used(_ context.Context, kind string, objects []string) (map[string][]string, error) {
	used := map[string][]string{}
	for _, o := range objects {
		used[o] = v.used[kind+o]
	}
	return used, nil
}

// house is the module with people of two schools.
type house struct {
	*Service
	t       testing.TB
	access  *access.Service
	dir     *directory.Service
	shell   *web.Shell
	who     access.Actor
	lang    i18n.Lang
	clock   time.Time
	told    []notify.Message
	touched []string
	words   vocabulary
	people  int

	school, other       access.InstitutionID
	ewa, olga, jan, iza access.Actor // head and teacher of the school; teacher and head of the other one
	moderator           access.Actor
}

var morning = time.Date(2026, time.November, 23, 8, 0, 0, 0, time.UTC)

func testID(n int) access.InstitutionID {
	return access.InstitutionID(fmt.Sprintf("01930000-0000-7000-8000-%012d", n))
}

func open(t testing.TB, d *db.DB) *house {
	t.Helper()
	catalog, err := i18n.Load(web.Messages, Messages, directory.Messages, access.Messages, register.Messages, geometry.Messages, card.Messages, sheet.Messages,
		privacy.Messages, notify.Messages)
	if err != nil {
		t.Fatal(err)
	}
	files, err := assets.Load()
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, lang: i18n.PL, clock: morning, words: vocabulary{map[string][]string{}}, school: testID(1), other: testID(2)}
	now := func() time.Time { return h.clock }
	quiet := slog.New(slog.DiscardHandler)
	h.access = access.New(access.Config{DB: d, Catalog: catalog, Log: quiet, Now: now, Keys: secrets.New(), Demo: true})
	h.dir = directory.New(directory.Config{DB: d, Now: now, Log: quiet})
	if err := h.dir.Seed(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.access.Connect(h.dir)
	h.Service = New(Config{DB: d, Now: now, People: h.access, Topics: h.words, Catalog: catalog,
		Tell: func(_ context.Context, _ *db.Tx, m notify.Message) error {
			if !catalog.Has(m.Key) {
				t.Errorf("no text %s", m.Key)
			}
			h.told = append(h.told, m)
			return nil
		},
		Touch: func(_ context.Context, _ *db.Tx, ids ...string) error {
			h.touched = append(h.touched, ids...)
			return nil
		}})
	h.shell = web.New(web.Config{Catalog: catalog, Assets: files, Log: quiet, Now: now},
		func(next http.Handler) http.Handler { return next }, func(r *web.Request) web.Viewer {
			who := access.ActorOf(r.Request)
			return web.Viewer{SignedIn: who.SignedIn(), Name: who.Name, Person: string(who.Person)}
		})
	h.Routes(h.shell)
	h.dir.AddSection(h.Section)
	h.dir.Routes(h.shell)
	err = d.Write(t.Context(), func(tx *db.Tx) error {
		err := h.dir.Save(t.Context(), tx, []directory.Institution{
			{ID: h.school, Origin: directory.Invented, Kind: "primary", Name: "SP nr 1", Municipality: "126101"},
			{ID: h.other, Origin: directory.Invented, Kind: "primary", Name: "SP nr 2", Municipality: "120605"}})
		if err != nil {
			return err
		}
		return h.dir.Regroup(t.Context(), tx)
	})
	if err != nil {
		t.Fatal(err)
	}
	h.ewa = h.person("Ewa Łoś", access.SchoolHead, h.school)
	h.olga = h.person("Olga Ryś", access.Teacher, h.school)
	h.jan = h.person("Jan Bóbr", access.Teacher, h.other)
	h.iza = h.person("Iza Wilk", access.SchoolHead, h.other)
	h.moderator = h.person("Maja Sowa", access.AssociationOfficer, "")
	return h
}

// person has an account and acts with one role, after both steps.
func (h *house) person(name string, role access.Role, at access.InstitutionID) access.Actor {
	h.t.Helper()
	h.people++
	mail := fmt.Sprintf("osoba%d@example.org", h.people)
	id, err := h.access.AddPerson(context.Background(), access.System(), access.NewPerson{Name: name, Email: mail, Roles: []access.Held{{Role: role, Institution: at}}})
	if err != nil {
		h.t.Fatal(err)
	}
	a, err := h.access.Actor(context.Background(), id)
	if err != nil {
		h.t.Fatal(err)
	}
	a.Fresh = true
	return a
}

// announce writes an entry about mathematics.
func (h *house) announce(who access.Actor, d Draft) string {
	h.t.Helper()
	if d.Side == "" {
		d.Side = Helps
	}
	if d.Body == "" {
		d.Body = "Pomogę przygotować koło zainteresowań."
	}
	if d.Topics == nil {
		d.Topics = []string{maths}
	}
	id, err := h.Announce(h.t.Context(), who, d)
	if err != nil {
		h.t.Fatal(err)
	}
	return id
}

func (h *house) ask(who access.Actor, entry string) string {
	h.t.Helper()
	id, err := h.Ask(h.t.Context(), who, Question{Entry: entry, Reason: "Szukamy kogoś do koła."})
	if err != nil {
		h.t.Fatal(err)
	}
	return id
}

func (h *house) ok(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// refuses checks that an error is a fault of a kind.
func refuses(t testing.TB, what string, err error, kind fault.Kind) {
	t.Helper()
	if err == nil || fault.KindOf(err) != kind {
		t.Errorf("%s: %v, want kind %d", what, err, kind)
	}
}

func (h *house) send(method, path string, form url.Values) *httptest.ResponseRecorder {
	h.t.Helper()
	r := httptest.NewRequestWithContext(access.WithActor(h.t.Context(), h.who), method, path, strings.NewReader(form.Encode()))
	r.Header.Set("Accept-Language", string(h.lang))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w := httptest.NewRecorder()
	h.shell.ServeHTTP(w, r)
	return w
}

func (h *house) get(path string) *httptest.ResponseRecorder {
	return h.send(http.MethodGet, path, nil)
}

// post sends a form; pairs are names and values.
func (h *house) post(path string, pairs ...string) *httptest.ResponseRecorder {
	h.t.Helper()
	form := url.Values{}
	for n := 0; n+1 < len(pairs); n += 2 {
		form.Add(pairs[n], pairs[n+1])
	}
	return h.send(http.MethodPost, path, form)
}

// page asks for a page that must be there and be whole in its language.
func (h *house) page(path string) *goquery.Document {
	h.t.Helper()
	return h.whole(path, h.get(path), http.StatusOK)
}

func (h *house) whole(path string, w *httptest.ResponseRecorder, status int) *goquery.Document {
	h.t.Helper()
	body := w.Body.String()
	if w.Code != status {
		h.t.Fatalf("%s: status %d", path, w.Code)
	}
	if at := strings.Index(body, "⟦"); at >= 0 {
		h.t.Fatalf("%s in %s lacks a text: %s", path, h.lang, body[at:min(len(body), at+80)])
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	return doc
}

func text(s *goquery.Selection) string { return strings.Join(strings.Fields(s.Text()), " ") }

// toldTo are the keys told to somebody.
func (h *house) toldTo(who access.Actor) string {
	var keys []string
	for _, m := range h.told {
		if m.To == string(who.Person) {
			keys = append(keys, strings.TrimPrefix(m.Key, "networking.tell."))
		}
	}
	return strings.Join(keys, " ")
}

func each(t *testing.T, f func(t *testing.T, h *house)) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) { f(t, open(t, d)) })
}
