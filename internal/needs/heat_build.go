package needs

import (
	"context"
	"slices"
	"strings"

	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// heatRows is how many topics a heat map shows, by rank in the metropolis.
var heatRows = []int{20, 50, 1000}

// heatMap is the numbers of a heat map of declared needs: topics by rank,
// municipalities by name.
type heatMap struct {
	Topics []Rank // of the metropolis
	Units  []string
	Heads  map[string]map[string]int // unit → topic → people
	Rest   map[string]int            // topic → people of institutions that no municipality of the map holds
	Named  int                       // topics that were named at all
}

// heatRead reads the map of a level from the stored ranking, at most so many
// topics. What it costs depends on municipalities and topics only.
func (s *Service) heatRead(ctx context.Context, id CampaignID, level Level, most int) (h heatMap, err error) {
	defer fault.Wrap(&err, "heat map of campaign %s", id)
	all, err := s.rankRows(ctx, id, Scope{Level: Metropolis})
	if err != nil {
		return h, err
	}
	h = heatMap{Topics: all[:min(most, len(all))], Heads: map[string]map[string]int{}, Rest: map[string]int{}, Named: len(all)}
	for _, r := range h.Topics {
		h.Rest[r.Topic] = r.Heads
	}
	err = s.db.Each(ctx, func(scan func(dest ...any) error) error {
		var unit, topic string
		var heads int
		if err := scan(&unit, &topic, &heads); err != nil {
			return err
		}
		if h.Heads[unit] == nil {
			h.Heads[unit] = make(map[string]int, len(h.Topics))
			h.Units = append(h.Units, unit)
		}
		h.Heads[unit][topic] = heads
		h.Rest[topic] -= heads
		return nil
	}, `select r.unit, r.topic, r.heads from needs_ranks m join needs_ranks r on r.campaign = m.campaign and r.topic = m.topic and r.level = ?
		where m.campaign = ? and m.level = 'all' and m.unit = '' and m.place <= ?`, level, id, len(h.Topics))
	return h, err
}

// sorted puts the municipalities in the order of their names.
func (h *heatMap) sorted(names map[string]string) {
	keys := make(map[string]string, len(h.Units))
	for _, u := range h.Units {
		keys[u] = i18n.SortKey(names[u])
	}
	slices.SortFunc(h.Units, func(a, b string) int {
		if c := strings.Compare(keys[a], keys[b]); c != 0 {
			return c
		}
		return strings.Compare(a, b)
	})
}

// rests tells whether something was declared outside the municipalities of the
// map, such as by a county's schools on a map by running authority.
func (h *heatMap) rests() bool {
	for _, n := range h.Rest {
		if n > 0 {
			return true
		}
	}
	return false
}

// values are all numbers that are shaded. Sums of the metropolis are not.
func (h *heatMap) values() (all []int) {
	for _, u := range h.Units {
		for _, n := range h.Heads[u] {
			all = append(all, n)
		}
	}
	if h.rests() {
		for _, n := range h.Rest {
			all = append(all, n)
		}
	}
	return all
}
