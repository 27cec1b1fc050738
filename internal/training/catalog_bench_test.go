package training

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/directory/register"
	"kladka/internal/platform/db"
	"kladka/internal/platform/i18n"
	"kladka/internal/testkit"
)

// TestCatalogSpeed measures what the figures of the issue promise: the CPU of
// the server for a page of the catalog, against a bare handler that writes the
// same bytes, asked by a second process. It runs when KLADKA_TRAINING_SPEED is
// set, and takes minutes. KLADKA_TRAINING_POSTGRES=1 measures that one.
func TestCatalogSpeed(t *testing.T) {
	if os.Getenv("KLADKA_TRAINING_SPEED") == "" {
		t.Skip("KLADKA_TRAINING_SPEED is not set")
	}
	open := func() *db.DB {
		if os.Getenv("KLADKA_TRAINING_POSTGRES") != "" {
			return testkit.Postgres(t, modules, "")
		}
		return testkit.SQLite(t, modules)
	}
	small, large := newKit(t, open()), newKit(t, open())
	small.many(10_000)
	large.many(100_000)
	for _, p := range []struct{ name, path, aim string }{
		{"list, counts kept", CatalogPath, "8x"},
		{"one filter, counts computed", CatalogPath + "?gmina=" + city, "30x"},
		{"three filters", CatalogPath + "?forma=workshop&rola=teacher&bezplatne=1", "30x"},
		{"words", CatalogPath + "?q=matematyka", "30x"},
		{"free seats", CatalogPath + "?wolne=1", "–"},
		{"past", CatalogPath + "?kiedy=dawne", "8x"},
		{"month", monthPath + "?miesiac=2026-12&forma=lecture", "–"},
		{"map", mapPath, "–"},
	} {
		ratio, each := small.against(p.path)
		t.Logf("%-28s %.1f x bare (%v), aim %s", p.name, ratio, each.Round(time.Microsecond), p.aim)
	}
	var a, b time.Duration
	small.page(CatalogPath) // reads the roll
	large.page(CatalogPath)
	for range 5 {
		a, b = a+small.cost(small.served(), CatalogPath), b+large.cost(large.served(), CatalogPath)
	}
	t.Logf("unfiltered, 100 000 / 10 000: %.2f x, aim 1.5x", float64(b)/float64(a))
	for _, k := range []*kit{small, large} {
		began := time.Now()
		k.offered.roll = nil
		_, err := k.rollNow(t.Context())
		k.ok(err)
		whole := time.Since(began)
		k.announced(9, "Nowe", nil)
		began = time.Now()
		r, err := k.rollNow(t.Context())
		k.ok(err)
		t.Logf("%d trainings: read whole in %v, after one change in %v", len(r.entries), whole.Round(time.Millisecond), time.Since(began).Round(time.Microsecond))
	}
}

// many fills the offer: a fifth of it comes, the rest is past.
func (k *kit) many(n int) {
	words := strings.Fields("matematyka czytanie ruch lekcja szkoła ocena klasa praca zespół dziecko muzyka przyroda historia język obraz")
	roles := []access.Role{access.Teacher, access.SchoolHead, access.SchoolSpecialist}
	start := k.now.Unix()
	for at := 0; at < n; at += 1000 {
		k.ok(k.db.Write(k.t.Context(), func(tx *db.Tx) error {
			for i := at; i < min(at+1000, n); i++ {
				begins := start + int64(i%5+1)*86400*int64(1+i%300)/5 + int64(i)*60
				state := Published
				if i%5 > 0 {
					begins, state = start-int64(i)*3600, Closed
				}
				w := Whole{Training: Training{Center: k.center, Form: Forms()[i%6], State: state, Lang: i18n.PL, Capacity: 20, QuotaBy: ByPlace, Payer: Nobody,
					Title:   fmt.Sprintf("%s i %s, część %d", words[i%15], words[i/15%15], i%7),
					Summary: strings.Repeat("Spotkanie o tym, jak "+words[i/3%15]+" pomaga. ", 3), Mode: OnSite, Place: "ul. Lubelska 23", Municipality: city,
					Paper: Certificate, CreatedAt: start - 86400*30, ChangedAt: start - 86400*30 - int64(i)*60, PublishedAt: start - 86400*20},
					Meetings: []Meeting{{No: 1, StartsAt: begins, EndsAt: begins + 6*3600, Hours: 8}}, Topics: []string{[]string{maths, algebra, reading}[i%3]}}
				if i%4 == 0 {
					w.Price, w.Payer, w.Mode = 12000, School, Online
				}
				if i%3 == 0 {
					w.Municipality, w.Eligible = town, Eligible{Roles: roles[:1+i%3], Schools: []directory.Kind{directory.Kind(register.Primary)}}
				}
				if _, err := k.Insert(k.t.Context(), tx, k.officer, w); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	if k.db.Name() == "postgres" {
		k.ok(k.db.Write(k.t.Context(), func(tx *db.Tx) error { _, err := tx.Exec(k.t.Context(), `analyze`); return err }))
	}
}

const clientVariable = "KLADKA_TRAINING_CLIENT"

// TestCatalogClient is the second process.
func TestCatalogClient(t *testing.T) {
	url, count, found := strings.Cut(os.Getenv(clientVariable), " ")
	if !found {
		t.Skip("not the second process")
	}
	n, _ := strconv.Atoi(count)
	c := &http.Client{Transport: &http.Transport{DisableCompression: true}}
	for range n {
		res, err := c.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Fatal(url, res.StatusCode)
		}
	}
}

const requests = 300

// served serves the kit's pages.
func (k *kit) served() string { return serve(k.t, k.shell) }

func serve(t testing.TB, h http.Handler) string {
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

// cost is the CPU of this process for one of many requests of another.
func (k *kit) cost(base, path string) time.Duration {
	k.t.Helper()
	before := usedCPU()
	c := exec.Command(os.Args[0], "-test.run=^TestCatalogClient$")
	c.Env = append(os.Environ(), clientVariable+"="+base+path+" "+strconv.Itoa(requests))
	if out, err := c.CombinedOutput(); err != nil {
		k.t.Fatalf("%v: %s", err, out)
	}
	return (usedCPU() - before) / requests
}

func usedCPU() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// against is the median of five rounds.
func (k *kit) against(path string) (ratio float64, each time.Duration) {
	k.t.Helper()
	page := k.get(path)
	body := page.Body.Bytes()
	bare := serve(k.t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", page.Header().Get("Content-Type"))
		_, _ = w.Write(body)
	}))
	base := k.served()
	var ratios []float64
	var costs []time.Duration
	for range 5 {
		b, p := k.cost(bare, ""), k.cost(base, path)
		ratios, costs = append(ratios, float64(p)/float64(b)), append(costs, p)
	}
	slices.Sort(ratios)
	slices.Sort(costs)
	return ratios[2], costs[2]
}
