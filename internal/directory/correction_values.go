package directory

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"kladka/internal/directory/register"
	"kladka/internal/platform/fault"
)

// correctable is a field that people may correct: how it reads in a row, how it
// is put there, and what a value must be. Values are text, as register.TextOf
// writes them. The running body, the municipality, the kind and the closing are
// not among them, because they give rights; the parent has its own correction
// (see CorrectGroup).
type correctable struct {
	field string
	text  func(*Institution) string
	set   func(*Institution, string)
	fault func(value string) string // message key, "" when the value may stand
}

func correctableText(field string, at func(*Institution) *string, wrong func(string) string) correctable {
	return correctable{field,
		func(i *Institution) string { return *at(i) },
		func(i *Institution, value string) { *at(i) = value }, wrong}
}

var correctables = []correctable{
	correctableText("name", func(i *Institution) *string { return &i.Name }, func(v string) string {
		if v == "" {
			return "correction.fault.name"
		}
		return longer(v, 200)
	}),
	correctableText("official_name", func(i *Institution) *string { return &i.OfficialName }, atMost(300)),
	correctableText("city", func(i *Institution) *string { return &i.City }, atMost(100)),
	correctableText("street", func(i *Institution) *string { return &i.Street }, atMost(100)),
	correctableText("house", func(i *Institution) *string { return &i.House }, atMost(20)),
	correctableText("flat", func(i *Institution) *string { return &i.Flat }, atMost(20)),
	correctableText("post_code", func(i *Institution) *string { return &i.Postcode }, unless(postcode, "body.fault.postcode")),
	{"point", pointText, setPoint, pointFault},
	correctableText("regon", func(i *Institution) *string { return &i.REGON }, unless(register.REGONValid, "correction.fault.regon")),
	correctableText("nip", func(i *Institution) *string { return &i.NIP }, unless(register.NIPValid, "body.fault.nip")),
	correctableText("phone", func(i *Institution) *string { return &i.Phone }, atMost(100)),
	correctableText("email", func(i *Institution) *string { return &i.Email }, unless(mailAddress, "body.fault.email")),
	correctableText("website", func(i *Institution) *string { return &i.Website }, unless(webAddress, "body.fault.website")),
	correctableText("public", func(i *Institution) *string { return &i.Public }, unless(func(v string) bool { return v == "public" || v == "nonpublic" }, "correction.fault.public")),
	{"pupils", func(i *Institution) string { return number(i.Pupils) }, setPupils, unless(countOfPupils, "correction.fault.pupils")},
	correctableText("founded_on", func(i *Institution) *string { return &i.FoundedOn }, unless(aDay, "correction.fault.day")),
}

// Correctable lists the fields that people may correct, in the order shown.
// Their labels are the messages "field.<name>".
func Correctable() []string {
	names := make([]string, len(correctables))
	for n, c := range correctables {
		names[n] = c.field
	}
	return names
}

func correctableBy(field string) (correctable, bool) {
	at := slices.IndexFunc(correctables, func(c correctable) bool { return c.field == field })
	if at < 0 {
		return correctable{}, false
	}
	return correctables[at], true
}

// ValueOf is what holds now for a field that can be corrected, as text.
func ValueOf(i Institution, field string) string {
	c, ok := correctableBy(field)
	if !ok {
		return ""
	}
	return c.text(&i)
}

// tidyValue is a value as it will be kept: without blanks around and signs that
// do not show, numbers without dashes, an address of a page with its scheme.
func tidyValue(field, value string) string {
	value = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(value, ""), func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || unicode.IsControl(r) }), " ")
	switch field {
	case "nip", "regon":
		return plainNumber(value)
	case "website":
		if value != "" && !strings.Contains(value, ":") {
			return "https://" + value
		}
	case "point":
		if lat, lon, ok := readPoint(value); ok {
			return register.PointText(lat, lon)
		}
	}
	return value
}

func longer(v string, most int) string {
	if utf8.RuneCountInString(v) > most {
		return "body.fault.long"
	}
	return ""
}

func atMost(most int) func(string) string { return func(v string) string { return longer(v, most) } }

// unless takes an empty value, which says that there is none, and right ones.
func unless(right func(string) bool, key string) func(string) string {
	return func(v string) string {
		if v == "" || right(v) {
			return ""
		}
		return key
	}
}

func aDay(v string) bool {
	_, err := time.Parse(time.DateOnly, v)
	return err == nil
}

func countOfPupils(v string) bool {
	n, err := strconv.Atoi(v)
	return err == nil && n >= 0 && n <= 20_000 && strconv.Itoa(n) == v
}

func setPupils(i *Institution, v string) {
	i.Pupils = nil
	if n, err := strconv.Atoi(v); err == nil {
		i.Pupils = &n
	}
}

func pointText(i *Institution) string {
	if i.Lat == nil || i.Lon == nil {
		return ""
	}
	return register.PointText(*i.Lat, *i.Lon)
}

// readPoint reads "50.0614300, 19.9372200".
func readPoint(v string) (lat, lon float64, ok bool) {
	first, second, found := strings.Cut(v, ",")
	lat, err1 := strconv.ParseFloat(strings.TrimSpace(first), 64)
	lon, err2 := strconv.ParseFloat(strings.TrimSpace(second), 64)
	return lat, lon, found && err1 == nil && err2 == nil && inPoland(lat, lon)
}

func pointFault(v string) string {
	if _, _, ok := readPoint(v); v != "" && !ok {
		return "correction.fault.point"
	}
	return ""
}

func setPoint(i *Institution, v string) {
	i.Lat, i.Lon, i.PointSource = nil, nil, ""
	if lat, lon, ok := readPoint(v); ok {
		i.Lat, i.Lon, i.PointSource = &lat, &lon, PointByCorrection
	}
}

// PointByCorrection is the source of a point that people corrected here.
const PointByCorrection = "correction"

// FieldValue is one field with the value that it should have.
type FieldValue struct{ Field, Value string }

// proposed checks what a form proposes for an institution and leaves out what
// it holds already. Faults are at the names of the fields.
func proposed(i Institution, values []FieldValue) (list []FieldValue, err error) {
	var faults []fault.Field
	seen := map[string]bool{}
	for _, v := range values {
		c, ok := correctableBy(v.Field)
		if !ok || seen[v.Field] {
			return nil, fault.New(fault.BadRequest, "fault.bad_request")
		}
		seen[v.Field] = true
		v.Value = tidyValue(v.Field, v.Value)
		if v.Value == c.text(&i) {
			continue
		}
		if key := c.fault(v.Value); key != "" {
			faults = append(faults, fault.Field{Name: v.Field, Key: key})
		}
		list = append(list, v)
	}
	return list, fault.InvalidFields(faults)
}
