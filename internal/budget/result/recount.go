package result

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/budget/tally"
	"kladka/internal/platform/fault"
)

// What a visitor may have counted here. Who needs more counts on their own
// machine: the command is on the page.
const (
	mostFile    = 16 << 20         // bytes; the largest file of Kraków has 4 MB
	mostValue   = 32 << 10         // bytes of any other field: some thousand ids
	mostReading = 2                // files that are sent or counted at once
	readFor     = time.Minute      // within which a file must have come
	countFor    = 30 * time.Second // then the visitor is told that it takes too long
	// mostFast and mostPlain bound the work of the two implementations, in steps of
	// their innermost loops as workOf reckons them. The plain one takes fractions of
	// any length at each step.
	mostFast = 500_000_000
	// mostProjects bounds what a log of ties may hold: all projects at every step. The
	// largest file known has some hundred projects.
	mostProjects = 2_000
	mostPlain    = 60_000_000
)

// Recount is a count for a visitor. Hashes are SHA-256 in hex.
type Recount struct {
	Outcome     Outcome
	OutcomeHash string
	PlainHash   string // "" when the plain implementation would take too long
	FileHash    string
	Names       map[budget.ProjectID]string
	Warnings    []*tally.Fault
	Reasons     []Reason
	Decimals    int
	// Of a file: whether its ballots carry points, with so many decimals, and which
	// winners it records; nil where it names none.
	Pointed       bool
	PointDecimals int
	Recorded      *Recorded
	same          bool // the whole outcomes of both implementations, told or not
}

// Recorded compares the winners that a file records with those that were counted:
// names of projects that only one of the two has. What a file marks as chosen in
// some way of its own is left out.
type Recorded struct{ OnlyFile, OnlyCount []string }

// Same tells that the file records the counted winners.
func (r Recorded) Same() bool { return len(r.OnlyFile)+len(r.OnlyCount) == 0 }

// recorded reads the winners of a file; nil where it says of no project whether it won.
func recorded(e *tally.Election, o Outcome) *Recorded {
	won, said := o.won(), false
	var r Recorded
	for _, p := range e.Projects {
		counted := won[budget.ProjectID(p.ID)] > 0
		said = said || p.Selected == 0 || p.Selected == 1
		switch {
		case p.Selected == 1 && !counted:
			r.OnlyFile = append(r.OnlyFile, cmp.Or(p.Name, p.ID))
		case p.Selected == 0 && counted:
			r.OnlyCount = append(r.OnlyCount, cmp.Or(p.Name, p.ID))
		}
	}
	if !said {
		return nil
	}
	return &r
}

// Agree tells whether the second implementation was run and agreed.
func (r Recount) Agree() bool { return r.PlainHash == r.OutcomeHash && r.same }

// Again counts a published pool anew from its stored ballots. Faults as published
// has them; Conflict result.fault.unopened where no envelope was opened;
// result.fault.busy (TooMany) while somebody else counts, and result.fault.slow when
// it takes too long.
func (s *Service) Again(ctx context.Context, who access.Actor, id budget.EditionID, pool budget.PoolID) (r Recount, err error) {
	defer fault.Wrap(&err, "recount pool %s", pool)
	e, c, p, err := s.published(ctx, who, id, pool)
	if err != nil {
		return r, err
	}
	if c.Unopened {
		return r, unopenedFault()
	}
	ctx, stop := context.WithCancel(ctx) // when the visitor is sent away, or leaves
	defer stop()
	done := make(chan Recount, 1) // a count that nobody waits for any more writes nowhere else
	err = s.limited(func() error {
		r, err := s.again(ctx, e, p)
		done <- r
		return err
	})
	if err != nil {
		return r, err
	}
	return <-done, nil
}

func (s *Service) again(ctx context.Context, e budget.Edition, p budget.Pool) (r Recount, err error) {
	election, err := s.election(ctx, e, p)
	if err != nil {
		return r, err
	}
	rule, err := s.ruleOf(ctx, e, p, election)
	if err != nil {
		return r, err
	}
	if r, err = s.recount(ctx, e, p, election, rule); err != nil {
		return r, err
	}
	var file bytes.Buffer
	err = writeFile(&file, election, r.Outcome)
	r.FileHash = Hash(file.Bytes())
	return r, err
}

// CountFile counts a file that anybody brought by a rule of their choice. Nothing
// is stored and nothing is logged of it. Excludes are groups of projects of which
// only one may win, as tally.Election.ParseExcludes reads them. What is wrong with
// the file is a *tally.Fault, with the groups a *tally.ExcludeFault, with the rest of
// the rule a *tally.RuleFault.
func (s *Service) CountFile(data []byte, words budget.CountRules, least int, excludes string) (r Recount, err error) {
	rule, err := words.Tally()
	if err != nil {
		return r, err
	}
	rule.Threshold = int64(least)
	ctx, stop := context.WithCancel(context.Background()) // when the visitor is sent away
	defer stop()
	done := make(chan Recount, 1)
	err = s.limited(func() error {
		election, err := tally.Parse(bytes.NewReader(data))
		if err != nil {
			return err
		}
		if rule.Excludes, err = election.ParseExcludes(excludes); err != nil {
			return err
		}
		r, err := s.recount(ctx, budget.Edition{}, budget.Pool{}, election, rule)
		r.FileHash = Hash(data)
		r.Pointed, r.PointDecimals, r.Recorded = election.Type.Pointed(), election.PointDecimals, recorded(election, r.Outcome)
		done <- r
		return err
	})
	if err != nil {
		return r, err
	}
	return <-done, nil
}

// recount counts by the fast implementation, and by the plain one when it ends
// within reason. The context stops the fast one; the plain one is bounded by mostPlain.
func (s *Service) recount(ctx context.Context, e budget.Edition, pool budget.Pool, election *tally.Election, rule tally.Rule) (r Recount, err error) {
	rule, err = rule.Whole(election)
	if err != nil {
		return r, err
	}
	if len(election.Projects) > mostProjects || workOf(election, rule) > mostFast {
		return r, fault.New(fault.TooLarge, "result.fault.heavy")
	}
	fast, err := tally.CountContext(ctx, election, rule)
	if err != nil {
		return r, err
	}
	whole := NewOutcome(e, pool, election, fast)
	r = Recount{Outcome: whole.told(), Names: map[budget.ProjectID]string{}, Warnings: election.Warnings,
		Reasons: whole.told().reasons(Reasons(election, fast)), Decimals: election.Decimals}
	if r.OutcomeHash, err = hashOf(r.Outcome); err != nil {
		return r, err
	}
	for _, p := range election.Projects {
		r.Names[budget.ProjectID(p.ID)] = p.Name
	}
	if plainWork(election, fast) > mostPlain {
		return r, nil
	}
	if err := ctx.Err(); err != nil {
		return r, err
	}
	plain, err := s.plain(election, rule)
	if err != nil {
		return r, err
	}
	second := NewOutcome(e, pool, election, plain)
	if r.PlainHash, err = hashOf(second.told()); err != nil {
		return r, err
	}
	r.same, err = sameText(whole, second)
	return r, err
}

func hashOf(o Outcome) (string, error) {
	text, err := o.Text()
	return Hash(text), err
}

// workOf is at most how much the fast implementation has to do: what is on the
// ballots, once for each time that shares are raised. They are never raised
// beyond what would pay for every project that somebody supports.
func workOf(e *tally.Election, r tally.Rule) float64 {
	marks, all := 0.0, 0.0
	for i, p := range e.Projects {
		marks += float64(e.Support(i))
		if e.Support(i) > 0 {
			all += float64(p.Cost)
		}
	}
	marks += float64(len(e.Projects) + e.Voters())
	if r.Name == tally.Greedy || r.Completion == tally.CompleteNone || r.Completion == tally.CompleteGreedy {
		return marks
	}
	step := float64(r.Step) * float64(e.Unit())
	return marks * (1 + all/step/float64(max(1, e.Voters())))
}

// plainWork is what the plain implementation has to do, seen from what the fast
// one found: every round of every step looks at every project and every voter.
// By the greedy rule it goes through the ballots once and then looks at its sums.
func plainWork(e *tally.Election, o *tally.Outcome) float64 {
	if o.Rule.Name == tally.Greedy {
		return float64(len(e.Projects)) * float64(len(o.Rounds)+1)
	}
	return plainPass(e, o) * float64(o.Steps+2)
}

// plainPass is the work of one step.
func plainPass(e *tally.Election, o *tally.Outcome) float64 {
	return float64(len(e.Projects)) * float64(e.Voters()) * float64(len(o.Rounds)+1)
}

// mayRead takes a place for a file that a visitor is about to send, before a byte of
// it is read, until the caller gives it back. Nobody sends a file while another one is
// counted only to be told then to come later.
func (s *Service) mayRead() (back func(), err error) {
	busy := fault.New(fault.TooMany, "result.fault.busy")
	if len(s.counting) == cap(s.counting) {
		return nil, busy
	}
	select {
	case s.reading <- struct{}{}:
		return func() { <-s.reading }, nil
	default:
		return nil, busy
	}
}

// limited runs a count beside the request: one at a time, and for so long as a
// visitor waits. The caller stops a count whose visitor was sent away; until it
// has ended, the next ones are told to come later. It counts foreign files, so a
// panic becomes an error.
func (s *Service) limited(count func() error) error {
	select {
	case s.counting <- struct{}{}:
	default:
		return fault.New(fault.TooMany, "result.fault.busy")
	}
	done := make(chan error, 1)
	go func() {
		err := guarded(count)
		<-s.counting // first, or the same visitor's next count is told to come later
		done <- err
	}()
	select {
	case err := <-done:
		return err
	case <-time.After(countFor):
		return errors.Join(errors.New("a count for a visitor took too long"), fault.New(fault.TooMany, "result.fault.slow"))
	}
}

// guarded makes an error of a panic.
func guarded(count func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("a count panicked: %v\n%s", v, debug.Stack())
		}
	}()
	return count()
}
