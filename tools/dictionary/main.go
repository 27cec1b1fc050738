// Dictionary makes the data of internal/platform/search/polish anew from the npm
// package dictionary-pl:
//
//	go run ./tools/dictionary
//
// It fetches the package with npm pack, checks that it is the one we know, keeps
// the rules for endings and the words that consist of letters only, sorts the
// words (so that they pack better), and writes rules.aff.gz, words.dic.gz and
// their checksums. The same package gives the same bytes.
//
// To move to another version, change the two constants below, look into the
// package's license for a change, write data/NOTICE anew if there is one, and run
// the tests: lists of pairs say how well words are understood.
package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"kladka/internal/platform/i18n"
)

const (
	spec      = "dictionary-pl@2.0.0"
	integrity = "sha512-jg1j4DM12i6oyp34Re5UeVYZAh2u4Y0Qi8zUfLVQjRmUQA8PsHO41ShoZLDwcQm7mWfeTeZjDPLv9wygPdqj3Q==" // of the package, as npm writes it
	target    = "internal/platform/search/polish/data"
)

func main() {
	log.SetFlags(0)
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	files, err := fetch()
	if err != nil {
		return err
	}
	rules, words := files["package/index.aff"], files["package/index.dic"]
	if rules == nil || words == nil {
		return errors.New("the package has no index.aff or no index.dic")
	}
	var sums strings.Builder
	for _, f := range []struct {
		name  string
		lines []string
	}{{"rules.aff.gz", keepRules(string(rules))}, {"words.dic.gz", keepWords(string(words))}} {
		sum, err := write(f.name, f.lines)
		if err != nil {
			return err
		}
		fmt.Fprintf(&sums, "%x  %s\n", sum, f.name)
	}
	return os.WriteFile(filepath.Join(target, "SHA256SUMS"), []byte(sums.String()), 0o644)
}

// keepRules keeps what makes forms, without the padding.
func keepRules(text string) []string {
	var kept []string
	for line := range strings.Lines(text) {
		cells := strings.Fields(line)
		if len(cells) > 0 && (cells[0] == "SFX" || cells[0] == "PFX") {
			kept = append(kept, strings.Join(cells, " "))
		}
	}
	return kept
}

// keepWords keeps words of two letters and more that fold letter by letter: no
// hyphens, dots, digits or apostrophes, since searching splits words there.
func keepWords(text string) []string {
	var kept []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		word, _, _ := strings.Cut(line, "/")
		letters := utf8.RuneCountInString(word)
		folded := i18n.Fold(word)
		if letters >= 2 && letters <= 64 && len(folded) == letters && strings.Trim(folded, "abcdefghijklmnopqrstuvwxyz") == "" {
			kept = append(kept, line)
		}
	}
	slices.Sort(kept)
	return slices.Compact(kept)
}

// write packs the lines as well as gzip can, with no time or name inside, and
// gives the checksum.
func write(name string, lines []string) ([sha256.Size]byte, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return [sha256.Size]byte{}, err
	}
	if _, err := io.WriteString(z, strings.Join(lines, "\n")+"\n"); err != nil {
		return [sha256.Size]byte{}, err
	}
	if err := z.Close(); err != nil {
		return [sha256.Size]byte{}, err
	}
	fmt.Printf("%s: %d lines, %d bytes\n", name, len(lines), b.Len())
	return sha256.Sum256(b.Bytes()), os.WriteFile(filepath.Join(target, name), b.Bytes(), 0o644)
}

// fetch unpacks the npm package in memory.
func fetch() (map[string][]byte, error) {
	dir, err := os.MkdirTemp("", "dictionary")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	cmd := exec.Command("npm", "pack", "--silent", "--pack-destination", dir, spec)
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("npm pack %s: %w", spec, err)
	}
	found, err := filepath.Glob(filepath.Join(dir, "*.tgz"))
	if err != nil || len(found) != 1 {
		return nil, fmt.Errorf("npm pack %s left %d files", spec, len(found))
	}
	file, err := os.ReadFile(found[0])
	if err != nil {
		return nil, err
	}
	sum := sha512.Sum512(file)
	if got := "sha512-" + base64.StdEncoding.EncodeToString(sum[:]); got != integrity {
		return nil, fmt.Errorf("%s is %s, not the package we know", spec, got)
	}
	return untar(bytes.NewReader(file))
}

func untar(r io.Reader) (map[string][]byte, error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for t := tar.NewReader(z); ; {
		h, err := t.Next()
		if err == io.EOF {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		if files[h.Name], err = io.ReadAll(t); err != nil {
			return nil, err
		}
	}
}
