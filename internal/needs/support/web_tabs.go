package support

import (
	"net/http"
	"net/url"
	"strconv"

	"kladka/internal/access"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// tabPage is one tab of a process. V is what was typed, where a form was refused.
type tabPage struct {
	web.Page
	W        Whole
	Base     string
	Tab      string
	School   string
	Badge    string
	Kind     string
	Revision string
	V        url.Values
	Tabs     []web.Link
	Facts    []web.Fact
	Next     web.Step
	Stop     string
	Reason   string // why it was dropped
	Conflict bool
	Needs    []needRow
	Forms    []formRow
	Topics   []web.Choice
	Sources  []web.Choice
	Offered  []web.Choice
	Withheld bool // what the school declared is not shown to the center yet
	People   []web.Choice
	Effects  []web.Choice
	MayEdit  bool
	MayName  bool
	MayDrop  bool
	Agree    agreement
	Loose    []string // needs that no form answers
	Sheets   []web.Link
}

type needRow struct {
	Need
	Name, SourceName, Href, EffectName, EffectKind string
	Forms                                          []formRow // that answer it
	Chosen, Note                                   string    // in the form of effects
}

type formRow struct {
	Form
	Href, KindName, DueText, HoursText, StateName, StateKind, Done, NeedsText, Link, LinkText string
	Agreed                                                                                    bool
}

// agreement is what both sides said to the present version of a part.
type agreement struct {
	Part    Part
	Action  string
	Version string
	Sides   []web.Fact
	Words   []web.Pair // of a side that does not agree
	May     bool       // the actor's side can say something
	Said    bool       // it has agreed already
	Lacks   []string
	Done    bool // both agreed
}

func (s *Service) getTab(tab string) web.Handler {
	return func(w http.ResponseWriter, r *web.Request) error { return s.showTab(w, r, tab, nil, nil) }
}

// post makes the handler of a form on a tab: the deed, and the tab again with
// what was typed when it was refused.
func (s *Service) post(tab, notice string, deed func(r *web.Request, who access.Actor, id string, revision int64) error) web.Handler {
	return func(w http.ResponseWriter, r *web.Request) error {
		if err := r.Form(); err != nil {
			return err
		}
		id := r.PathValue("id")
		err := deed(r, access.ActorOf(r.Request), id, revisionOf(r))
		if shown(err) {
			return s.showTab(w, r, tab, r.PostForm, err)
		}
		if err != nil {
			return err
		}
		r.Notify(w, "notice.support."+notice)
		return r.Redirect(w, Href(id)+tab)
	}
}

func (s *Service) showTab(w http.ResponseWriter, r *web.Request, tab string, v url.Values, wrong error) error {
	whole, err := s.Find(r.Context(), access.ActorOf(r.Request), r.PathValue("id"))
	if err != nil {
		return err
	}
	p, err := s.tabPage(w, r, whole, tab, v, wrong)
	if err != nil {
		return err
	}
	views := map[string]func() error{
		tabDiagnosis: func() error { return s.fillDiagnosis(r, &p) },
		tabPlan:      func() error { return s.fillPlan(r, &p) },
		tabForms:     func() error { return nil },
		tabEffects:   func() error { s.fillEffects(r.L, &p); return nil },
	}
	if err := views[tab](); err != nil {
		return err
	}
	return r.RenderStatus(w, statusOf(wrong), tabView(p))
}

// tabPage is what all tabs share.
func (s *Service) tabPage(w http.ResponseWriter, r *web.Request, whole Whole, tab string, v url.Values, wrong error) (p tabPage, err error) {
	names, err := s.Directory.Names(r.Context(), []access.InstitutionID{whole.School, whole.Center})
	if err != nil {
		return p, err
	}
	people, err := s.People.NamesOf(r.Context(), peopleIn(whole))
	if err != nil {
		return p, err
	}
	if v == nil {
		v = url.Values{}
	}
	p = tabPage{Page: r.Page(w, r.L.T("support.of", "school", names[whole.School]), web.Link{Text: r.L.T("support.title"), Href: Path}).WithErrors(wrong), W: whole,
		Base: Href(whole.ID), Tab: tab, School: names[whole.School], Badge: stateName(r.L, whole.State), Kind: stateKind(whole.State),
		Revision: strconv.FormatInt(whole.Revision, 10), V: v, Next: stepOf(r.L, whole), Stop: stopOf(r.L, wrong), Reason: whole.Reason}
	p.NoIndex, p.Conflict = true, p.Stop != ""
	for _, t := range []struct{ tab, key string }{{tabDiagnosis, "diagnosis"}, {tabPlan, "plan"}, {tabForms, "forms"}, {tabEffects, "effects"}} {
		p.Tabs = append(p.Tabs, web.Link{Text: r.L.T("support.tab." + t.key), Href: p.Base + t.tab, Current: t.tab == tab})
	}
	person := people[whole.Person]
	if person == "" {
		person = r.L.T("support.nobody")
	}
	p.Facts = []web.Fact{{Name: r.L.T("support.field.center"), Value: names[whole.Center]}, {Name: r.L.T("support.field.year"), Value: yearText(whole.SchoolYear)},
		{Name: r.L.T("support.field.person"), Value: person}}
	if part, there := partOf(tab); there {
		p.Agree, p.MayEdit = agreementOf(r.L, whole, part, tab, people), whole.mayEdit(part)
	}
	return p, s.fillChain(r, &p)
}

func partOf(tab string) (Part, bool) {
	part, there := map[string]Part{tabDiagnosis: ofDiagnosis, tabPlan: ofPlan, tabEffects: ofEffects}[tab]
	return part, there
}

// peopleIn are the ids of those whom the pages of a process name.
func peopleIn(w Whole) (ids []string) {
	if w.Person != "" {
		ids = append(ids, w.Person)
	}
	for _, c := range w.Consents {
		if c.Person != "" {
			ids = append(ids, c.Person)
		}
	}
	return ids
}

func agreementOf(l *i18n.L, w Whole, part Part, tab string, people map[string]string) agreement {
	a := agreement{Part: part, Action: Href(w.ID) + agreePath(tab), Version: l.T("support.version", "n", *w.version(part)), May: w.waits(part),
		Done: *w.agreed(part) == *w.version(part)}
	for _, side := range bothSides {
		c, there := w.consent(part, side)
		text := l.T("support.agree.waits")
		if there {
			who := people[c.Person]
			if who == "" {
				who = l.T("support.who." + string(side)) // the account is gone, the word stays
			}
			key := "support.agree.yes"
			if !c.Agrees {
				key = "support.agree.no"
				a.Words = append(a.Words, web.Pair{Name: l.T("support.side." + string(side)), Value: c.Words})
			}
			text = l.T(key, "who", who, "date", l.Date(localTime(c.At)))
		}
		a.Sides = append(a.Sides, web.Fact{Name: l.T("support.side." + string(side)), Value: text})
		a.Said = a.Said || side == w.Side && there && c.Agrees
	}
	if a.May {
		for _, key := range w.lacking(part) {
			a.Lacks = append(a.Lacks, l.T(key))
		}
	}
	return a
}

// fillChain names the needs and the forms, each with the other.
func (s *Service) fillChain(r *web.Request, p *tabPage) error {
	names, err := s.needNames(r, p.W.Needs)
	if err != nil {
		return err
	}
	for _, f := range p.W.Forms {
		row, err := s.formRow(r, p.W, f)
		if err != nil {
			return err
		}
		p.Forms = append(p.Forms, row)
	}
	for _, n := range p.W.Needs {
		row := needRow{Need: n, Name: names[n.ID], SourceName: r.L.T("support.source." + string(n.Source)), Href: p.Base + "/potrzeby/" + n.ID}
		if n.Effect != "" {
			row.EffectName, row.EffectKind = effectName(r.L, n.Effect), map[Effect]string{Reached: "ok", Partly: "warn", Not: "bad"}[n.Effect]
		}
		for i, f := range p.W.Forms {
			for _, id := range f.Needs {
				if id == n.ID {
					row.Forms = append(row.Forms, p.Forms[i])
				}
			}
		}
		p.Needs = append(p.Needs, row)
	}
	for _, n := range p.W.Unanswered() {
		p.Loose = append(p.Loose, names[n.ID])
	}
	return nil
}

func effectName(l *i18n.L, e Effect) string { return l.T("support.effect." + string(e)) }

// needNames are the needs in the reader's words: a topic, or own words.
func (s *Service) needNames(r *web.Request, needs []Need) (map[string]string, error) {
	var topics []string
	for _, n := range needs {
		if n.Topic != "" {
			topics = append(topics, n.Topic)
		}
	}
	words, err := s.Topics.Names(r.Context(), r.L, topics)
	names := map[string]string{}
	for _, n := range needs {
		names[n.ID] = nameOf(r.L, n, words)
	}
	return names, err
}

func nameOf(l *i18n.L, n Need, topics map[string]string) string {
	name := topics[n.Topic]
	switch {
	case n.Topic == "":
		name = n.Words
	case name == "":
		name = l.T("support.topic_gone")
	}
	if n.Topic != "" && n.Words != "" {
		name += ": " + n.Words
	}
	return strconv.Itoa(n.No) + ". " + name
}

func (s *Service) formRow(r *web.Request, w Whole, f Form) (row formRow, err error) {
	row = formRow{Form: f, Href: Href(w.ID) + "/formy/" + f.ID, KindName: r.L.T("support.work." + string(f.Kind)), DueText: r.L.DateText(f.Due),
		HoursText: r.L.N("support.hours", f.Hours), StateName: r.L.T("support.form." + string(f.State)), NeedsText: numbersText(f.NeedNos), Agreed: f.Since <= w.PlanAgreed}
	switch f.State {
	case FormHeld:
		row.StateKind, row.Done = "ok", r.L.N("support.held_on", f.People, "date", r.L.DateText(f.DoneOn))
	case FormDropped:
		row.StateKind, row.Done = "bad", f.Reason
	case FormPlanned:
		if !row.Agreed {
			row.StateName, row.StateKind = r.L.T("support.form.proposed"), "warn"
		}
	}
	if f.Training == "" || s.Catalog == nil {
		return row, nil
	}
	title, err := s.Catalog.Title(r.Context(), f.Training)
	if err == nil {
		row.Link, row.LinkText = s.Catalog.Path(f.Training), title
		return row, nil
	}
	if shownMissing(err) {
		row.LinkText, err = r.L.T("support.training_gone"), nil
	}
	return row, err
}

func numbersText(nos []int) string {
	text := ""
	for n, no := range nos {
		if n > 0 {
			text += ", "
		}
		text += strconv.Itoa(no)
	}
	return text
}

func (s *Service) fillDiagnosis(r *web.Request, p *tabPage) (err error) {
	who := access.ActorOf(r.Request)
	if p.V["sposoby"] == nil {
		p.V.Set("sposoby", p.W.Ways)
	}
	p.MayDrop = p.W.State == Diagnosis || p.W.State == Planned || p.W.State == UnderWay
	if !p.W.State.Over() && p.W.Side == Center && who.MayAt(r.Context(), access.ManageTrainings, p.W.Center) == nil {
		p.MayName = true
		if p.People, err = s.peopleOf(r, p.W.Center); err != nil {
			return err
		}
		if p.V["osoba"] == nil {
			p.V.Set("osoba", p.W.Person)
		}
	}
	if !p.MayEdit {
		return nil
	}
	if p.Topics, p.Sources, err = s.needChoices(r); err != nil {
		return err
	}
	if p.Withheld, err = s.Withheld(r.Context(), p.W); err != nil {
		return err
	}
	offered, err := s.Offered(r.Context(), p.W)
	if err != nil || len(offered) == 0 {
		return err
	}
	var ids []string
	for _, o := range offered {
		ids = append(ids, o.Topic)
	}
	names, err := s.Topics.Names(r.Context(), r.L, ids)
	for _, o := range offered {
		if names[o.Topic] != "" {
			p.Offered = append(p.Offered, web.Choice{Value: o.Need, Label: names[o.Topic],
				Hint: r.L.N("support.declared", o.Heads, "priority", r.L.T("support.priority."+strconv.Itoa(min(3, max(1, o.Priority)))))})
		}
	}
	return err
}

func (s *Service) needChoices(r *web.Request) (topics, sources []web.Choice, err error) {
	topics, err = s.Topics.Choices(r.Context(), r.L)
	for _, x := range Sources() {
		sources = append(sources, web.Choice{Value: string(x), Label: r.L.T("support.source." + string(x))})
	}
	return topics, sources, err
}

func (s *Service) fillPlan(r *web.Request, p *tabPage) error {
	if p.V["cele"] == nil {
		p.V.Set("cele", p.W.Goals)
	}
	list, err := s.plans(r.Context(), p.W.ID)
	for _, x := range list {
		p.Sheets = append(p.Sheets, web.Link{Text: r.L.T("support.sheet_of", "n", x.Version, "date", r.L.Date(localTime(x.At))), Href: p.Base + "/plan/druk?wersja=" + strconv.Itoa(x.Version)})
	}
	return err
}

func (s *Service) fillEffects(l *i18n.L, p *tabPage) {
	if p.V["wnioski"] == nil {
		p.V.Set("wnioski", p.W.Conclusions)
	}
	for n := range p.Needs {
		row := &p.Needs[n]
		row.Chosen, row.Note = string(row.Effect), row.Remark
		if typed := p.V[effectField(row.Need)]; typed != nil {
			row.Chosen = typed[0]
		}
		if typed := p.V[remarkField(row.Need)]; typed != nil {
			row.Note = typed[0]
		}
	}
	for _, e := range Effects() {
		p.Effects = append(p.Effects, web.Choice{Value: string(e), Label: effectName(l, e)})
	}
}
