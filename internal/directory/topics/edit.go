package topics

import (
	"context"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// Create adds a topic. Who asks must hold EditTopics. Invalid names the fields:
// a name is missing in one of the languages, the code is taken, the parent
// cannot be. A code of "" is made of the Polish name.
func (s *Service) Create(ctx context.Context, who access.Actor, r Record) (id ID, err error) {
	defer fault.Wrap(&err, "create a topic")
	if r.Code == "" {
		r.Code = CodeOf(r.Names[i18n.PL])
	}
	id = NewID()
	err = s.change(ctx, who, func(w *work) error { return w.create(id, r) })
	return id, err
}

func (w *work) create(id ID, r Record) error {
	faults := r.faults()
	if w.v.byCode[r.Code] != nil {
		faults = append(faults, fault.Field{Name: fieldCode, Key: "topics.fault.code_taken"})
	}
	parent, t, more := w.v.fitted(r, nil)
	if err := fault.InvalidFields(append(faults, more...)); err != nil {
		return err
	}
	t.ID, t.StandsFor, t.Parent, t.CreatedAt, t.UpdatedAt = id, id, parent, w.at.Unix(), w.at.Unix()
	if err := insert(w.ctx, w.tx, t); err != nil {
		return err
	}
	w.v.put(t)
	return w.tell(done{act: actCreated, id: id, code: t.Code, after: w.v.record(t), version: 1}, true)
}

// fitted makes the topic of a record and tells what of it does not fit into the
// vocabulary: its parent, or a name that another one has.
func (v *vocabulary) fitted(r Record, was *Topic) (parent ID, t *Topic, faults []fault.Field) {
	if r.Parent != "" {
		p := v.byCode[r.Parent]
		if p == nil {
			faults = append(faults, fault.Field{Name: fieldParent, Key: "topics.fault.parent_unknown"})
		} else {
			parent = p.ID
		}
	}
	t = r.apply(was, parent)
	if was == nil || was.Parent != parent {
		if key := v.underFault(t, parent); key != "" {
			faults = append(faults, fault.Field{Name: fieldParent, Key: key, Args: []any{"n", Levels}})
		}
	}
	for _, lang := range i18n.Langs {
		if i18n.Fold(t.Names[lang]) == "" || was != nil && was.Names[lang] == t.Names[lang] {
			continue
		}
		if other := v.namesake(t, lang); other != nil {
			faults = append(faults, fault.Field{Name: nameField(lang), Key: "topics.fault.namesake", Args: []any{"code", other.Code}})
		}
	}
	return parent, t, faults
}

// Edit changes the words of a topic: names, synonyms, the dates of a direction
// of policy. Code, kind, parent and state of the record are not looked at. An
// old name becomes a synonym. A revision that is no longer the topic's is a
// Conflict; so is a topic that was merged or split.
func (s *Service) Edit(ctx context.Context, who access.Actor, id ID, revision int64, r Record) (err error) {
	defer fault.Wrap(&err, "edit topic %s", id)
	return s.change(ctx, who, func(w *work) error {
		t, err := w.topic(id, revision)
		if err != nil {
			return err
		}
		if t.State == Merged || t.State == Split {
			return fault.New(fault.Conflict, "topics.conflict.state")
		}
		before := w.v.record(t)
		r.Code, r.Kind, r.Parent, r.State = before.Code, before.Kind, before.Parent, before.State
		return w.edit(t, r, actEdited)
	})
}

// edit writes a record over a topic.
func (w *work) edit(t *Topic, r Record, act string) error {
	_, after, more := w.v.fitted(r, t)
	if err := fault.InvalidFields(append(r.faults(), more...)); err != nil {
		return err
	}
	was, is := w.v.record(t), w.v.record(after)
	if len(differences(was, is)) == 0 {
		return nil // sent as it was
	}
	return w.write(t, after, done{act: act, before: was, after: is})
}

// write stores a changed topic and tells of it.
func (w *work) write(before, after *Topic, d done) error {
	after.UpdatedAt = w.at.Unix()
	if err := update(w.ctx, w.tx, after, before.Revision); err != nil {
		return err
	}
	w.v.put(after)
	d.id, d.code, d.version = after.ID, after.Code, after.Revision
	return w.tell(d, true)
}

// Move puts a topic with all below it under another one, "" for the top.
// Invalid: it would stand below itself, too deep, or under another kind.
func (s *Service) Move(ctx context.Context, who access.Actor, id ID, revision int64, parent ID) (err error) {
	defer fault.Wrap(&err, "move topic %s", id)
	return s.change(ctx, who, func(w *work) error {
		t, err := w.topic(id, revision)
		if err != nil {
			return err
		}
		if t.State != Current {
			return fault.New(fault.Conflict, "topics.conflict.state")
		}
		if t.Parent == parent {
			return nil
		}
		if key := w.v.underFault(t, parent); key != "" {
			return fault.InvalidFields([]fault.Field{{Name: fieldParent, Key: key, Args: []any{"n", Levels}}})
		}
		after := t.clone()
		after.Parent = parent
		return w.write(t, after, done{act: actMoved, before: w.v.record(t), after: w.v.record(after)})
	})
}

// Retire takes a topic out of use: it is offered no more, and stays where it
// was chosen. With topics in use below it that is a Conflict.
func (s *Service) Retire(ctx context.Context, who access.Actor, id ID, revision int64) (err error) {
	defer fault.Wrap(&err, "retire topic %s", id)
	return s.change(ctx, who, func(w *work) error {
		t, err := w.topic(id, revision)
		if err != nil {
			return err
		}
		return w.setState(t, Current, Retired, actRetired)
	})
}

// Restore takes retiring back.
func (s *Service) Restore(ctx context.Context, who access.Actor, id ID, revision int64) (err error) {
	defer fault.Wrap(&err, "restore topic %s", id)
	return s.change(ctx, who, func(w *work) error {
		t, err := w.topic(id, revision)
		if err != nil {
			return err
		}
		return w.setState(t, Retired, Current, actRestored)
	})
}

func (w *work) setState(t *Topic, from, to State, act string) error {
	if t.State != from {
		return fault.New(fault.Conflict, "topics.conflict.state")
	}
	if to != Current && len(w.v.children(t.ID)) > 0 {
		return fault.New(fault.Conflict, "topics.fault.children")
	}
	after := t.clone()
	after.State = to
	if to == Current {
		if err := w.returns(after); err != nil {
			return err
		}
	}
	return w.write(t, after, done{act: act, before: w.v.record(t), after: w.v.record(after)})
}

// returns checks a topic that comes back into use: what stood above it may be
// gone since (then its place is with what it was merged into), and another one
// may have its name.
func (w *work) returns(t *Topic) error {
	t.Parent = w.v.resolve(t.Parent)
	if key := w.v.underFault(t, t.Parent); key != "" {
		return fault.New(fault.Conflict, "topics.conflict.parent")
	}
	for _, lang := range i18n.Langs {
		if other := w.v.namesake(t, lang); other != nil {
			return fault.New(fault.Conflict, "topics.conflict.namesake", "code", other.Code)
		}
	}
	return nil
}
