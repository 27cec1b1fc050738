package access

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"kladka/internal/access/otp"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// The pages of this file, but for SecondStepPath and FreshPath.
const (
	SecurityPath = "/konto/bezpieczenstwo"
	recoverPath  = "/konto/nie-pamietam"
	appPath      = SecondStepPath + "/aplikacja"
	listPath     = SecondStepPath + "/lista"
	sentPath     = linkPath + "/wyslano"
	deskPath     = "/moje-sprawy"
)

// waysRoutes opens the doors through which people come in.
func (s *Service) waysRoutes(sh *web.Shell) {
	sh.Handle("GET "+SecondStepPath, halfwayIn{s}, s.getSecond)
	sh.Handle("POST "+SecondStepPath, halfwayIn{s}, s.postSecond)
	sh.Handle("GET "+appPath, SignedIn, s.getEnroll)
	sh.Handle("POST "+appPath, SignedIn, s.postEnroll)
	sh.Handle("GET "+listPath, SignedIn, s.getEnroll)
	sh.Handle("POST "+listPath, SignedIn, s.postEnroll)

	sh.Handle("GET "+linkPath, web.Public, s.getAsk)
	sh.Handle("POST "+linkPath, web.Public, s.postAsk)
	sh.Handle("GET "+recoverPath, web.Public, s.getAsk)
	sh.Handle("POST "+recoverPath, web.Public, s.postAsk)
	sh.Handle("GET "+sentPath, web.Public, s.getSent)
	sh.Handle("GET "+linkPath+"/{token}", web.Public, s.getLink)
	sh.Handle("POST "+linkPath+"/{token}", web.Public, s.postLink)

	sh.Handle("GET "+FreshPath, SignedIn, s.getFresh)
	sh.Handle("POST "+FreshPath, SignedIn, s.postFresh)
	sh.Handle("POST "+FreshPath+"/odnosnik", SignedIn, s.postFreshLink)

	sh.Handle("GET "+SecurityPath, SignedIn, s.getSecurity)
	sh.Handle("POST "+SecurityPath+"/haslo", SignedIn, s.postPassword)
	sh.Handle("POST "+SecurityPath+"/jezyk", SignedIn, s.postLang)
	sh.Handle("POST "+SecurityPath+"/kody", Both(SignedIn, Fresh), s.postRecoveryCodes)
	sh.Handle("POST "+SecurityPath+"/usun", Both(SignedIn, Fresh), s.postRemoveFactor)
	sh.Handle("POST "+SecurityPath+"/wyloguj", SignedIn, s.postEndSession)
	sh.Handle("POST "+SecurityPath+"/wyloguj-wszedzie", SignedIn, s.postEndAll)
}

// halfwayIn lets in people who are signed in, or who proved the first step.
type halfwayIn struct{ s *Service }

func (halfwayIn) Name() string { return "signed in or halfway" }

func (g halfwayIn) Allow(r *web.Request) error {
	if ActorOf(r.Request).SignedIn() {
		return nil
	}
	if _, ok := g.s.halfwayOf(r.Context()); ok {
		return nil
	}
	return fault.New(fault.SignedOut, "fault.signed_out")
}

// quietly are the headers of a page whose address or content is a secret: it
// must not travel on in a referrer, nor stay in a cache or a search engine.
func quietly(w http.ResponseWriter, p *web.Page) {
	p.NoIndex = true
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Robots-Tag", "noindex")
}

// home is where a person begins: the desk, or the account when no role has one.
func home(a Actor) string {
	err := a.Must(SeeDesk)
	if d := (*web.Detour)(nil); err == nil || errors.As(err, &d) {
		return deskPath
	}
	return "/konto"
}

// onward is where somebody wanted to go, but for the doors through which they
// just came: those would send them round in a circle.
func onward(next, other string) string {
	path, _, _ := strings.Cut(next, "?")
	for _, door := range []string{SecondStepPath, FreshPath, web.SignInPath, linkPath, recoverPath} {
		if path == door || strings.HasPrefix(path, door+"/") {
			return other
		}
	}
	return localOr(next, other)
}

func withNext(path, next string) string {
	if next = localOr(next, ""); next == "" {
		return path
	}
	return path + "?dalej=" + url.QueryEscape(next)
}

// enter begins the session after the first step, or leads to the second one
// when the person has a second factor.
func (s *Service) enter(w http.ResponseWriter, r *web.Request, id PersonID, method Method, level int) error {
	return s.enterTo(w, r, id, method, level, r.Value("dalej"))
}

func (s *Service) enterTo(w http.ResponseWriter, r *web.Request, id PersonID, method Method, level int, next string) error {
	if level < bothSteps && method != ByCard {
		has, err := factorsOf(r.Context(), s.db, id)
		if err != nil {
			return err
		}
		if has.Any() {
			if err := s.goHalfway(r, id, method); err != nil {
				return err
			}
			return r.Redirect(w, withNext(SecondStepPath, next))
		}
	}
	if err := s.begin(r, id, method, level); err != nil {
		return err
	}
	acc, _, err := s.readAccount(r.Context(), id)
	if err != nil {
		return err
	}
	if method != ByCard && method != ByDemo {
		p, err := s.personOf(r.Context(), id)
		if err != nil {
			return err
		}
		s.remember(w, r, p.Login)
	}
	return r.Redirect(w, onward(next, home(acc.wear(id, "", level, s.now()))))
}

// --- the second step

type secondPage struct {
	web.Page
	Next string
	Has  Factors
}

// standing is who stands before the second step, and how they came there.
func (s *Service) standing(r *web.Request) (id PersonID, method Method, done bool) {
	if v := s.session(r.Context()); v.Person != "" {
		return v.Person, v.Method, v.Level >= bothSteps
	}
	h, _ := s.halfwayOf(r.Context())
	return h.Person, h.Method, false
}

func (s *Service) getSecond(w http.ResponseWriter, r *web.Request) error {
	id, _, done := s.standing(r)
	if done {
		return r.Redirect(w, onward(r.Value("dalej"), home(ActorOf(r.Request))))
	}
	has, err := factorsOf(r.Context(), s.db, id)
	if err != nil {
		return err
	}
	if has.Any() {
		return s.showSecond(w, r, has, http.StatusOK, nil)
	}
	return s.showChoice(w, r)
}

func (s *Service) showSecond(w http.ResponseWriter, r *web.Request, has Factors, status int, err error) error {
	p := secondPage{Page: r.Page(w, r.L.T("ways.second.title")).WithErrors(err), Next: localOr(r.Value("dalej"), ""), Has: has}
	quietly(w, &p.Page)
	return r.RenderStatus(w, status, secondView(p))
}

// showChoice lets a person who has no second factor choose one. It needs the
// password of just now: whoever finds an open browser must not set up theirs.
func (s *Service) showChoice(w http.ResponseWriter, r *web.Request) error {
	a, v := ActorOf(r.Request), s.session(r.Context())
	if !a.SignedIn() {
		return fault.New(fault.SignedOut, "fault.signed_out") // reset while halfway
	}
	if err := s.mayEnroll(v, Factors{}); err != nil {
		return err
	}
	if !a.Fresh {
		return notFresh()
	}
	p := secondPage{Page: r.Page(w, r.L.T("ways.choice.title")), Next: localOr(r.Value("dalej"), "")}
	quietly(w, &p.Page)
	return r.Render(w, choiceView(p))
}

func (s *Service) postSecond(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	id, method, done := s.standing(r)
	if done {
		return r.Redirect(w, onward(r.Value("dalej"), home(ActorOf(r.Request))))
	}
	has, err := s.passSecond(r.Context(), callerOf(r), id, r.PostFormValue("kod"))
	if e := fault.As(err); e != nil && len(e.Fields) > 0 {
		if has, err := factorsOf(r.Context(), s.db, id); err != nil || !has.Any() {
			return errors.Join(err, s.showChoice(w, r))
		} else {
			return s.showSecond(w, r, has, e.Kind.Status(), e)
		}
	}
	if err != nil {
		return err
	}
	if has.App == 0 && has.Left <= fewCodes {
		r.Notify(w, "notice.ways.few_codes", "n", r.L.Number(has.Left))
	}
	return s.enterTo(w, r, id, method, bothSteps, r.Value("dalej"))
}

// --- setting up a second factor

type enrollPage struct {
	web.Page
	Action string
	Next   string
	Draft  string // sealed
	Kind   Factor
	QR     otp.QR
	Groups []string // the secret in groups of four
	Codes  []string
	Number int // of the code to type back
}

func factorAt(path string) Factor {
	if path == listPath {
		return ListFactor
	}
	return AppFactor
}

// getEnroll draws a new factor. It changes nothing: the draft lies in the form.
func (s *Service) getEnroll(w http.ResponseWriter, r *web.Request) error {
	a, v := ActorOf(r.Request), s.session(r.Context())
	has, err := factorsOf(r.Context(), s.db, v.Person)
	if err != nil {
		return err
	}
	if err := s.mayEnroll(v, has); err != nil {
		return err
	}
	if !a.Fresh {
		return notFresh()
	}
	return s.showEnroll(w, r, v, s.newDraft(factorAt(r.URL.Path)), http.StatusOK, nil)
}

func (s *Service) showEnroll(w http.ResponseWriter, r *web.Request, v session, d draft, status int, err error) error {
	sealed, sealing := s.sealDraft(v, d)
	if sealing != nil {
		return sealing
	}
	p := enrollPage{Page: r.Page(w, r.L.T("ways.enroll."+string(d.Kind))).WithErrors(err), Action: r.URL.Path, Next: localOr(r.Value("dalej"), ""),
		Draft: sealed, Kind: d.Kind, Codes: d.Codes, Number: d.mustProve()}
	quietly(w, &p.Page)
	if d.Kind == AppFactor {
		person, err := s.personOf(r.Context(), v.Person)
		if err != nil {
			return err
		}
		if p.QR, err = otp.NewQR(otp.URI("Kładka", person.Email, d.Secret)); err != nil {
			return err
		}
		p.Groups = otp.Groups(d.Secret)
	}
	return r.RenderStatus(w, status, enrollView(p))
}

type codesPage struct {
	web.Page
	Next  string
	Codes []string
}

func (s *Service) postEnroll(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	v := s.session(r.Context())
	d, err := s.openDraft(v, r.PostFormValue("szkic"))
	if err != nil {
		return err
	}
	if d.Kind != factorAt(r.URL.Path) {
		return fault.New(fault.BadRequest, "fault.bad_request")
	}
	codes, err := s.enroll(r.Context(), ActorOf(r.Request), v, d, r.PostFormValue("kod"))
	if e := fault.As(err); e != nil && len(e.Fields) > 0 {
		return s.showEnroll(w, r, v, d, e.Kind.Status(), err)
	}
	if err != nil {
		return err
	}
	if err := s.begin(r, v.Person, v.Method, bothSteps); err != nil {
		return err
	}
	if len(codes) == 0 {
		r.Notify(w, "notice.ways.factor_added")
		return r.Redirect(w, onward(r.Value("dalej"), SecurityPath))
	}
	return s.showCodes(w, r, codes)
}

// showCodes draws recovery codes in answer to the form, because they are kept
// nowhere from which a page of its own could take them.
func (s *Service) showCodes(w http.ResponseWriter, r *web.Request, codes []string) error {
	p := codesPage{Page: r.Page(w, r.L.T("ways.recovery.title")), Next: onward(r.Value("dalej"), SecurityPath), Codes: codes}
	quietly(w, &p.Page)
	return r.Render(w, codesView(p))
}

func (s *Service) postRecoveryCodes(w http.ResponseWriter, r *web.Request) error {
	codes, err := s.newRecoveryCodes(r.Context(), ActorOf(r.Request), s.session(r.Context()))
	if err != nil {
		return err
	}
	return s.showCodes(w, r, codes)
}

func (s *Service) postRemoveFactor(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	if err := s.removeFactor(r.Context(), ActorOf(r.Request), s.session(r.Context()), Factor(r.Value("rodzaj"))); err != nil {
		return err
	}
	r.Notify(w, "notice.ways.factor_removed")
	return r.Redirect(w, SecurityPath)
}

// --- mail links

type askPage struct {
	web.Page
	Purpose linkPurpose
	Email   string
	Next    string
}

func purposeAt(path string) linkPurpose {
	if path == recoverPath {
		return linkRecover
	}
	return linkSignIn
}

func (s *Service) getAsk(w http.ResponseWriter, r *web.Request) error {
	return s.showAsk(w, r, http.StatusOK, nil)
}

func (s *Service) showAsk(w http.ResponseWriter, r *web.Request, status int, err error) error {
	purpose := purposeAt(r.URL.Path)
	p := askPage{Page: r.Page(w, r.L.T("ways.ask."+string(purpose))).WithErrors(err), Purpose: purpose,
		Email: r.Value("email"), Next: localOr(r.Value("dalej"), "")}
	p.NoIndex = true
	return r.RenderStatus(w, status, askView(p))
}

func (s *Service) postAsk(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	err := s.ask(w, r, purposeAt(r.URL.Path), r.Value("email"))
	if e := fault.As(err); e != nil && len(e.Fields) > 0 {
		return s.showAsk(w, r, e.Kind.Status(), err)
	}
	return err
}

func (s *Service) ask(w http.ResponseWriter, r *web.Request, purpose linkPurpose, email string) error {
	a, err := s.askLink(r.Context(), callerOf(r), purpose, email, r.L.Lang, localOr(r.Value("dalej"), ""))
	if err != nil {
		return err
	}
	if err := s.rememberAsked(r.Context(), purpose, a); err != nil {
		return err
	}
	return r.Redirect(w, sentPath+"?cel="+string(purpose))
}

type sentPage struct {
	web.Page
	Purpose  linkPurpose
	Digits   string
	Delivers bool
}

// getSent is the same for every address. It shows the six digits to the
// browser that asked.
func (s *Service) getSent(w http.ResponseWriter, r *web.Request) error {
	purpose := linkPurpose(r.Value("cel"))
	a := s.askedOf(r.Context(), purpose)
	if !linkPurposes[purpose] || a.Digits == "" {
		return r.Redirect(w, linkPath)
	}
	p := sentPage{Page: r.Page(w, r.L.T("ways.sent.title")), Purpose: purpose, Digits: a.Digits[:3] + " " + a.Digits[3:], Delivers: s.letters.Delivers()}
	quietly(w, &p.Page)
	return r.Render(w, sentView(p))
}

type linkPage struct {
	web.Page
	Token   string
	Purpose linkPurpose
	Known   bool
	Same    bool // the browser that asked
	Name    string
}

func (s *Service) getLink(w http.ResponseWriter, r *web.Request) error {
	return s.showLink(w, r, http.StatusOK, nil)
}

func (s *Service) showLink(w http.ResponseWriter, r *web.Request, status int, err error) error {
	token := r.PathValue("token")
	l, gone := s.openLink(r.Context(), s.db, token)
	if gone != nil {
		return gone
	}
	title := "ways.link." + string(l.Purpose)
	if !l.Known {
		title = "ways.link.new"
	}
	p := linkPage{Page: r.Page(w, r.L.T(title)).WithErrors(err), Token: token, Purpose: l.Purpose, Known: l.Known,
		Same: l.asking(s.askedOf(r.Context(), l.Purpose).Mark), Name: r.Value("name")}
	p.Path = "/" // the address is a secret: it goes into no other one
	quietly(w, &p.Page)
	return r.RenderStatus(w, status, linkView(p))
}

func (s *Service) postLink(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	l, err := s.openLink(r.Context(), s.db, r.PathValue("token"))
	if err != nil {
		return err
	}
	a := s.askedOf(r.Context(), l.Purpose)
	next := ""
	if l.asking(a.Mark) {
		next = a.Next
	}
	err = s.followLink(w, r, l.Purpose, proof{r.PathValue("token"), a.Mark, r.Value("cyfry")}, next)
	if e := fault.As(err); e != nil && len(e.Fields) > 0 {
		return s.showLink(w, r, e.Kind.Status(), err)
	}
	return err
}

func (s *Service) followLink(w http.ResponseWriter, r *web.Request, purpose linkPurpose, p proof, next string) error {
	switch purpose {
	case linkSignIn:
		id, err := s.enterByLink(r.Context(), p, r.Value("name"), r.L.Lang)
		if err != nil {
			return err
		}
		return s.enterTo(w, r, id, ByLink, oneStep, next)
	case linkRecover:
		id, err := s.recoverByLink(r.Context(), p, r.PostFormValue("password"))
		if err != nil {
			return err
		}
		r.Notify(w, "notice.ways.password")
		return s.enterTo(w, r, id, ByLink, oneStep, next)
	}
	if err := s.confirmByLink(r.Context(), p, ActorOf(r.Request)); err != nil {
		return err
	}
	if err := s.refresh(r.Context()); err != nil {
		return err
	}
	return r.Redirect(w, onward(next, SecurityPath))
}

// --- it is still you

type freshPage struct {
	web.Page
	Next     string
	Way      way
	Delivers bool
}

func (s *Service) getFresh(w http.ResponseWriter, r *web.Request) error {
	return s.showFresh(w, r, http.StatusOK, nil)
}

func (s *Service) showFresh(w http.ResponseWriter, r *web.Request, status int, err error) error {
	way, _, failed := s.freshWay(r.Context(), s.session(r.Context()))
	if failed != nil {
		return failed
	}
	p := freshPage{Page: r.Page(w, r.L.T("ways.fresh.title")).WithErrors(err), Next: localOr(r.Value("dalej"), ""), Way: way, Delivers: s.letters.Delivers()}
	p.NoIndex = true
	return r.RenderStatus(w, status, freshView(p))
}

func (s *Service) postFresh(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	err := s.confirmSelf(r.Context(), callerOf(r), s.session(r.Context()), r.PostFormValue("password"), r.PostFormValue("kod"))
	if e := fault.As(err); e != nil && len(e.Fields) > 0 {
		return s.showFresh(w, r, e.Kind.Status(), err)
	}
	if err != nil {
		return err
	}
	if err := s.refresh(r.Context()); err != nil {
		return err
	}
	// Not through onward: the second step is a place to come back to.
	return r.Redirect(w, localOr(r.Value("dalej"), SecurityPath))
}

// postFreshLink sends a link to the person's own address.
func (s *Service) postFreshLink(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	way, p, err := s.freshWay(r.Context(), s.session(r.Context()))
	if err != nil {
		return err
	}
	if way != freshByLink {
		return fault.New(fault.Conflict, "ways.fault.no_way")
	}
	return s.ask(w, r, linkFresh, p.Email)
}

// --- the page of one's own security

type securityPage struct {
	web.Page
	Has       Factors
	Needed    bool // a role sees other people's data
	Fresh     bool
	Shared    bool
	Password  bool // has one
	Mailbox   bool // has an address
	Lang      i18n.Lang
	Sessions  []openSession
	Here      string
	CanRemove bool
}

func (s *Service) getSecurity(w http.ResponseWriter, r *web.Request) error {
	return s.showSecurity(w, r, http.StatusOK, nil)
}

func (s *Service) showSecurity(w http.ResponseWriter, r *web.Request, status int, err error) error {
	ctx, a, v := r.Context(), ActorOf(r.Request), s.session(r.Context())
	p := securityPage{Page: r.Page(w, r.L.T("ways.security.title"), web.Link{Text: r.L.T("account.title"), Href: "/konto"}).WithErrors(err),
		Fresh: a.Fresh, Shared: v.Shared, Here: v.ID, Needed: a.needsSecond(s.now())}
	p.Page.Path = SecurityPath
	person, err := s.personOf(ctx, a.Person)
	if err != nil {
		return err
	}
	p.Password, p.Lang = person.Password != "", person.Lang
	_, p.Mailbox = loginOf(person.Login)
	if p.Has, err = factorsOf(ctx, s.db, a.Person); err != nil {
		return err
	}
	p.CanRemove = !p.Needed || p.Has.App != 0 && p.Has.List != 0
	if p.Sessions, err = s.sessionsOf(ctx, a.Person); err != nil {
		return err
	}
	return r.RenderStatus(w, status, securityView(p))
}

func (s *Service) postPassword(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	ctx := r.Context()
	err := s.changePassword(ctx, callerOf(r), ActorOf(r.Request), s.session(ctx), r.PostFormValue("old"), r.PostFormValue("password"))
	if e := fault.As(err); e != nil && len(e.Fields) > 0 {
		return s.showSecurity(w, r, e.Kind.Status(), err)
	}
	if err != nil {
		return err
	}
	if err := s.refresh(ctx); err != nil {
		return err
	}
	r.Notify(w, "notice.ways.password")
	return r.Redirect(w, SecurityPath)
}

func (s *Service) postLang(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	err := s.setLang(r.Context(), ActorOf(r.Request), r.Value("lang"))
	if e := fault.As(err); e != nil && len(e.Fields) > 0 {
		return s.showSecurity(w, r, e.Kind.Status(), err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.ways.lang")
	return r.Redirect(w, SecurityPath)
}

func (s *Service) postEndSession(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	if err := s.endSession(r.Context(), ActorOf(r.Request), r.Value("sesja")); err != nil {
		return err
	}
	r.Notify(w, "notice.ways.session")
	return r.Redirect(w, SecurityPath)
}

func (s *Service) postEndAll(w http.ResponseWriter, r *web.Request) error {
	if err := s.endAllSessions(r.Context(), ActorOf(r.Request)); err != nil {
		return err
	}
	if err := s.sessions.Destroy(r.Context()); err != nil {
		return err
	}
	web.LeaveNothing(w)
	r.Notify(w, "notice.ways.all_out")
	return r.Redirect(w, "/")
}
