package talk

import (
	"context"
	"slices"

	"kladka/internal/access"
	"kladka/internal/networks"
	"kladka/internal/platform/db"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

func (s *Service) desk(r *web.Request) ([]web.DeskItem, error) {
	return s.deskItems(r.Context(), access.ActorOf(r.Request), r.L)
}

// deskItems are the networks that somebody leads in which a report waits.
func (s *Service) deskItems(ctx context.Context, who access.Actor, l *i18n.L) (items []web.DeskItem, err error) {
	at := centers(who)
	if !who.SignedIn() || who.Shared || len(at) == 0 {
		return nil, nil
	}
	query, args, err := db.In(`select distinct t.network from talk_reports r join talk_posts p on p.id = r.post join talk_threads t on t.id = p.thread
		where r.state = ? and t.center in (?) and p.author <> ? order by t.network limit 20`, reportOpen, at, who.Person)
	if err != nil {
		return nil, err
	}
	var list []networks.ID
	if err := s.db.Select(ctx, &list, query, args...); err != nil {
		return nil, err
	}
	for _, id := range list {
		n, st, err := s.Place.Find(ctx, who, id)
		switch {
		case refused(err) || err == nil && !st.Leads:
			continue
		case err != nil:
			return nil, err
		}
		items = append(items, web.DeskItem{Rank: 31, Title: l.T("talk.desk.reported", "network", n.Title), Href: networks.TalkHref(id) + reportsTab})
	}
	return items, nil
}

// centers are those for whose networks the actor may lead.
func centers(who access.Actor) (list []access.InstitutionID) {
	for _, h := range who.Roles {
		if (h.Role.Gives(access.RunNetworks) || h.Role.Gives(access.LeadNetworks)) && h.Institution != "" && !slices.Contains(list, h.Institution) {
			list = append(list, h.Institution)
		}
	}
	return list
}
