package plan

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kladka/internal/agreements/formula"
	"kladka/internal/directory"
	"kladka/internal/platform/sheet"
)

// invented are municipalities that are nowhere.
func invented() []directory.Municipality {
	return []directory.Municipality{{ID: "126198", TERC: "1261981", Name: "Klonów", Member: true}, {ID: "120698", TERC: "1206982", Name: "Lipowa", Member: true},
		{ID: "120699", TERC: "1206992", Name: "Dębina Górna", Member: true}}
}

func readText(t *testing.T, text string, school bool) ([]Datum, []Trouble, error) {
	t.Helper()
	table, err := sheet.Read(strings.NewReader(text), figureLimits())
	if err != nil {
		t.Fatal(err)
	}
	return readFigures(table, invented(), school)
}

func TestReadFigures(t *testing.T) {
	sample, err := os.ReadFile("testdata/egzamin.csv")
	if err != nil {
		t.Fatal(err)
	}
	got, troubles, err := readText(t, string(sample), true)
	if err != nil || len(troubles) > 0 {
		t.Fatal(troubles, err)
	}
	want := []Datum{{Year: 2024, Value: "54.3"}, {Town: "126198", Year: 2024, Value: "57.1", Note: "bez szkół specjalnych"}, {Town: "120698", Year: 2024, Value: "48"},
		{Town: "120699", Year: 2024, Value: "1050.5"}, {Year: 2023, Value: "52.9"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A sheet with one wrong row gives nothing, and names the row.
func TestReadFiguresRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		rows   string
		school bool
		want   string
	}{
		"town":             {"Warszawa;2024;1", true, "plan.sheet.town"},
		"empty town":       {";2024;1", true, "plan.sheet.town"},
		"year":             {"Lipowa;wczoraj;1", true, "plan.sheet.year"},
		"year of no pair":  {"Lipowa;2024/2026;1", true, "plan.sheet.year"},
		"year long ago":    {"Lipowa;1410;1", false, "plan.sheet.year"},
		"pair of calendar": {"Lipowa;2024/2025;1", false, "plan.sheet.calendar"},
		"value":            {"Lipowa;2024;dużo", true, "plan.sheet.value"},
		"no value":         {"Lipowa;2024;", true, "plan.sheet.value"},
		"infinite":         {"Lipowa;2024;1e999", true, "plan.sheet.value"},
		"twice":            {"Lipowa;2024;1\ngmina Lipowa;2024/2025;2", true, "plan.sheet.twice"},
		"two troubles":     {"Warszawa;kiedyś;1", true, "plan.sheet.town plan.sheet.year"},
	} {
		t.Run(name, func(t *testing.T) {
			list, troubles, err := readText(t, "Gmina;Rok;Wartość\nKlonów;2020;5\n"+c.rows+"\n", c.school)
			if err != nil || list != nil {
				t.Fatalf("%v, %v", list, err)
			}
			var keys []string
			for _, one := range troubles {
				keys = append(keys, one.Key)
				if one.Row < 3 {
					t.Errorf("%s names row %d", one.Key, one.Row)
				}
			}
			if got := strings.Join(keys, " "); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
	if _, _, err := readText(t, "Gmina;Wartość\nLipowa;1\n", true); err == nil {
		t.Error("a sheet without years was read")
	}
}

// FuzzReadFigures: whatever is sent, either nothing is taken and it is said why,
// or every figure is of a member, a year and a number, and none stands twice.
func FuzzReadFigures(f *testing.F) {
	sample, _ := os.ReadFile("testdata/egzamin.csv") // the other seeds do without
	for _, seed := range []string{string(sample), "Gmina;Rok;Wartość\nLipowa;2024;1", "gmina,rok,wartosc\n\"Razem\",2024,\"-0,00\"", "Kod\tRok\tLiczba\n120698\t2024,0\t1 000", ";;\n;;"} {
		f.Add([]byte(seed), true)
		f.Add([]byte(seed), false)
	}
	f.Fuzz(func(t *testing.T, data []byte, school bool) {
		table, err := sheet.Read(bytes.NewReader(data), figureLimits())
		if err != nil {
			return
		}
		list, troubles, err := readFigures(table, invented(), school)
		if err == nil && (len(list) > 0) == (len(troubles) > 0) {
			t.Fatalf("%d figures and %d troubles", len(list), len(troubles))
		}
		seen := map[string]bool{}
		for _, d := range list {
			key := restKey("s", d.Year, d.Town)
			if canonical, _, ok := formula.Decimal(d.Value); !ok || canonical != d.Value || d.Year < firstYear || d.Year > lastYear || seen[key] {
				t.Errorf("figure %+v", d)
			}
			seen[key] = true
			if r := restOf(key); r.Town != d.Town || r.Year != d.Year || r.Source != "s" {
				t.Errorf("%s is read as %+v", key, r)
			}
		}
	})
}
