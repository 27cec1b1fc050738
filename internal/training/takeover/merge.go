package takeover

import (
	"context"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// PairState is what became of a possible duplicate.
type PairState string

// The states.
const (
	PairOpen   PairState = "open"
	PairMerged PairState = "merged"
	PairApart  PairState = "apart"
)

// Pair is two participants who may be one.
type Pair struct {
	ID        string               `db:"id"`
	Center    access.InstitutionID `db:"center"`
	A         string               `db:"a"`
	B         string               `db:"b"`
	Reason    Reason               `db:"reason"`
	State     PairState            `db:"state"`
	Kept      string               `db:"kept"`
	DecidedBy string               `db:"decided_by"`
	DecidedAt int64                `db:"decided_at"`
	Revision  int64                `db:"revision"`
}

const pairColumns = `id, center, a, b, reason, state, kept, decided_by, decided_at, revision`

// Pairs are those of a center in a state, the newest first, at most n before the
// id given ("" for the beginning). Who asks must hold ImportTrainings there.
func (s *Service) Pairs(ctx context.Context, who access.Actor, center access.InstitutionID, state PairState, before string, n int) (all []Pair, err error) {
	defer fault.Wrap(&err, "pairs of %s", center)
	if err := who.MayAt(ctx, access.ImportTrainings, center); err != nil {
		return nil, err
	}
	if before == "" {
		before = "g" // behind every id
	}
	return all, s.db.Select(ctx, &all, `select `+pairColumns+` from training_merge_pairs where center = ? and state = ? and id < ? order by id desc limit ?`, center, state, before, n)
}

// Pair is one for those who import at its center; for others there is none.
func (s *Service) Pair(ctx context.Context, who access.Actor, id string) (p Pair, err error) {
	defer fault.Wrap(&err, "pair %s", id)
	if err := s.db.Get(ctx, &p, `select `+pairColumns+` from training_merge_pairs where id = ?`, id); err != nil {
		return p, err
	}
	err = who.MayAt(ctx, access.ImportTrainings, p.Center)
	if fault.KindOf(err) == fault.Forbidden {
		return p, fault.ErrNotFound
	}
	return p, err
}

// Merge says that both are one person; kept is the face that stays. The rows of
// the other keep their words and are gathered under it; where the one who stays
// has an account, they are seen there. Somebody who was faster is a Conflict.
func (s *Service) Merge(ctx context.Context, who access.Actor, id, kept string, revision int64) error {
	p, err := s.Pair(ctx, who, id)
	if err != nil {
		return err
	}
	if kept != p.A && kept != p.B {
		return fault.InvalidFields([]fault.Field{{Name: "zostaje", Key: "takeover.fault.kept"}})
	}
	return s.decide(ctx, who, p, PairOpen, PairMerged, kept, revision, func(tx *db.Tx) error { return s.gather(ctx, tx, p, kept) })
}

// KeepApart says that they are two people; nobody is asked again.
func (s *Service) KeepApart(ctx context.Context, who access.Actor, id string, revision int64) error {
	p, err := s.Pair(ctx, who, id)
	if err != nil {
		return err
	}
	return s.decide(ctx, who, p, PairOpen, PairApart, "", revision, func(*db.Tx) error { return nil })
}

// Reopen takes a decision back: what a merge gathered lies apart again.
func (s *Service) Reopen(ctx context.Context, who access.Actor, id string, revision int64) error {
	p, err := s.Pair(ctx, who, id)
	if err != nil {
		return err
	}
	if p.State == PairOpen {
		return fault.New(fault.Conflict, "takeover.fault.faster")
	}
	return s.decide(ctx, who, p, p.State, PairOpen, "", revision, func(tx *db.Tx) error { return scatter(ctx, tx, p.ID) })
}

func (s *Service) decide(ctx context.Context, who access.Actor, p Pair, from, to PairState, kept string, revision int64, then func(*db.Tx) error) (err error) {
	defer fault.Wrap(&err, "decide on pair %s", p.ID)
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update training_merge_pairs set state = ?, kept = ?, decided_by = ?, decided_at = ?, revision = revision + 1
			where id = ? and state = ? and revision = ?`, to, kept, who.Person, now.Unix(), p.ID, from, revision)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "takeover.fault.faster")
		}
		if err := then(tx); err != nil {
			return err
		}
		return s.log(ctx, tx, who, p, to, now)
	})
}

func (s *Service) log(ctx context.Context, tx *db.Tx, who access.Actor, p Pair, to PairState, at time.Time) error {
	return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "training.pair." + string(to), Object: "pair", ObjectID: p.ID, Institution: string(p.Center),
		Details: map[string]string{"reason": string(p.Reason)}}, at)
}

// gather puts the rows of everybody now joined under the account of the one who
// stays, where there is one and the rows have none.
func (s *Service) gather(ctx context.Context, tx *db.Tx, p Pair, kept string) error {
	row, err := s.rowOf(ctx, tx, kept)
	if err != nil || row.Person == "" {
		return err
	}
	faces, err := together(ctx, tx, kept)
	if err != nil {
		return err
	}
	for _, face := range faces {
		if _, err := tx.Exec(ctx, `insert into training_merge_moved (pair, kind, row_id) select ?, 'enrollment', e.id from training_merge_members m
			join training_enrollments e on e.id = m.row_id where m.kind = 'enrollment' and m.face = ? and e.person = '' and e.name <> ''`, p.ID, face); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `insert into training_merge_moved (pair, kind, row_id) select ?, 'paper', p.id from training_papers p where p.person = '' and (
			p.id in (select m.row_id from training_merge_members m where m.kind = 'paper' and m.face = ?)
			or p.enrollment in (select m.row_id from training_merge_members m where m.kind = 'enrollment' and m.face = ?))`, p.ID, face, face); err != nil {
			return err
		}
	}
	return assign(ctx, tx, p.ID, "", row.Person)
}

// scatter undoes gather.
func scatter(ctx context.Context, tx *db.Tx, pair string) error {
	if err := assign(ctx, tx, pair, "*", ""); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `delete from training_merge_moved where pair = ?`, pair)
	return err
}

// assign sets the account of the rows that a merge moved. Only rows whose words
// are still there: somebody who was forgotten stays so.
func assign(ctx context.Context, tx *db.Tx, pair, from, to string) error {
	_, err := tx.Exec(ctx, `update training_enrollments set person = ? where (person = ? or ? = '*') and name <> ''
		and id in (select row_id from training_merge_moved where pair = ? and kind = 'enrollment')`, to, from, from, pair)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `update training_papers set person = ? where (person = ? or ? = '*')
		and id in (select row_id from training_merge_moved where pair = ? and kind = 'paper')`, to, from, from, pair)
	return err
}
