package vote

import (
	"cmp"
	"net/http"
	"slices"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/platform/web"
)

func (s *Service) electorRoutes(sh *web.Shell) {
	sh.Handle("GET "+edition+"/uprawnienia", access.CanAny(access.BudgetRun, access.BudgetDesk), s.getNumbers)
	sh.Handle("GET "+edition+"/uprawnienia/stanowisko", deskGuard(), s.getDesk)
	sh.Handle("POST "+edition+"/uprawnienia/stanowisko", deskGuard(), s.postDesk)
	sh.Handle("POST "+edition+"/uprawnienia/stanowisko/kartka", deskGuard(), s.postDeskSlip, web.Idempotent())
}

// numbersPage says how many rights there are and from where. It says nothing
// about votes before the close.
type numbersPage struct {
	framed
	Sources []sourceLine
	Pools   []grantLine
	Slips   *SlipCount
	Checks  []string // what does not add up, after the close
	Spent   []spentLine
	Next    web.Step
}

type sourceLine struct {
	Name, Text string
	N          int // the most rights it gave in one pool
}

type grantLine struct {
	Name  string
	N     int
	Spare int  // among them, slips for which nobody stands on the lists
	Short bool // fewer electors than a secret vote needs
}

type spentLine struct {
	Pool, Source, Way string
	N, Void           int
}

func (s *Service) getNumbers(w http.ResponseWriter, r *web.Request) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	e, err := s.atDesk(ctx, who, editionOf(r))
	if err != nil {
		return err
	}
	granted, err := GrantedBy(ctx, s.db, e.ID)
	if err != nil {
		return err
	}
	p := numbersPage{framed: s.frame(w, r, e, r.L.T("vote.numbers.title"), "numbers")}
	lists, err := ListsOf(ctx, s.db, e)
	if err != nil {
		return err
	}
	p.Sources, p.Pools = sourceLines(p.Page, s.identityName(), e, granted), grantLines(e, granted, lists)
	if e.Rules.Who.Has(budget.Slips) {
		c, err := Slips(ctx, s.db, e)
		if err != nil {
			return err
		}
		p.Slips, p.Checks = &c, slipChecks(p.Page, e, c)
	}
	if e.State.In(budget.Closed, budget.Counted, budget.Final, budget.Archived) {
		list, err := Spent(ctx, s.db, e)
		if err != nil {
			return err
		}
		p.Spent = spentLines(p.Page, e, list)
	}
	p.Next = s.next(p.Page, e)
	return r.Render(w, numbersView(p))
}

func sourceLines(p web.Page, identity string, e budget.Edition, granted []Granted) (lines []sourceLine) {
	for _, src := range e.Rules.Who.Sources {
		line := sourceLine{Name: p.T("vote.source." + string(src)), Text: p.T("vote.source_text." + string(src))}
		if src == budget.OIDC {
			line.Text = p.T("vote.source_text.oidc_none")
			if identity != "" {
				line.Text = p.T("vote.source_text.oidc", "name", identity)
			}
		}
		for _, g := range granted {
			if g.Source == src {
				line.N = max(line.N, g.N)
			}
		}
		lines = append(lines, line)
	}
	return lines
}

func grantLines(e budget.Edition, granted []Granted, lists Lists) (lines []grantLine) {
	for _, pool := range e.Rules.Pools {
		line, slips := grantLine{Name: pool.Name}, 0
		for _, g := range granted {
			switch {
			case g.Pool != pool.ID:
				continue
			case g.Source == budget.Slips:
				slips += g.N
			}
			line.N += g.N
		}
		people := lists.Electors(line.N-slips, slips)
		line.Spare, line.Short = line.N-people, people < LeastElectors
		lines = append(lines, line)
	}
	return lines
}

// notesHanded tells that the edition knows people to whom slips are handed: pupils
// of a roster, somebody at a desk. Where slips lie in a library for whoever comes,
// nobody notes that, and no sum of them can be made.
func notesHanded(e budget.Edition) bool {
	has := e.Rules.Who.Has
	return has(budget.Roster) || has(budget.Roll) || has(budget.Desk)
}

// slipFigures are the numbers of slips that are known.
func slipFigures(p web.Page, e budget.Edition, c SlipCount) []web.Figure {
	figures := []web.Figure{{Value: p.L.Number(c.Printed), Label: p.T("vote.slips.printed")}}
	if notesHanded(e) && !c.Forgotten {
		figures = append(figures, web.Figure{Value: p.L.Number(c.Handed), Label: p.T("vote.slips.handed")})
	}
	return append(figures, web.Figure{Value: p.L.Number(c.LeftOver), Label: p.T("vote.slips.left")})
}

// slipChecks are sums that have to agree once the vote is closed; a difference
// is said aloud.
func slipChecks(p web.Page, e budget.Edition, c SlipCount) (list []string) {
	if !e.State.In(budget.Closed, budget.Counted, budget.Final, budget.Archived) || c.Forgotten {
		return nil
	}
	noted := notesHanded(e)
	if !noted {
		c.Handed = c.Used // at least these were
	}
	if c.Used > c.Handed {
		list = append(list, p.T("vote.check.used", "used", c.Used, "handed", c.Handed))
	}
	switch n := c.Missing(); {
	case c.Open > 0:
		list = append(list, p.L.N("vote.check.open", c.Open))
	case n > 0 && noted:
		list = append(list, p.L.N("vote.check.missing", n))
	case n+c.Lost < 0: // those of a lost box may have been handed out before
		list = append(list, p.L.N("vote.check.more", -n-c.Lost))
	}
	return list
}

func spentLines(p web.Page, e budget.Edition, list []Spending) (lines []spentLine) {
	slices.SortStableFunc(list, func(a, b Spending) int {
		x, _ := e.Pool(a.Pool)
		y, _ := e.Pool(b.Pool)
		return cmp.Compare(x.No, y.No)
	})
	for _, sp := range list {
		pool, _ := e.Pool(sp.Pool)
		lines = append(lines, spentLine{Pool: pool.Name, Source: p.T("vote.source." + string(sp.Source)), Way: p.T("vote.way." + string(sp.Way)), N: sp.N, Void: sp.Void})
	}
	return lines
}

// next is what happens next with the rights of an edition.
func (s *Service) next(p web.Page, e budget.Edition) web.Step {
	key := "vote.next.before"
	switch {
	case s.voteOver(e):
		key = "vote.next.after"
	case e.State == budget.Voting:
		key = "vote.next.during"
	}
	step := web.Step{What: p.T(key), Who: p.T(key + "_who"), Href: budget.Href(e.ID)}
	if at := e.Rules.Calendar.VoteFrom; key == "vote.next.before" && at != 0 {
		step.When = p.L.DateTime(p.Local(unix(at)))
	}
	if at := e.Rules.Calendar.VoteTo; key == "vote.next.during" && at != 0 {
		step.When = budget.EndWords(p.L, at)
	}
	return step
}

// deskPage is where an officer types what stands on a paper, and what was found.
type deskPage struct {
	framed
	Form  identityForm
	Makes bool // the rules let a desk make electors
	Found *AtDesk
	Free  []string // names of pools
	Slips bool
	Paper bool
	Next  web.Step
}

func (s *Service) getDesk(w http.ResponseWriter, r *web.Request) error {
	e, err := s.atDesk(r.Context(), access.ActorOf(r.Request), editionOf(r))
	if err != nil {
		return err
	}
	return s.showDesk(w, r, e, deskPage{Form: identityForm{Districts: districtChoices(e)}}, nil)
}

func (s *Service) showDesk(w http.ResponseWriter, r *web.Request, e budget.Edition, p deskPage, refusal error) error {
	p.framed = s.frame(w, r, e, r.L.T("vote.desk.title"), "desk")
	p.Page = p.WithErrors(refusal)
	p.Makes, p.Slips, p.Paper = e.Rules.Who.Has(budget.Desk), e.Rules.Who.Has(budget.Slips), e.Rules.Paper
	p.Next = web.Step{What: r.L.T("vote.desk.next"), Who: r.L.T("vote.desk.next_who")}
	w.Header().Set("Cache-Control", "no-store") // somebody's birthday stands in the form
	return r.RenderStatus(w, statusOf(refusal), deskView(p))
}

// fieldAdds is the officer's word that somebody is to be added to the list.
const fieldAdds = "dopisz"

func (s *Service) postDesk(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	ctx, who := r.Context(), access.ActorOf(r.Request)
	e, err := s.atDesk(ctx, who, editionOf(r))
	if err != nil {
		return err
	}
	p := deskPage{Form: identityOf(r, e)}
	find := s.CheckIn
	if r.Value(fieldAdds) != "" {
		find = s.AddAtDesk
	}
	found, err := find(ctx, who, e.ID, p.Form.Identity, p.Form.District)
	if mendable(err) {
		return s.showDesk(w, r, e, p, atField(err, "imie"))
	}
	if err != nil {
		return err
	}
	if p.Found = &found; found.Absent {
		return s.showDesk(w, r, e, p, nil) // what was typed stays, to be read again
	}
	p.Form = identityForm{Districts: districtChoices(e)} // the next person finds an empty form
	for _, id := range found.Free {
		pool, _ := e.Pool(id)
		p.Free = append(p.Free, pool.Name)
	}
	return s.showDesk(w, r, e, p, nil)
}

func (s *Service) postDeskSlip(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	id := editionOf(r)
	if _, err := s.HandOut(r.Context(), access.ActorOf(r.Request), id, []ElectorID{ElectorID(r.Value("miejsce"))}); err != nil {
		return err
	}
	return done(w, r, "handed", Href(id)+"/stanowisko")
}
