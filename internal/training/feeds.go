package training

import (
	"bytes"
	"cmp"
	"context"
	"encoding/xml"
	"net/http"
	"slices"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/calendar"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// Feeds are read by programs without a cookie, over and over. They hold what
// strangers see, whoever fetches them, and no place of anybody in a queue: the
// number of free seats would be old before it is read.

const (
	mostInCalendar = 1000 // trainings
	mostInNews     = 50
	feedRefresh    = 6 * time.Hour
)

// public reads the filter of a feed and answers it as for a stranger.
func (s *Service) public(r *web.Request) (*catalogRoll, catalogFilter, *catalogCut, error) {
	f, err := catalogFilterOf(r.URL.Query())
	if err != nil {
		return nil, f, nil, err
	}
	ro, err := s.rollNow(r.Context())
	if err != nil {
		return nil, f, nil, err
	}
	c, err := s.cut(r.Context(), ro, f, catalogReader{now: s.now().Unix()})
	return ro, f, c, err
}

// base is the public address, or the one by which we were asked.
func (s *Service) base(r *web.Request) string {
	if s.Base != "" {
		return strings.TrimSuffix(s.Base, "/")
	}
	scheme := "http://"
	if r.Shell.HTTPS {
		scheme = "https://"
	}
	return scheme + r.Host
}

// getCatalogICS is the filtered catalog for a calendar program to follow.
// Canceled trainings stay in it, as canceled, until their day has passed.
func (s *Service) getCatalogICS(w http.ResponseWriter, r *web.Request) error {
	ro, f, c, err := s.public(r)
	if err != nil {
		return err
	}
	ids := ro.ids(c.hits[:min(len(c.hits), mostInCalendar)])
	now := s.now().Unix()
	pass := ro.passing(f, catalogReader{now: now}, nil)
	for n := ro.after(now); n < len(ro.entries) && !f.Past && !f.Free; n++ {
		if e := &ro.entries[n]; e.canceledAhead(now) && len(ids) < 2*mostInCalendar && pass(e.id) {
			ids = append(ids, e.id)
		}
	}
	return s.sendICS(w, r, r.L.T("training.catalog.feed"), f.href(dataName+".ics"), ids, "szkolenia.ics")
}

// getTrainingICS is one training to take along, with all its meetings.
func (s *Service) getTrainingICS(w http.ResponseWriter, r *web.Request) error {
	t, err := ByID(r.Context(), s.db, ID(r.PathValue("id")))
	if err == nil {
		err = s.mayRead(r.Context(), access.ActorOf(r.Request), t)
	}
	if err != nil {
		return err
	}
	if t.ForInstitution != "" || t.State == Draft {
		w.Header().Set("Cache-Control", "no-store")
	}
	return s.sendICS(w, r, t.Title, Path(t.ID)+"/termin.ics", []ID{t.ID}, "termin.ics")
}

func (s *Service) sendICS(w http.ResponseWriter, r *web.Request, name, path string, ids []ID, file string) error {
	events, err := s.eventsFor(r.Context(), r.L, ids, s.base(r))
	if err != nil {
		return err
	}
	var b bytes.Buffer
	err = calendar.Write(&b, calendar.Calendar{Name: name, URL: s.base(r) + path, Method: calendar.Publish, Lang: string(r.L.Lang), Events: events, Refresh: feedRefresh})
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/calendar; charset=utf-8")
	h.Set("Content-Disposition", `inline; filename="`+file+`"`)
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-cache")
	}
	_, err = w.Write(b.Bytes())
	return err
}

// eventRow is a meeting with what of its training goes into a calendar.
type eventRow struct {
	Training
	M Meeting
}

// eventsFor are the meetings of trainings as events, in the order of time. A
// meeting without an hour, and those of a training that was put off, are none.
func (s *Service) eventsFor(ctx context.Context, l *i18n.L, ids []ID, base string) (list []calendar.Event, err error) {
	defer fault.Wrap(&err, "events of the catalog")
	now := s.now()
	for some := range slices.Chunk(ids, db.MaxParams-8) {
		query, args, err := db.In(`select t.id, t.revision, t.state, t.title, t.summary, t.mode, t.place, t.lat, t.lon, t.changed_at,
			m.id, m.title, m.starts_at, m.ends_at, m.room, m.place
			from training_meetings m join training_trainings t on t.id = m.training where m.training in (?) and m.starts_at > 0`, some)
		if err != nil {
			return nil, err
		}
		err = s.db.Each(ctx, func(scan func(dest ...any) error) error {
			var x eventRow
			err := scan(&x.ID, &x.Revision, &x.State, &x.Title, &x.Summary, &x.Mode, &x.Place, &x.Lat, &x.Lon, &x.ChangedAt,
				&x.M.ID, &x.M.Title, &x.M.StartsAt, &x.M.EndsAt, &x.M.Room, &x.M.Place)
			if err == nil && x.State != Postponed {
				list = append(list, x.event(l, base, now))
			}
			return err
		}, query, args...)
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(list, func(a, b calendar.Event) int { return cmp.Or(a.Starts.Compare(b.Starts), cmp.Compare(a.UID, b.UID)) })
	return list, nil
}

func (x eventRow) event(l *i18n.L, base string, now time.Time) calendar.Event {
	e := calendar.Event{UID: string(x.M.ID) + "@kladka", Title: x.Title, Text: x.Summary, Place: placeOf(x.Training, x.M), URL: base + Path(x.ID),
		Starts: time.Unix(x.M.StartsAt, 0), Ends: time.Unix(max(x.M.StartsAt, x.M.EndsAt), 0), Sequence: int(x.Revision), Stamp: now,
		Changed: time.Unix(x.ChangedAt, 0), Canceled: x.State == Canceled}
	if x.M.Title != "" && x.M.Title != x.Title {
		e.Title += ": " + x.M.Title
	}
	if x.Mode == Online {
		e.Place = l.T("training.catalog.online")
	} else if x.Lat != nil && x.Lon != nil && x.M.Place == "" {
		e.Geo = &calendar.Point{Lat: *x.Lat, Lon: *x.Lon}
	}
	return e
}

// The parts of an Atom feed (RFC 4287).
type atomFeed struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	Lang    string      `xml:"xml:lang,attr"`
	Title   string      `xml:"title"`
	ID      string      `xml:"id"`
	Updated string      `xml:"updated"`
	Links   []atomLink  `xml:"link"`
	Author  string      `xml:"author>name"`
	Entries []atomEntry `xml:"entry"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr,omitempty"`
	Type string `xml:"type,attr,omitempty"`
	Href string `xml:"href,attr"`
}

type atomEntry struct {
	Lang      string       `xml:"xml:lang,attr,omitempty"`
	Title     string       `xml:"title"`
	ID        string       `xml:"id"`
	Updated   string       `xml:"updated"`
	Published string       `xml:"published"`
	Link      atomLink     `xml:"link"`
	Author    string       `xml:"author>name"`
	Category  atomCategory `xml:"category"`
	Summary   string       `xml:"summary"`
}

type atomCategory struct {
	Term  string `xml:"term,attr"`
	Label string `xml:"label,attr"`
}

// getAtom is what was announced, the newest first.
func (s *Service) getAtom(w http.ResponseWriter, r *web.Request) error {
	ro, f, c, err := s.public(r)
	if err != nil {
		return err
	}
	hits := slices.Clone(c.hits)
	slices.SortFunc(hits, func(a, b int32) int {
		x, y := &ro.entries[a], &ro.entries[b]
		return cmp.Or(cmp.Compare(y.published, x.published), cmp.Compare(y.id, x.id))
	})
	hits = hits[:min(len(hits), mostInNews)]
	rows, err := s.rowsShown(r.Context(), ro, ro.ids(hits))
	if err != nil {
		return err
	}
	base, l := s.base(r), r.L
	feed := atomFeed{Lang: string(l.Lang), Title: l.T("training.catalog.feed"), ID: base + f.href(dataName+".atom"), Author: r.Shell.Operator,
		Links: []atomLink{{"self", "application/atom+xml", base + f.href(dataName+".atom")}, {"alternate", "text/html", base + f.href(CatalogPath)}}}
	if feed.Author == "" {
		feed.Author = "Kładka"
	}
	newest := int64(0)
	for n, t := range rows {
		e := &ro.entries[hits[n]]
		newest = max(newest, e.changed)
		entry := atomEntry{Title: t.Title, ID: "urn:uuid:" + string(e.id), Updated: isoUTC(e.changed), Published: isoUTC(e.published),
			Link: atomLink{"alternate", "text/html", base + Path(e.id)}, Author: cmp.Or(ro.called[string(t.Center)], feed.Author),
			Category: atomCategory{string(t.Form), l.T("training.form." + string(t.Form))}}
		if t.Lang != l.Lang {
			entry.Lang = string(t.Lang)
		}
		entry.Summary = strings.Join(full(offerSpan(l, t), ro.placeOf(l, t), offerPrice(l, t.Price), t.Summary), " · ")
		feed.Entries = append(feed.Entries, entry)
	}
	feed.Updated = isoUTC(newest)
	data, err := xml.Marshal(feed)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/atom+xml; charset=utf-8")
	h.Set("Cache-Control", "no-cache")
	h.Add("Vary", "Cookie, Accept-Language")
	_, err = w.Write(append([]byte(xml.Header), data...))
	return err
}

func full(texts ...string) []string {
	return slices.DeleteFunc(texts, func(t string) bool { return t == "" })
}

func isoUTC(at int64) string { return time.Unix(at, 0).UTC().Format(time.RFC3339) }
