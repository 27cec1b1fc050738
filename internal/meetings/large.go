package meetings

import (
	"context"
	"errors"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/law"
	"kladka/internal/platform/web"
)

// A large meeting is a meeting like any other with more around it: a hall that
// may be too small, guests outside the directory, badges, people at the door,
// questions from the floor, tables, and a word to everybody afterwards. Each of
// these has its own file (guest, badge, door, floor, table); here is what the
// organizer looks after as a whole. A meeting for which nothing is set up has no
// rows of these tables.

// AfterDays is how long names of guests, codes of badges, who was at the door
// and questions from the floor are kept after the meeting.
const AfterDays = "meetings.after"

// LargeParams are the numbers of large meetings, to be declared in wiring.
func LargeParams() []law.Param {
	return []law.Param{{Key: AfterDays, Unit: law.Days, Title: "meetings.large.param.after", Least: 1,
		Default: []law.Default{{Value: "30", Basis: "art. 5 ust. 1 lit. e RODO: tyle, ile trzeba do rozliczenia spotkania (podstawa do sprawdzenia)"}}}}
}

const mostSeats = 20_000 // in a hall

// Large is what a large meeting has beyond the others.
type Large struct {
	Seats   int   `db:"seats"`    // chairs in the hall, 0: nobody counted them
	AfterAt int64 `db:"after_at"` // everybody was told where materials and minutes are
}

// LargeOf reads it, whoever asks; a meeting for which nothing was set up has
// empty values.
func LargeOf(ctx context.Context, r db.Reader, id MeetingID) (l Large, err error) {
	err = r.Get(ctx, &l, `select seats, after_at from meetings_large where meeting = ?`, id)
	if errors.Is(err, fault.ErrNotFound) {
		return Large{}, nil
	}
	return l, err
}

// SetHall says how many chairs the hall has (0: as many as are needed) and until
// which day answers are asked for. Whoever answers after the chairs are taken is
// shown the address of the stream. Who may: whoever runs the meeting, until it
// begins.
func (s *Service) SetHall(ctx context.Context, who access.Actor, id MeetingID, seats int, replyDay string) (err error) {
	defer fault.Wrap(&err, "set the hall of meeting %s", id)
	m, err := s.meetingRun(ctx, who, id)
	if err != nil {
		return err
	}
	now := s.now().Unix()
	var fields []fault.Field
	if seats < 0 || seats > mostSeats {
		fields = append(fields, fault.Field{Name: "krzesla", Key: "meetings.large.lack.seats", Args: []any{"n", mostSeats}})
	}
	day, err := time.ParseInLocation(time.DateOnly, replyDay, web.Warsaw)
	until := nextMidnight(day).Unix()
	if err != nil || until <= now || dayOf(until-1) > dayOf(m.StartsAt) {
		fields = append(fields, fault.Field{Name: "odpowiedzi", Key: "meetings.large.lack.reply_day"})
	}
	if len(fields) > 0 {
		return fault.InvalidFields(fields)
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update meetings_meetings set reply_until = ?, changed_at = ?, revision = revision + 1
			where id = ? and starts_at > ? and state in (?, ?, ?, ?)`, until, now, id, now, Planned, AgendaOpen, AgendaClosed, Convened)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "meetings.fault.past")
		}
		if _, err := tx.Exec(ctx, `insert into meetings_large (meeting, seats) values (?, ?) on conflict (meeting) do update set seats = excluded.seats`, id, seats); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "hall", "meeting", string(id), m.Owner, map[string]string{"n": number(int64(seats))})
	})
}

// Crowd is how many people a meeting expects, and how many came so far.
type Crowd struct {
	Replies
	Guests     int
	Came       int // seats that are taken
	GuestsCame int
}

// Expected are those who said that they come, themselves or by somebody else,
// and the guests.
func (c Crowd) Expected() int { return c.Coming + c.Instead + c.Guests }

// Here are all who came.
func (c Crowd) Here() int { return c.Came + c.GuestsCame }

// CrowdOf counts the people of a meeting.
func CrowdOf(ctx context.Context, r db.Reader, id MeetingID) (c Crowd, err error) {
	if c.Replies, err = RepliesOf(ctx, r, id); err != nil {
		return c, err
	}
	var n struct {
		Guests int `db:"guests"`
		Came   int `db:"came"`
		Seats  int `db:"seats"`
	}
	err = r.Get(ctx, &n, `select (select count(*) from meetings_guests g where g.meeting = m.id) as guests,
		(select count(*) from meetings_guests g where g.meeting = m.id and g.came_at > 0) as came,
		(select count(*) from meetings_attendance a where a.meeting = m.id and a.present = ?) as seats from meetings_meetings m where m.id = ?`, true, id)
	c.Guests, c.GuestsCame, c.Came = n.Guests, n.Came, n.Seats
	return c, err
}

// inHall tells whether a seat that comes has a chair: chairs go to guests first,
// then in the order of answers, so that nobody loses a chair to a later one.
func inHall(ctx context.Context, r db.Reader, v Invitation, l Large) (bool, error) {
	if l.Seats == 0 {
		return true, nil
	}
	var before, guests int
	if err := r.Get(ctx, &guests, `select count(*) from meetings_guests where meeting = ?`, v.Meeting); err != nil {
		return false, err
	}
	err := r.Get(ctx, &before, `select count(*) from meetings_invitations where meeting = ? and reply in (?, ?)
		and (replied_at < ? or replied_at = ? and id < ?)`, v.Meeting, Comes, Substitute, v.RepliedAt, v.RepliedAt, v.ID)
	return guests+before < l.Seats, err
}

// TellAfter tells everybody invited, whether they came or not, once, that the
// materials and the minutes of the meeting are on its page. Who may: whoever
// records the meeting, when the minutes were sent round.
func (s *Service) TellAfter(ctx context.Context, who access.Actor, id MeetingID) (err error) {
	defer fault.Wrap(&err, "tell of the materials of meeting %s", id)
	m, err := s.meetingRecord(ctx, who, id)
	if err != nil {
		return err
	}
	if !m.State.In(MinutesDraft, MinutesAdopted, Archived) {
		return fault.New(fault.Conflict, "meetings.large.fault.no_minutes")
	}
	now := s.now().Unix()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `insert into meetings_large (meeting, after_at) values (?, ?)
			on conflict (meeting) do update set after_at = excluded.after_at where meetings_large.after_at = 0`, id, now)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "meetings.large.fault.told")
		}
		if err := s.tellLater(ctx, tx, telling{What: "after", Meeting: id}); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "after", "meeting", string(id), m.Owner, nil)
	})
}

// Rated is a meeting as those need it who ask what it was worth: package
// evaluation, through wiring, as a subject of the kind Meeting.
type Rated struct {
	ID      MeetingID
	Title   string
	Owner   access.InstitutionID
	Trace   string
	EndedAt int64 // 0 while it is not over
	Off     bool  // it did not take place
	Ready   bool  // the lists say who was there
}

// RatedMeeting is one meeting to be rated; fault.ErrNotFound when there is none.
// Its list is ready as soon as somebody was noted present.
func (s *Service) RatedMeeting(ctx context.Context, id MeetingID) (r Rated, err error) {
	m, err := MeetingByID(ctx, s.db, id)
	if err != nil {
		return r, err
	}
	r = Rated{ID: m.ID, Title: m.Title, Owner: m.Owner, Trace: m.Trace, Off: m.State == Canceled}
	if m.State.Over() {
		r.EndedAt = m.EndsAt
	}
	people, err := s.RatedBy(ctx, id)
	r.Ready = len(people) > 0
	return r, err
}

// RatedBy are the accounts of those who were noted present. Substitutes and
// guests have none and are not asked.
func (s *Service) RatedBy(ctx context.Context, id MeetingID) (people []string, err error) {
	return people, s.db.Select(ctx, &people, `select distinct a.person from meetings_attendance a where a.meeting = ? and a.present = ? and a.person <> '' order by a.person`, id, true)
}

// RatedPaths are the page of a meeting for those who were there, and for those
// who run it.
func RatedPaths(id MeetingID) (public, desk string) { return Href(id), LargeHref(id) }

// RatedRuns returns nil when the actor may read what was said of the meeting:
// whoever runs it.
func (s *Service) RatedRuns(ctx context.Context, who access.Actor, id MeetingID) error {
	_, err := s.meetingRun(ctx, who, id)
	return err
}
