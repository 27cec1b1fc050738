package networks

import (
	"cmp"
	"context"
	"slices"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/calendar"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Note is what is written down about a meeting.
type Note struct {
	Record  string         // minutes: what was talked about, what was agreed
	Length  int            // minutes that count as professional development, breaks taken out
	Present []string       // people who were there
	Partly  map[string]int // of these, who was there for less: minutes
}

// Record writes a meeting down: that it was held, who was there and for how many
// minutes. Written again, it corrects what was written: whoever was struck out
// loses the hours, and other modules are told. Who may: whoever leads its
// network. Faults: Conflict before the meeting began, when it was canceled, when
// the network is over or somebody was faster; Invalid with fields, also for
// somebody who is no member.
func (s *Service) Record(ctx context.Context, who access.Actor, id MeetingID, seen int64, note Note) (err error) {
	defer fault.Wrap(&err, "write down meeting %s", id)
	m, n, _, err := s.meeting(ctx, who, id, toLead)
	if err != nil {
		return err
	}
	now := s.now()
	switch {
	case n.State != Active || m.State == Canceled:
		return over()
	case m.StartsAt > now.Unix():
		return fault.New(fault.Conflict, "networks.fault.early")
	}
	note.Record = text(note.Record)
	if err := fault.InvalidFields(note.check(m)); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		rows, err := tx.Exec(ctx, `update networks_meetings set state = ?, record = ?, length = ?, taken_by = ?, taken_at = ?, revision = revision + 1, changed_at = ?
			where id = ? and revision = ? and state <> ?`, Held, note.Record, note.Length, who.Person, now.Unix(), now.Unix(), id, seen, Canceled)
		if err == nil && rows == 0 {
			err = faster()
		}
		if err != nil {
			return err
		}
		held := m
		held.Revision, held.Length, held.State = m.Revision+1, note.Length, Held
		if err := s.emitMet(ctx, tx, n, held, false, now); err != nil {
			return err
		}
		if err := s.markAll(ctx, tx, n, held, note, now); err != nil {
			return err
		}
		if m.State == Planned {
			if err := step(ctx, tx, n, "meeting", string(id), "held", now); err != nil {
				return err
			}
		}
		return record(ctx, tx, who, n, "recorded", "", now, map[string]string{"network_meeting": string(id)})
	})
}

// check is what is wrong with a note. A meeting lasts no longer than was planned,
// with an hour to spare.
func (note Note) check(m Meeting) (faults []fault.Field) {
	faults = wrong(faults, "protokol", note.Record, leastWhy, mostRecord)
	most := int(m.EndsAt-m.StartsAt)/60 + 60
	if note.Length < 1 || note.Length > most {
		faults = append(faults, fault.Field{Name: "minuty", Key: "networks.fault.number", Args: []any{"least", 1, "most", most}})
	}
	for _, minutes := range note.Partly {
		if minutes < 0 || minutes > note.Length {
			faults = append(faults, fault.Field{Name: "obecni", Key: "networks.fault.partly", Args: []any{"most", note.Length}})
			break
		}
	}
	return faults
}

// markAll compares a note with what is written, and writes what differs.
func (s *Service) markAll(ctx context.Context, tx *db.Tx, n Network, m Meeting, note Note, at time.Time) error {
	can, err := comers(ctx, tx, m)
	if err != nil {
		return err
	}
	had, err := attendanceOf(ctx, tx, m.ID)
	if err != nil {
		return err
	}
	change, err := marks(m, note, can, had)
	if err != nil {
		return err
	}
	for _, a := range change {
		if err := s.mark(ctx, tx, n, m, a, at); err != nil {
			return err
		}
	}
	return nil
}

// marks are the rows of attendance that a note changes. Somebody who was there by
// what is written stays on the list when the membership has ended since.
func marks(m Meeting, note Note, can []Member, had []Attendance) (change []Attendance, err error) {
	rows := map[string]Attendance{}
	for _, c := range can {
		rows[c.Person] = Attendance{Meeting: m.ID, Person: c.Person, Institution: c.Institution, BySeat: c.BySeat, ByRunning: c.ByRunning, Role: c.Role}
	}
	for _, a := range had {
		rows[a.Person] = a
	}
	there := map[string]bool{}
	for _, person := range note.Present {
		if _, known := rows[person]; !known {
			return nil, fault.InvalidFields([]fault.Field{{Name: "obecni", Key: "networks.fault.no_member"}})
		}
		there[person] = true
	}
	for person, was := range rows {
		now := was
		now.Present, now.Minutes = there[person], note.Length
		if part := note.Partly[person]; part > 0 {
			now.Minutes = part
		}
		if !now.Present {
			now.Minutes = was.Minutes
		}
		if now != was {
			change = append(change, now)
		}
	}
	slices.SortFunc(change, func(a, b Attendance) int { return cmp.Compare(a.Person, b.Person) })
	return change, nil
}

// mark writes a row of attendance and tells of it. Someone who was never there
// has no row.
func (s *Service) mark(ctx context.Context, tx *db.Tx, n Network, m Meeting, a Attendance, at time.Time) error {
	if a.ID == "" {
		if !a.Present {
			return nil
		}
		a.ID, a.Revision = newID(), 1
		_, err := tx.Exec(ctx, `insert into networks_attendance (id, meeting, person, revision, present, minutes, institution, by_seat, by_running, role) values `+db.Marks(1, 10),
			a.ID, a.Meeting, a.Person, a.Revision, a.Present, a.Minutes, a.Institution, a.BySeat, a.ByRunning, a.Role)
		if err != nil {
			return err
		}
		return s.emitAttended(ctx, tx, n, m, a, at)
	}
	a.Revision++
	rows, err := tx.Exec(ctx, `update networks_attendance set present = ?, minutes = ?, revision = ? where id = ? and revision = ?`, a.Present, a.Minutes, a.Revision, a.ID, a.Revision-1)
	if err == nil && rows == 0 {
		err = faster()
	}
	if err != nil {
		return err
	}
	return s.emitAttended(ctx, tx, n, m, a, at)
}

func attendanceOf(ctx context.Context, r db.Reader, id MeetingID) (list []Attendance, err error) {
	return list, r.Select(ctx, &list, `select `+attendanceColumns+` from networks_attendance a where a.meeting = ? order by a.id`, id)
}

// OnList is somebody on the list of a meeting.
type OnList struct {
	Person      string
	Institution access.InstitutionID
	Present     bool
	Minutes     int
}

// ListOf is the list of a meeting: who can come, and who was there. Who may:
// whoever leads its network.
func (s *Service) ListOf(ctx context.Context, who access.Actor, id MeetingID) (list []OnList, err error) {
	defer fault.Wrap(&err, "list of meeting %s", id)
	m, _, _, err := s.meeting(ctx, who, id, toLead)
	if err != nil {
		return nil, err
	}
	can, err := comers(ctx, s.db, m)
	if err != nil {
		return nil, err
	}
	had, err := attendanceOf(ctx, s.db, id)
	if err != nil {
		return nil, err
	}
	for _, c := range can {
		list = append(list, OnList{Person: c.Person, Institution: c.Institution})
	}
	for _, a := range had {
		at := slices.IndexFunc(list, func(x OnList) bool { return x.Person == a.Person })
		if at < 0 {
			list, at = append(list, OnList{Person: a.Person, Institution: a.Institution}), len(list)
		}
		list[at].Present, list[at].Minutes = a.Present, a.Minutes
	}
	return list, nil
}

// Hours are those of one person in one network in one school year.
type Hours struct {
	ID    ID
	Title string
	Year  int
	Day   string // of the last meeting, YYYY-MM-DD
	Hours int    // lesson hours
}

// HoursOf are the hours of a person in networks, for the person's own record of
// training: minutes of all meetings of a network are summed first and turned
// into lesson hours once. A meeting that several networks list counts in the one
// that it belongs to. Whoever asks: the caller knows whose they are.
func (s *Service) HoursOf(ctx context.Context, person string) (list []Hours, err error) {
	defer fault.Wrap(&err, "hours in networks")
	var rows []struct {
		ID      ID     `db:"id"`
		Title   string `db:"title"`
		Year    int    `db:"school_year"`
		Last    int64  `db:"last"`
		Minutes int64  `db:"minutes"`
	}
	err = s.db.Select(ctx, &rows, `select n.id, n.title, n.school_year, max(x.starts_at) as last, cast(sum(a.minutes) as bigint) as minutes
		from networks_attendance a join networks_meetings x on x.id = a.meeting join networks_networks n on n.id = x.network
		where a.person = ? and a.present = ? group by n.id, n.title, n.school_year order by n.school_year desc, n.id`, person, true)
	for _, r := range rows {
		list = append(list, Hours{r.ID, r.Title, r.Year, dayAt(r.Last), calendar.LessonHours(time.Duration(r.Minutes) * time.Minute)})
	}
	return list, err
}
