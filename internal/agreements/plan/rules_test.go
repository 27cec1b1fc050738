package plan

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"kladka/internal/agreements/formula"
	"kladka/internal/agreements/ledger"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// faulty are the fields of an error's fault, or its key.
func faulty(err error) string {
	f := fault.As(err)
	if f == nil {
		return ""
	}
	var names []string
	for _, one := range f.Fields {
		names = append(names, one.Name+"="+one.Key[strings.LastIndex(one.Key, ".")+1:])
	}
	if len(names) == 0 {
		return f.Key[strings.LastIndex(f.Key, ".")+1:]
	}
	return strings.Join(names, " ")
}

func TestMayMove(t *testing.T) {
	const today = "2026-11-23"
	for _, c := range []struct {
		kind ActionKind
		from ActionState
		plan State
		move Move
		want string
	}{
		{Optional, Proposed, Adopted, Move{To: Agreed}, ""},
		{Optional, Proposed, Adopted, Move{To: InProgress}, "state"},
		{Optional, Proposed, Drafting, Move{To: Agreed}, "draft"},
		{Optional, Proposed, Drafting, Move{To: Dropped, Words: "nikt nie chce"}, ""},
		{Optional, Agreed, Adopted, Move{To: InProgress}, ""},
		{Optional, InProgress, Adopted, Move{To: Done}, "slowa=words"},
		{Optional, InProgress, Adopted, Move{To: Done, Words: "41 osób"}, ""},
		{Optional, Done, Adopted, Move{To: Dropped, Words: "x"}, "state"},
		{Optional, Dropped, Adopted, Move{To: Agreed}, "state"},
		{Flagship, Agreed, Adopted, Move{To: Dropped, Words: "brak pieniędzy"}, ""},
		{Mandatory, Agreed, Adopted, Move{To: Dropped, Words: "x"}, "uchwala=board dzien=board_on"},
		{Mandatory, Agreed, Adopted, Move{To: Dropped, Words: "x", BoardNo: "7/2026", BoardOn: "2026-11-24"}, "dzien=board_on"},
		{Mandatory, Agreed, Adopted, Move{To: Dropped, BoardNo: "7/2026", BoardOn: today}, "slowa=words"},
		{Mandatory, Agreed, Adopted, Move{To: Dropped, Words: "x", BoardNo: "7/2026", BoardOn: today}, ""},
		{Mandatory, Agreed, Adopted, Move{To: "flying"}, "state"},
	} {
		if got := faulty(Action{Kind: c.kind, State: c.from}.mayMove(c.plan, c.move, today)); got != c.want {
			t.Errorf("%s %s of a plan %s, %+v: %q, want %q", c.kind, c.from, c.plan, c.move, got, c.want)
		}
	}
}

func TestPeopleAndUnknown(t *testing.T) {
	c, err := i18n.Load(Messages)
	if err != nil {
		t.Fatal(err)
	}
	for unknown, want := range map[int64]string{0: "27", 1: "27 (i 1 uczestnictwo, którego", 3: "27 (i 3 uczestnictwa, których", 5: "27 (i 5 uczestnictw, których"} {
		m := measures()[2]
		if got := m.cell(c.In(i18n.PL), ledger.Totals{People: 27, Unknown: unknown}); !strings.HasPrefix(got.Text, want) || got.Plain != "27" {
			t.Errorf("%d unknown: %+v, want %s", unknown, got, want)
		}
	}
}

func TestProgress(t *testing.T) {
	for _, c := range []struct {
		base, target, now string
		down              bool
		want              string
	}{
		{"10", "20", "15", false, "50 false true"},
		{"10", "20", "20", false, "100 true true"},
		{"10", "20", "8", false, "-20 false true"},
		{"40", "20", "30", true, "50 false true"},
		{"40", "20", "19.5", true, "102 true true"},
		{"", "20", "25", false, "0 true false"},
		{"20", "20", "20", false, "0 true false"},
		{"10", "", "15", false, "0 false false"},
	} {
		_, now, _ := formula.Decimal(c.now)
		p := progress(Indicator{Baseline: c.base, Target: c.target, Down: c.down}, now)
		if got := fmt.Sprint(p.Percent, p.Reached, p.Known); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
	if p := progress(Indicator{Target: "5"}, nil); p != (Progress{}) {
		t.Errorf("nothing is known, but %+v", p)
	}
}

func TestEnded(t *testing.T) {
	p := Plan{YearFrom: 2024, YearTo: 2026}
	for _, c := range []struct {
		on   string
		f    Frequency
		want string
	}{
		{"2026-11-23", Yearly, "[{2025 0} {2024 0}]"},
		{"2026-08-31", Yearly, "[{2024 0}]"},
		{"2026-09-01", Yearly, "[{2025 0} {2024 0}]"},
		{"2026-01-31", HalfYearly, "[{2024 2} {2024 1}]"},
		{"2026-02-01", HalfYearly, "[{2025 1} {2024 2} {2024 1}]"},
		{"2024-10-01", Yearly, "[]"},
		{"2030-01-01", Yearly, "[{2026 0} {2025 0} {2024 0}]"},
	} {
		now, _ := time.Parse(time.DateOnly, c.on)
		if got := fmt.Sprint(ended(p, c.f, now)); got != c.want {
			t.Errorf("%s, %s: %s, want %s", c.on, c.f, got, c.want)
		}
	}
}

func TestCheckIndicator(t *testing.T) {
	good := Indicator{Code: "W1", Title: "Udział", Unit: "osoby", Way: ByFormula, Formula: "people(all)"}
	read := Indicator{Code: "W2", Title: "Doradcy", Unit: "szkoły", Way: Entered, Asked: AskTowns, Frequency: Yearly}
	for want, change := range map[string]func(i *Indicator){
		"":                  func(*Indicator) {},
		"kod=code":          func(i *Indicator) { i.Code = "działanie" },
		"tytul=title":       func(i *Indicator) { i.Title = " " },
		"jednostka=unit":    func(i *Indicator) { i.Unit = "" },
		"wzor=measure":      func(i *Indicator) { i.Formula = "persons(all)" },
		"baza=number":       func(i *Indicator) { i.Baseline, i.BaselineYear = "dużo", 2024 },
		"docelowo_rok=year": func(i *Indicator) { i.Target, i.TargetYear = "5", -1 },
		"cel=one":           func(i *Indicator) { i.Goal, i.Action = "a", "b" },
		"sposob=choose":     func(i *Indicator) { i.Way = "dream" },
		"czestosc=choose":   func(i *Indicator) { *i = read; i.Frequency = "daily" },
		"pyta=choose":       func(i *Indicator) { *i = read; i.Asked = "" },
	} {
		i := good
		change(&i)
		if got := faulty(fault.InvalidFields(i.tidied().check())); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestYearOf(t *testing.T) {
	half := func(half int, value string) Reading { return Reading{Half: half, Value: value} }
	for _, c := range []struct {
		rows []Reading
		adds bool
		want string
	}{
		{nil, true, ""},
		{[]Reading{half(2, "5"), half(1, "3")}, true, "8"},
		{[]Reading{half(2, "5"), half(1, "3")}, false, "5"},
		{[]Reading{half(1, "3")}, false, "3"},
		{[]Reading{half(2, "5"), half(0, "7.5")}, true, "7.5"},
	} {
		got := ""
		if v := yearOf(c.rows, c.adds); v != nil {
			got = formula.Text(v, 2)
		}
		if got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

// TestValuesNeverHang gives formulas that lead back to themselves, which no form
// lets in, to the page.
func TestValuesNeverHang(t *testing.T) {
	tree := Tree{Indicators: []Indicator{{Code: "W1", Way: ByFormula, Formula: "indicator(W2, year=-1) + 1"}, {Code: "W2", Way: ByFormula, Formula: "indicator(W1) * 2"},
		{Code: "W3", Way: ByFormula, Formula: "1 / (2 - 2)"}, {Code: "W4", Way: ByFormula, Formula: "indicator(W3) + 1"}}}
	v := &Values{named: tree.named(), formulas: map[string]formula.Formula{}, counted: nil, byCode: map[string]map[place]Figure{}}
	for _, i := range tree.Indicators {
		v.gather(i.Code)
	}
	for n, want := range []string{"unknown indicator(W2, year=-1)", "unknown indicator(W1)", "zero 2 - 2", "unknown indicator(W3)"} {
		f := v.Of(tree.Indicators[n], 2026, "")
		if got := string(f.Lack) + " " + f.Of; f.Known() || got != want {
			t.Errorf("W%d: %s, want %s", n+1, got, want)
		}
	}
	if v.earliest() != -1 { // a loop is not walked for ever
		t.Errorf("looks back %d years", v.earliest())
	}
}
