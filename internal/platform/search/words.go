package search

import (
	"context"
	"maps"
	"slices"
	"unicode"
	"unicode/utf8"

	"kladka/internal/platform/db"
)

// Words of public documents are counted, so that a misspelled one can be
// mended. Each is kept under keys that its misspellings share with it: the word
// itself, the word without each one of its letters, and its first five and its
// last five letters without each one of them. What was typed makes keys in the
// same way: one mistake leaves the first kind alike, two leave one of the ends
// alike or nearly so. The distance of words that share a key is then measured.

// counted is the words of a document that are worth suggesting, folded, with
// how the first of them was written.
func counted(texts ...[]word) map[string]string {
	out := map[string]string{}
	for _, text := range texts {
		for _, w := range text {
			if _, known := out[w.fold]; !known && suggestible(w.fold) {
				out[w.fold] = w.shown
			}
		}
	}
	return out
}

func suggestible(fold string) bool {
	n := utf8.RuneCountInString(fold)
	if n < 4 || n > 30 || stopWords[fold] {
		return false
	}
	for _, r := range fold {
		if !unicode.IsLetter(r) {
			return false
		}
	}
	return true
}

// delta is by how many documents the count of a word changes.
type delta struct {
	n     int
	shown string
}

func more(count map[string]delta, words map[string]string) {
	for w, shown := range words {
		count[w] = delta{count[w].n + 1, shown}
	}
}

func less(count map[string]delta, words map[string]string) {
	for w, shown := range words {
		if d, ok := count[w]; ok {
			count[w] = delta{d.n - 1, d.shown}
			continue
		}
		count[w] = delta{-1, shown}
	}
}

// recount writes the changes, in the order of the words so that two jobs do not
// wait for each other crosswise.
func recount(ctx context.Context, tx *db.Tx, count map[string]delta) error {
	var up, down, fresh []string
	for _, w := range slices.Sorted(maps.Keys(count)) {
		switch n := count[w].n; {
		case n > 0:
			up = append(up, w)
		case n < 0:
			down = append(down, w)
		}
	}
	const columns = 3
	for batch := range slices.Chunk(up, db.MaxParams/columns) {
		args := make([]any, 0, len(batch)*columns)
		for _, w := range batch {
			args = append(args, w, count[w].shown, count[w].n)
		}
		var rows []struct {
			Word string `db:"word"`
			N    int    `db:"n"`
		}
		err := tx.Select(ctx, &rows, `insert into search_words (word, shown, n) values `+db.Marks(len(batch), columns)+`
			on conflict (word) do update set n = search_words.n + excluded.n returning word, n`, args...)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if r.N == count[r.Word].n {
				fresh = append(fresh, r.Word)
			}
		}
	}
	if err := putKeys(ctx, tx, fresh); err != nil {
		return err
	}
	return lessWords(ctx, tx, down, count)
}

func putKeys(ctx context.Context, tx *db.Tx, words []string) error {
	slices.Sort(words)
	var args []any
	for i, w := range words {
		for _, k := range wordKeys(w) {
			args = append(args, k, w)
		}
		if len(args) < 600 && i < len(words)-1 {
			continue
		}
		_, err := tx.Exec(ctx, `insert into search_word_keys (key, word) values `+db.Marks(len(args)/2, 2)+` on conflict (key, word) do nothing`, args...)
		if err != nil {
			return err
		}
		args = args[:0]
	}
	return nil
}

func lessWords(ctx context.Context, tx *db.Tx, words []string, count map[string]delta) error {
	byN := map[int][]string{}
	for _, w := range words {
		byN[count[w].n] = append(byN[count[w].n], w)
	}
	for _, n := range slices.Sorted(maps.Keys(byN)) {
		for batch := range slices.Chunk(byN[n], db.MaxParams/2) {
			query, args, err := db.In(`update search_words set n = n + ? where word in (?)`, n, batch)
			if err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, query, args...); err != nil {
				return err
			}
			if err := dropWords(ctx, tx, batch); err != nil {
				return err
			}
		}
	}
	return nil
}

func dropWords(ctx context.Context, tx *db.Tx, words []string) error {
	query, args, err := db.In(`delete from search_words where word in (?) and n <= 0 returning word`, words)
	if err != nil {
		return err
	}
	var none []string
	if err := tx.Select(ctx, &none, query, args...); err != nil || len(none) == 0 {
		return err
	}
	for _, w := range none {
		query, args, err := db.In(`delete from search_word_keys where word = ? and key in (?)`, w, wordKeys(w))
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, query, args...); err != nil {
			return err
		}
	}
	return nil
}

// checkWords empties the words when words are cut in another way than before;
// documents are then counted as they are indexed anew. The version stands beside
// those of the kinds, under no name.
func (s *Service) checkWords(ctx context.Context, tx *db.Tx) error {
	changed, err := tx.Exec(ctx, `insert into search_kinds (kind, version) values ('', ?)
		on conflict (kind) do update set version = excluded.version where search_kinds.version <> excluded.version`, analysis)
	if err != nil || changed == 0 {
		return err
	}
	for _, statement := range []string{`delete from search_words`, `delete from search_word_keys`, `update search_docs set counted = ''`} {
		if _, err := tx.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// wordKeys is under what a word is kept and sought.
func wordKeys(w string) []string {
	letters := []rune(w)
	keys := map[string]bool{w: true}
	for i := range letters {
		keys[string(letters[:i])+string(letters[i+1:])] = true
	}
	if len(letters) >= 6 {
		for i := range 5 {
			first, last := letters[:5], letters[len(letters)-5:]
			keys["^"+string(first[:i])+string(first[i+1:])] = true
			keys["$"+string(last[:i])+string(last[i+1:])] = true
		}
	}
	return slices.Sorted(maps.Keys(keys))
}

// candidate is a word that may have been meant.
type candidate struct {
	Word  string `db:"word"`
	Shown string `db:"shown"`
	N     int    `db:"n"`
	far   int
}

// mostCandidates bounds the work for one misspelled word.
const mostCandidates = 1000

// meant is the words of public documents nearest to one that none has: fewer
// changes first, then the more common word.
func (s *Service) meant(ctx context.Context, fold string) ([]candidate, error) {
	letters := utf8.RuneCountInString(fold)
	if letters < 4 || letters > 30 {
		return nil, nil
	}
	query, args, err := db.In(`select word, shown, n from search_words
		where word in (select word from search_word_keys where key in (?)) order by n desc limit ?`, wordKeys(fold), mostCandidates)
	if err != nil {
		return nil, err
	}
	var list []candidate
	if err := s.db.Select(ctx, &list, query, args...); err != nil {
		return nil, err
	}
	most := 1
	if letters >= 6 {
		most = 2
	}
	var near []candidate
	for _, c := range list {
		if c.far = distance(fold, c.Word, most); c.far > 0 && c.far <= most {
			near = append(near, c)
		}
	}
	slices.SortFunc(near, func(a, b candidate) int {
		if a.far != b.far {
			return a.far - b.far
		}
		if a.N != b.N {
			return b.N - a.N
		}
		if a.Word < b.Word {
			return -1
		}
		return 1
	})
	return near[:min(len(near), 3)], nil
}

// distance is how many letters must be added, left out, changed or swapped with
// their neighbor to make one word of the other; more than most is most+1.
func distance(a, b string, most int) int {
	x, y := []rune(a), []rune(b)
	if len(x)-len(y) > most || len(y)-len(x) > most {
		return most + 1
	}
	two, one, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range one {
		one[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row[0] = i
		for j := 1; j <= len(y); j++ {
			change := 1
			if x[i-1] == y[j-1] {
				change = 0
			}
			row[j] = min(one[j]+1, row[j-1]+1, one[j-1]+change)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], two[j-2]+1)
			}
		}
		two, one, row = one, row, two
	}
	return min(one[len(y)], most+1)
}
