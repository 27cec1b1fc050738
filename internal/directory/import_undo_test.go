package directory

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/importing"
	"kladka/internal/testkit"
)

// picture is all that the directory says of institutions, without revisions and
// times, to be compared with itself.
func pictureOf(t testing.TB, s *Service) map[int]string {
	t.Helper()
	var rows []Institution
	if err := s.db.Select(t.Context(), &rows, `select `+columns+` from directory_institutions where rspo is not null`); err != nil {
		t.Fatal(err)
	}
	out := map[int]string{}
	for _, i := range rows {
		parent, head := "", ""
		for _, other := range rows {
			if i.RegisterParent != nil && other.ID == *i.RegisterParent {
				parent = fmt.Sprint(*other.RSPO)
			}
			if other.ID == i.HeadUnit {
				head = fmt.Sprint(*other.RSPO)
			}
		}
		out[*i.RSPO] = fmt.Sprint(i.Name, i.OfficialName, i.SortKey, i.Closed, i.ClosedOn, i.ClosedWhy, i.Kind, i.Street, i.City, i.RunningName, i.RunningMunicipality, parent, head, i.Stated)
	}
	return out
}

func lineStates(t testing.TB, s *Service, id ImportID) map[string]string {
	t.Helper()
	states := map[string]string{}
	err := s.EachChange(t.Context(), officer, id, func(l importing.Line) error {
		states[l.Key] = string(l.State) + " " + l.Why
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return states
}

func TestImportIsUndone(t *testing.T) {
	testkit.EachDB(t, writeModules, func(t *testing.T, d *db.DB) {
		s, ctx := writeService(t, d), t.Context()
		rows := sampleRows()
		first := applied(t, s, sampleFile(rows[1:]...)) // the complex comes later
		before := pictureOf(t, s)

		rows[1].name, rows[2].parent = "SZKOŁA INNA", ""
		added := rows[3]
		added.rspo, added.name = 990005, "SZKOŁA PODSTAWOWA NR 5 W WYMYŚLONCE"
		second := applied(t, s, sampleFile(rows[0], rows[1], rows[2], added)) // 990004 vanishes
		if want := (Report{Read: 4, New: 2, Changed: 2, Closed: 1}); ReportOf(second) != want {
			t.Fatalf("got %+v", ReportOf(second))
		}
		school := byNumber(t, s, 990002)
		if school.RegisterParent == nil || school.Leads() {
			t.Fatalf("got %+v", school)
		}
		undone, err := s.Undo(ctx, officer, second.ID)
		if err != nil || undone.State != importing.Undone || undone.TakenBack != 5 || undone.Kept != 0 {
			t.Fatalf("got %+v, %v", undone, err)
		}
		if after := pictureOf(t, s); !maps.Equal(before, after) {
			t.Errorf("before %v\nafter  %v", before, after)
		}
		past, err := s.History(ctx, school.ID)
		if err != nil || !slices.ContainsFunc(past, func(p Past) bool { return p.Source == FromUndo && p.Field == "name" }) {
			t.Errorf("the undo left no trace: %+v, %v", past, err)
		}
		_, err = s.Undo(ctx, officer, second.ID)
		wantKind(t, err, fault.Conflict, "")
		// What two imports touched is left by the undo of the first.
		if undone, err = s.Undo(ctx, officer, first.ID); err != nil || undone.Kept != 3 {
			t.Errorf("got %+v, %v", undone, err)
		}
	})
}

func TestFirstImportIsUndone(t *testing.T) {
	testkit.EachDB(t, writeModules, func(t *testing.T, d *db.DB) {
		s, ctx := writeService(t, d), t.Context()
		first := applied(t, s, sampleFile(sampleRows()...))
		if fresh, err := s.FreshAt(ctx, string(first.Shape)); err != nil || !fresh.Equal(testNow) {
			t.Errorf("fresh at %v, %v", fresh, err)
		}
		if _, err := s.Undo(ctx, officer, first.ID); err != nil {
			t.Fatal(err)
		}
		for rspo := range pictureOf(t, s) {
			t.Errorf("%d is left, %v", rspo, lineStates(t, s, first.ID))
		}
		if fresh, err := s.FreshAt(ctx, ""); err != nil || !fresh.IsZero() {
			t.Errorf("the directory counts as fresh: %v, %v", fresh, err)
		}
		var left int
		if err := d.Get(ctx, &left, `select (select count(*) from directory_words) + (select count(*) from directory_history)`); err != nil || left != 0 {
			t.Errorf("%d words and changes are left, %v", left, err)
		}
		// The same file again brings all of it back.
		if again := applied(t, s, sampleFile(sampleRows()...)); again.New != 4 {
			t.Errorf("got %+v", ReportOf(again))
		}
	})
}

func TestUndoLeavesWhatWasEdited(t *testing.T) {
	testkit.EachDB(t, writeModules, func(t *testing.T, d *db.DB) {
		s, ctx := writeService(t, d), t.Context()
		rows := sampleRows()
		first := applied(t, s, sampleFile(rows...))
		school, kindergarten, other := byNumber(t, s, 990002), byNumber(t, s, 990003), byNumber(t, s, 990004)
		corrected(t, s, school.ID, "city", "Nowa Wymyślonka")
		s.refers = func(_ context.Context, _ db.Reader, ids []string) (map[string]bool, error) {
			return map[string]bool{string(kindergarten.ID): slices.Contains(ids, string(kindergarten.ID))}, nil
		}
		undone, err := s.Undo(ctx, officer, first.ID)
		if err != nil || undone.Kept != 1 || undone.TakenBack != 3 {
			t.Fatalf("got %+v, %v", undone, err)
		}
		if states := lineStates(t, s, first.ID); states["990002"] != "kept "+keptEdited {
			t.Errorf("got %v", states)
		}
		if now := byNumber(t, s, 990002); now.City != "Nowa Wymyślonka" || now.Closed {
			t.Errorf("what was edited was overwritten: %+v", now)
		}
		if now := byNumber(t, s, 990003); !now.Closed || now.ClosedWhy != ClosedUndone || !now.Leads() {
			t.Errorf("what others name was removed, or is open: %+v", now)
		}
		if _, err := ByID(ctx, d, other.ID); fault.KindOf(err) != fault.NotFound {
			t.Error("what nobody names was left")
		}
	})
}

func TestApplyHoldsWhatWasEdited(t *testing.T) {
	testkit.EachDB(t, writeModules, func(t *testing.T, d *db.DB) {
		s, ctx := writeService(t, d), t.Context()
		rows := sampleRows()
		applied(t, s, sampleFile(rows...))
		school, other := byNumber(t, s, 990002), byNumber(t, s, 990004)
		rows[1].name, rows[3].name = "SZKOŁA INNA", "SZKOŁA JESZCZE INNA"
		added := rows[3]
		added.rspo = 990005
		shown := previewed(t, s, sampleFile(append(rows, added)...))
		corrected(t, s, school.ID, "city", "Nowa Wymyślonka")
		number := 990005
		err := d.Write(ctx, func(tx *db.Tx) error {
			return s.Save(ctx, tx, []Institution{{ID: access.NewInstitutionID(), RSPO: &number, Origin: Invented, Kind: "primary", Name: "Szkoła wymyślona", Municipality: "120607"}})
		})
		if err != nil {
			t.Fatal(err)
		}
		done, err := s.Apply(ctx, officer, shown.ID, false)
		if err != nil || done.TakenIn != 1 || done.Held != 2 {
			t.Fatalf("got %+v, %v", done, err)
		}
		states := lineStates(t, s, shown.ID)
		if states["990002"] != "held "+heldEdited || states["990005"] != "held "+heldTaken || states["990004"] != "applied " {
			t.Errorf("got %v", states)
		}
		if now := byNumber(t, s, 990002); now.Name != school.Name || now.City != "Nowa Wymyślonka" {
			t.Errorf("got %+v", now)
		}
		if now := byNumber(t, s, 990004); now.Name == other.Name {
			t.Errorf("got %+v", now)
		}
	})
}

// Also when the edit comes between the look and the writing.
func TestStepLooksAgain(t *testing.T) {
	testkit.EachDB(t, writeModules, func(t *testing.T, d *db.DB) {
		s, ctx := writeService(t, d), t.Context()
		rows := sampleRows()
		applied(t, s, sampleFile(rows...))
		school := byNumber(t, s, 990002)
		rows[1].name = "SZKOŁA INNA"
		shown := previewed(t, s, sampleFile(rows...))
		var lines []importing.Line
		if err := s.EachChange(ctx, officer, shown.ID, func(l importing.Line) error { lines = append(lines, l); return nil }); err != nil {
			t.Fatal(err)
		}
		step, err := s.applyLines(ctx, shown, lines, testNow)
		if err != nil {
			t.Fatal(err)
		}
		corrected(t, s, school.ID, "city", "Nowa Wymyślonka")
		var outcomes []importing.Outcome
		err = d.Write(ctx, func(tx *db.Tx) (err error) { outcomes, err = step(ctx, tx); return err })
		if err != nil || len(outcomes) != 1 || outcomes[0].Held != heldEdited || byNumber(t, s, 990002).Name != school.Name {
			t.Errorf("got %+v, %v", outcomes, err)
		}
		// A row that is gone is not made again.
		if err := d.Write(ctx, func(tx *db.Tx) error {
			for _, table := range []string{`directory_words`, `directory_history`, `directory_corrections`} {
				if _, err := tx.Exec(ctx, `delete from `+table+` where institution = ?`, school.ID); err != nil {
					return err
				}
			}
			_, err := tx.Exec(ctx, `delete from directory_institutions where id = ?`, school.ID)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		err = d.Write(ctx, func(tx *db.Tx) (err error) { outcomes, err = step(ctx, tx); return err })
		if _, gone := ByID(ctx, d, school.ID); err != nil || outcomes[0].Held == "" || fault.KindOf(gone) != fault.NotFound {
			t.Errorf("got %+v, %v, %v", outcomes, err, gone)
		}
	})
}

// A register in which a column slipped: no number is known, all known vanished.
func TestSlippedNumbersAreRefused(t *testing.T) {
	testkit.EachDB(t, writeModules, func(t *testing.T, d *db.DB) {
		s, ctx := writeService(t, d), t.Context()
		rows := sampleRows()
		applied(t, s, sampleFile(rows...))
		before := pictureOf(t, s)
		for n := range rows {
			rows[n].rspo += 100_000
		}
		shown := previewed(t, s, sampleFile(rows...))
		if shown.Guard != "import.guard.shifted" || shown.GuardN != 4 || shown.New != 4 || shown.Closed != 4 {
			t.Fatalf("got %+v", shown)
		}
		_, err := s.Apply(ctx, officer, shown.ID, false)
		wantKind(t, err, fault.Invalid, "importing.fault.guard")
		if after := pictureOf(t, s); !maps.Equal(before, after) {
			t.Error("the refusal changed something")
		}
	})
}

func TestOwnInstitutionsOnly(t *testing.T) {
	testkit.EachDB(t, writeModules, func(t *testing.T, d *db.DB) {
		s, ctx := writeService(t, d), t.Context()
		office := anOffice(t, s, "120607")
		rows := sampleRows()
		stranger := rows[3]
		stranger.rspo, stranger.name, stranger.runner, stranger.status = 990010, "SZKOŁA STRAŻACKA", "Powiat Krakowski", "Powiat ziemski"
		orphan := stranger // hangs on a number that nobody has yet
		orphan.rspo, orphan.parent = 990011, "990099"
		applied(t, s, sampleFile(append(rows, stranger, orphan)...))

		rows[1].name = "SZKOŁA INNA"
		grabbed := stranger // claims to be the office's now
		grabbed.name, grabbed.runner, grabbed.status = "SZKOŁA ZABRANA", "GMINA LISZKI", "Gmina"
		added := rows[3]
		added.rspo, added.name = 990020, "SZKOŁA NOWA"
		above := added // would become the parent of a stranger's unit
		above.rspo, above.name = 990099, "ZESPÓŁ PODSTAWIONY"
		foreign := stranger
		foreign.rspo = 990021
		file := sampleFile(rows[0], rows[1], rows[2], grabbed, added, above, foreign) // 990004 and 990011 are not listed

		_, err := s.PreviewFile(ctx, holding(access.AuthorityOfficer, office), "", sourceOf(t, file))
		wantKind(t, err, fault.Forbidden, "")
		who := holding(access.AuthorityOfficer, office)
		shown, err := s.PreviewFile(ctx, who, office, sourceOf(t, file))
		if err != nil || shown.Scope != string(office) {
			t.Fatal(shown, err)
		}
		var lines, problems []string
		err = s.EachChange(ctx, who, shown.ID, func(l importing.Line) error {
			lines = append(lines, fmt.Sprint(l.Action, " ", l.Key))
			return nil
		})
		if err != nil || !slices.Equal(lines, []string{"new 990020", "changed 990002", "closed 990004"}) {
			t.Errorf("got %q, %v", lines, err)
		}
		err = s.EachProblem(ctx, who, shown.ID, func(p importing.Problem) error {
			problems = append(problems, p.Key+" "+p.Args["count"])
			return nil
		})
		if err != nil || !slices.Contains(problems, "import.problem.not_own 3") {
			t.Errorf("got %q, %v", problems, err)
		}
		if _, err := s.Apply(ctx, who, shown.ID, false); err != nil {
			t.Fatal(err)
		}
		if now := byNumber(t, s, 990010); now.Name != "Szkoła Strażacka" || now.RunningMunicipality != "" || now.Closed {
			t.Errorf("a stranger's school changed: %+v", now)
		}
		_, err = s.PreviewFile(ctx, who, office, sourceOf(t, sampleFile(foreign)))
		wantKind(t, err, fault.Invalid, "import.refused.none_own")
		wantKind(t, s.Discard(ctx, who, applied(t, s, sampleFile(rows...)).ID), fault.Forbidden, "")
	})
}

// An office brings in no municipality: a second Liszki in the county would leave
// the schools of the first without a body that runs them.
func TestOwnImportBringsNoMunicipality(t *testing.T) {
	testkit.EachDB(t, writeModules, func(t *testing.T, d *db.DB) {
		s, ctx := writeService(t, d), t.Context()
		office, rows := anOffice(t, s, "120607"), sampleRows()
		applied(t, s, sampleFile(rows...))
		rows[3].code, rows[3].name = "1206992", "SZKOŁA INNA"
		who := holding(access.AuthorityOfficer, office)
		shown, err := s.PreviewFile(ctx, who, office, sourceOf(t, sampleFile(rows...)))
		if err != nil {
			t.Fatal(err)
		}
		if done, err := s.Apply(ctx, who, shown.ID, true); err != nil || done.TakenIn != 1 {
			t.Fatal(done, err)
		}
		var n int
		if err := d.Get(ctx, &n, `select count(*) from directory_municipalities where id = '120699'`); err != nil || n != 0 {
			t.Errorf("%d municipalities came in, %v", n, err)
		}
		for _, rspo := range []int{990002, 990004} {
			if now := byNumber(t, s, rspo); now.RunningMunicipality != "120607" || now.Municipality != "120607" {
				t.Errorf("%d is run by %q in %q", rspo, now.RunningMunicipality, now.Municipality)
			}
		}
	})
}

// Who runs a school may change without a new revision of its row.
func TestOwnImportLooksAgainWhoseItIs(t *testing.T) {
	testkit.EachDB(t, writeModules, func(t *testing.T, d *db.DB) {
		s, ctx := writeService(t, d), t.Context()
		office, rows := anOffice(t, s, "120607"), sampleRows()
		applied(t, s, sampleFile(rows...))
		who := holding(access.AuthorityOfficer, office)
		name := byNumber(t, s, 990004).Name
		change := func(name string) Import {
			rows[3].name = name
			shown, err := s.PreviewFile(ctx, who, office, sourceOf(t, sampleFile(rows...)))
			if err != nil {
				t.Fatal(err)
			}
			return shown
		}
		runs := func(municipality string) {
			err := d.Write(ctx, func(tx *db.Tx) error {
				return writeRunning(ctx, tx, map[string][]any{municipality: {byNumber(t, s, 990004).ID}})
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		shown := change("SZKOŁA INNA")
		runs("126101")
		done, err := s.Apply(ctx, who, shown.ID, true)
		if err != nil || done.TakenIn != 0 || lineStates(t, s, shown.ID)["990004"] != "held "+heldOwn {
			t.Errorf("got %+v, %v", done, err)
		}
		if now := byNumber(t, s, 990004); now.Name != name {
			t.Errorf("a stranger's school is called %s", now.Name)
		}
		runs("120607")
		shown = change("SZKOŁA JESZCZE INNA")
		if done, err := s.Apply(ctx, who, shown.ID, true); err != nil || done.TakenIn != 1 {
			t.Fatal(done, err)
		}
		runs("126101")
		undone, err := s.Undo(ctx, who, shown.ID)
		if err != nil || undone.TakenBack != 0 || lineStates(t, s, shown.ID)["990004"] != "kept "+keptOwn {
			t.Errorf("got %+v, %v", undone, err)
		}
	})
}

func sourceOf(t testing.TB, text string) Source {
	t.Helper()
	file, sum, err := readFile(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return Source{Name: "rejestr.csv", SHA256: sum, File: file}
}

func TestHistoryOfParentsAndClosing(t *testing.T) {
	testkit.EachDB(t, writeModules, func(t *testing.T, d *db.DB) {
		h := newReader(t, d)
		s, ctx := h.Service, t.Context()
		rows := sampleRows()
		applied(t, s, sampleFile(rows...))
		school, complexUnit := byNumber(t, s, 990002), byNumber(t, s, 990001)
		if past, err := s.History(ctx, school.ID); err != nil || len(past) != 1 || past[0].Field != Appeared {
			t.Fatalf("coming into the directory is no change: %+v, %v", past, err)
		}
		if h.page(href(school.ID)).Find("[aria-labelledby=dawniej]").Length() != 0 {
			t.Error("a page without a past tells one")
		}
		rows[1].parent, rows[1].name = "", "SZKOŁA INNA"
		applied(t, s, sampleFile(rows...))
		rows[1].closed = "2026-08-31"
		applied(t, s, sampleFile(rows...))
		past, err := s.History(ctx, school.ID)
		if err != nil {
			t.Fatal(err)
		}
		var told []string
		for _, p := range past {
			told = append(told, p.Field+": "+p.Before+" > "+p.After)
		}
		want := []string{"closed:  > register 2026-08-31", "parent: " + string(complexUnit.ID) + " > ", "official_name: " + school.OfficialName + " > SZKOŁA INNA",
			"name: " + school.Name + " > Szkoła Inna", "appeared:  > " + school.Name}
		if !slices.Equal(told, want) {
			t.Errorf("got %q", told)
		}
		text := h.page(href(school.ID)).Find("[aria-labelledby=dawniej]").Text()
		if !strings.Contains(text, school.Name) || !strings.Contains(text, complexUnit.Name) || !strings.Contains(text, "31") {
			t.Error(text)
		}
	})
}

func TestMunicipalityByThePoint(t *testing.T) {
	testkit.EachDB(t, writeModules, func(t *testing.T, d *db.DB) {
		s, ctx := writeService(t, d), t.Context()
		if _, err := s.ImportBoundaries(ctx, officer, strings.NewReader(collectionOf(square(`"name":"Liszki","teryt":"1206072"`, 19.7, 50.0, 0.1))), true); err != nil {
			t.Fatal(err)
		}
		const head = "rspo,official_name,teryt_gmina6,city,lat,lon,operator,operator_type\n"
		i := applied(t, s, head+"990031,Szkoła w środku,,Liszki,50.05,19.75,,\n990032,Szkoła za granicą,,Liszki,50.5,19.75,,\n990033,Szkoła opisana,126101,Kraków,50.05,19.75,,\n")
		if i.New != 2 {
			t.Fatalf("got %+v", ReportOf(i))
		}
		inside, wrong := byNumber(t, s, 990031), byNumber(t, s, 990033)
		if inside.Municipality != "120607" || inside.PointSource != "smk-2022" || wrong.Municipality != krakow {
			t.Errorf("got %+v, %+v", inside, wrong)
		}
		var keys []string
		if err := s.EachProblem(ctx, officer, i.ID, func(p importing.Problem) error { keys = append(keys, p.About+" "+p.Key); return nil }); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"990031 import.problem.by_point", "990032 import.problem.no_municipality"} {
			if !slices.Contains(keys, want) {
				t.Errorf("no %q in %q", want, keys)
			}
		}
	})
}
