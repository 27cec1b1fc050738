package directory

import (
	"context"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"kladka/internal/platform/db"
	"kladka/internal/platform/i18n"
)

// longestWord is where a word is cut: what is typed is never longer.
const longestWord = 40

// wordKey is how a folded word is kept: its bytes in hex, so that the words
// that begin alike are one range under every locale of every database. All
// words that begin with w lie from wordKey(w) to below wordKey(w)+"g".
func wordKey(folded string) string {
	return hex.EncodeToString([]byte(folded[:min(len(folded), longestWord)]))
}

// wordsOf are the keys of the words by which an institution is found: those of
// both its names, its city and street, and its number.
func wordsOf(i *Institution) []string {
	var keys []string
	text := strings.Join([]string{i.Name, i.OfficialName, i.City, i.Street}, " ")
	for word := range strings.FieldsSeq(i18n.Fold(text)) {
		keys = append(keys, wordKey(word))
	}
	if i.RSPO != nil {
		keys = append(keys, wordKey(strconv.Itoa(*i.RSPO)))
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// replaceWords writes the words of the institutions anew, in batches.
func replaceWords(ctx context.Context, tx *db.Tx, list []Institution) error {
	for some := range slices.Chunk(list, db.MaxParams) {
		ids := make([]any, len(some))
		for n := range some {
			ids[n] = some[n].ID
		}
		_, err := tx.Exec(ctx, `delete from directory_words where institution in `+db.Marks(1, len(ids)), ids...)
		if err != nil {
			return err
		}
	}
	return insertWords(ctx, tx, list)
}

func insertWords(ctx context.Context, tx *db.Tx, list []Institution) error {
	args := make([]any, 0, db.MaxParams)
	flush := func() error {
		if len(args) == 0 {
			return nil
		}
		_, err := tx.Exec(ctx, `insert into directory_words (word, institution) values `+db.Marks(len(args)/2, 2), args...)
		args = args[:0]
		return err
	}
	for n := range list {
		for _, word := range wordsOf(&list[n]) {
			if len(args) == db.MaxParams {
				if err := flush(); err != nil {
					return err
				}
			}
			args = append(args, word, list[n].ID)
		}
	}
	return flush()
}
