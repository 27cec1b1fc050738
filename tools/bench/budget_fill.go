package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"kladka/internal/access"
	"kladka/internal/app"
	"kladka/internal/budget"
	"kladka/internal/budget/result"
	"kladka/internal/budget/tally"
	"kladka/internal/budget/vote"
	"kladka/internal/demo"
	"kladka/internal/platform/custody"
	"kladka/internal/platform/db"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/seal"
	"kladka/internal/platform/sheet"
	"kladka/internal/platform/web"
)

// How the edition of budgets is made: a city-wide pool with the projects of a
// real vote, and a second pool of few projects. It goes the way that editions go,
// by a clock of the house.

const (
	manyElectors  = 100_000 // on the roll
	manyVoters    = 20_000  // in the last minutes
	manyEnvelopes = 65_000
	secondPool    = 20 // projects
)

// smaller is what the numbers above are divided by: four where the database is another
// process, or what KLADKA_BENCH_PART says.
func smaller(e engine) int {
	if n, err := strconv.Atoi(os.Getenv("KLADKA_BENCH_PART")); err == nil && n > 0 {
		return n
	}
	if e.name != "SQLite" {
		return 4
	}
	return 1
}

// poll is a house with one edition whose vote is open.
type poll struct {
	*house
	ahead    *atomic.Int64 // how far the clock of the house is ahead, in nanoseconds
	election *tally.Election
	runner   access.Actor // runs the edition and keeps a share
	other    access.Actor // keeps another
	id       budget.EditionID
	edition  budget.Edition // as it is while people vote
	pool     budget.Pool    // of the city
	green    budget.Pool    // the second one
	order    []budget.ProjectID
	projects []budget.ProjectID // as they stand in the file
	shares   []seal.Share
	public   seal.Public
	unspent  []vote.ElectorID // of the roll, for whatever needs a right
}

// zloty is a minor unit of an election as grosze.
func zloty(e *tally.Election, m tally.Money) int64 {
	return m * int64(math.Pow10(2-e.Decimals))
}

func newPoll(ctx context.Context, t *table, e engine) (_ *poll, err error) {
	p := &poll{ahead: &atomic.Int64{}}
	_, file := cityFile()
	if p.election, err = tally.Parse(bytes.NewReader(file)); err != nil {
		return nil, err
	}
	d, dir, drop, err := e.open(ctx)
	if err != nil {
		return nil, err
	}
	p.house, err = openAt(ctx, d, dir, app.Settings{Demo: string(demo.Metropolis)}, func() time.Time { return time.Now().Add(time.Duration(p.ahead.Load())) }, func(h *house) error {
		return demo.Fill(ctx, h.db, h.app.Access(), h.app.Directory(), demo.Modules{Contacts: h.app.Networking()}, demo.Metropolis)
	})
	if err != nil {
		drop()
		return nil, err
	}
	stop := p.stop
	p.stop = func() { stop(); drop() }
	if err := p.begin(ctx, t, e); err != nil {
		p.stop()
		return nil, err
	}
	return p, nil
}

// day sets the clock of the house to so many days from today.
func (p *poll) day(n int) { p.ahead.Store(int64(n) * int64(24*time.Hour)) }

// begin makes the edition and opens its vote.
func (p *poll) begin(ctx context.Context, t *table, e engine) (err error) {
	if p.runner, _, err = p.as(ctx, access.BudgetOfficer); err != nil {
		return err
	}
	if p.other, _, err = p.as(ctx, access.AuthorityOfficer); err != nil {
		return err
	}
	p.runner.Fresh, p.other.Fresh = true, true
	if p.id, err = p.announce(ctx, "Budżet do pomiaru"); err != nil {
		return err
	}
	if err := p.propose(ctx); err != nil {
		return err
	}
	if err := p.takeRoll(ctx, t, e); err != nil {
		return err
	}
	p.day(-8)
	if err := p.app.Budget().Freeze(ctx, p.runner, p.id); err != nil {
		return err
	}
	if err := p.makeKey(ctx); err != nil {
		return err
	}
	if err := p.checkReady(ctx, t, e); err != nil {
		return err
	}
	p.day(0)
	if err := p.app.Budget().OpenDue(ctx); err != nil {
		return err
	}
	return p.read(ctx)
}

// announce makes an edition whose vote began a day ago, and publishes it.
func (p *poll) announce(ctx context.Context, title string) (id budget.EditionID, err error) {
	p.day(-90)
	s, now := p.app.Budget(), time.Now().In(web.Warsaw)
	id, err = s.AddEdition(ctx, p.runner, budget.NewEdition{Template: "krakow_2025", Owner: p.runner.Roles[0].Institution, Title: title, Year: now.Year()})
	if err != nil {
		return id, err
	}
	e, err := budget.EditionByID(ctx, p.db, id)
	if err != nil {
		return id, err
	}
	set, on := budget.SettingsOf(e), func(days int) string { return now.AddDate(0, 0, days).Format(time.DateOnly) }
	r := &set.Rules
	city, green := r.Pools[0], r.Pools[0]
	green.ID, green.No, green.Name = budget.PoolID(access.NewPersonID()), 2, "Zielone miasto"
	r.Pools, r.OpenPoints, r.Paper = []budget.Pool{city, green}, nil, false
	for n := range r.Pools {
		r.Pools[n].Budget, r.Pools[n].MinCost, r.Pools[n].MaxCost = zloty(p.election, p.election.Budget), 0, 0
	}
	r.Who.Sources = []budget.Source{budget.Roll, budget.Slips}
	r.Calendar = budget.Calendar{FilingFrom: on(-80), FilingTo: on(-60), CheckTo: on(-40), ProtestTo: on(-20), WithdrawTo: on(-20), DrawOn: on(-10),
		VoteFrom: now.AddDate(0, 0, -1).Unix(), VoteTo: now.Add(6 * time.Hour).Unix(), ResultsBy: on(20), ObjectTo: on(40), DeliveryBy: on(400)}
	if err := s.Change(ctx, p.runner, id, set); err != nil {
		return id, err
	}
	return id, s.Announce(ctx, p.runner, id)
}

// propose writes the projects of the real vote into the first pool, and some
// into the second.
func (p *poll) propose(ctx context.Context) (err error) {
	e, err := budget.EditionByID(ctx, p.db, p.id)
	if err != nil {
		return err
	}
	p.pool, p.green = e.Rules.Pools[0], e.Rules.Pools[1]
	var costs, few []int64
	for _, project := range p.election.Projects {
		costs = append(costs, zloty(p.election, project.Cost))
	}
	for n := range secondPool {
		few = append(few, int64(50_000_00+n*1000_00))
	}
	if p.projects, err = p.writeIn(ctx, p.id, p.pool.ID, costs); err != nil {
		return err
	}
	_, err = p.writeIn(ctx, p.id, p.green.ID, few)
	return err
}

// write puts accepted projects of the costs into the first pool of an edition.
func (p *poll) write(ctx context.Context, id budget.EditionID, costs []int64) ([]budget.ProjectID, error) {
	e, err := budget.EditionByID(ctx, p.db, id)
	if err != nil {
		return nil, err
	}
	return p.writeIn(ctx, id, e.Rules.Pools[0].ID, costs)
}

func (p *poll) writeIn(ctx context.Context, id budget.EditionID, pool budget.PoolID, costs []int64) (ids []budget.ProjectID, err error) {
	var rows [][]any
	for n, cost := range costs {
		project, title := budget.ProjectID(access.NewPersonID()), fmt.Sprintf("Zielone podwórko numer %d w %s", n+1, pool[len(pool)-4:])
		ids = append(ids, project)
		rows = append(rows, []any{project, access.NewPersonID(), id, pool, budget.ProjectAccepted, n + 1, title, i18n.SortKey(title), "Drzewa, ławki i woda.", "zieleń",
			"ulica Zielona " + fmt.Sprint(n+1), cost, 1, true, 1, 1})
	}
	return ids, p.db.Write(ctx, func(tx *db.Tx) error {
		return writeRows(ctx, tx, `insert into budget_projects (id, trace, edition, pool, state, number, title, title_key, words, category, place, cost, filed_at, checked, created_at, changed_at) values `, rows)
	})
}

// takeRoll reads a roll and puts it to use, as an officer and a job do.
func (p *poll) takeRoll(ctx context.Context, t *table, e engine) error {
	electors := manyElectors / smaller(e)
	sheetOf := &sheet.Table{Header: []string{"Imię i nazwisko", "Data urodzenia", "Adres zamieszkania"}}
	for n := range electors {
		sheetOf.Rows = append(sheetOf.Rows, sheet.Row{N: n + 2, Cells: []string{fmt.Sprintf("Osoba Numer%d", n), fmt.Sprintf("19%02d-%02d-%02d", 40+n%60, 1+n%12, 1+n%28), fmt.Sprintf("ul. Zielona %d", n/3+1)}})
	}
	v := p.app.Votes()
	edition, err := budget.EditionByID(ctx, p.db, p.id)
	if err != nil {
		return err
	}
	began := time.Now()
	plan, err := v.PlanRoll(ctx, edition, sheetOf)
	if err != nil {
		return err
	}
	if len(plan.Rows) != electors {
		return fmt.Errorf("the roll gave %d electors of %d", len(plan.Rows), electors)
	}
	roll, err := v.PutRoll(ctx, p.runner, edition, plan)
	if err != nil {
		return err
	}
	read := time.Since(began)
	if err := v.UseRoll(ctx, p.runner, p.id, roll); err != nil {
		return err
	}
	began = time.Now()
	err = p.run(ctx, "budget.vote.roll", struct {
		Edition budget.EditionID `json:"edition"`
		Roll    string           `json:"roll"`
	}{p.id, roll}, roll, v.Jobs)
	if err == nil {
		err = p.db.Select(ctx, &p.unspent, `select id from budget_electors where edition = ?`, p.id)
	}
	if err != nil || len(p.unspent) != electors {
		return fmt.Errorf("the roll was not put to use: %d electors: %w", len(p.unspent), err)
	}
	t.add(fmt.Sprintf("%s: roll of %d electors read, put to use by the job", e.name, electors), seconds(read)+", "+seconds(time.Since(began)), "–")
	return nil
}

// run does a job that waits. It is ordered for a time before the first of all
// clocks and run there, so that no other job is touched.
func (p *poll) run(ctx context.Context, kind string, order any, unique string, register func(*jobs.Registry)) error {
	const hour = 3600
	err := p.db.Write(ctx, func(tx *db.Tx) error {
		_, err := jobs.Enqueue(ctx, tx, kind, order, jobs.Unique(unique), jobs.At(time.Unix(-2*hour, 0)))
		return err
	})
	if err != nil {
		return err
	}
	registry := jobs.NewRegistry()
	register(registry)
	return jobs.NewRunner(p.db, registry, func() time.Time { return time.Unix(-hour, 0) }, quiet).Drain(ctx)
}

func (p *poll) act(who access.Actor, runs bool) custody.Act {
	return custody.Act{By: who.By(), Box: vote.KeyBox(p.id), Institution: string(p.runner.Roles[0].Institution), Runs: runs}
}

// makeKey has the key made and tried; the third share is in deposit.
func (p *poll) makeKey(ctx context.Context) (err error) {
	keys := p.app.Custody()
	if p.shares, err = keys.Make(ctx, p.act(p.runner, true), []string{string(p.runner.Person), string(p.other.Person)}, false); err != nil {
		return err
	}
	for n, who := range []access.Actor{p.runner, p.other} {
		if _, err := keys.Try(ctx, p.act(who, false), p.shares[n].Text()); err != nil {
			return err
		}
	}
	return keys.Confirm(ctx, p.act(p.runner, true), p.shares[2].Text())
}

// checkReady measures what keeps the vote from opening: nothing, after a look at
// the rights of every pool.
func (p *poll) checkReady(ctx context.Context, t *table, e engine) error {
	edition, err := budget.EditionByID(ctx, p.db, p.id)
	if err != nil {
		return err
	}
	const times = 50
	began := time.Now()
	for range times {
		list, err := p.app.Budget().Obstacles(ctx, p.db, edition)
		if err != nil || len(list) > 0 {
			return fmt.Errorf("obstacles: %v, %w", list, err)
		}
	}
	t.add(fmt.Sprintf("%s: obstacles before the opening, %d electors", e.name, len(p.unspent)), fmt.Sprintf("%.2f ms", float64((time.Since(began)/times).Microseconds())/1000), "–")
	return nil
}

// read reads the edition whose vote is open.
func (p *poll) read(ctx context.Context) (err error) {
	if p.edition, err = budget.EditionByID(ctx, p.db, p.id); err != nil {
		return err
	}
	if p.edition.State != budget.Voting {
		return errors.New("the vote did not open")
	}
	p.pool, p.green = p.edition.Rules.Pools[0], p.edition.Rules.Pools[1]
	if p.order, err = p.orderOf(ctx, p.pool.ID); err != nil {
		return err
	}
	key, err := custody.Read(ctx, p.db, vote.KeyBox(p.id))
	p.public = key.Public
	return err
}

func (p *poll) orderOf(ctx context.Context, pool budget.PoolID) (order []budget.ProjectID, err error) {
	list, err := budget.OnBallot(ctx, p.db, p.id, pool)
	slices.SortFunc(list, func(a, b budget.BallotProject) int { return cmp.Compare(a.Order, b.Order) })
	for _, project := range list {
		order = append(order, project.ID)
	}
	return order, err
}

// choice is what the n-th voter of the real vote chose.
func (p *poll) choice(n int) (c budget.Choice) {
	places, _ := p.election.Ballot(n % p.election.Voters())
	for i, at := range places {
		if i < len(p.pool.Ballot.Points) {
			c.Picks = append(c.Picks, budget.Pick{Project: p.projects[at], Points: p.pool.Ballot.Points[i]})
		}
	}
	return c
}

// seals closes so many envelopes, on all processors.
func (p *poll) seals(pool budget.Pool, order []budget.ProjectID, n int, choose func(n int) budget.Choice) ([][]byte, error) {
	sealed, errs := make([][]byte, n), make([]error, runtime.GOMAXPROCS(0))
	var all sync.WaitGroup
	for w := range errs {
		all.Go(func() {
			for i := w; i < n && errs[w] == nil; i += len(errs) {
				body, err := pool.Encode(choose(i), order)
				if err == nil {
					sealed[i], err = p.public.Seal(budget.Info(p.edition, pool.ID), pool.SizeFor(len(order)), body)
				}
				errs[w] = err
			}
		})
	}
	all.Wait()
	return sealed, errors.Join(errs...)
}

// fillBox brings the envelopes of the city up to so many, with rights of the roll.
func (p *poll) fillBox(ctx context.Context, envelopes int) error {
	there := 0
	if err := p.db.Get(ctx, &there, `select count(*) from budget_envelopes where edition = ? and pool = ?`, p.id, p.pool.ID); err != nil {
		return err
	}
	if there >= envelopes {
		return fmt.Errorf("%d envelopes in the box", there)
	}
	sealed, err := p.seals(p.pool, p.order, envelopes-there, p.choice)
	if err != nil {
		return err
	}
	voters := p.rights(len(sealed))
	for from := 0; from < len(sealed); from += 1000 {
		err := p.db.Write(ctx, func(tx *db.Tx) error {
			for i := from; i < min(from+1000, len(sealed)); i++ {
				one := vote.Ballot{Pool: p.pool.ID, Elector: voters[i], Way: vote.Online, Envelope: vote.NewEnvelope()}
				if err := vote.Put(ctx, tx, p.id, one, "", sealed[i]); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// rights takes electors of the roll that nobody has used.
func (p *poll) rights(n int) (list []vote.ElectorID) {
	list, p.unspent = p.unspent[:n], p.unspent[n:]
	return list
}

// closeVote brings the clock behind the last hour, and the two minutes in which
// votes that came in time may still be written.
func (p *poll) closeVote(ctx context.Context) error {
	p.ahead.Store(int64(7 * time.Hour))
	return p.app.Budget().CloseDue(ctx)
}

// open brings two shares.
func (p *poll) open(ctx context.Context) (run *result.Run, err error) {
	for n, who := range []access.Actor{p.runner, p.other} {
		if run, err = p.app.Results().Bring(ctx, who, p.id, p.shares[n].Text()); err != nil {
			return nil, err
		}
	}
	if run == nil {
		return nil, errors.New("two shares were brought, and a third is awaited")
	}
	return run, nil
}

// count runs the count, which waits as a job, and checks that it was published.
func (p *poll) count(ctx context.Context) error {
	err := p.run(ctx, "budget.count", struct {
		Edition budget.EditionID `json:"edition"`
	}{p.id}, string(p.id), p.app.Results().Jobs)
	if err != nil {
		return err
	}
	e, err := budget.EditionByID(ctx, p.db, p.id)
	if err == nil && e.State != budget.Counted {
		err = fmt.Errorf("the edition is %s and not counted", e.State)
	}
	return err
}
