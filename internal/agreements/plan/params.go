package plan

import (
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/law"
)

// KeepMonths is how long after the last year of a plan its rows still name who
// wrote them.
const KeepMonths = "plan.keep"

// Params are the numbers of this package that are settings with a date, to be
// declared in wiring.
func Params() []law.Param {
	return append([]law.Param{{Key: KeepMonths, Unit: law.Months, Title: "plan.param.keep",
		Default: []law.Default{{Value: "60", Basis: "jednolity rzeczowy wykaz akt (podstawa do sprawdzenia)"}}}}, draftParams()...)
}

// Jobs declares the work that this package does later.
func (s *Service) Jobs(r *jobs.Registry) { s.draftJobs(r) }
