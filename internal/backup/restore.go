package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"filippo.io/age"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/schema"
)

// Place is where a backup is restored to.
type Place struct {
	Address string // of the database, see db.Open
	Blobs   Blobs  // nil when the program keeps no files
	Modules []schema.Module
	Skip    []string // tables that stay empty, whatever the backup holds
	Seeds   []string // tables that a program fills by itself: rows there do not make a place taken
	// Replay erases again who was erased since the backup was begun. It runs
	// before anybody can open the database, and may meet people who are not
	// in it. Nil when nothing can have been erased.
	Replay   func(ctx context.Context, d *db.DB, since time.Time) error
	Progress func(Progress)
}

// Restore makes an installation of a backup. It reads the file twice: the first
// time nothing is touched, so a file that is damaged, cut off, of somebody else
// or of a newer program changes nothing. A place where something lies already
// is refused. When it returns nil the database may be opened.
func Restore(ctx context.Context, file io.ReadSeeker, keys []age.Identity, place Place) (_ Head, _ Manifest, err error) {
	if place.Progress == nil {
		place.Progress = func(Progress) {}
	}
	head, manifest, err := look(ctx, file, keys, place)
	if err != nil {
		return head, manifest, err
	}
	r := &restorer{Place: place, file: file, keys: keys, head: head, manifest: manifest}
	defer fault.Wrap(&err, "restore")
	return head, manifest, db.Replace(ctx, place.Address, r.mayReplace, r.fill)
}

// ReadHead reads what a backup says of itself, without checking the rest.
func ReadHead(file io.ReadSeeker, keys []age.Identity) (Head, error) {
	x, head, err := open(file, keys)
	if err != nil {
		return head, err
	}
	x.close()
	_, err = file.Seek(0, io.SeekStart)
	return head, err
}

// look is the first reading. Whether the program knows the backup's shape is
// asked at its beginning, before minutes are spent on its sums.
func look(ctx context.Context, file io.ReadSeeker, keys []age.Identity, place Place) (Head, Manifest, error) {
	head, err := ReadHead(file, keys)
	if err != nil {
		return head, Manifest{}, err
	}
	ours, err := known(place.Modules)
	if err != nil {
		return head, Manifest{}, err
	}
	for _, n := range head.Migrations {
		if !slices.Contains(ours, n) {
			return head, Manifest{}, fmt.Errorf("%w: it was written by %q and needs migration %d", ErrNewer, head.Program, n)
		}
	}
	return Verify(ctx, file, keys, place.Progress)
}

type restorer struct {
	Place
	file     io.ReadSeeker
	keys     []age.Identity
	head     Head
	manifest Manifest
	progress Progress
}

// errTaken is the refusal of a place where something lies.
var errTaken = errors.New("the database is not empty: a backup is restored into an empty one only; give another with --data or --database")

// mayReplace refuses a place that holds something. What an unfinished restore
// left behind is nothing: all of it is in its backup.
func (r *restorer) mayReplace(ctx context.Context, d *db.DB, q db.Reader) error {
	tables, err := d.Tables(ctx, q)
	if err != nil || len(tables) == 0 {
		return err
	}
	half, err := halfRestored(ctx, d, q)
	if err != nil || half {
		return err
	}
	migrated, err := d.Migrated(ctx, q)
	if err != nil {
		return err
	}
	if len(migrated) == 0 {
		return errors.New("the database holds tables of another program: give an empty one with --data or --database")
	}
	for _, t := range tables {
		if slices.Contains(r.Seeds, t.Name) || slices.Contains(r.Skip, t.Name) {
			continue
		}
		held, err := db.AnyRow(ctx, q, t.Name)
		if err != nil {
			return err
		}
		if held {
			return fmt.Errorf("%w (there are rows in %s)", errTaken, t.Name)
		}
	}
	return nil
}

// fill makes the database, in the steps that the package comment tells.
func (r *restorer) fill(ctx context.Context, d *db.DB) (err error) {
	if _, err := r.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	x, head, err := open(r.file, r.keys)
	if err != nil {
		return err
	}
	defer x.close()
	if _, err := schema.Migrate(ctx, d, subset(r.Modules, head.Migrations)); err != nil {
		return err
	}
	mark := func(tx *db.Tx) error { return db.SetProperty(ctx, tx, unfinished, "begun") }
	if err := d.Write(ctx, mark); err != nil {
		return err
	}
	if err := d.Load(ctx, func(tx *db.Tx) error { return r.load(ctx, d, tx, x) }); err != nil {
		return err
	}
	if err := r.files(ctx, x); err != nil {
		return err
	}
	return r.finish(ctx, d)
}

// load fills all tables inside the transaction, and marks it anew, because
// the table of the mark is filled as well.
func (r *restorer) load(ctx context.Context, d *db.DB, tx *db.Tx, x *reader) error {
	tables, err := r.match(ctx, d, tx)
	if err != nil {
		return err
	}
	for i, shape := range r.head.Tables {
		sum, err := r.table(ctx, tx, x, shape, tables[i])
		if err != nil {
			return err
		}
		if sum != r.manifest.Tables[i] {
			return damaged("table %s has changed since it was checked", shape.Name)
		}
	}
	return db.SetProperty(ctx, tx, unfinished, "loaded")
}

// match finds the table for each of the backup's, and empties all of what the
// migrations put there.
func (r *restorer) match(ctx context.Context, d *db.DB, tx *db.Tx) ([]db.Table, error) {
	there, err := d.Tables(ctx, tx)
	if err != nil {
		return nil, err
	}
	byName := map[string]db.Table{}
	for _, t := range there {
		byName[t.Name] = t
		if err := tx.Empty(ctx, t.Name); err != nil {
			return nil, err
		}
	}
	var out []db.Table
	for _, shape := range r.head.Tables {
		t, ok := byName[shape.Name]
		if !ok || !sameColumns(t.Columns, shape.Columns) {
			return nil, fmt.Errorf("the backup's table %s is not what its migrations make here", shape.Name)
		}
		// Columns that came out of order stand in another order here.
		t.Columns = shape.Columns
		out = append(out, t)
		delete(byName, shape.Name)
	}
	for name := range byName {
		if !slices.Contains(r.Skip, name) && !slices.Contains(r.head.Skipped, name) {
			return nil, fmt.Errorf("the backup has no table %s, which its migrations make", name)
		}
	}
	return out, nil
}

func sameColumns(a, b []db.Column) bool {
	for _, c := range a {
		if !slices.Contains(b, c) {
			return false
		}
	}
	return len(a) == len(b)
}

// table writes rows in batches that are small in number and in bytes.
func (r *restorer) table(ctx context.Context, tx *db.Tx, x *reader, shape Shape, into db.Table) (TableSum, error) {
	var batch [][]any
	size, skip := 0, slices.Contains(r.Skip, shape.Name)
	flush := func() error {
		err := tx.Insert(ctx, into, batch)
		r.progress.Table = shape.Name
		r.progress.Rows += int64(len(batch))
		r.Progress(r.progress)
		batch, size = batch[:0], 0
		return err
	}
	sum, err := x.table(shape, func(line []byte) error {
		row, err := readRow(line, shape.Columns)
		if err != nil || skip {
			return err
		}
		batch, size = append(batch, row), size+len(line)
		if len(batch) < into.MaxRows() && size < pieceSize {
			return nil
		}
		return flush()
	})
	if err != nil {
		return sum, err
	}
	return sum, flush()
}

func (r *restorer) files(ctx context.Context, x *reader) error {
	r.progress.Table = ""
	found, err := x.files(func(key string, size int64, body io.Reader) error {
		if r.Blobs == nil {
			return errors.New("the backup holds files, and there is no place for them")
		}
		r.progress.Files++
		r.progress.Bytes += size
		r.Progress(r.progress)
		return r.Blobs.PutBlob(ctx, key, body)
	})
	if err != nil {
		return err
	}
	if found != r.manifest.Files {
		return damaged("the files have changed since they were checked")
	}
	return nil
}

// slack is how much earlier than the backup an erasure may have been dated
// and still not be in it: its transaction was not done yet.
const slack = time.Hour

// finish brings the rows up to this program and to today.
func (r *restorer) finish(ctx context.Context, d *db.DB) error {
	if _, err := schema.Migrate(ctx, d, r.Modules); err != nil {
		return err
	}
	if err := d.Write(ctx, func(tx *db.Tx) error { return db.RaiseAll(ctx, tx) }); err != nil {
		return err
	}
	if r.Replay != nil {
		if err := r.Replay(ctx, d, r.head.At.Add(-slack)); err != nil {
			return fmt.Errorf("repeat the erasures since the backup: %w", err)
		}
	}
	return d.Write(ctx, func(tx *db.Tx) error { return db.DropProperty(ctx, tx, unfinished) })
}
