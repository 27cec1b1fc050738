package counts

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kladka/assets"
	"kladka/internal/platform/db"
	"kladka/internal/platform/events"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/repeats"
	"kladka/internal/platform/trace"
	"kladka/internal/platform/web"
	"kladka/internal/schema"
	"kladka/internal/testkit"
)

func modules() []schema.Module {
	return []schema.Module{{Name: "db", Files: db.Migrations}, {Name: "jobs", Files: jobs.Migrations}, {Name: "events", Files: events.Migrations},
		{Name: "trace", Files: trace.Migrations}, {Name: "repeats", Files: repeats.Migrations}, {Name: "counts", Files: Migrations}}
}

// began is the beginning of a step.
var began = time.Unix(1_800_000_000, 0)

// clock is a time to be set, read by several goroutines.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = t
}

func rowsOf(t *testing.T, c *Counter) []Count {
	t.Helper()
	rows, err := c.Between(context.WithoutCancel(t.Context()), time.Unix(0, 0), began.Add(1000*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestStepsAreWrittenWhenTheyAreOver(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		ctx, log, at := t.Context(), &bytes.Buffer{}, &clock{at: began}
		one, two := New(d, slog.New(slog.NewTextHandler(log, nil)), at.now), New(d, slog.New(slog.DiscardHandler), at.now)
		one.Add("POST /a", false)
		at.set(began.Add(Step - time.Second))
		one.Add("POST /a", true)
		two.Add("POST /a", false)
		two.Add("POST /b", false)
		for _, c := range []*Counter{one, two} {
			if err := c.Flush(ctx); err != nil {
				t.Fatal(err)
			}
		}
		if rows := rowsOf(t, one); len(rows) != 0 || log.Len() != 0 {
			t.Fatalf("a step was told before it was over: %+v %s", rows, log)
		}
		at.set(began.Add(Step))
		one.Add("POST /a", false)
		for _, c := range []*Counter{one, two, one} {
			if err := c.Flush(ctx); err != nil {
				t.Fatal(err)
			}
		}
		first := []Count{{"POST /a", began.Unix(), 3, 1}, {"POST /b", began.Unix(), 1, 0}}
		if diff := cmp.Diff(first, rowsOf(t, one)); diff != "" {
			t.Error(diff)
		}
		if !strings.Contains(log.String(), `"quiet door failed" door="POST /a" times=1 of=2`) {
			t.Errorf("log: %s", log)
		}
		if err := one.FlushAll(ctx); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(append(first, Count{"POST /a", began.Add(Step).Unix(), 1, 0}), rowsOf(t, one)); diff != "" {
			t.Error(diff)
		}
		at.set(began.Add(Keep + Step))
		if err := one.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		if rows := rowsOf(t, one); len(rows) != 1 {
			t.Errorf("after the sweep: %+v", rows)
		}
	})
}

func TestWhatCouldNotBeWrittenIsKept(t *testing.T) {
	d := testkit.SQLite(t, modules())
	c := New(d, slog.New(slog.DiscardHandler), (&clock{at: began}).now)
	c.Add("POST /a", false)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.FlushAll(gone); err == nil {
		t.Fatal("written into nothing")
	}
	c.Add("POST /a", true)
	if err := c.FlushAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Count{{"POST /a", began.Unix(), 2, 1}}, rowsOf(t, c)); diff != "" {
		t.Error(diff)
	}
}

// TestRunWritesAtTheEnd: a program that is told to stop keeps its numbers.
func TestRunWritesAtTheEnd(t *testing.T) {
	d := testkit.SQLite(t, modules())
	c := New(d, slog.New(slog.DiscardHandler), (&clock{at: began}).now)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); c.Run(ctx) }()
	c.Add("POST /a", false)
	stop()
	<-done
	if rows := rowsOf(t, c); len(rows) != 1 || rows[0].N != 1 {
		t.Errorf("%+v", rows)
	}
}

func TestProcessesAddUp(t *testing.T) {
	testkit.EachIsolation(t, modules(), func(t *testing.T, d *db.DB) {
		var all sync.WaitGroup
		c := New(d, slog.New(slog.DiscardHandler), (&clock{at: began}).now)
		for range 4 {
			all.Go(func() {
				c := New(d, slog.New(slog.DiscardHandler), (&clock{at: began}).now)
				for range 5 {
					c.Add("POST /a", false)
					c.Add("POST /b", false)
					if err := c.FlushAll(t.Context()); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		if diff := cmp.Diff([]Count{{"POST /a", began.Unix(), 20, 0}, {"POST /b", began.Unix(), 20, 0}}, rowsOf(t, c)); diff != "" {
			t.Error(diff)
		}
	})
}

// TestOfAQuietDoorNothingRemains knocks at quiet and loud doors in every way
// and looks for what is left: in the log, in the headers, in the database.
func TestOfAQuietDoorNothingRemains(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		log, at := &bytes.Buffer{}, &clock{at: began}
		c := New(d, slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})), at.now)
		s := doors(t, d, c, log)
		before := everyTable(t, d)
		for _, k := range knocks {
			res := knock(s, k, "/cichy/")
			if res.Code != k.want {
				t.Errorf("%s: %d", k.name, res.Code)
			}
			if h := res.Header(); h.Get("X-Request-Id") != "" || h.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: number %q, cache %q", k.name, h.Get("X-Request-Id"), h.Get("Cache-Control"))
			}
			if body := res.Body.String(); strings.Contains(body, "<code>") {
				t.Errorf("%s: the page shows a number", k.name)
			}
			if log.Len() != 0 {
				t.Errorf("%s: the log holds %s", k.name, log)
				log.Reset()
			}
		}
		if diff := cmp.Diff(before, everyTable(t, d)); diff != "" {
			t.Errorf("the database: %s", diff)
		}
		at.set(began.Add(Step))
		if err := c.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		before["counts"] = 2
		if diff := cmp.Diff(before, everyTable(t, d)); diff != "" {
			t.Errorf("the database after ten minutes: %s", diff)
		}
		want := []Count{{"GET /cichy/{what}", began.Unix(), 7, 2}, {"POST /cichy/{what}", began.Unix(), 4, 1}}
		if diff := cmp.Diff(want, rowsOf(t, c)); diff != "" {
			t.Error(diff)
		}
		loudDoorsAreLogged(t, s, log)
	})
}

// loudDoorsAreLogged shows that the test above would see what is left.
func loudDoorsAreLogged(t *testing.T, s *web.Shell, log *bytes.Buffer) {
	t.Helper()
	for _, k := range knocks {
		log.Reset()
		res := knock(s, k, "/glosny/")
		if res.Code != k.want || res.Header().Get("X-Request-Id") == "" || !strings.Contains(log.String(), res.Header().Get("X-Request-Id")) {
			t.Errorf("%s at a loud door: %d, %v, log %s", k.name, res.Code, res.Header(), log)
		}
	}
}

// knocks are the ways in which a visit may go.
var knocks = []struct {
	name, method, what, body string
	header                   []string
	want                     int
}{
	{"success", "GET", "dobrze", "", nil, 200},
	{"success, compressed", "GET", "dobrze", "", []string{"Accept-Encoding", "gzip"}, 200},
	{"cacheable", "GET", "pamiec", "", nil, 200},
	{"refusal of the guard", "GET", "dobrze", "", []string{"Test-Refuse", "1"}, 403},
	{"not found", "GET", "nie-ma", "", nil, 404},
	{"broken", "GET", "zepsute", "", nil, 500},
	{"panic", "GET", "panika", "", nil, 500},
	{"form", "POST", "dobrze", "a=b", nil, 303},
	{"too large", "POST", "dobrze", "a=" + strings.Repeat("x", 300<<10), nil, 413},
	{"from elsewhere", "POST", "dobrze", "a=b", []string{"Sec-Fetch-Site", "cross-site"}, 403},
	{"panic after writing", "POST", "w-polowie", "a=b", nil, 200},
	{"wrong method", "DELETE", "dobrze", "", nil, 405},
}

func knock(s *web.Shell, k struct {
	name, method, what, body string
	header                   []string
	want                     int
}, folder string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(k.method, folder+k.what+"?kto=Anna", strings.NewReader(k.body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i+1 < len(k.header); i += 2 {
		r.Header.Set(k.header[i], k.header[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

type refusing struct{}

func (refusing) Name() string { return "refusing" }

func (refusing) Allow(r *web.Request) error {
	if r.Header.Get("Test-Refuse") != "" {
		return fault.New(fault.Forbidden, "fault.forbidden")
	}
	return nil
}

func doors(t *testing.T, d *db.DB, c *Counter, log io.Writer) *web.Shell {
	t.Helper()
	catalog, err := i18n.Load(web.Messages)
	if err != nil {
		t.Fatal(err)
	}
	files, err := assets.Load()
	if err != nil {
		t.Fatal(err)
	}
	s := web.New(web.Config{Catalog: catalog, Assets: files, Now: time.Now, Counts: c, Repeats: repeats.New(d, time.Now),
		Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))},
		func(h http.Handler) http.Handler { return h }, func(*web.Request) web.Viewer { return web.Viewer{SignedIn: true, Name: "Anna", Person: "p"} })
	s.Handle("GET /cichy/{what}", refusing{}, answer, web.Quiet())
	s.Handle("POST /cichy/{what}", refusing{}, answer, web.Quiet())
	s.Handle("GET /glosny/{what}", refusing{}, answer)
	s.Handle("POST /glosny/{what}", refusing{}, answer)
	return s
}

func answer(w http.ResponseWriter, r *web.Request) error {
	switch r.PathValue("what") {
	case "nie-ma":
		return fault.ErrNotFound
	case "zepsute":
		return errors.New("Anna's words")
	case "panika":
		panic("Anna's words")
	case "w-polowie":
		w.WriteHeader(http.StatusOK)
		panic("Anna's words")
	case "pamiec":
		w.Header().Set("Cache-Control", "max-age=60")
		w.Header().Set("X-Request-Id", r.ID())
		return nil
	}
	if r.Method == http.MethodPost {
		if err := r.Form(); err != nil {
			return err
		}
		return r.Redirect(w, "/")
	}
	_, err := io.WriteString(w, strings.Repeat("dobrze ", 500))
	return err
}

// everyTable counts the rows of all tables.
func everyTable(t *testing.T, d *db.DB) map[string]int {
	t.Helper()
	rows := map[string]int{}
	for _, table := range []string{"counts", "repeats", "jobs", "jobs_periods", "jobs_progress", "events", "trace_steps", "trace_links", "versions", "properties"} {
		var n int
		if err := d.Get(t.Context(), &n, "select count(*) from "+table); err != nil {
			t.Fatal(err)
		}
		rows[table] = n
	}
	return rows
}
