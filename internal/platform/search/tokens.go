package search

import (
	"crypto/sha256"
	"encoding/hex"
	"hash/fnv"
	"maps"
	"slices"
	"strconv"
	"strings"

	"kladka/internal/platform/i18n"
)

// analysis changes whenever the same text would become other tokens; then
// everything is indexed anew, by jobs, after the start.
const analysis = "1"

// The first letter of a token says who may find it, the second what it is.
// Tokens hold nothing but letters and digits, so that neither engine can take
// them for operators.
const (
	forAll  = "0" // of public documents
	forSome = "1" // of other documents, which match only together with a reader

	lemma      = "l" // base form, anywhere
	titleLemma = "m"
	form       = "s" // as it is written, folded, anywhere
	titleForm  = "z"
	pair       = "p" // two words side by side, hashed, anywhere
	titlePair  = "q"
	beginning  = "b" // beginnings of words of the title, from three letters
	code       = "c"
	facet      = "f"
	reader     = "a"
)

const (
	longestTitle     = 500     // letters
	longestBody      = 100_000 // bytes
	mostWords        = 15_000  // of a document
	longestBeginning = 15
	shortestBegun    = 3
)

// lemmas remembers what the lemmatizer said, within one search or one batch.
type lemmas struct {
	words Lemmatizer
	known map[string][]string
}

func (s *Service) lemmas() *lemmas { return &lemmas{s.words, map[string][]string{}} }

// of is the base forms of a word in a text of that language.
func (m *lemmas) of(w word, lang i18n.Lang) []string {
	if lang != "" && lang != i18n.PL {
		return []string{w.fold}
	}
	list, ok := m.known[w.shown]
	if !ok {
		for _, l := range m.words.Lemmas(w.shown) {
			if l = strings.ReplaceAll(l, " ", ""); l != "" {
				list = append(list, cut(l, longestWord))
			}
		}
		if len(list) == 0 {
			list = []string{w.fold}
		}
		m.known[w.shown] = list
	}
	return list
}

// tokens gathers the tokens of a document, each once.
type tokens struct {
	mine string // forAll or forSome
	set  map[string]struct{}
}

func (t tokens) add(class, text string) { t.set[t.mine+class+text] = struct{}{} }

// terms is all tokens of a document, sorted.
func (m *lemmas) terms(d Doc, title, body []word) []string {
	t := tokens{forSome, map[string]struct{}{}}
	if public(d.Audience) {
		t.mine = forAll
	}
	m.text(t, d.Lang, title, lemma, form, pair)
	m.text(t, d.Lang, title, titleLemma, titleForm, titlePair)
	m.text(t, d.Lang, body, lemma, form, pair)
	for _, w := range title {
		for _, b := range beginnings(w.fold) {
			t.add(beginning, b)
		}
	}
	for _, c := range codesOf(d.Codes) {
		t.add(code, c)
	}
	if len(t.set) == 0 {
		return nil // no words: nothing to find it by
	}
	for name, values := range d.Facets {
		for _, v := range values {
			t.add(facet, facetOf(name, v))
		}
	}
	if t.mine == forSome {
		for _, a := range d.Audience {
			t.set[readerToken(a)] = struct{}{}
		}
	}
	return slices.Sorted(maps.Keys(t.set))
}

// text adds the tokens of a text under their classes.
func (m *lemmas) text(t tokens, lang i18n.Lang, text []word, lemma, form, pair string) {
	for i, w := range text {
		for _, l := range m.of(w, lang) {
			t.add(lemma, l)
		}
		t.add(form, w.fold)
		if i > 0 {
			t.add(pair, pairOf(text[i-1].fold, w.fold))
		}
	}
}

func public(audience []string) bool { return slices.Contains(audience, Public) }

// pairOf stands for two words side by side. Sixty-four bits are enough for what
// is only a match of words.
func pairOf(a, b string) string {
	h := fnv.New64a()
	h.Write([]byte(a + " " + b))
	return strconv.FormatUint(h.Sum64(), 36)
}

func facetOf(name, value string) string { return digest(name + "\x00" + value) }

// readerToken stands for an audience. It decides who sees what, so it is made
// by a hash in which nobody finds two that are alike.
func readerToken(audience string) string { return forSome + reader + digest(audience) }

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:16])
}

func beginnings(fold string) []string {
	var out []string
	n := 0
	for i := range fold {
		if n >= shortestBegun {
			out = append(out, fold[:i])
		}
		if n++; n > longestBeginning {
			return out
		}
	}
	if n >= shortestBegun {
		out = append(out, fold)
	}
	return out
}
