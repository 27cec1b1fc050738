package networking

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/web"
)

// entriesFrom is where entries are looked for: each with its institution, when
// it has one.
const entriesFrom = `directory_network_entries e left join directory_institutions i on i.id = e.institution`

// query gathers the conditions of a statement with their arguments.
type query struct {
	conditions []string
	args       []any
}

func (q *query) and(condition string, args ...any) {
	q.conditions = append(q.conditions, condition)
	q.args = append(q.args, args...)
}

func (q *query) where() string { return strings.Join(q.conditions, " and ") }

func (q *query) in(column string, values []string) {
	if len(values) == 0 {
		return
	}
	args := make([]any, len(values))
	for n, v := range values {
		args[n] = v
	}
	q.and(column+` in `+db.Marks(1, len(args)), args...)
}

// visible are the entries that stand and are meant for the reader: those open
// to all for everybody; for whoever may use contacts all but the personal ones
// of people who blocked them, or who are suspended.
func (s *Service) visible(who access.Actor, now time.Time) query {
	var q query
	q.and(`e.state = ?`, stateOpen)
	q.and(`e.ends_at > ?`, now.Unix())
	q.and(`(i.id is null or i.closed = ?)`, false)
	if !who.May(access.UseContacts) {
		q.and(`e.open_to_all = ?`, true)
		return q
	}
	q.and(`(e.owner = ? or not exists (select 1 from directory_contact_blocks b where b.blocker = e.person and b.blocked = ?))`, ownInstitution, string(who.Person))
	q.and(`(e.owner = ? or not exists (select 1 from directory_contact_suspensions s where s.person = e.person and s.ends_at > ?))`, ownInstitution, now.Unix())
	return q
}

// Filter narrows the list. Values of one field widen, fields narrow one another.
type Filter struct {
	Topics, Municipalities, Sides, Owners []string
}

// Names of the filters in addresses.
const (
	askTopic = "temat"
	askTown  = "gmina"
	askSide  = "strona"
	askOwner = "kto"
)

// narrow adds the fields of a filter but one, for the counts beside its boxes.
func (s *Service) narrow(ctx context.Context, q *query, f Filter, but string) error {
	if but != askTown {
		q.in(`i.municipality`, f.Municipalities)
	}
	if but != askSide {
		q.in(`e.side`, f.Sides)
	}
	if but != askOwner {
		q.in(`e.owner`, f.Owners)
	}
	if but == askTopic || len(f.Topics) == 0 {
		return nil
	}
	ids, err := s.within(ctx, f.Topics)
	if err != nil {
		return err
	}
	if len(ids) == 0 {
		q.and(`e.id is null`)
		return nil
	}
	args := make([]any, len(ids))
	for n, id := range ids {
		args[n] = id
	}
	q.and(`exists (select 1 from directory_network_topics t where t.entry = e.id and t.topic in `+db.Marks(1, len(args))+`)`, args...)
	return nil
}

// within are the topics that entries name and that lie within the given ones:
// below them, or merged into one of these.
func (s *Service) within(ctx context.Context, ids []string) (list []string, err error) {
	under, err := s.Topics.Under(ctx, ids)
	if err != nil {
		return nil, err
	}
	var named []string
	if err := s.db.Select(ctx, &named, `select distinct topic from directory_network_topics order by topic limit 5000`); err != nil {
		return nil, err
	}
	read, err := s.Topics.Resolve(ctx, named)
	for _, id := range named {
		if under[read[id]] && len(list) < db.MaxParams/2 {
			list = append(list, id)
		}
	}
	return list, err
}

const pageSize = 20

// List is a page of the entries that the reader may see, the newest first, and
// how many there are in all.
func (s *Service) List(ctx context.Context, who access.Actor, f Filter, at web.Cursor) (list []Entry, total int, more bool, err error) {
	q := s.visible(who, s.now())
	if err := s.narrow(ctx, &q, f, ""); err != nil {
		return nil, 0, false, err
	}
	if err := s.db.Get(ctx, &total, `select count(*) from `+entriesFrom+` where `+q.where(), q.args...); err != nil {
		return nil, 0, false, err
	}
	order := `desc`
	switch {
	case at.Back:
		q.and(`e.id > ?`, at.ID)
		order = `asc`
	case at.ID != "":
		q.and(`e.id < ?`, at.ID)
	}
	err = s.db.Select(ctx, &list, `select `+entryColumns+` from `+entriesFrom+` where `+q.where()+` order by e.id `+order+` limit ?`, append(q.args, pageSize+1)...)
	if err != nil {
		return nil, 0, false, err
	}
	if more = len(list) > pageSize; more {
		list = list[:pageSize]
	}
	if at.Back {
		slices.Reverse(list)
	}
	return list, total, more, s.withTopics(ctx, list)
}

// withTopics adds their topics to the entries.
func (s *Service) withTopics(ctx context.Context, list []Entry) error {
	if len(list) == 0 {
		return nil
	}
	at := map[string]int{}
	ids := make([]string, len(list))
	for n, e := range list {
		at[e.ID], ids[n] = n, e.ID
	}
	for some := range slices.Chunk(ids, db.MaxParams) {
		text, args, err := db.In(`select entry, topic from directory_network_topics where entry in (?) order by entry, topic`, some)
		if err != nil {
			return err
		}
		err = s.db.Each(ctx, func(scan func(dest ...any) error) error {
			var id, topic string
			if err := scan(&id, &topic); err != nil {
				return err
			}
			list[at[id]].Topics = append(list[at[id]].Topics, topic)
			return nil
		}, text, args...)
		if err != nil {
			return err
		}
	}
	return nil
}

// counted are how many entries there are of each value of a column.
func (s *Service) counted(ctx context.Context, who access.Actor, f Filter, facet, column string) (map[string]int, error) {
	q := s.visible(who, s.now())
	if err := s.narrow(ctx, &q, f, facet); err != nil {
		return nil, err
	}
	counts := map[string]int{}
	err := s.db.Each(ctx, func(scan func(dest ...any) error) error {
		var value string
		var n int
		if err := scan(&value, &n); err != nil {
			return err
		}
		counts[value] = n
		return nil
	}, `select coalesce(`+column+`, ''), count(*) from `+entriesFrom+` where `+q.where()+` group by `+column, q.args...)
	return counts, err
}

// mostPairs bounds what is read to count topics.
const mostPairs = 20000

// countedTopics are how many entries a box of each topic would show: those of
// the topic and of all below it, each once. Nil when there are too many to count.
func (s *Service) countedTopics(ctx context.Context, who access.Actor, f Filter) (used []string, counts map[string]int, err error) {
	q := s.visible(who, s.now())
	if err := s.narrow(ctx, &q, f, askTopic); err != nil {
		return nil, nil, err
	}
	entries, pairs := map[string][]string{}, 0
	err = s.db.Each(ctx, func(scan func(dest ...any) error) error {
		var topic, id string
		if err := scan(&topic, &id); err != nil {
			return err
		}
		entries[topic], pairs = append(entries[topic], id), pairs+1
		return nil
	}, `select t.topic, e.id from `+entriesFrom+` join directory_network_topics t on t.entry = e.id where `+q.where()+` limit ?`, append(q.args, mostPairs+1)...)
	if err != nil {
		return nil, nil, err
	}
	named := slices.Sorted(maps.Keys(entries))
	read, err := s.Topics.Resolve(ctx, named)
	if err != nil {
		return nil, nil, err
	}
	for _, id := range named {
		if read[id] != "" && !slices.Contains(used, read[id]) {
			used = append(used, read[id])
		}
	}
	if pairs > mostPairs {
		return used, nil, nil
	}
	counts = map[string]int{}
	for _, topic := range used {
		under, err := s.Topics.Under(ctx, []string{topic})
		if err != nil {
			return nil, nil, err
		}
		once := map[string]bool{}
		for _, id := range named {
			if under[read[id]] {
				for _, e := range entries[id] {
					once[e] = true
				}
			}
		}
		counts[topic] = len(once)
	}
	return used, counts, nil
}

// Mine are the entries that the actor may change, the newest first: the own
// ones, and those of the institutions under the hat that the actor speaks for.
func (s *Service) Mine(ctx context.Context, who access.Actor) ([]Entry, error) {
	places, err := s.places(ctx, who)
	if err != nil {
		return nil, err
	}
	var q query
	q.and(`e.owner = ?`, ownPerson)
	q.and(`e.person = ?`, string(who.Person))
	own := `(` + q.where() + `)`
	args := q.args
	if who.For != "" {
		own = `e.id is null` // acting for somebody one has no own entries
		args = nil
	}
	var of query
	of.in(`e.institution`, places)
	if len(places) > 0 {
		own += ` or (e.owner = ? and ` + of.where() + `)`
		args = append(append(args, ownInstitution), of.args...)
	}
	var list []Entry
	err = s.db.Select(ctx, &list, `select `+entryColumns+` from directory_network_entries e where `+own+` order by e.id desc limit 100`, args...)
	if err != nil {
		return nil, err
	}
	return list, s.withTopics(ctx, list)
}

// places are the institutions that the actor speaks for: those of the roles
// worn now, with the units that they lead.
func (s *Service) places(ctx context.Context, who access.Actor) ([]string, error) {
	var seats []any
	for _, h := range who.Roles {
		if h.Role.Gives(access.SpeakFor) && h.Institution != "" {
			seats = append(seats, string(h.Institution))
		}
	}
	if len(seats) == 0 {
		return nil, nil
	}
	marks := db.Marks(1, len(seats))
	var ids []string
	err := s.db.Select(ctx, &ids, `select id from directory_institutions where (id in `+marks+` or head_unit in `+marks+`) and closed = ? order by sort_key, id limit 100`,
		append(append(slices.Clone(seats), seats...), false)...)
	if err != nil {
		return nil, err
	}
	var may []string
	for _, id := range ids {
		speaks, err := speaksFor(ctx, who, id)
		if err != nil {
			return nil, err
		}
		if speaks {
			may = append(may, id)
		}
	}
	return may, nil
}
