package topics

import (
	"kladka/internal/platform/fault"
)

// taken is what came of one line of a sheet: the revision that the topic has
// now, or the key of the reason why nothing was written.
type taken struct {
	before   Record
	revision int64
	held     string
}

// take writes one change of a plan, unless the topic was edited since the plan
// was made, or no longer fits.
func (w *work) take(c Change) (taken, error) {
	if c.Base == 0 {
		return w.takeNew(c)
	}
	t := w.v.byID[c.ID]
	if t == nil || t.Revision != c.Base {
		return taken{held: "topics.held.edited"}, nil
	}
	before := w.v.record(t)
	_, after, more := w.v.fitted(c.After, t)
	if held := misfit(c.After, more); held != "" {
		return taken{held: held}, nil
	}
	act := actEdited
	if after.State = c.After.State; after.State != t.State {
		act = actRestored
		if after.State == Retired {
			act = actRetired
		}
		if held := w.stateHeld(t, after); held != "" {
			return taken{held: held}, nil
		}
	}
	err := w.write(t, after, done{act: act, before: before, after: w.v.record(after)})
	return taken{before: before, revision: after.Revision}, err
}

func (w *work) takeNew(c Change) (taken, error) {
	if w.v.byCode[c.After.Code] != nil {
		return taken{held: "topics.held.code"}, nil
	}
	_, _, more := w.v.fitted(c.After, nil)
	if held := misfit(c.After, more); held != "" {
		return taken{held: held}, nil
	}
	return taken{revision: 1}, w.create(c.ID, c.After)
}

// stateHeld tells why a topic cannot be retired or restored now.
func (w *work) stateHeld(was, after *Topic) string {
	if after.State == Retired && len(w.v.children(was.ID)) > 0 {
		return "topics.fault.children"
	}
	if after.State == Current {
		if w.returns(after) != nil {
			return "topics.held.fit"
		}
	}
	return ""
}

// misfit is the reason for a line whose words or place no longer fit: something
// else changed since the sheet was read. Reasons of lines take no arguments.
func misfit(r Record, more []fault.Field) string {
	if len(r.faults())+len(more) > 0 {
		return "topics.held.fit"
	}
	return ""
}

// takeBack undoes one change of a plan: the topic gets the words it had. One
// that was brought in goes away, unless something hangs on it. Who was edited
// since is left as it is.
func (w *work) takeBack(id ID, revision int64, before Record) (taken, error) {
	t := w.v.byID[id]
	if t == nil || t.Revision != revision {
		return taken{held: "topics.held.edited"}, nil
	}
	if before.Code == "" {
		return w.withdraw(t)
	}
	var parent ID
	if p := w.v.byCode[before.Parent]; p != nil {
		parent = p.ID
	}
	after := before.exactly(t, parent)
	after.State = before.State
	if parent != t.Parent {
		if w.v.underFault(after, parent) != "" {
			return taken{held: "topics.held.fit"}, nil
		}
	}
	if after.State != t.State {
		if held := w.stateHeld(t, after); held != "" {
			return taken{held: held}, nil
		}
	}
	err := w.write(t, after, done{act: actEdited, before: w.v.record(t), after: before})
	return taken{before: before, revision: after.Revision}, err
}

// withdraw deletes a topic that nothing names, with its history; the log keeps
// that it was there.
func (w *work) withdraw(t *Topic) (taken, error) {
	var used bool
	err := w.tx.Get(w.ctx, &used, `select exists (select 1 from directory_topic_uses where topic = ?)
		or exists (select 1 from directory_topics where parent = ? or into_topic = ?)
		or exists (select 1 from directory_topic_parts where topic = ? or part = ?)`, t.ID, t.ID, t.ID, t.ID, t.ID)
	if err != nil {
		return taken{}, err
	}
	if used {
		return taken{held: "topics.held.used"}, nil
	}
	for _, query := range []string{`delete from directory_topic_history where topic = ?`, `delete from directory_topics where id = ?`} {
		if _, err := w.tx.Exec(w.ctx, query, t.ID); err != nil {
			return taken{}, err
		}
	}
	w.v.drop(t)
	return taken{}, w.gone(t)
}
