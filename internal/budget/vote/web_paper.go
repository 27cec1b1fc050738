package vote

import (
	"net/http"
	"slices"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// PaperHref is where declarations on paper are taken, BatchesHref where ballots
// are typed.
func PaperHref(id budget.EditionID) string   { return budget.Href(id) + "/papier" }
func BatchesHref(id budget.EditionID) string { return PaperHref(id) + "/partie" }
func batchHref(b Batch) string               { return BatchesHref(b.Edition) + "/" + number(b.No) }

const (
	fieldPool  = "pula"
	fieldTaken = "numer" // of a declaration, drawn with the form: sent twice it is taken once
)

// PaperRoutes opens the doors of votes on paper. Typing is behind quiet doors: no
// log tells when which ballot was typed, and nothing remembers the forms. Sending
// one twice changes nothing.
func (s *Service) PaperRoutes(sh *web.Shell) {
	start := edition + "/papier"
	sh.Handle("GET "+start, deskGuard(), s.getPaper)
	sh.Handle("POST "+start, deskGuard(), s.postPaper)
	// Not Idempotent: the answer is a page with a number and must not be remembered. The
	// number itself makes a second press harmless.
	sh.Handle("POST "+start+"/oswiadczenie", deskGuard(), s.postPaperDeclared)
	sh.Handle("GET "+start+"/oswiadczenie", deskGuard(), s.getPaperForm)
	sh.Handle("GET "+start+"/karta/{pool}", deskGuard(), s.getPaperBallot)
	s.withdrawRoutes(sh, start+"/cofniecie")
	batches := start + "/partie"
	sh.Handle("GET "+batches, deskGuard(), s.getBatches)
	sh.Handle("POST "+batches, deskGuard(), s.postNewBatch, web.Idempotent())
	sh.Handle("POST "+start+"/zamkniecie/{pool}", runsGuard(), s.postFinishPaper, web.Idempotent())
	sh.Handle("GET "+batches+"/{no}", deskGuard(), s.getBatch, web.Quiet())
	sh.Handle("POST "+batches+"/{no}", deskGuard(), s.postBatch, web.Quiet())
	sh.Handle("POST "+batches+"/{no}/koniec", deskGuard(), s.postEndTyping, web.Quiet())
	sh.Handle("POST "+batches+"/{no}/odlozona", runsGuard(), s.postDropBatch, web.Idempotent())
}

// paperTabs are the pages of paper.
func paperTabs(r *web.Request, e budget.Edition, current string) []web.Link {
	return []web.Link{{Text: r.L.T("vote.paper.tab_declare"), Href: PaperHref(e.ID), Current: current == "declare"},
		{Text: r.L.T("vote.paper.tab_withdraw"), Href: WithdrawHref(e.ID), Current: current == "withdraw"},
		{Text: r.L.T("vote.paper.tab_batches"), Href: BatchesHref(e.ID), Current: current == "batches"}}
}

// paperFrame begins a page of paper.
func (s *Service) paperFrame(w http.ResponseWriter, r *web.Request, e budget.Edition, title, tab string, refusal error) framed {
	p := framed{Page: r.Page(w, title, append(crumbs(r.L, e), web.Link{Text: r.L.T("vote.paper.crumb"), Href: Href(e.ID)})...).WithErrors(refusal), Of: e, Tabs: paperTabs(r, e, tab)}
	p.NoIndex = true
	w.Header().Set("Cache-Control", "no-store") // a birthday, or what stood on a ballot, may stand in the form
	return p
}

// paperPage is where a declaration is taken.
type paperPage struct {
	framed
	Status string   // why none is taken now, "" when they are
	Taken  []string // the number of the declaration that was taken just now
	Number string   // that of the one which the form takes
	Form   identityForm
	Found  *AtDesk
	Free   []web.Choice
	Pools  []budget.Pool // to be printed
	Frozen bool          // ballots are drawn and can be printed
	Next   web.Step
}

func (s *Service) getPaper(w http.ResponseWriter, r *web.Request) error {
	e, err := s.paperDesk(r.Context(), access.ActorOf(r.Request), editionOf(r), access.BudgetDesk)
	if err != nil {
		return err
	}
	return s.showPaper(w, r, e, paperPage{Form: identityForm{Districts: districtChoices(e)}}, nil)
}

func (s *Service) showPaper(w http.ResponseWriter, r *web.Request, e budget.Edition, p paperPage, refusal error) error {
	p.framed = s.paperFrame(w, r, e, r.L.T("vote.paper.title"), "declare", refusal)
	p.Pools, p.Frozen = e.Rules.Pools, e.RulesHash != ""
	if f := fault.As(votes(e, s.now())); f != nil {
		p.Status = r.L.T(f.Key, f.Args...)
	}
	p.Next = web.Step{What: r.L.T("vote.paper.next_type"), Who: r.L.T("vote.paper.next_type_who"), When: budget.EndWords(r.L, e.Rules.Calendar.VoteTo), Href: BatchesHref(e.ID)}
	return r.RenderStatus(w, statusOf(refusal), paperView(p))
}

// postPaper finds whoever stands at the desk.
func (s *Service) postPaper(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	ctx, who := r.Context(), access.ActorOf(r.Request)
	e, err := s.paperDesk(ctx, who, editionOf(r), access.BudgetDesk)
	if err != nil {
		return err
	}
	p := paperPage{Form: identityOf(r, e)}
	find := s.FindForPaper
	if r.Value(fieldAdds) != "" {
		find = s.AddForPaper
	}
	found, err := find(ctx, who, e.ID, p.Form.Identity, p.Form.District)
	if mendable(err) {
		return s.showPaper(w, r, e, p, atField(err, "imie"))
	}
	if err != nil {
		return err
	}
	if p.Found = &found; !found.Absent {
		p.found(e, found)
	}
	return s.showPaper(w, r, e, p, nil)
}

// found shows somebody and what they can still vote in; the next person finds an
// empty form.
func (p *paperPage) found(e budget.Edition, a AtDesk) {
	p.Found, p.Form, p.Number = &a, identityForm{Districts: districtChoices(e)}, NewNumber().Letters()
	for _, pool := range e.Rules.Pools {
		if slices.Contains(a.Free, pool.ID) {
			p.Free = append(p.Free, web.Choice{Value: string(pool.ID), Label: pool.Name})
		}
	}
}

// postPaperDeclared takes the declaration of whoever was found, and shows its number
// in the answer itself: nobody can ask for it again. Without a pool the page stays
// as it was.
func (s *Service) postPaperDeclared(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	ctx, who := r.Context(), access.ActorOf(r.Request)
	e, err := s.paperDesk(ctx, who, editionOf(r), access.BudgetDesk)
	if err != nil {
		return err
	}
	var pools []budget.PoolID
	for _, id := range r.PostForm[fieldPool] {
		pools = append(pools, budget.PoolID(id))
	}
	elector := ElectorID(r.Value("miejsce"))
	taken, err := readTaken(r.Value(fieldTaken))
	if err != nil {
		return fault.New(fault.BadRequest, "fault.bad_request")
	}
	err = s.DeclareOnPaper(ctx, who, e.ID, taken, elector, pools)
	if mendable(err) {
		return s.paperAgain(w, r, e, elector, atField(err, fieldPool))
	}
	if err != nil {
		return err
	}
	return s.showPaper(w, r, e, paperPage{Taken: taken.Groups(), Form: identityForm{Districts: districtChoices(e)}}, nil)
}

// paperAgain shows what is left of somebody's rights after a declaration was
// refused.
func (s *Service) paperAgain(w http.ResponseWriter, r *web.Request, e budget.Edition, elector ElectorID, refusal error) error {
	ctx, at := r.Context(), s.now()
	var a AtDesk
	// A look like the first one, and logged like it.
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		if err := placeOf(ctx, tx, e, &a, `e.id = ?`, elector); err != nil {
			return err
		}
		return note(ctx, tx, access.ActorOf(r.Request), e, "vote.check_in", nil, at)
	})
	if err != nil {
		return err
	}
	var p paperPage
	p.found(e, a)
	return s.showPaper(w, r, e, p, refusal)
}

// paperSheet is something to be printed: the form of a declaration, or the ballot
// of a pool.
type paperSheet struct {
	web.Page
	Of    budget.Edition
	Pools []budget.Pool
	Pool  budget.Pool
	How   string
	Rows  []ballotRow
	Large bool
	Self  string // address without the size
	Next  web.Step
}

func (s *Service) sheet(w http.ResponseWriter, r *web.Request, title string) (p paperSheet, err error) {
	e, err := s.paperDesk(r.Context(), access.ActorOf(r.Request), editionOf(r), access.BudgetDesk)
	if err != nil {
		return p, err
	}
	p = paperSheet{Page: s.paperFrame(w, r, e, r.L.T(title), "", nil).Page, Of: e, Pools: e.Rules.Pools, Large: r.Value("druk") == "duzy", Self: r.URL.Path}
	p.Next = web.Step{What: r.L.T("vote.paper.next_print"), Who: r.L.T("vote.paper.next_print_who"), Href: PaperHref(e.ID)}
	return p, nil
}

func (s *Service) getPaperForm(w http.ResponseWriter, r *web.Request) error {
	p, err := s.sheet(w, r, "vote.paper.form_title")
	if err != nil {
		return err
	}
	return r.Render(w, paperFormView(p))
}

func (s *Service) getPaperBallot(w http.ResponseWriter, r *web.Request) error {
	p, err := s.sheet(w, r, "vote.paper.ballot_title")
	if err != nil {
		return err
	}
	on, err := readBallot(r.Context(), s.db, p.Of, budget.PoolID(r.PathValue("pool")))
	if err != nil {
		return err
	}
	p.Pool, p.How = on.Pool, howWords(r.L, on.Pool.Ballot)
	for _, project := range on.Projects {
		p.Rows = append(p.Rows, ballotRow{BallotProject: project, Money: budget.Money(r.L, project.Cost)})
	}
	return r.Render(w, paperBallotView(p))
}
