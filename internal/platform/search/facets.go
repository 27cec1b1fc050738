package search

import (
	"cmp"
	"context"
	"slices"

	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// mostValues is how many values of a facet are offered; chosen ones always are.
const mostValues = 30

// FacetParam is the name of a facet in the address of a page.
func FacetParam(name string) string { return "f-" + name }

// facets counts the values of a kind's results: those of a facet in which
// something was chosen without that choice, so that one sees what else there is.
func (f finder) facets(ctx context.Context, w way, k Kind, found hits) ([]web.Facet, error) {
	if len(k.Facets) == 0 || w.expr == nil {
		return nil, nil
	}
	rest, err := f.index.facets(ctx, f.db, f.lookedAt(found))
	if err != nil {
		return nil, err
	}
	var out []web.Facet
	for _, facet := range k.Facets {
		counts, much := named(rest, facet.Name), found.over
		if len(f.q.Facets[facet.Name]) > 0 {
			if counts, much, err = f.withoutChoice(ctx, w, spanOf(k), facet.Name); err != nil {
				return nil, err
			}
		}
		shown, err := f.facet(ctx, facet, counts, much)
		if err != nil {
			return nil, err
		}
		out = append(out, shown)
	}
	return out, nil
}

// lookedAt is at which documents the values of facets are read: at all of
// them, or, when there are too many to count, at enough to know the values.
func (f finder) lookedAt(found hits) []int64 {
	if found.over {
		return found.ids[:min(len(found.ids), f.mostOfEach())]
	}
	return found.ids
}

func named(list []facetCount, name string) []facetCount {
	var out []facetCount
	for _, c := range list {
		if c.Name == name {
			out = append(out, c)
		}
	}
	return out
}

// withoutChoice counts the values of a facet as if nothing were chosen in it,
// and tells whether there was too much to count.
func (f finder) withoutChoice(ctx context.Context, w way, in span, name string) ([]facetCount, bool, error) {
	e := w.expr(anywhere, name)
	ids, err := f.index.list(ctx, f.db, e, in, f.most+1)
	if err != nil {
		return nil, false, err
	}
	found := hits{ids, len(ids) > f.most}
	list, err := f.index.facets(ctx, f.db, f.lookedAt(found))
	return named(list, name), found.over, err
}

func (f finder) facet(ctx context.Context, facet Facet, counts []facetCount, over bool) (web.Facet, error) {
	chosen := f.q.Facets[facet.Name]
	for _, v := range chosen[:min(len(chosen), mostChosen)] {
		if !slices.ContainsFunc(counts, func(c facetCount) bool { return c.Value == v }) {
			counts = append(counts, facetCount{facet.Name, v, 0})
		}
	}
	slices.SortFunc(counts, func(a, b facetCount) int {
		return cmp.Or(chosenFirst(chosen, a.Value, b.Value), b.N-a.N, cmp.Compare(a.Value, b.Value))
	})
	counts = counts[:min(len(counts), mostValues)]
	values := make([]string, len(counts))
	for i, c := range counts {
		values[i] = c.Value
	}
	labels := map[string]string{}
	title := facet.Name
	if f.q.L != nil {
		title = f.q.L.T(facet.TitleKey)
		if facet.Label != nil && len(values) > 0 {
			var err error
			if labels, err = facet.Label(ctx, f.q.L, values); err != nil {
				return web.Facet{}, err
			}
		}
	}
	out := web.Facet{Key: FacetParam(facet.Name), Title: title, Open: true}
	for _, c := range counts {
		o := web.FacetOption{Value: c.Value, Label: labels[c.Value], N: c.N, Checked: slices.Contains(chosen, c.Value)}
		if o.Label == "" {
			o.Label = c.Value
		}
		if over {
			o.N = -1
		}
		out.Options = append(out.Options, o)
	}
	slices.SortFunc(out.Options, func(a, b web.FacetOption) int {
		return cmp.Or(chosenFirst(chosen, a.Value, b.Value), b.N-a.N,
			cmp.Compare(i18n.SortKey(a.Label), i18n.SortKey(b.Label)), cmp.Compare(a.Value, b.Value))
	})
	return out, nil
}

func chosenFirst(chosen []string, a, b string) int {
	switch x, y := slices.Contains(chosen, a), slices.Contains(chosen, b); {
	case x && !y:
		return -1
	case y && !x:
		return 1
	}
	return 0
}
