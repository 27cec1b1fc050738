package needs

import (
	"context"
	"slices"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Back is a need that institutions of a municipality named, and how it was
// answered; no kinds: it waits.
type Back struct {
	Need  NeedID
	Topic string
	Kinds []Answer
}

// backMost is how many needs of a municipality are told, by their rank there.
const backMost = 50

// CameBack are the needs of the schools that a municipality runs, in the ranked
// campaigns of a school year, by rank. Who plans for a whole campaign and who
// plans for that municipality is told; to others there are none.
func (s *Service) CameBack(ctx context.Context, who access.Actor, town string, schoolYear int) (list []Back, err error) {
	defer fault.Wrap(&err, "what came back to municipality %s", town)
	own, err := s.rankTowns(ctx, who)
	if err != nil {
		return nil, err
	}
	var all []Campaign
	if err := s.db.Select(ctx, &all, `select `+CampaignColumns+` from needs_campaigns c where c.school_year = ? and c.ranked_at > 0 order by c.title_key, c.id`, schoolYear); err != nil {
		return nil, err
	}
	for _, c := range all {
		if !slices.Contains(own, town) && Plans(ctx, who, c) != nil {
			continue
		}
		rows, err := s.rankRows(ctx, c.ID, Scope{Level: ByRunning, Unit: town})
		if err != nil {
			return nil, err
		}
		for _, r := range rows[:min(backMost, len(rows))] {
			list = append(list, Back{Need: r.Need, Topic: r.Topic})
		}
	}
	return list, s.backKinds(ctx, list)
}

// backKinds reads the kinds of answers, in the order of the decisions.
func (s *Service) backKinds(ctx context.Context, list []Back) error {
	at := map[NeedID]int{}
	var ids []NeedID
	for n, b := range list {
		at[b.Need], ids = n, append(ids, b.Need)
	}
	for some := range slices.Chunk(ids, db.MaxParams) {
		query, args, err := db.In(`select need, kind from needs_decisions where need in (?) order by at, id`, some)
		if err != nil {
			return err
		}
		err = s.db.Each(ctx, func(scan func(dest ...any) error) error {
			var need NeedID
			var kind Answer
			if err := scan(&need, &kind); err != nil {
				return err
			}
			b := &list[at[need]]
			if !slices.Contains(b.Kinds, kind) {
				b.Kinds = append(b.Kinds, kind)
			}
			return nil
		}, query, args...)
		if err != nil {
			return err
		}
	}
	return nil
}

// Spoke tells how many institutions declared their needs in the ranked campaigns
// of each school year. It is an official figure; years with fewer than five are
// left out, as on the public page.
func (s *Service) Spoke(ctx context.Context) (years map[int]int, err error) {
	defer fault.Wrap(&err, "institutions that declared needs")
	years = map[int]int{}
	return years, s.db.Each(ctx, func(scan func(dest ...any) error) error {
		var year, n int
		err := scan(&year, &n)
		if n >= partLeast {
			years[year] = n
		}
		return err
	}, `select c.school_year, count(distinct d.institution) from needs_campaigns c join needs_declarations d on d.campaign = c.id
		where c.ranked_at > 0 and d.sent = ? group by c.school_year order by c.school_year`, true)
}
