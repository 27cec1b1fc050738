// Package jobs does work after the commit: mail, reindexing, deliveries of
// events, nightly sweeps.
//
// A job is a row. Enqueue writes it in the transaction of the change that asks
// for it, so there is no job without the change and no change without its job.
// A Runner in every process looks for rows that are due, takes them by a lease
// and runs the work registered for their kind. What succeeds is deleted. What
// fails waits longer each time, and after its last attempt it is parked, where
// an administrator sees it and decides (Parked, Retry, Discard).
//
// What a writer of work must know:
//
//  1. A job runs at least once. When its process dies, or its lease runs out,
//     another process runs it again; so the work must be repeatable.
//  2. While a runner lives it prolongs the lease. When it has lost the lease it
//     ends the work's context and can no longer mark the job as done.
//  3. Jobs run in no promised order. Those enqueued without At are taken first:
//     somebody may be waiting. A heap of work that nobody waits for is enqueued
//     with At(now) and gives way to them.
//  4. A payload holds ids and numbers. No words of people, no secrets: read
//     them where they live, when the job runs.
//  5. The clocks of the processes must agree to a few seconds (leases last a
//     minute). A fake clock works as well: nothing here asks the database for
//     the time.
package jobs

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// Migrations are the tables of this package.
//
//go:embed migrations
var Migrations embed.FS

// ID names a job.
type ID string

// Created is when the job was enqueued, to the millisecond, by the clock of
// the machine: the id holds it.
func (id ID) Created() time.Time {
	u, err := uuid.Parse(string(id))
	if err != nil {
		return time.Time{}
	}
	return time.Unix(u.Time().UnixTime())
}

// Job is what the work may know of itself.
type Job struct {
	ID          ID         `db:"id"`
	Kind        string     `db:"kind"`
	Attempt     int        `db:"attempts"` // 1 for the first
	MaxAttempts int        `db:"max_attempts"`
	Progress    ProgressID `db:"progress"` // "" when nobody watches
}

// work does one job with its payload as it lies in the row.
type work func(ctx context.Context, job Job, payload []byte) error

// Registry knows what to do for each kind of job. It is filled while the
// program is put together and only read afterwards.
type Registry struct {
	works   map[string]work
	periods map[string]time.Duration
}

// NewRegistry makes an empty registry.
func NewRegistry() *Registry {
	return &Registry{works: map[string]work{}, periods: map[string]time.Duration{}}
}

// On registers the work for a kind. The payload is decoded from JSON; one that
// cannot be decoded parks the job at once. A kind registered twice is a mistake
// in the wiring and panics, as http.ServeMux does.
func On[P any](r *Registry, kind string, do func(ctx context.Context, job Job, payload P) error) {
	r.add(kind, func(ctx context.Context, job Job, payload []byte) error {
		var p P
		if err := json.Unmarshal(payload, &p); err != nil {
			return Permanent(fmt.Errorf("decode payload: %w", err))
		}
		return do(ctx, job, p)
	})
}

func (r *Registry) add(kind string, w work) {
	if _, known := r.works[kind]; known {
		panic(fmt.Sprintf("jobs: kind %q is registered twice", kind))
	}
	r.works[kind] = w
}

// run calls the work and turns its panic into an error: one broken work must
// not end the process with all the others.
func (r *Registry) run(ctx context.Context, job Job, payload []byte) (err error) {
	do, known := r.works[job.Kind]
	if !known {
		// Not parked at once: during an upgrade an old process may take a
		// job that only the new one knows.
		return fmt.Errorf("no work is registered for kind %q", job.Kind)
	}
	defer func() {
		if v := recover(); v != nil {
			err = newPanicError(v)
		}
	}()
	return do(ctx, job, payload)
}

type permanentError struct{ error }

func (e permanentError) Unwrap() error { return e.error }

// Permanent marks an error that no further attempt can mend, such as an
// address that cannot exist. The job is parked at once.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return permanentError{err}
}

func permanent(err error) bool { return errors.As(err, &permanentError{}) }
