package access

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/events"
	"kladka/internal/platform/fault"
)

// Left is told when a person's role in an institution ended, so that each
// module passes the duties on.
type Left struct {
	Person      PersonID      `json:"person"`
	Institution InstitutionID `json:"institution"`
	Role        Role          `json:"role"`
	Successor   PersonID      `json:"successor,omitempty"` // "" when nobody was named
}

// EventName implements events.Event.
func (Left) EventName() string { return "access.left" }

// End takes a role away at once: with the next click it gives nothing, and what
// stood on it (proxies, open invitations) stands no more. A successor, who must
// have a role in the same institution, takes the duties over. Who asks must be
// able to give that role there, or ends an own one. The last administrator stays.
func (s *Service) End(ctx context.Context, who Actor, person PersonID, h Held, successor PersonID) error {
	return s.endAll(ctx, who, person, []Held{h}, successor)
}

// LeaveInstitution ends all roles that a person has in an institution.
func (s *Service) LeaveInstitution(ctx context.Context, who Actor, person PersonID, at InstitutionID, successor PersonID) error {
	a, err := s.Actor(ctx, person)
	if err != nil {
		return err
	}
	var held []Held
	for _, h := range a.Roles {
		if h.Institution == at {
			held = append(held, h)
		}
	}
	if len(held) == 0 || at == "" {
		return fault.ErrNotFound
	}
	return s.endAll(ctx, who, person, held, successor)
}

func (s *Service) endAll(ctx context.Context, who Actor, person PersonID, held []Held, successor PersonID) error {
	for _, h := range held {
		if err := s.mayEnd(ctx, who, person, h); err != nil {
			return err
		}
	}
	if successor == person {
		return fault.InvalidFields([]fault.Field{{Name: "successor", Key: "access.fault.successor"}})
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		for _, h := range held {
			if err := s.end(ctx, tx, who, person, h, successor); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Service) mayEnd(ctx context.Context, who Actor, person PersonID, h Held) error {
	if h.Role == Pupil || h.Role == Guardian {
		return hide(who.MayAt(ctx, ManageRoster, h.Institution)) // the roster decides, not the pupil
	}
	if who.Person == person && who.For == "" {
		return nil
	}
	return hide(who.MayGive(ctx, h.Role, h.Institution))
}

func (s *Service) end(ctx context.Context, tx *db.Tx, who Actor, person PersonID, h Held, successor PersonID) error {
	now := s.now()
	at := now.Unix()
	if h.Role == Administrator {
		// Ending two last administrators at once must not leave none.
		if err := db.Raise(ctx, tx, "administrators"); err != nil {
			return err
		}
	}
	n, err := tx.Exec(ctx, `update access_roles set until = ? where person = ? and institution = ? and role = ?
		and (until is null or until > ?)`, at, person, h.Institution, h.Role, at)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.ErrNotFound
	}
	if h.Role == Administrator {
		has, err := hasAdministrator(ctx, tx, now)
		if err != nil || !has {
			return errors.Join(err, fault.New(fault.Conflict, "access.fault.last_administrator"))
		}
	}
	if err := s.passOn(ctx, tx, person, h, successor, at); err != nil {
		return err
	}
	if err := changed(ctx, tx, person); err != nil {
		return err
	}
	if err := s.emitLeft(ctx, tx, Left{person, h.Institution, h.Role, successor}); err != nil {
		return err
	}
	return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "access.end", Object: "person", ObjectID: string(person), Institution: string(h.Institution),
		Subject: string(person), Details: map[string]string{"role": string(h.Role), "successor": string(successor)}}, now)
}

func (s *Service) passOn(ctx context.Context, tx *db.Tx, person PersonID, h Held, successor PersonID, at int64) error {
	if _, err := tx.Exec(ctx, `update access_proxies set ended_at = ? where principal = ? and institution = ? and role = ? and ended_at is null and until > ?`,
		at, person, h.Institution, h.Role, at); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `update access_invitations set state = 'withdrawn', settled_at = ? where inviter = ? and institution = ? and state = 'open'`,
		at, person, h.Institution); err != nil {
		return err
	}
	if successor == "" {
		return nil
	}
	var one int
	err := tx.Get(ctx, &one, `select 1 from access_roles where person = ? and institution = ? and role not in ('pupil', 'guardian') and since <= ? and (until is null or until > ?) limit 1`,
		successor, h.Institution, at, at)
	if errors.Is(err, fault.ErrNotFound) {
		return fault.InvalidFields([]fault.Field{{Name: "successor", Key: "access.fault.successor"}})
	}
	if err != nil {
		return err
	}
	return s.tell(ctx, tx, successor, "notify.successor", nil, "/moje-sprawy", false)
}

func (s *Service) emitLeft(ctx context.Context, tx *db.Tx, e Left) error {
	if s.bus == nil {
		return nil
	}
	return s.bus.Emit(ctx, tx, e, events.Envelope{Subject: string(e.Person)})
}

// Close closes an account: all roles end, all sessions, and nobody signs in
// with it any more. The person's name stays in records of office until the
// retention job or an erasure takes it. Only administrators close accounts,
// and never their own.
func (s *Service) Close(ctx context.Context, who Actor, person PersonID) error {
	if err := who.Must(ManagePeople); err != nil {
		return err
	}
	if who.Person == person {
		return fault.New(fault.Conflict, "access.fault.own_account")
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		var held []Held
		if err := tx.Select(ctx, &held, `select role, institution from access_roles where person = ? and (until is null or until > ?)`, person, now.Unix()); err != nil {
			return err
		}
		for _, h := range held {
			if err := s.end(ctx, tx, who, person, h, ""); err != nil {
				return err
			}
		}
		n, err := tx.Exec(ctx, `update access_people set closed_at = ?, password = '', version = version + 1 where id = ? and closed_at is null`, now.Unix(), person)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.ErrNotFound
		}
		if _, err := EndSessions(ctx, tx, person, ""); err != nil {
			return err
		}
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "access.close", Object: "person", ObjectID: string(person), Subject: string(person)}, now)
	})
}

// Proxy is acting for somebody: within a written scope, until a day.
type Proxy struct {
	ID          string        `db:"id"`
	Principal   PersonID      `db:"principal"`
	Agent       PersonID      `db:"agent"`
	AgentName   string        `db:"agent_name"`
	Institution InstitutionID `db:"institution"`
	Role        Role          `db:"role"`
	Scope       string        `db:"scope"`
	Since       int64         `db:"since"`
	Until       int64         `db:"until"`
	EndedAt     *int64        `db:"ended_at"`
}

// longestProxy is how long somebody may act for another without a new word.
const longestProxy = 366 * 24 * 60 * 60

// Entrust lets the agent act in one of the actor's own roles, within a scope
// in words, for a time. The agent must have a role in the same institution.
// Who acts for somebody cannot pass that on.
func (s *Service) Entrust(ctx context.Context, who Actor, p Proxy) error {
	if who.For != "" || !who.SignedIn() {
		return who.refusal()
	}
	held := Held{p.Role, p.Institution}
	// What is told in confidence is told to one person, who cannot pass it on.
	if !contains(who.Roles, held) || p.Institution == "" || p.Role == ReportOfficer {
		return fault.New(fault.Forbidden, "fault.forbidden")
	}
	now := s.now()
	var faults []fault.Field
	if l := len([]rune(p.Scope)); l < 10 || l > 1000 {
		faults = append(faults, fault.Field{Name: "scope", Key: "access.fault.scope"})
	}
	if p.Until <= max(p.Since, now.Unix()) || p.Until > now.Unix()+longestProxy {
		faults = append(faults, fault.Field{Name: "until", Key: "access.fault.proxy_until"})
	}
	if p.Agent == who.Person || p.Agent == "" {
		faults = append(faults, fault.Field{Name: "agent", Key: "access.fault.agent"})
	}
	if err := fault.InvalidFields(faults); err != nil {
		return err
	}
	agent, err := s.Actor(ctx, p.Agent)
	if err != nil || !worksAt(agent.Roles, p.Institution) {
		return fault.InvalidFields([]fault.Field{{Name: "agent", Key: "access.fault.agent"}})
	}
	id := uuid.Must(uuid.NewV7()).String()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `insert into access_proxies (id, principal, agent, institution, role, scope, since, until, made_by, made_at)
			values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, id, who.Person, p.Agent, p.Institution, p.Role, p.Scope, max(p.Since, now.Unix()), p.Until, who.Person, now.Unix()); err != nil {
			return err
		}
		if err := changed(ctx, tx, who.Person); err != nil {
			return err
		}
		if err := s.tell(ctx, tx, p.Agent, "notify.entrusted", map[string]string{"who_person": string(who.Person)}, "/konto", true); err != nil {
			return err
		}
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "access.entrust", Object: "proxy", ObjectID: id, Institution: string(p.Institution),
			Subject: string(p.Agent), Details: map[string]string{"scope": p.Scope, "role": string(p.Role)}}, now)
	})
}

// Revoke ends a proxy: the principal and the agent both may.
func (s *Service) Revoke(ctx context.Context, who Actor, id string) error {
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		var p Proxy
		if err := tx.Get(ctx, &p, `select id, principal, agent, '' as agent_name, institution, role, scope, since, until, ended_at from access_proxies
			where id = ? and (principal = ? or agent = ?) and ended_at is null`, id, who.Person, who.Person); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `update access_proxies set ended_at = ? where id = ?`, now.Unix(), id); err != nil {
			return err
		}
		if err := changed(ctx, tx, p.Principal); err != nil {
			return err
		}
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "access.revoke", Object: "proxy", ObjectID: id, Institution: string(p.Institution), Subject: string(p.Agent)}, now)
	})
}

// ProxiesOf are those that the person gave and that still stand or will.
func (s *Service) ProxiesOf(ctx context.Context, who Actor) ([]Proxy, error) {
	var list []Proxy
	err := s.db.Select(ctx, &list, `select x.id, x.principal, x.agent, p.name as agent_name, x.institution, x.role, x.scope, x.since, x.until, x.ended_at
		from access_proxies x join access_people p on p.id = x.agent
		where x.principal = ? and x.ended_at is null and x.until > ? order by x.id`, who.Person, s.now().Unix())
	return list, err
}

func contains(list []Held, h Held) bool {
	for _, x := range list {
		if x == h {
			return true
		}
	}
	return false
}

// worksAt tells whether somebody has a role there other than learning there or
// having a child there: duties and rights of staff pass to staff only.
func worksAt(list []Held, at InstitutionID) bool {
	for _, x := range list {
		if x.Institution == at && x.Role != Pupil && x.Role != Guardian {
			return true
		}
	}
	return false
}
