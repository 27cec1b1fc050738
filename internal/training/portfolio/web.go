package portfolio

import (
	"iter"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/sheet"
	"kladka/internal/platform/web"
)

// Path is the page of one's own portfolio, HeadPath the one of heads.
const (
	Path     = "/moje-doskonalenie"
	HeadPath = "/kadra/dokumenty"
)

func entryPath(id string) string { return Path + "/" + id }
func notePath(key string) string { return Path + "/" + key + "/notatka" }

// Routes opens the doors of the package. That a portfolio stays closed at a
// shared computer and to who acts for another is the service's to check.
func (s *Service) Routes(sh *web.Shell) {
	room := Uses()[0].Room()
	sh.Handle("GET "+Path, access.SignedIn, s.getOwn)
	sh.Handle("GET "+Path+"/arkusz", access.SignedIn, s.getSheet)
	sh.Handle("GET "+Path+"/zestawienie", access.SignedIn, s.getPrint)
	sh.Handle("POST "+Path+"/zestawienie", access.SignedIn, s.postPrint)
	sh.Handle("GET "+Path+"/nowe", access.SignedIn, s.getNew)
	sh.Handle("POST "+Path+"/nowe", access.SignedIn, s.postNew, web.Idempotent(), room)
	sh.Handle("GET "+Path+"/{id}", access.SignedIn, s.getEntry)
	sh.Handle("POST "+Path+"/{id}", access.SignedIn, s.postEntry, web.Idempotent(), room)
	sh.Handle("POST "+Path+"/{id}/usun", access.SignedIn, s.postRemove, web.Idempotent())
	sh.Handle("POST "+Path+"/{id}/prosba", access.SignedIn, s.postAsk, web.Idempotent())
	sh.Handle("POST "+Path+"/{id}/cofnij", access.SignedIn, s.postWithdraw, web.Idempotent())
	sh.Handle("GET "+Path+"/{id}/skan", access.SignedIn, s.getScan)
	sh.Handle("GET "+Path+"/{item}/notatka", access.SignedIn, s.getNote)
	sh.Handle("POST "+Path+"/{item}/notatka", access.SignedIn, s.postNote, web.Idempotent())
	head := access.Can(access.ConfirmPapers)
	sh.Handle("GET "+HeadPath, head, s.getWaiting)
	sh.Handle("POST "+HeadPath+"/{id}", head, s.postDecide, web.Idempotent())
	sh.Handle("GET "+HeadPath+"/{id}/skan", head, s.getAskedScan)
	sh.AddAccount(46, "portfolio.title", Path)
	sh.AddDesk(s.desk)
}

func localTime(t time.Time) time.Time { return t.In(web.Warsaw) }

func yearText(year int) string { return strconv.Itoa(year) + "/" + strconv.Itoa(year+1) }

// ownPage is the portfolio: sums of all years, and what happened in one.
type ownPage struct {
	web.Page
	Figures []web.Figure
	Years   []yearRow
	Year    string
	Items   []itemRow
}

type yearRow struct {
	Name, Href, Here, Networks, Elsewhere, Total string
	Current                                      bool
}

type itemRow struct {
	Key, Title, Href, Issuer, Day, Form, Hours, Proof string
	Typed                                             bool
	State, StateKind                                  string
	Paper                                             string // address of the paper's page
	Note, NoteText                                    string
}

func (s *Service) getOwn(w http.ResponseWriter, r *web.Request) error {
	who := access.ActorOf(r.Request)
	if err := own(who); err != nil {
		return err
	}
	f, err := s.Folder(r.Context(), who)
	if err != nil {
		return err
	}
	p := ownPage{Page: r.Page(w, r.L.T("portfolio.title"))}
	p.NoIndex, p.Lead = true, r.L.T("portfolio.lead")
	all, years := SumsOf(f.Items)
	p.Figures = []web.Figure{{Value: r.L.Number(all.Total()), Label: r.L.T("portfolio.sum.all")}, {Value: r.L.Number(all.Here), Label: r.L.T("portfolio.sum.here")},
		{Value: r.L.Number(all.Networks), Label: r.L.T("portfolio.sum.networks")}, {Value: r.L.Number(all.Elsewhere), Label: r.L.T("portfolio.sum.elsewhere")}}
	if len(years) == 0 {
		return r.Render(w, ownView(p))
	}
	year := years[0].Year
	if n, err := strconv.Atoi(r.Value("rok")); err == nil && slices.ContainsFunc(years, func(x Sum) bool { return x.Year == n }) {
		year = n
	}
	for _, x := range years {
		p.Years = append(p.Years, yearRow{Name: yearText(x.Year), Href: Path + "?rok=" + strconv.Itoa(x.Year), Here: r.L.Number(x.Here), Networks: r.L.Number(x.Networks),
			Elsewhere: r.L.Number(x.Elsewhere), Total: r.L.Number(x.Total()), Current: x.Year == year})
	}
	p.Year = yearText(year)
	items := f.Of(year)
	people, err := s.deciders(r.Context(), items)
	if err != nil {
		return err
	}
	for _, i := range items {
		p.Items = append(p.Items, rowOf(r.L, i, people))
	}
	return r.Render(w, ownView(p))
}

func rowOf(l *i18n.L, i Item, people map[string]string) itemRow {
	row := itemRow{Key: i.Key, Title: i.Title, Href: i.Path, Issuer: i.Issuer, Day: l.DateText(i.Day), Hours: l.N("portfolio.hours", i.Hours), Proof: proofOf(l, i, people),
		Typed: i.Kind == External}
	if i.Form != "" {
		row.Form = formName(l, i.Form)
	}
	if i.Paper != nil {
		row.Paper = i.Paper.Path
	}
	if i.Entry != nil {
		row.State, row.StateKind = stateBadge(l, i.Entry.State)
	}
	if i.Kind != Network {
		row.Note, row.NoteText = notePath(i.Key), l.T("portfolio.note.add")
		if i.Noted {
			row.NoteText = l.T("portfolio.note.see")
		}
	}
	return row
}

func stateBadge(l *i18n.L, st State) (text, kind string) {
	if st == Typed {
		return "", ""
	}
	return l.T("portfolio.state." + string(st)), map[State]string{Confirmed: "ok", Refused: "bad"}[st]
}

// getSheet is the whole portfolio as a sheet, in the reader's language. Notes
// are not in it.
func (s *Service) getSheet(w http.ResponseWriter, r *web.Request) error {
	f, err := s.Folder(r.Context(), access.ActorOf(r.Request))
	if err != nil {
		return err
	}
	people, err := s.deciders(r.Context(), f.Items)
	if err != nil {
		return err
	}
	form := sheet.FormatOf(r.URL.Query().Get("format"))
	attached(w, form.ContentType(), form.File("moje-doskonalenie-"+dayOf(s.now())))
	var header []string
	for _, c := range []string{"year", "title", "form", "issuer", "day", "hours", "proof"} {
		header = append(header, r.L.T("portfolio.column."+c))
	}
	return s.whole(r, sheet.Write(w, form, r.L.T("portfolio.title"), header, sheetRows(r.L, f.Items, people)))
}

func sheetRows(l *i18n.L, items []Item, people map[string]string) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		for _, i := range items {
			form := ""
			if i.Form != "" {
				form = formName(l, i.Form)
			}
			if !yield([]string{yearText(i.Year), i.Title, form, i.Issuer, i.Day, strconv.Itoa(i.Hours), proofOf(l, i, people)}, nil) {
				return
			}
		}
	}
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
		s.Log.Error("download of a portfolio broken off", "request", r.ID(), "err", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}

// printPage is where one chooses what is printed.
type printPage struct {
	web.Page
	Years  []web.FacetOption
	Groups []printGroup
}

type printGroup struct {
	Name, Hours string
	Items       []printItem
}

type printItem struct {
	ID, Key, Label, Hint string
	Checked              bool
}

func (s *Service) getPrint(w http.ResponseWriter, r *web.Request) error {
	return s.showPrint(w, r, r.URL.Query()["rok"], nil, nil)
}

// showPrint shows the years ticked, all when none is; chosen are the keys
// ticked, nil for all.
func (s *Service) showPrint(w http.ResponseWriter, r *web.Request, ticked, chosen []string, wrong error) error {
	f, err := s.Folder(r.Context(), access.ActorOf(r.Request))
	if err != nil {
		return err
	}
	p := printPage{Page: r.Page(w, r.L.T("portfolio.print.choose"), web.Link{Text: r.L.T("portfolio.title"), Href: Path}).WithErrors(wrong)}
	p.NoIndex, p.Lead = true, r.L.T("portfolio.print.lead")
	_, years := SumsOf(f.Items)
	first := true
	for _, x := range years {
		value := strconv.Itoa(x.Year)
		p.Years = append(p.Years, web.FacetOption{Value: value, Label: yearText(x.Year), N: x.Items, Checked: slices.Contains(ticked, value)})
		if len(ticked) > 0 && !slices.Contains(ticked, value) {
			continue
		}
		g := printGroup{Name: yearText(x.Year), Hours: r.L.N("portfolio.hours", x.Total())}
		for _, i := range f.Of(x.Year) {
			row := printItem{ID: "co-" + i.Key, Key: i.Key, Label: i.Title, Hint: hintOf(r.L, i),
				Checked: wrong == nil || slices.Contains(chosen, i.Key)}
			if first {
				row.ID, first = "co", false // where the summary of errors leads
			}
			g.Items = append(g.Items, row)
		}
		p.Groups = append(p.Groups, g)
	}
	if wrong != nil {
		return r.RenderStatus(w, http.StatusUnprocessableEntity, printView(p))
	}
	return r.Render(w, printView(p))
}

func hintOf(l *i18n.L, i Item) string {
	words := []string{l.DateText(i.Day), l.N("portfolio.hours", i.Hours)}
	if i.Issuer != "" {
		words = slices.Insert(words, 0, i.Issuer)
	}
	return strings.Join(words, ", ")
}

// postPrint answers with the file. It is a form for its length only and changes
// nothing, so it may be sent again.
func (s *Service) postPrint(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	p, err := s.Printout(r.Context(), access.ActorOf(r.Request), r.PostForm["co"])
	if fault.KindOf(err) == fault.Invalid && err != nil {
		return s.showPrint(w, r, r.PostForm["rok"], r.PostForm["co"], err)
	}
	if err != nil {
		return err
	}
	name := "zestawienie-doskonalenia-" + dayOf(s.now())
	if r.Value("jako") == "zip" {
		attached(w, "application/zip", name+".zip")
		return s.whole(r, s.Archive(r.Context(), w, p))
	}
	attached(w, "application/pdf", name+".pdf")
	return s.whole(r, s.PDF(w, p))
}
