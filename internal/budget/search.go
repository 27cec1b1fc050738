package budget

import (
	"context"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/search"
)

// SearchName is the kind of editions in the search.
const SearchName = "budget_edition"

// SearchKind is how editions take part in the search of everything: whoever may
// read one finds it, that is everybody once it was announced. Wiring gives it its
// rank.
func (s *Service) SearchKind(rank int) search.Kind {
	return search.Kind{Name: SearchName, TitleKey: "budget.title", Rank: rank, Load: s.searchDocs, After: s.searchAfter}
}

func (s *Service) searchDocs(ctx context.Context, ids []string) (docs []search.Doc, err error) {
	defer fault.Wrap(&err, "editions for the index")
	if len(ids) == 0 {
		return nil, nil
	}
	query, args, err := db.In(`select `+EditionColumns+` from budget_editions e where e.id in (?) and e.published_at > 0 order by e.id`, ids)
	if err != nil {
		return nil, err
	}
	var rows []Edition
	err = s.db.Select(ctx, &rows, query, args...)
	for _, e := range rows {
		docs = append(docs, search.Doc{Kind: SearchName, ID: string(e.ID), Title: e.Title, Body: e.Words, URL: Href(e.ID), Date: dayOf(e.PublishedAt), Audience: []string{search.Public}})
	}
	return docs, err
}

func (s *Service) searchAfter(ctx context.Context, after string, n int) (ids []string, err error) {
	return ids, s.db.Select(ctx, &ids, `select id from budget_editions where id > ? order by id limit ?`, after, n)
}
