package budget

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"kladka/assets"
	"kladka/internal/access"
	"kladka/internal/access/card"
	"kladka/internal/directory"
	"kladka/internal/directory/geometry"
	"kladka/internal/directory/register"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/counter"
	"kladka/internal/platform/db"
	"kladka/internal/platform/events"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/files"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/importing"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/law"
	"kladka/internal/platform/mail"
	"kladka/internal/platform/notify"
	"kladka/internal/platform/privacy"
	"kladka/internal/platform/search"
	"kladka/internal/platform/secrets"
	"kladka/internal/platform/sheet"
	"kladka/internal/platform/trace"
	"kladka/internal/platform/web"
	"kladka/internal/schema"
	"kladka/internal/testkit"
)

var modules = []schema.Module{{Name: "db", Files: db.Migrations}, {Name: "jobs", Files: jobs.Migrations}, {Name: "events", Files: events.Migrations},
	{Name: "trace", Files: trace.Migrations}, {Name: "audit", Files: audit.Migrations}, {Name: "law", Files: law.Migrations},
	{Name: "counter", Files: counter.Migrations}, {Name: "notify", Files: notify.Migrations}, {Name: "privacy", Files: privacy.Migrations},
	{Name: "files", Files: files.Migrations}, {Name: "access", Files: access.Migrations}, {Name: "directory", Files: directory.Migrations},
	{Name: "budget", Files: Migrations}}

const cracow = "126101"

// kit is the module with the office of a city, a school and another school. The
// time is kit.clock: move it.
type kit struct {
	*Service
	t      testing.TB
	access *access.Service
	dir    *directory.Service
	shell  *web.Shell
	jobs   *jobs.Registry
	lang   i18n.Lang
	clock  time.Time
	people int

	mu        sync.Mutex
	told      []notify.Message // what came into inboxes
	obstacles []Obstacle       // what package vote says before a vote

	office, school, elsewhere access.InstitutionID

	officer         access.Actor // runs the budget of the city
	head            access.Actor // of the school
	valuator, judge access.Actor // of the office: one assesses, both run
	pupil, mate     access.Actor // of the school
	stranger        access.Actor // signed in, pupil of another school
	resident        access.Actor // signed in, holds no role
	nobody          access.Actor // not signed in
}

func testID(n int) access.InstitutionID {
	return access.InstitutionID(fmt.Sprintf("01930000-0000-7000-8000-%012d", n))
}

// newKit makes the module over an empty database with the tables of modules.
func newKit(t testing.TB, d *db.DB) *kit {
	t.Helper()
	k := &kit{t: t, lang: i18n.PL, clock: time.Date(2026, time.October, 1, 8, 0, 0, 0, time.UTC), jobs: jobs.NewRegistry(),
		office: testID(1), school: testID(2), elsewhere: testID(3)}
	k.services(d)
	k.Service.Routes(k.shell)
	k.Service.Jobs(k.jobs)
	k.ok(k.Law.Seed(t.Context()))
	k.ok(k.dir.Seed(t.Context()))
	made := func(id access.InstitutionID, kind directory.Kind, name string) directory.Institution {
		return directory.Institution{ID: id, Origin: directory.Invented, Kind: kind, Name: name, Municipality: cracow, RunningMunicipality: cracow}
	}
	k.ok(k.db.Write(t.Context(), func(tx *db.Tx) error {
		list := []directory.Institution{made(k.office, directory.Office, "Urząd Miasta"), made(k.school, directory.Kind(register.Primary), "Szkoła Podstawowa nr 1"),
			made(k.elsewhere, directory.Kind(register.Primary), "Szkoła Podstawowa nr 2")}
		if err := k.dir.Save(t.Context(), tx, list); err != nil {
			return err
		}
		return k.dir.Regroup(t.Context(), tx)
	}))
	k.officer, k.head = k.person("Anna Urząd", access.BudgetOfficer, k.office), k.person("Hanna Głowa", access.SchoolHead, k.school)
	k.valuator, k.judge = k.person("Wanda Ocena", access.Valuator, k.office), k.person("Jan Drugi", access.BudgetOfficer, k.office)
	k.pupil, k.mate = k.person("Ola Uczennica", access.Pupil, k.school), k.person("Ula Koleżanka", access.Pupil, k.school)
	k.stranger = k.person("Obca Osoba", access.Pupil, k.elsewhere)
	k.resident = k.person("Maria Mieszkanka", access.Teacher, k.elsewhere)
	k.resident.Roles = nil
	return k
}

// services makes what the module stands on, as wiring does.
func (k *kit) services(d *db.DB) {
	catalog, err := i18n.Load(web.Messages, Messages, directory.Messages, access.Messages, register.Messages, geometry.Messages, card.Messages, sheet.Messages,
		audit.Messages, law.Messages, mail.Messages, notify.Messages, files.Messages, privacy.Messages, importing.Messages, search.Messages)
	k.ok(err)
	set, err := assets.Load()
	k.ok(err)
	now, quiet, keys := func() time.Time { return k.clock }, slog.New(slog.DiscardHandler), secrets.New()
	bus := events.NewBus(d, k.jobs, now)
	k.access = access.New(access.Config{DB: d, Catalog: catalog, Log: quiet, Now: now, Keys: keys, Demo: true, Bus: bus})
	k.dir = directory.New(directory.Config{DB: d, Now: now, Log: quiet})
	k.access.Connect(k.dir)
	lawful := law.New(law.Config{DB: d, Registry: law.NewRegistry().Declare(law.Platform()...).Declare(privacy.Params()...).Declare(Params()...), Now: now})
	folder, err := files.OpenFolder(filepath.Join(k.t.TempDir(), "files"))
	k.ok(err)
	uses := files.NewRegistry()
	uses.Declare(SupportFiles())
	uses.Declare(PictureFiles())
	k.Service = New(Config{DB: d, Now: now, Log: quiet, Catalog: catalog, People: k.access, Directory: k.dir, Law: lawful, Bus: bus, Tell: k.hear,
		Files: files.New(d, folder, keys, uses, nil, files.Settings{}, now, quiet),
		Ready: func(context.Context, db.Reader, Edition) ([]Obstacle, error) { return k.obstacles, nil }})
	k.shell = web.New(web.Config{Catalog: catalog, Assets: set, Log: quiet, Now: now},
		func(next http.Handler) http.Handler { return next }, func(r *web.Request) web.Viewer {
			who := access.ActorOf(r.Request)
			return web.Viewer{SignedIn: who.SignedIn(), Name: who.Name, Person: string(who.Person)}
		})
}

// hear keeps what people are told; a message of a name that was told is not
// told again, as package notify does it.
func (k *kit) hear(_ context.Context, _ *db.Tx, m notify.Message) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.Catalog.Has(m.Key) {
		k.t.Errorf("no text %s", m.Key)
	}
	if m.Once != "" && slices.ContainsFunc(k.told, func(o notify.Message) bool { return o.To == m.To && o.Once == m.Once }) {
		return nil
	}
	k.told = append(k.told, m)
	return nil
}

// toldTo are the keys that came into somebody's inbox.
func (k *kit) toldTo(who access.Actor) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var keys []string
	for _, m := range k.told {
		if m.To == string(who.Person) {
			keys = append(keys, m.Key)
		}
	}
	return strings.Join(keys, " ")
}

// person has an account with a role at each institution, and acts after both steps.
func (k *kit) person(name string, role access.Role, at ...access.InstitutionID) access.Actor {
	k.t.Helper()
	k.people++
	var roles []access.Held
	for _, id := range at {
		roles = append(roles, access.Held{Role: role, Institution: id})
	}
	id, err := k.access.AddPerson(context.Background(), access.System(), access.NewPerson{Name: name, Email: fmt.Sprintf("osoba%d@example.org", k.people), Roles: roles})
	k.ok(err)
	a, err := k.access.Actor(context.Background(), id)
	k.ok(err)
	a.Fresh = true
	return a
}

// draft makes a draft of a template for whoever runs it.
func (k *kit) draft(who access.Actor, template string) Edition {
	k.t.Helper()
	id, err := k.AddEdition(k.t.Context(), who, NewEdition{Template: template, Owner: who.Roles[0].Institution, Title: "Budżet 2026", Year: 2026})
	k.ok(err)
	return k.edition(id)
}

// schoolEdition is an announced edition of the school, filing from 5 to 23
// October 2026, voting from 24 November 8:00 to 26 November 15:00.
func (k *kit) schoolEdition() Edition {
	k.t.Helper()
	e := k.draft(k.head, "school")
	k.ok(k.Announce(k.t.Context(), k.head, e.ID))
	return k.edition(e.ID)
}

func (k *kit) edition(id EditionID) Edition {
	k.t.Helper()
	e, err := EditionByID(k.t.Context(), k.db, id)
	k.ok(err)
	return e
}

// accepted puts accepted projects into a pool behind the back of the rules: for
// tests of what comes after the checks.
func (k *kit) accepted(e Edition, pool PoolID, costs ...int64) (ids []ProjectID) {
	k.t.Helper()
	k.ok(k.db.Write(k.t.Context(), func(tx *db.Tx) error {
		for n, cost := range costs {
			id := ProjectID(newID())
			ids = append(ids, id)
			if _, err := tx.Exec(k.t.Context(), `insert into budget_projects (id, version, trace, edition, pool, state, number, title, title_key, cost, proposer, created_at, changed_at)
				values `+db.Marks(1, 13), id, 1, newID(), e.ID, pool, ProjectAccepted, n+1, fmt.Sprintf("Projekt %d", n+1), "", cost, k.pupil.Person, 1, 1); err != nil {
				return err
			}
		}
		return nil
	}))
	return ids
}

// day moves the clock to noon of a day of 2026.
func (k *kit) day(month time.Month, day int) {
	k.clock = time.Date(2026, month, day, 12, 0, 0, 0, web.Warsaw)
}

// drain runs the jobs that are due.
func (k *kit) drain() {
	k.t.Helper()
	k.ok(testkit.Drain(k.t, k.db, k.jobs, func() time.Time { return k.clock }))
}

func (k *kit) ok(err error) {
	k.t.Helper()
	if err != nil {
		k.t.Fatal(err)
	}
}

// refuses checks that an error is a fault of a kind.
func refuses(t testing.TB, what string, err error, kind fault.Kind) {
	t.Helper()
	if err == nil || fault.KindOf(err) != kind {
		t.Errorf("%s: %v, want kind %d", what, err, kind)
	}
}

func (k *kit) send(who access.Actor, method, path string, form url.Values) *httptest.ResponseRecorder {
	k.t.Helper()
	r := httptest.NewRequestWithContext(access.WithActor(k.t.Context(), who), method, path, strings.NewReader(form.Encode()))
	r.Header.Set("Accept-Language", string(k.lang))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w := httptest.NewRecorder()
	k.shell.ServeHTTP(w, r)
	return w
}

func (k *kit) get(who access.Actor, path string) *httptest.ResponseRecorder {
	k.t.Helper()
	return k.send(who, http.MethodGet, path, nil)
}

// post sends a form; pairs are names and values.
func (k *kit) post(who access.Actor, path string, pairs ...string) *httptest.ResponseRecorder {
	k.t.Helper()
	form := url.Values{}
	for n := 0; n+1 < len(pairs); n += 2 {
		form.Add(pairs[n], pairs[n+1])
	}
	return k.send(who, http.MethodPost, path, form)
}

// page asks for a page that must be there and be whole in its language.
func (k *kit) page(who access.Actor, path string) *goquery.Document {
	k.t.Helper()
	return k.whole(path, k.get(who, path), http.StatusOK)
}

func (k *kit) whole(path string, w *httptest.ResponseRecorder, status int) *goquery.Document {
	k.t.Helper()
	body := w.Body.String()
	if w.Code != status {
		k.t.Fatalf("%s: status %d, want %d: %.300s", path, w.Code, status, body)
	}
	if at := strings.Index(body, "⟦"); at >= 0 {
		k.t.Fatalf("%s in %s lacks a text: %s", path, k.lang, body[at:min(len(body), at+80)])
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(body))
	k.ok(err)
	return doc
}

func text(s *goquery.Selection) string { return strings.Join(strings.Fields(s.Text()), " ") }
