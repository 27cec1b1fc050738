package browser

import (
	"os"
	"sync"
	"testing"

	"kladka/internal/testkit"
)

// shared is the one browser of a test binary, as long as a test uses it.
var shared struct {
	sync.Mutex
	browser *Browser
	users   int
}

// Start gives the test a browser, the Chromium that KLADKA_TEST_CHROMIUM names.
// Tests that run at once share it; the last one closes it, for a test binary has
// no other moment to remove the profile.
func Start(t testing.TB) *Browser {
	t.Helper()
	path := os.Getenv("KLADKA_TEST_CHROMIUM")
	if path == "" {
		testkit.Missing(t, "KLADKA_TEST_CHROMIUM is not set")
	}
	shared.Lock()
	defer shared.Unlock()
	if shared.users == 0 {
		b, err := Launch(path)
		if err != nil {
			t.Fatal(err)
		}
		shared.browser = b
	}
	shared.users++
	t.Cleanup(release)
	return shared.browser
}

func release() {
	shared.Lock()
	defer shared.Unlock()
	if shared.users--; shared.users == 0 {
		shared.browser.Close()
		shared.browser = nil
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
