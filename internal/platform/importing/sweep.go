package importing

import (
	"context"
	"errors"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// What is kept of imports: a difference that nobody decided on goes after a
// month, the lines of one that was taken in after a year, or as many days as
// its kind says; a reading that broke off, with its process, after a day. The
// numbers stay.
const (
	undecidedFor = 30 * 24 * time.Hour
	detailsFor   = 365 * 24 * time.Hour
	readingFor   = 24 * time.Hour
)

// keep is how long the lines of a kind are kept.
func (s *Service) keep(kind string) time.Duration {
	if k, known := s.kind(kind); known && k.KeepDays > 0 {
		return time.Duration(k.KeepDays) * 24 * time.Hour
	}
	return detailsFor
}

// sweep removes what need not be kept any longer, each batch by itself: the
// lines of one are a transaction long enough.
func (s *Service) sweep(ctx context.Context) (err error) {
	defer fault.Wrap(&err, "sweep imports")
	var list []Batch
	err = s.db.Select(ctx, &list, `select `+batchColumns+` from importing_batches
		where not swept and state not in (?, ?) order by created_at, id`, Applying, Undoing)
	if err != nil {
		return err
	}
	now := s.now()
	var all error
	for _, b := range list {
		all = errors.Join(all, s.sweepOne(ctx, b, now.Sub(time.Unix(b.CreatedAt, 0))))
	}
	return all
}

func (s *Service) sweepOne(ctx context.Context, b Batch, age time.Duration) error {
	keep := s.keep(b.Kind)
	undecided := b.State == Shown || b.State == Failed && b.Stage == Applying && b.TakenIn == 0
	to := b.State
	switch {
	case b.State == Reading && age > readingFor:
		return s.takeBack(ctx, b.ID)
	case b.State == Reading:
		return nil
	case undecided && age > min(keep, undecidedFor):
		to = Discarded
	case age <= keep:
		return nil
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update importing_batches set state = ?, swept = ? where id = ? and state = ? and progress = ?`,
			to, true, b.ID, b.State, b.Progress)
		if err != nil || n == 0 {
			return err // somebody decided on it just now
		}
		return deleteDetails(ctx, tx, b.ID)
	})
}
