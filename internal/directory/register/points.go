package register

import (
	"fmt"
	"slices"
	"strings"
)

// CheckPoints warns of points outside the municipality in which the register places the school. The caller answers
// with its boundaries: known is false where it has none. Boundaries in use are simplified, so a point on the wrong
// side of the line by a street is common; the warning asks a person to look and changes nothing.
func CheckPoints(records []Record, inside func(municipality string, lat, lon float64) (ok, known bool)) []Problem {
	var problems []Problem
	for _, r := range records {
		if !r.HasPoint || r.Municipality == "" {
			continue
		}
		if ok, known := inside(r.Municipality, r.Lat, r.Lon); known && !ok {
			problems = append(problems, Problem{RSPO: r.RSPO, Level: Warning, Field: "point",
				Key:  "register.problem.point_outside",
				Args: pairs([]string{"municipality", r.MunicipalityName, "value", pointText(r)})})
		}
	}
	return problems
}

// sharedPoints notes points at which three or more institutions lie that have no head in common: most often the
// middle of the city, given to whatever could not be placed.
func sharedPoints(records []Record) (problems []Problem) {
	heads := Heads(records)
	at := map[string][]int{}
	units := map[string]map[int]bool{}
	for _, r := range records {
		if !r.HasPoint {
			continue
		}
		spot := fmt.Sprintf("%.5f, %.5f", r.Lat, r.Lon) // about a meter
		if units[spot] == nil {
			units[spot] = map[int]bool{}
		}
		units[spot][heads[r.RSPO]] = true
		at[spot] = append(at[spot], r.RSPO)
	}
	for _, spot := range sortedKeys(at) {
		if len(at[spot]) < 3 || len(units[spot]) == 1 {
			continue
		}
		slices.Sort(at[spot])
		problems = append(problems, Problem{Level: Note, Field: "point", Key: "register.problem.point_shared",
			Args: pairs([]string{"value", spot, "count", itoa(len(at[spot])), "numbers", clip(numbers(at[spot]), 120)})})
	}
	return problems
}

func numbers(list []int) string {
	texts := make([]string, len(list))
	for i, n := range list {
		texts[i] = itoa(n)
	}
	return strings.Join(texts, ", ")
}
