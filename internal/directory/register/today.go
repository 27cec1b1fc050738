package register

import (
	"slices"
	"strconv"
	"strings"
)

// Specialists of Record.Specialists, in its order.
const (
	speechTherapist = "speech_therapist"
	psychologist    = "psychologist"
	pedagogue       = "pedagogue"
)

var specialists = []string{speechTherapist, psychologist, pedagogue}

// specialists gathers three columns of yes and no into one field. Where one of them makes no sense the whole field is
// left as it was: two specialists are no statement about the third.
func (c *cells) specialists() string {
	var employed []string
	for _, field := range specialists {
		switch text := c.text(field); strings.ToLower(text) {
		case "tak", "t", "true", "1":
			employed = append(employed, field)
		case "nie", "n", "false", "0", "", "nie dotyczy", "brak danych":
		default:
			c.drop(Warning, "specialists", "yes_no", text)
			return ""
		}
	}
	return strings.Join(employed, ",")
}

// list writes a list in one way, whatever the file puts between its parts, each part once.
func (c *cells) list(field string) string {
	var parts []string
	for part := range strings.FieldsFuncSeq(c.text(field), func(r rune) bool { return strings.ContainsRune(",;|", r) }) {
		if part = strings.TrimSpace(part); part != "" && !slices.Contains(parts, part) {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ", ")
}

// municipalityCode is the TERYT code of the municipality. Files write it in three ways: whole ("1261011"), whole
// without the zero a spreadsheet ate ("201011" for 0201011, which could be Podlasie's 20 as well), and as the piece
// that the columns of voivodeship and county leave over ("011"). Those columns settle which it is; where they
// contradict the municipality it is believed, being what the register files schools under, and a person is told.
func (c *cells) municipalityCode() string {
	code := c.text("municipality")
	county := c.countyCode()
	if !allDigits(code) || county == "" {
		return code
	}
	var ways []string
	switch len(code) {
	case 6, 7:
		ways = []string{code, "0" + code}
	case 5:
		ways = []string{"0" + code}
	case 2, 3:
		ways = []string{county + code}
	case 1:
		ways = []string{county + "0" + code}
	}
	for _, way := range ways {
		if strings.HasPrefix(way, county) && len(way) <= 7 {
			return way
		}
	}
	if key, _ := MunicipalityKey(code); key != "" {
		c.report(Warning, "municipality", "municipality_disagrees", "value", code, "county", county)
	}
	return code
}

// countyCode is the code of four digits, put together from both columns where the county has only its own two.
func (c *cells) countyCode() string {
	county, voivodeship := c.text("county_code"), c.text("voivodeship_code")
	if !allDigits(county) {
		return ""
	}
	switch len(county) {
	case 3:
		county = "0" + county
	case 1, 2:
		if !allDigits(voivodeship) || len(voivodeship) > 2 {
			return ""
		}
		county = strings.Repeat("0", 2-len(voivodeship)) + voivodeship + strings.Repeat("0", 2-len(county)) + county
	}
	if len(county) != 4 || voivodeships[county[:2]] == "" {
		return ""
	}
	return county
}

// children reads the numbers of an answer's list of children; what is none is passed over with a warning.
func (c *cells) children() (children []int) {
	for link := range strings.FieldsFuncSeq(c.raw("family"), func(r rune) bool { return strings.ContainsRune(" ,;|", r) }) {
		text := lastOf(link)
		n, err := strconv.Atoi(text)
		if err != nil || n <= 0 || len(text) > 9 || !allDigits(text) {
			c.drop(Warning, "children", "children_invalid", text)
			return nil
		}
		children = append(children, n)
	}
	slices.Sort(children)
	return slices.Compact(children)
}
