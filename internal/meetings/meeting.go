package meetings

import (
	"context"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/law"
	"kladka/internal/platform/trace"
	"kladka/internal/platform/web"
)

// Plan is what is said of a meeting when it is planned or changed.
type Plan struct {
	Series   SeriesID
	Revision int64 // of a change: what was read
	Title    string
	Words    string
	Place    string
	Online   string // https
	Starts   time.Time
	Ends     time.Time
}

// PlanMeeting makes a meeting of a series that only those who run it see. Its
// agenda begins with the open decisions; then comes what the last meeting of the
// series did not finish, then the usual items. Who may: whoever runs the series.
func (s *Service) PlanMeeting(ctx context.Context, who access.Actor, p Plan) (id MeetingID, err error) {
	defer fault.Wrap(&err, "plan a meeting of series %s", p.Series)
	series, err := s.seriesRun(ctx, who, p.Series)
	if err != nil {
		return "", err
	}
	if series.Ended {
		return "", fault.New(fault.Conflict, "meetings.fault.ended")
	}
	now := s.now()
	m := Meeting{ID: MeetingID(newID()), Revision: 1, Trace: newID(), Series: series.ID, Kind: series.Kind, Owner: series.Owner, State: Planned,
		CreatedBy: string(who.Person), CreatedAt: now.Unix(), ChangedAt: now.Unix()}
	if err := s.fill(ctx, &m, p, now); err != nil {
		return "", err
	}
	return m.ID, s.db.Write(ctx, func(tx *db.Tx) error {
		if err := insertMeeting(ctx, tx, m); err != nil {
			return err
		}
		if err := firstAgenda(ctx, tx, m); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "plan", "meeting", string(m.ID), m.Owner, nil)
	})
}

// fill checks a plan and puts it into the meeting, with the days that follow
// from its start.
func (s *Service) fill(ctx context.Context, m *Meeting, p Plan, now time.Time) error {
	m.Title, m.Words, m.Place, m.Online = line(p.Title), words(p.Words), line(p.Place), strings.TrimSpace(p.Online)
	m.TitleKey = i18n.SortKey(m.Title)
	fields := free(needed(nil, "tytul", m.Title, longestTitle), "opis", m.Words, longestWords)
	fields = free(fields, "miejsce", m.Place, longestLine)
	if m.Online != "" && (!strings.HasPrefix(m.Online, "https://") || tooLong(m.Online, longestLine) || strings.ContainsAny(m.Online, " \"<>\\")) {
		fields = append(fields, fault.Field{Name: "adres", Key: "meetings.lack.https"})
	}
	switch {
	case p.Starts.IsZero():
		fields = append(fields, fault.Field{Name: "dzien", Key: "meetings.lack.moment"})
	case !p.Starts.After(now):
		fields = append(fields, fault.Field{Name: "dzien", Key: "meetings.lack.past"})
	case !p.Ends.After(p.Starts) || p.Ends.Sub(p.Starts) > 16*time.Hour:
		fields = append(fields, fault.Field{Name: "do", Key: "meetings.lack.ends"})
	}
	if len(fields) > 0 {
		return fault.InvalidFields(fields)
	}
	m.StartsAt, m.EndsAt, m.SchoolYear = p.Starts.Unix(), p.Ends.Unix(), directory.SchoolYear(p.Starts)
	return s.deadlines(ctx, m)
}

// deadlines sets the days until which topics and replies are taken by the start
// of the meeting.
func (s *Service) deadlines(ctx context.Context, m *Meeting) error {
	starts := time.Unix(m.StartsAt, 0)
	for _, d := range []struct {
		key string
		to  *int64
	}{{TopicDays, &m.TopicsUntil}, {ReplyDays, &m.ReplyUntil}} {
		v, err := s.Law.Int(ctx, s.db, d.key, starts)
		if err != nil {
			return err
		}
		*d.to = nextMidnight(v.Before(starts)).Unix()
	}
	return nil
}

// keepReply leaves the day for replies where somebody has set it by hand (see
// SetHall), unless the meeting begins before it now.
func (s *Service) keepReply(ctx context.Context, m *Meeting, was Meeting) error {
	usual := was
	if err := s.deadlines(ctx, &usual); err != nil {
		return err
	}
	if was.ReplyUntil != usual.ReplyUntil && dayOf(was.ReplyUntil-1) <= dayOf(m.StartsAt) {
		m.ReplyUntil = was.ReplyUntil
	}
	return nil
}

// nextMidnight ends the day of a moment: a date means "before the next local midnight".
func nextMidnight(t time.Time) time.Time {
	y, mo, d := t.In(web.Warsaw).Date()
	return time.Date(y, mo, d+1, 0, 0, 0, 0, web.Warsaw)
}

func insertMeeting(ctx context.Context, tx *db.Tx, m Meeting) error {
	_, err := tx.Exec(ctx, `insert into meetings_meetings (id, revision, trace, series, kind, owner, state, title, title_key, words, place, online, school_year,
		starts_at, ends_at, topics_until, reply_until, experts_until, minutes, late_why, canceled_why, reminded_at, announced_at, convened_at, held_at,
		created_by, created_at, changed_at) values `+db.Marks(1, 28),
		m.ID, m.Revision, m.Trace, m.Series, m.Kind, m.Owner, m.State, m.Title, m.TitleKey, m.Words, m.Place, m.Online, m.SchoolYear,
		m.StartsAt, m.EndsAt, m.TopicsUntil, m.ReplyUntil, m.ExpertsUntil, m.Minutes, m.LateWhy, m.CanceledWhy, m.RemindedAt, m.AnnouncedAt, m.ConvenedAt, m.HeldAt,
		m.CreatedBy, m.CreatedAt, m.ChangedAt)
	return err
}

// Change changes the words, the place or the time of a meeting that is yet to
// come; everybody invited is told of another time or place. Who may: whoever
// runs it. Conflict when somebody else changed it meanwhile.
func (s *Service) Change(ctx context.Context, who access.Actor, id MeetingID, p Plan) (err error) {
	defer fault.Wrap(&err, "change meeting %s", id)
	m, err := s.meetingRun(ctx, who, id)
	if err != nil {
		return err
	}
	if m.State != Planned && !m.State.Announced() {
		return fault.New(fault.Conflict, "meetings.fault.over")
	}
	if m.State.Announced() && s.now().Unix() >= m.StartsAt {
		return fault.New(fault.Conflict, "meetings.fault.past") // people are there; it can be canceled
	}
	was, now := m, s.now()
	if err := s.fill(ctx, &m, p, now); err != nil {
		return err
	}
	if err := s.keepReply(ctx, &m, was); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		err := changedOne(tx.Exec(ctx, `update meetings_meetings set title = ?, title_key = ?, words = ?, place = ?, online = ?, school_year = ?, starts_at = ?, ends_at = ?,
			topics_until = ?, reply_until = ?, changed_at = ?, revision = revision + 1 where id = ? and revision = ? and state in (?, ?, ?, ?)`,
			m.Title, m.TitleKey, m.Words, m.Place, m.Online, m.SchoolYear, m.StartsAt, m.EndsAt, m.TopicsUntil, m.ReplyUntil, now.Unix(), id, p.Revision,
			Planned, AgendaOpen, AgendaClosed, Convened))
		if err != nil {
			return err
		}
		if m.StartsAt != was.StartsAt { // whoever was let in already comes to the other day anew
			if _, err := tx.Exec(ctx, `update meetings_attendance set present = ?, revision = revision + 1 where meeting = ? and present = ?`, false, id, true); err != nil {
				return err
			}
		}
		if moved := m.StartsAt != was.StartsAt || m.EndsAt != was.EndsAt || m.Place != was.Place; moved && m.State.Announced() {
			if err := s.tellLater(ctx, tx, telling{What: "moved", Meeting: id, Round: p.Revision + 1}); err != nil {
				return err
			}
		}
		return s.record(ctx, tx, who, "change", "meeting", string(id), m.Owner, nil)
	})
}

// Announce opens the agenda: everybody with a seat in the series is invited once
// and may propose topics. It is done as many days before as the notice asks;
// later only with a reason, which everybody reads. Who may: whoever runs it.
func (s *Service) Announce(ctx context.Context, who access.Actor, id MeetingID, lateWhy string) (err error) {
	defer fault.Wrap(&err, "announce meeting %s", id)
	m, err := s.meetingRun(ctx, who, id)
	if err != nil {
		return err
	}
	series, err := SeriesByID(ctx, s.db, m.Series)
	if err != nil {
		return err
	}
	now := s.now()
	if now.Unix() >= m.StartsAt {
		return fault.New(fault.Conflict, "meetings.fault.past")
	}
	notice, err := s.Law.Int(ctx, s.db, NoticeDays, now)
	if err != nil {
		return err
	}
	if lateWhy = line(lateWhy); !onTime(m, notice, now) && lateWhy == "" {
		return fault.InvalidFields([]fault.Field{{Name: "powod_terminu", Key: "meetings.lack.late", Args: []any{"n", notice.Int}}})
	} else if onTime(m, notice, now) {
		lateWhy = ""
	}
	seats, err := s.seats(ctx, series)
	if err != nil {
		return err
	}
	if len(seats) == 0 {
		return fault.New(fault.Conflict, "meetings.fault.nobody")
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.advance(ctx, tx, m, AgendaOpen, Planned); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `update meetings_meetings set announced_at = ?, late_why = ? where id = ?`, now.Unix(), lateWhy, id); err != nil {
			return err
		}
		if err := invite(ctx, tx, id, seats); err != nil {
			return err
		}
		if err := s.tellLater(ctx, tx, telling{What: "announced", Meeting: id}); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "announce", "meeting", string(id), m.Owner, nil)
	})
}

// onTime tells whether a meeting is announced early enough now.
func onTime(m Meeting, notice law.Value, now time.Time) bool {
	return now.Before(nextMidnight(notice.Before(time.Unix(m.StartsAt, 0))))
}

// advance moves a meeting to a state, from one of the others, and writes its step.
func (s *Service) advance(ctx context.Context, tx *db.Tx, m Meeting, to State, from ...State) error {
	now := s.now().Unix()
	query, args, err := db.In(`update meetings_meetings set state = ?, revision = revision + 1, changed_at = ? where id = ? and state in (?)`, to, now, m.ID, from)
	if err != nil {
		return err
	}
	n, err := tx.Exec(ctx, query, args...)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.Conflict, "meetings.fault.state")
	}
	return trace.Step(ctx, tx, trace.StepRow{Trace: trace.ID(m.Trace), Kind: "meetings.meeting." + string(to), ID: string(m.ID),
		TitleKey: "meetings.step.meeting_" + string(to), At: now, Audience: seriesAudience(m.Series)})
}

// CloseTopics closes the agenda before its day. The clock does it by itself.
func (s *Service) CloseTopics(ctx context.Context, who access.Actor, id MeetingID) (err error) {
	defer fault.Wrap(&err, "close the agenda of meeting %s", id)
	m, err := s.meetingRun(ctx, who, id)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.advance(ctx, tx, m, AgendaClosed, AgendaOpen); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "close_topics", "meeting", string(id), m.Owner, nil)
	})
}

// Convene sends the final agenda to everybody invited. Who may: whoever runs it.
func (s *Service) Convene(ctx context.Context, who access.Actor, id MeetingID) (err error) {
	defer fault.Wrap(&err, "convene meeting %s", id)
	m, err := s.meetingRun(ctx, who, id)
	if err != nil {
		return err
	}
	now := s.now().Unix()
	if now >= m.StartsAt {
		return fault.New(fault.Conflict, "meetings.fault.past")
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.advance(ctx, tx, m, Convened, AgendaOpen, AgendaClosed); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `update meetings_meetings set convened_at = ? where id = ?`, now, id); err != nil {
			return err
		}
		if err := s.tellLater(ctx, tx, telling{What: "convened", Meeting: id}); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "convene", "meeting", string(id), m.Owner, nil)
	})
}

// Hold says that a meeting took place and how long it took, in minutes; again,
// it corrects the length. Everybody present is told to the register of
// activities anew. Who may: whoever records it, once it has begun.
func (s *Service) Hold(ctx context.Context, who access.Actor, id MeetingID, minutes int) (err error) {
	defer fault.Wrap(&err, "hold meeting %s", id)
	m, err := s.meetingRecord(ctx, who, id)
	if err != nil {
		return err
	}
	if minutes < 1 || minutes > 16*60 {
		return fault.InvalidFields([]fault.Field{{Name: "minuty", Key: "meetings.lack.minutes"}})
	}
	if s.now().Unix() < m.StartsAt {
		return fault.New(fault.Conflict, "meetings.fault.early")
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.tookPlace(ctx, tx, m, minutes); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "hold", "meeting", string(id), m.Owner, map[string]string{"minutes": number(int64(minutes))})
	})
}

// tookPlace writes the length and tells it; a meeting that was still to come is held now.
func (s *Service) tookPlace(ctx context.Context, tx *db.Tx, m Meeting, minutes int) error {
	now := s.now().Unix()
	if !m.State.Over() {
		if err := s.advance(ctx, tx, m, Held, AgendaOpen, AgendaClosed, Convened); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `update meetings_items set done = ? where meeting = ?`, true, m.ID); err != nil {
			return err
		}
	}
	if err := changedOne(tx.Exec(ctx, `update meetings_meetings set minutes = ?, revision = revision + 1, held_at = ?, changed_at = ? where id = ? and state in (?, ?, ?, ?)`,
		minutes, max(m.HeldAt, now), now, m.ID, Held, MinutesDraft, MinutesAdopted, Archived)); err != nil {
		return err
	}
	m, err := MeetingByID(ctx, tx, m.ID)
	if err != nil {
		return err
	}
	return s.emitAll(ctx, tx, m, false)
}

// Cancel says that a meeting will not be, or was not, with the reason that
// everybody invited is told. What was told to the register is taken back. Its
// topics wait for another meeting. Who may: whoever runs it, until its minutes
// are written.
func (s *Service) Cancel(ctx context.Context, who access.Actor, id MeetingID, why string) (err error) {
	defer fault.Wrap(&err, "cancel meeting %s", id)
	_, err = s.meetingRun(ctx, who, id)
	if err != nil {
		return err
	}
	if why = line(why); why == "" || tooLong(why, longestLine) {
		return fault.InvalidFields(needed(nil, "powod", why, longestLine))
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		// How it stands is read here: the clock may just have noted it as held.
		m, err := MeetingByID(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := s.advance(ctx, tx, m, Canceled, Planned, AgendaOpen, AgendaClosed, Convened, Held); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `update meetings_meetings set canceled_why = ? where id = ?`, why, id); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `update meetings_topics set state = ?, meeting = '', revision = revision + 1 where meeting = ? and state = ?`, Accepted, id, OnAgenda); err != nil {
			return err
		}
		if err := carryOn(ctx, tx, m); err != nil {
			return err
		}
		if m.AnnouncedAt > 0 {
			if err := s.tellLater(ctx, tx, telling{What: "canceled", Meeting: id}); err != nil {
				return err
			}
		}
		canceled, err := MeetingByID(ctx, tx, id)
		if err != nil {
			return err
		}
		if m.State == Held {
			if err := s.emitAll(ctx, tx, canceled, true); err != nil {
				return err
			}
		}
		return s.record(ctx, tx, who, "cancel", "meeting", string(id), m.Owner, nil)
	})
}
