package vote

import (
	"net/http"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

func (s *Service) ownRoutes(sh *web.Shell) {
	own := edition + "/uprawnienia/ja"
	sh.Handle("GET "+own, access.SignedIn, s.getOwn)
	sh.Handle("POST "+own, access.SignedIn, s.postClaim)
	sh.Handle("POST "+own+"/oswiadczenie", access.SignedIn, s.postDeclare)
	s.identityRoutes(sh)
}

// ownPage is where somebody finds or makes their own place.
type ownPage struct {
	web.Page
	Of       budget.Edition
	Form     identityForm
	Has      bool     // a place is there
	Pools    []string // where there is a right that was not spent
	Claims   bool     // there is a roll or a desk to look in
	Declares bool
	Declared string // how far the own declaration has come, "" for none
	Slips    bool
	Identity string // national sign-in, "" where the rules name none
	Provider string // its name, "" while none is connected
	Home     Residence
	Open     bool
	Check    int // percent of declarations that are checked
	Deadline string
}

func (s *Service) getOwn(w http.ResponseWriter, r *web.Request) error {
	e, err := s.seen(r.Context(), access.ActorOf(r.Request), editionOf(r))
	if err != nil {
		return err
	}
	return s.showOwn(w, r, e, ownPage{}, nil)
}

// showOwn draws the page with what was typed into one of its forms.
func (s *Service) showOwn(w http.ResponseWriter, r *web.Request, e budget.Edition, p ownPage, refusal error) error {
	has := e.Rules.Who.Has
	p.Page, p.Of, p.Form.Districts = r.Page(w, r.L.T("vote.own.title"), crumbs(r.L, e)...).WithErrors(refusal), e, districtChoices(e)
	p.Claims, p.Declares, p.Slips, p.Open = has(budget.Roll) || has(budget.Desk), has(budget.Self), has(budget.Slips), s.takesElectors(e) == nil
	p.Check = e.Rules.Who.Self.DrawnShare
	p.NoIndex = true
	if has(budget.OIDC) {
		p.Identity = r.L.T("vote.source_text.oidc_none")
		if p.Provider = s.identityName(); p.Provider != "" {
			p.Identity = r.L.T("vote.source_text.oidc", "name", p.Provider)
		}
	}
	if at := e.Rules.Calendar.VoteTo; at != 0 {
		p.Deadline = budget.EndWords(r.L, at)
	}
	if err := s.fillOwn(r, e, &p); err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return r.RenderStatus(w, statusOf(refusal), ownView(p))
}

// ownAction is where the form goes when Enter is pressed in it.
func ownAction(p ownPage) string {
	if p.Claims {
		return OwnHref(p.Of.ID)
	}
	return OwnHref(p.Of.ID) + "/oswiadczenie"
}

// fillOwn adds the place that is there.
func (s *Service) fillOwn(r *web.Request, e budget.Edition, p *ownPage) error {
	ctx := r.Context()
	id, err := s.ElectorOf(ctx, s.db, access.ActorOf(r.Request), e)
	if k := fault.KindOf(err); k == fault.NotFound || k == fault.Forbidden && fault.As(err) != nil {
		return nil
	}
	if err != nil {
		return err
	}
	p.Has = true
	rights, err := Rights(ctx, s.db, e.ID, id)
	if err != nil {
		return err
	}
	for _, right := range rights {
		if pool, ok := e.Pool(right.Pool); ok && !right.Spent {
			p.Pools = append(p.Pools, pool.Name)
		}
	}
	state := ""
	err = s.db.Get(ctx, &state, `select d.state from budget_declared d where d.edition = ? and d.elector = ?`, e.ID, id)
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	if err == nil {
		p.Declared = r.L.T("vote.declared.own_" + state)
	}
	return err
}

func (s *Service) postClaim(w http.ResponseWriter, r *web.Request) error {
	return s.ownPost(w, r, "claimed", func(who access.Actor, e budget.Edition, f identityForm) error {
		_, err := s.Claim(r.Context(), who, e.ID, f.Identity)
		return err
	})
}

func (s *Service) postDeclare(w http.ResponseWriter, r *web.Request) error {
	return s.ownPost(w, r, "declared", func(who access.Actor, e budget.Edition, f identityForm) error {
		_, err := s.Declare(r.Context(), who, e.ID, f.Identity, f.District, r.Value("potwierdzam") != "")
		return err
	})
}

// ownPost takes one of the two forms of the page.
func (s *Service) ownPost(w http.ResponseWriter, r *web.Request, notice string, do func(access.Actor, budget.Edition, identityForm) error) error {
	if err := r.Form(); err != nil {
		return err
	}
	who := access.ActorOf(r.Request)
	e, err := s.seen(r.Context(), who, editionOf(r))
	if err != nil {
		return err
	}
	form := identityOf(r, e)
	err = do(who, e, form)
	if mendable(err) {
		return s.showOwn(w, r, e, ownPage{Form: form}, atField(err, "imie"))
	}
	if err != nil {
		return err
	}
	return done(w, r, notice, OwnHref(e.ID))
}
