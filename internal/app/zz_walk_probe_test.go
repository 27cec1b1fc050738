package app_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"kladka/internal/testkit/browser"
)

func TestProbeBack(t *testing.T) {
	b := browser.Start(t)
	for _, scripts := range []bool{true, false} {
		for _, mode := range []string{"plain", "nostore", "nostore+cookie", "nostore+httponly", "nostore+clear", "nostore+clear+httponly", "nostore+clear+storage+httponly", "nostore+slowclear"} {
			n := 0
			mux := http.NewServeMux()
			has := func(s string) bool { return len(mode) > 0 && containsWord(mode, s) }
			mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
				fmt.Fprint(w, `<!doctype html><title>s</title><main>start<a href="/desk">desk</a></main>`)
			})
			mux.HandleFunc("GET /desk", func(w http.ResponseWriter, r *http.Request) {
				n++
				if has("nostore") {
					w.Header().Set("Cache-Control", "no-store")
				}
				if n == 1 && has("httponly") {
					http.SetCookie(w, &http.Cookie{Name: "s", Value: "x", HttpOnly: true, Path: "/"})
				}
				if n == 1 && has("cookie") {
					http.SetCookie(w, &http.Cookie{Name: "s", Value: "x", Path: "/"})
				}
				fmt.Fprintf(w, `<!doctype html><title>d</title><main>desk %d<form method=post action=/out><button>out</button></form></main>`, n)
			})
			mux.HandleFunc("POST /out", func(w http.ResponseWriter, r *http.Request) {
				if has("httponly") || has("cookie") {
					http.SetCookie(w, &http.Cookie{Name: "s", MaxAge: -1, HttpOnly: has("httponly"), Path: "/"})
				}
				if has("clear") {
					v := `"cache"`
					if has("storage") {
						v = `"cache", "storage"`
					}
					w.Header().Set("Clear-Site-Data", v)
				}
				http.Redirect(w, r, "/", 303)
			})
			s := httptest.NewServer(mux)
			tab := b.Open(t, s.URL+"/", browser.View{Width: 390, Lang: "pl", Scripts: scripts})
			tab.Click("a")
			tab.Click("button")
			go tab.Back()
			sleepMS(700)
			a, _ := tab.Address()
			w, _ := tab.Words("main")
			fmt.Println(scripts, mode, a, w, "asked", n)
			s.Close()
		}
	}
}
