package evaluation

import (
	"sync"
	"testing"

	"kladka/internal/platform/db"
	"kladka/internal/testkit"
)

// TestTogether: processes that open and publish at once neither lose a round nor
// count one twice.
func TestTogether(t *testing.T) {
	testkit.EachIsolation(t, modules, func(t *testing.T, d *db.DB) {
		h := openHouse(t, d)
		h.Tell = nil
		var ids []string
		for range 6 {
			ids = append(ids, h.held("Małe", 7))
		}
		h.k.Clock = h.k.Clock.AddDate(0, 0, 1)
		at(4, func() {
			if err := h.openDue(t.Context()); err != nil {
				t.Error(err)
			}
		})
		var groups []group
		h.k.OK(h.db.Select(t.Context(), &groups, `select `+groupColumns+` from needs_eval_groups g`))
		rounds, roster := 0, 0
		for _, g := range groups {
			rounds, roster = rounds+g.Rounds, roster+g.Roster
		}
		if rounds != 6 || roster != 42 {
			t.Errorf("%d rounds of %d people in groups: %+v", rounds, roster, groups)
		}
		h.pass(16)
		h.pass(60)
		h.k.OK(h.db.Select(t.Context(), &groups, `select `+groupColumns+` from needs_eval_groups g where g.stage = 'after'`))
		for _, g := range groups {
			if g.State != released {
				t.Errorf("%+v", g)
			}
		}
		one := h.roundAt(ids[0], After).Group
		_, err := h.exec(t, `update needs_eval_groups set state = 'full', released_at = 0 where id = ?`, one)
		h.k.OK(err)
		before := h.hidden(t)
		at(4, func() {
			if err := h.release(t.Context(), one); err != nil {
				t.Error(err)
			}
		})
		if got, want := h.hidden(t)-before, h.group(t, one).Rounds; got != want {
			t.Errorf("published at once by four: %d counted, want %d", got, want)
		}
	})
}

// at runs a deed in several goroutines at once.
func at(n int, do func()) {
	var wg sync.WaitGroup
	for range n {
		wg.Go(do)
	}
	wg.Wait()
}

func (h *house) exec(t *testing.T, query string, args ...any) (n int64, err error) {
	t.Helper()
	err = h.db.Write(t.Context(), func(tx *db.Tx) error {
		n, err = tx.Exec(t.Context(), query, args...)
		return err
	})
	return n, err
}

func (h *house) group(t *testing.T, id string) group {
	t.Helper()
	g, err := groupByID(t.Context(), h.db, id)
	h.k.OK(err)
	return g
}

// hidden is how many trainings the sums of right after count as hidden.
func (h *house) hidden(t *testing.T) (n int) {
	t.Helper()
	years, err := h.years(t.Context(), h.k.At)
	h.k.OK(err)
	for _, y := range years {
		if y.Stage == After {
			n += y.Hidden
		}
	}
	return n
}
