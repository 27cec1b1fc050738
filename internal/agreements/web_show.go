package agreements

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/agreements/ledger"
	"kladka/internal/directory"
	"kladka/internal/platform/chart"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

const rowsOnPage = 20

// listPage is the register.
type listPage struct {
	web.Page
	Rows  []listRow
	Pager web.Pager
	May   bool
	Next  web.Step
}

type listRow struct {
	Title, Href, State, Kind, KindName, Parties, When, Areas string
}

func (s *Service) getList(w http.ResponseWriter, r *web.Request) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	from, err := web.CursorOf(r.URL.Query())
	if err != nil {
		return err
	}
	list, more, err := s.list(ctx, who, from, rowsOnPage)
	if err != nil {
		return err
	}
	p := listPage{Page: r.Page(w, r.L.T("agreements.title")), May: who.May(access.ManageAgreements)}
	p.Lead = r.L.T("agreements.lead")
	for _, a := range list {
		p.Rows = append(p.Rows, s.listRow(r.L, a))
	}
	if len(list) > 0 {
		first, last := list[0], list[len(list)-1]
		p.Pager = web.PagerFor(r.URL, from, web.Cursor{Key: first.TitleKey, ID: string(first.ID)}, web.Cursor{Key: last.TitleKey, ID: string(last.ID)}, more)
	}
	if p.Next = (web.Step{What: r.L.T("agreements.next.read")}); p.May {
		p.Next = web.Step{What: r.L.T("agreements.new.title"), Who: r.L.T("agreements.next.party"), Href: NewPath}
	}
	return r.Render(w, listView(p))
}

func (s *Service) listRow(l *i18n.L, a listed) listRow {
	state := a.StateOn(dayOf(s.now()))
	row := listRow{Title: a.Title, Href: Href(a.ID), State: stateName(l, state), Kind: stateKind(state), KindName: l.T("agreements.kind." + string(a.Kind)),
		Areas: l.N("agreements.areas_n", a.Areas)}
	for n, p := range a.Parties {
		if n > 0 {
			row.Parties += " · "
		}
		row.Parties += p.Name
	}
	if a.SignedOn != "" {
		row.When = l.T("agreements.signed", "date", l.DateText(a.SignedOn))
	}
	return row
}

// onePage is the public page of an agreement.
type onePage struct {
	web.Page
	W                Whole
	Badge, BadgeKind string
	Why              string // why it ended
	Facts            []web.Fact
	Tabs             []web.Link // of those who run it
	Stats            []web.Figure
	Parties          []partyView
	Areas, Past      []areaView
	Loose            []arrangementView // whose area nobody chose yet
	Bars             *chart.Bars
	Outcomes         []outcomeView
	Years            []web.Link
	Annexes          []annexView
	Files            []Attachment
	Below            []web.Link // detailed agreements under a framework
	Proposals        []string
	Fresh            string
	Next             web.Step
}

type partyView struct {
	Name, Href string
	Signed     []string
	Ours       []string
}

// areaView is an area with what was done there.
type areaView struct {
	No           int
	ID, Title    string
	Words        []string
	Period       string // when it held, if that is not as the agreement did
	Sentence     string // what was done, in one sentence
	ThisYear     string
	Hand         string // which part was typed in
	Activities   []activityView
	More         web.Link
	Arrangements []arrangementView
	Near         string // beside the agreement, never added
}

type activityView struct{ Title, Href, When, What string }

type arrangementView struct {
	ID, Title, Href, State, Kind, Who, When, Money, Result string
	Due                                                    string // YYYY-MM-DD, "" when it is over
}

type annexView struct {
	Title string
	Words []string
}

func (s *Service) getOne(w http.ResponseWriter, r *web.Request) error {
	ctx, who, l := r.Context(), access.ActorOf(r.Request), r.L
	a, err := s.Find(ctx, who, idOf(r))
	if err != nil {
		return err
	}
	state := a.StateOn(dayOf(s.now()))
	p := onePage{Page: r.Page(w, a.Title, web.Link{Text: l.T("agreements.title"), Href: Path}), W: a, Badge: stateName(l, state), BadgeKind: stateKind(state), Why: a.EndedWhy}
	p.NoIndex = a.State == Draft
	if runsIt(who, a) {
		p.Tabs = tabs(l, a.ID, "")
	}
	for _, fill := range []func(*web.Request, *onePage) error{s.fillSides, s.fillAreas, s.fillOutcomes, s.fillRest} {
		if err := fill(r, &p); err != nil {
			return err
		}
	}
	return r.Render(w, oneView(p))
}

// fillSides are the facts, the parties and who signed.
func (s *Service) fillSides(r *web.Request, p *onePage) error {
	l, a := r.L, p.W
	p.Facts = []web.Fact{{Name: l.T("agreements.field.kind"), Value: l.T("agreements.kind." + string(a.Kind))}}
	add := func(name, value, href string) {
		if value != "" {
			p.Facts = append(p.Facts, web.Fact{Name: l.T("agreements.field." + name), Value: value, Href: href})
		}
	}
	add("signed_on", dayText(l, a.SignedOn), "")
	if a.ValidFrom != "" {
		add("valid", span(l, a.ValidFrom, a.lastDay()), "")
	}
	add("number", a.Number, "")
	if a.Under != "" {
		above, err := s.Find(r.Context(), access.ActorOf(r.Request), a.Under)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return err
		}
		add("under", above.Title, Href(above.ID)) // one that the reader may not see has no title
	}
	for _, side := range a.Parties {
		v := partyView{Name: side.Name, Ours: lines(side.Ours)}
		if side.Institution != "" {
			v.Href = "/instytucje/" + string(side.Institution)
		}
		for _, g := range a.Signatories {
			if g.Party == side.No {
				v.Signed = append(v.Signed, g.Name+", "+g.Function)
			}
		}
		p.Parties = append(p.Parties, v)
	}
	return nil
}

// fillAreas is what was done, area by area.
func (s *Service) fillAreas(r *web.Request, p *onePage) error {
	ctx, l, today := r.Context(), r.L, dayOf(s.now())
	all, err := s.figuresOf(ctx, s.db, p.W, p.W.Areas)
	if err != nil {
		return err
	}
	arranged, err := s.arrangementViews(r, p.W)
	if err != nil {
		return err
	}
	p.Loose = arranged[""]
	bars := areaBars(l, l.T("agreements.bars_desc"))
	active, fresh := 0, int64(0)
	for _, f := range all {
		v, err := s.areaView(r, p.W, f)
		if err != nil {
			return err
		}
		v.Arrangements = arranged[f.Area.ID]
		if f.All.Activities > 0 {
			active++
		}
		bars.Rows = append(bars.Rows, chart.Row{Name: f.Area.name(), Values: []chart.Value{chart.Int(int(f.All.Participations))}})
		if f.Area.ValidTo != "" && f.Area.ValidTo < today {
			p.Past = append(p.Past, v)
		} else {
			p.Areas = append(p.Areas, v)
		}
		at, err := ledger.FreshAt(ctx, s.db, ledger.Area(f.Area.ID))
		if err != nil {
			return err
		}
		fresh = max(fresh, at)
	}
	if fresh > 0 {
		p.Fresh = l.T("agreements.fresh", "date", l.DateTime(unix(fresh).In(web.Warsaw)))
	}
	if active > 0 {
		p.Bars = &bars
	}
	p.stats(l, arranged, active)
	return nil
}

// areaBars is the picture of participations by area, still without its rows.
func areaBars(l *i18n.L, of string) chart.Bars {
	return chart.Bars{Head: chart.Head{ID: "obszary-wykres", Title: l.T("agreements.bars"), Desc: of, Level: 3, Names: l.T("agreements.field.area")},
		Parts: []string{l.T("agreements.column.participations")}}
}

// stats count areas and arrangements; of activities each area tells its own.
func (p *onePage) stats(l *i18n.L, arranged map[string][]arrangementView, active int) {
	done, open := 0, 0
	for _, list := range arranged {
		for _, g := range list {
			if g.Due != "" {
				open++
			} else if g.Kind == "ok" {
				done++
			}
		}
	}
	p.Stats = []web.Figure{{Value: l.T("agreements.of", "n", active, "all", len(p.Areas)+len(p.Past)), Label: l.T("agreements.stat.areas")},
		{Value: l.Number(done), Label: l.T("agreements.stat.done")}, {Value: l.Number(open), Label: l.T("agreements.stat.open")}}
}

// mostActivities are shown under an area; the rest has a page.
const mostActivities = 5

func (s *Service) areaView(r *web.Request, w Whole, f areaFigures) (v areaView, err error) {
	l, a := r.L, f.Area
	v = areaView{No: a.No, ID: a.ID, Title: a.Title, Words: lines(a.Words), Sentence: totalsText(l, f.All)}
	if a.ValidFrom > w.ValidFrom || a.ValidTo != "" {
		v.Period = span(l, a.ValidFrom, a.ValidTo)
	}
	if year := directory.SchoolYear(s.now()); f.ofYear(year).Activities > 0 && (f.ofYear(year).People > 0 || f.ofYear(year).Part != f.All.Part) {
		v.ThisYear = l.T("agreements.this_year", "year", yearText(year), "what", yearTotals(l, f.ofYear(year)))
	}
	if n := f.All.Hand.Activities; n > 0 {
		v.Hand = l.N("agreements.by_hand", int(n))
	}
	if f.Near.Activities > 0 {
		v.Near = totalsText(l, f.Near)
	}
	list, more, err := s.Ledger.Activities(r.Context(), s.db, ledger.Area(a.ID), 0, web.Cursor{}, mostActivities)
	v.Activities = activityViews(l, list)
	if more {
		v.More = web.Link{Text: l.T("agreements.all_activities"), Href: Href(w.ID) + "/obszar/" + a.ID}
	}
	return v, err
}

// totalsText is sums in words; nothing done says so in the template.
func totalsText(l *i18n.L, t ledger.Totals) string {
	if t.Activities == 0 {
		return ""
	}
	text := l.N("agreements.activities", int(t.Activities))
	if t.Participations > 0 {
		text += ", " + l.N("agreements.participations", int(t.Participations))
	}
	if h, _ := ledger.LessonHours(t.Minutes); h > 0 {
		text += ", " + hours(l, t.Minutes)
	}
	if t.Money > 0 {
		text += ", " + money(l, t.Money)
	}
	return text
}

// yearTotals is sums of one year, where people are counted once.
func yearTotals(l *i18n.L, t ledger.Totals) string {
	text := totalsText(l, t)
	if t.People > 0 {
		text += ", " + l.N("agreements.people", int(t.People))
	}
	return text
}

func activityViews(l *i18n.L, list []ledger.Listed) (views []activityView) {
	for _, a := range list {
		title := a.Title
		if title == "" {
			title = l.T("agreements.untitled")
		}
		what := ""
		if a.Participations > 0 {
			what = l.N("agreements.participations", int(a.Participations))
		}
		views = append(views, activityView{Title: title, Href: a.Path, When: dayText(l, a.On), What: what})
	}
	return views
}

// arrangementViews are the arrangements of an agreement by area; "" are those
// whose area nobody chose yet.
func (s *Service) arrangementViews(r *web.Request, w Whole) (by map[string][]arrangementView, err error) {
	by = map[string][]arrangementView{}
	list, err := s.Arrangements(r.Context(), w.ID)
	if err != nil {
		return nil, err
	}
	names, err := s.owners(r.Context(), list)
	if err != nil {
		return nil, err
	}
	for _, g := range list {
		by[g.Area] = append(by[g.Area], s.arrangementView(r.L, g, names))
	}
	return by, nil
}

// owners are the names of the institutions that carry arrangements out.
func (s *Service) owners(ctx context.Context, list []Arrangement) (map[access.InstitutionID]string, error) {
	var ids []access.InstitutionID
	for _, g := range list {
		if g.Owner != "" {
			ids = append(ids, g.Owner)
		}
	}
	return s.Directory.Names(ctx, ids)
}

func (s *Service) arrangementView(l *i18n.L, g Arrangement, names map[access.InstitutionID]string) arrangementView {
	today := dayOf(s.now())
	v := arrangementView{ID: g.ID, Title: g.Title, Href: arrangementHref(g), State: progressName(l, g, today), Kind: progressKind(g, today), Who: g.OwnerName, Result: g.Result,
		When: l.T("agreements.until", "date", l.DateText(g.Due)), Due: g.Due}
	if g.Owner != "" {
		v.Who = names[g.Owner]
	}
	if g.State.Over() {
		v.When, v.Due = dayText(l, g.ClosedOn), ""
	}
	if v.Money = l.T("agreements.without_money"); g.Money > 0 {
		v.Money = money(l, g.Money)
	}
	return v
}

// outcomeView is an expected outcome with its figures.
type outcomeView struct {
	No       int
	Words    string
	Note     string
	Line     *chart.Line
	Columns  []string
	Rows     [][]string
	TableID  string
	Sentence string
}

func (s *Service) fillOutcomes(r *web.Request, p *onePage) error {
	for _, o := range p.W.Outcomes {
		v, err := s.outcomeView(r, p.W, o)
		if err != nil {
			return err
		}
		p.Outcomes = append(p.Outcomes, v)
	}
	return nil
}

func (s *Service) outcomeView(r *web.Request, w Whole, o Outcome) (v outcomeView, err error) {
	l := r.L
	v = outcomeView{No: o.No, Words: o.Words, Note: l.T("agreements.outcome.all"), TableID: "rezultat-" + number(o.No)}
	if a, ok := w.area(o.Area); ok {
		v.Note = l.T("agreements.outcome.area", "area", a.name())
	}
	years, list, err := s.outcomeLines(r.Context(), w, o)
	if err != nil || len(years) == 0 {
		return v, err
	}
	first, err := ledger.FirstYear(r.Context(), s.db, o.scope())
	if err != nil {
		return v, err
	}
	line := chart.Line{Head: chart.Head{ID: v.TableID + "-wykres", Title: number(o.No) + ". " + l.T("agreements.outcome.chart"), Level: 4, Names: l.T("agreements.field.group")}}
	v.Columns = []string{l.T("agreements.field.school_year")}
	for n, y := range years {
		line.At, v.Rows = append(line.At, yearText(y)), append(v.Rows, []string{yearText(y)})
		if y == o.Baseline {
			v.Rows[n][0] += " (" + l.T("agreements.outcome.baseline") + ")"
		}
	}
	seen := false
	for _, g := range list {
		name := l.T("agreements.group." + string(g.Group))
		row := chart.Row{Name: name}
		for n, y := range years {
			t, cell, value := g.By[y], l.T("agreements.no_data"), chart.Value{}
			if first > 0 && y >= first { // before it nobody wrote anything down, which is not nought
				cell, value = outcomeCell(l, t), chart.Int(int(t.Participations))
			}
			seen = seen || t.Participations > 0
			v.Rows[n], row.Values = append(v.Rows[n], cell), append(row.Values, value)
		}
		v.Columns, line.Lines = append(v.Columns, name), append(line.Lines, row)
	}
	if seen && len(years) > 1 {
		v.Line = &line
	}
	return v, nil
}

// outcomeCell is a group in a year: participations, people once, hours.
func outcomeCell(l *i18n.L, t ledger.Totals) string {
	if t.Participations == 0 {
		return "0"
	}
	text := l.N("agreements.participations", int(t.Participations))
	if t.People > 0 {
		text += ", " + l.N("agreements.people", int(t.People))
	}
	return text + ", " + hours(l, t.Minutes)
}

// fillRest are the years, annexes, files, what stands below, and what comes next.
func (s *Service) fillRest(r *web.Request, p *onePage) (err error) {
	ctx, l, a := r.Context(), r.L, p.W
	if a.State != Draft {
		for _, y := range a.years(dayOf(s.now())) {
			p.Years = append(p.Years, web.Link{Text: yearText(y), Href: yearHref(a.ID, y)})
		}
	}
	for _, x := range a.Annexes {
		p.Annexes = append(p.Annexes, annexView{l.T("agreements.annex_no", "n", x.No, "signed", l.DateText(x.SignedOn), "from", l.DateText(x.HoldsFrom)), lines(x.Words)})
	}
	if p.Files, err = s.Attachments(ctx, a.ID); err != nil {
		return err
	}
	var below []Agreement
	if err := s.db.Select(ctx, &below, `select `+columns+` from agreements_agreements a where a.under_id = ? and a.state <> ? order by a.title_key, a.id limit 100`, a.ID, Draft); err != nil {
		return err
	}
	for _, b := range below {
		p.Below = append(p.Below, web.Link{Text: b.Title, Href: Href(b.ID)})
	}
	wishes, err := s.Proposals(ctx, a.ID)
	for _, x := range wishes {
		if side, ok := a.party(x.Party); ok {
			p.Proposals = append(p.Proposals, l.T("agreements.proposed", "party", side.Name, "date", l.DateText(x.Until)))
		}
	}
	p.Next = s.nextOf(l, a, p.allArranged())
	return err
}

func (p *onePage) allArranged() (all []arrangementView) {
	all = slices.Clone(p.Loose)
	for _, a := range slices.Concat(p.Areas, p.Past) {
		all = append(all, a.Arrangements...)
	}
	return all
}

// nextOf is what comes next in an agreement: a draft comes into force; then the
// arrangement that is due first; then the confirmation of
// the year.
func (s *Service) nextOf(l *i18n.L, a Whole, arranged []arrangementView) web.Step {
	today := dayOf(s.now())
	switch a.StateOn(today) {
	case Draft:
		return web.Step{What: l.T("agreements.next.force"), Who: l.T("agreements.next.party"), Href: Href(a.ID) + tabDesk}
	case Expired, Terminated:
		return web.Step{What: l.T("agreements.next.over")}
	}
	arranged = slices.DeleteFunc(arranged, func(g arrangementView) bool { return g.Due == "" })
	if len(arranged) > 0 {
		g := slices.MinFunc(arranged, func(a, b arrangementView) int { return strings.Compare(a.Due, b.Due) })
		return web.Step{What: g.Title, Who: g.Who, When: l.DateText(g.Due), Href: g.Href}
	}
	year := directory.SchoolYear(s.now())
	return web.Step{What: l.T("agreements.next.confirm", "year", yearText(year)), Who: l.T("agreements.next.parties"),
		When: l.T("agreements.after", "date", l.Date(time.Date(year+1, time.August, 31, 0, 0, 0, 0, web.Warsaw))), Href: yearHref(a.ID, year)}
}

// areaPage are all joint activities of an area in a year, and, apart, those
// beside it.
type areaPage struct {
	web.Page
	A        Area
	Years    []web.Link
	Year     string
	Sentence string
	Rows     []activityView
	Pager    web.Pager
	Near     bool
	NearHref string
	NearText string
	Next     web.Step
}

func (s *Service) getArea(w http.ResponseWriter, r *web.Request) error {
	ctx, l := r.Context(), r.L
	a, err := s.Find(ctx, access.ActorOf(r.Request), idOf(r))
	if err != nil {
		return err
	}
	area, ok := a.area(r.PathValue("area"))
	if !ok {
		return fault.ErrNotFound
	}
	at, err := web.CursorOf(r.URL.Query())
	if err != nil {
		return err
	}
	year, near := yearIn(r, a.years(dayOf(s.now()))), r.Value("obok") == "tak"
	scope, base := ledger.Area(area.ID), Href(a.ID)+"/obszar/"+area.ID
	p := areaPage{Page: r.Page(w, area.name(), web.Link{Text: l.T("agreements.title"), Href: Path}, web.Link{Text: a.Title, Href: Href(a.ID)}), A: area, Year: yearText(year), Near: near,
		NearHref: base + "?obok=tak&rok=" + strconv.Itoa(year), NearText: l.T("agreements.near_show")}
	if p.Lead = l.T("agreements.joint_lead"); near {
		p.Lead, scope, p.NearHref, p.NearText = l.T("agreements.near_lead"), ledger.Near(area.ID), base+"?rok="+strconv.Itoa(year), l.T("agreements.joint_show")
	}
	for _, y := range a.years(dayOf(s.now())) {
		link := web.Link{Text: yearText(y), Href: base + "?rok=" + strconv.Itoa(y), Current: y == year}
		if near {
			link.Href += "&obok=tak"
		}
		p.Years = append(p.Years, link)
	}
	if year == 0 { // the agreement has not begun
		p.Year, p.NearHref, p.Next = "", "", s.nextOf(l, a, nil)
		return r.Render(w, areaPageView(p))
	}
	list, more, err := s.Ledger.Activities(ctx, s.db, scope, year, at, rowsOnPage)
	if err != nil {
		return err
	}
	of, err := s.Ledger.Totals(ctx, s.db, ledger.Query{Scope: scope, From: year, To: year})
	if err != nil {
		return err
	}
	p.Sentence, p.Rows = yearTotals(l, ledger.Sum(of)), activityViews(l, list)
	if len(list) > 0 {
		p.Pager = web.PagerFor(r.URL, at, list[0].Place(), list[len(list)-1].Place(), more)
	}
	p.Next = web.Step{What: l.T("agreements.next.read_year", "year", yearText(year)), Href: yearHref(a.ID, year)}
	return r.Render(w, areaPageView(p))
}

// yearIn is the year that is asked for, among those there are; else the newest.
func yearIn(r *web.Request, years []int) int {
	if n, err := strconv.Atoi(r.Value("rok")); err == nil && slices.Contains(years, n) {
		return n
	}
	if len(years) == 0 {
		return 0
	}
	return years[0]
}
