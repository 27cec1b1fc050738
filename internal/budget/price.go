package budget

import (
	"context"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// Price is what one unit of something costs. Whoever reckons a project takes it
// from the list instead of guessing; source and day say how much to trust it.
type Price struct {
	ID      string          `db:"id"`
	Edition EditionID       `db:"edition"`
	Name    string          `db:"name"`
	NameKey string          `db:"name_key"`
	Unit    string          `db:"unit"`
	Amount  int64           `db:"amount"` // grosze
	Source  string          `db:"source"`
	Day     string          `db:"day"` // YYYY-MM-DD on which it was seen
	NotedBy access.PersonID `db:"noted_by"`
	At      int64           `db:"at"`
}

const priceColumns = `c.id, c.edition, c.name, c.name_key, c.unit, c.amount, c.source, c.day, c.noted_by, c.at`

const (
	mostPrices = 300 // on the list of one edition, so that it is read whole
	mostUnits  = 9999
	mostUnit   = 40 // letters
)

// PricesHref is the price list of an edition.
func PricesHref(id EditionID) string { return Href(id) + "/cennik" }

// KeepsPrices returns nil when the actor may write the price list: whoever checks
// projects or runs the edition at its owner, in a school its secretary.
func (s *Service) KeepsPrices(ctx context.Context, who access.Actor, e Edition) error {
	if who.MayAt(ctx, access.BudgetCheck, e.Owner) == nil {
		return nil
	}
	return s.Runs(ctx, who, e)
}

// Prices is the price list of an edition by name.
func Prices(ctx context.Context, r db.Reader, id EditionID) (list []Price, err error) {
	return list, r.Select(ctx, &list, `select `+priceColumns+` from budget_prices c where c.edition = ? order by c.name_key, c.id limit ?`, id, mostPrices)
}

// PriceOf reads one price of an edition.
func PriceOf(ctx context.Context, r db.Reader, edition EditionID, id string) (p Price, err error) {
	if err := known(id); err != nil {
		return p, err
	}
	return p, r.Get(ctx, &p, `select `+priceColumns+` from budget_prices c where c.id = ? and c.edition = ?`, id, edition)
}

// NewPrice is a price as it was typed.
type NewPrice struct {
	Name, Unit, Amount, Source, Day string
}

// cleaned checks a price; one seen tomorrow was not seen.
func (n NewPrice) cleaned(today string) (p Price, err error) {
	p = Price{Name: line(n.Name), Unit: line(n.Unit), Source: line(n.Source), Day: n.Day}
	fields := needed(needed(needed(nil, "nazwa", p.Name, mostTitle), "jednostka", p.Unit, mostUnit), "zrodlo", p.Source, mostLine)
	ok := false
	if p.Amount, ok = ParseMoney(n.Amount); !ok {
		fields = append(fields, fault.Field{Name: "cena", Key: "budget.lack.amount"})
	}
	if dayStart(p.Day).IsZero() || p.Day > today {
		fields = append(fields, fault.Field{Name: "dzien", Key: "budget.lack.day_past"})
	}
	p.NameKey = i18n.SortKey(p.Name)
	return p, fault.InvalidFields(fields)
}

// AddPrice writes a price onto the list. Who may: see KeepsPrices.
func (s *Service) AddPrice(ctx context.Context, who access.Actor, id EditionID, n NewPrice) (err error) {
	defer fault.Wrap(&err, "add a price to edition %s", id)
	e, err := s.pricing(ctx, who, id)
	if err != nil {
		return err
	}
	p, err := n.cleaned(s.now().UTC().Format(time.DateOnly))
	if err != nil {
		return err
	}
	p.ID, p.Edition = newID(), id
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := roomFor(ctx, tx, id, 1); err != nil {
			return err
		}
		if err := s.insertPrice(ctx, tx, who, p); err != nil {
			return err
		}
		return s.recordPrice(ctx, tx, who, e, "price_add")
	})
}

func roomFor(ctx context.Context, r db.Reader, id EditionID, more int) error {
	var n int
	if err := r.Get(ctx, &n, `select count(*) from budget_prices c where c.edition = ?`, id); err != nil {
		return err
	}
	if n+more > mostPrices {
		return fault.New(fault.Conflict, "budget.fault.prices", "n", mostPrices)
	}
	return nil
}

func (s *Service) insertPrice(ctx context.Context, tx *db.Tx, who access.Actor, p Price) error {
	_, err := tx.Exec(ctx, `insert into budget_prices (id, edition, name, name_key, unit, amount, source, day, noted_by, at) values `+db.Marks(1, 10),
		p.ID, p.Edition, p.Name, p.NameKey, p.Unit, p.Amount, p.Source, p.Day, who.Person, s.now().Unix())
	return err
}

// pricing reads an edition whose price list the actor keeps.
func (s *Service) pricing(ctx context.Context, who access.Actor, id EditionID) (e Edition, err error) {
	if e, err = EditionByID(ctx, s.db, id); err != nil {
		return e, err
	}
	if err := s.KeepsPrices(ctx, who, e); err != nil {
		return e, err
	}
	if e.State.In(Canceled, Archived) {
		return e, fault.New(fault.Conflict, "budget.fault.state")
	}
	return e, nil
}

// DropPrice takes a price off the list. Projects that used it keep their costs.
func (s *Service) DropPrice(ctx context.Context, who access.Actor, id EditionID, price string) (err error) {
	defer fault.Wrap(&err, "drop price %s", price)
	e, err := s.pricing(ctx, who, id)
	if err != nil {
		return err
	}
	if _, err := PriceOf(ctx, s.db, id, price); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `delete from budget_prices where id = ? and edition = ?`, price, id); err != nil {
			return err
		}
		return s.recordPrice(ctx, tx, who, e, "price_drop")
	})
}

// CopyPrices takes over the list of the owner's edition before this one. Days
// stay as they were, so that everybody sees which prices are old. A list that has
// prices already is left alone: Conflict.
func (s *Service) CopyPrices(ctx context.Context, who access.Actor, id EditionID) (err error) {
	defer fault.Wrap(&err, "copy prices to edition %s", id)
	e, err := s.pricing(ctx, who, id)
	if err != nil {
		return err
	}
	list, err := s.pricesBefore(ctx, e)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return fault.New(fault.Conflict, "budget.fault.no_prices")
	}
	for n := range list {
		list[n].ID, list[n].Edition = newID(), id
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := roomFor(ctx, tx, id, mostPrices); err != nil {
			return err
		}
		for _, p := range list {
			if err := s.insertPrice(ctx, tx, who, p); err != nil {
				return err
			}
		}
		return s.recordPrice(ctx, tx, who, e, "price_copy")
	})
}

// pricesBefore is the list of the owner's latest edition made before this one
// that has a list.
func (s *Service) pricesBefore(ctx context.Context, e Edition) ([]Price, error) {
	var from []EditionID
	err := s.db.Select(ctx, &from, `select e.id from budget_editions e where e.owner = ? and e.id < ? and exists (select 1 from budget_prices c where c.edition = e.id)
		order by e.id desc limit 1`, e.Owner, e.ID)
	if err != nil || len(from) == 0 {
		return nil, err
	}
	return Prices(ctx, s.db, from[0])
}

func (s *Service) recordPrice(ctx context.Context, tx *db.Tx, who access.Actor, e Edition, deed string) error {
	return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "budget.edition." + deed, Object: "budget_edition", ObjectID: string(e.ID), Institution: string(e.Owner)}, s.now())
}
