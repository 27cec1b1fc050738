package tally

import "math"

// approx is a number that we know up to an error: the true one lies within
// v-e and v+e.
//
// Each operation on float64 rounds by at most 2^-53 of its result. We charge
// ulp, eight times that, for it, and let every bound grow by a factor that
// covers the roundings in computing the bound itself (at most six of 2^-53
// each). So the bounds are never too small, and whatever approx calls smaller is
// smaller. What it cannot tell is left to the ledger.
type approx struct{ v, e float64 }

const (
	ulp  = 1.0 / (1 << 50)
	grow = 1 + 1.0/(1<<40)
)

// whole is a whole number below 2^62.
func whole(n int64) approx {
	v := float64(n)
	if n < 1<<53 && n > -1<<53 {
		return approx{v: v}
	}
	return approx{v, math.Abs(v) * ulp}
}

func (a approx) plus(b approx) approx {
	v := a.v + b.v
	return approx{v, (a.e + b.e + math.Abs(v)*ulp) * grow}
}

func (a approx) minus(b approx) approx {
	v := a.v - b.v
	return approx{v, (a.e + b.e + math.Abs(v)*ulp) * grow}
}

// times multiplies by a positive number, a whole one that may itself have been
// rounded to a float; so may that of over.
func (a approx) times(n float64) approx {
	v := a.v * n
	return approx{v, (a.e*n + math.Abs(v)*ulp) * grow}
}

// over divides by a positive number.
func (a approx) over(n float64) approx {
	v := a.v / n
	return approx{v, (a.e/n + math.Abs(v)*ulp) * grow}
}

// below says that a is certainly smaller than b.
func (a approx) below(b approx) bool { return b.v-a.v > (a.e+b.e)*grow }

// least and most are bounds of the true number.
func (a approx) least() float64 { return a.v - (a.e*grow + math.Abs(a.v)*ulp) }
func (a approx) most() float64  { return a.v + (a.e*grow + math.Abs(a.v)*ulp) }
