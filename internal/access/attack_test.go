package access

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/testkit"
)

// TestHeadSeesWhatIsSigned: a secretary who hides somebody, or a role, behind
// the first name of a list is found out on the page of approval.
func TestHeadSeesWhatIsSigned(t *testing.T) {
	testkit.EachDB(t, tables, func(t *testing.T, d *db.DB) {
		c := newCommunity(t, d)
		ctx := context.Background()
		head, secretary := c.add(Held{SchoolHead, c.school}), c.add(Held{SchoolSecretary, c.school})
		err := c.PrepareInvitations(ctx, secretary, c.school, []Invitee{
			{Name: "Nowa Osoba", Email: "nowa@example.org", Role: Teacher, Institution: c.school},
			{Name: "Inna Osoba", Email: "inna@example.org", Role: ReportOfficer, Institution: c.school}})
		if err != nil {
			t.Fatal(err)
		}
		approve, _, err := c.ActsFor(ctx, head)
		if err != nil || len(approve) != 1 {
			t.Fatal(approve, err)
		}
		lines := c.actLines(c.catalog.In(i18n.PL), approve)[0].Lines
		if len(lines) != 2 || !strings.Contains(lines[1], "Inna Osoba") || !strings.Contains(lines[1], c.catalog.In(i18n.PL).T("role.report_officer")) ||
			strings.Contains(lines[1], "inna@") {
			t.Errorf("%q", lines)
		}
	})
}

// TestNobodyPreparesTheirOwnRise: neither does the head sign it unseen.
func TestNobodyPreparesTheirOwnRise(t *testing.T) {
	testkit.EachDB(t, tables, func(t *testing.T, d *db.DB) {
		c := newCommunity(t, d)
		ctx := context.Background()
		secretary := c.add(Held{SchoolSecretary, c.school})
		own, err := c.ownLogin(ctx, secretary)
		if err != nil || own == "" {
			t.Fatal(own, err)
		}
		err = c.PrepareInvitations(ctx, secretary, c.school, []Invitee{
			{Name: "Nowa Osoba", Email: strings.ToUpper(own), Role: DeputyHead, Institution: c.school}})
		wantKind(t, "own address", err, fault.Invalid)
		wantKind(t, "a stranger", c.PrepareInvitations(ctx, Stranger(), c.school, nil), fault.SignedOut)
	})
}

// TestActOfNoKind: an act of a module that is no more is not taken for done.
func TestActOfNoKind(t *testing.T) {
	testkit.EachDB(t, tables, func(t *testing.T, d *db.DB) {
		c := newCommunity(t, d)
		ctx := context.Background()
		head, secretary := c.add(Held{SchoolHead, c.school}), c.add(Held{SchoolSecretary, c.school})
		if err := c.PrepareInvitations(ctx, secretary, c.school, []Invitee{{Name: "Nowa Osoba", Email: "n@example.org", Role: Teacher, Institution: c.school}}); err != nil {
			t.Fatal(err)
		}
		approve, _, err := c.ActsFor(ctx, head)
		if err != nil {
			t.Fatal(err)
		}
		delete(c.acts, inviteAct)
		wantKind(t, "approved", c.Decide(ctx, head, approve[0].ID, true, ""), fault.Conflict)
		if approve, _, _ = c.ActsFor(ctx, head); len(approve) != 1 {
			t.Error("it waits no more")
		}
	})
}

// TestRefreshRevivesNothing: who is signed out everywhere while their password
// is being compared stays out.
func TestRefreshRevivesNothing(t *testing.T) {
	testkit.EachDB(t, tables, func(t *testing.T, d *db.DB) {
		l := openLodge(t, d)
		id := l.add("Jan Kos", "jan@example.org", goodPassword, Held{Teacher, NewInstitutionID()})
		b := l.signIn("jan@example.org")
		ctx, err := l.sessions.Load(context.Background(), b.cookie())
		if err != nil || l.session(ctx).Person != id {
			t.Fatal(l.session(ctx), err)
		}
		err = d.Write(ctx, func(tx *db.Tx) error {
			_, err := EndSessions(ctx, tx, id, "")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		wantKind(t, "refreshed", l.refresh(ctx), fault.SignedOut)
		token, _, err := l.sessions.Commit(ctx)
		if err == nil && token != "" && l.with(token).get("/konto").status == http.StatusOK {
			t.Error("the session is back")
		}
	})
}

// TestInRostersOnly: a teacher who is a parent as well is no pupil.
func TestInRostersOnly(t *testing.T) {
	testkit.EachDB(t, tables, func(t *testing.T, d *db.DB) {
		c := newCommunity(t, d)
		pupil, parent := c.add(Held{Pupil, c.school}), c.add(Held{Guardian, c.school})
		both, teacher := c.add(Held{Guardian, c.school}, Held{Teacher, c.school}), c.add(Held{Teacher, c.school})
		only, err := c.InRostersOnly(t.Context(), []string{string(pupil.Person), string(parent.Person), string(both.Person), string(teacher.Person), "nobody"})
		if err != nil || len(only) != 2 || !only[string(pupil.Person)] || !only[string(parent.Person)] {
			t.Error(only, err)
		}
	})
}

// TestPupilsTakeNoDuties: neither by proxy nor as successors, whatever id the
// form names.
func TestPupilsTakeNoDuties(t *testing.T) {
	testkit.EachDB(t, tables, func(t *testing.T, d *db.DB) {
		c := newCommunity(t, d)
		ctx := t.Context()
		head, teacher := c.add(Held{SchoolHead, c.school}), c.add(Held{Teacher, c.school})
		for _, role := range []Role{Pupil, Guardian} {
			child := c.add(Held{role, c.school})
			wantKind(t, "proxy", c.Entrust(ctx, head, Proxy{Agent: child.Person, Role: SchoolHead, Institution: c.school, Scope: "wszystko co trzeba",
				Until: c.now().AddDate(0, 1, 0).Unix()}), fault.Invalid)
			wantKind(t, "successor", c.End(ctx, head, teacher.Person, Held{Teacher, c.school}, child.Person), fault.Invalid)
		}
	})
}

// TestNamesAreNames: a name cannot be a paragraph or a link of its own in
// somebody's letter.
func TestNamesAreNames(t *testing.T) {
	for _, name := range []string{"Jan\n\nPilne: zaloguj", "Jan Kos https://zlodziej.example", "jan@example.org", "Jan \u202esoK", "Jan\u2028Kos", "<b>Jan</b>", "Jan\tKos"} {
		e := fault.As(NewPerson{Name: name, Email: "a@example.org"}.check())
		if e == nil || len(e.Fields) != 1 || e.Fields[0].Key != "staff.fault.name_signs" {
			t.Errorf("account of %q: %v", name, e)
		}
		e = fault.As(Invitee{Name: name, Email: "a@example.org", Role: Teacher, Institution: "i"}.check(time.Time{}))
		if e == nil || len(e.Fields) != 1 || e.Fields[0].Key != "staff.fault.name_signs" {
			t.Errorf("invitation of %q: %v", name, e)
		}
	}
	for _, name := range []string{"Anna Maria Nowak-Żurek", "Д’Артаньян Іван", "O'Neil, Jan", "J. R. (Jan) Kos", "Jan\u00a0Kos", "---"} {
		if err := (NewPerson{Name: name, Email: "a@example.org"}).check(); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}
