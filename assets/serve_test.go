package assets

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
)

// ask sends one request; headers come in pairs.
func ask(s *Set, method, path string, headers ...string) *http.Response {
	r := httptest.NewRequest(method, "/", nil)
	r.URL.Path = path // as it comes, with no cleaning on the way
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) []byte {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func wantHeader(t *testing.T, r *http.Response, key, want string) {
	t.Helper()
	if got := r.Header.Get(key); got != want {
		t.Errorf("%s is %q, want %q", key, got, want)
	}
}

var text = strings.Repeat("'use strict';\n", 50)

func TestNotFound(t *testing.T) {
	s := mustLoad(t, embedded)
	good := s.URL("kladka.css")
	stale := strings.Replace(good, s.hashed[strings.TrimPrefix(good, Prefix)].hash, "0123456789", 1)
	for _, p := range []string{
		stale, "/", "", "/assets", "/assets/", "/assets/kladka.css", "/assets/axe.min.js",
		"/assets/../assets.go", "/assets/../" + strings.TrimPrefix(good, "/"), "/assets/./" + strings.TrimPrefix(good, Prefix),
		"/assets/%2e%2e/assets.go", `/assets/..\assets.go`, "/assets//etc/passwd", "/assets/css/kladka.css",
		"/assets/vendored.json", strings.TrimPrefix(good, "/"), "/other" + good, good + "/", good + "\x00", strings.ToUpper(good),
	} {
		r := ask(s, "GET", p)
		if r.StatusCode != http.StatusNotFound {
			t.Errorf("%q is answered with %d, want 404", p, r.StatusCode)
		}
		wantHeader(t, r, "Cache-Control", "no-store")
		wantHeader(t, r, "ETag", "")
		wantHeader(t, r, "X-Content-Type-Options", "nosniff")
	}
}

func TestHeaders(t *testing.T) {
	s := mustLoad(t, embedded)
	for name, contentType := range map[string]string{
		"kladka.css":                "text/css; charset=utf-8",
		"htmx.min.js":               "text/javascript; charset=utf-8",
		"favicon.svg":               "image/svg+xml",
		"layers.png":                "image/png",
		"source-sans-3-latin.woff2": "font/woff2",
		"leaflet-LICENSE.txt":       "text/plain; charset=utf-8",
	} {
		for _, encoding := range []string{"", "br"} {
			get := ask(s, "GET", s.URL(name), "Accept-Encoding", encoding)
			content := body(t, get)
			if get.StatusCode != http.StatusOK || len(content) == 0 {
				t.Errorf("%s: status %d, %d bytes", name, get.StatusCode, len(content))
			}
			head := ask(s, "HEAD", s.URL(name), "Accept-Encoding", encoding)
			if n := len(body(t, head)); n != 0 {
				t.Errorf("HEAD %s: %d bytes of body", name, n)
			}
			for _, r := range []*http.Response{get, head} {
				wantHeader(t, r, "Content-Type", contentType)
				wantHeader(t, r, "Content-Length", strconv.Itoa(len(content)))
				wantHeader(t, r, "Cache-Control", "public, max-age=31536000, immutable")
				wantHeader(t, r, "Vary", "Accept-Encoding")
				wantHeader(t, r, "X-Content-Type-Options", "nosniff")
				wantHeader(t, r, "ETag", get.Header.Get("ETag"))
			}
		}
	}
}

func TestEncodings(t *testing.T) {
	s := mustLoad(t, tree("js/a.js", text))
	for _, test := range []struct{ accept, want string }{
		{"", ""},
		{"identity", ""},
		{"gzip, deflate, br, zstd", "br"},
		{"gzip", "gzip"},
		{"BR", "br"},
		{"br;q=0, gzip", "gzip"},
		{"br;q=0.0, gzip;q=0", ""},
		{"br; q=0.5, gzip; q=0.8", "gzip"},
		{"br;q=0.5, gzip;q=0.5", "br"},
		{"gzip;q=0.5, identity", ""},
		{"gzip;q=0.001", "gzip"},
		{"*", "br"},
		{"*, br;q=0", "gzip"},
		{"*;q=0", ""},
		{"identity;q=0", ""},
		{"br;q=x", ""},
		{"br;q=NaN, gzip;q=-1", ""},
		{",;,", ""},
		{"broken", ""},
	} {
		r := ask(s, "GET", s.URL("a.js"), "Accept-Encoding", test.accept)
		if got := r.Header.Get("Content-Encoding"); got != test.want {
			t.Errorf("Accept-Encoding %q is answered with %q, want %q", test.accept, got, test.want)
			continue
		}
		if got := decode(t, test.want, body(t, r)); got != text {
			t.Errorf("Accept-Encoding %q: the content is another one", test.accept)
		}
	}
	// Several headers count as one.
	r := ask(s, "GET", s.URL("a.js"), "Accept-Encoding", "gzip", "Accept-Encoding", "br")
	wantHeader(t, r, "Content-Encoding", "br")
}

func decode(t *testing.T, encoding string, content []byte) string {
	t.Helper()
	var r io.Reader = bytes.NewReader(content)
	switch encoding {
	case "br":
		r = brotli.NewReader(r)
	case "gzip":
		var err error
		if r, err = gzip.NewReader(r); err != nil {
			t.Fatal(err)
		}
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(plain)
}

// What compression does not make smaller is sent as it is.
func TestSmallAndPackedFilesStayPlain(t *testing.T) {
	s := mustLoad(t, tree("js/a.js", "x", "vendor/f/a.woff2", text))
	for _, name := range []string{"a.js", "a.woff2"} {
		r := ask(s, "GET", s.URL(name), "Accept-Encoding", "br, gzip")
		wantHeader(t, r, "Content-Encoding", "")
	}
}

func TestETags(t *testing.T) {
	s := mustLoad(t, tree("js/a.js", text))
	tags := map[string]bool{}
	for _, encoding := range []string{"identity", "gzip", "br"} {
		tag := ask(s, "GET", s.URL("a.js"), "Accept-Encoding", encoding).Header.Get("ETag")
		tags[tag] = true
		for _, known := range []string{tag, "W/" + tag, `"other", ` + tag, "*"} {
			r := ask(s, "GET", s.URL("a.js"), "Accept-Encoding", encoding, "If-None-Match", known)
			if r.StatusCode != http.StatusNotModified || len(body(t, r)) != 0 {
				t.Errorf("If-None-Match %s: status %d, want 304 without a body", known, r.StatusCode)
			}
			wantHeader(t, r, "ETag", tag)
			wantHeader(t, r, "Vary", "Accept-Encoding")
		}
	}
	if len(tags) != 3 {
		t.Errorf("three encodings have the tags %v, want three of them", tags)
	}
	r := ask(s, "GET", s.URL("a.js"), "If-None-Match", `"other"`)
	if r.StatusCode != http.StatusOK {
		t.Errorf("another tag: status %d, want 200", r.StatusCode)
	}
}

func TestOtherMethodsAreRefused(t *testing.T) {
	s := mustLoad(t, tree("js/a.js", text))
	for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS"} {
		r := ask(s, method, s.URL("a.js"))
		if r.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("%s: status %d, want 405", method, r.StatusCode)
		}
		wantHeader(t, r, "Allow", "GET, HEAD")
	}
}
