package vote

import (
	"errors"
	"io"
	"iter"
	"mime/multipart"
	"net/http"
	"slices"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/sheet"
	"kladka/internal/platform/web"
)

const (
	rollField = "arkusz"
	rollShown = 200 // problems on the page; whoever mends so many reads the sheet again
)

func (s *Service) rollRoutes(sh *web.Shell) {
	list := edition + "/uprawnienia/spis"
	sh.Handle("GET "+list, runsGuard(), s.getRolls)
	sh.Handle("GET "+list+"/wzor.csv", runsGuard(), s.getRollTemplate)
	sh.Handle("POST "+list, access.Both(runsGuard(), access.Fresh), s.postRoll, web.Body(RollLimits().Bytes+64<<10))
	sh.Handle("POST "+list+"/{roll}/uzyj", runsGuard(), s.postUseRoll, web.Idempotent())
	sh.Handle("POST "+list+"/{roll}/porzuc", runsGuard(), s.postDropRoll, web.Idempotent())
}

// rollPage asks for a sheet and lists those that were read; with a plan it shows
// what the sheet would do.
type rollPage struct {
	framed
	Input web.Input
	Plan  *RollPlan
	Roll  string // of the plan, to be used
	More  int    // problems that are not shown
	Rolls []rollLine
	Open  bool // the edition still takes a roll
	Next  web.Step
}

type rollLine struct {
	Roll
	When, State, Name string
}

func (s *Service) getRolls(w http.ResponseWriter, r *web.Request) error {
	e, err := s.runs(r.Context(), access.ActorOf(r.Request), editionOf(r))
	if err != nil {
		return err
	}
	return s.showRolls(w, r, e, rollPage{}, nil)
}

func (s *Service) showRolls(w http.ResponseWriter, r *web.Request, e budget.Edition, p rollPage, refusal error) (err error) {
	p.framed = s.frame(w, r, e, r.L.T("vote.roll.title"), "roll")
	p.Page = p.WithErrors(refusal)
	p.Open = s.takes(e, budget.Roll) == nil
	p.Input = web.Input{Name: rollField, Label: r.L.T("vote.roll.file"), Hint: r.L.T("vote.roll.file_hint", "n", RollLimits().Rows), Type: "file", Accept: ".xlsx,.csv,text/csv", Required: true}
	p.Next = s.next(p.Page, e)
	if p.Rolls, err = s.rollLines(r, e); err != nil {
		return err
	}
	if p.Open && slices.ContainsFunc(p.Rolls, func(l rollLine) bool { return l.Roll.State == RollWaiting }) {
		p.Next = web.Step{What: r.L.T("vote.roll.next_use"), Who: r.L.T("vote.roll.next_use_who")}
	}
	return r.RenderStatus(w, statusOf(refusal), rollView(p))
}

func (s *Service) rollLines(r *web.Request, e budget.Edition) (lines []rollLine, err error) {
	list, err := Rolls(r.Context(), s.db, e.ID)
	if err != nil {
		return nil, err
	}
	var people []string
	for _, l := range list {
		people = append(people, string(l.Person))
	}
	names, err := s.People.NamesOf(r.Context(), people)
	for _, l := range list {
		lines = append(lines, rollLine{Roll: l, When: r.L.DateTime(local(l.At)), State: r.L.T("vote.roll.state." + l.State), Name: names[string(l.Person)]})
	}
	return lines, err
}

// getRollTemplate is a sheet to fill in, with one invented person.
func (s *Service) getRollTemplate(w http.ResponseWriter, r *web.Request) error {
	if _, err := s.runs(r.Context(), access.ActorOf(r.Request), editionOf(r)); err != nil {
		return err
	}
	header := []string{}
	for _, name := range []string{nameColumn, bornColumn, addressColumn, districtColumn} {
		header = append(header, s.Catalog.In(i18n.PL).T("vote.roll.column."+name))
	}
	w.Header().Set("Content-Type", sheet.CSV.ContentType())
	w.Header().Set("Content-Disposition", `attachment; filename="`+sheet.CSV.File("spis-wzor")+`"`)
	var rows iter.Seq2[[]string, error] = func(yield func([]string, error) bool) {
		yield([]string{"Przykład Anna", "1990-01-31", "ul. Długa 1/2, 30-001 Kraków", ""}, nil)
	}
	return sheet.Write(w, sheet.CSV, "", header, rows)
}

// postRoll reads the sheet while it arrives and shows what it would do.
func (s *Service) postRoll(w http.ResponseWriter, r *web.Request) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	e, err := s.runs(ctx, who, editionOf(r))
	if err != nil {
		return err
	}
	plan, err := s.uploaded(r, e)
	if k := fault.KindOf(err); k == fault.Invalid || k == fault.TooLarge {
		return s.showRolls(w, r, e, rollPage{}, atField(err, rollField))
	}
	if err != nil {
		return err
	}
	p := rollPage{Plan: &plan}
	if len(plan.Rows) > 0 {
		if p.Roll, err = s.PutRoll(ctx, who, e, plan); err != nil {
			return err
		}
	}
	if p.More = len(plan.Problems) - rollShown; p.More > 0 {
		plan.Problems = plan.Problems[:rollShown]
	}
	return s.showRolls(w, r, e, p, nil)
}

func (s *Service) uploaded(r *web.Request, e budget.Edition) (RollPlan, error) {
	file, err := partOf(r, rollField)
	if err != nil {
		return RollPlan{}, partFault(err)
	}
	t, err := sheet.Read(file, RollLimits())
	if err != nil {
		return RollPlan{}, partFault(err)
	}
	return s.PlanRoll(r.Context(), e, t)
}

// partOf finds the file among the parts of the form.
func partOf(r *web.Request, field string) (*multipart.Part, error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, err
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return nil, fault.New(fault.Invalid, "vote.fault.no_file")
		}
		if err != nil {
			return nil, err
		}
		if part.FormName() == field {
			if part.FileName() == "" {
				return nil, fault.New(fault.Invalid, "vote.fault.no_file")
			}
			return part, nil
		}
	}
}

// partFault tells a body that is too long or broken from a fault of the sheet.
func partFault(err error) error {
	if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
		return fault.New(fault.TooLarge, "sheet.fault.too_large", "n", RollLimits().Bytes>>20)
	}
	if fault.As(err) == nil {
		return fault.New(fault.BadRequest, "fault.bad_request")
	}
	return err
}

func (s *Service) postUseRoll(w http.ResponseWriter, r *web.Request) error {
	id := editionOf(r)
	if err := s.UseRoll(r.Context(), access.ActorOf(r.Request), id, r.PathValue("roll")); err != nil {
		return err
	}
	return done(w, r, "roll_used", Href(id)+"/spis")
}

func (s *Service) postDropRoll(w http.ResponseWriter, r *web.Request) error {
	id := editionOf(r)
	if err := s.DropRoll(r.Context(), access.ActorOf(r.Request), id, r.PathValue("roll")); err != nil {
		return err
	}
	return done(w, r, "roll_dropped", Href(id)+"/spis")
}
