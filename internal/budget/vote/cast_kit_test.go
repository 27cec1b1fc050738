package vote

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"kladka/internal/budget"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/custody"
	"kladka/internal/platform/db"
	"kladka/internal/platform/seal"
)

// aBallot is the rules of a ballot of each type, over eight projects of 100 zł.
var aBallot = map[budget.BallotType]budget.BallotRules{
	budget.Ranked:     {Type: budget.Ranked, Min: 3, Max: 3, Points: []int{3, 2, 1}},
	budget.Approval:   {Type: budget.Approval, Min: 1, Max: 4},
	budget.One:        {Type: budget.One, Min: 1, Max: 1},
	budget.Cumulative: {Type: budget.Cumulative, Min: 1, Total: 10},
	budget.Knapsack:   {Type: budget.Knapsack, Min: 1},
}

const (
	onEach   = 8
	costEach = 100_00
)

// polls is an edition in its hours of voting, with a key whose two shares open
// everything, and eight projects on each ballot.
type polls struct {
	*kit
	e      budget.Edition
	opener *seal.Opener
}

// polling opens the vote of an edition with a pool for each type of ballot.
func (k *kit) polling(change func(*budget.Rules), types ...budget.BallotType) *polls {
	k.t.Helper()
	e := k.edition(k.officer, "wieliczka", func(r *budget.Rules) {
		first := r.Pools[0]
		r.Pools = nil
		for _, t := range types {
			p := first
			p.ID, p.No, p.Name, p.Kind, p.Ballot = budget.PoolID(newID()), len(r.Pools)+1, "Pula "+string(t), budget.OfCity, aBallot[t]
			p.Budget, p.MinCost, p.MaxCost = 5*costEach, 0, 0
			r.Pools = append(r.Pools, p)
		}
		if change != nil {
			change(r)
		}
	})
	keys := custody.New(custody.Config{DB: k.db, Now: k.now, Keys: k.Keys})
	act := custody.Act{By: audit.By{Person: string(k.officer.Person)}, Box: KeyBox(e.ID), Runs: true}
	shares, err := keys.Make(k.t.Context(), act, []string{string(k.officer.Person), string(k.clerk.Person)}, false)
	k.ok(err)
	key, err := custody.Read(k.t.Context(), k.db, KeyBox(e.ID))
	k.ok(err)
	opener, err := seal.Join(key.Public, shares[0], shares[1])
	k.ok(err)
	k.ok(k.db.Write(k.t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(k.t.Context(), `update budget_editions set rules_hash = ? where id = ?`, fmt.Sprintf("%064d", 8), e.ID)
		for _, p := range e.Rules.Pools {
			for n := range onEach {
				id := uuid.Must(uuid.NewRandom()).String()
				if _, err := tx.Exec(k.t.Context(), `insert into budget_projects (id, trace, edition, pool, state, title, title_key, cost, ballot_order, created_at, changed_at)
					values (?, ?, ?, ?, 'on_ballot', ?, ?, ?, ?, 1, 1)`, id, newID(), e.ID, p.ID, fmt.Sprintf("Projekt %c %s", 'A'+n, id[:8]), id, costEach, n+1); err != nil {
					return err
				}
			}
		}
		return err
	}))
	k.Service.CastRoutes(k.shell)
	k.Service.CastJobs(k.jobs)
	k.Service.CeremonyRoutes(k.shell, keys)
	return &polls{k, k.voting(e), opener}
}

// pool is the pool of that type.
func (p *polls) pool(t budget.BallotType) budget.Pool {
	p.t.Helper()
	for _, pool := range p.e.Rules.Pools {
		if pool.Ballot.Type == t {
			return pool
		}
	}
	p.t.Fatal("no pool", t)
	return budget.Pool{}
}

// on is the ballot of a pool.
func (p *polls) on(t budget.BallotType) *ballot {
	p.t.Helper()
	b, err := readBallot(p.t.Context(), p.db, p.e, p.pool(t).ID)
	p.ok(err)
	return b
}

// crosses choose projects by their place on the ballot, from 1.
func (b *ballot) crosses(places ...int) (c budget.Choice) {
	for _, n := range places {
		c.Picks = append(c.Picks, budget.Pick{Project: b.order[n-1]})
	}
	return c
}

// given is a vote of an elector that arrives now.
func (p *polls) given(t budget.BallotType, who ElectorID, c budget.Choice) Ballot {
	return Ballot{Pool: p.pool(t).ID, Elector: who, Way: Online, Envelope: NewEnvelope(), Choice: c, At: p.clock}
}

// opened are the choices in a box.
func (p *polls) opened(t budget.BallotType) (all []budget.Choice) {
	p.t.Helper()
	b := p.on(t)
	p.ok(Envelopes(p.t.Context(), p.db, p.e.ID, b.Pool.ID, func(sealed []byte) error {
		if len(sealed) != seal.SealedSize(b.size) {
			p.t.Errorf("an envelope of %d bytes", len(sealed))
		}
		body, err := p.opener.Open(b.info, sealed)
		if err != nil {
			return err
		}
		c, err := b.Pool.Decode(body, b.order)
		all = append(all, c)
		return err
	}))
	return all
}

// electors are n electors with rights everywhere.
func (p *polls) electors(n int) (list []ElectorID) {
	p.t.Helper()
	pools, _ := poolsFor(p.e, "")
	var fresh []newcomer
	for range n {
		id := newElector()
		list = append(list, id)
		fresh = append(fresh, newcomer{Elector: Elector{Edition: p.e.ID, ID: id, Source: budget.Roll}, Mark: newID(), Pools: pools})
	}
	p.ok(p.db.Write(p.t.Context(), func(tx *db.Tx) error {
		_, err := add(p.t.Context(), tx, fresh)
		return err
	}))
	return list
}

func (p *polls) count(query string, args ...any) (n int) {
	p.t.Helper()
	p.ok(p.db.Get(p.t.Context(), &n, query, args...))
	return n
}

// over closes the vote, and lets the job close its boxes.
func (p *polls) over(t testing.TB) {
	t.Helper()
	p.e = p.closed(p.e)
	p.clock = time.Unix(p.e.Rules.Calendar.VoteTo+closeWait, 0)
	p.ok(p.VoteClosed(t.Context(), budget.VoteClosed{Edition: p.e.ID}))
	p.drain()
	if _, err := BoxCount(t.Context(), p.db, p.e.ID, p.e.Rules.Pools[0].ID); err != nil {
		t.Fatal("the job closed no box:", err)
	}
}
