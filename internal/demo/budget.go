package demo

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/budget/result"
	"kladka/internal/budget/vote"
	"kladka/internal/directory"
	"kladka/internal/platform/custody"
	"kladka/internal/platform/db"
	"kladka/internal/platform/events"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/web"
)

// budgets lets a school and an office ask their people what to spend money on:
// last time up to what was built, this time up to today. All of it goes the ways
// that people go, at the clock past, and is told to nobody.
type budgets struct {
	d      *db.DB
	people *access.Service
	world  World
	names  *names
	chance *rand.Rand
	small  bool // a world with few people, who fill few ballots
	made   int  // accounts so far

	now, past time.Time
	budget    *budget.Service
	votes     *vote.Service
	results   *result.Service
	keys      *custody.Service
}

// Budgets fills participatory budgets: two of a school, two of a city. A world
// without those who run them stays without.
func Budgets(ctx context.Context, d *db.DB, people *access.Service, more Modules, world World) (err error) {
	defer fault.Wrap(&err, "let the invented people decide about money")
	b := &budgets{d: d, people: people, world: world, names: newMaker(worldSeed + 5).newNames(), chance: rand.New(rand.NewPCG(worldSeed, 5)),
		small: len(openSchools(world)) < manySchools, now: more.Budget.Now()}
	b.travel(more)
	for _, happen := range []func(context.Context) error{b.school, b.city} {
		if err := happen(ctx); err != nil {
			return err
		}
	}
	return nil
}

// travel makes the services at the clock past. What happens there is an event on
// a bus that nobody listens to.
func (b *budgets) travel(more Modules) {
	now, quiet := func() time.Time { return b.past }, slog.New(slog.DiscardHandler)
	v := more.Votes.Config
	b.keys = custody.New(custody.Config{DB: b.d, Now: now, Keys: v.Keys, Catalog: v.Catalog})
	c := more.Budget.Config
	c.Now, c.Log, c.Tell, c.Bus = now, quiet, nil, events.NewBus(b.d, jobs.NewRegistry(), now)
	c.Ready = func(ctx context.Context, r db.Reader, e budget.Edition) ([]budget.Obstacle, error) {
		return b.votes.Ready(ctx, r, e)
	}
	b.budget = budget.New(c)
	v.Now, v.Log, v.Tell, v.Budget = now, quiet, nil, b.budget
	b.votes = vote.New(v)
	r := more.Results.Config
	r.Now, r.Log, r.Tell, r.Keys = now, quiet, nil, b.keys
	r.Editions, r.Box = result.Budget{Service: b.budget}, result.VoteBox{Votes: b.votes}
	b.results = result.New(r)
}

// midnight is the beginning of the day in so many days.
func (b *budgets) midnight(days int) time.Time {
	day := b.now.In(web.Warsaw)
	return time.Date(day.Year(), day.Month(), day.Day()+days, 0, 0, 0, 0, web.Warsaw)
}

// find finds those who act, each by the role, at one institution.
func (b *budgets) find(ctx context.Context, at access.InstitutionID, who map[access.Role]*access.Actor) error {
	for role, into := range who {
		var err error
		if *into, _, err = actorOf(ctx, b.people, b.world, role, at); err != nil {
			return err
		}
	}
	return nil
}

// engage gives an account to somebody for a role; nobody enters by it.
func (b *budgets) engage(ctx context.Context, role access.Role, at access.InstitutionID) (access.Actor, error) {
	name := b.names.draw(i18n.PL)
	b.made++
	id, err := b.people.AddPerson(ctx, access.System(), access.NewPerson{Name: name, Lang: i18n.PL, Roles: []access.Held{{Role: role, Institution: at}},
		Email: fmt.Sprintf("%s.%d@urzad.example", strings.ReplaceAll(i18n.Fold(name), " ", "."), b.made)})
	if err != nil {
		return access.Actor{}, err
	}
	return b.people.Actor(ctx, id)
}

// institution of the world by its id.
func (b *budgets) institution(id access.InstitutionID) (found directory.Institution) {
	for _, i := range b.world.Institutions {
		if i.ID == id {
			found = i
		}
	}
	return found
}

// poolID gives a pool the same address in every demo.
func poolID(n int) budget.PoolID {
	return budget.PoolID(fmt.Sprintf("01900000-0000-7000-8003-%012d", n))
}
