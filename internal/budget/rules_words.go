package budget

import (
	"slices"
	"strings"
	"time"

	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// RuleGroup is a part of the rules in words.
type RuleGroup struct {
	Title string
	Lines []string
}

// InWords writes the rules of an edition as sentences for whoever takes part,
// all but the table of pools and the calendar, which pages draw.
func (e Edition) InWords(l *i18n.L) []RuleGroup {
	groups := []RuleGroup{{l.T("budget.words.who"), e.whoWords(l)}, {l.T("budget.words.projects"), e.projectWords(l)}}
	for _, alike := range e.Rules.alike() {
		title := l.T("budget.words.vote")
		if len(e.Rules.Pools) > len(alike) {
			title = l.T("budget.words.vote_in", "pools", strings.Join(poolNames(alike), ", "))
		}
		lines := append(alike[0].Ballot.words(l), alike[0].countWords(l)...)
		groups = append(groups, RuleGroup{title, lines})
	}
	return append(groups, RuleGroup{l.T("budget.words.secret"), e.secretWords(l)})
}

// alike groups pools that vote and count in one way, in the order of the pools.
func (r Rules) alike() (groups [][]Pool) {
	for _, p := range r.Pools {
		n := slices.IndexFunc(groups, func(g []Pool) bool { return g[0].votesLike(p) })
		if n < 0 {
			groups = append(groups, []Pool{p})
		} else {
			groups[n] = append(groups[n], p)
		}
	}
	return groups
}

// votesLike tells whether two pools have one ballot and one count.
func (p Pool) votesLike(other Pool) bool {
	b, o := p.Ballot, other.Ballot
	return b.Type == o.Type && b.Min == o.Min && b.Max == o.Max && b.Total == o.Total && slices.Equal(b.Points, o.Points) &&
		p.Count == other.Count && p.LeastVotes == other.LeastVotes
}

func poolNames(pools []Pool) (names []string) {
	for _, p := range pools {
		names = append(names, p.Name)
	}
	return names
}

func (e Edition) whoWords(l *i18n.L) (lines []string) {
	w := e.Rules.Who
	if w.Residence != "" {
		lines = append(lines, l.T("budget.words.residence", "words", w.Residence))
	}
	if w.VoteAge > 0 {
		lines = append(lines, l.N("budget.words.vote_age", w.VoteAge))
	} else {
		lines = append(lines, l.T("budget.words.no_vote_age"))
	}
	if w.ProposeAge > 0 {
		lines = append(lines, l.N("budget.words.propose_age", w.ProposeAge), l.T(e.to("budget.words.age_said")))
	}
	for _, s := range w.Sources {
		lines = append(lines, l.T("budget.words.source_"+string(s)))
	}
	return lines
}

func (e Edition) projectWords(l *i18n.L) (lines []string) {
	r := e.Rules
	if r.Signatures > 0 {
		lines = append(lines, l.T("budget.words.signatures", "signatures", l.N("budget.n.signatures", r.Signatures), "days", l.N("budget.n.days", r.SignatureDays)))
	} else {
		lines = append(lines, l.T("budget.words.no_signatures"))
	}
	if r.ProtestDays > 0 {
		lines = append(lines, l.T("budget.words.protest", "days", l.N("budget.n.days", r.ProtestDays)))
	} else {
		lines = append(lines, l.T("budget.words.no_protest"))
	}
	if day := r.Calendar.WithdrawTo; day != "" {
		lines = append(lines, l.T("budget.words.withdraw", "day", l.DateText(day)))
	}
	if r.NoTwins && len(r.Pools) > 1 {
		lines = append(lines, l.T("budget.words.no_twins"))
	}
	if n := len(r.Excludes); n > 0 {
		lines = append(lines, l.N("budget.words.excludes", n))
	}
	return lines
}

// words say how one fills in a ballot.
func (b BallotRules) words(l *i18n.L) (lines []string) {
	switch b.Type {
	case Ranked:
		lines = append(lines, l.T("budget.words.ranked", "points", joinNumbers(l, b.Points)))
	case One:
		return []string{l.T("budget.words.one")}
	case Cumulative:
		lines = append(lines, l.N("budget.words.cumulative", b.Total))
	default:
		lines = append(lines, l.T("budget.words."+string(b.Type)))
	}
	return append(lines, b.HowMany(l))
}

// HowMany says how many projects a valid ballot names: "dokładnie 3 projekty".
func (b BallotRules) HowMany(l *i18n.L) string {
	least, most := b.Min, b.most()
	switch {
	case least == most && least > 0:
		return l.N("budget.words.exactly", least)
	case least > 1 && most > 0:
		return l.T("budget.words.between", "least", least, "most", most)
	case most > 0:
		return l.N("budget.words.up_to", most)
	case least > 1:
		return l.N("budget.words.at_least", least)
	}
	return l.T("budget.words.any")
}

func joinNumbers(l *i18n.L, list []int) string {
	var parts []string
	for _, n := range list {
		parts = append(parts, l.Number(n))
	}
	return strings.Join(parts, ", ")
}

func (p Pool) countWords(l *i18n.L) []string {
	c := p.Count
	rule := c.Rule
	switch {
	case rule != greedy:
	case c.Utility == cardinality:
		rule = "greedy_per_cost"
	case p.Ballot.Type == Ranked || p.Ballot.Type == Cumulative:
		rule = "greedy_points"
	default:
		rule = "greedy_votes"
	}
	lines := []string{l.T("budget.words.rule_" + rule)}
	if c.Rule == mes {
		lines = append(lines, l.T("budget.words.utility_"+c.Utility), l.T("budget.words.start_"+c.Start))
		if strings.HasPrefix(c.Completion, add1) {
			lines = append(lines, l.T("budget.words.completion_"+strings.ReplaceAll(strings.ReplaceAll(c.Completion, "+", "_"), "-", "_"), "step", amount(c.Step*zl)))
		} else {
			lines = append(lines, l.T("budget.words.completion_"+c.Completion))
		}
	}
	if p.LeastVotes > 0 {
		lines = append(lines, l.N("budget.words.least_votes", p.LeastVotes))
	}
	if c.MinShare != "" {
		lines = append(lines, l.T("budget.words.min_share", "share", c.MinShare))
	}
	return append(lines, tieWords(l, c.Ties))
}

// tieWords say in which order ties are broken.
func tieWords(l *i18n.L, ties string) string {
	return l.T("budget.words.ties", "steps", tieSteps(l, ties))
}

func tieSteps(l *i18n.L, ties string) string {
	var steps []string
	for step := range strings.SplitSeq(ties, ",") {
		name, _, _ := strings.Cut(strings.TrimSpace(step), ":")
		if name != "" {
			steps = append(steps, l.T("budget.words.tie_"+name))
		}
	}
	if len(steps) == 0 {
		steps = []string{l.T("budget.words.tie_file")}
	}
	return strings.Join(steps, l.T("budget.words.then"))
}

// LeastElectors is how many rights to vote a pool must have for its envelopes to be
// opened. Package vote keeps to it before the vote opens, package result after the
// close.
const LeastElectors = 20

func (e Edition) secretWords(l *i18n.L) (lines []string) {
	for _, key := range []string{"sealed", "custodians", "receipt"} {
		lines = append(lines, l.T("budget.words."+key))
	}
	lines = append(lines, l.T("budget.words.few_electors", "n", LeastElectors))
	if e.Rules.Paper {
		lines = append(lines, l.T("budget.words.paper"))
	}
	if e.Rules.ChangeOfMind {
		lines = append(lines, l.T("budget.words.change"))
	} else {
		lines = append(lines, l.T("budget.words.no_change"))
	}
	return lines
}

// moment writes an instant as people in Kraków read it, dayText a day of the
// calendar, "" for none.
func moment(l *i18n.L, at int64) string { return l.DateTime(time.Unix(at, 0).In(web.Warsaw)) }

// EndWords writes the end of something: midnight is 24:00 of the day that it
// ends, for "until the 29th, 00:00" makes people come on the 29th.
func EndWords(l *i18n.L, at int64) string {
	t := time.Unix(at, 0).In(web.Warsaw)
	if t.Hour() == 0 && t.Minute() == 0 {
		return l.Date(t.AddDate(0, 0, -1)) + ", 24:00"
	}
	return l.DateTime(t)
}

func dayText(l *i18n.L, day string) string {
	if day == "" {
		return ""
	}
	return l.DateText(day)
}
