package takeover

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/importing"
	"kladka/internal/platform/web"
	"kladka/internal/training"
)

// errFaster ends a transaction that was overtaken; the job tries anew.
var errFaster = errors.New("takeover: somebody changed the row at this moment")

// deed is one line being taken in or taken back, in the transaction of its chunk.
type deed struct {
	s       *Service
	ctx     context.Context
	tx      *db.Tx
	b       importing.Batch
	at      time.Time
	line    importing.Line
	outcome *importing.Outcome
}

// doing makes a step of package importing out of what is done with one line.
func (s *Service) doing(one func(*deed) error) func(context.Context, importing.Batch, []importing.Line, time.Time) (importing.Step, error) {
	return func(_ context.Context, b importing.Batch, lines []importing.Line, at time.Time) (importing.Step, error) {
		return func(ctx context.Context, tx *db.Tx) ([]importing.Outcome, error) {
			outcomes := make([]importing.Outcome, len(lines))
			for n, l := range lines {
				outcomes[n] = importing.Outcome{N: l.N}
				if err := one(&deed{s, ctx, tx, b, at, l, &outcomes[n]}); err != nil {
					return nil, err
				}
			}
			return outcomes, nil
		}, nil
	}
}

// words are those of the line's row.
func (d *deed) words(into any) bool { return d.s.unseal(d.b.ID, d.line.Record, into) }

func (d *deed) count(query string, args ...any) (n int, err error) {
	return n, d.tx.Get(d.ctx, &n, query, args...)
}

func (d *deed) held(why string) error {
	d.outcome.Held = why
	return nil
}

func (d *deed) heldIf(err error, why string) error {
	if err != nil {
		return err
	}
	return d.held(why)
}

// gone holds a line whose object is not there any more.
func (d *deed) gone(err error) error {
	if fault.KindOf(err) == fault.NotFound {
		return d.held(importing.HeldGone)
	}
	return err
}

func (d *deed) done(object string, revision int64, before json.RawMessage) error {
	d.outcome.Object, d.outcome.Revision, d.outcome.Before = object, revision, before
	return nil
}

// take notes which row became what.
func (d *deed) take(kind, key, object, words string) error {
	_, err := d.tx.Exec(d.ctx, `insert into training_taken (center, kind, key, object, batch, words, at) values (?, ?, ?, ?, ?, ?, ?)`,
		d.b.Scope, kind, key, object, d.b.ID, words, d.at.Unix())
	return err
}

// untake forgets it, with what the list of duplicates knew of the object.
func (d *deed) untake() error {
	if _, err := d.tx.Exec(d.ctx, `delete from training_taken where object = ?`, d.line.Object); err != nil {
		return err
	}
	_, err := d.tx.Exec(d.ctx, `delete from training_merge_members where row_id = ?`, d.line.Object)
	return err
}

// touch has trainings found anew: in the catalog and in the search.
func (s *Service) touch(ctx context.Context, tx *db.Tx, ids ...string) error {
	if err := db.Raise(ctx, tx, training.VersionName); err != nil || s.Trainings.Touch == nil {
		return err
	}
	return s.Trainings.Touch(ctx, tx, ids...)
}

func schoolYear(at int64) int { return directory.SchoolYear(time.Unix(at, 0).In(web.Warsaw)) }

// finish looks for duplicates among those who came with the import, and forgets
// those who left with it.
func (s *Service) finish(ctx context.Context, b importing.Batch, undone bool, _ time.Time) (importing.Step, error) {
	if undone {
		return func(ctx context.Context, tx *db.Tx) ([]importing.Outcome, error) { return nil, forgetFaces(ctx, tx) }, nil
	}
	return nil, s.Look(ctx, access.InstitutionID(b.Scope))
}

func (d *deed) scope() access.InstitutionID { return access.InstitutionID(d.b.Scope) }
