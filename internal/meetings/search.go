package meetings

import (
	"context"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/search"
)

// SearchName is the kind of topics in the search.
const SearchName = "meetings_topic"

// SearchKind is how topics take part in the search of everything: those who
// run a series or belong to it find its topics by the keys of Audiences, and
// nobody else at the owner's office does. No document names anybody. Wiring gives it its rank.
func (s *Service) SearchKind(rank int) search.Kind {
	return search.Kind{Name: SearchName, TitleKey: "meetings.topic.list", Rank: rank, Load: s.searchDocs, After: s.searchAfter}
}

func (s *Service) searchDocs(ctx context.Context, ids []string) (docs []search.Doc, err error) {
	defer fault.Wrap(&err, "topics for the index")
	if len(ids) == 0 {
		return nil, nil
	}
	query, args, err := db.In(`select `+TopicColumns+` from meetings_topics t where t.id in (?) and t.state not in (?, ?) order by t.id`, ids, Withdrawn, Merged)
	if err != nil {
		return nil, err
	}
	var rows []Topic
	err = s.db.Select(ctx, &rows, query, args...)
	for _, t := range rows {
		docs = append(docs, search.Doc{Kind: SearchName, ID: string(t.ID), Title: t.Title, Body: t.Words, URL: TopicHref(t.ID), Date: dayOf(t.ProposedAt),
			Audience: []string{seriesAudience(t.Series)}})
	}
	return docs, err
}

func (s *Service) searchAfter(ctx context.Context, after string, n int) (ids []string, err error) {
	return ids, s.db.Select(ctx, &ids, `select id from meetings_topics where id > ? order by id limit ?`, after, n)
}

// Readers are the keys by which a reader finds what this package keeps: see
// Audiences. Somebody who joins no meetings has none.
func (s *Service) Readers(ctx context.Context, who access.Actor) ([]string, error) {
	if !who.May(access.JoinMeetings) && !who.May(access.RunMeetings) && !who.May(access.RecordMeetings) {
		return nil, nil
	}
	return s.Audiences(ctx, who)
}
