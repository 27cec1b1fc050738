package plan

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/sheet"
	"kladka/internal/platform/web"
)

// planRoutes opens the doors of plans, goals, actions, indicators and readings.
// Whether somebody may see a draft, the service says.
func (s *Service) planRoutes(sh *web.Shell) {
	run := access.Can(access.RunPlan)
	sh.Handle("GET "+Path, web.Public, s.getPlans)
	sh.Handle("GET "+PlanPath+"/nowy", run, s.getNewPlan)
	sh.Handle("POST "+PlanPath+"/nowy", run, s.postPlan, web.Idempotent())
	sh.Handle("GET "+PlanPath+"/{id}", web.Public, s.getPlan)
	sh.Handle("GET "+PlanPath+"/{id}/wskazniki", web.Public, s.getSheet)
	sh.Handle("GET "+PlanPath+"/{id}/zmien", run, s.getEditPlan)
	sh.Handle("POST "+PlanPath+"/{id}/zmien", run, s.postPlan, web.Idempotent())
	sh.Handle("POST "+PlanPath+"/{id}/stan", run, s.postPlanState, web.Idempotent())
	sh.Handle("GET "+PlanPath+"/{id}/obszar", run, s.getNewArea)
	sh.Handle("POST "+PlanPath+"/{id}/obszar", run, s.postArea, web.Idempotent())
	sh.Handle("GET "+AreaPath+"/{id}/zmien", run, s.getEditArea)
	sh.Handle("POST "+AreaPath+"/{id}/zmien", run, s.postArea, web.Idempotent())
	sh.Handle("GET "+PlanPath+"/{id}/cel", run, s.getNewGoal)
	sh.Handle("POST "+PlanPath+"/{id}/cel", run, s.postGoal, web.Idempotent())
	sh.Handle("GET "+GoalPath+"/{id}", web.Public, s.getGoal)
	sh.Handle("GET "+GoalPath+"/{id}/zmien", run, s.getEditGoal)
	sh.Handle("POST "+GoalPath+"/{id}/zmien", run, s.postGoal, web.Idempotent())
	sh.Handle("GET "+ThemesPath, run, s.getThemes)
	sh.Handle("POST "+ThemesPath, run, s.postTheme, web.Idempotent())
	sh.Handle("GET "+ThemesPath+"/{id}", run, s.getTheme)
	sh.Handle("POST "+ThemesPath+"/{id}", run, s.postRenameTheme, web.Idempotent())
	s.actionRoutes(sh)
	s.indicatorRoutes(sh)
	s.readingRoutes(sh)
	sh.AddNav(17, "plan.title", Path, web.Public)
}

// crumbs lead to a plan.
func crumbs(l *i18n.L, p Plan, more ...web.Link) []web.Link {
	return append([]web.Link{{Text: l.T("plan.title"), Href: Path}, {Text: p.Title, Href: Href(p.ID)}}, more...)
}

// done answers a form: again with what was wrong, or on to a page with a notice.
func done(w http.ResponseWriter, r *web.Request, err error, show func(fail error) error, notice, to string) error {
	if again(err) {
		return show(err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, notice)
	return r.Redirect(w, to)
}

// plansPage lists plans.
type plansPage struct {
	web.Page
	Items  []planItem
	MayRun bool
	Links  []web.Link
}

type planItem struct{ Title, Href, Words, Years, State, Badge string }

func stateBadge(st State) string {
	return map[State]string{Adopted: "ok", Drafting: "warn"}[st]
}

func (s *Service) getPlans(w http.ResponseWriter, r *web.Request) error {
	who := access.ActorOf(r.Request)
	list, err := s.Plans(r.Context(), who)
	if err != nil {
		return err
	}
	p := plansPage{Page: r.Page(w, r.L.T("plan.title")), MayRun: who.May(access.RunPlan)}
	for _, one := range list {
		p.Items = append(p.Items, planItem{one.Title, Href(one.ID), one.Words, planYears(one), r.L.T("plan.state." + string(one.State)), stateBadge(one.State)})
	}
	if who.May(access.EnterReadings) || p.MayRun {
		p.Links = append(p.Links, web.Link{Text: r.L.T("plan.reading.title"), Href: ReadingsPath})
	}
	if p.MayRun {
		p.Links = append(p.Links, web.Link{Text: r.L.T("plan.theme.title"), Href: ThemesPath})
	}
	return r.Render(w, plansView(p))
}

func planYears(p Plan) string { return yearWords(p.YearFrom) + " – " + yearWords(p.YearTo) }

// planPage is a plan with all that stands in it.
type planPage struct {
	web.Page
	Of        Plan
	Years     string
	State     string
	Badge     string
	Areas     []planArea
	Rows      []indicatorRow
	Tabs      []web.Link
	MayRun    bool
	MoveTo    State // "" when the plan can go nowhere
	Stop      string
	Next      web.Step
	SheetHref string
}

// planArea is an area with its goals; the first may be of none.
type planArea struct {
	Title, Words, Edit string
	Goals              []planGoal
	Actions            []actionItem // of the area, of no goal
}

type planGoal struct {
	Title, Words, Href, Theme string
	Actions                   []actionItem
}

type actionItem struct{ Code, Title, Href, Kind, State, Badge string }

// indicatorRow is an indicator in a table.
type indicatorRow struct {
	Code, Title, Href, Unit, Baseline, Target, Way string
	Latest, Year                                   string
}

func (s *Service) getPlan(w http.ResponseWriter, r *web.Request) error {
	return s.showPlan(w, r, http.StatusOK, nil)
}

func (s *Service) showPlan(w http.ResponseWriter, r *web.Request, status int, fail error) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	of, err := s.see(ctx, who, ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	t, sp, v, err := s.figures(ctx, r.L, of)
	if err != nil {
		return err
	}
	frame := newForm(w, r, of.Title, fail, web.Link{Text: r.L.T("plan.title"), Href: Path})
	p := planPage{Page: frame.Page, Stop: frame.Stop, Of: of, Years: planYears(of), State: r.L.T("plan.state." + string(of.State)), Badge: stateBadge(of.State),
		MayRun: who.May(access.RunPlan), SheetHref: Href(of.ID) + "/wskazniki", Next: planNext(r.L, of)}
	p.NoIndex = of.State == Drafting
	p.Areas = planAreas(r.L, t, sp)
	for _, i := range t.Indicators {
		p.Rows = append(p.Rows, s.indicatorRow(i, sp, v))
	}
	if p.MayRun {
		p.MoveTo = map[State]State{Drafting: Adopted, Adopted: Closed}[of.State]
	}
	if p.Tabs, err = s.draftLinks(r, of); err != nil {
		return err
	}
	return r.RenderStatus(w, status, planView(p))
}

// figures is a plan with the values of all its indicators, of the whole.
func (s *Service) figures(ctx context.Context, l *i18n.L, of Plan) (t Tree, sp speaker, v *Values, err error) {
	if t, err = TreeOf(ctx, s.db, of); err != nil {
		return t, sp, nil, err
	}
	if sp, err = s.speaks(ctx, l, t); err != nil {
		return t, sp, nil, err
	}
	v, err = s.Values(ctx, s.db, t, t.Indicators, s.span(of))
	return t, sp, v, err
}

// span is the years of a plan that have begun.
func (s *Service) span(p Plan) Span {
	return Span{From: p.YearFrom, To: min(p.YearTo, directory.SchoolYear(s.now()))}
}

func planNext(l *i18n.L, p Plan) web.Step {
	return web.Step{What: l.T("plan.next." + string(p.State)), Who: l.T("plan.association")}
}

func planAreas(l *i18n.L, t Tree, sp speaker) (list []planArea) {
	actions := func(keep func(a Action) bool) (items []actionItem) {
		for _, a := range t.Actions {
			if keep(a) {
				items = append(items, actionLine(l, a))
			}
		}
		return items
	}
	for _, a := range append(slices.Clone(t.Areas), Area{}) {
		one := planArea{Title: a.Title, Words: a.Words, Actions: actions(func(x Action) bool { return x.Area == a.ID && x.Goal == "" })}
		if a.ID == "" {
			one.Title = l.T("plan.no_area")
			if len(t.Areas) == 0 {
				one.Title = l.T("plan.goals_all")
			}
		} else {
			one.Edit = AreaPath + "/" + string(a.ID) + "/zmien"
		}
		for _, g := range t.Goals {
			if g.Area == a.ID {
				one.Goals = append(one.Goals, planGoal{g.Title, g.Words, GoalHref(g.ID), sp.themes[g.Theme], actions(func(x Action) bool { return x.Goal == g.ID })})
			}
		}
		if a.ID != "" || len(one.Goals)+len(one.Actions) > 0 {
			list = append(list, one)
		}
	}
	return list
}

func actionLine(l *i18n.L, a Action) actionItem {
	return actionItem{a.Code, a.Title, ActionHref(a.ID), l.T("plan.action.kind." + string(a.Kind)), l.T("plan.action.state." + string(a.State)),
		map[ActionState]string{Done: "ok", InProgress: "warn", Dropped: "bad"}[a.State]}
}

func (s *Service) indicatorRow(i Indicator, sp speaker, v *Values) indicatorRow {
	row := indicatorRow{Code: i.Code, Title: i.Title, Href: IndicatorHref(i.ID), Unit: i.Unit, Baseline: i.bare(sp.l, i.Baseline), Target: i.bare(sp.l, i.Target), Way: sp.l.T("plan.way." + string(i.Way))}
	year, f, ok := v.Latest(i, directory.SchoolYear(s.now()))
	row.Latest = sp.bare(i, f)
	if ok {
		row.Year = yearWords(year)
	}
	return row
}

// getSheet gives all indicators of a plan by school year as a sheet.
func (s *Service) getSheet(w http.ResponseWriter, r *web.Request) error {
	ctx := r.Context()
	of, err := s.see(ctx, access.ActorOf(r.Request), ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	t, sp, v, err := s.figures(ctx, r.L, of)
	if err != nil {
		return err
	}
	header := []string{r.L.T("plan.column.code"), r.L.T("plan.column.indicator"), r.L.T("plan.column.unit"), r.L.T("plan.column.baseline"), r.L.T("plan.column.target"), r.L.T("plan.column.formula")}
	for year := v.span.From; year <= v.span.To; year++ {
		header = append(header, yearWords(year))
	}
	var rows [][]string
	for _, i := range t.Indicators {
		row := []string{i.Code, i.Title, i.Unit, decimal(r.L, i.Baseline), decimal(r.L, i.Target), sp.formula(i)}
		for year := v.span.From; year <= v.span.To; year++ {
			row = append(row, sp.cell(v.Of(i, year, "")))
		}
		rows = append(rows, row)
	}
	return giveSheet(w, r, "wskazniki-planu", r.L.T("plan.indicators"), header, rows)
}

// cell is a value in a sheet: the number alone, nothing when there is none.
func (s speaker) cell(f Figure) string {
	if !f.Known() {
		return ""
	}
	return number(s.l, f.Value)
}

// giveSheet answers with a table, CSV unless the query says otherwise.
func giveSheet(w http.ResponseWriter, r *web.Request, file, title string, header []string, rows [][]string) error {
	form := sheet.FormatOf(r.URL.Query().Get("format"))
	w.Header().Set("Content-Type", form.ContentType())
	w.Header().Set("Content-Disposition", `attachment; filename="`+form.File(file)+`"`)
	return sheet.Write(w, form, title, header, func(yield func([]string, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	})
}

func (s *Service) getNewPlan(w http.ResponseWriter, r *web.Request) error {
	year := directory.SchoolYear(s.now())
	return s.showEditPlan(w, r, Plan{YearFrom: year, YearTo: year + 4}, nil)
}

func (s *Service) getEditPlan(w http.ResponseWriter, r *web.Request) error {
	p, err := s.run(r.Context(), access.ActorOf(r.Request), ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	return s.showEditPlan(w, r, p, nil)
}

func (s *Service) showEditPlan(w http.ResponseWriter, r *web.Request, of Plan, fail error) error {
	title, way := r.L.T("plan.new"), []web.Link{{Text: r.L.T("plan.title"), Href: Path}}
	if of.ID != "" {
		title, way = r.L.T("plan.edit"), append(way, web.Link{Text: r.L.T("plan.here"), Href: Href(of.ID)})
	}
	p := newForm(w, r, title, fail, way...)
	p.Hidden = []web.Pair{version(of.Revision)}
	now := directory.SchoolYear(s.now())
	p.Parts = []templ.Component{
		web.Field(p.Page, web.Input{Name: "tytul", Label: r.L.T("plan.field.title"), Value: of.Title, Required: true}),
		web.Textarea(p.Page, web.Area{Name: "slowa", Label: r.L.T("plan.field.plain"), Hint: r.L.T("plan.field.plain_hint"), Value: of.Words}),
		web.Select(p.Page, web.Pick{Name: "od", Label: r.L.T("plan.field.from"), Choices: years(now-8, now+4), Value: strconv.Itoa(of.YearFrom), Required: true}),
		web.Select(p.Page, web.Pick{Name: "do", Label: r.L.T("plan.field.to"), Choices: years(now-8, now+12), Value: strconv.Itoa(of.YearTo), Required: true})}
	p.Next = web.Step{What: r.L.T("plan.next.written"), Who: r.L.T("plan.association")}
	return p.render(w, r, fail)
}

func (s *Service) postPlan(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	p := Plan{ID: ID(r.PathValue("id")), Title: r.Value("tytul"), Words: r.Value("slowa"), YearFrom: whole(r.Value("od")), YearTo: whole(r.Value("do")), Revision: seen(r)}
	if p.ID != "" { // one that is not there is not begun under that name
		if _, err := s.run(r.Context(), access.ActorOf(r.Request), p.ID); err != nil {
			return err
		}
	}
	id, err := s.SavePlan(r.Context(), access.ActorOf(r.Request), p)
	return done(w, r, err, func(fail error) error { return s.showEditPlan(w, r, p, fail) }, "notice.plan.saved", Href(id))
}

func (s *Service) postPlanState(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	id := ID(r.PathValue("id"))
	err := s.MovePlan(r.Context(), access.ActorOf(r.Request), id, seen(r), State(r.Value("stan")))
	return done(w, r, err, func(fail error) error { return s.showPlan(w, r, http.StatusConflict, fail) }, "notice.plan.moved", Href(id))
}

func (s *Service) getNewArea(w http.ResponseWriter, r *web.Request) error {
	return s.showArea(w, r, Area{Plan: ID(r.PathValue("id"))}, nil)
}

func (s *Service) getEditArea(w http.ResponseWriter, r *web.Request) error {
	a, err := AreaByID(r.Context(), s.db, AreaID(r.PathValue("id")))
	if err != nil {
		return err
	}
	return s.showArea(w, r, a, nil)
}

func (s *Service) showArea(w http.ResponseWriter, r *web.Request, a Area, fail error) error {
	of, err := s.run(r.Context(), access.ActorOf(r.Request), a.Plan)
	if err != nil {
		return err
	}
	title := r.L.T("plan.area.new")
	if a.ID != "" {
		title = r.L.T("plan.area.edit")
	}
	p := newForm(w, r, title, fail, crumbs(r.L, of)...)
	p.Parts = []templ.Component{
		web.Field(p.Page, web.Input{Name: "tytul", Label: r.L.T("plan.field.title"), Value: a.Title, Required: true}),
		web.Textarea(p.Page, web.Area{Name: "slowa", Label: r.L.T("plan.field.words"), Value: a.Words})}
	return p.render(w, r, fail)
}

// postArea takes a new area of a plan, or a changed one: the address says which.
func (s *Service) postArea(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	a := Area{Plan: ID(r.PathValue("id"))}
	if r.Pattern == "POST "+AreaPath+"/{id}/zmien" {
		var err error
		if a, err = AreaByID(r.Context(), s.db, AreaID(r.PathValue("id"))); err != nil {
			return err
		}
	}
	a.Title, a.Words = r.Value("tytul"), r.Value("slowa")
	err := s.SaveArea(r.Context(), access.ActorOf(r.Request), a)
	return done(w, r, err, func(fail error) error { return s.showArea(w, r, a, fail) }, "notice.plan.saved", Href(a.Plan))
}

func (s *Service) getNewGoal(w http.ResponseWriter, r *web.Request) error {
	return s.showEditGoal(w, r, Goal{Plan: ID(r.PathValue("id"))}, nil)
}

func (s *Service) getEditGoal(w http.ResponseWriter, r *web.Request) error {
	g, err := GoalByID(r.Context(), s.db, GoalID(r.PathValue("id")))
	if err != nil {
		return err
	}
	return s.showEditGoal(w, r, g, nil)
}

func (s *Service) showEditGoal(w http.ResponseWriter, r *web.Request, g Goal, fail error) error {
	ctx := r.Context()
	of, err := s.run(ctx, access.ActorOf(r.Request), g.Plan)
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
	title := r.L.T("plan.goal.new")
	if g.ID != "" {
		title = r.L.T("plan.goal.edit")
	}
	p := newForm(w, r, title, fail, crumbs(r.L, of)...)
	p.Hidden = []web.Pair{version(g.Revision)}
	p.Parts = []templ.Component{
		web.Field(p.Page, web.Input{Name: "tytul", Label: r.L.T("plan.field.title"), Hint: r.L.T("plan.goal.title_hint"), Value: g.Title, Required: true}),
		web.Textarea(p.Page, web.Area{Name: "slowa", Label: r.L.T("plan.field.plain"), Hint: r.L.T("plan.field.plain_hint"), Value: g.Words}),
		web.Select(p.Page, web.Pick{Name: "obszar", Label: r.L.T("plan.field.area"), Choices: areaChoices(t), Value: string(g.Area), Prompt: r.L.T("plan.no_area")}),
		web.Select(p.Page, web.Pick{Name: "temat", Label: r.L.T("plan.field.theme"), Choices: themes, Value: g.Theme, Prompt: r.L.T("plan.theme.none")})}
	return p.render(w, r, fail)
}

func areaChoices(t Tree) (list []web.Choice) {
	for _, a := range t.Areas {
		list = append(list, web.Choice{Value: string(a.ID), Label: strconv.Itoa(a.No) + ". " + a.Title})
	}
	return list
}

func goalChoices(t Tree) (list []web.Choice) {
	for _, g := range t.Goals {
		list = append(list, web.Choice{Value: string(g.ID), Label: strconv.Itoa(g.No) + ". " + g.Title})
	}
	return list
}

func (s *Service) themeChoices(ctx context.Context, l *i18n.L) (list []web.Choice, err error) {
	themes, err := s.Themes(ctx, l)
	for _, one := range themes {
		list = append(list, web.Choice{Value: one.ID, Label: one.Title})
	}
	return list, err
}

func (s *Service) postGoal(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	g := Goal{Plan: ID(r.PathValue("id"))}
	if r.Pattern == "POST "+GoalPath+"/{id}/zmien" {
		var err error
		if g, err = GoalByID(r.Context(), s.db, GoalID(r.PathValue("id"))); err != nil {
			return err
		}
	}
	g.Title, g.Words, g.Area, g.Theme, g.Revision = r.Value("tytul"), r.Value("slowa"), AreaID(r.Value("obszar")), r.Value("temat"), seen(r)
	id, err := s.SaveGoal(r.Context(), access.ActorOf(r.Request), g)
	return done(w, r, err, func(fail error) error { return s.showEditGoal(w, r, g, fail) }, "notice.plan.saved", GoalHref(id))
}

// goalPage is a goal in plain words.
type goalPage struct {
	web.Page
	Of       Goal
	Theme    string
	Findings []findingRow // why there is the goal
	Stories  []goalStory
	Actions  []goalAction
	Edit     string
	Next     web.Step
}

// goalStory is an indicator told in sentences.
type goalStory struct{ Title, Href, Text, Fresh string }

type goalAction struct {
	actionItem
	Words   string
	Stories []goalStory
}

func (s *Service) getGoal(w http.ResponseWriter, r *web.Request) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	g, err := GoalByID(ctx, s.db, GoalID(r.PathValue("id")))
	if err != nil {
		return err
	}
	of, err := s.see(ctx, who, g.Plan)
	if err != nil {
		return err
	}
	t, sp, v, err := s.figures(ctx, r.L, of)
	if err != nil {
		return err
	}
	p := goalPage{Page: r.Page(w, g.Title, crumbs(r.L, of)...), Of: g, Theme: sp.themes[g.Theme], Next: planNext(r.L, of)}
	p.NoIndex = of.State == Drafting
	if who.May(access.RunPlan) {
		p.Edit = GoalHref(g.ID) + "/zmien"
	}
	findings, err := s.FindingsOfGoal(ctx, g.ID)
	if err != nil {
		return err
	}
	if p.Findings, err = s.findingRows(r, of, findings, p.Edit != ""); err != nil {
		return err
	}
	stories := func(keep func(i Indicator) bool) (list []goalStory) {
		for _, i := range t.Indicators {
			if keep(i) {
				list = append(list, goalStory{i.Title, IndicatorHref(i.ID), sp.story(i, v, v.span.To), fresh(r.L, v.FreshAt(i.ID))})
			}
		}
		return list
	}
	p.Stories = stories(func(i Indicator) bool { return i.Goal == g.ID })
	for _, a := range t.Actions {
		if a.Goal == g.ID {
			p.Actions = append(p.Actions, goalAction{actionLine(r.L, a), a.Words, stories(func(i Indicator) bool { return i.Action == a.ID })})
		}
	}
	return r.Render(w, goalView(p))
}

func (s *Service) getThemes(w http.ResponseWriter, r *web.Request) error {
	return s.showThemes(w, r, "", nil)
}

func (s *Service) showThemes(w http.ResponseWriter, r *web.Request, title string, fail error) error {
	list, err := s.Themes(r.Context(), r.L)
	if err != nil {
		return err
	}
	p := newForm(w, r, r.L.T("plan.theme.title"), fail, web.Link{Text: r.L.T("plan.title"), Href: Path})
	p.Intro, p.Send = r.L.T("plan.theme.lead"), r.L.T("plan.theme.add")
	p.Parts = []templ.Component{web.Field(p.Page, web.Input{Name: "tytul", Label: r.L.T("plan.theme.name"), Value: title, Required: true})}
	p.After = []templ.Component{themesView(p.Page, list)}
	return p.render(w, r, fail)
}

func (s *Service) postTheme(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	_, err := s.AddTheme(r.Context(), access.ActorOf(r.Request), r.Value("tytul"))
	return done(w, r, err, func(fail error) error { return s.showThemes(w, r, r.Value("tytul"), fail) }, "notice.plan.saved", ThemesPath)
}

func (s *Service) getTheme(w http.ResponseWriter, r *web.Request) error {
	return s.showTheme(w, r, nil)
}

// showTheme is the form that gives a theme another name.
func (s *Service) showTheme(w http.ResponseWriter, r *web.Request, fail error) error {
	t, err := themeByID(r.Context(), s.db, r.PathValue("id"))
	if err != nil {
		return err
	}
	before := t.Title // what stands in the form, until it is sent
	if fail != nil {
		t.Title, before = r.Value("tytul"), r.Value("dotad")
	}
	p := newForm(w, r, r.L.T("plan.theme.edit"), fail, web.Link{Text: r.L.T("plan.title"), Href: Path}, web.Link{Text: r.L.T("plan.theme.title"), Href: ThemesPath})
	p.Intro, p.Hidden = r.L.T("plan.theme.edit_lead"), []web.Pair{{Name: "dotad", Value: before}}
	p.Parts = []templ.Component{web.Field(p.Page, web.Input{Name: "tytul", Label: r.L.T("plan.theme.name"), Value: t.Title, Required: true})}
	return p.render(w, r, fail)
}

func (s *Service) postRenameTheme(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	err := s.RenameTheme(r.Context(), access.ActorOf(r.Request), r.PathValue("id"), r.Value("dotad"), r.Value("tytul"))
	return done(w, r, err, func(fail error) error { return s.showTheme(w, r, fail) }, "notice.plan.saved", ThemesPath)
}
