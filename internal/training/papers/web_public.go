package papers

import (
	"net/http"
	"strings"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// checkPage asks for the number and the key. It says nothing of whether there is
// such a paper: whoever has only the number always gets the same page.
type checkPage struct {
	web.Page
	Number  string
	Wrong   bool
	Verdict string
	Kind    string // of the mark beside the verdict
	Text    string
	Href    string
}

func (s *Service) checkPage(w http.ResponseWriter, r *web.Request, title string) checkPage {
	alone(w)
	p := checkPage{Page: r.Page(w, r.L.T(title), web.Link{Text: r.L.T("papers.title.check"), Href: CheckPath})}
	p.NoIndex = true
	return p
}

func (s *Service) getCheck(w http.ResponseWriter, r *web.Request) error {
	return r.Render(w, checkView(s.checkPage(w, r, "papers.title.check")))
}

// getNumber asks for the key. The database is not asked, so neither the answer
// nor its time tells whether the number exists.
func (s *Service) getNumber(w http.ResponseWriter, r *web.Request) error {
	p := s.checkPage(w, r, "papers.title.check")
	p.Number = shown(r.PathValue("number"))
	return r.Render(w, checkView(p))
}

// shown is a number of an address as people write it.
func shown(number string) string {
	key := NumberKey(number)
	if len(key) > 80 {
		return ""
	}
	if m := strings.Split(key, "-"); len(m) == 3 {
		return strings.Join(m, "/")
	}
	return key
}

func (s *Service) postCheck(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	alone(w)
	number, key := NumberKey(r.Value("numer")), plainKey(r.Value("klucz"))
	var faults []fault.Field
	if number == "" || len(number) > 80 {
		faults = append(faults, fault.Field{Name: "numer", Key: "papers.fault.number"})
	}
	if key == "" {
		faults = append(faults, fault.Field{Name: "klucz", Key: "papers.fault.key", Args: []any{"n", keyLength}})
	}
	if err := fault.InvalidFields(faults); err != nil {
		p := s.checkPage(w, r, "papers.title.check")
		p.Number, p.Page = shown(number), p.WithErrors(err)
		return r.RenderStatus(w, http.StatusUnprocessableEntity, checkView(p))
	}
	return r.Redirect(w, CheckPath+"/"+number+"/"+key)
}

// verifiedPage is what anybody with the key learns.
type verifiedPage struct {
	web.Page
	Path   string
	State  string
	Mark   string
	Text   string
	Facts  []web.Fact
	Notes  []string
	Asked  bool
	Same   bool
	Voided bool
	Badge  bool
	Typed  string
}

func (s *Service) getVerified(w http.ResponseWriter, r *web.Request) error {
	return s.showVerified(w, r, http.StatusOK, nil)
}

// found is the paper of the address, or the page that says that there is none.
func (s *Service) found(w http.ResponseWriter, r *web.Request) (Paper, bool, error) {
	p, err := s.Find(r.Context(), r.Network(), r.PathValue("number"), r.PathValue("key"))
	if fault.KindOf(err) == fault.NotFound && err != nil {
		c := s.checkPage(w, r, "papers.title.check")
		c.Number, c.Wrong = shown(r.PathValue("number")), true
		return p, false, r.RenderStatus(w, http.StatusNotFound, checkView(c))
	}
	return p, err == nil, err
}

func (s *Service) showVerified(w http.ResponseWriter, r *web.Request, status int, change func(*verifiedPage, Paper) error) error {
	x, ok, err := s.found(w, r)
	if !ok {
		return err
	}
	public, err := s.Public(r.Context(), x)
	if err != nil {
		return err
	}
	alone(w)
	p := verifiedOf(r, public)
	p.Page = r.Page(w, r.L.T("papers.kind."+string(x.Kind))+" "+x.Number, web.Link{Text: r.L.T("papers.title.check"), Href: CheckPath})
	p.NoIndex, p.Path, p.Voided = true, CheckPath+"/"+x.NumberKey+"/"+plainKey(r.PathValue("key")), x.State == Voided
	p.Badge = x.State != Voided && s.givesBadges()
	if change != nil {
		if err := change(&p, x); err != nil {
			return err
		}
	}
	return r.RenderStatus(w, status, verifiedView(p))
}

func verifiedOf(r *web.Request, x Public) verifiedPage {
	l := r.L
	p := verifiedPage{State: l.T("papers.verdict." + string(x.State)), Mark: markOfState(x.State), Text: l.T("papers.verdict." + string(x.State) + "_text"),
		Facts: []web.Fact{{Name: l.T("papers.column.kind"), Value: l.T("training.paper." + string(x.Kind))}, {Name: l.T("papers.column.number"), Value: x.Number},
			{Name: l.T("papers.column.title"), Value: x.Title}, {Name: l.T("papers.column.hours"), Value: l.Number(x.Hours)},
			{Name: l.T("papers.column.dates"), Value: dates(l, x.StartsOn, x.EndsOn)}, {Name: l.T("papers.column.center"), Value: x.Center},
			{Name: l.T("papers.column.issued"), Value: l.DateText(x.IssuedOn)}}}
	if x.ChangedOn != "" {
		p.Notes = append(p.Notes, l.T("papers.note.corrected", "date", l.DateText(x.ChangedOn), "version", l.Number(x.Version)))
	}
	if x.State == Voided {
		p.Notes = append(p.Notes, l.T("papers.note.voided", "date", l.DateText(x.VoidedOn), "why", l.T("papers.class."+x.VoidClass)))
	}
	if x.Imported {
		p.Notes = append(p.Notes, l.T("papers.note.imported"))
	}
	return p
}

// postName tells whether the paper is of somebody of the name that was typed.
func (s *Service) postName(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	return s.showVerified(w, r, http.StatusOK, func(p *verifiedPage, x Paper) error {
		p.Typed = r.Value("nazwisko")
		if folded(p.Typed) == "" {
			p.Page = p.WithErrors(fault.InvalidFields([]fault.Field{{Name: "nazwisko", Key: "papers.fault.required"}}))
			return nil
		}
		same, err := s.SameName(r.Context(), r.Network(), x, p.Typed)
		p.Asked, p.Same = true, same
		return err
	})
}

func sendJSON(w http.ResponseWriter, kind, name string, data []byte) error {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("X-Content-Type-Options", "nosniff")
	if name != "" {
		h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	}
	_, err := w.Write(data)
	return err
}

const credentialType = "application/vc+ld+json"

func (s *Service) getPublicBadge(w http.ResponseWriter, r *web.Request) error {
	alone(w)
	p, err := s.Find(r.Context(), r.Network(), r.PathValue("number"), r.PathValue("key"))
	if err != nil {
		return err
	}
	data, err := s.Badge(r.Context(), p, false)
	if err != nil {
		return err
	}
	return sendJSON(w, credentialType, "odznaka.json", data)
}

// getIssuer is for verifiers: they fetch it from anywhere.
func (s *Service) getIssuer(w http.ResponseWriter, r *web.Request) error {
	center, ok := strings.CutSuffix(r.PathValue("plik"), ".json")
	if !ok || !isID(center) {
		return fault.ErrNotFound
	}
	data, err := s.Issuer(r.Context(), access.InstitutionID(center))
	if err != nil {
		return err
	}
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Cache-Control", "public, max-age=300")
	return sendJSON(w, "application/json", "", data)
}

func (s *Service) getRevoked(w http.ResponseWriter, r *web.Request) error {
	center := r.PathValue("plik")
	if !isID(center) {
		return fault.ErrNotFound
	}
	data, err := s.Revoked(r.Context(), access.InstitutionID(center))
	if err != nil {
		return err
	}
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Cache-Control", "public, max-age=300")
	return sendJSON(w, "application/json", "", data)
}

func (s *Service) getCheckBadge(w http.ResponseWriter, r *web.Request) error {
	return r.Render(w, badgeView(s.checkPage(w, r, "papers.title.badge")))
}

// maxBadge is the largest badge that is looked at.
const maxBadge = 64 << 10

// postCheckBadge takes a file, or its text pasted.
func (s *Service) postCheckBadge(w http.ResponseWriter, r *web.Request) error {
	if err := s.count(r.Context(), filesPerNetwork, "badge", r.Network()); err != nil {
		return err
	}
	data, err := sentBadge(r)
	p := s.checkPage(w, r, "papers.title.badge")
	if err != nil {
		if refused(err) == nil {
			return err
		}
		p.Page = p.WithErrors(err)
		return r.RenderStatus(w, http.StatusUnprocessableEntity, badgeView(p))
	}
	v, x, err := s.CheckBadge(r.Context(), data)
	if err != nil {
		return err
	}
	p.Verdict, p.Text, p.Kind = r.L.T("papers.badge."+string(v)), r.L.T("papers.badge."+string(v)+"_text"), badgeMark(v)
	if x.ID != "" {
		p.Number = r.L.T("papers.badge.of", "title", x.Title, "number", x.Number, "date", i18nDate(r.L, x))
	}
	return r.Render(w, badgeView(p))
}

func i18nDate(l *i18n.L, x Paper) string { return l.DateText(x.IssuedOn) }

func badgeMark(v Verdict) string {
	switch v {
	case Genuine:
		return "ok"
	case Replaced:
		return "warn"
	}
	return "bad"
}

func sentBadge(r *web.Request) ([]byte, error) {
	missing := fault.InvalidFields([]fault.Field{{Name: "plik", Key: "papers.fault.badge"}})
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, fault.New(fault.BadRequest, "fault.bad_request")
	}
	for range 10 {
		part, err := parts.NextPart()
		if err != nil {
			return nil, missing
		}
		if part.FormName() != "plik" || part.FileName() == "" {
			continue
		}
		left := int64(maxBadge)
		data, err := readPart(part, &left)
		if err != nil || len(data) == 0 {
			return nil, missing
		}
		return data, nil
	}
	return nil, missing
}
