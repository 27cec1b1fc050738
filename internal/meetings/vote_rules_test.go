package meetings

import "testing"

func TestOutcome(t *testing.T) {
	const least = 3
	for _, c := range []struct {
		name  string
		rules Rules
		tally Tally
		want  Outcome
	}{
		{"more for than against", Rules{Hands, MostThere, Simple}, Tally{10, 6, 3, 2, 1}, Outcome{Carried, 6, 3}},
		{"as many for as against", Rules{Hands, MostThere, Simple}, Tally{10, 6, 3, 3, 0}, Outcome{Lost, 6, 4}},
		{"all abstain", Rules{Hands, NoQuorum, Simple}, Tally{10, 6, 0, 0, 6}, Outcome{Lost, 0, 1}},
		{"nobody votes", Rules{Hands, NoQuorum, Absolute}, Tally{10, 6, 0, 0, 0}, Outcome{Lost, 0, 1}},
		{"nobody votes, two thirds", Rules{Names, NoQuorum, Thirds}, Tally{10, 6, 0, 0, 0}, Outcome{Lost, 0, 1}},
		{"a half is not more than a half", Rules{Hands, MostThere, Simple}, Tally{10, 5, 5, 0, 0}, Outcome{NoneHere, 6, 1}},
		{"a half is a half", Rules{Hands, HalfThere, Simple}, Tally{10, 5, 5, 0, 0}, Outcome{Carried, 5, 1}},
		{"a half of an odd number", Rules{Hands, HalfThere, Simple}, Tally{11, 5, 5, 0, 0}, Outcome{NoneHere, 6, 1}},
		{"two thirds are there", Rules{Hands, ThirdsOf, Simple}, Tally{10, 7, 4, 3, 0}, Outcome{Carried, 7, 4}},
		{"two thirds are not there", Rules{Hands, ThirdsOf, Simple}, Tally{10, 6, 6, 0, 0}, Outcome{NoneHere, 7, 1}},
		{"abstentions stop an absolute majority", Rules{Names, NoQuorum, Absolute}, Tally{10, 6, 3, 1, 2}, Outcome{Lost, 0, 4}},
		{"an absolute majority", Rules{Names, NoQuorum, Absolute}, Tally{10, 7, 4, 1, 2}, Outcome{Carried, 0, 4}},
		{"two thirds of the votes", Rules{Names, NoQuorum, Thirds}, Tally{10, 6, 4, 2, 0}, Outcome{Carried, 0, 4}},
		{"one short of two thirds", Rules{Names, NoQuorum, Thirds}, Tally{10, 7, 4, 3, 0}, Outcome{Lost, 0, 5}},
		{"most of those present are not most of all", Rules{Hands, HalfThere, OfAll}, Tally{10, 6, 5, 1, 0}, Outcome{Lost, 5, 6}},
		{"most of all", Rules{Hands, HalfThere, OfAll}, Tally{10, 6, 6, 0, 0}, Outcome{Carried, 5, 6}},
		{"a secret vote of two would tell who", Rules{Secret, NoQuorum, Simple}, Tally{10, 6, 2, 0, 0}, Outcome{TooFew, 0, 1}},
		{"a secret vote of three", Rules{Secret, NoQuorum, Simple}, Tally{10, 6, 2, 1, 0}, Outcome{Carried, 0, 2}},
	} {
		if got := c.rules.Outcome(c.tally, least); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}
