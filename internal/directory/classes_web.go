package directory

import (
	"bytes"
	"errors"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/sheet"
	"kladka/internal/platform/web"
)

// classesRoutes are the doors of classes and their rosters.
func (s *Service) classesRoutes(sh *web.Shell) {
	see, manage := access.Can(access.SeeRoster), access.Can(access.ManageRoster)
	issue := access.Both(access.Can(access.IssueCards), access.Fresh)
	const list, one = listPath + "/{id}/klasy", listPath + "/{id}/klasy/{class}"
	sh.Handle("GET "+list, see, s.getClasses)
	sh.Handle("POST "+list, manage, s.postClass, web.Idempotent())
	sh.Handle("GET "+one, see, s.getClass)
	sh.Handle("POST "+one+"/uczniowie", manage, s.postPupils, web.Idempotent())
	sh.Handle("POST "+one+"/lista", manage, s.postSheet, web.Body(sheetSize))
	sh.Handle("POST "+one+"/wychowawstwo", manage, s.postTutor)
	sh.Handle("POST "+one+"/numery", manage, s.postNumbers)
	sh.Handle("POST "+one+"/zamknij", manage, s.postCloseClass)
	sh.Handle("GET "+one+"/karty", issue, s.getClassCards)
	sh.Handle("POST "+one+"/karty", issue, s.postClassCards)
	sh.Handle("GET "+one+"/uczniowie/{person}", manage, s.getPupil)
	sh.Handle("POST "+one+"/uczniowie/{person}", manage, s.postPupil)
	sh.Handle("POST "+one+"/uczniowie/{person}/przenies", manage, s.postMove)
	sh.Handle("POST "+one+"/uczniowie/{person}/odejscie", manage, s.postPupilLeaves)
	sh.AddDesk(s.classesDesk)
}

// sheetSize bounds a list of a class that is uploaded.
const sheetSize = 2 << 20

func classesPath(at access.InstitutionID) string { return href(at) + "/klasy" }

func classPath(at access.InstitutionID, id ClassID) string { return classesPath(at) + "/" + string(id) }

// classPlace is what the address of a class names. Keys that are none of ours
// are NotFound before anything is asked.
type classPlace struct {
	at     access.InstitutionID
	class  ClassID
	person access.PersonID
}

func placeOf(r *web.Request) (p classPlace, err error) {
	for _, part := range []struct {
		name string
		set  func(id access.InstitutionID)
	}{
		{"id", func(id access.InstitutionID) { p.at = id }},
		{"class", func(id access.InstitutionID) { p.class = ClassID(id) }},
		{"person", func(id access.InstitutionID) { p.person = access.PersonID(id) }},
	} {
		text := r.PathValue(part.name)
		if text == "" {
			continue
		}
		id, err := idOf(text)
		if err != nil {
			return p, err
		}
		part.set(id)
	}
	return p, nil
}

// schoolYear is a school year in words: 2026/2027.
func schoolYear(year int) string { return strconv.Itoa(year) + "/" + strconv.Itoa(year+1) }

// classesPage lists the classes of a school.
type classesPage struct {
	web.Page
	Action    string
	School    string
	Classes   []classRow
	MayManage bool
	Name      string
	Year      string
	Years     []web.Choice
}

type classRow struct {
	ClassGroup
	Href  string
	Tutor string
}

func (s *Service) getClasses(w http.ResponseWriter, r *web.Request) error {
	return s.showClasses(w, r, http.StatusOK, nil)
}

func (s *Service) showClasses(w http.ResponseWriter, r *web.Request, status int, fail error) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	at, err := placeOf(r)
	if err != nil {
		return err
	}
	list, err := s.Classes(ctx, who, at.at)
	if err != nil {
		return err
	}
	i, err := ByID(ctx, s.db, at.at)
	if err != nil {
		return err
	}
	p := classesPage{Action: classesPath(at.at), School: i.Name, MayManage: who.MayAt(ctx, access.ManageRoster, at.at) == nil}
	p.Page = s.classCrumbs(w, r, r.L.T("classes.title"), i).WithErrors(fail)
	if p.Classes, err = s.classRows(r, list); err != nil {
		return err
	}
	this := SchoolYear(s.now())
	p.Years = []web.Choice{{Value: strconv.Itoa(this), Label: schoolYear(this)}, {Value: strconv.Itoa(this + 1), Label: schoolYear(this + 1)}}
	p.Year = strconv.Itoa(this)
	if r.Method == http.MethodPost {
		p.Name, p.Year = r.Value("nazwa"), r.Value("rok")
	}
	return r.RenderStatus(w, status, classesView(p))
}

func (s *Service) classCrumbs(w http.ResponseWriter, r *web.Request, title string, i Institution, more ...web.Link) web.Page {
	crumbs := append([]web.Link{{Text: r.L.T("institutions.title"), Href: listPath}, {Text: i.Name, Href: href(i.ID)}}, more...)
	p := r.Page(w, title, crumbs...)
	p.NoIndex = true
	return p
}

func (s *Service) classRows(r *web.Request, list []ClassGroup) ([]classRow, error) {
	var tutors []access.PersonID
	for _, c := range list {
		if c.Tutor != "" {
			tutors = append(tutors, c.Tutor)
		}
	}
	names, err := s.people.PersonNames(r.Context(), tutors)
	if err != nil {
		return nil, err
	}
	var rows []classRow
	for _, c := range list {
		rows = append(rows, classRow{c, classPath(c.Institution, c.ID), names[c.Tutor]})
	}
	return rows, nil
}

func (s *Service) postClass(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	at, err := placeOf(r)
	if err != nil {
		return err
	}
	year, _ := strconv.Atoi(r.Value("rok"))
	id, err := s.CreateClass(r.Context(), access.ActorOf(r.Request), at.at, r.Value("nazwa"), year)
	if e := fault.As(err); e != nil && len(e.Fields) > 0 {
		return s.showClasses(w, r, e.Kind.Status(), err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.classes.created", "name", r.Value("nazwa"))
	return r.Redirect(w, classPath(at.at, id))
}

// classPage is a roster, with what the reader may do about it.
type classPage struct {
	web.Page
	Class      ClassGroup
	School     string
	Path       string
	Members    []Member
	Tutor      string
	MayManage  bool
	MayIssue   bool
	WithCard   int
	Names      string // typed or read from a sheet, not added yet
	Candidates []web.Choice
	Chosen     string
}

// CardWords is the state of a pupil's card.
func (p classPage) CardWords(m Member) (words, kind string) {
	switch {
	case m.Card.Number == "":
		return p.T("classes.card_none"), ""
	case m.Card.UsedAt == 0:
		return p.T("classes.card_unused"), "warn"
	}
	return p.T("classes.card_used"), "ok"
}

func (s *Service) getClass(w http.ResponseWriter, r *web.Request) error {
	return s.showClass(w, r, http.StatusOK, "", nil)
}

func (s *Service) showClass(w http.ResponseWriter, r *web.Request, status int, names string, fail error) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	at, err := placeOf(r)
	if err != nil {
		return err
	}
	c, members, err := s.Roster(ctx, who, at.at, at.class)
	if err != nil {
		return err
	}
	i, err := ByID(ctx, s.db, at.at)
	if err != nil {
		return err
	}
	p := classPage{Class: c, School: i.Name, Path: classPath(at.at, c.ID), Members: members, Names: names, Chosen: string(c.Tutor)}
	p.Page = s.classCrumbs(w, r, r.L.T("classes.one", "name", c.Name, "year", schoolYear(c.SchoolYear)), i,
		web.Link{Text: r.L.T("classes.title"), Href: classesPath(at.at)}).WithErrors(fail)
	p.MayManage = !c.Closed && who.MayAt(ctx, access.ManageRoster, at.at) == nil
	if _, err := s.class(ctx, who, access.IssueCards, at.at, c.ID); err == nil {
		p.MayIssue = !c.Closed
	}
	for _, m := range members {
		if m.Card.Number != "" {
			p.WithCard++
		}
	}
	if err := s.tutorOnPage(r, &p); err != nil {
		return err
	}
	return r.RenderStatus(w, status, classView(p))
}

func (s *Service) tutorOnPage(r *web.Request, p *classPage) error {
	if p.Class.Tutor != "" {
		names, err := s.people.PersonNames(r.Context(), []access.PersonID{p.Class.Tutor})
		if err != nil {
			return err
		}
		p.Tutor = names[p.Class.Tutor]
	}
	if !p.MayManage {
		return nil
	}
	list, err := s.people.TutorCandidates(r.Context(), p.Class.Institution)
	for _, c := range list {
		p.Candidates = append(p.Candidates, web.Choice{Value: string(c.ID), Label: c.Name})
	}
	return err
}

func (s *Service) postPupils(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	at, err := placeOf(r)
	if err != nil {
		return err
	}
	typed := r.Value(namesField)
	names, err := parseNames(typed)
	if err == nil {
		_, err = s.AddPupils(r.Context(), access.ActorOf(r.Request), at.at, at.class, names)
	}
	if e := fault.As(err); e != nil && len(e.Fields) > 0 {
		return s.showClass(w, r, e.Kind.Status(), typed, err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.classes.added", "n", strconv.Itoa(len(names)))
	return r.Redirect(w, classPath(at.at, at.class))
}

// postSheet reads names from a sheet into the field, so that somebody looks at
// them before they are added. Nothing of the file is kept.
func (s *Service) postSheet(w http.ResponseWriter, r *web.Request) error {
	names, err := namesOfUpload(r)
	if e := fault.As(err); e != nil && (e.Kind == fault.Invalid || e.Kind == fault.TooLarge) {
		err = &fault.Error{Kind: e.Kind, Key: e.Key, Args: e.Args, Fields: []fault.Field{{Name: "plik", Key: e.Key, Args: e.Args}}}
		return s.showClass(w, r, e.Kind.Status(), "", err)
	}
	if err != nil {
		return err
	}
	return s.showClass(w, r, http.StatusOK, strings.Join(names, "\n"), nil)
}

func namesOfUpload(r *web.Request) ([]string, error) {
	file, _, err := r.FormFile("plik")
	if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
		return nil, fault.New(fault.TooLarge, "classes.fault.file_large", "n", sheetSize>>20)
	}
	if err != nil {
		return nil, fault.New(fault.Invalid, "classes.fault.no_file")
	}
	defer file.Close()
	defer r.MultipartForm.RemoveAll() //nolint:errcheck // so small a form lies in memory
	t, err := sheet.Read(file, sheet.Limits{Bytes: sheetSize, Rows: 200, Columns: 40, Cell: 200})
	if err != nil {
		return nil, err
	}
	return namesOfSheet(t)
}

func (s *Service) postTutor(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	at, err := placeOf(r)
	if err != nil {
		return err
	}
	prepared, err := s.SetTutor(r.Context(), access.ActorOf(r.Request), at.at, at.class, access.PersonID(r.Value("wychowawca")))
	if e := fault.As(err); e != nil && len(e.Fields) > 0 {
		return s.showClass(w, r, e.Kind.Status(), "", err)
	}
	if err != nil {
		return err
	}
	notice := "notice.classes.tutor"
	if prepared {
		notice = "notice.classes.tutor_prepared"
	}
	r.Notify(w, notice)
	return r.Redirect(w, classPath(at.at, at.class))
}

func (s *Service) postNumbers(w http.ResponseWriter, r *web.Request) error {
	at, err := placeOf(r)
	if err != nil {
		return err
	}
	if err := s.Renumber(r.Context(), access.ActorOf(r.Request), at.at, at.class); err != nil {
		return err
	}
	r.Notify(w, "notice.classes.numbered")
	return r.Redirect(w, classPath(at.at, at.class))
}

func (s *Service) postCloseClass(w http.ResponseWriter, r *web.Request) error {
	at, err := placeOf(r)
	if err != nil {
		return err
	}
	if err := s.CloseClass(r.Context(), access.ActorOf(r.Request), at.at, at.class); err != nil {
		return err
	}
	r.Notify(w, "notice.classes.closed")
	return r.Redirect(w, classesPath(at.at))
}

// pupilPage is one pupil of a class, for who manages the roster.
type pupilPage struct {
	web.Page
	Path   string
	Member Member
	Name   string
	Number string
	Others []web.Choice // classes to move to
}

func (s *Service) getPupil(w http.ResponseWriter, r *web.Request) error {
	return s.showPupil(w, r, http.StatusOK, nil)
}

func (s *Service) showPupil(w http.ResponseWriter, r *web.Request, status int, fail error) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	at, err := placeOf(r)
	if err != nil {
		return err
	}
	if _, err := s.class(ctx, who, access.ManageRoster, at.at, at.class); err != nil {
		return err
	}
	c, members, err := s.Roster(ctx, who, at.at, at.class)
	if err != nil {
		return err
	}
	n := slices.IndexFunc(members, func(m Member) bool { return m.ID == at.person })
	if n < 0 {
		return fault.ErrNotFound
	}
	i, err := ByID(ctx, s.db, at.at)
	if err != nil {
		return err
	}
	m := members[n]
	p := pupilPage{Path: classPath(at.at, c.ID) + "/uczniowie/" + string(m.ID), Member: m, Name: m.Name, Number: strconv.Itoa(m.Number)}
	if r.Method == http.MethodPost && r.PostForm.Has("nazwisko") {
		p.Name, p.Number = r.Value("nazwisko"), r.Value("numer")
	}
	p.Page = s.classCrumbs(w, r, m.Name, i, web.Link{Text: r.L.T("classes.title"), Href: classesPath(at.at)},
		web.Link{Text: r.L.T("classes.one", "name", c.Name, "year", schoolYear(c.SchoolYear)), Href: classPath(at.at, c.ID)}).WithErrors(fail)
	list, err := s.Classes(ctx, who, at.at)
	if err != nil {
		return err
	}
	for _, other := range list {
		if other.ID != c.ID {
			p.Others = append(p.Others, web.Choice{Value: string(other.ID), Label: other.Name, Group: schoolYear(other.SchoolYear)})
		}
	}
	return r.RenderStatus(w, status, pupilView(p))
}

// pupilDeed does something about a pupil, and shows the page anew when a field
// was at fault. Then it leads back to the class.
func (s *Service) pupilDeed(w http.ResponseWriter, r *web.Request, notice string, deed func(who access.Actor, at classPlace) error) error {
	if err := r.Form(); err != nil {
		return err
	}
	at, err := placeOf(r)
	if err != nil {
		return err
	}
	err = deed(access.ActorOf(r.Request), at)
	if e := fault.As(err); e != nil && len(e.Fields) > 0 {
		return s.showPupil(w, r, e.Kind.Status(), err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, notice)
	return r.Redirect(w, classPath(at.at, at.class))
}

func (s *Service) postPupil(w http.ResponseWriter, r *web.Request) error {
	return s.pupilDeed(w, r, "notice.classes.changed", func(who access.Actor, at classPlace) error {
		number, _ := strconv.Atoi(r.Value("numer"))
		return s.ChangePupil(r.Context(), who, at.at, at.class, at.person, r.Value("nazwisko"), number)
	})
}

func (s *Service) postMove(w http.ResponseWriter, r *web.Request) error {
	return s.pupilDeed(w, r, "notice.classes.moved", func(who access.Actor, at classPlace) error {
		to, err := idOf(r.Value("klasa"))
		if err != nil {
			return fault.InvalidFields([]fault.Field{{Name: "klasa", Key: "classes.fault.no_class"}})
		}
		return s.MovePupil(r.Context(), who, at.at, at.class, ClassID(to), at.person)
	})
}

func (s *Service) postPupilLeaves(w http.ResponseWriter, r *web.Request) error {
	return s.pupilDeed(w, r, "notice.classes.left", func(who access.Actor, at classPlace) error {
		if r.Value("potwierdzam") == "" {
			return fault.InvalidFields([]fault.Field{{Name: "potwierdzam", Key: "classes.fault.confirm"}})
		}
		return s.PupilLeaves(r.Context(), who, at.at, at.class, at.person)
	})
}

// cardsPage lets a tutor print cards.
type cardsPage struct {
	web.Page
	Path    string
	Without int
	Pupils  []web.Choice
}

func (s *Service) getClassCards(w http.ResponseWriter, r *web.Request) error {
	return s.showClassCards(w, r, http.StatusOK, nil)
}

func (s *Service) showClassCards(w http.ResponseWriter, r *web.Request, status int, fail error) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	at, err := placeOf(r)
	if err != nil {
		return err
	}
	c, err := s.class(ctx, who, access.IssueCards, at.at, at.class)
	if err != nil {
		return err
	}
	_, members, err := s.Roster(ctx, who, at.at, at.class)
	if err != nil {
		return err
	}
	i, err := ByID(ctx, s.db, at.at)
	if err != nil {
		return err
	}
	p := cardsPage{Path: classPath(at.at, c.ID) + "/karty"}
	p.Page = s.classCrumbs(w, r, r.L.T("classes.cards.title"), i, web.Link{Text: r.L.T("classes.title"), Href: classesPath(at.at)},
		web.Link{Text: r.L.T("classes.one", "name", c.Name, "year", schoolYear(c.SchoolYear)), Href: classPath(at.at, c.ID)}).WithErrors(fail)
	for _, m := range members {
		words, _ := classPage{Page: p.Page}.CardWords(m)
		p.Pupils = append(p.Pupils, web.Choice{Value: string(m.ID), Label: strconv.Itoa(m.Number) + ". " + m.Name, Hint: words})
		if m.Card.Number == "" {
			p.Without++
		}
	}
	return r.RenderStatus(w, status, cardsView(p))
}

// postClassCards answers with the sheet of cards. Nothing of it is kept here,
// nor by the browser but where the person puts the file.
func (s *Service) postClassCards(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	at, err := placeOf(r)
	if err != nil {
		return err
	}
	var chosen []access.PersonID
	if r.Value("kto") == "wybrane" {
		for _, id := range r.PostForm["osoba"] {
			chosen = append(chosen, access.PersonID(id))
		}
		if len(chosen) == 0 {
			return s.showClassCards(w, r, http.StatusUnprocessableEntity, fault.InvalidFields([]fault.Field{{Name: "osoba", Key: "classes.fault.choose"}}))
		}
	}
	printed, sh, err := s.PrintClass(r.Context(), access.ActorOf(r.Request), at.at, at.class, chosen)
	if err != nil {
		return err
	}
	var paper bytes.Buffer // drawn whole before it is sent: half a card is none
	if err := s.people.PrintCards(&paper, r.L, sh, printed); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/pdf")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": "karty-" + fileName(sh.Class) + ".pdf"}))
	h.Set("Cache-Control", "no-store")
	_, err = paper.WriteTo(w)
	return err
}

// fileName is a name of a class fit for any disk.
func fileName(class string) string {
	return strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || '0' <= r && r <= '9' {
			return r
		}
		return '-'
	}, i18n.Fold(class))
}

// classesDesk tells heads of classes without a tutor, and leads tutors to theirs.
func (s *Service) classesDesk(r *web.Request) ([]web.DeskItem, error) {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	var items []web.DeskItem
	for _, held := range who.Roles {
		if held.Role.Gives(access.ManageRoster) {
			n, err := s.classesWithoutTutor(ctx, held.Institution)
			if err != nil {
				return nil, err
			}
			if n > 0 {
				items = append(items, web.DeskItem{Rank: 30, Title: r.L.N("classes.desk_without", n), Text: r.L.T("classes.desk_without_text"), Href: classesPath(held.Institution)})
			}
		}
		if held.Role != access.ClassTutor {
			continue
		}
		own, err := s.Classes(ctx, access.Actor{Person: who.Person, For: who.For, Roles: []access.Held{held}}, held.Institution)
		if err != nil {
			return nil, err
		}
		for _, c := range own {
			items = append(items, web.DeskItem{Rank: 40, Title: r.L.T("classes.desk_own", "name", c.Name), Text: r.L.N("classes.pupils", c.Pupils), Href: classPath(c.Institution, c.ID)})
		}
	}
	return items, nil
}
