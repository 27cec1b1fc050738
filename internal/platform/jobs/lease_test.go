package jobs_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/jobs"
	"kladka/internal/testkit"
)

// gate is work that tells when it began and goes on when it may.
type gate struct{ began, goOn chan struct{} }

func newGate() gate { return gate{make(chan struct{}, 9), make(chan struct{})} }

func (g gate) register(r *jobs.Registry) {
	jobs.On(r, "slow", func(context.Context, jobs.Job, int) error {
		g.began <- struct{}{}
		<-g.goOn // deaf to its context, as bad work is
		return nil
	})
}

func TestLeaseIsTakenOver(t *testing.T) {
	testkit.EachIsolation(t, modules(), func(t *testing.T, d *db.DB) {
		c := newClock()
		slow, next := newGate(), newGate()
		r1, r2 := jobs.NewRegistry(), jobs.NewRegistry()
		slow.register(r1)
		next.register(r2)
		enqueue(t, d, "slow", 1)

		first := make(chan error, 1)
		go func() { first <- jobs.NewRunner(d, r1, c.now, silent()).Drain(context.Background()) }()
		<-slow.began
		second := jobs.NewRunner(d, r2, c.now, silent())
		if err := second.Drain(t.Context()); err != nil { // the lease holds
			t.Fatal(err)
		}
		wantCounts(t, d, jobs.Tally{Running: 1})

		c.pass(2 * time.Minute) // the first process seems dead
		taken := make(chan error, 1)
		go func() { taken <- second.Drain(context.Background()) }()
		<-next.began

		// The first wakes up and ends its work. The job is not its own any
		// more: it must not be marked as done while the second runs it.
		close(slow.goOn)
		if err := <-first; err != nil {
			t.Fatal(err)
		}
		wantCounts(t, d, jobs.Tally{Running: 1})
		close(next.goOn)
		if err := <-taken; err != nil {
			t.Fatal(err)
		}
		wantCounts(t, d, jobs.Tally{})
	})
}

// A job that kills its process must end among the parked ones, not kill for ever.
func TestDeadlyJobIsParked(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		c, g, r := newClock(), newGate(), jobs.NewRegistry()
		g.register(r)
		enqueue(t, d, "slow", 1, jobs.MaxAttempts(2))
		ends := make(chan error, 3)
		for range 2 {
			go func() { ends <- jobs.NewRunner(d, r, c.now, silent()).Drain(context.Background()) }()
			<-g.began
			c.pass(2 * time.Minute)
		}
		tame := jobs.NewRegistry()
		jobs.On(tame, "slow", func(context.Context, jobs.Job, int) error { return nil })
		if err := jobs.NewRunner(d, tame, c.now, silent()).Drain(t.Context()); err == nil {
			t.Error("ran a third time")
		}
		wantCounts(t, d, jobs.Tally{Parked: 1})
		close(g.goOn)
		for range 2 {
			if err := <-ends; err != nil {
				t.Error(err)
			}
		}
		wantCounts(t, d, jobs.Tally{Parked: 1})
	})
}

// With the machine's clock: a job longer than the lease stays with its runner,
// and a runner that lost its lease learns of it through the context.
func TestHeartbeat(t *testing.T) {
	if testing.Short() {
		t.Skip("takes four seconds")
	}
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		t.Parallel()
		var ran, lost atomic.Int64
		began := make(chan struct{}, 2)
		r := jobs.NewRegistry()
		jobs.On(r, "long", func(ctx context.Context, _ jobs.Job, _ int) error {
			ran.Add(1)
			began <- struct{}{}
			select {
			case <-ctx.Done():
				lost.Add(1)
				return context.Cause(ctx)
			case <-time.After(3500 * time.Millisecond):
				return nil
			}
		})
		enqueue(t, d, "long", 1)
		for range 2 {
			start(t, jobs.NewRunner(d, r, time.Now, silent(), jobs.Lease(2*time.Second)))
		}
		<-began
		eventually(t, "the job is done", func() bool {
			n, err := jobs.Counts(t.Context(), d)
			return err == nil && n == jobs.Tally{}
		})
		if ran.Load() != 1 {
			t.Errorf("ran %d times", ran.Load())
		}
		enqueue(t, d, "long", 1)
		<-began
		write(t, d, func(tx *db.Tx) error { // as if another had taken it
			_, err := tx.Exec(t.Context(), `update jobs set holder = 'another', due_at = due_at + 1000`)
			return err
		})
		eventually(t, "the work learns that its lease is lost", func() bool { return lost.Load() == 1 })
	})
}

// Two runners with handles of their own, as two processes, and many jobs that
// each hold a row while they run.
func TestNeverTwiceAtOnce(t *testing.T) {
	handles := map[string]func(t *testing.T) [2]*db.DB{
		"sqlite": func(t *testing.T) [2]*db.DB {
			one := testkit.SQLite(t, modules())
			return [2]*db.DB{one, one}
		},
		"postgres":              func(t *testing.T) [2]*db.DB { return twoHandles(t, "") },
		"postgres-serializable": func(t *testing.T) [2]*db.DB { return twoHandles(t, "serializable") },
	}
	for name, open := range handles {
		t.Run(name, func(t *testing.T) { neverTwiceAtOnce(t, open(t)) })
	}
}

func twoHandles(t *testing.T, isolation string) (two [2]*db.DB) {
	address := testkit.PostgresAddress(t, modules(), isolation)
	for i := range two {
		d, err := db.Open(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { d.Close() })
		two[i] = d
	}
	return two
}

func neverTwiceAtOnce(t *testing.T, two [2]*db.DB) {
	n := 400
	if testing.Short() {
		n = 60
	}
	inside := make([]atomic.Int32, n)
	ran := make([]atomic.Int32, n)
	var by [2]atomic.Int32
	for i, d := range two {
		r := jobs.NewRegistry()
		jobs.On(r, "count", func(_ context.Context, _ jobs.Job, k int) error {
			if inside[k].Add(1) != 1 {
				t.Errorf("job %d runs twice at once", k)
			}
			time.Sleep(time.Millisecond)
			ran[k].Add(1)
			inside[k].Add(-1)
			by[i].Add(1)
			return nil
		})
		start(t, jobs.NewRunner(d, r, time.Now, silent(), jobs.Poll(time.Millisecond, 20*time.Millisecond)))
	}
	write(t, two[0], func(tx *db.Tx) error {
		for k := range n {
			if _, err := jobs.Enqueue(t.Context(), tx, "count", k); err != nil {
				return err
			}
		}
		return nil
	})
	eventually(t, "all jobs are done", func() bool {
		left, err := jobs.Counts(t.Context(), two[0])
		return err == nil && left == jobs.Tally{}
	})
	for k := range ran {
		if ran[k].Load() != 1 {
			t.Errorf("job %d ran %d times", k, ran[k].Load())
		}
	}
	t.Logf("%d and %d jobs", by[0].Load(), by[1].Load())
	if by[0].Load() == 0 || by[1].Load() == 0 {
		t.Error("one runner did everything")
	}
}

func TestPeriodicOncePerPeriod(t *testing.T) {
	testkit.EachIsolation(t, modules(), func(t *testing.T, d *db.DB) {
		c := newClock()
		var ran atomic.Int32
		for range 2 {
			r := jobs.NewRegistry()
			r.Every("sweep", time.Hour, func(context.Context) error { ran.Add(1); return nil })
			start(t, jobs.NewRunner(d, r, c.now, silent(), jobs.Poll(time.Millisecond, 10*time.Millisecond)))
		}
		for want := int32(1); want <= 4; want++ {
			eventually(t, "the run of the period", func() bool { return ran.Load() >= want })
			time.Sleep(60 * time.Millisecond)
			if ran.Load() != want {
				t.Fatalf("period %d: ran %d times", want, ran.Load())
			}
			c.pass(time.Hour)
		}
	})
}

// A program with another period must not wait for the old numbers to be reached.
func TestPeriodMayChange(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		c := newClock()
		ran := 0
		for _, every := range []time.Duration{time.Minute, 24 * time.Hour, 24 * time.Hour, time.Hour} {
			c.pass(24 * time.Hour)
			r, done := jobs.NewRegistry(), make(chan struct{})
			r.Every("sweep", every, func(context.Context) error { ran++; close(done); return nil })
			stop := start(t, jobs.NewRunner(d, r, c.now, silent()))
			<-done
			stop()
		}
		if ran != 4 {
			t.Errorf("ran %d times", ran)
		}
	})
}

func TestGracefulStop(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		g, r := newGate(), jobs.NewRegistry()
		g.register(r)
		jobs.On(r, "patient", func(ctx context.Context, _ jobs.Job, _ int) error {
			g.began <- struct{}{}
			<-ctx.Done()
			return ctx.Err()
		})
		run := jobs.NewRunner(d, r, time.Now, silent(), jobs.Grace(300*time.Millisecond), jobs.Workers(2))
		stop := start(t, run)
		enqueue(t, d, "slow", 1)
		enqueue(t, d, "patient", 1)
		enqueue(t, d, "slow", 2) // no worker is free for it
		run.Wake()
		<-g.began
		<-g.began
		stopped := make(chan struct{})
		go func() { stop(); close(stopped) }()
		select {
		case <-stopped:
			t.Fatal("did not wait for the running jobs")
		case <-time.After(100 * time.Millisecond):
		}
		close(g.goOn)
		<-stopped
		wantCounts(t, d, jobs.Tally{Waiting: 2}) // the patient one, and the one never begun
		var attempts int
		if err := d.Get(t.Context(), &attempts, `select max(attempts) from jobs`); err != nil || attempts != 0 {
			t.Errorf("the attempt cut short counts: %d, %v", attempts, err)
		}
	})
}

// However many wait, a claim is one search in the index.
func TestClaimUsesTheIndex(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		heap(t, d, 2000)
		explain := map[db.Engine]string{db.SQLite: "explain query plan ", db.Postgres: "explain "}[d.Engine()]
		for query, args := range map[string][]any{
			`select id from jobs where due_at <= ? order by due_at limit ?`:                   {int64(5), 4},
			`update jobs set holder = 'x' where id in (?, ?) and due_at <= ?`:                 {"a", "b", int64(5)},
			`delete from jobs where id = ? and holder = ? and again = false`:                  {"a", "b"},
			`select id, kind from jobs where state = 'parked' and id > ? order by id limit ?`: {"", 4},
		} {
			plan := planOf(t, d, explain+query, args)
			if strings.Contains(plan, "Seq Scan") || strings.Contains(plan, "SCAN jobs") || strings.Contains(plan, "Sort") || strings.Contains(plan, "TEMP B-TREE") {
				t.Errorf("%s\n%s", query, plan)
			}
		}
	})
}

func planOf(t *testing.T, d *db.DB, query string, args []any) (plan string) {
	t.Helper()
	err := d.Write(t.Context(), func(tx *db.Tx) error { // the writer may explain an update
		return tx.Each(t.Context(), func(scan func(...any) error) error {
			var line string
			var skip any
			dest := []any{&line}
			if d.Engine() == db.SQLite {
				dest = []any{&skip, &skip, &skip, &line}
			}
			err := scan(dest...)
			plan += fmt.Sprintln(line)
			return err
		}, query, args...)
	})
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// heap enqueues n jobs that nobody waits for.
func heap(t testing.TB, d *db.DB, n int) {
	t.Helper()
	for done := 0; done < n; done += 1000 {
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			for k := range min(1000, n-done) {
				if _, err := jobs.Enqueue(t.Context(), tx, "nothing", done+k); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func BenchmarkSQLite(b *testing.B)   { benchmark(b, testkit.SQLite(b, modules()), 0) }
func BenchmarkPostgres(b *testing.B) { benchmark(b, testkit.Postgres(b, modules(), ""), 0) }

// The same with 100 000 jobs waiting behind.
func BenchmarkSQLiteHeap(b *testing.B)   { benchmark(b, testkit.SQLite(b, modules()), 100_000) }
func BenchmarkPostgresHeap(b *testing.B) { benchmark(b, testkit.Postgres(b, modules(), ""), 100_000) }

// benchmark counts how many jobs that do nothing are claimed, run and deleted
// in a second.
func benchmark(b *testing.B, d *db.DB, behind int) {
	var left atomic.Int64
	left.Store(int64(b.N))
	done := make(chan struct{})
	r := jobs.NewRegistry()
	jobs.On(r, "nothing", func(context.Context, jobs.Job, int) error {
		if left.Add(-1) == 0 {
			close(done)
		}
		return nil
	})
	heap(b, d, b.N+behind)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	b.ResetTimer()
	go func() { jobs.NewRunner(d, r, time.Now, silent()).Run(ctx); close(ended) }()
	<-done
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "jobs/s")
	cancel()
	<-ended
}
