package result

import (
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"kladka/internal/budget/tally"
	"kladka/internal/platform/chart"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// stepsPage is a count step by step: one step, or all of them.
type stepsPage struct {
	toldPage
	Step           *stepLine // nil: all of them
	Total          int
	Previous, Next string // steps; ""
	Lines          []stepLine
	Chart          chart.Picture
}

// stepLine is one step so that it can be read alone.
type stepLine struct {
	No            int
	Href          string
	Head          string
	Words         []string
	Project       *web.Link
	Cost          string
	Before, After string
	Support       string
	Passed        []passedLine
}

type passedLine struct {
	web.Link
	Why string
}

func (s *Service) getSteps(w http.ResponseWriter, r *web.Request) error {
	told, t, err := s.told(w, r, "result.steps.title", func(p toldPage) string { return StepsHref(p.Edition.ID, p.Pool.ID) })
	if err != nil {
		return err
	}
	p := stepsPage{toldPage: told, Total: len(t.Steps)}
	if p.Few = told.Ready && p.Total == 0; p.Few || !told.Ready {
		return r.Render(w, stepsView(p))
	}
	asked := r.URL.Query().Get("krok")
	if asked == "" {
		for i := range t.Steps {
			p.Lines = append(p.Lines, told.stepLine(t, i))
		}
		p.Chart = t.stepsChart()
		return r.Render(w, stepsView(p))
	}
	no, err := strconv.Atoi(asked)
	if err != nil || no < 1 || no > p.Total {
		return fault.ErrNotFound
	}
	line := told.stepLine(t, no-1)
	p.Step, p.Chart = &line, t.stepChart(no-1)
	p.Title = r.L.T("result.steps.one", "no", no, "total", p.Total)
	if no > 1 {
		p.Previous = told.stepHref(no - 1)
	}
	if no < p.Total {
		p.Next = told.stepHref(no + 1)
	}
	return r.Render(w, stepsView(p))
}

func (p toldPage) stepHref(no int) string {
	return StepsHref(p.Edition.ID, p.Pool.ID) + "?" + url.Values{"krok": {strconv.Itoa(no)}}.Encode()
}

func (p toldPage) stepLine(t teller, at int) stepLine {
	s := t.Steps[at]
	line := stepLine{No: at + 1, Href: p.stepHref(at + 1), Head: t.stepHead(s), Words: t.stepWords(s), Before: t.money(s.Before), After: t.money(s.After)}
	if s.Kind == tally.StepWin {
		link := p.linked(t, []int{s.Project})[0]
		line.Project, line.Cost, line.Support = &link, t.money(s.Cost), t.Number(int(s.Support))
	}
	for _, passed := range s.Passed {
		line.Passed = append(line.Passed, passedLine{p.linked(t, []int{passed.Project})[0], t.passed(passed)})
	}
	return line
}

func (t teller) stepHead(s tally.Step) string {
	return t.T("result.steps.head."+string(s.Kind), "project", t.title(s.Project))
}

// stepWords tell one step in sentences.
func (t teller) stepWords(s tally.Step) []string {
	args := []any{"project", t.title(s.Project), "cost", t.money(s.Cost), "before", t.money(s.Before), "after", t.money(s.After), "share", t.money(s.Share),
		"held_before", t.money(s.HeldBefore), "held_after", t.money(s.HeldAfter), "most", t.money(s.AtMost), "votes", t.voteWords(s.Support),
		"voters", t.Number(t.outcome.Voters), "price", t.price(s.Price), "step", t.money(t.outcome.Rule.Step * 100), "budget", t.money(t.outcome.Budget)}
	words := []string{}
	switch s.Kind {
	case tally.StepWin:
		words = append(words, t.T("result.steps."+string(s.Phase), append(args, "score", t.stepScore(s))...))
	case tally.StepRaise:
		words = append(words, t.N("result.steps.raise", s.Raised, args...))
	default:
		words = append(words, t.T("result.steps."+string(s.Kind), args...))
	}
	if s.Tie != nil {
		words = append(words, t.T("result.steps.tie", "tied", t.titles(s.Tie.Tied), "by", t.tieBy(s.Tie), "won", t.title(s.Tie.Won)))
	}
	return words
}

// stepScore is what decided a step: supporters when the rest is spent.
func (t teller) stepScore(s tally.Step) string {
	if s.Phase == tally.PhaseFill {
		return t.voteWords(s.Support)
	}
	return t.score(s.Score)
}

// price is what a supporter pays for a unit of utility. With the utility cost that
// is a part of the cost; else it is money.
func (t teller) price(rho float64) string {
	after := ""
	if t.outcome.Rule.Utility != string(tally.UtilityCost) {
		rho, after = rho/100, "\u00a0zł"
	}
	text := strconv.FormatFloat(rho, 'g', 4, 64)
	if t.Lang != i18n.EN {
		text = strings.Replace(text, ".", ",", 1)
	}
	return text + after
}

// moneyUnit is the unit of a picture of money: where no amount has grosze, none are
// written, as in the tables.
func moneyUnit(rows []chart.Row) chart.Unit {
	unit := chart.Unit{After: "\u00a0zł"}
	for _, row := range rows {
		for _, v := range row.Values {
			if n, known := v.N(); known && n != math.Trunc(n) {
				unit.Decimals = 2
			}
		}
	}
	return unit
}

func zloty(grosze int64) chart.Value { return chart.Num(float64(grosze) / 100) }

// stepsChart shows how the budget was spent, step after step.
func (t teller) stepsChart() chart.Picture {
	bars := chart.Bars{Head: chart.Head{ID: "kroki", Title: t.T("result.steps.chart"), Level: 2, Names: t.T("result.col.project")},
		Parts: []string{t.T("result.steps.part_before"), t.T("result.steps.part_now"), t.T("result.steps.part_left")}}
	for i, s := range t.Steps {
		if s.Kind == tally.StepWin {
			bars.Rows = append(bars.Rows, chart.Row{Name: t.T("result.steps.row", "no", i+1, "project", t.Projects[s.Project].Title), Values: t.split(s)})
		}
	}
	bars.Unit = moneyUnit(bars.Rows)
	return bars
}

// split is the budget before, in and after a step.
func (t teller) split(s tally.Step) []chart.Value {
	return []chart.Value{zloty(t.outcome.Budget - s.Before), zloty(s.Before - s.After), zloty(s.After)}
}

// stepChart shows where the money is at one step: the budget, and under equal
// shares what the voters hold.
func (t teller) stepChart(at int) chart.Picture {
	s := t.Steps[at]
	bars := chart.Bars{Head: chart.Head{ID: "krok", Title: t.T("result.steps.chart_one"), Level: 2, Names: t.T("result.steps.money")},
		Parts: []string{t.T("result.steps.part_before"), t.T("result.steps.part_now"), t.T("result.steps.part_left")},
		Rows:  []chart.Row{{Name: t.T("result.fact.budget"), Values: t.split(s)}}}
	if s.HeldBefore > 0 && s.Phase != tally.PhaseFill {
		all := t.held(at)
		now := max(0, s.HeldBefore-s.HeldAfter)
		bars.Rows = append(bars.Rows, chart.Row{Name: t.T("result.steps.held"), Values: []chart.Value{zloty(max(0, all-now-s.HeldAfter)), zloty(now), zloty(s.HeldAfter)}})
	}
	bars.Unit = moneyUnit(bars.Rows)
	return bars
}

// held is all that voters were given until a step, whether or not they have paid
// with it: the first share, and after that was raised, the raised one. What a later
// step gives them was not theirs before it, and was not spent.
func (t teller) held(at int) (most int64) {
	for _, s := range t.Steps[:at+1] {
		most = max(most, s.HeldBefore, s.HeldAfter)
	}
	return most
}
