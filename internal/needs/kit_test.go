package needs

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
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
	"kladka/internal/directory/topics"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/custody"
	"kladka/internal/platform/db"
	"kladka/internal/platform/disclosure"
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
	"kladka/internal/platform/seal"
	"kladka/internal/platform/search"
	"kladka/internal/platform/secrets"
	"kladka/internal/platform/sheet"
	"kladka/internal/platform/survey"
	"kladka/internal/platform/trace"
	"kladka/internal/platform/web"
	"kladka/internal/schema"
	"kladka/internal/testkit"
)

var modules = []schema.Module{{Name: "db", Files: db.Migrations}, {Name: "jobs", Files: jobs.Migrations}, {Name: "events", Files: events.Migrations},
	{Name: "trace", Files: trace.Migrations}, {Name: "audit", Files: audit.Migrations}, {Name: "law", Files: law.Migrations},
	{Name: "notify", Files: notify.Migrations}, {Name: "privacy", Files: privacy.Migrations}, {Name: "access", Files: access.Migrations},
	{Name: "directory", Files: directory.Migrations}, {Name: "custody", Files: custody.Migrations}, {Name: "survey", Files: survey.Migrations}, {Name: "disclosure", Files: disclosure.Migrations},
	{Name: "needs", Files: Migrations}}

// The two municipalities of the kit: a city, and a town beside it.
const (
	city = "126101"
	town = "120611"
)

// The topics of the kit. Algebra lies below maths.
const (
	maths   = "01930000-0000-7000-8000-000000009001"
	algebra = "01930000-0000-7000-8000-000000009002"
	reading = "01930000-0000-7000-8000-000000009003"
	autism  = "01930000-0000-7000-8000-000000009004"
	machine = "01930000-0000-7000-8000-000000009005" // artificial intelligence
	tutors  = "01930000-0000-7000-8000-000000009006"
)

// vocabulary is a small one. A test says in merged which topic is read in the
// stead of another.
type vocabulary struct {
	merged map[string]string
	used   map[string][]string
}

func topicNames() map[string]string {
	return map[string]string{maths: "Matematyka", algebra: "Algebra", reading: "Czytanie", autism: "Uczeń w spektrum autyzmu",
		machine: "Sztuczna inteligencja", tutors: "Praca wychowawcy"}
}

func (vocabulary) Choices(context.Context, *i18n.L) ([]web.Choice, error) {
	return []web.Choice{{Value: reading, Label: "Czytanie"}, {Value: maths, Label: "Matematyka"}, {Value: algebra, Label: "\u2003Algebra"},
		{Value: tutors, Label: "Praca wychowawcy"}, {Value: machine, Label: "Sztuczna inteligencja"}, {Value: autism, Label: "Uczeń w spektrum autyzmu"}}, nil
}

func (vocabulary) Names(_ context.Context, _ *i18n.L, ids []string) (map[string]string, error) {
	all, names := topicNames(), map[string]string{}
	for _, id := range ids {
		if all[id] != "" {
			names[id] = all[id]
		}
	}
	return names, nil
}

func (v vocabulary) Resolve(_ context.Context, ids []string) (map[string]string, error) {
	all, read := topicNames(), map[string]string{}
	for _, id := range ids {
		if all[id] == "" {
			continue
		}
		read[id] = id
		if other := v.merged[id]; other != "" {
			read[id] = other
		}
	}
	return read, nil
}

func (v vocabulary) Use(_ context.Context, _ *db.Tx, kind, object string, ids []string) error {
	v.used[kind+object] = ids
	return nil
}

// kitOffer is what became of decisions: what a test says.
type kitOffer struct {
	answered map[string][]Answered
	centers  []web.Choice
}

func (o *kitOffer) Answered(_ context.Context, need string) ([]Answered, error) {
	return o.answered[need], nil
}
func (o *kitOffer) Centers(context.Context) ([]web.Choice, error) { return o.centers, nil }

// kit is the module with an association, a center, the offices of two
// municipalities and four schools. The time is kit.clock: move it.
type kit struct {
	*Service
	t      testing.TB
	access *access.Service
	dir    *directory.Service
	shell  *web.Shell
	jobs   *jobs.Registry
	lang   i18n.Lang
	clock  time.Time
	words  vocabulary
	offer  *kitOffer
	people int

	mu   sync.Mutex
	told []notify.Message // what came into inboxes

	association, center     access.InstitutionID
	cityOffice, townOffice  access.InstitutionID
	school, small           access.InstitutionID // in the city, run by it; small has four teachers
	townSchool, countyOwned access.InstitutionID // in the town: run by it; run by the county

	officer           access.Actor // of the association
	director, planner access.Actor // director and officer of the center
	adviser           access.Actor // methodological adviser of the center
	cityClerk         access.Actor // authority officer of the city
	townClerk         access.Actor // authority officer of the town
	delegate          access.Actor // forum delegate of the town
	head, deputy      access.Actor // of the school
	secretary         access.Actor // of the school
	smallHead         access.Actor
	townHead          access.Actor
	countyHead        access.Actor
	ewa               access.Actor // a teacher of the school, the first of teachers[school]
	both              access.Actor // teaches at the school and at the small one, acting at the school
	administrator     access.Actor
	stranger          access.Actor // signed in nowhere
	teachers          map[access.InstitutionID][]access.Actor
	registry          *disclosure.Registry
}

func testID(n int) access.InstitutionID {
	return access.InstitutionID(fmt.Sprintf("01930000-0000-7000-8000-%012d", n))
}

// newKit makes the module over an empty database with the tables of modules.
func newKit(t testing.TB, d *db.DB) *kit {
	t.Helper()
	k := &kit{t: t, lang: i18n.PL, clock: time.Date(2026, time.November, 23, 8, 0, 0, 0, time.UTC), jobs: jobs.NewRegistry(),
		words: vocabulary{map[string]string{}, map[string][]string{}}, offer: &kitOffer{answered: map[string][]Answered{}},
		association: testID(1), center: testID(2), cityOffice: testID(3), townOffice: testID(4),
		school: testID(11), small: testID(12), townSchool: testID(13), countyOwned: testID(14), teachers: map[access.InstitutionID][]access.Actor{}}
	k.offer.centers = []web.Choice{{Value: string(k.center), Label: "Centrum Doskonalenia Nauczycieli"}}
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
	county := made(k.countyOwned, directory.Kind(register.GeneralSecondary), "Liceum Powiatowe", town, "")
	county.RunningKind = string(register.RunByCounty)
	list := []directory.Institution{
		made(k.association, directory.Association, "Metropolia", city, ""),
		made(k.center, directory.Kind(register.TeacherTrainingCenter), "Centrum Doskonalenia Nauczycieli", city, ""),
		made(k.cityOffice, directory.Office, "Urząd Miasta", city, city),
		made(k.townOffice, directory.Office, "Urząd Gminy", town, town),
		made(k.school, directory.Kind(register.Primary), "Szkoła Podstawowa nr 1", city, city),
		made(k.small, directory.Kind(register.Primary), "Mała Szkoła nr 2", city, city),
		made(k.townSchool, directory.Kind(register.Primary), "Szkoła Gminna", town, town), county}
	k.ok(k.db.Write(k.t.Context(), func(tx *db.Tx) error {
		if err := k.dir.Save(k.t.Context(), tx, list); err != nil {
			return err
		}
		return k.dir.Regroup(k.t.Context(), tx)
	}))
}

// crowd gives accounts: four teachers in the small school, five, four and three
// in the others, and one who teaches at two.
func (k *kit) crowd() {
	k.administrator = k.person("Ada Admin", access.Administrator, "")
	k.officer = k.person("Anna Związek", access.AssociationOfficer, "")
	k.director, k.planner = k.person("Dorota Dąb", access.CenterDirector, k.center), k.person("Olga Ośka", access.CenterOfficer, k.center)
	k.adviser = k.person("Adam Doradca", access.MethodologicalAdviser, k.center)
	k.cityClerk, k.townClerk = k.person("Cezary Miasto", access.AuthorityOfficer, k.cityOffice), k.person("Gabriela Gmina", access.AuthorityOfficer, k.townOffice)
	k.delegate = k.person("Filip Forum", access.ForumDelegate, k.townOffice)
	k.head, k.deputy = k.person("Hanna Głowa", access.SchoolHead, k.school), k.person("Wit Zastępca", access.DeputyHead, k.school)
	k.secretary = k.person("Sara Sekretariat", access.SchoolSecretary, k.school)
	k.smallHead, k.townHead = k.person("Mała Głowa", access.SchoolHead, k.small), k.person("Igor Szef", access.SchoolHead, k.townSchool)
	k.countyHead = k.person("Piotr Powiat", access.SchoolHead, k.countyOwned)
	for _, at := range []struct {
		id access.InstitutionID
		n  int
	}{{k.school, 5}, {k.small, 4}, {k.townSchool, 4}, {k.countyOwned, 3}} {
		for n := range at.n {
			k.teachers[at.id] = append(k.teachers[at.id], k.person(fmt.Sprintf("Nauczyciel %c%d", 'A'+n, len(k.teachers)), access.Teacher, at.id))
		}
	}
	k.ewa = k.teachers[k.school][0]
	k.both = k.person("Beata Dwie", access.Teacher, k.school, k.small)
	k.both.Roles = []access.Held{{Role: access.Teacher, Institution: k.school}}
}

// services makes what the module stands on, as wiring does.
func (k *kit) services(d *db.DB) {
	catalog, err := i18n.Load(web.Messages, Messages, directory.Messages, access.Messages, register.Messages, geometry.Messages, card.Messages, sheet.Messages,
		audit.Messages, law.Messages, mail.Messages, notify.Messages, files.Messages, privacy.Messages, importing.Messages, search.Messages, topics.Messages,
		custody.Messages, survey.Messages, disclosure.Messages, seal.Messages)
	k.ok(err)
	set, err := assets.Load()
	k.ok(err)
	now, quiet, keys := func() time.Time { return k.clock }, slog.New(slog.DiscardHandler), secrets.New()
	bus := events.NewBus(d, k.jobs, now)
	k.access = access.New(access.Config{DB: d, Catalog: catalog, Log: quiet, Now: now, Keys: keys, Demo: true, Bus: bus})
	k.dir = directory.New(directory.Config{DB: d, Now: now, Log: quiet})
	k.access.Connect(k.dir)
	lawful := law.New(law.Config{DB: d, Registry: law.NewRegistry().Declare(law.Platform()...).Declare(privacy.Params()...).Declare(Params()...), Now: now})
	k.registry = disclosure.NewRegistry().Declare(Measures()...)
	surveys := survey.New(survey.Config{DB: d, Now: now, Log: quiet, Catalog: catalog, Keys: keys})
	k.Service = New(Config{DB: d, Now: now, Log: quiet, Catalog: catalog, Keys: keys, People: k.access, Directory: k.dir, Topics: k.words, Law: lawful, Bus: bus,
		Surveys: surveys, Disclosure: disclosure.New(disclosure.Config{DB: d, Now: now, Registry: k.registry}), Offer: k.offer, Tell: k.hear})
	surveys.Declare(RoundOwner, k.Owner())
	surveys.Jobs(k.jobs)
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
	id, err := k.access.AddPerson(context.Background(), access.System(), access.NewPerson{Name: name,
		Email: fmt.Sprintf("osoba%d@example.org", k.people), Roles: roles})
	k.ok(err)
	a, err := k.access.Actor(context.Background(), id)
	k.ok(err)
	a.Fresh = true
	return a
}

// campaign writes an open campaign of the association for the center, for next
// school year, until the end of November, that asks the two offices and all
// schools about four topics, and asks no people; change alters it before.
func (k *kit) campaign(t testing.TB, change func(*Campaign)) Campaign {
	t.Helper()
	c := Campaign{ID: CampaignID(newID()), Revision: 1, Trace: newID(), SchoolYear: 2027, Owner: k.association, Center: k.center,
		Title: "Czego potrzebujemy", State: Open, Mode: survey.Confidential, OpensAt: k.clock.Unix() - 86400,
		ClosesAt: time.Date(2026, time.December, 1, 0, 0, 0, 0, web.Warsaw).Unix(), FirstDays: 7, Weights: "1,2,3",
		CreatedBy: string(k.officer.Person), CreatedAt: k.clock.Unix(), ChangedAt: k.clock.Unix()}
	if change != nil {
		change(&c)
	}
	c.TitleKey = i18n.SortKey(c.Title)
	k.write(func(ctx context.Context, tx *db.Tx) error {
		if err := putRow(ctx, tx, "needs_campaigns", c); err != nil {
			return err
		}
		for n, topic := range []string{maths, reading, autism, machine} {
			if _, err := tx.Exec(ctx, `insert into needs_topics (campaign, no, topic) values (?, ?, ?)`, c.ID, n+1, topic); err != nil {
				return err
			}
		}
		return nil
	})
	k.asked(c, Asked{Institution: k.cityOffice, Kind: string(directory.Office), BySeat: city, ByRunning: city},
		Asked{Institution: k.townOffice, Kind: string(directory.Office), BySeat: town, ByRunning: town},
		Asked{Institution: k.school, Kind: string(register.Primary), BySeat: city, ByRunning: city, Runner: string(k.cityOffice), Roster: 7},
		Asked{Institution: k.small, Kind: string(register.Primary), BySeat: city, ByRunning: city, Runner: string(k.cityOffice), Roster: 5},
		Asked{Institution: k.townSchool, Kind: string(register.Primary), BySeat: town, ByRunning: town, Runner: string(k.townOffice), Roster: 5},
		Asked{Institution: k.countyOwned, Kind: string(register.GeneralSecondary), BySeat: town, Roster: 4})
	return c
}

// asked writes institutions into the scope of a campaign.
func (k *kit) asked(c Campaign, list ...Asked) {
	k.t.Helper()
	k.write(func(ctx context.Context, tx *db.Tx) error {
		for _, a := range list {
			a.Campaign = c.ID
			i, err := directory.ByID(ctx, k.db, a.Institution)
			if err != nil {
				return err
			}
			if err := putRow(ctx, tx, "needs_asked", a); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `update needs_asked set sort_key = ? where campaign = ? and institution = ?`, i.SortKey, c.ID, a.Institution); err != nil {
				return err
			}
		}
		return nil
	})
}

// declared writes a sent declaration with its lines as they lie; of a line
// without a priority it is 2, without heads 1.
func (k *kit) declared(c Campaign, at access.InstitutionID, as As, lines ...Line) Declaration {
	k.t.Helper()
	d := Declaration{ID: newID(), Campaign: c.ID, Institution: at, As: as, Revision: 1, Sent: true, By: string(k.head.Person), SentAt: k.clock.Unix(), ChangedAt: k.clock.Unix()}
	k.write(func(ctx context.Context, tx *db.Tx) error {
		if err := putRow(ctx, tx, "needs_declarations", d); err != nil {
			return err
		}
		for n, l := range lines {
			l.Declaration, l.No = d.ID, n+1
			l.Priority, l.Heads = max(l.Priority, 1), max(l.Heads, 1)
			if lines[n].Priority == 0 {
				l.Priority = 2
			}
			if err := putRow(ctx, tx, "needs_lines", l); err != nil {
				return err
			}
		}
		return nil
	})
	return d
}

// putRow writes a struct into a table by its db tags.
func putRow(ctx context.Context, tx *db.Tx, table string, row any) error {
	v := reflect.ValueOf(row)
	var names []string
	var args []any
	for n := range v.NumField() {
		if name := v.Type().Field(n).Tag.Get("db"); name != "" && name != "-" {
			names, args = append(names, name), append(args, v.Field(n).Interface())
		}
	}
	_, err := tx.Exec(ctx, "insert into "+table+" ("+strings.Join(names, ", ")+") values "+db.Marks(1, len(names)), args...)
	return err
}

func (k *kit) write(f func(ctx context.Context, tx *db.Tx) error) {
	k.t.Helper()
	k.ok(k.db.Write(k.t.Context(), func(tx *db.Tx) error { return f(k.t.Context(), tx) }))
}

// read reads a campaign again.
func (k *kit) read(id CampaignID) Campaign {
	k.t.Helper()
	c, err := CampaignByID(k.t.Context(), k.db, id)
	k.ok(err)
	return c
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
		k.t.Fatalf("%s: status %d, want %d", path, w.Code, status)
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

func TestKit(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		c := k.campaign(t, nil)
		if got := k.read(c.ID); got != c {
			t.Errorf("read %+v\nwrote %+v", got, c)
		}
		k.declared(c, k.school, AsSchool, Line{Topic: maths, Heads: 3})
	})
}
