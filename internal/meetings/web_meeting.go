package meetings

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"kladka/internal/access"
	"kladka/internal/platform/calendar"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/files"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/notify"
	"kladka/internal/platform/web"
)

func (s *Service) meetingRoutes(sh *web.Shell) {
	one := Path + "/{id}"
	sh.Handle("GET "+one, access.SignedIn, s.getMeeting)
	sh.Handle("GET "+one+"/kalendarz.ics", access.SignedIn, s.getCalendar)
	sh.Handle("GET "+one+"/zmien", runsGuard(), s.getChange)
	sh.Handle("POST "+one+"/zmien", runsGuard(), s.postChange, web.Idempotent())
	sh.Handle("POST "+one+"/oglos", runsGuard(), s.postAnnounce, web.Idempotent())
	sh.Handle("POST "+one+"/zamknij-tematy", runsGuard(), s.postCloseTopics)
	sh.Handle("POST "+one+"/zwolaj", runsGuard(), s.postConvene, web.Idempotent())
	sh.Handle("POST "+one+"/odbylo-sie", recordsGuard(), s.postHold, web.Idempotent())
	sh.Handle("POST "+one+"/odwolaj", runsGuard(), s.postCancel, web.Idempotent())
}

// meetingPage is one meeting as its reader sees it.
type meetingPage struct {
	web.Page
	Of       Meeting
	State    string
	Badge    string
	Facts    []web.Fact
	Stages   []web.StepItem
	Next     web.Step
	Why      *web.Reason // why it was announced late, or canceled
	Agenda   []agendaLine
	Total    string
	Tabs     []web.Link
	Seat     *seatLine // the reader's
	Answers  bool      // may answer now
	Share    string    // what the reader needs on the day, "" without a seat
	Runs     bool
	Records  bool
	Late     *web.Reason // what the notice asks, when it is too late for it
	Begun    bool
	Length   int // minutes, as planned
	Trace    string
	Calendar string
	Files    []fileLine
}

// agendaLine is an item with its hour.
type agendaLine struct {
	Item
	Hour, Length string
	Guests       []string
	TopicHref    string
	Carried      bool
	Files        []fileLine
	Open         []web.Link // open decisions and tasks, at the first item
}

type fileLine struct{ Title, Href, Size, ID string }

// seatLine is a seat as it is shown.
type seatLine struct {
	ID                           InvitationID
	Name, Units, Reply, By, When string
	Answered                     Reply
	Instead                      string
}

// Tabs are the pages of one meeting for who may open them: draw them with
// web.SubNav. Here is what follows Href: "" or "/porzadek".
func Tabs(l *i18n.L, who access.Actor, m Meeting, here string) []web.Link {
	base := Href(m.ID)
	links := []web.Link{{Text: l.T("meetings.tab.meeting"), Href: base}}
	if Runs(who, m.Kind, m.Owner) == nil {
		links = append(links, web.Link{Text: l.T("meetings.tab.agenda"), Href: base + "/porzadek"}, web.Link{Text: l.T("meetings.tab.seats"), Href: base + "/zaproszenia"},
			web.Link{Text: l.T("meetings.tab.program"), Href: ProgramHref(m.ID)})
	}
	if Records(who, m) == nil && m.State != Planned {
		links = append(links, web.Link{Text: l.T("meetings.tab.attendance"), Href: base + "/obecnosc"})
	}
	if Records(who, m) == nil {
		links = append(links, web.Link{Text: l.T("meetings.large.tab"), Href: LargeHref(m.ID)})
	}
	if m.State.Over() || Records(who, m) == nil && m.State.Announced() {
		links = append(links, web.Link{Text: l.T("meetings.tab.minutes"), Href: base + "/protokol"})
	}
	for n := range links {
		links[n].Current = links[n].Href == base+here
	}
	return links
}

// frame begins a page of a meeting below its own.
func (s *Service) frame(w http.ResponseWriter, r *web.Request, m Meeting, title string) web.Page {
	p := r.Page(w, title, web.Link{Text: r.L.T("meetings.title"), Href: Path}, web.Link{Text: m.Title, Href: Href(m.ID)})
	p.NoIndex = true
	return p
}

func (s *Service) getMeeting(w http.ResponseWriter, r *web.Request) error {
	return s.showMeeting(w, r, http.StatusOK, nil)
}

func (s *Service) showMeeting(w http.ResponseWriter, r *web.Request, status int, refusal error) error {
	ctx, who, l := r.Context(), access.ActorOf(r.Request), r.L
	m, err := s.meetingSeen(ctx, who, MeetingID(r.PathValue("id")))
	if err != nil {
		return err
	}
	p := meetingPage{Page: r.Page(w, m.Title, web.Link{Text: l.T("meetings.title"), Href: Path}).WithErrors(refusal), Of: m, State: l.T("meetings.state." + string(m.State)),
		Badge: stateBadge(m.State), Stages: stages(l, m), Tabs: Tabs(l, who, m, ""), Runs: Runs(who, m.Kind, m.Owner) == nil, Records: Records(who, m) == nil,
		Begun: s.now().Unix() >= m.StartsAt, Length: int(m.EndsAt-m.StartsAt) / 60, Trace: traceHref(m.Trace), Calendar: Href(m.ID) + "/kalendarz.ics"}
	p.NoIndex = true
	if m.Minutes > 0 {
		p.Length = m.Minutes
	}
	if p.Facts, err = s.meetingFacts(ctx, l, m); err != nil {
		return err
	}
	if p.Agenda, p.Files, err = s.agendaOf(ctx, l, m); err != nil {
		return err
	}
	if s.Attends(ctx, who, m) != nil { // an expert reads the program alone
		p.Agenda, p.Tabs = ownAgenda(p.Agenda), p.Tabs[:1]
	}
	p.Total = l.N("meetings.minutes", agendaLength(p.Agenda))
	if err := s.meetingSeat(ctx, l, who, &p); err != nil {
		return err
	}
	if p.Next, err = s.meetingNext(ctx, l, m); err != nil {
		return err
	}
	if m.LateWhy != "" {
		p.Why = &web.Reason{Text: m.LateWhy, Human: true, About: l.T("meetings.why_late")}
	}
	if m.CanceledWhy != "" {
		p.Why = &web.Reason{Text: m.CanceledWhy, Human: true, About: l.T("meetings.why_canceled")}
	}
	if p.Runs && m.State == Planned {
		if err := s.lateness(ctx, l, &p); err != nil {
			return err
		}
	}
	return r.RenderStatus(w, status, meetingView(p))
}

// lateness says what the notice asks when the meeting is too near for it.
func (s *Service) lateness(ctx context.Context, l *i18n.L, p *meetingPage) error {
	notice, err := s.Law.Int(ctx, s.db, NoticeDays, s.now())
	if err != nil || onTime(p.Of, notice, s.now()) {
		return err
	}
	p.Late = &web.Reason{Text: l.T("meetings.late_text", "day", dateWords(l, notice.Before(time.Unix(p.Of.StartsAt, 0)).Unix())),
		Rule: l.T("meetings.late_rule", "basis", notice.Basis), Numbers: []web.Pair{{Name: l.T("meetings.param.notice"), Value: notice.Words(l)}}}
	return nil
}

func (s *Service) meetingFacts(ctx context.Context, l *i18n.L, m Meeting) ([]web.Fact, error) {
	series, err := SeriesByID(ctx, s.db, m.Series)
	if err != nil {
		return nil, err
	}
	names, err := s.Directory.Names(ctx, []access.InstitutionID{m.Owner})
	facts := []web.Fact{{Name: l.T("meetings.fact.when"), Value: span(l, m)}}
	for _, f := range []web.Fact{{Name: l.T("meetings.fact.place"), Value: m.Place}, {Name: l.T("meetings.fact.online"), Value: m.Online, Href: m.Online},
		{Name: l.T("meetings.fact.series"), Value: series.Title, Href: SeriesHref(series.ID)}, {Name: l.T("meetings.fact.owner"), Value: names[m.Owner]}} {
		if f.Value != "" {
			facts = append(facts, f)
		}
	}
	if m.State.In(Planned, AgendaOpen) {
		facts = append(facts, web.Fact{Name: l.T("meetings.fact.topics_until"), Value: until(l, m.TopicsUntil)})
	}
	if m.State == Planned || m.State.Announced() {
		facts = append(facts, web.Fact{Name: l.T("meetings.fact.reply_until"), Value: until(l, m.ReplyUntil)})
	}
	if m.Minutes > 0 {
		facts = append(facts, web.Fact{Name: l.T("meetings.fact.length"), Value: l.N("meetings.minutes", m.Minutes)})
	}
	return facts, err
}

// stages are the way of a meeting with what is behind it.
func stages(l *i18n.L, m Meeting) (list []web.StepItem) {
	here := 0
	for n, st := range States() {
		if st == m.State {
			here = n
		}
	}
	for n, st := range States()[:8] {
		list = append(list, web.StepItem{Rank: n, Title: l.T("meetings.state." + string(st)), Done: m.State != Canceled && n <= here})
	}
	return list
}

// meetingNext says what comes next, who does it and by when.
func (s *Service) meetingNext(ctx context.Context, l *i18n.L, m Meeting) (web.Step, error) {
	st := web.Step{What: l.T("meetings.next." + string(m.State)), Who: l.T("meetings.next_who." + string(m.State))}
	switch m.State {
	case Planned:
		notice, err := s.Law.Int(ctx, s.db, NoticeDays, s.now())
		if err != nil {
			return st, err
		}
		st.When = dateWords(l, notice.Before(time.Unix(m.StartsAt, 0)).Unix())
	case AgendaOpen:
		st.When = until(l, m.TopicsUntil)
	case AgendaClosed, Convened:
		st.When = dateWords(l, m.StartsAt)
	case Held:
		days, err := s.Law.Int(ctx, s.db, MinutesDays, s.now())
		if err != nil {
			return st, err
		}
		st.When = dateWords(l, days.After(time.Unix(m.EndsAt, 0)).Unix())
	}
	return st, nil
}

// meetingSeat is the reader's own seat.
func (s *Service) meetingSeat(ctx context.Context, l *i18n.L, who access.Actor, p *meetingPage) error {
	v, err := s.invitationFor(ctx, s.db, who, p.Of.ID)
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	lines, err := s.seatLines(ctx, l, p.Of.ID, []Invitation{v})
	if err != nil {
		return err
	}
	p.Seat, p.Answers = &lines[0], p.Of.State.Announced() && !p.Begun
	if s.beforeEnd(p.Of) == nil {
		p.Share = Href(p.Of.ID) + "/udzial"
	}
	return nil
}

// agendaOf is the agenda with hours, files and, at its first item, the
// decisions that still stand open; and the files of the meeting as a whole.
func (s *Service) agendaOf(ctx context.Context, l *i18n.L, m Meeting) (lines []agendaLine, whole []fileLine, err error) {
	items, err := ItemsOf(ctx, s.db, m.ID)
	if err != nil {
		return nil, nil, err
	}
	byItem, err := s.filesOf(ctx, m.ID)
	if err != nil {
		return nil, nil, err
	}
	at := m.StartsAt
	for _, i := range items {
		a := agendaLine{Item: i, Hour: hour(at), Length: l.N("meetings.minutes", i.Minutes), Carried: i.From != "", Files: byItem[i.ID]}
		if i.Kind == Standing {
			if a.Open, err = s.openBefore(ctx, l, m); err != nil {
				return nil, nil, err
			}
			if len(a.Open) == 0 {
				continue // nothing stands open: nothing to go through
			}
			a.Title = l.T("meetings.item.standing")
		}
		if i.Topic != "" {
			a.TopicHref = TopicHref(i.Topic)
		}
		if i.Guests != "" {
			for g := range strings.SplitSeq(i.Guests, "\n") {
				a.Guests = append(a.Guests, line(g))
			}
		}
		at += int64(i.Minutes) * 60
		lines = append(lines, a)
	}
	return lines, byItem[""], nil
}

// ownAgenda are the items of a meeting itself, without what earlier ones left open.
func ownAgenda(lines []agendaLine) []agendaLine {
	return slices.DeleteFunc(lines, func(a agendaLine) bool { return a.Kind == Standing })
}

func agendaLength(lines []agendaLine) (n int) {
	for _, a := range lines {
		n += a.Minutes
	}
	return n
}

func (s *Service) filesOf(ctx context.Context, id MeetingID) (map[ItemID][]fileLine, error) {
	var rows []struct {
		File  string `db:"file"`
		Item  ItemID `db:"item"`
		Title string `db:"title"`
	}
	if err := s.db.Select(ctx, &rows, `select file, item, title from meetings_materials where meeting = ? order by added_at, file`, id); err != nil || len(rows) == 0 || s.Files == nil {
		return nil, err
	}
	kept, err := s.Files.Of(ctx, s.db, materialOwner(id))
	if err != nil {
		return nil, err
	}
	out := map[ItemID][]fileLine{}
	for _, row := range rows {
		for _, f := range kept {
			if string(f.ID) != row.File {
				continue
			}
			title := row.Title
			if title == "" {
				title = f.Name
			}
			out[row.Item] = append(out[row.Item], fileLine{Title: title, Href: Href(id) + "/materialy/" + row.File, Size: files.Bytes(f.Size), ID: row.File})
		}
	}
	return out, nil
}

// getCalendar is a meeting as a file for calendar programs.
func (s *Service) getCalendar(w http.ResponseWriter, r *web.Request) error {
	m, err := s.meetingSeen(r.Context(), access.ActorOf(r.Request), MeetingID(r.PathValue("id")))
	if err != nil {
		return err
	}
	host := s.Host
	if host == "" {
		host = "kladka.invalid"
	}
	items, err := ItemsOf(r.Context(), s.db, m.ID)
	if err != nil {
		return err
	}
	var agenda []string
	for _, i := range items {
		if i.Title != "" {
			agenda = append(agenda, i.Title)
		}
	}
	var b bytes.Buffer
	err = calendar.Write(&b, calendar.Calendar{Name: m.Title, Lang: string(i18n.PL), Events: []calendar.Event{{UID: string(m.ID) + "@" + host, Title: m.Title,
		Text: strings.Join(agenda, "\n"), Place: m.Place, Starts: time.Unix(m.StartsAt, 0), Ends: time.Unix(m.EndsAt, 0), Sequence: int(m.Revision), Stamp: s.now(),
		Changed: time.Unix(m.ChangedAt, 0), Canceled: m.State == Canceled}}})
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/calendar; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="spotkanie.ics"`)
	_, err = w.Write(b.Bytes())
	return err
}

// CalendarOf are the meetings at which a person has a seat, for the person's
// calendar; those to which the person does not come are left out.
func (s *Service) CalendarOf(ctx context.Context, person string, from, to time.Time) (list []notify.Entry, err error) {
	defer fault.Wrap(&err, "meetings of a person")
	var rows []Meeting
	err = s.db.Select(ctx, &rows, `select `+MeetingColumns+` from meetings_meetings m join meetings_invitations v on v.meeting = m.id
		where v.person = ? and v.reply <> ? and m.announced_at > 0 and m.starts_at < ? and m.ends_at > ? order by m.starts_at, m.id`, person, StaysAway, to.Unix(), from.Unix())
	for _, m := range rows {
		list = append(list, notify.Entry{ID: string(m.ID), Title: m.Title, Place: m.Place, Link: Href(m.ID), From: time.Unix(m.StartsAt, 0), To: time.Unix(m.EndsAt, 0),
			Canceled: m.State == Canceled, Changed: time.Unix(m.ChangedAt, 0)})
	}
	return list, err
}

func (s *Service) getPlan(w http.ResponseWriter, r *web.Request) error {
	series, err := s.seriesRun(r.Context(), access.ActorOf(r.Request), SeriesID(r.PathValue("id")))
	if err != nil {
		return err
	}
	return s.planForm(w, r, series, nil)
}

func (s *Service) planForm(w http.ResponseWriter, r *web.Request, series Series, refusal error) error {
	p := formPage{Page: r.Page(w, r.L.T("meetings.plan"), web.Link{Text: r.L.T("meetings.title"), Href: Path}, web.Link{Text: series.Title, Href: SeriesHref(series.ID)}).WithErrors(refusal),
		Text: r.L.T("meetings.plan_text"), Action: SeriesHref(series.ID) + "/spotkanie", Button: r.L.T("meetings.plan_send"), Back: web.Link{Text: series.Title, Href: SeriesHref(series.ID)}}
	title := r.Value("tytul")
	if title == "" && refusal == nil {
		title = series.Title
	}
	p.Fields = planFields(p.Page, title, r.Value("opis"), r.Value("miejsce"), r.Value("adres"), r.Value("dzien"), r.Value("od"), r.Value("do"))
	return p.form(w, r, refusal)
}

func planFields(p web.Page, title, text, place, online, day, from, to string) []templ.Component {
	return []templ.Component{
		web.Field(p, web.Input{Name: "tytul", Label: p.T("meetings.field.title"), Value: title, Required: true}),
		web.Field(p, web.Input{Name: "dzien", Label: p.T("meetings.field.day"), Type: "date", Value: day, Required: true, Short: true}),
		web.Field(p, web.Input{Name: "od", Label: p.T("meetings.field.from"), Type: "time", Value: from, Required: true, Short: true}),
		web.Field(p, web.Input{Name: "do", Label: p.T("meetings.field.to"), Type: "time", Value: to, Required: true, Short: true}),
		web.Field(p, web.Input{Name: "miejsce", Label: p.T("meetings.field.place"), Value: place}),
		web.Field(p, web.Input{Name: "adres", Label: p.T("meetings.field.online"), Hint: p.T("meetings.field.online_hint"), Type: "url", Value: online}),
		web.Textarea(p, web.Area{Name: "opis", Label: p.T("meetings.field.invite_words"), Value: text})}
}

// planOf reads the form of a plan. A moment that is none is left empty, which
// the service refuses at its field.
func planOf(r *web.Request) Plan {
	p := Plan{Series: SeriesID(r.PathValue("id")), Revision: int64(whole(r.Value("wersja"))), Title: r.Value("tytul"), Words: r.Value("opis"), Place: r.Value("miejsce"), Online: r.Value("adres")}
	if at, _, err := calendar.Read(r.Value("dzien"), r.Value("od")); err == nil {
		p.Starts = at
	}
	if at, _, err := calendar.Read(r.Value("dzien"), r.Value("do")); err == nil {
		p.Ends = at
	}
	return p
}

func (s *Service) postPlan(w http.ResponseWriter, r *web.Request) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	id, err := s.PlanMeeting(ctx, who, planOf(r))
	if invalid(err) {
		series, also := s.seriesRun(ctx, who, SeriesID(r.PathValue("id")))
		if also != nil {
			return also
		}
		return s.planForm(w, r, series, err)
	}
	if err != nil {
		return err
	}
	return done(w, r, "planned", Href(id)+"/porzadek")
}

func (s *Service) getChange(w http.ResponseWriter, r *web.Request) error {
	m, err := s.meetingRun(r.Context(), access.ActorOf(r.Request), MeetingID(r.PathValue("id")))
	if err != nil {
		return err
	}
	return s.changeForm(w, r, m, planFieldsOf(m), nil)
}

func planFieldsOf(m Meeting) func(p web.Page) []templ.Component {
	return func(p web.Page) []templ.Component {
		return planFields(p, m.Title, m.Words, m.Place, m.Online, dayOf(m.StartsAt), hour(m.StartsAt), hour(m.EndsAt))
	}
}

func (s *Service) changeForm(w http.ResponseWriter, r *web.Request, m Meeting, fields func(web.Page) []templ.Component, refusal error) error {
	p := formPage{Page: s.frame(w, r, m, r.L.T("meetings.change")).WithErrors(refusal), Text: r.L.T("meetings.change_text"), Action: Href(m.ID) + "/zmien",
		Button: r.L.T("meetings.save"), Back: web.Link{Text: m.Title, Href: Href(m.ID)}, Hidden: []web.Pair{{Name: "wersja", Value: number(m.Revision)}}}
	p.Fields = fields(p.Page)
	return p.form(w, r, refusal)
}

func (s *Service) postChange(w http.ResponseWriter, r *web.Request) error {
	ctx, who, id := r.Context(), access.ActorOf(r.Request), MeetingID(r.PathValue("id"))
	err := s.Change(ctx, who, id, planOf(r))
	if invalid(err) {
		m, also := s.meetingRun(ctx, who, id)
		if also != nil {
			return also
		}
		return s.changeForm(w, r, m, func(p web.Page) []templ.Component {
			return planFields(p, r.Value("tytul"), r.Value("opis"), r.Value("miejsce"), r.Value("adres"), r.Value("dzien"), r.Value("od"), r.Value("do"))
		}, err)
	}
	if err != nil {
		return err
	}
	return done(w, r, "saved", Href(id))
}

// onMeeting does a deed with the meeting of the address and goes on to a page of it.
func (s *Service) onMeeting(w http.ResponseWriter, r *web.Request, notice, page string, do func(ctx context.Context, who access.Actor, id MeetingID) error) error {
	id := MeetingID(r.PathValue("id"))
	err := do(r.Context(), access.ActorOf(r.Request), id)
	if invalid(err) {
		return s.showMeeting(w, r, http.StatusUnprocessableEntity, err)
	}
	if err != nil {
		return err
	}
	return done(w, r, notice, Href(id)+page)
}

func (s *Service) postAnnounce(w http.ResponseWriter, r *web.Request) error {
	return s.onMeeting(w, r, "announced", "", func(ctx context.Context, who access.Actor, id MeetingID) error {
		return s.Announce(ctx, who, id, r.Value("powod_terminu"))
	})
}

func (s *Service) postCloseTopics(w http.ResponseWriter, r *web.Request) error {
	return s.onMeeting(w, r, "closed", "", s.CloseTopics)
}

func (s *Service) postConvene(w http.ResponseWriter, r *web.Request) error {
	return s.onMeeting(w, r, "convened", "", s.Convene)
}

func (s *Service) postHold(w http.ResponseWriter, r *web.Request) error {
	return s.onMeeting(w, r, "held", "/obecnosc", func(ctx context.Context, who access.Actor, id MeetingID) error {
		return s.Hold(ctx, who, id, whole(r.Value("minuty")))
	})
}

func (s *Service) postCancel(w http.ResponseWriter, r *web.Request) error {
	return s.onMeeting(w, r, "canceled", "", func(ctx context.Context, who access.Actor, id MeetingID) error {
		return s.Cancel(ctx, who, id, r.Value("powod"))
	})
}
