package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
)

// Search and the import of a country need the insides of their packages, so
// their figures are taken by tests there; here they are run and read.

var (
	indexedLine = regexp.MustCompile(`(\d+) documents indexed in \S+ (\d+) a second`)
	foundLine   = regexp.MustCompile(`: (\S+ \S+|\S+)\s+(topic|institution|offer)?\s+(\d+) keys:\s+(\d+) found .* = ([\d.]+) x 20 rows`)
	engineLine  = regexp.MustCompile(`=== RUN\s+TestSpeed/(\w+)`)
)

// finds measures questions over 100 000 documents, on PostgreSQL too when it is
// there (KLADKA_TEST_POSTGRES).
func finds(ctx context.Context, t *table) error {
	out, err := goTest(ctx, []string{"KLADKA_SEARCH_SPEED=1", "KLADKA_SEARCH_WORDS=25"}, "-v", "-timeout", "60m", "-run", "TestSpeed", "./internal/platform/search")
	if err != nil {
		return err
	}
	engine := ""
	for line := range strings.Lines(out) {
		if m := engineLine.FindStringSubmatch(line); m != nil {
			engine = m[1]
		}
		if m := indexedLine.FindStringSubmatch(line); m != nil {
			t.add("indexing in bulk, "+m[1]+" documents, "+engine, m[2]+" a second", "300")
		}
		if m := foundLine.FindStringSubmatch(line); m != nil {
			t.add(fmt.Sprintf("search %q %s, %s keys, %s found, %s / 20 rows by id (CPU)", m[1], m[2], m[3], m[4], engine), m[5]+"x", "10x for two words")
		}
	}
	return nil
}

// country reads, takes in and takes back a register of 60 000 institutions.
func country(ctx context.Context, t *table) error {
	out, err := goTest(ctx, nil, "-v", "-timeout", "60m", "-run", "^$", "-bench", "BenchmarkCountry", "-benchtime", "1x", "./internal/directory")
	if err != nil {
		return err
	}
	for line := range strings.Lines(out) {
		if strings.Contains(line, "Country") && strings.Contains(line, "/op") || strings.Contains(line, "CPU") {
			t.add("register of a country: "+strings.Join(strings.Fields(line), " "), "", "difference 20 s")
		}
	}
	return nil
}

func goTest(ctx context.Context, env []string, args ...string) (string, error) {
	c := exec.CommandContext(ctx, "go", append([]string{"test"}, args...)...)
	c.Env = append(os.Environ(), env...)
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, os.Stderr
	if err := c.Run(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out.String())
	}
	return out.String(), nil
}
