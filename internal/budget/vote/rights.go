package vote

import (
	"context"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// Href is the page of those who keep the rights of an edition, SlipsHref that of
// its slips, OwnHref where somebody finds or declares their own right.
func Href(id budget.EditionID) string      { return budget.Href(id) + "/uprawnienia" }
func SlipsHref(id budget.EditionID) string { return budget.Href(id) + "/kartki" }
func OwnHref(id budget.EditionID) string   { return Href(id) + "/ja" }

// VoteHref is where votes are cast.
func VoteHref(id budget.EditionID) string { return budget.Href(id) + "/glosowanie" }

// runs reads an edition that the actor runs. One that the actor may not even see
// is not there.
func (s *Service) runs(ctx context.Context, who access.Actor, id budget.EditionID) (budget.Edition, error) {
	return s.held(ctx, who, id, access.BudgetRun)
}

// atDesk reads an edition at whose desk the actor works.
func (s *Service) atDesk(ctx context.Context, who access.Actor, id budget.EditionID) (budget.Edition, error) {
	return s.held(ctx, who, id, access.BudgetDesk)
}

// held reads an edition with whose votes the actor may do what the permission
// names: see budget.Service.Serves.
func (s *Service) held(ctx context.Context, who access.Actor, id budget.EditionID, p access.Permission) (budget.Edition, error) {
	e, err := s.seen(ctx, who, id)
	if err != nil {
		return e, err
	}
	return e, s.Budget.Serves(ctx, who, p, e)
}

// seen reads an edition that the actor may read.
func (s *Service) seen(ctx context.Context, who access.Actor, id budget.EditionID) (e budget.Edition, err error) {
	if e, err = budget.EditionByID(ctx, s.db, id); err != nil {
		return e, err
	}
	return e, s.Budget.Sees(ctx, who, e)
}

// takes says that an edition still takes electors from a source: its rules name
// it, they are published, and the last hour of the vote has not passed.
func (s *Service) takes(e budget.Edition, from budget.Source) error {
	if !e.Rules.Who.Has(from) {
		return fault.New(fault.Conflict, "vote.fault.not_a_source")
	}
	return s.takesElectors(e)
}

func (s *Service) takesElectors(e budget.Edition) error {
	if !e.State.In(budget.Published, budget.Frozen, budget.Voting) || s.voteOver(e) {
		return fault.New(fault.Conflict, "vote.fault.not_now")
	}
	return nil
}

// voteOver tells that the hours of voting have passed, whether or not the job
// that closes the vote has run.
func (s *Service) voteOver(e budget.Edition) bool {
	return e.State.In(budget.Closed, budget.Counted, budget.Final, budget.Archived) ||
		e.Rules.Calendar.VoteTo != 0 && s.now().Unix() >= e.Rules.Calendar.VoteTo
}

func runsGuard() web.Guard { return access.Can(access.BudgetRun) }
func deskGuard() web.Guard { return access.Can(access.BudgetDesk) }
