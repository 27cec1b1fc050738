package result

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/budget/vote"
	"kladka/internal/platform/chart"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// resultsPage is what came of an edition, pool by pool.
type resultsPage struct {
	web.Page
	Edition budget.Edition
	Opening Opening
	Next    web.Step
	Figures []web.Figure
	Pools   []poolLine
	Object  string // until when one may object
	// Declared are the numbers of declarations, Unchecked the words that fewer of them
	// were checked than the rules say; empty where there is nothing to tell.
	Declared  []web.Fact
	Unchecked string
}

func (s *Service) getResults(w http.ResponseWriter, r *web.Request) error {
	e, o, err := s.reads(r.Context(), access.ActorOf(r.Request), editionOf(r))
	if err != nil {
		return err
	}
	p := resultsPage{Page: r.Page(w, r.L.T("result.title"), crumbs(r.L, e)...), Edition: e, Opening: o, Next: nextStep(r.L, e, o)}
	p.Lead = e.Title
	if o.Published() {
		if p.Pools, err = s.poolLines(r, e, o); err != nil {
			return err
		}
		p.Figures, p.Object = resultFigures(r.L, p.Pools), objectWords(r.L, e, o, s.now())
		p.Declared, p.Unchecked = declaredWords(r.L, e, p.Pools)
	}
	return r.Render(w, resultsView(p))
}

// objectWords tell until when one may object to the result.
func objectWords(l *i18n.L, e budget.Edition, o Opening, now time.Time) string {
	key, end := "result.object.until", objectionsEnd(e)
	switch {
	case end.IsZero() && (o.State == Final || o.State == Destroyed):
		return l.T("result.object.final")
	case end.IsZero():
		return l.T("result.object.no_day")
	case o.State == Final || o.State == Destroyed || !now.Before(end):
		key = "result.object.over"
	}
	return l.T(key, "day", l.DateText(e.Rules.Calendar.ObjectTo))
}

// officeHref is the page of who runs an edition, with an address to write to.
func officeHref(e budget.Edition) string { return "/instytucje/" + string(e.Owner) }

// resultFigures sum up what may be summed: ballots are of pools, and one person
// may have cast several.
func resultFigures(l *i18n.L, pools []poolLine) []web.Figure {
	var ballots, winners int
	var cost int64
	for _, p := range pools {
		ballots, winners, cost = ballots+p.Count.Valid, winners+len(p.Count.Outcome.Winners), cost+p.Count.Outcome.Cost
	}
	return []web.Figure{{Value: l.Number(winners), Label: l.N("result.figure.winners", winners)}, {Value: budget.Money(l, cost), Label: l.T("result.figure.cost")},
		{Value: l.Number(ballots), Label: l.N("result.figure.ballots", ballots)}}
}

// declaredWords tell of the declarations by which people came to their rights, and
// whether the share that the rules name was checked.
func declaredWords(l *i18n.L, e budget.Edition, pools []poolLine) (facts []web.Fact, short string) {
	if len(pools) == 0 || pools[0].Count.Turnout.Declared == nil {
		return nil, ""
	}
	t := pools[0].Count.Turnout.Declared
	for _, n := range []struct {
		key string
		n   int
	}{{"given", t.Given}, {"wanted", t.Wanted}, {"drawn", t.Drawn}, {"checked", t.Checked}, {"refused", t.Refused}} {
		facts = append(facts, web.Fact{Name: l.T("result.declared." + n.key), Value: l.Number(n.n)})
	}
	if !t.Reached() {
		short = l.T("result.declared.short", "percent", e.Rules.Who.Self.DrawnShare, "wanted", l.Number(t.Wanted), "drawn", l.Number(t.Drawn), "checked", l.Number(t.Checked))
	}
	return facts, short
}

// poolPage is the result of one pool.
type poolPage struct {
	web.Page
	Edition  budget.Edition
	Pool     budget.Pool
	Opening  Opening
	Count    PoolCount
	Next     web.Step
	Facts    []web.Fact
	Line     poolLine
	Winners  []projectLine
	Projects []projectLine // all, winners first
	Why      web.Reason
	Chart    chart.Picture
	Ties     []string
	Barred   []string
	Vouched  []string // how far the second count went, when not the whole way
	Paper    []string
	Sources  []web.Fact
	Ways     []web.Fact
	Hashes   []web.Fact
	Command  string
	Points   bool   // ballots carry points
	Unopened string // why no envelope was opened, "" when they were
}

// projectLine is one project in a result.
type projectLine struct {
	ID, Title, Href     string
	Cost, Votes, Points string
	Won                 bool
	Why, WhyHref        string
}

func (s *Service) getPool(w http.ResponseWriter, r *web.Request) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	e, c, pool, err := s.published(ctx, who, editionOf(r), budget.PoolID(r.PathValue("pool")))
	if err != nil {
		return err
	}
	o, err := OpeningOf(ctx, s.db, e.ID)
	if err != nil {
		return err
	}
	projects, err := s.Editions.OnBallot(ctx, s.db, e.ID, pool.ID)
	if err != nil {
		return err
	}
	p := poolPage{Page: r.Page(w, r.L.T("result.pool.title", "pool", pool.Name), crumbs(r.L, e, web.Link{Text: r.L.T("result.title"), Href: Href(e.ID)})...),
		Edition: e, Pool: pool, Opening: o, Count: c, Next: nextStep(r.L, e, o), Points: voteType(pool.Ballot).Pointed(), Command: Command(c.Outcome.Rule, fileName(e, pool)),
		Line: poolLine{Name: pool.Name, Differences: differenceWords(r, c), Numbers: numberFacts(r, c)}}
	p.Lead = e.Title
	names := titles(projects)
	if err := s.nameOthers(ctx, e, c.Outcome, names); err != nil {
		return err
	}
	p.Projects = projectLines(r.L, c, names, decimals, p.Points)
	p.Winners = p.Projects[:len(c.Outcome.Winners)]
	p.Facts = moneyFacts(r.L, c.Outcome)
	if c.Unopened {
		p.Unopened = unopenedWords(r.L)
	}
	p.Why = web.Reason{Text: r.L.T("result.rule." + c.Outcome.Rule.Name), Rule: ruleWords(r.L, c.Outcome.Rule), Numbers: ruleNumbers(r.L, c.Outcome)}
	if !c.Unopened {
		p.Chart = votesChart(r.L, pool, c.Outcome, names)
	}
	p.Ties = tieWords(r.L, c.Outcome, names)
	p.Barred, p.Vouched = barredWords(r.L, c.Outcome, names), vouchedWords(r.L, c)
	if p.Paper, err = s.paperWords(r, e.ID, pool.ID); err != nil {
		return err
	}
	p.Sources, p.Ways = partFacts(r.L, "result.source.", c.Turnout.Sources), partFacts(r.L, "result.way.", c.Turnout.Ways)
	p.Hashes = []web.Fact{{Name: r.L.T("result.hash.outcome"), Value: c.OutcomeHash}, {Name: r.L.T("result.hash.plain"), Value: c.PlainHash}}
	if c.Public() {
		p.Hashes = append(p.Hashes, web.Fact{Name: r.L.T("result.hash.file"), Value: c.FileHash})
	}
	p.Hashes = append(p.Hashes, web.Fact{Name: r.L.T("result.hash.rules"), Value: c.Outcome.RulesHash})
	return r.Render(w, poolView(p))
}

// unopenedWords tell that a pool was not opened, and why.
func unopenedWords(l *i18n.L) string {
	return l.T("result.unopened.text", "n", vote.LeastElectors)
}

// nameOthers adds the names of projects of other pools that bar some of this one.
func (s *Service) nameOthers(ctx context.Context, e budget.Edition, o Outcome, names map[budget.ProjectID]string) error {
	if len(o.Rule.Barred) == 0 {
		return nil
	}
	for _, pool := range e.Rules.Pools {
		others, err := s.Editions.OnBallot(ctx, s.db, e.ID, pool.ID)
		if err != nil {
			return err
		}
		maps.Copy(names, titles(others))
	}
	return nil
}

// barredWords tell which projects could not win, because of a pool before this one.
func barredWords(l *i18n.L, o Outcome, names map[budget.ProjectID]string) (list []string) {
	for _, b := range o.Rule.Barred {
		list = append(list, l.T("result.barred_line", "title", names[b.Project], "other", names[b.By]))
	}
	return list
}

// vouchedWords tell how far the second count went; nothing when the whole way.
func vouchedWords(l *i18n.L, count PoolCount) []string {
	c := count.Certificate
	if c == nil || c.Full() {
		return nil
	}
	if count.Outcome.Few { // how often shares were raised tells what voters paid
		return []string{l.T("result.certificate.few"), l.T("result.certificate.rest")}
	}
	end := "result.certificate.overspends"
	if c.Stopped {
		end = "result.certificate.stopped"
	}
	steps := make([]string, len(c.Checked))
	for i, step := range c.Checked {
		steps[i] = l.Number(step)
	}
	return []string{l.T("result.certificate.text", "steps", l.Number(c.Steps), "n", l.Number(len(c.Checked)), "end", l.T(end)),
		l.T("result.certificate.steps", "list", strings.Join(steps, ", ")), l.T("result.certificate.rest")}
}

// paperWords tell how many declarations and ballots on paper there were, and what
// explains a difference.
func (s *Service) paperWords(r *web.Request, id budget.EditionID, pool budget.PoolID) (list []string, err error) {
	counts, err := s.Box.Paper(r.Context(), s.db, id)
	for _, c := range counts {
		if c.Pool != pool {
			continue
		}
		list = append(list, r.L.T("result.paper.text", "declared", r.L.Number(c.Declared), "ballots", r.L.Number(c.Ballots)))
		if c.Withdrawn > 0 {
			list = append(list, r.L.T("result.paper.withdrawn", "n", r.L.Number(c.Withdrawn)))
		}
		if c.Words != "" {
			list = append(list, c.Words)
		}
	}
	return list, err
}

// titles are the names of projects on a ballot.
func titles(projects []budget.BallotProject) map[budget.ProjectID]string {
	names := make(map[budget.ProjectID]string, len(projects))
	for _, p := range projects {
		names[p.ID] = p.Title
	}
	return names
}

// projectLines are all projects with what they got and why: winners in the order
// in which they were chosen, then the others by what they got.
func projectLines(l *i18n.L, c PoolCount, names map[budget.ProjectID]string, decimals int, points bool) []projectLine {
	won := c.Outcome.won()
	order := make([]int, len(c.Outcome.Standings))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		x, y := c.Outcome.Standings[a], c.Outcome.Standings[b]
		switch placeX, placeY := won[x.Project], won[y.Project]; {
		case placeX > 0 && placeY > 0:
			return placeX - placeY
		case placeX > 0:
			return -1
		case placeY > 0:
			return 1
		}
		return cmp.Compare(y.Score, x.Score)
	})
	lines := make([]projectLine, 0, len(order))
	for _, i := range order {
		s := c.Outcome.Standings[i]
		line := projectLine{ID: string(s.Project), Title: names[s.Project], Cost: money(l, s.Cost, decimals), Votes: l.Number(int(s.Votes)), Won: won[s.Project] > 0}
		if points {
			line.Points = l.Number(int(s.Score))
		}
		if i < len(c.Reasons) {
			line.Why = whyWords(l, c.Reasons[i], s, names, decimals)
		}
		if c.Unopened {
			line.Votes, line.Points = "–", "–"
		}
		if c.Edition != "" {
			line.Href, line.WhyHref = budget.ProjectHref(s.Project), WhyHref(c.Edition, c.Pool, s.Project)
		}
		lines = append(lines, line)
	}
	return lines
}

// money writes an amount of a file, which may have other parts than grosze.
func money(l *i18n.L, amount int64, parts int) string {
	if parts == decimals {
		return budget.Money(l, amount)
	}
	whole, rest := split(amount, parts)
	return strings.TrimSuffix(budget.Money(l, whole*100), "\u00a0zł") + fractionText(l, rest, parts) // grouped as money, not as a number
}

// decimalText writes a number of parts, of which so many decimals make one.
func decimalText(l *i18n.L, amount int64, parts int) string {
	whole, rest := split(amount, parts)
	return l.Number(int(whole)) + fractionText(l, rest, parts)
}

func split(amount int64, parts int) (whole, rest int64) {
	unit := int64(1)
	for range parts {
		unit *= 10
	}
	return amount / unit, amount % unit
}

func fractionText(l *i18n.L, rest int64, parts int) string {
	switch {
	case rest == 0:
		return ""
	case l.Lang == i18n.EN:
		return fmt.Sprintf(".%0*d", parts, rest)
	}
	return fmt.Sprintf(",%0*d", parts, rest)
}

// whyWords is a reason in a sentence with its numbers.
func whyWords(l *i18n.L, why Reason, s Standing, names map[budget.ProjectID]string, decimals int) string {
	return l.T("result.why."+string(why.Why), "round", why.Round, "votes", l.Number(int(s.Votes)), "score", l.Number(int(s.Score)),
		"missing", money(l, why.Missing, decimals), "most", money(l, why.AtMost, decimals), "other", names[why.By], "n", vote.LeastElectors)
}

func moneyFacts(l *i18n.L, o Outcome) []web.Fact {
	return []web.Fact{{Name: l.T("result.fact.budget"), Value: budget.Money(l, o.Budget)}, {Name: l.T("result.fact.cost"), Value: budget.Money(l, o.Cost)},
		{Name: l.T("result.fact.left"), Value: budget.Money(l, o.Budget-o.Cost)}, {Name: l.T("result.fact.winners"), Value: l.Number(len(o.Winners))}}
}

// ruleWords is the whole rule in words.
func ruleWords(l *i18n.L, rule Rule) string {
	words := []string{l.T("result.rule_text." + rule.Name)}
	if rule.Name != "greedy" {
		words = append(words, l.T("result.utility."+rule.Utility), l.T("result.completion."+strings.ReplaceAll(rule.Completion, "+", "_")))
	}
	return strings.Join(append(words, l.T("result.rule_ties", "steps", tieSteps(l, rule.Ties))), " ")
}

// tieSteps is the order in which ties are settled, in words. What lots were drawn with
// stands where they are drawn, and in the command.
func tieSteps(l *i18n.L, ties string) string {
	var steps []string
	for step := range strings.SplitSeq(cmp.Or(ties, "file"), ",") {
		name, _, _ := strings.Cut(strings.TrimSpace(step), ":")
		steps = append(steps, l.T("result.tie_by."+name))
	}
	return strings.Join(steps, l.T("result.rule_ties_then"))
}

// ruleNumbers are what the rule says in numbers. The step of a foreign file is in a
// currency that we do not know.
func ruleNumbers(l *i18n.L, o Outcome) []web.Pair {
	rule := o.Rule
	var pairs []web.Pair
	if rule.Name != "greedy" {
		step := l.Number(int(rule.Step))
		if o.Edition != "" {
			step = money(l, rule.Step*100, decimals)
		}
		pairs = append(pairs, web.Pair{Name: l.T("result.number.start"), Value: l.T("result.start." + rule.Start)},
			web.Pair{Name: l.T("result.number.step"), Value: step})
		if !o.Few {
			pairs = append(pairs, web.Pair{Name: l.T("result.number.steps"), Value: l.Number(o.Steps)})
		}
	}
	if rule.MinShare != "" {
		pairs = append(pairs, web.Pair{Name: l.T("result.number.min_share"), Value: rule.MinShare})
	}
	if rule.Threshold > 0 {
		pairs = append(pairs, web.Pair{Name: l.T("result.number.threshold"), Value: l.Number(int(rule.Threshold))})
	}
	return pairs
}

// drawnMost is how many projects the picture shows: more bars than these are read
// better in the table.
const drawnMost = 30

// votesChart shows what each project got, those that won and those that did not
// as two parts, so that nothing hangs on a color.
func votesChart(l *i18n.L, pool budget.Pool, o Outcome, names map[budget.ProjectID]string) chart.Picture {
	title := "result.chart.votes"
	if voteType(pool.Ballot).Pointed() {
		title = "result.chart.points"
	}
	won, standings := o.won(), slices.Clone(o.Standings)
	slices.SortStableFunc(standings, func(a, b Standing) int { return cmp.Compare(b.Score, a.Score) })
	bars := chart.Bars{Head: chart.Head{ID: "wykres", Title: l.T(title), Level: 2, Names: l.T("result.col.project")}, Parts: []string{l.T("result.won"), l.T("result.lost")}}
	if len(standings) > drawnMost {
		standings = standings[:drawnMost]
		bars.Desc = l.T("result.chart.most", "n", drawnMost)
	}
	for _, s := range standings {
		values := []chart.Value{chart.Num(0), chart.Num(float64(s.Score))}
		if won[s.Project] > 0 {
			values = []chart.Value{chart.Num(float64(s.Score)), chart.Num(0)}
		}
		bars.Rows = append(bars.Rows, chart.Row{Name: names[s.Project], Values: values})
	}
	return bars
}

// tieWords tells of every tie who was equal and what decided.
func tieWords(l *i18n.L, o Outcome, names map[budget.ProjectID]string) (list []string) {
	for _, t := range o.Ties {
		var tied []string
		for _, id := range t.Tied {
			tied = append(tied, l.T("result.quoted", "name", names[id]))
		}
		by, _, _ := strings.Cut(t.By, ":")
		list = append(list, l.T("result.tie", "round", t.Round, "tied", strings.Join(tied, ", "), "by", l.T("result.tie_by."+by), "won", l.T("result.quoted", "name", names[t.Won])))
	}
	return list
}

func partFacts(l *i18n.L, group string, parts []Part) (facts []web.Fact) {
	for _, p := range parts {
		facts = append(facts, web.Fact{Name: l.T(group + p.Name), Value: l.Number(p.N)})
	}
	return facts
}

// getFile sends the ballots of a pool as a file.
func (s *Service) getFile(w http.ResponseWriter, r *web.Request) error {
	var file bytes.Buffer
	who, id := access.ActorOf(r.Request), budget.PoolID(r.PathValue("pool"))
	if err := s.File(r.Context(), &file, who, editionOf(r), id); err != nil {
		return err
	}
	e, _, pool, err := s.published(r.Context(), who, editionOf(r), id)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+fileName(e, pool)+`"`)
	h.Set("Cache-Control", "no-cache")
	_, err = w.Write(file.Bytes())
	return err
}

// fileName names a file of ballots after its edition and pool, in letters that every
// system and command line takes: "budzet-szkoly-2026-cala-szkola.pb".
func fileName(e budget.Edition, pool budget.Pool) string {
	var parts []string
	for _, text := range []string{e.Title, strconv.Itoa(e.Year), pool.Name} {
		plain := strings.FieldsFunc(i18n.Fold(text), func(c rune) bool { return (c < 'a' || c > 'z') && (c < '0' || c > '9') })
		part := strings.Join(plain, "-")
		if part = strings.Trim(part[:min(len(part), 60)], "-"); part != "" && !slices.ContainsFunc(parts, func(before string) bool { return strings.HasSuffix(before, part) }) {
			parts = append(parts, part) // a title often ends with its year
		}
	}
	return strings.Join(parts, "-") + ".pb"
}

// receiptPage tells how a receipt is checked and what it can and cannot show.
type receiptPage struct {
	web.Page
	Edition budget.Edition
	Next    web.Step
	Closed  bool
	Box     string // where the digests are
	Object  string // until when one may object
}

func (s *Service) getReceipt(w http.ResponseWriter, r *web.Request) error {
	e, o, err := s.reads(r.Context(), access.ActorOf(r.Request), editionOf(r))
	if err != nil {
		return err
	}
	p := receiptPage{Page: r.Page(w, r.L.T("result.receipt.title"), crumbs(r.L, e, web.Link{Text: r.L.T("result.title"), Href: Href(e.ID)})...),
		Edition: e, Next: nextStep(r.L, e, o), Closed: e.ClosedAt != 0, Box: budget.Href(e.ID) + "/urna", Object: objectWords(r.L, e, o, s.now())}
	p.Lead = e.Title
	return r.Render(w, receiptView(p))
}
