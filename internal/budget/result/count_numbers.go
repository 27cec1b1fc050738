package result

import "kladka/internal/budget"

// Difference is something that does not add up in the numbers of a pool. Its
// words are the text "result.difference." and Key.
type Difference struct {
	Key         string
	Want, Found int
}

// Differences compares what must be equal: rights that were spent with envelopes
// (paper ballots that are not valid have one too), and envelopes with those that
// were opened. Of a pool that was not opened the second is nothing to ask. Nothing is
// forgiven: each is published, and it is for people to say what it means.
func Differences(t Turnout, n Numbers) (list []Difference) {
	check := func(key string, want, found int) {
		if want != found {
			list = append(list, Difference{key, want, found})
		}
	}
	check("envelopes", t.Spent, n.Envelopes)
	if !n.Unopened {
		check("opened", n.Envelopes, n.Opened())
	}
	sum := 0
	for _, way := range t.Ways {
		sum += way.N
	}
	check("ways", t.Spent, sum)
	if t.Spent > t.Rights {
		check("rights", t.Rights, t.Spent)
	}
	return list
}

// costs are the projects of a ballot as budget.BallotRules.Check takes them, and
// the order in which bodies name them.
func costs(projects []budget.BallotProject) (on map[budget.ProjectID]int64, order []budget.ProjectID) {
	on = make(map[budget.ProjectID]int64, len(projects))
	for _, p := range projects {
		on[p.ID] = p.Cost
		order = append(order, p.ID)
	}
	return on, order
}
