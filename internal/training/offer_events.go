package training

import (
	"context"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/events"
	"kladka/internal/platform/trace"
)

// offerPublished tells other modules of a new offer.
func (s *Service) offerPublished(ctx context.Context, tx *db.Tx, t Training) error {
	if s.Bus == nil {
		return nil
	}
	return s.Bus.Emit(ctx, tx, WasPublished{Training: t.ID, Center: t.Center, Form: t.Form, SchoolYear: t.SchoolYear},
		events.Envelope{Subject: string(t.ID), Version: t.Revision, Trace: trace.ID(t.Trace), At: time.Unix(t.PublishedAt, 0)})
}
