package topics

import (
	"cmp"
	"slices"
	"strings"

	"kladka/internal/platform/i18n"
)

// vocabulary is all topics with what follows from them. It is not changed once
// it is built.
type vocabulary struct {
	byID   map[ID]*Topic
	byCode map[string]*Topic
	list   []*Topic // by Polish name
	below  map[ID][]*Topic
	parts  map[ID][]ID // of split topics
	keys   map[string]string
}

func build(list []*Topic, parts map[ID][]ID) *vocabulary {
	v := &vocabulary{byID: map[ID]*Topic{}, byCode: map[string]*Topic{}, below: map[ID][]*Topic{}, parts: parts, keys: map[string]string{}}
	v.list = v.ordered(list, i18n.PL)
	for _, t := range v.list {
		v.byID[t.ID], v.byCode[t.Code] = t, t
		v.below[t.Parent] = append(v.below[t.Parent], t)
		for _, name := range t.Names {
			v.keys[name] = i18n.SortKey(name)
		}
	}
	return v
}

// put takes a changed or new topic into the vocabulary of an act, which nobody
// else reads; the order of the list is of no account there.
func (v *vocabulary) put(t *Topic) {
	same := func(o *Topic) bool { return o.ID == t.ID }
	if was := v.byID[t.ID]; was != nil {
		v.list = slices.DeleteFunc(v.list, same)
		v.below[was.Parent] = slices.DeleteFunc(v.below[was.Parent], same)
	}
	v.list = append(v.list, t)
	v.byID[t.ID], v.byCode[t.Code] = t, t
	v.below[t.Parent] = append(v.below[t.Parent], t)
}

// drop takes a topic out of it.
func (v *vocabulary) drop(t *Topic) {
	same := func(o *Topic) bool { return o.ID == t.ID }
	v.list = slices.DeleteFunc(v.list, same)
	v.below[t.Parent] = slices.DeleteFunc(v.below[t.Parent], same)
	delete(v.byID, t.ID)
	delete(v.byCode, t.Code)
}

// ordered sorts topics by their names in a language. Directions of policy
// stand with the newest first.
func (v *vocabulary) ordered(list []*Topic, lang i18n.Lang) []*Topic {
	key := func(t *Topic) string {
		if k, ok := v.keys[t.Name(lang)]; ok {
			return k
		}
		return i18n.SortKey(t.Name(lang))
	}
	return slices.SortedFunc(slices.Values(list), func(a, b *Topic) int {
		return cmp.Or(cmp.Compare(b.From, a.From), cmp.Compare(key(a), key(b)), cmp.Compare(a.ID, b.ID))
	})
}

// children are the topics directly below that are in the state of being used.
func (v *vocabulary) children(id ID) []*Topic {
	return slices.DeleteFunc(slices.Clone(v.below[id]), func(t *Topic) bool { return t.State != Current })
}

// above are the ancestors, the nearest first.
func (v *vocabulary) above(id ID) []*Topic {
	var chain []*Topic
	for t := v.byID[id]; t != nil && t.Parent != "" && len(chain) <= len(v.byID); {
		t = v.byID[t.Parent]
		if t != nil {
			chain = append(chain, t)
		}
	}
	return chain
}

// height is how many levels of topics in use a topic spans: 1 without children.
func (v *vocabulary) height(id ID) int {
	h := 0
	if v.byID[id] == nil {
		return 1 // not there yet
	}
	for _, t := range v.children(id) {
		h = max(h, v.height(t.ID))
	}
	return h + 1
}

// subtree is a topic with all below it that are in use.
func (v *vocabulary) subtree(id ID) []ID {
	ids := []ID{id}
	for _, t := range v.children(id) {
		ids = append(ids, v.subtree(t.ID)...)
	}
	return ids
}

// resolve follows merges to the topic that is read in another's stead. An id
// that is not there is "".
func (v *vocabulary) resolve(id ID) ID {
	t := v.byID[id]
	for steps := 0; t != nil && t.State == Merged && steps <= len(v.byID); steps++ {
		t = v.byID[t.Into]
	}
	if t == nil {
		return ""
	}
	return t.ID
}

// read as: all topics whose uses count as uses of one of the given.
func (v *vocabulary) readAs(ids ...ID) []ID {
	var all []ID
	for _, t := range v.list {
		if slices.Contains(ids, v.resolve(t.ID)) {
			all = append(all, t.ID)
		}
	}
	return all
}

// namesake is another topic in use of the same kind and the same name.
func (v *vocabulary) namesake(t *Topic, lang i18n.Lang) *Topic {
	folded := i18n.Fold(t.Names[lang])
	for _, other := range v.list {
		if other.ID != t.ID && other.Kind == t.Kind && other.State == Current && i18n.Fold(other.Names[lang]) == folded &&
			other.From == t.From {
			return other
		}
	}
	return nil
}

// underFault tells why a topic cannot stand under a parent, as a message key,
// or "". The topic need not be in the vocabulary yet.
//  1. What stands below the topic cannot stand above it: there is no cycle.
//  2. Kinds are not mixed, and nothing hangs on what is no longer in use.
//  3. With all that hangs on it, it does not go deeper than Levels.
func (v *vocabulary) underFault(t *Topic, parent ID) string {
	if parent == "" {
		return ""
	}
	p := v.byID[parent]
	switch {
	case p == nil:
		return "topics.fault.parent_unknown"
	case p.ID == t.ID:
		return "topics.fault.parent_itself"
	case slices.ContainsFunc(v.above(parent), func(a *Topic) bool { return a.ID == t.ID }):
		return "topics.fault.parent_below"
	case p.Kind != t.Kind:
		return "topics.fault.parent_kind"
	case p.State != Current:
		return "topics.fault.parent_state"
	case len(v.above(parent))+1+v.height(t.ID) > Levels:
		return "topics.fault.parent_deep"
	}
	return ""
}

// mergeFault tells why a topic cannot be merged into another, or "".
func (v *vocabulary) mergeFault(a, b *Topic) string {
	switch {
	case b == nil:
		return "topics.fault.merge_unknown"
	case a.ID == b.ID:
		return "topics.fault.merge_itself"
	case slices.ContainsFunc(v.above(b.ID), func(t *Topic) bool { return t.ID == a.ID }):
		return "topics.fault.merge_below"
	case a.Kind != b.Kind:
		return "topics.fault.merge_kind"
	case a.State != Current && a.State != Retired:
		return "topics.fault.merge_state"
	case b.State != Current:
		return "topics.fault.merge_target"
	case len(v.children(a.ID)) > 0:
		return "topics.fault.children"
	}
	return ""
}

// splitFault tells why a topic cannot be split into parts, or "".
func (v *vocabulary) splitFault(a *Topic, parts []ID) string {
	if len(parts) < 2 {
		return "topics.fault.split_few"
	}
	if a.State != Current {
		return "topics.fault.split_state"
	}
	for n, id := range parts {
		p := v.byID[id]
		switch {
		case p == nil:
			return "topics.fault.split_unknown"
		case slices.Contains(parts[:n], id):
			return "topics.fault.split_twice"
		case p.ID == a.ID:
			return "topics.fault.split_itself"
		case p.Kind != a.Kind:
			return "topics.fault.split_kind"
		case p.State != Current:
			return "topics.fault.split_part"
		}
	}
	if len(v.children(a.ID)) > 0 {
		return "topics.fault.children"
	}
	return ""
}

// find are topics in use by the beginnings of words of their names and
// synonyms, in any language: the whole name first, then a name that begins so,
// then words of names, then synonyms; alike ones by name.
func (v *vocabulary) find(text string, lang i18n.Lang, n int) []*Topic {
	asked := strings.Fields(i18n.Fold(text[:min(len(text), longestQuery)]))
	if len(asked) == 0 || len(asked) > mostWords {
		return nil
	}
	type hit struct {
		*Topic
		rank int
	}
	var hits []hit
	for _, t := range v.list {
		if t.State != Current {
			continue
		}
		if rank := t.matches(asked, lang); rank > 0 {
			hits = append(hits, hit{t, rank})
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int {
		return cmp.Or(a.rank-b.rank, cmp.Compare(v.keys[a.Name(lang)], v.keys[b.Name(lang)]), cmp.Compare(a.ID, b.ID))
	})
	var found []*Topic
	for _, h := range hits[:min(n, len(hits))] {
		found = append(found, h.Topic)
	}
	return found
}

// Queries are cut to a length that people type.
const (
	longestQuery = 200
	mostWords    = 12
)

// matches is how well a topic answers the words: 1 best, 0 not at all.
func (t *Topic) matches(asked []string, lang i18n.Lang) int {
	whole := strings.Join(asked, " ")
	name := i18n.Fold(t.Name(lang))
	var other []string
	for _, l := range i18n.Langs {
		other = append(other, i18n.Fold(t.Names[l]))
		for _, s := range t.Synonyms[l] {
			other = append(other, i18n.Fold(s))
		}
	}
	switch {
	case name == whole:
		return 1
	case strings.HasPrefix(name, whole):
		return 2
	case begins(name, asked):
		return 3
	case slices.Contains(other, whole):
		return 4
	case slices.ContainsFunc(other, func(o string) bool { return begins(o, asked) }):
		return 5
	case begins(strings.Join(append(other, t.Code), " "), asked):
		return 6
	}
	return 0
}

// begins tells whether each word asked for is the beginning of a word.
func begins(folded string, asked []string) bool {
	for _, a := range asked {
		if !slices.ContainsFunc(strings.Fields(folded), func(w string) bool { return strings.HasPrefix(w, a) }) {
			return false
		}
	}
	return true
}
