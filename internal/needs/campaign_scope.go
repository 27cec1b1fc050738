package needs

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/directory/register"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/survey"
)

// campaignKinds are the kinds of institutions that may be asked: all of the
// register, and the offices of authorities. Centers answer needs and have nobody
// who declares them.
func campaignKinds() []directory.Kind {
	var all []directory.Kind
	for _, k := range directory.Kinds() {
		if k == directory.Office || !slices.Contains(directory.Bodies(), k) && k != directory.Kind(register.TeacherTrainingCenter) {
			all = append(all, k)
		}
	}
	return all
}

// campaignAsker tells whether an institution may run a campaign.
func campaignAsker(i directory.Institution) bool {
	return i.Kind == directory.Association || i.Kind == directory.Office || i.Kind == directory.Kind(register.TeacherTrainingCenter)
}

// campaignPlace is an institution within a scope.
type campaignPlace struct {
	Asked
	Name    string
	SortKey string
	parts   []access.InstitutionID // units under its head that are not asked by themselves
}

// campaignStanding are all open institutions of the directory, in the order of
// their ids.
//
// The directory does not list them for other modules yet, so its walk for the
// index serves: one read for each institution, at an opening and a preview only.
func (s *Service) campaignStanding(ctx context.Context) (list []directory.Institution, err error) {
	defer fault.Wrap(&err, "institutions that stand")
	walk := s.Directory.SearchKind(nil).After
	for after := ""; ; {
		ids, err := walk(ctx, after, 500)
		if err != nil || len(ids) == 0 {
			return list, err
		}
		for _, id := range ids {
			i, err := directory.ByID(ctx, s.db, access.InstitutionID(id))
			if err != nil {
				return nil, err
			}
			if !i.Closed {
				list = append(list, i)
			}
		}
		after = ids[len(ids)-1]
	}
}

// campaignScope are the institutions that a campaign asks, as the directory
// has them now, in the order of their names.
//
//  1. An authority asks itself and what it runs, and nobody else's schools. The
//     association and a center ask in the whole metropolis, or in the chosen
//     municipalities, by seat.
//  2. Units under one head answer once: where the head unit is asked, its parts
//     are not, and their people are counted to it.
func (s *Service) campaignScope(ctx context.Context, owner access.InstitutionID, towns, kinds []string) ([]campaignPlace, error) {
	all, err := s.campaignStanding(ctx)
	if err != nil {
		return nil, err
	}
	members, err := s.campaignMembers(ctx)
	if err != nil {
		return nil, err
	}
	return campaignSift(all, owner, towns, kinds, members), nil
}

// campaignMembers are the municipalities of the metropolis; all, where the
// directory knows none.
func (s *Service) campaignMembers(ctx context.Context) (map[string]bool, error) {
	list, err := directory.Municipalities(ctx, s.db)
	if err != nil {
		return nil, err
	}
	all, members := map[string]bool{}, map[string]bool{}
	for _, m := range list {
		all[m.ID] = true
		if m.Member {
			members[m.ID] = true
		}
	}
	if len(members) == 0 {
		return all, nil
	}
	return members, nil
}

func campaignSift(all []directory.Institution, owner access.InstitutionID, towns, kinds []string, members map[string]bool) []campaignPlace {
	offices, byID := map[string]access.InstitutionID{}, map[access.InstitutionID]directory.Institution{}
	for _, i := range all {
		byID[i.ID] = i
		if i.Kind == directory.Office && i.RunningMunicipality != "" {
			offices[i.RunningMunicipality] = i.ID
		}
	}
	asks, allowed := byID[owner], campaignKinds()
	in := map[access.InstitutionID]bool{}
	for _, i := range all {
		switch {
		case !slices.Contains(allowed, i.Kind), len(kinds) > 0 && !slices.Contains(kinds, string(i.Kind)):
		case len(towns) > 0 && !slices.Contains(towns, i.Municipality), len(towns) == 0 && !members[i.Municipality]:
		case asks.Kind == directory.Office && i.ID != owner && campaignRunner(i, byID, offices) != owner:
		default:
			in[i.ID] = true
		}
	}
	places := map[access.InstitutionID]*campaignPlace{}
	for _, i := range all {
		if in[i.ID] && (i.Leads() || !in[i.HeadUnit]) {
			places[i.ID] = &campaignPlace{Asked: Asked{Institution: i.ID, Kind: string(i.Kind), BySeat: i.Municipality, ByRunning: i.RunningMunicipality,
				Runner: string(campaignRunner(i, byID, offices))}, Name: i.Name, SortKey: i.SortKey}
		}
	}
	for _, i := range all { // parts of any kind answer with the head that is asked
		if p := places[i.HeadUnit]; p != nil && !i.Leads() {
			p.parts = append(p.parts, i.ID)
		}
	}
	list := make([]campaignPlace, 0, len(places))
	for _, p := range places {
		list = append(list, *p)
	}
	slices.SortFunc(list, func(a, b campaignPlace) int {
		return cmp.Or(strings.Compare(a.SortKey, b.SortKey), strings.Compare(string(a.Institution), string(b.Institution)))
	})
	return list
}

// campaignRunner is the institution that runs another: what the register
// names, of it or of its head unit, or the office of the municipality that does.
func campaignRunner(i directory.Institution, byID map[access.InstitutionID]directory.Institution, offices map[string]access.InstitutionID) access.InstitutionID {
	if i.Kind == directory.Office {
		return ""
	}
	for _, u := range []directory.Institution{i, byID[i.HeadUnit]} {
		if u.RunningID != nil && *u.RunningID != "" {
			return *u.RunningID
		}
		if id := offices[u.RunningMunicipality]; id != "" && u.RunningMunicipality != "" {
			return id
		}
	}
	return ""
}

// campaignPeople are those who are asked about themselves, each once: whoever
// teaches at two schools counts for the first by name. It sets the rosters.
func (s *Service) campaignPeople(ctx context.Context, places []campaignPlace) (list []survey.Invited, err error) {
	seen := map[access.PersonID]bool{}
	for n := range places {
		p := &places[n]
		if !campaignTeaches(p.Asked) {
			continue // an office speaks for itself
		}
		people, err := s.People.Holders(ctx, access.AnswerNeeds, append([]access.InstitutionID{p.Institution}, p.parts...)...)
		if err != nil {
			return nil, err
		}
		p.Roster = 0
		for _, id := range people {
			if !seen[id] {
				seen[id] = true
				p.Roster++
				list = append(list, survey.Invited{Person: string(id), Unit: string(p.Institution)})
			}
		}
	}
	return list, nil
}

// Preview is whom a campaign would ask if it opened now.
type Preview struct {
	Institutions int
	Offices      int // of them
	People       int
	NoAccount    int // institutions, offices aside, where nobody has an account
	Towns        []PreviewTown
}

// PreviewTown is the part of a municipality, by seat.
type PreviewTown struct {
	Town         string
	Institutions int
	People       int
}

// Enough tells that people may be asked in that way: nobody hides among a few.
func (p Preview) Enough(m survey.Mode) bool {
	return m != survey.Anonymous || p.People >= survey.LeastInvited
}

func campaignPreview(places []campaignPlace) (p Preview) {
	at := map[string]int{}
	for _, x := range places {
		p.Institutions++
		p.People += x.Roster
		switch {
		case x.Kind == string(directory.Office):
			p.Offices++
		case x.Roster == 0:
			p.NoAccount++
		}
		n, ok := at[x.BySeat]
		if !ok {
			n = len(p.Towns)
			at[x.BySeat] = n
			p.Towns = append(p.Towns, PreviewTown{Town: x.BySeat})
		}
		p.Towns[n].Institutions++
		p.Towns[n].People += x.Roster
	}
	return p
}

// Preview is for whoever runs the campaign.
func (s *Service) Preview(ctx context.Context, who access.Actor, id CampaignID) (p Preview, err error) {
	defer fault.Wrap(&err, "preview campaign %s", id)
	c, err := s.campaignRun(ctx, who, id)
	if err != nil {
		return p, err
	}
	set, err := s.campaignSettings(ctx, c)
	if err != nil {
		return p, err
	}
	places, err := s.campaignScope(ctx, c.Owner, set.Towns, set.Kinds)
	if err != nil {
		return p, err
	}
	if _, err := s.campaignPeople(ctx, places); err != nil {
		return p, err
	}
	return campaignPreview(places), nil
}
