package topics

import (
	"context"
	"slices"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// mostTopics is how many topics one thing may name: more than that says nothing.
const mostTopics = 30

// Use says what an object is about, in the transaction of the module that owns
// the object: the given topics replace those it had; none takes all away, as
// must be done when the object is deleted. Who may is the module's to check.
//
// A topic that was merged is taken for the one it stands for. One that was
// retired or split may stay where it was, and cannot be chosen anew. Faults are
// of kind Invalid: a topic that is not there, or is no longer offered.
func Use(ctx context.Context, tx *db.Tx, kind, object string, topics []ID) (err error) {
	defer fault.Wrap(&err, "topics of %s %s", kind, object)
	if len(topics) > mostTopics {
		return fault.New(fault.Invalid, "topics.fault.too_many", "n", mostTopics)
	}
	var had []ID
	err = tx.Select(ctx, &had, `select topic from directory_topic_uses where kind = ? and object = ?`, kind, object)
	if err != nil {
		return err
	}
	want, err := usable(ctx, tx, topics, had)
	if err != nil {
		return err
	}
	for _, id := range had {
		if slices.Contains(want, id) {
			continue
		}
		_, err := tx.Exec(ctx, `delete from directory_topic_uses where topic = ? and kind = ? and object = ?`, id, kind, object)
		if err != nil {
			return err
		}
	}
	for _, id := range want {
		_, err := tx.Exec(ctx, `insert into directory_topic_uses (topic, kind, object) values (?, ?, ?)
			on conflict (topic, kind, object) do nothing`, id, kind, object)
		if err != nil {
			return err
		}
	}
	return nil
}

// usable are the rows that an object may have: topics in use, and what it had.
// A topic that had been chosen before it was merged keeps its row, so that
// taking the merge back finds it where it was.
func usable(ctx context.Context, tx *db.Tx, topics, had []ID) (want []ID, err error) {
	if len(topics) == 0 {
		return nil, nil
	}
	query, args, err := db.In(`select t.id, t.stands_for, r.state from directory_topics t join directory_topics r on r.id = t.stands_for
		where t.id in (?) or t.id in (?)`, topics, append([]ID{""}, had...))
	if err != nil {
		return nil, err
	}
	stands, offered := map[ID]ID{}, map[ID]bool{}
	err = tx.Each(ctx, func(scan func(dest ...any) error) error {
		var id, read ID
		var state State
		err := scan(&id, &read, &state)
		stands[id], offered[read] = read, state == Current
		return err
	}, query, args...)
	if err != nil {
		return nil, err
	}
	for _, id := range topics {
		if stands[id] == "" {
			return nil, fault.New(fault.Invalid, "topics.fault.unknown")
		}
		id = stands[id]
		kept := slices.DeleteFunc(slices.Clone(had), func(h ID) bool { return stands[h] != id })
		if len(kept) == 0 && !offered[id] {
			return nil, fault.New(fault.Invalid, "topics.fault.not_offered")
		}
		if len(kept) == 0 {
			kept = []ID{id}
		}
		want = append(want, kept...)
	}
	slices.Sort(want)
	return slices.Compact(want), nil
}

// Used are the topics of objects of a kind, as they are read now: merged ones
// resolved, each once, in Polish order. Split and retired ones are among them.
// Objects without topics are left out.
func (s *Service) Used(ctx context.Context, kind string, objects ...string) (_ map[string][]ID, err error) {
	defer fault.Wrap(&err, "topics of objects of kind %s", kind)
	v, err := s.vocabularyNow(ctx)
	if err != nil {
		return nil, err
	}
	used := map[string][]ID{}
	for some := range slices.Chunk(objects, db.MaxParams-1) {
		query, args, err := db.In(`select object, topic from directory_topic_uses where kind = ? and object in (?)`, kind, some)
		if err != nil {
			return nil, err
		}
		err = s.db.Each(ctx, func(scan func(dest ...any) error) error {
			var object string
			var topic ID
			if err := scan(&object, &topic); err != nil {
				return err
			}
			if id := v.resolve(topic); id != "" && !slices.Contains(used[object], id) {
				used[object] = append(used[object], id)
			}
			return nil
		}, query, args...)
		if err != nil {
			return nil, err
		}
	}
	for _, ids := range used {
		slices.SortFunc(ids, func(a, b ID) int { return v.place(a) - v.place(b) })
	}
	return used, nil
}

// place is where a topic stands in the Polish order.
func (v *vocabulary) place(id ID) int {
	return slices.IndexFunc(v.list, func(t *Topic) bool { return t.ID == id })
}

// ByTopic are the objects of a kind that are about a topic or one below it,
// merged ones included, by their ids after a given one, at most n.
func (s *Service) ByTopic(ctx context.Context, topic ID, kind, after string, n int) (_ []string, err error) {
	defer fault.Wrap(&err, "objects of topic %s", topic)
	v, err := s.vocabularyNow(ctx)
	if err != nil {
		return nil, err
	}
	var found []string
	for some := range slices.Chunk(v.readAs(v.subtree(v.resolve(topic))...), db.MaxParams-3) {
		query, args, err := db.In(`select distinct object from directory_topic_uses where topic in (?) and kind = ? and object > ?
			order by object limit ?`, some, kind, after, n)
		if err != nil {
			return nil, err
		}
		var part []string
		if err := s.db.Select(ctx, &part, query, args...); err != nil {
			return nil, err
		}
		found = append(found, part...)
	}
	slices.Sort(found)
	found = slices.Compact(found)
	return found[:min(n, len(found))], nil
}

// Count tells how many objects of each kind are about each topic itself, merged
// ones included and topics below it not. An object counts once for a topic.
func (s *Service) Count(ctx context.Context) (_ map[ID]map[string]int, err error) {
	defer fault.Wrap(&err, "count uses of topics")
	counts := map[ID]map[string]int{}
	err = s.db.Each(ctx, func(scan func(dest ...any) error) error {
		var id ID
		var kind string
		var n int
		if err := scan(&id, &kind, &n); err != nil {
			return err
		}
		if counts[id] == nil {
			counts[id] = map[string]int{}
		}
		counts[id][kind] = n
		return nil
	}, `select t.stands_for, u.kind, count(distinct u.object) from directory_topic_uses u
		join directory_topics t on t.id = u.topic group by t.stands_for, u.kind`)
	return counts, err
}

// CountWithin tells how many objects of each kind are about a topic or one
// below it; each object counts once.
func (s *Service) CountWithin(ctx context.Context, topic ID) (_ map[string]int, err error) {
	defer fault.Wrap(&err, "count uses of topic %s", topic)
	v, err := s.vocabularyNow(ctx)
	if err != nil {
		return nil, err
	}
	ids := v.readAs(v.subtree(v.resolve(topic))...)
	if len(ids) == 0 {
		return nil, nil
	}
	return countOf(ctx, s.db, ids)
}

// countOf counts the objects that name one of the topics, by kind.
func countOf(ctx context.Context, r db.Reader, ids []ID) (map[string]int, error) {
	counts := map[string]int{}
	// More topics than arguments fit would count objects twice; a branch of the
	// vocabulary has some dozens.
	query, args, err := db.In(`select kind, count(distinct object) from directory_topic_uses where topic in (?) group by kind`,
		ids[:min(len(ids), db.MaxParams)])
	if err != nil {
		return nil, err
	}
	err = r.Each(ctx, func(scan func(dest ...any) error) error {
		var kind string
		var n int
		err := scan(&kind, &n)
		counts[kind] = n
		return err
	}, query, args...)
	return counts, err
}

// Resolve are the topics to read in the stead of others: merges are followed,
// each comes once, ids that are not there are left out. What was split or
// retired stays as it is: see Parts.
func (s *Service) Resolve(ctx context.Context, ids []ID) ([]ID, error) {
	v, err := s.vocabularyNow(ctx)
	if err != nil {
		return nil, err
	}
	var now []ID
	for _, id := range ids {
		if id = v.resolve(id); id != "" && !slices.Contains(now, id) {
			now = append(now, id)
		}
	}
	return now, nil
}

// Parts are the topics among which the owner of a thing chooses that names a
// split topic, as they are read now. Of a topic that was not split: none.
func (s *Service) Parts(ctx context.Context, id ID) ([]ID, error) {
	v, err := s.vocabularyNow(ctx)
	if err != nil {
		return nil, err
	}
	t := v.byID[v.resolve(id)]
	if t == nil || t.State != Split {
		return nil, nil
	}
	return s.Resolve(ctx, v.parts[t.ID])
}

// Names are the names of topics in the reader's language; ids that are not
// there are left out. A merged topic has its own name: Resolve first.
func (s *Service) Names(ctx context.Context, l *i18n.L, ids []ID) (map[ID]string, error) {
	v, err := s.vocabularyNow(ctx)
	if err != nil {
		return nil, err
	}
	names := map[ID]string{}
	for _, id := range ids {
		if t := v.byID[id]; t != nil {
			names[id] = t.Name(l.Lang)
		}
	}
	return names, nil
}

// Links are the names of topics with the addresses of their pages, in the order
// given, merged ones resolved.
func (s *Service) Links(ctx context.Context, l *i18n.L, ids []ID) ([]web.Link, error) {
	v, err := s.vocabularyNow(ctx)
	if err != nil {
		return nil, err
	}
	var links []web.Link
	for _, id := range ids {
		if t := v.byID[v.resolve(id)]; t != nil {
			links = append(links, web.Link{Text: t.Name(l.Lang), Href: href(t)})
		}
	}
	return links, nil
}

// Choices are the topics of a kind that can be chosen, in the order of the
// tree, for a web.Pick. Those below others are indented.
func (s *Service) Choices(ctx context.Context, l *i18n.L, kind Kind) ([]web.Choice, error) {
	v, err := s.vocabularyNow(ctx)
	if err != nil {
		return nil, err
	}
	return v.choices(l.Lang, kind, nil), nil
}

// choices walks the tree; skip leaves topics out with all below them.
func (v *vocabulary) choices(lang i18n.Lang, kind Kind, skip func(*Topic) bool) (list []web.Choice) {
	var walk func(parent ID, indent string)
	walk = func(parent ID, indent string) {
		for _, t := range v.ordered(v.children(parent), lang) {
			if t.Kind != kind || skip != nil && skip(t) {
				continue
			}
			list = append(list, web.Choice{Value: string(t.ID), Label: indent + t.Name(lang)})
			walk(t.ID, indent+"\u2003")
		}
	}
	walk("", "")
	return list
}

// Find are topics in use by the beginnings of words of their names and
// synonyms, in any language, the best first, at most n.
func (s *Service) Find(ctx context.Context, l *i18n.L, text string, n int) ([]ID, error) {
	v, err := s.vocabularyNow(ctx)
	if err != nil {
		return nil, err
	}
	var ids []ID
	for _, t := range v.find(text, l.Lang, n) {
		ids = append(ids, t.ID)
	}
	return ids, nil
}

// ByID is one topic, as it is; fault.NotFound when there is none.
func (s *Service) ByID(ctx context.Context, id ID) (Topic, error) {
	v, err := s.vocabularyNow(ctx)
	if err != nil {
		return Topic{}, err
	}
	t := v.byID[id]
	if t == nil {
		return Topic{}, fault.ErrNotFound
	}
	return *t.clone(), nil
}

// Lister shows the objects of a kind that are about a topic. The module that
// owns the kind declares it while wiring.
type Lister struct {
	Kind     string
	TitleKey string // heading: "Instytucje"
	Rank     int
	// May tells who sees that there are such objects; nil is everybody.
	May func(r *web.Request) bool
	// Links are names and addresses of the objects that who asks may see; others are left out.
	Links func(ctx context.Context, l *i18n.L, ids []string) ([]web.Link, error)
}

// AddLister declares how objects of a kind are shown.
func (s *Service) AddLister(l Lister) {
	s.listers = append(s.listers, l)
	slices.SortStableFunc(s.listers, func(a, b Lister) int { return a.Rank - b.Rank })
}

// Above are, for every topic, those that it counts under: the one that is read
// in its stead and all above that one.
func (s *Service) Above(ctx context.Context) (map[ID][]ID, error) {
	v, err := s.vocabularyNow(ctx)
	if err != nil {
		return nil, err
	}
	above := make(map[ID][]ID, len(v.byID))
	for id := range v.byID {
		for t := v.byID[v.resolve(id)]; t != nil && len(above[id]) <= Levels; t = v.byID[t.Parent] {
			above[id] = append(above[id], t.ID)
		}
	}
	return above, nil
}
