package result

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"kladka/internal/budget"
	"kladka/internal/budget/tally"
	"kladka/internal/platform/fault"
)

// counter is one implementation of the count.
type counter func(*tally.Election, tally.Rule) (*tally.Outcome, error)

// twoCounts are the two implementations that must agree. They know no database:
// the server counts with them what lies in its tables, and `kladka tally --open`
// what it found in a file.
type twoCounts struct {
	fast, plain counter
	most        float64 // work of the plain one, see mostPlainWork
}

func newTwoCounts() twoCounts { return twoCounts{tally.Count, tally.CountPlainly, mostPlainWork} }

// What the plain implementation does at most before the publication, in steps of
// its innermost loops as plainWork reckons them. A count of no more is made in
// full. A larger one is vouched for by a certificate (see tally.Certificate): the
// last step, the one after it, and as many drawn earlier steps as the work is
// enough for, but always two and never more than people can read.
//
// Kraków 2024, with 65 101 ballots, 119 projects and 158 steps, gets seven of them
// in some minutes, while a full second count would take an hour and more.
const (
	mostPlainWork = 3_000_000_000
	leastChecked  = 2
	mostChecked   = 50
)

// checkedSteps is how many earlier steps a certificate of a count has.
func (t twoCounts) checkedSteps(e *tally.Election, fast *tally.Outcome) int {
	passes := t.most / max(1, plainPass(e, fast))
	return int(min(max(passes-2, leastChecked), mostChecked))
}

// counted is the count of one pool before it is stored.
type counted struct {
	pool           budget.PoolID
	election       *tally.Election
	outcome        Outcome // as it is told
	text           string  // of the outcome
	plainHash      string
	certificate    *tally.Certificate // nil when the second count was made in full
	file           []byte
	reasons        []Reason
	implementation error // that the two did not agree; nil
}

// hash is that of the outcome by the fast implementation.
func (c counted) hash() string { return Hash(c.text) }

// ballots are what is counted in a pool: its ballot and the opened bodies.
type ballots struct {
	projects []budget.BallotProject
	bodies   [][]byte
	unopened bool // the pool had too few electors, so there are no bodies
}

// inOrder are the pools of an edition in the order in which they are counted: that
// of their numbers. It matters where projects of different pools exclude each other.
func inOrder(e budget.Edition) []budget.Pool {
	return slices.SortedStableFunc(slices.Values(e.Rules.Pools), func(a, b budget.Pool) int { return cmp.Compare(a.No, b.No) })
}

// edition counts all pools of an edition. What wins in one bars, in those that come
// after it, the projects that it excludes.
func (t twoCounts) edition(e budget.Edition, read func(budget.Pool) (ballots, error)) (all []counted, err error) {
	var won []budget.ProjectID
	for _, pool := range inOrder(e) {
		b, err := read(pool)
		if err != nil {
			return nil, err
		}
		c, err := t.pool(e, pool, b, won)
		if err != nil {
			return nil, err
		}
		won = append(won, c.outcome.Winners...)
		all = append(all, c)
	}
	return all, nil
}

// differ is that the implementations did not agree on some pool; nil.
func differ(all []counted) (err error) {
	for _, c := range all {
		err = errors.Join(err, c.implementation)
	}
	return err
}

// pool counts one pool by both implementations. Won are the winners of the pools
// that were counted before.
func (t twoCounts) pool(e budget.Edition, pool budget.Pool, b ballots, won []budget.ProjectID) (c counted, err error) {
	defer fault.Wrap(&err, "count pool %s", pool.ID)
	c.pool = pool.ID
	if c.election, err = NewElection(e, pool, b.projects, b.bodies); err != nil {
		return c, err
	}
	rule, err := RuleOf(e, pool, c.election, won...)
	if err != nil {
		return c, err
	}
	fast, err := t.fast(c.election, rule)
	if err != nil {
		return c, err
	}
	whole := NewOutcome(e, pool, c.election, fast)
	whole.Unopened = b.unopened
	c.outcome = whole.told()
	c.reasons = c.outcome.reasons(Reasons(c.election, fast))
	if c.text, err = c.outcome.Text(); err != nil {
		return c, err
	}
	if err := t.again(e, pool, fast, whole, &c); err != nil {
		return c, err
	}
	var file bytes.Buffer
	err = writeFile(&file, c.election, c.outcome)
	c.file = file.Bytes()
	return c, err
}

// again has the plain implementation count too, in full or as a certificate asks. It
// compares the whole outcomes, whatever of them may be told.
func (t twoCounts) again(e budget.Edition, pool budget.Pool, fast *tally.Outcome, whole Outcome, c *counted) (err error) {
	var plain *tally.Outcome
	if plainWork(c.election, fast) <= t.most {
		plain, err = t.plain(c.election, fast.Rule)
	} else {
		var cert tally.Certificate
		plain, cert, err = tally.Certify(c.election, fast, t.checkedSteps(c.election, fast), c.hash())
		c.certificate = &cert
	}
	var d *tally.Disagreement
	if errors.As(err, &d) {
		c.implementation = fmt.Errorf("pool %s: %w", pool.ID, d)
		return nil
	}
	if err != nil {
		return err
	}
	second := NewOutcome(e, pool, c.election, plain)
	second.Unopened = whole.Unopened
	told, err := second.told().Text()
	if err != nil {
		return err
	}
	c.plainHash = Hash(told)
	same, err := sameText(whole, second)
	if err == nil && !same {
		c.implementation = fmt.Errorf("pool %s: the implementations differ: %s and %s", pool.ID, c.hash(), c.plainHash)
	}
	return err
}

// sameText tells whether two outcomes have one text.
func sameText(a, b Outcome) (bool, error) {
	one, err := a.Text()
	if err != nil {
		return false, err
	}
	other, err := b.Text()
	return one == other, err
}

// jsonOf is a part of a count as it is stored; "" for nil.
func jsonOf[T any](v *T) (string, error) {
	if v == nil {
		return "", nil
	}
	text, err := json.Marshal(v)
	return string(text), err
}
