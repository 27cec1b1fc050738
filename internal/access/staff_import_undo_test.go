package access

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/importing"
	"kladka/internal/platform/jobs"
	"kladka/internal/schema"
	"kladka/internal/testkit"
)

var staffTables = append(slices.Clone(tables), schema.Module{Name: "importing", Files: importing.Migrations})

// newStaffCommunity is a community that can take in sheets.
func newStaffCommunity(t *testing.T, d *db.DB) *community {
	c := newCommunity(t, d)
	c.ConnectImports(importing.New(importing.Config{DB: d, Now: c.clock.now, Log: slog.New(slog.DiscardHandler)}))
	return c
}

func listOf(list ...Invitee) StaffList { return StaffList{Invitees: list, Read: len(list)} }

// teachers are people to invite to the school, by name and address.
func (c *community) teachers(names ...string) StaffList {
	var list []Invitee
	for _, name := range names {
		list = append(list, Invitee{Name: name + " Nowak", Email: strings.ToLower(name) + "@example.org", Role: Teacher, Institution: c.school})
	}
	return listOf(list...)
}

// batches counts what is kept of lists.
func (c *community) batches() (n int) {
	c.t.Helper()
	if err := c.db.Get(context.Background(), &n, `select count(*) from importing_batches where state <> 'discarded'`); err != nil {
		c.t.Fatal(err)
	}
	return n
}

func (c *community) take(who Actor, list StaffList) StaffDone {
	c.t.Helper()
	done, err := c.InviteStaff(context.Background(), who, c.school, list)
	if err != nil {
		c.t.Fatal(err)
	}
	return done
}

func (c *community) undo(who Actor, id importing.BatchID) importing.Batch {
	c.t.Helper()
	b, err := c.imports.UndoNow(context.Background(), c.Importer(who), id)
	if err != nil {
		c.t.Fatal(err)
	}
	return b
}

// lines are the lines of a batch by the first names of their people.
func (c *community) lines(id importing.BatchID) map[string]importing.Line {
	c.t.Helper()
	lines := map[string]importing.Line{}
	err := c.imports.EachLine(context.Background(), importing.Program(), id, func(l importing.Line) error {
		first, _, _ := strings.Cut(l.Name, " ")
		lines[first] = l
		return nil
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return lines
}

func TestStaffImportRefuses(t *testing.T) {
	testkit.EachDB(t, staffTables, func(t *testing.T, d *db.DB) {
		c := newStaffCommunity(t, d)
		ctx := context.Background()
		head := c.add(Held{SchoolHead, c.school})
		secretary := c.add(Held{SchoolSecretary, c.school})
		done := c.take(head, c.teachers("Anna"))
		for name, who := range map[string]Actor{"a teacher": c.add(Held{Teacher, c.school}), "another head": c.add(Held{SchoolHead, c.otherSchool}),
			"a foreign officer": c.add(Held{AuthorityOfficer, c.otherOffice}), "an association": c.add(Held{AssociationOfficer, ""})} {
			_, err := c.imports.ByID(ctx, c.Importer(who), done.Batch)
			wantKind(t, name+" looks", err, fault.NotFound)
			_, err = c.imports.UndoNow(ctx, c.Importer(who), done.Batch)
			wantKind(t, name+" takes back", err, fault.NotFound)
		}
		_, err := c.imports.UndoNow(ctx, c.Importer(Stranger()), done.Batch)
		wantKind(t, "a stranger", err, fault.SignedOut)
		for _, kind := range []string{"register", ImportKind} {
			if c.Importer(head).May(ctx, importing.Decide, kind, "") == nil {
				t.Errorf("a head decides on %s of everything", kind)
			}
		}
		if all, scopes, err := c.Importer(head).Scopes(ctx, ImportKind); all || !slices.Equal(scopes, []string{string(c.school)}) || err != nil {
			t.Errorf("a head sees %v %v %v", all, scopes, err)
		}
		if all, scopes, err := c.Importer(head).Scopes(ctx, "register"); all || scopes != nil || err != nil {
			t.Errorf("a head sees of the register %v %v %v", all, scopes, err)
		}
		// The office may look and ask, but what the head sent stays.
		b := c.undo(secretary, done.Batch)
		if l := c.lines(done.Batch)["Anna"]; b.TakenBack != 0 || b.Kept != 1 || l.Why != keptRight {
			t.Errorf("a secretary took back what the head sent: %+v %+v", b, l)
		}
		if _, err := c.InvitationBy(ctx, token(done.Links[0])); err != nil {
			t.Errorf("the link died: %v", err)
		}
		_, err = c.imports.UndoNow(ctx, c.Importer(head), done.Batch)
		wantKind(t, "taken back twice", err, fault.Conflict)
	})
}

// TestStaffImportHolds: rights and people are looked at when the lines are
// written, not when they were shown.
func TestStaffImportHolds(t *testing.T) {
	testkit.EachDB(t, staffTables, func(t *testing.T, d *db.DB) {
		c := newStaffCommunity(t, d)
		ctx := context.Background()
		head, second := c.add(Held{SchoolHead, c.school}), c.add(Held{SchoolHead, c.school})
		if _, err := c.Invite(ctx, second, c.teachers("Ewa").Invitees); err != nil {
			t.Fatal(err)
		}
		done := c.take(head, c.teachers("Anna", "Ewa", "Jan"))
		if done.Taken != 2 || done.Held != 1 || len(done.Links) != 2 || len(c.post.letters) != 3 {
			t.Errorf("%+v, %d letters", done, len(c.post.letters))
		}
		if l := c.lines(done.Batch)["Ewa"]; l.State != importing.LineHeld || l.Why != "staff.known.invited" {
			t.Errorf("invited meanwhile: %+v", l)
		}
		// A list that was shown and not taken in: whoever approves it answers for it.
		show := func() importing.BatchID {
			b := importing.Batch{ID: importing.NewID(), Kind: ImportKind, Shape: staffSent, Scope: string(c.school)}
			if _, err := c.imports.Show(ctx, c.Importer(head), b, c.staffLines(b.ID, head, c.teachers("Ola").Invitees), nil); err != nil {
				t.Fatal(err)
			}
			return b.ID
		}
		past := importing.Program() // as if it had been asked before the right ended
		teacher := c.add(Held{Teacher, c.school})
		for name, by := range map[string]Actor{"the program": System(), "a teacher": teacher, "a secretary": c.add(Held{SchoolSecretary, c.school})} {
			past.By = by.By()
			id := show()
			b, err := c.imports.ApplyNow(ctx, past, id, importing.Everything, false)
			if err != nil || b.TakenIn != 0 || c.lines(id)["Ola"].Why != heldRight {
				t.Errorf("%s: %+v, %v", name, b, err)
			}
		}
		id := show()
		c.keys, past.By = New(Config{DB: d, Now: c.clock.now}).keys, head.By()
		if b, err := c.imports.ApplyNow(ctx, past, id, importing.Everything, false); err != nil || b.TakenIn != 0 || c.lines(id)["Ola"].Why != heldUnreadable {
			t.Errorf("other keys: %+v, %v", b, err)
		}
		if len(c.post.letters) != 3 {
			t.Errorf("%d letters", len(c.post.letters))
		}
	})
}

// TestUndoStaff: what nobody accepted is as if it had never been; who accepted
// stays and is shown.
func TestUndoStaff(t *testing.T) {
	testkit.EachDB(t, staffTables, func(t *testing.T, d *db.DB) {
		c := newStaffCommunity(t, d)
		ctx := context.Background()
		head := c.add(Held{SchoolHead, c.school})
		list := c.teachers("Anna", "Ewa", "Jan", "Ola")
		list.Problems = []importing.Problem{{Row: 7, Level: importing.LevelError, Key: "staff.fault.not_yours", Args: map[string]string{"role": string(SchoolHead)}}}
		done := c.take(head, list)
		if done.Taken != 4 || len(done.Links) != 4 {
			t.Fatalf("%+v", done)
		}
		by := map[string]InvitationLink{}
		for _, link := range done.Links {
			first, _, _ := strings.Cut(link.Name, " ")
			by[first] = link
		}
		anna, err := c.Accept(ctx, Stranger(), token(by["Anna"]), NewPerson{Name: "Anna Nowak", Password: "zielony most nad Wisłą"})
		if err != nil {
			t.Fatal(err)
		}
		before := c.lines(done.Batch)
		_, _, invitation := cutObject(before["Jan"].Object)
		if err := c.Withdraw(ctx, head, invitation); err != nil {
			t.Fatal(err)
		}
		foreseen, err := c.canUndoStaff(ctx, []importing.Line{before["Anna"], before["Ewa"], before["Jan"], before["Ola"]})
		if err != nil || len(foreseen) != 2 || foreseen[before["Anna"].N] != keptAccepted || foreseen[before["Jan"].N] != keptWithdrawn {
			t.Errorf("foreseen %v, %v", foreseen, err)
		}
		if b := c.undo(head, done.Batch); b.State != importing.Undone || b.TakenBack != 2 || b.Kept != 2 {
			t.Errorf("%+v", b)
		}
		for _, name := range []string{"Ewa", "Jan", "Ola"} {
			_, err := c.InvitationBy(ctx, token(by[name]))
			wantKind(t, name+" after the undo", err, fault.NotFound)
		}
		after := c.lines(done.Batch)
		if l := after["Anna"]; l.State != importing.LineKept || l.Why != keptAccepted || staffLink(l.Object) != staffPath(c.school)+"/"+string(anna) {
			t.Errorf("accepted: %+v", l)
		}
		if !c.today(anna).Has(Teacher) {
			t.Error("an undo took the role of somebody who accepted")
		}
		if l := after["Ewa"]; l.State != importing.LineUndone || staffLink(l.Object) != staffPath(c.school) {
			t.Errorf("open: %+v", l)
		}
		again, err := c.PlanStaff(ctx, head, c.school, i18n.PL, staffTable(t, "osoba;mail\nEwa Nowak;ewa@example.org\nAnna Nowak;anna@example.org\n"))
		if err != nil || len(again.New) != 1 || len(again.Known) != 1 {
			t.Errorf("the same sheet again: %+v, %v", again, err)
		}
	})
}

// TestUndoPreparedStaff: a list that waits for the head is withdrawn whole; one
// that the head decided on stays.
func TestUndoPreparedStaff(t *testing.T) {
	testkit.EachDB(t, staffTables, func(t *testing.T, d *db.DB) {
		c := newStaffCommunity(t, d)
		ctx := context.Background()
		head := c.add(Held{SchoolHead, c.school})
		secretary, colleague := c.add(Held{SchoolSecretary, c.school}), c.add(Held{SchoolSecretary, c.school})
		var names []string
		for n := range importing.ChunkLines + 10 {
			names = append(names, fmt.Sprint("Osoba-", n))
		}
		prepare := func(names ...string) StaffDone {
			t.Helper()
			done := c.take(secretary, c.teachers(names...))
			if acts, _, err := c.ActsFor(ctx, head); err != nil || len(acts) != 1 || !done.Prepared || done.Links != nil {
				t.Fatalf("%+v: %d acts, %v", done, len(acts), err)
			}
			return done
		}
		done := prepare(names...)
		act := string(done.Batch)
		if b := c.undo(secretary, done.Batch); b.TakenBack != len(names) || b.Kept != 0 {
			t.Errorf("%+v", b)
		}
		wantKind(t, "the head approves what was withdrawn", c.Decide(ctx, head, act, true, ""), fault.Conflict)
		if _, mine, err := c.ActsFor(ctx, secretary); err != nil || len(mine) != 1 || mine[0].State != "withdrawn" {
			t.Errorf("%+v, %v", mine, err)
		}
		if l := c.catalog.In(i18n.PL).T("acts.state_withdrawn"); strings.HasPrefix(l, "⟦") {
			t.Error(l)
		}

		done = prepare("Anna", "Jan")
		if b := c.undo(colleague, done.Batch); b.TakenBack != 0 || c.lines(done.Batch)["Jan"].Why != keptRight {
			t.Errorf("a colleague withdrew it: %+v", b)
		}
		if err := c.Decide(ctx, head, string(done.Batch), false, "nie teraz"); err != nil {
			t.Fatal(err)
		}
		for approve, want := range map[bool]string{true: keptApproved, false: keptRefused} {
			done = prepare("Ewa", "Ola")
			if err := c.Decide(ctx, head, string(done.Batch), approve, ""); err != nil {
				t.Fatal(err)
			}
			if b := c.undo(secretary, done.Batch); b.TakenBack != 0 || c.lines(done.Batch)["Ola"].Why != want {
				t.Errorf("decided %v: %+v %+v", approve, b, c.lines(done.Batch)["Ola"])
			}
			var open int
			if err := d.Get(ctx, &open, `select count(*) from access_invitations where state = 'open'`); err != nil || open > 0 != approve {
				t.Errorf("%d invitations, %v", open, err)
			}
			err := d.Write(ctx, func(tx *db.Tx) error {
				_, err := tx.Exec(ctx, `update access_invitations set state = 'withdrawn'`)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	})
}

// TestStaffImportForAnother: who acts for the head invites in the head's name,
// and takes it back.
func TestStaffImportForAnother(t *testing.T) {
	testkit.EachDB(t, staffTables, func(t *testing.T, d *db.DB) {
		c := newStaffCommunity(t, d)
		ctx := context.Background()
		head, deputy := c.add(Held{SchoolHead, c.school}), c.add(Held{DeputyHead, c.school})
		err := c.Entrust(ctx, head, Proxy{Agent: deputy.Person, Role: SchoolHead, Institution: c.school, Scope: "wszystkie sprawy szkoły", Until: c.clock.at.Add(24 * time.Hour).Unix()})
		if err != nil {
			t.Fatal(err)
		}
		acc, _, err := c.readAccount(ctx, deputy.Person)
		if err != nil {
			t.Fatal(err)
		}
		acting := acc.wear(deputy.Person, proxyHat+acc.stands[0].id, bothSteps, c.clock.at)
		acting.reach = c.town
		done := c.take(acting, c.teachers("Anna"))
		i, err := c.InvitationBy(ctx, token(done.Links[0]))
		if err != nil || i.Inviter != head.Person {
			t.Fatalf("%+v, %v", i, err)
		}
		if b := c.undo(acting, done.Batch); b.TakenBack != 1 {
			t.Errorf("%+v", b)
		}
	})
}

// TestStaffLinesAreFewAndShort: no address stands in a line for whoever has the
// database alone, the lines of a person can be found, and they go soon.
func TestStaffLinesAreFewAndShort(t *testing.T) {
	testkit.EachDB(t, staffTables, func(t *testing.T, d *db.DB) {
		c := newStaffCommunity(t, d)
		ctx := context.Background()
		head := c.add(Held{SchoolHead, c.school})
		done := c.take(head, c.teachers("Anna", "Ewa"))
		batch, err := c.imports.ByID(ctx, c.Importer(head), done.Batch)
		if err != nil {
			t.Fatal(err)
		}
		ewa, err := c.AddPerson(ctx, System(), NewPerson{Name: "Ewa Nowak", Email: "EWA@example.org"})
		if err != nil {
			t.Fatal(err)
		}
		isHers, err := c.ImportLinesOf(ctx, d, string(ewa))
		if err != nil {
			t.Fatal(err)
		}
		for name, l := range c.lines(done.Batch) {
			text, err := json.Marshal(l)
			if err != nil || strings.Contains(strings.ToLower(string(text)), strings.ToLower(name)+"@") || l.Key == "" {
				t.Errorf("%s, %v", text, err)
			}
			sealed := l
			sealed.Object = "" // as of a line that was held
			if isHers(batch, sealed) != (name == "Ewa") || isHers(batch, l) != (name == "Ewa") {
				t.Errorf("%s is hers: %v", name, !(name == "Ewa"))
			}
		}
		registry := jobs.NewRegistry()
		c.imports.Jobs(registry)
		sweep := func() {
			t.Helper()
			err := d.Write(ctx, func(tx *db.Tx) error {
				_, err := jobs.Enqueue(ctx, tx, "importing.sweep", struct{}{})
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := testkit.Drain(t, d, registry, c.clock.now); err != nil {
				t.Fatal(err)
			}
		}
		c.clock.at = c.clock.at.Add((staffLinesKept - 1) * 24 * time.Hour)
		if sweep(); len(c.lines(done.Batch)) != 2 {
			t.Error("swept too early")
		}
		c.clock.at = c.clock.at.Add(2 * 24 * time.Hour)
		if sweep(); len(c.lines(done.Batch)) != 0 {
			t.Error("kept too long")
		}
		_, err = c.imports.UndoNow(ctx, c.Importer(head), done.Batch)
		wantKind(t, "an undo without lines", err, fault.Conflict)
	})
}
