package vote

import (
	"net/http"
	"slices"
	"strings"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// lineField is the input of a place in a batch.
func lineField(n int) string { return "k_" + number(n) }

// batchesPage lists the batches that somebody has to do something about, begins
// new ones and, after the last hour, finishes pools. Batches that lie in the box
// are not listed before the close: their number would be a turnout.
type batchesPage struct {
	framed
	Checks []string
	Open   bool // ballots can be typed
	Over   bool // the hours of the vote are over
	Lines  []batchLine
	Pools  []web.Choice
	New    NewBatch
	N      string
	Ask    bool // whoever opens the batch has to read what few ballots mean
	Ends   []endLine
	Words  string
	Next   web.Step
}

type batchLine struct {
	Batch
	PoolName, StateText, Href string
}

// endLine is a pool that is, or can be, finished.
type endLine struct {
	PaperCount
	Name     string
	Finished bool
	Ends     bool // the reader may say that all is in
}

func (s *Service) getBatches(w http.ResponseWriter, r *web.Request) error {
	e, err := s.paperDesk(r.Context(), access.ActorOf(r.Request), editionOf(r), access.BudgetDesk)
	if err != nil {
		return err
	}
	return s.showBatches(w, r, e, batchesPage{}, nil)
}

func (s *Service) showBatches(w http.ResponseWriter, r *web.Request, e budget.Edition, p batchesPage, refusal error) (err error) {
	p.framed = s.paperFrame(w, r, e, r.L.T("vote.paper.batches_title"), "batches", refusal)
	p.Open, p.Over = s.types(e) == nil, s.voteOver(e)
	p.Ask = p.Ask || p.FieldError("mala") != ""
	for _, pool := range e.Rules.Pools {
		p.Pools = append(p.Pools, web.Choice{Value: string(pool.ID), Label: pool.Name})
	}
	if len(p.Pools) == 1 {
		p.New.Pool = e.Rules.Pools[0].ID
	}
	obstacles, err := s.PaperObstacles(r.Context(), s.db, e)
	if err != nil {
		return err
	}
	for _, o := range obstacles {
		if o.Key == "vote.obstacle.paper_over" {
			p.Checks = append(p.Checks, r.L.T(o.Key, o.Args...))
		}
	}
	if p.Lines, err = s.batchLines(r, e); err != nil {
		return err
	}
	if p.Ends, err = s.endLines(r, e); err != nil {
		return err
	}
	p.Next = paperNext(r, e, p.Over, len(obstacles) == 0)
	return r.RenderStatus(w, statusOf(refusal), batchesView(p))
}

// paperNext is what happens next with paper.
func paperNext(r *web.Request, e budget.Edition, over, ready bool) web.Step {
	switch {
	case !over:
		return web.Step{What: r.L.T("vote.paper.next_type"), Who: r.L.T("vote.paper.next_type_who"), When: budget.EndWords(r.L, e.Rules.Calendar.VoteTo)}
	case !ready:
		return web.Step{What: r.L.T("vote.paper.next_finish"), Who: r.L.T("vote.obstacle.paper_who")}
	}
	return web.Step{What: r.L.T("vote.paper.next_count"), Who: r.L.T("vote.box.next_who"), Href: budget.Href(e.ID) + "/liczenie"}
}

func (s *Service) batchLines(r *web.Request, e budget.Edition) (lines []batchLine, err error) {
	list, err := Batches(r.Context(), s.db, e.ID)
	for _, b := range list {
		if !b.open() && !s.voteOver(e) {
			continue
		}
		pool, _ := e.Pool(b.Pool)
		lines = append(lines, batchLine{Batch: b, PoolName: pool.Name, StateText: r.L.T("vote.paper.state." + b.State), Href: batchHref(b)})
	}
	return lines, err
}

// endLines are pools with their numbers, once the vote was closed.
func (s *Service) endLines(r *web.Request, e budget.Edition) (lines []endLine, err error) {
	if !e.State.In(budget.Closed, budget.Counted, budget.Final, budget.Archived) {
		return nil, nil
	}
	ctx := r.Context()
	finished, err := PaperCounts(ctx, s.db, e.ID)
	if err != nil {
		return nil, err
	}
	runs := s.Budget.Serves(ctx, access.ActorOf(r.Request), access.BudgetRun, e) == nil
	for _, pool := range e.Rules.Pools {
		line := endLine{Name: pool.Name, PaperCount: PaperCount{Pool: pool.ID}}
		if at := slices.IndexFunc(finished, func(c PaperCount) bool { return c.Pool == pool.ID }); at >= 0 {
			line.PaperCount, line.Finished = finished[at], true
			lines = append(lines, line)
			continue
		}
		if line.Ends, err = waitsForPaper(ctx, s.db, e.ID, pool.ID); err != nil {
			return nil, err
		}
		if !line.Ends {
			continue // nobody voted on paper here
		}
		if _, err := paperTally(ctx, s.db, e.ID, pool.ID, &line.PaperCount); err != nil {
			return nil, err
		}
		line.Ends = runs
		lines = append(lines, line)
	}
	return lines, nil
}

func (s *Service) postNewBatch(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	ctx, who := r.Context(), access.ActorOf(r.Request)
	e, err := s.paperDesk(ctx, who, editionOf(r), access.BudgetDesk)
	if err != nil {
		return err
	}
	p := batchesPage{N: r.Value("liczba"), New: NewBatch{Pool: budget.PoolID(r.Value(fieldPool)), Size: whole(r.Value("liczba")), Small: r.Value("mala") != ""}}
	no, err := s.OpenBatch(ctx, who, e.ID, p.New)
	if mendable(err) {
		p.Ask = p.New.Small
		return s.showBatches(w, r, e, p, atField(err, "liczba"))
	}
	if err != nil {
		return err
	}
	return r.Redirect(w, batchHref(Batch{Edition: e.ID, No: no}))
}

func (s *Service) postFinishPaper(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	ctx, who := r.Context(), access.ActorOf(r.Request)
	e, err := s.paperDesk(ctx, who, editionOf(r), access.BudgetRun)
	if err != nil {
		return err
	}
	pool := budget.PoolID(r.PathValue("pool"))
	words := r.Value(wordsField(pool))
	if err := s.FinishPaper(ctx, who, e.ID, pool, words); mendable(err) {
		return s.showBatches(w, r, e, batchesPage{Words: words}, wordsOf(atField(err, "opis"), pool))
	} else if err != nil {
		return err
	}
	return done(w, r, "paper_finished", BatchesHref(e.ID))
}

// wordsOf puts a refusal at the words of the pool it is about: the page has a form
// for each.
func wordsOf(refusal error, pool budget.PoolID) error {
	f := *fault.As(refusal)
	f.Fields = slices.Clone(f.Fields)
	for i := range f.Fields {
		f.Fields[i].Name = wordsField(pool)
	}
	return &f
}

func wordsField(pool budget.PoolID) string { return "opis-" + string(pool) }

// batchPage is a batch as whoever types it sees it: never what anybody typed but
// the lines of this very form that have to be mended.
type batchPage struct {
	framed
	Batch
	Pool     budget.Pool
	How      string
	Example  string
	Lines    []typeLine
	Turn     typing
	Wait     string // why the reader does not type, "" when they do
	Complete bool   // the reader can end their typing
	Drops    bool   // the reader may put the batch aside
	Words    string
	Projects []budget.BallotProject
	Next     web.Step
}

// typeLine is one ballot. Focus is where the clerk goes on.
type typeLine struct {
	N     int
	Field string
	Typed bool
	Value string
	Focus bool
}

func (s *Service) batchEdition(r *web.Request) (e budget.Edition, b Batch, err error) {
	if e, err = s.paperDesk(r.Context(), access.ActorOf(r.Request), editionOf(r), access.BudgetDesk); err != nil {
		return e, b, err
	}
	b, err = batchOf(r.Context(), s.db, e.ID, whole(r.PathValue("no")))
	return e, b, err
}

func (s *Service) getBatch(w http.ResponseWriter, r *web.Request) error {
	e, b, err := s.batchEdition(r)
	if err != nil {
		return err
	}
	return s.showBatch(w, r, e, b, batchPage{}, nil, nil)
}

func (s *Service) showBatch(w http.ResponseWriter, r *web.Request, e budget.Edition, b Batch, p batchPage, typed map[int]string, refusal error) error {
	on, err := readBallot(r.Context(), s.db, e, b.Pool)
	if err != nil {
		return err
	}
	p.framed = s.paperFrame(w, r, e, r.L.T("vote.paper.batch_title", "no", b.No), "batches", refusal)
	p.Batch, p.Pool, p.Projects = b, on.Pool, on.Projects
	p.How, p.Example = r.L.T("vote.paper.how_voters", "how", howWords(r.L, on.Pool.Ballot)), r.L.T("vote.paper.example."+string(on.Pool.Ballot.Type))
	p.Drops = b.open() && s.Budget.Serves(r.Context(), access.ActorOf(r.Request), access.BudgetRun, e) == nil
	if err := s.readTurn(r, e, &p); err != nil {
		return err
	}
	if p.Wait == "" {
		if err := s.readLines(r, &p, typed); err != nil {
			return err
		}
	}
	p.Next = web.Step{What: r.L.T("vote.paper.next_batch." + b.State), Who: r.L.T("vote.paper.next_batch_who." + b.State), Href: BatchesHref(e.ID)}
	return r.RenderStatus(w, statusOf(refusal), batchView(p))
}

// readTurn tells whether the reader types now, or why not.
func (s *Service) readTurn(r *web.Request, e budget.Edition, p *batchPage) (err error) {
	p.Turn, err = p.turn(access.ActorOf(r.Request))
	if err == nil {
		err = s.types(e)
	}
	if f := fault.As(err); f != nil {
		p.Wait = r.L.T(f.Key, f.Args...)
		return nil
	}
	over, err := surplus(r.Context(), s.db, p.Batch)
	if over {
		p.Wait = r.L.T("vote.fault.paper_over")
	}
	return err
}

// readLines are the places to be typed: all, or those that differ. What was sent
// stands only at those that have to be mended.
func (s *Service) readLines(r *web.Request, p *batchPage, typed map[int]string) error {
	rows, err := rowsOf(r.Context(), s.db, p.Batch)
	if err != nil {
		return err
	}
	mine := map[int]bool{}
	for _, row := range rows {
		mine[row.N] = mine[row.N] || row.Typing == p.Turn
	}
	differ, _ := compare(rows, p.Size)
	focus, empty := -1, 0
	for n := 1; n <= p.Size; n++ {
		if p.State == BatchDiffers && !slices.Contains(differ, n) {
			continue
		}
		line := typeLine{N: n, Field: lineField(n), Typed: mine[n] && p.State != BatchDiffers}
		wrong := p.FieldError(line.Field) != ""
		if wrong {
			line.Value = typed[n]
		}
		if !line.Typed {
			empty++
		}
		if focus < 0 && (wrong || !line.Typed) {
			focus = len(p.Lines)
		}
		p.Lines = append(p.Lines, line)
	}
	if focus >= 0 && len(p.Errors) == 0 {
		p.Lines[focus].Focus = true // otherwise the summary of faults has it
	}
	p.Complete = empty == 0 && p.State != BatchDiffers
	return nil
}

// typedOf are the lines of a form that say something.
func typedOf(r *web.Request, size int) map[int]string {
	typed := map[int]string{}
	for n := 1; n <= size; n++ {
		if text := strings.TrimSpace(r.PostFormValue(lineField(n))); text != "" {
			typed[n] = text
		}
	}
	return typed
}

func (s *Service) postBatch(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	e, b, err := s.batchEdition(r)
	if err != nil {
		return err
	}
	typed := typedOf(r, b.Size)
	state, err := s.TypeBallots(r.Context(), access.ActorOf(r.Request), e.ID, b.No, typed)
	if f := fault.As(err); f != nil && len(f.Fields) > 0 {
		return s.showBatch(w, r, e, b, batchPage{}, typed, err)
	}
	if err != nil {
		return err
	}
	return s.goOnTyping(w, r, b, state)
}

// goOnTyping leads back to a batch, or from one that is done to the list.
func (s *Service) goOnTyping(w http.ResponseWriter, r *web.Request, b Batch, state string) error {
	switch state {
	case b.State:
		n, of, err := s.typedSoFar(r, b)
		if err != nil {
			return err
		}
		return done(w, r, "paper_saved", batchHref(b), "n", number(n), "of", number(of))
	case BatchDone:
		return done(w, r, "paper_done", BatchesHref(b.Edition), "no", number(b.No))
	case BatchDiffers:
		return done(w, r, "paper_differs", batchHref(b))
	}
	return done(w, r, "paper_typed", BatchesHref(b.Edition), "no", number(b.No))
}

// typedSoFar is how many ballots the reader has typed in a batch, of how many.
func (s *Service) typedSoFar(r *web.Request, b Batch) (n, of int, err error) {
	p := batchPage{Batch: b}
	if p.Turn, err = b.turn(access.ActorOf(r.Request)); err != nil {
		return 0, 0, err
	}
	if err = s.readLines(r, &p, nil); err != nil {
		return 0, 0, err
	}
	for _, line := range p.Lines {
		if line.Typed {
			n++
		}
	}
	return n, len(p.Lines), nil
}

func (s *Service) postEndTyping(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	e, b, err := s.batchEdition(r)
	if err != nil {
		return err
	}
	state, err := s.EndTyping(r.Context(), access.ActorOf(r.Request), e.ID, b.No)
	if err != nil {
		return err
	}
	return s.goOnTyping(w, r, b, state)
}

func (s *Service) postDropBatch(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	e, b, err := s.batchEdition(r)
	if err != nil {
		return err
	}
	err = s.DropBatch(r.Context(), access.ActorOf(r.Request), e.ID, b.No, r.Value("opis"))
	if f := fault.As(err); f != nil && len(f.Fields) > 0 {
		return s.showBatch(w, r, e, b, batchPage{Words: r.Value("opis")}, nil, err)
	}
	if err != nil {
		return err
	}
	return done(w, r, "paper_dropped", BatchesHref(e.ID), "no", number(b.No))
}

// wordsOf are the words that were sent for a pool and refused.
func (p batchesPage) wordsOf(line endLine) string {
	if p.FieldError(wordsField(line.Pool)) == "" {
		return ""
	}
	return p.Words
}
