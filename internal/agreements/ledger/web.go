package ledger

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

const onPage = 25

// Routes are the pages of the ledger. Who may enter facts where, and who edits
// rules, the service says as well.
func (s *Service) Routes(sh *web.Shell) {
	see := access.CanAny(access.EnterFacts, access.ManageAgreements, access.EditRules)
	enter, rules := access.Can(access.EnterFacts), access.Can(access.EditRules)
	one := Path + "/dzialanie/{kind}/{id}"
	sh.Handle("GET "+Path, see, s.getList)
	sh.Handle("GET "+one, see, s.getActivity)
	sh.Handle("GET "+one+"/plik/{file}", see, s.getFile)
	sh.Handle("POST "+one+"/dopisz", enter, s.postNumbers, web.Idempotent())
	sh.Handle("POST "+one+"/cofnij", enter, s.postTakeBack, web.Idempotent())
	sh.Handle("GET "+HandPath, enter, s.getHand)
	sh.Handle("POST "+HandPath, enter, s.postHand, Uses()[0].Room(), web.Idempotent())
	sh.Handle("GET "+SheetPath, enter, s.getSheets)
	sh.Handle("GET "+SheetPath+"/wzor.csv", enter, s.getTemplate)
	sh.Handle("POST "+SheetPath, enter, s.postSheet, web.Body(limits().Bytes+64<<10))
	sh.Handle("GET "+SheetPath+"/{id}", enter, s.getSheet)
	sh.Handle("POST "+SheetPath+"/{id}", enter, s.postTakeSheet, web.Idempotent())
	sh.Handle("GET "+RulesPath, see, s.getRules)
	sh.Handle("GET "+RulesPath+"/nowe", rules, s.getNewRules)
	sh.Handle("POST "+RulesPath+"/nowe", rules, s.postNewRules, web.Idempotent())
	sh.Handle("GET "+RulesPath+"/{id}", see, s.getRuleSet)
	sh.Handle("POST "+RulesPath+"/przelicz", rules, s.postRebuild, web.Idempotent())
}

// tabs are the pages of the ledger that the reader may open.
func tabs(r *web.Request, here string) []web.Link {
	who, l := access.ActorOf(r.Request), r.L
	list := []web.Link{{Text: l.T("ledger.tab.list"), Href: Path}, {Text: l.T("ledger.tab.rules"), Href: RulesPath}}
	if who.May(access.EnterFacts) {
		list = append(list, web.Link{Text: l.T("ledger.tab.hand"), Href: HandPath}, web.Link{Text: l.T("ledger.tab.sheet"), Href: SheetPath})
	}
	for n := range list {
		list[n].Current = list[n].Href == here
	}
	return list
}

func crumbs(l *i18n.L, more ...web.Link) []web.Link {
	return append([]web.Link{{Text: l.T("ledger.crumb"), Href: "/porozumienia"}, {Text: l.T("ledger.title"), Href: Path}}, more...)
}

// listPage is what the ledger holds, by scope and school year.
type listPage struct {
	web.Page
	Tabs     []web.Link
	Picks    []web.Pick
	Figures  []web.Figure
	HandNote string
	Fresh    string
	Items    []listItem
	Pager    web.Pager
	Clear    string
}

type listItem struct {
	Title, Href, Kind, On, Words string
	Hand, Joint                  bool
}

func (s *Service) getList(w http.ResponseWriter, r *web.Request) error {
	ctx, l, q := r.Context(), r.L, r.URL.Query()
	at, err := web.CursorOf(q)
	if err != nil {
		return err
	}
	wd, err := s.world(ctx)
	if err != nil {
		return err
	}
	p := listPage{Page: r.Page(w, l.T("ledger.title"), crumbs(l)[:1]...), Tabs: tabs(r, Path)}
	p.Lead, p.NoIndex = l.T("ledger.lead"), true
	scopes, err := s.scopeChoices(ctx, l, wd)
	if err != nil {
		return err
	}
	scope, year, err := asked(q, scopes)
	if err != nil {
		return err
	}
	if q.Has("miejsce") || q.Has("rok") {
		p.Clear = Path
	}
	years, err := s.yearChoices(ctx)
	if err != nil {
		return err
	}
	p.Picks = []web.Pick{{Name: "miejsce", Label: l.T("ledger.filter.scope"), Choices: scopes, Value: string(scope), Required: true},
		{Name: "rok", Label: l.T("ledger.filter.year"), Choices: years, Value: q.Get("rok"), Prompt: l.T("ledger.filter.all_years"), Required: true, Short: true}}
	if err := s.listFigures(ctx, &p, scope, year); err != nil {
		return err
	}
	list, more, err := s.Activities(ctx, s.db, scope, year, at, onPage)
	if err != nil {
		return err
	}
	for _, a := range list {
		p.Items = append(p.Items, listItem{s.titleOf(l, a.Activity), ActivityHref(a.Ref), s.kindName(l, a.Kind), l.DateText(a.On), partWords(l, a.Part), a.Kind == Hand, a.Joint})
	}
	if len(list) > 0 {
		p.Pager = web.PagerFor(r.URL, at, list[0].Place(), list[len(list)-1].Place(), more)
	}
	return r.Render(w, listView(p))
}

// asked are the scope and the year of an address. A scope that is not offered
// is not there.
func asked(q url.Values, scopes []web.Choice) (scope Scope, year int, err error) {
	scope = All
	if text := q.Get("miejsce"); text != "" {
		if !slices.ContainsFunc(scopes, func(c web.Choice) bool { return c.Value == text }) {
			return "", 0, fault.ErrNotFound
		}
		scope = Scope(text)
	}
	if text := q.Get("rok"); text != "" {
		if year, err = strconv.Atoi(text); err != nil || year < 1990 || year > 2200 {
			return "", 0, fault.New(fault.BadRequest, "ledger.fault.query")
		}
	}
	return scope, year, nil
}

func (s *Service) listFigures(ctx context.Context, p *listPage, scope Scope, year int) error {
	l := p.L
	first, err := FirstYear(ctx, s.db, scope)
	if err != nil || first == 0 {
		return err
	}
	q := Query{Scope: scope, From: year, To: year}
	if year == 0 {
		q.From, q.To = first, max(first, directory.SchoolYear(s.now())+1)
	}
	years, err := s.Totals(ctx, s.db, q)
	if err != nil {
		return err
	}
	t := Sum(slices.DeleteFunc(years, func(y Year) bool { return y.Totals == (Totals{}) }))
	p.Figures = totalFigures(l, t)
	if t.Hand.Facts > 0 {
		p.HandNote = l.T("ledger.hand_part", "what", partWords(l, t.Hand))
	}
	at, err := FreshAt(ctx, s.db, scope)
	if at > 0 {
		p.Fresh = l.T("ledger.fresh", "when", l.DateTime(p.Local(time.Unix(at, 0))))
	}
	return err
}

func totalFigures(l *i18n.L, t Totals) []web.Figure {
	figures := []web.Figure{{Value: l.Number(int(t.Activities)), Label: l.N("ledger.figure.activities", int(t.Activities))},
		{Value: l.Number(int(t.Participations)), Label: l.N("ledger.figure.participations", int(t.Participations))}}
	if !t.Several {
		people := web.Figure{Value: l.Number(int(t.People)), Label: l.N("ledger.figure.people", int(t.People))}
		if t.Unknown > 0 {
			people.More = l.N("ledger.figure.unknown", int(t.Unknown), "n", l.Number(int(t.Unknown)))
		}
		figures = append(figures, people)
	}
	figures = append(figures, web.Figure{Value: hoursText(l, t.Minutes), Label: l.T("ledger.figure.hours"), More: l.T("ledger.figure.held", "n", hoursText(l, t.Held))})
	if t.Money > 0 {
		figures = append(figures, web.Figure{Value: moneyText(l, t.Money), Label: l.T("ledger.figure.money")})
	}
	return figures
}

// partWords says a sum in one line.
func partWords(l *i18n.L, p Part) string {
	text := l.N("ledger.words.participations", int(p.Participations), "n", l.Number(int(p.Participations))) + ", " +
		l.T("ledger.words.hours", "n", hoursText(l, p.Minutes+p.Held))
	if p.Money > 0 {
		text += ", " + moneyText(l, p.Money)
	}
	return text
}

func (s *Service) titleOf(l *i18n.L, a Activity) string {
	if a.Title == "" {
		return l.T("ledger.untitled")
	}
	return a.Title
}

// kindName is a kind of activities in words.
func (s *Service) kindName(l *i18n.L, kind string) string { return s.worded(l, "ledger.kind.", kind) }

// worded is the text of a key, or the last part of the key where there is none.
func (s *Service) worded(l *i18n.L, group, name string) string {
	if !s.Catalog.Has(group + name) {
		return name
	}
	return l.T(group + name)
}

// kinds are the kinds of activities that can come.
func (s *Service) kinds() []string {
	list := []string{Hand}
	for kind := range s.Sources {
		list = append(list, kind)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func (s *Service) scopeChoices(ctx context.Context, l *i18n.L, w world) ([]web.Choice, error) {
	list := []web.Choice{{Value: string(All), Label: l.T("ledger.scope.all")}}
	for _, kind := range s.kinds() {
		list = append(list, web.Choice{Value: string(Kind(kind)), Label: s.kindName(l, kind), Group: l.T("ledger.scope.kinds")})
	}
	for _, t := range targetsOf(w.areas) {
		list = append(list, web.Choice{Value: string(Area(t.ID)), Label: l.T("ledger.scope.joint", "name", t.Name), Group: t.OwnerName},
			web.Choice{Value: string(Near(t.ID)), Label: l.T("ledger.scope.near", "name", t.Name), Group: t.OwnerName})
	}
	for _, t := range targetsOf(w.actions) {
		list = append(list, web.Choice{Value: string(Action(t.ID)), Label: t.Name, Group: t.OwnerName})
	}
	if len(w.themes) == 0 {
		return list, nil
	}
	names, err := s.Topics.Names(ctx, l, w.themes)
	for _, theme := range w.themes {
		list = append(list, web.Choice{Value: string(Theme(theme)), Label: names[theme], Group: l.T("ledger.scope.themes")})
	}
	return list, err
}

// targetsOf are targets by owner, in the order of their names.
func targetsOf(all map[string]Target) []Target {
	var list []Target
	for _, t := range all {
		list = append(list, t)
	}
	slices.SortFunc(list, func(a, b Target) int {
		return cmp.Or(cmp.Compare(i18n.SortKey(a.OwnerName), i18n.SortKey(b.OwnerName)), cmp.Compare(a.Owner, b.Owner),
			cmp.Compare(i18n.SortKey(a.Name), i18n.SortKey(b.Name)), cmp.Compare(a.ID, b.ID))
	})
	return list
}

func (s *Service) yearChoices(ctx context.Context) (list []web.Choice, err error) {
	var years []int
	err = s.db.Select(ctx, &years, `select school_year from ledger_years order by school_year desc`)
	for _, y := range years {
		list = append(list, web.Choice{Value: strconv.Itoa(y), Label: yearText(y)})
	}
	return list, err
}

// scopeName is a scope in words; a target that is gone keeps a word of its own.
func (s *Service) scopeName(l *i18n.L, w world, themes map[string]string, scope Scope) string {
	sort, id := scope.parts()
	switch sort {
	case "kind":
		return s.kindName(l, id)
	case "area":
		return l.T("ledger.scope.joint", "name", targetName(l, w.areas[id]))
	case "near":
		return l.T("ledger.scope.near", "name", targetName(l, w.areas[id]))
	case "action":
		return targetName(l, w.actions[id])
	case "theme":
		return themes[id]
	}
	return l.T("ledger.scope.all")
}

// targetName is a target with its agreement or plan; one that is gone has a
// word of its own.
func targetName(l *i18n.L, t Target) string {
	if t.ID == "" {
		return l.T("ledger.scope.gone")
	}
	return t.Name + " (" + t.OwnerName + ")"
}
