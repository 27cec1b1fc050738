package directory

import (
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"kladka/internal/directory/register"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// Filter is what a list of institutions is narrowed to and how it counts.
// Values of one field widen ("primary or music"), fields narrow one another.
type Filter struct {
	Text           string
	Kinds          []Kind
	Municipalities []string
	Runners        []string // kinds of running bodies
	Publics        []string // "public", "nonpublic"
	scope
}

// scope is how a list counts, apart from its filters.
type scope struct {
	Closed      bool // closed institutions too
	ByAuthority bool // the municipality is the one that runs, not the one of the seat
	Groups      bool // of units under one head only the head's
}

// Names of the filters in addresses.
const (
	askText   = "q"
	askKind   = "rodzaj"
	askTown   = "gmina"
	askRunner = "prowadzi"
	askPublic = "status"
	askClosed = "zamkniete"
	askBy     = "wedlug"
	askCount  = "licz"

	bySeat, byAuthority           = "siedziba", "organ"
	countInstitutions, countGroup = "instytucje", "zespoly"
)

const (
	longestText = 200 // characters
	mostWords   = 12
)

var publicStates = []string{"public", "nonpublic"}

func runningKinds() []string {
	var all []string
	for _, k := range register.RunningKinds() {
		all = append(all, string(k))
	}
	return all
}

// filterOf reads a filter from an address. A value that we do not know is a
// fault: a list that silently leaves a filter out would be read as filtered.
func filterOf(q url.Values, r *roll) (Filter, error) {
	f := Filter{Text: strings.TrimSpace(q.Get(askText))}
	if utf8.RuneCountInString(f.Text) > longestText || len(f.words()) > mostWords {
		return Filter{}, fault.New(fault.BadRequest, "institutions.long_query", "n", longestText, "words", mostWords)
	}
	knownTown := func(id string) bool { _, ok := r.townAt[id]; return ok }
	inList := func(list []string) func(string) bool {
		return func(v string) bool { return slices.Contains(list, v) }
	}
	kinds, ok1 := values(q, askKind, func(k string) bool { return slices.Contains(Kinds(), Kind(k)) })
	towns, ok2 := values(q, askTown, knownTown)
	runners, ok3 := values(q, askRunner, inList(runningKinds()))
	publics, ok4 := values(q, askPublic, inList(publicStates))
	closed, ok5 := values(q, askClosed, inList([]string{"1"}))
	by, ok6 := values(q, askBy, inList([]string{bySeat, byAuthority}))
	count, ok7 := values(q, askCount, inList([]string{countInstitutions, countGroup}))
	if !(utf8.ValidString(f.Text) && ok1 && ok2 && ok3 && ok4 && ok5 && ok6 && ok7) {
		return Filter{}, fault.New(fault.BadRequest, "institutions.bad_filter")
	}
	for _, k := range kinds {
		f.Kinds = append(f.Kinds, Kind(k))
	}
	f.Municipalities, f.Runners, f.Publics = towns, runners, publics
	f.scope = scope{Closed: len(closed) > 0, ByAuthority: slices.Contains(by, byAuthority), Groups: slices.Contains(count, countGroup)}
	return f, nil
}

// values are those of one name, each once, sorted, so that one filter has one
// address. Empty ones come from forms and mean nothing.
func values(q url.Values, name string, known func(string) bool) ([]string, bool) {
	var list []string
	for _, v := range q[name] {
		if v == "" {
			continue
		}
		if !known(v) {
			return nil, false
		}
		list = append(list, v)
	}
	slices.Sort(list)
	return slices.Compact(list), true
}

// words are the different words of the text as they are kept in the index.
func (f Filter) words() []string {
	words := strings.Fields(i18n.Fold(f.Text))
	slices.Sort(words)
	return slices.Compact(words)
}

// plain tells whether nothing narrows the list.
func (f Filter) plain() bool { return f.Text == "" && f.chosen() == 0 }

// chosen counts the values of the fields.
func (f Filter) chosen() int {
	return len(f.Kinds) + len(f.Municipalities) + len(f.Runners) + len(f.Publics)
}

// query writes the filter as an address; filterOf reads it back.
func (f Filter) query() url.Values {
	q := url.Values{}
	for _, k := range f.Kinds {
		q.Add(askKind, string(k))
	}
	for name, list := range map[string][]string{askTown: f.Municipalities, askRunner: f.Runners, askPublic: f.Publics} {
		if len(list) > 0 {
			q[name] = slices.Clone(list)
		}
	}
	for name, value := range f.single() {
		q.Set(name, value)
	}
	return q
}

func (f Filter) single() map[string]string {
	m := map[string]string{}
	if f.Text != "" {
		m[askText] = f.Text
	}
	if f.Closed {
		m[askClosed] = "1"
	}
	if f.ByAuthority {
		m[askBy] = byAuthority
	}
	if f.Groups {
		m[askCount] = countGroup
	}
	return m
}

// href is the address of a page with this filter.
func (f Filter) href(path string) string {
	q := f.query()
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

func (f Filter) url(path string) *url.URL {
	return &url.URL{Path: path, RawQuery: f.query().Encode()}
}
