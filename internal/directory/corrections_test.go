package directory

import (
	"context"
	"strings"
	"testing"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/importing"
	"kladka/internal/testkit"
)

func proposedOne(t testing.TB, s *Service, who access.Actor, id access.InstitutionID, field, value string) CorrectionID {
	t.Helper()
	ids, err := s.Propose(t.Context(), who, id, []FieldValue{{field, value}}, "Tak jest na tablicy.")
	if err != nil || len(ids) != 1 {
		t.Fatal(ids, err)
	}
	return ids[0]
}

func corrected(t testing.TB, s *Service, id access.InstitutionID, field, value string) CorrectionID {
	t.Helper()
	c := proposedOne(t, s, holding(access.SchoolHead, id), id, field, value)
	if err := s.Accept(t.Context(), officer, c, ""); err != nil {
		t.Fatal(err)
	}
	return c
}

func correctionOf(t testing.TB, s *Service, id CorrectionID) Correction {
	t.Helper()
	c, err := correctionByID(t.Context(), s.db, id)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCorrectionsRefuse(t *testing.T) {
	testkit.EachDB(t, writeModules, func(t *testing.T, d *db.DB) {
		s, ctx := writeService(t, d), t.Context()
		applied(t, s, sampleFile(sampleRows()...))
		school, other := byNumber(t, s, 990002), byNumber(t, s, 990004)
		head := holding(access.SchoolHead, school.ID)
		phone := []FieldValue{{"phone", "123456789"}}
		for name, c := range map[string]struct {
			who  access.Actor
			kind fault.Kind
		}{"a stranger": {access.Stranger(), fault.SignedOut}, "a teacher": {holding(access.Teacher, school.ID), fault.Forbidden},
			"the head of another school": {holding(access.SchoolHead, other.ID), fault.Forbidden}} {
			if _, err := s.Propose(ctx, c.who, school.ID, phone, ""); fault.KindOf(err) != c.kind {
				t.Errorf("%s proposes: %v", name, err)
			}
		}
		_, err := s.Propose(ctx, officer, access.NewInstitutionID(), phone, "")
		wantKind(t, err, fault.NotFound, "")
		for _, c := range []struct {
			field, value, key string
			kind              fault.Kind
		}{
			{"running_name", "Gmina Cudza", "", fault.BadRequest}, {"type", "primary", "", fault.BadRequest}, {"municipality", krakow, "", fault.BadRequest},
			{"phone", school.Phone, "correction.fault.nothing", fault.Invalid},
			{"name", " \u200b ", "correction.fault.name", fault.Invalid},
			{"website", "javascript:alert(1)", "body.fault.website", fault.Invalid},
			{"email", "nie ma", "body.fault.email", fault.Invalid}, {"nip", "123", "body.fault.nip", fault.Invalid},
			{"pupils", "-1", "correction.fault.pupils", fault.Invalid}, {"pupils", "007", "correction.fault.pupils", fault.Invalid},
			{"point", "0, 0", "correction.fault.point", fault.Invalid}, {"point", "NaN, NaN", "correction.fault.point", fault.Invalid},
			{"founded_on", "31.08.2020", "correction.fault.day", fault.Invalid}, {"city", strings.Repeat("a", 101), "body.fault.long", fault.Invalid},
		} {
			_, err := s.Propose(ctx, head, school.ID, []FieldValue{{c.field, c.value}}, "")
			wantKind(t, err, c.kind, c.key)
		}
		_, err = s.Propose(ctx, head, school.ID, append(phone, phone...), "")
		wantKind(t, err, fault.BadRequest, "")

		id := proposedOne(t, s, head, school.ID, "phone", "123456789")
		wantKind(t, s.Accept(ctx, head, id, ""), fault.Forbidden, "")
		wantKind(t, s.Accept(ctx, holding(access.AuthorityOfficer, other.ID), id, ""), fault.Forbidden, "")
		wantKind(t, s.Refuse(ctx, head, id, "bo tak"), fault.Forbidden, "")
		wantKind(t, s.Refuse(ctx, officer, id, ""), fault.Invalid, "correction.fault.why")
		wantKind(t, s.EndCorrection(ctx, officer, id, ""), fault.Conflict, "correction.fault.settled")
		wantKind(t, s.Withdraw(ctx, holding(access.SchoolHead, school.ID), id), fault.NotFound, "") // another person
		if err := s.Refuse(ctx, officer, id, "Numer jest dobry."); err != nil {
			t.Fatal(err)
		}
		wantKind(t, s.Accept(ctx, officer, id, ""), fault.Conflict, "correction.fault.settled")
		wantKind(t, s.Withdraw(ctx, head, id), fault.Conflict, "correction.fault.settled")
		if now := byNumber(t, s, 990002); now.Phone != school.Phone || now.Revision != school.Revision {
			t.Errorf("a refusal changed something: %+v", now)
		}
	})
}

func TestCorrectionHolds(t *testing.T) {
	testkit.EachDB(t, writeModules, func(t *testing.T, d *db.DB) {
		s, ctx := writeService(t, d), t.Context()
		var told []string
		s.touch = func(_ context.Context, _ *db.Tx, ids ...string) error { told = append(told, ids...); return nil }
		rows := sampleRows()
		applied(t, s, sampleFile(rows...))
		school := byNumber(t, s, 990002)
		told = nil
		first := corrected(t, s, school.ID, "name", "Szkoła Podstawowa „Łąka”")
		now := byNumber(t, s, 990002)
		if now.Name != "Szkoła Podstawowa „Łąka”" || now.SortKey == school.SortKey || now.Revision != school.Revision+1 || countWords(t, d, now.ID, "laka") != 1 ||
			len(told) != 1 || told[0] != string(school.ID) {
			t.Errorf("got %+v, told %v", now, told)
		}
		// A later one takes its place.
		second := corrected(t, s, school.ID, "name", "Szkoła Podstawowa „Bór”")
		if c := correctionOf(t, s, first); c.State != CorrectionEnded || c.EndedWhy != EndedReplaced {
			t.Errorf("got %+v", c)
		}
		past, err := s.History(ctx, school.ID)
		if err != nil || len(past) != 3 || past[0].Before != "Szkoła Podstawowa „Łąka”" || past[0].Source != FromCorrection || past[2].Field != Appeared {
			t.Errorf("got %+v, %v", past, err)
		}
		// The register says nothing new: no line, and the correction stands.
		if again := previewed(t, s, sampleFile(rows...)); again.Changes() != 0 {
			t.Errorf("got %+v", ReportOf(again))
		}
		// Its word holds again when an officer says so.
		if err := s.EndCorrection(ctx, officer, second, "Rejestr ma rację."); err != nil {
			t.Fatal(err)
		}
		if now = byNumber(t, s, 990002); now.Name != school.Name || now.SortKey != school.SortKey {
			t.Errorf("got %+v", now)
		}
		open, err := s.OpenCorrections(ctx, func(access.InstitutionID) (bool, error) { return true, nil }, 10)
		if err != nil || len(open) != 0 {
			t.Errorf("got %+v, %v", open, err)
		}
	})
}

func TestRegisterMeetsCorrections(t *testing.T) {
	const other = "SZKOŁA PODSTAWOWA NR 2 W WYMYŚLONCE"
	for name, c := range map[string]struct {
		choice importing.Choice
		says   string // official name in the register
		name   string // what holds after
		state  CorrectionState
		why    string
		clash  bool
	}{
		"says the same":       {"", "SZKOŁA NASZA", "Szkoła Nasza", CorrectionEnded, EndedAgreed, false},
		"says something else": {"", other, "Szkoła Nasza", CorrectionHolding, "", true},
		"and we keep ours":    {importing.KeepOurs, other, "Szkoła Nasza", CorrectionHolding, "", true},
		"and we take theirs":  {importing.Take, other, "Szkoła Podstawowa nr 2 w Wymyślonce", CorrectionEnded, EndedTaken, true},
	} {
		t.Run(name, func(t *testing.T) {
			s, ctx := writeService(t, testkit.SQLite(t, writeModules)), t.Context()
			rows := sampleRows()
			applied(t, s, sampleFile(rows...))
			school := byNumber(t, s, 990002)
			id := corrected(t, s, school.ID, "name", "Szkoła Nasza")
			before := byNumber(t, s, 990002)
			rows[1].name = c.says
			shown := previewed(t, s, sampleFile(rows...))
			if shown.Changed != 1 || (shown.Clashes == 1) != c.clash {
				t.Fatalf("got %+v", shown)
			}
			if c.choice != "" {
				if err := s.imports.Choose(ctx, s.Importer(officer), shown.ID, []int{1}, c.choice); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := s.Apply(ctx, officer, shown.ID, false); err != nil {
				t.Fatal(err)
			}
			now, held := byNumber(t, s, 990002), correctionOf(t, s, id)
			if now.Name != c.name || held.State != c.state || held.EndedWhy != c.why || held.Clash() != (c.clash && c.state == CorrectionHolding) {
				t.Errorf("got %q, %+v", now.Name, held)
			}
			if again := previewed(t, s, sampleFile(rows...)); again.Changes() != 0 {
				t.Errorf("the same file again: %+v", ReportOf(again))
			}
			if held.Clash() {
				open, err := s.OpenCorrections(ctx, func(access.InstitutionID) (bool, error) { return true, nil }, 10)
				if err != nil || len(open) != 1 {
					t.Errorf("nobody is asked to choose: %+v, %v", open, err)
				}
			}
			// All of it can be taken back.
			if undone, err := s.Undo(ctx, officer, shown.ID); err != nil || undone.TakenBack != 1 {
				t.Fatal(undone, err)
			}
			after := byNumber(t, s, 990002)
			held = correctionOf(t, s, id)
			if after.Name != before.Name || after.Stated != before.Stated || held.State != CorrectionHolding || held.Clash() {
				t.Errorf("after the undo: %+v, %+v", after, held)
			}
		})
	}
}

func TestClashIsSettled(t *testing.T) {
	testkit.EachDB(t, writeModules, func(t *testing.T, d *db.DB) {
		s, ctx := writeService(t, d), t.Context()
		rows := sampleRows()
		applied(t, s, sampleFile(rows...))
		school := byNumber(t, s, 990002)
		id := corrected(t, s, school.ID, "name", "Szkoła Nasza")
		rows[1].name = "SZKOŁA INNA"
		applied(t, s, sampleFile(rows...))
		if c := correctionOf(t, s, id); !c.Clash() || c.Registered != "Szkoła Inna" {
			t.Fatalf("got %+v", c)
		}
		if err := s.KeepCorrection(ctx, officer, id, "Sprawdzone."); err != nil {
			t.Fatal(err)
		}
		if c := correctionOf(t, s, id); c.Clash() || c.State != CorrectionHolding || byNumber(t, s, 990002).Name != "Szkoła Nasza" {
			t.Errorf("got %+v", c)
		}
		if err := s.EndCorrection(ctx, officer, id, ""); err != nil {
			t.Fatal(err)
		}
		if now := byNumber(t, s, 990002); now.Name != "Szkoła Inna" {
			t.Errorf("got %q", now.Name)
		}
	})
}

// The page of a correction that two officers settle at once: one wins.
func TestTwoSettleAtOnce(t *testing.T) {
	testkit.EachIsolation(t, writeModules, func(t *testing.T, d *db.DB) {
		s := writeService(t, d)
		applied(t, s, sampleFile(sampleRows()...))
		school := byNumber(t, s, 990002)
		id := proposedOne(t, s, holding(access.SchoolHead, school.ID), school.ID, "city", "Nowa Wymyślonka")
		errs := make(chan error, 4)
		for n := range 4 {
			go func() {
				if n%2 == 0 {
					errs <- s.Accept(context.Background(), officer, id, "")
				} else {
					errs <- s.Refuse(context.Background(), officer, id, "nie")
				}
			}()
		}
		won := 0
		for range 4 {
			if err := <-errs; err == nil {
				won++
			} else {
				wantKind(t, err, fault.Conflict, "")
			}
		}
		c, now := correctionOf(t, s, id), byNumber(t, s, 990002)
		if won != 1 || (c.State == CorrectionHolding) != (now.City == "Nowa Wymyślonka") {
			t.Errorf("%d won: %+v, %s", won, c, now.City)
		}
	})
}

func TestCorrectedPointAndPupils(t *testing.T) {
	testkit.EachDB(t, writeModules, func(t *testing.T, d *db.DB) {
		s, ctx := writeService(t, d), t.Context()
		if _, err := s.ImportBoundaries(ctx, officer, strings.NewReader(collectionOf(square(`"name":"Liszki","teryt":"1206072"`, 19.7, 50.0, 0.1))), true); err != nil {
			t.Fatal(err)
		}
		applied(t, s, sampleFile(sampleRows()...))
		school := byNumber(t, s, 990002)
		corrected(t, s, school.ID, "point", "50.05, 19.75")
		corrected(t, s, school.ID, "pupils", "321")
		now := byNumber(t, s, 990002)
		if now.Lat == nil || *now.Lat != 50.05 || now.PointSource != PointByCorrection || now.PointDoubt != "" || now.Pupils == nil || *now.Pupils != 321 {
			t.Errorf("got %+v", now)
		}
		corrected(t, s, school.ID, "point", "52.2, 21.0")
		if now = byNumber(t, s, 990002); now.PointDoubt != DoubtMunicipality {
			t.Errorf("a place in Warsaw is not doubted: %+v", now)
		}
		// A file without points leaves it.
		rows := sampleRows()
		rows[1].name = "SZKOŁA INNA"
		applied(t, s, sampleFile(rows...))
		if now = byNumber(t, s, 990002); now.Lat == nil || now.PointSource != PointByCorrection {
			t.Errorf("got %+v", now)
		}
	})
}

func TestCorrectionsForgetPeople(t *testing.T) {
	testkit.EachDB(t, writeModules, func(t *testing.T, d *db.DB) {
		s, ctx := writeService(t, d), t.Context()
		applied(t, s, sampleFile(sampleRows()...))
		school := byNumber(t, s, 990002)
		head := holding(access.SchoolHead, school.ID)
		held := proposedOne(t, s, head, school.ID, "city", "Nowa")
		if err := s.Accept(ctx, officer, held, "Tak."); err != nil {
			t.Fatal(err)
		}
		open := proposedOne(t, s, head, school.ID, "street", "Nowa")
		if items, err := s.exportCorrections(ctx, string(head.Person)); err != nil || len(items) != 2 {
			t.Errorf("got %v, %v", items, err)
		}
		err := d.Write(ctx, func(tx *db.Tx) error {
			for _, person := range []access.PersonID{head.Person, officer.Person} {
				if _, err := eraseCorrections(ctx, tx, string(person)); err != nil {
					return err
				}
			}
			n, err := eraseCorrections(ctx, tx, string(head.Person))
			if n != 0 {
				t.Errorf("%d rows at the second time", n)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if c := correctionOf(t, s, held); c.Person != "" || c.SettledBy != "" || c.Reason != "" || c.Note != "" || c.State != CorrectionHolding {
			t.Errorf("got %+v", c)
		}
		if _, err := correctionByID(ctx, d, open); fault.KindOf(err) != fault.NotFound {
			t.Error("the open proposal stayed")
		}
	})
}
