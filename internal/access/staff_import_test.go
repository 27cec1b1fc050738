package access

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/sheet"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
)

func staffCatalog(t testing.TB) *i18n.Catalog {
	t.Helper()
	catalog, err := i18n.Load(web.Messages, Messages)
	if err != nil {
		t.Fatal(err)
	}
	return catalog
}

func staffTable(t testing.TB, text string) *sheet.Table {
	t.Helper()
	table, err := sheet.Read(strings.NewReader(text), StaffLimits())
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// TestStaffWords: no word of a sheet means two things.
func TestStaffWords(t *testing.T) {
	c := staffCatalog(t)
	w := staffWordsOf(c, i18n.PL)
	heads := map[string]string{}
	for _, column := range w.columns {
		for _, title := range column.Titles {
			key := i18n.Fold(title)
			if other, taken := heads[key]; key == "" || taken && other != column.Name {
				t.Errorf("the heading %q means %s and %s", title, column.Name, other)
			}
			heads[key] = column.Name
		}
	}
	for _, lang := range i18n.Langs {
		for _, role := range Roles() {
			for _, word := range append([]string{string(role), c.In(lang).T("role." + string(role))}, wordsIn(c.In(lang).T("staff.words."+string(role)))...) {
				if strings.HasPrefix(word, "⟦") {
					continue
				}
				if got := w.roles[i18n.Fold(word)]; got != role {
					t.Errorf("%q means %q, not %s", word, got, role)
				}
			}
		}
	}
	for word, want := range map[string]Role{"nauczyciel": Teacher, "NAUCZYCIELKA": Teacher, "wychowawca klasy": ClassTutor, "Wychowawczyni": ClassTutor,
		"учитель": Teacher, "психолог": SchoolSpecialist, "school_head": SchoolHead, "Dyrektor": SchoolHead, "Administrator": Administrator} {
		if got, _ := w.rolesIn(word); len(got) != 1 || got[0] != want {
			t.Errorf("%q is %v, want %s", word, got, want)
		}
	}
	if got, _ := w.rolesIn("nauczycielka, wychowawczyni"); !slices.Equal(got, []Role{Teacher, ClassTutor}) {
		t.Errorf("two roles: %v", got)
	}
	for _, word := range []string{"król", "nauczyciel, król", "nauczyciel, pedagog, wychowawca", ",;"} {
		if got, ok := w.rolesIn(word); ok {
			t.Errorf("%q is %v", word, got)
		}
	}
}

func TestReadStaff(t *testing.T) {
	w := staffWordsOf(staffCatalog(t), i18n.PL)
	for name, tt := range map[string]struct {
		sheet   string
		want    string // name/address/role/row of the new ones
		problem string // row/field/key
		known   string
	}{
		"Polish":          {"Imię i nazwisko;E-mail;Rola\nAnna Nowak;anna@example.org;pedagog\n", "Anna Nowak/anna@example.org/school_specialist/2", "", ""},
		"English":         {"Role,Name,E-mail address\ndeputy head,Jo Doe,jo@example.org\n", "Jo Doe/jo@example.org/deputy_head/2", "", ""},
		"Ukrainian":       {"Прізвище;Ім’я;Пошта;Посада\nШевченко;Оксана;o@example.org;учителька\n", "Оксана Шевченко/o@example.org/teacher/2", "", ""},
		"no role column":  {"osoba;adres\nAnna Nowak;anna@example.org\n", "Anna Nowak/anna@example.org/teacher/2", "", ""},
		"mail and home":   {"osoba;adres;e-mail\nAnna Nowak;ul. Długa 1;anna@example.org\n", "Anna Nowak/anna@example.org/teacher/2", "", ""},
		"two roles":       {"osoba;mail;rola\nAnna Nowak;anna@example.org;nauczycielka, wychowawczyni\n", "Anna Nowak/anna@example.org/teacher/2 Anna Nowak/anna@example.org/class_tutor/2", "", ""},
		"unknown role":    {"osoba;mail;rola\nAnna Nowak;anna@example.org;król\n", "", "2/role/staff.fault.role", ""},
		"no address":      {"osoba;mail\nAnna Nowak;\n", "", "2/email/access.fault.email", ""},
		"no name":         {"osoba;mail\n;anna@example.org\n", "", "2/name/access.fault.name", ""},
		"two addresses":   {"osoba;mail\nAnna Nowak;\"anna@example.org, b@example.org\"\n", "", "2/email/access.fault.email", ""},
		"header in cell":  {"osoba;mail\nAnna Nowak;\"anna@example.org\r\nBcc: b@example.org\"\n", "", "2/email/access.fault.email", ""},
		"header in name":  {"osoba;mail\n\"Anna\r\nBcc: b@example.org\";anna@example.org\n", "", "2/name/staff.fault.name_signs", ""},
		"formula":         {"osoba;mail\n\"=HYPERLINK(\"\"http://x\"\")\";anna@example.org\n", "", "2/name/staff.fault.name_signs", ""},
		"PESEL in a name": {"osoba;mail\nAnna Nowak 02270812345;anna@example.org\n", "", "2/name/staff.fault.name_signs", ""},
		"link in a name":  {"osoba;mail\nWygrana http://zle.example;anna@example.org\n", "", "2/name/staff.fault.name_signs", ""},
		"template row":    {"osoba;mail\nAnna Przykładowa;Anna.Przykladowa@example.org\n", "", "2/email/staff.fault.example", ""},
		"twice":           {"osoba;mail\nAnna Nowak;anna@example.org\nanna nowak;ANNA@example.org\n", "Anna Nowak/anna@example.org/teacher/2", "", "3/staff.known.twice"},
		"shared mailbox":  {"osoba;mail\nAnna Nowak;biuro@example.org\nJan Kos;biuro@example.org\n", "Anna Nowak/biuro@example.org/teacher/2", "3/email/staff.fault.shared_address", ""},
		"other columns":   {"lp;osoba;mail\n1;Anna Nowak;anna@example.org\n2;;\n", "Anna Nowak/anna@example.org/teacher/2", "", ""},
	} {
		p, err := readStaff(staffTable(t, tt.sheet), w, "szkola", i18n.PL)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var rows, problems, known []string
		for _, r := range p.New {
			rows = append(rows, fmt.Sprintf("%s/%s/%s/%d", r.Name, r.Email, r.Role, r.N))
			if r.Institution != "szkola" {
				t.Errorf("%s: at %q", name, r.Institution)
			}
		}
		for _, x := range p.Problems {
			problems = append(problems, fmt.Sprintf("%d/%s/%s", x.N, x.Field, x.Key))
		}
		for _, k := range p.Known {
			known = append(known, fmt.Sprintf("%d/%s", k.N, k.Key))
		}
		if got := strings.Join(rows, " "); got != tt.want {
			t.Errorf("%s: new %q, want %q", name, got, tt.want)
		}
		if got := strings.Join(problems, " "); got != tt.problem {
			t.Errorf("%s: problems %q, want %q", name, got, tt.problem)
		}
		if got := strings.Join(known, " "); got != tt.known {
			t.Errorf("%s: known %q, want %q", name, got, tt.known)
		}
	}
	for name, text := range map[string]string{"no address": "osoba;rola\nAnna Nowak;pedagog\n", "first name alone": "imię;mail\nAnna;anna@example.org\n",
		"role twice": "osoba;mail;rola;stanowisko\nAnna Nowak;anna@example.org;pedagog;pedagog\n"} {
		if _, err := readStaff(staffTable(t, text), w, "szkola", i18n.PL); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestStaffSheetIsBounded(t *testing.T) {
	long := "osoba;mail\n" + strings.Repeat("Anna Nowak;anna@example.org\n", 10_000)
	if _, err := sheet.Read(strings.NewReader(long), StaffLimits()); fault.KindOf(err) != fault.Invalid {
		t.Errorf("10 000 rows: %v", err)
	}
	if _, err := sheet.Read(io.LimitReader(zeros{}, 1<<30), StaffLimits()); fault.KindOf(err) != fault.TooLarge {
		t.Errorf("a gigabyte: %v", err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	return copy(p, bytes.Repeat([]byte("a;b\n"), len(p)/4+1)), nil
}

// TestStaffFormulas: a cell that computes counts as what was saved with it, and
// an address that a formula would make is none.
func TestStaffFormulas(t *testing.T) {
	f := excelize.NewFile()
	defer f.Close()
	err := errors.Join(f.SetSheetRow("Sheet1", "A1", &[]any{"Osoba", "E-mail", "Rola"}),
		f.SetSheetRow("Sheet1", "A2", &[]any{"Anna Nowak", "anna@example.org", "pedagog"}),
		f.SetCellFormula("Sheet1", "B2", `CONCAT("zla","@example.org")`), f.SetCellFormula("Sheet1", "C2", `"administrator"`))
	var b bytes.Buffer
	if err := errors.Join(err, f.Write(&b)); err != nil {
		t.Fatal(err)
	}
	table, err := sheet.Read(&b, StaffLimits())
	if err != nil {
		t.Fatal(err)
	}
	p, err := readStaff(table, staffWordsOf(staffCatalog(t), i18n.PL), "szkola", i18n.PL)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range p.New {
		if row.Role == Administrator || row.Email == "zla@example.org" {
			t.Errorf("a formula was worked out: %+v", row)
		}
	}
}

func FuzzReadStaff(f *testing.F) {
	f.Add("Imię i nazwisko;E-mail;Rola\nAnna Nowak;anna@example.org;pedagog\n")
	f.Add("osoba,mail\n\"=1+1\",\"a@b.c\r\nBcc: x@y.z\"\n")
	f.Add("imię;nazwisko;adres;rola\nA;B;c@d.e;nauczyciel, wychowawca; x\n")
	f.Add("osoba;mail;mail\n")
	w := staffWordsOf(staffCatalog(f), i18n.PL)
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		table, err := sheet.Read(strings.NewReader(text), StaffLimits())
		if err != nil {
			return
		}
		p, err := readStaff(table, w, "szkola", i18n.PL)
		if err != nil {
			if fault.KindOf(err) != fault.Invalid {
				t.Fatal(err)
			}
			return
		}
		for _, row := range p.New {
			// What is shown as ready could be sent, but for the right to give the role.
			if err := row.check(now); err != nil && !row.Role.Everywhere() {
				t.Errorf("%+v: %v", row, err)
			}
			if strings.ContainsAny(row.Name+row.Email, "\r\n<>=:") {
				t.Errorf("%q %q", row.Name, row.Email)
			}
		}
		if len(p.New)+len(p.Known) > rolesInRow*len(table.Rows) {
			t.Errorf("%d people of %d rows", len(p.New)+len(p.Known), len(table.Rows))
		}
	})
}

func TestPlanStaffRefuses(t *testing.T) {
	testkit.EachDB(t, staffTables, func(t *testing.T, d *db.DB) {
		c := newStaffCommunity(t, d)
		ctx := context.Background()
		head := c.add(Held{SchoolHead, c.school})
		table := staffTable(t, "osoba;mail\nAnna Nowak;anna@example.org\n")
		for _, tt := range []struct {
			name string
			who  Actor
			at   InstitutionID
			want fault.Kind
		}{
			{"stranger", Stranger(), c.school, fault.SignedOut},
			{"the program", System(), c.school, fault.SignedOut},
			{"a head at another school", head, c.otherSchool, fault.Forbidden},
			{"an officer at a foreign school", c.add(Held{AuthorityOfficer, c.otherOffice}), c.school, fault.Forbidden},
			{"a teacher", c.add(Held{Teacher, c.school}), c.school, fault.Forbidden},
			{"a tutor", c.add(Held{ClassTutor, c.school}), c.school, fault.Forbidden},
			{"a secretary of another school", c.add(Held{SchoolSecretary, c.otherSchool}), c.school, fault.Forbidden},
			{"an administrator at no institution", c.add(Held{Administrator, ""}), NewInstitutionID(), fault.NotFound},
		} {
			_, err := c.PlanStaff(ctx, tt.who, tt.at, i18n.PL, table)
			wantKind(t, tt.name, err, tt.want)
			if tt.want == fault.NotFound {
				continue
			}
			_, err = c.InviteStaff(ctx, tt.who, tt.at, listOf(Invitee{Name: "Anna Nowak", Email: "anna@example.org", Role: Teacher, Institution: tt.at}))
			wantKind(t, tt.name+" invites", err, tt.want)
		}
		_, err := c.InviteStaff(ctx, head, c.school, StaffList{})
		wantKind(t, "nobody", err, fault.Invalid)
		_, err = c.InviteStaff(ctx, head, c.school, listOf(Invitee{Name: "Anna Nowak", Email: "anna@example.org", Role: Teacher, Institution: c.otherSchool}))
		wantKind(t, "a row of another school", err, fault.Forbidden)
		_, err = c.InviteStaff(ctx, head, c.school, listOf(make([]Invitee, 1001)...))
		wantKind(t, "too many", err, fault.Invalid)
		anna := Invitee{Name: "Anna Nowak", Email: "anna@example.org", Role: Teacher, Institution: c.school}
		self, raised := anna, anna
		self.Email, raised.Role = "Osoba1@example.org", SchoolHead
		_, err = c.InviteStaff(ctx, head, c.school, listOf(anna, self))
		wantKind(t, "oneself among others", err, fault.Invalid)
		_, err = c.InviteStaff(ctx, head, c.school, listOf(anna, raised))
		wantKind(t, "a second head among others", err, fault.Forbidden)
		if len(c.post.letters) != 0 {
			t.Errorf("%d letters", len(c.post.letters))
		}
		if n := c.batches(); n != 0 {
			t.Errorf("%d lists of refused people are kept", n)
		}
	})
}

// TestPlanStaff: nobody climbs by a sheet, nobody is asked twice, and what a
// secretary brings waits for the head.
func TestPlanStaff(t *testing.T) {
	testkit.EachDB(t, staffTables, func(t *testing.T, d *db.DB) {
		c := newStaffCommunity(t, d)
		ctx := context.Background()
		head := c.add(Held{SchoolHead, c.school})           // osoba1@example.org
		secretary := c.add(Held{SchoolSecretary, c.school}) // osoba2@example.org
		c.add(Held{Teacher, c.school})                      // osoba3@example.org
		c.add(Held{Teacher, c.otherSchool})                 // osoba4@example.org
		if _, err := c.Invite(ctx, head, []Invitee{{Name: "Ewa Zaproszona", Email: "ewa@example.org", Role: Teacher, Institution: c.school}}); err != nil {
			t.Fatal(err)
		}
		table := staffTable(t, `osoba;mail;rola
Anna Nowak;anna@example.org;nauczycielka
Osoba Trzecia;OSOBA3@example.org;nauczyciel
Osoba Czwarta;osoba4@example.org;nauczyciel
Ewa Zaproszona;ewa@example.org;nauczycielka
Ewa Zaproszona;ewa@example.org;pedagog
Zły Dyrektor;zly@example.org;dyrektor
Zła Administracja;zla@example.org;administrator
Zły Uczeń;uczen@example.org;uczeń
Osoba Pierwsza;osoba1@example.org;nauczyciel
`)
		p, err := c.PlanStaff(ctx, head, c.school, i18n.PL, table)
		if err != nil {
			t.Fatal(err)
		}
		var rows []int
		for _, r := range p.New {
			rows = append(rows, r.N)
		}
		if !slices.Equal(rows, []int{2, 4, 6}) || p.Prepares {
			t.Errorf("new rows %v, prepares %v", rows, p.Prepares)
		}
		want := map[int]string{7: "staff.fault.not_yours", 8: "staff.fault.not_yours", 9: "staff.fault.not_yours", 10: "access.fault.own_invitation"}
		if len(p.Problems) != len(want) {
			t.Errorf("problems %+v", p.Problems)
		}
		for _, x := range p.Problems {
			if want[x.N] != x.Key {
				t.Errorf("row %d: %s", x.N, x.Key)
			}
		}
		if len(p.Known) != 2 || p.Known[0].N != 3 || p.Known[0].Key != "staff.known.role" || p.Known[1].N != 5 || p.Known[1].Key != "staff.known.invited" {
			t.Errorf("known %+v", p.Known)
		}

		prepared, err := c.PlanStaff(ctx, secretary, c.school, i18n.PL, table)
		if err != nil || !prepared.Prepares || len(prepared.New) != 4 { // the head may be invited to teach by the secretary
			t.Errorf("secretary: %+v, %v", prepared, err)
		}
		before := len(c.post.letters)
		done, err := c.InviteStaff(ctx, secretary, c.school, listOf(prepared.Invitees()[:3]...))
		if err != nil || !done.Prepared || done.Taken != 3 || len(c.post.letters) != before {
			t.Errorf("a secretary sent letters: %+v %v", done, err)
		}
		acts, _, err := c.ActsFor(ctx, head)
		if err != nil || len(acts) != 1 {
			t.Fatalf("%d acts, %v", len(acts), err)
		}
		again, err := c.PlanStaff(ctx, head, c.school, i18n.PL, table)
		if err != nil || len(again.New) != 0 {
			t.Errorf("what is prepared is asked again: %+v, %v", again.New, err)
		}
		if err := c.Decide(ctx, head, acts[0].ID, true, ""); err != nil {
			t.Fatal(err)
		}
		if sent := len(c.post.letters) - before; sent != 3 {
			t.Errorf("one click sent %d letters", sent)
		}
	})
}

// TestSealedStaff: a plan is approved by who saw it, there, and soon.
func TestSealedStaff(t *testing.T) {
	c := newCommunity(t, testkit.SQLite(t, tables))
	head, other := c.add(Held{SchoolHead, c.school}), c.add(Held{SchoolHead, c.school}, Held{SchoolHead, c.otherSchool})
	plan := StaffPlan{Institution: c.school, New: []StaffRow{{2, Invitee{Name: "Anna Nowak", Email: "anna@example.org", Role: Teacher, Institution: c.school}}},
		Problems: []StaffProblem{{3, "role", "staff.fault.role", []any{"word", "król"}}}}
	sealed, err := c.sealStaff(head, plan)
	if err != nil || strings.Contains(sealed, "anna") {
		t.Fatal(sealed, err)
	}
	for name, try := range map[string]func() (StaffList, error){
		"another person":  func() (StaffList, error) { return c.openStaff(other, c.school, sealed) },
		"another school":  func() (StaffList, error) { return c.openStaff(head, c.otherSchool, sealed) },
		"made up":         func() (StaffList, error) { return c.openStaff(head, c.school, `{"list":[]}`) },
		"nothing":         func() (StaffList, error) { return c.openStaff(head, c.school, "") },
		"one letter more": func() (StaffList, error) { return c.openStaff(head, c.school, sealed+"A") },
	} {
		if list, err := try(); fault.KindOf(err) != fault.Conflict || list.Invitees != nil {
			t.Errorf("%s: %v %v", name, list, err)
		}
	}
	list, err := c.openStaff(head, c.school, sealed)
	if err != nil || len(list.Invitees) != 1 || list.Invitees[0] != plan.New[0].Invitee || list.Read != 2 ||
		len(list.Problems) != 1 || list.Problems[0].Args["word"] != "król" {
		t.Errorf("%+v, %v", list, err)
	}
	c.clock.at = c.clock.at.Add(staffPatience + time.Second)
	_, err = c.openStaff(head, c.school, sealed)
	wantKind(t, "tomorrow", err, fault.Conflict)
}
