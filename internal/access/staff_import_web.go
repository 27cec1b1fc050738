package access

import (
	"errors"
	"io"
	"iter"
	"mime/multipart"
	"net/http"

	"kladka/internal/platform/fault"
	"kladka/internal/platform/importing"
	"kladka/internal/platform/sheet"
	"kladka/internal/platform/web"
)

// staffRoutes are the doors of inviting from a sheet.
func (s *Service) staffRoutes(sh *web.Shell) {
	sh.Handle("GET /instytucje/{id}/osoby/wczytaj", Both(Can(SeePeople), FreshFor(ManageStaff)), s.getStaffSheet)
	sh.Handle("GET /instytucje/{id}/osoby/wczytaj/wzor.csv", Can(SeePeople), s.getStaffTemplate)
	sh.Handle("POST /instytucje/{id}/osoby/wczytaj", Both(Can(SeePeople), FreshFor(ManageStaff)), s.postStaffSheet, web.Body(StaffLimits().Bytes+64<<10))
	sh.Handle("POST /instytucje/{id}/osoby/wczytaj/zaproszenia", Both(Can(SeePeople), FreshFor(ManageStaff)), s.postStaffInvitations, web.Body(1<<20), web.Idempotent())
}

const staffField = "arkusz"

func staffSheetPath(at InstitutionID) string { return staffPath(at) + "/wczytaj" }

// staffSheetPage asks for a sheet; with a plan it shows the difference, with
// links what was done.
type staffSheetPage struct {
	web.Page
	Institution InstitutionID
	Place       string
	Input       web.Input
	Prepares    bool
	Plan        *StaffPlan
	Sealed      string
	Links       []InvitationLink
	Batch       importing.BatchID // of Links
}

func (s *Service) staffSheetPage(w http.ResponseWriter, r *web.Request) (p staffSheetPage, err error) {
	at, place, err := s.place(r)
	if err != nil {
		return p, err
	}
	prepares, err := s.mayInviteStaff(r.Context(), ActorOf(r.Request), at)
	if err != nil {
		return p, err
	}
	p = staffSheetPage{Page: r.Page(w, r.L.T("staff.sheet.title"), web.Link{Text: place, Href: "/instytucje/" + string(at)},
		web.Link{Text: r.L.T("staff.title"), Href: staffPath(at)}), Institution: at, Place: place, Prepares: prepares,
		Input: web.Input{Name: staffField, Label: r.L.T("staff.sheet.file"), Hint: r.L.T("staff.sheet.file_hint", "n", StaffLimits().Rows),
			Type: "file", Accept: ".xlsx,.csv,text/csv", Required: true}}
	p.NoIndex = true
	return p, nil
}

func (s *Service) getStaffSheet(w http.ResponseWriter, r *web.Request) error {
	p, err := s.staffSheetPage(w, r)
	if err != nil {
		return err
	}
	return r.Render(w, staffSheetView(p))
}

// getStaffTemplate is a sheet to fill in, in the language of the reader, with
// one invented person.
func (s *Service) getStaffTemplate(w http.ResponseWriter, r *web.Request) error {
	if _, _, err := s.place(r); err != nil {
		return err
	}
	if _, err := s.mayInviteStaff(r.Context(), ActorOf(r.Request), institutionOf(r)); err != nil {
		return err
	}
	words := staffWordsOf(s.catalog, r.L.Lang)
	var header []string
	for _, c := range words.columns[:3] {
		header = append(header, c.Titles[0])
	}
	w.Header().Set("Content-Type", sheet.CSV.ContentType())
	w.Header().Set("Content-Disposition", `attachment; filename="`+sheet.CSV.File("kadra-wzor")+`"`)
	var rows iter.Seq2[[]string, error] = func(yield func([]string, error) bool) {
		yield([]string{r.L.T("staff.sheet.example"), staffExample, r.L.T("role." + string(Teacher))}, nil)
	}
	return sheet.Write(w, sheet.CSV, "", header, rows)
}

// postStaffSheet reads the sheet while it arrives and shows what it would do.
func (s *Service) postStaffSheet(w http.ResponseWriter, r *web.Request) error {
	p, err := s.staffSheetPage(w, r)
	if err != nil {
		return err
	}
	who := ActorOf(r.Request)
	plan, err := s.uploadedPlan(r, who, p.Institution)
	if e := fault.As(err); e != nil && (e.Kind == fault.Invalid || e.Kind == fault.TooLarge) {
		// What is wrong with the sheet as a whole stands at its field.
		p.Page = p.WithErrors(fault.InvalidFields([]fault.Field{{Name: staffField, Key: e.Key, Args: e.Args}}))
		return r.RenderStatus(w, e.Kind.Status(), staffSheetView(p))
	}
	if err != nil {
		return err
	}
	p.Plan = &plan
	if p.Sealed, err = s.sealStaff(who, plan); err != nil {
		return err
	}
	return r.Render(w, staffSheetView(p))
}

func (s *Service) uploadedPlan(r *web.Request, who Actor, at InstitutionID) (StaffPlan, error) {
	file, err := staffPart(r)
	if err != nil {
		return StaffPlan{}, err
	}
	t, err := sheet.Read(file, StaffLimits())
	if err != nil {
		return StaffPlan{}, staffPartFault(err)
	}
	return s.PlanStaff(r.Context(), who, at, r.L.Lang, t)
}

// staffPart finds the file among the parts of the form.
func staffPart(r *web.Request) (*multipart.Part, error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, fault.New(fault.BadRequest, "fault.bad_request")
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return nil, fault.New(fault.Invalid, "staff.fault.no_file")
		}
		if err != nil {
			return nil, staffPartFault(err)
		}
		if part.FormName() == staffField {
			if part.FileName() == "" {
				return nil, fault.New(fault.Invalid, "staff.fault.no_file")
			}
			return part, nil
		}
	}
}

// staffPartFault tells a body that is too long or broken from a fault of the sheet.
func staffPartFault(err error) error {
	if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
		return fault.New(fault.TooLarge, "sheet.fault.too_large", "n", StaffLimits().Bytes>>20)
	}
	if fault.As(err) == nil {
		return fault.New(fault.BadRequest, "fault.bad_request")
	}
	return err
}

func (s *Service) postStaffInvitations(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	p, err := s.staffSheetPage(w, r)
	if err != nil {
		return err
	}
	who := ActorOf(r.Request)
	list, err := s.openStaff(who, p.Institution, r.Value("lista"))
	if err != nil {
		return err
	}
	done, err := s.InviteStaff(r.Context(), who, p.Institution, list)
	if err != nil {
		return err
	}
	if len(done.Links) > 0 && !s.letters.Delivers() {
		p.Links, p.Batch = done.Links, done.Batch
		return r.Render(w, staffSheetView(p))
	}
	key := "notice.staff_invited"
	if done.Prepared {
		key = "notice.staff_prepared"
	}
	r.Notify(w, key, "n", number(done.Taken))
	return r.Redirect(w, importing.Path(done.Batch))
}
