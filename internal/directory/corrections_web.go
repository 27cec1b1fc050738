package directory

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// waitingPath lists what waits for a decision at all institutions that who asks
// may decide for.
const waitingPath = "/administracja/poprawki"

// correctionRoutes are the doors of corrections: an institution's people say
// what the register has wrong, its authority's office decides.
func (s *Service) correctionRoutes(sh *web.Shell) {
	either := eitherCan{access.ProposeCorrections, access.AcceptCorrections}
	sh.Handle("GET "+listPath+"/{id}/poprawki", either, s.getCorrections)
	sh.Handle("POST "+listPath+"/{id}/poprawki", either, s.postCorrections, web.Idempotent())
	sh.Handle("POST "+listPath+"/{id}/poprawki/{correction}", either, s.postCorrection, web.Idempotent())
	sh.Handle("GET "+waitingPath, access.Can(access.AcceptCorrections), s.getWaiting)
	sh.AddDesk(s.correctionsDesk)
	s.AddSection(s.correctionsSection)
}

// eitherCan lets in people whose role gives one of two permissions.
type eitherCan struct{ a, b access.Permission }

// Name implements web.Guard.
func (g eitherCan) Name() string { return "can " + string(g.a) + " or " + string(g.b) }

// Allow implements web.Guard. Who would hold one of them after the second step
// of signing in is led there.
func (g eitherCan) Allow(r *web.Request) error {
	errA, errB := access.Can(g.a).Allow(r), access.Can(g.b).Allow(r)
	var step *web.Detour
	switch {
	case errA == nil || errB == nil:
		return nil
	case errors.As(errB, &step):
		return errB
	}
	return errA
}

func correctionsPath(id access.InstitutionID) string { return href(id) + "/poprawki" }

// correctionsPage is one institution's corrections with the form for new ones.
type correctionsPage struct {
	web.Page
	Institution web.Link
	Action      string
	Waiting     []correctionItem
	Holding     []correctionItem
	Settled     []correctionItem
	Groups      []correctionGroup // of the form; none for a closed institution
	Reason      web.Area
	Sees        web.Audience
	Next        web.Step
	Reminder    web.Reason
}

// correctionGroup is a part of the form.
type correctionGroup struct {
	Title  string
	Inputs []correctionInput
}

// correctionInput is one field with the value that the form showed, so that
// only what a person changed is proposed, also when the row changed meanwhile.
type correctionInput struct {
	web.Input
	Pick  *web.Pick // instead of Input
	Shown web.Pair
}

// shownField begins the names of the hidden fields that repeat what was shown.
const shownField = "jest-"

// correctionGroups are the fields in the order of the form, with what they are about.
var correctionGroups = []struct {
	title  string
	fields []string
}{
	{"name", []string{"name", "official_name"}},
	{"contact", []string{"phone", "email", "website"}},
	{"address", []string{"street", "house", "flat", "post_code", "city", "point"}},
	{"facts", []string{"pupils", "public", "regon", "nip", "founded_on"}},
}

func (s *Service) getCorrections(w http.ResponseWriter, r *web.Request) error {
	return s.showCorrections(w, r, http.StatusOK, nil)
}

// showCorrections draws the page, after a refusal with what was typed.
func (s *Service) showCorrections(w http.ResponseWriter, r *web.Request, status int, fail error) error {
	p, err := s.correctionsPage(w, r)
	if err != nil {
		return err
	}
	p.Page = p.WithErrors(fail)
	if fail != nil && len(p.Errors) == 0 { // no single field is to blame
		p.Errors = []fault.Field{{Name: correctionGroups[0].fields[0], Key: fault.As(fail).Key}}
	}
	return r.RenderStatus(w, status, correctionsView(p))
}

func (s *Service) correctionsPage(w http.ResponseWriter, r *web.Request) (p correctionsPage, err error) {
	ctx, who, l := r.Context(), access.ActorOf(r.Request), r.L
	i, err := s.toCorrect(r)
	if err != nil {
		return p, err
	}
	p = correctionsPage{Page: r.Page(w, l.T("corrections.title", "name", i.Name), web.Link{Text: l.T("institutions.title"), Href: listPath},
		web.Link{Text: i.Name, Href: href(i.ID)}), Institution: web.Link{Text: i.Name, Href: href(i.ID)}, Action: correctionsPath(i.ID)}
	p.NoIndex = true
	list, err := s.Corrections(ctx, i.ID)
	if err != nil {
		return p, err
	}
	items, err := s.correctionItems(r, who, map[access.InstitutionID]Institution{i.ID: i}, list)
	if err != nil {
		return p, err
	}
	p.sort(items)
	if err := p.form(r, i); err != nil {
		return p, err
	}
	p.Sees = web.Audience{Short: l.T("corrections.sees"), More: l.T("corrections.sees_more")}
	p.Reminder = web.Reason{Text: l.T("corrections.remind"), Rule: l.T("corrections.remind_rule")}
	p.Next, err = s.correctionsNext(ctx, l, who, i)
	return p, err
}

// toCorrect is the institution of the address, for who may propose or decide there.
func (s *Service) toCorrect(r *web.Request) (Institution, error) {
	id, err := idOf(r.PathValue("id"))
	if err != nil {
		return Institution{}, err
	}
	if err := mayPropose(r.Context(), access.ActorOf(r.Request), id); err != nil {
		return Institution{}, err
	}
	return ByID(r.Context(), s.db, id)
}

// mostSettled is how many settled corrections the page shows.
const mostSettled = 30

func (p *correctionsPage) sort(items []correctionItem) {
	for _, it := range items {
		switch {
		case it.State == CorrectionProposed:
			p.Waiting = append(p.Waiting, it)
		case it.State == CorrectionHolding:
			p.Holding = append(p.Holding, it)
		case len(p.Settled) < mostSettled:
			p.Settled = append(p.Settled, it)
		}
	}
}

// form fills the fields with what holds, or with what was typed and refused.
func (p *correctionsPage) form(r *web.Request, i Institution) error {
	if i.Closed {
		return nil
	}
	said, err := i.registered()
	if err != nil {
		return err
	}
	typed := r.PostForm
	for _, g := range correctionGroups {
		group := correctionGroup{Title: r.L.T("corrections.group." + g.title)}
		for _, field := range g.fields {
			group.Inputs = append(group.Inputs, correctionInputOf(r.L, i, field, said(field), typed))
		}
		p.Groups = append(p.Groups, group)
	}
	p.Reason = web.Area{Name: reasonField, Label: r.L.T("corrections.reason"), Hint: r.L.T("corrections.reason_hint"), Rows: 3, Value: typed.Get(reasonField)}
	return nil
}

func correctionInputOf(l *i18n.L, i Institution, field, said string, typed url.Values) correctionInput {
	now := ValueOf(i, field)
	value := now
	if typed.Has(field) {
		value = typed.Get(field)
	}
	label := capital(l.T("field." + field))
	hint := hintOf(l, i, field, now, said)
	in := correctionInput{Shown: web.Pair{Name: shownField + field, Value: now},
		Input: web.Input{Name: field, Label: label, Hint: hint, Value: value, Required: field == "name"}}
	switch field {
	case "public":
		in.Pick = &web.Pick{Name: field, Label: label, Hint: hint, Value: value, Prompt: l.T("past.none"), Short: true,
			Choices: []web.Choice{{Value: "public", Label: l.T("public.public")}, {Value: "nonpublic", Label: l.T("public.nonpublic")}}}
	case "phone":
		in.Mode, in.Type = "tel", "tel"
	case "email":
		in.Mode = "email"
	case "website":
		in.Mode = "url"
	case "pupils":
		in.Mode, in.Short = "numeric", true
	case "house", "flat", "post_code", "regon", "nip", "founded_on":
		in.Short = true
	}
	return in
}

// hintOf says what holds and what the register says. A point needs to be told
// how it is written, and so does a day.
func hintOf(l *i18n.L, i Institution, field, now, said string) string {
	words := func(v string) string { return orNone(l, valueText(l, field, v)) }
	hint := ""
	switch {
	case i.Stated == "":
		hint = l.T("corrections.now", "now", words(now))
	case now == said:
		hint = l.T("corrections.now_same", "now", words(now))
	default:
		hint = l.T("corrections.now_other", "now", words(now), "said", words(said))
	}
	switch field {
	case "point", "founded_on", "email":
		hint += " " + l.T("corrections.hint."+field)
	}
	return hint
}

// correctionsNext says who decides. No act sets a day for it, so neither do we.
func (s *Service) correctionsNext(ctx context.Context, l *i18n.L, who access.Actor, i Institution) (web.Step, error) {
	if who.May(access.AcceptCorrections) && who.MayAt(ctx, access.AcceptCorrections, i.ID) == nil {
		return web.Step{What: l.T("corrections.next_decide"), Who: l.T("corrections.next_you"), When: l.T("corrections.next_when"), Href: waitingPath}, nil
	}
	offices, err := s.offices(ctx, i)
	if err != nil {
		return web.Step{}, err
	}
	var called []string
	for _, o := range offices {
		called = append(called, o.Name)
	}
	step := web.Step{What: l.T("corrections.next"), Who: strings.Join(called, ", "), When: l.T("corrections.next_when")}
	if step.Who == "" {
		step.Who = l.T("corrections.next_association")
	}
	return step, nil
}

// correctionItem is one correction as the pages show it.
type correctionItem struct {
	Correction
	Place    web.Link // the institution, in the list of many
	Label    string   // of the field
	Facts    []web.Pair
	By       string
	Badge    string
	Kind     string // of the badge
	Decided  *web.Reason
	Collides string // that the register changed the value since
	Action   string
	Decide   bool // accept or refuse
	Choose   bool // keep ours or take the register's
	Mine     bool // withdraw
	GoBack   bool // ask for the register's word
	Note     web.Area
	From     string // "lista" on the page of many
}

// correctionItems puts corrections of known institutions into words for who asks.
func (s *Service) correctionItems(r *web.Request, who access.Actor, at map[access.InstitutionID]Institution, list []Correction) ([]correctionItem, error) {
	called, err := s.calledBy(r.Context(), list)
	if err != nil {
		return nil, err
	}
	decides := map[access.InstitutionID]bool{}
	for id := range at {
		decides[id] = who.May(access.AcceptCorrections) && who.MayAt(r.Context(), access.AcceptCorrections, id) == nil
	}
	var items []correctionItem
	for _, c := range list {
		it := correctionItemOf(r.L, who, at[c.Institution], c, called, decides[c.Institution])
		it.Note.Value = r.PostForm.Get(it.Note.Name) // typed, and refused
		items = append(items, it)
	}
	return items, nil
}

// calledBy are the names of those who proposed and settled.
func (s *Service) calledBy(ctx context.Context, list []Correction) (map[string]string, error) {
	var ids []string
	for _, c := range list {
		for _, id := range []access.PersonID{c.Person, c.SettledBy} {
			if id != "" {
				ids = append(ids, string(id))
			}
		}
	}
	if s.people == nil || len(ids) == 0 {
		return nil, nil
	}
	return s.people.NamesOf(ctx, ids)
}

func correctionItemOf(l *i18n.L, who access.Actor, i Institution, c Correction, called map[string]string, decides bool) correctionItem {
	it := correctionItem{Correction: c, Place: web.Link{Text: i.Name, Href: href(i.ID)}, Label: capital(l.T("field." + c.Field)),
		Action: correctionsPath(i.ID) + "/" + string(c.ID), Badge: l.T("corrections.state." + string(c.State))}
	words := func(v string) string { return orNone(l, valueText(l, c.Field, v)) }
	fact := func(key, value string) {
		it.Facts = append(it.Facts, web.Pair{Name: l.T("corrections.fact." + key), Value: words(value)})
	}
	if c.State == CorrectionProposed {
		fact("now", ValueOf(i, c.Field))
	}
	if i.Stated != "" {
		fact("said", c.Registered)
	}
	fact("value", c.Value)
	it.By = saidBy(l, "corrections.by", called[string(c.Person)], c.At)
	switch c.State {
	case CorrectionProposed:
		it.Kind, it.Decide, it.Mine = "warn", decides, who.SignedIn() && c.Person == who.Person
	case CorrectionHolding:
		it.Kind, it.Choose, it.GoBack = "ok", decides, !decides && i.Stated != "" && !i.Closed
		if c.Clash() {
			it.Collides = l.T("corrections.clash", "was", words(c.Was), "said", words(c.Registered))
		}
	case CorrectionEnded:
		it.Badge = l.T("corrections.ended." + c.EndedWhy)
	}
	it.Decided = decisionOf(l, c, called)
	it.Note = web.Area{Name: noteFieldOf(c.ID), Label: l.T("corrections.note"), Hint: l.T("corrections.note_hint"), Rows: 2}
	return it
}

// noteFieldOf keeps the notes of many forms on one page apart.
func noteFieldOf(id CorrectionID) string { return noteField + "-" + string(id) }

// decisionOf is why somebody settled it, in their words.
func decisionOf(l *i18n.L, c Correction, called map[string]string) *web.Reason {
	if c.SettledAt == nil || c.SettledBy == "" {
		return nil
	}
	text := c.Note
	if text == "" {
		text = l.T("corrections.no_note")
	}
	return &web.Reason{Human: true, About: l.T("field." + c.Field), Text: text, Rule: saidBy(l, "corrections.decided", called[string(c.SettledBy)], *c.SettledAt)}
}

func saidBy(l *i18n.L, key, name string, at int64) string {
	day := l.Date(time.Unix(at, 0).In(web.Warsaw))
	if name == "" {
		return l.T(key+"_nobody", "date", day)
	}
	return l.T(key, "name", name, "date", day)
}

// postCorrections takes the form: what differs from what it showed is proposed.
func (s *Service) postCorrections(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	i, err := s.toCorrect(r)
	if err != nil {
		return err
	}
	if i.Closed {
		return fault.New(fault.Conflict, "corrections.fault.closed")
	}
	var values []FieldValue
	for _, field := range Correctable() {
		value := tidyValue(field, r.PostForm.Get(field))
		if r.PostForm.Has(field) && value != tidyValue(field, r.PostForm.Get(shownField+field)) {
			values = append(values, FieldValue{field, value})
		}
	}
	_, err = s.Propose(r.Context(), access.ActorOf(r.Request), i.ID, values, r.Value(reasonField))
	if fault.KindOf(err) == fault.Invalid {
		return s.showCorrections(w, r, http.StatusUnprocessableEntity, err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.correction.proposed")
	return r.Redirect(w, correctionsPath(i.ID))
}

// The words of the buttons.
const (
	deedAccept   = "przyjmij"
	deedRefuse   = "odrzuc"
	deedKeep     = "utrzymaj"
	deedEnd      = "zakoncz"
	deedWithdraw = "wycofaj"
	deedBack     = "przywroc"
)

// postCorrection does to one correction what the button says.
func (s *Service) postCorrection(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	i, err := s.toCorrect(r)
	if err != nil {
		return err
	}
	ctx, who, id := r.Context(), access.ActorOf(r.Request), CorrectionID(r.PathValue("correction"))
	c, err := correctionByID(ctx, s.db, id)
	if err != nil {
		return err
	}
	if c.Institution != i.ID {
		return fault.ErrNotFound
	}
	deed, note := r.Value("co"), r.Value(noteFieldOf(id))
	err = s.settleAs(ctx, who, c, deed, note)
	if fault.KindOf(err) == fault.Invalid {
		return s.showCorrections(w, r, http.StatusUnprocessableEntity, ofNote(err, id))
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.correction."+deed)
	if r.Value("skad") == "lista" {
		return r.Redirect(w, waitingPath)
	}
	return r.Redirect(w, correctionsPath(i.ID))
}

func (s *Service) settleAs(ctx context.Context, who access.Actor, c Correction, deed, note string) error {
	switch deed {
	case deedAccept:
		return s.Accept(ctx, who, c.ID, note)
	case deedRefuse:
		return s.Refuse(ctx, who, c.ID, note)
	case deedKeep:
		return s.KeepCorrection(ctx, who, c.ID, note)
	case deedEnd:
		return s.EndCorrection(ctx, who, c.ID, note)
	case deedWithdraw:
		return s.Withdraw(ctx, who, c.ID)
	case deedBack: // the institution asks for the register's word; the office accepts it
		if c.State != CorrectionHolding {
			return fault.New(fault.Conflict, "correction.fault.settled")
		}
		_, err := s.Propose(ctx, who, c.Institution, []FieldValue{{c.Field, c.Registered}}, note)
		return err
	}
	return fault.New(fault.BadRequest, "fault.bad_request")
}

// ofNote puts the faults of a note at the field of this correction's form.
func ofNote(err error, id CorrectionID) error {
	e := fault.As(err)
	var fields []fault.Field
	for _, f := range e.Fields {
		fields = append(fields, fault.Field{Name: noteFieldOf(id), Key: f.Key, Args: f.Args})
	}
	if len(fields) == 0 {
		fields = []fault.Field{{Name: noteFieldOf(id), Key: e.Key}}
	}
	return fault.InvalidFields(fields)
}

// correctionsPart is what the page of an institution says of its corrections.
type correctionsPart struct {
	Items []correctedItem
	Link  web.Link // to the form, for who may
	Word  string   // that the register itself should be mended
}

type correctedItem struct {
	Field, Value, Said, Since, Collides string
}

// correctionsSection tells everybody which data was corrected here and what the
// register says, and leads those who may to the form. Who proposed it and why
// is not public.
func (s *Service) correctionsSection(r *web.Request, who access.Actor, i Institution) (section Section, err error) {
	ctx, l := r.Context(), r.L
	found, err := readHolding(ctx, s.db, []access.InstitutionID{i.ID})
	if err != nil {
		return section, err
	}
	var part correctionsPart
	for _, c := range found[i.ID] {
		words := func(v string) string { return orNone(l, valueText(l, c.Field, v)) }
		it := correctedItem{Field: capital(l.T("field." + c.Field)), Value: words(c.Value), Since: l.Date(time.Unix(settledOr(c), 0).In(web.Warsaw))}
		if i.Stated != "" {
			it.Said = words(c.Registered)
		}
		if c.Clash() {
			it.Collides = l.T("corrections.clash_public")
		}
		part.Items = append(part.Items, it)
	}
	if may := who.May(access.ProposeCorrections) || who.May(access.AcceptCorrections); may {
		err := mayPropose(ctx, who, i.ID)
		if err != nil && fault.KindOf(err) == fault.Internal {
			return section, err
		}
		if err == nil {
			part.Link = web.Link{Text: l.T("corrections.link"), Href: correctionsPath(i.ID)}
		}
	}
	if len(part.Items) == 0 && part.Link.Href == "" {
		return section, nil
	}
	if len(part.Items) > 0 && i.Stated != "" {
		part.Word = l.T("corrections.remind_public")
	}
	return Section{Title: l.T("corrections.section"), Rank: 90, Component: correctedView(l, part)}, nil
}

func settledOr(c Correction) int64 {
	if c.SettledAt != nil {
		return *c.SettledAt
	}
	return c.At
}

// alike is the list of the same kind in the same municipality, at a path of the list.
func (p institutionPage) alike(path string) string {
	return Filter{Kinds: []Kind{p.I.Kind}, Municipalities: []string{p.I.Municipality}}.href(path)
}
