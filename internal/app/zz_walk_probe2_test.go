package app_test

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"
)

func probeLog(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r)
		if os.Getenv("PROBE") != "" && !strings.HasPrefix(r.URL.Path, "/assets") && !strings.HasPrefix(r.URL.Path, "/a/") {
			fmt.Println(time.Now().Format("05.000"), r.Method, r.URL.Path, w.Header().Get("Cache-Control"), w.Header()["Set-Cookie"], w.Header()["Clear-Site-Data"], "cookies", len(r.Cookies()), r.UserAgent()[:0])
		}
	})
}

func containsWord(mode, s string) bool {
	for _, w := range strings.Split(mode, "+") {
		if w == s {
			return true
		}
	}
	return false
}
func sleepMS(n int) { time.Sleep(time.Duration(n) * time.Millisecond) }
