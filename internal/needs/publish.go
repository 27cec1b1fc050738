package needs

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/disclosure"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/survey"
)

// The measures of this package. Declared needs and people's answers are of
// different measures, and no table holds both.
const (
	MeasureDeclared = "needs.declared"      // institutions that asked, by topic
	MeasureTopics   = "needs.people.topics" // people who chose a topic for themselves
	MeasureForm     = "needs.people.form"   // in which form they would learn
	MeasureWhen     = "needs.people.when"   // when
)

// publishK is k of what institutions declare, so many institutions, and of what
// people answer, to which publishUnsigned adds.
const publishK = 5

// publishMostTopics is how many topics one person may put in order.
const publishMostTopics = 5

// Measures are to be declared in wiring.
func Measures() []disclosure.Measure {
	return []disclosure.Measure{
		{Name: MeasureDeclared, TitleKey: "needs.measure.declared", Class: disclosure.Declared, K: publishK, Most: declareRows + declareOwn},
		{Name: MeasureTopics, TitleKey: "needs.measure.topics", Class: disclosure.Opinion, Most: publishMostTopics},
		{Name: MeasureForm, TitleKey: "needs.measure.form", Class: disclosure.Opinion, Each: true},
		{Name: MeasureWhen, TitleKey: "needs.measure.when", Class: disclosure.Opinion},
	}
}

// publishPeopleMeasures are those of a round, with their questions.
var publishPeopleMeasures = []struct{ measure, question string }{
	{MeasureTopics, "topics"}, {MeasureForm, "form"}, {MeasureWhen, "when"},
}

// publishPeople publishes what people answered, once, when the answers are there,
// and then the campaign is ranked. Whoever answers later belongs to the next one.
func (s *Service) publishPeople(ctx context.Context, c Campaign) (err error) {
	defer fault.Wrap(&err, "publish people's answers")
	if c.State == Ranked {
		return nil
	}
	if c.People && c.Round != "" && c.Plan != "" {
		round, err := s.Surveys.RoundByID(ctx, s.db, c.Round)
		if err != nil {
			return err
		}
		if !round.Counted() && round.State != survey.Dropped {
			return nil // an anonymous round waits for its officers
		}
		if round.Counted() {
			if err := s.publishRound(ctx, c); err != nil {
				return err
			}
		}
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update needs_campaigns set state = ?, revision = revision + 1 where id = ? and state = ?`, Ranked, c.ID, Closed)
		return err
	})
}

// publishRound counts a round once and publishes each of its measures.
func (s *Service) publishRound(ctx context.Context, c Campaign) error {
	counts, err := s.publishCount(ctx, c)
	if err != nil {
		return err
	}
	for _, m := range publishPeopleMeasures {
		if err := s.publishOne(ctx, c, c.Plan, m.measure, counts[m.measure]); err != nil {
			return err
		}
		delete(counts, m.measure) // large, and not needed any more
	}
	return s.publishNeeds(ctx, c)
}

// publishNeeds makes the needs of topics that people named and a release shows: a
// topic that no institution declared can be answered as well.
func (s *Service) publishNeeds(ctx context.Context, c Campaign) error {
	table, err := s.publishedTable(ctx, c.ID, MeasureTopics)
	if err != nil || len(table.Nodes) == 0 {
		return err
	}
	var topics []string
	for n, cell := range table.Nodes[0].Cells {
		if cell.Shown && cell.N > 0 {
			topics = append(topics, table.Categories[n])
		}
	}
	_, err = s.rankNeeds(ctx, c, topics, s.now())
	return err
}

// publishCount tallies the answers of a round for all its measures in one pass.
// Topics that were merged since are one, for which a person counts once. Whoever
// handed in the answers is a respondent of each question of which several answers
// may be chosen, also of one that they left out: otherwise every respondent would
// be known to have chosen something. The question about the form must be answered
// (personalAnyForm), so its respondents are the same people. A unit that is not
// in the plan was not promised to be shown, and is left out.
func (s *Service) publishCount(ctx context.Context, c Campaign) (map[string]disclosure.Counts, error) {
	round, err := s.Surveys.RoundByID(ctx, s.db, c.Round)
	if err != nil {
		return nil, err
	}
	d, err := s.Surveys.DefinitionByID(ctx, s.db, round.Definition)
	if err != nil {
		return nil, err
	}
	read, topics, err := s.publishTopics(ctx, c)
	if err != nil {
		return nil, err
	}
	leaves, err := s.publishLeaves(ctx, c.Plan)
	if err != nil {
		return nil, err
	}
	topicCounts, lost := disclosure.NewCounts(topics...), 0
	formCounts := disclosure.NewCounts(publishOptions(d, "form")...)
	whenCounts := disclosure.NewCounts(publishOptions(d, "when")...)
	err = s.Surveys.Each(ctx, s.db, c.Round, func(unit string, a survey.Answers) error {
		if unit = leaves[unit]; unit == "" {
			lost++
			return nil
		}
		topicCounts.Add(unit, publishChosen(a["topics"], read)...)
		if len(a["form"]) == 1 {
			formCounts.Add(unit, a["form"]...)
		}
		whenCounts.Add(unit, a["when"]...)
		return nil
	})
	if lost > 0 {
		s.Log.Warn("answers of units outside the plan are not counted", "campaign", c.ID, "answers", lost)
	}
	return map[string]disclosure.Counts{MeasureTopics: topicCounts, MeasureForm: formCounts, MeasureWhen: whenCounts}, err
}

// publishLeaves are the institutions that stand in a plan, each with the one under
// which it is counted: those that the plan joins are one number in every
// release, so they are one number in the tally already.
func (s *Service) publishLeaves(ctx context.Context, plan string) (map[string]string, error) {
	p, err := s.Disclosure.Plan(ctx, s.db, plan)
	if err != nil {
		return nil, err
	}
	leaves, parents := map[string]string{}, map[string]bool{}
	for _, u := range p.Units {
		parents[u.Parent] = true
	}
	for _, u := range p.Units {
		switch {
		case parents[u.ID]:
		case len(u.Members) == 0:
			leaves[u.ID] = u.ID
		}
		for _, m := range u.Members {
			leaves[m] = u.Members[0]
		}
	}
	return leaves, nil
}

// publishOptions are the ids of the options of a question, in their order.
func publishOptions(d survey.Definition, question string) (ids []string) {
	for _, section := range d.Sections {
		for _, q := range section.Questions {
			if q.ID != question {
				continue
			}
			for _, o := range q.Options {
				ids = append(ids, o.ID)
			}
		}
	}
	return ids
}

// publishTopics are the topics of a campaign as they are read now, and under
// which of them an option of the question about topics counts.
func (s *Service) publishTopics(ctx context.Context, c Campaign) (read map[string]string, topics []string, err error) {
	var offered []string
	if err := s.db.Select(ctx, &offered, `select topic from needs_topics where campaign = ? order by no`, c.ID); err != nil {
		return nil, nil, err
	}
	now, err := s.Topics.Resolve(ctx, offered)
	if err != nil {
		return nil, nil, err
	}
	read = map[string]string{}
	for _, topic := range offered {
		standing := now[topic]
		if standing == "" {
			continue
		}
		read[publishOption(topic)] = standing
		if !slices.Contains(topics, standing) {
			topics = append(topics, standing)
		}
	}
	return read, topics, nil
}

// publishOption is the id of the option of a survey that stands for a topic:
// options have no hyphens.
func publishOption(topic string) string { return strings.ReplaceAll(topic, "-", "") }

// publishChosen are the topics that a person chose, each once.
func publishChosen(options []string, read map[string]string) (topics []string) {
	for _, o := range options {
		if t := read[publishOption(o)]; t != "" && !slices.Contains(topics, t) {
			topics = append(topics, t)
		}
	}
	return topics
}

// publishOne publishes one measure of a campaign, once. When a release of another
// campaign would let somebody subtract, there will be none, and the row says why.
func (s *Service) publishOne(ctx context.Context, c Campaign, plan, measure string, counts disclosure.Counts) error {
	at, k := s.now().Unix(), publishK
	if measure != MeasureDeclared {
		known, err := s.publishUnsigned(ctx, c)
		if err != nil {
			return err
		}
		k += known
	}
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		id, err := s.Disclosure.Publish(ctx, tx, disclosure.Release{Measure: measure, Plan: plan, Object: publishObject(c), K: k,
			Period: disclosure.Period{From: c.OpensAt, Until: c.ClosesAt, Label: publishYear(c.SchoolYear)}}, counts)
		if err != nil {
			return err
		}
		table, err := s.Disclosure.Read(ctx, tx, id)
		if err != nil {
			return err
		}
		drawn, err := json.Marshal(publishTop(table))
		if err != nil {
			return err
		}
		return publishKeep(ctx, tx, c, measure, string(id), string(drawn), "", at)
	})
	if f := fault.As(err); f == nil || f.Kind != fault.Conflict || f.Key == "disclosure.fault.open" {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		return publishKeep(ctx, tx, c, measure, "", "", fault.As(err).Key, at)
	})
}

// publishUnsigned is the largest number of answers without a name that one person
// may have made up: of the institutions that have one head, by links and on paper.
// Somebody who did knows them all, so that k people have to stand beside them.
func (s *Service) publishUnsigned(ctx context.Context, c Campaign) (most int, err error) {
	units, err := survey.Unsigned(ctx, s.db, c.Round)
	if err != nil {
		return 0, err
	}
	hands := map[access.InstitutionID]int{}
	for unit, n := range units {
		hand := access.InstitutionID(unit)
		switch i, err := directory.ByID(ctx, s.db, hand); {
		case err == nil && i.HeadUnit != "":
			hand = i.HeadUnit
		case err != nil && fault.KindOf(err) != fault.NotFound:
			return 0, err
		}
		hands[hand] += n
		most = max(most, hands[hand])
	}
	return most, nil
}

// publishTop is the part of a release that maps draw: the metropolis and its
// municipalities. It is kept beside the release, so that a page need not read
// the numbers of all institutions; a release never changes, so neither does it.
func publishTop(t disclosure.Table) disclosure.Table {
	t.Nodes = slices.DeleteFunc(slices.Clone(t.Nodes), func(n disclosure.Node) bool { return n.Depth > 1 })
	for n := range t.Nodes {
		t.Nodes[n].Members = nil // the ids of all institutions: maps draw names
	}
	return t
}

func publishKeep(ctx context.Context, tx *db.Tx, c Campaign, measure, release, drawn, refused string, at int64) error {
	_, err := tx.Exec(ctx, `insert into needs_releases (campaign, measure, release, drawn, refused, at) values (?, ?, ?, ?, ?, ?)
		on conflict (campaign, measure) do nothing`, c.ID, measure, release, drawn, refused, at)
	return err
}

// publishObject is what a release is about.
func publishObject(c Campaign) string { return "campaign/" + string(c.ID) }

// publishYear is "2026/2027".
func publishYear(year int) string { return fmt.Sprintf("%d/%d", year, year+1) }

// publishLeast is how many asked institutions a part of the metropolis has in what
// is published of declarations: 2k, since a part with fewer would hide the numbers
// of all others beside it.
const publishLeast = 2 * publishK

// publishFix fixes the tree in which the public sees what institutions declared, in
// the transaction that opens a campaign: the metropolis and its municipalities,
// of which neighbors with few institutions are joined. Units are the tree of the
// campaign's other releases, not merged: municipalities and institutions. It is
// a tree of its own because here an institution counts once, however many people
// teach there. The plan has the id of the campaign.
func (s *Service) publishFix(ctx context.Context, tx *db.Tx, id CampaignID, units []disclosure.Unit) error {
	_, err := s.Disclosure.Fix(ctx, tx, disclosure.Plan{ID: string(id), Owner: RoundOwner, Object: "campaign/" + string(id), Least: publishLeast, Units: publishTree(units)})
	return err
}

// publishTree makes leaves of the municipalities: what institutions stand in each,
// and how many.
func publishTree(units []disclosure.Unit) (tree []disclosure.Unit) {
	below, depth := map[string][]string{}, map[string]int{}
	for _, u := range units { // parents stand before their children
		if u.Parent != "" {
			depth[u.ID] = depth[u.Parent] + 1
		}
		if depth[u.ID] == 2 {
			below[u.Parent] = append(below[u.Parent], u.ID)
		}
	}
	for _, u := range units {
		if depth[u.ID] < 2 && (u.Parent == "" || len(below[u.ID]) > 0) {
			u.Members, u.Roster = below[u.ID], len(below[u.ID])
			tree = append(tree, u)
		}
	}
	return tree
}

// publishDeclared publishes in how many institutions each need was named: how many
// people they meant is for those who plan. It waits until people's answers are
// published and no own words are without a topic, since a release is never
// changed. Without a plan nothing is published: its tree must stand before the
// period is over.
func (s *Service) publishDeclared(ctx context.Context, c Campaign) (err error) {
	defer fault.Wrap(&err, "publish what was declared")
	if c, err = CampaignByID(ctx, s.db, c.ID); err != nil || c.State != Ranked {
		return err
	}
	var done, words int
	if err := s.db.Get(ctx, &done, `select count(*) from needs_releases where campaign = ? and measure = ?`, c.ID, MeasureDeclared); err != nil || done > 0 {
		return err
	}
	if words, err = s.publishWordsWaiting(ctx, c.ID); err != nil || words > 0 {
		return err
	}
	plan, err := s.publishDeclaredPlan(ctx, c)
	if err != nil || plan == "" {
		return err
	}
	counts, err := s.publishDeclaredCounts(ctx, c, plan)
	if err != nil || len(counts.Categories) == 0 {
		return err
	}
	return s.publishOne(ctx, c, plan, MeasureDeclared, counts)
}

// publishDeclaredPlan is the plan of publishFix, or that of people's answers where
// a campaign was opened without it.
func (s *Service) publishDeclaredPlan(ctx context.Context, c Campaign) (string, error) {
	switch p, err := s.Disclosure.Plan(ctx, s.db, string(c.ID)); {
	case err == nil:
		return p.ID, nil
	case fault.KindOf(err) != fault.NotFound:
		return "", err
	}
	return c.Plan, nil
}

// publishWordsWaiting is how many lines in own words have no topic yet. They are
// few, and an index holds just them. The cross join has SQLite begin there: from
// the declarations it would look at each one of the campaign.
func (s *Service) publishWordsWaiting(ctx context.Context, id CampaignID) (n int, err error) {
	return n, s.db.Get(ctx, &n, `select count(*) from needs_lines l cross join needs_declarations d
		where d.id = l.declaration and l.topic = '' and l.words <> '' and l.merged = '' and d.campaign = ? and d.sent`, id)
}

// publishDeclaredCounts makes the tally of what was declared. A respondent is an
// institution that sent a declaration of its own, also one that needs nothing; it
// counts in each topic that it named, once. Who else speaks is left out: an
// adviser, and offices, which stand in no plan.
func (s *Service) publishDeclaredCounts(ctx context.Context, c Campaign, plan string) (counts disclosure.Counts, err error) {
	leaves, err := s.publishLeaves(ctx, plan)
	if err != nil {
		return counts, err
	}
	read, err := s.rankRead(ctx, c.ID)
	if err != nil {
		return counts, err
	}
	tally := disclosure.NewCounts()
	if err := s.publishSent(ctx, c.ID, leaves, &tally); err != nil {
		return counts, err
	}
	if err := s.publishNamed(ctx, c.ID, leaves, read, &tally); err != nil {
		return counts, err
	}
	return s.publishCategories(ctx, c, tally)
}

// publishSent counts the institutions that sent a declaration of their own.
func (s *Service) publishSent(ctx context.Context, id CampaignID, leaves map[string]string, tally *disclosure.Counts) error {
	return s.db.Each(ctx, func(scan func(dest ...any) error) error {
		var unit string
		if err := scan(&unit); err != nil {
			return err
		}
		if at := leaves[unit]; at != "" {
			tally.Add(at)
		}
		return nil
	}, `select institution from needs_declarations where campaign = ? and sent and as_what = ?`, id, AsSchool)
}

// publishNamed counts each of them once in each topic that it named.
func (s *Service) publishNamed(ctx context.Context, id CampaignID, leaves, read map[string]string, tally *disclosure.Counts) error {
	said := map[string]bool{} // by the institution at
	var at string
	return s.db.Each(ctx, func(scan func(dest ...any) error) error {
		var unit, topic string
		if err := scan(&unit, &topic); err != nil {
			return err
		}
		if unit != at {
			at = unit
			clear(said)
		}
		if topic = read[topic]; topic != "" && leaves[unit] != "" && !said[topic] {
			said[topic] = true
			tally.N[leaves[unit]][topic]++
		}
		return nil
	}, `select d.institution, `+rankTopic+` from needs_declarations d join needs_lines l on l.declaration = d.id
		where d.campaign = ? and d.sent and d.as_what = ? and l.heads > 0 and l.priority between 1 and 3 order by d.institution`, id, AsSchool)
}

// publishCategories puts the topics of a tally into an order that tells nothing:
// those that the campaign offered, as it offered them. A topic that an officer
// gave to own words stands behind them, and only when its number will be shown:
// that it stands there hidden would tell that somebody named it. Without any
// respondents there is nothing to publish.
func (s *Service) publishCategories(ctx context.Context, c Campaign, tally disclosure.Counts) (disclosure.Counts, error) {
	_, offered, err := s.publishTopics(ctx, c)
	if err != nil || len(tally.Respondents) == 0 {
		return tally, err
	}
	all, sent := map[string]int{}, 0
	for unit, n := range tally.Respondents {
		sent += n
		for topic, n := range tally.N[unit] {
			all[topic] += n
		}
	}
	tally.Categories = publishOrder(offered, all, sent)
	for _, n := range tally.N {
		maps.DeleteFunc(n, func(topic string, _ int) bool { return !slices.Contains(tally.Categories, topic) })
	}
	return tally, nil
}

// publishOrder is the order of categories: offered topics, then those of others
// that at least k of all institutions named and at least k did not.
func publishOrder(offered []string, all map[string]int, sent int) []string {
	order := slices.Clone(offered)
	for _, topic := range slices.Sorted(maps.Keys(all)) {
		if n := all[topic]; n >= publishK && sent-n >= publishK && !slices.Contains(offered, topic) {
			order = append(order, topic)
		}
	}
	return order
}

// publishTowns are the names of all municipalities.
func (s *Service) publishTowns(ctx context.Context) (map[string]string, error) {
	list, err := directory.Municipalities(ctx, s.db)
	names := map[string]string{}
	for _, m := range list {
		names[m.ID] = m.Name
	}
	return names, err
}

// publishedTable is what is drawn of a measure of a campaign, without nodes when
// it was not published. Anybody may read it.
func (s *Service) publishedTable(ctx context.Context, id CampaignID, measure string) (t disclosure.Table, err error) {
	var drawn string
	err = s.db.Get(ctx, &drawn, `select drawn from needs_releases where campaign = ? and measure = ?`, id, measure)
	if fault.KindOf(err) == fault.NotFound || err == nil && drawn == "" {
		return t, nil
	}
	if err != nil {
		return t, err
	}
	return t, json.Unmarshal([]byte(drawn), &t)
}

// publishedBelow is the whole of a measure, with institutions.
func (s *Service) publishedBelow(ctx context.Context, id CampaignID, measure string) (t disclosure.Table, err error) {
	var release disclosure.ReleaseID
	if err := s.db.Get(ctx, &release, `select release from needs_releases where campaign = ? and measure = ? and release <> ''`, id, measure); err != nil {
		return t, err
	}
	return s.Disclosure.Read(ctx, s.db, release)
}

// PublishedIn are the campaigns of a school year of which something was
// published, those of the association first. Anybody may read it.
func (s *Service) PublishedIn(ctx context.Context, year int) (list []Campaign, err error) {
	defer fault.Wrap(&err, "campaigns published for %d", year)
	err = s.db.Select(ctx, &list, `select `+CampaignColumns+` from needs_campaigns c where c.school_year = ? and c.state in ('closed', 'ranked')
		and exists (select 1 from needs_releases p where p.campaign = c.id and p.release <> '') order by c.title_key, c.id`, year)
	if err != nil || len(list) < 2 {
		return list, err
	}
	broad := map[access.InstitutionID]bool{}
	for _, c := range list {
		i, err := directory.ByID(ctx, s.db, c.Owner)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return nil, err
		}
		broad[c.Owner] = i.Kind == directory.Association
	}
	slices.SortStableFunc(list, func(a, b Campaign) int {
		switch {
		case broad[a.Owner] == broad[b.Owner]:
			return 0
		case broad[a.Owner]:
			return -1
		}
		return 1
	})
	return list, nil
}
