package training

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"reflect"
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
	"kladka/internal/platform/repeats"
	"kladka/internal/platform/search"
	"kladka/internal/platform/secrets"
	"kladka/internal/platform/sheet"
	"kladka/internal/platform/trace"
	"kladka/internal/platform/web"
	"kladka/internal/schema"
	"kladka/internal/testkit"
)

var modules = []schema.Module{{Name: "db", Files: db.Migrations}, {Name: "jobs", Files: jobs.Migrations}, {Name: "events", Files: events.Migrations},
	{Name: "trace", Files: trace.Migrations}, {Name: "repeats", Files: repeats.Migrations}, {Name: "audit", Files: audit.Migrations},
	{Name: "law", Files: law.Migrations}, {Name: "mail", Files: mail.Migrations}, {Name: "notify", Files: notify.Migrations},
	{Name: "files", Files: files.Migrations}, {Name: "privacy", Files: privacy.Migrations}, {Name: "access", Files: access.Migrations},
	{Name: "directory", Files: directory.Migrations}, {Name: "directory/topics", Files: topics.Migrations}, {Name: "counter", Files: counter.Migrations},
	{Name: "training", Files: Migrations}}

// The two municipalities of the kit: a city, and a town beside it.
const (
	city = "126101"
	town = "120611"
)

const (
	maths   = "01930000-0000-7000-8000-000000009001"
	algebra = "01930000-0000-7000-8000-000000009002" // below maths
	reading = "01930000-0000-7000-8000-000000009003"
)

// vocabulary is a small one; what objects use is kept in the test's memory.
type vocabulary struct{ used map[string][]string }

func (vocabulary) Choices(context.Context, *i18n.L) ([]web.Choice, error) {
	return []web.Choice{{Value: maths, Label: "Matematyka"}, {Value: algebra, Label: "\u2003Algebra"}, {Value: reading, Label: "Czytanie"}}, nil
}

func (vocabulary) Names(_ context.Context, _ *i18n.L, ids []string) (map[string]string, error) {
	all := map[string]string{maths: "Matematyka", algebra: "Algebra", reading: "Czytanie"}
	names := map[string]string{}
	for _, id := range ids {
		if all[id] != "" {
			names[id] = all[id]
		}
	}
	return names, nil
}

func (v vocabulary) Resolve(_ context.Context, ids []string) (map[string]string, error) {
	read := map[string]string{}
	names, _ := v.Names(context.Background(), nil, ids)
	for id := range names {
		read[id] = id
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

// kit is the module with a center, two schools in two municipalities, and
// people. The time is kit.now: move it.
type kit struct {
	*Service
	t      testing.TB
	access *access.Service
	dir    *directory.Service
	shell  *web.Shell
	jobs   *jobs.Registry
	who    access.Actor // who asks for pages; a stranger at first
	lang   i18n.Lang
	now    time.Time
	words  vocabulary
	people int

	mu      sync.Mutex
	told    []notify.Message // what came into inboxes
	touched []string         // trainings that are to be indexed anew

	center        access.InstitutionID
	school, other access.InstitutionID // in the city, run by it; in the town, run by it

	director, officer, trainer access.Actor // of the center
	head, ewa, jan             access.Actor // head and teachers of the school
	deputy                     access.Actor // of the school
	otherHead, iza             access.Actor // head and teacher of the other one
	stranger                   access.Actor
}

func testID(n int) access.InstitutionID {
	return access.InstitutionID(fmt.Sprintf("01930000-0000-7000-8000-%012d", n))
}

// newKit makes the module over an empty database with the tables of modules.
func newKit(t testing.TB, d *db.DB) *kit {
	t.Helper()
	k := &kit{t: t, lang: i18n.PL, now: time.Date(2026, time.November, 23, 8, 0, 0, 0, time.UTC), words: vocabulary{map[string][]string{}},
		jobs: jobs.NewRegistry(), center: testID(1), school: testID(2), other: testID(3)}
	k.services(d)
	k.Service.Routes(k.shell)
	k.Service.Jobs(k.jobs)
	k.ok(k.Law.Seed(t.Context()))
	k.ok(k.dir.Seed(t.Context()))
	k.ok(d.Write(t.Context(), func(tx *db.Tx) error {
		err := k.dir.Save(t.Context(), tx, []directory.Institution{
			{ID: k.center, Origin: directory.Invented, Kind: directory.Kind(register.TeacherTrainingCenter), Name: "Centrum Doskonalenia Nauczycieli", Municipality: city,
				RunningKind: "voivodeship"},
			{ID: k.school, Origin: directory.Invented, Kind: directory.Kind(register.Primary), Name: "Szkoła Podstawowa nr 1", Municipality: city, RunningMunicipality: city},
			{ID: k.other, Origin: directory.Invented, Kind: directory.Kind(register.GeneralSecondary), Name: "Liceum nr 2", Municipality: town, RunningMunicipality: town}})
		if err != nil {
			return err
		}
		return k.dir.Regroup(t.Context(), tx)
	}))
	k.director, k.officer = k.person("Dorota Dąb", access.CenterDirector, k.center), k.person("Olga Ośka", access.CenterOfficer, k.center)
	k.trainer = k.person("Tomasz Trener", access.Trainer, k.center)
	k.head, k.deputy = k.person("Hanna Głowa", access.SchoolHead, k.school), k.person("Wit Zastępca", access.DeputyHead, k.school)
	k.ewa, k.jan = k.person("Ewa Łoś", access.Teacher, k.school), k.person("Jan Bóbr", access.Teacher, k.school)
	k.otherHead, k.iza = k.person("Igor Szef", access.SchoolHead, k.other), k.person("Iza Wilk", access.Teacher, k.other)
	return k
}

// services makes what the module stands on, as wiring does.
func (k *kit) services(d *db.DB) {
	t := k.t
	catalog, err := i18n.Load(web.Messages, Messages, directory.Messages, access.Messages, register.Messages, geometry.Messages, card.Messages, sheet.Messages,
		audit.Messages, law.Messages, mail.Messages, notify.Messages, files.Messages, privacy.Messages, importing.Messages, search.Messages, topics.Messages)
	k.ok(err)
	set, err := assets.Load()
	k.ok(err)
	folder, err := files.OpenFolder(filepath.Join(t.TempDir(), "files"))
	k.ok(err)
	now, quiet, keys := func() time.Time { return k.now }, slog.New(slog.DiscardHandler), secrets.New()
	bus := events.NewBus(d, k.jobs, now)
	k.access = access.New(access.Config{DB: d, Catalog: catalog, Log: quiet, Now: now, Keys: keys, Demo: true, Bus: bus})
	k.dir = directory.New(directory.Config{DB: d, Now: now, Log: quiet})
	k.access.Connect(k.dir)
	post, err := mail.New(mail.Config{DB: d, Keys: keys, Catalog: catalog, Log: quiet, Now: now, Base: "https://kladka.example"})
	k.ok(err)
	lawful := law.New(law.Config{DB: d, Registry: law.NewRegistry().Declare(law.Platform()...).Declare(privacy.Params()...).Declare(Params()...), Now: now})
	k.Service = New(Config{DB: d, Now: now, Log: quiet, Catalog: catalog, Keys: keys, People: k.access, Directory: k.dir, Topics: k.words,
		Files: files.New(d, folder, keys, files.NewRegistry(), nil, files.Settings{}, now, quiet), Law: lawful, Mail: post,
		Bus: bus, Base: "https://kladka.example",
		Tell: func(_ context.Context, _ *db.Tx, m notify.Message) error {
			k.mu.Lock()
			defer k.mu.Unlock()
			if !catalog.Has(m.Key) {
				t.Errorf("no text %s", m.Key)
			}
			k.told = append(k.told, m)
			return nil
		},
		Touch: func(_ context.Context, _ *db.Tx, ids ...string) error {
			k.mu.Lock()
			defer k.mu.Unlock()
			k.touched = append(k.touched, ids...)
			return nil
		}})
	k.shell = web.New(web.Config{Catalog: catalog, Assets: set, Log: quiet, Now: now},
		func(next http.Handler) http.Handler { return next }, func(r *web.Request) web.Viewer {
			who := access.ActorOf(r.Request)
			return web.Viewer{SignedIn: who.SignedIn(), Name: who.Name, Person: string(who.Person)}
		})
}

// person has an account and acts with one role, after both steps.
func (k *kit) person(name string, role access.Role, at access.InstitutionID) access.Actor {
	k.t.Helper()
	k.people++
	id, err := k.access.AddPerson(context.Background(), access.System(), access.NewPerson{Name: name,
		Email: fmt.Sprintf("osoba%d@example.org", k.people), Roles: []access.Held{{Role: role, Institution: at}}})
	k.ok(err)
	a, err := k.access.Actor(context.Background(), id)
	k.ok(err)
	a.Fresh = true
	return a
}

// email is the address of a person's account.
func (k *kit) email(who access.Actor) string {
	k.t.Helper()
	p, err := k.access.Reachable(k.t.Context(), who.Person)
	k.ok(err)
	return p.Email
}

// publish writes a published training of the center with one meeting in three
// weeks, led by the trainer, with all its seats for everybody; change alters it
// before.
func (k *kit) publish(t testing.TB, change func(*Training)) Training {
	t.Helper()
	start := time.Date(2026, time.December, 14, 9, 0, 0, 0, web.Warsaw)
	tr := Training{ID: ID(newID()), Revision: 1, Trace: newID(), Center: k.center, Form: Workshop, State: Published, Lang: i18n.PL, Title: "Matematyka w ruchu",
		Summary: "Zabawy ruchowe na lekcjach.", SchoolYear: 2026, StartsAt: start.Unix(), EndsAt: start.Add(6 * time.Hour).Unix(), Hours: 8,
		Capacity: 10, AskNeeds: true, QuotaBy: ByPlace, Payer: Nobody, Mode: OnSite, Place: "ul. Lubelska 23, Kraków", Municipality: city,
		Paper: Certificate, CreatedBy: string(k.officer.Person), CreatedAt: k.now.Unix(), ChangedAt: k.now.Unix(), PublishedAt: k.now.Unix()}
	if change != nil {
		change(&tr)
	}
	tr.TitleKey = i18n.SortKey(tr.Title)
	k.write(func(ctx context.Context, tx *db.Tx) error {
		if err := putRow(ctx, tx, "training_trainings", tr); err != nil {
			return err
		}
		if err := putRow(ctx, tx, "training_pools", Pool{Training: tr.ID, Seats: tr.Capacity}); err != nil {
			return err
		}
		if tr.StartsAt > 0 {
			if err := putRow(ctx, tx, "training_meetings", Meeting{ID: MeetingID(newID()), Training: tr.ID, No: 1, StartsAt: tr.StartsAt, EndsAt: tr.EndsAt, Hours: tr.Hours}); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, `insert into training_trainers (training, no, person, name) values (?, 1, ?, ?)`, tr.ID, k.trainer.Person, k.trainer.Name)
		return err
	})
	return tr
}

// pools sets the seats of a training anew: names of municipalities, "" for everybody.
// Nobody may be enrolled yet.
func (k *kit) pools(id ID, seats map[string]int) {
	k.t.Helper()
	k.write(func(ctx context.Context, tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `delete from training_pools where training = ?`, id); err != nil {
			return err
		}
		total := 0
		for name, n := range seats {
			total += n
			if err := putRow(ctx, tx, "training_pools", Pool{Training: id, Name: name, Seats: n}); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, `update training_trainings set capacity = ? where id = ?`, total, id)
		return err
	})
}

// put writes an enrollment of a person of the school as it lies, past the queue
// and its log: for tests of what comes after. Change alters it before.
func (k *kit) put(tr Training, who access.Actor, state State, change func(*Enrollment)) Enrollment {
	k.t.Helper()
	e := Enrollment{ID: EnrollmentID(newID()), Training: tr.ID, State: state, Active: state.Active(), Seated: state.In() || state == Offered || state == Pending || state == Qualified,
		Place: 1, WhoKey: "person:" + string(who.Person), Person: string(who.Person), Name: who.Name, Lang: i18n.PL, Institution: string(k.school),
		Role: access.Teacher, BySeat: city, ByRunning: city, How: BySelf, AgreedRev: tr.Revision, Payer: tr.Payer, Revision: 1,
		CreatedAt: k.now.Unix(), ChangedAt: k.now.Unix()}
	if who.Person != "" {
		e.Email = k.email(who)
	}
	if change != nil {
		change(&e)
	}
	e.NameKey = i18n.SortKey(e.Name)
	e.EmailKey = k.emailKey(e.Email)
	if e.Person == "" {
		e.WhoKey = "mail:" + e.EmailKey
	}
	k.write(func(ctx context.Context, tx *db.Tx) error {
		if e.Seated {
			if _, err := tx.Exec(ctx, `update training_pools set taken = taken + 1 where training = ? and pool = ?`, e.Training, e.Pool); err != nil {
				return err
			}
		}
		return putRow(ctx, tx, "training_enrollments", e)
	})
	return e
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
	k.ok(k.db.Write(k.t.Context(), func(tx *db.Tx) error {
		if err := f(k.t.Context(), tx); err != nil {
			return err
		}
		return db.Raise(k.t.Context(), tx, VersionName)
	}))
}

// training and enrollment read a row again.
func (k *kit) training(id ID) Training {
	k.t.Helper()
	tr, err := ByID(k.t.Context(), k.db, id)
	k.ok(err)
	return tr
}

func (k *kit) enrollment(id EnrollmentID) Enrollment {
	k.t.Helper()
	e, err := EnrollmentByID(k.t.Context(), k.db, id)
	k.ok(err)
	return e
}

// drain runs the jobs that are due.
func (k *kit) drain() {
	k.t.Helper()
	k.ok(testkit.Drain(k.t, k.db, k.jobs, func() time.Time { return k.now }))
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

func (k *kit) send(method, path string, form url.Values) *httptest.ResponseRecorder {
	k.t.Helper()
	r := httptest.NewRequestWithContext(access.WithActor(k.t.Context(), k.who), method, path, strings.NewReader(form.Encode()))
	r.Header.Set("Accept-Language", string(k.lang))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w := httptest.NewRecorder()
	k.shell.ServeHTTP(w, r)
	return w
}

func (k *kit) get(path string) *httptest.ResponseRecorder { return k.send(http.MethodGet, path, nil) }

// post sends a form; pairs are names and values.
func (k *kit) post(path string, pairs ...string) *httptest.ResponseRecorder {
	k.t.Helper()
	form := url.Values{}
	for n := 0; n+1 < len(pairs); n += 2 {
		form.Add(pairs[n], pairs[n+1])
	}
	return k.send(http.MethodPost, path, form)
}

// page asks for a page that must be there and be whole in its language.
func (k *kit) page(path string) *goquery.Document {
	k.t.Helper()
	return k.whole(path, k.get(path), http.StatusOK)
}

func (k *kit) whole(path string, w *httptest.ResponseRecorder, status int) *goquery.Document {
	k.t.Helper()
	body := w.Body.String()
	if w.Code != status {
		k.t.Fatalf("%s: status %d", path, w.Code)
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
		tr := k.publish(t, nil)
		if got := k.training(tr.ID); !reflect.DeepEqual(got, tr) {
			t.Errorf("read %+v\nwrote %+v", got, tr)
		}
		e := k.put(tr, k.ewa, Confirmed, nil)
		if got := k.enrollment(e.ID); got != e {
			t.Errorf("read %+v\nwrote %+v", got, e)
		}
	})
}
