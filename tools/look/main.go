// Command look takes a picture of every page in every view and makes every check
// of package testkit/browser there, for people to look through before a change
// of the pages is called done.
//
//	go run ./tools/look                       # everything, some twenty minutes
//	go run ./tools/look -page map -view 390   # pages and views whose names hold that
//
// It starts a demo of the metropolis in a temporary folder itself. Pictures and
// the report go to the folder .look, which git ignores. A fault of a page makes
// it exit with 1.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"

	"kladka/internal/testkit/browser"
)

// options are what can be asked for.
type options struct {
	out     string
	page    string
	view    string
	chrome  string
	atOnce  int
	picture bool // no checks
}

func main() {
	var o options
	flag.StringVar(&o.out, "out", ".look", "folder for pictures and the report")
	flag.StringVar(&o.page, "page", "", "only pages whose name holds this; several with commas")
	flag.StringVar(&o.view, "view", "", "only views whose name holds this, such as 390-dark; several with commas")
	flag.StringVar(&o.chrome, "chromium", chromium(), "path of Chromium")
	flag.IntVar(&o.atOnce, "at-once", 2, "tabs at once")
	flag.BoolVar(&o.picture, "pictures", false, "take pictures only, without checks")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "look:", err)
		stop()
		os.Exit(1)
	}
}

// chromium is the one of the tests, or the first that the system knows.
func chromium() string {
	if path := os.Getenv("KLADKA_TEST_CHROMIUM"); path != "" {
		return path
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

var errFaults = errors.New("there are faults")

func run(ctx context.Context, o options) (err error) {
	if o.chrome == "" {
		return errors.New("no Chromium: name it with -chromium or KLADKA_TEST_CHROMIUM")
	}
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return err
	}
	site, stop, err := serve(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	b, err := browser.Launch(o.chrome)
	if err != nil {
		return err
	}
	defer b.Close()
	return report(o, (&looker{options: o, browser: b, site: site}).all(ctx, o.shots()))
}

// shot is a page in a view, and what came of it.
type shot struct {
	page   browser.Page
	view   browser.View
	weight browser.Weight
	found  []string
	err    error
}

func (s *shot) file() string { return s.page.Name + "-" + s.view.String() + ".png" }

// shots are all pictures asked for, page by page.
func (o options) shots() (all []*shot) {
	for _, p := range browser.Pages() {
		for _, v := range browser.Every() {
			if holds(p.Name, o.page) && holds(v.String(), o.view) {
				all = append(all, &shot{page: p, view: v})
			}
		}
	}
	return all
}

// holds tells whether the name holds one of the words, or there are none.
func holds(name, words string) bool {
	return words == "" || slices.ContainsFunc(strings.Split(words, ","), func(w string) bool { return strings.Contains(name, w) })
}

// report writes what was found: on the screen each fault once, with where it
// is, and beside the pictures also page by page.
func report(o options, shots []*shot) error {
	var pages strings.Builder
	for _, s := range shots {
		s.write(&pages)
	}
	summary, faults := summarize(shots)
	if err := os.WriteFile(filepath.Join(o.out, "report.txt"), []byte(summary+"\n"+pages.String()), 0o644); err != nil {
		return err
	}
	fmt.Print(summary)
	if faults > 0 {
		return errFaults
	}
	return nil
}

// write tells of one picture.
func (s *shot) write(text *strings.Builder) {
	fmt.Fprintf(text, "%s  %s  %d bytes, %d requests\n", s.page.Name, s.view, s.weight.Bytes, s.weight.Requests)
	for _, f := range s.faults() {
		fmt.Fprintf(text, "  - %s\n", f)
	}
}

func (s *shot) faults() []string {
	if s.err != nil {
		return append(slices.Clone(s.found), s.err.Error())
	}
	return s.found
}

// summarize lists each kind of fault once, the most frequent first, by one
// example of it.
func summarize(shots []*shot) (string, int) {
	where, example := map[string][]string{}, map[string]string{}
	for _, s := range shots {
		for _, f := range s.faults() {
			k := kind(f)
			where[k] = append(where[k], s.page.Name+" "+s.view.String())
			if example[k] == "" {
				example[k] = f
			}
		}
	}
	kinds := slices.SortedFunc(maps.Keys(where), func(a, b string) int {
		return cmp.Or(len(where[b])-len(where[a]), strings.Compare(a, b))
	})
	var text strings.Builder
	for _, k := range kinds {
		at, more := where[k], ""
		if len(at) > 6 {
			at, more = at[:6], ", …"
		}
		fmt.Fprintf(&text, "%s\n    in %d: %s%s\n\n", example[k], len(where[k]), strings.Join(at, ", "), more)
	}
	fmt.Fprintf(&text, "%d pictures, %d kinds of faults\n", len(shots), len(kinds))
	return text.String(), len(kinds)
}

var particular = regexp.MustCompile(`«[^»]*»|[0-9]+`)

// kind is what faults of different pages and languages have in common: the rule
// and the place, without words and figures.
func kind(fault string) string {
	rule, rest, _ := strings.Cut(fault, "\n")
	if place, _, ok := strings.Cut(strings.TrimSpace(rest), " "); ok {
		rule += " " + strings.Split(place, "[")[0]
	}
	return particular.ReplaceAllString(rule, "")
}
