package budget

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

func (s *Service) checkRoutes(sh *web.Shell) {
	office, run, check := officeGuard(), runsGuard(), access.Can(access.BudgetCheck)
	one, once := ProjectPath+"/{project}/ocena", web.Idempotent()
	sh.Handle("GET "+Path+"/{id}/oceny", office, s.getOffice)
	sh.Handle("POST "+Path+"/{id}/oceny/publikacja", run, s.postPublish, once)
	sh.Handle("GET "+one, office, s.getCheck)
	sh.Handle("POST "+one+"/poprawki", check, s.onCheck("mend_asked", func(ctx context.Context, who access.Actor, id ProjectID, r *web.Request) error {
		return s.AskToMend(ctx, who, id, r.Value("poprawki"))
	}), once)
	sh.Handle("POST "+one+"/formalna", check, s.onCheck("formed", func(ctx context.Context, who access.Actor, id ProjectID, _ *web.Request) error {
		return s.PassForm(ctx, who, id)
	}), once)
	sh.Handle("POST "+one+"/prosba", run, s.onCheck("opinion_asked", func(ctx context.Context, who access.Actor, id ProjectID, r *web.Request) error {
		return s.AskOpinion(ctx, who, id, access.PersonID(r.Value("osoba")))
	}), once)
	sh.Handle("POST "+one+"/opinia", check, s.onCheck("opinion", func(ctx context.Context, who access.Actor, id ProjectID, r *web.Request) error {
		return s.GiveOpinion(ctx, who, id, Verdict(r.Value("ocena")), r.Value("kwota"), r.Value("uwagi"))
	}), once)
	sh.Handle("POST "+one+"/decyzja", run, s.onCheck("decided", func(ctx context.Context, who access.Actor, id ProjectID, r *web.Request) error {
		return s.Decide(ctx, who, id, Decision{Accept: r.Value("decyzja") == "tak", Code: Code(r.Value("kod")), Reason: r.Value("uzasadnienie")})
	}), once)
}

func officeGuard() web.Guard {
	return access.CanAny(access.BudgetCheck, access.BudgetRun, access.BudgetDesk)
}

// deed is what a form of a page does with the project of its address.
type deed func(ctx context.Context, who access.Actor, id ProjectID, r *web.Request) error

// onPage does a deed, shows its page again when the words are to be mended, and
// goes back to that page when they were taken.
func (s *Service) onPage(notice, path string, do deed, show func(w http.ResponseWriter, r *web.Request, refusal error) error) web.Handler {
	return func(w http.ResponseWriter, r *web.Request) error {
		id := ProjectID(r.PathValue("project"))
		err := do(r.Context(), access.ActorOf(r.Request), id, r)
		if invalid(err) {
			return show(w, r, err)
		}
		if err != nil {
			return err
		}
		return done(w, r, notice, ProjectHref(id)+path)
	}
}

func (s *Service) onCheck(notice string, do deed) web.Handler {
	return s.onPage(notice, "/ocena", do, s.showCheck)
}

func (s *Service) onProtest(notice string, do deed) web.Handler {
	return s.onPage(notice, "/protest", do, s.showProtest)
}

func (s *Service) postSign(notice string, do func(context.Context, access.Actor, ProjectID) error) web.Handler {
	return s.onPage(notice, "/poparcie", func(ctx context.Context, who access.Actor, id ProjectID, _ *web.Request) error {
		return do(ctx, who, id)
	}, s.showSupport)
}

// partPage begins a page about one part of a project: its support, its check, its
// protest.
func (s *Service) partPage(w http.ResponseWriter, r *web.Request, part string, refusal error) (v partView, err error) {
	p, e, err := s.SeesProject(r.Context(), access.ActorOf(r.Request), ProjectID(r.PathValue("project")))
	if err != nil {
		return v, err
	}
	if p.State == ProjectDraft {
		return v, fault.ErrNotFound
	}
	l := r.L
	page := r.Page(w, l.T("budget."+part+".title"), crumbsOf(l, e, web.Link{Text: l.T("budget.project.list"), Href: ProjectsHref(e.ID)}, web.Link{Text: p.Title, Href: ProjectHref(p.ID)})...)
	v = partView{Page: page.WithErrors(refusal), Of: p, Edition: e, Here: ProjectHref(p.ID), State: stateWords(l, p.State), Badge: p.State.badge(), Next: s.nextOf(l, e, p), Refused: refusal != nil}
	v.NoIndex = true
	// A form that was refused shows again what was typed into it.
	v.Again = func(name string) string { return "" }
	if refusal != nil {
		v.Again = r.Value
	}
	return v, nil
}

// partView is what those pages share.
type partView struct {
	web.Page
	Of      Project
	Edition Edition
	Here    string // address of the project
	State   string
	Badge   string
	Next    web.Step
	Refused bool
	Again   func(name string) string
}

// checkPage is what the office does with a project.
type checkPage struct {
	partView
	Facts     []web.Fact
	Items     []itemLine
	Barred    string // why the reader must not judge, "" when nothing bars it
	Opinions  []opinionLine
	Valuators []web.Choice
	Verdicts  []web.Choice
	Codes     []web.Choice
	Similar   []projectLine
	Noted     *web.Reason // a decision that is not published yet
	Mending   string      // the proposer mends until
	// What the reader can do now.
	Forms, Judges, Asks, Decides, Accepts bool
	Own                                   Opinion
	OwnCost                               string
}

type opinionLine struct{ Who, Verdict, Badge, Cost, Words, When string }

func (s *Service) getCheck(w http.ResponseWriter, r *web.Request) error {
	return s.showCheck(w, r, nil)
}

func (s *Service) showCheck(w http.ResponseWriter, r *web.Request, refusal error) error {
	ctx, who, l := r.Context(), access.ActorOf(r.Request), r.L
	part, err := s.partPage(w, r, "check", refusal)
	if err != nil {
		return err
	}
	v := checkPage{partView: part}
	p, e := v.Of, v.Edition
	if !s.worksFor(ctx, who, e) {
		return who.MayAt(ctx, access.BudgetCheck, e.Owner)
	}
	if f := fault.As(s.impartial(ctx, who, p, e)); f != nil {
		v.Barred = l.T(f.Key, f.Args...)
	}
	if v.Facts, err = s.projectFacts(r, who, p, e); err != nil {
		return err
	}
	items, err := ItemsOf(ctx, s.db, p.ID)
	if err != nil {
		return err
	}
	v.Items = itemLines(l, items)
	if err := s.checkDeeds(ctx, l, who, &v); err != nil {
		return err
	}
	if v.Similar, err = s.similar(ctx, l, e, p); err != nil {
		return err
	}
	return r.RenderStatus(w, statusOf(refusal), checkView(v))
}

// checkDeeds are what the reader can do with the project, and what others did.
func (s *Service) checkDeeds(ctx context.Context, l *i18n.L, who access.Actor, v *checkPage) error {
	p, e := v.Of, v.Edition
	free := v.Barred == ""
	checks, runs := who.MayAt(ctx, access.BudgetCheck, e.Owner) == nil, s.Runs(ctx, who, e) == nil
	mending := p.Fix != "" && s.now().Unix() < p.FixUntil
	if mending {
		v.Mending = lastDay(l, p.FixUntil)
	}
	v.Forms = free && checks && p.State == ProjectFormal && p.Verdict == ""
	v.Judges = free && checks && p.State == ProjectMerit && p.Verdict == ""
	v.Asks = runs && p.State == ProjectMerit && p.Verdict == ""
	v.Decides = free && runs && p.State.In(ProjectFormal, ProjectMerit)
	opinions, err := OpinionsOf(ctx, s.db, p.ID)
	if err != nil {
		return err
	}
	waiting := slices.ContainsFunc(opinions, func(o Opinion) bool { return o.Verdict == Asked })
	v.Accepts = p.State == ProjectMerit && len(opinions) > 0 && !waiting
	if v.Opinions, err = s.opinionLines(ctx, l, opinions); err != nil {
		return err
	}
	for _, o := range opinions {
		if o.Valuator == who.Person {
			v.Own = o
		}
	}
	if v.Own.Cost > 0 {
		v.OwnCost = typed(v.Own.Cost)
	}
	for _, one := range Verdicts() {
		v.Verdicts = append(v.Verdicts, web.Choice{Value: string(one), Label: l.T("budget.verdict." + string(one))})
	}
	for _, c := range Codes() {
		v.Codes = append(v.Codes, web.Choice{Value: string(c), Label: l.T("budget.code." + string(c))})
	}
	v.Noted = notedOf(l, p)
	if v.Asks {
		v.Valuators, err = s.valuators(ctx, p, e, opinions)
	}
	return err
}

// notedOf is a decision that nobody outside the office reads yet.
func notedOf(l *i18n.L, p Project) *web.Reason {
	if p.Verdict == "" {
		return nil
	}
	text := l.T("budget.check.noted." + string(p.Verdict))
	if p.Code != "" {
		text += " " + l.T("budget.code."+string(p.Code))
	}
	return &web.Reason{Text: text + " " + p.Reason, Human: true}
}

func (s *Service) opinionLines(ctx context.Context, l *i18n.L, list []Opinion) (lines []opinionLine, err error) {
	ids := make([]string, len(list))
	for n, o := range list {
		ids[n] = string(o.Valuator)
	}
	names, err := s.People.NamesOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	badges := map[Verdict]string{Asked: "warn", Feasible: "ok", Infeasible: "bad"}
	for _, o := range list {
		one := opinionLine{Who: names[string(o.Valuator)], Verdict: l.T("budget.verdict." + cmpAsked(o.Verdict)), Badge: badges[o.Verdict], Words: o.Words}
		if o.Cost > 0 {
			one.Cost = Money(l, o.Cost)
		}
		if o.GivenAt > 0 {
			one.When = moment(l, o.GivenAt)
		}
		lines = append(lines, one)
	}
	return lines, nil
}

// cmpAsked names the verdict that is not given yet.
func cmpAsked(v Verdict) string {
	if v == Asked {
		return "asked"
	}
	return string(v)
}

// valuators are those who can be asked for an opinion: holders of BudgetCheck at
// the owner whom nothing bars and who were not asked yet.
func (s *Service) valuators(ctx context.Context, p Project, e Edition, asked []Opinion) (list []web.Choice, err error) {
	holders, err := s.People.Holders(ctx, access.BudgetCheck, e.Owner)
	if err != nil {
		return nil, err
	}
	ids := []string{}
	for _, id := range holders {
		if id != p.Proposer && !slices.ContainsFunc(asked, func(o Opinion) bool { return o.Valuator == id }) {
			ids = append(ids, string(id))
		}
	}
	names, err := s.People.NamesOf(ctx, ids)
	for _, id := range ids {
		list = append(list, web.Choice{Value: id, Label: names[id]})
	}
	slices.SortFunc(list, func(a, b web.Choice) int { return strings.Compare(i18n.SortKey(a.Label), i18n.SortKey(b.Label)) })
	return list, err
}

// similar are projects of the edition that could be the same: of the same title,
// or of the same category within some hundred meters.
func (s *Service) similar(ctx context.Context, l *i18n.L, e Edition, p Project) (lines []projectLine, err error) {
	const near = 2000 // millionths of a degree, about 150 to 220 meters
	query, args, err := db.In(`select `+ProjectColumns+` from budget_projects p where p.edition = ? and p.id <> ? and p.state not in (?)
		and (p.title_key = ? or ? <> 0 and p.category = ? and p.lat between ? and ? and p.lon between ? and ?) order by p.title_key, p.id limit 10`,
		e.ID, p.ID, gone, p.TitleKey, p.Lat, p.Category, p.Lat-near, p.Lat+near, p.Lon-near, p.Lon+near)
	if err != nil {
		return nil, err
	}
	var list []Project
	err = s.db.Select(ctx, &list, query, args...)
	for _, one := range list {
		lines = append(lines, s.lineOf(l, e, one))
	}
	return lines, err
}

// officePage is what waits for the office in an edition.
type officePage struct {
	web.Page
	Of        Edition
	Groups    []officeGroup
	Noted     int
	Publishes bool
	Next      web.Step
}

type officeGroup struct {
	Title string
	Rows  []projectLine
}

func (s *Service) getOffice(w http.ResponseWriter, r *web.Request) error {
	ctx, who, l := r.Context(), access.ActorOf(r.Request), r.L
	e, err := s.editionRead(r.Context(), access.ActorOf(r.Request), EditionID(r.PathValue("id")))
	if err != nil {
		return err
	}
	if !s.worksFor(ctx, who, e) {
		return who.MayAt(ctx, access.BudgetCheck, e.Owner)
	}
	v := officePage{Page: r.Page(w, l.T("budget.office.title"), crumbsOf(l, e)...), Of: e, Publishes: s.Runs(ctx, who, e) == nil,
		Next: web.Step{What: l.T("budget.office.next"), Who: l.T("budget.office.next_who"), When: dayText(l, e.Rules.Calendar.CheckTo)}}
	v.NoIndex = true
	for _, st := range []ProjectState{ProjectSupport, ProjectFormal, ProjectMerit, ProjectProtested} {
		list, err := s.waitingIn(ctx, e.ID, st)
		if err != nil {
			return err
		}
		group := officeGroup{Title: stateWords(l, st)}
		for _, p := range list {
			line := s.lineOf(l, e, p)
			line.Href, line.State, line.Badge = officeHref(p), "", ""
			if p.Verdict != "" {
				v.Noted++
				line.State, line.Badge = l.T("budget.check.noted."+string(p.Verdict)), p.Verdict.badge()
			}
			group.Rows = append(group.Rows, line)
		}
		v.Groups = append(v.Groups, group)
	}
	return r.Render(w, officeView(v))
}

// officeHref is where the office goes on with a project.
func officeHref(p Project) string {
	switch p.State {
	case ProjectSupport:
		return ProjectHref(p.ID) + "/poparcie"
	case ProjectProtested:
		return ProjectHref(p.ID) + "/protest"
	}
	return ProjectHref(p.ID) + "/ocena"
}

func (s *Service) postPublish(w http.ResponseWriter, r *web.Request) error {
	id := EditionID(r.PathValue("id"))
	n, err := s.Publish(r.Context(), access.ActorOf(r.Request), id)
	if err != nil {
		return err
	}
	if n == 0 {
		return done(w, r, "nothing_published", Href(id)+"/oceny")
	}
	return done(w, r, "published_decisions", Href(id)+"/oceny")
}

// value is what a field shows: what was typed into a form that was refused, else
// what is kept.
func (v partView) value(name, kept string) string {
	if v.Refused {
		return v.Again(name)
	}
	return kept
}

// sum is what the project costs, in words.
func (v partView) sum() string { return Money(v.L, v.Of.Cost) }
