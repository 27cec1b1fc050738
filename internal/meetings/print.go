package meetings

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/calendar"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/pdf"
	"kladka/internal/platform/web"
)

// paperPart is a heading with what stands below it: minutes as a paper has them.
type paperPart struct {
	Heading string
	Lines   []string
}

// parts are the minutes in the order of reading.
func (p paperPage) parts() (list []paperPart) {
	first := paperPart{}
	for _, f := range p.Facts {
		first.Lines = append(first.Lines, f.Name+": "+f.Value)
	}
	list = append(list, first)
	for _, i := range p.Items {
		part := paperPart{Heading: i.Heading, Lines: i.Lines}
		for _, row := range i.Rows {
			part.Lines = append(part.Lines, row.Label+": "+row.Text+" ("+row.Badge+")")
			part.Lines = append(part.Lines, row.More...)
		}
		list = append(list, part)
	}
	return list
}

func (s *Service) getPaperPDF(w http.ResponseWriter, r *web.Request) error {
	p, err := s.paperPage(w, r, nil)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := s.writePDF(&b, r.L, p); err != nil {
		return err
	}
	return s.hand(w, r, "application/pdf", "protokol-"+dayOf(p.Of.StartsAt)+".pdf", b.Bytes())
}

// writePDF writes minutes as a paper, with room for two signatures.
func (s *Service) writePDF(w io.Writer, l *i18n.L, p paperPage) error {
	d := pdf.New(pdf.Meta{Title: p.Title, Lang: string(l.Lang), At: s.now(), Page: func(n, of int) string { return l.T("meetings.paper.page", "n", n, "of", of) }})
	d.Heading(1, p.Title)
	d.Paragraph(p.Badge)
	for _, part := range p.parts() {
		if part.Heading != "" {
			d.Heading(2, part.Heading)
		}
		for _, text := range part.Lines {
			d.Paragraph(text)
		}
	}
	d.Space(12)
	d.Table([]pdf.Column{{Title: l.T("meetings.paper.chair")}, {Title: l.T("meetings.paper.recorder")}}, [][]string{{p.Paper.Chair + "\u00a0", p.Paper.Recorder + "\u00a0"}})
	return d.Write(w)
}

func (s *Service) getPaperText(w http.ResponseWriter, r *web.Request) error {
	p, err := s.paperPage(w, r, nil)
	if err != nil {
		return err
	}
	var b strings.Builder
	b.WriteString(p.Title + "\r\n" + p.Badge + "\r\n")
	for _, part := range p.parts() {
		b.WriteString("\r\n")
		if part.Heading != "" {
			b.WriteString(part.Heading + "\r\n\r\n")
		}
		for _, text := range part.Lines {
			b.WriteString(strings.ReplaceAll(text, "\n", "\r\n") + "\r\n")
		}
	}
	return s.hand(w, r, "text/plain; charset=utf-8", "protokol-"+dayOf(p.Of.StartsAt)+".txt", []byte(b.String()))
}

// hand gives a file of the minutes to the reader. What a signed-in person reads
// is kept by no cache.
func (s *Service) hand(w http.ResponseWriter, r *web.Request, kind, name string, body []byte) error {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Cache-Control", "no-cache")
	if r.Viewer().SignedIn {
		h.Set("Cache-Control", "no-store")
	}
	h.Add("Vary", "Cookie")
	_, err := w.Write(body)
	return err
}

// getPaperCalendar gives the days until which something is to be done.
func (s *Service) getPaperCalendar(w http.ResponseWriter, r *web.Request) error {
	m, public, err := s.paperSeen(r.Context(), access.ActorOf(r.Request), MeetingID(r.PathValue("id")))
	if err != nil {
		return err
	}
	x, err := s.paperData(r.Context(), m, public)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := calendar.Write(&b, calendar.Calendar{Name: r.L.T("meetings.paper.days", "title", m.Title), Lang: string(r.L.Lang), Events: s.dueEvents(r.L, x)}); err != nil {
		return err
	}
	return s.hand(w, r, "text/calendar; charset=utf-8", "terminy-"+dayOf(m.StartsAt)+".ics", b.Bytes())
}

// dueEvents are open decisions and tasks with a day, each as that whole day, and
// the last day for objections. They name nobody: a calendar is passed on.
func (s *Service) dueEvents(l *i18n.L, x paperData) (list []calendar.Event) {
	add := func(id, title, href string, dueAt, changed int64, revision int64) {
		list = append(list, calendar.Event{UID: id + "@" + s.Host, Title: title, URL: "https://" + s.Host + href, Starts: localDay(dueAt).AddDate(0, 0, -1), AllDay: true,
			Sequence: int(revision), Stamp: s.now(), Changed: time.Unix(changed, 0)})
	}
	for _, d := range x.decisions {
		if d.State == DecisionOpen && d.DueOn != "" {
			add(d.ID, l.T("meetings.paper.decision", "no", d.Number())+": "+d.Title, DecisionHref(x.m.ID, d.ID), d.DueAt, d.ChangedAt, d.Revision)
		}
	}
	for _, a := range x.actions {
		if a.State == ActionOpen {
			add(a.ID, l.T("meetings.paper.action", "no", a.No)+": "+a.What, ActionHref(x.m.ID, a.ID), a.DueAt, a.ChangedAt, a.Revision)
		}
	}
	if x.p.SentAt > 0 && x.p.AdoptedAt == 0 {
		add(string(x.m.ID)+"-protokol", l.T("meetings.paper.until_event", "title", x.m.Title), MinutesHref(x.m.ID), x.p.UntilAt, x.p.SentAt, x.p.Revision)
	}
	return list
}
