package vote

import (
	"context"
	"strings"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/privacy"
)

// Purposes are what this package holds personal data for, to be declared in
// wiring.
func (s *Service) Purposes() []privacy.Purpose {
	return []privacy.Purpose{{Key: "budget.electors", Module: "budget", Text: "vote.purpose.electors", Controller: privacy.Institution,
		Basis:      "art. 6 ust. 1 lit. e RODO; ustawa o samorządzie gminnym, art. 5a (podstawa do sprawdzenia)",
		Categories: []string{"privacy.category.identity"}, Recipients: []string{"vote.recipient.runners"},
		Keep: privacy.Keep{Param: KeepMonths, Since: "vote.since.first"},
		Holds: []privacy.Holding{
			s.holdOwn(), s.holdDeclared(),
			holdNames("budget_boxes", "boxes", "printed_by", "settled_by", "settled_with"),
			holdNames("budget_rolls", "rolls", "person"),
			holdNames("budget_paper_batches", "paper_batches", "first", "second", "third"),
			holdNames("budget_paper_pools", "paper_pools", "finished_by"),
			// What follows is nobody's by itself; it goes with the electors.
			holdTaken(), holdRows("budget_handed", "handed", "edition"), holdRows("budget_limits", "limits", "edition"), holdRolls()}}}
}

// old are the editions whose time is over though nobody ended their protests. It
// counts from the last hour of voting: a roll that was read long before it stays.
const old = `(select k.edition from budget_mark_keys k join budget_editions e on e.id = k.edition
	where case when e.vote_to > k.made_at then e.vote_to else k.made_at end < ?)`

// holdOwn is the place of an account in an edition. That a right of it was spent
// is not in the download: a paper that proves how often somebody voted can be
// asked for by others.
func (s *Service) holdOwn() privacy.Holding {
	return privacy.Holding{Table: "budget_electors", Title: "vote.holding.electors", Keeps: "vote.keeps.electors",
		Export: func(ctx context.Context, person string) (items []privacy.Item, err error) {
			err = s.db.Each(ctx, func(scan func(dest ...any) error) error {
				var id, source string
				if err := scan(&id, &source); err != nil {
					return err
				}
				items = append(items, privacy.Item{ID: id, Fields: []privacy.Field{{Key: "vote.export.source", Value: source}}})
				return nil
			}, `select edition, source from budget_electors where person = ? and person <> '' order by edition`, person)
			return items, err
		},
		Erase: func(ctx context.Context, tx *db.Tx, person string) (int, error) {
			n, err := tx.Exec(ctx, `update budget_electors set person = '' where person = ? and person <> ''`, person)
			return int(n), err
		},
		Expired: func(ctx context.Context, r db.Reader, before time.Time) (n int, err error) {
			return n, r.Get(ctx, &n, `select count(*) from budget_electors where (person <> '' or mark <> '' or same_name <> '') and edition in `+old, before.Unix())
		},
		Sweep: func(ctx context.Context, tx *db.Tx, before time.Time, _ int) (int, error) {
			n, err := tx.Exec(ctx, `update budget_electors set person = '', mark = '', same_name = '', class = '' where (person <> '' or mark <> '' or same_name <> '') and edition in `+old, before.Unix())
			return int(n), err
		}}
}

// holdDeclared goes as a whole with the person; the place stays, nobody's.
func (s *Service) holdDeclared() privacy.Holding {
	h := holdRows("budget_declared", "declared", "edition")
	h.Withheld = ""
	h.Export = func(ctx context.Context, person string) (items []privacy.Item, err error) {
		var list []Declared
		if err := s.db.Select(ctx, &list, `select `+declaredColumns+` from budget_declared d where d.person = ? and d.person <> '' order by d.elector`, person); err != nil {
			return nil, err
		}
		for _, d := range list {
			plain, err := s.Keys.Unseal(declaredPurpose, declaredPlace(d.Edition, d.Elector), d.Sealed)
			if err != nil {
				return nil, err
			}
			items = append(items, privacy.Item{ID: string(d.Elector), At: time.Unix(d.At, 0), Fields: []privacy.Field{{Key: "vote.export.words", Value: string(plain)}}})
		}
		return items, nil
	}
	h.Erase = func(ctx context.Context, tx *db.Tx, person string) (rows int, err error) {
		n, err := tx.Exec(ctx, `delete from budget_declared where person = ? and person <> ''`, person)
		if err != nil {
			return 0, err
		}
		for _, column := range []string{"first", "second"} {
			k, err := tx.Exec(ctx, `update budget_declared set `+column+` = '' where `+column+` = ?`, person)
			if err != nil {
				return 0, err
			}
			n += k
		}
		return int(n), nil
	}
	return h
}

// holdNames is a table that names officers who acted in office.
func holdNames(table, name string, columns ...string) privacy.Holding {
	full := `(` + strings.Join(columns, ` <> '' or `) + ` <> '')`
	return privacy.Holding{Table: table, Title: "vote.holding." + name, Withheld: "vote.withheld.officers", Keeps: "vote.keeps.officers",
		Erase: func(ctx context.Context, tx *db.Tx, person string) (rows int, err error) {
			for _, c := range columns {
				n, err := tx.Exec(ctx, `update `+table+` set `+c+` = '' where `+c+` = ?`, person)
				if err != nil {
					return rows, err
				}
				rows += int(n)
			}
			return rows, nil
		},
		Expired: func(ctx context.Context, r db.Reader, before time.Time) (n int, err error) {
			return n, r.Get(ctx, &n, `select count(*) from `+table+` where `+full+` and edition in `+old, before.Unix())
		},
		Sweep: func(ctx context.Context, tx *db.Tx, before time.Time, _ int) (int, error) {
			n, err := tx.Exec(ctx, `update `+table+` set `+strings.Join(columns, ` = '', `)+` = '' where `+full+` and edition in `+old, before.Unix())
			return int(n), err
		}}
}

// holdRows is a table of which all rows of an edition go when the time is over.
func holdRows(table, name, column string) privacy.Holding {
	return privacy.Holding{Table: table, Title: "vote.holding." + name, Withheld: "vote.withheld.marks", Keeps: "vote.keeps.marks",
		Erase: func(context.Context, *db.Tx, string) (int, error) { return 0, nil },
		Expired: func(ctx context.Context, r db.Reader, before time.Time) (n int, err error) {
			return n, r.Get(ctx, &n, `select count(*) from `+table+` where `+column+` in `+old, before.Unix())
		},
		Sweep: func(ctx context.Context, tx *db.Tx, before time.Time, _ int) (int, error) {
			n, err := tx.Exec(ctx, `delete from `+table+` where `+column+` in `+old, before.Unix())
			return int(n), err
		}}
}

// holdRolls is the rows of rolls that wait; a job deletes them after a day.
func holdRolls() privacy.Holding {
	h := holdRows("budget_roll_rows", "roll_rows", "roll")
	const of = ` roll in (select l.id from budget_rolls l where l.edition in ` + old + `)`
	h.Expired = func(ctx context.Context, r db.Reader, before time.Time) (n int, err error) {
		return n, r.Get(ctx, &n, `select count(*) from budget_roll_rows where`+of, before.Unix())
	}
	h.Sweep = func(ctx context.Context, tx *db.Tx, before time.Time, _ int) (int, error) {
		n, err := tx.Exec(ctx, `delete from budget_roll_rows where`+of, before.Unix())
		return int(n), err
	}
	return h
}
