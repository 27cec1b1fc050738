package support

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// Path is the list of processes, UnmetPath the report of needs that stayed unmet.
const (
	Path      = "/wspomaganie"
	NewPath   = Path + "/nowe"
	UnmetPath = Path + "/niezaspokojone"
)

// The pages of one process, after Href.
const (
	tabDiagnosis = ""
	tabPlan      = "/plan"
	tabForms     = "/formy"
	tabEffects   = "/efekty"
)

// Href is the page of a process.
func Href(id string) string { return Path + "/" + id }

// Routes opens the doors of the package. Whose process it is, is the service's
// to check.
func (s *Service) Routes(sh *web.Shell) {
	sides := access.CanAny(access.SupportOwn, access.SupportSchool)
	plan := access.Can(access.PlanNeeds)
	once, one := web.Idempotent(), Path+"/{id}"
	sh.Handle("GET "+Path, sides, s.getList)
	sh.Handle("GET "+NewPath, sides, s.getNew)
	sh.Handle("POST "+NewPath, sides, s.postNew, once)
	sh.Handle("GET "+UnmetPath, plan, s.getUnmet)
	sh.Handle("GET "+UnmetPath+"/arkusz", plan, s.getUnmetSheet)
	for _, tab := range []string{tabDiagnosis, tabPlan, tabForms, tabEffects} {
		sh.Handle("GET "+one+tab, sides, s.getTab(tab))
	}
	sh.Handle("GET "+one+"/plan/druk", sides, s.getPrint)
	sh.Handle("GET "+one+"/plan/pdf", sides, s.getPDF)
	sh.Handle("GET "+one+"/arkusz", sides, s.getSheet)
	sh.Handle("POST "+one+"/potrzeby", sides, s.post(tabDiagnosis, "saved", s.addNeed), once)
	sh.Handle("POST "+one+"/zgloszone", sides, s.post(tabDiagnosis, "saved", s.takeDeclared), once)
	sh.Handle("POST "+one+"/sposoby", sides, s.post(tabDiagnosis, "saved", s.setWays), once)
	sh.Handle("GET "+one+"/potrzeby/{need}", sides, s.getNeed)
	sh.Handle("POST "+one+"/potrzeby/{need}", sides, s.postNeed, once)
	sh.Handle("POST "+one+"/potrzeby/{need}/usun", sides, s.post(tabDiagnosis, "saved", s.removeNeed), once)
	sh.Handle("POST "+one+"/plan", sides, s.post(tabPlan, "saved", s.setGoals), once)
	sh.Handle("GET "+one+"/formy/nowa", sides, s.getNewForm)
	sh.Handle("POST "+one+"/formy/nowa", sides, s.postNewForm, once)
	sh.Handle("GET "+one+"/formy/{form}", sides, s.getForm)
	sh.Handle("POST "+one+"/formy/{form}", sides, s.postForm, once)
	sh.Handle("POST "+one+"/formy/{form}/odbyta", sides, s.postHeld, once)
	sh.Handle("POST "+one+"/formy/{form}/nieodbyta", sides, s.postMissed, once)
	sh.Handle("POST "+one+"/formy/{form}/usun", sides, s.post(tabPlan, "saved", s.removeForm), once)
	sh.Handle("POST "+one+"/efekty", sides, s.post(tabEffects, "saved", s.setEffects), once)
	for _, tab := range []string{tabDiagnosis, tabPlan, tabEffects} {
		sh.Handle("POST "+one+agreePath(tab), sides, s.post(tab, "said", s.saySo), once)
	}
	sh.Handle("POST "+one+"/zamkniecie", sides, s.post(tabEffects, "closed", s.close), once)
	sh.Handle("POST "+one+"/przerwanie", sides, s.post(tabDiagnosis, "dropped", s.drop), once)
	sh.Handle("POST "+one+"/osoba", sides, s.post(tabDiagnosis, "named", s.name), once)
	sh.AddNav(19, "support.title", Path, sides)
	sh.AddDesk(s.desk)
}

// agreePath is where the words of a side about a tab go.
func agreePath(tab string) string {
	return map[string]string{tabDiagnosis: "/diagnoza/zgoda", tabPlan: "/plan/zgoda", tabEffects: "/efekty/zgoda"}[tab]
}

func localTime(at int64) time.Time { return time.Unix(at, 0).In(web.Warsaw) }

func yearText(year int) string { return strconv.Itoa(year) + "/" + strconv.Itoa(year+1) }

func revisionOf(r *web.Request) int64 {
	n, _ := strconv.ParseInt(r.Value("wersja"), 10, 64) // what is none fits no row
	return n
}

// numberOf reads a number; what is none is a fault of the field.
func numberOf(r *web.Request, name string) int {
	n, err := strconv.Atoi(r.Value(name))
	if err != nil {
		return -1
	}
	return n
}

// shown tells whether a fault is shown with the form, which keeps its words.
func shown(err error) bool {
	kind := fault.KindOf(err)
	return err != nil && (kind == fault.Invalid || kind == fault.Conflict)
}

func statusOf(wrong error) int {
	if e := fault.As(wrong); e != nil {
		return e.Kind.Status()
	}
	return http.StatusOK
}

// stopOf is a fault of no field, in words.
func stopOf(l *i18n.L, wrong error) string {
	if e := fault.As(wrong); e != nil && len(e.Fields) == 0 {
		return l.T(e.Key, e.Args...)
	}
	return ""
}

const rowsOnPage = 20

// listPage are the processes of a school year.
type listPage struct {
	web.Page
	Year   string
	Years  []web.Link
	Rows   []listRow
	Pager  web.Pager
	May    bool // begin one
	Report bool
	Next   web.Step
}

type listRow struct {
	ID, School, Center, Href, State, Kind, Next, Who, When string
	Mine                                                   bool
}

func (s *Service) getList(w http.ResponseWriter, r *web.Request) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	from, err := web.CursorOf(r.URL.Query())
	if err != nil {
		return err
	}
	years, err := s.Years(ctx, who)
	if err != nil {
		return err
	}
	year := yearOf(r, years, directory.SchoolYear(s.now()))
	list, more, err := s.List(ctx, who, year, from, rowsOnPage)
	if err != nil {
		return err
	}
	p := listPage{Page: r.Page(w, r.L.T("support.title")), Year: yearText(year), May: true, Years: yearLinks(Path, years, year)}
	p.NoIndex, p.Lead = true, r.L.T("support.lead")
	_, refused := s.Scopes(ctx, who)
	p.Report = refused == nil
	if p.Rows, err = s.listRows(r, list); err != nil {
		return err
	}
	p.Next = web.Step{What: r.L.T("support.next.begin"), Who: r.L.T("support.who.either"), Href: NewPath}
	for _, row := range p.Rows {
		if row.Mine {
			p.Next = web.Step{What: row.Next + " – " + row.School, Who: row.Who, When: row.When, Href: row.Href}
			break
		}
	}
	if len(list) > 0 {
		first, last := list[0], list[len(list)-1]
		p.Pager = web.PagerFor(r.URL, from, web.Cursor{Key: first.SchoolKey, ID: first.ID}, web.Cursor{Key: last.SchoolKey, ID: last.ID}, more)
	}
	return r.Render(w, listView(p))
}

// yearOf is the year that is asked for, among those there are; otherwise usual.
func yearOf(r *web.Request, years []int, usual int) int {
	if n, err := strconv.Atoi(r.Value("rok")); err == nil && slices.Contains(years, n) {
		return n
	}
	return usual
}

func yearLinks(path string, years []int, year int) (links []web.Link) {
	if !slices.Contains(years, year) {
		years = append([]int{year}, years...)
	}
	for _, y := range years {
		links = append(links, web.Link{Text: yearText(y), Href: path + "?rok=" + strconv.Itoa(y), Current: y == year})
	}
	return links
}

func (s *Service) listRows(r *web.Request, list []Whole) (rows []listRow, err error) {
	var ids []access.InstitutionID
	for _, w := range list {
		ids = append(ids, w.School, w.Center)
	}
	names, err := s.Directory.Names(r.Context(), ids)
	for _, w := range list {
		step := stepOf(r.L, w)
		row := listRow{ID: w.ID, School: names[w.School], Center: names[w.Center], Href: Href(w.ID), State: stateName(r.L, w.State), Kind: stateKind(w.State),
			Next: step.What, Who: step.Who, When: step.When, Mine: w.Next().For(w.Side)}
		rows = append(rows, row)
	}
	return rows, err
}

func stateName(l *i18n.L, st State) string { return l.T("support.state." + string(st)) }

func stateKind(st State) string {
	return map[State]string{UnderWay: "ok", Closed: "ok", Dropped: "bad"}[st]
}

// stepOf is what comes next, in words.
func stepOf(l *i18n.L, w Whole) web.Step {
	c := w.Next()
	if c.What == "" {
		return web.Step{What: l.T("support.next.over")}
	}
	who := "both"
	if len(c.Sides) == 1 {
		who = string(c.Sides[0])
	}
	return web.Step{What: l.T(c.What), Who: l.T("support.who." + who), When: l.DateText(c.By), Href: Href(w.ID) + c.Tab}
}

// desk tells what waits for the actor's side, one line for each process.
func (s *Service) desk(r *web.Request) (items []web.DeskItem, err error) {
	mine, err := s.waiting(r.Context(), access.ActorOf(r.Request))
	if err != nil || len(mine) == 0 {
		return nil, err
	}
	rows, err := s.listRows(r, mine[:min(len(mine), mostDeskLines)])
	for n, row := range rows {
		items = append(items, web.DeskItem{Rank: 45, Title: r.L.T("support.desk", "school", row.School), Text: row.Next, Href: Href(row.ID) + mine[n].Next().Tab, By: row.When})
	}
	if rest := len(mine) - len(rows); rest > 0 {
		items = append(items, web.DeskItem{Rank: 46, Title: r.L.N("support.desk_more", rest), Href: Path})
	}
	return items, err
}

// mostDeskLines keeps a center's desk readable; the rest is one line.
const mostDeskLines = 5

// newPage is where a process is begun.
type newPage struct {
	web.Page
	V       url.Values
	School  bool         // the head's side begins
	Schools []web.Choice // own ones, or those found
	Centers []web.Choice
	People  []web.Choice
	Years   []web.Choice
	Query   string
	Stop    string
	Next    web.Step
}

func (s *Service) getNew(w http.ResponseWriter, r *web.Request) error {
	return s.showNew(w, r, url.Values{}, nil)
}

func (s *Service) showNew(w http.ResponseWriter, r *web.Request, v url.Values, wrong error) (err error) {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	p := newPage{Page: r.Page(w, r.L.T("support.new.title"), web.Link{Text: r.L.T("support.title"), Href: Path}).WithErrors(wrong), V: v, Stop: stopOf(r.L, wrong)}
	p.NoIndex, p.Lead = true, r.L.T("support.new.lead")
	p.Next = web.Step{What: r.L.T("support.next.diagnose"), Who: r.L.T("support.who.both")}
	for _, y := range s.schoolYears() {
		p.Years = append(p.Years, web.Choice{Value: strconv.Itoa(y), Label: yearText(y)})
	}
	if p.V.Get("rok") == "" {
		p.V.Set("rok", p.Years[0].Value)
	}
	centers, err := s.Centers(ctx)
	if err != nil {
		return err
	}
	if own := at(who, access.SupportOwn); len(own) > 0 {
		p.School, p.Centers = true, centers
		p.Schools, err = s.namedPlaces(r, own)
	} else {
		err = s.newByCenter(r, &p, centers)
	}
	if err != nil {
		return err
	}
	return r.RenderStatus(w, statusOf(wrong), newView(p))
}

// newByCenter looks the school up by the beginnings of words of its name.
func (s *Service) newByCenter(r *web.Request, p *newPage, centers []web.Choice) (err error) {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	own := at(who, access.SupportSchool)
	p.Centers = slices.DeleteFunc(centers, func(c web.Choice) bool { return !slices.Contains(own, access.InstitutionID(c.Value)) })
	p.Query = r.Value("q")
	var found []string
	if p.Query != "" {
		if found, err = s.Directory.FindNames(ctx, p.Query, 20); err != nil {
			return err
		}
	}
	var ids []access.InstitutionID
	for _, id := range found {
		ids = append(ids, access.InstitutionID(id))
	}
	if p.Schools, err = s.namedPlaces(r, ids); err != nil {
		return err
	}
	if len(own) > 0 {
		p.People, err = s.peopleOf(r, own[0])
	}
	if !who.May(access.ManageTrainings) {
		p.People = slices.DeleteFunc(p.People, func(c web.Choice) bool { return c.Value != string(who.Person) })
	}
	return err
}

func (s *Service) namedPlaces(r *web.Request, ids []access.InstitutionID) (list []web.Choice, err error) {
	names, err := s.Directory.Names(r.Context(), ids)
	for _, id := range ids {
		if names[id] != "" {
			list = append(list, web.Choice{Value: string(id), Label: names[id]})
		}
	}
	return list, err
}

// peopleOf are those who may work with schools for a center.
func (s *Service) peopleOf(r *web.Request, center access.InstitutionID) (list []web.Choice, err error) {
	all, err := s.People.Holders(r.Context(), access.SupportSchool, center)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, id := range all {
		ids = append(ids, string(id))
	}
	names, err := s.People.NamesOf(r.Context(), ids)
	for _, id := range ids {
		if names[id] != "" {
			list = append(list, web.Choice{Value: id, Label: names[id]})
		}
	}
	slices.SortFunc(list, func(a, b web.Choice) int { return strings.Compare(i18n.SortKey(a.Label), i18n.SortKey(b.Label)) })
	return list, err
}

func (s *Service) postNew(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	year, _ := strconv.Atoi(r.Value("rok")) // what is none is no year of ours
	b := Beginning{School: access.InstitutionID(r.Value("szkola")), Center: access.InstitutionID(r.Value("osrodek")), Year: year, Person: r.Value("osoba")}
	if known(string(b.School)) != nil {
		return s.showNew(w, r, r.PostForm, fault.InvalidFields([]fault.Field{{Name: "szkola", Key: "support.fault.choose"}}))
	}
	if known(string(b.Center)) != nil {
		return s.showNew(w, r, r.PostForm, fault.InvalidFields([]fault.Field{{Name: "osrodek", Key: "support.fault.choose"}}))
	}
	id, err := s.Begin(r.Context(), access.ActorOf(r.Request), b)
	if shown(err) {
		return s.showNew(w, r, r.PostForm, err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.support.begun")
	return r.Redirect(w, Href(id))
}
