package training

import (
	"net/url"
	"strconv"
	"strings"

	"kladka/internal/platform/web"
)

// in is the name of a field of a meeting's row.
func in(row int, name string) string { return "s" + strconv.Itoa(row) + "_" + name }

func hasQuota(v url.Values) bool {
	for name := range v {
		if strings.HasPrefix(name, "limit_") && v.Get(name) != "" {
			return true
		}
	}
	return false
}

// ungrouped are choices for boxes, which have no groups.
func ungrouped(choices []web.Choice) (all []web.Choice) {
	for _, c := range choices {
		c.Group = ""
		all = append(all, c)
	}
	return all
}

func decisionNumbers(p offerPage) []web.Pair {
	l, d := p.L, p.Decision
	pairs := []web.Pair{{Name: l.T("training.offer.stat.in"), Value: l.Number(d.People)}, {Name: l.T("training.offer.stat.min"), Value: l.Number(d.Min)},
		{Name: l.T("training.offer.stat.waiting"), Value: l.Number(d.Waiting)}, {Name: l.T("training.offer.stat.seats"), Value: l.Number(d.Seats)}}
	if d.At > 0 {
		pairs = append(pairs, web.Pair{Name: l.T("training.offer.fact.decide"), Value: offerMoment(l, d.At)})
	}
	return pairs
}

func previewFacts(p offerPage) (all []web.Fact) {
	x := p.Preview
	for _, f := range []struct{ key, value string }{{"when", x.When}, {"place", x.Place}, {"audience", x.Audience}, {"capacity", x.Seats}, {"enroll", x.Enroll},
		{"price", x.Price}, {"paper", x.Paper}, {"leaders", strings.Join(x.Leaders, ", ")}} {
		if f.value != "" {
			all = append(all, web.Fact{Name: p.L.T("training.offer.fact." + f.key), Value: f.value})
		}
	}
	return all
}

func materialFor(m Material) string {
	if m.Inside {
		return "uczestnicy"
	}
	return "wszyscy"
}
