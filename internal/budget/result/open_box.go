package result

import (
	"bytes"
	"crypto/sha256"
	"runtime"
	"slices"
	"sync"

	"kladka/internal/budget"
	"kladka/internal/platform/seal"
)

// found is what was in the box of one pool. All of it must be in memory to be put
// in order: a hundred bytes for each ballot at most.
type found struct {
	pool   budget.Pool
	bodies [][]byte
	Numbers
}

// openBox opens every envelope of a pool and keeps, sorted by their content, the
// bodies that are ballots by its rules. Each hands all envelopes to take, one after
// the other, and does not touch them afterwards; it ends with the first error.
//
// It knows no database: the server opens with it what lies in its table, and
// `kladka tally --open` what stands in a file. Envelopes go to as many openers as
// there are processors; what is on the way is bounded, bodies stay in memory.
func openBox(opener *seal.Opener, e budget.Edition, pool budget.Pool, projects []budget.BallotProject, each func(take func(sealed []byte) error) error) (*found, error) {
	workers := runtime.GOMAXPROCS(0)
	envelopes := make(chan []byte, 4*workers)
	parts := make([]found, workers)
	var open sync.WaitGroup
	for i := range parts {
		open.Go(func() { parts[i] = unseal(opener, e, pool, projects, envelopes) })
	}
	f := &found{pool: pool}
	err := f.feed(each, envelopes)
	close(envelopes)
	open.Wait()
	if err != nil {
		return nil, err
	}
	for i := range parts {
		f.take(&parts[i])
	}
	slices.SortFunc(f.bodies, bytes.Compare)
	return f, nil
}

// feed gives every envelope of a pool to the openers once. Whoever can write to
// the table could lay a copy beside an envelope: copies are counted and left out.
func (f *found) feed(each func(take func(sealed []byte) error) error, envelopes chan<- []byte) error {
	seen := map[[sha256.Size]byte]bool{}
	return each(func(sealed []byte) error {
		f.Envelopes++
		sum := sha256.Sum256(sealed)
		if seen[sum] {
			f.Copies++
			return nil
		}
		seen[sum] = true
		envelopes <- sealed // openers take until the channel is closed
		return nil
	})
}

// unseal opens envelopes until there are no more, and keeps the bodies that are
// ballots by the rules of the pool.
func unseal(opener *seal.Opener, e budget.Edition, pool budget.Pool, projects []budget.BallotProject, envelopes <-chan []byte) (part found) {
	info := budget.Info(e, pool.ID)
	on, order := costs(projects)
	for sealed := range envelopes {
		body, err := opener.Open(info, sealed)
		if err != nil {
			part.Unreadable++
			continue
		}
		choice, err := pool.Decode(body, order)
		if err != nil || len(pool.Ballot.Check(choice, on, pool.Budget)) > 0 {
			part.Invalid++
			continue
		}
		part.Valid++
		part.bodies = append(part.bodies, slices.Clone(body)) // the inside of an envelope is padded
	}
	return part
}

func (f *found) take(part *found) {
	f.bodies = append(f.bodies, part.bodies...)
	f.Unreadable += part.Unreadable
	f.Invalid += part.Invalid
	f.Valid += part.Valid
}
