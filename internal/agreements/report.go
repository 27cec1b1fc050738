package agreements

import (
	"cmp"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"kladka/internal/access"
	"kladka/internal/agreements/ledger"
	"kladka/internal/platform/chart"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/pdf"
	"kladka/internal/platform/sheet"
	"kladka/internal/platform/web"
)

// yearPage is the report of an agreement for a school year: the page, the PDF
// and the sheet are made of the same.
type yearPage struct {
	web.Page
	W            Whole
	Year         int
	YearText     string
	Over         bool // the year is over and can be confirmed
	Years        []web.Link
	Parties      string
	Columns      []string
	Rows         [][]string // an area each: joint figures, then what stands beside
	Bars         chart.Bars
	Activities   []yearArea
	Arrangements []arrangementView
	Outcomes     []outcomeView
	Said         []saidView
	Differences  [][]string
	DiffColumns  []string
	Confirms     []web.Choice // parties that the reader may confirm for
	Seen         string       // what the form of the confirmation carries
	Stop         string
	PDF, Sheet   string
	CSV          string
	Made         string
	Next         web.Step
}

type yearArea struct {
	Name string
	Rows []activityView
	More web.Link
}

type saidView struct{ Party, Text, Remarks, Kind string }

// getYear shows the report in the form that the end of the address asks for.
func (s *Service) getYear(w http.ResponseWriter, r *web.Request) error {
	text, form, _ := strings.Cut(r.PathValue("year"), ".")
	p, err := s.yearPage(w, r, text)
	if err != nil {
		return err
	}
	name := "porozumienie-" + text
	switch form {
	case "":
		return r.Render(w, yearView(p))
	case "pdf":
		attached(w, "application/pdf", name+".pdf")
		return s.sent(r, s.writePDF(w, r.L, p))
	case string(sheet.XLSX), string(sheet.CSV):
		f := sheet.FormatOf(form)
		attached(w, f.ContentType(), f.File(name))
		return s.sent(r, sheet.Write(w, f, p.YearText, p.Columns, func(yield func([]string, error) bool) {
			for _, row := range p.Rows {
				if !yield(row, nil) {
					return
				}
			}
		}))
	}
	return fault.ErrNotFound
}

func attached(w http.ResponseWriter, kind, name string) {
	head := w.Header()
	head.Set("Content-Type", kind)
	head.Set("Cache-Control", "no-store")
	head.Set("Content-Disposition", `attachment; filename="`+name+`"`)
}

// sent cuts a download off that failed on its way, lest half of it look whole.
func (s *Service) sent(r *web.Request, err error) error {
	if err != nil {
		s.Log.Error("download of a report broken off", "request", r.ID(), "err", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}

func (s *Service) postConfirm(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	year := ParseYear(r.PathValue("year"))
	err := s.Confirm(r.Context(), access.ActorOf(r.Request), idOf(r), r.Value("strona"), year, r.Value("widziane"), r.Value("uwagi"))
	if shown(err) {
		p, again := s.yearPage(w, r, number(year))
		if again != nil {
			return again
		}
		p.Page, p.Stop = p.WithErrors(err), stopOf(r.L, err)
		return r.RenderStatus(w, statusOf(err), yearView(p))
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.agreements.confirmed")
	return r.Redirect(w, yearHref(idOf(r), year))
}

// yearPage reads the report; a year that is not of the agreement is not there.
func (s *Service) yearPage(w http.ResponseWriter, r *web.Request, text string) (p yearPage, err error) {
	ctx, l, who, today := r.Context(), r.L, access.ActorOf(r.Request), dayOf(s.now())
	a, err := s.Find(ctx, who, idOf(r))
	if err != nil {
		return p, err
	}
	year, err := strconv.Atoi(text)
	if err != nil || a.State == Draft || !slices.Contains(a.years(today), year) {
		return p, fault.ErrNotFound
	}
	_, last := yearDays(year)
	p = yearPage{Page: r.Page(w, l.T("agreements.report.title", "year", yearText(year)), web.Link{Text: l.T("agreements.title"), Href: Path}, web.Link{Text: a.Title, Href: Href(a.ID)}),
		W: a, Year: year, YearText: yearText(year), Over: last < today, Made: l.T("agreements.made", "date", l.Date(s.now().In(web.Warsaw)))}
	p.Lead = a.Title
	p.PDF, p.Sheet, p.CSV = yearHref(a.ID, year)+".pdf", yearHref(a.ID, year)+".xlsx", yearHref(a.ID, year)+".csv"
	for _, y := range a.years(today) {
		p.Years = append(p.Years, web.Link{Text: yearText(y), Href: yearHref(a.ID, y), Current: y == year})
	}
	var names []string
	for _, x := range a.Parties {
		names = append(names, x.Name)
	}
	p.Parties = strings.Join(names, ", ")
	for _, fill := range []func(*web.Request, *yearPage) error{s.fillYear, s.fillSaid, s.fillYearRest} {
		if err := fill(r, &p); err != nil {
			return p, err
		}
	}
	return p, nil
}

// fillYear are the figures and the activities, area by area.
func (s *Service) fillYear(r *web.Request, p *yearPage) error {
	ctx, l := r.Context(), r.L
	for _, c := range []string{"area", "activities", "participations", "people", "hours", "money", "by_hand", "near"} {
		p.Columns = append(p.Columns, l.T("agreements.column."+c))
	}
	p.Bars = areaBars(l, l.T("agreements.report.caption", "year", p.YearText))
	for _, a := range p.W.in(p.Year) {
		joint, err := s.Ledger.Totals(ctx, s.db, ledger.Query{Scope: ledger.Area(a.ID), From: p.Year, To: p.Year})
		if err != nil {
			return err
		}
		near, err := s.Ledger.Totals(ctx, s.db, ledger.Query{Scope: ledger.Near(a.ID), From: p.Year, To: p.Year})
		if err != nil {
			return err
		}
		t, n := ledger.Sum(joint), ledger.Sum(near)
		whole, _ := ledger.LessonHours(t.Minutes)
		p.Rows = append(p.Rows, []string{a.name(), count(t.Activities), count(t.Participations), count(t.People), count(whole), cmp.Or(amountText(t.Money), "0"), count(t.Hand.Activities), count(n.Activities)})
		p.Bars.Rows = append(p.Bars.Rows, chart.Row{Name: a.name(), Values: []chart.Value{chart.Int(int(t.Participations))}})
		list, more, err := s.Ledger.Activities(ctx, s.db, ledger.Area(a.ID), p.Year, web.Cursor{}, rowsOnPage)
		if err != nil {
			return err
		}
		of := yearArea{Name: a.name(), Rows: activityViews(l, list)}
		if more {
			of.More = web.Link{Text: l.T("agreements.all_activities"), Href: Href(p.W.ID) + "/obszar/" + a.ID + "?rok=" + number(p.Year)}
		}
		p.Activities = append(p.Activities, of)
	}
	return nil
}

func count(n int64) string { return strconv.FormatInt(n, 10) }

// fillSaid is what the parties confirmed, how it differs, and who may confirm.
func (s *Service) fillSaid(r *web.Request, p *yearPage) error {
	ctx, l, who := r.Context(), r.L, access.ActorOf(r.Request)
	said, err := s.Confirmations(ctx, p.W.ID, p.Year)
	if err != nil {
		return err
	}
	now, err := s.yearFigures(ctx, s.db, p.W, p.Year)
	if err != nil {
		return err
	}
	p.Seen = Print(now)
	mine := runsIt(who, p.W)
	for _, x := range p.W.Parties {
		v := saidView{Party: x.Name, Text: l.T("agreements.not_confirmed")}
		if n := slices.IndexFunc(said, func(c Confirmation) bool { return c.Party == x.ID }); n >= 0 {
			key := "agreements.confirmed_on"
			if said[n].Paper {
				key = "agreements.confirmed_paper"
			}
			v.Text, v.Remarks, v.Kind = l.T(key, "date", l.Date(unix(said[n].At).In(web.Warsaw))), said[n].Remarks, "ok"
		}
		p.Said = append(p.Said, v)
		if mine && p.Over && (x.Outside() || speaks(who, x) == nil) {
			p.Confirms = append(p.Confirms, web.Choice{Value: x.ID, Label: x.Name})
		}
	}
	for _, c := range []string{"area", "party", "was", "now"} {
		p.DiffColumns = append(p.DiffColumns, l.T("agreements.column."+c))
	}
	for _, d := range differences(now, said) {
		a, _ := p.W.area(d.Area)
		side, _ := p.W.party(d.Party)
		p.Differences = append(p.Differences, []string{a.name(), side.Name, figuresText(l, d.Was), figuresText(l, d.Now)})
	}
	return nil
}

// figuresText is all that is confirmed of an area, in words.
func figuresText(l *i18n.L, f figures) string {
	return l.N("agreements.activities", int(f.Activities)) + ", " + l.N("agreements.participations", int(f.Participations)) + ", " + l.N("agreements.people", int(f.People)) + ", " +
		hours(l, f.Minutes) + ", " + money(l, f.Money)
}

// fillYearRest are the arrangements of the year, the outcomes, and what comes next.
func (s *Service) fillYearRest(r *web.Request, p *yearPage) error {
	l := r.L
	list, err := s.Arrangements(r.Context(), p.W.ID)
	if err != nil {
		return err
	}
	names, err := s.owners(r.Context(), list)
	if err != nil {
		return err
	}
	for _, g := range list {
		if yearOfDay(cmp.Or(g.ClosedOn, g.Due)) == p.Year {
			p.Arrangements = append(p.Arrangements, s.arrangementView(l, g, names))
		}
	}
	for _, o := range p.W.Outcomes {
		v, err := s.outcomeView(r, p.W, o)
		if err != nil {
			return err
		}
		p.Outcomes = append(p.Outcomes, v)
	}
	_, last := yearDays(p.Year)
	p.Next = web.Step{What: l.T("agreements.next.confirm", "year", p.YearText), Who: l.T("agreements.next.parties"), When: l.T("agreements.after", "date", l.DateText(last))}
	if !slices.ContainsFunc(p.Said, func(v saidView) bool { return v.Kind == "" }) {
		p.Next = web.Step{What: l.T("agreements.next.confirmed")}
	}
	return nil
}

// writePDF writes the report as a paper.
func (s *Service) writePDF(w io.Writer, l *i18n.L, p yearPage) error {
	d := pdf.New(pdf.Meta{Title: p.Title, Author: p.Parties, Lang: string(l.Lang), At: s.now(),
		Page: func(n, of int) string { return l.T("agreements.print_page", "n", n, "of", of) }})
	d.Heading(1, p.Title)
	d.Paragraph(p.W.Title)
	d.Paragraph(p.Parties)
	d.Paragraph(p.Made)
	d.Heading(2, l.T("agreements.report.figures"))
	d.Paragraph(l.T("agreements.report.rule"))
	var columns []pdf.Column
	for n, c := range p.Columns {
		column := pdf.Column{Title: c, Share: 1, Right: n > 0}
		if n == 0 {
			column.Share = 2.6
		}
		columns = append(columns, column)
	}
	d.Table(columns, p.Rows)
	chart.DrawPDF(d, l, p.Bars)
	pdfDone(d, l, p)
	pdfOutcomes(d, l, p.Outcomes)
	d.Heading(2, l.T("agreements.report.confirmed"))
	for _, v := range p.Said {
		d.Paragraph(v.Party + ": " + v.Text + comma(v.Remarks))
	}
	if len(p.Differences) > 0 {
		d.Table([]pdf.Column{{Title: p.DiffColumns[0], Share: 1.4}, {Title: p.DiffColumns[1]}, {Title: p.DiffColumns[2], Share: 1.4}, {Title: p.DiffColumns[3], Share: 1.4}}, p.Differences)
	}
	return d.Write(w)
}

// pdfDone writes what was done, area by area, and the arrangements.
func pdfDone(d *pdf.Document, l *i18n.L, p yearPage) {
	d.Heading(2, l.T("agreements.report.activities"))
	for _, a := range p.Activities {
		d.Heading(3, a.Name)
		if len(a.Rows) == 0 {
			d.Paragraph(l.T("agreements.nothing_year"))
		}
		for _, x := range a.Rows {
			d.Paragraph("– " + x.When + ": " + x.Title + comma(x.What))
		}
	}
	d.Heading(2, l.T("agreements.arrangements"))
	if len(p.Arrangements) == 0 {
		d.Paragraph(l.T("agreements.no_arrangements"))
	}
	for _, g := range p.Arrangements {
		d.Paragraph("– " + g.Title + " (" + g.Who + comma(g.When) + comma(g.Money) + "): " + g.State + comma(g.Result))
	}
}

// pdfOutcomes writes the outcomes with their pictures and tables.
func pdfOutcomes(d *pdf.Document, l *i18n.L, list []outcomeView) {
	if len(list) > 0 {
		d.Heading(2, l.T("agreements.outcomes"))
	}
	for _, o := range list {
		d.Heading(3, number(o.No)+". "+o.Words)
		d.Paragraph(o.Note)
		if o.Line != nil {
			chart.DrawPDF(d, l, *o.Line)
		}
		if len(o.Rows) > 0 {
			var columns []pdf.Column
			for _, c := range o.Columns {
				columns = append(columns, pdf.Column{Title: c})
			}
			d.Table(columns, o.Rows)
		}
	}
}

func comma(text string) string {
	if text == "" {
		return ""
	}
	return ", " + text
}
