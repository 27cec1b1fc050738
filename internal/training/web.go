package training

import (
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/web"
)

// Routes opens the doors of the package. Each part has its own file.
func (s *Service) Routes(sh *web.Shell) {
	s.catalogRoutes(sh)
	s.offerRoutes(sh)
	s.enrollRoutes(sh)
	s.deskRoutes(sh)
	s.attendRoutes(sh)
	s.historyRoutes(sh)
}

// Jobs declares the work that is done later.
func (s *Service) Jobs(r *jobs.Registry) {
	s.offerJobs(r)
	s.queueJobs(r)
	s.letterJobs(r)
	s.attendJobs(r)
}
