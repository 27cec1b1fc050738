package budget

import "kladka/internal/platform/jobs"

// Jobs declares the work that is done later.
func (s *Service) Jobs(r *jobs.Registry) {
	s.editionJobs(r)
	s.supportJobs(r)
}
