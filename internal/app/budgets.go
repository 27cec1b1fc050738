package app

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/budget/result"
	"kladka/internal/budget/vote"
	"kladka/internal/platform/custody"
	"kladka/internal/platform/db"
	"kladka/internal/platform/events"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/secrets"
	"kladka/internal/platform/trace"
	"kladka/internal/platform/web"
)

// Here participatory budgets meet their votes: an edition asks whether its vote
// may open, the box gives its envelopes to the count, the count settles projects.

// deciding makes these services.
func (m *modules) deciding(d *db.DB, set Settings, keys *secrets.Keys, log *slog.Logger, now func() time.Time) {
	m.custody = custody.New(custody.Config{DB: d, Now: now, Keys: keys, Names: names{m.access, m.directory}, Catalog: m.catalog})
	m.budget = budget.New(budget.Config{DB: d, Now: now, Log: log, Catalog: m.catalog, People: m.access, Directory: m.directory, Law: m.law,
		Bus: m.bus, Files: m.files, Tell: m.notify.Tell, Links: m.budgetLinks, Touch: touches(budget.SearchName), Base: set.Base,
		Figures: func(ctx context.Context, l *i18n.L, e budget.Edition, p budget.PoolID) (budget.Figures, error) {
			return m.results.Figures(ctx, l, e, p)
		},
		Why: func(ctx context.Context, l *i18n.L, who access.Actor, p budget.Project) (web.Reason, string, bool, error) {
			return m.results.WhyWon(ctx, l, who, p)
		},
		Ready: func(ctx context.Context, r db.Reader, e budget.Edition) ([]budget.Obstacle, error) {
			return m.votes.Ready(ctx, r, e)
		},
		Due: func(ctx context.Context, r db.Reader, e budget.Edition) ([]budget.Obstacle, error) {
			return m.votes.Due(ctx, r, e)
		}})
	votes := vote.Config{DB: d, Now: now, Log: log, Catalog: m.catalog, Keys: keys, Budget: m.budget, People: m.access,
		Classes: m.directory, Law: m.law, Base: set.Base, Tell: m.notify.Tell}
	if set.Identity != nil { // an interface that holds a nil pointer is not nil
		votes.Identity = set.Identity
	}
	m.votes = vote.New(votes)
	m.results = result.New(result.Config{DB: d, Now: now, Log: log, Catalog: m.catalog, People: m.access, Editions: result.Budget{Service: m.budget},
		Box: result.VoteBox{Votes: m.votes}, Keys: m.custody, Tell: m.notify.Tell})
	m.search.Declare(m.budget.SearchKind(rankBudgets))
	m.results.Subscribe(m.bus)
	events.On(m.bus, "budget.vote.boxes", func(ctx context.Context, e budget.VoteClosed, _ events.Meta) error { return m.votes.VoteClosed(ctx, e) })
}

// budgetLinks are the pages of an edition's vote and count that the reader may
// open now: they are a runner's menu.
func (m *modules) budgetLinks(ctx context.Context, r *web.Request, e budget.Edition) (links []web.Link, err error) {
	who := access.ActorOf(r.Request)
	may := func(list ...access.Permission) bool {
		return slices.ContainsFunc(list, func(p access.Permission) bool { return m.budget.Serves(ctx, who, p, e) == nil })
	}
	add := func(may bool, key, href string) {
		if may {
			links = append(links, web.Link{Text: r.L.T("budgets.link." + key), Href: href})
		}
	}
	serves := may(access.BudgetRun, access.BudgetDesk)
	before := e.State.In(budget.Published, budget.Frozen, budget.Voting)
	add(serves && before, "electors", vote.Href(e.ID))
	add(serves && before && e.Rules.Who.Has(budget.Slips), "slips", vote.SlipsHref(e.ID))
	add(may(access.BudgetRun, access.BudgetKeep) && e.State.In(budget.Frozen, budget.Voting, budget.Closed), "key", vote.KeyHref(e.ID))
	add(may(access.BudgetDesk) && e.Rules.Paper && e.State.In(budget.Frozen, budget.Voting, budget.Closed), "paper", vote.PaperHref(e.ID))
	after := e.State.In(budget.Closed, budget.Counted, budget.Final, budget.Archived)
	add(after, "box", vote.BoxHref(e.ID))
	add(after, "count", result.OpenHref(e.ID))
	return links, nil
}

// budgetRoutes opens their doors.
func (m *modules) budgetRoutes() {
	m.budget.Routes(m.shell)
	m.votes.Routes(m.shell)
	m.votes.CastRoutes(m.shell)
	m.votes.CeremonyRoutes(m.shell, m.custody)
	m.votes.PaperRoutes(m.shell)
	m.results.Routes(m.shell)
}

// budgetThing is a project, to those who may read it.
func (a *App) budgetThing(r *web.Request, t trace.Thing) (thing, error) {
	if strings.HasPrefix(t.Kind, "budget.edition.") {
		e, err := budget.EditionByID(r.Context(), a.db, budget.EditionID(t.ID))
		if err == nil {
			err = a.budget.Sees(r.Context(), access.ActorOf(r.Request), e)
		}
		return thing{Text: e.Title, Href: budget.Href(e.ID)}, err
	}
	p, _, err := a.budget.SeesProject(r.Context(), access.ActorOf(r.Request), budget.ProjectID(t.ID))
	return thing{Text: p.Title, Href: budget.ProjectHref(p.ID)}, err
}

// Budget, Votes and Results are for the demo and the command line.
func (a *App) Budget() *budget.Service { return a.budget }

// Votes keeps who may vote, and the box.
func (a *App) Votes() *vote.Service { return a.votes }

// Results opens the box and counts.
func (a *App) Results() *result.Service { return a.results }

// Custody keeps order among those who keep keys.
func (a *App) Custody() *custody.Service { return a.custody }
