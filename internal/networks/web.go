package networks

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// Routes opens the doors of the package. In which network somebody may do what is
// the service's to check.
func (s *Service) Routes(sh *web.Shell) {
	run, own := access.Can(access.RunNetworks), access.CanAny(access.RunNetworks, access.LeadNetworks, access.JoinNetworks)
	once, one := web.Idempotent(), Path+"/{id}"
	sh.Handle("GET "+Path, web.Public, s.getList)
	sh.Handle("GET "+OwnPath, own, s.getOwn)
	sh.Handle("GET "+NewPath, run, s.getNew)
	sh.Handle("POST "+NewPath, run, s.postNew, once)
	sh.Handle("GET "+one, web.Public, s.get(tabHome))
	for _, tab := range []string{tabPlan, tabMembers, tabMaterials, tabPolls, tabReport, tabSettings} {
		sh.Handle("GET "+one+tab, access.SignedIn, s.get(tab))
	}
	post := func(path, tab, notice string, deed deed) {
		sh.Handle("POST "+one+path, access.SignedIn, s.post(tab, notice, deed), once)
	}
	post("/prosba", tabHome, "asked", s.ask)
	post("/odejscie", tabHome, "left", s.leave)
	post("/polecenie", tabHome, "invited", s.recommend)
	post("/plan", tabPlan, "planned", s.planMeeting)
	post("/plan/inna", tabPlan, "saved", s.listMeeting)
	post("/plan/zdejmij", tabPlan, "saved", s.unlistMeeting)
	post("/zadania", tabPlan, "saved", s.setTask)
	post("/zadania/{task}", tabPlan, "saved", s.doTask)
	post("/czlonkowie/{member}", tabMembers, "saved", s.decideMember)
	post("/zaproszenia", tabMembers, "invited", s.inviteOne)
	post("/szkoly", tabMembers, "invited", s.inviteSchools)
	post("/terminy", tabPolls, "saved", s.newPoll)
	post("/terminy/{poll}", tabPolls, "saved", s.vote)
	post("/terminy/{poll}/wybor", tabPolls, "planned", s.takeDate)
	post("/sprawozdanie/szkic", tabReport, "drafted", s.draft)
	post("/sprawozdanie", tabReport, "saved", s.writeReport)
	post("/ustawienia", tabSettings, "saved", s.change)
	post("/start", tabSettings, "begun", s.begin)
	post("/osoby", tabSettings, "saved", s.nameLeads)
	post("/rezygnacja", tabHome, "saved", s.resign)
	post("/zakonczenie", tabSettings, "saved", s.end)
	sh.Handle("POST "+one+"/kolejny-rok", access.SignedIn, s.postAgain, once)
	sh.Handle("POST "+one+"/materialy", access.SignedIn, s.postMaterial, web.Body(24<<20))
	sh.Handle("POST "+one+"/materialy/{file}/usun", access.SignedIn, s.post(tabMaterials, "saved", s.unshare), once)
	sh.Handle("GET "+one+"/materialy/{file}", access.SignedIn, s.getMaterial)
	sh.Handle("GET "+one+"/sprawozdanie.pdf", access.SignedIn, s.getReportPDF)
	sh.Handle("GET "+one+"/spotkania/{meeting}", access.SignedIn, s.getMeeting)
	sh.Handle("GET "+one+"/spotkania/{meeting}/termin.ics", access.SignedIn, s.getICS)
	sh.Handle("GET "+one+"/spotkania/{meeting}/lista.pdf", access.SignedIn, s.getSignIn)
	for path, deed := range map[string]meetingDeed{"": s.replan, "/zapis": s.recordMeeting, "/odwolanie": s.cancelMeeting} {
		sh.Handle("POST "+one+"/spotkania/{meeting}"+path, access.SignedIn, s.postMeeting(deed), once)
	}
	sh.AddNav(18, "networks.title", Path, web.Public)
	sh.AddDesk(s.desk)
}

// deed does what a form asks for.
type deed func(r *web.Request, who access.Actor, n ID) error

func revisionOf(r *web.Request) int64 {
	n, _ := strconv.ParseInt(r.Value("wersja"), 10, 64) // what is none fits no row
	return n
}

// numberOf reads a number; what is none fits no bounds.
func numberOf(r *web.Request, name string) int {
	n, err := strconv.Atoi(r.Value(name))
	if err != nil {
		return -1
	}
	return n
}

// shown tells whether a fault is shown with the form, which keeps its words.
func shown(err error) bool {
	kind := fault.KindOf(err)
	return err != nil && (kind == fault.Invalid || kind == fault.Conflict)
}

func statusOf(wrong error) int {
	if e := fault.As(wrong); e != nil {
		return e.Kind.Status()
	}
	return http.StatusOK
}

// stopOf is a fault of no field, in words.
func stopOf(l *i18n.L, wrong error) string {
	if e := fault.As(wrong); e != nil && len(e.Fields) == 0 {
		return l.T(e.Key, e.Args...)
	}
	return ""
}

// post makes the handler of a form: the deed, and the page again with what was
// typed when it was refused.
func (s *Service) post(tab, notice string, do deed) web.Handler {
	return func(w http.ResponseWriter, r *web.Request) error {
		if err := r.Form(); err != nil {
			return err
		}
		id := ID(r.PathValue("id"))
		err := do(r, access.ActorOf(r.Request), id)
		if shown(err) {
			return s.show(w, r, tab, r.PostForm, err)
		}
		if err != nil {
			return err
		}
		r.Notify(w, "notice.networks."+notice)
		return r.Redirect(w, Href(id)+tab)
	}
}

func (s *Service) get(tab string) web.Handler {
	return func(w http.ResponseWriter, r *web.Request) error { return s.show(w, r, tab, nil, nil) }
}

// show draws one page of a network.
func (s *Service) show(w http.ResponseWriter, r *web.Request, tab string, v url.Values, wrong error) error {
	draw := map[string]func(http.ResponseWriter, *web.Request, url.Values, error) error{tabHome: s.showHome, tabPlan: s.showPlan, tabMembers: s.showMembers,
		tabMaterials: s.showMaterials, tabPolls: s.showPolls, tabReport: s.showReport, tabSettings: s.showSettings}[tab]
	if v == nil {
		v = url.Values{}
	}
	return draw(w, r, v, wrong)
}

// frame is what all pages of a network share. V is what was typed, where a form
// was refused.
type frame struct {
	web.Page
	N        Network
	St       Standing
	Base     string
	Tabs     []web.Link
	State    string
	Kind     string
	Center   string
	Revision string
	Next     web.Step
	Stop     string
	V        url.Values
	Working  bool
}

// frameOf begins a page of a network for an actor with the standing that it needs.
func (s *Service) frameOf(w http.ResponseWriter, r *web.Request, tab string, what need, v url.Values, wrong error) (f frame, err error) {
	n, st, err := s.entered(r.Context(), access.ActorOf(r.Request), ID(r.PathValue("id")), what)
	if err != nil {
		return f, err
	}
	names, err := s.Directory.Names(r.Context(), []access.InstitutionID{n.Center})
	if err != nil {
		return f, err
	}
	crumbs := []web.Link{{Text: r.L.T("networks.title"), Href: Path}}
	title := n.Title
	if tab != tabHome {
		crumbs = append(crumbs, web.Link{Text: n.Title, Href: Href(n.ID)})
		title = r.L.T("networks.tab." + strings.TrimPrefix(tab, "/"))
	}
	f = frame{Page: r.Page(w, title, crumbs...).WithErrors(wrong), N: n, St: st, Base: Href(n.ID), State: r.L.T("networks.state." + string(n.State)),
		Kind: map[State]string{Active: "ok", Reported: "ok"}[n.State], Center: names[n.Center], Revision: strconv.FormatInt(n.Revision, 10),
		Stop: stopOf(r.L, wrong), V: v, Working: n.Working()}
	f.NoIndex = tab != tabHome || !n.Public
	f.Tabs = s.Tabs(r.L, n.ID, st, tab)
	f.Next, err = s.next(r.Context(), r.L, n, st)
	return f, err
}

// tabTalk is the discussion, whose pages package talk draws with these tabs.
const tabTalk = "/rozmowy"

// Tabs are the pages of a network that a reader may open: draw them with
// web.SubNav. Here is what follows Href: "" or "/rozmowy".
func (s *Service) Tabs(l *i18n.L, id ID, st Standing, here string) (links []web.Link) {
	if !st.Inside() {
		return nil
	}
	list := []string{tabHome, tabPlan, tabMembers, tabMaterials, tabPolls, tabReport}
	if s.Talk != nil {
		list = slices.Insert(list, 3, tabTalk)
	}
	if st.Leads {
		list = append(list, tabSettings)
	}
	for _, tab := range list {
		links = append(links, web.Link{Text: l.T("networks.tab." + cmp.Or(strings.TrimPrefix(tab, "/"), "start")), Href: Href(id) + tab, Current: tab == here})
	}
	return links
}

// next is what comes next in a network, who does it and by when.
func (s *Service) next(ctx context.Context, l *i18n.L, n Network, st Standing) (step web.Step, err error) {
	say := func(what, who, tab string) web.Step {
		step := web.Step{What: l.T("networks.next." + what), Who: l.T("networks.who." + who)}
		if st.Leads {
			step.Href = Href(n.ID) + tab
		}
		return step
	}
	switch n.State {
	case Closed:
		return web.Step{What: l.T("networks.next.over")}, nil
	case Reported:
		return say("close", "center", tabSettings), nil
	}
	leads, err := Leads(ctx, s.db, n.ID)
	if err != nil {
		return step, err
	}
	if len(leads) == 0 {
		return say("coordinator", "center", tabSettings), nil
	}
	if n.State == Forming {
		return say("begin", "coordinator", tabSettings), nil
	}
	var list []Meeting
	now := s.now()
	if err := s.db.Select(ctx, &list, `select `+meetingColumns+` from networks_meetings x where x.network = ? and x.state = ? order by x.starts_at, x.id limit 1`, n.ID, Planned); err != nil {
		return step, err
	}
	if len(list) == 0 {
		step = say("report", "coordinator", tabReport)
		step.When = l.Date(yearEnds(n.SchoolYear).AddDate(0, 0, -1))
		return step, nil
	}
	if m := list[0]; m.EndsAt < now.Unix() {
		step = say("record", "coordinator", "/spotkania/"+string(m.ID))
	} else {
		step = say("meeting", "members", tabPlan)
		step.When = l.DateTime(time.Unix(m.StartsAt, 0).In(web.Warsaw))
	}
	return step, nil
}

const rowsOnPage = 20

// listPage are networks: the public ones, or those of the reader.
type listPage struct {
	web.Page
	Own    bool
	Rows   []listRow
	Pager  web.Pager
	Filter web.Filter
	Topics []web.Choice
	Chosen Filter
	Year   string
	Years  []web.Choice
	Towns  []web.Choice
	New    bool
	Mine   bool // the reader has a list of own networks
	Next   web.Step
}

type listRow struct {
	N                               Network
	Href, State, Kind, Center, Meta string
	Open                            bool
	Standing                        string
}

func (s *Service) getList(w http.ResponseWriter, r *web.Request) error {
	f := Filter{Topic: r.Value("temat"), Town: r.Value("gmina"), Open: r.Value("nabor") == "tak"}
	f.Year, _ = strconv.Atoi(r.Value("rok")) // what is no year narrows nothing
	at, err := web.CursorOf(r.URL.Query())
	if err != nil {
		return err
	}
	list, more, err := s.Public(r.Context(), f, at, rowsOnPage)
	if err != nil {
		return err
	}
	p := listPage{Page: r.Page(w, r.L.T("networks.title")), Chosen: f, Year: r.Value("rok")}
	p.Lead = r.L.T("networks.lead")
	if err := s.fillFilter(r, &p); err != nil {
		return err
	}
	return s.showList(w, r, p, list, at, more)
}

func (s *Service) getOwn(w http.ResponseWriter, r *web.Request) error {
	at, err := web.CursorOf(r.URL.Query())
	if err != nil {
		return err
	}
	list, more, err := s.Own(r.Context(), access.ActorOf(r.Request), at, rowsOnPage)
	if err != nil {
		return err
	}
	p := listPage{Page: r.Page(w, r.L.T("networks.own"), web.Link{Text: r.L.T("networks.title"), Href: Path}), Own: true}
	p.NoIndex, p.Lead = true, r.L.T("networks.own_lead")
	return s.showList(w, r, p, list, at, more)
}

func (s *Service) showList(w http.ResponseWriter, r *web.Request, p listPage, list []Network, at web.Cursor, more bool) (err error) {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	p.New = who.May(access.RunNetworks)
	p.Mine = !who.Shared && (p.New || who.May(access.LeadNetworks) || who.May(access.JoinNetworks))
	p.Next = web.Step{What: r.L.T("networks.next.join"), Who: r.L.T("networks.who.teachers")}
	if p.Rows, err = s.rows(ctx, r.L, who, list); err != nil {
		return err
	}
	if len(list) > 0 {
		first, last := list[0], list[len(list)-1]
		p.Pager = web.PagerFor(r.URL, at, web.Cursor{Key: first.TitleKey, ID: string(first.ID)}, web.Cursor{Key: last.TitleKey, ID: string(last.ID)}, more)
	}
	return r.Render(w, listView(p))
}

func (s *Service) rows(ctx context.Context, l *i18n.L, who access.Actor, list []Network) (rows []listRow, err error) {
	var centers []access.InstitutionID
	var towns []string
	for _, n := range list {
		centers, towns = append(centers, n.Center), append(towns, n.Town)
	}
	names, err := s.Directory.Names(ctx, centers)
	if err != nil {
		return nil, err
	}
	called, err := s.Directory.TownLabels(ctx, l, towns)
	if err != nil {
		return nil, err
	}
	own, err := s.standings(ctx, who, list)
	if err != nil {
		return nil, err
	}
	for _, n := range list {
		where := cmp.Or(called[n.Town], l.T("networks.online"))
		row := listRow{N: n, Href: Href(n.ID), State: l.T("networks.state." + string(n.State)), Kind: map[State]string{Active: "ok"}[n.State], Center: names[n.Center],
			Meta: yearText(n.SchoolYear) + ", " + where, Open: n.Takes()}
		if state := own[n.ID]; state != "" && state != Left && state != Removed {
			row.Standing = l.T("networks.standing." + string(state))
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// standings is how the actor stands to each network of a page.
func (s *Service) standings(ctx context.Context, who access.Actor, list []Network) (map[ID]MemberState, error) {
	own := map[ID]MemberState{}
	if !who.SignedIn() || who.For != "" || who.Shared || len(list) == 0 {
		return own, nil
	}
	args := []any{who.Person}
	for _, n := range list {
		args = append(args, n.ID)
	}
	return own, s.db.Each(ctx, func(scan func(dest ...any) error) error {
		var id ID
		var state MemberState
		err := scan(&id, &state)
		own[id] = state
		return err
	}, `select network, state from networks_members where person = ? and network in (`+marksOf(len(list))+`)`, args...)
}

// fillFilter offers only what finds something.
func (s *Service) fillFilter(r *web.Request, p *listPage) (err error) {
	ctx := r.Context()
	if p.Topics, err = s.Topics.Choices(ctx, r.L); err != nil {
		return err
	}
	years, err := s.Years(ctx)
	if err != nil {
		return err
	}
	for _, y := range years {
		p.Years = append(p.Years, web.Choice{Value: strconv.Itoa(y), Label: yearText(y)})
	}
	towns, err := s.Towns(ctx)
	if err != nil {
		return err
	}
	called, err := s.Directory.TownLabels(ctx, r.L, towns)
	for _, id := range towns {
		p.Towns = append(p.Towns, web.Choice{Value: id, Label: called[id]})
	}
	slices.SortFunc(p.Towns, func(a, b web.Choice) int { return cmp.Compare(i18n.SortKey(a.Label), i18n.SortKey(b.Label)) })
	p.Towns = append(p.Towns, web.Choice{Value: Online, Label: r.L.T("networks.online")})
	return err
}

// newPage is where a network is made.
type newPage struct {
	web.Page
	charterForm
	V       url.Values
	Centers []web.Choice
	Years   []web.Choice
	People  []web.Choice
	Next    web.Step
}

// charterForm are the choices in the fields of a charter.
type charterForm struct {
	Topics []web.Choice
	Towns  []web.Choice
}

func (s *Service) charterForm(r *web.Request) (f charterForm, err error) {
	if f.Topics, err = s.Topics.Choices(r.Context(), r.L); err != nil {
		return f, err
	}
	towns, err := directory.Municipalities(r.Context(), s.db)
	for _, m := range towns {
		f.Towns = append(f.Towns, web.Choice{Value: m.ID, Label: m.Name})
	}
	return f, err
}

func (s *Service) getNew(w http.ResponseWriter, r *web.Request) error {
	places, err := s.Law.Int(r.Context(), s.db, Places, s.now())
	if err != nil {
		return err
	}
	return s.showNew(w, r, url.Values{"miejsca": {places.Text}, "publiczna": {"tak"}, "nabor": {"tak"}}, nil)
}

func (s *Service) showNew(w http.ResponseWriter, r *web.Request, v url.Values, wrong error) (err error) {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	p := newPage{Page: r.Page(w, r.L.T("networks.new"), web.Link{Text: r.L.T("networks.title"), Href: Path}).WithErrors(wrong), V: v}
	p.NoIndex = true
	p.Next = web.Step{What: r.L.T("networks.next.begin"), Who: r.L.T("networks.who.coordinator")}
	if p.charterForm, err = s.charterForm(r); err != nil {
		return err
	}
	centers := places(who, access.RunNetworks)
	names, err := s.Directory.Names(ctx, centers)
	if err != nil {
		return err
	}
	for _, c := range centers {
		p.Centers = append(p.Centers, web.Choice{Value: string(c), Label: names[c]})
		people, err := s.candidates(ctx, c)
		if err != nil {
			return err
		}
		p.People = append(p.People, people...)
	}
	year := directory.SchoolYear(s.now())
	for _, y := range []int{year, year + 1} {
		p.Years = append(p.Years, web.Choice{Value: strconv.Itoa(y), Label: yearText(y)})
	}
	if !p.V.Has("rok") {
		p.V.Set("rok", p.Years[0].Value)
	}
	if len(p.Centers) == 1 {
		p.V.Set("osrodek", p.Centers[0].Value)
	}
	return r.RenderStatus(w, statusOf(wrong), newView(p))
}

// candidates are those who can lead networks of a center, as choices.
func (s *Service) candidates(ctx context.Context, center access.InstitutionID) ([]web.Choice, error) {
	all, err := s.Candidates(ctx, center)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(all))
	for n, id := range all {
		ids[n] = string(id)
	}
	return s.people(ctx, ids)
}

// people are people as choices, by name. Whoever has none is left out.
func (s *Service) people(ctx context.Context, ids []string) (list []web.Choice, err error) {
	names, err := s.People.NamesOf(ctx, ids)
	for _, id := range ids {
		if names[id] != "" {
			list = append(list, web.Choice{Value: id, Label: names[id]})
		}
	}
	slices.SortFunc(list, func(a, b web.Choice) int { return cmp.Compare(i18n.SortKey(a.Label), i18n.SortKey(b.Label)) })
	return list, err
}

func charterOf(r *web.Request) Charter {
	return Charter{Title: r.Value("tytul"), Goal: r.Value("cel"), Audience: r.Value("dla-kogo"), Town: r.Value("gmina"), Topics: r.PostForm["tematy"],
		Places: numberOf(r, "miejsca"), Public: r.Value("publiczna") == "tak", Open: r.Value("nabor") == "tak"}
}

func (s *Service) postNew(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	year, _ := strconv.Atoi(r.Value("rok")) // what is none is no year of ours
	center := access.InstitutionID(r.Value("osrodek"))
	if known(string(center)) != nil {
		return s.showNew(w, r, r.PostForm, fault.InvalidFields([]fault.Field{{Name: "osrodek", Key: "networks.fault.choose"}}))
	}
	id, err := s.Make(r.Context(), access.ActorOf(r.Request), Opening{Charter: charterOf(r), Center: center, Year: year, Coordinator: access.PersonID(r.Value("koordynator"))})
	if shown(err) {
		return s.showNew(w, r, r.PostForm, err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.networks.made")
	return r.Redirect(w, Href(id)+tabPlan)
}
