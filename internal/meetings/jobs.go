package meetings

import "kladka/internal/platform/jobs"

// Jobs declares the work that is done later.
func (s *Service) Jobs(r *jobs.Registry) {
	s.tellJobs(r)
	s.clockJobs(r)
	s.minutesJobs(r)
}
