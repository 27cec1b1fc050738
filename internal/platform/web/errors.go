package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"kladka/internal/platform/fault"
)

// SignInPath is where a stranger is sent who knocks at a door for people
// who are signed in.
const SignInPath = "/konto/zaloguj"

// SearchPath is the page that finds everything; its box stands on every page.
const SearchPath = "/szukaj"

// Detour is a refusal that a visit to another page can lift: the second step
// of signing in, or the password once more. A person who asked for a page is
// sent there and comes back by "dalej"; a form that was sent is answered with
// the reason, because its fields would be lost on the way.
type Detour struct {
	Path string // of the page to visit
	Err  error  // why; a fault, shown when a form was sent
}

func (d *Detour) Error() string { return d.Err.Error() }
func (d *Detour) Unwrap() error { return d.Err }

// fail turns an error into a status and a page. Unknown errors are logged
// whole and shown as an apology with the number of the request.
func (s *Shell) fail(w http.ResponseWriter, r *Request, err error) {
	kind := fault.KindOf(err)
	if kind == fault.Internal {
		visitOf(r.Context()).failed = true
		r.log().Error("request failed", "request", r.ID(), "door", r.Pattern, "err", err)
	}
	if d := (*Detour)(nil); errors.As(err, &d) && r.Method == http.MethodGet && !machine(r.Request) {
		http.Redirect(w, r.Request, d.Path+"?dalej="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
		return
	}
	if kind == fault.SignedOut && r.Method == http.MethodGet && !machine(r.Request) {
		if r.sharedComputer() {
			// Back after signing out: the start page, and no address of the
			// person before in the hands of the next.
			w.Header().Set("Cache-Control", "no-store")
			http.Redirect(w, r.Request, "/", http.StatusSeeOther)
			return
		}
		back := r.URL.RequestURI()
		http.Redirect(w, r.Request, SignInPath+"?dalej="+url.QueryEscape(back), http.StatusSeeOther)
		return
	}
	s.failStatus(w, r, kind.Status(), err)
}

func (s *Shell) failStatus(w http.ResponseWriter, r *Request, status int, err error) {
	p := errorPage{Page: r.Page(w, r.L.T(titleOfStatus(status))), Status: status, Text: r.faultText(err)}
	if status == http.StatusInternalServerError {
		p.RequestID = r.ID()
	}
	if d := (*Detour)(nil); errors.As(err, &d) {
		p.Detour = d.Path + "?dalej=" + url.QueryEscape(r.cameFrom())
	}
	if machine(r.Request) {
		s.failMachine(w, r, status, p.Text)
		return
	}
	p.NoIndex = true
	w.Header().Set("Cache-Control", "no-store")
	if err := r.RenderStatus(w, status, errorView(p)); err != nil {
		r.log().Error("error page failed", "request", r.ID(), "err", err)
		http.Error(w, http.StatusText(status), status)
	}
}

// failMachine answers a program that asked for JSON or CSV.
func (s *Shell) failMachine(w http.ResponseWriter, r *Request, status int, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	err := json.NewEncoder(w).Encode(map[string]string{"error": text})
	if err != nil {
		r.log().Debug("error not delivered", "err", err)
	}
}

func machine(r *http.Request) bool {
	p := r.URL.Path
	return strings.HasSuffix(p, ".json") || strings.HasSuffix(p, ".csv") || strings.HasSuffix(p, ".geojson")
}

func (r *Request) faultText(err error) string {
	if e := fault.As(err); e != nil && e.Kind != fault.Internal {
		return r.L.T(e.Key, e.Args...)
	}
	return r.L.T("fault.internal")
}

func titleOfStatus(status int) string {
	switch status {
	case 400, 401, 403, 404, 405, 409, 413, 422, 429:
		return "fault.title." + strconv.Itoa(status)
	}
	return "fault.title.500"
}
