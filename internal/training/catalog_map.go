package training

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/http"

	"kladka/internal/platform/web"
)

// The map shows venues: several trainings at one place are one point. The
// script of the map is that of the institutions; the table beside it holds the
// same and is all there is without scripts.

// catalogMap is what the script is told, and the table.
type catalogMap struct {
	Points  string // address of the points
	Shapes  string
	Tiles   string // template of the map's tiles
	TilesBy string
	Places  []mapRow
	More    int // places beyond the table
	Without int
}

// mapRow is one venue of the table.
type mapRow struct {
	Name, Town, Href, Count string
}

// mapShows is how many venues the table lists, mostVenues how many the map draws.
const (
	mapShows   = 60
	mostVenues = 3000
)

func (s *Service) getCatalogMap(w http.ResponseWriter, r *web.Request) error {
	ro, f, c, err := s.asked(r)
	if err != nil {
		return err
	}
	p, err := s.catalogFrame(w, r, ro, f, c, mapPath, "map")
	if err != nil {
		return err
	}
	venues, without, err := s.venues(r, ro, c, mapShows+1)
	if err != nil {
		return err
	}
	m := catalogMap{Points: f.href(mapPath + ".geojson"), Shapes: "/gminy.geojson", Without: without, Tiles: r.Shell.TileURL, TilesBy: r.Shell.TileBy}
	for n, v := range venues {
		if n == mapShows {
			m.More = ro.countVenues(c) - mapShows
			break
		}
		m.Places = append(m.Places, mapRow{Name: v.name, Town: v.town, Count: r.L.N("training.catalog.n", v.n), Href: v.href(f)})
	}
	p.Map = &m
	p.Title = r.L.T("training.catalog.map.title")
	p.Scripts, p.Styles = []string{"leaflet.js", "map.js"}, []string{"leaflet.css"}
	return r.Render(w, catalogPageView(p))
}

// venue is a point and what is held there.
type venue struct {
	point      mapPoint
	n          int
	first      ID // the next one there
	name, town string
}

// href leads to the only training of a venue, or to the list of them.
func (v venue) href(f catalogFilter) string {
	if v.n == 1 {
		return Path(v.first)
	}
	f.Point = &v.point
	return f.href(CatalogPath)
}

func (r *catalogRoll) countVenues(c *catalogCut) int {
	seen := map[mapPoint]bool{}
	for _, hit := range c.hits {
		if e := &r.entries[hit]; e.onMap {
			seen[e.point] = true
		}
	}
	return len(seen)
}

// venues gathers the hits by their place, at most so many, in the order of the
// list, and counts those that have none.
func (s *Service) venues(r *web.Request, ro *catalogRoll, c *catalogCut, most int) (list []venue, without int, err error) {
	at := map[mapPoint]int{}
	for _, hit := range c.hits {
		e := &ro.entries[hit]
		if !e.onMap {
			without++
			continue
		}
		n, known := at[e.point]
		if !known {
			if len(list) == most {
				continue
			}
			n = len(list)
			at[e.point], list = n, append(list, venue{point: e.point, first: e.id})
			if e.town >= 0 {
				list[n].town = ro.towns[e.town].Name
			}
		}
		list[n].n++
	}
	ids := make([]ID, len(list))
	for n, v := range list {
		ids[n] = v.first
	}
	rows, err := s.rowsShown(r.Context(), ro, ids[:min(len(ids), mapShows+1)])
	for n, t := range rows {
		if list[n].name = t.Place; t.Place == "" {
			list[n].name = t.Title
		}
	}
	return list, without, err
}

type mapFeature struct {
	Type       string         `json:"type"`
	Geometry   map[string]any `json:"geometry"`
	Properties map[string]any `json:"properties"`
}

func (s *Service) getCatalogPoints(w http.ResponseWriter, r *web.Request) error {
	ro, f, c, err := s.asked(r)
	if err != nil {
		return err
	}
	h := w.Header()
	// What a reader with a role sees differs, so only strangers' answers are named.
	if !r.Viewer().SignedIn {
		sum := fnv.New64a()
		fmt.Fprintf(sum, "%s %d %d %d %s", f.href(""), ro.version, ro.directory, c.until, r.L.Lang)
		tag := fmt.Sprintf(`"t%x"`, sum.Sum64())
		h.Set("ETag", tag)
		h.Set("Cache-Control", "no-cache")
		if r.Header.Get("If-None-Match") == tag && !f.Free {
			w.WriteHeader(http.StatusNotModified)
			return nil
		}
	} else {
		h.Set("Cache-Control", "no-store")
	}
	venues, without, err := s.venues(r, ro, c, mostVenues)
	if err != nil {
		return err
	}
	features := make([]mapFeature, 0, len(venues))
	for _, v := range venues {
		name := v.name
		if v.n > 1 || name == "" {
			name = r.L.N("training.catalog.n", v.n)
		}
		lat, lon := v.point.degrees()
		features = append(features, mapFeature{"Feature", map[string]any{"type": "Point", "coordinates": [2]float64{lon, lat}},
			map[string]any{"id": v.first, "name": name, "municipality": v.town, "closed": false, "href": v.href(f)}})
	}
	data, err := json.Marshal(map[string]any{"type": "FeatureCollection", "total": len(c.hits), "without_point": without, "features": features})
	if err != nil {
		return err
	}
	h.Set("Content-Type", "application/geo+json")
	h.Add("Vary", "Cookie, Accept-Language")
	_, err = w.Write(data)
	return err
}
