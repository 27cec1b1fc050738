package register

import (
	"maps"
	"slices"
)

// Heads maps every institution to the unit whose head it shares: the root of its chain of parents. A parent that is
// not among the records ends the chain. A cycle has no root, so it is cut above its smallest number; Read reports
// cycles and cuts them the same way.
func Heads(records []Record) map[int]int {
	parents := make(map[int]int, len(records))
	for _, r := range records {
		parents[r.RSPO] = r.Parent
	}
	for _, cycle := range cycles(parents) {
		parents[cycle[0]] = 0
	}
	heads := make(map[int]int, len(records))
	for _, r := range records {
		climb(r.RSPO, parents, heads)
	}
	return heads
}

// climb finds the root of one institution and remembers it for everybody on the way.
func climb(from int, parents, heads map[int]int) {
	var way []int
	at := from
	for {
		if head, known := heads[at]; known {
			at = head
			break
		}
		way = append(way, at)
		parent := parents[at]
		if _, present := parents[parent]; !present || parent == 0 {
			break
		}
		at = parent
	}
	for _, n := range way {
		heads[n] = at
	}
}

// cycles lists the cycles among parents, each beginning with its smallest number, in order of those.
func cycles(parents map[int]int) (found [][]int) {
	state := make(map[int]int, len(parents)) // 0 unseen, otherwise the walk that came by
	walk := 0
	for _, start := range slices.Sorted(maps.Keys(parents)) {
		walk++
		at := start
		for at != 0 && state[at] == 0 {
			state[at] = walk
			at = parents[at]
		}
		if at != 0 && state[at] == walk {
			found = append(found, turn(at, parents))
		}
	}
	slices.SortFunc(found, func(a, b []int) int { return a[0] - b[0] })
	return found
}

// turn walks once round a cycle and begins it at the smallest number.
func turn(on int, parents map[int]int) []int {
	cycle := []int{on}
	for at := parents[on]; at != on; at = parents[at] {
		cycle = append(cycle, at)
	}
	least := slices.Index(cycle, slices.Min(cycle))
	return append(slices.Clone(cycle[least:]), cycle[:least]...)
}

// link settles parents and children of a whole file: a child without parent takes the one that lists it, cycles are
// cut, and everything that does not fit is reported.
func link(records []Record, rows map[int]int) (problems []Problem) {
	byNumber := make(map[int]*Record, len(records))
	for i := range records {
		byNumber[records[i].RSPO] = &records[i]
	}
	report := func(r *Record, level Level, field, key string, args ...string) {
		problems = append(problems, Problem{Row: rows[r.RSPO], RSPO: r.RSPO, Level: level, Field: field,
			Key: "register.problem." + key, Args: pairs(args)})
	}
	// By number, not by row: two parents may list one child, and the outcome must not depend on the order of rows.
	for _, number := range slices.Sorted(maps.Keys(byNumber)) {
		adopt(byNumber[number], byNumber, report)
	}
	cutCycles(byNumber, report)
	for i := range records {
		checkParent(&records[i], byNumber, report)
	}
	return problems
}

type reporter func(r *Record, level Level, field, key string, args ...string)

func adopt(parent *Record, byNumber map[int]*Record, report reporter) {
	var absent []int
	for _, number := range parent.Children {
		child := byNumber[number]
		switch {
		case child == nil:
			absent = append(absent, number)
		case child.Parent == 0:
			child.Parent = parent.RSPO
		case child.Parent != parent.RSPO:
			report(child, Warning, "parent", "parent_disagrees",
				"parent", itoa(child.Parent), "other", itoa(parent.RSPO))
		}
	}
	if absent != nil {
		report(parent, Note, "children", "children_missing", "children", clip(numbers(absent), 120))
	}
}

func cutCycles(byNumber map[int]*Record, report reporter) {
	parents := make(map[int]int, len(byNumber))
	for number, r := range byNumber {
		parents[number] = r.Parent
	}
	for _, cycle := range cycles(parents) {
		first := byNumber[cycle[0]]
		first.Parent = 0
		report(first, Warning, "parent", "parent_cycle", "numbers", clip(numbers(cycle), 120))
	}
}

// checkParent finds parents outside the file and parents that list children, but not this one.
func checkParent(r *Record, byNumber map[int]*Record, report reporter) {
	if r.Parent == 0 {
		return
	}
	parent := byNumber[r.Parent]
	switch {
	case parent == nil:
		report(r, Note, "parent", "parent_missing", "parent", itoa(r.Parent))
	case len(parent.Children) > 0 && !slices.Contains(parent.Children, r.RSPO):
		report(r, Warning, "parent", "parent_silent", "parent", itoa(r.Parent))
	}
}
