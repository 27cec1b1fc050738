package networks

import (
	"bytes"
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/calendar"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/pdf"
	"kladka/internal/platform/web"
)

// meetingPage is one meeting: where and when, its minutes, and for those who lead
// its network the list.
type meetingPage struct {
	frame
	M      Meeting
	Path   string
	Facts  []web.Fact
	Why    *web.Reason
	Mine   string // own hours, in words
	List   []presentRow
	Rev    string
	Change bool // can be planned anew
	Note   bool // can be written down
	Cancel bool
}

type presentRow struct {
	OnList
	Name, School, Less string
	Here               bool
}

// meetingDeed does what a form on the page of a meeting asks for.
type meetingDeed func(r *web.Request, who access.Actor, id MeetingID) error

func (s *Service) getMeeting(w http.ResponseWriter, r *web.Request) error {
	return s.showMeeting(w, r, url.Values{}, nil)
}

func (s *Service) postMeeting(do meetingDeed) web.Handler {
	return func(w http.ResponseWriter, r *web.Request) error {
		if err := r.Form(); err != nil {
			return err
		}
		who, here, id := access.ActorOf(r.Request), ID(r.PathValue("id")), MeetingID(r.PathValue("meeting"))
		m, err := MeetingByID(r.Context(), s.db, id)
		if err == nil && m.Network != here {
			err = fault.ErrNotFound
		}
		if err != nil {
			return err
		}
		err = do(r, who, id)
		if shown(err) {
			return s.showMeeting(w, r, r.PostForm, err)
		}
		if err != nil {
			return err
		}
		r.Notify(w, "notice.networks.saved")
		return r.Redirect(w, MeetingHref(here, id))
	}
}

func (s *Service) showMeeting(w http.ResponseWriter, r *web.Request, v url.Values, wrong error) error {
	ctx, who, l := r.Context(), access.ActorOf(r.Request), r.L
	m, _, st, err := s.ReadMeeting(ctx, who, ID(r.PathValue("id")), MeetingID(r.PathValue("meeting")))
	if fault.KindOf(err) == fault.Forbidden {
		// News of a meeting lead to the network that holds it; people of one that
		// lists it read it there.
		if here, lost := s.through(ctx, who, MeetingID(r.PathValue("meeting"))); lost == nil && string(here) != r.PathValue("id") {
			return r.Redirect(w, MeetingHref(here, MeetingID(r.PathValue("meeting"))))
		}
	}
	if err != nil {
		return err
	}
	f, err := s.frameOf(w, r, tabPlan, toEnter, v, wrong)
	if err != nil {
		return err
	}
	f.Title, f.Crumbs = m.Title, append(f.Crumbs, web.Link{Text: l.T("networks.tab.plan"), Href: f.Base + tabPlan})
	p := meetingPage{frame: f, M: m, Path: MeetingHref(f.N.ID, m.ID), Rev: strconv.FormatInt(m.Revision, 10)}
	began, working := m.StartsAt <= s.now().Unix(), f.Working && st.Leads && m.Network == f.N.ID
	p.Change = working && m.State == Planned
	p.Note = working && began && m.State != Canceled && f.N.State == Active
	p.Cancel = working && m.State != Canceled
	p.Facts = meetingFacts(l, m)
	if m.State == Canceled {
		p.Why = &web.Reason{Text: m.Reason, Human: true}
	}
	if err := s.ownHours(r, &p); err != nil {
		return err
	}
	if p.Note {
		if err := s.fillList(r, &p, wrong); err != nil {
			return err
		}
	}
	p.fill()
	return r.RenderStatus(w, statusOf(wrong), meetingView(p))
}

func meetingFacts(l *i18n.L, m Meeting) []web.Fact {
	facts := []web.Fact{{Name: l.T("networks.field.when"), Value: whenText(l, m)}}
	if m.Place != "" {
		facts = append(facts, web.Fact{Name: l.T("networks.field.place"), Value: m.Place})
	}
	if m.Link != "" && m.State == Planned {
		facts = append(facts, web.Fact{Name: l.T("networks.field.link"), Value: m.Link, Href: m.Link})
	}
	facts = append(facts, web.Fact{Name: l.T("networks.field.state"), Value: l.T("networks.meeting_state." + string(m.State))})
	if m.State == Held {
		facts = append(facts, web.Fact{Name: l.T("networks.field.counted"), Value: l.N("networks.minutes", m.Length)})
	}
	return facts
}

// ownHours is what the reader gets for a meeting.
func (s *Service) ownHours(r *web.Request, p *meetingPage) error {
	if p.M.State != Held {
		return nil
	}
	var list []Attendance
	err := s.db.Select(r.Context(), &list, `select `+attendanceColumns+` from networks_attendance a where a.meeting = ? and a.person = ? and a.present = ?`,
		p.M.ID, access.ActorOf(r.Request).Person, true)
	if len(list) > 0 {
		p.Mine = r.L.N("networks.minutes", list[0].Minutes)
	}
	return err
}

func (s *Service) fillList(r *web.Request, p *meetingPage, wrong error) error {
	list, err := s.ListOf(r.Context(), access.ActorOf(r.Request), p.M.ID)
	if err != nil {
		return err
	}
	members := make([]Member, len(list))
	for n, x := range list {
		members[n] = Member{Person: x.Person, Institution: x.Institution}
	}
	rows, err := s.memberRows(r, p.N.ID, members)
	if err != nil {
		return err
	}
	for n, x := range list {
		row := presentRow{OnList: x, Name: rows[n].Name, School: rows[n].School, Here: x.Present}
		if x.Present && x.Minutes != p.M.Length {
			row.Less = strconv.Itoa(x.Minutes)
		}
		if wrong != nil && p.V.Has("protokol") {
			row.Here, row.Less = slices.Contains(p.V["obecni"], x.Person), p.V.Get("krocej-"+x.Person)
		}
		p.List = append(p.List, row)
	}
	return nil
}

// fill puts what is stored into the fields that nothing was typed into.
func (p *meetingPage) fill() {
	set := func(marker string, values map[string]string) {
		if p.V.Has(marker) {
			return
		}
		for name, value := range values {
			p.V.Set(name, value)
		}
	}
	starts, ends := time.Unix(p.M.StartsAt, 0), time.Unix(p.M.EndsAt, 0)
	shared := ""
	if p.M.Shared {
		shared = "tak"
	}
	set("program", map[string]string{"tytul": p.M.Title, "program": p.M.Program, "miejsce": p.M.Place, "adres": p.M.Link, "dzien": calendar.DayOf(starts),
		"od": calendar.FormatHour(calendar.HourOf(starts)), "do": calendar.FormatHour(calendar.HourOf(ends)), "wspolne": shared})
	length := p.M.Length
	if length == 0 {
		length = int(p.M.EndsAt-p.M.StartsAt) / 60
	}
	set("protokol", map[string]string{"protokol": p.M.Record, "minuty": strconv.Itoa(length)})
}

func (s *Service) replan(r *web.Request, who access.Actor, id MeetingID) error {
	return s.Replan(r.Context(), who, id, revisionOf(r), planOf(r))
}

func (s *Service) recordMeeting(r *web.Request, who access.Actor, id MeetingID) error {
	note := Note{Record: r.Value("protokol"), Length: numberOf(r, "minuty"), Present: r.PostForm["obecni"], Partly: map[string]int{}}
	for _, person := range note.Present {
		if less := r.Value("krocej-" + person); less != "" {
			note.Partly[person] = numberOf(r, "krocej-"+person)
		}
	}
	return s.Record(r.Context(), who, id, revisionOf(r), note)
}

func (s *Service) cancelMeeting(r *web.Request, who access.Actor, id MeetingID) error {
	return s.Cancel(r.Context(), who, id, revisionOf(r), r.Value("powod"))
}

// base is the public address, or the one by which we were asked.
func (s *Service) base(r *web.Request) string {
	if s.Base != "" {
		return strings.TrimSuffix(s.Base, "/")
	}
	scheme := "http://"
	if r.Shell.HTTPS {
		scheme = "https://"
	}
	return scheme + r.Host
}

// getICS is a meeting to take along into a calendar. The address online is not in
// it: calendars are shared more freely than this page.
func (s *Service) getICS(w http.ResponseWriter, r *web.Request) error {
	m, n, _, err := s.ReadMeeting(r.Context(), access.ActorOf(r.Request), ID(r.PathValue("id")), MeetingID(r.PathValue("meeting")))
	if err != nil {
		return err
	}
	url := s.base(r) + MeetingHref(n.ID, m.ID)
	var b bytes.Buffer
	err = calendar.Write(&b, calendar.Calendar{Name: n.Title, URL: url + "/termin.ics", Method: calendar.Publish, Lang: string(r.L.Lang),
		Events: []calendar.Event{{UID: string(m.ID) + "@kladka", Title: n.Title + ": " + m.Title, Text: m.Program, Place: m.Place, URL: url,
			Starts: time.Unix(m.StartsAt, 0), Ends: time.Unix(m.EndsAt, 0), Sequence: int(m.Revision), Stamp: s.now(), Changed: time.Unix(m.ChangedAt, 0), Canceled: m.State == Canceled}}})
	if err != nil {
		return err
	}
	attached(w, "text/calendar; charset=utf-8", "spotkanie.ics")
	_, err = w.Write(b.Bytes())
	return err
}

// getSignIn is the list of a meeting to be signed.
func (s *Service) getSignIn(w http.ResponseWriter, r *web.Request) error {
	m, err := MeetingByID(r.Context(), s.db, MeetingID(r.PathValue("meeting")))
	if err != nil || m.Network != ID(r.PathValue("id")) {
		return cmp.Or(err, fault.ErrNotFound)
	}
	list, err := s.ListOf(r.Context(), access.ActorOf(r.Request), m.ID)
	if err != nil {
		return err
	}
	members := make([]Member, len(list))
	for n, x := range list {
		members[n] = Member{Person: x.Person, Institution: x.Institution}
	}
	rows, err := s.memberRows(r, m.Network, members)
	if err != nil {
		return err
	}
	guests := make([]pdf.Guest, len(rows))
	for n, row := range rows {
		guests[n] = pdf.Guest{Name: row.Name, From: row.School}
	}
	l := r.L
	var b bytes.Buffer
	err = pdf.Attendance(&b, s.now(), pdf.RoomTexts{Title: m.Title, Lang: string(l.Lang), Author: r.Shell.Operator, Lead: []string{whenText(l, m), m.Place},
		Page: pageText(l), List: l.T("networks.print.list"), Number: l.T("networks.print.no"), Name: l.T("networks.field.person"), From: l.T("networks.field.school"),
		Columns: []string{l.T("networks.print.sign")}, Empty: 3}, guests)
	if err != nil {
		return err
	}
	attached(w, "application/pdf", "lista.pdf")
	_, err = w.Write(b.Bytes())
	return err
}

func attached(w http.ResponseWriter, kind, name string) {
	head := w.Header()
	head.Set("Content-Type", kind)
	head.Set("Cache-Control", "no-store")
	head.Set("Content-Disposition", `attachment; filename="`+name+`"`)
}

func pageText(l *i18n.L) func(n, of int) string {
	return func(n, of int) string { return l.T("networks.print.page", "n", n, "of", of) }
}
