// Vendor makes the vendored assets anew from their npm packages, those for the
// browser and the fonts of printed papers:
//
//	go run ./tools/vendor
//
// It reads assets/vendored.json, fetches each package with npm pack, copies the
// listed files, and writes the list back with fresh checksums. To move to another
// version, change "version" in the list, empty "integrity", run it, and read the diff.
//
// It needs npm, and pyftsubset (of fonttools, with its brotli module) to cut fonts.
// Without pyftsubset a cut font is left as committed, and a message says so.
package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const (
	root = "assets"
	list = root + "/vendored.json"
)

// vendored is one file of the list. Its fields are written in this order.
type vendored struct {
	Path           string `json:"path"` // below assets
	Package        string `json:"package"`
	Version        string `json:"version"`
	License        string `json:"license"`
	Source         string `json:"source"` // path within the package
	Transformation string `json:"transformation"`
	Unicodes       string `json:"unicodes,omitempty"` // what a cut font keeps
	SHA256         string `json:"sha256"`             // of the committed file
	Integrity      string `json:"integrity"`          // of the package, as npm writes it
}

func (v vendored) spec() string { return v.Package + "@" + v.Version }

// pack is a downloaded npm package.
type pack struct {
	integrity string
	files     map[string][]byte
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("vendor: ")
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	files, err := readList()
	if err != nil {
		return err
	}
	tmp, err := os.MkdirTemp("", "kladka-vendor-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)

	packs := map[string]pack{}
	for i := range files {
		v := &files[i]
		p, ok := packs[v.spec()]
		if !ok {
			if p, err = fetch(v.spec(), tmp); err != nil {
				return err
			}
			packs[v.spec()] = p
		}
		if err := update(v, p, tmp); err != nil {
			return fmt.Errorf("%s: %w", v.Path, err)
		}
	}
	return writeList(files)
}

// update writes one file and notes its checksum. A published version never changes,
// so another content than the one we know is either an accident or an attack.
func update(v *vendored, p pack, tmp string) error {
	if v.Integrity != "" && v.Integrity != p.integrity {
		return fmt.Errorf("%s has integrity %s, the list says %s", v.spec(), p.integrity, v.Integrity)
	}
	content, ok := p.files[v.Source]
	if !ok {
		return fmt.Errorf("%s has no file %s", v.spec(), v.Source)
	}
	target := filepath.Join(root, filepath.FromSlash(v.Path))
	if v.Unicodes == "" {
		v.Transformation = "none"
	} else {
		cut, err := subset(content, v.Unicodes, filepath.Ext(v.Path), tmp)
		if errors.Is(err, exec.ErrNotFound) {
			log.Printf("%s: kept as committed, for pyftsubset is not installed", v.Path)
			cut, err = os.ReadFile(target)
		}
		if err != nil {
			return err
		}
		content = cut
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o777); err != nil {
		return err
	}
	if err := os.WriteFile(target, content, 0o666); err != nil {
		return err
	}
	sum := sha256.Sum256(content)
	v.SHA256 = hex.EncodeToString(sum[:])
	v.Integrity = p.integrity
	return nil
}

// fetch downloads a package with npm pack, which runs none of its scripts.
func fetch(spec, dir string) (pack, error) {
	cmd := exec.Command("npm", "pack", "--silent", "--pack-destination", dir, spec)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return pack{}, fmt.Errorf("npm pack %s: %w", spec, err)
	}
	tarball, err := os.ReadFile(filepath.Join(dir, strings.TrimSpace(string(out))))
	if err != nil {
		return pack{}, err
	}
	files, err := unpack(tarball)
	if err != nil {
		return pack{}, fmt.Errorf("%s: %w", spec, err)
	}
	sum := sha512.Sum512(tarball)
	return pack{"sha512-" + base64.StdEncoding.EncodeToString(sum[:]), files}, nil
}

// unpack returns the files of an npm tarball. All of them lie in one folder, mostly
// but not always called "package", which is left out of their names.
func unpack(tarball []byte) (map[string][]byte, error) {
	gz, err := gzip.NewReader(bytes.NewReader(tarball))
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for tr := tar.NewReader(gz); ; {
		h, err := tr.Next()
		if err == io.EOF {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		_, name, _ := strings.Cut(h.Name, "/")
		if files[name], err = io.ReadAll(tr); err != nil {
			return nil, err
		}
	}
}

// subset cuts a font down to the given characters. The result depends a little on the
// versions of fonttools and brotli, which is why it is committed and not built. The
// ending of the file says the form: .woff2 for browsers, .ttf for printed papers,
// which know neither instructions for screens nor layout tables.
func subset(font []byte, unicodes, ext, dir string) ([]byte, error) {
	in, out := filepath.Join(dir, "in"+ext), filepath.Join(dir, "out"+ext)
	if err := os.WriteFile(in, font, 0o666); err != nil {
		return nil, err
	}
	// Of the names only the copyright stays. The license reserves the name of the
	// font to the unchanged font, and browsers go by the name in our style anyway.
	args := []string{in, "--unicodes=" + unicodes, "--name-IDs=0,13,14", "--output-file=" + out}
	if ext == ".woff2" {
		args = append(args, "--flavor=woff2")
	} else {
		args = append(args, "--no-hinting", "--layout-features=", "--drop-tables+=DSIG,GDEF,GPOS,GSUB,MATH,STAT", "--no-recalc-timestamp")
	}
	cmd := exec.Command("pyftsubset", args...)
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("pyftsubset: %w", err)
	}
	return os.ReadFile(out)
}

func readList() ([]vendored, error) {
	data, err := os.ReadFile(list)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s is not here: run it from the root of the repository", list)
	}
	if err != nil {
		return nil, err
	}
	var files []vendored
	if err := json.Unmarshal(data, &files); err != nil {
		return nil, fmt.Errorf("%s: %w", list, err)
	}
	return files, nil
}

func writeList(files []vendored) error {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(files); err != nil {
		return err
	}
	return os.WriteFile(list, out.Bytes(), 0o666)
}
