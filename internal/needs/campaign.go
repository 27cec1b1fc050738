package needs

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/survey"
	"kladka/internal/platform/trace"
	"kladka/internal/platform/web"
)

// Settings are what whoever runs a campaign says about it while it is a draft.
type Settings struct {
	Revision   int64 // that the form showed; 0 for a new campaign
	Title      string
	Words      string // to those who are asked
	SchoolYear int
	Owner      access.InstitutionID // said once, when the campaign is made
	Center     access.InstitutionID
	People     bool
	Mode       survey.Mode
	ClosesOn   string // the last day, YYYY-MM-DD
	FirstDays  int
	Weights    [3]int // of the priorities 1 to 3
	Topics     []string
	Towns      []string // municipalities by seat; none: the whole metropolis
	Kinds      []string // of institutions; none: all that teach, and the offices
}

// Limits of a campaign. A ranking question takes at most 150 options.
const (
	campaignTitle  = 120  // letters
	campaignWords  = 2000 // letters
	campaignTopics = 150
	campaignDays   = 200 // that it may be open
)

// closesAt is the midnight that ends the last day, by the clock in Kraków; 0
// for no day.
func (s Settings) closesAt() int64 {
	day, err := time.ParseInLocation(time.DateOnly, s.ClosesOn, web.Warsaw)
	if err != nil {
		return 0
	}
	return day.AddDate(0, 0, 1).Unix()
}

func (s Settings) weights() string {
	return strconv.Itoa(s.Weights[0]) + "," + strconv.Itoa(s.Weights[1]) + "," + strconv.Itoa(s.Weights[2])
}

// faults are what is wrong with the settings, by the names of the form.
func (s Settings) faults(now time.Time) (list []fault.Field) {
	wrong := func(bad bool, name, key string, args ...any) {
		if bad {
			list = append(list, fault.Field{Name: name, Key: "needs.campaign.fault." + key, Args: args})
		}
	}
	wrong(s.Title == "", "tytul", "title")
	wrong(utf8.RuneCountInString(s.Title) > campaignTitle, "tytul", "title_long", "n", campaignTitle)
	wrong(utf8.RuneCountInString(s.Words) > campaignWords, "slowa", "words_long", "n", campaignWords)
	year := directory.SchoolYear(now)
	wrong(s.SchoolYear < year || s.SchoolYear > year+2, "rok", "year")
	wrong(s.Mode != survey.Anonymous && s.Mode != survey.Confidential, "tryb", "mode")
	at := s.closesAt()
	wrong(at == 0, "do", "day")
	wrong(at != 0 && at <= now.Unix(), "do", "past")
	wrong(at > now.AddDate(0, 0, campaignDays).Unix(), "do", "far", "n", campaignDays)
	wrong(s.FirstDays < 0 || s.FirstDays > 60, "pierwszenstwo", "first", "n", 60)
	for n, w := range s.Weights {
		wrong(w < 0 || w > 100 || n > 0 && w < s.Weights[n-1], "waga"+strconv.Itoa(n+1), "weight")
	}
	wrong(s.Weights[2] == 0, "waga3", "weight")
	wrong(len(s.Topics) == 0, "tematy", "topics")
	wrong(len(s.Topics) > campaignTopics, "tematy", "topics_many", "n", campaignTopics)
	return list
}

// CreateCampaign writes a draft. Who asks must hold RunNeeds at the owner.
func (s *Service) CreateCampaign(ctx context.Context, who access.Actor, set Settings) (id CampaignID, err error) {
	defer fault.Wrap(&err, "create a campaign")
	if err := s.campaignOwner(ctx, who, set.Owner); err != nil {
		return "", err
	}
	now := s.now()
	if err := s.campaignTidy(ctx, &set, now); err != nil {
		return "", err
	}
	tr, err := trace.New()
	if err != nil {
		return "", err
	}
	c := Campaign{ID: CampaignID(newID()), Revision: 1, Trace: string(tr), Owner: set.Owner, State: Draft, CreatedBy: string(who.Person), CreatedAt: now.Unix()}
	return c.ID, s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `insert into needs_campaigns (id, trace, school_year, owner, title, title_key, state, mode, created_by, created_at, changed_at)
			values (?, ?, ?, ?, '', '', ?, ?, ?, ?, ?)`, c.ID, c.Trace, set.SchoolYear, c.Owner, Draft, set.Mode, c.CreatedBy, c.CreatedAt, c.CreatedAt)
		if err != nil {
			return err
		}
		if err := campaignWrite(ctx, tx, c, set, now.Unix()); err != nil {
			return err
		}
		return s.campaignLog(ctx, tx, who, c, "create", nil, now)
	})
}

// campaignOwner refuses an owner that may not ask: RunNeeds must reach it, and
// it is the association, an office, or a place that trains.
func (s *Service) campaignOwner(ctx context.Context, who access.Actor, owner access.InstitutionID) error {
	if owner == "" {
		return fault.InvalidFields([]fault.Field{{Name: "prowadzi", Key: "needs.campaign.fault.owner"}})
	}
	if err := who.MayAt(ctx, access.RunNeeds, owner); err != nil {
		return err
	}
	i, err := directory.ByID(ctx, s.db, owner)
	if err != nil {
		return err
	}
	// An authority's right reaches the schools that it runs. They do not ask.
	if !campaignAsker(i) {
		return fault.New(fault.Forbidden, "fault.forbidden")
	}
	return nil
}

// SaveCampaign changes a draft. Who asks must hold RunNeeds at its owner. A
// draft that somebody else saved meanwhile is a Conflict. A round that was
// prepared takes the new questions; when people are not asked anonymously any
// more, it is dropped together with its key.
func (s *Service) SaveCampaign(ctx context.Context, who access.Actor, id CampaignID, set Settings) (err error) {
	defer fault.Wrap(&err, "save campaign %s", id)
	c, err := s.campaignRun(ctx, who, id)
	if err != nil {
		return err
	}
	if c.State != Draft {
		return fault.New(fault.Conflict, "needs.campaign.fault.not_draft")
	}
	now := s.now()
	if err := s.campaignTidy(ctx, &set, now); err != nil {
		return err
	}
	def, err := s.personalDefinition(ctx, c.ID, set)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update needs_campaigns set revision = revision + 1 where id = ? and revision = ? and state = ?`, id, set.Revision, Draft)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "needs.campaign.fault.stale")
		}
		if err := s.campaignRound(ctx, tx, who, c, set, def, now.Unix()); err != nil {
			return err
		}
		return campaignWrite(ctx, tx, c, set, now.Unix())
	})
}

// campaignTidy checks the settings and puts them into the form in which they
// lie: topics as the vocabulary reads them now, each once.
func (s *Service) campaignTidy(ctx context.Context, set *Settings, now time.Time) error {
	set.Title, set.Words = strings.TrimSpace(set.Title), strings.TrimSpace(set.Words)
	read, err := s.Topics.Resolve(ctx, set.Topics)
	if err != nil {
		return err
	}
	var list []string
	for _, id := range set.Topics {
		if at := read[id]; at != "" && !slices.Contains(list, at) {
			list = append(list, at)
		}
	}
	set.Topics = list
	fields := set.faults(now)
	if set.Center != "" {
		centers, err := s.campaignCenters(ctx)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(centers, func(c web.Choice) bool { return c.Value == string(set.Center) }) {
			fields = append(fields, fault.Field{Name: "osrodek", Key: "needs.campaign.fault.center"})
		}
	}
	for _, kind := range set.Kinds {
		if !slices.Contains(campaignKinds(), directory.Kind(kind)) {
			return fault.New(fault.BadRequest, "fault.bad_request")
		}
	}
	slices.Sort(set.Towns)
	set.Towns = slices.Compact(set.Towns)
	slices.Sort(set.Kinds)
	set.Kinds = slices.Compact(set.Kinds)
	return fault.InvalidFields(fields)
}

// campaignCenters are the institutions that can build the offer.
func (s *Service) campaignCenters(ctx context.Context) ([]web.Choice, error) {
	if s.Offer == nil {
		return nil, nil
	}
	return s.Offer.Centers(ctx)
}

// campaignWrite writes the settings over a draft.
func campaignWrite(ctx context.Context, tx *db.Tx, c Campaign, set Settings, at int64) error {
	if _, err := tx.Exec(ctx, `update needs_campaigns set title = ?, title_key = ?, words = ?, school_year = ?, center = ?, people = ?, mode = ?, closes_at = ?,
			first_days = ?, weights = ?, changed_at = ? where id = ?`,
		set.Title, i18n.SortKey(set.Title), set.Words, set.SchoolYear, set.Center, set.People, set.Mode, set.closesAt(), set.FirstDays, set.weights(), at, c.ID); err != nil {
		return err
	}
	for _, table := range []string{"needs_topics", "needs_scope"} {
		if _, err := tx.Exec(ctx, `delete from `+table+` where campaign = ?`, c.ID); err != nil {
			return err
		}
	}
	for n, topic := range set.Topics {
		if _, err := tx.Exec(ctx, `insert into needs_topics (campaign, no, topic) values (?, ?, ?)`, c.ID, n+1, topic); err != nil {
			return err
		}
	}
	for what, values := range map[string][]string{"town": set.Towns, "kind": set.Kinds} {
		for _, v := range values {
			if _, err := tx.Exec(ctx, `insert into needs_scope (campaign, what, value) values (?, ?, ?)`, c.ID, what, v); err != nil {
				return err
			}
		}
	}
	return nil
}

// campaignSettings reads a draft back into its form.
func (s *Service) campaignSettings(ctx context.Context, c Campaign) (set Settings, err error) {
	set = Settings{Revision: c.Revision, Title: c.Title, Words: c.Words, SchoolYear: c.SchoolYear, Owner: c.Owner, Center: c.Center, People: c.People, Mode: c.Mode,
		FirstDays: c.FirstDays}
	if c.ClosesAt > 0 {
		set.ClosesOn = campaignLastDay(c.ClosesAt).Format(time.DateOnly)
	}
	for n, part := range strings.SplitN(c.Weights, ",", 3) {
		set.Weights[n], _ = strconv.Atoi(part)
	}
	if set.Topics, err = campaignTopicIDs(ctx, s.db, c.ID); err != nil {
		return set, err
	}
	err = s.db.Each(ctx, func(scan func(dest ...any) error) error {
		var what, value string
		if err := scan(&what, &value); err != nil {
			return err
		}
		switch what {
		case "town":
			set.Towns = append(set.Towns, value)
		case "kind":
			set.Kinds = append(set.Kinds, value)
		}
		return nil
	}, `select what, value from needs_scope where campaign = ?`, c.ID)
	slices.Sort(set.Towns)
	slices.Sort(set.Kinds)
	return set, err
}

// campaignLastDay is the last whole day before a midnight that ends something.
func campaignLastDay(until int64) time.Time { return time.Unix(until-1, 0).In(web.Warsaw) }

// campaignTopicIDs are the topics that a campaign asks about, in their order.
func campaignTopicIDs(ctx context.Context, r db.Reader, id CampaignID) (list []string, err error) {
	return list, r.Select(ctx, &list, `select topic from needs_topics where campaign = ? order by no`, id)
}

// campaignRun reads a campaign for whoever runs it.
func (s *Service) campaignRun(ctx context.Context, who access.Actor, id CampaignID) (c Campaign, err error) {
	if c, err = CampaignByID(ctx, s.db, id); err != nil {
		return c, err
	}
	return c, Runs(ctx, who, c)
}

// campaignLog writes an act on a campaign into the log and the trace.
func (s *Service) campaignLog(ctx context.Context, tx *db.Tx, who access.Actor, c Campaign, act string, details map[string]string, at time.Time) error {
	err := audit.Record(ctx, tx, who.By(), audit.Entry{Action: "needs.campaign." + act, Object: "needs_campaign", ObjectID: string(c.ID), Institution: string(c.Owner),
		Details: details}, at)
	if err != nil || act != "open" && act != "close" && act != "drop" {
		return err // a draft is nobody's matter yet, and a reminder no step of one
	}
	return trace.Step(ctx, tx, trace.StepRow{Trace: trace.ID(c.Trace), Kind: "needs.campaign." + act, ID: string(c.ID), TitleKey: "needs.campaign.step." + act,
		At: at.Unix(), Audience: "public"})
}

// campaignList are campaigns by a condition, the latest school year first.
func campaignList(ctx context.Context, r db.Reader, where string, args ...any) (list []Campaign, err error) {
	err = r.Select(ctx, &list, `select `+CampaignColumns+` from needs_campaigns c where `+where+` order by c.school_year desc, c.title_key, c.id limit 200`, args...)
	return list, err
}

// campaignOwners are the institutions for which the actor may open a campaign:
// the associations for whoever holds a role in the whole installation, else
// where the role is held.
func (s *Service) campaignOwners(ctx context.Context, who access.Actor) (list []directory.Institution, err error) {
	for _, h := range who.Roles {
		if !h.Role.Gives(access.RunNeeds) {
			continue
		}
		if h.Role.Everywhere() {
			all, err := s.campaignStanding(ctx)
			if err != nil {
				return nil, err
			}
			for _, i := range all {
				if i.Kind == directory.Association {
					list = append(list, i)
				}
			}
			continue
		}
		i, err := directory.ByID(ctx, s.db, h.Institution)
		if err != nil {
			return nil, err
		}
		if campaignAsker(i) {
			list = append(list, i)
		}
	}
	slices.SortFunc(list, func(a, b directory.Institution) int {
		return cmp.Or(strings.Compare(a.SortKey, b.SortKey), strings.Compare(string(a.ID), string(b.ID)))
	})
	return slices.CompactFunc(list, func(a, b directory.Institution) bool { return a.ID == b.ID }), nil
}
