package training

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
	"kladka/internal/access/otp"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// PresencePath is where participants type the code of the room.
const PresencePath = "/obecnosc"

func leadPath(id MeetingID) string     { return LeadPath + "/" + string(id) }
func presencePath(id MeetingID) string { return PresencePath + "/" + string(id) }

// PresenceLink is the address at which the holder of an enrollment types the
// code; the key is of the mailed link, "" for whoever signs in.
func PresenceLink(m MeetingID, e EnrollmentID, key string) string {
	q := url.Values{"zapis": {string(e)}}
	if key != "" {
		q.Set("klucz", key)
	}
	return presencePath(m) + "?" + q.Encode()
}

func (s *Service) attendRoutes(sh *web.Shell) {
	lead, manage := access.Can(access.LeadTrainings), access.Can(access.ManageTrainings)
	sh.Handle("GET "+LeadPath, lead, s.getLead)
	sh.Handle("GET "+LeadPath+"/{meeting}", lead, s.getTake)
	sh.Handle("POST "+LeadPath+"/{meeting}", lead, s.postTake)
	sh.Handle("POST "+LeadPath+"/{meeting}/zamknij", lead, s.postCloseList)
	sh.Handle("POST "+LeadPath+"/{meeting}/otworz", lead, s.postOpenList)
	sh.Handle("GET "+LeadPath+"/{meeting}/kod", lead, s.getCode)
	sh.Handle("GET "+PresencePath+"/{meeting}", web.Public, s.getPresence)
	sh.Handle("POST "+PresencePath+"/{meeting}", web.Public, s.postPresence)

	base := CenterPath + "/{id}/obecnosc"
	sh.Handle("GET "+base, manage, s.getAttendance)
	sh.Handle("GET "+base+"/rozlicz", manage, s.getSettle)
	sh.Handle("POST "+base+"/rozlicz", manage, s.postSettle)
	sh.Handle("POST "+base+"/otworz", manage, s.postReopen)
	sh.Handle("GET "+base+"/osoba/{enrollment}", manage, s.getAccount)
	sh.Handle("POST "+base+"/osoba/{enrollment}/wyjatek", manage, s.postExcept)
	sh.Handle("POST "+base+"/osoba/{enrollment}/przebieg", manage, s.postRecord)
	sh.Handle("GET "+base+"/przebieg", manage, s.getRecords)
	sh.Handle("POST "+base+"/przebieg", manage, s.postRecords)
	sh.AddDesk(s.leadDesk)
}

// meetingItem is a meeting in a list.
type meetingItem struct {
	Href, Code, Title, Training, When, Where, Counted string
	Mark, MarkKind                                    string
}

// deskSpan is a day with hours, by the clock on the wall.
func deskSpan(l *i18n.L, starts, ends int64) string {
	if starts == 0 {
		return l.T("training.desk.no_date")
	}
	from, to := time.Unix(starts, 0).In(web.Warsaw), time.Unix(ends, 0).In(web.Warsaw)
	if from.YearDay() == to.YearDay() && from.Year() == to.Year() {
		return l.Day(from) + ", " + from.Format("15:04") + "–" + to.Format("15:04")
	}
	return l.DateTime(from) + " – " + l.DateTime(to)
}

// deskHour is the hour of a moment, with the day when it is not today's.
func (s *Service) deskHour(l *i18n.L, at int64) string {
	t, now := time.Unix(at, 0).In(web.Warsaw), s.now().In(web.Warsaw)
	if t.YearDay() == now.YearDay() && t.Year() == now.Year() {
		return t.Format("15:04")
	}
	return l.DateTime(t)
}

// meetingTitle is the name of a meeting: its own, or its number.
func meetingTitle(l *i18n.L, m Meeting) string {
	title := l.T("training.desk.meeting_no", "n", m.No)
	if m.Title != "" {
		title += ": " + m.Title
	}
	if m.Track != "" {
		title += " (" + m.Track + ")"
	}
	return title
}

func deskPlace(parts ...string) string {
	parts = slices.DeleteFunc(parts, func(p string) bool { return p == "" })
	return strings.Join(parts, ", ")
}

func (s *Service) meetingItem(l *i18n.L, m Led) meetingItem {
	it := meetingItem{Href: leadPath(m.ID), Title: meetingTitle(l, m.Meeting), Training: m.Called, When: deskSpan(l, m.StartsAt, m.EndsAt),
		Where: deskPlace(m.Room, cmp.Or(m.Place, m.Where)), Counted: l.T("training.desk.marked_of", "n", m.Marked, "of", m.People)}
	switch {
	case m.TakenAt > 0:
		it.Mark, it.MarkKind = l.T("training.desk.list_closed"), "ok"
	case m.EndsAt <= s.now().Unix():
		it.Mark, it.MarkKind = l.T("training.desk.list_late"), "warn"
	case m.StartsAt <= s.now().Unix():
		it.Mark = l.T("training.desk.runs")
	}
	if codeOpen(m.Meeting, s.now()) == 0 {
		it.Code = leadPath(m.ID) + "/kod"
	}
	return it
}

// leadPage is the list of what somebody leads.
type leadPage struct {
	web.Page
	Today, Later, Past []meetingItem
	Back               bool
}

func (s *Service) getLead(w http.ResponseWriter, r *web.Request) error {
	back := r.Value("wstecz") == "tak"
	list, err := s.Leading(r.Context(), access.ActorOf(r.Request), back)
	if err != nil {
		return err
	}
	p := leadPage{Page: r.Page(w, r.L.T("training.desk.lead")), Back: back}
	p.NoIndex = true
	now := s.now().In(web.Warsaw)
	midnight := time.Date(now.Year(), now.Month(), now.Day()+1, 0, 0, 0, 0, web.Warsaw).Unix()
	for _, m := range list {
		into := &p.Later
		switch {
		case back:
			into = &p.Past
		case m.StartsAt < midnight:
			into = &p.Today
		}
		*into = append(*into, s.meetingItem(r.L, m))
	}
	return r.Render(w, leadView(p))
}

// takePage is the list of one meeting, fit for a phone.
type takePage struct {
	web.Page
	Path, Training, When, Where string
	Code                        string // "" while there is none
	Prints                      string
	People                      []takeRow
	Marks                       []web.Choice
	Closed                      string // who closed the list and when
	Locked                      bool   // nothing can be set any more
	Summary                     string
	MayClose                    bool
	Unmarked                    int
}

// takeRow is one person of the list.
type takeRow struct {
	ID, Name, Institution string
	Mark                  string
	Said                  string // the mark in words, with who set it
	Earned                string
	History               []string
}

func (s *Service) getTake(w http.ResponseWriter, r *web.Request) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	m, t, err := s.MeetingByID(ctx, s.db, who, MeetingID(r.PathValue("meeting")))
	if err != nil {
		return err
	}
	p := takePage{Page: r.Page(w, meetingTitle(r.L, m), web.Link{Text: r.L.T("training.desk.lead"), Href: LeadPath}), Path: leadPath(m.ID), Training: t.Title,
		When: deskSpan(r.L, m.StartsAt, m.EndsAt), Where: deskPlace(m.Room, cmp.Or(m.Place, t.Place)), Prints: DeskPath(t.ID) + "/druki",
		Locked: mayTake(t, m, nil, s.now()) != nil && t.State == Closed, MayClose: s.now().Unix() >= m.StartsAt && m.TakenAt == 0}
	p.NoIndex = true
	if codeRefused(t, m, s.now()) == nil {
		p.Code = p.Path + "/kod"
	}
	for _, mark := range Marks() {
		p.Marks = append(p.Marks, web.Choice{Value: string(mark), Label: r.L.T("training.desk.mark." + string(mark))})
	}
	if err := s.takeRows(ctx, r.L, m, &p); err != nil {
		return err
	}
	return r.Render(w, takeView(p))
}

func (s *Service) takeRows(ctx context.Context, l *i18n.L, m Meeting, p *takePage) error {
	list, err := attendees(ctx, s.db, m)
	if err != nil {
		return err
	}
	sets, err := marksOf(ctx, s.db, m.ID)
	if err != nil {
		return err
	}
	names, err := s.namesOfMarks(ctx, sets, m.TakenBy)
	if err != nil {
		return err
	}
	places, err := s.institutionsOf(ctx, list)
	if err != nil {
		return err
	}
	if m.TakenAt > 0 {
		p.Closed = l.T("training.desk.closed_by", "who", cmp.Or(names[m.TakenBy], l.T("training.desk.somebody")), "when", s.deskHour(l, m.TakenAt))
	}
	marked := 0
	for _, a := range list {
		row := takeRow{ID: string(a.ID), Name: a.Name, Institution: places(a.Enrollment), Mark: string(a.Mark), Said: l.T("training.desk.unmarked")}
		if a.Mark != "" {
			marked++
			row.Said = s.saidMark(l, names, SetOf{Mark: a.Mark, How: a.MarkBy, By: a.By, At: a.At})
			row.Earned = l.N("training.desk.hours", a.Earned)
		}
		if len(sets[a.ID]) > 1 {
			for _, x := range sets[a.ID] {
				row.History = append(row.History, s.saidMark(l, names, x))
			}
		}
		p.People = append(p.People, row)
	}
	p.Unmarked = len(list) - marked
	p.Summary = l.T("training.desk.marked_of", "n", marked, "of", len(list))
	return nil
}

// saidMark is a mark in words: what, by whom or how, when.
func (s *Service) saidMark(l *i18n.L, names map[string]string, x SetOf) string {
	by := cmp.Or(names[x.By], l.T("training.desk.somebody"))
	if x.How == markByCode {
		by = l.T("training.desk.by_code")
	}
	if x.How == markByClose {
		by = l.T("training.desk.by_close", "who", by)
	}
	what := l.T("training.desk.mark." + string(x.Mark))
	if x.Late > 0 {
		what += " " + l.T("training.desk.late_by", "n", x.Late)
	}
	return l.T("training.desk.said", "mark", what, "by", by, "when", s.deskHour(l, x.At))
}

func (s *Service) namesOfMarks(ctx context.Context, sets map[EnrollmentID][]SetOf, more ...string) (map[string]string, error) {
	for _, list := range sets {
		for _, x := range list {
			more = append(more, x.By)
		}
	}
	return s.namesOf(ctx, more)
}

// namesOf are the names of accounts; ids that repeat or are empty are left out.
func (s *Service) namesOf(ctx context.Context, ids []string) (map[string]string, error) {
	slices.Sort(ids)
	ids = slices.Compact(ids)
	ids = slices.DeleteFunc(ids, func(id string) bool { return id == "" })
	if len(ids) == 0 {
		return map[string]string{}, nil
	}
	return s.People.NamesOf(ctx, ids)
}

// institutionsOf names the institution of each: of the directory, or as typed.
func (s *Service) institutionsOf(ctx context.Context, list []Attendee) (func(Enrollment) string, error) {
	all := make([]Enrollment, len(list))
	for n, a := range list {
		all[n] = a.Enrollment
	}
	return s.institutionNames(ctx, all)
}

func (s *Service) institutionNames(ctx context.Context, list []Enrollment) (func(Enrollment) string, error) {
	var ids []access.InstitutionID
	for _, e := range list {
		if id := access.InstitutionID(e.Institution); id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	names, err := s.Directory.Names(ctx, ids)
	return func(e Enrollment) string { return cmp.Or(names[access.InstitutionID(e.Institution)], e.TypedName) }, err
}

// marksOfForm reads the list: of everybody, or of the one whose button was pressed.
func marksOfForm(r *web.Request) (marks []Setting, err error) {
	only := r.Value("tylko")
	for name := range r.Request.Form {
		id, ok := strings.CutPrefix(name, "m-")
		if !ok || only != "" && id != only {
			continue
		}
		x := Setting{Enrollment: EnrollmentID(id), Mark: Mark(r.Value(name)), Seen: Mark(r.Value("b-" + id))}
		if late := r.Value("s-" + id); late != "" && x.Mark == MarkLate {
			if x.Late, err = strconv.Atoi(late); err != nil {
				return nil, fault.New(fault.BadRequest, "training.desk.fault.minutes")
			}
		}
		marks = append(marks, x)
	}
	slices.SortFunc(marks, func(a, b Setting) int { return strings.Compare(string(a.Enrollment), string(b.Enrollment)) })
	return marks, nil
}

func (s *Service) postTake(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	id := MeetingID(r.PathValue("meeting"))
	marks, err := marksOfForm(r)
	if err != nil {
		return err
	}
	saved, err := s.Take(r.Context(), access.ActorOf(r.Request), id, marks)
	if err != nil {
		return err
	}
	switch {
	case saved.Over > 0:
		r.Notify(w, "notice.desk.saved_over", "n", strconv.Itoa(saved.Written), "over", strconv.Itoa(saved.Over))
	case saved.Written == 0:
		r.Notify(w, "notice.desk.nothing")
	default:
		r.Notify(w, "notice.desk.saved", "n", strconv.Itoa(saved.Written))
	}
	path := leadPath(id)
	if only := r.Value("tylko"); only != "" {
		path += "#o-" + only
	}
	return r.Redirect(w, path)
}

func (s *Service) postCloseList(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	id := MeetingID(r.PathValue("meeting"))
	absent, err := s.CloseMeeting(r.Context(), access.ActorOf(r.Request), id)
	if err != nil {
		return err
	}
	r.Notify(w, "notice.desk.closed", "n", strconv.Itoa(absent))
	return r.Redirect(w, leadPath(id))
}

func (s *Service) postOpenList(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	id := MeetingID(r.PathValue("meeting"))
	if err := s.ReopenMeeting(r.Context(), access.ActorOf(r.Request), id); err != nil {
		return err
	}
	r.Notify(w, "notice.desk.opened")
	return r.Redirect(w, leadPath(id))
}

// codePage shows the code of the room, large.
type codePage struct {
	web.Page
	Code    string
	Spoken  string // digit by digit, for screen readers
	Path    string
	Address string
	QR      otp.QR
	Until   string
	Still   bool // does not renew itself
}

func (s *Service) getCode(w http.ResponseWriter, r *web.Request) error {
	id := MeetingID(r.PathValue("meeting"))
	code, until, err := s.Code(r.Context(), access.ActorOf(r.Request), id)
	if err != nil {
		return err
	}
	address := s.Base + presencePath(id)
	qr, err := otp.NewQR(address)
	if err != nil {
		return err
	}
	p := codePage{Page: r.Page(w, r.L.T("training.desk.code"), web.Link{Text: r.L.T("training.desk.lead"), Href: LeadPath}), Code: code[:3] + " " + code[3:],
		Spoken: strings.Join(strings.Split(code, ""), " "), Path: leadPath(id), Address: address, QR: qr, Until: until.In(web.Warsaw).Format("15:04"), Still: r.Value("stoi") == "tak"}
	p.NoIndex = true
	w.Header().Set("Cache-Control", "no-store")
	if !p.Still {
		// The page comes anew when the code changes; no script is needed for it.
		w.Header().Set("Refresh", strconv.Itoa(int(until.Sub(s.now())/time.Second)+1))
	}
	return r.Render(w, codeView(p))
}

// presencePage is where a participant types the code.
type presencePage struct {
	web.Page
	Path, Training, When string
	Enrollment, Key      string
	Name                 string
	Why                  string // why no code helps; "" when the form is shown
	Done                 string // the mark that is there
	Unknown              bool   // we do not know who asks
	SignIn               string
	Code                 string
}

func (s *Service) getPresence(w http.ResponseWriter, r *web.Request) error {
	return s.showPresence(w, r, http.StatusOK, nil)
}

func (s *Service) showPresence(w http.ResponseWriter, r *web.Request, status int, fail error) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	m, t, err := meetingByID(ctx, s.db, MeetingID(r.PathValue("meeting")))
	if err != nil {
		return err
	}
	if t.State != Published && t.State != Held && t.State != Closed {
		return fault.ErrNotFound
	}
	p := presencePage{Page: r.Page(w, r.L.T("training.desk.presence")).WithErrors(fail), Path: presencePath(m.ID), Training: t.Title,
		When: deskSpan(r.L, m.StartsAt, m.EndsAt), Enrollment: r.Value("zapis"), Key: r.Value("klucz"), Code: r.Value("kod")}
	p.NoIndex = true
	guestHeaders(w)
	e, err := s.presenceOf(ctx, who, m, EnrollmentID(p.Enrollment), p.Key)
	if fault.KindOf(err) == fault.NotFound && p.Key == "" {
		if err := s.mayRead(ctx, who, t); err != nil {
			return err
		}
		p.Unknown, p.SignIn = true, "/konto/zaloguj?dalej="+url.QueryEscape(p.Path)
		p.Why = r.L.T("training.desk.presence_unknown")
		if who.SignedIn() {
			p.Why, p.SignIn = r.L.T("training.desk.presence_not_in"), ""
		}
		return r.RenderStatus(w, status, presenceView(p))
	}
	if err != nil {
		return err
	}
	p.Enrollment, p.Name = string(e.ID), e.Name
	if err := s.presenceState(ctx, r.L, t, m, e, &p); err != nil {
		return err
	}
	return r.RenderStatus(w, status, presenceView(p))
}

// presenceState says what is marked already, or why no code helps.
func (s *Service) presenceState(ctx context.Context, l *i18n.L, t Training, m Meeting, e Enrollment, p *presencePage) error {
	var set SetOf
	err := s.db.Get(ctx, &set, `select enrollment, mark, 0 as late, how, by_person, at from training_attendance where meeting = ? and enrollment = ?`, m.ID, e.ID)
	if err == nil {
		p.Done = s.saidMark(l, map[string]string{}, set)
		return nil
	}
	if fault.KindOf(err) != fault.NotFound {
		return err
	}
	if refused := fault.As(codeRefused(t, m, s.now())); refused != nil {
		p.Why = l.T(refused.Key, refused.Args...)
	}
	return nil
}

// presenceOf is the enrollment by which somebody stands on the list of a
// meeting: by the key of a mailed link, or the signed-in person's own.
func (s *Service) presenceOf(ctx context.Context, who access.Actor, m Meeting, id EnrollmentID, key string) (e Enrollment, err error) {
	if id == "" || key == "" && id != "" && !who.SignedIn() {
		return s.ownAt(ctx, s.db, who, m)
	}
	if e, err = s.Open(ctx, Holder{Actor: who, Key: key}, id); err != nil {
		return e, err
	}
	if e.Training != m.Training || !lists(m, e) {
		return e, fault.ErrNotFound
	}
	return e, nil
}

// guestHeaders keep an address with a key out of caches and of what browsers
// tell other sites.
func guestHeaders(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
}

func (s *Service) postPresence(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	id, e, key := MeetingID(r.PathValue("meeting")), EnrollmentID(r.Value("zapis")), r.Value("klucz")
	code := strings.Map(func(c rune) rune {
		if c < '0' || c > '9' {
			return -1 // blanks and dashes that people type between digits
		}
		return c
	}, r.Value("kod"))
	_, err := s.TypeCode(r.Context(), Holder{Actor: access.ActorOf(r.Request), Key: key}, id, e, code)
	if f := fault.As(err); f != nil && f.Kind == fault.Invalid {
		return s.showPresence(w, r, f.Kind.Status(), err)
	}
	if err != nil {
		return err
	}
	return r.Redirect(w, PresenceLink(id, e, key))
}

// leadDesk puts today's meetings on the desk of who leads them, and trainings
// that wait to be settled on the desks of their center.
func (s *Service) leadDesk(r *web.Request) (items []web.DeskItem, err error) {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	if who.May(access.LeadTrainings) && who.SignedIn() {
		list, err := s.Leading(ctx, who, false)
		if err != nil {
			return nil, err
		}
		now := s.now().In(web.Warsaw)
		for _, m := range list {
			at := time.Unix(m.StartsAt, 0).In(web.Warsaw)
			if m.TakenAt == 0 && at.YearDay() == now.YearDay() && at.Year() == now.Year() {
				items = append(items, web.DeskItem{Rank: 10, Title: r.L.T("training.desk.desk_lead", "title", m.Called), Text: deskPlace(m.Room, cmp.Or(m.Place, m.Where)),
					Href: leadPath(m.ID), By: at.Format("15:04")})
			}
		}
	}
	waiting, err := s.toSettle(ctx, who)
	for _, t := range waiting {
		items = append(items, web.DeskItem{Rank: 40, Title: r.L.T("training.desk.desk_settle", "title", t.Title), Text: r.L.T("training.desk.desk_settle_text"),
			Href: DeskPath(t.ID) + "/obecnosc"})
	}
	return items, err
}

// toSettle are at most ten trainings of the actor's centers that are over.
func (s *Service) toSettle(ctx context.Context, who access.Actor) (list []Training, err error) {
	var at []string
	for _, h := range who.Roles {
		if h.Role.Gives(access.ManageTrainings) && h.Institution != "" {
			at = append(at, string(h.Institution))
		}
	}
	if len(at) == 0 {
		return nil, nil
	}
	query, args, err := db.In(`select `+Columns+` from training_trainings t where t.state = ? and t.center in (?) order by t.ends_at, t.id limit 10`, Held, at)
	if err != nil {
		return nil, err
	}
	return list, s.db.Select(ctx, &list, query, args...)
}
