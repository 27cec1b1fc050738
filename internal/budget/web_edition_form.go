package budget

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

func (s *Service) settingRoutes(sh *web.Shell) {
	one := Path + "/{id}/ustawienia"
	sh.Handle("GET "+one, runsGuard(), s.getSettings)
	sh.Handle("POST "+one, runsGuard(), s.postSettings, web.Idempotent())
	sh.Handle("GET "+one+"/kalendarz", runsGuard(), s.getCalendar)
	sh.Handle("POST "+one+"/kalendarz", runsGuard(), s.postCalendar, web.Idempotent())
	sh.Handle("GET "+one+"/kwoty", runsGuard(), s.getAmounts)
	sh.Handle("POST "+one+"/kwoty", runsGuard(), s.postAmounts, web.Idempotent())
	sh.Handle("GET "+one+"/wykluczenia", runsGuard(), s.getExcludes)
	sh.Handle("POST "+one+"/wykluczenia", runsGuard(), s.postExcludes, web.Idempotent())
	sh.Handle("GET "+one+"/pula/{pool}", runsGuard(), s.getPool)
	sh.Handle("POST "+one+"/pula/{pool}", runsGuard(), s.postPool, web.Idempotent())
	sh.Handle("POST "+one+"/pula/{pool}/usun", runsGuard(), s.postPoolOut)
}

// newPool stands in the address of the form for a pool that is not there yet.
const newPool = "nowa"

// filled is what a field of a form shows: what was typed, when the form comes
// back, else what is kept.
func filled(r *web.Request, refusal error, name, kept string) string {
	if refusal != nil {
		return r.Value(name)
	}
	return kept
}

// number reads a whole number of a form: nothing typed is 0, what is none -1,
// which every rule refuses.
func number(text string) int {
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(strings.ReplaceAll(text, " ", ""))
	if err != nil || n < 0 {
		return -1
	}
	return n
}

// digits writes a number for a field; 0 is an empty one.
func digits(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func (s *Service) getNewEdition(w http.ResponseWriter, r *web.Request) error {
	return s.newEditionForm(w, r, nil)
}

func (s *Service) newEditionForm(w http.ResponseWriter, r *web.Request, refusal error) error {
	l := r.L
	p := formPage{Page: r.Page(w, l.T("budget.new.title"), web.Link{Text: l.T("budget.title"), Href: Path}).WithErrors(refusal), Text: l.T("budget.new.text"),
		Next:   web.Step{What: l.T("budget.next.new"), Who: l.T("budget.next_who.new")},
		Action: Path + "/nowa", Button: l.T("budget.new.button"), Back: web.Link{Text: l.T("budget.title"), Href: Path}}
	owners, err := s.owners(r)
	if err != nil {
		return err
	}
	var templates []web.Choice
	for _, t := range Templates() {
		templates = append(templates, web.Choice{Value: t.Key, Label: l.T("budget.template." + t.Key), Hint: l.T("budget.template_hint." + t.Key)})
	}
	year := strconv.Itoa(usualTemplate(access.ActorOf(r.Request)).yearAhead(s.now()))
	p.Fields = []templ.Component{
		web.Radios(p.Page, web.Pick{Name: "wzor", Label: l.T("budget.field.wzor"), Choices: templates, Value: r.Value("wzor"), Required: true}),
		web.Select(p.Page, web.Pick{Name: "prowadzi", Label: l.T("budget.field.prowadzi"), Choices: owners, Value: r.Value("prowadzi"), Required: true}),
		web.Field(p.Page, web.Input{Name: "tytul", Label: l.T("budget.field.tytul"), Hint: l.T("budget.hint.tytul"), Value: r.Value("tytul"), Required: true}),
		web.Field(p.Page, web.Input{Name: "rok", Label: l.T("budget.field.rok"), Mode: "numeric", Short: true, Value: filled(r, refusal, "rok", year), Required: true})}
	return p.form(w, r, refusal)
}

// usualTemplate is the one by which the form proposes a year: a city's for those who
// run budgets of an office, a school's for all others.
func usualTemplate(who access.Actor) Template {
	key := "school"
	if slices.ContainsFunc(who.Roles, func(h access.Held) bool { return h.Role == access.BudgetOfficer }) {
		key = "krakow_2026"
	}
	t, _ := templateOf(key)
	return t
}

// owners are the institutions for which the reader runs budgets.
func (s *Service) owners(r *web.Request) (list []web.Choice, err error) {
	var ids []access.InstitutionID
	for _, h := range access.ActorOf(r.Request).Roles {
		if h.Role.Gives(access.BudgetRun) && h.Institution != "" && !slices.Contains(ids, h.Institution) {
			ids = append(ids, h.Institution)
		}
	}
	names, err := s.Directory.Names(r.Context(), ids)
	for _, id := range ids {
		list = append(list, web.Choice{Value: string(id), Label: names[id]})
	}
	return list, err
}

func (s *Service) postNewEdition(w http.ResponseWriter, r *web.Request) error {
	id, err := s.AddEdition(r.Context(), access.ActorOf(r.Request), NewEdition{Template: r.Value("wzor"), Owner: access.InstitutionID(r.Value("prowadzi")),
		Title: r.Value("tytul"), Year: number(r.Value("rok"))})
	if invalid(err) {
		return s.newEditionForm(w, r, err)
	}
	if err != nil {
		return err
	}
	return done(w, r, "made", SettingsHref(id))
}

// settingsPage is the general part of the rules, with the way to the others.
type settingsPage struct {
	formPage
	Of    Edition
	Pools []web.Link
	Other []web.Link
}

// settings begins a form of settings of an edition that the reader runs. Once it
// stands in another state than those given there is nothing to fill in.
func (s *Service) settings(w http.ResponseWriter, r *web.Request, title, action string, refusal error, states ...State) (e Edition, p formPage, err error) {
	e, err = s.editionRun(r.Context(), access.ActorOf(r.Request), EditionID(r.PathValue("id")))
	if err != nil {
		return e, p, err
	}
	if !e.State.In(states...) {
		return e, p, fault.New(fault.Conflict, "budget.fault.promised")
	}
	version := filled(r, refusal, "wersja", strconv.FormatInt(e.Version, 10))
	p = formPage{Page: r.Page(w, r.L.T(title), crumbsOf(r.L, e)...).WithErrors(refusal),
		Action: action, Button: r.L.T("budget.save"), Back: web.Link{Text: e.Title, Href: Href(e.ID)}, Hidden: []web.Pair{{Name: "wersja", Value: version}}}
	return e, p, nil
}

// version is that of the edition when a form was drawn.
func version(r *web.Request) int64 {
	n, err := strconv.ParseInt(r.Value("wersja"), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func (s *Service) getSettings(w http.ResponseWriter, r *web.Request) error {
	return s.settingsForm(w, r, nil)
}

func (s *Service) settingsForm(w http.ResponseWriter, r *web.Request, refusal error) error {
	id := EditionID(r.PathValue("id"))
	e, form, err := s.settings(w, r, "budget.settings.title", SettingsHref(id), refusal, Draft)
	if err != nil {
		return err
	}
	form.Text, form.NoIndex = r.L.T("budget.settings.text"), true
	rules := e.Rules
	if refusal != nil {
		rules = rulesTyped(r, e, s.now())
	}
	form.Fields = generalFields(r, form.Page, e, rules, refusal)
	p := settingsPage{formPage: form, Of: e, Other: []web.Link{{Text: r.L.T("budget.link.amounts"), Href: AmountsHref(id)}, {Text: r.L.T("budget.link.calendar"), Href: CalendarHref(id)}, {Text: r.L.T("budget.link.rules"), Href: RulesHref(id)}}}
	for _, pool := range e.Rules.Pools {
		p.Pools = append(p.Pools, web.Link{Text: pool.Name + ", " + Money(r.L, pool.Budget), Href: PoolHref(id, pool.ID)})
	}
	status := http.StatusOK
	if refusal != nil {
		status = http.StatusUnprocessableEntity
	}
	return r.RenderStatus(w, status, settingsView(p))
}

// fieldsOf draws plain fields with the labels and hints of their names.
type fieldsOf struct {
	l    *i18n.L
	page web.Page
	list []templ.Component
	said []string // labels with their values, as a folded group sums them up
}

// say notes a value for the summary of a folded group; an empty one is "none", and an
// age that is left out no limit.
func (f *fieldsOf) say(name, value string) {
	const most = 40
	switch value = line(value); {
	case value == "" && strings.HasPrefix(name, "wiek_"):
		value = f.l.T("budget.fold.no_limit")
	case value == "":
		value = f.l.T("budget.fold.none")
	}
	if letters := []rune(value); len(letters) > most {
		value = string(letters[:most]) + "…"
	}
	f.said = append(f.said, f.l.T("budget.field."+name)+": "+value)
}

// foldGroup are fields with sensible defaults, folded away under what they are.
type foldGroup struct {
	Title, Values string
	Open          bool
	Fields        []templ.Component
}

// fold adds a group of the fields that draw adds. It is open when one of names has a
// fault, or is among lacks, so that whoever is led to a field sees it.
func (f *fieldsOf) fold(title string, lacks []fault.Field, names []string, draw func(*fieldsOf)) {
	inner := fieldsOf{l: f.l, page: f.page}
	draw(&inner)
	g := foldGroup{Title: f.l.T("budget.fold." + title), Values: strings.Join(inner.said, " · "), Fields: inner.list}
	for _, name := range names {
		g.Open = g.Open || f.page.FieldError(name) != "" || slices.ContainsFunc(lacks, func(l fault.Field) bool { return l.Name == name })
	}
	f.list = append(f.list, folded(g))
}

// text adds a field of one line, figures a short one of digits.
func (f *fieldsOf) text(name, value string, required bool) {
	f.say(name, value)
	f.list = append(f.list, web.Field(f.page, web.Input{Name: name, Label: f.l.T("budget.field." + name), Hint: f.hint(name), Value: value, Required: required}))
}

func (f *fieldsOf) figures(name, value string) {
	f.say(name, value)
	f.list = append(f.list, web.Field(f.page, web.Input{Name: name, Label: f.l.T("budget.field." + name), Hint: f.hint(name), Value: value, Mode: "numeric", Short: true}))
}

func (f *fieldsOf) area(name, value string) {
	f.say(name, value)
	f.list = append(f.list, web.Textarea(f.page, web.Area{Name: name, Label: f.l.T("budget.field." + name), Hint: f.hint(name), Value: value}))
}

func (f *fieldsOf) box(name string, checked bool) {
	f.say(name, f.l.T(map[bool]string{true: "budget.fold.yes", false: "budget.fold.no"}[checked]))
	f.list = append(f.list, web.Check(f.page, web.Box{Name: name, Label: f.l.T("budget.field." + name), Hint: f.hint(name), Checked: checked}))
}

// choose adds a list to choose one of; the words of a choice are the text under
// key and its value.
func (f *fieldsOf) choose(name, key, value string, values ...string) {
	pick := web.Pick{Name: name, Label: f.l.T("budget.field." + name), Hint: f.hint(name), Value: value, Required: true}
	for _, v := range values {
		pick.Choices = append(pick.Choices, web.Choice{Value: v, Label: f.l.T(key + wordKey(v))})
	}
	f.list = append(f.list, web.Select(f.page, pick))
}

// wordKey makes a value such as "add1+greedy" fit for the key of a text.
func wordKey(value string) string { return strings.NewReplacer("-", "_", "+", "_").Replace(value) }

// unhinted are the fields whose label says enough.
var unhinted = []string{"tytul", "opis", "nazwa", "kwota", "rodzaj", "karta", "liczenie", "papier", "start", "podpisy_dni", "koszt_od"}

func (f *fieldsOf) hint(name string) string {
	if slices.Contains(unhinted, name) {
		return ""
	}
	return f.l.T("budget.hint." + name)
}

// noteField is the field of a note about a number.
func noteField(n int) string { return "nota_" + strconv.Itoa(n) }

func generalFields(r *web.Request, page web.Page, e Edition, rules Rules, refusal error) []templ.Component {
	f := fieldsOf{l: r.L, page: page}
	f.text("tytul", filled(r, refusal, "tytul", e.Title), true)
	f.area("opis", filled(r, refusal, "opis", e.Words))
	f.text("podstawa", rules.Basis, true)
	f.list = append(f.list, web.Checks(page, sourcePick(r.L, e, rules)))
	lacks := rules.check(e.Kind)
	f.fold("who", lacks, []string{"mieszka", "wiek_glosu", "wiek_projektu", "samo_adres", "samo_skrzynka", "samo_udzial"}, func(f *fieldsOf) { whoFields(f, e, rules.Who) })
	f.fold("projects", lacks, []string{"podpisy", "podpisy_dni", "protest_dni", "blizniaki"}, func(f *fieldsOf) {
		f.figures("podpisy", digits(rules.Signatures))
		f.figures("podpisy_dni", digits(rules.SignatureDays))
		f.figures("protest_dni", digits(rules.ProtestDays))
		f.box("blizniaki", rules.NoTwins)
	})
	f.fold("vote", lacks, []string{"papier", "zmiana", "losowanie_jak"}, func(f *fieldsOf) {
		f.box("papier", rules.Paper)
		if e.Kind != School {
			f.box("zmiana", rules.ChangeOfMind)
		}
		f.area("losowanie_jak", rules.Lot)
	})
	f.fold("notes", lacks, noteNames(rules), func(f *fieldsOf) { noteFields(f, rules) })
	return f.list
}

func whoFields(f *fieldsOf, e Edition, who Who) {
	f.text("mieszka", who.Residence, false)
	f.figures("wiek_glosu", digits(who.VoteAge))
	f.figures("wiek_projektu", digits(who.ProposeAge))
	if e.Kind != School {
		f.figures("samo_adres", digits(who.Self.PerAddress))
		f.figures("samo_skrzynka", digits(who.Self.PerMailbox))
		f.figures("samo_udzial", digits(who.Self.DrawnShare))
	}
}

// noteFields ask from where the numbers are and what is not known yet. Their summary
// says how many there are.
func noteFields(f *fieldsOf, rules Rules) {
	for n, note := range rules.Notes {
		f.list = append(f.list, web.Field(f.page, web.Input{Name: noteField(n), Label: f.l.T("budget.note_about", "what", f.l.T("budget.about."+note.About)), Value: note.Words}))
	}
	f.text("nota_inna", "", false)
	var open []string
	for _, o := range rules.OpenPoints {
		open = append(open, o.Words)
	}
	f.area("otwarte", strings.Join(open, "\n"))
	f.said = []string{f.l.T("budget.notes") + ": " + f.l.Number(len(rules.Notes)), f.l.T("budget.open_points") + ": " + f.l.Number(len(rules.OpenPoints))}
}

func noteNames(rules Rules) []string {
	names := []string{"nota_inna", "otwarte"}
	for n := range rules.Notes {
		names = append(names, noteField(n))
	}
	return names
}

func sourcePick(l *i18n.L, e Edition, rules Rules) web.Pick {
	pick := web.Pick{Name: "zrodla", Label: l.T("budget.field.zrodla"), Hint: l.T("budget.hint.zrodla"), Required: true}
	for _, source := range Sources() {
		if e.Kind == School && source == Self {
			continue // a declaration of one's own is no proof for anybody in a school
		}
		pick.Choices = append(pick.Choices, web.Choice{Value: string(source), Label: l.T("budget.source." + string(source)), Hint: l.T("budget.words.source_" + string(source))})
	}
	for _, source := range rules.Who.Sources {
		pick.Values = append(pick.Values, string(source))
	}
	return pick
}

// rulesTyped are the rules with the general part as it was typed.
func rulesTyped(r *web.Request, e Edition, now time.Time) Rules {
	rules := e.Rules
	rules.Basis, rules.Lot = line(r.Value("podstawa")), words(r.Value("losowanie_jak"))
	rules.Who = Who{VoteAge: number(r.Value("wiek_glosu")), ProposeAge: number(r.Value("wiek_projektu")), Residence: line(r.Value("mieszka")),
		Self: SelfLimits{number(r.Value("samo_adres")), number(r.Value("samo_skrzynka")), number(r.Value("samo_udzial"))}}
	for _, source := range r.Request.Form["zrodla"] {
		rules.Who.Sources = append(rules.Who.Sources, Source(source))
	}
	rules.Signatures, rules.SignatureDays, rules.ProtestDays = number(r.Value("podpisy")), number(r.Value("podpisy_dni")), number(r.Value("protest_dni"))
	rules.Paper, rules.NoTwins, rules.ChangeOfMind = r.Value("papier") != "", r.Value("blizniaki") != "", r.Value("zmiana") != ""
	rules.Notes = nil
	for n, note := range e.Rules.Notes {
		if text := line(r.Value(noteField(n))); text != "" {
			rules.Notes = append(rules.Notes, Note{note.About, text})
		}
	}
	if text := line(r.Value("nota_inna")); text != "" {
		rules.Notes = append(rules.Notes, Note{"other", text})
	}
	rules.OpenPoints = pointsTyped(e.Rules.OpenPoints, r.Value("otwarte"), dayOf(now.Unix()))
	return rules
}

// pointsTyped reads open points, one a line; a line that stood before keeps its day.
func pointsTyped(were []Point, text, today string) (list []Point) {
	for one := range strings.SplitSeq(words(text), "\n") {
		if one = line(one); one == "" {
			continue
		}
		point := Point{today, one}
		if n := slices.IndexFunc(were, func(p Point) bool { return p.Words == one }); n >= 0 {
			point = were[n]
		}
		list = append(list, point)
	}
	return list
}

func (s *Service) postSettings(w http.ResponseWriter, r *web.Request) error {
	ctx, who, id := r.Context(), access.ActorOf(r.Request), EditionID(r.PathValue("id"))
	if err := r.Form(); err != nil {
		return err
	}
	e, err := s.editionRun(ctx, who, id)
	if err != nil {
		return err
	}
	err = s.ChangeGeneral(ctx, who, id, General{version(r), r.Value("tytul"), r.Value("opis"), rulesTyped(r, e, s.now())})
	if invalid(err) {
		return s.settingsForm(w, r, err)
	}
	if err != nil {
		return err
	}
	return done(w, r, "saved", SettingsHref(id))
}
