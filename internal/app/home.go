package app

import (
	"errors"
	"net/http"
	"slices"

	"kladka/internal/access"
	"kladka/internal/platform/web"
)

func (a *App) homeRoutes() {
	a.shell.Handle("GET /{$}", web.Public, a.getFront)
	a.shell.Handle("GET /moje-sprawy", access.Can(access.SeeDesk), a.getDesk)
	a.shell.Handle("GET "+administrationPath, administers{}, a.getAdministration)
	a.shell.Handle("GET /jak-korzystac", web.Public, a.getGuide)
	a.shell.Handle("GET /pomoc", web.Public, a.getHelp)
	a.shell.Handle("GET /robots.txt", web.Public, getRobots)
	a.shell.Handle("GET /zdrowie", web.Public, a.getHealth)
	a.shell.AddNav(80, "nav.administration", administrationPath, administers{})
	a.shell.AddDesk(a.officeOnDesk)
	a.shell.AddFirstSteps(a.firstSteps)
}

const administrationPath = "/administracja"

// administers is the guard of who may enter any place of the administration.
type administers struct{}

func (administers) Name() string { return "can administer something" }

func (administers) Allow(r *web.Request) error {
	who := access.ActorOf(r.Request)
	refusal := who.Must(administration[0].permission)
	for _, place := range administration {
		err := who.Must(place.permission)
		if err == nil {
			return nil
		}
		// Who would get in after the second step of signing in is led there.
		if d := (*web.Detour)(nil); errors.As(err, &d) {
			refusal = err
		}
	}
	return refusal
}

type frontPage struct {
	web.Page
	Doorways []web.Doorway
}

func (a *App) getFront(w http.ResponseWriter, r *web.Request) error {
	doorways, err := a.shell.Doorways(r)
	if err != nil {
		return err
	}
	return r.Render(w, frontView(frontPage{Page: r.Page(w, r.L.T("front.title")), Doorways: doorways}))
}

// deskPage is "Moje sprawy": what waits, what a new person begins with until
// all of it is done, and what the hat that is worn can do.
type deskPage struct {
	web.Page
	Items  []web.DeskItem
	Steps  []web.StepItem // none when all are done
	Done   int
	Places []web.Figure
}

func (a *App) getDesk(w http.ResponseWriter, r *web.Request) error {
	items, err := a.shell.Desk(r)
	if err != nil {
		return err
	}
	steps, err := a.shell.FirstSteps(r)
	if err != nil {
		return err
	}
	p := deskPage{Page: r.Page(w, r.L.T("desk.title")), Items: items, Done: web.StepsDone(steps)}
	if p.Done < len(steps) {
		p.Steps = steps
	}
	if p.Places, err = a.places(r); err != nil {
		return err
	}
	return r.Render(w, deskView(p))
}

// places are where the roles of the hat lead.
func (a *App) places(r *web.Request) ([]web.Figure, error) {
	who := access.ActorOf(r.Request)
	p := places{r: r}
	if who.Has(access.Pupil) || who.Has(access.Guardian) {
		p.role = "pupil_"
	}
	var ids []access.InstitutionID
	for _, h := range who.Roles {
		if h.Institution != "" && !slices.Contains(ids, h.Institution) {
			ids = append(ids, h.Institution)
		}
	}
	names, err := a.directory.Names(r.Context(), ids)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		base := "/instytucje/" + string(id)
		p.add(names[id] != "", p.role+"institution", base, "name", names[id])
		for _, d := range []struct {
			may       access.Permission
			key, path string
		}{{access.SeePeople, "people", "/osoby"}, {access.SeeRoster, "classes", "/klasy"}} {
			may := who.MayAt(r.Context(), d.may, id) == nil && access.HasDoor(r, "GET /instytucje/{id}"+d.path)
			p.add(may, d.key, base+d.path, "name", names[id])
		}
	}
	p.add(who.May(access.ApproveActs) || who.May(access.PrepareActs), "acts", access.ActsPath)
	p.add(administers{}.Allow(r) == nil, "administration", administrationPath)
	p.add(p.role != "", "help", "/pomoc")
	p.add(p.role == "", "find", "/instytucje")
	return p.list, nil
}

// places gathers links with a sentence each: the texts desk.can.KEY and KEY_text.
type places struct {
	r    *web.Request
	role string // before the keys of what pupils read in words of their own
	list []web.Figure
}

func (p *places) add(may bool, key, href string, args ...any) {
	if may {
		p.list = append(p.list, web.Figure{Value: p.r.L.T("desk.can."+key, args...), Label: p.r.L.T("desk.can." + key + "_text"), Href: href})
	}
}

// officeOnDesk is what the law and people's requests want of officers.
func (a *App) officeOnDesk(r *web.Request) ([]web.DeskItem, error) {
	who := access.ActorOf(r.Request)
	var items []web.DeskItem
	if who.May(access.EditLaw) {
		due, err := a.law.Due(r.Context(), a.privacy.Now())
		if err != nil {
			return nil, err
		}
		if len(due) > 0 {
			items = append(items, web.DeskItem{Rank: 22, Title: r.L.N("desk.law", len(due)), Text: r.L.T("desk.law_text"), Href: "/administracja/prawo"})
		}
	}
	if who.May(access.ManagePrivacy) {
		open, soon, err := a.privacy.Pressing(r.Context(), who.By())
		if err != nil {
			return nil, err
		}
		if open > 0 {
			items = append(items, web.DeskItem{Rank: 6, Title: r.L.N("desk.requests", open), Text: r.L.T("desk.requests_text", "n", soon), Href: "/administracja/prywatnosc/wnioski"})
		}
	}
	return items, nil
}

// firstSteps are those that rest on the platform's packages.
func (a *App) firstSteps(r *web.Request) ([]web.StepItem, error) {
	who := access.ActorOf(r.Request)
	if !who.SignedIn() || who.For != "" {
		return nil, nil
	}
	var steps []web.StepItem
	add := func(rank int, key, href string, done bool) {
		steps = append(steps, web.StepItem{Rank: rank, Title: r.L.T("first." + key), Text: r.L.T("first." + key + "_text"), Href: href, Done: done})
	}
	if who.May(access.ManageMail) {
		add(30, "mail", "/administracja/poczta", a.mail.Leaves())
	}
	if who.May(access.ManagePrivacy) {
		party, err := a.privacy.Party(r.Context(), "")
		if err != nil {
			return nil, err
		}
		unsigned, err := a.privacy.Unsigned(r.Context())
		if err != nil {
			return nil, err
		}
		add(20, "controller", "/administracja/prywatnosc/administratorzy", party.Known())
		add(30, "agreements", "/administracja/prywatnosc/umowy", party.Known() && len(unsigned) == 0)
	}
	if who.Shared || who.Has(access.Pupil) {
		return steps, nil // no address, no letters
	}
	chosen, err := a.notify.Chosen(r.Context(), string(who.Person))
	if err != nil {
		return nil, err
	}
	add(90, "frequency", "/konto/powiadomienia/ustawienia", chosen)
	return steps, nil
}

func (a *App) getGuide(w http.ResponseWriter, r *web.Request) error {
	return r.Render(w, guideView(r.Page(w, r.L.T("guide.title"))))
}

func (a *App) getHelp(w http.ResponseWriter, r *web.Request) error {
	return r.Render(w, helpView(r.Page(w, r.L.T("help.title"))))
}

func getRobots(w http.ResponseWriter, _ *web.Request) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err := w.Write([]byte("User-agent: *\nDisallow: /konto\nDisallow: /administracja\nDisallow: /jezyk\nDisallow: /motyw\n"))
	return err
}

// getHealth tells a supervisor that the program and its database answer.
func (a *App) getHealth(w http.ResponseWriter, r *web.Request) error {
	var one int
	if err := a.db.Get(r.Context(), &one, `select 1`); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, err := w.Write([]byte("ok\n"))
	return err
}
