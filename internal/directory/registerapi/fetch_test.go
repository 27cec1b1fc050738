package registerapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kladka/internal/directory/register"
	"kladka/internal/platform/fault"
)

const secret = "tajne-hasło"

// list is one page of invented institutions.
func list(from, to int) string {
	var parts []string
	for i := from; i <= to; i++ {
		parts = append(parts, fmt.Sprintf(`{"numerRspo":%d,"nazwa":"Szkoła %d","typ":{"nazwa":"Technikum"},"gminaKodTERYT":"1261011"}`, i, i))
	}
	return "[" + strings.Join(parts, ",") + "]"
}

// pages answers with n institutions, as the API does.
func pages(n int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		page, _ := strconv.Atoi(r.URL.Query().Get("page"))
		size, _ := strconv.Atoi(r.URL.Query().Get("pageSize"))
		w.Header().Set("Content-Type", "application/json;charset=UTF-8")
		fmt.Fprint(w, list((page-1)*size+1, min(page*size, n)))
	}
}

func serve(t testing.TB, h http.HandlerFunc) Config {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return Config{Base: server.URL, Login: "urząd", Password: secret, Client: server.Client(), PageSize: 10,
		Wait: func(context.Context, time.Duration) error { return nil }}
}

func answer(kind, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		fmt.Fprint(w, body)
	}
}

func TestFetch(t *testing.T) {
	var asked []string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.String())
		login, password, _ := r.BasicAuth()
		if login != "urząd" || password != secret || r.Header.Get("Accept") != "application/json" {
			t.Error(login, r.Header)
		}
		pages(25)(w, r)
	})
	c.Municipality, c.Closed = "1261011", true
	var heard []int
	c.Progress = func(pages, rows int) { heard = append(heard, pages, rows) }
	var out bytes.Buffer
	result, err := Fetch(t.Context(), c, &out)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Result{Pages: 3, Rows: 25, Bytes: int64(out.Len())}, result); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]int{1, 10, 2, 20, 3, 25}, heard); diff != "" {
		t.Error(diff)
	}
	if len(asked) != 4 || asked[0] != "/api/placowki/?gmina_kod_teryt=1261011&page=1&pageSize=10&zlikwidowana=true" {
		t.Error(asked)
	}
	file, err := register.Read(&out, 1<<20)
	if err != nil || len(file.Records) != 25 || file.Shape != register.RSPOAPI || len(file.Problems) != 0 {
		t.Errorf("%v, %d records, %+v", err, len(file.Records), file.Problems)
	}
}

// The forerunner of the API answered in envelopes, which say when they are over.
func TestFetchEnvelopes(t *testing.T) {
	asked := 0
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked++
		w.Header().Set("Content-Type", "application/ld+json")
		fmt.Fprintf(w, `{"hydra:member":%s,"hydra:totalItems":20}`, list(asked*10-9, asked*10))
	})
	var out bytes.Buffer
	result, err := Fetch(t.Context(), c, &out)
	if err != nil || result.Rows != 20 || asked != 2 {
		t.Fatal(err, result, asked)
	}
	file, err := register.Read(&out, 1<<20)
	if err != nil || len(file.Records) != 20 || len(file.Problems) != 0 {
		t.Errorf("%v, %d records, %+v", err, len(file.Records), file.Problems)
	}
}

func TestToken(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer znak" {
			t.Error(r.Header)
		}
		pages(1)(w, r)
	})
	c.Token = "znak"
	if _, err := Fetch(t.Context(), c, new(bytes.Buffer)); err != nil {
		t.Error(err)
	}
}

// Every server that does not do its part ends in words for a person, and no word holds the password.
func TestServersThatMisbehave(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Error("somebody else was asked, with", r.Header)
	}))
	defer elsewhere.Close()
	for key, h := range map[string]http.HandlerFunc{
		"repeats": func(w http.ResponseWriter, _ *http.Request) { answer("application/json", list(1, 10))(w, nil) },
		"repeats ": func() http.HandlerFunc { // the same in another order: other bytes, nothing new
			n := 0
			return func(w http.ResponseWriter, _ *http.Request) {
				n++
				answer("application/json", fmt.Sprintf(`[{"numerRspo":1,"x":%d}]`, n))(w, nil)
			}
		}(),
		"endless":  pages(1 << 30),
		"redirect": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere.URL, http.StatusFound) },
		"redirects": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.String()+"1", http.StatusFound)
		},
		"login":        func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) },
		"busy":         func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) },
		"status":       func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) },
		"status ":      func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) },
		"content_type": answer("text/html", "<html>"),
		"not_json":     answer("application/json", "[{"),
		"not_json ":    answer("application/json", ""),
		"not_list":     answer("application/json", `{"error":"nie"}`),
		"not_list ":    answer("application/json", `[{"id":1}]`),
		"not_list  ":   answer("application/json", `[5]`),
		"page_too_large": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			blanks := bytes.Repeat([]byte(" "), 1<<20)
			for range 20 {
				if _, err := w.Write(blanks); err != nil {
					return
				}
			}
		},
		"slow": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			for range 100 { // a letter now and then
				fmt.Fprint(w, " ")
				_ = http.NewResponseController(w).Flush()
				select {
				case <-r.Context().Done():
					return
				case <-time.After(20 * time.Millisecond):
				}
			}
		},
		"unreachable": func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				conn.Close()
			}
		},
	} {
		t.Run(key, func(t *testing.T) {
			c := serve(t, h)
			c.Pages = 20
			if strings.TrimSpace(key) == "slow" {
				c.Timeout = 100 * time.Millisecond
			}
			_, err := Fetch(t.Context(), c, new(bytes.Buffer))
			told := fault.As(err)
			if told == nil || told.Kind != fault.Conflict || told.Key != "registerapi.failed."+strings.TrimSpace(key) {
				t.Fatal(err)
			}
			if text := fmt.Sprintf("%v %+v %#v", err, err, told); strings.Contains(text, secret) {
				t.Error(text)
			}
		})
	}
}

func TestTooLargeWritesNoMore(t *testing.T) {
	c := serve(t, pages(1<<20))
	c.Limit = 2000
	var out bytes.Buffer
	_, err := Fetch(t.Context(), c, &out)
	if told := fault.As(err); told == nil || told.Key != "registerapi.failed.too_large" || out.Len() > 2000 {
		t.Error(err, out.Len())
	}
}

func TestPatience(t *testing.T) {
	for name, c := range map[string]struct {
		header http.Header
		bad    int32
		waited []time.Duration
		ok     bool
	}{
		"seconds":        {http.Header{"Retry-After": {"7"}}, 1, []time.Duration{7 * time.Second}, true},
		"less than ours": {http.Header{"Retry-After": {"1"}}, 1, []time.Duration{2 * time.Second}, true},
		"a date": {http.Header{"Retry-After": {"Sun, 22 Nov 2026 10:00:30 GMT"}, "Date": {"Sun, 22 Nov 2026 10:00:00 GMT"}}, 1,
			[]time.Duration{30 * time.Second}, true},
		"nonsense":  {http.Header{"Retry-After": {"-5"}}, 2, []time.Duration{2 * time.Second, 4 * time.Second}, true},
		"too long":  {http.Header{"Retry-After": {"86400"}}, 1, nil, false},
		"no number": {http.Header{"Retry-After": {strings.Repeat("9", 30)}}, 3, []time.Duration{2 * time.Second, 4 * time.Second, 8 * time.Second}, true},
		"for good":  {nil, 99, []time.Duration{2 * time.Second, 4 * time.Second, 8 * time.Second}, false},
	} {
		t.Run(name, func(t *testing.T) {
			var n atomic.Int32
			config := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if n.Add(1) <= c.bad {
					for name, values := range c.header {
						w.Header()[name] = values
					}
					w.WriteHeader(http.StatusTooManyRequests)
					return
				}
				pages(5)(w, r)
			})
			var waited []time.Duration
			config.Wait = func(_ context.Context, d time.Duration) error { waited = append(waited, d); return nil }
			_, err := Fetch(t.Context(), config, new(bytes.Buffer))
			if diff := cmp.Diff(c.waited, waited); diff != "" || (err == nil) != c.ok {
				t.Error(err, diff)
			}
		})
	}
}

func TestStopping(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	c.Wait = nil
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, err := Fetch(ctx, c, new(bytes.Buffer)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	c.Total = 50 * time.Millisecond
	_, err := Fetch(t.Context(), c, new(bytes.Buffer))
	if told := fault.As(err); told == nil || told.Key != "registerapi.failed.slow" {
		t.Error(err)
	}
}

func TestSettings(t *testing.T) {
	for name, c := range map[string]struct {
		config Config
		key    string
	}{
		"off":          {Config{}, "off"},
		"no address":   {Config{Base: "rejestr"}, "address"},
		"broken":       {Config{Base: "https://x:y:z@/%zz" + secret}, "address"},
		"a query":      {Config{Base: "https://api.example.org/?a=b"}, "address"},
		"login inside": {Config{Base: "https://u:" + url.QueryEscape(secret) + "@api.example.org/"}, "address_login"},
		"in the open":  {Config{Base: "http://api.example.org/"}, "unencrypted"},
		"a file":       {Config{Base: "file://host/etc/passwd"}, "unencrypted"},
		"code":         {Config{Base: "https://api.example.org/", County: "12&x=y"}, "code"},
		"short code":   {Config{Base: "https://api.example.org/", Municipality: "1261"}, "code"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Fetch(t.Context(), c.config, new(bytes.Buffer))
			told := fault.As(err)
			if told == nil || told.Kind != fault.Invalid || told.Key != "registerapi.failed."+c.key || strings.Contains(err.Error(), "tajne") {
				t.Error(err)
			}
		})
	}
	for base, want := range map[string]string{
		"https://api.example.org":                  "https://api.example.org/api/placowki/",
		"https://api.example.org/":                 "https://api.example.org/api/placowki/",
		"https://api.example.org/v2/api/placowki/": "https://api.example.org/v2/api/placowki/",
		"http://127.0.0.1:8080":                    "http://127.0.0.1:8080/api/placowki/",
	} {
		address, err := Config{Base: base}.address()
		if err != nil || address.String() != want {
			t.Error(base, address, err)
		}
	}
}

func TestSecretsAreNotPrinted(t *testing.T) {
	c := Config{Base: "https://api.example.org", Login: "urząd", Password: secret, Token: secret}
	var out bytes.Buffer
	slog.New(slog.NewJSONHandler(&out, nil)).Info("settings", "api", c, "password", c.Password)
	slog.New(slog.NewTextHandler(&out, nil)).Info("settings", "api", c, "password", c.Password)
	fmt.Fprintf(&out, "%v %+v %#v %s %q", c, c, c, c.Password, c.Token)
	if err := json.NewEncoder(&out).Encode(c.Password); err != nil {
		t.Error(err)
	}
	if strings.Contains(out.String(), secret) || !strings.Contains(out.String(), "api.example.org") {
		t.Error(out.String())
	}
}

func TestTemp(t *testing.T) {
	dir := t.TempDir()
	path, result, err := Temp(t.Context(), serve(t, pages(12)), dir)
	if err != nil || result.Rows != 12 {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Size() != result.Bytes || info.Mode().Perm() != 0o600 {
		t.Error(err, info)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Temp(t.Context(), serve(t, answer("text/html", "")), dir); err == nil {
		t.Error("no file")
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Error("a half file is left behind:", left)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(list(1, 2)))
	f.Add([]byte(`{"hydra:member":[{"numerRspo":"7"}],"hydra:totalItems":3}`))
	f.Add([]byte(`{"member":[],"totalItems":"x"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := parse(body)
		if err != nil && fault.As(err) == nil || err == nil && !json.Valid(body) {
			t.Error(err)
		}
		if err == nil && p.total < 0 {
			t.Error(p.total)
		}
	})
}
