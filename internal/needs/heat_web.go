package needs

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"kladka/internal/access"
	"kladka/internal/platform/disclosure"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/survey"
	"kladka/internal/platform/web"
)

// heatPage is a heat map of what institutions declared, for those who plan.
type heatPage struct {
	web.Page
	Tabs  []web.Link
	Sides []web.Link // by seat, by running authority
	Sizes []web.Link // how many topics
	Table heatTable
	Empty [2]string
	Words int // lines in own words that wait for a topic
	Shown string
	XLSX  string
	CSV   string
}

// The query of a map: "wg" chooses by what municipalities are meant, "ile" how
// many topics.
const (
	heatByRunning = "prowadzenie"
	heatAll       = "wszystkie"
)

func (s *Service) getHeat(w http.ResponseWriter, r *web.Request) error {
	p, err := s.heatView(w, r)
	if err != nil {
		return err
	}
	return r.Render(w, heatView(p))
}

func (s *Service) getHeatSheet(w http.ResponseWriter, r *web.Request) error {
	p, err := s.heatView(w, r)
	if err != nil {
		return err
	}
	return s.rankSheet(w, r, "mapa-potrzeb", r.L.T("needs.tab.map"), p.Table.header(), p.Table.rows())
}

func (s *Service) heatView(w http.ResponseWriter, r *web.Request) (p heatPage, err error) {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	c, err := CampaignByID(ctx, s.db, CampaignID(r.PathValue("id")))
	if err != nil {
		return p, err
	}
	if err := Plans(ctx, who, c); err != nil {
		return p, err
	}
	p = heatPage{Page: s.rankBegin(w, r, c, "/mapa"), Tabs: Tabs(r.L, c.ID, "/mapa"), Empty: rankEmpty(r.L, c)}
	level := BySeat
	if r.URL.Query().Get("wg") == heatByRunning {
		level = ByRunning
	}
	most := heatMost(r.URL.Query().Get("ile"))
	h, err := s.heatRead(ctx, c.ID, level, most)
	if err != nil || len(h.Topics) == 0 {
		return p, err
	}
	towns, err := s.publishTowns(ctx)
	if err != nil {
		return p, err
	}
	h.sorted(towns)
	names, err := s.rankNames(ctx, r.L, h.Topics, nil)
	if err != nil {
		return p, err
	}
	if p.Words, err = s.publishWordsWaiting(ctx, c.ID); err != nil {
		return p, err
	}
	p.Table = heatDeclared(r.L, h, names, towns, NeedHref)
	p.Table.ID, p.Table.Caption = "mapa", r.L.T("needs.heat.caption_"+string(level))
	p.Shown = r.L.T("needs.heat.shown", "n", len(h.Topics), "all", h.Named)
	p.heatLinks(r, level, most, h.Named)
	return p, nil
}

// heatMost reads how many topics are asked for.
func heatMost(text string) int {
	if text == heatAll {
		return heatRows[len(heatRows)-1]
	}
	if n, err := strconv.Atoi(text); err == nil && slices.Contains(heatRows, n) {
		return n
	}
	return heatRows[0]
}

// heatLinks are the choices above the map: each is an address.
func (p *heatPage) heatLinks(r *web.Request, level Level, most, named int) {
	p.Sides = []web.Link{{Text: r.L.T("needs.heat.by_seat"), Href: web.WithQuery(r.URL, "", "", "wg"), Current: level == BySeat},
		{Text: r.L.T("needs.heat.by_running"), Href: web.WithQuery(r.URL, "wg", heatByRunning), Current: level == ByRunning}}
	for n, size := range heatRows {
		if n > 0 && heatRows[n-1] >= named {
			break
		}
		value, text := strconv.Itoa(size), r.L.T("needs.heat.first", "n", size)
		if n == len(heatRows)-1 {
			value, text = heatAll, r.L.T("needs.heat.all")
		}
		p.Sizes = append(p.Sizes, web.Link{Text: text, Href: web.WithQuery(r.URL, "ile", value), Current: size == most})
	}
	at := *r.URL
	at.Path = strings.TrimSuffix(r.URL.Path, "/arkusz") + "/arkusz"
	p.XLSX, p.CSV = web.WithQuery(&at, "format", "xlsx"), web.WithQuery(&at, "format", "csv")
}

// publishPage shows one release: people's answers, or in public what institutions
// declared. The two are never on one page.
type publishPage struct {
	web.Page
	Tabs     []web.Link
	Campaign []web.Link // which campaign, in public
	Streams  []web.Link // declared, or by people, in public
	Asked    []web.Link // which question
	Choice   web.Pick   // which municipality
	Action   string
	Hidden   []web.Pair // the rest of the query, for the form
	Intro    string
	Unsigned string // how many answers of the round came without a name
	Table    heatTable
	Rule     web.Reason
	Empty    [2]string
	XLSX     string
	CSV      string
}

// getPublished shows people's answers to those who plan or declare: releases, as
// everybody sees them.
func (s *Service) getPublished(w http.ResponseWriter, r *web.Request) error {
	p, err := s.publishView(w, r)
	if err != nil {
		return err
	}
	return r.Render(w, publishView(p))
}

func (s *Service) getPublishedSheet(w http.ResponseWriter, r *web.Request) error {
	p, err := s.publishView(w, r)
	if err != nil {
		return err
	}
	return s.rankSheet(w, r, "glosy-osob", r.L.T("needs.tab.voices"), p.Table.header(), p.Table.rows())
}

func (s *Service) publishView(w http.ResponseWriter, r *web.Request) (p publishPage, err error) {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	c, err := CampaignByID(ctx, s.db, CampaignID(r.PathValue("id")))
	if err != nil {
		return p, err
	}
	planner := Plans(ctx, who, c)
	if c.State == Draft && planner != nil {
		return p, planner
	}
	p = publishPage{Page: s.rankBegin(w, r, c, "/glosy"), Action: CampaignHref(c.ID) + "/glosy"}
	if planner == nil {
		p.Tabs = Tabs(r.L, c.ID, "/glosy")
	}
	at := *r.URL
	at.Path = p.Action + "/arkusz"
	p.XLSX, p.CSV = web.WithQuery(&at, "format", "xlsx"), web.WithQuery(&at, "format", "csv")
	return p, s.publishFill(r, &p, c, publishMeasure(r))
}

// publishMeasure is the question that is asked for.
func publishMeasure(r *web.Request) string {
	for _, m := range publishPeopleMeasures {
		if r.URL.Query().Get("pytanie") == m.question {
			return m.measure
		}
	}
	return MeasureTopics
}

// publishFill draws the release of a measure.
func (s *Service) publishFill(r *web.Request, p *publishPage, c Campaign, measure string) error {
	ctx := r.Context()
	people := measure != MeasureDeclared
	if people {
		p.Intro = r.L.T("needs.voices.intro")
		for _, m := range publishPeopleMeasures {
			p.Asked = append(p.Asked, web.Link{Text: r.L.T("needs.voices.question." + m.question), Href: web.WithQuery(r.URL, "pytanie", m.question, "format"), Current: m.measure == measure})
		}
	} else {
		p.Intro = r.L.T("needs.voices.intro_declared")
	}
	table, err := s.publishedTable(ctx, c.ID, measure)
	if err != nil {
		return err
	}
	if len(table.Nodes) == 0 {
		p.Empty, err = s.publishEmpty(r, c, measure)
		return err
	}
	names, err := s.publishNames(r, c, measure, table.Categories)
	if err != nil {
		return err
	}
	node := table.Nodes[0].ID
	if people {
		p.publishChoice(r, table)
		if asked := r.URL.Query().Get("jednostka"); asked != "" && asked != node {
			node = asked
			if table, err = s.publishedBelow(ctx, c.ID, measure); err != nil {
				return err
			}
		}
	}
	if !slices.ContainsFunc(table.Nodes, func(n disclosure.Node) bool { return n.ID == node }) {
		return fault.ErrNotFound
	}
	p.Choice.Value = node
	p.Table = heatReleased(r.L, table, node, names, people)
	p.Table.ID, p.Table.Caption = "glosy", r.L.T("needs.voices.caption."+measure[strings.LastIndexByte(measure, '.')+1:])+" ("+table.Period.Label+")"
	p.Rule = publishReason(r.L, table, people)
	if people {
		if err := s.publishTellUnsigned(r, p, c, table.K); err != nil {
			return err
		}
	}
	p.Rule.About = p.Title
	return nil
}

// publishReason is the rule of a release. In that of declared needs institutions
// are counted, not people.
func publishReason(l *i18n.L, t disclosure.Table, people bool) web.Reason {
	why := disclosure.Reason(l, t)
	if people {
		if !t.Hides() {
			why.Text = l.T("needs.voices.rule", "k", t.K)
		}
		why.Rule += " " + l.T("needs.voices.rule_more")
		return why
	}
	rule := l.T("needs.voices.rule_declared", "k", t.K)
	why.Text, why.Rule = rule, l.T("needs.voices.rule_more_declared")
	if t.Hides() {
		why.Text, why.Rule = l.T("needs.voices.hidden_declared"), rule+" "+why.Rule
	}
	if len(why.Numbers) > 1 {
		why.Numbers[1].Name = l.T("needs.voices.answered_declared")
	}
	return why
}

// publishTellUnsigned says how many answers of the whole round came without a name
// and what that did to k. Of single institutions it says nothing.
func (s *Service) publishTellUnsigned(r *web.Request, p *publishPage, c Campaign, k int) error {
	units, err := survey.Unsigned(r.Context(), s.db, c.Round)
	all := 0
	for _, n := range units {
		all += n
	}
	if err != nil || all == 0 {
		return err
	}
	p.Unsigned = r.L.N("needs.voices.unsigned", all)
	if k > publishK { // what was published before answers without a name counted has the plain k
		p.Unsigned += " " + r.L.T("needs.voices.unsigned_rule", "k", k, "plain", publishK)
	}
	return nil
}

// publishChoice are the units whose parts may be shown: the metropolis and its
// municipalities.
func (p *publishPage) publishChoice(r *web.Request, t disclosure.Table) {
	p.Choice = web.Pick{Name: "jednostka", Label: r.L.T("needs.voices.unit"), Required: true}
	for _, n := range t.Nodes {
		p.Choice.Choices = append(p.Choice.Choices, web.Choice{Value: n.ID, Label: heatNodeName(r.L, n)})
	}
	for _, name := range []string{"kampania", "co", "pytanie"} {
		if v := r.URL.Query().Get(name); v != "" {
			p.Hidden = append(p.Hidden, web.Pair{Name: name, Value: v})
		}
	}
}

// publishNames are the names of a measure's categories.
func (s *Service) publishNames(r *web.Request, c Campaign, measure string, ids []string) (map[string]string, error) {
	if measure == MeasureTopics || measure == MeasureDeclared {
		return s.rankNames(r.Context(), r.L, nil, ids)
	}
	round, err := s.Surveys.RoundByID(r.Context(), s.db, c.Round)
	if err != nil {
		return nil, err
	}
	d, err := s.Surveys.DefinitionByID(r.Context(), s.db, round.Definition)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, section := range d.Sections {
		for _, q := range section.Questions {
			if q.ID != "form" && q.ID != "when" {
				continue
			}
			for _, o := range q.Options {
				names[o.ID], _ = o.Text.In(r.L)
			}
		}
	}
	return names, nil
}

// publishEmpty says why there is no release.
func (s *Service) publishEmpty(r *web.Request, c Campaign, measure string) ([2]string, error) {
	var refused string
	err := s.db.Get(r.Context(), &refused, `select refused from needs_releases where campaign = ? and measure = ?`, c.ID, measure)
	switch {
	case err == nil && refused != "":
		return [2]string{r.L.T("needs.voices.refused"), r.L.T("needs.voices.refused_text")}, nil
	case err != nil && fault.KindOf(err) != fault.NotFound:
		return [2]string{}, err
	case measure == MeasureDeclared:
		return [2]string{r.L.T("needs.voices.declared_later"), r.L.T("needs.voices.declared_later_text")}, nil
	case !c.People:
		return [2]string{r.L.T("needs.voices.not_asked"), ""}, nil
	case c.State == Open || c.State == Draft:
		return rankEmpty(r.L, c), nil
	}
	return [2]string{r.L.T("needs.voices.waiting"), r.L.T("needs.voices.waiting_text")}, nil
}

// getPublishYear shows everybody what was published of the campaigns for a school year:
// what institutions declared on one page, people's voices on another.
func (s *Service) getPublishYear(w http.ResponseWriter, r *web.Request) error {
	year, err := strconv.Atoi(r.PathValue("year"))
	if err != nil || year < 2000 || year > 2999 || r.PathValue("year") != strconv.Itoa(year) {
		return fault.ErrNotFound
	}
	list, err := s.PublishedIn(r.Context(), year)
	if err != nil {
		return err
	}
	p := publishPage{Page: r.Page(w, r.L.T("needs.year.title", "year", publishYear(year)), web.Link{Text: r.L.T("needs.title"), Href: Path}), Action: r.URL.Path}
	p.Lead = r.L.T("needs.year.lead")
	if len(list) == 0 {
		p.Empty = [2]string{r.L.T("needs.year.nothing"), r.L.T("needs.year.nothing_text")}
		return r.Render(w, publishView(p))
	}
	at, asked := 0, r.URL.Query().Get("kampania")
	if asked != "" {
		if at = slices.IndexFunc(list, func(c Campaign) bool { return string(c.ID) == asked }); at < 0 {
			return fault.ErrNotFound
		}
	}
	for n, c := range list {
		p.Campaign = append(p.Campaign, web.Link{Text: c.Title, Href: web.WithQuery(r.URL, "kampania", string(c.ID), "jednostka", "format"), Current: n == at})
	}
	measure, people := MeasureDeclared, r.URL.Query().Get("co") == "osoby"
	if people {
		measure = publishMeasure(r)
	}
	p.Streams = []web.Link{{Text: r.L.T("needs.year.declared"), Href: web.WithQuery(r.URL, "", "", "co", "pytanie", "jednostka", "format"), Current: !people},
		{Text: r.L.T("needs.year.people"), Href: web.WithQuery(r.URL, "co", "osoby", "jednostka", "format"), Current: people}}
	p.XLSX, p.CSV = web.WithQuery(r.URL, "format", "xlsx"), web.WithQuery(r.URL, "format", "csv")
	if err := s.publishFill(r, &p, list[at], measure); err != nil {
		return err
	}
	if r.URL.Query().Has("format") && len(p.Table.Rows) > 0 {
		return s.rankSheet(w, r, "potrzeby-"+strconv.Itoa(year), r.L.T("needs.title"), p.Table.header(), p.Table.rows())
	}
	return r.Render(w, publishView(p))
}
