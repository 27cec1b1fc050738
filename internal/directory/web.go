package directory

import (
	"kladka/internal/platform/web"
)

// Routes opens the doors of the module. The directory is public: it holds
// what the register of schools publishes, and no person's data.
func (s *Service) Routes(sh *web.Shell) {
	sh.Handle("GET /instytucje", web.Public, s.getList)
	sh.Handle("GET /instytucje.csv", web.Public, s.getCSV)
	sh.Handle("GET /instytucje.json", web.Public, s.getJSON)
	sh.Handle("GET /instytucje.geojson", web.Public, s.getGeoJSON)
	sh.Handle("GET /instytucje/mapa", web.Public, s.getMap)
	sh.Handle("GET /instytucje/mapa.geojson", web.Public, s.getMapPoints)
	sh.Handle("GET /instytucje/{id}", web.Public, s.getInstitution)
	sh.Handle("GET /instytucje/{id}/dane.json", web.Public, s.getInstitutionJSON)
	sh.Handle("GET /instytucje/{id}/dane.jsonld", web.Public, s.getInstitutionLD)
	sh.Handle("GET /instytucje/{id}/{number}", web.Public, s.getByNumber)
	sh.Handle("GET /gminy", web.Public, s.getTowns)
	sh.Handle("GET /gminy.geojson", web.Public, s.getShapes)
	sh.Handle("GET /gminy/{key}", web.Public, s.getTown)
	s.importRoutes(sh)
	s.groupRoutes(sh)
	s.classesRoutes(sh)
	s.correctionRoutes(sh)
	sh.AddNav(10, "nav.institutions", listPath, web.Public)
	sh.AddNav(20, "nav.municipalities", townsPath, web.Public)
	sh.AddDoorway(s.doorway)
	sh.AddFirstSteps(s.firstSteps)
}

// doorway stands on the front page with the number of open institutions.
func (s *Service) doorway(r *web.Request) ([]web.Doorway, error) {
	ro, err := s.rollNow(r.Context())
	if err != nil {
		return nil, err
	}
	open := len(ro.everything(scope{}).hits)
	return []web.Doorway{
		{Rank: 10, Title: r.L.T("institutions.title"), Text: r.L.T("institutions.doorway"), Href: listPath, Figure: r.L.N("institutions.n", open)},
		{Rank: 11, Title: r.L.T("institutions.map.title"), Text: r.L.T("institutions.map.doorway"), Href: mapPath},
		{Rank: 12, Title: r.L.T("municipalities.title"), Text: r.L.T("municipalities.doorway"), Href: "/gminy", Figure: r.L.N("municipalities.n", ro.townsInUse())},
	}, nil
}

// townsInUse counts the municipalities in which an open institution lies.
func (r *roll) townsInUse() int {
	n := 0
	for _, count := range r.everything(scope{}).towns {
		n += bit(count > 0, 1)
	}
	return n
}
