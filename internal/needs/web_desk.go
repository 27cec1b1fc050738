package needs

import (
	"context"
	"slices"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/survey"
	"kladka/internal/platform/web"
)

// Ranks on the desk: what has a date stands before what only waits.
const (
	deskSay     = 12
	deskOpening = 15
	deskWords   = 22
	deskAdvise  = 45
)

// answerDesk is what the person may still say in open campaigns.
func (s *Service) answerDesk(r *web.Request) (items []web.DeskItem, err error) {
	who := access.ActorOf(r.Request)
	if !who.May(access.DeclareNeeds) && !who.May(access.AnswerNeeds) && !who.May(access.AdviseNeeds) {
		return nil, nil
	}
	open, err := s.answerOpen(r.Context())
	if err != nil {
		return nil, err
	}
	for _, c := range open {
		more, err := s.answerItems(r.Context(), r.L, who, c)
		if err != nil {
			return nil, err
		}
		items = append(items, more...)
	}
	return items, nil
}

func (s *Service) answerOpen(ctx context.Context) ([]Campaign, error) {
	now := s.now().Unix()
	return campaignList(ctx, s.db, `c.state = ? and c.opens_at <= ? and c.closes_at > ?`, Open, now, now)
}

// answerItems are what one campaign asks of the actor and has not got.
func (s *Service) answerItems(ctx context.Context, l *i18n.L, who access.Actor, c Campaign) (items []web.DeskItem, err error) {
	by := campaignUntil(l, c)
	due, _, err := s.declareDue(ctx, who, c)
	if err != nil {
		return nil, err
	}
	if len(due) > 3 {
		items = append(items, web.DeskItem{Rank: deskSay, Title: l.N("needs.answer.desk.many", len(due)), Text: c.Title, Href: declarePath(c.ID), By: by})
		due = nil
	}
	names, err := s.seatNames(ctx, due)
	if err != nil {
		return nil, err
	}
	for _, x := range due {
		key := string(x.As)
		if !x.Send {
			key = "prepare"
		}
		items = append(items, web.DeskItem{Rank: deskSay, Title: l.T("needs.answer.desk." + key), Text: names[x.Institution] + " · " + c.Title,
			Href: declareHref(c.ID, x.Institution, x.As), By: by})
	}
	if who.For == "" {
		open, answered, err := s.personalOpen(ctx, who, c, s.now())
		if err != nil {
			return nil, err
		}
		if open && !answered {
			items = append(items, web.DeskItem{Rank: deskSay, Title: l.T("needs.answer.desk.person"), Text: l.T("needs.answer.desk.person_" + string(c.Mode)),
				Href: survey.Path(c.Round), By: by})
		}
	}
	if who.May(access.AdviseNeeds) {
		wrote, err := s.adviseWrote(ctx, who, c.ID)
		if err != nil {
			return nil, err
		}
		if len(wrote) == 0 {
			items = append(items, web.DeskItem{Rank: deskAdvise, Title: l.T("needs.answer.desk.adviser"), Text: c.Title, Href: answerVisitPath(c.ID), By: by})
		}
	}
	return items, nil
}

// campaignDesk is that, and what waits for those who run campaigns.
func (s *Service) campaignDesk(r *web.Request) (items []web.DeskItem, err error) {
	ctx, l, who := r.Context(), r.L, access.ActorOf(r.Request)
	if items, err = s.answerDesk(r); err != nil || !who.May(access.PlanNeeds) {
		return items, err
	}
	over, err := campaignList(ctx, s.db, `c.state in (?, ?) and c.closes_at > ?`, Closed, Ranked, s.now().AddDate(-1, 0, 0).Unix())
	if err != nil {
		return nil, err
	}
	for _, c := range over {
		if err := Plans(ctx, who, c); err != nil {
			if fault.As(err) == nil {
				return nil, err
			}
			continue
		}
		n, err := textsWaiting(ctx, s.db, c.ID)
		if err != nil {
			return nil, err
		}
		if n > 0 {
			items = append(items, web.DeskItem{Rank: deskWords, Title: l.N("needs.campaign.desk.words", n), Text: c.Title, Href: CampaignHref(c.ID) + "/wlasnymi-slowami"})
		}
		if c.State != Closed || c.Round == "" || c.Mode != survey.Anonymous || Runs(ctx, who, c) != nil {
			continue
		}
		rd, err := s.Surveys.RoundByID(ctx, s.db, c.Round)
		if err != nil {
			return nil, err
		}
		if rd.State == survey.Closed {
			items = append(items, web.DeskItem{Rank: deskOpening, Title: l.T("needs.campaign.desk.opening"), Text: c.Title, Href: survey.Path(c.Round) + "/otwarcie"})
		}
	}
	return items, nil
}

// campaignFirst advises those who may ask to begin with a campaign.
func (s *Service) campaignFirst(r *web.Request) ([]web.StepItem, error) {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	if !who.May(access.RunNeeds) || who.For != "" {
		return nil, nil
	}
	var n int
	err := s.db.Get(ctx, &n, `select count(*) from needs_campaigns where created_by = ?`, who.Person)
	return []web.StepItem{{Rank: 60, Title: r.L.T("needs.campaign.first"), Text: r.L.T("needs.campaign.first_text"), Href: CampaignPath, Done: n > 0}}, err
}

// campaignDoorway stands on the front page while something is asked.
func (s *Service) campaignDoorway(r *web.Request) ([]web.Doorway, error) {
	open, err := s.answerOpen(r.Context())
	if err != nil || len(open) == 0 {
		return nil, err
	}
	last := slices.MinFunc(open, func(a, b Campaign) int { return int(a.ClosesAt - b.ClosesAt) })
	return []web.Doorway{{Rank: 16, Title: r.L.T("needs.title"), Text: r.L.T("needs.campaign.door"), Href: Path,
		Figure: r.L.T("needs.campaign.until", "date", campaignUntil(r.L, last))}}, nil
}

// campaignOwn puts what the reader may say, and what they said, on the page of a campaign.
func (s *Service) campaignOwn(r *web.Request, c Campaign, p *campaignPage) (err error) {
	ctx, l, who := r.Context(), r.L, access.ActorOf(r.Request)
	now := s.now()
	if c.State == Draft {
		return nil
	}
	if c.State == Open && now.Unix() < c.ClosesAt {
		if p.Own, err = s.answerItems(ctx, l, who, c); err != nil {
			return err
		}
	}
	seats, err := s.declareSeats(ctx, who, c.ID)
	if err != nil {
		return err
	}
	names, err := s.seatNames(ctx, seats)
	if err != nil {
		return err
	}
	for _, x := range seats {
		d, err := declarationAt(ctx, s.db, c.ID, x.Institution, x.As)
		if fault.KindOf(err) == fault.NotFound {
			continue
		}
		if err != nil {
			return err
		}
		if d.Sent {
			text := l.T("needs.answer.said", "as", l.T("needs.as."+string(x.As)), "name", names[x.Institution], "date", l.Date(time.Unix(d.SentAt, 0).In(web.Warsaw)))
			p.Said = append(p.Said, web.Link{Text: text, Href: declareHref(c.ID, x.Institution, x.As)})
		}
	}
	if err := s.campaignRoundLinks(r, c, p); err != nil {
		return err
	}
	if _, _, err := s.interestMay(ctx, who, c.ID); err == nil {
		p.Interest = interestPath(c.ID)
	} else if fault.As(err) == nil {
		return err
	}
	return nil
}

// campaignRoundLinks lead to the pages of the round: paper forms and the link of
// the staff room for whoever keeps the roll, how it goes for whoever runs it.
func (s *Service) campaignRoundLinks(r *web.Request, c Campaign, p *campaignPage) error {
	if c.Round == "" || c.State == Dropped {
		return nil
	}
	if p.Runs {
		p.Links = append(p.Links, web.Link{Text: r.L.T("needs.campaign.round"), Href: survey.Path(c.Round) + "/przebieg"})
	}
	if c.State != Open || !access.ActorOf(r.Request).May(access.EnterPapers) {
		return nil
	}
	units, err := s.Owner().PaperAt(r.Context(), r, survey.Round{Object: string(c.ID)})
	if err == nil && len(units) > 0 {
		p.Links = append(p.Links, web.Link{Text: r.L.T("needs.campaign.paper"), Href: survey.Path(c.Round) + "/papier"})
	}
	return err
}
