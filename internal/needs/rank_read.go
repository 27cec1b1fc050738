package needs

import (
	"context"
	"slices"
	"strings"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// Scope is whose list is asked for: a level and its unit.
type Scope struct {
	Level Level
	Unit  string // "" for the metropolis
}

// String writes a scope for an address: "all", "seat-126101", "one-0193…".
func (o Scope) String() string {
	if o.Level == Metropolis {
		return string(Metropolis)
	}
	return string(o.Level) + "-" + o.Unit
}

// rankScopeOf reads a scope from an address.
func rankScopeOf(text string) (Scope, error) {
	if text == string(Metropolis) {
		return Scope{Level: Metropolis}, nil
	}
	level, unit, _ := strings.Cut(text, "-")
	o := Scope{Level(level), unit}
	switch o.Level {
	case BySeat, ByRunning:
		if len(unit) == 6 && strings.Trim(unit, "0123456789") == "" {
			return o, nil
		}
	case OfOne:
		if _, err := known(unit); err == nil {
			return o, nil
		}
	}
	return Scope{}, fault.ErrNotFound
}

// Sees returns nil when the actor may see exactly what was declared within a
// scope of a campaign:
//
//  1. whoever plans with the campaign sees every list (see Plans);
//  2. an authority's officer sees the list of what its own municipality runs,
//     and of each institution that the office reaches;
//  3. whoever declares for an institution sees its list.
//
// A draft of somebody else is not there.
func (s *Service) Sees(ctx context.Context, who access.Actor, c Campaign, o Scope) error {
	refused := Plans(ctx, who, c)
	if refused == nil || c.State == Draft {
		return refused
	}
	switch o.Level {
	case OfOne:
		at := access.InstitutionID(o.Unit)
		if err := who.MayAt(ctx, access.PlanNeeds, at); fault.KindOf(err) != fault.Forbidden {
			return err
		}
		return who.MayAt(ctx, access.DeclareNeeds, at)
	case ByRunning:
		own, err := s.rankTowns(ctx, who)
		if err != nil {
			return err
		}
		if slices.Contains(own, o.Unit) {
			return nil
		}
	}
	return refused
}

// rankTowns are the municipalities whose office the actor plans for. An office
// acts for a municipality when the directory says so; where it stands is not
// enough.
func (s *Service) rankTowns(ctx context.Context, who access.Actor) (towns []string, err error) {
	for _, h := range who.Roles {
		if !h.Role.Gives(access.PlanNeeds) || !h.Role.Runs() || h.Institution == "" {
			continue
		}
		i, err := directory.ByID(ctx, s.db, h.Institution)
		if err != nil {
			return nil, err
		}
		if i.Kind == directory.Office && i.RunningMunicipality != "" && !slices.Contains(towns, i.RunningMunicipality) {
			towns = append(towns, i.RunningMunicipality)
		}
	}
	return towns, nil
}

// rankMost is how many institutions an officer chooses among on a page; more
// are reached from the page of who answered.
const rankMost = 400

// rankChoice is a list that somebody may choose.
type rankChoice struct {
	Scope
	Name string
}

// rankChoices are the lists of a campaign that the actor may choose, each of
// which Sees lets them see. A planner chooses the metropolis and municipalities;
// asked is added when it is the list of one institution.
func (s *Service) rankChoices(ctx context.Context, who access.Actor, c Campaign, l *i18n.L, asked Scope) (list []rankChoice, err error) {
	if err := Plans(ctx, who, c); err == nil {
		if list, err = s.rankTownChoices(ctx, c, l); err != nil {
			return nil, err
		}
		if asked.Level != OfOne {
			return list, nil
		}
		one, err := s.rankNamed(ctx, []access.InstitutionID{access.InstitutionID(asked.Unit)})
		return append(list, one...), err
	}
	towns, err := s.rankTowns(ctx, who)
	if err != nil {
		return nil, err
	}
	names, err := s.publishTowns(ctx)
	if err != nil {
		return nil, err
	}
	for _, town := range towns {
		list = append(list, rankChoice{Scope{ByRunning, town}, names[town]})
	}
	ids, err := s.rankReached(ctx, who, c, towns)
	if err != nil {
		return nil, err
	}
	ones, err := s.rankNamed(ctx, ids)
	return append(list, ones...), err
}

// rankTownChoices are the metropolis and the municipalities that have a list.
func (s *Service) rankTownChoices(ctx context.Context, c Campaign, l *i18n.L) ([]rankChoice, error) {
	list := []rankChoice{{Scope{Level: Metropolis}, l.T("needs.level.all")}}
	names, err := s.publishTowns(ctx)
	if err != nil {
		return nil, err
	}
	for _, level := range []Level{BySeat, ByRunning} {
		var units []string
		if err := s.db.Select(ctx, &units, `select unit from needs_ranks where campaign = ? and level = ? and place = 1`, c.ID, level); err != nil {
			return nil, err
		}
		some := make([]rankChoice, len(units))
		for n, u := range units {
			some[n] = rankChoice{Scope{level, u}, names[u]}
		}
		rankSort(some)
		list = append(list, some...)
	}
	return list, nil
}

func rankSort(list []rankChoice) {
	slices.SortFunc(list, func(a, b rankChoice) int {
		if c := strings.Compare(i18n.SortKey(a.Name), i18n.SortKey(b.Name)); c != 0 {
			return c
		}
		return strings.Compare(a.Unit, b.Unit)
	})
}

// rankReached are the institutions of a campaign for which the actor declares or
// plans: those led from where a role is held, and what an office runs.
func (s *Service) rankReached(ctx context.Context, who access.Actor, c Campaign, towns []string) ([]access.InstitutionID, error) {
	var own, offices []access.InstitutionID
	for _, h := range who.Roles {
		if h.Institution == "" || !h.Role.Gives(access.PlanNeeds) && !h.Role.Gives(access.DeclareNeeds) {
			continue
		}
		own = append(own, h.Institution)
		if h.Role.Runs() {
			offices = append(offices, h.Institution)
		}
	}
	ids, err := s.Directory.Led(ctx, own)
	if err != nil || len(offices) == 0 {
		return ids, err
	}
	var run []access.InstitutionID
	query, args, err := db.In(`select institution from needs_asked where campaign = ? and (runner in (?) or by_running in (?) and by_running <> '') order by institution limit ?`,
		c.ID, offices, append(towns, ""), rankMost)
	if err != nil {
		return nil, err
	}
	if err := s.db.Select(ctx, &run, query, args...); err != nil {
		return nil, err
	}
	for _, id := range run {
		if slices.Contains(ids, id) {
			continue
		}
		// The directory may have changed since the campaign opened.
		err := who.MayAt(ctx, access.PlanNeeds, id)
		if err != nil && fault.KindOf(err) != fault.Forbidden {
			return nil, err
		}
		if err == nil {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// rankNamed are the lists of institutions, by name.
func (s *Service) rankNamed(ctx context.Context, ids []access.InstitutionID) ([]rankChoice, error) {
	names, err := s.Directory.Names(ctx, ids)
	if err != nil {
		return nil, err
	}
	var list []rankChoice
	for _, id := range ids {
		if names[id] != "" {
			list = append(list, rankChoice{Scope{OfOne, string(id)}, names[id]})
		}
	}
	rankSort(list)
	return list, nil
}

// RankList is the stored list of a scope in its order. Sees says who may;
// a unit of which nothing was declared has an empty list.
func (s *Service) RankList(ctx context.Context, who access.Actor, c Campaign, o Scope) (rows []Rank, err error) {
	defer fault.Wrap(&err, "list %s of campaign %s", o, c.ID)
	if err := s.Sees(ctx, who, c, o); err != nil {
		return nil, err
	}
	return s.rankRows(ctx, c.ID, o)
}

func (s *Service) rankRows(ctx context.Context, id CampaignID, o Scope) (rows []Rank, err error) {
	return rows, s.db.Select(ctx, &rows, `select campaign, level, unit, topic, need, place, score, heads, low, middle, high, who from needs_ranks
		where campaign = ? and level = ? and unit = ? order by place, topic`, id, o.Level, o.Unit)
}

// rankRans is what running authorities said within a scope, by topic. A few
// rows for each authority that spoke.
func (s *Service) rankRans(ctx context.Context, id CampaignID, o Scope) (map[string]rankRan, error) {
	side, args := "", []any{id, rankSaid, rankCounted}
	switch o.Level {
	case BySeat:
		side, args = " and a.by_seat = ?", append(args, o.Unit)
	case ByRunning:
		side, args = " and a.by_running = ?", append(args, o.Unit)
	case OfOne:
		side, args = " and r.unit = ?", append(args, o.Unit)
	}
	ran := map[string]rankRan{}
	err := s.db.Each(ctx, func(scan func(dest ...any) error) error {
		var level Level
		var topic string
		var heads int
		if err := scan(&level, &topic, &heads); err != nil {
			return err
		}
		r := ran[topic]
		if level == rankSaid {
			r.Said += heads
		} else {
			r.Counted += heads
		}
		ran[topic] = r
		return nil
	}, `select r.level, r.topic, r.heads from needs_ranks r left join needs_asked a on a.campaign = r.campaign and a.institution = r.unit
		where r.campaign = ? and r.level in (?, ?)`+side, args...)
	return ran, err
}

// Before is the ranked campaign of the same owner with which a campaign is
// compared: the latest of an earlier school year. Without one: ok is false.
func (s *Service) Before(ctx context.Context, c Campaign) (was Campaign, ok bool, err error) {
	defer fault.Wrap(&err, "campaign before %s", c.ID)
	err = s.db.Get(ctx, &was, `select `+CampaignColumns+` from needs_campaigns c where c.owner = ? and c.school_year < ? and c.ranked_at > 0
		and c.state in ('closed', 'ranked') order by c.school_year desc, c.ranked_at desc, c.id desc limit 1`, c.Owner, c.SchoolYear)
	if fault.KindOf(err) == fault.NotFound {
		return was, false, nil
	}
	return was, err == nil, err
}

// rankAnswers are the kinds of decisions on needs, in the order they came; dropped
// ones are none.
func (s *Service) rankAnswers(ctx context.Context, needs []NeedID) (map[NeedID][]Answer, error) {
	answers := map[NeedID][]Answer{}
	for some := range slices.Chunk(needs, db.MaxParams-10) {
		query, args, err := db.In(`select need, kind from needs_decisions where state <> 'dropped' and need in (?) order by need, at, id`, some)
		if err != nil {
			return nil, err
		}
		err = s.db.Each(ctx, func(scan func(dest ...any) error) error {
			var need NeedID
			var kind Answer
			if err := scan(&need, &kind); err != nil {
				return err
			}
			if !slices.Contains(answers[need], kind) {
				answers[need] = append(answers[need], kind)
			}
			return nil
		}, query, args...)
		if err != nil {
			return nil, err
		}
	}
	return answers, nil
}
