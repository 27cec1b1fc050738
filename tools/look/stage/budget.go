package stage

import (
	"context"
	"fmt"
	"time"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/budget/vote"
	"kladka/internal/testkit/browser"
)

// What pages of budgets are looked at: the city's and the school's that are
// over, the city's for which projects are filed, the school's that is voted about.
const (
	cityOver   = `(select id from budget_editions where kind = 'city' and state = 'final')`
	cityFiling = `(select id from budget_editions where kind = 'city' and state = 'published')`
	schoolVote = `(select id from budget_editions where kind = 'school' and state = 'voting')`
	poolOver   = `(select min(pool) from budget_counts where edition = ` + cityOver + `)`
)

// elections are what every demo has of budgets.
func elections() map[string]thing {
	in := func(query string) string { return `select ` + cityOver + ` || '/wyniki/' || ` + query }
	project := func(state, edition string) thing {
		return thing{budget.ProjectPath + "/", `select min(id) from budget_projects where state = '` + state + `' and edition = ` + edition, nil}
	}
	list := map[string]thing{
		"budget-over": {budget.Path + "/", `select ` + cityOver, map[string]string{"results": "/wyniki", "receipt": "/wyniki/pokwitowanie", "count": "/liczenie", "box": "/urna", "draw": "/losowanie",
			"delivered": "/realizacja", "lesson": "/lekcja", "electors": "/uprawnienia", "key": "/klucz", "slips": "/kartki", "slip-box": "/kartki/1", "paper": "/papier",
			"paper-form": "/papier/oswiadczenie", "paper-withdraw": "/papier/cofniecie", "batches": "/papier/partie", "batch": "/papier/partie/1"}},
		"budget-now": {budget.Path + "/", `select ` + cityFiling, map[string]string{"rules": "/zasady", "prices": "/cennik", "projects": "/projekty", "project-new": "/projekty/nowy", "checks": "/oceny",
			"settings": "/ustawienia", "calendar": "/ustawienia/kalendarz", "excludes": "/ustawienia/wykluczenia", "cancel": "/odwolaj"}},
		"budget-voting": {budget.Path + "/", `select ` + schoolVote, map[string]string{"vote": "/glosowanie", "classes": "/uprawnienia/klasy", "key": "/klucz", "slips": "/kartki", "thaw": "/odmroz",
			"projects": "/projekty"}},
		"budget-ballot":      {budget.Path + "/", `select min(edition || '/glosowanie/' || pool) from budget_rights where edition = ` + schoolVote, map[string]string{"change": "/zmiana"}},
		"budget-class":       {budget.Path + "/", `select min(edition || '/uprawnienia/klasy/' || class) from budget_electors where class <> '' and edition = ` + schoolVote, nil},
		"budget-pool":        {budget.Path + "/", in(poolOver), map[string]string{"again": "/przelicz", "steps": "/krok-po-kroku", "compare": "/porownanie"}},
		"budget-why":         {budget.Path + "/", in(`(select pool || '/dlaczego/' || min(id) from budget_projects where state = 'lost' and pool = ` + poolOver + ` group by pool)`), nil},
		"budget-paper-line":  {budget.Path + "/", `select ` + cityOver + ` || '/papier/karta/' || ` + poolOver, nil},
		"project-draft":      project("draft", cityFiling),
		"project-support":    project("support_pending", cityFiling),
		"project-checked":    project("merit_check", cityFiling),
		"project-protested":  project("protested", cityFiling),
		"project-accepted":   project("accepted", cityFiling),
		"project-delivered":  project("delivered", cityOver),
		"project-campaigned": {budget.ProjectPath + "/", `select min(project) from budget_campaigns`, nil},
	}
	for name, tails := range map[string]map[string]string{
		"project-draft":      {"idea": "/edycja/pomysl", "place": "/edycja/miejsce", "cost": "/edycja/koszt", "send": "/edycja/wyslij"},
		"project-support":    {"list": "/poparcie"},
		"project-checked":    {"check": "/ocena"},
		"project-protested":  {"protest": "/protest", "check": "/ocena"},
		"project-accepted":   {"merge": "/polaczenie"},
		"project-delivered":  {"news": "/realizacja"},
		"project-campaigned": {"campaign": "/kampania"},
	} {
		one := list[name]
		one.tails = tails
		list[name] = one
	}
	return list
}

// elect furnishes the pages of budgets: a draft, a city that takes electors from
// a sheet and by their own words, and a slip for the vote that goes on.
func (h House) elect(ctx context.Context, site *browser.Site) error {
	if err := h.findThings(ctx, site, elections()); err != nil {
		return err
	}
	runner, err := h.as(ctx, site, access.BudgetOfficer)
	if err != nil {
		return err
	}
	draft := budget.NewEdition{Template: "krakow_2025", Owner: placeOf(runner, access.BudgetOfficer), Title: "Szkic: budżet na kolejny rok", Year: time.Now().Year() + 2}
	id, err := h.Budget().AddEdition(ctx, runner, draft)
	if err != nil {
		return err
	}
	site.Paths["budget-draft"], site.Paths["budget-draft-settings"] = budget.Href(id), budget.SettingsHref(id)
	e, err := budget.EditionByID(ctx, h.DB(), id)
	if err != nil {
		return err
	}
	site.Paths["budget-draft-amounts"] = budget.AmountsHref(id)
	site.Paths["budget-draft-pool"] = budget.PoolHref(id, e.Rules.Pools[1].ID)
	if err := h.declare(ctx, site, runner); err != nil {
		return err
	}
	head, err := h.as(ctx, site, access.SchoolHead)
	if err != nil {
		return err
	}
	going, err := h.one(ctx, `select `+schoolVote)
	if err != nil {
		return err
	}
	_, codes, err := h.Votes().Print(ctx, head, budget.EditionID(going), 1, "")
	if err == nil {
		site.Slip = codes[0].Letters()
	}
	return err
}

// declare has an office take electors from a sheet as well as by their own words,
// and a resident say that they may vote.
func (h House) declare(ctx context.Context, site *browser.Site, runner access.Actor) error {
	now, err := h.one(ctx, `select `+cityFiling)
	if err != nil {
		return err
	}
	like, err := budget.EditionByID(ctx, h.DB(), budget.EditionID(now))
	if err != nil {
		return err
	}
	id, err := h.Budget().AddEdition(ctx, runner, budget.NewEdition{Template: "krakow_2025", Owner: like.Owner, Title: "Budżet młodzieżowy", Words: "Głosują osoby ze spisu i te, które złożą oświadczenie.", Year: like.Year})
	if err != nil {
		return err
	}
	e, err := budget.EditionByID(ctx, h.DB(), id)
	if err != nil {
		return err
	}
	set := budget.SettingsOf(e)
	set.Rules = like.Rules
	set.Rules.Pools = set.Rules.Pools[:1]
	set.Rules.Who.Sources, set.Rules.Who.Self = []budget.Source{budget.Roll, budget.Self}, budget.SelfLimits{PerAddress: 4, PerMailbox: 2, DrawnShare: 100}
	if err := h.Budget().Change(ctx, runner, id, set); err != nil {
		return err
	}
	if err := h.Budget().Announce(ctx, runner, id); err != nil {
		return err
	}
	resident, err := h.as(ctx, site, access.Resident)
	if err != nil {
		return err
	}
	elector, err := h.Votes().Declare(ctx, resident, id, vote.Identity{Name: "Barbara Wierzbowska", Born: "1971-03-08", Address: "Kasztanowa 5/2"}, "", true)
	if err != nil {
		return fmt.Errorf("a resident declares a right: %w", err)
	}
	if _, err := h.Votes().DrawSample(ctx, runner, id); err != nil {
		return err
	}
	own := vote.Href(id)
	site.Paths["budget-roll"], site.Paths["budget-declared"], site.Paths["budget-own"] = own+"/spis", own+"/oswiadczenia", vote.OwnHref(id)
	site.Paths["budget-declaration"], site.Paths["budget-desk"] = own+"/oswiadczenia/"+string(elector), own+"/stanowisko"
	return nil
}
