package web

import (
	"strings"
	"testing"

	"kladka/internal/platform/i18n"
)

// TestNavGroups folds the navigation where it is long, and only there.
func TestNavGroups(t *testing.T) {
	catalog, err := i18n.Load(Messages)
	if err != nil {
		t.Fatal(err)
	}
	s := &Shell{}
	s.GroupNav("nav.guide", "/b", "/d", "/x")
	s.GroupNav("nav.law", "/c", "/y")
	page := func(hrefs string) Page {
		p := Page{L: catalog.In(i18n.PL), shell: s}
		for _, href := range strings.Fields(hrefs) {
			p.Nav = append(p.Nav, Link{Text: href, Href: href, Current: href == "/d"})
		}
		return p
	}
	for _, c := range []struct{ places, want string }{
		{"", ""},
		{"/a /b /c /d /e /f", "/a /b /c /d /e /f"},
		{"/a /b /c /d /e /f /g", "/a [/b /d]! /c /e /f /g"},
		{"/a /x /c /b /y /d /g", "/a [/x /b /d]! [/c /y] /g"},
	} {
		var got []string
		for _, g := range page(c.places).navGroups() {
			var links []string
			for _, l := range g.Links {
				links = append(links, l.Href)
			}
			text := strings.Join(links, " ")
			if g.Text != "" {
				text = "[" + text + "]"
			}
			if g.Text != "" && g.Here() {
				text += "!"
			}
			got = append(got, text)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%q is drawn as %q, want %q", c.places, strings.Join(got, " "), c.want)
		}
	}
}
