package needs

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/survey"
	"kladka/internal/platform/web"
)

func declarePath(id CampaignID) string     { return CampaignHref(id) + "/zgloszenie" }
func interestPath(id CampaignID) string    { return CampaignHref(id) + "/powiadom" }
func answerVisitPath(id CampaignID) string { return CampaignHref(id) + "/wizyta" }

func declareHref(id CampaignID, at access.InstitutionID, as As) string {
	return declarePath(id) + "?" + url.Values{"placowka": {string(at)}, "jako": {string(as)}}.Encode()
}

func declarePrint(id CampaignID, at access.InstitutionID, as As) string {
	return declarePath(id) + "/druk?" + url.Values{"placowka": {string(at)}, "jako": {string(as)}}.Encode()
}

func (s *Service) answerRoutes(sh *web.Shell) {
	say := access.CanAny(access.DeclareNeeds, access.AdviseNeeds)
	one := CampaignPath + "/{id}"
	sh.Handle("GET "+one+"/zgloszenie", say, s.getDeclare)
	sh.Handle("POST "+one+"/zgloszenie", say, s.postDeclare, web.Idempotent())
	sh.Handle("POST "+one+"/zgloszenie/wycofaj", say, s.postWithdraw, web.Idempotent())
	sh.Handle("GET "+one+"/zgloszenie/druk", access.CanAny(access.DeclareNeeds, access.AdviseNeeds, access.PlanNeeds), s.getDeclarePrint)
	sh.Handle("GET "+one+"/wizyta", access.Can(access.AdviseNeeds), s.getVisit)
	sh.Handle("GET "+one+"/powiadom", access.Can(access.AnswerNeeds), s.getInterest)
	sh.Handle("POST "+one+"/powiadom", access.Can(access.AnswerNeeds), s.postInterest, web.Idempotent())
}

// declarePage is the form of a declaration.
type declarePage struct {
	web.Page
	C          Campaign
	Path       string
	At, As     string
	Place      string
	AsText     string
	Lead       string
	Until      string
	Open       bool // still taken
	Send       bool // may send
	PaperMay   bool
	Paper      bool
	Nothing    bool
	Rows, Own  []declareForm
	Topics     []web.Choice
	Priorities []web.Choice
	Revision   string
	Status     string
	Sent       bool
	Stop       string
	Saved      []string // what lies there now, after a clash
	Typed      []string // what came too late
	Others     []web.Link
	Print      string
	Blank      string
	Next       web.Step
}

// declareAsked is the institution and the quality of the address.
func declareAsked(r *web.Request) (access.InstitutionID, As, error) {
	at, err := known(r.Value("placowka"))
	if err != nil {
		return "", "", err
	}
	as := As(r.Value("jako"))
	if !slices.Contains([]As{AsSchool, AsOffice, AsAuthority, AsAdviser}, as) {
		return "", "", fault.ErrNotFound
	}
	return access.InstitutionID(at), as, nil
}

// seatsPage lets somebody choose in which quality they speak.
type seatsPage struct {
	web.Page
	C     Campaign
	Until string
	Items []web.DeskItem
}

func (s *Service) getDeclare(w http.ResponseWriter, r *web.Request) error {
	if r.Value("placowka") == "" {
		return s.getSeats(w, r)
	}
	return s.showDeclare(w, r, http.StatusOK, nil, nil)
}

func (s *Service) getSeats(w http.ResponseWriter, r *web.Request) error {
	ctx, l, who := r.Context(), r.L, access.ActorOf(r.Request)
	c, err := CampaignByID(ctx, s.db, CampaignID(r.PathValue("id")))
	if err != nil {
		return err
	}
	if c.State == Draft {
		return fault.ErrNotFound
	}
	seats, err := s.declareSeats(ctx, who, c.ID)
	if err != nil {
		return err
	}
	switch {
	case len(seats) == 1:
		return r.Redirect(w, declareHref(c.ID, seats[0].Institution, seats[0].As))
	case len(seats) == 0 && who.May(access.AdviseNeeds):
		return r.Redirect(w, answerVisitPath(c.ID))
	case len(seats) == 0:
		return fault.New(fault.Forbidden, "needs.answer.fault.scope")
	}
	p := seatsPage{Page: r.Page(w, l.T("needs.answer.seats"), campaignCrumbs(l, c)...), C: c, Until: campaignUntil(l, c)}
	p.NoIndex = true
	due, _, err := s.declareDue(ctx, who, c)
	if err != nil {
		return err
	}
	names, err := s.seatNames(ctx, seats)
	if err != nil {
		return err
	}
	for _, x := range seats {
		state := l.T("needs.campaign.progress.sent")
		if slices.ContainsFunc(due, func(d declareSeat) bool { return d.Institution == x.Institution && d.As == x.As }) {
			state = l.T("needs.campaign.progress.none")
		}
		p.Items = append(p.Items, web.DeskItem{Title: l.T("needs.answer.for."+string(x.As), "name", names[x.Institution]), Text: state, Href: declareHref(c.ID, x.Institution, x.As)})
	}
	return r.Render(w, seatsView(p))
}

func (s *Service) seatNames(ctx context.Context, seats []declareSeat) (map[access.InstitutionID]string, error) {
	var ids []access.InstitutionID
	for _, x := range seats {
		ids = append(ids, x.Institution)
	}
	return s.Directory.Names(ctx, ids)
}

// declareTyped is what came with the form.
type declareTyped struct {
	rows, own      []declareForm
	paper, nothing bool
}

func declareRowsOf(r *web.Request) (t declareTyped) {
	count := func(name string, most int) int {
		n, err := strconv.Atoi(r.Value(name))
		if err != nil {
			return 0
		}
		return max(0, min(n, most))
	}
	for n := 1; n <= count("wiersze", declareRows); n++ {
		f := declareForm{N: n}
		f.Topic, f.Priority, f.Heads = r.Value(f.name("temat")), r.Value(f.name("waga")), r.Value(f.name("ile"))
		t.rows = append(t.rows, f)
	}
	for n := 1; n <= count("wlasne", declareOwn); n++ {
		f := declareForm{Own: true, N: n}
		f.Words, f.Priority, f.Heads = r.Value(f.name("slowa")), r.Value(f.name("waga")), r.Value(f.name("ile"))
		t.own = append(t.own, f)
	}
	t.paper, t.nothing = r.Value("papier") == "tak", r.Value("brak") == "tak"
	return t
}

// more adds empty rows after a press of a button that asks for them.
func (t *declareTyped) more(deed string) {
	switch deed {
	case "wiersz":
		for range 3 {
			if len(t.rows) < declareRows {
				t.rows = append(t.rows, declareForm{N: len(t.rows) + 1})
			}
		}
	case "wlasny":
		if len(t.own) < declareOwn {
			t.own = append(t.own, declareForm{Own: true, N: len(t.own) + 1})
		}
	}
}

// declareKept are the rows of a form for what lies there, with empty ones.
func declareKept(lines []Line) (t declareTyped) {
	number := func(n, least int) string {
		if n < least {
			return ""
		}
		return strconv.Itoa(n)
	}
	for _, l := range lines {
		f := declareForm{Topic: l.Topic, Words: l.Words, Priority: number(l.Priority, 1), Heads: number(l.Heads, 0)}
		if l.Topic == "" {
			f.Own, f.N = true, len(t.own)+1
			t.own = append(t.own, f)
		} else {
			f.N = len(t.rows) + 1
			t.rows = append(t.rows, f)
		}
	}
	for len(t.rows) < declareShown {
		t.rows = append(t.rows, declareForm{N: len(t.rows) + 1})
	}
	if len(t.own) == 0 {
		t.own = append(t.own, declareForm{Own: true, N: 1})
	}
	return t
}

// showDeclare draws the form: with what was typed, when it was refused or a row
// is wanted, else with what lies there.
func (s *Service) showDeclare(w http.ResponseWriter, r *web.Request, status int, typed *declareTyped, fail error) error {
	ctx, l, who, now := r.Context(), r.L, access.ActorOf(r.Request), s.now()
	at, as, err := declareAsked(r)
	if err != nil {
		return err
	}
	c, err := CampaignByID(ctx, s.db, CampaignID(r.PathValue("id")))
	if err != nil {
		return err
	}
	seat, err := s.declareMay(ctx, who, c, at, as)
	if err != nil {
		return err
	}
	names, err := s.Directory.Names(ctx, []access.InstitutionID{at})
	if err != nil {
		return err
	}
	p := declarePage{Page: r.Page(w, l.T("needs.answer.title"), campaignCrumbs(l, c)...).WithErrors(fail), C: c, Path: declarePath(c.ID), At: string(at), As: string(as),
		Place: names[at], AsText: l.T("needs.as." + string(as)), Lead: l.T("needs.answer.lead." + string(as)), Until: campaignUntil(l, c),
		Open: c.State == Open && c.OpensAt <= now.Unix() && now.Unix() < c.ClosesAt, Send: seat.Send, Revision: "0", Print: declarePrint(c.ID, at, as),
		Blank: declarePrint(c.ID, at, as) + "&pusty=tak", PaperMay: as == AsSchool && !seat.Send && who.MayAt(ctx, access.EnterPapers, at) == nil}
	p.NoIndex = true
	if err := s.declareFill(ctx, l, c, at, as, typed, fail, &p); err != nil {
		return err
	}
	if p.Topics, err = s.declareTopics(ctx, l, c); err != nil {
		return err
	}
	for n := 3; n >= 1; n-- {
		p.Priorities = append(p.Priorities, web.Choice{Value: strconv.Itoa(n), Label: l.T("needs.priority." + strconv.Itoa(n))})
	}
	p.Next = web.Step{What: l.T("needs.answer.next.rank"), Who: l.T("needs.answer.next.those_who_run"), When: l.Date(campaignLastDay(c.ClosesAt).AddDate(0, 0, 1))}
	return r.RenderStatus(w, status, declareView(p))
}

// declareFill puts the rows, the revision and the state into the page.
func (s *Service) declareFill(ctx context.Context, l *i18n.L, c Campaign, at access.InstitutionID, as As, typed *declareTyped, fail error, p *declarePage) error {
	d, err := declarationAt(ctx, s.db, c.ID, at, as)
	none := fault.KindOf(err) == fault.NotFound
	if err != nil && !none {
		return err
	}
	var lines []Line
	if !none {
		if lines, err = linesOf(ctx, s.db, d.ID); err != nil {
			return err
		}
		p.Revision, p.Sent, p.Paper = strconv.FormatInt(d.Revision, 10), d.Sent, d.Paper
		p.Nothing = d.Sent && len(lines) == 0
		if err := s.declareStatus(ctx, l, d, p); err != nil {
			return err
		}
	}
	kept := declareKept(lines)
	if typed == nil {
		typed = &kept
	} else {
		p.Paper, p.Nothing = typed.paper, typed.nothing
	}
	p.Rows, p.Own = typed.rows, typed.own
	f := fault.As(fail)
	if f == nil || len(f.Fields) > 0 {
		return nil
	}
	p.Stop = l.T(f.Key, f.Args...)
	if !p.Open {
		late, _ := declareLines(slices.Concat(p.Rows, p.Own), func(string) bool { return true }, false, false)
		p.Typed, err = s.declareWords(ctx, l, late)
		return err
	}
	if f.Key != "needs.answer.fault.stale" {
		return nil
	}
	p.Saved, err = s.declareWords(ctx, l, lines)
	return err
}

// declareStatus says what lies there and who wrote it when.
func (s *Service) declareStatus(ctx context.Context, l *i18n.L, d Declaration, p *declarePage) error {
	names, err := s.People.NamesOf(ctx, []string{d.By})
	if err != nil {
		return err
	}
	name := names[d.By]
	if name == "" {
		name = l.T("needs.answer.somebody")
	}
	key := "needs.answer.status.draft"
	switch {
	case d.Sent && d.Paper:
		key = "needs.answer.status.paper"
	case d.Sent:
		key = "needs.answer.status.sent"
	}
	p.Status = l.T(key, "name", name, "date", l.DateTime(time.Unix(d.ChangedAt, 0).In(web.Warsaw)))
	return nil
}

// declareWords are lines in words.
func (s *Service) declareWords(ctx context.Context, l *i18n.L, lines []Line) (list []string, err error) {
	var ids []string
	for _, x := range lines {
		ids = append(ids, x.Topic)
	}
	names, err := s.Topics.Names(ctx, l, ids)
	if err != nil {
		return nil, err
	}
	for _, x := range lines {
		list = append(list, l.T("needs.answer.line", "what", declareWhat(x, names), "priority", declareUrgency(l, x), "people", declarePeople(l, x)))
	}
	return list, nil
}

func declareWhat(x Line, names map[string]string) string {
	if x.Topic != "" {
		return names[x.Topic]
	}
	return x.Words
}

func declareUrgency(l *i18n.L, x Line) string {
	if x.Priority == 0 {
		return "–"
	}
	return l.T("needs.priority." + strconv.Itoa(x.Priority))
}

func declarePeople(l *i18n.L, x Line) string {
	if x.Heads < 0 {
		return "–"
	}
	return l.N("needs.campaign.people", x.Heads)
}

func (s *Service) postDeclare(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	ctx, id := r.Context(), CampaignID(r.PathValue("id"))
	at, as, err := declareAsked(r)
	if err != nil {
		return err
	}
	typed, deed := declareRowsOf(r), r.Value("akcja")
	if deed == "wiersz" || deed == "wlasny" {
		typed.more(deed)
		return s.showDeclare(w, r, http.StatusOK, &typed, nil)
	}
	offered, err := campaignTopicIDs(ctx, s.db, id)
	if err != nil {
		return err
	}
	send := deed == "wyslij"
	lines, fields := declareLines(slices.Concat(typed.rows, typed.own), func(t string) bool { return slices.Contains(offered, t) }, send, typed.nothing)
	err = fault.InvalidFields(fields)
	if err == nil {
		revision, _ := strconv.ParseInt(r.Value("wersja"), 10, 64)
		_, err = s.Declare(ctx, access.ActorOf(r.Request), id, at, as, Declared{Revision: revision, Lines: lines, Paper: typed.paper, Send: send})
	}
	if f := fault.As(err); campaignAgain(err) && f.Key != "needs.answer.fault.scope" {
		return s.showDeclare(w, r, f.Kind.Status(), &typed, err)
	}
	if err != nil {
		return err
	}
	if !send {
		r.Notify(w, "notice.needs.draft")
		return r.Redirect(w, declareHref(id, at, as))
	}
	r.Notify(w, "notice.needs.sent")
	return r.Redirect(w, CampaignHref(id))
}

func (s *Service) postWithdraw(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	id := CampaignID(r.PathValue("id"))
	at, as, err := declareAsked(r)
	if err != nil {
		return err
	}
	revision, _ := strconv.ParseInt(r.Value("wersja"), 10, 64)
	err = s.Withdraw(r.Context(), access.ActorOf(r.Request), id, at, as, revision)
	if campaignAgain(err) && fault.As(err).Key != "needs.answer.fault.scope" {
		return s.showDeclare(w, r, fault.KindOf(err).Status(), nil, err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.needs.withdrawn")
	return r.Redirect(w, declareHref(id, at, as))
}

// declarePrintPage is a declaration, or an empty form, for paper.
type declarePrintPage struct {
	web.Page
	C                           Campaign
	Owner, Place, AsText, Until string
	Blank                       bool
	Status                      string
	Rows                        [][3]string
	Topics                      []web.Choice
}

func (s *Service) getDeclarePrint(w http.ResponseWriter, r *web.Request) error {
	ctx, l, who := r.Context(), r.L, access.ActorOf(r.Request)
	at, as, err := declareAsked(r)
	if err != nil {
		return err
	}
	blank := r.URL.Query().Get("pusty") == "tak"
	var d Declaration
	var lines []Line
	c, err := CampaignByID(ctx, s.db, CampaignID(r.PathValue("id")))
	if err == nil && blank {
		_, err = s.declareMay(ctx, who, c, at, as)
	} else if err == nil {
		c, d, lines, err = s.DeclarationOf(ctx, who, c.ID, at, as)
	}
	if err != nil {
		return err
	}
	names, err := s.Directory.Names(ctx, []access.InstitutionID{at, c.Owner})
	if err != nil {
		return err
	}
	p := declarePrintPage{Page: r.Page(w, l.T("needs.answer.print.title"), campaignCrumbs(l, c)...), C: c, Place: names[at], Owner: names[c.Owner], AsText: l.T("needs.as." + string(as)),
		Until: campaignUntil(l, c), Blank: blank}
	p.NoIndex = true
	if blank {
		p.Topics, err = s.declareTopics(ctx, l, c)
		return orRender(err, func() error { return r.Render(w, declarePrintView(p)) })
	}
	form := declarePage{}
	if err := s.declareStatus(ctx, l, d, &form); err != nil {
		return err
	}
	p.Status = form.Status
	var ids []string
	for _, x := range lines {
		ids = append(ids, x.Topic)
	}
	called, err := s.Topics.Names(ctx, l, ids)
	if err != nil {
		return err
	}
	for _, x := range lines {
		p.Rows = append(p.Rows, [3]string{declareWhat(x, called), declareUrgency(l, x), declarePeople(l, x)})
	}
	return r.Render(w, declarePrintView(p))
}

func orRender(err error, draw func() error) error {
	if err != nil {
		return err
	}
	return draw()
}

// visitPage lets an adviser find the institution that was visited.
type visitPage struct {
	web.Page
	C      Campaign
	Until  string
	Filter web.Filter
	Asked  bool // something was looked for
	Found  []web.Link
	Wrote  []web.Link
}

func (s *Service) getVisit(w http.ResponseWriter, r *web.Request) error {
	ctx, l, who := r.Context(), r.L, access.ActorOf(r.Request)
	c, err := CampaignByID(ctx, s.db, CampaignID(r.PathValue("id")))
	if err != nil {
		return err
	}
	if c.State == Draft {
		return fault.ErrNotFound
	}
	p := visitPage{Page: r.Page(w, l.T("needs.answer.visit"), campaignCrumbs(l, c)...), C: c, Until: campaignUntil(l, c), Asked: r.Value("q") != "",
		Filter: web.Filter{Action: answerVisitPath(c.ID), Label: l.T("needs.answer.visit_find"), Hint: l.T("needs.answer.visit_hint"), Value: r.Value("q")}}
	p.NoIndex = true
	found, err := s.adviseFind(ctx, who, c.ID, r.Value("q"))
	if err != nil {
		return err
	}
	wrote, err := s.adviseWrote(ctx, who, c.ID)
	if err != nil {
		return err
	}
	var ids []access.InstitutionID
	for _, a := range found {
		ids = append(ids, a.Institution)
	}
	for _, d := range wrote {
		ids = append(ids, d.Institution)
	}
	names, err := s.Directory.Names(ctx, ids)
	if err != nil {
		return err
	}
	for _, a := range found {
		p.Found = append(p.Found, web.Link{Text: names[a.Institution], Href: declareHref(c.ID, a.Institution, AsAdviser)})
	}
	for _, d := range wrote {
		p.Wrote = append(p.Wrote, web.Link{Text: names[d.Institution], Href: declareHref(c.ID, d.Institution, AsAdviser)})
	}
	return r.Render(w, visitView(p))
}

// interestPage asks whether somebody wants to be told, by name.
type interestPage struct {
	web.Page
	C        Campaign
	Path     string
	Pick     web.Pick
	Any      bool // something is asked for already
	Secret   bool // the answers are anonymous
	Answered string
}

func (s *Service) getInterest(w http.ResponseWriter, r *web.Request) error {
	ctx, l, who := r.Context(), r.L, access.ActorOf(r.Request)
	id := CampaignID(r.PathValue("id"))
	chosen, err := s.Interest(ctx, who, id)
	if err != nil {
		return err
	}
	c, err := CampaignByID(ctx, s.db, id)
	if err != nil {
		return err
	}
	p := interestPage{Page: r.Page(w, l.T("needs.answer.interest.title"), campaignCrumbs(l, c)...), C: c, Path: interestPath(id), Any: len(chosen) > 0, Secret: c.Mode == survey.Anonymous,
		Pick: web.Pick{Name: "tematy", Label: l.T("needs.answer.interest.topics"), Values: chosen, Required: true}}
	p.NoIndex = true
	if p.Pick.Choices, err = s.declareTopics(ctx, l, c); err != nil {
		return err
	}
	return r.Render(w, interestView(p))
}

func (s *Service) postInterest(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	id, topics := CampaignID(r.PathValue("id")), r.Request.PostForm["tematy"]
	if err := s.SetInterest(r.Context(), access.ActorOf(r.Request), id, topics); err != nil {
		return err
	}
	notice := "notice.needs.interest"
	if len(topics) == 0 {
		notice = "notice.needs.no_interest"
	}
	r.Notify(w, notice)
	return r.Redirect(w, CampaignHref(id))
}

// declareButton and declareKeep are what the buttons do.
func declareButton(p declarePage) string {
	switch {
	case !p.Send:
		return p.T("needs.answer.send_paper")
	case p.Sent:
		return p.T("needs.answer.send_again")
	}
	return p.T("needs.answer.send")
}

func declareKeep(p declarePage) string {
	if !p.Send {
		return p.T("needs.answer.keep_prepared")
	}
	return p.T("needs.answer.keep")
}
