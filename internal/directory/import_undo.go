package directory

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/importing"
)

// Why a line was not undone.
const (
	keptEdited = "import.kept.edited" // edited since the import
	keptGone   = "import.kept.gone"
	keptOwn    = "import.kept.not_own" // the office of the import does not run it any more
)

// reversal is what undoing some lines will write.
type reversal struct {
	batch  importing.BatchID
	at     int64
	writes []rowWrite // settled and history as in applying; n is that of the line
	remove []rowWrite // institutions that the import brought
	back   map[access.InstitutionID][]correctionMove
	kept   []importing.Outcome
}

// undoLines puts rows back as they were before the import, where nobody has
// touched them since. What the import brought is removed, or closed when
// somebody names it already; parents and head units follow in finishImport.
func (s *Service) undoLines(ctx context.Context, b importing.Batch, lines []importing.Line, at time.Time) (importing.Step, error) {
	r, err := s.reversal(ctx, b, lines, at)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, tx *db.Tx) ([]importing.Outcome, error) { return s.writeReversal(ctx, tx, r) }, nil
}

func (s *Service) reversal(ctx context.Context, b importing.Batch, lines []importing.Line, at time.Time) (r reversal, err error) {
	r = reversal{batch: b.ID, at: at.Unix(), back: map[access.InstitutionID][]correctionMove{}}
	standing, err := s.standing(ctx, lines)
	if err != nil {
		return r, err
	}
	images := make([]image, len(lines))
	var towns []string
	for n, line := range lines {
		if err := json.Unmarshal(line.Before, &images[n]); err != nil {
			return r, err
		}
		if row := images[n].Row; row != nil {
			towns = append(towns, row.Municipality)
		}
	}
	known, err := Municipalities(ctx, s.db)
	if err != nil {
		return r, err
	}
	m := rowMaker{runners: newRunners(known), now: at}
	if m.places, err = readPlaces(ctx, s.db, towns); err != nil {
		return r, err
	}
	stranger, err := s.strangers(ctx, b)
	if err != nil {
		return r, err
	}
	for n, line := range lines {
		now, there := standing[access.InstitutionID(line.Object)]
		switch {
		case !there:
			r.kept = append(r.kept, importing.Outcome{N: line.N, Held: keptGone})
		case stranger(now.ID) && !moves(line):
			r.kept = append(r.kept, importing.Outcome{N: line.N, Held: keptOwn})
		case now.Revision != line.Revision:
			r.kept = append(r.kept, importing.Outcome{N: line.N, Held: keptEdited})
		case images[n].Row == nil:
			r.remove = append(r.remove, m.removed(now, line, b.ID))
		default:
			row := m.restored(now, *images[n].Row)
			w := rowWrite{n: line.N, row: row, history: changesOf(now, row)}
			stamp(w.history, FromUndo, string(b.ID), at)
			r.writes = append(r.writes, w)
			r.back[row.ID] = images[n].Corrections
		}
	}
	return r, nil
}

// moves tells whether a line itself changed who runs its institution: such a one
// can be put back by the office that it left.
func moves(line importing.Line) bool {
	return slices.ContainsFunc(line.Fields, func(f importing.Field) bool {
		return f.Name == "running_name" || f.Name == "running_kind" || f.Name == "municipality"
	})
}

// restored is the row as it was. What an import never touches, or what is
// settled for all together, is left as it is now: it may name institutions that
// were not there then.
func (m rowMaker) restored(now, was Institution) Institution {
	was.Revision, was.UpdatedAt = now.Revision, m.now.Unix()
	was.RegisterParent, was.Corrected, was.OfficerParent, was.HeadUnit = now.RegisterParent, now.Corrected, now.OfficerParent, now.HeadUnit
	was.RunningID, was.Supervising = now.RunningID, now.Supervising
	m.derive(&was)
	return was
}

// removed is how an institution stands that an import brought and that cannot be removed.
func (m rowMaker) removed(now Institution, line importing.Line, batch importing.BatchID) rowWrite {
	row := now
	row.Closed, row.ClosedWhy, row.ClosedOn, row.UpdatedAt = true, ClosedUndone, localDay(m.now), m.now.Unix()
	w := rowWrite{n: line.N, row: row, history: changesOf(now, row)}
	stamp(w.history, FromUndo, string(batch), m.now)
	return w
}

func (s *Service) writeReversal(ctx context.Context, tx *db.Tx, r reversal) ([]importing.Outcome, error) {
	if err := db.Raise(ctx, tx, versionName); err != nil {
		return nil, err
	}
	gone, close, err := s.takeOut(ctx, tx, r.remove)
	if err != nil {
		return nil, err
	}
	writes := slices.Concat(r.writes, close)
	rows := make([]Institution, len(writes))
	for n, w := range writes {
		rows[n] = w.row.without(gone)
	}
	written, err := writeGuarded(ctx, tx, rows, false)
	if err != nil {
		return nil, err
	}
	outcomes := slices.Clone(r.kept)
	var done []rowWrite
	for _, w := range writes {
		revision, ok := written[w.row.ID]
		if !ok {
			outcomes = append(outcomes, importing.Outcome{N: w.n, Held: keptEdited})
			continue
		}
		outcomes, done = append(outcomes, importing.Outcome{N: w.n, Revision: revision}), append(done, w)
		if err := unmoveCorrections(ctx, tx, r.back[w.row.ID], string(r.batch)); err != nil {
			return nil, err
		}
	}
	var removed []access.InstitutionID
	for _, w := range gone {
		outcomes, removed = append(outcomes, importing.Outcome{N: w.n}), append(removed, w.row.ID)
	}
	if err := s.touched(ctx, tx, removed...); err != nil {
		return nil, err
	}
	return outcomes, s.follow(ctx, tx, done, string(r.batch), r.at)
}

// without is a row that no longer hangs on what was removed just now.
func (i Institution) without(gone []rowWrite) Institution {
	for _, w := range gone {
		if i.RegisterParent != nil && *i.RegisterParent == w.row.ID {
			i.RegisterParent = nil
		}
		if i.HeadUnit == w.row.ID {
			i.HeadUnit = i.ID
		}
	}
	return i
}

// takeOut removes what the import brought and nobody names, and gives back what
// must stay: it will be closed. A row that was edited since is among the latter
// and kept there by its revision.
func (s *Service) takeOut(ctx context.Context, tx *db.Tx, list []rowWrite) (gone, stay []rowWrite, err error) {
	if len(list) == 0 {
		return nil, nil, nil
	}
	named, err := s.named(ctx, tx, list)
	if err != nil {
		return nil, nil, err
	}
	var ids []any
	for _, w := range list {
		if !named[string(w.row.ID)] {
			ids = append(ids, w.row.ID)
		}
	}
	removed, err := removeRows(ctx, tx, ids, list)
	if err != nil {
		return nil, nil, err
	}
	for _, w := range list {
		if removed[w.row.ID] {
			gone = append(gone, w)
		} else {
			stay = append(stay, w)
		}
	}
	return gone, stay, nil
}

// named tells which of the institutions something refers to, here or elsewhere.
// That the register hangs units on one is settled anew and no reason to keep it.
func (s *Service) named(ctx context.Context, tx *db.Tx, list []rowWrite) (map[string]bool, error) {
	ids := make([]string, len(list))
	named := map[string]bool{}
	for n, w := range list {
		ids[n] = string(w.row.ID)
		named[ids[n]] = s.refers == nil
	}
	for _, query := range []string{
		`select distinct institution from directory_classes where institution in (?)`,
		`select distinct institution from directory_corrections where institution in (?)`,
		`select distinct running_id from directory_institutions where running_id in (?)`,
		`select distinct officer_parent from directory_institutions where officer_parent in (?)`,
	} {
		query, args, err := db.In(query, ids)
		if err != nil {
			return nil, err
		}
		var found []string
		if err := tx.Select(ctx, &found, query, args...); err != nil {
			return nil, err
		}
		for _, id := range found {
			named[id] = true
		}
	}
	if s.refers == nil {
		return named, nil
	}
	elsewhere, err := s.refers(ctx, tx, ids)
	for id, yes := range elsewhere {
		named[id] = named[id] || yes
	}
	return named, err
}

// removeRows removes institutions that nobody edited, with their words and
// history, and frees the units that hang on them until parents are settled.
func removeRows(ctx context.Context, tx *db.Tx, ids []any, list []rowWrite) (map[access.InstitutionID]bool, error) {
	removed := map[access.InstitutionID]bool{}
	if len(ids) == 0 {
		return removed, nil
	}
	untouched := ids[:0:0]
	revisions := map[access.InstitutionID]int64{}
	for _, w := range list {
		revisions[w.row.ID] = w.row.Revision
	}
	marks := db.Marks(1, len(ids))
	err := tx.Each(ctx, func(scan func(dest ...any) error) error {
		var id access.InstitutionID
		var revision int64
		if err := scan(&id, &revision); err != nil {
			return err
		}
		if revisions[id] == revision {
			untouched = append(untouched, id)
		}
		return nil
	}, `select id, revision from directory_institutions where id in `+marks, ids...)
	if err != nil || len(untouched) == 0 {
		return removed, err
	}
	marks = db.Marks(1, len(untouched))
	for _, statement := range []string{
		`update directory_institutions set register_parent = null where register_parent in ` + marks,
		`update directory_institutions set head_unit = id where head_unit in ` + marks,
		`delete from directory_words where institution in ` + marks,
		`delete from directory_history where institution in ` + marks,
		`delete from directory_institutions where id in ` + marks,
	} {
		if _, err := tx.Exec(ctx, statement, untouched...); err != nil {
			return nil, err
		}
	}
	for _, id := range untouched {
		removed[id.(access.InstitutionID)] = true
	}
	return removed, nil
}

// canUndo tells for the page before an undo which lines it would leave alone.
func (s *Service) canUndo(ctx context.Context, lines []importing.Line) (map[int]string, error) {
	kept := map[int]string{}
	for some := range slices.Chunk(lines, db.MaxParams) {
		ids := make([]any, len(some))
		for n, line := range some {
			ids[n] = line.Object
		}
		revisions := map[string]int64{}
		err := s.db.Each(ctx, func(scan func(dest ...any) error) error {
			var id string
			var revision int64
			err := scan(&id, &revision)
			revisions[id] = revision
			return err
		}, `select id, revision from directory_institutions where id in `+db.Marks(1, len(ids)), ids...)
		if err != nil {
			return nil, err
		}
		for _, line := range some {
			revision, there := revisions[line.Object]
			switch {
			case !there:
				kept[line.N] = keptGone
			case revision != line.Revision:
				kept[line.N] = keptEdited
			}
		}
	}
	return kept, nil
}
