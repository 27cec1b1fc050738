package training

import (
	"context"
	"maps"
	"slices"
	"strings"

	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// How a roll is brought up to date. Reading a hundred thousand trainings takes
// most of a second, and an officer at work changes the offer every minute. So
// only those that changed since the last time are read: every change of a
// training sets its changed_at. What was deleted (an import that is taken back)
// shows in the number of trainings, and then everything is read.

// lateness is how far the clocks of two processes may differ, and how long a
// transaction may take from setting changed_at to its end, in seconds.
const lateness = 15 * 60

// renewedRoll reads what a roll lacks, or the whole of it.
func (s *Service) renewedRoll(ctx context.Context, kept *catalogRoll) (r *catalogRoll, err error) {
	defer fault.Wrap(&err, "read the catalog")
	if kept != nil {
		r, err = s.readRoll(ctx, kept)
		if err != nil {
			return nil, err
		}
		var n int
		if err := s.db.Get(ctx, &n, `select count(*) from training_trainings where state <> ?`, Draft); err != nil {
			return nil, err
		}
		if n == len(r.entries) {
			return r, nil
		}
	}
	return s.readRoll(ctx, nil)
}

// readRoll reads the trainings that changed since a roll was read, all for nil.
func (s *Service) readRoll(ctx context.Context, kept *catalogRoll) (*catalogRoll, error) {
	r := &catalogRoll{}
	since := int64(-1)
	if kept != nil {
		since = kept.newest - lateness
		r.centers, r.insts = kept.centers.clone(), kept.insts.clone()
		r.eligible, r.topics = kept.eligible.clone(), kept.topics.clone()
		r.newest = kept.newest
	}
	if err := r.readTowns(ctx, s.db); err != nil {
		return nil, err
	}
	fresh, drafts, err := r.readEntries(ctx, s.db, since)
	if err != nil {
		return nil, err
	}
	if kept == nil {
		r.entries = slices.Collect(maps.Values(fresh))
	} else {
		r.takeOver(kept, fresh, drafts)
	}
	if err := s.readCenters(ctx, r); err != nil {
		return nil, err
	}
	r.order()
	return r, s.describe(ctx, r)
}

func (c codebook) clone() codebook { return codebook{slices.Clone(c.names), maps.Clone(c.at)} }

// takeOver keeps the entries that did not change.
func (r *catalogRoll) takeOver(kept *catalogRoll, fresh map[ID]catalogEntry, drafts map[ID]bool) {
	r.entries = make([]catalogEntry, 0, len(kept.entries)+len(fresh))
	same := slices.EqualFunc(kept.towns, r.towns, func(a, b directory.Municipality) bool { return a.ID == b.ID })
	for _, e := range kept.entries {
		if _, newer := fresh[e.id]; newer || drafts[e.id] {
			continue
		}
		if !same && e.town >= 0 {
			e.town = r.town(kept.towns[e.town].ID)
		}
		r.entries = append(r.entries, e)
	}
	for _, e := range fresh {
		r.entries = append(r.entries, e)
	}
}

// readEntries reads what changed after a moment, and who may enroll and what it
// is about.
func (r *catalogRoll) readEntries(ctx context.Context, q db.Reader, since int64) (map[ID]catalogEntry, map[ID]bool, error) {
	fresh, drafts := map[ID]catalogEntry{}, map[ID]bool{}
	err := q.Each(ctx, func(scan func(dest ...any) error) error {
		e, err := r.scan(scan)
		r.newest = max(r.newest, e.changed)
		fresh[e.id] = e
		return err
	}, `select `+entryColumns+` from training_trainings t where t.changed_at > ? and t.state <> ?`, since, Draft)
	if err != nil {
		return nil, nil, err
	}
	if since >= 0 { // one may have been taken back to a draft
		err = q.Each(ctx, func(scan func(dest ...any) error) error {
			var id ID
			err := scan(&id)
			drafts[id] = true
			return err
		}, `select t.id from training_trainings t where t.changed_at > ? and t.state = ?`, since, Draft)
		if err != nil {
			return nil, nil, err
		}
	}
	ids := slices.Sorted(maps.Keys(fresh))
	if since < 0 {
		ids = nil
	}
	audience, err := sets(ctx, q, ids, `select training, kind, value from training_eligible where training in (?) and kind <> 'municipality' order by training, kind, value`)
	if err != nil {
		return nil, nil, err
	}
	topics, err := sets(ctx, q, ids, `select training, '', topic from training_topics where training in (?) order by training, topic`)
	for id, e := range fresh {
		e.eligible, e.topics = r.eligible.code(audience[id]), r.topics.code(topics[id])
		fresh[id] = e
	}
	return fresh, drafts, err
}

// sets gathers rows of training, kind and value into one text for each training
// of those given, for nil of all.
func sets(ctx context.Context, q db.Reader, ids []ID, query string) (map[ID]string, error) {
	out := map[ID]string{}
	if ids == nil {
		return out, gather(ctx, q, out, strings.Replace(query, "in (?)", "> ''", 1))
	}
	for some := range slices.Chunk(ids, db.MaxParams) {
		one, args, err := db.In(query, some)
		if err != nil {
			return nil, err
		}
		if err := gather(ctx, q, out, one, args...); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func gather(ctx context.Context, q db.Reader, out map[ID]string, query string, args ...any) error {
	var b strings.Builder
	var last ID
	err := q.Each(ctx, func(scan func(dest ...any) error) error {
		var id ID
		var kind, value string
		if err := scan(&id, &kind, &value); err != nil {
			return err
		}
		if id != last {
			out[last] = b.String()
			b.Reset()
			last = id
		} else {
			b.WriteByte(' ')
		}
		if kind != "" {
			b.WriteString(kind + ":")
		}
		b.WriteString(value)
		return nil
	}, query, args...)
	out[last] = b.String()
	return err
}
