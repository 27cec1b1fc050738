package vote

import (
	"net/http"
	"slices"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// WithdrawHref is where a declaration that was taken by mistake is withdrawn.
func WithdrawHref(id budget.EditionID) string { return PaperHref(id) + "/cofniecie" }

// Numbers are typed on this page twice, into two forms.
const (
	fieldNumber  = "kod"
	fieldConfirm = "kod2"
)

func (s *Service) withdrawRoutes(sh *web.Shell, start string) {
	sh.Handle("GET "+start, deskGuard(), s.getWithdraw)
	sh.Handle("POST "+start, deskGuard(), s.postAskWithdraw, web.Idempotent())
	sh.Handle("POST "+start+"/potwierdzenie", deskGuard(), s.postWithdraw, web.Idempotent())
	sh.Handle("POST "+start+"/odmowa", deskGuard(), s.postKeepDeclaration, web.Idempotent())
}

// withdrawPage is where one officer asks to withdraw a declaration, and another one
// answers.
type withdrawPage struct {
	framed
	Status string // why none is withdrawn now, "" when they are
	Ask    Withdrawal
	Second string // typed by the second officer
	Asked  []askedLine
	Others bool // somebody waits for the reader
	Next   web.Step
}

type askedLine struct {
	Asked
	Name, Pools string
	Own         bool // the reader asked
}

func (s *Service) getWithdraw(w http.ResponseWriter, r *web.Request) error {
	e, err := s.paperDesk(r.Context(), access.ActorOf(r.Request), editionOf(r), access.BudgetDesk)
	if err != nil {
		return err
	}
	return s.showWithdraw(w, r, e, withdrawPage{}, nil)
}

func (s *Service) showWithdraw(w http.ResponseWriter, r *web.Request, e budget.Edition, p withdrawPage, refusal error) (err error) {
	p.framed = s.paperFrame(w, r, e, r.L.T("vote.withdraw.title"), "withdraw", refusal)
	if f := fault.As(votes(e, s.now())); f != nil {
		p.Status = r.L.T(f.Key, f.Args...)
	}
	if p.Asked, err = s.askedLines(r, e); err != nil {
		return err
	}
	p.Others = slices.ContainsFunc(p.Asked, func(l askedLine) bool { return !l.Own })
	switch {
	case len(p.Asked) > 0 && p.Status == "":
		p.Next = web.Step{What: r.L.T("vote.withdraw.next"), Who: r.L.T("vote.withdraw.next_who"), When: budget.EndWords(r.L, e.Rules.Calendar.VoteTo)}
	default:
		p.Next = web.Step{What: r.L.T("vote.paper.next_type"), Who: r.L.T("vote.paper.next_type_who"), Href: BatchesHref(e.ID)}
	}
	return r.RenderStatus(w, statusOf(refusal), withdrawView(p))
}

func (s *Service) askedLines(r *web.Request, e budget.Edition) (lines []askedLine, err error) {
	list, err := AskedToWithdraw(r.Context(), s.db, e.ID)
	if err != nil {
		return nil, err
	}
	var people []string
	for _, a := range list {
		people = append(people, string(a.First))
	}
	names, err := s.People.NamesOf(r.Context(), people)
	for _, a := range list {
		line := askedLine{Asked: a, Name: names[string(a.First)], Own: isOne(access.ActorOf(r.Request), a.First)}
		var pools []string
		for _, id := range a.Pools {
			pool, _ := e.Pool(id)
			pools = append(pools, pool.Name)
		}
		line.Pools = joinWords(pools)
		lines = append(lines, line)
	}
	return lines, err
}

// onWithdraw answers a form of the page; field is where a refusal that is of no
// field is told.
func (s *Service) onWithdraw(w http.ResponseWriter, r *web.Request, notice, field string, do func(access.Actor, budget.EditionID, *withdrawPage) error) error {
	if err := r.Form(); err != nil {
		return err
	}
	who := access.ActorOf(r.Request)
	e, err := s.paperDesk(r.Context(), who, editionOf(r), access.BudgetDesk)
	if err != nil {
		return err
	}
	var p withdrawPage
	if err := do(who, e.ID, &p); mendable(err) {
		return s.showWithdraw(w, r, e, p, atField(err, field))
	} else if err != nil {
		return err
	}
	return done(w, r, notice, WithdrawHref(e.ID))
}

func (s *Service) postAskWithdraw(w http.ResponseWriter, r *web.Request) error {
	return s.onWithdraw(w, r, "paper_asked", fieldNumber, func(who access.Actor, id budget.EditionID, p *withdrawPage) error {
		p.Ask = Withdrawal{Number: r.Value(fieldNumber), Words: r.Value("opis"), Apart: r.Value("osobno") != ""}
		return s.AskWithdraw(r.Context(), who, id, p.Ask)
	})
}

func (s *Service) postWithdraw(w http.ResponseWriter, r *web.Request) error {
	return s.onWithdraw(w, r, "paper_withdrawn", fieldConfirm, func(who access.Actor, id budget.EditionID, p *withdrawPage) error {
		p.Second = r.Value(fieldConfirm)
		return renamed(s.Withdraw(r.Context(), who, id, p.Second), fieldNumber, fieldConfirm)
	})
}

func (s *Service) postKeepDeclaration(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	mark := r.Value("oswiadczenie")
	return s.onWithdraw(w, r, "paper_kept", keepField(mark), func(who access.Actor, id budget.EditionID, _ *withdrawPage) error {
		return renamed(s.KeepDeclaration(r.Context(), who, id, mark, r.Value(keepField(mark))), "opis", keepField(mark))
	})
}

// keepField is the field of the words for one of several declarations.
func keepField(mark string) string { return "opis-" + mark[:min(len(mark), 8)] }

// renamed puts a refusal at the field by which the page calls it.
func renamed(err error, from, to string) error {
	f := fault.As(err)
	if f == nil || len(f.Fields) == 0 {
		return err
	}
	g := *f
	g.Fields = slices.Clone(f.Fields)
	for i := range g.Fields {
		if g.Fields[i].Name == from {
			g.Fields[i].Name = to
		}
	}
	return &g
}
