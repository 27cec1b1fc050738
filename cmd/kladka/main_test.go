package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

const sample = "../../internal/directory/register/testdata/smk-2022.csv"

// command runs the program and returns what it printed.
func command(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := run(context.Background(), args, &out, io.Discard)
	return out.String(), err
}

func must(t *testing.T, args ...string) string {
	t.Helper()
	out, err := command(t, args...)
	if err != nil {
		t.Fatalf("kladka %s: %v", strings.Join(args, " "), err)
	}
	return out
}

func TestImport(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "when", "missing")
	numbers := func(args ...string) map[string]int {
		var n map[string]int
		if err := json.Unmarshal([]byte(must(t, append([]string{"import", "rspo", sample, "--json", "--data", dir}, args...)...)), &n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	shown := numbers()
	for _, key := range []string{"read", "new", "changed", "closed", "problems"} {
		if _, ok := shown[key]; !ok {
			t.Errorf("no %q in %v", key, shown)
		}
	}
	if shown["new"] == 0 || numbers()["new"] != shown["new"] {
		t.Errorf("without --apply something changed: %v", shown)
	}
	if got := numbers("--apply"); got["new"] != shown["new"] {
		t.Errorf("applied %v, shown %v", got, shown)
	}
	if got := numbers("--apply"); got["new"] != 0 || got["changed"] != 0 || got["closed"] != 0 {
		t.Errorf("the same import again changes something: %v", got)
	}
	t.Setenv("LC_ALL", "pl_PL.UTF-8")
	if out := must(t, "import", "rspo", sample, "--data", dir); !strings.Contains(out, "Niczego nie zmieniono") {
		t.Errorf("in Polish: %s", out)
	}
}

func TestImportRefuses(t *testing.T) {
	dir := t.TempDir()
	zip := filepath.Join(dir, "rejestr.csv")
	if err := os.WriteFile(zip, []byte("PK\x03\x04 not a register"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := command(t, "import", "rspo", zip, "--data", dir, "--apply")
	if err == nil || strings.Contains(explain(err), "⟦") || strings.Contains(explain(err), "register.") {
		t.Errorf("a ZIP: %v, explained as %q", err, explain(err))
	}
	if _, err := command(t, "import", "rspo", filepath.Join(dir, "missing.csv"), "--data", dir); err == nil {
		t.Error("a missing file is taken")
	}
}

func TestConfig(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "kladka.json")
	if err := os.WriteFile(file, []byte(`{"operator": "Gmina Próbna", "rate": 7}`), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("KLADKA_LISTEN", "127.0.0.1:9999")
	out := must(t, "config", "--config", file, "--database", "postgres://anna:tajne@db.example/kladka")
	for _, want := range []string{`operator +Gmina Próbna +file`, `rate +7 +file`, `listen +127.0.0.1:9999 +environment KLADKA_LISTEN`, `database +postgres://anna:xxxxx@db.example/kladka +flag`, `tile-url +– +default`} {
		if !regexp.MustCompile(want).MatchString(out) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	for _, address := range []string{"postgres://anna:tajne@db.example/k", "postgres://db/k?user=anna&password=tajne", "host=db password=tajne"} {
		if out := must(t, "config", "--database", address); strings.Contains(out, "tajne") {
			t.Errorf("the password is shown: %s", out)
		}
	}
	for _, broken := range []string{`{"demo": "school"}`, `{"listten": "x"}`, `{`} {
		if err := os.WriteFile(file, []byte(broken), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := command(t, "config", "--config", file); err == nil {
			t.Errorf("settings %s are taken", broken)
		}
	}
}

func TestVersionAndMigrate(t *testing.T) {
	if out := must(t, "version"); !strings.HasPrefix(out, "kladka ") {
		t.Error(out)
	}
	dir := t.TempDir()
	if out := must(t, "migrate", "--data", dir); strings.HasPrefix(out, "0 ") {
		t.Error(out)
	}
	if out := must(t, "migrate", "--data", dir); !strings.HasPrefix(out, "0 ") {
		t.Errorf("twice: %s", out)
	}
}

func TestDemoRefusals(t *testing.T) {
	if _, err := command(t, "serve", "--demo", "--listen", "0.0.0.0:0", "--data", t.TempDir()); err == nil {
		t.Error("a demo listens to the world")
	}
	if _, err := command(t, "serve", "--demo=village", "--data", t.TempDir()); err == nil {
		t.Error("an unknown scale is taken")
	}
	real := t.TempDir()
	must(t, "import", "rspo", sample, "--apply", "--data", real)
	if _, err := command(t, "serve", "--demo", "--listen", "127.0.0.1:0", "--data", real); err == nil {
		t.Error("a real database takes --demo")
	}
	invented := t.TempDir()
	serving(t, func(base, _ string) {}, "serve", "--demo=school", "--listen", "127.0.0.1:0", "--data", invented)
	if _, err := command(t, "serve", "--listen", "127.0.0.1:0", "--data", invented); err == nil {
		t.Error("a demo starts without --demo")
	}
	if _, err := command(t, "import", "rspo", sample, "--apply", "--data", invented); err == nil {
		t.Error("the real register goes into a demo")
	}
	t.Setenv("KLADKA_DEMO", "school")
	serving(t, func(base, out string) {
		if !strings.Contains(out, "/konto/pierwsze/") {
			t.Errorf("the environment made a demo: %s", out)
		}
	}, "serve", "--listen", "127.0.0.1:0", "--data", t.TempDir())
}

// TestServe starts with an empty folder, uses the setup link and stops.
func TestServe(t *testing.T) {
	serving(t, func(base, out string) {
		link := regexp.MustCompile(`http://\S+/konto/pierwsze/\S+`).FindString(out)
		if link == "" {
			t.Fatalf("no setup link: %s", out)
		}
		for _, url := range []string{base + "/", link, base + "/zdrowie"} {
			res, err := http.Get(url)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode != http.StatusOK {
				t.Errorf("%s: %d", url, res.StatusCode)
			}
		}
	}, "serve", "--listen", "127.0.0.1:0", "--data", t.TempDir())
}

// serving runs a serve command, calls visit with its address and what it
// printed, then stops it and waits for a clean end.
func serving(t *testing.T, visit func(base, out string), args ...string) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	out := &safeBuffer{}
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, args, out, io.Discard) }()
	address := regexp.MustCompile(`http://127\.0\.0\.1:\d+`)
	deadline := time.After(time.Minute)
	for address.FindString(out.String()) == "" {
		select {
		case err := <-ended:
			t.Fatalf("ended: %v", err)
		case <-deadline:
			t.Fatal("does not start")
		case <-time.After(10 * time.Millisecond):
		}
	}
	time.Sleep(50 * time.Millisecond) // the setup link follows the address
	visit(address.FindString(out.String()), out.String())
	stop()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("stopped with %v", err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("does not stop")
	}
}

// safeBuffer is written by the program while the test reads it.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// What the vocabulary is exported as is taken in again without a difference; a
// new topic is shown, taken in and taken back.
func TestImportVocabulary(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(t.TempDir(), "tematy.csv")
	sheet := "kod;rodzaj;nadrzędny;nazwa_pl;nazwa_en;nazwa_uk\nmosty-szkolne;topic;;Mosty szkolne;School bridges;Шкільні мости\nzly;topic;nie-ma-takiego;Zły;Bad;Поганий\n"
	if err := os.WriteFile(file, []byte(sheet), 0o600); err != nil {
		t.Fatal(err)
	}
	look := func(more ...string) (r vocabularyReport) {
		t.Helper()
		if err := json.Unmarshal([]byte(must(t, append([]string{"import", "vocabulary", file, "--json", "--data", dir}, more...)...)), &r); err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := look(); r.New != 1 || r.Problems == 0 || r.Applied != 0 {
		t.Fatalf("shown: %+v", r)
	}
	if r := look("--apply"); r.Applied != 1 {
		t.Fatalf("applied: %+v", r)
	}
	if r := look(); r.New != 0 {
		t.Errorf("again: %+v", r)
	}
	if out, err := command(t, "import", "vocabulary", file+".nie-ma", "--data", dir); err == nil {
		t.Errorf("a file that is not there: %s", out)
	}
}

func TestFetchRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rspo.json")
	for name, args := range map[string][]string{
		"no address": {"import", "fetch", file}, "no https": {"import", "fetch", file, "--api", "http://example.org/api"},
		"a login inside": {"import", "fetch", file, "--api", "https://a:b@example.org/"},
	} {
		if out, err := command(t, args...); err == nil || strings.Contains(out, "a:b") {
			t.Errorf("%s: %v %s", name, err, out)
		}
		if _, err := os.Stat(file); err == nil {
			t.Errorf("%s: left a file", name)
		}
	}
}
