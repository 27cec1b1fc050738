package access

import (
	"context"
	"net/http"

	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// Routes opens the doors of the module.
func (s *Service) Routes(sh *web.Shell) {
	sh.Handle("GET "+web.SignInPath, web.Public, s.getSignIn)
	sh.Handle("POST "+web.SignInPath, web.Public, s.postSignIn)
	sh.Handle("POST /konto/wyloguj", SignedIn, s.postSignOut)
	sh.Handle("GET /konto", SignedIn, s.getAccount)
	sh.Handle("GET /konto/pierwsze/{token}", web.Public, s.getSetup)
	sh.Handle("POST /konto/pierwsze/{token}", web.Public, s.postSetup)
	sh.Handle("GET /uprawnienia", web.Public, s.getRights)
	sh.HandleDemo("POST /konto/przyklad", web.Public, s.postDemoSignIn)
	sh.AddNav(70, "nav.desk", "/moje-sprawy", Can(SeeDesk))
}

type signInPage struct {
	web.Page
	Next  string
	Email string
	Demo  []demoPerson
}

type demoPerson struct {
	ID   PersonID
	Name string
	Hat  string
}

func (s *Service) getSignIn(w http.ResponseWriter, r *web.Request) error {
	if ActorOf(r.Request).SignedIn() {
		return r.Redirect(w, "/moje-sprawy")
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
		hats, err := s.hats(r.Context(), r.L, a)
		if err != nil {
			return err
		}
		d := demoPerson{ID: a.Person, Name: a.Name}
		if len(hats) > 0 {
			d.Hat = hats[0].Words
		}
		p.Demo = append(p.Demo, d)
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
	id, err := s.CheckPassword(r.Context(), r.Network(), r.Value("email"), r.PostFormValue("password"))
	if e := fault.As(err); e != nil && e.Kind == fault.Invalid {
		return s.showSignIn(w, r, e.Kind.Status(), err)
	}
	if err != nil {
		return err
	}
	return s.enter(w, r, id)
}

// enter begins the session under a new token: one planted before is worthless.
func (s *Service) enter(w http.ResponseWriter, r *web.Request, id PersonID) error {
	if err := s.sessions.RenewToken(r.Context()); err != nil {
		return err
	}
	s.sessions.Put(r.Context(), personInSession, string(id))
	return r.Redirect(w, localOr(r.Value("dalej"), "/moje-sprawy"))
}

func (s *Service) postSignOut(w http.ResponseWriter, r *web.Request) error {
	if err := s.sessions.Destroy(r.Context()); err != nil {
		return err
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
	return s.enter(w, r, id)
}

// Hat is a role held, in words.
type Hat struct {
	Held
	Words string // "Dyrektorka lub dyrektor, Szkoła Podstawowa nr 4"
	At    string // name of the institution, "" for the whole installation
}

func (s *Service) hats(ctx context.Context, l *i18n.L, a Actor) ([]Hat, error) {
	var ids []InstitutionID
	for _, h := range a.Roles {
		if h.Institution != "" {
			ids = append(ids, h.Institution)
		}
	}
	names := map[InstitutionID]string{}
	if len(ids) > 0 && s.directory != nil {
		var err error
		if names, err = s.directory.Names(ctx, ids); err != nil {
			return nil, err
		}
	}
	var hats []Hat
	for _, h := range a.Roles {
		hat := Hat{Held: h, At: names[h.Institution], Words: l.T("role." + string(h.Role))}
		if hat.At != "" {
			hat.Words += ", " + hat.At
		}
		hats = append(hats, hat)
	}
	return hats, nil
}

type accountPage struct {
	web.Page
	Hats []Hat
}

func (s *Service) getAccount(w http.ResponseWriter, r *web.Request) error {
	hats, err := s.hats(r.Context(), r.L, ActorOf(r.Request))
	if err != nil {
		return err
	}
	return r.Render(w, accountView(accountPage{Page: r.Page(w, r.L.T("account.title")), Hats: hats}))
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
	return s.enter(w, r, id)
}

type rightsPage struct {
	web.Page
	Roles       []Role
	Permissions []Permission
}

func (s *Service) getRights(w http.ResponseWriter, r *web.Request) error {
	return r.Render(w, rightsView(rightsPage{Page: r.Page(w, r.L.T("rights.title")), Roles: Roles(), Permissions: Permissions()}))
}
