package registerapi

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Every key the code spells has a message, and all languages hold the same keys with the same arguments.
func TestMessages(t *testing.T) {
	want := map[string]bool{}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range regexp.MustCompile(`(?:failed\("|registerapi\.failed\.)([a-z_]+)"`).FindAllSubmatch(source, -1) {
			want["registerapi.failed."+string(found[1])] = true
		}
	}
	polish := readMessages(t, "pl")
	for _, lang := range []string{"pl", "en", "uk"} {
		texts := readMessages(t, lang)
		if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(texts))); diff != "" {
			t.Error(lang, diff)
		}
		for key, text := range texts {
			if diff := cmp.Diff(arguments(polish[key]), arguments(text)); diff != "" {
				t.Error(lang, key, diff)
			}
		}
	}
}

func readMessages(t *testing.T, lang string) (texts map[string]string) {
	data, err := os.ReadFile("messages/" + lang + ".json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &texts); err != nil {
		t.Fatal(lang, err)
	}
	return texts
}

func arguments(text string) []string {
	args := regexp.MustCompile(`\{(\w+)\}`).FindAllString(text, -1)
	slices.Sort(args)
	return args
}
