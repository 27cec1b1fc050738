package needs

import (
	"context"
	"slices"
	"strconv"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/disclosure"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/survey"
)

// planLeast is the smallest roster of a unit in releases of a campaign: 2k for
// opinions. Smaller units are merged with their neighbors before anybody answers.
const planLeast = 10

// openings is the counter at which openings of campaigns queue.
const openings = "needs.open"

// Prepare plans the round of an anonymous campaign, so that its officers can
// make the key: survey.Path(round) + "/klucz". Without the key it cannot open.
// Who asks must run the campaign. Repeated, it finds the round that is there.
func (s *Service) Prepare(ctx context.Context, who access.Actor, id CampaignID) (round survey.RoundID, err error) {
	defer fault.Wrap(&err, "prepare campaign %s", id)
	c, err := s.campaignRun(ctx, who, id)
	if err != nil {
		return "", err
	}
	set, err := s.campaignSettings(ctx, c)
	if err != nil {
		return "", err
	}
	now := s.now()
	switch {
	case c.State != Draft:
		return "", fault.New(fault.Conflict, "needs.campaign.fault.not_draft")
	case c.Round != "":
		return c.Round, nil
	case !c.People || c.Mode != survey.Anonymous:
		return "", fault.New(fault.Conflict, "needs.campaign.fault.no_key_needed")
	}
	if err := fault.InvalidFields(set.faults(now)); err != nil {
		return "", err
	}
	def, err := s.personalDefinition(ctx, id, set)
	if err != nil {
		return "", err
	}
	round = survey.RoundID(newID())
	return round, s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update needs_campaigns set round = ?, revision = revision + 1, changed_at = ? where id = ? and state = ? and round = '' and revision = ?`,
			round, now.Unix(), id, Draft, c.Revision)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "needs.campaign.fault.stale")
		}
		return s.campaignPlan(ctx, tx, who, c, round, def, now.Unix())
	})
}

// campaignPlan creates the round of a campaign.
func (s *Service) campaignPlan(ctx context.Context, tx *db.Tx, who access.Actor, c Campaign, round survey.RoundID, def survey.Definition, at int64) error {
	d, err := s.Surveys.SaveDefinition(ctx, tx, who.By(), def)
	if err != nil {
		return err
	}
	_, err = s.Surveys.Create(ctx, tx, who.By(), survey.Round{ID: round, Owner: RoundOwner, Object: string(c.ID), Definition: d, Mode: c.Mode, OpensAt: at, ClosesAt: c.ClosesAt})
	return err
}

// campaignRound lets a round that was prepared follow the settings.
func (s *Service) campaignRound(ctx context.Context, tx *db.Tx, who access.Actor, c Campaign, set Settings, def survey.Definition, at int64) error {
	if c.Round == "" {
		return nil
	}
	if !set.People || set.Mode != survey.Anonymous {
		if _, err := tx.Exec(ctx, `update needs_campaigns set round = '' where id = ?`, c.ID); err != nil {
			return err
		}
		return s.Surveys.DropIn(ctx, tx, who.By(), c.Round)
	}
	d, err := s.Surveys.SaveDefinition(ctx, tx, who.By(), def)
	if err != nil {
		return err
	}
	if err := s.Surveys.SetDefinition(ctx, tx, who.By(), c.Round, d); err != nil {
		return err
	}
	return s.Surveys.Reschedule(ctx, tx, who.By(), c.Round, at, set.closesAt())
}

// campaignStart is all that is found out before an opening.
type campaignStart struct {
	c      Campaign
	set    Settings
	places []campaignPlace
	people []survey.Invited
	def    survey.Definition
	units  []disclosure.Unit
	now    time.Time
}

// Open opens a draft: the scope and the rosters are fixed, people are invited,
// and everybody asked is told. Who asks must run the campaign. Refused as
// Conflict: nobody to ask; an anonymous asking of fewer than ten people, or
// without a key; another campaign that asks the same institutions for the same
// school year or at the same time, because from two sets of figures about
// nearly the same people single answers could be told by subtraction.
func (s *Service) Open(ctx context.Context, who access.Actor, id CampaignID, revision int64) (err error) {
	defer fault.Wrap(&err, "open campaign %s", id)
	st, err := s.campaignReady(ctx, who, id)
	if err != nil {
		return err
	}
	c := st.c
	round := c.Round
	if c.People && round == "" {
		round = survey.RoundID(newID())
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		// Two openings at once must see each other: they queue at this counter.
		if err := db.Raise(ctx, tx, openings); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `update needs_campaigns set state = ?, opens_at = ?, round = ?, revision = revision + 1, changed_at = ? where id = ? and state = ? and revision = ?`,
			Open, st.now.Unix(), round, st.now.Unix(), id, Draft, revision)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "needs.campaign.fault.stale")
		}
		if err := campaignFix(ctx, tx, id, st.places); err != nil {
			return err
		}
		if err := campaignAlone(ctx, tx, c); err != nil {
			return err
		}
		if c.People {
			if err := s.campaignInvite(ctx, tx, who, st, round); err != nil {
				return err
			}
		}
		if err := s.campaignTrees(ctx, tx, id, st.units); err != nil {
			return err
		}
		if _, err := jobs.Enqueue(ctx, tx, askedKind, askedJob{Campaign: id}, jobs.Unique(string(id)), jobs.At(st.now)); err != nil {
			return err
		}
		return s.campaignLog(ctx, tx, who, c, "open", map[string]string{"institutions": strconv.Itoa(len(st.places)), "people": strconv.Itoa(len(st.people))}, st.now)
	})
}

// campaignTrees fixes, before anybody answers, in which units people's answers
// and institutions' needs will be published.
func (s *Service) campaignTrees(ctx context.Context, tx *db.Tx, id CampaignID, units []disclosure.Unit) error {
	plan, err := s.Disclosure.Fix(ctx, tx, disclosure.Plan{Owner: RoundOwner, Object: "campaign/" + string(id), Least: planLeast, Units: units})
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `update needs_campaigns set plan = ? where id = ?`, plan.ID, id); err != nil {
		return err
	}
	return s.publishFix(ctx, tx, id, units)
}

// campaignReady finds out whom the campaign asks, and refuses what can be
// refused before anything is written.
func (s *Service) campaignReady(ctx context.Context, who access.Actor, id CampaignID) (st campaignStart, err error) {
	st.now = s.now()
	if st.c, err = s.campaignRun(ctx, who, id); err != nil {
		return st, err
	}
	if st.c.State != Draft {
		return st, fault.New(fault.Conflict, "needs.campaign.fault.not_draft")
	}
	if st.set, err = s.campaignSettings(ctx, st.c); err != nil {
		return st, err
	}
	if err := fault.InvalidFields(st.set.faults(st.now)); err != nil {
		return st, err
	}
	if st.places, err = s.campaignScope(ctx, st.c.Owner, st.set.Towns, st.set.Kinds); err != nil {
		return st, err
	}
	if len(st.places) == 0 {
		return st, fault.New(fault.Conflict, "needs.campaign.fault.nobody")
	}
	if st.people, err = s.campaignPeople(ctx, st.places); err != nil {
		return st, err
	}
	if st.c.People && !campaignPreview(st.places).Enough(st.c.Mode) {
		return st, fault.New(fault.Conflict, "needs.campaign.fault.few", "n", len(st.people), "least", survey.LeastInvited)
	}
	if st.def, err = s.personalDefinition(ctx, id, st.set); err != nil {
		return st, err
	}
	st.units, err = s.campaignUnits(ctx, st.places)
	return st, err
}

// campaignFix writes the institutions as they stand now.
func campaignFix(ctx context.Context, tx *db.Tx, id CampaignID, places []campaignPlace) error {
	const columns = 8
	for places := range slices.Chunk(places, db.MaxParams/columns) {
		var args []any
		for _, p := range places {
			args = append(args, id, p.Institution, p.Kind, p.BySeat, p.ByRunning, p.Runner, p.Roster, p.SortKey)
		}
		if _, err := tx.Exec(ctx, `insert into needs_asked (campaign, institution, kind, by_seat, by_running, runner, roster, sort_key) values `+
			db.Marks(len(places), columns), args...); err != nil {
			return err
		}
	}
	return nil
}

// campaignAlone refuses a campaign that asks whom another one asks.
func campaignAlone(ctx context.Context, tx *db.Tx, c Campaign) error {
	var other []struct {
		Title string `db:"title"`
		N     int    `db:"n"`
	}
	err := tx.Select(ctx, &other, `select c.title, count(*) as n from needs_asked mine join needs_asked theirs on theirs.institution = mine.institution
		join needs_campaigns c on c.id = theirs.campaign
		where mine.campaign = ? and c.id <> ? and (c.school_year = ? and c.state in ('open', 'closed', 'ranked') or c.state = 'open')
		group by c.id, c.title order by n desc, c.id limit 1`, c.ID, c.ID, c.SchoolYear)
	if err != nil || len(other) == 0 {
		return err
	}
	return fault.New(fault.Conflict, "needs.campaign.fault.overlap", "title", other[0].Title, "n", other[0].N)
}

// campaignInvite opens the round to the people.
func (s *Service) campaignInvite(ctx context.Context, tx *db.Tx, who access.Actor, st campaignStart, round survey.RoundID) error {
	if st.c.Round == "" {
		if err := s.campaignPlan(ctx, tx, who, st.c, round, st.def, st.now.Unix()); err != nil {
			return err
		}
	} else if err := s.Surveys.Reschedule(ctx, tx, who.By(), round, st.now.Unix(), st.c.ClosesAt); err != nil {
		return err
	}
	if err := s.Surveys.Invite(ctx, tx, round, st.people); err != nil {
		return err
	}
	return s.Surveys.OpenIn(ctx, tx, who.By(), round)
}

// campaignUnits is the tree of releases: the metropolis, municipalities by seat,
// institutions. Offices answer for themselves and stand in no tree of people.
func (s *Service) campaignUnits(ctx context.Context, places []campaignPlace) ([]disclosure.Unit, error) {
	var towns []string
	for _, p := range places {
		if !slices.Contains(towns, p.BySeat) {
			towns = append(towns, p.BySeat)
		}
	}
	names, err := s.Directory.TownLabels(ctx, nil, towns)
	if err != nil {
		return nil, err
	}
	units := []disclosure.Unit{{ID: string(Metropolis), Order: "0", Name: s.Catalog.In(i18n.PL).T("needs.level.all")}}
	slices.Sort(towns)
	for _, t := range towns {
		if slices.ContainsFunc(places, func(p campaignPlace) bool { return p.BySeat == t && campaignTeaches(p.Asked) }) {
			units = append(units, disclosure.Unit{ID: t, Parent: string(Metropolis), Order: i18n.SortKey(names[t]), Name: names[t]})
		}
	}
	for _, p := range places {
		if campaignTeaches(p.Asked) {
			units = append(units, disclosure.Unit{ID: string(p.Institution), Parent: p.BySeat, Order: p.SortKey, Name: p.Name, Roster: p.Roster})
		}
	}
	if len(units) == 1 {
		return nil, fault.New(fault.Conflict, "needs.campaign.fault.nobody")
	}
	return units, nil
}

// campaignTeaches tells that an institution is no office.
func campaignTeaches(a Asked) bool { return a.Kind != "office" }
