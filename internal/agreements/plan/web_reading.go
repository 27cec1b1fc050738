package plan

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// readingsPerPage are the rows of one page of a list.
const readingsPerPage = 30

// readingRoutes opens the doors of those who enter readings and of who approves.
func (s *Service) readingRoutes(sh *web.Shell) {
	run, enter := access.Can(access.RunPlan), access.CanAny(access.EnterReadings, access.RunPlan)
	sh.Handle("GET "+ReadingsPath, enter, s.getReadings)
	sh.Handle("GET "+ReadingsPath+"/nowy", enter, s.getEnter)
	sh.Handle("POST "+ReadingsPath+"/nowy", enter, s.postEnter, web.Idempotent())
	sh.Handle("GET "+ReadingsPath+"/{id}", run, s.getReading)
	sh.Handle("POST "+ReadingsPath+"/{id}/zatwierdz", run, s.postApprove, web.Idempotent())
	sh.Handle("POST "+ReadingsPath+"/{id}/zwroc", run, s.postReturn, web.Idempotent())
	sh.AddDesk(s.readingDesk)
}

// readingsPage is what is missing, what waits, and what one's institution entered.
type readingsPage struct {
	web.Page
	Missing []missingRow
	Waiting []listedRow // for who approves
	Own     []listedRow
	MayRun  bool
	Pager   web.Pager
	Next    web.Step
}

type missingRow struct{ Title, Href, Town, Term string }

// listedRow is a reading in a list of several indicators.
type listedRow struct {
	readingRow
	Title  string
	Reason string
}

// listed is a reading with its indicator.
type listed struct {
	Reading
	Title string `db:"title"`
	Unit  string `db:"unit"`
}

func (s *Service) getReadings(w http.ResponseWriter, r *web.Request) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	p := readingsPage{Page: r.Page(w, r.L.T("plan.reading.title"), web.Link{Text: r.L.T("plan.title"), Href: Path}), MayRun: who.May(access.RunPlan)}
	p.NoIndex = true
	p.Next = web.Step{What: r.L.T("plan.reading.next"), Who: r.L.T("plan.association")}
	places, err := s.enterPlaces(ctx, who)
	if err != nil {
		return err
	}
	towns, err := s.members(ctx)
	if err != nil {
		return err
	}
	lacks, err := s.Missing(ctx, s.db, places)
	if err != nil {
		return err
	}
	for _, m := range lacks {
		q := url.Values{"wskaznik": {string(m.Indicator.ID)}, "gmina": {m.Place.Town}, "okres": {m.Term.value()}, "placowka": {string(m.Place.Institution)}}
		p.Missing = append(p.Missing, missingRow{m.Indicator.Code + ". " + m.Indicator.Title, ReadingsPath + "/nowy?" + q.Encode(), townName(r.L, towns, m.Place.Town),
			termWords(r.L, m.Term.Year, m.Term.Half)})
	}
	at, err := web.CursorOf(r.URL.Query())
	if err != nil {
		return err
	}
	if p.MayRun {
		var list []listed
		if list, p.Pager, err = s.waitingPage(ctx, r.URL, at); err != nil {
			return err
		}
		if p.Waiting, err = s.listedRows(ctx, r.L, list, towns, true); err != nil {
			return err
		}
	}
	own, err := s.ownReadings(ctx, places)
	if err != nil {
		return err
	}
	if p.Own, err = s.listedRows(ctx, r.L, own, towns, p.MayRun); err != nil {
		return err
	}
	return r.Render(w, readingsView(p))
}

const listedColumns = readingColumns + `, i.title, i.unit`

// waitingPage are the readings that wait for approval, the oldest first.
func (s *Service) waitingPage(ctx context.Context, u *url.URL, at web.Cursor) (list []listed, g web.Pager, err error) {
	query, order, args := ` and r.id > ?`, `asc`, []any{WaitsForYes, at.ID}
	if at.Back {
		query, order = ` and r.id < ?`, `desc`
	}
	err = s.db.Select(ctx, &list, `select `+listedColumns+` from plan_readings r join plan_indicators i on i.id = r.indicator where r.state = ?`+query+` order by r.id `+order+` limit ?`,
		append(args, readingsPerPage+1)...)
	more := len(list) > readingsPerPage
	if more {
		list = list[:readingsPerPage]
	}
	if at.Back {
		slices.Reverse(list)
	}
	if n := len(list); n > 0 {
		g = web.PagerFor(u, at, web.Cursor{ID: string(list[0].ID)}, web.Cursor{ID: string(list[n-1].ID)}, more)
	}
	return list, g, err
}

// ownReadings are the last that the institutions entered.
func (s *Service) ownReadings(ctx context.Context, places []enterPlace) (list []listed, err error) {
	var ids []access.InstitutionID
	for _, p := range places {
		ids = append(ids, p.Institution)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	query, args, err := db.In(`select `+listedColumns+` from plan_readings r join plan_indicators i on i.id = r.indicator where r.institution in (?) order by r.id desc limit ?`, ids, readingsPerPage)
	if err != nil {
		return nil, err
	}
	return list, s.db.Select(ctx, &list, query, args...)
}

func (s *Service) listedRows(ctx context.Context, l *i18n.L, list []listed, towns []directory.Municipality, decides bool) (rows []listedRow, err error) {
	var ids []access.InstitutionID
	for _, one := range list {
		ids = append(ids, one.Institution)
	}
	names, err := s.Directory.Names(ctx, ids)
	for _, one := range list {
		row := listedRow{Title: one.Title, Reason: one.Reason, readingRow: readingRow{Town: townName(l, towns, one.Town), Term: termWords(l, one.SchoolYear, one.Half),
			Value: withUnit(decimal(l, one.Value), one.Unit), Note: one.Note, State: l.T("plan.reading.state." + string(one.State)), Badge: readingBadge(one.State),
			From: institution(names, one.Institution, l), Href: IndicatorHref(one.Indicator)}}
		if decides {
			row.Href = ReadingsPath + "/" + string(one.ID)
		}
		rows = append(rows, row)
	}
	return rows, err
}

// value is a term in a form: the year, with the half where there is one.
func (t term) value() string {
	if t.Half == 0 {
		return strconv.Itoa(t.Year)
	}
	return strconv.Itoa(t.Year) + "-" + strconv.Itoa(t.Half)
}

// termOf reads a term of a form; what is none is the year -1.
func termOf(text string) term {
	year, half, halved := strings.Cut(text, "-")
	t := term{Year: whole(year)}
	if halved {
		t.Half = whole(half)
	}
	return t
}

func entryOf(r *web.Request) Entry {
	t := termOf(r.Value("okres"))
	return Entry{Institution: access.InstitutionID(r.Value("placowka")), Indicator: IndicatorID(r.Value("wskaznik")), Town: r.Value("gmina"),
		Year: t.Year, Half: t.Half, Value: r.Value("wartosc"), Note: r.Value("uwagi")}
}

func (s *Service) getEnter(w http.ResponseWriter, r *web.Request) error {
	return s.showEnter(w, r, entryOf(r), nil)
}

// showEnter is the form of one reading. An office has no choice of municipality.
func (s *Service) showEnter(w http.ResponseWriter, r *web.Request, e Entry, fail error) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	i, of, err := s.readable(ctx, who, e.Indicator)
	if err != nil {
		return err
	}
	places, err := s.enterPlaces(ctx, who)
	if err != nil {
		return err
	}
	towns, err := s.townChoices(ctx, r.L, i, who.May(access.RunPlan), places)
	if err != nil {
		return err
	}
	if len(towns) == 0 {
		return fault.New(fault.Forbidden, "plan.reading.fault.place")
	}
	if e.Institution == "" && len(places) > 0 {
		e.Institution = places[0].Institution
	}
	p := newForm(w, r, r.L.T("plan.reading.new"), fail, append(crumbs(r.L, of), web.Link{Text: i.Code + ". " + i.Title, Href: IndicatorHref(i.ID)})...)
	p.Intro, p.Send = i.Title, r.L.T("plan.reading.send")
	p.Hidden = []web.Pair{{Name: "wskaznik", Value: string(i.ID)}, {Name: "placowka", Value: string(e.Institution)}}
	p.Sees = web.Audience{Short: r.L.T("plan.sees.public"), More: r.L.T("plan.sees.public_more")}
	var terms []web.Choice
	for _, t := range ended(of, i.Frequency, s.now().In(web.Warsaw)) {
		terms = append(terms, web.Choice{Value: t.value(), Label: termWords(r.L, t.Year, t.Half)})
	}
	p.Parts = []templ.Component{
		web.Select(p.Page, web.Pick{Name: "gmina", Label: r.L.T("plan.reading.field.town"), Choices: towns, Value: e.Town, Required: true}),
		web.Select(p.Page, web.Pick{Name: "okres", Label: r.L.T("plan.column.term"), Hint: r.L.T("plan.reading.field.term_hint"), Choices: terms, Value: term{e.Year, e.Half}.value(), Required: true}),
		web.Field(p.Page, web.Input{Name: "wartosc", Label: r.L.T("plan.reading.field.value", "unit", i.Unit), Hint: i.Source, Value: e.Value, Mode: "decimal", Required: true, Short: true}),
		web.Textarea(p.Page, web.Area{Name: "uwagi", Label: r.L.T("plan.reading.field.note"), Hint: r.L.T("plan.reading.field.note_hint"), Value: e.Note, Rows: 3})}
	p.Next = web.Step{What: r.L.T("plan.reading.next"), Who: r.L.T("plan.association")}
	return p.render(w, r, fail)
}

// townChoices are the places for which somebody may enter a value of an indicator.
func (s *Service) townChoices(ctx context.Context, l *i18n.L, i Indicator, runs bool, places []enterPlace) (list []web.Choice, err error) {
	towns, err := s.members(ctx)
	if err != nil {
		return nil, err
	}
	if i.Asked == AskTowns {
		for _, m := range towns {
			if runs || slices.ContainsFunc(places, func(p enterPlace) bool { return p.Town == m.ID }) {
				list = append(list, web.Choice{Value: m.ID, Label: m.Name})
			}
		}
	}
	if runs || slices.ContainsFunc(places, func(p enterPlace) bool { return p.Institution == i.Owner }) {
		list = append([]web.Choice{{Value: "", Label: l.T("plan.whole")}}, list...)
	}
	return list, nil
}

func (s *Service) postEnter(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	e := entryOf(r)
	err := s.EnterReading(r.Context(), access.ActorOf(r.Request), e)
	return done(w, r, err, func(fail error) error { return s.showEnter(w, r, e, fail) }, "notice.plan.entered", ReadingsPath)
}

func (s *Service) getReading(w http.ResponseWriter, r *web.Request) error {
	return s.showReading(w, r, "", nil)
}

// showReading is one reading, to be approved or returned.
func (s *Service) showReading(w http.ResponseWriter, r *web.Request, reason string, fail error) error {
	ctx := r.Context()
	one, of, err := s.decidable(ctx, access.ActorOf(r.Request), ReadingID(r.PathValue("id")))
	if err != nil {
		return err
	}
	i, err := IndicatorByID(ctx, s.db, one.Indicator)
	if err != nil {
		return err
	}
	towns, err := s.members(ctx)
	if err != nil {
		return err
	}
	rows, err := s.listedRows(ctx, r.L, []listed{{one, i.Title, i.Unit}}, towns, true)
	if err != nil {
		return err
	}
	people, err := s.People.NamesOf(ctx, []string{string(one.By)})
	if err != nil {
		return err
	}
	p := newForm(w, r, r.L.T("plan.reading.one"), fail, append(crumbs(r.L, of), web.Link{Text: i.Code + ". " + i.Title, Href: IndicatorHref(i.ID)})...)
	p.Action, p.Send = ReadingsPath+"/"+string(one.ID)+"/zwroc", r.L.T("plan.reading.return")
	p.Hidden = []web.Pair{version(one.Revision)}
	p.Sees = web.Audience{Short: r.L.T("plan.sees.entered_by"), More: r.L.T("plan.sees.entered_by_more")}
	p.Parts = []templ.Component{web.Textarea(p.Page, web.Area{Name: "powod", Label: r.L.T("plan.reading.field.reason"), Value: reason, Rows: 3, Required: true})}
	q := readingPage{formPage: p, Row: rows[0], By: people[string(one.By)], Waits: one.State == WaitsForYes, Approve: ReadingsPath + "/" + string(one.ID) + "/zatwierdz"}
	status := http.StatusOK
	if f := fault.As(fail); f != nil {
		status = f.Kind.Status()
	}
	return r.RenderStatus(w, status, readingView(q))
}

// readingPage is one reading with the two ways to decide about it; the form is
// that of the return.
type readingPage struct {
	formPage
	Row     listedRow
	By      string
	Waits   bool
	Approve string
}

func (s *Service) postApprove(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	err := s.Approve(r.Context(), access.ActorOf(r.Request), ReadingID(r.PathValue("id")), seen(r))
	return done(w, r, err, func(fail error) error { return s.showReading(w, r, "", fail) }, "notice.plan.approved", ReadingsPath)
}

func (s *Service) postReturn(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	err := s.Return(r.Context(), access.ActorOf(r.Request), ReadingID(r.PathValue("id")), seen(r), r.Value("powod"))
	return done(w, r, err, func(fail error) error { return s.showReading(w, r, r.Value("powod"), fail) }, "notice.plan.returned", ReadingsPath)
}

// readingDesk puts on a desk how many readings are missing, came back or wait.
func (s *Service) readingDesk(r *web.Request) (items []web.DeskItem, err error) {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	if !who.May(access.EnterReadings) && !who.May(access.RunPlan) || who.Shared {
		return nil, nil
	}
	add := func(n, rank int, what string) {
		if n > 0 {
			items = append(items, web.DeskItem{Rank: rank, Title: r.L.T("plan.desk." + what), Text: r.L.N("plan.desk."+what+"_text", n), Href: ReadingsPath})
		}
	}
	places, err := s.enterPlaces(ctx, who)
	if err != nil {
		return nil, err
	}
	lacks, err := s.Missing(ctx, s.db, places)
	if err != nil {
		return nil, err
	}
	add(len(lacks), 50, "missing")
	for _, p := range places {
		var n int
		if err := s.db.Get(ctx, &n, `select count(*) from plan_readings where institution = ? and state = ?`, p.Institution, Returned); err != nil {
			return nil, err
		}
		add(n, 40, "returned")
	}
	if who.May(access.RunPlan) {
		var n int
		if err := s.db.Get(ctx, &n, `select count(*) from plan_readings where state = ?`, WaitsForYes); err != nil {
			return nil, err
		}
		add(n, 40, "approve")
	}
	return items, nil
}
