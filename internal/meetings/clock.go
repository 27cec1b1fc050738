package meetings

import (
	"context"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
)

const clockAtOnce = 200 // meetings in one round

func (s *Service) clockJobs(r *jobs.Registry) {
	r.Every("meetings.clock", 10*time.Minute, s.Clock)
}

// Clock does what is due by time alone: topics close some days before a
// meeting, and a convened meeting whose time is over was held, as long as it was
// planned. Repeating it changes nothing.
func (s *Service) Clock(ctx context.Context) (err error) {
	defer fault.Wrap(&err, "clock of meetings")
	now := s.now().Unix()
	if err := s.due(ctx, `m.state = ? and m.topics_until <= ?`, []any{AgendaOpen, now}, func(tx *db.Tx, m Meeting) error {
		return s.advance(ctx, tx, m, AgendaClosed, AgendaOpen)
	}); err != nil {
		return err
	}
	return s.due(ctx, `m.state = ? and m.ends_at <= ?`, []any{Convened, now}, func(tx *db.Tx, m Meeting) error {
		return s.tookPlace(ctx, tx, m, int(m.EndsAt-m.StartsAt)/60)
	})
}

// due does something to each meeting of a kind, in a transaction of its own.
// One that somebody moved meanwhile is left.
func (s *Service) due(ctx context.Context, where string, args []any, do func(tx *db.Tx, m Meeting) error) error {
	var list []Meeting
	if err := s.db.Select(ctx, &list, `select `+MeetingColumns+` from meetings_meetings m where `+where+` order by m.id limit ?`, append(args, clockAtOnce)...); err != nil {
		return err
	}
	for _, m := range list {
		err := s.db.Write(ctx, func(tx *db.Tx) error { return do(tx, m) })
		if err != nil && fault.KindOf(err) != fault.Conflict {
			return err
		}
	}
	return nil
}
