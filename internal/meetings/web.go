package meetings

import "kladka/internal/platform/web"

// Routes opens the doors of the package. Each part has its own file.
func (s *Service) Routes(sh *web.Shell) {
	s.seriesRoutes(sh)
	s.topicRoutes(sh)
	s.meetingRoutes(sh)
	s.agendaRoutes(sh)
	s.inviteRoutes(sh)
	s.expertRoutes(sh)
	s.minutesRoutes(sh)
	s.largeRoutes(sh)
	sh.AddDesk(s.desk)
}
