package tally

import (
	"bytes"
	"encoding/csv"
	"maps"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What the folder of real elections holds.
const (
	realFileCount = 24
	realRecorded  = 13 // of these the winners that were recorded are those of greedy
)

// realNames are the names of the files in the folder, without ".pb".
func realNames(t testing.TB) []string {
	t.Helper()
	readShared(t, "index.csv") // or skip
	files, err := filepath.Glob(filepath.Join(sharedFolder, "*.pb"))
	if err != nil || len(files) != realFileCount {
		t.Fatalf("%d files of real elections, want %d: %v", len(files), realFileCount, err)
	}
	for i, file := range files {
		files[i] = strings.TrimSuffix(filepath.Base(file), ".pb")
	}
	return files
}

// realFiles are the files of real elections by their names, as the index of their
// folder describes them. Every file stands in the index, and nothing else does.
func realFiles(t testing.TB) map[string]map[string]string {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(readShared(t, "index.csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]map[string]string{}
	for _, row := range rows[1:] {
		file := map[string]string{}
		for i, name := range rows[0] {
			file[name] = row[i]
		}
		files[file["file"]] = file
	}
	if diff := cmp.Diff(realNames(t), slices.Sorted(maps.Keys(files))); diff != "" || len(files) != len(rows)-1 {
		t.Fatalf("in the folder -, in its index, of %d rows, +:\n%s", len(rows)-1, diff)
	}
	return files
}

// Every real file is read without a warning, says what its index says, and its
// declared votes and scores are those of its ballots. It is published, read
// again, and counted with the same outcome.
func TestRealFiles(t *testing.T) {
	files, ran, recorded := realFiles(t), 0, 0
	for _, name := range realNames(t) {
		t.Run(name, func(t *testing.T) {
			e, file := realElection(t, name+".pb"), files[name]
			ran++
			if len(e.Warnings) > 0 {
				t.Error("warned of", e.Warnings)
			}
			got := []string{strconv.Itoa(e.Voters()), strconv.Itoa(len(e.Projects)), e.Amount(e.Budget), string(e.Type)}
			if diff := cmp.Diff([]string{file["votes"], file["projects"], file["budget"], file["vote_type"]}, got); diff != "" {
				t.Error(diff)
			}
			checkDeclared(t, e)
			checkPublished(t, e)
			if strings.HasPrefix(file["plain_greedy_vs_selected"], "greedy:same") {
				checkRecorded(t, e)
				recorded++
			}
		})
	}
	if ran == realFileCount && recorded != realRecorded {
		t.Errorf("the winners of %d files were compared with what is recorded, want %d", recorded, realRecorded)
	}
}

func checkDeclared(t *testing.T, e *Election) {
	t.Helper()
	named := e.named()
	for i, p := range e.Projects {
		if p.Votes != named[i] {
			t.Errorf("project %s declares %d votes and has %d", p.ID, p.Votes, named[i])
		}
		if p.Score != Unsaid && p.Score != e.Score(i) {
			t.Errorf("project %s declares the score %d and has %d", p.ID, p.Score, e.Score(i))
		}
	}
}

// checkRecorded compares the winners of the greedy rule with those recorded.
func checkRecorded(t *testing.T, e *Election) {
	t.Helper()
	out := mustCount(t, e, Rule{Name: Greedy})
	won := slices.Sorted(slices.Values(out.Winners))
	var recorded []int
	for i, p := range e.Projects {
		if p.Selected == 1 {
			recorded = append(recorded, i)
		}
	}
	if diff := cmp.Diff(ids(e, recorded), ids(e, won)); diff != "" {
		t.Error(diff)
	}
}

func checkPublished(t *testing.T, e *Election) {
	t.Helper()
	text := publish(t, e)
	again, err := Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal("published and read again:", err)
	}
	if publish(t, again) != text {
		t.Error("published twice, it is not the same")
	}
	for _, rule := range []Rule{{Name: Greedy}, {Name: EqualShares, Utility: UtilityPoints}} {
		before, after := e.Report(mustCount(t, e, rule)), again.Report(mustCount(t, again, rule))
		if diff := cmp.Diff(before, after); diff != "" {
			t.Error(rule.Name, diff)
		}
	}
}

// An election in memory is small beside its file: 130 000 ballots must not
// trouble a small server.
func TestLiveHeap(t *testing.T) {
	text := readShared(t, "Poland_Krakow_2024.pb")
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	e, err := Parse(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if live := int64(after.HeapAlloc) - int64(before.HeapAlloc); live > 2*int64(len(text)) {
		t.Errorf("%d bytes are alive for a file of %d", live, len(text))
	}
	runtime.KeepAlive(text)
	runtime.KeepAlive(e)
}
