package talk

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"kladka/internal/access"
	"kladka/internal/networks"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// row is a post as one reader sees it.
type row struct {
	Post
	By, When, Edited string
	Lines            [][]part // nil where the reader sees no words
	Note             string   // why there are none, or why others see none
	Why              string   // the reason of those who lead, for them and the author
	Mentions         string
	New, Own         bool
	Href             string
}

// rows draws posts for a reader. An author reads an own post that is hidden, and
// so do those who lead.
func (s *Service) rows(ctx context.Context, l *i18n.L, who access.Actor, rm room, list []Post, seen int) (rows []row, err error) {
	mentions, err := s.mentionsOf(ctx, list)
	if err != nil {
		return nil, err
	}
	var mentioned []string
	for _, people := range mentions {
		mentioned = append(mentioned, people...)
	}
	names, schools, err := s.authors(ctx, list, mentioned...)
	if err != nil {
		return nil, err
	}
	for _, p := range list {
		x := row{Post: p, By: by(l, names[p.Author], schools[p.Institution]), When: moment(l, p.At), Own: p.Author == string(who.Person),
			New: p.N > seen, Href: PostHref(rm.N.ID, p.Thread, p.ID)}
		x.New = x.New && !x.Own
		switch {
		case p.Gone != "":
			x.Note = l.T("talk.gone." + p.Gone)
		case p.HiddenAt > 0 && !x.Own && !rm.St.Leads:
			x.Note = l.T("talk.hidden")
		case p.HiddenAt > 0:
			x.Note, x.Why = l.T("talk.hidden_here"), p.Reason
		}
		if p.there() || x.Why != "" {
			x.Lines = lines(p.Words)
			x.Mentions = joined(named(names, mentions[p.ID]))
			if p.EditedAt > 0 {
				x.Edited = l.T("talk.edited", "at", moment(l, p.EditedAt))
			}
		}
		rows = append(rows, x)
	}
	return rows, nil
}

func named(names map[string]string, people []string) (all []string) {
	for _, p := range people {
		if names[p] != "" {
			all = append(all, names[p])
		}
	}
	return all
}

// threadPage is one page of a thread.
type threadPage struct {
	frame
	Thread   Thread
	Path     string
	Rows     []row
	Count    string
	Pager    web.Pager
	Latest   string // address of the last page, "" on it
	People   []web.Choice
	Follow   Follow
	Ways     []web.Choice // nil for who cannot follow
	AtTheEnd bool
}

func (s *Service) getThread(w http.ResponseWriter, r *web.Request) error {
	at, err := web.CursorOf(r.URL.Query())
	if err != nil {
		return err
	}
	return s.showThread(w, r, at, url.Values{}, nil)
}

// lastPage is the place of the page that ends with the last post.
func lastPage() web.Cursor {
	at := cursor(beyond)
	at.Back = true
	return at
}

func (s *Service) showThread(w http.ResponseWriter, r *web.Request, at web.Cursor, v url.Values, wrong error) error {
	ctx, who, network := r.Context(), access.ActorOf(r.Request), networkOf(r)
	rm, err := s.enter(ctx, who, network)
	if err != nil {
		return err
	}
	t, err := threadOf(ctx, s.db, network, ThreadID(r.PathValue("thread")))
	if err != nil {
		return err
	}
	m, err := markOf(ctx, s.db, who.Person, t.ID)
	if err != nil {
		return err
	}
	list, more, err := s.posts(ctx, t.ID, at, onPage)
	if err != nil {
		return err
	}
	p := threadPage{frame: s.frameOf(w, r, rm, title(r.L, t, rm.St.Leads), v, wrong, web.Link{Text: r.L.T("talk.title"), Href: networks.TalkHref(rm.N.ID)}), Thread: t,
		Path: ThreadHref(network, t.ID), Count: r.L.N("talk.posts", t.Posts), Follow: m.Follow}
	if t.Closed {
		p.May, p.Next = false, web.Step{What: r.L.T("talk.next.closed")}
	}
	if p.Rows, err = s.rows(ctx, r.L, who, rm, list, m.Seen); err != nil {
		return err
	}
	if p.People, err = s.choices(ctx, rm, who.Person); err != nil {
		return err
	}
	p.turn(r, at, list, more)
	p.Ways = ways(r.L, who, rm)
	if len(list) > 0 && r.Method != http.MethodHead { // nobody reads a head
		if err := s.saw(ctx, who, m, list[len(list)-1].N); err != nil {
			return err
		}
	}
	return r.RenderStatus(w, statusOf(wrong), threadView(p))
}

// turn makes the links to the pages beside this one.
func (p *threadPage) turn(r *web.Request, at web.Cursor, list []Post, more bool) {
	p.Latest = latest(p.N.ID, p.Thread)
	if len(list) == 0 {
		return
	}
	first, last := list[0].N, list[len(list)-1].N
	p.Pager = web.PagerFor(r.URL, at, cursor(first), cursor(last), more)
	if first <= 1 {
		p.Pager.First, p.Pager.Previous = "", ""
	}
	if p.AtTheEnd = last >= p.Thread.Posts; p.AtTheEnd {
		p.Pager.Next, p.Latest = "", ""
	}
}

// ways are how the reader can follow a thread.
func ways(l *i18n.L, who access.Actor, rm room) (list []web.Choice) {
	if who.For != "" || rm.find(string(who.Person)) == nil {
		return nil
	}
	for _, f := range []Follow{FollowInbox, FollowLetters, FollowOff} {
		list = append(list, web.Choice{Value: string(f), Label: l.T("talk.follow." + string(f)), Hint: l.T("talk.follow." + string(f) + "_hint")})
	}
	return list
}

func (s *Service) postAnswer(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	network, id := networkOf(r), ThreadID(r.PathValue("thread"))
	n, err := s.Answer(r.Context(), access.ActorOf(r.Request), network, id, draftOf(r))
	if shown(err) {
		return s.showThread(w, r, lastPage(), r.PostForm, err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.talk.answered")
	return r.Redirect(w, latest(network, Thread{ID: id, Posts: n}))
}

func (s *Service) postFollow(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	network, id := networkOf(r), ThreadID(r.PathValue("thread"))
	err := s.SetFollow(r.Context(), access.ActorOf(r.Request), network, id, Follow(r.Value("sposob")))
	if shown(err) {
		return s.showThread(w, r, lastPage(), r.PostForm, err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.talk.followed")
	return r.Redirect(w, ThreadHref(network, id))
}

func (s *Service) postShut(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	network, id := networkOf(r), ThreadID(r.PathValue("thread"))
	err := s.Shut(r.Context(), access.ActorOf(r.Request), network, id, r.Value("zamknij") == "tak")
	if shown(err) {
		return s.showThread(w, r, lastPage(), r.PostForm, err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.talk.saved")
	return r.Redirect(w, ThreadHref(network, id))
}

// postPage is one post with what can be done about it.
type postPage struct {
	frame
	Row      row
	Path     string
	Back     string
	Revision string
	Words    string
	Can      can
	Minutes  string
	Open     bool        // somebody has reported it, and nobody has settled that
	Reports  []reportRow // for those who lead, and did not write it
}

// can is what the reader may do about a post.
type can struct{ Mend, Withdraw, Complain, Hide, Restore, Keep bool }

func (s *Service) getPost(w http.ResponseWriter, r *web.Request) error {
	return s.showPost(w, r, url.Values{}, nil)
}

// postDeed is what a form on the page of a post asks for.
type postDeed func(r *web.Request, who access.Actor, id PostID) (t Thread, notice string, err error)

func (s *Service) postPost(do postDeed) web.Handler {
	return func(w http.ResponseWriter, r *web.Request) error {
		if err := r.Form(); err != nil {
			return err
		}
		id := PostID(r.PathValue("post"))
		t, notice, err := do(r, access.ActorOf(r.Request), id)
		if shown(err) {
			return s.showPost(w, r, r.PostForm, err)
		}
		if err != nil {
			return err
		}
		r.Notify(w, "notice.talk."+notice)
		return r.Redirect(w, PostHref(networkOf(r), t.ID, id))
	}
}

func (s *Service) mend(r *web.Request, who access.Actor, id PostID) (Thread, string, error) {
	t, err := s.Mend(r.Context(), who, networkOf(r), id, revisionOf(r), r.Value("slowa"))
	return t, "saved", err
}

func (s *Service) withdraw(r *web.Request, who access.Actor, id PostID) (Thread, string, error) {
	if r.Value("potwierdzam") != "tak" {
		return Thread{}, "", fault.InvalidFields([]fault.Field{{Name: "potwierdzam", Key: "talk.fault.sure"}})
	}
	t, err := s.Withdraw(r.Context(), who, networkOf(r), id)
	return t, "withdrawn", err
}

func (s *Service) complain(r *web.Request, who access.Actor, id PostID) (Thread, string, error) {
	t, err := s.Complaint(r.Context(), who, networkOf(r), id, r.Value("uwaga"))
	return t, "reported", err
}

func (s *Service) hide(r *web.Request, who access.Actor, id PostID) (Thread, string, error) {
	t, err := s.Hide(r.Context(), who, networkOf(r), id, r.Value("powod"))
	return t, "hidden", err
}

func (s *Service) restore(r *web.Request, who access.Actor, id PostID) (Thread, string, error) {
	t, err := s.Restore(r.Context(), who, networkOf(r), id)
	return t, "shown", err
}

func (s *Service) keep(r *web.Request, who access.Actor, id PostID) (Thread, string, error) {
	t, err := s.Keep(r.Context(), who, networkOf(r), id)
	return t, "kept", err
}

func (s *Service) showPost(w http.ResponseWriter, r *web.Request, v url.Values, wrong error) error {
	ctx, who, network := r.Context(), access.ActorOf(r.Request), networkOf(r)
	rm, err := s.enter(ctx, who, network)
	if err != nil {
		return err
	}
	post, t, err := postOf(ctx, s.db, network, PostID(r.PathValue("post")))
	if err != nil {
		return err
	}
	if string(t.ID) != r.PathValue("thread") {
		return fault.ErrNotFound
	}
	rows, err := s.rows(ctx, r.L, who, rm, []Post{post}, beyond)
	if err != nil {
		return err
	}
	p := postPage{Row: rows[0], Path: PostHref(network, t.ID, post.ID), Revision: strconv.FormatInt(post.Revision, 10), Words: post.Words, Minutes: strconv.Itoa(int(EditWindow.Minutes())),
		Back: after(network, t.ID, max(0, post.N-onPage/2)) + "#" + anchor(post.N)}
	p.frame = s.frameOf(w, r, rm, r.L.T("talk.post", "n", post.N), v, wrong, web.Link{Text: r.L.T("talk.title"), Href: networks.TalkHref(rm.N.ID)},
		web.Link{Text: title(r.L, t, rm.St.Leads), Href: ThreadHref(network, t.ID)})
	if v.Has("slowa") {
		p.Words = v.Get("slowa")
	}
	if err := s.fillReports(ctx, r.L, rm, &p); err != nil {
		return err
	}
	p.Can = s.deeds(who, t, p)
	return r.RenderStatus(w, statusOf(wrong), postView(p))
}

// deeds are what the reader may do about a post. The service checks each again.
func (s *Service) deeds(who access.Actor, t Thread, p postPage) can {
	x := p.Row
	judges := p.St.Leads && !x.Own
	mine := x.Own && p.May && x.there() && !p.Open
	return can{Mend: mine && !t.Closed && x.mends(s.now()), Withdraw: mine, Complain: !x.Own && !p.St.Leads && x.there() && who.For == "",
		Hide: judges && x.there(), Restore: judges && x.HiddenAt > 0, Keep: judges && p.Open}
}

// reportRow is a report of a post, for those who lead.
type reportRow struct {
	Post row
	By   string
	When string
	Why  [][]part
}

type reportsPage struct {
	frame
	Rows []reportRow
}

// fillReports puts the open reports of a post on its page. Who wrote it learns
// that it was reported, never by whom.
func (s *Service) fillReports(ctx context.Context, l *i18n.L, rm room, p *postPage) error {
	all, err := s.reportsOf(ctx, p.Row.ID)
	p.Open = len(all) > 0
	if err != nil || !p.Open || !rm.St.Leads || p.Row.Own {
		return err
	}
	names, _, err := s.authors(ctx, nil, reporters(all)...)
	for _, x := range all {
		p.Reports = append(p.Reports, reportRow{By: by(l, names[x.Person], ""), When: moment(l, x.SentAt), Why: lines(x.Why)})
	}
	return err
}

func reporters(all []Reported) (people []string) {
	for _, x := range all {
		people = append(people, x.Person)
	}
	return people
}

func (s *Service) getReports(w http.ResponseWriter, r *web.Request) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	rm, err := s.enterToModerate(ctx, who, networkOf(r))
	if err != nil {
		return err
	}
	all, err := s.reports(ctx, rm.N.ID)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(x Reported) bool { return x.Author == string(who.Person) })
	var posts []Post
	for _, x := range all {
		posts = append(posts, x.Post)
	}
	rows, err := s.rows(ctx, r.L, who, rm, posts, beyond)
	if err != nil {
		return err
	}
	names, _, err := s.authors(ctx, nil, reporters(all)...)
	if err != nil {
		return err
	}
	p := reportsPage{frame: s.frameOf(w, r, rm, r.L.T("talk.reports"), nil, nil, web.Link{Text: r.L.T("talk.title"), Href: networks.TalkHref(rm.N.ID)})}
	p.Next = web.Step{What: r.L.T("talk.next.settle"), Who: r.L.T("talk.who.leads")}
	for n, x := range all {
		p.Rows = append(p.Rows, reportRow{Post: rows[n], By: by(r.L, names[x.Person], ""), When: moment(r.L, x.SentAt), Why: lines(x.Why)})
	}
	return r.Render(w, reportsView(p))
}
