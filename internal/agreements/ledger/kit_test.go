package ledger

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"testing"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/events"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/files"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/law"
	"kladka/internal/platform/notify"
	"kladka/internal/platform/privacy"
	"kladka/internal/platform/trace"
	"kladka/internal/platform/web"
	"kladka/internal/schema"
	"kladka/internal/testkit"
)

var modules = []schema.Module{{Name: "db", Files: db.Migrations}, {Name: "jobs", Files: jobs.Migrations}, {Name: "events", Files: events.Migrations},
	{Name: "trace", Files: trace.Migrations}, {Name: "audit", Files: audit.Migrations}, {Name: "law", Files: law.Migrations}, {Name: "notify", Files: notify.Migrations},
	{Name: "privacy", Files: privacy.Migrations}, {Name: "files", Files: files.Migrations}, {Name: "access", Files: access.Migrations},
	{Name: "directory", Files: directory.Migrations}, {Name: "ledger", Files: Migrations}}

// Two municipalities, two agreements with areas, actions of a plan and topics.
// Area 2 of the agreement ends with 2026; area 4 takes its place.
const (
	city = "126101"
	town = "120611"

	agreement, second      = "01930000-0000-7000-8000-00000000a000", "01930000-0000-7000-8000-00000000b000"
	area1, area2, area4    = "01930000-0000-7000-8000-00000000a001", "01930000-0000-7000-8000-00000000a002", "01930000-0000-7000-8000-00000000a004"
	foreign                = "01930000-0000-7000-8000-00000000b001" // area of the second agreement
	plan, action1, action2 = "01930000-0000-7000-8000-00000000c000", "01930000-0000-7000-8000-00000000c001", "01930000-0000-7000-8000-00000000c002"
	maths, algebra         = "01930000-0000-7000-8000-000000009001", "01930000-0000-7000-8000-000000009002"
	inclusion              = "01930000-0000-7000-8000-000000009003"
)

// kitWorld answers what the ledger asks: a test changes it and calls PlaceAgain.
type kitWorld struct {
	areas, actions []Target
	activities     map[Ref]Activity
	told           []Intake // everything that events ever told
	destroyed      map[int]bool
}

func (k *kitWorld) Areas(context.Context) ([]Target, error)   { return k.areas, nil }
func (k *kitWorld) Actions(context.Context) ([]Target, error) { return k.actions, nil }
func (*kitWorld) Above(context.Context) (map[string][]string, error) {
	return map[string][]string{maths: {maths}, algebra: {algebra, maths}, inclusion: {inclusion}}, nil
}
func (*kitWorld) Themes(context.Context) ([]string, error) { return []string{inclusion}, nil }
func (*kitWorld) Choices(context.Context, *i18n.L) ([]web.Choice, error) {
	return []web.Choice{{Value: maths, Label: "Matematyka"}, {Value: algebra, Label: "Algebra"}, {Value: inclusion, Label: "Edukacja włączająca"}}, nil
}
func (k *kitWorld) Names(ctx context.Context, l *i18n.L, ids []string) (map[string]string, error) {
	all, _ := k.Choices(ctx, l)
	names := map[string]string{}
	for _, c := range all {
		if slices.Contains(ids, c.Value) {
			names[c.Value] = c.Label
		}
	}
	return names, nil
}

// kitSource is the source of one kind of activities.
type kitSource struct {
	world *kitWorld
	kind  string
}

func (s kitSource) Activity(_ context.Context, id string) (Activity, error) {
	a, ok := s.world.activities[Ref{s.kind, id}]
	if !ok {
		return a, fault.ErrNotFound
	}
	return a, nil
}

// kit is the ledger over one database.
type kit struct {
	*Service
	t       testing.TB
	world   *kitWorld
	clock   time.Time
	jobs    *jobs.Registry
	officer access.Actor
	lastID  int
}

func newKit(t testing.TB, d *db.DB) *kit {
	t.Helper()
	k := &kit{t: t, clock: time.Date(2026, time.November, 23, 8, 0, 0, 0, time.UTC), jobs: jobs.NewRegistry(),
		officer: access.Actor{Person: "01930000-0000-7000-8000-000000000901", Name: "Anna Związek", Roles: []access.Held{{Role: access.AssociationOfficer}}}}
	k.world = &kitWorld{activities: map[Ref]Activity{}, destroyed: map[int]bool{},
		areas: []Target{{ID: area1, Owner: agreement, Name: "1. Eksperci", OwnerName: "Porozumienie", ValidFrom: "2022-10-27"},
			{ID: area2, Owner: agreement, Name: "2. Szkolenia", OwnerName: "Porozumienie", ValidFrom: "2022-10-27", ValidTo: "2026-12-31"},
			{ID: area4, Owner: agreement, Name: "4. Kursy", OwnerName: "Porozumienie", ValidFrom: "2027-01-01"},
			{ID: foreign, Owner: second, Name: "1. Inne", OwnerName: "Drugie", ValidFrom: "2025-01-01"}},
		actions: []Target{{ID: action1, Owner: plan, Name: "1.1 Matematyka", OwnerName: "Plan"}, {ID: action2, Owner: plan, Name: "1.2 Włączanie", OwnerName: "Plan"}}}
	now := func() time.Time { return k.clock }
	k.Service = New(Config{DB: d, Now: now, Log: slog.New(slog.DiscardHandler), Topics: k.world, Targets: k.world,
		Sources: map[string]Source{"training": kitSource{k.world, "training"}, "meeting": kitSource{k.world, "meeting"}},
		Replay: func(ctx context.Context, take func(context.Context, Intake) error) error {
			for _, in := range slices.Backward(k.world.told) {
				if err := take(ctx, in); err != nil {
					return err
				}
			}
			return nil
		},
		Destroyed: func(_ context.Context, year int) (bool, error) { return k.world.destroyed[year], nil }})
	k.Service.Jobs(k.jobs)
	return k
}

func (k *kit) ok(err error) {
	k.t.Helper()
	if err != nil {
		k.t.Fatal(err)
	}
}

func (k *kit) id() string {
	k.lastID++
	return fmt.Sprintf("01940000-0000-7000-8000-%012d", k.lastID)
}

// activity is one that its source knows.
func (k *kit) activity(kind, on string, topics ...string) Ref {
	day, err := time.Parse(time.DateOnly, on)
	k.ok(err)
	a := Activity{Ref: Ref{kind, k.id()}, Topics: topics, On: on, SchoolYear: directory.SchoolYear(day), Title: "Tytuł " + on, Path: "/" + kind}
	k.world.activities[a.Ref] = a
	return a.Ref
}

// came is a fact of one person at an activity; change alters it before it is told.
func (k *kit) came(ref Ref, person string, change func(*Intake)) Intake {
	k.t.Helper()
	a := k.world.activities[ref]
	in := Intake{Key: ref.Kind + "/" + ref.ID + "/" + person, Version: 1, Kind: ref.Kind + ".completed", Activity: ref, On: a.On, SchoolYear: a.SchoolYear,
		BySeat: city, ByRunning: city, Group: Teachers, PersonKey: person, Minutes: 90, Trace: "t"}
	if change != nil {
		change(&in)
	}
	return k.tell(in)
}

// tell is an event that is delivered.
func (k *kit) tell(in Intake) Intake {
	k.t.Helper()
	k.world.told = append(k.world.told, in)
	k.ok(k.Take(k.t.Context(), in))
	return in
}

func (k *kit) write(f func(ctx context.Context, tx *db.Tx) error) {
	k.t.Helper()
	k.ok(k.db.Write(k.t.Context(), func(tx *db.Tx) error { return f(k.t.Context(), tx) }))
}

func (k *kit) mark(ref Ref, of, since string) {
	k.t.Helper()
	k.write(func(ctx context.Context, tx *db.Tx) error { return k.MarkJoint(ctx, tx, k.officer, ref, of, since) })
}

func (k *kit) unmark(ref Ref, of string) {
	k.t.Helper()
	k.write(func(ctx context.Context, tx *db.Tx) error { return k.EndJoint(ctx, tx, k.officer, ref, of) })
}

// rules saves a version and runs the work that applies it.
func (k *kit) rules(from string, rules ...Rule) RuleSet {
	k.t.Helper()
	set, err := k.SaveRules(k.t.Context(), k.officer, RuleSet{ValidFrom: from, Words: "ustalenie stron", Rules: rules})
	k.ok(err)
	k.drain()
	return set
}

// drain runs the jobs that are due.
func (k *kit) drain() {
	k.t.Helper()
	k.ok(testkit.Drain(k.t, k.db, k.jobs, func() time.Time { return k.clock }))
}

// year are the totals of a scope in a school year.
func (k *kit) year(scope Scope, year int) Totals {
	k.t.Helper()
	list, err := k.Totals(k.t.Context(), k.db, Query{Scope: scope, From: year, To: year})
	k.ok(err)
	return list[0].Totals
}

// refuses checks that an error is a fault of a kind.
func refuses(t testing.TB, what string, err error, kind fault.Kind) {
	t.Helper()
	if err == nil || fault.KindOf(err) != kind {
		t.Errorf("%s: %v, want kind %d", what, err, kind)
	}
}

// rollups are all totals of the database that are not zero, without freshness.
func (k *kit) rollups() map[string]Totals {
	k.t.Helper()
	all := map[string]Totals{}
	var rows []struct {
		Scope Scope  `db:"scope"`
		By    string `db:"by_what"`
		Group Group  `db:"grp"`
		totalsRow
	}
	k.ok(k.db.Select(k.t.Context(), &rows, `select scope, by_what, grp, school_year, town, facts, activities, participations, people, unknown, minutes, held, money,
		hand_facts, hand_activities, hand_participations, hand_minutes, hand_held, hand_money from ledger_totals`))
	for _, r := range rows {
		if t := r.totals(); t != (Totals{}) {
			all[fmt.Sprintf("%s %d %s %s %s", r.Scope, r.SchoolYear, r.By, r.Town, r.Group)] = t
		}
	}
	return all
}

// scratch counts everything again, naively: for each row of the rollups it
// looks at all facts. It shares nothing with the counting but the table of facts
// and the places.
func (k *kit) scratch() map[string]Totals {
	k.t.Helper()
	var facts []fact
	k.ok(k.db.Select(k.t.Context(), &facts, `select `+factColumns+` from ledger_facts order by id`))
	gone := map[string]bool{}
	for _, f := range facts {
		gone[f.Counters] = gone[f.Counters] || f.Counters != ""
	}
	where, err := allPlaces(k.t.Context(), k.db)
	k.ok(err)
	all, people, activities := map[string]Totals{}, map[string]map[string]bool{}, map[string]map[Ref]bool{}
	for _, f := range facts {
		if f.Sign < 0 || gone[f.ID] {
			continue
		}
		for _, scope := range where[f.ref()] {
			for _, row := range []string{"all ", "seat " + f.BySeat, "running " + f.ByRunning} {
				for _, g := range []Group{"", f.Group} {
					at := fmt.Sprintf("%s %d %s %s", scope, f.SchoolYear, row, g)
					if people[at] == nil {
						people[at], activities[at] = map[string]bool{}, map[Ref]bool{}
					}
					all[at] = naive(all[at], f, activities[at][f.ref()])
					activities[at][f.ref()] = true
					if f.PersonKey != "" {
						people[at][f.PersonKey] = true
					}
				}
			}
		}
	}
	for at, t := range all {
		t.People = int64(len(people[at]))
		all[at] = t
	}
	return all
}

func naive(t Totals, f fact, seen bool) Totals {
	t.Facts++
	t.Money += f.Money
	t.Participations += int64(f.People)
	if f.PersonKey == "" {
		t.Unknown += int64(f.People)
	}
	if f.People > 0 {
		t.Minutes += f.Minutes
	} else {
		t.Held += f.Minutes
	}
	if !seen {
		t.Activities++
	}
	if f.Source == "event" {
		return t
	}
	t.Hand.Facts++
	t.Hand.Money += f.Money
	t.Hand.Participations += int64(f.People)
	if f.People > 0 {
		t.Hand.Minutes += f.Minutes
	} else {
		t.Hand.Held += f.Minutes
	}
	if !seen && f.ActivityKind == Hand {
		t.Hand.Activities++
	}
	return t
}

// exact compares the rollups with the count from scratch.
func (k *kit) exact(when string) {
	k.t.Helper()
	got, want := k.rollups(), k.scratch()
	for _, at := range slices.Sorted(maps.Keys(want)) {
		if got[at] != want[at] {
			k.t.Errorf("%s, %s:\n got %+v\nwant %+v", when, at, got[at], want[at])
		}
	}
	for _, at := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[at]; !ok {
			k.t.Errorf("%s, %s: got %+v, want nothing", when, at, got[at])
		}
	}
}

var zeroCursor web.Cursor
