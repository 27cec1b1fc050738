package app_test

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kladka/internal/access"
	"kladka/internal/testkit/browser"
)

// TestPagesInABrowser opens every page of the list in a real browser, once as
// most people see it and once in another view: dark, narrow, in another
// language, without scripts. The tool look takes all combinations.
func TestPagesInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("takes minutes")
	}
	b := browser.Start(t)
	site := openSite(t)
	turns := browser.Turns()
	t.Run("pages", func(t *testing.T) {
		gate := make(chan struct{}, 2) // two tabs at once, or the browser starves
		for i, p := range browser.Pages() {
			for _, v := range []browser.View{browser.Desk, turns[i%len(turns)]} {
				t.Run(p.Name+"/"+v.String(), func(t *testing.T) {
					t.Parallel()
					gate <- struct{}{}
					defer func() { <-gate }()
					lookAt(t, b, site, p, v)
				})
			}
		}
	})
}

func lookAt(t *testing.T, b *browser.Browser, site *browser.Site, p browser.Page, v browser.View) {
	t.Helper()
	tab, err := b.Look(site, p, v)
	if err != nil {
		t.Fatal(err)
	}
	defer tab.Close()
	found, err := tab.Findings(p)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		t.Errorf("%s as %q: %s", p.Path, p.Role, f)
	}
}

// openSite serves a demo with something on every page, and beside it a new
// installation that waits for its first administrator.
func openSite(t *testing.T) *browser.Site {
	t.Helper()
	ctx := context.Background()
	h, fresh := openHouse(t), openHouseReal(t)
	h.stageRegister()
	if err := browser.ParkJob(ctx, h.db); err != nil {
		t.Fatal(err)
	}
	token, err := fresh.Access().SetupToken(ctx)
	if err != nil {
		t.Fatal(err)
	}
	people := map[string]string{}
	for _, role := range access.Roles() {
		people[string(role)] = string(h.person(role))
	}
	return &browser.Site{Base: h.server.URL, People: people, Fresh: fresh.server.URL, Token: token}
}

// stageRegister takes in the invented sample of the register and reads a later
// version of it, so that there is a difference with new, changed and closed
// institutions, and findings about the file.
func (h *house) stageRegister() {
	h.t.Helper()
	ctx := context.Background()
	sample, err := os.ReadFile(filepath.Join("..", "directory", "register", "testdata", "smk-2022.csv"))
	if err != nil {
		h.t.Fatal(err)
	}
	first, err := h.Directory().Preview(ctx, access.System(), "rejestr-2022.csv", bytes.NewReader(sample))
	if err != nil {
		h.t.Fatal(err)
	}
	if _, err := h.Directory().Apply(ctx, access.System(), first.ID, true); err != nil {
		h.t.Fatal(err)
	}
	_, err = h.Directory().Preview(ctx, access.System(), "rejestr-2023.csv", bytes.NewReader(browser.Later(sample)))
	if err != nil {
		h.t.Fatal(err)
	}
}

// notLookedAt are the doors that lead to no page of their own.
var notLookedAt = map[string]string{
	"/jezyk/{lang}":                      "sends back with another language",
	"/motyw/{theme}":                     "sends back with another theme",
	"/robots.txt":                        "for machines",
	"/zdrowie":                           "for machines",
	"/instytucje.csv":                    "a file",
	"/instytucje.json":                   "a file",
	"/instytucje/mapa.geojson":           "for the map",
	"/instytucje/{id}/dane.json":         "for machines",
	"/instytucje/{id}/{number}":          "sends on to the institution with that number",
	"/gminy.geojson":                     "for the map",
	"/administracja/rejestr/{id}/postep": "a stream for the page of the difference",
}

// TestEveryDoorIsLookedAt finds pages that are missing from the list of pages
// to look at, and lines of the lists that lead nowhere.
func TestEveryDoorIsLookedAt(t *testing.T) {
	site := openSite(t)
	doors, mux := map[string]bool{}, http.NewServeMux()
	for _, r := range openHouse(t).Shell().Routes() {
		if path, ok := strings.CutPrefix(r.Pattern, "GET "); ok {
			doors[path] = false
			mux.HandleFunc(r.Pattern, func(http.ResponseWriter, *http.Request) {})
		}
	}
	for _, p := range browser.Pages() {
		address, _, err := site.Locate(p)
		if err != nil {
			t.Error(err)
			continue
		}
		doors[doorOf(t, mux, address)] = true
	}
	for path, why := range notLookedAt {
		if looked, there := doors[path]; !there || looked {
			t.Errorf("%s (%s) is not a door, or is looked at after all", path, why)
		}
		doors[path] = true
	}
	delete(doors, "") // the page of an address that does not exist
	for path, looked := range doors {
		if !looked {
			t.Errorf("GET %s has no line in internal/testkit/browser/pages.go", path)
		}
	}
}

// doorOf is the pattern of the door to which an address leads.
func doorOf(t *testing.T, mux *http.ServeMux, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	_, pattern := mux.Handler(&http.Request{Method: http.MethodGet, URL: u, Host: u.Host})
	return strings.TrimPrefix(pattern, "GET ")
}

// TestPagesHaveNames: reports and pictures are named after pages.
func TestPagesHaveNames(t *testing.T) {
	var names []string
	for _, p := range browser.Pages() {
		if p.Name == "" || slices.Contains(names, p.Name) {
			t.Errorf("%q (%s) has no name of its own", p.Name, p.Path)
		}
		names = append(names, p.Name)
	}
}
