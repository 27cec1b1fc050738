package directory

import (
	"cmp"
	"context"
	"encoding/json"
	"math"
	"net/http"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"kladka/internal/access"
	"kladka/internal/directory/geometry"
	"kladka/internal/directory/register"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// Section is what another module shows on an institution's page, in the order
// of Rank. One without a component is left out.
type Section struct {
	Title     string
	Rank      int
	Component templ.Component
}

// SectionFunc makes a section for who asks. It gets the request, as the desk
// and the front page do, because titles and words are in the reader's language.
type SectionFunc func(r *web.Request, who access.Actor, i Institution) (Section, error)

// AddSection lets a module stand on the pages of institutions. It is called
// in wiring, before the first request.
func (s *Service) AddSection(f SectionFunc) { s.sections = append(s.sections, f) }

// institutionPage is the public page of an institution.
type institutionPage struct {
	web.Page
	I        Institution
	Kind     string
	Status   string // public or not, "" when unknown
	Address  []string
	Town     web.Link
	District string
	Runner   web.Link // without Href when the body is not in the directory
	Phone    web.Link
	Email    web.Link
	Website  web.Link
	Reasons  []web.Reason
	Family   family
	Picture  picture
	NoPoint  bool
	Source   string
	// PointFrom says whose the point is, when it is not of the source of the rest.
	PointFrom string
	Past      []pastItem // what it was called before, and the like
	Near      []nearItem
	SameKind  web.Link
	Sections  []Section
	Data      string // address of the same as JSON
	Stated    []statedFact
	Linked    string     // and in the vocabulary of schema.org
	Schema    string     // the latter, for the page itself
	Edit      string     // address of the correction of the group, "" for who may not
	Doors     []web.Link // pages of this institution that the reader may enter
}

// family is the group under one head as seen from one unit.
type family struct {
	Head     *web.Link // who leads the group; nil when the unit itself does
	Parent   *web.Link
	Children []web.Link
	Siblings []web.Link
	Size     int // of the whole group
}

type nearItem struct {
	web.Link
	Distance string
}

func (s *Service) getInstitution(w http.ResponseWriter, r *web.Request) error {
	id, err := idOf(r.PathValue("id"))
	if err != nil {
		return err
	}
	i, err := ByID(r.Context(), s.db, id)
	if err != nil {
		return err
	}
	p, err := s.institutionPage(w, r, i)
	if err != nil {
		return err
	}
	return r.Render(w, institutionView(p))
}

// getByNumber leads from the number of the register to the page, for links
// that people write by hand: /instytucje/rspo/20803. The door's pattern is
// wider than that because a narrower one would collide with /{id}/zespol.
func (s *Service) getByNumber(w http.ResponseWriter, r *web.Request) error {
	number, err := strconv.ParseInt(r.PathValue("number"), 10, 32)
	if r.PathValue("id") != "rspo" || err != nil || number <= 0 {
		return fault.ErrNotFound
	}
	i, err := ByRSPO(r.Context(), s.db, int(number))
	if err != nil {
		return err
	}
	http.Redirect(w, r.Request, href(i.ID), http.StatusMovedPermanently)
	return nil
}

// idOf takes a key only in the form in which we write it: an institution has
// one address.
func idOf(text string) (access.InstitutionID, error) {
	id, err := uuid.Parse(text)
	if err != nil || id.String() != text {
		return "", fault.ErrNotFound
	}
	return access.InstitutionID(text), nil
}

func (s *Service) institutionPage(w http.ResponseWriter, r *web.Request, i Institution) (p institutionPage, err error) {
	defer fault.Wrap(&err, "page of institution %s", i.ID)
	ctx, l := r.Context(), r.L
	ro, err := s.rollNow(ctx)
	if err != nil {
		return p, err
	}
	p = institutionPage{Page: r.Page(w, i.Name, web.Link{Text: l.T("institutions.title"), Href: listPath}), I: i,
		Kind: kindLabel(l, i.Kind), Address: i.addressLines(), Data: href(i.ID) + "/dane.json", Linked: href(i.ID) + "/dane.jsonld"}
	if p.Schema, err = schemaScript(i); err != nil {
		return p, err
	}
	if i.Public != "" {
		p.Status = capital(l.T("public." + i.Public))
	}
	p.Town = web.Link{Text: ro.townNamed(i.Municipality), Href: townHref(i.Municipality)}
	p.Phone, p.Email, p.Website = phoneLink(i.Phone), emailLink(i.Email), websiteLink(i.Website)
	p.Stated = statedFacts(l, i)
	p.SameKind = sameKind(l, i, p.Town.Text)
	steps := []func() error{
		func() (err error) { p.District, err = s.districtName(ctx, i); return },
		func() (err error) { p.Runner, err = s.runnerLink(ctx, l, i); return },
		func() (err error) { p.Family, err = s.familyOf(ctx, i); return },
		func() (err error) { p.Reasons, err = s.reasons(ctx, l, i); return },
		func() (err error) { p.Picture, err = s.smallMap(l, ro, i); return },
		func() (err error) { p.Source, err = s.sourceLine(ctx, l, i); return },
		func() (err error) { p.Near, err = s.near(ctx, l, ro, i); return },
		func() (err error) { p.Past, err = s.pastView(ctx, l, i); return },
		func() (err error) { return s.forWhoMay(r, &p) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return p, err
		}
	}
	p.NoPoint = i.Lat == nil || i.Lon == nil || i.PointDoubt != ""
	p.PointFrom = pointFrom(l, i)
	return p, nil
}

// forWhoMay adds what depends on who asks: the link to the correction of the
// group and the sections of other modules.
func (s *Service) forWhoMay(r *web.Request, p *institutionPage) error {
	who := access.ActorOf(r.Request)
	if who.May(access.CorrectGroups) {
		err := who.MayAt(r.Context(), access.CorrectGroups, p.I.ID)
		if err != nil && fault.KindOf(err) == fault.Internal {
			return err
		}
		if err == nil {
			p.Edit = href(p.I.ID) + "/zespol"
		}
	}
	if err := s.doors(r, p, who); err != nil {
		return err
	}
	for _, f := range s.sections {
		section, err := f(r, who, p.I)
		if err != nil {
			return err
		}
		if section.Component != nil {
			p.Sections = append(p.Sections, section)
		}
	}
	slices.SortStableFunc(p.Sections, func(a, b Section) int { return a.Rank - b.Rank })
	return nil
}

// doors leads people to what concerns them here: the staff and the classes for
// those who see them, and "I work here" for people without a role in this house.
func (s *Service) doors(r *web.Request, p *institutionPage, who access.Actor) error {
	if !who.SignedIn() {
		return nil
	}
	base := href(p.I.ID)
	for _, d := range []struct {
		may        access.Permission
		path, text string
	}{{access.SeePeople, "/osoby", "institution.people"}, {access.SeeRoster, "/klasy", "institution.classes"}} {
		err := who.MayAt(r.Context(), d.may, p.I.ID)
		if err != nil && fault.KindOf(err) == fault.Internal {
			return err
		}
		if err == nil && access.HasDoor(r, "GET /instytucje/{id}"+d.path) {
			p.Doors = append(p.Doors, web.Link{Text: r.L.T(d.text), Href: base + d.path})
		}
	}
	outside := who.For == "" && !who.Shared && !who.Has(access.Pupil) && !slices.Contains(who.Hats, string(p.I.ID))
	if outside && !p.I.Closed && access.HasDoor(r, "GET /instytucje/{id}/dolacz") {
		p.Doors = append(p.Doors, web.Link{Text: r.L.T("institution.work_here"), Href: base + "/dolacz"})
	}
	return nil
}

func (i Institution) addressLines() []string {
	var lines []string
	if street := i.street(); street != "" && i.Street != "" {
		lines = append(lines, street)
	}
	city := i.City
	if i.Street == "" {
		city = strings.TrimSpace(city + " " + i.street())
	}
	if last := strings.TrimSpace(i.Postcode + " " + city); last != "" {
		lines = append(lines, last)
	}
	return lines
}

func (s *Service) districtName(ctx context.Context, i Institution) (string, error) {
	if i.District == nil {
		return "", nil
	}
	var name string
	err := s.db.Get(ctx, &name, `select name from directory_districts where municipality = ? and number = ?`, i.Municipality, *i.District)
	if fault.KindOf(err) == fault.NotFound {
		return "", nil
	}
	return name, err
}

func (s *Service) runnerLink(ctx context.Context, l *i18n.L, i Institution) (web.Link, error) {
	if i.RunningID == nil {
		return web.Link{Text: capital(runnerLabel(l, i))}, nil
	}
	known, err := names(ctx, s.db, []access.InstitutionID{*i.RunningID})
	return web.Link{Text: cmp.Or(known[*i.RunningID], runnerLabel(l, i)), Href: href(*i.RunningID)}, err
}

// familyOf reads the group. Its rows share a head unit; who hangs on whom is
// seen from the parents.
func (s *Service) familyOf(ctx context.Context, i Institution) (f family, err error) {
	var rows []Institution
	err = s.db.Select(ctx, &rows, `select `+columns+` from directory_institutions where head_unit = ? order by sort_key, id limit 200`, i.HeadUnit)
	if err != nil {
		return f, err
	}
	f.Size = len(rows)
	for _, row := range rows {
		link := web.Link{Text: row.Name, Href: href(row.ID)}
		up := row.Parent()
		switch {
		case row.ID == i.ID:
		case i.Parent() != nil && row.ID == *i.Parent():
			f.Parent = &link
		case up != nil && *up == i.ID:
			f.Children = append(f.Children, link)
		case up != nil && i.Parent() != nil && *up == *i.Parent():
			f.Siblings = append(f.Siblings, link)
		}
		if row.ID == i.HeadUnit && row.ID != i.ID {
			f.Head = &link
		}
	}
	return f, nil
}

// reasons are why the page says what a reader may wonder at: that the
// institution is closed, that its group differs from the register's, that its
// point is not on the map.
func (s *Service) reasons(ctx context.Context, l *i18n.L, i Institution) ([]web.Reason, error) {
	var list []web.Reason
	if i.Closed {
		list = append(list, closedReason(l, i))
	}
	if i.Corrected {
		r, err := s.correctedReason(ctx, l, i)
		if err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	if i.PointDoubt != "" && i.Lat != nil && i.Lon != nil {
		list = append(list, doubtReason(l, i))
	}
	return list, nil
}

func closedReason(l *i18n.L, i Institution) web.Reason {
	why := i.ClosedWhy
	if why != ClosedByRegister && why != ClosedVanished && why != ClosedUndone {
		why = "officer"
	}
	r := web.Reason{Text: l.T("institution.closed." + why), Rule: l.T("institution.closed.rule"), Human: why == "officer"}
	if i.ClosedOn != "" {
		r.Numbers = append(r.Numbers, web.Pair{Name: l.T("institution.closed.on"), Value: l.DateText(i.ClosedOn)})
	}
	if i.Source != "" {
		r.Numbers = append(r.Numbers, web.Pair{Name: l.T("institution.closed.source"), Value: l.T("shape." + i.Source)})
	}
	return r
}

func (s *Service) correctedReason(ctx context.Context, l *i18n.L, i Institution) (web.Reason, error) {
	var ids []access.InstitutionID
	for _, id := range []*access.InstitutionID{i.RegisterParent, i.OfficerParent} {
		if id != nil {
			ids = append(ids, *id)
		}
	}
	known, err := names(ctx, s.db, ids)
	reading := func(id *access.InstitutionID) string {
		if id == nil {
			return l.T("institution.alone")
		}
		return l.T("institution.part_of", "name", known[*id])
	}
	return web.Reason{Text: l.T("institution.corrected"), Rule: l.T("institution.corrected.rule"), Human: true, Numbers: []web.Pair{
		{Name: l.T("institution.by_register"), Value: reading(i.RegisterParent)},
		{Name: l.T("institution.by_officer"), Value: reading(i.OfficerParent)},
	}}, err
}

func doubtReason(l *i18n.L, i Institution) web.Reason {
	doubt := DoubtMunicipality
	if i.PointDoubt == DoubtCountry {
		doubt = DoubtCountry
	}
	return web.Reason{Text: l.T("institution.point." + doubt), Rule: l.T("institution.point.rule"), Numbers: []web.Pair{
		{Name: l.T("institution.latitude"), Value: strconv.FormatFloat(*i.Lat, 'f', 5, 64)},
		{Name: l.T("institution.longitude"), Value: strconv.FormatFloat(*i.Lon, 'f', 5, 64)},
	}}
}

// smallMap shows where the institution is: its point in the boundary of its
// municipality, or the municipality among the others.
func (s *Service) smallMap(l *i18n.L, ro *roll, i Institution) (picture, error) {
	out, err := ro.outlines()
	if err != nil {
		return picture{}, err
	}
	b, drawn := out[i.Municipality]
	town := ro.townNamed(i.Municipality)
	if !drawn || i.Lat == nil || i.Lon == nil || i.PointDoubt != "" {
		p := townPicture(l, ro, out, i.Municipality)
		p.Name, p.Small = l.T("institution.map.town", "name", town), true
		return p, nil
	}
	const width, height = 480, 360
	p := picture{Name: l.T("institution.map.point", "name", town), Width: width, Height: height, Real: true, Small: true}
	box := b.Bounds().Union(geometry.Bounds{MinLon: *i.Lon, MinLat: *i.Lat, MaxLon: *i.Lon, MaxLat: *i.Lat})
	fit := geometry.Fit(box, width, height)
	p.Tiles = []tile{{Href: townHref(i.Municipality), Label: town, Path: geometry.Path(b, fit), Here: true}}
	x, y := fit.Point(*i.Lat, *i.Lon)
	p.Dot = &dot{decimal(x), decimal(y)}
	return p, nil
}

// sourceLine says where the row comes from and of when it is. The name of the
// file is not shown: people name files after themselves.
func (s *Service) sourceLine(ctx context.Context, l *i18n.L, i Institution) (string, error) {
	switch i.Origin {
	case ByHand:
		return l.T("institution.source.hand", "date", l.Date(time.Unix(i.UpdatedAt, 0).In(web.Warsaw))), nil
	case Invented:
		return l.T("institution.source.demo"), nil
	}
	if i.Source == "" {
		return l.T("institution.source.register"), nil
	}
	at, err := s.FreshAt(ctx, i.Source)
	if err != nil {
		return "", err
	}
	if changed := time.Unix(i.UpdatedAt, 0); at.IsZero() {
		at = changed
	}
	return l.T("institution.source.file", "shape", l.T("shape."+i.Source), "date", l.Date(at.In(web.Warsaw))), nil
}

// pointFrom says which source the point is of, when another stated the rest.
func pointFrom(l *i18n.L, i Institution) string {
	switch {
	case i.Lat == nil || i.PointSource == "" || i.PointSource == i.Source:
		return ""
	case i.PointSource == PointByCorrection:
		return l.T("institution.point.corrected")
	case slices.Contains([]Origin{FromRegister, ByHand, Invented}, Origin(i.PointSource)):
		return ""
	}
	return l.T("institution.point.from", "shape", l.T("shape."+i.PointSource))
}

// near are the nearest open institutions of the same kind.
func (s *Service) near(ctx context.Context, l *i18n.L, ro *roll, i Institution) ([]nearItem, error) {
	n, known := ro.at[i.ID]
	if !known || !ro.entries[n].point {
		return nil, nil
	}
	ids, distances := ro.nearest(n, 5)
	called, err := names(ctx, s.db, ids)
	var list []nearItem
	for at, id := range ids {
		list = append(list, nearItem{web.Link{Text: called[id], Href: href(id)}, distanceText(l, distances[at])})
	}
	return list, err
}

// nearest finds the nearest open entries of the same kind and their distances
// in meters. The earth is flat at this size.
func (r *roll) nearest(n int32, most int) (ids []access.InstitutionID, distances []float64) {
	type found struct {
		n      int
		meters float64
	}
	const metersPerDegree = 111_195
	here := r.entries[n]
	east := metersPerDegree * math.Cos(float64(here.lat)*math.Pi/180)
	var best []found
	for i := range r.entries {
		e := &r.entries[i]
		if e.kind != here.kind || e.closed || !e.point || int32(i) == n {
			continue
		}
		meters := math.Hypot(float64(e.lon-here.lon)*east, float64(e.lat-here.lat)*metersPerDegree)
		if len(best) == most && meters >= best[most-1].meters {
			continue
		}
		at, _ := slices.BinarySearchFunc(best, meters, func(f found, m float64) int { return cmp.Compare(f.meters, m) })
		best = slices.Insert(best, at, found{i, meters})
		best = best[:min(most, len(best))]
	}
	for _, f := range best {
		ids, distances = append(ids, r.entries[f.n].id), append(distances, f.meters)
	}
	return ids, distances
}

// distanceText rounds as the points deserve: to fifty meters, then to a
// tenth of a kilometer.
func distanceText(l *i18n.L, meters float64) string {
	if meters < 1000 {
		return strconv.Itoa(int(math.Round(meters/50)*50)) + "\u00a0m"
	}
	km := strconv.FormatFloat(meters/1000, 'f', 1, 64)
	if l.Lang != i18n.EN {
		km = strings.Replace(km, ".", ",", 1)
	}
	return km + "\u00a0km"
}

func sameKind(l *i18n.L, i Institution, town string) web.Link {
	f := Filter{Kinds: []Kind{i.Kind}, Municipalities: []string{i.Municipality}}
	return web.Link{Text: l.T("institution.same_kind", "kind", l.T("type."+string(i.Kind)), "town", town), Href: f.href(listPath)}
}

// phoneLink makes a link only of what is surely one number.
func phoneLink(text string) web.Link {
	var digits strings.Builder
	for _, c := range text {
		switch {
		case c >= '0' && c <= '9':
			digits.WriteRune(c)
		case !strings.ContainsRune(" -()+\u00a0", c):
			return web.Link{Text: text}
		}
	}
	number := digits.String()
	if strings.HasPrefix(strings.TrimSpace(text), "+") {
		number = "+" + number
	} else {
		number = "+48" + strings.TrimPrefix(number, "0")
	}
	if len(number) < 12 || len(number) > 16 {
		return web.Link{Text: text}
	}
	return web.Link{Text: text, Href: "tel:" + number}
}

func emailLink(text string) web.Link {
	a, err := mail.ParseAddress(text)
	if err != nil || a.Address != text || a.Name != "" || strings.ContainsAny(text, "?&%\"<> ") {
		return web.Link{Text: text}
	}
	return web.Link{Text: text, Href: "mailto:" + text}
}

// websiteLink leads only to http and https: the address was typed by others.
func websiteLink(text string) web.Link {
	address := strings.TrimSpace(text)
	if address != "" && !strings.Contains(address, ":") {
		address = "http://" + address
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || !strings.Contains(u.Hostname(), ".") {
		return web.Link{Text: text}
	}
	return web.Link{Text: strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(text, "https://"), "http://"), "/"), Href: u.String()}
}

// statedFact is what the register says of an institution and nobody corrects.
type statedFact struct{ Label, Value string }

// statedFacts are those that families ask for. Only today's shapes of the
// register state them.
func statedFacts(l *i18n.L, i Institution) (list []statedFact) {
	var r register.Record
	if i.Stated == "" || json.Unmarshal([]byte(i.Stated), &r) != nil {
		return nil
	}
	for _, field := range []string{"pupil_category", "specifics", "languages", "specialists", "sports_grounds"} {
		if value := valueText(l, field, register.TextOf(field, &r)); value != "" {
			list = append(list, statedFact{capital(l.T("field." + field)), value})
		}
	}
	return list
}
