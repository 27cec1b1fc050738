package plan

import (
	"net/http"

	"github.com/a-h/templ"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// adoptPage tells which municipality adopted the plan, when and by what.
type adoptPage struct {
	web.Page
	Tabs    []web.Link
	Version string // the final one, in words; "" while there is none
	Href    string
	Rows    []adoptRow
	Done    string
	Next    web.Step
}

type adoptRow struct{ Town, TownHref, Act, Edit string }

func (s *Service) getAdoptions(w http.ResponseWriter, r *web.Request) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	of, err := s.see(ctx, who, ID(r.PathValue("plan")))
	if err != nil {
		return err
	}
	v, err := finalOf(ctx, s.db, of.ID)
	if err != nil {
		return err
	}
	acts, err := Adoptions(ctx, s.db, v.ID)
	if err != nil {
		return err
	}
	mine, err := s.adoptsFor(ctx, who)
	if err != nil {
		return err
	}
	members, err := s.members(ctx)
	if err != nil {
		return err
	}
	p := adoptPage{Page: r.Page(w, r.L.T("plan.adopt.title"), crumbs(r.L, of)...), Next: web.Step{What: r.L.T("plan.adopt.next"), Who: r.L.T("plan.text.towns")}}
	p.NoIndex, p.Lead = of.State == Drafting, of.Title
	if p.Tabs, err = s.draftLinks(r, of); err != nil {
		return err
	}
	if v.ID == "" {
		p.Next = web.Step{What: r.L.T("plan.adopt.next_text"), Who: r.L.T("plan.association"), Href: textHref(of.ID)}
		return r.Render(w, adoptView(p))
	}
	p.Version, p.Href, p.Done = r.L.T("plan.text.version", "no", v.No), versionHref(v), r.L.T("plan.report.adopted", "n", len(acts), "of", len(members))
	for _, m := range members {
		row := adoptRow{Town: m.Name, TownHref: TownHref(m.ID), Act: r.L.T("plan.adopt.not_yet")}
		if a, is := acts[m.ID]; is {
			row.Act = adoptionWords(r.L, a)
		}
		if _, may := mine[m.ID]; may {
			row.Edit = adoptHref(of.ID) + "/" + m.ID
		}
		p.Rows = append(p.Rows, row)
	}
	return r.Render(w, adoptView(p))
}

func (s *Service) getAdopt(w http.ResponseWriter, r *web.Request) error {
	return s.showAdopt(w, r, nil)
}

func (s *Service) showAdopt(w http.ResponseWriter, r *web.Request, fail error) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	of, err := s.see(ctx, who, ID(r.PathValue("plan")))
	if err != nil {
		return err
	}
	town := r.PathValue("town")
	mine, err := s.adoptsFor(ctx, who)
	if err != nil {
		return err
	}
	if _, may := mine[town]; !may {
		return fault.New(fault.Forbidden, "fault.forbidden")
	}
	names, err := s.Directory.TownLabels(ctx, r.L, []string{town})
	if err != nil {
		return err
	}
	v, err := finalOf(ctx, s.db, of.ID)
	if err != nil {
		return err
	}
	acts, err := Adoptions(ctx, s.db, v.ID)
	if err != nil {
		return err
	}
	a, rev := acts[town], acts[town].Revision
	if fail != nil {
		a, rev = adoptionOf(r), seen(r)
	}
	p := newForm(w, r, r.L.T("plan.adopt.form", "town", names[town]), fail, crumbs(r.L, of, web.Link{Text: r.L.T("plan.adopt.title"), Href: adoptHref(of.ID)})...)
	p.Intro, p.Hidden = r.L.T("plan.adopt.intro"), []web.Pair{version(rev)}
	var bodies []web.Choice
	for _, b := range Bodies() {
		bodies = append(bodies, web.Choice{Value: b, Label: r.L.T("plan.adopt.body." + b)})
	}
	p.Parts = []templ.Component{
		web.Radios(p.Page, web.Pick{Name: "organ", Label: r.L.T("plan.adopt.body"), Choices: bodies, Value: a.Body, Required: true}),
		web.Field(p.Page, web.Input{Name: "numer", Label: r.L.T("plan.adopt.number"), Hint: r.L.T("plan.adopt.number_hint"), Value: a.Number, Required: true}),
		web.Field(p.Page, web.Input{Name: "dzien", Label: r.L.T("plan.adopt.day"), Type: "date", Value: a.On, Required: true, Short: true})}
	p.Next = web.Step{What: r.L.T("plan.adopt.after"), Href: TownHref(town)}
	return p.render(w, r, fail)
}

func adoptionOf(r *web.Request) Adoption {
	return Adoption{Body: r.Value("organ"), Number: r.Value("numer"), On: r.Value("dzien")}
}

func (s *Service) postAdopt(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	plan := ID(r.PathValue("plan"))
	err := s.Adopt(r.Context(), access.ActorOf(r.Request), plan, r.PathValue("town"), seen(r), adoptionOf(r))
	return done(w, r, err, func(fail error) error { return s.showAdopt(w, r, fail) }, "notice.plan.adopted", adoptHref(plan))
}
