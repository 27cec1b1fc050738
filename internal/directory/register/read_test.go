package register

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func readSample(t testing.TB, name string) File {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return mustRead(t, string(data))
}

func mustRead(t testing.TB, text string) File {
	t.Helper()
	f, err := Read(strings.NewReader(text), testLimit)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (f File) record(t testing.TB, rspo int) Record {
	t.Helper()
	for _, r := range f.Records {
		if r.RSPO == rspo {
			return r
		}
	}
	t.Fatalf("no record %d", rspo)
	return Record{}
}

// keys lists problems as "level key" (without the common beginning) of one institution.
func (f File) keys(rspo int) (keys []string) {
	for _, p := range f.Problems {
		if p.RSPO == rspo {
			keys = append(keys, string(p.Level)+" "+strings.TrimPrefix(p.Key, "register.problem."))
		}
	}
	slices.Sort(keys)
	return keys
}

func TestRead2020(t *testing.T) {
	f := readSample(t, "rspo-2020.csv")
	if f.Shape != RSPO2020 || f.Rows != 4 || len(f.Records) != 4 {
		t.Fatalf("shape %s, %d rows, %d records", f.Shape, f.Rows, len(f.Records))
	}
	want := Record{
		RSPO: 900002, Type: Primary, Name: "Szkoła Podstawowa nr 1 w Wymyślonce",
		OfficialName: "SZKOŁA PODSTAWOWA NR 1 W WYMYŚLONCE",
		Municipality: "120611", MunicipalityName: "Wymyślonka", County: "krakowski", Voivodeship: "małopolskie",
		City: "Wymyślonka", Street: "Zmyślona", House: "12", PostCode: "99-123",
		REGON: "123456785", NIP: "5991113333", Phone: "+48120000000",
		RunningName: "Gmina Wymyślonka", RunningKind: RunByGmina, Public: "public",
		Pupils: 312, HasPupils: true, Parent: 900001, FoundedOn: "1994-09-01",
	}
	if diff := cmp.Diff(want, f.record(t, 900002)); diff != "" {
		t.Error(diff)
	}
	for rspo, want := range map[int][]string{
		0:      {"note unknown_column"},
		900001: nil, 900002: nil,
		900003: {"error nip_invalid", "warning date_invalid", "warning post_code", "warning pupils_invalid",
			"warning regon_invalid", "warning website_invalid"},
		900004: {"note email_odd", "note formula", "warning pupils_invalid", "warning type_unknown"},
	} {
		if diff := cmp.Diff(want, f.keys(rspo)); diff != "" {
			t.Error(rspo, diff)
		}
	}
	closed := f.record(t, 900003)
	if closed.NIP != "" || closed.ClosedOn != "2022-08-31" || closed.RunningName != "" || closed.Street != "os. Letnie" ||
		closed.Flat != "" || closed.Public != "nonpublic" || closed.Website != "" {
		t.Errorf("%+v", closed)
	}
	if odd := f.record(t, 900004); odd.Type != Other || odd.Phone != "=CMD()" || odd.Name != `Przedszkole "Pod Dębem"` {
		t.Errorf("%+v", odd)
	}
}

func TestRead2022(t *testing.T) {
	f := readSample(t, "smk-2022.csv")
	want := Record{
		RSPO: 910002, Type: GeneralSecondary,
		Name:         "XXX Liceum Ogólnokształcące im. Jana III Zmyślonego w Krakowie",
		OfficialName: "XXX Liceum Ogólnokształcące im. Jana III Zmyślonego w Krakowie",
		Municipality: "126101", MunicipalityName: "Kraków", County: "Kraków", Voivodeship: "małopolskie",
		Delegatura: "126104", City: "Kraków", Street: "Zmyślona", House: "1", PostCode: "30-001",
		Lat: 50.03, Lon: 19.95, HasPoint: true,
		RunningName: "Gmina Miejska Kraków-Miasto na Prawach Powiatu", RunningKind: RunByCity, Parent: 910001,
	}
	if diff := cmp.Diff(want, f.record(t, 910002)); diff != "" {
		t.Error(diff)
	}
	if adopted := f.record(t, 910003); adopted.Parent != 910001 || adopted.Type != TechnicalSecondary {
		t.Errorf("a child its parent lists: %+v", adopted)
	}
	for rspo, want := range map[int][]string{
		0:      nil, // three at one point, but under one head
		910002: {"note name_repaired"},
		910004: {"warning point_abroad"}, // Malta
		910005: {"note parent_missing", "warning point_zero", "warning website_invalid"},
		910006: {"note point_missing"},
	} {
		if diff := cmp.Diff(want, f.keys(rspo)); diff != "" {
			t.Error(rspo, diff)
		}
	}
	if malta := f.record(t, 910004); malta.HasPoint || malta.Lat != 0 {
		t.Error("a pin in the sea")
	}
	if two := f.record(t, 910006); two.Name != "Poradnia dla Dzieci i Młodzieży" || two.Type != CounselingCenter {
		t.Errorf("%+v", two)
	}
}

const shortHeader = "rspo,official_name,teryt_gmina6,city,lat,lon\n"

func TestRefusals(t *testing.T) {
	row := "1,Szkoła,126101,Kraków,50,20\n"
	for name, c := range map[string]struct{ text, key string }{
		"empty":          {"", "empty"},
		"only a mark":    {"\ufeff", "empty"},
		"only blanks":    {"\n\n", "empty"},
		"zip":            {"PK\x03\x04rest", "zip"},
		"old excel":      {"\xd0\xcf\x11\xe0rest", "spreadsheet"},
		"utf-16":         {"\xff\xfer\x00s\x00", "utf16"},
		"utf-16 bare":    {"r\x00s\x00p\x00o\x00", "utf16"},
		"nul":            {shortHeader + "1,a\x00,126101,K,50,20\n", "binary"},
		"html":           {"<!DOCTYPE html><html>", "html"},
		"mixed":          {"rspo,official_name\n1,Szko\xb3a w \xa3odzi i w Łodzi\n", "not_utf8"},
		"cp1250 or not":  {"rspo,official_name\n1,\x9cwi\xeata \xb6wi\xeata\n", "not_utf8"},
		"undefined":      {"rspo,official_name\n1,\x9cwi\xeata \x9cwi\xeata \x9cwi\xeata \x9cwi\xeata \x9cwi\xeata\x81\n", "not_utf8"},
		"only quotes":    {"rspo,official_name\n1,\x84a\x94\n", "not_utf8"},
		"latin2":         {"rspo,official_name\n1,\xb6wi\xeata\n", "other_encoding"},
		"bytes":          {"rspo\n\xfe\xfd\xfc\x80\x81", "not_utf8"},
		"header only":    {shortHeader, "header_only"},
		"blank rows":     {shortHeader + ",,,,,\n\n", "header_only"},
		"strangers":      {"a;b;c\n1;2;3\n", "unknown_columns"},
		"json":           {`{"a": 1}`, "json_other"},
		"missing column": {"rspo,official_name,city,lat,lon\n1,a,b,50,20\n", "missing_column"},
		"missing number": {"official_name,teryt_gmina6,city,lat,lon\na,126101,b,50,20\n", "missing_column"},
		"double column":  {"rspo,official_name,teryt_gmina6,city,lat,lon,city\n", "double_column"},
		"short end":      {shortHeader + row + "2,Szkoła,1261", "truncated"},
		"short last row": {shortHeader + row + "2,Szkoła\n", "truncated"},
		"open quote":     {shortHeader + row + `2,"Szkoła,126101`, "truncated"},
		"bad header":     {"rspo,\"official_name\"x,city\n" + row, "bad_csv"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Read(strings.NewReader(c.text), testLimit)
			var refusal *Refusal
			if !errors.As(err, &refusal) || refusal.Key != "register.refused."+c.key {
				t.Errorf("got %v, want %s", err, c.key)
			}
		})
	}
}

func TestRefusalNamesEncodingAndLine(t *testing.T) {
	_, err := Read(strings.NewReader("rspo,official_name\n1,a\n2,Szko\xb3a w \xa3odzi, \xb6wi\xeata\n"), testLimit)
	want := &Refusal{Key: "register.refused.other_encoding", Args: map[string]string{"line": "3", "encoding": "ISO-8859-2"}}
	if diff := cmp.Diff(want, err); diff != "" {
		t.Error(diff)
	}
}

func TestTooLarge(t *testing.T) {
	text := shortHeader + "1,Szkoła,126101,Kraków,50,20\n"
	if _, err := Read(strings.NewReader(text), int64(len(text))); err != nil {
		t.Error("exactly at the limit:", err)
	}
	_, err := Read(strings.NewReader(text), int64(len(text))-1)
	var refusal *Refusal
	if !errors.As(err, &refusal) || refusal.Key != "register.refused.too_large" {
		t.Error(err)
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, os.ErrDeadlineExceeded }

func TestReaderError(t *testing.T) {
	if _, err := Read(brokenReader{}, testLimit); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error(err)
	}
}

// Each case is one row between two good ones.
func TestBadRows(t *testing.T) {
	good := func(n string) string { return n + ",Szkoła,126101,Kraków,50,20\n" }
	for name, c := range map[string]struct {
		row     string
		rspo    int
		keys    []string
		records int
	}{
		"short":          {"2,Szkoła\n", 2, []string{"error row_width"}, 2},
		"long":           {"2,Szkoła,126101,Kraków,50,20,21\n", 2, []string{"error row_width"}, 2},
		"long but empty": {"2,Szkoła,126101,Kraków,50,20,, \n", 2, nil, 3},
		"open quote":     {"2,\"Szkoła,126101,Kraków,50,20\n", 2, []string{"error row_broken"}, 2},
		"stray quote":    {"2,\"Szkoła\" nr 1,126101,Kraków,50,20\n", 2, []string{"error row_broken"}, 2},
		"quote inside":   {"2,Szkoła \"A\",126101,Kraków,50,20\n", 2, nil, 3},
		"excel number":   {"=\"2\",Szkoła,126101,Kraków,50,20\n", 2, nil, 3},
		"apostrophe":     {"'2,Szkoła,126101,Kraków,50,20\n", 2, nil, 3},
		"no number":      {",Szkoła,126101,Kraków,50,20\n", 0, []string{"error rspo_missing"}, 2},
		"not a number":   {"2a,Szkoła,126101,Kraków,50,20\n", 0, []string{"error rspo_invalid"}, 2},
		"zero":           {"0,Szkoła,126101,Kraków,50,20\n", 0, []string{"error rspo_invalid"}, 2},
		"huge":           {"99999999999999999999,Szkoła,126101,Kraków,50,20\n", 0, []string{"error rspo_invalid"}, 2},
		"no name":        {"2, ,126101,Kraków,50,20\n", 2, []string{"error name_missing"}, 2},
		"bad place":      {"2,Szkoła,990101,Kraków,50,20\n", 2, []string{"warning municipality_invalid"}, 3},
		"not a point":    {"2,Szkoła,126101,Kraków,pięć,20\n", 2, []string{"warning point_invalid"}, 3},
		"NaN":            {"2,Szkoła,126101,Kraków,NaN,20\n", 2, []string{"warning point_abroad"}, 3},
		"hidden":         {"2,Szko\u200bła\u202e,126101,Kraków,50,20\n", 2, []string{"note cleaned"}, 3},
		"formula":        {"2,=1+1,126101,Kraków,50,20\n", 2, []string{"note formula"}, 3},
		"long cell":      {"2," + strings.Repeat("ż", 600) + ",126101,Kraków,50,20\n", 2, []string{"warning too_long"}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			f := mustRead(t, shortHeader+good("1")+c.row+good("3"))
			if len(f.Records) != c.records || f.Rows != 3 {
				t.Errorf("%d records of %d rows", len(f.Records), f.Rows)
			}
			if diff := cmp.Diff(c.keys, f.keys(c.rspo)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A quote left open in row 2 closes at the end of row 3; row 3 must be read all the same.
func TestOpenQuoteSwallowsNoNeighbor(t *testing.T) {
	f := mustRead(t, shortHeader+"2,\"Szkoła,126101,Kraków,50,20\n3,Szkoła,126101,Dom\",50,20\n4,Szkoła,126101,Kraków,50,20\n")
	if len(f.Records) != 2 || f.record(t, 3).City != "Dom\"" {
		t.Errorf("%+v", f.Records)
	}
	if diff := cmp.Diff([]string{"error row_broken"}, f.keys(2)); diff != "" {
		t.Error(diff)
	}
}

func TestCleanedCells(t *testing.T) {
	f := mustRead(t, shortHeader+"1,  Szko\u200bła \u00a0 nr\t1 ,126101,Krako\u0301w,50,20\n2,"+strings.Repeat("ż", 600)+",126101,K,50,20\n")
	if r := f.record(t, 1); r.Name != "Szkoła nr 1" || r.City != "Kraków" {
		t.Errorf("%q, %q", r.Name, r.City)
	}
	if n := utf8.RuneCountInString(f.record(t, 2).Name); n != maxCell {
		t.Error(n)
	}
}

func TestDoubles(t *testing.T) {
	f := mustRead(t, shortHeader+
		"1,Szkoła,126101,Kraków,50,20\n"+
		"1,Szkoła,126101, Kraków,50,20\n"+
		"2,Szkoła,126101,Kraków,50,20\n"+
		"2,Inna,126101,Kraków,50,20\n"+
		"2,Szkoła,126101,Kraków,50,20\n")
	if len(f.Records) != 1 || f.Records[0].RSPO != 1 {
		t.Errorf("%+v", f.Records)
	}
	if diff := cmp.Diff([]string{"note double_same"}, f.keys(1)); diff != "" {
		t.Error(diff)
	}
	if keys := f.keys(2); len(keys) != 3 || keys[0] != "error double_differs" {
		t.Error(keys)
	}
}

func TestColumnsInAnyOrderAndDelimiter(t *testing.T) {
	f := mustRead(t, "city;lon;lat;teryt_gmina6;official_name;rspo;nowość\nKraków;20;50;126101;Szkoła;7;x\n")
	if r := f.record(t, 7); r.City != "Kraków" || r.Lat != 50 || r.Lon != 20 {
		t.Errorf("%+v", r)
	}
	if f.States("parent") || f.States("phone") || !f.States("city") || f.States("regon") {
		t.Error("states", f.Absent)
	}
}

func TestMunicipalityKey(t *testing.T) {
	for code, want := range map[string][2]string{
		"1261011": {"126101", ""}, "126101": {"126101", ""},
		"126104": {"126101", "126104"}, "1261059": {"126101", "126105"}, "126106": {"126106", ""},
		"0861011": {"086101", ""}, "861011": {"086101", ""}, "0601032": {"060103", ""},
		"": {}, "12610": {}, "12610111": {}, "9961011": {}, "12610a": {},
	} {
		key, delegatura := MunicipalityKey(code)
		if key != want[0] || delegatura != want[1] {
			t.Errorf("%q: %q, %q", code, key, delegatura)
		}
	}
}

func TestCheckPoints(t *testing.T) {
	records := []Record{
		{RSPO: 1, Municipality: "126101", HasPoint: true, Lat: 50, Lon: 20},
		{RSPO: 2, Municipality: "126101", HasPoint: true, Lat: 51, Lon: 20},
		{RSPO: 3, Municipality: "120607", HasPoint: true, Lat: 51, Lon: 20}, // no boundary
		{RSPO: 4, Municipality: "126101"},
	}
	problems := CheckPoints(records, func(municipality string, lat, _ float64) (ok, known bool) {
		return lat == 50, municipality == "126101"
	})
	if len(problems) != 1 || problems[0].RSPO != 2 || problems[0].Level != Warning {
		t.Errorf("%+v", problems)
	}
}

func TestSharedPoints(t *testing.T) {
	at := func(rspo, parent int) Record {
		return Record{RSPO: rspo, Parent: parent, HasPoint: true, Lat: 50, Lon: 20}
	}
	if p := sharedPoints([]Record{at(1, 0), at(2, 1), at(3, 1)}); p != nil {
		t.Error("a complex lives in one house:", p)
	}
	if p := sharedPoints([]Record{at(1, 0), at(2, 0)}); p != nil {
		t.Error("two may share a house:", p)
	}
	if p := sharedPoints([]Record{at(1, 0), at(2, 0), at(3, 0)}); len(p) != 1 || p[0].Args["numbers"] != "1, 2, 3" {
		t.Error(p)
	}
}

func TestFiveThousandRowsAreFast(t *testing.T) {
	var b strings.Builder
	b.WriteString(shortHeader)
	for i := 1; i <= 5000; i++ {
		b.WriteString(itoa(i) + ",Niepubliczna Szkoła Podstawowa Im. Jana Iii Zmyślonego W Krakowie,126101,Kraków,50.1,20.2\n")
	}
	start := time.Now()
	mustRead(t, b.String())
	if took := time.Since(start); took > 3*time.Second { // about 0.1 s here; the bound catches squares, not slow machines
		t.Error(took)
	}
}

func FuzzRead(f *testing.F) {
	for _, name := range []string{"rspo-2020.csv", "smk-2022.csv", "rspo-today.csv", "rspo-today-1250.csv", "rspo-api.json"} {
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data))
	}
	f.Add(shortHeader + "1,\"a\nb\",126101,K,50,20\n1,c,126101,K,50,20\n2,\"open,1,2,3,4\n")
	f.Add(`{"hydra:totalItems":1,"hydra:member":[` + oneSchool + `]}[[` + oneSchool + `],[]]`)
	f.Add(`[{"numerRspo":1e1,"nazwa":{},"geolokalizacja":[{"latitude":[]}],"podmiotProwadzacy":[[]],"placowkiPodrzedne":[1,"2"]}]`)
	f.Fuzz(func(t *testing.T, text string) {
		file, err := Read(strings.NewReader(text), 1<<20)
		var refusal *Refusal
		if err != nil {
			if !errors.As(err, &refusal) {
				t.Fatal(err)
			}
			return
		}
		if len(file.Records) > file.Rows {
			t.Error("more records than rows")
		}
		for _, r := range file.Records {
			if r.RSPO <= 0 || r.Name == "" || !utf8.ValidString(r.Name) || r.HasPoint && (r.Lat < minLat || r.Lon > maxLon) {
				t.Errorf("%+v", r)
			}
		}
		d := Compare(nil, file)
		if again := Compare(applied(nil, d), file); len(again.Changes) != 0 {
			t.Errorf("the same file again: %+v", again.Changes)
		}
	})
}
