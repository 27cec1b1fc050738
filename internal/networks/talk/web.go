package talk

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"kladka/internal/access"
	"kladka/internal/networks"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

const (
	tab        = "/rozmowy" // of a network, after networks.Href
	reportsTab = "/zgloszenia"
	onPage     = 20 // threads, and posts
	onSection  = 3  // threads on the network's page
)

// Routes opens the doors of the package. Who may enter which network is the
// service's to check; the link of a letter is a door for whoever holds it.
func (s *Service) Routes(sh *web.Shell) {
	once, talk := web.Idempotent(), networks.Path+"/{id}"+tab
	thread, post := talk+"/{thread}", talk+"/{thread}/wpisy/{post}"
	sh.Handle("GET "+talk, access.SignedIn, s.getList)
	sh.Handle("POST "+talk, access.SignedIn, s.postOpen, once)
	sh.Handle("GET "+talk+reportsTab, access.SignedIn, s.getReports)
	sh.Handle("GET "+thread, access.SignedIn, s.getThread)
	sh.Handle("POST "+thread, access.SignedIn, s.postAnswer, once)
	sh.Handle("POST "+thread+"/obserwowanie", access.SignedIn, s.postFollow, once)
	sh.Handle("POST "+thread+"/zamkniecie", access.SignedIn, s.postShut, once)
	sh.Handle("GET "+post, access.SignedIn, s.getPost)
	for path, deed := range map[string]postDeed{"": s.mend, "/wycofanie": s.withdraw, "/zgloszenie": s.complain, "/ukrycie": s.hide, "/przywrocenie": s.restore, "/pozostawienie": s.keep} {
		sh.Handle("POST "+post+path, access.SignedIn, s.postPost(deed), once)
	}
	sh.Handle("GET "+ReplyPath+"/{letter}/{key}", web.Public, s.getReply)
	sh.Handle("POST "+ReplyPath+"/{letter}/{key}", web.Public, s.postReply, once)
	sh.AddDesk(s.desk)
}

// frame is what all pages of a discussion share. V is what was typed, where a form
// was refused.
type frame struct {
	web.Page
	N    networks.Network
	St   networks.Standing
	Base string
	Tabs []web.Link
	Next web.Step
	Stop string
	V    url.Values
	May  bool // the reader may say something
}

// frameOf begins a page in a network.
func (s *Service) frameOf(w http.ResponseWriter, r *web.Request, rm room, title string, v url.Values, wrong error, crumbs ...web.Link) frame {
	n := rm.N
	crumbs = append([]web.Link{{Text: r.L.T("networks.title"), Href: networks.Path}, {Text: n.Title, Href: networks.Href(n.ID)}}, crumbs...)
	f := frame{Page: r.Page(w, title, crumbs...).WithErrors(wrong), N: n, St: rm.St, Base: networks.TalkHref(n.ID), Tabs: s.Place.Tabs(r.L, n.ID, rm.St, tab),
		V: v, May: mayWrite(access.ActorOf(r.Request), n) == nil}
	if e := fault.As(wrong); e != nil && len(e.Fields) == 0 {
		f.Stop = r.L.T(e.Key, e.Args...)
	}
	f.NoIndex = true
	f.Next = web.Step{What: r.L.T("talk.next.answer"), Who: r.L.T("talk.who.members")}
	if !f.May {
		f.Next = web.Step{What: r.L.T("talk.next.over")}
	}
	return f
}

func networkOf(r *web.Request) networks.ID { return networks.ID(r.PathValue("id")) }

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

func moment(l *i18n.L, at int64) string { return l.DateTime(time.Unix(at, 0).In(web.Warsaw)) }

// draftOf is what was typed into the form of a post.
func draftOf(r *web.Request) Draft {
	return Draft{Title: r.Value("tytul"), Words: r.Value("slowa"), Mentions: r.PostForm["osoby"]}
}

// listPage are the threads of a network, and the form for a new one.
type listPage struct {
	frame
	Rows    []threadRow
	Pager   web.Pager
	People  []web.Choice
	Reports string // address of open reports, for those who lead
}

type threadRow struct {
	Thread
	Name, Href, By, When, Count, New string
}

func (s *Service) getList(w http.ResponseWriter, r *web.Request) error {
	return s.showList(w, r, url.Values{}, nil)
}

func (s *Service) postOpen(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	network := networkOf(r)
	id, err := s.Open(r.Context(), access.ActorOf(r.Request), network, draftOf(r))
	if shown(err) {
		return s.showList(w, r, r.PostForm, err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.talk.opened")
	return r.Redirect(w, ThreadHref(network, id))
}

func (s *Service) showList(w http.ResponseWriter, r *web.Request, v url.Values, wrong error) error {
	ctx, who, network := r.Context(), access.ActorOf(r.Request), networkOf(r)
	rm, err := s.enter(ctx, who, network)
	if err != nil {
		return err
	}
	at, err := web.CursorOf(r.URL.Query())
	if err != nil {
		return err
	}
	list, more, err := s.threads(ctx, who.Person, network, at, onPage)
	if err != nil {
		return err
	}
	p := listPage{frame: s.frameOf(w, r, rm, r.L.T("talk.title"), v, wrong)}
	if len(list) > 0 {
		first, last := list[0], list[len(list)-1]
		p.Pager = web.PagerFor(r.URL, at, threadCursor(first), threadCursor(last), more)
	}
	if p.Rows, err = s.threadRows(ctx, r.L, rm.St.Leads, list); err != nil {
		return err
	}
	if p.People, err = s.choices(ctx, rm, who.Person); err != nil {
		return err
	}
	if rm.St.Leads {
		p.Reports = p.Base + reportsTab
	}
	return r.RenderStatus(w, statusOf(wrong), listView(p))
}

func threadCursor(t Listed) web.Cursor {
	return web.Cursor{Key: fmt.Sprintf("%08x", t.LastAt), ID: string(t.ID)}
}

// threadRows are threads as they stand in a list. Each leads to the first post
// that its reader has not read.
func (s *Service) threadRows(ctx context.Context, l *i18n.L, leads bool, list []Listed) (rows []threadRow, err error) {
	var posts []Post
	for _, t := range list {
		posts = append(posts, Post{Author: t.Author, Institution: t.Institution})
	}
	names, schools, err := s.authors(ctx, posts)
	if err != nil {
		return nil, err
	}
	for _, t := range list {
		row := threadRow{Thread: t.Thread, Name: title(l, t.Thread, leads), Href: latest(t.Network, t.Thread), By: by(l, names[t.Author], schools[t.Institution]),
			When: l.T("talk.last", "at", moment(l, t.LastAt)), Count: l.N("talk.posts", t.Posts)}
		if unread := t.Posts - t.Seen; unread > 0 {
			row.New = l.N("talk.unread", unread)
			row.Href = ThreadHref(t.Network, t.ID)
			if t.Seen > 0 {
				row.Href = after(t.Network, t.ID, t.Seen)
			}
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// by is somebody with their school; never an address.
func by(l *i18n.L, name, school string) string {
	if name == "" {
		return l.T("talk.gone_author")
	}
	if school == "" {
		return name
	}
	return name + ", " + school
}

// choices are the people who can be mentioned.
func (s *Service) choices(ctx context.Context, rm room, reader access.PersonID) (list []web.Choice, err error) {
	var ids []string
	var at []access.InstitutionID
	for _, m := range rm.people {
		ids, at = append(ids, m.Person), append(at, m.Institution)
	}
	names, err := s.People.NamesOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	schools, err := s.Schools.Names(ctx, at)
	for _, p := range rm.others(reader) {
		if name := names[string(p)]; name != "" {
			list = append(list, web.Choice{Value: string(p), Label: name, Hint: schools[rm.school(string(p))]})
		}
	}
	return list, err
}

// sectionView's data: the liveliest threads on the page of a network.
type section struct {
	L    *i18n.L
	Rows []threadRow
	Href string
}

// Section is the discussion on the page of a network: its liveliest threads. It
// fits networks.Config.Talk, which asks for those inside only; a reader who is not
// gets nothing.
func (s *Service) Section(ctx context.Context, l *i18n.L, who access.Actor, network networks.ID) (c templ.Component, err error) {
	defer fault.Wrap(&err, "section of network %s", network)
	_, st, err := s.Place.Find(ctx, who, network)
	if err != nil || !st.Inside() {
		return nil, err
	}
	list, _, err := s.threads(ctx, who.Person, network, web.Cursor{}, onSection)
	if err != nil {
		return nil, err
	}
	rows, err := s.threadRows(ctx, l, st.Leads, list)
	return sectionView(section{l, rows, networks.TalkHref(network)}), err
}

func revisionOf(r *web.Request) int64 {
	n, err := strconv.ParseInt(r.Value("wersja"), 10, 64)
	if err != nil {
		return -1 // fits no row
	}
	return n
}

// replyPage is what stands behind the link of a letter: one form, or why there is
// none.
type replyPage struct {
	web.Page
	Action, Thread, Network, Name, Until, Stop, Words, Href string
	Next                                                    web.Step
}

func (s *Service) getReply(w http.ResponseWriter, r *web.Request) error {
	a, err := s.follow(r.Context(), access.ActorOf(r.Request), r.PathValue("letter"), r.PathValue("key"))
	if err != nil {
		return err
	}
	return s.showReply(w, r, a, "", a.Stop)
}

func (s *Service) postReply(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	words := r.Value("slowa")
	a, err := s.ReplyBy(r.Context(), access.ActorOf(r.Request), r.PathValue("letter"), r.PathValue("key"), words)
	if shown(err) {
		return s.showReply(w, r, a, words, err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.talk.replied")
	return r.Redirect(w, s.linkPath(a.Link))
}

// showReply draws the page. Who follows a link sees the name of the thread and of
// the person it was sent to, and nothing else of the network.
func (s *Service) showReply(w http.ResponseWriter, r *web.Request, a reply, words string, wrong error) error {
	p := replyPage{Page: r.Page(w, r.L.T("talk.reply.title")).WithErrors(wrong), Action: s.linkPath(a.Link), Thread: title(r.L, a.Thread, false), Network: a.room.N.Title,
		Name: a.Name, Until: moment(r.L, a.Link.ExpiresAt), Words: words, Href: latest(a.room.N.ID, a.Thread),
		Next: web.Step{What: r.L.T("talk.next.reply"), Who: r.L.T("talk.who.members")}}
	p.NoIndex = true
	if e := fault.As(wrong); e != nil && len(e.Fields) == 0 {
		p.Stop = r.L.T(e.Key, e.Args...)
	}
	status := statusOf(wrong)
	if r.Method == http.MethodGet {
		status = http.StatusOK // the page is there; it says why it takes nothing
	}
	w.Header().Set("Cache-Control", "no-store")
	return r.RenderStatus(w, status, replyView(p))
}

// anchor names the place of a post on its page.
func anchor(n int) string { return "wpis-" + strconv.Itoa(n) }

func joined(names []string) string { return strings.Join(names, ", ") }
