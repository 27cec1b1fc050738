package result

import (
	"net/http"
	"slices"

	"kladka/internal/budget"
	"kladka/internal/budget/tally"
	"kladka/internal/platform/chart"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// comparePage sets rules beside each other on the same ballots.
type comparePage struct {
	toldPage
	Pick     web.Pick
	Rules    []comparedLine
	Projects []comparedProject
	Overlap  [][]string // row by row, how many winners two rules have in common
	Spending []spendingTable
	Chart    chart.Picture
}

type comparedLine struct {
	Name, Text                        string
	Own                               bool
	Winners, Cost, Without, Fulfilled string
}

type comparedProject struct {
	web.Link
	Cost string
	Won  []bool // by rule
}

// spendingTable is what each rule spends by category or by district of the city.
type spendingTable struct {
	ID, Title, Col string
	Rows           []spendingRow
}

type spendingRow struct {
	Name  string
	Costs []string
}

func (s *Service) getCompare(w http.ResponseWriter, r *web.Request) error {
	told, t, err := s.told(w, r, "result.compare.title", func(p toldPage) string { return CompareHref(p.Edition.ID, p.Pool.ID) })
	if err != nil {
		return err
	}
	p := comparePage{toldPage: told}
	if p.Few = told.Ready && len(t.Rules) == 0; p.Few || !told.Ready {
		return r.Render(w, compareView(p))
	}
	rules := chosenRules(t.Rules, r.URL.Query()["zasada"])
	p.Pick = web.Pick{Name: "zasada", Label: r.L.T("result.compare.pick"), Required: true}
	for _, rule := range t.Rules {
		p.Pick.Choices = append(p.Pick.Choices, web.Choice{Value: rule.Key, Label: t.ruleName(rule), Hint: r.L.T("result.compare.text." + rule.Key)})
	}
	for _, rule := range rules {
		p.Pick.Values = append(p.Pick.Values, rule.Key)
	}
	s.compare(&p, t, rules)
	return r.Render(w, compareView(p))
}

// chosenRules are the asked rules, the pool's own always among them; without a
// choice, or with that one alone, another stands beside it.
func chosenRules(all []ComparedRule, asked []string) []ComparedRule {
	list := all[:1:1]
	for _, rule := range all[1:] {
		for _, key := range asked {
			if key == rule.Key {
				list = append(list, rule)
				break
			}
		}
	}
	if len(list) == 1 {
		return all[:min(2, len(all))]
	}
	return list
}

func (t teller) ruleName(rule ComparedRule) string { return t.T("result.compare.rule." + rule.Key) }

func (s *Service) compare(p *comparePage, t teller, rules []ComparedRule) {
	for _, rule := range rules {
		p.Rules = append(p.Rules, comparedLine{Name: t.ruleName(rule), Text: t.T("result.compare.text." + rule.Key), Own: rule.Key == ownRule, Winners: t.Number(len(rule.Winners)), Cost: t.money(rule.Cost),
			Without:   t.T("result.compare.part", "n", t.Number(rule.Without), "percent", percent(t.L, int64(rule.Without), int64(rule.Voters))),
			Fulfilled: percent(t.L, rule.Fulfilled, rule.Choices)})
		row := []string{}
		for _, other := range rules {
			row = append(row, t.Number(len(rule.Common(other.Compared))))
		}
		p.Overlap = append(p.Overlap, row)
	}
	for _, at := range winnersAnywhere(rules) {
		line := comparedProject{Link: p.linked(t, []int{at})[0], Cost: t.money(t.Projects[at].Cost)}
		for _, rule := range rules {
			won := false
			for _, w := range rule.Winners {
				won = won || w == at
			}
			line.Won = append(line.Won, won)
		}
		p.Projects = append(p.Projects, line)
	}
	p.Chart = t.compareChart(rules)
	p.Spending = []spendingTable{t.spending("kategorie", "category", rules, func(c tally.Compared) []tally.Spending { return c.Category }, s.categoryName)}
	if byDistrict(p.Pool, rules) {
		p.Spending = append(p.Spending, t.spending("dzielnice", "district", rules, func(c tally.Compared) []tally.Spending { return c.District }, districtName))
	}
}

// byDistrict tells whether winners differ in their districts at all: a school has none,
// and the pool of a district has one.
func byDistrict(pool budget.Pool, rules []ComparedRule) bool {
	return pool.District() == "" && slices.ContainsFunc(rules, func(c ComparedRule) bool {
		return slices.ContainsFunc(c.District, func(s tally.Spending) bool { return s.Name != "" })
	})
}

// districtName is a district; of a project that has none it is the whole city.
func districtName(l *i18n.L, name string) string {
	if name == "" {
		return l.T("result.compare.whole")
	}
	return name
}

// compareChart shows how many voters got something of what they chose.
func (t teller) compareChart(rules []ComparedRule) chart.Picture {
	bars := chart.Bars{Head: chart.Head{ID: "osoby", Title: t.T("result.compare.chart"), Level: 2, Names: t.T("result.compare.col.rule")},
		Parts: []string{t.T("result.compare.with"), t.T("result.compare.without")}}
	for _, rule := range rules {
		bars.Rows = append(bars.Rows, chart.Row{Name: t.ruleName(rule), Values: []chart.Value{chart.Int(rule.Voters - rule.Without), chart.Int(rule.Without)}})
	}
	return bars
}

// percent writes a part in whole percents; nothing of nothing is a dash.
func percent(l *i18n.L, part, whole int64) string {
	if whole == 0 {
		return "–"
	}
	return l.Number(int((part*100+whole/2)/whole)) + "%"
}

// categoryName is a category in words; one that package budget does not know is
// shown as it is.
func (s *Service) categoryName(l *i18n.L, category string) string {
	if category == "" {
		return l.T("result.compare.none")
	}
	if key := "budget.category." + category; s.Catalog.Has(key) {
		return l.T(key)
	}
	return category
}

func (t teller) spending(id, key string, rules []ComparedRule, of func(tally.Compared) []tally.Spending, name func(*i18n.L, string) string) spendingTable {
	table := spendingTable{ID: id, Title: t.T("result.compare.by_" + key), Col: t.T("result.compare.col." + key)}
	rows := map[string]int{}
	for i, rule := range rules {
		for _, part := range of(rule.Compared) {
			at, known := rows[part.Name]
			if !known {
				at = len(table.Rows)
				rows[part.Name] = at
				row := spendingRow{Name: name(t.L, part.Name)}
				for range rules {
					row.Costs = append(row.Costs, budget.Money(t.L, 0))
				}
				table.Rows = append(table.Rows, row)
			}
			table.Rows[at].Costs[i] = t.money(part.Cost)
		}
	}
	return table
}
