package meetings

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"kladka/internal/access"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

func (s *Service) decisionRoutes(sh *web.Shell) {
	one, once := Path+"/{id}/decyzje", web.Idempotent()
	sh.Handle("GET "+one+"/nowa", recordsGuard(), s.getNewDecision)
	sh.Handle("POST "+one+"/nowa", recordsGuard(), s.postNewDecision, once)
	sh.Handle("GET "+one+"/{decision}", access.SignedIn, s.getDecision)
	sh.Handle("GET "+one+"/{decision}/zmien", recordsGuard(), s.getChangeDecision)
	sh.Handle("POST "+one+"/{decision}/zmien", recordsGuard(), s.postChangeDecision, once)
	sh.Handle("POST "+one+"/{decision}/wynik", recordsGuard(), s.postSettleDecision, once)
	sh.Handle("POST "+one+"/{decision}/ustalenie", runsGuard(), s.postArrangement, once)
	sh.Handle("POST "+one+"/{decision}/warsztat", runsGuard(), s.postOrder, once)
	sh.Handle("GET "+SeriesPath+"/{id}/decyzje", access.SignedIn, s.getStanding)
}

func decisionForm(r *web.Request) NewDecision {
	n := NewDecision{Item: ItemID(r.Value("punkt")), Title: r.Value("tytul"), Words: r.Value("tresc"), Institution: access.InstitutionID(r.Value("instytucja")),
		DueOn: r.Value("termin"), Vote: r.Value("glosowanie")}
	n.Revision = int64(whole(r.Value("wersja")))
	return n
}

func (s *Service) getNewDecision(w http.ResponseWriter, r *web.Request) error {
	return s.showDecisionForm(w, r, "", decisionForm(r), nil)
}

func (s *Service) postNewDecision(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	id, n := MeetingID(r.PathValue("id")), decisionForm(r)
	decision, err := s.AddDecision(r.Context(), access.ActorOf(r.Request), id, n)
	if refused(err) {
		return s.showDecisionForm(w, r, "", n, err)
	}
	if err != nil {
		return err
	}
	return done(w, r, "decision_made", DecisionHref(id, decision))
}

func (s *Service) getChangeDecision(w http.ResponseWriter, r *web.Request) error {
	x, err := decisionByID(r.Context(), s.db, MeetingID(r.PathValue("id")), r.PathValue("decision"))
	if err != nil {
		return err
	}
	return s.showDecisionForm(w, r, x.ID, NewDecision{Item: x.Item, Title: x.Title, Words: x.Words, Institution: x.Institution, DueOn: x.DueOn, Vote: x.Vote, Revision: x.Revision}, nil)
}

func (s *Service) postChangeDecision(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	id, decision, n := MeetingID(r.PathValue("id")), r.PathValue("decision"), decisionForm(r)
	err := s.ChangeDecision(r.Context(), access.ActorOf(r.Request), id, decision, n)
	if refused(err) {
		return s.showDecisionForm(w, r, decision, n, err)
	}
	if err != nil {
		return err
	}
	return done(w, r, "saved", DecisionHref(id, decision))
}

// showDecisionForm draws the form of a new decision, or of one that is there.
func (s *Service) showDecisionForm(w http.ResponseWriter, r *web.Request, decision string, n NewDecision, refusal error) error {
	ctx, l := r.Context(), r.L
	m, err := s.meetingRecord(ctx, access.ActorOf(r.Request), MeetingID(r.PathValue("id")))
	if err != nil {
		return err
	}
	votes, err := s.carried(ctx, m.ID)
	if err != nil {
		return err
	}
	places, err := s.placesOf(ctx, m)
	if err != nil {
		return err
	}
	p := formPage{Page: s.frame(w, r, m, l.T("meetings.decision.new")).WithErrors(refusal), Text: l.T("meetings.decision.new_text"), Button: l.T("meetings.decision.button"),
		Action: Href(m.ID) + "/decyzje/nowa", Back: web.Link{Text: l.T("meetings.tab.minutes"), Href: writeHref(m.ID)},
		Hidden: []web.Pair{{Name: "punkt", Value: string(n.Item)}}}
	if decision != "" {
		p.Action, p.Button = DecisionHref(m.ID, decision)+"/zmien", l.T("meetings.save")
		p.Hidden = append(p.Hidden, web.Pair{Name: "wersja", Value: number(n.Revision)})
	}
	p.Sees, p.SeesMore = minutesSees(l)
	p.Fields = []templ.Component{refusalView(stopOf(l, refusal)),
		web.Field(p.Page, web.Input{Name: "tytul", Label: l.T("meetings.decision.field_title"), Value: n.Title, Required: true}),
		web.Textarea(p.Page, web.Area{Name: "tresc", Label: l.T("meetings.decision.field_words"), Value: n.Words}),
		web.Select(p.Page, web.Pick{Name: "instytucja", Label: l.T("meetings.decision.field_by"), Prompt: l.T("meetings.none"), Choices: places, Value: string(n.Institution)}),
		web.Field(p.Page, web.Input{Name: "termin", Label: l.T("meetings.field_due"), Type: "date", Value: n.DueOn, Short: true})}
	if len(votes) > 0 {
		p.Fields = append(p.Fields, web.Select(p.Page, web.Pick{Name: "glosowanie", Label: l.T("meetings.decision.field_vote"), Prompt: l.T("meetings.none"), Choices: votes, Value: n.Vote}))
	}
	return p.form(w, r, refusal)
}

// carried are the votes of a meeting that carried something.
func (s *Service) carried(ctx context.Context, id MeetingID) (list []web.Choice, err error) {
	votes, err := votesOf(ctx, s.db, id)
	for _, v := range votes {
		if v.Verdict == Carried {
			list = append(list, web.Choice{Value: v.ID, Label: number(int64(v.No)) + ". " + v.Question})
		}
	}
	return list, err
}

// placesOf are the institutions at the table, and who runs the meeting.
func (s *Service) placesOf(ctx context.Context, m Meeting) (list []web.Choice, err error) {
	invitations, err := InvitationsOf(ctx, s.db, m.ID)
	if err != nil {
		return nil, err
	}
	ids := []access.InstitutionID{m.Owner}
	for _, v := range invitations {
		ids = append(ids, v.Institution)
	}
	names, err := s.Directory.Names(ctx, ids)
	seen := map[access.InstitutionID]bool{}
	for _, id := range ids {
		if names[id] != "" && !seen[id] {
			seen[id] = true
			list = append(list, web.Choice{Value: string(id), Label: names[id]})
		}
	}
	return list, err
}

func (s *Service) getDecision(w http.ResponseWriter, r *web.Request) error {
	return s.showDecision(w, r, url.Values{}, nil)
}

func (s *Service) showDecision(w http.ResponseWriter, r *web.Request, v url.Values, refusal error) error {
	ctx, who, l := r.Context(), access.ActorOf(r.Request), r.L
	m, err := s.meetingAttended(ctx, who, MeetingID(r.PathValue("id")))
	if err != nil {
		return err
	}
	x, err := decisionByID(ctx, s.db, m.ID, r.PathValue("decision"))
	if err != nil {
		return err
	}
	o, err := orderOf(ctx, s.db, x.ID)
	if err != nil {
		return err
	}
	matter, err := s.traceOf(ctx, x)
	if err != nil {
		return err
	}
	names, err := s.Directory.Names(ctx, []access.InstitutionID{x.Institution, o.Center})
	if err != nil {
		return err
	}
	row := decisionRow(l, x, nil, false)
	p := sheetPage{Page: s.frame(w, r, m, row.Label+": "+x.Title).WithErrors(refusal), Stop: stopOf(l, refusal), Badge: row.Badge, Kind: row.Kind,
		Back: web.Link{Text: l.T("meetings.tab.minutes"), Href: MinutesHref(m.ID)}}
	for text := range strings.SplitSeq(x.Words, "\n") {
		p.Words = append(p.Words, text)
	}
	p.Facts = decisionFacts(l, m, x, o, names, matter)
	if x.Note != "" {
		p.Whys = append(p.Whys, web.Reason{Text: x.Note, Human: true, About: row.Badge})
	}
	p.Next = decisionNext(l, x, o, names[x.Institution])
	if p.Forms, err = s.decisionForms(ctx, r, p.Page, m, x, o, v); err != nil {
		return err
	}
	return r.RenderStatus(w, statusOf(refusal), sheetView(p))
}

func decisionFacts(l *i18n.L, m Meeting, x Decision, o Order, names map[access.InstitutionID]string, matter string) (facts []web.Fact) {
	add := func(key, value, href string) {
		if value != "" {
			facts = append(facts, web.Fact{Name: l.T(key), Value: value, Href: href})
		}
	}
	add("meetings.fact.when", dayWords(l, m.StartsAt), Href(m.ID))
	add("meetings.decision.field_by", names[x.Institution], "")
	add("meetings.field_due", l.DateText(x.DueOn), "")
	if x.MarkedAt > 0 {
		add("meetings.decision.arranged", l.Date(localDay(x.MarkedAt)), "")
	}
	if o.Target != "" {
		add("meetings.decision.ordered", o.Title+", "+names[o.Center], "")
	}
	if x.Topic != "" {
		add("meetings.decision.topic", l.T("meetings.decision.topic_open"), TopicHref(x.Topic))
	}
	add("meetings.decision.matter", l.T("meetings.decision.matter_open"), traceHref(matter))
	return facts
}

func decisionNext(l *i18n.L, x Decision, o Order, by string) web.Step {
	switch {
	case x.State != DecisionOpen:
		return web.Step{What: l.T("meetings.decision.next_over")}
	case o.Target != "":
		return web.Step{What: l.T("meetings.decision.next_ordered"), Who: l.T("meetings.decision.who_center")}
	}
	return web.Step{What: l.T("meetings.decision.next"), Who: by, When: l.DateText(x.DueOn)}
}

// decisionForms are what can be done with an open decision.
func (s *Service) decisionForms(ctx context.Context, r *web.Request, page web.Page, m Meeting, x Decision, o Order, v url.Values) (list []deedForm, err error) {
	who, l, base := access.ActorOf(r.Request), r.L, DecisionHref(m.ID, x.ID)
	if x.State != DecisionOpen || Records(who, m) != nil {
		return nil, nil
	}
	sees, more := minutesSees(l)
	list = append(list, deedForm{Title: l.T("meetings.decision.settle"), Sees: sees, SeesMore: more, Action: base + "/wynik", Button: l.T("meetings.save"), Fields: []templ.Component{
		web.Radios(page, web.Pick{Name: "stan", Label: l.T("meetings.decision.settle_what"), Required: true, Value: v.Get("stan"), Choices: []web.Choice{
			{Value: string(DecisionDone), Label: l.T("meetings.decision.state_done")}, {Value: string(DecisionWithdrawn), Label: l.T("meetings.decision.state_withdrawn")}}}),
		web.Textarea(page, web.Area{Name: "wynik", Label: l.T("meetings.decision.settle_note"), Value: v.Get("wynik"), Rows: 3, Required: true})}})
	if Runs(who, m.Kind, m.Owner) != nil {
		return list, nil
	}
	if m.Kind == Forum && x.Agreement == "" {
		areas, err := s.areas(ctx, l)
		if err != nil {
			return nil, err
		}
		if len(areas) > 0 {
			list = append(list, deedForm{Title: l.T("meetings.decision.arrange"), Text: l.T("meetings.decision.arrange_text"), Action: base + "/ustalenie",
				Button: l.T("meetings.decision.arrange_button"), Fields: []templ.Component{
					web.Select(page, web.Pick{Name: "obszar", Label: l.T("meetings.decision.area"), Prompt: l.T("meetings.choose"), Choices: areas, Value: v.Get("obszar"), Required: true})}})
		}
	}
	if o.Target == "" && s.Centers != nil {
		form, err := s.orderForm(ctx, page, base, x, v)
		if err != nil {
			return nil, err
		}
		list = append(list, form)
	}
	return list, nil
}

func (s *Service) orderForm(ctx context.Context, page web.Page, base string, x Decision, v url.Values) (f deedForm, err error) {
	centers, err := s.Centers(ctx)
	l := page.L
	title, seats := x.Title, "20"
	if v.Has("nazwa") {
		title, seats = v.Get("nazwa"), v.Get("miejsca")
	}
	return deedForm{Title: l.T("meetings.order.title"), Text: l.T("meetings.order.text"), Action: base + "/warsztat", Button: l.T("meetings.order.button"), Fields: []templ.Component{
		web.Field(page, web.Input{Name: "nazwa", Label: l.T("meetings.order.field_title"), Value: title, Required: true}),
		web.Radios(page, web.Pick{Name: "osrodek", Label: l.T("meetings.order.field_center"), Choices: centers, Value: v.Get("osrodek"), Required: true}),
		web.Field(page, web.Input{Name: "miejsca", Label: l.T("meetings.order.field_seats"), Type: "number", Value: seats, Short: true, Required: true}),
		web.Field(page, web.Input{Name: "pierwszenstwo", Label: l.T("meetings.order.field_first"), Hint: l.T("meetings.order.hint_first"), Type: "number", Value: v.Get("pierwszenstwo"), Short: true})}}, err
}

// afterDecision ends a form on the page of a decision.
func (s *Service) afterDecision(w http.ResponseWriter, r *web.Request, notice string, err error) error {
	if refused(err) {
		return s.showDecision(w, r, r.PostForm, err)
	}
	if err != nil {
		return err
	}
	return done(w, r, notice, DecisionHref(MeetingID(r.PathValue("id")), r.PathValue("decision")))
}

func (s *Service) postSettleDecision(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	return s.afterDecision(w, r, "saved", s.SettleDecision(r.Context(), access.ActorOf(r.Request), MeetingID(r.PathValue("id")), r.PathValue("decision"), DecisionState(r.Value("stan")), r.Value("wynik")))
}

func (s *Service) postArrangement(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	return s.afterDecision(w, r, "arranged", s.MakeArrangement(r.Context(), access.ActorOf(r.Request), MeetingID(r.PathValue("id")), r.PathValue("decision"), r.Value("obszar")))
}

func (s *Service) postOrder(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	o := Order{Decision: r.PathValue("decision"), Title: r.Value("nazwa"), Center: access.InstitutionID(r.Value("osrodek")), Seats: whole(r.Value("miejsca")), FirstDays: whole(r.Value("pierwszenstwo"))}
	return s.afterDecision(w, r, "ordered", s.OrderWorkshop(r.Context(), access.ActorOf(r.Request), MeetingID(r.PathValue("id")), o))
}

// rowsPage is a list of decisions or tasks.
type rowsPage struct {
	web.Page
	Tabs  []web.Link
	Rows  []paperRow
	None  string
	Pager web.Pager
	Next  web.Step
}

const rowsOnPage = 20

// turns are the two halves of a list: what is open and what has ended.
func turns(l *i18n.L, path string, ended bool) []web.Link {
	return []web.Link{{Text: l.T("meetings.open_ones"), Href: path, Current: !ended}, {Text: l.T("meetings.ended_ones"), Href: path + "?stan=zakonczone", Current: ended}}
}

func (s *Service) getStanding(w http.ResponseWriter, r *web.Request) error {
	ctx, l, id := r.Context(), r.L, SeriesID(r.PathValue("id"))
	from, err := web.CursorOf(r.URL.Query())
	if err != nil {
		return err
	}
	ended := r.Value("stan") == "zakonczone"
	list, more, err := s.Standing(ctx, access.ActorOf(r.Request), id, ended, from, rowsOnPage)
	if err != nil {
		return err
	}
	series, err := SeriesByID(ctx, s.db, id)
	if err != nil {
		return err
	}
	var places []access.InstitutionID
	for _, d := range list {
		places = append(places, d.Institution)
	}
	units, err := s.Directory.Names(ctx, places)
	if err != nil {
		return err
	}
	names := map[string]string{}
	for place, name := range units {
		names[string(place)] = name
	}
	p := rowsPage{Page: r.Page(w, l.T("meetings.decision.list", "series", series.Title), web.Link{Text: l.T("meetings.title"), Href: Path}, web.Link{Text: series.Title, Href: SeriesHref(id)}),
		Tabs: turns(l, SeriesHref(id)+"/decyzje", ended), None: l.T("meetings.decision.list_none"), Next: web.Step{What: l.T("meetings.decision.list_next")}}
	p.NoIndex = true
	for _, d := range list {
		p.Rows = append(p.Rows, decisionRow(l, d, names, false))
	}
	if len(list) > 0 {
		first, last := list[0], list[len(list)-1]
		p.Pager = web.PagerFor(r.URL, from, web.Cursor{Key: number(first.DueAt), ID: first.ID}, web.Cursor{Key: number(last.DueAt), ID: last.ID}, more)
	}
	return r.Render(w, rowsView(p))
}
