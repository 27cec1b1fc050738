package register

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadAPI(t *testing.T) {
	f := readSample(t, "rspo-api.json")
	if f.Shape != RSPOAPI || f.Rows != 7 || len(f.Records) != 4 {
		t.Fatalf("shape %s, %d rows, %d records", f.Shape, f.Rows, len(f.Records))
	}
	want := Record{
		RSPO: 930001, Type: Complex, Name: "Zespół Szkół nr 1 w Krakowie", OfficialName: "ZESPÓŁ SZKÓŁ NR 1 W KRAKOWIE",
		Municipality: "126101", MunicipalityName: "Kraków", Delegatura: "126104", County: "Kraków", Voivodeship: "małopolskie",
		City: "Kraków", Street: "Zmyślona", House: "12", PostCode: "30-001", Lat: 50.03, Lon: 19.95, HasPoint: true,
		REGON: "123456785", NIP: "5991113333", Phone: "120000000", Email: "zs1@example.org", Website: "http://zs1.example.org",
		RunningName: "Gmina Miejska Kraków", RunningKind: RunByCity, RunningREGON: "123456785", Public: "public",
		Children: []int{930002, 930003}, FoundedOn: "1994-09-01", StartedOn: "1994-09-01",
	}
	if diff := cmp.Diff(want, f.record(t, 930001)); diff != "" {
		t.Error(diff)
	}
	for rspo, want := range map[int][]string{
		0:      {"error json_row", "error rspo_missing", "note unknown_column"},
		930001: nil, 930002: nil,
		930003: {"warning json_type", "warning json_type", "warning json_type", "warning json_type", "warning json_type",
			"warning json_type", "warning json_type", "warning json_type", "warning pupils_invalid"},
		930004: {"note point_missing", "warning children_invalid"},
		930005: {"error name_missing"},
	} {
		if diff := cmp.Diff(want, f.keys(rspo)); diff != "" {
			t.Error(rspo, diff)
		}
	}
	if school := f.record(t, 930002); school.Lat != 50.03 || school.Parent != 930001 || school.Pupils != 312 ||
		school.Phone != "120000000" || school.RunningKind != RunByGmina {
		t.Errorf("%+v", school)
	}
	if closed := f.record(t, 930004); closed.ClosedOn != "2024-08-31" || closed.RunningName+closed.RunningREGON != "" {
		t.Errorf("%+v", closed)
	}
	var dropped []string
	for _, p := range f.Problems {
		if p.RSPO == 930003 && p.Dropped {
			dropped = append(dropped, p.Field)
		}
	}
	slices.Sort(dropped)
	lost := []string{"closed_on", "delegatura", "municipality", "point", "pupils", "running_kind", "running_name",
		"running_regon", "type"}
	if diff := cmp.Diff(lost, dropped); diff != "" {
		t.Error(diff)
	}
	if odd := f.record(t, 930003); odd.HasPoint || odd.Parent != 930001 || odd.Type != Other {
		t.Errorf("%+v", odd)
	}
}

const oneSchool = `{"numerRspo":1,"nazwa":"Szkoła","gminaKodTERYT":"126101"}`

func schools(from, to int) string {
	var b strings.Builder
	for i := from; i <= to; i++ {
		if i > from {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"numerRspo":%d,"nazwa":"Szkoła","gminaKodTERYT":"126101"}`, i)
	}
	return b.String()
}

// What the file does not mention, the register does not state.
func TestAPIStates(t *testing.T) {
	f := mustRead(t, "["+oneSchool+"]")
	for _, field := range []string{"point", "phone", "pupils", "children", "running_name", "sports_grounds", "closed_on"} {
		if f.States(field) {
			t.Error(field)
		}
	}
	if !f.States("name") || !f.States("municipality") || slices.Contains(f.keys(1), "note point_missing") {
		t.Error("a name is stated, a point is not even missed")
	}
	if !mustRead(t, `[`+strings.Replace(oneSchool, "}", `,"geolokalizacja":null}`, 1)+`]`).States("point") {
		t.Error("null says that there is none")
	}
}

// Only a file that proves to be whole may close what it does not list.
func TestAPIWhole(t *testing.T) {
	known := []Known{{ID: "x", Record: Record{RSPO: 900, Municipality: "126101"}}}
	for name, c := range map[string]struct {
		text  string
		rows  int
		key   string
		whole bool
	}{
		"a page":                 {"[" + schools(1, 3) + "]", 3, "json_unproven", false},
		"one page in a list":     {"[[" + schools(1, 3) + "]]", 3, "json_unproven", false},
		"pages without an end":   {"[[" + schools(1, 2) + "],[" + schools(3, 3) + "]]", 3, "json_unproven", false},
		"pages with an end":      {"[[" + schools(1, 2) + "],[" + schools(3, 3) + "],[]]", 3, "", true},
		"pages in a row":         {"[" + schools(1, 2) + "]\n[" + schools(3, 3) + "]\n", 3, "json_unproven", false},
		"a page twice":           {"[[" + schools(1, 2) + "],[" + schools(1, 2) + "],[]]", 4, "json_unproven", false},
		"an envelope":            {`{"hydra:totalItems":2,"hydra:member":[` + schools(1, 2) + `]}`, 2, "", true},
		"a part":                 {`{"hydra:member":[` + schools(1, 2) + `],"hydra:totalItems":3}`, 2, "json_part", false},
		"envelopes":              {`[{"member":[` + schools(1, 2) + `],"totalItems":3},{"member":[` + schools(3, 3) + `],"totalItems":3}]`, 3, "", true},
		"an envelope twice":      {strings.Repeat(`{"hydra:totalItems":4,"hydra:member":[`+schools(1, 2)+`]}`, 2), 4, "json_part", false},
		"an envelope and no sum": {`{"hydra:member":[` + schools(1, 2) + `]}`, 2, "json_unproven", false},
	} {
		t.Run(name, func(t *testing.T) {
			f := mustRead(t, c.text)
			if f.Rows != c.rows {
				t.Error(f.Rows, "rows")
			}
			found := slices.ContainsFunc(f.Problems, func(p Problem) bool {
				return p.Level == Error && p.RSPO == 0 && p.Key == "register.problem."+c.key
			})
			d := Compare(known, f)
			if found != (c.key != "") || (d.Closed == 1) != c.whole || (d.Withheld == 1) == c.whole {
				t.Errorf("%+v, %d closed, %d withheld", f.Problems, d.Closed, d.Withheld)
			}
		})
	}
}

func TestAPIRefusals(t *testing.T) {
	deep := strings.Repeat("[", 100_000)
	for name, c := range map[string]struct{ text, key string }{
		"nothing":          {"[]", "json_empty"},
		"pages of nothing": {"[[],[]]", "json_empty"},
		"no members":       {`{"hydra:member":[],"hydra:totalItems":0}`, "json_empty"},
		"an error":         {`{"code":401,"message":"nie"}`, "json_other"},
		"one institution":  {oneSchool, "json_other"},
		"a map":            {`{"type":"FeatureCollection","features":[]}`, "json_other"},
		"other objects":    {`[{"id":1},{"id":2}]`, "json_other"},
		"numbers":          {`[1,2]`, "json_other"},
		"members of none":  {`{"hydra:member":5}`, "json_other"},
		"deep lists":       {deep, "json_other"},
		"deep envelopes":   {strings.Repeat(`[{"member":`, 100_000), "json_other"},
		"deep value":       {`[{"x":` + deep, "json_bad"},
		"and then":         {"[" + oneSchool + "] 5", "json_other"},
		"rest":             {"[" + oneSchool + "]]", "json_bad"},
		"no comma":         {"[" + oneSchool + oneSchool + "]", "json_bad"},
		"cut in a list":    {"[" + oneSchool, "json_truncated"},
		"cut in a name":    {`[{"numerRspo":1,"naz`, "json_truncated"},
		"cut after":        {"[" + oneSchool + ",", "json_truncated"},
		"cp1250":           {"[{\"numerRspo\":1,\"nazwa\":\"Szko\xb3a\"}]", "json_not_utf8"},
		"bytes":            {"[\x00\x01]", "json_bad"},
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

func TestAPILimit(t *testing.T) {
	for _, mark := range []string{"", "\ufeff", " \r\n"} {
		text := mark + "[" + schools(1, 2000) + "]"
		if _, err := Read(strings.NewReader(text), int64(len(text))); err != nil {
			t.Error("exactly at the limit:", err)
		}
		_, err := Read(strings.NewReader(text), int64(len(text))-1)
		var refusal *Refusal
		if !errors.As(err, &refusal) || refusal.Key != "register.refused.too_large" {
			t.Error(err)
		}
	}
	broken := io.MultiReader(strings.NewReader("["+schools(1, 2000)), brokenReader{})
	var refusal *Refusal
	if _, err := Read(broken, testLimit); err == nil || errors.As(err, &refusal) {
		t.Error("an error of the reader is no refusal:", err)
	}
}

// A value of a million letters is of no kind that is wanted; the rest of the row is taken.
func TestAPIHugeValue(t *testing.T) {
	f := mustRead(t, `[{"numerRspo":1,"nazwa":"Szkoła","gminaKodTERYT":"126101","telefon":"`+strings.Repeat("1", 1<<20)+`"}]`)
	if len(f.Records) != 1 || f.Records[0].Phone != "" || !slices.Contains(f.keys(1), "warning json_type") {
		t.Errorf("%v", f.keys(1))
	}
}

func TestDayOf(t *testing.T) {
	for text, want := range map[string]string{
		"2020-08-31T22:00:00.000+00:00": "2020-09-01", "2020-12-31T23:00:00Z": "2021-01-01", "2020-09-01T00:00:00": "2020-09-01",
		"2020-09-01T00:00:00+0200": "2020-09-01", "2020-09-01": "2020-09-01", "wczoraj": "wczoraj",
	} {
		if got := dayOf(text); got != want {
			t.Errorf("%s: %s", text, got)
		}
	}
}

// manySchools makes an answer of the API as it comes over the line, without ever holding it.
type manySchools struct {
	n, all int
	rest   string
}

func (m *manySchools) Read(into []byte) (int, error) {
	for m.rest == "" {
		if m.n > m.all {
			return 0, io.EOF
		}
		switch m.n++; {
		case m.n == 1:
			m.rest = "["
		case m.n > m.all:
			m.rest = "]"
			return copy(into, "]"), io.EOF
		default:
			m.rest = fmt.Sprintf(`{"numerRspo":%d,"nazwa":"Szkoła Podstawowa nr %d","typ":{"id":3,"nazwa":"Szkoła podstawowa"},`+
				`"gminaKodTERYT":"1261011","x":%q,"geolokalizacja":{"latitude":%f,"longitude":19.9}},`, m.n, m.n,
				strings.Repeat("y", 1500), 50+float64(m.n)/100_000)
			if m.n == m.all {
				m.rest = strings.TrimSuffix(m.rest, ",")
			}
		}
	}
	n := copy(into, m.rest)
	m.rest = m.rest[n:]
	return n, nil
}

// Sixteen thousand institutions are 29 MB of text. Read keeps the records, not the text.
func TestAPIStreams(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 29 MB")
	}
	f, err := Read(&watched{Reader: &manySchools{all: 16_000}, t: t}, 128<<20)
	if err != nil || len(f.Records) != 15_999 {
		t.Fatal(err, len(f.Records))
	}
}

// watched looks at the memory in use near the end of the text.
type watched struct {
	io.Reader
	t    testing.TB
	read int
}

func (w *watched) Read(into []byte) (int, error) {
	n, err := w.Reader.Read(into)
	before := w.read
	w.read += n
	if at := 25 << 20; before < at && w.read >= at {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		w.t.Logf("%d MB in use after %d MB of text", m.HeapAlloc>>20, w.read>>20)
		if m.HeapAlloc > 25<<20 {
			w.t.Errorf("%d MB in use", m.HeapAlloc>>20)
		}
	}
	return n, err
}
