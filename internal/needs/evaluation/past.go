package evaluation

import (
	"context"
	"errors"
)

// Work does at once what the hours bring: rounds that are due are opened, what
// is ripe is released. For the demo, whose invented years are over before
// anything works in the background.
func (s *Service) Work(ctx context.Context) error {
	return errors.Join(s.openDue(ctx), s.releaseRipe(ctx))
}
