package budget

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// projectRoutes opens the doors of projects. Who may do what with which project
// is the service's to say.
func (s *Service) projectRoutes(sh *web.Shell) {
	list, one, once := Path+"/{id}/projekty", ProjectPath+"/{project}", web.Idempotent()
	sh.Handle("GET "+list, web.Public, s.getProjects)
	sh.Handle("GET "+list+".geojson", web.Public, s.getProjectMap)
	sh.Handle("GET "+list+"/nowy", access.SignedIn, s.getNewProject)
	sh.Handle("POST "+list+"/nowy", access.SignedIn, s.postNewProject, once)
	sh.Handle("GET "+one, web.Public, s.getProject)
	sh.Handle("GET "+one+"/edycja/{etap}", access.SignedIn, s.getWriting)
	sh.Handle("POST "+one+"/edycja/{etap}", access.SignedIn, s.postWriting, once)
	sh.Handle("POST "+one+"/edycja/koszt/usun", access.SignedIn, s.postDropItem)
	sh.Handle("POST "+one+"/poprawione", access.SignedIn, s.onProject("mended", s.Mended), once)
	sh.Handle("POST "+one+"/wycofaj", access.SignedIn, s.postWithdraw)
	sh.Handle("POST "+one+"/obserwuj", access.SignedIn, s.onProject("watched", s.Watch))
	sh.Handle("POST "+one+"/obserwuj/koniec", access.SignedIn, s.onProject("unwatched", s.Unwatch))
	s.supportRoutes(sh)
	s.checkRoutes(sh)
	s.protestRoutes(sh)
	sh.AddDesk(s.projectDesk)
}

// statusOf is the status of a page with a form that was refused, or not.
func statusOf(refusal error) int {
	if refusal != nil {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

// onProject does a deed without words of its own and goes back to the project.
func (s *Service) onProject(notice string, do func(ctx context.Context, who access.Actor, id ProjectID) error) web.Handler {
	return func(w http.ResponseWriter, r *web.Request) error {
		id := ProjectID(r.PathValue("project"))
		if err := do(r.Context(), access.ActorOf(r.Request), id); err != nil {
			return err
		}
		return done(w, r, notice, ProjectHref(id))
	}
}

func (s *Service) postWithdraw(w http.ResponseWriter, r *web.Request) error {
	id := ProjectID(r.PathValue("project"))
	p, err := ProjectByID(r.Context(), s.db, id)
	if err != nil {
		return err
	}
	if r.Value("potwierdzam") == "" {
		return s.showProject(w, r, fault.InvalidFields([]fault.Field{{Name: "potwierdzam", Key: "budget.lack.sure"}}))
	}
	if err := s.Withdraw(r.Context(), access.ActorOf(r.Request), id); err != nil {
		return err
	}
	if p.State == ProjectDraft {
		return done(w, r, "draft_gone", ProjectsHref(p.Edition))
	}
	return done(w, r, "withdrawn", ProjectHref(id))
}

// projectsPage is the list of projects of an edition.
type projectsPage struct {
	web.Page
	Of         Edition
	Rows       []projectLine
	Drafts     []projectLine
	Pools      []web.Choice
	Categories []web.Choice
	States     []web.Choice
	Districts  []web.Choice
	Filter     ProjectFilter
	Pager      web.Pager
	Proposes   bool
	Office     bool
	Points     string // address of the points of the map, "" when there are none
	Closed     string // why nothing can be filed now, "" when it can
}

type projectLine struct {
	Number, Title, Href, State, Badge, Cost, Pool, Where string
}

func (s *Service) lineOf(l *i18n.L, e Edition, p Project) projectLine {
	pool, _ := e.Pool(p.Pool)
	return projectLine{Number: strconv.Itoa(p.Number), Title: p.Title, Href: ProjectHref(p.ID), State: stateWords(l, p.State), Badge: p.State.badge(), Cost: Money(l, p.Cost),
		Pool: pool.Name, Where: p.Place}
}

func stateWords(l *i18n.L, st ProjectState) string { return l.T("budget.project.state." + string(st)) }

func (s *Service) filterOf(r *web.Request) ProjectFilter {
	return ProjectFilter{Pool: PoolID(r.Value("pula")), Category: r.Value("kategoria"), State: ProjectState(r.Value("stan")), Area: r.Value("dzielnica")}
}

func crumbsOf(l *i18n.L, e Edition, more ...web.Link) []web.Link {
	return append([]web.Link{{Text: l.T("budget.title"), Href: Path}, {Text: e.Title, Href: Href(e.ID)}}, more...)
}

func (s *Service) getProjects(w http.ResponseWriter, r *web.Request) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	e, err := s.editionRead(r.Context(), access.ActorOf(r.Request), EditionID(r.PathValue("id")))
	if err != nil {
		return err
	}
	at, err := web.CursorOf(r.URL.Query())
	if err != nil {
		return err
	}
	p := projectsPage{Page: r.Page(w, r.L.T("budget.project.list"), crumbsOf(r.L, e)...), Of: e, Filter: s.filterOf(r), Pools: poolChoices(e),
		Categories: categoryChoices(r.L), Districts: districtChoices(e), Office: s.worksFor(ctx, who, e)}
	mapped, err := s.anyPlaced(ctx, e.ID, p.Filter)
	if err != nil {
		return err
	}
	if mapped {
		p.Points = ProjectsHref(e.ID) + ".geojson" + web.WithQuery(r.URL, "", "", "od", "do")[len(r.URL.Path):]
		p.Scripts, p.Styles = []string{"leaflet.js", "map.js"}, []string{"leaflet.css"}
	}
	for _, st := range ProjectStates()[2:] {
		p.States = append(p.States, web.Choice{Value: string(st), Label: stateWords(r.L, st)})
	}
	if f := fault.As(Filing(e, s.now())); f != nil {
		p.Closed = r.L.T("budget.project.closed")
	} else {
		refusal := s.Proposes(who, e)
		p.Proposes = refusal == nil || fault.KindOf(refusal) == fault.SignedOut
	}
	rows, more, err := s.projectsIn(ctx, e.ID, p.Filter, at)
	if err != nil {
		return err
	}
	for _, one := range rows {
		p.Rows = append(p.Rows, s.lineOf(r.L, e, one))
	}
	if n := len(rows); n > 0 {
		place := func(p Project) web.Cursor { return web.Cursor{Key: p.TitleKey, ID: string(p.ID)} }
		p.Pager = web.PagerFor(r.URL, at, place(rows[0]), place(rows[n-1]), more)
	}
	drafts, err := s.draftsOf(ctx, string(speaks(who)), e.ID)
	if err != nil {
		return err
	}
	for _, one := range drafts {
		p.Drafts = append(p.Drafts, s.lineOf(r.L, e, one))
	}
	return r.Render(w, projectsView(p))
}

func poolChoices(e Edition) (list []web.Choice) {
	for _, p := range e.Rules.Pools {
		list = append(list, web.Choice{Value: string(p.ID), Label: p.Name})
	}
	return list
}

func districtChoices(e Edition) (list []web.Choice) {
	for _, d := range e.Districts() {
		list = append(list, web.Choice{Value: d, Label: d})
	}
	return list
}

func categoryChoices(l *i18n.L) (list []web.Choice) {
	for _, c := range Categories() {
		list = append(list, web.Choice{Value: c, Label: l.T("budget.category." + c)})
	}
	return list
}

// getProjectMap sends the places of the projects of a list, for its map.
func (s *Service) getProjectMap(w http.ResponseWriter, r *web.Request) error {
	e, err := s.editionRead(r.Context(), access.ActorOf(r.Request), EditionID(r.PathValue("id")))
	if err != nil {
		return err
	}
	list, err := s.placed(r.Context(), e.ID, s.filterOf(r))
	if err != nil {
		return err
	}
	features := []map[string]any{}
	for _, p := range list {
		features = append(features, map[string]any{"type": "Feature",
			"geometry":   map[string]any{"type": "Point", "coordinates": []float64{float64(p.Lon) / 1e6, float64(p.Lat) / 1e6}},
			"properties": map[string]any{"id": p.ID, "name": p.Title, "municipality": p.Place, "href": ProjectHref(p.ID)}})
	}
	w.Header().Set("Content-Type", "application/geo+json")
	return json.NewEncoder(w).Encode(map[string]any{"type": "FeatureCollection", "features": features})
}

// projectPage is the one address of a project, with its steps.
type projectPage struct {
	web.Page
	Of      Project
	Edition Edition
	State   string
	Badge   string
	Facts   []web.Fact
	Items   []itemLine
	Sum     string
	Why     *web.Reason
	Steps   []stepLine
	Next    web.Step
	Links   []web.Link // what the reader can go on to
	Trace   string
	// What the reader can do here.
	Mends, Withdraws, Watches, Unwatches bool
}

type itemLine struct {
	No                   int
	Name, Amount, Source string
}

type stepLine struct{ When, What, Words string }

func (s *Service) getProject(w http.ResponseWriter, r *web.Request) error {
	return s.showProject(w, r, nil)
}

func (s *Service) showProject(w http.ResponseWriter, r *web.Request, refusal error) error {
	ctx, who, l := r.Context(), access.ActorOf(r.Request), r.L
	p, e, err := s.SeesProject(ctx, who, ProjectID(r.PathValue("project")))
	if err != nil {
		return err
	}
	if p.State == ProjectDraft && refusal == nil && s.editable(p, e) == nil {
		return r.Redirect(w, writingHref(p.ID, stageSend))
	}
	v := projectPage{Page: r.Page(w, p.Title, crumbsOf(l, e, web.Link{Text: l.T("budget.project.list"), Href: ProjectsHref(e.ID)})...).WithErrors(refusal),
		Of: p, Edition: e, State: stateWords(l, p.State), Badge: p.State.badge(), Sum: Money(l, p.Cost), Trace: "/sprawa/" + p.Trace, Next: s.nextOf(l, e, p)}
	v.NoIndex = e.Kind == School // what pupils write is for those who come to the page
	items, err := ItemsOf(ctx, s.db, p.ID)
	if err != nil {
		return err
	}
	v.Items = itemLines(l, items)
	steps, err := ProjectSteps(ctx, s.db, p.ID)
	if err != nil {
		return err
	}
	inside := p.Mine(who) || s.worksFor(ctx, who, e)
	for _, st := range steps {
		if st.What == stepMend && !inside {
			st.Words = "" // said to the proposer, not to everybody
		}
		v.Steps = append(v.Steps, stepLine{When: moment(l, st.At), What: l.T("budget.project.step." + st.What), Words: st.Words})
	}
	if v.Facts, err = s.projectFacts(r, who, p, e); err != nil {
		return err
	}
	if err := s.projectWhy(ctx, l, who, &v); err != nil {
		return err
	}
	if err := s.projectDeeds(ctx, l, who, &v); err != nil {
		return err
	}
	return r.RenderStatus(w, statusOf(refusal), projectView(v))
}

// lastDay is the day that a midnight ends, in words.
func lastDay(l *i18n.L, midnight int64) string {
	return l.Date(time.Unix(midnight-1, 0).In(web.Warsaw))
}

func itemLines(l *i18n.L, items []Item) (list []itemLine) {
	for n, i := range items {
		list = append(list, itemLine{No: n + 1, Name: i.Name, Amount: Money(l, i.Amount), Source: i.Source})
	}
	return list
}

// whyOf is the reason of a published decision: of a rejection its code and words.
func whyOf(l *i18n.L, e Edition, p Project) *web.Reason {
	if p.PublishedAt == 0 || p.Code == "" && p.Reason == "" {
		return nil
	}
	if p.Code == "" {
		return &web.Reason{Text: p.Reason, Human: true}
	}
	text := l.T("budget.code." + string(p.Code))
	if p.Reason == "" {
		return &web.Reason{Text: text, Rule: l.T("budget.project.support_rule", "n", e.Rules.Signatures, "days", e.Rules.SignatureDays),
			Numbers: []web.Pair{{Name: l.T("budget.project.fact.support"), Value: l.Number(p.Support())}}}
	}
	return &web.Reason{Text: text + " " + p.Reason, Human: true}
}

// projectWhy tells why a project stands where it does: why it won or lost once
// votes are counted, before that what the office decided.
func (s *Service) projectWhy(ctx context.Context, l *i18n.L, who access.Actor, v *projectPage) error {
	if p := v.Of; p.Code == "" || p.State.In(ProjectRejected, ProjectProtested, ProjectUpheld) { // a rejection that was taken back is a step below
		v.Why = whyOf(l, v.Edition, p)
	}
	if s.Config.Why == nil || !v.Edition.State.In(Counted, Final, Archived) {
		return nil
	}
	why, href, told, err := s.Config.Why(ctx, l, who, v.Of)
	if err == nil && told {
		v.Why = &why
		v.Links = append(v.Links, web.Link{Text: l.T("budget.project.link.why"), Href: href})
	}
	return err
}

// nextOf is what happens next with a project, who does it and by when.
func (s *Service) nextOf(l *i18n.L, e Edition, p Project) web.Step {
	state := string(p.State)
	step := web.Step{What: l.T("budget.project.next." + state), Who: l.T("budget.project.next_who." + state)}
	switch p.State {
	case ProjectSupport:
		step.What, step.When = l.N("budget.project.next_support", max(0, e.Rules.Signatures-p.Support())), lastDay(l, p.SupportUntil)
		step.Href = ProjectHref(p.ID) + "/poparcie"
	case ProjectFormal, ProjectMerit:
		if p.State == ProjectFormal {
			step.What = l.T(e.to("budget.project.next.formal_check"))
		}
		step.When = dayText(l, e.Rules.Calendar.CheckTo)
		if p.Fix != "" && s.now().Unix() < p.FixUntil {
			step = web.Step{What: l.T("budget.project.next_mend"), Who: l.T("budget.project.next_who.draft"), When: lastDay(l, p.FixUntil)}
		}
	case ProjectRejected:
		if Protesting(p, s.now()) == nil {
			step.When, step.Href = lastDay(l, p.ProtestUntil), ProjectHref(p.ID)+"/protest"
			break
		}
		step = web.Step{What: l.T("budget.project.next_rejected_over")}
		if p.ProtestUntil == 0 {
			step.What = l.T("budget.project.next_rejected_final")
		}
	case ProjectProtested:
		step.Href = ProjectHref(p.ID) + "/protest"
	case ProjectAccepted, ProjectRestored:
		step.When = dayText(l, e.Rules.Calendar.DrawOn)
	case ProjectOnBallot:
		step.When = moment(l, e.Rules.Calendar.VoteFrom)
		if e.State == Voting {
			step.When, step.Href = EndWords(l, e.Rules.Calendar.VoteTo), VoteHref(e.ID)
		}
	case ProjectWon, ProjectInProgress:
		step.Href = DeliveryHref(p.ID)
	}
	return step
}

// projectFacts say what a project is. The name of the proposer stands there only
// when the proposer agreed, and of a pupil never; those who run the edition, and
// the proposer, read it.
func (s *Service) projectFacts(r *web.Request, who access.Actor, p Project, e Edition) (facts []web.Fact, err error) {
	l := r.L
	add := func(key, value string) {
		if value != "" {
			facts = append(facts, web.Fact{Name: l.T("budget.project.fact." + key), Value: value})
		}
	}
	pool, _ := e.Pool(p.Pool)
	if p.Number > 0 {
		add("number", strconv.Itoa(p.Number))
	}
	add("pool", pool.Name)
	if p.Category != "" {
		add("category", l.T("budget.category."+p.Category))
	}
	if e.asksArea(p.Pool) {
		add("area", cmp.Or(p.Area, l.T("budget.field.area_all")))
	}
	add("place", p.Place)
	if p.Spot().There() {
		add("spot", p.Spot().Words())
	}
	add("cost", Money(l, p.Cost))
	by, err := s.proposerWords(r.Context(), l, who, p, e)
	if err != nil {
		return nil, err
	}
	add("by", by)
	if p.FiledAt > 0 {
		add("filed", l.Date(time.Unix(p.FiledAt, 0).In(web.Warsaw)))
	}
	if e.Rules.Signatures > 0 && p.FiledAt > 0 {
		add("support", l.T("budget.project.of", "n", p.Support(), "all", e.Rules.Signatures))
	}
	return facts, nil
}

func (s *Service) proposerWords(ctx context.Context, l *i18n.L, who access.Actor, p Project, e Edition) (string, error) {
	hidden := l.T("budget.project.by_unnamed")
	if p.Pupil {
		hidden = l.T("budget.project.by_pupil")
	}
	open := p.Named && !p.Pupil
	if p.Proposer == "" || !open && !p.Mine(who) && s.Runs(ctx, who, e) != nil {
		return hidden, nil
	}
	names, err := s.People.NamesOf(ctx, []string{string(p.Proposer)})
	if err != nil {
		return "", err
	}
	if !open {
		return l.T("budget.project.by_hidden", "name", names[string(p.Proposer)]), nil
	}
	return names[string(p.Proposer)], nil
}

// worksFor tells whether the actor does anything about projects for the office.
func (s *Service) worksFor(ctx context.Context, who access.Actor, e Edition) bool {
	return slices.ContainsFunc([]access.Permission{access.BudgetCheck, access.BudgetRun, access.BudgetDesk},
		func(p access.Permission) bool { return who.MayAt(ctx, p, e.Owner) == nil })
}

// projectDeeds are what the reader can do with a project now.
func (s *Service) projectDeeds(ctx context.Context, l *i18n.L, who access.Actor, v *projectPage) error {
	p, e, mine := v.Of, v.Edition, v.Of.Mine(who)
	link := func(key, path string) {
		v.Links = append(v.Links, web.Link{Text: l.T("budget.project.link." + key), Href: ProjectHref(p.ID) + path})
	}
	if p.State == ProjectSupport {
		link("support", "/poparcie")
	}
	if mine && p.State == ProjectFormal && s.editable(p, e) == nil {
		v.Mends = true
	}
	if _, err := ProtestOf(ctx, s.db, p.ID); err == nil || mine && Protesting(p, s.now()) == nil {
		link("protest", "/protest")
	} else if !errors.Is(err, fault.ErrNotFound) {
		return err
	}
	if s.worksFor(ctx, who, e) {
		link("check", "/ocena")
	}
	if mine && MayMove(p.State, ProjectMerged, ByProposer) && Cutoff(e, s.now()) == nil {
		link("merge", "/polaczenie")
	}
	if p.MergedInto != "" {
		v.Links = append(v.Links, web.Link{Text: l.T("budget.project.link.merged"), Href: ProjectHref(p.MergedInto)})
	}
	if HasCampaign(p) {
		link("campaign", "/kampania")
	}
	if p.State.In(chosen...) {
		link("delivery", "/realizacja")
	}
	v.Withdraws = mine && MayMove(p.State, ProjectWithdrawn, ByProposer) && (p.State == ProjectDraft || Cutoff(e, s.now()) == nil)
	if !who.SignedIn() || mine {
		return nil
	}
	var watches bool
	err := s.db.Get(ctx, &watches, `select exists (select 1 from budget_project_watchers w where w.project = ? and w.person = ?)`, p.ID, speaks(who))
	v.Watches, v.Unwatches = !watches, watches
	return err
}
