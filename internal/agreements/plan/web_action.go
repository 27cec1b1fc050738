package plan

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/directory/register"
	"kladka/internal/platform/web"
)

// actionRoutes opens the doors of actions.
func (s *Service) actionRoutes(sh *web.Shell) {
	run := access.Can(access.RunPlan)
	sh.Handle("GET "+PlanPath+"/{id}/dzialanie", run, s.getNewAction)
	sh.Handle("POST "+PlanPath+"/{id}/dzialanie", run, s.postAction, web.Idempotent())
	sh.Handle("GET "+ActionPath+"/{id}", web.Public, s.getAction)
	sh.Handle("GET "+ActionPath+"/{id}/zmien", run, s.getEditAction)
	sh.Handle("POST "+ActionPath+"/{id}/zmien", run, s.postAction, web.Idempotent())
	sh.Handle("GET "+ActionPath+"/{id}/stan", run, s.getMove)
	sh.Handle("POST "+ActionPath+"/{id}/stan", run, s.postMove, web.Idempotent())
}

// actionPage is one action: what it is, how far it came, what measures it.
type actionPage struct {
	web.Page
	Of      Action
	Kind    string
	State   string
	Badge   string
	Facts   []web.Fact
	Stories []goalStory
	Steps   []actionStep
	MayRun  bool
	Next    web.Step
}

type actionStep struct {
	State, When, Words, Board string
}

// actionOf is an action with its plan, for who may see it.
func (s *Service) actionOf(r *web.Request) (a Action, of Plan, err error) {
	if a, err = ActionByID(r.Context(), s.db, ActionID(r.PathValue("id"))); err != nil {
		return a, of, err
	}
	of, err = s.see(r.Context(), access.ActorOf(r.Request), a.Plan)
	return a, of, err
}

func (s *Service) getAction(w http.ResponseWriter, r *web.Request) error {
	ctx := r.Context()
	a, of, err := s.actionOf(r)
	if err != nil {
		return err
	}
	t, sp, v, err := s.figures(ctx, r.L, of)
	if err != nil {
		return err
	}
	steps, err := stepsOf(ctx, s.db, a.ID)
	if err != nil {
		return err
	}
	names, err := s.Directory.Names(ctx, []access.InstitutionID{a.Owner})
	if err != nil {
		return err
	}
	line := actionLine(r.L, a)
	p := actionPage{Page: r.Page(w, a.Code+". "+a.Title, crumbs(r.L, of)...), Of: a, Kind: line.Kind, State: line.State, Badge: line.Badge,
		MayRun: access.ActorOf(r.Request).May(access.RunPlan)}
	p.NoIndex = of.State == Drafting
	p.Facts = []web.Fact{{Name: r.L.T("plan.field.owner"), Value: institution(names, a.Owner, r.L)}}
	if n := slices.IndexFunc(t.Goals, func(g Goal) bool { return g.ID == a.Goal }); n >= 0 {
		p.Facts = append(p.Facts, web.Fact{Name: r.L.T("plan.field.goal"), Value: t.Goals[n].Title, Href: GoalHref(a.Goal)})
	}
	if a.Theme != "" {
		p.Facts = append(p.Facts, web.Fact{Name: r.L.T("plan.field.theme"), Value: sp.themes[a.Theme]})
	}
	if a.BoardNo != "" {
		p.Facts = append(p.Facts, web.Fact{Name: r.L.T("plan.action.field.board"), Value: a.BoardNo + ", " + r.L.DateText(a.BoardOn)})
	}
	for _, i := range t.Indicators {
		if i.Action == a.ID {
			p.Stories = append(p.Stories, goalStory{i.Title, IndicatorHref(i.ID), sp.story(i, v, v.span.To), fresh(r.L, v.FreshAt(i.ID))})
		}
	}
	for _, st := range steps {
		p.Steps = append(p.Steps, actionStep{r.L.T("plan.action.state." + string(st.State)), r.L.Date(time.Unix(st.At, 0).In(web.Warsaw)), st.Words, st.BoardNo})
	}
	p.Next = web.Step{What: r.L.T("plan.action.next." + string(a.State)), Who: institution(names, a.Owner, r.L)}
	return r.Render(w, actionView(p))
}

func (s *Service) getNewAction(w http.ResponseWriter, r *web.Request) error {
	return s.showEditAction(w, r, Action{Plan: ID(r.PathValue("id")), Kind: Optional}, nil)
}

func (s *Service) getEditAction(w http.ResponseWriter, r *web.Request) error {
	a, _, err := s.actionOf(r)
	if err != nil {
		return err
	}
	return s.showEditAction(w, r, a, nil)
}

func (s *Service) showEditAction(w http.ResponseWriter, r *web.Request, a Action, fail error) error {
	ctx := r.Context()
	of, err := s.run(ctx, access.ActorOf(r.Request), a.Plan)
	if err != nil {
		return err
	}
	t, err := TreeOf(ctx, s.db, of)
	if err != nil {
		return err
	}
	themes, err := s.themeChoices(ctx, r.L)
	if err != nil {
		return err
	}
	owners, err := s.ownerChoices(r)
	if err != nil {
		return err
	}
	title := r.L.T("plan.action.new")
	if a.ID != "" {
		title = r.L.T("plan.action.edit")
	} else if a.Code == "" {
		a.Code = "A" + strconv.Itoa(len(t.Actions)+1)
	}
	p := newForm(w, r, title, fail, crumbs(r.L, of)...)
	p.Hidden = []web.Pair{version(a.Revision)}
	var kinds []web.Choice
	for _, k := range []ActionKind{Mandatory, Optional, Flagship} {
		kinds = append(kinds, web.Choice{Value: string(k), Label: r.L.T("plan.action.kind." + string(k)), Hint: r.L.T("plan.action.kind_hint." + string(k))})
	}
	p.Parts = []templ.Component{
		codeField(p.Page, a.ID == "", a.Code),
		web.Field(p.Page, web.Input{Name: "tytul", Label: r.L.T("plan.field.title"), Value: a.Title, Required: true}),
		web.Textarea(p.Page, web.Area{Name: "slowa", Label: r.L.T("plan.field.words"), Value: a.Words}),
		web.Radios(p.Page, web.Pick{Name: "rodzaj", Label: r.L.T("plan.action.field.kind"), Choices: kinds, Value: string(a.Kind), Required: true}),
		web.Select(p.Page, web.Pick{Name: "cel", Label: r.L.T("plan.field.goal"), Choices: goalChoices(t), Value: string(a.Goal), Prompt: r.L.T("plan.no_goal")}),
		web.Select(p.Page, web.Pick{Name: "obszar", Label: r.L.T("plan.field.area"), Choices: areaChoices(t), Value: string(a.Area), Prompt: r.L.T("plan.no_area")}),
		web.Select(p.Page, web.Pick{Name: "odpowiada", Label: r.L.T("plan.field.owner"), Choices: owners, Value: string(a.Owner), Prompt: r.L.T("plan.association")}),
		web.Select(p.Page, web.Pick{Name: "temat", Label: r.L.T("plan.field.theme"), Choices: themes, Value: a.Theme, Prompt: r.L.T("plan.theme.none")}),
		web.Field(p.Page, web.Input{Name: "od", Label: r.L.T("plan.action.field.from"), Hint: r.L.T("plan.action.field.from_hint"), Type: "date", Value: a.ValidFrom, Short: true}),
		web.Field(p.Page, web.Input{Name: "do", Label: r.L.T("plan.action.field.to"), Type: "date", Value: a.ValidTo, Short: true})}
	return p.render(w, r, fail)
}

// codeField is the code of something new, or the words that it stays.
func codeField(p web.Page, fresh bool, code string) templ.Component {
	if fresh {
		return web.Field(p, web.Input{Name: "kod", Label: p.T("plan.field.code"), Hint: p.T("plan.field.code_hint"), Value: code, Required: true, Short: true})
	}
	return codeView(p, code)
}

// ownerChoices are the institutions that can answer for actions and figures:
// centers and offices of member municipalities. The association is the empty choice.
func (s *Service) ownerChoices(r *web.Request) (list []web.Choice, err error) {
	towns, err := s.members(r.Context())
	if err != nil {
		return nil, err
	}
	for _, kind := range []directory.Kind{directory.Kind(register.TeacherTrainingCenter), directory.Office} {
		all, err := s.Directory.OfKind(r.Context(), kind)
		if err != nil {
			return nil, err
		}
		for _, i := range all {
			member := slices.ContainsFunc(towns, func(m directory.Municipality) bool { return m.ID == i.Municipality })
			if !i.Closed && (kind != directory.Office || member) {
				list = append(list, web.Choice{Value: string(i.ID), Label: i.Name})
			}
		}
	}
	return list, nil
}

func (s *Service) postAction(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	a := Action{Plan: ID(r.PathValue("id")), Code: r.Value("kod")}
	if r.Pattern == "POST "+ActionPath+"/{id}/zmien" {
		var err error
		if a, _, err = s.actionOf(r); err != nil {
			return err
		}
	}
	a.Title, a.Words, a.Kind, a.Revision = r.Value("tytul"), r.Value("slowa"), ActionKind(r.Value("rodzaj")), seen(r)
	a.Area, a.Goal, a.Owner, a.Theme = AreaID(r.Value("obszar")), GoalID(r.Value("cel")), access.InstitutionID(r.Value("odpowiada")), r.Value("temat")
	a.ValidFrom, a.ValidTo = r.Value("od"), r.Value("do")
	id, err := s.SaveAction(r.Context(), access.ActorOf(r.Request), a)
	return done(w, r, err, func(fail error) error { return s.showEditAction(w, r, a, fail) }, "notice.plan.saved", ActionHref(id))
}

func (s *Service) getMove(w http.ResponseWriter, r *web.Request) error {
	return s.showMove(w, r, Move{}, nil)
}

// showMove is the form by which an action changes its state.
func (s *Service) showMove(w http.ResponseWriter, r *web.Request, m Move, fail error) error {
	a, of, err := s.actionOf(r)
	if err != nil {
		return err
	}
	p := newForm(w, r, r.L.T("plan.action.move"), fail, append(crumbs(r.L, of), web.Link{Text: a.Code + ". " + a.Title, Href: ActionHref(a.ID)})...)
	p.Intro = r.L.T("plan.action.now", "state", r.L.T("plan.action.state."+string(a.State)))
	p.Hidden = []web.Pair{version(a.Revision)}
	var to []web.Choice
	for _, st := range a.State.ways() {
		to = append(to, web.Choice{Value: string(st), Label: r.L.T("plan.action.to." + string(st))})
	}
	if len(to) == 0 {
		p.Stop = r.L.T("plan.action.fault.state")
	}
	p.Sees = web.Audience{Short: r.L.T("plan.sees.public"), More: r.L.T("plan.sees.public_more")}
	p.Parts = []templ.Component{
		web.Radios(p.Page, web.Pick{Name: "stan", Label: r.L.T("plan.action.field.to_state"), Choices: to, Value: string(m.To), Required: true}),
		web.Textarea(p.Page, web.Area{Name: "slowa", Label: r.L.T("plan.action.field.came"), Hint: r.L.T("plan.action.field.came_hint"), Value: m.Words})}
	if a.Kind == Mandatory {
		p.Parts = append(p.Parts,
			web.Field(p.Page, web.Input{Name: "uchwala", Label: r.L.T("plan.action.field.board"), Hint: r.L.T("plan.action.field.board_hint"), Value: m.BoardNo, Short: true}),
			web.Field(p.Page, web.Input{Name: "dzien", Label: r.L.T("plan.action.field.board_on"), Type: "date", Value: m.BoardOn, Short: true}))
	}
	return p.render(w, r, fail)
}

func (s *Service) postMove(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	id := ActionID(r.PathValue("id"))
	m := Move{To: ActionState(r.Value("stan")), Words: r.Value("slowa"), BoardNo: r.Value("uchwala"), BoardOn: r.Value("dzien")}
	err := s.MoveAction(r.Context(), access.ActorOf(r.Request), id, seen(r), m)
	return done(w, r, err, func(fail error) error { return s.showMove(w, r, m, fail) }, "notice.plan.moved", ActionHref(id))
}
