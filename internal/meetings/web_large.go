package meetings

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

func (s *Service) largeRoutes(sh *web.Shell) {
	one := Path + "/{id}"
	sh.Handle("GET "+one+"/organizacja", recordsGuard(), s.getLarge)
	sh.Handle("POST "+one+"/organizacja/sala", runsGuard(), s.postHall, web.Idempotent())
	sh.Handle("POST "+one+"/organizacja/dyzur", runsGuard(), s.postDuty, web.Idempotent())
	sh.Handle("POST "+one+"/organizacja/dyzur/koniec", runsGuard(), s.postDutyEnd, web.Idempotent())
	sh.Handle("POST "+one+"/organizacja/po-spotkaniu", recordsGuard(), s.postAfter, web.Idempotent())
	sh.Handle("GET "+one+"/goscie", runsGuard(), s.getGuests)
	sh.Handle("POST "+one+"/goscie", runsGuard(), s.postGuest, web.Idempotent())
	sh.Handle("POST "+one+"/goscie/usun", runsGuard(), s.postGuestOut, web.Idempotent())
	sh.Handle("GET "+one+"/identyfikatory.pdf", runsGuard(), s.getBadges)
	sh.Handle("GET "+one+"/stoliki", runsGuard(), s.getTables)
	sh.Handle("POST "+one+"/stoliki", runsGuard(), s.postTable, web.Idempotent())
	sh.Handle("POST "+one+"/stoliki/z-porzadku", runsGuard(), s.postAgendaTables, web.Idempotent())
	sh.Handle("POST "+one+"/stoliki/usun", runsGuard(), s.postTableOut, web.Idempotent())
	sh.Handle("GET "+one+"/udzial", access.SignedIn, s.getShare)
	sh.Handle("POST "+one+"/udzial/stolik", access.SignedIn, s.postSit, web.Idempotent())
	s.doorRoutes(sh)
	s.floorRoutes(sh)
	sh.AddDesk(s.largeDesk)
}

// largePage is where the organizer looks after a large meeting.
type largePage struct {
	web.Page
	typed
	Of      Meeting
	Large   Large
	Tabs    []web.Link
	Stats   []web.Figure
	Lacking string // how many chairs are missing, "" for none
	Reply   string // day until which answers are asked for, YYYY-MM-DD
	Waiting string // who has not answered, in words
	Runs    bool
	Before  bool // the hall can still be set
	Open    bool // guests and duties can still be named
	Duty    []dutyLine
	People  []web.Choice
	Links   []web.Link
	After   string // when everybody was told of the materials
	Tells   bool
	Ratings string // what was said of it, "" before its end
	Next    web.Step
}

type dutyLine struct {
	Person, Name, State string
	Ended               bool
}

// largeTabs are the pages of a meeting and those of a large one.
func (s *Service) largeTabs(r *web.Request, who access.Actor, m Meeting, here string) []web.Link {
	base := Href(m.ID)
	links := slices.DeleteFunc(Tabs(r.L, who, m, here), func(l web.Link) bool { return l.Href == LargeHref(m.ID) })
	links = append(links, web.Link{Text: r.L.T("meetings.large.tab"), Href: LargeHref(m.ID)})
	if Runs(who, m.Kind, m.Owner) == nil {
		links = append(links, web.Link{Text: r.L.T("meetings.guest.tab"), Href: base + "/goscie"}, web.Link{Text: r.L.T("meetings.table.tab"), Href: base + "/stoliki"})
	}
	links = append(links, web.Link{Text: r.L.T("meetings.door.tab"), Href: base + "/wejscie"}, web.Link{Text: r.L.T("meetings.floor.tab"), Href: base + "/pytania"})
	for n := range links {
		links[n].Current = links[n].Href == base+here
	}
	return links
}

func (s *Service) getLarge(w http.ResponseWriter, r *web.Request) error {
	return s.showLarge(w, r, http.StatusOK, nil)
}

func (s *Service) showLarge(w http.ResponseWriter, r *web.Request, status int, refusal error) error {
	ctx, who, l := r.Context(), access.ActorOf(r.Request), r.L
	m, err := s.meetingRecord(ctx, who, MeetingID(r.PathValue("id")))
	if err != nil {
		return err
	}
	crowd, err := CrowdOf(ctx, s.db, m.ID)
	if err != nil {
		return err
	}
	p := largePage{Page: s.frame(w, r, m, l.T("meetings.large.title")).WithErrors(refusal), typed: typed{r, refusal != nil}, Of: m, Tabs: s.largeTabs(r, who, m, "/organizacja"), Reply: dayOf(m.ReplyUntil - 1),
		Runs: Runs(who, m.Kind, m.Owner) == nil, Before: !m.State.Over() && m.State != Canceled && s.now().Unix() < m.StartsAt, Open: s.beforeEnd(m) == nil,
		Tells: m.State.In(MinutesDraft, MinutesAdopted, Archived)}
	if p.Large, err = LargeOf(ctx, s.db, m.ID); err != nil {
		return err
	}
	if p.Large.AfterAt > 0 {
		p.After = l.DateTime(time.Unix(p.Large.AfterAt, 0).In(web.Warsaw))
	}
	if s.Ratings != nil && p.Runs && m.State.Over() {
		p.Ratings = s.Ratings(m.ID)
	}
	p.crowd(crowd)
	if p.Runs {
		if err := s.dutyLines(ctx, r, &p); err != nil {
			return err
		}
	}
	p.Next = largeNext(p)
	return r.RenderStatus(w, status, largeView(p))
}

// crowd puts the figures of a crowd onto the page.
func (p *largePage) crowd(c Crowd) {
	l := p.L
	chairs := l.T("meetings.large.enough")
	if p.Large.Seats > 0 {
		chairs = l.Number(p.Large.Seats)
	}
	if lack := c.Expected() - p.Large.Seats; p.Large.Seats > 0 && lack > 0 {
		p.Lacking = l.N("meetings.large.lacking", lack)
	}
	if c.Waiting > 0 {
		p.Waiting = l.N("meetings.large.waiting", c.Waiting)
	}
	p.Stats = []web.Figure{{Value: l.Number(c.Seats), Label: l.T("meetings.stat.seats")}, {Value: l.Number(c.Expected()), Label: l.T("meetings.large.stat.expected")},
		{Value: chairs, Label: l.T("meetings.large.stat.chairs")}, {Value: l.Number(c.Guests), Label: l.T("meetings.large.stat.guests")},
		{Value: l.Number(c.Here()), Label: l.T("meetings.large.stat.here")}}
}

func (s *Service) dutyLines(ctx context.Context, r *web.Request, p *largePage) error {
	list, err := DutyOf(ctx, s.db, p.Of.ID)
	if err != nil {
		return err
	}
	var ids []string
	for _, d := range list {
		ids = append(ids, string(d.Person))
	}
	names, err := s.People.NamesOf(ctx, ids)
	if err != nil {
		return err
	}
	for _, d := range list {
		line := dutyLine{Person: string(d.Person), Name: names[string(d.Person)], State: r.L.T("meetings.large.on_duty"), Ended: d.EndedAt > 0 || !p.Open}
		if line.Ended {
			line.State = r.L.T("meetings.large.off_duty")
		}
		p.Duty = append(p.Duty, line)
	}
	if p.Open {
		p.People, err = s.dutyChoices(ctx, p.Of)
	}
	return err
}

// dutyChoices are whom the organizer can put at the door: the people of the
// owner, of other bodies and centers, and those who belong to the series.
func (s *Service) dutyChoices(ctx context.Context, m Meeting) ([]web.Choice, error) {
	series, err := SeriesByID(ctx, s.db, m.Series)
	if err != nil {
		return nil, err
	}
	_, people, err := s.memberChoices(ctx, series)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, c := range people {
		ids = append(ids, c.Value)
	}
	for _, p := range []access.Permission{access.SeeDesk, access.RecordMeetings, access.RunMeetings} {
		some, err := s.People.Holders(ctx, p, m.Owner)
		if err != nil {
			return nil, err
		}
		for _, id := range some {
			ids = append(ids, string(id))
		}
	}
	return s.choosePeople(ctx, ids)
}

// largeNext says what the organizer does next.
func largeNext(p largePage) web.Step {
	what := "prepare"
	switch {
	case p.After != "":
		what = "done"
	case p.Tells:
		what = "tell"
	case p.Of.State.Over():
		what = "minutes"
	}
	st := web.Step{What: p.T("meetings.large.next." + what), Who: p.T("meetings.large.next_who")}
	if what == "prepare" {
		st.When = dayWords(p.L, p.Of.StartsAt)
	}
	return st
}

// onLarge does a deed of the organizer and goes back to the page.
func (s *Service) onLarge(w http.ResponseWriter, r *web.Request, notice string, do func(ctx context.Context, who access.Actor, id MeetingID) error) error {
	return s.onPage(w, r, notice, "/organizacja", s.showLarge, do)
}

// onPage does a deed with the meeting of the address; words that are refused
// stand on the page they were typed on.
func (s *Service) onPage(w http.ResponseWriter, r *web.Request, notice, page string, show func(http.ResponseWriter, *web.Request, int, error) error,
	do func(ctx context.Context, who access.Actor, id MeetingID) error) error {
	id := MeetingID(r.PathValue("id"))
	err := do(r.Context(), access.ActorOf(r.Request), id)
	if invalid(err) {
		return show(w, r, http.StatusUnprocessableEntity, err)
	}
	if err != nil {
		return err
	}
	return done(w, r, notice, Href(id)+page)
}

func (s *Service) postHall(w http.ResponseWriter, r *web.Request) error {
	return s.onLarge(w, r, "hall", func(ctx context.Context, who access.Actor, id MeetingID) error {
		return s.SetHall(ctx, who, id, whole(r.Value("krzesla")), r.Value("odpowiedzi"))
	})
}

func (s *Service) postDuty(w http.ResponseWriter, r *web.Request) error {
	return s.onLarge(w, r, "duty", func(ctx context.Context, who access.Actor, id MeetingID) error {
		return s.NameDuty(ctx, who, id, access.PersonID(r.Value("osoba")))
	})
}

func (s *Service) postDutyEnd(w http.ResponseWriter, r *web.Request) error {
	return s.onLarge(w, r, "duty_out", func(ctx context.Context, who access.Actor, id MeetingID) error {
		return s.EndDuty(ctx, who, id, access.PersonID(r.Value("osoba")))
	})
}

func (s *Service) postAfter(w http.ResponseWriter, r *web.Request) error {
	return s.onLarge(w, r, "after", s.TellAfter)
}

// guestsPage are the guests of a meeting and the way to all badges.
type guestsPage struct {
	web.Page
	typed
	Of     Meeting
	Tabs   []web.Link
	Rows   []guestLine
	Open   bool
	Badges string
}

type guestLine struct {
	ID, Name, From, Came string
	Here                 bool
}

func (s *Service) getGuests(w http.ResponseWriter, r *web.Request) error {
	return s.showGuests(w, r, http.StatusOK, nil)
}

func (s *Service) showGuests(w http.ResponseWriter, r *web.Request, status int, refusal error) error {
	ctx, who, l := r.Context(), access.ActorOf(r.Request), r.L
	m, err := s.meetingRun(ctx, who, MeetingID(r.PathValue("id")))
	if err != nil {
		return err
	}
	list, err := GuestsOf(ctx, s.db, m.ID)
	if err != nil {
		return err
	}
	p := guestsPage{Page: s.frame(w, r, m, l.T("meetings.guest.title")).WithErrors(refusal), typed: typed{r, refusal != nil}, Of: m, Tabs: s.largeTabs(r, who, m, "/goscie"), Open: s.beforeEnd(m) == nil}
	if m.AnnouncedAt > 0 || len(list) > 0 {
		p.Badges = Href(m.ID) + "/identyfikatory.pdf"
	}
	for _, g := range list {
		line := guestLine{ID: g.ID, Name: g.Name, From: g.From, Here: g.CameAt > 0}
		if line.Here {
			line.Came = l.T("meetings.guest.came", "hour", hour(g.CameAt))
		}
		p.Rows = append(p.Rows, line)
	}
	return r.RenderStatus(w, status, guestsView(p))
}

func (s *Service) postGuest(w http.ResponseWriter, r *web.Request) error {
	return s.onPage(w, r, "guest", "/goscie", s.showGuests, func(ctx context.Context, who access.Actor, id MeetingID) error {
		_, err := s.AddGuest(ctx, who, id, r.Value("gosc"), r.Value("skad"))
		return err
	})
}

func (s *Service) postGuestOut(w http.ResponseWriter, r *web.Request) error {
	return s.onPage(w, r, "guest_out", "/goscie", s.showGuests, func(ctx context.Context, who access.Actor, id MeetingID) error {
		return s.RemoveGuest(ctx, who, id, r.Value("osoba"))
	})
}

// doorAddress is what the picture on a badge holds: the door page with the code,
// so that a telephone opens it, and a scanner types it.
func doorAddress(r *web.Request, id MeetingID, code string) string {
	return ownHost(r) + Href(id) + "/wejscie?kod=" + code
}

// ownHost is the beginning of our addresses as the reader sees them.
func ownHost(r *web.Request) string {
	if r.Shell.HTTPS {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// getBadges prints the badges of everybody who may come: seats whose holder does
// not stay away, and guests. Printing names is noted in the log.
func (s *Service) getBadges(w http.ResponseWriter, r *web.Request) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	m, err := s.meetingRun(ctx, who, MeetingID(r.PathValue("id")))
	if err != nil {
		return err
	}
	list, err := s.paperBadges(ctx, r, m)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return fault.New(fault.Conflict, "meetings.large.fault.no_badges")
	}
	names, err := s.Directory.Names(ctx, []access.InstitutionID{m.Owner})
	if err != nil {
		return err
	}
	if err := s.notePrint(ctx, who, m); err != nil {
		return err
	}
	var b bytes.Buffer
	if err := writeBadges(&b, s.now().In(web.Warsaw), badgeTexts{Title: m.Title, Owner: names[m.Owner], Lang: r.L.Lang}, list); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/pdf")
	w.Header().Set("Content-Disposition", `attachment; filename="identyfikatory.pdf"`)
	w.Header().Set("Cache-Control", "no-store")
	_, err = w.Write(b.Bytes())
	return err
}

func (s *Service) paperBadges(ctx context.Context, r *web.Request, m Meeting) (list []paperBadge, err error) {
	codes, err := s.badgesOf(ctx, m.ID)
	if err != nil {
		return nil, err
	}
	rows, err := s.expected(ctx, r, m)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		if row.Away {
			continue
		}
		code := codes[row.Holder].Code
		list = append(list, paperBadge{Name: row.Name, From: row.From, Table: row.Table, Code: shownCode(code), Address: doorAddress(r, m.ID, code)})
	}
	return list, nil
}

// expectedRow is somebody who may come to a meeting: a seat or a guest.
type expectedRow struct {
	Holder, Name, From, Table string
	Guest, Away, Here         bool
	Since                     int64
}

// expected are all of them, seats by the names of institutions, then guests.
func (s *Service) expected(ctx context.Context, r *web.Request, m Meeting) (rows []expectedRow, err error) {
	list, err := InvitationsOf(ctx, s.db, m.ID)
	if err != nil {
		return nil, err
	}
	lines, err := s.seatLines(ctx, r.L, m.ID, list)
	if err != nil {
		return nil, err
	}
	noted, err := AttendanceOf(ctx, s.db, m.ID)
	if err != nil {
		return nil, err
	}
	came := map[InvitationID]Attendance{}
	for _, a := range noted {
		came[a.Invitation] = a
	}
	tables, err := s.tableNames(ctx, r, m.ID)
	if err != nil {
		return nil, err
	}
	for _, line := range lines {
		a := came[line.ID]
		row := expectedRow{Holder: string(line.ID), Name: line.Name, From: line.Units, Table: tables[line.ID], Away: line.Answered == StaysAway, Here: a.Present, Since: a.At}
		switch {
		case a.Present && a.Name != "":
			row.Name = a.Name
		case line.Answered == Substitute:
			row.Name = line.Instead
		}
		rows = append(rows, row)
	}
	guests, err := GuestsOf(ctx, s.db, m.ID)
	for _, g := range guests {
		rows = append(rows, expectedRow{Holder: g.ID, Name: g.Name, From: g.From, Guest: true, Here: g.CameAt > 0, Since: g.CameAt})
	}
	return rows, err
}

func (s *Service) tableNames(ctx context.Context, r *web.Request, id MeetingID) (map[InvitationID]string, error) {
	tables, err := TablesOf(ctx, s.db, id)
	if err != nil {
		return nil, err
	}
	sits, err := sitsOf(ctx, s.db, id)
	out := make(map[InvitationID]string, len(sits))
	for v, at := range sits {
		if n := slices.IndexFunc(tables, func(t Table) bool { return t.ID == at }); n >= 0 {
			out[v] = r.L.T("meetings.table.no", "n", tables[n].No)
		}
	}
	return out, err
}

// tablesPage are the tables as the organizer sees them.
type tablesPage struct {
	web.Page
	typed
	Of   Meeting
	Tabs []web.Link
	Rows []tableLine
	Open bool
}

// tableLine is a table with who sits there.
type tableLine struct {
	Table
	Heading, Room string
	People        []string
	Mine          bool
}

func (s *Service) getTables(w http.ResponseWriter, r *web.Request) error {
	return s.showTables(w, r, http.StatusOK, nil)
}

func (s *Service) showTables(w http.ResponseWriter, r *web.Request, status int, refusal error) error {
	ctx, who, l := r.Context(), access.ActorOf(r.Request), r.L
	m, err := s.meetingRun(ctx, who, MeetingID(r.PathValue("id")))
	if err != nil {
		return err
	}
	p := tablesPage{Page: s.frame(w, r, m, l.T("meetings.table.title")).WithErrors(refusal), typed: typed{r, refusal != nil}, Of: m, Tabs: s.largeTabs(r, who, m, "/stoliki"), Open: s.beforeEnd(m) == nil}
	if p.Rows, err = s.tableLines(ctx, r, m.ID); err != nil {
		return err
	}
	sits, err := sitsOf(ctx, s.db, m.ID)
	if err != nil {
		return err
	}
	people, err := s.expected(ctx, r, m)
	if err != nil {
		return err
	}
	for n := range p.Rows {
		for _, x := range people {
			if sits[InvitationID(x.Holder)] == p.Rows[n].ID {
				p.Rows[n].People = append(p.Rows[n].People, joined(", ", x.Name, x.From))
			}
		}
	}
	return r.RenderStatus(w, status, tablesView(p))
}

func (s *Service) tableLines(ctx context.Context, r *web.Request, id MeetingID) (lines []tableLine, err error) {
	list, err := TablesOf(ctx, s.db, id)
	for _, t := range list {
		lines = append(lines, tableLine{Table: t, Heading: r.L.T("meetings.table.heading", "n", t.No, "title", t.Title), Room: r.L.N("meetings.table.free", t.Free())})
	}
	return lines, err
}

func (s *Service) postTable(w http.ResponseWriter, r *web.Request) error {
	return s.onPage(w, r, "table", "/stoliki", s.showTables, func(ctx context.Context, who access.Actor, id MeetingID) error {
		return s.AddTable(ctx, who, id, r.Value("temat"), whole(r.Value("miejsca")))
	})
}

func (s *Service) postAgendaTables(w http.ResponseWriter, r *web.Request) error {
	return s.onPage(w, r, "tables", "/stoliki", s.showTables, s.AgendaTables)
}

func (s *Service) postTableOut(w http.ResponseWriter, r *web.Request) error {
	return s.onPage(w, r, "table_out", "/stoliki", s.showTables, func(ctx context.Context, who access.Actor, id MeetingID) error {
		return s.RemoveTable(ctx, who, id, r.Value("stolik"))
	})
}

// sharePage is what somebody with a seat needs on the day: the badge for the
// door, a chair or the stream, a table, and where to ask.
type sharePage struct {
	web.Page
	Of     Meeting
	Name   string
	Room   string // a chair or the stream
	Stream string // its address, "" for a chair
	Code   string
	Image  screenCode
	Tables []tableLine
	Open   bool
	Floor  string // where questions are asked, "" while they are not taken
	Next   web.Step
}

func (s *Service) getShare(w http.ResponseWriter, r *web.Request) error {
	ctx, who, l := r.Context(), access.ActorOf(r.Request), r.L
	m, err := s.meetingSeen(ctx, who, MeetingID(r.PathValue("id")))
	if err != nil {
		return err
	}
	v, err := s.invitationFor(ctx, s.db, who, m.ID)
	if err != nil {
		return err
	}
	p := sharePage{Page: s.frame(w, r, m, l.T("meetings.share.title")), Of: m, Open: s.beforeEnd(m) == nil}
	lines, err := s.seatLines(ctx, l, m.ID, []Invitation{v})
	if err != nil {
		return err
	}
	p.Name = joined(", ", lines[0].Name, lines[0].Units)
	if err := s.shareRoom(ctx, v, &p); err != nil {
		return err
	}
	codes, err := s.badgesOf(ctx, m.ID)
	if err != nil {
		return err
	}
	code := codes[string(v.ID)].Code
	p.Code = shownCode(code)
	if p.Image, err = screenCodeOf(doorAddress(r, m.ID, code)); err != nil {
		return err
	}
	if p.Tables, err = s.tableLines(ctx, r, m.ID); err != nil {
		return err
	}
	mine, err := tableOf(ctx, s.db, v.ID)
	if err != nil {
		return err
	}
	for n := range p.Tables {
		p.Tables[n].Mine = p.Tables[n].ID == mine.ID
	}
	if f, err := FloorOf(ctx, s.db, m.ID); err == nil && s.takes(f, m) {
		p.Floor = FloorHref(f.Code)
	}
	p.Next = web.Step{What: l.T("meetings.share.next"), Who: l.T("meetings.share.next_who"), When: dayWords(l, m.StartsAt)}
	return r.Render(w, shareView(p))
}

// shareRoom says whether there is a chair for a seat.
func (s *Service) shareRoom(ctx context.Context, v Invitation, p *sharePage) error {
	large, err := LargeOf(ctx, s.db, p.Of.ID)
	if err != nil {
		return err
	}
	chair, err := inHall(ctx, s.db, v, large)
	switch {
	case err != nil:
		return err
	case v.Reply == NoReply:
		p.Room = p.T("meetings.share.answer")
	case v.Reply == StaysAway:
		p.Room, p.Stream = p.T("meetings.share.away"), p.Of.Online
	case chair:
		p.Room = p.T("meetings.share.chair", "place", p.Of.Place)
	default:
		p.Room, p.Stream = p.T("meetings.share.stream"), p.Of.Online
	}
	return nil
}

func (s *Service) postSit(w http.ResponseWriter, r *web.Request) error {
	return s.onMeeting(w, r, "sat", "/udzial", func(ctx context.Context, who access.Actor, id MeetingID) error {
		return s.Sit(ctx, who, id, r.Value("stolik"))
	})
}

// largeDesk puts on "Moje sprawy" what a large meeting of today or tomorrow asks
// for: the door, for those who stand there.
func (s *Service) largeDesk(r *web.Request) (items []web.DeskItem, err error) {
	who := access.ActorOf(r.Request)
	if !who.SignedIn() || who.Shared || who.Person == "" {
		return nil, nil
	}
	now := s.now()
	var rows []Meeting
	err = s.db.Select(r.Context(), &rows, `select `+MeetingColumns+` from meetings_meetings m join meetings_duty d on d.meeting = m.id
		where d.person = ? and d.ended_at = 0 and m.state <> ? and m.ends_at > ? order by m.starts_at, m.id limit 5`, who.Person, Canceled, now.Add(-24*time.Hour).Unix())
	for _, m := range rows {
		if now.Unix() < doorEnds(m) {
			items = append(items, web.DeskItem{Rank: 20, Title: r.L.T("meetings.door.desk", "title", m.Title), Text: span(r.L, m), Href: DoorHref(m.ID)})
		}
	}
	return items, err
}

// typed gives back to a form what was typed and refused.
type typed struct {
	r       *web.Request
	refused bool
}

// V is what stands in a field: what was refused there, else what is kept.
func (t typed) V(name, kept string) string {
	if t.refused {
		return t.r.Value(name)
	}
	return kept
}
