package networks

import (
	"context"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
)

// How long before a meeting its people are reminded, and for how long after one
// those who lead are asked to write it down.
const (
	remindBefore = 36 * time.Hour
	remindAfter  = 7 * 24 * time.Hour
	remindMost   = 500 // meetings in one run; more than that wait for the next
)

// Jobs registers the reminders.
func (s *Service) Jobs(r *jobs.Registry) {
	r.Every("networks.remind", 6*time.Hour, s.Remind)
}

// Remind tells people of the meetings that come, and those who lead of meetings
// that nobody wrote down. Run again, it tells nobody twice.
func (s *Service) Remind(ctx context.Context) (err error) {
	defer fault.Wrap(&err, "reminders of networks")
	now := s.now()
	var list []Meeting
	err = s.db.Select(ctx, &list, `select `+meetingColumns+` from networks_meetings x join networks_networks n on n.id = x.network
		where n.state = ? and x.state = ? and x.starts_at < ? and x.ends_at > ? order by x.starts_at, x.id limit ?`,
		Active, Planned, now.Add(remindBefore).Unix(), now.Add(-remindAfter).Unix(), remindMost)
	if err != nil {
		return err
	}
	for _, m := range list {
		if err := s.db.Write(ctx, func(tx *db.Tx) error { return s.remind(ctx, tx, m, now) }); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) remind(ctx context.Context, tx *db.Tx, m Meeting, now time.Time) error {
	n, err := ByID(ctx, tx, m.Network)
	if err != nil {
		return err
	}
	x := news{What: "tomorrow", Once: string(m.ID) + "/" + dayAt(m.StartsAt), Link: MeetingHref(n.ID, m.ID), Args: map[string]string{"meeting": m.Title, "on_date": dayAt(m.StartsAt)}}
	var people []access.PersonID
	switch {
	case m.StartsAt > now.Unix():
		if people, err = comersOf(ctx, tx, m); err != nil {
			return err
		}
	case m.EndsAt < now.Unix():
		leads, err := Leads(ctx, tx, n.ID)
		if err != nil {
			return err
		}
		x.What, people = "unrecorded", leadPeople(leads)
	}
	return s.tell(ctx, tx, n, x, people...)
}
