package trace_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kladka/internal/platform/db"
	"kladka/internal/platform/trace"
	"kladka/internal/schema"
	"kladka/internal/testkit"
)

func modules() []schema.Module {
	return []schema.Module{{Name: "db", Files: db.Migrations}, {Name: "trace", Files: trace.Migrations}}
}

func write(t *testing.T, d *db.DB, f func(ctx context.Context, tx *db.Tx) error) {
	t.Helper()
	if err := d.Write(t.Context(), func(tx *db.Tx) error { return f(t.Context(), tx) }); err != nil {
		t.Fatal(err)
	}
}

func step(tr trace.ID, id string, at int64, audience string) trace.StepRow {
	return trace.StepRow{Trace: tr, Kind: "needs.need", ID: id, TitleKey: "needs.step.raised", At: at, Audience: audience}
}

func steps(t *testing.T, d *db.DB, tr trace.ID, audiences ...string) (ids []string) {
	t.Helper()
	list, err := trace.Steps(t.Context(), d, tr, audiences)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range list {
		ids = append(ids, s.ID)
	}
	return ids
}

func want(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("steps %v, want %v", got, want)
	}
}

func TestNew(t *testing.T) {
	a, err := trace.New()
	b, _ := trace.New()
	if err != nil || len(a) != 36 || a[14] != '7' || a >= b {
		t.Errorf("%s, %s, %v", a, b, err)
	}
}

func TestStepsAreOrderedAndFiltered(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		write(t, d, func(ctx context.Context, tx *db.Tx) error {
			for _, s := range []trace.StepRow{
				step("t", "c", 30, "public"), step("t", "a", 10, "public"), step("t", "b", 20, "inst:1"),
				step("t", "Z", 30, "public"), step("t", "ą", 30, "public"), step("other", "x", 1, "public"),
			} {
				if err := trace.Step(ctx, tx, s); err != nil {
					return err
				}
			}
			return nil
		})
		want(t, steps(t, d, "t", "public"), "a", "Z", "c", "ą")
		want(t, steps(t, d, "t", "public", "inst:1"), "a", "b", "Z", "c", "ą")
		want(t, steps(t, d, "t", "inst:2"))
		want(t, steps(t, d, "t"))
		want(t, steps(t, d, "none", "public"))
		many := []string{"inst:1"}
		for i := range 2000 { // an officer who reaches a whole country
			many = append(many, fmt.Sprintf("inst:x%d", i))
		}
		want(t, steps(t, d, "t", append(many, "public")...), "a", "b", "Z", "c", "ą")
	})
}

func TestStepRepeated(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		first := trace.StepRow{Trace: "t", Kind: "meetings.topic", ID: "1", FromKind: "needs.need", FromID: "0",
			TitleKey: "meetings.step.proposed", At: 10, Audience: "inst:1"}
		again, open := first, first
		again.At, open.Audience = 99, "public"
		write(t, d, func(ctx context.Context, tx *db.Tx) error {
			for _, s := range []trace.StepRow{first, again, first, open} {
				if err := trace.Step(ctx, tx, s); err != nil {
					return err
				}
			}
			return nil
		})
		got, err := trace.Steps(t.Context(), d, "t", []string{"inst:1", "public"})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]trace.StepRow{first}, got); diff != "" {
			t.Error(diff)
		}
		if got[0].From() != (trace.Thing{Kind: "needs.need", ID: "0"}) {
			t.Errorf("from %v", got[0].From())
		}
		of, err := trace.Of(t.Context(), d, got[0].Thing())
		if err != nil || !slices.Equal(of, []trace.ID{"t"}) {
			t.Errorf("of %v, %v", of, err)
		}
	})
}

// A step shows at once, and the first writing stays, however far the rows came.
func TestStepsOnTheirWay(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		tell := func(steps ...trace.StepRow) {
			write(t, d, func(ctx context.Context, tx *db.Tx) error {
				for _, s := range steps {
					if err := trace.Step(ctx, tx, s); err != nil {
						return err
					}
				}
				return nil
			})
		}
		spread := func() {
			if _, err := d.Spread(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		both := func() {
			t.Helper()
			want(t, steps(t, d, "t", "public"), "a", "b", "c")
			of, err := trace.Of(t.Context(), d, step("t", "a", 0, "public").Thing())
			if err != nil || !slices.Equal(of, []trace.ID{"t", "u"}) {
				t.Errorf("of %v, %v", of, err)
			}
		}
		tell(step("t", "a", 10, "public"), step("t", "b", 20, "public"), step("u", "a", 1, "inst:1"))
		spread()
		tell(step("t", "a", 99, "public"), step("t", "c", 30, "public"), step("t", "x", 5, "inst:1"), step("u", "a", 1, "inst:1"))
		both()
		spread()
		both()
		err := d.Write(t.Context(), func(tx *db.Tx) error { // in its own transaction it shows as well
			if err := trace.Step(t.Context(), tx, step("v", "a", 1, "public")); err != nil {
				return err
			}
			found, err := trace.Steps(t.Context(), tx, "v", []string{"public"})
			if len(found) != 1 {
				t.Errorf("%v", found)
			}
			return errors.Join(err, errors.New("no"))
		})
		if err == nil || len(steps(t, d, "v", "public")) != 0 {
			t.Errorf("%v, and something stayed", err)
		}
	})
}

func TestLinks(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		write(t, d, func(ctx context.Context, tx *db.Tx) error {
			for at, s := range []trace.ID{"a", "b", "c", "d", "e"} {
				if err := trace.Step(ctx, tx, step(s, "in-"+string(s), int64(at), "public")); err != nil {
					return err
				}
			}
			// a-b-c-a is a circle, d hangs on it, e stands alone.
			for _, l := range [][2]trace.ID{{"a", "b"}, {"c", "b"}, {"c", "a"}, {"b", "a"}, {"a", "b"}, {"d", "c"}, {"e", "e"}} {
				if err := trace.Link(ctx, tx, l[0], l[1]); err != nil {
					return err
				}
			}
			return nil
		})
		for _, from := range []trace.ID{"a", "b", "c", "d"} {
			want(t, steps(t, d, from, "public"), "in-a", "in-b", "in-c", "in-d")
		}
		want(t, steps(t, d, "e", "public"), "in-e")
		// What is linked keeps its own audience.
		write(t, d, func(ctx context.Context, tx *db.Tx) error {
			return trace.Step(ctx, tx, step("d", "secret", 9, "role:officer"))
		})
		want(t, steps(t, d, "a", "public"), "in-a", "in-b", "in-c", "in-d")
		want(t, steps(t, d, "a", "role:officer"), "secret")
	})
}

func TestRefusals(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		for _, s := range []trace.StepRow{step("", "x", 1, "public"), step("t", "", 1, "public"), step("t", "x", 1, "")} {
			if err := d.Write(t.Context(), func(tx *db.Tx) error { return trace.Step(t.Context(), tx, s) }); err == nil {
				t.Errorf("%+v was written", s)
			}
		}
		if err := d.Write(t.Context(), func(tx *db.Tx) error { return trace.Link(t.Context(), tx, "a", "") }); err == nil {
			t.Error("an empty trace was linked")
		}
	})
}
