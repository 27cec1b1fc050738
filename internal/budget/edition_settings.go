package budget

import (
	"context"
	"slices"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
)

// The settings of an edition are changed by parts. Each part is checked whole,
// so that somebody who fills in one form is told of that form alone; what other
// parts lack is listed before the edition is announced.

// General is everything of the rules beside pools and calendar.
type General struct {
	Version      int64
	Title, Words string
	Rules        Rules // its pools, calendar and exclusions are left out of account
}

// ChangeGeneral writes the general part of a draft. Who may: whoever runs it.
func (s *Service) ChangeGeneral(ctx context.Context, who access.Actor, id EditionID, g General) error {
	return s.changePart(ctx, who, id, g.Version, func(e Edition, set *Settings) ([]fault.Field, error) {
		g.Rules.Pools, g.Rules.Calendar, g.Rules.Excludes = set.Rules.Pools, set.Rules.Calendar, set.Rules.Excludes
		set.Title, set.Words, set.Rules = g.Title, g.Words, g.Rules
		return free(titled(g.Rules.check(e.Kind), line(g.Title)), "opis", words(g.Words), mostWords), nil
	})
}

// ChangeCalendar writes the calendar; until the freeze it can be moved, and
// everybody who follows a project is told. Once it is promised everybody reads why.
// Who may: whoever runs the edition.
func (s *Service) ChangeCalendar(ctx context.Context, who access.Actor, id EditionID, version int64, c Calendar, why string) error {
	return s.changePart(ctx, who, id, version, func(_ Edition, set *Settings) ([]fault.Field, error) {
		set.Rules.Calendar, set.Why = c, why
		return c.check(), nil
	})
}

// ChangePool writes a pool of a draft, adding it when it has no id. With alike
// all pools get its ballot and its count. It returns the pool's id. Who may:
// whoever runs the edition.
func (s *Service) ChangePool(ctx context.Context, who access.Actor, id EditionID, version int64, p Pool, alike bool) (PoolID, error) {
	err := s.changePart(ctx, who, id, version, func(_ Edition, set *Settings) ([]fault.Field, error) {
		pools := slices.Clone(set.Rules.Pools)
		n := slices.IndexFunc(pools, func(o Pool) bool { return o.ID == p.ID })
		switch {
		case p.ID == "":
			p.ID = PoolID(newID())
			pools, n = append(pools, p), len(pools)
		case n < 0:
			return nil, fault.ErrNotFound
		}
		pools[n] = p
		for i := range pools {
			pools[i].No = i + 1
			if alike {
				pools[i].Ballot, pools[i].Count = p.Ballot, p.Count
			}
		}
		set.Rules.Pools = pools
		return p.check(), nil
	})
	return p.ID, err
}

// ChangeAmounts writes the money of all pools of a draft, as it was typed, in
// their order; nothing typed is not known yet. Who may: whoever runs the edition.
func (s *Service) ChangeAmounts(ctx context.Context, who access.Actor, id EditionID, version int64, typed []string) error {
	return s.changePart(ctx, who, id, version, func(_ Edition, set *Settings) (fields []fault.Field, err error) {
		if len(typed) != len(set.Rules.Pools) {
			return nil, stale()
		}
		set.Rules.Pools = slices.Clone(set.Rules.Pools)
		for n, text := range typed {
			money, ok := parseAmount(text)
			if !ok {
				fields = append(fields, fault.Field{Name: amountField(n), Key: "budget.lack.money"})
			}
			set.Rules.Pools[n].Budget = money
		}
		return fields, nil
	})
}

// DropPool takes a pool out of a draft. Who may: whoever runs the edition.
func (s *Service) DropPool(ctx context.Context, who access.Actor, id EditionID, version int64, pool PoolID) error {
	return s.changePart(ctx, who, id, version, func(e Edition, set *Settings) ([]fault.Field, error) {
		if _, there := e.Pool(pool); !there {
			return nil, fault.ErrNotFound
		}
		set.Rules.Pools = slices.DeleteFunc(slices.Clone(set.Rules.Pools), func(p Pool) bool { return p.ID == pool })
		for i := range set.Rules.Pools {
			set.Rules.Pools[i].No = i + 1
		}
		return nil, nil
	})
}

// changePart reads an edition, lets one part of its settings be changed and
// writes it, if nobody else has written since the version that was read.
func (s *Service) changePart(ctx context.Context, who access.Actor, id EditionID, version int64, with func(e Edition, set *Settings) ([]fault.Field, error)) error {
	e, err := s.editionRun(ctx, who, id)
	if err != nil {
		return err
	}
	set := SettingsOf(e)
	set.Version = version
	fields, err := with(e, &set)
	if err != nil {
		return err
	}
	if len(fields) > 0 {
		return fault.InvalidFields(fields)
	}
	return s.Change(ctx, who, id, set)
}
