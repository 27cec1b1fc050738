package networks

import (
	"context"
	"slices"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// leadRoles are the roles whose holders can be named to lead a network.
func leadRoles() []access.Role {
	return slices.DeleteFunc(access.Roles(), func(r access.Role) bool { return !r.Gives(access.LeadNetworks) })
}

// canLead returns nil when somebody can be named at the center.
func (s *Service) canLead(ctx context.Context, person access.PersonID, center access.InstitutionID) error {
	holds, err := s.People.HoldsAt(ctx, person, center, leadRoles()...)
	if err == nil && !holds {
		err = fault.InvalidFields([]fault.Field{{Name: "osoba", Key: "networks.fault.lead"}})
	}
	return err
}

// Name names somebody to lead a network. A new coordinator takes the place of the
// one before, who stays as a deputy. Who may: whoever runs the networks of the
// center. Faults: Invalid for somebody who holds no such role there.
func (s *Service) Name(ctx context.Context, who access.Actor, id ID, person access.PersonID, duty Duty) (err error) {
	defer fault.Wrap(&err, "name who leads network %s", id)
	n, _, err := s.entered(ctx, who, id, toRun)
	if err != nil {
		return err
	}
	if duty != Coordinator && duty != Deputy {
		return fault.InvalidFields([]fault.Field{{Name: "funkcja", Key: "networks.fault.choose"}})
	}
	if known(string(person)) != nil {
		return fault.InvalidFields([]fault.Field{{Name: "osoba", Key: "networks.fault.choose"}})
	}
	if err := s.canLead(ctx, person, n.Center); err != nil {
		return err
	}
	if n.State == Closed {
		return over()
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.nameLead(ctx, tx, n, person, duty, now); err != nil {
			return err
		}
		return record(ctx, tx, who, n, "named", string(person), now, map[string]string{"network_duty": string(duty)})
	})
}

// nameLead writes who leads. A coordinator is one: the one before becomes a deputy.
func (s *Service) nameLead(ctx context.Context, tx *db.Tx, n Network, person access.PersonID, duty Duty, at time.Time) error {
	if err := raise(ctx, tx, n.ID, at); err != nil {
		return err
	}
	if duty == Coordinator {
		if _, err := tx.Exec(ctx, `update networks_leads set duty = ? where network = ? and duty = ? and ended = 0 and person <> ?`, Deputy, n.ID, Coordinator, person); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, `insert into networks_leads (network, person, duty, since) values (?, ?, ?, ?)
		on conflict (network, person) do update set duty = excluded.duty, since = excluded.since, ended = 0`, n.ID, person, duty, at.Unix()); err != nil {
		return err
	}
	return s.tell(ctx, tx, n, news{What: "named_" + string(duty), Once: at.Format(time.DateOnly)}, person)
}

// raise takes the row of a network first, so that two who change its people wait
// for each other.
func raise(ctx context.Context, tx *db.Tx, id ID, at time.Time) error {
	_, err := tx.Exec(ctx, `update networks_networks set revision = revision + 1, changed_at = ? where id = ?`, at.Unix(), id)
	return err
}

// Unname takes the lead from somebody. The deputy named longest ago goes on as
// coordinator. Who may: whoever runs the networks of the center, and whoever
// leads, for themselves.
func (s *Service) Unname(ctx context.Context, who access.Actor, id ID, person access.PersonID) (err error) {
	defer fault.Wrap(&err, "take the lead of network %s", id)
	n, st, err := s.entered(ctx, who, id, toLead)
	if err != nil {
		return err
	}
	if !st.Runs && who.Person != person {
		return fault.New(fault.Forbidden, "fault.forbidden")
	}
	now := s.now()
	officers, err := s.officers(ctx, n.Center)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.endLead(ctx, tx, n, person, officers, now); err != nil {
			return err
		}
		return record(ctx, tx, who, n, "unnamed", string(person), now, nil)
	})
}

// endLead ends the lead of somebody and has a deputy go on. The center is told,
// also when nobody is left. Not leading: fault.ErrNotFound.
func (s *Service) endLead(ctx context.Context, tx *db.Tx, n Network, person access.PersonID, officers []access.PersonID, at time.Time) error {
	if err := raise(ctx, tx, n.ID, at); err != nil {
		return err
	}
	leads, err := Leads(ctx, tx, n.ID)
	if err != nil {
		return err
	}
	here := slices.IndexFunc(leads, func(l Lead) bool { return l.Person == person })
	if here < 0 {
		return fault.ErrNotFound
	}
	if _, err := tx.Exec(ctx, `update networks_leads set ended = ? where network = ? and person = ? and ended = 0`, at.Unix(), n.ID, person); err != nil {
		return err
	}
	if leads[here].Duty != Coordinator {
		return nil
	}
	next := heir(slices.Delete(leads, here, here+1))
	once := at.Format(time.DateOnly)
	if next == "" {
		return s.tell(ctx, tx, n, news{What: "leaderless", Once: once, Link: Href(n.ID) + tabSettings}, officers...)
	}
	if _, err := tx.Exec(ctx, `update networks_leads set duty = ?, since = ? where network = ? and person = ?`, Coordinator, at.Unix(), n.ID, next); err != nil {
		return err
	}
	if err := s.tell(ctx, tx, n, news{What: "named_coordinator", Once: once}, next); err != nil {
		return err
	}
	return s.tell(ctx, tx, n, news{What: "passed_on", Once: once, Args: map[string]string{"who_person": string(next)}}, officers...)
}

// heir is who goes on when the coordinator leaves: the deputy named first.
func heir(left []Lead) access.PersonID {
	if len(left) == 0 {
		return ""
	}
	return left[0].Person
}

// CoordinatorLeft takes the lead from somebody whose role in a center ended, in
// all networks of it that still work; wiring calls it when access tells so. Who
// still holds a role there that can lead keeps it. Told again, it changes
// nothing.
func (s *Service) CoordinatorLeft(ctx context.Context, person access.PersonID, center access.InstitutionID) (err error) {
	defer fault.Wrap(&err, "a coordinator left %s", center)
	holds, err := s.People.HoldsAt(ctx, person, center, leadRoles()...)
	if err != nil || holds || center == "" {
		return err
	}
	var list []Network
	err = s.db.Select(ctx, &list, `select `+columns+` from networks_networks n join networks_leads l on l.network = n.id
		where l.person = ? and l.ended = 0 and n.center = ? and n.state <> ? order by n.id`, person, center, Closed)
	if err != nil || len(list) == 0 {
		return err
	}
	officers, err := s.officers(ctx, center)
	if err != nil {
		return err
	}
	now := s.now()
	for _, n := range list {
		err := s.db.Write(ctx, func(tx *db.Tx) error { return s.endLead(ctx, tx, n, person, officers, now) })
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return err
		}
	}
	return nil
}

// Candidates are those who can be named at a center, by their names.
func (s *Service) Candidates(ctx context.Context, center access.InstitutionID) ([]access.PersonID, error) {
	return s.People.Holders(ctx, access.LeadNetworks, center)
}
