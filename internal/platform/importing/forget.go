package importing

import (
	"context"
	"slices"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Forget takes what lines of a kind say about a person out of them, wherever is
// finds them, and the findings of their batches with them: these may repeat words
// of the source. It tells how many lines. The lines stay as numbers, and what was
// taken in stays; an undo answers for them as for objects that are gone.
func (s *Service) Forget(ctx context.Context, tx *db.Tx, kind string, is func(Batch, Line) bool) (n int, err error) {
	defer fault.Wrap(&err, "forget lines of imports of kind %s", kind)
	var batches []Batch
	if err := tx.Select(ctx, &batches, `select `+batchColumns+` from importing_batches where kind = ? and not swept`, kind); err != nil {
		return 0, err
	}
	for _, b := range batches {
		var found []any
		err := tx.Each(ctx, scanLine(func(l Line) error {
			if l.Name != "" && is(b, l) {
				found = append(found, l.N)
			}
			return nil
		}), lineSelect+`where batch = ?`, b.ID)
		if err != nil {
			return n, err
		}
		for some := range slices.Chunk(found, db.MaxParams-1) {
			args := append([]any{b.ID}, some...)
			if _, err := tx.Exec(ctx, `update importing_lines set name = '', folded = '', key = '', fields = '[]', record = '', former = ''
				where batch = ? and n in `+db.Marks(1, len(some)), args...); err != nil {
				return n, err
			}
		}
		if len(found) == 0 {
			continue
		}
		if _, err := tx.Exec(ctx, `delete from importing_problems where batch = ?`, b.ID); err != nil {
			return n, err
		}
		n += len(found)
	}
	return n, nil
}
