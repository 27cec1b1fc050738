package plan

import (
	"context"
	"net/http"
	"strconv"

	"kladka/internal/access"
	"kladka/internal/agreements/ledger"
	"kladka/internal/directory"
	"kladka/internal/platform/chart"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// ReportPath is the yearly report of a plan; the plan and the year follow.
const ReportPath = Path + "/sprawozdanie"

// ReportHref is the report of a plan about a school year.
func ReportHref(id ID, year int) string {
	return ReportPath + "/" + string(id) + "/" + strconv.Itoa(year)
}

// reportYear is the year that a report is about when nobody says: the last that
// ended, the first when none did.
func reportYear(p Plan, this int) int { return max(p.YearFrom, min(p.YearTo, this-1)) }

func (s *Service) getReport(w http.ResponseWriter, r *web.Request) error {
	segment, as := splitFile(r.PathValue("year"))
	plan, err := s.see(r.Context(), access.ActorOf(r.Request), ID(r.PathValue("plan")))
	if err != nil {
		return err
	}
	year, err := strconv.Atoi(segment)
	if err != nil || year < plan.YearFrom || year > plan.YearTo || strconv.Itoa(year) != segment {
		return fault.ErrNotFound
	}
	p, err := s.report(w, r, plan, year)
	if err != nil {
		return err
	}
	return s.sendPaper(w, r, p, as)
}

// report fills the report of a plan about a school year: from the ledger, the
// approved readings and the acts of municipalities, as they are now.
func (s *Service) report(w http.ResponseWriter, r *web.Request, plan Plan, year int) (p paper, err error) {
	l := r.L
	p = paper{Page: r.Page(w, l.T("plan.report.title", "year", yearWords(year)), crumb(l), web.Link{Text: plan.Title, Href: Href(plan.ID)}),
		Base: ReportHref(plan.ID, year), File: "plan-" + strconv.Itoa(year)}
	p.Lead, p.Sees = plan.Title, l.T("plan.sees.counts")
	for y := plan.YearFrom; y <= min(plan.YearTo, directory.SchoolYear(s.now())); y++ {
		p.Years = append(p.Years, web.Link{Text: yearWords(y), Href: ReportHref(plan.ID, y), Current: y == year})
	}
	f := reportFiller{s: s, ctx: r.Context(), l: l, plan: plan, year: year}
	if err := f.read(); err != nil {
		return p, err
	}
	p.Facts = f.facts()
	for _, fill := range []func() (paperPart, error){f.together, f.actions, f.indicators, f.towns, f.lacking} {
		part, err := fill()
		if err != nil {
			return p, err
		}
		p.Parts = append(p.Parts, part)
	}
	p.Next = web.Step{What: l.T("plan.report.next"), Who: l.T("plan.association"), Href: Href(plan.ID)}
	return p, nil
}

// reportFiller fills the parts of one report.
type reportFiller struct {
	s        *Service
	ctx      context.Context
	l        *i18n.L
	plan     Plan
	year     int
	tree     Tree
	values   *Values
	say      speaker
	members  []directory.Municipality
	final    Version
	adopted  map[string]Adoption
	byTown   map[string]ledger.Totals
	byAction map[ActionID]ledger.Totals
	missing  []Missing
}

func (f *reportFiller) read() (err error) {
	s, ctx := f.s, f.ctx
	if f.tree, err = TreeOf(ctx, s.db, f.plan); err != nil {
		return err
	}
	if f.values, err = s.Values(ctx, s.db, f.tree, f.tree.Indicators, Span{From: f.year - 1, To: f.year}); err != nil {
		return err
	}
	if f.say, err = s.speaks(ctx, f.l, f.tree); err != nil {
		return err
	}
	if f.members, err = s.members(ctx); err != nil {
		return err
	}
	if f.final, err = finalOf(ctx, s.db, f.plan.ID); err != nil {
		return err
	}
	if f.adopted, err = Adoptions(ctx, s.db, f.final.ID); err != nil {
		return err
	}
	if f.byTown, err = s.Ledger.ByTown(ctx, s.db, ledger.Query{Scope: ledger.All, From: f.year, To: f.year, By: ledger.BySeat}); err != nil {
		return err
	}
	if err := f.readActions(); err != nil {
		return err
	}
	var places []enterPlace
	for _, m := range f.members {
		places = append(places, enterPlace{Town: m.ID})
	}
	f.missing, err = s.Missing(ctx, s.db, places)
	return err
}

func (f *reportFiller) readActions() error {
	f.byAction = map[ActionID]ledger.Totals{}
	for _, a := range f.tree.Actions {
		rows, err := f.s.Ledger.Totals(f.ctx, f.s.db, ledger.Query{Scope: ledger.Action(string(a.ID)), From: f.year, To: f.year})
		if err != nil {
			return err
		}
		for _, row := range rows {
			if row.SchoolYear == f.year {
				f.byAction[a.ID] = row.Totals
			}
		}
	}
	return nil
}

func (f *reportFiller) facts() []web.Fact {
	one := func(name, value string) web.Fact {
		return web.Fact{Name: f.l.T("plan.report.fact." + name), Value: value}
	}
	adopted := f.l.T("plan.adopt.none_final")
	if f.final.ID != "" {
		adopted = f.l.T("plan.report.adopted", "n", len(f.adopted), "of", len(f.members))
	}
	return []web.Fact{one("years", yearWords(f.plan.YearFrom)+" – "+yearWords(f.plan.YearTo)), one("year", yearWords(f.year)),
		one("state", f.l.T("plan.state."+string(f.plan.State))), one("adopted", adopted), one("made", f.l.DateTime(f.s.now().In(web.Warsaw)))}
}

func (f *reportFiller) part(id string) paperPart {
	title := f.l.T("plan.report.part." + id)
	return paperPart{ID: id, Title: title, Caption: title + ", " + yearWords(f.year), None: f.l.T("plan.report.none." + id)}
}

// together is what all actions of the plan came to, as far as it can be added: an
// activity counts for one action of a plan, yet people came to several.
func (f *reportFiller) together() (p paperPart, err error) {
	p = f.part("together")
	states := map[ActionState]int{}
	with := 0
	for _, a := range f.tree.Actions {
		states[a.State]++
		if f.byAction[a.ID].Facts > 0 {
			with++
		}
	}
	reached, known := 0, 0
	for _, i := range f.tree.Indicators {
		v := f.values.Of(i, f.year, "")
		if v.Known() {
			known++
		}
		if progress(i, v.Value).Reached {
			reached++
		}
	}
	p.Columns = columnsOf(f.l, "plan.report.column.", 1, "what", "number")
	for _, st := range []ActionState{Proposed, Agreed, InProgress, Done, Dropped} {
		p.Rows = append(p.Rows, []cell{text(f.l.T("plan.report.actions_in", "state", f.l.T("plan.action.state."+string(st)))), countCell(f.l, int64(states[st]))})
	}
	for _, n := range []struct {
		key string
		n   int
	}{{"with_facts", with}, {"indicators", len(f.tree.Indicators)}, {"known", known}, {"reached", reached}} {
		p.Rows = append(p.Rows, []cell{text(f.l.T("plan.report." + n.key)), countCell(f.l, int64(n.n))})
	}
	return p, nil
}

func (f *reportFiller) actions() (p paperPart, err error) {
	p = f.part("actions")
	p.Columns = columnsOf(f.l, "plan.report.column.", 3, "action", "kind", "state", "activities", "participations", "people", "hours")
	p.Columns[4].Share = 1.3 // the longest word of a heading
	bars := chart.Bars{Head: chart.Head{ID: "obraz-dzialania", Title: f.l.T("plan.report.bars"), Desc: f.l.T("plan.report.bars_desc", "year", yearWords(f.year)), Level: 3},
		Parts: []string{f.l.T("plan.total.hand_short"), f.l.T("plan.total.own_short")}}
	for _, a := range f.tree.Actions {
		sum := f.byAction[a.ID]
		row := []cell{linked(a.Code+". "+a.Title, ActionHref(a.ID)), text(f.l.T("plan.action.kind." + string(a.Kind))), text(f.l.T("plan.action.state." + string(a.State)))}
		for _, m := range measures() {
			row = append(row, m.cell(f.l, sum))
		}
		p.Rows = append(p.Rows, row)
		if sum.Participations > 0 {
			bars.Rows = append(bars.Rows, chart.Row{Name: a.Code + ". " + a.Title, Href: ActionHref(a.ID),
				Values: []chart.Value{chart.Num(float64(sum.Hand.Participations)), chart.Num(float64(sum.Participations - sum.Hand.Participations))}})
		}
	}
	if len(bars.Rows) > 0 {
		p.Picture = bars
	}
	p.Lines = []string{f.l.T("plan.report.no_sum")}
	return p, nil
}

func (f *reportFiller) indicators() (p paperPart, err error) {
	p = f.part("indicators")
	p.Columns = columnsOf(f.l, "plan.report.column.", 1, "indicator", "baseline", "before", "now", "target", "way", "fresh")
	for _, i := range f.tree.Indicators {
		now := f.values.Of(i, f.year, "")
		p.Rows = append(p.Rows, []cell{linked(i.Code+". "+i.Title, IndicatorHref(i.ID)), f.stated(i, i.Baseline, i.BaselineYear),
			f.say.field(i, f.values.Of(i, f.year-1, "")), f.say.field(i, now), f.stated(i, i.Target, i.TargetYear), f.way(i, now), text(fresh(f.l, f.values.FreshAt(i.ID)))})
	}
	return p, nil
}

// stated is a baseline or a target with its year.
func (f *reportFiller) stated(i Indicator, value string, year int) cell {
	if value == "" {
		return text(f.l.T("plan.paper.nothing"))
	}
	return cell{Text: i.said(f.l, value) + " (" + yearWords(year) + ")", Plain: value}
}

func (f *reportFiller) way(i Indicator, now Figure) cell {
	switch p := progress(i, now.Value); {
	case p.Reached:
		return text(f.l.T("plan.report.is_reached"))
	case p.Known && now.Known():
		return cell{Text: f.l.T("plan.report.percent", "n", p.Percent), Plain: strconv.Itoa(p.Percent)}
	}
	return text(f.l.T("plan.paper.nothing"))
}

// towns lists all members, also those of which there is nothing.
func (f *reportFiller) towns() (p paperPart, err error) {
	p = f.part("towns")
	p.Columns = columnsOf(f.l, "plan.report.column.", 1, "town", "participations", "people", "hours", "adoption")
	p.Columns[4].Right, p.Columns[4].Share = false, 1.8
	tiles := chart.TileMap{Head: chart.Head{ID: "obraz-gminy", Title: f.l.T("plan.report.tiles"), Desc: f.l.T("plan.report.tiles_desc", "year", yearWords(f.year)), Level: 3,
		Names: f.l.T("plan.report.column.town")}}
	for _, m := range f.members {
		sum := f.byTown[m.ID]
		row := []cell{linked(m.Name, TownHref(m.ID)+"?rok="+strconv.Itoa(f.year))}
		for _, one := range measures()[1:] {
			row = append(row, one.cell(f.l, sum))
		}
		act := text(f.l.T("plan.adopt.not_yet"))
		if a, is := f.adopted[m.ID]; is {
			act = text(adoptionWords(f.l, a))
		}
		p.Rows = append(p.Rows, append(row, act))
		tiles.Tiles = append(tiles.Tiles, chart.Tile{Name: m.Name, Href: TownHref(m.ID), Col: m.HexCol, Row: m.HexRow, Value: chart.Num(float64(sum.Participations))})
	}
	if len(tiles.Tiles) > 0 {
		p.Picture = tiles
	}
	return p, nil
}

// lacking is said as plainly as what was done.
func (f *reportFiller) lacking() (p paperPart, err error) {
	p = f.part("lacking")
	p.Columns = columnsOf(f.l, "plan.report.column.", 2, "lack", "where")
	add := func(what cell, where string) { p.Rows = append(p.Rows, []cell{what, text(where)}) }
	for _, a := range f.tree.Actions {
		if f.byAction[a.ID].Facts == 0 && (a.State == Agreed || a.State == InProgress) {
			add(linked(f.l.T("plan.report.idle", "action", a.Code+". "+a.Title), ActionHref(a.ID)), f.l.T("plan.report.everywhere"))
		}
	}
	names := map[string]string{}
	for _, m := range f.members {
		names[m.ID] = m.Name
	}
	for _, m := range f.missing {
		if m.Plan.ID == f.plan.ID {
			add(linked(f.l.T("plan.town.reading", "code", m.Indicator.Code, "title", m.Indicator.Title, "year", yearWords(m.Term.Year)), IndicatorHref(m.Indicator.ID)), names[m.Place.Town])
		}
	}
	if f.final.ID != "" {
		for _, m := range f.members {
			if _, is := f.adopted[m.ID]; !is {
				add(linked(f.l.T("plan.report.not_adopted"), adoptHref(f.plan.ID)), m.Name)
			}
		}
	}
	return p, nil
}
