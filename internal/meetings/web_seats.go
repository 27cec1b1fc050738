package meetings

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/pdf"
	"kladka/internal/platform/web"
)

func (s *Service) inviteRoutes(sh *web.Shell) {
	one := Path + "/{id}"
	sh.Handle("GET "+one+"/zaproszenia", runsGuard(), s.getSeats)
	sh.Handle("POST "+one+"/przypomnij", runsGuard(), s.postRemind, web.Idempotent())
	sh.Handle("POST "+one+"/odpowiedz", access.Can(access.JoinMeetings), s.postReply, web.Idempotent())
	sh.Handle("GET "+one+"/obecnosc", recordsGuard(), s.getAttendance)
	sh.Handle("POST "+one+"/obecnosc", recordsGuard(), s.postAttendance, web.Idempotent())
	sh.Handle("GET "+one+"/lista-obecnosci.pdf", recordsGuard(), s.getSignIn)
}

// seatsPage is who is invited and what they answered.
type seatsPage struct {
	web.Page
	Of      Meeting
	Tabs    []web.Link
	Stats   []web.Figure
	Only    string // "czekamy": those who have not answered
	Links   []web.Link
	Rows    []seatLine
	Reminds bool
	Last    string // when everybody was reminded last
	Waiting int
}

func (s *Service) getSeats(w http.ResponseWriter, r *web.Request) error {
	ctx, who, l := r.Context(), access.ActorOf(r.Request), r.L
	m, err := s.meetingRun(ctx, who, MeetingID(r.PathValue("id")))
	if err != nil {
		return err
	}
	n, err := RepliesOf(ctx, s.db, m.ID)
	if err != nil {
		return err
	}
	list, err := InvitationsOf(ctx, s.db, m.ID)
	if err != nil {
		return err
	}
	p := seatsPage{Page: s.frame(w, r, m, l.T("meetings.seats")), Of: m, Tabs: Tabs(l, who, m, "/zaproszenia"), Only: r.Value("kto"), Waiting: n.Waiting,
		Reminds: n.Waiting > 0 && m.State.Announced() && s.now().Unix() < m.StartsAt && s.now().Add(-remindEvery).Unix() >= m.RemindedAt}
	if p.Only == "czekamy" {
		list = slices.DeleteFunc(list, func(v Invitation) bool { return v.Reply != NoReply })
	}
	if m.RemindedAt > 0 {
		p.Last = l.DateTime(time.Unix(m.RemindedAt, 0).In(web.Warsaw))
	}
	for _, f := range []struct {
		key string
		n   int
	}{{"seats", n.Seats}, {"yes", n.Coming}, {"substitute", n.Instead}, {"no", n.Away}, {"waiting", n.Waiting}} {
		p.Stats = append(p.Stats, web.Figure{Value: l.Number(f.n), Label: l.T("meetings.stat." + f.key)})
	}
	base := Href(m.ID) + "/zaproszenia"
	p.Links = []web.Link{{Text: l.T("meetings.seats_all"), Href: base, Current: p.Only == ""}, {Text: l.T("meetings.seats_waiting"), Href: base + "?kto=czekamy", Current: p.Only != ""}}
	if p.Rows, err = s.seatLines(ctx, l, m.ID, list); err != nil {
		return err
	}
	return r.Render(w, seatsView(p))
}

// seatLines are seats with the names of people and of all units.
func (s *Service) seatLines(ctx context.Context, l *i18n.L, id MeetingID, list []Invitation) (lines []seatLine, err error) {
	units, err := UnitsOf(ctx, s.db, id)
	if err != nil {
		return nil, err
	}
	var people []string
	var places []access.InstitutionID
	for _, v := range list {
		people, places = append(people, string(v.Person)), append(places, units[v.ID]...)
	}
	names, err := s.People.NamesOf(ctx, people)
	if err != nil {
		return nil, err
	}
	where, err := s.Directory.Names(ctx, places)
	if err != nil {
		return nil, err
	}
	for _, v := range list {
		at := units[v.ID]
		slices.SortFunc(at, func(a, b access.InstitutionID) int {
			if first := (a == v.Institution); first != (b == v.Institution) {
				if first {
					return -1
				}
				return 1
			}
			return compareWords(where[a], where[b])
		})
		var of []string
		for _, u := range at {
			of = append(of, where[u])
		}
		line := seatLine{ID: v.ID, Name: names[string(v.Person)], Units: strings.Join(of, ", "), Answered: v.Reply, Instead: v.Instead, Reply: l.T("meetings.reply." + replyKey(v.Reply))}
		if line.Name == "" {
			line.Name = l.T("meetings.no_account")
		}
		if v.Reply == Substitute {
			line.Reply += ": " + v.Instead
		}
		if v.RepliedAt > 0 {
			line.When = l.DateTime(time.Unix(v.RepliedAt, 0).In(web.Warsaw))
		}
		lines = append(lines, line)
	}
	return lines, nil
}

func replyKey(r Reply) string {
	if r == NoReply {
		return "none"
	}
	return string(r)
}

func (s *Service) postRemind(w http.ResponseWriter, r *web.Request) error {
	return s.onMeeting(w, r, "reminded", "/zaproszenia", s.Remind)
}

func (s *Service) postReply(w http.ResponseWriter, r *web.Request) error {
	return s.onMeeting(w, r, "answered", "", func(ctx context.Context, who access.Actor, id MeetingID) error {
		return s.Answer(ctx, who, id, Reply(r.Value("odpowiedz")), r.Value("zastepstwo"))
	})
}

// attendPage is the list on which presence is noted.
type attendPage struct {
	web.Page
	Of      Meeting
	Tabs    []web.Link
	Rows    []attendLine
	Stats   []web.Figure
	Open    bool
	Print   string
	Length  int
	Held    bool
	Begun   bool
	Version string
}

type attendLine struct {
	seatLine
	Present bool
	Came    string // name of a substitute
}

func (s *Service) getAttendance(w http.ResponseWriter, r *web.Request) error {
	return s.showAttendance(w, r, http.StatusOK, nil)
}

func (s *Service) showAttendance(w http.ResponseWriter, r *web.Request, status int, refusal error) error {
	ctx, who, l := r.Context(), access.ActorOf(r.Request), r.L
	m, err := s.meetingRecord(ctx, who, MeetingID(r.PathValue("id")))
	if err != nil {
		return err
	}
	p := attendPage{Page: s.frame(w, r, m, l.T("meetings.attendance")).WithErrors(refusal), Of: m, Tabs: Tabs(l, who, m, "/obecnosc"), Print: Href(m.ID) + "/lista-obecnosci.pdf",
		Held: m.State.Over(), Begun: s.now().Unix() >= m.StartsAt, Length: int(m.EndsAt-m.StartsAt) / 60,
		Open: (m.State.Over() || m.State.Announced()) && dayOf(s.now().Unix()) >= dayOf(m.StartsAt)}
	if m.Minutes > 0 {
		p.Length = m.Minutes
	}
	list, err := InvitationsOf(ctx, s.db, m.ID)
	if err != nil {
		return err
	}
	lines, err := s.seatLines(ctx, l, m.ID, list)
	if err != nil {
		return err
	}
	noted, err := AttendanceOf(ctx, s.db, m.ID)
	if err != nil {
		return err
	}
	present := 0
	for _, line := range lines {
		row := attendLine{seatLine: line, Came: line.Instead}
		if n := slices.IndexFunc(noted, func(a Attendance) bool { return a.Invitation == line.ID }); n >= 0 {
			row.Present, row.Came = noted[n].Present, noted[n].Name
			if row.Present {
				present++
			}
		}
		p.Rows = append(p.Rows, row)
	}
	p.Stats = []web.Figure{{Value: l.Number(len(list)), Label: l.T("meetings.stat.seats")}, {Value: l.Number(present), Label: l.T("meetings.stat.present")}}
	return r.RenderStatus(w, status, attendView(p))
}

func (s *Service) postAttendance(w http.ResponseWriter, r *web.Request) error {
	id := MeetingID(r.PathValue("id"))
	if err := r.Form(); err != nil {
		return err
	}
	var list []Came
	here := r.PostForm["jest"]
	for _, v := range r.PostForm["miejsce"] {
		c := Came{Invitation: InvitationID(v), Present: slices.Contains(here, v), Name: r.Value(substituteField(InvitationID(v)))}
		if r.PostForm.Has(drawnField(c.Invitation)) {
			c.Drawn = &Drawn{Present: slices.Contains(r.PostForm["bylo"], v), Name: r.Value(drawnField(c.Invitation))}
		}
		list = append(list, c)
	}
	err := s.Note(r.Context(), access.ActorOf(r.Request), id, list)
	if invalid(err) {
		return s.showAttendance(w, r, http.StatusUnprocessableEntity, err)
	}
	if err != nil {
		return err
	}
	return done(w, r, "attendance", Href(id)+"/obecnosc")
}

// drawnField is the name of the field that keeps the substitute's name as it was shown.
func drawnField(id InvitationID) string { return "bylo-" + string(id) }

// getSignIn prints the list to be signed: a row for each seat, empty rows for
// guests. Printing names is noted in the log.
func (s *Service) getSignIn(w http.ResponseWriter, r *web.Request) error {
	ctx, who, l := r.Context(), access.ActorOf(r.Request), r.L
	m, err := s.meetingRecord(ctx, who, MeetingID(r.PathValue("id")))
	if err != nil {
		return err
	}
	list, err := InvitationsOf(ctx, s.db, m.ID)
	if err != nil {
		return err
	}
	lines, err := s.seatLines(ctx, l, m.ID, list)
	if err != nil {
		return err
	}
	names, err := s.Directory.Names(ctx, []access.InstitutionID{m.Owner})
	if err != nil {
		return err
	}
	if err := s.notePrint(ctx, who, m); err != nil {
		return err
	}
	var guests []pdf.Guest
	for _, line := range lines {
		if line.Answered == Substitute {
			line.Name = line.Instead
		}
		guests = append(guests, pdf.Guest{Name: line.Name, From: line.Units})
	}
	t := pdf.RoomTexts{Title: m.Title, Lang: string(i18n.PL), Author: names[m.Owner], Lead: []string{joined(", ", span(l, m), m.Place)},
		Page: func(n, of int) string { return l.T("meetings.print.page", "n", n, "of", of) },
		List: l.T("meetings.print.list"), Number: l.T("meetings.print.number"), Name: l.T("meetings.print.name"), From: l.T("meetings.print.from"),
		Columns: []string{l.T("meetings.print.signature")}, Empty: 10}
	if len(guests) > 2000 {
		return fault.New(fault.TooLarge, "fault.too_large")
	}
	w.Header().Set("Content-Type", "application/pdf")
	w.Header().Set("Content-Disposition", `attachment; filename="lista-obecnosci.pdf"`)
	return pdf.Attendance(w, s.now(), t, guests)
}
