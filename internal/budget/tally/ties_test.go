package tally

import (
	"errors"
	"strings"
	"testing"
)

func TestParseTies(t *testing.T) {
	for spec, want := range map[string]string{
		"": "", "file": "file", " cost , votes": "cost,votes", "first,id,lot:Kraków 2026": "first,id,lot:Kraków 2026", "lot:a:b": "lot:a:b",
		"lot": "!", "lot:": "!", "cost,": "!", "Cost": "!", "price": "!", strings.Repeat("cost,", 16) + "cost": "!",
	} {
		ties, err := ParseTies(spec)
		got := FormatTies(ties)
		var fault *RuleFault
		if errors.As(err, &fault) {
			got = "!"
		}
		if got != want {
			t.Errorf("%q is %q, want %q", spec, got, want)
		}
	}
}

// Each step alone, on projects that stand equal in all but one thing.
func TestTieSteps(t *testing.T) {
	projects := []Project{{ID: "10", Cost: 3}, {ID: "9", Cost: 2}, {ID: "8", Cost: 3}}
	ballots := []Ballot{
		{[]Pick{{0, 2}, {1, 1}}}, {[]Pick{{2, 2}, {0, 1}}}, {[]Pick{{2, 2}, {1, 1}}}, {[]Pick{{1, 1}}},
	}
	e, err := New(0, 10, Ordinal, projects, ballots)
	if err != nil {
		t.Fatal(err)
	}
	for spec, want := range map[string]string{
		"": "10>file", "file": "10>file", "cost": "9>cost", "votes": "9>votes", "first": "8>first", "id": "10>id",
		"cost,votes": "9>cost", "lot:a": "8>lot:a", "lot:d": "9>lot:d", "lot:i": "10>lot:i",
	} {
		tie := newTieOrder(e, mustTies(t, spec)).settle(1, []int{2, 1, 0})
		if got := e.Projects[tie.Won].ID + ">" + tie.By.String(); got != want {
			t.Errorf("%q: %s, want %s", spec, got, want)
		}
	}
}
