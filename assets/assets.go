// Package assets holds what the browser needs beside the pages: styles, scripts,
// fonts and pictures. They are embedded in the program, so that nothing is fetched
// from elsewhere, neither by the server nor by the visitor's browser.
//
// Every file is served under a name that holds a hash of its content. Browsers may
// then keep it for a year, and still see a change at once, because a changed file
// has another name. Templates ask for the name:
//
//	set.URL("kladka.css") // "/assets/kladka.1a2b3c4d5e.css"
//
// Files under vendor are copies of npm packages, listed with version, license and
// checksum in vendored.json. They are not edited by hand: go run ./tools/vendor
// makes them anew.
package assets

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
)

// Prefix is the path under which the assets are served.
const Prefix = "/assets/"

//go:embed css js img vendor
var embedded embed.FS

// Set is all assets, ready to be served. It may be used by many goroutines at once.
type Set struct {
	urls   map[string]string // by logical name, such as "kladka.css"
	hashed map[string]*file  // by served name, such as "kladka.1a2b3c4d5e.css"
}

// file is one asset in all the encodings in which it is served.
type file struct {
	contentType string
	hash        string
	plain       []byte
	brotli      func() []byte // nil when it would not be smaller than plain
	gzip        func() []byte // likewise
}

// Load reads the embedded files and names them by their content. An error means that
// the program was built from a broken tree.
func Load() (*Set, error) {
	return load(embedded)
}

// URL returns the path under which the file of that logical name is served. The
// logical name is the base name of the file, such as "htmx.min.js"; license texts
// are "leaflet-LICENSE.txt" and so on. It panics on an unknown name: names are
// written in our own templates, where a mistake is to be caught by the first test.
func (s *Set) URL(name string) string {
	u, ok := s.urls[name]
	if !ok {
		panic(fmt.Sprintf("assets: no file is named %q", name))
	}
	return u
}

func load(fsys fs.FS) (*Set, error) {
	contents, err := readAll(fsys)
	if err != nil {
		return nil, err
	}
	s := &Set{urls: map[string]string{}, hashed: map[string]*file{}}
	for name, content := range contents {
		if path.Ext(name) != ".css" {
			if err := s.add(name, content); err != nil {
				return nil, fmt.Errorf("assets: %s: %w", name, err)
			}
		}
	}
	// Styles go last and are hashed after the hashed names were put into them.
	// So a new font also means a new name for the style that uses it.
	for name, content := range contents {
		if path.Ext(name) == ".css" {
			if err := s.addStyle(name, content); err != nil {
				return nil, fmt.Errorf("assets: %s: %w", name, err)
			}
		}
	}
	return s, nil
}

// readAll returns the content of all files by logical name.
func readAll(fsys fs.FS) (map[string][]byte, error) {
	contents := map[string][]byte{}
	err := fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name := logicalName(p)
		if _, ok := contents[name]; ok {
			return fmt.Errorf("assets: two files are named %q", name)
		}
		contents[name], err = fs.ReadFile(fsys, p)
		return err
	})
	return contents, err
}

// logicalName is the base name, except for license texts: these are all called
// LICENSE, so they take the name of their folder. They are served because most
// licenses ask that their text go along with every copy, and a page is a copy.
func logicalName(p string) string {
	base := path.Base(p)
	if strings.HasPrefix(base, "LICENSE") {
		return path.Base(path.Dir(p)) + "-" + strings.TrimSuffix(base, ".txt") + ".txt"
	}
	return base
}

func (s *Set) add(name string, content []byte) error {
	ext := path.Ext(name)
	t, ok := types[ext]
	if !ok {
		return fmt.Errorf("no content type is known for %q", ext)
	}
	sum := sha256.Sum256(content)
	f := &file{contentType: t.contentType, plain: content, hash: hex.EncodeToString(sum[:5])}
	f.brotli, f.gzip = never, never
	if t.text {
		// Each form is made when it is first asked for, and once. To make all of
		// them takes a tenth of a second, too long for every command and test that
		// loads the set; and the gzip forms are hardly ever asked for.
		f.brotli = sync.OnceValue(func() []byte { return smaller(content, newBrotli) })
		f.gzip = sync.OnceValue(func() []byte { return smaller(content, newGzip) })
	}
	served := strings.TrimSuffix(name, ext) + "." + f.hash + ext
	s.urls[name] = Prefix + served
	s.hashed[served] = f
	return nil
}

// types is our own table, because that of package mime depends on the files of the
// machine on which the program runs.
var types = map[string]struct {
	contentType string
	text        bool // worth compressing: fonts and pictures are compressed already
}{
	".css":   {"text/css; charset=utf-8", true},
	".js":    {"text/javascript; charset=utf-8", true},
	".svg":   {"image/svg+xml", true},
	".txt":   {"text/plain; charset=utf-8", true},
	".png":   {"image/png", false},
	".woff2": {"font/woff2", false},
}

// smaller returns the compressed content, or nil when it is not smaller.
func smaller(content []byte, newWriter func(io.Writer) io.WriteCloser) []byte {
	var out bytes.Buffer
	w := newWriter(&out)
	// Writing to memory does not fail. If it did, plain would be served.
	if _, err := w.Write(content); err != nil {
		return nil
	}
	if err := w.Close(); err != nil || out.Len() >= len(content) {
		return nil
	}
	return out.Bytes()
}

func never() []byte { return nil }

// Quality 9 is within some percent of the best, which takes ten times as long.
func newBrotli(w io.Writer) io.WriteCloser {
	return brotli.NewWriterLevel(w, 9)
}

func newGzip(w io.Writer) io.WriteCloser {
	z, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		panic(err) // only an unknown level is an error
	}
	return z
}
