package topics

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

// loadPage takes a sheet.
type loadPage struct {
	web.Page
	File    web.Input
	Columns []string
	Next    web.Step
}

const fileField = "plik"

func (s *Service) loadPage(w http.ResponseWriter, r *web.Request) loadPage {
	p := loadPage{Page: r.Page(w, r.L.T("topics.load.title"), crumbs(r, nil)...), Columns: Header()}
	p.NoIndex = true
	p.File = web.Input{Name: fileField, Label: r.L.T("topics.load.file"), Hint: r.L.T("topics.load.hint"), Type: "file", Accept: ".xlsx,.csv", Required: true}
	p.Next = web.Step{What: r.L.T("topics.load.next"), Who: r.L.T("topics.edit.next_who"), When: r.L.T("topics.load.next_when")}
	return p
}

func (s *Service) getLoad(w http.ResponseWriter, r *web.Request) error {
	return r.Render(w, loadView(s.loadPage(w, r)))
}

func (s *Service) postLoad(w http.ResponseWriter, r *web.Request) error {
	file, name, err := uploaded(r)
	var b importing.Batch
	if err == nil {
		b, err = s.PreviewImport(r.Context(), access.ActorOf(r.Request), name, file)
	}
	e := fault.As(err)
	if e != nil && (e.Kind == fault.Invalid || e.Kind == fault.TooLarge) {
		p := s.loadPage(w, r)
		p.Page = p.WithErrors(&fault.Error{Kind: fault.Invalid, Key: e.Key, Fields: []fault.Field{{Name: fileField, Key: e.Key, Args: e.Args}}})
		return r.RenderStatus(w, e.Kind.Status(), loadView(p))
	}
	if err != nil {
		return err
	}
	return r.Redirect(w, importing.Path(b.ID))
}

// uploaded finds the file among the parts of the form.
func uploaded(r *web.Request) (file io.Reader, name string, err error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, "", fault.New(fault.BadRequest, "fault.bad_request")
	}
	for {
		part, err := parts.NextPart()
		tooLong := (*http.MaxBytesError)(nil)
		switch {
		case errors.Is(err, io.EOF):
			return nil, "", fault.New(fault.Invalid, "topics.fault.no_file")
		case errors.As(err, &tooLong):
			return nil, "", fault.New(fault.TooLarge, "sheet.fault.too_large", "n", SheetLimits().Bytes>>20)
		case err != nil:
			return nil, "", fault.New(fault.BadRequest, "fault.bad_request")
		}
		if part.FormName() != fileField {
			continue
		}
		if part.FileName() == "" {
			return nil, "", fault.New(fault.Invalid, "topics.fault.no_file")
		}
		return part, strings.ToValidUTF8(part.FileName(), "?"), nil
	}
}
