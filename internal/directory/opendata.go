package directory

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"kladka/internal/directory/register"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// getGeoJSON writes the filtered list as points with the same fields as the
// JSON. An institution without a point that we believe has a null geometry, as
// RFC 7946 wants it, so that the file holds as many as the list.
func (s *Service) getGeoJSON(w http.ResponseWriter, r *web.Request) error {
	polish := r.Shell.Catalog.In(i18n.PL)
	return s.export(w, r, "application/geo+json", "geojson", func(ro *roll, f Filter, n int, out io.Writer) exporter {
		return &geoExport{jsonExport{out: out, l: polish, roll: ro, meta: metaOf(f, n, s.now())}}
	})
}

type geoExport struct{ jsonExport }

func (e *geoExport) begin() error {
	meta, err := json.Marshal(e.meta)
	if err != nil {
		return err
	}
	_, err = io.WriteString(e.out, `{"type":"FeatureCollection","metadata":`+string(meta)+`,"features":[`)
	return err
}

func (e *geoExport) row(i Institution) error {
	f := geoFeature{Type: "Feature", Properties: exported(e.l, e.roll, i)}
	if lat, lon := i.placed(i.Lat), i.placed(i.Lon); lat != nil && lon != nil {
		f.Geometry = geoPoint{"Point", [2]float64{*lon, *lat}}
	}
	return e.item(f)
}

// schemaTypes say what an institution is in the words of schema.org; what is
// not listed is an EducationalOrganization when the register knows it, else an
// Organization.
var schemaTypes = map[Kind]string{
	Kind(register.Kindergarten): "Preschool", Kind(register.Primary): "ElementarySchool",
	Kind(register.GeneralSecondary): "HighSchool", Kind(register.TechnicalSecondary): "HighSchool",
	Kind(register.PedagogicalLibrary): "Library", Office: "GovernmentOrganization", NGO: "NGO", University: "CollegeOrUniversity", Company: "Organization", Association: "Organization",
}

// schemaThing is an institution in the vocabulary of schema.org, which search
// engines read.
type schemaThing struct {
	Context    string          `json:"@context"`
	Type       string          `json:"@type"`
	ID         string          `json:"@id,omitempty"`
	Name       string          `json:"name"`
	LegalName  string          `json:"legalName,omitempty"`
	URL        string          `json:"url,omitempty"`
	Telephone  string          `json:"telephone,omitempty"`
	Email      string          `json:"email,omitempty"`
	Address    schemaAddress   `json:"address"`
	Geo        *schemaGeo      `json:"geo,omitempty"`
	Identifier []schemaNumber  `json:"identifier,omitempty"`
	Founded    string          `json:"foundingDate,omitempty"`
	Dissolved  string          `json:"dissolutionDate,omitempty"`
	Parent     *schemaRelative `json:"parentOrganization,omitempty"`
}

type schemaAddress struct {
	Type     string `json:"@type"`
	Street   string `json:"streetAddress,omitempty"`
	Postcode string `json:"postalCode,omitempty"`
	City     string `json:"addressLocality,omitempty"`
	Country  string `json:"addressCountry"`
}

type schemaGeo struct {
	Type string  `json:"@type"`
	Lat  float64 `json:"latitude"`
	Lon  float64 `json:"longitude"`
}

type schemaNumber struct {
	Type  string `json:"@type"`
	Name  string `json:"propertyID"`
	Value string `json:"value"`
}

type schemaRelative struct {
	Type string `json:"@type"`
	Name string `json:"name"`
}

// schemaOrg describes an institution. Base is the address of this
// installation, "" when it is not known: then the thing has no address of ours.
func schemaOrg(i Institution, base string) schemaThing {
	t := schemaThing{Context: "https://schema.org", Type: schemaTypes[i.Kind], Name: i.Name, LegalName: i.OfficialName, URL: i.Website,
		Telephone: i.Phone, Email: i.Email, Founded: i.FoundedOn, Dissolved: i.ClosedOn,
		Address: schemaAddress{Type: "PostalAddress", Street: streetLine(i), Postcode: i.Postcode, City: i.City, Country: "PL"}}
	if t.Type == "" {
		t.Type = "EducationalOrganization"
	}
	if base != "" {
		t.ID = base + href(i.ID)
	}
	if lat, lon := i.placed(i.Lat), i.placed(i.Lon); lat != nil && lon != nil {
		t.Geo = &schemaGeo{"GeoCoordinates", *lat, *lon}
	}
	for _, n := range []struct{ name, value string }{{"RSPO", number(i.RSPO)}, {"REGON", i.REGON}, {"NIP", i.NIP}} {
		if n.value != "" {
			t.Identifier = append(t.Identifier, schemaNumber{"PropertyValue", n.name, n.value})
		}
	}
	if i.RunningName != "" {
		t.Parent = &schemaRelative{"Organization", i.RunningName}
	}
	return t
}

// streetLine is street and number as on an envelope; a village without streets
// has the number alone.
func streetLine(i Institution) string {
	house := i.House
	if i.Flat != "" {
		house += "/" + i.Flat
	}
	return strings.TrimSpace(i.Street + " " + house)
}

// getInstitutionLD gives one institution in the vocabulary of schema.org.
func (s *Service) getInstitutionLD(w http.ResponseWriter, r *web.Request) error {
	id, err := idOf(r.PathValue("id"))
	if err != nil {
		return err
	}
	i, err := ByID(r.Context(), s.db, id)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-cache")
	return sendJSON(w, "application/ld+json", schemaOrg(i, ""))
}

// schemaScript is the same for the page itself: json.Marshal escapes the signs
// that could end a script.
func schemaScript(i Institution) (string, error) {
	data, err := json.Marshal(schemaOrg(i, ""))
	return string(data), err
}
