package directory

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"kladka/assets"
	"kladka/internal/access"
	"kladka/internal/access/card"
	"kladka/internal/directory/geometry"
	"kladka/internal/directory/register"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/secrets"
	"kladka/internal/platform/sheet"
	"kladka/internal/platform/web"
	"kladka/internal/schema"
	"kladka/internal/testkit"
)

var classModules = []schema.Module{{Name: "db", Files: db.Migrations}, {Name: "jobs", Files: jobs.Migrations}, {Name: "audit", Files: audit.Migrations},
	{Name: "access", Files: access.Migrations}, {Name: "directory", Files: Migrations}}

// classHouse is the module with the accounts of two schools.
type classHouse struct {
	*reader
	access         *access.Service
	db             *db.DB
	school, other  access.InstitutionID
	head, tutor    access.Actor
	teacher, notIn access.PersonID // teaches at the school; teaches at the other one
}

func openClassHouse(t *testing.T, d *db.DB) *classHouse {
	t.Helper()
	catalog, err := i18n.Load(web.Messages, Messages, access.Messages, register.Messages, geometry.Messages, card.Messages, sheet.Messages)
	if err != nil {
		t.Fatal(err)
	}
	files, err := assets.Load()
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return testNow }
	quiet := slog.New(slog.DiscardHandler)
	h := &classHouse{db: d, access: access.New(access.Config{DB: d, Catalog: catalog, Log: quiet, Now: now, Keys: secrets.New(), Demo: true})}
	sh := web.New(web.Config{Catalog: catalog, Assets: files, Log: quiet, Now: now},
		func(next http.Handler) http.Handler { return next }, func(r *web.Request) web.Viewer {
			who := access.ActorOf(r.Request)
			return web.Viewer{SignedIn: who.SignedIn(), Name: who.Name}
		})
	s := writeService(t, d)
	h.access.Connect(s)
	s.ConnectPeople(h.access)
	s.Routes(sh)
	h.reader = &reader{Service: s, t: t, shell: sh, lang: i18n.PL}
	h.school, h.other = testID(1), testID(2)
	err = d.Write(t.Context(), func(tx *db.Tx) error {
		return s.Save(t.Context(), tx, []Institution{
			{ID: h.school, Origin: Invented, Kind: "primary", Name: "SP nr 1", Municipality: krakow},
			{ID: h.other, Origin: Invented, Kind: "primary", Name: "SP nr 2", Municipality: krakow}})
	})
	if err != nil {
		t.Fatal(err)
	}
	h.head = h.person("Ewa Łoś", access.SchoolHead, h.school)
	h.tutor = h.person("Olga Ryś", access.ClassTutor, h.school)
	h.teacher = h.person("Jan Bóbr", access.Teacher, h.school).Person
	h.notIn = h.person("Iza Wilk", access.Teacher, h.other).Person
	return h
}

// person has an account and acts with one role, after both steps.
func (h *classHouse) person(name string, role access.Role, at access.InstitutionID) access.Actor {
	h.t.Helper()
	mail := strings.ReplaceAll(i18n.Fold(name+" "+string(role)+" "+string(at)), " ", ".") + "@example.org"
	id, err := h.access.AddPerson(context.Background(), access.System(), access.NewPerson{Name: name, Email: mail, Roles: []access.Held{{Role: role, Institution: at}}})
	if err != nil {
		h.t.Fatal(err)
	}
	a, err := h.access.Actor(context.Background(), id)
	if err != nil {
		h.t.Fatal(err)
	}
	a.Fresh = true
	return a
}

func (h *classHouse) class(name string, names ...string) ClassID {
	h.t.Helper()
	id, err := h.CreateClass(h.t.Context(), h.head, h.school, name, 2026)
	if err == nil && len(names) > 0 {
		_, err = h.AddPupils(h.t.Context(), h.head, h.school, id, names)
	}
	if err != nil {
		h.t.Fatal(err)
	}
	return id
}

func (h *classHouse) roster(id ClassID) []Member {
	h.t.Helper()
	_, members, err := h.Roster(h.t.Context(), h.head, h.school, id)
	if err != nil {
		h.t.Fatal(err)
	}
	return members
}

func (h *classHouse) entrust(id ClassID, person access.PersonID) {
	h.t.Helper()
	if prepared, err := h.SetTutor(h.t.Context(), h.head, h.school, id, person); err != nil || prepared {
		h.t.Fatal(prepared, err)
	}
}

func TestSchoolYear(t *testing.T) {
	for at, want := range map[string]int{"2026-08-31T21:59:59Z": 2025, "2026-08-31T22:00:00Z": 2026, "2027-01-01T00:00:00Z": 2026, "2026-12-31T23:30:00Z": 2026} {
		when, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := SchoolYear(when); got != want {
			t.Errorf("%s: %d, want %d", at, got, want)
		}
	}
}

func TestClassOrder(t *testing.T) {
	names := []string{"10a", "4b", "1 TI", "4a", "IIIc", "12"}
	slices.SortFunc(names, func(a, b string) int { return strings.Compare(classSortKey(a), classSortKey(b)) })
	if got := strings.Join(names, " "); got != "1 TI 4a 4b 10a 12 IIIc" {
		t.Error(got)
	}
}

func TestParseNames(t *testing.T) {
	for text, want := range map[string]string{
		"Ala Kot\nJan Lis":                    "Ala Kot|Jan Lis",
		"1. Ala Kot\r\n 2) Jan Lis\r\n\r\n":   "Ala Kot|Jan Lis",
		"1\tKot\tAla\n2\tLis\tJan":            "Kot Ala|Lis Jan",
		"  Ґанна   Їжакевич ,\n":              "Ґанна Їжакевич",
		"":                                    "classes.fault.nobody",
		" \n\t\n":                             "classes.fault.nobody",
		"Ala Kot 15210112345":                 "classes.fault.lines",
		"Ala Kot\nala@example.org":            "classes.fault.lines",
		"Ala Kot, ur. 4.05.2015":              "classes.fault.lines",
		"X":                                   "classes.fault.lines",
		strings.Repeat("Ala Kot\n", 61):       "classes.fault.too_many",
		strings.Repeat("x", 1000):             "classes.fault.lines",
		"=HYPERLINK(\"http://x\")":            "=HYPERLINK(\"http://x\")", // a name to us; sheets defuse it
		"Maria Antonina\u00a0Konstantynopola": "Maria Antonina Konstantynopola",
	} {
		names, err := parseNames(text)
		got := strings.Join(names, "|")
		if e := fault.As(err); e != nil {
			got = e.Fields[0].Key
		}
		if got != want {
			t.Errorf("%.40q: %q, want %q", text, got, want)
		}
	}
	_, err := parseNames("Ala Kot 15210112345")
	if e := fault.As(err); e == nil || strings.Contains(e.Error(), "15210112345") || strings.Contains(e.Fields[0].Args[1].(string), "15210112345") {
		t.Error("the message repeats a PESEL number")
	}
}

func FuzzParseNames(f *testing.F) {
	for _, seed := range []string{"Ala Kot\nJan Lis", "1.\tKot;Ala", "\xff\x00", "Ala\u2028Kot", strings.Repeat("a\n", 100), "１２ Ala"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		names, err := parseNames(text)
		if err != nil && (fault.KindOf(err) != fault.Invalid || names != nil) {
			t.Fatal(names, err)
		}
		for _, name := range names {
			if access.CheckPupilName(name) != nil || strings.TrimSpace(name) != name || utf8.RuneCountInString(name) > 120 {
				t.Fatalf("%q", name)
			}
		}
		if len(names) > mostPupils {
			t.Fatal(len(names))
		}
	})
}

// TestWhoReachesARoster: everything that can be done, by everybody.
func TestWhoReachesARoster(t *testing.T) {
	testkit.EachDB(t, classModules, func(t *testing.T, d *db.DB) {
		h := openClassHouse(t, d)
		ctx := t.Context()
		id, second := h.class("4b", "Ala Kot"), h.class("4c")
		h.entrust(id, h.tutor.Person)
		pupil := h.roster(id)[0].ID
		deeds := []struct {
			name string
			do   func(who access.Actor, at access.InstitutionID) error
		}{
			{"see", func(who access.Actor, at access.InstitutionID) error {
				_, _, err := h.Roster(ctx, who, at, id)
				return err
			}},
			{"create", func(who access.Actor, at access.InstitutionID) error {
				_, err := h.CreateClass(ctx, who, h.school, "", 2026)
				return err
			}},
			{"add", func(who access.Actor, at access.InstitutionID) error {
				_, err := h.AddPupils(ctx, who, at, id, nil)
				return err
			}},
			{"change", func(who access.Actor, at access.InstitutionID) error {
				return h.ChangePupil(ctx, who, at, id, pupil, "", 0)
			}},
			{"move", func(who access.Actor, at access.InstitutionID) error {
				return h.MovePupil(ctx, who, at, id, second, access.NewPersonID())
			}},
			{"leave", func(who access.Actor, at access.InstitutionID) error {
				return h.PupilLeaves(ctx, who, at, id, access.NewPersonID())
			}},
			{"number", func(who access.Actor, at access.InstitutionID) error { return h.Renumber(ctx, who, at, second) }},
			{"tutor", func(who access.Actor, at access.InstitutionID) error {
				_, err := h.SetTutor(ctx, who, at, id, h.notIn)
				return err
			}},
			{"close", func(who access.Actor, at access.InstitutionID) error { return h.CloseClass(ctx, who, at, id) }},
			{"cards", func(who access.Actor, at access.InstitutionID) error {
				_, _, err := h.PrintClass(ctx, who, at, id, []access.PersonID{pupil})
				return err
			}},
		}
		own := []string{"see", "cards"}
		var every []string
		for _, deed := range deeds {
			every = append(every, deed.name)
		}
		roster := every[:len(every)-1]
		for _, tt := range []struct {
			name string
			who  access.Actor
			at   access.InstitutionID
			may  []string
		}{
			{"stranger", access.Stranger(), h.school, nil},
			{"teacher", h.person("A B1", access.Teacher, h.school), h.school, nil},
			{"officer of the authority", holding(access.AuthorityOfficer, h.school), h.school, nil},
			{"administrator", holding(access.Administrator, ""), h.school, nil},
			{"pupil", holding(access.Pupil, h.school), h.school, nil},
			{"head of another school", h.person("A B2", access.SchoolHead, h.other), h.school, nil},
			{"head of another school, there", h.person("A B3", access.SchoolHead, h.other), h.other, nil},
			{"tutor of another class", h.person("A B4", access.ClassTutor, h.school), h.school, nil},
			{"tutor", h.tutor, h.school, own},
			{"specialist", h.person("A B5", access.SchoolSpecialist, h.school), h.school, []string{"see"}},
			{"secretary", h.person("A B6", access.SchoolSecretary, h.school), h.school, roster},
			{"deputy", h.person("A B7", access.DeputyHead, h.school), h.school, every},
			{"head", h.head, h.school, every},
		} {
			for _, deed := range deeds {
				if deed.name == "create" && tt.at != h.school {
					continue
				}
				err := deed.do(tt.who, tt.at)
				kind := fault.KindOf(err)
				// Who may is told of the fault in what they asked, at most.
				passed := err == nil || kind == fault.Invalid || kind == fault.Conflict
				want := slices.Contains(tt.may, deed.name)
				if (deed.name == "move" || deed.name == "leave") && kind == fault.NotFound {
					continue // a made-up pupil; looked at below
				}
				if passed != want || !want && kind != fault.NotFound && kind != fault.SignedOut {
					t.Errorf("%s, %s: %v", tt.name, deed.name, err)
				}
			}
		}
		for _, who := range []access.Actor{h.tutor, holding(access.SchoolSpecialist, h.school), holding(access.AuthorityOfficer, h.school)} {
			if err := h.MovePupil(ctx, who, h.school, id, second, pupil); fault.KindOf(err) != fault.NotFound {
				t.Errorf("%v moves a pupil: %v", who.Roles, err)
			}
			if err := h.PupilLeaves(ctx, who, h.school, id, pupil); fault.KindOf(err) != fault.NotFound {
				t.Errorf("%v removes a pupil: %v", who.Roles, err)
			}
		}
		if list, err := h.Classes(ctx, h.tutor, h.school); err != nil || len(list) != 1 || list[0].ID != id {
			t.Errorf("a tutor sees %v, %v", list, err)
		}
	})
}

func TestClassLife(t *testing.T) {
	testkit.EachDB(t, classModules, func(t *testing.T, d *db.DB) {
		h := openClassHouse(t, d)
		ctx := t.Context()
		id := h.class("4b", "Zofia Ćma", "Ala Kot", "Adam Bąk")
		for _, name := range []string{"4 B", "4b", ""} {
			if _, err := h.CreateClass(ctx, h.head, h.school, name, 2026); err == nil {
				t.Errorf("%q again", name)
			}
		}
		if _, err := h.CreateClass(ctx, h.head, h.school, "4b", 2024); fault.KindOf(err) != fault.Invalid {
			t.Errorf("a year gone by: %v", err)
		}
		if _, err := h.CreateClass(ctx, h.head, h.school, "4b", 2027); err != nil {
			t.Errorf("the next year: %v", err)
		}
		if _, err := h.AddPupils(ctx, h.head, h.school, id, []string{"Ewa Sum", "ALA KOT"}); fault.KindOf(err) != fault.Invalid || len(h.roster(id)) != 3 {
			t.Errorf("a name twice: %v", err)
		}
		if err := h.Renumber(ctx, h.head, h.school, id); err != nil {
			t.Fatal(err)
		}
		if got := namesIn(h.roster(id)); got != "1 Adam Bąk, 2 Zofia Ćma, 3 Ala Kot" {
			t.Error(got)
		}
		ala := h.roster(id)[2].ID
		if err := h.ChangePupil(ctx, h.head, h.school, id, ala, "Alina Kot", 7); err != nil {
			t.Fatal(err)
		}
		to := h.class("4c")
		if err := h.MovePupil(ctx, h.head, h.school, id, to, ala); err != nil {
			t.Fatal(err)
		}
		if got := namesIn(h.roster(to)); got != "1 Alina Kot" {
			t.Error(got)
		}
		if err := h.MovePupil(ctx, h.head, h.school, id, to, ala); fault.KindOf(err) != fault.NotFound {
			t.Errorf("moved twice: %v", err)
		}
		if err := h.MovePupil(ctx, h.head, h.school, to, id, ala); err != nil {
			t.Errorf("and back: %v", err)
		}
		if err := h.CloseClass(ctx, h.head, h.school, id); fault.KindOf(err) != fault.Conflict {
			t.Errorf("closed with pupils: %v", err)
		}
		if err := h.CloseClass(ctx, h.head, h.school, to); err != nil {
			t.Error(err)
		}
		if _, err := h.AddPupils(ctx, h.head, h.school, to, []string{"Ewa Sum"}); fault.KindOf(err) != fault.NotFound {
			t.Errorf("into a closed class: %v", err)
		}
		if err := h.PupilLeaves(ctx, h.head, h.school, id, ala); err != nil {
			t.Fatal(err)
		}
		if _, err := h.access.Actor(ctx, ala); fault.KindOf(err) != fault.NotFound {
			t.Errorf("the account of who left: %v", err)
		}
		if got := namesIn(h.roster(id)); got != "1 Adam Bąk, 2 Zofia Ćma" {
			t.Error(got)
		}
	})
}

func namesIn(members []Member) string {
	var out []string
	for _, m := range members {
		out = append(out, strconv.Itoa(m.Number)+" "+m.Name)
	}
	return strings.Join(out, ", ")
}

func TestTutors(t *testing.T) {
	testkit.EachDB(t, classModules, func(t *testing.T, d *db.DB) {
		h := openClassHouse(t, d)
		ctx := t.Context()
		id := h.class("4b", "Ala Kot")
		for name, person := range map[string]access.PersonID{"nobody known": access.NewPersonID(), "teaches elsewhere": h.notIn, "the head": h.head.Person, "a pupil": h.roster(id)[0].ID} {
			if _, err := h.SetTutor(ctx, h.head, h.school, id, person); fault.KindOf(err) != fault.Invalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		candidates, err := h.access.TutorCandidates(ctx, h.school)
		if err != nil || len(candidates) != 2 || candidates[0].Name != "Jan Bóbr" || candidates[0].Tutor || !candidates[1].Tutor {
			t.Errorf("%+v, %v", candidates, err)
		}
		h.entrust(id, h.tutor.Person)
		if _, _, err := h.Roster(ctx, h.tutor, h.school, id); err != nil {
			t.Error(err)
		}
		// A secretary entrusts it to a teacher who is no tutor yet: the head decides.
		secretary := h.person("Iga Mol", access.SchoolSecretary, h.school)
		if prepared, err := h.SetTutor(ctx, secretary, h.school, id, h.teacher); err != nil || !prepared {
			t.Fatalf("prepared: %v, %v", prepared, err)
		}
		if has, err := h.access.HoldsAt(ctx, h.teacher, h.school, access.ClassTutor); err != nil || has {
			t.Errorf("a role without the head: %v, %v", has, err)
		}
		waiting, _, err := h.access.ActsFor(ctx, h.head)
		if err != nil || len(waiting) != 1 {
			t.Fatalf("%d acts, %v", len(waiting), err)
		}
		if err := h.access.Decide(ctx, h.head, waiting[0].ID, true, ""); err != nil {
			t.Fatal(err)
		}
		if _, _, err := h.Roster(ctx, h.tutor, h.school, id); fault.KindOf(err) != fault.NotFound {
			t.Errorf("the former tutor: %v", err)
		}
		now, err := h.access.Actor(ctx, h.teacher)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := h.Roster(ctx, now, h.school, id); err != nil {
			t.Errorf("the new tutor: %v", err)
		}
	})
}

func TestTutorLeaves(t *testing.T) {
	testkit.EachDB(t, classModules, func(t *testing.T, d *db.DB) {
		h := openClassHouse(t, d)
		ctx := t.Context()
		id := h.class("4b", "Ala Kot")
		h.entrust(id, h.tutor.Person)
		tutor := func() access.PersonID {
			c, err := h.Service.class(ctx, h.head, access.SeeRoster, h.school, id)
			if err != nil {
				t.Fatal(err)
			}
			return c.Tutor
		}
		left := access.Left{Person: h.tutor.Person, Institution: h.school, Role: access.ClassTutor, Successor: h.teacher}
		if err := h.TutorLeft(ctx, left); err != nil || tutor() != h.tutor.Person {
			t.Errorf("who holds the role again keeps the class: %s, %v", tutor(), err)
		}
		if err := h.access.End(ctx, h.head, h.tutor.Person, access.Held{Role: access.ClassTutor, Institution: h.school}, h.teacher); err != nil {
			t.Fatal(err)
		}
		gone, err := h.access.Actor(ctx, h.tutor.Person)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := h.Roster(ctx, gone, h.school, id); fault.KindOf(err) != fault.NotFound {
			t.Errorf("access after the role ended, before the event came: %v", err)
		}
		for range 2 { // told twice
			if err := h.TutorLeft(ctx, left); err != nil || tutor() != h.teacher {
				t.Fatalf("passed on to %q, %v", tutor(), err)
			}
		}
		if has, err := h.access.HoldsAt(ctx, h.teacher, h.school, access.ClassTutor); err != nil || !has {
			t.Errorf("the successor: %v, %v", has, err)
		}
		if err := h.access.End(ctx, h.head, h.teacher, access.Held{Role: access.ClassTutor, Institution: h.school}, ""); err != nil {
			t.Fatal(err)
		}
		if err := h.TutorLeft(ctx, access.Left{Person: h.teacher, Institution: h.school, Role: access.ClassTutor, Successor: h.head.Person}); err != nil || tutor() != "" {
			t.Errorf("passed on to somebody who does not teach: %q, %v", tutor(), err)
		}
		if n, err := h.classesWithoutTutor(ctx, h.school); err != nil || n != 1 {
			t.Errorf("%d on the head's desk, %v", n, err)
		}
	})
}

func TestRosterAtOnce(t *testing.T) {
	testkit.EachIsolation(t, classModules, func(t *testing.T, d *db.DB) {
		h := openClassHouse(t, d)
		ctx := context.Background()
		from := h.class("4a", "Ala Kot")
		to := []ClassID{h.class("4b"), h.class("4c")}
		ala := h.roster(from)[0].ID
		var wg sync.WaitGroup
		moved := make([]error, 2)
		for n := range to {
			wg.Go(func() { moved[n] = h.MovePupil(ctx, h.head, h.school, from, to[n], ala) })
		}
		added := make([]error, 4)
		for n, name := range []string{"Jan Lis", "Ewa Sum", "Iga Mol", "Adam Bąk"} {
			wg.Go(func() { _, added[n] = h.AddPupils(ctx, h.head, h.school, from, []string{name}) })
		}
		wg.Wait()
		if (moved[0] == nil) == (moved[1] == nil) {
			t.Errorf("moved to two classes: %v, %v", moved[0], moved[1])
		}
		seen := map[int]bool{}
		for _, m := range h.roster(from) {
			if seen[m.Number] {
				t.Errorf("the number %d twice", m.Number)
			}
			seen[m.Number] = true
		}
		for _, err := range added {
			if err != nil {
				t.Error(err)
			}
		}
		if len(h.roster(to[0]))+len(h.roster(to[1])) != 1 || len(seen) != 4 {
			t.Errorf("%d in the first, %d numbers", len(h.roster(to[0])), len(seen))
		}
	})
}

func TestLookingAtARosterIsLogged(t *testing.T) {
	h := openClassHouse(t, testkit.SQLite(t, classModules))
	id := h.class("4b")
	for range 3 {
		h.roster(id)
	}
	if _, _, err := h.Roster(t.Context(), h.person("A B", access.SchoolSpecialist, h.other), h.school, id); err == nil {
		t.Error("a specialist of another school looks")
	}
	var n int
	if err := h.db.Get(t.Context(), &n, `select count(*) from audit_waiting where action = 'directory.class.read' and reading and actor = ?`, h.head.Person); err != nil || n != 1 {
		t.Errorf("%d rows of a head who looked often, %v", n, err)
	}
	if err := h.db.Get(t.Context(), &n, `select count(*) from audit_waiting where action = 'directory.class.read' and actor <> ?`, h.head.Person); err != nil || n != 0 {
		t.Errorf("%d rows of who saw nothing, %v", n, err)
	}
}

func TestClassPages(t *testing.T) {
	for _, lang := range i18n.Langs {
		h := openClassHouse(t, testkit.SQLite(t, classModules))
		h.lang, h.who = lang, h.head
		list := classesPath(h.school)
		if doc := h.page(list); doc.Find("table").Length() != 0 || doc.Find(`form input[name="nazwa"]`).Length() != 1 {
			t.Error(lang, "the empty list")
		}
		if w, doc := h.postForm(list, "nazwa", "!", "rok", "2026"); w.Code != http.StatusUnprocessableEntity || doc.Find(".errsum a").Length() != 1 {
			t.Error(lang, "a bad name", w.Code)
		}
		w, _ := h.postForm(list, "nazwa", "4b", "rok", "2026")
		path := w.Header().Get("Location")
		if w.Code != http.StatusSeeOther || !strings.HasPrefix(path, list+"/") {
			t.Fatal(lang, w.Code, path)
		}
		if w, doc := h.postForm(path+"/uczniowie", namesField, "Ala Kot 123"); w.Code != http.StatusUnprocessableEntity || doc.Find("#osoby-error").Length() != 1 {
			t.Error(lang, "figures", w.Code)
		}
		if w, _ := h.postForm(path+"/uczniowie", namesField, "1. Ala Kot\n2. Jan Lis"); w.Code != http.StatusSeeOther {
			t.Error(lang, "add", w.Code)
		}
		doc := h.page(path)
		if doc.Find("tbody tr").Length() != 2 || doc.Find(`[data-promise="who-sees"]`).Length() != 1 || doc.Find(`[data-promise="next"] a`).AttrOr("href", "") != path+"/karty" {
			t.Error(lang, "the roster")
		}
		if w, _ := h.postForm(path+"/wychowawstwo", "wychowawca", string(h.tutor.Person)); w.Code != http.StatusSeeOther {
			t.Error(lang, "tutor", w.Code)
		}
		pupil, _ := doc.Find("tbody th a").First().Attr("href")
		doc = h.page(pupil)
		if doc.Find(".danger").Length() != 1 || doc.Find(`input[name="nazwisko"]`).AttrOr("value", "") != "Ala Kot" {
			t.Error(lang, "the page of a pupil")
		}
		if w, doc := h.postForm(pupil, "nazwisko", "1", "numer", "x"); w.Code != http.StatusUnprocessableEntity || doc.Find(".errsum a").Length() != 2 {
			t.Error(lang, "change", w.Code)
		}
		if w, _ := h.postForm(pupil + "/odejscie"); w.Code != http.StatusUnprocessableEntity {
			t.Error(lang, "left without a word", w.Code)
		}
		h.page(path + "/karty")
		h.who = h.tutor
		doc = h.page(path)
		if doc.Find(`main form`).Length() != 0 || doc.Find(`[data-promise="next"]`).Length() != 1 || doc.Find("tbody a").Length() != 0 {
			t.Error(lang, "what a tutor may do")
		}
		if items, err := h.classesDesk(&web.Request{Request: h.request(), L: h.shell.Catalog.In(lang)}); err != nil || len(items) != 1 || items[0].Href != path {
			t.Error(lang, items, err)
		}
		h.who = holding(access.SchoolSpecialist, h.school)
		if doc := h.page(path); doc.Find("main form").Length() != 0 || doc.Find(`[data-promise="next"]`).Length() != 0 {
			t.Error(lang, "what a specialist may do")
		}
		if doc := h.page(href(h.school)); doc.Find(`main a[href="`+list+`"]`).Length() == 0 {
			t.Error(lang, "no way from the page of the school")
		}
	}
}

func (h *classHouse) request() *http.Request {
	r, err := http.NewRequestWithContext(access.WithActor(h.t.Context(), h.who), http.MethodGet, "/", nil)
	if err != nil {
		h.t.Fatal(err)
	}
	return r
}

// TestForeignClassesAreNotThere tries every door with the ids of another school.
func TestForeignClassesAreNotThere(t *testing.T) {
	h := openClassHouse(t, testkit.SQLite(t, classModules))
	id := h.class("4b", "Ala Kot")
	pupil := string(h.roster(id)[0].ID)
	own, err := h.CreateClass(t.Context(), h.person("A B", access.SchoolHead, h.other), h.other, "1a", 2026)
	if err != nil {
		t.Fatal(err)
	}
	for name, who := range map[string]access.Actor{"head of another school": holding(access.SchoolHead, h.other), "tutor of another class": holding(access.ClassTutor, h.school)} {
		h.who = who
		h.who.Fresh = true
		for _, base := range []string{classPath(h.school, id), classPath(h.other, id), classPath(h.school, own), classPath(h.other, own)} {
			mine := base == classPath(h.other, own)
			for _, path := range []string{"", "/karty", "/uczniowie/" + pupil} {
				w := h.get(base + path)
				if w.Code != http.StatusNotFound && w.Code != http.StatusForbidden && !mine || strings.Contains(w.Body.String(), "Ala Kot") {
					t.Errorf("%s at %s: %d", name, base+path, w.Code)
				}
			}
			for path, form := range map[string][]string{"/uczniowie": {namesField, "Ewa Sum"}, "/karty": {"kto", "wybrane", "osoba", pupil}, "/numery": nil,
				"/wychowawstwo": {"wychowawca", string(who.Person)}, "/uczniowie/" + pupil: {"nazwisko", "Ewa Sum", "numer", "1"},
				"/uczniowie/" + pupil + "/odejscie": {"potwierdzam", "tak"}, "/uczniowie/" + pupil + "/przenies": {"klasa", string(own)}, "/zamknij": nil} {
				if mine && (path == "/uczniowie" || path == "/numery" || path == "/zamknij" || path == "/wychowawstwo") {
					continue
				}
				if w, _ := h.postForm(base+path, form...); w.Code != http.StatusNotFound && w.Code != http.StatusForbidden {
					t.Errorf("%s posts to %s: %d", name, base+path, w.Code)
				}
			}
		}
	}
	if got := namesIn(h.roster(id)); got != "1 Ala Kot" {
		t.Error(got)
	}
}

func TestCardsOfAClass(t *testing.T) {
	testkit.EachDB(t, classModules, func(t *testing.T, d *db.DB) {
		h := openClassHouse(t, d)
		id := h.class("4 B", "Ala Kot", "Jan Lis")
		h.entrust(id, h.tutor.Person)
		h.who = h.tutor
		path := classPath(h.school, id) + "/karty"
		stale := h.tutor
		stale.Fresh = false
		h.who = stale
		if w, _ := h.postForm(path, "kto", "bez"); w.Code != http.StatusForbidden {
			t.Errorf("without a fresh password: %d", w.Code)
		}
		h.who = h.tutor
		w := h.printed(path, "kto", "bez")
		if w.code != http.StatusOK || !bytes.HasPrefix(w.body, []byte("%PDF-")) {
			t.Fatalf("%d %.200s", w.code, w.body)
		}
		if got := w.header.Get("Content-Disposition"); got != "attachment; filename=karty-4-b.pdf" || w.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s, %s", got, w.header.Get("Cache-Control"))
		}
		if w := h.printed(path, "kto", "bez"); w.code != http.StatusConflict {
			t.Errorf("pressed twice: %d", w.code)
		}
		if w := h.printed(path, "kto", "wybrane"); w.code != http.StatusUnprocessableEntity {
			t.Errorf("nobody ticked: %d", w.code)
		}
		members := h.roster(id)
		if w := h.printed(path, "kto", "wybrane", "osoba", string(members[0].ID)); w.code != http.StatusOK {
			t.Errorf("a lost card: %d", w.code)
		}
		for n, m := range h.roster(id) {
			if changed := m.Card.Number != members[n].Card.Number; m.Card.Number == "" || changed != (n == 0) || m.Card.Again != (n == 0) {
				t.Errorf("%s: %+v, before %+v", m.Name, m.Card, members[n].Card)
			}
		}
	})
}

type paper struct {
	code   int
	header http.Header
	body   []byte
}

// printed sends the form and keeps the bytes of the answer.
func (h *classHouse) printed(path string, pairs ...string) paper {
	h.t.Helper()
	form := url.Values{}
	for n := 0; n+1 < len(pairs); n += 2 {
		form.Set(pairs[n], pairs[n+1])
	}
	r := httptest.NewRequestWithContext(access.WithActor(h.t.Context(), h.who), http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.shell.ServeHTTP(w, r)
	return paper{w.Code, w.Header(), w.Body.Bytes()}
}

func TestSheetOfAClass(t *testing.T) {
	h := openClassHouse(t, testkit.SQLite(t, classModules))
	h.who = h.head
	path := classPath(h.school, h.class("4b"))
	upload := func(text string) (int, string) {
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		part, err := form.CreateFormFile("plik", "klasa.csv")
		if err == nil {
			_, err = io.WriteString(part, text)
		}
		if err == nil {
			err = form.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		w, doc := h.post(path+"/lista", form.FormDataContentType(), &body)
		return w.Code, strings.TrimSpace(doc.Find("textarea").Text())
	}
	if code, names := upload("Lp.;Nazwisko;Imię;PESEL\n1;Kot;Ala;15210112345\n2;Lis;Jan;15210154321\n"); code != http.StatusOK || names != "Ala Kot\nJan Lis" {
		t.Errorf("%d %q", code, names)
	}
	if len(h.everybody()) != 0 {
		t.Error("somebody was added before anybody looked")
	}
	for name, text := range map[string]string{"no names": "a;b\n1;2\n", "empty": "", "html": "<html>", "zip": "PK\x03\x04aaaa", "large": strings.Repeat("a;b\n", 1<<20)} {
		if code, names := upload(text); code < 400 || code >= 500 || names != "" {
			t.Errorf("%s: %d %q", name, code, names)
		}
	}
}

func (h *classHouse) everybody() (ids []string) {
	h.t.Helper()
	if err := h.db.Select(h.t.Context(), &ids, `select person from directory_class_members`); err != nil {
		h.t.Fatal(err)
	}
	return ids
}

func TestDemoClasses(t *testing.T) {
	testkit.EachDB(t, classModules, func(t *testing.T, d *db.DB) {
		h := openClassHouse(t, d)
		c := DemoClass{ClassGroup: ClassGroup{ID: ClassID(testID(50)), Institution: h.school, SchoolYear: 2026, Name: "5a", Tutor: h.tutor.Person},
			Members: []DemoMember{{access.PersonID(testID(51)), "Ala Kot"}, {access.PersonID(testID(52)), "Jan Lis"}}}
		if err := d.Write(t.Context(), func(tx *db.Tx) error { return h.AddDemoClasses(t.Context(), tx, []DemoClass{c}) }); err != nil {
			t.Fatal(err)
		}
		if got := namesIn(h.roster(c.ID)); got != "1 Ala Kot, 2 Jan Lis" {
			t.Error(got)
		}
		if _, _, err := h.PrintClass(t.Context(), h.tutor, h.school, c.ID, nil); err != nil {
			t.Error(err)
		}
	})
}
