package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/app"
	"kladka/internal/demo"
	"kladka/internal/platform/db"
	"kladka/internal/schema"
)

// house is a program over a SQLite file in a temporary folder.
type house struct {
	app  *app.App
	db   *db.DB
	base string
	stop func()
}

func open(ctx context.Context, fill func(h *house) error) (*house, error) {
	dir, err := os.MkdirTemp("", "kladka-bench")
	if err != nil {
		return nil, err
	}
	d, err := db.Open(ctx, "sqlite:"+filepath.Join(dir, "kladka.db"))
	if err != nil {
		return nil, err
	}
	return openOn(ctx, d, dir, app.Settings{}, fill)
}

// openOn opens a house over a database; its folder goes when it stops.
func openOn(ctx context.Context, d *db.DB, dir string, set app.Settings, fill func(h *house) error) (*house, error) {
	return openAt(ctx, d, dir, set, time.Now, fill)
}

// openAt is openOn by another clock.
func openAt(ctx context.Context, d *db.DB, dir string, set app.Settings, now func() time.Time, fill func(h *house) error) (*house, error) {
	if _, err := schema.Migrate(ctx, d, app.Modules()); err != nil {
		return nil, err
	}
	set.Folder, set.Listen = dir, "127.0.0.1:8080"
	a, err := app.New(ctx, d, set, quiet, now)
	if err != nil {
		return nil, err
	}
	h := &house{app: a, db: d}
	if err := fill(h); err != nil {
		return nil, err
	}
	base, stop, err := served(a.Handler())
	if err != nil {
		return nil, err
	}
	h.base = base
	h.stop = func() { stop(); d.Close(); os.RemoveAll(dir) }
	return h, nil
}

// metropolis fills a house with n generated institutions.
func metropolis(ctx context.Context, n int) (*house, error) {
	return open(ctx, func(h *house) error {
		return h.db.Write(ctx, func(tx *db.Tx) error {
			return h.app.Directory().Save(ctx, tx, demo.Many(n, 7))
		})
	})
}

const metropolisSize, countrySize = 1649, 55_000

func pages(ctx context.Context, t *table) error {
	h, err := metropolis(ctx, metropolisSize)
	if err != nil {
		return err
	}
	defer h.stop()
	for _, p := range []struct{ name, path, aim string }{
		{"front page", "/", "4x"},
		{"institutions list, counts kept", "/instytucje", "8x"},
		{"institutions list, one filter, counts computed", "/instytucje?gmina=126101", "30x"},
		{"institutions list, text and filter", "/instytucje?q=szkola&gmina=126101", "30x"},
	} {
		for _, encoding := range []string{"", "gzip"} {
			ratio, each, err := against(h.base+p.path, encoding)
			if err != nil {
				return err
			}
			name, aim := p.name, p.aim
			if encoding != "" {
				name, aim = name+", compressed", "–"
			}
			t.add(name+" / bare handler", fmt.Sprintf("%s (%d µs)", times(ratio), each.Microseconds()), aim)
		}
	}
	return nil
}

func growth(ctx context.Context, t *table) error {
	small, err := metropolis(ctx, metropolisSize)
	if err != nil {
		return err
	}
	defer small.stop()
	large, err := metropolis(ctx, countrySize)
	if err != nil {
		return err
	}
	defer large.stop()
	const requests = 300
	var a, b time.Duration
	for range 3 {
		x, err1 := cost(small.base+"/instytucje", requests, "")
		y, err2 := cost(large.base+"/instytucje", requests, "")
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		a, b = a+x, b+y
	}
	t.add("unfiltered list, 55 000 / 1 649 institutions", times(float64(b)/float64(a)), "1.5x")
	for _, path := range []string{"/instytucje?gmina=126101", "/instytucje?q=wieliczka", "/instytucje?q=szkola", "/instytucje?q=szkola+podstawowa&rodzaj=primary", "/instytucje?rodzaj=kindergarten&prowadzi=gmina", "/instytucje?licz=zespoly&wedlug=organ&gmina=126101"} {
		each, err := cost(large.base+path, 40, "")
		if err != nil {
			return err
		}
		t.add("filtered list at 55 000: "+path, fmt.Sprintf("%.1f ms CPU", float64(each.Microseconds())/1000), "25 ms CPU")
	}
	return nil
}

// imports takes in 5 000 rows of the 2022 shape.
func imports(ctx context.Context, t *table) error {
	h, err := open(ctx, func(*house) error { return nil })
	if err != nil {
		return err
	}
	defer h.stop()
	file := registerFile(5000)
	began := time.Now()
	preview, err := h.app.Directory().Preview(ctx, access.System(), "bench.csv", bytes.NewReader(file))
	if err != nil {
		return err
	}
	compared := time.Since(began)
	if _, err := h.app.Directory().Apply(ctx, access.System(), preview.ID, true); err != nil {
		return err
	}
	t.add("import of 5 000 rows: difference and apply", fmt.Sprintf("%.2f s + %.2f s", compared.Seconds(), (time.Since(began)-compared).Seconds()), "3 s")
	return nil
}

// registerFile writes n invented rows in the shape of the reduced 2022 file.
func registerFile(n int) []byte {
	var b bytes.Buffer
	b.WriteString("rspo,regon,official_name,name,osm_amenity,isced,operator,operator_type,teryt_gmina6,powiat,gmina_file,smk_gmina,simc,city,street,sym_ul,house,postcode,lat,lon,website,note,fixme\n")
	for i := range n {
		fmt.Fprintf(&b, "%d,,Szkoła Podstawowa nr %d w Skawinie,Szkoła Podstawowa nr %d,school,1;2,Gmina Skawina,government,120611,krakowski,Skawina,Skawina,,Skawina,Szkolna,,%d,32-050,%.5f,%.5f,,,\n",
			8_000_000+i, i+1, i+1, i%200+1, 49.95+float64(i%100)/2000, 19.80+float64(i/100)/2000)
	}
	return b.Bytes()
}

// start measures the program itself: built, with data in place.
func start(_ context.Context, t *table) error {
	dir, err := os.MkdirTemp("", "kladka-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "kladka")
	if out, err := exec.Command("go", "build", "-o", binary, "./cmd/kladka").CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	const address = "127.0.0.1:18471"
	serve := func() (time.Duration, string, error) {
		began := time.Now()
		c := exec.Command(binary, "serve", "--demo", "--listen", address, "--data", filepath.Join(dir, "data"))
		if err := c.Start(); err != nil {
			return 0, "", err
		}
		defer func() { c.Process.Signal(os.Interrupt); c.Wait() }()
		for {
			if res, err := http.Get("http://" + address + "/"); err == nil {
				res.Body.Close()
				break
			}
			if time.Since(began) > time.Minute {
				return 0, "", errors.New("does not answer")
			}
			time.Sleep(5 * time.Millisecond)
		}
		took := time.Since(began)
		time.Sleep(3 * time.Second)
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.Process.Pid))
		rss := regexp.MustCompile(`VmRSS:\s+(\d+) kB`).FindSubmatch(status)
		if err != nil || rss == nil {
			return took, "unknown", err
		}
		return took, string(rss[1]), nil
	}
	first, _, err := serve()
	if err != nil {
		return err
	}
	t.add("first start: made, migrated, filled with the metropolis", fmt.Sprintf("%.2f s", first.Seconds()), "–")
	again, rss, err := serve()
	if err != nil {
		return err
	}
	t.add("cold start to first page with data in place", fmt.Sprintf("%.2f s", again.Seconds()), "1 s")
	t.add("idle memory (VmRSS)", rss+" kB", "60 MB")
	return nil
}

var assetLinks = regexp.MustCompile(`(?:href|src)="(/assets/[^"]+)"`)
var cssLinks = regexp.MustCompile(`url\("?([^")]+\.woff2)"?\)`)

// weight adds up the first view of a page: the page and what it links to.
// Fonts count whole, although a browser asks only for those it needs.
func weight(ctx context.Context, t *table) error {
	h, err := metropolis(ctx, metropolisSize)
	if err != nil {
		return err
	}
	defer h.stop()
	for _, p := range []struct{ path, aim string }{{"/", "100 kB"}, {"/instytucje", "100 kB"}, {"/gminy", "100 kB"}, {"/konto/zaloguj", "100 kB"}, {"/uprawnienia", "100 kB"}, {"/instytucje/mapa", "200 kB"}} {
		page, _, err := fetch(h.base+p.path, "gzip")
		if err != nil {
			return err
		}
		plain, _, err := fetch(h.base+p.path, "")
		if err != nil {
			return err
		}
		total := len(page)
		seen := map[string]bool{}
		for _, m := range assetLinks.FindAllStringSubmatch(string(plain), -1) {
			if seen[m[1]] {
				continue
			}
			seen[m[1]] = true
			asset, _, err := fetch(h.base+m[1], "br, gzip")
			if err != nil {
				return err
			}
			total += len(asset)
			if strings.HasSuffix(m[1], ".css") {
				css, _, err := fetch(h.base+m[1], "")
				if err != nil {
					return err
				}
				for _, f := range cssLinks.FindAllStringSubmatch(string(css), -1) {
					address := f[1]
					if !strings.HasPrefix(address, "/") {
						address = "/assets/" + address
					}
					if !seen[address] && !strings.Contains(address, "cyrillic") {
						seen[address] = true
						font, _, err := fetch(h.base+address, "")
						if err != nil {
							return err
						}
						total += len(font)
					}
				}
			}
		}
		t.add("first view on the wire: "+p.path, fmt.Sprintf("%.0f kB", float64(total)/1000), p.aim)
	}
	return nil
}
