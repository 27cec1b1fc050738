package result

import (
	"slices"
	"strconv"
	"time"

	"kladka/internal/budget"
	"kladka/internal/budget/tally"
	"kladka/internal/platform/web"
)

// decimals of the money of an election: it is counted in grosze.
const decimals = 2

// voteType is how the ballots of a pool are called in package tally and in its
// files. A ranked ballot is ordinal only when its file can say all that is on
// it: every place taken, and points that follow from the places. Any other
// carries its points.
func voteType(b budget.BallotRules) tally.VoteType {
	switch b.Type {
	case budget.Ranked:
		if n := len(b.Points); b.Min == n && (b.Max == 0 || b.Max >= n) && descends(b.Points) {
			return tally.Ordinal
		}
		return tally.Scoring
	case budget.Cumulative:
		return tally.Cumulative
	case budget.One:
		return tally.ChooseOne
	}
	return tally.Approval
}

// descends tells whether points are n, n-1, … 1.
func descends(points []int) bool {
	for i, p := range points {
		if p != len(points)-i {
			return false
		}
	}
	return len(points) > 0
}

// NewElection makes an election of the opened ballots of a pool. Bodies are what
// budget.Pool.Encode wrote, in the order in which they are stored; projects stand
// in the order of the ballot.
func NewElection(e budget.Edition, pool budget.Pool, projects []budget.BallotProject, bodies [][]byte) (*tally.Election, error) {
	_, order := costs(projects)
	index := make(map[budget.ProjectID]int32, len(order))
	list := make([]tally.Project, len(projects))
	for i, p := range projects {
		index[p.ID] = int32(i)
		list[i] = tally.Project{ID: string(p.ID), Name: p.Title, Cost: p.Cost, District: p.District,
			Selected: tally.Unsaid, Votes: tally.Unsaid, Score: tally.Unsaid}
		if p.Category != "" {
			list[i].Categories = []string{p.Category}
		}
	}
	ballots := make([]tally.Ballot, len(bodies))
	for i, body := range bodies {
		choice, err := pool.Decode(body, order)
		if err != nil {
			return nil, err
		}
		for _, pick := range choice.Picks {
			ballots[i].Picks = append(ballots[i].Picks, tally.Pick{Project: index[pick.Project], Points: int64(pick.Points)})
		}
	}
	election, err := tally.New(decimals, pool.Budget, voteType(pool.Ballot), list, ballots)
	if err != nil {
		return nil, err
	}
	election.Meta = meta(e, pool, election)
	return election, nil
}

// meta is the head of the file of a pool. It names nobody, and no hour: the days
// of the vote are those of the calendar.
func meta(e budget.Edition, pool budget.Pool, election *tally.Election) []tally.Field {
	day := func(at int64) string { return time.Unix(at, 0).In(web.Warsaw).Format("02.01.2006") }
	fields := []tally.Field{
		{Key: "description", Value: e.Title + ": " + pool.Name},
		{Key: "country", Value: "Poland"},
		{Key: "unit", Value: e.Title},
		{Key: "subunit", Value: pool.Name},
		{Key: "instance", Value: strconv.Itoa(e.Year)},
		{Key: "num_projects", Value: strconv.Itoa(len(election.Projects))},
		{Key: "num_votes", Value: strconv.Itoa(election.Voters())},
		{Key: "budget", Value: election.Amount(election.Budget)},
		{Key: "vote_type", Value: string(election.Type)},
		{Key: "rule", Value: pool.Count.Rule},
		{Key: "date_begin", Value: day(e.Rules.Calendar.VoteFrom)},
		{Key: "date_end", Value: day(e.Rules.Calendar.VoteTo - 1)},
	}
	if pool.Ballot.Min > 0 {
		fields = append(fields, tally.Field{Key: "min_length", Value: strconv.Itoa(pool.Ballot.Min)})
	}
	if most := mostPicks(pool.Ballot); most > 0 {
		fields = append(fields, tally.Field{Key: "max_length", Value: strconv.Itoa(most)})
	}
	if pool.Ballot.Type == budget.Cumulative {
		fields = append(fields, tally.Field{Key: "max_sum_points", Value: strconv.Itoa(pool.Ballot.Total)})
	}
	return append(fields, tally.Field{Key: "language", Value: "pl"}, tally.Field{Key: "currency", Value: "PLN"},
		tally.Field{Key: "edition", Value: string(e.ID)}, tally.Field{Key: "rules_sha256", Value: e.RulesHash})
}

// mostPicks is how many projects one may choose, 0 without a limit.
func mostPicks(b budget.BallotRules) int {
	switch b.Type {
	case budget.One:
		return 1
	case budget.Ranked:
		return len(b.Points)
	}
	return b.Max
}

// RuleOf is the rule of a pool for its election: the words of its rules, the
// least votes, and the groups of projects of which only one may win, as far as
// they stand on this ballot. Won are the winners of the pools that were counted
// before it: whatever stands in a group with one of them is barred.
func RuleOf(e budget.Edition, pool budget.Pool, election *tally.Election, won ...budget.ProjectID) (tally.Rule, error) {
	rule, err := pool.Tally()
	if err != nil {
		return rule, err
	}
	for _, group := range e.Rules.Excludes {
		var here []int
		for _, id := range group {
			if i := election.Find(string(id)); i >= 0 && !slices.Contains(here, i) {
				here = append(here, i)
			}
		}
		if len(here) > 1 {
			rule.Excludes = append(rule.Excludes, here)
		}
		bar(&rule, here, group, won)
	}
	return rule, nil
}

// bar takes the projects of a group that stand here out of the race, when one of
// the group won before. The first winner is named.
func bar(rule *tally.Rule, here []int, group, won []budget.ProjectID) {
	first := slices.IndexFunc(won, func(id budget.ProjectID) bool { return slices.Contains(group, id) })
	if first < 0 {
		return
	}
	for _, p := range here {
		if _, barred := rule.BarredBy(p); !barred {
			rule.Barred = append(rule.Barred, tally.Barred{Project: p, By: string(won[first])})
		}
	}
}
