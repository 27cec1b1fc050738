package needs

import (
	"context"
	"iter"
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

// rankRoutes opens the doors of lists, maps and reports.
func (s *Service) rankRoutes(sh *web.Shell) {
	plan, mine := access.Can(access.PlanNeeds), access.CanAny(rankMayAsk...)
	sh.Handle("GET "+CampaignPath+"/{id}/lista", mine, s.getRankList)
	sh.Handle("GET "+CampaignPath+"/{id}/lista/arkusz", mine, s.getRankSheet)
	sh.Handle("GET "+CampaignPath+"/{id}/mapa", plan, s.getHeat)
	sh.Handle("GET "+CampaignPath+"/{id}/mapa/arkusz", plan, s.getHeatSheet)
	sh.Handle("GET "+CampaignPath+"/{id}/glosy", mine, s.getPublished)
	sh.Handle("GET "+CampaignPath+"/{id}/glosy/arkusz", mine, s.getPublishedSheet)
	sh.Handle("GET "+SilentPath, plan, s.getReport)
	sh.Handle("GET "+SilentPath+"/arkusz", plan, s.getReportSheet)
	sh.Handle("GET "+Path+"/{year}", web.Public, s.getPublishYear)
}

// rankPage is the list of one scope.
type rankPage struct {
	web.Page
	Tabs     []web.Link // only for those who plan
	Choice   web.Pick   // whose list; fewer than two choices are not drawn
	Action   string
	Heading  string // whose list it is
	Level    string
	One      bool // of one institution
	Planner  bool
	Rows     []rankRow
	Gone     []rankRow // named last time, not now
	LastYear string    // "2025/2026", "" without an earlier list
	Rule     web.Reason
	Next     *web.Step
	XLSX     string
	CSV      string
	Empty    [2]string // title and text when there are no rows
}

// rankRow is a row as people read it.
type rankRow struct {
	Place, Topic, Href, Heads, Who, Reason string
	Last                                   string // place and people then
	Move                                   string
	LastAnswers                            string // what was answered then, and whether it helped
	Low                                    bool
	Answers                                string // what is answered now
	Answered                               bool
}

// rankAsk reads the campaign and the scope that are asked for. Without a scope
// it is the first that the actor may choose.
func (s *Service) rankAsk(r *web.Request) (c Campaign, o Scope, choices []rankChoice, err error) {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	if c, err = CampaignByID(ctx, s.db, CampaignID(r.PathValue("id"))); err != nil {
		return c, o, nil, err
	}
	asked := r.URL.Query().Get("zakres")
	if asked != "" {
		if o, err = rankScopeOf(asked); err != nil {
			return c, o, nil, err
		}
		if err = s.Sees(ctx, who, c, o); err != nil {
			return c, o, nil, err
		}
	}
	if choices, err = s.rankChoices(ctx, who, c, r.L, o); err != nil {
		return c, o, nil, err
	}
	if asked == "" {
		if len(choices) == 0 {
			return c, o, nil, fault.New(fault.Forbidden, "fault.forbidden")
		}
		o = choices[0].Scope
		err = s.Sees(ctx, who, c, o)
	}
	return c, o, choices, err
}

func (s *Service) getRankList(w http.ResponseWriter, r *web.Request) error {
	p, err := s.rankView(w, r)
	if err != nil {
		return err
	}
	return r.Render(w, rankListView(p))
}

func (s *Service) getRankSheet(w http.ResponseWriter, r *web.Request) error {
	p, err := s.rankView(w, r)
	if err != nil {
		return err
	}
	return s.rankSheet(w, r, "lista-potrzeb", r.L.T("needs.tab.list"), rankHeader(p), rankCells(p))
}

// rankView gathers the page; the sheet is made of the same.
func (s *Service) rankView(w http.ResponseWriter, r *web.Request) (p rankPage, err error) {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	c, o, choices, err := s.rankAsk(r)
	if err != nil {
		return p, err
	}
	p = rankPage{Page: s.rankBegin(w, r, c, "/lista"), One: o.Level == OfOne, Level: r.L.T("needs.level." + string(o.Level)),
		Action: CampaignHref(c.ID) + "/lista", Planner: Plans(ctx, who, c) == nil}
	if p.Planner {
		p.Tabs = Tabs(r.L, c.ID, "/lista")
	}
	p.Choice = rankPick(r.L, choices, o)
	for _, choice := range choices {
		if choice.Scope == o {
			p.Heading = choice.Name
		}
	}
	p.XLSX = p.Action + "/arkusz?format=xlsx&zakres=" + o.String()
	p.CSV = p.Action + "/arkusz?format=csv&zakres=" + o.String()
	rows, err := s.rankRows(ctx, c.ID, o)
	if err != nil {
		return p, err
	}
	if p.Empty = rankEmpty(r.L, c); len(rows) == 0 {
		return p, nil
	}
	return p, s.rankFill(r, &p, c, o, rows)
}

// rankBegin begins a page of a campaign.
func (s *Service) rankBegin(w http.ResponseWriter, r *web.Request, c Campaign, tab string) web.Page {
	title := map[string]string{"/lista": "needs.tab.list", "/mapa": "needs.tab.map", "/glosy": "needs.tab.voices"}[tab]
	p := r.Page(w, r.L.T(title), web.Link{Text: r.L.T("needs.title"), Href: Path}, web.Link{Text: c.Title, Href: CampaignHref(c.ID)})
	p.NoIndex, p.Lead = true, rankCampaignName(c)
	return p
}

// rankCampaignName is the title of a campaign and its school year, which many
// titles say themselves.
func rankCampaignName(c Campaign) string {
	if year := publishYear(c.SchoolYear); !strings.Contains(c.Title, year) {
		return c.Title + ", " + year
	}
	return c.Title
}

// rankPick is the choice of whose list to see, grouped by level.
func rankPick(l *i18n.L, choices []rankChoice, o Scope) web.Pick {
	pick := web.Pick{Name: "zakres", Label: l.T("needs.rank.scope"), Value: o.String(), Required: true}
	for _, c := range choices {
		group := ""
		if c.Level != Metropolis {
			group = l.T("needs.level." + string(c.Level))
		}
		pick.Choices = append(pick.Choices, web.Choice{Value: c.String(), Label: c.Name, Group: group})
	}
	return pick
}

// rankEmpty says why a list is empty.
func rankEmpty(l *i18n.L, c Campaign) [2]string {
	switch {
	case c.State == Draft && c.ClosesAt == 0:
		return [2]string{l.T("needs.rank.not_yet"), ""}
	case c.State == Draft || c.State == Open:
		return [2]string{l.T("needs.rank.not_yet"), l.T("needs.rank.not_yet_text", "day", l.DateTime(time.Unix(c.ClosesAt, 0).In(web.Warsaw)))}
	case c.State == Dropped:
		return [2]string{l.T("needs.rank.dropped"), ""}
	case c.RankedAt == 0:
		return [2]string{l.T("needs.rank.counting"), l.T("needs.rank.counting_text")}
	}
	return [2]string{l.T("needs.rank.nothing"), l.T("needs.rank.nothing_text")}
}

// rankFill writes the rows: reasons, last year, answers.
func (s *Service) rankFill(r *web.Request, p *rankPage, c Campaign, o Scope, rows []Rank) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	weights, err := rankWeightsOf(c.Weights)
	if err != nil {
		return err
	}
	past, gone, year, err := s.rankLast(ctx, who, c, o, rows)
	if err != nil {
		return err
	}
	p.LastYear = year
	names, err := s.rankNames(ctx, r.L, rows, gone)
	if err != nil {
		return err
	}
	answers, done, err := s.rankBecame(ctx, r.L, rows, past)
	if err != nil {
		return err
	}
	ran, err := s.rankRans(ctx, c.ID, o)
	if err != nil {
		return err
	}
	for n, row := range rows {
		why := rankReason(r.L, rows, n, weights, names, ran[row.Topic])
		out := rankRow{Place: r.L.Number(row.Place), Topic: names[row.Topic], Heads: r.L.Number(row.Heads), Who: r.L.Number(row.Who), Reason: why.Text,
			Answers: rankAnswerWords(r.L, answers[row.Need]), Answered: len(answers[row.Need]) > 0}
		if p.Planner {
			out.Href = NeedHref(row.Need)
		}
		rankCompare(r.L, &out, row.Place, past[row.Topic], answers, done)
		p.Rows = append(p.Rows, out)
	}
	for _, topic := range gone {
		out := rankRow{Topic: names[topic]}
		rankCompare(r.L, &out, 0, past[topic], answers, done)
		p.Gone = append(p.Gone, out)
	}
	p.Rule = web.Reason{Text: rankRule(r.L, weights), Rule: r.L.T("needs.rank.rule_more"), About: p.Title}
	if p.Planner {
		p.Next, err = s.rankNext(r, c)
	}
	return err
}

// rankLast reads the list of the same scope in the campaign before, for those who
// may see that one too, and the topics of it that nobody named now.
func (s *Service) rankLast(ctx context.Context, who access.Actor, c Campaign, o Scope, rows []Rank) (past map[string]rankPast, gone []string, year string, err error) {
	was, ok, err := s.Before(ctx, c)
	if err != nil || !ok {
		return nil, nil, "", err
	}
	if err := s.Sees(ctx, who, was, o); err != nil {
		if kind := fault.KindOf(err); kind != fault.Forbidden && kind != fault.NotFound {
			return nil, nil, "", err
		}
		return nil, nil, "", nil
	}
	before, err := s.rankRows(ctx, was.ID, o)
	if err != nil {
		return nil, nil, "", err
	}
	topics := make([]string, len(before))
	for n, b := range before {
		topics[n] = b.Topic
	}
	read, err := s.Topics.Resolve(ctx, topics)
	if err != nil {
		return nil, nil, "", err
	}
	past = rankPasts(before, read)
	for topic := range past {
		if !slices.ContainsFunc(rows, func(r Rank) bool { return r.Topic == topic }) {
			gone = append(gone, topic)
		}
	}
	slices.SortFunc(gone, func(a, b string) int { return past[a].Place - past[b].Place })
	return past, gone, publishYear(was.SchoolYear), nil
}

// rankNames are the names of topics in the reader's language. One that is not in
// the vocabulary any more has a name that says so.
func (s *Service) rankNames(ctx context.Context, l *i18n.L, rows []Rank, more []string) (map[string]string, error) {
	ids := slices.Clone(more)
	for _, r := range rows {
		ids = append(ids, r.Topic)
	}
	found, err := s.Topics.Names(ctx, l, ids)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, id := range ids {
		if names[id] = found[id]; found[id] == "" {
			names[id] = l.T("needs.rank.gone_topic")
		}
	}
	return names, nil
}

// rankBecame is what was decided on the needs of a list and of last year's, and
// what became of the latter.
func (s *Service) rankBecame(ctx context.Context, l *i18n.L, rows []Rank, past map[string]rankPast) (map[NeedID][]Answer, map[NeedID][]Answered, error) {
	var needs []NeedID
	for _, row := range rows {
		needs = append(needs, row.Need)
	}
	for _, was := range past {
		needs = append(needs, was.Needs...)
	}
	answers, err := s.rankAnswers(ctx, needs)
	if err != nil {
		return nil, nil, err
	}
	done, err := s.rankDone(ctx, l, past, answers)
	return answers, done, err
}

// rankDone is what became of last year's needs, in the reader's language. It asks
// another module: once for each need on the page that a training was decided on,
// and for no other, since nothing else was evaluated. That is a few queries for
// each, and the only part of a list that grows with what was decided.
func (s *Service) rankDone(ctx context.Context, l *i18n.L, past map[string]rankPast, answers map[NeedID][]Answer) (map[NeedID][]Answered, error) {
	done := map[NeedID][]Answered{}
	for _, was := range past {
		for _, need := range was.Needs {
			if _, asked := done[need]; asked || !slices.Contains(answers[need], Training) {
				continue
			}
			all, err := s.answered(ctx, l, need)
			if err != nil {
				return nil, err
			}
			done[need] = all
		}
	}
	return done, nil
}

// rankCompare writes what was last time: place, people, what was answered and
// whether it helped.
func rankCompare(l *i18n.L, out *rankRow, place int, was rankPast, answers map[NeedID][]Answer, done map[NeedID][]Answered) {
	if was.Place == 0 {
		out.Move = l.T("needs.rank.move.new")
		return
	}
	out.Last = l.N("needs.rank.last", was.Heads, "place", was.Place)
	if place > 0 {
		move, by := rankMoved(place, was)
		if out.Move = l.T("needs.rank.move.same"); move != rankMoveSame {
			out.Move = l.N("needs.rank.move."+string(move), by)
		}
	}
	var kinds []Answer
	var helped []string
	for _, need := range was.Needs {
		kinds = append(kinds, answers[need]...)
		for _, a := range done[need] {
			if a.LaterUse != "" {
				helped = append(helped, a.LaterUse)
			}
			out.Low = out.Low || a.Low
		}
	}
	out.LastAnswers = rankAnswerWords(l, kinds)
	if len(helped) > 0 {
		out.LastAnswers += ". " + l.T("needs.rank.helped", "words", strings.Join(helped, "; "))
	}
}

// rankAnswerWords lists kinds of answers in words.
func rankAnswerWords(l *i18n.L, kinds []Answer) string {
	if len(kinds) == 0 {
		return l.T("needs.rank.no_answer")
	}
	var words []string
	for _, k := range kinds {
		if w := l.T("needs.answer." + string(k)); !slices.Contains(words, w) {
			words = append(words, w)
		}
	}
	return strings.Join(words, ", ")
}

// rankNext is who answers the needs, and by when they go to the report.
func (s *Service) rankNext(r *web.Request, c Campaign) (*web.Step, error) {
	days, err := s.Law.Int(r.Context(), s.db, SilentDays, s.now())
	if err != nil {
		return nil, err
	}
	ids := []access.InstitutionID{c.Owner}
	if c.Center != "" && c.Center != c.Owner {
		ids = append(ids, c.Center)
	}
	names, err := s.Directory.Names(r.Context(), ids)
	if err != nil {
		return nil, err
	}
	var who []string
	for _, id := range ids {
		if names[id] != "" {
			who = append(who, names[id])
		}
	}
	return &web.Step{What: r.L.T("needs.rank.next"), Who: strings.Join(who, ", "), Href: SilentPath,
		When: r.L.Date(days.After(time.Unix(c.RankedAt, 0)).In(web.Warsaw))}, nil
}

// rankHeader and rankCells are the sheet of a list: its columns as drawn.
func rankHeader(p rankPage) []string {
	header := []string{p.T("needs.rank.column.place"), p.T("needs.rank.column.topic"), p.T("needs.rank.column.heads")}
	if !p.One {
		header = append(header, p.T("needs.rank.column.who"))
	}
	header = append(header, p.T("needs.rank.column.reason"))
	if p.LastYear != "" {
		header = append(header, p.T("needs.rank.column.last", "year", p.LastYear), p.T("needs.rank.column.move"), p.T("needs.rank.column.last_answers", "year", p.LastYear))
	}
	return append(header, p.T("needs.rank.column.answers"))
}

func rankCells(p rankPage) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		for _, r := range append(slices.Clone(p.Rows), p.Gone...) {
			cells := []string{r.Place, r.Topic, r.Heads}
			if !p.One {
				cells = append(cells, r.Who)
			}
			cells = append(cells, r.Reason)
			if p.LastYear != "" {
				cells = append(cells, r.Last, r.Move, r.LastAnswers)
			}
			if !yield(append(cells, r.Answers), nil) {
				return
			}
		}
	}
}

// reportPage is the report of needs without an answer.
type reportPage struct {
	web.Page
	Days  string
	Rule  web.Reason
	Rows  []reportRow
	Pager web.Pager
	XLSX  string
	CSV   string
}

type reportRow struct {
	Topic, Href, Campaign, CampaignHref, Since, Days, Heads, Who string
}

const reportSize = 50

func (s *Service) getReport(w http.ResponseWriter, r *web.Request) error {
	p, err := s.reportView(w, r)
	if err != nil {
		return err
	}
	return r.Render(w, reportView(p))
}

func (s *Service) getReportSheet(w http.ResponseWriter, r *web.Request) error {
	p, err := s.reportView(w, r)
	if err != nil {
		return err
	}
	return s.rankSheet(w, r, "potrzeby-bez-odpowiedzi", r.L.T("needs.report.title"), reportHeader(p), func(yield func([]string, error) bool) {
		for _, row := range p.Rows {
			if !yield([]string{row.Topic, row.Campaign, row.Since, row.Days, row.Heads, row.Who}, nil) {
				return
			}
		}
	})
}

func reportHeader(p reportPage) (header []string) {
	for _, c := range []string{"topic", "campaign", "since", "days", "heads", "who"} {
		header = append(header, p.T("needs.rank.column."+c))
	}
	return header
}

func (s *Service) reportView(w http.ResponseWriter, r *web.Request) (p reportPage, err error) {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	at, err := web.CursorOf(r.URL.Query())
	if err != nil {
		return p, err
	}
	rows, of, days, more, err := s.Silent(ctx, who, at, reportSize)
	if err != nil {
		return p, err
	}
	p = reportPage{Page: r.Page(w, r.L.T("needs.report.title"), web.Link{Text: r.L.T("needs.title"), Href: Path}), Days: days.Words(r.L)}
	p.NoIndex, p.Lead = true, r.L.T("needs.report.lead", "days", p.Days)
	p.Rule = web.Reason{Text: r.L.T("needs.report.rule", "days", p.Days), Rule: days.Basis, About: p.Title}
	var ids []string
	for _, row := range rows {
		ids = append(ids, row.Topic)
	}
	names, err := s.rankNames(ctx, r.L, nil, ids)
	if err != nil {
		return p, err
	}
	now := s.now().Unix()
	for _, row := range rows {
		c := of[row.Campaign]
		p.Rows = append(p.Rows, reportRow{Topic: names[row.Topic], Href: NeedHref(row.ID), Campaign: rankCampaignName(c),
			CampaignHref: CampaignHref(c.ID) + "/lista", Since: r.L.Date(time.Unix(row.MadeAt, 0).In(web.Warsaw)), Days: r.L.Number(reportDays(row.MadeAt, now)),
			Heads: r.L.Number(row.Heads), Who: r.L.Number(row.Who)})
	}
	if len(rows) > 0 {
		place := func(n SilentNeed) web.Cursor {
			return web.Cursor{Key: strconv.FormatInt(n.MadeAt, 10), ID: string(n.ID)}
		}
		p.Pager = web.PagerFor(r.URL, at, place(rows[0]), place(rows[len(rows)-1]), more)
	}
	sheetAt := *r.URL
	sheetAt.Path = SilentPath + "/arkusz"
	p.XLSX, p.CSV = web.WithQuery(&sheetAt, "format", "xlsx"), web.WithQuery(&sheetAt, "format", "csv")
	return p, nil
}

// rankColumns is how many columns the list has, for a row that spans them.
func rankColumns(p rankPage) string { return strconv.Itoa(len(rankHeader(p))) }
