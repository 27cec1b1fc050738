package meetings

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
	{Name: "meetings", Files: Migrations}}

const (
	city = "126101"
	town = "120611"
	// maths is the only topic of the kit's vocabulary.
	maths = "01930000-0000-7000-8000-000000009001"
)

type vocabulary struct{}

func (vocabulary) Choices(context.Context, *i18n.L) ([]web.Choice, error) {
	return []web.Choice{{Value: maths, Label: "Matematyka"}}, nil
}

func (vocabulary) Names(_ context.Context, _ *i18n.L, ids []string) (map[string]string, error) {
	names := map[string]string{}
	if slices.Contains(ids, maths) {
		names[maths] = "Matematyka"
	}
	return names, nil
}

func (vocabulary) Resolve(_ context.Context, ids []string) (map[string]string, error) {
	read := map[string]string{}
	if slices.Contains(ids, maths) {
		read[maths] = maths
	}
	return read, nil
}

func (vocabulary) Use(context.Context, *db.Tx, string, string, []string) error { return nil }

// kit is the module with an association, a center, the offices of a city and of
// a town, six units of the city and one of the town. The time is kit.clock: move it.
//
// In the city: school has a head and a deputy; complex is a complex with part
// below it, one head; left and right have one head, who holds the role at both.
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

	mu       sync.Mutex
	told     []notify.Message // what came into inboxes
	held     []WasHeld
	attended []heard[Attended]
	asked    []heard[Consulted]

	association, center    access.InstitutionID
	cityOffice, townOffice access.InstitutionID
	school, complex, part  access.InstitutionID
	left, right            access.InstitutionID
	townSchool             access.InstitutionID

	officer              access.Actor // of the association
	director             access.Actor // of the center
	clerk, townClerk     access.Actor // authority officers
	recorder             access.Actor // records the city's meetings
	head, deputy         access.Actor // of the school
	complexHead          access.Actor
	twoHead              access.Actor // heads left and right, acts at left
	townHead             access.Actor
	delegate, townDelega access.Actor // of the city and of the town at the Forum
	expert               access.Actor // at the center
	stranger             access.Actor // signed in, holds no role
	nobody               access.Actor // not signed in
}

// heard is an event with its version.
type heard[E any] struct {
	Event   E
	Version int64
	Subject string
}

func testID(n int) access.InstitutionID {
	return access.InstitutionID(fmt.Sprintf("01930000-0000-7000-8000-%012d", n))
}

// newKit makes the module over an empty database with the tables of modules.
func newKit(t testing.TB, d *db.DB) *kit {
	t.Helper()
	k := &kit{t: t, lang: i18n.PL, clock: time.Date(2026, time.November, 2, 8, 0, 0, 0, time.UTC), jobs: jobs.NewRegistry(),
		association: testID(1), center: testID(2), cityOffice: testID(3), townOffice: testID(4),
		school: testID(11), complex: testID(12), part: testID(13), left: testID(14), right: testID(15), townSchool: testID(16)}
	k.services(d)
	k.Service.Routes(k.shell)
	k.Service.Jobs(k.jobs)
	k.ok(k.Law.Seed(t.Context()))
	k.ok(k.dir.Seed(t.Context()))
	k.institutions()
	k.crowd()
	return k
}

func (k *kit) institutions() {
	made := func(id access.InstitutionID, kind directory.Kind, name, seat, runs string) directory.Institution {
		return directory.Institution{ID: id, Origin: directory.Invented, Kind: kind, Name: name, Municipality: seat, RunningMunicipality: runs}
	}
	part := made(k.part, directory.Kind(register.GeneralSecondary), "Liceum w Zespole", city, city)
	part.RegisterParent = &k.complex
	list := []directory.Institution{
		made(k.association, directory.Association, "Metropolia", city, ""),
		made(k.center, directory.Kind(register.TeacherTrainingCenter), "Centrum Doskonalenia Nauczycieli", city, ""),
		made(k.cityOffice, directory.Office, "Urząd Miasta", city, city),
		made(k.townOffice, directory.Office, "Urząd Gminy", town, town),
		made(k.school, directory.Kind(register.Primary), "Szkoła Podstawowa nr 1", city, city),
		made(k.complex, directory.Kind(register.Complex), "Zespół Szkół nr 2", city, city), part,
		made(k.left, directory.Kind(register.Primary), "Szkoła Lewa", city, city),
		made(k.right, directory.Kind(register.Primary), "Szkoła Prawa", city, city),
		made(k.townSchool, directory.Kind(register.Primary), "Szkoła Gminna", town, town)}
	k.ok(k.db.Write(k.t.Context(), func(tx *db.Tx) error {
		if err := k.dir.Save(k.t.Context(), tx, list); err != nil {
			return err
		}
		return k.dir.Regroup(k.t.Context(), tx)
	}))
}

func (k *kit) crowd() {
	k.officer = k.person("Anna Związek", access.AssociationOfficer, "")
	k.director, k.expert = k.person("Dorota Dąb", access.CenterDirector, k.center), k.person("Ewa Ekspert", access.Expert, k.center)
	k.clerk, k.townClerk = k.person("Cezary Miasto", access.AuthorityOfficer, k.cityOffice), k.person("Gabriela Gmina", access.AuthorityOfficer, k.townOffice)
	k.recorder = k.person("Robert Protokół", access.MeetingRecorder, k.cityOffice)
	k.head, k.deputy = k.person("Hanna Głowa", access.SchoolHead, k.school), k.person("Wit Zastępca", access.DeputyHead, k.school)
	k.complexHead = k.person("Kamil Zespół", access.SchoolHead, k.complex)
	k.twoHead = k.person("Lena Dwie", access.SchoolHead, k.left, k.right)
	k.twoHead = k.at(k.twoHead, k.left)
	k.townHead = k.person("Igor Szef", access.SchoolHead, k.townSchool)
	k.delegate, k.townDelega = k.person("Filip Forum", access.ForumDelegate, k.cityOffice), k.person("Gaja Forum", access.ForumDelegate, k.townOffice)
	k.stranger = k.person("Obcy Człowiek", access.Teacher, k.townSchool)
	k.stranger.Roles = nil
}

// at is a person who wears the hat of one institution.
func (k *kit) at(who access.Actor, id access.InstitutionID) access.Actor {
	who.Roles = slices.DeleteFunc(slices.Clone(who.Roles), func(h access.Held) bool { return h.Institution != id })
	return who
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
	for _, u := range Uses() {
		uses.Declare(u)
	}
	k.Service = New(Config{Files: files.New(d, folder, keys, uses, nil, files.Settings{}, now, quiet), DB: d, Now: now, Log: quiet, Catalog: catalog, People: k.access, Directory: k.dir, Vocabulary: vocabulary{}, Law: lawful, Bus: bus, Tell: k.hear,
		Centers: func(context.Context) ([]web.Choice, error) {
			return []web.Choice{{Value: string(k.center), Label: "Centrum Doskonalenia Nauczycieli"}}, nil
		}})
	events.On(bus, "kit.held", func(_ context.Context, e WasHeld, _ events.Meta) error {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.held = append(k.held, e)
		return nil
	})
	events.On(bus, "kit.attended", func(_ context.Context, e Attended, m events.Meta) error {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.attended = append(k.attended, heard[Attended]{e, m.Version, m.Subject})
		return nil
	})
	events.On(bus, "kit.consulted", func(_ context.Context, e Consulted, m events.Meta) error {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.asked = append(k.asked, heard[Consulted]{e, m.Version, m.Subject})
		return nil
	})
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

// heads makes the series of the city's heads' meetings, forum that of the Forum.
func (k *kit) heads() SeriesID {
	k.t.Helper()
	id, err := k.AddSeries(k.t.Context(), k.clerk, NewSeries{Kind: Heads, Owner: k.cityOffice, Title: "Narady dyrektorek i dyrektorów"})
	k.ok(err)
	return id
}

func (k *kit) forum() SeriesID {
	k.t.Helper()
	id, err := k.AddSeries(k.t.Context(), k.officer, NewSeries{Kind: Forum, Owner: k.association, Title: "Forum Edukacji"})
	k.ok(err)
	return id
}

// planned plans a meeting four weeks from now, from ten to noon.
func (k *kit) planned(who access.Actor, series SeriesID) MeetingID {
	k.t.Helper()
	from := time.Date(k.clock.Year(), k.clock.Month(), k.clock.Day()+28, 10, 0, 0, 0, web.Warsaw)
	id, err := k.PlanMeeting(k.t.Context(), who, Plan{Series: series, Title: "Narada grudniowa", Place: "Sala Obrad", Starts: from, Ends: from.Add(2 * time.Hour)})
	k.ok(err)
	return id
}

// announced plans and announces a meeting; convened sends its agenda too.
func (k *kit) announced(who access.Actor, series SeriesID) MeetingID {
	k.t.Helper()
	id := k.planned(who, series)
	k.ok(k.Announce(k.t.Context(), who, id, ""))
	return id
}

func (k *kit) convened(who access.Actor, series SeriesID) MeetingID {
	k.t.Helper()
	id := k.announced(who, series)
	k.ok(k.Convene(k.t.Context(), who, id))
	return id
}

// atMeeting moves the clock to a time after the beginning of a meeting.
func (k *kit) atMeeting(id MeetingID, after time.Duration) Meeting {
	k.t.Helper()
	m := k.meeting(id)
	k.clock = time.Unix(m.StartsAt, 0).Add(after)
	return m
}

func (k *kit) meeting(id MeetingID) Meeting {
	k.t.Helper()
	m, err := MeetingByID(k.t.Context(), k.db, id)
	k.ok(err)
	return m
}

func (k *kit) topic(id TopicID) Topic {
	k.t.Helper()
	t, err := TopicByID(k.t.Context(), k.db, id)
	k.ok(err)
	return t
}

// proposed is a topic that somebody proposed.
func (k *kit) proposed(who access.Actor, series SeriesID, title string) TopicID {
	k.t.Helper()
	id, err := k.Propose(k.t.Context(), who, Proposal{Series: series, Title: title})
	k.ok(err)
	return id
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
