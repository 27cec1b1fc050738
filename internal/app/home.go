package app

import (
	"net/http"

	"kladka/internal/access"
	"kladka/internal/platform/web"
)

func (a *App) homeRoutes() {
	a.shell.Handle("GET /{$}", web.Public, a.getFront)
	a.shell.Handle("GET /moje-sprawy", access.Can(access.SeeDesk), a.getDesk)
	a.shell.Handle("GET /administracja", access.SignedIn, a.getAdministration)
	a.shell.Handle("GET /jak-korzystac", web.Public, a.getGuide)
	a.shell.Handle("GET /pomoc", web.Public, a.getHelp)
	a.shell.Handle("GET /robots.txt", web.Public, getRobots)
	a.shell.Handle("GET /zdrowie", web.Public, a.getHealth)
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

type deskPage struct {
	web.Page
	Items []web.DeskItem
}

func (a *App) getDesk(w http.ResponseWriter, r *web.Request) error {
	items, err := a.shell.Desk(r)
	if err != nil {
		return err
	}
	return r.Render(w, deskView(deskPage{Page: r.Page(w, r.L.T("desk.title")), Items: items}))
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
