package directory

import (
	"context"
	"slices"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/importing"
)

// settlement is what can only be told for all institutions together, after an
// import or its undoing: parents, head units, and the municipalities that run
// institutions.
type settlement struct {
	version       int64
	before, after []unit
	appeared      map[access.InstitutionID]bool // by this import: their first parent is no change
	running       map[string][]any
}

// finishImport settles what all lines together decide. It is computed outside
// the transaction; when the directory changed meanwhile, once more inside it.
func (s *Service) finishImport(ctx context.Context, b importing.Batch, undone bool, at time.Time) (importing.Step, error) {
	plan, err := settle(ctx, s.db, b.ID)
	if err != nil {
		return nil, err
	}
	source := FromTheRegister
	if undone {
		source = FromUndo
	}
	return func(ctx context.Context, tx *db.Tx) ([]importing.Outcome, error) {
		if err := db.Raise(ctx, tx, versionName); err != nil {
			return nil, err
		}
		version, err := db.Version(ctx, tx, versionName)
		if err != nil {
			return nil, err
		}
		now := plan
		if version != plan.version+1 {
			if now, err = settle(ctx, tx, b.ID); err != nil {
				return nil, err
			}
		}
		if err := now.write(ctx, tx, source, string(b.ID), at); err != nil {
			return nil, err
		}
		return nil, noteSource(ctx, tx, b, undone, at)
	}, nil
}

func settle(ctx context.Context, r db.Reader, id importing.BatchID) (p settlement, err error) {
	defer fault.Wrap(&err, "settle parents and running bodies")
	if p.version, err = db.Version(ctx, r, versionName); err != nil {
		return p, err
	}
	if p.before, err = readUnits(ctx, r); err != nil {
		return p, err
	}
	p.after = slices.Clone(p.before)
	settleParents(p.after)
	setHeads(p.after)
	if p.appeared, err = appearedBy(ctx, r, id); err != nil {
		return p, err
	}
	towns, err := Municipalities(ctx, r)
	if err != nil {
		return p, err
	}
	p.running, err = runningMoves(ctx, r, newRunners(towns))
	return p, err
}

func (p settlement) write(ctx context.Context, tx *db.Tx, source, batch string, at time.Time) error {
	if err := writeRunning(ctx, tx, p.running); err != nil {
		return err
	}
	if err := writeUnits(ctx, tx, p.before, p.after); err != nil {
		return err
	}
	var past []Past
	for n, u := range p.after {
		if was := p.before[n].parent(); was != u.parent() && !p.appeared[u.ID] {
			past = append(past, Past{Institution: u.ID, Field: "parent", Before: string(was), After: string(u.parent())})
		}
	}
	stamp(past, source, batch, at)
	return insertPast(ctx, tx, past)
}

// noteSource remembers which files of the whole register are taken in.
func noteSource(ctx context.Context, tx *db.Tx, b importing.Batch, undone bool, at time.Time) error {
	if undone {
		_, err := tx.Exec(ctx, `delete from directory_sources where import = ?`, b.ID)
		return err
	}
	if b.Scope != "" {
		return nil // one authority's schools do not make the whole register fresh
	}
	_, err := tx.Exec(ctx, `insert into directory_sources (import, shape, applied_at) values (?, ?, ?)
		on conflict (import) do nothing`, b.ID, b.Shape, at.Unix())
	return err
}

// FreshAt is when a file of the register was last taken in, the zero time when
// none was; of one shape, or of any for "".
func (s *Service) FreshAt(ctx context.Context, shape string) (time.Time, error) {
	var at int64
	err := s.db.Get(ctx, &at, `select coalesce(max(applied_at), 0) from directory_sources where ? = '' or shape = ?`, shape, shape)
	if err != nil || at == 0 {
		return time.Time{}, err
	}
	return time.Unix(at, 0), nil
}

// runningMoves finds what municipality runs those institutions for which the
// answer changes, because municipalities came in: a name is known now, or has
// become ambiguous.
func runningMoves(ctx context.Context, r db.Reader, runners runners) (map[string][]any, error) {
	moves := map[string][]any{}
	err := r.Each(ctx, func(scan func(dest ...any) error) error {
		var id, name, kind, seat, now string
		if err := scan(&id, &name, &kind, &seat, &now); err != nil {
			return err
		}
		if next := runners.of(name, kind, seat); next != now {
			moves[next] = append(moves[next], id)
		}
		return nil
	}, `select id, running_name, running_kind, municipality, running_municipality from directory_institutions
		where origin = ? and running_name <> '' order by id`, FromRegister)
	return moves, err
}

func writeRunning(ctx context.Context, tx *db.Tx, moves map[string][]any) error {
	for municipality, ids := range moves {
		for some := range slices.Chunk(ids, db.MaxParams-1) {
			_, err := tx.Exec(ctx, `update directory_institutions set running_municipality = ? where id in `+
				db.Marks(1, len(some)), append([]any{municipality}, some...)...)
			if err != nil {
				return err
			}
		}
	}
	return nil
}
