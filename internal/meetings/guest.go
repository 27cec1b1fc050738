package meetings

import (
	"context"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// Guest is somebody invited from outside the directory, without an account: a
// name and where the person comes from. Guests have a badge and pass the door;
// they have no voice and are no fact of the register of activities.
type Guest struct {
	ID      string    `db:"id"`
	Meeting MeetingID `db:"meeting"`
	Name    string    `db:"name"`
	SortKey string    `db:"sort_key"`
	From    string    `db:"from_words"`
	CameAt  int64     `db:"came_at"` // 0: not yet
	AddedAt int64     `db:"added_at"`
}

const guestColumns = `g.id, g.meeting, g.name, g.sort_key, g.from_words, g.came_at, g.added_at`

const mostGuests = 500 // of one meeting

// GuestsOf are the guests of a meeting by name.
func GuestsOf(ctx context.Context, r db.Reader, id MeetingID) (list []Guest, err error) {
	return list, r.Select(ctx, &list, `select `+guestColumns+` from meetings_guests g where g.meeting = ? order by g.sort_key, g.id`, id)
}

// AddGuest puts a guest on the list of a meeting. Who may: whoever runs it,
// until its day is over.
func (s *Service) AddGuest(ctx context.Context, who access.Actor, id MeetingID, name, from string) (guest string, err error) {
	defer fault.Wrap(&err, "add a guest to meeting %s", id)
	m, err := s.meetingRun(ctx, who, id)
	if err != nil {
		return "", err
	}
	name, from = line(name), line(from)
	if fields := free(needed(nil, "gosc", name, longestTitle), "skad", from, longestLine); len(fields) > 0 {
		return "", fault.InvalidFields(fields)
	}
	if err := s.beforeEnd(m); err != nil {
		return "", err
	}
	guest = newID()
	return guest, s.db.Write(ctx, func(tx *db.Tx) error {
		// The meeting's row is touched first, so that two who add guests follow one another.
		n, err := tx.Exec(ctx, `update meetings_meetings set changed_at = ? where id = ? and (select count(*) from meetings_guests g where g.meeting = meetings_meetings.id) < ?`,
			s.now().Unix(), id, mostGuests)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "meetings.large.fault.guests", "n", mostGuests)
		}
		if _, err := tx.Exec(ctx, `insert into meetings_guests (id, meeting, name, sort_key, from_words, added_at) values (?, ?, ?, ?, ?, ?)`,
			guest, id, name, i18n.SortKey(name), from, s.now().Unix()); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "guest", "meeting", string(id), m.Owner, nil)
	})
}

// RemoveGuest takes a guest who did not come off the list, with the badge. Who
// may: whoever runs the meeting.
func (s *Service) RemoveGuest(ctx context.Context, who access.Actor, id MeetingID, guest string) (err error) {
	defer fault.Wrap(&err, "remove a guest of meeting %s", id)
	m, err := s.meetingRun(ctx, who, id)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `delete from meetings_guests where id = ? and meeting = ? and came_at = 0`, guest, id)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.ErrNotFound
		}
		if _, err := tx.Exec(ctx, `delete from meetings_badges where holder = ? and guest = ?`, guest, true); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "guest_out", "meeting", string(id), m.Owner, nil)
	})
}

// beforeEnd refuses what makes sense until the day of the meeting is over.
func (s *Service) beforeEnd(m Meeting) error {
	if m.State == Canceled || s.now().Unix() >= doorEnds(m) {
		return fault.New(fault.Conflict, "meetings.fault.over")
	}
	return nil
}
