package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"time"

	"gocloud.dev/blob"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
)

// How long things wait before the collector takes them.
const (
	unclaimedFor = 24 * time.Hour   // a form that was begun may be finished the same day
	uploadFor    = 24 * time.Hour   // far longer than any upload lasts
	doomedFor    = 30 * time.Minute // between the two looks at a content without files
	strayFor     = 24 * time.Hour
	sweepBatch   = 200
)

// Jobs registers the sweeps: hourly what rows tell, daily what only a look
// into the folder can tell.
func (s *Service) Jobs(r *jobs.Registry) {
	r.Every("files.sweep", time.Hour, func(ctx context.Context) error {
		_, err := s.Sweep(ctx)
		return err
	})
	r.Every("files.stray", 24*time.Hour, func(ctx context.Context) error {
		_, err := s.Stray(ctx)
		return err
	})
}

// Swept counts what a sweep did.
type Swept struct {
	Unclaimed int64 // files that nobody claimed
	Expired   int64 // files whose time was over
	Doomed    int   // contents without a file, seen for the first time
	Contents  int   // contents let go
	Objects   int   // objects deleted from the folder
}

// Sweep deletes what is over: files that nobody claimed within a day, files
// past their time, contents that no file names, uploads that died. Any number
// of processes may run it at once, beside uploads and claims.
//
// A content goes in two looks, half an hour apart. The first marks it; an
// upload of the same content takes the mark away, in the transaction that
// writes its row (settle). The second deletes what is still marked as it was,
// so of the two one must wait for the other, and sees what it did. Its object
// is deleted after that commit; an upload that comes later brings its own.
func (s *Service) Sweep(ctx context.Context) (done Swept, err error) {
	defer fault.Wrap(&err, "sweep files")
	now := s.now()
	if done.Unclaimed, err = s.dropUnclaimed(ctx, now.Add(-unclaimedFor)); err != nil {
		return done, err
	}
	if done.Expired, err = s.dropExpired(ctx, now); err != nil {
		return done, err
	}
	if done.Contents, err = s.letGo(ctx, now); err != nil {
		return done, err
	}
	if done.Doomed, err = s.doom(ctx, now); err != nil {
		return done, err
	}
	if err := s.giveUp(ctx, now); err != nil {
		return done, err
	}
	if done.Objects, err = s.deleteObjects(ctx); err != nil {
		return done, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `delete from files_days where day <> ? and day <> ?`, dayOf(now), dayOf(now.AddDate(0, 0, -1)))
		return err
	})
	if done != (Swept{}) {
		s.log.Info("files swept", "unclaimed", done.Unclaimed, "expired", done.Expired, "doomed", done.Doomed, "contents", done.Contents, "objects", done.Objects)
	}
	return done, err
}

// look reads outside of a transaction, and once more when that failed: at
// SERIALIZABLE a long look beside many writers may be refused, and a sweep
// must not fail for it. Dest is a slice that is still empty.
func (s *Service) look(ctx context.Context, dest any, query string, args ...any) (err error) {
	for try := range 5 {
		if err = s.db.Select(ctx, dest, query, args...); err == nil || ctx.Err() != nil {
			return err
		}
		time.Sleep(time.Duration(try) * 20 * time.Millisecond)
	}
	return err
}

// dropUnclaimed states its condition twice: a claim that commits between the
// inner look and the deletion changes the row, and then only the outer counts.
func (s *Service) dropUnclaimed(ctx context.Context, before time.Time) (int64, error) {
	return s.dropRows(ctx, `delete from files_files where module = '' and uploaded_at < ? and id in
		(select id from files_files where module = '' and uploaded_at < ? order by uploaded_at limit ?)`, before.Unix(), before.Unix(), sweepBatch)
}

func (s *Service) dropExpired(ctx context.Context, now time.Time) (int64, error) {
	return s.dropRows(ctx, `delete from files_files where keep_until <= ? and id in
		(select id from files_files where keep_until <= ? order by keep_until limit ?)`, now.Unix(), now.Unix(), sweepBatch)
}

func (s *Service) dropRows(ctx context.Context, query string, args ...any) (all int64, err error) {
	for {
		n := int64(0)
		err := s.db.Write(ctx, func(tx *db.Tx) (err error) {
			n, err = tx.Exec(ctx, query, args...)
			return err
		})
		all += n
		if err != nil || n == 0 {
			return all, err
		}
	}
}

// doom marks contents that no file names.
func (s *Service) doom(ctx context.Context, now time.Time) (count int, err error) {
	after := ""
	for {
		var objects []string
		err := s.look(ctx, &objects, `select object from files_blobs b where doomed_at is null and object > ?
			and not exists (select 1 from files_files f where f.object = b.object) order by object limit ?`, after, sweepBatch)
		if err != nil || len(objects) == 0 {
			return count, err
		}
		for _, o := range objects {
			n := int64(0)
			err := s.db.Write(ctx, func(tx *db.Tx) (err error) {
				n, err = tx.Exec(ctx, `update files_blobs set doomed_at = ? where object = ? and doomed_at is null
					and not exists (select 1 from files_files f where f.object = files_blobs.object)`, now.Unix(), o)
				return err
			})
			if err != nil {
				return count, err
			}
			count += int(n)
		}
		after = objects[len(objects)-1]
	}
}

// doomed is a content that was seen without a file.
type doomed struct {
	Object string `db:"object"`
	Thumb  string `db:"thumb"`
	At     int64  `db:"doomed_at"`
}

// letGo deletes the rows of contents that are still without a file.
func (s *Service) letGo(ctx context.Context, now time.Time) (count int, err error) {
	var list []doomed
	err = s.look(ctx, &list, `select object, thumb, doomed_at from files_blobs where doomed_at <= ? order by doomed_at`, now.Add(-doomedFor).Unix())
	if err != nil {
		return 0, err
	}
	for _, d := range list {
		gone := false
		err := s.db.Write(ctx, func(tx *db.Tx) (err error) {
			gone, err = letGo(ctx, tx, d, now)
			return err
		})
		if err != nil {
			return count, err
		}
		if gone {
			count++
		}
	}
	return count, nil
}

func letGo(ctx context.Context, tx *db.Tx, d doomed, now time.Time) (bool, error) {
	n, err := tx.Exec(ctx, `delete from files_blobs where object = ? and doomed_at = ?
		and not exists (select 1 from files_files f where f.object = files_blobs.object)`, d.Object, d.At)
	if err != nil {
		return false, err
	}
	if n == 0 { // a file came meanwhile: the mark must not stay for a later look
		_, err := tx.Exec(ctx, `update files_blobs set doomed_at = null where object = ? and doomed_at = ?`, d.Object, d.At)
		return false, err
	}
	for _, o := range []string{d.Object, d.Thumb} {
		if o == "" {
			continue
		}
		_, err := tx.Exec(ctx, `insert into files_loose (object, since, going) values (?, ?, ?)`, o, now.Unix(), true)
		if err != nil {
			return false, err
		}
	}
	return true, nil
}

// giveUp marks the objects of uploads that died. One that lives after all
// finds its row changed and fails (unhold).
func (s *Service) giveUp(ctx context.Context, now time.Time) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update files_loose set going = ? where going = ? and since < ?`, true, false, now.Add(-uploadFor).Unix())
		return err
	})
}

// deleteObjects deletes from the folder what is marked, then the marks.
func (s *Service) deleteObjects(ctx context.Context) (count int, err error) {
	for {
		var objects []string
		err := s.look(ctx, &objects, `select object from files_loose where going = ? order by object limit ?`, true, sweepBatch)
		if err != nil || len(objects) == 0 {
			return count, err
		}
		for _, o := range objects {
			if err := s.folder.remove(ctx, o); err != nil {
				return count, err
			}
			err := s.db.Write(ctx, func(tx *db.Tx) error {
				_, err := tx.Exec(ctx, `delete from files_loose where object = ? and going = ?`, o, true)
				return err
			})
			if err != nil {
				return count, err
			}
			count++
		}
	}
}

// objectShape is what our objects are called; leftShape is what a process that
// died while writing leaves in the folder.
var (
	objectShape = regexp.MustCompile(`^[0-9a-f]{2}/[0-9a-f]{64}\.[0-9a-f]{16}$`)
	leftShape   = regexp.MustCompile(`^[0-9a-f]{2}/[0-9a-f]{64}\.[0-9a-f]{16}\.[0-9a-f]+\.tmp$`)
)

// ErrWrongFolder is returned by Stray when most of the folder is unknown.
var ErrWrongFolder = errors.New("most objects in the folder of files are unknown to the database: is it the folder of another installation, or an older database? nothing was deleted")

// strayLeast is how many unknown objects are deleted without a doubt.
const strayLeast = 50

// Stray looks through the folder for objects of ours, older than a day, that
// no row names: there should be none, but for a database restored from an
// earlier day. They are marked for deletion, unless they are more than half of
// all, which looks like a mistake of the operator: then it is ErrWrongFolder.
// Files of other names are left alone.
func (s *Service) Stray(ctx context.Context) (_ int, err error) {
	defer fault.Wrap(&err, "look for stray files")
	before := s.now().Add(-strayFor)
	var unknown, batch []string
	all := 0
	err = s.eachObject(ctx, func(o *blob.ListObject) error {
		all++
		if o.ModTime.After(before) {
			return nil
		}
		if batch = append(batch, o.Key); len(batch) < sweepBatch {
			return nil
		}
		more, err := s.unnamed(ctx, batch)
		unknown, batch = append(unknown, more...), nil
		return err
	})
	if err != nil {
		return 0, err
	}
	more, err := s.unnamed(ctx, batch)
	if err != nil {
		return 0, err
	}
	unknown = append(unknown, more...)
	if len(unknown) > strayLeast && 2*len(unknown) > all {
		return 0, fmt.Errorf("%d of %d: %w", len(unknown), all, ErrWrongFolder)
	}
	return len(unknown), s.markStray(ctx, unknown)
}

// eachObject lists what lies in the folder under names of ours.
func (s *Service) eachObject(ctx context.Context, f func(o *blob.ListObject) error) error {
	list := s.folder.bucket.List(nil)
	for {
		o, err := list.Next(ctx)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if o.IsDir || !objectShape.MatchString(o.Key) && !leftShape.MatchString(o.Key) {
			continue
		}
		if err := f(o); err != nil {
			return err
		}
	}
}

// unnamed tells which objects no row names. It is one statement, so an upload
// that moves from one table to the other is seen in one of them.
func (s *Service) unnamed(ctx context.Context, objects []string) ([]string, error) {
	if len(objects) == 0 {
		return nil, nil
	}
	query, args, err := db.In(`select object from files_blobs where object in (?)
		union select thumb from files_blobs where thumb in (?)
		union select object from files_loose where object in (?)`, objects, objects, objects)
	if err != nil {
		return nil, err
	}
	var named []string
	if err := s.look(ctx, &named, query, args...); err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, o := range named {
		known[o] = true
	}
	var list []string
	for _, o := range objects {
		if !known[o] {
			list = append(list, o)
		}
	}
	return list, nil
}

func (s *Service) markStray(ctx context.Context, objects []string) error {
	at := s.now().Unix()
	for _, o := range objects {
		err := s.db.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, `insert into files_loose (object, since, going) values (?, ?, ?) on conflict (object) do nothing`, o, at, true)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
