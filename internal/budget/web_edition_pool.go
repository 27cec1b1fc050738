package budget

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// days are the fields of the calendar with the days behind them.
func (c *Calendar) days() []struct {
	name string
	day  *string
} {
	return []struct {
		name string
		day  *string
	}{{"zglaszanie_od", &c.FilingFrom}, {"zglaszanie_do", &c.FilingTo}, {"ocena_do", &c.CheckTo}, {"protest_do", &c.ProtestTo}, {"wycofanie_do", &c.WithdrawTo},
		{"losowanie", &c.DrawOn}, {"wyniki_do", &c.ResultsBy}, {"sprzeciw_do", &c.ObjectTo}, {"realizacja_do", &c.DeliveryBy}}
}

func (s *Service) getCalendar(w http.ResponseWriter, r *web.Request) error {
	return s.calendarForm(w, r, nil)
}

// localTime is an instant as a browser's field of a day and an hour takes it.
const localTime = "2006-01-02T15:04"

func (s *Service) calendarForm(w http.ResponseWriter, r *web.Request, refusal error) error {
	id := EditionID(r.PathValue("id"))
	e, p, err := s.settings(w, r, "budget.calendar.title", CalendarHref(id), refusal, Draft, Published)
	if err != nil {
		return err
	}
	p.Text = r.L.T("budget.calendar.text")
	if e.State == Published {
		p.Text = r.L.T("budget.calendar.text_published")
	}
	c := e.Rules.Calendar
	field := func(kind, name, value string) {
		p.Fields = append(p.Fields, web.Field(p.Page, web.Input{Name: name, Label: r.L.T("budget.field." + name), Type: kind, Value: filled(r, refusal, name, value), Required: needsDay(name)}))
	}
	for _, d := range c.days() {
		if d.name == "wyniki_do" {
			field("datetime-local", "glosowanie_od", hourTyped(c.VoteFrom))
			field("datetime-local", "glosowanie_do", hourTyped(c.VoteTo))
		}
		field("date", d.name, *d.day)
	}
	if e.State == Published {
		p.Sees, p.SeesMore = r.L.T("budget.why_sees"), r.L.T("budget.why_sees_more")
		p.Fields = append(p.Fields, web.Textarea(p.Page, web.Area{Name: "powod", Label: r.L.T("budget.field.powod_terminu"), Value: r.Value("powod"), Required: true}))
	}
	return p.form(w, r, refusal)
}

func needsDay(name string) bool {
	return !slices.Contains([]string{"protest_do", "wycofanie_do", "realizacja_do"}, name)
}

func hourTyped(at int64) string {
	if at == 0 {
		return ""
	}
	return time.Unix(at, 0).In(web.Warsaw).Format(localTime)
}

// instantOf reads an hour as it is typed by the clock on the wall; 0 for what is none.
func instantOf(text string) int64 {
	t, err := time.ParseInLocation(localTime, text, web.Warsaw)
	if err != nil {
		return 0
	}
	return t.Unix()
}

func (s *Service) postCalendar(w http.ResponseWriter, r *web.Request) error {
	id := EditionID(r.PathValue("id"))
	c := Calendar{VoteFrom: instantOf(r.Value("glosowanie_od")), VoteTo: instantOf(r.Value("glosowanie_do"))}
	for _, d := range c.days() {
		*d.day = r.Value(d.name)
	}
	err := s.ChangeCalendar(r.Context(), access.ActorOf(r.Request), id, version(r), c, r.Value("powod"))
	if invalid(err) {
		return s.calendarForm(w, r, err)
	}
	if err != nil {
		return err
	}
	return done(w, r, "saved", Href(id))
}

func (s *Service) getPool(w http.ResponseWriter, r *web.Request) error {
	return s.poolForm(w, r, nil)
}

// poolPage is the form of one pool.
type poolPage struct {
	formPage
	Drop web.Deed // takes the pool out; zero for a new one
}

func (s *Service) poolForm(w http.ResponseWriter, r *web.Request, refusal error) error {
	id, pool := EditionID(r.PathValue("id")), PoolID(r.PathValue("pool"))
	e, form, err := s.settings(w, r, "budget.pool.title", PoolHref(id, pool), refusal, Draft)
	if err != nil {
		return err
	}
	form.NoIndex = true
	one, there := e.Pool(pool)
	switch {
	case pool == newPool:
		one = freshPool(e)
	case !there:
		return fault.ErrNotFound
	}
	if refusal != nil {
		one, _, _ = poolTyped(r, one.ID)
	}
	p := poolPage{formPage: poolFields(r, form, one, refusal)}
	if there {
		p.Drop = web.Deed{Title: r.L.T("budget.pool.drop"), Text: r.L.T("budget.pool.drop_text", "name", one.Name), Action: PoolHref(id, pool) + "/usun",
			Button: r.L.T("budget.pool.drop_button"), Hidden: form.Hidden}
	}
	status := http.StatusOK
	if refusal != nil {
		status = http.StatusUnprocessableEntity
	}
	return r.RenderStatus(w, status, poolView(p))
}

// freshPool is a pool to begin with: the ballot and the count of those that are
// there, else what a school would take.
func freshPool(e Edition) Pool {
	p := Pool{Kind: OfArea}
	if n := len(e.Rules.Pools); n > 0 {
		last := e.Rules.Pools[n-1]
		p.Kind, p.Ballot, p.Count = last.Kind, last.Ballot, last.Count
		return p
	}
	model := schoolRules(e.Year).Pools[0]
	p.Ballot, p.Count = model.Ballot, model.Count
	return p
}

// tieOrders are the orders of breaking ties that the form offers.
var tieOrders = []string{"first,votes,lot", "cost,votes,lot", "cost,lot", "votes,cost,lot", "lot"}

func poolFields(r *web.Request, form formPage, p Pool, refusal error) formPage {
	f := fieldsOf{l: r.L, page: form.Page}
	f.text("nazwa", p.Name, true)
	f.choose("rodzaj", "budget.pool_kind.", string(p.Kind), values(PoolKinds())...)
	f.text("obszar", p.Area, false)
	f.text("kwota", filled(r, refusal, "kwota", typed(p.Budget)), true)
	f.text("koszt_od", filled(r, refusal, "koszt_od", typedOrNone(p.MinCost)), false)
	f.text("koszt_do", filled(r, refusal, "koszt_do", typedOrNone(p.MaxCost)), false)
	f.choose("karta", "budget.ballot_type.", string(p.Ballot.Type), values(BallotTypes())...)
	f.figures("wybor_od", digits(p.Ballot.Min))
	f.figures("wybor_do", digits(p.Ballot.Max))
	f.text("punkty", filled(r, refusal, "punkty", joinNumbers(r.L, p.Ballot.Points)), false)
	f.figures("punkty_razem", digits(p.Ballot.Total))
	f.choose("liczenie", "budget.rule.", p.Count.Rule, greedy, mes)
	f.choose("uzytecznosc", "budget.utility.", p.Count.Utility, points, byCost, cardinality)
	f.choose("dopelnienie", "budget.completion.", p.Count.Completion, noMore, add1, "add1-exhaustive", greedy, "add1+greedy")
	f.figures("krok", strconv.FormatInt(max(p.Count.Step, 1), 10))
	f.choose("start", "budget.start.", p.Count.Start, exact, "floor")
	f.text("udzial", p.Count.MinShare, false)
	f.figures("prog", digits(p.LeastVotes))
	orders := tieOrders
	if !slices.Contains(orders, p.Count.Ties) {
		orders = append([]string{p.Count.Ties}, orders...)
	}
	pick := web.Pick{Name: "remisy", Label: r.L.T("budget.field.remisy"), Hint: r.L.T("budget.hint.remisy"), Value: p.Count.Ties, Required: true}
	for _, o := range orders {
		pick.Choices = append(pick.Choices, web.Choice{Value: o, Label: tieSteps(r.L, o)})
	}
	f.list = append(f.list, web.Select(form.Page, pick))
	f.box("wszystkie", refusal != nil && r.Value("wszystkie") != "")
	form.Fields = f.list
	return form
}

func values[T ~string](list []T) (texts []string) {
	for _, v := range list {
		texts = append(texts, string(v))
	}
	return texts
}

// typedOrNone is an amount for a field that may be empty.
func typedOrNone(grosze int64) string {
	if grosze == 0 {
		return ""
	}
	return typed(grosze)
}

// poolTyped reads the form of a pool. What is no amount or number becomes -1,
// which the pool's own check refuses.
func poolTyped(r *web.Request, id PoolID) (p Pool, alike bool, err error) {
	money := func(name string) int64 {
		n, ok := parseAmount(r.Value(name))
		if !ok {
			return -1
		}
		return n
	}
	p = Pool{ID: id, Kind: PoolKind(r.Value("rodzaj")), Name: line(r.Value("nazwa")), Area: line(r.Value("obszar")), Budget: money("kwota"),
		MinCost: money("koszt_od"), MaxCost: money("koszt_do"), LeastVotes: number(r.Value("prog")),
		Ballot: BallotRules{Type: BallotType(r.Value("karta")), Min: number(r.Value("wybor_od")), Max: number(r.Value("wybor_do"))},
		Count: CountRules{Rule: r.Value("liczenie"), Utility: r.Value("uzytecznosc"), Completion: r.Value("dopelnienie"), Step: int64(number(r.Value("krok"))),
			Start: r.Value("start"), MinShare: strings.ReplaceAll(r.Value("udzial"), " ", ""), Ties: r.Value("remisy")}}
	if p.Count.Rule == greedy { // it leaves nothing to complete, and shares no money
		p.Count.Completion, p.Count.Start, p.Count.Step = noMore, exact, 1
	}
	switch p.Ballot.Type {
	case Ranked:
		for part := range strings.FieldsFuncSeq(r.Value("punkty"), func(c rune) bool { return c == ',' || c == ' ' || c == '/' || c == ';' }) {
			p.Ballot.Points = append(p.Ballot.Points, number(part))
		}
	case Cumulative:
		p.Ballot.Total = number(r.Value("punkty_razem"))
	}
	if id != "" && known(string(id)) != nil {
		return p, false, fault.ErrNotFound
	}
	return p, r.Value("wszystkie") != "", nil
}

func (s *Service) postPool(w http.ResponseWriter, r *web.Request) error {
	id, pool := EditionID(r.PathValue("id")), PoolID(r.PathValue("pool"))
	if pool == newPool {
		pool = ""
	}
	p, alike, err := poolTyped(r, pool)
	if err != nil {
		return err
	}
	_, err = s.ChangePool(r.Context(), access.ActorOf(r.Request), id, version(r), p, alike)
	if invalid(err) {
		return s.poolForm(w, r, err)
	}
	if err != nil {
		return err
	}
	return done(w, r, "saved", SettingsHref(id))
}

func (s *Service) postPoolOut(w http.ResponseWriter, r *web.Request) error {
	id := EditionID(r.PathValue("id"))
	if err := s.DropPool(r.Context(), access.ActorOf(r.Request), id, version(r), PoolID(r.PathValue("pool"))); err != nil {
		return err
	}
	return done(w, r, "saved", SettingsHref(id))
}

// amountField is the field of a pool's money in the form of all amounts.
func amountField(n int) string { return "kwota_" + strconv.Itoa(n) }

func (s *Service) getAmounts(w http.ResponseWriter, r *web.Request) error {
	return s.amountsForm(w, r, nil)
}

// amountsForm takes the money of all pools at once: a city types eighteen of them
// from one resolution.
func (s *Service) amountsForm(w http.ResponseWriter, r *web.Request, refusal error) error {
	id := EditionID(r.PathValue("id"))
	e, p, err := s.settings(w, r, "budget.amounts.title", AmountsHref(id), refusal, Draft)
	if err != nil {
		return err
	}
	p.Text = r.L.T("budget.amounts.text")
	for n, pool := range e.Rules.Pools {
		name := amountField(n)
		p.Fields = append(p.Fields, web.Field(p.Page, web.Input{Name: name, Label: pool.Name, Value: filled(r, refusal, name, typedOrNone(pool.Budget)), Mode: "decimal", Short: true}))
	}
	return p.form(w, r, refusal)
}

func (s *Service) postAmounts(w http.ResponseWriter, r *web.Request) error {
	ctx, who, id := r.Context(), access.ActorOf(r.Request), EditionID(r.PathValue("id"))
	var typed []string
	e, err := s.editionRun(ctx, who, id)
	if err != nil {
		return err
	}
	for n := range e.Rules.Pools {
		typed = append(typed, r.Value(amountField(n)))
	}
	err = s.ChangeAmounts(ctx, who, id, version(r), typed)
	if invalid(err) {
		return s.amountsForm(w, r, err)
	}
	if err != nil {
		return err
	}
	return done(w, r, "saved", Href(id))
}
