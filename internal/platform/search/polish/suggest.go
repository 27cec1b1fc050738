package polish

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"kladka/internal/platform/i18n"
)

// Suggest gives at most n words that may have been meant, with Polish letters,
// the likeliest first: the same word with its marks, then words one slip away in
// any form, then base forms two slips away that begin with the same letter. It
// never gives the word as it was typed. The dictionary knows nothing of how often
// words are used; who knows which words occur should choose among these.
func (d *Dictionary) Suggest(word string, n int) []string {
	folded := fold(word)
	if n <= 0 || !d.letters.plain(folded) || len(folded) > longest {
		return nil
	}
	typed := cmp.Or(asTyped(word, folded), folded)
	s := search{d: d, folded: folded, typed: typed, cost: map[string]int{}}
	s.weigh(d.understand(folded))
	s.oneSlip()
	if len(s.cost) < n {
		s.twoSlips()
	}
	return s.best(n)
}

// search collects the words near to one.
type search struct {
	d             *Dictionary
	folded, typed string
	cost          map[string]int // by the form suggested
}

// oneSlip looks up every word made from the typed one by one slip.
func (s *search) oneSlip() {
	w, buffer := s.folded, make([]byte, 0, longest+1)
	try := func(parts ...string) {
		buffer = buffer[:0]
		for _, p := range parts {
			buffer = append(buffer, p...)
		}
		if len(buffer) > 1 {
			s.weigh(s.d.reduce(nil, string(buffer), usual))
		}
	}
	const alphabet = "abcdefghijklmnopqrstuvwxyz"
	for i := range len(w) + 1 {
		for k := range alphabet {
			try(w[:i], alphabet[k:k+1], w[i:])
			if i < len(w) && w[i] != alphabet[k] {
				try(w[:i], alphabet[k:k+1], w[i+1:])
			}
		}
		if i < len(w) {
			try(w[:i], w[i+1:])
		}
		if i+1 < len(w) && w[i] != w[i+1] {
			try(w[:i], w[i+1:i+2], w[i:i+1], w[i+2:])
		}
	}
}

// twoSlips goes through the base words with the same first letter. Most are told
// far by their letters alone: a slip changes two of these at most.
func (s *search) twoSlips() {
	letters, w := letterSet(s.folded), &s.d.words
	for i, made := range w.made {
		if bits.OnesCount32(made^letters) > 4 || int(w.size[i]) < len(s.folded)-2 || int(w.size[i]) > 2*len(s.folded)+4 {
			continue
		}
		word := w.word(uint32(i))
		first, _ := utf8.DecodeRuneInString(word)
		if s.d.letters.fold(first) != s.folded[0] {
			continue
		}
		if folded := s.d.folded(word); within(folded, s.folded, 3) == 2 {
			s.weigh([]reading{{form: word, lemma: folded, base: true}})
		}
	}
}

// weigh keeps what each form costs: more is less likely.
func (s *search) weigh(found []reading) {
	for _, r := range found {
		form := strings.ToLower(r.form)
		if form == s.typed {
			continue
		}
		cost := s.slips(form)
		if !r.base {
			cost += 2
		}
		if r.kind != plain {
			cost++
		}
		if first, _ := utf8.DecodeRuneInString(r.form); unicode.IsUpper(first) {
			cost += 3
		}
		if old, ok := s.cost[r.form]; !ok || cost < old {
			s.cost[r.form] = cost
		}
	}
}

// slips weighs the way from the typed word to a form. Marks are often left out,
// and letters that sound alike are written for each other; the first letter is
// seldom wrong.
func (s *search) slips(form string) int {
	folded := s.d.folded(form)
	cost := 20*Distance(folded, s.folded) + 2*Distance(form, s.typed)
	switch {
	case folded == s.folded:
	case sound(form) == sound(s.typed):
		cost -= 15
	case sameLetters(folded, s.folded):
		cost -= 8
	}
	if folded[0] != s.folded[0] {
		cost += 8
	}
	return cost
}

// sameLetters: they are only in another order, or some are doubled.
func sameLetters(a, b string) bool {
	return letterSet(a) == letterSet(b)
}

// sound writes alike what sounds alike, without marks.
func sound(word string) string {
	return i18n.Fold(strings.NewReplacer("ó", "u", "rz", "z", "ch", "h").Replace(word))
}

func (s *search) best(n int) []string {
	forms := make([]string, 0, len(s.cost))
	for f := range s.cost {
		forms = append(forms, f)
	}
	slices.SortFunc(forms, func(a, b string) int {
		return cmp.Or(cmp.Compare(s.cost[a], s.cost[b]), cmp.Compare(a, b))
	})
	return forms[:min(n, len(forms))]
}
