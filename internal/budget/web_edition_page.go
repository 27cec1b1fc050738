package budget

import (
	"context"
	"math"
	"net/http"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// editionPage is one edition: what goes on, what comes, the money.
type editionPage struct {
	web.Page
	Of        Edition
	Owner     string
	Phase     string
	Badge     string
	Lead      string
	Main      []web.Link // what can be done now, the foremost first
	Next      web.Step
	Stages    []stageLine
	Moves     []moveLine
	Bar       []barPart
	Today     int // place on the bar, -1 when outside
	Pools     []poolLine
	Runs      bool
	Links     []web.Link // pages of those who run it and of other parts
	Obstacles []obstacleLine
	Due       []obstacleLine // before the vote ends
	Deed      deedButton
	Unsure    []web.Link // what to check before publishing
}

// moveLine is one change of the calendar: when, and why, and what was moved from when to when.
type moveLine struct {
	When, Why string
	Days      []string
}

// moveLines are the changes of the calendar since it was promised.
func (e Edition) moveLines(l *i18n.L) (list []moveLine) {
	for _, m := range e.Moved {
		one := moveLine{When: moment(l, m.At), Why: m.Why}
		for _, d := range m.Is.changes(m.Was) {
			one.Days = append(one.Days, l.T("budget.moves.day", "what", l.T("budget.field."+d.name), "was", d.words(l, d.was), "is", d.words(l, d.is)))
		}
		list = append(list, one)
	}
	return list
}

// words writes a term of a changed line as its form has it: a day, a day with an hour,
// or none.
func (d dayChange) words(l *i18n.L, term string) string {
	at := instantOf(term)
	switch {
	case term == "":
		return l.T("budget.moves.none")
	case at == 0:
		return dayText(l, term)
	case d.name == "glosowanie_do":
		return EndWords(l, at)
	}
	return moment(l, at)
}

// stageLine is a stage of the calendar.
type stageLine struct {
	Title, When, Text string
	Past, Now, Late   bool
}

// barPart is a stage on the drawn bar, in thousandths of its width.
type barPart struct {
	X, Width  int
	Past, Now bool
}

type poolLine struct{ Name, Money, Costs string }

type obstacleLine struct{ Text, Who, Href string }

// deedButton is what whoever runs an edition can do next; the zero button is none.
type deedButton struct{ Text, Label, Action string }

func (s *Service) getEdition(w http.ResponseWriter, r *web.Request) error {
	return s.showEdition(w, r, http.StatusOK)
}

func (s *Service) showEdition(w http.ResponseWriter, r *web.Request, status int) error {
	ctx, who, now := r.Context(), access.ActorOf(r.Request), s.now()
	e, err := s.editionRead(ctx, who, EditionID(r.PathValue("id")))
	if err != nil {
		return err
	}
	p := editionPage{Page: r.Page(w, e.Title, web.Link{Text: r.L.T("budget.title"), Href: Path}), Of: e, Lead: e.lead(r.L, now), Pools: poolLines(r.L, e),
		Main: e.mainLinks(r.L, now), Next: e.next(r.L, now), Stages: e.stageLines(r.L, now), Moves: e.moveLines(r.L)}
	p.NoIndex = e.PublishedAt == 0
	p.Phase, p.Badge = e.stands(r.L, now)
	p.Bar, p.Today = drawBar(e.Rules.Calendar.Stages(), now)
	if e.State == Published && e.Phase(now) == PhaseDrawing {
		candidates, err := ballotCandidates(ctx, s.db, e.ID)
		if err != nil {
			return err
		}
		if len(candidates) == 0 {
			day, _ := e.until(r.L, now)
			p.Lead = r.L.T(e.to("budget.lead.drawing_empty"), "day", day)
		}
	}
	names, err := s.Directory.Names(ctx, []access.InstitutionID{e.Owner})
	if err != nil {
		return err
	}
	p.Owner = names[e.Owner]
	if p.Runs = s.Runs(ctx, who, e) == nil; p.Runs {
		if err := s.forRunner(ctx, r.L, &p); err != nil {
			return err
		}
	}
	p.Links = append(p.Links, e.moreLinks(r.L, now)...)
	if s.Links != nil {
		more, err := s.Links(ctx, r, e)
		if err != nil {
			return err
		}
		p.Links = append(p.Links, more...)
	}
	if p.Runs {
		p.Links = append(p.Links, e.undoLinks(r.L)...)
	}
	return r.RenderStatus(w, status, editionView(p))
}

// forRunner adds what whoever runs the edition sees: what is in the way, what
// can be done, the forms.
func (s *Service) forRunner(ctx context.Context, l *i18n.L, p *editionPage) error {
	e := p.Of
	list, err := s.Obstacles(ctx, s.db, e)
	if err != nil {
		return err
	}
	for _, o := range list {
		p.Obstacles = append(p.Obstacles, obstacleWords(l, o))
	}
	if len(list) == 0 {
		p.Deed = e.deedFor(l)
	}
	for _, f := range e.unsureOf() {
		text := l.T("budget.field.podstawa")
		if f.Key != "" {
			text = l.T("budget.note_about", "what", l.T("budget.about."+f.Key))
		}
		p.Unsure = append(p.Unsure, web.Link{Text: text, Href: SettingsHref(e.ID) + "#" + f.Name})
	}
	due, err := s.dueIn(ctx, e)
	if err != nil {
		return err
	}
	for _, o := range due {
		p.Due = append(p.Due, obstacleWords(l, o))
	}
	add := func(may bool, key, href string) {
		if may {
			p.Links = append(p.Links, web.Link{Text: l.T("budget.link." + key), Href: href})
		}
	}
	add(e.State == Draft, "settings", SettingsHref(e.ID))
	add(e.State == Draft, "amounts", AmountsHref(e.ID))
	add(e.State.In(Draft, Published), "calendar", CalendarHref(e.ID))
	add(e.State == Published, "excludes", ExcludesHref(e.ID))
	return nil
}

// running tells whether the part for those who run the edition has anything in it.
func (p editionPage) running() bool {
	return p.Runs && (len(p.Obstacles) > 0 || len(p.Due) > 0 || p.Deed.Action != "" || len(p.Links) > 0)
}

// dueIn is what waits for those who run an edition before its vote ends.
func (s *Service) dueIn(ctx context.Context, e Edition) ([]Obstacle, error) {
	if e.State != Voting || s.Config.Due == nil {
		return nil, nil
	}
	return s.Config.Due(ctx, s.db, e)
}

// undoLinks lead to what takes a step back. They stand last, far from the daily
// ones.
func (e Edition) undoLinks(l *i18n.L) (list []web.Link) {
	if e.State == Frozen {
		list = append(list, web.Link{Text: l.T("budget.link.thaw"), Href: Href(e.ID) + thawing.path})
	}
	if e.State.In(Draft, Published, Frozen, Voting, Closed) {
		list = append(list, web.Link{Text: l.T("budget.link." + canceling.of(e).key), Href: Href(e.ID) + canceling.path})
	}
	return list
}

func obstacleWords(l *i18n.L, o Obstacle) obstacleLine {
	text := l.T(o.Key, o.Args...)
	if o.About != "" {
		text = l.T("budget.field."+o.About) + ": " + text
	}
	if o.Of != "" {
		text = o.Of + ": " + text
	}
	return obstacleLine{Text: text, Who: l.T(o.Who), Href: o.Href}
}

// deedFor is the button that moves the edition on by hand.
func (e Edition) deedFor(l *i18n.L) deedButton {
	what := map[State]string{Draft: "oglos", Published: "zamroz", Final: "archiwum"}[e.State]
	if what == "" {
		return deedButton{}
	}
	return deedButton{Text: l.T("budget.deed.text_" + string(e.State)), Label: l.T("budget.deed.button_" + string(e.State)), Action: Href(e.ID) + "/" + what}
}

// to is the key of a text that speaks to pupils in a school and to residents
// elsewhere.
func (e Edition) to(key string) string {
	if e.Kind == School {
		return key + "_school"
	}
	return key
}

// lead says in a sentence or two what the phase means for whoever reads it: what can
// be done, and until when. The calendar of an announced edition has all its days, but
// for that of protests, without which there is no such phase, and that of delivery,
// which the sentence does without.
func (e Edition) lead(l *i18n.L, now time.Time) string {
	if e.State == Canceled && e.PublishedAt == 0 {
		return l.T("budget.lead.discarded")
	}
	if e.State.In(Draft, Archived, Canceled) {
		return l.T("budget.lead." + string(e.State))
	}
	phase := e.Phase(now)
	key := "budget.lead." + string(phase)
	if phase == PhaseFiling && e.Rules.Signatures > 0 {
		key += "_support"
	}
	day, _ := e.until(l, now)
	return l.T(e.to(key), "day", day)
}

// mainLinks are what anybody can do at the moment. The first is the foremost.
func (e Edition) mainLinks(l *i18n.L, now time.Time) (list []web.Link) {
	add := func(key, href string) { list = append(list, web.Link{Text: l.T(key), Href: href}) }
	switch phase := e.Phase(now); {
	case e.State.In(Draft, Canceled):
	case phase == PhaseFiling:
		add("budget.link.propose", ProjectsHref(e.ID)+"/nowy")
	case phase == PhaseVoting:
		add("budget.link.vote", VoteHref(e.ID))
	case phase == PhaseResults || phase == PhaseDelivery:
		add("budget.link.results", ResultsHref(e.ID))
	}
	if e.PublishedAt != 0 && (e.State == Canceled || e.Phase(now) != PhaseUpcoming) {
		add("budget.link.projects", ProjectsHref(e.ID))
	}
	add("budget.link.rules", RulesHref(e.ID))
	return list
}

// moreLinks are the other pages of an edition that anybody may read.
func (e Edition) moreLinks(l *i18n.L, now time.Time) (list []web.Link) {
	add := func(shown bool, key, href string) {
		if shown {
			list = append(list, web.Link{Text: l.T("budget.link." + key), Href: href})
		}
	}
	add(e.State != Canceled, "prices", PricesHref(e.ID))
	add(e.State.In(Frozen, Voting, Closed, Counted, Final, Archived) || e.State == Published && e.Phase(now) == PhaseDrawing, "draw", DrawHref(e.ID))
	add(e.State.In(Counted, Final, Archived), "delivery", DeliveriesHref(e.ID))
	add(e.PublishedAt != 0 && e.State != Canceled, "lesson", LessonHref(e.ID))
	return list
}

// next is what happens next, who does it and by when.
func (e Edition) next(l *i18n.L, now time.Time) web.Step {
	if e.State == Draft {
		return web.Step{What: l.T("budget.next.draft"), Who: l.T("budget.who.runs")}
	}
	phase := e.Phase(now)
	step := web.Step{What: l.T(e.to("budget.next." + string(phase))), Who: l.T(e.to("budget.next_who." + string(phase)))}
	step.When, _ = e.until(l, now)
	switch phase {
	case PhaseFiling:
		step.Href = ProjectsHref(e.ID) + "/nowy"
	case PhaseProtests, PhaseDrawing, PhaseReady:
		step.Href = ProjectsHref(e.ID)
	case PhaseVoting:
		step.Href = VoteHref(e.ID)
	case PhaseResults:
		step.Href = ResultsHref(e.ID)
	case PhaseDelivery:
		step.Href = DeliveriesHref(e.ID)
	}
	return step
}

// stageLines are the stages of the calendar as a list.
func (e Edition) stageLines(l *i18n.L, now time.Time) (list []stageLine) {
	for _, st := range e.Rules.Calendar.Stages() {
		one := stageLine{Title: l.T("budget.phase." + string(st.Phase)), Text: l.T(e.to("budget.stage." + string(st.Phase))), When: spanWords(l, st)}
		begun, over := !now.Before(st.From), !now.Before(st.To)
		switch happened, on := e.reached(st.Phase); {
		case e.State.In(Draft, Canceled):
		case happened:
			one.Past = true
		case on:
			one.Now, one.Late = true, over
		default:
			one.Past, one.Late = over && !byDeed(st.Phase), over && byDeed(st.Phase)
			one.Now = begun && !over && (st.Phase == PhaseDrawing || !byDeed(st.Phase))
		}
		list = append(list, one)
		if day := e.Rules.Calendar.ObjectTo; st.Phase == PhaseResults && day != "" {
			list = append(list, e.objectionLine(l, day, now))
		}
	}
	return list
}

// objectionLine is until when one can object to the result. It is no stage of its
// own: results stand and objections run beside each other, until the result is final.
func (e Edition) objectionLine(l *i18n.L, day string, now time.Time) stageLine {
	return stageLine{Title: l.T("budget.objections"), When: l.T("budget.objections_until", "day", dayText(l, day)), Text: l.T(e.to("budget.stage.objections")),
		Past: e.FinalAt > 0, Now: e.State == Counted && now.Before(dayStop(day)), Late: e.State == Counted && !now.Before(dayStop(day))}
}

// byDeed tells that a stage is done by a deed and not by its days alone.
func byDeed(p Phase) bool {
	return p == PhaseDrawing || p == PhaseVoting || p == PhaseResults
}

// reached tells of such a stage whether it has happened, or goes on now.
func (e Edition) reached(p Phase) (happened, on bool) {
	switch p {
	case PhaseDrawing:
		return e.FrozenAt > 0, false
	case PhaseVoting:
		return e.ClosedAt > 0, e.State == Voting
	case PhaseResults:
		return e.FinalAt > 0, e.State.In(Closed, Counted)
	}
	return false, false
}

// spanWords are the days of a stage; hours stand where they decide.
func spanWords(l *i18n.L, st Stage) string {
	if st.Phase == PhaseVoting {
		return l.T("budget.span", "from", l.DateTime(st.From.In(web.Warsaw)), "to", EndWords(l, st.To.Unix()))
	}
	from, to := l.Date(st.From.In(web.Warsaw)), l.Date(st.To.In(web.Warsaw).AddDate(0, 0, -1))
	if from == to {
		return from
	}
	return l.T("budget.span", "from", from, "to", to)
}

// drawBar lays stages on a line of 1000. A stage is as wide as the root of its
// length, so that a year of delivery leaves room for a week of protests; today is
// the place of now, -1 outside.
func drawBar(stages []Stage, now time.Time) (parts []barPart, today int) {
	const gap = 4
	var all float64
	for _, st := range stages {
		all += root(st)
	}
	today = -1
	var x float64
	for _, st := range stages {
		width := 1000 * root(st) / all
		p := barPart{X: int(x), Width: max(int(width)-gap, 1), Past: !now.Before(st.To), Now: !now.Before(st.From) && now.Before(st.To)}
		if p.Now && today < 0 {
			today = int(x + width*now.Sub(st.From).Seconds()/st.To.Sub(st.From).Seconds())
		}
		parts, x = append(parts, p), x+width
	}
	return parts, today
}

// root is the square root of a stage's length; one of no length is an hour.
func root(st Stage) float64 { return math.Sqrt(max(st.To.Sub(st.From).Seconds(), 3600)) }

func poolLines(l *i18n.L, e Edition) (list []poolLine) {
	for _, p := range e.Rules.Pools {
		money := Money(l, p.Budget)
		if p.Budget == 0 {
			money = l.T("budget.money_unknown")
		}
		list = append(list, poolLine{p.Name, money, costWords(l, p)})
	}
	return list
}

// costWords say what one project of the pool may cost.
func costWords(l *i18n.L, p Pool) string {
	least, most := Money(l, p.MinCost), Money(l, p.MostCost())
	switch {
	case p.MinCost > 0 && p.MostCost() > 0:
		return l.T("budget.cost_between", "least", least, "most", most)
	case p.MinCost > 0:
		return l.T("budget.cost_from", "least", least)
	case p.MostCost() > 0:
		return l.T("budget.cost_to", "most", most)
	}
	return l.T("budget.money_unknown")
}

// rulesPage are the rules of an edition in words.
type rulesPage struct {
	web.Page
	Of     Edition
	Groups []RuleGroup
	Pools  []poolLine
	// Excludes are groups of projects of which only one can win.
	Excludes [][]web.Link
	Stages   []stageLine
	Notes    []web.Pair
	Open     []web.Pair // what is not known, with the day since when
}

func (s *Service) getRules(w http.ResponseWriter, r *web.Request) error {
	e, err := s.editionRead(r.Context(), access.ActorOf(r.Request), EditionID(r.PathValue("id")))
	if err != nil {
		return err
	}
	p := rulesPage{Page: r.Page(w, r.L.T("budget.rules.title"), crumbsOf(r.L, e)...),
		Of: e, Groups: e.InWords(r.L), Pools: poolLines(r.L, e), Stages: e.stageLines(r.L, s.now())}
	p.NoIndex = e.PublishedAt == 0
	if p.Excludes, err = s.excludeLinks(r.Context(), s.db, e); err != nil {
		return err
	}
	for _, n := range e.Rules.Notes {
		p.Notes = append(p.Notes, web.Pair{Name: r.L.T("budget.about." + n.About), Value: n.Words})
	}
	for _, o := range e.Rules.OpenPoints {
		p.Open = append(p.Open, web.Pair{Name: dayText(r.L, o.Since), Value: o.Words})
	}
	return r.Render(w, rulesView(p))
}

// getDocument gives out the document of a frozen edition as the bytes whose hash
// is published.
func (s *Service) getDocument(w http.ResponseWriter, r *web.Request) error {
	e, err := s.editionRead(r.Context(), access.ActorOf(r.Request), EditionID(r.PathValue("id")))
	if err != nil {
		return err
	}
	text, err := s.Frozen(r.Context(), e.ID)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="zasady-`+string(e.ID)+`.json"`)
	_, err = w.Write([]byte(text))
	return err
}

// postDeed answers a button that moves an edition on.
func (s *Service) postDeed(deed func(context.Context, access.Actor, EditionID) error, notice string) web.Handler {
	return func(w http.ResponseWriter, r *web.Request) error {
		id := EditionID(r.PathValue("id"))
		if err := deed(r.Context(), access.ActorOf(r.Request), id); err != nil {
			return err
		}
		return done(w, r, notice, Href(id))
	}
}

// reasoned is a deed that needs a reason in words.
type reasoned struct{ key, path string }

var (
	thawing   = reasoned{"thaw", "/odmroz"}
	canceling = reasoned{"cancel", "/odwolaj"}
)

// of is the deed as it reads for an edition. A draft is not called off before anybody
// but thrown away, without a reason: nobody else knew of it.
func (d reasoned) of(e Edition) reasoned {
	if d == canceling && e.PublishedAt == 0 {
		d.key = "discard"
	}
	return d
}

func (s *Service) getWhy(d reasoned) web.Handler {
	return func(w http.ResponseWriter, r *web.Request) error { return s.whyForm(w, r, d, nil) }
}

func (s *Service) whyForm(w http.ResponseWriter, r *web.Request, d reasoned, refusal error) error {
	e, err := s.editionRun(r.Context(), access.ActorOf(r.Request), EditionID(r.PathValue("id")))
	if err != nil {
		return err
	}
	d = d.of(e)
	p := whyPage{Page: r.Page(w, r.L.T("budget."+d.key+".title"), crumbsOf(r.L, e)...).WithErrors(refusal),
		Key: d.key, Action: Href(e.ID) + d.path, Asks: e.PublishedAt != 0, Why: r.Value("powod"), Back: Href(e.ID)}
	p.NoIndex = true
	status := http.StatusOK
	if refusal != nil {
		status = http.StatusUnprocessableEntity
	}
	return r.RenderStatus(w, status, whyView(p))
}

// whyPage asks for the reason of a deed that people will not like.
type whyPage struct {
	web.Page
	Key, Action, Why, Back string
	Asks                   bool // for a reason
}

func (s *Service) postWhy(d reasoned, deed func(context.Context, access.Actor, EditionID, string) error) web.Handler {
	return func(w http.ResponseWriter, r *web.Request) error {
		id := EditionID(r.PathValue("id"))
		err := deed(r.Context(), access.ActorOf(r.Request), id, r.Value("powod"))
		if fault.KindOf(err) == fault.Invalid {
			return s.whyForm(w, r, d, err)
		}
		if err != nil {
			return err
		}
		e, err := EditionByID(r.Context(), s.db, id)
		if err != nil {
			return err
		}
		if said := d.of(e); said != d {
			return done(w, r, said.key, Path)
		}
		return done(w, r, d.key, Href(id))
	}
}

// shade is how dark a stage is drawn: past, now, to come.
func (b barPart) shade() string {
	switch {
	case b.Now:
		return "0.75"
	case b.Past:
		return "0.4"
	}
	return "0.12"
}
