package result

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/budget/tally"
	"kladka/internal/budget/vote"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/web"
)

const (
	jobExplain = "budget.explain"
	// explainTime is how long one pool may be explained. What is not found until
	// then is told as not found. A greedy count of a large city takes a second.
	explainTime = 3 * time.Minute
)

// Explained is a count in words that people ask for: why each project won or
// lost, how the count went, and what other rules would have made of it. Projects
// are named by their places in Projects, which is the order of the ballot.
type Explained struct {
	Projects []explainedProject  `json:"projects"`
	Why      []tally.Explanation `json:"why"`
	Steps    []tally.Step        `json:"steps"`
	// Rules are this pool's own rule and others. None are told where ballots are
	// not published: how many got nothing would say too much about a few people.
	Rules []ComparedRule `json:"rules"`
}

type explainedProject struct {
	ID       budget.ProjectID `json:"id"`
	Title    string           `json:"title"`
	Cost     int64            `json:"cost"`
	Category string           `json:"category"`
}

// ComparedRule is what a rule makes of the ballots. Key names it in addresses and
// in the texts "result.compare.rule."; that of the pool is ownRule.
type ComparedRule struct {
	Key string `json:"key"`
	tally.Compared
}

const ownRule = "wlasna"

// find is the place of a project, -1 when it is not on the ballot.
func (x Explained) find(id budget.ProjectID) int {
	return slices.IndexFunc(x.Projects, func(p explainedProject) bool { return p.ID == id })
}

func (s *Service) orderExplain(ctx context.Context, tx *db.Tx, id budget.EditionID) error {
	_, err := jobs.Enqueue(ctx, tx, jobExplain, countOrder{id}, jobs.Unique(string(id)))
	return err
}

// explain explains all pools of an edition that was counted. A pool that was
// explained already is left as it is.
func (s *Service) explain(ctx context.Context, id budget.EditionID) (err error) {
	defer fault.Wrap(&err, "explain edition %s", id)
	e, err := s.Editions.ByID(ctx, s.db, id)
	if err != nil {
		return err
	}
	counts, err := Counts(ctx, s.db, id)
	if err != nil {
		return err
	}
	for _, c := range counts {
		pool, there := e.Pool(c.Pool)
		if !there || c.OutcomeHash == "" {
			continue
		}
		if known, err := explainedHash(ctx, s.db, id, c.Pool); err != nil || known == c.OutcomeHash {
			if err != nil {
				return err
			}
			continue
		}
		x, err := s.explainPool(ctx, e, pool, c)
		if err != nil {
			return err
		}
		if err := s.storeExplained(ctx, c, x); err != nil {
			return err
		}
	}
	return nil
}

func explainedHash(ctx context.Context, r db.Reader, id budget.EditionID, pool budget.PoolID) (hash string, err error) {
	err = r.Get(ctx, &hash, `select outcome_hash from budget_explained where edition = ? and pool = ?`, id, pool)
	if fault.KindOf(err) == fault.NotFound {
		return "", nil
	}
	return hash, err
}

func (s *Service) explainPool(ctx context.Context, e budget.Edition, pool budget.Pool, c PoolCount) (x Explained, err error) {
	projects, err := s.Editions.OnBallot(ctx, s.db, e.ID, pool.ID)
	if err != nil {
		return x, err
	}
	election, err := s.election(ctx, e, pool)
	if err != nil {
		return x, err
	}
	rule, err := s.ruleOf(ctx, e, pool, election)
	if err != nil {
		return x, err
	}
	for _, p := range projects {
		x.Projects = append(x.Projects, explainedProject{p.ID, p.Title, p.Cost, p.Category})
	}
	if c.Unopened { // there is nothing to tell but that
		return x, nil
	}
	out, err := s.fast(election, rule)
	if err != nil {
		return x, err
	}
	if text, err := NewOutcome(e, pool, election, out).told().Text(); err != nil || Hash(text) != c.OutcomeHash {
		return x, jobs.Permanent(fmt.Errorf("pool %s: the ballots give another outcome than the published one: %w", pool.ID, err))
	}
	// With few ballots only what follows from the published votes may be told:
	// that is all of a greedy count, and nothing of equal shares.
	if !c.Public() && rule.Name != tally.Greedy {
		return x, nil
	}
	x.Steps = tally.Replay(election, out)
	within, cancel := context.WithTimeout(ctx, explainTime)
	defer cancel()
	x.Why = tally.Explain(within, election, out)
	if c.Public() {
		x.Rules, err = compareRules(election, rule)
	}
	return x, err
}

// compareRules counts by the rule of the pool and by others. What may win at all,
// how ties go and what excludes what stays the same.
func compareRules(election *tally.Election, own tally.Rule) ([]ComparedRule, error) {
	keys, rules := []string{ownRule}, []tally.Rule{own}
	for _, other := range otherRules(election.Type.Pointed()) {
		rule := own
		rule.Name, rule.Utility, rule.Completion = other.name, other.utility, other.completion
		same := rule.Name == own.Name && rule.Utility == own.Utility && rule.Completion == own.Completion
		if rule.Name == tally.Greedy && own.Name == tally.Greedy {
			same = (rule.Utility == tally.UtilityCardinality) == (own.Utility == tally.UtilityCardinality)
		}
		if !same {
			keys, rules = append(keys, other.key), append(rules, rule)
		}
	}
	list, err := tally.Compare(election, rules)
	if err != nil {
		return nil, err
	}
	compared := make([]ComparedRule, len(list))
	for i, c := range list {
		compared[i] = ComparedRule{keys[i], c}
	}
	return compared, nil
}

type otherRule struct {
	key        string
	name       tally.RuleName
	utility    tally.Utility
	completion tally.Completion
}

// otherRules are those that an edition is compared with.
func otherRules(points bool) []otherRule {
	list := []otherRule{
		{"wynik", tally.Greedy, tally.UtilityCost, tally.CompleteNone},
		{"rowne", tally.EqualShares, tally.UtilityCost, tally.CompleteAdd1Greedy},
		{"rowne-liczba", tally.EqualShares, tally.UtilityCardinality, tally.CompleteAdd1Greedy},
	}
	if points {
		list = append(list, otherRule{"rowne-punkty", tally.EqualShares, tally.UtilityPoints, tally.CompleteAdd1Greedy})
	}
	return append(list,
		otherRule{"rowne-bez-reszty", tally.EqualShares, tally.UtilityCost, tally.CompleteNone},
		otherRule{"za-zlotowke", tally.Greedy, tally.UtilityCardinality, tally.CompleteNone})
}

func (s *Service) storeExplained(ctx context.Context, c PoolCount, x Explained) error {
	body, err := json.Marshal(x)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `insert into budget_explained (edition, pool, outcome_hash, body) values (?, ?, ?, ?)
			on conflict (edition, pool) do update set outcome_hash = excluded.outcome_hash, body = excluded.body`, c.Edition, c.Pool, c.OutcomeHash, string(body))
		return err
	})
}

// explained is what is told about the count of a pool. It is ready when the
// explaining has ended, some seconds or minutes after the publication.
func (s *Service) explained(ctx context.Context, r db.Reader, c PoolCount) (x Explained, ready bool, err error) {
	var row struct {
		Hash string `db:"outcome_hash"`
		Body string `db:"body"`
	}
	err = r.Get(ctx, &row, `select outcome_hash, body from budget_explained where edition = ? and pool = ?`, c.Edition, c.Pool)
	if fault.KindOf(err) == fault.NotFound || err == nil && row.Hash != c.OutcomeHash {
		return x, false, nil
	}
	if err != nil {
		return x, false, err
	}
	return x, true, json.Unmarshal([]byte(row.Body), &x)
}

// WhyWon is for the page of a project: why it won or lost, in the reader's
// language, and the page that says more. False before the result is published,
// and where there is nothing to tell.
func (s *Service) WhyWon(ctx context.Context, l *i18n.L, who access.Actor, p budget.Project) (why web.Reason, href string, told bool, err error) {
	e, c, pool, err := s.published(ctx, who, p.Edition, p.Pool)
	if kind := fault.KindOf(err); kind == fault.NotFound || kind == fault.Forbidden {
		return why, "", false, nil
	}
	if err != nil {
		return why, "", false, err
	}
	if c.Unopened {
		return web.Reason{Text: l.T("result.why."+string(LostUnopened), "n", vote.LeastElectors)}, PoolHref(e.ID, pool.ID), true, nil
	}
	x, ready, err := s.explained(ctx, s.db, c)
	at := x.find(p.ID)
	if err != nil || !ready || at < 0 || at >= len(x.Why) {
		return why, "", false, err
	}
	t := s.teller(l, pool, c.Outcome, x)
	return t.reason(at), WhyHref(e.ID, pool.ID, p.ID), true, nil
}
