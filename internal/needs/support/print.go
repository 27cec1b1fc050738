package support

import (
	"io"
	"iter"
	"net/http"
	"strconv"
	"strings"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/pdf"
	"kladka/internal/platform/sheet"
	"kladka/internal/platform/web"
)

// lines are the lines of a text that say something.
func lines(text string) (list []string) {
	for l := range strings.SplitSeq(text, "\n") {
		if l = strings.TrimSpace(l); l != "" {
			list = append(list, l)
		}
	}
	return list
}

// only is what was chosen, or the single choice there is.
func only(value string, choices []web.Choice) string {
	if value == "" && len(choices) == 1 {
		return choices[0].Value
	}
	return value
}

// printPage is the yearly plan to be printed; the PDF holds the same.
type printPage struct {
	web.Page
	School      string
	Sheet       Sheet
	Facts       []web.Fact
	Agreed      []web.Fact
	NeedColumns []string
	Needs       [][]string
	FormColumns []string
	Forms       [][]string
	PDF         string
	Next        web.Step
}

func (s *Service) getPrint(w http.ResponseWriter, r *web.Request) error {
	p, err := s.printPage(w, r)
	if err != nil {
		return err
	}
	return r.Render(w, printView(p))
}

func (s *Service) printPage(w http.ResponseWriter, r *web.Request) (p printPage, err error) {
	version := 0
	if text := r.Value("wersja"); text != "" {
		if version, err = strconv.Atoi(text); err != nil || version < 1 {
			return p, fault.ErrNotFound
		}
	}
	whole, sheet, err := s.Sheet(r.Context(), access.ActorOf(r.Request), r.PathValue("id"), version)
	if err != nil {
		return p, err
	}
	names, err := s.Directory.Names(r.Context(), []access.InstitutionID{whole.School, whole.Center})
	if err != nil {
		return p, err
	}
	p = printPage{Page: r.Page(w, r.L.T("support.rpw", "year", yearText(whole.SchoolYear)), web.Link{Text: r.L.T("support.title"), Href: Path},
		web.Link{Text: names[whole.School], Href: Href(whole.ID)}, web.Link{Text: r.L.T("support.tab.plan"), Href: Href(whole.ID) + tabPlan}),
		School: names[whole.School], Sheet: sheet, PDF: Href(whole.ID) + "/plan/pdf", Next: stepOf(r.L, whole)}
	p.NoIndex = true
	if version > 0 {
		p.PDF += "?wersja=" + strconv.Itoa(version)
	}
	state := r.L.T("support.sheet_draft")
	if sheet.Version > 0 {
		state = r.L.T("support.sheet_of", "n", sheet.Version, "date", r.L.Date(localTime(sheet.At)))
	}
	p.Facts = []web.Fact{{Name: r.L.T("support.field.school"), Value: names[whole.School]}, {Name: r.L.T("support.field.center"), Value: names[whole.Center]},
		{Name: r.L.T("support.field.year"), Value: yearText(whole.SchoolYear)}, {Name: r.L.T("support.field.version"), Value: state}}
	if p.Agreed, err = s.agreedBy(r, whole, sheet.Version); err != nil {
		return p, err
	}
	return p, s.fillPrint(r, &p)
}

// agreedBy says who agreed to a version of the plan, and when.
func (s *Service) agreedBy(r *web.Request, w Whole, version int) (facts []web.Fact, err error) {
	var said []Consent
	if err := s.db.Select(r.Context(), &said, `select `+consentColumns+` from needs_support_consents c where c.process = ? and c.what = ? and c.version = ? and c.agrees = ?`,
		w.ID, ofPlan, version, true); err != nil {
		return nil, err
	}
	var ids []string
	for _, c := range said {
		ids = append(ids, c.Person)
	}
	people, err := s.People.NamesOf(r.Context(), ids)
	for _, side := range bothSides {
		fact := web.Fact{Name: r.L.T("support.side." + string(side)), Value: r.L.T("support.agree.waits")}
		for _, c := range said {
			if c.Side == side {
				who := people[c.Person]
				if who == "" {
					who = r.L.T("support.who." + string(side))
				}
				fact.Value = r.L.T("support.agree.yes", "who", who, "date", r.L.Date(localTime(c.At)))
			}
		}
		facts = append(facts, fact)
	}
	return facts, err
}

func (s *Service) fillPrint(r *web.Request, p *printPage) error {
	l := r.L
	var topics []string
	for _, n := range p.Sheet.Needs {
		topics = append(topics, n.Topic)
	}
	words, err := s.Topics.Names(r.Context(), l, topics)
	if err != nil {
		return err
	}
	for _, c := range []string{"no", "need", "source", "grounds"} {
		p.NeedColumns = append(p.NeedColumns, l.T("support.field."+c))
	}
	for _, n := range p.Sheet.Needs {
		_, name, _ := strings.Cut(nameOf(l, n, words), ". ")
		p.Needs = append(p.Needs, []string{strconv.Itoa(n.No), name, l.T("support.source." + string(n.Source)), n.Grounds})
	}
	for _, c := range []string{"no", "form", "needs", "leader", "due", "hours", "indicator"} {
		p.FormColumns = append(p.FormColumns, l.T("support.field."+c))
	}
	for _, f := range p.Sheet.Forms {
		p.Forms = append(p.Forms, []string{strconv.Itoa(f.No), f.Title + " (" + l.T("support.work."+string(f.Kind)) + ")", numbersText(f.NeedNos), f.Leader,
			l.DateText(f.Due), l.Number(f.Hours), f.Indicator})
	}
	return nil
}

func (s *Service) getPDF(w http.ResponseWriter, r *web.Request) error {
	p, err := s.printPage(w, r)
	if err != nil {
		return err
	}
	attached(w, "application/pdf", "rpw-"+dayOf(s.now())+".pdf")
	return s.whole(r, s.writePDF(w, r.L, p))
}

// writePDF writes the yearly plan as a paper, with room for two signatures.
func (s *Service) writePDF(w io.Writer, l *i18n.L, p printPage) error {
	d := pdf.New(pdf.Meta{Title: p.Title, Author: p.School, Lang: string(l.Lang), At: s.now(),
		Page: func(n, of int) string { return l.T("support.print_page", "n", n, "of", of) }})
	d.Heading(1, p.Title)
	for _, f := range p.Facts {
		d.Paragraph(f.Name + ": " + f.Value)
	}
	d.Heading(2, l.T("support.needs"))
	d.Table(pdfColumns(p.NeedColumns, 0.4, 2, 1.4, 2), p.Needs)
	for _, text := range [][2]string{{"support.ways", p.Sheet.Ways}, {"support.goals", p.Sheet.Goals}} {
		d.Heading(2, l.T(text[0]))
		for _, part := range lines(text[1]) {
			d.Paragraph(part)
		}
	}
	d.Heading(2, l.T("support.forms"))
	d.Table(pdfColumns(p.FormColumns, 0.4, 2, 0.9, 1.3, 1.1, 0.8, 1.5), p.Forms)
	d.Heading(2, l.T("support.signatures"))
	for _, f := range p.Agreed {
		d.Paragraph(f.Name + ": " + f.Value)
	}
	d.Space(6)
	d.Table([]pdf.Column{{Title: l.T("support.sign_school")}, {Title: l.T("support.sign_center")}}, [][]string{{strings.Repeat("\u00a0", 160), ""}})
	return d.Write(w)
}

func pdfColumns(titles []string, shares ...float64) (list []pdf.Column) {
	for n, t := range titles {
		list = append(list, pdf.Column{Title: t, Share: shares[n]})
	}
	return list
}

func attached(w http.ResponseWriter, kind, name string) {
	head := w.Header()
	head.Set("Content-Type", kind)
	head.Set("Cache-Control", "no-store")
	head.Set("Content-Disposition", `attachment; filename="`+name+`"`)
}

// whole cuts a download off that failed on its way, lest half of it look whole.
func (s *Service) whole(r *web.Request, err error) error {
	if err != nil {
		s.Log.Error("download of a support plan broken off", "request", r.ID(), "err", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}

// getSheet is the chain need, form, effect of a process: a row for each need and
// each form that answers it.
func (s *Service) getSheet(w http.ResponseWriter, r *web.Request) error {
	whole, err := s.Find(r.Context(), access.ActorOf(r.Request), r.PathValue("id"))
	if err != nil {
		return err
	}
	p := tabPage{W: whole, Base: Href(whole.ID)}
	p.L = r.L
	if err := s.fillChain(r, &p); err != nil {
		return err
	}
	form := sheet.FormatOf(r.URL.Query().Get("format"))
	attached(w, form.ContentType(), form.File("wspomaganie-"+dayOf(s.now())))
	var header []string
	for _, c := range []string{"need", "source", "form", "due", "hours", "state", "day", "people", "indicator", "effect", "remark"} {
		header = append(header, r.L.T("support.field."+c))
	}
	return s.whole(r, sheet.Write(w, form, r.L.T("support.title"), header, chainRows(p)))
}

func chainRows(p tabPage) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		for _, n := range p.Needs {
			forms := n.Forms
			if len(forms) == 0 {
				forms = []formRow{{}}
			}
			for _, f := range forms {
				hours, people := "", ""
				if f.ID != "" {
					hours = strconv.Itoa(f.Hours)
				}
				if f.State == FormHeld {
					people = strconv.Itoa(f.People)
				}
				if !yield([]string{n.Name, n.SourceName, f.Title, f.Due, hours, f.StateName, f.DoneOn, people, f.Indicator, n.EffectName, n.Remark}, nil) {
					return
				}
			}
		}
	}
}

// unmetPage is the report of needs that stayed unmet.
type unmetPage struct {
	web.Page
	Whose   string
	Year    string
	Years   []web.Link
	Columns []string
	Rows    [][]string
	Sheet   string
	Next    web.Step
}

func (s *Service) unmet(r *web.Request) (year int, years []int, columns []string, rows [][]string, err error) {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	if years, err = s.ReportYears(ctx, who); err != nil {
		return 0, nil, nil, nil, err
	}
	year = yearOf(r, years, directory.SchoolYear(s.now()))
	list, err := s.Report(ctx, who, year)
	if err != nil {
		return 0, nil, nil, nil, err
	}
	var topics []string
	for _, u := range list {
		topics = append(topics, u.Topic)
	}
	names, err := s.Topics.Names(ctx, r.L, topics)
	for _, c := range []string{"topic", "found", "left", "partly", "not", "stopped", "reached", "open", "no_form"} {
		columns = append(columns, r.L.T("support.unmet."+c))
	}
	for _, u := range list {
		name := names[u.Topic]
		if name == "" {
			name = r.L.T("support.own_words")
		}
		row := []string{name}
		for _, n := range []int{u.Found, u.Left(), u.Partly, u.Not, u.Stopped, u.Reached, u.Open, u.NoForm} {
			row = append(row, strconv.Itoa(n))
		}
		rows = append(rows, row)
	}
	return year, years, columns, rows, err
}

func (s *Service) getUnmet(w http.ResponseWriter, r *web.Request) error {
	year, years, columns, rows, err := s.unmet(r)
	if err != nil {
		return err
	}
	scopes, err := s.Scopes(r.Context(), access.ActorOf(r.Request))
	if err != nil {
		return err
	}
	p := unmetPage{Page: r.Page(w, r.L.T("support.unmet.title")), Year: yearText(year), Years: yearLinks(UnmetPath, years, year), Columns: columns, Rows: rows,
		Sheet: UnmetPath + "/arkusz?rok=" + strconv.Itoa(year), Whose: r.L.T("support.unmet.all")}
	p.NoIndex, p.Lead = true, r.L.T("support.unmet.lead")
	p.Next = web.Step{What: r.L.T("support.unmet.next"), Who: r.L.T("support.unmet.next_who"), Href: "/potrzeby"}
	if scopes[0] != (Scope{}) {
		var ids []access.InstitutionID
		for _, o := range scopes {
			ids = append(ids, o.Center)
		}
		names, err := s.Directory.Names(r.Context(), ids)
		if err != nil {
			return err
		}
		var list []string
		for _, id := range ids {
			list = append(list, names[id])
		}
		p.Whose = r.L.T("support.unmet.of", "center", strings.Join(list, ", "))
	}
	return r.Render(w, unmetView(p))
}

func (s *Service) getUnmetSheet(w http.ResponseWriter, r *web.Request) error {
	year, _, columns, rows, err := s.unmet(r)
	if err != nil {
		return err
	}
	form := sheet.FormatOf(r.URL.Query().Get("format"))
	attached(w, form.ContentType(), form.File("wspomaganie-niezaspokojone-"+strconv.Itoa(year)))
	return s.whole(r, sheet.Write(w, form, r.L.T("support.unmet.title"), columns, func(yield func([]string, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	}))
}
