package directory

import (
	"context"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/privacy"
)

// correctionsDays is how long a settled correction names people.
const correctionsDays = 365

// correctionsPurpose is what the names beside corrections are held for.
func (s *Service) correctionsPurpose() privacy.Purpose {
	return privacy.Purpose{
		Key: "directory.corrections", Module: "directory", Text: "corrections.purpose", Controller: privacy.Institution,
		Basis:      "art. 6 ust. 1 lit. e RODO: rzetelność danych publikowanych o instytucji",
		Categories: []string{"privacy.category.identity", "privacy.category.role"},
		Recipients: []string{"privacy.recipient.institution"},
		Keep:       privacy.Keep{Days: correctionsDays, Since: "corrections.since"},
		Holds: []privacy.Holding{{Table: "directory_corrections", Title: "corrections.holding", Keeps: "corrections.keeps",
			Export: s.exportCorrections, Erase: eraseCorrections, Expired: expiredCorrections, Sweep: sweepCorrections}},
	}
}

func (s *Service) exportCorrections(ctx context.Context, person string) ([]privacy.Item, error) {
	var rows []Correction
	err := s.db.Select(ctx, &rows, `select `+correctionColumns+` from directory_corrections where person = ? or settled_by = ? order by at, id`, person, person)
	if err != nil {
		return nil, err
	}
	var ids []access.InstitutionID
	for _, c := range rows {
		ids = append(ids, c.Institution)
	}
	called, err := names(ctx, s.db, ids)
	var items []privacy.Item
	for _, c := range rows {
		fields := []privacy.Field{{Key: "corrections.export.institution", Value: called[c.Institution]},
			{Key: "corrections.export.field", Value: c.Field}, {Key: "corrections.export.value", Value: c.Value}}
		if string(c.Person) == person {
			fields = append(fields, privacy.Field{Key: "corrections.export.reason", Value: c.Reason})
		}
		if string(c.SettledBy) == person {
			fields = append(fields, privacy.Field{Key: "corrections.export.note", Value: c.Note})
		}
		items = append(items, privacy.Item{ID: string(c.ID), At: time.Unix(c.At, 0), Fields: fields})
	}
	return items, err
}

// eraseCorrections takes the names and the words away. What holds goes on
// holding, for it is about the institution; an open proposal goes.
func eraseCorrections(ctx context.Context, tx *db.Tx, person string) (int, error) {
	sum := int64(0)
	for _, q := range []struct {
		text string
		args []any
	}{
		{`delete from directory_corrections where person = ? and person <> '' and state = ?`, []any{person, CorrectionProposed}},
		{`update directory_corrections set person = '', reason = '' where person = ? and person <> ''`, []any{person}},
		{`update directory_corrections set settled_by = '', note = '' where settled_by = ? and settled_by <> ''`, []any{person}},
	} {
		n, err := tx.Exec(ctx, q.text, q.args...)
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return int(sum), nil
}

func expiredCorrections(ctx context.Context, r db.Reader, before time.Time) (n int, err error) {
	err = r.Get(ctx, &n, `select count(*) from directory_corrections where state in (?, ?) and settled_at < ?`,
		CorrectionRefused, CorrectionEnded, before.Unix())
	return n, err
}

func sweepCorrections(ctx context.Context, tx *db.Tx, before time.Time, limit int) (int, error) {
	n, err := tx.Exec(ctx, `delete from directory_corrections where id in
		(select id from directory_corrections where state in (?, ?) and settled_at < ? order by id limit ?)`,
		CorrectionRefused, CorrectionEnded, before.Unix(), limit)
	return int(n), err
}
