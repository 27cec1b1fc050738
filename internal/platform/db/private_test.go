package db_test

import (
	"os"
	"path/filepath"
	"testing"

	"kladka/internal/platform/db"
)

// TestFileIsPrivate: in a folder that others can enter, the file and the log
// beside it are the owner's alone.
func TestFileIsPrivate(t *testing.T) {
	folder := t.TempDir()
	if err := os.Chmod(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	d, err := db.Open(t.Context(), "sqlite:"+filepath.Join(folder, "kladka.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	mustExec(t, d, `create table secret (words text)`)
	files, err := os.ReadDir(folder)
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %o", f.Name(), info.Mode().Perm())
		}
	}
}
