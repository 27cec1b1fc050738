package browser

import (
	"fmt"
	"net/http"
)

// How much a page may weigh over the wire when nothing of it is in the cache.
const (
	pageLimit = 100_000
	mapLimit  = 200_000
)

// Findings makes every check that fits the view, and returns what is wrong with
// the page in words.
func (tab *Tab) Findings(p Page) ([]string, error) { return tab.findings(p, true) }

// Glance makes all of them but the walk by keyboard, which takes as long as the
// others together.
func (tab *Tab) Glance(p Page) ([]string, error) { return tab.findings(p, false) }

func (tab *Tab) findings(p Page, keys bool) ([]string, error) {
	found := append(tab.statusFinding(p), tab.weightFinding(p)...)
	checks := []func() ([]string, error){tab.Overflow, tab.Targets, tab.axeFindings}
	if keys {
		checks = append(checks, tab.Keyboard)
	}
	if tab.view.Print {
		// Paper has neither links to press nor a keyboard.
		checks = []func() ([]string, error){tab.Overflow}
	}
	// The console comes last, so that it holds what the other checks set off.
	for _, check := range append(checks, tab.Console) {
		more, err := check()
		if err != nil {
			return found, err
		}
		found = append(found, more...)
	}
	return found, nil
}

func (tab *Tab) statusFinding(p Page) []string {
	want := p.Status
	if want == 0 {
		want = http.StatusOK
	}
	if got := tab.Status(); got != want {
		return []string{fmt.Sprintf("answered with %d, not %d", got, want)}
	}
	return nil
}

// weightFinding leaves out pages that follow a form: their style and fonts are
// in the cache already.
func (tab *Tab) weightFinding(p Page) []string {
	limit := pageLimit
	if p.Map {
		limit = mapLimit
	}
	if got := tab.Weight().Bytes; got > limit && p.Form == "" {
		return []string{fmt.Sprintf("weighs %d bytes, more than %d", got, limit)}
	}
	return nil
}

func (tab *Tab) axeFindings() (found []string, err error) {
	violations, err := tab.Axe()
	for _, v := range violations {
		found = append(found, v.String())
	}
	return found, err
}
