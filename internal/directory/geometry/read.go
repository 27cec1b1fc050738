package geometry

import (
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
)

// Level says how much a problem weighs; the words are those of package register.
type Level string

const (
	Note    Level = "note"
	Warning Level = "warning"
	Error   Level = "error" // the feature was left out
)

// Problem is one finding. Feature counts from 1; 0 means the file as a whole.
type Problem struct {
	Feature int               `json:"feature,omitempty"`
	Name    string            `json:"name,omitempty"`
	Level   Level             `json:"level"`
	Key     string            `json:"key"`
	Args    map[string]string `json:"args,omitempty"`
}

// Refusal is the error of a file that is not taken at all. Key names a message, Args fill it.
type Refusal struct {
	Key  string
	Args map[string]string
}

func (r *Refusal) Error() string { return r.Key }

const (
	maxFeatures = 5_000   // Poland has 2 477 municipalities
	maxPoints   = 500_000 // of a whole file; beyond that a map cannot be drawn on the server anyway
)

type collection struct {
	Type string `json:"type"`
	CRS  *struct {
		Properties struct {
			Name string `json:"name"`
		} `json:"properties"`
	} `json:"crs"`
	Features []json.RawMessage `json:"features"`
}

type feature struct {
	Type       string                     `json:"type"`
	Properties map[string]json.RawMessage `json:"properties"`
	Geometry   *struct {
		Type        string          `json:"type"`
		Coordinates json.RawMessage `json:"coordinates"`
	} `json:"geometry"`
}

// ReadBoundaries reads a GeoJSON FeatureCollection of Polygons and MultiPolygons of at most limit bytes.
//
// The error is a *Refusal when nothing can be taken (not JSON, no collection, a foreign coordinate system, too large),
// or the error of the reader. A feature that cannot be used is left out with a problem of level error; what can be
// mended or is merely odd (an unclosed ring, a ring crossing itself, a misspelt name) is taken with a warning or note.
func ReadBoundaries(r io.Reader, limit int64) ([]Boundary, []Problem, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, nil, err
	}
	if int64(len(data)) > limit {
		return nil, nil, refuse("too_large", "limit", strconv.FormatInt(max(1, limit>>20), 10))
	}
	c, err := decode(data)
	if err != nil {
		return nil, nil, err
	}
	rd := &reading{points: maxPoints, codes: map[string]bool{}}
	for i, raw := range c.Features {
		rd.at = i + 1
		rd.feature(raw)
		if rd.points < 0 {
			return nil, nil, refuse("too_many_points", "limit", strconv.Itoa(maxPoints))
		}
	}
	return rd.boundaries, rd.problems, nil
}

func decode(data []byte) (collection, error) {
	var c collection
	err := json.Unmarshal([]byte(strings.TrimPrefix(string(data), "\ufeff")), &c)
	var mistyped *json.UnmarshalTypeError
	switch {
	case errors.As(err, &mistyped):
		return c, refuse("not_collection")
	case err != nil:
		return c, refuse("not_json")
	case c.Type != "FeatureCollection":
		return c, refuse("not_collection")
	case c.CRS != nil && !knownCRS(c.CRS.Properties.Name):
		return c, refuse("crs", "crs", clip(c.CRS.Properties.Name))
	case len(c.Features) == 0:
		return c, refuse("empty")
	case len(c.Features) > maxFeatures:
		return c, refuse("too_many_features", "limit", strconv.Itoa(maxFeatures))
	}
	return c, nil
}

// knownCRS accepts the names of WGS 84, the one system GeoJSON has. Polish offices also publish meters in EPSG:2180
// (PL-1992) and 2178; those must be converted first.
func knownCRS(name string) bool {
	name = strings.ToUpper(name)
	return strings.HasSuffix(name, "CRS84") || strings.HasSuffix(name, ":4326")
}

type reading struct {
	at         int
	name       string
	points     int // how many may still come
	hopeless   int // rings that could not be checked for crossings
	codes      map[string]bool
	boundaries []Boundary
	problems   []Problem
}

func (rd *reading) report(level Level, key string, args ...string) {
	rd.problems = append(rd.problems,
		Problem{Feature: rd.at, Name: rd.name, Level: level, Key: "geometry.problem." + key, Args: pairs(args)})
}

func (rd *reading) feature(raw json.RawMessage) {
	rd.name = ""
	var f feature
	if err := json.Unmarshal(raw, &f); err != nil || f.Type != "Feature" {
		rd.report(Error, "not_feature")
		return
	}
	b := rd.describe(f.Properties)
	if b.Name == "" && b.Code == "" && b.Number == 0 {
		rd.report(Error, "unnamed")
		return
	}
	if f.Geometry == nil {
		rd.report(Error, "no_geometry")
		return
	}
	polygons, ok := rd.coordinates(f.Geometry.Type, f.Geometry.Coordinates)
	if !ok || !rd.check(polygons) {
		return
	}
	b.Polygons = polygons
	rd.boundaries = append(rd.boundaries, b)
}

// The names under which files in use keep code, number and name; JPT_* are those of the state register of borders.
var (
	codeNames   = []string{"terc", "teryt", "jpt_kod_je", "kod", "code"}
	numberNames = []string{"nr", "number", "numer"}
	nameNames   = []string{"name", "nazwa", "jpt_nazwa_"}
)

// misspelt are names of Kraków's districts as a file in wide use has them.
var misspelt = map[string]string{
	"Biezanow-Prokocim":      "Bieżanów-Prokocim",
	"Krzeszławickie":         "Wzgórza Krzesławickie",
	"Wzgórza Krzeszławickie": "Wzgórza Krzesławickie",
}

func (rd *reading) describe(properties map[string]json.RawMessage) (b Boundary) {
	lower := make(map[string]json.RawMessage, len(properties))
	for name, value := range properties {
		lower[strings.ToLower(name)] = value
	}
	b.Name, _ = value(lower, nameNames)
	rd.name = b.Name
	if right, found := misspelt[b.Name]; found {
		rd.name = right
		rd.report(Note, "name_repaired", "before", b.Name, "after", right)
		b.Name = right
	}
	text, isNumber := value(lower, codeNames)
	b.Code = rd.code(text, isNumber)
	text, _ = value(lower, numberNames)
	if n, err := strconv.Atoi(text); err == nil && n > 0 {
		b.Number = n
	}
	return b
}

// code wants seven digits. A JSON number of six is a code that lost its leading zero; text of six is another kind of
// code and is not guessed at.
func (rd *reading) code(text string, isNumber bool) string {
	if isNumber && len(text) == 6 {
		text = "0" + text
	}
	if text == "" {
		return ""
	}
	if len(text) != 7 || strings.Trim(text, "0123456789") != "" {
		rd.report(Warning, "code_invalid", "value", clip(text))
		return ""
	}
	if rd.codes[text] {
		rd.report(Warning, "code_twice", "value", text)
	}
	rd.codes[text] = true
	return text
}

// value reads the first property present as text.
func value(properties map[string]json.RawMessage, names []string) (text string, isNumber bool) {
	for _, name := range names {
		raw, present := properties[name]
		if !present {
			continue
		}
		var number json.Number
		if json.Unmarshal(raw, &text) == nil {
			return strings.TrimSpace(text), false
		}
		if json.Unmarshal(raw, &number) == nil {
			return number.String(), true
		}
	}
	return "", false
}

func refuse(key string, args ...string) *Refusal {
	return &Refusal{Key: "geometry.refused." + key, Args: pairs(args)}
}

// pairs makes message arguments of name, value, name, value.
func pairs(list []string) map[string]string {
	if len(list) == 0 {
		return nil
	}
	args := make(map[string]string, len(list)/2)
	for i := 0; i+1 < len(list); i += 2 {
		args[list[i]] = list[i+1]
	}
	return args
}

func clip(text string) string {
	runes := []rune(text)
	return string(runes[:min(len(runes), 60)])
}
