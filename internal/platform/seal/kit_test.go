package seal

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

var info = []byte("round 7, definition 3")

func made(t testing.TB, need, of int) (Public, []Share) {
	t.Helper()
	p, shares, err := Make(need, of)
	if err != nil {
		t.Fatal(err)
	}
	return p, shares
}

// joined is a key of two of three with its Opener.
func joined(t testing.TB) (Public, *Opener) {
	t.Helper()
	p, shares := made(t, 2, 3)
	o, err := Join(p, shares[0], shares[2])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.Close)
	return p, o
}

func sealed(t testing.TB, p Public, size int, words string) []byte {
	t.Helper()
	e, err := p.Seal(info, size, []byte(words))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// fails wants a fault with the key and, where one is given, the argument.
func fails(t testing.TB, err error, kind fault.Kind, key string, args ...any) {
	t.Helper()
	f := fault.As(err)
	if f == nil || f.Kind != kind || f.Key != key {
		t.Fatalf("got %v, want %s", err, key)
	}
	for i := range args {
		if i >= len(f.Args) || f.Args[i] != args[i] {
			t.Fatalf("%s: got %v, want %v", key, f.Args, args)
		}
	}
}

// TestVersionOne opens what the first version sealed. These texts lie printed
// in drawers: whatever changes in this package or in Go, they must open.
func TestVersionOne(t *testing.T) {
	var old struct {
		Public             Public
		Shares             []string
		Info, Words        string
		Sealed             []byte
		Fingerprint, Check string
	}
	data, err := os.ReadFile("testdata/version1.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &old); err != nil {
		t.Fatal(err)
	}
	if got := old.Public.Fingerprint(); got != old.Fingerprint {
		t.Errorf("fingerprint %s, was %s", got, old.Fingerprint)
	}
	if got := Digest(old.Sealed); got != old.Check {
		t.Errorf("digest %s, was %s", got, old.Check)
	}
	var shares []Share
	for _, text := range old.Shares {
		s, err := ParseShare(text)
		if err != nil {
			t.Fatal(err)
		}
		if s.Text() != text {
			t.Errorf("share %d is written differently now", s.No)
		}
		shares = append(shares, s)
	}
	o, err := Join(old.Public, shares[2], shares[1])
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	words, err := o.Open([]byte(old.Info), old.Sealed)
	if err != nil || string(words) != old.Words {
		t.Errorf("%q, %v", words, err)
	}
}

func TestMessages(t *testing.T) {
	c, err := i18n.Load(Messages)
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range c.Check() {
		t.Error(fault)
	}
	used := map[string]bool{}
	files, _ := filepath.Glob("*.go")
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`fault\.New\(fault\.\w+, "([a-z_.]+)"`).FindAllSubmatch(source, -1) {
			used[string(m[1])] = true
		}
	}
	for key := range used {
		if !c.Has(key) {
			t.Error("no text for", key)
		}
	}
	for _, key := range c.In(i18n.PL).Keys() {
		if !used[key] {
			t.Error("used nowhere:", key)
		}
	}
}
