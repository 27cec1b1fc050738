package training

import (
	"context"
	"strconv"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// firstReason says who enrolls before the others and until when, nil when
// nobody does (any more). Which institutions those are is not said: what an
// institution named is an opinion.
func firstReason(l *i18n.L, t Training, now time.Time) *web.Reason {
	if t.State != Published || t.FirstUntil <= now.Unix() {
		return nil
	}
	return &web.Reason{Text: l.T("training.people.first", "until", toldMoment(l, t.FirstUntil)), Rule: l.T("training.people.first.rule")}
}

// firstShown is that for a form. Fail is why this reader may not enroll yet: it
// then stands in the place of the form, and any other error is handed back.
func (s *Service) firstShown(r *web.Request, t Training, closed *string, fail error) (*web.Reason, error) {
	why := firstReason(r.L, t, s.now())
	switch {
	case fail == nil:
		return why, nil
	case fault.KindOf(fail) != fault.Conflict:
		return nil, fail
	case *closed == "" && why != nil:
		*closed = r.L.T("training.people.first.wait", "from", toldMoment(r.L, t.FirstUntil))
		if fault.As(fail).Key == "training.queue.fault.first_guest" {
			*closed = r.L.T("training.people.first.wait_guest", "from", toldMoment(r.L, t.FirstUntil))
		}
	}
	return why, nil
}

// mustWait tells whether the reader is known to be none of those who go first. A
// stranger may be one who did not sign in yet: the page of the form says so.
func (s *Service) mustWait(ctx context.Context, who access.Actor, t Training) (bool, error) {
	if !who.SignedIn() {
		return false, nil
	}
	err := s.firstFor(ctx, who, t)
	if fault.KindOf(err) == fault.Conflict {
		return true, nil
	}
	return false, err
}

// drawFirst shows those who run a training how many enroll first, never who.
func (s *Service) drawFirst(ctx context.Context, _ access.Actor, p *offerPage) (err error) {
	p.Tells = false // nobody who is in it is concerned
	if p.First, err = countFirst(ctx, s.db, p.Of.ID); err == nil && p.V.Get("dni") == "" {
		p.V.Set("dni", strconv.Itoa(p.Of.FirstDays))
	}
	return err
}

// saveFirstForm sets the days of a draft, or ends the time of a public training.
func (s *Service) saveFirstForm(ctx context.Context, who access.Actor, p *offerPage, seen int64) (bool, error) {
	if p.Of.State != Draft {
		return true, s.EndFirst(ctx, who, p.Of.ID, seen)
	}
	days, err := strconv.Atoi(p.V.Get("dni"))
	if err != nil {
		days = -1
	}
	return true, s.SetFirst(ctx, who, p.Of.ID, seen, days)
}

// firstSection is the part of the overview about it, without a title where
// nobody goes first.
func (s *Service) firstSection(ctx context.Context, p *offerPage) (x offerPart, err error) {
	n, err := countFirst(ctx, s.db, p.Of.ID)
	if err != nil || n.Institutions+n.People == 0 && p.Of.FirstUntil == 0 {
		return x, err
	}
	l := p.L
	until := l.T("training.offer.first.never")
	switch {
	case p.Of.FirstUntil > 0:
		until = toldMoment(l, p.Of.FirstUntil)
	case p.Of.State == Draft && p.Of.FirstDays > 0:
		until = l.N("training.offer.first.days_n", p.Of.FirstDays)
	}
	return offerPart{ID: "pierwszenstwo", Title: l.T("training.offer.first"), Href: "/pierwszenstwo", Facts: []web.Fact{
		{Name: l.T("training.offer.first.institutions"), Value: l.Number(n.Institutions)},
		{Name: l.T("training.offer.first.people"), Value: l.Number(n.People)},
		{Name: l.T("training.offer.first.until"), Value: until}}}, nil
}
