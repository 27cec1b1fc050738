package evaluation

import (
	"kladka/internal/platform/disclosure"
)

// Figures are what the releases of a group show, as lists need it. Zero cells
// are hidden.
type Figures struct {
	Answers disclosure.Cell `json:"answers,omitzero"`
	Useful  disclosure.Cell `json:"useful,omitzero"` // mean in tenths, 10 to 50
	Used    disclosure.Cell `json:"used,omitzero"`   // mean in tenths, 0 to 20: see percentOf
	Least   int             `json:"least,omitempty"` // percent below which use was low on the day of the release
}

// span is what a mean that is shown says: exactly, or between two ends.
func span(c disclosure.Cell) (low, high int) {
	if c.To > 0 {
		return c.N, c.To
	}
	return c.N, c.N
}

// band tells whether a mean is shown as from where to where it lies.
func band(c disclosure.Cell) bool { return c.Shown && c.To > 0 }

// Verdict is what a release says of later use.
type Verdict string

// The verdicts. Unknown where the figure is hidden, or its band holds the border.
const (
	Unknown Verdict = "unknown"
	Low     Verdict = "low"
	Enough  Verdict = "enough"
)

// Judge says whether later use is low, by what a release shows of it and
// nothing else: whoever reads the verdict learns no more than from the figure.
// Least is the percent below which it is low. A band is low when all of it is,
// its upper end included: a figure near the lower end is given as a band, and
// that is where use is low.
func Judge(used disclosure.Cell, least int) Verdict {
	if !used.Shown {
		return Unknown
	}
	low, high := span(used)
	switch {
	case low == high && percentOf(low) < least, low < high && percentOf(high) <= least:
		return Low
	case percentOf(low) >= least:
		return Enough
	}
	return Unknown
}

// Sum is a figure over several groups: only of those that show it, each with the
// weight of its answers, in tenths times answers.
type Sum struct {
	Answers int `json:"n"`
	Low     int `json:"low"`
	High    int `json:"high"`
}

// add takes in one more group. What is hidden adds nothing.
func (s Sum) add(answers, mean disclosure.Cell) Sum {
	if !answers.Shown || !mean.Shown {
		return s
	}
	low, high := span(mean)
	return Sum{s.Answers + answers.N, s.Low + low*answers.N, s.High + high*answers.N}
}

// cell is the figure of the sum as a mean, or as a band where groups are given so.
func (s Sum) cell() disclosure.Cell {
	if s.Answers == 0 {
		return disclosure.Cell{}
	}
	round := func(x int) int { return (2*x + s.Answers) / (2 * s.Answers) }
	c := disclosure.Cell{Shown: true, N: round(s.Low)}
	if high := round(s.High); high > c.N {
		c.To = high
	}
	return c
}
