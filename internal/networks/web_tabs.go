package networks

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/files"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// homePage is the page of a network that everybody may see.
type homePage struct {
	frame
	Facts   []web.Fact
	Topics  []web.Link
	Coming  []string // dates and titles of meetings
	Ask     bool     // may ask now
	AtOnce  bool     // and comes in without waiting
	Invited bool
	Go      bool   // has something to end
	Member  string // own standing, in words
	Why     *web.Reason
	SignIn  bool
	Staff   []web.Choice // own people that a head can recommend the network to
	School  string       // institution of the head
	Talk    templ.Component
	Before  string // address of the year before
	After   string
}

func (s *Service) showHome(w http.ResponseWriter, r *web.Request, v url.Values, wrong error) error {
	f, err := s.frameOf(w, r, tabHome, toRead, v, wrong)
	if err != nil {
		return err
	}
	p := homePage{frame: f, SignIn: !f.Viewer.SignedIn}
	for _, fill := range []func(*web.Request, *homePage) error{s.homeFacts, s.homeMeetings, s.homeOwn, s.homeStaff, s.homeYears} {
		if err := fill(r, &p); err != nil {
			return err
		}
	}
	if s.Talk != nil && f.St.Inside() {
		if p.Talk, err = s.Talk(r.Context(), r.L, access.ActorOf(r.Request), f.N.ID); err != nil {
			return err
		}
	}
	return r.RenderStatus(w, statusOf(wrong), homeView(p))
}

func (s *Service) homeFacts(r *web.Request, p *homePage) error {
	ctx, l, n, who := r.Context(), r.L, p.N, access.ActorOf(r.Request)
	towns, err := s.Directory.TownLabels(ctx, l, []string{n.Town})
	if err != nil {
		return err
	}
	p.Facts = []web.Fact{{Name: l.T("networks.field.center"), Value: p.Center}, {Name: l.T("networks.field.year"), Value: yearText(n.SchoolYear)},
		{Name: l.T("networks.field.town"), Value: cmp.Or(towns[n.Town], l.T("networks.online"))}}
	if n.Audience != "" {
		p.Facts = append(p.Facts, web.Fact{Name: l.T("networks.field.audience"), Value: n.Audience})
	}
	members := l.N("networks.members", n.Members)
	if n.Places > 0 {
		members = l.T("networks.members_of", "n", n.Members, "places", n.Places)
	}
	p.Facts = append(p.Facts, web.Fact{Name: l.T("networks.field.members"), Value: members})
	leads, err := Leads(ctx, s.db, n.ID)
	if err != nil {
		return err
	}
	// Nobody publishes who advises schools: only those see it who may ask for
	// contact, as everywhere in the house.
	if p.St.Inside() || who.May(access.UseContacts) && !who.Shared {
		names, err := s.People.NamesOf(ctx, leadIDs(leads))
		if err != nil {
			return err
		}
		for _, x := range leads {
			p.Facts = append(p.Facts, web.Fact{Name: l.T("networks.duty." + string(x.Duty)), Value: cmp.Or(names[string(x.Person)], l.T("networks.gone"))})
		}
	}
	topics, err := topicsOf(ctx, s.db, n.ID)
	if err != nil {
		return err
	}
	names, err := s.Topics.Names(ctx, l, topics)
	for _, t := range topics {
		if names[t] != "" {
			p.Topics = append(p.Topics, web.Link{Text: names[t], Href: Path + "?temat=" + t})
		}
	}
	return err
}

func leadIDs(leads []Lead) (ids []string) {
	for _, l := range leads {
		ids = append(ids, string(l.Person))
	}
	return ids
}

func (s *Service) homeMeetings(r *web.Request, p *homePage) error {
	list, err := s.Meetings(r.Context(), p.N.ID)
	for _, m := range list {
		if m.State == Planned && m.EndsAt > s.now().Unix() {
			p.Coming = append(p.Coming, r.L.Date(time.Unix(m.StartsAt, 0).In(web.Warsaw))+": "+m.Title)
		}
	}
	return err
}

// homeOwn is what the reader can do about being a member.
func (s *Service) homeOwn(r *web.Request, p *homePage) error {
	who, st := access.ActorOf(r.Request), p.St
	if !who.SignedIn() {
		return nil
	}
	p.Go = st.Member == Joined || st.Member == Asked || st.Member == Invited
	if st.Member != "" {
		p.Member = r.L.T("networks.standing." + string(st.Member))
	}
	m, err := memberOf(r.Context(), s.db, p.N.ID, string(who.Person))
	if err != nil {
		return err
	}
	if m.Reason != "" && (m.State == Refused || m.State == Removed) && st.Member != "" {
		p.Why = &web.Reason{Text: m.Reason, Human: true}
	}
	if !who.May(access.JoinNetworks) || who.For != "" || who.Shared || mayCome(p.N, st) != nil {
		return nil
	}
	h, err := s.homeOf(r.Context(), who)
	if fault.KindOf(err) == fault.Forbidden {
		return nil
	}
	if err != nil {
		return err
	}
	as, err := s.comesAs(r.Context(), p.N, st, h)
	p.Ask, p.AtOnce, p.Invited = true, as == Joined, st.Welcome
	return err
}

// homeStaff are people whom a head can recommend the network to.
func (s *Service) homeStaff(r *web.Request, p *homePage) error {
	who := access.ActorOf(r.Request)
	at := places(who, access.EnrollStaff)
	if len(at) == 0 || at[0] == p.N.Center || !p.N.Takes() {
		return nil
	}
	all, err := s.People.Holders(r.Context(), access.JoinNetworks, at[0])
	if err != nil {
		return err
	}
	var ids []string
	for _, id := range all {
		if id != who.Person {
			ids = append(ids, string(id))
		}
	}
	p.School = string(at[0])
	p.Staff, err = s.people(r.Context(), ids)
	return err
}

func (s *Service) homeYears(r *web.Request, p *homePage) error {
	if p.N.Previous != "" {
		p.Before = Href(p.N.Previous)
	}
	next, err := nextOf(r.Context(), s.db, p.N.ID)
	if err != nil || next == "" {
		return err
	}
	n, err := ByID(r.Context(), s.db, next)
	if n.Public || p.St.Leads {
		p.After = Href(next)
	}
	return err
}

func (s *Service) ask(r *web.Request, who access.Actor, id ID) error {
	_, err := s.Ask(r.Context(), who, id, r.Value("slowa"))
	return err
}

func (s *Service) leave(r *web.Request, who access.Actor, id ID) error {
	return s.Go(r.Context(), who, id)
}

func (s *Service) recommend(r *web.Request, who access.Actor, id ID) error {
	return s.Invite(r.Context(), who, id, access.PersonID(r.Value("osoba")), access.InstitutionID(r.Value("szkola")))
}

// planPage are the meetings and tasks of a year.
type planPage struct {
	frame
	Rows    []meetingRow
	Tasks   []taskRow
	Offered []web.Choice
	Rule    *web.Reason // more meetings than usual, or fewer
	MayTask bool        // a member, who does tasks
}

type meetingRow struct {
	Meeting
	Href, When, StateName, Kind, From string // From: title of the network that it belongs to, where that is another
	Foreign                           bool
}

type taskRow struct {
	Task
	DueText, DoneText string
}

func (s *Service) showPlan(w http.ResponseWriter, r *web.Request, v url.Values, wrong error) error {
	f, err := s.frameOf(w, r, tabPlan, toEnter, v, wrong)
	if err != nil {
		return err
	}
	ctx, who := r.Context(), access.ActorOf(r.Request)
	p := planPage{frame: f, MayTask: f.St.Member == Joined && f.Working}
	list, err := s.Meetings(ctx, f.N.ID)
	if err != nil {
		return err
	}
	planned := 0
	for _, m := range list {
		row, err := s.meetingRow(r, f.N.ID, m)
		if err != nil {
			return err
		}
		if !row.Foreign && m.State != Canceled {
			planned++
		}
		p.Rows = append(p.Rows, row)
	}
	if p.Rule, err = s.planRule(r, planned); err != nil {
		return err
	}
	tasks, err := s.Tasks(ctx, f.N.ID, who.Person)
	if err != nil {
		return err
	}
	for _, t := range tasks {
		p.Tasks = append(p.Tasks, taskRow{t, r.L.DateText(t.Due), r.L.N("networks.done_by", t.Done)})
	}
	if f.St.Leads && f.Working {
		offered, err := s.Listable(ctx, who, f.N.ID)
		if err != nil {
			return err
		}
		for _, m := range offered {
			p.Offered = append(p.Offered, web.Choice{Value: string(m.ID), Label: whenText(r.L, m) + ": " + m.Title})
		}
	}
	return r.RenderStatus(w, statusOf(wrong), planView(p))
}

func whenText(l *i18n.L, m Meeting) string {
	starts, ends := time.Unix(m.StartsAt, 0).In(web.Warsaw), time.Unix(m.EndsAt, 0).In(web.Warsaw)
	return l.DateTime(starts) + "–" + ends.Format("15:04")
}

func (s *Service) meetingRow(r *web.Request, here ID, m Meeting) (row meetingRow, err error) {
	row = meetingRow{Meeting: m, Href: MeetingHref(here, m.ID), When: whenText(r.L, m), StateName: r.L.T("networks.meeting_state." + string(m.State)),
		Kind: map[MeetingState]string{Held: "ok", Canceled: "bad"}[m.State], Foreign: m.Network != here}
	if row.Foreign {
		var n Network
		n, err = ByID(r.Context(), s.db, m.Network)
		row.From = n.Title
	}
	return row, err
}

// planRule is shown beside a plan that is not of the usual length.
func (s *Service) planRule(r *web.Request, planned int) (*web.Reason, error) {
	least, err := s.Law.Int(r.Context(), s.db, MeetingsLeast, s.now())
	if err != nil {
		return nil, err
	}
	most, err := s.Law.Int(r.Context(), s.db, MeetingsMost, s.now())
	if err != nil || planned >= int(least.Int) && planned <= int(most.Int) {
		return nil, err
	}
	key := "networks.rule.few"
	if planned > int(most.Int) {
		key = "networks.rule.many"
	}
	return &web.Reason{Text: r.L.T(key), Rule: r.L.T("networks.rule.text", "basis", least.Basis),
		Numbers: []web.Pair{{Name: r.L.T("networks.rule.planned"), Value: strconv.Itoa(planned)}, {Name: r.L.T("networks.rule.least"), Value: least.Text},
			{Name: r.L.T("networks.rule.most"), Value: most.Text}}}, nil
}

func planOf(r *web.Request) Plan {
	return Plan{Title: r.Value("tytul"), Program: r.Value("program"), Place: r.Value("miejsce"), Link: r.Value("adres"), Day: r.Value("dzien"), From: r.Value("od"), To: r.Value("do"),
		Shared: r.Value("wspolne") == "tak"}
}

func (s *Service) planMeeting(r *web.Request, who access.Actor, id ID) error {
	_, err := s.Meet(r.Context(), who, id, planOf(r))
	return err
}

func (s *Service) listMeeting(r *web.Request, who access.Actor, id ID) error {
	if known(r.Value("spotkanie")) != nil {
		return fault.InvalidFields([]fault.Field{{Name: "spotkanie", Key: "networks.fault.choose"}})
	}
	return s.List(r.Context(), who, id, MeetingID(r.Value("spotkanie")))
}

func (s *Service) unlistMeeting(r *web.Request, who access.Actor, id ID) error {
	return s.Unlist(r.Context(), who, id, MeetingID(r.Value("spotkanie")))
}

func (s *Service) setTask(r *web.Request, who access.Actor, id ID) error {
	return s.Set(r.Context(), who, id, Task{Title: r.Value("zadanie"), Words: r.Value("opis"), Due: r.Value("termin")})
}

func (s *Service) doTask(r *web.Request, who access.Actor, id ID) error {
	task := r.PathValue("task")
	if r.Value("zrob") == "usun" {
		return s.Unset(r.Context(), who, id, task)
	}
	return s.Finish(r.Context(), who, id, task, r.Value("zrob") == "tak")
}

// membersPage are the people of a network.
type membersPage struct {
	frame
	Leads   []web.Fact
	Asked   []memberRow
	Rows    []memberRow
	Pager   web.Pager
	Invited []memberRow
	Removed []memberRow
	Schools []string
	Query   string
	Found   []web.Choice
	Known   []web.Choice
}

type memberRow struct {
	Member
	Name, School, Action string
}

// mostAsked is how many requests and invitations are shown at once; the next come
// when these are decided.
const mostAsked = 50

func (s *Service) showMembers(w http.ResponseWriter, r *web.Request, v url.Values, wrong error) error {
	f, err := s.frameOf(w, r, tabMembers, toEnter, v, wrong)
	if err != nil {
		return err
	}
	ctx, who := r.Context(), access.ActorOf(r.Request)
	p := membersPage{frame: f, Query: r.Value("q")}
	at, err := web.CursorOf(r.URL.Query())
	if err != nil {
		return err
	}
	list, more, err := s.Members(ctx, who, f.N.ID, Joined, at, rowsOnPage)
	if err != nil {
		return err
	}
	if p.Rows, err = s.memberRows(r, f.N.ID, list); err != nil {
		return err
	}
	if len(list) > 0 {
		first, last := list[0], list[len(list)-1]
		p.Pager = web.PagerFor(r.URL, at, web.Cursor{Key: first.NameKey, ID: first.ID}, web.Cursor{Key: last.NameKey, ID: last.ID}, more)
	}
	leads, err := Leads(ctx, s.db, f.N.ID)
	if err != nil {
		return err
	}
	names, err := s.People.NamesOf(ctx, leadIDs(leads))
	if err != nil {
		return err
	}
	for _, x := range leads {
		p.Leads = append(p.Leads, web.Fact{Name: r.L.T("networks.duty." + string(x.Duty)), Value: cmp.Or(names[string(x.Person)], r.L.T("networks.gone"))})
	}
	if f.St.Leads {
		if err := s.fillLeading(r, &p); err != nil {
			return err
		}
	}
	return r.RenderStatus(w, statusOf(wrong), membersView(p))
}

// fillLeading adds what only those see who lead.
func (s *Service) fillLeading(r *web.Request, p *membersPage) error {
	ctx, who, id := r.Context(), access.ActorOf(r.Request), p.N.ID
	for state, into := range map[MemberState]*[]memberRow{Asked: &p.Asked, Invited: &p.Invited, Removed: &p.Removed} {
		list, _, err := s.Members(ctx, who, id, state, web.Cursor{}, mostAsked)
		if err != nil {
			return err
		}
		if *into, err = s.memberRows(r, id, list); err != nil {
			return err
		}
	}
	schools, err := s.Schools(ctx, id)
	if err != nil {
		return err
	}
	names, err := s.Directory.Names(ctx, schools)
	if err != nil {
		return err
	}
	for _, x := range schools {
		p.Schools = append(p.Schools, names[x])
	}
	slices.SortFunc(p.Schools, func(a, b string) int { return cmp.Compare(i18n.SortKey(a), i18n.SortKey(b)) })
	if p.Query != "" {
		if p.Found, err = s.found(r, p.Query); err != nil {
			return err
		}
	}
	people, err := s.Acquainted(ctx, who, id)
	if err != nil {
		return err
	}
	p.Known, err = s.people(ctx, people)
	return err
}

// found looks schools up by the beginnings of words of their names.
func (s *Service) found(r *web.Request, words string) (list []web.Choice, err error) {
	ids, err := s.Directory.FindNames(r.Context(), words, 20)
	if err != nil {
		return nil, err
	}
	var all []access.InstitutionID
	for _, id := range ids {
		all = append(all, access.InstitutionID(id))
	}
	names, err := s.Directory.Names(r.Context(), all)
	for _, id := range all {
		if names[id] != "" {
			list = append(list, web.Choice{Value: string(id), Label: names[id]})
		}
	}
	return list, err
}

func (s *Service) memberRows(r *web.Request, id ID, list []Member) (rows []memberRow, err error) {
	var people []string
	var schools []access.InstitutionID
	for _, m := range list {
		people, schools = append(people, m.Person), append(schools, m.Institution)
	}
	names, err := s.People.NamesOf(r.Context(), people)
	if err != nil {
		return nil, err
	}
	called, err := s.Directory.Names(r.Context(), schools)
	for _, m := range list {
		rows = append(rows, memberRow{m, cmp.Or(names[m.Person], r.L.T("networks.gone")), called[m.Institution], Href(id) + tabMembers + "/" + m.ID})
	}
	return rows, err
}

func (s *Service) decideMember(r *web.Request, who access.Actor, id ID) error {
	to, there := map[string]MemberState{"przyjmij": Joined, "odmow": Refused, "usun": Removed, "przywroc": Left}[r.Value("zrob")]
	if !there {
		return cmp.Or(s.MayModerate(r.Context(), who, id), fault.New(fault.BadRequest, "fault.bad_request"))
	}
	return s.Decide(r.Context(), who, id, r.PathValue("member"), to, r.Value("powod"))
}

func (s *Service) inviteOne(r *web.Request, who access.Actor, id ID) error {
	return s.Invite(r.Context(), who, id, access.PersonID(r.Value("osoba")), "")
}

func (s *Service) inviteSchools(r *web.Request, who access.Actor, id ID) error {
	return s.InviteSchool(r.Context(), who, id, access.InstitutionID(r.Value("szkola")))
}

// materialsPage are the shared files.
type materialsPage struct {
	frame
	Rows []materialRow
}

type materialRow struct{ Title, Href, Size, Remove string }

func (s *Service) showMaterials(w http.ResponseWriter, r *web.Request, v url.Values, wrong error) error {
	f, err := s.frameOf(w, r, tabMaterials, toEnter, v, wrong)
	if err != nil {
		return err
	}
	p := materialsPage{frame: f}
	list, err := s.Materials(r.Context(), f.N.ID)
	if err != nil {
		return err
	}
	for _, m := range list {
		href := f.Base + tabMaterials + "/" + string(m.ID)
		p.Rows = append(p.Rows, materialRow{cmp.Or(m.Title, m.Name), href, files.Bytes(m.Size), href + "/usun"})
	}
	return r.RenderStatus(w, statusOf(wrong), materialsView(p))
}

func (s *Service) postMaterial(w http.ResponseWriter, r *web.Request) error {
	id, who := ID(r.PathValue("id")), access.ActorOf(r.Request)
	if _, _, err := s.entered(r.Context(), who, id, toEnter); err != nil {
		return err // before a file is taken in
	}
	form, err := s.Files.Receive(r, who.By(), MaterialUse, "plik")
	if err == nil && form.File.ID == "" {
		err = fault.InvalidFields([]fault.Field{{Name: "plik", Key: "networks.fault.file"}})
	}
	if err == nil {
		err = s.Share(r.Context(), who, id, form.File.ID, form.Values.Get("nazwa"))
	}
	if shown(err) {
		return s.show(w, r, tabMaterials, form.Values, err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.networks.saved")
	return r.Redirect(w, Href(id)+tabMaterials)
}

func (s *Service) unshare(r *web.Request, who access.Actor, id ID) error {
	return s.Unshare(r.Context(), who, id, files.ID(r.PathValue("file")))
}

// pollsPage are questions about dates.
type pollsPage struct {
	frame
	Rows    []pollRow
	Answers []web.Choice
	Numbers []string // of the rows for dates in the form
}

type pollRow struct {
	Poll
	Open, Vote, Take bool
	UntilText        string
	Dates            []dateRow
	Choices          []web.Choice
}

type dateRow struct {
	Date
	When, Counts string
}

func (s *Service) showPolls(w http.ResponseWriter, r *web.Request, v url.Values, wrong error) error {
	f, err := s.frameOf(w, r, tabPolls, toEnter, v, wrong)
	if err != nil {
		return err
	}
	p := pollsPage{frame: f}
	for _, a := range Answers() {
		p.Answers = append(p.Answers, web.Choice{Value: string(a), Label: r.L.T("networks.answer." + string(a))})
	}
	for n := range mostDates / 2 {
		p.Numbers = append(p.Numbers, strconv.Itoa(n+1))
	}
	list, err := s.Polls(r.Context(), f.N.ID, access.ActorOf(r.Request).Person)
	if err != nil {
		return err
	}
	today := dayOf(s.now())
	for _, poll := range list {
		row := pollRow{Poll: poll, Open: poll.Open(today), UntilText: r.L.DateText(poll.Until)}
		row.Vote = row.Open && f.St.Member == Joined && f.Working
		row.Take = poll.Chosen == "" && f.St.Leads && f.Working
		for _, d := range poll.Dates {
			when := whenText(r.L, Meeting{StartsAt: d.StartsAt, EndsAt: d.EndsAt})
			row.Dates = append(row.Dates, dateRow{d, when, r.L.T("networks.poll.counts", "yes", d.Yes, "maybe", d.Maybe, "no", d.No)})
			row.Choices = append(row.Choices, web.Choice{Value: d.ID, Label: when})
		}
		p.Rows = append(p.Rows, row)
	}
	return r.RenderStatus(w, statusOf(wrong), pollsView(p))
}

func (s *Service) newPoll(r *web.Request, who access.Actor, id ID) error {
	var dates []When
	for n := range mostDates {
		no := "-" + strconv.Itoa(n+1)
		dates = append(dates, When{r.Value("dzien" + no), r.Value("od" + no), r.Value("do" + no)})
	}
	return s.PollDates(r.Context(), who, id, r.Value("tytul"), r.Value("odpowiedz"), dates)
}

func (s *Service) vote(r *web.Request, who access.Actor, id ID) error {
	answers := map[string]Answer{}
	for name := range r.PostForm {
		if len(name) > len("data-") && name[:len("data-")] == "data-" {
			answers[name[len("data-"):]] = Answer(r.Value(name))
		}
	}
	return s.Vote(r.Context(), who, id, r.PathValue("poll"), answers)
}

func (s *Service) takeDate(r *web.Request, who access.Actor, id ID) error {
	poll := r.PathValue("poll")
	_, err := s.Take(r.Context(), who, id, poll, r.Value("termin-"+poll), r.Value("miejsce-"+poll))
	return err
}

// settingsPage is for those who lead: the charter, who leads, the states.
type settingsPage struct {
	frame
	charterForm
	Lacks    []string
	Leads    []leadRow
	People   []web.Choice
	Duties   []web.Choice
	Chosen   []string
	Again    bool
	Resign   bool // the reader leads by name
	After    string
	MayClose bool
	MayBack  bool
	Reason   string
}

type leadRow struct {
	Lead
	Name, DutyName string
	End            bool
}

func (s *Service) showSettings(w http.ResponseWriter, r *web.Request, v url.Values, wrong error) error {
	f, err := s.frameOf(w, r, tabSettings, toLead, v, wrong)
	if err != nil {
		return err
	}
	ctx, n := r.Context(), f.N
	p := settingsPage{frame: f, MayClose: f.St.Runs && n.State != Closed, MayBack: f.St.Runs && n.State == Reported, Reason: n.Reason}
	if p.charterForm, err = s.charterForm(r); err != nil {
		return err
	}
	p.Chosen = v["tematy"]
	if !v.Has("cel") {
		for name, value := range map[string]string{"tytul": n.Title, "cel": n.Goal, "dla-kogo": n.Audience, "gmina": n.Town, "miejsca": strconv.Itoa(n.Places)} {
			p.V.Set(name, value)
		}
		for name, on := range map[string]bool{"publiczna": n.Public, "nabor": n.Open} {
			if on {
				p.V.Set(name, "tak")
			}
		}
		if p.Chosen, err = topicsOf(ctx, s.db, n.ID); err != nil {
			return err
		}
	}
	if n.State == Forming {
		if p.Lacks, err = s.Lacks(ctx, n); err != nil {
			return err
		}
	}
	leads, err := Leads(ctx, s.db, n.ID)
	if err != nil {
		return err
	}
	names, err := s.People.NamesOf(ctx, leadIDs(leads))
	if err != nil {
		return err
	}
	for _, x := range leads {
		p.Leads = append(p.Leads, leadRow{x, cmp.Or(names[string(x.Person)], r.L.T("networks.gone")), r.L.T("networks.duty." + string(x.Duty)), f.St.Runs})
	}
	for _, d := range []Duty{Coordinator, Deputy} {
		p.Duties = append(p.Duties, web.Choice{Value: string(d), Label: r.L.T("networks.duty." + string(d))})
	}
	if f.St.Runs {
		if p.People, err = s.candidates(ctx, n.Center); err != nil {
			return err
		}
	}
	next, err := nextOf(ctx, s.db, n.ID)
	if err != nil {
		return err
	}
	if next != "" {
		p.After = Href(next)
	}
	p.Resign = !f.St.Runs
	p.Again = next == "" && (!n.Working() || !s.now().Before(yearEnds(n.SchoolYear)))
	return r.RenderStatus(w, statusOf(wrong), settingsView(p))
}

func (s *Service) change(r *web.Request, who access.Actor, id ID) error {
	return s.Change(r.Context(), who, id, revisionOf(r), charterOf(r))
}

func (s *Service) begin(r *web.Request, who access.Actor, id ID) error {
	return s.Begin(r.Context(), who, id, revisionOf(r))
}

func (s *Service) nameLeads(r *web.Request, who access.Actor, id ID) error {
	person := access.PersonID(r.Value("osoba"))
	if r.Value("zrob") == "koniec" {
		return s.Unname(r.Context(), who, id, person)
	}
	return s.Name(r.Context(), who, id, person, Duty(r.Value("funkcja")))
}

// resign ends the own lead; the settings are closed to the person then.
func (s *Service) resign(r *web.Request, who access.Actor, id ID) error {
	return s.Unname(r.Context(), who, id, who.Person)
}

func (s *Service) end(r *web.Request, who access.Actor, id ID) error {
	if r.Value("zrob") == "wroc" {
		return s.SendBack(r.Context(), who, id, revisionOf(r), r.Value("powod"))
	}
	return s.Close(r.Context(), who, id, revisionOf(r), r.Value("powod"))
}

func (s *Service) postAgain(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	next, err := s.Again(r.Context(), access.ActorOf(r.Request), ID(r.PathValue("id")))
	if shown(err) {
		return s.show(w, r, tabSettings, r.PostForm, err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.networks.again")
	return r.Redirect(w, Href(next)+tabSettings)
}
