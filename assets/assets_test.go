package assets

import (
	"io/fs"
	"path"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

func mustLoad(t testing.TB, fsys fs.FS) *Set {
	t.Helper()
	s, err := load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// tree makes a file system from pairs of path and content.
func tree(pairs ...string) fstest.MapFS {
	m := fstest.MapFS{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	return m
}

func TestURL(t *testing.T) {
	s, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"kladka.css", "shell.js", "favicon.svg",
		"htmx.min.js", "htmx-sse.js", "leaflet.js", "leaflet.css", "marker-icon.png",
		"source-sans-3-latin.woff2", "source-sans-3-polish.woff2", "source-sans-3-cyrillic.woff2",
		"htmx-LICENSE.txt", "leaflet-LICENSE.txt", "source-sans-3-LICENSE.txt",
	} {
		ext := path.Ext(name)
		want := regexp.MustCompile("^" + regexp.QuoteMeta(Prefix+strings.TrimSuffix(name, ext)) + `\.[0-9a-f]{10}` + regexp.QuoteMeta(ext) + "$")
		if got := s.URL(name); !want.MatchString(got) {
			t.Errorf("URL(%q) = %q, want a match of %s", name, got, want)
		}
	}
}

func TestURLOfUnknownNamePanics(t *testing.T) {
	s := mustLoad(t, tree())
	defer func() {
		if recover() == nil {
			t.Error("URL did not panic")
		}
	}()
	s.URL("axe.min.js")
}

func TestHashFollowsContent(t *testing.T) {
	const css = "@font-face { src: url(a.woff2) }"
	one := mustLoad(t, tree("css/a.css", css, "vendor/f/a.woff2", "1", "js/a.js", "x"))
	two := mustLoad(t, tree("css/a.css", css, "vendor/f/a.woff2", "2", "js/a.js", "x"))
	// The style itself is the same text in both, but what it points at is not.
	for _, name := range []string{"a.woff2", "a.css"} {
		if one.URL(name) == two.URL(name) {
			t.Errorf("%s keeps the name %s though its content changed", name, one.URL(name))
		}
	}
	if one.URL("a.js") != two.URL("a.js") {
		t.Error("a.js changed its name though its content did not")
	}
}

func TestRefsAreRewritten(t *testing.T) {
	s := mustLoad(t, tree("img/a.png", "1"))
	u := s.URL("a.png")
	for _, test := range []struct{ css, want string }{
		{`a{b:url(a.png)}`, `a{b:url("` + u + `")}`},
		{`a{b:url( 'images/a.png' )}`, `a{b:url("` + u + `")}`},
		{`a{b:url("../img/a.png"),url(a.png)}`, `a{b:url("` + u + `"),url("` + u + `")}`},
		{`a{b:url(#default#VML)}`, `a{b:url(#default#VML)}`},
		{`a{b:url("data:image/png;base64,AA==")}`, `a{b:url("data:image/png;base64,AA==")}`},
		{`a{b:c}`, `a{b:c}`},
	} {
		got, err := s.rewriteRefs([]byte(test.css))
		if err != nil || string(got) != test.want {
			t.Errorf("rewriteRefs(%s) = %s, %v; want %s", test.css, got, err, test.want)
		}
	}
}

func TestBrokenTreesAreRefused(t *testing.T) {
	for name, fsys := range map[string]fs.FS{
		"missing picture":      tree("css/a.css", "a{b:url(gone.png)}"),
		"picture elsewhere":    tree("css/a.css", "a{b:url(https://example.org/a.png)}", "img/a.png", "1"),
		"scheme left out":      tree("css/a.css", "a{b:url(//example.org/a.png)}", "img/a.png", "1"),
		"style imports style":  tree("css/a.css", "@import url(b.css);", "css/b.css", ""),
		"same name twice":      tree("js/a.js", "1", "vendor/b/a.js", "2"),
		"unknown content type": tree("vendor/a/a.map", "{}"),
	} {
		if _, err := load(fsys); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// Every address in our served styles is one that is served.
func TestEmbeddedRefsResolve(t *testing.T) {
	s := mustLoad(t, embedded)
	refs := 0
	for name, f := range s.hashed {
		if path.Ext(name) != ".css" {
			continue
		}
		for _, m := range urlRef.FindAllSubmatchIndex(f.plain, -1) {
			ref := firstGroup(f.plain, m)
			if isLocal(ref) {
				continue
			}
			refs++
			if s.hashed[strings.TrimPrefix(ref, Prefix)] == nil {
				t.Errorf("%s: url(%s) is not served", name, ref)
			}
		}
	}
	if refs < 6 {
		t.Errorf("only %d references were found; three fonts and three pictures are known", refs)
	}
}

var evaluates = regexp.MustCompile(`\beval\s*\(|\bFunction\s*\(|=\s*Function\b|async function\(\)\{\}\)\.constructor|set(?:Timeout|Interval)\(\s*["'` + "`]")

// The content security policy has no 'unsafe-eval', so scripts must not turn text
// into code. htmx.min.js can, in two places that hold the constructors. It does so
// only for hx-on, for values that begin with js: or javascript:, and for event
// filters in hx-trigger, none of which our templates use. A new version that
// evaluates in more places shows here, to be read before it is taken in.
func TestScriptsDoNotEvaluateText(t *testing.T) {
	allowed := map[string]int{"htmx.min.js": 2}
	contents, err := readAll(embedded)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range contents {
		if path.Ext(name) != ".js" {
			continue
		}
		found := evaluates.FindAllString(string(content), -1)
		if len(found) != allowed[name] {
			t.Errorf("%s turns text into code in %d places, want %d: %q", name, len(found), allowed[name], found)
		}
	}
}

// The accessibility checker is for tests: half a megabyte that no visitor needs.
func TestAxeIsNotServed(t *testing.T) {
	for name := range mustLoad(t, embedded).hashed {
		if strings.Contains(name, "axe") {
			t.Errorf("%s is served", name)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := Load(); err != nil {
			b.Fatal(err)
		}
	}
}
