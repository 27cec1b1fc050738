package directory

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math"
	"net/http"

	"kladka/internal/access"
	"kladka/internal/directory/geometry"
	"kladka/internal/platform/web"
)

// mostPoints is how many institutions the map draws one by one. Beyond it
// they are gathered into squares: a browser stays quick, and no part of the
// alphabet is left out.
const mostPoints = 4000

// mapView is what the script of the map is told.
type mapView struct {
	Points  string // address of the points
	Shapes  string // address of the boundaries, "" when none were imported
	Tiles   string
	TilesBy string
	Picture picture
	Caption string
}

// mapOf makes the map of a list: the picture drawn here, and where the script
// finds points and boundaries.
func (s *Service) mapOf(r *web.Request, ro *roll, f Filter, chosen *selection) (mapView, error) {
	out, err := ro.outlines()
	if err != nil {
		return mapView{}, err
	}
	v := mapView{Points: f.href("/instytucje/mapa.geojson"), Tiles: s.tileURL, TilesBy: s.tileBy}
	v.Picture = drawTowns(r.L, ro.members(), out, func(m Municipality) (int, string) {
		one := f
		one.Municipalities = []string{m.ID}
		return int(chosen.towns[ro.townAt[m.ID]]), one.href(listPath)
	})
	v.Picture.Name, v.Caption = r.L.T("institutions.map.picture"), r.L.T("institutions.map.caption")
	if f.ByAuthority {
		v.Caption = r.L.T("institutions.map.caption.runs")
	}
	if len(out) > 0 {
		v.Shapes = "/gminy.geojson"
	}
	return v, nil
}

type geoCollection struct {
	Type       string       `json:"type"`
	Total      int          `json:"total"`
	Without    int          `json:"without_point"`
	Aggregated bool         `json:"aggregated"`
	Features   []geoFeature `json:"features"`
}

type geoFeature struct {
	Type       string `json:"type"`
	Geometry   any    `json:"geometry"`
	Properties any    `json:"properties"`
}

// pointOf is one institution on the map.
type pointOf struct {
	ID     access.InstitutionID `json:"id"`
	Name   string               `json:"name"`
	Town   string               `json:"municipality"`
	Kind   string               `json:"kind"`
	Closed bool                 `json:"closed"`
}

// crowd is many institutions in one place of the map.
type crowd struct {
	N int `json:"n"`
}

type geoPoint struct {
	Type        string     `json:"type"`
	Coordinates [2]float64 `json:"coordinates"`
}

func pointAt(lon, lat float64) geoPoint {
	const digits = 1e5 // about a meter
	return geoPoint{"Point", [2]float64{math.Round(lon*digits) / digits, math.Round(lat*digits) / digits}}
}

func (s *Service) getMapPoints(w http.ResponseWriter, r *web.Request) error {
	ro, f, err := s.asked(r)
	if err != nil {
		return err
	}
	if notModified(w, r, etag(ro.version, f.href(""))) {
		return nil
	}
	chosen, err := s.selected(r.Context(), ro, f)
	if err != nil {
		return err
	}
	c, err := s.points(r.Context(), ro, chosen)
	if err != nil {
		return err
	}
	return sendJSON(w, "application/geo+json", c)
}

// points are the places of the institutions about which there is no doubt.
func (s *Service) points(ctx context.Context, ro *roll, chosen *selection) (geoCollection, error) {
	c := geoCollection{Type: "FeatureCollection", Total: len(chosen.hits), Features: []geoFeature{}}
	var ids []access.InstitutionID
	for _, n := range chosen.hits {
		if ro.entries[n].point {
			ids = append(ids, ro.entries[n].id)
		}
	}
	c.Without = len(chosen.hits) - len(ids)
	if len(ids) > mostPoints {
		c.Aggregated, c.Features = true, ro.squares(chosen.hits)
		return c, nil
	}
	rows, err := names(ctx, s.db, ids)
	if err != nil {
		return c, err
	}
	for _, id := range ids {
		e := ro.entries[ro.at[id]]
		c.Features = append(c.Features, geoFeature{"Feature", pointAt(float64(e.lon), float64(e.lat)), pointOf{
			id, rows[id], ro.townName(e.seat), ro.kinds.names[e.kind], e.closed}})
	}
	return c, nil
}

// squares gathers points into squares of a side of about five kilometers.
// Each stands where its institutions are on average.
func (r *roll) squares(hits []int32) []geoFeature {
	type square struct {
		n        int
		lat, lon float64
	}
	const perDegree = 20
	at := map[[2]int]int{}
	var all []square
	for _, n := range hits {
		e := &r.entries[n]
		if !e.point {
			continue
		}
		key := [2]int{int(math.Floor(float64(e.lat) * perDegree)), int(math.Floor(float64(e.lon) * perDegree))}
		i, known := at[key]
		if !known {
			i = len(all)
			at[key], all = i, append(all, square{})
		}
		all[i].n++
		all[i].lat += float64(e.lat)
		all[i].lon += float64(e.lon)
	}
	features := make([]geoFeature, len(all))
	for i, sq := range all {
		n := float64(sq.n)
		features[i] = geoFeature{"Feature", pointAt(sq.lon/n, sq.lat/n), crowd{sq.n}}
	}
	return features
}

func (r *roll) townName(n int16) string {
	if n < 0 {
		return ""
	}
	return r.towns[n].Name
}

// getShapes gives the boundaries of the members to the map.
func (s *Service) getShapes(w http.ResponseWriter, r *web.Request) error {
	ro, err := s.rollNow(r.Context())
	if err != nil {
		return err
	}
	if notModified(w, r, etag(ro.version, "shapes")) {
		return nil
	}
	out, err := ro.outlines()
	if err != nil {
		return err
	}
	c := geoCollection{Type: "FeatureCollection", Features: []geoFeature{}}
	for _, m := range ro.members() {
		if b, ok := out[m.ID]; ok {
			c.Features = append(c.Features, geoFeature{"Feature", multiPolygon(b),
				map[string]any{"id": m.ID, "name": m.Name, "source": m.BoundarySource}})
		}
	}
	c.Total = len(c.Features)
	return sendJSON(w, "application/geo+json", c)
}

func multiPolygon(b geometry.Boundary) any {
	return struct {
		Type        string           `json:"type"`
		Coordinates [][][][2]float64 `json:"coordinates"`
	}{"MultiPolygon", b.Polygons}
}

// etag names an answer that depends on nothing but the directory's version
// and what was asked.
func etag(version int64, asked string) string {
	h := fnv.New64a()
	h.Write([]byte(asked))
	return fmt.Sprintf(`"d%d-%x"`, version, h.Sum64())
}

// notModified answers 304 when the browser still has this version. It asks
// every time, so that a correction is seen at once.
func notModified(w http.ResponseWriter, r *web.Request, tag string) bool {
	h := w.Header()
	h.Set("ETag", tag)
	h.Set("Cache-Control", "public, no-cache")
	if r.Header.Get("If-None-Match") != tag {
		return false
	}
	w.WriteHeader(http.StatusNotModified)
	return true
}

func sendJSON(w http.ResponseWriter, contentType string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", contentType)
	_, err = w.Write(data)
	return err
}
