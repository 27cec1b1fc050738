package access

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
)

// town is a directory of two authorities, each with a school.
type town struct{ office, school, otherOffice, otherSchool InstitutionID }

func newTown() town {
	return town{NewInstitutionID(), NewInstitutionID(), NewInstitutionID(), NewInstitutionID()}
}

func (t town) Over(_ context.Context, a, b InstitutionID) (bool, error) {
	return a == b || a == t.office && b == t.school || a == t.otherOffice && b == t.otherSchool, nil
}

func (t town) Leads(_ context.Context, a, b InstitutionID) (bool, error) { return a == b, nil }

func (t town) Names(_ context.Context, ids []InstitutionID) (map[InstitutionID]string, error) {
	names := map[InstitutionID]string{}
	for _, id := range ids {
		for i, known := range []InstitutionID{t.office, t.school, t.otherOffice, t.otherSchool} {
			if id == known {
				names[id] = fmt.Sprint("Instytucja ", i)
			}
		}
	}
	return names, nil
}

// postbox keeps the letters of a test.
type postbox struct {
	mu      sync.Mutex
	letters []Letter
}

func (p *postbox) Send(_ context.Context, _ *db.Tx, l Letter) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.letters = append(p.letters, l)
	return nil
}
func (p *postbox) URL(path string) string { return "https://kladka.example" + path }
func (p *postbox) Delivers() bool         { return true }

// community is a service with a town and people in it.
type community struct {
	*Service
	town
	t     *testing.T
	clock *clock
	post  *postbox
	n     int
}

func newCommunity(t *testing.T, d *db.DB) *community {
	t.Helper()
	s, c := service(t, d)
	box := &postbox{}
	s.letters = box
	catalog, err := i18n.Load(web.Messages, Messages)
	if err != nil {
		t.Fatal(err)
	}
	s.catalog = catalog
	com := &community{Service: s, town: newTown(), t: t, clock: c, post: box}
	s.Connect(com.town)
	return com
}

// add makes a person with roles and returns them as they act.
func (c *community) add(roles ...Held) Actor {
	c.t.Helper()
	c.n++
	id, err := c.AddPerson(context.Background(), System(), NewPerson{Name: fmt.Sprint("Osoba ", c.n), Email: fmt.Sprintf("osoba%d@example.org", c.n), Roles: roles})
	if err != nil {
		c.t.Fatal(err)
	}
	return c.today(id)
}

func (c *community) today(id PersonID) Actor {
	c.t.Helper()
	a, err := c.Actor(context.Background(), id)
	if err != nil {
		c.t.Fatal(err)
	}
	return a
}

func token(link InvitationLink) string { return link.URL[strings.LastIndex(link.URL, "/")+1:] }

func wantKind(t *testing.T, name string, err error, want fault.Kind) {
	t.Helper()
	if err == nil || fault.KindOf(err) != want {
		t.Errorf("%s: %v, want kind %d", name, err, want)
	}
}

func TestInviteRefuses(t *testing.T) {
	testkit.EachDB(t, tables, func(t *testing.T, d *db.DB) {
		c := newCommunity(t, d)
		ctx := context.Background()
		head := c.add(Held{SchoolHead, c.school})
		officer := c.add(Held{AuthorityOfficer, c.office})
		secretary := c.add(Held{SchoolSecretary, c.school})
		ok := Invitee{Name: "Nowa Osoba", Email: "nowa@example.org", Role: Teacher, Institution: c.school}
		with := func(change func(*Invitee)) Invitee { i := ok; change(&i); return i }
		for _, tt := range []struct {
			name string
			who  Actor
			i    Invitee
			want fault.Kind
		}{
			{"stranger", Stranger(), ok, fault.SignedOut},
			{"the program", System(), ok, fault.SignedOut},
			{"secretary without the head", secretary, ok, fault.Forbidden},
			{"head into another school", head, with(func(i *Invitee) { i.Institution = c.otherSchool }), fault.Forbidden},
			{"head makes a head", head, with(func(i *Invitee) { i.Role = SchoolHead }), fault.Forbidden},
			{"head makes an administrator", head, with(func(i *Invitee) { i.Role, i.Institution = Administrator, "" }), fault.Forbidden},
			{"officer into a foreign school", officer, with(func(i *Invitee) { i.Role, i.Institution = SchoolHead, c.otherSchool }), fault.Forbidden},
			{"officer invites a teacher past the head", officer, ok, fault.Forbidden},
			{"oneself", head, with(func(i *Invitee) { i.Email = "OSOBA1@example.org" }), fault.Invalid},
			{"no address", head, with(func(i *Invitee) { i.Email = "nowa" }), fault.Invalid},
			{"header injection", head, with(func(i *Invitee) { i.Email = "nowa@example.org\r\nBcc: all@example.org" }), fault.Invalid},
			{"role in no institution", head, with(func(i *Invitee) { i.Institution = "" }), fault.Invalid},
			{"an end in the past", head, with(func(i *Invitee) { i.Until = c.clock.at.Unix() - 1 }), fault.Invalid},
		} {
			_, err := c.Invite(ctx, tt.who, []Invitee{tt.i})
			wantKind(t, tt.name, err, tt.want)
		}
		// One bad row: none goes out.
		_, err := c.Invite(ctx, head, []Invitee{ok, with(func(i *Invitee) { i.Role = SchoolHead })})
		wantKind(t, "one of two", err, fault.Forbidden)
		if len(c.post.letters) != 0 {
			t.Errorf("%d letters of refused invitations", len(c.post.letters))
		}
	})
}

// TestInvitationsOnce: a link works once, for the invited address only, while
// it is the newest, within its days, and while the inviter may give the role.
func TestInvitationsOnce(t *testing.T) {
	testkit.EachDB(t, tables, func(t *testing.T, d *db.DB) {
		c := newCommunity(t, d)
		ctx := context.Background()
		officer := c.add(Held{AuthorityOfficer, c.office})
		other := c.add(Held{Teacher, c.otherSchool})
		head := c.add(Held{SchoolHead, c.school})
		invite := func(who Actor, email string, role Role) string {
			t.Helper()
			links, err := c.Invite(ctx, who, []Invitee{{Name: "Ktoś Nowy", Email: email, Role: role, Institution: c.school}})
			if err != nil {
				t.Fatal(err)
			}
			return token(links[0])
		}
		ok := NewPerson{Name: "Ktoś Nowy", Password: "zielony most nad Wisłą"}

		link := invite(officer, "nowa@example.org", SchoolHead)
		_, err := c.Accept(ctx, other, link, NewPerson{})
		wantKind(t, "stolen by somebody signed in", err, fault.Forbidden)
		_, err = c.Accept(ctx, Stranger(), link, NewPerson{Name: "Ktoś Nowy"})
		wantKind(t, "without a password", err, fault.Invalid)
		_, err = c.Accept(ctx, Stranger(), "made-up", ok)
		wantKind(t, "made up", err, fault.NotFound)
		id, err := c.Accept(ctx, Stranger(), link, ok)
		if err != nil {
			t.Fatal(err)
		}
		if a := c.today(id); !a.Has(SchoolHead) || len(a.Roles) != 1 {
			t.Errorf("roles %v", a.Roles)
		}
		_, err = c.Accept(ctx, Stranger(), link, ok)
		wantKind(t, "replayed", err, fault.NotFound)

		// To an address with an account: only its owner, signed in.
		link = invite(head, "nowa@example.org", Teacher)
		_, err = c.Accept(ctx, Stranger(), link, ok)
		wantKind(t, "stolen link to an account", err, fault.Conflict)
		if _, err := c.Accept(ctx, c.today(id), link, NewPerson{}); err != nil {
			t.Error(err)
		}

		first := invite(head, "druga@example.org", Teacher)
		second := invite(head, "druga@example.org", Teacher)
		_, err = c.Accept(ctx, Stranger(), first, ok)
		wantKind(t, "older link", err, fault.NotFound)

		c.clock.at = c.clock.at.Add(InvitationLife)
		_, err = c.Accept(ctx, Stranger(), second, ok)
		wantKind(t, "out of date", err, fault.NotFound)

		third := invite(head, "trzecia@example.org", Teacher)
		if err := c.End(ctx, officer, head.Person, Held{SchoolHead, c.school}, ""); err != nil {
			t.Fatal(err)
		}
		_, err = c.Accept(ctx, Stranger(), third, ok)
		wantKind(t, "the inviter left", err, fault.NotFound)
	})
}

// TestInvitationAtOnce: two requests with one link make one account.
func TestInvitationAtOnce(t *testing.T) {
	testkit.EachIsolation(t, tables, func(t *testing.T, d *db.DB) {
		c := newCommunity(t, d)
		ctx := context.Background()
		head := c.add(Held{SchoolHead, c.school})
		links, err := c.Invite(ctx, head, []Invitee{{Name: "Ktoś Nowy", Email: "nowa@example.org", Role: Teacher, Institution: c.school}})
		if err != nil {
			t.Fatal(err)
		}
		var wait sync.WaitGroup
		var mu sync.Mutex
		in := 0
		for range 6 {
			wait.Go(func() {
				_, err := c.Accept(ctx, Stranger(), token(links[0]), NewPerson{Name: "Ktoś Nowy", Password: "zielony most nad Wisłą"})
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					in++
				} else if k := fault.KindOf(err); k != fault.NotFound && k != fault.Conflict {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if in != 1 {
			t.Errorf("%d accepted", in)
		}
	})
}

// TestActs: what the secretary prepares binds only when the head approves.
func TestActs(t *testing.T) {
	testkit.EachDB(t, tables, func(t *testing.T, d *db.DB) {
		c := newCommunity(t, d)
		ctx := context.Background()
		head := c.add(Held{SchoolHead, c.school})
		secretary := c.add(Held{SchoolSecretary, c.school})
		foreign := c.add(Held{SchoolHead, c.otherSchool})
		list := []Invitee{{Name: "Nowa Osoba", Email: "nowa@example.org", Role: Teacher, Institution: c.school}}
		wantKind(t, "elsewhere", c.PrepareInvitations(ctx, secretary, c.otherSchool, list), fault.Invalid)
		wantKind(t, "a head", c.PrepareInvitations(ctx, secretary, c.school, []Invitee{{Name: "Nowa Osoba", Email: "n@example.org", Role: SchoolHead, Institution: c.school}}), fault.Invalid)
		wantKind(t, "by a teacher", c.PrepareInvitations(ctx, c.add(Held{Teacher, c.school}), c.school, list), fault.Forbidden)
		if err := c.PrepareInvitations(ctx, secretary, c.school, list); err != nil {
			t.Fatal(err)
		}
		if len(c.post.letters) != 0 {
			t.Fatal("a letter before the approval")
		}
		approve, _, err := c.ActsFor(ctx, head)
		if err != nil || len(approve) != 1 {
			t.Fatal(approve, err)
		}
		id := approve[0].ID
		wantKind(t, "approved by the secretary", c.Decide(ctx, secretary, id, true, ""), fault.NotFound)
		wantKind(t, "approved by another head", c.Decide(ctx, foreign, id, true, ""), fault.NotFound)
		if err := c.Decide(ctx, head, id, true, ""); err != nil {
			t.Fatal(err)
		}
		wantKind(t, "twice", c.Decide(ctx, head, id, true, ""), fault.Conflict)
		if len(c.post.letters) != 1 || !strings.Contains(c.post.letters[0].Text, "/zaproszenie/") {
			t.Errorf("letters: %+v", c.post.letters)
		}
		var by PersonID
		if err := d.Get(ctx, &by, `select prepared_by from access_invitations`); err != nil || by != secretary.Person {
			t.Error(by, err)
		}
		// A proposal whose carrying out fails waits on.
		if err := c.PrepareInvitations(ctx, secretary, c.school, list); err != nil {
			t.Fatal(err)
		}
		approve, _, _ = c.ActsFor(ctx, head)
		head.Roles = []Held{{DeputyHead, c.school}} // lost the right between the two clicks
		wantKind(t, "without the right", c.Decide(ctx, head, approve[0].ID, true, ""), fault.NotFound)
	})
}

// TestLeaving: what stood on a role ends with it.
func TestLeaving(t *testing.T) {
	testkit.EachDB(t, tables, func(t *testing.T, d *db.DB) {
		c := newCommunity(t, d)
		ctx := context.Background()
		officer := c.add(Held{AuthorityOfficer, c.office})
		foreignOfficer := c.add(Held{AuthorityOfficer, c.otherOffice})
		head := c.add(Held{SchoolHead, c.school})
		deputy := c.add(Held{DeputyHead, c.school})
		until := c.clock.at.Add(24 * time.Hour).Unix()
		for name, p := range map[string]Proxy{
			"a role not held":  {Agent: deputy.Person, Role: AuthorityOfficer, Institution: c.school, Scope: "wszystkie sprawy szkoły", Until: until},
			"another school":   {Agent: deputy.Person, Role: SchoolHead, Institution: c.otherSchool, Scope: "wszystkie sprawy szkoły", Until: until},
			"no scope":         {Agent: deputy.Person, Role: SchoolHead, Institution: c.school, Until: until},
			"no end":           {Agent: deputy.Person, Role: SchoolHead, Institution: c.school, Scope: "wszystkie sprawy szkoły"},
			"somebody outside": {Agent: foreignOfficer.Person, Role: SchoolHead, Institution: c.school, Scope: "wszystkie sprawy szkoły", Until: until},
			"oneself":          {Agent: head.Person, Role: SchoolHead, Institution: c.school, Scope: "wszystkie sprawy szkoły", Until: until},
		} {
			if err := c.Entrust(ctx, head, p); err == nil {
				t.Errorf("%s: taken", name)
			}
		}
		ok := Proxy{Agent: deputy.Person, Role: SchoolHead, Institution: c.school, Scope: "wszystkie sprawy szkoły", Until: until}
		if err := c.Entrust(ctx, head, ok); err != nil {
			t.Fatal(err)
		}
		acc, _, err := c.readAccount(ctx, deputy.Person)
		if err != nil || len(acc.standsAt(c.clock.at)) != 1 {
			t.Fatal(acc, err)
		}
		acting := acc.wear(deputy.Person, proxyHat+acc.stands[0].id, bothSteps, c.clock.at)
		acting.reach = c.town
		if by := acting.By(); by.Person != string(deputy.Person) || by.For != string(head.Person) {
			t.Errorf("the log would say %+v", by)
		}
		wantKind(t, "passed on", c.Entrust(ctx, acting, ok), fault.Forbidden)
		wantKind(t, "foreign officer", c.End(ctx, foreignOfficer, head.Person, Held{SchoolHead, c.school}, ""), fault.NotFound)
		wantKind(t, "teacher", c.End(ctx, c.add(Held{Teacher, c.school}), head.Person, Held{SchoolHead, c.school}, ""), fault.NotFound)
		wantKind(t, "deputy ends the head while acting for the head", c.End(ctx, acting, head.Person, Held{SchoolHead, c.school}, ""), fault.NotFound)
		wantKind(t, "successor from outside", c.End(ctx, officer, head.Person, Held{SchoolHead, c.school}, officer.Person), fault.Invalid)
		if !c.today(head.Person).Has(SchoolHead) {
			t.Fatal("a refused end ended it")
		}
		if err := c.LeaveInstitution(ctx, officer, head.Person, c.school, deputy.Person); err != nil {
			t.Fatal(err)
		}
		if c.today(head.Person).Has(SchoolHead) {
			t.Error("still head")
		}
		acc, _, err = c.readAccount(ctx, deputy.Person)
		if err != nil || len(acc.standsAt(c.clock.at)) != 0 {
			t.Error("one acts for a head who left", err)
		}
	})
}

func TestLastAdministratorStays(t *testing.T) {
	testkit.EachIsolation(t, tables, func(t *testing.T, d *db.DB) {
		c := newCommunity(t, d)
		ctx := context.Background()
		a, b := c.add(Held{Administrator, ""}), c.add(Held{Administrator, ""})
		wantKind(t, "own account", c.Close(ctx, a, a.Person), fault.Conflict)
		errs := make(chan error, 2)
		go func() { errs <- c.End(ctx, a, b.Person, Held{Administrator, ""}, "") }()
		go func() { errs <- c.End(ctx, b, a.Person, Held{Administrator, ""}, "") }()
		first, second := <-errs, <-errs
		if (first == nil) == (second == nil) {
			t.Errorf("%v, %v: exactly one must end", first, second)
		}
		if has, err := hasAdministrator(ctx, d, c.clock.at); err != nil || !has {
			t.Error("nobody can administer it any more", err)
		}
	})
}

func TestClaims(t *testing.T) {
	testkit.EachDB(t, tables, func(t *testing.T, d *db.DB) {
		c := newCommunity(t, d)
		ctx := context.Background()
		head, foreign := c.add(Held{SchoolHead, c.school}), c.add(Held{SchoolHead, c.otherSchool})
		person := c.add(Held{Resident, ""})
		wantKind(t, "stranger", c.ClaimPlace(ctx, Stranger(), c.school, Teacher), fault.SignedOut)
		wantKind(t, "a head by claim", c.ClaimPlace(ctx, person, c.school, SchoolHead), fault.Invalid)
		wantKind(t, "no such school", c.ClaimPlace(ctx, person, NewInstitutionID(), Teacher), fault.NotFound)
		for range 2 {
			if err := c.ClaimPlace(ctx, person, c.school, Teacher); err != nil {
				t.Fatal(err)
			}
		}
		claims, err := c.Claims(ctx, head, c.school)
		if err != nil || len(claims) != 1 {
			t.Fatal(claims, err)
		}
		_, err = c.Claims(ctx, foreign, c.school)
		wantKind(t, "read by another head", err, fault.Forbidden)
		wantKind(t, "confirmed by another head", c.Confirm(ctx, foreign, claims[0].ID, true), fault.NotFound)
		wantKind(t, "confirmed by oneself", c.Confirm(ctx, person, claims[0].ID, true), fault.NotFound)
		if err := c.Confirm(ctx, head, claims[0].ID, true); err != nil {
			t.Fatal(err)
		}
		if !c.today(person.Person).Has(Teacher) {
			t.Error("confirmed, but no teacher")
		}
	})
}

func TestClaimsAreFew(t *testing.T) {
	testkit.EachDB(t, tables, func(t *testing.T, d *db.DB) {
		c := newCommunity(t, d)
		ctx := context.Background()
		person := c.add(Held{Resident, ""})
		for _, at := range []InstitutionID{c.office, c.otherOffice, c.otherSchool} {
			if err := c.ClaimPlace(ctx, person, at, Teacher); err != nil {
				t.Fatal(err)
			}
		}
		wantKind(t, "one too many", c.ClaimPlace(ctx, person, c.school, Teacher), fault.TooMany)
		if err := c.ClaimPlace(ctx, person, c.office, Teacher); err != nil {
			t.Error("asking twice:", err)
		}
	})
}

// TestPeopleList: who may read it, what it hides, and that pages join.
func TestPeopleList(t *testing.T) {
	testkit.EachDB(t, tables, func(t *testing.T, d *db.DB) {
		c := newCommunity(t, d)
		ctx := context.Background()
		admin := c.add(Held{Administrator, ""})
		head, foreign := c.add(Held{SchoolHead, c.school}), c.add(Held{SchoolHead, c.otherSchool})
		pupil := c.add(Held{Pupil, c.school})
		for range 2 * pageSize {
			c.add(Held{Teacher, c.school})
		}
		for name, tt := range map[string]struct {
			who Actor
			f   Filter
		}{
			"head, everybody":          {head, Filter{}},
			"head of another school":   {foreign, Filter{Institution: c.school}},
			"teacher":                  {c.add(Held{Teacher, c.otherSchool}), Filter{Institution: c.otherSchool}},
			"administrator and pupils": {admin, Filter{Role: Pupil}},
			"head and pupils":          {head, Filter{Institution: c.school, Role: Pupil}},
		} {
			_, _, err := c.People(ctx, tt.who, tt.f, web.Cursor{})
			wantKind(t, name, err, fault.Forbidden)
		}
		_, _, err := c.People(ctx, Stranger(), Filter{}, web.Cursor{})
		wantKind(t, "stranger", err, fault.SignedOut)
		for _, f := range []Filter{{}, {Text: "osoba"}, {Role: Teacher}, {Institution: c.school}} {
			seen := map[PersonID]bool{}
			before := ""
			if err := c.EachPerson(ctx, admin, f, func(r Row) error {
				if seen[r.ID] || r.SortKey < before || r.ID == pupil.Person {
					return errors.New("twice, out of order, or a pupil: " + r.Name)
				}
				seen[r.ID], before = true, r.SortKey
				return nil
			}); err != nil {
				t.Error(f, err)
			}
			if len(seen) < 2*pageSize {
				t.Errorf("%+v: %d people", f, len(seen))
			}
		}
		rows, _, err := c.People(ctx, admin, Filter{Text: "oSóba 4 osob"}, web.Cursor{})
		if err != nil || len(rows) != 0 && rows[0].ID == pupil.Person {
			t.Error(rows, err)
		}
		rows, _, err = c.People(ctx, admin, Filter{Text: pupil.Name}, web.Cursor{})
		for _, r := range rows {
			if r.ID == pupil.Person {
				t.Error("a pupil is found by name", err)
			}
		}
	})
}

// TestSecondHeadIsSeen: who leads an institution is told when somebody else
// comes to lead it as well.
func TestSecondHeadIsSeen(t *testing.T) {
	testkit.EachDB(t, tables, func(t *testing.T, d *db.DB) {
		c := newCommunity(t, d)
		ctx := context.Background()
		officer, head := c.add(Held{AuthorityOfficer, c.office}), c.add(Held{SchoolHead, c.school})
		var told []PersonID
		c.tell = func(_ context.Context, _ *db.Tx, person PersonID, key string, _ map[string]string, _ string, _ bool) error {
			if key == "notify.second_head" {
				told = append(told, person)
			}
			return nil
		}
		links, err := c.Invite(ctx, officer, []Invitee{{Name: "Druga Osoba", Email: "druga@example.org", Role: SchoolHead, Institution: c.school}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Accept(ctx, Stranger(), token(links[0]), NewPerson{Name: "Druga Osoba", Password: "zielony most nad Wisłą"}); err != nil {
			t.Fatal(err)
		}
		if len(told) != 1 || told[0] != head.Person {
			t.Errorf("told: %v, want the head", told)
		}
	})
}
