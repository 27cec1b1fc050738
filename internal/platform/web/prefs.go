package web

import (
	"net/http"
	"strings"
	"time"

	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

const (
	languageCookie = "kladka_lang"
	themeCookie    = "kladka_theme"
	prefAge        = 365 * 24 * time.Hour
)

// Public lets everybody in.
var Public Guard = public{}

type public struct{}

func (public) Name() string         { return "public" }
func (public) Allow(*Request) error { return nil }

// prefsRoutes are the two switches of every page. They are links rather than
// forms because they change nothing but how this browser is answered.
func (s *Shell) prefsRoutes() {
	s.Handle("GET /jezyk/{lang}", Public, func(w http.ResponseWriter, r *Request) error {
		return s.prefer(w, r, languageCookie, r.PathValue("lang"), i18n.Valid)
	})
	s.Handle("GET /motyw/{theme}", Public, func(w http.ResponseWriter, r *Request) error {
		return s.prefer(w, r, themeCookie, r.PathValue("theme"), func(t string) bool {
			return t == "light" || t == "dark" || t == "auto"
		})
	})
}

func (s *Shell) prefer(w http.ResponseWriter, r *Request, name, value string, known func(string) bool) error {
	if !known(value) {
		return fault.ErrNotFound
	}
	back := r.URL.Query().Get("wroc")
	if !Local(back) {
		back = "/"
	}
	http.SetCookie(w, s.cookie(name, value, prefAge))
	return r.Redirect(w, back)
}

// languageOf is the language chosen, else the first of ours that the browser
// asks for, else Polish.
func languageOf(r *http.Request) i18n.Lang {
	if c, err := r.Cookie(languageCookie); err == nil && i18n.Valid(c.Value) {
		return i18n.Lang(c.Value)
	}
	header := r.Header.Get("Accept-Language")
	if len(header) > 200 {
		return i18n.PL
	}
	for item := range strings.SplitSeq(header, ",") {
		tag, _, _ := strings.Cut(strings.TrimSpace(item), ";")
		base, _, _ := strings.Cut(tag, "-")
		if i18n.Valid(strings.ToLower(base)) {
			return i18n.Lang(strings.ToLower(base))
		}
	}
	return i18n.PL
}

// themeOf is "light", "dark", or "" for the browser's own wish.
func themeOf(r *http.Request) string {
	c, err := r.Cookie(themeCookie)
	if err != nil || c.Value != "light" && c.Value != "dark" {
		return ""
	}
	return c.Value
}

// languageNames are the switch of languages: each named in itself.
var languageNames = [...]struct {
	code  i18n.Lang
	short string
	name  string
}{{i18n.PL, "PL", "PL, polski"}, {i18n.EN, "EN", "EN, English"}, {i18n.UK, "УК", "УК, українська"}}
