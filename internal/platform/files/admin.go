package files

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// UseTotal is what lies under one use.
type UseTotal struct {
	Use       string `db:"use_name"`
	Files     int    `db:"files"`
	Bytes     int64  `db:"bytes"`
	Unclaimed int    `db:"unclaimed"`
}

// Totals are the figures of the administrator's page.
type Totals struct {
	Uses     []UseTotal
	Contents int   // kept once each
	Bytes    int64 // that they take in the folder, small pictures included
	Doomed   int   // contents that no file names any more
	Loose    int   // objects being written or waiting to be deleted
}

func (s *Service) totals(ctx context.Context) (t Totals, err error) {
	err = s.db.Select(ctx, &t.Uses, `select use_name, count(*) as files, cast(sum(size) as bigint) as bytes,
		cast(sum(case when module = '' then 1 else 0 end) as bigint) as unclaimed from files_files group by use_name`)
	if err != nil {
		return t, err
	}
	slices.SortFunc(t.Uses, func(a, b UseTotal) int { return strings.Compare(a.Use, b.Use) })
	var c struct {
		N      int   `db:"n"`
		Bytes  int64 `db:"bytes"`
		Doomed int   `db:"doomed"`
	}
	err = s.db.Get(ctx, &c, `select count(*) as n, cast(coalesce(sum(size + thumb_size), 0) as bigint) as bytes, count(doomed_at) as doomed from files_blobs`)
	if err != nil {
		return t, err
	}
	t.Contents, t.Bytes, t.Doomed = c.N, c.Bytes, c.Doomed
	return t, s.db.Get(ctx, &t.Loose, `select count(*) from files_loose`)
}

// States of a file, as filters of the list.
const (
	stateUnclaimed = "niczyje"
	stateOwned     = "przypisane"
	stateDated     = "z-terminem"
)

// filter narrows the administrator's list.
type filter struct {
	uses   []string
	states []string
}

// list is a page of files, the newest first. More tells whether there is
// another page in the direction of the cursor.
func (s *Service) list(ctx context.Context, f filter, at web.Cursor, limit int) (files []File, more bool, err error) {
	where, args := f.condition()
	order := "desc"
	switch {
	case at.Back:
		where, args, order = where+" and f.id > ?", append(args, at.ID), "asc"
	case at.ID != "":
		where, args = where+" and f.id < ?", append(args, at.ID)
	}
	files, err = selectFiles(ctx, s.db, where+" order by f.id "+order+" limit ?", append(args, limit+1)...)
	if err != nil {
		return nil, false, err
	}
	if more = len(files) > limit; more {
		files = files[:limit]
	}
	if at.Back {
		slices.Reverse(files)
	}
	return files, more, nil
}

func (f filter) condition() (where string, args []any) {
	where = " where 1 = 1"
	if len(f.uses) > 0 {
		where += " and f.use_name in (" + strings.TrimSuffix(strings.Repeat("?,", len(f.uses)), ",") + ")"
		for _, u := range f.uses {
			args = append(args, u)
		}
	}
	var either []string
	for state, condition := range map[string]string{
		stateUnclaimed: "f.module = ''",
		stateOwned:     "f.module <> ''",
		stateDated:     "f.keep_until is not null",
	} {
		if slices.Contains(f.states, state) {
			either = append(either, condition)
		}
	}
	slices.Sort(either) // one text for one filter
	if len(either) > 0 {
		where += " and (" + strings.Join(either, " or ") + ")"
	}
	return where, args
}

// Lengths of the reason for a deletion, in letters.
const (
	minReason = 5
	maxReason = 500
)

// Delete removes a file for a reason, which the log keeps with who did it; its
// owner then lacks it. It is for those who keep the installation running, who
// need not see what is in it. Faults: NotFound, Invalid at "powod".
func (s *Service) Delete(ctx context.Context, by audit.By, id ID, reason string) (err error) {
	defer fault.Wrap(&err, "delete file %s", id)
	reason = strings.TrimSpace(reason)
	if n := utf8.RuneCountInString(reason); n < minReason || n > maxReason {
		return fault.InvalidFields([]fault.Field{{Name: "powod", Key: "files.reason_length", Args: []any{"min", minReason, "max", maxReason}}})
	}
	at := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error { return s.remove(ctx, tx, by, id, reason, at) })
}

func (s *Service) remove(ctx context.Context, tx *db.Tx, by audit.By, id ID, reason string, at time.Time) error {
	var gone struct {
		Use    string `db:"use_name"`
		Module string `db:"module"`
		Owner  string `db:"owner"`
		Person string `db:"uploaded_by"`
		Size   int64  `db:"size"`
	}
	err := tx.Get(ctx, &gone, `delete from files_files where id = ? returning use_name, module, owner, uploaded_by, size`, id)
	if err != nil {
		return err
	}
	// Not the name: it is words of a person, and goes with the file.
	return audit.Record(ctx, tx, by, audit.Entry{Action: "files.delete", Object: "file", ObjectID: string(id), Subject: gone.Person,
		Details: map[string]string{"reason": reason, "use": gone.Use, "module": gone.Module, "owner": gone.Owner, "size": Bytes(gone.Size)}}, at)
}
