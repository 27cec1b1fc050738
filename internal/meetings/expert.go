package meetings

import (
	"context"
	"strconv"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/events"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/notify"
	"kladka/internal/platform/trace"
	"kladka/internal/platform/web"
)

// Asked is an expert to whom a program is opened: an account, or a typed name
// with where the person comes from.
type Asked struct {
	Person      access.PersonID
	Name        string
	Institution access.InstitutionID
	From        string
	Until       string // YYYY-MM-DD: opinions are asked for until that day
}

// AskExpert opens the program of a meeting to a named expert, who reads its
// draft from then on. Who may: whoever runs the meeting, until it is held.
func (s *Service) AskExpert(ctx context.Context, who access.Actor, id MeetingID, a Asked) (expert ExpertID, err error) {
	defer fault.Wrap(&err, "open the program of meeting %s", id)
	a.Name, a.From = line(a.Name), line(a.From)
	var fields []fault.Field
	if a.Person == "" {
		fields = needed(nil, "nazwisko", a.Name, longestTitle)
	} else if _, err := s.People.Actor(ctx, a.Person); err != nil {
		return "", err
	}
	fields = free(fields, "skad", a.From, longestLine)
	until, err := time.ParseInLocation(time.DateOnly, a.Until, web.Warsaw)
	if err != nil || nextMidnight(until).Before(s.now()) {
		fields = append(fields, fault.Field{Name: "termin", Key: "meetings.lack.day"})
	}
	if len(fields) > 0 {
		return "", fault.InvalidFields(fields)
	}
	if a.Institution != "" {
		if _, err := directory.ByID(ctx, s.db, a.Institution); err != nil {
			return "", err
		}
	}
	expert = ExpertID(newID())
	return expert, s.editAgenda(ctx, who, id, "expert", func(tx *db.Tx, _ Meeting) error {
		if a.Person != "" {
			var there int
			if err := tx.Get(ctx, &there, `select count(*) from meetings_experts where meeting = ? and person = ?`, id, a.Person); err != nil {
				return err
			}
			if there > 0 {
				return fault.New(fault.Conflict, "meetings.fault.asked")
			}
		}
		if _, err := tx.Exec(ctx, `insert into meetings_experts (id, meeting, person, name, institution, from_words, asked_at) values (?, ?, ?, ?, ?, ?, ?)`,
			expert, id, a.Person, a.Name, a.Institution, a.From, s.now().Unix()); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `update meetings_meetings set experts_until = ? where id = ?`, nextMidnight(until).Unix(), id); err != nil {
			return err
		}
		return s.tellLater(ctx, tx, telling{What: "experts", Meeting: id, Round: s.now().Unix()})
	})
}

// tellExperts tells experts with an account that a program waits for them.
func (s *Service) tellExperts(ctx context.Context, p telling) error {
	m, err := MeetingByID(ctx, s.db, p.Meeting)
	if err != nil {
		return err
	}
	var people []access.PersonID
	if err := s.db.Select(ctx, &people, `select distinct person from meetings_experts where meeting = ? and person <> ''`, m.ID); err != nil {
		return err
	}
	return s.tellAll(ctx, people, notify.Message{Topic: News, Key: "meetings.told.expert", Link: ProgramHref(m.ID),
		Args: map[string]string{"title": m.Title, "until_date": dayOf(m.ExpertsUntil - 1)}, Once: "meetings/" + string(m.ID) + "/expert"})
}

// ProgramHref is where experts read the draft of a program.
func ProgramHref(id MeetingID) string { return Href(id) + "/program" }

// expertFor is the expert as whom the actor speaks: the own row, or, of those
// without an account, any for whoever runs the meeting and types for them.
func (s *Service) expertFor(ctx context.Context, who access.Actor, m Meeting, id ExpertID) (e Expert, err error) {
	if id == "" && speaks(who) == "" {
		return e, fault.ErrNotFound
	}
	if id == "" {
		return e, s.db.Get(ctx, &e, `select `+ExpertColumns+` from meetings_experts e where e.meeting = ? and e.person = ? order by e.id limit 1`, m.ID, string(speaks(who)))
	}
	if err := known(string(id)); err != nil {
		return e, err
	}
	if err := s.db.Get(ctx, &e, `select `+ExpertColumns+` from meetings_experts e where e.id = ? and e.meeting = ?`, id, m.ID); err != nil {
		return e, err
	}
	if e.Person == "" && Runs(who, m.Kind, m.Owner) == nil || e.Person != "" && e.Person == speaks(who) {
		return e, nil
	}
	return e, fault.ErrNotFound
}

// Remark says something at an item of a program. Who may: an expert to whom it
// was opened, until the day that was asked for.
func (s *Service) Remark(ctx context.Context, who access.Actor, id MeetingID, expert ExpertID, item ItemID, text string) (err error) {
	defer fault.Wrap(&err, "remark at item %s", item)
	m, e, err := s.program(ctx, who, id, expert)
	if err != nil {
		return err
	}
	if text = words(text); text == "" || tooLong(text, longestWords) {
		return fault.InvalidFields(needed(nil, "uwaga", text, longestWords))
	}
	row, now := newID(), s.now().Unix()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `insert into meetings_remarks (id, expert, meeting, item, words, at)
			select cast(? as text), cast(? as text), i.meeting, i.id, cast(? as text), cast(? as bigint) from meetings_items i where i.id = ? and i.meeting = ?`, row, e.ID, text, now, item, id)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.ErrNotFound
		}
		return s.record(ctx, tx, who, "remark", "meeting", string(id), m.Owner, nil)
	})
}

// program reads a meeting whose program is open to the actor.
func (s *Service) program(ctx context.Context, who access.Actor, id MeetingID, expert ExpertID) (m Meeting, e Expert, err error) {
	if m, err = MeetingByID(ctx, s.db, id); err != nil {
		return m, e, err
	}
	if e, err = s.expertFor(ctx, who, m, expert); err != nil {
		return m, e, err
	}
	if m.State == Canceled || s.now().Unix() >= m.ExpertsUntil {
		return m, e, fault.New(fault.Conflict, "meetings.fault.program_closed")
	}
	return m, e, nil
}

// AnswerRemark says what became of a remark. Who may: whoever runs the meeting.
func (s *Service) AnswerRemark(ctx context.Context, who access.Actor, id MeetingID, remark, text string) (err error) {
	defer fault.Wrap(&err, "answer remark %s", remark)
	m, err := s.meetingRun(ctx, who, id)
	if err != nil {
		return err
	}
	if text = words(text); text == "" || tooLong(text, longestWords) {
		return fault.InvalidFields(needed(nil, "odpowiedz", text, longestWords))
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update meetings_remarks set answer = ?, answered_at = ? where id = ? and meeting = ?`, text, s.now().Unix(), remark, id)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.ErrNotFound
		}
		return s.record(ctx, tx, who, "remark_answer", "meeting", string(id), m.Owner, nil)
	})
}

// Opine writes an expert's opinion about a program and how long the work took;
// again, it replaces both, and the register of activities is told the later
// version. No minutes tell nothing, and take back what was told.
func (s *Service) Opine(ctx context.Context, who access.Actor, id MeetingID, expert ExpertID, text, on string, minutes int) (err error) {
	defer fault.Wrap(&err, "opinion about meeting %s", id)
	m, e, err := s.program(ctx, who, id, expert)
	if err != nil {
		return err
	}
	text = words(text)
	fields := needed(nil, "opinia", text, longestWords)
	day, err := time.ParseInLocation(time.DateOnly, on, web.Warsaw)
	if minutes < 0 || minutes > 200*60 {
		fields = append(fields, fault.Field{Name: "minuty", Key: "meetings.lack.minutes"})
	}
	if minutes > 0 && (err != nil || day.After(s.now())) {
		fields = append(fields, fault.Field{Name: "dzien", Key: "meetings.lack.day"})
	}
	if len(fields) > 0 {
		return fault.InvalidFields(fields)
	}
	if minutes == 0 {
		on = e.On
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := changedOne(tx.Exec(ctx, `update meetings_experts set opinion = ?, opinion_at = ?, minutes = ?, on_day = ?, revision = revision + 1 where id = ? and revision = ?`,
			text, now.Unix(), minutes, on, e.ID, e.Revision)); err != nil {
			return err
		}
		if minutes > 0 || e.Minutes > 0 {
			if err := s.emitConsulted(ctx, tx, m, e, on, minutes); err != nil {
				return err
			}
		}
		return s.record(ctx, tx, who, "opinion", "meeting", string(id), m.Owner, map[string]string{"minutes": strconv.Itoa(minutes)})
	})
}

func (s *Service) emitConsulted(ctx context.Context, tx *db.Tx, m Meeting, e Expert, on string, minutes int) error {
	year := m.SchoolYear
	if day, err := time.Parse(time.DateOnly, on); err == nil {
		year = directory.SchoolYear(day)
	}
	key, err := s.personKey(ctx, tx, e.Person, year)
	if err != nil {
		return err
	}
	return s.Bus.Emit(ctx, tx, Consulted{Meeting: m.ID, Owner: m.Owner, Expert: e.ID, Institution: e.Institution, PersonKey: key, SchoolYear: year, On: on,
		Minutes: minutes, Void: minutes == 0}, events.Envelope{Subject: string(e.ID), Version: e.Revision + 1, Trace: trace.ID(m.Trace), At: s.now()})
}
