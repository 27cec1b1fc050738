package training

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/sheet"
	"kladka/internal/platform/web"
)

// AdmissionUse is the use of files that applicants send as papers of admission;
// such a file belongs to Owner{Module: AdmissionUse, ID: the enrollment}.
const AdmissionUse = "training_admission"

func peoplePath(id ID) string { return DeskPath(id) + "/zapisy" }
func personPath(t ID, e EnrollmentID) string {
	return peoplePath(t) + "/osoba/" + string(e)
}

func (s *Service) deskRoutes(sh *web.Shell) {
	manage := access.Can(access.ManageTrainings)
	base := CenterPath + "/{id}/zapisy"
	sh.Handle("GET "+base, manage, s.getPeople)
	sh.Handle("GET "+base+"/arkusz", manage, s.getSheet)
	sh.Handle("GET "+base+"/udogodnienia", manage, s.getNeeds)
	sh.Handle("GET "+base+"/telefon", manage, s.getPhone)
	sh.Handle("POST "+base+"/telefon", manage, s.postPhone, web.Idempotent())
	sh.Handle("GET "+base+"/zastepstwa", manage, s.getSubstitutes)
	sh.Handle("POST "+base+"/zastepstwa/{enrollment}", manage, s.postCall, web.Idempotent())
	sh.Handle("GET "+base+"/kwalifikacja", manage, s.getAdmission)
	sh.Handle("POST "+base+"/kwalifikacja", manage, s.postRequired)
	sh.Handle("GET "+base+"/kwalifikacja/{enrollment}", manage, s.getApplicant)
	sh.Handle("POST "+base+"/kwalifikacja/{enrollment}", manage, s.postApplicant)
	sh.Handle("GET "+base+"/kwalifikacja/{enrollment}/plik/{file}", manage, s.getAdmissionFile)
	sh.Handle("GET "+base+"/osoba/{enrollment}", manage, s.getPerson)
	sh.Handle("POST "+base+"/osoba/{enrollment}/rezygnacja", manage, s.postResignFor)
	sh.Handle("POST "+base+"/osoba/{enrollment}/zastepstwo", manage, s.postSwapFor)
	sh.Handle("POST "+base+"/osoba/{enrollment}/potwierdz", manage, s.postConfirmFor)
	s.printRoutes(sh)
}

func deskDate(at int64) string { return time.Unix(at, 0).In(web.Warsaw).Format("2006-01-02 15:04") }

// peoplePage is the organizer's list.
type peoplePage struct {
	web.Page
	Training, Path string
	Tabs           []web.Link
	Links          []web.Link
	Figures        []web.Figure
	Filter         web.Filter
	Found          string
	Rows           []peopleRow
	Pager          web.Pager
	CSV, XLSX      string
	Needs          string // how many asked for something accessible; "" for nobody
	Silences       []web.Reason
	Next           web.Step
}

type peopleRow struct {
	Name, Href, Institution, Town, How, State, Kind, Place, Phone string
}

func deskFilterOf(q url.Values) (f deskFilter, err error) {
	f.Words = strings.TrimSpace(q.Get("q"))
	switch v := q.Get("stan"); {
	case v == "wszystkie":
		f.All = true
	case v == "":
	case slices.Contains(States(), State(v)):
		f.State = State(v)
	default:
		err = fault.New(fault.BadRequest, "fault.bad_request")
	}
	return f, err
}

func (s *Service) getPeople(w http.ResponseWriter, r *web.Request) error {
	ctx, l := r.Context(), r.L
	t, err := s.managed(r)
	if err != nil {
		return err
	}
	f, err := deskFilterOf(r.URL.Query())
	if err != nil {
		return err
	}
	at, err := web.CursorOf(r.URL.Query())
	if err != nil {
		return err
	}
	counts, err := s.stateCounts(ctx, t.ID)
	if err != nil {
		return err
	}
	list, more, err := s.enrollmentsOf(ctx, t, f, at)
	if err != nil {
		return err
	}
	p := peoplePage{Page: r.Page(w, l.T("training.tab.enrollments"), deskCrumbs(l, t)...), Training: t.Title, Path: peoplePath(t.ID), Tabs: Tabs(l, t.ID, "/zapisy"),
		CSV: web.WithQuery(r.URL, "", "", "od", "do"), Filter: stateFilter(l, t, f, counts)}
	p.NoIndex = true
	p.CSV = peoplePath(t.ID) + "/arkusz?" + url.Values{"stan": {r.Value("stan")}, "q": {f.Words}, "format": {"csv"}}.Encode()
	p.XLSX = peoplePath(t.ID) + "/arkusz?" + url.Values{"stan": {r.Value("stan")}, "q": {f.Words}, "format": {"xlsx"}}.Encode()
	if len(list) > 0 {
		a, z := list[0], list[len(list)-1]
		p.Pager = web.PagerFor(r.URL, at, web.Cursor{Key: a.NameKey, ID: string(a.ID)}, web.Cursor{Key: z.NameKey, ID: string(z.ID)}, more)
	}
	if p.Rows, err = s.peopleRows(r, t, list); err != nil {
		return err
	}
	if err := s.peopleHead(r, t, counts, &p); err != nil {
		return err
	}
	return r.Render(w, peopleView(p))
}

// stateFilter is the form above the list, with how many stand in each state.
func stateFilter(l *i18n.L, t Training, f deskFilter, counts map[State]int) web.Filter {
	pick := web.Pick{Name: "stan", Label: l.T("training.desk.col_state"), Prompt: l.T("training.desk.filter_active"), Value: string(f.State), Short: true}
	if f.All {
		pick.Value = "wszystkie"
	}
	pick.Choices = []web.Choice{{Value: "wszystkie", Label: l.T("training.desk.filter_all")}}
	for _, state := range States() {
		if n := counts[state]; n > 0 || state == f.State {
			pick.Choices = append(pick.Choices, web.Choice{Value: string(state), Label: l.T("training.status."+string(state)) + " (" + l.Number(n) + ")"})
		}
	}
	form := web.Filter{Action: peoplePath(t.ID), Label: l.T("training.desk.search"), Value: f.Words, Picks: []web.Pick{pick}}
	if f != (deskFilter{}) {
		form.Clear = peoplePath(t.ID)
	}
	return form
}

func (s *Service) peopleRows(r *web.Request, t Training, list []Enrollment) (rows []peopleRow, err error) {
	places, err := s.institutionNames(r.Context(), list)
	if err != nil {
		return nil, err
	}
	towns, err := s.townNames(r.Context(), r.L, list)
	if err != nil {
		return nil, err
	}
	for _, e := range list {
		row := peopleRow{Name: e.Name, Href: personPath(t.ID, e.ID), Institution: places(e), Town: towns[e.BySeat], How: r.L.T("training.desk.how." + string(e.How)),
			State: r.L.T("training.status." + string(e.State)), Place: deskPlaceText(r.L, e)}
		switch {
		case e.State.In():
			row.Kind = "ok"
		case e.State.Active():
			row.Kind = "warn"
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// deskPlaceText is the number of arrival of somebody who is in a queue.
func deskPlaceText(l *i18n.L, e Enrollment) string {
	if e.Place == 0 {
		return ""
	}
	return strconv.FormatInt(e.Place, 10)
}

// peopleHead fills what stands above the list.
func (s *Service) peopleHead(r *web.Request, t Training, counts map[State]int, p *peoplePage) error {
	ctx, l := r.Context(), r.L
	in, base := 0, peoplePath(t.ID)
	for _, state := range States() {
		if state.In() {
			in += counts[state]
		}
	}
	p.Figures = []web.Figure{{Value: l.Number(in), Label: l.T("training.desk.figure_in"), More: l.T("training.desk.figure_of", "n", t.Capacity)},
		{Value: l.Number(counts[Waiting]), Label: l.T("training.desk.figure_waiting"), Href: base + "?stan=" + string(Waiting)},
		{Value: l.Number(counts[Pending] + counts[Offered] + counts[Qualified]), Label: l.T("training.desk.figure_answer")},
		{Value: l.Number(counts[Applied]), Label: l.T("training.desk.figure_applied"), Href: base + "?stan=" + string(Applied)}}
	p.Links = []web.Link{{Text: l.T("training.desk.phone"), Href: base + "/telefon"}, {Text: l.T("training.desk.substitutes"), Href: base + "/zastepstwa"}}
	if t.Admission {
		p.Links = append(p.Links, web.Link{Text: l.T("training.desk.admission"), Href: base + "/kwalifikacja"})
	}
	p.Links = append(p.Links, web.Link{Text: l.T("training.desk.prints"), Href: DeskPath(t.ID) + "/druki"})
	n, err := s.withNeeds(ctx, t.ID)
	if err != nil {
		return err
	}
	if n > 0 {
		p.Needs = l.N("training.desk.needs_count", n)
	}
	p.Next = s.attendanceNext(l, t, 0)
	if t.Admission && counts[Applied] > 0 {
		p.Next = web.Step{What: l.N("training.desk.next_applied", counts[Applied]), Who: l.T("training.desk.next_officer"), Href: base + "/kwalifikacja"}
	}
	p.Silences, err = s.silenceReasons(r, t)
	return err
}

// silenceReasons are why nobody was called, pool by pool.
func (s *Service) silenceReasons(r *web.Request, t Training) (list []web.Reason, err error) {
	all, err := s.WhyNobody(r.Context(), access.ActorOf(r.Request), t.ID)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, x := range all {
		if x.Pool != "" {
			ids = append(ids, x.Pool)
		}
	}
	names, err := s.Directory.TownLabels(r.Context(), r.L, ids)
	if err != nil {
		return nil, err
	}
	for _, x := range all {
		about := r.L.T("training.desk.pool_all")
		if x.Pool != "" {
			about = r.L.T("training.desk.pool_town", "town", names[x.Pool])
		}
		text := r.L.T(x.Key, spokenArgs(r.L, x.Args)...)
		if n := len(list); n > 0 && list[n-1].About == about {
			list[n-1].Text += " " + text
			continue
		}
		list = append(list, web.Reason{Text: text, About: about})
	}
	return list, nil
}

// spokenArgs puts moments among the arguments of a text into words: a name that
// ends with "_at" holds seconds.
func spokenArgs(l *i18n.L, args []any) []any {
	out := slices.Clone(args)
	for n := 0; n+1 < len(out); n += 2 {
		name, _ := out[n].(string)
		at, ok := out[n+1].(int64)
		if short, is := strings.CutSuffix(name, "_at"); is && ok {
			out[n], out[n+1] = short, l.DateTime(time.Unix(at, 0).In(web.Warsaw))
		}
	}
	return out
}

func (s *Service) getSheet(w http.ResponseWriter, r *web.Request) error {
	t, err := s.managed(r)
	if err != nil {
		return err
	}
	f, err := deskFilterOf(r.URL.Query())
	if err != nil {
		return err
	}
	if err := s.exportList(r.Context(), access.ActorOf(r.Request), t); err != nil {
		return err
	}
	format := sheet.FormatOf(r.Value("format"))
	w.Header().Set("Content-Type", format.ContentType())
	w.Header().Set("Content-Disposition", `attachment; filename="`+format.File("zapisy")+`"`)
	w.Header().Set("Cache-Control", "no-store")
	if err := sheet.Write(w, format, r.L.T("training.tab.enrollments"), s.sheetHeader(r.L), s.sheetRows(r.Context(), r.L, t, f)); err != nil {
		s.Log.Error("sheet of enrollments", "err", err)
		panic(http.ErrAbortHandler) // half is on its way: cut it off, lest it look whole
	}
	return nil
}

// needsPage is what people asked for.
type needsPage struct {
	web.Page
	Training string
	Rows     []needRow
	Info     string
}

type needRow struct{ Name, Href, State, Words string }

func (s *Service) getNeeds(w http.ResponseWriter, r *web.Request) error {
	t, list, err := s.Needs(r.Context(), access.ActorOf(r.Request), ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	p := needsPage{Page: r.Page(w, r.L.T("training.desk.needs"), deskCrumbs(r.L, t, web.Link{Text: r.L.T("training.tab.enrollments"), Href: peoplePath(t.ID)})...),
		Training: t.Title, Info: t.AccessInfo}
	p.NoIndex = true
	for _, x := range list {
		p.Rows = append(p.Rows, needRow{x.Name, personPath(t.ID, x.ID), r.L.T("training.status." + string(x.State)), x.Words})
	}
	w.Header().Set("Cache-Control", "no-store")
	return r.Render(w, needsView(p))
}

// phonePage is the form for somebody on the phone.
type phonePage struct {
	web.Page
	Training, Path            string
	Name, Phone, Email, Typed string
	Place, Role, Track, Needs string
	Places, Roles, Tracks     []web.Choice
	AskNeeds                  bool
	Stop, Revision, Room      string
}

func (s *Service) getPhone(w http.ResponseWriter, r *web.Request) error {
	return s.showPhone(w, r, http.StatusOK, nil, nil)
}

func (s *Service) showPhone(w http.ResponseWriter, r *web.Request, status int, maybe []web.Choice, fail error) error {
	ctx, l := r.Context(), r.L
	t, err := s.managed(r)
	if err != nil {
		return err
	}
	p := phonePage{Page: r.Page(w, l.T("training.desk.phone"), deskCrumbs(l, t, web.Link{Text: l.T("training.tab.enrollments"), Href: peoplePath(t.ID)})...).WithErrors(fail),
		Training: t.Title, Path: peoplePath(t.ID) + "/telefon", Name: r.Value(fieldName), Phone: r.Value("telefon"), Email: r.Value(fieldEmail), Typed: r.Value(fieldTyped),
		Place: r.Value(fieldPlace), Role: r.Value(fieldRole), Track: r.Value(fieldTrack), Needs: r.Value(fieldNeeds), Places: maybe, AskNeeds: t.AskNeeds,
		Revision: strconv.FormatInt(t.Revision, 10)}
	p.NoIndex = true
	if e := fault.As(fail); e != nil && len(e.Fields) == 0 {
		p.Stop = l.T(e.Key, e.Args...)
	}
	for _, role := range guestRoles {
		p.Roles = append(p.Roles, web.Choice{Value: string(role), Label: l.T("role." + string(role))})
	}
	meetings, err := Meetings(ctx, s.db, t.ID)
	if err != nil {
		return err
	}
	for _, m := range meetings {
		if m.Track != "" && !slices.ContainsFunc(p.Tracks, func(c web.Choice) bool { return c.Value == m.Track }) {
			p.Tracks = append(p.Tracks, web.Choice{Value: m.Track, Label: m.Track})
		}
	}
	if p.Room, err = s.roomText(ctx, l, t.ID); err != nil {
		return err
	}
	return r.RenderStatus(w, status, phoneView(p))
}

// phoneApplicant reads the form. A name of an institution that may mean several
// comes back as choices.
func (s *Service) phoneApplicant(r *web.Request) (a Applicant, maybe []web.Choice, err error) {
	a = Applicant{Name: r.Value(fieldName), Email: r.Value(fieldEmail), Phone: r.Value("telefon"), Lang: i18n.PL, Role: access.Role(r.Value(fieldRole)),
		Track: r.Value(fieldTrack), Needs: r.Value(fieldNeeds), TypedName: r.Value(fieldTyped)}
	a.SeenRev, _ = strconv.ParseInt(r.Value("wersja"), 10, 64)
	if a.Email == "" && a.Phone == "" {
		return a, nil, fault.InvalidFields([]fault.Field{{Name: "telefon", Key: "training.desk.fault.contact"}})
	}
	place := r.Value(fieldPlace)
	if place != "" && place != asTyped {
		if _, err := known(place); err != nil {
			return a, nil, fault.New(fault.BadRequest, "fault.bad_request")
		}
		a.Institution, a.TypedName = access.InstitutionID(place), ""
		return a, nil, nil
	}
	if place == asTyped || a.TypedName == "" {
		return a, nil, nil
	}
	id, maybe, err := s.institutionOf(r.Context(), r.L, a.TypedName)
	if id != "" {
		a.Institution, a.TypedName = id, ""
	}
	if err == nil && len(maybe) > 0 {
		err = fault.InvalidFields([]fault.Field{{Name: fieldPlace, Key: "training.desk.fault.which"}})
	}
	return a, maybe, err
}

func (s *Service) postPhone(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	a, maybe, err := s.phoneApplicant(r)
	var got Receipt
	if err == nil {
		got, err = s.Enroll(r.Context(), access.ActorOf(r.Request), ID(r.PathValue("id")), a, ByPhone)
	}
	if f := fault.As(err); f != nil && (f.Kind == fault.Invalid || f.Kind == fault.Conflict) {
		return s.showPhone(w, r, f.Kind.Status(), maybe, err)
	}
	if err != nil {
		return err
	}
	notice := "notice.desk.enrolled"
	if got.Known {
		notice = "notice.desk.known"
	}
	r.Notify(w, notice)
	return r.Redirect(w, personPath(ID(r.PathValue("id")), got.ID)+"?nowe=tak")
}

// personPage is one enrollment as the organizer sees it.
type personPage struct {
	web.Page
	Training, Path, List string
	State, Kind          string
	Facts                []web.Fact
	Why                  web.Reason
	Fresh                bool // enrolled on the phone just now: what to say
	Say                  string
	MayResign, MaySwap   bool
	Stop                 string
	Words                string // of the resignation
	Name, Email, Phone   string // of the colleague
	Phoning              string // the form for the next person
	Hours                string // page of the hours
	FreeRule             string
	Confirm              string // where the person's yes is noted, "" when they say it themselves
}

// ofTraining is an enrollment of the training of the address, for whoever runs it.
func (s *Service) ofTraining(r *web.Request) (e Enrollment, t Training, err error) {
	e, t, err = s.ofDesk(r.Context(), s.db, access.ActorOf(r.Request), EnrollmentID(r.PathValue("enrollment")))
	if err == nil && string(t.ID) != r.PathValue("id") {
		err = fault.ErrNotFound
	}
	return e, t, err
}

func (s *Service) getPerson(w http.ResponseWriter, r *web.Request) error {
	return s.showPerson(w, r, http.StatusOK, nil)
}

func (s *Service) showPerson(w http.ResponseWriter, r *web.Request, status int, fail error) error {
	ctx, l := r.Context(), r.L
	e, t, err := s.ofTraining(r)
	if err != nil {
		return err
	}
	p := personPage{Page: r.Page(w, e.Name, deskCrumbs(l, t, web.Link{Text: l.T("training.tab.enrollments"), Href: peoplePath(t.ID)})...).WithErrors(fail),
		Training: t.Title, Path: personPath(t.ID, e.ID), List: peoplePath(t.ID), State: l.T("training.status." + string(e.State)), Fresh: r.Value("nowe") == "tak",
		Phoning: peoplePath(t.ID) + "/telefon", Words: r.Value("uzasadnienie"), Name: r.Value(fieldName), Email: r.Value(fieldEmail), Phone: r.Value("telefon")}
	p.NoIndex = true
	if f := fault.As(fail); f != nil && len(f.Fields) == 0 {
		p.Stop = l.T(f.Key, f.Args...)
	}
	begun := t.begun(s.now().Unix())
	p.MayResign = !begun && e.State.May(Resigned)
	p.MaySwap = !begun && !t.Admission && slices.Contains([]State{Applied, Waiting, Offered, Confirmed}, e.State)
	if e.State.In() {
		p.Kind, p.Hours = "ok", attendancePath(t.ID)+"/osoba/"+string(e.ID)
	}
	p.Confirm = confirmFor(e, p.Path)
	if p.FreeRule, err = s.resignTextOf(ctx, l, t, e); err != nil {
		return err
	}
	if err := s.personWhy(r, e, &p); err != nil {
		return err
	}
	if err := s.personFacts(r, e, &p); err != nil {
		return err
	}
	return r.RenderStatus(w, status, personView(p))
}

// personWhy says where the person stands in the queue and by which rule.
func (s *Service) personWhy(r *web.Request, e Enrollment, p *personPage) error {
	l := r.L
	pos, err := s.Position(r.Context(), s.db, e)
	if err != nil {
		return err
	}
	p.Why = web.Reason{Text: l.T("training.desk.stands", "state", p.State), Rule: l.T("training.desk.queue_rule"),
		Numbers: []web.Pair{{Name: l.T("training.desk.pair_seats"), Value: l.T("training.desk.of", "n", pos.Taken, "of", pos.Seats)}, {Name: l.T("training.desk.pair_waiting"), Value: l.Number(pos.Waiting)}}}
	p.Say = p.Why.Text
	if pos.Place > 0 {
		p.Why.Text = l.T("training.desk.stands_at", "n", pos.Place, "of", pos.Waiting)
		p.Say = l.T("training.desk.say_waiting", "n", pos.Place)
	}
	if e.State == Confirmed {
		p.Say = l.T("training.desk.say_confirmed")
	}
	return nil
}

func (s *Service) personFacts(r *web.Request, e Enrollment, p *personPage) error {
	l := r.L
	places, err := s.institutionNames(r.Context(), []Enrollment{e})
	if err != nil {
		return err
	}
	towns, err := s.townNames(r.Context(), l, []Enrollment{e})
	if err != nil {
		return err
	}
	names, err := s.namesOf(r.Context(), []string{e.EnrolledBy, e.ApprovedBy})
	if err != nil {
		return err
	}
	for _, f := range [][2]string{{"col_institution", places(e)}, {"col_town", towns[e.BySeat]}, {"col_mail", e.Email}, {"col_phone", e.Phone}, {"col_track", e.Track},
		{"col_how", l.T("training.desk.how." + string(e.How))}, {"col_by", names[e.EnrolledBy]}, {"col_since", l.DateTime(time.Unix(e.CreatedAt, 0).In(web.Warsaw))},
		{"col_approved", names[e.ApprovedBy]}, {"col_note", e.Note}, {"col_place", deskPlaceText(l, e)}} {
		if f[1] != "" {
			p.Facts = append(p.Facts, web.Fact{Name: l.T("training.desk." + f[0]), Value: f[1]})
		}
	}
	return nil
}

// personDone goes back to the person's page, which says why it was refused.
func (s *Service) personDone(w http.ResponseWriter, r *web.Request, path, notice string, err error) error {
	if f := fault.As(err); f != nil && (f.Kind == fault.Invalid || f.Kind == fault.Conflict) {
		return s.showPerson(w, r, f.Kind.Status(), err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, notice)
	return r.Redirect(w, path)
}

func (s *Service) postResignFor(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	e, t, err := s.ofTraining(r)
	if err != nil {
		return err
	}
	if r.Value("potwierdzam") != "tak" {
		err = fault.InvalidFields([]fault.Field{{Name: "potwierdzam", Key: "training.desk.fault.asked"}})
	} else {
		err = s.Resign(r.Context(), Holder{Actor: access.ActorOf(r.Request)}, e.ID, r.Value("uzasadnienie"))
	}
	return s.personDone(w, r, personPath(t.ID, e.ID), "notice.desk.resigned", err)
}

func (s *Service) postSwapFor(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	e, t, err := s.ofTraining(r)
	if err != nil {
		return err
	}
	got, err := s.Swap(r.Context(), Holder{Actor: access.ActorOf(r.Request)}, e.ID, Applicant{Name: r.Value(fieldName), Email: r.Value(fieldEmail),
		Phone: r.Value("telefon"), Lang: e.Lang, Role: e.Role})
	notice, id := "notice.desk.swapped", got.ID
	if got.Known || id == "" {
		notice = "notice.desk.known"
		if id == "" {
			id = e.ID
		}
	}
	return s.personDone(w, r, personPath(t.ID, id), notice, err)
}

// substitutesPage is whom to phone, in order.
type substitutesPage struct {
	web.Page
	Training, Path string
	Pools          []substitutePool
	Silences       []web.Reason
}

type substitutePool struct {
	ID, Title, Free string
	People          []substituteRow
}

type substituteRow struct{ ID, Name, Href, Institution, Phone, Tel, Mail, Skipped, Note string }

func (s *Service) getSubstitutes(w http.ResponseWriter, r *web.Request) error {
	ctx, l, who := r.Context(), r.L, access.ActorOf(r.Request)
	t, err := s.managed(r)
	if err != nil {
		return err
	}
	list, err := s.Substitutes(ctx, who, t.ID)
	if err != nil {
		return err
	}
	p := substitutesPage{Page: r.Page(w, l.T("training.desk.substitutes"), deskCrumbs(l, t, web.Link{Text: l.T("training.tab.enrollments"), Href: peoplePath(t.ID)})...),
		Training: t.Title, Path: peoplePath(t.ID) + "/zastepstwa"}
	p.NoIndex = true
	if err := s.substitutePools(r, t, list, &p); err != nil {
		return err
	}
	if p.Silences, err = s.silenceReasons(r, t); err != nil {
		return err
	}
	return r.Render(w, substitutesView(p))
}

func (s *Service) substitutePools(r *web.Request, t Training, list []Substitute, p *substitutesPage) error {
	ctx, l := r.Context(), r.L
	pools, err := Pools(ctx, s.db, t.ID)
	if err != nil {
		return err
	}
	all := make([]Enrollment, len(list))
	ids := []string{}
	for n, x := range list {
		all[n] = x.Enrollment
	}
	for _, pool := range pools {
		if pool.Name != "" {
			ids = append(ids, pool.Name)
		}
	}
	places, err := s.institutionNames(ctx, all)
	if err != nil {
		return err
	}
	towns, err := s.Directory.TownLabels(ctx, l, ids)
	if err != nil {
		return err
	}
	for _, pool := range pools {
		one := substitutePool{ID: "pula-" + pool.Name, Title: l.T("training.desk.pool_all"), Free: l.T("training.desk.pool_free", "n", max(0, pool.Seats-pool.Taken), "of", pool.Seats)}
		if pool.Name != "" {
			one.Title = l.T("training.desk.pool_town", "town", towns[pool.Name])
		}
		for _, x := range list {
			if x.Pool != pool.Name {
				continue
			}
			row := substituteRow{ID: string(x.ID), Name: x.Name, Href: personPath(t.ID, x.ID), Institution: places(x.Enrollment), Phone: x.Phone, Mail: x.Email, Note: x.Note, Tel: telephone(x.Phone)}
			if x.Skipped > 0 {
				row.Skipped = l.N("training.desk.skipped", x.Skipped)
			}
			one.People = append(one.People, row)
		}
		p.Pools = append(p.Pools, one)
	}
	return nil
}

// telephone is a number as an address wants it: digits and a plus.
func telephone(typed string) string {
	return strings.Map(func(c rune) rune {
		if c == '+' || c >= '0' && c <= '9' {
			return c
		}
		return -1
	}, typed)
}

func (s *Service) postCall(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	ctx, who := r.Context(), access.ActorOf(r.Request)
	e, t, err := s.ofTraining(r)
	if err != nil {
		return err
	}
	notice := "notice.desk.call_yes"
	switch r.Value("odpowiedz") {
	case "tak":
		err = s.Call(ctx, who, e.ID, true, r.Value("uwagi"))
	case "nie_odbiera":
		notice = "notice.desk.call_none"
		note := r.Value("uwagi")
		if note == "" {
			note = r.Shell.Catalog.In(i18n.PL).T("training.desk.call_unreached")
		}
		err = s.Call(ctx, who, e.ID, false, note)
	case "nie":
		notice = "notice.desk.call_no"
		err = s.Resign(ctx, Holder{Actor: who}, e.ID, r.Value("uwagi"))
	default:
		err = fault.New(fault.BadRequest, "fault.bad_request")
	}
	if err != nil {
		return err
	}
	r.Notify(w, notice)
	return r.Redirect(w, peoplePath(t.ID)+"/zastepstwa")
}

// admissionPage is the applicants of a training with admission.
type admissionPage struct {
	web.Page
	Training, Path string
	Rows           []applicantRow
	Required       string // one a line
	Stop           string
	Admission      bool
}

type applicantRow struct{ Name, Href, Institution, State, Kind, Papers string }

func (s *Service) getAdmission(w http.ResponseWriter, r *web.Request) error {
	return s.showAdmission(w, r, http.StatusOK, nil)
}

func (s *Service) showAdmission(w http.ResponseWriter, r *web.Request, status int, fail error) error {
	ctx, l := r.Context(), r.L
	t, err := s.managed(r)
	if err != nil {
		return err
	}
	required, err := requiredPapers(ctx, s.db, t.ID)
	if err != nil {
		return err
	}
	received, err := receivedPapers(ctx, s.db, t.ID)
	if err != nil {
		return err
	}
	var list []Enrollment
	if err := s.db.Select(ctx, &list, `select `+EnrollmentColumns+` from training_enrollments e where e.training = ? and e.state in (?, ?, ?, ?)
		order by e.name_key, e.id`, t.ID, Applied, Waiting, Qualified, Rejected); err != nil {
		return err
	}
	places, err := s.institutionNames(ctx, list)
	if err != nil {
		return err
	}
	p := admissionPage{Page: r.Page(w, l.T("training.desk.admission"), deskCrumbs(l, t, web.Link{Text: l.T("training.tab.enrollments"), Href: peoplePath(t.ID)})...).WithErrors(fail),
		Training: t.Title, Path: peoplePath(t.ID) + "/kwalifikacja", Required: strings.Join(required, "\n"), Admission: t.Admission}
	p.NoIndex = true
	if fail != nil {
		p.Required = r.Value("dokumenty")
	}
	for _, e := range list {
		row := applicantRow{Name: e.Name, Href: p.Path + "/" + string(e.ID), Institution: places(e), State: l.T("training.status." + string(e.State)),
			Papers: l.T("training.desk.of", "n", len(received[e.ID]), "of", len(required))}
		if e.State == Applied {
			row.Kind = "warn"
		}
		p.Rows = append(p.Rows, row)
	}
	return r.RenderStatus(w, status, admissionView(p))
}

func (s *Service) postRequired(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	id := ID(r.PathValue("id"))
	err := s.RequirePapers(r.Context(), access.ActorOf(r.Request), id, strings.Split(r.Value("dokumenty"), "\n"))
	if f := fault.As(err); f != nil && f.Kind == fault.Invalid {
		return s.showAdmission(w, r, f.Kind.Status(), err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.desk.noted")
	return r.Redirect(w, peoplePath(id)+"/kwalifikacja")
}

// applicantPage is one applicant: papers, and the decision.
type applicantPage struct {
	web.Page
	Training, Path string
	Institution    string
	State          string
	Papers         []web.Choice
	Received       []string
	Files          []web.Link
	MayDecide      bool
	Decision       *web.Reason
	Yes, Words     string
	Answers        []web.Choice
	Confirm        string // where the person's yes is noted, "" when they say it themselves
	Stop           string
}

func (s *Service) getApplicant(w http.ResponseWriter, r *web.Request) error {
	return s.showApplicant(w, r, http.StatusOK, nil)
}

func (s *Service) showApplicant(w http.ResponseWriter, r *web.Request, status int, fail error) error {
	ctx, l := r.Context(), r.L
	e, t, err := s.ofTraining(r)
	if err != nil {
		return err
	}
	required, err := requiredPapers(ctx, s.db, t.ID)
	if err != nil {
		return err
	}
	received, err := receivedPapers(ctx, s.db, t.ID)
	if err != nil {
		return err
	}
	places, err := s.institutionNames(ctx, []Enrollment{e})
	if err != nil {
		return err
	}
	base := peoplePath(t.ID) + "/kwalifikacja"
	sent, err := s.sentTo(ctx, e, required, base+"/"+string(e.ID))
	if err != nil {
		return err
	}
	p := applicantPage{Page: r.Page(w, e.Name, deskCrumbs(l, t, web.Link{Text: l.T("training.desk.admission"), Href: base})...).WithErrors(fail), Training: t.Title,
		Path: base + "/" + string(e.ID), Institution: places(e), Files: sent, State: l.T("training.status." + string(e.State)), Yes: r.Value("decyzja"), Words: r.Value("uzasadnienie"),
		MayDecide: t.Admission && slices.Contains([]State{Applied, Waiting, Qualified}, e.State),
		Answers:   []web.Choice{{Value: "tak", Label: l.T("training.desk.qualify_yes")}, {Value: "nie", Label: l.T("training.desk.qualify_no")}}}
	p.NoIndex = true
	if f := fault.As(fail); f != nil && len(f.Fields) == 0 {
		p.Stop = l.T(f.Key, f.Args...)
	}
	for n, name := range required {
		p.Papers = append(p.Papers, web.Choice{Value: strconv.Itoa(n + 1), Label: name})
		if received[e.ID][n+1] {
			p.Received = append(p.Received, strconv.Itoa(n+1))
		}
	}
	p.Confirm = confirmFor(e, personPath(t.ID, e.ID))
	if e.State == Rejected && e.Note != "" {
		p.Decision = &web.Reason{Text: e.Note, Human: true}
	}
	return r.RenderStatus(w, status, applicantView(p))
}

// postApplicant takes either of the two forms: the papers, or the decision.
func (s *Service) postApplicant(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	ctx, who := r.Context(), access.ActorOf(r.Request)
	e, t, err := s.ofTraining(r)
	if err != nil {
		return err
	}
	switch r.Value("co") {
	case "dokumenty":
		var numbers []int
		for _, v := range r.Request.Form["dokument"] {
			if n, err := strconv.Atoi(v); err == nil {
				numbers = append(numbers, n)
			}
		}
		err = s.ReceivePapers(ctx, who, e.ID, numbers)
	case "decyzja":
		err = s.decideApplicant(r, who, e)
	default:
		return fault.New(fault.BadRequest, "fault.bad_request")
	}
	if f := fault.As(err); f != nil && (f.Kind == fault.Invalid || f.Kind == fault.Conflict) {
		return s.showApplicant(w, r, f.Kind.Status(), err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.desk.noted")
	return r.Redirect(w, peoplePath(t.ID)+"/kwalifikacja/"+string(e.ID))
}

// decideApplicant asks for words of a refusal: the applicant will read them.
func (s *Service) decideApplicant(r *web.Request, who access.Actor, e Enrollment) error {
	yes := r.Value("decyzja")
	if yes != "tak" && yes != "nie" {
		return fault.InvalidFields([]fault.Field{{Name: "decyzja", Key: "training.desk.fault.decision"}})
	}
	if yes == "nie" {
		if err := reasoned(r.Value("uzasadnienie")); err != nil {
			return err
		}
	}
	return s.Qualify(r.Context(), who, e.ID, yes == "tak", r.Value("uzasadnienie"))
}
