package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const boxFolder = "../../internal/budget/result/testdata/"

// TestTallyOpen opens an exported box with two files of shares and writes what may
// be published.
func TestTallyOpen(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	args := []string{"tally", "--open", boxFolder + "box.jsonl", "--share", boxFolder + "box.share1", "--share", boxFolder + "box.share3"}
	var pools []struct {
		Name        string
		Valid       int
		OutcomeHash string `json:"outcome_sha256"`
		PlainHash   string `json:"plain_sha256"`
		FileHash    string `json:"file_sha256"`
		Outcome     struct{ Winners []string }
	}
	if err := json.Unmarshal([]byte(must(t, append(args, "--json", "--out", out)...)), &pools); err != nil {
		t.Fatal(err)
	}
	if len(pools) != 2 || pools[0].Valid != 24 || pools[1].Valid != 3 || len(pools[0].Outcome.Winners) != 2 || pools[0].PlainHash != pools[0].OutcomeHash {
		t.Fatalf("%+v", pools)
	}
	file, err := os.ReadFile(filepath.Join(out, "glosy-1.pb"))
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(file); hex.EncodeToString(sum[:]) != pools[0].FileHash {
		t.Error("another file was written than was told")
	}
	if _, err := os.Stat(filepath.Join(out, "glosy-2.pb")); err == nil {
		t.Error("three ballots were written")
	}
	if _, err := command(t, append(args, "--out", out)...); err == nil {
		t.Error("a file that is there is overwritten")
	}
	table := must(t, args...)
	for _, want := range []string{"Cała szkoła", "24 envelopes", "2 projects win and cost 4900.00 of 5000.00.", pools[1].OutcomeHash, "may not win beside"} {
		if !strings.Contains(table, want) {
			t.Errorf("no %q in\n%s", want, table)
		}
	}
}

// TestTallyOpenRefuses: one line that says what is wrong, and nothing on the output.
func TestTallyOpenRefuses(t *testing.T) {
	t.Setenv("LC_ALL", "C")
	box, err := os.ReadFile(boxFolder + "box.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	file := func(text []byte) string {
		path := filepath.Join(t.TempDir(), "x")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	one, three := boxFolder+"box.share1", boxFolder+"box.share3"
	for want, args := range map[string][]string{
		"not downloaded whole": {file(box[:len(box)/2]), one, three},
		"SHA-256 is not":       {file(bytes.Replace(box, []byte("400000"), []byte("300000"), 1)), one, three},
		"no such file":         {boxFolder + "box.jsonl", one, "x"},
		"x: ":                  {boxFolder + "box.jsonl", one, file([]byte("bzdura"))},
		"given":                {boxFolder + "box.jsonl", one},
		"twice":                {boxFolder + "box.jsonl", one, one},
		"no sealed box":        {one, one, three},
		"no such file or dir":  {"missing.jsonl", one, three},
	} {
		line := []string{"tally", "--open", args[0]}
		for _, share := range args[1:] {
			line = append(line, "--share", share)
		}
		out, err := command(t, line...)
		if err == nil || out != "" {
			t.Errorf("%v: %v, printed %q", args, err, out)
			continue
		}
		if got := explain(err); !strings.Contains(got, want) {
			t.Errorf("%v: %q, want %q", args, got, want)
		}
	}
}

// TestAskShares types shares at a terminal: a slip is told, the same share again is
// refused, an end is one.
func TestAskShares(t *testing.T) {
	t.Setenv("LC_ALL", "C")
	one, err := os.ReadFile(boxFolder + "box.share1")
	if err != nil {
		t.Fatal(err)
	}
	three, err := os.ReadFile(boxFolder + "box.share3")
	if err != nil {
		t.Fatal(err)
	}
	var asked, out bytes.Buffer
	cmd := openCmd{Open: boxFolder + "box.jsonl"}
	typed := "\nbzdura\n\n" + strings.ToLower(string(one)) + "\n" + string(one) + string(three)
	if err := cmd.run(strings.NewReader(typed), &streams{&out, &asked}, false); err != nil {
		t.Fatal(err, asked.String())
	}
	if !strings.Contains(asked.String(), "Share 2 of 2") || !strings.Contains(asked.String(), "given already") || !strings.Contains(out.String(), "24 valid") {
		t.Error(asked.String())
	}
	if strings.Contains(asked.String()+out.String(), strings.TrimSpace(strings.Split(string(one), "\n")[1])) {
		t.Error("a share is printed")
	}
	err = cmd.run(strings.NewReader(string(one)), &streams{io.Discard, io.Discard}, false)
	if err == nil || !strings.Contains(err.Error(), "2 shares of the key are needed, 1 were given") {
		t.Error(err)
	}
}
