package access

import (
	"context"
	"slices"
	"testing"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/testkit"
)

// TestNobodyClimbs: a role gives only roles below it, so that no chain of
// invitations leads up; only administrators make their equals.
func TestNobodyClimbs(t *testing.T) {
	for _, r := range Roles() {
		for _, other := range r.Grants() {
			if !other.Valid() {
				t.Errorf("%s gives %s, which is no role", r, other)
			}
			if other.Rank() <= r.Rank() && !(r == Administrator && other == Administrator) {
				t.Errorf("%s (%d) gives %s (%d)", r, r.Rank(), other, other.Rank())
			}
			if !r.Everywhere() && other.Everywhere() {
				t.Errorf("%s, held in an institution, gives %s, which reaches everywhere", r, other)
			}
		}
	}
}

// TestRolesThatSeeOthers: whoever may see or change other people's data needs
// a second factor.
func TestRolesThatSeeOthers(t *testing.T) {
	sensitive := []Permission{SeePeople, ManageStaff, SeeRoster, ManageRoster, IssueCards, ManagePeople, SeeAudit, ManagePrivacy, ManageMail, ManageFiles}
	for _, r := range Roles() {
		for _, p := range sensitive {
			if r.Gives(p) && !r.SeesOthers() {
				t.Errorf("%s has %s without a second factor", r, p)
			}
		}
	}
	if Teacher.SeesOthers() || Pupil.SeesOthers() {
		t.Error("a teacher about own matters needs a password or a mail link, no more")
	}
}

func TestMayGive(t *testing.T) {
	ctx := context.Background()
	office, school, other := NewInstitutionID(), NewInstitutionID(), NewInstitutionID()
	at := func(role Role, inst InstitutionID) Actor {
		return Actor{Person: "p", Roles: []Held{{role, inst}}, reach: reachOf{office, school}}
	}
	for _, tt := range []struct {
		name string
		who  Actor
		role Role
		at   InstitutionID
		want fault.Kind
		ok   bool
	}{
		{"head: teacher at home", at(SchoolHead, school), Teacher, school, 0, true},
		{"head: teacher elsewhere", at(SchoolHead, school), Teacher, other, fault.Forbidden, false},
		{"head: a second head", at(SchoolHead, school), SchoolHead, school, fault.Forbidden, false},
		{"head: an officer of the authority", at(SchoolHead, school), AuthorityOfficer, office, fault.Forbidden, false},
		{"head: an administrator", at(SchoolHead, school), Administrator, "", fault.Forbidden, false},
		{"secretary: nobody", at(SchoolSecretary, school), Teacher, school, fault.Forbidden, false},
		{"officer: head of own school", at(AuthorityOfficer, office), SchoolHead, school, 0, true},
		{"officer: head of a foreign school", at(AuthorityOfficer, office), SchoolHead, other, fault.Forbidden, false},
		{"officer: teacher", at(AuthorityOfficer, office), Teacher, school, fault.Forbidden, false},
		{"administrator: officer", at(Administrator, ""), AuthorityOfficer, office, 0, true},
		{"administrator held at a school by mistake", at(AssociationOfficer, ""), Administrator, "", fault.Forbidden, false},
		{"role of an institution without one", at(SchoolHead, school), Teacher, "", fault.Invalid, false},
		{"unknown role", at(Administrator, ""), "king", "", fault.Invalid, false},
		{"stranger", Stranger(), Teacher, school, fault.SignedOut, false},
	} {
		err := tt.who.MayGive(ctx, tt.role, tt.at)
		if tt.ok != (err == nil) || !tt.ok && fault.KindOf(err) != tt.want {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// TestWear: a hat gives the roles of one institution, locked ones none, and
// acting for somebody ends with the scope, the time and the principal's role.
func TestWear(t *testing.T) {
	at := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	now := at.Unix()
	held := func(r Role, inst InstitutionID, since, until int64) span { return span{Held{r, inst}, since, until} }
	head := stand{id: "1", name: "Anna Nowak", by: "anna", span: held(SchoolHead, "c", now-10, now+10), principal: []span{held(SchoolHead, "c", now-99, 0)}}
	acc := account{name: "Jan", hat: "b", spans: []span{
		held(Teacher, "a", now-1, 0), held(ClassTutor, "a", now-1, 0), held(Teacher, "b", now-1, 0),
		held(SchoolHead, "gone", now-100, now), held(SchoolHead, "not yet", now+1, 0), held(Resident, "", now-1, 0),
	}, stands: []stand{head}}
	for _, tt := range []struct {
		name, hat     string
		level         int
		roles, locked []Held
		by            PersonID
	}{
		{"last hat", "", bothSteps, []Held{{Teacher, "b"}}, nil, ""},
		{"both roles of one school", "a", bothSteps, []Held{{ClassTutor, "a"}, {Teacher, "a"}}, nil, ""},
		{"before the second step", "a", oneStep, []Held{{Teacher, "a"}}, []Held{{ClassTutor, "a"}}, ""},
		{"of the whole installation", wholeHat, bothSteps, []Held{{Resident, ""}}, nil, ""},
		{"a role that ended", "gone", bothSteps, []Held{{Teacher, "b"}}, nil, ""},
		{"a role not begun", "not yet", bothSteps, []Held{{Teacher, "b"}}, nil, ""},
		{"for somebody", "za-1", bothSteps, []Held{{SchoolHead, "c"}}, nil, "anna"},
		{"for somebody, before the second step", "za-1", oneStep, nil, []Held{{SchoolHead, "c"}}, "anna"},
		{"forged", "za-2", bothSteps, []Held{{Teacher, "b"}}, nil, ""},
	} {
		a := acc.wear("jan", tt.hat, tt.level, at)
		if !slices.Equal(a.Roles, tt.roles) || !slices.Equal(a.Locked, tt.locked) || a.For != tt.by {
			t.Errorf("%s: %v locked %v for %q", tt.name, a.Roles, a.Locked, a.For)
		}
	}
	for name, end := range map[string]func(s *stand){
		"the time is over":           func(s *stand) { s.until = now },
		"it has not begun":           func(s *stand) { s.since = now + 1 },
		"the principal left":         func(s *stand) { s.principal = nil },
		"the principal's role ended": func(s *stand) { s.principal = []span{held(SchoolHead, "c", now-99, now)} },
		"held in another school":     func(s *stand) { s.principal = []span{held(SchoolHead, "d", now-99, 0)} },
	} {
		over := head
		end(&over)
		acc.stands = []stand{over}
		if a := acc.wear("jan", "za-1", bothSteps, at); a.For != "" {
			t.Errorf("%s, and yet one acts for %s", name, a.For)
		}
	}
}

// TestAccountsAreReadAnew: a role given or taken counts with the next request.
func TestAccountsAreReadAnew(t *testing.T) {
	testkit.EachDB(t, tables, func(t *testing.T, d *db.DB) {
		s, c := service(t, d)
		ctx := context.Background()
		school := NewInstitutionID()
		id, err := s.AddPerson(ctx, System(), NewPerson{Name: "Ewa Łoś", Email: "ewa@example.org", Roles: []Held{{Teacher, school}}})
		if err != nil {
			t.Fatal(err)
		}
		version := func() (v int64) {
			if err := d.Get(ctx, &v, `select version from access_people where id = ?`, id); err != nil {
				t.Fatal(err)
			}
			return v
		}
		read := func() int {
			acc, err := s.account(ctx, id, version())
			if err != nil {
				t.Fatal(err)
			}
			return len(acc.heldAt(c.now()))
		}
		if n := read(); n != 1 {
			t.Fatalf("%d roles", n)
		}
		err = d.Write(ctx, func(tx *db.Tx) error {
			if _, err := tx.Exec(ctx, `update access_roles set until = ? where person = ?`, c.now().Unix(), id); err != nil {
				return err
			}
			return changed(ctx, tx, id)
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := read(); n != 0 {
			t.Errorf("%d roles after the end", n)
		}
	})
}
