package geometry

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var argument = regexp.MustCompile(`\{(\w+)\}`)

// Every key the code spells has a message, and all languages hold the same keys with the same arguments.
func TestMessages(t *testing.T) {
	want := map[string]bool{}
	for _, file := range []string{"read.go", "check.go"} {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range regexp.MustCompile(`refuse\("(\w+)"`).FindAllSubmatch(source, -1) {
			want["geometry.refused."+string(found[1])] = true
		}
		for _, found := range regexp.MustCompile(`rd\.report\(\w+, "(\w+)"`).FindAllSubmatch(source, -1) {
			want["geometry.problem."+string(found[1])] = true
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
	args := argument.FindAllString(text, -1)
	slices.Sort(args)
	return args
}
