package training

import (
	"context"
	"slices"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/web"
)

// AskForPaper is for package papers: lacks tells whether a paper for the
// enrollment would lack words of its holder. Call it while the program is put
// together.
func (s *Service) AskForPaper(lacks func(ctx context.Context, id EnrollmentID) (bool, error)) {
	s.lacks = lacks
}

// placeAsks is what the page asks of the person now: the code of a meeting that
// runs, papers of the application, or words for the paper at the end. What is
// asked first is the next step.
func (s *Service) placeAsks(r *web.Request, h Holder, e Enrollment, t Training, all []Meeting, p *placePage) (err error) {
	l, you := r.L, r.L.T("training.people.you")
	if p.Papers, p.Lacking, err = s.placePapers(r.Context(), l, e, t, p.Base); err != nil {
		return err
	}
	if p.Lacking > 0 && e.State == Applied && e.sends(t) {
		p.Next = web.Step{What: l.N("training.people.next.papers", p.Lacking), Who: you, Href: "#dokumenty-zgloszenia"}
	}
	if err := s.placePaperPage(r, h, e, t, p); err != nil {
		return err
	}
	if p.Presence, err = s.presenceOpen(r, h, e, t, all); err != nil || len(p.Presence) == 0 {
		return err
	}
	p.Next = web.Step{What: l.T("training.people.next.code"), Who: you, Href: p.Presence[0].Href}
	return nil
}

// presenceOpen are the meetings of the person whose code is taken now, but for
// those at which they are marked already.
func (s *Service) presenceOpen(r *web.Request, h Holder, e Enrollment, t Training, all []Meeting) (links []web.Link, err error) {
	now := s.now()
	for _, m := range all {
		if !lists(m, e) || codeRefused(t, m, now) != nil {
			continue
		}
		mark, refused, err := standing(r.Context(), s.db, m, e)
		if err != nil {
			return nil, err
		}
		if mark == "" && refused == nil {
			at := time.Unix(m.StartsAt, 0).In(web.Warsaw).Format("15:04")
			links = append(links, web.Link{Text: r.L.T("training.people.code", "time", at), Href: PresenceLink(m.ID, e.ID, h.Key)})
		}
	}
	return links, nil
}

// placePaperPage leads to the page of the paper, from completion on.
func (s *Service) placePaperPage(r *web.Request, h Holder, e Enrollment, t Training, p *placePage) error {
	l, door := r.L, "GET "+EnrollPath+"/{id}/dokument"
	if h.Key != "" {
		door = "GET " + EnrollPath + "/{id}/{key}/dokument"
	}
	if !slices.Contains([]State{Completed, Issued}, e.State) || !access.HasDoor(r, door) {
		return nil
	}
	if t.Paper == NoPaper && e.State == Completed {
		p.Next = web.Step{What: l.T("training.people.next.no_paper")}
		return nil
	}
	p.Paper, p.PaperText = p.Base+"/dokument", l.T("training.people.paper")
	if e.State == Issued {
		p.Next.Href, p.Next.Who = p.Paper, l.T("training.people.you")
		return nil
	}
	p.PaperText = l.T("training.people.paper_data")
	if s.lacks == nil {
		return nil
	}
	missing, err := s.lacks(r.Context(), e.ID)
	if err == nil && missing {
		p.PaperText = l.T("training.people.paper_ask")
		p.Next = web.Step{What: l.T("training.people.next.paper_ask"), Who: l.T("training.people.you"), Href: p.Paper}
	}
	return err
}
