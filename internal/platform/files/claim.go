package files

import (
	"context"
	"errors"
	"time"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// errEmptyOwner guards against a mistake that would reach every unclaimed file.
var errEmptyOwner = errors.New("files: an owner needs a module and an id")

func (o Owner) check() error {
	if o.Module == "" || o.ID == "" {
		return errEmptyOwner
	}
	return nil
}

// Claim makes a file the owner's, in the transaction of the thing that owns
// it. Only who sent the file can claim it, for the use it was sent for, and
// only once; claiming it again for the same owner changes nothing. Anything
// else, an id of somebody else's file too, is fault.ErrNotFound.
func (s *Service) Claim(ctx context.Context, tx *db.Tx, by audit.By, use string, id ID, owner Owner, at time.Time) error {
	if err := owner.check(); err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `update files_files set module = ?, owner = ?, claimed_at = ?, keep_until = ?
		where id = ? and use_name = ? and uploaded_by = ? and module = ''`,
		owner.Module, owner.ID, at.Unix(), s.uses.uses[use].keepUntil(at), id, use, by.Person)
	if err != nil || n == 1 {
		return err
	}
	var own ID // no row is fault.ErrNotFound
	return tx.Get(ctx, &own, `select id from files_files where id = ? and use_name = ? and uploaded_by = ? and module = ? and owner = ?`,
		id, use, by.Person, owner.Module, owner.ID)
}

// Release gives up all files of an owner, in the transaction that ends the
// owner. Their rows go at once, with the names; the bytes follow within some
// hours unless another file has the same content.
func (s *Service) Release(ctx context.Context, tx *db.Tx, owner Owner) error {
	if err := owner.check(); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `delete from files_files where module = ? and owner = ?`, owner.Module, owner.ID)
	return err
}

// ReleaseOne gives up one file of an owner. One that is not the owner's is
// fault.ErrNotFound.
func (s *Service) ReleaseOne(ctx context.Context, tx *db.Tx, owner Owner, id ID) error {
	if err := owner.check(); err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `delete from files_files where id = ? and module = ? and owner = ?`, id, owner.Module, owner.ID)
	if err == nil && n == 0 {
		return fault.ErrNotFound
	}
	return err
}

// Keep sets until when all files of an owner are kept, in place of what their
// use says; the zero time means as long as the owner keeps them.
func (s *Service) Keep(ctx context.Context, tx *db.Tx, owner Owner, until time.Time) error {
	if err := owner.check(); err != nil {
		return err
	}
	var at *int64
	if !until.IsZero() {
		seconds := until.Unix()
		at = &seconds
	}
	_, err := tx.Exec(ctx, `update files_files set keep_until = ? where module = ? and owner = ?`, at, owner.Module, owner.ID)
	return err
}

// Of lists the files of an owner in the order in which they were sent.
func (s *Service) Of(ctx context.Context, q db.Reader, owner Owner) (_ []File, err error) {
	defer fault.Wrap(&err, "files of %s %s", owner.Module, owner.ID)
	if err := owner.check(); err != nil {
		return nil, err
	}
	return selectFiles(ctx, q, ` where f.module = ? and f.owner = ? order by f.id`, owner.Module, owner.ID)
}

// Find is one file of an owner. It is fault.ErrNotFound when there is none of
// that id, or it is another's.
func (s *Service) Find(ctx context.Context, owner Owner, id ID) (File, error) {
	if err := owner.check(); err != nil {
		return File{}, err
	}
	return oneFile(ctx, s.db, ` where f.id = ? and f.module = ? and f.owner = ?`, id, owner.Module, owner.ID)
}
