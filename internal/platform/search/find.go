package search

import (
	"context"
	"slices"
	"strings"

	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// MostCounted is up to how many results are counted exactly; beyond it people
// are told "more than". When all kinds together have more, each kind is counted
// up to a quarter of it on their common page, and up to all of it on its own.
// All institutions of a metropolis are fewer; and what a search costs stops
// growing there, however many documents there are.
const MostCounted = 2_000

// The number of rows: of a kind among all kinds, and of a page of one kind.
const (
	rowsOfKind = 5
	rowsOfPage = 20
	mostRows   = 100
	mostChosen = 20 // values of a facet
)

// Query is what somebody asks for.
type Query struct {
	Text     string
	Audience []string            // keys of whoever asks, besides "public"
	Kind     string              // one kind with its facets, by pages; "" for a few of each
	Facets   map[string][]string // chosen values, of a kind
	At       web.Cursor          // place in the results of a kind
	N        int                 // rows of a page, 20 when 0, at most 100
	Typing   bool                // the last word is not finished: it may be a beginning
	L        *i18n.L             // names the values of facets; nil: they stay as they are
}

// How tells in what way the results match.
type How string

// The ways, from the best. The first that finds something is taken.
const (
	HowAll       How = "all"       // all words
	HowBeginning How = "beginning" // all words, the last as the beginning of a word in the title
	HowKnown     How = "known"     // all words that occur at all; the others are in Result.Without
	HowMost      How = "most"      // all words but one
	HowAny       How = "any"       // at least one word
	HowNone      How = "none"
)

// Result is what was found.
type Result struct {
	Text    string // the question as it was understood
	Asked   bool   // false when there was nothing to look for
	How     How
	Left    []string // little words that were left out
	Without []string // words that were found nowhere
	Suggest string   // a question that finds something, "" for none
	Total   int      // of all kinds shown; with Over there are more
	Over    bool
	Groups  []Group // kinds with results, in their order; of a Query with a Kind that kind alone
}

// Group is the results of one kind.
type Group struct {
	Kind     string
	TitleKey string
	Count    int
	Over     bool // not counted to the end: more than Count
	Rows     []Row
	Facets   []web.Facet // of a Query with a Kind; N is -1 when not counted
	First    web.Cursor
	Last     web.Cursor
	More     bool // there is a row beyond, in the direction of the cursor
}

// way is one manner of matching.
type way struct {
	how     How
	items   []item
	without []string
	expr    func(w where, without string) node
}

// Find looks for documents that the reader may find. A question that is too
// long, or a place that cannot be, is a fault.
func (s *Service) Find(ctx context.Context, q Query) (_ Result, err error) {
	m := s.lemmas()
	asked, err := parse(q.Text, m)
	if err != nil {
		return Result{}, err
	}
	r := Result{Text: strings.TrimSpace(q.Text), Asked: len(asked.items) > 0, How: HowNone, Left: asked.left}
	in, kinds := everything, s.kinds
	if q.Kind != "" {
		k, known := s.kind(q.Kind)
		if !known {
			return r, faultKind()
		}
		in, kinds = spanOf(k), []Kind{k}
	}
	if !r.Asked {
		return r, nil
	}
	f := finder{Service: s, q: q, m: m, asker: askerFor(q.Audience, q.Facets)}
	w, h, err := f.way(ctx, asked, in)
	if err != nil {
		return r, err
	}
	if w.how != HowNone {
		if err := f.groups(ctx, &r, w, h, kinds); err != nil {
			return r, err
		}
	}
	r.How, r.Without = w.how, w.without
	if w.how != HowAll && w.how != HowBeginning && q.Kind == "" {
		r.Suggest, err = f.suggest(ctx, asked, w)
	}
	return r, err
}

// finder is one search.
type finder struct {
	*Service
	q     Query
	m     *lemmas
	asker asker
}

// hits is what an expression finds, in order, unless there is too much.
type hits struct {
	ids  []int64
	over bool
}

func (h hits) none() bool { return len(h.ids) == 0 && !h.over }

// matches is what a way finds: all of it, and what holds everything in the title.
type matches struct{ all, titled hits }

// matches asks for both, up to a number of each.
func (f finder) matches(ctx context.Context, w way, in span, most int) (matches, error) {
	all, titled, err := f.index.both(ctx, f.db, w.expr(anywhere, ""), w.expr(inTitle, ""), in, most+1)
	return matches{hitsOf(all, most), hitsOf(titled, most)}, err
}

func hitsOf(ids []int64, most int) hits {
	if len(ids) > most {
		return hits{over: true}
	}
	slices.Sort(ids)
	return hits{ids: ids}
}

func (f finder) exists(ctx context.Context, e node) (bool, error) {
	ids, err := f.index.list(ctx, f.db, e, everything, 1)
	return len(ids) > 0, err
}

// way is the best way that finds something, with what it finds in the span. On
// a page of a kind it is the way of all kinds, which may find nothing there.
func (f finder) way(ctx context.Context, asked question, in span) (way, matches, error) {
	ways := []way{f.every(HowAll, asked.items)}
	if asked.mayBegin() {
		begun := f.every(HowBeginning, asked.begun().items)
		if f.q.Typing {
			ways = ways[:0]
		}
		ways = append(ways, begun)
	}
	for _, w := range ways {
		if h, ok, err := f.try(ctx, w, in); err != nil || ok {
			return w, h, err
		}
	}
	return f.partly(ctx, asked.items, in)
}

func (f finder) every(how How, items []item) way {
	return way{how: how, items: items, expr: func(w where, without string) node { return f.asker.every(items, w, without) }}
}

func (f finder) try(ctx context.Context, w way, in span) (matches, bool, error) {
	h, err := f.matches(ctx, w, in, f.most)
	if err != nil || !h.all.none() {
		return h, err == nil, err
	}
	if f.q.Kind == "" {
		return h, false, nil
	}
	// Nothing of this kind with these facets: is there anything at all?
	plain := finder{Service: f.Service, q: f.q, m: f.m, asker: askerFor(f.q.Audience, nil)}
	any, err := f.exists(ctx, plain.asker.every(w.items, anywhere, ""))
	return h, any, err
}

// partly looks for documents that hold some of the items: all that occur at
// all, or all but one, or any.
func (f finder) partly(ctx context.Context, items []item, in span) (way, matches, error) {
	none := way{how: HowNone}
	known, without := []item(nil), []string(nil)
	for _, it := range items {
		there, err := f.exists(ctx, askerFor(f.q.Audience, nil).every([]item{it}, anywhere, ""))
		if err != nil {
			return none, matches{}, err
		}
		if there {
			known = append(known, it)
		} else {
			without = append(without, it.shown)
		}
	}
	none.without = without
	if len(known) == 0 {
		return none, matches{}, nil
	}
	var ways []way
	if len(without) > 0 {
		ways = append(ways, f.every(HowKnown, known))
	}
	for _, how := range []How{HowMost, HowAny} {
		if how == HowMost && len(known) < 3 {
			continue // one of two is any
		}
		ways = append(ways, way{how: how, items: known, expr: func(w where, without string) node {
			return f.asker.partly(known, w, how == HowMost, without)
		}})
	}
	for _, w := range ways {
		w.without = without
		h, err := f.matches(ctx, w, in, f.most)
		if err != nil || !h.all.none() {
			return w, h, err
		}
	}
	return none, matches{}, nil
}

// suggest mends the words that were found nowhere by the nearest words of
// public documents, and offers the question only if it finds something.
func (f finder) suggest(ctx context.Context, asked question, w way) (string, error) {
	var parts []string
	changed := false
	for _, it := range asked.items {
		shown := it.shown
		if it.quoted {
			shown = `"` + shown + `"`
		} else if slices.Contains(w.without, it.shown) && len(it.words) == 1 && it.code == "" {
			near, err := f.meant(ctx, it.words[0].fold)
			if err != nil {
				return "", err
			}
			if len(near) > 0 {
				shown, changed = near[0].Shown, true
			}
		}
		parts = append(parts, shown)
	}
	text := strings.Join(parts, " ")
	if !changed {
		return "", nil
	}
	mended, err := parse(text, f.m)
	if err != nil {
		return "", nil // grown too long: then there is no suggestion
	}
	there, err := f.exists(ctx, f.asker.every(mended.items, anywhere, ""))
	if err != nil || !there {
		return "", err
	}
	return text, nil
}
