package meetings

import (
	"context"

	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// agendaActions is how many open tasks an agenda lists.
const agendaActions = 50

// openBefore is what an agenda begins with: decisions of the series that still
// stand open, and tasks of its earlier meetings that nobody has ended.
func (s *Service) openBefore(ctx context.Context, l *i18n.L, m Meeting) ([]web.Link, error) {
	decisions, err := s.openDecisions(ctx, l, m)
	if err != nil {
		return nil, err
	}
	tasks, err := s.openActions(ctx, l, m)
	return append(decisions, tasks...), err
}

// openActions are the tasks given before a meeting, those due first. Who shall
// do them is told on their own pages.
func (s *Service) openActions(ctx context.Context, l *i18n.L, m Meeting) (links []web.Link, err error) {
	var list []Action
	err = s.db.Select(ctx, &list, `select `+actionColumns+` from meetings_actions c where c.series = ? and c.state = ? and c.meeting <> ? and c.at < ?
		order by c.due_at, c.id limit ?`, m.Series, ActionOpen, m.ID, m.EndsAt, agendaActions)
	for _, a := range list {
		links = append(links, web.Link{Text: l.T("meetings.item.open_action", "what", shortened(a.What), "day", l.DateText(a.DueOn)), Href: ActionHref(a.Meeting, a.ID)})
	}
	return links, err
}

// openDecisions are the decisions with which an agenda begins: those of the
// series that still stand open. Of a meeting that is over they are those taken
// before it, as far as nobody has settled them since.
func (s *Service) openDecisions(ctx context.Context, l *i18n.L, m Meeting) (links []web.Link, err error) {
	list, err := StandingDecisions(ctx, s.db, m.Series)
	for _, d := range list {
		if d.Meeting != m.ID && d.At < m.EndsAt {
			links = append(links, web.Link{Text: l.T("meetings.item.open_decision", "number", d.Number(), "title", d.Title), Href: DecisionHref(d.Meeting, d.ID)})
		}
	}
	return links, err
}
