package needs

import (
	"context"
	"maps"
	"slices"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/jobs"
)

// rankKind is the job that ranks what was declared and publishes what people said.
const rankKind = "needs.rank"

type rankPayload struct {
	Campaign CampaignID `json:"campaign"`
}

func (s *Service) rankJobs(r *jobs.Registry) {
	jobs.On(r, rankKind, func(ctx context.Context, _ jobs.Job, p rankPayload) error { return s.rank(ctx, p.Campaign) })
}

// rankLater asks for the ranking of a campaign, in the transaction that closed
// it, opened its answers, or gave a topic to own words after the close. Asking
// again while it waits changes nothing.
func (s *Service) rankLater(ctx context.Context, tx *db.Tx, campaign CampaignID) error {
	_, err := jobs.Enqueue(ctx, tx, rankKind, rankPayload{campaign}, jobs.Unique(string(campaign)))
	return err
}

// rank does all that follows a close, as far as it can be done now:
//
//  1. what institutions declared is counted and put in order, at once;
//  2. what people answered is published when the answers are there: an
//     anonymous campaign waits for its officers;
//  3. what institutions declared is published when no own words wait for a
//     topic: a release is fixed, so it must not come too early.
//
// It may run any number of times: rows come out the same, releases stay.
func (s *Service) rank(ctx context.Context, id CampaignID) (err error) {
	defer fault.Wrap(&err, "rank campaign %s", id)
	c, err := CampaignByID(ctx, s.db, id)
	if err != nil {
		return err
	}
	if c.State != Closed && c.State != Ranked {
		return nil
	}
	if err := s.rankDeclared(ctx, c); err != nil {
		return err
	}
	if err := s.publishPeople(ctx, c); err != nil {
		return err
	}
	return s.publishDeclared(ctx, c)
}

const (
	rankBatch  = 200  // institutions that are counted at once
	rankChunk  = 1500 // rows that are written in one transaction, about
	rankColumn = 12   // columns of a row
)

// rankRun is one counting of a campaign.
type rankRun struct {
	*Service
	c       Campaign
	weights rankWeights
	read    map[string]string // topic in a line → topic to count it under
	keys    map[string]string // sort key of the Polish name of a topic
	needs   map[string]NeedID
	tally   *rankTally
	theirs  map[string]map[string]int // authority that spoke → topic → people whom its institutions named
	held    []rankHeld
}

// rankHeld is an authority whose words wait until its institutions are counted.
type rankHeld struct {
	at           Asked
	own, running map[string]rankCount
}

// Two more levels of the stored ranking that are no lists: what an authority
// said of its institutions' people, and what of it counts. Their unit is the
// authority.
const (
	rankSaid    Level = "authority"
	rankCounted Level = "excess"
)

// rankDeclared counts the declarations that were sent. Lines are read once, some
// institutions at a time; what is kept grows with municipalities and topics
// only. A reader meanwhile sees the list of each unit whole, the old or the new.
func (s *Service) rankDeclared(ctx context.Context, c Campaign) (err error) {
	defer fault.Wrap(&err, "rank what was declared")
	at := s.now()
	run := rankRun{Service: s, c: c, tally: newRankTally()}
	if run.weights, err = rankWeightsOf(c.Weights); err != nil {
		return err
	}
	if err := run.topics(ctx, at); err != nil {
		return err
	}
	if err := run.authorities(ctx); err != nil {
		return err
	}
	for after := ""; ; {
		last, more, err := run.batch(ctx, after)
		if err != nil {
			return err
		}
		if !more {
			break
		}
		after = last
	}
	if err := run.exceed(ctx); err != nil {
		return err
	}
	if err := run.units(ctx, BySeat, run.tally.seat); err != nil {
		return err
	}
	if err := run.units(ctx, ByRunning, run.tally.running); err != nil {
		return err
	}
	if err := run.units(ctx, Metropolis, map[string]map[string]rankCount{"": run.tally.all}); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update needs_campaigns set ranked_at = ?, revision = revision + 1 where id = ? and state in ('closed', 'ranked')`, at.Unix(), c.ID)
		return err
	})
}

// rankTopic is the topic of a line: chosen, or given to own words by an officer.
const rankTopic = `case when l.topic <> '' then l.topic when l.merged <> 'none' then l.merged else '' end`

// topics finds the topics that were named, resolves them and makes their needs.
func (r *rankRun) topics(ctx context.Context, at time.Time) error {
	var err error
	if r.read, err = r.rankRead(ctx, r.c.ID); err != nil {
		return err
	}
	standing := slices.Sorted(maps.Values(r.read))
	standing = slices.Compact(standing)
	names, err := r.Topics.Names(ctx, r.Catalog.In(i18n.PL), standing)
	if err != nil {
		return err
	}
	r.keys = map[string]string{}
	for id, name := range names {
		r.keys[id] = i18n.SortKey(name)
	}
	r.needs, err = r.rankNeeds(ctx, r.c, standing, at)
	return err
}

// rankRead tells under which topic each that was named counts now.
func (s *Service) rankRead(ctx context.Context, id CampaignID) (map[string]string, error) {
	var named []string
	err := s.db.Select(ctx, &named, `select distinct `+rankTopic+` as topic from needs_declarations d join needs_lines l on l.declaration = d.id
		where d.campaign = ? and d.sent and (l.topic <> '' or l.merged not in ('', 'none'))`, id)
	if err != nil {
		return nil, err
	}
	return s.Topics.Resolve(ctx, named)
}

// batch counts the institutions that follow one, writes their own lists and adds
// them to the sums. Without any left, lists of institutions behind the last one
// are removed: they took back what they had sent.
func (r *rankRun) batch(ctx context.Context, after string) (last string, more bool, err error) {
	var ids []string
	err = r.db.Select(ctx, &ids, `select distinct d.institution from needs_declarations d where d.campaign = ? and d.sent and d.institution > ?
		order by d.institution limit ?`, r.c.ID, after, rankBatch)
	if err != nil {
		return "", false, err
	}
	if len(ids) == 0 {
		return "", false, r.db.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, `delete from needs_ranks where campaign = ? and level = ? and unit > ?`, r.c.ID, OfOne, after)
			return err
		})
	}
	last = ids[len(ids)-1]
	rows, err := r.count(ctx, after, last)
	if err != nil {
		return "", false, err
	}
	return last, true, r.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `delete from needs_ranks where campaign = ? and level = ? and unit > ? and unit <= ?`, r.c.ID, OfOne, after, last); err != nil {
			return err
		}
		return rankInsert(ctx, tx, rows)
	})
}

// authorities finds out whose words wait for those of their institutions.
func (r *rankRun) authorities(ctx context.Context) error {
	var ids []string
	err := r.db.Select(ctx, &ids, `select institution from needs_declarations where campaign = ? and sent and as_what = ?`, r.c.ID, AsAuthority)
	r.theirs = map[string]map[string]int{}
	for _, id := range ids {
		r.theirs[id] = map[string]int{}
	}
	return err
}

// exceed counts what authorities said, now that all their institutions are
// counted, and keeps both numbers: a list says them.
func (r *rankRun) exceed(ctx context.Context) error {
	said, counted := map[string]map[string]rankCount{}, map[string]map[string]rankCount{}
	for _, h := range r.held {
		id := string(h.at.Institution)
		said[id], counted[id] = h.running, rankExceeding(h.running, r.theirs[id])
		r.tally.add(h.at.BySeat, h.at.ByRunning, rankJoin(h.own, counted[id]))
	}
	if err := r.units(ctx, rankSaid, said); err != nil {
		return err
	}
	return r.units(ctx, rankCounted, counted)
}

// add takes in the lines of one institution. Its own list has all its words,
// those as an authority too.
func (r *rankRun) add(at Asked, lines []rankLine) []Rank {
	own, running := rankOwn(lines)
	if theirs := r.theirs[at.Runner]; theirs != nil && at.Runner != string(at.Institution) {
		for topic, c := range own {
			theirs[topic] += c.heads()
		}
	}
	if len(running) > 0 {
		r.held = append(r.held, rankHeld{at, own, running})
	} else {
		r.tally.add(at.BySeat, at.ByRunning, own)
	}
	return r.rows(OfOne, string(at.Institution), rankJoin(own, running))
}

// count reads the lines of the institutions after one up to another.
func (r *rankRun) count(ctx context.Context, after, last string) (rows []Rank, err error) {
	var at Asked
	var lines []rankLine
	flush := func() {
		if len(lines) == 0 {
			return
		}
		rows, lines = append(rows, r.add(at, lines)...), lines[:0]
	}
	err = r.db.Each(ctx, func(scan func(dest ...any) error) error {
		var next Asked
		var l rankLine
		if err := scan(&next.Institution, &next.BySeat, &next.ByRunning, &next.Runner, &l.As, &l.Topic, &l.Priority, &l.Heads); err != nil {
			return err
		}
		if next.Institution != at.Institution {
			flush()
		}
		at, l.Topic = next, r.read[l.Topic]
		lines = append(lines, l)
		return nil
	}, `select d.institution, coalesce(a.by_seat, ''), coalesce(a.by_running, ''), coalesce(a.runner, ''), d.as_what, `+rankTopic+`, l.priority, l.heads
		from needs_declarations d join needs_lines l on l.declaration = d.id
		left join needs_asked a on a.campaign = d.campaign and a.institution = d.institution
		where d.campaign = ? and d.sent and d.institution > ? and d.institution <= ? order by d.institution, d.id, l.no`, r.c.ID, after, last)
	flush()
	return rows, err
}

// rows are the rows of one unit in their order.
func (r *rankRun) rows(level Level, unit string, counts map[string]rankCount) []Rank {
	rows := rankOrder(counts, r.weights, r.keys)
	for n := range rows {
		rows[n].Campaign, rows[n].Level, rows[n].Unit, rows[n].Need = r.c.ID, level, unit, r.needs[rows[n].Topic]
	}
	return rows
}

// units writes the lists of one level, some units in a transaction, and removes
// those of units of which nothing is said any more.
func (r *rankRun) units(ctx context.Context, level Level, units map[string]map[string]rankCount) error {
	var had []string
	if err := r.db.Select(ctx, &had, `select distinct unit from needs_ranks where campaign = ? and level = ?`, r.c.ID, level); err != nil {
		return err
	}
	var ids []string
	var rows []Rank
	write := func() error {
		if len(ids) == 0 {
			return nil
		}
		err := r.db.Write(ctx, func(tx *db.Tx) error {
			query, args, err := db.In(`delete from needs_ranks where campaign = ? and level = ? and unit in (?)`, r.c.ID, level, ids)
			if err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, query, args...); err != nil {
				return err
			}
			return rankInsert(ctx, tx, rows)
		})
		ids, rows = ids[:0], rows[:0]
		return err
	}
	for _, unit := range slices.Compact(slices.Sorted(slices.Values(append(had, slices.Collect(maps.Keys(units))...)))) {
		ids, rows = append(ids, unit), append(rows, r.rows(level, unit, units[unit])...)
		if len(rows) >= rankChunk || len(ids) >= rankBatch {
			if err := write(); err != nil {
				return err
			}
		}
	}
	return write()
}

// rankInsert writes rows whose units were emptied before. A second process that
// does the same writes the same.
func rankInsert(ctx context.Context, tx *db.Tx, rows []Rank) error {
	for some := range slices.Chunk(rows, db.MaxParams/rankColumn) {
		args := make([]any, 0, len(some)*rankColumn)
		for _, r := range some {
			args = append(args, r.Campaign, r.Level, r.Unit, r.Topic, r.Need, r.Place, r.Score, r.Heads, r.Low, r.Middle, r.High, r.Who)
		}
		_, err := tx.Exec(ctx, `insert into needs_ranks (campaign, level, unit, topic, need, place, score, heads, low, middle, high, who)
			values `+db.Marks(len(some), rankColumn)+` on conflict (campaign, level, unit, topic) do update set need = excluded.need, place = excluded.place,
			score = excluded.score, heads = excluded.heads, low = excluded.low, middle = excluded.middle, high = excluded.high, who = excluded.who`, args...)
		if err != nil {
			return err
		}
	}
	return nil
}

// rankMayAsk tells whether a person has anything to look for in the lists of
// any campaign; which, the lists say themselves.
var rankMayAsk = []access.Permission{access.PlanNeeds, access.DeclareNeeds}
