package access

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/jobs"
	"kladka/internal/schema"
	"kladka/internal/testkit"
)

var tables = []schema.Module{{Name: "db", Files: db.Migrations}, {Name: "jobs", Files: jobs.Migrations}, {Name: "audit", Files: audit.Migrations},
	{Name: "access", Files: Migrations}}

// clock is a time that a test moves.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func service(t *testing.T, d *db.DB) (*Service, *clock) {
	t.Helper()
	empty := fstest.MapFS{}
	for _, lang := range i18n.Langs {
		empty["messages/"+string(lang)+".json"] = &fstest.MapFile{Data: []byte("{}")}
	}
	catalog, err := i18n.Load(fs.FS(empty))
	if err != nil {
		t.Fatal(err)
	}
	c := &clock{time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
	return New(Config{DB: d, Catalog: catalog, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Now: c.now}), c
}

// reachOf is a directory in which the first institution runs the second.
type reachOf struct{ a, b InstitutionID }

func (r reachOf) Over(_ context.Context, a, b InstitutionID) (bool, error) {
	return a == b || a == r.a && b == r.b, nil
}

func (r reachOf) Leads(_ context.Context, a, b InstitutionID) (bool, error) { return a == b, nil }

func (r reachOf) Names(context.Context, []InstitutionID) (map[InstitutionID]string, error) {
	return nil, nil
}

func TestMayAt(t *testing.T) {
	ctx := context.Background()
	office, school, other := NewInstitutionID(), NewInstitutionID(), NewInstitutionID()
	at := func(role Role, inst InstitutionID) Actor {
		return Actor{Person: "p", Roles: []Held{{role, inst}}, reach: reachOf{office, school}}
	}
	for _, tt := range []struct {
		name string
		who  Actor
		perm Permission
		at   InstitutionID
		want fault.Kind
		ok   bool
	}{
		{"stranger", Stranger(), SeeDesk, school, fault.SignedOut, false},
		{"head at home", at(SchoolHead, school), SeeDesk, school, 0, true},
		{"head elsewhere", at(SchoolHead, school), SeeDesk, other, fault.Forbidden, false},
		{"head of a school over its office", at(SchoolHead, school), SeeDesk, office, fault.Forbidden, false},
		{"officer at a school the office runs", at(AuthorityOfficer, office), CorrectGroups, school, 0, true},
		{"head of the office at a school that it runs", at(SchoolHead, office), SeeRoster, school, fault.Forbidden, false},
		{"officer at a foreign school", at(AuthorityOfficer, office), CorrectGroups, other, fault.Forbidden, false},
		{"role without the permission", at(Teacher, school), CorrectGroups, school, fault.Forbidden, false},
		{"role of the whole installation", at(AssociationOfficer, ""), CorrectGroups, other, 0, true},
		{"unknown role", at("king", school), SeeDesk, school, fault.Forbidden, false},
		{"the program", System(), ManagePeople, other, 0, true},
	} {
		err := tt.who.MayAt(ctx, tt.perm, tt.at)
		if tt.ok != (err == nil) || !tt.ok && fault.KindOf(err) != tt.want {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func TestAddPersonRefuses(t *testing.T) {
	testkit.EachDB(t, tables, func(t *testing.T, d *db.DB) {
		s, _ := service(t, d)
		ctx := context.Background()
		teacher := Actor{Person: "p", Roles: []Held{{Teacher, NewInstitutionID()}}}
		ok := NewPerson{Name: "Anna Nowak", Email: "anna@example.org"}
		for _, tt := range []struct {
			name string
			who  Actor
			n    NewPerson
			want fault.Kind
		}{
			{"stranger", Stranger(), ok, fault.SignedOut},
			{"without the right", teacher, ok, fault.Forbidden},
			{"no name", System(), NewPerson{Email: "a@example.org"}, fault.Invalid},
			{"no address", System(), NewPerson{Name: "Anna Nowak", Email: "Anna <anna@example.org>"}, fault.Invalid},
			{"short password", System(), NewPerson{Name: "Anna Nowak", Email: "anna@example.org", Password: "krótkie"}, fault.Invalid},
			{"unknown role", System(), NewPerson{Name: "Anna Nowak", Email: "anna@example.org", Roles: []Held{{"king", ""}}}, fault.Invalid},
			{"role without an institution", System(), NewPerson{Name: "Anna Nowak", Email: "anna@example.org", Roles: []Held{{SchoolHead, ""}}}, fault.Invalid},
		} {
			if _, err := s.AddPerson(ctx, tt.who, tt.n); fault.KindOf(err) != tt.want || err == nil {
				t.Errorf("%s: %v", tt.name, err)
			}
		}
		if _, err := s.AddPerson(ctx, System(), ok); err != nil {
			t.Fatalf("nothing of the refused may stay: %v", err)
		}
		ok.Email = "ANNA@example.org"
		if _, err := s.AddPerson(ctx, System(), ok); fault.KindOf(err) != fault.Conflict {
			t.Errorf("same address in capitals: %v", err)
		}
	})
}

func TestPasswordAndRoles(t *testing.T) {
	testkit.EachDB(t, tables, func(t *testing.T, d *db.DB) {
		s, c := service(t, d)
		ctx := context.Background()
		school := NewInstitutionID()
		id, err := s.AddPerson(ctx, System(), NewPerson{Name: "Ewa Łoś", Email: "Ewa.Los@example.org", Password: "zielony most nad Wisłą", Roles: []Held{{SchoolHead, school}, {Teacher, school}}})
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.CheckPassword(ctx, Caller{Network: "192.0.2.1"}, "ewa.los@EXAMPLE.org ", "zielony most nad Wisłą")
		if err != nil || got != id {
			t.Fatalf("right password: %q, %v", got, err)
		}
		a, err := s.Actor(ctx, id)
		if err != nil || len(a.Roles) != 2 || a.Name != "Ewa Łoś" {
			t.Fatalf("actor: %+v, %v", a, err)
		}
		end := c.at.Add(time.Hour).Unix()
		err = d.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, `update access_roles set until = ? where role = ?`, end, SchoolHead)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		c.at = c.at.Add(2 * time.Hour)
		if a, err = s.Actor(ctx, id); err != nil || len(a.Roles) != 1 || a.Roles[0].Role != Teacher {
			t.Errorf("a role that ended: %+v, %v", a.Roles, err)
		}
		if _, err := s.Actor(ctx, NewPersonID()); !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("nobody: %v", err)
		}
	})
}

func TestSameAnswer(t *testing.T) {
	s, _ := service(t, testkit.SQLite(t, tables))
	ctx := context.Background()
	if _, err := s.AddPerson(ctx, System(), NewPerson{Name: "Ewa Łoś", Email: "ewa@example.org", Password: "zielony most nad Wisłą"}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.AddPerson(ctx, System(), NewPerson{Name: "Bez Hasła", Email: "bez@example.org"}); err != nil {
		t.Fatal(err)
	}
	var answers []string
	for _, email := range []string{"ewa@example.org", "nikt@example.org", "bez@example.org", "zły adres"} {
		_, err := s.CheckPassword(ctx, Caller{Network: "192.0.2.1"}, email, "nie to hasło wcale")
		answers = append(answers, err.Error())
	}
	for _, a := range answers {
		if a != answers[0] {
			t.Errorf("answers differ: %q", answers)
		}
	}
	if _, err := s.CheckPassword(ctx, Caller{Network: "192.0.2.1"}, "bez@example.org", ""); err == nil {
		t.Error("an empty password opens an account without one")
	}
}

func TestGuessing(t *testing.T) {
	testkit.EachDB(t, tables, func(t *testing.T, d *db.DB) {
		s, c := service(t, d)
		ctx := context.Background()
		if _, err := s.AddPerson(ctx, System(), NewPerson{Name: "Ewa Łoś", Email: "ewa@example.org", Password: "zielony most nad Wisłą"}); err != nil {
			t.Fatal(err)
		}
		for i := range guessesPerAccount {
			if _, err := s.CheckPassword(ctx, Caller{Network: "192.0.2.1"}, "ewa@example.org", "nie to hasło wcale"); fault.KindOf(err) != fault.Invalid {
				t.Fatalf("guess %d: %v", i, err)
			}
		}
		// A second process counts in the same table.
		other, _ := service(t, d)
		other.keys = s.keys // from the same file
		if _, err := other.CheckPassword(ctx, Caller{Network: "192.0.2.1"}, "ewa@example.org", "zielony most nad Wisłą"); fault.KindOf(err) != fault.TooMany {
			t.Errorf("after too many guesses: %v", err)
		}
		if _, err := s.CheckPassword(ctx, Caller{Network: "192.0.2.2"}, "ewa@example.org", "zielony most nad Wisłą"); err != nil {
			t.Errorf("from elsewhere, a prankster cannot lock her out: %v", err)
		}
		c.at = c.at.Add(16 * time.Minute)
		if _, err := s.CheckPassword(ctx, Caller{Network: "192.0.2.1"}, "ewa@example.org", "zielony most nad Wisłą"); err != nil {
			t.Errorf("a quarter later: %v", err)
		}
		c.at = c.at.Add(2 * time.Hour)
		if err := s.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		var n int
		if err := d.Get(ctx, &n, `select count(*) from access_guesses`); err != nil || n != 0 {
			t.Errorf("%d guesses kept, %v", n, err)
		}
	})
}

func TestSetupLink(t *testing.T) {
	testkit.EachDB(t, tables, func(t *testing.T, d *db.DB) {
		s, c := service(t, d)
		ctx := context.Background()
		first, err := s.SetupToken(ctx)
		if err != nil || first == "" {
			t.Fatal(first, err)
		}
		second, err := s.SetupToken(ctx)
		if err != nil || second == first {
			t.Fatal("each start makes a new link", err)
		}
		n := NewPerson{Name: "Adam Most", Email: "adam@example.org", Password: "zielony most nad Wisłą"}
		for name, token := range map[string]string{"old": first, "forged": "AAAA", "empty": ""} {
			if _, err := s.Setup(ctx, token, n); !errors.Is(err, fault.ErrNotFound) {
				t.Errorf("%s link: %v", name, err)
			}
		}
		weak := n
		weak.Password = ""
		if _, err := s.Setup(ctx, second, weak); fault.KindOf(err) != fault.Invalid {
			t.Errorf("without a password: %v", err)
		}
		id, err := s.Setup(ctx, second, n)
		if err != nil {
			t.Fatal(err)
		}
		if a, err := s.Actor(ctx, id); err != nil || !a.May(ManagePeople) {
			t.Errorf("not an administrator: %+v, %v", a, err)
		}
		n.Email = "ewa@example.org"
		if _, err := s.Setup(ctx, second, n); !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("used twice: %v", err)
		}
		if again, err := s.SetupToken(ctx); err != nil || again != "" {
			t.Errorf("a link although there is an administrator: %q, %v", again, err)
		}
		var kept string
		if err := d.Get(ctx, &kept, `select token from access_links where used_at is not null`); err != nil || strings.Contains(kept, second) {
			t.Errorf("the secret itself is stored: %v", err)
		}
		_ = c
	})
}

func TestSetupLinkRunsOut(t *testing.T) {
	s, c := service(t, testkit.SQLite(t, tables))
	token, err := s.SetupToken(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	c.at = c.at.Add(setupLife + time.Second)
	if err := s.SetupOpen(context.Background(), token); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("after a day: %v", err)
	}
}

func TestSessionStore(t *testing.T) {
	testkit.EachDB(t, tables, func(t *testing.T, d *db.DB) {
		_, c := service(t, d)
		st := &sessionStore{d, c.now}
		ctx := context.Background()
		want := session{ID: "s", Person: "p", Method: ByCard, Level: 1, Hat: "h", Begun: c.at.Unix(), Shared: true, Device: "Firefox, Linux", Asked: map[string]string{"link": "x"}}
		for range 2 { // a second commit overwrites
			text, err := codec{}.Encode(c.at.Add(time.Hour), map[string]any{inSession: want})
			if err != nil {
				t.Fatal(err)
			}
			if err := st.CommitCtx(ctx, "t", text, c.at.Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
		}
		b, ok, err := st.FindCtx(ctx, "t")
		if err != nil || !ok {
			t.Fatalf("found %v %v", ok, err)
		}
		_, values, err := codec{}.Decode(b)
		want.seen = c.at.Unix()
		if got := values[inSession]; err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v (%v)", got, want, err)
		}
		// A request that read the session before it was ended does not revive it.
		text, err := codec{}.Encode(c.at.Add(time.Hour), values)
		if err != nil {
			t.Fatal(err)
		}
		if err := st.CommitCtx(ctx, "ended", text, c.at.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if _, ok, _ := st.FindCtx(ctx, "ended"); ok {
			t.Error("an ended session came back")
		}
		c.at = c.at.Add(time.Hour)
		if _, ok, err := st.FindCtx(ctx, "t"); ok || err != nil {
			t.Errorf("out of date: %v %v", ok, err)
		}
		c.at = c.at.Add(-time.Minute)
		if err := st.DeleteCtx(ctx, "t"); err != nil {
			t.Fatal(err)
		}
		if _, ok, _ := st.FindCtx(ctx, "t"); ok {
			t.Error("deleted, but found")
		}
	})
}

func TestHashesThatCannotBeRead(t *testing.T) {
	s, _ := service(t, testkit.SQLite(t, tables))
	for _, hash := range []string{"", "x", "argon2id$v=19$m=19456,t=2,p=1$AAAA$", "argon2id$v=19$mm$AA$AA", nobody[:40]} {
		ok, err := s.passwordMatches(context.Background(), hash, "")
		if ok || err != nil {
			t.Errorf("%q matches (%v)", hash, err)
		}
	}
}

// TestGuessesAtOnce: guesses that are sent together are no more than one by one.
func TestGuessesAtOnce(t *testing.T) {
	testkit.EachDB(t, tables, func(t *testing.T, d *db.DB) {
		s, _ := service(t, d)
		ctx := context.Background()
		if _, err := s.AddPerson(ctx, System(), NewPerson{Name: "Ewa Łoś", Email: "ewa@example.org", Password: "zielony most nad Wisłą"}); err != nil {
			t.Fatal(err)
		}
		const sent = 3 * guessesPerAccount
		kinds := make(chan fault.Kind, sent)
		for range sent {
			go func() {
				_, err := s.CheckPassword(ctx, Caller{Network: "192.0.2.1"}, "ewa@example.org", "nie to hasło wcale")
				kinds <- fault.KindOf(err)
			}()
		}
		tried := 0
		for range sent {
			if k := <-kinds; k == fault.Invalid {
				tried++
			}
		}
		if tried != guessesPerAccount {
			t.Errorf("%d guesses were tried, want %d", tried, guessesPerAccount)
		}
	})
}

// TestRightPasswordsAreNoGuesses: signing in all day locks nobody out.
func TestRightPasswordsAreNoGuesses(t *testing.T) {
	s, _ := service(t, testkit.SQLite(t, tables))
	ctx := context.Background()
	if _, err := s.AddPerson(ctx, System(), NewPerson{Name: "Ewa Łoś", Email: "ewa@example.org", Password: "zielony most nad Wisłą"}); err != nil {
		t.Fatal(err)
	}
	for n := range 2 * guessesPerAccount {
		if _, err := s.CheckPassword(ctx, Caller{Network: "192.0.2.1"}, "ewa@example.org", "zielony most nad Wisłą"); err != nil {
			t.Fatalf("sign-in %d: %v", n, err)
		}
	}
}
