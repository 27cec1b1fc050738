package browser

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"github.com/PuerkitoBio/goquery"
)

// Site is a running demo, with where its pages are and who can sign in.
type Site struct {
	Base   string            // address of the demo, without a slash at its end
	People map[string]string // ids of people by role
	Fresh  string            // address of a new installation without an administrator
	Token  string            // secret of its first administrator's link
	Slip   string            // code of a slip of the vote that goes on
	Paths  map[string]string // addresses that came in letters or that the stage made, by a name

	mu       sync.Mutex
	sessions map[string][]*http.Cookie // by role
}

// Look opens a page of the list as its line says: as whom, by which links, and
// with what pressed or sent. The tab must be closed.
func (b *Browser) Look(s *Site, p Page, v View) (*Tab, error) {
	address, cookies, err := s.Locate(p)
	if err != nil {
		return nil, err
	}
	v.Cookies = append(v.Cookies, cookies...)
	tab, err := b.Show(address, v)
	if err != nil {
		return nil, err
	}
	p.Fields = maps.Clone(p.Fields)
	for name, value := range p.Fields {
		p.Fields[name] = strings.ReplaceAll(value, SlipCode, s.Slip)
	}
	if err := tab.prepare(p); err != nil {
		tab.Close()
		return nil, err
	}
	return tab, nil
}

func (tab *Tab) prepare(p Page) error {
	if p.Press != "" {
		if err := tab.Press(p.Press); err != nil {
			return err
		}
	}
	if p.Form == "" {
		return nil
	}
	return tab.Send(p.Form, p.Fields)
}

// Locate finds the address of a page, and the cookies of who looks at it.
func (s *Site) Locate(p Page) (address string, cookies []*http.Cookie, err error) {
	base := s.Base
	if p.Fresh {
		base = s.Fresh
	}
	if p.Role != "" {
		if cookies, err = s.session(p.Role); err != nil {
			return "", nil, fmt.Errorf("page %s: %w", p.Name, err)
		}
	}
	path := strings.ReplaceAll(p.Path, SetupToken, s.Token)
	if name := cmp.Or(p.Mailed, p.Staged); name != "" {
		if path = s.Paths[name]; path == "" {
			return "", nil, fmt.Errorf("page %s: nothing is at %s", p.Name, name)
		}
	}
	for _, pattern := range p.Follow {
		if path, err = follow(base, path, pattern, cookies); err != nil {
			return "", nil, fmt.Errorf("page %s: %w", p.Name, err)
		}
	}
	return base + path, cookies, nil
}

// session signs in through the door that only a demo has, once for each role.
func (s *Site) session(role string) ([]*http.Cookie, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.sessions[role]; c != nil {
		return c, nil
	}
	person, ok := s.People[role]
	if !ok {
		return nil, fmt.Errorf("the demo has nobody who is %s", role)
	}
	res, err := still.PostForm(s.Base+"/konto/przyklad", url.Values{"osoba": {person}})
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusSeeOther || len(res.Cookies()) == 0 {
		return nil, fmt.Errorf("sign in as %s: %s", role, res.Status)
	}
	if s.sessions == nil {
		s.sessions = map[string][]*http.Cookie{}
	}
	s.sessions[role] = res.Cookies()
	return res.Cookies(), nil
}

// still follows no redirection.
var still = &http.Client{Timeout: stepTime, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// follow finds the first link in the main part of a page whose address fits.
func follow(base, path, pattern string, cookies []*http.Cookie) (string, error) {
	req, err := http.NewRequest(http.MethodGet, base+path, nil)
	if err != nil {
		return "", err
	}
	for _, c := range cookies {
		req.AddCookie(c)
	}
	res, err := still.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return "", fmt.Errorf("GET %s: %s", path, res.Status)
	}
	found, err := linkIn(res.Body, pattern)
	if err == nil && found == "" {
		err = fmt.Errorf("%s has no link to %s", path, pattern)
	}
	return found, err
}

// Ask asks for a page without a browser: how it is answered, and its heading.
func (s *Site) Ask(p Page) (status int, heading string, err error) {
	address, cookies, err := s.Locate(p)
	if err != nil {
		return 0, "", err
	}
	req, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		return 0, "", err
	}
	for _, c := range cookies {
		req.AddCookie(c)
	}
	res, err := still.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	doc, err := goquery.NewDocumentFromReader(res.Body)
	if err != nil {
		return 0, "", err
	}
	return res.StatusCode, strings.TrimSpace(doc.Find("main h1").Text()), nil
}

func linkIn(page io.Reader, pattern string) (string, error) {
	wanted, err := regexp.Compile(pattern)
	if err != nil {
		return "", err
	}
	doc, err := goquery.NewDocumentFromReader(page)
	if err != nil {
		return "", err
	}
	for _, a := range doc.Find("main a[href]").EachIter() {
		if href := a.AttrOr("href", ""); wanted.MatchString(href) {
			return href, nil
		}
	}
	return "", nil
}
