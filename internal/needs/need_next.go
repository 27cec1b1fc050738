package needs

import (
	"cmp"
	"time"

	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// needNext is what happens next with a need, who does it and when. Those who plan
// read what to do; those who reported it, what they wait for.
//
//  1. While the campaign is open: that it gathers, until its last day.
//  2. Not answered: to decide.
//  3. Answered for some: to answer for the others, or to settle it.
//  4. Otherwise: the next step of what was decided and is not over yet.
func needNext(l *i18n.L, v needSight, now time.Time) web.Step {
	decide := NeedHref(v.Need.ID) + "/decyzja"
	step := web.Step{Who: l.T("needs.need.next.planners")}
	switch stand := v.Left.Stand; {
	case v.Campaign.State == Open:
		return web.Step{What: l.T("needs.need.next.runs"), Who: l.T("needs.need.next.asked"), When: campaignUntil(l, v.Campaign)}
	case stand == needSettled:
		return web.Step{What: l.T("needs.need.next.settled"), Href: NeedHref(v.Need.ID) + "/slad"}
	case stand == needOpen && v.May.Plans:
		step.What, step.Href = l.T("needs.need.next.decide"), decide
	case stand == needOpen:
		step.What = l.T("needs.need.next.await")
	case stand == needDeclined && v.May.Plans:
		step.What, step.Href = l.T("needs.need.next.declined"), decide
	case stand == needDeclined:
		step = web.Step{What: l.T("needs.need.next.declined_read"), Href: "#decyzje"}
	case stand == needPartly && v.May.Plans:
		step.What, step.Href = l.N("needs.need.next.partly", v.Left.Left), decide
	default:
		return needFollow(l, v, now)
	}
	return step
}

// needFollow is the next step of the oldest answer that is not over yet.
func needFollow(l *i18n.L, v needSight, now time.Time) web.Step {
	for _, d := range v.Decisions {
		var step web.Step
		switch {
		case d.Kind == Declined:
		case d.Kind == Training:
			step = needTrainingStep(l, v, d, now)
		case d.State == orderPlanned:
			step = web.Step{What: l.T("needs.need.next.order", "title", d.Title), Href: "#" + string(d.ID)}
			if v.May.Plans {
				step.Href = OrdersPath + "/" + d.Target + "/koniec"
			}
		}
		if step.What != "" {
			step.Who = cmp.Or(step.Who, v.Names[d.Center], l.T("needs.need.next.center"))
			return step
		}
	}
	if v.May.Plans {
		return web.Step{What: l.T("needs.need.next.settle"), Who: l.T("needs.need.next.planners"), Href: "#zamkniecie"}
	}
	return web.Step{What: l.T("needs.need.next.over"), Href: NeedHref(v.Need.ID) + "/slad"}
}

// needTrainingStep is what comes next of a training; the zero step where nothing does.
func needTrainingStep(l *i18n.L, v needSight, d Decision, now time.Time) web.Step {
	t, there := v.training(d)
	href, title := t.Path, cmp.Or(t.Title, d.Title)
	if v.May.Plans {
		href = t.DeskPath
	}
	switch {
	case !there, t.Path == "" && !v.May.Plans, t.State == "training.state.draft":
		return web.Step{What: l.T("needs.need.next.draft", "title", d.Title), Href: href}
	case needCanceled(t):
	case t.State == "training.state.postponed":
		return web.Step{What: l.T("needs.need.next.postponed", "title", title), Href: href}
	case t.State == "training.state.published" && t.StartsAt > now.Unix():
		return web.Step{What: l.T("needs.need.next.starts", "title", title), Href: href, When: needDay(l, t.StartsAt)}
	case t.State != "training.state.closed":
		return web.Step{What: l.T("needs.need.next.held", "title", title), Href: href}
	case t.LaterUse == "":
		return web.Step{What: l.T("needs.need.next.ask", "title", title), Who: l.T("needs.need.next.program"), Href: href}
	}
	return web.Step{}
}
