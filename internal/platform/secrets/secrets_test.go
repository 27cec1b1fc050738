package secrets

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

func TestOpenMakesTheFileOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "keys.json")
	var wait sync.WaitGroup
	made := make([]*Keys, 8)
	for i := range made {
		wait.Go(func() {
			k, err := Open(path)
			if err != nil {
				t.Error(err)
				return
			}
			made[i] = k
		})
	}
	wait.Wait()
	for _, k := range made {
		if k == nil || !bytes.Equal(k.root, made[0].root) {
			t.Fatal("two processes that start at once hold different keys")
		}
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Error(left, err)
	}
}

func TestFileThatOthersReadIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.json")
	if _, err := Open(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); err == nil {
		t.Error("taken")
	}
}

func TestDamagedFileIsNotReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.json")
	for _, damaged := range []string{"", "{}", `{"root":"AAAA"}`, "not json"} {
		if err := os.WriteFile(path, []byte(damaged), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path); err == nil {
			t.Errorf("%q is taken", damaged)
		}
	}
}

func TestPurposesAndPartsAreKeptApart(t *testing.T) {
	k := New()
	if bytes.Equal(k.MAC("card", "ab", "c"), k.MAC("card", "a", "bc")) || bytes.Equal(k.MAC("card", "x"), k.MAC("mail", "x")) {
		t.Error("equal")
	}
	sealed := k.Seal("mail", "letter 1", []byte("treść"))
	if got, err := k.Unseal("mail", "letter 1", sealed); err != nil || string(got) != "treść" {
		t.Error(string(got), err)
	}
	for _, wrong := range [][2]string{{"mail", "letter 2"}, {"card", "letter 1"}} {
		if _, err := k.Unseal(wrong[0], wrong[1], sealed); err == nil {
			t.Errorf("%v opens it", wrong)
		}
	}
	if _, err := New().Unseal("mail", "letter 1", sealed); err == nil {
		t.Error("another installation opens it")
	}
}
