package budget

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// The stages of writing a project, one thing at a time. Each is kept when it is
// sent; the last one shows everything and files it.
const (
	stageIdea  = "pomysl"
	stagePlace = "miejsce"
	stageCost  = "koszt"
	stageSend  = "wyslij"
)

var writingStages = []string{stageIdea, stagePlace, stageCost, stageSend}

func writingHref(id ProjectID, stage string) string { return ProjectHref(id) + "/edycja/" + stage }

// fieldStage is the stage at which a field is mended.
var fieldStage = map[string]string{"tytul": stageIdea, "opis": stageIdea, "pula": stageIdea, "kategoria": stageIdea, "miejsce": stagePlace, "punkt": stagePlace, "dzielnica": stagePlace, "pozycje": stageCost}

// writingPage is one stage of writing a project.
type writingPage struct {
	web.Page
	Of       Project
	School   bool
	Stage    string
	No       int
	Text     string
	Fields   []templ.Component
	Action   string
	Button   string
	Items    []itemLine
	Sum      string
	Limits   string
	Prices   string    // address of the price list, "" where there is none
	Back, On string    // addresses of the stages beside it, "" for none
	Missing  []missing // what the draft lacks to be filed
	Facts    []web.Fact
	Draft    bool
	Mends    bool // the stage of sending, of a filed project that was to be mended
}

type missing struct{ Text, Stage, Href string }

// lacking is what a draft lacks, with the stage at which it is mended.
func lacking(l *i18n.L, p ProjectID, f fault.Field) missing {
	stage := fieldStage[f.Name]
	return missing{Text: faultWords(l, f), Stage: stage, Href: writingHref(p, stage)}
}

// next is what comes after a stage. A draft that lacks something is not sent but
// mended first.
func (v writingPage) next() web.Step {
	step := web.Step{What: v.T("budget.write.next_" + v.Stage), Who: v.T("budget.write.you")}
	if v.Stage == stageSend && len(v.Missing) > 0 {
		first := v.Missing[0]
		step.What, step.Href = v.T("budget.write.next_missing", "stage", v.T("budget.write."+first.Stage)), first.Href
	}
	return step
}

func (s *Service) getNewProject(w http.ResponseWriter, r *web.Request) error {
	return s.newProject(w, r, nil)
}

func (s *Service) newProject(w http.ResponseWriter, r *web.Request, refusal error) error {
	e, err := s.openTo(r.Context(), access.ActorOf(r.Request), EditionID(r.PathValue("id")))
	if err != nil {
		return err
	}
	idea := Idea{Pool: PoolID(r.Value("pula")), Title: r.Value("tytul"), Words: r.Value("opis"), Category: r.Value("kategoria")}
	v := s.writing(w, r, e, Project{State: ProjectDraft}, stageIdea, refusal)
	v.Action = ProjectsHref(e.ID) + "/nowy"
	v.Back, v.Fields = "", ideaFields(r.L, v.Page, e, idea, true)
	return r.RenderStatus(w, statusOf(refusal), writingView(v))
}

func (s *Service) postNewProject(w http.ResponseWriter, r *web.Request) error {
	idea := Idea{Pool: PoolID(r.Value("pula")), Title: r.Value("tytul"), Words: r.Value("opis"), Category: r.Value("kategoria")}
	e, err := EditionByID(r.Context(), s.db, EditionID(r.PathValue("id")))
	if err != nil {
		return err
	}
	if len(e.Rules.Pools) == 1 {
		idea.Pool = e.Rules.Pools[0].ID
	}
	id, err := s.StartProject(r.Context(), access.ActorOf(r.Request), e.ID, idea)
	if invalid(err) {
		return s.newProject(w, r, err)
	}
	if err != nil {
		return err
	}
	return done(w, r, "kept", writingHref(id, stagePlace))
}

// writing begins the page of a stage.
func (s *Service) writing(w http.ResponseWriter, r *web.Request, e Edition, p Project, stage string, refusal error) writingPage {
	l, no := r.L, slices.Index(writingStages, stage)
	title := l.T("budget.write." + stage)
	v := writingPage{Page: r.Page(w, title, crumbsOf(l, e, web.Link{Text: l.T("budget.project.list"), Href: ProjectsHref(e.ID)})...).WithErrors(refusal),
		Of: p, School: e.Kind == School, Stage: stage, No: no + 1, Text: l.T("budget.write." + stage + "_text"), Action: writingHref(p.ID, stage), Button: l.T("budget.write.save"),
		Draft: p.State == ProjectDraft, Mends: p.State == ProjectFormal}
	v.NoIndex = true
	if no > 0 {
		v.Back = writingHref(p.ID, writingStages[no-1])
	}
	if no+1 < len(writingStages) && p.ID != "" {
		v.On = writingHref(p.ID, writingStages[no+1])
	}
	return v
}

func (s *Service) getWriting(w http.ResponseWriter, r *web.Request) error {
	return s.showWriting(w, r, nil)
}

func (s *Service) showWriting(w http.ResponseWriter, r *web.Request, refusal error) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	p, e, err := s.own(ctx, who, ProjectID(r.PathValue("project")))
	if err != nil {
		return err
	}
	if err := s.editable(p, e); err != nil {
		return err
	}
	stage := r.PathValue("etap")
	if !slices.Contains(writingStages, stage) {
		return fault.ErrNotFound
	}
	items, err := ItemsOf(ctx, s.db, p.ID)
	if err != nil {
		return err
	}
	v := s.writing(w, r, e, p, stage, refusal)
	v.Items, v.Sum = itemLines(r.L, items), Money(r.L, p.Cost)
	switch stage {
	case stageIdea:
		idea := Idea{Pool: p.Pool, Title: p.Title, Words: p.Words, Category: p.Category}
		if refusal != nil {
			idea = Idea{Pool: PoolID(r.Value("pula")), Title: r.Value("tytul"), Words: r.Value("opis"), Category: r.Value("kategoria")}
		}
		v.Fields = ideaFields(r.L, v.Page, e, idea, v.Draft)
	case stagePlace:
		v.Fields = placeFields(r, v.Page, e, p, refusal != nil)
	case stageCost:
		if err := s.costs(r, e, &v, refusal != nil); err != nil {
			return err
		}
	case stageSend:
		if err := v.sending(ctx, s, r, who, e, items); err != nil {
			return err
		}
	}
	return r.RenderStatus(w, statusOf(refusal), writingView(v))
}

// ideaFields ask what the project is about. The pool is asked for only where
// there are several, and only of a draft.
func ideaFields(l *i18n.L, p web.Page, e Edition, i Idea, draft bool) []templ.Component {
	fields := []templ.Component{
		web.Field(p, web.Input{Name: "tytul", Label: l.T("budget.field.title"), Hint: l.T("budget.field.title_hint"), Value: i.Title, Required: true}),
		web.Textarea(p, web.Area{Name: "opis", Label: l.T("budget.field.words"), Hint: l.T("budget.field.words_hint"), Value: i.Words, Required: true})}
	if pools := poolChoices(e); draft && len(pools) > 1 {
		fields = append(fields, web.Select(p, web.Pick{Name: "pula", Label: l.T("budget.field.pool"), Hint: l.T("budget.field.pool_hint"), Choices: pools, Value: string(i.Pool),
			Prompt: l.T("budget.field.choose"), Required: true}))
	} else if len(pools) == 1 {
		fields = append(fields, hiddenField("pula", pools[0].Value))
	}
	return append(fields, web.Select(p, web.Pick{Name: "kategoria", Label: l.T("budget.field.category"), Choices: categoryChoices(l), Value: i.Category, Prompt: l.T("budget.field.none")}))
}

func placeFields(r *web.Request, p web.Page, e Edition, of Project, again bool) (fields []templ.Component) {
	where := Where{of.Place, of.Spot().Words(), of.Area}
	if again {
		where = whereOf(r)
	}
	if e.asksArea(of.Pool) {
		fields = append(fields, web.Select(p, web.Pick{Name: "dzielnica", Label: r.L.T("budget.field.area"), Hint: r.L.T("budget.field.area_hint"), Choices: districtChoices(e),
			Value: where.Area, Prompt: r.L.T("budget.field.area_all"), Required: true}))
	}
	return append(fields,
		web.Field(p, web.Input{Name: "miejsce", Label: r.L.T("budget.field.place"), Hint: r.L.T("budget.field.place_hint"), Value: where.Place, Required: true}),
		web.Field(p, web.Input{Name: "punkt", Label: r.L.T("budget.field.spot"), Hint: r.L.T("budget.field.spot_hint"), Value: where.Spot}))
}

// whereOf reads the fields of the place.
func whereOf(r *web.Request) Where {
	return Where{Place: r.Value("miejsce"), Spot: r.Value("punkt"), Area: r.Value("dzielnica")}
}

// costs is the stage at which things are added one by one; one of them can come
// filled in from the price list.
func (s *Service) costs(r *web.Request, e Edition, v *writingPage, again bool) error {
	l := r.L
	pool, _ := e.Pool(v.Of.Pool)
	v.Limits, v.Button = l.T("budget.write.most", "most", Money(l, pool.MostCost())), l.T("budget.write.add")
	if pool.MinCost > 0 {
		v.Limits = l.T("budget.write.limits", "least", Money(l, pool.MinCost), "most", Money(l, pool.MostCost()))
	}
	list, err := Prices(r.Context(), s.db, e.ID)
	if err != nil {
		return err
	}
	if len(list) > 0 {
		v.Prices = PricesHref(e.ID) + "?projekt=" + string(v.Of.ID)
	}
	one, err := s.fromPrices(r, e.ID)
	if err != nil {
		return err
	}
	if again {
		one = typedItem{Name: r.Value("nazwa"), Amount: r.Value("kwota"), Source: r.Value("skad")}
	}
	v.Fields = []templ.Component{
		web.Field(v.Page, web.Input{Name: "nazwa", Label: l.T("budget.field.item"), Hint: l.T("budget.field.item_hint"), Value: one.Name, Required: true}),
		web.Field(v.Page, web.Input{Name: "kwota", Label: l.T("budget.field.amount"), Hint: l.T("budget.field.amount_hint"), Value: one.Amount, Mode: "decimal", Short: true, Required: true}),
		web.Field(v.Page, web.Input{Name: "skad", Label: l.T("budget.field.source"), Hint: l.T("budget.field.source_hint"), Value: one.Source})}
	return nil
}

// sending is the last stage: everything at a glance, and what is missing.
func (v *writingPage) sending(ctx context.Context, s *Service, r *web.Request, who access.Actor, e Edition, items []Item) (err error) {
	l, p := r.L, v.Of
	pool, _ := e.Pool(p.Pool)
	for _, f := range Missing(p, items, pool) {
		v.Missing = append(v.Missing, lacking(l, p.ID, f))
	}
	// What filing refused beside it, such as a twin, is mended at its stage too.
	v.Errors = slices.DeleteFunc(slices.Clone(v.Errors), func(f fault.Field) bool {
		_, elsewhere := fieldStage[f.Name]
		one := lacking(l, p.ID, f)
		if elsewhere && !slices.Contains(v.Missing, one) {
			v.Missing = append(v.Missing, one)
		}
		return elsewhere
	})
	if v.Facts, err = s.projectFacts(r, who, p, e); err != nil {
		return err
	}
	v.Button = l.T("budget.write.file")
	if v.Mends {
		v.Action, v.Button = ProjectHref(p.ID)+"/poprawione", l.T("budget.write.mended")
		return nil
	}
	if n := e.asksAge(); n > 0 {
		v.Fields = append(v.Fields, web.Check(v.Page, web.Box{Name: "wiek", Label: l.N("budget.field.age", n), Hint: l.T("budget.field.age_hint"), Checked: r.Value("wiek") != ""}))
	}
	if !p.Pupil {
		v.Fields = append(v.Fields, web.Check(v.Page, web.Box{Name: "nazwisko", Label: l.T("budget.field.named"), Hint: l.T("budget.field.named_hint"), Checked: r.Value("nazwisko") != ""}))
	}
	return nil
}

// faultWords are the words of a fault.
func faultWords(l *i18n.L, f fault.Field) string { return l.T(f.Key, moneyArgs(l, f.Args)...) }

// moneyArgs writes the arguments that are amounts in words. Of all arguments of
// faults only grosze have 64 bits.
func moneyArgs(l *i18n.L, args []any) []any {
	args = slices.Clone(args)
	for n := 0; n+1 < len(args); n += 2 {
		if grosze, ok := args[n+1].(int64); ok {
			args[n+1] = Money(l, grosze)
		}
	}
	return args
}

// postWriting keeps one stage, or files the project at the last one.
func (s *Service) postWriting(w http.ResponseWriter, r *web.Request) error {
	ctx, who, id := r.Context(), access.ActorOf(r.Request), ProjectID(r.PathValue("project"))
	var err error
	notice, to := "kept", ""
	switch r.PathValue("etap") {
	case stageIdea:
		err, to = s.SaveIdea(ctx, who, id, Idea{Pool: PoolID(r.Value("pula")), Title: r.Value("tytul"), Words: r.Value("opis"), Category: r.Value("kategoria")}), writingHref(id, stagePlace)
	case stagePlace:
		err, to = s.SavePlace(ctx, who, id, whereOf(r)), writingHref(id, stageCost)
	case stageCost:
		err, to = s.AddItem(ctx, who, id, r.Value("nazwa"), r.Value("kwota"), r.Value("skad")), writingHref(id, stageCost)
	case stageSend:
		notice, to = "filed", ProjectHref(id)
		err = s.FileProject(ctx, who, id, Declared{OldEnough: r.Value("wiek") != "", Named: r.Value("nazwisko") != ""})
	default:
		err = fault.ErrNotFound
	}
	if invalid(err) {
		return s.showWriting(w, r, inMoneyWords(r.L, err))
	}
	if fault.KindOf(err) == fault.Conflict && s.filedBefore(ctx, who, id) {
		return done(w, r, "filed_before", ProjectHref(id))
	}
	if err != nil {
		return err
	}
	return done(w, r, notice, to)
}

// filedBefore tells that what comes from a form of a draft comes too late: the
// reader's own project is filed, by a press before this one.
func (s *Service) filedBefore(ctx context.Context, who access.Actor, id ProjectID) bool {
	p, e, err := s.own(ctx, who, id)
	return err == nil && p.State != ProjectDraft && s.editable(p, e) != nil
}

// inMoneyWords is a fault whose fields say amounts in words.
func inMoneyWords(l *i18n.L, err error) error {
	f := fault.As(err)
	fields := slices.Clone(f.Fields)
	for n := range fields {
		fields[n].Args = moneyArgs(l, fields[n].Args)
	}
	return fault.InvalidFields(fields)
}

func (s *Service) postDropItem(w http.ResponseWriter, r *web.Request) error {
	id := ProjectID(r.PathValue("project"))
	no, err := strconv.Atoi(r.Value("nr"))
	if err != nil {
		return fault.ErrNotFound
	}
	if err := s.DropItem(r.Context(), access.ActorOf(r.Request), id, no); err != nil {
		return err
	}
	return done(w, r, "kept", writingHref(id, stageCost))
}

// seesMore says who reads what is typed: in a school nobody outside the office
// learns the name.
func (v writingPage) seesMore() string {
	if v.School {
		return v.T("budget.write.sees_school")
	}
	return v.T("budget.write.sees_more")
}
