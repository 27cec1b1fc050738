package web

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"kladka/internal/platform/fault"
)

// wearing makes a shell whose people wear the hat that a header names.
func wearing(t *testing.T) *Shell {
	t.Helper()
	s, _ := shell(t, nil)
	s.viewer = func(r *Request) Viewer {
		return Viewer{SignedIn: true, Person: "p", HatKey: r.Header.Get("Test-Hat")}
	}
	return s
}

// needsHat lets in those who wear the hat "head".
type needsHat struct{}

func (needsHat) Name() string { return "needs a hat" }

func (needsHat) Allow(r *Request) error {
	if r.Viewer().HatKey != "head" {
		return fault.New(fault.Forbidden, "fault.forbidden")
	}
	return nil
}

func upload(t *testing.T, fields ...string) (body, kind string) {
	t.Helper()
	b := &bytes.Buffer{}
	m := multipart.NewWriter(b)
	for i := 0; i+1 < len(fields); i += 2 {
		if err := m.WriteField(fields[i], fields[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	f, err := m.CreateFormFile("plik", "a.csv")
	if err == nil {
		_, err = io.WriteString(f, strings.Repeat("wiersz\n", 5000))
	}
	if err == nil {
		err = m.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.String(), m.FormDataContentType()
}

// TestTwoTabs: a form drawn for one hat is not taken under another.
func TestTwoTabs(t *testing.T) {
	s := wearing(t)
	runs, length := 0, 0
	s.Handle("POST /a", Public, func(_ http.ResponseWriter, r *Request) error {
		runs++
		return r.Form()
	})
	s.Handle("POST /head", needsHat{}, func(http.ResponseWriter, *Request) error { runs++; return nil })
	s.Handle("POST /file", Public, func(_ http.ResponseWriter, r *Request) error {
		runs++
		parts, err := r.MultipartReader()
		for err == nil {
			var part *multipart.Part
			if part, err = parts.NextPart(); err == nil && part.FileName() != "" {
				var data []byte
				data, err = io.ReadAll(part)
				length = len(data)
			}
		}
		if err != io.EOF {
			return err
		}
		return nil
	})
	const form = "application/x-www-form-urlencoded"
	file, multi := upload(t, onceKey, "k", onceHat, "head")
	bare, bareMulti := upload(t)
	for _, tt := range []struct {
		name, path, hat, body, kind string
		want                        int
		says                        string
	}{
		{"same hat", "/a", "head", "_jako=head", form, 200, ""},
		{"no field", "/a", "head", "a=b", form, 200, ""},
		{"no body", "/a", "head", "", "", 200, ""},
		{"same person", "/a", "head", "_jako=" + Viewer{Person: "p", HatKey: "head"}.as(), form, 200, ""},
		{"same person without a hat", "/a", "", "_jako=" + Viewer{Person: "p"}.as(), form, 200, ""},
		{"broken form", "/a", "head", "_jako=%zz", form, 400, ""},
		{"same hat, file", "/file", "head", file, multi, 200, ""},
		{"no field, file", "/file", "head", bare, bareMulti, 200, ""},
		{"other hat", "/a", "teacher", "_jako=head", form, 409, "w innej roli"},
		{"other person, same hat", "/a", "head", "_jako=" + Viewer{Person: "q", HatKey: "head"}.as(), form, 409, "w innej roli"},
		{"signed in meanwhile", "/a", "", "_jako=", form, 409, "w innej roli"},
		{"other hat, file", "/file", "teacher", file, multi, 409, "w innej roli"},
		{"other hat without the right", "/head", "teacher", "_jako=head", form, 409, "w innej roli"},
		{"same hat without the right", "/head", "teacher", "_jako=teacher", form, 403, "Twoja rola"},
		{"broken form without the right", "/head", "teacher", "_jako=%zz", form, 403, ""},
	} {
		runs, length = 0, 0
		w := ask(s, "POST", tt.path, strings.NewReader(tt.body), "Test-Hat", tt.hat, "Content-Type", tt.kind)
		if w.Code != tt.want || !strings.Contains(w.Body.String(), tt.says) {
			t.Errorf("%s: %d", tt.name, w.Code)
		}
		if took := runs == 1; took != (tt.want == 200 || tt.want == 400 && tt.kind != form) {
			t.Errorf("%s: the handler ran %d times", tt.name, runs)
		}
		if tt.path == "/file" && tt.want == 200 && length != 35000 {
			t.Errorf("%s: the handler got %d bytes", tt.name, length)
		}
	}
}

func FuzzHiddenIn(f *testing.F) {
	f.Add([]byte("--b\r\nContent-Disposition: form-data; name=\"_klucz\"\r\n\r\nk\r\n--b\r\nContent-Disposition: form-data; name=\"_jako\"\r\n\r\nh\r\n--b--"), "b")
	f.Add([]byte("--b\r\nContent-Disposition: form-data; name=\"_jako\"; filename=\"x\"\r\n\r\nk\r\n--b--"), "b")
	f.Fuzz(func(t *testing.T, start []byte, boundary string) {
		h := hiddenIn(start, boundary)
		if len(h.key) > 200 || len(h.hat) > 200 || h.hat != "" && !h.hatted {
			t.Errorf("%+v", h)
		}
	})
}

func TestOnceIsNewEachTime(t *testing.T) {
	a, b := newOnceKey(), newOnceKey()
	if len(a) != 32 || a == b {
		t.Error(a, b)
	}
}

func TestQuietIsNotIdempotent(t *testing.T) {
	s, _ := shell(t, nil)
	defer func() {
		if recover() == nil {
			t.Error("a quiet door may remember forms")
		}
	}()
	s.Handle("POST /a", Public, plain, Quiet(), Idempotent())
}

// TestQuietlyIsKnownBelow: the wrapper of sessions and the handler can ask.
func TestQuietlyIsKnownBelow(t *testing.T) {
	s, log := shell(t, nil)
	said := map[string]bool{}
	inner := s.inner
	s.inner = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		said[r.URL.Path] = Quietly(r.Context())
		inner.ServeHTTP(w, r)
	})
	s.Handle("GET /cicho", Public, plain, Quiet())
	s.Handle("GET /glosno", Public, plain)
	ask(s, "GET", "/cicho", nil)
	ask(s, "HEAD", "/cicho", nil)
	ask(s, "POST", "/cicho", nil)
	if log.Len() != 0 || !said["/cicho"] {
		t.Errorf("quiet: %v %s", said, log)
	}
	ask(s, "GET", "/glosno", nil)
	if log.Len() == 0 || said["/glosno"] {
		t.Error("loud")
	}
}

// TestSharedComputer: the browser is marked while people take turns at it, and
// a stranger who presses Back lands on the start page.
func TestSharedComputer(t *testing.T) {
	s, _ := shell(t, nil)
	who := Viewer{}
	s.viewer = func(*Request) Viewer { return who }
	s.Handle("GET /a", Public, plain)
	s.Handle("GET /mine", Public, func(http.ResponseWriter, *Request) error {
		return fault.New(fault.SignedOut, "fault.signed_out")
	})
	marks := func(header ...string) string {
		for _, c := range ask(s, "GET", "/a", nil, header...).Result().Cookies() {
			if c.Name == sharedCookie {
				if c.MaxAge < 0 {
					return "gone"
				}
				if c.MaxAge == 0 && c.Expires.IsZero() {
					return "until closed"
				}
				return "kept"
			}
		}
		return ""
	}
	if got := marks(); got != "" {
		t.Errorf("a stranger: %q", got)
	}
	who = Viewer{SignedIn: true, Shared: true}
	if got := marks(); got != "until closed" {
		t.Errorf("a pupil: %q", got)
	}
	w := ask(s, "GET", "/a", nil)
	if w.Header().Get("Cache-Control") != "no-store" || !strings.Contains(w.Body.String(), `data-idle="180"`) || !strings.Contains(w.Body.String(), `content="180;url=/konto/koniec"`) {
		t.Error("the page of a pupil stays, or does not sign out")
	}
	who = Viewer{}
	if got := ask(s, "GET", "/mine", nil, "Cookie", sharedCookie+"=1").Header().Get("Location"); got != "/" {
		t.Errorf("Back leads to %q", got)
	}
	if got := ask(s, "GET", "/mine", nil).Header().Get("Location"); got != SignInPath+"?dalej="+url.QueryEscape("/mine") {
		t.Errorf("elsewhere Back leads to %q", got)
	}
	who = Viewer{SignedIn: true}
	if got := marks("Cookie", sharedCookie+"=1"); got != "gone" {
		t.Errorf("somebody else: %q", got)
	}
	w = ask(s, "GET", "/a", nil)
	if strings.Contains(w.Body.String(), "data-idle") || strings.Contains(w.Body.String(), "refresh") {
		t.Error("everybody is signed out when idle")
	}
	if got := ask(s, "POST", AlivePath, nil).Code; got != http.StatusNoContent {
		t.Errorf("alive: %d", got)
	}
}

func TestFirstStepsAreInOrder(t *testing.T) {
	s, _ := shell(t, nil)
	s.AddFirstSteps(func(*Request) ([]StepItem, error) {
		return []StepItem{{Rank: 3, Title: "c", Done: true}, {Rank: 1, Title: "a"}}, nil
	})
	s.AddFirstSteps(func(*Request) ([]StepItem, error) { return []StepItem{{Rank: 2, Title: "b"}}, nil })
	items, err := s.FirstSteps(nil)
	if err != nil || len(items) != 3 || items[0].Title+items[1].Title+items[2].Title != "abc" || StepsDone(items) != 1 {
		t.Errorf("%+v %v", items, err)
	}
	s.AddFirstSteps(func(*Request) ([]StepItem, error) { return nil, fault.ErrNotFound })
	if _, err := s.FirstSteps(nil); err == nil {
		t.Error("an error is lost")
	}
}
