package tally

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sampleFile reads an invented election.
func sampleFile(t testing.TB, kind VoteType) *Election {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", string(kind)+".pb"))
	if err != nil {
		t.Fatal(err)
	}
	e, err := Parse(bytes.NewReader(text))
	if err != nil {
		t.Fatal(kind, err)
	}
	return e
}

func TestParseOrdinal(t *testing.T) {
	e := sampleFile(t, Ordinal)
	if e.Budget != 100_050 || e.Decimals != 2 || e.Voters() != 4 {
		t.Errorf("budget %d of %d decimals, %d voters", e.Budget, e.Decimals, e.Voters())
	}
	if got := e.MetaValue("description"); got != "Szkolny budżet; \"klasy\"\ni rodzice" {
		t.Errorf("description %q", got)
	}
	want := []Project{
		{ID: "a", Name: "Ławki; kosze &quot;eko&quot;", Cost: 40_025, Categories: []string{"zieleń", "sport"}, Targets: []string{"children"},
			Selected: 1, Votes: 3, Score: 5, Extra: []Field{{"latitude", "50.06"}, {"proposer", "Ktoś"}}},
		{ID: "b/1", Name: `"Książki" dla wszystkich`, Cost: 60_000, Selected: 1, Votes: 3, Score: 5},
		{ID: "c c", Name: `Boisko "Orlik"`, Cost: 100_050, Categories: []string{"sport"}, Selected: 0, Votes: 2, Score: 3},
	}
	if diff := cmp.Diff(want, e.Projects); diff != "" {
		t.Error(diff)
	}
	projects, points := e.Ballot(1)
	if diff := cmp.Diff([][]int32{{1, 0}, {2, 1}}, [][]int32{projects, points}); diff != "" {
		t.Error(diff)
	}
	if len(e.Warnings) > 0 {
		t.Error("warned of", e.Warnings)
	}
}

// Each way of giving places their points, on ballots of different length: the
// declared scores decide, and without them max_length.
func TestPlacesFollowTheScores(t *testing.T) {
	file := func(scored, maximum string) string {
		return "META\nkey;value\nbudget;9\nvote_type;ordinal\n" + maximum + "PROJECTS\nproject_id;cost;score\np;5;" +
			strings.Replace(scored, "/", "\nq;5;", 1) + "\nVOTES\nvoter_id;vote\n1;p,q\n2;p\n"
	}
	for name, c := range map[string]struct {
		text string
		p, q int64
		warn int
	}{
		"scores by the length of the ballot": {file("3/1", "max_length;3\n"), 3, 1, 0},
		"scores by the longest allowed":      {file("6/2", "max_length;3\n"), 6, 2, 0},
		"scores that fit neither":            {file("9/9", "max_length;3\n"), 3, 1, 2},
		"no scores":                          {file("/", "max_length;3\n"), 6, 2, 1},
		"nothing said":                       {file("/", ""), 3, 1, 1},
	} {
		e, err := Parse(strings.NewReader(c.text))
		if err != nil {
			t.Error(name, err)
			continue
		}
		if e.Score(0) != c.p || e.Score(1) != c.q || len(e.Warnings) != c.warn {
			t.Errorf("%s: scores %d and %d, want %d and %d; warnings %v", name, e.Score(0), e.Score(1), c.p, c.q, e.Warnings)
		}
	}
}

func TestParsePoints(t *testing.T) {
	e := sampleFile(t, Cumulative)
	if e.Budget != 123_450 || e.Projects[0].Cost != 100_000 || e.PointDecimals != 1 {
		t.Errorf("budget %d, cost %d, %d decimals of points", e.Budget, e.Projects[0].Cost, e.PointDecimals)
	}
	if e.Score(0) != 75 || e.Score(1) != 55 || e.Support(2) != 0 || e.Firsts(1) != 1 || e.Voters() != 3 {
		t.Errorf("scores %v, support %v, firsts %v", e.score, e.support, e.firsts)
	}
	wantKeys(t, e, FaultSpaces, FaultTwiceOnBallot)

	e = sampleFile(t, Scoring)
	if e.Score(0) != 5 || e.Score(1) != 0 || e.Support(1) != 2 || e.Support(0) != 1 {
		t.Errorf("scores %v, support %v", e.score, e.support)
	}
}

func TestParseApproval(t *testing.T) {
	e := sampleFile(t, Approval)
	if e.Support(0) != 3 || e.Projects[2].Selected != 2 {
		t.Errorf("support %v, selected %d", e.support, e.Projects[2].Selected)
	}
	wantKeys(t, e, FaultProjectVotes, FaultTwiceOnBallot)
	if e := sampleFile(t, ChooseOne); e.Voters() != 3 || e.Firsts(0) != 1 {
		t.Errorf("%d voters, firsts %v", e.Voters(), e.firsts)
	}
}

func wantKeys(t *testing.T, e *Election, want ...FaultKey) {
	t.Helper()
	var got []FaultKey
	for _, w := range e.Warnings {
		got = append(got, w.Key)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// good is a clean file, in which each case of TestRefused breaks one thing.
const good = `META
key;value
num_projects;2
num_votes;2
budget;10
vote_type;approval
PROJECTS
project_id;cost;votes;selected
p;5;2;1
q;6;1;0
VOTES
voter_id;vote;age
1;p,q;30
2;p;40
`

func TestRefused(t *testing.T) {
	for name, c := range map[string]struct {
		old, new string
		want     string // "line/key"
	}{
		"nothing":                 {good, "", "0/missing_section"},
		"another file":            {"META\n", "a,b,c\n", "1/section"},
		"a page":                  {good, "<html>\n</html>", "1/section"},
		"not UTF-8":               {"p;5", "\xb1;5", "9/encoding"},
		"a zero byte":             {"p;5", "p\x00;5", "9/encoding"},
		"UTF-16":                  {"META", "\xff\xfeM\x00", "1/encoding"},
		"ends in META":            {good[strings.Index(good, "budget"):], "", "4/missing_section"},
		"ends in PROJECTS":        {good[strings.Index(good, "VOTES"):], "", "10/missing_section"},
		"ends after VOTES":        {good[strings.Index(good, "voter_id"):], "", "11/missing_column"},
		"ends after a ballot":     {"2;p;40\n", "", "4/count_votes"},
		"ends in a record":        {"2;p;40\n", "2;p", "14/columns"},
		"ends in a project":       {"2;p;40\n", "2;", "14/columns"},
		"ends in a quote":         {"2;p;40\n", "2;\"p;40\n", "14/unknown_project"},
		"quote over the line":     {"p;5;2;1\nq", "\"p;5;2;1\nq\"x", "13/unknown_project"},
		"too few projects":        {"q;6;1;0\n", "", "12/unknown_project"},
		"declares more projects":  {"num_projects;2", "num_projects;3", "3/count_projects"},
		"sections twice":          {"VOTES\n", "PROJECTS\n", "11/section"},
		"votes twice":             {"2;p;40\n", "VOTES\nvoter_id;vote\n2;p\n", "14/section"},
		"votes before projects":   {"PROJECTS\n", "VOTES\n", "7/section"},
		"no budget":               {"budget;10\n", "", "0/missing_meta"},
		"zero budget":             {"budget;10", "budget;0", "5/budget"},
		"negative budget":         {"budget;10", "budget;-10", "5/budget"},
		"budget in words":         {"budget;10", "budget;ten", "5/number"},
		"two budgets":             {"budget;10\n", "budget;10\nbudget;11\n", "6/twice_meta"},
		"no vote type":            {"vote_type;approval\n", "", "10/missing_meta"},
		"unknown vote type":       {"approval", "quadratic", "6/vote_type"},
		"default score":           {"approval\n", "scoring\ndefault_score;1\n", "7/unsupported"},
		"no points":               {"approval", "cumulative", "12/missing_column"},
		"no cost":                 {"project_id;cost", "project_id;price", "8/missing_column"},
		"cost twice":              {"cost;votes", "cost;cost", "8/twice_column"},
		"negative cost":           {"p;5", "p;-5", "9/cost"},
		"huge cost":               {"p;5", "p;123456789012345678", "9/cost"},
		"cost without end":        {"p;5", "p;1e31", "9/number"},
		"cost with many decimals": {"p;5", "p;1.0000001", "9/number"},
		"unclear comma":           {"p;5", "p;1,234", "9/number"},
		"project twice":           {"q;6", "p;6", "10/twice_project"},
		"project without id":      {"q;6", ";6", "10/no_id"},
		"id with a comma":         {"q;6", "\"q,r\";6", "10/no_id"},
		"unquoted semicolon":      {"q;6;1;0", "q;6;1;0;x", "10/columns"},
		"unknown project":         {"1;p,q", "1;p,x", "13/unknown_project"},
		"no project":              {"1;p,q", "1;p,", "13/unknown_project"},
		"voter twice":             {"2;p;40", "1;p;40", "14/twice_voter"},
		"two for one":             {"approval", "choose-1", "13/not_one"},
	} {
		text := strings.Replace(good, c.old, c.new, 1)
		wantRefused(t, name, text, c.want)
	}
}

func TestRefusedPoints(t *testing.T) {
	file := strings.Replace(strings.Replace(good, "approval", "cumulative", 1), "vote;age", "vote;points", 1)
	for name, c := range map[string]struct{ points, want string }{
		"too few":       {"3", "13/points_count"},
		"too many":      {"3,2,1", "13/points_count"},
		"none":          {"", "13/points_count"},
		"not a number":  {"3,x", "13/points"},
		"below nothing": {"3,-1", "13/points"},
		"huge":          {"3,10000000000", "13/points"},
		"too fine":      {"1000000000,0.5", "13/points"},
	} {
		text := strings.Replace(file, "1;p,q;30", "1;p,q;"+c.points, 1)
		wantRefused(t, name, text, c.want)
	}
	wantRefused(t, "twice in an order", strings.Replace(strings.Replace(good, "approval", "ordinal", 1), "1;p,q", "1;p,p", 1), "13/twice_on_ballot")
}

func wantRefused(t *testing.T, name, text, want string) {
	t.Helper()
	_, err := Parse(strings.NewReader(text))
	var fault *Fault
	if !errors.As(err, &fault) {
		t.Errorf("%s: %v", name, err)
		return
	}
	if got := decimal(int64(fault.Line), 0) + "/" + string(fault.Key); got != want {
		t.Errorf("%s: %s (%v), want %s", name, got, err, want)
	}
	if strings.ContainsAny(err.Error(), "\n%") {
		t.Errorf("%s: %q is not one clear line", name, err)
	}
}

// A file that lost its end is never counted as if it were whole, as long as a
// ballot or the place for its columns is missing.
func TestCutAnywhere(t *testing.T) {
	for at := range len(good) - len("40\n") {
		e, err := Parse(strings.NewReader(good[:at]))
		if err == nil {
			t.Errorf("cut after %q: read with %d ballots", good[:at], e.Voters())
		}
	}
}

func TestReadKindly(t *testing.T) {
	for name, c := range map[string]struct {
		old, new string
		warn     []FaultKey
	}{
		"clean":                   {"", "", nil},
		"CRLF":                    {"\n", "\r\n", nil},
		"empty lines":             {"\n", "\n\n;;\n", nil},
		"no votes":                {"1;p,q;30\n2;p;40\n", "", []FaultKey{FaultProjectVotes, FaultProjectVotes, FaultNoVotes}},
		"lower case":              {"PROJECTS", "projects;;;", nil},
		"columns missing":         {"1;p,q;30", "1;p,q", []FaultKey{FaultColumns}},
		"empty columns more":      {"1;p,q;30", "1;p,q;30;;", nil},
		"unknown mark":            {"p;5;2;1", "p;5;2;yes", []FaultKey{FaultSelected}},
		"declared otherwise":      {"p;5;2;1", "p;5;3;1", []FaultKey{FaultProjectVotes}},
		"thousands":               {"p;5;", "p;5 000,00;", []FaultKey{FaultSpaces}},
		"quotes inside":           {"1;p,q;30", "1;p,q;\"3\"0\"", nil},
		"more than allowed":       {"vote_type", "max_length;1\nvote_type", []FaultKey{FaultManyChosen}},
		"fewer than needed":       {"vote_type", "min_length;2\nvote_type", []FaultKey{FaultFewChosen}},
		"dearer than allowed":     {"vote_type", "max_sum_cost;10\nvote_type", []FaultKey{FaultDearBallot}},
		"the same twice":          {"budget;10\n", "budget;10\nbudget;10\n", []FaultKey{FaultTwiceMeta}},
		"semicolons in a comment": {"budget;10\n", "comment;a; b;c\nbudget;10\n", nil},
	} {
		n := 1
		if name == "CRLF" || name == "empty lines" {
			n = -1
		}
		text := strings.Replace(good, c.old, c.new, n)
		if name == "no votes" {
			text = strings.Replace(text, "num_votes;2", "num_votes;0", 1)
		}
		e, err := Parse(strings.NewReader(text))
		if err != nil {
			t.Error(name, err)
			continue
		}
		t.Run(name, func(t *testing.T) { wantKeys(t, e, c.warn...) })
	}
}

func TestReadNumber(t *testing.T) {
	for text, want := range map[string]string{
		"0": "0", "007": "7", "5000": "5000", "1234.50": "1234.5", "50000.0": "50000", "1 234,50": "1234.5",
		"1\u00a0000": "1000", "1.5E+06": "1500000", "5e-1": "0.5", ".5": "0.5", "5.": "5", "-3": "-3", "+3": "3", "0.000001": "0.000001",
		"": "", ".": "", "-": "", "--3": "", "1.2.3": "", "1,234": "", "1,234,567": "", "1.234,50": "", "e5": "", "1e": "", "1e99": "",
		"0x10": "", "NaN": "", "Inf": "", "1e-9": "", "99999999999999999999": "", "5 zł": "",
	} {
		got := ""
		if a, _, ok := readNumber([]byte(text)); ok {
			got = decimal(a.digits, a.scale)
		}
		if got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}
