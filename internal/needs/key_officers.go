package needs

import (
	"context"
	"slices"

	"kladka/internal/access"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/survey"
	"kladka/internal/platform/web"
)

// Officers are the people among whom the keepers of a campaign's key are chosen:
// whoever may run campaigns in the institution that asks, in its center, and in
// the association. It is survey.KeyOfficers.
func (o personalOwner) Officers(ctx context.Context, _ *web.Request, rd survey.Round) (people []string, err error) {
	c, err := CampaignByID(ctx, o.s.db, CampaignID(rd.Object))
	if err != nil {
		return nil, err
	}
	all, err := o.s.People.Everywhere(ctx, access.RunNeeds)
	if err != nil {
		return nil, err
	}
	own, err := o.s.People.Holders(ctx, access.RunNeeds, c.Owner, c.Center)
	all = append(all, own...)
	slices.Sort(all)
	for _, id := range slices.Compact(all) {
		people = append(people, string(id))
	}
	return people, err
}

// Desk says nothing: the campaign stands on the desk itself, with the other
// things that it asks of the person.
func (o personalOwner) Desk(context.Context, *i18n.L, survey.Round) (web.DeskItem, error) {
	return web.DeskItem{}, nil
}
