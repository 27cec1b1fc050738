package plan

import (
	"cmp"
	"context"
	"math/big"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"kladka/internal/access"
	"kladka/internal/agreements/formula"
	"kladka/internal/directory"
	"kladka/internal/platform/chart"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// indicatorRoutes opens the doors of indicators.
func (s *Service) indicatorRoutes(sh *web.Shell) {
	run := access.Can(access.RunPlan)
	sh.Handle("GET "+PlanPath+"/{id}/wskaznik", run, s.getNewIndicator)
	sh.Handle("POST "+PlanPath+"/{id}/wskaznik", run, s.postIndicator, web.Idempotent())
	sh.Handle("GET "+IndicatorPath+"/{id}", web.Public, s.getIndicator)
	sh.Handle("GET "+IndicatorPath+"/{id}/odczyty", web.Public, s.getReadingsSheet)
	sh.Handle("GET "+IndicatorPath+"/{id}/zmien", run, s.getEditIndicator)
	sh.Handle("POST "+IndicatorPath+"/{id}/zmien", run, s.postIndicator, web.Idempotent())
}

// indicatorPage is one indicator: its value, where it comes from, how fresh it
// is, and who changed what.
type indicatorPage struct {
	web.Page
	Of       Indicator
	Story    string
	Stats    []web.Figure
	Sees     string
	Why      web.Reason
	Line     chart.Line
	Tiles    chart.TileMap
	Heat     chart.HeatMap
	ByTown   bool // there are values of municipalities
	Facts    []web.Fact
	Readings []readingRow
	Versions []versionRow
	MayRun   bool
	MayEnter bool
	Sheet    string
	Next     web.Step
}

// readingRow is a reading in a table.
type readingRow struct {
	Town, Term, Value, Note, State, Badge, From, Href string
}

type versionRow struct {
	No, When, Who, Changed, Words string
}

// indicatorSight is all that the page of an indicator is drawn from.
type indicatorSight struct {
	of     Plan
	i      Indicator
	t      Tree
	sp     speaker
	v      *Values
	towns  []directory.Municipality
	latest int
	now    Figure
	known  bool
	// running tells that the year of the latest value has not ended.
	running bool
}

// indicatorOf is an indicator with its plan, for who may see it.
func (s *Service) indicatorOf(r *web.Request) (i Indicator, of Plan, err error) {
	if i, err = IndicatorByID(r.Context(), s.db, IndicatorID(r.PathValue("id"))); err != nil {
		return i, of, err
	}
	of, err = s.see(r.Context(), access.ActorOf(r.Request), i.Plan)
	return i, of, err
}

func (s *Service) sight(r *web.Request) (g indicatorSight, err error) {
	ctx := r.Context()
	if g.i, g.of, err = s.indicatorOf(r); err != nil {
		return g, err
	}
	if g.t, err = TreeOf(ctx, s.db, g.of); err != nil {
		return g, err
	}
	if g.sp, err = s.speaks(ctx, r.L, g.t); err != nil {
		return g, err
	}
	if g.towns, err = s.members(ctx); err != nil {
		return g, err
	}
	span := s.span(g.of)
	span.Towns = g.i.Way == ByFormula || g.i.Asked == AskTowns
	if g.v, err = s.Values(ctx, s.db, g.t, []Indicator{g.i}, span); err != nil {
		return g, err
	}
	g.latest, g.now, g.known = g.v.Latest(g.i, span.To)
	if !g.known {
		g.latest = span.To
	}
	g.running = s.now().In(web.Warsaw).Format(time.DateOnly) <= yearEnds(g.latest)
	return g, nil
}

func (s *Service) getIndicator(w http.ResponseWriter, r *web.Request) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	g, err := s.sight(r)
	if err != nil {
		return err
	}
	p := indicatorPage{Page: r.Page(w, g.i.Code+". "+g.i.Title, crumbs(r.L, g.of)...), Of: g.i, Story: g.sp.story(g.i, g.v, g.v.span.To),
		MayRun: who.May(access.RunPlan), MayEnter: g.i.Way == Entered && g.of.State != Drafting && who.May(access.EnterReadings), Sheet: IndicatorHref(g.i.ID) + "/odczyty"}
	p.NoIndex = g.of.State == Drafting
	p.Stats, p.Why = g.stats(), g.why()
	if g.i.Way == ByFormula {
		p.Sees = r.L.T("plan.sees.counts")
	}
	p.Line = g.line()
	if p.ByTown = g.v.span.Towns; p.ByTown {
		p.Tiles, p.Heat = g.tiles(), g.heat()
	}
	versions, err := versionsOf(ctx, s.db, g.i.ID)
	if err != nil {
		return err
	}
	if p.Versions, err = s.versionRows(r, versions, p.MayRun); err != nil {
		return err
	}
	if p.Facts, err = s.indicatorFacts(ctx, g, versions); err != nil {
		return err
	}
	if g.i.Way == Entered {
		if p.Readings, err = s.readingRows(r, g, p.MayRun); err != nil {
			return err
		}
	}
	p.Next = g.next()
	return r.Render(w, indicatorView(p))
}

// stats are the three figures at the top. The unit stands on the line below the
// number: written by hand, it cannot follow the case that a number asks for.
func (g indicatorSight) stats() []web.Figure {
	l := g.sp.l
	label := func(what string, year int) string {
		said := l.T("plan.stat."+what, "year", yearWords(year))
		if g.i.Unit == percent {
			return said
		}
		return said + " (" + g.i.Unit + ")"
	}
	list := []web.Figure{{Value: g.sp.bare(g.i, g.now), Label: label("latest", g.latest), More: fresh(l, g.v.FreshAt(g.i.ID))}}
	if g.known && g.running {
		list[0].More = l.T("plan.running") + " " + list[0].More
	}
	if g.now.Towns > 0 {
		list[0].More = l.N("plan.sum_of_towns", g.now.Towns) + " " + list[0].More
	}
	if g.i.Baseline != "" {
		list = append(list, web.Figure{Value: g.i.bare(l, g.i.Baseline), Label: label("baseline", g.i.BaselineYear)})
	}
	if g.i.Target != "" {
		list = append(list, web.Figure{Value: g.i.bare(l, g.i.Target), Label: label("target", g.i.TargetYear)})
	}
	return list
}

// why is how a reckoned value came about: the formula in words, and what each
// part of it is in the year shown.
func (g indicatorSight) why() (why web.Reason) {
	f, err := formula.Parse(g.i.Formula)
	if g.i.Way != ByFormula || err != nil {
		return why
	}
	l := g.sp.l
	why = web.Reason{Text: l.T("plan.why", "value", g.sp.figure(g.i, g.v.Of(g.i, g.latest, "")), "year", yearWords(g.latest)), Rule: f.In(g.sp)}
	for _, c := range f.Calls() {
		said := l.T("plan.lack.none")
		if v := g.v.ask(c, place{g.latest, ""}, []string{g.i.Code}); v != nil {
			said = number(l, v)
		}
		why.Numbers = append(why.Numbers, web.Pair{Name: g.sp.Call(c), Value: said})
	}
	return why
}

// unit tells pictures how to write: as many places as the values have, two at
// most, and no unit but the percent sign.
func (g indicatorSight) unit() chart.Unit {
	places := 0
	for year := g.v.span.From; year <= g.v.span.To; year++ {
		for _, town := range append([]directory.Municipality{{}}, g.towns...) {
			if f := g.v.Of(g.i, year, town.ID); f.Known() {
				text := formula.Text(f.Value, 2)
				if n := slices.Index([]byte(text), '.'); n >= 0 {
					places = max(places, len(text)-n-1)
				}
			}
		}
	}
	u := chart.Unit{Decimals: places}
	if g.i.Unit == percent {
		u.After = percent
	}
	return u
}

// desc is what a picture shows, with the unit that its numbers do not carry.
func (g indicatorSight) desc() string {
	if g.i.Unit == percent {
		return g.i.Title
	}
	return g.sp.l.T("plan.chart.desc", "title", g.i.Title, "unit", g.i.Unit)
}

func drawn(v *big.Rat) chart.Value {
	if v == nil {
		return chart.Value{}
	}
	n, _ := v.Float64()
	return chart.Num(n)
}

func drawnText(text string) chart.Value {
	_, v, _ := formula.Decimal(text)
	return drawn(v)
}

// line is the value of the whole by school year, with the target.
func (g indicatorSight) line() chart.Line {
	l := g.sp.l
	c := chart.Line{Head: chart.Head{ID: "przebieg", Title: l.T("plan.chart.line"), Level: 2, Unit: g.unit(), Names: l.T("plan.column.year"), Desc: g.desc()}}
	row := chart.Row{Name: g.i.Title}
	for year := g.v.span.From; year <= g.v.span.To; year++ {
		c.At = append(c.At, yearWords(year))
		row.Values = append(row.Values, drawn(g.v.Of(g.i, year, "").Value))
	}
	c.Lines = []chart.Row{row}
	if g.i.Target != "" {
		c.Target = chart.Mark{Name: l.T("plan.chart.target", "year", yearWords(g.i.TargetYear)), Value: drawnText(g.i.Target)}
	}
	if g.i.Baseline != "" {
		c.Base = chart.Mark{Name: l.T("plan.chart.base", "year", yearWords(g.i.BaselineYear)), Value: drawnText(g.i.Baseline)}
	}
	return c
}

// tiles is the last year by municipality, heat all years.
func (g indicatorSight) tiles() chart.TileMap {
	year := g.townYear()
	c := chart.TileMap{Head: chart.Head{ID: "mapa", Title: g.sp.l.T("plan.chart.tiles", "year", yearWords(year)), Level: 2, Unit: g.unit(), Names: g.sp.l.T("plan.column.town"), Desc: g.desc()}}
	for _, m := range g.towns {
		c.Tiles = append(c.Tiles, chart.Tile{Name: m.Name, Href: TownHref(m.ID), Col: m.HexCol, Row: m.HexRow, Value: drawn(g.v.Of(g.i, year, m.ID).Value)})
	}
	return c
}

// townYear is the last school year of which some municipality has a value.
func (g indicatorSight) townYear() int {
	for year := g.v.span.To; year >= g.v.span.From; year-- {
		for _, m := range g.towns {
			if f := g.v.Of(g.i, year, m.ID); f.Known() && (g.i.Way == Entered || f.Value.Sign() != 0) {
				return year
			}
		}
	}
	return g.latest
}

func (g indicatorSight) heat() chart.HeatMap {
	c := chart.HeatMap{Head: chart.Head{ID: "gminy", Title: g.sp.l.T("plan.chart.heat"), Level: 2, Unit: g.unit(), Names: g.sp.l.T("plan.column.town"), Desc: g.desc()}}
	for year := g.v.span.From; year <= g.v.span.To; year++ {
		c.Columns = append(c.Columns, yearWords(year))
	}
	for _, m := range g.towns {
		row := chart.Row{Name: m.Name, Href: TownHref(m.ID)}
		for year := g.v.span.From; year <= g.v.span.To; year++ {
			row.Values = append(row.Values, drawn(g.v.Of(g.i, year, m.ID).Value))
		}
		c.Rows = append(c.Rows, row)
	}
	return c
}

// indicatorFacts are formula, source, freshness and last change: what stands
// beside every indicator.
func (s *Service) indicatorFacts(ctx context.Context, g indicatorSight, versions []IndicatorVersion) ([]web.Fact, error) {
	l := g.sp.l
	names, err := s.Directory.Names(ctx, []access.InstitutionID{g.i.Owner})
	if err != nil {
		return nil, err
	}
	facts := []web.Fact{{Name: l.T("plan.column.way"), Value: l.T("plan.way_long." + string(g.i.Way))}}
	if g.i.Way == ByFormula {
		facts = append(facts, web.Fact{Name: l.T("plan.column.formula"), Value: g.sp.formula(g.i)}, web.Fact{Name: l.T("plan.formula_typed"), Value: g.i.Formula})
	} else {
		facts = append(facts, web.Fact{Name: l.T("plan.indicator.field.asked"), Value: l.T("plan.indicator.asked." + string(g.i.Asked))})
	}
	source := g.i.Source
	if source == "" && g.i.Way == ByFormula {
		source = l.T("plan.source_ledger")
	} else if source == "" {
		source = l.T("plan.source_none")
	}
	facts = append(facts, web.Fact{Name: l.T("plan.indicator.field.source"), Value: source},
		web.Fact{Name: l.T("plan.indicator.field.frequency"), Value: l.T("plan.frequency." + string(g.i.Frequency))},
		web.Fact{Name: l.T("plan.field.owner"), Value: institution(names, g.i.Owner, l)},
		web.Fact{Name: l.T("plan.fresh"), Value: fresh(l, g.v.FreshAt(g.i.ID))})
	if g.i.Theme != "" {
		facts = append(facts, web.Fact{Name: l.T("plan.field.theme"), Value: g.sp.themes[g.i.Theme]})
	}
	if len(versions) > 0 {
		said := l.Date(time.Unix(versions[0].At, 0).In(web.Warsaw))
		if versions[0].Words != "" {
			said += ": " + versions[0].Words
		}
		facts = append(facts, web.Fact{Name: l.T("plan.last_change"), Value: said, Href: "#zmiany"})
	}
	return facts, nil
}

// versionRows say what changed from version to version. Who changed it, by name,
// is for who writes plans; everybody reads that the association did.
func (s *Service) versionRows(r *web.Request, list []IndicatorVersion, names bool) (rows []versionRow, err error) {
	var ids []string
	for _, v := range list {
		ids = append(ids, string(v.By))
	}
	people := map[string]string{}
	if names {
		if people, err = s.People.NamesOf(r.Context(), ids); err != nil {
			return nil, err
		}
	}
	for n, v := range list {
		row := versionRow{No: strconv.FormatInt(v.Version, 10), When: r.L.DateTime(time.Unix(v.At, 0).In(web.Warsaw)), Who: people[string(v.By)], Words: v.Words}
		if row.Who == "" {
			row.Who = r.L.T("plan.association")
		}
		if row.Changed, err = changed(r.L, list[n:]); err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// changed names the fields in which the first version differs from the next.
func changed(l *i18n.L, list []IndicatorVersion) (words string, err error) {
	if len(list) < 2 {
		return l.T("plan.version.first"), nil
	}
	now, err := list[0].Said()
	if err != nil {
		return "", err
	}
	before, err := list[1].Said()
	for _, f := range now.changes(before) {
		if words != "" {
			words += ", "
		}
		words += l.T("plan.changed." + f)
	}
	return words, err
}

// next is who does what next about the figure.
func (g indicatorSight) next() web.Step {
	l := g.sp.l
	if g.i.Way == ByFormula {
		return web.Step{What: l.T("plan.next.reckoned"), Who: l.T("plan.next.program")}
	}
	return web.Step{What: l.T("plan.next.read"), Who: l.T("plan.indicator.asked." + string(g.i.Asked)), Href: ReadingsPath}
}

// termWords is a school year or a half of one.
func termWords(l *i18n.L, year, half int) string {
	if half == 0 {
		return yearWords(year)
	}
	return yearWords(year) + ", " + l.T("plan.half."+strconv.Itoa(half))
}

// readingRows are the readings of an indicator: for everybody what was approved,
// for who writes plans all.
func (s *Service) readingRows(r *web.Request, g indicatorSight, all bool) (rows []readingRow, err error) {
	var list []Reading
	query := `select ` + readingColumns + ` from plan_readings r where r.indicator = ?`
	args := []any{g.i.ID}
	if !all {
		query, args = query+` and r.state = ?`, append(args, Approved)
	}
	if err := s.db.Select(r.Context(), &list, query+` order by r.school_year desc, r.half desc, r.id limit 500`, args...); err != nil {
		return nil, err
	}
	var ids []access.InstitutionID
	for _, one := range list {
		ids = append(ids, one.Institution)
	}
	names, err := s.Directory.Names(r.Context(), ids)
	for _, one := range list {
		row := readingRow{Town: townName(r.L, g.towns, one.Town), Term: termWords(r.L, one.SchoolYear, one.Half), Value: g.i.said(r.L, one.Value), Note: one.Note,
			State: r.L.T("plan.reading.state." + string(one.State)), Badge: readingBadge(one.State), From: institution(names, one.Institution, r.L)}
		if all {
			row.Href = ReadingsPath + "/" + string(one.ID)
		}
		rows = append(rows, row)
	}
	return rows, err
}

func readingBadge(st ReadingState) string {
	return map[ReadingState]string{Approved: "ok", WaitsForYes: "warn", Returned: "bad"}[st]
}

// townName is the name of a municipality, or that it is the whole.
func townName(l *i18n.L, towns []directory.Municipality, id string) string {
	if n := slices.IndexFunc(towns, func(m directory.Municipality) bool { return m.ID == id }); n >= 0 {
		return towns[n].Name
	}
	if id == "" {
		return l.T("plan.whole")
	}
	return id
}

// getReadingsSheet gives the values of an indicator by municipality and year, as
// everybody may read them.
func (s *Service) getReadingsSheet(w http.ResponseWriter, r *web.Request) error {
	g, err := s.sight(r)
	if err != nil {
		return err
	}
	header := []string{r.L.T("plan.column.town"), r.L.T("plan.column.town_code")}
	for year := g.v.span.From; year <= g.v.span.To; year++ {
		header = append(header, yearWords(year))
	}
	var rows [][]string
	for _, m := range append([]directory.Municipality{{Name: r.L.T("plan.whole")}}, g.towns...) {
		row := []string{m.Name, m.ID}
		for year := g.v.span.From; year <= g.v.span.To; year++ {
			row = append(row, g.sp.cell(g.v.Of(g.i, year, m.ID)))
		}
		rows = append(rows, row)
	}
	return giveSheet(w, r, "wskaznik-"+g.i.Code, g.i.Code, header, rows)
}

func (s *Service) getNewIndicator(w http.ResponseWriter, r *web.Request) error {
	year := directory.SchoolYear(s.now())
	return s.showEditIndicator(w, r, Indicator{Plan: ID(r.PathValue("id")), Way: ByFormula, Asked: AskTowns, Frequency: Yearly, BaselineYear: year - 1, TargetYear: year + 3}, "", nil)
}

func (s *Service) getEditIndicator(w http.ResponseWriter, r *web.Request) error {
	i, _, err := s.indicatorOf(r)
	if err != nil {
		return err
	}
	return s.showEditIndicator(w, r, i, "", nil)
}

func (s *Service) showEditIndicator(w http.ResponseWriter, r *web.Request, i Indicator, words string, fail error) error {
	ctx := r.Context()
	of, err := s.run(ctx, access.ActorOf(r.Request), i.Plan)
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
	title := r.L.T("plan.indicator.new")
	if i.ID != "" {
		title = r.L.T("plan.indicator.edit")
	} else if i.Code == "" {
		i.Code = "W" + strconv.Itoa(len(t.Indicators)+1)
	}
	p := newForm(w, r, title, fail, crumbs(r.L, of)...)
	p.Hidden = []web.Pair{version(i.Version)}
	p.Parts = append(whatParts(p.Page, t, i), howParts(p.Page, i)...)
	p.Parts = append(p.Parts,
		web.Field(p.Page, web.Input{Name: "zrodlo", Label: p.T("plan.indicator.field.source"), Hint: p.T("plan.indicator.field.source_hint"), Value: i.Source}),
		web.Select(p.Page, web.Pick{Name: "odpowiada", Label: p.T("plan.field.owner"), Choices: owners, Value: string(i.Owner), Prompt: p.T("plan.association")}),
		web.Select(p.Page, web.Pick{Name: "temat", Label: p.T("plan.field.theme"), Choices: themes, Value: i.Theme, Prompt: p.T("plan.theme.none")}))
	if i.ID != "" {
		p.Parts = append(p.Parts, web.Textarea(p.Page, web.Area{Name: "powod", Label: p.T("plan.indicator.field.why"), Hint: p.T("plan.indicator.field.why_hint"), Value: words, Rows: 2, Required: true}))
	}
	sp, err := s.speaks(ctx, r.L, t)
	if err != nil {
		return err
	}
	p.After = []templ.Component{formulaHelp(p.Page, sp.names(t))}
	return p.render(w, r, fail)
}

// formulaNames are what formulas of a plan can name, as it is typed.
type formulaNames struct{ Actions, Themes, Kinds, Areas []web.Choice }

// formulaKinds are the kinds of activities that formulas can name; each has a text.
func formulaKinds() []string {
	return []string{"training", "meeting", "network.meeting", "consultation", "arrangement", "expert", "need", "hand"}
}

func (s speaker) names(t Tree) (n formulaNames) {
	typed := func(scope, value, name string) web.Choice { return web.Choice{Value: scope + "=" + value, Label: name} }
	for _, a := range t.Actions {
		n.Actions = append(n.Actions, typed(formula.ScopeAction, a.Code, a.Title))
	}
	for id, name := range s.themes {
		n.Themes = append(n.Themes, typed(formula.ScopeTheme, id, name))
	}
	for _, kind := range formulaKinds() {
		n.Kinds = append(n.Kinds, typed(formula.ScopeKind, kind, s.l.T("plan.kind."+kind)))
	}
	for id, name := range s.areas {
		n.Areas = append(n.Areas, typed(formula.ScopeArea, id, name))
	}
	for _, list := range [][]web.Choice{n.Themes, n.Areas} {
		slices.SortFunc(list, func(a, b web.Choice) int {
			return cmp.Or(cmp.Compare(i18n.SortKey(a.Label), i18n.SortKey(b.Label)), cmp.Compare(a.Value, b.Value))
		})
	}
	return n
}

// whatParts are the fields that say what is measured.
func whatParts(p web.Page, t Tree, i Indicator) []templ.Component {
	var actions []web.Choice
	for _, a := range t.Actions {
		actions = append(actions, web.Choice{Value: string(a.ID), Label: a.Code + ". " + a.Title})
	}
	return []templ.Component{
		codeField(p, i.ID == "", i.Code),
		web.Field(p, web.Input{Name: "tytul", Label: p.T("plan.field.title"), Value: i.Title, Required: true}),
		web.Field(p, web.Input{Name: "jednostka", Label: p.T("plan.column.unit"), Hint: p.T("plan.indicator.field.unit_hint"), Value: i.Unit, Required: true, Short: true}),
		web.Textarea(p, web.Area{Name: "slowa", Label: p.T("plan.field.plain"), Value: i.Words, Rows: 3}),
		web.Select(p, web.Pick{Name: "cel", Label: p.T("plan.field.goal"), Choices: goalChoices(t), Value: string(i.Goal), Prompt: p.T("plan.no_goal")}),
		web.Select(p, web.Pick{Name: "dzialanie", Label: p.T("plan.field.action"), Hint: p.T("plan.indicator.field.action_hint"), Choices: actions, Value: string(i.Action), Prompt: p.T("plan.no_action")}),
		web.Field(p, web.Input{Name: "baza", Label: p.T("plan.column.baseline"), Value: decimal(p.L, i.Baseline), Mode: "decimal", Short: true}),
		web.Select(p, web.Pick{Name: "baza_rok", Label: p.T("plan.indicator.field.baseline_year"), Choices: years(t.Plan.YearFrom-10, t.Plan.YearTo), Value: strconv.Itoa(i.BaselineYear), Prompt: p.T("plan.choose"), Short: true}),
		web.Field(p, web.Input{Name: "docelowo", Label: p.T("plan.column.target"), Value: decimal(p.L, i.Target), Mode: "decimal", Short: true}),
		web.Select(p, web.Pick{Name: "docelowo_rok", Label: p.T("plan.indicator.field.target_year"), Choices: years(t.Plan.YearFrom, t.Plan.YearTo+10), Value: strconv.Itoa(i.TargetYear), Prompt: p.T("plan.choose"), Short: true}),
		web.Check(p, web.Box{Name: "mniej", Label: p.T("plan.indicator.field.down"), Checked: i.Down})}
}

// howParts are the fields that say where the value comes from.
func howParts(p web.Page, i Indicator) []templ.Component {
	return []templ.Component{
		web.Radios(p, web.Pick{Name: "sposob", Label: p.T("plan.column.way"), Value: string(i.Way), Required: true, Choices: []web.Choice{
			{Value: string(ByFormula), Label: p.T("plan.way_long.formula")}, {Value: string(Entered), Label: p.T("plan.way_long.entered")}}}),
		web.Field(p, web.Input{Name: "wzor", Label: p.T("plan.column.formula"), Hint: p.T("plan.indicator.field.formula_hint"), Value: i.Formula}),
		web.Radios(p, web.Pick{Name: "pyta", Label: p.T("plan.indicator.field.asked"), Hint: p.T("plan.indicator.field.entered_only"), Value: string(i.Asked), Choices: []web.Choice{
			{Value: string(AskTowns), Label: p.T("plan.indicator.asked.towns")}, {Value: string(AskOwner), Label: p.T("plan.indicator.asked.owner")}}}),
		web.Check(p, web.Box{Name: "sumuj", Label: p.T("plan.indicator.field.adds"), Hint: p.T("plan.indicator.field.adds_hint"), Checked: i.Adds}),
		web.Radios(p, web.Pick{Name: "czestosc", Label: p.T("plan.indicator.field.frequency"), Value: string(i.Frequency), Choices: []web.Choice{
			{Value: string(Yearly), Label: p.T("plan.frequency.yearly")}, {Value: string(HalfYearly), Label: p.T("plan.frequency.half-yearly")}}})}
}

func (s *Service) postIndicator(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	i := Indicator{Plan: ID(r.PathValue("id")), Code: r.Value("kod")}
	if r.Pattern == "POST "+IndicatorPath+"/{id}/zmien" {
		var err error
		if i, _, err = s.indicatorOf(r); err != nil {
			return err
		}
	}
	i.Version, i.Title, i.Unit, i.Words = seen(r), r.Value("tytul"), r.Value("jednostka"), r.Value("slowa")
	i.Goal, i.Action, i.Theme, i.Owner = GoalID(r.Value("cel")), ActionID(r.Value("dzialanie")), r.Value("temat"), access.InstitutionID(r.Value("odpowiada"))
	i.Baseline, i.BaselineYear, i.Target, i.TargetYear = r.Value("baza"), whole(r.Value("baza_rok")), r.Value("docelowo"), whole(r.Value("docelowo_rok"))
	i.Down, i.Adds, i.Way, i.Formula = r.Value("mniej") != "", r.Value("sumuj") != "", Way(r.Value("sposob")), r.Value("wzor")
	i.Asked, i.Source, i.Frequency = Asking(r.Value("pyta")), r.Value("zrodlo"), Frequency(r.Value("czestosc"))
	id, err := s.SaveIndicator(r.Context(), access.ActorOf(r.Request), i, r.Value("powod"))
	return done(w, r, err, func(fail error) error { return s.showEditIndicator(w, r, i, r.Value("powod"), fail) }, "notice.plan.saved", IndicatorHref(id))
}
