package plan

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
	"kladka/internal/agreements/ledger"
	"kladka/internal/directory"
	"kladka/internal/directory/register"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/chart"
	"kladka/internal/platform/db"
	"kladka/internal/platform/events"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/files"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/law"
	"kladka/internal/platform/notify"
	"kladka/internal/platform/privacy"
	"kladka/internal/platform/secrets"
	"kladka/internal/platform/sheet"
	"kladka/internal/platform/trace"
	"kladka/internal/platform/web"
	"kladka/internal/schema"
	"kladka/internal/testkit"
)

var modules = []schema.Module{{Name: "db", Files: db.Migrations}, {Name: "jobs", Files: jobs.Migrations}, {Name: "events", Files: events.Migrations},
	{Name: "trace", Files: trace.Migrations}, {Name: "audit", Files: audit.Migrations}, {Name: "law", Files: law.Migrations}, {Name: "files", Files: files.Migrations},
	{Name: "notify", Files: notify.Migrations}, {Name: "privacy", Files: privacy.Migrations}, {Name: "access", Files: access.Migrations},
	{Name: "directory", Files: directory.Migrations}, {Name: "agreements/ledger", Files: ledger.Migrations}, {Name: "agreements/plan", Files: Migrations}}

// The two municipalities of the kit, both members: a city, and a town beside it.
const (
	city = "126101"
	town = "120611"
)

// kit is the module with an association, a center, the offices of two
// municipalities and a school. The time is kit.clock: move it.
type kit struct {
	*Service
	t      testing.TB
	access *access.Service
	dir    *directory.Service
	facts  *ledger.Service
	shell  *web.Shell
	jobs   *jobs.Registry
	lang   i18n.Lang
	clock  time.Time
	people int
	told   []notify.Message

	association, center            access.InstitutionID
	cityOffice, townOffice, school access.InstitutionID

	officer              access.Actor // of the association
	director             access.Actor // of the center
	cityClerk, townClerk access.Actor // authority officers
	delegate             access.Actor // forum delegate of the town
	expert, teacher      access.Actor
}

func testID(n int) access.InstitutionID {
	return access.InstitutionID(fmt.Sprintf("01930000-0000-7000-8000-%012d", n))
}

func newKit(t testing.TB, d *db.DB) *kit {
	t.Helper()
	k := &kit{t: t, lang: i18n.PL, clock: time.Date(2026, time.November, 23, 8, 0, 0, 0, time.UTC), jobs: jobs.NewRegistry(),
		association: testID(1), center: testID(2), cityOffice: testID(3), townOffice: testID(4), school: testID(11)}
	k.services(d)
	k.Service.Routes(k.shell)
	k.Service.Jobs(k.jobs)
	k.facts.Jobs(k.jobs)
	k.ok(k.Law.Seed(t.Context()))
	k.ok(k.dir.Seed(t.Context()))
	made := func(id access.InstitutionID, kind directory.Kind, name, seat, runs string) directory.Institution {
		return directory.Institution{ID: id, Origin: directory.Invented, Kind: kind, Name: name, Municipality: seat, RunningMunicipality: runs}
	}
	k.write(func(ctx context.Context, tx *db.Tx) error {
		return k.dir.Save(ctx, tx, []directory.Institution{
			made(k.association, directory.Association, "Metropolia", city, ""),
			made(k.center, directory.Kind(register.TeacherTrainingCenter), "Centrum Doskonalenia", city, ""),
			made(k.cityOffice, directory.Office, "Urząd Miasta", city, city), made(k.townOffice, directory.Office, "Urząd Gminy", town, town),
			made(k.school, directory.Kind(register.Primary), "Szkoła nr 1", city, city)})
	})
	k.officer = k.person("Anna Związek", access.AssociationOfficer, "")
	k.director = k.person("Dorota Dąb", access.CenterDirector, k.center)
	k.cityClerk, k.townClerk = k.person("Cezary Miasto", access.AuthorityOfficer, k.cityOffice), k.person("Gabriela Gmina", access.AuthorityOfficer, k.townOffice)
	k.delegate = k.person("Filip Forum", access.ForumDelegate, k.townOffice)
	k.expert, k.teacher = k.person("Ewa Ekspert", access.Expert, k.center), k.person("Ewa Nauczyciel", access.Teacher, k.school)
	return k
}

// services makes what the module stands on, as wiring does.
func (k *kit) services(d *db.DB) {
	catalog, err := i18n.Load(web.Messages, Messages, directory.Messages, access.Messages, register.Messages, sheet.Messages, audit.Messages, law.Messages,
		notify.Messages, privacy.Messages, chart.Messages, files.Messages)
	k.ok(err)
	set, err := assets.Load()
	k.ok(err)
	now, quiet := func() time.Time { return k.clock }, slog.New(slog.DiscardHandler)
	bus := events.NewBus(d, k.jobs, now)
	k.access = access.New(access.Config{DB: d, Catalog: catalog, Log: quiet, Now: now, Keys: secrets.New(), Demo: true, Bus: bus})
	k.dir = directory.New(directory.Config{DB: d, Now: now, Log: quiet})
	k.access.Connect(k.dir)
	lawful := law.New(law.Config{DB: d, Registry: law.NewRegistry().Declare(law.Platform()...).Declare(privacy.Params()...).Declare(Params()...), Now: now})
	k.Service = New(Config{DB: d, Now: now, Log: quiet, Catalog: catalog, People: k.access, Directory: k.dir, Law: lawful, Bus: bus, Tell: k.hear})
	k.facts = ledger.New(ledger.Config{DB: d, Now: now, Log: quiet, Catalog: catalog, People: k.access, Directory: k.dir, Targets: kitTargets{k.Service},
		Sources: map[string]ledger.Source{"training": kitSource{k}}})
	k.Ledger = k.facts
	k.shell = web.New(web.Config{Catalog: catalog, Assets: set, Log: quiet, Now: now},
		func(next http.Handler) http.Handler { return next }, func(r *web.Request) web.Viewer {
			who := access.ActorOf(r.Request)
			return web.Viewer{SignedIn: who.SignedIn(), Name: who.Name, Person: string(who.Person)}
		})
}

// kitTargets are the actions of the plan, for the rules of the ledger.
type kitTargets struct{ s *Service }

func (kitTargets) Areas(context.Context) ([]ledger.Target, error) { return nil, nil }
func (t kitTargets) Actions(ctx context.Context) ([]ledger.Target, error) {
	return t.s.Targets(ctx)
}

// kitSource has trainings that name the action they count for by themselves: the
// first one of the plan.
type kitSource struct{ k *kit }

func (s kitSource) Activity(ctx context.Context, id string) (ledger.Activity, error) {
	a := ledger.Activity{Ref: ledger.Ref{Kind: "training", ID: id}, On: "2026-10-10", SchoolYear: 2026, Title: "Szkolenie"}
	targets, err := s.k.Targets(ctx)
	if len(targets) > 0 {
		a.Actions = []string{targets[0].ID}
	}
	return a, err
}

func (k *kit) hear(_ context.Context, _ *db.Tx, m notify.Message) error {
	if !k.Catalog.Has(m.Key) {
		k.t.Errorf("no text %s", m.Key)
	}
	k.told = append(k.told, m)
	return nil
}

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

func (k *kit) write(f func(ctx context.Context, tx *db.Tx) error) {
	k.t.Helper()
	k.ok(k.DB.Write(k.t.Context(), func(tx *db.Tx) error { return f(k.t.Context(), tx) }))
}

// adopted writes a plan of 2024 to 2028 in force with a goal and an optional
// action A1.
func (k *kit) adopted() (Plan, Goal, Action) {
	k.t.Helper()
	ctx := k.t.Context()
	id, err := k.SavePlan(ctx, k.officer, Plan{Title: "Plan jakości", Words: "Wspólny plan gmin.", YearFrom: 2024, YearTo: 2028})
	k.ok(err)
	goal, err := k.SaveGoal(ctx, k.officer, Goal{Plan: id, Title: "Każda szkoła ma doradcę", Words: "Po prostu.", Theme: Inclusion})
	k.ok(err)
	action, err := k.SaveAction(ctx, k.officer, Action{Plan: id, Goal: goal, Code: "A1", Title: "Warsztaty doradców", Kind: Optional})
	k.ok(err)
	p, err := ByID(ctx, k.db, id)
	k.ok(err)
	k.ok(k.MovePlan(ctx, k.officer, id, p.Revision, Adopted))
	p, err = ByID(ctx, k.db, id)
	k.ok(err)
	g, err := GoalByID(ctx, k.db, goal)
	k.ok(err)
	a, err := ActionByID(ctx, k.db, action)
	k.ok(err)
	return p, g, a
}

// indicator writes one of a plan; change alters it before.
func (k *kit) indicator(p Plan, code string, change func(*Indicator)) Indicator {
	k.t.Helper()
	i := Indicator{Plan: p.ID, Code: code, Title: "Wskaźnik " + code, Unit: "osoby", Way: ByFormula, Formula: "people(all)", Frequency: Yearly}
	change(&i)
	id, err := k.SaveIndicator(k.t.Context(), k.officer, i, "")
	k.ok(err)
	i, err = IndicatorByID(k.t.Context(), k.db, id)
	k.ok(err)
	return i
}

func (k *kit) drain() {
	k.t.Helper()
	k.ok(testkit.Drain(k.t, k.DB, k.jobs, func() time.Time { return k.clock }))
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
		k.t.Fatalf("%s: status %d, want %d", path, w.Code, status)
	}
	if at := strings.Index(body, "⟦"); at >= 0 {
		k.t.Fatalf("%s in %s lacks a text: %s", path, k.lang, body[at:min(len(body), at+80)])
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(body))
	k.ok(err)
	return doc
}

// words is the text of a selection, with single spaces.
func words(s *goquery.Selection) string { return strings.Join(strings.Fields(s.Text()), " ") }
