package directory

import (
	"bytes"
	"fmt"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"kladka/internal/testkit"
)

// country is an invented register of n rows in the layout of the register's
// export; in the later one, every tenth row is renamed.
func country(n int, later bool) []byte {
	var b bytes.Buffer
	b.WriteString(sampleHead)
	for i := range n {
		name := fmt.Sprintf("SZKOŁA PODSTAWOWA NR %d IM. JANA ZMYŚLONEGO W WYMYŚLONCE", i)
		if later && i%10 == 0 {
			name += " DRUGIEJ"
		}
		r := sampleRow{rspo: 100_000 + i, kind: "Szkoła podstawowa", name: name, code: fmt.Sprintf("%06d2", 120601+i%19), town: "Liszki", runner: "GMINA LISZKI", status: "Gmina"}
		b.WriteString(r.line() + "\n")
	}
	return b.Bytes()
}

// BenchmarkCountry compares a register of 60 000 rows with an empty directory,
// takes it in, compares a later one, takes that in and undoes it. It tells the
// time of each and the most memory in use beyond that at the start.
func BenchmarkCountry(b *testing.B) {
	const rows = 60_000
	s, ctx := writeService(b, testkit.SQLite(b, writeModules)), b.Context()
	first, later := country(rows, false), country(rows, true)
	measure := func(what string, f func() error) {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		start, done := m.HeapAlloc, make(chan struct{})
		var most atomic.Uint64
		go func() {
			for {
				select {
				case <-done:
					return
				case <-time.After(50 * time.Millisecond):
					var m runtime.MemStats
					runtime.ReadMemStats(&m)
					most.Store(max(most.Load(), m.HeapAlloc))
				}
			}
		}()
		began, busy := time.Now(), cpuTime()
		err := f()
		close(done)
		if err != nil {
			b.Fatal(what, err)
		}
		b.Logf("%s: %.1f s, %.1f s CPU, %d MB more at most", what, time.Since(began).Seconds(), (cpuTime() - busy).Seconds(), (int64(most.Load())-int64(start))>>20)
	}
	for range b.N {
		var one, two Import
		measure("difference with nothing", func() (err error) {
			one, err = s.Preview(ctx, officer, "a.csv", bytes.NewReader(first))
			return err
		})
		measure("take in", func() error { _, err := s.Apply(ctx, officer, one.ID, true); return err })
		measure("difference of 6 000", func() (err error) {
			two, err = s.Preview(ctx, officer, "b.csv", bytes.NewReader(later))
			return err
		})
		if two.Changed != rows/10 || two.New+two.Closed != 0 {
			b.Fatalf("got %+v", ReportOf(two))
		}
		measure("take in 6 000", func() error { _, err := s.Apply(ctx, officer, two.ID, true); return err })
		measure("undo 6 000", func() error { _, err := s.Undo(ctx, officer, two.ID); return err })
		measure("the same file again", func() error { _, err := s.Preview(ctx, officer, "a.csv", bytes.NewReader(first)); return err })
	}
}

// cpuTime is what the process has worked so far: other than the clock it does
// not count the neighbors on a shared machine.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
