package custody

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/privacy"
)

// keptDays is how long it is kept who kept a share, when the owner has not
// forgotten the key before: no matter asks for its key so late.
const keptDays = 730

// Purposes are what this package holds personal data for, to be declared in
// wiring.
func (s *Service) Purposes() []privacy.Purpose {
	return []privacy.Purpose{{Key: "custody.keepers", Module: "custody", Text: "custody.purpose", Controller: privacy.Operator,
		Basis:      "art. 6 ust. 1 lit. e RODO",
		Categories: []string{"privacy.category.identity", "custody.category"},
		Recipients: []string{"privacy.recipient.self", "custody.recipient"},
		Keep:       privacy.Keep{Days: keptDays, Since: "custody.since"},
		Holds: []privacy.Holding{
			holding("custody_keepers", "custody.holding.keepers", "made_at", `update custody_keepers set person = '', gone = true where person = ?`, s.exportKeeper),
			withheld(holding("custody_shares", "custody.holding.shares", "until", `delete from custody_shares where person = ?`, nil)),
		}}}
}

// holding is a table whose rows are old by the column. Both tables have a few
// rows for each box, and several boxes at most grow old in one night.
func holding(table, title, since, erase string, export func(context.Context, string) ([]privacy.Item, error)) privacy.Holding {
	old := ` where ` + since + ` < ?`
	return privacy.Holding{Table: table, Title: title, Export: export,
		Erase: func(ctx context.Context, tx *db.Tx, person string) (int, error) {
			n, err := tx.Exec(ctx, erase, person)
			return int(n), err
		},
		Expired: func(ctx context.Context, r db.Reader, before time.Time) (n int, err error) {
			err = r.Get(ctx, &n, `select count(*) from `+table+old, before.Unix())
			return n, err
		},
		Sweep: func(ctx context.Context, tx *db.Tx, before time.Time, limit int) (int, error) {
			n, err := tx.Exec(ctx, `delete from `+table+` where (owner, box, no) in (select owner, box, no from `+table+old+` limit ?)`, before.Unix(), limit)
			return int(n), err
		}}
}

func withheld(h privacy.Holding) privacy.Holding {
	h.Withheld = "custody.withheld"
	return h
}

func (s *Service) exportKeeper(ctx context.Context, person string) (items []privacy.Item, err error) {
	var rows []struct {
		Box
		Keeper
		MadeAt int64 `db:"made_at"`
	}
	err = s.db.Select(ctx, &rows, `select owner, box, no, person, confirmed, gone, made_at from custody_keepers where person = ? order by owner, box`, person)
	for _, row := range rows {
		items = append(items, privacy.Item{ID: row.Owner + "/" + row.ID, At: time.Unix(row.MadeAt, 0), Fields: []privacy.Field{
			{Key: "custody.export.share", Value: strconv.Itoa(row.No)},
			{Key: "custody.export.confirmed", Value: s.yes(row.Confirmed)},
			{Key: "custody.export.gone", Value: s.yes(row.Gone)},
		}})
	}
	return items, err
}

// yes is a truth in Polish, the language of the archive.
func (s *Service) yes(is bool) string {
	if s.catalog == nil {
		return fmt.Sprint(is)
	}
	return s.catalog.In(i18n.PL).T("custody.export." + strconv.FormatBool(is))
}
