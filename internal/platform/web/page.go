package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // machines without a zone database know Warsaw as well

	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// Warsaw is the zone in which dates and hours are meant.
var Warsaw = mustZone("Europe/Warsaw")

func mustZone(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		panic(err) // the zones are part of the program
	}
	return zone
}

// Page is what the layout needs; every page's own struct embeds it.
type Page struct {
	L       *i18n.L
	Title   string
	Lead    string
	Path    string // of this page, with its query, for the switches
	Crumbs  []Link
	Nav     []Link
	Viewer  Viewer
	Theme   string
	Notice  string
	Errors  []fault.Field // of the form on this page
	Scripts []string      // logical names of assets
	Styles  []string
	NoIndex bool
	shell   *Shell
}

// Link is a place to go.
type Link struct {
	Text    string
	Href    string
	Current bool
}

type navEntry struct {
	key   string
	href  string
	guard Guard
	rank  int
}

// AddNav puts a place into the main navigation; people see it only when the
// guard would let them in. Smaller ranks stand first.
func (s *Shell) AddNav(rank int, key, href string, g Guard) {
	s.nav = append(s.nav, navEntry{key, href, g, rank})
	slices.SortStableFunc(s.nav, func(a, b navEntry) int { return a.rank - b.rank })
}

// foldAbove is how many places the main navigation shows side by side. Who may
// go to more finds those of one field folded into a group.
const foldAbove = 6

// GroupNav names a field to which places of the main navigation belong. It is
// drawn only for people who have more places than fit into one row.
func (s *Shell) GroupNav(key string, hrefs ...string) {
	if s.navGroups == nil {
		s.navGroups = map[string]string{}
	}
	for _, href := range hrefs {
		s.navGroups[href] = key
	}
}

// navGroup is one entry of the wide navigation: a place, or several under a name.
type navGroup struct {
	Text  string // "" for a single place
	Links []Link
}

// Here tells whether the page lies in the group.
func (g navGroup) Here() bool {
	return slices.ContainsFunc(g.Links, func(l Link) bool { return l.Current })
}

// navGroups folds the navigation where it is long. A group stands where its
// first place would; one that would hold a single place is that place.
func (p Page) navGroups() (groups []navGroup) {
	at := map[string]int{}
	for _, l := range p.Nav {
		key := p.shell.navGroups[l.Href]
		if key == "" || len(p.Nav) <= foldAbove {
			groups = append(groups, navGroup{Links: []Link{l}})
			continue
		}
		n, begun := at[key]
		if !begun {
			n = len(groups)
			at[key] = n
			groups = append(groups, navGroup{Text: p.T(key)})
		}
		groups[n].Links = append(groups[n].Links, l)
	}
	for n := range groups {
		if len(groups[n].Links) == 1 {
			groups[n].Text = ""
		}
	}
	return groups
}

// The addresses of the account that the layout leads to. Package access
// answers at all but AlivePath, which is the shell's own.
const (
	SignOutPath   = "/konto/wyloguj"
	SwitchHatPath = "/konto/dzialam-jako"
	FinishedPath  = "/konto/koniec" // shown when a shared computer signed out by itself
)

// worn is as whom the person acts, in words.
func (v Viewer) worn() string {
	for _, h := range v.Hats {
		if h.Current {
			return h.Words
		}
	}
	return v.Hat
}

// Page begins a page with its title and the way to it; the last crumb is the
// page itself and is not repeated there. The notice that waits is taken.
func (r *Request) Page(w http.ResponseWriter, title string, crumbs ...Link) Page {
	s := r.Shell
	p := Page{L: r.L, Title: title, Path: r.URL.RequestURI(), Viewer: r.Viewer(),
		Theme: themeOf(r.Request), Notice: r.notice(w), shell: s}
	r.markShared(w, p.Viewer)
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		p.Path = "/" // a form that was refused cannot be visited again
	}
	if len(crumbs) > 0 {
		p.Crumbs = append([]Link{{Text: r.L.T("nav.start"), Href: "/"}}, crumbs...)
	}
	for _, n := range s.nav {
		if n.guard.Allow(r) == nil {
			current := r.URL.Path == n.href || strings.HasPrefix(r.URL.Path, n.href+"/")
			p.Nav = append(p.Nav, Link{Text: r.L.T(n.key), Href: n.href, Current: current})
		}
	}
	return p
}

// Asset is the address of an asset with its content's hash.
func (p Page) Asset(name string) string { return p.shell.Assets.URL(name) }

// Demo tells whether the data is invented.
func (p Page) Demo() bool { return p.shell.Demo }

// Operator is who runs this installation.
func (p Page) Operator() string { return p.shell.Operator }

// Local is a moment by the clock on the wall in Kraków.
func (p Page) Local(t time.Time) time.Time { return t.In(Warsaw) }

// T is short for p.L.T.
func (p Page) T(key string, args ...any) string { return p.L.T(key, args...) }

// windowTitle is what the tab of the browser says: a form with faults says so first.
func (p Page) windowTitle() string {
	prefix := ""
	if len(p.Errors) > 0 {
		prefix = p.T("form.error_prefix")
	}
	return prefix + p.Title + " – Kładka"
}

func (p Page) switchTo(kind, value string) string {
	return "/" + kind + "/" + value + "?wroc=" + url.QueryEscape(p.Path)
}

// otherThemes are the looks to change to. While the browser's own wish holds,
// both are drawn and the style sheet hides the one that is there already.
func (p Page) otherThemes() []string {
	switch p.Theme {
	case "dark":
		return []string{"light"}
	case "light":
		return []string{"dark"}
	}
	return []string{"light", "dark"}
}

// FieldError is the text of what is wrong with a field, or "".
func (p Page) FieldError(name string) string {
	for _, f := range p.Errors {
		if f.Name == name {
			return p.L.T(f.Key, f.Args...)
		}
	}
	return ""
}

// WithErrors puts the faults of a form on its page.
func (p Page) WithErrors(err error) Page {
	if e := fault.As(err); e != nil {
		p.Errors = e.Fields
	}
	return p
}

// AddAccount puts a page of the own account into the links above such pages.
// Smaller ranks stand first.
func (s *Shell) AddAccount(rank int, key, href string) {
	s.account = append(s.account, navEntry{key: key, href: href, rank: rank})
	slices.SortStableFunc(s.account, func(a, b navEntry) int { return a.rank - b.rank })
}

// accountLinks are the pages of the own account. Of those whose address this
// page begins with, the longest is where we are.
func (p Page) accountLinks() []Link {
	path, _, _ := strings.Cut(p.Path, "?")
	var links []Link
	here := -1
	for i, n := range p.shell.account {
		links = append(links, Link{Text: p.L.T(n.key), Href: n.href})
		if (path == n.href || strings.HasPrefix(path, n.href+"/")) && (here < 0 || len(n.href) > len(links[here].Href)) {
			here = i
		}
	}
	if here >= 0 {
		links[here].Current = true
	}
	return links
}

// DeskItem is one thing for a person to do or to know, on "Moje sprawy".
type DeskItem struct {
	Rank  int // smaller is more urgent
	Title string
	Text  string
	Href  string
	By    string // until when, in words; "" when nothing presses
}

// AddDesk lets a module put things on a person's desk.
func (s *Shell) AddDesk(f func(r *Request) ([]DeskItem, error)) { s.desk = append(s.desk, f) }

// Desk gathers what the modules have for the person who asks.
func (s *Shell) Desk(r *Request) ([]DeskItem, error) {
	var items []DeskItem
	for _, f := range s.desk {
		more, err := f(r)
		if err != nil {
			return nil, err
		}
		items = append(items, more...)
	}
	slices.SortStableFunc(items, func(a, b DeskItem) int { return a.Rank - b.Rank })
	return items, nil
}

// AddFirstSteps lets a module say what a new person of a role begins with.
func (s *Shell) AddFirstSteps(f func(r *Request) ([]StepItem, error)) { s.first = append(s.first, f) }

// FirstSteps gathers what the modules advise the person who asks, by rank.
func (s *Shell) FirstSteps(r *Request) ([]StepItem, error) {
	var items []StepItem
	for _, f := range s.first {
		more, err := f(r)
		if err != nil {
			return nil, err
		}
		items = append(items, more...)
	}
	slices.SortStableFunc(items, func(a, b StepItem) int { return a.Rank - b.Rank })
	return items, nil
}

// Doorway is one thing that the front page opens to a person: what it is,
// where, and a figure that shows it is alive.
type Doorway struct {
	Rank   int
	Title  string
	Text   string
	Href   string
	Figure string
}

// AddDoorway lets a module stand on the front page.
func (s *Shell) AddDoorway(f func(r *Request) ([]Doorway, error)) { s.front = append(s.front, f) }

// Doorways gathers what the front page shows.
func (s *Shell) Doorways(r *Request) ([]Doorway, error) {
	var all []Doorway
	for _, f := range s.front {
		more, err := f(r)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	slices.SortStableFunc(all, func(a, b Doorway) int { return a.Rank - b.Rank })
	return all, nil
}

type errorPage struct {
	Page
	Status    int
	Text      string
	RequestID string
	Detour    string // page that lifts the refusal, "" when none does
}

func (p errorPage) code() string { return strconv.Itoa(p.Status) }
