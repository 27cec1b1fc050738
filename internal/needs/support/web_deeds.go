package support

import (
	"net/http"
	"net/url"
	"strconv"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

func shownMissing(err error) bool { return err != nil && fault.KindOf(err) == fault.NotFound }

func foundOf(r *web.Request) Found {
	return Found{Topic: r.Value("temat"), Words: r.Value("wlasne"), Source: Source(r.Value("zrodlo")), Grounds: r.Value("opis")}
}

func (s *Service) addNeed(r *web.Request, who access.Actor, id string, revision int64) error {
	return s.AddNeed(r.Context(), who, id, revision, foundOf(r))
}

func (s *Service) takeDeclared(r *web.Request, who access.Actor, id string, revision int64) error {
	return s.TakeDeclared(r.Context(), who, id, revision, r.PostForm["zgloszone"])
}

func (s *Service) setWays(r *web.Request, who access.Actor, id string, revision int64) error {
	return s.SetWays(r.Context(), who, id, revision, r.Value("sposoby"))
}

func (s *Service) removeNeed(r *web.Request, who access.Actor, id string, revision int64) error {
	return s.RemoveNeed(r.Context(), who, id, revision, r.PathValue("need"))
}

func (s *Service) setGoals(r *web.Request, who access.Actor, id string, revision int64) error {
	return s.SetGoals(r.Context(), who, id, revision, r.Value("cele"))
}

func (s *Service) removeForm(r *web.Request, who access.Actor, id string, revision int64) error {
	return s.RemoveForm(r.Context(), who, id, revision, r.PathValue("form"))
}

// setEffects reads the fields of the needs that the form held. The ids of the
// needs go with them: numbers alone could mean another need on an old page.
func (s *Service) setEffects(r *web.Request, who access.Actor, id string, revision int64) error {
	var list []Judged
	for n, need := range r.PostForm["potrzeba"] {
		if n >= mostNeeds {
			return fault.New(fault.BadRequest, "fault.bad_request")
		}
		no := ""
		if nos := r.PostForm["nr"]; n < len(nos) {
			no = nos[n]
		}
		list = append(list, Judged{Need: need, Effect: Effect(r.Value("efekt-" + no)), Remark: r.Value("uwaga-" + no)})
	}
	return s.SetEffects(r.Context(), who, id, revision, list, r.Value("wnioski"))
}

func (s *Service) saySo(r *web.Request, who access.Actor, id string, revision int64) error {
	part := Part(r.Value("czesc"))
	switch r.Value("zgoda") {
	case "tak":
		return s.Agree(r.Context(), who, id, revision, part)
	case "nie":
		return s.Object(r.Context(), who, id, revision, part, r.Value("uwagi"))
	}
	return fault.New(fault.BadRequest, "fault.bad_request")
}

func (s *Service) close(r *web.Request, who access.Actor, id string, revision int64) error {
	return s.Close(r.Context(), who, id, revision)
}

func (s *Service) drop(r *web.Request, who access.Actor, id string, revision int64) error {
	return s.Drop(r.Context(), who, id, revision, r.Value("powod"))
}

func (s *Service) name(r *web.Request, who access.Actor, id string, revision int64) error {
	return s.Name(r.Context(), who, id, revision, r.Value("osoba"))
}

// onePage is the page of one need or one form.
type onePage struct {
	web.Page
	W        Whole
	Back     web.Link
	Action   string
	Revision string
	V        url.Values
	Stop     string
	New      bool
	MayEdit  bool // plan it anew
	MayDrop  bool // take it out of a plan that nobody agreed to
	MayCarry bool // say what became of it
	Topics   []web.Choice
	Sources  []web.Choice
	Works    []web.Choice
	Needs    []web.Choice
	Chosen   []string
	Catalog  bool
	Row      formRow
	Facts    []web.Fact
	First    string
	Next     web.Step
}

func (s *Service) onePage(w http.ResponseWriter, r *web.Request, whole Whole, title, tab, tabKey string, v url.Values, wrong error) (p onePage, err error) {
	names, err := s.Directory.Names(r.Context(), []access.InstitutionID{whole.School})
	p = onePage{Page: r.Page(w, title, web.Link{Text: r.L.T("support.title"), Href: Path},
		web.Link{Text: names[whole.School], Href: Href(whole.ID)}, web.Link{Text: r.L.T("support.tab." + tabKey), Href: Href(whole.ID) + tab}).WithErrors(wrong),
		W: whole, Revision: strconv.FormatInt(whole.Revision, 10), V: v, Stop: stopOf(r.L, wrong), Catalog: s.Catalog != nil, Next: stepOf(r.L, whole)}
	p.NoIndex, p.Lead = true, names[whole.School]
	return p, err
}

func (s *Service) getNeed(w http.ResponseWriter, r *web.Request) error {
	return s.showNeed(w, r, nil, nil)
}

func (s *Service) showNeed(w http.ResponseWriter, r *web.Request, v url.Values, wrong error) error {
	whole, err := s.Find(r.Context(), access.ActorOf(r.Request), r.PathValue("id"))
	if err != nil {
		return err
	}
	n, err := whole.need(r.PathValue("need"))
	if err != nil {
		return err
	}
	if v == nil {
		v = url.Values{"temat": {n.Topic}, "wlasne": {n.Words}, "zrodlo": {string(n.Source)}, "opis": {n.Grounds}}
	}
	p, err := s.onePage(w, r, whole, r.L.T("support.need_no", "n", n.No), tabDiagnosis, "diagnosis", v, wrong)
	if err != nil {
		return err
	}
	p.Action, p.MayEdit = Href(whole.ID)+"/potrzeby/"+n.ID, whole.mayEdit(ofDiagnosis)
	if p.Topics, p.Sources, err = s.needChoices(r); err != nil {
		return err
	}
	return r.RenderStatus(w, statusOf(wrong), needView(p))
}

func (s *Service) postNeed(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	id := r.PathValue("id")
	err := s.ChangeNeed(r.Context(), access.ActorOf(r.Request), id, revisionOf(r), r.PathValue("need"), foundOf(r))
	if shown(err) {
		return s.showNeed(w, r, r.PostForm, err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.support.saved")
	return r.Redirect(w, Href(id))
}

func planOf(r *web.Request) Plan {
	return Plan{Kind: Work(r.Value("rodzaj")), Title: r.Value("tytul"), Leader: r.Value("prowadzi"), Due: r.Value("termin"), Hours: numberOf(r, "godziny"),
		Indicator: r.Value("wskaznik"), Training: r.Value("szkolenie"), Needs: r.PostForm["potrzeby"]}
}

func (s *Service) getNewForm(w http.ResponseWriter, r *web.Request) error {
	return s.showForm(w, r, "", url.Values{}, nil)
}

func (s *Service) postNewForm(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	id := r.PathValue("id")
	_, err := s.AddForm(r.Context(), access.ActorOf(r.Request), id, revisionOf(r), planOf(r))
	return s.afterForm(w, r, "", err, tabPlan)
}

func (s *Service) getForm(w http.ResponseWriter, r *web.Request) error {
	return s.showForm(w, r, r.PathValue("form"), nil, nil)
}

func (s *Service) postForm(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	form := r.PathValue("form")
	err := s.ChangeForm(r.Context(), access.ActorOf(r.Request), r.PathValue("id"), revisionOf(r), form, planOf(r))
	return s.afterForm(w, r, form, err, tabPlan)
}

func (s *Service) postHeld(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	form := r.PathValue("form")
	err := s.Hold(r.Context(), access.ActorOf(r.Request), r.PathValue("id"), revisionOf(r), form, Took{On: r.Value("dzien"), People: numberOf(r, "osoby"), Training: r.Value("katalog")})
	return s.afterForm(w, r, form, err, tabForms)
}

func (s *Service) postMissed(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	form := r.PathValue("form")
	err := s.Miss(r.Context(), access.ActorOf(r.Request), r.PathValue("id"), revisionOf(r), form, r.Value("przyczyna"))
	return s.afterForm(w, r, form, err, tabForms)
}

// afterForm goes on when all went well; what was refused is shown with the form.
func (s *Service) afterForm(w http.ResponseWriter, r *web.Request, form string, err error, tab string) error {
	if shown(err) {
		return s.showForm(w, r, form, r.PostForm, err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.support.saved")
	return r.Redirect(w, Href(r.PathValue("id"))+tab)
}

func (s *Service) showForm(w http.ResponseWriter, r *web.Request, form string, v url.Values, wrong error) error {
	whole, err := s.Find(r.Context(), access.ActorOf(r.Request), r.PathValue("id"))
	if err != nil {
		return err
	}
	f, title := Form{State: FormPlanned, Since: whole.PlanVersion}, r.L.T("support.form_new")
	if form != "" {
		if f, err = whole.form(form); err != nil {
			return err
		}
		title = f.Title
	}
	p, err := s.onePage(w, r, whole, title, tabPlan, "plan", v, wrong)
	if err != nil {
		return err
	}
	p.New, p.MayEdit = form == "", whole.mayEdit(ofPlan) && f.State == FormPlanned
	p.MayDrop = p.MayEdit && !p.New && f.Since > whole.PlanAgreed
	p.MayCarry = !p.New && whole.State == UnderWay && f.Since <= whole.PlanAgreed
	p.Action = Href(whole.ID) + "/formy/nowa"
	if !p.New {
		p.Action = Href(whole.ID) + "/formy/" + f.ID
	}
	if err := s.fillForm(r, &p, f); err != nil {
		return err
	}
	return r.RenderStatus(w, statusOf(wrong), formView(p))
}

// fillForm puts what is stored into the fields that nothing was typed into.
func (s *Service) fillForm(r *web.Request, p *onePage, f Form) (err error) {
	typed := p.V != nil && p.V.Has("rodzaj")
	if p.V == nil {
		p.V = url.Values{}
	}
	p.Chosen = p.V["potrzeby"]
	if !p.New && !typed {
		for name, value := range map[string]string{"rodzaj": string(f.Kind), "tytul": f.Title, "prowadzi": f.Leader, "termin": f.Due, "godziny": strconv.Itoa(f.Hours), "wskaznik": f.Indicator} {
			p.V.Set(name, value)
		}
		p.Chosen = f.Needs
	}
	for name, value := range map[string]string{"szkolenie": f.Training, "katalog": f.Training, "dzien": f.DoneOn, "przyczyna": f.Reason} {
		if p.V[name] == nil {
			p.V.Set(name, value)
		}
	}
	if p.V["osoby"] == nil && f.People > 0 {
		p.V.Set("osoby", strconv.Itoa(f.People))
	}
	for _, x := range Works() {
		p.Works = append(p.Works, web.Choice{Value: string(x), Label: r.L.T("support.work." + string(x))})
	}
	names, err := s.needNames(r, p.W.Needs)
	if err != nil {
		return err
	}
	for _, n := range p.W.Needs {
		p.Needs = append(p.Needs, web.Choice{Value: n.ID, Label: names[n.ID]})
	}
	if p.New {
		return nil
	}
	if p.Row, err = s.formRow(r, p.W, f); err != nil {
		return err
	}
	p.Facts = formFacts(r, p.Row)
	return nil
}

func formFacts(r *web.Request, row formRow) []web.Fact {
	facts := []web.Fact{{Name: r.L.T("support.field.kind"), Value: row.KindName}, {Name: r.L.T("support.field.leader"), Value: row.Leader},
		{Name: r.L.T("support.field.due"), Value: row.DueText}, {Name: r.L.T("support.field.hours"), Value: row.HoursText},
		{Name: r.L.T("support.field.indicator"), Value: row.Indicator}, {Name: r.L.T("support.field.needs"), Value: row.NeedsText}}
	if row.LinkText != "" {
		facts = append(facts, web.Fact{Name: r.L.T("support.field.training"), Value: row.LinkText, Href: row.Link})
	}
	if row.Done != "" {
		facts = append(facts, web.Fact{Name: row.StateName, Value: row.Done})
	}
	return facts
}
