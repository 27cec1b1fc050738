package agreements

import (
	"slices"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
)

// Paths of the package. The register of facts lies below Path too, but belongs
// to package ledger.
const (
	Path    = "/porozumienia"
	NewPath = Path + "/nowe"
)

// Href is the public page of an agreement.
func Href(id ID) string { return Path + "/" + string(id) }

// speaks returns nil when the actor speaks for the party: holds the right in
// that institution, or, for the association, by a role of the whole
// installation. A right over everything is no right to speak for everybody, and
// neither is the reach of an authority over what it runs: else one officer could
// confirm for both sides.
func speaks(who access.Actor, p Party) error {
	if who.System() {
		return nil
	}
	if p.Association && slices.ContainsFunc(who.Roles, everywhere) {
		return nil
	}
	if p.Institution != "" && slices.ContainsFunc(who.Roles, func(h access.Held) bool {
		return h.Institution == p.Institution && h.Role.Gives(access.ManageAgreements)
	}) {
		return nil
	}
	return refusal(who)
}

func everywhere(h access.Held) bool {
	return h.Role.Everywhere() && h.Role.Gives(access.ManageAgreements)
}

func refusal(who access.Actor) error {
	if err := who.Must(access.ManageAgreements); err != nil {
		return err
	}
	return fault.New(fault.Forbidden, "fault.forbidden")
}

// sides are the parties that the actor speaks for.
func sides(who access.Actor, parties []Party) (mine []Party) {
	for _, p := range parties {
		if speaks(who, p) == nil {
			mine = append(mine, p)
		}
	}
	return mine
}

// runs returns nil when the actor may change the agreement: speaks for one of
// its parties, or keeps the register for the whole installation. To others a
// draft is not there.
func runs(who access.Actor, w Whole) error {
	if runsIt(who, w) {
		return nil
	}
	if w.State == Draft {
		return fault.ErrNotFound
	}
	return refusal(who)
}

// runsIt is runs as yes or no, for what a page offers.
func runsIt(who access.Actor, w Whole) bool {
	return who.System() || slices.ContainsFunc(who.Roles, everywhere) || len(sides(who, w.Parties)) > 0
}

// speaksFor is the party of an agreement by id, when the actor speaks for it.
func speaksFor(who access.Actor, w Whole, party string) (Party, error) {
	p, ok := w.party(party)
	if !ok {
		return p, fault.ErrNotFound
	}
	return p, speaks(who, p)
}
