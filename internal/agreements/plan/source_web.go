package plan

import (
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/chart"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/sheet"
	"kladka/internal/platform/web"
)

// diagnosisPage is the beginning of a plan: what is known, and what follows.
type diagnosisPage struct {
	web.Page
	Tabs     []web.Link
	Plan     Plan
	Findings []findingRow
	Sources  []sourceRow
	Run      bool
	Next     web.Step
}

type sourceRow struct{ Title, Href, Kind, Publisher, TakenOn, Figures string }

type findingRow struct {
	ID, Title, Theme, Edit string
	Words                  []string
	Rests                  []restRow
	Goals                  []web.Link
	Stale                  bool
}

// restRow is a figure of a finding, in words.
type restRow struct{ Source, Href, Place, Year, Value, Now string }

func (s *Service) getDiagnosis(w http.ResponseWriter, r *web.Request) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	of, err := s.see(ctx, who, ID(r.PathValue("plan")))
	if err != nil {
		return err
	}
	p := diagnosisPage{Page: r.Page(w, r.L.T("plan.diagnosis.title"), crumbs(r.L, of)...), Plan: of, Run: who.May(access.RunPlan)}
	p.NoIndex, p.Lead = of.State == Drafting, r.L.T("plan.diagnosis.lead")
	sources, err := s.Sources(ctx, who, of)
	if err != nil {
		return err
	}
	for _, one := range sources {
		p.Sources = append(p.Sources, sourceRow{one.Title, sourceHref(one.ID), r.L.T("plan.source.kind." + string(one.Kind)), one.Publisher, r.L.DateText(one.TakenOn), r.L.N("plan.source.figures", one.Figures)})
	}
	findings, err := s.Findings(ctx, who, of)
	if err != nil {
		return err
	}
	if p.Findings, err = s.findingRows(r, of, findings, p.Run); err != nil {
		return err
	}
	if p.Tabs, err = s.draftLinks(r, of); err != nil {
		return err
	}
	p.Next = diagnosisNext(r.L, of, len(sources), len(findings))
	return r.Render(w, diagnosisView(p))
}

func diagnosisNext(l *i18n.L, of Plan, sources, findings int) web.Step {
	step := web.Step{What: l.T("plan.diagnosis.next.goals"), Who: l.T("plan.association"), Href: Href(of.ID)}
	switch {
	case sources == 0:
		step.What, step.Href = l.T("plan.diagnosis.next.sources"), ""
	case findings == 0:
		step.What, step.Href = l.T("plan.diagnosis.next.findings"), ""
	}
	return step
}

// findingRows puts findings into words, with the goals that refer to them.
func (s *Service) findingRows(r *web.Request, of Plan, list []Finding, run bool) (rows []findingRow, err error) {
	t, err := TreeOf(r.Context(), s.db, of)
	if err != nil {
		return nil, err
	}
	themes, err := s.Themes(r.Context(), r.L)
	if err != nil {
		return nil, err
	}
	towns, err := s.townsByID(r)
	for _, f := range list {
		row := findingRow{ID: f.ID, Title: r.L.T("plan.finding.no", "no", f.No, "title", f.Title)}
		if f.Words != "" {
			row.Words = typedLines(f.Words)
		}
		if run {
			row.Edit = findingPath + "/" + f.ID
		}
		if n := slices.IndexFunc(themes, func(one Theme) bool { return one.ID == f.Theme }); f.Theme != "" && n >= 0 {
			row.Theme = themes[n].Title
		}
		for _, g := range t.Goals {
			if slices.Contains(f.Goals, g.ID) {
				row.Goals = append(row.Goals, web.Link{Text: g.Title, Href: GoalHref(g.ID)})
			}
		}
		for _, one := range f.Rests {
			row.Rests, row.Stale = append(row.Rests, restWords(r.L, one, towns)), row.Stale || one.Stale()
		}
		rows = append(rows, row)
	}
	return rows, err
}

func restWords(l *i18n.L, rest Rest, towns map[string]string) restRow {
	row := restRow{Source: rest.Title, Href: sourceHref(rest.Source), Place: towns[rest.Town], Year: periodYear(rest.Period, rest.Year), Value: unitWords(l, rest.Value, rest.Unit)}
	switch {
	case rest.Now == "":
		row.Now = l.T("plan.finding.gone")
	case rest.Stale():
		row.Now = l.T("plan.finding.now", "value", unitWords(l, rest.Now, rest.Unit))
	}
	return row
}

func unitWords(l *i18n.L, value, unit string) string {
	if unit == "" {
		return decimal(l, value)
	}
	return withUnit(decimal(l, value), unit)
}

// periodYear is a year of a source as people write it.
func periodYear(period string, year int) string {
	if period == schoolPeriod {
		return yearWords(year)
	}
	return strconv.Itoa(year)
}

// townsByID are the names of the members, and of the whole.
func (s *Service) townsByID(r *web.Request) (map[string]string, error) {
	members, err := s.members(r.Context())
	names := map[string]string{"": r.L.T("plan.source.whole")}
	for _, m := range members {
		names[m.ID] = m.Name
	}
	return names, err
}

// sourcePage is a source with all its figures: a row for each municipality, a
// column for each year.
type sourcePage struct {
	web.Page
	Source  Source
	Facts   []web.Fact
	About   []string
	Part    paperPart
	Notes   []string
	Run     bool
	Own     bool
	Stop    string
	Next    web.Step
	Picture chart.Picture
}

func (s *Service) getSource(w http.ResponseWriter, r *web.Request) error {
	src, of, list, err := s.SourceByID(r.Context(), access.ActorOf(r.Request), r.PathValue("id"))
	if err != nil {
		return err
	}
	members, err := s.members(r.Context())
	if err != nil {
		return err
	}
	l := r.L
	p := sourcePage{Page: r.Page(w, src.Title, crumbs(l, of, web.Link{Text: l.T("plan.diagnosis.title"), Href: diagnosisHref(of.ID)})...), Source: src,
		Run: access.ActorOf(r.Request).May(access.RunPlan), Own: src.OwnKey != "" && s.Asks.Own != nil,
		Next: web.Step{What: l.T("plan.diagnosis.next.findings"), Who: l.T("plan.association"), Href: diagnosisHref(of.ID)}}
	p.NoIndex = of.State == Drafting
	if src.Words != "" {
		p.About = typedLines(src.Words)
	}
	p.Facts = []web.Fact{{Name: l.T("plan.source.kind"), Value: l.T("plan.source.kind." + string(src.Kind))}, {Name: l.T("plan.source.publisher"), Value: src.Publisher, Href: src.Link},
		{Name: l.T("plan.source.unit"), Value: src.Unit}, {Name: l.T("plan.source.taken_on"), Value: l.DateText(src.TakenOn)}, {Name: l.T("plan.source.changed"), Value: l.Date(localTime(src.ChangedAt))}}
	p.Part, p.Notes = sourceTable(l, src, list, members)
	p.Picture = sourcePicture(l, src, list, members)
	return r.Render(w, sourceView(p))
}

// sourceTable sets the figures out by municipality and year; notes stand below.
func sourceTable(l *i18n.L, src Source, list []Datum, members []directory.Municipality) (p paperPart, notes []string) {
	p = paperPart{ID: "odczyty", Title: l.T("plan.source.readings"), Caption: src.Title, Columns: []paperColumn{{Title: l.T("plan.report.column.town")}}, None: l.T("plan.source.no_figures")}
	var years []int
	at := map[string]map[int]Datum{}
	for _, d := range list {
		if !slices.Contains(years, d.Year) {
			years = append(years, d.Year)
		}
		if at[d.Town] == nil {
			at[d.Town] = map[int]Datum{}
		}
		at[d.Town][d.Year] = d
	}
	slices.Sort(years)
	for _, y := range years {
		p.Columns = append(p.Columns, paperColumn{Title: periodYear(src.Period, y), Right: true})
	}
	for _, m := range append([]directory.Municipality{{Name: l.T("plan.source.whole")}}, members...) {
		if len(at[m.ID]) == 0 {
			continue
		}
		row := []cell{text(m.Name)}
		for _, y := range years {
			d, is := at[m.ID][y]
			if !is {
				row = append(row, text(l.T("plan.paper.nothing")))
				continue
			}
			row = append(row, cell{Text: decimal(l, d.Value), Plain: d.Value})
			if d.Note != "" {
				notes = append(notes, l.T("plan.source.note", "town", m.Name, "year", periodYear(src.Period, y), "note", d.Note))
			}
		}
		p.Rows = append(p.Rows, row)
	}
	return p, notes
}

// sourcePicture shows the newest year by municipality; nil when there are fewer
// than two of them.
func sourcePicture(l *i18n.L, src Source, list []Datum, members []directory.Municipality) chart.Picture {
	if len(list) == 0 {
		return nil
	}
	newest := list[0].Year // SourceByID puts the newest first
	p := chart.TileMap{Head: chart.Head{ID: "mapa-odczytow", Title: src.Title, Desc: l.T("plan.source.of_year", "year", periodYear(src.Period, newest)), Level: 3,
		Unit: chart.Unit{Decimals: 1}, Names: l.T("plan.report.column.town")}}
	towns := 0
	for _, m := range members {
		tile := chart.Tile{Name: m.Name, Href: TownHref(m.ID), Col: m.HexCol, Row: m.HexRow}
		for _, d := range list {
			if d.Town == m.ID && d.Year == newest {
				n, err := strconv.ParseFloat(d.Value, 64)
				if err == nil {
					tile.Value, towns = chart.Num(n), towns+1
				}
			}
		}
		p.Tiles = append(p.Tiles, tile)
	}
	if towns < 2 {
		return nil
	}
	return p
}

func (s *Service) getSourceSheet(w http.ResponseWriter, r *web.Request) error {
	src, _, list, err := s.SourceByID(r.Context(), access.ActorOf(r.Request), r.PathValue("id"))
	if err != nil {
		return err
	}
	towns, err := s.townsByID(r)
	if err != nil {
		return err
	}
	form := sheet.FormatOf(r.URL.Query().Get("format"))
	attached(w, form.ContentType(), form.File("zrodlo-"+src.TakenOn))
	header := []string{r.L.T("plan.report.column.town"), r.L.T("plan.sheet.column.code"), r.L.T("plan.sheet.column.year"), r.L.T("plan.paper.value"), r.L.T("plan.sheet.column.note")}
	// The headings are those that readFigures finds: what goes out comes in again.
	return s.finish(r, sheet.Write(w, form, src.Title, header, func(yield func([]string, error) bool) {
		for _, d := range list {
			name := towns[d.Town]
			if d.Town == "" {
				name = r.L.T("plan.sheet.total")
			}
			if !yield([]string{name, d.Town, periodYear(src.Period, d.Year), d.Value, d.Note}, nil) {
				return
			}
		}
	}))
}

func (s *Service) getNewSource(w http.ResponseWriter, r *web.Request) error {
	of, err := s.run(r.Context(), access.ActorOf(r.Request), ID(r.PathValue("plan")))
	if err != nil {
		return err
	}
	return s.showSource(w, r, of, Source{Period: schoolPeriod, OwnKey: r.URL.Query().Get("wlasne")}, nil)
}

// showSource draws the form of a source, new or standing.
func (s *Service) showSource(w http.ResponseWriter, r *web.Request, of Plan, src Source, fail error) error {
	l, rev := r.L, src.Revision
	if fail != nil {
		src, rev = sourceOf(r, src), seen(r)
	}
	title := l.T("plan.source.new")
	if src.ID != "" {
		title = l.T("plan.source.edit")
	}
	p := newForm(w, r, title, fail, crumbs(l, of, web.Link{Text: l.T("plan.diagnosis.title"), Href: diagnosisHref(of.ID)})...)
	p.Hidden = []web.Pair{version(rev)}
	var kinds, own []web.Choice
	for _, k := range SourceKinds() {
		kinds = append(kinds, web.Choice{Value: string(k), Label: l.T("plan.source.kind." + string(k))})
	}
	if s.Asks.Own != nil && src.ID == "" {
		for _, f := range s.Asks.Own.Figures(l) {
			own = append(own, web.Choice{Value: f.Key, Label: f.Title})
		}
	}
	p.Parts = []templ.Component{
		web.Radios(p.Page, web.Pick{Name: "rodzaj", Label: l.T("plan.source.kind"), Choices: kinds, Value: string(src.Kind), Required: true}),
		web.Field(p.Page, web.Input{Name: "tytul", Label: l.T("plan.source.name"), Hint: l.T("plan.source.name_hint"), Value: src.Title, Required: true}),
		web.Field(p.Page, web.Input{Name: "jednostka", Label: l.T("plan.source.unit"), Hint: l.T("plan.source.unit_hint"), Value: src.Unit, Short: true}),
		web.Field(p.Page, web.Input{Name: "wydawca", Label: l.T("plan.source.publisher"), Value: src.Publisher, Required: true}),
		web.Field(p.Page, web.Input{Name: "adres", Label: l.T("plan.source.link"), Type: "url", Value: src.Link}),
		web.Field(p.Page, web.Input{Name: "stan", Label: l.T("plan.source.taken_on"), Type: "date", Value: src.TakenOn, Required: true, Short: true}),
		web.Textarea(p.Page, web.Area{Name: "opis", Label: l.T("plan.source.words"), Hint: l.T("plan.source.words_hint"), Value: src.Words})}
	if src.ID == "" {
		p.Parts = append(p.Parts, web.Radios(p.Page, web.Pick{Name: "okres", Label: l.T("plan.source.period"), Value: src.Period, Required: true,
			Choices: []web.Choice{{Value: schoolPeriod, Label: l.T("plan.source.period.school")}, {Value: calendarPeriod, Label: l.T("plan.source.period.calendar")}}}))
	}
	if len(own) > 0 {
		p.Parts = append(p.Parts, web.Select(p.Page, web.Pick{Name: "wlasne", Label: l.T("plan.source.own"), Prompt: l.T("plan.source.own_none"), Choices: own, Value: src.OwnKey}))
	}
	p.Next = web.Step{What: l.T("plan.source.next"), Who: l.T("plan.association")}
	return p.render(w, r, fail)
}

// sourceOf reads the form of a source; what a form does not change stays.
func sourceOf(r *web.Request, stood Source) Source {
	src := Source{ID: stood.ID, Plan: stood.Plan, Kind: SourceKind(r.Value("rodzaj")), Title: r.Value("tytul"), Unit: r.Value("jednostka"), Publisher: r.Value("wydawca"),
		Link: r.Value("adres"), TakenOn: r.Value("stan"), Words: r.Value("opis"), Period: r.Value("okres"), OwnKey: r.Value("wlasne")}
	if stood.ID != "" {
		src.Period, src.OwnKey = stood.Period, stood.OwnKey
	}
	return src
}

func (s *Service) postNewSource(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	of, err := s.run(r.Context(), access.ActorOf(r.Request), ID(r.PathValue("plan")))
	if err != nil {
		return err
	}
	id, err := s.SaveSource(r.Context(), access.ActorOf(r.Request), of.ID, sourceOf(r, Source{}), 0)
	return done(w, r, err, func(fail error) error { return s.showSource(w, r, of, Source{}, fail) }, "notice.plan.source", sourceHref(id))
}

func (s *Service) getEditSource(w http.ResponseWriter, r *web.Request) error {
	src, of, _, err := s.SourceByID(r.Context(), access.ActorOf(r.Request), r.PathValue("id"))
	if err != nil {
		return err
	}
	return s.showSource(w, r, of, src, nil)
}

func (s *Service) postEditSource(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	src, of, _, err := s.SourceByID(r.Context(), access.ActorOf(r.Request), r.PathValue("id"))
	if err != nil {
		return err
	}
	_, err = s.SaveSource(r.Context(), access.ActorOf(r.Request), of.ID, sourceOf(r, src), seen(r))
	return done(w, r, err, func(fail error) error { return s.showSource(w, r, of, src, fail) }, "notice.plan.source", sourceHref(src.ID))
}

func (s *Service) getDatum(w http.ResponseWriter, r *web.Request) error {
	return s.showDatum(w, r, nil)
}

func (s *Service) showDatum(w http.ResponseWriter, r *web.Request, fail error) error {
	l := r.L
	src, of, _, err := s.SourceByID(r.Context(), access.ActorOf(r.Request), r.PathValue("id"))
	if err != nil {
		return err
	}
	members, err := s.members(r.Context())
	if err != nil {
		return err
	}
	var towns []web.Choice
	for _, m := range members {
		towns = append(towns, web.Choice{Value: m.ID, Label: m.Name})
	}
	p := newForm(w, r, l.T("plan.source.add_figure"), fail, crumbs(l, of, web.Link{Text: src.Title, Href: sourceHref(src.ID)})...)
	p.Parts = []templ.Component{
		web.Select(p.Page, web.Pick{Name: "gmina", Label: l.T("plan.report.column.town"), Prompt: l.T("plan.source.whole"), Choices: towns, Value: r.Value("gmina")}),
		web.Field(p.Page, web.Input{Name: "rok", Label: l.T("plan.source.year." + src.Period), Value: r.Value("rok"), Required: true, Short: true}),
		web.Field(p.Page, web.Input{Name: "wartosc", Label: l.T("plan.paper.value"), Mode: "decimal", Value: r.Value("wartosc"), Required: true, Short: true}),
		web.Field(p.Page, web.Input{Name: "uwagi", Label: l.T("plan.source.note_label"), Value: r.Value("uwagi")})}
	p.Next = web.Step{What: l.T("plan.diagnosis.next.findings"), Who: l.T("plan.association"), Href: diagnosisHref(of.ID)}
	return p.render(w, r, fail)
}

func (s *Service) postDatum(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	id := r.PathValue("id")
	err := s.AddFigure(r.Context(), access.ActorOf(r.Request), id, r.Value("gmina"), r.Value("rok"), r.Value("wartosc"), r.Value("uwagi"))
	return done(w, r, err, func(fail error) error { return s.showDatum(w, r, fail) }, "notice.plan.figure", sourceHref(id))
}

// uploadPage takes a sheet of figures, and shows what was wrong with one.
type uploadPage struct {
	web.Page
	Source   Source
	Troubles []string
	Next     web.Step
}

func (s *Service) getUpload(w http.ResponseWriter, r *web.Request) error {
	return s.showUpload(w, r, nil, nil)
}

func (s *Service) showUpload(w http.ResponseWriter, r *web.Request, troubles []Trouble, fail error) error {
	src, of, _, err := s.SourceByID(r.Context(), access.ActorOf(r.Request), r.PathValue("id"))
	if err != nil {
		return err
	}
	p := uploadPage{Page: r.Page(w, r.L.T("plan.source.upload"), crumbs(r.L, of, web.Link{Text: src.Title, Href: sourceHref(src.ID)})...), Source: src,
		Next: web.Step{What: r.L.T("plan.source.next_sheet"), Who: r.L.T("plan.program")}}
	p.NoIndex, p.Lead = true, r.L.T("plan.source.upload_lead")
	status := http.StatusOK
	if f := fault.As(fail); f != nil {
		p.Errors, status = []fault.Field{{Name: "plik", Key: f.Key, Args: f.Args}}, f.Kind.Status()
	}
	for _, t := range troubles {
		line := r.L.T(t.Key, t.Args...)
		if t.Row > 0 {
			line = r.L.T("plan.sheet.row", "row", t.Row) + " " + line
		}
		p.Troubles, status = append(p.Troubles, line), http.StatusUnprocessableEntity
	}
	return r.RenderStatus(w, status, uploadView(p))
}

func (s *Service) postUpload(w http.ResponseWriter, r *web.Request) error {
	if err := r.ParseMultipartForm(2 * figureLimits().Bytes); err != nil {
		if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
			return s.showUpload(w, r, nil, fault.New(fault.TooLarge, "sheet.fault.too_large", "n", figureLimits().Bytes>>20))
		}
		return fault.New(fault.BadRequest, "fault.bad_request")
	}
	file, _, err := r.FormFile("plik")
	if err != nil {
		return s.showUpload(w, r, nil, fault.New(fault.Invalid, "plan.sheet.no_file"))
	}
	defer file.Close()
	id := r.PathValue("id")
	n, troubles, err := s.TakeSheet(r.Context(), access.ActorOf(r.Request), id, file)
	if kind := fault.KindOf(err); len(troubles) > 0 || err != nil && (kind == fault.Invalid || kind == fault.TooLarge) {
		return s.showUpload(w, r, troubles, err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.plan.sheet", "n", strconv.Itoa(n))
	return r.Redirect(w, sourceHref(id))
}

func (s *Service) postOwn(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	id := r.PathValue("id")
	n, err := s.TakeOwn(r.Context(), access.ActorOf(r.Request), id)
	if err != nil {
		return err
	}
	r.Notify(w, "notice.plan.sheet", "n", strconv.Itoa(n))
	return r.Redirect(w, sourceHref(id))
}
