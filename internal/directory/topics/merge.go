package topics

import (
	"context"
	"slices"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Names of the fields of the forms of merging and splitting.
const (
	fieldInto  = "z_czym"
	fieldParts = "czesci"
)

// Merging is what an editor saw before merging a topic into another.
type Merging struct {
	Topic        ID
	Revision     int64
	Into         ID
	IntoRevision int64
	Uses         int // rows that name the topic
}

// Merge makes a topic a pointer to another: whoever reads what names it is led
// there, and its names find the other one. No use is rewritten. Who asks must
// hold EditTopics. Invalid: the two cannot be merged; Conflict: a topic was
// edited, or something began to use it since the editor looked.
func (s *Service) Merge(ctx context.Context, who access.Actor, m Merging) (err error) {
	defer fault.Wrap(&err, "merge topic %s", m.Topic)
	return s.change(ctx, who, func(w *work) error {
		a, err := w.topic(m.Topic, m.Revision)
		if err != nil {
			return err
		}
		b := w.v.byID[m.Into]
		if key := w.v.mergeFault(a, b); key != "" {
			return fault.InvalidFields([]fault.Field{{Name: fieldInto, Key: key}})
		}
		if b.Revision != m.IntoRevision {
			return errEdited
		}
		uses, err := countOf(ctx, w.tx, w.v.readAs(a.ID))
		if err != nil {
			return err
		}
		if sum(uses) != m.Uses {
			return fault.New(fault.Conflict, "topics.conflict.uses")
		}
		after := a.clone()
		after.State, after.Into = Merged, b.ID
		err = w.write(a, after, done{act: actMerged, before: w.v.record(a), after: w.v.record(after), others: []ID{b.ID}, uses: uses})
		if err != nil {
			return err
		}
		if err := w.raise(b, done{act: actReceived, others: []ID{a.ID}, uses: uses}); err != nil {
			return err
		}
		return settle(ctx, w.tx)
	})
}

// raise marks the other side of an act: its revision goes up, so that who has
// it open sees that something happened to it.
func (w *work) raise(t *Topic, d done) error {
	n, err := w.tx.Exec(w.ctx, `update directory_topics set revision = revision + 1, updated_at = ? where id = ? and revision = ?`,
		w.at.Unix(), t.ID, t.Revision)
	if err != nil {
		return err
	}
	if n == 0 {
		return errEdited
	}
	d.id, d.code, d.version = t.ID, t.Code, t.Revision+1
	return w.tell(d, false)
}

// Unmerge takes a merge back: the topic is in use again, and what named it
// before the merge is about it again. What was said since of the other topic
// stays with that. Conflict: what stood above it is gone, or its name is taken.
func (s *Service) Unmerge(ctx context.Context, who access.Actor, id ID, revision int64) (err error) {
	defer fault.Wrap(&err, "unmerge topic %s", id)
	return s.change(ctx, who, func(w *work) error {
		a, err := w.topic(id, revision)
		if err != nil {
			return err
		}
		if a.State != Merged {
			return fault.New(fault.Conflict, "topics.conflict.state")
		}
		after := a.clone()
		after.State, after.Into = Current, ""
		if err := w.returns(after); err != nil {
			return err
		}
		b := w.v.byID[a.Into]
		uses, err := countOf(ctx, w.tx, []ID{a.ID})
		if err != nil {
			return err
		}
		err = w.write(a, after, done{act: actUnmerged, before: w.v.record(a), after: w.v.record(after), others: []ID{b.ID}, uses: uses})
		if err != nil {
			return err
		}
		if err := w.raise(b, done{act: actReleased, others: []ID{a.ID}, uses: uses}); err != nil {
			return err
		}
		return settle(ctx, w.tx)
	})
}

// Divide splits a topic into two or more that are in the vocabulary already.
// It is offered no more. Nobody but their owners knows which part the things
// meant that name it, so they go on naming it and wait (see Waiting).
func (s *Service) Divide(ctx context.Context, who access.Actor, id ID, revision int64, parts []ID) (err error) {
	defer fault.Wrap(&err, "split topic %s", id)
	return s.change(ctx, who, func(w *work) error {
		a, err := w.topic(id, revision)
		if err != nil {
			return err
		}
		if key := w.v.splitFault(a, parts); key != "" {
			return fault.InvalidFields([]fault.Field{{Name: fieldParts, Key: key}})
		}
		uses, err := countOf(ctx, w.tx, w.v.readAs(a.ID))
		if err != nil {
			return err
		}
		after := a.clone()
		after.State = Split
		for _, part := range parts {
			if _, err := w.tx.Exec(ctx, `insert into directory_topic_parts (topic, part) values (?, ?)`, a.ID, part); err != nil {
				return err
			}
		}
		err = w.write(a, after, done{act: actSplit, before: w.v.record(a), after: w.v.record(after), others: parts, uses: uses})
		if err != nil {
			return err
		}
		return w.both(parts, a.ID, actPart)
	})
}

// Undivide takes a split back: the topic is in use again. Owners who have
// chosen a part meanwhile keep it.
func (s *Service) Undivide(ctx context.Context, who access.Actor, id ID, revision int64) (err error) {
	defer fault.Wrap(&err, "take back the split of topic %s", id)
	return s.change(ctx, who, func(w *work) error {
		a, err := w.topic(id, revision)
		if err != nil {
			return err
		}
		if a.State != Split {
			return fault.New(fault.Conflict, "topics.conflict.state")
		}
		after := a.clone()
		after.State = Current
		if err := w.returns(after); err != nil {
			return err
		}
		parts := w.v.parts[a.ID]
		if _, err := w.tx.Exec(ctx, `delete from directory_topic_parts where topic = ?`, a.ID); err != nil {
			return err
		}
		err = w.write(a, after, done{act: actUnsplit, before: w.v.record(a), after: w.v.record(after), others: parts})
		if err != nil {
			return err
		}
		return w.both(parts, a.ID, actUnpart)
	})
}

// both marks the parts of a split.
func (w *work) both(parts []ID, of ID, act string) error {
	for _, id := range slices.Sorted(slices.Values(parts)) {
		if err := w.raise(w.v.byID[id], done{act: act, others: []ID{of}}); err != nil {
			return err
		}
	}
	return nil
}

// Choose puts parts in the place of a split topic at one object, in the
// transaction of the module that owns it: its owner has said what was meant.
// Who may is the module's to check.
func Choose(ctx context.Context, tx *db.Tx, kind, object string, split ID, parts []ID) (err error) {
	defer fault.Wrap(&err, "choose parts of topic %s for %s %s", split, kind, object)
	var all, meant []ID // meant are the split one and those that were merged into it
	err = tx.Select(ctx, &all, `select topic from directory_topic_uses where kind = ? and object = ?`, kind, object)
	if err != nil {
		return err
	}
	err = tx.Select(ctx, &meant, `select u.topic from directory_topic_uses u join directory_topics t on t.id = u.topic
		where u.kind = ? and u.object = ? and t.stands_for = ?`, kind, object, split)
	if err != nil {
		return err
	}
	if len(meant) == 0 {
		return fault.ErrNotFound
	}
	others := slices.DeleteFunc(all, func(id ID) bool { return slices.Contains(meant, id) })
	return Use(ctx, tx, kind, object, append(others, parts...))
}

// Waiting are the objects of a kind that name a split topic and wait for their
// owners to choose, by their ids after a given one, at most n. A merged topic
// whose target was split waits with it.
func (s *Service) Waiting(ctx context.Context, topic ID, kind, after string, n int) ([]string, error) {
	v, err := s.vocabularyNow(ctx)
	if err != nil {
		return nil, err
	}
	if t := v.byID[topic]; t == nil || t.State != Split {
		return nil, nil
	}
	return s.ByTopic(ctx, topic, kind, after, n)
}
