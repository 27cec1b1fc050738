package files

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"kladka/internal/platform/fault"
)

// ErrAltered is returned by VerifyBlob for an object whose bytes are not those
// that were written.
var ErrAltered = errors.New("the content is not what its name says")

// EachBlob calls f for every object that the database names, in the order of
// their keys, with its size in bytes. Keys never change their content, so a
// backup copies only those that it lacks. A backup that must fit a copy of the
// database made meanwhile calls it before and after that copy: an object that
// a row of the copy names is then in one of the two lists.
func (s *Service) EachBlob(ctx context.Context, f func(key string, size int64) error) (err error) {
	defer fault.Wrap(&err, "list the contents of files")
	return s.db.Each(ctx, func(scan func(...any) error) error {
		var key string
		var size int64
		if err := scan(&key, &size); err != nil {
			return err
		}
		return f(key, size)
	}, `select object, size from files_blobs union all select thumb, thumb_size from files_blobs where thumb <> '' order by 1`)
}

// OpenBlob reads an object. It is fault.ErrNotFound when it was deleted
// meanwhile: then no row names it any more.
func (s *Service) OpenBlob(ctx context.Context, key string) (io.ReadCloser, error) {
	if !objectShape.MatchString(key) {
		return nil, fault.ErrNotFound
	}
	return s.folder.open(ctx, key)
}

// PutBlob writes an object of a backup back. A key that is not of our shape is
// an error: an archive may be forged.
func (s *Service) PutBlob(ctx context.Context, key string, r io.Reader) (err error) {
	defer fault.Wrap(&err, "restore %q", key)
	if !objectShape.MatchString(key) {
		return errors.New("not a name of ours")
	}
	return s.folder.put(ctx, key, r)
}

// VerifyBlob reads an object through and returns ErrAltered when it is not
// what was written. It needs the keys with which it was written.
func (s *Service) VerifyBlob(ctx context.Context, key string) (err error) {
	defer fault.Wrap(&err, "verify %q", key)
	r, err := s.OpenBlob(ctx, key)
	if err != nil {
		return err
	}
	defer r.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, r); err != nil {
		return err
	}
	digest := s.digest(hex.EncodeToString(sum.Sum(nil)))
	if key[:2] != digest[:2] || key[3:3+len(digest)] != digest {
		return fmt.Errorf("%s: %w", key, ErrAltered)
	}
	return nil
}
