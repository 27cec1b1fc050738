package tally

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What is read can be published, read again, and is the same; and no file
// brings a count to spend more than its budget.
func FuzzParse(f *testing.F) {
	samples, err := filepath.Glob(filepath.Join("testdata", "*.pb"))
	if err != nil || len(samples) == 0 {
		f.Fatal("no samples", err)
	}
	for _, name := range samples {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
		f.Add(strings.ReplaceAll(strings.ReplaceAll(string(text), "\r", ""), "\n", "\r\n"))
		f.Add(strings.ReplaceAll(string(text), ";", "\";\""))
		f.Add(string(text[:len(text)*2/3]))
	}
	f.Add(good)
	f.Fuzz(func(t *testing.T, text string) {
		e, err := Parse(strings.NewReader(text))
		if err != nil {
			if err.Error() == "" {
				t.Error("refused without a word")
			}
			return
		}
		first := publish(t, e)
		again, err := Parse(strings.NewReader(first))
		if err != nil {
			t.Fatalf("published and refused: %v\n%s", err, first)
		}
		if second := publish(t, again); second != first {
			t.Fatalf("published twice:\n%s\n%s", first, second)
		}
		if out := mustCount(t, e, Rule{Name: Greedy}); out.Cost > e.Budget {
			t.Errorf("spent %d of %d", out.Cost, e.Budget)
		}
	})
}
