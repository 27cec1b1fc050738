package register

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// applied is what the database would hold after a person agreed to a difference.
func applied(known []Known, d Difference) []Known {
	after := slices.Clone(known)
	at := map[int]int{}
	for i, k := range after {
		at[k.Record.RSPO] = i
	}
	for _, c := range d.Changes {
		if c.Kind == New {
			after = append(after, Known{ID: "id-" + itoa(c.RSPO), Record: c.Record})
			continue
		}
		k := &after[at[c.RSPO]]
		k.Record = c.Record
		k.Closed = c.Kind == Closed || k.Closed && c.Kind != Reopened
	}
	return after
}

func school(rspo int, municipality string) Record {
	return Record{RSPO: rspo, Name: "Szkoła " + itoa(rspo), Type: Primary, Municipality: municipality}
}

func known(records ...Record) (list []Known) {
	for _, r := range records {
		list = append(list, Known{ID: "id-" + itoa(r.RSPO), Record: r})
	}
	return list
}

func kinds(d Difference) (list []string) {
	for _, c := range d.Changes {
		list = append(list, fmt.Sprint(c.Kind, " ", c.RSPO))
	}
	return list
}

func TestCompare(t *testing.T) {
	a, b, far := school(1, "126101"), school(2, "126101"), school(3, "120607")
	renamed := a
	renamed.Name = "Nowa nazwa"
	ended := a
	ended.ClosedOn = "2022-08-31"
	for name, c := range map[string]struct {
		known    []Known
		file     File
		want     []string
		same     int
		withheld int
	}{
		"nothing known":          {nil, File{Records: []Record{b, a}}, []string{"new 1", "new 2"}, 0, 0},
		"the same":               {known(a, b), File{Records: []Record{b, a}}, nil, 2, 0},
		"changed":                {known(a), File{Records: []Record{renamed}}, []string{"changed 1"}, 0, 0},
		"vanished":               {known(a, b), File{Records: []Record{a}}, []string{"closed 2"}, 1, 0},
		"out of scope":           {known(a, far), File{Records: []Record{a}}, nil, 1, 0},
		"says it is closed":      {known(a), File{Records: []Record{ended}}, []string{"closed 1"}, 0, 0},
		"closed before we came":  {nil, File{Records: []Record{ended}}, nil, 0, 0},
		"closed and still so":    {[]Known{{Record: ended, Closed: true}}, File{Records: []Record{ended}}, nil, 1, 0},
		"back again":             {[]Known{{Record: ended, Closed: true}}, File{Records: []Record{a}}, []string{"reopened 1"}, 0, 0},
		"vanished while closed":  {[]Known{{Record: b, Closed: true}}, File{Records: []Record{a}}, []string{"new 1"}, 0, 0},
		"row left out":           {known(a, b), File{Records: []Record{a}, Problems: []Problem{{RSPO: 2, Level: Error}}}, nil, 1, 0},
		"warned, yet vanished":   {known(a, b), File{Records: []Record{a}, Problems: []Problem{{RSPO: 2, Level: Warning}}}, []string{"closed 2"}, 1, 0},
		"row without number":     {known(a, b), File{Records: []Record{a}, Problems: []Problem{{Level: Error}}}, nil, 1, 1},
		"whole file unreadable":  {known(a), File{Problems: []Problem{{Level: Error}}}, nil, 0, 0},
		"no municipality at all": {known(school(1, "")), File{Records: []Record{school(2, "")}}, []string{"new 2"}, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			c.file.Shape = RSPO2020
			d := Compare(c.known, c.file)
			if diff := cmp.Diff(c.want, kinds(d)); diff != "" {
				t.Error(diff)
			}
			if d.Same != c.same || d.Withheld != c.withheld {
				t.Errorf("same %d, withheld %d", d.Same, d.Withheld)
			}
		})
	}
}

// The 2022 file has no telephones and guesses types: it must blank neither a telephone nor a type from the register.
func TestCompareKeepsWhatTheFileDoesNotState(t *testing.T) {
	before := school(1, "126101")
	before.Phone, before.Type, before.ClosedOn = "120000000", Arts, "2021-08-31"
	row := school(1, "126101")
	row.Name, row.Type = "Nowa", Primary
	d := Compare([]Known{{ID: "x", Record: before, Closed: true}}, File{Shape: SMK2022, Records: []Record{row}})
	want := before
	want.Name, want.ClosedOn = "Nowa", ""
	if diff := cmp.Diff(want, d.Changes[0].Record); diff != "" {
		t.Error(diff)
	}
	fields := []FieldChange{{Field: "name", Before: "Szkoła 1", After: "Nowa"}, {Field: "closed_on", Before: "2021-08-31"}}
	if diff := cmp.Diff(fields, d.Changes[0].Fields); diff != "" {
		t.Error(diff)
	}
}

func TestCompareFillsGaps(t *testing.T) {
	before, row := school(1, "126101"), school(1, "126101")
	before.Type, row.Type = Other, Music
	d := Compare(known(before), File{Shape: SMK2022, Records: []Record{row}})
	if len(d.Changes) != 1 || d.Changes[0].Record.Type != Music {
		t.Errorf("%+v", d.Changes)
	}
}

func TestCompareKeepsWhatWasDropped(t *testing.T) {
	before, row := school(1, "126101"), school(1, "126101")
	before.NIP = "5991113333"
	f := File{Shape: RSPO2020, Records: []Record{row},
		Problems: []Problem{{RSPO: 1, Level: Error, Field: "nip", Dropped: true}}}
	if d := Compare(known(before), f); d.Same != 1 {
		t.Errorf("%+v", d.Changes)
	}
}

// REGON and operator of private schools are masked in the 2022 file.
func TestCompareKeepsWhatWasMasked(t *testing.T) {
	before, row := school(1, "126101"), school(1, "126101")
	before.REGON, before.RunningKind, row.RunningKind = "123456785", RunByPrivate, RunByPrivate
	if d := Compare(known(before), File{Shape: SMK2022, Records: []Record{row}}); d.Same != 1 {
		t.Errorf("%+v", d.Changes)
	}
	row.RunningKind, before.RunningKind = RunByNGO, RunByNGO
	if d := Compare(known(before), File{Shape: SMK2022, Records: []Record{row}}); d.Changed != 1 {
		t.Error("a blank REGON of an association is a statement")
	}
}

func TestMassClosing(t *testing.T) {
	for _, c := range []struct {
		known, left int
		want        bool
	}{{40, 30, false}, {39, 29, true}, {12, 3, false}, {12, 2, true}, {100, 100, false}, {1000, 800, false}} {
		var all, left []Record
		for i := 1; i <= c.known; i++ {
			all = append(all, school(i, "126101"))
		}
		left = all[:c.left]
		if d := Compare(known(all...), File{Shape: RSPO2020, Records: left}); d.MassClosing != c.want {
			t.Errorf("%d of %d left: %v", c.left, c.known, d.MassClosing)
		}
	}
}

func TestStates(t *testing.T) {
	for _, shape := range []Shape{RSPO2020, SMK2022} {
		for _, l := range layouts() {
			for _, field := range l.states {
				if !slices.Contains(Fields(), field) {
					t.Error("no such field:", field)
				}
			}
		}
		if shape.States("rspo") || shape.States("nonsense") || !shape.States("city") {
			t.Error(shape)
		}
	}
	if SMK2022.States("phone") || SMK2022.States("type") || RSPO2020.States("point") || Shape("x").States("city") {
		t.Error("states what it cannot know")
	}
}

// drawRecord draws from few values, so that collisions and equalities happen.
func drawRecord(t *rapid.T, rspo int) Record {
	r := school(rspo, rapid.SampledFrom([]string{"126101", "120607", ""}).Draw(t, "municipality"))
	r.Name = rapid.SampledFrom([]string{"A", "B"}).Draw(t, "name")
	r.Phone = rapid.SampledFrom([]string{"", "1", "2"}).Draw(t, "phone")
	r.Type = rapid.SampledFrom([]Type{Primary, Other, Music}).Draw(t, "type")
	r.ClosedOn = rapid.SampledFrom([]string{"", "", "2020-01-01"}).Draw(t, "closed")
	r.RunningKind = rapid.SampledFrom([]RunningKind{RunByPrivate, RunByNGO}).Draw(t, "kind")
	r.REGON = rapid.SampledFrom([]string{"", "123456785"}).Draw(t, "regon")
	if r.HasPupils = rapid.Bool().Draw(t, "has"); r.HasPupils {
		r.Pupils = rapid.IntRange(0, 2).Draw(t, "pupils")
	}
	r.Parent = rapid.IntRange(0, 4).Draw(t, "parent")
	return r
}

func drawRecords(t *rapid.T) (list []Record) {
	for rspo := range 12 {
		if rapid.Bool().Draw(t, "present") {
			list = append(list, drawRecord(t, rspo+1))
		}
	}
	return list
}

func drawFile(t *rapid.T) File {
	f := File{Shape: rapid.SampledFrom([]Shape{RSPO2020, SMK2022}).Draw(t, "shape"), Records: drawRecords(t)}
	if rapid.Bool().Draw(t, "troubled") {
		field := rapid.SampledFrom([]string{"phone", "closed_on"}).Draw(t, "field")
		f.Problems = []Problem{{RSPO: rapid.IntRange(0, 12).Draw(t, "who"), Level: Error, Field: field, Dropped: true}}
	}
	return f
}

func drawKnown(t *rapid.T) []Known {
	list := known(drawRecords(t)...)
	for i := range list {
		list[i].Closed = rapid.Bool().Draw(t, "was closed")
	}
	return list
}

func TestSameFileAgainChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before, f := drawKnown(t), drawFile(t)
		d := Compare(before, f)
		if d.New+d.Changed+d.Closed+d.Reopened != len(d.Changes) {
			t.Fatal("counts", d)
		}
		if again := Compare(applied(before, d), f); len(again.Changes) != 0 {
			t.Fatalf("%+v", again.Changes)
		}
	})
}

func TestOrderOfRowsIsIrrelevant(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before, f := drawKnown(t), drawFile(t)
		turned := f
		turned.Records = rapid.Permutation(f.Records).Draw(t, "order")
		if diff := cmp.Diff(Compare(before, f), Compare(rapid.Permutation(before).Draw(t, "known"), turned)); diff != "" {
			t.Fatal(diff)
		}
	})
}

// The same for reading: doubles, families and points must not care which row came first.
func TestOrderOfRowsIsIrrelevantToRead(t *testing.T) {
	row := rapid.Custom(func(t *rapid.T) string {
		pick := func(list ...string) string { return rapid.SampledFrom(list).Draw(t, "cell") }
		return pick("1", "2", "3", "4", "5", "") + "," + pick("A", "B") + ",126101,K,50,20," +
			pick("", "Parent RSPO: 1", "Parent RSPO: 2", "Children RSPO: 3;4", "Children RSPO: 1;2;3")
	})
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(row, 1, 8).Draw(t, "rows")
		turned := rapid.Permutation(rows).Draw(t, "order")
		compare := func(rows []string) Difference {
			text := "rspo,official_name,teryt_gmina6,city,lat,lon,note\n" + strings.Join(rows, "\n") + "\n"
			f, err := Read(strings.NewReader(text), testLimit)
			if err != nil {
				t.Fatal(err)
			}
			return Compare(known(school(1, "126101"), school(9, "126101")), f)
		}
		if diff := cmp.Diff(compare(rows), compare(turned)); diff != "" {
			t.Fatal(diff)
		}
	})
}
