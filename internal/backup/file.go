package backup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ToFile writes a backup into a new file that only its owner may read. It is
// written as FILE.partial and gets its name when it lies on the disk whole. A
// file that stands is not touched.
func ToFile(ctx context.Context, src Source, path string) (head Head, m Manifest, err error) {
	if err := mustNotStand(path); err != nil {
		return head, m, err
	}
	partial := path + ".partial"
	f, err := os.OpenFile(partial, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return head, m, fmt.Errorf("%s stands in the way: another backup is running, or one was interrupted; then delete it", partial)
	}
	if err != nil {
		return head, m, err
	}
	head, m, err = Write(ctx, src, f)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = mustNotStand(path)
	}
	if err == nil {
		err = os.Rename(partial, path)
	}
	if err != nil {
		return head, m, errors.Join(err, os.Remove(partial))
	}
	return head, m, syncFolder(filepath.Dir(path))
}

func mustNotStand(path string) error {
	_, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = fmt.Errorf("%s is there already: a backup does not overwrite anything", path)
	}
	return err
}

func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
