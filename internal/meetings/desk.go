package meetings

import (
	"context"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/web"
)

// desk puts on "Moje sprawy": invitations without an answer, topics that wait
// for a decision, programs that wait for an expert, and meetings that nobody
// convened.
func (s *Service) desk(r *web.Request) (items []web.DeskItem, err error) {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	if !who.SignedIn() || who.Shared {
		return nil, nil
	}
	if items, err = s.deskSeats(ctx, r, who); err != nil {
		return nil, err
	}
	if err := s.deskExpert(ctx, r, who, &items); err != nil {
		return nil, err
	}
	if err := s.deskRecord(ctx, r, who, &items); err != nil {
		return nil, err
	}
	if who.May(access.RunMeetings) {
		err = s.deskRun(ctx, r, who, &items)
	}
	return items, err
}

// deskRecord are the meetings whose minutes wait to be written or sent, for
// those who record where they were held, and those of today.
func (s *Service) deskRecord(ctx context.Context, r *web.Request, who access.Actor, items *[]web.DeskItem) error {
	var at []access.InstitutionID
	for _, h := range who.Roles {
		if h.Institution != "" && h.Role.Gives(access.RecordMeetings) {
			at = append(at, h.Institution)
		}
	}
	if len(at) == 0 {
		return nil
	}
	now := s.now()
	query, args, err := db.In(`select `+MeetingColumns+` from meetings_meetings m where m.owner in (?) and (m.state = ? or m.state = ? and m.starts_at < ?)
		order by m.starts_at, m.id limit 5`, at, Held, Convened, now.Add(12*time.Hour).Unix())
	if err != nil {
		return err
	}
	var rows []Meeting
	err = s.db.Select(ctx, &rows, query, args...)
	for _, m := range rows {
		*items = append(*items, web.DeskItem{Rank: 28, Title: r.L.T("meetings.desk.minutes", "title", m.Title), Text: span(r.L, m), Href: MinutesHref(m.ID)})
	}
	return err
}

func (s *Service) deskSeats(ctx context.Context, r *web.Request, who access.Actor) (items []web.DeskItem, err error) {
	at := []access.InstitutionID{""}
	for _, h := range who.Roles {
		if h.Institution != "" && h.Role.Gives(access.JoinMeetings) {
			at = append(at, h.Institution)
		}
	}
	query, args, err := db.In(`select `+MeetingColumns+` from meetings_meetings m where m.state in (?, ?, ?) and m.starts_at > ? and exists (
		select 1 from meetings_invitations v where v.meeting = m.id and v.reply = '' and (v.person = ? or v.id in (
			select u.invitation from meetings_units u where u.meeting = m.id and u.unit in (?)))) order by m.starts_at, m.id limit 5`,
		AgendaOpen, AgendaClosed, Convened, s.now().Unix(), speaks(who), at)
	if err != nil {
		return nil, err
	}
	var rows []Meeting
	err = s.db.Select(ctx, &rows, query, args...)
	for _, m := range rows {
		items = append(items, web.DeskItem{Rank: 30, Title: r.L.T("meetings.desk.answer", "title", m.Title), Text: span(r.L, m), Href: Href(m.ID), By: until(r.L, m.ReplyUntil)})
	}
	return items, err
}

func (s *Service) deskExpert(ctx context.Context, r *web.Request, who access.Actor, items *[]web.DeskItem) error {
	var rows []Meeting
	err := s.db.Select(ctx, &rows, `select `+MeetingColumns+` from meetings_meetings m where m.experts_until > ? and m.state <> ? and exists (
		select 1 from meetings_experts e where e.meeting = m.id and e.person = ? and e.opinion_at = 0) order by m.starts_at, m.id limit 5`, s.now().Unix(), Canceled, speaks(who))
	for _, m := range rows {
		*items = append(*items, web.DeskItem{Rank: 35, Title: r.L.T("meetings.desk.expert", "title", m.Title), Text: span(r.L, m), Href: ProgramHref(m.ID), By: until(r.L, m.ExpertsUntil)})
	}
	return err
}

// deskRun is what waits for those who run meetings where the right is held.
func (s *Service) deskRun(ctx context.Context, r *web.Request, who access.Actor, items *[]web.DeskItem) error {
	owners, err := s.owners(r)
	if err != nil || len(owners) == 0 {
		return err
	}
	var ids []string
	for _, o := range owners {
		ids = append(ids, o.Value)
	}
	query, args, err := db.In(`select count(*) from meetings_topics where state = ? and owner in (?)`, Proposed, ids)
	if err != nil {
		return err
	}
	n := 0
	if err := s.db.Get(ctx, &n, query, args...); err != nil {
		return err
	}
	if n > 0 {
		*items = append(*items, web.DeskItem{Rank: 45, Title: r.L.T("meetings.desk.topics"), Text: r.L.N("meetings.desk.topics_text", n), Href: TopicsPath + "?stan=" + string(Proposed)})
	}
	soon := s.now().Add(7 * 24 * time.Hour).Unix()
	if query, args, err = db.In(`select `+MeetingColumns+` from meetings_meetings m where m.state = ? and m.starts_at < ? and m.owner in (?) order by m.starts_at, m.id limit 5`, AgendaClosed, soon, ids); err != nil {
		return err
	}
	var rows []Meeting
	err = s.db.Select(ctx, &rows, query, args...)
	for _, m := range rows {
		*items = append(*items, web.DeskItem{Rank: 25, Title: r.L.T("meetings.desk.convene", "title", m.Title), Text: span(r.L, m), Href: Href(m.ID)})
	}
	return err
}

// notePrint writes into the log that a list of names was printed.
func (s *Service) notePrint(ctx context.Context, who access.Actor, m Meeting) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "meetings.print", Object: "meeting", ObjectID: string(m.ID), Institution: string(m.Owner), Read: true}, s.now())
	})
}
