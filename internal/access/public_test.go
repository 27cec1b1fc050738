package access

import (
	"slices"
	"testing"

	"kladka/internal/platform/db"
	"kladka/internal/testkit"
)

// The house: everybody of whom a page could speak, in one school and elsewhere.
type house struct {
	school, other InstitutionID
	names         map[PersonID]string
}

func furnish(t *testing.T, s *Service, d *db.DB, at int64) house {
	t.Helper()
	h := house{NewInstitutionID(), NewInstitutionID(), map[PersonID]string{}}
	for _, p := range []struct {
		name  string
		roles []Held
	}{
		{"Dyrektorka", []Held{{SchoolHead, h.school}}}, {"Obca Dyrektorka", []Held{{SchoolHead, h.other}}},
		{"Doradczyni", []Held{{MethodologicalAdviser, h.school}}}, {"Koordynator", []Held{{NetworkCoordinator, h.school}, {Teacher, h.school}}},
		{"Nauczycielka", []Held{{Teacher, h.school}, {ClassTutor, h.school}}}, {"Sekretarz", []Held{{SchoolSecretary, h.school}}},
		{"Zastępczyni", []Held{{DeputyHead, h.school}}}, {"Specjalistka", []Held{{SchoolSpecialist, h.school}}},
		{"Uczeń", []Held{{Pupil, h.school}}}, {"Rodzic", []Held{{Guardian, h.school}}}, {"Administratorka", []Held{{Administrator, ""}}},
		{"Dawny Dyrektor", []Held{{SchoolHead, h.school}}}, {"Przyszły Dyrektor", []Held{{SchoolHead, h.school}}},
		{"Zamknięte Konto", []Held{{SchoolHead, h.school}}}, {"Wymazana", []Held{{SchoolHead, h.school}}},
	} {
		id, err := s.AddPerson(t.Context(), System(), NewPerson{Name: p.name, Email: string(NewPersonID()) + "@example.org", Roles: p.roles})
		if err != nil {
			t.Fatal(err)
		}
		h.names[id] = p.name
	}
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		for query, args := range map[string][]any{
			`update access_roles set until = ? where person in (select id from access_people where name = ?)`: {at, "Dawny Dyrektor"},
			`update access_roles set since = ? where person in (select id from access_people where name = ?)`: {at + 1, "Przyszły Dyrektor"},
			`update access_people set closed_at = ? where name = ?`:                                           {at, "Zamknięte Konto"},
			`update access_people set name = '', created_at = ? where name = ?`:                               {at, "Wymazana"},
		} {
			if _, err := tx.Exec(t.Context(), query, args...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestFunctionsNameNobodyElse(t *testing.T) {
	testkit.EachDB(t, tables, func(t *testing.T, d *db.DB) {
		s, c := service(t, d)
		h := furnish(t, s, d, c.now().Unix())
		member := Actor{Person: "p", Roles: []Held{{Teacher, h.other}}}
		shared := member
		shared.Shared = true
		all := []string{"Dyrektorka", "Doradczyni", "Koordynator"}
		for name, tt := range map[string]struct {
			who     Actor
			at, led InstitutionID
			want    []string
		}{
			"stranger":              {Stranger(), h.school, h.school, all[:1]},
			"pupil":                 {Actor{Person: "u", Roles: []Held{{Pupil, h.school}}}, h.school, h.school, all[:1]},
			"guardian":              {Actor{Person: "g", Roles: []Held{{Guardian, h.school}}}, h.school, h.school, all[:1]},
			"on a shared computer":  {shared, h.school, h.school, all[:1]},
			"teacher":               {member, h.school, h.school, all},
			"part of a complex":     {member, h.school, h.other, []string{"Obca Dyrektorka", "Doradczyni", "Koordynator"}},
			"the whole":             {member, "", "", nil},
			"nobody's":              {member, NewInstitutionID(), NewInstitutionID(), nil},
			"role that waits":       {Actor{Person: "l", Locked: []Held{{SchoolHead, h.other}}}, h.school, h.school, all[:1]},
			"signed in, no role":    {Actor{Person: "n"}, h.school, h.school, all[:1]},
			"resident":              {Actor{Person: "r", Roles: []Held{{Resident, ""}}}, h.school, h.school, all[:1]},
			"head of that school":   {Actor{Person: "h", Roles: []Held{{SchoolHead, h.school}}}, h.school, h.school, all},
			"officer of an office":  {Actor{Person: "o", Roles: []Held{{AuthorityOfficer, h.other}}}, h.school, h.school, all},
			"protection officer is": {Actor{Person: "i", Roles: []Held{{ProtectionOfficer, ""}}}, h.school, h.school, all[:1]},
		} {
			list, err := s.Functions(t.Context(), tt.who, tt.at, tt.led)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range list {
				got = append(got, f.Name)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("%s: got %q, want %q", name, got, tt.want)
			}
		}
	})
}

// The two lists are what decides who is named in public: a role is added to
// them on purpose only.
func TestPublicRolesAreFew(t *testing.T) {
	for _, r := range Roles() {
		if slices.Contains(Heading(), r) != (r == SchoolHead || r == CenterDirector) {
			t.Errorf("%s: in public by mistake", r)
		}
	}
	for _, r := range append(Heading(), Advising()...) {
		if r.Everywhere() || !r.Valid() || r == Teacher || r == Pupil || r == Guardian {
			t.Errorf("%s may not be listed", r)
		}
	}
}

func TestHoldersOfAPermission(t *testing.T) {
	testkit.EachDB(t, tables, func(t *testing.T, d *db.DB) {
		s, c := service(t, d)
		h := furnish(t, s, d, c.now().Unix())
		got, err := s.Holders(t.Context(), ProposeCorrections, h.school, h.school, "", h.other)
		if err != nil {
			t.Fatal(err)
		}
		var called []string
		for _, id := range got {
			called = append(called, h.names[id])
		}
		slices.Sort(called)
		// An erased account is closed in life; here it only lost its name.
		if want := []string{"Dyrektorka", "Obca Dyrektorka", "Sekretarz", "Wymazana", "Zastępczyni"}; !slices.Equal(called, want) {
			t.Errorf("got %q, want %q", called, want)
		}
		if got, err := s.Holders(t.Context(), ManagePeople, ""); err != nil || len(got) != 0 {
			t.Errorf("of the whole installation: %v, %v", got, err)
		}
	})
}
