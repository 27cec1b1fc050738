package training

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/pdf"
	"kladka/internal/platform/web"
)

// emptyRows are left on a list for people who come without standing on it.
const emptyRows = 5

func (s *Service) printRoutes(sh *web.Shell) {
	lead := access.Can(access.LeadTrainings)
	base := CenterPath + "/{id}/druki"
	sh.Handle("GET "+base, lead, s.getPrints)
	sh.Handle("GET "+base+"/lista", lead, s.getPaperList)
	sh.Handle("GET "+base+"/lista.pdf", lead, s.pdfList)
	sh.Handle("GET "+base+"/identyfikatory.pdf", lead, s.pdfBadges)
	sh.Handle("GET "+base+"/prowadzacy.pdf", lead, s.pdfLeaders)
	sh.Handle("GET "+base+"/drzwi.pdf", lead, s.pdfSign)
}

func printsPath(id ID) string { return DeskPath(id) + "/druki" }

// printed is what the papers of a training are made of.
type printed struct {
	t        Training
	meetings []Meeting
	people   []Enrollment
	places   func(Enrollment) string
	center   string
	trainers string
	manages  bool
}

// toPrint reads it for whoever leads or runs the training. With people, it is
// noted in the log that their names were taken away.
func (s *Service) toPrint(r *web.Request, people bool) (p printed, err error) {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	if p.t, err = ByID(ctx, s.db, ID(r.PathValue("id"))); err != nil {
		return p, err
	}
	if err := LeadsIt(ctx, s.db, who, p.t); err != nil {
		return p, err
	}
	p.manages = Manages(ctx, who, p.t) == nil
	if p.meetings, err = Meetings(ctx, s.db, p.t.ID); err != nil {
		return p, err
	}
	if p.people, err = admitted(ctx, s.db, p.t.ID); err != nil {
		return p, err
	}
	if p.places, err = s.institutionNames(ctx, p.people); err != nil {
		return p, err
	}
	names, err := s.Directory.Names(ctx, []access.InstitutionID{p.t.Center})
	if err != nil {
		return p, err
	}
	p.center = names[p.t.Center]
	trainers, err := Trainers(ctx, s.db, p.t.ID)
	if err != nil {
		return p, err
	}
	for _, x := range trainers {
		p.trainers = deskPlace(p.trainers, x.Name)
	}
	if people {
		err = s.notePrint(ctx, who, p.t)
	}
	return p, err
}

func (s *Service) notePrint(ctx context.Context, who access.Actor, t Training) error {
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "training.print", Object: "training", ObjectID: string(t.ID),
			Institution: string(t.Center), Read: true}, now)
	})
}

func (p printed) guests() []pdf.Guest {
	list := make([]pdf.Guest, len(p.people))
	for n, e := range p.people {
		list[n] = pdf.Guest{Name: e.Name, From: p.places(e)}
	}
	return list
}

// texts are the words of a paper; columns are the meetings.
func (p printed) texts(l *i18n.L) pdf.RoomTexts {
	t := pdf.RoomTexts{Title: p.t.Title, Lang: string(l.Lang), Author: p.center, List: l.T("training.desk.list"), Number: l.T("training.desk.col_no"),
		Name: l.T("training.desk.col_name"), From: l.T("training.desk.col_institution"), Empty: emptyRows, Organizer: p.center,
		Page: func(n, of int) string { return l.T("training.desk.page_of", "n", n, "of", of) }}
	t.Lead = append(t.Lead, deskSpan(l, p.t.StartsAt, p.t.EndsAt)+lineOf(p.t.Place))
	if p.trainers != "" {
		t.Lead = append(t.Lead, l.T("training.desk.led_by", "who", p.trainers))
	}
	for _, m := range p.meetings {
		t.Columns = append(t.Columns, columnOf(l, m))
	}
	if len(t.Columns) == 0 {
		t.Columns = []string{l.T("training.desk.signature")}
	}
	return t
}

func lineOf(place string) string {
	if place == "" {
		return ""
	}
	return " · " + place
}

// columnOf is the short heading of a meeting over a box to sign.
func columnOf(l *i18n.L, m Meeting) string {
	at := time.Unix(m.StartsAt, 0).In(web.Warsaw)
	text := strconv.Itoa(m.No) + ". " + at.Format("02.01.2006") + " " + at.Format("15:04")
	return text + lineOf(m.Track)
}

// printsPage is all papers of a room from one place.
type printsPage struct {
	web.Page
	Training, Path string
	People         string
	Signs          []web.Link
	List           string // of people; "" when nobody is on it
}

func (s *Service) getPrints(w http.ResponseWriter, r *web.Request) error {
	p, err := s.toPrint(r, false)
	if err != nil {
		return err
	}
	l := r.L
	crumbs := deskCrumbs(l, p.t)
	if !p.manages {
		crumbs = []web.Link{{Text: l.T("training.desk.lead"), Href: LeadPath}}
	}
	page := printsPage{Page: r.Page(w, l.T("training.desk.prints"), crumbs...), Training: p.t.Title, Path: printsPath(p.t.ID),
		People: l.N("training.desk.people_on_list", len(p.people))}
	page.NoIndex = true
	for _, m := range p.meetings {
		page.Signs = append(page.Signs, web.Link{Text: l.T("training.desk.sign_for", "meeting", meetingTitle(l, m), "when", deskSpan(l, m.StartsAt, m.EndsAt)),
			Href: page.Path + "/drzwi.pdf?spotkanie=" + string(m.ID)})
	}
	if len(p.people) > 0 {
		page.List = page.Path + "/identyfikatory.pdf"
	}
	return r.Render(w, printsView(page))
}

// paperListPage is the list to sign as a page, to be printed by the browser.
type paperListPage struct {
	web.Page
	Training, Center string
	Lead             []string
	Columns          []string
	Rows             []pdf.Guest
	Empty            []struct{}
}

func (s *Service) getPaperList(w http.ResponseWriter, r *web.Request) error {
	p, err := s.toPrint(r, true)
	if err != nil {
		return err
	}
	t := p.texts(r.L)
	page := paperListPage{Page: r.Page(w, t.List), Training: p.t.Title, Center: p.center, Lead: t.Lead, Columns: t.Columns, Rows: p.guests(), Empty: make([]struct{}, emptyRows)}
	page.NoIndex = true
	w.Header().Set("Cache-Control", "no-store")
	return r.Render(w, paperListView(page))
}

// sendPDF sends a paper when it is whole.
func sendPDF(w http.ResponseWriter, name string, write func(b *bytes.Buffer) error) error {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/pdf")
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	w.Header().Set("Content-Length", strconv.Itoa(b.Len()))
	w.Header().Set("Cache-Control", "no-store")
	_, err := w.Write(b.Bytes())
	return err
}

func (s *Service) pdfList(w http.ResponseWriter, r *web.Request) error {
	p, err := s.toPrint(r, true)
	if err != nil {
		return err
	}
	return sendPDF(w, "lista-obecnosci.pdf", func(b *bytes.Buffer) error {
		return pdf.Attendance(b, s.now().In(web.Warsaw), p.texts(r.L), p.guests())
	})
}

func (s *Service) pdfBadges(w http.ResponseWriter, r *web.Request) error {
	p, err := s.toPrint(r, true)
	if err != nil {
		return err
	}
	if len(p.people) == 0 {
		return fault.New(fault.Conflict, "training.desk.fault.nobody")
	}
	return sendPDF(w, "identyfikatory.pdf", func(b *bytes.Buffer) error {
		return pdf.Badges(b, s.now().In(web.Warsaw), p.texts(r.L), p.guests())
	})
}

// pdfLeaders is the list for whoever leads: who comes, from where, in what role,
// with room for notes. No addresses, no needs.
func (s *Service) pdfLeaders(w http.ResponseWriter, r *web.Request) error {
	p, err := s.toPrint(r, true)
	if err != nil {
		return err
	}
	l, t := r.L, p.texts(r.L)
	var rows [][]string
	for n, e := range p.people {
		role := ""
		if e.Role != "" {
			role = l.T("role." + string(e.Role))
		}
		rows = append(rows, []string{strconv.Itoa(n + 1), e.Name, p.places(e), deskPlace(role, e.Track), ""})
	}
	return sendPDF(w, "lista-dla-prowadzacych.pdf", func(b *bytes.Buffer) error {
		d := pdf.New(pdf.Meta{Title: t.Title, Author: t.Author, Lang: t.Lang, At: s.now().In(web.Warsaw), Page: t.Page})
		d.Heading(2, l.T("training.desk.leaders_list")+": "+t.Title)
		for _, line := range t.Lead {
			d.Paragraph(line)
		}
		for _, m := range p.meetings {
			d.Paragraph(meetingTitle(l, m) + " – " + deskSpan(l, m.StartsAt, m.EndsAt) + lineOf(m.Room))
		}
		d.Table([]pdf.Column{{Title: t.Number, Share: 0.4, Right: true}, {Title: t.Name, Share: 2.4}, {Title: t.From, Share: 2.4}, {Title: l.T("training.desk.role"), Share: 1.8},
			{Title: l.T("training.desk.note"), Share: 2}}, rows)
		return d.Write(b)
	})
}

func (s *Service) pdfSign(w http.ResponseWriter, r *web.Request) error {
	p, err := s.toPrint(r, false)
	if err != nil {
		return err
	}
	t, l := p.texts(r.L), r.L
	if at := slices.IndexFunc(p.meetings, func(m Meeting) bool { return string(m.ID) == r.Value("spotkanie") }); at >= 0 {
		m := p.meetings[at]
		from, to := time.Unix(m.StartsAt, 0).In(web.Warsaw), time.Unix(m.EndsAt, 0).In(web.Warsaw)
		t.Hour, t.Place = l.Date(from)+", "+from.Format("15:04")+"–"+to.Format("15:04"), m.Room
		t.Lead = nil
		if m.Title != "" || m.Track != "" {
			t.Lead = append(t.Lead, deskPlace(m.Title, m.Track))
		}
		if p.trainers != "" {
			t.Lead = append(t.Lead, p.trainers)
		}
	} else if r.Value("spotkanie") != "" {
		return fault.ErrNotFound
	}
	return sendPDF(w, "kartka-na-drzwi.pdf", func(b *bytes.Buffer) error { return pdf.Sign(b, s.now().In(web.Warsaw), t) })
}
