package ledger

import (
	"context"
	"slices"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// totalsRow is a row of the rollups.
type totalsRow struct {
	SchoolYear int    `db:"school_year"`
	Town       string `db:"town"`
	Part
	People             int64 `db:"people"`
	Unknown            int64 `db:"unknown"`
	HandFacts          int64 `db:"hand_facts"`
	HandActivities     int64 `db:"hand_activities"`
	HandParticipations int64 `db:"hand_participations"`
	HandMinutes        int64 `db:"hand_minutes"`
	HandHeld           int64 `db:"hand_held"`
	HandMoney          int64 `db:"hand_money"`
}

func (r totalsRow) totals() Totals {
	return Totals{Part: r.Part, People: r.People, Unknown: r.Unknown,
		Hand: Part{r.HandFacts, r.HandActivities, r.HandParticipations, r.HandMinutes, r.HandHeld, r.HandMoney}}
}

const readTotals = `select school_year, town, facts, activities, participations, people, unknown, minutes, held, money,
	hand_facts, hand_activities, hand_participations, hand_minutes, hand_held, hand_money from ledger_totals `

// maxYears bounds a query: nobody asks for a century.
const maxYears = 60

func (q Query) check() error {
	if q.Scope == "" || q.From <= 0 || q.To < q.From || q.To-q.From > maxYears || q.By != "" && q.By != BySeat && q.By != ByRunning {
		return fault.New(fault.BadRequest, "ledger.fault.query")
	}
	return nil
}

// by is the sort of rows that a query reads.
func (q Query) by() string {
	if q.By == "" {
		return BySeat
	}
	return q.By
}

// Totals are the sums of each school year asked for, also of those in which
// nothing was done. Anybody may read them: they are official figures.
func (s *Service) Totals(ctx context.Context, r db.Reader, q Query) (_ []Year, err error) {
	defer fault.Wrap(&err, "totals of %s", q.Scope)
	if err := q.check(); err != nil {
		return nil, err
	}
	by := byAll
	if q.Town != "" {
		by = q.by()
	}
	var rows []totalsRow
	err = r.Select(ctx, &rows, readTotals+`where scope = ? and school_year between ? and ? and by_what = ? and town = ? and grp = ?`, q.Scope, q.From, q.To, by, q.Town, q.Group)
	years := make([]Year, q.To-q.From+1)
	for n := range years {
		years[n].SchoolYear = q.From + n
	}
	for _, row := range rows {
		years[row.SchoolYear-q.From].Totals = row.totals()
	}
	return years, err
}

// ByTown are the sums by municipality over the years asked for; "" is what came
// from none. Over several years people are not counted, see Totals.Several.
func (s *Service) ByTown(ctx context.Context, r db.Reader, q Query) (_ map[string]Totals, err error) {
	defer fault.Wrap(&err, "totals of %s by municipality", q.Scope)
	if err := q.check(); err != nil {
		return nil, err
	}
	var rows []totalsRow
	err = r.Select(ctx, &rows, readTotals+`where scope = ? and school_year between ? and ? and by_what = ? and grp = ?`, q.Scope, q.From, q.To, q.by(), q.Group)
	towns := map[string][]Year{}
	for _, row := range rows {
		if t := row.totals(); t != (Totals{}) {
			towns[row.Town] = append(towns[row.Town], Year{row.SchoolYear, t})
		}
	}
	sums := map[string]Totals{}
	for town, years := range towns {
		sums[town] = Sum(years)
		if q.From != q.To {
			sums[town] = several(sums[town])
		}
	}
	return sums, err
}

// Sum adds years up. Of more than one year it knows no people, only
// participations.
func Sum(years []Year) (t Totals) {
	for _, y := range years {
		t.add(y.Totals)
	}
	if len(years) > 1 {
		t = several(t)
	}
	return t
}

func several(t Totals) Totals {
	t.People, t.Several = 0, true
	return t
}

// FreshAt is when the last fact of a scope was taken, in UTC seconds; 0 while
// there is none.
func FreshAt(ctx context.Context, r db.Reader, scope Scope) (at int64, err error) {
	defer fault.Wrap(&err, "freshness of %s", scope)
	err = r.Get(ctx, &at, `select coalesce(max(fresh_at), 0) from ledger_totals where scope = ? and by_what = 'all' and town = '' and grp = ''`, scope)
	return at, err
}

// FirstYear is the earliest school year that has a fact in a scope, 0 while
// there is none.
func FirstYear(ctx context.Context, r db.Reader, scope Scope) (year int, err error) {
	defer fault.Wrap(&err, "first year of %s", scope)
	err = r.Get(ctx, &year, `select coalesce(min(school_year), 0) from ledger_totals
		where scope = ? and by_what = 'all' and town = '' and grp = '' and facts > 0`, scope)
	return year, err
}

// listedRow is an activity with its sums.
type listedRow struct {
	activityRow
	Part
	Scope Scope  `db:"scope"`
	Key   string `db:"sort_key"`
}

// Activities are the activities that count in a scope, the latest first: at most
// n of those before the place, and whether there are more. Year 0 is any year.
// Titles are those that their sources give now, "" of what is not there any more.
func (s *Service) Activities(ctx context.Context, r db.Reader, scope Scope, year int, at web.Cursor, n int) (_ []Listed, more bool, err error) {
	defer fault.Wrap(&err, "activities of %s", scope)
	where, args := `p.scope = ?`, []any{scope}
	if year != 0 {
		where, args = where+` and p.school_year = ?`, append(args, year)
	}
	order := ` order by p.sort_key desc, p.id desc`
	switch {
	case at.Back:
		where, args, order = where+` and (p.sort_key, p.id) > (?, ?)`, append(args, at.Key, at.ID), ` order by p.sort_key, p.id`
	case at != web.Cursor{}:
		where, args = where+` and (p.sort_key, p.id) < (?, ?)`, append(args, at.Key, at.ID)
	}
	var rows []listedRow
	err = r.Select(ctx, &rows, `select `+activityColumns+`, a.facts, 1 as activities, a.participations, a.minutes, a.held, a.money, p.scope, p.sort_key
		from ledger_places p join ledger_activities a on a.kind = p.kind and a.id = p.id where a.facts > 0 and `+where+order+` limit ?`, append(args, n+1)...)
	if more = len(rows) > n; more {
		rows = rows[:n]
	}
	if at.Back {
		slices.Reverse(rows)
	}
	var list []Listed
	for _, row := range rows {
		sort, _ := row.Scope.parts()
		list = append(list, Listed{row.activity(), row.Part, sort == "area"})
	}
	if err == nil {
		err = s.name(ctx, list)
	}
	return list, more, err
}

// Place is where an activity stands in a list of Activities.
func (l Listed) Place() web.Cursor { return web.Cursor{Key: sortKey(l.On), ID: l.ID} }

// name asks the sources what activities are called now.
func (s *Service) name(ctx context.Context, list []Listed) error {
	for n := range list {
		a, err := s.asked(ctx, list[n].Ref)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return err
		}
		list[n].Title, list[n].Path = a.Title, a.Path
	}
	return nil
}
