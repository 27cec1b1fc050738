package training

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// The catalog is public: it says what a center offers and names who leads it,
// as the announcement always did. A draft is not there for anybody but those who
// run it, and a training ordered for one staff only for that staff.

const (
	monthPath = CatalogPath + "/kalendarz"
	mapPath   = CatalogPath + "/mapa"
	dataName  = CatalogPath + "/szkolenia" // with the ending of each form
)

func (s *Service) catalogRoutes(sh *web.Shell) {
	sh.Handle("GET "+CatalogPath, web.Public, s.getCatalog)
	sh.Handle("GET "+monthPath, web.Public, s.getMonth)
	sh.Handle("GET "+mapPath, web.Public, s.getCatalogMap)
	sh.Handle("GET "+mapPath+".geojson", web.Public, s.getCatalogPoints)
	sh.Handle("GET "+dataName+".ics", web.Public, s.getCatalogICS)
	sh.Handle("GET "+dataName+".atom", web.Public, s.getAtom)
	sh.Handle("GET "+dataName+".json", web.Public, s.getCatalogJSON)
	sh.Handle("GET "+dataName+".csv", web.Public, s.getCatalogCSV)
	sh.Handle("GET "+CatalogPath+"/{id}", web.Public, s.getTraining)
	sh.Handle("GET "+CatalogPath+"/{id}/termin.ics", web.Public, s.getTrainingICS)
	sh.AddNav(15, "training.title", CatalogPath, web.Public)
	sh.AddDoorway(s.catalogDoorway)
}

// catalogDoorway stands on the front page with the number of what comes.
func (s *Service) catalogDoorway(r *web.Request) ([]web.Doorway, error) {
	ro, err := s.rollNow(r.Context())
	if err != nil {
		return nil, err
	}
	n := len(ro.everything(false, s.now().Unix()).hits)
	return []web.Doorway{{Rank: 5, Title: r.L.T("training.title"), Text: r.L.T("training.catalog.doorway"), Href: CatalogPath, Figure: r.L.N("training.catalog.n", n)}}, nil
}

// catalogView is the catalog: a list, a month, or a map, with the same filters.
type catalogView struct {
	web.Page
	Filter catalogFilter
	View   string // list, month, map
	Action string // where the form of the filters goes
	Found  string
	Total  int
	Facets []web.Facet
	Gratis int // how many are free of charge
	Chips  []web.Link
	Items  []catalogItem
	Pager  web.Pager
	Month  *monthView
	Map    *catalogMap
	Hrefs  catalogHrefs
}

// catalogHrefs lead to the other forms of the same list.
type catalogHrefs struct {
	List, Month, Map, Coming, Past, ICS, Atom, JSON, CSV, Clear string
}

// catalogItem is one training of a list.
type catalogItem struct {
	Href, Title, Form, When, Place, Hours, Stand, Kind, Price, Center, Summary string
	Lang                                                                       i18n.Lang
	Day, Month                                                                 string // of the small leaf of a calendar, "" without a date
}

// lang is the language of the words, "" where it is the page's.
func (v catalogView) lang(of i18n.Lang) string {
	if of == v.L.Lang {
		return ""
	}
	return string(of)
}

// asked reads the filter of a request and answers it for who asks.
func (s *Service) asked(r *web.Request) (*catalogRoll, catalogFilter, *catalogCut, error) {
	f, err := catalogFilterOf(r.URL.Query())
	if err != nil {
		return nil, f, nil, err
	}
	ro, err := s.rollNow(r.Context())
	if err != nil {
		return nil, f, nil, err
	}
	c, err := s.cut(r.Context(), ro, f, catalogReaderOf(access.ActorOf(r.Request), s.now().Unix()))
	return ro, f, c, err
}

func (s *Service) getCatalog(w http.ResponseWriter, r *web.Request) error {
	p, _, err := s.catalogList(w, r, CatalogPath, "list")
	if err != nil {
		return err
	}
	p.Scripts = []string{"htmx.min.js"}
	return r.Render(w, catalogPageView(p))
}

// catalogList makes the page with the rows of one page of the list.
func (s *Service) catalogList(w http.ResponseWriter, r *web.Request, path, view string) (p catalogView, c *catalogCut, err error) {
	at, err := web.CursorOf(r.URL.Query())
	if err != nil {
		return p, nil, err
	}
	ro, f, c, err := s.asked(r)
	if err != nil {
		return p, nil, err
	}
	if p, err = s.catalogFrame(w, r, ro, f, c, path, view); err != nil {
		return p, nil, err
	}
	hits, from, more, err := ro.page(c.hits, at, f.Past)
	if err != nil {
		return p, nil, err
	}
	if p.Items, err = s.catalogItems(r.Context(), r.L, ro, ro.ids(hits)); err != nil {
		return p, nil, err
	}
	if len(hits) > 0 {
		p.Pager = web.PagerFor(f.url(path), from, ro.cursor(hits[0]), ro.cursor(hits[len(hits)-1]), more)
	}
	return p, c, nil
}

// catalogFrame is what list, month and map have in common.
func (s *Service) catalogFrame(w http.ResponseWriter, r *web.Request, ro *catalogRoll, f catalogFilter, c *catalogCut, path, view string) (p catalogView, err error) {
	p = catalogView{Page: r.Page(w, r.L.T("training.title")), Filter: f, View: view, Action: path, Total: len(c.hits), Gratis: int(c.gratis), Hrefs: hrefsOf(f, path)}
	p.Found = r.L.N("training.catalog.found."+map[bool]string{false: "coming", true: "past"}[f.Past], p.Total)
	topics, err := s.topicsIn(r.Context(), ro, r.L)
	if err != nil {
		return p, err
	}
	p.Facets = ro.facets(r.L, f, c, topics)
	p.Chips = ro.chips(r.L, f, path, topics)
	return p, nil
}

func hrefsOf(f catalogFilter, path string) catalogHrefs {
	coming, past := f, f
	coming.Past, past.Past = false, true
	return catalogHrefs{List: f.href(CatalogPath), Month: f.href(monthPath), Map: f.href(mapPath), Coming: coming.href(path), Past: past.href(path),
		ICS: f.href(dataName + ".ics"), Atom: f.href(dataName + ".atom"), JSON: f.href(dataName + ".json"), CSV: f.href(dataName + ".csv"),
		Clear: catalogFilter{Past: f.Past}.href(path)}
}

// mostOptions bounds the boxes of one facet; those with the most trainings stay.
const mostOptions = 40

// facets are the boxes beside the list. A value of which there is none is left
// out, unless it is ticked.
func (r *catalogRoll) facets(l *i18n.L, f catalogFilter, c *catalogCut, topics []topicName) []web.Facet {
	facet := func(key string, open bool, ticked []string, options []web.FacetOption) web.Facet {
		for n := range options {
			options[n].Checked = slices.Contains(ticked, options[n].Value)
		}
		options = slices.DeleteFunc(options, func(o web.FacetOption) bool { return o.N == 0 && !o.Checked })
		return web.Facet{Key: key, Title: l.T("training.catalog.facet." + key), Options: fewest(options), Open: open || len(ticked) > 0}
	}
	var forms, places, subjects, roles, schools, months, centers []web.FacetOption
	for n, form := range Forms() {
		forms = append(forms, web.FacetOption{Value: string(form), Label: l.T("training.form." + string(form)), N: int(c.forms[n])})
	}
	places = append(places, web.FacetOption{Value: atOnline, Label: l.T("training.catalog.online"), N: int(c.online)})
	for n, t := range r.towns {
		if c.towns[n] > 0 || slices.Contains(f.Places, t.ID) {
			places = append(places, web.FacetOption{Value: t.ID, Label: t.Name, N: int(c.towns[n])})
		}
	}
	for _, t := range topics {
		if c.topics[t.n] > 0 || slices.Contains(f.Topics, t.id) {
			subjects = append(subjects, web.FacetOption{Value: t.id, Label: t.label, N: int(c.topics[t.n])})
		}
	}
	limits := r.limits()
	for n, role := range catalogRoles {
		if limits.roles&(1<<n) != 0 || slices.Contains(f.Roles, string(role)) {
			roles = append(roles, web.FacetOption{Value: string(role), Label: l.T("role." + string(role)), N: int(c.roles[n])})
		}
	}
	for n, kind := range catalogSchools {
		if limits.schools&(1<<n) != 0 || slices.Contains(f.Schools, string(kind)) {
			schools = append(schools, web.FacetOption{Value: string(kind), Label: upperFirst(l.T("type." + string(kind))), N: int(c.schools[n])})
		}
	}
	for n, m := range r.months {
		if c.months[n] > 0 || len(f.Months) > 0 && slices.Contains(f.Months, monthText(m)) {
			months = append(months, web.FacetOption{Value: monthText(m), Label: l.Month(monthStart(m)), N: int(c.months[n])})
		}
	}
	for n, id := range r.centers.names {
		centers = append(centers, web.FacetOption{Value: id, Label: r.called[id], N: int(c.centers[n])})
	}
	if f.Past {
		slices.Reverse(months) // and of many years the newest remain
		months = months[:min(len(months), 24)]
	}
	all := []web.Facet{facet(askForm, true, f.Forms, forms), facet(askPlace, true, f.Places, places), facet(askMonth, true, f.Months, months),
		facet(askTopic, false, f.Topics, subjects), facet(askRole, false, f.Roles, roles), facet(askSchool, false, f.Schools, schools)}
	if len(r.centers.names) > 1 {
		all = append(all, facet(askCenter, false, f.Centers, centers))
	}
	return all
}

// limits are the roles and kinds of schools that any training asks for. A box
// for what no training asks for would narrow nothing.
func (r *catalogRoll) limits() (all audienceSet) {
	for _, a := range r.audiences {
		all.roles, all.schools = all.roles|a.roles, all.schools|a.schools
	}
	return all
}

// fewest cuts a long list of boxes; what is ticked stays.
func fewest(options []web.FacetOption) []web.FacetOption {
	if len(options) <= mostOptions {
		return options
	}
	counts := make([]int, 0, len(options))
	for _, o := range options {
		counts = append(counts, o.N)
	}
	slices.Sort(counts)
	least := counts[len(counts)-mostOptions]
	n := 0
	return slices.DeleteFunc(options, func(o web.FacetOption) bool {
		if o.Checked {
			return false
		}
		n++
		return o.N < least || n > mostOptions
	})
}

// chips are the filters that are on; each links to the list without it.
func (r *catalogRoll) chips(l *i18n.L, f catalogFilter, path string, topics []topicName) (list []web.Link) {
	u := f.url(path)
	add := func(name, value, text string) {
		if text == "" {
			text = l.T("training.catalog.gone")
		}
		list = append(list, web.Link{Text: text, Href: web.Without(u, name, value)})
	}
	if f.Text != "" {
		add(askWords, f.Text, l.T("training.catalog.chip.words", "q", f.Text))
	}
	for _, v := range f.Forms {
		add(askForm, v, l.T("training.form."+v))
	}
	for _, v := range f.Places {
		if v == atOnline {
			add(askPlace, v, l.T("training.catalog.online"))
		} else {
			add(askPlace, v, r.townName(v))
		}
	}
	for _, v := range f.Topics {
		name := ""
		for _, t := range topics {
			if t.id == v {
				name = strings.TrimLeft(t.label, indent)
			}
		}
		add(askTopic, v, name)
	}
	for _, v := range f.Roles {
		add(askRole, v, l.T("role."+v))
	}
	for _, v := range f.Schools {
		add(askSchool, v, upperFirst(l.T("type."+v)))
	}
	for _, v := range f.Months {
		add(askMonth, v, l.Month(monthStart(monthNumber(v))))
	}
	for _, v := range f.Centers {
		add(askCenter, v, r.called[v])
	}
	if f.Free {
		add(askFree, askYes, l.T("training.catalog.free"))
	}
	if f.Gratis {
		add(askGratis, askYes, l.T("training.catalog.gratis"))
	}
	if f.Point != nil {
		add(askPoint, f.Point.String(), l.T("training.catalog.chip.point"))
	}
	return list
}

func upperFirst(s string) string {
	for n := range s {
		if n > 0 {
			return strings.ToUpper(s[:n]) + s[n:]
		}
	}
	return strings.ToUpper(s)
}

// catalogItems reads what the rows show, seats as they are now, in the order of
// the ids.
func (s *Service) catalogItems(ctx context.Context, l *i18n.L, ro *catalogRoll, ids []ID) (items []catalogItem, err error) {
	defer fault.Wrap(&err, "rows of the catalog")
	rows, err := s.rowsShown(ctx, ro, ids)
	if err != nil {
		return nil, err
	}
	seats, err := seatsNow(ctx, s.db, ids)
	if err != nil {
		return nil, err
	}
	now := s.now().Unix()
	items = make([]catalogItem, 0, len(rows))
	for _, t := range rows {
		if t.ID != "" {
			items = append(items, s.catalogItem(l, ro, t, seats[t.ID], now))
		}
	}
	return items, nil
}

func (s *Service) catalogItem(l *i18n.L, ro *catalogRoll, t Training, seats catalogSeats, now int64) catalogItem {
	stand := standOf(t, seats, now)
	it := catalogItem{Href: Path(t.ID), Title: t.Title, Lang: t.Lang, Form: l.T("training.form." + string(t.Form)), When: offerSpan(l, t), Summary: t.Summary,
		Stand: stand.words(l), Kind: stand.Kind, Price: offerPrice(l, t.Price), Center: ro.called[string(t.Center)], Place: ro.placeOf(l, t)}
	if t.Hours > 0 {
		it.Hours = l.N("training.catalog.hours", t.Hours)
	}
	if t.StartsAt > 0 && t.State != Postponed {
		day := time.Unix(t.StartsAt, 0).In(web.Warsaw)
		it.Day, it.Month = day.Format("2"), l.T("training.catalog.short_month."+day.Format("01"))
	}
	return it
}

// placeOf is where it is, in a word or a line.
func (r *catalogRoll) placeOf(l *i18n.L, t Training) string {
	place := t.Place
	if town := r.townName(t.Municipality); town != "" && !strings.Contains(place, town) {
		place = strings.TrimPrefix(place+", "+town, ", ")
	}
	switch {
	case t.Mode == Online:
		return l.T("training.catalog.online")
	case t.Mode == Hybrid:
		return l.T("training.catalog.hybrid", "place", place)
	case place == "":
		return l.T("training.catalog.no_place")
	}
	return place
}

// keptRows bounds the rows that a roll keeps.
const keptRows = 4000

// rowsShown are what the rows of a list show but the seats, in the order of the
// ids. They are kept with the roll, whose version every change of them raises.
func (s *Service) rowsShown(ctx context.Context, r *catalogRoll, ids []ID) ([]Training, error) {
	rows := make([]Training, len(ids))
	var lack []ID
	r.mu.Lock()
	for n, id := range ids {
		if t, known := r.rows[id]; known {
			rows[n] = *t
		} else {
			lack = append(lack, id)
		}
	}
	r.mu.Unlock()
	if len(lack) == 0 {
		return rows, nil
	}
	read, err := readRows(ctx, s.db, lack)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.rows) > keptRows {
		clear(r.rows)
	}
	for n, id := range ids {
		if t := read[id]; t != nil {
			rows[n], r.rows[id] = *t, t
		}
	}
	return rows, nil
}

// readRows takes a third of the columns, and scans them by hand.
func readRows(ctx context.Context, q db.Reader, ids []ID) (map[ID]*Training, error) {
	rows := make(map[ID]*Training, len(ids))
	query, args, err := db.In(`select id, form, state, lang, title, summary, starts_at, ends_at, hours, enroll_from, enroll_until, price, mode, place,
		municipality, center from training_trainings where id in (?) and state <> ?`, ids, Draft)
	if err != nil {
		return nil, err
	}
	return rows, q.Each(ctx, func(scan func(dest ...any) error) error {
		t := &Training{}
		err := scan(&t.ID, &t.Form, &t.State, &t.Lang, &t.Title, &t.Summary, &t.StartsAt, &t.EndsAt, &t.Hours, &t.EnrollFrom, &t.EnrollUntil,
			&t.Price, &t.Mode, &t.Place, &t.Municipality, &t.Center)
		rows[t.ID] = t
		return err
	}, query, args...)
}

func seatsNow(ctx context.Context, q db.Reader, ids []ID) (map[ID]catalogSeats, error) {
	pools := make(map[ID][]Pool, len(ids))
	if len(ids) == 0 {
		return nil, nil
	}
	query, args, err := db.In(`select training, pool, seats, taken, waiting from training_pools where training in (?)`, ids)
	if err != nil {
		return nil, err
	}
	err = q.Each(ctx, func(scan func(dest ...any) error) error {
		var p Pool
		err := scan(&p.Training, &p.Name, &p.Seats, &p.Taken, &p.Waiting)
		pools[p.Training] = append(pools[p.Training], p)
		return err
	}, query, args...)
	out := make(map[ID]catalogSeats, len(pools))
	for id, list := range pools {
		out[id] = seatsOf(list)
	}
	return out, err
}

// mayRead returns nil when who asks may see a training: drafts those who run
// them or lead them, trainings ordered for one staff that staff and whoever is
// enrolled. For everybody else it is not there.
func (s *Service) mayRead(ctx context.Context, who access.Actor, t Training) error {
	public := t.State != Draft
	if public && (t.ForInstitution == "" || slices.Contains(catalogReaderOf(who, 0).insts, t.ForInstitution)) {
		return nil
	}
	if !who.SignedIn() && !who.System() {
		return fault.ErrNotFound
	}
	if public && who.Person != "" {
		var n int
		if err := s.db.Get(ctx, &n, `select count(*) from training_enrollments where training = ? and person = ?`, t.ID, who.Person); err != nil || n > 0 {
			return err
		}
	}
	err := LeadsIt(ctx, s.db, who, t)
	if err != nil && fault.KindOf(err) != fault.Internal {
		return fault.ErrNotFound
	}
	return err
}

// filters is the heading of the boxes, and of the link that leads to them.
func (v catalogView) filters() string {
	if n := v.Filter.chosen(); n > 0 {
		return v.T("training.catalog.filters_n", "n", n)
	}
	return v.T("training.catalog.filters")
}

// nothing says why the list is empty.
func (v catalogView) nothing() string {
	switch {
	case !v.Filter.whole():
		return v.T("training.catalog.none")
	case v.Filter.Past:
		return v.T("training.catalog.none.at_all.past")
	}
	return v.T("training.catalog.none.at_all")
}
