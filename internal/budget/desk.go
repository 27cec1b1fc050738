package budget

import (
	"kladka/internal/access"
	"kladka/internal/platform/web"
)

// editionDesk puts on "Moje sprawy": of one's own school or office the editions
// that take projects or votes now, and for those who run them what keeps one
// from going on.
func (s *Service) editionDesk(r *web.Request) (items []web.DeskItem, err error) {
	ctx, who, now := r.Context(), access.ActorOf(r.Request), s.now()
	if !who.SignedIn() {
		return nil, nil
	}
	list, err := s.ownEditions(ctx, who)
	if err != nil {
		return nil, err
	}
	for _, e := range list {
		if phase := e.Phase(now); phase == PhaseFiling || phase == PhaseVoting {
			day, _ := e.until(r.L, now)
			items = append(items, web.DeskItem{Rank: 40, Title: r.L.T("budget.desk."+string(phase), "title", e.Title), Href: Href(e.ID), By: day})
		}
		if s.Runs(ctx, who, e) != nil {
			continue
		}
		if item, waits, err := s.runnerItem(r, e); err != nil {
			return nil, err
		} else if waits {
			items = append(items, item)
		}
	}
	return items, nil
}

// runnerItem is what waits for whoever runs an edition: a draft to be announced,
// a freeze, obstacles before a vote, what is due before its end, a count.
func (s *Service) runnerItem(r *web.Request, e Edition) (item web.DeskItem, waits bool, err error) {
	l, phase := r.L, e.Phase(s.now())
	item = web.DeskItem{Rank: 35, Href: Href(e.ID)}
	switch {
	case e.State == Draft:
		item.Title = l.T("budget.desk.draft", "title", e.Title)
		return item, true, nil
	case phase == PhaseDrawing:
		item.Rank, item.Title, item.By = 20, l.T("budget.desk.freeze", "title", e.Title), moment(l, e.Rules.Calendar.VoteFrom)
		return item, true, nil
	case phase == PhaseReady:
		list, err := s.Obstacles(r.Context(), s.db, e)
		item.Rank, item.Title, item.By = 15, l.T("budget.desk.obstacles", "title", e.Title), moment(l, e.Rules.Calendar.VoteFrom)
		return item, len(list) > 0, err
	case phase == PhaseVoting:
		list, err := s.dueIn(r.Context(), e)
		item.Rank, item.Title, item.By = 15, l.T("budget.desk.due", "title", e.Title), EndWords(l, e.Rules.Calendar.VoteTo)
		return item, len(list) > 0, err
	case phase == PhaseCounting:
		item.Rank, item.Title, item.By = 15, l.T("budget.desk.count", "title", e.Title), dayText(l, e.Rules.Calendar.ResultsBy)
		return item, true, nil
	}
	return item, false, nil
}
