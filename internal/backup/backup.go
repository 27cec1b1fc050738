// Package backup writes all that an installation holds into one file, while
// the program runs, and makes an installation of such a file again.
//
// # The file
//
// A tar, compressed with zstd, and encrypted with age when recipients are
// given. It knows nothing of the database it came from, so an installation
// moves from SQLite to PostgreSQL and back by a backup and a restore:
//
//	kladka.json             who wrote it, when, the tables with their columns,
//	                        the migrations that made them (type Head)
//	tables/NAME/00001.jsonl rows in the order of the key, an array a line
//	files/KEY               the files that people put in
//	manifest.json           rows and SHA-256 of each table, and of all files
//
// The manifest comes last, because only then is it known what was written:
// neither rows nor files lie on a disk in clear meanwhile, and memory stays
// flat. A file without it was cut off, and is refused.
//
// # Not in it
//
// Sessions, one-time links and counted guesses (Skip): a restored backup must
// not sign anybody in. Search indexes, which are made of the rows. And the
// keys of the installation (platform/secrets), which never lie beside the data.
//
// # Restoring
//
// Only into an empty place, and only when the whole file was found right. The
// migrations that the backup had are run, the rows loaded, the files put back,
// newer migrations run, erasures since the backup repeated; only then does the
// database come into its place, or, on PostgreSQL, lose the mark that keeps
// the program from opening it.
//
// The package is an operator's tool: it may read every table, and nothing but
// the command line calls it.
package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/schema"
)

// Format is the number of the way files are written. A reader knows its own
// and older ones.
const Format = 1

// Head is the first part of a backup.
type Head struct {
	Format     int       `json:"format"`
	Program    string    `json:"program"`
	At         time.Time `json:"at"`
	Engine     string    `json:"engine"` // for people; a reader does not ask
	Data       string    `json:"data"`   // what the database says that it holds: real, demo:…
	Migrations []int64   `json:"migrations"`
	Tables     []Shape   `json:"tables"`
	Skipped    []string  `json:"skipped"` // tables whose rows were left out
	// Keys is a mark of the keys (platform/secrets) that belong to the rows,
	// to find out that others lie where the backup is restored; not a key.
	Keys string `json:"keys,omitempty"`
}

// Shape is a table in the head.
type Shape struct {
	Name    string      `json:"name"`
	Columns []db.Column `json:"columns"`
}

// Manifest is the last part of a backup.
type Manifest struct {
	Tables []TableSum `json:"tables"` // in the order of the head
	Files  FileSum    `json:"files"`
}

// TableSum is what must be found of a table.
type TableSum struct {
	Name   string `json:"name"`
	Rows   int64  `json:"rows"`
	SHA256 string `json:"sha256"` // of its lines
}

// FileSum is what must be found of all files.
type FileSum struct {
	Count  int64  `json:"count"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"` // of lines "key size sha256", in the order of the file
}

// Rows is the sum over all tables.
func (m Manifest) Rows() (n int64) {
	for _, t := range m.Tables {
		n += t.Rows
	}
	return n
}

// Blobs is where the files of an installation lie; platform/files has it.
type Blobs interface {
	// EachBlob calls f with the key and size of every file.
	EachBlob(ctx context.Context, f func(key string, size int64) error) error
	// OpenBlob reads a file. For one that is gone meanwhile the error is
	// fault.ErrNotFound or fs.ErrNotExist; the backup then goes on without it.
	OpenBlob(ctx context.Context, key string) (io.ReadCloser, error)
	// PutBlob writes a file; the same key with the same bytes is harmless.
	PutBlob(ctx context.Context, key string, r io.Reader) error
}

// Progress tells how far a long work is.
type Progress struct {
	Table string // the one being read or written, "" with the files
	Rows  int64
	Files int64
	Bytes int64 // of the files
}

// subset are the modules with those migrations only that have one of the
// numbers, so that a database gets exactly the shape that a backup had.
func subset(modules []schema.Module, numbers []int64) []schema.Module {
	out := make([]schema.Module, len(modules))
	for i, m := range modules {
		out[i] = schema.Module{Name: m.Name, Files: only{m.Files, numbers}}
	}
	return out
}

// only is a folder of migrations that hides the others.
type only struct {
	fs.FS
	numbers []int64
}

// ReadDir implements fs.ReadDirFS.
func (o only) ReadDir(name string) ([]fs.DirEntry, error) {
	all, err := fs.ReadDir(o.FS, name)
	return slices.DeleteFunc(slices.Clone(all), func(e fs.DirEntry) bool {
		return !e.IsDir() && !slices.Contains(o.numbers, numberOf(e.Name()))
	}), err
}

// numberOf is the number at the beginning of a migration's name, or 0.
func numberOf(file string) int64 {
	date, _, _ := strings.Cut(file, "_")
	n, err := strconv.ParseInt(date, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// known are the numbers of all migrations of this program, of either database.
func known(modules []schema.Module) ([]int64, error) {
	var out []int64
	for _, m := range modules {
		files, err := fs.Glob(m.Files, "migrations/*.sql")
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			out = append(out, numberOf(strings.TrimPrefix(f, "migrations/")))
		}
	}
	return out, nil
}

// unfinished is the property of a database whose restore has not ended.
const unfinished = "restoring"

// ErrUnfinished says that a restore did not come to its end.
var ErrUnfinished = errors.New("a restore into this database was begun and not finished: run `kladka restore` again, it begins anew")

// CheckFinished refuses a database in which a restore was begun and not
// finished. The program calls it before it migrates or opens anything.
func CheckFinished(ctx context.Context, d *db.DB) error {
	half, err := halfRestored(ctx, d, d)
	if err == nil && half {
		return ErrUnfinished
	}
	return err
}

func halfRestored(ctx context.Context, d *db.DB, r db.Reader) (bool, error) {
	tables, err := d.Tables(ctx, r)
	if err != nil || !slices.ContainsFunc(tables, func(t db.Table) bool { return t.Name == "properties" }) {
		return false, err
	}
	mark, err := db.Property(ctx, r, unfinished)
	return mark != "", err
}

// checkKey refuses names of files that could mean another place than the
// folder of the files.
func checkKey(key string) error {
	bad := key == "" || len(key) > 1024 || !fs.ValidPath(key) || key == "." || strings.ContainsAny(key, "\\:")
	for _, r := range key {
		bad = bad || r < ' ' || r == 0x7f
	}
	if bad {
		return fmt.Errorf("a file has the name %q, which is no key", key)
	}
	return nil
}
