package tally

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"slices"
	"strings"
)

// Tie is one step of the order in which ties are broken.
type Tie struct {
	By   TieBy  `json:"by"`
	Seed string `json:"seed,omitempty"` // of the lot
}

// TieBy names a step.
type TieBy string

// The steps. The lot is drawn before the count: its seed is published with the
// rules, and the project whose SHA-256 of "seed, a zero byte, id" is the
// smallest stands first, so anybody can draw it again.
const (
	TieCost  TieBy = "cost"  // the cheaper first
	TieVotes TieBy = "votes" // more supporters first
	TieFirst TieBy = "first" // more first places first
	TieFile  TieBy = "file"  // the order in the file
	TieID    TieBy = "id"    // the id, compared as text
	TieLot   TieBy = "lot"   // drawn
)

// String is the step as ParseTies reads it.
func (t Tie) String() string {
	if t.By == TieLot {
		return string(TieLot) + ":" + t.Seed
	}
	return string(t.By)
}

// maxTies is more than there are different steps.
const maxTies = 16

// ParseTies reads an ordered list of steps: "cost,votes,lot:SEED". An empty text
// is an empty list. A seed may not hold a comma. It returns a *RuleFault.
func ParseTies(spec string) ([]Tie, error) {
	if strings.TrimSpace(spec) == "" {
		return nil, nil
	}
	var ties []Tie
	for word := range strings.SplitSeq(spec, ",") {
		word = strings.TrimSpace(word)
		seed, lot := strings.CutPrefix(word, string(TieLot)+":")
		switch {
		case lot && seed != "":
			ties = append(ties, Tie{By: TieLot, Seed: seed})
		case oneOf(TieBy(word), TieCost, TieVotes, TieFirst, TieFile, TieID):
			ties = append(ties, Tie{By: TieBy(word)})
		default:
			return nil, &RuleFault{"ties", "unknown step " + shorten(word)}
		}
	}
	if len(ties) > maxTies {
		return nil, &RuleFault{"ties", "too many steps"}
	}
	return ties, nil
}

// FormatTies writes a list as ParseTies reads it.
func FormatTies(ties []Tie) string {
	words := make([]string, len(ties))
	for i, t := range ties {
		words[i] = t.String()
	}
	return strings.Join(words, ",")
}

// TieRecord says how one tie was broken: the projects that stood equal, the step
// that told the winner from the last of its rivals, and the winner.
//
// In JSON the names are written small, as in Step and Explanation, which hold it.
// Documents of earlier versions have them with a capital, and are read all the same.
type TieRecord struct {
	Round int   `json:"round"` // from 1
	Tied  []int `json:"tied"`  // in the order that the steps put them
	By    Tie   `json:"by"`
	Won   int   `json:"won"`
}

// tieOrder is the order of all projects by the steps, made once for a count.
type tieOrder struct {
	steps []tieStep
	rank  []int32 // rank[p] is the place of project p; no two are equal
}

type tieStep struct {
	tie     Tie
	compare func(a, b int) int
}

func newTieOrder(e *Election, ties []Tie) *tieOrder {
	o := &tieOrder{rank: make([]int32, len(e.Projects))}
	for _, t := range ties {
		o.steps = append(o.steps, tieStep{t, comparer(e, t)})
	}
	file := Tie{By: TieFile}
	o.steps = append(o.steps, tieStep{file, comparer(e, file)})
	all := make([]int, len(e.Projects))
	for i := range all {
		all[i] = i
	}
	slices.SortFunc(all, func(a, b int) int { c, _ := o.compare(a, b); return c })
	for place, p := range all {
		o.rank[p] = int32(place)
	}
	return o
}

func comparer(e *Election, t Tie) func(a, b int) int {
	switch t.By {
	case TieCost:
		return func(a, b int) int { return cmp.Compare(e.Projects[a].Cost, e.Projects[b].Cost) }
	case TieVotes:
		return func(a, b int) int { return cmp.Compare(e.support[b], e.support[a]) }
	case TieFirst:
		return func(a, b int) int { return cmp.Compare(e.firsts[b], e.firsts[a]) }
	case TieID:
		return func(a, b int) int { return cmp.Compare(e.Projects[a].ID, e.Projects[b].ID) }
	case TieLot:
		drawn := drawLots(e, t.Seed)
		return func(a, b int) int { return bytes.Compare(drawn[a][:], drawn[b][:]) }
	}
	return cmp.Compare[int]
}

func drawLots(e *Election, seed string) [][sha256.Size]byte {
	drawn := make([][sha256.Size]byte, len(e.Projects))
	for i := range e.Projects {
		drawn[i] = sha256.Sum256([]byte(seed + "\x00" + e.Projects[i].ID))
	}
	return drawn
}

// compare says which of two projects stands first, and which step said so.
func (o *tieOrder) compare(a, b int) (order, step int) {
	for i := range o.steps {
		if c := o.steps[i].compare(a, b); c != 0 {
			return c, i
		}
	}
	return 0, len(o.steps) - 1
}

// first is the project that stands before all the others; tied is not empty.
func (o *tieOrder) first(tied []int) int {
	return slices.MinFunc(tied, func(a, b int) int { return cmp.Compare(o.rank[a], o.rank[b]) })
}

// settle breaks a tie of two or more projects, and sorts them.
func (o *tieOrder) settle(round int, tied []int) TieRecord {
	slices.SortFunc(tied, func(a, b int) int { return cmp.Compare(o.rank[a], o.rank[b]) })
	last := 0
	for _, rival := range tied[1:] {
		_, step := o.compare(tied[0], rival)
		last = max(last, step)
	}
	return TieRecord{Round: round, Tied: tied, By: o.steps[last].tie, Won: tied[0]}
}
