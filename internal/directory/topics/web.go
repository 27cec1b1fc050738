package topics

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

const (
	listPath = "/tematy"
	idPath   = "/tematy/id/"
)

func href(t *Topic) string { return listPath + "/" + t.Code }

// Routes opens the doors of the module. The vocabulary is public: it is words,
// and what public things are about.
func (s *Service) Routes(sh *web.Shell) {
	sh.Handle("GET "+listPath, web.Public, s.getTree)
	sh.Handle("GET "+listPath+".json", web.Public, s.getJSON)
	sh.Handle("GET "+listPath+".csv", web.Public, s.getCSV)
	sh.Handle("GET "+listPath+"/{code}", web.Public, s.getTopic)
	sh.Handle("GET "+idPath+"{id}", web.Public, s.getByID)
	s.institutionRoutes(sh)
	s.editorRoutes(sh)
	sh.AddNav(30, "nav.topics", listPath, web.Public)
	sh.AddDesk(s.desk)
}

// item is a topic in a tree.
type item struct {
	Name  string
	Href  string
	Count string // words: "7 wpisów", "" for none
	State string // words, "" for one in use
	Below []item
}

// treePage is the whole vocabulary, or what was found in it.
type treePage struct {
	web.Page
	Filter   web.Filter
	Asked    bool
	Found    []item
	Sections []treeSection
	Edit     string
}

type treeSection struct {
	Anchor string
	Title  string
	Lead   string
	Items  []item
	Empty  string
}

// mostFound is how many topics a search shows.
const mostFound = 50

func (s *Service) getTree(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	v, err := s.vocabularyNow(r.Context())
	if err != nil {
		return err
	}
	counts, err := s.visibleCounts(r)
	if err != nil {
		return err
	}
	p := treePage{Page: r.Page(w, r.L.T("topics.title"))}
	p.Lead = r.L.T("topics.lead")
	if access.ActorOf(r.Request).May(access.EditTopics) {
		p.Edit = editorPath
	}
	asked := strings.TrimSpace(r.Value("q"))
	p.Filter = web.Filter{Action: listPath, Label: r.L.T("topics.find"), Hint: r.L.T("topics.find_hint"), Value: asked}
	if asked != "" {
		p.Asked, p.Filter.Clear = true, listPath
		p.NoIndex = true
		p.Found = v.foundItems(r.L, asked, counts)
		return r.Render(w, treeView(p))
	}
	for _, k := range Kinds() {
		p.Sections = append(p.Sections, treeSection{Anchor: string(k), Title: r.L.T("topics.kind." + string(k)), Lead: r.L.T("topics.kind_lead." + string(k)),
			Items: v.items(r.L, "", k, counts), Empty: r.L.T("topics.kind_empty." + string(k))})
	}
	return r.Render(w, treeView(p))
}

// foundItems are topics that answer a search, with the way to them.
func (v *vocabulary) foundItems(l *i18n.L, asked string, counts map[ID]int) (list []item) {
	for _, t := range v.find(asked, l.Lang, mostFound) {
		list = append(list, item{Name: v.way(t, l.Lang), Href: href(t), Count: countWords(l, counts[t.ID])})
	}
	return list
}

// way is a topic's name behind those above it.
func (v *vocabulary) way(t *Topic, lang i18n.Lang) string {
	name := t.Name(lang)
	for _, a := range v.above(t.ID) {
		name = a.Name(lang) + " › " + name
	}
	return name
}

func (v *vocabulary) items(l *i18n.L, parent ID, kind Kind, counts map[ID]int) (list []item) {
	for _, t := range v.ordered(v.children(parent), l.Lang) {
		if t.Kind == kind {
			list = append(list, item{Name: t.Name(l.Lang), Href: href(t), Count: countWords(l, counts[t.ID]), Below: v.items(l, t.ID, kind, counts)})
		}
	}
	return list
}

func countWords(l *i18n.L, n int) string {
	if n == 0 {
		return ""
	}
	return l.N("topics.uses_n", n)
}

// visible are the kinds of objects that who asks may know of.
func (s *Service) visible(r *web.Request) []Lister {
	return slices.DeleteFunc(slices.Clone(s.listers), func(l Lister) bool { return l.May != nil && !l.May(r) })
}

// visibleCounts are the uses of each topic that who asks may know of.
func (s *Service) visibleCounts(r *web.Request) (map[ID]int, error) {
	counts, err := s.Count(r.Context())
	if err != nil {
		return nil, err
	}
	all := map[ID]int{}
	for id, byKind := range counts {
		for _, l := range s.visible(r) {
			all[id] += byKind[l.Kind]
		}
	}
	return all, nil
}

// topicPage is the page of one topic.
type topicPage struct {
	web.Page
	Note     string // how somebody came here who asked for another one
	State    string // words, "" for one in use
	Facts    []web.Fact
	Below    []item
	Parts    []web.Link
	PartsWhy string
	Uses     []usesView
	NoUses   bool
	Past     []pastView
	Edit     string
}

// usesView are the objects of a kind that are about the topic.
type usesView struct {
	Anchor string
	Title  string
	Links  []web.Link
	More   string // address of those that follow, "" for none
	Unseen string // how many are not for the reader, "" for none
}

// pastView is a line of the history without names of people.
type pastView struct {
	Day  string
	Text string
}

// How many objects of a kind a page shows, and alone.
const (
	someUses = 20
	manyUses = 100
)

// getByID leads from an id, which rows and lists hold, to the page.
func (s *Service) getByID(w http.ResponseWriter, r *web.Request) error {
	t, err := s.ByID(r.Context(), ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	return r.Redirect(w, href(&t))
}

func (s *Service) getTopic(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	v, err := s.vocabularyNow(r.Context())
	if err != nil {
		return err
	}
	t := v.byCode[r.PathValue("code")]
	if t == nil {
		return fault.ErrNotFound
	}
	if target := v.byID[v.resolve(t.ID)]; target != nil && target.ID != t.ID {
		// A merge can be taken back: nobody keeps the answer without asking again.
		w.Header().Set("Cache-Control", "no-cache")
		http.Redirect(w, r.Request, href(target)+"?z="+url.QueryEscape(t.Code), http.StatusMovedPermanently)
		return nil
	}
	p, err := s.topicPage(w, r, v, t)
	if err != nil {
		return err
	}
	return r.Render(w, topicView(p))
}

func (s *Service) topicPage(w http.ResponseWriter, r *web.Request, v *vocabulary, t *Topic) (p topicPage, err error) {
	crumbs := []web.Link{{Text: r.L.T("topics.title"), Href: listPath}}
	above := v.above(t.ID)
	slices.Reverse(above)
	for _, a := range above {
		crumbs = append(crumbs, web.Link{Text: a.Name(r.L.Lang), Href: href(a)})
	}
	p.Page = r.Page(w, t.Name(r.L.Lang), crumbs...)
	if from := v.byCode[r.Value("z")]; from != nil && v.resolve(from.ID) == t.ID && from.ID != t.ID {
		p.Note = r.L.T("topics.came_from", "name", from.Name(r.L.Lang))
	}
	if t.State != Current {
		p.State = r.L.T("topics.state." + string(t.State))
	}
	if access.ActorOf(r.Request).May(access.EditTopics) {
		p.Edit = editorHref(t)
	}
	counts, err := s.visibleCounts(r)
	if err != nil {
		return p, err
	}
	p.Below = v.items(r.L, t.ID, t.Kind, counts)
	if t.State == Split {
		p.Parts, err = s.Links(r.Context(), r.L, v.parts[t.ID])
		if err != nil {
			return p, err
		}
		p.PartsWhy = r.L.T("topics.split_why")
	}
	history, err := historyOf(r.Context(), s.db, t.ID)
	if err != nil {
		return p, err
	}
	p.Facts = s.facts(r.L, v, t, history)
	p.Past = s.past(r.L, v, history)
	p.Uses, err = s.usesOf(r, t)
	p.NoUses = len(p.Uses) == 0
	return p, err
}

// facts are the words of a topic.
func (s *Service) facts(l *i18n.L, v *vocabulary, t *Topic, history []step) []web.Fact {
	list := []web.Fact{{Name: l.T("topics.field.rodzaj"), Value: l.T("topics.one." + string(t.Kind))}}
	add := func(key, value string) {
		if value != "" {
			list = append(list, web.Fact{Name: l.T(key), Value: value})
		}
	}
	if len(t.Synonyms[l.Lang]) > 0 {
		add("topics.also", strings.Join(t.Synonyms[l.Lang], ", "))
	}
	for _, lang := range i18n.Langs {
		if lang == l.Lang {
			continue
		}
		text := t.Names[lang]
		if len(t.Synonyms[lang]) > 0 {
			text += " (" + strings.Join(t.Synonyms[lang], ", ") + ")"
		}
		list = append(list, web.Fact{Name: l.T("topics.in." + string(lang)), Drawn: inLanguage(string(lang), text)})
	}
	if t.Kind == Policy {
		add("topics.in_force", l.T("topics.from_until", "from", l.DateText(t.From), "until", l.DateText(t.Until)))
		add("topics.field.podstawa", t.Basis)
	}
	add("topics.formerly", strings.Join(former(history, func(r Record) string { return r.Names[l.Lang] }, t.Names[l.Lang]), ", "))
	var merged []string
	for _, other := range v.list {
		if other.State == Merged && v.resolve(other.ID) == t.ID {
			merged = append(merged, other.Name(l.Lang))
		}
	}
	add("topics.merged_in", strings.Join(merged, ", "))
	add("topics.field.kod", t.Code)
	return list
}

// past is the history for everybody: what and when, not who.
func (s *Service) past(l *i18n.L, v *vocabulary, history []step) (list []pastView) {
	for _, e := range history {
		list = append(list, pastView{Day: l.Date(time.Unix(e.At, 0).In(web.Warsaw)), Text: actWords(l, v, e)})
	}
	return list
}

// actWords is an act of the history in words.
func actWords(l *i18n.L, v *vocabulary, e step) string {
	var names []string
	for _, id := range e.others() {
		if t := v.byID[id]; t != nil {
			names = append(names, t.Name(l.Lang))
		}
	}
	text := l.T("topics.act."+e.Act, "others", strings.Join(names, ", "))
	switch e.Source {
	case "seed":
		text += " " + l.T("topics.source.seed")
	case "import":
		text += " " + l.T("topics.source.import")
	}
	return text
}

var plainID = regexp.MustCompile(`^[0-9a-zA-Z-]{1,64}$`)

// usesOf lists what is about the topic or one below it: some of each kind, or,
// asked for by "co", more of one.
func (s *Service) usesOf(r *web.Request, t *Topic) (list []usesView, err error) {
	ctx := r.Context()
	counts, err := s.CountWithin(ctx, t.ID)
	if err != nil {
		return nil, err
	}
	only, after, n := r.Value("co"), r.Value("po"), someUses
	if after != "" && !plainID.MatchString(after) {
		return nil, fault.New(fault.BadRequest, "fault.cursor")
	}
	if only != "" {
		n = manyUses
	}
	for _, l := range s.visible(r) {
		if counts[l.Kind] == 0 || only != "" && only != l.Kind {
			continue
		}
		ids, err := s.ByTopic(ctx, t.ID, l.Kind, after, n+1)
		if err != nil {
			return nil, err
		}
		u := usesView{Anchor: "uzycia-" + l.Kind, Title: r.L.T(l.TitleKey) + ": " + r.L.Number(counts[l.Kind])}
		if len(ids) > n {
			ids = ids[:n]
			u.More = href(t) + "?" + url.Values{"co": {l.Kind}, "po": {ids[n-1]}}.Encode()
		}
		if u.Links, err = l.Links(ctx, r.L, ids); err != nil {
			return nil, err
		}
		if unseen := len(ids) - len(u.Links); unseen > 0 {
			u.Unseen = r.L.N("topics.and_more", unseen)
		}
		list = append(list, u)
	}
	return list, nil
}

// valueWords is a value of a field for people.
func valueWords(l *i18n.L, field, value string) string {
	switch {
	case value == "":
		return ""
	case field == fieldKind:
		return l.T("topics.one." + value)
	case field == fieldState:
		return l.T("topics.state." + value)
	case field == fieldFrom || field == fieldUntil:
		return l.DateText(value)
	}
	return value
}

// desk tells editors of topics that were split and are still named.
func (s *Service) desk(r *web.Request) ([]web.DeskItem, error) {
	if !access.ActorOf(r.Request).May(access.EditTopics) {
		return nil, nil
	}
	waiting, err := s.splitWaiting(r.Context())
	if err != nil || len(waiting) == 0 {
		return nil, err
	}
	return []web.DeskItem{{Rank: 40, Title: r.L.N("topics.desk", len(waiting)), Text: r.L.T("topics.desk_text"), Href: waitingPath}}, nil
}

// waitingTopic is a split topic that things still name.
type waitingTopic struct {
	*Topic
	Counts map[string]int
}

func (s *Service) splitWaiting(ctx context.Context) (list []waitingTopic, err error) {
	v, err := s.vocabularyNow(ctx)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(v.list, func(t *Topic) bool { return t.State == Split }) {
		return nil, nil
	}
	counts, err := s.Count(ctx)
	if err != nil {
		return nil, err
	}
	for _, t := range v.list {
		if t.State == Split && sum(counts[t.ID]) > 0 {
			list = append(list, waitingTopic{t, counts[t.ID]})
		}
	}
	return list, nil
}
