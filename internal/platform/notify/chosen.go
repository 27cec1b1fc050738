package notify

import "context"

// Chosen tells whether the person ever chose how often letters come, be it as
// they come by default.
func (s *Service) Chosen(ctx context.Context, person string) (chosen bool, err error) {
	err = s.db.Get(ctx, &chosen, `select exists (select 1 from notify_people where person = ?)`, person)
	return chosen, err
}
