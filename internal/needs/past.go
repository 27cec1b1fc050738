package needs

import "context"

// RankNow does at once what the work after a close does (see rank): for the
// demo, whose invented years are over before anything works in the background.
func (s *Service) RankNow(ctx context.Context, id CampaignID) error { return s.rank(ctx, id) }
