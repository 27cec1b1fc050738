package agreements

import (
	"context"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/search"
)

// SearchKind is the name under which agreements are indexed.
const SearchKind = "agreement"

// SearchKind is how agreements take part in the search of everything. Drafts
// are never indexed; who signed is not either, for nobody looks a person up here.
func (s *Service) SearchKind(rank int) search.Kind {
	return search.Kind{Name: SearchKind, TitleKey: "agreements.title", Rank: rank, Load: s.searchDocs, After: s.searchAfter}
}

func (s *Service) searchDocs(ctx context.Context, ids []string) (docs []search.Doc, err error) {
	defer fault.Wrap(&err, "agreements for the index")
	if len(ids) == 0 {
		return nil, nil
	}
	query, args, err := db.In(`select a.id from agreements_agreements a where a.id in (?) and a.state <> ? order by a.id`, ids, Draft)
	if err != nil {
		return nil, err
	}
	var there []ID
	if err := s.db.Select(ctx, &there, query, args...); err != nil {
		return nil, err
	}
	for _, id := range there {
		w, err := whole(ctx, s.db, id)
		if err != nil {
			return nil, err
		}
		d := search.Doc{Kind: SearchKind, ID: string(id), Title: w.Title, Body: w.Words, URL: Href(id), Date: w.SignedOn, Audience: []string{search.Public}}
		for n, p := range w.Parties {
			d.Body += "\n" + p.Name
			if n > 0 {
				d.Note += ", "
			}
			d.Note += p.Name
		}
		for _, a := range w.Areas {
			d.Body += "\n" + a.Title + "\n" + a.Words
		}
		for _, o := range w.Outcomes {
			d.Body += "\n" + o.Words
		}
		docs = append(docs, d)
	}
	return docs, nil
}

// searchAfter walks the ids of everything that is or was in force.
func (s *Service) searchAfter(ctx context.Context, after string, n int) (ids []string, err error) {
	return ids, s.db.Select(ctx, &ids, `select id from agreements_agreements where id > ? and state <> ? order by id limit ?`, after, Draft, n)
}
