package needs

import (
	"context"
	"slices"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// Paths of the module.
const (
	Path         = "/potrzeby"          // public: what is asked, what was answered
	CampaignPath = "/potrzeby/kampanie" // of those who run them and of those who are asked
	NeedPath     = "/potrzeby/potrzeba" // one need, its answers and its trace
	SilentPath   = "/potrzeby/bez-odpowiedzi"
)

// CampaignHref is the page of a campaign, NeedHref that of a need.
func CampaignHref(id CampaignID) string { return CampaignPath + "/" + string(id) }
func NeedHref(id NeedID) string         { return NeedPath + "/" + string(id) }

// Runs returns nil when the actor may change, open and close the campaign. A
// draft of somebody else is not there.
func Runs(ctx context.Context, who access.Actor, c Campaign) error {
	err := who.MayAt(ctx, access.RunNeeds, c.Owner)
	if err != nil && c.State == Draft && fault.KindOf(err) == fault.Forbidden {
		return fault.ErrNotFound
	}
	return err
}

// Plans returns nil when the actor sees exactly what all institutions of the
// campaign declared, and answers its needs: whoever holds that right in the
// institution that runs it or in its center, and the association. Reach is not
// enough here: a city that runs a center would else see every other
// municipality to the last number. An authority sees what its own institutions
// declared: ask who.MayAt(ctx, access.PlanNeeds, institution) for each.
func Plans(ctx context.Context, who access.Actor, c Campaign) error {
	if who.System() || holds(who, access.PlanNeeds, c.Owner) || c.Center != "" && holds(who, access.PlanNeeds, c.Center) {
		return nil
	}
	err := who.Must(access.PlanNeeds) // whoever must sign in, or is no planner at all, is told so
	if err == nil {
		err = fault.New(fault.Forbidden, "fault.forbidden")
	}
	if c.State == Draft && fault.KindOf(err) == fault.Forbidden {
		return fault.ErrNotFound
	}
	return err
}

// holds tells whether a role of the actor in the institution itself, or one of
// the whole installation, gives the permission.
func holds(who access.Actor, p access.Permission, at access.InstitutionID) bool {
	return slices.ContainsFunc(who.Roles, func(h access.Held) bool {
		return h.Role.Gives(p) && (h.Role.Everywhere() || at != "" && h.Institution == at)
	})
}

// Tabs are the pages of one campaign for those who run it or plan with it: draw
// them with web.SubNav. Here is what follows CampaignHref: "" or "/lista".
func Tabs(l *i18n.L, id CampaignID, here string) []web.Link {
	base := CampaignHref(id)
	all := []web.Link{
		{Text: l.T("needs.tab.campaign"), Href: base},
		{Text: l.T("needs.tab.progress"), Href: base + "/postep"},
		{Text: l.T("needs.tab.words"), Href: base + "/wlasnymi-slowami"},
		{Text: l.T("needs.tab.list"), Href: base + "/lista"},
		{Text: l.T("needs.tab.map"), Href: base + "/mapa"},
		{Text: l.T("needs.tab.voices"), Href: base + "/glosy"},
	}
	for n := range all {
		all[n].Current = all[n].Href == base+here
	}
	return all
}
