package plan

import (
	"context"
	"math/big"
	"strconv"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/agreements/formula"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

const nbsp = "\u00a0"

// number is a value as the reader's language writes it, with at most two places:
// rounded only here, where it is shown.
func number(l *i18n.L, v *big.Rat) string { return decimal(l, formula.Text(v, 2)) }

// decimal is an exact decimal in the reader's writing.
func decimal(l *i18n.L, text string) string {
	body, negative := strings.CutPrefix(text, "-")
	whole, rest, pointed := strings.Cut(body, ".")
	n, err := strconv.Atoi(whole)
	if err != nil {
		return text // longer than any figure of a plan
	}
	out := l.Number(n)
	if pointed && l.Lang == i18n.EN {
		out += "." + rest
	} else if pointed {
		out += "," + rest
	}
	if negative {
		out = "−" + out
	}
	return out
}

// percent is the one unit that stands with every number.
const percent = "%"

// withUnit is a number with the unit of an indicator.
func withUnit(text, unit string) string {
	if unit == percent {
		return text + unit
	}
	return text + nbsp + unit
}

// said is an exact decimal of an indicator with its unit, "" when there is none.
func (i Indicator) said(l *i18n.L, text string) string {
	if text == "" {
		return ""
	}
	return withUnit(decimal(l, text), i.Unit)
}

// bare is an exact decimal of an indicator, where the unit is said elsewhere.
func (i Indicator) bare(l *i18n.L, text string) string {
	if text == "" || i.Unit == percent {
		return i.said(l, text)
	}
	return decimal(l, text)
}

// speaker says formulas in a reader's language.
type speaker struct {
	l      *i18n.L
	has    func(key string) bool
	named  named
	titles map[ActionID]string
	themes map[string]string
	areas  map[string]string
}

// speaks makes the speaker of a plan.
func (s *Service) speaks(ctx context.Context, l *i18n.L, t Tree) (sp speaker, err error) {
	sp = speaker{l: l, has: s.Catalog.Has, named: t.named(), titles: map[ActionID]string{}, themes: map[string]string{}}
	for _, a := range t.Actions {
		sp.titles[a.ID] = a.Title
	}
	themes, err := s.Themes(ctx, l)
	if err != nil {
		return sp, err
	}
	for _, one := range themes {
		sp.themes[one.ID] = one.Title
	}
	if s.AreaNames != nil {
		sp.areas, err = s.AreaNames(ctx)
	}
	return sp, err
}

func (s speaker) Number(text string) string { return decimal(s.l, text) }

func (s speaker) Sign(op byte) string {
	return map[byte]string{'+': "+", '-': "−", '*': "×", '/': "÷"}[op]
}

// Call says what is counted and, in brackets, of what.
func (s speaker) Call(c formula.Call) string {
	var of []string
	switch {
	case !c.Measure.OfLedger():
		of = append(of, "„"+s.named.indicators[c.Value].Title+"”")
	case c.Scope == formula.ScopeAll:
		of = append(of, s.l.T("plan.scope.all"))
	default:
		of = append(of, s.l.T("plan.scope."+c.Scope, "name", s.scopeName(c)))
	}
	if c.Group != "" {
		of = append(of, s.l.T("plan.group."+c.Group))
	}
	if c.Running {
		of = append(of, s.l.T("plan.by_running"))
	}
	if c.Shift != 0 {
		of = append(of, s.l.N("plan.years_before", -c.Shift))
	}
	return s.l.T("plan.measure."+string(c.Measure)) + " (" + strings.Join(of, "; ") + ")"
}

func (s speaker) scopeName(c formula.Call) string {
	name := ""
	switch c.Scope {
	case formula.ScopeAction:
		name = s.titles[s.named.actions[c.Value]]
		if name != "" {
			return c.Value + ", „" + name + "”"
		}
	case formula.ScopeTheme:
		name = s.themes[c.Value]
	case formula.ScopeArea:
		name = s.areas[c.Value]
	case formula.ScopeKind:
		if key := "plan.kind." + c.Value; s.has(key) {
			name = s.l.T(key)
		}
	}
	if name == "" {
		return c.Value
	}
	return name
}

// formula is the formula of an indicator in words, "" for one that is entered.
func (s speaker) formula(i Indicator) string {
	f, err := formula.Parse(i.Formula)
	if i.Way != ByFormula || err != nil {
		return ""
	}
	return f.In(s)
}

// figure is a value with its unit, or in words why there is none.
func (s speaker) figure(i Indicator, f Figure) string {
	if f.Known() {
		return withUnit(number(s.l, f.Value), i.Unit)
	}
	return s.lack(i, f)
}

// bare is a value where the unit is said elsewhere, or in words why there is none.
func (s speaker) bare(i Indicator, f Figure) string {
	if f.Known() && i.Unit != percent {
		return number(s.l, f.Value)
	}
	return s.figure(i, f)
}

// lack is why there is no value.
func (s speaker) lack(i Indicator, f Figure) string {
	if i.Way == Entered {
		return s.l.T("plan.lack.unread")
	}
	of := f.Of
	if part, err := formula.Parse(of); err == nil {
		of = part.In(s)
	}
	return s.l.T("plan.lack."+string(f.Lack), "of", of)
}

// story is an indicator in one plain sentence or two: where it was, where it is,
// where it shall be.
func (s speaker) story(i Indicator, v *Values, upTo int) string {
	var said []string
	if i.Baseline != "" {
		said = append(said, s.l.T("plan.story.was", "value", i.said(s.l, i.Baseline), "year", yearWords(i.BaselineYear)))
	}
	year, f, ok := v.Latest(i, upTo)
	if ok {
		said = append(said, s.l.T("plan.story.is", "value", s.figure(i, f), "year", yearWords(year)))
	} else {
		said = append(said, s.l.T("plan.story.unknown"))
		if i.Way == ByFormula {
			said = append(said, s.lack(i, v.Of(i, upTo, "")))
		}
	}
	if i.Target != "" {
		said = append(said, s.l.T("plan.story.will", "value", i.said(s.l, i.Target), "year", yearWords(i.TargetYear)))
	}
	if p := progress(i, f.Value); ok && p.Reached {
		said = append(said, s.l.T("plan.story.reached"))
	} else if ok && p.Known && p.Percent > 0 {
		said = append(said, s.l.T("plan.story.way", "percent", p.Percent))
	} else if ok && p.Known {
		said = append(said, s.l.T("plan.story.no_way"))
	}
	return strings.Join(said, " ")
}

// fresh is when the newest fact or reading came, in words.
func fresh(l *i18n.L, at int64) string {
	if at == 0 {
		return l.T("plan.fresh.never")
	}
	return l.T("plan.fresh.at", "date", l.DateTime(time.Unix(at, 0).In(web.Warsaw)))
}

// institution is the name of one in a map of names, "" for none.
func institution(names map[access.InstitutionID]string, id access.InstitutionID, l *i18n.L) string {
	if id == "" {
		return l.T("plan.association")
	}
	return names[id]
}
