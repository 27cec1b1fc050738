package plan

import (
	"strconv"
	"time"

	"kladka/internal/directory"
)

// A school year begins on 1 September and ends on 31 August, its halves meet at
// the end of January.

func yearBegins(year int) string { return strconv.Itoa(year) + "-09-01" }
func yearEnds(year int) string   { return strconv.Itoa(year+1) + "-08-31" }

// yearWords is how people write a school year.
func yearWords(year int) string { return strconv.Itoa(year) + "/" + strconv.Itoa(year+1) }

// term is a time that an indicator is read for.
type term struct{ Year, Half int }

// ended are the terms of a plan that were over at a moment, the latest first: a
// reading of a school year can be given when it has ended.
func ended(p Plan, f Frequency, now time.Time) (list []term) {
	for year := min(directory.SchoolYear(now), p.YearTo); year >= p.YearFrom; year-- {
		over := now.Format(time.DateOnly) > yearEnds(year)
		switch {
		case f == Yearly && over:
			list = append(list, term{year, 0})
		case f == HalfYearly:
			if over {
				list = append(list, term{year, 2})
			}
			if now.Format(time.DateOnly) > strconv.Itoa(year+1)+"-01-31" {
				list = append(list, term{year, 1})
			}
		}
	}
	return list
}
