package register

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
)

func TestReadToday(t *testing.T) {
	f := readSample(t, "rspo-today.csv")
	if f.Shape != RSPOToday || f.Rows != 4 || len(f.Records) != 4 || f.Absent != nil {
		t.Fatalf("shape %s, %d rows, %d records, absent %v", f.Shape, f.Rows, len(f.Records), f.Absent)
	}
	want := Record{
		RSPO: 920001, Type: Complex, Name: `Zespół Szkół; nr 1 "Zmyślony" w Krakowie`,
		OfficialName: `ZESPÓŁ SZKÓŁ; NR 1 "ZMYŚLONY" W KRAKOWIE`,
		Municipality: "126101", MunicipalityName: "Kraków", Delegatura: "126104", County: "Kraków", Voivodeship: "małopolskie",
		City: "Kraków", Street: "Zmyślona", House: "12", PostCode: "30-001",
		REGON: "123456785", NIP: "5991113333", Phone: "+48 12 000 00 00", Email: "zs1@example.org",
		Website: "http://zs1.example.org", RunningName: "Gmina Miejska Kraków", RunningKind: RunByCity, Public: "public",
		FoundedOn: "1994-01-01", StartedOn: "1994-09-01", RunningREGON: "123456785", RunningNIP: "5991113333",
		SportsGrounds: "boisko, sala gimnastyczna, bieżnia", Specialists: "psychologist,pedagogue",
	}
	if diff := cmp.Diff(want, f.record(t, 920001)); diff != "" {
		t.Error(diff)
	}
	for rspo, want := range map[int][]string{
		0:      {"note unknown_column", "note unknown_column", "note unknown_column", "note unknown_column"},
		920001: nil,
		920002: {"warning nip_invalid", "warning yes_no"},
		920003: nil,
		920004: {"note formula", "warning date_invalid", "warning municipality_disagrees", "warning type_unknown"},
	} {
		if diff := cmp.Diff(want, f.keys(rspo)); diff != "" {
			t.Error(rspo, diff)
		}
	}
	school := f.record(t, 920002)
	if school.Municipality != "120611" || school.PostOffice != "Zmyślone Małe" || school.Phone != "120000000" ||
		school.Parent != 920001 || school.Pupils != 312 || school.Languages != "angielski, niemiecki" ||
		school.Specifics != "integracyjna" || school.PupilCategory != "Dzieci lub młodzież" || school.Specialists != "" ||
		school.PostCode != "99-123" || school.RunningNIP != "" {
		t.Errorf("%+v", school)
	}
	closed := f.record(t, 920003)
	if closed.Municipality != "060103" || closed.ClosedOn != "2024-08-31" || closed.RunningKind != RunByPrivate ||
		closed.RunningName+closed.RunningREGON+closed.RunningNIP != "" || !closed.HasPupils || closed.Pupils != 0 {
		t.Errorf("a person's name or number is kept: %+v", closed)
	}
	if f.record(t, 920004).Municipality != "120611" {
		t.Error("the municipality is believed")
	}
}

// The same rows in the other encoding give the same records, and a note.
func TestRead1250(t *testing.T) {
	want, got := readSample(t, "rspo-today.csv"), readSample(t, "rspo-today-1250.csv")
	if diff := cmp.Diff(want.Records, got.Records); diff != "" {
		t.Error(diff)
	}
	note := Problem{Level: Note, Key: "register.problem.decoded", Args: map[string]string{"encoding": "Windows-1250"}}
	if diff := cmp.Diff(note, got.Problems[0]); diff != "" || len(got.Problems) != len(want.Problems)+1 {
		t.Error(diff, len(got.Problems))
	}
}

// The point is not stated: a file without coordinates takes none away.
func TestTodayStates(t *testing.T) {
	f := readSample(t, "rspo-today.csv")
	if f.States("point") || f.States("children") || !f.States("pupils") || !f.States("sports_grounds") || !f.States("specialists") {
		t.Error("what today's export states")
	}
}

func sampleLines(t testing.TB, name string) (header []string, rows [][]string) {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	s := &splitter{text: strings.TrimPrefix(string(data), "\ufeff"), delimiter: ';'}
	for l, more := s.next(); more; l, more = s.next() {
		rows = append(rows, l.cells)
	}
	return rows[0], rows[1:]
}

func joinLines(rows ...[]string) string {
	var b strings.Builder
	for _, row := range rows {
		for i, cell := range row {
			if i > 0 {
				b.WriteByte(';')
			}
			b.WriteString(`"` + strings.ReplaceAll(cell, `"`, `""`) + `"`)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestTodayInAnyOrder(t *testing.T) {
	want := readSample(t, "rspo-today.csv").Records
	header, rows := sampleLines(t, "rspo-today.csv")
	slices.Reverse(header)
	for _, row := range rows {
		slices.Reverse(row)
	}
	if diff := cmp.Diff(want, mustRead(t, joinLines(append([][]string{header}, rows...)...)).Records); diff != "" {
		t.Error(diff)
	}
}

func TestTodayMissingColumns(t *testing.T) {
	header, rows := sampleLines(t, "rspo-today.csv")
	without := func(drop ...string) string {
		keep := func(row []string) (kept []string) {
			for i, cell := range row {
				if !slices.Contains(drop, header[i]) {
					kept = append(kept, cell)
				}
			}
			return kept
		}
		return joinLines(keep(header), keep(rows[2]))
	}
	for _, c := range []struct {
		drop   []string
		level  Level
		absent []string
	}{
		{[]string{"Faks", "Oddziały dodatkowe"}, Note, nil},
		{[]string{"Tereny sportowe"}, Warning, []string{"sports_grounds"}},
		{[]string{"Czy zatrudnia pedagoga"}, Warning, []string{"specialists"}},
		{[]string{"Liczba uczniów", "REGON organu prowadzącego"}, Warning, []string{"running_regon", "pupils"}},
	} {
		f := mustRead(t, without(c.drop...))
		if diff := cmp.Diff(c.absent, f.Absent); diff != "" || f.Shape != RSPOToday {
			t.Error(c.drop, f.Shape, diff)
		}
		at := slices.IndexFunc(f.Problems, func(p Problem) bool { return p.Key == "register.problem.missing_columns" })
		if at < 0 || f.Problems[at].Level != c.level || f.Problems[at].Args["columns"] != strings.Join(c.drop, ", ") && c.absent == nil {
			t.Errorf("%v: %+v", c.drop, f.Problems)
		}
	}
	for _, needed := range []string{"Numer RSPO", "Nazwa", "Kod terytorialny gmina"} {
		_, err := Read(strings.NewReader(without(needed)), testLimit)
		var refusal *Refusal
		if !errors.As(err, &refusal) || refusal.Key != "register.refused.missing_column" || refusal.Args["shape"] != string(RSPOToday) {
			t.Error(needed, err)
		}
	}
}

// The header the shared data names, all of it.
func TestSharedColumns(t *testing.T) {
	data := new(bytes.Buffer)
	if _, err := data.ReadFrom(sharedFile(t, "current-export-columns.txt")); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(data.String()), "\n")
	header := strings.Split(lines[len(lines)-1], ";")
	l, err := recognize(header)
	if err != nil || l.shape != RSPOToday || len(header) != 50 {
		t.Fatal(l.shape, err, len(header))
	}
	_, unknown, absent := l.positions(header)
	if missing, _ := l.missing(header); unknown != nil || absent != nil || missing != nil {
		t.Error(unknown, absent, missing)
	}
}

// manyToday makes rows of today's export without any dirt.
func manyToday(n int) (header []string, rows [][]string) {
	header, sample := sampleLines(new(testing.T), "rspo-today.csv")
	for i := range n {
		row := slices.Clone(sample[0])
		row[0] = itoa(500_000 + i)
		rows = append(rows, row)
	}
	return header, rows
}

// Every value one column aside, to either side: as it comes out when a cell is pasted over the whole column.
func TestShiftedColumns(t *testing.T) {
	header, rows := manyToday(20)
	if f := mustRead(t, joinLines(append([][]string{header}, rows...)...)); len(f.Records) != 20 {
		t.Fatal(len(f.Records))
	}
	shift := func(row []string, by int) []string {
		if by > 0 {
			return append([]string{""}, row[:len(row)-1]...)
		}
		return append(slices.Clone(row[1:]), "")
	}
	for _, by := range []int{-1, 1} {
		var shifted [][]string
		for _, row := range rows {
			shifted = append(shifted, shift(row, by))
		}
		_, err := Read(strings.NewReader(joinLines(append([][]string{header}, shifted...)...)), testLimit)
		var refusal *Refusal
		if !errors.As(err, &refusal) || refusal.Key != "register.refused.shifted" || refusal.Args["rows"] != "20" {
			t.Error(by, err)
		}
	}
}

func TestMunicipalityCode(t *testing.T) {
	for _, c := range []struct{ municipality, county, voivodeship, want string }{
		{"1261011", "1261", "12", "1261011"}, {"126101", "1261", "12", "126101"}, {"1261011", "", "", "1261011"},
		{"0201011", "0201", "02", "0201011"}, {"201011", "201", "2", "0201011"}, {"201011", "2010", "20", "201011"},
		{"20101", "0201", "02", "020101"}, {"011", "1261", "12", "1261011"}, {"11", "61", "12", "126111"},
		{"1", "1", "2", "020101"}, {"01", "06", "12", "120601"}, {"1206112", "1219", "12", "1206112"},
		{"x", "1261", "12", "x"}, {"", "1261", "12", ""}, {"12345678901", "1261", "12", "12345678901"}, {"011", "99", "99", "011"},
	} {
		cells := &cells{values: []string{c.municipality, c.county, c.voivodeship},
			at: map[string]int{"municipality": 0, "county_code": 1, "voivodeship_code": 2}}
		if got := cells.municipalityCode(); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

func TestWrappedCells(t *testing.T) {
	for cell, want := range map[string]string{
		`="0123"`: "0123", `'0123`: "0123", `'+48 12`: "+48 12", `'=1+1`: "=1+1", `'n Dom`: "'n Dom", `="a ""b"""`: `a "b"`, `="`: `="`,
	} {
		if got := unwrap(cell); got != want {
			t.Errorf("%s: %s", cell, got)
		}
	}
	s := &splitter{delimiter: ';', text: "=\"a;b\";=\"\";=\"open;2\n=\"c\nd\";3\n=\"1\";\"=\"\"02;\"\"\"\n"}
	var got [][]string
	for l, more := s.next(); more; l, more = s.next() {
		got = append(got, l.cells)
	}
	want := [][]string{{`="a;b"`, `=""`, `="open`, "2"}, {`="c`}, {`d"`, "3"}, {`="1"`, `="02;"`}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Polish text in Windows-1250 is read letter by letter as it was written, or refused; it never becomes another text.
func FuzzWindows1250(f *testing.F) {
	f.Add("Szkoła Podstawowa w Łodzi")
	f.Add("Żłobek „Pod Dębem” – filia, ul. Źródlana 5")
	f.Add("ÄÖÜ ß")
	f.Fuzz(func(t *testing.T, name string) {
		encoded, err := charmap.Windows1250.NewEncoder().String("2,\"Zażółć gęślą jaźń ąśź ĄŚŹ " + name + "\"\n")
		if err != nil {
			return
		}
		text, decoded, err := load(strings.NewReader(encoded), 1<<20)
		if err != nil {
			return
		}
		if decoded != windows1250 || text != "2,\"Zażółć gęślą jaźń ąśź ĄŚŹ "+name+"\"\n" {
			t.Errorf("%q became %q", name, text)
		}
	})
}
