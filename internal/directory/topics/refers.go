package topics

import (
	"context"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Refers tells which of the institutions chose topics.
func (s *Service) Refers(ctx context.Context, r db.Reader, ids []string) (_ map[string]bool, err error) {
	defer fault.Wrap(&err, "what topics name institutions")
	return db.Among(ctx, r, ids, `select distinct object from directory_topic_uses where kind = '`+OfInstitutions+`' and object in (?)`)
}
