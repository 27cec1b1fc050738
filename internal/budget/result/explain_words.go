package result

import (
	"strings"

	"kladka/internal/budget"
	"kladka/internal/budget/tally"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// teller puts an explained count into the words of a language.
type teller struct {
	*i18n.L
	pool    budget.Pool
	outcome Outcome
	Explained
	votes bool // greedy orders by votes; else by points
}

func (s *Service) teller(l *i18n.L, pool budget.Pool, o Outcome, x Explained) teller {
	return teller{L: l, pool: pool, outcome: o, Explained: x, votes: !voteType(pool.Ballot).Pointed() || o.Rule.Utility == string(tally.UtilityCardinality)}
}

// title is the name of a project in quotation marks.
func (t teller) title(p int) string {
	if p < 0 || p >= len(t.Projects) {
		return ""
	}
	return t.T("result.quoted", "name", t.Projects[p].Title)
}

func (t teller) titles(list []int) string {
	names := make([]string, len(list))
	for i, p := range list {
		names[i] = t.title(p)
	}
	return strings.Join(names, ", ")
}

func (t teller) money(m int64) string { return budget.Money(t.L, m) }

// score is an amount of that by which greedy orders: "12 punktów", "1 głos".
func (t teller) score(n int64) string {
	if t.votes {
		return t.voteWords(n)
	}
	return t.N("result.explain.points", int(n))
}

func (t teller) voteWords(n int64) string { return t.N("result.explain.votes", int(n)) }

// scored is what a project has of it.
func (t teller) scored(x tally.Explanation) int64 {
	if t.votes {
		return x.Support
	}
	return x.Score
}

// head says in a sentence why a project won or lost.
func (t teller) head(x tally.Explanation) string {
	args := []any{"round", x.Round, "score", t.score(t.scored(x)), "votes", t.voteWords(x.Support), "cost", t.money(x.Cost), "left", t.money(x.Left),
		"missing", t.money(x.Missing), "other", t.title(x.By), "need", t.voteWords(x.Support + x.Votes)}
	if x.Purse != nil {
		args = append(args, "kept", t.money(x.Purse.Kept))
	}
	if x.Won {
		return t.T("result.explain.won."+string(x.Phase), args...)
	}
	return t.T("result.explain.lost."+string(x.Reason), args...)
}

// reason is the explanation of a project, short.
func (t teller) reason(p int) web.Reason {
	x := t.Why[p]
	return web.Reason{Text: strings.Join(append([]string{t.head(x)}, t.turns(x)...), " "), Rule: t.T("result.explain.how")}
}

// turns say what would have turned the count, and how the project stands beside
// others.
func (t teller) turns(x tally.Explanation) []string {
	var list []string
	for _, words := range []string{t.tie(x), t.beside(x), t.priceWords(x), t.enoughWords(x), t.voterWords(x)} {
		if words != "" {
			list = append(list, words)
		}
	}
	return list
}

func (t teller) priceWords(x tally.Explanation) string {
	args := []any{"price", t.money(x.Price.Value), "change", t.money(max(x.Price.Value-x.Cost, x.Cost-x.Price.Value))}
	key := "result.explain.price.lost_"
	if x.Won {
		if key = "result.explain.price.won_"; x.Price.Value == x.Cost && x.Price.State == tally.Sure {
			return t.T("result.explain.price.edge")
		}
	}
	switch x.Price.State {
	case tally.Sure, tally.Tried:
		words := t.T(key+string(x.Price.State), args...)
		if !x.Won && x.Missing > 0 && x.Cost-x.Price.Value != x.Missing {
			words += " " + t.T("result.explain.price.differs_"+t.outcome.Rule.Name, "missing", t.money(x.Missing))
		}
		return words
	case tally.Never:
		return t.T("result.explain.price.never")
	}
	return ""
}

func (t teller) enoughWords(x tally.Explanation) string {
	has := t.scored(x)
	args := []any{"total", t.score(x.Enough.Value), "change", t.score(max(x.Enough.Value-has, has-x.Enough.Value))}
	switch {
	case x.Enough.State == tally.Never && x.Cost > t.outcome.Budget:
		return t.T("result.explain.enough.too_dear", "budget", t.money(t.outcome.Budget))
	case x.Enough.State == tally.Never:
		return t.T("result.explain.enough.never")
	case !x.Enough.Wins():
		return ""
	case x.Won && x.Enough.Value == has:
		return t.T("result.explain.enough.edge")
	case x.Won:
		return t.T("result.explain.enough.won", args...)
	}
	return t.T("result.explain.enough.lost", args...)
}

func (t teller) voterWords(x tally.Explanation) string {
	if !x.Voters.Wins() {
		return ""
	}
	return t.N("result.explain.voters", int(x.Voters.Value))
}

// beside compares a loser with the winner that has the least.
func (t teller) beside(x tally.Explanation) string {
	if x.Least < 0 || x.Reason != tally.SkipTooDear {
		return ""
	}
	other := t.Why[x.Least]
	gap := t.scored(other) - t.scored(x)
	args := []any{"other", t.title(x.Least), "score", t.score(t.scored(other)), "gap", t.score(max(gap, -gap)), "cost", t.money(other.Cost)}
	switch {
	case gap > 0:
		return t.T("result.explain.beside.less", args...)
	case gap < 0:
		return t.T("result.explain.beside.more", args...)
	}
	return t.T("result.explain.beside.same", args...)
}

// tie tells which projects stood equal with this one, and what decided.
func (t teller) tie(x tally.Explanation) string {
	if x.Tie == nil {
		return ""
	}
	var others []int
	for _, p := range x.Tie.Tied {
		if p != x.Project {
			others = append(others, p)
		}
	}
	return t.T("result.explain.tie", "others", t.titles(others), "by", t.tieBy(x.Tie), "first", t.title(x.Tie.Won))
}

func (t teller) tieBy(tie *tally.TieRecord) string { return t.T("result.tie_by." + string(tie.By.By)) }

// passed tells in a few words why a project was passed over.
func (t teller) passed(p tally.Passed) string {
	return t.T("result.explain.passed."+string(p.Reason), "missing", t.money(p.Missing), "other", t.title(p.By))
}
