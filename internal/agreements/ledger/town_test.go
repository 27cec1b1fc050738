package ledger

import (
	"fmt"
	"slices"
	"testing"

	"kladka/internal/platform/db"
	"kladka/internal/testkit"
)

// TestActsOf: a municipality sees what its people took part in and nothing else,
// whichever way it is looked up, and pages through it.
func TestActsOf(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		var want []string
		for n := range 9 {
			ref := k.activity("training", fmt.Sprintf("2026-10-%02d", n+1))
			k.came(ref, "a", nil)
			if n%3 == 0 {
				k.came(ref, "b", func(in *Intake) { in.BySeat = "120611" })
				k.came(ref, "c", func(in *Intake) { in.BySeat = "120611" })
				want = append(want, ref.ID)
			}
		}
		slices.Reverse(want)
		for _, few := range []bool{true, false} {
			from, args := actsOf("120611", 2026, few)
			var got []string
			k.ok(k.db.Select(t.Context(), &got, `select a.id from `+from+` order by l.sort_key desc, l.id desc`, args...))
			if !slices.Equal(got, want) {
				t.Errorf("few %v: %v, want %v", few, got, want)
			}
		}
		first, more, err := k.ActsOf(t.Context(), k.db, "120611", 2026, zeroCursor, 2)
		k.ok(err)
		if len(first) != 2 || !more {
			t.Fatalf("first page %v, more %v", first, more)
		}
		rest, more, err := k.ActsOf(t.Context(), k.db, "120611", 2026, first[1].Place(), 2)
		k.ok(err)
		if len(rest) != 1 || more || rest[0].ID != want[2] {
			t.Errorf("second page %v, more %v", rest, more)
		}
		if none, _, err := k.ActsOf(t.Context(), k.db, "120611", 2025, zeroCursor, 2); err != nil || len(none) > 0 {
			t.Errorf("another year: %v, %v", none, err)
		}
	})
}
