package web

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"kladka/assets"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// shell makes a shell with no sessions and a log to look into.
func shell(t *testing.T, change func(c *Config)) (*Shell, *bytes.Buffer) {
	t.Helper()
	catalog, err := i18n.Load(Messages)
	if err != nil {
		t.Fatal(err)
	}
	files, err := assets.Load()
	if err != nil {
		t.Fatal(err)
	}
	log := &bytes.Buffer{}
	c := Config{Catalog: catalog, Assets: files, Log: slog.New(slog.NewTextHandler(log, nil)), Now: time.Now}
	if change != nil {
		change(&c)
	}
	s := New(c, func(h http.Handler) http.Handler { return h }, func(r *Request) Viewer {
		return Viewer{SignedIn: r.Header.Get("Test-Signed-In") != ""}
	})
	return s, log
}

func plain(w http.ResponseWriter, r *Request) error {
	return r.Render(w, errorView(errorPage{Page: r.Page(w, "Strona"), Status: 200}))
}

// ask sends a request to the shell from the loopback host.
func ask(s *Shell, method, path string, body io.Reader, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, body)
	r.Host = "127.0.0.1:8080"
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
			continue
		}
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func TestHeaders(t *testing.T) {
	s, _ := shell(t, func(c *Config) { c.HTTPS = true })
	s.Handle("GET /a", Public, plain)
	h := ask(s, "GET", "/a", nil).Header()
	policy := h.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "form-action 'self'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("no %s in %s", want, policy)
		}
	}
	if strings.Contains(policy, "unsafe") || strings.Contains(policy, "http:") {
		t.Errorf("lax: %s", policy)
	}
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Strict-Transport-Security": "max-age=31536000", "Cache-Control": "no-cache"} {
		if h.Get(name) != want {
			t.Errorf("%s is %q", name, h.Get(name))
		}
	}
	if h.Get("X-Request-Id") == "" {
		t.Error("no request id")
	}
	if got := ask(s, "GET", "/a", nil, "Test-Signed-In", "1").Header().Get("Cache-Control"); got != "no-store" {
		t.Errorf("signed in: %s", got)
	}
}

func TestTilesExtendThePolicy(t *testing.T) {
	s, _ := shell(t, func(c *Config) { c.TileURL = "https://{s}.tiles.example/{z}/{x}/{y}.png" })
	s.Handle("GET /a", Public, plain)
	policy := ask(s, "GET", "/a", nil).Header().Get("Content-Security-Policy")
	if !strings.Contains(policy, "img-src 'self' data: https://*.tiles.example;") {
		t.Error(policy)
	}
}

func TestCrossOriginForm(t *testing.T) {
	s, _ := shell(t, nil)
	took := 0
	s.Handle("POST /a", Public, func(w http.ResponseWriter, r *Request) error { took++; return nil })
	for _, tt := range []struct {
		header []string
		want   int
	}{
		{[]string{"Sec-Fetch-Site", "cross-site"}, http.StatusForbidden},
		{[]string{"Sec-Fetch-Site", "same-site"}, http.StatusForbidden},
		{[]string{"Origin", "https://elsewhere.example"}, http.StatusForbidden},
		{[]string{"Origin", "http://127.0.0.1:8080"}, http.StatusOK},
		{[]string{"Sec-Fetch-Site", "same-origin"}, http.StatusOK},
	} {
		if got := ask(s, "POST", "/a", strings.NewReader(""), tt.header...).Code; got != tt.want {
			t.Errorf("%v: %d", tt.header, got)
		}
	}
	if took != 2 {
		t.Errorf("the handler ran %d times", took)
	}
}

func TestDemoHosts(t *testing.T) {
	s, _ := shell(t, func(c *Config) { c.Demo = true })
	s.Handle("GET /a", Public, plain)
	for _, tt := range []struct {
		header []string
		want   int
	}{
		{nil, http.StatusOK},
		{[]string{"Host", "localhost:8080"}, http.StatusOK},
		{[]string{"Host", "[::1]:8080"}, http.StatusOK},
		{[]string{"Host", "kladka.example"}, http.StatusForbidden},
		{[]string{"Host", "127.0.0.1.kladka.example"}, http.StatusForbidden},
		{[]string{"Host", "192.0.2.1"}, http.StatusForbidden},
		{[]string{"Forwarded", "for=192.0.2.1"}, http.StatusForbidden},
		{[]string{"X-Forwarded-For", "127.0.0.1"}, http.StatusForbidden},
		{[]string{"X-Forwarded-Anything", "1"}, http.StatusForbidden},
		{[]string{"Via", "1.1 proxy"}, http.StatusForbidden},
		{[]string{"X-Real-IP", "192.0.2.1"}, http.StatusForbidden},
	} {
		if got := ask(s, "GET", "/a", nil, tt.header...).Code; got != tt.want {
			t.Errorf("%v: %d", tt.header, got)
		}
	}
	if got := ask(s, "GET", s.Assets.URL("kladka.css"), nil, "Host", "kladka.example").Code; got == http.StatusOK {
		t.Error("assets are served to a foreign host")
	}
}

func TestBodyLimit(t *testing.T) {
	s, _ := shell(t, nil)
	read := func(w http.ResponseWriter, r *Request) error { return r.Form() }
	s.Handle("POST /small", Public, read)
	s.Handle("POST /large", Public, read, Body(1<<20))
	body := "a=" + strings.Repeat("x", 300<<10)
	form := []string{"Content-Type", "application/x-www-form-urlencoded"}
	if got := ask(s, "POST", "/small", strings.NewReader(body), form...).Code; got != http.StatusRequestEntityTooLarge {
		t.Errorf("small: %d", got)
	}
	if got := ask(s, "POST", "/large", strings.NewReader(body), form...).Code; got != http.StatusOK {
		t.Errorf("large: %d", got)
	}
	if got := ask(s, "POST", "/small", strings.NewReader("a=%zz"), form...).Code; got != http.StatusBadRequest {
		t.Errorf("broken: %d", got)
	}
}

func TestLogHoldsNoQuery(t *testing.T) {
	s, log := shell(t, nil)
	s.Handle("GET /a", Public, plain)
	ask(s, "GET", "/a?q=tajemnica", nil)
	if strings.Contains(log.String(), "tajemnica") || strings.Contains(log.String(), "192.0.2.1") || !strings.Contains(log.String(), `door="GET /a"`) {
		t.Errorf("log: %s", log)
	}
}

func TestErrorsAreTurnedIntoPages(t *testing.T) {
	s, log := shell(t, nil)
	answers := map[string]error{
		"missing": fault.ErrNotFound, "forbidden": fault.New(fault.Forbidden, "fault.forbidden"), "conflict": fault.New(fault.Conflict, "fault.conflict"),
		"ours": errors.New("secret detail of the database"),
	}
	s.Handle("GET /{what}", Public, func(w http.ResponseWriter, r *Request) error {
		if r.PathValue("what") == "panic" {
			panic("oh")
		}
		return answers[strings.TrimSuffix(r.PathValue("what"), ".json")]
	})
	for path, want := range map[string]int{"/missing": 404, "/forbidden": 403, "/conflict": 409, "/ours": 500, "/panic": 500, "/a/b": 404, "/ours.json": 500} {
		w := ask(s, "GET", path, nil)
		if w.Code != want {
			t.Errorf("%s: %d", path, w.Code)
		}
		if strings.Contains(w.Body.String(), "secret") || strings.Contains(w.Body.String(), "goroutine") {
			t.Errorf("%s tells what only the log may hold", path)
		}
	}
	if !strings.Contains(log.String(), "secret detail") || !strings.Contains(log.String(), "panic") {
		t.Error("the log does not hold the error")
	}
	doc, err := goquery.NewDocumentFromReader(ask(s, "GET", "/ours", nil, "Accept-Language", "uk").Body)
	if err != nil {
		t.Fatal(err)
	}
	if doc.Find("html[lang=uk] h1").Length() != 1 || doc.Find("code").Length() == 0 {
		t.Error("the apology is not in the reader's language or lacks the number of the request")
	}
	if ct := ask(s, "GET", "/ours.json", nil).Header().Get("Content-Type"); ct != "application/json" {
		t.Errorf("a program gets %s", ct)
	}
}

func TestStrangersAreSentToSignIn(t *testing.T) {
	s, _ := shell(t, nil)
	closed := func(w http.ResponseWriter, r *Request) error { return fault.New(fault.SignedOut, "fault.signed_out") }
	s.Handle("GET /a", Public, closed)
	s.Handle("POST /a", Public, closed)
	w := ask(s, "GET", "/a?b=c", nil)
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != SignInPath+"?dalej="+url.QueryEscape("/a?b=c") {
		t.Errorf("%d %s", w.Code, w.Header().Get("Location"))
	}
	if got := ask(s, "POST", "/a", nil).Code; got != http.StatusUnauthorized {
		t.Errorf("a form: %d", got)
	}
}

func TestLanguageAndTheme(t *testing.T) {
	s, _ := shell(t, nil)
	s.Handle("GET /a", Public, plain)
	for _, tt := range []struct{ accept, cookie, want string }{
		{"", "", "pl"}, {"de-DE,de;q=0.9", "", "pl"}, {"uk-UA,en;q=0.5", "", "uk"}, {"de,en-US;q=0.5", "", "en"},
		{"en", "kladka_lang=uk", "uk"}, {"en", "kladka_lang=xx", "en"},
	} {
		w := ask(s, "GET", "/a", nil, "Accept-Language", tt.accept, "Cookie", tt.cookie)
		if !strings.Contains(w.Body.String(), `lang="`+tt.want+`"`) {
			t.Errorf("%q %q: not %s", tt.accept, tt.cookie, tt.want)
		}
	}
	w := ask(s, "GET", "/jezyk/uk?wroc=/a%3Fq%3D1", nil)
	if w.Header().Get("Location") != "/a?q=1" || !strings.Contains(w.Header().Get("Set-Cookie"), "kladka_lang=uk") {
		t.Errorf("%v", w.Header())
	}
	if got := ask(s, "GET", "/jezyk/uk?wroc=//evil.example", nil).Header().Get("Location"); got != "/" {
		t.Errorf("sent to %s", got)
	}
	if got := ask(s, "GET", "/motyw/neon", nil).Code; got != http.StatusNotFound {
		t.Errorf("unknown theme: %d", got)
	}
}

func TestNoticeIsShownOnceAndOnlyOurs(t *testing.T) {
	s, _ := shell(t, nil)
	s.Handle("GET /a", Public, plain)
	s.Handle("GET /set", Public, func(w http.ResponseWriter, r *Request) error {
		r.Notify(w, "fault.forbidden") // not a notice
		return nil
	})
	c := ask(s, "GET", "/set", nil).Result().Cookies()[0]
	w := ask(s, "GET", "/a", nil, "Cookie", c.Name+"="+c.Value)
	if strings.Contains(w.Body.String(), `class="notice"`) {
		t.Error("a text that is no notice is shown")
	}
	if !strings.Contains(w.Header().Get("Set-Cookie"), "Max-Age=0") {
		t.Error("the notice stays")
	}
	for _, forged := range []string{"%%%", "e30", "bm90IGpzb24"} {
		if got := ask(s, "GET", "/a", nil, "Cookie", noticeCookie+"="+forged).Code; got != 200 {
			t.Errorf("forged %q: %d", forged, got)
		}
	}
}

func TestCourtesyLimit(t *testing.T) {
	now := time.Now()
	l := newLimiter(2, func() time.Time { return now })
	for i := range 20 {
		if !l.allow("a") {
			t.Fatalf("request %d within the burst was refused", i)
		}
	}
	if l.allow("a") {
		t.Error("the burst has no end")
	}
	if !l.allow("b") {
		t.Error("another address pays for it")
	}
	now = now.Add(time.Second)
	if !l.allow("a") {
		t.Error("a second later: refused")
	}
}

func TestClientAddress(t *testing.T) {
	r := httptest.NewRequest("GET", "/", nil)
	r.RemoteAddr = "192.0.2.1:1234"
	r.Header.Set("X-Forwarded-For", "203.0.113.9, 198.51.100.2")
	if got := clientAddress(r, false); got != "192.0.2.1" {
		t.Error(got)
	}
	if got := clientAddress(r, true); got != "198.51.100.2" {
		t.Error(got)
	}
	r.Header.Add("X-Forwarded-For", "198.51.100.77") // the proxy's own line comes last
	if got := clientAddress(r, true); got != "198.51.100.77" {
		t.Error(got)
	}
	r.Header.Set("X-Forwarded-For", strings.Repeat("x", 9999))
	if got := clientAddress(r, true); got != "192.0.2.1" {
		t.Error(got)
	}
	for _, remote := range []string{"[2001:db8:1:2::1]:80", "[2001:db8:1:2:ffff::9]:81"} {
		r.RemoteAddr = remote
		if got := clientAddress(r, false); got != "2001:db8:1:2::/64" {
			t.Error(got)
		}
	}
	r.RemoteAddr = "[::ffff:192.0.2.7]:80"
	if got := clientAddress(r, false); got != "192.0.2.7" {
		t.Error(got)
	}
}

func TestLocal(t *testing.T) {
	for path, want := range map[string]bool{
		"/": true, "/a?b=c#d": true, "": false, "a": false, "//evil.example": false, "/\\evil.example": false,
		"https://evil.example": false, "/a\nb": false, "javascript:alert(1)": false,
	} {
		if Local(path) != want {
			t.Errorf("%q", path)
		}
	}
}

func TestDefuse(t *testing.T) {
	for in, want := range map[string]string{
		"=1+1": "'=1+1", "+48 12": "'+48 12", "@SUM": "'@SUM", "-2": "-2", "-2,5": "-2,5", "-2+3": "'-2+3", "Szkoła": "Szkoła", "": "", "\t=1": "'\t=1",
	} {
		if got := Defuse(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}

func TestCursor(t *testing.T) {
	c := Cursor{Key: "0a1b", ID: "00000000-0000-7000-8000-000000000000"}
	got, err := CursorOf(url.Values{"od": {c.String()}})
	if err != nil || got != c {
		t.Errorf("%+v %v", got, err)
	}
	for _, odd := range []string{"x", "%%%", Cursor{Key: "ZZ", ID: c.ID}.String(), Cursor{Key: "0a", ID: "1"}.String(), strings.Repeat("A", 9999)} {
		if _, err := CursorOf(url.Values{"do": {odd}}); fault.KindOf(err) != fault.BadRequest {
			t.Errorf("%.20q: %v", odd, err)
		}
	}
}

func FuzzCursor(f *testing.F) {
	f.Add("abc")
	f.Fuzz(func(t *testing.T, s string) {
		c, err := CursorOf(url.Values{"od": {s}})
		if err == nil && s != "" && c.String() != s && len(c.ID) != 36 {
			t.Errorf("%q became %+v", s, c)
		}
	})
}

func TestPagesAreCompressed(t *testing.T) {
	s, _ := shell(t, nil)
	s.Handle("GET /a", Public, plain)
	s.Handle("GET /stream", Public, func(w http.ResponseWriter, _ *Request) error {
		w.Header().Set("Content-Type", "text/event-stream")
		_, err := io.WriteString(w, strings.Repeat("data: x\n\n", 500))
		return err
	})
	if got := ask(s, "GET", "/a", nil, "Accept-Encoding", "gzip").Header().Get("Content-Encoding"); got != "gzip" {
		t.Errorf("page: %q", got)
	}
	if got := ask(s, "GET", "/a", nil).Header().Get("Content-Encoding"); got != "" {
		t.Errorf("not asked for: %q", got)
	}
	if got := ask(s, "GET", "/stream", nil, "Accept-Encoding", "gzip").Header().Get("Content-Encoding"); got != "" {
		t.Errorf("stream: %q", got)
	}
}

// TestStreamsArriveAtOnce goes over a real connection: what a handler flushes
// must reach the reader while the handler still runs.
func TestStreamsArriveAtOnce(t *testing.T) {
	s, _ := shell(t, nil)
	s.Handle("GET /stream", Public, func(w http.ResponseWriter, r *Request) error {
		w.Header().Set("Content-Type", "text/event-stream")
		if _, err := io.WriteString(w, "data: one\n\n"); err != nil {
			return err
		}
		if err := http.NewResponseController(w).Flush(); err != nil {
			return err
		}
		<-r.Context().Done()
		return nil
	})
	server := httptest.NewServer(s)
	defer server.Close()
	for _, encoding := range []string{"gzip", "identity"} {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		req, err := http.NewRequestWithContext(ctx, "GET", server.URL+"/stream", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept-Encoding", encoding)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		first := make([]byte, 11)
		if _, err := io.ReadFull(res.Body, first); err != nil || string(first) != "data: one\n\n" {
			t.Errorf("%s: %q %v", encoding, first, err)
		}
		cancel()
		res.Body.Close()
	}
}

// TestBrokenLetters: bytes that are no text are refused before PostgreSQL does.
func TestBrokenLetters(t *testing.T) {
	s, _ := shell(t, nil)
	s.Handle("GET /a/{id}", Public, plain)
	s.Handle("POST /a", Public, func(w http.ResponseWriter, r *Request) error { return r.Form() })
	for _, path := range []string{"/a/%ff", "/a/%00"} {
		if got := ask(s, "GET", path, nil).Code; got != http.StatusNotFound {
			t.Errorf("%s: %d", path, got)
		}
	}
	for _, body := range []string{"a=%ff", "a=b%00c"} {
		if got := ask(s, "POST", "/a", strings.NewReader(body), "Content-Type", "application/x-www-form-urlencoded").Code; got != http.StatusBadRequest {
			t.Errorf("%s: %d", body, got)
		}
	}
}
