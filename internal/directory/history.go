package directory

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Past is one change that an institution went through, as it was noticed here.
// Before and After are texts; of the field "parent" ids of institutions, of
// "type" a kind, of "closed" "" for open, else why and the day ("register
// 2026-08-31").
type Past struct {
	ID          string               `db:"id"`
	Institution access.InstitutionID `db:"institution"`
	At          int64                `db:"at"`
	Field       string               `db:"field"`
	Before      string               `db:"before"`
	After       string               `db:"after"`
	Source      string               `db:"source"`
	Import      string               `db:"import"`
}

// Appeared is the field of the first row of an institution of the register.
const Appeared = "appeared"

// The sources of changes.
const (
	FromTheRegister = "register"
	FromCorrection  = "correction"
	FromOfficer     = "officer"
	FromUndo        = "undo"
)

// History is what an institution went through, the latest first. It is public,
// as the institution is.
func (s *Service) History(ctx context.Context, id access.InstitutionID) (list []Past, err error) {
	defer fault.Wrap(&err, "history of institution %s", id)
	err = s.db.Select(ctx, &list, `select id, institution, at, field, before, after, source, import
		from directory_history where institution = ? order by id desc limit 500`, id)
	return list, err
}

// watched are the fields whose changes are kept, in the order shown.
var watched = []struct {
	field string
	text  func(*Institution) string
}{
	{"name", func(i *Institution) string { return i.Name }},
	{"official_name", func(i *Institution) string { return i.OfficialName }},
	{"type", func(i *Institution) string { return string(i.Kind) }},
	{"address", func(i *Institution) string { return strings.Join(i.addressLines(), ", ") }},
	{"running", func(i *Institution) string { return cmp.Or(i.RunningName, i.RunningKind) }},
	{"closed", closedText},
}

func closedText(i *Institution) string {
	if !i.Closed {
		return ""
	}
	return strings.TrimSpace(cmp.Or(i.ClosedWhy, "officer") + " " + i.ClosedOn)
}

// changesOf lists what differs between two readings of one row. Parents are not
// among it: they are settled for all institutions together.
func changesOf(before, after Institution) (list []Past) {
	for _, w := range watched {
		if b, a := w.text(&before), w.text(&after); b != a {
			list = append(list, Past{Institution: after.ID, Field: w.field, Before: b, After: a})
		}
	}
	return list
}

// stamp fills what all rows of one act share. The ids are in the order of the list.
func stamp(list []Past, source, batch string, at time.Time) {
	for n := range list {
		p := &list[n]
		p.ID, p.At, p.Source, p.Import = uuid.Must(uuid.NewV7()).String(), at.Unix(), source, batch
	}
}

func insertPast(ctx context.Context, tx *db.Tx, list []Past) error {
	const cols = 8
	for some := range slices.Chunk(list, db.MaxParams/cols) {
		args := make([]any, 0, len(some)*cols)
		for _, p := range some {
			args = append(args, p.ID, p.Institution, p.At, p.Field, p.Before, p.After, p.Source, p.Import)
		}
		_, err := tx.Exec(ctx, `insert into directory_history (id, institution, at, field, before, after, source, import) values `+
			db.Marks(len(some), cols), args...)
		if err != nil {
			return err
		}
	}
	return nil
}

// appearedBy are the institutions that an import brought.
func appearedBy(ctx context.Context, r db.Reader, id ImportID) (map[access.InstitutionID]bool, error) {
	var ids []access.InstitutionID
	err := r.Select(ctx, &ids, `select institution from directory_history where import = ? and import <> '' and field = ?`, id, Appeared)
	brought := make(map[access.InstitutionID]bool, len(ids))
	for _, id := range ids {
		brought[id] = true
	}
	return brought, err
}
