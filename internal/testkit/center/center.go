// Package center is a training center with two schools and their people, for
// the tests of the packages below training.
package center

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
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
	"github.com/google/uuid"

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
	"kladka/internal/training"
)

// Modules are the tables that a kit stands on; add those of the package under test.
var Modules = []schema.Module{{Name: "db", Files: db.Migrations}, {Name: "jobs", Files: jobs.Migrations}, {Name: "events", Files: events.Migrations},
	{Name: "trace", Files: trace.Migrations}, {Name: "repeats", Files: repeats.Migrations}, {Name: "audit", Files: audit.Migrations},
	{Name: "law", Files: law.Migrations}, {Name: "mail", Files: mail.Migrations}, {Name: "notify", Files: notify.Migrations},
	{Name: "files", Files: files.Migrations}, {Name: "privacy", Files: privacy.Migrations}, {Name: "access", Files: access.Migrations},
	{Name: "directory", Files: directory.Migrations}, {Name: "directory/topics", Files: topics.Migrations}, {Name: "counter", Files: counter.Migrations},
	{Name: "training", Files: training.Migrations}}

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

// Kit is the module with a center, two schools in two municipalities, and
// people. The time is Kit.Clock: move it.
type Kit struct {
	*training.Service
	T        testing.TB
	Access   *access.Service
	Places   *directory.Service
	Shell    *web.Shell
	Registry *jobs.Registry
	Who      access.Actor // who asks for pages; a stranger at first
	Lang     i18n.Lang
	Clock    time.Time
	Words    vocabulary
	people   int

	mu      sync.Mutex
	Told    []notify.Message // what came into inboxes
	Touched []string         // trainings that are to be indexed anew

	At            access.InstitutionID
	School, Other access.InstitutionID // in the city, run by it; in the town, run by it

	Director, Officer, Trainer access.Actor // of the center
	Head, Ewa, Jan             access.Actor // head and teachers of the school
	Deputy                     access.Actor // of the school
	OtherHead, Iza             access.Actor // head and teacher of the other one
	Stranger                   access.Actor
}

// TestID is the n-th id of a test.
func TestID(n int) access.InstitutionID {
	return access.InstitutionID(fmt.Sprintf("01930000-0000-7000-8000-%012d", n))
}

// Extra is what the package under test adds to the house.
type Extra struct {
	Texts []fs.FS
	Law   []law.Param
	Files []files.Use
}

// New makes the module over an empty database with the tables of Modules.
func New(t testing.TB, d *db.DB, x Extra) *Kit {
	t.Helper()
	k := &Kit{T: t, Lang: i18n.PL, Clock: time.Date(2026, time.November, 23, 8, 0, 0, 0, time.UTC), Words: vocabulary{map[string][]string{}},
		Registry: jobs.NewRegistry(), At: TestID(1), School: TestID(2), Other: TestID(3)}
	k.services(d, x)
	k.Service.Routes(k.Shell)
	k.Service.Jobs(k.Registry)
	k.OK(k.Law.Seed(t.Context()))
	k.OK(k.Places.Seed(t.Context()))
	k.OK(d.Write(t.Context(), func(tx *db.Tx) error {
		err := k.Places.Save(t.Context(), tx, []directory.Institution{
			{ID: k.At, Origin: directory.Invented, Kind: directory.Kind(register.TeacherTrainingCenter), Name: "Centrum Doskonalenia Nauczycieli", Municipality: city,
				RunningKind: "voivodeship"},
			{ID: k.School, Origin: directory.Invented, Kind: directory.Kind(register.Primary), Name: "Szkoła Podstawowa nr 1", Municipality: city, RunningMunicipality: city},
			{ID: k.Other, Origin: directory.Invented, Kind: directory.Kind(register.GeneralSecondary), Name: "Liceum nr 2", Municipality: town, RunningMunicipality: town}})
		if err != nil {
			return err
		}
		return k.Places.Regroup(t.Context(), tx)
	}))
	k.Director, k.Officer = k.Person("Dorota Dąb", access.CenterDirector, k.At), k.Person("Olga Ośka", access.CenterOfficer, k.At)
	k.Trainer = k.Person("Tomasz Trener", access.Trainer, k.At)
	k.Head, k.Deputy = k.Person("Hanna Głowa", access.SchoolHead, k.School), k.Person("Wit Zastępca", access.DeputyHead, k.School)
	k.Ewa, k.Jan = k.Person("Ewa Łoś", access.Teacher, k.School), k.Person("Jan Bóbr", access.Teacher, k.School)
	k.OtherHead, k.Iza = k.Person("Igor Szef", access.SchoolHead, k.Other), k.Person("Iza Wilk", access.Teacher, k.Other)
	return k
}

// services makes what the module stands on, as wiring does.
func (k *Kit) services(d *db.DB, x Extra) {
	t := k.T
	catalog, err := i18n.Load(append(x.Texts, web.Messages, training.Messages, directory.Messages, access.Messages, register.Messages, geometry.Messages, card.Messages, sheet.Messages,
		audit.Messages, law.Messages, mail.Messages, notify.Messages, files.Messages, privacy.Messages, importing.Messages, search.Messages, topics.Messages)...)
	k.OK(err)
	set, err := assets.Load()
	k.OK(err)
	folder, err := files.OpenFolder(filepath.Join(t.TempDir(), "files"))
	k.OK(err)
	uses := files.NewRegistry()
	for _, u := range x.Files {
		uses.Declare(u)
	}
	now, quiet, keys := func() time.Time { return k.Clock }, slog.New(slog.DiscardHandler), secrets.New()
	bus := events.NewBus(d, k.Registry, now)
	k.Access = access.New(access.Config{DB: d, Catalog: catalog, Log: quiet, Now: now, Keys: keys, Demo: true, Bus: bus})
	k.Places = directory.New(directory.Config{DB: d, Now: now, Log: quiet})
	k.Access.Connect(k.Places)
	post, err := mail.New(mail.Config{DB: d, Keys: keys, Catalog: catalog, Log: quiet, Now: now, Base: "https://kladka.example"})
	k.OK(err)
	lawful := law.New(law.Config{DB: d, Registry: law.NewRegistry().Declare(law.Platform()...).Declare(privacy.Params()...).Declare(training.Params()...).Declare(x.Law...), Now: now})
	k.Service = training.New(training.Config{DB: d, Now: now, Log: quiet, Catalog: catalog, Keys: keys, People: k.Access, Directory: k.Places, Topics: k.Words,
		Files: files.New(d, folder, keys, uses, nil, files.Settings{}, now, quiet), Law: lawful, Mail: post,
		Bus: bus, Base: "https://kladka.example",
		Tell: func(_ context.Context, _ *db.Tx, m notify.Message) error {
			k.mu.Lock()
			defer k.mu.Unlock()
			if !catalog.Has(m.Key) {
				t.Errorf("no text %s", m.Key)
			}
			k.Told = append(k.Told, m)
			return nil
		},
		Touch: func(_ context.Context, _ *db.Tx, ids ...string) error {
			k.mu.Lock()
			defer k.mu.Unlock()
			k.Touched = append(k.Touched, ids...)
			return nil
		}})
	k.Shell = web.New(web.Config{Catalog: catalog, Assets: set, Log: quiet, Now: now},
		func(next http.Handler) http.Handler { return next }, func(r *web.Request) web.Viewer {
			who := access.ActorOf(r.Request)
			return web.Viewer{SignedIn: who.SignedIn(), Name: who.Name, Person: string(who.Person)}
		})
}

// Person has an account and acts with one role, after both steps.
func (k *Kit) Person(name string, role access.Role, at access.InstitutionID) access.Actor {
	k.T.Helper()
	k.people++
	id, err := k.Access.AddPerson(context.Background(), access.System(), access.NewPerson{Name: name,
		Email: fmt.Sprintf("osoba%d@example.org", k.people), Roles: []access.Held{{Role: role, Institution: at}}})
	k.OK(err)
	a, err := k.Access.Actor(context.Background(), id)
	k.OK(err)
	a.Fresh = true
	return a
}

// Email is the address of a person's account.
func (k *Kit) Email(who access.Actor) string {
	k.T.Helper()
	p, err := k.Access.Reachable(k.T.Context(), who.Person)
	k.OK(err)
	return p.Email
}

// Publish writes a published training of the center with one meeting in three
// weeks, led by the trainer, with all its seats for everybody; change alters it
// before.
func (k *Kit) Publish(t testing.TB, change func(*training.Training)) training.Training {
	t.Helper()
	start := time.Date(2026, time.December, 14, 9, 0, 0, 0, web.Warsaw)
	tr := training.Training{ID: training.ID(uuid.Must(uuid.NewV7()).String()), Revision: 1, Trace: uuid.Must(uuid.NewV7()).String(), Center: k.At, Form: training.Workshop, State: training.Published, Lang: i18n.PL, Title: "Matematyka w ruchu",
		Summary: "Zabawy ruchowe na lekcjach.", SchoolYear: 2026, StartsAt: start.Unix(), EndsAt: start.Add(6 * time.Hour).Unix(), Hours: 8,
		Capacity: 10, AskNeeds: true, QuotaBy: training.ByPlace, Payer: training.Nobody, Mode: training.OnSite, Place: "ul. Lubelska 23, Kraków", Municipality: city,
		Paper: training.Certificate, CreatedBy: string(k.Officer.Person), CreatedAt: k.Clock.Unix(), ChangedAt: k.Clock.Unix(), PublishedAt: k.Clock.Unix()}
	if change != nil {
		change(&tr)
	}
	tr.TitleKey = i18n.SortKey(tr.Title)
	k.Write(func(ctx context.Context, tx *db.Tx) error {
		if err := putRow(ctx, tx, "training_trainings", tr); err != nil {
			return err
		}
		if err := putRow(ctx, tx, "training_pools", training.Pool{Training: tr.ID, Seats: tr.Capacity}); err != nil {
			return err
		}
		if tr.StartsAt > 0 {
			if err := putRow(ctx, tx, "training_meetings", training.Meeting{ID: training.MeetingID(uuid.Must(uuid.NewV7()).String()), Training: tr.ID, No: 1, StartsAt: tr.StartsAt, EndsAt: tr.EndsAt, Hours: tr.Hours}); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, `insert into training_trainers (training, no, person, name) values (?, 1, ?, ?)`, tr.ID, k.Trainer.Person, k.Trainer.Name)
		return err
	})
	return tr
}

// Pools sets the seats of a training anew: names of municipalities, "" for everybody.
// training.Nobody may be enrolled yet.
func (k *Kit) Pools(id training.ID, seats map[string]int) {
	k.T.Helper()
	k.Write(func(ctx context.Context, tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `delete from training_pools where training = ?`, id); err != nil {
			return err
		}
		total := 0
		for name, n := range seats {
			total += n
			if err := putRow(ctx, tx, "training_pools", training.Pool{Training: id, Name: name, Seats: n}); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, `update training_trainings set capacity = ? where id = ?`, total, id)
		return err
	})
}

// Put writes an enrollment of a person of the school as it lies, past the queue
// and its log: for tests of what comes after. Change alters it before.
func (k *Kit) Put(tr training.Training, who access.Actor, state training.State, change func(*training.Enrollment)) training.Enrollment {
	k.T.Helper()
	e := training.Enrollment{ID: training.EnrollmentID(uuid.Must(uuid.NewV7()).String()), Training: tr.ID, State: state, Active: state.Active(), Seated: state.In() || state == training.Offered || state == training.Pending || state == training.Qualified,
		Place: 1, WhoKey: "person:" + string(who.Person), Person: string(who.Person), Name: who.Name, Lang: i18n.PL, Institution: string(k.School),
		Role: access.Teacher, BySeat: city, ByRunning: city, How: training.BySelf, AgreedRev: tr.Revision, Payer: tr.Payer, Revision: 1,
		CreatedAt: k.Clock.Unix(), ChangedAt: k.Clock.Unix()}
	if who.Person != "" {
		e.Email = k.Email(who)
	}
	if change != nil {
		change(&e)
	}
	e.NameKey = i18n.SortKey(e.Name)
	e.EmailKey = fmt.Sprintf("%x", sha256.Sum256([]byte(e.Email)))
	if e.Person == "" {
		e.WhoKey = "mail:" + e.EmailKey
	}
	k.Write(func(ctx context.Context, tx *db.Tx) error {
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

func (k *Kit) Write(f func(ctx context.Context, tx *db.Tx) error) {
	k.T.Helper()
	k.OK(k.DB.Write(k.T.Context(), func(tx *db.Tx) error { return f(k.T.Context(), tx) }))
}

// Training and enrollment read a row again.
func (k *Kit) Training(id training.ID) training.Training {
	k.T.Helper()
	tr, err := training.ByID(k.T.Context(), k.DB, id)
	k.OK(err)
	return tr
}

func (k *Kit) Enrollment(id training.EnrollmentID) training.Enrollment {
	k.T.Helper()
	e, err := training.EnrollmentByID(k.T.Context(), k.DB, id)
	k.OK(err)
	return e
}

// Drain runs the jobs that are due.
func (k *Kit) Drain() {
	k.T.Helper()
	k.OK(testkit.Drain(k.T, k.DB, k.Registry, func() time.Time { return k.Clock }))
}

func (k *Kit) OK(err error) {
	k.T.Helper()
	if err != nil {
		k.T.Fatal(err)
	}
}

// Refuses checks that an error is a fault of a kind.
func Refuses(t testing.TB, what string, err error, kind fault.Kind) {
	t.Helper()
	if err == nil || fault.KindOf(err) != kind {
		t.Errorf("%s: %v, want kind %d", what, err, kind)
	}
}

func (k *Kit) Send(method, path string, form url.Values) *httptest.ResponseRecorder {
	k.T.Helper()
	r := httptest.NewRequestWithContext(access.WithActor(k.T.Context(), k.Who), method, path, strings.NewReader(form.Encode()))
	r.Header.Set("Accept-Language", string(k.Lang))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w := httptest.NewRecorder()
	k.Shell.ServeHTTP(w, r)
	return w
}

func (k *Kit) Get(path string) *httptest.ResponseRecorder { return k.Send(http.MethodGet, path, nil) }

// Post sends a form; pairs are names and values.
func (k *Kit) Post(path string, pairs ...string) *httptest.ResponseRecorder {
	k.T.Helper()
	form := url.Values{}
	for n := 0; n+1 < len(pairs); n += 2 {
		form.Add(pairs[n], pairs[n+1])
	}
	return k.Send(http.MethodPost, path, form)
}

// Page asks for a page that must be there and be whole in its language.
func (k *Kit) Page(path string) *goquery.Document {
	k.T.Helper()
	return k.Whole(path, k.Get(path), http.StatusOK)
}

func (k *Kit) Whole(path string, w *httptest.ResponseRecorder, status int) *goquery.Document {
	k.T.Helper()
	body := w.Body.String()
	if w.Code != status {
		k.T.Fatalf("%s: status %d", path, w.Code)
	}
	if at := strings.Index(body, "⟦"); at >= 0 {
		k.T.Fatalf("%s in %s lacks a text: %s", path, k.Lang, body[at:min(len(body), at+80)])
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(body))
	k.OK(err)
	return doc
}

// Text is the words of a selection, with single spaces.
func Text(s *goquery.Selection) string { return strings.Join(strings.Fields(s.Text()), " ") }

// ToldTo are the keys that came into somebody's inbox.
func (k *Kit) ToldTo(who access.Actor) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var keys []string
	for _, m := range k.Told {
		if m.To == string(who.Person) {
			keys = append(keys, m.Key)
		}
	}
	return strings.Join(keys, " ")
}
