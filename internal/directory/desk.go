package directory

import (
	"context"
	"net/url"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/web"
)

// firstSteps: whoever takes in the register begins with it, and an office with
// the heads of its schools.
func (s *Service) firstSteps(r *web.Request) ([]web.StepItem, error) {
	who := access.ActorOf(r.Request)
	if !who.SignedIn() || who.For != "" {
		return nil, nil
	}
	var steps []web.StepItem
	if who.May(access.ImportRegister) {
		ro, err := s.rollNow(r.Context())
		if err != nil {
			return nil, err
		}
		steps = append(steps, web.StepItem{Rank: 20, Title: r.L.T("first.register"), Text: r.L.T("first.register_text"), Href: importsPath, Done: len(ro.entries) > 0})
	}
	for _, h := range who.Roles {
		if h.Role != access.AuthorityOfficer {
			continue
		}
		step, err := s.headsStep(r, h.Institution)
		if err != nil {
			return nil, err
		}
		steps = append(steps, step...)
	}
	return steps, nil
}

// headsStep counts the groups of units that an office runs and that have no
// head in Kładka yet. Who runs nothing has no such step.
func (s *Service) headsStep(r *web.Request, office access.InstitutionID) ([]web.StepItem, error) {
	ctx := r.Context()
	groups, ids, err := s.runBy(ctx, office)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	led, err := access.Led(ctx, s.db, ids, s.now())
	if err != nil {
		return nil, err
	}
	with, all := map[access.InstitutionID]bool{}, map[access.InstitutionID]bool{}
	for id, group := range groups {
		all[group] = true
		if led[id] {
			with[group] = true
		}
	}
	address := listPath
	if i, err := ByID(ctx, s.db, office); err == nil && i.RunningMunicipality != "" {
		address += "?" + url.Values{askTown: {i.RunningMunicipality}, askBy: {byAuthority}}.Encode()
	}
	return []web.StepItem{{Rank: 20, Title: r.L.T("first.heads"), Href: address, Done: len(with) == len(all),
		Text: r.L.T("first.heads_text", "with", len(with), "all", len(all))}}, nil
}

// runBy are the open units that an office runs, each with the head unit of its
// group, as Over has it.
func (s *Service) runBy(ctx context.Context, office access.InstitutionID) (groups map[access.InstitutionID]access.InstitutionID, ids []access.InstitutionID, err error) {
	groups = map[access.InstitutionID]access.InstitutionID{}
	args := []any{office, false, Office}
	for _, kind := range Bodies() {
		args = append(args, kind)
	}
	err = s.db.Each(ctx, func(scan func(dest ...any) error) error {
		var id, group access.InstitutionID
		if err := scan(&id, &group); err != nil {
			return err
		}
		groups[id] = group
		ids = append(ids, id)
		return nil
	}, `select b.id, b.head_unit from directory_institutions b join directory_institutions a on a.id = ?
		where b.closed = ? and (b.running_id = a.id or (a.kind = ? and a.running_municipality <> '' and b.running_municipality = a.running_municipality))
			and b.kind not in `+db.Marks(1, len(Bodies())), args...)
	return groups, ids, err
}
