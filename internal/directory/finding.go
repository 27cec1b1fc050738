package directory

import (
	"cmp"
	"context"
	"strconv"
	"strings"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/search"
)

// SearchName is the name under which institutions are indexed.
const SearchName = "institution"

// SearchKind is how institutions take part in the search of everything. The
// notes are in Polish, as the names are.
func (s *Service) SearchKind(polish *i18n.L) search.Kind {
	return search.Kind{Name: SearchName, TitleKey: "institutions.title", Rank: 10,
		Facets: []search.Facet{{Name: "rodzaj", TitleKey: "body.rodzaj", Label: kindLabels},
			{Name: "gmina", TitleKey: "municipalities.municipality", Label: s.TownLabels}},
		Load:  func(ctx context.Context, ids []string) ([]search.Doc, error) { return s.loadDocs(ctx, polish, ids) },
		After: s.idsAfter}
}

// loadDocs reads institutions for the index. Those that are gone are left out;
// closed ones are found too, for people look for what their papers name.
func (s *Service) loadDocs(ctx context.Context, polish *i18n.L, ids []string) (list []search.Doc, err error) {
	defer fault.Wrap(&err, "institutions for the index")
	keys := make([]access.InstitutionID, len(ids))
	for n, id := range ids {
		keys[n] = access.InstitutionID(id)
	}
	rows, err := byIDs(ctx, s.db, keys)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	towns := map[string]string{}
	known, err := Municipalities(ctx, s.db)
	if err != nil {
		return nil, err
	}
	for _, m := range known {
		towns[m.ID] = m.Name
	}
	for _, i := range rows {
		list = append(list, docOf(polish, i, towns[i.Municipality]))
	}
	return list, nil
}

func docOf(l *i18n.L, i Institution, town string) search.Doc {
	d := search.Doc{Kind: SearchName, ID: string(i.ID), Title: i.Name, URL: href(i.ID), Audience: []string{"public"},
		Facets: map[string][]string{"rodzaj": {string(i.Kind)}, "gmina": {i.Municipality}}}
	address := []string{i.street(), i.City}
	if i.Street == "" && i.City != "" { // a village whose houses have numbers only
		address = []string{strings.TrimSpace(i.City + " " + i.street())}
	}
	if town == i.City {
		town = ""
	}
	d.Body = strings.Join(fullOnes(append(append([]string{i.OfficialName}, address...), town, i.RunningName)...), "\n")
	if i.RSPO != nil {
		d.Codes = append(d.Codes, strconv.Itoa(*i.RSPO))
	}
	d.Note = strings.Join(fullOnes(kindLabel(l, i.Kind), cmp.Or(i.City, town)), " · ")
	if i.Closed {
		d.Note += " · " + l.T("institution.closed")
	}
	return d
}

func fullOnes(texts ...string) (list []string) {
	for _, text := range texts {
		if text != "" {
			list = append(list, text)
		}
	}
	return list
}

// idsAfter walks the ids of all institutions in their order, for indexing anew.
func (s *Service) idsAfter(ctx context.Context, after string, n int) (ids []string, err error) {
	err = s.db.Select(ctx, &ids, `select id from directory_institutions where id > ? order by id limit ?`, after, n)
	return ids, err
}

// kindLabels and TownLabels put the values of facets into words.
func kindLabels(_ context.Context, l *i18n.L, values []string) (map[string]string, error) {
	out := make(map[string]string, len(values))
	for _, v := range values {
		out[v] = kindLabel(l, Kind(v))
	}
	return out, nil
}

func (s *Service) TownLabels(ctx context.Context, _ *i18n.L, values []string) (map[string]string, error) {
	out := make(map[string]string, len(values))
	if len(values) == 0 {
		return out, nil
	}
	query, args, err := db.In(`select id, name from directory_municipalities where id in (?)`, values)
	if err != nil {
		return nil, err
	}
	err = s.db.Each(ctx, func(scan func(dest ...any) error) error {
		var id, name string
		err := scan(&id, &name)
		out[id] = name
		return err
	}, query, args...)
	return out, err
}
