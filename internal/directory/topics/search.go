package topics

import (
	"context"
	"strings"

	"kladka/internal/platform/i18n"
	"kladka/internal/platform/search"
)

// SearchName is the kind of our documents; a change touches them by it.
const SearchName = "topic"

// SearchKind lets the search of everything find topics in use, by their names
// and synonyms in all languages. Rank is for the wiring to say.
func (s *Service) SearchKind(rank int) search.Kind {
	return search.Kind{Name: SearchName, TitleKey: "topics.title", Rank: rank, Load: s.documents, After: s.idsAfter,
		Facets: []search.Facet{{Name: "rodzaj", TitleKey: "topics.field.rodzaj",
			Label: func(_ context.Context, l *i18n.L, values []string) (map[string]string, error) {
				labels := map[string]string{}
				for _, v := range values {
					labels[v] = l.T("topics.one." + v)
				}
				return labels, nil
			}}}}
}

// documents are the topics among the ids that can be chosen. A merged one is
// found by its names at the one it stands for.
func (s *Service) documents(ctx context.Context, ids []string) (docs []search.Doc, err error) {
	v, err := s.vocabularyNow(ctx)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		t := v.byID[ID(id)]
		if t == nil || t.State != Current {
			continue
		}
		docs = append(docs, search.Doc{Kind: SearchName, ID: id, Title: t.Names[i18n.PL], Body: strings.Join(v.otherWords(t), "\n"), URL: href(t),
			Note: v.way(t, i18n.PL), Date: t.From, Facets: map[string][]string{"rodzaj": {string(t.Kind)}}, Audience: []string{search.Public}})
	}
	return docs, nil
}

// otherWords are all words of a topic beside its Polish name.
func (v *vocabulary) otherWords(t *Topic) (list []string) {
	for _, other := range v.list {
		if v.resolve(other.ID) != t.ID {
			continue
		}
		for _, lang := range i18n.Langs {
			if other != t || lang != i18n.PL {
				list = append(list, other.Names[lang])
			}
			list = append(list, other.Synonyms[lang]...)
		}
	}
	return list
}

func (s *Service) idsAfter(ctx context.Context, after string, n int) (ids []string, err error) {
	err = s.db.Select(ctx, &ids, `select id from directory_topics where id > ? order by id limit ?`, after, n)
	return ids, err
}
