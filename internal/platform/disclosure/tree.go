package disclosure

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// tree is units in tree order: every parent before its children, siblings by
// their public order.
type tree struct {
	units    []Unit
	parents  []int // −1 of the root
	depths   []int
	children [][]int
	leafOf   map[string]int // original unit → node that counts it
}

// grow puts units into tree order. There must be one root, and every unit must
// hang on it.
func grow(units []Unit) (tree, error) {
	t := tree{leafOf: map[string]int{}}
	below, ids := map[string][]Unit{}, map[string]bool{}
	for _, u := range units {
		if u.ID == "" || ids[u.ID] {
			return t, fmt.Errorf("unit %q stands twice or has no id", u.ID)
		}
		ids[u.ID] = true
		below[u.Parent] = append(below[u.Parent], u)
	}
	if len(below[""]) != 1 {
		return t, fmt.Errorf("%d units have no parent, want one", len(below[""]))
	}
	t.add(below, below[""][0], -1, 0)
	if len(t.units) != len(units) {
		return t, fmt.Errorf("%d of %d units hang on the root", len(t.units), len(units))
	}
	for i, u := range t.units {
		if len(t.children[i]) > 0 {
			continue
		}
		for _, id := range u.leaves() {
			if _, twice := t.leafOf[id]; twice {
				return t, fmt.Errorf("unit %s is counted twice", id)
			}
			t.leafOf[id] = i
		}
	}
	return t, nil
}

func (t *tree) add(below map[string][]Unit, u Unit, parent, depth int) {
	at := len(t.units)
	t.units = append(t.units, u)
	t.parents = append(t.parents, parent)
	t.depths = append(t.depths, depth)
	t.children = append(t.children, nil)
	if parent >= 0 {
		t.children[parent] = append(t.children[parent], at)
	}
	siblings := slices.Clone(below[u.ID])
	slices.SortFunc(siblings, func(a, b Unit) int { return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.ID, b.ID)) })
	for _, s := range siblings {
		t.add(below, s, at, depth+1)
	}
}

// leaves are the original units that a leaf stands for.
func (u Unit) leaves() []string {
	if len(u.Members) > 0 {
		return u.Members
	}
	return []string{u.ID}
}

// Merge puts units with a roster below least together with a neighbor in public
// order under the same parent, the one with the smaller roster. It knows
// nothing of answers and is to be called before the period; the same units give
// the same result in whatever order they come. A unit merged of several has the
// id and the name of all, and Members; what stood below it is part of it. A
// parent whose children cannot reach least together has none. Units that are no
// tree come back as they are: Fix refuses them.
func Merge(units []Unit, least int) []Unit {
	t, err := grow(units)
	if err != nil {
		return units
	}
	var out []Unit
	t.merge(0, least, t.units[0].Parent, &out)
	return out
}

// bunch is siblings that become one.
type bunch struct {
	nodes  []int
	roster int
}

func (t tree) merge(node, least int, parent string, out *[]Unit) {
	u := t.units[node]
	u.Parent, u.Roster = parent, t.roster(node)
	at := len(*out)
	*out = append(*out, u)
	bunches := t.bunches(node, least)
	if len(bunches) == 0 {
		(*out)[at].Members = t.together([]int{node})
		if slices.Equal((*out)[at].Members, []string{u.ID}) {
			(*out)[at].Members = nil
		}
		return
	}
	for _, b := range bunches {
		if len(b.nodes) == 1 {
			t.merge(b.nodes[0], least, u.ID, out)
			continue
		}
		first := t.units[b.nodes[0]]
		var ids, names []string
		for _, n := range b.nodes {
			ids, names = append(ids, t.units[n].ID), append(names, t.units[n].Name)
		}
		*out = append(*out, Unit{ID: strings.Join(ids, "+"), Parent: u.ID, Order: first.Order,
			Name: strings.Join(names, ", "), Roster: b.roster, Members: t.together(b.nodes)})
	}
}

// bunches are the children of a node after merging; none when one bunch of
// several, or one that is too small, is all that is left.
func (t tree) bunches(node, least int) []bunch {
	var list []bunch
	for _, c := range t.children[node] {
		list = append(list, bunch{[]int{c}, t.roster(c)})
	}
	for len(list) > 1 {
		small := slices.IndexFunc(list, func(b bunch) bool { return b.roster < least })
		if small < 0 {
			return list
		}
		to := small + 1
		if to == len(list) || small > 0 && list[small-1].roster < list[to].roster {
			to = small - 1
		}
		a, b := min(small, to), max(small, to)
		list[a] = bunch{slices.Concat(list[a].nodes, list[b].nodes), list[a].roster + list[b].roster}
		list = slices.Delete(list, b, b+1)
	}
	if len(list) == 1 && (len(list[0].nodes) > 1 || list[0].roster < least) {
		return nil
	}
	return list
}

// roster of an inner unit is that of its leaves.
func (t tree) roster(node int) (sum int) {
	if len(t.children[node]) == 0 {
		return t.units[node].Roster
	}
	for _, c := range t.children[node] {
		sum += t.roster(c)
	}
	return sum
}

// together are the original units below nodes.
func (t tree) together(nodes []int) (ids []string) {
	for _, n := range nodes {
		if len(t.children[n]) == 0 {
			ids = append(ids, t.units[n].leaves()...)
		}
		ids = append(ids, t.together(t.children[n])...)
	}
	return ids
}
