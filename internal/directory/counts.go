package directory

import (
	"context"
	"slices"

	"kladka/internal/platform/web"
)

// selection is the answer to a filter: the entries in order, and for each
// facet how many there would be of each value given the other facets.
type selection struct {
	hits    []int32
	kinds   []int32
	towns   []int32
	runners []int32
	publics []int32
}

// selected answers a filter. Lists that nothing narrows are counted once per
// version of the directory.
func (s *Service) selected(ctx context.Context, r *roll, f Filter) (*selection, error) {
	if f.plain() {
		return r.everything(f.scope), nil
	}
	var text set
	if f.Text != "" {
		var err error
		if text, err = s.matching(ctx, r, f.words()); err != nil {
			return nil, err
		}
	}
	return r.sift(f, text), nil
}

func (r *roll) everything(sc scope) *selection {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.whole[sc] == nil {
		r.whole[sc] = r.sift(Filter{scope: sc}, nil)
	}
	return r.whole[sc]
}

// wanted is a filter over codes: nil lets everything pass.
type wanted []bool

func (w wanted) refuses(code int16) bool { return w != nil && (code < 0 || !w[code]) }

func wantedCodes(c codes, list []string) wanted {
	if len(list) == 0 {
		return nil
	}
	w := make(wanted, len(c.names))
	for _, v := range list {
		w[c.at[v]] = true
	}
	return w
}

func (r *roll) wantedTowns(list []string) wanted {
	if len(list) == 0 {
		return nil
	}
	w := make(wanted, len(r.towns))
	for _, id := range list {
		w[r.townAt[id]] = true
	}
	return w
}

// sift walks over all entries once. An entry that every facet lets pass
// counts in all of them; one that a single facet refuses counts in that facet
// alone: it would be shown if the reader ticked its box there.
func (r *roll) sift(f Filter, text set) *selection {
	out := &selection{hits: []int32{}, kinds: make([]int32, len(r.kinds.names)), towns: make([]int32, len(r.towns)),
		runners: make([]int32, len(r.runners.names)), publics: make([]int32, len(r.publics.names))}
	kinds, towns := wantedCodes(r.kinds, texts(f.Kinds)), r.wantedTowns(f.Municipalities)
	runners, publics := wantedCodes(r.runners, f.Runners), wantedCodes(r.publics, f.Publics)
	const kindBit, townBit, runnerBit, publicBit = 1, 2, 4, 8
	for i := range r.entries {
		e := &r.entries[i]
		if e.closed && !f.Closed || f.Groups && !e.leads || text != nil && !text.has(int32(i)) {
			continue
		}
		town := e.town(f.scope)
		refused := bit(kinds.refuses(int16(e.kind)), kindBit) | bit(towns.refuses(town), townBit) |
			bit(runners.refuses(int16(e.runner)), runnerBit) | bit(publics.refuses(int16(e.public)), publicBit)
		if refused == 0 {
			out.hits = append(out.hits, int32(i))
		}
		if refused&^kindBit == 0 {
			out.kinds[e.kind]++
		}
		if refused&^townBit == 0 && town >= 0 {
			out.towns[town]++
		}
		if refused&^runnerBit == 0 {
			out.runners[e.runner]++
		}
		if refused&^publicBit == 0 {
			out.publics[e.public]++
		}
	}
	return out
}

func bit(set bool, value int) int {
	if set {
		return value
	}
	return 0
}

func texts[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}

// town is the municipality by which the scope counts, -1 for none.
func (e *entry) town(sc scope) int16 {
	if sc.ByAuthority {
		return e.runs
	}
	return e.seat
}

// pageSize is how many institutions a page of the list shows.
const pageSize = 20

// page cuts the entries at a cursor, and tells whether more follow in its
// direction. A place beyond the end begins anew.
func (r *roll) page(hits []int32, at web.Cursor) (rows []int32, from web.Cursor, more bool) {
	if at == (web.Cursor{}) {
		return hits[:min(pageSize, len(hits))], at, len(hits) > pageSize
	}
	place := r.place(at)
	n, exact := slices.BinarySearch(hits, place)
	if at.Back {
		start := max(0, n-pageSize)
		if n == 0 {
			return r.page(hits, web.Cursor{})
		}
		return hits[start:n], at, start > 0
	}
	// The cursor's own row is left out, unless it is no longer on the list.
	if exact && r.cursor(place).ID == at.ID {
		n++
	}
	if n >= len(hits) {
		return r.page(hits, web.Cursor{})
	}
	end := min(len(hits), n+pageSize)
	return hits[n:end], at, end < len(hits)
}

// figures are the official numbers of one municipality.
type figures struct {
	Institutions int
	Groups       int
	Pupils       int
	PupilsKnown  int // of how many institutions the pupils are known
}

// figuresBy counts the open institutions of each municipality.
func (r *roll) figuresBy(authority bool) []figures {
	out := make([]figures, len(r.towns))
	for i := range r.entries {
		e := &r.entries[i]
		town := e.town(scope{ByAuthority: authority})
		if e.closed || town < 0 {
			continue
		}
		f := &out[town]
		f.Institutions++
		f.Groups += bit(e.leads, 1)
		if e.pupils >= 0 {
			f.Pupils += int(e.pupils)
			f.PupilsKnown++
		}
	}
	return out
}
