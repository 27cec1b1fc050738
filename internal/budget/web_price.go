package budget

import (
	"context"
	"net/http"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

func (s *Service) priceRoutes(sh *web.Shell) {
	one := Path + "/{id}/cennik"
	keep := access.CanAny(access.BudgetCheck, access.BudgetRun)
	sh.Handle("GET "+one, web.Public, s.getPrices)
	sh.Handle("POST "+one, keep, s.postPrice, web.Idempotent())
	sh.Handle("POST "+one+"/usun", keep, s.postPriceDeed("price_gone", func(ctx context.Context, who access.Actor, id EditionID, r *web.Request) error {
		return s.DropPrice(ctx, who, id, r.Value("cena"))
	}))
	sh.Handle("POST "+one+"/przejmij", keep, s.postPriceDeed("prices_copied", func(ctx context.Context, who access.Actor, id EditionID, _ *web.Request) error {
		return s.CopyPrices(ctx, who, id)
	}), web.Idempotent())
}

// pricesPage is the price list of an edition. With a project of the reader's own
// each price can be taken into its costs.
type pricesPage struct {
	web.Page
	Of    Edition
	Rows  []priceLine
	Keeps bool
	Older int    // prices of the edition before, which can be taken over
	Take  string // address of the form of costs, "" when no project takes them
	Again func(name string) string
	Next  web.Step
}

type priceLine struct{ ID, Name, Unit, Amount, Source, Day string }

// choices are the prices as a field offers them.
func (p pricesPage) choices() (list []web.Choice) {
	for _, c := range p.Rows {
		list = append(list, web.Choice{Value: c.ID, Label: c.Name + " – " + p.T("budget.prices.each", "amount", c.Amount, "unit", c.Unit)})
	}
	return list
}

func (s *Service) getPrices(w http.ResponseWriter, r *web.Request) error {
	return s.showPrices(w, r, nil)
}

func (s *Service) showPrices(w http.ResponseWriter, r *web.Request, refusal error) error {
	ctx, who, l := r.Context(), access.ActorOf(r.Request), r.L
	e, err := s.editionRead(ctx, who, EditionID(r.PathValue("id")))
	if err != nil {
		return err
	}
	p := pricesPage{Page: r.Page(w, l.T("budget.prices.title"), crumbsOf(l, e)...).WithErrors(refusal), Of: e, Again: func(string) string { return "" },
		Next: web.Step{What: l.T("budget.prices.next"), Who: l.T("budget.prices.next_who"), Href: costHelpHref(e.ID, "")}}
	p.NoIndex = true
	if refusal != nil {
		p.Again = r.Value
	}
	list, err := Prices(ctx, s.db, e.ID)
	if err != nil {
		return err
	}
	for _, c := range list {
		p.Rows = append(p.Rows, priceLine{ID: c.ID, Name: c.Name, Unit: c.Unit, Amount: Money(l, c.Amount), Source: c.Source, Day: dayText(l, c.Day)})
	}
	if p.Keeps = s.KeepsPrices(ctx, who, e) == nil && !e.State.In(Canceled, Archived); p.Keeps && len(list) == 0 {
		older, err := s.pricesBefore(ctx, e)
		if err != nil {
			return err
		}
		p.Older = len(older)
	}
	if p.Take, err = s.takes(ctx, who, e, ProjectID(r.Value("projekt"))); err != nil {
		return err
	}
	if p.Take != "" {
		p.Next.Href = p.Take
	}
	return r.RenderStatus(w, statusOf(refusal), pricesView(p))
}

// takes is the form of costs of an own project of the edition that can be
// written now, "" when there is none such.
func (s *Service) takes(ctx context.Context, who access.Actor, e Edition, id ProjectID) (string, error) {
	if id == "" {
		return "", nil
	}
	p, _, err := s.own(ctx, who, id)
	switch k := fault.KindOf(err); {
	case err != nil && (k == fault.NotFound || k == fault.Forbidden):
		return "", nil
	case err != nil:
		return "", err
	}
	if p.Edition != e.ID || s.editable(p, e) != nil {
		return "", nil
	}
	return writingHref(p.ID, stageCost), nil
}

func (s *Service) postPrice(w http.ResponseWriter, r *web.Request) error {
	id := EditionID(r.PathValue("id"))
	err := s.AddPrice(r.Context(), access.ActorOf(r.Request), id, NewPrice{Name: r.Value("nazwa"), Unit: r.Value("jednostka"), Amount: r.Value("cena"), Source: r.Value("zrodlo"), Day: r.Value("dzien")})
	if invalid(err) {
		return s.showPrices(w, r, err)
	}
	if err != nil {
		return err
	}
	return done(w, r, "price_kept", PricesHref(id))
}

func (s *Service) postPriceDeed(notice string, do func(ctx context.Context, who access.Actor, id EditionID, r *web.Request) error) web.Handler {
	return func(w http.ResponseWriter, r *web.Request) error {
		id := EditionID(r.PathValue("id"))
		if err := do(r.Context(), access.ActorOf(r.Request), id, r); err != nil {
			return err
		}
		return done(w, r, notice, PricesHref(id))
	}
}

// typedItem is a cost as the form shows it.
type typedItem struct{ Name, Amount, Source string }

// fromPrices is the cost that the address asks to be filled in from the price
// list; the zero one when it asks for none.
func (s *Service) fromPrices(r *web.Request, edition EditionID) (t typedItem, err error) {
	id := r.Value("cennik")
	if id == "" {
		return t, nil
	}
	p, err := PriceOf(r.Context(), s.db, edition, id)
	if fault.KindOf(err) == fault.NotFound {
		return t, nil // taken off the list meanwhile
	}
	if err != nil {
		return t, err
	}
	units := min(max(typedNumber(r.Value("ile")), 1), mostUnits)
	return typedItem{Name: r.L.T("budget.prices.taken", "name", p.Name, "n", r.L.Number(units), "unit", p.Unit), Amount: typed(p.Amount * int64(units)),
		Source: r.L.T("budget.prices.source", "source", p.Source, "day", dayText(r.L, p.Day))}, nil
}
