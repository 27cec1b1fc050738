package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"kladka/internal/access"
	"kladka/internal/app"
	"kladka/internal/demo"
	"kladka/internal/platform/db"
	"kladka/internal/platform/i18n"
)

// stormSize is how many sign in at once, half of them with a wrong password.
const stormSize = 2000

const stormPassword = "mostek nad potokiem"

// storms lets many people sign in at once and looks how long others wait.
func storms(ctx context.Context, t *table) error {
	h, err := stormHouse(ctx)
	if err != nil {
		return err
	}
	defer h.stop()
	cookie, err := signIn(h.base+"/konto/zaloguj", url.Values{"email": {stormEmail(0)}, "password": {stormPassword}}, "192.0.2.1")
	if err != nil {
		return err
	}
	for _, calm := range []bool{true, false} {
		if err := stormOnce(t, h, cookie, calm); err != nil {
			return err
		}
	}
	return nil
}

func stormOnce(t *table, h *house, cookie string, calm bool) error {
	runtime.GC()
	before := memory("VmRSS")
	os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) //nolint:errcheck // begins VmHWM anew, where it may
	size := stormSize
	if calm {
		size = 0
	}
	var out bytes.Buffer
	c := exec.Command(os.Args[0], "storm", h.base, cookie, strconv.Itoa(size))
	c.Stdout, c.Stderr = &out, os.Stderr
	if err := c.Run(); err != nil {
		return err
	}
	var told weather
	if err := json.Unmarshal(out.Bytes(), &told); err != nil {
		return err
	}
	if calm {
		t.add("no storm: a stranger's page, p99", told.Stranger.p99(), "–")
		t.add("no storm: a page of somebody signed in, p99", told.Known.p99(), "–")
		return nil
	}
	t.add(fmt.Sprintf("%d sign-ins at once: in / wrong / told to wait / other", stormSize), fmt.Sprintf("%d / %d / %d / %d", told.In, told.Wrong, told.TooMany, told.Other), "other: 0")
	t.add("storm: all answered in", fmt.Sprintf("%.1f s", told.Seconds), "–")
	t.add("storm: the slowest sign-in answered in", fmt.Sprintf("%.1f s", told.Slowest), "–")
	t.add("storm: a stranger's page, p99", told.Stranger.p99(), "300 ms")
	t.add("storm: a page of somebody signed in, p99", told.Known.p99(), "300 ms")
	t.add("storm: memory before, at most", fmt.Sprintf("%d MB, %d MB", before, memory("VmHWM")), "250 MB")
	return nil
}

func stormEmail(i int) string { return fmt.Sprintf("osoba.%d@example.org", i) }

// stormHouse holds real accounts with one password, behind a proxy, so that
// everybody can come from a network of their own.
func stormHouse(ctx context.Context) (*house, error) {
	d, dir, _, err := openFile(ctx)
	if err != nil {
		return nil, err
	}
	return openOn(ctx, d, dir, app.Settings{Proxied: true}, func(h *house) error {
		err := h.db.Write(ctx, func(tx *db.Tx) error { return h.app.Directory().Save(ctx, tx, demo.Many(metropolisSize, 7)) })
		if err != nil {
			return err
		}
		first, err := h.app.Access().AddPerson(ctx, access.System(), access.NewPerson{Name: "Osoba Pierwsza", Email: stormEmail(0), Password: stormPassword,
			Lang: i18n.PL, Roles: []access.Held{{Role: access.Teacher, Institution: access.NewInstitutionID()}}})
		if err != nil {
			return err
		}
		return h.db.Write(ctx, func(tx *db.Tx) error {
			for i := 1; i < stormSize; i++ {
				_, err := tx.Exec(ctx, `insert into access_people (id, name, sort_key, email, login, password, lang, demo, created_at)
					select ?, name, sort_key, ?, ?, password, lang, demo, created_at from access_people where id = ?`, access.NewPersonID(), stormEmail(i), stormEmail(i), first)
				if err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// memory reads a line of what the system knows of this process, in MB.
func memory(line string) int {
	status, err := os.ReadFile(filepath.Join("/proc/self", "status"))
	m := regexp.MustCompile(line + `:\s+(\d+) kB`).FindSubmatch(status)
	if err != nil || m == nil {
		return -1
	}
	kB, _ := strconv.Atoi(string(m[1]))
	return kB / 1000
}

// weather is what the process that makes the storm has seen.
type weather struct {
	In, Wrong, TooMany, Other int
	Seconds, Slowest          float64
	Stranger, Known           waits
}

type waits []time.Duration

func (w waits) p99() string {
	if len(w) == 0 {
		return "no page came"
	}
	slices.Sort(w)
	return fmt.Sprintf("%d ms (%d pages)", w[len(w)*99/100].Milliseconds(), len(w))
}

// storm is the second process: it signs in and reads pages.
func storm(args []string) error {
	base, cookie := args[0], args[1]
	n, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	var w weather
	over := make(chan struct{})
	var readers sync.WaitGroup
	readers.Go(func() { w.Stranger = read(base, "", over) })
	readers.Go(func() { w.Known = read(base, cookie, over) })
	began := time.Now()
	w.signIns(base, n)
	if n == 0 {
		time.Sleep(5 * time.Second)
	}
	w.Seconds = time.Since(began).Seconds()
	close(over)
	readers.Wait()
	return json.NewEncoder(os.Stdout).Encode(w)
}

func (w *weather) signIns(base string, n int) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	var mu sync.Mutex
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			began := time.Now()
			status := tryIn(client, base, i)
			mu.Lock()
			defer mu.Unlock()
			w.Slowest = max(w.Slowest, time.Since(began).Seconds())
			switch status {
			case http.StatusSeeOther:
				w.In++
			case http.StatusUnprocessableEntity:
				w.Wrong++
			case http.StatusTooManyRequests, http.StatusServiceUnavailable:
				w.TooMany++
			default:
				w.Other++
			}
		})
	}
	all.Wait()
}

func tryIn(client *http.Client, base string, i int) int {
	password := stormPassword
	if i%2 == 1 {
		password = "cudze haslo na probe"
	}
	form := url.Values{"email": {stormEmail(i)}, "password": {password}}
	req, err := http.NewRequest(http.MethodPost, base+"/konto/zaloguj", strings.NewReader(form.Encode()))
	if err != nil {
		return 0
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("X-Forwarded-For", fmt.Sprintf("198.51.%d.%d", i/250, i%250+1))
	res, err := client.Do(req)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 0
	}
	defer res.Body.Close()
	io.Copy(io.Discard, res.Body) //nolint:errcheck // only the status counts
	return res.StatusCode
}

// read asks for a page twenty times a second until it is over.
func read(base, cookie string, over <-chan struct{}) (w waits) {
	client := &http.Client{Transport: &http.Transport{DisableCompression: true}}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-over:
			return w
		case <-tick.C:
		}
		began := time.Now()
		if err := readOnce(client, base, cookie); err != nil {
			fmt.Fprintln(os.Stderr, err)
			continue
		}
		w = append(w, time.Since(began))
	}
}

func readOnce(client *http.Client, base, cookie string) error {
	req, err := http.NewRequest(http.MethodGet, base+"/instytucje", nil)
	if err != nil {
		return err
	}
	req.Header.Set("X-Forwarded-For", "192.0.2.1")
	if cookie != "" {
		req.Header.Set("Cookie", cookie)
	}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return errors.New(res.Status)
	}
	return nil
}
