package files

import (
	"context"
	"io"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Held lists the files that a person sent and that are still here, for
// "download all that is held about me", the oldest first.
func (s *Service) Held(ctx context.Context, person string) (_ []File, err error) {
	defer fault.Wrap(&err, "files sent by a person")
	if person == "" {
		return nil, nil // the program itself is nobody
	}
	return selectFiles(ctx, s.db, ` where f.uploaded_by = ? order by f.id`, person)
}

// OpenHeld opens a file that the person sent; others are fault.ErrNotFound.
func (s *Service) OpenHeld(ctx context.Context, person string, id ID) (io.ReadCloser, error) {
	if person == "" {
		return nil, fault.ErrNotFound
	}
	f, err := oneFile(ctx, s.db, ` where f.id = ? and f.uploaded_by = ?`, id, person)
	if err != nil {
		return nil, err
	}
	return s.folder.open(ctx, f.object)
}

// Open opens a file of the owner, for a module that reads it itself.
func (s *Service) Open(ctx context.Context, owner Owner, id ID) (io.ReadCloser, error) {
	f, err := s.Find(ctx, owner, id)
	if err != nil {
		return nil, err
	}
	return s.folder.open(ctx, f.object)
}

// Erase forgets who sent the files of a person, and deletes those that nobody
// claimed. What belongs to a thing stays with it: its owner decides.
func (s *Service) Erase(ctx context.Context, tx *db.Tx, person string) error {
	if person == "" {
		return nil
	}
	for _, query := range []string{
		`delete from files_files where uploaded_by = ? and module = ''`,
		`update files_files set uploaded_by = '' where uploaded_by = ?`,
		`delete from files_days where person = ?`,
	} {
		if _, err := tx.Exec(ctx, query, person); err != nil {
			return err
		}
	}
	return nil
}
