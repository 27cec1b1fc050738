package tally

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/big"
	"slices"
)

// Certificate says how far the plain count followed the fast one. Under add1 the
// share of each voter is raised step by step, and the plain count needs the whole
// time of a count for each: for a hundred thousand ballots and as many steps that
// is hours or days. A certificate bounds it.
//
// What was counted plainly is proven: the outcome itself with all its rounds, that
// it does not overspend, and that the next step would (or, Stopped, that nothing is
// left to be bought, so that add1 ends there). What add1 says besides is that no
// earlier step would have ended it. That was counted plainly at the steps of
// Checked only; when len(Checked) is Steps, at all of them, and then the
// certificate is a full second count. Else, if the fast count were wrong at w of
// the Steps earlier steps, none of them would be among n checked ones with a chance
// of at most (1-w/Steps)^n. Which steps are checked follows from Seed and nobody
// chooses them.
//
// Plainly means by the code of CountPlainly, which shares with Count no more than is
// said there.
type Certificate struct {
	Steps   int    `json:"steps"`   // how often the share was raised in the outcome
	Checked []int  `json:"checked"` // earlier steps that were counted plainly, ascending
	Stopped bool   `json:"stopped"` // nothing is left to be bought; else the next step overspends
	Seed    string `json:"seed"`
}

// Full tells whether the plain count did all that the fast one did.
func (c Certificate) Full() bool { return len(c.Checked) == c.Steps }

// Disagreement is a step at which the two counts differ.
type Disagreement struct {
	Step int
	What string
}

func (d *Disagreement) Error() string {
	return fmt.Sprintf("the two counts differ at step %d: %s", d.Step, d.What)
}

// Certify takes from the fast count its rule and how often it raised the share, and
// counts plainly what proves the outcome of Count, with at most so many earlier
// steps, and returns the outcome as the plain count has it: the caller compares the
// two. So it makes at most steps + 2 plain passes, one where the rule does not raise
// shares. It returns a *Disagreement where add1 does not end there, or the two
// differ at an earlier step.
func Certify(e *Election, fast *Outcome, steps int, seed string) (*Outcome, Certificate, error) {
	cert := Certificate{Steps: fast.Steps, Checked: drawSteps(fast.Steps, steps, seed), Seed: seed}
	if !fast.raised() {
		out, err := CountPlainly(e, fast.Rule)
		return out, cert, err
	}
	c := newPlain(e, fast.Rule)
	c.findBackers()
	if c.everythingFits() && fast.Rule.Completion != CompleteAdd1Exhaustive {
		out, err := CountPlainly(e, fast.Rule) // one pass: nothing is raised
		return out, cert, err
	}
	quick := newSharing(e, &fast.Rule)
	for _, step := range cert.Checked {
		if err := c.follows(quick, step); err != nil {
			return nil, cert, err
		}
	}
	var err error
	if cert.Stopped, err = c.endsAt(fast.Steps); err != nil {
		return nil, cert, err
	}
	return c.finish(c.startShare(), c.shareAt(fast.Steps), fast.Steps), cert, nil
}

// raised tells whether the rule raises the shares.
func (o *Outcome) raised() bool {
	return o.Rule.Name == EqualShares && oneOf(o.Rule.Completion, CompleteAdd1, CompleteAdd1Exhaustive, CompleteAdd1Greedy)
}

// drawSteps draws up to n of the steps 0, 1, … below steps: all of them when they
// are no more than n. The i-th is the first eight bytes of the SHA-256 of "seed, a
// zero byte, i as eight bytes", divided by steps, the rest; one that was drawn
// before is passed over.
func drawSteps(steps, n int, seed string) []int {
	drawn := []int{}
	if steps <= n {
		for step := range steps {
			drawn = append(drawn, step)
		}
		return drawn
	}
	for i := uint64(0); len(drawn) < n; i++ {
		sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte(seed+"\x00"), i))
		step := int(binary.BigEndian.Uint64(sum[:8]) % uint64(steps))
		if !slices.Contains(drawn, step) {
			drawn = append(drawn, step)
		}
	}
	slices.Sort(drawn)
	return drawn
}

// follows counts an earlier step plainly: add1 goes on from it, and the fast count
// bought the same there.
func (c *plain) follows(quick *sharing, step int) error {
	c.pass(c.shareAt(step))
	switch {
	case c.left < 0:
		return &Disagreement{step, "it overspends"}
	case !c.wants():
		return &Disagreement{step, "nothing is left to be bought"}
	}
	return sameRounds(step, c.out, quick.outcome(step))
}

// endsAt counts plainly that add1 ends at the step: it does not overspend, and
// either nothing is left to be bought or the next step overspends. It leaves the
// pass of the step.
func (c *plain) endsAt(step int) (stopped bool, err error) {
	c.pass(c.shareAt(step))
	if c.left < 0 {
		return false, &Disagreement{step, "it overspends"}
	}
	if !c.wants() {
		return true, nil
	}
	here := *c
	if c.pass(c.shareAt(step + 1)); c.left >= 0 {
		return false, &Disagreement{step + 1, "it does not overspend"}
	}
	*c = here
	return false, nil
}

// shareAt is what a voter gets when the share was raised so often.
func (c *plain) shareAt(steps int) *big.Rat {
	raised := new(big.Rat).Mul(rat(int64(steps)), rat(c.rule.Step*c.e.Unit()))
	return raised.Add(raised, c.startShare())
}

// sameRounds compares what two passes bought, at which price and with which ties.
func sameRounds(step int, a, b *Outcome) error {
	if !slices.Equal(a.Winners, b.Winners) {
		return &Disagreement{step, "other projects win"}
	}
	for i := range a.Rounds {
		x, y := &a.Rounds[i], &b.Rounds[i]
		if x.Rho.Cmp(y.Rho) != 0 || x.AtMost.Cmp(y.AtMost) != 0 || x.Left != y.Left || !sameTie(x.Tie, y.Tie) {
			return &Disagreement{step, fmt.Sprintf("in round %d", i+1)}
		}
	}
	return nil
}

func sameTie(a, b *TieRecord) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Won == b.Won && a.By == b.By && slices.Equal(a.Tied, b.Tied)
}
