package training

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// catalogCut is the answer to a filter: the entries in the order shown, and for
// each facet how many there would be of each value given the other facets.
type catalogCut struct {
	hits    []int32
	forms   []int32
	towns   []int32
	online  int32
	roles   []int32
	schools []int32
	topics  []int32 // by place in the tree
	months  []int32 // by index in the roll's months
	centers []int32
	gratis  int32
	until   int64 // the answer holds before
}

// catalogReader is what a filter is answered for: the moment, and for the staff
// of whom the reader sees trainings as well.
type catalogReader struct {
	now   int64
	insts []string
}

// catalogReaderOf is who asks. The staff of an institution are those with a role in it
// that counts now.
func catalogReaderOf(who access.Actor, now int64) catalogReader {
	x := catalogReader{now: now}
	if who.Shared {
		return x
	}
	for _, h := range who.Roles {
		if h.Institution != "" {
			x.insts = append(x.insts, string(h.Institution))
		}
	}
	return x
}

// cut answers a filter. A list that nothing narrows is counted once for each
// version, and anew when the next training begins.
func (s *Service) cut(ctx context.Context, r *catalogRoll, f catalogFilter, x catalogReader) (*catalogCut, error) {
	open := r.staffOnly(x.insts)
	if f.whole() && open == nil {
		return r.everything(f.Past, x.now), nil
	}
	var free map[ID]bool
	if f.Free {
		var err error
		if free, err = freeNow(ctx, s.db, x.now); err != nil {
			return nil, err
		}
	}
	return r.sift(f, x.now, open, free), nil
}

// staffOnly are the institutions whose staff trainings the reader sees, nil for none.
func (r *catalogRoll) staffOnly(insts []string) (open []bool) {
	for _, id := range insts {
		if n := r.insts.find(id); n >= 0 {
			if open == nil {
				open = make([]bool, len(r.insts.names))
			}
			open[n] = true
		}
	}
	return open
}

func (r *catalogRoll) everything(past bool, now int64) *catalogCut {
	r.mu.Lock()
	defer r.mu.Unlock()
	if kept := r.whole[past]; kept != nil && now < kept.until {
		return kept
	}
	c := r.sift(catalogFilter{Past: past}, now, nil, nil)
	r.whole[past] = c
	return c
}

// freeNow are the trainings that have not begun, with a seat that can be taken
// at once. It is asked only when the reader wants those: seats change with every
// enrollment, so nothing about them is kept in memory, and no number stands
// beside that box.
func freeNow(ctx context.Context, q db.Reader, now int64) (map[ID]bool, error) {
	free := map[ID]bool{}
	err := q.Each(ctx, func(scan func(dest ...any) error) error {
		var id ID
		err := scan(&id)
		free[id] = true
		return err
	}, `select p.training from training_trainings t join training_pools p on p.training = t.id
		where t.state = ? and t.starts_at > ? and p.waiting = 0 and p.taken < p.seats`, Published, now)
	return free, err
}

// The facets, as bits.
const (
	byForm = 1 << iota
	byTopic
	byPlace
	byRole
	bySchool
	byMonth
	byCenter
	byFree
	byGratis
	byRest // words and the point on the map: nothing is counted beside them
)

// sieve is a filter over the codes of a roll: nil lets everything pass.
type sieve struct {
	forms, towns, topics, audRoles, audSchools, months, centers []bool
	online                                                      bool
	words                                                       []string
	free                                                        map[ID]bool
}

func (r *catalogRoll) sieveOf(f catalogFilter, free map[ID]bool) sieve {
	v := sieve{free: free}
	mark := func(list []string, size int, code func(string) int) []bool {
		if len(list) == 0 {
			return nil
		}
		w := make([]bool, size)
		for _, value := range list {
			if n := code(value); n >= 0 && n < size {
				w[n] = true
			}
		}
		return w
	}
	v.forms = mark(f.Forms, len(Forms()), func(t string) int { return slices.Index(Forms(), Form(t)) })
	v.towns = mark(f.Places, len(r.towns), func(t string) int { return int(r.town(t)) })
	v.online = slices.Contains(f.Places, atOnline)
	v.centers = mark(f.Centers, len(r.centers.names), func(t string) int { return int(r.centers.find(t)) })
	v.months = mark(f.Months, len(r.months), func(t string) int {
		if n, ok := r.monthAt[monthNumber(t)]; ok {
			return int(n)
		}
		return -1
	})
	v.topics = r.topicSieve(f.Topics)
	var roles, schools uint64
	for _, role := range f.Roles {
		roles |= bitAt(slices.Index(catalogRoles, access.Role(role)))
	}
	for n, k := range catalogSchools {
		if slices.Contains(f.Schools, string(k)) {
			schools |= bitAt(n)
		}
	}
	if len(f.Roles) > 0 {
		v.audRoles = r.audienceSieve(func(a audienceSet) bool { return a.roles == 0 || a.roles&roles != 0 })
	}
	if len(f.Schools) > 0 {
		v.audSchools = r.audienceSieve(func(a audienceSet) bool { return a.schools == 0 || a.schools&schools != 0 })
	}
	for _, w := range f.words() {
		v.words = append(v.words, " "+w)
	}
	if f.Text != "" && len(v.words) == 0 {
		v.words = []string{"\x00"} // a question of marks only matches nothing
	}
	return v
}

// audienceSieve tells which sets of who may enroll pass.
func (r *catalogRoll) audienceSieve(pass func(audienceSet) bool) []bool {
	w := make([]bool, len(r.audiences))
	for n, a := range r.audiences {
		w[n] = pass(a)
	}
	return w
}

// topicSieve tells which sets of topics hold one of those, or one below it.
func (r *catalogRoll) topicSieve(ids []string) []bool {
	if len(ids) == 0 {
		return nil
	}
	var wanted []int16
	for n, id := range r.tree {
		if slices.Contains(ids, id) {
			wanted = append(wanted, int16(n))
		}
	}
	w := make([]bool, len(r.subjects))
	for n, set := range r.subjects {
		w[n] = slices.ContainsFunc(set, func(t int16) bool { return slices.Contains(wanted, t) })
	}
	return w
}

// refusals are the facets that do not let an entry pass.
func (v *sieve) refusals(r *catalogRoll, e *catalogEntry, f *catalogFilter, now int64) (bits int) {
	if v.forms != nil && !v.forms[e.form] {
		bits |= byForm
	}
	if v.topics != nil && !v.topics[e.topics] {
		bits |= byTopic
	}
	if v.towns != nil && !(v.online && e.online) && (e.town < 0 || !v.towns[e.town]) {
		bits |= byPlace
	}
	if v.audRoles != nil && !v.audRoles[e.eligible] {
		bits |= byRole
	}
	if v.audSchools != nil && !v.audSchools[e.eligible] {
		bits |= bySchool
	}
	if v.months != nil && (e.month == 0 || !v.months[r.monthAt[e.month]]) {
		bits |= byMonth
	}
	if v.centers != nil && !v.centers[e.center] {
		bits |= byCenter
	}
	if f.Free && !(v.free[e.id] && e.open(now)) {
		bits |= byFree
	}
	if f.Gratis && !e.gratis {
		bits |= byGratis
	}
	if f.Point != nil && (!e.onMap || e.point != *f.Point) {
		bits |= byRest
	}
	for _, w := range v.words {
		if !strings.Contains(e.words, w) {
			return bits | byRest
		}
	}
	return bits
}

// sift walks over the entries once. One that every facet lets pass counts in
// all of them; one that a single facet refuses counts in that facet alone: it
// would be shown if the reader ticked its box there. Sets of people and topics
// are counted as they are and taken apart at the end.
func (r *catalogRoll) sift(f catalogFilter, now int64, open []bool, free map[ID]bool) *catalogCut {
	c := &catalogCut{hits: []int32{}, forms: make([]int32, len(Forms())), towns: make([]int32, len(r.towns)), months: make([]int32, len(r.months)),
		centers: make([]int32, len(r.centers.names)), until: noDate}
	roleSets, schoolSets, topicSets := make([]int32, len(r.audiences)), make([]int32, len(r.audiences)), make([]int32, len(r.subjects))
	v := r.sieveOf(f, free)
	first := r.after(now)
	if first < len(r.entries) {
		c.until = r.entries[first].start
	}
	if f.Past {
		first = 0
	}
	for n := first; n < len(r.entries); n++ {
		e := &r.entries[n]
		if e.comes(now) == f.Past || e.inst >= 0 && (open == nil || !open[e.inst]) {
			continue
		}
		refused := v.refusals(r, e, &f, now)
		if refused == 0 {
			c.hits = append(c.hits, int32(n))
		}
		if refused&(refused-1) != 0 || refused == byRest || refused == byFree {
			continue
		}
		c.count(r, e, refused, roleSets, schoolSets, topicSets)
	}
	if f.Past {
		slices.Reverse(c.hits)
	}
	c.takeApart(r, roleSets, schoolSets, topicSets)
	return c
}

// count adds an entry to the facets in which it would be shown: all of them, or
// the only one that refused it.
func (c *catalogCut) count(r *catalogRoll, e *catalogEntry, refused int, roleSets, schoolSets, topicSets []int32) {
	in := func(facet int) bool { return refused == 0 || refused == facet }
	if in(byForm) {
		c.forms[e.form]++
	}
	if in(byTopic) {
		topicSets[e.topics]++
	}
	if in(byPlace) {
		if e.town >= 0 {
			c.towns[e.town]++
		}
		if e.online {
			c.online++
		}
	}
	if in(byRole) {
		roleSets[e.eligible]++
	}
	if in(bySchool) {
		schoolSets[e.eligible]++
	}
	if in(byMonth) && e.month != 0 {
		c.months[r.monthAt[e.month]]++
	}
	if in(byCenter) {
		c.centers[e.center]++
	}
	if in(byGratis) && e.gratis {
		c.gratis++
	}
}

func (c *catalogCut) takeApart(r *catalogRoll, roleSets, schoolSets, topicSets []int32) {
	c.roles, c.schools, c.topics = make([]int32, len(catalogRoles)), make([]int32, len(catalogSchools)), make([]int32, len(r.tree))
	for n, a := range r.audiences {
		for bit := range c.roles {
			if a.roles == 0 || a.roles&(1<<bit) != 0 {
				c.roles[bit] += roleSets[n]
			}
		}
		for bit := range c.schools {
			if a.schools == 0 || a.schools&(1<<bit) != 0 {
				c.schools[bit] += schoolSets[n]
			}
		}
	}
	for n, set := range r.subjects {
		if topicSets[n] == 0 {
			continue
		}
		for _, t := range set {
			c.topics[t] += topicSets[n]
		}
	}
}

// catalogPage is how many trainings a page of the list shows.
const catalogPage = 20

// cursor is the place of an entry in the list, startOf reads it back.
func (r *catalogRoll) cursor(n int32) web.Cursor {
	return web.Cursor{Key: fmt.Sprintf("%016x", r.entries[n].start), ID: string(r.entries[n].id)}
}

// before compares an entry with a place: negative when it stands before it.
func (e *catalogEntry) before(start int64, id ID, past bool) int {
	c := 0
	switch {
	case e.start != start && e.start < start || e.start == start && e.id < id:
		c = -1
	case e.start != start || e.id != id:
		c = 1
	}
	if past {
		return -c
	}
	return c
}

// page cuts the hits at a cursor, and tells whether more follow in its
// direction. A place beyond the end begins anew.
func (r *catalogRoll) page(hits []int32, at web.Cursor, past bool) (rows []int32, from web.Cursor, more bool, err error) {
	if at == (web.Cursor{}) {
		return hits[:min(catalogPage, len(hits))], at, len(hits) > catalogPage, nil
	}
	start, err := strconv.ParseInt(at.Key, 16, 64)
	if err != nil {
		return nil, at, false, fault.New(fault.BadRequest, "fault.cursor")
	}
	n := sort.Search(len(hits), func(i int) bool { return r.entries[hits[i]].before(start, ID(at.ID), past) >= 0 })
	if at.Back {
		if n == 0 {
			return r.page(hits, web.Cursor{}, past)
		}
		first := max(0, n-catalogPage)
		return hits[first:n], at, first > 0, nil
	}
	if n < len(hits) && r.entries[hits[n]].before(start, ID(at.ID), past) == 0 {
		n++
	}
	if n >= len(hits) {
		return r.page(hits, web.Cursor{}, past)
	}
	end := min(len(hits), n+catalogPage)
	return hits[n:end], at, end < len(hits), nil
}

func (r *catalogRoll) ids(hits []int32) []ID {
	ids := make([]ID, len(hits))
	for n, hit := range hits {
		ids[n] = r.entries[hit].id
	}
	return ids
}
