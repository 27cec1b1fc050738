package vote

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"kladka/assets"
	"kladka/internal/access"
	"kladka/internal/access/card"
	"kladka/internal/budget"
	"kladka/internal/directory"
	"kladka/internal/directory/geometry"
	"kladka/internal/directory/register"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/counter"
	"kladka/internal/platform/custody"
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
	{Name: "custody", Files: custody.Migrations}, {Name: "budget", Files: budget.Migrations}, {Name: "vote", Files: Migrations}}

// kit is the module with a city's office and a school with one class of pupils.
// The time is kit.clock: move it.
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
	told   []notify.Message // what came into inboxes

	office, school access.InstitutionID
	class          directory.ClassID

	clerk, officer access.Actor // of the city: run and work at the desk
	head, tutor    access.Actor // of the school
	pupils         []access.PersonID
	resident       access.Actor // signed in, holds no role
	nobody         access.Actor // not signed in
}

func testID(n int) access.InstitutionID {
	return access.InstitutionID(fmt.Sprintf("01930000-0000-7000-8000-%012d", n))
}

const city = "126101"

// newKit makes the module over an empty database with the tables of modules.
func newKit(t testing.TB, d *db.DB) *kit {
	t.Helper()
	k := &kit{t: t, lang: i18n.PL, clock: time.Date(2026, time.November, 2, 8, 0, 0, 0, time.UTC), jobs: jobs.NewRegistry(), office: testID(3), school: testID(11)}
	k.services(d)
	k.Service.Routes(k.shell)
	k.Service.Jobs(k.jobs)
	k.ok(k.Law.Seed(t.Context()))
	k.ok(k.dir.Seed(t.Context()))
	k.ok(d.Write(t.Context(), func(tx *db.Tx) error {
		return k.dir.Save(t.Context(), tx, []directory.Institution{
			{ID: k.office, Origin: directory.Invented, Kind: directory.Office, Name: "Urząd Miasta", Municipality: city, RunningMunicipality: city},
			{ID: k.school, Origin: directory.Invented, Kind: directory.Kind(register.Primary), Name: "Szkoła Podstawowa nr 1", Municipality: city, RunningMunicipality: city}})
	}))
	k.clerk, k.officer = k.person("Cezary Miasto", access.AuthorityOfficer, k.office), k.person("Beata Budżet", access.BudgetOfficer, k.office)
	k.head, k.tutor = k.person("Hanna Głowa", access.SchoolHead, k.school), k.person("Teresa Wychowawczyni", access.SchoolSecretary, k.school)
	k.resident = k.person("Renata Mieszkanka", access.Teacher, k.school)
	k.resident.Roles = nil
	return k
}

// services makes what the module stands on, as wiring does.
func (k *kit) services(d *db.DB) {
	catalog, err := i18n.Load(web.Messages, Messages, budget.Messages, directory.Messages, access.Messages, register.Messages, geometry.Messages, card.Messages,
		sheet.Messages, audit.Messages, law.Messages, mail.Messages, notify.Messages, files.Messages, privacy.Messages, importing.Messages, search.Messages, custody.Messages)
	k.ok(err)
	set, err := assets.Load()
	k.ok(err)
	now, quiet, keys := func() time.Time { return k.clock }, slog.New(slog.DiscardHandler), secrets.New()
	bus := events.NewBus(d, k.jobs, now)
	k.access = access.New(access.Config{DB: d, Catalog: catalog, Log: quiet, Now: now, Keys: keys, Demo: true, Bus: bus})
	k.dir = directory.New(directory.Config{DB: d, Now: now, Log: quiet})
	k.access.Connect(k.dir)
	k.dir.ConnectPeople(k.access)
	lawful := law.New(law.Config{DB: d, Registry: law.NewRegistry().Declare(law.Platform()...).Declare(privacy.Params()...).Declare(Params()...).Declare(budget.Params()...), Now: now})
	folder, err := files.OpenFolder(filepath.Join(k.t.TempDir(), "files"))
	k.ok(err)
	b := budget.New(budget.Config{DB: d, Now: now, Log: quiet, Catalog: catalog, People: k.access, Directory: k.dir, Law: lawful, Bus: bus,
		Files: files.New(d, folder, keys, files.NewRegistry(), nil, files.Settings{}, now, quiet)})
	b.Jobs(k.jobs)
	k.Service = New(Config{DB: d, Now: now, Log: quiet, Catalog: catalog, Keys: keys, Budget: b, People: k.access, Classes: k.dir, Law: lawful, Base: "https://kladka.example.org",
		Tell: func(_ context.Context, _ *db.Tx, m notify.Message) error {
			if !catalog.Has(m.Key) {
				k.t.Errorf("no text %s", m.Key)
			}
			k.told = append(k.told, m)
			return nil
		}})
	k.shell = web.New(web.Config{Catalog: catalog, Assets: set, Log: quiet, Now: now},
		func(next http.Handler) http.Handler { return next }, func(r *web.Request) web.Viewer {
			who := access.ActorOf(r.Request)
			return web.Viewer{SignedIn: who.SignedIn(), Name: who.Name, Person: string(who.Person)}
		})
}

// person has an account with a role, and acts after both steps.
func (k *kit) person(name string, role access.Role, at access.InstitutionID) access.Actor {
	k.t.Helper()
	k.people++
	id, err := k.access.AddPerson(context.Background(), access.System(), access.NewPerson{Name: name, Email: fmt.Sprintf("osoba%d@example.org", k.people),
		Roles: []access.Held{{Role: role, Institution: at}}})
	k.ok(err)
	a, err := k.access.Actor(context.Background(), id)
	k.ok(err)
	a.Fresh = true
	return a
}

// voter is another person who holds no role.
func (k *kit) voter() access.Actor {
	k.t.Helper()
	a := k.person(fmt.Sprintf("Osoba %d", k.people), access.Teacher, k.school)
	a.Roles = nil
	return a
}

// roster makes a class with so many pupils in the school.
func (k *kit) roster(n int) {
	k.t.Helper()
	id, err := k.dir.CreateClass(k.t.Context(), k.head, k.school, "7a", 2026)
	k.ok(err)
	var names []string
	for i := range n {
		names = append(names, fmt.Sprintf("Uczeń Numer %c%c", 'A'+i/26, 'a'+i%26))
	}
	k.class = id
	k.pupils, err = k.dir.AddPupils(k.t.Context(), k.head, k.school, id, names)
	k.ok(err)
}

// edition makes a published edition of one's institution from a template; change
// alters its rules before. The vote is open from tomorrow for a week.
func (k *kit) edition(who access.Actor, template string, change func(*budget.Rules)) budget.Edition {
	k.t.Helper()
	ctx := k.t.Context()
	id, err := k.Budget.AddEdition(ctx, who, budget.NewEdition{Template: template, Owner: who.Roles[0].Institution, Title: "Budżet próbny", Year: 2026})
	k.ok(err)
	e, err := budget.EditionByID(ctx, k.db, id)
	k.ok(err)
	set := budget.SettingsOf(e)
	set.Rules.Calendar.VoteFrom, set.Rules.Calendar.VoteTo = k.clock.Add(24*time.Hour).Unix(), k.clock.Add(8*24*time.Hour).Unix()
	if change != nil {
		change(&set.Rules)
	}
	k.ok(k.Budget.Change(ctx, who, id, set))
	return k.moved(id, budget.Draft, budget.Published)
}

// moved brings an edition from one state over others to the last, past what would
// keep it there.
func (k *kit) moved(id budget.EditionID, states ...budget.State) budget.Edition {
	k.t.Helper()
	for i := range states[1:] {
		k.ok(k.db.Write(k.t.Context(), func(tx *db.Tx) error {
			return k.Budget.MoveTo(k.t.Context(), tx, access.System(), id, states[i], states[i+1])
		}))
	}
	e, err := budget.EditionByID(k.t.Context(), k.db, id)
	k.ok(err)
	return e
}

// voting opens the vote of a published edition and moves the clock into its hours.
func (k *kit) voting(e budget.Edition) budget.Edition {
	k.t.Helper()
	k.clock = time.Unix(e.Rules.Calendar.VoteFrom, 0).Add(time.Hour)
	return k.moved(e.ID, budget.Published, budget.Frozen, budget.Voting)
}

// closed closes it after its last hour.
func (k *kit) closed(e budget.Edition) budget.Edition {
	k.t.Helper()
	k.clock = time.Unix(e.Rules.Calendar.VoteTo, 0).Add(time.Minute)
	return k.moved(e.ID, budget.Voting, budget.Closed)
}

// elector writes an elector of an account with rights in the pools for everybody.
func (k *kit) elector(e budget.Edition, who access.Actor) ElectorID {
	k.t.Helper()
	pools, _ := poolsFor(e, "")
	id := newElector()
	k.ok(k.db.Write(k.t.Context(), func(tx *db.Tx) error {
		_, err := add(k.t.Context(), tx, []newcomer{{Elector: Elector{Edition: e.ID, ID: id, Source: budget.Desk, Person: who.Person}, Pools: pools}})
		return err
	}))
	return id
}

// spends uses a right up, in a transaction of its own.
func (k *kit) spends(e budget.Edition, id ElectorID, way Way) (ok bool, err error) {
	err = k.db.Write(k.t.Context(), func(tx *db.Tx) (err error) {
		ok, err = spend(k.t.Context(), tx, e.ID, e.Rules.Pools[0].ID, id, way)
		return err
	})
	return ok, err
}

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
