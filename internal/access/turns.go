package access

import (
	"context"
	"net/http"
	"runtime"
	"strconv"
	"sync/atomic"
	"time"

	"kladka/internal/platform/fault"
)

// Computing argon2id takes 19 MiB and a processor for some 30 ms. So it is
// done in turns, and the line is no longer than people wait: two thousand who
// sign in at once would otherwise hold their connections for a minute and a
// half, and most would have gone before their turn came.
const (
	mostTurns   = 2
	mostWaiting = 400
	longestWait = 20 * time.Second
)

// turns is the line. Whoever goes away leaves it.
type turns struct {
	slots   chan struct{}
	waiting atomic.Int32
	most    int32
	longest time.Duration
}

func newTurns() *turns {
	return &turns{slots: make(chan struct{}, min(mostTurns, runtime.GOMAXPROCS(0))), most: mostWaiting, longest: longestWait}
}

// take waits for a turn, which done gives back. When the line is full, or does
// not move, it is a fault of kind TooMany; see busy.
func (t *turns) take(ctx context.Context) (done func(), err error) {
	done = func() { <-t.slots }
	select {
	case t.slots <- struct{}{}:
		return done, nil
	default:
	}
	if t.waiting.Add(1) > t.most {
		t.waiting.Add(-1)
		return nil, busy()
	}
	defer t.waiting.Add(-1)
	late := time.NewTimer(t.longest)
	defer late.Stop()
	select {
	case t.slots <- struct{}{}:
		return done, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-late.C:
		return nil, busy()
	}
}

const busyKey = "access.fault.busy"

func busy() error { return fault.New(fault.TooMany, busyKey) }

// retryLater tells browsers and robots when to come again, if the fault is
// that too many are here at once.
func retryLater(w http.ResponseWriter, err error) {
	if e := fault.As(err); e != nil && e.Key == busyKey {
		w.Header().Set("Retry-After", strconv.Itoa(int(longestWait.Seconds())))
	}
}
