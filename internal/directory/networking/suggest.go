package networking

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Suggestion is somebody who deals with the same, and why it is suggested.
type Suggestion struct {
	Entry    Entry
	Shared   []string // topics
	SameKind directory.Kind
	Answers  bool // the actor looks for what the other one can help with, or the other way round
}

const (
	mostSuggested  = 8
	mostConsidered = 200
)

// Suggestions are entries of others like the actor, the nearest first: those
// that share a topic with the actor's own entries or institution. At most the
// two hundred newest are considered. Who asked to be left out is left out, and
// who is left out is shown none.
func (s *Service) Suggestions(ctx context.Context, who access.Actor) (list []Suggestion, err error) {
	defer fault.Wrap(&err, "suggest contacts")
	if !who.May(access.UseContacts) || who.For != "" {
		return nil, nil
	}
	if out, err := s.LeftOut(ctx, ownPerson, string(who.Person)); err != nil || out {
		return nil, err
	}
	topics, sides, err := s.interests(ctx, who)
	if err != nil || len(topics) == 0 {
		return nil, err
	}
	kind, err := s.kindOf(ctx, string(hat(who).Institution))
	if err != nil {
		return nil, err
	}
	near, kinds, err := s.near(ctx, who, topics)
	if err != nil {
		return nil, err
	}
	read, err := s.Topics.Resolve(ctx, topicsOf(near))
	if err != nil {
		return nil, err
	}
	for _, e := range near {
		x := Suggestion{Entry: e}
		for _, topic := range e.Topics {
			topic = read[topic]
			if slices.Contains(topics, topic) {
				x.Shared = append(x.Shared, topic)
				x.Answers = x.Answers || sides[topic] != "" && sides[topic] != e.Side
			}
		}
		if k := kinds[e.ID]; k != "" && k == kind {
			x.SameKind = k
		}
		list = append(list, x)
	}
	slices.SortStableFunc(list, func(a, b Suggestion) int { return cmp.Compare(b.weight(), a.weight()) })
	return oncePerOwner(list), nil
}

// weight orders suggestions: an answer to what is looked for before a shared
// topic, that before the same kind of school.
func (x Suggestion) weight() int {
	w := 2 * len(x.Shared)
	if x.Answers {
		w += 10
	}
	if x.SameKind != "" {
		w++
	}
	return w
}

func oncePerOwner(list []Suggestion) (few []Suggestion) {
	seen := map[string]bool{}
	for _, x := range list {
		key := x.Entry.Owner + x.Entry.Person
		if x.Entry.Owner == ownInstitution {
			key = x.Entry.Owner + x.Entry.Institution
		}
		if !seen[key] && len(few) < mostSuggested {
			seen[key] = true
			few = append(few, x)
		}
	}
	return few
}

// interests are the topics that the actor deals with, and on which side.
func (s *Service) interests(ctx context.Context, who access.Actor) (topics []string, sides map[string]Side, err error) {
	own, err := s.Mine(ctx, who)
	if err != nil {
		return nil, nil, err
	}
	sides = map[string]Side{}
	moment := s.now()
	for _, e := range own {
		if !e.Standing(moment) {
			continue
		}
		for _, topic := range e.Topics {
			topics = append(topics, topic)
			sides[topic] = e.Side
		}
	}
	if at := string(hat(who).Institution); at != "" {
		used, err := s.Topics.Used(ctx, "institution", []string{at})
		if err != nil {
			return nil, nil, err
		}
		topics = append(topics, used[at]...)
	}
	read, err := s.Topics.Resolve(ctx, topics)
	if err != nil {
		return nil, nil, err
	}
	now, on := map[string]bool{}, map[string]Side{}
	for _, topic := range topics {
		if as := read[topic]; as != "" {
			now[as] = true
			if side := sides[topic]; side != "" {
				on[as] = side
			}
		}
	}
	return slices.Sorted(maps.Keys(now)), on, nil
}

// topicsOf are the topics of entries, each once.
func topicsOf(list []Entry) []string {
	seen := map[string]bool{}
	for _, e := range list {
		for _, topic := range e.Topics {
			seen[topic] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

func (s *Service) kindOf(ctx context.Context, institution string) (directory.Kind, error) {
	if institution == "" {
		return "", nil
	}
	var k directory.Kind
	err := s.db.Get(ctx, &k, `select kind from directory_institutions where id = ?`, institution)
	return k, none(err)
}

// near are the newest entries of others about any of the topics.
func (s *Service) near(ctx context.Context, who access.Actor, topics []string) (list []Entry, kinds map[string]directory.Kind, err error) {
	q := s.visible(who, s.now())
	places, err := s.places(ctx, who)
	if err != nil {
		return nil, nil, err
	}
	q.and(`not (e.owner = ? and e.person = ?)`, ownPerson, string(who.Person))
	if len(places) > 0 {
		args := []any{ownInstitution}
		for _, p := range places {
			args = append(args, p)
		}
		q.and(`not (e.owner = ? and e.institution in `+db.Marks(1, len(places))+`)`, args...)
	}
	q.and(`not exists (select 1 from directory_network_silent x where x.kind = e.owner and x.id = case when e.owner = 'person' then e.person else e.institution end)`)
	q.and(`not exists (select 1 from directory_contact_blocks b where b.blocker = ? and b.blocked = e.person and e.owner = 'person')`, string(who.Person))
	ids, err := s.within(ctx, topics)
	if err != nil || len(ids) == 0 {
		return nil, nil, err
	}
	args := make([]any, len(ids))
	for n, t := range ids {
		args[n] = t
	}
	q.and(`exists (select 1 from directory_network_topics t where t.entry = e.id and t.topic in `+db.Marks(1, len(args))+`)`, args...)
	var rows []struct {
		Entry
		Kind *directory.Kind `db:"kind"`
	}
	err = s.db.Select(ctx, &rows, `select `+entryColumns+`, i.kind from `+entriesFrom+` where `+q.where()+` order by e.id desc limit ?`, append(q.args, mostConsidered)...)
	kinds = map[string]directory.Kind{}
	for _, row := range rows {
		list = append(list, row.Entry)
		if row.Kind != nil {
			kinds[row.ID] = *row.Kind
		}
	}
	if err != nil {
		return nil, nil, err
	}
	return list, kinds, s.withTopics(ctx, list)
}

// LeftOut tells whether a person or an institution asked not to be suggested.
func (s *Service) LeftOut(ctx context.Context, kind, id string) (bool, error) {
	var n int
	err := s.db.Get(ctx, &n, `select count(*) from directory_network_silent where kind = ? and id = ?`, kind, id)
	return n > 0, err
}

// LeaveOut has the actor, or an institution that the actor speaks for, left out
// of suggestions, or takes that back.
func (s *Service) LeaveOut(ctx context.Context, who access.Actor, institution string, out bool) (err error) {
	defer fault.Wrap(&err, "leave out of suggestions")
	if err := who.Must(access.UseContacts); err != nil {
		return err
	}
	kind, id := ownPerson, string(who.Person)
	if institution != "" {
		speaks, err := speaksFor(ctx, who, institution)
		if err != nil {
			return err
		}
		if !speaks {
			return fault.ErrNotFound
		}
		kind, id = ownInstitution, institution
	} else if err := ownName(who); err != nil {
		return err
	}
	now := s.now().Unix()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if out {
			_, err := tx.Exec(ctx, `insert into directory_network_silent (kind, id, at) values (?, ?, ?) on conflict do nothing`, kind, id, now)
			return err
		}
		_, err := tx.Exec(ctx, `delete from directory_network_silent where kind = ? and id = ?`, kind, id)
		return err
	})
}
