package vote

import (
	"crypto/sha256"
	"math/rand/v2"
	"testing"

	"kladka/internal/budget"
	"kladka/internal/platform/db"
	"kladka/internal/testkit"
)

// TestTheAttackWorks lets the attacker of TestNobodyGuessesAChoice loose on tables
// that were made carelessly: with votes in the clear, with a hash in their place,
// and sealed well but not padded to one length. Each gives everybody away, so the
// attack is able to see what it does not see in ours.
func TestTheAttackWorks(t *testing.T) {
	d := testkit.SQLite(t, modules)
	p := newKit(t, d).polling(nil, budget.Approval)
	on := p.on(budget.Approval)
	for name, naive := range map[string]func(body []byte) ([]byte, error){
		"in the clear": func(body []byte) ([]byte, error) { return body, nil },
		"a hash": func(body []byte) ([]byte, error) {
			sum := sha256.Sum256(body)
			return sum[:], nil
		},
		"of its own length": func(body []byte) ([]byte, error) { return on.public.Seal(on.info, len(body), body) },
	} {
		t.Run(name, func(t *testing.T) {
			if share := luck(p.naively(t, on, naive)); share > 1.5/(shuffles+1) {
				t.Errorf("the attack does not see it: chance does as well in a share of %v", share)
			}
		})
	}
}

// naively keeps votes in a table of its own, as naive says, and looks at it.
func (p *polls) naively(t *testing.T, on *ballot, naive func(body []byte) ([]byte, error)) (s []sight) {
	t.Helper()
	ctx, of, drawn := t.Context(), map[string]int{}, rand.Perm(voters)
	p.ok(p.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `create table if not exists budget_naive (id text primary key, vote blob not null)`); err != nil {
			return err
		}
		for i := range voters {
			choice, id := drawn[i]%2, NewEnvelope()
			body, err := on.Pool.Encode([...]budget.Choice{on.crosses(1), on.crosses(2, 3, 4, 8)}[choice], on.order)
			if err != nil {
				return err
			}
			vote, err := naive(body)
			if err != nil {
				return err
			}
			of[id] = choice
			if _, err := tx.Exec(ctx, `insert into budget_naive (id, vote) values (?, ?)`, id, vote); err != nil {
				return err
			}
		}
		return nil
	}))
	p.ok(p.db.Each(ctx, func(scan func(...any) error) error {
		one := sight{place: len(s)}
		if err := scan(&one.id, &one.sealed); err != nil {
			return err
		}
		var known bool
		if one.choice, known = of[one.id]; known {
			s = append(s, one)
		}
		return nil
	}, `select id, vote from budget_naive`))
	return s
}
