package meetings

import (
	"context"
	"errors"
	"strconv"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/notify"
	"kladka/internal/platform/web"
)

// ActionState is what became of a task.
type ActionState string

// The states of a task.
const (
	ActionOpen     ActionState = "open"
	ActionDone     ActionState = "done"
	ActionCanceled ActionState = "canceled"
)

// Action is what somebody is to do until a day. Its owner is a person with an
// account, or a name as typed, with an institution or without.
type Action struct {
	ID          string               `db:"id"`
	Revision    int64                `db:"revision"`
	Meeting     MeetingID            `db:"meeting"`
	Series      SeriesID             `db:"series"`
	Owner       access.InstitutionID `db:"owner"` // of the meeting
	Item        ItemID               `db:"item"`
	No          int                  `db:"no"` // within the meeting
	What        string               `db:"what"`
	Person      access.PersonID      `db:"person"`
	Name        string               `db:"name"`
	Institution access.InstitutionID `db:"institution"`
	DueOn       string               `db:"due_on"`
	DueAt       int64                `db:"due_at"`
	State       ActionState          `db:"state"`
	Note        string               `db:"note"` // what came of it, or why it was canceled
	Reminded    Reminder             `db:"reminded"`
	By          string               `db:"by_person"`
	At          int64                `db:"at"`
	ChangedAt   int64                `db:"changed_at"`
}

const actionColumns = `c.id, c.revision, c.meeting, c.series, c.owner, c.item, c.no, c.what, c.person, c.name, c.institution, c.due_on, c.due_at, c.state, c.note, c.reminded,
	c.by_person, c.at, c.changed_at`

// Late tells that it should have been done.
func (a Action) Late(now time.Time) bool { return a.State == ActionOpen && now.Unix() >= a.DueAt }

// ActionHref is the page of a task.
func ActionHref(m MeetingID, action string) string { return Href(m) + "/zadania/" + action }

func actionsOf(ctx context.Context, r db.Reader, id MeetingID) (list []Action, err error) {
	return list, r.Select(ctx, &list, `select `+actionColumns+` from meetings_actions c where c.meeting = ? order by c.no`, id)
}

func actionByID(ctx context.Context, r db.Reader, meeting MeetingID, id string) (a Action, err error) {
	if err := known(id); err != nil {
		return a, err
	}
	return a, r.Get(ctx, &a, `select `+actionColumns+` from meetings_actions c where c.id = ? and c.meeting = ?`, id, meeting)
}

// NewAction is a task as it is typed.
type NewAction struct {
	Item        ItemID
	What        string
	Person      access.PersonID // of a seat at the meeting, or
	Name        string          // as typed
	Institution access.InstitutionID
	DueOn       string
	Revision    int64 // of a change: what was read
}

// check looks at what was typed; a person must be one of those at the table.
func (s *Service) checkAction(ctx context.Context, m Meeting, n *NewAction) (due int64, err error) {
	n.What, n.Name = words(n.What), line(n.Name)
	fields := free(needed(nil, "zadanie", n.What, longestWords), "kto", n.Name, longestName)
	if (n.Person == "") == (n.Name == "") {
		fields = append(fields, fault.Field{Name: "kto", Key: "meetings.fault.one_owner"})
	}
	due, ok := dueAt(n.DueOn)
	if !ok || n.DueOn == "" {
		fields = append(fields, fault.Field{Name: "termin", Key: "meetings.fault.day"})
	}
	if n.Person != "" {
		var there int
		if err := s.db.Get(ctx, &there, `select count(*) from meetings_invitations where meeting = ? and person = ?`, m.ID, n.Person); err != nil {
			return 0, err
		}
		if there == 0 {
			fields = append(fields, fault.Field{Name: "osoba", Key: "meetings.lack.empty"})
		}
	}
	if len(fields) > 0 {
		return 0, fault.InvalidFields(fields)
	}
	if n.Institution != "" {
		_, err = directory.ByID(ctx, s.db, n.Institution)
	}
	return due, err
}

// AddAction gives a task at an item and tells whoever shall do it. Who records
// the meeting may. Faults: those of the right, Invalid, Conflict when the
// minutes are adopted.
func (s *Service) AddAction(ctx context.Context, who access.Actor, id MeetingID, n NewAction) (action string, err error) {
	defer fault.Wrap(&err, "give a task at item %s", n.Item)
	m, err := s.meetingRecord(ctx, who, id)
	if err != nil {
		return "", err
	}
	due, err := s.checkAction(ctx, m, &n)
	if err != nil {
		return "", err
	}
	action = newID()
	return action, s.onPaper(ctx, who, m, func(ctx context.Context, tx *db.Tx, d *paperDeed) error {
		if _, err := ItemByID(ctx, tx, id, n.Item); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `insert into meetings_actions (id, meeting, series, owner, item, no, what, person, name, institution, due_on, due_at, state, by_person, at, changed_at)
			select ?, ?, ?, ?, ?, coalesce(max(c.no), 0) + 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? from meetings_actions c where c.meeting = ?`,
			action, id, m.Series, m.Owner, n.Item, n.What, n.Person, n.Name, n.Institution, n.DueOn, due, ActionOpen, who.Person, d.at.Unix(), d.at.Unix(), id); err != nil {
			return err
		}
		if err := d.log(ctx, tx, "action_given", "meetings_action", action); err != nil {
			return err
		}
		if err := d.tell(ctx, tx, n.Person, "action_given", action, ActionHref(id, action), map[string]string{"due_date": n.DueOn}); err != nil {
			return err
		}
		return d.touch(ctx, tx)
	})
}

// ChangeAction changes a task that is open; with a new day the reminders begin
// anew. Faults: as AddAction, Conflict when it was changed or ended meanwhile.
func (s *Service) ChangeAction(ctx context.Context, who access.Actor, id MeetingID, action string, n NewAction) (err error) {
	defer fault.Wrap(&err, "change task %s", action)
	m, err := s.meetingRecord(ctx, who, id)
	if err != nil {
		return err
	}
	due, err := s.checkAction(ctx, m, &n)
	if err != nil {
		return err
	}
	return s.onPaper(ctx, who, m, func(ctx context.Context, tx *db.Tx, d *paperDeed) error {
		if err := changedOne(tx.Exec(ctx, `update meetings_actions set what = ?, person = ?, name = ?, institution = ?, reminded = case when due_at = ? then reminded else 0 end,
			due_on = ?, due_at = ?, changed_at = ?, revision = revision + 1 where id = ? and meeting = ? and revision = ? and state = ?`,
			n.What, n.Person, n.Name, n.Institution, due, n.DueOn, due, d.at.Unix(), action, id, n.Revision, ActionOpen)); err != nil {
			return err
		}
		if err := d.tell(ctx, tx, n.Person, "action_given", action+"/"+strconv.FormatInt(n.Revision, 10), ActionHref(id, action), map[string]string{"due_date": n.DueOn}); err != nil {
			return err
		}
		return d.touch(ctx, tx)
	})
}

// actionSeen reads a task for whoever may end it or read it: who records the
// meeting, and whoever shall do it, also without a seat any more.
func (s *Service) actionSeen(ctx context.Context, who access.Actor, id MeetingID, action string) (a Action, m Meeting, mine bool, err error) {
	if m, err = MeetingByID(ctx, s.db, id); err != nil {
		return a, m, false, err
	}
	if a, err = actionByID(ctx, s.db, id, action); err != nil {
		return a, m, false, err
	}
	if a.Person != "" && a.Person == speaks(who) || Records(who, m) == nil {
		return a, m, true, nil
	}
	return a, m, false, s.Attends(ctx, who, m)
}

// EndAction says that a task is done, or that it fell away, and what came of
// it. Whoever shall do it may, and who records the meeting. Faults: NotFound,
// Forbidden, Invalid without words, Conflict when it has ended.
func (s *Service) EndAction(ctx context.Context, who access.Actor, id MeetingID, action string, state ActionState, note string) (err error) {
	defer fault.Wrap(&err, "end task %s", action)
	a, m, mine, err := s.actionSeen(ctx, who, id, action)
	if err != nil {
		return err
	}
	if !mine {
		return fault.New(fault.Forbidden, "fault.forbidden")
	}
	note = words(note)
	wrong := needed(nil, "wynik", note, longestWords)
	if state != ActionDone && state != ActionCanceled {
		wrong = append(wrong, fault.Field{Name: "stan", Key: "meetings.lack.empty"})
	}
	if len(wrong) > 0 {
		return fault.InvalidFields(wrong)
	}
	runners, err := s.runners(ctx, m.Owner)
	if err != nil {
		return err
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := changedOne(tx.Exec(ctx, `update meetings_actions set state = ?, note = ?, changed_at = ?, revision = revision + 1 where id = ? and state = ?`,
			state, note, now.Unix(), a.ID, ActionOpen)); err != nil {
			return err
		}
		d := &paperDeed{s: s, who: who, m: m, at: now}
		for _, person := range runners {
			if err := d.tell(ctx, tx, person, "action_"+string(state), a.ID, ActionHref(id, a.ID), nil); err != nil {
				return err
			}
		}
		return d.log(ctx, tx, "action_"+string(state), "meetings_action", a.ID)
	})
}

// MyActions are the actor's own tasks, open ones or the others, those due first
// in front; the key of the cursor is DueAt as text. Faults: SignedOut.
func (s *Service) MyActions(ctx context.Context, who access.Actor, ended bool, from web.Cursor, n int) (list []Action, more bool, err error) {
	defer fault.Wrap(&err, "own tasks")
	if !who.SignedIn() {
		return nil, false, fault.New(fault.SignedOut, "fault.signed_out")
	}
	where, order, args := pageOf("c", from)
	state := `c.state = ?`
	if ended {
		state = `c.state <> ?`
	}
	args = append([]any{speaks(who), ActionOpen}, append(args, n+1)...)
	if err := s.db.Select(ctx, &list, `select `+actionColumns+` from meetings_actions c where c.person = ? and `+state+where+order, args...); err != nil {
		return nil, false, err
	}
	list, more = cutPage(list, n, from)
	return list, more, nil
}

const (
	remindAtOnce = 200 // tasks in one query
	dayLong      = 24 * time.Hour
)

// minutesJobs declares what happens by itself: reminders of tasks and the
// adoption of minutes by silence, once a day.
func (s *Service) minutesJobs(r *jobs.Registry) {
	r.Every("meetings.minutes_daily", dayLong, func(ctx context.Context) error {
		return errors.Join(s.remindDue(ctx), s.adoptDue(ctx))
	})
}

// remindDue reminds of tasks three days before their day and one day after it.
// It may run again at any point: each reminder is given once.
func (s *Service) remindDue(ctx context.Context) (err error) {
	defer fault.Wrap(&err, "remind of tasks")
	now := s.now()
	for after := ""; ; {
		var list []Action
		if err := s.db.Select(ctx, &list, `select `+actionColumns+` from meetings_actions c where c.state = ? and c.due_at < ? and c.reminded < ? and c.id > ? order by c.id limit ?`,
			ActionOpen, now.Add((remindBefore+2)*dayLong).Unix(), AfterDue, after, remindAtOnce); err != nil || len(list) == 0 {
			return err
		}
		for _, a := range list {
			if which := reminder(a.DueAt, a.Reminded, now); which != NoReminder {
				if err := s.remind(ctx, a, which); err != nil {
					return err
				}
			}
		}
		after = list[len(list)-1].ID
	}
}

// remind tells whoever shall do it; of a name without an account, those who run
// the meeting.
func (s *Service) remind(ctx context.Context, a Action, which Reminder) error {
	m, err := MeetingByID(ctx, s.db, a.Meeting)
	if err != nil {
		return err
	}
	to, what := []access.PersonID{a.Person}, map[Reminder]string{BeforeDue: "action_before", AfterDue: "action_after"}[which]
	if a.Person == "" {
		if to, err = s.runners(ctx, a.Owner); err != nil {
			return err
		}
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update meetings_actions set reminded = ? where id = ? and revision = ? and state = ? and reminded < ?`, which, a.ID, a.Revision, ActionOpen, which)
		if err != nil || n == 0 || s.Tell == nil {
			return err
		}
		for _, person := range to {
			if err := s.Tell(ctx, tx, notify.Message{To: string(person), Topic: News, Key: "meetings.told." + what, Link: ActionHref(a.Meeting, a.ID),
				Args: map[string]string{"title": m.Title, "due_date": a.DueOn}, Once: "meetings/" + what + "/" + a.ID + "/" + a.DueOn}); err != nil {
				return err
			}
		}
		return nil
	})
}
