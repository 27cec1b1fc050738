package browser

import (
	"os"
	"sync"
	"testing"

	"kladka/internal/testkit"
)

// shared are the browsers of a test binary by their path, each as long as a
// test uses it.
var shared = struct {
	sync.Mutex
	running map[string]*running
}{running: map[string]*running{}}

type running struct {
	browser *Browser
	users   int
}

// Start gives the test a browser: the shell that KLADKA_TEST_CHROMIUM_SHELL
// names, or the Chromium of KLADKA_TEST_CHROMIUM where there is none. The shell
// is Chromium without windows, menus and extensions. It draws pages and obeys
// keys and the mouse with the same code, for less than a third of the time.
func Start(t testing.TB) *Browser {
	t.Helper()
	if path := os.Getenv("KLADKA_TEST_CHROMIUM_SHELL"); path != "" {
		return start(t, path)
	}
	return StartWhole(t)
}

// StartWhole gives the test the whole Chromium that people have, for what the
// shell does not do: keep a page whole and show it again on Back.
func StartWhole(t testing.TB) *Browser {
	t.Helper()
	path := os.Getenv("KLADKA_TEST_CHROMIUM")
	if path == "" {
		testkit.Missing(t, "KLADKA_TEST_CHROMIUM is not set")
	}
	return start(t, path)
}

// start shares a browser among tests that run at once; the last one closes it,
// for a test binary has no other moment to remove the profile.
func start(t testing.TB, path string) *Browser {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	r := shared.running[path]
	if r == nil {
		b, err := Launch(path)
		if err != nil {
			t.Fatal(err)
		}
		r = &running{browser: b}
		shared.running[path] = r
	}
	r.users++
	t.Cleanup(func() { release(path) })
	return r.browser
}

func release(path string) {
	shared.Lock()
	defer shared.Unlock()
	r := shared.running[path]
	if r.users--; r.users == 0 {
		r.browser.Close()
		delete(shared.running, path)
	}
}

// Open opens a page and closes it when the test ends.
func (b *Browser) Open(t testing.TB, url string, v View) *Tab {
	t.Helper()
	tab, err := b.Show(url, v)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tab.Close)
	return tab
}

// Must makes a check, and ends the test when the check could not be made.
func Must[T any](t testing.TB, check func() (T, error)) T {
	t.Helper()
	result, err := check()
	if err != nil {
		t.Fatal(err)
	}
	return result
}
