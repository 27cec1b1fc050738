package access

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// Act is what somebody prepared in the head's name; it binds when the head
// approves it, with one click.
type Act struct {
	ID          string        `db:"id"`
	Institution InstitutionID `db:"institution"`
	Kind        string        `db:"kind"` // its name is the text act.KIND
	Payload     string        `db:"payload"`
	PreparedBy  PersonID      `db:"prepared_by"`
	Preparer    string        `db:"preparer"`
	PreparedAt  int64         `db:"prepared_at"`
	State       string        `db:"state"` // waiting, approved, refused
}

// ActKind is a kind of act that can be prepared. Modules declare theirs in
// wiring with DeclareAct.
type ActKind struct {
	// Do carries the act out with the rights of who approved it. It may be
	// asked again after a failure.
	Do func(ctx context.Context, who Actor, a Act) error
	// Tell is what the act would do: a message key with its arguments.
	Tell func(a Act) (key string, args []any)
	// Lines are everything that the act would do, one by one, for who approves
	// it: nobody signs what they have not seen. nil when Tell says it all.
	Lines func(l *i18n.L, a Act) []string
}

const inviteAct = "invite"

// DeclareAct makes a kind of act known. A kind declared twice is a mistake in
// the wiring and panics.
func (s *Service) DeclareAct(kind string, k ActKind) {
	if _, known := s.acts[kind]; known {
		panic(fmt.Sprintf("access: act %q is declared twice", kind))
	}
	s.acts[kind] = k
}

func (s *Service) declareOwnActs() {
	s.DeclareAct(inviteAct, ActKind{
		Do: func(ctx context.Context, who Actor, a Act) error {
			var list []Invitee
			if err := json.Unmarshal([]byte(a.Payload), &list); err != nil {
				return err
			}
			_, err := s.invite(ctx, who, a.PreparedBy, list)
			return err
		},
		Tell: func(a Act) (string, []any) {
			var list []Invitee
			if json.Unmarshal([]byte(a.Payload), &list) != nil || len(list) == 0 {
				return "act.unreadable", nil
			}
			return "act.invite_text", []any{"first", list[0].Name, "n", len(list)}
		},
		Lines: inviteLines,
	})
}

// inviteLines names everybody whom an act would invite, to what and until when.
// Of the address it shows what tells a wrong one from a right one.
func inviteLines(l *i18n.L, a Act) (lines []string) {
	var list []Invitee
	if json.Unmarshal([]byte(a.Payload), &list) != nil {
		return nil
	}
	for _, i := range list {
		line := i.Name + ", " + mask(i.Email) + ": " + l.T("role."+string(i.Role))
		if i.Until != 0 {
			line += " (" + l.Date(time.Unix(i.Until, 0).Add(-time.Second).In(web.Warsaw)) + ")"
		}
		lines = append(lines, line)
	}
	return lines
}

// Prepare writes down what the head shall approve. Who asks must hold
// PrepareActs at the institution. The heads there are told.
func (s *Service) Prepare(ctx context.Context, who Actor, at InstitutionID, kind string, payload any) error {
	if err := who.MayAt(ctx, PrepareActs, at); err != nil {
		return err
	}
	if _, known := s.acts[kind]; !known {
		return fmt.Errorf("access: no act %q", kind)
	}
	text, err := json.Marshal(payload)
	if err != nil {
		return err
	}
	heads, err := s.withPermission(ctx, ApproveActs, at)
	if err != nil {
		return err
	}
	now := s.now()
	id := uuid.Must(uuid.NewV7()).String()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `insert into access_acts (id, institution, kind, payload, prepared_by, prepared_at, state)
			values (?, ?, ?, ?, ?, ?, 'waiting')`, id, at, kind, string(text), who.Person, now.Unix()); err != nil {
			return err
		}
		for _, head := range heads {
			if err := s.tell(ctx, tx, head, "notify.act", map[string]string{"who_person": string(who.Person)}, ActsPath, false); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "access.prepare", Object: "act", ObjectID: id, Institution: string(at),
			Details: map[string]string{"kind": kind}}, now)
	})
}

// PrepareInvitations lets a secretary ask for what the head will send.
func (s *Service) PrepareInvitations(ctx context.Context, who Actor, at InstitutionID, list []Invitee) error {
	own, err := s.ownLogin(ctx, who)
	if err != nil {
		return err
	}
	for _, i := range list {
		if err := i.check(s.now()); err != nil {
			return err
		}
		if login, _ := loginOf(i.Email); login == own {
			return fault.InvalidFields([]fault.Field{{Name: "email", Key: "access.fault.own_invitation"}})
		}
		// What the head could not send is not prepared either.
		if i.Institution != at || !SchoolHead.MayGive(i.Role) && !CenterDirector.MayGive(i.Role) {
			return fault.InvalidFields([]fault.Field{{Name: "role", Key: "access.fault.role"}})
		}
	}
	return s.Prepare(ctx, who, at, inviteAct, list)
}

// ownLogin is the address of who asks, "" for a stranger: nobody is invited by
// their own hand.
func (s *Service) ownLogin(ctx context.Context, who Actor) (own string, err error) {
	if !who.SignedIn() {
		return "", nil
	}
	err = s.db.Get(ctx, &own, `select login from access_people where id = ?`, who.Person)
	return own, err
}

// ActsPath is the page of what waits for approval.
const ActsPath = "/konto/do-zatwierdzenia"

const actColumns = `a.id, a.institution, a.kind, a.payload, a.prepared_by, p.name as preparer, a.prepared_at, a.state`

// ActsFor are the acts that wait at the institutions in which the actor holds
// a role that approves, oldest first; and for those who prepare, their own.
func (s *Service) ActsFor(ctx context.Context, who Actor) (approve, prepared []Act, err error) {
	for _, h := range who.Roles {
		if !h.Role.Gives(ApproveActs) {
			continue
		}
		var some []Act
		if err := s.db.Select(ctx, &some, `select `+actColumns+` from access_acts a join access_people p on p.id = a.prepared_by
			where a.institution = ? and a.state = 'waiting' order by a.id limit 100`, h.Institution); err != nil {
			return nil, nil, err
		}
		approve = append(approve, some...)
	}
	for _, h := range who.Roles {
		if !h.Role.Gives(PrepareActs) || h.Role.Gives(ApproveActs) {
			continue
		}
		var some []Act
		if err := s.db.Select(ctx, &some, `select `+actColumns+` from access_acts a join access_people p on p.id = a.prepared_by
			where a.institution = ? and a.prepared_by = ? order by a.id desc limit 30`, h.Institution, who.Person); err != nil {
			return nil, nil, err
		}
		prepared = append(prepared, some...)
	}
	return approve, prepared, nil
}

// Decide approves or refuses a prepared act. Approving carries it out with the
// rights of who approves, who must hold ApproveActs at the institution; for
// others there is no such act (NotFound).
func (s *Service) Decide(ctx context.Context, who Actor, id string, approve bool, reason string) error {
	var a Act
	if err := s.db.Get(ctx, &a, `select `+actColumns+` from access_acts a join access_people p on p.id = a.prepared_by where a.id = ?`, id); err != nil {
		return err
	}
	if err := who.MayAt(ctx, ApproveActs, a.Institution); err != nil {
		return hide(err)
	}
	if _, known := s.acts[a.Kind]; approve && !known {
		return fault.New(fault.Conflict, "access.fault.settled") // of a module that is no more
	}
	now := s.now()
	if err := s.settleAct(ctx, who, a, approve, reason, now); err != nil || !approve {
		return err
	}
	if err := s.acts[a.Kind].Do(ctx, who, a); err != nil {
		// It binds only when it is done: what failed waits again.
		return errors.Join(err, s.db.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, `update access_acts set state = 'waiting', decided_by = '', decided_at = null where id = ?`, a.ID)
			return err
		}))
	}
	return s.db.Write(ctx, func(tx *db.Tx) error { return s.tellDecision(ctx, tx, who, a, "notify.act_approved") })
}

func (s *Service) tellDecision(ctx context.Context, tx *db.Tx, who Actor, a Act, key string) error {
	return s.tell(ctx, tx, a.PreparedBy, key, map[string]string{"who_person": string(who.Person)}, ActsPath, false)
}

func (s *Service) settleAct(ctx context.Context, who Actor, a Act, approve bool, reason string, now time.Time) error {
	state, action := "refused", "access.refuse"
	if approve {
		state, action = "approved", "access.approve"
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update access_acts set state = ?, decided_by = ?, decided_at = ?, reason = ? where id = ? and state = 'waiting'`,
			state, who.Person, now.Unix(), reason, a.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "access.fault.settled")
		}
		if !approve { // an approval is told when it is carried out
			if err := s.tellDecision(ctx, tx, who, a, "notify.act_refused"); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: action, Object: "act", ObjectID: a.ID, Institution: string(a.Institution),
			Details: map[string]string{"kind": a.Kind, "prepared_by": string(a.PreparedBy), "reason": reason}}, now)
	})
}

// withPermission are the people whose role at the institution gives a permission.
func (s *Service) withPermission(ctx context.Context, p Permission, at InstitutionID) ([]PersonID, error) {
	now := s.now().Unix()
	var roles []any
	for _, r := range Roles() {
		if r.Gives(p) {
			roles = append(roles, r)
		}
	}
	var ids []PersonID
	args := append([]any{at, now, now}, roles...)
	err := s.db.Select(ctx, &ids, `select distinct r.person from access_roles r join access_people q on q.id = r.person and q.closed_at is null
		where r.institution = ? and r.since <= ? and (r.until is null or r.until > ?) and r.role in `+db.Marks(1, len(roles)), args...)
	return ids, err
}
