package tally

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func excludeElection(t testing.TB) *Election {
	t.Helper()
	e, err := New(0, 100, Approval, []Project{{ID: "a", Cost: 1}, {ID: "b 2", Cost: 1}, {ID: "c", Cost: 1}, {ID: "d", Cost: 1}}, []Ballot{{Picks: []Pick{{Project: 0}}}})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestParseExcludes(t *testing.T) {
	e := excludeElection(t)
	for text, want := range map[string]string{
		"":                               "[]",
		" \r\n\n":                        "[]",
		"a,c":                            "[[0 2]]",
		" a , b 2 \r\n c,d\n":            "[[0 1] [2 3]]",
		"--exclude a,c --exclude d,a":    "[[0 2] [3 0]]",
		"--exclude=a,c\n--exclude 'd,c'": "[[0 2] [3 2]]",
		"a,c,a,":                         "[[0 2]]",
	} {
		groups, err := e.ParseExcludes(text)
		if got := fmt.Sprint(groups); err != nil || got != want {
			t.Errorf("%q: %s, %v, want %s", text, got, err, want)
		}
	}
	for text, want := range map[string]ExcludeFault{
		"a,x":      {1, "x"},
		"a;c":      {1, "a;c"},
		"a,c\nd,y": {2, "y"},
		"a,c\nd":   {2, ""},
		"a,a":      {1, ""},
		",":        {1, ""},
	} {
		_, err := e.ParseExcludes(text)
		if f := (*ExcludeFault)(nil); !errors.As(err, &f) || *f != want {
			t.Errorf("%q: %v, want %+v", text, err, want)
		}
	}
}

// FuzzParseExcludes: what is read can be counted, and reads back from its ids.
func FuzzParseExcludes(f *testing.F) {
	for _, text := range []string{"a,c", "--exclude a,d --exclude=c,a", "a,\n,c", "'a,c", strings.Repeat("a,c\n", 9)} {
		f.Add(text)
	}
	e := excludeElection(f)
	f.Fuzz(func(t *testing.T, text string) {
		groups, err := e.ParseExcludes(text)
		if err != nil {
			return
		}
		if _, err := (Rule{Name: Greedy, Excludes: groups}).Whole(e); err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, g := range groups {
			lines = append(lines, strings.Join(e.ids(g), ","))
		}
		if again, err := e.ParseExcludes(strings.Join(lines, "\n")); err != nil || fmt.Sprint(again) != fmt.Sprint(groups) {
			t.Fatalf("%v, then %v, %v", groups, again, err)
		}
	})
}
