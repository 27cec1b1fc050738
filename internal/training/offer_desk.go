package training

import (
	"context"

	"kladka/internal/access"
	"kladka/internal/platform/web"
)

// soon is how long before enrollment ends the officer hears of few people, in
// seconds.
const soon = 3 * 24 * 60 * 60

// offerDesk puts on the desks of those who run trainings: decisions that are
// due, enrollment that ends soon with too few people, drafts that wait.
func (s *Service) offerDesk(r *web.Request) ([]web.DeskItem, error) {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	if !who.May(access.ManageTrainings) {
		return nil, nil
	}
	var items []web.DeskItem
	for _, center := range centers(ctx, who) {
		due, few, err := s.pressing(ctx, center)
		if err != nil {
			return nil, err
		}
		for _, d := range due {
			items = append(items, web.DeskItem{Rank: 8, Title: r.L.T("training.offer.desk.decide", "title", d.Title), Href: DeskPath(d.ID) + "/decyzja",
				Text: r.L.T("training.offer.desk.decide_text", "people", d.crowd.In, "min", d.MinPeople), By: offerMoment(r.L, d.DecideAt)})
		}
		for _, d := range few {
			items = append(items, web.DeskItem{Rank: 18, Title: r.L.T("training.offer.desk.few", "title", d.Title), Href: DeskPath(d.ID),
				Text: r.L.T("training.offer.desk.few_text", "people", d.crowd.In, "min", d.MinPeople), By: offerMoment(r.L, d.EnrollUntil)})
		}
		var n int
		if err := s.db.Get(ctx, &n, `select count(*) from training_trainings where center = ? and state = ?`, center, Draft); err != nil {
			return nil, err
		}
		if n > 0 {
			items = append(items, web.DeskItem{Rank: 30, Title: r.L.N("training.offer.desk.drafts", n), Text: r.L.T("training.offer.desk.drafts_text"),
				Href: CenterPath + "?osrodek=" + string(center)})
		}
	}
	return items, nil
}

// pressed is a training with too few people.
type pressed struct {
	Training
	crowd Crowd
}

// pressing are the trainings of a center ("" for all) about which something is
// to be done for want of people: to decide, or to gather more.
func (s *Service) pressing(ctx context.Context, center access.InstitutionID) (due, few []pressed, err error) {
	now := s.now()
	var all []Training
	text := `select ` + Columns + ` from training_trainings t where t.state = ? and t.min_people > 0 and t.decided = '' and t.starts_at > ?
		and (t.decide_at > 0 and t.decide_at <= ? or t.enroll_until > ? and t.enroll_until <= ?)`
	args := []any{Published, now.Unix(), now.Add(decideNear).Unix(), now.Unix(), now.Unix() + soon}
	if center != "" {
		text, args = text+` and t.center = ?`, append(args, center)
	}
	if err := s.db.Select(ctx, &all, text+` order by t.decide_at, t.id limit 500`, args...); err != nil {
		return nil, nil, err
	}
	ids := make([]ID, 0, len(all))
	for _, t := range all {
		ids = append(ids, t.ID)
	}
	crowds, err := Crowds(ctx, s.db, ids...)
	if err != nil {
		return nil, nil, err
	}
	for _, t := range all {
		d := decisionOf(t, crowds[t.ID], now)
		switch {
		case d.Due:
			due = append(due, pressed{t, crowds[t.ID]})
		case d.Below:
			few = append(few, pressed{t, crowds[t.ID]})
		}
	}
	return due, few, nil
}
