package papers

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
	"kladka/internal/platform/audit"
	"kladka/internal/platform/counter"
	"kladka/internal/platform/db"
	"kladka/internal/platform/events"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/files"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/secrets"
	"kladka/internal/platform/sheet"
	"kladka/internal/platform/trace"
	"kladka/internal/platform/web"
	"kladka/internal/schema"
	"kladka/internal/training"
)

var modules = []schema.Module{{Name: "db", Files: db.Migrations}, {Name: "jobs", Files: jobs.Migrations}, {Name: "events", Files: events.Migrations},
	{Name: "trace", Files: trace.Migrations}, {Name: "audit", Files: audit.Migrations}, {Name: "files", Files: files.Migrations},
	{Name: "counter", Files: counter.Migrations}, {Name: "training", Files: training.Migrations}, {Name: "training/papers", Files: Migrations}}

const (
	center = access.InstitutionID("01930000-0000-7000-8000-000000000001")
	other  = access.InstitutionID("01930000-0000-7000-8000-000000000002")
	base   = "https://kladka.example"
)

var (
	officer  = actor("01930000-0000-7000-8000-0000000000a1", access.CenterOfficer, center)
	director = actor("01930000-0000-7000-8000-0000000000a2", access.CenterDirector, center)
	rival    = actor("01930000-0000-7000-8000-0000000000a3", access.CenterDirector, other)
	trainer  = actor("01930000-0000-7000-8000-0000000000a4", access.Trainer, center)
	ewa      = actor("01930000-0000-7000-8000-0000000000a5", access.Teacher, "01930000-0000-7000-8000-000000000003")
)

func actor(id string, role access.Role, at access.InstitutionID) access.Actor {
	return access.Actor{Person: access.PersonID(id), Name: string(role), Roles: []access.Held{{Role: role, Institution: at}}, Fresh: true}
}

// holders stands for the module above: who has the key "klucz" holds any
// enrollment, and who is signed in, the own one.
type holders struct {
	d    *db.DB
	told []string
}

func (h *holders) Open(ctx context.Context, who training.Holder, id training.EnrollmentID) (training.Enrollment, error) {
	e, err := training.EnrollmentByID(ctx, h.d, id)
	if err == nil && who.Key != "klucz" && (who.Actor.Person == "" || string(who.Actor.Person) != e.Person) {
		return training.Enrollment{}, fault.ErrNotFound
	}
	return e, err
}

func (h *holders) TellPaper(_ context.Context, _ *db.Tx, id training.EnrollmentID, once string) error {
	h.told = append(h.told, string(id)+"/"+once)
	return nil
}

// EmailKey stands for the keyed hash of an address.
func (h *holders) EmailKey(address string) string { return "key of " + address }

// accounts stand for the people: those of this file, with their addresses.
type accounts struct {
	gone   access.PersonID // has no role any more
	emails map[access.PersonID]string
}

func (a *accounts) Actor(_ context.Context, id access.PersonID) (access.Actor, error) {
	for _, who := range []access.Actor{officer, director, rival, trainer, ewa} {
		if who.Person == id {
			if id == a.gone {
				who.Roles = nil
			}
			return who, nil
		}
	}
	return access.Actor{}, fault.ErrNotFound
}

func (a *accounts) Reachable(_ context.Context, id access.PersonID) (access.Person, error) {
	return access.Person{ID: id, Email: a.emails[id]}, nil
}

// house is the package over an empty database.
type house struct {
	*Service
	t       testing.TB
	holders *holders
	people  *accounts
	jobs    *jobs.Registry
	shell   *web.Shell
	clock   time.Time
	who     access.Actor
	lang    i18n.Lang
	touched []string
	n       int
}

func open(t testing.TB, d *db.DB) *house {
	t.Helper()
	catalog, err := i18n.Load(web.Messages, Messages, training.Messages, access.Messages, files.Messages, sheet.Messages)
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, holders: &holders{d: d}, people: &accounts{emails: map[access.PersonID]string{}}, jobs: jobs.NewRegistry(), clock: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC), lang: i18n.PL}
	now, quiet, keys := func() time.Time { return h.clock }, slog.New(slog.DiscardHandler), secrets.New()
	folder, err := files.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	uses := files.NewRegistry()
	for _, u := range Uses() {
		uses.Declare(u)
	}
	h.Service = New(Config{DB: d, Now: now, Log: quiet, Catalog: catalog, Keys: keys, Trainings: h.holders, People: h.people, Base: base,
		Files: files.New(d, folder, keys, uses, nil, files.Settings{}, now, quiet), Bus: events.NewBus(d, h.jobs, now),
		Touch: func(_ context.Context, _ *db.Tx, ids ...string) error {
			h.touched = append(h.touched, ids...)
			return nil
		}})
	h.Jobs(h.jobs)
	look, err := assets.Load()
	if err != nil {
		t.Fatal(err)
	}
	h.shell = web.New(web.Config{Catalog: catalog, Assets: look, Log: quiet, Now: now}, func(next http.Handler) http.Handler { return next }, func(r *web.Request) web.Viewer {
		who := access.ActorOf(r.Request)
		return web.Viewer{SignedIn: who.SignedIn(), Name: who.Name, Person: string(who.Person)}
	})
	h.Routes(h.shell)
	h.ok(h.SetCenter(t.Context(), officer, Center{Center: center, Heading: "Województwo", FullName: "Ośrodek Doskonalenia", Accreditation: "Akredytacja 1/2020",
		Place: "Kraków", Signs: "Ewa Łoś, dyrektorka", Codes: map[Kind]string{training.Certificate: "kr", training.Diploma: "KRS"}}))
	return h
}

func (h *house) ok(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) exec(query string, args ...any) {
	h.t.Helper()
	h.ok(h.db.Write(h.t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(h.t.Context(), query, args...)
		return err
	}))
}

// closed is a training that is over, with its meetings on two days in November.
func (h *house) closed(paper Kind) training.ID {
	h.t.Helper()
	id := newID()
	h.exec(`insert into training_trainings (id, trace, center, form, state, title, title_key, school_year, starts_at, ends_at, hours, capacity, paper, consent_no, framework, created_at, changed_at)
		values (?, ?, ?, ?, 'closed', 'Zażółć gęślą jaźń', 'aa', 2026, 1793600000, 1793700000, 10, 100, ?, ?, ?, 1, 1)`,
		id, newID(), center, training.Workshop, paper, "KO/1", "ramowy program")
	return training.ID(id)
}

// completed is somebody who completed it, with or without birth data.
func (h *house) completed(t training.ID, name, person string, born bool) training.EnrollmentID {
	h.t.Helper()
	h.n++
	id := newID()
	h.exec(`insert into training_enrollments (id, training, pool, state, seated, active, place, who_key, person, name, name_key, email, email_key, how, hours, created_at, changed_at)
		values (?, ?, '', 'completed', ?, ?, ?, ?, ?, ?, ?, '', '', 'self', 9, 1, 1)`, id, t, true, true, h.n, fmt.Sprint("x", id), person, name, i18n.SortKey(name))
	if born {
		h.ok(h.TypeBirth(h.t.Context(), officer, training.EnrollmentID(id), Birth{"1980-05-01", "Łódź"}))
	}
	return training.EnrollmentID(id)
}

func (h *house) issued(e training.EnrollmentID) Paper {
	h.t.Helper()
	id, err := h.Issue(h.t.Context(), officer, e)
	h.ok(err)
	return h.paper(id)
}

func (h *house) paper(id ID) Paper {
	h.t.Helper()
	p, err := paperByID(h.t.Context(), h.db, id)
	h.ok(err)
	return p
}

func (h *house) key(p Paper) string {
	h.t.Helper()
	key, err := h.keyOf(p)
	h.ok(err)
	return key
}

func refuses(t testing.TB, what string, err error, kind fault.Kind) {
	t.Helper()
	if err == nil || fault.KindOf(err) != kind {
		t.Errorf("%s: %v, want kind %d", what, err, kind)
	}
}

func (h *house) send(method, path string, body string, kind string) *httptest.ResponseRecorder {
	h.t.Helper()
	r := httptest.NewRequestWithContext(access.WithActor(h.t.Context(), h.who), method, path, strings.NewReader(body))
	r.Header.Set("Accept-Language", string(h.lang))
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	w := httptest.NewRecorder()
	h.shell.ServeHTTP(w, r)
	return w
}

func (h *house) get(path string) *httptest.ResponseRecorder {
	return h.send(http.MethodGet, path, "", "")
}

func (h *house) post(path string, pairs ...string) *httptest.ResponseRecorder {
	h.t.Helper()
	form := url.Values{}
	for n := 0; n+1 < len(pairs); n += 2 {
		form.Add(pairs[n], pairs[n+1])
	}
	return h.send(http.MethodPost, path, form.Encode(), "application/x-www-form-urlencoded")
}

// page asks for a page that must be there and whole in its language.
func (h *house) page(path string) *goquery.Document {
	h.t.Helper()
	return h.whole(path, h.get(path), http.StatusOK)
}

func (h *house) whole(path string, w *httptest.ResponseRecorder, status int) *goquery.Document {
	h.t.Helper()
	body := w.Body.String()
	if w.Code != status {
		h.t.Fatalf("%s: status %d\n%.2000s", path, w.Code, body)
	}
	if at := strings.Index(body, "⟦"); at >= 0 {
		h.t.Errorf("%s in %s lacks a text: %s", path, h.lang, body[at:min(len(body), at+80)])
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(body))
	h.ok(err)
	return doc
}

func text(s *goquery.Selection) string { return strings.Join(strings.Fields(s.Text()), " ") }
