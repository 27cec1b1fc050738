package tally_test

import (
	"context"
	"fmt"
	"log"
	"strings"

	"kladka/internal/budget/tally"
)

// school is a small file: seven pupils approve of what they like, and there are
// 1000 zł.
const school = `META
key;value
description;School budget
num_projects;4
num_votes;7
budget;1000
vote_type;approval
rule;greedy
PROJECTS
project_id;cost;name
1;600;Table tennis
2;350;Benches
3;400;Chess corner
4;300;Bird feeders
VOTES
voter_id;vote
1;1,2
2;1,2
3;1,2
4;1
5;3,4
6;3,4
7;4
`

// Greedy takes what has the most votes, as long as it fits.
func ExampleCount() {
	e, err := tally.Parse(strings.NewReader(school))
	if err != nil {
		log.Fatal(err)
	}
	out, err := tally.Count(e, tally.Rule{Name: tally.Greedy, Ties: []tally.Tie{{By: tally.TieCost}}})
	if err != nil {
		log.Fatal(err)
	}
	for _, round := range out.Rounds {
		p := e.Projects[round.Project]
		fmt.Printf("%s for %s zł with %d votes, %s zł are left\n", p.Name, e.Amount(p.Cost), round.Score, e.Amount(round.Left))
	}
	for _, tie := range out.Ties {
		fmt.Println("a tie of", len(tie.Tied), "was broken by", tie.By)
	}
	// Output:
	// Table tennis for 600 zł with 4 votes, 400 zł are left
	// Bird feeders for 300 zł with 3 votes, 100 zł are left
	// a tie of 2 was broken by cost
}

// Under equal shares everybody has a part of the money, and add1 raises it until
// the budget is spent. A loser is told what its supporters lacked.
func ExampleExplain() {
	ctx := context.Background()
	e, err := tally.Parse(strings.NewReader(school))
	if err != nil {
		log.Fatal(err)
	}
	out, err := tally.CountContext(ctx, e, tally.Rule{Name: tally.EqualShares, Completion: tally.CompleteAdd1})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("each voter had %s zł, after %d steps %s zł\n", out.Start.FloatString(2), out.Steps, out.Endowment.FloatString(2))
	for _, x := range tally.Explain(ctx, e, out) {
		if x.Won {
			fmt.Println(e.Projects[x.Project].Name, "won in round", x.Round)
			continue
		}
		fmt.Printf("%s lost: %s, supporters lack %s zł; it would win for %s zł\n",
			e.Projects[x.Project].Name, x.Reason, e.Amount(x.Missing), e.Amount(x.Price.Value))
	}
	// Output:
	// each voter had 142.86 zł, after 123 steps 265.86 zł
	// Table tennis won in round 1
	// Benches lost: poor, supporters lack 3 zł; it would win for 100 zł
	// Chess corner lost: poor, supporters lack 69 zł; it would win for 100 zł
	// Bird feeders won in round 2
}
