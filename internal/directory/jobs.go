package directory

import "kladka/internal/platform/jobs"

// Jobs registers the work of this module. It has none of its own: package
// importing takes in the register, and privacy sweeps what has had its time.
func (s *Service) Jobs(*jobs.Registry) {}
