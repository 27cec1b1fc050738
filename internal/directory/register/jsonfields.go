package register

import (
	"encoding/json"
	"strings"
	"time"
)

// apiField says how one property of the API becomes cells, and which fields of ours a file without it cannot state.
type apiField struct {
	states []string
	cells  func(raw json.RawMessage, put func(cell, text string)) bool // false: of a wrong type
}

// apiFields are the properties that are read, by their names in API 1.2.0. Names of heads are not among them.
var apiFields = map[string]apiField{
	"numerRspo":             {nil, scalar("rspo")},
	"typ":                   {[]string{"type"}, named("type")},
	"nazwa":                 {[]string{"name", "official_name"}, text("official_name")},
	"wojewodztwo":           {[]string{"voivodeship"}, text("voivodeship")},
	"wojewodztwoKodTERYT":   {nil, scalar("voivodeship_code")},
	"powiat":                {[]string{"county"}, text("county")},
	"powiatKodTERYT":        {nil, scalar("county_code")},
	"gmina":                 {[]string{"municipality_name"}, text("municipality_name")},
	"gminaKodTERYT":         {[]string{"municipality", "delegatura"}, scalar("municipality")},
	"miejscowosc":           {[]string{"city"}, text("city")},
	"ulica":                 {[]string{"street"}, text("street")},
	"numerBudynku":          {[]string{"house"}, scalar("house")},
	"numerLokalu":           {[]string{"flat"}, scalar("flat")},
	"kodPocztowy":           {[]string{"post_code"}, scalar("post_code")},
	"poczta":                {[]string{"post_office"}, text("post_office")},
	"geolokalizacja":        {[]string{"point"}, geotag},
	"telefon":               {[]string{"phone"}, scalar("phone")},
	"email":                 {[]string{"email"}, text("email")},
	"stronaInternetowa":     {[]string{"website"}, text("website")},
	"nip":                   {[]string{"nip"}, scalar("nip")},
	"regon":                 {[]string{"regon"}, scalar("regon")},
	"statusPublicznoPrawny": {[]string{"public"}, named("public")},
	"kategoriaUczniow":      {[]string{"pupil_category"}, named("pupil_category")},
	"specyfikaSzkoly":       {[]string{"specifics"}, named("specifics")},
	"liczbaUczniow":         {[]string{"pupils"}, scalar("pupils")},
	"dataZalozenia":         {[]string{"founded_on"}, day("founded_on")},
	"dataRozpoczecia":       {[]string{"started_on"}, day("started_on")},
	"dataLikwidacji":        {[]string{"closed_on"}, day("closed_on")},
	"podmiotProwadzacy":     {[]string{"running_name", "running_kind", "running_regon"}, running},
	"podmiotNadrzedny":      {[]string{"parent"}, parentLink},
	"placowkiPodrzedne":     {[]string{"children"}, childLinks},
}

// apiUnused are properties that are known and not read.
var apiUnused = []string{"@id", "@type", "@context", "id", "dyrektorImie", "dyrektorNazwisko", "etapyEdukacji",
	"dataWlaczeniaDoZespolu", "zwiazanieOrganizacyjne", "czyPosiadaObwod", "czyPosiadaInternat",
	"czyDotacjaWPrzyszlymRoku", "ksztalcenieZawodowe", "ksztalcenieZawodoweProfilowane",
	"ksztalcenieZawodoweArtystyczne", "ksztalcenieNKJO", "ksztalcenieWKolegiachNauczycielskich",
	"ksztalcenieWkolegiachPracownikowSluzbSpolecznych", "opiekaDydaktycznoNaukowaUczelni",
	"podmiotPrzekazujacyDaneDoRSPO", "gminaRodzaj", "gminaRodzajKod", "miejscowoscKodTERYT", "ulicaKodTERYT",
	"adresDoKorespondecjiMiejscowosc", "adresDoKorespondecjiUlica", "adresDoKorespondecjiNumerBudynku",
	"adresDoKorespondecjiNumerLokalu", "adresDoKorespondecjiKodPocztowy", "adresDoKorespondecjiPoczta",
	"liczbaOddzialow", "rodzajSzkolyPlacowki", "hydra:totalItems", "totalItems", "hydra:view", "view", "hydra:search", "search"}

// statesAPI lacks what the API does not tell: the running body's NIP, grounds, languages and specialists.
var statesAPI = append([]string{
	"started_on", "post_office", "running_regon", "pupil_category", "specifics", "point", "children",
}, states2020...)

// apiOrder gives every cell of an answer its place, as columns do in the other shapes.
var apiOrder = []string{"rspo", "type", "official_name", "voivodeship", "voivodeship_code", "county", "county_code",
	"municipality_name", "municipality", "city", "street", "house", "flat", "post_code", "post_office", "lat", "lon",
	"phone", "email", "website", "nip", "regon", "public", "pupil_category", "specifics", "pupils", "founded_on",
	"started_on", "closed_on", "running_name", "running_kind", "running_regon", "parent", "family"}

func apiPlaces() map[string]int {
	at := make(map[string]int, len(apiOrder))
	for i, cell := range apiOrder {
		at[cell] = i
	}
	return at
}

// row lays the properties of one institution out as cells. A property of a wrong type states nothing.
func (j *jsonReading) row(values map[string]json.RawMessage) *cells {
	c := &cells{row: j.file.Rows, at: j.at, values: make([]string, len(apiOrder))}
	put := func(cell, text string) { c.values[c.at[cell]] = text }
	for _, name := range sortedKeys(values) {
		field := apiFields[name]
		if raw := values[name]; !isNull(raw) && !field.cells(raw, put) {
			for _, ours := range field.states {
				c.drop(Warning, ours, "json_type", name)
			}
		}
	}
	if _, told := values["geolokalizacja"]; !told || c.dropped("point") {
		c.silent = append(c.silent, "point")
	}
	return c
}

func isNull(raw json.RawMessage) bool { return string(raw) == "null" }

// text takes a string and nothing else.
func text(cell string) func(json.RawMessage, func(cell, text string)) bool {
	return func(raw json.RawMessage, put func(cell, text string)) bool {
		return texts(raw, func(text string) { put(cell, text) })
	}
}

func texts(raw json.RawMessage, put func(string)) bool {
	var text string
	if raw[0] != '"' || json.Unmarshal(raw, &text) != nil {
		return false
	}
	put(text)
	return true
}

// scalar takes a number as well: programs that pass answers on make numbers of numbers in quotes, and back.
func scalar(cell string) func(json.RawMessage, func(cell, text string)) bool {
	return func(raw json.RawMessage, put func(cell, text string)) bool {
		return scalars(raw, func(text string) { put(cell, text) })
	}
}

func scalars(raw json.RawMessage, put func(string)) bool {
	if texts(raw, put) {
		return true
	}
	var number json.Number
	if strings.IndexByte("-0123456789", raw[0]) < 0 || json.Unmarshal(raw, &number) != nil {
		return false
	}
	put(number.String())
	return true
}

// named takes the name of {"id": 3, "nazwa": "Szkoła podstawowa"}, or the name alone.
func named(cell string) func(json.RawMessage, func(cell, text string)) bool {
	return func(raw json.RawMessage, put func(cell, text string)) bool {
		return nameOf(raw, func(text string) { put(cell, text) })
	}
}

func nameOf(raw json.RawMessage, put func(string)) bool {
	if texts(raw, put) {
		return true
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(raw, &object) != nil {
		return false
	}
	name, told := object["nazwa"]
	return !told || isNull(name) || texts(name, put)
}

// day takes the day of a point in time. The register works in Poland and writes midnight there as ten or eleven in the
// evening before, in UTC.
func day(cell string) func(json.RawMessage, func(cell, text string)) bool {
	return func(raw json.RawMessage, put func(cell, text string)) bool {
		return texts(raw, func(text string) { put(cell, dayOf(text)) })
	}
}

func dayOf(text string) string {
	for _, form := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700"} {
		if at, err := time.Parse(form, text); err == nil {
			return at.In(warsaw()).Format(time.DateOnly)
		}
	}
	if at, err := time.Parse("2006-01-02T15:04:05.999999999", text); err == nil {
		return at.Format(time.DateOnly)
	}
	return text
}

// warsaw is the zone of the register; without a zone database winter time is near enough to find the right day.
func warsaw() *time.Location {
	if zone, err := time.LoadLocation("Europe/Warsaw"); err == nil {
		return zone
	}
	return time.FixedZone("CET", 3600)
}

// geotag takes {"latitude": …, "longitude": …}, which the API gives, or the first of a list, which its description says.
func geotag(raw json.RawMessage, put func(cell, text string)) bool {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) == nil {
		if len(list) == 0 {
			return true
		}
		raw = list[0]
	}
	var tag map[string]json.RawMessage
	if json.Unmarshal(raw, &tag) != nil {
		return false
	}
	for cell, name := range map[string]string{"lat": "latitude", "lon": "longitude"} {
		value, told := tag[name]
		if told && !isNull(value) && !scalars(value, func(text string) { put(cell, strings.Replace(text, ",", ".", 1)) }) {
			put("lat", "") // half a point is none
			return false
		}
	}
	return true
}

// running takes the first of the running bodies; a second one is rare and shares the duty.
func running(raw json.RawMessage, put func(cell, text string)) bool {
	list := []json.RawMessage{raw}
	if raw[0] == '[' && json.Unmarshal(raw, &list) != nil {
		return false
	}
	if len(list) == 0 {
		return true
	}
	var body map[string]json.RawMessage
	if json.Unmarshal(list[0], &body) != nil {
		return false
	}
	ok := true
	for name, take := range map[string]func(json.RawMessage, func(cell, text string)) bool{
		"nazwa": text("running_name"), "regon": scalar("running_regon"), "typ": named("running_kind"),
	} {
		if value, told := body[name]; told && !isNull(value) && !take(value, put) {
			ok = false
		}
	}
	return ok
}

// parentLink takes a number or an address that ends in it: "/api/placowki/20539".
func parentLink(raw json.RawMessage, put func(cell, text string)) bool {
	return scalars(raw, func(link string) { put("parent", lastOf(link)) })
}

// childLinks takes a list of such addresses, or one text with all of them.
func childLinks(raw json.RawMessage, put func(cell, text string)) bool {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		list = []json.RawMessage{raw}
	}
	var all []string
	for _, link := range list {
		if !scalars(link, func(text string) { all = append(all, text) }) {
			return false
		}
	}
	put("family", strings.Join(all, " "))
	return true
}

func lastOf(link string) string {
	link = strings.TrimRight(strings.TrimSpace(link), "/")
	return link[strings.LastIndexByte(link, '/')+1:]
}
