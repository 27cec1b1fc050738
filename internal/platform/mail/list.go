package mail

import (
	"context"
	"slices"
	"strings"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/web"
)

// pageSize is how many letters stand on one page of the list.
const pageSize = 50

// Filter narrows the list; its zero value narrows nothing.
type Filter struct {
	States []State
	Domain string // after the @
}

// list reads one page, the newest first, and tells whether there is more in the
// direction of the cursor.
func (s *Service) list(ctx context.Context, f Filter, at web.Cursor) (rows []row, more bool, err error) {
	var where []string
	var args []any
	if len(f.States) > 0 {
		where, args = append(where, "state in (?)"), append(args, f.States)
	}
	if f.Domain != "" {
		where, args = append(where, "domain = ?"), append(args, strings.ToLower(f.Domain))
	}
	order := "desc"
	switch {
	case at.Back:
		where, args, order = append(where, "id > ?"), append(args, at.ID), "asc"
	case at.ID != "":
		where, args = append(where, "id < ?"), append(args, at.ID)
	}
	where = append(where, "0 = 0")
	query, args, err := db.In(`select id, topic, domain, words, secret, state, trouble, code, created_at, settled_at from mail_letters
		where `+strings.Join(where, " and ")+` order by id `+order+` limit ?`, append(args, pageSize+1)...)
	if err != nil {
		return nil, false, err
	}
	if err := s.db.Select(ctx, &rows, query, args...); err != nil {
		return nil, false, err
	}
	if more = len(rows) > pageSize; more {
		rows = rows[:pageSize]
	}
	if at.Back {
		slices.Reverse(rows)
	}
	return rows, more, nil
}

// shownDays is how many days the table of counts goes back.
const shownDays = 7

// day counts the letters written on a day.
type day struct {
	Date string
	N    map[State]int
}

// days counts the letters of the last days by what became of them, today first.
func (s *Service) days(ctx context.Context) ([]day, error) {
	today := s.now().In(web.Warsaw)
	list := make([]day, shownDays)
	dates := make([]string, shownDays)
	for i := range list {
		dates[i] = today.AddDate(0, 0, -i).Format(time.DateOnly)
		list[i] = day{Date: dates[i], N: map[State]int{}}
	}
	query, args, err := db.In(`select day, state, count(*) as n from mail_letters where day in (?) group by day, state`, dates)
	if err != nil {
		return nil, err
	}
	var counts []struct {
		Day   string `db:"day"`
		State State  `db:"state"`
		N     int    `db:"n"`
	}
	if err := s.db.Select(ctx, &counts, query, args...); err != nil {
		return nil, err
	}
	for _, c := range counts {
		if i := slices.Index(dates, c.Day); i >= 0 {
			list[i].N[c.State] = c.N
		}
	}
	return list, nil
}
