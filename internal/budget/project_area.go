package budget

import (
	"slices"
	"strings"
	"unicode"
)

// A project belongs to a district, so that people see how much money comes to each.
// In the pool of a district it is that one. Of a project for the whole city its
// proposer says it; most lie in one district, and some in several or everywhere,
// which is "". Where an edition has no pools of districts nobody is asked.

// District is the district of a pool in words, "" when the pool is of none: its area,
// or its name where the area is but a number.
func (p Pool) District() string {
	if p.Kind != OfDistrict {
		return ""
	}
	if strings.ContainsFunc(p.Area, unicode.IsLetter) {
		return p.Area
	}
	return p.Name
}

// Districts are the districts that have pools in the edition, in the order of the
// pools, each once.
func (e Edition) Districts() (list []string) {
	for _, p := range e.Rules.Pools {
		if d := p.District(); d != "" && !slices.Contains(list, d) {
			list = append(list, d)
		}
	}
	return list
}

// asksArea tells that the proposer says of which district a project of the pool is.
func (e Edition) asksArea(pool PoolID) bool {
	p, ok := e.Pool(pool)
	return ok && p.District() == "" && len(e.Districts()) > 0
}

// areaIn is the district of a project in a pool, of which the proposer said one; false
// when the edition has no such district.
func (e Edition) areaIn(pool PoolID, said string) (area string, ok bool) {
	if !e.asksArea(pool) {
		p, _ := e.Pool(pool)
		return p.District(), true
	}
	return said, said == "" || slices.Contains(e.Districts(), said)
}
