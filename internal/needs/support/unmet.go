package support

import (
	"cmp"
	"context"
	"slices"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
)

// Unmet counts the needs of one topic in one school year.
type Unmet struct {
	Topic   string // "" for needs in own words
	Found   int    // all of them
	Reached int
	Partly  int
	Not     int
	Stopped int // of processes that were dropped before their effects were judged
	Open    int // not judged yet
	NoForm  int // that no form of work answers, of whatever end
}

// Left are the needs that stayed unmet, wholly or in part.
func (u Unmet) Left() int { return u.Partly + u.Not + u.Stopped }

// tally is one row that the database counted.
type tally struct {
	Topic  string `db:"topic"`
	State  State  `db:"state"`
	Effect Effect `db:"effect"`
	Formed int    `db:"formed"`
	N      int    `db:"n"`
}

// add puts a row into its column. Effects count once both sides agreed to them:
// until then a need is open.
func (u *Unmet) add(t tally) {
	u.Found += t.N
	if t.Formed == 0 {
		u.NoForm += t.N
	}
	switch {
	case t.State == Dropped:
		u.Stopped += t.N
	case t.State != Evaluated && t.State != Closed:
		u.Open += t.N
	case t.Effect == Reached:
		u.Reached += t.N
	case t.Effect == Partly:
		u.Partly += t.N
	default:
		u.Not += t.N
	}
}

// Scope is whose needs a report counts: a center's, or with "" all of them.
type Scope struct{ Center access.InstitutionID }

// Scopes are those that the actor may have: the association all centers, a
// center's planners their own. Faults: SignedOut, Forbidden.
func (s *Service) Scopes(ctx context.Context, who access.Actor) (list []Scope, err error) {
	if who.MayAt(ctx, access.PlanNeeds, "") == nil {
		return []Scope{{}}, nil
	}
	for _, center := range at(who, access.SupportSchool) {
		if who.MayAt(ctx, access.PlanNeeds, center) == nil {
			list = append(list, Scope{center})
		}
	}
	if len(list) == 0 {
		err = fault.New(fault.Forbidden, "fault.forbidden")
		if !who.SignedIn() {
			err = fault.New(fault.SignedOut, "fault.signed_out")
		}
	}
	return list, err
}

// Report counts the needs of a school year by topic, those with most left unmet
// first. It names no school. Faults: as Scopes.
func (s *Service) Report(ctx context.Context, who access.Actor, year int) (list []Unmet, err error) {
	defer fault.Wrap(&err, "unmet needs of %d", year)
	scopes, err := s.Scopes(ctx, who)
	if err != nil {
		return nil, err
	}
	where, args := ``, []any{FormDropped, year}
	if scopes[0] != (Scope{}) {
		where = ` and p.center in (?)`
		var centers []access.InstitutionID
		for _, o := range scopes {
			centers = append(centers, o.Center)
		}
		args = append(args, centers)
	}
	var rows []tally
	err = chosen(ctx, s.db, &rows, `select x.topic, x.state, x.effect, x.formed, count(*) as n from (select n.topic, p.state, n.effect,
			case when exists (select 1 from needs_support_answers a join needs_support_forms f on f.id = a.form where a.need = n.id and f.state <> ?) then 1 else 0 end as formed
			from needs_support_processes p join needs_support_needs n on n.process = p.id where p.school_year = ?`+where+`) x
		group by x.topic, x.state, x.effect, x.formed`, args...)
	if err != nil {
		return nil, err
	}
	return s.fold(ctx, rows)
}

// fold adds rows up by the topic that is read in the stead of each.
func (s *Service) fold(ctx context.Context, rows []tally) (list []Unmet, err error) {
	var ids []string
	for _, t := range rows {
		ids = append(ids, t.Topic)
	}
	read, err := s.Topics.Resolve(ctx, ids)
	if err != nil {
		return nil, err
	}
	by := map[string]*Unmet{}
	for _, t := range rows {
		topic := read[t.Topic] // one that is gone counts among own words
		if by[topic] == nil {
			by[topic] = &Unmet{Topic: topic}
		}
		by[topic].add(t)
	}
	for _, u := range by {
		list = append(list, *u)
	}
	slices.SortFunc(list, order)
	return list, nil
}

// ReportYears are the school years of which there is something to count.
func (s *Service) ReportYears(ctx context.Context, who access.Actor) (years []int, err error) {
	if _, err := s.Scopes(ctx, who); err != nil {
		return nil, err
	}
	return years, s.db.Select(ctx, &years, `select distinct p.school_year from needs_support_processes p order by p.school_year desc`)
}

// order puts first where most stayed unmet, then where most was found.
func order(a, b Unmet) int {
	return cmp.Or(cmp.Compare(b.Left(), a.Left()), cmp.Compare(b.Found, a.Found), cmp.Compare(a.Topic, b.Topic))
}
