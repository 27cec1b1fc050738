package directory

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"kladka/internal/directory/register"
	"kladka/internal/platform/i18n"
)

func TestSchemaOrg(t *testing.T) {
	rspo, lat, lon := 20803, 50.06, 19.94
	i := Institution{ID: "0198c0de-0000-7000-8000-000000000001", RSPO: &rspo, Kind: Kind(register.Primary), Name: "Szkoła </script><b>", Street: "ul. Mostowa",
		House: "3", Flat: "2", City: "Kraków", Lat: &lat, Lon: &lon, RunningName: "Gmina Kraków"}
	got := schemaOrg(i, "https://example.org")
	if got.Type != "ElementarySchool" || got.Address.Street != "ul. Mostowa 3/2" || got.Geo.Lat != lat || got.Identifier[0].Value != "20803" ||
		got.ID != "https://example.org/instytucje/0198c0de-0000-7000-8000-000000000001" {
		t.Errorf("%+v", got)
	}
	i.PointDoubt, i.Kind = "country", Kind(register.Dormitory)
	if got := schemaOrg(i, ""); got.Geo != nil || got.Type != "EducationalOrganization" || got.ID != "" {
		t.Errorf("a point in doubt, a dormitory: %+v", got)
	}
	text, err := schemaScript(i)
	if err != nil || strings.Contains(text, "</script") {
		t.Errorf("ends its own script: %s %v", text, err)
	}
}

func TestGeoJSONIsOne(t *testing.T) {
	lat, lon := 50.06, 19.94
	var out bytes.Buffer
	texts, err := i18n.Load(Messages)
	if err != nil {
		t.Fatal(err)
	}
	e := &geoExport{jsonExport{out: &out, l: texts.In(i18n.PL), roll: &roll{}, meta: exportMeta{Count: 2, License: License}}}
	steps := []error{e.begin(), e.row(Institution{ID: "a", Kind: Office, Lat: &lat, Lon: &lon}), e.row(Institution{ID: "b", Kind: Office, Lat: &lat, Lon: &lon, PointDoubt: "country"}), e.end()}
	for n, err := range steps {
		if err != nil {
			t.Fatal(n, err)
		}
	}
	var read struct {
		Type     string
		Metadata exportMeta
		Features []struct {
			Geometry   *geoPoint
			Properties struct{ ID string }
		}
	}
	if err := json.Unmarshal(out.Bytes(), &read); err != nil {
		t.Fatal(err, out.String())
	}
	if read.Type != "FeatureCollection" || read.Metadata.License != License || len(read.Features) != 2 ||
		read.Features[0].Geometry.Coordinates != [2]float64{lon, lat} || read.Features[1].Geometry != nil || read.Features[1].Properties.ID != "b" {
		t.Errorf("%s", out.String())
	}
}

// What only today's register states is shown in the reader's words.
func TestStatedFacts(t *testing.T) {
	texts, err := i18n.Load(Messages, register.Messages)
	if err != nil {
		t.Fatal(err)
	}
	l := texts.In(i18n.PL)
	got := statedFacts(l, Institution{Stated: `{"rspo":1,"sports_grounds":"boisko","specialists":"speech_therapist,psychologist"}`})
	if len(got) != 2 || got[0].Value != "logopedia, psychologia" || got[1] != (statedFact{"Tereny sportowe", "boisko"}) {
		t.Errorf("%+v", got)
	}
	for _, stated := range []string{"", "{", `{"rspo":1}`} {
		if got := statedFacts(l, Institution{Stated: stated}); len(got) != 0 {
			t.Errorf("%q: %+v", stated, got)
		}
	}
}
