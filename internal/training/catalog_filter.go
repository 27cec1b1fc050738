package training

import (
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// catalogFilter is what the catalog is narrowed to. Values of one field widen
// ("workshop or lecture"), fields narrow one another.
type catalogFilter struct {
	Text    string
	Forms   []string
	Topics  []string
	Places  []string // municipalities of the venue, atOnline
	Roles   []string
	Schools []string
	Months  []string // YYYY-MM in which trainings begin
	Centers []string
	Free    bool // seats that can be taken now
	Gratis  bool
	Past    bool      // what began, is over or was canceled, instead of what comes
	Point   *mapPoint // a venue on the map
}

// mapPoint is a venue as the map rounds it: a hundred-thousandth of a degree.
type mapPoint struct{ lat, lon int32 }

// Names of the filters in addresses.
const (
	askWords  = "q"
	askForm   = "forma"
	askTopic  = "temat"
	askPlace  = "gmina"
	askRole   = "rola"
	askSchool = "szkola"
	askMonth  = "miesiac"
	askCenter = "osrodek"
	askFree   = "wolne"
	askGratis = "bezplatne"
	askWhen   = "kiedy"
	askPoint  = "punkt"

	atOnline = "online"
	whenPast = "dawne"
	askYes   = "1"
)

const (
	longestAsked = 200 // characters
	mostAsked    = 12  // words
	mostValues   = 60  // of one filter
	monthForm    = "2006-01"
)

// catalogFilterOf reads a filter from an address. A value that is none of ours
// is a fault: a list that silently left a filter out would be read as filtered.
// A topic or center that is gone fits its shape and finds nothing.
func catalogFilterOf(q url.Values) (f catalogFilter, err error) {
	bad := false
	few := func(name string, ok func(string) bool) (list []string) {
		for _, v := range q[name] {
			switch {
			case v == "":
			case !ok(v) || len(list) >= mostValues:
				bad = true
				return nil
			default:
				list = append(list, v)
			}
		}
		slices.Sort(list)
		return slices.Compact(list)
	}
	in := func(list []string) func(string) bool { return func(v string) bool { return slices.Contains(list, v) } }
	isID := func(v string) bool { _, err := known(v); return err == nil }
	f.Text = strings.TrimSpace(q.Get(askWords))
	f.Forms = few(askForm, in(catalogTexts(Forms())))
	f.Topics, f.Centers = few(askTopic, isID), few(askCenter, isID)
	f.Places = few(askPlace, func(v string) bool { return v == atOnline || isTERC(v) })
	f.Roles = few(askRole, func(v string) bool { return access.Role(v).Valid() })
	f.Schools = few(askSchool, in(catalogTexts(directory.Kinds())))
	f.Months = few(askMonth, func(v string) bool {
		t, err := time.Parse(monthForm, v)
		return err == nil && t.Year() > 1990 && t.Year() < 2200
	})
	f.Free, f.Gratis = len(few(askFree, in([]string{askYes}))) > 0, len(few(askGratis, in([]string{askYes}))) > 0
	f.Past = len(few(askWhen, in([]string{whenPast}))) > 0
	few(askPoint, func(v string) bool { f.Point = mapPointOf(v); return f.Point != nil })
	if bad || !utf8.ValidString(f.Text) || utf8.RuneCountInString(f.Text) > longestAsked || len(f.words()) > mostAsked {
		return catalogFilter{}, fault.New(fault.BadRequest, "training.catalog.fault.filter", "n", longestAsked, "words", mostAsked)
	}
	return f, nil
}

func isTERC(v string) bool {
	return len(v) == 6 && strings.Trim(v, "0123456789") == ""
}

func catalogTexts[T ~string](list []T) []string {
	out := make([]string, len(list))
	for n, v := range list {
		out[n] = string(v)
	}
	return out
}

const pointsPerDegree = 1e5

func mapPointAt(lat, lon float64) mapPoint {
	return mapPoint{int32(math.Round(lat * pointsPerDegree)), int32(math.Round(lon * pointsPerDegree))}
}

// String writes a point for an address: 5006143.1993658.
func (p mapPoint) String() string {
	return strconv.Itoa(int(p.lat)) + "." + strconv.Itoa(int(p.lon))
}

func (p mapPoint) degrees() (lat, lon float64) {
	return float64(p.lat) / pointsPerDegree, float64(p.lon) / pointsPerDegree
}

func mapPointOf(text string) *mapPoint {
	left, right, found := strings.Cut(text, ".")
	lat, err1 := strconv.ParseInt(left, 10, 32)
	lon, err2 := strconv.ParseInt(right, 10, 32)
	if !found || err1 != nil || err2 != nil {
		return nil
	}
	return &mapPoint{int32(lat), int32(lon)}
}

// words are the different words of the text, folded.
func (f catalogFilter) words() []string {
	words := strings.Fields(i18n.Fold(f.Text))
	slices.Sort(words)
	return slices.Compact(words)
}

// whole tells whether nothing narrows the list.
func (f catalogFilter) whole() bool { return f.Text == "" && f.chosen() == 0 }

// chosen counts the values that narrow.
func (f catalogFilter) chosen() int {
	n := len(f.Forms) + len(f.Topics) + len(f.Places) + len(f.Roles) + len(f.Schools) + len(f.Months) + len(f.Centers)
	for _, on := range []bool{f.Free, f.Gratis, f.Point != nil} {
		if on {
			n++
		}
	}
	return n
}

// query writes the filter as an address; catalogFilterOf reads it back.
func (f catalogFilter) query() url.Values {
	q := url.Values{}
	for name, list := range map[string][]string{askForm: f.Forms, askTopic: f.Topics, askPlace: f.Places, askRole: f.Roles,
		askSchool: f.Schools, askMonth: f.Months, askCenter: f.Centers} {
		if len(list) > 0 {
			q[name] = slices.Clone(list)
		}
	}
	for name, on := range map[string]bool{askFree: f.Free, askGratis: f.Gratis} {
		if on {
			q.Set(name, askYes)
		}
	}
	if f.Text != "" {
		q.Set(askWords, f.Text)
	}
	if f.Past {
		q.Set(askWhen, whenPast)
	}
	if f.Point != nil {
		q.Set(askPoint, f.Point.String())
	}
	return q
}

// href is the address of a page with this filter.
func (f catalogFilter) href(path string) string {
	q := f.query()
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

func (f catalogFilter) url(path string) *url.URL {
	return &url.URL{Path: path, RawQuery: f.query().Encode()}
}

// monthOf is the month in which an instant lies by the clock in Kraków, counted
// from year 0, so that months order and step as numbers do; 0 for no instant.
func monthOf(at int64) int32 {
	if at == 0 {
		return 0
	}
	t := time.Unix(at, 0).In(web.Warsaw)
	return int32(t.Year()*12 + int(t.Month()) - 1)
}

func monthNumber(text string) int32 {
	t, err := time.Parse(monthForm, text)
	if err != nil {
		return 0
	}
	return int32(t.Year()*12 + int(t.Month()) - 1)
}

// monthStart is the first moment of a month.
func monthStart(n int32) time.Time {
	return time.Date(int(n)/12, time.Month(n%12+1), 1, 0, 0, 0, 0, web.Warsaw)
}

func monthText(n int32) string { return monthStart(n).Format(monthForm) }
