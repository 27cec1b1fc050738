package agreements

import (
	"slices"
	"testing"

	"kladka/internal/agreements/ledger"
)

func TestStates(t *testing.T) {
	a := Agreement{State: InForce, ValidTo: "2026-01-31"}
	for day, want := range map[string]State{"2026-01-31": InForce, "2026-02-01": Expired} {
		if got := a.StateOn(day); got != want {
			t.Errorf("on %s: %s, want %s", day, got, want)
		}
	}
	ended := Agreement{State: Terminated, ValidTo: "2026-01-31", EndedOn: "2025-03-01"}
	if got := ended.lastDay(); got != "2025-03-01" {
		t.Errorf("last day %s", got)
	}
}

func TestAreaHolds(t *testing.T) {
	a := Area{ValidFrom: "2022-10-27", ValidTo: "2024-08-31"}
	for year, want := range map[int]bool{2021: false, 2022: true, 2023: true, 2024: false} {
		if a.HeldIn(year) != want {
			t.Errorf("in %d: want %v", year, want)
		}
	}
	if a.HeldOn("2024-09-01") || !a.HeldOn("2024-08-31") {
		t.Error("the last day is the last")
	}
	w := Whole{Agreement: Agreement{State: InForce, ValidFrom: "2022-10-27", ValidTo: "2025-06-30"}}
	if got := w.years("2026-11-23"); !slices.Equal(got, []int{2024, 2023, 2022}) {
		t.Errorf("years %v", got)
	}
}

func TestParseMoney(t *testing.T) {
	for text, want := range map[string]int64{"": 0, "1250": 125000, "1 250,50 zł": 125050, "0.5": 50, "3,07": 307} {
		if got, ok := ParseMoney(text); !ok || got != want {
			t.Errorf("%q: %d %v, want %d", text, got, ok, want)
		}
	}
	for _, text := range []string{"dużo", "-5", "1,234", "1,2,3", ",5", "99999999999"} {
		if got, ok := ParseMoney(text); ok {
			t.Errorf("%q was taken as %d", text, got)
		}
	}
}

func TestParseYear(t *testing.T) {
	for text, want := range map[string]int{"2021/2022": 2021, "2021": 2021, " 2021 / 2022 ": 2021, "": 0, "2021/2023": 0, "21": 0, "rok": 0} {
		if got := ParseYear(text); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"1 250,50 zł", "2021/2022", "", "-1", "9999999999,99"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got, ok := ParseMoney(text); got < 0 || ok && got > 100_000_000_000 {
			t.Errorf("%q is %d", text, got)
		}
		if y := ParseYear(text); y != 0 && (y < 1990 || y > 2100) {
			t.Errorf("%q is %d", text, y)
		}
	})
}

func TestProgress(t *testing.T) {
	may := map[[2]Progress]bool{{Planned, InProgress}: true, {Planned, Done}: true, {InProgress, Dropped}: true, {InProgress, Planned}: false, {Done, Dropped}: false,
		{Dropped, InProgress}: false, {InProgress, InProgress}: false}
	for step, want := range may {
		if step[0].may(step[1]) != want {
			t.Errorf("%s to %s: want %v", step[0], step[1], want)
		}
	}
}

func TestEndings(t *testing.T) {
	w := Whole{Areas: []Area{{ID: "a", ValidFrom: "2022-10-27", ValidTo: "2024-08-31"}}}
	for name, x := range map[string]struct {
		g    Arrangement
		e    Ending
		good bool
	}{
		"done":              {Arrangement{State: Planned, Area: "a"}, Ending{State: Done, On: "2024-05-01", Words: "Odbyło się"}, true},
		"without words":     {Arrangement{State: Planned, Area: "a"}, Ending{State: Done, On: "2024-05-01"}, false},
		"in the future":     {Arrangement{State: Planned, Area: "a"}, Ending{State: Done, On: "2027-05-01", Words: "x"}, false},
		"area ended before": {Arrangement{State: Planned, Area: "a"}, Ending{State: Done, On: "2025-05-01", Words: "x"}, false},
		"dropped later":     {Arrangement{State: Planned, Area: "a"}, Ending{State: Dropped, On: "2025-05-01", Words: "x"}, true},
		"no area":           {Arrangement{State: Planned}, Ending{State: Done, On: "2024-05-01", Words: "x"}, false},
		"over already":      {Arrangement{State: Done, Area: "a"}, Ending{State: Dropped, On: "2024-05-01", Words: "x"}, false},
		"made-up result":    {Arrangement{State: Planned, Area: "a"}, Ending{State: Done, On: "2024-05-01", Words: "x", Results: []ledger.Ref{{Kind: "training", ID: "1"}}}, false},
	} {
		if err := x.e.check(x.g, w, "2026-11-23"); (err == nil) != x.good {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDifferences(t *testing.T) {
	now := []figures{{Area: "a", Activities: 2, People: 5}, {Area: "b"}}
	same := Confirmation{Party: "1", Figures: []figures{{Area: "a", Activities: 2, People: 5}, {Area: "b"}}}
	less := Confirmation{Party: "2", Figures: []figures{{Area: "a", Activities: 1, People: 5}, {Area: "gone", Activities: 1}}}
	if got := differences(now, []Confirmation{same}); len(got) != 0 {
		t.Errorf("nothing differs, but %v", got)
	}
	got := differences(now, []Confirmation{same, less})
	if len(got) != 2 || got[0].Party != "2" || got[0].Was.Activities != 1 || got[0].Now.Activities != 2 || got[1].Area != "gone" {
		t.Errorf("differences %+v", got)
	}
	if Print(now) == Print(less.Figures) || Print(now) != Print(same.Figures) {
		t.Error("the print tells figures apart, and nothing else")
	}
}

func TestWholeLacks(t *testing.T) {
	if got := (Whole{}).ready(); len(got) != 3 {
		t.Errorf("an empty agreement lacks %v", got)
	}
	bad := Whole{Agreement: Agreement{Kind: Framework, Under: "x", Title: "T", ValidFrom: "2022-10-27", ValidTo: "2022-01-01"}, Parties: []Party{{Name: ""}},
		Signatories: []Signatory{{Party: 2, Name: "A"}}, Areas: []Area{{Title: "x", ValidFrom: "2020-01-01"}}, Outcomes: []Outcome{{Words: "x", Area: "none", Group: "others", Baseline: 7}}}
	if bad.check() == nil {
		t.Error("nothing was wrong with a bad agreement")
	}
	if x := bad.Agreement.check(); len(x) != 2 {
		t.Errorf("faults of the head: %v", x)
	}
}
