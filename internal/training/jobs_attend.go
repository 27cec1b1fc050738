package training

import (
	"time"

	"kladka/internal/platform/jobs"
)

func (s *Service) attendJobs(r *jobs.Registry) {
	r.Every("training.held", 10*time.Minute, s.holdEnded)
	r.Every("training.needs", time.Hour, s.forgetNeeds)
	r.Every("training.admission_papers", time.Hour, s.forgetPapers)
	r.Every("training.first", time.Hour, s.forgetFirst)
}
