package needs

import (
	"context"
	"slices"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/trace"
)

// The first step of a need's trace, and the kinds of things in it.
const (
	rankReported = "needs.rank.trace.reported"
	rankThing    = "needs.need"
	rankAsking   = "needs.campaign"
)

// rankNeeds makes the needs of topics that somebody named, each with a trace
// whose first step is that it was reported, and tells their ids by topic. Needs
// that are there stay as they are. The need of a topic that was merged into
// another since is the same matter now: the traces are linked.
func (s *Service) rankNeeds(ctx context.Context, c Campaign, topics []string, at time.Time) (map[string]NeedID, error) {
	made := make([]Need, len(topics))
	for n, topic := range topics {
		way, err := trace.New()
		if err != nil {
			return nil, err
		}
		made[n] = Need{ID: NeedID(newID()), Campaign: c.ID, Topic: topic, Trace: string(way), MadeAt: at.Unix()}
	}
	var all []Need
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		all = nil
		for _, n := range made {
			if err := rankNeed(ctx, tx, c, n); err != nil {
				return err
			}
		}
		return tx.Select(ctx, &all, `select id, campaign, topic, trace, revision, made_at, settled from needs_needs where campaign = ? order by made_at, id`, c.ID)
	})
	if err != nil {
		return nil, err
	}
	byTopic := map[string]Need{}
	for _, n := range all {
		byTopic[n.Topic] = n
	}
	if err := s.rankLink(ctx, all, byTopic, topics); err != nil {
		return nil, err
	}
	ids := map[string]NeedID{}
	for topic, n := range byTopic {
		ids[topic] = n.ID
	}
	return ids, nil
}

// rankNeed writes one need and its first step, unless the topic has one.
func rankNeed(ctx context.Context, tx *db.Tx, c Campaign, n Need) error {
	done, err := tx.Exec(ctx, `insert into needs_needs (id, campaign, topic, trace, made_at) values (?, ?, ?, ?, ?)
		on conflict (campaign, topic) do nothing`, n.ID, n.Campaign, n.Topic, n.Trace, n.MadeAt)
	if err != nil || done == 0 {
		return err
	}
	audiences := []string{"inst:" + string(c.Owner)}
	if c.Center != "" && c.Center != c.Owner {
		audiences = append(audiences, "inst:"+string(c.Center))
	}
	for _, a := range audiences {
		err := trace.Step(ctx, tx, trace.StepRow{Trace: trace.ID(n.Trace), Kind: rankThing, ID: string(n.ID), FromKind: rankAsking, FromID: string(c.ID),
			TitleKey: rankReported, At: n.MadeAt, Audience: a})
		if err != nil {
			return err
		}
	}
	return nil
}

// rankLink links the traces of needs whose topic is read as another one now.
func (s *Service) rankLink(ctx context.Context, all []Need, byTopic map[string]Need, topics []string) error {
	var old []string
	for _, n := range all {
		if !slices.Contains(topics, n.Topic) {
			old = append(old, n.Topic)
		}
	}
	if len(old) == 0 {
		return nil
	}
	read, err := s.Topics.Resolve(ctx, old)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		for _, topic := range old {
			now, there := byTopic[read[topic]]
			if was := byTopic[topic]; there && was.ID != now.ID {
				if err := trace.Link(ctx, tx, trace.ID(was.Trace), trace.ID(now.Trace)); err != nil {
					return err
				}
			}
		}
		return nil
	})
}
