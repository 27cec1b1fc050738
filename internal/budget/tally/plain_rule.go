package tally

import (
	"crypto/sha256"
	"math/big"
	"slices"
)

// What the plain count knows of each project before it counts, and the order in
// which it breaks ties: written from the definitions, beside rule.go and ties.go.

// addUp goes through the ballots. A ballot supports what it gives more than no
// points, and gives a point to each of its projects where it carries none.
func (c *plain) addUp() {
	n := len(c.e.Projects)
	c.support, c.score, c.firsts = make([]int64, n), make([]int64, n), make([]int64, n)
	for i := range c.e.Voters() {
		projects, points := c.e.Ballot(i)
		if points == nil {
			points = slices.Repeat([]int32{1}, len(projects))
		}
		for j, p := range projects {
			c.score[p] += int64(points[j])
			if points[j] > 0 {
				c.support[p]++
			}
			if c.e.Type != Approval && points[j] > 0 && points[j] == slices.Max(points) {
				c.firsts[p]++
			}
		}
	}
}

// findBarriers says of each project why it may not win at all.
func (c *plain) findBarriers() {
	c.barriers = make([]SkipReason, len(c.e.Projects))
	for p := range c.barriers {
		switch {
		case c.e.Voters() == 0:
			c.barriers[p] = SkipNoSupport
		case slices.ContainsFunc(c.rule.Barred, func(b Barred) bool { return b.Project == p }):
			c.barriers[p] = SkipBarred
		case c.support[p] < c.rule.Threshold:
			c.barriers[p] = SkipThreshold
		case !c.hasShare(p):
			c.barriers[p] = SkipMinShare
		}
	}
}

// hasShare says whether the share of the voters who support a project is at least
// MinShare of the share of the budget that it asks for. Of a budget of nothing,
// what costs nothing asks for nothing, and the rest for more than any share.
func (c *plain) hasShare(p int) bool {
	cost := c.e.Projects[p].Cost
	if c.rule.MinShare == nil || c.rule.MinShare.Sign() == 0 || cost == 0 {
		return true
	}
	if c.e.Budget == 0 {
		return false
	}
	asked := new(big.Rat).Mul(c.rule.MinShare, big.NewRat(cost, c.e.Budget))
	return big.NewRat(c.support[p], int64(c.e.Voters())).Cmp(asked) >= 0
}

// tieSteps are the steps of the rule; what they leave equal stands in the order of
// the file.
func (c *plain) tieSteps() []Tie { return append(slices.Clone(c.rule.Ties), Tie{By: TieFile}) }

// before says whether a step puts project a before project b.
func (c *plain) before(by Tie, a, b int) bool {
	one, other := &c.e.Projects[a], &c.e.Projects[b]
	switch by.By {
	case TieCost:
		return one.Cost < other.Cost
	case TieVotes:
		return c.support[a] > c.support[b]
	case TieFirst:
		return c.firsts[a] > c.firsts[b]
	case TieID:
		return one.ID < other.ID
	case TieLot:
		return lot(by.Seed, one.ID) < lot(by.Seed, other.ID)
	}
	return a < b
}

// lot is the SHA-256 of "seed, a zero byte, id".
func lot(seed, id string) string {
	sum := sha256.Sum256(slices.Concat([]byte(seed), []byte{0}, []byte(id)))
	return string(sum[:])
}

// turn says which of two projects the first step that tells them apart puts first.
func (c *plain) turn(a, b int) int {
	for _, by := range c.tieSteps() {
		switch {
		case c.before(by, a, b):
			return -1
		case c.before(by, b, a):
			return 1
		}
	}
	return 0
}

// inOrder are the tied projects in the order of the steps.
func (c *plain) inOrder(tied []int) []int { return slices.SortedFunc(slices.Values(tied), c.turn) }

// settle breaks a tie. The step that settled it is the one after which the winner
// stood alone.
func (c *plain) settle(round int, tied []int) TieRecord {
	record := TieRecord{Round: round, Tied: c.inOrder(tied)}
	record.Won = record.Tied[0]
	level := slices.Clone(record.Tied[1:]) // with the winner, by all steps so far
	for _, record.By = range c.tieSteps() {
		level = slices.DeleteFunc(level, func(p int) bool { return c.before(record.By, record.Won, p) })
		if len(level) == 0 {
			break
		}
	}
	return record
}
