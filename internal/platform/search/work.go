package search

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
)

// page is how many documents are read and written at once.
const page = 200

// Jobs registers the work of this package.
func (s *Service) Jobs(r *jobs.Registry) {
	jobs.On(r, jobIndex, func(ctx context.Context, _ jobs.Job, j laneJob) error { return s.work(ctx, j) })
	jobs.On(r, jobAll, func(ctx context.Context, _ jobs.Job, j allJob) error { return s.walk(ctx, j) })
	jobs.On(r, jobCheck, func(ctx context.Context, _ jobs.Job, _ struct{}) error { return s.check(ctx) })
	r.Every(jobTidy, 24*time.Hour, s.tidy)
}

// mostTidying bounds one night's run.
const mostTidying = 2000

func (s *Service) tidy(ctx context.Context) error { return s.repeat(ctx, mostTidying, s.index.tidy) }

// repeat does bounded pieces of work until there is none left, each in a
// transaction of its own: writers of other things get their turn in between.
func (s *Service) repeat(ctx context.Context, most int, do func(context.Context, *db.Tx) (bool, error)) error {
	for range most {
		more := false
		err := s.db.Write(ctx, func(tx *db.Tx) (err error) {
			more, err = do(ctx, tx)
			return err
		})
		if err != nil || !more || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
	}
	return nil
}

// Start asks for the job that looks whether the index fits this program: whether
// the way of making tokens, or a kind, is new, or the database was restored
// without its index. It costs one row and is called after the migrations.
func (s *Service) Start(ctx context.Context) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := jobs.Enqueue(ctx, tx, jobCheck, struct{}{}, jobs.Unique(jobCheck))
		return err
	})
}

// queued is a document that waits.
type queued struct {
	ID   string `db:"id"`
	Mark string `db:"mark"`
}

// work empties one lane of a kind. A document that cannot be read does not hold
// up the others: it stays in the queue, and the job fails at the end.
func (s *Service) work(ctx context.Context, j laneJob) error {
	kind, known := s.kind(j.Kind)
	if !known { // of a program that was here before: all of it is to go
		kind = Kind{Name: j.Kind, Load: func(context.Context, []string) ([]Doc, error) { return nil, nil }}
	}
	var failed error
	for after := ""; ; {
		var batch []queued
		err := s.db.Select(ctx, &batch, `select id, mark from search_queue where kind = ? and lane = ? and mark > ? order by mark limit ?`,
			j.Kind, j.Lane, after, page)
		if err != nil || len(batch) == 0 {
			if err == nil && after != "" {
				err = s.repeat(ctx, 20, s.index.settle)
			}
			return errors.Join(failed, err)
		}
		after = batch[len(batch)-1].Mark
		if err := s.renew(ctx, kind, batch); err != nil {
			failed = errors.Join(failed, s.oneByOne(ctx, kind, batch))
		}
		if ctx.Err() != nil {
			return errors.Join(failed, ctx.Err())
		}
	}
}

func (s *Service) oneByOne(ctx context.Context, kind Kind, batch []queued) error {
	var first error
	failed := 0
	for _, q := range batch {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := s.renew(ctx, kind, []queued{q}); err != nil {
			if failed++; first == nil {
				first = err
			}
		}
	}
	if first != nil {
		s.log.Warn("documents cannot be indexed", "kind", kind.Name, "n", failed)
		return fmt.Errorf("index %d documents: %w", failed, first)
	}
	return nil
}

// walk touches a page of a kind and asks for the next. When the kind is walked,
// what is indexed is walked as well, for documents that are gone.
func (s *Service) walk(ctx context.Context, j allJob) (err error) {
	defer fault.Wrap(&err, "walk documents of kind %s", j.Kind)
	kind, known := s.kind(j.Kind)
	if !known {
		j.Old = true
	}
	next, touch := j, []string(nil)
	if !j.Old {
		ids, err := kind.After(ctx, j.After, page)
		if err != nil {
			return err
		}
		touch = ids
		if len(ids) == 0 {
			next.Old = true
		} else if next.After = ids[len(ids)-1]; next.After == j.After {
			return jobs.Permanent(fmt.Errorf("the walk does not go on after %q", j.After))
		}
	} else {
		var rows []struct {
			DocID int64  `db:"docid"`
			ID    string `db:"id"`
		}
		err := s.db.Select(ctx, &rows, `select docid, id from search_docs where kind = ? and docid > ? order by docid limit ?`, j.Kind, j.Place, page)
		if err != nil || len(rows) == 0 {
			return err
		}
		ids := make([]string, len(rows))
		for i, r := range rows {
			ids[i] = r.ID
		}
		next.Place = rows[len(rows)-1].DocID
		if touch, err = gone(ctx, kind, known, ids); err != nil {
			return err
		}
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if len(touch) > 0 {
			if err := Touch(ctx, tx, j.Kind, touch...); err != nil {
				return err
			}
		}
		// Each page has a key of its own: a walk that begins anew meanwhile
		// (TouchAll) is not mistaken for this one.
		key := fmt.Sprintf("%s/%t/%d/%s", j.Kind, next.Old, next.Place, next.After)
		_, err := jobs.Enqueue(ctx, tx, jobAll, next, jobs.Unique(key))
		return err
	})
}

// gone is those of the ids that are not to be found any more.
func gone(ctx context.Context, kind Kind, known bool, ids []string) ([]string, error) {
	if !known {
		return ids, nil
	}
	docs, err := kind.Load(ctx, ids)
	if err != nil {
		return nil, err
	}
	there := map[string]bool{}
	for _, d := range docs {
		there[d.ID] = true
	}
	var out []string
	for _, id := range ids {
		if !there[id] {
			out = append(out, id)
		}
	}
	return out, nil
}

// version says how a kind is indexed by this program. A lemmatizer that changes
// what it answers says so by a method Version.
func (s *Service) version(k Kind) string {
	v := fmt.Sprintf("%s/%d", analysis, k.Rank)
	if w, ok := s.words.(interface{ Version() string }); ok {
		v += "/" + w.Version()
	}
	return v
}

// check compares the index with the program and asks to index anew what differs.
func (s *Service) check(ctx context.Context) (err error) {
	defer fault.Wrap(&err, "check the index of search")
	filled, err := s.index.filled(ctx, s.db)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if !filled {
			if err := forget(ctx, tx); err != nil {
				return err
			}
		}
		if err := s.checkWords(ctx, tx); err != nil {
			return err
		}
		return s.checkKinds(ctx, tx)
	})
}

// forget empties what belongs to an index that is not there: after a restore,
// say. The jobs fill it again.
func forget(ctx context.Context, tx *db.Tx) error {
	for _, statement := range []string{`delete from search_docs`, `delete from search_facets`, `delete from search_kinds`,
		`delete from search_words`, `delete from search_word_keys`} {
		if _, err := tx.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) checkKinds(ctx context.Context, tx *db.Tx) error {
	var rows []struct {
		Kind    string `db:"kind"`
		Version string `db:"version"`
	}
	if err := tx.Select(ctx, &rows, `select kind, version from search_kinds where kind <> ''`); err != nil {
		return err
	}
	old := map[string]string{}
	for _, r := range rows {
		old[r.Kind] = r.Version
	}
	for _, k := range s.kinds {
		want := s.version(k)
		if old[k.Name] != want {
			if err := TouchAll(ctx, tx, k.Name); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, `insert into search_kinds (kind, version) values (?, ?)
				on conflict (kind) do update set version = excluded.version`, k.Name, want)
			if err != nil {
				return err
			}
		}
		delete(old, k.Name)
	}
	for name := range old { // no longer declared
		if err := TouchAll(ctx, tx, name); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `delete from search_kinds where kind = ?`, name); err != nil {
			return err
		}
	}
	return nil
}
