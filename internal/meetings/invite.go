package meetings

import (
	"cmp"
	"context"
	"slices"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// invite writes the seats of a meeting. A unit has one seat: one that is listed
// already keeps the seat it has.
func invite(ctx context.Context, tx *db.Tx, id MeetingID, seats []Seat) error {
	var invitations, units [][]any
	taken := map[access.InstitutionID]bool{}
	for _, seat := range seats {
		v, first := newID(), access.InstitutionID("")
		for _, u := range seat.Units {
			if !taken[u] {
				taken[u], first = true, cmp.Or(first, u)
				units = append(units, []any{id, u, v})
			}
		}
		if first == "" && seat.Person == "" {
			continue
		}
		invitations = append(invitations, []any{v, 1, id, seat.Person, seat.Role, first, seat.sort})
	}
	if err := insertRows(ctx, tx, `insert into meetings_invitations (id, revision, meeting, person, role, institution, sort_key) values `, invitations); err != nil {
		return err
	}
	return insertRows(ctx, tx, `insert into meetings_units (meeting, unit, invitation) values `, units)
}

func insertRows(ctx context.Context, tx *db.Tx, into string, rows [][]any) error {
	for some := range slices.Chunk(rows, 100) {
		if _, err := tx.Exec(ctx, into+db.Marks(len(some), len(some[0])), slices.Concat(some...)...); err != nil {
			return err
		}
	}
	return nil
}

// invitationFor is the seat for which the actor may answer: the own one, else
// that of a unit for which the actor joins meetings. There is none:
// fault.ErrNotFound.
func (s *Service) invitationFor(ctx context.Context, r db.Reader, who access.Actor, id MeetingID) (v Invitation, err error) {
	if speaks(who) == "" {
		return v, fault.ErrNotFound
	}
	at := []access.InstitutionID{""}
	for _, h := range who.Roles {
		if h.Institution != "" && h.Role.Gives(access.JoinMeetings) {
			at = append(at, h.Institution)
		}
	}
	query, args, err := db.In(`select `+InvitationColumns+` from meetings_invitations v where v.meeting = ? and (v.person = ?
		or v.id in (select u.invitation from meetings_units u where u.meeting = ? and u.unit in (?)))
		order by case when v.person = ? then 0 else 1 end, v.id limit 1`, id, speaks(who), id, at, speaks(who))
	if err != nil {
		return v, err
	}
	return v, r.Get(ctx, &v, query, args...)
}

// Answer says whether the actor's seat will be taken: yes, no, or by a
// substitute who is named. It may be said anew until the meeting begins; the
// last word counts. Who may: whose seat it is, or a deputy of one of its units.
func (s *Service) Answer(ctx context.Context, who access.Actor, id MeetingID, reply Reply, instead string) (err error) {
	defer fault.Wrap(&err, "answer the invitation to meeting %s", id)
	m, err := s.meetingSeen(ctx, who, id)
	if err != nil {
		return err
	}
	v, err := s.invitationFor(ctx, s.db, who, id)
	if err != nil {
		return err
	}
	instead = line(instead)
	var fields []fault.Field
	switch reply {
	case Comes, StaysAway:
		instead = ""
	case Substitute:
		fields = needed(nil, "zastepstwo", instead, longestTitle)
	default:
		fields = []fault.Field{{Name: "odpowiedz", Key: "meetings.lack.empty"}}
	}
	if len(fields) > 0 {
		return fault.InvalidFields(fields)
	}
	now := s.now().Unix()
	select {
	case s.answering <- struct{}{}:
		defer func() { <-s.answering }()
	case <-ctx.Done():
		return ctx.Err()
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update meetings_invitations set reply = ?, instead = ?, replied_by = ?, replied_at = ?, revision = revision + 1
			where id = ? and exists (select 1 from meetings_meetings m where m.id = ? and m.state in (?, ?, ?) and m.starts_at > ?)`,
			reply, instead, who.Person, now, v.ID, id, AgendaOpen, AgendaClosed, Convened, now)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "meetings.fault.past")
		}
		return s.record(ctx, tx, who, "answer", "meeting", string(id), m.Owner, map[string]string{"reply": string(reply)})
	})
}

// remindEvery is how often those who did not answer can be reminded.
const remindEvery = 20 * time.Hour

// Remind tells everybody who has not answered once more, in one step, once a
// day at most. Who may: whoever runs the meeting.
func (s *Service) Remind(ctx context.Context, who access.Actor, id MeetingID) (err error) {
	defer fault.Wrap(&err, "remind of meeting %s", id)
	m, err := s.meetingRun(ctx, who, id)
	if err != nil {
		return err
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update meetings_meetings set reminded_at = ? where id = ? and reminded_at <= ? and starts_at > ? and state in (?, ?, ?)`,
			now.Unix(), id, now.Add(-remindEvery).Unix(), now.Unix(), AgendaOpen, AgendaClosed, Convened)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "meetings.fault.reminded")
		}
		if _, err := tx.Exec(ctx, `update meetings_invitations set reminded_at = ? where meeting = ? and reply = ''`, now.Unix(), id); err != nil {
			return err
		}
		if err := s.tellLater(ctx, tx, telling{What: "remind", Meeting: id, Round: now.Unix()}); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "remind", "meeting", string(id), m.Owner, nil)
	})
}

// Replies counts what was answered; Waiting have not answered.
type Replies struct {
	Seats   int `db:"seats"`
	Coming  int `db:"coming"`
	Instead int `db:"instead"`
	Away    int `db:"away"`
	Waiting int `db:"waiting"`
}

// RepliesOf counts the answers to a meeting's invitations.
func RepliesOf(ctx context.Context, r db.Reader, id MeetingID) (n Replies, err error) {
	return n, r.Get(ctx, &n, `select count(*) as seats, cast(coalesce(sum(case when reply = 'yes' then 1 else 0 end), 0) as integer) as coming,
		cast(coalesce(sum(case when reply = 'substitute' then 1 else 0 end), 0) as integer) as instead,
		cast(coalesce(sum(case when reply = 'no' then 1 else 0 end), 0) as integer) as away,
		cast(coalesce(sum(case when reply = '' then 1 else 0 end), 0) as integer) as waiting from meetings_invitations where meeting = ?`, id)
}

// UnitsOf are the units of each seat of a meeting.
func UnitsOf(ctx context.Context, r db.Reader, id MeetingID) (map[InvitationID][]access.InstitutionID, error) {
	var rows []struct {
		Invitation InvitationID         `db:"invitation"`
		Unit       access.InstitutionID `db:"unit"`
	}
	if err := r.Select(ctx, &rows, `select invitation, unit from meetings_units where meeting = ? order by invitation, unit`, id); err != nil {
		return nil, err
	}
	out := map[InvitationID][]access.InstitutionID{}
	for _, row := range rows {
		out[row.Invitation] = append(out[row.Invitation], row.Unit)
	}
	return out, nil
}
