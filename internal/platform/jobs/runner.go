package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"kladka/internal/platform/db"
)

// errDied is the last error of a job whose runners died each time: it may be
// the job that kills them, so it is not tried for ever.
var errDied = errors.New("the process ended or lost its lease during every attempt")

// Runner takes due jobs and runs them. Make it with NewRunner; use Run or
// Drain, not both at once. Any number of processes may each have one.
type Runner struct {
	db       *db.DB
	registry *Registry
	now      func() time.Time
	log      *slog.Logger

	workers  int
	lease    time.Duration
	shortest time.Duration
	longest  time.Duration
	grace    time.Duration

	wake chan struct{}

	// Only the loop of Run or Drain touches these.
	contested bool
	asked     map[string]int64
}

// RunnerOption changes a Runner.
type RunnerOption func(*Runner)

// Workers is how many jobs run at once in this process (4).
func Workers(n int) RunnerOption { return func(r *Runner) { r.workers = max(1, n) } }

// Lease is how long a job is ours without a sign of life (a minute); it counts
// in whole seconds, and is prolonged three times as often.
func Lease(d time.Duration) RunnerOption { return func(r *Runner) { r.lease = max(time.Second, d) } }

// Poll bounds the pause between two looks at an idle table (50 ms to 2 s): it
// doubles while nothing is found.
func Poll(shortest, longest time.Duration) RunnerOption {
	return func(r *Runner) { r.shortest, r.longest = shortest, longest }
}

// Grace is how long running jobs may go on after Run was told to end, before
// their contexts end too (20 s).
func Grace(d time.Duration) RunnerOption { return func(r *Runner) { r.grace = d } }

// NewRunner makes a runner. The time that decides comes from now; how long it
// pauses is measured by the machine.
func NewRunner(d *db.DB, registry *Registry, now func() time.Time, log *slog.Logger, options ...RunnerOption) *Runner {
	r := &Runner{
		db: d, registry: registry, now: now, log: log,
		workers: 4, lease: time.Minute, shortest: 50 * time.Millisecond, longest: 2 * time.Second, grace: 20 * time.Second,
		wake: make(chan struct{}, 1), asked: map[string]int64{},
	}
	for _, set := range options {
		set(r)
	}
	return r
}

// Wake makes Run look for jobs now. Call it after a commit that enqueued some;
// without it they are found at the next look.
func (r *Runner) Wake() {
	select {
	case r.wake <- struct{}{}:
	default: // a look is due already
	}
}

// Run runs jobs until ctx ends. Then it takes no more, waits for those that
// run, and after the grace time ends their contexts; what they leave undone
// waits for another process. It returns when no job of it runs any more.
func (r *Runner) Run(ctx context.Context) {
	during, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var running sync.WaitGroup
	r.loop(ctx, func(t taken, freed func()) {
		running.Go(func() {
			defer freed()
			_ = r.handle(during, t) // logged and written into the row
		})
	})
	defer time.AfterFunc(r.grace, stop).Stop()
	running.Wait()
}

// loop hands out jobs to free workers, and looks again when a worker is free,
// when it is woken, and when the pause is over.
func (r *Runner) loop(ctx context.Context, start func(t taken, freed func())) {
	free, pause := r.workers, r.shortest
	freed := make(chan struct{}, r.workers)
	for ctx.Err() == nil {
		got, more := r.look(ctx, free)
		for _, t := range got {
			start(t, func() { freed <- struct{}{} })
		}
		free -= len(got)
		switch {
		case len(got) > 0:
			pause = r.shortest
		case !more:
			pause = min(2*pause, r.longest)
		}
		free += r.rest(ctx, free, more, pause, freed)
	}
}

// look asks for periodic jobs and claims. More tells that there is likely more
// to take. An error is logged and ends in a pause: the database may be away
// for a while. The end of ctx does not cut a claim short: it might be
// committed, and nobody would run what it took until the lease is over.
func (r *Runner) look(ctx context.Context, n int) (got []taken, more bool) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.lease/2)
	defer cancel()
	if n == 0 {
		return nil, false
	}
	err := r.askPeriodic(ctx)
	if err == nil {
		got, err = r.claim(ctx, n)
	}
	if err != nil {
		r.log.Error("look for jobs", "error", clean(err))
	}
	return got, err == nil && (r.contested || len(got) == n)
}

// rest waits until another look makes sense and tells how many workers were
// freed meanwhile.
func (r *Runner) rest(ctx context.Context, free int, more bool, pause time.Duration, freed chan struct{}) int {
	if free > 0 && more {
		return drained(freed)
	}
	var idle <-chan time.Time
	var wake chan struct{}
	if free > 0 { // with no worker free, there is no use in looking
		idle, wake = time.After(pause), r.wake
	}
	select {
	case <-ctx.Done():
	case <-idle:
	case <-wake:
	case <-freed:
		return 1 + drained(freed)
	}
	return drained(freed)
}

func drained(freed chan struct{}) (n int) {
	for {
		select {
		case <-freed:
			n++
		default:
			return n
		}
	}
}

// Drain runs what is due, one job after another, with what those jobs enqueue,
// until nothing is left. It asks for no periodic jobs. The errors of the jobs
// that failed are returned together; a job that failed waits for its time, so
// a later Drain finds it. For tests and the command line.
func (r *Runner) Drain(ctx context.Context) error {
	var failed []error
	for {
		got, err := r.claim(ctx, 1)
		if err != nil {
			return errors.Join(append(failed, err)...)
		}
		if len(got) == 0 && !r.contested {
			return errors.Join(failed...)
		}
		for _, t := range got {
			if err := r.handle(ctx, t); err != nil {
				failed = append(failed, fmt.Errorf("job %s: %w", t.Kind, err))
			}
		}
	}
}

// handle runs one job and writes what became of it. It returns the job's error.
func (r *Runner) handle(ctx context.Context, t taken) error {
	err := r.perform(ctx, t)
	stopped := err != nil && ctx.Err() != nil
	if err != nil && !stopped {
		r.tell(t, err)
	}
	if e := r.settle(ctx, t, err, stopped); e != nil {
		r.log.Error("job not settled; it will run again", "job", t.ID, "kind", t.Kind, "error", clean(e))
	}
	return err
}

func (r *Runner) perform(ctx context.Context, t taken) error {
	if t.Attempt > t.MaxAttempts {
		return Permanent(errDied)
	}
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	defer r.keep(t, end)()
	return r.registry.run(ctx, t.Job, []byte(t.Payload))
}

func (r *Runner) tell(t taken, err error) {
	args := []any{"job", t.ID, "kind", t.Kind, "attempt", t.Attempt, "of", t.MaxAttempts, "error", clean(err)}
	if p := (*panicError)(nil); errors.As(err, &p) {
		args = append(args, "stack", p.stack)
	}
	r.log.Warn("job failed", args...)
}
