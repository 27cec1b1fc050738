package papers

import (
	"net/http"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/files"
	"kladka/internal/platform/web"
	"kladka/internal/training"
)

// holderPage is the paper of an enrollment for its holder, by account or by the
// mailed link.
type holderPage struct {
	web.Page
	Path     string
	Back     string
	Training string
	Ask      bool // birth data are asked
	Given    bool
	Birth    Birth
	Facts    []web.Fact
	State    string
	Mark     string
	Void     *web.Reason
	File     bool
	Badge    bool
	Verify   string
	Next     web.Step
}

// holder is who holds the enrollment of the address.
func holder(r *web.Request) (training.Holder, training.EnrollmentID) {
	return training.Holder{Actor: access.ActorOf(r.Request), Key: r.PathValue("key")}, training.EnrollmentID(r.PathValue("id"))
}

func enrollmentPath(r *web.Request) string {
	path := training.EnrollPath + "/" + r.PathValue("id")
	if key := r.PathValue("key"); key != "" {
		path += "/" + key
	}
	return path
}

func (s *Service) getHolder(w http.ResponseWriter, r *web.Request) error {
	return s.showHolder(w, r, http.StatusOK, nil)
}

func (s *Service) showHolder(w http.ResponseWriter, r *web.Request, status int, fail error) error {
	alone(w)
	h, id := holder(r)
	e, err := s.Trainings.Open(r.Context(), h, id)
	if err != nil {
		return err
	}
	t, err := training.ByID(r.Context(), s.db, e.Training)
	if err != nil {
		return err
	}
	b, err := s.birthOf(r.Context(), s.db, e.ID)
	if err != nil {
		return err
	}
	path := enrollmentPath(r)
	p := holderPage{Page: r.Page(w, r.L.T("papers.title.holder")).WithErrors(fail), Path: path + "/dokument", Back: path, Training: t.Title, Ask: awaited(e, t), Given: b.whole(),
		Next: web.Step{What: r.L.T("papers.next.birth"), Who: r.L.T("papers.next.you")}}
	p.NoIndex = true
	if fail != nil {
		p.Birth = Birth{r.Value("urodzenie"), r.Value("miejsce")}
	}
	if p.Given {
		p.Next = web.Step{What: r.L.T("papers.next.issue"), Who: r.L.T("papers.next.center")}
	}
	if err := s.addPaper(r, &p, e); err != nil {
		return err
	}
	return r.RenderStatus(w, status, holderView(p))
}

// addPaper puts the paper on the page, when there is one.
func (s *Service) addPaper(r *web.Request, p *holderPage, e training.Enrollment) error {
	x, err := s.OfEnrollment(r.Context(), e.ID)
	if fault.KindOf(err) == fault.NotFound && err != nil {
		return nil
	}
	if err != nil {
		return err
	}
	key, err := s.keyOf(x)
	if err != nil {
		return err
	}
	l := r.L
	p.State, p.Mark, p.Verify = l.T("papers.state."+string(x.State)), markOfState(x.State), VerifyPath(x.Number, key)
	p.Facts = []web.Fact{{Name: l.T("papers.column.kind"), Value: l.T("training.paper." + string(x.Kind))}, {Name: l.T("papers.column.number"), Value: x.Number},
		{Name: l.T("papers.column.name"), Value: x.Name}, {Name: l.T("papers.column.issued"), Value: l.DateText(x.IssuedOn)}, {Name: l.T("papers.column.key"), Value: spaced(key)}}
	if x.State == Voided {
		p.Void = &web.Reason{Text: l.T("papers.note.voided", "date", l.DateText(x.VoidedOn), "why", l.T("papers.class."+x.VoidClass)), Human: true}
		return nil
	}
	p.Ask = false
	if p.File, err = s.hasSigned(r.Context(), x.ID); err != nil {
		return err
	}
	p.Badge = s.givesBadges()
	p.Next = web.Step{What: l.T("papers.next.sign"), Who: l.T("papers.next.director")}
	if p.File {
		p.Next = web.Step{What: l.T("papers.next.fetch"), Who: l.T("papers.next.you")}
	}
	return nil
}

func (s *Service) postHolder(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	h, id := holder(r)
	err := s.GiveBirth(r.Context(), h, id, Birth{r.Value("urodzenie"), r.Value("miejsce")})
	if e := refused(err); e != nil {
		return s.showHolder(w, r, e.Kind.Status(), err)
	}
	return back(w, r, err, enrollmentPath(r)+"/dokument", "notice.papers.birth")
}

// held is the paper of who asks, for the holder alone.
func (s *Service) held(r *web.Request) (Paper, error) {
	h, id := holder(r)
	e, err := s.Trainings.Open(r.Context(), h, id)
	if err != nil {
		return Paper{}, err
	}
	return s.OfEnrollment(r.Context(), e.ID)
}

// postOwnFile hands the signed paper over, which is noted: so it is a form and
// no link, which a program that looks into letters would follow.
func (s *Service) postOwnFile(w http.ResponseWriter, r *web.Request) error {
	alone(w)
	p, err := s.held(r)
	if err != nil {
		return err
	}
	if p.State == Voided {
		return errVoided
	}
	c, err := s.signedCopy(r.Context(), p.ID)
	if err != nil {
		return err
	}
	if err := s.downloaded(r.Context(), p); err != nil {
		return err
	}
	return s.Files.Serve(w, r, ownerOf(c.ID), files.ID(c.SignedFile))
}

func (s *Service) postOwnBadge(w http.ResponseWriter, r *web.Request) error {
	alone(w)
	p, err := s.held(r)
	if err != nil {
		return err
	}
	data, err := s.Badge(r.Context(), p, true)
	if err != nil {
		return err
	}
	return sendJSON(w, credentialType, "odznaka-z-nazwiskiem.json", data)
}
