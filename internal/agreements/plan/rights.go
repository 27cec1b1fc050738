package plan

import (
	"kladka/internal/access"
	"kladka/internal/platform/fault"
)

// Paths of the module.
const (
	Path          = "/plan-jakosci"
	PlanPath      = Path + "/plan"      // one plan, for everybody once it is adopted
	AreaPath      = Path + "/obszar"    // of who writes the plan
	GoalPath      = Path + "/cel"       // one goal, for everybody
	ActionPath    = Path + "/dzialanie" // one action
	IndicatorPath = Path + "/wskaznik"
	ReadingsPath  = Path + "/odczyty" // of those who enter and of who approves
	ThemesPath    = Path + "/tematy"
	TownPath      = Path + "/gmina" // the sheet of a member municipality
)

// Addresses of single pages.
func Href(id ID) string                   { return PlanPath + "/" + string(id) }
func GoalHref(id GoalID) string           { return GoalPath + "/" + string(id) }
func ActionHref(id ActionID) string       { return ActionPath + "/" + string(id) }
func IndicatorHref(id IndicatorID) string { return IndicatorPath + "/" + string(id) }
func TownHref(code string) string         { return TownPath + "/" + code }

// Sees returns nil when the actor may see the plan: everybody once it was
// adopted; a draft those who run plans, remark on them or will adopt them. For
// others a draft is not there.
func Sees(who access.Actor, p Plan) error {
	if p.State != Drafting || who.System() || who.May(access.RunPlan) || who.May(access.RemarkPlan) || who.May(access.AdoptPlan) {
		return nil
	}
	return fault.ErrNotFound
}

// Runs returns nil when the actor writes plans: the association. Plans have one
// owner, and whoever holds the permission holds it for all of them.
func Runs(who access.Actor) error {
	if who.System() {
		return nil
	}
	return who.Must(access.RunPlan)
}

// runs is Runs for a plan that the actor may see.
func runs(who access.Actor, p Plan) error {
	if err := Sees(who, p); err != nil {
		return err
	}
	return Runs(who)
}
