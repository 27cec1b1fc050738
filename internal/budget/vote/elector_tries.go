package vote

import (
	"context"
	"encoding/hex"
	"errors"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// limit is how many wrong tries of one place in a quarter of an hour cost
// nothing; after them each makes the next wait, a second, two, four and so on.
type limit struct {
	free    int
	longest time.Duration
}

var (
	// A school is one network: thirty pupils who mistype must not keep each
	// other waiting, and slips of the finger do not come here at all.
	slipTries = limit{free: 30, longest: 30 * time.Second}
	// Who claims a place on a roll knows their own name; a few spellings are
	// tried, a neighbor's birthday is not.
	claimTries = limit{free: 5, longest: 15 * time.Minute}
	// Each answer of the national sign-in is asked about there, in our name.
	identityTries = limit{free: 10, longest: 15 * time.Minute}
)

func (l limit) pause(wrong int) time.Duration {
	over := wrong - l.free
	if over <= 0 {
		return 0
	}
	return min(time.Second<<min(over-1, 12), l.longest)
}

// tryPlace names a place without saying which it is: wrong codes must not become
// a list of networks or of people.
func (s *Service) tryPlace(kind, where string) string {
	return hex.EncodeToString(s.Keys.MAC("budget.vote.tries", kind, where)[:16])
}

func quarter(t time.Time) int64 { return t.Unix() / (15 * 60) }

// mayTry refuses a try that came too early: TooMany with the seconds.
func mayTry(ctx context.Context, r db.Reader, place string, now time.Time) error {
	var next int64
	err := r.Get(ctx, &next, `select max(next_at) from budget_tries where place = ? and quarter >= ? having count(*) > 0`, place, quarter(now)-1)
	if errors.Is(err, fault.ErrNotFound) || err == nil && next <= now.Unix() {
		return nil
	}
	if err != nil {
		return err
	}
	return fault.New(fault.TooMany, "vote.fault.wait", "n", next-now.Unix())
}

// takeTry counts a try before it is made, right or wrong: guesses that are sent all
// at once find out one after the other that they must wait. One that finds a place
// taken is a guess too: it tells that the words are somebody's. For slips this is
// no way, since nothing about a right code may be written; nor is it needed, for
// their codes cannot be guessed.
func (s *Service) takeTry(ctx context.Context, place string, l limit, now time.Time) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := mayTry(ctx, tx, place, now); err != nil {
			return err
		}
		return count(ctx, tx, place, l, now)
	})
}

// countTry counts a wrong try and lets the pause begin. Who hung up meanwhile is
// counted all the same.
func (s *Service) countTry(ctx context.Context, place string, l limit, now time.Time) error {
	ctx = context.WithoutCancel(ctx)
	return s.db.Write(ctx, func(tx *db.Tx) error { return count(ctx, tx, place, l, now) })
}

// count counts one more try, if none of those that came at the same time has just
// made it wait: the row is locked until the end of the transaction.
func count(ctx context.Context, tx *db.Tx, place string, l limit, now time.Time) error {
	counted, err := tx.Exec(ctx, `insert into budget_tries (place, quarter, n) values (?, ?, 1)
		on conflict (place, quarter) do update set n = budget_tries.n + 1 where budget_tries.next_at <= ?`, place, quarter(now), now.Unix())
	if err != nil {
		return err
	}
	if counted == 0 {
		return mayTry(ctx, tx, place, now)
	}
	n := 0
	if err := tx.Get(ctx, &n, `select n from budget_tries where place = ? and quarter = ?`, place, quarter(now)); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `update budget_tries set next_at = ? where place = ? and quarter = ?`, now.Add(l.pause(n)).Unix(), place, quarter(now))
	return err
}
