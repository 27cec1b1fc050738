package networks

import (
	"context"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// What stands on "Moje sprawy": how far ahead, and how many lines.
const (
	deskAhead   = 14 * 24 * time.Hour
	deskMost    = 8
	reportMonth = time.May // from its end on the report of a year can be written
)

func (s *Service) desk(r *web.Request) ([]web.DeskItem, error) {
	return s.deskItems(r.Context(), access.ActorOf(r.Request), r.L)
}

// deskItems is what waits for a person: as a member, for those they lead, for the
// center.
func (s *Service) deskItems(ctx context.Context, who access.Actor, l *i18n.L) (items []web.DeskItem, err error) {
	if !who.SignedIn() || who.Shared {
		return nil, nil
	}
	for _, part := range []func(context.Context, access.Actor, *i18n.L) ([]web.DeskItem, error){s.deskMember, s.deskLead, s.deskCenter} {
		more, err := part(ctx, who, l)
		if err != nil {
			return nil, err
		}
		items = append(items, more[:min(len(more), deskMost)]...)
	}
	return items, nil
}

// deskRow is one thing with the network that it belongs to.
type deskRow struct {
	Network ID     `db:"network"`
	Title   string `db:"title"`
	What    string `db:"what"`
	Thing   string `db:"thing"`
	At      int64  `db:"at"`
	Day     string `db:"day"`
	N       int    `db:"n"`
}

func (s *Service) deskRows(ctx context.Context, query string, args ...any) (rows []deskRow, err error) {
	return rows, s.db.Select(ctx, &rows, query+` limit 20`, args...)
}

// deskMember: invitations, dates to choose, meetings that come, tasks that are due.
func (s *Service) deskMember(ctx context.Context, who access.Actor, l *i18n.L) (items []web.DeskItem, err error) {
	if who.For != "" || !who.May(access.JoinNetworks) {
		return nil, nil
	}
	now := s.now()
	today, soon := dayOf(now), now.Add(deskAhead)
	add := func(rank int, key, tab string, query string, args ...any) {
		if err != nil {
			return
		}
		var rows []deskRow
		rows, err = s.deskRows(ctx, query, args...)
		for _, r := range rows {
			by := l.DateText(r.Day)
			if r.At > 0 {
				by = l.DateTime(time.Unix(r.At, 0).In(web.Warsaw))
			}
			items = append(items, web.DeskItem{Rank: rank, Title: l.T(key, "network", r.Title), Text: r.What, Href: Href(r.Network) + tab, By: by})
		}
	}
	const member = ` and exists (select 1 from networks_members m where m.network = n.id and m.person = ? and m.state = ?)`
	add(30, "networks.desk.invited", "", `select n.id as network, n.title, '' as what, '' as thing, 0 as at, '' as day, 0 as n from networks_networks n
		where n.state in (?, ?)`+member+` order by n.id`, Forming, Active, who.Person, Invited)
	add(35, "networks.desk.poll", tabPolls, `select n.id as network, n.title, p.title as what, p.id as thing, 0 as at, p.until as day, 0 as n from networks_polls p
		join networks_networks n on n.id = p.network where p.chosen = '' and p.until >= ? and n.state in (?, ?)`+member+`
		and not exists (select 1 from networks_votes v join networks_dates d on d.id = v.date where d.poll = p.id and v.person = ?) order by p.until, p.id`,
		today, Forming, Active, who.Person, Joined, who.Person)
	add(50, "networks.desk.meeting", tabPlan, `select n.id as network, n.title, x.title as what, x.id as thing, x.starts_at as at, '' as day, 0 as n from networks_meetings x
		join networks_networks n on n.id = x.network or n.id in (select l.network from networks_listed l where l.meeting = x.id)
		where x.state = ? and x.starts_at > ? and x.starts_at < ?`+member+` order by x.starts_at, n.id`, Planned, now.Unix(), soon.Unix(), who.Person, Joined)
	add(55, "networks.desk.task", tabPlan, `select n.id as network, n.title, t.title as what, t.id as thing, 0 as at, t.due as day, 0 as n from networks_tasks t
		join networks_networks n on n.id = t.network where t.due >= ? and t.due < ? and n.state = ?`+member+`
		and not exists (select 1 from networks_done d where d.task = t.id and d.person = ?) order by t.due, t.id`,
		today, dayOf(soon), Active, who.Person, Joined, who.Person)
	return items, err
}

// deskLead: requests, meetings that nobody wrote down, the report when its time
// comes.
func (s *Service) deskLead(ctx context.Context, who access.Actor, l *i18n.L) (items []web.DeskItem, err error) {
	at := places(who, access.LeadNetworks)
	if who.For != "" || len(at) == 0 {
		return nil, nil
	}
	now := s.now()
	mine := ` and n.center in (` + marksOf(len(at)) + `) and exists (select 1 from networks_leads l where l.network = n.id and l.person = ? and l.ended = 0)`
	args := func(first ...any) []any { return append(addPlaces(first, at), who.Person) }
	rows, err := s.deskRows(ctx, `select n.id as network, n.title, '' as what, '' as thing, 0 as at, '' as day,
		(select count(*) from networks_members m where m.network = n.id and m.state = ?) as n from networks_networks n
		where n.state in (?, ?) and exists (select 1 from networks_members m where m.network = n.id and m.state = ?)`+mine+` order by n.id`,
		args(Asked, Forming, Active, Asked)...)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		items = append(items, web.DeskItem{Rank: 30, Title: l.T("networks.desk.asked", "network", r.Title), Text: l.N("networks.desk.asked_text", r.N), Href: Href(r.Network) + tabMembers})
	}
	rows, err = s.deskRows(ctx, `select n.id as network, n.title, x.title as what, x.id as thing, 0 as at, '' as day, 0 as n from networks_meetings x
		join networks_networks n on n.id = x.network where x.state = ? and x.ends_at < ? and n.state = ?`+mine+` order by x.starts_at, x.id`,
		args(Planned, now.Unix(), Active)...)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		items = append(items, web.DeskItem{Rank: 32, Title: l.T("networks.desk.record", "network", r.Title), Text: r.What, Href: MeetingHref(r.Network, MeetingID(r.Thing))})
	}
	rows, err = s.deskRows(ctx, `select n.id as network, n.title, '' as what, '' as thing, 0 as at, '' as day, n.school_year as n from networks_networks n
		where n.state = ?`+mine+` order by n.id`, args(Active)...)
	for _, r := range rows {
		if reportDue(r.N, now) {
			items = append(items, web.DeskItem{Rank: 40, Title: l.T("networks.desk.report", "network", r.Title), Href: Href(r.Network) + tabReport, By: l.Date(yearEnds(r.N).AddDate(0, 0, -1))})
		}
	}
	return items, err
}

// reportDue tells whether the year of a network is near its end.
func reportDue(year int, now time.Time) bool {
	return !now.Before(time.Date(year+1, reportMonth, 31, 0, 0, 0, 0, web.Warsaw))
}

// deskCenter: networks without a coordinator, and finished reports to be read.
func (s *Service) deskCenter(ctx context.Context, who access.Actor, l *i18n.L) (items []web.DeskItem, err error) {
	at := places(who, access.RunNetworks)
	if len(at) == 0 {
		return nil, nil
	}
	query, args, err := db.In(`select n.id as network, n.title, n.state as what, '' as thing, 0 as at, '' as day, 0 as n from networks_networks n
		where n.center in (?) and (n.state = ? or n.state in (?, ?) and not exists (select 1 from networks_leads l where l.network = n.id and l.ended = 0 and l.duty = ?))
		order by n.id`, at, Reported, Forming, Active, Coordinator)
	if err != nil {
		return nil, err
	}
	rows, err := s.deskRows(ctx, query, args...)
	for _, r := range rows {
		item := web.DeskItem{Rank: 33, Title: l.T("networks.desk.leaderless", "network", r.Title), Href: Href(r.Network) + tabSettings}
		if State(r.What) == Reported {
			item = web.DeskItem{Rank: 42, Title: l.T("networks.desk.reported", "network", r.Title), Href: Href(r.Network) + tabReport}
		}
		items = append(items, item)
	}
	return items, err
}
