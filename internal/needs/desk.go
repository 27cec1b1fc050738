package needs

import (
	"context"
	"slices"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// What stands on "Moje sprawy": how long an answer stays new, and how many are
// shown.
const (
	deskDays = 30
	deskMost = 5
	deskLook = 400 // of the newest decisions
)

// needDesk puts on a desk what was decided about needs that the person or their
// institution reported, and, for those who carry it out, how many orders wait.
func (s *Service) needDesk(r *web.Request) ([]web.DeskItem, error) {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	if !who.SignedIn() || who.Shared {
		return nil, nil
	}
	items, err := s.deskAnswers(ctx, who, r.L)
	if err != nil {
		return nil, err
	}
	n, err := s.deskOrders(ctx, who)
	if err == nil && n > 0 {
		items = append(items, web.DeskItem{Rank: 40, Title: r.L.T("needs.desk.orders"), Text: r.L.N("needs.desk.orders_text", n), Href: OrdersPath})
	}
	return items, err
}

// deskRow is a decision of the last days.
type deskRow struct {
	Decision
	Campaign CampaignID `db:"campaign"`
	Topic    string     `db:"topic"`
}

func (s *Service) deskAnswers(ctx context.Context, who access.Actor, l *i18n.L) (items []web.DeskItem, err error) {
	var rows []deskRow
	err = s.db.Select(ctx, &rows, `select d.id, d.need, d.kind, d.title, d.at, n.campaign, n.topic from needs_decisions d join needs_needs n on n.id = d.need
		where d.at > ? order by d.at desc, d.id desc limit ?`, s.now().Add(-deskDays*24*time.Hour).Unix(), deskLook)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	mine, err := s.deskMine(ctx, who, rows)
	if err != nil {
		return nil, err
	}
	var topics []string
	rows = slices.DeleteFunc(rows, func(d deskRow) bool { return !mine[d.Need] })
	rows = rows[:min(len(rows), deskMost)]
	for _, d := range rows {
		topics = append(topics, d.Topic)
	}
	names, err := s.Topics.Names(ctx, l, topics)
	for _, d := range rows {
		items = append(items, web.DeskItem{Rank: 60, Title: l.T("needs.desk.answer", "topic", names[d.Topic]),
			Text: l.T("needs.desk.text."+string(d.Kind), "title", d.Title), Href: NeedHref(d.Need)})
	}
	return items, err
}

// deskMine are those needs that institutions of the actor declared, or of which
// the actor asked to be told.
func (s *Service) deskMine(ctx context.Context, who access.Actor, rows []deskRow) (map[NeedID]bool, error) {
	mine := map[NeedID]bool{}
	var heads []access.InstitutionID
	for _, h := range who.Roles {
		if h.Institution != "" && h.Role.Gives(access.DeclareNeeds) && !slices.Contains(heads, h.Institution) {
			heads = append(heads, h.Institution)
		}
	}
	places, err := s.Directory.Led(ctx, heads)
	if err != nil {
		return nil, err
	}
	needs := make([]NeedID, len(rows))
	for n, d := range rows {
		needs[n] = d.Need
	}
	if len(places) > 0 {
		var found []NeedID
		query, args, err := db.In(`select distinct need from needs_ranks where need in (?) and level = ? and unit in (?)`, needs, OfOne, places[:min(len(places), 200)])
		if err != nil {
			return nil, err
		}
		if err := s.db.Select(ctx, &found, query, args...); err != nil {
			return nil, err
		}
		for _, id := range found {
			mine[id] = true
		}
	}
	if who.For != "" {
		return mine, nil
	}
	var found []NeedID
	query, args, err := db.In(`select n.id from needs_needs n join needs_interest i on i.campaign = n.campaign and i.person = ? and i.topic = n.topic where n.id in (?)`, who.Person, needs)
	if err != nil {
		return nil, err
	}
	err = s.db.Select(ctx, &found, query, args...)
	for _, id := range found {
		mine[id] = true
	}
	return mine, err
}

// deskOrders counts what waits at the centers of the actor. The association sees
// the list in its own time.
func (s *Service) deskOrders(ctx context.Context, who access.Actor) (n int, err error) {
	places, _ := planPlaces(who)
	if len(places) == 0 {
		return 0, nil
	}
	query, args, err := db.In(`select count(*) from needs_orders where center in (?) and state = ?`, places, orderPlanned)
	if err != nil {
		return 0, err
	}
	return n, s.db.Get(ctx, &n, query, args...)
}
