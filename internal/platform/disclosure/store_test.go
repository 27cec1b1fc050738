package disclosure

import (
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/schema"
	"kladka/internal/testkit"
)

var modules = []schema.Module{{Name: "db", Files: db.Migrations}, {Name: "disclosure", Files: Migrations}}

// clock is a time that tests move.
type clock struct{ at int64 }

func (c *clock) now() time.Time { return time.Unix(c.at, 0) }

func service(d *db.DB) (*Service, *clock) {
	c := &clock{at: 1000}
	r := NewRegistry().Declare(Measure{Name: "topics", TitleKey: "t", Class: Opinion}, Measure{Name: "other", TitleKey: "t", Class: Opinion},
		Measure{Name: "mood", TitleKey: "t", Class: Sensitive})
	return New(Config{DB: d, Now: c.now, Registry: r}), c
}

func fix(t *testing.T, s *Service, p Plan) (out Plan, err error) {
	t.Helper()
	err = s.db.Write(t.Context(), func(tx *db.Tx) error {
		out, err = s.Fix(t.Context(), tx, p)
		return err
	})
	return out, err
}

func publish(t *testing.T, s *Service, rel Release, c Counts) (id ReleaseID, err error) {
	t.Helper()
	err = s.db.Write(t.Context(), func(tx *db.Tx) error {
		id, err = s.Publish(t.Context(), tx, rel, c)
		return err
	})
	return id, err
}

func mustFix(t *testing.T, s *Service, id string, units ...Unit) {
	t.Helper()
	if _, err := fix(t, s, Plan{ID: id, Owner: "needs", Object: "campaign/" + id, Units: units}); err != nil {
		t.Fatal(err)
	}
}

func refused(t *testing.T, what string, err error, key string) {
	t.Helper()
	if f := fault.As(err); f == nil || f.Kind != fault.Conflict || f.Key != key {
		t.Errorf("%s: %v, want %s", what, err, key)
	}
}

var answers = tallied([]string{"a", "b"}, map[string][]int{"g1": {20, 10, 7}, "g2": {15, 8, 9}, "s1": {12, 5, 6}})

func TestReleases(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		s, clock := service(d)
		mustFix(t, s, "p", towns...)
		rel := Release{Measure: "topics", Plan: "p", Object: "c1", Period: Period{From: 900, Until: 2000, Label: "2026/2027"}}
		if _, err := publish(t, s, Release{Measure: "unknown", Plan: "p", Period: rel.Period}, answers); err == nil {
			t.Error("an unknown measure was published")
		}
		_, err := publish(t, s, rel, answers)
		refused(t, "before the end", err, "disclosure.fault.open")
		clock.at = 2000
		if _, err := publish(t, s, Release{Measure: "topics", Plan: "q", Period: rel.Period}, answers); !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("without a plan: %v", err)
		}
		id, err := publish(t, s, rel, answers)
		if err != nil {
			t.Fatal(err)
		}
		stays(t, s, rel, id)
		late := rel
		late.Object, late.Period = "c0", Period{From: 100, Until: 900}
		_, err = publish(t, s, late, answers)
		refused(t, "a tree made afterwards", err, "disclosure.fault.late")
		rel.Measure, rel.K = "mood", 30
		if id, err = publish(t, s, rel, tallied([]string{"a"}, map[string][]int{"g1": {70, 29}, "s1": {80, 33}})); err != nil {
			t.Fatal(err)
		}
		if table, err := s.Read(t.Context(), d, id); err != nil || table.K != 30 || mark(table.Cell("metro", "a")) != "60–119/3" || table.Cell("g1", "a").Shown {
			t.Errorf("%s %v", drawn(table), err)
		}
	})
}

// stays tells that a release is the same whatever comes later.
func stays(t *testing.T, s *Service, rel Release, id ReleaseID) {
	t.Helper()
	ctx := t.Context()
	table, err := s.Read(ctx, s.db, id)
	if err != nil || table.Cell("metro", "a").N != 23 || table.Period != rel.Period || table.Object != "c1" {
		t.Fatalf("%s %v", drawn(table), err)
	}
	again, err := publish(t, s, rel, tallied([]string{"a", "b"}, map[string][]int{"g1": {21, 11, 7}, "g2": {15, 8, 9}, "s1": {12, 5, 6}}))
	if err != nil || again != id {
		t.Errorf("published again: %s, want %s (%v)", again, id, err)
	}
	if same, err := s.Read(ctx, s.db, id); err != nil || !reflect.DeepEqual(same, table) {
		t.Errorf("late answers changed it: %s (%v)", drawn(same), err)
	}
	if latest, err := s.Latest(ctx, s.db, "topics", "c1"); err != nil || !reflect.DeepEqual(latest, table) {
		t.Errorf("the latest is %s (%v)", drawn(latest), err)
	}
	if _, err := s.Latest(ctx, s.db, "topics", "c2"); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("the latest of nothing: %v", err)
	}
	heads, err := s.Find(ctx, s.db, Query{Measure: "topics"})
	if want := []Head{{id, "topics", "c1", "p", rel.Period}}; err != nil || !reflect.DeepEqual(heads, want) {
		t.Errorf("%+v %v", heads, err)
	}
}

func TestPlans(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		s, _ := service(d)
		p, err := fix(t, s, Plan{Owner: "needs", Object: "c", Least: 10, Units: towns})
		if err != nil || p.ID == "" {
			t.Fatal(err)
		}
		const want = "metro(101) g<metro(70) g1<g(40) g2<g(30) s<metro(31)=s1,s2"
		if shape(p.Units) != want {
			t.Errorf("%s", shape(p.Units))
		}
		read, err := s.Plan(t.Context(), d, p.ID)
		if err != nil || !reflect.DeepEqual(read, p) {
			t.Errorf("%+v %v", read, err)
		}
		if again, err := fix(t, s, Plan{ID: p.ID, Owner: "needs", Object: "c", Least: 10, Units: backwards(towns)}); err != nil || shape(again.Units) != want {
			t.Errorf("fixed again: %s %v", shape(again.Units), err)
		}
		_, err = fix(t, s, Plan{ID: p.ID, Owner: "needs", Object: "c", Units: towns})
		refused(t, "another tree", err, "disclosure.fault.fixed")
		if _, err := fix(t, s, Plan{Owner: "needs", Units: towns[1:]}); err == nil {
			t.Error("two roots were fixed")
		}
		many := []Unit{{ID: "root"}}
		for i := range 1100 {
			many = append(many, Unit{ID: fmt.Sprint(i), Parent: "root", Roster: 20})
		}
		mustFix(t, s, "many", many...)
	})
}

func TestOverlaps(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		s, clock := service(d)
		mustFix(t, s, "whole", towns...)
		mustFix(t, s, "same", towns...)
		mustFix(t, s, "gdansk", Unit{ID: "g"}, Unit{ID: "g1", Parent: "g"}, Unit{ID: "g2", Parent: "g"})
		mustFix(t, s, "cut", Unit{ID: "metro"}, Unit{ID: "x", Parent: "metro", Members: []string{"g1", "s1"}}, Unit{ID: "y", Parent: "metro", Members: []string{"g2", "s2"}})
		mustFix(t, s, "away", Unit{ID: "gdynia"})
		clock.at = 9000
		if _, err := publish(t, s, Release{Measure: "topics", Plan: "whole", Object: "c1", Period: Period{2000, 3000, "Jesień"}}, answers); err != nil {
			t.Fatal(err)
		}
		none := NewCounts("a")
		for _, tt := range []struct {
			name          string
			measure, plan string
			object        string
			from, until   int64
			refused       bool
		}{
			{"a part of the units", "topics", "gdansk", "c2", 2000, 3000, true},
			{"the same people in another tree", "topics", "cut", "c1", 2000, 3000, true},
			{"another tree about something else", "topics", "cut", "c2", 2000, 3000, true},
			{"a part of the period", "topics", "whole", "c1", 2500, 3000, true},
			{"a longer period", "topics", "whole", "c1", 2000, 3001, true},
			{"a longer period, something else", "topics", "whole", "c2", 1999, 3000, true},
			{"the same under another plan", "topics", "same", "c1", 2000, 3000, true},
			{"the next period", "topics", "whole", "c1", 3000, 4000, false},
			{"the period before", "topics", "whole", "c1", 1500, 2000, false},
			{"something else of the same people", "topics", "same", "c2", 2000, 3000, false},
			{"other units", "topics", "away", "c1", 1000, 2500, false},
			{"another measure", "other", "gdansk", "c1", 2000, 2500, false},
		} {
			rel := Release{Measure: tt.measure, Plan: tt.plan, Object: tt.object, Period: Period{tt.from, tt.until, ""}}
			check := s.Check(t.Context(), d, rel)
			_, err := publish(t, s, rel, none)
			if !tt.refused {
				if err != nil || check != nil {
					t.Errorf("%s: %v %v", tt.name, err, check)
				}
				continue
			}
			refused(t, tt.name, err, "disclosure.fault.overlap")
			refused(t, tt.name+", checked", check, "disclosure.fault.overlap")
		}
	})
}

// TestAtOnce: of two releases that could be subtracted one is refused, also
// when they come at the same moment; the same one twice is one.
func TestAtOnce(t *testing.T) {
	testkit.EachIsolation(t, modules, func(t *testing.T, d *db.DB) {
		s, clock := service(d)
		mustFix(t, s, "whole", towns...)
		clock.at = 9000
		var group sync.WaitGroup
		ids, errs := make([]ReleaseID, 8), make([]error, 8)
		for i := range ids {
			group.Go(func() {
				until := int64(3000 + i%2) // two kinds that overlap
				ids[i], errs[i] = publish(t, s, Release{Measure: "topics", Plan: "whole", Object: "c", Period: Period{2000, until, ""}}, answers)
			})
		}
		group.Wait()
		for i, err := range errs {
			if i%2 == 0 && (err == nil) != (errs[0] == nil) || i%2 == 1 && (err == nil) == (errs[0] == nil) || ids[i] != ids[i%2] {
				t.Errorf("%d: %s %v", i, ids[i], err)
			}
		}
		if heads, err := s.Find(t.Context(), d, Query{}); err != nil || len(heads) != 1 {
			t.Errorf("%+v %v", heads, err)
		}
	})
}
