package notify

import (
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

const (
	inboxPath    = "/konto/powiadomienia"
	settingsPath = inboxPath + "/ustawienia"
)

// Doors is what the pages need to know of people.
type Doors struct {
	Own web.Guard                   // everybody who is signed in, for their own matters
	By  func(*web.Request) audit.By // who asks
}

// Routes opens the doors of the package.
func (s *Service) Routes(sh *web.Shell, d Doors) {
	h := handlers{s, d}
	sh.Handle("GET "+inboxPath, d.Own, h.getInbox)
	sh.Handle("GET "+inboxPath+"/{id}", d.Own, h.getItem)
	sh.Handle("POST "+inboxPath+"/przeczytane", d.Own, h.postRead)
	sh.Handle("GET "+settingsPath, d.Own, h.getSettings)
	sh.Handle("POST "+settingsPath, d.Own, h.postSettings)
	sh.Handle("POST "+settingsPath+"/adres", d.Own, h.postFeed)
	// These three are for programs and for people who sit in their mail: what
	// stands in the address is the key.
	sh.Handle("GET /kalendarz/{file}", web.Public, h.getCalendar)
	sh.Handle("GET /powiadomienia/{file}", web.Public, h.getFeed)
	sh.Handle("GET "+stopPath+"{token}", web.Public, h.getStop)
	sh.Handle("POST "+stopPath+"{token}", web.Public, h.postStop)
	sh.AddDesk(h.desk)
}

type handlers struct {
	*Service
	doors Doors
}

func (h handlers) me(r *web.Request) string { return h.doors.By(r).Person }

// desk leads to the inbox when something there is unread.
func (h handlers) desk(r *web.Request) ([]web.DeskItem, error) {
	person := h.me(r)
	if person == "" {
		return nil, nil
	}
	n, err := h.Unread(r.Context(), person)
	if err != nil || n == 0 {
		return nil, err
	}
	return []web.DeskItem{{Rank: 30, Title: r.L.N("notify.desk", n), Text: r.L.T("notify.desk_text"), Href: inboxPath}}, nil
}

type inboxPage struct {
	web.Page
	Rows   []itemView
	Unread bool
	Newest string
	Pager  web.Pager
}

type itemView struct {
	Title, Text, Topic, When, Href string
	Unread                         bool
}

func (h handlers) getInbox(w http.ResponseWriter, r *web.Request) error {
	at, err := web.CursorOf(r.URL.Query())
	if err != nil {
		return err
	}
	rows, more, err := h.inbox(r.Context(), h.me(r), at)
	if err != nil {
		return err
	}
	p := inboxPage{Page: r.Page(w, r.L.T("notify.title"), account(r))}
	p.NoIndex = true
	for _, i := range rows {
		p.Rows = append(p.Rows, itemView{Title: h.title(r.Context(), r.L, i), Text: h.more(r.Context(), r.L, i), Topic: h.topicName(r.L, i.Topic),
			When: r.L.DateTime(i.created().In(web.Warsaw)), Href: inboxPath + "/" + i.ID, Unread: i.ReadAt == nil})
		p.Unread = p.Unread || i.ReadAt == nil
	}
	if len(rows) > 0 {
		p.Newest = rows[0].ID
		p.Pager = web.PagerFor(r.URL, at, web.Cursor{ID: rows[0].ID}, web.Cursor{ID: rows[len(rows)-1].ID}, more)
	}
	return r.Render(w, inboxView(p))
}

func account(r *web.Request) web.Link {
	return web.Link{Text: r.L.T("notify.account"), Href: "/konto"}
}

var idShape = regexp.MustCompile(`^[0-9a-f-]{36}$`)

// getItem leads on to what the message is about. That it marks one's own
// message as read is the only thing it changes.
func (h handlers) getItem(w http.ResponseWriter, r *web.Request) error {
	id := r.PathValue("id")
	if !idShape.MatchString(id) {
		return fault.ErrNotFound
	}
	link, err := h.Open(r.Context(), h.me(r), id)
	if err != nil {
		return err
	}
	if !web.Local(link) {
		link = inboxPath
	}
	return r.Redirect(w, link)
}

func (h handlers) postRead(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	newest := r.Value("do")
	if !idShape.MatchString(newest) {
		return fault.New(fault.BadRequest, "fault.bad_request")
	}
	if err := h.ReadUpTo(r.Context(), h.me(r), newest); err != nil {
		return err
	}
	r.Notify(w, "notice.notify.read")
	return r.Redirect(w, inboxPath)
}

type settingsPage struct {
	web.Page
	Topics []topicView
	Hours  []option
	Feeds  []feedView
	Sees   web.Audience
}

type topicView struct {
	Name, Text, Field string
	Options           []option
}

type option struct {
	Value, Label string
	Chosen       bool
}

type feedView struct {
	Kind, Title, Text string
	State             string
	Address           string // shown once, when it was made
	Open              bool
}

func (h handlers) getSettings(w http.ResponseWriter, r *web.Request) error {
	p, err := h.settingsPage(w, r)
	if err != nil {
		return err
	}
	return r.Render(w, settingsView(p))
}

func (h handlers) settingsPage(w http.ResponseWriter, r *web.Request) (p settingsPage, err error) {
	set, err := h.Settings(r.Context(), h.me(r))
	if err != nil {
		return p, err
	}
	made, err := h.feedsOf(r.Context(), h.me(r))
	if err != nil {
		return p, err
	}
	p.Page = r.Page(w, r.L.T("notify.settings"), account(r), web.Link{Text: r.L.T("notify.title"), Href: inboxPath})
	p.NoIndex = true
	p.Sees = web.Audience{Short: r.L.T("notify.sees"), More: r.L.T("notify.sees_more")}
	for _, t := range h.topics.topics {
		v := topicView{Name: h.topicName(r.L, t.Key), Field: topicField + t.Key}
		if key := "topic." + t.Key + "_text"; h.catalog.Has(key) {
			v.Text = r.L.T(key)
		}
		now := t.frequency(set.Topics[t.Key], false)
		for _, f := range frequencies {
			v.Options = append(v.Options, option{string(f), r.L.T("notify.frequency." + string(f)), f == now})
		}
		p.Topics = append(p.Topics, v)
	}
	for hour := firstHour; hour <= lastHour; hour++ {
		p.Hours = append(p.Hours, option{strconv.Itoa(hour), strconv.Itoa(hour) + ":00", hour == set.Hour})
	}
	for _, kind := range feedKinds {
		p.Feeds = append(p.Feeds, feedViewOf(r, kind, made[kind]))
	}
	return p, nil
}

func feedViewOf(r *web.Request, kind string, made int64) feedView {
	v := feedView{Kind: kind, Title: r.L.T("notify.address." + kind), Text: r.L.T("notify.address." + kind + "_text"),
		State: r.L.T("notify.address.none"), Open: made != 0}
	if v.Open {
		v.State = r.L.T("notify.address.since", "date", r.L.DateTime(time.Unix(made, 0).In(web.Warsaw)))
	}
	return v
}

const (
	topicField = "temat:"
	hourField  = "godzina"
)

func (h handlers) postSettings(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	hour, err := strconv.Atoi(r.Value(hourField))
	if err != nil {
		return fault.New(fault.BadRequest, "fault.bad_request")
	}
	set := Settings{Hour: hour, Topics: map[string]Frequency{}}
	for name := range r.PostForm {
		if topic, ok := strings.CutPrefix(name, topicField); ok {
			set.Topics[topic] = Frequency(r.Value(name))
		}
	}
	if err := h.Choose(r.Context(), h.me(r), set); err != nil {
		return err
	}
	r.Notify(w, "notice.notify.saved")
	return r.Redirect(w, settingsPath)
}

// postFeed makes or ends a personal address. A new one is shown on the page
// that answers, and never again.
func (h handlers) postFeed(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	kind := r.Value("rodzaj")
	if r.Value("co") == "koniec" {
		if err := h.EndFeed(r.Context(), h.doors.By(r), kind); err != nil {
			return err
		}
		r.Notify(w, "notice.notify.address_ended")
		return r.Redirect(w, settingsPath)
	}
	secret, err := h.NewFeed(r.Context(), h.doors.By(r), kind)
	if err != nil {
		return err
	}
	p, err := h.settingsPage(w, r)
	if err != nil {
		return err
	}
	for i := range p.Feeds {
		if p.Feeds[i].Kind == kind {
			p.Feeds[i].Address = h.post.URL(feedPath(kind, secret))
		}
	}
	secretly(w)
	return r.Render(w, settingsView(p))
}

func feedPath(kind, secret string) string {
	if kind == calendar {
		return "/kalendarz/" + secret + ".ics"
	}
	return "/powiadomienia/" + secret + ".atom"
}

// secretly keeps an answer with a secret out of caches, search engines and the
// address that the next site is told.
func secretly(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Robots-Tag", "noindex, nofollow")
}

func (h handlers) getCalendar(w http.ResponseWriter, r *web.Request) error {
	secretly(w)
	secret, ok := strings.CutSuffix(r.PathValue("file"), ".ics")
	if !ok {
		return fault.ErrNotFound
	}
	person, a, err := h.owner(r.Context(), calendar, secret)
	if err != nil {
		return err
	}
	text, err := h.calendarOf(r.Context(), person, h.catalog.In(a.Lang))
	if err != nil {
		return err
	}
	return plain(w, "text/calendar; charset=utf-8", text)
}

func (h handlers) getFeed(w http.ResponseWriter, r *web.Request) error {
	secretly(w)
	secret, ok := strings.CutSuffix(r.PathValue("file"), ".atom")
	if !ok {
		return fault.ErrNotFound
	}
	person, a, err := h.owner(r.Context(), feed, secret)
	if err != nil {
		return err
	}
	text, err := h.Service.feedOf(r.Context(), person, h.catalog.In(a.Lang))
	if err != nil {
		return err
	}
	return plain(w, "application/atom+xml; charset=utf-8", text)
}

func plain(w http.ResponseWriter, kind, text string) error {
	w.Header().Set("Content-Type", kind)
	_, err := io.WriteString(w, text)
	return err
}

type stopPage struct {
	web.Page
	Action string
	Text   string
	Done   bool
}

func (h handlers) getStop(w http.ResponseWriter, r *web.Request) error {
	p, _, _, err := h.stopPage(w, r)
	if err != nil {
		return err
	}
	return r.Render(w, stopView(p))
}

func (h handlers) stopPage(w http.ResponseWriter, r *web.Request) (p stopPage, person, topic string, err error) {
	secretly(w)
	token := r.PathValue("token")
	if person, topic, err = h.stopping(token); err != nil {
		return p, "", "", err
	}
	p = stopPage{Page: r.Page(w, r.L.T("notify.stop.title")), Action: stopPath + token, Text: r.L.T("notify.stop.all")}
	p.NoIndex = true
	// Of the switches of language and look, neither shall carry the token on.
	p.Path = "/"
	if topic != everything {
		p.Text = r.L.T("notify.stop.one", "topic", h.topicName(r.L, topic))
	}
	return p, person, topic, nil
}

// postStop ends letters at once, for whoever has the link and whatever the
// form says: mail programs press the button for people (RFC 8058).
func (h handlers) postStop(w http.ResponseWriter, r *web.Request) error {
	p, person, topic, err := h.stopPage(w, r)
	if err != nil {
		return err
	}
	if err := h.stop(r.Context(), person, topic); err != nil {
		return err
	}
	p.Done = true
	return r.Render(w, stopView(p))
}
