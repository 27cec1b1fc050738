package db

import (
	"context"
	"slices"
)

// Among tells which of the ids at least one of the questions finds. Each
// question selects one text column and holds one "in (?)", filled with ids in
// batches.
func Among(ctx context.Context, r Reader, ids []string, questions ...string) (map[string]bool, error) {
	found := map[string]bool{}
	for some := range slices.Chunk(ids, MaxParams) {
		for _, question := range questions {
			query, args, err := In(question, some)
			if err != nil {
				return nil, err
			}
			var list []string
			if err := r.Select(ctx, &list, query, args...); err != nil {
				return nil, err
			}
			for _, id := range list {
				found[id] = true
			}
		}
	}
	return found, nil
}
