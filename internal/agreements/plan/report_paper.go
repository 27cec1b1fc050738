package plan

import (
	"io"
	"iter"
	"net/http"
	"strings"

	"kladka/internal/platform/chart"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/pdf"
	"kladka/internal/platform/sheet"
	"kladka/internal/platform/web"
)

// paper is what is read as a page, printed as a PDF and counted on in a sheet:
// the report of a year, the sheet of a municipality. It is filled once, so the
// three cannot differ.
type paper struct {
	web.Page
	Facts []web.Fact
	Parts []paperPart
	Years []web.Link
	Sees  string // who reads it, and what of people stands in it
	Base  string // its address; those of the files have an ending
	Query string // that follows both
	File  string // their name
	Next  web.Step
}

// paperPart is one part of a paper: words, a picture, a table. Where there are no
// rows None says so plainly.
type paperPart struct {
	ID      string
	Title   string
	Lines   []string
	Picture chart.Picture // nil for none
	Caption string
	Columns []paperColumn
	Rows    [][]cell
	None    string
}

// paperColumn is a column. Right ones hold numbers; Share is its part of the
// width of a page, 1 where it is 0.
type paperColumn struct {
	Title string
	Right bool
	Share float64
}

// cell is one field of a table. Plain is what a sheet gets instead of Text, for a
// number that is to be reckoned with.
type cell struct {
	Text, Href, Plain string
}

func text(words string) cell { return cell{Text: words} }

func linked(words, href string) cell { return cell{Text: words, Href: href} }

func (s *Service) sendPaper(w http.ResponseWriter, r *web.Request, p paper, as string) error {
	switch as {
	case "":
		return r.Render(w, paperView(p))
	case "pdf":
		attached(w, "application/pdf", p.File+".pdf")
		return s.finish(r, p.writePDF(w, s))
	}
	form := sheet.FormatOf(as)
	attached(w, form.ContentType(), form.File(p.File))
	return s.finish(r, p.writeSheet(w, form))
}

// splitFile tells a page from its files: "2026.pdf" is the year and "pdf".
func splitFile(segment string) (name, as string) {
	for _, as := range []string{"pdf", "xlsx", "csv"} {
		if name, is := strings.CutSuffix(segment, "."+as); is {
			return name, as
		}
	}
	return segment, ""
}

func attached(w http.ResponseWriter, kind, name string) {
	head := w.Header()
	head.Set("Content-Type", kind)
	head.Set("Cache-Control", "no-store")
	head.Set("Content-Disposition", `attachment; filename="`+name+`"`)
}

// finish cuts a download off that failed on its way, lest half of it look whole.
func (s *Service) finish(r *web.Request, err error) error {
	if err != nil {
		s.Log.Error("download of a plan's paper broken off", "request", r.ID(), "err", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}

func (p paper) writePDF(w io.Writer, s *Service) error {
	l := p.L
	d := pdf.New(pdf.Meta{Title: p.Title, Author: p.Operator(), Lang: string(l.Lang), At: s.now(),
		Page: func(n, of int) string { return l.T("plan.paper.page", "n", n, "of", of) }})
	d.Heading(1, p.Title)
	if p.Lead != "" {
		d.Paragraph(p.Lead)
	}
	for _, f := range p.Facts {
		d.Paragraph(f.Name + ": " + f.Value)
	}
	if p.Sees != "" {
		d.Paragraph(l.T("promise.who_sees") + " " + p.Sees)
	}
	for _, part := range p.Parts {
		part.writePDF(d, l)
	}
	return d.Write(w)
}

func (p paperPart) writePDF(d *pdf.Document, l *i18n.L) {
	d.Room(40) // a heading and the head of its table stay with the first row
	d.Heading(2, p.Title)
	for _, line := range p.Lines {
		d.Paragraph(line)
	}
	if p.Picture != nil {
		chart.DrawPDF(d, l, p.Picture)
	}
	if len(p.Rows) == 0 {
		if p.None != "" {
			d.Paragraph(p.None)
		}
		return
	}
	var columns []pdf.Column
	for _, c := range p.Columns {
		columns = append(columns, pdf.Column{Title: c.Title, Share: c.Share, Right: c.Right})
	}
	var rows [][]string
	for _, row := range p.Rows {
		var cells []string
		for _, c := range row {
			cells = append(cells, c.Text)
		}
		rows = append(rows, cells)
	}
	d.Table(columns, rows)
	d.Space(3)
}

// writeSheet writes every table as one long list: part, what, measure, value. So
// one sheet holds tables of different columns and can be filtered and pivoted.
func (p paper) writeSheet(w io.Writer, form sheet.Format) error {
	var header []string
	for _, c := range []string{"part", "what", "measure", "value"} {
		header = append(header, p.L.T("plan.paper."+c))
	}
	return sheet.Write(w, form, p.File, header, p.long())
}

func (p paper) long() iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		for _, f := range p.Facts {
			if !yield([]string{p.Title, f.Name, "", f.Value}, nil) {
				return
			}
		}
		for _, part := range p.Parts {
			for _, row := range part.long() {
				if !yield(row, nil) {
					return
				}
			}
		}
	}
}

func (p paperPart) long() (rows [][]string) {
	for _, row := range p.Rows {
		if len(row) == 1 {
			rows = append(rows, []string{p.Title, row[0].Text, "", ""})
		}
		for n, c := range row {
			if n > 0 {
				value := c.Text
				if c.Plain != "" {
					value = c.Plain
				}
				rows = append(rows, []string{p.Title, row[0].Text, p.Columns[n].Title, value})
			}
		}
	}
	if len(p.Rows) == 0 && p.None != "" {
		rows = append(rows, []string{p.Title, p.None, "", ""})
	}
	return rows
}
