package training

import (
	"context"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// MarkIssued says that somebody who completed the training has the paper, or,
// when it was voided, has none any more. It is for package papers, in the
// transaction of the paper; an enrollment in any other state is a Conflict, so
// of two who issue at once one fails.
func MarkIssued(ctx context.Context, tx *db.Tx, id EnrollmentID, issued bool, at int64) error {
	from, to := Completed, Issued
	if !issued {
		from, to = Issued, Completed
	}
	n, err := tx.Exec(ctx, `update training_enrollments set state = ?, revision = revision + 1, changed_at = ? where id = ? and state = ?`, to, at, id, from)
	if err == nil && n == 0 {
		return fault.New(fault.Conflict, "papers.fault.not_completed")
	}
	return err
}
