package jobs_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
	"kladka/internal/schema"
	"kladka/internal/testkit"
)

func modules() []schema.Module {
	return []schema.Module{{Name: "db", Files: db.Migrations}, {Name: "jobs", Files: jobs.Migrations}}
}

func silent() *slog.Logger { return slog.New(slog.DiscardHandler) }

// clock is a time that only the test moves.
type clock struct{ at atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.at.Store(time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC).Unix())
	return c
}

func (c *clock) now() time.Time       { return time.Unix(c.at.Load(), 0) }
func (c *clock) pass(d time.Duration) { c.at.Add(int64(d / time.Second)) }

func write(t *testing.T, d *db.DB, f func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Write(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

func enqueue(t *testing.T, d *db.DB, kind string, payload any, o ...jobs.Option) (id jobs.ID) {
	t.Helper()
	write(t, d, func(tx *db.Tx) (err error) {
		id, err = jobs.Enqueue(t.Context(), tx, kind, payload, o...)
		return err
	})
	return id
}

func wantCounts(t *testing.T, d *db.DB, want jobs.Tally) {
	t.Helper()
	got, err := jobs.Counts(t.Context(), d)
	if err != nil || got != want {
		t.Errorf("counts %+v, %v; want %+v", got, err, want)
	}
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if is() {
			return
		}
	}
	t.Fatalf("waited in vain: %s", what)
}

// start runs a runner until the test, or stop, ends it.
func start(t *testing.T, r *jobs.Runner) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		r.Run(ctx)
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		<-ended
	})
	t.Cleanup(stop)
	return stop
}

func TestEnqueueAndDrain(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		type greeting struct{ Person string }
		c, r := newClock(), jobs.NewRegistry()
		var got []string
		jobs.On(r, "greet", func(ctx context.Context, j jobs.Job, g greeting) error {
			got = append(got, g.Person)
			if g.Person != "p1" {
				return nil
			}
			return d.Write(ctx, func(tx *db.Tx) error { // a job enqueues another
				_, err := jobs.Enqueue(ctx, tx, "greet", greeting{"p2"})
				return err
			})
		})
		id := enqueue(t, d, "greet", greeting{"p1"})
		enqueue(t, d, "greet", greeting{"later"}, jobs.At(c.now().Add(time.Hour)))
		if age := time.Since(id.Created()); age < 0 || age > time.Minute {
			t.Errorf("the id says it was made %v ago", age)
		}
		run := jobs.NewRunner(d, r, c.now, silent())
		if err := run.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(got) != 2 || got[0] != "p1" || got[1] != "p2" {
			t.Errorf("ran %v", got)
		}
		wantCounts(t, d, jobs.Tally{Waiting: 1})
		c.pass(time.Hour)
		if err := run.Drain(t.Context()); err != nil || len(got) != 3 {
			t.Errorf("an hour later: %v, %v", got, err)
		}
		wantCounts(t, d, jobs.Tally{})
	})
}

// What is enqueued for later is done like any other: found by the next look,
// repeated when it fails, once for each time it was asked for.
func TestEnqueueLater(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		c, r := newClock(), jobs.NewRegistry()
		var got []int
		broken := errors.New("broken")
		jobs.On(r, "count", func(_ context.Context, j jobs.Job, n int) error {
			if got = append(got, n); n == 3 && j.Attempt == 1 {
				return broken
			}
			if age := time.Since(j.ID.Created()); age < 0 || age > time.Minute || j.MaxAttempts != jobs.DefaultAttempts {
				t.Errorf("%+v", j)
			}
			return nil
		})
		later := func(fail error, payloads ...int) {
			err := d.Write(t.Context(), func(tx *db.Tx) error {
				for _, n := range payloads {
					if err := jobs.EnqueueLater(t.Context(), tx, "count", n); err != nil {
						return err
					}
				}
				return fail
			})
			if !errors.Is(err, fail) {
				t.Fatal(err)
			}
		}
		no := errors.New("no")
		later(no, 9)
		later(nil, 1, 2, 2)
		later(nil, 3)
		run := jobs.NewRunner(d, r, c.now, silent())
		if err := run.Drain(t.Context()); !errors.Is(err, broken) {
			t.Errorf("want the broken one told: %v", err)
		}
		wantCounts(t, d, jobs.Tally{Waiting: 1})
		c.pass(time.Hour)
		if err := run.Drain(t.Context()); err != nil {
			t.Error(err)
		}
		if slices.Sort(got); !slices.Equal(got, []int{1, 2, 2, 3, 3}) {
			t.Errorf("did %v", got)
		}
		wantCounts(t, d, jobs.Tally{})
	})
}

func TestRollbackEnqueuesNothing(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		no := errors.New("no")
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			if _, err := jobs.Enqueue(t.Context(), tx, "greet", 1); err != nil {
				return err
			}
			return no
		})
		if !errors.Is(err, no) {
			t.Fatal(err)
		}
		wantCounts(t, d, jobs.Tally{})
	})
}

func TestUnique(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		c, r := newClock(), jobs.NewRegistry()
		var seen []int
		var during func()
		jobs.On(r, "index", func(_ context.Context, _ jobs.Job, revision int) error {
			seen = append(seen, revision)
			if during != nil {
				during()
			}
			return nil
		})
		jobs.On(r, "other", func(context.Context, jobs.Job, int) error { return nil })
		if id := enqueue(t, d, "index", 1, jobs.Unique("doc")); id == "" {
			t.Error("the first got no id")
		}
		if id := enqueue(t, d, "index", 2, jobs.Unique("doc")); id != "" {
			t.Error("the second got an id")
		}
		if id := enqueue(t, d, "other", 1, jobs.Unique("doc")); id == "" {
			t.Error("the key of another kind stood in the way")
		}
		run := jobs.NewRunner(d, r, c.now, silent())
		during = func() { // what is asked for while it runs is done once more
			during = nil
			enqueue(t, d, "index", 3, jobs.Unique("doc"))
			enqueue(t, d, "index", 4, jobs.Unique("doc"))
		}
		if err := run.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(seen) != 2 || seen[0] != 2 || seen[1] != 4 {
			t.Errorf("saw revisions %v, want 2 and 4", seen)
		}
		if id := enqueue(t, d, "index", 5, jobs.Unique("doc")); id == "" {
			t.Error("the key is not free after the job is done")
		}
	})
}

func TestUniqueComesEarlier(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		c, r := newClock(), jobs.NewRegistry()
		ran := 0
		jobs.On(r, "digest", func(context.Context, jobs.Job, int) error { ran++; return nil })
		enqueue(t, d, "digest", 1, jobs.Unique("p"), jobs.At(c.now().Add(2*time.Hour)))
		enqueue(t, d, "digest", 1, jobs.Unique("p"), jobs.At(c.now().Add(1*time.Hour)))
		enqueue(t, d, "digest", 1, jobs.Unique("p"), jobs.At(c.now().Add(3*time.Hour)))
		c.pass(time.Hour)
		if err := jobs.NewRunner(d, r, c.now, silent()).Drain(t.Context()); err != nil || ran != 1 {
			t.Errorf("ran %d times, %v", ran, err)
		}
	})
}

// The job must not run between our change and our commit on the old data:
// the runner waits for the commit.
func TestUniqueWaitsForTheCommit(t *testing.T) {
	testkit.EachIsolation(t, modules(), func(t *testing.T, d *db.DB) {
		r := jobs.NewRegistry()
		var seen atomic.Int64
		jobs.On(r, "copy", func(ctx context.Context, _ jobs.Job, _ int) error {
			n, err := db.Version(ctx, d, "source")
			seen.Store(n)
			return err
		})
		enqueue(t, d, "copy", 0, jobs.Unique("k"))
		inside, committed := make(chan struct{}), make(chan error, 1)
		once := sync.OnceFunc(func() { close(inside) })
		go func() {
			committed <- d.Write(context.Background(), func(tx *db.Tx) error {
				if err := db.Raise(context.Background(), tx, "source"); err != nil {
					return err
				}
				_, err := jobs.Enqueue(context.Background(), tx, "copy", 0, jobs.Unique("k"))
				once()
				time.Sleep(200 * time.Millisecond) // only a test may wait in here
				return err
			})
		}()
		<-inside
		start(t, jobs.NewRunner(d, r, time.Now, silent()))
		if err := <-committed; err != nil {
			t.Fatal(err)
		}
		eventually(t, "the last run sees the change", func() bool {
			n, err := jobs.Counts(t.Context(), d)
			return err == nil && n == jobs.Tally{} && seen.Load() == 1
		})
	})
}

func TestFailuresAreParked(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		c, r := newClock(), jobs.NewRegistry()
		ran, broken := 0, true
		jobs.On(r, "mail", func(_ context.Context, j jobs.Job, _ int) error {
			if ran++; j.Attempt != min(ran, 3) && broken {
				t.Errorf("attempt %d at run %d", j.Attempt, ran)
			}
			if broken {
				return errors.New("smtp://bot:hunter2@mail.example: 550 jan.kowalski@krakow.pl\x00 unknown\xff")
			}
			return nil
		})
		run := jobs.NewRunner(d, r, c.now, silent())
		id := enqueue(t, d, "mail", 1, jobs.MaxAttempts(3), jobs.Unique("m"))
		for want := 1; want <= 3; want++ {
			if err := run.Drain(t.Context()); err == nil || ran != want {
				t.Fatalf("ran %d times, %v; want %d", ran, err, want)
			}
			if err := run.Drain(t.Context()); err != nil || ran != want {
				t.Fatalf("ran again without a wait: %d, %v", ran, err)
			}
			c.pass(3 * time.Minute)
		}
		wantCounts(t, d, jobs.Tally{Parked: 1})
		list, err := jobs.Parked(t.Context(), d, "", 10)
		if err != nil || len(list) != 1 || list[0].ID != id || list[0].Attempts != 3 || list[0].Failed().IsZero() {
			t.Fatalf("parked: %+v, %v", list, err)
		}
		if want := "smtp://bot:***@mail.example: 550 ***@krakow.pl unknown?"; list[0].LastError != want {
			t.Errorf("last error %q, want %q", list[0].LastError, want)
		}

		enqueue(t, d, "mail", 1, jobs.Unique("m")) // asked for again: one more attempt
		if err := run.Drain(t.Context()); err == nil || ran != 4 {
			t.Errorf("ran %d times, %v", ran, err)
		}
		wantCounts(t, d, jobs.Tally{Parked: 1})

		broken = false
		write(t, d, func(tx *db.Tx) error { return jobs.Retry(t.Context(), tx, id) })
		if err := run.Drain(t.Context()); err != nil || ran != 5 {
			t.Errorf("ran %d times, %v", ran, err)
		}
		wantCounts(t, d, jobs.Tally{})
	})
}

func TestRetryAndDiscardRefuse(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		waiting := enqueue(t, d, "x", 1)
		for name, f := range map[string]func(context.Context, *db.Tx, jobs.ID) error{"retry": jobs.Retry, "discard": jobs.Discard} {
			for id, want := range map[jobs.ID]fault.Kind{"none": fault.NotFound, waiting: fault.Conflict} {
				err := d.Write(t.Context(), func(tx *db.Tx) error { return f(t.Context(), tx, id) })
				if fault.KindOf(err) != want {
					t.Errorf("%s %s: %v", name, id, err)
				}
			}
		}
		wantCounts(t, d, jobs.Tally{Waiting: 1})
	})
}

func TestDiscardAndPages(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		c, r := newClock(), jobs.NewRegistry()
		jobs.On(r, "never", func(context.Context, jobs.Job, string) error { return jobs.Permanent(errors.New("no such thing")) })
		for range 5 {
			enqueue(t, d, "never", "x")
		}
		enqueue(t, d, "never", 17) // not a string: cannot be decoded
		if err := jobs.NewRunner(d, r, c.now, silent()).Drain(t.Context()); err == nil {
			t.Error("no error")
		}
		wantCounts(t, d, jobs.Tally{Parked: 6})
		var all []jobs.ID
		for after := jobs.ID(""); ; {
			page, err := jobs.Parked(t.Context(), d, after, 4)
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			for _, p := range page {
				all = append(all, p.ID)
			}
			after = page[len(page)-1].ID
		}
		if len(all) != 6 {
			t.Fatalf("paged over %d", len(all))
		}
		write(t, d, func(tx *db.Tx) error { return jobs.Discard(t.Context(), tx, all[0]) })
		wantCounts(t, d, jobs.Tally{Parked: 5})
	})
}

func TestPanicIsAnError(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		c, r := newClock(), jobs.NewRegistry()
		jobs.On(r, "broken", func(context.Context, jobs.Job, int) error {
			panic("broken")
		})
		enqueue(t, d, "broken", 1, jobs.MaxAttempts(1))
		enqueue(t, d, "unknown", 1, jobs.MaxAttempts(1))
		if err := jobs.NewRunner(d, r, c.now, silent()).Drain(t.Context()); err == nil {
			t.Error("no error")
		}
		list, err := jobs.Parked(t.Context(), d, "", 10)
		if err != nil || len(list) != 2 {
			t.Fatalf("%+v, %v", list, err)
		}
		if want := "panic: broken"; list[0].LastError != want {
			t.Errorf("last error %q", list[0].LastError)
		}
	})
}

func TestRegisteredTwice(t *testing.T) {
	r := jobs.NewRegistry()
	r.Every("x", time.Hour, func(context.Context) error { return nil })
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	jobs.On(r, "x", func(context.Context, jobs.Job, int) error { return nil })
}

func TestProgress(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		c, r, ctx := newClock(), jobs.NewRegistry(), t.Context()
		broken := true
		jobs.On(r, "import", func(ctx context.Context, j jobs.Job, _ int) error {
			if err := jobs.Report(ctx, d, j.Progress, 3, 10, c.now()); err != nil {
				return err
			}
			if broken {
				return jobs.Permanent(errors.New("no"))
			}
			return d.Write(ctx, func(tx *db.Tx) error {
				return jobs.Finish(ctx, tx, j.Progress, jobs.ProgressDone, "import.done", c.now())
			})
		})
		jobs.SweepProgress(r, d, c.now)
		var bar jobs.ProgressID
		var job jobs.ID
		write(t, d, func(tx *db.Tx) (err error) {
			if bar, err = jobs.StartProgress(ctx, tx, jobs.Progress{Kind: "import", TitleKey: "import.title", Owner: "p1"}, c.now()); err != nil {
				return err
			}
			job, err = jobs.Enqueue(ctx, tx, "import", 1, jobs.WithProgress(bar))
			return err
		})
		check := func(want jobs.ProgressState, done int64) {
			t.Helper()
			p, err := jobs.ReadProgress(ctx, d, bar)
			if err != nil || p.State != want || p.Done != done || p.Owner != "p1" {
				t.Errorf("progress %+v, %v; want %s %d", p, err, want, done)
			}
		}
		run := jobs.NewRunner(d, r, c.now, silent())
		check(jobs.ProgressRunning, 0)
		_ = run.Drain(ctx) // fails, as it should
		check(jobs.ProgressFailed, 3)
		broken = false
		write(t, d, func(tx *db.Tx) error { return jobs.Retry(ctx, tx, job) })
		check(jobs.ProgressRunning, 3)
		if err := run.Drain(ctx); err != nil {
			t.Fatal(err)
		}
		check(jobs.ProgressDone, 10)
		if err := jobs.Report(ctx, d, bar, 1, 10, c.now()); err != nil {
			t.Fatal(err)
		}
		check(jobs.ProgressDone, 10)

		c.pass(8 * 24 * time.Hour)
		start(t, run)
		eventually(t, "the old row is swept", func() bool {
			_, err := jobs.ReadProgress(ctx, d, bar)
			return fault.KindOf(err) == fault.NotFound
		})
	})
}
