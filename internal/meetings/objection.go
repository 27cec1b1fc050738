package meetings

import (
	"context"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/notify"
	"kladka/internal/platform/web"
)

// ObjectionState is what became of an objection.
type ObjectionState string

// The states of an objection.
const (
	Raised    ObjectionState = "open"
	Taken     ObjectionState = "taken"
	Dismissed ObjectionState = "dismissed"
)

// Objection is what somebody wants to be changed in minutes that were sent round.
type Objection struct {
	ID          string               `db:"id"`
	Meeting     MeetingID            `db:"meeting"`
	Item        ItemID               `db:"item"` // "" for the minutes as a whole
	Person      access.PersonID      `db:"person"`
	Institution access.InstitutionID `db:"institution"`
	Words       string               `db:"words"`
	State       ObjectionState       `db:"state"`
	Answer      string               `db:"answer"`
	At          int64                `db:"at"`
	AnsweredAt  int64                `db:"answered_at"`
}

const objectionColumns = `o.id, o.meeting, o.item, o.person, o.institution, o.words, o.state, o.answer, o.at, o.answered_at`

func objectionsOf(ctx context.Context, r db.Reader, id MeetingID) (list []Objection, err error) {
	return list, r.Select(ctx, &list, `select `+objectionColumns+` from meetings_objections o where o.meeting = ? order by o.at, o.id`, id)
}

// clockOf reads what decides about the adoption of minutes.
func clockOf(ctx context.Context, r db.Reader, p Paper) (c Clock, err error) {
	c = Clock{SentAt: p.SentAt, UntilAt: p.UntilAt, Content: p.Content, SentContent: p.SentContent}
	if err := r.Get(ctx, &c.Open, `select count(*) from meetings_objections where meeting = ? and state = ?`, p.Meeting, Raised); err != nil {
		return c, err
	}
	return c, r.Get(ctx, &c.Clashes, `select count(*) from meetings_texts where meeting = ? and clashes <> ''`, p.Meeting)
}

// afterDays is the midnight in Kraków after so many whole days: a deadline means
// before the next local midnight.
func afterDays(t time.Time, days int) time.Time {
	y, m, d := t.In(web.Warsaw).Date()
	return time.Date(y, m, d+days+1, 0, 0, 0, 0, web.Warsaw)
}

// SendMinutes shows the minutes to everybody who has a seat, and lets the days
// for objections begin, also when they were sent before. Who runs the meeting
// may, once it was held. Faults: Conflict before the meeting, with two wordings
// left at an item, with a vote that is open, and when nothing has changed.
func (s *Service) SendMinutes(ctx context.Context, who access.Actor, id MeetingID) (err error) {
	defer fault.Wrap(&err, "send the minutes of %s", id)
	m, err := s.meetingRun(ctx, who, id)
	if err != nil {
		return err
	}
	days, err := s.Law.Int(ctx, s.db, ObjectionDays, s.now())
	if err != nil {
		return err
	}
	return s.onPaper(ctx, who, m, func(ctx context.Context, tx *db.Tx, d *paperDeed) error {
		if err := d.sendable(ctx, tx); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `update meetings_papers set sent_content = content, sent_at = ?, until_at = ? where meeting = ?`,
			d.at.Unix(), afterDays(d.at, int(days.Int)).Unix(), id); err != nil {
			return err
		}
		if err := d.moveTo(ctx, tx, MinutesDraft); err != nil {
			return err
		}
		if err := d.log(ctx, tx, "minutes_sent", "meeting", string(id)); err != nil {
			return err
		}
		return s.tellLater(ctx, tx, telling{What: "minutes_sent", Meeting: id, Round: d.p.Content})
	})
}

// sendable tells what stands in the way of sending.
func (d *paperDeed) sendable(ctx context.Context, tx *db.Tx) error {
	if !d.m.State.In(Held, MinutesDraft) {
		return fault.New(fault.Conflict, "meetings.fault.not_held")
	}
	if d.p.SentAt > 0 && d.p.SentContent == d.p.Content {
		return fault.New(fault.Conflict, "meetings.fault.sent_already")
	}
	c, err := clockOf(ctx, tx, d.p)
	if err != nil {
		return err
	}
	if c.Clashes > 0 {
		return fault.New(fault.Conflict, "meetings.fault.clashes")
	}
	var open int
	if err := tx.Get(ctx, &open, `select count(*) from meetings_votes where meeting = ? and state = ?`, d.m.ID, VoteOpen); err != nil {
		return err
	}
	if open > 0 {
		return fault.New(fault.Conflict, "meetings.fault.vote_open")
	}
	return nil
}

// moveTo takes the meeting one state further.
func (d *paperDeed) moveTo(ctx context.Context, tx *db.Tx, to State) error {
	_, err := tx.Exec(ctx, `update meetings_meetings set state = ?, revision = revision + 1, changed_at = ? where id = ? and state in (?, ?)`,
		to, d.at.Unix(), d.m.ID, Held, MinutesDraft)
	return err
}

// Object raises an objection to minutes that were sent round, at an item, or as
// a whole without one. Whoever may read them may, before the time is over.
// Faults: NotFound, Invalid without words, Conflict when nothing was sent or the
// time is over.
func (s *Service) Object(ctx context.Context, who access.Actor, id MeetingID, item ItemID, text string) (err error) {
	defer fault.Wrap(&err, "object to the minutes of %s", id)
	m, err := s.meetingAttended(ctx, who, id)
	if err != nil {
		return err
	}
	text = words(text)
	if wrong := needed(nil, "uwaga", text, longestWords); len(wrong) > 0 {
		return fault.InvalidFields(wrong)
	}
	objection := newID()
	runners, err := s.runners(ctx, m.Owner)
	if err != nil {
		return err
	}
	return s.onPaper(ctx, who, m, func(ctx context.Context, tx *db.Tx, d *paperDeed) error {
		if d.p.SentAt == 0 {
			return fault.New(fault.Conflict, "meetings.fault.not_sent")
		}
		if d.at.Unix() >= d.p.UntilAt {
			return fault.New(fault.Conflict, "meetings.fault.objections_over")
		}
		if item != "" {
			if _, err := ItemByID(ctx, tx, id, item); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `insert into meetings_objections (id, meeting, item, person, institution, words, state, at) values (?, ?, ?, ?, ?, ?, ?, ?)`,
			objection, id, item, speaks(who), actsAt(who), text, Raised, d.at.Unix()); err != nil {
			return err
		}
		for _, person := range runners {
			if err := d.tell(ctx, tx, person, "objection", objection, MinutesHref(id), nil); err != nil {
				return err
			}
		}
		return nil
	})
}

// actsAt is the institution for which somebody acts now, "" for none.
func actsAt(who access.Actor) access.InstitutionID {
	for _, h := range who.Roles {
		if h.Institution != "" && h.Role.Gives(access.JoinMeetings) {
			return h.Institution
		}
	}
	return ""
}

// tell puts news about the meeting into one person's inbox, once, with the page
// to go on to.
func (d *paperDeed) tell(ctx context.Context, tx *db.Tx, to access.PersonID, what, once, link string, args map[string]string) error {
	if d.s.Tell == nil || to == "" || to == d.who.Person {
		return nil
	}
	all := map[string]string{"title": d.m.Title}
	for name, value := range args {
		all[name] = value
	}
	return d.s.Tell(ctx, tx, notify.Message{To: string(to), Topic: News, Key: "meetings.told." + what, Args: all, Link: link, Once: "meetings/" + what + "/" + once})
}

// AnswerObjection answers it: taken, when the minutes were or will be changed,
// or dismissed, with the reason that the person reads. Who runs the meeting may.
// Faults: those of the right, Invalid without words, Conflict when it was
// answered already.
func (s *Service) AnswerObjection(ctx context.Context, who access.Actor, id MeetingID, objection string, state ObjectionState, answer string) (err error) {
	defer fault.Wrap(&err, "answer objection %s", objection)
	m, err := s.meetingRun(ctx, who, id)
	if err != nil {
		return err
	}
	if state != Taken && state != Dismissed {
		return fault.New(fault.BadRequest, "fault.bad_request")
	}
	answer = words(answer)
	if wrong := needed(nil, "odpowiedz", answer, longestWords); len(wrong) > 0 {
		return fault.InvalidFields(wrong)
	}
	return s.onPaper(ctx, who, m, func(ctx context.Context, tx *db.Tx, d *paperDeed) error {
		var o Objection
		if err := tx.Get(ctx, &o, `select `+objectionColumns+` from meetings_objections o where o.id = ? and o.meeting = ?`, objection, id); err != nil {
			return err
		}
		if err := changedOne(tx.Exec(ctx, `update meetings_objections set state = ?, answer = ?, answered_at = ? where id = ? and state = ?`,
			state, answer, d.at.Unix(), objection, Raised)); err != nil {
			return err
		}
		if err := d.log(ctx, tx, "objection_answered", "meeting", string(id)); err != nil {
			return err
		}
		return d.tell(ctx, tx, o.Person, "objection_"+string(state), objection, MinutesHref(id), nil)
	})
}

// adoptMost is how many minutes one run of the job looks at.
const adoptMost = 500

// adoptDue adopts minutes to which nobody objects any more; a daily job calls it.
func (s *Service) adoptDue(ctx context.Context) (err error) {
	defer fault.Wrap(&err, "adopt minutes")
	var list []Paper
	if err := s.db.Select(ctx, &list, `select `+paperColumns+` from meetings_papers p where p.adopted_at = 0 and p.sent_at > 0 and p.until_at <= ? and p.content = p.sent_content
		and not exists (select 1 from meetings_objections o where o.meeting = p.meeting and o.state = ?)
		order by p.until_at, p.meeting limit ?`, s.now().Unix(), Raised, adoptMost); err != nil {
		return err
	}
	for _, p := range list {
		m, err := MeetingByID(ctx, s.db, p.Meeting)
		if err != nil {
			return err
		}
		err = s.onPaper(ctx, access.System(), m, func(ctx context.Context, tx *db.Tx, d *paperDeed) error { return d.adopt(ctx, tx, true) })
		if err != nil && fault.KindOf(err) != fault.Conflict { // somebody changed it meanwhile: it waits
			return err
		}
	}
	return nil
}

// AdoptMinutes notes that the body itself adopted the minutes, at a meeting.
// Who runs the meeting may, when they were sent round and every objection was
// answered; the days need not be over. Faults: those of the right, Conflict.
func (s *Service) AdoptMinutes(ctx context.Context, who access.Actor, id MeetingID) (err error) {
	defer fault.Wrap(&err, "adopt the minutes of %s", id)
	m, err := s.meetingRun(ctx, who, id)
	if err != nil {
		return err
	}
	return s.onPaper(ctx, who, m, func(ctx context.Context, tx *db.Tx, d *paperDeed) error { return d.adopt(ctx, tx, false) })
}

// adopt ends the writing: what was joined on the way is deleted with the names
// of those who typed it.
func (d *paperDeed) adopt(ctx context.Context, tx *db.Tx, silently bool) error {
	c, err := clockOf(ctx, tx, d.p)
	if err != nil {
		return err
	}
	if waits := c.Waits(d.at.Unix()); waits != WaitsNothing && (silently || waits != WaitsDays) {
		return fault.New(fault.Conflict, "meetings.fault.adopt_"+string(waits))
	}
	if _, err := tx.Exec(ctx, `update meetings_papers set adopted_at = ?, silently = ? where meeting = ?`, d.at.Unix(), silently, d.m.ID); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `delete from meetings_saves where item in (select x.item from meetings_texts x where x.meeting = ?)`, d.m.ID); err != nil {
		return err
	}
	if err := d.moveTo(ctx, tx, MinutesAdopted); err != nil {
		return err
	}
	if err := d.log(ctx, tx, "minutes_adopted", "meeting", string(d.m.ID)); err != nil {
		return err
	}
	return d.s.tellLater(ctx, tx, telling{What: "minutes_adopted", Meeting: d.m.ID})
}

// PublishMinutes shows adopted minutes to everybody, without the names of those
// who are to do something or who voted. Who runs the meeting may. It may be
// repeated. Faults: those of the right, Conflict before the adoption.
func (s *Service) PublishMinutes(ctx context.Context, who access.Actor, id MeetingID, public bool) (err error) {
	defer fault.Wrap(&err, "publish the minutes of %s", id)
	m, err := s.meetingRun(ctx, who, id)
	if err != nil {
		return err
	}
	at, act := s.now().Unix(), "minutes_published"
	if !public {
		at, act = 0, "minutes_hidden"
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update meetings_papers set published_at = ?, revision = revision + 1 where meeting = ? and adopted_at > 0`, at, id)
		if err == nil && n == 0 {
			return fault.New(fault.Conflict, "meetings.fault.not_adopted")
		}
		if err != nil {
			return err
		}
		return s.record(ctx, tx, who, act, "meeting", string(id), m.Owner, nil)
	})
}
