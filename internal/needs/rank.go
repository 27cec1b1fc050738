package needs

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// rankWeights are the weights of the priorities 1, 2 and 3, in this order.
type rankWeights [3]int64

// rankWeightsOf reads the setting of a campaign: three whole numbers from 0 to
// 100, of which a more urgent priority never has the smaller one.
func rankWeightsOf(text string) (w rankWeights, err error) {
	parts := strings.Split(text, ",")
	if len(parts) != len(w) {
		return w, fault.New(fault.Invalid, "needs.rank.fault.weights")
	}
	for n, part := range parts {
		v, err := strconv.ParseInt(strings.TrimSpace(part), 10, 64)
		if err != nil || v < 0 || v > 100 || n > 0 && v < w[n-1] {
			return w, fault.New(fault.Invalid, "needs.rank.fault.weights")
		}
		w[n] = v
	}
	return w, nil
}

// rankLine is one line that counts: it was sent, and its topic is known.
type rankLine struct {
	As       As
	Topic    string // as the vocabulary reads it now
	Priority int
	Heads    int
}

// rankCount is what was declared about one topic in one unit.
type rankCount struct {
	Heads [3]int // by priority, 1 first
	Who   int    // institutions that named it
}

func (c rankCount) heads() int { return c.Heads[0] + c.Heads[1] + c.Heads[2] }

func (c rankCount) score(w rankWeights) (score int64) {
	for n, heads := range c.Heads {
		score += w[n] * int64(heads)
	}
	return score
}

func (c rankCount) plus(d rankCount) rankCount {
	for n := range c.Heads {
		c.Heads[n] += d.Heads[n]
	}
	c.Who += d.Who
	return c
}

// rankOwn counts what is declared about one institution, and apart from it what
// the same institution says as the authority that runs others.
//
//  1. Two lines on one topic are added up: topics that were merged meanwhile,
//     or own words that an officer gave to a topic chosen besides.
//  2. What an adviser saw counts only where the institution itself did not name
//     the topic: otherwise the same people would stand in the sum twice.
//  3. The institution counts once for each topic, however many voices it has.
//  4. What it says as an authority is about the people of other institutions:
//     see rankExcess.
func rankOwn(lines []rankLine) (own, running map[string]rankCount) {
	said := map[string]bool{}
	for _, l := range lines {
		if l.As != AsAdviser {
			said[l.Topic] = true
		}
	}
	own, running = map[string]rankCount{}, map[string]rankCount{}
	for _, l := range lines {
		if l.Topic == "" || l.Heads <= 0 || l.Priority < 1 || l.Priority > 3 || l.As == AsAdviser && said[l.Topic] {
			continue
		}
		counts := own
		if l.As == AsAuthority {
			counts = running
		}
		c := counts[l.Topic]
		c.Heads[l.Priority-1] += l.Heads
		c.Who = 1
		counts[l.Topic] = c
	}
	return own, running
}

// rankExcess is what counts of an authority's words about one topic: how many
// more people it named than its own institutions did, theirs together. The same
// people stand in both, and nobody is to count twice. What they cover is taken
// from the least urgent on.
func rankExcess(said rankCount, theirs int) (c rankCount) {
	for n, heads := range said.Heads {
		covered := min(heads, max(0, theirs))
		c.Heads[n] = heads - covered
		theirs -= covered
	}
	if c.heads() > 0 {
		c.Who = 1
	}
	return c
}

// rankExceeding is rankExcess for all topics; those of which nothing counts are
// left out.
func rankExceeding(running map[string]rankCount, theirs map[string]int) map[string]rankCount {
	counts := map[string]rankCount{}
	for topic, said := range running {
		if c := rankExcess(said, theirs[topic]); c.heads() > 0 {
			counts[topic] = c
		}
	}
	return counts
}

// rankJoin puts two voices of one institution together.
func rankJoin(own, more map[string]rankCount) map[string]rankCount {
	both := maps.Clone(own)
	for topic, c := range more {
		c = both[topic].plus(c)
		c.Who = 1
		both[topic] = c
	}
	return both
}

// rankTally adds institutions up to municipalities and the metropolis. It grows
// with municipalities and topics, never with institutions.
type rankTally struct {
	all     map[string]rankCount
	seat    map[string]map[string]rankCount
	running map[string]map[string]rankCount
}

func newRankTally() *rankTally {
	return &rankTally{map[string]rankCount{}, map[string]map[string]rankCount{}, map[string]map[string]rankCount{}}
}

// add takes one institution in. One that no municipality runs counts in the
// metropolis and where it stands.
func (t *rankTally) add(bySeat, byRunning string, own map[string]rankCount) {
	for topic, c := range own {
		t.all[topic] = t.all[topic].plus(c)
	}
	rankInto(t.seat, bySeat, own)
	rankInto(t.running, byRunning, own)
}

func rankInto(units map[string]map[string]rankCount, unit string, own map[string]rankCount) {
	if unit == "" {
		return
	}
	counts := units[unit]
	if counts == nil {
		counts = map[string]rankCount{}
		units[unit] = counts
	}
	for topic, c := range own {
		counts[topic] = counts[topic].plus(c)
	}
}

// rankOrder makes the rows of one unit in their order: score, then people, then
// the name of the topic by its sort key, then its id, so that two runs agree.
// Each row has a place of its own.
func rankOrder(counts map[string]rankCount, w rankWeights, keys map[string]string) []Rank {
	rows := make([]Rank, 0, len(counts))
	for topic, c := range counts {
		rows = append(rows, Rank{Topic: topic, Score: c.score(w), Heads: c.heads(), Low: c.Heads[0], Middle: c.Heads[1], High: c.Heads[2], Who: c.Who})
	}
	slices.SortFunc(rows, func(a, b Rank) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(b.Heads, a.Heads),
			cmp.Compare(keys[a.Topic], keys[b.Topic]), cmp.Compare(a.Topic, b.Topic))
	})
	for n := range rows {
		rows[n].Place = n + 1
	}
	return rows
}

// rankTie is what put a row above the next one when the scores are equal.
type rankTie string

const (
	rankTieNone  rankTie = ""
	rankTieHeads rankTie = "heads" // more people
	rankTieName  rankTie = "name"  // as many people: the alphabet
)

// rankTieOf tells what decided between two neighbors of a list.
func rankTieOf(above, below Rank) rankTie {
	switch {
	case above.Score != below.Score:
		return rankTieNone
	case above.Heads != below.Heads:
		return rankTieHeads
	}
	return rankTieName
}

// rankSum writes the score as the sum it is: "4 × 3 + 2 × 1 = 14". Priorities
// nobody named are left out. No line breaks within a product.
func rankSum(l *i18n.L, r Rank, w rankWeights) string {
	var parts []string
	for _, p := range []struct {
		heads  int
		weight int64
	}{{r.High, w[2]}, {r.Middle, w[1]}, {r.Low, w[0]}} {
		if p.heads > 0 {
			parts = append(parts, l.Number(p.heads)+"\u00a0×\u00a0"+strconv.FormatInt(p.weight, 10))
		}
	}
	return strings.Join(parts, " + ") + " =\u00a0" + l.Number(int(r.Score))
}

// rankReason is why a row stands at its place: the sum, and what decided when a
// neighbor has the same score. Rows are the whole list; names are of topics; ran
// is what authorities said of the topic.
func rankReason(l *i18n.L, rows []Rank, at int, w rankWeights, names map[string]string, ran rankRan) web.Reason {
	r := rows[at]
	text := rankSum(l, r, w)
	if ran.Said > 0 {
		key := "needs.rank.authority"
		if r.Level == OfOne {
			key = "needs.rank.authority_one"
		}
		text += ". " + l.T(key, "said", l.Number(ran.Said), "counted", l.Number(ran.Counted))
	}
	if at > 0 {
		if tie := rankTieOf(rows[at-1], r); tie != rankTieNone {
			text += ". " + l.T("needs.rank.tie.below_"+string(tie), "topic", names[rows[at-1].Topic])
		}
	}
	if at+1 < len(rows) {
		if tie := rankTieOf(r, rows[at+1]); tie != rankTieNone {
			text += ". " + l.T("needs.rank.tie.above_"+string(tie), "topic", names[rows[at+1].Topic])
		}
	}
	return web.Reason{Text: text, About: names[r.Topic], Rule: rankRule(l, w), Numbers: []web.Pair{
		{Name: l.T("needs.priority.3"), Value: l.Number(r.High)},
		{Name: l.T("needs.priority.2"), Value: l.Number(r.Middle)},
		{Name: l.T("needs.priority.1"), Value: l.Number(r.Low)},
		{Name: l.T("needs.rank.column.who"), Value: l.Number(r.Who)},
	}}
}

// rankRan is what running authorities said of a topic: for how many people, and
// how many of them count beside what their institutions declared.
type rankRan struct{ Said, Counted int }

// rankRule is the rule of every list of a campaign.
func rankRule(l *i18n.L, w rankWeights) string {
	return l.T("needs.rank.rule", "high", w[2], "middle", w[1], "low", w[0])
}

// rankPast is what a list of an earlier year said of a topic.
type rankPast struct {
	Place int
	Heads int
	Needs []NeedID // more than one when topics were merged since
}

// rankPasts makes the rows of an earlier list comparable with a later one:
// topics that were merged since are one, with the better place and the sum of
// people. Read tells which topic is read in the stead of each; one that is not
// there any more keeps its own id.
func rankPasts(rows []Rank, read map[string]string) map[string]rankPast {
	past := map[string]rankPast{}
	for _, r := range rows {
		topic := r.Topic
		if now := read[topic]; now != "" {
			topic = now
		}
		p, known := past[topic]
		if !known || r.Place < p.Place {
			p.Place = r.Place
		}
		p.Heads += r.Heads
		if r.Need != "" {
			p.Needs = append(p.Needs, r.Need)
		}
		past[topic] = p
	}
	return past
}

// rankMove is how a topic moved since the earlier list.
type rankMove string

const (
	rankMoveNew  rankMove = "new" // nobody named it then
	rankMoveUp   rankMove = "up"
	rankMoveDown rankMove = "down"
	rankMoveSame rankMove = "same"
)

// rankMoved compares places; by is how many places.
func rankMoved(place int, was rankPast) (m rankMove, by int) {
	switch {
	case was.Place == 0:
		return rankMoveNew, 0
	case place < was.Place:
		return rankMoveUp, was.Place - place
	case place > was.Place:
		return rankMoveDown, place - was.Place
	}
	return rankMoveSame, 0
}
