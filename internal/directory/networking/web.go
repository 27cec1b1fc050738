package networking

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// Routes opens the doors of the package, and puts what waits on people's desks.
func (s *Service) Routes(sh *web.Shell) {
	use, own, moderate := access.Can(access.UseContacts), access.SignedIn, access.Can(access.ModerateContacts)
	sh.Handle("GET "+listPath, web.Public, s.getList)
	sh.Handle("POST "+listPath, use, s.postEntry, web.Idempotent())
	sh.Handle("GET "+listPath+"/nowy", use, s.getNew)
	sh.Handle("GET "+listPath+"/{id}", web.Public, s.getEntry)
	sh.Handle("GET "+listPath+"/{id}/zmien", use, s.getChange)
	sh.Handle("POST "+listPath+"/{id}/zmien", use, s.postChange)
	sh.Handle("POST "+listPath+"/{id}/zakoncz", use, s.postFinish)
	sh.Handle("POST "+listPath+"/{id}/przedluz", use, s.postRenew)
	sh.Handle("POST "+listPath+"/{id}/prosba", use, s.postAsk, web.Idempotent())

	sh.Handle("GET "+contactsPath, use, s.getContacts)
	sh.Handle("GET "+contactsPath+"/{id}", use, s.getRequest)
	sh.Handle("POST "+contactsPath+"/{id}/przyjmij", use, s.postSettle)
	sh.Handle("POST "+contactsPath+"/{id}/odmow", use, s.postSettle)
	sh.Handle("POST "+contactsPath+"/{id}/wycofaj", use, s.postWithdraw)
	sh.Handle("POST "+contactsPath+"/{id}/wiadomosc", use, s.postMessage, web.Idempotent())
	sh.Handle("POST "+contactsPath+"/{id}/adres", use, s.postAddress)
	sh.Handle("GET "+introsPath+"/nowe", use, s.getIntroduce)
	sh.Handle("POST "+introsPath+"/nowe", use, s.postIntroduce, web.Idempotent())
	sh.Handle("GET "+introsPath+"/{id}", use, s.getIntro)
	sh.Handle("POST "+introsPath+"/{id}", use, s.postReply)

	sh.Handle("GET "+reportPath, use, s.getReport)
	sh.Handle("POST "+reportPath, use, s.postReport, web.Idempotent())
	sh.Handle("GET "+blocksPath, own, s.getBlocks)
	sh.Handle("POST "+blocksPath, use, s.postBlock)
	sh.Handle("POST "+blocksPath+"/zdejmij", own, s.postUnblock)
	sh.Handle("GET "+hintsPath, use, s.getHints)
	sh.Handle("POST "+hintsPath, use, s.postHints)
	sh.Handle("GET "+casesPath, moderate, s.getCases)
	sh.Handle("GET "+casesPath+"/{id}", moderate, s.getCase)
	sh.Handle("POST "+casesPath+"/{id}", moderate, s.postCase)
	sh.AddDesk(s.desk)
	sh.AddFirstSteps(s.firstSteps)
}

// item is an entry in a list.
type item struct {
	Href, Title, Owner, Town, Body, Side, Until string
	Lang                                        i18n.Lang
	Mark, MarkKind                              string // state, when it is not simply open
	Why                                         string // of a suggestion
}

const shortBody = 240

func short(text string) string {
	r := []rune(text)
	if len(r) <= shortBody {
		return text
	}
	return strings.TrimSpace(string(r[:shortBody])) + "…"
}

func (w *words) item(e Entry, now time.Time) item {
	it := item{Href: entryPath(e.ID), Title: w.title(e), Owner: w.owner(e), Town: w.called[w.towns[e.Institution]], Body: short(e.Body), Lang: e.Lang,
		Side: w.l.T("networking.side." + string(e.Side)), Until: w.l.T("networking.until", "date", w.l.DateText(e.Until))}
	switch {
	case e.State == stateHidden:
		it.Mark, it.MarkKind = w.l.T("networking.state.hidden"), "bad"
	case !e.Standing(now):
		it.Mark = w.l.T("networking.state.ended")
	case e.OpenToAll:
		it.Mark = w.l.T("networking.state.public")
	}
	return it
}

// listPage is who helps with what.
type listPage struct {
	web.Page
	Found   string
	Items   []item
	Facets  []web.Facet
	Chosen  int
	Pager   web.Pager
	MayUse  bool
	Stopped *web.Reason // why the reader may not use contacts now
}

// filterOf reads the filters of an address; a value that is none of ours is a
// fault, as on the list of institutions.
func filterOf(q url.Values) (f Filter, err error) {
	few := func(name string, ok func(string) bool) []string {
		var list []string
		for _, v := range q[name] {
			if v == "" || slices.Contains(list, v) {
				continue
			}
			if !ok(v) || len(list) >= 50 {
				err = fault.New(fault.BadRequest, "networking.fault.filter")
				return nil
			}
			list = append(list, v)
		}
		return list
	}
	isID := func(v string) bool { _, err := known(v); return err == nil }
	f.Topics = few(askTopic, isID)
	f.Municipalities = few(askTown, func(v string) bool { _, err := strconv.Atoi(v); return err == nil && len(v) == 6 })
	f.Sides = few(askSide, func(v string) bool { return v == string(Helps) || v == string(Looks) })
	f.Owners = few(askOwner, func(v string) bool { return v == ownPerson || v == ownInstitution })
	return f, err
}

func (s *Service) getList(w http.ResponseWriter, r *web.Request) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	f, err := filterOf(r.URL.Query())
	if err != nil {
		return err
	}
	at, err := web.CursorOf(r.URL.Query())
	if err != nil {
		return err
	}
	list, total, more, err := s.List(ctx, who, f, at)
	if err != nil {
		return err
	}
	names, err := s.wordsFor(ctx, r.L, list, nil, nil)
	if err != nil {
		return err
	}
	p := listPage{Page: r.Page(w, r.L.T("networking.title.list")), Found: r.L.N("networking.found", total), MayUse: who.May(access.UseContacts)}
	for _, e := range list {
		p.Items = append(p.Items, names.item(e, s.now()))
	}
	if len(list) > 0 {
		p.Pager = web.PagerFor(r.URL, at, web.Cursor{ID: list[0].ID}, web.Cursor{ID: list[len(list)-1].ID}, more)
	}
	if p.Facets, err = s.facets(r, who, f); err != nil {
		return err
	}
	p.Chosen = web.Chosen(p.Facets)
	if p.Stopped, err = s.stopped(r, who); err != nil {
		return err
	}
	return r.Render(w, listView(p))
}

// stopped is why the reader may not use contacts now, nil when they may.
func (s *Service) stopped(r *web.Request, who access.Actor) (*web.Reason, error) {
	if !who.SignedIn() {
		return nil, nil
	}
	x, err := s.suspended(r.Context(), s.db, string(who.Person))
	if err != nil || x == nil {
		return nil, err
	}
	return &web.Reason{Text: x.Words, Rule: r.L.T("networking.suspended_rule"), Human: true, Numbers: []web.Pair{
		{Name: r.L.T("networking.suspended_until"), Value: r.L.DateText(x.Until)}}}, nil
}

func (s *Service) facets(r *web.Request, who access.Actor, f Filter) ([]web.Facet, error) {
	ctx, l := r.Context(), r.L
	option := func(value, label string, n int, on []string) web.FacetOption {
		return web.FacetOption{Value: value, Label: label, N: n, Checked: slices.Contains(on, value)}
	}
	sides, err := s.counted(ctx, who, f, askSide, "e.side")
	if err != nil {
		return nil, err
	}
	owners, err := s.counted(ctx, who, f, askOwner, "e.owner")
	if err != nil {
		return nil, err
	}
	list := []web.Facet{
		{Key: askSide, Title: l.T("networking.facet.side"), Open: true, Options: []web.FacetOption{
			option(string(Helps), l.T("networking.side.helps"), sides[string(Helps)], f.Sides), option(string(Looks), l.T("networking.side.looks"), sides[string(Looks)], f.Sides)}},
	}
	topics, err := s.topicFacet(r, who, f)
	if err != nil {
		return nil, err
	}
	towns, err := s.townFacet(r, who, f)
	if err != nil {
		return nil, err
	}
	return append(list, topics, towns, web.Facet{Key: askOwner, Title: l.T("networking.facet.owner"), Open: true, Options: []web.FacetOption{
		option(ownInstitution, l.T("networking.owner.institution"), owners[ownInstitution], f.Owners), option(ownPerson, l.T("networking.owner.person"), owners[ownPerson], f.Owners)}}), nil
}

// mostBoxes bounds the boxes of a facet: those with the most entries are shown.
const mostBoxes = 30

func (s *Service) topicFacet(r *web.Request, who access.Actor, f Filter) (web.Facet, error) {
	facet := web.Facet{Key: askTopic, Title: r.L.T("networking.facet.topic"), Open: true}
	used, counts, err := s.countedTopics(r.Context(), who, f)
	if err != nil {
		return facet, err
	}
	for _, id := range f.Topics {
		if !slices.Contains(used, id) {
			used = append(used, id)
		}
	}
	names, err := s.Topics.Names(r.Context(), r.L, used)
	if err != nil {
		return facet, err
	}
	for _, id := range used {
		n := -1
		if counts != nil {
			n = counts[id]
		}
		if names[id] != "" {
			facet.Options = append(facet.Options, web.FacetOption{Value: id, Label: names[id], N: n, Checked: slices.Contains(f.Topics, id)})
		}
	}
	facet.Options = largest(facet.Options)
	return facet, nil
}

func (s *Service) townFacet(r *web.Request, who access.Actor, f Filter) (web.Facet, error) {
	facet := web.Facet{Key: askTown, Title: r.L.T("networking.facet.town")}
	counts, err := s.counted(r.Context(), who, f, askTown, "i.municipality")
	if err != nil {
		return facet, err
	}
	for _, id := range f.Municipalities {
		counts[id] += 0
	}
	rows := []struct {
		ID   string `db:"id"`
		Name string `db:"name"`
	}{}
	q := query{}
	q.in(`id`, slices.Collect(mapKeys(counts, 500)))
	if len(q.args) == 0 {
		return facet, nil
	}
	if err := s.db.Select(r.Context(), &rows, `select id, name from directory_municipalities where `+q.where(), q.args...); err != nil {
		return facet, err
	}
	for _, row := range rows {
		facet.Options = append(facet.Options, web.FacetOption{Value: row.ID, Label: row.Name, N: counts[row.ID], Checked: slices.Contains(f.Municipalities, row.ID)})
	}
	facet.Open = len(f.Municipalities) > 0
	facet.Options = largest(facet.Options)
	return facet, nil
}

// mapKeys are at most n keys of a map that are not empty.
func mapKeys(m map[string]int, n int) func(func(string) bool) {
	return func(yield func(string) bool) {
		for key := range m {
			if key == "" {
				continue
			}
			if n--; n < 0 || !yield(key) {
				return
			}
		}
	}
}

// largest are the boxes with the most entries and those that are ticked, in
// the order of the alphabet.
func largest(options []web.FacetOption) []web.FacetOption {
	slices.SortFunc(options, func(a, b web.FacetOption) int {
		if a.Checked != b.Checked {
			if a.Checked {
				return -1
			}
			return 1
		}
		if a.N != b.N {
			return b.N - a.N
		}
		return strings.Compare(a.Value, b.Value)
	})
	options = options[:min(len(options), mostBoxes)]
	slices.SortFunc(options, func(a, b web.FacetOption) int {
		if c := strings.Compare(i18n.SortKey(a.Label), i18n.SortKey(b.Label)); c != 0 {
			return c
		}
		return strings.Compare(a.Value, b.Value)
	})
	return options
}

// entryPage is one entry: to ask about, or to change.
type entryPage struct {
	web.Page
	Item        item
	Body        string
	Owner       string
	OwnerHref   string
	Topics      []string
	Mine        bool
	Standing    bool
	HiddenWhy   *web.Reason
	MayAsk      bool
	MayReport   bool
	MayBlock    bool
	Asked       string // path of the own request that waits
	Names       []web.Choice
	For         string
	Reason      string
	Addresses   bool // the box is shown
	Path        string
	ID          string
	Revision    string
	SilenceDays int
}

func (s *Service) getEntry(w http.ResponseWriter, r *web.Request) error {
	return s.showEntry(w, r, http.StatusOK, Question{}, nil)
}

func (s *Service) showEntry(w http.ResponseWriter, r *web.Request, status int, a Question, fail error) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	e, mine, err := s.Entry(ctx, who, r.PathValue("id"))
	if err != nil {
		return err
	}
	names, err := s.wordsFor(ctx, r.L, []Entry{e}, nil, nil)
	if err != nil {
		return err
	}
	p := entryPage{Page: r.Page(w, names.title(e), web.Link{Text: r.L.T("networking.title.list"), Href: listPath}).WithErrors(fail), Item: names.item(e, s.now()),
		Body: e.Body, Owner: names.owner(e), Mine: mine, Standing: e.Standing(s.now()), Path: entryPath(e.ID), ID: e.ID, Revision: strconv.FormatInt(e.Revision, 10),
		For: a.For, Reason: a.Reason, Addresses: a.Addresses || holdsAddress(a.Reason), SilenceDays: silenceDays}
	p.NoIndex = !e.OpenToAll
	if e.Owner == ownInstitution {
		p.OwnerHref = "/instytucje/" + e.Institution
	}
	if mine && e.State == stateHidden {
		p.HiddenWhy = &web.Reason{Text: e.WhyHidden, Rule: r.L.T("networking.hidden_rule"), Human: true}
	}
	if !mine && s.mayUse(ctx, s.db, who) == nil {
		if err := s.askForm(r, who, e, &p); err != nil {
			return err
		}
	}
	return r.RenderStatus(w, status, entryView(p))
}

// askForm adds what the reader may do about another's entry.
func (s *Service) askForm(r *web.Request, who access.Actor, e Entry, p *entryPage) error {
	p.MayReport = true
	if who.For != "" {
		return nil
	}
	p.MayBlock = e.Owner == ownPerson
	var open string
	err := s.db.Get(r.Context(), &open, `select id from directory_contact_requests where entry = ? and asker = ? and state = ? and ends_at > ?`,
		e.ID, string(who.Person), stateOpen, s.now().Unix())
	if err == nil {
		p.Asked = requestPath(open)
		return nil
	}
	if none(err) != nil {
		return err
	}
	p.MayAsk = true
	p.Names, err = s.inWhoseName(r, who)
	return err
}

// inWhoseName are the names in which the actor may write: the own one, and
// those of the institutions that they speak for.
func (s *Service) inWhoseName(r *web.Request, who access.Actor) (list []web.Choice, err error) {
	places, err := s.places(r.Context(), who)
	if err != nil {
		return nil, err
	}
	h := hat(who)
	names, err := s.wordsFor(r.Context(), r.L, nil, []string{string(who.Person)}, append(slices.Clone(places), string(h.Institution)))
	if err != nil {
		return nil, err
	}
	if who.For == "" {
		list = append(list, web.Choice{Value: "ja", Label: r.L.T("networking.form.myself"), Hint: names.full(string(who.Person), string(h.Role), string(h.Institution))})
	}
	for _, id := range places {
		list = append(list, web.Choice{Value: id, Label: names.place(id)})
	}
	return list, nil
}

// institutionOf reads the choice of inWhoseName.
func institutionOf(value string) string {
	if value == "ja" {
		return ""
	}
	return value
}

// formPage is an entry being written.
type formPage struct {
	web.Page
	Action    string
	Side      string
	Name      string
	Names     []web.Choice // "" when it cannot be chosen any more
	Topics    []string     // three
	Choices   []web.Choice
	Body      string
	Until     string
	OpenToAll bool
	MayOpen   bool
	Addresses bool
	Revision  string
}

// draftOf reads the form of an entry.
func draftOf(r *web.Request) (d Draft, name string) {
	name = r.Value("imie")
	d = Draft{Side: Side(r.Value("strona")), Institution: institutionOf(name), Body: r.Value("opis"), Until: r.Value("do"), OpenToAll: r.Value("wszyscy") == "tak",
		Addresses: r.Value("adresy") == "tak", Lang: r.L.Lang}
	for _, field := range topicFields {
		if id := r.Value(field); id != "" {
			d.Topics = append(d.Topics, id)
		}
	}
	return d, name
}

var topicFields = []string{"temat", "temat2", "temat3"}

func (s *Service) getNew(w http.ResponseWriter, r *web.Request) error {
	side := Helps
	if r.Value("strona") == string(Looks) {
		side = Looks
	}
	d := Draft{Side: side, Until: EndOfYear(s.now())}
	if t := r.Value(askTopic); t != "" {
		d.Topics = []string{t}
	}
	return s.showForm(w, r, http.StatusOK, d, r.Value("imie"), nil, nil)
}

func (s *Service) showForm(w http.ResponseWriter, r *web.Request, status int, d Draft, name string, e *Entry, fail error) (err error) {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	title, crumbs := r.L.T("networking.form.new"), []web.Link{{Text: r.L.T("networking.title.list"), Href: listPath}}
	p := formPage{Action: listPath, Side: string(d.Side), Name: name, Body: d.Body, Until: d.Until, OpenToAll: d.OpenToAll, Topics: slices.Clone(d.Topics),
		Addresses: holdsAddress(d.Body)}
	if e != nil {
		title, p.Action, p.Revision = r.L.T("networking.form.change"), entryPath(e.ID)+"/zmien", strconv.FormatInt(e.Revision, 10)
		p.MayOpen = e.Owner == ownInstitution
	} else {
		if err := s.mayUse(ctx, s.db, who); err != nil {
			return err
		}
		if p.Names, err = s.inWhoseName(r, who); err != nil {
			return err
		}
		if p.Name == "" && len(p.Names) == 1 {
			p.Name = p.Names[0].Value
		}
		p.MayOpen = len(p.Names) > 0 && p.Names[len(p.Names)-1].Value != "ja"
	}
	p.Page = r.Page(w, title, crumbs...).WithErrors(fail)
	p.NoIndex = true
	if p.Choices, err = s.topicChoices(r, p.Topics); err != nil {
		return err
	}
	for len(p.Topics) < len(topicFields) {
		p.Topics = append(p.Topics, "")
	}
	return r.RenderStatus(w, status, formView(p))
}

// topicChoices are the topics on offer, and those that the entry has already.
func (s *Service) topicChoices(r *web.Request, had []string) ([]web.Choice, error) {
	list, err := s.Topics.Choices(r.Context(), r.L)
	if err != nil {
		return nil, err
	}
	names, err := s.Topics.Names(r.Context(), r.L, had)
	for _, id := range had {
		if names[id] != "" && !slices.ContainsFunc(list, func(c web.Choice) bool { return c.Value == id }) {
			list = append(list, web.Choice{Value: id, Label: names[id]})
		}
	}
	return list, err
}

// refused tells a form with faults, to be shown again with what was typed.
func refused(err error) *fault.Error {
	if e := fault.As(err); e != nil && len(e.Fields) > 0 {
		return e
	}
	return nil
}

func (s *Service) postEntry(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	d, name := draftOf(r)
	var id string
	err := error(fault.InvalidFields([]fault.Field{{Name: "imie", Key: "networking.fault.name"}}))
	if name != "" {
		id, err = s.Announce(r.Context(), access.ActorOf(r.Request), d)
	}
	if e := refused(err); e != nil {
		return s.showForm(w, r, e.Kind.Status(), d, name, nil, err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.networking.announced")
	return r.Redirect(w, entryPath(id))
}

func (s *Service) getChange(w http.ResponseWriter, r *web.Request) error {
	e, err := s.own(r.Context(), access.ActorOf(r.Request), r.PathValue("id"))
	if err != nil {
		return err
	}
	until := e.Until
	if !e.Standing(s.now()) {
		until = EndOfYear(s.now())
	}
	return s.showForm(w, r, http.StatusOK, Draft{Side: e.Side, Topics: e.Topics, Body: e.Body, Until: until, OpenToAll: e.OpenToAll}, "", &e, nil)
}

func (s *Service) postChange(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	who, id := access.ActorOf(r.Request), r.PathValue("id")
	e, err := s.own(r.Context(), who, id)
	if err != nil {
		return err
	}
	d, _ := draftOf(r)
	e.Revision, _ = strconv.ParseInt(r.Value("wersja"), 10, 64)
	err = s.Change(r.Context(), who, id, e.Revision, d)
	if f := refused(err); f != nil {
		return s.showForm(w, r, f.Kind.Status(), d, "", &e, err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.networking.changed")
	return r.Redirect(w, entryPath(id))
}

func (s *Service) postFinish(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	if err := s.Finish(r.Context(), access.ActorOf(r.Request), r.PathValue("id")); err != nil {
		return err
	}
	r.Notify(w, "notice.networking.finished")
	return r.Redirect(w, contactsPath)
}

func (s *Service) postRenew(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	until, err := s.Renew(r.Context(), access.ActorOf(r.Request), r.PathValue("id"))
	if err != nil {
		return err
	}
	r.Notify(w, "notice.networking.renewed", "date", r.L.DateText(until))
	return r.Redirect(w, entryPath(r.PathValue("id")))
}

func (s *Service) postAsk(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	who := access.ActorOf(r.Request)
	a := Question{Entry: r.PathValue("id"), For: institutionOf(r.Value("imie")), Reason: r.Value("powod"), Addresses: r.Value("adresy") == "tak", Lang: r.L.Lang}
	id, err := s.Ask(r.Context(), who, a)
	if e := refused(err); e != nil {
		a.For = r.Value("imie")
		return s.showEntry(w, r, e.Kind.Status(), a, err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.networking.asked")
	return r.Redirect(w, requestPath(id))
}
