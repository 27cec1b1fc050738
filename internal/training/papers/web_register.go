package papers

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/files"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/sheet"
	"kladka/internal/platform/web"
	"kladka/internal/training"
)

// kindOf is the register of a page: certificates unless it says diplomas.
func kindOf(r *web.Request) Kind {
	if r.Value("rodzaj") == "swiadectwa" {
		return training.Diploma
	}
	return training.Certificate
}

func kindQuery(k Kind) string {
	if k == training.Diploma {
		return "swiadectwa"
	}
	return "zaswiadczenia"
}

// registerPage is a page of one of the two registers.
type registerPage struct {
	page
	Tabs  []web.Link
	Kind  string
	Words string
	Rows  []paperRow
	Pager web.Pager
	Sheet string
}

type paperRow struct{ Href, Number, Name, Title, Issued, State, Mark, Handed string }

func markOfState(s State) string {
	switch s {
	case Voided:
		return "bad"
	case Corrected, Duplicated:
		return "warn"
	}
	return "ok"
}

func (s *Service) getRegister(w http.ResponseWriter, r *web.Request) error {
	cursor, err := web.CursorOf(r.URL.Query())
	if err != nil {
		return err
	}
	f := Filter{Kind: kindOf(r), Words: r.Value("q")}
	list, more, err := s.Register(r.Context(), access.ActorOf(r.Request), at(r, access.IssuePapers), f, cursor)
	if err != nil {
		return err
	}
	p := registerPage{page: officePage(w, r, r.L.T("papers.register."+string(f.Kind)), RegisterPath), Kind: kindQuery(f.Kind), Words: f.Words,
		Sheet: RegisterPath + "/arkusz" + query("rodzaj", kindQuery(f.Kind), "q", f.Words)}
	for _, k := range Kinds() {
		p.Tabs = append(p.Tabs, web.Link{Text: r.L.T("papers.kinds." + string(k)), Href: RegisterPath + query("rodzaj", kindQuery(k)), Current: k == f.Kind})
	}
	for _, x := range list {
		p.Rows = append(p.Rows, rowOfPaper(r.L, x))
	}
	if len(list) > 0 {
		first, last := list[0], list[len(list)-1]
		p.Pager = web.PagerFor(r.URL, cursor, web.Cursor{Key: first.Sort, ID: string(first.ID)}, web.Cursor{Key: last.Sort, ID: string(last.ID)}, more)
	}
	return r.Render(w, registerView(p))
}

func rowOfPaper(l *i18n.L, x Paper) paperRow {
	row := paperRow{Href: RegisterPath + "/" + string(x.ID), Number: x.Number, Name: x.Name, Title: x.Title, Issued: l.DateText(x.IssuedOn),
		State: l.T("papers.state." + string(x.State)), Mark: markOfState(x.State)}
	if x.HandedAt != 0 {
		row.Handed = l.T("papers.way." + x.HandedHow)
	}
	return row
}

func (s *Service) getSheet(w http.ResponseWriter, r *web.Request) error {
	format := sheet.FormatOf(r.Value("format"))
	f := Filter{Kind: kindOf(r), Words: r.Value("q")}
	var out bytes.Buffer
	if err := s.Sheet(r.Context(), access.ActorOf(r.Request), r.L, at(r, access.IssuePapers), f, format, &out); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", format.ContentType())
	h.Set("Content-Disposition", `attachment; filename="`+format.File("rejestr-"+kindQuery(f.Kind))+`"`)
	h.Set("Cache-Control", "no-store")
	_, err := w.Write(out.Bytes())
	return err
}

// paperPage is one paper with its prints and what can be done.
type paperPage struct {
	page
	Path     string
	State    string
	Mark     string
	Facts    []web.Fact
	Void     *web.Reason
	Copies   []copyItem
	Live     bool
	Own      bool // printed here, so it can be corrected and duplicated
	Diploma  bool
	Handed   bool
	Revision string
	Classes  []web.Choice
	Ways     []web.Choice
	Today    string
}

type copyItem struct{ Name, When, Version, Why, Changed, Signing, Href, Blank string }

func (s *Service) getPaper(w http.ResponseWriter, r *web.Request) error {
	return s.showPaper(w, r, http.StatusOK, nil)
}

func (s *Service) showPaper(w http.ResponseWriter, r *web.Request, status int, fail error) error {
	x, copies, _, err := s.Open(r.Context(), access.ActorOf(r.Request), ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	key, err := s.keyOf(x)
	if err != nil {
		return err
	}
	p := paperPage{page: officePage(w, r, r.L.T("papers.kind."+string(x.Kind))+" "+x.Number, RegisterPath), Path: RegisterPath + "/" + string(x.ID),
		State: r.L.T("papers.state." + string(x.State)), Mark: markOfState(x.State), Facts: s.facts(r.L, x, key), Live: x.State != Voided, Own: len(copies) > 0,
		Diploma: x.Kind == training.Diploma && x.Blank != "", Handed: x.HandedAt != 0, Revision: strconv.FormatInt(x.Revision, 10), Today: dayOf(s.now())}
	p.Page = p.WithErrors(fail)
	if x.State == Voided {
		p.Void = &web.Reason{Text: x.VoidReason, Rule: r.L.T("papers.class." + x.VoidClass), Human: true}
	}
	for _, class := range VoidClasses() {
		p.Classes = append(p.Classes, web.Choice{Value: class, Label: r.L.T("papers.class." + class)})
	}
	for _, way := range Ways()[:2] {
		p.Ways = append(p.Ways, web.Choice{Value: way, Label: r.L.T("papers.way." + way)})
	}
	for _, c := range copies {
		p.Copies = append(p.Copies, copyOf(r.L, p.Path, c))
	}
	return r.RenderStatus(w, status, paperView(p))
}

func copyOf(l *i18n.L, path string, c Copy) copyItem {
	it := copyItem{Name: l.T("papers.copy." + c.What), When: l.DateTime(time.Unix(c.At, 0).In(web.Warsaw)), Version: l.Number(c.Version), Why: c.Why,
		Signing: l.T("papers.signing.none"), Href: path + "/plik/" + string(c.ID), Blank: c.Blank}
	if c.Signing != unsigned {
		it.Signing = l.T("papers.signing." + c.Signing)
	}
	for n, name := range strings.Fields(c.Changed) {
		if n > 0 {
			it.Changed += ", "
		}
		it.Changed += l.T("papers.changed." + name)
	}
	return it
}

func (s *Service) facts(l *i18n.L, x Paper, key string) []web.Fact {
	list := []web.Fact{{Name: l.T("papers.column.name"), Value: x.Name}, {Name: l.T("papers.column.title"), Value: x.Title},
		{Name: l.T("papers.column.hours"), Value: l.Number(x.Hours)}, {Name: l.T("papers.column.dates"), Value: dates(l, x.StartsOn, x.EndsOn)},
		{Name: l.T("papers.column.issued"), Value: l.DateText(x.IssuedOn)}}
	if x.Blank != "" {
		list = append(list, web.Fact{Name: l.T("papers.column.blank"), Value: x.Blank})
	}
	if x.HandedAt != 0 {
		list = append(list, web.Fact{Name: l.T("papers.column.handed"), Value: l.Date(time.Unix(x.HandedAt, 0).In(web.Warsaw)) + ", " + l.T("papers.way."+x.HandedHow)})
	}
	if x.Imported {
		list = append(list, web.Fact{Name: l.T("papers.column.imported"), Value: l.T("papers.yes")})
	}
	if x.Training != "" {
		list = append(list, web.Fact{Name: l.T("papers.column.training"), Value: x.Title, Href: papersPath(x.Training)})
	}
	return append(list, web.Fact{Name: l.T("papers.column.check"), Value: spaced(key), Href: VerifyPath(x.Number, key)})
}

func dates(l *i18n.L, from, until string) string {
	if from == until {
		return l.DateText(from)
	}
	return l.DateText(from) + " – " + l.DateText(until)
}

func (s *Service) getFile(w http.ResponseWriter, r *web.Request) error {
	p, err := s.own(r.Context(), s.db, access.ActorOf(r.Request), ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	c, err := copyByID(r.Context(), s.db, CopyID(r.PathValue("druk")))
	if err != nil || c.Paper != p.ID {
		return fault.ErrNotFound
	}
	if err := s.noteFile(r.Context(), access.ActorOf(r.Request), p, c); err != nil {
		return err
	}
	if c.SignedFile != "" {
		return s.Files.Serve(w, r, ownerOf(c.ID), files.ID(c.SignedFile))
	}
	if err := s.print(r.Context(), c.ID); err != nil {
		return err
	}
	if c, err = copyByID(r.Context(), s.db, c.ID); err != nil {
		return err
	}
	return s.Files.Serve(w, r, ownerOf(c.ID), files.ID(c.File))
}

func revision(r *web.Request) int64 {
	n, _ := strconv.ParseInt(r.Value("wersja"), 10, 64) // 0 fits no paper
	return n
}

// act runs an act on a paper and comes back to its page.
func (s *Service) act(w http.ResponseWriter, r *web.Request, notice string, do func(who access.Actor, id ID) error) error {
	if err := r.Form(); err != nil {
		return err
	}
	id := ID(r.PathValue("id"))
	err := do(access.ActorOf(r.Request), id)
	if e := refused(err); e != nil {
		return s.showPaper(w, r, e.Kind.Status(), err)
	}
	return back(w, r, err, RegisterPath+"/"+string(id), notice)
}

func (s *Service) postVoid(w http.ResponseWriter, r *web.Request) error {
	return s.act(w, r, "notice.papers.voided", func(who access.Actor, id ID) error {
		return s.Void(r.Context(), who, id, revision(r), r.Value("rodzaj"), r.Value("powod"))
	})
}

func (s *Service) postDuplicate(w http.ResponseWriter, r *web.Request) error {
	return s.act(w, r, "notice.papers.duplicated", func(who access.Actor, id ID) error {
		_, err := s.Duplicate(r.Context(), who, id, revision(r), r.Value("powod"))
		return err
	})
}

func (s *Service) postHanded(w http.ResponseWriter, r *web.Request) error {
	return s.act(w, r, "notice.papers.handed", func(who access.Actor, id ID) error {
		return s.HandOver(r.Context(), who, id, revision(r), r.Value("sposob"), r.Value("dzien"))
	})
}

func (s *Service) postReprint(w http.ResponseWriter, r *web.Request) error {
	return s.act(w, r, "notice.papers.reprinted", func(who access.Actor, id ID) error {
		_, err := s.Reprint(r.Context(), who, id, revision(r), r.Value("powod"))
		return err
	})
}

// correctPage is the right content of a paper.
type correctPage struct {
	page
	Path     string
	Fix      Fix
	Hours    string
	Why      string
	Revision string
}

func (s *Service) getCorrect(w http.ResponseWriter, r *web.Request) error {
	return s.showCorrect(w, r, http.StatusOK, nil)
}

func (s *Service) showCorrect(w http.ResponseWriter, r *web.Request, status int, fail error) error {
	x, copies, c, err := s.Open(r.Context(), access.ActorOf(r.Request), ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	if x.State == Voided {
		return errVoided
	}
	if len(copies) == 0 {
		return fault.New(fault.Conflict, "papers.fault.imported")
	}
	p := correctPage{page: officePage(w, r, r.L.T("papers.title.correct", "number", x.Number), RegisterPath), Path: RegisterPath + "/" + string(x.ID),
		Fix:   Fix{Name: c.Name, BirthDay: c.BirthDay, BirthPlace: c.BirthPlace, Title: c.Title, StartsOn: c.StartsOn, EndsOn: c.EndsOn},
		Hours: strconv.Itoa(c.Hours), Revision: strconv.FormatInt(x.Revision, 10)}
	if fail != nil {
		p.Fix, p.Hours, p.Why, p.Revision = fixOf(r), r.Value("godziny"), r.Value("powod"), r.Value("wersja")
	}
	p.Page = p.WithErrors(fail)
	return r.RenderStatus(w, status, correctView(p))
}

func fixOf(r *web.Request) Fix {
	hours, _ := strconv.Atoi(r.Value("godziny")) // 0 is refused
	return Fix{Name: r.Value("imie"), BirthDay: r.Value("urodzenie"), BirthPlace: r.Value("miejsce"), Title: r.Value("tytul"), Hours: hours,
		StartsOn: r.Value("od"), EndsOn: r.Value("do")}
}

func (s *Service) postCorrect(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	id := ID(r.PathValue("id"))
	_, err := s.Correct(r.Context(), access.ActorOf(r.Request), id, revision(r), fixOf(r), r.Value("powod"))
	if e := refused(err); e != nil {
		return s.showCorrect(w, r, e.Kind.Status(), err)
	}
	return back(w, r, err, RegisterPath+"/"+string(id), "notice.papers.corrected")
}

// settingsPage is how a center signs its papers.
type settingsPage struct {
	page
	C             Center
	Code, Diploma string
}

func (s *Service) getSettings(w http.ResponseWriter, r *web.Request) error {
	c, err := s.settingsOf(r.Context(), at(r, access.IssuePapers))
	if err != nil {
		return err
	}
	if err := mayAt(r.Context(), access.ActorOf(r.Request), access.IssuePapers, c.Center); err != nil {
		return err
	}
	return s.showSettings(w, r, http.StatusOK, c, nil)
}

func (s *Service) showSettings(w http.ResponseWriter, r *web.Request, status int, c Center, fail error) error {
	p := settingsPage{page: officePage(w, r, r.L.T("papers.title.settings"), settingsPath), C: c, Code: c.Codes[training.Certificate], Diploma: c.Codes[training.Diploma]}
	p.Page = p.WithErrors(fail)
	return r.RenderStatus(w, status, settingsView(p))
}

func (s *Service) postSettings(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	c := Center{Center: at(r, access.IssuePapers), Heading: r.Value("naglowek"), FullName: r.Value("nazwa"), Accreditation: r.Value("akredytacja"),
		Place: r.Value("miejscowosc"), Signs: r.Value("podpisuje"), Codes: map[Kind]string{training.Certificate: r.Value("kod"), training.Diploma: r.Value("kod-swiadectw")}}
	err := s.SetCenter(r.Context(), access.ActorOf(r.Request), c)
	if e := refused(err); e != nil {
		return s.showSettings(w, r, e.Kind.Status(), c, err)
	}
	return back(w, r, err, settingsPath, "notice.papers.settings")
}
