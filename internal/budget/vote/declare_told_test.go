package vote

import (
	"fmt"
	"slices"
	"testing"

	"kladka/internal/budget"
	"kladka/internal/platform/db"
	"kladka/internal/testkit"
)

// TestDeclaredTold counts declarations as they are published, and what of them is
// still to be done while the vote goes on.
func TestDeclaredTold(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		const id = budget.EditionID("01930000-0000-7000-8000-0000000000e7")
		ctx, s := t.Context(), &Service{db: d}
		write := func(statement string, args ...any) {
			t.Helper()
			if err := d.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(ctx, statement, args...); return err }); err != nil {
				t.Fatal(err)
			}
		}
		e := budget.Edition{ID: id, Rules: budget.Rules{Pools: []budget.Pool{{ID: "a", Name: "Miasto"}, {ID: "b", Name: "Dzielnica"}}}}
		if told, err := DeclaredTold(ctx, d, e); told != nil || err != nil {
			t.Error("rules without declarations", told, err)
		}
		e.Rules.Who = budget.Who{Sources: []budget.Source{budget.Self}, Self: budget.SelfLimits{DrawnShare: 10}}
		check := func(want Told, reached bool, due ...string) {
			t.Helper()
			told, err := DeclaredTold(ctx, d, e)
			if err != nil || *told != want || told.Reached() != reached {
				t.Errorf("%+v, %v, want %+v", told, err, want)
			}
			list, err := s.Due(ctx, d, e)
			var keys []string
			for _, o := range list {
				keys = append(keys, fmt.Sprint(o.Key, o.Args[1]))
			}
			if err != nil || !slices.Equal(keys, due) {
				t.Errorf("due %q, %v, want %q", keys, err, due)
			}
		}
		check(Told{}, true, "vote.due.rightsMiasto", "vote.due.rightsDzielnica")
		for i := range 21 {
			elector := fmt.Sprintf("%02d", i)
			write(`insert into budget_electors (edition, id, source) values (?, ?, ?)`, id, elector, budget.Self)
			write(`insert into budget_rights (edition, pool, elector, spent, way) values (?, 'a', ?, ?, '')`, id, elector, false)
			write(`insert into budget_declared (edition, elector, person, sealed, same_name, same_home, state, at) values (?, ?, 'p', '', '', '', ?, 1)`, id, elector, Given)
		}
		check(Told{Given: 21, Wanted: 3}, false, "vote.due.draw3", "vote.due.rightsDzielnica")
		write(`update budget_declared set drawn = ? where edition = ? and elector in ('03', '04', '05')`, true, id)
		check(Told{Given: 21, Wanted: 3, Drawn: 3}, false, "vote.due.check3", "vote.due.rightsDzielnica")
		write(`update budget_declared set state = ? where edition = ? and elector in ('03', '04')`, Confirmed, id)
		write(`update budget_declared set state = ? where edition = ? and elector = '09'`, Refused, id)
		check(Told{Given: 21, Wanted: 3, Drawn: 3, Checked: 2, Refused: 1}, false, "vote.due.check1", "vote.due.rightsDzielnica")
		write(`update budget_declared set state = ? where edition = ? and elector = '05'`, Confirmed, id)
		check(Told{Given: 21, Wanted: 3, Drawn: 3, Checked: 3, Refused: 1}, true, "vote.due.rightsDzielnica")
		write(`update budget_declared set state = ? where edition = ? and elector = '08'`, Refused, id)
		check(Told{Given: 21, Wanted: 3, Drawn: 3, Checked: 3, Refused: 2}, true, "vote.due.rightsMiasto", "vote.due.rightsDzielnica")
	})
}
