package vote

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/identity"
)

// Provider is a national sign-in that the operator has connected. Its errors are
// those of package identity.
type Provider interface {
	// Name is what people call it.
	Name() string
	// Begin tells where to send a person, with the cookie that they carry.
	Begin(ctx context.Context, person, purpose string) (identity.Away, error)
	// Finish reads the answer with which the person came back; the purpose is ""
	// when it is none to a question of theirs.
	Finish(ctx context.Context, person string, r *http.Request) (c identity.Claims, purpose string, err error)
	// Forget is the cookie that takes the first one away.
	Forget() *http.Cookie
}

// identityName is the name of the service, "" while none is connected.
func (s *Service) identityName() string {
	if s.Identity == nil {
		return ""
	}
	return s.Identity.Name()
}

// Residence is what the national sign-in does not know, in people's own words:
// where they live, the district where there are any, and that it is so.
type Residence struct {
	Address  string `json:"a"`
	District string `json:"d,omitempty"`
	Sure     bool   `json:"s,omitempty"`
}

// read cleans the words and finds the pools. The faults are at the inputs
// zamieszkanie, okreg and mieszkam.
func (r Residence) read(e budget.Edition) (Residence, []budget.PoolID, error) {
	r.Address = strings.Join(strings.Fields(r.Address), " ")
	var faults []fault.Field
	if !addressShape(r.Address) {
		faults = append(faults, fault.Field{Name: "zamieszkanie", Key: "vote.fault.address"})
	}
	pools, ok := poolsFor(e, r.District)
	if !ok || r.District == "" && len(districts(e)) > 0 {
		faults = append(faults, fault.Field{Name: "okreg", Key: "vote.fault.district"})
	}
	if !r.Sure {
		faults = append(faults, fault.Field{Name: "mieszkam", Key: "vote.fault.sure"})
	}
	return r, pools, fault.InvalidFields(faults)
}

// mayConfirm reads an edition in which whoever asks may prove who they are.
func (s *Service) mayConfirm(ctx context.Context, who access.Actor, id budget.EditionID) (budget.Edition, error) {
	e, err := s.ownPlace(ctx, who, id)
	if err != nil {
		return e, err
	}
	if s.Identity == nil {
		return e, fault.New(fault.Conflict, "vote.fault.not_a_source")
	}
	return e, s.takes(e, budget.OIDC)
}

// Confirm gives whoever asks a place by what the national sign-in says of them. A
// place that a roll or a desk has made for the same words becomes theirs; else a
// new one is made. Nothing of the words stays but marks.
//
// One person has one right, whatever they type: the identifier of the service
// counts once in an edition, and a name with its date of birth that has a place
// under another address is a Conflict, which the desk can settle. So are: rules
// without this source, an account that has a place, a place that is taken, and an
// age or words of the service that do not do. Invalid with the fields of Residence.
func (s *Service) Confirm(ctx context.Context, who access.Actor, id budget.EditionID, c identity.Claims, home Residence) (elector ElectorID, err error) {
	e, err := s.mayConfirm(ctx, who, id)
	if err != nil {
		return "", err
	}
	home, pools, err := home.read(e)
	if err != nil {
		return "", err
	}
	i, err := s.confirmed(e, c, home.Address)
	if err != nil {
		return "", err
	}
	key, err := s.markKey(ctx, e.ID)
	if err != nil {
		return "", err
	}
	fresh := newcomer{Elector: Elector{Edition: e.ID, ID: newElector(), Source: budget.OIDC, Person: who.Person}, Mark: key.person(i), Same: key.sameName(i), Pools: pools}
	return s.putConfirmed(ctx, who, e, fresh, key.of("oidc", c.Issuer, c.Subject), namesakes(key, i))
}

// confirmed is the identity that the service and the person tell together.
func (s *Service) confirmed(e budget.Edition, c identity.Claims, address string) (Identity, error) {
	i, faults := Identity{Name: c.Name, Born: c.Born, Address: address}.read(s.now())
	for _, f := range faults {
		switch f.Name {
		case "imie":
			return i, fault.New(fault.Conflict, "vote.fault.identity_name")
		case "urodzenie":
			return i, fault.New(fault.Conflict, "vote.fault.identity_born")
		}
	}
	if c.Issuer == "" || c.Subject == "" {
		return i, fault.New(fault.BadRequest, "vote.fault.identity_foreign")
	}
	if !oldEnough(i.Born, e.Rules.Who.VoteAge, ageDay(e, s.now())) {
		return i, fault.New(fault.Conflict, "vote.fault.too_young", "n", e.Rules.Who.VoteAge)
	}
	return i, nil
}

// mostNames bounds how many words of a name are left out one after the other.
const mostNames = 5

// namesakes are the marks under which a roll may know the same person: by all names
// that the service tells, or by two of them and more. A roll knows Anna Nowak, and
// the service Anna Maria Nowak.
func namesakes(key markKey, i Identity) (marks []string) {
	words := strings.Fields(foldName(i.Name))
	if len(words) > mostNames {
		return []string{key.sameName(i)}
	}
	for set := range 1 << len(words) {
		var some []string
		for n, w := range words {
			if set&(1<<n) != 0 {
				some = append(some, w)
			}
		}
		if len(some) >= 2 {
			marks = append(marks, key.sameName(Identity{Name: strings.Join(some, " "), Born: i.Born}))
		}
	}
	slices.Sort(marks)
	return slices.Compact(marks)
}

// putConfirmed writes the place, in one transaction with everything that makes it
// the only one.
func (s *Service) putConfirmed(ctx context.Context, who access.Actor, e budget.Edition, fresh newcomer, subject string, names []string) (elector ElectorID, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) (err error) {
		n, err := tx.Exec(ctx, `insert into budget_limits (edition, mark, n) values (?, ?, 1) on conflict (edition, mark) do nothing`, e.ID, subject)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "vote.fault.identity_used")
		}
		elector, err = bindIn(ctx, tx, who, e, fresh.Mark, fresh.Same)
		if fault.KindOf(err) != fault.NotFound {
			return err
		}
		elector = fresh.ID
		return addOnly(ctx, tx, fresh, names)
	})
	if db.Duplicate(err) { // the account got another place meanwhile
		err = fault.New(fault.Conflict, "vote.fault.have_place")
	}
	return elector, err
}

// addOnly makes a new place, if nobody with one of the names has any.
func addOnly(ctx context.Context, tx *db.Tx, fresh newcomer, names []string) error {
	n, err := add(ctx, tx, []newcomer{fresh})
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.Conflict, "vote.fault.declared_already")
	}
	// A declaration that was refused takes nobody's place, unless it has voted: then
	// this would be a second vote.
	query, args, err := db.In(`select count(*) from budget_electors e where e.edition = ? and e.same_name in (?) and e.same_name <> '' and e.id <> ?
		and not exists (select 1 from budget_declared d where d.edition = e.edition and d.elector = e.id and d.state = 'refused'
			and not exists (select 1 from budget_rights r where r.edition = e.edition and r.elector = e.id and r.spent = true))`,
		fresh.Edition, names, fresh.ID)
	if err != nil {
		return err
	}
	others := 0
	if err := tx.Get(ctx, &others, query, args...); err != nil {
		return err
	}
	if others > 0 {
		return fault.New(fault.Conflict, "vote.fault.same_name")
	}
	return nil
}

// holdName lets those wait for each other who look at once for a place under one
// name and date of birth: the row is locked until the end of the transaction.
func holdName(ctx context.Context, tx *db.Tx, e budget.EditionID, same string) error {
	_, err := tx.Exec(ctx, `insert into budget_limits (edition, mark, n) values (?, ?, 1) on conflict (edition, mark) do update set n = 1`, e, same)
	return err
}
