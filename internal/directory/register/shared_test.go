package register

import (
	"os"
	"path/filepath"
	"testing"
)

// sharedFile opens a file of the real data beside the repository, or skips: the data may not be copied into it.
func sharedFile(t testing.TB, name string) *os.File {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "..", "..", "shared", "data", "rspo", name))
	if err != nil {
		t.Skip("no shared data: ", err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

const testLimit = 16 << 20

func readShared(t testing.TB, name string) File {
	t.Helper()
	f, err := Read(sharedFile(t, name), testLimit)
	if err != nil {
		t.Fatal(err)
	}
	return f
}
