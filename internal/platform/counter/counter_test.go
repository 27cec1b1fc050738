package counter_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"kladka/internal/platform/counter"
	"kladka/internal/platform/db"
	"kladka/internal/schema"
	"kladka/internal/testkit"
)

func modules() []schema.Module {
	return []schema.Module{{Name: "counter", Files: counter.Migrations}}
}

// next takes a number in a transaction of its own.
func next(t *testing.T, d *db.DB, name string) (n int64, err error) {
	t.Helper()
	err = d.Write(t.Context(), func(tx *db.Tx) error {
		n, err = counter.Next(t.Context(), tx, name)
		return err
	})
	return n, err
}

func raise(t *testing.T, d *db.DB, name string, least int64) error {
	t.Helper()
	return d.Write(t.Context(), func(tx *db.Tx) error { return counter.Raise(t.Context(), tx, name, least) })
}

func wantNext(t *testing.T, d *db.DB, name string, want int64) {
	t.Helper()
	if n, err := next(t, d, name); err != nil || n != want {
		t.Errorf("next of %q is %d, want %d (%v)", name, n, want, err)
	}
}

func wantCurrent(t *testing.T, r db.Reader, name string, want int64) {
	t.Helper()
	if n, err := counter.Current(t.Context(), r, name); err != nil || n != want {
		t.Errorf("last of %q is %d, want %d (%v)", name, n, want, err)
	}
}

func TestSeries(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		t.Run("refuses", func(t *testing.T) { refuses(t, d) })
		t.Run("each goes its own way", func(t *testing.T) {
			wantCurrent(t, d, "KR/2026", 0)
			wantNext(t, d, "KR/2026", 1)
			wantNext(t, d, "KR/2026", 2)
			wantNext(t, d, "KR/2027", 1)
			wantNext(t, d, "kr/2026", 1)
			wantCurrent(t, d, "KR/2026", 2)
		})
		t.Run("a failed transaction never happened", func(t *testing.T) { rolledBack(t, d) })
		t.Run("old numbers", func(t *testing.T) { raised(t, d) })
		t.Run("taken back", func(t *testing.T) { lowered(t, d) })
	})
}

func refuses(t *testing.T, d *db.DB) {
	for _, name := range []string{"", strings.Repeat("x", 201)} {
		if _, err := next(t, d, name); !errors.Is(err, counter.ErrName) {
			t.Errorf("next of a name of %d bytes: %v", len(name), err)
		}
		if err := raise(t, d, name, 5); !errors.Is(err, counter.ErrName) {
			t.Errorf("raise of a name of %d bytes: %v", len(name), err)
		}
	}
	if err := raise(t, d, "slip", counter.Most+1); !errors.Is(err, counter.ErrFull) {
		t.Errorf("raised too far: %v", err)
	}
	wantCurrent(t, d, "slip", 0)
	if err := raise(t, d, "full", counter.Most); err != nil {
		t.Fatal(err)
	}
	if _, err := next(t, d, "full"); !errors.Is(err, counter.ErrFull) {
		t.Errorf("a number above the most: %v", err)
	}
	wantCurrent(t, d, "full", counter.Most)
}

func rolledBack(t *testing.T, d *db.DB) {
	wantNext(t, d, "r", 1)
	boom := errors.New("boom")
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		for want := range int64(3) {
			if n, err := counter.Next(t.Context(), tx, "r"); err != nil || n != want+2 {
				t.Errorf("inside: %d, %v", n, err)
			}
		}
		wantCurrent(t, tx, "r", 4)
		if _, err := counter.Next(t.Context(), tx, "never"); err != nil {
			t.Error(err)
		}
		return boom
	})
	if !errors.Is(err, boom) {
		t.Fatal(err)
	}
	wantCurrent(t, d, "never", 0)
	wantNext(t, d, "r", 2)
}

func raised(t *testing.T, d *db.DB) {
	for _, step := range []struct{ least, current int64 }{{40, 40}, {7, 40}, {40, 40}, {0, 40}, {-3, 40}, {41, 41}} {
		if err := raise(t, d, "old", step.least); err != nil {
			t.Fatal(err)
		}
		wantCurrent(t, d, "old", step.current)
	}
	wantNext(t, d, "old", 42)
	if err := raise(t, d, "none", 0); err != nil {
		t.Fatal(err)
	}
	wantNext(t, d, "none", 1)
}

func lower(t *testing.T, d *db.DB, name string, from, to int64) (lowered bool, err error) {
	t.Helper()
	err = d.Write(t.Context(), func(tx *db.Tx) error {
		lowered, err = counter.Lower(t.Context(), tx, name, from, to)
		return err
	})
	return lowered, err
}

func lowered(t *testing.T, d *db.DB) {
	if _, err := lower(t, d, "", 2, 1); !errors.Is(err, counter.ErrName) {
		t.Errorf("without a name: %v", err)
	}
	if err := raise(t, d, "low", 40); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		from, to int64
		lowered  bool
		current  int64
	}{{39, 12, false, 40}, {41, 12, false, 40}, {40, 40, false, 40}, {40, 41, false, 40}, {40, -1, false, 40}, {40, 12, true, 12}, {40, 12, false, 12}, {12, 0, true, 0}} {
		if got, err := lower(t, d, "low", step.from, step.to); err != nil || got != step.lowered {
			t.Errorf("from %d to %d: %v, %v", step.from, step.to, got, err)
		}
		wantCurrent(t, d, "low", step.current)
	}
	wantNext(t, d, "low", 1)
	if got, err := lower(t, d, "nobody", 5, 1); err != nil || got {
		t.Errorf("a series that is not there: %v, %v", got, err)
	}
}

// TestAtOnce lets many take numbers at the same time, while some of them think
// better of it and an importer raises the series meanwhile to where it is anyway.
func TestAtOnce(t *testing.T) {
	const people, each = 8, 9
	testkit.EachIsolation(t, modules(), func(t *testing.T, d *db.DB) {
		boom := errors.New("boom")
		var mu sync.Mutex
		var got []int64
		var all sync.WaitGroup
		for p := range people {
			all.Go(func() {
				for i := range each {
					fails := (p+i)%3 == 0
					var mine int64
					err := d.Write(t.Context(), func(tx *db.Tx) (err error) {
						if mine, err = counter.Next(t.Context(), tx, "s"); err == nil && fails {
							err = boom
						}
						return err
					})
					if fails != errors.Is(err, boom) || !fails && err != nil {
						t.Errorf("fails %v: %v", fails, err)
					}
					if err == nil {
						mu.Lock()
						got = append(got, mine)
						mu.Unlock()
					}
				}
			})
		}
		all.Go(func() {
			if err := raise(t, d, "s", 1); err != nil {
				t.Error(err)
			}
		})
		all.Wait()
		slices.Sort(got)
		for i, n := range got {
			// An importer who came first took the number 1 for an old paper.
			if n-got[0] != int64(i) || got[0] > 2 {
				t.Fatalf("a gap or a double: %v", got)
			}
		}
		if want := people * each * 2 / 3; len(got) != want {
			t.Errorf("%d numbers, want %d", len(got), want)
		}
		wantCurrent(t, d, "s", got[len(got)-1])
	})
}
