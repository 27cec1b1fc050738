package needs

import (
	"context"

	"kladka/internal/platform/fault"
)

// RankedOf is what an institution declared in all ranked campaigns about a
// school year, the most pressing first. The caller has seen to who may read it.
func (s *Service) RankedOf(ctx context.Context, institution string, year int) (rows []Rank, err error) {
	defer fault.Wrap(&err, "declared needs of %s in %d", institution, year)
	return rows, s.db.Select(ctx, &rows, `select r.campaign, r.level, r.unit, r.topic, r.need, r.place, r.score, r.heads, r.low, r.middle, r.high, r.who
		from needs_asked a join needs_campaigns c on c.id = a.campaign join needs_ranks r on r.campaign = c.id and r.level = ? and r.unit = a.institution
		where a.institution = ? and c.school_year = ? and c.ranked_at > 0 and c.state in (?, ?) order by r.score desc, r.topic`,
		OfOne, institution, year, Closed, Ranked)
}
