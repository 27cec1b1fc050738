package budget

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// on is a ballot of five projects that cost 10 to 50 zlotys, in a drawn order.
var (
	on    = map[ProjectID]int64{"a": 1000, "b": 2000, "c": 3000, "d": 4000, "e": 5000}
	order = []ProjectID{"d", "a", "e", "c", "b"}
)

// picks reads "a3 b2" as two picks with points.
func picks(text string) (c Choice) {
	for word := range strings.FieldsSeq(text) {
		id, points := strings.TrimRight(word, "0123456789"), 0
		if digits := strings.TrimPrefix(word, id); digits != "" {
			points = number(digits)
		}
		c.Picks = append(c.Picks, Pick{ProjectID(id), points})
	}
	return c
}

func TestCheckOfAChoice(t *testing.T) {
	exactly := BallotRules{Type: Ranked, Min: 3, Max: 3, Points: []int{3, 2, 1}}
	upTo := BallotRules{Type: Ranked, Min: 1, Points: []int{3, 2, 1}}
	crosses := BallotRules{Type: Approval, Min: 1, Max: 2}
	shared := BallotRules{Type: Cumulative, Min: 1, Total: 10}
	for _, c := range []struct {
		name  string
		rules BallotRules
		choice,
		want string // keys of the faults with their fields
	}{
		{"three places", exactly, "a3 b2 c1", ""},
		{"places in any order", exactly, "a1 b3 c2", ""},
		{"two of three", exactly, "a3 b2", "wybor:too_few"},
		{"four", exactly, "a3 b2 c1 d1", "p_d:same_points wybor:too_many"},
		{"none", exactly, "", "wybor:too_few"},
		{"the same twice", exactly, "a3 a2 b1", "p_a:twice wybor:too_few"},
		{"the same points twice", exactly, "a3 b3 c1", "p_b:same_points"},
		{"no such points", exactly, "a4 b2 c1", "p_a:no_such_points"},
		{"no points", exactly, "a b2 c1", "p_a:no_such_points"},
		{"of another pool", exactly, "a3 b2 x1", "wybor:unknown wybor:too_few"},
		{"only the last place", upTo, "a1", ""},
		{"no limit of its own: as many as points", upTo, "a3 b2 c1 d1", "p_d:same_points wybor:too_many"},
		{"crosses", crosses, "a b", ""},
		{"too many crosses", crosses, "a b c", "wybor:too_many"},
		{"a cross with points", crosses, "a2", "p_a:no_such_points"},
		{"one", BallotRules{Type: One, Min: 1}, "a", ""},
		{"two instead of one", BallotRules{Type: One, Min: 1}, "a b", "wybor:too_many"},
		{"nothing where it is allowed", BallotRules{Type: One}, "", ""},
		{"shared points", shared, "a7 b3", ""},
		{"more than there are", shared, "a7 b4", "wybor:over_total"},
		{"more than there are to one", shared, "a11", "p_a:no_such_points wybor:over_total"},
		{"an empty share", shared, "a0 b3", "p_a:no_such_points"},
		{"the money is enough", BallotRules{Type: Knapsack}, "a b c", ""},
		{"the money is not", BallotRules{Type: Knapsack}, "b e", "wybor:over_budget"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := told(c.rules.Check(picks(c.choice), on, 6000)); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// told are faults as "field:key".
func told(faults []fault.Field) string {
	var list []string
	for _, f := range faults {
		list = append(list, f.Name+":"+f.Key[strings.LastIndex(f.Key, ".")+1:])
	}
	return strings.Join(list, " ")
}

func TestBodyOfABallot(t *testing.T) {
	for _, c := range []struct {
		name   string
		rules  BallotRules
		choice string
		want   []byte
	}{
		{"places", BallotRules{Type: Ranked, Points: []int{3, 2, 1}}, "a3 b1", []byte{1, 2, 0, 5}},
		{"crosses by the order of the ballot", BallotRules{Type: Approval}, "b d", []byte{1, 2, 0, 4}},
		{"none", BallotRules{Type: Approval}, "", []byte{1, 0}},
		{"points", BallotRules{Type: Cumulative, Total: 10}, "c2 a7", []byte{1, 2, 1, 7, 3, 2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			pool := Pool{Ballot: c.rules}
			body, err := pool.Encode(picks(c.choice), order)
			if err != nil || !bytes.Equal(body, c.want) {
				t.Errorf("%v %v, want %v", body, err, c.want)
			}
		})
	}
	if _, err := (Pool{Ballot: BallotRules{Type: Approval}}).Encode(picks("x"), order); err == nil {
		t.Error("a project of another pool was written")
	}
}

func TestBodyIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pool := Pool{Ballot: rapid.SampledFrom([]BallotRules{
			{Type: Ranked, Points: []int{3, 2, 1}}, {Type: Approval}, {Type: One}, {Type: Knapsack}, {Type: Cumulative, Total: 300}}).Draw(t, "rules")}
		many := make([]ProjectID, rapid.IntRange(5, 200).Draw(t, "projects"))
		for n := range many {
			many[n] = ProjectID(rune('A' + n))
		}
		most := len(many)
		if m := pool.Ballot.most(); m > 0 {
			most = min(most, m)
		}
		var c Choice
		for n, id := range rapid.SliceOfNDistinct(rapid.SampledFrom(many), 0, most, rapid.ID[ProjectID]).Draw(t, "chosen") {
			pick := Pick{Project: id}
			switch pool.Ballot.Type {
			case Ranked:
				pick.Points = pool.Ballot.Points[n]
			case Cumulative:
				pick.Points = rapid.IntRange(1, 300).Draw(t, "points")
			}
			c.Picks = append(c.Picks, pick)
		}
		body, err := pool.Encode(c, many)
		if err != nil {
			t.Fatal(err)
		}
		if size := pool.SizeFor(len(many)); len(body) > size {
			t.Fatalf("%d bytes in an envelope of %d", len(body), size)
		}
		got, err := pool.Decode(body, many)
		if err != nil {
			t.Fatal(err)
		}
		by := func(a, b Pick) int { return strings.Compare(string(a.Project), string(b.Project)) }
		slices.SortFunc(got.Picks, by)
		slices.SortFunc(c.Picks, by)
		if diff := cmp.Diff(c.Picks, got.Picks); diff != "" {
			t.Fatal(diff)
		}
	})
}

// A body has one form: whatever Decode takes, Encode writes again byte by byte.
func FuzzDecode(f *testing.F) {
	for _, seed := range [][]byte{{1, 2, 0, 5}, {1, 2, 0, 4}, {1, 0}, {1, 2, 1, 7, 3, 2}, {1, 2, 4, 0}, {1, 1, 0x80, 0}, {2, 0}, {}, {1, 5, 0, 1, 2, 3, 4}} {
		f.Add(seed)
	}
	types := []BallotRules{{Type: Ranked, Points: []int{3, 2, 1}}, {Type: Approval}, {Type: Cumulative, Total: 10}}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, rules := range types {
			pool := Pool{Ballot: rules}
			c, err := pool.Decode(body, order)
			if err != nil {
				continue
			}
			if again, err := pool.Encode(c, order); err != nil || !bytes.Equal(again, body) {
				t.Errorf("%s: %v was read, %v is written", rules.Type, body, again)
			}
		}
	})
}

func TestBodiesOfTwoFormsAreRefused(t *testing.T) {
	for name, body := range map[string][]byte{"out of order": {1, 2, 4, 0}, "twice": {1, 2, 4, 4}, "long zero": {1, 0x80, 0}, "more behind": {1, 1, 0, 0},
		"too short": {1, 2, 0}, "beyond the ballot": {1, 1, 5}, "another version": {2, 0}, "empty": {}} {
		if c, err := (Pool{Ballot: BallotRules{Type: Approval}}).Decode(body, order); err == nil {
			t.Errorf("%s: read as %v", name, c)
		}
	}
}

func TestCanonicalRules(t *testing.T) {
	for _, template := range Templates() {
		rules := template.Rules(2026)
		text, err := rules.Value()
		if err != nil {
			t.Fatal(err)
		}
		var back Rules
		if err := back.Scan(text); err != nil {
			t.Fatal(err)
		}
		again, err := back.Value()
		if err != nil || again != text {
			t.Errorf("%s: rules read back are written in another way", template.Key)
		}
		if strings.Contains(text.(string), "null") || !json.Valid([]byte(text.(string))) {
			t.Errorf("%s: %.200s", template.Key, text)
		}
	}
}

func TestDocumentHoldsRulesAndBallots(t *testing.T) {
	e := Edition{ID: "e", Title: "Budżet <2026>", Rules: Rules{Pools: []Pool{{ID: "p"}, {ID: "q"}}}}
	ballots := map[PoolID][]BallotProject{"p": {{ID: "x", Title: "X", Cost: 5, Order: 2}, {ID: "y", Title: "Y", Cost: 7, Order: 1}}}
	hash := func() string {
		text, err := NewDocument(e, ballots).Text()
		if err != nil {
			t.Fatal(err)
		}
		return Hash(text)
	}
	was := hash()
	slices.Reverse(ballots["p"])
	if hash() != was {
		t.Error("the order in which projects come changes the hash")
	}
	for name, change := range map[string]func(){
		"cost":  func() { ballots["p"][0].Cost++ },
		"order": func() { ballots["p"][0].Order, ballots["p"][1].Order = ballots["p"][1].Order, ballots["p"][0].Order },
		"rule":  func() { e.Rules.Pools[1].LeastVotes = 1 },
		"seed":  func() { e.Rules.Seed = "1" },
		"hours": func() { e.Rules.Calendar.VoteTo = 1 },
	} {
		before := hash()
		if change(); hash() == before {
			t.Errorf("another %s leaves the hash as it was", name)
		}
	}
}

func TestOrderIsDrawnFromTheSeed(t *testing.T) {
	want := []ProjectID{"a", "c", "b", "d", "e"} // by printf 'ziarno\0a' | sha256sum, and so on
	if got := DrawOrder("ziarno", []ProjectID{"e", "c", "a", "d", "b"}); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	firsts := map[ProjectID]int{}
	for range 300 {
		firsts[DrawOrder(NewSeed(), want)[0]]++
	}
	for _, id := range want {
		if firsts[id] < 25 { // 60 are expected; so few come once in many million runs
			t.Errorf("%s stood first %d times of 300", id, firsts[id])
		}
	}
}

func TestPhases(t *testing.T) {
	c := schoolRules(2026).Calendar
	at := func(text string) time.Time {
		moment, err := time.ParseInLocation("01-02 15:04:05", text, web.Warsaw)
		if err != nil {
			t.Fatal(err)
		}
		return moment.AddDate(2026-moment.Year(), 0, 0)
	}
	for _, c2 := range []struct {
		state State
		at    string
		want  Phase
	}{
		{Published, "10-04 23:59:59", PhaseUpcoming},
		{Published, "10-05 00:00:00", PhaseFiling},
		{Published, "10-23 23:59:59", PhaseFiling},
		{Published, "10-24 00:00:00", PhaseChecking},
		{Published, "11-06 23:59:59", PhaseChecking},
		{Published, "11-07 00:00:00", PhaseProtests},
		{Published, "11-14 00:00:00", PhaseDrawing},
		{Published, "11-25 12:00:00", PhaseDrawing}, // a vote that was not frozen is not on
		{Frozen, "11-25 12:00:00", PhaseReady},      // nor is one that was not opened
		{Voting, "11-24 08:00:00", PhaseVoting},
		{Voting, "11-26 14:59:59", PhaseVoting},
		{Voting, "11-26 15:00:00", PhaseCounting}, // before the clock has noted it
		{Closed, "11-26 15:00:00", PhaseCounting},
		{Counted, "11-27 12:00:00", PhaseResults},
		{Final, "12-20 12:00:00", PhaseDelivery},
		{Draft, "10-10 12:00:00", PhaseUpcoming},
	} {
		e := Edition{State: c2.state, Rules: Rules{Calendar: c}}
		if got := e.Phase(at(c2.at)); got != c2.want {
			t.Errorf("%s at %s: %s, want %s", c2.state, c2.at, got, c2.want)
		}
	}
	for text, want := range map[string]bool{"11-24 07:59:59": false, "11-24 08:00:00": true, "11-26 14:59:59": true, "11-26 15:00:00": false} {
		if got := c.Open(at(text)); got != want {
			t.Errorf("votes at %s: %t", text, got)
		}
	}
}

func TestCalendarFaults(t *testing.T) {
	for name, c := range map[string]struct {
		change func(c *Calendar)
		want   string
	}{
		"whole":                       {func(*Calendar) {}, ""},
		"no protests":                 {func(c *Calendar) { c.ProtestTo = "" }, ""},
		"no day of filing":            {func(c *Calendar) { c.FilingFrom = "" }, "zglaszanie_od:day"},
		"no such day":                 {func(c *Calendar) { c.FilingTo = "2026-02-30" }, "zglaszanie_do:day"},
		"checked before it is filed":  {func(c *Calendar) { c.CheckTo = "2026-10-01" }, "ocena_do:order"},
		"voting before the draw":      {func(c *Calendar) { c.DrawOn = "2026-12-01" }, "glosowanie_od:order"},
		"voting ends as it begins":    {func(c *Calendar) { c.VoteTo = c.VoteFrom }, "glosowanie_do:hours_order"},
		"no hours":                    {func(c *Calendar) { c.VoteFrom = 0 }, "glosowanie_od:hours"},
		"results before the vote":     {func(c *Calendar) { c.ResultsBy = "2026-11-20" }, "wyniki_do:order"},
		"objections before the count": {func(c *Calendar) { c.ObjectTo = "2026-11-26" }, "sprzeciw_do:order"},
	} {
		calendar := schoolRules(2026).Calendar
		c.change(&calendar)
		if got := told(calendar.check()); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestTemplatesLackOnlyWhatNobodyKnows(t *testing.T) {
	now := time.Date(2026, time.January, 1, 0, 0, 0, 0, web.Warsaw)
	for key, want := range map[string]int{"school": 0, "wieliczka": 0, "krakow_2026": 1, "krakow_2025": 1} {
		template, found := templateOf(key)
		if !found {
			t.Fatal(key)
		}
		lacks := Edition{Kind: template.Kind, Rules: template.Rules(2026)}.lacks(now)
		for _, o := range lacks {
			if o.About != "kwota" {
				t.Errorf("%s lacks %s of %s", key, o.Key, o.About)
			}
		}
		if len(lacks) != want {
			t.Errorf("%s lacks %d things, want %d", key, len(lacks), want)
		}
	}
	if r := krakow2026(2026); len(r.OpenPoints) < 5 || r.Pools[0].Budget != 1_080_000_000 || r.Pools[0].MinCost != 5_000_000 {
		t.Errorf("Kraków 2026: %d open points, %d grosze", len(r.OpenPoints), r.Pools[0].Budget)
	}
}

func TestFaultsOfRules(t *testing.T) {
	school := schoolRules(2026)
	for name, c := range map[string]struct {
		change func(r *Rules)
		want   string
	}{
		"whole":              {func(*Rules) {}, ""},
		"no basis":           {func(r *Rules) { r.Basis = "" }, "podstawa:empty"},
		"nobody may vote":    {func(r *Rules) { r.Who.Sources = nil }, "zrodla:sources"},
		"made-up source":     {func(r *Rules) { r.Who.Sources = []Source{"x"} }, "zrodla:sources"},
		"declared":           {func(r *Rules) { r.Who = Who{Sources: []Source{Self}, Self: SelfLimits{5, 1, 10}} }, "zrodla:no_self"},
		"a change of mind":   {func(r *Rules) { r.ChangeOfMind = true }, "zmiana:no_change"},
		"signatures forever": {func(r *Rules) { r.SignatureDays = 0 }, "podpisy_dni:signature_days"},
	} {
		rules := school
		c.change(&rules)
		if got := told(rules.check(School)); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if got := told(Rules{Basis: "x", Who: Who{Sources: []Source{Self}}}.check(City)); got != "samo_adres:number_from samo_skrzynka:number_from samo_udzial:number_from" {
		t.Errorf("self-declaration without limits: %q", got)
	}
}

func TestFaultsOfAPool(t *testing.T) {
	for name, c := range map[string]struct {
		change func(p *Pool)
		want   string
	}{
		"whole":                  {func(*Pool) {}, ""},
		"no money":               {func(p *Pool) { p.Budget = 0 }, "kwota:money"},
		"dearer than the pool":   {func(p *Pool) { p.MaxCost = p.Budget + 1 }, "koszt_do:cost_over"},
		"most below least":       {func(p *Pool) { p.MinCost, p.MaxCost = 2, 1 }, "koszt_do:cost_order"},
		"fewest above most":      {func(p *Pool) { p.Ballot.Min = 9 }, "wybor_do:choice_order"},
		"points that rise":       {func(p *Pool) { p.Ballot = BallotRules{Type: Ranked, Points: []int{1, 2}} }, "punkty:points"},
		"more than places":       {func(p *Pool) { p.Ballot = BallotRules{Type: Ranked, Max: 3, Points: []int{2, 1}} }, "wybor_do:more_than_points"},
		"nothing to share out":   {func(p *Pool) { p.Ballot = BallotRules{Type: Cumulative} }, "punkty_razem:number_from"},
		"no such rule":           {func(p *Pool) { p.Count.Rule = "dice" }, "liczenie:count"},
		"greedy and completed":   {func(p *Pool) { p.Count.Completion = add1 }, "dopelnienie:count"},
		"no such tie":            {func(p *Pool) { p.Count.Ties = "cost,coin" }, "remisy:count"},
		"a share that is none":   {func(p *Pool) { p.Count.MinShare = "a third" }, "udzial:count"},
		"a negative share":       {func(p *Pool) { p.Count.MinShare = "-1/3" }, "udzial:count"},
		"two crosses of one":     {func(p *Pool) { p.Ballot = BallotRules{Type: One, Max: 2} }, "wybor_do:one"},
		"a ballot of other kind": {func(p *Pool) { p.Ballot.Type = "shout" }, "karta:choose"},
	} {
		pool := schoolRules(2026).Pools[0]
		c.change(&pool)
		if got := told(pool.check()); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestAmounts(t *testing.T) {
	for grosze, want := range map[int64]string{0: "0 zł", 5: "0,05 zł", 1250: "12,50 zł", 100000: "1 000 zł", 200000000: "2 000 000 zł", 99900: "999 zł", -150: "−1,50 zł"} {
		if got := strings.ReplaceAll(amount(grosze), nbsp, " "); got != want {
			t.Errorf("%d: %q, want %q", grosze, got, want)
		}
	}
	for text, want := range map[string]int64{"": 0, "5000": 500000, "1 250,50 zł": 125050, "−3": -1, "dużo": -1} {
		got, ok := parseAmount(text)
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

func TestStagesGoByWhatHappened(t *testing.T) {
	now := time.Date(2026, time.November, 25, 12, 0, 0, 0, web.Warsaw)
	catalog, err := i18n.Load(Messages)
	if err != nil {
		t.Fatal(err)
	}
	e := Edition{PublishedAt: 1, Rules: Rules{Calendar: schoolRules(2026).Calendar}}
	for name, c := range map[string]struct {
		state  State
		change func()
		want   string // past, now, late or to come of the seven stages and the objections
	}{
		"open":       {Voting, func() { e.FrozenAt = 1 }, "pppp n - - -"},
		"not opened": {Frozen, func() { e.FrozenAt = 1 }, "pppp - - - -"},
		"not frozen": {Published, func() { e.FrozenAt = 0 }, "pppl - - - -"},
		"canceled":   {Canceled, func() {}, "---- - - - -"},
	} {
		e.State = c.state
		c.change()
		var got strings.Builder
		for _, one := range e.stageLines(catalog.In(i18n.PL), now) {
			switch {
			case one.Late:
				got.WriteByte('l')
			case one.Past:
				got.WriteByte('p')
			case one.Now:
				got.WriteByte('n')
			default:
				got.WriteByte('-')
			}
		}
		if want := strings.ReplaceAll(c.want, " ", ""); got.String() != want {
			t.Errorf("%s: %s, want %s", name, got.String(), want)
		}
	}
	if got := EndWords(catalog.In(i18n.PL), wieliczka(2026).Calendar.VoteTo); strings.ReplaceAll(got, nbsp, " ") != "26 kwietnia 2026, 24:00" {
		t.Errorf("the vote ends %q", got)
	}
	parts, today := drawBar(e.Rules.Calendar.Stages(), now)
	if last := parts[len(parts)-1]; last.X+last.Width > 1000 || today < parts[4].X || today > parts[4].X+parts[4].Width+4 {
		t.Errorf("bar %v, today at %d", parts, today)
	}
}

func TestExcludes(t *testing.T) {
	projects := []numbered{{"a", "p", 1}, {"b", "p", 2}, {"c", "p", 3}, {"d", "p", 4}, {"x", "q", 10}}
	for lines, want := range map[string]string{"": "", "1, 3": "", "1 3\r\n\n2;4": "", "1": "exclude_one", "1, 9": "exclude_unknown", "1, jeden": "exclude_unknown",
		"1, 1": "exclude_twice", "1, 2\n2, 3": "exclude_twice"} {
		groups, key := parseExcludes(projects, lines)
		if got := strings.TrimPrefix(key, "budget.lack."); got != want {
			t.Errorf("%q: %q, want %q", lines, got, want)
		}
		if again, _ := parseExcludes(projects, excludeLines(projects, groups)); !cmp.Equal(again, groups) {
			t.Errorf("%q is written as %q", lines, excludeLines(projects, groups))
		}
	}
	left := stillOn([][]ProjectID{{"a", "b"}, {"c", "d", "e"}, {"f"}}, []Project{{ID: "a"}, {ID: "c"}, {ID: "e"}, {ID: "f"}})
	if !cmp.Equal(left, [][]ProjectID{{"c", "e"}}) {
		t.Errorf("on the ballot exclude each other %v", left)
	}
}
