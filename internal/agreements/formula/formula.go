// Package formula is the language in which an indicator of the plan says how it
// is reckoned from the evidence:
//
//	people(action=A1, group=teachers) / reading(W7) * 100
//
// A formula is a sum of products of numbers, measures and brackets. A measure
// names what is counted and, in its brackets, of what: "all", "action=A1",
// "kind=training", "theme=inclusion", "area=…", and further "group=teachers",
// "by=running", "year=-1" (the school year before). reading(W7) is what was
// entered for another indicator, indicator(W7) its value however it comes.
//
// Numbers are exact decimals. A formula that divides by zero, or whose parts are
// not known, has no value and says why: it is never an error page. Formulas that
// lead back to themselves are found before they are saved (see Cycle).
//
// The package is pure: it knows of no ledger and of no language. Who asks for a
// value answers each Call; who shows a formula gives the words (see Speaker).
package formula

import (
	"slices"
	"strings"
)

// Bounds of what is taken in. They are wide for a person and narrow for a
// machine that feeds us.
const (
	MaxLength = 500 // characters of a formula
	MaxDepth  = 20  // brackets within brackets
	maxDigits = 15  // of a number, before and after the point together
)

// Measure is what is counted.
type Measure string

// The measures. The first six are read from the ledger, by scope; Reading and
// Indicator name another indicator by its code.
const (
	People         Measure = "people"         // each person once in a school year
	Participations Measure = "participations" // each time somebody took part
	Hours          Measure = "hours"          // lesson hours of 45 minutes
	Money          Measure = "money"          // złoty
	Facts          Measure = "facts"
	Activities     Measure = "activities"
	Reading        Measure = "reading"
	Indicator      Measure = "indicator"
)

// Measures are all of them, in the order in which they are explained.
func Measures() []Measure {
	return []Measure{People, Participations, Hours, Money, Facts, Activities, Reading, Indicator}
}

// OfLedger tells whether the measure is read from the ledger.
func (m Measure) OfLedger() bool {
	return m != Reading && m != Indicator && slices.Contains(Measures(), m)
}

// What restricts a measure of the ledger. All counts everything; the others need
// a value.
const (
	ScopeAll    = "all"
	ScopeAction = "action" // code of an action of the same plan
	ScopeKind   = "kind"   // of the activity: training, meeting…
	ScopeTheme  = "theme"
	ScopeArea   = "area" // id of an area of an agreement
)

// Call is one measure with its conditions; it can be compared and be a key.
type Call struct {
	Measure Measure
	Scope   string // ScopeAll…; "" of Reading and Indicator
	Value   string // of the scope; the code for Reading and Indicator
	Group   string // teachers, heads, managers, others; "" everybody
	Running bool   // by the municipality that runs, not by the seat
	Shift   int    // school years from the one asked about, 0 or less
}

// String is the call as it is typed.
func (c Call) String() string {
	var args []string
	switch {
	case !c.Measure.OfLedger():
		args = append(args, c.Value)
	case c.Scope == ScopeAll:
		args = append(args, ScopeAll)
	default:
		args = append(args, c.Scope+"="+c.Value)
	}
	if c.Group != "" {
		args = append(args, "group="+c.Group)
	}
	if c.Running {
		args = append(args, "by=running")
	}
	if c.Shift != 0 {
		args = append(args, "year="+itoa(c.Shift))
	}
	return string(c.Measure) + "(" + strings.Join(args, ", ") + ")"
}

// Formula is what was parsed. The zero value has no value.
type Formula struct {
	root node
}

// Calls are the measures that a formula asks for, each once, as they are read.
func (f Formula) Calls() (list []Call) {
	if f.root != nil {
		f.root.each(func(n node) {
			if c, ok := n.(callNode); ok && !slices.Contains(list, Call(c)) {
				list = append(list, Call(c))
			}
		})
	}
	return list
}

// Refers are the codes of other indicators that a formula rests on.
func (f Formula) Refers() (codes []string) {
	for _, c := range f.Calls() {
		if !c.Measure.OfLedger() && !slices.Contains(codes, c.Value) {
			codes = append(codes, c.Value)
		}
	}
	return codes
}

// String is the formula as it is typed, with the fewest brackets. Parsing it
// gives the same formula.
func (f Formula) String() string {
	if f.root == nil {
		return ""
	}
	return f.root.print(plain{})
}

// In is the formula in words of a reader.
func (f Formula) In(s Speaker) string {
	if f.root == nil {
		return ""
	}
	return f.root.print(s)
}
