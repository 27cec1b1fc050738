package directory

import (
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"kladka/internal/access"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

const (
	listPath = "/instytucje"
	mapPath  = "/instytucje/mapa"
)

// listPage is the list of institutions, alone or beside the map.
type listPage struct {
	web.Page
	Filter  Filter
	Action  string // where the form of the filters goes
	Found   string // what was counted, and how
	Total   int
	Facets  []web.Facet
	Capped  bool // not all municipalities fit among the boxes
	Chips   []web.Link
	Items   []listItem
	Pager   web.Pager
	Map     *mapView // nil on the list alone
	Queries listLinks
}

// listLinks lead from a list to its other forms, with the same filters.
type listLinks struct {
	List, Map, CSV, JSON, GeoJSON, Clear string
}

// listItem is one institution of the list.
type listItem struct {
	Href    string
	Name    string
	Kind    string
	Address string
	Town    string
	Runner  string
	Closed  string // when and why in a word, "" for open ones
	Parts   string
}

func (s *Service) getList(w http.ResponseWriter, r *web.Request) error {
	at, err := web.CursorOf(r.URL.Query())
	if err != nil {
		return err
	}
	p, _, _, err := s.list(w, r, listPath, at)
	if err != nil {
		return err
	}
	p.Scripts = []string{"htmx.min.js"}
	return r.Render(w, listView(p))
}

func (s *Service) getMap(w http.ResponseWriter, r *web.Request) error {
	p, ro, chosen, err := s.list(w, r, mapPath, web.Cursor{})
	if err != nil {
		return err
	}
	m, err := s.mapOf(r, ro, p.Filter, chosen)
	if err != nil {
		return err
	}
	p.Map = &m
	p.Scripts, p.Styles = []string{"leaflet.js", "map.js"}, []string{"leaflet.css"}
	p.Title = r.L.T("institutions.map.title")
	return r.Render(w, listView(p))
}

// asked reads the filter of a request against the newest roll.
func (s *Service) asked(r *web.Request) (*roll, Filter, error) {
	ro, err := s.rollNow(r.Context())
	if err != nil {
		return nil, Filter{}, err
	}
	f, err := filterOf(r.URL.Query(), ro)
	return ro, f, err
}

func (s *Service) list(w http.ResponseWriter, r *web.Request, path string, at web.Cursor) (p listPage, ro *roll, chosen *selection, err error) {
	ro, f, err := s.asked(r)
	if err != nil {
		return p, nil, nil, err
	}
	chosen, err = s.selected(r.Context(), ro, f)
	if err != nil {
		return p, nil, nil, err
	}
	hits, from, more := ro.page(chosen.hits, at)
	rows, err := rowsShown(r.Context(), s.db, ro.ids(hits))
	if err != nil {
		return p, nil, nil, err
	}
	p = listPage{Page: r.Page(w, r.L.T("institutions.title")), Filter: f, Action: path, Total: len(chosen.hits)}
	p.Found = found(r.L, f, p.Total)
	p.Facets, p.Capped = facets(r.L, ro, f, chosen)
	p.Chips = chips(r.L, ro, f, path)
	p.Queries = linksOf(f, path)
	for i, row := range rows {
		p.Items = append(p.Items, itemOf(r.L, ro, f, row, ro.entries[hits[i]].parts))
	}
	if len(hits) > 0 {
		p.Pager = web.PagerFor(f.url(path), from, ro.cursor(hits[0]), ro.cursor(hits[len(hits)-1]), more)
	}
	return p, ro, chosen, nil
}

// found says what was counted: institutions or groups, and by which municipality.
func found(l *i18n.L, f Filter, n int) string {
	by := l.T("institutions.by." + bySeat)
	if f.ByAuthority {
		by = l.T("institutions.by." + byAuthority)
	}
	if f.Groups {
		return l.N("institutions.found.groups", n, "by", by)
	}
	return l.N("institutions.found.institutions", n, "by", by)
}

func linksOf(f Filter, path string) listLinks {
	bare := Filter{scope: scope{ByAuthority: f.ByAuthority, Groups: f.Groups}}
	return listLinks{List: f.href(listPath), Map: f.href(mapPath), CSV: f.href(listPath + ".csv"),
		JSON: f.href(listPath + ".json"), GeoJSON: f.href(listPath + ".geojson"), Clear: bare.href(path)}
}

func itemOf(l *i18n.L, ro *roll, f Filter, row Institution, parts int32) listItem {
	it := listItem{Href: href(row.ID), Name: row.Name, Kind: kindLabel(l, row.Kind), Address: row.address(),
		Town: ro.townNamed(row.Municipality), Runner: runnerLabel(l, row)}
	if it.Town == row.City {
		it.Town = "" // the address says it
	}
	if row.Closed {
		it.Closed = l.T("institution.closed")
	}
	if f.Groups && parts > 0 {
		it.Parts = l.N("institutions.parts", int(parts))
	}
	return it
}

func href(id access.InstitutionID) string { return listPath + "/" + string(id) }

func kindLabel(l *i18n.L, k Kind) string { return capital(l.T("type." + string(k))) }

// runnerLabel names who runs an institution: by name, else by kind.
func runnerLabel(l *i18n.L, i Institution) string {
	switch {
	case i.RunningName != "":
		return i.RunningName
	case i.RunningKind != "":
		return l.T("running." + i.RunningKind)
	}
	return ""
}

func capital(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return s
	}
	return string(unicode.ToUpper(first)) + s[size:]
}

func (r *roll) townNamed(id string) string {
	if n, ok := r.townAt[id]; ok {
		return r.towns[n].Name
	}
	return ""
}

// facets are the boxes beside the list. Values of which the directory holds
// none are left out, unless they are ticked.
func facets(l *i18n.L, ro *roll, f Filter, chosen *selection) (list []web.Facet, capped bool) {
	all := ro.everything(scope{Closed: true})
	var options []web.FacetOption
	for i, k := range Kinds() {
		on := slices.Contains(f.Kinds, k)
		if all.kinds[i] > 0 || on {
			options = append(options, web.FacetOption{Value: string(k), Label: kindLabel(l, k), N: int(chosen.kinds[i]), Checked: on})
		}
	}
	list = append(list, web.Facet{Key: askKind, Title: l.T("institutions.facet.kind"), Options: options, Open: true})
	towns, capped := townOptions(ro, f, chosen)
	list = append(list, web.Facet{Key: askTown, Title: townTitle(l, f), Options: towns, Open: true})
	list = append(list, web.Facet{Key: askRunner, Title: l.T("institutions.facet.runner"), Open: true,
		Options: codeOptions(ro.runners, all.runners, chosen.runners, f.Runners, func(v string) string { return capital(l.T("running." + v)) })})
	list = append(list, web.Facet{Key: askPublic, Title: l.T("institutions.facet.public"), Open: true,
		Options: codeOptions(ro.publics, all.publics, chosen.publics, f.Publics, func(v string) string { return capital(l.T("public." + v)) })})
	return list, capped
}

func townTitle(l *i18n.L, f Filter) string {
	if f.ByAuthority {
		return l.T("institutions.facet.town.organ")
	}
	return l.T("institutions.facet.town.siedziba")
}

func codeOptions(c codes, all, counts []int32, ticked []string, label func(string) string) []web.FacetOption {
	var options []web.FacetOption
	for i, v := range c.names {
		on := slices.Contains(ticked, v)
		if v != "" && (all[i] > 0 || on) {
			options = append(options, web.FacetOption{Value: v, Label: label(v), N: int(counts[i]), Checked: on})
		}
	}
	return options
}

// mostTowns bounds the boxes: of a whole country's municipalities the page
// shows those with the most institutions and leads to all of them.
const mostTowns = 40

func townOptions(ro *roll, f Filter, chosen *selection) ([]web.FacetOption, bool) {
	type candidate struct {
		i    int
		n    int32
		keep bool
	}
	var list []candidate
	for i, t := range ro.towns {
		keep := slices.Contains(f.Municipalities, t.ID) || t.Member
		if keep || chosen.towns[i] > 0 {
			list = append(list, candidate{i, chosen.towns[i], keep})
		}
	}
	capped := len(list) > mostTowns
	if capped {
		slices.SortStableFunc(list, func(a, b candidate) int {
			if a.keep != b.keep {
				return bit(b.keep, 2) - 1
			}
			return int(b.n - a.n)
		})
		list = list[:mostTowns]
		slices.SortFunc(list, func(a, b candidate) int { return a.i - b.i })
	}
	var options []web.FacetOption
	for _, c := range list {
		t := ro.towns[c.i]
		options = append(options, web.FacetOption{Value: t.ID, Label: t.Name, N: int(c.n), Checked: slices.Contains(f.Municipalities, t.ID)})
	}
	return options, capped
}

// chips are the filters that are on; each links to the list without it.
func chips(l *i18n.L, ro *roll, f Filter, path string) []web.Link {
	u := f.url(path)
	var list []web.Link
	add := func(name, value, text string) {
		list = append(list, web.Link{Text: text, Href: web.Without(u, name, value)})
	}
	if f.Text != "" {
		add(askText, f.Text, l.T("institutions.text_chip", "q", f.Text))
	}
	for _, k := range f.Kinds {
		add(askKind, string(k), kindLabel(l, k))
	}
	for _, id := range f.Municipalities {
		add(askTown, id, ro.townNamed(id))
	}
	for _, v := range f.Runners {
		add(askRunner, v, capital(l.T("running."+v)))
	}
	for _, v := range f.Publics {
		add(askPublic, v, capital(l.T("public."+v)))
	}
	if f.Closed {
		add(askClosed, "1", l.T("institutions.with_closed"))
	}
	return list
}

// rest is the link from the map to the whole list.
func (p listPage) rest() string {
	if p.Filter.Groups {
		return p.L.N("institutions.all_groups_on_list", p.Total)
	}
	return p.L.N("institutions.all_on_list", p.Total)
}

// filters is the label of the jump link: how many are on.
func (p listPage) filters() string {
	if n := p.Filter.chosen(); n > 0 {
		return p.T("institutions.filters_n", "n", n)
	}
	return p.T("institutions.filters")
}

// street is "ul. Długa 4/2", or "12" in a village without streets. The
// register leaves out "ul." and keeps the word of every other kind.
func (i Institution) street() string {
	number := i.House
	if i.Flat != "" {
		number += "/" + i.Flat
	}
	if i.Street == "" {
		return number
	}
	first, _, _ := strings.Cut(strings.ToLower(i.Street), " ")
	if !slices.Contains(streetWords, first) {
		return strings.TrimSpace("ul. " + i.Street + " " + number)
	}
	return strings.TrimSpace(i.Street + " " + number)
}

var streetWords = []string{"ul.", "al.", "os.", "pl.", "aleja", "aleje", "osiedle", "plac", "rynek", "bulwar", "bulw.",
	"skwer", "rondo", "park", "droga", "wyb.", "wybrzeże"}

// address is the line below a name: "Kraków, ul. Długa 4".
func (i Institution) address() string {
	if i.Street == "" {
		return strings.TrimSpace(i.City + " " + i.street())
	}
	return i.City + ", " + i.street()
}
