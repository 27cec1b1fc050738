package trace

import (
	"context"
	"slices"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Seen is one line of a matter as one reader sees it: a step, or the place of
// steps that are not theirs. Of those nothing is told: not what, not when, not
// how many.
type Seen struct {
	StepRow
	Hidden bool
}

// mostHidden bounds how many steps of others are looked at to find their
// places. A matter with more shows its own steps all the same.
const mostHidden = 5000

// Matter lists the steps of a matter, with those of all traces linked to it,
// the oldest first. Where steps lie between them that none of the audiences may
// see, one hidden line stands for all of them. A matter of which nothing may be
// seen is not there: fault.ErrNotFound.
func Matter(ctx context.Context, r db.Reader, id ID, audiences []string) (list []Seen, err error) {
	defer fault.Wrap(&err, "matter %s", id)
	seen, err := Steps(ctx, r, id, audiences)
	if err != nil {
		return nil, err
	}
	if len(seen) == 0 {
		return nil, fault.ErrNotFound
	}
	var all []StepRow
	if err := r.Select(ctx, &all, allStepsQuery, id, mostHidden); err != nil {
		return nil, err
	}
	late, err := waitingOf(ctx, r, id)
	if err != nil {
		return nil, err
	}
	all = append(all, late...)
	slices.SortFunc(all, order)
	return places(slices.CompactFunc(all, same), seen), nil
}

const allStepsQuery = `with recursive matter (trace) as (
	select cast(? as text)
	union
	select l.other from matter m join trace_links l on l.trace = m.trace
)
select s.trace, s.kind, s.id, s.from_kind, s.from_id, s.title_key, s.at, s.audience
from matter m join trace_steps s on s.trace = m.trace order by s.at limit ?`

// places puts one hidden line where steps of all lie that were not seen.
func places(all, seen []StepRow) (list []Seen) {
	type key struct {
		trace ID
		thing Thing
		title string
	}
	keyOf := func(s StepRow) key { return key{s.Trace, s.Thing(), s.TitleKey} }
	theirs := map[key]bool{}
	for _, s := range seen {
		theirs[keyOf(s)] = true
	}
	for _, s := range all {
		if theirs[keyOf(s)] {
			list = append(list, Seen{StepRow: s})
			continue
		}
		if len(list) == 0 || !list[len(list)-1].Hidden {
			list = append(list, Seen{Hidden: true})
		}
	}
	return list
}
