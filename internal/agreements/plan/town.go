package plan

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"kladka/internal/access"
	"kladka/internal/agreements/formula"
	"kladka/internal/agreements/ledger"
	"kladka/internal/directory"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// The sheet of a municipality is one page for those who decide there: the mayor
// of a village with three schools reads the same headings as the city's office,
// and where there is nothing the sheet says that there is nothing.

const (
	mostSchools = 40 // named on a sheet; the directory has all
	mostActs    = 30
)

func (s *Service) getTowns(w http.ResponseWriter, r *web.Request) error {
	members, err := s.members(r.Context())
	if err != nil {
		return err
	}
	p := townsPage{Page: r.Page(w, r.L.T("plan.town.all"), crumb(r.L))}
	p.Lead = r.L.T("plan.town.all_lead")
	for _, m := range members {
		p.Towns = append(p.Towns, web.Link{Text: m.Name, Href: TownHref(m.ID)})
	}
	return r.Render(w, townsView(p))
}

// townsPage leads to the sheets of all member municipalities.
type townsPage struct {
	web.Page
	Towns []web.Link
}

func crumb(l *i18n.L) web.Link { return web.Link{Text: l.T("plan.title"), Href: Path} }

func (s *Service) getTown(w http.ResponseWriter, r *web.Request) error {
	code, as := splitFile(r.PathValue("code"))
	members, err := s.members(r.Context())
	if err != nil {
		return err
	}
	n := slices.IndexFunc(members, func(m directory.Municipality) bool { return m.ID == code })
	if n < 0 {
		return fault.ErrNotFound
	}
	this := directory.SchoolYear(s.now())
	year := this
	if y, err := strconv.Atoi(r.URL.Query().Get("rok")); err == nil && y <= this && y >= this-mostYearsBack {
		year = y
	}
	p, err := s.townSheet(w, r, members[n], year)
	if err != nil {
		return err
	}
	return s.sendPaper(w, r, p, as)
}

// mostYearsBack is how far the sheet of a municipality looks: to the year in
// which the work began that is entered by hand, and some.
const mostYearsBack = 6

// townSheet fills the sheet of a municipality for a school year.
func (s *Service) townSheet(w http.ResponseWriter, r *web.Request, m directory.Municipality, year int) (p paper, err error) {
	l, this := r.L, directory.SchoolYear(s.now())
	p = paper{Page: r.Page(w, l.T("plan.town.title", "name", m.Name, "year", yearWords(year)), crumb(l), web.Link{Text: l.T("plan.town.all"), Href: TownPath}),
		Base: TownHref(m.ID), Query: "?rok=" + strconv.Itoa(year), File: "gmina-" + m.ID + "-" + strconv.Itoa(year)}
	p.Lead, p.Sees = l.T("plan.town.lead"), l.T("plan.sees.counts")
	for y := this; y > this-3; y-- {
		p.Years = append(p.Years, web.Link{Text: yearWords(y), Href: TownHref(m.ID) + "?rok=" + strconv.Itoa(y), Current: y == year})
	}
	t := townFiller{s: s, r: r, ctx: r.Context(), l: l, who: access.ActorOf(r.Request), town: m, year: year}
	if err := t.findPlan(); err != nil {
		return p, err
	}
	if p.Facts, err = t.facts(); err != nil {
		return p, err
	}
	for _, fill := range []func() (paperPart, error){t.schools, t.tookPart, t.groups, t.acts, t.actions, t.indicators, t.cameBack, t.open} {
		part, err := fill()
		if err != nil {
			return p, err
		}
		if part.ID != "" {
			p.Parts = append(p.Parts, part)
		}
	}
	p.Next = t.next()
	return p, nil
}

// townFiller fills the parts of one sheet.
type townFiller struct {
	s       *Service
	r       *web.Request
	ctx     context.Context
	l       *i18n.L
	who     access.Actor
	town    directory.Municipality
	year    int
	plan    Plan // zero when none covers the year
	tree    Tree
	missing []Missing
}

func (t *townFiller) part(id string) paperPart {
	title := t.l.T("plan.town.part."+id, "name", t.town.Name)
	return paperPart{ID: id, Title: title, Caption: title + ", " + yearWords(t.year), None: t.l.T("plan.town.none."+id, "year", yearWords(t.year))}
}

func (t *townFiller) columns(right int, keys ...string) (list []paperColumn) {
	return columnsOf(t.l, "plan.town.column.", right, keys...)
}

// columnsOf are columns by the names of their texts; from the right-th on they
// hold numbers. The first one is wider.
func columnsOf(l *i18n.L, prefix string, right int, keys ...string) (list []paperColumn) {
	for n, k := range keys {
		c := paperColumn{Title: l.T(prefix + k), Right: n >= right, Share: 1}
		if n == 0 {
			c.Share = 2.4
		}
		list = append(list, c)
	}
	return list
}

// findPlan finds the plan that covers the year, one in force before a draft.
func (t *townFiller) findPlan() (err error) {
	if t.plan, err = t.s.planOf(t.ctx, t.who, t.year); err != nil || t.plan.ID == "" {
		return err
	}
	if t.tree, err = TreeOf(t.ctx, t.s.db, t.plan); err != nil {
		return err
	}
	t.missing, err = t.s.Missing(t.ctx, t.s.db, []enterPlace{{Town: t.town.ID}})
	return err
}

// planOf is the plan that covers a school year, zero for none that the actor sees.
func (s *Service) planOf(ctx context.Context, who access.Actor, year int) (found Plan, err error) {
	all, err := s.Plans(ctx, who)
	for _, p := range all {
		if p.YearFrom <= year && year <= p.YearTo && (found.ID == "" || found.State == Drafting && p.State != Drafting) {
			found = p
		}
	}
	return found, err
}

func (t *townFiller) facts() (facts []web.Fact, err error) {
	facts = []web.Fact{{Name: t.l.T("plan.town.fact.year"), Value: yearWords(t.year)}}
	add := func(name, value, href string) {
		facts = append(facts, web.Fact{Name: t.l.T("plan.town.fact." + name), Value: value, Href: href})
	}
	at, err := ledger.FreshAt(t.ctx, t.s.db, ledger.All)
	if err != nil {
		return nil, err
	}
	add("fresh", fresh(t.l, at), "")
	if t.plan.ID == "" {
		add("plan", t.l.T("plan.town.no_plan"), Path)
		return facts, nil
	}
	add("plan", t.plan.Title, Href(t.plan.ID))
	v, err := finalOf(t.ctx, t.s.db, t.plan.ID)
	if err != nil {
		return nil, err
	}
	acts, err := Adoptions(t.ctx, t.s.db, v.ID)
	if a, is := acts[t.town.ID]; is {
		add("adopted", adoptionWords(t.l, a), adoptHref(t.plan.ID))
	} else {
		add("adopted", t.l.T("plan.adopt.not_yet"), adoptHref(t.plan.ID))
	}
	return facts, err
}

func adoptionWords(l *i18n.L, a Adoption) string {
	return l.T("plan.adopt.act."+a.Body, "number", a.Number, "date", l.DateText(a.On))
}

// schools names the schools: in a small municipality they are the whole story.
func (t *townFiller) schools() (p paperPart, err error) {
	p = t.part("schools")
	if t.s.Schools == nil {
		return paperPart{}, nil
	}
	list, all, err := t.s.Schools.SchoolsIn(t.ctx, t.l, t.town.ID, mostSchools)
	p.Columns = t.columns(2, "school", "kind")
	for _, one := range list {
		p.Rows = append(p.Rows, []cell{linked(one.Name, one.Href), text(one.Kind)})
	}
	if all > 0 {
		p.Lines = []string{t.l.N("plan.town.schools", all)}
	}
	if all > len(list) {
		p.Lines = append(p.Lines, t.l.T("plan.town.schools_more", "n", len(list)))
	}
	return p, err
}

// totals are those of a year, and whether anything was counted.
func (t *townFiller) totals(scope ledger.Scope, by string, group ledger.Group, year int) (sum ledger.Totals, err error) {
	rows, err := t.s.Ledger.Totals(t.ctx, t.s.db, ledger.Query{Scope: scope, From: year, To: year, Town: t.town.ID, By: by, Group: group})
	for _, row := range rows {
		if row.SchoolYear == year {
			sum = row.Totals
		}
	}
	return sum, err
}

// tookPart counts both ways: schools that lie in the municipality, and those that
// it runs. A county's school is in one and not in the other.
func (t *townFiller) tookPart() (p paperPart, err error) {
	p = t.part("took")
	p.Columns = t.columns(1, "measure", "seat", "running", "before")
	var sums [3]ledger.Totals
	for n, q := range []struct {
		by   string
		year int
	}{{ledger.BySeat, t.year}, {ledger.ByRunning, t.year}, {ledger.BySeat, t.year - 1}} {
		if sums[n], err = t.totals(ledger.All, q.by, "", q.year); err != nil {
			return p, err
		}
	}
	if sums[0].Facts+sums[1].Facts == 0 {
		p.Lines = []string{t.l.T("plan.town.took_how")}
		return p, nil
	}
	for _, m := range measures() {
		row := []cell{text(t.l.T("plan.total." + m.key))}
		for _, sum := range sums {
			row = append(row, m.cell(t.l, sum))
		}
		p.Rows = append(p.Rows, row)
	}
	p.Lines = append(p.Lines, handWords(t.l, sums[0]), t.l.T("plan.town.took_once"))
	return p, nil
}

// measure is one number of totals, with how it is written.
type measure struct {
	key string
	of  func(ledger.Totals) int64
}

func measures() []measure {
	return []measure{
		{"activities", func(t ledger.Totals) int64 { return t.Activities }},
		{"participations", func(t ledger.Totals) int64 { return t.Participations }},
		{"people", func(t ledger.Totals) int64 { return t.People }},
		{"hours", func(t ledger.Totals) int64 { hours, _ := ledger.LessonHours(t.Minutes); return hours }},
	}
}

func (m measure) cell(l *i18n.L, sum ledger.Totals) cell {
	n := m.of(sum)
	c := cell{Text: l.Number(int(n)), Plain: strconv.FormatInt(n, 10)}
	if m.key == "people" && sum.Unknown > 0 {
		c.Text = l.N("plan.total.people_and_unknown", int(sum.Unknown), "people", int(n))
	}
	return c
}

// handWords says which part of a sum was entered by hand: never in silence.
func handWords(l *i18n.L, sum ledger.Totals) string {
	if sum.Hand.Participations+sum.Hand.Activities == 0 {
		return l.T("plan.total.no_hand")
	}
	return l.T("plan.total.hand", "activities", int(sum.Hand.Activities), "participations", int(sum.Hand.Participations))
}

func (t *townFiller) groups() (p paperPart, err error) {
	p = t.part("groups")
	p.Columns = t.columns(1, "group", "participations", "people", "hours")
	for _, g := range ledger.Groups() {
		sum, err := t.totals(ledger.All, ledger.BySeat, g, t.year)
		if err != nil {
			return p, err
		}
		if sum.Facts == 0 && g == ledger.Others {
			continue
		}
		row := []cell{text(t.l.T("plan.group." + string(g)))}
		for _, m := range measures()[1:] {
			row = append(row, m.cell(t.l, sum))
		}
		p.Rows = append(p.Rows, row)
	}
	return p, nil
}

// acts lists what people of the municipality took part in, without numbers: in a
// village "1 person" would be a name.
func (t *townFiller) acts() (p paperPart, err error) {
	if t.s.Acts == nil {
		return paperPart{}, nil
	}
	p = t.part("acts")
	p.Columns = t.columns(2, "act", "day")
	list, more, err := t.s.Acts.ActsOf(t.ctx, t.town.ID, t.year, web.Cursor{}, mostActs)
	for _, one := range list {
		p.Rows = append(p.Rows, []cell{linked(one.Title, one.Path), text(t.l.DateText(one.On))})
	}
	if more {
		p.Lines = []string{t.l.T("plan.town.acts_more", "n", mostActs)}
	}
	return p, err
}

func (t *townFiller) actions() (p paperPart, err error) {
	if t.plan.ID == "" {
		return paperPart{}, nil
	}
	p = t.part("actions")
	p.Columns = t.columns(2, "action", "state", "participations", "hours")
	for _, a := range t.tree.Actions {
		if a.State == Proposed || a.State == Dropped {
			continue
		}
		sum, err := t.totals(ledger.Action(string(a.ID)), ledger.BySeat, "", t.year)
		if err != nil {
			return p, err
		}
		hours, _ := ledger.LessonHours(sum.Minutes)
		p.Rows = append(p.Rows, []cell{linked(a.Code+". "+a.Title, ActionHref(a.ID)), text(t.l.T("plan.action.state." + string(a.State))),
			countCell(t.l, sum.Participations), countCell(t.l, hours)})
	}
	return p, nil
}

func countCell(l *i18n.L, n int64) cell {
	return cell{Text: l.Number(int(n)), Plain: strconv.FormatInt(n, 10)}
}

// indicators sets the municipality beside the whole.
func (t *townFiller) indicators() (p paperPart, err error) {
	if t.plan.ID == "" || len(t.tree.Indicators) == 0 {
		return paperPart{}, nil
	}
	p = t.part("indicators")
	p.Columns = t.columns(1, "indicator", "here", "whole", "target")
	v, err := t.s.Values(t.ctx, t.s.db, t.tree, t.tree.Indicators, Span{From: t.year, To: t.year, Town: t.town.ID})
	if err != nil {
		return p, err
	}
	say, err := t.s.speaks(t.ctx, t.l, t.tree)
	for _, i := range t.tree.Indicators {
		target := t.l.T("plan.paper.nothing")
		if i.Target != "" {
			target = i.said(t.l, i.Target) + " (" + yearWords(i.TargetYear) + ")"
		}
		p.Rows = append(p.Rows, []cell{linked(i.Code+". "+i.Title, IndicatorHref(i.ID)), say.field(i, v.Of(i, t.year, t.town.ID)), say.field(i, v.Of(i, t.year, "")), text(target)})
	}
	return p, err
}

// field is a value of an indicator, for people and for sheets.
func (s speaker) field(i Indicator, f Figure) cell {
	c := cell{Text: s.figure(i, f)}
	if f.Known() {
		c.Plain = formula.Text(f.Value, 4)
	}
	return c
}

func (t *townFiller) cameBack() (p paperPart, err error) {
	if t.s.Needs == nil {
		return paperPart{}, nil
	}
	p = t.part("needs")
	p.Columns = t.columns(2, "need", "answer")
	list, err := t.s.Needs.CameBack(t.ctx, t.who, t.l, t.town.ID, t.year)
	for _, one := range list {
		answer := one.Answer
		if answer == "" {
			answer = t.l.T("plan.town.unanswered")
		}
		p.Rows = append(p.Rows, []cell{linked(one.Topic, one.Href), text(answer)})
	}
	return p, err
}

// open is what waits: arrangements of others, and readings that the municipality
// owes itself.
func (t *townFiller) open() (p paperPart, err error) {
	p = t.part("open")
	p.Columns = t.columns(3, "matter", "who", "by")
	if t.s.Open != nil {
		list, err := t.s.Open.OpenIn(t.ctx, t.who, t.l, t.town.ID)
		if err != nil {
			return p, err
		}
		for _, one := range list {
			p.Rows = append(p.Rows, []cell{linked(one.Title, one.Href), text(one.Who), text(t.l.DateText(one.By))})
		}
	}
	for _, m := range t.missing {
		p.Rows = append(p.Rows, []cell{linked(t.l.T("plan.town.reading", "code", m.Indicator.Code, "title", m.Indicator.Title, "year", yearWords(m.Term.Year)), IndicatorHref(m.Indicator.ID)),
			text(t.l.T("plan.town.office")), text("")})
	}
	return p, nil
}

func (t *townFiller) next() web.Step {
	if len(t.missing) > 0 {
		return web.Step{What: t.l.N("plan.town.next.readings", len(t.missing)), Who: t.l.T("plan.town.office"), Href: ReadingsPath}
	}
	if t.plan.ID == "" {
		return web.Step{What: t.l.T("plan.town.next.none"), Href: Path}
	}
	return web.Step{What: t.l.T("plan.town.next.plan"), Href: Href(t.plan.ID)}
}
