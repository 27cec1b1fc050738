package budget

import (
	"context"
	"slices"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
)

// Paths of the module. A project has a root of its own under it, so that its
// address does not change when it moves to another pool.
const (
	Path        = "/budzet-obywatelski"
	ProjectPath = "/projekt-obywatelski"
	// SlipPath is where somebody with a slip begins who types the address: that of
	// an edition is too long for it. The code alone tells which edition it is of.
	SlipPath = "/kartka"
)

// Href is the page of an edition, RulesHref that of its rules, ProjectHref that
// of a project, ProjectsHref the list of an edition's projects;
// VoteHref and
// ResultsHref where one votes and what came of it; SettingsHref, AmountsHref, ExcludesHref, CalendarHref and PoolHref are the forms of its rules.
func Href(id EditionID) string                  { return Path + "/" + string(id) }
func RulesHref(id EditionID) string             { return Href(id) + "/zasady" }
func ProjectsHref(id EditionID) string          { return Href(id) + "/projekty" }
func VoteHref(id EditionID) string              { return Href(id) + "/glosowanie" }
func ResultsHref(id EditionID) string           { return Href(id) + "/wyniki" }
func SettingsHref(id EditionID) string          { return Href(id) + "/ustawienia" }
func AmountsHref(id EditionID) string           { return SettingsHref(id) + "/kwoty" }
func ExcludesHref(id EditionID) string          { return SettingsHref(id) + "/wykluczenia" }
func CalendarHref(id EditionID) string          { return SettingsHref(id) + "/kalendarz" }
func PoolHref(id EditionID, pool PoolID) string { return SettingsHref(id) + "/pula/" + string(pool) }
func ProjectHref(id ProjectID) string           { return ProjectPath + "/" + string(id) }

// Runs returns nil when the actor may set up and run the edition: BudgetRun at
// its owner.
func (s *Service) Runs(ctx context.Context, who access.Actor, e Edition) error {
	return who.MayAt(ctx, access.BudgetRun, e.Owner)
}

// Serves returns nil when the actor may do what the permission names with the
// votes of the edition: electors, slips, paper, the key, the box. A school's are in
// the hands of its own people. The authority that runs the school may run the
// edition, for it gives the money; but whoever prints slips sees codes that vote,
// whoever makes a key sees its shares, a roster has names of pupils, and none of
// these may be one matter of the office that spends the money.
func (s *Service) Serves(ctx context.Context, who access.Actor, p access.Permission, e Edition) error {
	if e.Kind == School {
		who.Roles = slices.DeleteFunc(slices.Clone(who.Roles), func(h access.Held) bool { return h.Role.Runs() && h.Institution != e.Owner })
	}
	return who.MayAt(ctx, p, e.Owner)
}

// Sees returns nil when the actor may read the edition: everybody once it was
// published, and those who run it before. Anybody else is told that it is not there.
func (s *Service) Sees(ctx context.Context, who access.Actor, e Edition) error {
	if e.PublishedAt != 0 {
		return nil
	}
	if err := s.Runs(ctx, who, e); err != nil {
		return hide(err)
	}
	return nil
}

// hide says that a thing is not there, for it is nobody else's business.
func hide(err error) error {
	if k := fault.KindOf(err); k == fault.Forbidden || k == fault.SignedOut {
		return fault.ErrNotFound
	}
	return err
}
