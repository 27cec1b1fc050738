package vote

import (
	"net/url"
	"slices"
	"testing"

	"kladka/internal/budget"
	"kladka/internal/platform/fault"
)

// paperless is a ballot of three projects a, b and c that cost 1, 2 and 4 zł, of a
// pool with 5 zł, without a key.
func paperless(b budget.BallotRules) *ballot {
	var list []budget.BallotProject
	for n, id := range []budget.ProjectID{"c", "a", "b"} { // as a database may give them
		list = append(list, budget.BallotProject{ID: id, Cost: []int64{400, 100, 200}[n], Order: []int{3, 1, 2}[n]})
	}
	return newBallot(budget.Edition{}, budget.Pool{Budget: 500, Ballot: b}, list, "")
}

func TestFill(t *testing.T) {
	ranked := budget.BallotRules{Type: budget.Ranked, Min: 2, Max: 2, Points: []int{2, 1}}
	cumulative := budget.BallotRules{Type: budget.Cumulative, Min: 1, Total: 5}
	approval := budget.BallotRules{Type: budget.Approval, Min: 1}
	knapsack := budget.BallotRules{Type: budget.Knapsack}
	one := budget.BallotRules{Type: budget.One, Min: 1, Max: 1}
	pick := func(id budget.ProjectID, points int) budget.Pick { return budget.Pick{Project: id, Points: points} }
	for name, c := range map[string]struct {
		rules  budget.BallotRules
		form   string
		picks  []budget.Pick
		stands soFar
		faults []string // fields
	}{
		"ranked":              {ranked, "p_c=2&p_a=1&p_b=", []budget.Pick{pick("a", 1), pick("c", 2)}, soFar{2, 500, 3, nil}, nil},
		"one of two":          {ranked, "p_b=2", []budget.Pick{pick("b", 2)}, soFar{1, 200, 2, []int{1}}, []string{"wybor"}},
		"the same points":     {ranked, "p_a=2&p_b=2", []budget.Pick{pick("a", 2), pick("b", 2)}, soFar{2, 300, 4, []int{1}}, []string{"p_b"}},
		"points of no kind":   {ranked, "p_a=2&p_b=9", []budget.Pick{pick("a", 2), pick("b", 9)}, soFar{2, 300, 11, []int{1}}, []string{"p_b"}},
		"words for points":    {ranked, "p_a=2&p_b=dwa", []budget.Pick{pick("a", 2)}, soFar{1, 100, 2, []int{1}}, []string{"p_b", "wybor"}},
		"nothing":             {approval, "inne=1", nil, soFar{}, []string{"wybor"}},
		"crosses":             {approval, "p_b=tak&p_a=tak", []budget.Pick{pick("a", 0), pick("b", 0)}, soFar{2, 300, 0, nil}, nil},
		"one twice":           {approval, "p_b=tak&p_b=tak", []budget.Pick{pick("b", 0), pick("b", 0)}, soFar{1, 200, 0, nil}, []string{"p_b"}},
		"of another pool":     {approval, "p_b=tak&p_x=tak", []budget.Pick{pick("b", 0), pick("x", 0)}, soFar{1, 200, 0, nil}, []string{"wybor"}},
		"points shared out":   {cumulative, "p_a=0&p_b=2&p_c=+3+", []budget.Pick{pick("b", 2), pick("c", 3)}, soFar{2, 600, 5, nil}, nil},
		"too many points":     {cumulative, "p_b=3&p_c=3", []budget.Pick{pick("b", 3), pick("c", 3)}, soFar{2, 600, 6, nil}, []string{"wybor"}},
		"points below nought": {cumulative, "p_b=-3", []budget.Pick{pick("b", -3)}, soFar{1, 200, 0, nil}, []string{"p_b"}},
		"an empty bag":        {knapsack, "", nil, soFar{}, nil},
		"a bag too full":      {knapsack, "p_b=tak&p_c=tak", []budget.Pick{pick("b", 0), pick("c", 0)}, soFar{2, 600, 0, nil}, []string{"wybor"}},
		"one cross":           {one, "wybor=c", []budget.Pick{pick("c", 0)}, soFar{1, 400, 0, nil}, nil},
		"two where one":       {one, "wybor=c&wybor=a", []budget.Pick{pick("a", 0), pick("c", 0)}, soFar{2, 500, 0, nil}, []string{"wybor"}},
	} {
		t.Run(name, func(t *testing.T) {
			form, err := url.ParseQuery(c.form)
			if err != nil {
				t.Fatal(err)
			}
			got := paperless(c.rules).fill(form)
			if !slices.Equal(got.Choice.Picks, c.picks) {
				t.Errorf("picks %v, want %v", got.Choice.Picks, c.picks)
			}
			if s := got.Stands; s.Chosen != c.stands.Chosen || s.Cost != c.stands.Cost || s.Points != c.stands.Points || !slices.Equal(s.Open, c.stands.Open) {
				t.Errorf("stands %v, want %v", s, c.stands)
			}
			var fields []string
			for _, f := range got.Faults {
				fields = append(fields, f.Name)
			}
			if !slices.Equal(fields, c.faults) {
				t.Errorf("faults %v, want %v", fields, c.faults)
			}
		})
	}
}

func TestReadLetters(t *testing.T) {
	secret := NewSecret()
	for typed, want := range map[string]string{secret: secret, "abcd efgh-jkmn pqrs": "", "": "", secret + "A": "", "ABCD": "", "0OIL-1111-1111-1111-1111": ""} {
		if got := readLetters(typed, secretLength); got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
	if got := ReadDigest(" abcd efghjkmn-PQRS "); got != "ABCD-EFGH-JKMN-PQRS" {
		t.Error(got)
	}
}

// FuzzFill: whatever a form holds, what is found valid can be written down and is
// read back as it was.
func FuzzFill(f *testing.F) {
	for _, form := range []string{"p_a=2&p_b=1", "wybor=a", "p_a=99999999999999999999", "p_a=tak&p_a=tak", "p_=1&p_%00=3", "p_a=-1&p_b=1e3"} {
		f.Add(form, uint8(len(form)))
	}
	types := budget.BallotTypes()
	f.Fuzz(func(t *testing.T, text string, kind uint8) {
		form, err := url.ParseQuery(text)
		if err != nil {
			t.Skip()
		}
		b := paperless(aBallot[types[int(kind)%len(types)]])
		got := b.fill(form)
		if len(got.Faults) > 0 {
			if fault.InvalidFields(got.Faults) == nil {
				t.Error("faults that are none")
			}
			return
		}
		body, err := b.Pool.Encode(got.Choice, b.order)
		if err != nil || len(body) > b.size {
			t.Fatalf("%v has %d bytes of %d: %v", got.Choice, len(body), b.size, err)
		}
		back, err := b.Pool.Decode(body, b.order)
		if err != nil || len(back.Picks) != len(got.Choice.Picks) {
			t.Errorf("%v was read as %v: %v", got.Choice, back, err)
		}
	})
}
