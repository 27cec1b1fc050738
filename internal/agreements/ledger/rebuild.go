package ledger

import (
	"context"
	"maps"
	"slices"

	"kladka/internal/access"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
)

// Rebuild takes all events again, asks all sources, places every activity anew
// and counts every school year from its facts. What was right stays as it is;
// the totals are the same as before. Frozen years keep their counts: nobody can
// count their people again. It may run while the program works; each year is
// locked while it is counted. Report is told how far it is, in activities and years.
func (s *Service) Rebuild(ctx context.Context, report func(done, total int64) error) (err error) {
	defer fault.Wrap(&err, "rebuild the ledger")
	if s.Replay != nil {
		if err := s.Replay(ctx, s.Take); err != nil {
			return err
		}
	}
	var years []int
	if err := s.db.Select(ctx, &years, `select distinct school_year from ledger_facts`); err != nil {
		return err
	}
	var last int64
	err = s.placeFrom(ctx, "", true, func(done, total int64) error {
		last = total
		return report(done, total+int64(len(years)))
	})
	if err != nil {
		return err
	}
	slices.Sort(years)
	for n, year := range years {
		if err := s.recount(ctx, year); err != nil {
			return err
		}
		if err := report(last+int64(n)+1, last+int64(len(years))); err != nil {
			return err
		}
	}
	return s.db.Write(ctx, sumActivities(ctx))
}

// RebuildLater asks for Rebuild as a job, and names its progress. For holders of
// EditRules.
func (s *Service) RebuildLater(ctx context.Context, who access.Actor) (_ jobs.ProgressID, err error) {
	defer fault.Wrap(&err, "ask for rebuilding the ledger")
	if err := who.Must(access.EditRules); err != nil {
		return "", err
	}
	at, progress := s.now(), jobs.ProgressID(newID())
	return progress, s.db.Write(ctx, func(tx *db.Tx) error {
		p := jobs.Progress{ID: progress, Kind: jobRebuild, TitleKey: "ledger.progress.rebuild", Owner: string(who.Person)}
		if _, err := jobs.StartProgress(ctx, tx, p, at); err != nil {
			return err
		}
		if _, err := jobs.Enqueue(ctx, tx, jobRebuild, struct{}{}, jobs.Unique(string(progress)), jobs.WithProgress(progress)); err != nil {
			return err
		}
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "ledger.rebuild", Object: "ledger"}, at)
	})
}

// recount counts a school year from its facts.
func (s *Service) recount(ctx context.Context, year int) (err error) {
	defer fault.Wrap(&err, "recount %s", yearText(year))
	return s.db.Write(ctx, func(tx *db.Tx) error {
		frozen, err := lockYear(ctx, tx, year)
		if err != nil || frozen {
			return err
		}
		b, err := readBook(ctx, tx, year)
		if err != nil {
			return err
		}
		return b.write(ctx, tx, year)
	})
}

// book is everything that is derived from the facts of a year.
type book struct {
	totals   map[Scope]sums
	heads    map[Scope]heads
	presence map[Ref]map[spot]int64
	fresh    map[Scope]int64
}

func readBook(ctx context.Context, tx *db.Tx, year int) (book, error) {
	scopes, err := allPlaces(ctx, tx)
	b := book{map[Scope]sums{}, map[Scope]heads{}, map[Ref]map[spot]int64{}, map[Scope]int64{}}
	if err != nil {
		return b, err
	}
	var rows []struct {
		Kind string `db:"activity_kind"`
		ID   string `db:"activity"`
		line
	}
	err = tx.Select(ctx, &rows, `select f.activity_kind, f.activity, `+lineColumns+` from ledger_facts f where f.school_year = ? and `+holds, year)
	for _, row := range rows {
		row.Sign = 1
		ref := Ref{row.Kind, row.ID}
		b.count(ref, row.line, scopes[ref])
	}
	b.once(scopes)
	return b, err
}

func allPlaces(ctx context.Context, r db.Reader) (map[Ref][]Scope, error) {
	scopes := map[Ref][]Scope{}
	err := r.Each(ctx, func(scan func(dest ...any) error) error {
		var ref Ref
		var scope Scope
		err := scan(&ref.Kind, &ref.ID, &scope)
		scopes[ref] = append(scopes[ref], scope)
		return err
	}, `select kind, id, scope from ledger_places`)
	return scopes, err
}

// count adds a fact to all scopes of its activity.
func (b book) count(ref Ref, l line, scopes []Scope) {
	if b.presence[ref] == nil {
		b.presence[ref] = map[spot]int64{}
	}
	b.presence[ref][l.spot]++
	for _, scope := range scopes {
		if b.totals[scope] == nil {
			b.totals[scope], b.heads[scope] = sums{}, heads{}
		}
		for _, c := range l.cells() {
			b.totals[scope].add(c, l.totals())
		}
		if l.PersonKey != "" {
			b.heads[scope].add(l.PersonKey, l.spot, 1)
		}
		b.fresh[scope] = max(b.fresh[scope], l.TakenAt)
	}
}

// once counts what is counted once: activities and people.
func (b book) once(scopes map[Ref][]Scope) {
	for ref, at := range b.presence {
		for _, scope := range scopes[ref] {
			b.totals[scope].activities(crossed(nil, at), ref.Kind == Hand)
		}
	}
	for scope, all := range b.heads {
		for _, at := range all {
			b.totals[scope].people(crossed(nil, at))
		}
	}
}

func (b book) write(ctx context.Context, tx *db.Tx, year int) error {
	for _, query := range []string{`delete from ledger_totals where school_year = ?`, `delete from ledger_heads where school_year = ?`,
		`delete from ledger_presence where school_year = ?`} {
		if _, err := tx.Exec(ctx, query, year); err != nil {
			return err
		}
	}
	for _, scope := range slices.Sorted(maps.Keys(b.totals)) {
		if err := addTotals(ctx, tx, totalRows(scope, year, b.totals[scope], b.fresh[scope])); err != nil {
			return err
		}
		var rows [][]any
		for person, at := range b.heads[scope] {
			for s, n := range at {
				rows = append(rows, []any{scope, year, person, s.Seat, s.Running, s.Group, n})
			}
		}
		if err := writeHeads(ctx, tx, rows); err != nil {
			return err
		}
	}
	var rows [][]any
	for ref, at := range b.presence {
		for s, n := range at {
			rows = append(rows, []any{ref.Kind, ref.ID, year, s.Seat, s.Running, s.Group, n})
		}
	}
	return writePresence(ctx, tx, rows)
}

// sumActivities writes the sums of each activity from its facts. All years are
// locked: an activity may have facts in several.
func sumActivities(ctx context.Context) func(tx *db.Tx) error {
	return func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `update ledger_years set taken = taken + 1`); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `update ledger_activities set (facts, participations, minutes, held, money) = (
			select count(*), coalesce(sum(f.people), 0), coalesce(sum(case when f.people > 0 then f.minutes else 0 end), 0),
				coalesce(sum(case when f.people > 0 then 0 else f.minutes end), 0), coalesce(sum(f.money), 0)
			from ledger_facts f where f.activity_kind = ledger_activities.kind and f.activity = ledger_activities.id and `+holds+`)`)
		return err
	}
}
