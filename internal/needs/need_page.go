package needs

import (
	"context"
	"slices"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// needReader is what somebody may see of one need.
//
//  1. Plans: everything, and answers it.
//  2. Own: exactly what these institutions declared, and all answers. They are
//     those for which the actor declares, or which the actor's office runs.
//  3. Reported: the answers alone. The actor asked by name to be told, or sent
//     the declaration of an institution (an adviser after a visit).
//
// Who is none of these does not learn that the topic was named at all.
type needReader struct {
	Plans    bool
	Own      []access.InstitutionID
	Reported bool
}

// needFor is a need with its campaign for whoever may see it. Faults: SignedOut,
// and NotFound for everybody else.
func (s *Service) needFor(ctx context.Context, who access.Actor, id NeedID) (n Need, c Campaign, may needReader, err error) {
	defer fault.Wrap(&err, "read need %s", id)
	if !who.SignedIn() {
		return n, c, may, fault.New(fault.SignedOut, "fault.signed_out")
	}
	if n, err = NeedByID(ctx, s.db, id); err != nil {
		return n, c, may, err
	}
	if c, err = CampaignByID(ctx, s.db, n.Campaign); err != nil {
		return n, c, may, err
	}
	if c.State == Draft {
		return n, c, may, fault.ErrNotFound
	}
	may, err = s.needReader(ctx, who, c, n)
	if err == nil && !may.Plans && len(may.Own) == 0 && !may.Reported {
		err = fault.ErrNotFound
	}
	return n, c, may, err
}

func (s *Service) needReader(ctx context.Context, who access.Actor, c Campaign, n Need) (may needReader, err error) {
	err = Plans(ctx, who, c)
	if kind := fault.KindOf(err); err == nil || kind != fault.Forbidden && kind != fault.NotFound {
		may.Plans = err == nil
		return may, err
	}
	towns, err := s.rankTowns(ctx, who)
	if err != nil {
		return may, err
	}
	reach, err := s.rankReached(ctx, who, c, towns)
	if err != nil {
		return may, err
	}
	for some := range slices.Chunk(reach, db.MaxParams-10) {
		var own []access.InstitutionID
		query, args, err := db.In(`select unit from needs_ranks where need = ? and level = ? and unit in (?) order by unit`, n.ID, OfOne, some)
		if err != nil {
			return may, err
		}
		if err := s.db.Select(ctx, &own, query, args...); err != nil {
			return may, err
		}
		may.Own = append(may.Own, own...)
	}
	if len(may.Own) > 0 || who.For != "" {
		return may, nil
	}
	may.Reported, err = s.needReported(ctx, who.Person, n)
	return may, err
}

// needReported tells whether somebody asked by name to be told of a need, or
// sent a declaration that names it.
func (s *Service) needReported(ctx context.Context, person access.PersonID, n Need) (bool, error) {
	topics, err := s.tellTopics(ctx, n)
	if err != nil {
		return false, err
	}
	query, args, err := db.In(`select (select count(*) from needs_interest where campaign = ? and person = ? and topic in (?))
		+ (select count(*) from needs_declarations d join needs_lines l on l.declaration = d.id
			where d.campaign = ? and d.by_person = ? and d.sent = ? and `+rankTopic+` in (?))`,
		n.Campaign, person, topics, n.Campaign, person, true, topics)
	if err != nil {
		return false, err
	}
	var found int
	err = s.db.Get(ctx, &found, query, args...)
	return found > 0, err
}

// needSight is all that the pages of one need draw from.
type needSight struct {
	Need      Need
	Campaign  Campaign
	May       needReader
	Topic     string
	Rank      Rank // of the metropolis, for planners
	Towns     map[string]int
	Decisions []Decision
	Orders    map[string]Order // of the decisions, by target
	Trainings []Answered
	Left      needLeft
	Told      map[DecisionID]telling
	Names     map[access.InstitutionID]string
}

// telling is how many people were told, and when.
type telling struct {
	Decision DecisionID `db:"decision"`
	People   int        `db:"people"`
	At       int64      `db:"at"`
}

func (s *Service) needSight(ctx context.Context, who access.Actor, l *i18n.L, id NeedID) (v needSight, err error) {
	if v.Need, v.Campaign, v.May, err = s.needFor(ctx, who, id); err != nil {
		return v, err
	}
	names, err := s.Topics.Names(ctx, l, []string{v.Need.Topic})
	if err != nil {
		return v, err
	}
	v.Topic = names[v.Need.Topic]
	if v.Topic == "" {
		v.Topic = l.T("needs.need.gone")
	}
	if v.Rank, v.Towns, err = s.declaredHeads(ctx, v.Need); err != nil {
		return v, err
	}
	if v.Decisions, err = Decisions(ctx, s.db, id); err != nil {
		return v, err
	}
	if v.Trainings, err = s.answered(ctx, l, id); err != nil {
		return v, err
	}
	v.Left = needLeftOf(v.Rank.Heads, v.Need.Settled, v.Decisions, v.Trainings)
	if err := s.needOrders(ctx, &v); err != nil {
		return v, err
	}
	var ids []access.InstitutionID
	for _, d := range v.Decisions {
		ids = append(ids, d.Center)
	}
	for _, o := range v.Orders {
		ids = append(ids, o.Institution)
	}
	v.Names, err = s.Directory.Names(ctx, append(ids, v.May.Own...))
	return v, err
}

// needOrders adds what waits to be carried out, and who was told.
func (s *Service) needOrders(ctx context.Context, v *needSight) error {
	var orders []Order
	if err := s.db.Select(ctx, &orders, orderColumns+` where d.need = ?`, v.Need.ID); err != nil {
		return err
	}
	v.Orders = map[string]Order{}
	for _, o := range orders {
		v.Orders[o.ID] = o
	}
	var told []telling
	err := s.db.Select(ctx, &told, `select t.decision, t.people, t.at from needs_tellings t join needs_decisions d on d.id = t.decision
		where d.need = ? and t.what = ?`, v.Need.ID, toldDecided)
	v.Told = map[DecisionID]telling{}
	for _, t := range told {
		v.Told[t.Decision] = t
	}
	return err
}

// training is what became of a decision for a training. Before the module made
// the draft there is nothing.
func (v needSight) training(d Decision) (Answered, bool) {
	at := slices.IndexFunc(v.Trainings, func(a Answered) bool { return a.ID == d.Target })
	if at < 0 {
		return Answered{}, false
	}
	return v.Trainings[at], true
}

// needAnswer is one decision as it is drawn.
type needAnswer struct {
	ID, Kind, Title, Words string
	Human                  bool // the words are a reason
	State, Badge           string
	Facts                  []web.Fact
	Links                  []web.Link
}

// answers are the decisions as the reader may see them, the newest first. A
// draft has no address for those who do not run it, and no title of its own.
func (v needSight) answers(l *i18n.L) (list []needAnswer) {
	all := slices.Clone(v.Decisions)
	slices.SortFunc(all, compareDecisions)
	for _, d := range all {
		a := needAnswer{ID: string(d.ID), Kind: l.T("needs.need.decide." + string(d.Kind)), Title: d.Title, Words: d.Words, Human: d.Kind == Declined}
		fact := func(key, value string) {
			if value != "" {
				a.Facts = append(a.Facts, web.Fact{Name: l.T("needs.need.fact." + key), Value: value})
			}
		}
		fact("at", needDay(l, d.At))
		if d.Kind == Declined {
			list = append(list, a)
			continue
		}
		fact("center", v.Names[d.Center])
		if d.Kind == Training {
			v.trainingOf(l, d, &a)
		} else {
			o := v.Orders[d.Target]
			a.State, a.Badge = l.T("needs.order.state."+d.State), orderBadge(d.State)
			if v.May.Plans || slices.Contains(v.May.Own, o.Institution) { // that others named the need is not everybody's to know
				fact("for", v.Names[o.Institution])
			}
			fact("seats", l.N("needs.need.people", d.Seats))
			fact("note", o.Note)
		}
		if v.May.Plans {
			if t, ok := v.Told[d.ID]; ok {
				fact("told", l.N("needs.need.told", t.People, "when", needDay(l, t.At)))
			}
		}
		list = append(list, a)
	}
	return list
}

// trainingOf adds what became of a training.
func (v needSight) trainingOf(l *i18n.L, d Decision, a *needAnswer) {
	t, there := v.training(d)
	if !there || t.Path == "" && !v.May.Plans {
		a.State, a.Badge = l.T("needs.need.state.preparing"), "warn"
		a.Facts = append(a.Facts, web.Fact{Name: l.T("needs.need.fact.seats"), Value: l.N("needs.need.seats", d.Seats)})
	} else {
		a.Title, a.State = t.Title, l.T(t.State)
		a.Facts = append(a.Facts, web.Fact{Name: l.T("needs.need.fact.seats"), Value: l.N("needs.need.seats", t.Seats)})
		if t.StartsAt > 0 {
			a.Facts = append(a.Facts, web.Fact{Name: l.T("needs.need.fact.starts"), Value: needDay(l, t.StartsAt)})
		}
	}
	if t.Path != "" {
		a.Links = append(a.Links, web.Link{Text: l.T("needs.need.to_training"), Href: t.Path})
	}
	if v.May.Plans && t.DeskPath != "" {
		a.Links = append(a.Links, web.Link{Text: l.T("needs.need.to_desk"), Href: t.DeskPath})
	}
	if v.May.Plans && t.Low {
		a.Facts = append(a.Facts, web.Fact{Name: l.T("needs.need.fact.later"), Value: l.T("needs.need.low_use")})
	}
}

func orderBadge(state string) string {
	return map[string]string{orderPlanned: "warn", orderDone: "ok", orderDropped: "bad"}[state]
}

// needDay is the day of a moment.
func needDay(l *i18n.L, at int64) string {
	if at == 0 {
		return ""
	}
	return l.Date(time.Unix(at, 0).In(web.Warsaw))
}

// needWho is what one institution declared about a need.
type needWho struct {
	Institution access.InstitutionID `db:"unit"`
	Key         string               `db:"sort_key"`
	Town        string               `db:"by_seat"`
	Heads       int                  `db:"heads"`
	Low         int                  `db:"low"`
	Middle      int                  `db:"middle"`
	High        int                  `db:"high"`
	Name        string
}

const needOnPage = 50

// needDeclared lists the institutions that named a need, by name: all of them,
// or only some.
func (s *Service) needDeclared(ctx context.Context, n Need, only []access.InstitutionID, at web.Cursor) (list []needWho, more bool, err error) {
	where, args := `r.need = ? and r.level = ?`, []any{n.ID, OfOne}
	if only != nil {
		where += ` and r.unit in (?)`
		args = append(args, append([]access.InstitutionID{""}, only[:min(len(only), db.MaxParams-10)]...))
	}
	order := ` order by a.sort_key, r.unit limit ?`
	switch {
	case at.Back:
		where, order = where+` and (a.sort_key < ? or a.sort_key = ? and r.unit < ?)`, ` order by a.sort_key desc, r.unit desc limit ?`
		args = append(args, at.Key, at.Key, at.ID)
	case at.ID != "":
		where += ` and (a.sort_key > ? or a.sort_key = ? and r.unit > ?)`
		args = append(args, at.Key, at.Key, at.ID)
	}
	query, args, err := db.In(`select r.unit, a.sort_key, a.by_seat, r.heads, r.low, r.middle, r.high from needs_ranks r
		join needs_asked a on a.campaign = r.campaign and a.institution = r.unit where `+where+order, append(args, needOnPage+1)...)
	if err != nil {
		return nil, false, err
	}
	if err := s.db.Select(ctx, &list, query, args...); err != nil {
		return nil, false, err
	}
	if more = len(list) > needOnPage; more {
		list = list[:needOnPage]
	}
	if at.Back {
		slices.Reverse(list)
	}
	ids := make([]access.InstitutionID, len(list))
	for i, w := range list {
		ids[i] = w.Institution
	}
	names, err := s.Directory.Names(ctx, ids)
	for i := range list {
		list[i].Name = names[list[i].Institution]
	}
	return list, more, err
}

func needBadge(s needStand) string {
	return map[needStand]string{needOpen: "warn", needPartly: "warn", needWhole: "ok", needDeclined: "bad", needSettled: "ok"}[s]
}
