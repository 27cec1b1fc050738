package networking

import (
	"context"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/search"
)

// Refers tells which of the institutions an entry, a request or an
// introduction names: such an institution may be closed, but not removed.
func (s *Service) Refers(ctx context.Context, r db.Reader, ids []string) (_ map[string]bool, err error) {
	defer fault.Wrap(&err, "what contacts name institutions")
	return db.Among(ctx, r, ids,
		`select distinct institution from directory_network_entries where institution in (?)`,
		`select distinct institution from directory_contact_requests where institution in (?)`,
		`select distinct asker_for from directory_contact_requests where asker_for in (?)`,
		`select distinct asker_at from directory_contact_requests where asker_at in (?)`,
		`select distinct by_at from directory_contact_intros where by_at in (?)`,
		`select distinct first_at from directory_contact_intros where first_at in (?)`,
		`select distinct second_at from directory_contact_intros where second_at in (?)`)
}

// TouchOf has the entries of institutions indexed anew, in the transaction that
// changed these: an entry of a closed one is found no more, and one that was
// renamed is found by its new name.
func TouchOf(ctx context.Context, tx *db.Tx, institutions ...string) (err error) {
	defer fault.Wrap(&err, "index entries of institutions anew")
	touched, err := db.Among(ctx, tx, institutions, `select id from directory_network_entries where institution in (?)`)
	if err != nil || len(touched) == 0 {
		return err
	}
	ids := make([]string, 0, len(touched))
	for id := range touched {
		ids = append(ids, id)
	}
	return search.Touch(ctx, tx, EntryKind, ids...)
}
