package register

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
)

// What the real files hold. The numbers are facts about them; a change here is a change in reading.

func TestRealCounts(t *testing.T) {
	for name, c := range map[string]struct {
		shape     Shape
		rows      int
		absent    []string
		mostOther int
	}{
		"smk15_2022-03_reduced.csv":      {SMK2022, 1649, nil, 3},
		"lubelskie_2020-02_redacted.csv": {RSPO2020, 3282, nil, 0},
		"gorzow_2020_redacted.csv":       {RSPO2020, 168, []string{"pupils"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			f := readShared(t, name)
			if f.Shape != c.shape || f.Rows != c.rows || len(f.Records) != c.rows {
				t.Errorf("%s: %d rows, %d records", f.Shape, f.Rows, len(f.Records))
			}
			if diff := cmp.Diff(c.absent, f.Absent); diff != "" {
				t.Error(diff)
			}
			other := 0
			for _, r := range f.Records {
				if r.Municipality == "" || r.Name == "" || r.Voivodeship == "" || r.RunningKind == "" {
					t.Errorf("%+v", r)
				}
				if r.Type == Other {
					other++
				}
			}
			if other > c.mostOther {
				t.Errorf("%d of %d without type", other, c.rows)
			}
			for _, p := range f.Problems {
				if p.Level == Error || p.Key == "register.problem.unknown_column" {
					t.Errorf("%+v", p)
				}
			}
			if again := Compare(applied(nil, Compare(nil, f)), f); len(again.Changes) != 0 || again.Same != c.rows {
				t.Errorf("the same file again: %d changes", len(again.Changes))
			}
		})
	}
}

func TestRealPlacesAndTypes(t *testing.T) {
	f := readShared(t, "smk15_2022-03_reduced.csv")
	for rspo, want := range map[int]Type{
		20803: TeacherTrainingCenter, 25506: SpecialistCounselingCenter, 21210: GeneralSecondary, 19644: PedagogicalLibrary,
		18162: Complex, 130417: ContinuingEducation, 66335: Complex, 28093: YouthCenter, 21129: CounselingCenter,
		131468: Dormitory, 21292: YouthHostel, 21294: YouthCareCenter, 71890: SpecialCenter, 22238: SportsCenter,
		21413: Complex, 104152: Arts, 79980: ContinuingEducation, 60008: SpecialVocational,
	} {
		if got := f.record(t, rspo); got.Type != want {
			t.Errorf("%s is %s, want %s", got.Name, got.Type, want)
		}
	}
	if xxx := f.record(t, 21210); xxx.Name != "XXX Liceum Ogólnokształcące im. Świętego Brata Alberta - Adama Chmielowskiego w Krakowie" {
		t.Error(xxx.Name)
	}
	delegatury := map[string]int{}
	for _, r := range f.Records {
		if r.Municipality == krakow {
			delegatury[r.Delegatura]++
		}
	}
	want := map[string]int{"": 3, "126102": 252, "126103": 245, "126104": 380, "126105": 336}
	if diff := cmp.Diff(want, delegatury); diff != "" {
		t.Error(diff)
	}
}

// The files the 15 municipalities were cut from had a school in Malta; that row is not among the 1 649. Its like
// is in testdata (see TestRead2022). What the cut file does hold: a kindergarten of Liszki forty kilometers to the
// west, which no box of Poland can catch, only CheckPoints.
func TestRealStrayPoint(t *testing.T) {
	f := readShared(t, "smk15_2022-03_reduced.csv")
	stray := CheckPoints(f.Records, func(_ string, _, lon float64) (ok, known bool) { return lon > 19.3, true })
	if len(stray) != 1 || stray[0].RSPO != 82624 {
		t.Errorf("%+v", stray)
	}
}

// "277 of the 781 publicly run rows fold into 504 units" (domain.md): 277 publicly run rows have a publicly run
// parent, and 781 - 277 roots are left. The count is the same with all rows at hand and with the public ones alone.
func TestRealHeads(t *testing.T) {
	f := readShared(t, "smk15_2022-03_reduced.csv")
	var public []Record
	for _, r := range f.Records {
		switch r.RunningKind {
		case RunByGmina, RunByCounty, RunByCity, RunByVoivodeship, RunByMinistry:
			public = append(public, r)
		}
	}
	all, own := Heads(f.Records), Heads(public)
	fromAll, fromOwn, followers := map[int]bool{}, map[int]bool{}, 0
	for _, r := range public {
		fromAll[all[r.RSPO]] = true
		fromOwn[own[r.RSPO]] = true
		if own[r.RSPO] != r.RSPO {
			followers++
		}
	}
	if len(public) != 781 || followers != 277 || len(fromAll) != 504 || len(fromOwn) != 504 {
		t.Errorf("%d rows, %d under another head, %d and %d units", len(public), followers, len(fromAll), len(fromOwn))
	}
}

// A file of one municipality must not close the others.
func TestRealScope(t *testing.T) {
	f := readShared(t, "smk15_2022-03_reduced.csv")
	before := applied(nil, Compare(nil, f))
	part := f
	part.Records = nil
	for _, r := range f.Records {
		if r.Municipality == "121905" && len(part.Records) < 60 { // Wieliczka has 101
			part.Records = append(part.Records, r)
		}
	}
	d := Compare(before, part)
	if d.Closed != 41 || d.Same != 60 || !d.MassClosing || len(d.Changes) != 41 {
		t.Errorf("%d closed, %d same, mass %v", d.Closed, d.Same, d.MassClosing)
	}
}

// The real exports in the other encoding, and with every value one column aside.
func TestRealEncodingAndShift(t *testing.T) {
	for _, name := range []string{"lubelskie_2020-02_redacted.csv", "gorzow_2020_redacted.csv"} {
		want := readShared(t, name)
		text, err := io.ReadAll(sharedFile(t, name))
		if err != nil {
			t.Fatal(err)
		}
		plain := strings.TrimPrefix(string(text), "\ufeff")
		encoded, err := encoding.ReplaceUnsupported(charmap.Windows1250.NewEncoder()).String(plain)
		if err != nil {
			t.Fatal(err)
		}
		got := mustRead(t, encoded)
		if diff := cmp.Diff(want.Records, got.Records); diff != "" || got.Problems[0].Key != "register.problem.decoded" {
			t.Error(diff)
		}
		header, rows, _ := strings.Cut(plain, "\n")
		shifted := strings.ReplaceAll(";"+strings.TrimSpace(rows), "\n", "\n;")
		_, err = Read(strings.NewReader(strings.TrimSpace(header)+";x\n"+shifted), testLimit)
		var refusal *Refusal
		if !errors.As(err, &refusal) || refusal.Key != "register.refused.shifted" {
			t.Error(name, err)
		}
	}
}
