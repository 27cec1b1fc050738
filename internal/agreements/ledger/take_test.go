package ledger

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"testing"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/testkit"
)

func TestSettled(t *testing.T) {
	good := Intake{Key: "k", Kind: "training.completed", Activity: Ref{"training", "01930000-0000-7000-8000-000000000001"}, On: "2026-11-02", Minutes: 45, People: 3}
	for name, change := range map[string]func(*Intake){
		"no key":             func(in *Intake) { in.Key = "" },
		"no kind":            func(in *Intake) { in.Kind = "" },
		"an id of our own":   func(in *Intake) { in.Activity.ID = "17" },
		"no day":             func(in *Intake) { in.On = "" },
		"a day that is none": func(in *Intake) { in.On = "2026-02-30" },
		"people below zero":  func(in *Intake) { in.People = -1 },
		"minutes below zero": func(in *Intake) { in.Minutes = -1 },
		"money below zero":   func(in *Intake) { in.Money = -1 },
		"a group of its own": func(in *Intake) { in.Group = "pupils" },
	} {
		in := good
		change(&in)
		_, err := settled(in)
		refuses(t, name, err, fault.Invalid)
	}
	in, err := settled(good)
	if err != nil || in.SchoolYear != 2026 || in.Group != Others || in.People != 3 {
		t.Errorf("settled %+v, %v", in, err)
	}
	good.On, good.SchoolYear, good.PersonKey = "", 2025, "p"
	if in, err = settled(good); err != nil || in.On != "2025-09-01" || in.People != 1 {
		t.Errorf("an old event: %+v, %v", in, err)
	}
}

func TestTake(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		t.Run("counts people once", func(t *testing.T) { k.takesPeople(t) })
		t.Run("takes in any order", func(t *testing.T) { k.takesAnyOrder(t) })
		t.Run("takes numbers without people", func(t *testing.T) { k.takesNumbers(t) })
		t.Run("moves with its source", func(t *testing.T) { k.takesMoved(t) })
		k.exact("in the end")
	})
}

func (k *kit) takesPeople(t *testing.T) {
	one, two := k.activity("training", "2024-10-02"), k.activity("training", "2024-11-02")
	k.came(one, "ewa", nil)
	k.came(one, "jan", func(in *Intake) { in.BySeat, in.Group = town, Heads })
	k.came(two, "ewa", nil)
	want := Totals{Part: Part{Facts: 3, Activities: 2, Participations: 3, Minutes: 270}, People: 2}
	if got := k.year(All, 2024); got != want {
		t.Errorf("everything:\n got %+v\nwant %+v", got, want)
	}
	towns, err := k.ByTown(t.Context(), k.db, Query{Scope: Kind("training"), From: 2024, To: 2024})
	k.ok(err)
	if len(towns) != 2 || towns[city].People != 1 || towns[city].Participations != 2 || towns[town].Activities != 1 {
		t.Errorf("by town: %+v", towns)
	}
	list, err := k.Totals(t.Context(), k.db, Query{Scope: All, From: 2023, To: 2024, Town: town, Group: Heads})
	k.ok(err)
	if len(list) != 2 || list[0].Facts != 0 || list[1].People != 1 {
		t.Errorf("heads of the town: %+v", list)
	}
	if s := Sum(list); !s.Several || s.People != 0 || s.Participations != 1 {
		t.Errorf("two years: %+v", s)
	}
	if at, err := FreshAt(t.Context(), k.db, All); err != nil || at != k.clock.Unix() {
		t.Errorf("fresh at %d, %v", at, err)
	}
}

func (k *kit) takesAnyOrder(t *testing.T) {
	ref := k.activity("training", "2023-10-02")
	first := k.came(ref, "ola", nil)
	again := first
	again.Version = 3
	k.tell(again) // says the same: no counter-fact
	voided := first
	voided.Version, voided.Void = 2, true
	k.tell(voided) // came late
	if got := k.year(All, 2023); got.Facts != 1 || got.People != 1 {
		t.Errorf("a late word counted: %+v", got)
	}
	more := again
	more.Version, more.Minutes = 4, 450
	k.tell(more)
	k.tell(more)
	k.tell(first)
	var rows int
	k.ok(k.db.Get(t.Context(), &rows, `select count(*) from ledger_facts where activity = ?`, ref.ID))
	if got := k.year(All, 2023); rows != 3 || got.Minutes != 450 || got.Facts != 1 {
		t.Errorf("%d rows, %+v", rows, got)
	}
	voided.Version = 9
	k.tell(voided)
	if got := k.year(All, 2023); got != (Totals{}) {
		t.Errorf("after the void: %+v", got)
	}
	alone := Intake{Key: "never told", Version: 5, Void: true, Kind: "training.completed", Activity: ref, On: "2023-10-02"}
	k.tell(alone)
	alone.Version, alone.Void = 4, false
	k.tell(alone)
	if got := k.year(All, 2023); got != (Totals{}) {
		t.Errorf("what was void before it came: %+v", got)
	}
	list, more2, err := k.Activities(t.Context(), k.db, All, 2023, zeroCursor, 10)
	if len(list) != 0 || more2 || err != nil {
		t.Errorf("an activity without facts is listed: %+v %v", list, err)
	}
}

func (k *kit) takesNumbers(t *testing.T) {
	ref := k.activity("meeting", "2022-10-03")
	k.came(ref, "", func(in *Intake) { in.Minutes, in.Money = 180, 5000 })                                       // the meeting itself
	k.came(ref, "", func(in *Intake) { in.Key, in.People, in.Minutes, in.Group = "guests", 12, 12*180, Others }) // who came, as a number
	want := Totals{Part: Part{Facts: 2, Activities: 1, Participations: 12, Minutes: 2160, Held: 180, Money: 5000}, Unknown: 12}
	if got := k.year(Kind("meeting"), 2022); got != want {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func (k *kit) takesMoved(t *testing.T) {
	ref := k.activity("training", "2021-05-05", inclusion)
	k.came(ref, "iga", nil)
	a := k.world.activities[ref]
	a.On, a.SchoolYear, a.Topics = "2021-10-05", 2021, []string{maths}
	k.world.activities[ref] = a
	k.came(ref, "ida", nil)
	if got := k.year(Theme(inclusion), 2020); got != (Totals{}) {
		t.Errorf("the theme that it left: %+v", got)
	}
	list, _, err := k.Activities(t.Context(), k.db, Kind("training"), 2021, zeroCursor, 10)
	if err != nil || len(list) != 1 || list[0].Title != "Tytuł 2021-05-05" || list[0].Participations != 2 {
		t.Errorf("listed %+v, %v", list, err)
	}
}

// TestRollups does at random what can be done, and counts from scratch.
func TestRollups(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		const seed = 7
		r := rand.New(rand.NewPCG(seed, seed))
		var refs []Ref
		for n := range 8 {
			topics := [][]string{{maths}, {algebra}, {inclusion}, nil}[n%4]
			refs = append(refs, k.activity([]string{"training", "meeting"}[n%2], []string{"2025-10-01", "2026-11-02", "2027-02-03"}[n%3], topics...))
		}
		for step := range 150 {
			k.randomly(r, refs)
			if step%50 == 49 {
				k.drain()
				k.exact(fmt.Sprintf("seed %d, step %d", seed, step))
			}
		}
		before := k.rollups()
		k.ok(k.Rebuild(t.Context(), func(int64, int64) error { return nil }))
		k.exact("rebuilt")
		if after := k.rollups(); !maps.Equal(before, after) {
			t.Error("rebuilding changed the totals")
		}
		k.forget()
		k.ok(k.Rebuild(t.Context(), func(int64, int64) error { return nil }))
		if after := k.rollups(); !maps.Equal(before, after) {
			t.Error("rebuilding from the events alone changed the totals")
		}
	})
}

// forget deletes everything that came from events or was derived, as if it had
// been lost.
func (k *kit) forget() {
	k.write(func(ctx context.Context, tx *db.Tx) error {
		for _, q := range []string{`delete from ledger_latest where key in (select key from ledger_facts where source = 'event')`,
			`delete from ledger_facts where source = 'event'`, `delete from ledger_totals`, `delete from ledger_heads`, `delete from ledger_presence`,
			`delete from ledger_places`, `delete from ledger_activities`} {
			if _, err := tx.Exec(ctx, q); err != nil {
				return err
			}
		}
		return nil
	})
}

// randomly does one thing.
func (k *kit) randomly(r *rand.Rand, refs []Ref) {
	ref := refs[r.IntN(len(refs))]
	switch n := r.IntN(20); {
	case n < 14:
		k.came(ref, []string{"ewa", "jan", "ola", ""}[r.IntN(4)], func(in *Intake) {
			in.Version, in.Void = r.Int64N(30)*1000+int64(len(k.world.told)), r.IntN(4) == 0 // no two alike: a subject has one revision at a time
			in.BySeat, in.ByRunning = []string{city, town, ""}[r.IntN(3)], []string{city, ""}[r.IntN(2)]
			in.Group, in.Minutes, in.Money = Groups()[r.IntN(4)], r.Int64N(3)*45, r.Int64N(2)*100
			if in.PersonKey == "" {
				in.People = r.IntN(4)
			}
		})
	case n < 17:
		k.mark(ref, []string{agreement, second}[r.IntN(2)], "")
	case n < 18:
		_ = k.db.Write(k.t.Context(), func(tx *db.Tx) error {
			return k.EndJoint(k.t.Context(), tx, k.officer, ref, agreement)
		})
	default:
		rules := []Rule{{Kind: "training", Topic: maths, Area: area2, Action: action1}, {Kind: "training", Area: area4}, {Topic: inclusion, Action: action2},
			{Kind: "meeting", Area: area1}, {Area: foreign}}
		r.Shuffle(len(rules), func(i, j int) { rules[i], rules[j] = rules[j], rules[i] })
		k.rules([]string{"2022-09-01", "2026-01-01", "2027-01-15"}[r.IntN(3)], rules[:3]...)
	}
}

// TestTakeAtOnce: the same people, keys and activities in deliveries of several
// workers at once.
func TestTakeAtOnce(t *testing.T) {
	testkit.EachIsolation(t, modules, func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		one, two := k.activity("training", "2026-10-01"), k.activity("training", "2025-10-01")
		var wait sync.WaitGroup
		const workers, takes = 4, 40
		for worker := range workers {
			wait.Go(func() {
				for n := worker; n < takes; n += workers {
					in := Intake{Key: fmt.Sprint("k", n/2), Version: int64(n), Kind: "training.completed", Activity: []Ref{one, two}[n%2], On: "2026-10-01",
						BySeat: city, Group: Teachers, PersonKey: fmt.Sprint("p", n%3), Minutes: int64(n)}
					if err := k.Take(t.Context(), in); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wait.Wait()
		k.exact("at once")
		if got := k.year(All, 2026); got.Facts != 20 || got.People != 3 {
			t.Errorf("got %+v", got)
		}
	})
}
