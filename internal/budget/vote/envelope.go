package vote

import (
	"context"
	"encoding/hex"
	"errors"
	"maps"
	"slices"

	"kladka/internal/budget"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/seal"
)

// NewEnvelope is the number of a form that is drawn, and of the envelope that
// comes of it: 128 random bits, which have no order and no time in them.
func NewEnvelope() string { return randomBits() }

// envelopeShape tells whether a text is a number as NewEnvelope draws it.
func envelopeShape(id string) bool {
	b, err := hex.DecodeString(id)
	return err == nil && len(b) == 16 && hex.EncodeToString(b) == id
}

// urnOpen stands in the statements that lay envelopes down: once a box is closed
// and its digests are out, or the vote was canceled, nothing comes into it, however
// long a request waited for its transaction. Its arguments are edition, pool, edition.
const urnOpen = `not exists (select 1 from budget_envelope_counts c where c.edition = ? and c.pool = ?)
		and exists (select 1 from budget_editions e where e.id = ? and e.state in ('voting', 'closed'))`

// lay puts an envelope into the box; false when one of this number lies there
// already, or the box is closed.
func lay(ctx context.Context, tx *db.Tx, edition budget.EditionID, pool budget.PoolID, id, second string, sealed []byte) (bool, error) {
	n, err := tx.Exec(ctx, `insert into budget_envelopes (edition, pool, id, second, sealed) select ?, ?, ?, ?, ?
		where `+urnOpen+` on conflict (edition, pool, id) do nothing`, edition, pool, id, second, sealed, edition, pool, edition)
	return n > 0, err
}

// relay puts an envelope in the place of the one that a second secret belongs to,
// and another secret in the place of that one: a form that is sent again after a
// later change finds nothing to replace, and no old vote comes back. False when
// there is no such envelope or the box is closed.
func relay(ctx context.Context, tx *db.Tx, edition budget.EditionID, pool budget.PoolID, id, from, to string, sealed []byte) (bool, error) {
	n, err := tx.Exec(ctx, `update budget_envelopes set id = ?, second = ?, sealed = ? where edition = ? and pool = ? and second = ? and second <> '' and `+urnOpen,
		id, to, sealed, edition, pool, from, edition, pool, edition)
	return n > 0, err
}

// laid is what lies in the box under a number; nil when nothing does.
func laid(ctx context.Context, r db.Reader, edition budget.EditionID, pool budget.PoolID, id string) (sealed []byte, second string, err error) {
	var row struct {
		Sealed []byte `db:"sealed"`
		Second string `db:"second"`
	}
	err = r.Get(ctx, &row, `select sealed, second from budget_envelopes where edition = ? and pool = ? and id = ?`, edition, pool, id)
	if errors.Is(err, fault.ErrNotFound) {
		return nil, "", nil
	}
	return row.Sealed, row.Second, err
}

// Envelopes calls f with every envelope of a box, in the order of their numbers,
// which is none. What f is given is its own.
func Envelopes(ctx context.Context, r db.Reader, edition budget.EditionID, pool budget.PoolID, f func(sealed []byte) error) error {
	return r.Each(ctx, func(scan func(...any) error) error {
		var sealed []byte
		if err := scan(&sealed); err != nil {
			return err
		}
		return f(sealed)
	}, `select sealed from budget_envelopes where edition = ? and pool = ? order by id`, edition, pool)
}

// Lie is how many envelopes lie in a box now, closed or not.
func Lie(ctx context.Context, r db.Reader, edition budget.EditionID, pool budget.PoolID) (n int, err error) {
	return n, r.Get(ctx, &n, `select count(*) from budget_envelopes where edition = ? and pool = ?`, edition, pool)
}

// BoxCount is how many envelopes lie in a closed box; Conflict
// vote.fault.box_open while it is not closed (see CloseBoxes).
func BoxCount(ctx context.Context, r db.Reader, edition budget.EditionID, pool budget.PoolID) (n int, err error) {
	err = r.Get(ctx, &n, `select envelopes from budget_envelope_counts where edition = ? and pool = ?`, edition, pool)
	if errors.Is(err, fault.ErrNotFound) {
		return 0, fault.New(fault.Conflict, "vote.fault.box_open")
	}
	return n, err
}

// Digests are the digests of a closed box, sorted by their letters: at most n of
// them, behind the first so many.
func Digests(ctx context.Context, r db.Reader, edition budget.EditionID, pool budget.PoolID, behind, n int) (list []string, err error) {
	err = r.Select(ctx, &list, `select digest from budget_envelope_digests where edition = ? and pool = ? and n > ? order by n limit ?`,
		edition, pool, behind, n)
	return list, err
}

// closeWait is how long after the hours of voting a box stays open for votes whose
// form was in our hands in time and that still wait for their transaction.
const closeWait = 2 * 60

// CloseBoxes counts the envelopes of an edition whose vote is over and publishes
// their digests, each box in one transaction; boxes that are closed already stay
// as they are. Conflict vote.fault.box_open until two minutes after the last hour,
// vote.fault.paper_waits when ballots on paper are still to be typed in for some
// pool: the other boxes are closed then. It is called by a job, and by whoever
// opens the envelopes, before it.
func (s *Service) CloseBoxes(ctx context.Context, e budget.Edition) (err error) {
	defer fault.Wrap(&err, "close the boxes of %s", e.ID)
	if e.State != budget.Closed || s.now().Unix() < e.Rules.Calendar.VoteTo+closeWait {
		return fault.New(fault.Conflict, "vote.fault.box_open")
	}
	waiting := false
	for _, p := range e.Rules.Pools {
		paper, err := s.closeOne(ctx, e, p.ID)
		if err != nil {
			return err
		}
		waiting = waiting || paper
	}
	if waiting {
		return fault.New(fault.Conflict, "vote.fault.paper_waits")
	}
	return nil
}

// closeOne closes a box that is still open, or tells that paper is waited for.
func (s *Service) closeOne(ctx context.Context, e budget.Edition, pool budget.PoolID) (paper bool, err error) {
	if _, err := BoxCount(ctx, s.db, e.ID, pool); fault.KindOf(err) != fault.Conflict {
		return false, err
	}
	if e.Rules.Paper {
		if paper, err = waitsForPaper(ctx, s.db, e.ID, pool); err != nil || paper {
			return paper, err
		}
	}
	return false, s.closeBox(ctx, e.ID, pool)
}

// closeBox reads before it writes, for a box may hold a hundred megabytes. One
// that grew meanwhile is not closed but read again.
func (s *Service) closeBox(ctx context.Context, edition budget.EditionID, pool budget.PoolID) error {
	copies, n := map[string]int{}, 0
	err := Envelopes(ctx, s.db, edition, pool, func(sealed []byte) error {
		copies[seal.Digest(sealed)]++
		n++
		return nil
	})
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error { return publish(ctx, tx, edition, pool, copies, n) })
}

func publish(ctx context.Context, tx *db.Tx, edition budget.EditionID, pool budget.PoolID, copies map[string]int, n int) error {
	closed, err := tx.Exec(ctx, `insert into budget_envelope_counts (edition, pool, envelopes) select ?, ?, ?
		where (select count(*) from budget_envelopes e where e.edition = ? and e.pool = ?) = ? on conflict (edition, pool) do nothing`,
		edition, pool, n, edition, pool, n)
	if err != nil {
		return err
	}
	if closed == 0 {
		return fault.New(fault.Conflict, "vote.fault.box_open")
	}
	const columns = 5
	no := 0
	for some := range slices.Chunk(slices.Sorted(maps.Keys(copies)), db.MaxParams/columns) {
		var args []any
		for _, digest := range some {
			no++
			args = append(args, edition, pool, no, digest, copies[digest])
		}
		if _, err := tx.Exec(ctx, `insert into budget_envelope_digests (edition, pool, n, digest, copies) values `+db.Marks(len(some), columns), args...); err != nil {
			return err
		}
	}
	return nil
}

// DestroyEnvelopes deletes the envelopes of an edition. Counts and digests stay.
// Deleting leaves traces on the disk, and the caller has them removed after the
// transaction: see package result.
func DestroyEnvelopes(ctx context.Context, tx *db.Tx, edition budget.EditionID) (int, error) {
	n, err := tx.Exec(ctx, `delete from budget_envelopes where edition = ?`, edition)
	return int(n), err
}

// inBox tells whether a closed box holds an envelope of that digest.
func inBox(ctx context.Context, r db.Reader, edition budget.EditionID, pool budget.PoolID, digest string) (in bool, err error) {
	err = r.Get(ctx, &in, `select exists (select 1 from budget_envelope_digests where edition = ? and pool = ? and digest = ?)`, edition, pool, digest)
	return in, err
}
