package access

import (
	"context"
	"sync"
)

// reach remembers which institutions another one reaches. It goes with an
// account as it was read, so it is keyed by the version of the directory too
// (see versionOf): after a change there, the next request begins a new one.
type reach struct {
	Directory
	mu    sync.Mutex
	known map[[2]InstitutionID]bool
}

// mostReached bounds the memory of one account: an officer who goes through
// more schools than that asks the database again.
const mostReached = 500

// Over implements Directory.
func (r *reach) Over(ctx context.Context, a, b InstitutionID) (bool, error) {
	key := [2]InstitutionID{a, b}
	r.mu.Lock()
	over, ok := r.known[key]
	r.mu.Unlock()
	if ok {
		return over, nil
	}
	over, err := r.Directory.Over(ctx, a, b)
	if err != nil {
		return false, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known == nil || len(r.known) >= mostReached {
		r.known = map[[2]InstitutionID]bool{}
	}
	r.known[key] = over
	return over, nil
}
