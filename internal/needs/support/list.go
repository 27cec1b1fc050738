package support

import (
	"context"
	"slices"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// reach is the condition of the processes in which the actor has a side under
// the hat worn now, as Find would say of each.
func reach(who access.Actor) (where string, args []any) {
	own, center := at(who, access.SupportOwn), at(who, access.SupportSchool)
	if len(own) > 0 {
		where, args = `p.school in (?) or p.head_unit in (?)`, []any{own, own}
	}
	if len(center) > 0 {
		if where != "" {
			where += ` or `
		}
		where += `p.center in (?) and p.person = ?`
		args = append(args, center, string(who.Person))
	}
	if staff := at(who, access.ManageTrainings); len(center) > 0 && len(staff) > 0 {
		where += ` or p.center in (?)`
		args = append(args, staff)
	}
	return where, args
}

// List are the actor's processes of a school year, by the name of the school, a
// page from the cursor on; in which of them it is whose turn goes with the page.
// Faults: SignedOut, Forbidden.
func (s *Service) List(ctx context.Context, who access.Actor, year int, from web.Cursor, limit int) (list []Whole, more bool, err error) {
	defer fault.Wrap(&err, "support processes of %d", year)
	where, args, err := s.seen(who)
	if err != nil || where == "" {
		return nil, false, err
	}
	order, side := `p.school_key, p.id`, `(p.school_key > ? or p.school_key = ? and p.id > ?)`
	if from.Back {
		order, side = `p.school_key desc, p.id desc`, `(p.school_key < ? or p.school_key = ? and p.id < ?)`
	}
	var rows []Process
	err = chosen(ctx, s.db, &rows, `select `+columns+` from needs_support_processes p where (`+where+`) and p.school_year = ? and `+side+` order by `+order+` limit ?`,
		append(args, year, from.Key, from.Key, from.ID, limit+1)...)
	if err != nil {
		return nil, false, err
	}
	if more = len(rows) > limit; more {
		rows = rows[:limit]
	}
	if from.Back {
		slices.Reverse(rows)
	}
	list, err = s.wholes(ctx, who, rows)
	return list, more, err
}

// seen refuses who has no such work at all.
func (s *Service) seen(who access.Actor) (where string, args []any, err error) {
	if !who.May(access.SupportOwn) && !who.May(access.SupportSchool) {
		return "", nil, who.Must(access.SupportSchool)
	}
	where, args = reach(who)
	return where, args, nil
}

// wholes adds what belongs to processes, and the actor's side in each.
func (s *Service) wholes(ctx context.Context, who access.Actor, rows []Process) (list []Whole, err error) {
	for _, p := range rows {
		w := Whole{Process: p, Side: Center}
		if own := at(who, access.SupportOwn); slices.Contains(own, p.School) || p.HeadUnit != "" && slices.Contains(own, p.HeadUnit) {
			w.Side = School
		}
		list = append(list, w)
	}
	return list, load(ctx, s.db, list)
}

// Years are the school years in which the actor has processes, the latest first.
func (s *Service) Years(ctx context.Context, who access.Actor) (years []int, err error) {
	defer fault.Wrap(&err, "school years of support")
	where, args, err := s.seen(who)
	if err != nil || where == "" {
		return nil, err
	}
	return years, chosen(ctx, s.db, &years, `select distinct p.school_year from needs_support_processes p where `+where+` order by p.school_year desc`, args...)
}

// mostOnDesk bounds what one look at a desk reads.
const mostOnDesk = 60

// waiting are the actor's processes in which the actor's side has to act, the
// latest school year first.
func (s *Service) waiting(ctx context.Context, who access.Actor) (mine []Whole, err error) {
	where, args := reach(who)
	if where == "" {
		return nil, nil
	}
	var rows []Process
	err = chosen(ctx, s.db, &rows, `select `+columns+` from needs_support_processes p where (`+where+`) and p.state in (?) order by p.school_year desc, p.school_key, p.id limit ?`,
		append(args, []State{Diagnosis, Planned, UnderWay, Evaluated}, mostOnDesk)...)
	if err != nil {
		return nil, err
	}
	list, err := s.wholes(ctx, who, rows)
	for _, w := range list {
		if w.Next().For(w.Side) {
			mine = append(mine, w)
		}
	}
	return mine, err
}
