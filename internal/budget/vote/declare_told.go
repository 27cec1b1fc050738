package vote

import (
	"context"

	"kladka/internal/budget"
	"kladka/internal/platform/db"
)

// Told are the numbers of declarations that are published with the result: how many
// were given, how many of them the rules want to be drawn, were drawn, and were
// decided by two officers; and how many were refused, drawn or not.
type Told struct {
	Given   int `json:"given" db:"given"`
	Wanted  int `json:"wanted" db:"-"`
	Drawn   int `json:"drawn" db:"drawn"`
	Checked int `json:"checked" db:"checked"` // of the drawn ones
	Refused int `json:"refused" db:"refused"`
}

// Reached tells that the drawn check was made as the rules want it.
func (t Told) Reached() bool { return t.Checked >= t.Wanted && t.Checked == t.Drawn }

// DeclaredTold counts the declarations of an edition; nil when its rules take none.
// It names nobody and says nothing about votes. Once electors are forgotten the
// declarations are gone, so the numbers are kept with the count.
func DeclaredTold(ctx context.Context, r db.Reader, e budget.Edition) (*Told, error) {
	if !e.Rules.Who.Has(budget.Self) {
		return nil, nil
	}
	var t Told
	err := r.Get(ctx, &t, `select count(*) as given, coalesce(sum(case when drawn then 1 else 0 end), 0) as drawn,
		coalesce(sum(case when drawn and state <> ? then 1 else 0 end), 0) as checked, coalesce(sum(case when state = ? then 1 else 0 end), 0) as refused
		from budget_declared where edition = ?`, Given, Refused, e.ID)
	t.Wanted = sampleSize(t.Given, e.Rules.Who.Self.DrawnShare)
	return &t, err
}

// Due is what waits for those who run an edition while its vote goes on: the drawn
// check of declarations, and pools that have too few electors to be opened as yet. None
// of it keeps the vote from its end.
func (s *Service) Due(ctx context.Context, r db.Reader, e budget.Edition) (list []budget.Obstacle, err error) {
	t, err := DeclaredTold(ctx, r, e)
	if err != nil {
		return nil, err
	}
	add := func(key, href string, args ...any) {
		list = append(list, budget.Obstacle{Key: "vote.due." + key, Args: args, Who: "budget.who.runs", Href: href})
	}
	if t != nil && t.Drawn < t.Wanted {
		add("draw", declaredHref(e.ID), "n", t.Wanted-t.Drawn)
	}
	if t != nil && t.Checked < t.Drawn {
		add("check", declaredHref(e.ID), "n", t.Drawn-t.Checked)
	}
	for _, p := range e.Rules.Pools {
		n, err := someElectors(ctx, r, e, p.ID)
		if err != nil {
			return nil, err
		}
		if n < LeastElectors {
			add("rights", Href(e.ID), "pool", p.Name, "n", n, "least", LeastElectors)
		}
	}
	return list, nil
}
