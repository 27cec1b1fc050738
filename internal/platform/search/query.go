package search

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// The most that is asked at once. A person asks less; more is no question.
const (
	MaxLetters = 200
	MaxWords   = 12
)

// item is one thing that is asked for: a word, a number, or words in quotes.
type item struct {
	shown  string // as it was typed
	words  []word
	base   []string // base forms, of a plain word
	code   string   // of a number, all of it as one
	quoted bool
	begun  bool // the last word, which may be a beginning
}

// question is a query that was understood.
type question struct {
	items []item
	left  []string // stop words that were left out
}

// stopWords say nothing alone. They are left out when other words stand.
var stopWords = setOf(`a aby ale bez by co czy dla do gdzie i ich ile im jak jaka jaki jakie jest jako kiedy kto ktora ktore ktory lub na nad nie o
	od oraz po pod przed przez przy sa sie ta tak te ten to u w we z za ze zeby
	an the of for in on at and or with is are
	и в у на для до з та або про що як вид`)

func setOf(list string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(list) {
		set[w] = true
	}
	return set
}

// parse cuts a query into what it asks for. Nothing that is typed is an
// operator, but for quotes around words that must stand as they are, side by
// side; a quote without its other half is left out. A query that is too long is
// refused before anything is done with it.
func parse(text string, m *lemmas) (question, error) {
	if len(text) > 4*MaxLetters || utf8.RuneCountInString(text) > MaxLetters {
		return question{}, fault.New(fault.BadRequest, "search.too_long", "n", MaxLetters)
	}
	if !utf8.ValidString(text) {
		return question{}, fault.New(fault.BadRequest, "fault.bad_request")
	}
	var q question
	count := 0
	for i, part := range quotedParts(text) {
		for _, it := range partItems(part, i%2 == 1) {
			count += len(it.words)
			q.add(it)
		}
	}
	if count > MaxWords {
		return question{}, fault.New(fault.BadRequest, "search.too_many", "n", MaxWords)
	}
	q.leaveOut()
	for i := range q.items {
		q.items[i].find(m)
	}
	return q, nil
}

// quotedParts cuts at quotes: every second part stood between two of them.
func quotedParts(text string) []string {
	text = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`"„”“«»‟＂`, r) {
			return '"'
		}
		return r
	}, text)
	parts := strings.Split(text, `"`)
	if len(parts)%2 == 0 { // the last quote has no other half
		last := len(parts) - 1
		parts[last-1] += " " + parts[last]
		parts = parts[:last]
	}
	return parts
}

func partItems(part string, quoted bool) []item {
	if quoted {
		words := wordsOf(part, MaxWords+1)
		if len(words) == 0 {
			return nil
		}
		return []item{{shown: strings.TrimSpace(part), words: words, quoted: true}}
	}
	var out []item
	for _, chunk := range strings.FieldsFunc(part, unicode.IsSpace) {
		words := wordsOf(chunk, MaxWords+1)
		if len(words) == 0 {
			continue
		}
		if hasDigit(chunk) {
			out = append(out, item{shown: trimmed(chunk), words: words, code: codeOf(chunk)})
			continue
		}
		for _, w := range words {
			out = append(out, item{shown: chunk[w.start:w.end], words: []word{w}})
		}
	}
	return out
}

func trimmed(chunk string) string {
	return strings.TrimFunc(chunk, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// add leaves out what was asked for already.
func (q *question) add(it item) {
	if !slices.ContainsFunc(q.items, func(o item) bool { return o.quoted == it.quoted && o.folded() == it.folded() }) {
		q.items = append(q.items, it)
	}
}

func (it item) folded() string {
	folds := make([]string, len(it.words))
	for i, w := range it.words {
		folds[i] = w.fold
	}
	return strings.Join(folds, " ")
}

func (it item) stop() bool {
	return !it.quoted && it.code == "" && stopWords[it.words[0].fold]
}

func (q *question) leaveOut() {
	if !slices.ContainsFunc(q.items, func(it item) bool { return !it.stop() }) {
		return
	}
	q.items = slices.DeleteFunc(q.items, func(it item) bool {
		if it.stop() {
			q.left = append(q.left, it.shown)
			return true
		}
		return false
	})
}

// mostBases bounds the base forms that one word may have.
const mostBases = 12

// find looks up the base forms. The word itself is among them: texts of other
// languages are indexed as they are written.
func (it *item) find(m *lemmas) {
	if it.quoted || len(it.words) != 1 {
		return
	}
	w := it.words[0]
	base := slices.Clone(m.of(w, i18n.PL))
	it.base = base[:min(len(base), mostBases)]
	if !slices.Contains(it.base, w.fold) {
		it.base = append(it.base, w.fold)
	}
}

// mayBegin tells whether the last thing asked for may be the beginning of a word.
func (q question) mayBegin() bool {
	if len(q.items) == 0 {
		return false
	}
	last := q.items[len(q.items)-1]
	return !last.quoted && len(last.words) == 1 && utf8.RuneCountInString(last.words[0].fold) >= shortestBegun
}

// begun is the question with its last word taken as a beginning.
func (q question) begun() question {
	q.items = slices.Clone(q.items)
	q.items[len(q.items)-1].begun = true
	return q
}

// where is the part of a document that must match.
type where bool

const (
	anywhere where = false
	inTitle  where = true
)

func (w where) lemma() string {
	if w == inTitle {
		return titleLemma
	}
	return lemma
}

func (w where) form() string {
	if w == inTitle {
		return titleForm
	}
	return form
}

func (w where) pair() string {
	if w == inTitle {
		return titlePair
	}
	return pair
}

// node is what a document must hold for the item. A number is as good as a
// title: it names one thing.
func (it item) node(mine string, w where) node {
	if it.quoted {
		if len(it.words) == 1 {
			return token(mine + w.form() + it.words[0].fold)
		}
		var pairs []node
		for i := 1; i < len(it.words); i++ {
			pairs = append(pairs, token(mine+w.pair()+pairOf(it.words[i-1].fold, it.words[i].fold)))
		}
		return all(pairs...)
	}
	var ways []node
	if len(it.words) == 1 {
		for _, b := range it.base {
			ways = append(ways, token(mine+w.lemma()+b))
		}
	} else {
		var parts []node
		for _, p := range it.words {
			parts = append(parts, token(mine+w.form()+p.fold))
		}
		ways = append(ways, all(parts...))
	}
	if it.code != "" {
		ways = append(ways, token(mine+code+it.code))
	}
	if it.begun {
		ways = append(ways, token(mine+beginning+cut(it.words[0].fold, longestBeginning)))
	}
	return anyOf(ways...)
}

// asker builds expressions for one reader.
type asker struct {
	readers []node            // the tokens of whoever asks
	facets  map[string][]node // chosen values, by name; of public documents
	some    map[string][]node // the same of other documents
}

// mostReaders bounds the keys of one reader.
const mostReaders = 400

func askerFor(audience []string, chosen map[string][]string) asker {
	a := asker{facets: map[string][]node{}, some: map[string][]node{}}
	keys := slices.Clone(audience)
	slices.Sort(keys)
	for _, k := range slices.Compact(keys) {
		if k != Public && k != "" && len(a.readers) < mostReaders {
			a.readers = append(a.readers, token(readerToken(k)))
		}
	}
	for name, values := range chosen {
		for _, v := range values[:min(len(values), mostChosen)] {
			f := facet + facetOf(name, v)
			a.facets[name] = append(a.facets[name], token(forAll+f))
			a.some[name] = append(a.some[name], token(forSome+f))
		}
	}
	return a
}

// of is the expression for what build makes of the tokens of public documents,
// or of the others that are for this reader. Without is a facet whose choice
// does not count.
func (a asker) of(without string, build func(mine string) node) node {
	forEverybody := all(append([]node{build(forAll)}, narrowed(a.facets, without)...)...)
	if len(a.readers) == 0 {
		return forEverybody
	}
	forMe := all(append([]node{build(forSome), anyOf(a.readers...)}, narrowed(a.some, without)...)...)
	return anyOf(forEverybody, forMe)
}

func narrowed(facets map[string][]node, without string) []node {
	var out []node
	for name, values := range facets {
		if name != without && len(values) > 0 {
			out = append(out, anyOf(values...))
		}
	}
	slices.SortFunc(out, func(a, b node) int { return strings.Compare(a.text(pgSigns), b.text(pgSigns)) })
	return out
}

// every is the expression for documents that hold all items.
func (a asker) every(items []item, w where, without string) node {
	if len(items) == 0 {
		return node{}
	}
	return a.of(without, func(mine string) node {
		nodes := make([]node, len(items))
		for i, it := range items {
			nodes[i] = it.node(mine, w)
		}
		return all(nodes...)
	})
}

// partly is the expression for documents that lack one item at most, or, with
// one false, for those that hold any.
func (a asker) partly(items []item, w where, lackOne bool, without string) node {
	return a.of(without, func(mine string) node {
		var ways []node
		for i := range items {
			if !lackOne {
				ways = append(ways, items[i].node(mine, w))
				continue
			}
			var rest []node
			for j := range items {
				if j != i {
					rest = append(rest, items[j].node(mine, w))
				}
			}
			ways = append(ways, all(rest...))
		}
		return anyOf(ways...)
	})
}
