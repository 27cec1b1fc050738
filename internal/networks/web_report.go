package networks

import (
	"bytes"
	"cmp"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/pdf"
	"kladka/internal/platform/web"
)

// reportPage is the yearly report: its figures and its words.
type reportPage struct {
	frame
	R        Report
	There    bool
	Finished string // by whom and when, "" for a draft
	Numbers  []web.Figure
	Rev      string
	May      bool // write it
	Why      *web.Reason
}

func (s *Service) showReport(w http.ResponseWriter, r *web.Request, v url.Values, wrong error) error {
	p, err := s.reportPage(w, r, v, wrong)
	if err != nil {
		return err
	}
	if !p.V.Has("zrobiono") {
		for name, value := range map[string]string{"zrobiono": p.R.Done, "efekty": p.R.Effects, "wnioski": p.R.Next} {
			p.V.Set(name, value)
		}
	}
	return r.RenderStatus(w, statusOf(wrong), reportView(p))
}

func (s *Service) reportPage(w http.ResponseWriter, r *web.Request, v url.Values, wrong error) (p reportPage, err error) {
	n, st, rep, err := s.ReportOf(r.Context(), access.ActorOf(r.Request), ID(r.PathValue("id")))
	if err != nil {
		return p, err
	}
	f, err := s.frameOf(w, r, tabReport, toEnter, v, wrong)
	if err != nil {
		return p, err
	}
	p = reportPage{frame: f, R: rep, There: rep.Revision > 0, Rev: strconv.FormatInt(rep.Revision, 10), May: st.Leads && n.State == Active}
	if rep.FinishedAt > 0 {
		names, err := s.People.NamesOf(r.Context(), []string{rep.FinishedBy})
		if err != nil {
			return p, err
		}
		p.Finished = r.L.T("networks.report.finished", "who", cmp.Or(names[rep.FinishedBy], r.L.T("networks.gone")), "date", r.L.Date(time.Unix(rep.FinishedAt, 0).In(web.Warsaw)))
	}
	if n.Reason != "" && n.State == Active {
		p.Why = &web.Reason{Text: n.Reason, Human: true}
	}
	if !p.There && !p.May {
		return p, nil
	}
	figures, err := s.Figures(r.Context(), n.ID)
	p.Numbers = figureList(r.L, figures)
	return p, err
}

func figureList(l *i18n.L, f Figures) []web.Figure {
	one := func(key string, n int) web.Figure {
		return web.Figure{Value: l.Number(n), Label: l.T("networks.figure." + key)}
	}
	return []web.Figure{one("held", f.Held), one("planned", f.Planned), one("people", f.People), one("schools", f.Schools), one("participations", f.Participations),
		one("hours", f.Hours), one("tasks", f.Tasks), one("done", f.Done), one("materials", f.Materials)}
}

func (s *Service) draft(r *web.Request, who access.Actor, id ID) error {
	return s.Draft(r.Context(), who, id, r.L)
}

func (s *Service) writeReport(r *web.Request, who access.Actor, id ID) error {
	return s.Write(r.Context(), who, id, revisionOf(r), Written{r.Value("zrobiono"), r.Value("efekty"), r.Value("wnioski")}, r.Value("zrob") == "koniec")
}

// getReportPDF is the report as a paper. The page is its accessible form.
func (s *Service) getReportPDF(w http.ResponseWriter, r *web.Request) error {
	p, err := s.reportPage(w, r, url.Values{}, nil)
	if err != nil {
		return err
	}
	if !p.There {
		return fault.ErrNotFound
	}
	var b bytes.Buffer
	if err := s.writePDF(&b, r.L, p); err != nil {
		return err
	}
	attached(w, "application/pdf", "sprawozdanie-sieci-"+strconv.Itoa(p.N.SchoolYear)+".pdf")
	_, err = w.Write(b.Bytes())
	return err
}

func (s *Service) writePDF(w io.Writer, l *i18n.L, p reportPage) error {
	d := pdf.New(pdf.Meta{Title: l.T("networks.report.of", "network", p.N.Title), Author: p.Center, Lang: string(l.Lang), At: s.now(), Page: pageText(l)})
	d.Heading(1, l.T("networks.report.of", "network", p.N.Title))
	d.Paragraph(p.Center + ", " + l.T("networks.field.year") + ": " + yearText(p.N.SchoolYear))
	d.Paragraph(cmp.Or(p.Finished, l.T("networks.report.draft")))
	d.Heading(2, l.T("networks.field.goal"))
	paragraphs(d, p.N.Goal)
	d.Heading(2, l.T("networks.report.figures"))
	var rows [][]string
	for _, f := range p.Numbers {
		rows = append(rows, []string{f.Label, f.Value})
	}
	d.Table([]pdf.Column{{Title: l.T("networks.figure.what"), Share: 3}, {Title: l.T("networks.figure.number"), Right: true}}, rows)
	for _, part := range []struct{ key, words string }{{"done", p.R.Done}, {"effects", p.R.Effects}, {"next", p.R.Next}} {
		d.Heading(2, l.T("networks.report."+part.key))
		paragraphs(d, part.words)
	}
	return d.Write(w)
}

func paragraphs(d *pdf.Document, words string) {
	for _, part := range lines(words) {
		d.Paragraph(part)
	}
}

// lines are the lines of a text that say something.
func lines(words string) (list []string) {
	for l := range strings.SplitSeq(words, "\n") {
		if l = strings.TrimSpace(l); l != "" {
			list = append(list, l)
		}
	}
	return list
}
