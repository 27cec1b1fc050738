package needs

import (
	"context"
	"slices"
	"strconv"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/law"
	"kladka/internal/platform/web"
)

// SilentNeed is a need that nobody answered in time: no decision, not even that
// it is declined.
type SilentNeed struct {
	ID       NeedID     `db:"id"`
	Campaign CampaignID `db:"campaign"`
	Topic    string     `db:"topic"`
	MadeAt   int64      `db:"made_at"`
	Place    int        `db:"place"` // on the list of the metropolis; 0: only people named it
	Heads    int        `db:"heads"` // declared
	Who      int        `db:"who"`   // institutions
}

// Silent lists needs without an answer for longer than the law's number
// SilentDays, the oldest first, of the campaigns that the actor plans with, and
// those campaigns. Who plans with none sees none.
func (s *Service) Silent(ctx context.Context, who access.Actor, at web.Cursor, n int) (rows []SilentNeed, of map[CampaignID]Campaign, days law.Value, more bool, err error) {
	defer fault.Wrap(&err, "needs without an answer")
	if days, err = s.Law.Int(ctx, s.db, SilentDays, s.now()); err != nil {
		return nil, nil, days, false, err
	}
	if of, err = s.reportCampaigns(ctx, who); err != nil || len(of) == 0 {
		return nil, of, days, false, err
	}
	ids := make([]CampaignID, 0, len(of))
	for id := range of {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	if rows, err = s.reportRows(ctx, ids, days.Before(s.now()), at, n+1); err != nil {
		return nil, nil, days, false, err
	}
	if more = len(rows) > n; more {
		rows = rows[:n]
	}
	if at.Back {
		slices.Reverse(rows)
	}
	rows, err = s.reportStanding(ctx, rows)
	return rows, of, days, more, err
}

// reportMost is how many campaigns of one person are looked through: the latest.
const reportMost = 500

// reportCampaigns are the ranked campaigns that the actor plans with.
func (s *Service) reportCampaigns(ctx context.Context, who access.Actor) (map[CampaignID]Campaign, error) {
	if err := who.Must(access.PlanNeeds); err != nil {
		return nil, err
	}
	var all []Campaign
	err := s.db.Select(ctx, &all, `select `+CampaignColumns+` from needs_campaigns c where c.ranked_at > 0 and c.state in ('closed', 'ranked')
		order by c.school_year desc, c.id desc limit ?`, reportMost)
	if err != nil {
		return nil, err
	}
	of := map[CampaignID]Campaign{}
	for _, c := range all {
		switch err := Plans(ctx, who, c); {
		case err == nil:
			of[c.ID] = c
		case fault.KindOf(err) != fault.Forbidden && fault.KindOf(err) != fault.NotFound:
			return nil, err
		}
	}
	return of, nil
}

func (s *Service) reportRows(ctx context.Context, campaigns []CampaignID, before time.Time, at web.Cursor, n int) (rows []SilentNeed, err error) {
	made := int64(0)
	if at != (web.Cursor{}) {
		if made, err = strconv.ParseInt(at.Key, 10, 64); err != nil {
			return nil, fault.New(fault.BadRequest, "fault.cursor")
		}
	}
	side, order := "n.made_at > ? or n.made_at = ? and n.id > ?", "n.made_at, n.id"
	if at.Back {
		side, order = "n.made_at < ? or n.made_at = ? and n.id < ?", "n.made_at desc, n.id desc"
	}
	query, args, err := db.In(`select n.id, n.campaign, n.topic, n.made_at, coalesce(r.place, 0) as place, coalesce(r.heads, 0) as heads, coalesce(r.who, 0) as who
		from needs_needs n left join needs_ranks r on r.campaign = n.campaign and r.level = 'all' and r.unit = '' and r.topic = n.topic
		where n.settled = false and n.made_at <= ? and (`+side+`) and n.campaign in (?)
			and not exists (select 1 from needs_decisions d where d.need = n.id and d.state <> 'dropped')
		order by `+order+` limit ?`, before.Unix(), made, made, at.ID, campaigns, n)
	if err != nil {
		return nil, err
	}
	return rows, s.db.Select(ctx, &rows, query, args...)
}

// reportStanding leaves out needs whose topic was merged into another since:
// they are answered with the other one, to whose trace theirs is linked.
func (s *Service) reportStanding(ctx context.Context, rows []SilentNeed) ([]SilentNeed, error) {
	var topics []string
	for _, r := range rows {
		topics = append(topics, r.Topic)
	}
	read, err := s.Topics.Resolve(ctx, topics)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(rows, func(r SilentNeed) bool { return read[r.Topic] != "" && read[r.Topic] != r.Topic }), nil
}

// reportDays is how many whole days a need has waited.
func reportDays(made, now int64) int { return int(max(0, now-made) / (24 * 60 * 60)) }
