package demo_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kladka/internal/access"
	"kladka/internal/demo"
	"kladka/internal/directory"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/web"
	"kladka/internal/schema"
	"kladka/internal/testkit"
)

func modules() []schema.Module {
	return []schema.Module{
		{Name: "db", Files: db.Migrations},
		{Name: "jobs", Files: jobs.Migrations},
		{Name: "audit", Files: audit.Migrations},
		{Name: "access", Files: access.Migrations},
		{Name: "directory", Files: directory.Migrations},
	}
}

func now() time.Time { return time.Date(2026, time.November, 22, 9, 0, 0, 0, time.UTC) }

type house struct {
	db     *db.DB
	people *access.Service
	dir    *directory.Service
}

// settle makes the modules over a database and seeds the municipalities.
func settle(t testing.TB, d *db.DB) house {
	t.Helper()
	h := house{db: d}
	catalog, err := i18n.Load(web.Messages, access.Messages)
	if err != nil {
		t.Fatal(err)
	}
	h.people = access.New(access.Config{DB: d, Catalog: catalog, Log: slog.New(slog.DiscardHandler), Now: now, Demo: true})
	h.dir = directory.New(directory.Config{DB: d, Log: slog.New(slog.DiscardHandler), Now: now})
	h.people.Connect(h.dir)
	h.dir.ConnectPeople(h.people)
	if err := h.dir.Seed(t.Context()); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h house) fill(ctx context.Context, scale demo.Scale) error {
	return demo.Fill(ctx, h.db, h.people, h.dir, demo.Modules{}, scale)
}

func (h house) must(t *testing.T, scale demo.Scale) {
	t.Helper()
	if err := h.fill(t.Context(), scale); err != nil {
		t.Fatal(err)
	}
}

// state is what a fill changes, in numbers.
type state struct {
	Institutions, Words, People, Roles int
	Version                            int64
	Data                               string
}

func (h house) state(t *testing.T) (s state) {
	t.Helper()
	for dest, table := range map[*int]string{&s.Institutions: "directory_institutions", &s.Words: "directory_words",
		&s.People: "access_people where demo", &s.Roles: "access_roles"} {
		if err := h.db.Get(t.Context(), dest, `select count(*) from `+table); err != nil {
			t.Fatal(err)
		}
	}
	var err error
	if s.Version, err = db.Version(t.Context(), h.db, "directory"); err != nil {
		t.Fatal(err)
	}
	if s.Data, err = db.Property(t.Context(), h.db, "data"); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFillTwiceIsOnce(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		h := settle(t, d)
		h.must(t, demo.Metropolis)
		once := h.state(t)
		world := demo.Generate(demo.Metropolis, seed)
		if once.Institutions != len(world.Institutions) || once.People != len(world.People) || once.Data != "demo:metropolis" {
			t.Errorf("%+v", once)
		}
		h.must(t, demo.Metropolis)
		if diff := cmp.Diff(once, h.state(t)); diff != "" {
			t.Error(diff)
		}
		if err := h.fill(t.Context(), demo.School); err == nil {
			t.Error("a school was laid over a metropolis")
		}
		if err := h.fill(t.Context(), "county"); err == nil {
			t.Error("an unknown scale was filled")
		}
	})
}

// Two programs that start at once on one database: both go on, one world.
func TestFillAtOnce(t *testing.T) {
	testkit.EachIsolation(t, modules(), func(t *testing.T, d *db.DB) {
		h := settle(t, d)
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				if err := h.fill(t.Context(), demo.School); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		world := demo.Generate(demo.School, seed)
		if s := h.state(t); s.Institutions != len(world.Institutions) || s.People != len(world.People) {
			t.Errorf("%+v", s)
		}
	})
}

// All or nothing: here an account stands in the way.
func TestFillLeavesNothingHalf(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		h := settle(t, d)
		people := demo.Generate(demo.School, seed).People
		last := people[len(people)-1]
		_, err := h.people.AddPerson(t.Context(), access.System(), access.NewPerson{Name: last.Name, Email: last.Email})
		if err != nil {
			t.Fatal(err)
		}
		before := h.state(t)
		if err := h.fill(t.Context(), demo.School); err == nil {
			t.Error("filled over an account")
		}
		if diff := cmp.Diff(before, h.state(t)); diff != "" {
			t.Error(diff)
		}
	})
}

// Head units come with the world: the directory has nothing to correct.
func TestHeadUnitsNeedNoRegrouping(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		h := settle(t, d)
		h.must(t, demo.Metropolis)
		heads := func() (list []string) {
			if err := d.Select(t.Context(), &list, `select id || ' ' || head_unit from directory_institutions order by id`); err != nil {
				t.Fatal(err)
			}
			return list
		}
		before := heads()
		if err := d.Write(t.Context(), func(tx *db.Tx) error { return h.dir.Regroup(t.Context(), tx) }); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, heads()); diff != "" {
			t.Error(diff)
		}
	})
}

// The sign-in page shows the people in the order invented, and an officer
// reaches the schools of the own authority only.
func TestPeopleOfAFilledDemo(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		h := settle(t, d)
		h.must(t, demo.Metropolis)
		actors, err := h.people.DemoPeople(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		world := demo.Generate(demo.Metropolis, seed)
		for n, p := range world.People {
			if actors[n].Person != p.ID || actors[n].Name != p.Name || !cmp.Equal(actors[n].Roles, p.Roles) {
				t.Errorf("at %d stands %v, want %v", n, actors[n], p)
			}
		}
		var officers []access.Actor
		for _, a := range actors {
			if a.Roles[0].Role == access.AuthorityOfficer {
				officers = append(officers, a)
			}
		}
		part, school := actors[4].Roles[0].Institution, actors[0].Roles[0].Institution // a part of Wieliczka's complex; a school of Kraków
		for n, want := range []struct{ part, school bool }{{false, true}, {true, false}} {
			if ok := officers[n].MayAt(t.Context(), access.CorrectGroups, part) == nil; ok != want.part {
				t.Errorf("%s at the part: %v", officers[n].Name, ok)
			}
			if ok := officers[n].MayAt(t.Context(), access.CorrectGroups, school) == nil; ok != want.school {
				t.Errorf("%s at the school: %v", officers[n].Name, ok)
			}
		}
	})
}

func TestInventedPeopleStayInDemos(t *testing.T) {
	d := testkit.SQLite(t, modules())
	strict := access.New(access.Config{DB: d, Log: slog.New(slog.DiscardHandler), Now: now})
	people := demo.Generate(demo.School, seed).People
	add := func(s *access.Service, p access.DemoPerson) error {
		return d.Write(t.Context(), func(tx *db.Tx) error { return s.AddDemoPeople(t.Context(), tx, []access.DemoPerson{p}) })
	}
	if err := add(strict, people[0]); err == nil {
		t.Error("an account without a lock was made in real data")
	}
	h := settle(t, d)
	locked, lasting := people[0], people[0]
	locked.Password, lasting.Demo = "a long enough password", false
	for _, p := range []access.DemoPerson{locked, lasting} {
		if err := add(h.people, p); err == nil {
			t.Errorf("%+v was made", p)
		}
	}
}

// checks are what a database holds, what it is asked to be, and the words of
// the refusal, "" for none.
func TestCheckKind(t *testing.T) {
	type check struct {
		name    string
		prepare func(*testing.T, house)
		wanted  string
		refusal string
		after   string // the property
	}
	empty := func(*testing.T, house) {}
	filled := func(scale demo.Scale) func(*testing.T, house) {
		return func(t *testing.T, h house) { h.must(t, scale) }
	}
	property := func(value string) func(*testing.T, house) {
		return func(t *testing.T, h house) {
			if err := h.db.Write(t.Context(), func(tx *db.Tx) error { return db.SetProperty(t.Context(), tx, "data", value) }); err != nil {
				t.Fatal(err)
			}
		}
	}
	person := func(t *testing.T, h house) {
		if _, err := h.people.AddPerson(t.Context(), access.System(), access.NewPerson{Name: "Anna Brzeg", Email: "a@example.org"}); err != nil {
			t.Fatal(err)
		}
	}
	institution := func(t *testing.T, h house) {
		one := demo.Many(1, seed)
		if err := h.db.Write(t.Context(), func(tx *db.Tx) error { return h.dir.Save(t.Context(), tx, one) }); err != nil {
			t.Fatal(err)
		}
	}
	checks := []check{
		{"a demo as real", filled(demo.School), "", "--demo=school", "demo:school"},
		{"real as real", property("real"), "", "", "real"},
		{"what we do not know as real", property("mixed"), "", `"mixed"`, "mixed"},
		{"empty becomes real", empty, "", "", "real"},
		{"unmarked people become real", person, "", "", "real"},
		{"real as a demo", property("real"), "school", "real data", "real"},
		{"what we do not know as a demo", property("mixed"), "school", `"mixed"`, "mixed"},
		{"people as a demo", person, "school", "not empty", ""},
		{"institutions as a demo", institution, "metropolis", "not empty", ""},
		{"another scale", filled(demo.School), "metropolis", "--demo=school", "demo:school"},
		{"no such scale", empty, "county", "want school or metropolis", ""},
		{"empty may become a demo", empty, "school", "", ""},
		{"the same scale", filled(demo.School), "school", "", "demo:school"},
	}
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		for n, c := range checks {
			if n > 0 {
				wipe(t, d)
			}
			h := settle(t, d)
			c.prepare(t, h)
			err := demo.CheckKind(t.Context(), d, c.wanted)
			if c.refusal == "" && err != nil || c.refusal != "" && (err == nil || !strings.Contains(err.Error(), c.refusal)) {
				t.Errorf("%s: %v", c.name, err)
			}
			if data := h.state(t).Data; data != c.after {
				t.Errorf("%s: the database now says %q, want %q", c.name, data, c.after)
			}
		}
	})
}

// wipe empties a database, which is quicker than making another.
func wipe(t *testing.T, d *db.DB) {
	t.Helper()
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		var errs error
		for _, table := range []string{"directory_class_members", "directory_classes", "directory_words", "directory_institutions", "directory_districts", "directory_municipalities",
			"access_words", "access_proxies", "access_claims", "access_acts", "access_invitations", "access_roles", "access_people", "properties", "versions"} {
			_, err := tx.Exec(t.Context(), `delete from `+table)
			errs = errors.Join(errs, err)
		}
		return errs
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A database that was migrated only, never seeded, is as empty as can be.
func TestCheckKindBeforeTheSeed(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		if err := demo.CheckKind(t.Context(), d, "metropolis"); err != nil {
			t.Error(err)
		}
	})
}

func TestMarkReal(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		h := settle(t, d)
		for range 2 {
			if err := demo.MarkReal(t.Context(), d); err != nil || h.state(t).Data != "real" {
				t.Errorf("%v, %+v", err, h.state(t))
			}
		}
		wipe(t, d)
		h = settle(t, d)
		h.must(t, demo.School)
		if err := demo.MarkReal(t.Context(), d); err != nil || h.state(t).Data != "demo:school" {
			t.Errorf("%v, %+v", err, h.state(t))
		}
	})
}

func BenchmarkFill(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		h := settle(b, testkit.SQLite(b, modules()))
		b.StartTimer()
		if err := h.fill(b.Context(), demo.Metropolis); err != nil {
			b.Fatal(err)
		}
	}
}
