package needs

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
)

func TestDecideQuotas(t *testing.T) {
	for name, c := range map[string]struct {
		seats int
		heads map[string]int
		want  string
	}{
		"nobody":                        {10, nil, ""},
		"no seats":                      {0, map[string]int{"a": 3}, "a:0"},
		"fewer than none":               {-5, map[string]int{"a": 3}, "a:0"},
		"whole shares":                  {10, map[string]int{"a": 30, "b": 20}, "a:6 b:4"},
		"the largest remainder":         {10, map[string]int{"a": 7, "b": 5, "c": 3}, "a:5 b:3 c:2"}, // 4.67, 3.33, 2
		"equal remainders, more people": {5, map[string]int{"a": 2, "b": 6}, "b:4 a:1"},              // 1.25, 3.75
		"equal in all, by number":       {1, map[string]int{"b": 2, "a": 2}, "a:1 b:0"},
		"not more seats than people":    {100, map[string]int{"a": 3, "b": 2}, "a:3 b:2"},
		"without a municipality":        {4, map[string]int{"": 9, "a": 4}, "a:4"},
	} {
		var got []string
		for _, s := range decideQuotas(c.seats, c.heads) {
			got = append(got, fmt.Sprintf("%s:%d", s.Town, s.Seats))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, want %s", name, got, c.want)
		}
	}
}

// Whatever the need: all seats that people can use are given, nobody gets more
// seats than people, none is further than one seat from the exact share, and
// more people never get fewer seats.
func TestDecideQuotasAlways(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		heads := rapid.MapOfN(rapid.StringMatching(`[0-9]{6}`), rapid.IntRange(1, 400), 1, 20).Draw(t, "heads")
		seats := rapid.IntRange(0, 900).Draw(t, "seats")
		total := 0
		for _, n := range heads {
			total += n
		}
		list := decideQuotas(seats, heads)
		given := 0
		for n, s := range list {
			given += s.Seats
			exact := float64(min(seats, total)) * float64(s.Heads) / float64(total)
			if s.Seats > s.Heads || float64(s.Seats) <= exact-1 || float64(s.Seats) >= exact+1 {
				t.Fatalf("%+v of %d seats, exactly %f", s, seats, exact)
			}
			if n > 0 && list[n-1].Seats < s.Seats {
				t.Fatalf("more people, fewer seats: %+v", list)
			}
		}
		if given != min(seats, total) || len(list) != len(heads) {
			t.Fatalf("%d of %d seats for %d people", given, seats, total)
		}
	})
}

func TestNeedLeft(t *testing.T) {
	training := Decision{Kind: Training, Target: "t", Seats: 20, State: orderPlanned}
	network := Decision{Kind: Network, Target: "n", Seats: 8, State: orderPlanned}
	dropped := Decision{Kind: Network, Target: "n", Seats: 8, State: orderDropped}
	no := Decision{Kind: Declined, State: orderPlanned}
	made := func(seats int, state string) []Answered {
		return []Answered{{ID: "t", Seats: seats, State: "training.state." + state, Completed: 9}}
	}
	for name, c := range map[string]struct {
		heads     int
		settled   bool
		decisions []Decision
		trainings []Answered
		want      needLeft
	}{
		"nothing decided":               {30, false, nil, nil, needLeft{30, 0, 0, 30, needOpen}},
		"a training not made yet":       {30, false, []Decision{training}, nil, needLeft{30, 20, 0, 10, needPartly}},
		"a training with other seats":   {30, false, []Decision{training}, made(25, "closed"), needLeft{30, 25, 9, 5, needPartly}},
		"canceled gives nothing":        {30, false, []Decision{training}, made(25, "canceled"), needLeft{30, 0, 0, 30, needOpen}},
		"enough":                        {25, false, []Decision{training, network}, made(20, "published"), needLeft{25, 28, 9, 0, needWhole}},
		"dropped gives nothing":         {25, false, []Decision{dropped}, nil, needLeft{25, 0, 0, 25, needOpen}},
		"declined":                      {25, false, []Decision{no}, nil, needLeft{25, 0, 0, 25, needDeclined}},
		"declined, then answered":       {25, false, []Decision{no, network}, nil, needLeft{25, 8, 0, 17, needPartly}},
		"settled, whatever was left":    {25, true, []Decision{network}, nil, needLeft{25, 8, 0, 0, needSettled}},
		"people alone named it":         {0, false, []Decision{network}, nil, needLeft{0, 8, 0, 0, needWhole}},
		"another's training is no seat": {30, false, []Decision{network}, made(25, "published"), needLeft{30, 8, 0, 22, needPartly}},
	} {
		if got := needLeftOf(c.heads, c.settled, c.decisions, c.trainings); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestVerdictCheck(t *testing.T) {
	centers, towns, places := []access.InstitutionID{"c"}, []string{city, town}, []access.InstitutionID{"s"}
	good := Verdict{Kind: Training, Title: "Algebra", Center: "c", Seats: 20, Form: "workshop", FirstDays: 7, Quotas: map[string]int{city: 12, town: 8}}
	for name, c := range map[string]struct {
		change func(*Verdict)
		want   string // fields at fault
	}{
		"good":                            {func(*Verdict) {}, ""},
		"another kind":                    {func(v *Verdict) { v.Kind = "zabawa" }, "rodzaj"},
		"no title":                        {func(v *Verdict) { v.Title = "" }, "tytul"},
		"a long title":                    {func(v *Verdict) { v.Title = strings.Repeat("ż", decideTitle+1) }, "tytul"},
		"another center":                  {func(v *Verdict) { v.Center = "x" }, "osrodek"},
		"no seats":                        {func(v *Verdict) { v.Seats, v.Quotas = 0, nil }, "miejsca"},
		"too many seats":                  {func(v *Verdict) { v.Seats = decideSeats + 1 }, "miejsca"},
		"more for municipalities":         {func(v *Verdict) { v.Seats = 19 }, "miejsca"},
		"a negative quota":                {func(v *Verdict) { v.Quotas = map[string]int{city: -1} }, "gmina_" + city},
		"quotas that wrap around":         {func(v *Verdict) { v.Quotas = map[string]int{city: math.MaxInt, town: math.MaxInt} }, "gmina_" + town + " gmina_" + city + " miejsca"},
		"a municipality from elsewhere":   {func(v *Verdict) { v.Quotas = map[string]int{"999999": 1} }, "gmina_999999"},
		"no such form":                    {func(v *Verdict) { v.Form = "qualification_course" }, "forma"},
		"too long a lead":                 {func(v *Verdict) { v.FirstDays = decideFirst + 1 }, "pierwszenstwo"},
		"long words":                      {func(v *Verdict) { v.Words = strings.Repeat("a", decideWords+1) }, "slowa"},
		"a workshop for nobody":           {func(v *Verdict) { v.Kind = Workshop }, "placowka"},
		"a workshop for one who named it": {func(v *Verdict) { v.Kind, v.Institution = Workshop, "s" }, ""},
		"a network needs no form":         {func(v *Verdict) { v.Kind, v.Form = Network, "" }, ""},
		"declined without a reason":       {func(v *Verdict) { *v = Verdict{Kind: Declined} }, "slowa"},
		"declined with half a reason":     {func(v *Verdict) { *v = Verdict{Kind: Declined, Words: "nie"} }, "slowa"},
		"declined with a reason":          {func(v *Verdict) { *v = Verdict{Kind: Declined, Words: "Brak środków w tym roku."} }, ""},
	} {
		v := good
		c.change(&v)
		var got []string
		if f := fault.As(v.check(centers, towns, places)); f != nil {
			for _, field := range f.Fields {
				got = append(got, field.Name)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, want %q", name, got, c.want)
		}
	}
}

func TestVoices(t *testing.T) {
	v := voices{Said: []voice{{"school", AsSchool, "head"}, {"office", AsAuthority, "clerk"}, {"office", AsOffice, "clerk"}, {"visited", AsAdviser, "adviser"}, {"town", AsAuthority, ""}},
		Run: []access.InstitutionID{"school", "other"}, People: []access.PersonID{"ewa", "head"}}
	if got := v.first(); !slices.Equal(got, []access.InstitutionID{"office", "other", "school", "visited"}) {
		t.Error("first:", got)
	}
	if got := v.speakers(); !slices.Equal(got, []access.InstitutionID{"office", "school", "town"}) {
		t.Error("speakers:", got)
	}
	if got := v.told([]access.PersonID{"head", "deputy"}); !slices.Equal(got, []access.PersonID{"adviser", "clerk", "deputy", "ewa", "head"}) {
		t.Error("told:", got)
	}
}
