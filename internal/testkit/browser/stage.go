package browser

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/jobs"
)

// ParkJob leaves a job that failed for good, so that the page of background work
// has something to show.
func ParkJob(ctx context.Context, d *db.DB) error {
	const kind = "example.failing"
	registry := jobs.NewRegistry()
	failed := errors.New("dial tcp 192.0.2.7:25: connection refused")
	jobs.On(registry, kind, func(context.Context, jobs.Job, struct{}) error { return jobs.Permanent(failed) })
	err := d.Write(ctx, func(tx *db.Tx) error {
		_, err := jobs.Enqueue(ctx, tx, kind, struct{}{})
		return err
	})
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	if err := jobs.NewRunner(d, registry, time.Now, log).Drain(ctx); !errors.Is(err, failed) {
		return err
	}
	return nil
}

// Later makes a later version of the sample of the register out of the first:
// two institutions have moved, one is gone, and there is a new one.
func Later(sample []byte) []byte {
	text := strings.Replace(string(sample), "Zmyślona,1,1,", "Nowa,1,7,", 2)
	return []byte(strings.NewReplacer("910006", "910007", "Poradnia", "Ognisko").Replace(text))
}
