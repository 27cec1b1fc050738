package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"kladka/internal/platform/fault"
)

// SignInPath is where a stranger is sent who knocks at a door for people
// who are signed in.
const SignInPath = "/konto/zaloguj"

// fail turns an error into a status and a page. Unknown errors are logged
// whole and shown as an apology with the number of the request.
func (s *Shell) fail(w http.ResponseWriter, r *Request, err error) {
	kind := fault.KindOf(err)
	if kind == fault.Internal {
		s.Log.Error("request failed", "request", r.ID(), "door", r.Pattern, "err", err)
	}
	if kind == fault.SignedOut && r.Method == http.MethodGet && !machine(r.Request) {
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
	if machine(r.Request) {
		s.failMachine(w, status, p.Text)
		return
	}
	p.NoIndex = true
	w.Header().Set("Cache-Control", "no-store")
	if err := r.RenderStatus(w, status, errorView(p)); err != nil {
		s.Log.Error("error page failed", "request", r.ID(), "err", err)
		http.Error(w, http.StatusText(status), status)
	}
}

// failMachine answers a program that asked for JSON or CSV.
func (s *Shell) failMachine(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	err := json.NewEncoder(w).Encode(map[string]string{"error": text})
	if err != nil {
		s.Log.Debug("error not delivered", "err", err)
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
