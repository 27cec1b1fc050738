package tally

import "math/big"

// idle is how many further steps of add1 would surely give the outcome of the
// last pass again. A project with few supporters can keep add1 waiting for
// hundreds of thousands of steps until they can pay for it, and those steps are
// skipped.
//
// We only claim it where the reason is short. When each supporter of each winner
// could pay the whole price, the prices are cost/units, and more money changes
// neither them nor their order. A loser costs no less than its own cost/units;
// when that is more than every winner costs, it comes after them with any share.
// So until the supporters of some loser have its cost, all stays as it is. Each
// step gives every one of them the step.
func (s *pass) idle(step Money) int {
	if !s.cameInOrder() {
		return 0
	}
	s.settleLedger()
	settled := s.settled()
	var least *big.Int
	for i := range s.crowd.parties {
		p := &s.crowd.parties[i]
		if settled[p.project] {
			continue // it won, or comes after the one that excludes it
		}
		wait := s.wait(p, step)
		if least == nil || wait.Cmp(least) < 0 {
			least = wait
		}
	}
	if least == nil || !least.IsInt64() {
		return 0
	}
	return int(max(0, least.Int64()))
}

// wait is how many steps leave the supporters of a loser with less than it
// costs.
func (s *pass) wait(p *party, step Money) *big.Int {
	s.count(p)
	all := s.holds(everybody)
	var supporters int64
	for i := range s.stakes {
		supporters += s.stakes[i].ballots
	}
	// missing/den <= supporters × step × n  is first true for n, so n-1 leave it.
	each := new(big.Int).Mul(big.NewInt(supporters), big.NewInt(step))
	each.Mul(each, s.ledger.den)
	missing := s.ledger.missing(p.cost, all)
	return new(big.Int).Div(missing.Sub(missing, big.NewInt(1)), each)
}

// cameInOrder says whether no winner's price came from a purse that was too
// small, and all losers cost more than all winners whatever the share.
func (s *pass) cameInOrder() bool {
	var last *big.Rat // the greatest price of a winner
	won := map[int]bool{}
	for i := range s.bought {
		b := &s.bought[i]
		won[b.project] = true
		if b.rich != b.total && b.cost > 0 {
			return false
		}
		if price := b.freely(); last == nil || price.Cmp(last) > 0 {
			last = price
		}
	}
	for i := range s.crowd.parties {
		p := &s.crowd.parties[i]
		if !won[p.project] && last != nil && p.freely().Cmp(last) <= 0 {
			return false
		}
	}
	return true
}

// freely is the price of a unit of utility when nobody lacks the money.
func (p *party) freely() *big.Rat {
	units := new(big.Rat).Mul(rat(p.total), rat(p.worth))
	return units.Quo(rat(p.cost), units)
}

// settled are the winners and the projects that they exclude.
func (s *pass) settled() map[int]bool {
	all := map[int]bool{}
	for i := range s.bought {
		all[s.bought[i].project] = true
		for _, p := range rivals(s.rule, s.bought[i].project) {
			all[p] = true
		}
	}
	return all
}
