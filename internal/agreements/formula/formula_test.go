package formula

import (
	"math/big"
	"slices"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for typed, want := range map[string]string{
		"people(action=A1, group=teachers) / participations(all) * 100": "people(action=A1, group=teachers) / participations(all) * 100",
		" PEOPLE( ALL ) ": "people(all)",
		"hours(kind=training; by=running; year=-1)":      "hours(kind=training, by=running, year=-1)",
		"reading(W7) − indicator(W8, year=-2)":           "reading(W7) - indicator(W8, year=-2)",
		"12,5 × (2 + 3) ÷ 4":                             "12.5 * (2 + 3) / 4",
		"6 / (2 * 3)":                                    "6 / (2 * 3)",
		"(6 / 2) * 3":                                    "6 / 2 * 3",
		"1 - (2 - 3)":                                    "1 - (2 - 3)",
		"-(1 + 2) * -3":                                  "-(1 + 2) * -3",
		"--money(area=01930000-0000-7000-8000-00000001)": "money(area=01930000-0000-7000-8000-00000001)",
	} {
		f, err := Parse(typed)
		if err != nil {
			t.Errorf("%q: %v", typed, err)
			continue
		}
		if f.String() != want {
			t.Errorf("%q is printed %q, want %q", typed, f, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for typed, want := range map[string]struct {
		key string
		at  int
	}{
		"":                                   {"end", 1},
		"people":                             {"open", 7},
		"people(":                            {"what", 8},
		"people()":                           {"what", 8},
		"people(all":                         {"bracket", 11},
		"persons(all)":                       {"measure", 1},
		"1 + persons(all)":                   {"measure", 5},
		"people(everything)":                 {"what", 8},
		"people(group=teachers)":             {"what", 8},
		"people(all, teachers)":              {"condition", 13},
		"people(all, group=pupils)":          {"group", 19},
		"people(all, year=1)":                {"year", 18},
		"people(all, by=seat)":               {"by", 16},
		"people(all, group=heads, group=x)":  {"condition", 26},
		"reading(W1, group=heads)":           {"condition", 13},
		"people(action=)":                    {"value", 15},
		"1 2":                                {"rest", 3},
		"1 +":                                {"end", 4},
		"1 + ąę":                             {"sign", 5},
		"(1":                                 {"bracket", 3},
		"1.":                                 {"number", 1},
		"1234567890123456":                   {"number", 1},
		strings.Repeat("(", 60):              {"deep", MaxDepth + 2},
		"1" + strings.Repeat("+1", 150):      {"long", MaxLength + 1},
		strings.Repeat("1", MaxLength) + "1": {"long", MaxLength + 1},
	} {
		_, err := Parse(typed)
		e, ok := err.(*Error)
		if !ok || e.Key != want.key || e.At != want.at {
			t.Errorf("%q: %v, want %s at %d", typed, err, want.key, want.at)
		}
	}
}

func TestEval(t *testing.T) {
	known := map[string]int64{"people(all)": 41, "participations(all)": 246, "people(all, year=-1)": 0}
	ask := func(c Call) *big.Rat {
		n, ok := known[c.String()]
		if !ok {
			return nil
		}
		return big.NewRat(n, 1)
	}
	for typed, want := range map[string]struct{ value, lack, of string }{
		"1 - 2 - 3":                          {"-4", "", ""},
		"8 / 2 / 2":                          {"2", "", ""},
		"0.1 + 0.2":                          {"0.3", "", ""},
		"participations(all) / people(all)":  {"6", "", ""},
		"people(all) / people(all, year=-1)": {"", "zero", "people(all, year=-1)"},
		"0 * (1 / (2 - 2))":                  {"", "zero", "2 - 2"},
		"reading(W1) + 1":                    {"", "unknown", "reading(W1)"},
		"-people(all) * 2":                   {"-82", "", ""},
		"999999999999999" + strings.Repeat("*999999999999999", 20): {"", "large", ""},
	} {
		f, err := Parse(typed)
		if err != nil {
			t.Fatalf("%q: %v", typed, err)
		}
		got := f.Eval(ask)
		text := ""
		if got.Value != nil {
			text = Text(got.Value, 6)
		}
		if text != want.value || string(got.Lack) != want.lack || got.Of != want.of {
			t.Errorf("%q = %s %+v, want %+v", typed, text, got, want)
		}
	}
	if got := (Formula{}).Eval(ask); got.Value != nil || got.Lack != NotKnown {
		t.Errorf("nothing has a value: %+v", got)
	}
}

func TestCalls(t *testing.T) {
	f, err := Parse("people(all) + reading(W2) / people(all) - indicator(W3) + reading(W2, year=-1)")
	if err != nil {
		t.Fatal(err)
	}
	if n := len(f.Calls()); n != 4 {
		t.Errorf("%d calls: %v", n, f.Calls())
	}
	if got := f.Refers(); !slices.Equal(got, []string{"W2", "W3"}) {
		t.Errorf("refers to %v", got)
	}
}

func TestCycle(t *testing.T) {
	of := func(code string) []string {
		return map[string][]string{"W1": {"W2", "W3"}, "W2": {"W4"}, "W3": {"W5"}, "W5": {"W1"}, "W6": {"W6"}, "W7": {"W2", "W4"}}[code]
	}
	for start, want := range map[string]string{"W1": "W1 W3 W5 W1", "W6": "W6 W6", "W7": "", "W4": "", "W9": ""} {
		if got := strings.Join(Cycle(start, of), " "); got != want {
			t.Errorf("from %s: %q, want %q", start, got, want)
		}
	}
}

func TestDecimal(t *testing.T) {
	for typed, want := range map[string]string{"1 234,50": "1234.5", "-0.5": "-0.5", "−7": "-7", "0,0": "0", "12\u00a0000": "12000",
		"": "x", "1,2,3": "x", "abc": "x", "1e5": "x", "--1": "x", "0x10": "x", ",5": "x", "1/2": "x"} {
		got, _, ok := Decimal(typed)
		if !ok {
			got = "x"
		}
		if got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
	if got := Text(big.NewRat(2, 3), 2); got != "0.67" {
		t.Errorf("2/3 is %s", got)
	}
	if got := Text(big.NewRat(-1, 1000), 2); got != "0" {
		t.Errorf("-0.001 is %s", got)
	}
}

// shout is a reader's language.
type shout struct{}

func (shout) Call(c Call) string        { return "liczba " + string(c.Measure) }
func (shout) Number(text string) string { return strings.ReplaceAll(text, ".", ",") }
func (shout) Sign(op byte) string {
	return map[byte]string{'/': "÷", '*': "×", '+': "+", '-': "−"}[op]
}

func TestIn(t *testing.T) {
	f, err := Parse("(people(all) + 1.5) / hours(all) * 100")
	if err != nil {
		t.Fatal(err)
	}
	if got := f.In(shout{}); got != "(liczba people + 1,5) ÷ liczba hours × 100" {
		t.Error(got)
	}
}

// FuzzParse: nothing typed breaks the parser; what is accepted is printed and
// read again as the same formula, and has a value or a reason.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"people(action=A1, group=teachers) / participations(all) * 100", "-(1+2)*-3", "1,5", "reading(W1,year=-3)", "((1", "1/0", "people(all;by=running)"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		one, err := Parse(typed)
		if err != nil {
			if e := err.(*Error); e.At < 1 || e.At > MaxLength+1 || e.Key == "" {
				t.Fatalf("%q: %+v", typed, e)
			}
			return
		}
		again, err := Parse(one.String())
		if err != nil || again.String() != one.String() {
			t.Fatalf("%q is printed %q and read as %q, %v", typed, one, again, err)
		}
		a, b := one.Eval(someValue), again.Eval(someValue)
		if (a.Value == nil) == (a.Lack == "") || a.Lack != b.Lack || a.Value != nil && a.Value.Cmp(b.Value) != 0 {
			t.Fatalf("%q: %+v, printed %+v", typed, a, b)
		}
	})
}

func someValue(c Call) *big.Rat {
	if c.Shift < -5 {
		return nil
	}
	return big.NewRat(int64(len(c.String())), 3)
}
