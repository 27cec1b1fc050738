package search

import (
	"net/http"
	"net/url"
	"strings"

	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// Doors tell who asks.
type Doors struct {
	// Audience is the keys of whoever asks, besides "public"; none for a stranger.
	Audience func(r *web.Request) []string
}

// Path is the page of search: GET with the field "q".
const Path = "/szukaj"

// Routes opens the door of search. Everybody may pass: what is found depends on
// the audience.
func (s *Service) Routes(sh *web.Shell, d Doors) {
	sh.Handle("GET "+Path, web.Public, handlers{s, d}.find)
}

type handlers struct {
	*Service
	doors Doors
}

type findPage struct {
	web.Page
	Query   string
	Result  Result
	Kind    string // name of the kind; "" for all
	KindKey string
	Group   Group // of the kind
	Pager   web.Pager
	All     string // address of the results of all kinds
	Clear   string // address without chosen values; "" when none is chosen
	url     *url.URL
}

func (h handlers) find(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	at, err := web.CursorOf(r.URL.Query())
	if err != nil {
		return err
	}
	q := Query{Text: r.Value("q"), Audience: h.doors.Audience(r), Kind: r.Value("rodzaj"), At: at, L: r.L}
	kind, _ := h.kind(q.Kind)
	q.Facets = chosen(kind, r.URL.Query())
	found, err := h.Find(r.Context(), q)
	if err != nil {
		return err
	}
	p := findPage{Query: found.Text, Result: found, Kind: q.Kind, KindKey: kind.TitleKey, url: r.URL}
	p.All = Path + "?" + url.Values{"q": {found.Text}}.Encode()
	var crumbs []web.Link
	title := r.L.T("search.title")
	if q.Kind != "" {
		crumbs = []web.Link{{Text: title, Href: p.All}}
		title = r.L.T("search.title_kind", "kind", r.L.T(kind.TitleKey))
	}
	p.Page = r.Page(w, title, crumbs...)
	p.NoIndex = true
	if q.Kind != "" && len(found.Groups) == 1 {
		p.Group = found.Groups[0]
		p.Pager = web.PagerFor(r.URL, at, p.Group.First, p.Group.Last, p.Group.More)
		if web.Chosen(p.Group.Facets) > 0 {
			p.Clear = p.ofKind(q.Kind)
		}
	}
	return r.Render(w, findView(p))
}

// chosen is the values of the kind's facets in an address.
func chosen(k Kind, query url.Values) map[string][]string {
	out := map[string][]string{}
	for _, f := range k.Facets {
		for _, v := range query[FacetParam(f.Name)] {
			if v != "" && len(v) <= 200 && textual(v) && len(out[f.Name]) < mostChosen {
				out[f.Name] = append(out[f.Name], v)
			}
		}
	}
	return out
}

func textual(s string) bool { return clean(s) == s }

func (p findPage) ofKind(kind string) string {
	return Path + "?" + url.Values{"q": {p.Query}, "rodzaj": {kind}}.Encode()
}

func (p findPage) mended() string {
	return Path + "?" + url.Values{"q": {p.Result.Suggest}}.Encode()
}

// count says how many were found, in words.
func (p findPage) count(n int, over bool) string {
	if over {
		return p.T("search.more_than", "n", n)
	}
	return p.L.N("search.count", n)
}

// how says what the results have to do with the question, when it is not simply
// that all words match.
func (p findPage) how() string {
	switch p.Result.How {
	case HowBeginning:
		return p.T("search.how.beginning")
	case HowKnown:
		return p.T("search.how.known", "words", strings.Join(p.Result.Without, ", "))
	case HowMost:
		return p.T("search.how.most")
	case HowAny:
		return p.T("search.how.any")
	}
	return ""
}

func (p findPage) reason(r Reason) string {
	if r.Words != "" {
		return p.T(r.Key, "words", r.Words)
	}
	return p.T(r.Key)
}

// lang is the language of a result where it is not that of the page.
func (p findPage) lang(l i18n.Lang) string {
	if l == p.L.Lang {
		return ""
	}
	return string(l)
}

func (p findPage) date(date string) string {
	if date == "" {
		return ""
	}
	return p.L.DateText(date)
}

// chips are the chosen values, each a link that takes it away.
func (p findPage) chips() []web.Link {
	var out []web.Link
	for _, f := range p.Group.Facets {
		for _, o := range f.Options {
			if o.Checked {
				out = append(out, web.Link{Text: f.Title + ": " + o.Label, Href: web.Without(p.url, f.Key, o.Value)})
			}
		}
	}
	return out
}

// examples are questions to try; each shows something that the search can do.
func (p findPage) examples() []string {
	return []string{p.T("search.example.inflected"), p.T("search.example.quoted"), p.T("search.example.place")}
}

func exampleHref(q string) string { return Path + "?" + url.Values{"q": {q}}.Encode() }
