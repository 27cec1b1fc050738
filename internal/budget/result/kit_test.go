package result

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"kladka/assets"
	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/budget/vote"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/chart"
	"kladka/internal/platform/custody"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/notify"
	"kladka/internal/platform/seal"
	"kladka/internal/platform/secrets"
	"kladka/internal/platform/web"
	"kladka/internal/schema"
	"kladka/internal/testkit"
)

var modules = []schema.Module{{Name: "db", Files: db.Migrations}, {Name: "jobs", Files: jobs.Migrations}, {Name: "audit", Files: audit.Migrations},
	{Name: "custody", Files: custody.Migrations}, {Name: "result", Files: Migrations}}

const (
	editionID = budget.EditionID("01930000-0000-7000-8000-0000000000e1")
	cityPool  = budget.PoolID("01930000-0000-7000-8000-0000000000a1")
	smallPool = budget.PoolID("01930000-0000-7000-8000-0000000000a2")
	school    = access.InstitutionID("01930000-0000-7000-8000-000000000001")
)

// projectID is the n-th project of the kit's ballots: 1 to 4 of the city, 5 and 6
// of the small pool.
func projectID(n int) budget.ProjectID {
	return budget.ProjectID(fmt.Sprintf("01930000-0000-7000-8000-0000000000b%d", n))
}

// kit is the module over an edition of two pools: one of the city with ranked
// ballots, and a small one where one crosses. Package budget and the box are
// played; keys are real.
type kit struct {
	*Service
	t       testing.TB
	db      *db.DB
	shell   *web.Shell
	jobs    *jobs.Registry
	custody *custody.Service
	clock   time.Time
	lang    i18n.Lang
	public  seal.Public
	shares  []string
	mu      sync.Mutex
	told    []string

	edition  budget.Edition
	document string // as it was frozen; its hash is that of the edition
	ballots  map[budget.PoolID][]budget.BallotProject
	settled  map[budget.PoolID]string // winners, then losers
	moved    []budget.State
	box      *box

	anna, boris, cyryl access.Actor // keep shares; anna runs the edition too
	stranger           access.Actor
}

// box holds envelopes in memory.
type box struct {
	envelopes map[budget.PoolID][][]byte
	turnout   map[budget.PoolID]Turnout
	paper     []PaperCount
	dies      int // after so many envelopes; 0: it lives
	destroyed int
}

var errDied = errors.New("the process died")

func (b *box) Close(_ context.Context, e budget.Edition) error {
	if e.State != budget.Closed {
		return fault.New(fault.Conflict, "vote.fault.box_open")
	}
	return nil
}

func (b *box) Count(_ context.Context, _ db.Reader, _ budget.EditionID, pool budget.PoolID) (int, error) {
	return len(b.envelopes[pool]), nil
}

func (b *box) Lie(ctx context.Context, r db.Reader, e budget.EditionID, pool budget.PoolID) (int, error) {
	return b.Count(ctx, r, e, pool)
}

func (b *box) Each(_ context.Context, _ db.Reader, _ budget.EditionID, pool budget.PoolID, f func([]byte) error) error {
	for i, sealed := range b.envelopes[pool] {
		if b.dies > 0 && i == b.dies {
			return errDied
		}
		if err := f(slices.Clone(sealed)); err != nil {
			return err
		}
	}
	return nil
}

func (b *box) Turnout(context.Context, db.Reader, budget.Edition) (map[budget.PoolID]Turnout, error) {
	return b.turnout, nil
}

func (b *box) Destroy(context.Context, *db.Tx, budget.EditionID, time.Time) (int, error) {
	n := len(b.envelopes[cityPool]) + len(b.envelopes[smallPool])
	b.envelopes = nil
	b.destroyed++
	return n, nil
}

func (b *box) Paper(context.Context, db.Reader, budget.EditionID) ([]PaperCount, error) {
	return b.paper, nil
}

func (b *box) Tables() []string { return []string{"budget_openings"} }

// editions plays package budget.
type editions struct{ k *kit }

func (p editions) ByID(_ context.Context, _ db.Reader, id budget.EditionID) (budget.Edition, error) {
	if id != p.k.edition.ID {
		return budget.Edition{}, fault.ErrNotFound
	}
	return p.k.edition, nil
}

func (p editions) Runs(ctx context.Context, who access.Actor, e budget.Edition) error {
	return who.MayAt(ctx, access.BudgetRun, e.Owner)
}

func (editions) Serves(ctx context.Context, who access.Actor, p access.Permission, e budget.Edition) error {
	return (&budget.Service{}).Serves(ctx, who, p, e)
}

func (p editions) Canceled(context.Context, db.Reader) (list []budget.EditionID, err error) {
	if p.k.edition.State == budget.Canceled {
		list = append(list, p.k.edition.ID)
	}
	return list, nil
}

func (p editions) Uncounted(_ context.Context, _ db.Reader, owners []access.InstitutionID) (list []budget.Edition, err error) {
	if slices.Contains(owners, p.k.edition.Owner) && p.k.edition.State.In(budget.Closed, budget.Counted) {
		list = append(list, p.k.edition)
	}
	return list, nil
}

func (editions) Sees(context.Context, access.Actor, budget.Edition) error { return nil }

func (p editions) OnBallot(_ context.Context, _ db.Reader, _ budget.EditionID, pool budget.PoolID) ([]budget.BallotProject, error) {
	return p.k.ballots[pool], nil
}

func (p editions) Frozen(context.Context, budget.EditionID) (string, error) { return p.k.document, nil }

func (p editions) Settle(_ context.Context, _ *db.Tx, _ budget.EditionID, pool budget.PoolID, winners, lost []budget.ProjectID) error {
	p.k.settled[pool] = brief(winners) + "/" + brief(lost)
	return nil
}

func (p editions) MoveTo(_ context.Context, _ *db.Tx, _ access.Actor, _ budget.EditionID, from, to budget.State) error {
	if p.k.edition.State != from {
		return fault.New(fault.Conflict, "budget.fault.state")
	}
	p.k.edition.State = to
	p.k.moved = append(p.k.moved, to)
	return nil
}

// brief is a list of projects by the last letters of their ids.
func brief(ids []budget.ProjectID) string {
	var b strings.Builder
	for _, id := range ids {
		b.WriteByte(id[len(id)-1])
	}
	return b.String()
}

// people plays access.
type people struct{ k *kit }

func (people) NamesOf(_ context.Context, ids []string) (map[string]string, error) {
	names := map[string]string{}
	for _, id := range ids {
		names[id] = "Osoba " + id
	}
	return names, nil
}

func (p people) Holders(context.Context, access.Permission, ...access.InstitutionID) ([]access.PersonID, error) {
	return []access.PersonID{p.k.anna.Person}, nil
}

func newKit(t testing.TB, d *db.DB) *kit {
	t.Helper()
	catalog, err := i18n.Load(web.Messages, Messages, custody.Messages, seal.Messages, chart.Messages)
	if err != nil {
		t.Fatal(err)
	}
	k := &kit{t: t, db: d, clock: time.Date(2026, time.November, 20, 9, 0, 0, 0, time.UTC), lang: i18n.PL, jobs: jobs.NewRegistry(), settled: map[budget.PoolID]string{}}
	now := func() time.Time { return k.clock }
	k.person(&k.anna, "anna", access.SchoolHead)
	k.person(&k.boris, "boris", access.DeputyHead)
	k.person(&k.cyryl, "cyryl", access.SchoolSecretary)
	k.person(&k.stranger, "obca", access.Teacher)
	k.custody = custody.New(custody.Config{DB: d, Now: now, Keys: secrets.New()})
	k.box = &box{envelopes: map[budget.PoolID][][]byte{}, turnout: map[budget.PoolID]Turnout{}}
	for _, pool := range []budget.PoolID{cityPool, smallPool} { // so many did not vote
		k.box.turnout[pool] = Turnout{Rights: vote.LeastElectors}
	}
	k.Service = New(Config{DB: d, Now: now, Log: slog.New(slog.DiscardHandler), Catalog: catalog, People: people{k}, Editions: editions{k}, Box: k.box, Keys: k.custody, Tell: k.hear})
	set, err := assets.Load()
	if err != nil {
		t.Fatal(err)
	}
	k.shell = web.New(web.Config{Catalog: catalog, Assets: set, Log: k.Log, Now: now}, func(next http.Handler) http.Handler { return next },
		func(r *web.Request) web.Viewer {
			who := access.ActorOf(r.Request)
			return web.Viewer{SignedIn: who.SignedIn(), Person: string(who.Person)}
		})
	k.Routes(k.shell)
	k.Jobs(k.jobs)
	k.makeEdition()
	k.makeKey()
	return k
}

func (k *kit) person(a *access.Actor, id access.PersonID, role access.Role) {
	*a = access.Actor{Person: id, Fresh: true, Roles: []access.Held{{Role: role, Institution: school}}}
}

func (k *kit) hear(_ context.Context, _ *db.Tx, m notify.Message) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.Catalog.Has(m.Key) || !k.Catalog.Has(m.Key+"_text") {
		k.t.Errorf("no text %s", m.Key)
	}
	k.told = append(k.told, m.To+" "+m.Key)
	return nil
}

// makeEdition closes a vote an hour ago; objections end with 30 November.
func (k *kit) makeEdition() {
	end := k.clock.Add(-time.Hour).Unix()
	greedy := budget.CountRules{Rule: "greedy", Utility: "cost", Completion: "none", Step: 1, Start: "exact", Ties: "cost,lot:ziarno"}
	shares := budget.CountRules{Rule: "mes", Utility: "cost", Completion: "add1", Step: 1, Start: "exact", Ties: "votes,id"}
	k.edition = budget.Edition{ID: editionID, Owner: school, Kind: budget.School, State: budget.Closed, Title: "Budżet szkoły", Year: 2026, ClosedAt: end,
		Rules: budget.Rules{Calendar: budget.Calendar{VoteFrom: end - 86400, VoteTo: end, ObjectTo: "2026-11-30"}, Pools: []budget.Pool{
			{ID: cityPool, No: 1, Kind: budget.OfSchool, Name: "Cała szkoła", Budget: 500_000, Ballot: budget.BallotRules{Type: budget.Ranked, Min: 2, Max: 3, Points: []int{3, 2, 1}}, Count: greedy},
			{ID: smallPool, No: 2, Kind: budget.OfSchool, Name: "Biblioteka", Budget: 100_000, Ballot: budget.BallotRules{Type: budget.Approval, Min: 1, Max: 2}, Count: shares}}}}
	project := func(n int, title string, cost int64, order int) budget.BallotProject {
		return budget.BallotProject{ID: projectID(n), Title: title, Cost: cost, Order: order, Category: "szkoła"}
	}
	k.ballots = map[budget.PoolID][]budget.BallotProject{
		cityPool:  {project(3, "Ławki; nowe", 300_000, 1), project(1, "Boisko", 400_000, 2), project(2, "Ogród", 150_000, 3), project(4, "Zegar", 90_000, 4)},
		smallPool: {project(6, "Regały", 60_000, 1), project(5, "Książki", 80_050, 2)}}
	k.freeze()
}

// freeze makes the document of the edition, as package budget does.
func (k *kit) freeze() {
	k.t.Helper()
	text, err := budget.NewDocument(k.edition, k.ballots).Text()
	k.ok(err)
	k.document, k.edition.RulesHash = string(text), budget.Hash(text)
}

func (k *kit) makeKey() {
	k.t.Helper()
	act := custody.Act{By: k.anna.By(), Box: BoxOf(editionID), Runs: true}
	shares, err := k.custody.Make(k.t.Context(), act, []string{"anna", "boris", "cyryl"}, false)
	k.ok(err)
	for i, who := range []access.Actor{k.anna, k.boris, k.cyryl} {
		k.shares = append(k.shares, shares[i].Text())
		k.ok(k.custody.Confirm(k.t.Context(), custody.Act{By: who.By(), Box: BoxOf(editionID)}, k.shares[i]))
	}
	key, err := custody.Read(k.t.Context(), k.db, BoxOf(editionID))
	k.ok(err)
	k.public = key.Public
}

// cast puts n equal ballots into the box of a pool: projects, the first one first.
func (k *kit) cast(pool budget.PoolID, n int, projects ...int) {
	k.t.Helper()
	p, _ := k.edition.Pool(pool)
	var c budget.Choice
	for i, id := range projects {
		pick := budget.Pick{Project: projectID(id)}
		if p.Ballot.Type == budget.Ranked {
			pick.Points = p.Ballot.Points[i]
		}
		c.Picks = append(c.Picks, pick)
	}
	_, order := costs(k.ballots[pool])
	body, err := p.Encode(c, order)
	k.ok(err)
	for range n {
		k.lay(pool, pool, body)
		t := k.box.turnout[pool]
		t.Rights++
		t.Spent++
		t.Sources, t.Ways = []Part{{"slips", t.Rights}}, []Part{{"slip", t.Spent}}
		k.box.turnout[pool] = t
	}
}

// lay puts an envelope into the box of a pool, sealed for the same or another one.
func (k *kit) lay(pool, sealedFor budget.PoolID, body []byte) {
	k.t.Helper()
	p, _ := k.edition.Pool(pool)
	sealed, err := k.public.Seal(budget.Info(k.edition, sealedFor), p.SizeFor(len(k.ballots[pool])), body)
	k.ok(err)
	k.box.envelopes[pool] = append(k.box.envelopes[pool], sealed)
}

// castAll fills both boxes: 24 ballots of the city, 3 of the small pool.
func (k *kit) castAll() {
	k.cast(cityPool, 10, 1, 2, 3) // 30 20 10
	k.cast(cityPool, 8, 3, 1)     // 24 16
	k.cast(cityPool, 6, 2, 4, 3)  // 18 12 6: points are 1: 46, 2: 38, 3: 40, 4: 12
	k.cast(smallPool, 2, 5)
	k.cast(smallPool, 1, 5, 6)
}

// open brings two shares and runs the opening.
func (k *kit) open() error {
	k.t.Helper()
	if run, err := k.Bring(k.t.Context(), k.anna, editionID, k.shares[0]); run != nil || err != nil {
		k.t.Fatalf("the first share: %v", err)
	}
	run, err := k.Bring(k.t.Context(), k.cyryl, editionID, k.shares[2])
	k.ok(err)
	return run.Do(k.t.Context())
}

// count opens and counts all that was cast.
func (k *kit) counted() {
	k.t.Helper()
	k.castAll()
	k.ok(k.open())
	k.ok(k.drain())
}

func (k *kit) drain() error {
	return testkit.Drain(k.t, k.db, k.jobs, func() time.Time { return k.clock })
}

func (k *kit) opening() Opening {
	k.t.Helper()
	o, err := OpeningOf(k.t.Context(), k.db, editionID)
	k.ok(err)
	return o
}

func (k *kit) ok(err error) {
	k.t.Helper()
	if err != nil {
		k.t.Fatal(err)
	}
}

// refuses checks the message key of a fault.
func refuses(t testing.TB, what string, err error, key string) {
	t.Helper()
	if f := fault.As(err); f == nil || f.Key != key {
		t.Errorf("%s: %v, want %s", what, err, key)
	}
}

func (k *kit) send(who access.Actor, method, path, contentType, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(access.WithActor(k.t.Context(), who), method, path, strings.NewReader(body))
	r.Header.Set("Accept-Language", string(k.lang))
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	w := httptest.NewRecorder()
	k.shell.ServeHTTP(w, r)
	return w
}

func (k *kit) post(who access.Actor, path string, pairs ...string) *httptest.ResponseRecorder {
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return k.send(who, http.MethodPost, path, "application/x-www-form-urlencoded", form.Encode())
}

// page asks for a page that must be there and be whole in its language.
func (k *kit) page(who access.Actor, path string) *goquery.Document {
	k.t.Helper()
	return k.whole(path, k.send(who, http.MethodGet, path, "", ""), http.StatusOK)
}

func (k *kit) whole(path string, w *httptest.ResponseRecorder, status int) *goquery.Document {
	k.t.Helper()
	body := w.Body.String()
	if w.Code != status {
		k.t.Fatalf("%s: status %d, want %d: %.300s", path, w.Code, status, body)
	}
	if at := strings.Index(body, "⟦"); at >= 0 {
		k.t.Fatalf("%s in %s lacks a text: %s", path, k.lang, body[at:min(len(body), at+80)])
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(body))
	k.ok(err)
	return doc
}

func text(s *goquery.Selection) string { return strings.Join(strings.Fields(s.Text()), " ") }
