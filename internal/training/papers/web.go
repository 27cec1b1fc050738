package papers

import (
	"net/http"
	"net/url"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
	"kladka/internal/training"
)

// Addresses of those who issue and sign papers.
const (
	RegisterPath = "/osrodek/rejestr"
	BlanksPath   = "/osrodek/blankiety"
	SignPath     = "/osrodek/podpis"
	settingsPath = RegisterPath + "/ustawienia"
	keysPath     = SignPath + "/klucze"
	badgePath    = CheckPath + "/odznaka"
)

// Routes opens the doors of the package.
func (s *Service) Routes(sh *web.Shell) {
	s.trainingRoutes(sh)
	s.registerRoutes(sh)
	s.signRoutes(sh)
	s.publicRoutes(sh)
	s.holderRoutes(sh)
	sh.Handle("GET "+foundPath+"/{id}", access.SignedIn, s.getFound)
	sh.AddDesk(s.desk)
}

func (s *Service) trainingRoutes(sh *web.Shell) {
	issue, at := access.Can(access.IssuePapers), training.CenterPath+"/{id}/dokumenty"
	sh.Handle("GET "+at, issue, s.getTraining)
	sh.Handle("POST "+at, issue, s.postIssueAll, web.Idempotent())
	sh.Handle("GET "+at+"/postep/{postep}", issue, s.getProgress)
	sh.Handle("GET "+at+"/postep/{postep}/strumien", issue, s.streamProgress)
	sh.Handle("GET "+at+"/{zapis}", issue, s.getCandidate)
	sh.Handle("POST "+at+"/{zapis}", issue, s.postCandidate)
	sh.Handle("POST "+at+"/{zapis}/wystaw", issue, s.postIssue, web.Idempotent())
}

func (s *Service) registerRoutes(sh *web.Shell) {
	issue := access.Can(access.IssuePapers)
	sh.Handle("GET "+RegisterPath, issue, s.getRegister)
	sh.Handle("GET "+RegisterPath+"/arkusz", issue, s.getSheet)
	sh.Handle("GET "+settingsPath, issue, s.getSettings)
	sh.Handle("POST "+settingsPath, issue, s.postSettings)
	sh.Handle("GET "+RegisterPath+"/{id}", issue, s.getPaper)
	sh.Handle("GET "+RegisterPath+"/{id}/plik/{druk}", issue, s.getFile)
	sh.Handle("POST "+RegisterPath+"/{id}/uniewaznij", issue, s.postVoid)
	sh.Handle("GET "+RegisterPath+"/{id}/popraw", issue, s.getCorrect)
	sh.Handle("POST "+RegisterPath+"/{id}/popraw", issue, s.postCorrect, web.Idempotent())
	sh.Handle("POST "+RegisterPath+"/{id}/duplikat", issue, s.postDuplicate, web.Idempotent())
	sh.Handle("POST "+RegisterPath+"/{id}/wydano", issue, s.postHanded)
	sh.Handle("POST "+RegisterPath+"/{id}/blankiet", issue, s.postReprint, web.Idempotent())
	sh.Handle("GET "+BlanksPath, issue, s.getBlanks)
	sh.Handle("POST "+BlanksPath, issue, s.postBlanks, web.Idempotent())
	sh.Handle("POST "+BlanksPath+"/zmien", issue, s.postBlank)
	model := access.CanAny(access.IssuePapers, access.SignPapers, access.ManageFiles)
	sh.Handle("GET "+BlanksPath+"/wzor", model, s.getModel)
	sh.Handle("POST "+BlanksPath+"/wzor", access.CanAny(access.SignPapers, access.ManageFiles), s.postModel, web.Body(6<<20))
	sh.Handle("GET "+BlanksPath+"/wzor/plik", model, s.getModelFile)
}

func (s *Service) signRoutes(sh *web.Shell) {
	issue, sign := access.Can(access.IssuePapers), access.Both(access.Can(access.SignPapers), access.Fresh)
	sh.Handle("GET "+SignPath, issue, s.getBatches)
	sh.Handle("POST "+SignPath, issue, s.postBatch, web.Idempotent())
	sh.Handle("GET "+keysPath, sign, s.getKeys)
	sh.Handle("POST "+keysPath, sign, s.postKeys, web.Idempotent())
	sh.Handle("GET "+SignPath+"/{id}", issue, s.getBatch)
	sh.Handle("POST "+SignPath+"/{id}/paczka", issue, s.postOut)
	sh.Handle("POST "+SignPath+"/{id}/wgraj", issue, s.postBack, web.Body(maxReturned+1<<20))
	sh.Handle("POST "+SignPath+"/{id}/zamknij", sign, s.postClose)
}

func (s *Service) publicRoutes(sh *web.Shell) {
	sh.Handle("GET "+CheckPath, web.Public, s.getCheck)
	sh.Handle("POST "+CheckPath, web.Public, s.postCheck)
	sh.Handle("GET "+badgePath, web.Public, s.getCheckBadge)
	sh.Handle("POST "+badgePath, web.Public, s.postCheckBadge)
	sh.Handle("GET "+issuerPath+"/{plik}", web.Public, s.getIssuer)
	sh.Handle("GET "+issuerPath+"/{plik}/odwolane.json", web.Public, s.getRevoked)
	sh.Handle("GET "+CheckPath+"/{number}", web.Public, s.getNumber)
	sh.Handle("GET "+CheckPath+"/{number}/{key}", web.Public, s.getVerified)
	sh.Handle("POST "+CheckPath+"/{number}/{key}", web.Public, s.postName)
	sh.Handle("GET "+CheckPath+"/{number}/{key}/odznaka.json", web.Public, s.getPublicBadge)
}

func (s *Service) holderRoutes(sh *web.Shell) {
	for _, at := range []string{training.EnrollPath + "/{id}/dokument", training.EnrollPath + "/{id}/{key}/dokument"} {
		sh.Handle("GET "+at, web.Public, s.getHolder)
		sh.Handle("POST "+at, web.Public, s.postHolder)
		sh.Handle("POST "+at+"/plik", web.Public, s.postOwnFile)
		sh.Handle("POST "+at+"/odznaka.json", web.Public, s.postOwnBadge)
	}
}

// alone keeps a page from caches, from searching machines, and its address from
// pages that it leads to: the address holds a secret.
func alone(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Robots-Tag", "noindex, nofollow, noarchive")
	h.Set("Referrer-Policy", "no-referrer")
}

// refused is what to show on the form again, nil for all other errors.
func refused(err error) *fault.Error {
	e := fault.As(err)
	if e == nil || e.Kind != fault.Invalid {
		return nil
	}
	return e
}

// back leads to a page with a notice, or shows the refusal there: of a conflict
// a person learns on the page where the act is, in the words of the fault.
func back(w http.ResponseWriter, r *web.Request, err error, path, notice string, args ...string) error {
	if err != nil {
		return err
	}
	r.Notify(w, notice, args...)
	return r.Redirect(w, path)
}

// at is the center of a page: the one of the hat, or, for who keeps the
// installation running, the one of the address.
func at(r *web.Request, p access.Permission) access.InstitutionID {
	who := access.ActorOf(r.Request)
	if id := r.Value("osrodek"); id != "" && isID(id) {
		return access.InstitutionID(id)
	}
	return centerOf(who, p)
}

// areas are the links above the pages of papers.
func areas(l *i18n.L, who access.Actor, here string) []web.Link {
	list := []web.Link{{Text: l.T("papers.title.register"), Href: RegisterPath}, {Text: l.T("papers.title.sign"), Href: SignPath},
		{Text: l.T("papers.title.blanks"), Href: BlanksPath}, {Text: l.T("papers.title.settings"), Href: settingsPath}}
	if who.May(access.SignPapers) {
		list = append(list, web.Link{Text: l.T("papers.title.keys"), Href: keysPath})
	}
	for n := range list {
		list[n].Current = list[n].Href == here
	}
	return list
}

// officePage begins a page of those who issue papers.
func officePage(w http.ResponseWriter, r *web.Request, title, here string) page {
	p := page{Page: r.Page(w, title, web.Link{Text: r.L.T("papers.title.register"), Href: RegisterPath}), Areas: areas(r.L, access.ActorOf(r.Request), here)}
	p.NoIndex = true
	return p
}

// page is what the pages of papers have in common.
type page struct {
	web.Page
	Areas []web.Link
}

// desk is what waits for who signs and who issues.
func (s *Service) desk(r *web.Request) ([]web.DeskItem, error) {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	center := centerOf(who, access.IssuePapers)
	if center == "" {
		return nil, nil
	}
	var items []web.DeskItem
	n, err := s.Unsigned(ctx, who, center)
	if err != nil {
		return nil, err
	}
	if n > 0 {
		items = append(items, web.DeskItem{Rank: 30, Title: r.L.N("papers.desk.unsigned", n), Text: r.L.T("papers.desk.unsigned_text"), Href: SignPath})
	}
	if err := s.db.Get(ctx, &n, `select count(*) from training_batches where center = ? and state = ?`, center, batchOut); err != nil {
		return nil, err
	}
	if n > 0 {
		items = append(items, web.DeskItem{Rank: 31, Title: r.L.N("papers.desk.out", n), Text: r.L.T("papers.desk.out_text"), Href: SignPath})
	}
	return items, nil
}

func query(pairs ...string) string {
	v := url.Values{}
	for n := 0; n+1 < len(pairs); n += 2 {
		v.Set(pairs[n], pairs[n+1])
	}
	return "?" + v.Encode()
}
