package assets

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Vendored files are exactly those of the list, byte for byte. Whoever edits one by
// hand, or adds one without saying where it comes from, learns it here.
func TestVendoredFilesAreListed(t *testing.T) {
	data, err := os.ReadFile("vendored.json")
	if err != nil {
		t.Fatal(err)
	}
	var list []struct {
		Path, Package, Version, License, Source, Transformation, SHA256, Integrity string
	}
	if err := json.Unmarshal(data, &list); err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	licensed := map[string]bool{}
	for _, v := range list {
		if listed[v.Path] {
			t.Errorf("%s is listed twice", v.Path)
		}
		listed[v.Path] = true
		if strings.HasPrefix(v.Source, "LICENSE") {
			licensed[v.Package] = true
		}
		for _, field := range []string{v.Package, v.Version, v.License, v.Source, v.Transformation, v.Integrity} {
			if field == "" {
				t.Errorf("%s: a field is empty: %+v", v.Path, v)
				break
			}
		}
		content, err := os.ReadFile(filepath.FromSlash(v.Path))
		if err != nil {
			t.Error(err)
			continue
		}
		sum := sha256.Sum256(content)
		if got := hex.EncodeToString(sum[:]); got != v.SHA256 {
			t.Errorf("%s has checksum %s, the list says %s; run: go run ./tools/vendor", v.Path, got, v.SHA256)
		}
	}
	for _, v := range list {
		if !licensed[v.Package] {
			t.Errorf("the license text of %s is not kept", v.Package)
		}
	}
	for _, dir := range []string{"vendor", "axe", "pdf"} {
		err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(p) == ".go" {
				return err
			}
			if !listed[filepath.ToSlash(p)] {
				t.Errorf("%s is not in vendored.json", p)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}
