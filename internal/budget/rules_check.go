package budget

import (
	"errors"
	"math/big"
	"slices"
	"strings"

	"kladka/internal/budget/tally"
	"kladka/internal/platform/fault"
)

// Limits of rules: beyond them stands a slip of the hand.
const (
	mostPools   = 60
	mostAge     = 120
	mostSupport = 10_000
	mostDays    = 365
	mostChoices = 100
	mostPoints  = 1000
)

// check tells what is wrong with the rules beside pools and calendar. Names are
// those of the fields of their form.
func (r Rules) check(kind Kind) (faults []fault.Field) {
	add := func(wrong bool, name, key string, args ...any) {
		if wrong {
			faults = append(faults, fault.Field{Name: name, Key: "budget.lack." + key, Args: args})
		}
	}
	faults = needed(faults, "podstawa", r.Basis, mostLine)
	faults = free(faults, "mieszka", r.Who.Residence, mostLine)
	faults = free(faults, "losowanie_jak", r.Lot, mostWords)
	add(len(r.Who.Sources) == 0, "zrodla", "sources")
	for _, s := range r.Who.Sources {
		add(!slices.Contains(Sources(), s), "zrodla", "sources")
	}
	add(kind == School && r.Who.Has(Self), "zrodla", "no_self")
	if r.Who.Has(Self) {
		self := r.Who.Self
		add(self.PerAddress < 1 || self.PerAddress > 50, "samo_adres", "number_from", "least", 1, "most", 50)
		add(self.PerMailbox < 1 || self.PerMailbox > 20, "samo_skrzynka", "number_from", "least", 1, "most", 20)
		add(self.DrawnShare < 1 || self.DrawnShare > 100, "samo_udzial", "number_from", "least", 1, "most", 100)
	}
	add(kind == School && r.ChangeOfMind, "zmiana", "no_change")
	add(r.Who.VoteAge < 0 || r.Who.VoteAge > mostAge, "wiek_glosu", "number", "most", mostAge)
	add(r.Who.ProposeAge < 0 || r.Who.ProposeAge > mostAge, "wiek_projektu", "number", "most", mostAge)
	add(r.Signatures < 0 || r.Signatures > mostSupport, "podpisy", "number", "most", mostSupport)
	add(r.SignatureDays < 0 || r.SignatureDays > mostDays, "podpisy_dni", "number", "most", mostDays)
	add(r.Signatures > 0 && r.SignatureDays == 0, "podpisy_dni", "signature_days")
	add(r.ProtestDays < 0 || r.ProtestDays > mostDays, "protest_dni", "number", "most", mostDays)
	return faults
}

// check tells what is wrong with a pool.
func (p Pool) check() (faults []fault.Field) {
	add := func(wrong bool, name, key string, args ...any) {
		if wrong {
			faults = append(faults, fault.Field{Name: name, Key: "budget.lack." + key, Args: args})
		}
	}
	faults = needed(faults, "nazwa", p.Name, mostTitle)
	faults = free(faults, "obszar", p.Area, mostLine)
	add(!slices.Contains(PoolKinds(), p.Kind), "rodzaj", "choose")
	add(p.Budget <= 0, "kwota", "money")
	add(p.MinCost < 0, "koszt_od", "money")
	add(p.MaxCost < 0 || p.MaxCost > 0 && p.MaxCost < p.MinCost, "koszt_do", "cost_order")
	add(p.Budget > 0 && max(p.MinCost, p.MaxCost) > p.Budget, "koszt_do", "cost_over")
	add(p.LeastVotes < 0 || p.LeastVotes > 1_000_000, "prog", "number", "most", 1_000_000)
	return append(append(faults, p.Ballot.check()...), p.Count.check()...)
}

// check tells what is wrong with rules of a ballot.
func (b BallotRules) check() (faults []fault.Field) {
	add := func(wrong bool, name, key string, args ...any) {
		if wrong {
			faults = append(faults, fault.Field{Name: name, Key: "budget.lack." + key, Args: args})
		}
	}
	add(!slices.Contains(BallotTypes(), b.Type), "karta", "choose")
	add(b.Min < 0 || b.Min > mostChoices, "wybor_od", "number", "most", mostChoices)
	add(b.Max < 0 || b.Max > mostChoices, "wybor_do", "number", "most", mostChoices)
	add(b.Max > 0 && b.Max < b.Min, "wybor_do", "choice_order")
	add(b.Type == One && (b.Min > 1 || b.Max > 1), "wybor_do", "one")
	switch b.Type {
	case Ranked:
		add(len(b.Points) == 0 || len(b.Points) > 20, "punkty", "points")
		for n, p := range b.Points {
			add(p < 1 || p > mostPoints || n > 0 && p >= b.Points[n-1], "punkty", "points")
		}
		add(max(b.Min, b.Max) > len(b.Points), "wybor_do", "more_than_points", "n", len(b.Points))
	case Cumulative:
		add(b.Total < 1 || b.Total > mostPoints, "punkty_razem", "number_from", "least", 1, "most", mostPoints)
		add(b.Min > b.Total, "wybor_od", "more_than_points", "n", b.Total)
	}
	return faults
}

// check tells what is wrong with rules of counting. The lot may lack its seed
// until the freeze.
func (c CountRules) check() (faults []fault.Field) {
	_, err := c.seeded("0").Tally()
	if part := (*tally.RuleFault)(nil); errors.As(err, &part) {
		name := map[string]string{"min-share": "udzial", "ties": "remisy", "step": "krok", "completion": "dopelnienie"}[part.What]
		if name == "" {
			name = "liczenie"
		}
		faults = append(faults, fault.Field{Name: name, Key: "budget.lack.count"})
	}
	return faults
}

// decimals of the currency: money is in grosze.
const decimals = 2

// tieLot is the step of the tie order that is drawn.
const tieLot = "lot"

// seeded gives the lot its seed, where the tie order has one that lacks it.
func (c CountRules) seeded(seed string) CountRules {
	steps := strings.Split(c.Ties, ",")
	for n, s := range steps {
		if strings.TrimSpace(s) == tieLot {
			steps[n] = tieLot + ":" + seed
		}
	}
	c.Ties = strings.Join(steps, ",")
	return c
}

// Tally is the rule as package tally reads it, without what hangs on the pool
// and the projects: see Pool.Tally. It returns a *tally.RuleFault.
func (c CountRules) Tally() (r tally.Rule, err error) {
	r = tally.Rule{Name: tally.RuleName(c.Rule), Utility: tally.Utility(c.Utility), Completion: tally.Completion(c.Completion), Step: c.Step, Start: tally.Start(c.Start)}
	if r.Ties, err = tally.ParseTies(c.Ties); err != nil {
		return r, err
	}
	if c.MinShare != "" {
		share, ok := new(big.Rat).SetString(c.MinShare)
		if !ok || len(c.MinShare) > 20 || share.Sign() < 0 {
			return r, &tally.RuleFault{What: "min-share", Text: c.MinShare}
		}
		r.MinShare = share
	}
	return r.Whole(&tally.Election{Decimals: decimals})
}

// Tally is the rule by which the pool is counted, with its threshold. Exclusions
// hang on the places of projects on the ballot and are added by who counts.
func (p Pool) Tally() (tally.Rule, error) {
	r, err := p.Count.Tally()
	r.Threshold = int64(p.LeastVotes)
	return r, err
}
