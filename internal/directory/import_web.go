package directory

import (
	"errors"
	"io"
	"net/http"
	"strings"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/importing"
	"kladka/internal/platform/web"
)

// importsPath is where a file of the register is handed in. What comes of it
// stands among the imports of all kinds.
const importsPath = "/administracja/rejestr"

// scopeField chooses whose institutions a file is compared with: "" for all, or
// the id of an office.
const scopeField = "zakres"

// importRoutes are the doors of reading the register. Looking is open to
// offices; reading to those who answer for the whole installation, and to an
// authority for what it runs.
func (s *Service) importRoutes(sh *web.Shell) {
	sh.Handle("GET "+importsPath, access.Can(access.SeeImports), s.getImports)
	sh.Handle("POST "+importsPath, access.Can(access.SeeImports), s.postImport, web.Body(maxFile+1<<20))
}

// importsPage takes a file of the register.
type importsPage struct {
	web.Page
	Scopes  []importScope // what a file can be compared with; empty for who may only look
	Action  string
	Heading string // of the form
	Lead    string
	Input   web.Input
	Next    web.Step
}

// importScope is all institutions, or those that one office runs.
type importScope struct {
	web.Link
	Current bool
}

func (s *Service) getImports(w http.ResponseWriter, r *web.Request) error {
	p, err := s.importsPage(w, r)
	if err != nil {
		return err
	}
	return r.Render(w, importsView(p))
}

func (s *Service) importsPage(w http.ResponseWriter, r *web.Request) (p importsPage, err error) {
	p.Page = r.Page(w, r.L.T("import.title"))
	p.NoIndex = true
	p.Next = web.Step{What: r.L.T("import.next_read"), Who: r.L.T("import.who"), When: r.L.T("import.when_read")}
	who := access.ActorOf(r.Request)
	asked := r.URL.Query().Get(scopeField)
	add := func(scope, title, lead string) {
		link := importsPath
		if scope != "" {
			link += "?" + scopeField + "=" + scope
		}
		p.Scopes = append(p.Scopes, importScope{Link: web.Link{Text: title, Href: link}, Current: p.Action == "" && scope == asked})
		if scope == asked {
			p.Action, p.Heading, p.Lead = link, title, lead
		}
	}
	if who.May(access.ImportRegister) {
		add("", r.L.T("import.everything"), "")
	}
	offices, err := s.ownOffices(r, who)
	if err != nil {
		return p, err
	}
	for n, o := range offices {
		if n == 0 && len(p.Scopes) == 0 && asked == "" {
			asked = string(o.ID) // who has one office is not asked
		}
		add(string(o.ID), r.L.T("import.own", "office", o.Name), r.L.T("import.own_text"))
	}
	p.Input = web.Input{Name: fileField, Label: r.L.T("import.file"), Hint: r.L.T("import.file_hint", "limit", maxFile>>20),
		Type: "file", Accept: ".csv,.json,text/csv,application/json", Required: true}
	return p, nil
}

// ownOffices are the offices for whose institutions a person may read the register.
func (s *Service) ownOffices(r *web.Request, who access.Actor) (list []Institution, err error) {
	var ids []access.InstitutionID
	for _, h := range who.Roles {
		if h.Role.Gives(access.ImportOwn) && h.Institution != "" {
			ids = append(ids, h.Institution)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := byIDs(r.Context(), s.db, ids)
	for _, i := range rows {
		if i.Kind == Office && !i.Closed {
			list = append(list, i)
		}
	}
	return list, err
}

// postImport reads the file while it arrives: neither a form with it nor a
// copy on disk is made. The scope stands in the address, for the file is the
// first that comes of the form.
func (s *Service) postImport(w http.ResponseWriter, r *web.Request) error {
	who, scope := access.ActorOf(r.Request), r.URL.Query().Get(scopeField)
	if scope != "" {
		if _, err := idOf(scope); err != nil {
			return err
		}
	}
	if err := s.MayImport(r.Context(), who, importing.Decide, scope); err != nil {
		return err
	}
	if r.ContentLength > maxFile+1<<20 {
		return fault.New(fault.TooLarge, "import.refused.too_large", "limit", maxFile>>20)
	}
	i, err := s.readUploaded(r, who, access.InstitutionID(scope))
	if err == nil {
		return r.Redirect(w, importing.Path(i.ID))
	}
	e := fault.As(err)
	if e == nil || len(e.Fields) == 0 {
		return err
	}
	p, pageErr := s.importsPage(w, r)
	if pageErr != nil {
		return pageErr
	}
	p.Page = p.WithErrors(err)
	return r.RenderStatus(w, e.Kind.Status(), importsView(p))
}

func (s *Service) readUploaded(r *web.Request, who access.Actor, office access.InstitutionID) (Import, error) {
	upload, name, err := uploaded(r)
	if err != nil {
		return Import{}, err
	}
	file, sum, err := readFile(upload)
	if err != nil {
		return Import{}, err
	}
	return s.PreviewFile(r.Context(), who, office, Source{Name: name, SHA256: sum, File: file})
}

// uploaded finds the file among the parts of the form.
func uploaded(r *web.Request) (file io.Reader, name string, err error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, "", fault.New(fault.BadRequest, "fault.bad_request")
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return nil, "", refusedFile("import.refused.no_file", nil)
		}
		if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
			return nil, "", fault.New(fault.TooLarge, "import.refused.too_large", "limit", maxFile>>20)
		}
		if err != nil {
			return nil, "", fault.New(fault.BadRequest, "fault.bad_request")
		}
		if part.FormName() != fileField {
			continue
		}
		if part.FileName() == "" {
			return nil, "", refusedFile("import.refused.no_file", nil)
		}
		return part, strings.ToValidUTF8(part.FileName(), "?"), nil
	}
}
