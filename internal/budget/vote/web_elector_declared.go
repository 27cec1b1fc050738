package vote

import (
	"net/http"
	"net/url"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/platform/web"
)

const declaredOnPage = 30

func (s *Service) declareRoutes(sh *web.Shell) {
	list := edition + "/uprawnienia/oswiadczenia"
	sh.Handle("GET "+list, runsGuard(), s.getDeclared)
	sh.Handle("POST "+list+"/losuj", runsGuard(), s.postDraw, web.Idempotent())
	sh.Handle("GET "+list+"/{elector}", runsGuard(), s.getDeclaration)
	sh.Handle("POST "+list+"/{elector}", runsGuard(), s.postFinding)
}

func declaredHref(id budget.EditionID) string { return Href(id) + "/oswiadczenia" }

// declaredPage lists declarations that were drawn, likely doubles, or all.
type declaredPage struct {
	framed
	Show  string
	Shows []web.Link
	Rows  []declaredLine
	More  string // address of the next page
	Open  bool
	Share int
	Next  web.Step
}

type declaredLine struct {
	Declared
	Href, State, When, Alike string
}

func (s *Service) getDeclared(w http.ResponseWriter, r *web.Request) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	e, err := s.runs(ctx, who, editionOf(r))
	if err != nil {
		return err
	}
	p := declaredPage{framed: s.frame(w, r, e, r.L.T("vote.declared.title"), "declared"), Show: ShowDrawn, Open: s.takes(e, budget.Self) == nil, Share: e.Rules.Who.Self.DrawnShare}
	if v := r.Value("ktore"); v == ShowDoubles || v == ShowAll {
		p.Show = v
	}
	base := declaredHref(e.ID)
	for _, show := range []string{ShowDrawn, ShowDoubles, ShowAll} {
		p.Shows = append(p.Shows, web.Link{Text: r.L.T("vote.declared.show_" + show), Href: base + "?ktore=" + show, Current: show == p.Show})
	}
	list, err := s.Declarations(ctx, who, e.ID, p.Show, ElectorID(r.Value("od")), declaredOnPage+1)
	if err != nil {
		return err
	}
	if len(list) > declaredOnPage {
		list = list[:declaredOnPage]
		p.More = base + "?ktore=" + p.Show + "&od=" + url.QueryEscape(string(list[declaredOnPage-1].Elector))
	}
	for _, d := range list {
		p.Rows = append(p.Rows, declaredLine{d, base + "/" + string(d.Elector), findingWords(p.Page, d), r.L.DateTime(local(d.At)), doubleWords(p.Page, d)})
	}
	p.Next = web.Step{What: r.L.T("vote.declared.next"), Who: r.L.T("vote.declared.next_who")}
	if at := e.Rules.Calendar.VoteTo; at != 0 {
		p.Next.When = budget.EndWords(r.L, at)
	}
	return r.Render(w, declaredView(p))
}

// findingWords is how far the check of a declaration has come.
func findingWords(p web.Page, d Declared) string {
	if d.State == Given && d.First != "" {
		return p.T("vote.declared.state_first_" + d.Finding)
	}
	return p.T("vote.declared.state_" + d.State)
}

// doubleWords tells what a declaration looks like a double of.
func doubleWords(p web.Page, d Declared) string {
	switch {
	case d.Elsewhere && d.Double:
		return p.T("vote.declared.double_both")
	case d.Elsewhere:
		return p.T("vote.declared.double_elsewhere")
	}
	return yesNo(p, d.Double)
}

func (s *Service) postDraw(w http.ResponseWriter, r *web.Request) error {
	id := editionOf(r)
	n, err := s.DrawSample(r.Context(), access.ActorOf(r.Request), id)
	if err != nil {
		return err
	}
	return done(w, r, "drawn", declaredHref(id), "n", number(n))
}

// declarationPage is one declaration with its words, for the officer who checks it.
type declarationPage struct {
	framed
	Facts   []web.Fact
	State   string
	Path    string
	Decides bool // this officer may still find something
	Finding string
	Words   string
	Next    web.Step
}

func (s *Service) getDeclaration(w http.ResponseWriter, r *web.Request) error {
	return s.showDeclaration(w, r, nil)
}

func (s *Service) showDeclaration(w http.ResponseWriter, r *web.Request, refusal error) error {
	ctx, who, l := r.Context(), access.ActorOf(r.Request), r.L
	e, d, i, err := s.Declaration(ctx, who, editionOf(r), ElectorID(r.PathValue("elector")))
	if err != nil {
		return err
	}
	p := declarationPage{framed: s.frame(w, r, e, l.T("vote.declared.one"), "declared"), Path: declaredHref(e.ID) + "/" + string(d.Elector),
		Decides: d.State == Given && d.First != who.Person && d.Person != who.Person && s.takes(e, budget.Self) == nil, Finding: r.Value("wynik"), Words: r.Value("opis")}
	p.Page = p.WithErrors(refusal)
	p.Crumbs = append(p.Crumbs, web.Link{Text: l.T("vote.declared.title"), Href: declaredHref(e.ID)})
	names, err := s.People.NamesOf(ctx, []string{string(d.First), string(d.Second)})
	if err != nil {
		return err
	}
	p.State = findingWords(p.Page, d)

	p.Facts = []web.Fact{{Name: l.T("vote.field.name"), Value: i.Name}, {Name: l.T("vote.field.born"), Value: i.Born}, {Name: l.T("vote.field.address"), Value: i.Address},
		{Name: l.T("vote.declared.col_when"), Value: l.DateTime(local(d.At))}, {Name: l.T("vote.declared.col_drawn"), Value: yesNo(p.Page, d.Drawn)},
		{Name: l.T("vote.declared.col_double"), Value: doubleWords(p.Page, d)}, {Name: l.T("vote.declared.col_state"), Value: p.State}}
	for _, x := range []struct {
		key string
		id  access.PersonID
	}{{"vote.declared.first", d.First}, {"vote.declared.second", d.Second}} {
		if x.id != "" {
			p.Facts = append(p.Facts, web.Fact{Name: l.T(x.key), Value: names[string(x.id)]})
		}
	}
	if d.Words != "" {
		p.Facts = append(p.Facts, web.Fact{Name: l.T("vote.declared.words"), Value: d.Words})
	}
	p.Next = web.Step{What: l.T("vote.declared.next_one"), Who: l.T("vote.declared.next_who")}
	w.Header().Set("Cache-Control", "no-store")
	return r.RenderStatus(w, statusOf(refusal), declarationView(p))
}

func (s *Service) postFinding(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	id := editionOf(r)
	err := s.Find(r.Context(), access.ActorOf(r.Request), id, ElectorID(r.PathValue("elector")), r.Value("wynik"), r.Value("opis"))
	if mendable(err) {
		return s.showDeclaration(w, r, atField(err, "wynik"))
	}
	if err != nil {
		return err
	}
	return done(w, r, "found", declaredHref(id))
}
