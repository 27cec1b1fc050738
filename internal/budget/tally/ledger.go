package tally

import "math/big"

// sum is an exact amount of money that voters hold together, as it came about:
// so many first shares, less the prices that were paid. Every purse is such a
// sum, because a voter who still has money has paid the whole price of every
// project bought, and one who has not has nothing.
type holding struct {
	shares int64
	paid   []int64 // units paid for, by round
}

// ledger holds the share and the prices of the rounds as whole numbers over one
// common denominator. Sums and comparisons need no greatest common divisor of
// large numbers then, which is what makes fractions slow.
type ledger struct {
	den    *big.Int
	share  *big.Int
	prices []*big.Int // of one unit, by round
}

func newLedger(share *big.Rat) *ledger {
	return &ledger{den: new(big.Int).Set(share.Denom()), share: new(big.Int).Set(share.Num())}
}

// held is a holding, times the denominator.
func (l *ledger) held(h holding) *big.Int {
	sum := new(big.Int).SetInt64(h.shares)
	sum.Mul(sum, l.share)
	var term big.Int
	for round, units := range h.paid {
		if units != 0 {
			sum.Sub(sum, term.Mul(term.SetInt64(units), l.prices[round]))
		}
	}
	return sum
}

// missing is what a holding lacks to pay the cost, times the denominator.
func (l *ledger) missing(cost Money, h holding) *big.Int {
	need := new(big.Int).SetInt64(cost)
	return need.Sub(need.Mul(need, l.den), l.held(h))
}

// record adds the price of a round: missing/(den × units). The denominator
// grows by what the units do not share with the numerator.
func (l *ledger) record(missing *big.Int, units int64) {
	price := new(big.Int).Set(missing)
	rest := big.NewInt(units)
	common := new(big.Int).GCD(nil, nil, new(big.Int).Abs(price), rest)
	if common.Sign() > 0 {
		price.Quo(price, common)
		rest.Quo(rest, common)
	}
	if rest.IsInt64() && rest.Int64() != 1 {
		l.den.Mul(l.den, rest)
		l.share.Mul(l.share, rest)
		for _, p := range l.prices {
			p.Mul(p, rest)
		}
	}
	l.prices = append(l.prices, price)
}

// fraction is an amount times the denominator as a fraction, divided by by.
func (l *ledger) fraction(amount *big.Int, by int64) *big.Rat {
	den := new(big.Int).SetInt64(by)
	return new(big.Rat).SetFrac(amount, den.Mul(den, l.den))
}
