package search

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

func faultKind() error { return fault.New(fault.NotFound, "fault.not_found") }

// spot is where a row stands among the results of a kind: those with all words
// in the title first, then by docid.
type spot struct {
	rest  bool
	docid int64
}

// noID fills the place of the id in a cursor: a docid is enough.
const noID = "00000000-0000-0000-0000-000000000000"

func (p spot) cursor() web.Cursor {
	first := "0"
	if p.rest {
		first = "1"
	}
	return web.Cursor{Key: fmt.Sprintf("%s%016x", first, p.docid), ID: noID}
}

func spotOf(c web.Cursor) (spot, error) {
	if len(c.Key) == 17 && (c.Key[0] == '0' || c.Key[0] == '1') {
		if n, err := strconv.ParseInt(c.Key[1:], 16, 64); err == nil {
			return spot{c.Key[0] == '1', n}, nil
		}
	}
	return spot{}, fault.New(fault.BadRequest, "fault.cursor")
}

// groups fills the result with what a way found.
func (f finder) groups(ctx context.Context, r *Result, w way, h matches, kinds []Kind) error {
	spots := map[int][]spot{} // of the rows shown, by group
	only := hits{}            // of the kind, where one was asked for
	for _, k := range kinds {
		own, err := f.ofKind(ctx, w, h, k)
		if err != nil {
			return err
		}
		if own.all.none() && f.q.Kind == "" {
			continue
		}
		g := Group{Kind: k.Name, TitleKey: k.TitleKey, Count: len(own.all.ids), Over: own.all.over}
		if g.Over {
			g.Count = f.mostOf(h)
		}
		list, err := f.page(ctx, &g, w, own, k)
		if err != nil {
			return err
		}
		spots[len(r.Groups)] = list
		only = own.all
		r.Total += g.Count
		r.Over = r.Over || g.Over
		r.Groups = append(r.Groups, g)
	}
	if h.all.over {
		r.Total, r.Over = f.most, true
	}
	if err := f.rows(ctx, r, w, spots); err != nil {
		return err
	}
	var err error
	if f.q.Kind != "" {
		r.Groups[0].Facets, err = f.facets(ctx, w, kinds[0], only)
	}
	return err
}

// ofKind cuts a kind out of all results, or asks for it when they are too many.
func (f finder) ofKind(ctx context.Context, w way, h matches, k Kind) (matches, error) {
	in := spanOf(k)
	if f.q.Kind == "" && h.all.over {
		return f.matches(ctx, w, in, f.mostOf(h))
	}
	return matches{h.all.within(in), h.titled.within(in)}, nil
}

func (h hits) within(in span) hits { return hits{within(h.ids, in), h.over} }

// mostOf is up to how many results of a kind are counted.
func (f finder) mostOf(h matches) int {
	if h.all.over && f.q.Kind == "" {
		return f.mostOfEach()
	}
	return f.most
}

// mostOfEach is up to how many results of each kind are counted where all of
// them together are too many.
func (f finder) mostOfEach() int { return f.most / 4 }

// within is the part of ordered docids that lies in a span.
func within(ids []int64, in span) []int64 {
	from, _ := slices.BinarySearch(ids, in.lo)
	to, _ := slices.BinarySearch(ids, in.hi+1)
	if in.hi == everything.hi {
		to = len(ids)
	}
	return ids[from:to]
}

// page chooses the rows to show.
func (f finder) page(ctx context.Context, g *Group, w way, own matches, k Kind) ([]spot, error) {
	n := rowsOfKind
	if f.q.Kind != "" {
		if n = min(f.q.N, mostRows); n <= 0 {
			n = rowsOfPage
		}
	}
	at, back := (*spot)(nil), false
	if f.q.Kind != "" && f.q.At != (web.Cursor{}) {
		p, err := spotOf(f.q.At)
		if err != nil {
			return nil, err
		}
		at, back = &p, f.q.At.Back
	}
	list, err := f.beside(ctx, w, own, spanOf(k), at, back, n+1)
	if err != nil {
		return nil, err
	}
	if g.More = len(list) > n; g.More {
		list = list[:n]
	}
	if back {
		slices.Reverse(list)
	}
	if len(list) > 0 {
		g.First, g.Last = list[0].cursor(), list[len(list)-1].cursor()
	}
	return list, nil
}

// beside is the n spots after a place, or before it, the nearest first. What is
// known whole is cut here; what is too much is asked of the engine.
func (f finder) beside(ctx context.Context, w way, own matches, in span, at *spot, back bool, n int) ([]spot, error) {
	parts := []part{{rest: false, known: own.titled}, {rest: true, known: hits{over: own.all.over}}}
	if !own.all.over {
		parts[1].known.ids = without(own.all.ids, own.titled.ids)
	}
	if back {
		slices.Reverse(parts)
	}
	var out []spot
	for _, p := range parts {
		if len(out) >= n || at != nil && p.rest != at.rest && p.rest == back {
			continue // enough, or a part that lies on the other side of the place
		}
		side := in
		if at != nil && p.rest == at.rest {
			if back {
				side.hi = at.docid - 1
			} else {
				side.lo = at.docid + 1
			}
		}
		ids, err := f.cutOf(ctx, w, p, side, back, n-len(out))
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			out = append(out, spot{p.rest, id})
		}
	}
	return out, nil
}

type part struct {
	rest  bool
	known hits
}

func (f finder) cutOf(ctx context.Context, w way, p part, in span, back bool, n int) ([]int64, error) {
	if p.known.over {
		e := w.expr(inTitle, "")
		if p.rest {
			e = but(w.expr(anywhere, ""), e)
		}
		return f.index.ordered(ctx, f.db, e, in, n, back)
	}
	if in.lo > in.hi {
		return nil, nil
	}
	ids := within(p.known.ids, in)
	if !back {
		return ids[:min(n, len(ids))], nil
	}
	ids = slices.Clone(ids[max(0, len(ids)-n):])
	slices.Reverse(ids)
	return ids, nil
}

// without is the ordered ids that are not among the ordered others.
func without(ids, others []int64) []int64 {
	if len(others) == 0 {
		return ids
	}
	out := make([]int64, 0, max(0, len(ids)-len(others)))
	i := 0
	for _, id := range ids {
		for i < len(others) && others[i] < id {
			i++
		}
		if i < len(others) && others[i] == id {
			continue
		}
		out = append(out, id)
	}
	return out
}
