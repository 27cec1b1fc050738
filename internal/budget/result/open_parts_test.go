package result

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"kladka/internal/budget"
	"kladka/internal/budget/vote"
	"kladka/internal/platform/db"
	"kladka/internal/schema"
	"kladka/internal/testkit"
)

// The parts that wiring puts together fit.
var (
	_ Box      = VoteBox{}
	_ Editions = Budget{}
)

// TestVoteBox asks package vote what a count asks: four rights, three spent, one
// of them by an elector who was refused afterwards; then everything is destroyed.
func TestVoteBox(t *testing.T) {
	all := append(slices.Clone(modules), schema.Module{Name: "vote", Files: vote.Migrations})
	testkit.EachDB(t, all, func(t *testing.T, d *db.DB) {
		k, ctx := newKit(t, d), t.Context()
		votes := VoteBox{vote.New(vote.Config{DB: d, Now: func() time.Time { return k.clock }})}
		write := func(statement string, args ...any) {
			t.Helper()
			k.ok(d.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(ctx, statement, args...); return err }))
		}
		for i, e := range []struct{ id, source, way string }{{"01", "roster", "slip"}, {"02", "self", "online"}, {"03", "self", "online"}, {"04", "roster", ""}} {
			write(`insert into budget_electors (edition, id, source) values (?, ?, ?)`, editionID, e.id, e.source)
			write(`insert into budget_rights (edition, pool, elector, spent, way) values (?, ?, ?, ?, ?)`, editionID, cityPool, e.id, e.way != "", e.way)
			if e.way != "" {
				write(`insert into budget_envelopes (edition, pool, id, sealed) values (?, ?, ?, ?)`, editionID, cityPool, e.id, []byte{byte(i)})
			}
		}
		write(`insert into budget_declared (edition, elector, person, sealed, same_name, same_home, state, at) values (?, '03', 'p', '', '', '', 'refused', 1)`, editionID)
		k.edition.State = budget.Voting
		if votes.Close(ctx, k.edition) == nil {
			t.Error("a box is closed while people vote")
		}
		k.edition.State = budget.Closed
		k.ok(votes.Close(ctx, k.edition))
		n, err := votes.Count(ctx, d, editionID, cityPool)
		k.ok(err)
		there := 0
		k.ok(votes.Each(ctx, d, editionID, cityPool, func([]byte) error { there++; return nil }))
		if n != 3 || there != 3 {
			t.Errorf("%d envelopes, %d of them given out", n, there)
		}
		turnout, err := votes.Turnout(ctx, d, k.edition)
		k.ok(err)
		got := turnout[cityPool]
		if len(turnout[smallPool].Sources) > 0 || got.Declared != nil || got.Rights != 4 || got.Spent != 3 || got.Refused != 1 || !slices.Equal(got.Ways, []Part{{"slip", 1}, {"online", 2}}) {
			t.Errorf("%+v", turnout)
		}
		k.spare(votes, write)
		k.edition.Rules.Who = budget.Who{Sources: []budget.Source{budget.Self}, Self: budget.SelfLimits{DrawnShare: 25}}
		for i, state := range []string{vote.Given, vote.Confirmed, vote.Given, vote.Refused} {
			write(`insert into budget_declared (edition, elector, person, sealed, same_name, same_home, state, drawn, at) values (?, ?, 'p', '', '', '', ?, ?, 1)`, editionID, "1"+string(rune('0'+i)), state, i < 2)
		}
		turnout, err = votes.Turnout(ctx, d, k.edition)
		k.ok(err)
		if told := turnout[smallPool].Declared; *told != (vote.Told{Given: 5, Wanted: 2, Drawn: 2, Checked: 1, Refused: 2}) || told.Reached() || turnout[cityPool].Declared == nil {
			t.Errorf("%+v", told)
		}
		k.ok(d.Write(ctx, func(tx *db.Tx) error {
			n, err = votes.Destroy(ctx, tx, editionID, k.clock)
			return err
		}))
		k.ok(d.Forget(ctx, votes.Tables()...))
		var left int
		k.ok(d.Get(ctx, &left, `select count(*) from budget_rights where edition = ? and spent = ?`, editionID, true))
		if n != 3 || left != 3 {
			t.Errorf("%d destroyed, %d rights left", n, left)
		}
	})
}

// spare: of twenty rights of slips, those for whom nobody stands on the lists are no
// electors, and the pool is not opened. Where nobody notes who was given one, each is.
func (k *kit) spare(votes VoteBox, write func(string, ...any)) {
	k.t.Helper()
	e := k.edition
	for i := range vote.LeastElectors {
		id := fmt.Sprintf("s%02d", i)
		write(`insert into budget_electors (edition, id, source) values (?, ?, ?)`, editionID, id, budget.Slips)
		write(`insert into budget_rights (edition, pool, elector) values (?, ?, ?)`, editionID, smallPool, id)
	}
	write(`insert into budget_electors (edition, id, source) values (?, 'p1', ?)`, editionID, budget.Roster)
	for spare, sources := range map[int][]budget.Source{vote.LeastElectors - 1: {budget.Roster, budget.Slips}, 0: {budget.Slips}} {
		e.Rules.Who.Sources = sources
		turnout, err := votes.Turnout(k.t.Context(), k.db, e)
		k.ok(err)
		if got := turnout[smallPool]; got.Rights != vote.LeastElectors || got.Spare != spare || got.tooFew() != (spare > 0) || turnout[cityPool].Spare != 0 {
			k.t.Errorf("%v: %+v", sources, got)
		}
	}
	for _, table := range []string{"budget_rights", "budget_electors"} {
		column := map[string]string{"budget_rights": "elector", "budget_electors": "id"}[table]
		write(`delete from `+table+` where edition = ? and (`+column+` like 's%' or `+column+` = 'p1')`, editionID)
	}
}
