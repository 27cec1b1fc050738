package vote

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

func (s *Service) slipRoutes(sh *web.Shell) {
	list := edition + "/kartki"
	sh.Handle("GET "+list, access.CanAny(access.BudgetRun, access.BudgetDesk), s.getBoxes)
	sh.Handle("GET "+list+"/{box}", deskGuard(), s.getBox)
	// A sheet of codes is money that votes: the password once more.
	sh.Handle("POST "+list+"/druk", access.Both(runsGuard(), access.Fresh), s.postPrint)
	sh.Handle("POST "+list+"/{box}/przeliczone", deskGuard(), s.postCount, web.Idempotent())
	// The word of the second person destroys for good: the password once more.
	sh.Handle("POST "+list+"/{box}/zniszczone", access.Both(deskGuard(), access.Fresh), s.postSettle, web.Idempotent())
	sh.Handle("POST "+list+"/{box}/niezgodne", deskGuard(), s.postDoubt, web.Idempotent())
	sh.Handle("POST "+list+"/{box}/utracone", access.Both(runsGuard(), access.Fresh), s.postVoid, web.Idempotent())
}

// boxesPage lists the boxes of an edition, with what can be done with them.
type boxesPage struct {
	framed
	Count  SlipCount
	Checks []string
	Boxes  []boxLine
	Runs   bool
	Prints bool   // slips can still be printed
	Left   int    // so many at once
	Lacks  string // what is to be said of the address on them, "" when it is set
	N      string
	Form   identityForm // only the district
	Next   web.Step
}

type boxLine struct {
	Box
	Pools, State, When, By, Href string
	Open                         bool // the reader can do something with it
}

func (s *Service) getBoxes(w http.ResponseWriter, r *web.Request) error {
	e, err := s.atDesk(r.Context(), access.ActorOf(r.Request), editionOf(r))
	if err != nil {
		return err
	}
	return s.showBoxes(w, r, e, nil)
}

func (s *Service) showBoxes(w http.ResponseWriter, r *web.Request, e budget.Edition, refusal error) (err error) {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	p := boxesPage{framed: s.frame(w, r, e, r.L.T("vote.slips.title"), "slips"), Runs: s.Budget.Serves(ctx, who, access.BudgetRun, e) == nil,
		N: r.Value("liczba"), Form: identityOf(r, e)}
	p.Page = p.WithErrors(refusal)
	p.Prints = p.Runs && s.takes(e, budget.Slips) == nil
	if p.Prints && s.Base == "" {
		p.Lacks = r.L.T("vote.slips.no_address")
		if base := s.slipBase(r); base != "" {
			p.Lacks = r.L.T("vote.slips.own_address", "address", base)
		}
	}
	if p.Left, err = SlipsLeft(ctx, s.db, e); err != nil {
		return err
	}
	if p.Count, err = Slips(ctx, s.db, e); err != nil {
		return err
	}
	p.Checks = slipChecks(p.Page, e, p.Count)
	if p.Boxes, err = s.boxLines(r, e); err != nil {
		return err
	}
	p.Next = s.next(p.Page, e)
	p.Next = s.nextSettle(r, e, p.Next, p.Boxes...)
	return r.RenderStatus(w, statusOf(refusal), boxesView(p))
}

// nextSettle is what boxes wait for after the vote, and whom; rest when they wait
// for nothing.
func (s *Service) nextSettle(r *web.Request, e budget.Edition, rest web.Step, boxes ...boxLine) web.Step {
	if !s.voteOver(e) {
		return rest
	}
	is := func(stage string) func(boxLine) bool { return func(b boxLine) bool { return b.Stage() == stage } }
	switch {
	case slices.ContainsFunc(boxes, is(boxOpen)):
		return web.Step{What: r.L.T("vote.slips.next_count"), Who: r.L.T("vote.slips.next_count_who")}
	case slices.ContainsFunc(boxes, is(boxCounted)):
		return web.Step{What: r.L.T("vote.slips.next_confirm"), Who: r.L.T("vote.slips.next_confirm_who")}
	}
	return rest
}

func (s *Service) boxLines(r *web.Request, e budget.Edition) (lines []boxLine, err error) {
	list, err := Boxes(r.Context(), s.db, e.ID)
	if err != nil {
		return nil, err
	}
	var people []string
	for _, b := range list {
		people = append(people, string(b.PrintedBy), string(b.SettledBy), string(b.SettledWith))
	}
	acts := s.voteOver(e) || s.Budget.Serves(r.Context(), access.ActorOf(r.Request), access.BudgetRun, e) == nil
	names, err := s.People.NamesOf(r.Context(), people)
	if err != nil {
		return nil, err
	}
	for _, b := range list {
		line := boxLine{Box: b, Href: SlipsHref(e.ID) + "/" + number(b.No), State: r.L.T("vote.slips.state." + b.Stage()), Open: b.State == boxOpen && acts,
			When: r.L.DateTime(local(b.PrintedAt)), By: names[string(b.PrintedBy)]}
		if b.Stage() != boxOpen {
			line.When, line.By = r.L.DateTime(local(b.SettledAt)), names[string(b.SettledBy)]
		}
		if b.SettledWith != "" {
			line.By += ", " + names[string(b.SettledWith)]
		}
		line.When += ", " + line.By
		if b.Stage() == boxOpen {
			line.When = r.L.T("vote.slips.printed_when", "when", line.When)
		}
		var pools []string
		for _, id := range splitPools(b.Pools) {
			pool, _ := e.Pool(id)
			pools = append(pools, pool.Name)
		}
		line.Pools = strings.Join(pools, ", ")
		lines = append(lines, line)
	}
	return lines, nil
}

// boxPage is one box, with what can be done with it.
type boxPage struct {
	framed
	Box      boxLine
	Counts   bool   // the vote is over: what is left is counted
	Confirms bool   // another person has counted it, and the reader can confirm
	Doubts   bool   // it can be put back to be counted anew
	Alone    bool   // nobody but the reader can be the second person
	Voids    bool   // it can be declared lost
	Prove    string // where the reader first shows that it is still them, "" for nowhere
	N, Words string
	Next     web.Step
}

func (s *Service) getBox(w http.ResponseWriter, r *web.Request) error {
	e, err := s.atDesk(r.Context(), access.ActorOf(r.Request), editionOf(r))
	if err != nil {
		return err
	}
	return s.showBox(w, r, e, nil)
}

func (s *Service) showBox(w http.ResponseWriter, r *web.Request, e budget.Edition, refusal error) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	lines, err := s.boxLines(r, e)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(lines, func(b boxLine) bool { return number(b.No) == r.PathValue("box") })
	if at < 0 {
		return fault.ErrNotFound
	}
	b := lines[at]
	over, stage := s.voteOver(e), b.Stage()
	p := boxPage{framed: s.frame(w, r, e, r.L.T("vote.slips.box", "no", b.No), "slips"), Box: b, Counts: over && stage == boxOpen, Doubts: over && stage == boxCounted,
		Voids: stage == boxOpen && s.Budget.Serves(ctx, who, access.BudgetRun, e) == nil && s.takes(e, budget.Slips) == nil, N: r.Value("liczba"), Words: r.Value("opis")}
	p.Page = p.WithErrors(refusal)
	p.Crumbs = append(p.Crumbs, web.Link{Text: r.L.T("vote.slips.title"), Href: SlipsHref(e.ID)})
	p.Next = s.nextSettle(r, e, s.next(p.Page, e), b)
	if p.Confirms = p.Doubts && !b.counter(who); (p.Confirms || p.Voids) && !who.Fresh {
		p.Prove = access.FreshPath + "?dalej=" + url.QueryEscape(b.Href)
	}
	if over && b.Open {
		seconds, err := s.Seconds(ctx, who, e)
		if err != nil {
			return err
		}
		p.Alone = len(seconds) == 0
	}
	return r.RenderStatus(w, statusOf(refusal), boxFormView(p))
}

// sheetPage is a box of slips that was just printed, for who has no use for a PDF.
type sheetPage struct {
	framed
	No    int
	Sheet slipSheet
	Codes []string
	Next  web.Step
}

// postPrint answers with the slips themselves: nobody can ask for them again.
func (s *Service) postPrint(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	ctx, who := r.Context(), access.ActorOf(r.Request)
	e, err := s.runs(ctx, who, editionOf(r))
	if err != nil {
		return err
	}
	no, codes, err := s.Print(ctx, who, e.ID, whole(r.Value("liczba")), r.Value("dzielnica"))
	if f := fault.As(err); f != nil && len(f.Fields) > 0 {
		return s.showBoxes(w, r, e, err)
	}
	if err != nil {
		return err
	}
	sheet := sheetOf(r.L, s.slipBase(r), e)
	w.Header().Set("Cache-Control", "no-store")
	if r.Value("postac") == "strona" {
		p := sheetPage{framed: s.frame(w, r, e, r.L.T("vote.slips.sheet", "no", no), "slips"), No: no, Sheet: sheet,
			Next: web.Step{What: r.L.T("vote.slips.next_print"), Who: r.L.T("vote.slips.next_print_who")}}
		for _, c := range codes {
			p.Codes = append(p.Codes, strings.Join(c.Groups(), " "))
		}
		return r.Render(w, sheetView(p))
	}
	var file bytes.Buffer
	if err := printSlips(&file, s.now().In(web.Warsaw), sheet, codes); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/pdf")
	w.Header().Set("Content-Disposition", `attachment; filename="kartki-`+number(no)+`.pdf"`)
	_, err = w.Write(file.Bytes())
	return err
}

func (s *Service) postCount(w http.ResponseWriter, r *web.Request) error {
	return s.onBox(w, r, "counted", func(who access.Actor, id budget.EditionID, no int) error {
		return s.CountBox(r.Context(), who, id, no, whole(r.Value("liczba")), r.Value("opis"))
	})
}

func (s *Service) postSettle(w http.ResponseWriter, r *web.Request) error {
	return s.onBox(w, r, "settled", func(who access.Actor, id budget.EditionID, no int) error {
		return s.ConfirmBox(r.Context(), who, id, no, whole(r.Value("liczba")))
	})
}

func (s *Service) postDoubt(w http.ResponseWriter, r *web.Request) error {
	return s.onBox(w, r, "doubted", func(who access.Actor, id budget.EditionID, no int) error {
		return s.DoubtBox(r.Context(), who, id, no, r.Value("opis"))
	})
}

func (s *Service) postVoid(w http.ResponseWriter, r *web.Request) error {
	return s.onBox(w, r, "voided", func(who access.Actor, id budget.EditionID, no int) error {
		return s.VoidBox(r.Context(), who, id, no, r.Value("opis"))
	})
}

// onBox does something with the box that the address names.
func (s *Service) onBox(w http.ResponseWriter, r *web.Request, notice string, do func(access.Actor, budget.EditionID, int) error) error {
	if err := r.Form(); err != nil {
		return err
	}
	who := access.ActorOf(r.Request)
	e, err := s.atDesk(r.Context(), who, editionOf(r))
	if err != nil {
		return err
	}
	err = do(who, e.ID, whole(r.PathValue("box")))
	if f := fault.As(err); f != nil && len(f.Fields) > 0 {
		return s.showBox(w, r, e, err)
	}
	if err != nil {
		return err
	}
	return done(w, r, notice, SlipsHref(e.ID))
}
