package register

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// record2020 makes a record of a row of the register's export.
func record2020(c *cells) Record {
	r := Record{
		RSPO: c.rspo, OfficialName: c.text("official_name"),
		MunicipalityName: beforeDash(c.text("municipality_name")),
		County:           c.text("county"), Voivodeship: strings.ToLower(c.text("voivodeship")),
		City: c.text("city"), Street: c.street(), House: c.text("house"), Flat: c.text("flat"),
		PostCode: c.postCode(),
		REGON:    c.regon("regon"), NIP: c.nip("nip", Error), Phone: c.text("phone"), Email: c.email(), Website: c.website(),
		RunningName: Readable(masked(c.text("running_name"))), Public: publicStatus(c.text("public")),
		Parent:    c.parent(),
		FoundedOn: c.date("founded_on"), ClosedOn: c.date("closed_on"),
	}
	r.Name = Readable(r.OfficialName)
	r.Pupils, r.HasPupils = c.pupils()
	r.place(c)
	var known bool
	if r.Type, known = typeOf(c.text("type")); !known && !c.dropped("type") {
		c.report(Warning, "type", "type_unknown", "value", clip(c.text("type"), 80))
	}
	if r.RunningKind, known = runningByName(c.text("running_kind")); !known {
		c.report(Note, "running_kind", "running_unknown", "value", clip(c.text("running_kind"), 80))
	}
	if r.RunningKind == RunByPrivate {
		r.RunningName = "" // a person's name: not kept, also where the file does not mask it
	}
	return r
}

// recordToday makes a record of a row of today's export: the older one and more.
func recordToday(c *cells) Record {
	r := record2020(c)
	r.StartedOn = c.date("started_on")
	if office := c.text("post_office"); !strings.EqualFold(office, r.City) {
		r.PostOffice = office
	}
	if r.RunningKind != RunByPrivate { // a person's numbers go with the person's name
		r.RunningREGON, r.RunningNIP = c.regon("running_regon"), c.nip("running_nip", Warning)
	}
	r.PupilCategory = unless(c.text("pupil_category"), "bez kategorii")
	r.Specifics = unless(c.text("specifics"), "brak specyfiki")
	r.SportsGrounds, r.Languages = c.list("sports_grounds"), c.list("languages")
	r.Specialists = c.specialists()
	return r
}

// recordAPI makes a record of an answer of the API, which has points and children besides.
func recordAPI(c *cells) Record {
	r := recordToday(c)
	if c.has("point") {
		r.Lat, r.Lon, r.HasPoint = c.point()
	}
	r.Children = c.children()
	return r
}

// unless empties what the register writes for "none".
func unless(text, none string) string {
	if strings.EqualFold(text, none) {
		return ""
	}
	return text
}

// record2022 makes a record of a row of the reshaped file. Its names went through a title-casing that spoilt Roman
// numerals and small words; both names are repaired, since neither is what the register holds.
func record2022(c *cells) Record {
	name := c.text("official_name")
	r := Record{
		RSPO: c.rspo, OfficialName: Repair(name), MunicipalityName: c.text("municipality_name"),
		City: c.text("city"), Street: c.street(), House: c.text("house"), PostCode: c.postCode(),
		REGON: c.regon("regon"), Website: c.website(),
		RunningName: Repair(masked(c.text("running_name"))),
	}
	r.Name = Readable(r.OfficialName)
	if numeralsRepaired(name) {
		c.report(Note, "name", "name_repaired", "before", clip(name, 120), "after", clip(r.OfficialName, 120))
	}
	r.County = county2022(c.text("county"), r.MunicipalityName)
	r.place(c)
	r.Voivodeship = voivodeships[prefix(r.Municipality, 2)]
	r.Lat, r.Lon, r.HasPoint = c.point()
	r.Parent, r.Children = c.family()
	r.Type = guessType(hint{name: name, amenity: c.text("amenity"), isced: c.text("isced"),
		children: len(r.Children) > 0})
	var known bool
	tag := c.text("running_kind")
	if r.RunningKind, known = runningByTag(tag, c.text("running_name")); !known {
		c.report(Note, "running_kind", "running_unknown", "value", clip(tag, 80))
	}
	return r
}

// place sets the municipality and, for Kraków, the delegatura.
func (r *Record) place(c *cells) {
	code := c.municipalityCode()
	key, delegatura := MunicipalityKey(code)
	if key == "" {
		if !c.dropped("municipality") {
			c.report(Warning, "municipality", "municipality_invalid", "value", clip(code, 20))
		}
		return
	}
	r.Municipality, r.Delegatura = key, delegatura
	if key == krakow {
		r.MunicipalityName = "Kraków"
	}
}

const krakow = "126101"

// MunicipalityKey makes the six-digit key of a TERYT code of six or seven digits (the seventh is the type). The codes
// of Kraków's delegatury give Kraków and the delegatura. Spreadsheets eat leading zeros; the zero is put back where no
// voivodeship could have the number otherwise.
func MunicipalityKey(code string) (key, delegatura string) {
	if !allDigits(code) || len(code) < 6 || len(code) > 7 {
		return "", ""
	}
	if voivodeships[code[:2]] == "" {
		code = "0" + code
	}
	if len(code) > 7 || voivodeships[code[:2]] == "" {
		return "", ""
	}
	key = code[:6]
	if key >= "126102" && key <= "126105" {
		return krakow, key
	}
	return key, ""
}

// voivodeships by the first two digits of TERYT; the codes have not changed since 1999.
var voivodeships = map[string]string{
	"02": "dolnośląskie", "04": "kujawsko-pomorskie", "06": "lubelskie", "08": "lubuskie", "10": "łódzkie",
	"12": "małopolskie", "14": "mazowieckie", "16": "opolskie", "18": "podkarpackie", "20": "podlaskie",
	"22": "pomorskie", "24": "śląskie", "26": "świętokrzyskie", "28": "warmińsko-mazurskie", "30": "wielkopolskie",
	"32": "zachodniopomorskie",
}

func prefix(text string, n int) string { return text[:min(n, len(text))] }

// beforeDash cuts the kind off "Międzyrzec Podlaski - gmina miejska".
func beforeDash(text string) string {
	name, _, _ := strings.Cut(text, " - ")
	return name
}

// county2022 writes a city with county rights like the register: by its name, with its Polish letters.
func county2022(county, municipality string) string {
	if strings.HasPrefix(county, "m. ") && municipality != "" {
		return municipality
	}
	return county
}

// masked empties the stand-ins "(osoba fizyczna)" and "(organ prywatny)"; the kind says it in every language.
func masked(name string) string {
	if strings.HasPrefix(name, "(") && strings.HasSuffix(name, ")") {
		return ""
	}
	return name
}

func publicStatus(status string) string {
	status = strings.ToLower(status)
	switch {
	case strings.HasPrefix(status, "niepubliczn"):
		return "nonpublic"
	case strings.HasPrefix(status, "publiczn"):
		return "public"
	}
	return ""
}

// Poland's box with a small margin. A finer line is drawn by the municipalities.
const (
	minLat, maxLat = 49.0, 54.9
	minLon, maxLon = 14.1, 24.2
)

// point takes a pair of coordinates that can be in Poland. One that cannot is left out: a pin in the sea misleads
// more than no pin.
func (c *cells) point() (lat, lon float64, ok bool) {
	latText, _ := clean(c.raw("lat")) // not by text: a minus is no formula here
	lonText, _ := clean(c.raw("lon"))
	if latText == "" || lonText == "" {
		c.report(Note, "point", "point_missing")
		c.problems[len(c.problems)-1].Dropped = true // a point that is not there takes none away
		return 0, 0, false
	}
	lat, err1 := strconv.ParseFloat(latText, 64)
	lon, err2 := strconv.ParseFloat(lonText, 64)
	key := ""
	switch {
	case err1 != nil || err2 != nil:
		key = "point_invalid"
	case lat == 0 && lon == 0:
		key = "point_zero"
	case !(lat >= minLat && lat <= maxLat && lon >= minLon && lon <= maxLon): // so written, NaN fails too
		key = "point_abroad"
	default:
		return lat, lon, true
	}
	c.drop(Warning, "point", key, latText+", "+lonText)
	return 0, 0, false
}

var (
	parentNote   = regexp.MustCompile(`Parent RSPO: *(\d{1,9})`)
	childrenNote = regexp.MustCompile(`Children RSPO: *([\d; ]+)`)
)

// family reads the note of the 2022 file. A middle link has both halves, run together without a blank:
// "Children RSPO: 92764Parent RSPO: 89673". The cell may be long and is not cut.
func (c *cells) family() (parent int, children []int) {
	note := c.raw("family")
	if found := parentNote.FindStringSubmatch(note); found != nil {
		parent, _ = strconv.Atoi(found[1])
	}
	if found := childrenNote.FindStringSubmatch(note); found != nil {
		for part := range strings.SplitSeq(found[1], ";") {
			if n, err := strconv.Atoi(strings.TrimSpace(part)); err == nil && n > 0 {
				children = append(children, n)
			}
		}
	}
	slices.Sort(children)
	return parent, slices.Compact(children)
}
