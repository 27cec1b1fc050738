package vote

import (
	"context"
	"encoding/json"
	"strings"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// A declaration of one's own is the weakest source: it proves that a mailbox was
// read and that the words are of nobody else in this edition. So it is off unless
// the rules name it, the number of declarations from one address and one mailbox
// is bounded, what looks like a double is listed, a drawn share is checked by two
// officers, and the result says how many rights came this way.

// Defaults of the limits where the rules leave them at 0.
const (
	usualPerAddress = 6
	usualPerMailbox = 1
)

// States of a declaration.
const (
	Given     = "given"
	Confirmed = "confirmed" // two officers found it right
	Refused   = "refused"   // two officers found it wrong: what was not spent of its rights is void
)

const declaredPurpose = "budget.vote.declared"

func declaredPlace(e budget.EditionID, id ElectorID) string { return string(e) + "/" + string(id) }

// Declare makes a place in an edition for whoever asks, by their own words.
// District is the pool's id when there are districts. Refusals: Conflict when the
// rules do not take declarations, when the account has a place, when the words
// are of somebody who has one, or when enough came from the address or the
// mailbox; Invalid with the fields.
func (s *Service) Declare(ctx context.Context, who access.Actor, id budget.EditionID, i Identity, district string, sure bool) (elector ElectorID, err error) {
	e, err := s.ownPlace(ctx, who, id)
	if err != nil {
		return "", err
	}
	if err := s.takes(e, budget.Self); err != nil {
		return "", err
	}
	i, pools, err := s.readDeclaration(e, i, district, sure)
	if err != nil {
		return "", err
	}
	person, err := s.People.Reachable(ctx, who.Person)
	if err != nil {
		return "", err
	}
	if person.Email == "" {
		return "", fault.New(fault.Conflict, "vote.fault.no_mailbox")
	}
	key, err := s.markKey(ctx, e.ID)
	if err != nil {
		return "", err
	}
	d, err := s.sealDeclaration(e, who, i, key)
	if err != nil {
		return "", err
	}
	list := []newcomer{{Elector: Elector{Edition: e.ID, ID: d.Elector, Source: budget.Self, Person: who.Person}, Mark: key.person(i), Same: d.SameName, Pools: pools}}
	return d.Elector, s.putDeclaration(ctx, who, e, d, list, limitsOf(e, key, i.Address, person.Email))
}

func (s *Service) readDeclaration(e budget.Edition, i Identity, district string, sure bool) (Identity, []budget.PoolID, error) {
	i, faults := i.read(s.now())
	pools, ok := poolsFor(e, district)
	if !ok || district == "" && len(districts(e)) > 0 {
		faults = append(faults, fault.Field{Name: "dzielnica", Key: "vote.fault.district"})
	}
	if len(faults) == 0 && !oldEnough(i.Born, e.Rules.Who.VoteAge, ageDay(e, s.now())) {
		faults = append(faults, fault.Field{Name: "urodzenie", Key: "vote.fault.too_young", Args: []any{"n", e.Rules.Who.VoteAge}})
	}
	if !sure {
		faults = append(faults, fault.Field{Name: "potwierdzam", Key: "vote.fault.sure"})
	}
	return i, pools, fault.InvalidFields(faults)
}

func (s *Service) sealDeclaration(e budget.Edition, who access.Actor, i Identity, key markKey) (d Declared, err error) {
	plain, err := json.Marshal(i)
	if err != nil {
		return d, err
	}
	d = Declared{Edition: e.ID, Elector: newElector(), Person: who.Person, State: Given, At: s.now().Unix(),
		SameName: key.sameName(i), SameHome: key.of("home", i.Born, foldAddress(i.Address))}
	d.Sealed = s.Keys.Seal(declaredPurpose, declaredPlace(e.ID, d.Elector), plain)
	return d, nil
}

// bound is how many declarations one mark may have.
type bound struct {
	mark string
	most int
	key  string // of the refusal
}

func limitsOf(e budget.Edition, key markKey, address, mailbox string) []bound {
	most := e.Rules.Who.Self
	if most.PerAddress == 0 {
		most.PerAddress = usualPerAddress
	}
	if most.PerMailbox == 0 {
		most.PerMailbox = usualPerMailbox
	}
	return []bound{{key.of("address", foldAddress(address)), most.PerAddress, "vote.fault.address_full"},
		{key.of("mailbox", foldMailbox(mailbox)), most.PerMailbox, "vote.fault.mailbox_full"}}
}

// foldMailbox is the mailbox behind an address: what stands after a plus sign
// comes into the same one, and so does what differs in dots at the one provider
// that ignores them.
func foldMailbox(address string) string {
	local, host, _ := strings.Cut(strings.ToLower(strings.TrimSpace(address)), "@")
	local, _, _ = strings.Cut(local, "+")
	if host == "googlemail.com" {
		host = "gmail.com"
	}
	if host == "gmail.com" {
		local = strings.ReplaceAll(local, ".", "")
	}
	return local + "@" + host
}

func (s *Service) putDeclaration(ctx context.Context, who access.Actor, e budget.Edition, d Declared, list []newcomer, limits []bound) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		fresh, err := add(ctx, tx, list)
		if err != nil {
			return err
		}
		if fresh == 0 {
			return fault.New(fault.Conflict, "vote.fault.declared_already")
		}
		for _, b := range limits {
			n, err := tx.Exec(ctx, `insert into budget_limits (edition, mark, n) values (?, ?, 1)
				on conflict (edition, mark) do update set n = budget_limits.n + 1 where budget_limits.n < ?`, e.ID, b.mark, b.most)
			if err != nil {
				return err
			}
			if n == 0 {
				return fault.New(fault.Conflict, b.key, "n", b.most)
			}
		}
		_, err = tx.Exec(ctx, `insert into budget_declared (edition, elector, person, sealed, same_name, same_home, state, at) values (?, ?, ?, ?, ?, ?, ?, ?)`,
			d.Edition, d.Elector, d.Person, d.Sealed, d.SameName, d.SameHome, d.State, d.At)
		return err
	})
}
