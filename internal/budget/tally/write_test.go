package tally

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func publish(t testing.TB, e *Election) string {
	t.Helper()
	var b bytes.Buffer
	if err := e.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// What is published holds the choices in the order of their content, and
// neither who voted, nor when, nor who proposed.
func TestWrite(t *testing.T) {
	want := `META
key;value
description;"Szkolny budżet; ""klasy""
i rodzice"
unit;Osiedle
instance;2026
num_projects;3
num_votes;4
budget;1000.5
vote_type;ordinal
rule;greedy
min_length;1
max_length;3
PROJECTS
project_id;cost;votes;score;name;category;target;selected;latitude
a;400.25;3;5;"Ławki; kosze &quot;eko&quot;";zieleń,sport;children;1;50.06
b/1;600;3;5;"""Książki"" dla wszystkich";;;1;
c c;1000.5;2;3;"Boisko ""Orlik""";sport;;0;
VOTES
voter_id;vote
1;a,b/1,c c
2;b/1,a
3;b/1
4;c c,a
`
	if diff := cmp.Diff(want, publish(t, sampleFile(t, Ordinal))); diff != "" {
		t.Error(diff)
	}
	_, votes, _ := strings.Cut(publish(t, sampleFile(t, Approval)), "VOTES\n")
	if diff := cmp.Diff("voter_id;vote\n1;p,q\n2;p,q,r\n3;p,q,r\n4;r\n", votes); diff != "" {
		t.Error(diff)
	}
	_, votes, _ = strings.Cut(publish(t, sampleFile(t, Cumulative)), "VOTES\n")
	if diff := cmp.Diff("voter_id;vote;points\n1;;\n2;1,2;7.5,2.5\n3;2,3;3,0\n", votes); diff != "" {
		t.Error(diff)
	}
}

// An ordered ballot whose points do not follow from its length keeps them.
func TestWritePointsOfPlaces(t *testing.T) {
	projects := []Project{{ID: "a", Cost: 1, Selected: Unsaid}, {ID: "b", Cost: 1, Selected: Unsaid}}
	e, err := New(2, 100, Ordinal, projects, []Ballot{{[]Pick{{1, 3}, {0, 2}}}, {[]Pick{{0, 3}}}})
	if err != nil {
		t.Fatal(err)
	}
	want := "META\nkey;value\nnum_projects;2\nnum_votes;2\nbudget;1\nvote_type;ordinal\nPROJECTS\nproject_id;cost;votes;score\na;0.01;2;5\nb;0.01;1;3\n" +
		"VOTES\nvoter_id;vote;points\n1;a;3\n2;b,a;3,2\n"
	if diff := cmp.Diff(want, publish(t, e)); diff != "" {
		t.Error(diff)
	}
}

// A program that only names its projects declares nothing of them: none of them is
// published as lost. One that says who won says who lost, too.
func TestNewDeclaresNothing(t *testing.T) {
	projects := []Project{{ID: "a", Cost: 1, Categories: []string{"sport"}}, {ID: "b", Cost: 1}}
	ballots := []Ballot{{[]Pick{{0, 0}}}}
	for winner, want := range map[int]string{
		0: "project_id;cost;votes;category\na;1;1;sport\nb;1;0;\n",
		1: "project_id;cost;votes;category;selected\na;1;1;sport;1\nb;1;0;;0\n",
	} {
		projects[0].Selected = winner
		e, err := New(0, 1, Approval, projects, ballots)
		if err != nil {
			t.Fatal(err)
		}
		_, text, _ := strings.Cut(publish(t, e), "PROJECTS\n")
		text, _, _ = strings.Cut(text, "VOTES\n")
		if diff := cmp.Diff(want, text); diff != "" {
			t.Error(diff)
		}
	}
	// What the caller does with their own does not reach the election.
	e, err := New(0, 1, Approval, projects, ballots)
	if err != nil {
		t.Fatal(err)
	}
	before := publish(t, e)
	projects[0].Cost, projects[0].Categories[0], projects[1].ID, ballots[0].Picks[0].Project = 9, "other", "c", 1
	if diff := cmp.Diff(before, publish(t, e)); diff != "" {
		t.Error(diff)
	}
}

// TestNewPointed: parts of points are those that a file would have.
func TestNewPointed(t *testing.T) {
	projects := []Project{{ID: "a", Cost: 1}, {ID: "b", Cost: 1}}
	e, err := NewPointed(0, 2, 1, Cumulative, projects, []Ballot{{[]Pick{{0, 250}, {1, 750}}}})
	if err != nil {
		t.Fatal(err)
	}
	text := publish(t, e)
	if !strings.Contains(text, "\n1;a,b;2.5,7.5\n") {
		t.Error(text)
	}
	read, err := Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if a, b := e.Report(mustCount(t, e, Rule{Name: Greedy})), read.Report(mustCount(t, read, Rule{Name: Greedy})); cmp.Diff(a, b) != "" || a.Rounds[0].Score != "7.5" {
		t.Error(cmp.Diff(a, b), a)
	}
	for decimals, kind := range map[int]VoteType{-1: Cumulative, maxDecimals + 1: Cumulative, 1: Approval} {
		if _, err := NewPointed(0, decimals, 1, kind, projects, nil); err == nil {
			t.Errorf("%d decimals of points on a ballot of %s", decimals, kind)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	a := []Project{{ID: "a", Cost: 1}}
	one := []Ballot{{[]Pick{{0, 1}}}}
	for name, c := range map[string]struct {
		budget   Money
		kind     VoteType
		projects []Project
		ballots  []Ballot
		want     FaultKey
	}{
		"unknown type":          {1, "guess", a, one, FaultVoteType},
		"negative budget":       {-1, Approval, a, one, FaultBudget},
		"negative cost":         {1, Approval, []Project{{ID: "a", Cost: -1}}, one, FaultCost},
		"huge cost":             {1, Approval, []Project{{ID: "a", Cost: maxMoney + 1}}, one, FaultCost},
		"no id":                 {1, Approval, []Project{{}}, one, FaultNoID},
		"an id of two":          {1, Approval, []Project{{ID: "a,b"}}, one, FaultNoID},
		"id twice":              {1, Approval, []Project{{ID: "a"}, {ID: "a"}}, one, FaultTwiceProject},
		"project of a stranger": {1, Approval, a, []Ballot{{[]Pick{{1, 1}}}}, FaultUnknownProject},
		"project twice":         {1, Approval, a, []Ballot{{[]Pick{{0, 1}, {0, 1}}}}, FaultTwiceOnBallot},
		"huge points":           {1, Cumulative, a, []Ballot{{[]Pick{{0, maxPoints + 1}}}}, FaultPoints},
		"points below nothing":  {1, Ordinal, a, []Ballot{{[]Pick{{0, -1}}}}, FaultPoints},
		"two for one":           {1, ChooseOne, append([]Project{{ID: "b"}}, a...), []Ballot{{[]Pick{{0, 0}, {1, 0}}}}, FaultNotOne},
	} {
		_, err := New(0, c.budget, c.kind, c.projects, c.ballots)
		if fault, ok := err.(*Fault); !ok || fault.Key != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}
