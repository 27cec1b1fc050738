package ledger

import (
	"context"
	"slices"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// fewActs is up to how many activities of a municipality in a year are read
// whole and sorted. A municipality with more is soon found in the list of all.
const fewActs = 500

// ActsOf are the activities in which people of institutions of a municipality,
// by seat, took part in a school year, the newest first. How many of them came
// is not told: where a school has few teachers it would be telling.
func (s *Service) ActsOf(ctx context.Context, r db.Reader, town string, year int, at web.Cursor, n int) (list []Listed, more bool, err error) {
	defer fault.Wrap(&err, "activities of %s", town)
	var acts int64
	err = r.Get(ctx, &acts, `select coalesce((select activities from ledger_totals where scope = ? and school_year = ? and by_what = ? and town = ? and grp = ''), 0)`,
		All, year, BySeat, town)
	if err != nil {
		return nil, false, err
	}
	from, args := actsOf(town, year, acts <= fewActs)
	where, order := "", ` order by l.sort_key desc, l.id desc`
	switch {
	case at.Back:
		where, args, order = ` and (l.sort_key, l.id) > (?, ?)`, append(args, at.Key, at.ID), ` order by l.sort_key, l.id`
	case at != web.Cursor{}:
		where, args = ` and (l.sort_key, l.id) < (?, ?)`, append(args, at.Key, at.ID)
	}
	var rows []listedRow
	err = r.Select(ctx, &rows, `select `+activityColumns+`, l.sort_key from `+from+where+order+` limit ?`, append(args, n+1)...)
	if more = len(rows) > n; more {
		rows = rows[:n]
	}
	if at.Back {
		slices.Reverse(rows)
	}
	for _, row := range rows {
		list = append(list, Listed{Activity: row.activity()})
	}
	if err == nil {
		err = s.name(ctx, list)
	}
	return list, more, err
}

// actsOf is from where ActsOf reads. A village is in few of the activities of a
// year: they are looked up by the village, since a walk through the list of all
// would meet hardly any. A city is in most of them, so the walk ends at once.
func actsOf(town string, year int, few bool) (from string, args []any) {
	if few {
		return `(select distinct kind, id from ledger_presence where by_seat = ? and school_year = ? and n > 0) p
			cross join ledger_places l join ledger_activities a on a.kind = l.kind and a.id = l.id
			where l.kind = p.kind and l.id = p.id and l.scope = ? and l.school_year = ?`, []any{town, year, All, year}
	}
	return `ledger_places l join ledger_activities a on a.kind = l.kind and a.id = l.id
		where l.scope = ? and l.school_year = ? and exists (select 1 from ledger_presence p
			where p.kind = l.kind and p.id = l.id and p.school_year = ? and p.by_seat = ? and p.n > 0)`, []any{All, year, year, town}
}
