package directory

import (
	"kladka/internal/access"
	"kladka/internal/platform/web"
)

// desk is what the directory has for a person to do: differences of the
// register that wait for approval, an empty directory, and for those who lead
// an institution a look at what is said of it.
func (s *Service) desk(r *web.Request) ([]web.DeskItem, error) {
	who := access.ActorOf(r.Request)
	if !who.SignedIn() {
		return nil, nil
	}
	var items []web.DeskItem
	if who.May(access.ImportRegister) {
		more, err := s.importsOnDesk(r)
		if err != nil {
			return nil, err
		}
		items = more
	}
	led, err := s.ledOnDesk(r, who)
	return append(items, led...), err
}

func (s *Service) importsOnDesk(r *web.Request) ([]web.DeskItem, error) {
	var waiting int
	if err := s.db.Get(r.Context(), &waiting, `select count(*) from directory_imports where state = ?`, ImportShown); err != nil {
		return nil, err
	}
	if waiting > 0 {
		return []web.DeskItem{{Rank: 20, Title: r.L.N("desk.imports", waiting), Text: r.L.T("desk.imports_text"), Href: importsPath}}, nil
	}
	ro, err := s.rollNow(r.Context())
	if err != nil || len(ro.entries) > 0 {
		return nil, err
	}
	return []web.DeskItem{{Rank: 5, Title: r.L.T("desk.no_register"), Text: r.L.T("desk.no_register_text"), Href: importsPath}}, nil
}

// ledOnDesk leads heads to the pages of their institutions.
func (s *Service) ledOnDesk(r *web.Request, who access.Actor) ([]web.DeskItem, error) {
	var ids []access.InstitutionID
	for _, h := range who.Roles {
		if h.Role == access.SchoolHead || h.Role == access.DeputyHead {
			ids = append(ids, h.Institution)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	names, err := s.Names(r.Context(), ids)
	if err != nil {
		return nil, err
	}
	var items []web.DeskItem
	for _, id := range ids {
		if name := names[id]; name != "" {
			items = append(items, web.DeskItem{Rank: 50, Title: r.L.T("desk.led", "name", name), Text: r.L.T("desk.led_text"), Href: href(id)})
		}
	}
	return items, nil
}
