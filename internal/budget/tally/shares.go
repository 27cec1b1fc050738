package tally

import (
	"cmp"
	"context"
	"math"
	"math/big"
	"slices"
)

// The method of equal shares, fast and exact. One pass works like this:
//
//   - A purse is what some voters have left. Voters who paid the same prices
//     have the same purse, so there are few purses and many voters. Purse 0 is
//     empty, purse 1 is the whole share; any other is an older purse less what
//     its owners paid in one round.
//   - A project's price is what its supporters pay for one unit of their
//     points. It follows from how many supporters stand behind each purse; the
//     voters need only be counted.
//   - A price never falls while purses empty. So the price of an earlier round
//     is a bound, and projects whose bound lies above the best price found need
//     not be looked at.
//   - Purses and prices are kept as approx. Where their errors overlap, the
//     ledger compares whole numbers.

// purse is what its owners paid last, on top of what they had paid before.
type purse struct {
	from  int32 // the purse before
	round int32
	units int64
}

const (
	emptyPurse = int32(0)
	fullPurse  = int32(1)
)

// stake is one kind of supporter of a project: those with one purse who give one
// number of units.
type stake struct {
	purse   int32
	units   int64
	ballots int64
	left    approx
	poor    bool // pays the whole purse, which is less than the price of its units
}

// bid is a project in the race.
type bid struct {
	*party
	bound float64 // its price per unit of utility is no less
	unit  approx  // price of one unit, when it was last looked at
	rho   approx  // price of one unit of utility, likewise
}

// purchase is a round of a pass.
type purchase struct {
	*party
	rich int64    // units of those who pay the whole price
	poor holding  // of the others, who pay all they have
	most *big.Rat // what one supporter pays at most; only in a recorded pass
	tie  []int    // the projects that stood equal, when there were several
}

// pass is one run of equal shares with one share. It is used again for the next
// share, so that add1 need not make its memory anew.
type pass struct {
	ctx    context.Context // when it ends, so does run
	crowd  *crowd
	order  *tieOrder
	rule   *Rule
	record bool // keep what only an outcome needs

	owns   []int32 // the purse of each group
	purses []purse
	left   []approx // in each purse
	worst  float64  // the largest error of any purse
	bids   []bid
	stakes []stake
	paid   approx  // by those marked poor
	rich   int64   // units of the others
	spans  []int   // where the stakes of each run begin
	seat   []int32 // of a purse among the stakes of a run, from 1; 0 between runs
	near   []bid
	bought []purchase
	cost   Money
	ledger *ledger
}

// run buys until nothing can be bought, or until more than limit is spent. Whoever
// gave the pass a context asks it afterwards whether run came to its end.
func (s *pass) run(share *big.Rat, limit Money) {
	s.start(share)
	for s.cost <= limit && s.ctx.Err() == nil {
		tied := s.cheapest()
		if len(tied) == 0 {
			return
		}
		s.buy(tied)
	}
}

func (s *pass) start(share *big.Rat) {
	v, _ := share.Float64()
	s.ledger = newLedger(share)
	s.owns = slices.Grow(s.owns[:0], s.crowd.groups)[:s.crowd.groups]
	for i := range s.owns {
		s.owns[i] = fullPurse
	}
	s.purses = append(s.purses[:0], purse{}, purse{})
	s.worst = v * ulp
	s.left = append(s.left[:0], approx{}, approx{v, s.worst})
	s.bids, s.bought, s.cost = s.bids[:0], s.bought[:0], 0
	for i := range s.crowd.parties {
		p := &s.crowd.parties[i]
		if s.left[fullPurse].times(float64(p.ballots)).below(whole(p.cost)) {
			continue // even now its supporters have less
		}
		s.bids = append(s.bids, bid{party: p, bound: whole(p.cost).over(float64(p.total)).over(float64(p.worth)).least()})
	}
	slices.SortFunc(s.bids, byBound)
}

func byBound(a, b bid) int { return cmp.Compare(a.bound, b.bound) }

// cheapest finds the bids with the least price per unit of utility, which are
// several when they are exactly equal. Bids that nobody can pay leave the race:
// purses only get emptier.
func (s *pass) cheapest() []bid {
	s.near = s.near[:0]
	top, dead := math.Inf(1), 0
	for i := range s.bids {
		b := &s.bids[i]
		if b.bound > top {
			break
		}
		if !s.price(b) {
			b.party = nil
			dead++
			continue
		}
		b.bound = b.rho.least()
		top = min(top, b.rho.most())
		s.near = append(s.near, *b)
	}
	if dead > 0 {
		s.bids = slices.DeleteFunc(s.bids, func(b bid) bool { return b.party == nil })
	}
	slices.SortFunc(s.bids, byBound)
	s.near = slices.DeleteFunc(s.near, func(b bid) bool { return b.bound > top })
	if len(s.near) > 1 {
		s.keepEqual()
	}
	return s.near
}

// keepEqual compares the near bids exactly and keeps the cheapest.
func (s *pass) keepEqual() {
	var kept []bid
	var bestTop, bestUnder *big.Int
	for _, b := range s.near {
		top, under := s.exact(&b)
		order := -1
		if kept != nil {
			order = new(big.Int).Mul(top, bestUnder).Cmp(new(big.Int).Mul(bestTop, under))
		}
		if order < 0 {
			kept, bestTop, bestUnder = kept[:0], top, under
		}
		if order <= 0 {
			kept = append(kept, b)
		}
	}
	s.near = append(s.near[:0], kept...)
}

// exact is the price per unit of utility as top/(under × the ledger's
// denominator).
func (s *pass) exact(b *bid) (top, under *big.Int) {
	s.price(b)
	rich, poor := s.split()
	s.settleLedger()
	return s.ledger.missing(b.cost, poor), new(big.Int).Mul(big.NewInt(max(1, rich)), big.NewInt(b.worth))
}

// count gathers the stakes of a project. Most of the time of add1 goes here, so
// the loop holds nothing but a purse to look up and a number to add to.
func (s *pass) count(p *party) {
	s.seat = append(s.seat, make([]int32, max(0, len(s.purses)-len(s.seat)))...)
	owns, seats, stakes := s.owns, s.seat, s.stakes[:0]
	s.spans = s.spans[:0]
	for i := range p.runs {
		from := len(stakes)
		s.spans = append(s.spans, from)
		units := p.runs[i].units
		for _, m := range p.runs[i].members {
			k := owns[m.group]
			seat := seats[k]
			if seat == 0 {
				stakes = append(stakes, stake{purse: k, units: units, left: s.left[k], poor: k == emptyPurse})
				seat = int32(len(stakes))
				seats[k] = seat
			}
			stakes[seat-1].ballots += int64(m.ballots)
		}
		for j := from; j < len(stakes); j++ {
			seats[stakes[j].purse] = 0
		}
	}
	s.stakes, s.spans = stakes, append(s.spans, len(stakes))
}

// price finds what a unit of the project costs those who can pay it, and marks
// those who cannot as poor. It reports false when all supporters together have
// less than the cost.
//
// Say that some supporters pay all they have and the rest pay alike. Whoever is
// taken for the poor, the price that follows is never above the true one, since
// nobody pays more than the price or than the purse. So a supporter who has
// less than such a price asks is truly poor, and marking those until there are
// none finds the true price.
func (s *pass) price(b *bid) bool {
	if s.tooPoor(b.party) {
		return false
	}
	s.count(b.party)
	if !s.affordable(b.party) {
		return false
	}
	if b.cost == 0 {
		return true
	}
	s.mark(b) // the price of an earlier round, if there was one, was no higher
	for again := true; again; {
		b.unit = whole(b.cost).minus(s.paid).over(float64(s.rich))
		unsure := false
		again, unsure = s.mark(b)
		if unsure && !again {
			again = s.markUnsure(b)
		}
	}
	b.rho = b.unit.over(float64(b.worth))
	return true
}

// mark marks who certainly has less than the price asks. It says whether there
// was anybody, and whether it is unsure of somebody.
func (s *pass) mark(b *bid) (marked, unsure bool) {
	for i := range s.stakes {
		st := &s.stakes[i]
		if st.poor {
			continue
		}
		asked := b.unit.times(float64(st.units))
		if st.left.below(asked) {
			s.markPoor(st)
			marked = true
		} else if !asked.below(st.left) {
			unsure = true
		}
	}
	return marked, unsure
}

func (s *pass) markPoor(st *stake) {
	st.poor = true
	s.paid = s.paid.plus(st.left.times(float64(st.ballots)))
	s.rich -= st.ballots * st.units
}

// tooPoor says that the supporters certainly have less than the cost, by a sum
// that does not sort out their purses. Most projects are met once and leave the
// race here.
func (s *pass) tooPoor(p *party) bool {
	owns, left := s.owns, s.left
	var held float64
	terms := 0
	for i := range p.runs {
		terms += len(p.runs[i].members)
		for _, m := range p.runs[i].members {
			held += float64(m.ballots) * left[owns[m.group]].v
		}
	}
	// Each term is wrong by the error of its purse, and each sum rounds. A purse
	// may seem less than empty by its error, hence twice.
	wrong := 2*float64(p.ballots)*s.worst + held*float64(terms)*ulp
	return approx{held, wrong * grow}.below(whole(p.cost))
}

// affordable says whether the supporters together have the cost, and begins
// the sums of the poor and the rich.
func (s *pass) affordable(p *party) bool {
	cost, held := whole(p.cost), approx{}
	s.paid, s.rich = approx{}, 0
	for i := range s.stakes {
		st := &s.stakes[i]
		held = held.plus(st.left.times(float64(st.ballots)))
		if !st.poor {
			s.rich += st.ballots * st.units
		}
	}
	switch {
	case held.below(cost):
		return false
	case cost.below(held):
		return true
	}
	s.settleLedger()
	return s.ledger.missing(p.cost, s.holds(everybody)).Sign() <= 0
}

// markUnsure decides exactly who is poor at the price that the marks give, and
// says whether anybody was marked.
func (s *pass) markUnsure(b *bid) bool {
	s.settleLedger()
	rich, poor := s.split()
	asked := s.ledger.missing(b.cost, poor) // for rich units
	marked := false
	for i := range s.stakes {
		st := &s.stakes[i]
		if st.poor || b.unit.times(float64(st.units)).below(st.left) {
			continue
		}
		if s.exactlyLess(st, asked, rich) < 0 {
			s.markPoor(st)
			marked = true
		}
	}
	return marked
}

// exactlyLess compares the purse of a stake with what asked/rich, the exact
// price of a unit, makes for its units.
func (s *pass) exactlyLess(st *stake, asked *big.Int, rich int64) int {
	has := s.ledger.held(s.holding(st, 1))
	has.Mul(has, big.NewInt(rich))
	return has.Cmp(new(big.Int).Mul(asked, big.NewInt(st.units)))
}

// split is the units of the rich and the holding of the poor.
func (s *pass) split() (rich int64, poor holding) {
	for i := range s.stakes {
		if !s.stakes[i].poor {
			rich += s.stakes[i].ballots * s.stakes[i].units
		}
	}
	return rich, s.holds(func(st *stake) bool { return st.poor })
}

// holds is what the stakes that are wanted hold together.
func (s *pass) holds(wanted func(*stake) bool) holding {
	h := holding{paid: make([]int64, len(s.bought))}
	for i := range s.stakes {
		if st := &s.stakes[i]; wanted(st) {
			s.addTo(&h, st, st.ballots)
		}
	}
	return h
}

// holding is what so many owners of a stake's purse hold.
func (s *pass) holding(st *stake, owners int64) holding {
	h := holding{paid: make([]int64, len(s.bought))}
	s.addTo(&h, st, owners)
	return h
}

func (s *pass) addTo(h *holding, st *stake, owners int64) {
	if st.purse == emptyPurse {
		return
	}
	h.shares += owners
	for k := st.purse; k != fullPurse; k = s.purses[k].from {
		h.paid[s.purses[k].round] += owners * s.purses[k].units
	}
}

// settleLedger writes the prices of the rounds so far.
func (s *pass) settleLedger() {
	for _, b := range s.bought[len(s.ledger.prices):] {
		s.ledger.record(s.ledger.missing(b.cost, b.poor), b.rich)
	}
}

// buy takes the first of the tied bids and lets its supporters pay.
func (s *pass) buy(tied []bid) {
	won := tied[0]
	round := purchase{}
	if len(tied) > 1 {
		for _, b := range tied {
			round.tie = append(round.tie, b.project)
		}
		first := s.order.first(round.tie)
		won = tied[slices.Index(round.tie, first)]
	}
	s.price(&won)
	round.party = won.party
	round.rich, round.poor = s.split()
	round.rich = max(1, round.rich) // a free project needs nobody with money
	if s.record {
		round.most = s.mostPaid(&won, round.rich, round.poor)
	}
	s.pay(&won)
	s.bought = append(s.bought, round)
	s.cost += won.cost
	s.leave(won.project)
}

// pay gives each supporter the purse that is left.
func (s *pass) pay(won *bid) {
	if won.cost == 0 {
		return
	}
	next := make([]int32, len(s.stakes))
	for i := range s.stakes {
		next[i] = s.after(&s.stakes[i], won)
	}
	for i := range won.runs {
		span := s.stakes[s.spans[i]:s.spans[i+1]]
		for j := range span {
			s.seat[span[j].purse] = next[s.spans[i]+j]
		}
		for _, m := range won.runs[i].members {
			s.owns[m.group] = s.seat[s.owns[m.group]]
		}
		for j := range span {
			s.seat[span[j].purse] = 0
		}
	}
}

// after is the purse of a stake's owners once they paid.
func (s *pass) after(st *stake, won *bid) int32 {
	if st.poor {
		return emptyPurse
	}
	left := st.left.minus(won.unit.times(float64(st.units)))
	s.left = append(s.left, left)
	s.worst = max(s.worst, left.e)
	s.purses = append(s.purses, purse{from: st.purse, round: int32(len(s.bought)), units: st.units})
	return int32(len(s.purses) - 1)
}

// mostPaid is the most that one supporter pays.
func (s *pass) mostPaid(won *bid, rich int64, poor holding) *big.Rat {
	s.settleLedger()
	price := s.ledger.missing(won.cost, poor) // of a unit, times rich
	most := new(big.Int)
	var best *stake
	for i := range s.stakes {
		st := &s.stakes[i]
		if st.purse == emptyPurse {
			continue
		}
		pays := new(big.Int)
		if st.poor {
			if best != nil && st.left.below(best.left) {
				continue
			}
			pays.Mul(s.ledger.held(s.holding(st, 1)), big.NewInt(rich))
			best = st
		} else {
			pays.Mul(price, big.NewInt(st.units))
		}
		if pays.Cmp(most) > 0 {
			most = pays
		}
	}
	return s.ledger.fraction(most, rich)
}

// leave takes the winner, and whom it excludes, from the race.
func (s *pass) leave(won int) {
	gone := func(p int) bool { return p == won }
	if len(s.rule.Excludes) > 0 {
		rivals := rivals(s.rule, won)
		gone = func(p int) bool { return p == won || slices.Contains(rivals, p) }
	}
	s.bids = slices.DeleteFunc(s.bids, func(b bid) bool { return gone(b.project) })
}

// rivals are the projects that may not win beside one.
func rivals(rule *Rule, project int) []int {
	var all []int
	for _, group := range rule.Excludes {
		if slices.Contains(group, project) {
			for _, p := range group {
				if p != project {
					all = append(all, p)
				}
			}
		}
	}
	return all
}
