package access

import (
	"context"
	"slices"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// Held is a role held in an institution. Roles of the whole installation
// (administrator, association officer) have no institution.
type Held struct {
	Role        Role          `db:"role"`
	Institution InstitutionID `db:"institution"`
}

// Actor is somebody who acts: a person with the roles that count now, the
// program itself, or a stranger (the zero value).
//
// A person with roles in several institutions acts in one of them at a time
// ("Działasz jako"); the others give no rights meanwhile, so that a form sent
// from a forgotten tab cannot act under another roof. Who acts for somebody
// has that person's role there, within the scope, and both names are kept.
type Actor struct {
	Person  PersonID
	Name    string
	Roles   []Held
	Locked  []Held   // held, but closed until the second step of signing in
	For     PersonID // on whose behalf, "" for oneself
	ForName string
	Fresh   bool // the password was typed within the last minutes
	Shared  bool // on a computer that many use, with a printed card
	Hat     string
	Hats    []string // keys of all hats that can be worn
	system  bool
	reach   Directory
	account *account
}

// System is the program acting by itself: jobs, imports from the command
// line, the demo. Handlers never use it for a request.
func System() Actor { return Actor{Name: "Kładka", system: true} }

// Stranger is somebody who is not signed in.
func Stranger() Actor { return Actor{} }

// SignedIn tells whether we know who acts.
func (a Actor) SignedIn() bool { return a.Person != "" }

// System tells whether the program acts by itself.
func (a Actor) System() bool { return a.system }

// By is the actor as the log keeps it: with the foremost role that counts now.
func (a Actor) By() audit.By {
	by := audit.By{Person: string(a.Person), For: string(a.For)}
	if len(a.Roles) > 0 {
		by.Role, by.Institution = string(a.Roles[0].Role), string(a.Roles[0].Institution)
	}
	return by
}

// By is who asks, for pages of platform packages.
func By(r *web.Request) audit.By { return ActorOf(r.Request).By() }

// Has tells whether the actor holds the role, anywhere.
func (a Actor) Has(r Role) bool {
	return slices.ContainsFunc(a.Roles, func(h Held) bool { return h.Role == r })
}

// May tells whether any role of the actor gives the permission, somewhere.
func (a Actor) May(p Permission) bool {
	return a.system || slices.ContainsFunc(a.Roles, func(h Held) bool { return h.Role.Gives(p) })
}

// Where are the institutions at which a role of the actor gives one of the
// permissions. Those that are reached from there are left out: a desk shows what
// is one's own to do, not all that one might look into.
func (a Actor) Where(list ...Permission) (at []InstitutionID) {
	for _, h := range a.Roles {
		if h.Institution != "" && !slices.Contains(at, h.Institution) && slices.ContainsFunc(list, h.Role.Gives) {
			at = append(at, h.Institution)
		}
	}
	return at
}

// MayAt returns nil when the actor has the permission at the institution: by
// a role of the whole installation, by a role held there, or by one held in an
// institution that reaches it. Otherwise a fault of kind SignedOut or Forbidden.
func (a Actor) MayAt(ctx context.Context, p Permission, at InstitutionID) error {
	return a.mayAt(ctx, at, func(r Role) bool { return r.Gives(p) })
}

// MayGive returns nil when the actor may give the role at the institution
// ("" for roles of the whole installation): one of the actor's own roles that
// count now gives that role and reaches that far. Nobody gives a role above
// their own: see the column "grants" of the table.
func (a Actor) MayGive(ctx context.Context, role Role, at InstitutionID) error {
	if !role.Valid() || role.Everywhere() != (at == "") {
		return fault.New(fault.Invalid, "access.fault.role")
	}
	return a.mayAt(ctx, at, func(r Role) bool { return r.MayGive(role) })
}

func (a Actor) mayAt(ctx context.Context, at InstitutionID, gives func(Role) bool) error {
	if a.system {
		return nil
	}
	for _, h := range a.Roles {
		if !gives(h.Role) {
			continue
		}
		if h.Role.Everywhere() || h.Institution == at {
			return nil
		}
		if a.reach == nil || h.Institution == "" || at == "" {
			continue
		}
		over, err := a.reaches(ctx, h, at)
		if err != nil {
			return err
		}
		if over {
			return nil
		}
	}
	return a.refusal()
}

// reaches tells whether a role held in one institution counts in another. An
// officer reaches what the authority runs. Everybody else reaches units under
// the head of their own institution only: else whoever is made a head of the
// office itself would be the head of all its schools, with the rosters that the
// office must not see.
func (a Actor) reaches(ctx context.Context, h Held, at InstitutionID) (bool, error) {
	if h.Role.Runs() {
		return a.reach.Over(ctx, h.Institution, at)
	}
	return a.reach.Leads(ctx, h.Institution, at)
}

// Must returns nil when any role gives the permission, else the refusal. Who
// would have it after the second step of signing in is led there.
func (a Actor) Must(p Permission) error {
	if a.May(p) {
		return nil
	}
	if slices.ContainsFunc(a.Locked, func(h Held) bool { return h.Role.Gives(p) }) {
		return secondStep()
	}
	return a.refusal()
}

func (a Actor) refusal() error {
	if !a.SignedIn() {
		return fault.New(fault.SignedOut, "fault.signed_out")
	}
	return fault.New(fault.Forbidden, "fault.forbidden")
}

// SecondStepPath is the page of the second factor, FreshPath the page that
// asks for the password once more.
const (
	SecondStepPath = "/konto/drugi-krok"
	FreshPath      = "/konto/potwierdz"
)

func secondStep() error {
	return &web.Detour{Path: SecondStepPath, Err: fault.New(fault.Forbidden, "access.fault.second_step")}
}

func notFresh() error {
	return &web.Detour{Path: FreshPath, Err: fault.New(fault.Forbidden, "access.fault.not_fresh")}
}
