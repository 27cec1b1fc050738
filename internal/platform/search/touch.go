package search

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
)

// The kinds of our jobs.
const (
	jobIndex = "search.index"
	jobAll   = "search.all"
	jobCheck = "search.check"
	jobTidy  = "search.tidy"
)

// lanes is how many jobs of a kind may work side by side; also, writers of
// different documents seldom meet at the row of one job.
const lanes = 4

type laneJob struct {
	Kind string
	Lane int
}

// Touch asks, in the transaction of a change, to index documents anew: those
// that are gone, or are not to be found any more, are taken out. However many
// there are, they make a row each and at most four jobs.
func Touch(ctx context.Context, tx *db.Tx, kind string, ids ...string) (err error) {
	defer fault.Wrap(&err, "touch %d documents of kind %s", len(ids), kind)
	ids = slices.Clone(ids)
	slices.Sort(ids) // the same order in all transactions: no deadlocks
	ids = slices.Compact(ids)
	stamp, err := uuid.NewV7()
	if err != nil {
		return err
	}
	var asked [lanes]bool
	const columns = 4
	n := 0
	for batch := range slices.Chunk(ids, db.MaxParams/columns) {
		args := make([]any, 0, len(batch)*columns)
		for _, id := range batch {
			n++
			lane := laneOf(id)
			asked[lane] = true
			args = append(args, kind, id, lane, fmt.Sprintf("%s-%08x", stamp, n))
		}
		_, err := tx.Exec(ctx, `insert into search_queue (kind, id, lane, mark) values `+db.Marks(len(batch), columns)+`
			on conflict (kind, id) do update set mark = excluded.mark`, args...)
		if err != nil {
			return err
		}
	}
	for lane, wanted := range asked {
		if !wanted {
			continue
		}
		if _, err := jobs.Enqueue(ctx, tx, jobIndex, laneJob{kind, lane}, jobs.Unique(kind+"/"+strconv.Itoa(lane))); err != nil {
			return err
		}
	}
	return nil
}

func laneOf(id string) int {
	h := fnv.New32a()
	h.Write([]byte(id))
	return int(h.Sum32() % lanes)
}

type allJob struct {
	Kind  string
	After string // the last id that was walked
	Old   bool   // the second walk, over what is indexed
	Place int64  // its last docid
}

// TouchAll asks to index all documents of a kind anew and to take out those
// that no longer exist. Jobs walk them in pages.
func TouchAll(ctx context.Context, tx *db.Tx, kind string) error {
	_, err := jobs.Enqueue(ctx, tx, jobAll, allJob{Kind: kind}, jobs.Unique(kind))
	return err
}
