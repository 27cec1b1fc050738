package register

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

func messages(t *testing.T, lang string) map[string]string {
	t.Helper()
	data, err := os.ReadFile("messages/" + lang + ".json")
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	if err := json.Unmarshal(data, &texts); err != nil {
		t.Fatal(lang, err)
	}
	return texts
}

var argument = regexp.MustCompile(`\{(\w+)\}`)

func arguments(text string) []string {
	args := argument.FindAllString(text, -1)
	slices.Sort(args)
	return slices.Compact(args)
}

func TestLanguagesHoldTheSameKeysAndArguments(t *testing.T) {
	polish := messages(t, "pl")
	for _, lang := range []string{"en", "uk"} {
		other := messages(t, lang)
		if diff := cmp.Diff(slices.Sorted(maps.Keys(polish)), slices.Sorted(maps.Keys(other))); diff != "" {
			t.Error(lang, diff)
		}
		for key, text := range polish {
			if diff := cmp.Diff(arguments(text), arguments(other[key])); diff != "" || strings.TrimSpace(other[key]) == "" {
				t.Error(lang, key, diff)
			}
		}
	}
}

// Every key that the code can produce has a message, and no message is left over.
func TestEveryKeyHasAMessage(t *testing.T) {
	want := map[string]bool{}
	for _, code := range Types() {
		want["type."+string(code)] = true
	}
	for _, code := range RunningKinds() {
		want["running."+string(code)] = true
	}
	for _, name := range Fields() {
		want["field."+name] = true
	}
	for _, l := range layouts() { // what a shape states is named in problems, also where Compare does not watch it
		for _, name := range l.states {
			want["field."+name] = true
		}
		want["shape."+string(l.shape)] = true
	}
	for _, key := range []string{"level.note", "level.warning", "level.error", "change.new", "change.changed",
		"change.closed", "change.reopened", "change.vanished", "public.public", "public.nonpublic",
		"specialist.speech_therapist", "specialist.psychologist", "specialist.pedagogue"} {
		want[key] = true
	}
	for key := range keysInSource(t) {
		want[key] = true
	}
	have := slices.Sorted(maps.Keys(messages(t, "pl")))
	if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), have); diff != "" {
		t.Error(diff)
	}
}

// keysInSource finds the keys as the code spells them.
func keysInSource(t *testing.T) map[string]bool {
	problems := regexp.MustCompile(`(?:report\((?:child|parent|first|r|Note|Warning|Error), (?:(?:Note|Warning|Error), )?"?\w*"?,|` +
		`drop\((?:Warning|Error|level), \w*"?\w*"?,|problem\((?:blame|Problem\{.*\}),|key =|register\.problem\.)\s*"?([a-z0-9_]+)"`)
	keys := map[string]bool{}
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
		for _, found := range problems.FindAllSubmatch(source, -1) {
			keys["register.problem."+string(found[1])] = true
		}
		for _, found := range regexp.MustCompile(`refuse\("([a-z0-9_]+)"`).FindAllSubmatch(source, -1) {
			keys["register.refused."+string(found[1])] = true
		}
	}
	for _, magic := range magics {
		keys["register.refused."+magic.key] = true
	}
	return keys
}
