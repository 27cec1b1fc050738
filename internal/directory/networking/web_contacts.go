package networking

import (
	"net/http"
	"slices"
	"strings"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// contactsPage gathers what a person has to do with others.
type contactsPage struct {
	web.Page
	Stopped     *web.Reason
	Waiting     []contactItem // for the reader's answer
	Talks       []contactItem
	Sent        []contactItem // no talk yet, or none any more
	Past        []contactItem // received and settled without a talk
	Intros      []contactItem
	Mine        []item
	Suggested   []item
	LeftOut     bool
	MayModerate bool
}

// contactItem is a request, a talk or an introduction in a list.
type contactItem struct {
	Href, Title, Text, When, State, Kind string
}

// stateWords are the words of a state and how they are marked.
func stateWords(l *i18n.L, state string) (words, kind string) {
	kind = map[string]string{stateOpen: "warn", stateAccepted: "ok", stateMet: "ok"}[state]
	return l.T("networking.request." + state), kind
}

func (s *Service) getContacts(w http.ResponseWriter, r *web.Request) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	p := contactsPage{Page: r.Page(w, r.L.T("networking.contacts"))}
	p.NoIndex = true
	for _, step := range []func(*web.Request, access.Actor, *contactsPage) error{s.requestsOn, s.introsOn, s.entriesOn, s.suggestionsOn} {
		if err := step(r, who, &p); err != nil {
			return err
		}
	}
	var err error
	if p.Stopped, err = s.stopped(r, who); err != nil {
		return err
	}
	if p.LeftOut, err = s.LeftOut(ctx, ownPerson, string(who.Person)); err != nil {
		return err
	}
	p.MayModerate = who.May(access.ModerateContacts)
	return r.Render(w, contactsView(p))
}

func (s *Service) requestsOn(r *web.Request, who access.Actor, p *contactsPage) error {
	received, err := s.Received(r.Context(), who)
	if err != nil {
		return err
	}
	sent, err := s.Sent(r.Context(), who)
	if err != nil {
		return err
	}
	names, err := s.requestWords(r, append(slices.Clone(received), sent...))
	if err != nil {
		return err
	}
	now := s.now()
	for n, q := range append(slices.Clone(received), sent...) {
		asker := n >= len(received)
		it := contactItem{Href: requestPath(q.ID), Title: names.other(q, asker), Text: short(q.Reason), When: r.L.DateTime(unix(q.LastAt))}
		state := q.StateAt(now)
		it.State, it.Kind = stateWords(r.L, state)
		switch {
		case state == stateAccepted:
			p.Talks = append(p.Talks, it)
		case asker:
			p.Sent = append(p.Sent, it)
		case state == stateOpen:
			p.Waiting = append(p.Waiting, it)
		default:
			p.Past = append(p.Past, it)
		}
	}
	return nil
}

// requestWords are the names in requests.
func (s *Service) requestWords(r *web.Request, list []Request) (*words, error) {
	var people, places []string
	for _, q := range list {
		people = append(people, q.Asker, q.Person, q.AnsweredBy)
		places = append(places, q.AskerAt, q.AskerFor, q.Institution)
	}
	return s.wordsFor(r.Context(), r.L, nil, people, places)
}

// other is the other side of a request.
func (w *words) other(q Request, asker bool) string {
	switch {
	case !asker:
		return w.asker(q)
	case q.Owner == ownInstitution:
		return w.place(q.Institution)
	}
	return w.full(q.Person, q.Role, q.Institution)
}

// otherName is the same without role and place, for a heading.
func (w *words) otherName(q Request, asker bool) string {
	switch {
	case !asker:
		return w.person(q.Asker)
	case q.Owner == ownInstitution:
		return w.place(q.Institution)
	}
	return w.person(q.Person)
}

// asker is who asks, and in whose name when it is an institution's.
func (w *words) asker(q Request) string {
	if q.AskerFor != "" {
		return w.l.T("networking.in_name", "person", w.person(q.Asker), "name", w.place(q.AskerFor))
	}
	return w.full(q.Asker, q.AskerRole, q.AskerAt)
}

func (s *Service) introsOn(r *web.Request, who access.Actor, p *contactsPage) error {
	list, err := s.Introductions(r.Context(), who)
	if err != nil {
		return err
	}
	names, err := s.introWords(r, list)
	if err != nil {
		return err
	}
	for _, n := range list {
		words, kind := stateWords(r.L, n.StateAt(s.now()))
		title := r.L.T("networking.intro.of_two", "first", names.person(n.First), "second", names.person(n.Second))
		if n.By != string(who.Person) {
			title = r.L.T("networking.intro.by", "name", names.person(n.By))
		}
		p.Intros = append(p.Intros, contactItem{Href: introPath(n.ID), Title: title, Text: short(n.Why), When: r.L.DateTime(unix(n.CreatedAt)), State: words, Kind: kind})
	}
	return nil
}

func (s *Service) introWords(r *web.Request, list []Intro) (*words, error) {
	var people, places []string
	for _, n := range list {
		people = append(people, n.By, n.First, n.Second)
		places = append(places, n.ByAt, n.FirstAt, n.SecondAt)
	}
	return s.wordsFor(r.Context(), r.L, nil, people, places)
}

func (s *Service) entriesOn(r *web.Request, who access.Actor, p *contactsPage) error {
	list, err := s.Mine(r.Context(), who)
	if err != nil {
		return err
	}
	names, err := s.wordsFor(r.Context(), r.L, list, nil, nil)
	if err != nil {
		return err
	}
	for _, e := range list {
		p.Mine = append(p.Mine, names.item(e, s.now()))
	}
	return nil
}

func (s *Service) suggestionsOn(r *web.Request, who access.Actor, p *contactsPage) error {
	list, err := s.Suggestions(r.Context(), who)
	if err != nil {
		return err
	}
	var entries []Entry
	var shared []string
	for _, x := range list {
		entries = append(entries, x.Entry)
		shared = append(shared, x.Shared...)
	}
	names, err := s.wordsFor(r.Context(), r.L, entries, nil, nil)
	if err != nil {
		return err
	}
	called, err := s.Topics.Names(r.Context(), r.L, distinct(shared))
	if err != nil {
		return err
	}
	for _, x := range list {
		it := names.item(x.Entry, s.now())
		it.Why = why(r.L, called, x)
		p.Suggested = append(p.Suggested, it)
	}
	return nil
}

// why is the reason of a suggestion, in words.
func why(l *i18n.L, called map[string]string, x Suggestion) string {
	var topics []string
	for _, id := range x.Shared {
		if name := called[id]; name != "" {
			topics = append(topics, lower(name))
		}
	}
	parts := []string{l.N("networking.why.topics", len(topics), "topics", strings.Join(topics, ", "))}
	if x.Answers {
		parts = append(parts, l.T("networking.why.answers."+string(x.Entry.Side)))
	}
	if x.SameKind != "" {
		parts = append(parts, l.T("networking.why.kind", "kind", l.T("type."+string(x.SameKind))))
	}
	return l.T("networking.why.because") + " " + strings.Join(parts, "; ") + "."
}

// requestPage is a request, and the talk when it was accepted.
type requestPage struct {
	web.Page
	Path      string
	ID        string
	Asker     bool // the reader asked
	AskerName string
	OwnerName string
	State     string
	Words     string
	Kind      string
	About     string // the entry it is about, "" for none
	Reason    string
	Lang      i18n.Lang
	Answer    string
	Answered  string // who answered, and when
	Asked     string
	Ends      string
	Intro     string // path of the introduction
	Said      []saidItem
	Shown     []shownItem
	Own       string // address that the reader shows
	Text      string // typed, refused
	Address   string
	Decline   string
	MayBlock  bool
	Blocked   bool // by the reader
	MayReport bool
	ForOther  bool // acting for somebody: no own address
	Days      int
}

type saidItem struct {
	ID, Who, When, Body string
	Mine, Hidden        bool // of the reader's own side
	MayReport           bool
}

type shownItem struct{ Who, Address string }

func (s *Service) getRequest(w http.ResponseWriter, r *web.Request) error {
	return s.showRequest(w, r, http.StatusOK, requestPage{}, nil)
}

// showRequest draws the page. What it shows the asker of a request that waits
// depends on nothing that the other side did or wants: see the package comment.
func (s *Service) showRequest(w http.ResponseWriter, r *web.Request, status int, p requestPage, fail error) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	q, asker, err := s.Request(ctx, who, r.PathValue("id"))
	if err != nil {
		return err
	}
	names, err := s.requestWords(r, []Request{q})
	if err != nil {
		return err
	}
	p.Page = r.Page(w, r.L.T("networking.request.title", "name", names.otherName(q, asker)), web.Link{Text: r.L.T("networking.contacts"), Href: contactsPath}).WithErrors(fail)
	p.NoIndex = true
	p.Path, p.ID, p.Asker, p.State, p.Reason, p.Lang, p.Answer, p.Days = requestPath(q.ID), q.ID, asker, q.StateAt(s.now()), q.Reason, q.Lang, q.Answer, silenceDays
	p.Words, p.Kind = stateWords(r.L, p.State)
	p.AskerName, p.OwnerName = names.asker(q), names.other(q, true)
	p.Asked, p.Ends = r.L.DateTime(unix(q.CreatedAt)), r.L.DateTime(unix(q.EndsAt))
	p.ForOther = who.For != ""
	if q.Intro != "" {
		p.Intro = introPath(q.Intro)
	}
	if q.AnsweredAt != nil && q.Intro == "" {
		p.Answered = r.L.T("networking.request.answered", "name", names.person(q.AnsweredBy), "date", r.L.DateTime(unix(*q.AnsweredAt)))
	}
	if err := s.aboutOn(r, q, &p); err != nil {
		return err
	}
	if err := s.talkOn(r, who, q, asker, &p); err != nil {
		return err
	}
	return r.RenderStatus(w, status, requestView(p))
}

// aboutOn says which entry the request is about. It is shown as it is now to
// both sides, whether or not the asker may still find it.
func (s *Service) aboutOn(r *web.Request, q Request, p *requestPage) error {
	if q.Entry == "" {
		return nil
	}
	e, err := entry(r.Context(), s.db, q.Entry)
	if none(err) != nil || err != nil {
		return none(err)
	}
	names, err := s.wordsFor(r.Context(), r.L, []Entry{e}, nil, nil)
	if err == nil {
		p.About = names.title(e)
	}
	return err
}

func (s *Service) talkOn(r *web.Request, who access.Actor, q Request, asker bool, p *requestPage) error {
	ctx := r.Context()
	said, shown, err := s.Talk(ctx, who, q.ID)
	if err != nil {
		return err
	}
	var people []string
	for _, m := range said {
		people = append(people, m.Author)
	}
	for _, a := range shown {
		people = append(people, a.Person)
	}
	names, err := s.wordsFor(ctx, r.L, nil, people, nil)
	if err != nil {
		return err
	}
	me := string(who.Person)
	for _, m := range said {
		p.Said = append(p.Said, saidItem{ID: m.ID, Who: names.person(m.Author), When: r.L.DateTime(unix(m.At)), Body: m.Body, Mine: m.Mine == asker,
			Hidden: m.Hidden, MayReport: m.Author != me && !m.Hidden})
	}
	for _, a := range shown {
		if a.Person == me {
			p.Own = a.Address
			continue
		}
		p.Shown = append(p.Shown, shownItem{names.person(a.Person), a.Address})
	}
	if p.Address == "" {
		p.Address = p.Own
	}
	other := q.Asker
	if asker {
		other = q.Person
		if other == "" {
			other = q.AnsweredBy
		}
	}
	p.MayReport = !asker && q.Reason != ""
	p.MayBlock = other != "" && other != me && who.For == ""
	if p.MayBlock {
		if p.Blocked, err = s.blocks(ctx, who, other); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) postSettle(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	accept := strings.HasSuffix(r.URL.Path, "/przyjmij")
	err := s.Settle(r.Context(), access.ActorOf(r.Request), r.PathValue("id"), accept, r.Value("odpowiedz"))
	if e := refused(err); e != nil {
		return s.showRequest(w, r, e.Kind.Status(), requestPage{Decline: r.Value("odpowiedz")}, err)
	}
	if err != nil {
		return err
	}
	notice := "notice.networking.declined"
	if accept {
		notice = "notice.networking.accepted"
	}
	r.Notify(w, notice)
	return r.Redirect(w, requestPath(r.PathValue("id")))
}

func (s *Service) postWithdraw(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	if err := s.Withdraw(r.Context(), access.ActorOf(r.Request), r.PathValue("id")); err != nil {
		return err
	}
	r.Notify(w, "notice.networking.withdrawn")
	return r.Redirect(w, requestPath(r.PathValue("id")))
}

func (s *Service) postMessage(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	err := s.Say(r.Context(), access.ActorOf(r.Request), r.PathValue("id"), r.Value("tresc"))
	if e := refused(err); e != nil {
		return s.showRequest(w, r, e.Kind.Status(), requestPage{Text: r.Value("tresc")}, err)
	}
	if err != nil {
		return err
	}
	return r.Redirect(w, requestPath(r.PathValue("id"))+"#ostatnia")
}

func (s *Service) postAddress(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	address, notice := r.Value("adres"), "notice.networking.address"
	if r.Value("schowaj") != "" {
		address, notice = "", "notice.networking.address_gone"
	} else if address == "" {
		address = " " // nothing was typed: the rule says so
	}
	var err error
	if strings.TrimSpace(address) == "" && r.Value("schowaj") == "" {
		err = fault.InvalidFields([]fault.Field{{Name: "adres", Key: "networking.fault.not_address"}})
	} else {
		err = s.ShowAddress(r.Context(), access.ActorOf(r.Request), r.PathValue("id"), address)
	}
	if e := refused(err); e != nil {
		return s.showRequest(w, r, e.Kind.Status(), requestPage{Address: r.Value("adres")}, err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, notice)
	return r.Redirect(w, requestPath(r.PathValue("id")))
}

// introducePage is the form of a third person.
type introducePage struct {
	web.Page
	First  string // name of the one
	Key    string
	Others []web.Choice
	Other  string
	Why    string
	Days   int
}

func (s *Service) getIntroduce(w http.ResponseWriter, r *web.Request) error {
	return s.showIntroduce(w, r, http.StatusOK, nil)
}

func (s *Service) showIntroduce(w http.ResponseWriter, r *web.Request, status int, fail error) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	if err := s.mayAsk(ctx, who, ""); err != nil {
		return err
	}
	key := r.Value("pierwsza")
	one, err := s.acquaintance(ctx, who, key)
	if err != nil {
		return err
	}
	var about Entry
	if _, id, _ := strings.Cut(key, ":"); strings.HasPrefix(key, "wpis:") {
		if about, _, err = s.Entry(ctx, who, id); err != nil {
			return err
		}
	}
	about.Person = one.Person
	list, err := s.Acquaintances(ctx, who, about)
	if err != nil {
		return err
	}
	people, places := []string{one.Person}, []string{one.At}
	for _, a := range list {
		people, places = append(people, a.Person), append(places, a.At)
	}
	names, err := s.wordsFor(ctx, r.L, nil, people, places)
	if err != nil {
		return err
	}
	p := introducePage{Page: r.Page(w, r.L.T("networking.introduce"), web.Link{Text: r.L.T("networking.contacts"), Href: contactsPath}).WithErrors(fail),
		First: names.full(one.Person, one.Role, one.At), Key: key, Other: r.Value("komu"), Why: r.Value("powod"), Days: silenceDays}
	p.NoIndex = true
	for _, a := range list {
		p.Others = append(p.Others, web.Choice{Value: a.Key, Label: names.full(a.Person, a.Role, a.At)})
	}
	return r.RenderStatus(w, status, introduceView(p))
}

func (s *Service) postIntroduce(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	id, err := s.Introduce(r.Context(), access.ActorOf(r.Request), r.Value("pierwsza"), r.Value("komu"), r.Value("powod"), r.L.Lang)
	if e := refused(err); e != nil {
		return s.showIntroduce(w, r, e.Kind.Status(), err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.networking.introduced")
	return r.Redirect(w, introPath(id))
}

// introPage is one introduction.
type introPage struct {
	web.Page
	Path, ID    string
	By          string
	First       string
	Second      string
	Why         string
	Lang        i18n.Lang
	State       string
	Words, Kind string
	Ends        string
	Mine        bool // the reader introduces
	Says        string
	Talk        string
}

func (s *Service) getIntro(w http.ResponseWriter, r *web.Request) error {
	n, place, err := s.Introduction(r.Context(), access.ActorOf(r.Request), r.PathValue("id"))
	if err != nil {
		return err
	}
	names, err := s.introWords(r, []Intro{n})
	if err != nil {
		return err
	}
	p := introPage{Page: r.Page(w, r.L.T("networking.intro.title"), web.Link{Text: r.L.T("networking.contacts"), Href: contactsPath}), Path: introPath(n.ID), ID: n.ID,
		By: names.full(n.By, n.ByRole, n.ByAt), First: names.full(n.First, n.FirstRole, n.FirstAt), Second: names.full(n.Second, n.SecondRole, n.SecondAt),
		Why: n.Why, Lang: n.Lang, State: n.StateAt(s.now()), Ends: r.L.DateTime(unix(n.EndsAt)), Mine: place == introBy}
	p.NoIndex = true
	p.Words, p.Kind = stateWords(r.L, p.State)
	switch place {
	case introFirst:
		p.Says = n.FirstSays
	case introSecond:
		p.Says = n.SecondSays
	}
	if place != introBy && n.Request != "" {
		p.Talk = requestPath(n.Request)
	}
	return r.Render(w, introView(p))
}

func (s *Service) postReply(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	yes := r.Value("odpowiedz") == "tak"
	if !yes && r.Value("odpowiedz") != "nie" {
		return fault.New(fault.BadRequest, "networking.fault.filter")
	}
	talk, err := s.Reply(r.Context(), access.ActorOf(r.Request), r.PathValue("id"), yes)
	if err != nil {
		return err
	}
	if talk != "" {
		r.Notify(w, "notice.networking.met")
		return r.Redirect(w, requestPath(talk))
	}
	r.Notify(w, "notice.networking.replied")
	return r.Redirect(w, introPath(r.PathValue("id")))
}
