package result

import (
	"context"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/platform/custody"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Owner is how boxes of editions are called in package custody.
const Owner = "budget"

// BoxOf is the box of an edition.
func BoxOf(id budget.EditionID) custody.Box { return custody.Box{Owner: Owner, ID: string(id)} }

// RecountPath is where anybody counts a file of their own.
const RecountPath = budget.Path + "/przelicz"

// OpenHref is the page of the opening, ExportHref the sealed box as a file, Href that of an edition's results, PoolHref
// that of a pool, and below it the file of its ballots and the recount; ReceiptHref
// tells how a receipt is checked.
func OpenHref(id budget.EditionID) string    { return budget.Href(id) + "/liczenie" }
func ExportHref(id budget.EditionID) string  { return OpenHref(id) + "/urna" }
func Href(id budget.EditionID) string        { return budget.Href(id) + "/wyniki" }
func ReceiptHref(id budget.EditionID) string { return Href(id) + "/pokwitowanie" }
func PoolHref(id budget.EditionID, pool budget.PoolID) string {
	return Href(id) + "/" + string(pool)
}
func FileHref(id budget.EditionID, pool budget.PoolID) string {
	return PoolHref(id, pool) + "/glosy.pb"
}
func CountHref(id budget.EditionID, pool budget.PoolID) string {
	return PoolHref(id, pool) + "/przelicz"
}

// reads is the edition with its opening, for whoever may read it.
func (s *Service) reads(ctx context.Context, who access.Actor, id budget.EditionID) (e budget.Edition, o Opening, err error) {
	if e, err = s.Editions.ByID(ctx, s.db, id); err != nil {
		return e, o, err
	}
	if err = s.Editions.Sees(ctx, who, e); err != nil {
		return e, o, err
	}
	o, err = OpeningOf(ctx, s.db, id)
	return e, o, err
}

// runs is the same for whoever runs the edition.
func (s *Service) runs(ctx context.Context, who access.Actor, id budget.EditionID) (e budget.Edition, o Opening, err error) {
	if e, err = s.Editions.ByID(ctx, s.db, id); err != nil {
		return e, o, err
	}
	if err = s.Editions.Runs(ctx, who, e); err != nil {
		return e, o, err
	}
	o, err = OpeningOf(ctx, s.db, id)
	return e, o, err
}

// serves is runs for what is done with the votes themselves.
func (s *Service) serves(ctx context.Context, who access.Actor, id budget.EditionID) (e budget.Edition, o Opening, err error) {
	if e, o, err = s.runs(ctx, who, id); err != nil {
		return e, o, err
	}
	return e, o, s.Editions.Serves(ctx, who, access.BudgetRun, e)
}

// OpeningOf tells where the count of an edition stands; Sealed while nobody has
// begun. It does not ask who reads.
func OpeningOf(ctx context.Context, r db.Reader, id budget.EditionID) (o Opening, err error) {
	err = r.Get(ctx, &o, `select `+openingColumns+` from budget_openings where edition = ?`, id)
	if fault.KindOf(err) == fault.NotFound {
		return Opening{Edition: id, State: Sealed}, nil
	}
	return o, err
}
