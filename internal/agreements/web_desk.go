package agreements

import (
	"cmp"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"kladka/internal/access"
	"kladka/internal/agreements/ledger"
	"kladka/internal/directory"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// newPage is where an agreement is begun.
type newPage struct {
	web.Page
	V       url.Values
	Choices map[string][]web.Choice
	Stop    string
	Next    web.Step
}

func (s *Service) getNew(w http.ResponseWriter, r *web.Request) error {
	return s.showNew(w, r, url.Values{}, nil)
}

func (s *Service) showNew(w http.ResponseWriter, r *web.Request, v url.Values, wrong error) error {
	p := newPage{Page: r.Page(w, r.L.T("agreements.new.title"), web.Link{Text: r.L.T("agreements.title"), Href: Path}).WithErrors(wrong), V: v, Stop: stopOf(r.L, wrong)}
	p.NoIndex, p.Lead = true, r.L.T("agreements.new.lead")
	p.Next = web.Step{What: r.L.T("agreements.next.fill"), Who: r.L.T("agreements.next.party")}
	choices, err := s.choices(r, Whole{})
	if err != nil {
		return err
	}
	if p.Choices = choices; len(choices["jako"]) == 1 && v.Get("jako") == "" {
		v.Set("jako", choices["jako"][0].Value)
	}
	return r.RenderStatus(w, statusOf(wrong), newView(p))
}

// associationValue stands in forms for the association, which has no id here.
const associationValue = "stowarzyszenie"

func (s *Service) postNew(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	who := access.ActorOf(r.Request)
	a := Whole{Agreement: agreementOf(r)}
	own, err := s.ownParty(r, who)
	if err == nil {
		a.Parties = []Party{own}
		a.ID, err = s.Add(r.Context(), who, a)
	}
	if shown(err) {
		return s.showNew(w, r, r.PostForm, err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.agreements.added")
	return r.Redirect(w, Href(a.ID)+tabDesk)
}

// ownParty is the party that the actor chose to speak for: of the actor's own.
func (s *Service) ownParty(r *web.Request, who access.Actor) (p Party, err error) {
	as, mine := r.Value("jako"), placesOf(who)
	if as == associationValue && mine.all {
		return Party{Association: true, Name: cmp.Or(tidy(r.Value("nazwa_wlasna")), r.L.T("agreements.association"))}, nil
	}
	for _, id := range mine.at {
		if string(id) == as {
			names, err := s.Directory.Names(r.Context(), []access.InstitutionID{id})
			return Party{Institution: id, Name: names[id]}, err
		}
	}
	return p, fault.InvalidFields([]fault.Field{{Name: "jako", Key: "agreements.fault.choose"}})
}

func agreementOf(r *web.Request) Agreement {
	return Agreement{Kind: Kind(r.Value("rodzaj")), Under: ID(r.Value("ramowe")), Title: r.Value("tytul"), Number: r.Value("numer"), Words: r.Value("opis"),
		Source: r.Value("zrodlo"), SignedOn: r.Value("podpisano"), ValidFrom: r.Value("od"), ValidTo: r.Value("do")}
}

// choices are what forms about an agreement choose from.
func (s *Service) choices(r *web.Request, a Whole) (c map[string][]web.Choice, err error) {
	ctx, l, who := r.Context(), r.L, access.ActorOf(r.Request)
	c = map[string][]web.Choice{"rodzaj": {{Value: string(Framework), Label: l.T("agreements.kind.framework"), Hint: l.T("agreements.kind.framework_hint")},
		{Value: string(Detailed), Label: l.T("agreements.kind.detailed"), Hint: l.T("agreements.kind.detailed_hint")}}}
	for _, g := range (Outcome{}).Groups() {
		c["grupa"] = append(c["grupa"], web.Choice{Value: string(g), Label: l.T("agreements.group." + string(g))})
	}
	today := dayOf(s.now())
	for _, x := range a.Areas {
		if x.ValidTo == "" || x.ValidTo >= today {
			c["obszar"] = append(c["obszar"], web.Choice{Value: x.ID, Label: x.name()})
		}
		c["rezultat_obszar"] = append(c["rezultat_obszar"], web.Choice{Value: x.ID, Label: x.name()})
	}
	for _, x := range sides(who, a.Parties) {
		c["od_kogo"] = append(c["od_kogo"], web.Choice{Value: x.ID, Label: x.Name})
	}
	for _, x := range a.Parties {
		if x.Institution != "" {
			c["kto_id"] = append(c["kto_id"], web.Choice{Value: string(x.Institution), Label: x.Name})
		}
		if !x.Outside() {
			c["do_kogo"] = append(c["do_kogo"], web.Choice{Value: x.ID, Label: x.Name})
		}
	}
	if c["jako"], err = s.ownChoices(r, who); err != nil {
		return nil, err
	}
	if c["instytucja"], err = s.foundChoices(r); err != nil {
		return nil, err
	}
	var frames []Agreement
	err = s.db.Select(ctx, &frames, `select `+columns+` from agreements_agreements a where a.state = ? and a.kind = ? and a.id <> ? order by a.title_key, a.id limit 200`, InForce, Framework, a.ID)
	for _, f := range frames {
		c["ramowe"] = append(c["ramowe"], web.Choice{Value: string(f.ID), Label: f.Title})
	}
	return c, err
}

// ownChoices are the institutions that the actor speaks for.
func (s *Service) ownChoices(r *web.Request, who access.Actor) (list []web.Choice, err error) {
	mine := placesOf(who)
	if mine.all {
		list = append(list, web.Choice{Value: associationValue, Label: r.L.T("agreements.association")})
	}
	names, err := s.Directory.Names(r.Context(), mine.at)
	for _, id := range mine.at {
		if names[id] != "" {
			list = append(list, web.Choice{Value: string(id), Label: names[id]})
		}
	}
	return list, err
}

// foundChoices are institutions of the directory by the beginnings of words.
func (s *Service) foundChoices(r *web.Request) (list []web.Choice, err error) {
	words := r.Value("q")
	if words == "" {
		return nil, nil
	}
	found, err := s.Directory.FindNames(r.Context(), words, 20)
	if err != nil {
		return nil, err
	}
	var ids []access.InstitutionID
	for _, id := range found {
		ids = append(ids, access.InstitutionID(id))
	}
	names, err := s.Directory.Names(r.Context(), ids)
	for _, id := range ids {
		list = append(list, web.Choice{Value: string(id), Label: names[id]})
	}
	return list, err
}

// deskPage is what those who run an agreement do with it.
type deskPage struct {
	web.Page
	W         Whole
	Tabs      []web.Link
	Stop      string
	Lacks     []string
	Revision  string
	Deeds     []web.Link
	Areas     []partRow
	Outcomes  []partRow
	Parties   []partRow
	Files     []Attachment
	Proposals []proposalView
	MayForce  bool
	Next      web.Step
}

// partRow is a part of an agreement; of a draft it can be taken out.
type partRow struct{ Name, When, Part, ID string }

type proposalView struct{ Text, Words string }

func (s *Service) getDesk(w http.ResponseWriter, r *web.Request) error {
	return s.showDesk(w, r, nil)
}

func (s *Service) showDesk(w http.ResponseWriter, r *web.Request, wrong error) error {
	ctx, l := r.Context(), r.L
	a, err := s.managed(ctx, access.ActorOf(r.Request), idOf(r))
	if err != nil {
		return err
	}
	p := deskPage{Page: r.Page(w, l.T("agreements.desk.title", "title", a.Title), web.Link{Text: l.T("agreements.title"), Href: Path}, web.Link{Text: a.Title, Href: Href(a.ID)}).WithErrors(wrong),
		W: a, Tabs: tabs(l, a.ID, tabDesk), Stop: stopOf(l, wrong), Revision: strconv.FormatInt(a.Revision, 10), MayForce: a.State == Draft && len(a.ready()) == 0}
	p.NoIndex = true
	if a.State == Draft {
		for _, lack := range a.ready() {
			p.Lacks = append(p.Lacks, l.T("agreements.lacks."+lack))
		}
	}
	for _, name := range deedNames {
		if d := deeds[name]; d.of == "" && d.may(a) {
			p.Deeds = append(p.Deeds, web.Link{Text: l.T("agreements.deed." + d.key), Href: deedHref(a.ID, name, "")})
		}
	}
	for _, x := range a.Areas {
		row := partRow{Name: x.name(), Part: partArea, ID: x.ID}
		if x.ValidFrom != "" {
			row.When = span(l, x.ValidFrom, x.ValidTo)
		}
		p.Areas = append(p.Areas, row)
	}
	for _, o := range a.Outcomes {
		p.Outcomes = append(p.Outcomes, partRow{Name: o.Words, Part: partOutcome, ID: o.ID})
	}
	for _, x := range a.Parties {
		p.Parties = append(p.Parties, partRow{Name: x.Name, Part: partParty, ID: x.ID})
	}
	if p.Files, err = s.Attachments(ctx, a.ID); err != nil {
		return err
	}
	wishes, err := s.Proposals(ctx, a.ID)
	if err != nil {
		return err
	}
	for _, x := range wishes {
		if side, ok := a.party(x.Party); ok {
			p.Proposals = append(p.Proposals, proposalView{l.T("agreements.proposed", "party", side.Name, "date", l.DateText(x.Until)), x.Words})
		}
	}
	arranged, err := s.arrangementViews(r, a)
	if err != nil {
		return err
	}
	var all []arrangementView
	for _, list := range arranged {
		all = append(all, list...)
	}
	if p.Next = s.nextOf(l, a, all); p.MayForce {
		p.Next.Href = "#wejscie"
	}
	return r.RenderStatus(w, statusOf(wrong), deskView(p))
}

// deed is one form of those who run an agreement.
type deed struct {
	key string // agreements.deed.KEY, its name
	of  string // what it is about: "" the agreement, arrangement, request
	may func(Whole) bool
	do  func(s *Service, r *web.Request, who access.Actor, id ID) error
}

// button tells that a deed has no form of its own, only a button on the desk.
func (d deed) button() bool { return d.key == "force" || d.key == "take_out" }

func drafted(w Whole) bool { return w.State == Draft }
func holding(w Whole) bool { return w.State == InForce }
func standing(w Whole) bool {
	return w.State != Terminated
}

// deedNames are the deeds in the order in which pages offer them.
var deedNames = []string{"opis", "strona", "obszar", "rezultat", "ustalenie", "aneks", "wznowienie", "zakonczenie"}

// deeds are the forms by the last part of their address.
var deeds = map[string]deed{
	"opis":    {"describe", "", standing, (*Service).deedDescribe},
	"strona":  {"party", "", drafted, (*Service).deedParty},
	"obszar":  {"area", "", drafted, (*Service).deedArea},
	"wejscie": {"force", "", drafted, (*Service).deedForce},
	"usun": {"take_out", "", drafted, func(s *Service, r *web.Request, who access.Actor, id ID) error {
		return s.TakeOut(r.Context(), who, id, revisionOf(r), r.Value("czesc"), r.Value("ktora"))
	}},
	"rezultat": {"outcome", "", standing, func(s *Service, r *web.Request, who access.Actor, id ID) error {
		return s.AddOutcome(r.Context(), who, id, revisionOf(r), Outcome{Words: r.Value("rezultat"), Group: ledger.Group(r.Value("grupa")), Baseline: ParseYear(r.Value("rok")), Area: r.Value("rezultat_obszar")})
	}},
	"aneks":       {"annex", "", holding, (*Service).deedAnnex},
	"wznowienie":  {"renew", "", holding, (*Service).deedRenew},
	"zakonczenie": {"end", "", holding, (*Service).deedEnd},
	"ustalenie":   {"arrange", "", holding, (*Service).deedArrange},
	"zmiana":      {"rearrange", arrangementThing, standing, (*Service).deedRearrange},
	"stan":        {"move", arrangementThing, standing, (*Service).deedMove},
	"ekspert":     {"expert", "", holding, (*Service).deedExpert},
	"odpowiedz":   {"answer", requestThing, standing, (*Service).deedAnswer},
}

func (s *Service) deedDescribe(r *web.Request, who access.Actor, id ID) error {
	return s.Describe(r.Context(), who, id, revisionOf(r), agreementOf(r))
}

func (s *Service) deedParty(r *web.Request, who access.Actor, id ID) error {
	p := Party{Institution: access.InstitutionID(r.Value("instytucja")), Name: r.Value("strona"), Ours: r.Value("korzysci"), Association: r.Value("stowarzyszenie") == "tak"}
	if p.Institution != "" && known(string(p.Institution)) != nil {
		return fault.InvalidFields([]fault.Field{{Name: "instytucja", Key: "agreements.fault.choose"}})
	}
	return s.AddParty(r.Context(), who, id, revisionOf(r), p, Signatory{Name: r.Value("podpis"), Function: r.Value("funkcja")})
}

func areaOf(r *web.Request) Area {
	return Area{Title: r.Value("obszar"), Words: r.Value("obszar_opis")}
}

func (s *Service) deedArea(r *web.Request, who access.Actor, id ID) error {
	return s.AddArea(r.Context(), who, id, revisionOf(r), areaOf(r))
}

func (s *Service) deedForce(r *web.Request, who access.Actor, id ID) error {
	return s.PutInForce(r.Context(), who, id, revisionOf(r))
}

func (s *Service) deedAnnex(r *web.Request, who access.Actor, id ID) error {
	return s.Amend(r.Context(), who, id, revisionOf(r), Amendment{Ends: r.PostForm["koniec"], New: areaOf(r),
		Annex: Annex{SignedOn: r.Value("podpisano"), HoldsFrom: r.Value("od"), ValidTo: r.Value("do"), Words: r.Value("tresc")}})
}

func (s *Service) deedRenew(r *web.Request, who access.Actor, id ID) error {
	return s.Propose(r.Context(), who, id, r.Value("od_kogo"), r.Value("do"), r.Value("slowa"))
}

func (s *Service) deedEnd(r *web.Request, who access.Actor, id ID) error {
	return s.Terminate(r.Context(), who, id, revisionOf(r), r.Value("dnia"), r.Value("powod"))
}

// arrangementOf reads the form of an arrangement.
func arrangementOf(r *web.Request) (Arrangement, error) {
	g := Arrangement{ID: r.Value("dla"), Area: r.Value("obszar"), Title: r.Value("co"), Words: r.Value("opis"), Owner: access.InstitutionID(r.Value("kto_id")), OwnerName: r.Value("kto"), Due: r.Value("termin")}
	amount, ok := ParseMoney(r.Value("kwota"))
	if !ok {
		return g, fault.InvalidFields([]fault.Field{{Name: "kwota", Key: "agreements.fault.money"}})
	}
	if g.Owner != "" && known(string(g.Owner)) != nil {
		return g, fault.InvalidFields([]fault.Field{{Name: "kto_id", Key: "agreements.fault.choose"}})
	}
	g.Money = amount
	return g, nil
}

func (s *Service) deedArrange(r *web.Request, who access.Actor, id ID) error {
	g, err := arrangementOf(r)
	if err == nil {
		_, err = s.Arrange(r.Context(), who, id, g)
	}
	return err
}

func (s *Service) deedRearrange(r *web.Request, who access.Actor, id ID) error {
	g, err := arrangementOf(r)
	if err != nil {
		return err
	}
	return s.Rearrange(r.Context(), who, id, revisionOf(r), g)
}

func (s *Service) deedMove(r *web.Request, who access.Actor, id ID) error {
	e := Ending{State: Progress(r.Value("stan")), On: r.Value("dnia"), Words: r.Value("wynik")}
	for _, text := range r.PostForm["efekty"] {
		kind, ref, _ := strings.Cut(text, "/")
		e.Results = append(e.Results, ledger.Ref{Kind: kind, ID: ref})
	}
	return s.Move(r.Context(), who, id, r.Value("dla"), revisionOf(r), e)
}

func (s *Service) deedExpert(r *web.Request, who access.Actor, id ID) error {
	_, err := s.AskExpert(r.Context(), who, id, Request{From: r.Value("od_kogo"), To: r.Value("do_kogo"), Area: r.Value("obszar"), Topic: r.Value("temat"), Occasion: r.Value("okazja"), AnswerBy: r.Value("odpowiedz")})
	return err
}

func (s *Service) deedAnswer(r *web.Request, who access.Actor, id ID) error {
	return s.AnswerRequest(r.Context(), who, id, r.Value("dla"), Reply{Yes: r.Value("zgoda") == "tak", Expert: r.Value("ekspert"), ExpertFrom: r.Value("skad"), Reason: r.Value("powod")})
}

// deedPage is the page of one form.
type deedPage struct {
	web.Page
	W        Whole
	Deed     string
	Action   string
	Of       string // id of what it is about
	About    string
	Revision string
	V        url.Values
	Stop     string
	Choices  map[string][]web.Choice
	Next     web.Step
}

func (s *Service) getDeed(w http.ResponseWriter, r *web.Request) error {
	return s.showDeed(w, r, nil, nil)
}

func (s *Service) postDeed(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	d, ok := deeds[r.PathValue("deed")]
	if !ok {
		return fault.ErrNotFound
	}
	err := d.do(s, r, access.ActorOf(r.Request), idOf(r))
	if shown(err) && d.button() {
		return s.showDesk(w, r, err)
	}
	if shown(err) {
		return s.showDeed(w, r, r.PostForm, err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.agreements.saved")
	switch {
	case d.of == arrangementThing:
		return r.Redirect(w, Href(idOf(r))+"/ustalenia/"+r.Value("dla"))
	case d.of == requestThing || d.key == "expert":
		return r.Redirect(w, Href(idOf(r))+tabExperts)
	case d.key == "arrange":
		return r.Redirect(w, Href(idOf(r))+"#ustalenia")
	}
	return r.Redirect(w, Href(idOf(r))+tabDesk)
}

// showDeed draws a form; v is what was typed, nil for what is stored.
func (s *Service) showDeed(w http.ResponseWriter, r *web.Request, v url.Values, wrong error) error {
	ctx, l, name := r.Context(), r.L, r.PathValue("deed")
	d, ok := deeds[name]
	if !ok || d.button() {
		return fault.ErrNotFound
	}
	a, err := s.managed(ctx, access.ActorOf(r.Request), idOf(r))
	if err != nil {
		return err
	}
	p := deedPage{Page: r.Page(w, l.T("agreements.deed."+d.key), web.Link{Text: l.T("agreements.title"), Href: Path}, web.Link{Text: a.Title, Href: Href(a.ID)},
		web.Link{Text: l.T("agreements.tab.desk"), Href: Href(a.ID) + tabDesk}).WithErrors(wrong), W: a, Deed: d.key, Action: deedHref(a.ID, name, ""), Of: r.Value("dla"),
		Revision: strconv.FormatInt(a.Revision, 10), V: v, Stop: stopOf(l, wrong)}
	p.NoIndex, p.Lead = true, a.Title
	if p.Stop == "" && !d.may(a) {
		p.Stop = l.T("agreements.fault.settled")
	}
	if p.Choices, err = s.choices(r, a); err != nil {
		return err
	}
	if p.V == nil {
		p.V = url.Values{}
	}
	if err := s.fillDeed(r, &p, d, v == nil); err != nil {
		return err
	}
	p.Next = web.Step{What: l.T("agreements.deed." + d.key + "_next"), Who: l.T("agreements.next.parties")}
	return r.RenderStatus(w, statusOf(wrong), deedView(p))
}

// fillDeed puts what is stored into a form that is opened afresh.
func (s *Service) fillDeed(r *web.Request, p *deedPage, d deed, fresh bool) error {
	if own := p.Choices["od_kogo"]; fresh && len(own) == 1 {
		p.V.Set("od_kogo", own[0].Value)
	}
	switch {
	case d.key == "describe" && fresh:
		a := p.W.Agreement
		p.V = url.Values{"rodzaj": {string(a.Kind)}, "ramowe": {string(a.Under)}, "tytul": {a.Title}, "numer": {a.Number}, "opis": {a.Words}, "zrodlo": {a.Source},
			"podpisano": {a.SignedOn}, "od": {a.ValidFrom}, "do": {a.ValidTo}}
	case d.of == arrangementThing:
		return s.fillArrangement(r, p, d, fresh)
	case d.of == requestThing:
		q, err := requestByID(r.Context(), s.db, p.Of)
		if err != nil || q.Agreement != p.W.ID {
			return cmp.Or(err, fault.ErrNotFound)
		}
		p.About = q.Topic + " – " + q.Occasion
	}
	return nil
}

func (s *Service) fillArrangement(r *web.Request, p *deedPage, d deed, fresh bool) error {
	g, err := arrangementByID(r.Context(), s.db, p.Of)
	if err != nil || g.Agreement != p.W.ID {
		return cmp.Or(err, fault.ErrNotFound)
	}
	p.About, p.Revision = g.Title, strconv.FormatInt(g.Revision, 10)
	if d.key == "rearrange" && fresh {
		p.V = url.Values{"obszar": {g.Area}, "co": {g.Title}, "opis": {g.Words}, "kto_id": {string(g.Owner)}, "kto": {g.OwnerName}, "termin": {g.Due}, "kwota": {amountText(g.Money)}}
	}
	if d.key != "move" {
		return nil
	}
	for _, to := range []Progress{InProgress, Done, Dropped} {
		if g.State.may(to) {
			p.Choices["stan"] = append(p.Choices["stan"], web.Choice{Value: string(to), Label: r.L.T("agreements.move." + string(to))})
		}
	}
	if fresh {
		p.V.Set("dnia", dayOf(s.now()))
	}
	if g.Area == "" {
		return nil
	}
	list, _, err := s.Ledger.Activities(r.Context(), s.db, ledger.Area(g.Area), 0, web.Cursor{}, rowsOnPage)
	for _, a := range list {
		if a.Kind != ArrangementKind && a.Title != "" {
			p.Choices["efekty"] = append(p.Choices["efekty"], web.Choice{Value: a.Kind + "/" + a.ID, Label: a.Title, Hint: dayText(r.L, a.On)})
		}
	}
	return err
}

// amountText is an amount as it is typed.
func amountText(grosze int64) string {
	if grosze == 0 {
		return ""
	}
	return strconv.FormatInt(grosze/100, 10) + "," + strconv.Itoa(int(grosze%100/10)) + strconv.Itoa(int(grosze%10))
}

// arrangementPage is one arrangement, for everybody.
type arrangementPage struct {
	web.Page
	G       arrangementView
	W       Whole
	Words   []string
	Facts   []web.Fact
	Results []activityView
	Deeds   []web.Link
	Trace   string
	Next    web.Step
}

func (s *Service) getArrangement(w http.ResponseWriter, r *web.Request) error {
	ctx, l, who := r.Context(), r.L, access.ActorOf(r.Request)
	a, err := s.Find(ctx, who, idOf(r))
	if err != nil {
		return err
	}
	g, err := arrangementByID(ctx, s.db, r.PathValue("arrangement"))
	if err != nil || g.Agreement != a.ID {
		return cmp.Or(err, fault.ErrNotFound)
	}
	list := []Arrangement{g}
	names, err := s.owners(ctx, list)
	if err != nil {
		return err
	}
	p := arrangementPage{Page: r.Page(w, g.Title, web.Link{Text: l.T("agreements.title"), Href: Path}, web.Link{Text: a.Title, Href: Href(a.ID)}), W: a, Words: lines(g.Words),
		G: s.arrangementView(l, g, names)}
	if g.Trace != "" {
		p.Trace = traceHref(g.Trace)
	}
	p.facts(l, a, g)
	if p.Results, err = s.resultViews(r, a, g); err != nil {
		return err
	}
	if runsIt(who, a) && !g.State.Over() {
		p.Deeds = []web.Link{{Text: l.T("agreements.deed.move"), Href: deedHref(a.ID, "stan", g.ID)}, {Text: l.T("agreements.deed.rearrange"), Href: deedHref(a.ID, "zmiana", g.ID)}}
	}
	if p.Next = (web.Step{What: l.T("agreements.next.carry"), Who: p.G.Who, When: l.DateText(g.Due)}); g.State.Over() {
		p.Next = web.Step{What: l.T("agreements.next.closed")}
	}
	return r.Render(w, arrangementPageView(p))
}

func (p *arrangementPage) facts(l *i18n.L, a Whole, g Arrangement) {
	area := l.T("agreements.no_area")
	if x, ok := a.area(g.Area); ok {
		area = x.name()
	}
	p.Facts = []web.Fact{{Name: l.T("agreements.field.area"), Value: area, Href: Href(a.ID) + "#obszar-" + g.Area}, {Name: l.T("agreements.field.who"), Value: p.G.Who},
		{Name: l.T("agreements.field.due"), Value: l.DateText(g.Due)}, {Name: l.T("agreements.field.money"), Value: p.G.Money}}
	if g.Area == "" {
		p.Facts[0].Href = ""
	}
	if g.ClosedOn != "" {
		p.Facts = append(p.Facts, web.Fact{Name: l.T("agreements.field.closed_on"), Value: l.DateText(g.ClosedOn)})
	}
	if g.Meeting != "" {
		p.Facts = append(p.Facts, web.Fact{Name: l.T("agreements.field.decision"), Value: l.T("agreements.of_meeting"), Href: "/spotkania/" + g.Meeting})
	}
}

// resultViews are the activities that came of an arrangement, as the area lists them.
func (s *Service) resultViews(r *web.Request, a Whole, g Arrangement) (views []activityView, err error) {
	all, err := s.Arrangements(r.Context(), a.ID)
	if err != nil {
		return nil, err
	}
	for _, x := range all {
		if x.ID == g.ID {
			g.Results = x.Results
		}
	}
	if len(g.Results) == 0 || g.Area == "" {
		return nil, nil
	}
	list, _, err := s.Ledger.Activities(r.Context(), s.db, ledger.Area(g.Area), 0, web.Cursor{}, 200)
	return activityViewsOf(r.L, list, g.Results), err
}

func activityViewsOf(l *i18n.L, list []ledger.Listed, refs []ledger.Ref) []activityView {
	var chosen []ledger.Listed
	for _, x := range list {
		for _, ref := range refs {
			if x.Ref == ref {
				chosen = append(chosen, x)
			}
		}
	}
	return activityViews(l, chosen)
}

// jointPage is where activities are marked as joint.
type jointPage struct {
	web.Page
	W      Whole
	Tabs   []web.Link
	Area   Area
	Areas  []web.Link
	Marked bool
	Switch []web.Link
	Rows   []jointRow
	Pager  web.Pager
	Stop   string
	Next   web.Step
}

type jointRow struct {
	activityView
	Kind, ID, On, Mark string
}

func (s *Service) getJoint(w http.ResponseWriter, r *web.Request) error {
	return s.showJoint(w, r, nil)
}

func (s *Service) showJoint(w http.ResponseWriter, r *web.Request, wrong error) error {
	ctx, l := r.Context(), r.L
	a, err := s.managed(ctx, access.ActorOf(r.Request), idOf(r))
	if err != nil {
		return err
	}
	at, err := web.CursorOf(r.URL.Query())
	if err != nil {
		return err
	}
	p := jointPage{Page: r.Page(w, l.T("agreements.joint.title"), web.Link{Text: l.T("agreements.title"), Href: Path}, web.Link{Text: a.Title, Href: Href(a.ID)}), W: a,
		Tabs: tabs(l, a.ID, tabJoint), Marked: r.Value("oznaczone") == "tak", Stop: stopOf(l, wrong)}
	p.NoIndex, p.Lead = true, l.T("agreements.joint.lead")
	if len(a.Areas) == 0 {
		p.Next = s.nextOf(l, a, nil)
		return r.Render(w, jointView(p))
	}
	p.Area = a.Areas[0]
	if x, ok := a.area(r.Value("obszar")); ok {
		p.Area = x
	}
	p.links(l)
	scope := ledger.Near(p.Area.ID)
	if p.Marked {
		scope = ledger.Area(p.Area.ID)
	}
	list, more, err := s.Ledger.Activities(ctx, s.db, scope, 0, at, rowsOnPage)
	if err != nil {
		return err
	}
	if p.Rows, err = s.jointRows(r, a, list); err != nil {
		return err
	}
	if len(list) > 0 {
		p.Pager = web.PagerFor(r.URL, at, list[0].Place(), list[len(list)-1].Place(), more)
	}
	year := directory.SchoolYear(s.now()) - 1
	p.Next = web.Step{What: l.T("agreements.next.confirm", "year", yearText(year)), Who: l.T("agreements.next.parties"), Href: yearHref(a.ID, year)}
	return r.RenderStatus(w, statusOf(wrong), jointView(p))
}

func (p *jointPage) links(l *i18n.L) {
	marked := ""
	if p.Marked {
		marked = "&oznaczone=tak"
	}
	base := Href(p.W.ID) + tabJoint + "?obszar="
	for _, x := range p.W.Areas {
		p.Areas = append(p.Areas, web.Link{Text: x.name(), Href: base + x.ID + marked, Current: x.ID == p.Area.ID})
	}
	p.Switch = []web.Link{{Text: l.T("agreements.joint.waiting"), Href: base + p.Area.ID, Current: !p.Marked},
		{Text: l.T("agreements.joint.marked"), Href: base + p.Area.ID + "&oznaczone=tak", Current: p.Marked}}
}

// jointRows are activities with who marked them and when.
func (s *Service) jointRows(r *web.Request, a Whole, list []ledger.Listed) (rows []jointRow, err error) {
	var refs []ledger.Ref
	for _, x := range list {
		refs = append(refs, x.Ref)
	}
	marks, err := ledger.Marks(r.Context(), s.db, string(a.ID), refs)
	if err != nil {
		return nil, err
	}
	var people []string
	for _, m := range marks {
		people = append(people, m.By)
	}
	names, err := s.People.NamesOf(r.Context(), people)
	for n, v := range activityViews(r.L, list) {
		row := jointRow{activityView: v, Kind: list[n].Kind, ID: list[n].ID, On: list[n].On}
		if m, ok := marks[list[n].Ref]; ok && m.EndedAt == 0 {
			row.Mark = r.L.T("agreements.joint.by", "who", cmp.Or(names[m.By], r.L.T("agreements.joint.program")), "date", r.L.Date(unix(m.At).In(web.Warsaw)))
		}
		rows = append(rows, row)
	}
	return rows, err
}

func (s *Service) postJoint(w http.ResponseWriter, r *web.Request) (err error) {
	if err := r.Form(); err != nil {
		return err
	}
	ctx, who, ref, notice := r.Context(), access.ActorOf(r.Request), ledger.Ref{Kind: r.Value("rodzaj"), ID: r.Value("dzialanie")}, "notice.agreements.joint"
	if r.Value("cofnij") == "tak" {
		notice, err = "notice.agreements.not_joint", s.EndJoint(ctx, who, idOf(r), ref)
	} else {
		err = s.MarkJoint(ctx, who, idOf(r), ref, r.Value("od"))
	}
	if shown(err) {
		return s.showJoint(w, r, err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, notice)
	back := Href(idOf(r)) + tabJoint + "?obszar=" + url.QueryEscape(r.Value("obszar"))
	if r.Value("cofnij") == "tak" {
		back += "&oznaczone=tak"
	}
	return r.Redirect(w, back)
}

// expertsPage are the requests for experts between the parties.
type expertsPage struct {
	web.Page
	W    Whole
	Tabs []web.Link
	Rows []requestView
	May  bool
	Ask  string
	Next web.Step
}

type requestView struct {
	ID, Topic, Occasion, State, Kind, Who, When, Answer, Trace string
	AnswerHref, WithdrawHref                                   string
}

func (s *Service) getExperts(w http.ResponseWriter, r *web.Request) error {
	ctx, l, who := r.Context(), r.L, access.ActorOf(r.Request)
	a, err := s.managed(ctx, who, idOf(r))
	if err != nil {
		return err
	}
	list, err := s.Requests(ctx, who, a.ID)
	if err != nil {
		return err
	}
	p := expertsPage{Page: r.Page(w, l.T("agreements.experts.title"), web.Link{Text: l.T("agreements.title"), Href: Path}, web.Link{Text: a.Title, Href: Href(a.ID)}), W: a,
		Tabs: tabs(l, a.ID, tabExperts), May: a.StateOn(dayOf(s.now())) == InForce, Ask: deedHref(a.ID, "ekspert", "")}
	p.NoIndex, p.Lead = true, l.T("agreements.experts.lead")
	if p.Next = (web.Step{What: l.T("agreements.deed.expert"), Who: l.T("agreements.next.party"), Href: p.Ask}); !p.May {
		p.Next = web.Step{What: l.T("agreements.next.over")}
	}
	for _, q := range list {
		v, err := s.requestView(r, who, a, q)
		if err != nil {
			return err
		}
		if p.Rows = append(p.Rows, v); q.State == Asked {
			to, _ := a.party(q.To)
			p.Next = web.Step{What: l.T("agreements.desk.answer", "topic", q.Topic), Who: to.Name, When: l.DateText(q.AnswerBy), Href: v.AnswerHref}
		}
	}
	return r.Render(w, expertsView(p))
}

func (s *Service) requestView(r *web.Request, who access.Actor, a Whole, q Request) (v requestView, err error) {
	l := r.L
	from, _ := a.party(q.From)
	to, _ := a.party(q.To)
	v = requestView{ID: q.ID, Topic: q.Topic, Occasion: q.Occasion, State: l.T("agreements.request." + string(q.State)), Kind: map[Answer]string{Given: "ok", Refused: "bad"}[q.State],
		Who: l.T("agreements.request.who", "from", from.Name, "to", to.Name), When: l.T("agreements.until", "date", l.DateText(q.AnswerBy)), Trace: traceHref(q.Trace)}
	switch q.State {
	case Given:
		v.Answer = l.T("agreements.request.expert", "who", cmp.Or(q.Expert, l.T("agreements.request.erased")), "from", q.ExpertFrom)
	case Refused:
		v.Answer = q.Reason
	case Asked:
		for _, p := range sides(who, []Party{from, to}) {
			if p.ID == to.ID {
				v.AnswerHref = deedHref(a.ID, "odpowiedz", q.ID)
			} else {
				v.WithdrawHref = Href(a.ID) + tabExperts + "/" + q.ID + "/cofnij"
			}
		}
	}
	return v, nil
}

func (s *Service) postWithdraw(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	if err := s.Withdraw(r.Context(), access.ActorOf(r.Request), idOf(r), r.PathValue("request")); err != nil {
		return err
	}
	r.Notify(w, "notice.agreements.withdrawn")
	return r.Redirect(w, Href(idOf(r))+tabExperts)
}
