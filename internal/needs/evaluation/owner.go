package evaluation

import (
	"context"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/survey"
	"kladka/internal/platform/web"
)

// roundOwner answers package survey about our rounds.
type roundOwner struct{ s *Service }

func (o roundOwner) subject(ctx context.Context, rd survey.Round) (stored, error) {
	kind, id, _ := strings.Cut(rd.Object, "/")
	return storedByID(ctx, o.s.db, Kind(kind), id)
}

// Runs: nobody. The program opens and closes these rounds; whoever is rated must
// not be able to end or drop one that goes badly.
func (roundOwner) Runs(context.Context, *web.Request, survey.Round) error {
	return fault.New(fault.Forbidden, "evaluation.fault.program")
}

// Sees: the center, and those who led.
func (o roundOwner) Sees(ctx context.Context, r *web.Request, rd survey.Round) error {
	sub, err := o.subject(ctx, rd)
	if err != nil {
		return err
	}
	_, err = o.s.sees(ctx, access.ActorOf(r.Request), sub)
	return err
}

// Eligible: nobody but those who were there, and they are on the list.
func (roundOwner) Eligible(context.Context, *web.Request, survey.Round) (string, error) {
	return "", fault.New(fault.Forbidden, "evaluation.fault.not_there")
}

// PaperAt: there is no paper.
func (roundOwner) PaperAt(context.Context, *web.Request, survey.Round) ([]string, error) {
	return nil, nil
}

// Page is the page of what people are asked about; they read it as participants.
func (o roundOwner) Page(l *i18n.L, rd survey.Round) web.Link {
	kind, id, _ := strings.Cut(rd.Object, "/")
	link := web.Link{Text: l.T("evaluation.matter." + kind)}
	if from := o.s.Subjects[Kind(kind)]; from != nil {
		link.Href, _ = from.Paths(id)
	}
	return link
}

// Next says when the figures will be there, and that we ask again.
func (o roundOwner) Next(ctx context.Context, l *i18n.L, rd survey.Round, _ string) (web.Step, error) {
	x, _, err := o.s.roundByID(ctx, o.s.db, rd.ID)
	if err != nil {
		return web.Step{}, err
	}
	href := PublicPath
	if x.Kind == Meeting {
		href = o.Page(l, rd).Href // of meetings there are no public sums
	}
	return web.Step{What: l.T("evaluation.next." + string(formOf(x.Kind, x.Stage))), Who: l.T(texts(x.Kind, "evaluation.next.who")),
		When: l.T("evaluation.next.when", "date", l.Date(time.Unix(rd.ClosesAt, 0).In(web.Warsaw))), Href: href}, nil
}

// Desk is a round that waits on somebody's desk, with the name of what it is
// about. Package survey knows the title of the questionnaire alone.
func (o roundOwner) Desk(ctx context.Context, l *i18n.L, rd survey.Round) (web.DeskItem, error) {
	x, sub, err := o.s.roundByID(ctx, o.s.db, rd.ID)
	if err != nil {
		return web.DeskItem{}, err
	}
	return web.DeskItem{Rank: 45, Title: l.T("evaluation.desk."+string(formOf(x.Kind, x.Stage)), "title", sub.Title), Text: l.T("evaluation.desk.text"),
		Href: survey.Path(rd.ID), By: l.Date(day(rd.ClosesAt - 1))}, nil
}

// About is what was rated, and the page that participants have of it.
func (o roundOwner) About(ctx context.Context, l *i18n.L, rd survey.Round) (web.Link, error) {
	sub, err := o.subject(ctx, rd)
	return web.Link{Text: sub.Title, Href: o.Page(l, rd).Href}, err
}

// Opened: the round is closed.
func (o roundOwner) Opened(ctx context.Context, tx *db.Tx, rd survey.Round) error {
	return closedIn(ctx, tx, rd.ID)
}
