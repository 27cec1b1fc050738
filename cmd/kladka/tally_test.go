package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kladka/internal/budget"
	"kladka/internal/budget/result"
)

const smallElection = `META
key;value
num_projects;3
num_votes;3
budget;10.5
vote_type;approval
PROJECTS
project_id;cost;name
p;5;Ławki
q;5;Kosze
r;5.5;Sad
VOTES
voter_id;vote
1;p,q
2;p,q
3;r
`

func electionFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "small.pb")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTally(t *testing.T) {
	file := electionFile(t, smallElection)
	type tie struct {
		Round int      `json:"round"`
		Tied  []string `json:"tied"`
		By    string   `json:"by"`
		Won   string   `json:"won"`
	}
	type count struct {
		Rule    string          `json:"rule"`
		Winners []string        `json:"winners"`
		Cost    json.Number     `json:"cost"`
		Ties    []tie           `json:"ties"`
		Rounds  json.RawMessage `json:"rounds"`
	}
	for name, c := range map[string]struct {
		args []string
		want count
	}{
		"greedy": {[]string{"--rule", "greedy"}, count{Rule: "greedy", Winners: []string{"p", "q"}, Cost: "10", Ties: []tie{{1, []string{"p", "q"}, "file", "p"}}}},
		"lot": {[]string{"--rule", "greedy", "--ties", "cost,lot:b"},
			count{Rule: "greedy", Winners: []string{"q", "p"}, Cost: "10", Ties: []tie{{1, []string{"q", "p"}, "lot:b", "q"}}}},
		"excluded":  {[]string{"--rule", "greedy", "--exclude", "p,q"}, count{Rule: "greedy", Winners: []string{"p", "r"}, Cost: "10.5", Ties: []tie{{1, []string{"p", "q"}, "file", "p"}}}},
		"barred":    {[]string{"--rule", "greedy", "--barred", "p=elsewhere"}, count{Rule: "greedy", Winners: []string{"q", "r"}, Cost: "10.5", Ties: []tie{}}},
		"min share": {[]string{"--rule", "greedy", "--min-share", "1.4", "--threshold", "2", "--plain"}, count{Rule: "greedy", Winners: []string{"p", "q"}, Cost: "10", Ties: []tie{{1, []string{"p", "q"}, "file", "p"}}}},
		"shares":    {[]string{"--rule", "mes"}, count{Rule: "mes", Winners: []string{"p"}, Cost: "5", Ties: []tie{{1, []string{"p", "q"}, "file", "p"}}}},
	} {
		var got count
		if err := json.Unmarshal([]byte(must(t, append([]string{"tally", file, "--json"}, c.args...)...)), &got); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(got.Rounds), "[") {
			t.Errorf("%s: rounds %s", name, got.Rounds)
		}
		got.Rounds = nil
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Error(name, diff)
		}
	}
	if table := must(t, "tally", file, "--rule", "greedy"); !strings.Contains(table, "2 projects win and cost 10.") || !strings.Contains(table, "Kosze") {
		t.Error(table)
	}
}

// The public page that counts a file and this command read groups of projects alike,
// and count alike.
func TestTallyIsThePage(t *testing.T) {
	text := strings.Replace(smallElection, "budget;10.5", "budget;15.5", 1)
	file, page := electionFile(t, text), result.New(result.Config{})
	for _, groups := range [][]string{nil, {"p,q"}, {"q, r", "p,r"}, {"p,q,r"}} {
		for _, rule := range []budget.CountRules{{Rule: "greedy", Utility: "cost", Completion: "none", Step: 1, Start: "exact"}, {Rule: "mes", Utility: "cost", Completion: "add1+greedy", Step: 1, Start: "exact"}} {
			args := []string{"tally", file, "--json", "--rule", rule.Rule, "--completion", rule.Completion}
			for _, g := range groups {
				args = append(args, "--exclude", g)
			}
			var command struct {
				Winners []budget.ProjectID `json:"winners"`
			}
			if err := json.Unmarshal([]byte(must(t, args...)), &command); err != nil {
				t.Fatal(err)
			}
			counted, err := page.CountFile([]byte(text), rule, 0, strings.Join(groups, "\n"))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(command.Winners, counted.Outcome.Winners); diff != "" || !counted.Agree() || len(command.Winners) == 0 {
				t.Errorf("%s with %q: %s", rule.Rule, groups, diff)
			}
		}
	}
}

// A refusal is one line, says where, and prints nothing else.
func TestTallyRefuses(t *testing.T) {
	file := electionFile(t, smallElection)
	broken := electionFile(t, strings.Replace(smallElection, "2;p,q", "2;p,x", 1))
	for want, args := range map[string][]string{
		`line 15: no project "x"`:             {broken, "--rule", "mes"},
		"no such file":                        {file + "x", "--rule", "mes"},
		"--rule":                              {file},
		"--rule must be one of":               {file, "--rule", "best"},
		"ties: unknown step price":            {file, "--rule", "greedy", "--ties", "cost,price"},
		"min-share: not a share":              {file, "--rule", "greedy", "--min-share", "1/0"},
		"step: at least 1":                    {file, "--rule", "mes", "--step", "0"},
		`barred: no project "x"`:              {file, "--rule", "greedy", "--barred", "x=p"},
		"--share and --out need --open":       {file, "--rule", "greedy", "--out", "x"},
		"a FILE.pb is needed":                 {"--rule", "greedy"},
		"--open counts by the rules":          {file, "--open", file},
		"no sealed box":                       {"--open", file},
		`exclude: no project "x"`:             {file, "--rule", "greedy", "--exclude", "p,x"},
		"exclude: group 2 has fewer than two": {file, "--rule", "greedy", "--exclude", "p,q", "--exclude", "r"},
		"completion: the greedy rule leaves":  {file, "--rule", "greedy", "--completion", "add1"},
	} {
		out, err := command(t, append([]string{"tally", "--json"}, args...)...)
		if err == nil || out != "" {
			t.Errorf("%v: %v, printed %q", args, err, out)
			continue
		}
		if got := explain(err); !strings.Contains(got, want) || strings.Contains(got, "\n") {
			t.Errorf("%v: %q, want %q", args, got, want)
		}
	}
}
