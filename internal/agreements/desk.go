package agreements

import (
	"context"
	"slices"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// mostDeskLines keeps a desk readable: of each sort so many.
const mostDeskLines = 5

// desk puts on an officer's desk what waits for the parties that the officer
// speaks for: answers, arrangements whose day is near, agreements that end, and
// years that are not confirmed.
func (s *Service) desk(r *web.Request) (items []web.DeskItem, err error) {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	if !who.May(access.ManageAgreements) || who.Shared {
		return nil, nil
	}
	defer fault.Wrap(&err, "agreements on a desk")
	for _, look := range []func(context.Context, *i18n.L, places) ([]web.DeskItem, error){s.deskRequests, s.deskArrangements, s.deskExpiry, s.deskYears} {
		more, err := look(ctx, r.L, placesOf(who))
		if err != nil {
			return nil, err
		}
		items = append(items, more...)
	}
	return items, nil
}

// mine selects rows about parties p of the actor; the query ends before the
// condition on the party.
func (s *Service) mine(ctx context.Context, dest any, p places, query, rest string, args ...any) error {
	where, of := p.whose()
	query, all, err := db.In(query+` and exists (select 1 from agreements_parties p where `+where+rest, slices.Concat(args, of, []any{mostDeskLines})...)
	if err != nil {
		return err
	}
	return s.db.Select(ctx, dest, query, all...)
}

func (s *Service) deskRequests(ctx context.Context, l *i18n.L, p places) (items []web.DeskItem, err error) {
	var list []Request
	if err := s.mine(ctx, &list, p, `select `+requestColumns+` from agreements_requests q where q.state = ?`, ` and p.id = q.to_party) order by q.answer_by, q.id limit ?`, Asked); err != nil {
		return nil, err
	}
	for _, q := range list {
		items = append(items, web.DeskItem{Rank: 30, Title: l.T("agreements.desk.answer", "topic", q.Topic), Text: q.Occasion, Href: requestsHref(q), By: l.DateText(q.AnswerBy)})
	}
	return items, nil
}

func (s *Service) deskArrangements(ctx context.Context, l *i18n.L, p places) (items []web.DeskItem, err error) {
	until, err := s.before(ctx, DueDays)
	if err != nil {
		return nil, err
	}
	var list []Arrangement
	if err := s.mine(ctx, &list, p, `select `+arrangementColumns+` from agreements_arrangements g where g.state in (?, ?) and (g.due <= ? or g.area = '')`,
		` and p.agreement = g.agreement) order by g.due, g.id limit ?`, Planned, InProgress, until); err != nil {
		return nil, err
	}
	for _, g := range list {
		items = append(items, web.DeskItem{Rank: 40, Title: l.T("agreements.desk.arrangement", "what", g.Title), Href: arrangementHref(g), By: l.DateText(g.Due)})
	}
	return items, nil
}

func (s *Service) deskExpiry(ctx context.Context, l *i18n.L, p places) (items []web.DeskItem, err error) {
	until, err := s.before(ctx, ExpiryDays)
	if err != nil {
		return nil, err
	}
	var list []Agreement
	if err := s.mine(ctx, &list, p, `select `+columns+` from agreements_agreements a where a.state = ? and a.valid_to <> '' and a.valid_to >= ? and a.valid_to <= ?`,
		` and p.agreement = a.id) order by a.valid_to, a.id limit ?`, InForce, dayOf(s.now()), until); err != nil {
		return nil, err
	}
	for _, a := range list {
		items = append(items, web.DeskItem{Rank: 50, Title: l.T("agreements.desk.expires", "title", a.Title), Href: deskHref(a.ID, "#wznowienie"), By: l.DateText(a.ValidTo)})
	}
	return items, nil
}

// deskYears is the last school year that is over, while a party of the actor has
// not confirmed it.
func (s *Service) deskYears(ctx context.Context, l *i18n.L, p places) (items []web.DeskItem, err error) {
	year := directory.SchoolYear(s.now()) - 1
	first, last := yearDays(year)
	var list []Agreement
	err = s.mine(ctx, &list, p, `select `+columns+` from agreements_agreements a where a.state <> ? and a.valid_from <= ? and (a.valid_to = '' or a.valid_to >= ?) and (a.ended_on = '' or a.ended_on >= ?)`,
		` and p.agreement = a.id and not exists (select 1 from agreements_confirmations c where c.agreement = a.id and c.party = p.id and c.year = `+number(year)+`))
		order by a.title_key, a.id limit ?`, Draft, last, first, first)
	for _, a := range list {
		items = append(items, web.DeskItem{Rank: 60, Title: l.T("agreements.desk.confirm", "title", a.Title), Text: l.T("agreements.year", "year", yearText(year)), Href: yearHref(a.ID, year)})
	}
	return items, err
}
