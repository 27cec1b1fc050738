package vote

import (
	"slices"
	"strings"

	"kladka/internal/budget"
)

// poolsFor are the pools in which somebody of a district has rights: those that
// are for everybody, and the one of the district. District is a pool's id, or its
// name or area as a sheet has it: "V", "Krowodrza" and "Dzielnica V Krowodrza"
// are the same; "" gives the pools for everybody alone. False means that there is
// no such district, or more than one.
func poolsFor(e budget.Edition, district string) (ids []budget.PoolID, ok bool) {
	own, ok := districtOf(e, district)
	for _, p := range e.Rules.Pools {
		if p.Kind != budget.OfDistrict || p.ID == own {
			ids = append(ids, p.ID)
		}
	}
	return ids, ok
}

// districtOf finds a district: by its whole name, area or id, else by words that
// stand in one name only.
func districtOf(e budget.Edition, typed string) (own budget.PoolID, ok bool) {
	want := strings.Fields(foldWords(typed))
	if len(want) == 0 {
		return "", true
	}
	for _, p := range districts(e) {
		if string(p.ID) == typed || slices.Equal(want, strings.Fields(foldWords(p.Name))) || slices.Equal(want, strings.Fields(foldWords(p.Area))) {
			return p.ID, true
		}
	}
	found := 0
	for _, p := range districts(e) {
		words := strings.Fields(foldWords(p.Name))
		if !slices.ContainsFunc(want, func(w string) bool { return !slices.Contains(words, w) }) {
			own, found = p.ID, found+1
		}
	}
	if found != 1 {
		return "", false
	}
	return own, true
}

// districts are the pools of which one has to be chosen.
func districts(e budget.Edition) (list []budget.Pool) {
	for _, p := range e.Rules.Pools {
		if p.Kind == budget.OfDistrict {
			list = append(list, p)
		}
	}
	return list
}

// joinPools and splitPools keep ids of pools in one column.
func joinPools(ids []budget.PoolID) string {
	words := make([]string, len(ids))
	for i, id := range ids {
		words[i] = string(id)
	}
	return strings.Join(words, " ")
}

func splitPools(text string) (ids []budget.PoolID) {
	for _, w := range strings.Fields(text) {
		ids = append(ids, budget.PoolID(w))
	}
	return ids
}
