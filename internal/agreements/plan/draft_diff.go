package plan

import (
	"slices"
	"strings"
)

// Paragraph is a paragraph of a version of the text. Its Key stays the same from
// version to version as long as it is recognizably the same paragraph, so that
// remarks can be followed to what became of them.
type Paragraph struct {
	Version string `db:"version"`
	No      int    `db:"no"` // its place, from 1
	Key     string `db:"para_key"`
	Heading bool   `db:"heading"`
	Text    string `db:"words"`
}

// likeness is from how many hundredths of common words on two paragraphs in the
// same place count as one that was edited. Below it the old one is gone and the
// new one has no history: a remark must never be answered by a text that has
// nothing to do with it.
const likeness = 50

// carryKeys numbers the parts of a new version and gives each the key of the old
// paragraph that it came from, or the next of the fresh keys, of which there are
// as many as parts.
//
//  1. Paragraphs that stand unchanged and in the same order keep their keys.
//  2. A paragraph that was moved, word for word, keeps its key.
//  3. Between those, paragraphs in the same order that share most of their words
//     were edited and keep their keys.
func carryKeys(old []Paragraph, parts []part, fresh []string) []Paragraph {
	list := make([]Paragraph, len(parts))
	for n, p := range parts {
		list[n] = Paragraph{No: n + 1, Heading: p.Heading, Text: p.Text}
	}
	taken := make([]bool, len(old))
	keep := func(from, to int) { list[to].Key, taken[from] = old[from].Key, true }
	same := func(i, j int) int {
		if old[i].Text == list[j].Text && old[i].Heading == list[j].Heading {
			return 1
		}
		return 0
	}
	fixed := bestPairs(len(old), len(list), same)
	for _, p := range fixed {
		keep(p[0], p[1])
	}
	keepMoved(old, list, taken, keep)
	for _, gap := range gaps(fixed, len(old), len(list)) {
		keepEdited(old, list, taken, gap, keep)
	}
	for n := range list {
		if list[n].Key == "" {
			list[n].Key = fresh[n]
		}
	}
	return list
}

func keepMoved(old, list []Paragraph, taken []bool, keep func(from, to int)) {
	for j := range list {
		if list[j].Key != "" {
			continue
		}
		for i := range old {
			if !taken[i] && old[i].Text == list[j].Text && old[i].Heading == list[j].Heading {
				keep(i, j)
				break
			}
		}
	}
}

// keepEdited pairs what is alike within one gap, in the order of the texts.
func keepEdited(old, list []Paragraph, taken []bool, g gap, keep func(from, to int)) {
	from, to := make([]map[string]int, g.oldTo-g.oldFrom), make([]map[string]int, g.newTo-g.newFrom)
	for n := range from {
		from[n] = wordCount(old[g.oldFrom+n].Text)
	}
	for n := range to {
		to[n] = wordCount(list[g.newFrom+n].Text)
	}
	alike := func(i, j int) int {
		o, n := old[g.oldFrom+i], list[g.newFrom+j]
		if taken[g.oldFrom+i] || n.Key != "" || o.Heading != n.Heading {
			return 0
		}
		if share := commonWords(from[i], to[j]); share >= likeness {
			return share
		}
		return 0
	}
	for _, p := range bestPairs(len(from), len(to), alike) {
		keep(g.oldFrom+p[0], g.newFrom+p[1])
	}
}

// gap is what lies between two pairs that stand fixed, half-open.
type gap struct{ oldFrom, oldTo, newFrom, newTo int }

func gaps(fixed [][2]int, old, list int) (all []gap) {
	at := gap{}
	for _, p := range append(slices.Clone(fixed), [2]int{old, list}) {
		at.oldTo, at.newTo = p[0], p[1]
		if at.oldTo > at.oldFrom && at.newTo > at.newFrom {
			all = append(all, at)
		}
		at.oldFrom, at.newFrom = p[0]+1, p[1]+1
	}
	return all
}

// bestPairs pairs the rows of two lists without crossing, so that the worth of
// the pairs together is greatest; what is worth nothing is not paired.
func bestPairs(a, b int, worth func(i, j int) int) (pairs [][2]int) {
	best := make([][]int, a+1) // best[i][j]: the most for rows from i and from j on
	for i := range best {
		best[i] = make([]int, b+1)
	}
	of := make([][]int, a)
	for i := a - 1; i >= 0; i-- {
		of[i] = make([]int, b)
		for j := b - 1; j >= 0; j-- {
			of[i][j] = worth(i, j)
			best[i][j] = max(best[i+1][j], best[i][j+1])
			if of[i][j] > 0 {
				best[i][j] = max(best[i][j], of[i][j]+best[i+1][j+1])
			}
		}
	}
	for i, j := 0, 0; i < a && j < b; {
		switch {
		case of[i][j] > 0 && best[i][j] == of[i][j]+best[i+1][j+1]:
			pairs = append(pairs, [2]int{i, j})
			i, j = i+1, j+1
		case best[i][j] == best[i+1][j]:
			i++
		default:
			j++
		}
	}
	return pairs
}

func wordCount(text string) map[string]int {
	count := map[string]int{}
	for _, w := range strings.Fields(strings.ToLower(text)) {
		count[strings.Trim(w, ".,;:()„”\"")]++
	}
	return count
}

// commonWords is how many hundredths of the words of two texts are common.
func commonWords(a, b map[string]int) int {
	common, all := 0, 0
	for w, n := range a {
		common, all = common+min(n, b[w]), all+n
	}
	for _, n := range b {
		all += n
	}
	if all == 0 {
		return 0
	}
	return 200 * common / all
}

// Difference is one paragraph of two versions laid side by side.
type Difference struct {
	Kind      string // "same", "edited", "moved", "added", "gone"
	Now       Paragraph
	Before    Paragraph // No is 0 where there was none
	Stretches []Stretch // of "edited"
}

// Stretch is a run of words that stayed, came or went.
type Stretch struct {
	Kind string // "same", "added", "gone"
	Text string
}

// compare lays two versions side by side by the keys of their paragraphs, in the
// order of the new one; what is gone stands where it stood.
func compare(before, now []Paragraph) (list []Difference) {
	stood := map[string]int{}
	for n, p := range before {
		stood[p.Key] = n
	}
	stays := map[string]bool{}
	for _, p := range now {
		stays[p.Key] = true
	}
	straight := inOrder(now, stood)
	next := 0 // of before: what is gone up to here was shown
	goneUpTo := func(n int) {
		for ; next < n; next++ {
			if !stays[before[next].Key] {
				list = append(list, Difference{Kind: "gone", Before: before[next]})
			}
		}
	}
	for _, p := range now {
		n, was := stood[p.Key]
		d := Difference{Kind: "added", Now: p}
		if was {
			d.Before = before[n]
			d.Kind = "same"
			if straight[p.Key] {
				goneUpTo(n)
			} else {
				d.Kind = "moved"
			}
			if p.Text != d.Before.Text {
				d.Kind, d.Stretches = "edited", compareWords(d.Before.Text, p.Text)
			}
		}
		list = append(list, d)
	}
	goneUpTo(len(before))
	return list
}

// inOrder are the keys that need not be called moved: the longest run of
// paragraphs that stand in the order in which they stood.
func inOrder(now []Paragraph, stood map[string]int) map[string]bool {
	var common []Paragraph
	for _, p := range now {
		if _, was := stood[p.Key]; was {
			common = append(common, p)
		}
	}
	ordered := slices.Clone(common)
	slices.SortFunc(ordered, func(a, b Paragraph) int { return stood[a.Key] - stood[b.Key] })
	straight := map[string]bool{}
	for _, pair := range bestPairs(len(ordered), len(common), func(i, j int) int {
		if ordered[i].Key == common[j].Key {
			return 1
		}
		return 0
	}) {
		straight[common[pair[1]].Key] = true
	}
	return straight
}

// compareWords tells what was changed within a paragraph, word by word.
func compareWords(before, now string) (list []Stretch) {
	a, b := strings.Fields(before), strings.Fields(now)
	add := func(kind string, words ...string) {
		if len(words) == 0 {
			return
		}
		text := strings.Join(words, " ")
		if last := len(list) - 1; last >= 0 && list[last].Kind == kind {
			list[last].Text += " " + text
			return
		}
		list = append(list, Stretch{kind, text})
	}
	i, j := 0, 0
	for _, p := range append(bestPairs(len(a), len(b), func(i, j int) int {
		if a[i] == b[j] {
			return 1
		}
		return 0
	}), [2]int{len(a), len(b)}) {
		add("gone", a[i:p[0]]...)
		add("added", b[j:p[1]]...)
		if p[0] < len(a) {
			add("same", a[p[0]])
		}
		i, j = p[0]+1, p[1]+1
	}
	return list
}
