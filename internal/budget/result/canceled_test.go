package result

import (
	"testing"
	"time"

	"kladka/internal/budget"
	"kladka/internal/platform/custody"
	"kladka/internal/platform/db"
	"kladka/internal/testkit"
)

// TestCanceledIsDestroyed: votes of which everybody was told that nobody opens them
// are gone within the hour, opened ones too, and nothing of them is counted.
func TestCanceledIsDestroyed(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		k.castAll()
		k.ok(k.open())
		k.edition.State = budget.Canceled // in the moment before the count
		k.ok(k.drain())
		if len(k.settled) > 0 {
			t.Fatal("a canceled edition was counted")
		}
		k.ok(k.finishDue(t.Context()))
		k.clock = k.clock.Add(time.Hour)
		k.ok(k.finishDue(t.Context()))
		o, left := k.opening(), 0
		k.ok(d.Get(t.Context(), &left, `select count(*) from budget_ballots`))
		if o.DestroyedAt == 0 || o.Published() || k.box.destroyed != 1 || left != 0 {
			t.Errorf("%+v, destroyed %d times, %d ballots left", o, k.box.destroyed, left)
		}
		if key, err := custody.Read(t.Context(), d, BoxOf(editionID)); err != nil || key.Public != "" {
			t.Error("the key is still known", err)
		}
		_, err := k.Bring(t.Context(), k.anna, editionID, k.shares[0])
		if err == nil {
			t.Error("shares are taken for a canceled vote")
		}
	})
}
