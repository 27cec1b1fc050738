package needs

import (
	"context"
	"slices"
	"strings"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

const adviseFound = 20 // institutions that a search shows

// adviseFind are asked institutions by the beginnings of words of their names,
// for an adviser after a visit; advisers write one declaration together.
func (s *Service) adviseFind(ctx context.Context, who access.Actor, id CampaignID, words string) (list []Asked, err error) {
	defer fault.Wrap(&err, "find a visited institution")
	if err := who.Must(access.AdviseNeeds); err != nil {
		return nil, err
	}
	if strings.TrimSpace(i18n.Fold(words)) == "" {
		return nil, nil
	}
	ids, err := s.Directory.FindNames(ctx, words, 400)
	if err != nil {
		return nil, err
	}
	var found []access.InstitutionID
	for _, id := range ids {
		found = append(found, access.InstitutionID(id))
	}
	list, err = askedAmong(ctx, s.db, id, found)
	list = slices.DeleteFunc(list, func(a Asked) bool { return !campaignTeaches(a) })
	return list[:min(len(list), adviseFound)], err
}

// adviseWrote are the institutions about which the actor wrote in a campaign.
func (s *Service) adviseWrote(ctx context.Context, who access.Actor, id CampaignID) (list []Declaration, err error) {
	if err := who.Must(access.AdviseNeeds); err != nil {
		return nil, err
	}
	return list, s.db.Select(ctx, &list, `select `+declarationColumns+` from needs_declarations d where d.by_person = ? and d.campaign = ? and d.as_what = ?
		order by d.id limit 100`, who.Person, id, AsAdviser)
}
