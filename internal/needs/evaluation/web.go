package evaluation

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/disclosure"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// Paths of the package.
const (
	LeadPath   = "/prowadze/oceny"  // of those who lead
	CenterPath = "/osrodek/oceny"   // of those who run a center
	PublicPath = "/szkolenia/oceny" // sums that everybody reads
)

// kindWords stand in addresses.
var kindWords = map[Kind]string{Training: "szkolenie", Meeting: "spotkanie"}

func kindOf(word string) (Kind, error) {
	for kind, w := range kindWords {
		if w == word {
			return kind, nil
		}
	}
	return "", fault.ErrNotFound
}

// Path is the page of what was published of one subject, for those who run it.
func Path(kind Kind, id string) string { return onePath(kind, id) }

// onePath is the page of what was published of one subject.
func onePath(kind Kind, id string) string { return LeadPath + "/" + kindWords[kind] + "/" + id }

// Routes opens the doors of the package.
func (s *Service) Routes(sh *web.Shell) {
	lead, manage := access.Can(access.LeadTrainings), access.Can(access.ManageTrainings)
	// Whose a subject is, the page asks by its kind (see sees).
	reads := access.CanAny(access.LeadTrainings, access.ManageTrainings, access.RunMeetings)
	sh.Handle("GET "+LeadPath, lead, s.getLed)
	sh.Handle("GET "+LeadPath+"/{kind}/{id}", reads, s.getOne)
	sh.Handle("POST "+LeadPath+"/{kind}/{id}/uwagi", manage, s.postRemarks, web.Idempotent())
	sh.Handle("GET "+CenterPath, manage, s.getCenter)
	sh.Handle("GET "+PublicPath, web.Public, s.getPublic)
}

func day(at int64) time.Time { return time.Unix(at, 0).In(web.Warsaw) }

// listRow is a subject in a list.
type listRow struct {
	ID, Title   string
	Href, Ended string
	Now, Used   string
	Low         *web.Reason
	Band        bool // a figure is a band
}

func rowOf(l *i18n.L, x rowOfList) listRow {
	row := listRow{ID: x.ID, Title: x.Title, Href: onePath(x.Kind, x.ID), Ended: l.Date(day(x.EndedAt)), Now: stateText(l, x.AfterState, x.AfterGroup), Used: stateText(l, x.LaterState, x.LaterGroup)}
	if x.AfterGroup == released {
		row.Band = band(figuresOf(x.After).Useful)
		row.Now = disclosure.MeanWords(l, figuresOf(x.After).Useful) + together(l, x.AfterTogether)
	}
	if x.LaterGroup == released {
		row.Band = row.Band || band(figuresOf(x.Later).Used)
		row.Used = useText(l, figuresOf(x.Later).Used) + together(l, x.LaterTogether)
	}
	if x.Low {
		why := lowReason(l, figuresOf(x.Later))
		why.About = x.Title
		row.Low = &why
	}
	return row
}

// together says that a figure belongs to several trainings.
func together(l *i18n.L, rounds int) string {
	if rounds < 2 {
		return ""
	}
	return " " + l.N("evaluation.together", rounds)
}

// stateText is where a round stands while nothing is published of it.
func stateText(l *i18n.L, state, group string) string {
	switch {
	case state == "":
		return l.T("evaluation.state.none")
	case state == closed && group == gathering:
		return l.T("evaluation.state.gathering")
	}
	return l.T("evaluation.state." + state)
}

func rowsOf(l *i18n.L, list []rowOfList) (rows []listRow) {
	for _, x := range list {
		rows = append(rows, rowOf(l, x))
	}
	return rows
}

func pagerOf(u *url.URL, at web.Cursor, list []rowOfList, more bool) web.Pager {
	if len(list) == 0 {
		return web.Pager{}
	}
	a, z := list[0], list[len(list)-1]
	return web.PagerFor(u, at, web.Cursor{Key: a.EndedKey, ID: a.ID}, web.Cursor{Key: z.EndedKey, ID: z.ID}, more)
}

// ledPage is the list of what somebody led.
type ledPage struct {
	web.Page
	Rows  []listRow
	Band  bool
	Pager web.Pager
	Rule  web.Reason
}

func (s *Service) getLed(w http.ResponseWriter, r *web.Request) error {
	at, err := web.CursorOf(r.URL.Query())
	if err != nil {
		return err
	}
	list, more, err := s.led(r.Context(), access.ActorOf(r.Request), at)
	if err != nil {
		return err
	}
	p := ledPage{Page: r.Page(w, r.L.T("evaluation.title.led")), Rows: rowsOf(r.L, list), Pager: pagerOf(r.URL, at, list, more), Rule: rule(r.L)}
	p.NoIndex, p.Lead, p.Band = true, r.L.T("evaluation.lead.led"), slices.ContainsFunc(p.Rows, func(row listRow) bool { return row.Band })
	return r.Render(w, ledView(p))
}

// rule says when figures are hidden and what is published together.
func rule(l *i18n.L) web.Reason {
	return web.Reason{Text: l.T("evaluation.rule.text"), Rule: l.T("evaluation.rule.rule", "k", least, "two", 2*least, "alone", aloneFrom), About: l.T("evaluation.rule.about")}
}

// meetingRule is the same for meetings.
func meetingRule(l *i18n.L) web.Reason {
	why := rule(l)
	why.Rule = l.T("evaluation.rule.rule.meeting", "two", 2*least, "alone", aloneFrom)
	return why
}

// centerPage is the list of a center's trainings in a school year.
type centerPage struct {
	web.Page
	Centers []web.Link
	Years   []web.Link
	Filters []web.Link
	Low     bool
	Sums    []web.Figure
	Band    bool // a sum or a row is a band
	Rows    []listRow
	Pager   web.Pager
	Rule    web.Reason
}

// centersOf are the institutions whose trainings the actor runs.
func centersOf(who access.Actor) (all []access.InstitutionID) {
	for _, h := range who.Roles {
		if h.Role.Gives(access.ManageTrainings) && h.Institution != "" && !slices.Contains(all, h.Institution) {
			all = append(all, h.Institution)
		}
	}
	return all
}

func (s *Service) getCenter(w http.ResponseWriter, r *web.Request) error {
	ctx, l, who, q := r.Context(), r.L, access.ActorOf(r.Request), r.URL.Query()
	at, err := web.CursorOf(q)
	if err != nil {
		return err
	}
	all := centersOf(who)
	if len(all) == 0 {
		return fault.New(fault.Forbidden, "fault.forbidden")
	}
	center := all[0]
	if c := access.InstitutionID(q.Get("osrodek")); c != "" {
		center = c
	}
	year, err := s.chosenYear(q)
	if err != nil {
		return err
	}
	low := q.Get("malo") == "tak"
	list, more, err := s.ofCenter(ctx, who, center, year, low, at)
	if err != nil {
		return err
	}
	names, err := s.Names.Names(ctx, append(all, center))
	if err != nil {
		return err
	}
	years, err := s.years(ctx, center)
	if err != nil {
		return err
	}
	p := centerPage{Page: r.Page(w, l.T("evaluation.title.center")), Rows: rowsOf(l, list), Pager: pagerOf(r.URL, at, list, more), Low: low, Rule: rule(l),
		Sums: sumFigures(l, years, year)}
	p.Band = slices.ContainsFunc(p.Rows, func(row listRow) bool { return row.Band }) ||
		slices.ContainsFunc(years, func(y yearRow) bool { return y.SchoolYear == year && band(y.sum().cell()) })
	p.NoIndex, p.Lead = true, l.T("evaluation.lead.center", "center", names[center])
	if len(all) > 1 {
		for _, c := range all {
			p.Centers = append(p.Centers, web.Link{Text: names[c], Href: web.WithQuery(r.URL, "osrodek", string(c), "od", "do"), Current: c == center})
		}
	}
	p.Years = s.yearLinks(r.URL, year)
	p.Filters = []web.Link{{Text: l.T("evaluation.filter.all"), Href: web.WithQuery(r.URL, "", "", "malo", "od", "do"), Current: !low},
		{Text: l.T("evaluation.filter.low"), Href: web.WithQuery(r.URL, "malo", "tak", "od", "do"), Current: low}}
	return r.Render(w, centerView(p))
}

// sumFigures are the sums of a center's school year as tiles.
func sumFigures(l *i18n.L, years []yearRow, year int) (list []web.Figure) {
	for _, y := range years {
		if y.SchoolYear != year {
			continue
		}
		f := web.Figure{Label: l.T("evaluation.sum." + string(y.Stage)), Value: disclosure.MeanWords(l, y.sum().cell()), More: covered(l, y)}
		if y.Stage == Later {
			f.Value = useText(l, y.sum().cell())
		}
		list = append(list, f)
		if y.Stage == Later {
			list = append(list, web.Figure{Label: l.T("evaluation.sum.low"), Value: l.Number(y.Low)})
		}
	}
	return list
}

// covered says what a sum is a sum of.
func covered(l *i18n.L, y yearRow) string {
	return l.T("evaluation.covered", "subjects", l.Number(y.Subjects), "all", l.Number(y.Subjects+y.Hidden), "answers", l.Number(y.Answers))
}

// publicPage is what everybody reads: sums by center in a school year.
type publicPage struct {
	web.Page
	Years []web.Link
	Rows  []publicRow
	Band  bool
	Rule  web.Reason
}

type publicRow struct{ Center, Href, Useful, UsefulOf, Used, UsedOf string }

func (s *Service) getPublic(w http.ResponseWriter, r *web.Request) error {
	ctx, l := r.Context(), r.L
	known, err := s.knownYears(ctx)
	if err != nil {
		return err
	}
	year, err := s.chosenYear(r.URL.Query())
	if err != nil {
		return err
	}
	if !slices.Contains(known, year) && len(known) > 0 && r.URL.Query().Get("rok") == "" {
		year = known[0]
	}
	list, err := s.yearOf(ctx, year)
	if err != nil {
		return err
	}
	p := publicPage{Page: r.Page(w, l.T("evaluation.title.public"), web.Link{Text: l.T("evaluation.title.catalog"), Href: "/szkolenia"}), Rule: rule(l)}
	p.Lead = l.T("evaluation.lead.public")
	for _, y := range known {
		p.Years = append(p.Years, web.Link{Text: yearText(y), Href: PublicPath + "?rok=" + strconv.Itoa(y), Current: y == year})
	}
	var ids []access.InstitutionID
	for _, y := range list {
		ids = append(ids, y.Center)
	}
	names, err := s.Names.Names(ctx, ids)
	if err != nil {
		return err
	}
	for _, y := range list {
		n := slices.IndexFunc(p.Rows, func(row publicRow) bool { return row.Href == "/instytucje/"+string(y.Center) })
		if n < 0 {
			n = len(p.Rows)
			p.Rows = append(p.Rows, publicRow{Center: names[y.Center], Href: "/instytucje/" + string(y.Center), Useful: l.T("evaluation.state.none"), Used: l.T("evaluation.state.none")})
		}
		p.Band = p.Band || band(y.sum().cell())
		if y.Stage == After {
			p.Rows[n].Useful, p.Rows[n].UsefulOf = disclosure.MeanWords(l, y.sum().cell()), covered(l, y)
		} else {
			p.Rows[n].Used, p.Rows[n].UsedOf = useText(l, y.sum().cell()), covered(l, y)
		}
	}
	slices.SortFunc(p.Rows, func(a, b publicRow) int { return cmp.Compare(i18n.SortKey(a.Center), i18n.SortKey(b.Center)) })
	return r.Render(w, publicView(p))
}

// chosenYear is the school year of the address, the present one without any.
func (s *Service) chosenYear(q url.Values) (int, error) {
	now := directory.SchoolYear(s.now())
	text := q.Get("rok")
	if text == "" {
		return now, nil
	}
	year, err := strconv.Atoi(text)
	if err != nil || year < 2000 || year > now+1 {
		return 0, fault.New(fault.BadRequest, "fault.bad_request")
	}
	return year, nil
}

// yearLinks lead to the school year before and after.
func (s *Service) yearLinks(u *url.URL, year int) (links []web.Link) {
	for y := year - 1; y <= min(year+1, directory.SchoolYear(s.now())); y++ {
		links = append(links, web.Link{Text: yearText(y), Href: web.WithQuery(u, "rok", strconv.Itoa(y), "od", "do"), Current: y == year})
	}
	return links
}

// bar is how far a bar reaches, in thousandths of its length: from and to of a
// band, or from the beginning.
type bar struct{ From, To int }

func barOf(mean disclosure.Cell, low, high int) bar {
	a, b := span(mean)
	at := func(tenths int) int { return min(1000, max(0, (tenths-10*low)*1000/(10*(high-low)))) }
	if a == b {
		return bar{0, at(a)}
	}
	return bar{at(a), at(b)}
}
