package ledger

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"kladka/internal/platform/db"
)

// What changes the rollups. Whoever calls these has locked the school year.

// post changes the rollups of scopes in a year: by sums that are the same in
// all of them, and by the people of the lines, who are counted in each apart.
func post(ctx context.Context, tx *db.Tx, year int, scopes []Scope, same sums, lines []line) error {
	people, err := postHeads(ctx, tx, year, scopes, lines)
	if err != nil {
		return err
	}
	var fresh int64
	for _, l := range lines {
		fresh = max(fresh, l.TakenAt)
	}
	var rows [][]any
	for _, scope := range scopes {
		all := maps.Clone(same)
		for c, t := range people[scope] {
			all.add(c, t)
		}
		rows = append(rows, totalRows(scope, year, all, fresh)...)
	}
	return addTotals(ctx, tx, rows)
}

// heads are the numbers of facts of people in a scope, by person and spot.
type heads map[string]map[spot]int64

func (h heads) add(person string, at spot, n int64) {
	if h[person] == nil {
		h[person] = map[spot]int64{}
	}
	h[person][at] += n
}

func headsOf(lines []line) heads {
	h := heads{}
	for _, l := range lines {
		if l.PersonKey != "" {
			h.add(l.PersonKey, l.spot, l.Sign)
		}
	}
	return h
}

// postHeads writes how many facts people have now in each scope, and tells
// whom that counts in or out.
func postHeads(ctx context.Context, tx *db.Tx, year int, scopes []Scope, lines []line) (map[Scope]sums, error) {
	changed := headsOf(lines)
	people := map[Scope]sums{}
	for some := range slices.Chunk(slices.Sorted(maps.Keys(changed)), 400) {
		had, err := readHeads(ctx, tx, year, scopes, some)
		if err != nil {
			return nil, err
		}
		var rows [][]any
		for _, scope := range scopes {
			if people[scope] == nil {
				people[scope] = sums{}
			}
			for _, person := range some {
				people[scope].people(crossed(had[scope][person], changed[person]))
				for at, n := range changed[person] {
					if n != 0 {
						rows = append(rows, []any{scope, year, person, at.Seat, at.Running, at.Group, n})
					}
				}
			}
		}
		if err := writeHeads(ctx, tx, rows); err != nil {
			return nil, err
		}
		if err := dropHeads(ctx, tx, year, scopes, some, lines); err != nil {
			return nil, err
		}
	}
	return people, nil
}

func readHeads(ctx context.Context, r db.Reader, year int, scopes []Scope, people []string) (map[Scope]heads, error) {
	query, args, err := db.In(`select scope, person_key, by_seat, by_running, grp, n from ledger_heads
		where scope in (?) and school_year = ? and person_key in (?)`, scopes, year, people)
	if err != nil {
		return nil, err
	}
	had := map[Scope]heads{}
	err = r.Each(ctx, func(scan func(dest ...any) error) error {
		var scope Scope
		var person string
		var at spot
		var n int64
		if err := scan(&scope, &person, &at.Seat, &at.Running, &at.Group, &n); err != nil {
			return err
		}
		if had[scope] == nil {
			had[scope] = heads{}
		}
		had[scope].add(person, at, n)
		return nil
	}, query, args...)
	return had, err
}

const headColumns = `scope, school_year, person_key, by_seat, by_running, grp, n`

func writeHeads(ctx context.Context, tx *db.Tx, rows [][]any) error {
	return writeRows(ctx, tx, `insert into ledger_heads (`+headColumns+`) values `, rows,
		` on conflict (scope, school_year, person_key, by_seat, by_running, grp) do update set n = ledger_heads.n + excluded.n`)
}

// dropHeads deletes rows that came to nothing; there are none where nothing was
// taken away.
func dropHeads(ctx context.Context, tx *db.Tx, year int, scopes []Scope, people []string, lines []line) error {
	if !takenAway(lines) {
		return nil
	}
	query, args, err := db.In(`delete from ledger_heads where scope in (?) and school_year = ? and person_key in (?) and n = 0`, scopes, year, people)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, query, args...)
	return err
}

// takenAway tells whether any of the lines is: only then can a number come to nothing.
func takenAway(lines []line) bool {
	return slices.ContainsFunc(lines, func(l line) bool { return l.Sign < 0 })
}

const totalColumns = `scope, school_year, by_what, town, grp, facts, activities, participations, people, unknown, minutes, held, money,
	hand_facts, hand_activities, hand_participations, hand_minutes, hand_held, hand_money, fresh_at`

// addedColumns are those that are summed.
var addedColumns = strings.Fields(strings.ReplaceAll(totalColumns, ",", ""))[5:19]

func totalRows(scope Scope, year int, all sums, fresh int64) [][]any {
	var rows [][]any
	for _, c := range slices.SortedFunc(maps.Keys(all), compareCells) {
		t := all[c]
		if t != (Totals{}) {
			rows = append(rows, []any{scope, year, c.by, c.town, c.group, t.Facts, t.Activities, t.Participations, t.People, t.Unknown, t.Minutes, t.Held, t.Money,
				t.Hand.Facts, t.Hand.Activities, t.Hand.Participations, t.Hand.Minutes, t.Hand.Held, t.Hand.Money, fresh})
		}
	}
	return rows
}

func compareCells(a, b cell) int {
	return cmp.Or(cmp.Compare(a.by, b.by), cmp.Compare(a.town, b.town), cmp.Compare(a.group, b.group))
}

func addTotals(ctx context.Context, tx *db.Tx, rows [][]any) error {
	var set []string
	for _, c := range addedColumns {
		set = append(set, c+" = ledger_totals."+c+" + excluded."+c)
	}
	return writeRows(ctx, tx, `insert into ledger_totals (`+totalColumns+`) values `, rows,
		` on conflict (scope, school_year, by_what, town, grp) do update set `+strings.Join(set, ", ")+
			`, fresh_at = case when excluded.fresh_at > ledger_totals.fresh_at then excluded.fresh_at else ledger_totals.fresh_at end`)
}

// writeRows writes rows of equal length in as few statements as they fit in.
func writeRows(ctx context.Context, tx *db.Tx, before string, rows [][]any, after string) error {
	if len(rows) == 0 {
		return nil
	}
	cols := len(rows[0])
	for some := range slices.Chunk(rows, db.MaxParams/cols) {
		args := make([]any, 0, len(some)*cols)
		for _, row := range some {
			args = append(args, row...)
		}
		if _, err := tx.Exec(ctx, before+db.Marks(len(some), cols)+after, args...); err != nil {
			return err
		}
	}
	return nil
}

// postPresence writes from where an activity has facts now, and gives the sums
// that this changes in all of its scopes.
func postPresence(ctx context.Context, tx *db.Tx, ref Ref, year int, lines []line) (sums, error) {
	had, err := presence(ctx, tx, ref, year)
	if err != nil {
		return nil, err
	}
	change, same := spots(lines), sum(lines)
	same.activities(crossed(had, change), ref.Kind == Hand)
	var rows [][]any
	for at, n := range change {
		if n != 0 {
			rows = append(rows, []any{ref.Kind, ref.ID, year, at.Seat, at.Running, at.Group, n})
		}
	}
	err = writePresence(ctx, tx, rows)
	if err == nil && takenAway(lines) {
		_, err = tx.Exec(ctx, `delete from ledger_presence where kind = ? and id = ? and school_year = ? and n = 0`, ref.Kind, ref.ID, year)
	}
	return same, err
}

func writePresence(ctx context.Context, tx *db.Tx, rows [][]any) error {
	return writeRows(ctx, tx, `insert into ledger_presence (kind, id, school_year, by_seat, by_running, grp, n) values `, rows,
		` on conflict (kind, id, school_year, by_seat, by_running, grp) do update set n = ledger_presence.n + excluded.n`)
}

func presence(ctx context.Context, r db.Reader, ref Ref, year int) (map[spot]int64, error) {
	had := map[spot]int64{}
	err := r.Each(ctx, func(scan func(dest ...any) error) error {
		var at spot
		var n int64
		err := scan(&at.Seat, &at.Running, &at.Group, &n)
		had[at] += n
		return err
	}, `select by_seat, by_running, grp, n from ledger_presence where kind = ? and id = ? and school_year = ?`, ref.Kind, ref.ID, year)
	return had, err
}

// lockYear makes writers of a school year wait for one another, so that what is
// counted once is counted by one of them at a time. It tells whether the year
// is frozen.
func lockYear(ctx context.Context, tx *db.Tx, year int) (frozen bool, err error) {
	err = tx.Get(ctx, &frozen, `insert into ledger_years (school_year, taken) values (?, 1)
		on conflict (school_year) do update set taken = ledger_years.taken + 1 returning frozen_at > 0`, year)
	return frozen, err
}

// postFacts counts facts of an activity that came or went, in the scopes that it has now.
func postFacts(ctx context.Context, tx *db.Tx, ref Ref, year int, scopes []Scope, lines []line) error {
	same, err := postPresence(ctx, tx, ref, year, lines)
	if err != nil {
		return err
	}
	var p Part
	for _, l := range lines {
		p.add(l.part())
	}
	n, err := tx.Exec(ctx, `update ledger_activities set facts = facts + ?, participations = participations + ?, minutes = minutes + ?, held = held + ?, money = money + ?
		where kind = ? and id = ?`, p.Facts, p.Participations, p.Minutes, p.Held, p.Money, ref.Kind, ref.ID)
	if err == nil && n == 0 {
		err = fmt.Errorf("no activity %s %s", ref.Kind, ref.ID)
	}
	if err != nil {
		return err
	}
	return post(ctx, tx, year, scopes, same, lines)
}

// postMove counts all facts of an activity in scopes (sign 1) or takes them out (-1).
func postMove(ctx context.Context, tx *db.Tx, ref Ref, scopes []Scope, facts []line, sign int64) error {
	if len(scopes) == 0 {
		return nil
	}
	byYear := map[int][]line{}
	for _, l := range signed(facts, sign) {
		byYear[l.Year] = append(byYear[l.Year], l)
	}
	for _, year := range slices.Sorted(maps.Keys(byYear)) {
		had, lines := map[spot]int64{}, byYear[year]
		if sign < 0 {
			had = spots(signed(lines, 1))
		}
		same := sum(lines)
		same.activities(crossed(had, spots(lines)), ref.Kind == Hand)
		if err := post(ctx, tx, year, scopes, same, lines); err != nil {
			return err
		}
	}
	return nil
}
