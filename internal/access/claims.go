package access

import (
	"context"

	"github.com/google/uuid"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Claim is the word of somebody who says "I work here" and waits for the head.
type Claim struct {
	ID          string        `db:"id"`
	Person      PersonID      `db:"person"`
	Name        string        `db:"name"`
	Institution InstitutionID `db:"institution"`
	Role        Role          `db:"role"`
	MadeAt      int64         `db:"made_at"`
}

// ClaimedRoles are the roles that a person may ask for.
var ClaimedRoles = []Role{Teacher, SchoolSpecialist, Counselor, Trainer}

// openClaims is how many claims of one person may wait at once: people work in
// a few places, and each claim rings at a head's desk.
const openClaims = 3

// ClaimPlace asks to be confirmed in an institution. Asking twice is asking
// once; a fourth that would wait is TooMany.
func (s *Service) ClaimPlace(ctx context.Context, who Actor, at InstitutionID, role Role) error {
	if !who.SignedIn() || who.For != "" || who.Shared {
		return who.refusal()
	}
	names, err := s.directory.Names(ctx, []InstitutionID{at})
	if err != nil {
		return err
	}
	if names[at] == "" {
		return fault.ErrNotFound
	}
	found := false
	for _, r := range ClaimedRoles {
		found = found || r == role
	}
	if !found {
		return fault.InvalidFields([]fault.Field{{Name: "role", Key: "access.fault.role"}})
	}
	heads, err := s.withPermission(ctx, ApproveActs, at)
	if err != nil {
		return err
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		var waiting int
		if err := tx.Get(ctx, &waiting, `select count(*) from access_claims where person = ? and state = 'open' and institution <> ?`, who.Person, at); err != nil {
			return err
		}
		if waiting >= openClaims {
			return fault.New(fault.TooMany, "access.fault.many_claims", "n", openClaims)
		}
		n, err := tx.Exec(ctx, `insert into access_claims (id, person, institution, role, made_at, state) values (?, ?, ?, ?, ?, 'open')
			on conflict do nothing`, uuid.Must(uuid.NewV7()).String(), who.Person, at, role, now.Unix())
		if err != nil || n == 0 {
			return err
		}
		for _, head := range heads {
			if err := s.tell(ctx, tx, head, "notify.claim", map[string]string{"who_person": string(who.Person)}, staffPath(at), false); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "access.claim", Object: "person", ObjectID: string(who.Person), Institution: string(at),
			Subject: string(who.Person), Details: map[string]string{"role": string(role)}}, now)
	})
}

// Claims are those that wait at an institution.
func (s *Service) Claims(ctx context.Context, who Actor, at InstitutionID) ([]Claim, error) {
	if err := who.MayAt(ctx, SeePeople, at); err != nil {
		return nil, err
	}
	var list []Claim
	err := s.db.Select(ctx, &list, `select c.id, c.person, p.name, c.institution, c.role, c.made_at from access_claims c
		join access_people p on p.id = c.person and p.closed_at is null
		where c.institution = ? and c.state = 'open' order by c.id limit 200`, at)
	return list, err
}

// Confirm answers a claim. Who asks must be able to give the role there; a
// person who acts for the head may, but nobody confirms themselves.
func (s *Service) Confirm(ctx context.Context, who Actor, id string, yes bool) error {
	var c Claim
	if err := s.db.Get(ctx, &c, `select c.id, c.person, p.name, c.institution, c.role, c.made_at from access_claims c
		join access_people p on p.id = c.person where c.id = ?`, id); err != nil {
		return err
	}
	if err := who.MayGive(ctx, c.Role, c.Institution); err != nil {
		return hide(err)
	}
	if who.Person == c.Person {
		return fault.New(fault.Forbidden, "access.fault.own_claim")
	}
	now := s.now()
	state, key := "refused", "notify.claim_refused"
	if yes {
		state, key = "confirmed", "notify.claim_confirmed"
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update access_claims set state = ?, decided_by = ?, decided_at = ? where id = ? and state = 'open'`, state, who.Person, now.Unix(), id)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "access.fault.settled")
		}
		if yes {
			if err := giveRole(ctx, tx, c.Person, Held{c.Role, c.Institution}, now.Unix(), 0, who.Person); err != nil {
				return err
			}
		}
		if err := s.tell(ctx, tx, c.Person, key, nil, "/konto", false); err != nil {
			return err
		}
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "access.confirm", Object: "person", ObjectID: string(c.Person), Institution: string(c.Institution),
			Subject: string(c.Person), Details: map[string]string{"role": string(c.Role), "answer": state}}, now)
	})
}
