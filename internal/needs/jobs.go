package needs

import "kladka/internal/platform/jobs"

// Jobs declares the work that is done later.
func (s *Service) Jobs(r *jobs.Registry) {
	s.campaignJobs(r)
	s.rankJobs(r)
	s.needJobs(r)
}
