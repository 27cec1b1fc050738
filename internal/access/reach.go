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
	known map[reached]bool
}

type reached struct {
	a, b  InstitutionID
	leads bool
}

// mostReached bounds the memory of one account: an officer who goes through
// more schools than that asks the database again.
const mostReached = 500

// Over implements Directory.
func (r *reach) Over(ctx context.Context, a, b InstitutionID) (bool, error) {
	return r.ask(ctx, reached{a, b, false}, r.Directory.Over)
}

// Leads implements Directory.
func (r *reach) Leads(ctx context.Context, a, b InstitutionID) (bool, error) {
	return r.ask(ctx, reached{a, b, true}, r.Directory.Leads)
}

func (r *reach) ask(ctx context.Context, key reached, ask func(ctx context.Context, a, b InstitutionID) (bool, error)) (bool, error) {
	r.mu.Lock()
	yes, ok := r.known[key]
	r.mu.Unlock()
	if ok {
		return yes, nil
	}
	yes, err := ask(ctx, key.a, key.b)
	if err != nil {
		return false, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known == nil || len(r.known) >= mostReached {
		r.known = map[reached]bool{}
	}
	r.known[key] = yes
	return yes, nil
}
