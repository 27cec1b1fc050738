package web

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/a-h/templ"

	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// Request is a request with the reader's language and the shell around it.
type Request struct {
	*http.Request
	L      *i18n.L
	Shell  *Shell
	viewer *Viewer
}

// Viewer is who looks, asked once per request.
func (r *Request) Viewer() Viewer {
	if r.viewer == nil {
		v := r.Shell.viewer(r)
		r.viewer = &v
	}
	return *r.viewer
}

func (s *Shell) request(r *http.Request) *Request {
	return &Request{Request: r, L: s.Catalog.In(languageOf(r)), Shell: s}
}

// Network is the address of the network the request came from, for counting
// guesses. It is never stored as it is.
func (r *Request) Network() string { return clientAddress(r.Request, r.Shell.Proxied) }

// ID is the number of the request, for the log and the apology page; "" at a
// quiet door.
func (r *Request) ID() string { return visitOf(r.Context()).id }

// Render draws a page with status 200.
func (r *Request) Render(w http.ResponseWriter, c templ.Component) error {
	return r.RenderStatus(w, http.StatusOK, c)
}

// RenderStatus draws a page. Nothing is sent before the page is whole, so an
// error in the middle becomes an error page and not half a page.
func (r *Request) RenderStatus(w http.ResponseWriter, status int, c templ.Component) error {
	b := templ.GetBuffer()
	defer templ.ReleaseBuffer(b)
	if err := c.Render(r.Context(), b); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", r.cacheRule())
	}
	h.Add("Vary", "Cookie")
	h.Add("Vary", "Accept-Language")
	w.WriteHeader(status)
	_, err := w.Write(b.Bytes())
	return err
}

// cacheRule: what a signed-in person sees stays on no disk, so that on a
// shared computer Back shows nothing after signing out.
func (r *Request) cacheRule() string {
	if r.Viewer().SignedIn {
		return "no-store"
	}
	return "no-cache"
}

// Redirect sends the person on after a form was taken (303).
func (r *Request) Redirect(w http.ResponseWriter, path string) error {
	http.Redirect(w, r.Request, path, http.StatusSeeOther)
	return nil
}

// cameFrom is the page of ours on which a form was sent, "/" when the browser
// does not tell. Who comes back to it fills the form in anew.
func (r *Request) cameFrom() string {
	u, err := url.Parse(r.Referer())
	if err != nil || u.Host != r.Host || !Local(u.RequestURI()) {
		return "/"
	}
	return u.RequestURI()
}

// Form parses the form. A body that is too long or broken is a fault.
func (r *Request) Form() error {
	err := r.ParseForm()
	if err == nil {
		return r.plausible()
	}
	return formFault(err)
}

// plausible refuses what no keyboard types and PostgreSQL does not take.
func (r *Request) plausible() error {
	for _, values := range r.Request.Form {
		for _, v := range values {
			if !textual(v) {
				return fault.New(fault.BadRequest, "fault.bad_request")
			}
		}
	}
	return nil
}

// textual tells whether the bytes are text: whole letters, none of them NUL.
func textual(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

// Value is a field of the form or the query without spaces around it.
func (r *Request) Value(name string) string {
	return strings.TrimSpace(r.FormValue(name))
}

// Notice is a message shown once on the next page: what was done, in words
// of the reader.
type Notice struct {
	Key  string            `json:"k"`
	Args map[string]string `json:"a,omitempty"`
}

const noticeCookie = "kladka_notice"

// Notify leaves a message for the next page. Args are pairs as in L.T.
func (r *Request) Notify(w http.ResponseWriter, key string, args ...string) {
	n := Notice{Key: key, Args: map[string]string{}}
	for i := 0; i+1 < len(args); i += 2 {
		n.Args[args[i]] = args[i+1]
	}
	data, err := json.Marshal(n)
	if err != nil {
		return // strings always encode
	}
	http.SetCookie(w, r.Shell.cookie(noticeCookie, base64.RawURLEncoding.EncodeToString(data), time.Minute))
}

// notice takes the message and forgets it. The cookie may be forged by the
// person who carries it, which shows them a text of our own catalog at most.
func (r *Request) notice(w http.ResponseWriter) string {
	c, err := r.Cookie(noticeCookie)
	if err != nil || w == nil {
		return ""
	}
	http.SetCookie(w, r.Shell.cookie(noticeCookie, "", -time.Second))
	data, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil {
		return ""
	}
	var n Notice
	if json.Unmarshal(data, &n) != nil || !strings.HasPrefix(n.Key, "notice.") || !r.Shell.Catalog.Has(n.Key) {
		return ""
	}
	args := make([]any, 0, 2*len(n.Args))
	for name, value := range n.Args {
		args = append(args, name, value)
	}
	return r.L.T(n.Key, args...)
}
