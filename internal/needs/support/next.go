package support

import (
	"kladka/internal/access"
)

// Coming is what comes next in a process: what, for whom, until when. It is a
// rule of values alone.
type Coming struct {
	What  string // message key support.next.…
	Sides []Side // who acts
	By    string // YYYY-MM-DD, "" where no day was set
	Tab   string // of the page: what follows Href
}

// For tells whether the side has something to do.
func (c Coming) For(side Side) bool {
	for _, s := range c.Sides {
		if s == side {
			return true
		}
	}
	return false
}

var bothSides = []Side{School, Center}

// Next is what comes next.
func (w Whole) Next() Coming {
	switch w.State {
	case Diagnosis:
		return w.nextOf(ofDiagnosis, "diagnose", "")
	case Planned:
		return w.nextOf(ofPlan, "plan", tabPlan)
	case UnderWay:
		if w.waits(ofPlan) {
			return w.nextOf(ofPlan, "plan", tabPlan)
		}
		if due := w.due(); due != "" {
			return Coming{What: "support.next.carry", Sides: []Side{Center}, By: due, Tab: tabForms}
		}
		return w.nextOf(ofEffects, "judge", tabEffects)
	case Evaluated:
		return Coming{What: "support.next.close", Sides: bothSides, By: w.lastDay(), Tab: tabEffects}
	}
	return Coming{}
}

// nextOf is to write what a part lacks, and then to agree to it.
func (w Whole) nextOf(what Part, write, tab string) Coming {
	c := Coming{What: "support.next." + write, Sides: bothSides, By: w.lastDay(), Tab: tab}
	if len(w.lacking(what)) > 0 {
		return c
	}
	c.What, c.Sides = "support.next.agree_"+string(what), nil
	for _, side := range bothSides {
		said, there := w.consent(what, side)
		if !there {
			c.Sides = append(c.Sides, side)
		}
		if there && !said.Agrees {
			return Coming{What: "support.next.revise_" + string(what), Sides: bothSides, By: w.lastDay(), Tab: tab}
		}
	}
	return c
}

// due is the earliest day of a form that is still to come, "" when none is.
func (w Whole) due() (day string) {
	for _, f := range w.Forms {
		if f.State == FormPlanned && (day == "" || f.Due < day) {
			day = f.Due
		}
	}
	return day
}

// lastDay is the last of the school year.
func (p Process) lastDay() string {
	_, last := p.days()
	return last
}

// at are the institutions at which a role that the actor wears gives a
// permission. Roles of the whole installation have none.
func at(who access.Actor, p access.Permission) (all []access.InstitutionID) {
	for _, h := range who.Roles {
		if h.Institution != "" && h.Role.Gives(p) {
			all = append(all, h.Institution)
		}
	}
	return all
}
