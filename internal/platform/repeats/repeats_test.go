package repeats

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kladka/assets"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
	"kladka/internal/schema"
	"kladka/internal/testkit"
)

func modules() []schema.Module { return []schema.Module{{Name: "repeats", Files: Migrations}} }

func TestClaim(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		ctx, now := t.Context(), time.Unix(1_800_000_000, 0)
		s := New(d, func() time.Time { return now })
		form := web.Sent{Hash: "h", Door: "POST /a", Person: "p"}
		claim := func(wantMine bool, want *web.Answer) {
			t.Helper()
			mine, a, err := s.Claim(ctx, form)
			if err != nil || mine != wantMine || (a == nil) != (want == nil) || a != nil && *a != *want {
				t.Fatalf("mine %v, answer %+v, %v", mine, a, err)
			}
		}
		claim(true, nil)
		claim(false, nil) // being done
		if err := s.Release(ctx, form); err != nil {
			t.Fatal(err)
		}
		claim(true, nil) // failed, so it may be done again
		a := web.Answer{Status: 303, Location: "/b?x=1", Notice: "n"}
		if err := s.Answered(ctx, form, a); err != nil {
			t.Fatal(err)
		}
		if err := s.Release(ctx, form); err != nil {
			t.Fatal(err)
		}
		claim(false, &a) // what is done is not set free
		now = now.Add(Keep - time.Second)
		if err := s.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		claim(false, &a)
		now = now.Add(time.Second)
		claim(true, nil) // a day later it is a new form
		now = now.Add(Keep)
		if err := s.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		var n int
		if err := d.Get(ctx, &n, `select count(*) from repeats`); err != nil || n != 0 {
			t.Errorf("%d rows are left, %v", n, err)
		}
	})
}

func TestClaimAtOnce(t *testing.T) {
	testkit.EachIsolation(t, modules(), func(t *testing.T, d *db.DB) {
		s := New(d, time.Now)
		for range 10 {
			form := web.Sent{Hash: time.Now().String()}
			var won atomic.Int64
			var all sync.WaitGroup
			for range 6 {
				all.Go(func() {
					mine, answer, err := s.Claim(t.Context(), form)
					if err != nil || answer != nil {
						t.Error(answer, err)
					}
					if mine {
						won.Add(1)
					}
				})
			}
			all.Wait()
			if won.Load() != 1 {
				t.Errorf("%d requests took one form", won.Load())
			}
		}
	})
}

// site is a shell with one idempotent door, at which the handler does as told.
type site struct {
	shell *web.Shell
	runs  atomic.Int64
	do    func(w http.ResponseWriter, r *web.Request) error
}

func newSite(t *testing.T, d *db.DB) *site {
	t.Helper()
	catalog, err := i18n.Load(web.Messages)
	if err != nil {
		t.Fatal(err)
	}
	files, err := assets.Load()
	if err != nil {
		t.Fatal(err)
	}
	st := &site{}
	st.shell = web.New(web.Config{Catalog: catalog, Assets: files, Log: slog.New(slog.DiscardHandler), Now: time.Now, Repeats: New(d, time.Now)},
		func(h http.Handler) http.Handler { return h },
		func(r *web.Request) web.Viewer {
			return web.Viewer{SignedIn: true, Person: r.Header.Get("Test-Person"), HatKey: r.Header.Get("Test-Hat")}
		})
	handler := func(w http.ResponseWriter, r *web.Request) error {
		st.runs.Add(1)
		return st.do(w, r)
	}
	st.shell.Handle("POST /a", web.Public, handler, web.Idempotent())
	st.shell.Handle("POST /b", web.Public, handler, web.Idempotent())
	st.shell.Handle("POST /plain", web.Public, handler)
	return st
}

func (st *site) send(path, person, key string) *http.Response {
	body := io.Reader(strings.NewReader(url.Values{"_klucz": {key}}.Encode()))
	r := httptest.NewRequest("POST", path, body)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Test-Person", person)
	w := httptest.NewRecorder()
	st.shell.ServeHTTP(w, r)
	return w.Result()
}

func (st *site) want(t *testing.T, res *http.Response, status int, runs int64) {
	t.Helper()
	if res.StatusCode != status || st.runs.Load() != runs {
		t.Errorf("answered %d after %d runs, want %d after %d", res.StatusCode, st.runs.Load(), status, runs)
	}
}

func TestSentTwiceIsDoneOnce(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		st := newSite(t, d)
		st.do = func(w http.ResponseWriter, r *web.Request) error {
			r.Notify(w, "notice.x")
			return r.Redirect(w, "/done")
		}
		first := st.send("/a", "p", "k1")
		st.want(t, first, 303, 1)
		again := st.send("/a", "p", "k1")
		st.want(t, again, 303, 1)
		if again.Header.Get("Location") != "/done" || len(again.Cookies()) != 1 || again.Cookies()[0].Value != first.Cookies()[0].Value {
			t.Errorf("another answer: %v", again.Header)
		}
		st.want(t, st.send("/a", "other", "k1"), 303, 2) // another person
		st.want(t, st.send("/b", "p", "k1"), 303, 3)     // another door
		st.want(t, st.send("/a", "p", "k2"), 303, 4)     // another form
		st.want(t, st.send("/a", "p", ""), 303, 5)       // no key: as before
		st.want(t, st.send("/a", "p", ""), 303, 6)
		st.want(t, st.send("/plain", "p", "k1"), 303, 7)
		st.want(t, st.send("/plain", "p", "k1"), 303, 8)
	})
}

func TestWhatFailedMayBeSentAgain(t *testing.T) {
	d := testkit.SQLite(t, modules())
	st := newSite(t, d)
	for i, do := range []func(w http.ResponseWriter, r *web.Request) error{
		func(http.ResponseWriter, *web.Request) error { return fault.New(fault.Conflict, "fault.conflict") },
		func(http.ResponseWriter, *web.Request) error { return errors.New("broken") },
		func(http.ResponseWriter, *web.Request) error { panic("oh") },
		func(w http.ResponseWriter, _ *web.Request) error { w.WriteHeader(422); return nil },
		func(w http.ResponseWriter, _ *web.Request) error { return nil },
	} {
		st.do = do
		st.send("/a", "p", "k")
		if st.runs.Load() != int64(i+1) {
			t.Fatalf("after %d failures the form was not done again", i)
		}
	}
	st.do = func(w http.ResponseWriter, r *web.Request) error { return r.Redirect(w, "/done") }
	st.want(t, st.send("/a", "p", "k"), 303, 6)
	st.want(t, st.send("/a", "p", "k"), 303, 6)
}

// TestDoublePress: the second request waits for the first and gets its answer.
func TestDoublePress(t *testing.T) {
	d := testkit.SQLite(t, modules())
	st := newSite(t, d)
	begun, finish := make(chan struct{}), make(chan struct{})
	st.do = func(w http.ResponseWriter, r *web.Request) error {
		close(begun)
		<-finish
		return r.Redirect(w, "/done")
	}
	var both sync.WaitGroup
	both.Go(func() { st.send("/a", "p", "k") })
	<-begun
	both.Go(func() {
		if got := st.send("/a", "p", "k"); got.StatusCode != 303 || got.Header.Get("Location") != "/done" {
			t.Errorf("the second press: %d %v", got.StatusCode, got.Header)
		}
	})
	time.Sleep(120 * time.Millisecond)
	close(finish)
	both.Wait()
	if st.runs.Load() != 1 {
		t.Errorf("done %d times", st.runs.Load())
	}
}

// TestLeftClaimed: a form whose program died is never done twice.
func TestLeftClaimed(t *testing.T) {
	d := testkit.SQLite(t, modules())
	st := newSite(t, d)
	st.do = func(http.ResponseWriter, *web.Request) error {
		return nil
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	st.shell.Repeats = stuck{st.shell.Repeats}
	st.send("/a", "p", "k")
	r := httptest.NewRequestWithContext(ctx, "POST", "/a", strings.NewReader("_klucz=k"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Test-Person", "p")
	time.AfterFunc(200*time.Millisecond, cancel)
	w := httptest.NewRecorder()
	st.shell.ServeHTTP(w, r)
	st.want(t, w.Result(), 409, 1)
}

// stuck sets nothing free, as a process that died.
type stuck struct{ web.Repeats }

func (stuck) Release(context.Context, web.Sent) error { return nil }
