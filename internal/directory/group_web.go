package directory

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// groupRoutes are the doors of what people say about institutions beside the
// register: whose head leads a unit, and bodies that the register does not know.
func (s *Service) groupRoutes(sh *web.Shell) {
	correct, add := access.Can(access.CorrectGroups), access.Can(access.AddBody)
	sh.Handle("GET "+listPath+"/{id}/zespol", correct, s.getGroup)
	sh.Handle("POST "+listPath+"/{id}/zespol", correct, s.postGroup)
	sh.Handle("GET "+listPath+"/nowa", add, s.getBody)
	sh.Handle("POST "+listPath+"/nowa", add, s.postBody)
}

// groupPage says who leads a unit and lets an officer correct it.
type groupPage struct {
	web.Page
	Action   string
	Back     string
	Now      string // what holds, in a sentence
	Parts    string // how many units would go with it, "" for none
	Choice   GroupChoice
	Options  []groupOption
	Number   web.Input
	Revision string
	Why      web.Reason
	Next     web.Step
}

type groupOption struct {
	Value       GroupChoice
	Label       string
	Consequence string
}

func (s *Service) getGroup(w http.ResponseWriter, r *web.Request) error {
	p, err := s.groupPage(w, r)
	if err != nil {
		return err
	}
	return r.Render(w, groupView(p))
}

func (s *Service) groupPage(w http.ResponseWriter, r *web.Request) (p groupPage, err error) {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	id, err := idOf(r.PathValue("id"))
	if err != nil {
		return p, err
	}
	if err := who.MayAt(ctx, access.CorrectGroups, id); err != nil {
		return p, err
	}
	i, err := ByID(ctx, s.db, id)
	if err != nil {
		return p, err
	}
	family, err := readFamily(ctx, s.db, i)
	if err != nil {
		return p, err
	}
	p.Page = r.Page(w, r.L.T("group.title", "name", i.Name), web.Link{Text: r.L.T("group.institutions"), Href: listPath},
		web.Link{Text: i.Name, Href: href(id)})
	p.NoIndex = true
	p.Action, p.Back, p.Revision = href(id)+"/zespol", href(id), strconv.FormatInt(i.Revision, 10)
	p.Now = family.now(r, i)
	if family.below > 0 {
		p.Parts = r.L.N("group.below", family.below)
	}
	p.Choice = choiceOf(i)
	p.Options = family.options(r)
	p.Number = web.Input{Name: parentField, Label: r.L.T("group.number"), Hint: r.L.T("group.number_hint"),
		Mode: "numeric", Short: true, Value: family.officerNumber}
	p.Why = family.why(r, i)
	p.Next = web.Step{What: r.L.T("group.next"), Who: r.L.T("group.next_who"), When: r.L.T("group.next_when")}
	return p, nil
}

// choiceOf is what the form shows as chosen.
func choiceOf(i Institution) GroupChoice {
	switch {
	case !i.Corrected:
		return AsRegistered
	case i.OfficerParent == nil:
		return StandsAlone
	}
	return UnderAnother
}

// relatives are what the page tells of a unit's relatives.
type relatives struct {
	head, registered string // names, "" for none
	officerNumber    string // RSPO number of the parent that an officer chose
	below            int    // units that hang on this one
}

func readFamily(ctx context.Context, r db.Reader, i Institution) (f relatives, err error) {
	ids := []access.InstitutionID{i.HeadUnit}
	for _, id := range []*access.InstitutionID{i.RegisterParent, i.OfficerParent} {
		if id != nil {
			ids = append(ids, *id)
		}
	}
	rows, err := byIDs(ctx, r, ids)
	if err != nil {
		return f, err
	}
	at := func(id *access.InstitutionID) Institution {
		n := slices.IndexFunc(rows, func(row Institution) bool { return id != nil && row.ID == *id })
		if n < 0 {
			return Institution{}
		}
		return rows[n]
	}
	if i.HeadUnit != i.ID {
		f.head = at(&i.HeadUnit).Name
	}
	f.registered = at(i.RegisterParent).Name
	if above := at(i.OfficerParent); above.RSPO != nil {
		f.officerNumber = strconv.Itoa(*above.RSPO)
	}
	f.below, err = countBelow(ctx, r, i)
	return f, err
}

// countBelow counts the units of the group that hang on this one.
func countBelow(ctx context.Context, r db.Reader, i Institution) (n int, err error) {
	var group []Institution
	err = r.Select(ctx, &group, `select `+columns+` from directory_institutions where head_unit = ?`, i.HeadUnit)
	if err != nil {
		return 0, err
	}
	units := make([]unit, len(group))
	for k, row := range group {
		units[k] = unit{ID: row.ID, Corrected: true}
		if up := row.Parent(); up != nil {
			units[k].OfficerParent = *up
		}
	}
	for _, u := range units {
		if u.ID != i.ID && hangsOn(units, u.ID, i.ID) {
			n++
		}
	}
	return n, nil
}

func (f relatives) now(r *web.Request, i Institution) string {
	switch {
	case f.head != "":
		return r.L.T("group.now_under", "name", f.head)
	case f.below > 0:
		return r.L.T("group.now_leads")
	}
	return r.L.T("group.now_alone")
}

func (f relatives) options(r *web.Request) []groupOption {
	registered := r.L.T("group.consequence.register_alone")
	if f.registered != "" {
		registered = r.L.T("group.consequence.register", "name", f.registered)
	}
	return []groupOption{
		{AsRegistered, r.L.T("group.choice.register"), registered},
		{StandsAlone, r.L.T("group.choice.alone"), r.L.T("group.consequence.alone")},
		{UnderAnother, r.L.T("group.choice.under"), r.L.T("group.consequence.under")},
	}
}

func (f relatives) why(r *web.Request, i Institution) web.Reason {
	if i.Corrected {
		return web.Reason{Text: r.L.T("group.why_corrected"), Rule: r.L.T("group.rule")}
	}
	return web.Reason{Text: r.L.T("group.why_register"), Rule: r.L.T("group.rule")}
}

func (s *Service) postGroup(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	id, err := idOf(r.PathValue("id"))
	if err != nil {
		return err
	}
	revision, err := strconv.ParseInt(r.Value("rewizja"), 10, 64)
	if err != nil {
		revision = 0 // no row has it: whoever may ask at all gets a Conflict
	}
	number, err := strconv.Atoi(plainNumber(r.Value(parentField)))
	if err != nil {
		number = 0 // the service says which field that is
	}
	c := GroupCorrection{Choice: GroupChoice(r.Value(choiceField)), Parent: number, Revision: revision}
	err = s.CorrectGroup(r.Context(), access.ActorOf(r.Request), id, c)
	if fault.KindOf(err) == fault.Invalid {
		return s.groupAgain(w, r, c, err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.group.saved")
	return r.Redirect(w, href(id))
}

// groupAgain shows the form with what was typed and what is wrong.
func (s *Service) groupAgain(w http.ResponseWriter, r *web.Request, c GroupCorrection, fault error) error {
	p, err := s.groupPage(w, r)
	if err != nil {
		return err
	}
	p.Page = p.WithErrors(fault)
	p.Choice, p.Number.Value = c.Choice, r.Value(parentField)
	return r.RenderStatus(w, http.StatusUnprocessableEntity, groupView(p))
}

// bodyPage takes a body outside the register.
type bodyPage struct {
	web.Page
	Key     string
	Kinds   []choice
	Towns   []choice
	ActsFor bool
	Name    web.Input
	Address []web.Input
	Contact []web.Input
	Numbers []web.Input
	Sees    web.Audience
	Next    web.Step
}

// choice is one option of a list.
type choice struct {
	Value, Label string
	Chosen       bool
}

func (s *Service) getBody(w http.ResponseWriter, r *web.Request) error {
	p, err := s.bodyPage(w, r, Body{Key: access.NewInstitutionID(), Municipality: krakow})
	if err != nil {
		return err
	}
	return r.Render(w, bodyView(p))
}

func (s *Service) bodyPage(w http.ResponseWriter, r *web.Request, b Body) (p bodyPage, err error) {
	towns, err := Municipalities(r.Context(), s.db)
	if err != nil {
		return p, err
	}
	p.Page = r.Page(w, r.L.T("body.title"), web.Link{Text: r.L.T("group.institutions"), Href: listPath})
	p.NoIndex = true
	p.Key, p.ActsFor = string(b.Key), b.ActsFor
	p.Kinds = append(p.Kinds, choice{Label: r.L.T("body.choose"), Chosen: b.Kind == ""})
	for _, k := range Bodies() {
		p.Kinds = append(p.Kinds, choice{string(k), r.L.T("body.kind." + string(k)), k == b.Kind})
	}
	for _, m := range towns {
		p.Towns = append(p.Towns, choice{m.ID, m.Name + " (" + m.County + ")", m.ID == b.Municipality})
	}
	p.inputs(r, b)
	p.Sees = web.Audience{Short: r.L.T("body.sees"), More: r.L.T("body.sees_more")}
	p.Next = web.Step{What: r.L.T("body.next"), Who: r.L.T("body.next_who"), When: r.L.T("body.next_when")}
	return p, nil
}

func (p *bodyPage) inputs(r *web.Request, b Body) {
	input := func(name, value string) web.Input {
		return web.Input{Name: name, Label: r.L.T("body." + name), Value: value}
	}
	p.Name = input("nazwa", b.Name)
	p.Name.Required = true
	p.Address = []web.Input{input("miejscowosc", b.City), input("ulica", b.Street), input("numer", b.House), input("kod", b.Postcode)}
	p.Address[2].Short, p.Address[3].Short = true, true
	p.Contact = []web.Input{input("www", b.Website), input("telefon", b.Phone), input("email", b.Email)}
	p.Contact[0].Hint = r.L.T("body.www_hint")
	p.Contact[1].Mode, p.Contact[2].Mode = "tel", "email"
	p.Contact[2].Hint = r.L.T("body.email_hint")
	p.Numbers = []web.Input{input("nip", b.NIP), input("regon", b.REGON)}
	for n := range p.Numbers {
		p.Numbers[n].Short, p.Numbers[n].Mode = true, "numeric"
	}
}

func bodyOf(r *web.Request) Body {
	return Body{
		Key: access.InstitutionID(r.Value("klucz")), Kind: Kind(r.Value("rodzaj")), Name: r.Value("nazwa"),
		Municipality: r.Value("gmina"), ActsFor: r.Value("prowadzi") == "tak", City: r.Value("miejscowosc"),
		Street: r.Value("ulica"), House: r.Value("numer"), Postcode: r.Value("kod"), Website: r.Value("www"),
		Phone: r.Value("telefon"), Email: r.Value("email"), NIP: r.Value("nip"), REGON: r.Value("regon"),
	}
}

func (s *Service) postBody(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	b := bodyOf(r)
	id, oddREGON, err := s.AddBody(r.Context(), access.ActorOf(r.Request), b)
	if fault.KindOf(err) == fault.Invalid {
		p, pageErr := s.bodyPage(w, r, b)
		if pageErr != nil {
			return pageErr
		}
		p.Page = p.WithErrors(err)
		return r.RenderStatus(w, http.StatusUnprocessableEntity, bodyView(p))
	}
	if err != nil {
		return err
	}
	notice := "notice.body.added"
	if oddREGON {
		notice = "notice.body.odd_regon"
	}
	r.Notify(w, notice)
	return r.Redirect(w, href(id))
}
