package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strconv"
	"time"

	"kladka/internal/access"
	"kladka/internal/agreements"
	"kladka/internal/agreements/ledger"
	"kladka/internal/agreements/plan"
	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/training"
)

// Pages that read the ledger are measured whole, through all of the program, as
// a stranger gets them: over a ledger of a million facts against one of ten
// thousand, by turns. The ledgers are made by the program's own services over
// the demo; the facts are written straight into their tables and then counted
// by Rebuild.

const fewFacts = 10_000

// manyFacts is a million, or what KLADKA_BENCH_FACTS says.
func manyFacts() int {
	if n, err := strconv.Atoi(os.Getenv("KLADKA_BENCH_FACTS")); err == nil {
		return n
	}
	return 1_000_000
}

// together measures what issue 7 asks for.
func together(ctx context.Context, t *table) error {
	for _, e := range engines() {
		for _, f := range []func(context.Context, *table, engine) error{evidence, replies} {
			if err := f(ctx, t, e); err != nil {
				return err
			}
		}
	}
	return figures(ctx, t, []string{"KLADKA_TALK_SPEED=1"}, "./internal/networks/talk")
}

// evidence measures the pages over two ledgers, and taking a fact beside them.
func evidence(ctx context.Context, t *table, e engine) error {
	few, err := newArchive(ctx, t, e, fewFacts)
	if err != nil {
		return err
	}
	defer few.stop()
	many, err := newArchive(ctx, t, e, manyFacts())
	if err != nil {
		return err
	}
	defer many.stop()
	stop, err := profiled(e.name)
	if err != nil {
		return err
	}
	defer stop()
	if err := indicatorPages(t, e, few, many); err != nil {
		return err
	}
	year := directory.SchoolYear(time.Now()) - 1
	for _, p := range []struct {
		name, aim string
		path      func(a *archive) string
	}{
		{"public page of the agreement", "50 ms", func(a *archive) string { return agreements.Href(a.agreement) }},
		{"joint activities of an area", "50 ms", func(a *archive) string { return agreements.Href(a.agreement) + "/obszar/" + a.areas[0] }},
		{"public page of the plan", "50 ms", func(a *archive) string { return plan.Href(a.plan) }},
		{"an action of the plan", "50 ms", func(a *archive) string { return plan.ActionHref(plan.ActionID(a.actions[0])) }},
		{"sheet of a municipality", "50 ms", func(a *archive) string { return plan.TownHref(a.towns[0]) }},
		{"sheet of a village", "50 ms", func(a *archive) string { return plan.TownHref(a.towns[len(a.towns)-1]) }},
		{"yearly report of the agreement", "2 s", func(a *archive) string { return a.report(year, "") }},
		{"yearly report of the agreement, PDF", "2 s", func(a *archive) string { return a.report(year, ".pdf") }},
		{"yearly report of the agreement, sheet", "2 s", func(a *archive) string { return a.report(year, ".xlsx") }},
		{"yearly report of the plan", "2 s", func(a *archive) string { return plan.ReportHref(a.plan, year) }},
		{"yearly report of the plan, PDF", "2 s", func(a *archive) string { return plan.ReportHref(a.plan, year) + ".pdf" }},
		{"yearly report of the plan, sheet", "2 s", func(a *archive) string { return plan.ReportHref(a.plan, year) + ".xlsx" }},
	} {
		small, large, err := compared(few, many, p.path)
		if err != nil {
			return err
		}
		t.add(e.name+": "+p.name+", "+sizes(), fmt.Sprintf("%.2fx (%s / %s)", ratioOf(large, small), ms(large[0]), ms(small[0])), p.aim)
	}
	return takes(ctx, t, e, few, many)
}

func sizes() string { return fmt.Sprintf("%d / %d facts", manyFacts(), fewFacts) }

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }

// indicatorPages measures the page of every indicator and tells of the one that
// costs most, and of the one that grows most.
func indicatorPages(t *table, e engine, few, many *archive) error {
	var dearest, grown string
	var most time.Duration
	var ratio float64
	for n, formula := range few.formulas {
		page := func(a *archive) string { return plan.IndicatorHref(a.indicators[n]) }
		small, large, err := compared(few, many, page)
		if err != nil {
			return err
		}
		r := ratioOf(large, small)
		if r > 1.4 { // the worst of forty is mostly noise: look again, longer
			if small, large, err = comparedFor(41, few, many, page); err != nil {
				return err
			}
			r = ratioOf(large, small)
		}
		said := fmt.Sprintf("%.2fx (%s / %s, %s)", r, ms(large[0]), ms(small[0]), cmp.Or(formula, "entered"))
		if large[0] > most {
			most, dearest = large[0], said
		}
		if r > ratio {
			ratio, grown = r, said
		}
	}
	t.add(e.name+": page of an indicator, the dearest, "+sizes(), dearest, "2x, 50 ms")
	t.add(e.name+": page of an indicator, the one that grows most", grown, "2x, 50 ms")
	return nil
}

// compared is what a page costs in both archives, by turns.
func compared(few, many *archive, path func(*archive) string) (small, large []time.Duration, err error) {
	return comparedFor(9, few, many, path)
}

func comparedFor(rounds int, few, many *archive, path func(*archive) string) (small, large []time.Duration, err error) {
	return alternating(rounds, func() (time.Duration, error) { return few.serve(path(few)) }, func() (time.Duration, error) { return many.serve(path(many)) })
}

// serve is the time of the server for one of some requests of a stranger; the
// first goes uncounted.
func (a *archive) serve(path string) (time.Duration, error) {
	const requests = 5
	clock := clockOf(a.db)
	var began time.Duration
	for n := range requests + 1 {
		if n == 1 {
			began = clock()
		}
		w := httptest.NewRecorder()
		a.app.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://127.0.0.1:8080"+path, nil))
		if w.Code != http.StatusOK {
			return 0, fmt.Errorf("%s: %d", path, w.Code)
		}
	}
	return (clock() - began) / requests, nil
}

// takes measures taking a fact beside few and many, and a transaction that
// writes one row and nothing else.
func takes(ctx context.Context, t *table, e engine, few, many *archive) error {
	var bare, beside []time.Duration
	for range 5 {
		for _, one := range []struct {
			into *[]time.Duration
			f    func(ctx context.Context) (time.Duration, error)
		}{{&bare, many.bareWrites}, {&beside, many.takeSome}} {
			took, err := one.f(ctx)
			if err != nil {
				return err
			}
			*one.into = append(*one.into, took)
		}
	}
	t.add(e.name+": taking a fact beside "+strconv.Itoa(manyFacts())+" / bare transaction", fmt.Sprintf("%.1fx (%d / %d µs)", ratioOf(beside, bare), beside[0].Microseconds(), bare[0].Microseconds()), "–")
	small, large, err := alternating(5, func() (time.Duration, error) { return few.takeSome(ctx) }, func() (time.Duration, error) { return many.takeSome(ctx) })
	if err != nil {
		return err
	}
	t.add(e.name+": taking a fact, "+sizes(), fmt.Sprintf("%.2fx (%d / %d µs)", ratioOf(large, small), large[0].Microseconds(), small[0].Microseconds()), "2x")
	return nil
}

// takeSome takes facts of one new activity as events tell them. The time is that
// which goes by: a commit waits for the disk.
func (a *archive) takeSome(ctx context.Context) (time.Duration, error) {
	const facts = 40
	ref := ledger.Ref{Kind: training.SearchKind, ID: string(access.NewPersonID())}
	began := time.Now()
	for n := range facts {
		at := a.towns[n%len(a.towns)]
		err := a.ledger.Take(ctx, ledger.Intake{Key: "bench/" + rand.Text(), Version: 1, Kind: "training.completed", Activity: ref, On: began.Format(time.DateOnly),
			BySeat: at, ByRunning: at, Group: ledger.Groups()[n%4], PersonKey: person(n), People: 1, Minutes: 90})
		if err != nil {
			return 0, err
		}
	}
	return time.Since(began) / facts, nil
}

func (a *archive) bareWrites(ctx context.Context) (time.Duration, error) {
	const rows = 40
	began := time.Now()
	for range rows {
		key := rand.Text()
		err := a.db.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, `insert into ledger_latest (key, version, fact) values (?, 1, '')`, "bare/"+key)
			return err
		})
		if err != nil {
			return 0, err
		}
	}
	return time.Since(began) / rows, nil
}

// archive is a house with an agreement of seven areas, a plan of actions and
// indicators, and so many facts under them.
type archive struct {
	*house
	ledger     *ledger.Service
	agreements *agreements.Service
	plans      *plan.Service
	agreement  agreements.ID
	areas      []string
	plan       plan.ID
	actions    []string
	indicators []plan.IndicatorID
	formulas   []string // of the indicators, "" of one that is entered
	towns      []string // members
}

func (a *archive) report(year int, form string) string {
	return agreements.Href(a.agreement) + "/rok/" + strconv.Itoa(year) + form
}

// newArchive opens the archive of so many facts. With KLADKA_BENCH_KEEP it is
// kept under the folder for temporary files (on a server: as a database) for the
// next run, as making a million facts takes minutes.
func newArchive(ctx context.Context, t *table, e engine, facts int) (*archive, error) {
	began := time.Now()
	h, err := archiveHouse(ctx, e, facts)
	if err != nil {
		return nil, err
	}
	a := &archive{house: h}
	now := time.Now
	a.agreements = agreements.New(agreements.Config{DB: h.db, Now: now, Log: quiet, Catalog: h.app.Texts(), People: h.app.Access(), Directory: h.app.Directory()})
	a.plans = plan.New(plan.Config{DB: h.db, Now: now, Log: quiet, Catalog: h.app.Texts(), People: h.app.Access(), Directory: h.app.Directory()})
	a.ledger = ledger.New(ledger.Config{DB: h.db, Now: now, Log: quiet, Catalog: h.app.Texts(), Directory: h.app.Directory(), Targets: a,
		Sources: map[string]ledger.Source{training.SearchKind: a}})
	towns, err := directory.Municipalities(ctx, h.db)
	for _, m := range towns {
		if m.Member {
			a.towns = append(a.towns, m.ID)
		}
	}
	var there int
	if err == nil {
		err = h.db.Get(ctx, &there, `select count(*) from plan_plans where title = ?`, archivePlan)
	}
	if err == nil && there == 0 {
		if err = a.fill(ctx, facts); err == nil {
			t.add(fmt.Sprintf("%s: %d facts written and counted", e.name, facts), fmt.Sprintf("%.0f s", time.Since(began).Seconds()), "–")
		}
	}
	if err == nil {
		err = a.find(ctx)
	}
	if err != nil {
		h.stop()
		return nil, err
	}
	return a, nil
}

const (
	archivePlan      = "Plan dla pomiaru"
	archiveAgreement = "Porozumienie dla pomiaru"
)

func archiveHouse(ctx context.Context, e engine, facts int) (*house, error) {
	if os.Getenv("KLADKA_BENCH_KEEP") == "" {
		return demoHouse(ctx, e, 0)
	}
	return keptHouse(ctx, e, "kladka_bench_ledger_"+strconv.Itoa(facts))
}

// Areas and Actions let the ledger place what it takes.
func (a *archive) Areas(ctx context.Context) ([]ledger.Target, error) {
	return a.agreements.AreasAll(ctx)
}

// Actions implements ledger.Targets.
func (a *archive) Actions(ctx context.Context) ([]ledger.Target, error) { return a.plans.Targets(ctx) }

// Activity is a training as the program asks for it. Those that only stand in
// the ledger are of the first area and action.
func (a *archive) Activity(ctx context.Context, id string) (x ledger.Activity, err error) {
	var n int
	if err := a.db.Get(ctx, &n, `select count(*) from ledger_activities where kind = ? and id = ?`, training.SearchKind, id); err != nil {
		return x, err
	}
	if n > 0 {
		return x, fault.ErrNotFound // the ledger knows
	}
	now := time.Now()
	return ledger.Activity{On: now.Format(time.DateOnly), SchoolYear: directory.SchoolYear(now), Areas: a.areas[:1], Actions: a.actions[:1]}, nil
}

// find reads the keys of what fill wrote.
func (a *archive) find(ctx context.Context) error {
	var indicators []struct {
		ID      plan.IndicatorID `db:"id"`
		Formula string           `db:"formula"`
	}
	err := errors.Join(
		a.db.Get(ctx, &a.agreement, `select id from agreements_agreements where title = ?`, archiveAgreement),
		a.db.Get(ctx, &a.plan, `select id from plan_plans where title = ?`, archivePlan))
	if err == nil {
		err = errors.Join(
			a.db.Select(ctx, &a.areas, `select id from agreements_areas where agreement = ? order by no`, a.agreement),
			a.db.Select(ctx, &a.actions, `select id from plan_actions where plan = ? order by no`, a.plan),
			a.db.Select(ctx, &indicators, `select id, formula from plan_indicators where plan = ? order by id`, a.plan))
	}
	for _, i := range indicators {
		if !slices.Contains(a.formulas, i.Formula) {
			a.indicators, a.formulas = append(a.indicators, i.ID), append(a.formulas, i.Formula)
		}
	}
	return err
}

// profiled writes a profile of what follows when KLADKA_BENCH_PROFILE names a file.
func profiled(name string) (stop func(), err error) {
	file := os.Getenv("KLADKA_BENCH_PROFILE")
	if file == "" {
		return func() {}, nil
	}
	out, err := os.Create(file + "-" + name)
	if err != nil {
		return nil, err
	}
	return func() { pprof.StopCPUProfile(); out.Close() }, pprof.StartCPUProfile(out)
}

// keptFolder is where a kept SQLite file lies.
func keptFolder(name string) string { return filepath.Join(os.TempDir(), name) }
