package demo

import (
	"context"
	"fmt"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/budget/vote"
	"kladka/internal/directory"
	"kladka/internal/platform/fault"
)

// The first days on which projects were filed, from today.
const (
	schoolBefore = -416
	schoolNow    = -51
)

// Slips of the two votes.
const (
	slipsBefore = 140
	votedBefore = 127
	slipsNow    = 22 // fewer than may be printed, so that a guest prints some more
	handedNow   = 11
	votedNow    = 8
)

// school holds two budgets of the school where the secretary works: last year's,
// counted and being delivered, and this year's, in which pupils vote for weeks.
func (b *budgets) school(ctx context.Context) error {
	p, tutor, err := b.schoolStaff(ctx)
	if fault.KindOf(err) == fault.NotFound {
		return nil // a world without a school that has all of them
	}
	if err != nil {
		return err
	}
	class, pupils, err := p.classOf(ctx)
	if err != nil {
		return err
	}
	before := p
	before.begins, before.title = b.midnight(schoolBefore), "Szkolny budżet obywatelski "+b.schoolYear(schoolBefore)
	before.stages = stages{filed: 14, checked: 28, protested: 36, drawn: 38, votes: 45, voted: 47, results: 48, objected: 62, delivered: 460}
	before.rules = schoolRules(1, 10_000, budget.BallotRules{Type: budget.Approval, Min: 1, Max: 4}, equalShares(), budget.Slips)
	if err := before.pupilsVoted(ctx, pupils); err != nil {
		return fmt.Errorf("the school's last budget: %w", err)
	}
	now := p
	now.begins, now.title = b.midnight(schoolNow), "Szkolny budżet obywatelski "+b.schoolYear(schoolNow)
	now.stages = stages{filed: 14, checked: 28, protested: 36, drawn: 38, votes: 45, voted: 96, results: 98, objected: 112, delivered: 460}
	now.rules = schoolRules(2, 5_000, budget.BallotRules{Type: budget.Approval, Min: 1, Max: 3}, mostVotes(), budget.Roster, budget.Slips)
	if err := now.pupilsVote(ctx, pupils, class, tutor); err != nil {
		return fmt.Errorf("the school's budget: %w", err)
	}
	return nil
}

// schoolStaff finds who runs the budgets of the school, and the tutor of its class.
func (b *budgets) schoolStaff(ctx context.Context) (p poll, tutor access.Actor, err error) {
	p = poll{budgets: b, template: "school", words: "Pomysły zgłaszają uczennice i uczniowie, a o wydaniu pieniędzy rozstrzyga tajne głosowanie na kartkach."}
	secretary, at, err := actorOf(ctx, b.people, b.world, access.SchoolSecretary, "")
	if err != nil {
		return p, tutor, err
	}
	var deputy access.Actor
	err = b.find(ctx, at, map[access.Role]*access.Actor{access.SchoolHead: &p.runner, access.DeputyHead: &deputy, access.CouncilSupervisor: &p.other, access.ClassTutor: &tutor})
	p.owner, p.checkers, p.keepers = at, []access.Actor{secretary, deputy}, []access.Actor{p.runner, p.other, secretary}
	return p, tutor, err
}

// classOf is the class of the school, with its pupils.
func (p *poll) classOf(ctx context.Context) (class directory.ClassID, pupils []access.Actor, err error) {
	list, err := p.votes.Classes.Classes(ctx, p.runner, p.owner)
	if err != nil {
		return "", nil, err
	}
	if len(list) == 0 {
		return "", nil, fault.ErrNotFound
	}
	_, members, err := p.votes.Classes.Roster(ctx, p.runner, p.owner, list[0].ID)
	for _, m := range members {
		a, err := p.people.Actor(ctx, m.ID)
		if err != nil {
			return "", nil, err
		}
		pupils = append(pupils, a)
	}
	return list[0].ID, pupils, err
}

func (b *budgets) schoolYear(days int) string {
	year := directory.SchoolYear(b.midnight(days))
	return fmt.Sprintf("%d/%d", year, year+1)
}

// equalShares count so that every part of the school gets its share.
func equalShares() budget.CountRules {
	return budget.CountRules{Rule: "mes", Utility: "cost", Completion: "add1", Step: 1, Start: "exact", Ties: "cost,votes,lot"}
}

// mostVotes take what most people chose, as long as there is money.
func mostVotes() budget.CountRules {
	return budget.CountRules{Rule: "greedy", Utility: "points", Completion: "none", Step: 1, Start: "exact", Ties: "cost,lot"}
}

// schoolRules change the template of a school.
func schoolRules(pool int, zloty int64, ballot budget.BallotRules, count budget.CountRules, sources ...budget.Source) func(*budget.Rules) {
	return func(r *budget.Rules) {
		r.Who.Sources = sources
		one := &r.Pools[0]
		one.ID, one.Budget, one.Ballot, one.Count = poolID(pool), zloty*100, ballot, count
	}
}

// pupilsVoted is the vote of last year, from the first idea to what was built.
func (p *poll) pupilsVoted(ctx context.Context, pupils []access.Actor) error {
	if err := p.announce(ctx); err != nil {
		return err
	}
	if err := p.propose(ctx, schoolIdeasBefore(), pupils); err != nil {
		return err
	}
	keys, err := p.freeze(ctx)
	if err != nil {
		return err
	}
	defer keys.forget()
	slips, err := p.print(ctx, slipsBefore, "")
	if err != nil {
		return err
	}
	e, err := p.open(ctx)
	if err != nil {
		return err
	}
	if err := p.useSlips(ctx, e, slips, votedBefore, 0); err != nil {
		return err
	}
	if err := p.close(ctx); err != nil {
		return err
	}
	if err := p.settle(ctx, slips, votedBefore); err != nil {
		return err
	}
	if err := keys.count(ctx); err != nil {
		return err
	}
	return p.finish(ctx)
}

// pupilsVote is the vote that goes on.
func (p *poll) pupilsVote(ctx context.Context, pupils []access.Actor, class directory.ClassID, tutor access.Actor) error {
	if err := p.announce(ctx); err != nil {
		return err
	}
	if err := p.propose(ctx, schoolIdeasNow(), pupils); err != nil {
		return err
	}
	if err := p.campaign(ctx); err != nil {
		return err
	}
	if _, err := p.votes.AddClass(ctx, p.runner, p.id, class); err != nil {
		return err
	}
	keys, err := p.freeze(ctx)
	if err != nil {
		return err
	}
	keys.forget() // nobody opens a vote that goes on
	return p.handOut(ctx, class, tutor)
}

// campaign has some of those who propose speak for their projects.
func (p *poll) campaign(ctx context.Context) error {
	p.goTo(p.stages.protested)
	for n, words := range [][2]string{
		{"Odpocznij na przerwie!", "Po trzech lekcjach na twardym krześle każdy potrzebuje chwili w hamaku. Miejsce sprawdziliśmy z panem konserwatorem."},
		{"Butelka pełna, kosz pusty", "Policzyliśmy: klasa zużywa w tygodniu czterdzieści plastikowych butelek. Poidełko to zmieni."},
	} {
		f := p.projects[n]
		if err := p.budget.SaveCampaign(ctx, f.who, f.id, words[0], words[1]); err != nil {
			return err
		}
	}
	return nil
}

// handOut has the tutor hand out slips, and some of the pupils vote.
func (p *poll) handOut(ctx context.Context, class directory.ClassID, tutor access.Actor) error {
	slips, err := p.print(ctx, slipsNow, "")
	if err != nil {
		return err
	}
	e, err := p.open(ctx)
	if err != nil {
		return err
	}
	if err := p.useSlips(ctx, e, slips, votedNow, 0); err != nil {
		return err
	}
	_, _, roll, err := p.votes.ClassRoll(ctx, tutor, p.id, class)
	if err != nil {
		return err
	}
	var handed []vote.ElectorID
	for _, pupil := range roll[:min(handedNow, len(roll))] {
		handed = append(handed, pupil.Elector)
	}
	_, err = p.votes.HandOut(ctx, tutor, p.id, handed)
	return err
}
