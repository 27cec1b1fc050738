package search

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/testkit"
)

// TestSpeed measures what the figures of the issue promise. It makes 100 000
// documents, or as many as KLADKA_SEARCH_DOCS says, of fifty words, or
// KLADKA_SEARCH_WORDS, and runs when
// KLADKA_SEARCH_SPEED is set; it takes minutes.
func TestSpeed(t *testing.T) {
	if os.Getenv("KLADKA_SEARCH_SPEED") == "" {
		t.Skip("KLADKA_SEARCH_SPEED is not set")
	}
	n := 100_000
	if text := os.Getenv("KLADKA_SEARCH_DOCS"); text != "" {
		n, _ = strconv.Atoi(text)
	}
	engines := map[string]func() *db.DB{
		"sqlite":   func() *db.DB { return testkit.SQLite(t, modules) },
		"postgres": func() *db.DB { return testkit.Postgres(t, modules, "") },
	}
	for _, name := range []string{"sqlite", "postgres"} {
		if only := os.Getenv("KLADKA_SEARCH_ONLY"); only != "" && only != name {
			continue
		}
		t.Run(name, func(t *testing.T) { measure(t, engines[name](), n) })
	}
}

func measure(t *testing.T, d *db.DB, n int) {
	h := newHouse(t, d)
	began := time.Now()
	fill(t, h, n)
	took := time.Since(began)
	t.Logf("%d documents indexed in %v: %.0f a second", n, took.Round(time.Millisecond), float64(n)/took.Seconds())
	if name := d.Name(); name == "postgres" {
		if err := d.Write(t.Context(), func(tx *db.Tx) error { _, err := tx.Exec(t.Context(), `analyze`); return err }); err != nil {
			t.Fatal(err)
		}
	}
	began = time.Now()
	if err := h.tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Logf("tidied in %v", time.Since(began).Round(time.Millisecond))
	r := h.find(Query{Text: "rare1 rare2"})
	var docids []int64
	err := d.Select(t.Context(), &docids, `select docid from search_docs order by print limit 20`)
	if err != nil {
		t.Fatal(err)
	}
	f := finder{Service: h.Service}
	byID := usage(t, d, 200, func(ctx context.Context) error { _, err := f.docs(ctx, docids); return err })
	t.Logf("20 rows by id: %s", byID)
	for _, q := range []Query{
		{Text: "rare1 rare2"}, {Text: "rare1 rare2", Audience: []string{"person:x", "inst:1", "inst:2", "role:teacher", "role:head"}},
		{Text: "rare1 rare2", Kind: "institution"},
		{Text: "half1 rare1"}, {Text: "half1 half2"}, {Text: "half1 half2", Kind: "offer"}, {Text: "rare1"}, {Text: "nosuchword rare1"},
	} {
		r = h.find(q)
		u := usage(t, d, 50, func(ctx context.Context) error { _, err := h.Find(ctx, q); return err })
		t.Logf("%-16s %-12s %2d keys: %6d found %-5t %s = %.1f x 20 rows (wall %.1f x)", q.Text, q.Kind, len(q.Audience), r.Total, r.Over, u,
			float64(u.cpu)/float64(byID.cpu), float64(u.wall)/float64(byID.wall))
	}
}

type spent struct{ wall, cpu time.Duration }

func (s spent) String() string {
	return fmt.Sprintf("%v wall, %v CPU", s.wall.Round(time.Microsecond), s.cpu.Round(time.Microsecond))
}

// usage is the time of one of many runs, the median of the wall. CPU is that of
// this process, and of the server's where PostgreSQL runs on this machine.
func usage(t *testing.T, d *db.DB, runs int, f func(ctx context.Context) error) spent {
	t.Helper()
	pids := servers()
	var walls []time.Duration
	before := cpu(pids)
	for range runs {
		began := time.Now()
		if err := f(t.Context()); err != nil {
			t.Fatal(err)
		}
		walls = append(walls, time.Since(began))
	}
	used := cpu(pids) - before
	slices.Sort(walls)
	return spent{walls[len(walls)/2], used / time.Duration(runs)}
}

func cpu(pids []string) time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	total := time.Duration(u.Utime.Nano() + u.Stime.Nano())
	for _, pid := range pids {
		data, err := os.ReadFile("/proc/" + pid + "/schedstat")
		if err != nil {
			continue
		}
		ns, _ := strconv.ParseInt(strings.Fields(string(data))[0], 10, 64)
		total += time.Duration(ns)
	}
	return total
}

// servers are the processes of PostgreSQL that work for a test database.
func servers() []string {
	var out []string
	all, _ := os.ReadDir("/proc")
	for _, e := range all {
		line, err := os.ReadFile("/proc/" + e.Name() + "/cmdline")
		if err == nil && strings.HasPrefix(string(line), "postgres:") && strings.Contains(string(line), "kladka_test_") {
			out = append(out, e.Name())
		}
	}
	return out
}

// fill indexes documents of fifty words: of a long tail, two that stand in half
// of all documents and two that stand together in some of one in a hundred.
func fill(t *testing.T, h *house, n int) {
	t.Helper()
	chance := rand.New(rand.NewPCG(1, 2))
	zipf := rand.NewZipf(chance, 1.1, 20, 50_000)
	kinds, size := []string{"topic", "institution", "offer"}, 50
	if text := os.Getenv("KLADKA_SEARCH_WORDS"); text != "" {
		size, _ = strconv.Atoi(text)
	}
	made := map[string]Doc{}
	for _, k := range h.kinds {
		i := slices.IndexFunc(h.kinds, func(o Kind) bool { return o.Name == k.Name })
		h.kinds[i].Load = func(_ context.Context, ids []string) ([]Doc, error) {
			var out []Doc
			for _, id := range ids {
				out = append(out, made[id])
			}
			return out, nil
		}
	}
	for at := 0; at < n; at += 3000 {
		clear(made)
		byKind := map[string][]string{}
		for i := at; i < min(at+3000, n); i++ {
			d := doc(kinds[i%3], fmt.Sprintf("0198c0de-0000-7000-8000-%012d", i), "", "")
			var words []string
			for range size - 6 {
				words = append(words, "slowo"+strconv.FormatUint(zipf.Uint64(), 36))
			}
			d.Title = strings.Join(words[:6], " ")
			for _, w := range []string{"half1", "half2"} {
				if chance.IntN(2) == 0 {
					words = append(words, w)
				}
			}
			if chance.IntN(100) == 0 {
				words = append(words, "rare1")
				if chance.IntN(2) == 0 {
					words = append(words, "rare2")
					d.Title += " rare1 rare2"
				}
			} else if chance.IntN(200) == 0 {
				words = append(words, "rare2")
			}
			d.Body = strings.Join(words[6:], " ")
			d.Date = time.Date(2020, 1, 1+chance.IntN(2500), 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
			d.Facets = map[string][]string{"gmina": {strconv.Itoa(chance.IntN(15))}}
			if chance.IntN(100) < 3 {
				d.Audience = []string{"person:" + strconv.Itoa(chance.IntN(1000)), "inst:" + strconv.Itoa(chance.IntN(100))}
			}
			made[d.ID] = d
			byKind[d.Kind] = append(byKind[d.Kind], d.ID)
		}
		if n > 200_000 || size < 50 {
			fillFast(t, h, made, byKind)
			continue
		}
		err := h.d.Write(t.Context(), func(tx *db.Tx) error {
			for k, ids := range byKind {
				if err := Touch(t.Context(), tx, k, ids...); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		h.drain()
	}
}

// fillFast writes documents as the jobs do, without the queue and without
// counting words, many at once: for numbers that would take an hour otherwise.
func fillFast(t *testing.T, h *house, made map[string]Doc, byKind map[string][]string) {
	t.Helper()
	err := h.d.Write(t.Context(), func(tx *db.Tx) error {
		for _, k := range h.kinds {
			var docs []Doc
			for _, id := range byKind[k.Name] {
				docs = append(docs, made[id])
			}
			var put []entry
			for _, e := range h.entries(k, byKind[k.Name], docs) {
				put = append(put, e)
			}
			for batch := range slices.Chunk(put, 500) {
				if err := place(t.Context(), tx, k, batch); err != nil {
					return err
				}
			}
			slices.SortFunc(put, func(a, b entry) int { return cmp.Compare(a.docid, b.docid) })
			if err := putDocs(t.Context(), tx, put); err != nil {
				return err
			}
			if err := h.index.put(t.Context(), tx, put); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
