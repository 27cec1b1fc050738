package directory

import (
	"testing"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/testkit"
)

func TestRunners(t *testing.T) {
	m := func(id, name, county, voivodeship string) Municipality {
		return Municipality{ID: id, Name: name, County: county, Voivodeship: voivodeship}
	}
	r := newRunners([]Municipality{
		m("126101", "Kraków", "m. Kraków", "małopolskie"), m("120601", "Czernichów", "krakowski", "małopolskie"),
		m("120602", "Igołomia-Wawrzeńczyce", "krakowski", "małopolskie"), m("121905", "Wieliczka", "wielicki", "małopolskie"),
		m("120613", "Skała", "krakowski", "małopolskie"), m("120614", "Świątniki Górne", "krakowski", "małopolskie"),
		m("061101", "Łuków", "łukowski", "lubelskie"), m("061105", "Łuków", "łukowski", "lubelskie"),
		m("060101", "Adamów", "łukowski", "lubelskie"), m("062001", "Adamów", "zamojski", "lubelskie"),
		m("066301", "Lublin", "Lublin", "lubelskie"), m("241702", "Czernichów", "żywiecki", "śląskie"),
		m("246901", "Katowice", "Katowice", "śląskie"),
	})
	for _, tt := range []struct{ name, kind, seat, want string }{
		{"Gmina Czernichów", "gmina", "120601", "120601"},
		{"GMINA CZERNICHÓW", "gmina", "241702", "241702"},
		{"Gmina Czernichów", "gmina", "121905", "120601"}, // no other in the voivodeship
		{"Gmina Czernichów", "gmina", "066301", ""},       // none in that voivodeship
		{"GMINA WIELICZKA", "gmina", "121905", "121905"},
		{"Gmina  Wieliczka", "gmina", "126101", "121905"}, // its school stands in the city
		{"Gmina Miejska Kraków", "city", "126101", "126101"},
		{"Gmina Miejska Kraków-Miasto Na Prawach Powiatu", "city", "126101", "126101"},
		{"Miasto Kraków", "city", "126101", "126101"},
		{"Gmina Miasto Kraków", "city", "126101", "126101"},
		{"Miasto i Gmina Skała", "gmina", "120613", "120613"},
		{"Gmina Igołomia - Wawrzeńczyce", "gmina", "120602", "120602"},
		{"Gmina Swiatniki Gorne", "gmina", "120614", "120614"}, // folded, without its marks
		{"GMINA LUBLIN", "city", "066301", "066301"},
		{"GMINA ADAMÓW", "gmina", "060101", "060101"}, // the county decides
		{"GMINA ADAMÓW", "gmina", "066301", ""},       // two in the voivodeship
		{"GMINA ŁUKÓW", "gmina", "061105", ""},        // town and village share name and county
		{"Powiat Krakowski", "county", "120601", ""},
		{"Kraków", "city", "126101", ""},                     // nothing says that a municipality is meant
		{"Gmina Kraków", "company", "126101", ""},            // the register says it is a company
		{"Gmina Wyznaniowa Żydowska", "gmina", "126101", ""}, // not a municipality at all
		{"", "gmina", "126101", ""}, {"Gmina", "gmina", "126101", ""}, {"Gmina Kraków", "city", "", ""},
	} {
		if got := r.of(tt.name, tt.kind, tt.seat); got != tt.want {
			t.Errorf("%q (%s) at %s: got %q, want %q", tt.name, tt.kind, tt.seat, got, tt.want)
		}
	}
}

func TestOverAndNames(t *testing.T) {
	testkit.EachDB(t, writeModules, func(t *testing.T, d *db.DB) {
		s, ctx := writeService(t, d), t.Context()
		id := map[string]access.InstitutionID{}
		for _, name := range []string{"city", "county", "village", "ngo", "complex", "part", "own", "alone"} {
			id[name] = access.NewInstitutionID()
		}
		ref := func(name string) *access.InstitutionID { v := id[name]; return &v }
		at := func(name, municipality string, kind Kind) Institution {
			return Institution{ID: id[name], Origin: Invented, Kind: kind, Name: name, Municipality: municipality}
		}
		city, village, county := at("city", "126101", Office), at("village", "120607", Office), at("county", "126101", Office)
		city.RunningKind, village.RunningKind, county.RunningKind = "city", "gmina", "county"
		complexUnit, part, own, alone := at("complex", "126101", "complex"), at("part", "126101", "primary"), at("own", "126101", "primary"), at("alone", "126101", "primary")
		complexUnit.RunningMunicipality = "126101"
		part.RegisterParent, part.HeadUnit = ref("complex"), id["complex"]
		own.RunningID = ref("ngo")
		// The part stands first: the order of the list is of no account.
		err := d.Write(ctx, func(tx *db.Tx) error {
			return s.Save(ctx, tx, []Institution{part, own, alone, complexUnit, city, village, county, at("ngo", "126101", NGO)})
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			a, b string
			want bool
		}{
			{"city", "city", true}, {"city", "complex", true}, {"city", "part", true}, {"ngo", "own", true},
			{"city", "own", false}, {"city", "alone", false}, {"village", "complex", false},
			{"county", "complex", false}, // it only stands in the city
			{"complex", "city", false}, {"ngo", "complex", false}, {"own", "ngo", false}, {"alone", "complex", false},
		} {
			if got, err := s.Over(ctx, id[tt.a], id[tt.b]); err != nil || got != tt.want {
				t.Errorf("%s over %s: got %v, %v", tt.a, tt.b, got, err)
			}
		}
		for _, tt := range []struct {
			a, b string
			want bool
		}{
			{"complex", "part", true}, {"complex", "complex", true}, {"part", "complex", false},
			{"city", "complex", false}, {"city", "part", false}, {"ngo", "own", false}, // who runs is not who heads
		} {
			if got, err := s.Leads(ctx, id[tt.a], id[tt.b]); err != nil || got != tt.want {
				t.Errorf("%s leads %s: got %v, %v", tt.a, tt.b, got, err)
			}
		}
		for _, b := range []access.InstitutionID{"", "no-such"} {
			if got, err := s.Over(ctx, id["city"], b); err != nil || got {
				t.Errorf("over %q: got %v, %v", b, got, err)
			}
		}
		names, err := s.Names(ctx, []access.InstitutionID{id["ngo"], id["city"], "no-such"})
		if err != nil || len(names) != 2 || names[id["ngo"]] != "ngo" {
			t.Errorf("got %v, %v", names, err)
		}
		if names, err = s.Names(ctx, nil); err != nil || len(names) != 0 {
			t.Errorf("got %v, %v", names, err)
		}
	})
}

func TestWords(t *testing.T) {
	number := 123456
	i := Institution{Name: "Zespół Szkół nr 4", OfficialName: "ZESPÓŁ SZKÓŁ NR 4 IM. ŻÓŁKIEWSKIEGO", City: "Łódź-Górna", Street: "al. 3 Maja", RSPO: &number}
	got := wordsOf(&i)
	for _, word := range []string{"zespol", "szkol", "nr", "4", "zolkiewskiego", "lodz", "gorna", "maja", "123456"} {
		found := false
		for _, key := range got {
			found = found || key == wordKey(word)
		}
		if !found {
			t.Errorf("no %q among %q", word, got)
		}
	}
	if len(got) != 12 {
		t.Errorf("%d words, want each once: %q", len(got), got)
	}
	// The beginning of a word is a range.
	if from := wordKey("zol"); !(wordKey("zolkiewskiego") >= from && wordKey("zolkiewskiego") < from+"g") || wordKey("zom") < from+"g" {
		t.Error("a beginning is no range")
	}
	if wordsOf(&Institution{}) != nil {
		t.Error("words of nothing")
	}
}

func TestSeed(t *testing.T) {
	testkit.EachDB(t, writeModules, func(t *testing.T, d *db.DB) {
		s, ctx := writeService(t, d), t.Context()
		before, _ := db.Version(ctx, d, versionName)
		if err := s.Seed(ctx); err != nil {
			t.Fatal(err)
		}
		if after, _ := db.Version(ctx, d, versionName); after != before || before == 0 {
			t.Errorf("seeding again raised the version from %d to %d", before, after)
		}
		towns, err := Municipalities(ctx, d)
		if err != nil || len(towns) != 15 || towns[0].Name != "Biskupice" || towns[14].Name != "Zielonki" {
			t.Errorf("got %v, %v", towns, err)
		}
		tiles := map[[2]int]string{}
		for _, m := range towns {
			if other := tiles[[2]int{m.HexCol, m.HexRow}]; other != "" || !m.Member || len(m.TERC) != 7 || m.TERC[:6] != m.ID {
				t.Errorf("%s: %+v, tile shared with %q", m.Name, m, other)
			}
			tiles[[2]int{m.HexCol, m.HexRow}] = m.Name
		}
		var n int
		if err := d.Get(ctx, &n, `select count(*) from directory_districts where municipality = ?`, krakow); err != nil || n != 18 {
			t.Errorf("%d districts, %v", n, err)
		}
	})
}

func TestColumnsAndValuesAgree(t *testing.T) {
	if n := len((&Institution{}).values()); n != columnCount {
		t.Errorf("%d values for %d columns", n, columnCount)
	}
}
