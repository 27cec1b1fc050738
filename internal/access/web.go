package access

import (
	"net/http"

	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// Routes opens the doors of the module.
func (s *Service) Routes(sh *web.Shell) {
	sh.Handle("GET "+web.SignInPath, web.Public, s.getSignIn)
	sh.Handle("POST "+web.SignInPath, web.Public, s.postSignIn)
	sh.Handle("POST /konto/wyloguj", SignedIn, s.postSignOut)
	sh.Handle("GET /konto", SignedIn, s.getAccount)
	sh.Handle("POST "+web.SwitchHatPath, SignedIn, s.postHat)
	sh.Handle("GET /konto/pierwsze/{token}", web.Public, s.getSetup)
	sh.Handle("POST /konto/pierwsze/{token}", web.Public, s.postSetup)
	sh.Handle("GET /uprawnienia", web.Public, s.getRights)
	sh.HandleDemo("POST /konto/przyklad", web.Public, s.postDemoSignIn)
	s.waysRoutes(sh)
	s.peopleRoutes(sh)
	s.cardsRoutes(sh)
	s.staffRoutes(sh)
	s.deskRoutes(sh)
	sh.AddNav(70, "nav.desk", "/moje-sprawy", Can(SeeDesk))
	sh.AddAccount(10, "account.title", "/konto")
	sh.AddAccount(20, "account.nav.security", SecurityPath)
	sh.AddAccount(40, "proxy.title", "/konto/zastepstwa")
	sh.AddAccount(50, "acts.title", ActsPath)
}

type signInPage struct {
	web.Page
	Next  string
	Email string
	Demo  []demoPerson // shown at once
	More  []demoPerson // shown when asked for
}

// demoAtOnce is how many invented people stand on the page without asking.
const demoAtOnce = 12

type demoPerson struct {
	ID   PersonID
	Name string
	Hat  string
}

func (s *Service) getSignIn(w http.ResponseWriter, r *web.Request) error {
	if a := ActorOf(r.Request); a.SignedIn() {
		return r.Redirect(w, onward(r.Value("dalej"), home(a)))
	}
	return s.showSignIn(w, r, http.StatusOK, nil)
}

func (s *Service) showSignIn(w http.ResponseWriter, r *web.Request, status int, err error) error {
	p := signInPage{Page: r.Page(w, r.L.T("signin.title")).WithErrors(err), Next: localOr(r.Value("dalej"), ""), Email: r.Value("email")}
	p.NoIndex = true
	people, err := s.DemoPeople(r.Context())
	if err != nil {
		return err
	}
	for _, a := range people {
		d := demoPerson{ID: a.Person, Name: a.Name}
		if hats := s.hats(r.L, a); len(hats) > 0 {
			d.Hat = hats[0].Words
		}
		p.Demo = append(p.Demo, d)
	}
	if len(p.Demo) > demoAtOnce {
		p.Demo, p.More = p.Demo[:demoAtOnce], p.Demo[demoAtOnce:]
	}
	return r.RenderStatus(w, status, signInView(p))
}

func localOr(path, other string) string {
	if web.Local(path) {
		return path
	}
	return other
}

func (s *Service) postSignIn(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	id, err := s.CheckPassword(r.Context(), callerOf(r), r.Value("email"), r.PostFormValue("password"))
	if e := fault.As(err); e != nil && e.Kind == fault.Invalid {
		return s.showSignIn(w, r, e.Kind.Status(), err)
	}
	if err != nil {
		retryLater(w, err)
		return err
	}
	return s.enter(w, r, id, ByPassword, oneStep)
}

func (s *Service) postSignOut(w http.ResponseWriter, r *web.Request) error {
	shared := ActorOf(r.Request).Shared
	if err := s.sessions.Destroy(r.Context()); err != nil {
		return err
	}
	if shared {
		return r.FinishShared(w)
	}
	w.Header().Set("Clear-Site-Data", `"cache", "storage"`)
	r.Notify(w, "notice.signed_out")
	return r.Redirect(w, "/")
}

// postDemoSignIn lets anybody be any of the invented people. The door exists
// only in a demo; the account must be an invented one as well.
func (s *Service) postDemoSignIn(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	var id PersonID
	err := s.db.Get(r.Context(), &id, `select id from access_people where id = ? and demo and closed_at is null`, r.Value("osoba"))
	if err != nil {
		return err
	}
	return s.enter(w, r, id, ByDemo, bothSteps)
}

type accountPage struct {
	web.Page
	Card CardState
	Hats []Hat
}

func (s *Service) getAccount(w http.ResponseWriter, r *web.Request) error {
	who := ActorOf(r.Request)
	card, err := s.CardOf(r.Context(), who)
	if err != nil {
		return err
	}
	return r.Render(w, accountView(accountPage{Page: r.Page(w, r.L.T("account.title")), Hats: s.hats(r.L, who), Card: card}))
}

type setupPage struct {
	web.Page
	Token string
	Name  string
	Email string
}

func (s *Service) getSetup(w http.ResponseWriter, r *web.Request) error {
	if err := s.SetupOpen(r.Context(), r.PathValue("token")); err != nil {
		return err
	}
	return s.showSetup(w, r, http.StatusOK, nil)
}

func (s *Service) showSetup(w http.ResponseWriter, r *web.Request, status int, err error) error {
	p := setupPage{Page: r.Page(w, r.L.T("setup.title")).WithErrors(err), Token: r.PathValue("token"), Name: r.Value("name"), Email: r.Value("email")}
	p.NoIndex = true
	// The address holds a secret: it must not travel on, nor stay in a cache.
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("Cache-Control", "no-store")
	return r.RenderStatus(w, status, setupView(p))
}

func (s *Service) postSetup(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	n := NewPerson{Name: r.Value("name"), Email: r.Value("email"), Password: r.PostFormValue("password"), Lang: r.L.Lang}
	id, err := s.Setup(r.Context(), r.PathValue("token"), n)
	if e := fault.As(err); e != nil && len(e.Fields) > 0 {
		return s.showSetup(w, r, e.Kind.Status(), err)
	}
	if err != nil {
		return err
	}
	return s.enter(w, r, id, ByPassword, oneStep)
}

type rightsPage struct {
	web.Page
	Roles       []Role
	Permissions []Permission
}

func (s *Service) getRights(w http.ResponseWriter, r *web.Request) error {
	return r.Render(w, rightsView(rightsPage{Page: r.Page(w, r.L.T("rights.title")), Roles: Roles(), Permissions: Permissions()}))
}

// Viewer is what the layout shows of the actor.
func (s *Service) Viewer(r *web.Request) web.Viewer {
	a := ActorOf(r.Request)
	v := web.Viewer{SignedIn: a.SignedIn(), Person: string(a.Person), Name: a.Name, HatKey: a.Hat, For: a.ForName, Shared: a.Shared}
	hats := s.hats(r.L, a)
	for _, h := range hats {
		if h.Current {
			v.Hat = h.Words
		}
		if len(hats) > 1 {
			v.Hats = append(v.Hats, web.Hat{Key: h.Key, Words: h.Words, Current: h.Current})
		}
	}
	return v
}

// postHat changes what the person acts as.
func (s *Service) postHat(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	if err := s.wearHat(r.Context(), ActorOf(r.Request), r.Value("jako")); err != nil {
		return err
	}
	// Not back to the page: it may be one that the new hat may not see.
	return r.Redirect(w, "/moje-sprawy")
}
