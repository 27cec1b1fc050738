package directory

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory/register"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/importing"
	"kladka/internal/platform/jobs"
	"kladka/internal/schema"
	"kladka/internal/testkit"
)

// writeModules are the tables that the write side of this package needs.
var writeModules = []schema.Module{
	{Name: "db", Files: db.Migrations}, {Name: "jobs", Files: jobs.Migrations}, {Name: "audit", Files: audit.Migrations},
	{Name: "importing", Files: importing.Migrations}, {Name: "directory", Files: Migrations},
}

var testNow = time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)

func writeService(t testing.TB, d *db.DB) *Service {
	t.Helper()
	now, quiet := func() time.Time { return testNow }, slog.New(slog.DiscardHandler)
	s := New(Config{DB: d, Now: now, Log: quiet, Imports: importing.New(importing.Config{DB: d, Now: now, Log: quiet}),
		Refers: func(context.Context, db.Reader, []string) (map[string]bool, error) { return nil, nil }})
	if err := s.Seed(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func holding(role access.Role, at access.InstitutionID) access.Actor {
	return access.Actor{Person: access.NewPersonID(), Name: "Osoba", Roles: []access.Held{{Role: role, Institution: at}}}
}

var officer = holding(access.AssociationOfficer, "")

// sample is an invented file in the layout of the register's export.
type sampleRow struct {
	rspo           int
	kind, name     string
	code, town     string
	parent, closed string
	runner, status string
}

func (r sampleRow) line() string {
	return strings.Join([]string{fmt.Sprint(r.rspo), r.kind, r.name, "Zmyślona", "1", "", "30-001", "Wymyślonka", r.code,
		"120000000", "", "", "MAŁOPOLSKIE", "krakowski", r.town + " - gmina wiejska", r.runner, r.status, r.closed, r.parent}, ";")
}

const sampleHead = "Numer RSPO;Typ;Nazwa;Ulica;Numer budynku;Numer lokalu;Kod pocztowy;Miejscowość;Kod terytorialny gmina;" +
	"Telefon;E-mail;Strona www;Województwo;Powiat;Gmina;Nazwa organu prowadzącego;Typ organu prowadzącego;Data likwidacji;RSPO podmiotu nadrzędnego\n"

func sampleFile(rows ...sampleRow) string {
	lines := []string{strings.TrimSuffix(sampleHead, "\n")}
	for _, r := range rows {
		lines = append(lines, r.line())
	}
	return strings.Join(lines, "\n") + "\n"
}

func sampleRows() []sampleRow {
	row := func(n int, kind, name, parent string) sampleRow {
		return sampleRow{rspo: n, kind: kind, name: name, code: "1206072", town: "Liszki", parent: parent,
			runner: "GMINA LISZKI", status: "Gmina"}
	}
	return []sampleRow{
		row(990001, "Zespół szkół i placówek oświatowych", "ZESPÓŁ SZKOLNO-PRZEDSZKOLNY W WYMYŚLONCE", ""),
		row(990002, "Szkoła podstawowa", "SZKOŁA PODSTAWOWA W WYMYŚLONCE", "990001"),
		row(990003, "Przedszkole", "PRZEDSZKOLE W WYMYŚLONCE", "990001"),
		row(990004, "Szkoła podstawowa", "SZKOŁA PODSTAWOWA NR 4 W WYMYŚLONCE", ""),
	}
}

func previewed(t testing.TB, s *Service, text string) Import {
	t.Helper()
	i, err := s.Preview(t.Context(), officer, "rejestr.csv", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func applied(t testing.TB, s *Service, text string) Import {
	t.Helper()
	i, err := s.Apply(t.Context(), officer, previewed(t, s, text).ID, false)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func byNumber(t testing.TB, s *Service, rspo int) Institution {
	t.Helper()
	i, err := ByRSPO(t.Context(), s.db, rspo)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func wantKind(t testing.TB, err error, kind fault.Kind, key string) {
	t.Helper()
	e := fault.As(err)
	if e == nil || e.Kind != kind {
		t.Fatalf("got %v, want a fault of kind %d", err, kind)
	}
	if key != "" && e.Key != key && (len(e.Fields) == 0 || e.Fields[0].Key != key) {
		t.Fatalf("got the fault %v, want %s", e, key)
	}
}

func TestImportRefuses(t *testing.T) {
	testkit.EachDB(t, writeModules, func(t *testing.T, d *db.DB) {
		s, ctx := writeService(t, d), t.Context()
		file := sampleFile(sampleRows()...)
		shown := previewed(t, s, file)
		for name, who := range map[string]access.Actor{"stranger": access.Stranger(), "head": holding(access.SchoolHead, "x"),
			"officer of an authority": holding(access.AuthorityOfficer, "x")} {
			kind := fault.Forbidden
			if name == "stranger" {
				kind = fault.SignedOut
			}
			_, err := s.Preview(ctx, who, "x.csv", strings.NewReader(file))
			wantKind(t, err, kind, "")
			decides := kind
			if who.SignedIn() && !who.May(access.SeeImports) {
				decides = fault.NotFound // who may not see imports does not learn which there are
			}
			_, err = s.Apply(ctx, who, shown.ID, true)
			wantKind(t, err, decides, "")
			_, err = s.Undo(ctx, who, shown.ID)
			wantKind(t, err, decides, "")
			wantKind(t, s.Discard(ctx, who, shown.ID), decides, "")
			_, err = s.ImportBoundaries(ctx, who, strings.NewReader("{}"), true)
			wantKind(t, err, kind, "")
		}
		_, err := s.ImportByID(ctx, holding(access.Teacher, "x"), shown.ID)
		wantKind(t, err, fault.NotFound, "")
		_, err = s.Apply(ctx, officer, "no-such-import", true)
		wantKind(t, err, fault.NotFound, "")
		wantKind(t, s.Discard(ctx, officer, "no-such-import"), fault.NotFound, "")
		for text, key := range map[string]string{
			"":                                     "register.refused.empty",
			"a;b;c\n1;2;3\n":                       "register.refused.unknown_columns",
			sampleHead:                             "register.refused.header_only",
			"PK\x03\x04 and the like":              "register.refused.zip",
			strings.TrimSpace(file)[:len(file)-40]: "register.refused.truncated",
		} {
			_, err := s.Preview(ctx, officer, "x.csv", strings.NewReader(text))
			wantKind(t, err, fault.Invalid, key)
			if e := fault.As(err); len(e.Fields) != 1 || e.Fields[0].Name != fileField {
				t.Errorf("the fault %v does not name the field", e)
			}
		}
		if err := s.Discard(ctx, officer, shown.ID); err != nil {
			t.Fatal(err)
		}
		_, err = s.Apply(ctx, officer, shown.ID, true)
		wantKind(t, err, fault.Conflict, "importing.fault.settled")
		wantKind(t, s.Discard(ctx, officer, shown.ID), fault.Conflict, "importing.fault.settled")
	})
}

func TestImportLife(t *testing.T) {
	testkit.EachDB(t, writeModules, func(t *testing.T, d *db.DB) {
		s, ctx := writeService(t, d), t.Context()
		rows := sampleRows()
		first := applied(t, s, sampleFile(rows...))
		if want := (Report{Read: 4, New: 4}); ReportOf(first) != want {
			t.Fatalf("got %+v, want %+v", ReportOf(first), want)
		}
		complexUnit, school := byNumber(t, s, 990001), byNumber(t, s, 990002)
		if school.HeadUnit != complexUnit.ID || *school.RegisterParent != complexUnit.ID || !complexUnit.Leads() {
			t.Errorf("the school is not led by the complex: %+v", school)
		}
		if school.Municipality != "120607" || school.RunningMunicipality != "120607" || school.Kind != Kind(register.Primary) ||
			school.Name != "Szkoła Podstawowa w Wymyślonce" || school.Revision != 1 {
			t.Errorf("got %+v", school)
		}

		again := previewed(t, s, sampleFile(rows...))
		if again.Changes() != 0 {
			t.Errorf("the same file again: %+v", ReportOf(again))
		}

		rows[1].name = "SZKOŁA PODSTAWOWA IM. JANA ZMYŚLONEGO W WYMYŚLONCE"
		renamed := applied(t, s, sampleFile(rows...))
		if want := (Report{Read: 4, Changed: 1}); ReportOf(renamed) != want {
			t.Errorf("got %+v, want %+v", ReportOf(renamed), want)
		}
		after := byNumber(t, s, 990002)
		if after.ID != school.ID || after.Name != "Szkoła Podstawowa im. Jana Zmyślonego w Wymyślonce" || after.Revision != 2 ||
			after.SortKey == school.SortKey {
			t.Errorf("got %+v", after)
		}
		if n := countWords(t, d, after.ID, "zmyslonego"); n != 1 {
			t.Errorf("the new word is there %d times", n)
		}

		closed := applied(t, s, sampleFile(rows[:3]...))
		gone := byNumber(t, s, 990004)
		if closed.Closed != 1 || !gone.Closed || gone.ClosedWhy != ClosedVanished || gone.ClosedOn != "2026-11-22" {
			t.Errorf("got %+v, %+v", ReportOf(closed), gone)
		}
		back := applied(t, s, sampleFile(rows...))
		if gone = byNumber(t, s, 990004); back.Reopened != 1 || gone.Closed || gone.ClosedOn != "" || gone.ClosedWhy != "" {
			t.Errorf("got %+v, %+v", ReportOf(back), gone)
		}
		rows[3].closed = "2026-08-31"
		applied(t, s, sampleFile(rows...))
		if gone = byNumber(t, s, 990004); !gone.Closed || gone.ClosedWhy != ClosedByRegister || gone.ClosedOn != "2026-08-31" {
			t.Errorf("got %+v", gone)
		}

		var seen []string
		err := s.EachChange(ctx, officer, closed.ID, func(l importing.Line) error {
			seen = append(seen, fmt.Sprint(l.Action, " ", l.Key, " ", l.Object == string(gone.ID)))
			return nil
		})
		if err != nil || len(seen) != 1 || seen[0] != "closed 990004 true" {
			t.Errorf("got %q, %v", seen, err)
		}
	})
}

func countWords(t testing.TB, d *db.DB, id access.InstitutionID, word string) (n int) {
	t.Helper()
	err := d.Get(context.Background(), &n, `select count(*) from directory_words where institution = ? and word = ?`, id, wordKey(word))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestHandAndDemoRowsAreNotClosed(t *testing.T) {
	testkit.EachDB(t, writeModules, func(t *testing.T, d *db.DB) {
		s, ctx := writeService(t, d), t.Context()
		number := 990003 // an invented row that carries a number of the file
		err := d.Write(ctx, func(tx *db.Tx) error {
			return s.Save(ctx, tx, []Institution{
				{ID: access.NewInstitutionID(), RSPO: &number, Origin: Invented, Kind: "primary", Name: "Szkoła wymyślona", Municipality: "120607"},
				{ID: access.NewInstitutionID(), Origin: ByHand, Kind: NGO, Name: "Fundacja wymyślona", Municipality: "120607"},
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		i := applied(t, s, sampleFile(sampleRows()...))
		if i.New != 3 || i.Closed != 0 {
			t.Errorf("got %+v", ReportOf(i))
		}
		var keys []string
		err = s.EachProblem(ctx, officer, i.ID, func(p importing.Problem) error {
			if p.About == fmt.Sprint(number) {
				keys = append(keys, p.Key)
			}
			return nil
		})
		if err != nil || len(keys) != 1 || keys[0] != "import.problem.number_taken" {
			t.Errorf("got %q, %v", keys, err)
		}
		if row := byNumber(t, s, number); row.Origin != Invented {
			t.Errorf("got %+v", row)
		}
	})
}

func TestCorrectionsSurviveImport(t *testing.T) {
	testkit.EachDB(t, writeModules, func(t *testing.T, d *db.DB) {
		s, ctx := writeService(t, d), t.Context()
		rows := sampleRows()
		applied(t, s, sampleFile(rows...))
		school := byNumber(t, s, 990002)
		who := holding(access.AuthorityOfficer, school.ID)
		if err := s.CorrectGroup(ctx, who, school.ID, GroupCorrection{Choice: StandsAlone, Revision: school.Revision}); err != nil {
			t.Fatal(err)
		}
		err := d.Write(ctx, func(tx *db.Tx) error {
			if err := db.Raise(ctx, tx, versionName); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, `update directory_institutions set website = ? where id = ?`, "https://sp.example.org", school.ID)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		rows[1].name = "SZKOŁA PODSTAWOWA NR 2 W WYMYŚLONCE"
		applied(t, s, sampleFile(rows...))
		after := byNumber(t, s, 990002)
		if !after.Corrected || after.OfficerParent != nil || !after.Leads() || after.Website != "https://sp.example.org" {
			t.Errorf("a correction was lost: %+v", after)
		}
		if after.RegisterParent == nil {
			t.Error("what the register says of the parent was lost")
		}
	})
}

func TestTwoApplyAtOnce(t *testing.T) {
	testkit.EachIsolation(t, writeModules, func(t *testing.T, d *db.DB) {
		s := writeService(t, d)
		shown := previewed(t, s, sampleFile(sampleRows()...))
		errs := make([]error, 4)
		var all sync.WaitGroup
		for n := range errs {
			all.Go(func() { _, errs[n] = s.Apply(context.Background(), officer, shown.ID, false) })
		}
		all.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else {
				wantKind(t, err, fault.Conflict, "")
			}
		}
		var n int
		if err := d.Get(t.Context(), &n, `select count(*) from directory_institutions`); err != nil || n != 4 || won != 1 {
			t.Errorf("%d won, %d rows, %v", won, n, err)
		}
	})
}

func TestMassClosing(t *testing.T) {
	testkit.EachDB(t, writeModules, func(t *testing.T, d *db.DB) {
		s, ctx := writeService(t, d), t.Context()
		var rows []sampleRow
		for n := range 30 {
			row := sampleRows()[3]
			row.rspo, row.name = 991000+n, fmt.Sprintf("SZKOŁA PODSTAWOWA NR %d W WYMYŚLONCE", n+1)
			rows = append(rows, row)
		}
		applied(t, s, sampleFile(rows...))
		shown := previewed(t, s, sampleFile(rows[:15]...))
		_, err := s.Apply(ctx, officer, shown.ID, false)
		wantKind(t, err, fault.Invalid, "importing.fault.guard")
		if i, err := s.Apply(ctx, officer, shown.ID, true); err != nil || i.Closed != 15 {
			t.Errorf("got %+v, %v", ReportOf(i), err)
		}
	})
}

func TestParentThatComesLater(t *testing.T) {
	testkit.EachDB(t, writeModules, func(t *testing.T, d *db.DB) {
		s := writeService(t, d)
		rows := sampleRows()
		applied(t, s, sampleFile(rows[1:]...))
		if school := byNumber(t, s, 990002); school.RegisterParent != nil || !school.Leads() {
			t.Errorf("got %+v", school)
		}
		applied(t, s, sampleFile(rows...))
		if school := byNumber(t, s, 990002); school.RegisterParent == nil || school.Leads() {
			t.Errorf("the parent that came later was not taken: %+v", school)
		}
	})
}

func TestRealFile(t *testing.T) {
	data, err := os.ReadFile(testkit.Shared(t, "data/rspo/smk15_2022-03_reduced.csv"))
	if err != nil {
		t.Fatal(err)
	}
	testkit.EachDB(t, writeModules, func(t *testing.T, d *db.DB) {
		s, ctx := writeService(t, d), t.Context()
		read := func() Import {
			i, err := s.Preview(ctx, officer, "smk.csv", bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			return i
		}
		first := read()
		if first.New != 1649 || first.Read != 1649 || first.Changes() != 1649 {
			t.Fatalf("got %+v", ReportOf(first))
		}
		if _, err := s.Apply(ctx, officer, first.ID, false); err != nil {
			t.Fatal(err)
		}
		if again := read(); again.Changes() != 0 {
			t.Errorf("the same file again: %+v", ReportOf(again))
		}
		mine := map[string]int{}
		err := d.Each(ctx, func(scan func(dest ...any) error) error {
			var id string
			var n int
			err := scan(&id, &n)
			mine[id] = n
			return err
		}, `select running_municipality, count(*) from directory_institutions group by running_municipality`)
		if err != nil || mine["126101"] != 499 || mine["121905"] != 40 || mine["120601"] != 15 {
			t.Errorf("running municipalities: %v, %v", mine, err)
		}
	})
}
