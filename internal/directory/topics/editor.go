package topics

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

const (
	editorPath  = "/administracja/tematy"
	newPath     = editorPath + "/nowy"
	sheetPath   = editorPath + "/arkusz"
	loadPath    = editorPath + "/wczytaj"
	waitingPath = editorPath + "/oczekujace"
)

func editorHref(t *Topic) string { return editorPath + "/" + t.Code }

func (s *Service) editorRoutes(sh *web.Shell) {
	edit := access.Can(access.EditTopics)
	one := editorPath + "/{code}"
	sh.Handle("GET "+editorPath, edit, s.getEditor)
	sh.Handle("GET "+newPath, edit, s.getNew)
	sh.Handle("POST "+newPath, edit, s.postNew, web.Idempotent())
	sh.Handle("GET "+sheetPath, edit, s.getSheet)
	sh.Handle("GET "+waitingPath, edit, s.getWaiting)
	sh.Handle("GET "+one, edit, s.getEdit)
	sh.Handle("POST "+one, edit, s.postEdit, web.Idempotent())
	sh.Handle("POST "+one+"/przenies", edit, s.postMove, web.Idempotent())
	sh.Handle("GET "+one+"/scal", edit, s.getMerge)
	sh.Handle("POST "+one+"/scal", edit, s.postMerge, web.Idempotent())
	sh.Handle("GET "+one+"/podziel", edit, s.getSplit)
	sh.Handle("POST "+one+"/podziel", edit, s.postSplit, web.Idempotent())
	for name, act := range map[string]func(context.Context, access.Actor, ID, int64) error{
		"rozlacz": s.Unmerge, "cofnij-podzial": s.Undivide, "wycofaj": s.Retire, "przywroc": s.Restore,
	} {
		sh.Handle("POST "+one+"/"+name, edit, s.postAct(act), web.Idempotent())
	}
	if s.imports != nil {
		sh.Handle("GET "+loadPath, edit, s.getLoad)
		sh.Handle("POST "+loadPath, edit, s.postLoad, web.Body(SheetLimits().Bytes+64<<10))
	}
}

func crumbs(r *web.Request, t *Topic) []web.Link {
	list := []web.Link{{Text: r.L.T("topics.title"), Href: listPath}, {Text: r.L.T("topics.editor.title"), Href: editorPath}}
	if t != nil {
		list = append(list, web.Link{Text: t.Name(r.L.Lang), Href: editorHref(t)})
	}
	return list
}

// editorPage is the desk of an editor.
type editorPage struct {
	web.Page
	Figures  []web.Figure
	Filter   web.Filter
	Asked    bool
	Sections []treeSection
	Waiting  string
	Load     bool
}

func (s *Service) getEditor(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	v, err := s.vocabularyNow(r.Context())
	if err != nil {
		return err
	}
	waiting, err := s.splitWaiting(r.Context())
	if err != nil {
		return err
	}
	p := editorPage{Page: r.Page(w, r.L.T("topics.editor.title"), crumbs(r, nil)[:1]...), Load: s.imports != nil}
	p.NoIndex = true
	states := map[State]int{}
	for _, t := range v.list {
		states[t.State]++
	}
	for _, state := range []State{Current, Merged, Split, Retired} {
		p.Figures = append(p.Figures, web.Figure{Value: r.L.Number(states[state]), Label: r.L.T("topics.states." + string(state))})
	}
	if len(waiting) > 0 {
		p.Waiting = r.L.N("topics.desk", len(waiting))
	}
	asked := r.Value("q")
	p.Filter = web.Filter{Action: editorPath, Label: r.L.T("topics.find"), Hint: r.L.T("topics.editor.find_hint"), Value: asked}
	if asked != "" {
		p.Asked, p.Filter.Clear = true, editorPath
	}
	for _, k := range Kinds() {
		p.Sections = append(p.Sections, treeSection{Anchor: string(k), Title: r.L.T("topics.kind." + string(k)), Items: v.editorItems(r.L, "", k, i18n.Fold(asked)),
			Empty: r.L.T("topics.editor.empty")})
	}
	return r.Render(w, editorView(p))
}

// editorItems is the tree of an editor: all states, or a flat list of what was
// looked for.
func (v *vocabulary) editorItems(l *i18n.L, parent ID, kind Kind, asked string) (list []item) {
	topics := v.below[parent]
	if asked != "" {
		topics = v.list
	}
	for _, t := range v.ordered(topics, l.Lang) {
		if t.Kind != kind || asked != "" && t.matches(strings.Fields(asked), l.Lang) == 0 {
			continue
		}
		i := item{Name: t.Name(l.Lang), Href: editorHref(t)}
		if asked == "" {
			i.Below = v.editorItems(l, t.ID, kind, "")
		} else {
			i.Name = v.way(t, l.Lang)
		}
		if t.State != Current {
			i.State = l.T("topics.state." + string(t.State))
		}
		list = append(list, i)
	}
	return list
}

// formPage is the form of a topic, new or not.
type formPage struct {
	web.Page
	Topic      *Topic // nil for a new one
	Action     string
	Revision   string
	Public     string
	State      string
	StateWhy   string
	StateLinks []web.Link
	Editable   bool
	Kind       web.Pick
	Parent     web.Pick
	Code       web.Input
	Names      []web.Input
	Synonyms   []web.Area
	Dates      []web.Input
	Acts       []actForm
	Move       bool
	Uses       []web.Fact
	Past       []historyRow
	Next       web.Step
}

// actForm is a button for one act.
type actForm struct {
	Title, Text, Action, Button string
	Link                        bool // leads to a page instead of acting
	Bad                         bool
}

// historyRow is a line of the history for editors.
type historyRow struct {
	When, Who, What string
	Fields          []Difference
	Uses            string
}

func recordFrom(r *web.Request) Record {
	rec := Record{Code: r.Value(fieldCode), Kind: Kind(r.Value(fieldKind)), Parent: r.Value(fieldParent), From: r.Value(fieldFrom),
		Until: r.Value(fieldUntil), Basis: strings.Join(strings.Fields(r.Value(fieldBasis)), " "), Names: map[i18n.Lang]string{}, Synonyms: map[i18n.Lang][]string{}}
	for _, lang := range i18n.Langs {
		rec.Names[lang] = strings.Join(strings.Fields(r.Value(nameField(lang))), " ")
		rec.Synonyms[lang] = words(r.Value(synonymsField(lang)), rec.Names[lang])
	}
	return rec
}

// form draws the fields with the values of a record.
func (s *Service) form(w http.ResponseWriter, r *web.Request, v *vocabulary, t *Topic, rec Record) formPage {
	title := r.L.T("topics.new.title")
	if t != nil {
		title = r.L.T("topics.edit.title", "name", t.Name(r.L.Lang))
	}
	p := formPage{Page: r.Page(w, title, crumbs(r, nil)...), Topic: t, Action: newPath, Editable: true}
	p.NoIndex = true
	p.Code = web.Input{Name: fieldCode, Label: r.L.T("topics.field.kod"), Hint: r.L.T("topics.field.kod_hint"), Value: rec.Code, Short: true}
	p.Kind = web.Pick{Name: fieldKind, Label: r.L.T("topics.field.rodzaj"), Value: string(rec.Kind), Required: true}
	for _, k := range Kinds() {
		p.Kind.Choices = append(p.Kind.Choices, web.Choice{Value: string(k), Label: r.L.T("topics.one." + string(k))})
	}
	p.Parent = v.parentPick(r.L, t, rec)
	for _, lang := range i18n.Langs {
		p.Names = append(p.Names, web.Input{Name: nameField(lang), Label: r.L.T("topics.field." + nameField(lang)), Value: rec.Names[lang], Required: true})
		p.Synonyms = append(p.Synonyms, web.Area{Name: synonymsField(lang), Label: r.L.T("topics.field." + synonymsField(lang)),
			Hint: r.L.T("topics.field.synonimy_hint"), Value: strings.Join(rec.Synonyms[lang], "\n"), Rows: 4, Lang: string(lang)})
	}
	if t == nil || t.Kind == Policy {
		must := t != nil
		p.Dates = []web.Input{{Name: fieldFrom, Label: r.L.T("topics.field.od"), Type: "date", Value: rec.From, Short: true, Required: must},
			{Name: fieldUntil, Label: r.L.T("topics.field.do"), Type: "date", Value: rec.Until, Short: true, Required: must},
			{Name: fieldBasis, Label: r.L.T("topics.field.podstawa"), Hint: r.L.T("topics.field.podstawa_hint"), Value: rec.Basis, Required: must}}
	}
	return p
}

// parentPick offers the topics under which one can stand. For a new one all
// kinds are offered, by groups; the service checks that they agree.
func (v *vocabulary) parentPick(l *i18n.L, t *Topic, rec Record) web.Pick {
	p := web.Pick{Name: fieldParent, Label: l.T("topics.field.nadrzedny"), Hint: l.T("topics.field.nadrzedny_hint"), Prompt: l.T("topics.top"), Value: rec.Parent}
	for _, k := range Kinds() {
		if t != nil && t.Kind != k {
			continue
		}
		list := v.choices(l.Lang, k, func(o *Topic) bool {
			return t != nil && o.ID == t.ID || len(v.above(o.ID))+1 >= Levels
		})
		for _, c := range list {
			c.Value = v.byID[ID(c.Value)].Code
			if t == nil {
				c.Group = l.T("topics.kind." + string(k))
			}
			p.Choices = append(p.Choices, c)
		}
	}
	return p
}

func (s *Service) getNew(w http.ResponseWriter, r *web.Request) error {
	v, err := s.vocabularyNow(r.Context())
	if err != nil {
		return err
	}
	rec := Record{Kind: Subject}
	if parent := v.byCode[r.URL.Query().Get(fieldParent)]; parent != nil {
		rec.Parent, rec.Kind = parent.Code, parent.Kind
	}
	return r.Render(w, newView(s.form(w, r, v, nil, rec)))
}

func (s *Service) postNew(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	rec := recordFrom(r)
	id, err := s.Create(r.Context(), access.ActorOf(r.Request), rec)
	if fault.KindOf(err) == fault.Invalid {
		v, pageErr := s.vocabularyNow(r.Context())
		if pageErr != nil {
			return pageErr
		}
		p := s.form(w, r, v, nil, rec)
		p.Page = p.WithErrors(err)
		return r.RenderStatus(w, http.StatusUnprocessableEntity, newView(p))
	}
	if err != nil {
		return err
	}
	t, err := s.ByID(r.Context(), id)
	if err != nil {
		return err
	}
	r.Notify(w, "notice.topics.created")
	return r.Redirect(w, editorHref(&t))
}

// one finds the topic of the address.
func (s *Service) one(r *web.Request) (*vocabulary, *Topic, error) {
	if err := r.Form(); err != nil {
		return nil, nil, err
	}
	v, err := s.vocabularyNow(r.Context())
	if err != nil {
		return nil, nil, err
	}
	t := v.byCode[r.PathValue("code")]
	if t == nil {
		return nil, nil, fault.ErrNotFound
	}
	return v, t, nil
}

// revision of a form; one that is not a number is nobody's, so that the service
// answers with a Conflict.
func revision(r *web.Request, name string) int64 {
	n, err := strconv.ParseInt(r.Value(name), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func (s *Service) getEdit(w http.ResponseWriter, r *web.Request) error {
	v, t, err := s.one(r)
	if err != nil {
		return err
	}
	p, err := s.editPage(w, r, v, t, v.record(t))
	if err != nil {
		return err
	}
	return r.Render(w, editView(p))
}

func (s *Service) editPage(w http.ResponseWriter, r *web.Request, v *vocabulary, t *Topic, rec Record) (p formPage, err error) {
	p = s.form(w, r, v, t, rec)
	p.Action, p.Revision, p.Public = editorHref(t), strconv.FormatInt(t.Revision, 10), href(t)
	p.Editable = t.State == Current || t.State == Retired
	p.Move = t.State == Current
	if t.State != Current {
		p.State, p.StateWhy = r.L.T("topics.state."+string(t.State)), r.L.T("topics.state_why."+string(t.State))
		others := v.parts[t.ID]
		if t.State == Merged {
			others = []ID{t.Into}
		}
		if p.StateLinks, err = s.Links(r.Context(), r.L, others); err != nil {
			return p, err
		}
	}
	p.Acts = acts(r.L, t)
	counts, err := countOf(r.Context(), s.db, v.readAs(v.resolve(t.ID)))
	if t.State == Merged {
		counts, err = countOf(r.Context(), s.db, []ID{t.ID})
	}
	if err != nil {
		return p, err
	}
	p.Uses = s.useFacts(r.L, counts)
	p.Next = web.Step{What: r.L.T("topics.edit.next"), Who: r.L.T("topics.edit.next_who"), When: r.L.T("topics.edit.next_when")}
	p.Past, err = s.historyRows(r, v, t)
	return p, err
}

// useFacts are the numbers of uses by kind, all kinds: editors must know what
// they touch.
func (s *Service) useFacts(l *i18n.L, counts map[string]int) (list []web.Fact) {
	for _, lister := range s.listers {
		if n := counts[lister.Kind]; n > 0 {
			list = append(list, web.Fact{Name: l.T(lister.TitleKey), Value: l.Number(n)})
		}
	}
	if n := sum(counts) - s.listed(counts); n > 0 {
		list = append(list, web.Fact{Name: l.T("topics.uses.other"), Value: l.Number(n)})
	}
	return list
}

// acts are what can be done to a topic as it stands.
func acts(l *i18n.L, t *Topic) (list []actForm) {
	add := func(name, path string, link, bad bool) {
		list = append(list, actForm{Title: l.T("topics.do." + name), Text: l.T("topics.do." + name + "_text"), Action: editorHref(t) + "/" + path,
			Button: l.T("topics.do." + name + "_button"), Link: link, Bad: bad})
	}
	switch t.State {
	case Current:
		add("merge", "scal", true, false)
		add("split", "podziel", true, false)
		add("retire", "wycofaj", false, true)
	case Retired:
		add("restore", "przywroc", false, false)
		add("merge", "scal", true, false)
	case Merged:
		add("unmerge", "rozlacz", false, false)
	case Split:
		add("unsplit", "cofnij-podzial", false, false)
	}
	return list
}

// historyRows are who did what when.
func (s *Service) historyRows(r *web.Request, v *vocabulary, t *Topic) (rows []historyRow, err error) {
	history, err := historyOf(r.Context(), s.db, t.ID)
	if err != nil {
		return nil, err
	}
	var people []string
	for _, e := range history {
		people = append(people, e.Person, e.ActingFor)
	}
	people = slices.DeleteFunc(people, func(id string) bool { return id == "" })
	names := map[string]string{}
	if s.names != nil && len(people) > 0 {
		if names, err = s.names(r.Context(), people); err != nil {
			return nil, err
		}
	}
	for _, e := range history {
		row := historyRow{When: r.L.DateTime(time.Unix(e.At, 0).In(web.Warsaw)), Who: whoWords(r.L, names, e), What: actWords(r.L, v, e)}
		if e.BeforeAct != "" && e.AfterAct != "" {
			for _, d := range differences(recordOf(e.BeforeAct), recordOf(e.AfterAct)) {
				row.Fields = append(row.Fields, Difference{r.L.T("topics.field." + d.Name), valueWords(r.L, d.Name, d.Before), valueWords(r.L, d.Name, d.After)})
			}
		}
		if uses := e.used(); len(uses) > 0 {
			row.Uses = r.L.N("topics.uses_then", sum(uses))
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// whoWords names who acted. Who was erased has no name, the program is Kładka.
func whoWords(l *i18n.L, names map[string]string, e step) string {
	name := func(id string) string {
		if names[id] == "" {
			return l.T("topics.nameless")
		}
		return names[id]
	}
	switch {
	case e.Person == "":
		return "Kładka"
	case e.ActingFor != "":
		return l.T("topics.on_behalf", "name", name(e.Person), "for", name(e.ActingFor))
	}
	return name(e.Person)
}

func (s *Service) postEdit(w http.ResponseWriter, r *web.Request) error {
	v, t, err := s.one(r)
	if err != nil {
		return err
	}
	rec := recordFrom(r)
	rec.Code, rec.Kind = t.Code, t.Kind
	err = s.Edit(r.Context(), access.ActorOf(r.Request), t.ID, revision(r, "rewizja"), rec)
	if fault.KindOf(err) == fault.Invalid {
		rec.Parent = v.record(t).Parent
		return s.editAgain(w, r, v, t, rec, err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.topics.saved")
	return r.Redirect(w, editorHref(t))
}

func (s *Service) editAgain(w http.ResponseWriter, r *web.Request, v *vocabulary, t *Topic, rec Record, cause error) error {
	p, err := s.editPage(w, r, v, t, rec)
	if err != nil {
		return err
	}
	p.Page = p.WithErrors(cause)
	return r.RenderStatus(w, http.StatusUnprocessableEntity, editView(p))
}

func (s *Service) postMove(w http.ResponseWriter, r *web.Request) error {
	v, t, err := s.one(r)
	if err != nil {
		return err
	}
	var parent ID
	if code := r.Value(fieldParent); code != "" {
		parent = "unknown"
		if p := v.byCode[code]; p != nil {
			parent = p.ID
		}
	}
	err = s.Move(r.Context(), access.ActorOf(r.Request), t.ID, revision(r, "rewizja"), parent)
	if fault.KindOf(err) == fault.Invalid {
		rec := v.record(t)
		rec.Parent = r.Value(fieldParent)
		return s.editAgain(w, r, v, t, rec, err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.topics.moved")
	return r.Redirect(w, editorHref(t))
}

// postAct does what needs no more than the topic.
func (s *Service) postAct(act func(context.Context, access.Actor, ID, int64) error) web.Handler {
	return func(w http.ResponseWriter, r *web.Request) error {
		_, t, err := s.one(r)
		if err != nil {
			return err
		}
		if err := act(r.Context(), access.ActorOf(r.Request), t.ID, revision(r, "rewizja")); err != nil {
			return err
		}
		r.Notify(w, "notice.topics.done")
		return r.Redirect(w, editorHref(t))
	}
}
