package plan

import "kladka/internal/platform/web"

// Routes opens the doors of the package. Each part has its own file.
func (s *Service) Routes(sh *web.Shell) {
	s.planRoutes(sh)
	s.draftRoutes(sh)
}
