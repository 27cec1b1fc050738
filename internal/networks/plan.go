package networks

import (
	"context"
	"errors"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/calendar"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Plan is a meeting as it is planned, in the words of the form.
type Plan struct {
	Title   string
	Program string
	Place   string
	Link    string
	Day     string // YYYY-MM-DD
	From    string // "16:00"
	To      string
	Shared  bool // other networks may list it
}

// Bounds of a year's work.
const (
	mostMeetings = 40
	mostTasks    = 60
	longest      = 10 * time.Hour
)

// planned is a plan as it is kept, and what is wrong with it.
func (p Plan) planned(n Network) (m Meeting, faults []fault.Field) {
	m = Meeting{Network: n.ID, Title: line(p.Title), Program: text(p.Program), Place: line(p.Place), Link: line(p.Link), Shared: p.Shared, State: Planned}
	faults = wrong(faults, "tytul", m.Title, 3, mostTitle)
	faults = wrong(faults, "program", m.Program, 0, mostWords)
	faults = wrong(faults, "miejsce", m.Place, 0, mostReason)
	if m.Link != "" && (!isLink(m.Link) || !fits(m.Link, 0, mostReason)) {
		faults = append(faults, fault.Field{Name: "adres", Key: "networks.fault.link"})
	}
	if m.Place == "" && m.Link == "" {
		faults = append(faults, fault.Field{Name: "miejsce", Key: "networks.fault.where"})
	}
	var wrongTime []fault.Field
	m.StartsAt, m.EndsAt, wrongTime = span(n, p.Day, p.From, p.To, "")
	return m, append(faults, wrongTime...)
}

// span reads the hours of a day within the school year of a network. The names
// of the fields end in suffix.
func span(n Network, day, from, to, suffix string) (starts, ends int64, faults []fault.Field) {
	start, _, err := calendar.Read(day, from)
	if errors.Is(err, calendar.ErrDay) {
		return 0, 0, []fault.Field{{Name: "dzien" + suffix, Key: "networks.fault.day"}}
	}
	if err != nil {
		return 0, 0, []fault.Field{{Name: "od" + suffix, Key: "networks.fault.hour"}}
	}
	end, _, err := calendar.Read(day, to)
	if err != nil {
		return 0, 0, []fault.Field{{Name: "do" + suffix, Key: "networks.fault.hour"}}
	}
	if !end.After(start) || end.Sub(start) > longest {
		faults = append(faults, fault.Field{Name: "do" + suffix, Key: "networks.fault.length"})
	}
	if start.Before(yearEnds(n.SchoolYear-1)) || !start.Before(yearEnds(n.SchoolYear)) {
		faults = append(faults, fault.Field{Name: "dzien" + suffix, Key: "networks.fault.year"})
	}
	return start.Unix(), end.Unix(), faults
}

// Meet plans a meeting. Who may: whoever leads the network. The members of one
// that works are told. Faults: Conflict in a network that is over, Invalid with
// fields.
func (s *Service) Meet(ctx context.Context, who access.Actor, id ID, p Plan) (meeting MeetingID, err error) {
	defer fault.Wrap(&err, "plan a meeting of network %s", id)
	n, _, err := s.entered(ctx, who, id, toLead)
	if err != nil {
		return "", err
	}
	m, faults := p.planned(n)
	if err := fault.InvalidFields(faults); err != nil {
		return "", err
	}
	if !n.Working() {
		return "", over()
	}
	m.ID = MeetingID(newID())
	now := s.now()
	return m.ID, s.db.Write(ctx, func(tx *db.Tx) error { return s.addMeeting(ctx, tx, who, n, m, now) })
}

func (s *Service) addMeeting(ctx context.Context, tx *db.Tx, who access.Actor, n Network, m Meeting, at time.Time) error {
	rows, err := tx.Exec(ctx, `insert into networks_meetings (id, network, title, program, place, link, starts_at, ends_at, shared, state, changed_at)
		select ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? where (select count(*) from networks_meetings where network = ?) < ?`,
		m.ID, n.ID, m.Title, m.Program, m.Place, m.Link, m.StartsAt, m.EndsAt, m.Shared, Planned, at.Unix(), n.ID, mostMeetings)
	if err == nil && rows == 0 {
		err = fault.New(fault.Conflict, "networks.fault.too_many", "n", mostMeetings)
	}
	if err != nil {
		return err
	}
	if n.State == Active {
		if err := s.tellMeeting(ctx, tx, n, m, "planned", at); err != nil {
			return err
		}
	}
	return record(ctx, tx, who, n, "planned", "", at, map[string]string{"network_meeting": string(m.ID)})
}

// tellMeeting tells all who can come: members of the network, and of those that
// list the meeting.
func (s *Service) tellMeeting(ctx context.Context, tx *db.Tx, n Network, m Meeting, what string, at time.Time) error {
	people, err := comersOf(ctx, tx, m)
	if err != nil {
		return err
	}
	return s.tell(ctx, tx, n, news{What: "meeting_" + what, Once: string(m.ID) + "/" + at.Format(time.RFC3339), Link: MeetingHref(n.ID, m.ID),
		Args: map[string]string{"meeting": m.Title, "on_date": dayAt(m.StartsAt), "reason": m.Reason}}, people...)
}

// comers are those who can be at a meeting, each once: with what their membership
// of the owning network says, where they have one.
func comers(ctx context.Context, r db.Reader, m Meeting) (list []Member, err error) {
	var rows []Member
	err = r.Select(ctx, &rows, `select `+memberColumns+` from networks_members m
		where m.state = ? and (m.network = ? or m.network in (select l.network from networks_listed l where l.meeting = ?))
		order by m.name_key, m.person, case when m.network = ? then 0 else 1 end, m.id`, Joined, m.Network, m.ID, m.Network)
	for _, one := range rows {
		if len(list) == 0 || list[len(list)-1].Person != one.Person {
			list = append(list, one)
		}
	}
	return list, err
}

// comersOf are the ids of those who can be at a meeting.
func comersOf(ctx context.Context, r db.Reader, m Meeting) (people []access.PersonID, err error) {
	list, err := comers(ctx, r, m)
	for _, c := range list {
		people = append(people, access.PersonID(c.Person))
	}
	return people, err
}

// meeting reads a meeting of a network for whoever needs a standing in it. A
// meeting that the network lists counts as its own for reading only.
func (s *Service) meeting(ctx context.Context, who access.Actor, id MeetingID, what need) (m Meeting, n Network, st Standing, err error) {
	if m, err = MeetingByID(ctx, s.db, id); err != nil {
		return m, n, st, err
	}
	n, st, err = s.entered(ctx, who, m.Network, what)
	return m, n, st, err
}

// ReadMeeting reads a meeting with its network, for the members of it and of
// networks that list it, and for those who lead them. Here is the network through
// which the reader comes.
func (s *Service) ReadMeeting(ctx context.Context, who access.Actor, here ID, id MeetingID) (m Meeting, n Network, st Standing, err error) {
	defer fault.Wrap(&err, "meeting %s", id)
	if m, err = MeetingByID(ctx, s.db, id); err != nil {
		return m, n, st, err
	}
	if m.Network != here {
		var one int
		if err := s.db.Get(ctx, &one, `select 1 from networks_listed where meeting = ? and network = ?`, m.ID, here); err != nil {
			return m, n, st, err
		}
	}
	if n, st, err = s.entered(ctx, who, here, toEnter); err != nil || m.Network == here {
		return m, n, st, err
	}
	st.Leads, st.Runs = false, false // of the other network
	return m, n, st, nil
}

// through is a network that lists a meeting and that the actor is a member of.
// None: fault.ErrNotFound.
func (s *Service) through(ctx context.Context, who access.Actor, id MeetingID) (here ID, err error) {
	return here, s.db.Get(ctx, &here, `select l.network from networks_listed l join networks_members m on m.network = l.network
		where l.meeting = ? and m.person = ? and m.state = ? order by l.network limit 1`, id, who.Person, Joined)
}

// Replan changes a meeting that was not held yet. Who may: whoever leads its
// network. The members are told when the day, the hour or the place changed.
// Faults: Conflict when somebody was faster or it was held, Invalid with fields.
func (s *Service) Replan(ctx context.Context, who access.Actor, id MeetingID, seen int64, p Plan) (err error) {
	defer fault.Wrap(&err, "change meeting %s", id)
	was, n, _, err := s.meeting(ctx, who, id, toLead)
	if err != nil {
		return err
	}
	m, faults := p.planned(n)
	if err := fault.InvalidFields(faults); err != nil {
		return err
	}
	if !n.Working() || was.State != Planned {
		return over()
	}
	m.ID = id
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		rows, err := tx.Exec(ctx, `update networks_meetings set title = ?, program = ?, place = ?, link = ?, starts_at = ?, ends_at = ?, shared = ?,
			revision = revision + 1, changed_at = ? where id = ? and state = ? and revision = ?`,
			m.Title, m.Program, m.Place, m.Link, m.StartsAt, m.EndsAt, m.Shared, now.Unix(), id, Planned, seen)
		if err == nil && rows == 0 {
			err = faster()
		}
		if err != nil {
			return err
		}
		if !m.Shared {
			if _, err := tx.Exec(ctx, `delete from networks_listed where meeting = ?`, id); err != nil {
				return err
			}
		}
		if err := record(ctx, tx, who, n, "replanned", "", now, map[string]string{"network_meeting": string(id)}); err != nil || n.State != Active || !moved(was, m) {
			return err
		}
		return s.tellMeeting(ctx, tx, n, m, "moved", now)
	})
}

// moved tells whether who comes must know.
func moved(was, now Meeting) bool {
	return was.StartsAt != now.StartsAt || was.EndsAt != now.EndsAt || was.Place != now.Place || was.Link != now.Link
}

// Cancel says that a meeting will not be, or that one written down was not held:
// then its hours and facts are taken back. Who may: whoever leads its network,
// with a reason. Faults: Conflict, Invalid.
func (s *Service) Cancel(ctx context.Context, who access.Actor, id MeetingID, seen int64, reason string) (err error) {
	defer fault.Wrap(&err, "cancel meeting %s", id)
	m, n, _, err := s.meeting(ctx, who, id, toLead)
	if err != nil {
		return err
	}
	if reason, err = reasonFor(reason, false); err != nil {
		return err
	}
	if !n.Working() || m.State == Canceled {
		return over()
	}
	was, now := m.State, s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		rows, err := tx.Exec(ctx, `update networks_meetings set state = ?, reason = ?, revision = revision + 1, changed_at = ? where id = ? and state = ? and revision = ?`,
			Canceled, reason, now.Unix(), id, was, seen)
		if err == nil && rows == 0 {
			err = faster()
		}
		if err != nil {
			return err
		}
		gone := m
		gone.State, gone.Reason, gone.Revision = Canceled, reason, m.Revision+1
		if was == Held {
			if err := s.takeBack(ctx, tx, n, gone, now); err != nil {
				return err
			}
		}
		if err := record(ctx, tx, who, n, "canceled", "", now, map[string]string{"network_meeting": string(id), "reason": reason}); err != nil {
			return err
		}
		return s.tellMeeting(ctx, tx, n, gone, "canceled", now)
	})
}

// takeBack voids the facts of a meeting.
func (s *Service) takeBack(ctx context.Context, tx *db.Tx, n Network, m Meeting, at time.Time) error {
	rows, err := attendanceOf(ctx, tx, m.ID)
	if err != nil {
		return err
	}
	for _, a := range rows {
		if !a.Present {
			continue
		}
		a.Present = false
		if err := s.mark(ctx, tx, n, m, a, at); err != nil {
			return err
		}
	}
	return s.emitMet(ctx, tx, n, m, true, at)
}

// Meetings are those of a network and those that it lists, by their time. The
// caller has checked who reads.
func (s *Service) Meetings(ctx context.Context, id ID) (list []Meeting, err error) {
	return list, s.db.Select(ctx, &list, `select `+meetingColumns+` from networks_meetings x
		where x.network = ? or x.id in (select l.meeting from networks_listed l where l.network = ?) order by x.starts_at, x.id limit 200`, id, id)
}

// Listable are meetings of other networks in the same school year that may be
// listed by this one and are yet to come, the first twenty.
func (s *Service) Listable(ctx context.Context, who access.Actor, id ID) (list []Meeting, err error) {
	n, _, err := s.entered(ctx, who, id, toLead)
	if err != nil {
		return nil, err
	}
	return list, s.db.Select(ctx, &list, `select `+meetingColumns+` from networks_meetings x join networks_networks o on o.id = x.network
		where x.shared = ? and x.state = ? and x.starts_at > ? and x.network <> ? and o.school_year = ? and o.is_public = ?
			and not exists (select 1 from networks_listed l where l.meeting = x.id and l.network = ?)
		order by x.starts_at, x.id limit 20`, true, Planned, s.now().Unix(), n.ID, n.SchoolYear, true, n.ID)
}

// List shows a meeting of another network among those of this one: its members
// may come, and it enters their calendars. The meeting stays the other's. Who
// may: whoever leads this network, when the other offers the meeting. Faults:
// NotFound for one that is not offered.
func (s *Service) List(ctx context.Context, who access.Actor, id ID, meeting MeetingID) (err error) {
	defer fault.Wrap(&err, "list meeting %s in network %s", meeting, id)
	offered, err := s.Listable(ctx, who, id)
	if err != nil {
		return err
	}
	n, err := ByID(ctx, s.db, id)
	if err != nil {
		return err
	}
	if !n.Working() {
		return over()
	}
	for _, m := range offered {
		if m.ID == meeting {
			now := s.now()
			return s.db.Write(ctx, func(tx *db.Tx) error {
				if _, err := tx.Exec(ctx, `insert into networks_listed (meeting, network) values (?, ?) on conflict do nothing`, meeting, id); err != nil {
					return err
				}
				return record(ctx, tx, who, n, "listed", "", now, map[string]string{"network_meeting": string(meeting)})
			})
		}
	}
	return fault.ErrNotFound
}

// Unlist takes a meeting of another network off. Hours written down stay.
func (s *Service) Unlist(ctx context.Context, who access.Actor, id ID, meeting MeetingID) (err error) {
	defer fault.Wrap(&err, "take meeting %s off network %s", meeting, id)
	if _, _, err := s.entered(ctx, who, id, toLead); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `delete from networks_listed where meeting = ? and network = ?`, meeting, id)
		if err == nil && n == 0 {
			err = fault.ErrNotFound
		}
		return err
	})
}

// Set gives a task of self-study. Who may: whoever leads the network. Members are
// told of it by their desks.
func (s *Service) Set(ctx context.Context, who access.Actor, id ID, t Task) (err error) {
	defer fault.Wrap(&err, "set a task in network %s", id)
	n, _, err := s.entered(ctx, who, id, toLead)
	if err != nil {
		return err
	}
	t.Title, t.Words = line(t.Title), text(t.Words)
	faults := wrong(nil, "zadanie", t.Title, 3, mostTitle)
	faults = wrong(faults, "opis", t.Words, 0, mostWords)
	if day, err := calendar.Midnight(t.Due); err != nil || day.Before(yearEnds(n.SchoolYear-1)) || !day.Before(yearEnds(n.SchoolYear)) {
		faults = append(faults, fault.Field{Name: "termin", Key: "networks.fault.year"})
	}
	if err := fault.InvalidFields(faults); err != nil {
		return err
	}
	if !n.Working() {
		return over()
	}
	at := s.now().Unix()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		rows, err := tx.Exec(ctx, `insert into networks_tasks (id, network, title, words, due, at)
			select ?, ?, ?, ?, ?, ? where (select count(*) from networks_tasks where network = ?) < ?`, newID(), n.ID, t.Title, t.Words, t.Due, at, n.ID, mostTasks)
		if err == nil && rows == 0 {
			err = fault.New(fault.Conflict, "networks.fault.too_many", "n", mostTasks)
		}
		return err
	})
}

// Unset takes a task away that nobody has done yet.
func (s *Service) Unset(ctx context.Context, who access.Actor, id ID, task string) (err error) {
	defer fault.Wrap(&err, "take task %s away", task)
	n, _, err := s.entered(ctx, who, id, toLead)
	if err != nil {
		return err
	}
	if !n.Working() {
		return over()
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		rows, err := tx.Exec(ctx, `delete from networks_tasks where id = ? and network = ? and not exists (select 1 from networks_done d where d.task = networks_tasks.id)`, task, id)
		if err == nil && rows == 0 {
			err = fault.New(fault.Conflict, "networks.fault.task_done")
		}
		return err
	})
}

// Finish says that the actor did a task, or takes that back. Who may: a member,
// for themselves.
func (s *Service) Finish(ctx context.Context, who access.Actor, id ID, task string, done bool) (err error) {
	defer fault.Wrap(&err, "do task %s", task)
	n, st, err := s.entered(ctx, who, id, toEnter)
	if err != nil {
		return err
	}
	if st.Member != Joined {
		return fault.New(fault.Forbidden, "networks.fault.inside")
	}
	if !n.Working() {
		return over()
	}
	at := s.now().Unix()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		var one int
		if err := tx.Get(ctx, &one, `select 1 from networks_tasks where id = ? and network = ?`, task, id); err != nil {
			return err
		}
		query, args := `insert into networks_done (task, person, at) values (?, ?, ?) on conflict do nothing`, []any{task, who.Person, at}
		if !done {
			query, args = `delete from networks_done where task = ? and person = ?`, args[:2]
		}
		_, err := tx.Exec(ctx, query, args...)
		return err
	})
}

// Tasks are those of a network by their day, with how many did each. The caller
// has checked who reads.
func (s *Service) Tasks(ctx context.Context, id ID, reader access.PersonID) (list []Task, err error) {
	return list, s.db.Select(ctx, &list, `select t.id, t.network, t.title, t.words, t.due, (select count(*) from networks_done d where d.task = t.id) as done,
		exists (select 1 from networks_done d where d.task = t.id and d.person = ?) as mine
		from networks_tasks t where t.network = ? order by t.due, t.id`, reader, id)
}
