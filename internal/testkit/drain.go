package testkit

import (
	"log/slog"
	"testing"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/jobs"
)

// Drain runs the jobs that are due, deliveries of events among them, and what
// those enqueue, until nothing is left. It returns the errors of jobs that
// failed; those wait for a later time. Periodic jobs are not asked for.
func Drain(t testing.TB, d *db.DB, registry *jobs.Registry, now func() time.Time) error {
	t.Helper()
	return jobs.NewRunner(d, registry, now, slog.New(slog.DiscardHandler)).Drain(t.Context())
}
