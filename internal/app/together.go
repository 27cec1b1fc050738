package app

import (
	"context"
	"log/slog"
	"net/url"
	"strconv"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/agreements"
	"kladka/internal/agreements/ledger"
	"kladka/internal/agreements/plan"
	"kladka/internal/directory"
	"kladka/internal/directory/networking"
	"kladka/internal/directory/topics"
	"kladka/internal/meetings"
	"kladka/internal/needs"
	"kladka/internal/needs/evaluation"
	"kladka/internal/networks"
	"kladka/internal/networks/talk"
	"kladka/internal/platform/db"
	"kladka/internal/platform/events"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/secrets"
	"kladka/internal/platform/web"
	"kladka/internal/training"
	"kladka/internal/training/portfolio"
)

// Here what was agreed meets what came of it: agreements, the plan and the
// ledger that both read, the meetings where things are decided, the networks
// where they are done.

// together makes these services. They stand on training and on needs, whose
// events are evidence.
func (m *modules) together(d *db.DB, set Settings, keys *secrets.Keys, log *slog.Logger, now func() time.Time) {
	vocabulary := networking.Vocabulary{Topics: m.topics}
	m.ledger = ledger.New(ledger.Config{DB: d, Now: now, Log: log, Catalog: m.catalog, People: m.access, Directory: m.directory, Files: m.files,
		Topics: counted{vocabulary, m}, Targets: targets{m}, Sources: m.sources(), Replay: m.replayAll, Destroyed: m.yearKeyGone})
	m.agreements = agreements.New(agreements.Config{DB: d, Now: now, Log: log, Catalog: m.catalog, People: m.access, Directory: m.directory, Ledger: m.ledger,
		Law: m.law, Files: m.files, Bus: m.bus, Tell: m.notify.Tell, Touch: touches(agreements.SearchKind)})
	for kind, s := range m.agreements.Sources() {
		m.ledger.Sources[kind] = s
	}
	m.plan = plan.New(plan.Config{DB: d, Now: now, Log: log, Catalog: m.catalog, People: m.access, Directory: m.directory, Law: m.law, Bus: m.bus, Ledger: m.ledger,
		AreaNames: m.areaNames, Tell: m.notify.Tell, Asks: plan.Asks{Schools: m.sheet(), Needs: m.sheet(), Open: m.sheet(), Acts: m.sheet(), Own: m.sheet()}})
	m.meetings = meetings.New(meetings.Config{DB: d, Now: now, Log: log, Catalog: m.catalog, People: m.access, Directory: m.directory, Vocabulary: vocabulary,
		Law: m.law, Bus: m.bus, Files: m.files, Lemmas: m.words, Centers: answers{m}.Centers, Areas: m.areasInForce, Host: hostOf(set.Base), Tell: m.notify.Tell,
		Touch: touches(meetings.SearchName), Ratings: func(id meetings.MeetingID) string { return evaluation.Path(evaluation.Meeting, string(id)) }})
	m.networks = networks.New(networks.Config{DB: d, Now: now, Log: log, Catalog: m.catalog, People: m.access, Directory: m.directory, Topics: vocabulary,
		Files: m.files, Law: m.law, Bus: m.bus, Base: set.Base, Tell: m.notify.Tell, Touch: touches(networks.SearchKind)})
	m.talk = talk.New(talk.Config{DB: d, Now: now, Log: log, Catalog: m.catalog, Keys: keys, Place: m.networks, People: m.access, Schools: m.directory,
		Mail: m.mail, Tell: m.notify.Tell})
	m.networks.Talk = m.talk.Section
	m.evaluation.Subjects[evaluation.Meeting] = rated{m}
	m.evidence(d)
	m.hear()
	m.search.Declare(m.networks.Search(rankNetworks))
	m.search.Declare(m.agreements.SearchKind(rankAgreements))
	m.topics.AddLister(topics.Lister{Kind: networks.SearchKind, TitleKey: "networks.title", Rank: rankNetworks, Links: m.networks.TopicLinks})
	m.search.Declare(m.meetings.SearchKind(rankMeetings))
	m.notify.AddCalendar(m.networks.Calendar)
	m.notify.AddCalendar(m.meetings.CalendarOf)
}

// hear is who reacts to what is told here.
func (m *modules) hear() {
	events.On(m.bus, "training.meetings", func(ctx context.Context, e meetings.Ordered, _ events.Meta) error {
		p, err := m.meetings.PlanFor(ctx, e.Decision)
		if err != nil {
			return err
		}
		var about []string
		if p.Subject != "" {
			about = []string{p.Subject}
		}
		return m.training.OpenFromNeed(ctx, training.FromNeed{ID: training.ID(p.Target), Trace: p.Trace, Center: p.Center, Form: training.Workshop, Title: p.Title,
			Topics: about, Pools: map[string]int{"": p.Seats}, FirstDays: p.FirstDays, Institutions: p.Institutions, People: p.People, By: p.By})
	})
	events.On(m.bus, "agreements.decided", func(ctx context.Context, e meetings.WasDecided, _ events.Meta) error {
		p, err := m.meetings.ArrangementFor(ctx, e.Decision)
		if err != nil {
			return err
		}
		return m.agreements.ArrangementFromDecision(ctx, agreements.FromDecision{ID: e.Decision, Agreement: agreements.ID(e.Agreement), Area: e.Area,
			Title: p.Title, Owner: string(p.Institution), Due: p.DueOn, Trace: p.Trace, Decision: e.Decision, Meeting: string(e.Meeting)})
	})
	events.On(m.bus, "meetings.published", func(ctx context.Context, e training.WasPublished, meta events.Meta) error {
		return m.follow(ctx, e.Training, "published")
	})
	events.On(m.bus, "meetings.held", func(ctx context.Context, e training.WasHeld, meta events.Meta) error {
		return m.follow(ctx, e.Training, "held")
	})
	// The figures of a workshop are known when its hours are settled, after it was held.
	events.On(m.bus, "meetings.completed", func(ctx context.Context, e training.Finished, meta events.Meta) error {
		return m.follow(ctx, e.Training, "held")
	})
	events.On(m.bus, "needs.evaluation", func(ctx context.Context, e meetings.WasHeld, _ events.Meta) error {
		if e.Void {
			return nil
		}
		return m.evaluation.Ended(ctx, evaluation.Meeting, string(e.Meeting))
	})
	events.On(m.bus, "agreements.vocabulary", func(ctx context.Context, _ topics.Changed, _ events.Meta) error {
		return m.ledger.DB.Write(ctx, func(tx *db.Tx) error { return ledger.PlaceAgain(ctx, tx, "") })
	})
	events.On(m.bus, "networks.left", func(ctx context.Context, e access.Left, _ events.Meta) error {
		return m.networks.CoordinatorLeft(ctx, e.Person, e.Institution)
	})
}

// rated answers package evaluation about meetings.
type rated struct{ m *modules }

func (e rated) Subject(ctx context.Context, id string) (evaluation.Subject, error) {
	r, err := e.m.meetings.RatedMeeting(ctx, meetings.MeetingID(id))
	return evaluation.Subject{ID: id, Title: r.Title, Center: r.Owner, Trace: r.Trace, EndedAt: r.EndedAt, Ready: r.Ready, Off: r.Off}, err
}

func (e rated) Participants(ctx context.Context, id string) ([]string, error) {
	return e.m.meetings.RatedBy(ctx, meetings.MeetingID(id))
}

// Runs tells whether somebody runs the meeting, and so reads what was said of it.
func (e rated) Runs(ctx context.Context, who access.Actor, id string) error {
	return e.m.meetings.RatedRuns(ctx, who, meetings.MeetingID(id))
}

func (rated) Paths(id string) (public, desk string) {
	return meetings.RatedPaths(meetings.MeetingID(id))
}

// follow tells those who proposed a topic what came of it.
func (m *modules) follow(ctx context.Context, id training.ID, what string) error {
	f, err := training.FiguresOf(ctx, m.training.DB, id)
	if err != nil || f.Trace == "" {
		return err
	}
	return m.meetings.Followed(ctx, f.Trace, what, training.Path(id), meetings.Figures{Seats: f.Capacity, People: f.Completed, Hours: f.Given})
}

// hostOf is the name of the machine in an address, for identities of calendar entries.
func hostOf(base string) string {
	u, err := url.Parse(base)
	if err != nil || u.Hostname() == "" {
		return "kladka.example.org"
	}
	return u.Hostname()
}

// targets are what rules of the ledger may point at.
type targets struct{ m *modules }

func (t targets) Areas(ctx context.Context) ([]ledger.Target, error) {
	return t.m.agreements.AreasAll(ctx)
}

func (t targets) Actions(ctx context.Context) ([]ledger.Target, error) { return t.m.plan.Targets(ctx) }

// counted is the vocabulary as the ledger needs it.
type counted struct {
	networking.Vocabulary
	m *modules
}

// inclusionTopic is the code of the topic that the plan's first theme is about.
const inclusionTopic = "edukacja-wlaczajaca"

// Above adds the themes of the plan: a topic is of the theme "inclusion" when it
// lies under that entry of the vocabulary, and of another theme when it lies
// under the entry of the same name.
func (c counted) Above(ctx context.Context) (map[string][]string, error) {
	all, err := c.m.topics.Above(ctx)
	if err != nil {
		return nil, err
	}
	themes, err := c.m.plan.Themes(ctx, c.m.catalog.In(i18n.PL))
	if err != nil {
		return nil, err
	}
	of := map[topics.ID]string{}
	for id := range all {
		t, err := c.m.topics.ByID(ctx, id)
		if err != nil {
			return nil, err
		}
		for _, theme := range themes {
			if theme.ID == plan.Inclusion && t.Code == inclusionTopic || i18n.Fold(t.Name(i18n.PL)) == i18n.Fold(theme.Title) {
				of[id] = theme.ID
			}
		}
	}
	above := make(map[string][]string, len(all))
	for id, up := range all {
		above[string(id)] = texts(up)
		for _, u := range up {
			if theme := of[u]; theme != "" {
				above[string(id)] = append(above[string(id)], theme)
			}
		}
	}
	return above, nil
}

// Themes are those of the plan.
func (c counted) Themes(ctx context.Context) (ids []string, err error) {
	all, err := c.m.plan.Themes(ctx, c.m.catalog.In(i18n.PL))
	for _, t := range all {
		ids = append(ids, t.ID)
	}
	return ids, err
}

// areaNames are the areas of all agreements by id.
func (m *modules) areaNames(ctx context.Context) (map[string]string, error) {
	all, err := m.agreements.AreasAll(ctx)
	names := make(map[string]string, len(all))
	for _, a := range all {
		names[a.ID] = a.Name
	}
	return names, err
}

// areasInForce are the areas that a decision can become an arrangement under.
func (m *modules) areasInForce(ctx context.Context, _ *i18n.L) (list []web.Choice, err error) {
	all, err := m.agreements.AreasAll(ctx)
	today := localDay(m.agreements.Now())
	for _, a := range all {
		if a.ValidFrom <= today && (a.ValidTo == "" || a.ValidTo >= today) {
			list = append(list, web.Choice{Value: a.Owner + "/" + a.ID, Label: a.OwnerName + ": " + a.Name})
		}
	}
	return list, err
}

// networkHours are the hours of networks for a portfolio.
type networkHours struct{ m *modules }

func (n networkHours) HoursOf(ctx context.Context, person string) (list []portfolio.Hours, err error) {
	all, err := n.m.networks.HoursOf(ctx, person)
	for _, h := range all {
		list = append(list, portfolio.Hours{ID: string(h.ID), Title: h.Title, Year: h.Year, Day: h.Day, Hours: h.Hours})
	}
	return list, err
}

// meetingActivity leads to the minutes once everybody may read them. The meeting's
// own page is for those who were invited.
func (m *modules) meetingActivity(ctx context.Context, id string) (ledger.Activity, error) {
	a, err := m.meetings.Activity(ctx, id)
	if err != nil {
		return ledger.Activity{}, err
	}
	paper, err := meetings.PaperOf(ctx, m.meetings.DB, meetings.MeetingID(id))
	if fault.KindOf(err) == fault.NotFound {
		err = nil
	}
	if a.Path = ""; paper.PublishedAt > 0 {
		a.Path = meetings.MinutesHref(meetings.MeetingID(id))
	}
	if m := m.catalog.In(i18n.PL); a.Path == "" { // nobody else need know what it was about
		a.Title = m.T("meetings.kind." + a.Form)
	}
	return ledger.Activity{Ref: ledger.Ref{Kind: meetingThing, ID: id}, Form: a.Form, Topics: a.Topics, Center: a.Owner, On: a.On, SchoolYear: a.SchoolYear,
		Trace: a.Trace, Title: a.Title, Path: a.Path}, err
}

// consultActivity is the work of an expert on a meeting's program, named after
// the meeting. Titles of activities are in Polish, as those of trainings are.
func (m *modules) consultActivity(ctx context.Context, id string) (ledger.Activity, error) {
	x, err := meetings.ExpertByID(ctx, m.meetings.DB, meetings.ExpertID(id))
	if err != nil {
		return ledger.Activity{}, err
	}
	a, err := m.meetingActivity(ctx, string(x.Meeting))
	a.Ref, a.On, a.Center = ledger.Ref{Kind: consultThing, ID: id}, x.On, x.Institution
	a.Title = m.catalog.In(i18n.PL).T("together.consultation", "title", a.Title)
	return a, err
}

func (m *modules) networkActivity(ctx context.Context, id string) (a ledger.Activity, err error) {
	x, err := networks.MeetingByID(ctx, m.networks.DB, networks.MeetingID(id))
	if err != nil {
		return a, err
	}
	n, err := networks.ByID(ctx, m.networks.DB, x.Network)
	if err != nil {
		return a, err
	}
	used, err := m.topics.Used(ctx, networks.SearchKind, string(n.ID))
	a = ledger.Activity{Ref: ledger.Ref{Kind: networkThing, ID: id}, Form: "network", Topics: texts(used[string(n.ID)]), Center: n.Center,
		On: localDay(time.Unix(x.StartsAt, 0)), SchoolYear: n.SchoolYear, Trace: n.Trace, Title: n.Title + ": " + x.Title, Path: networks.Href(n.ID)}
	if !n.Public {
		a.Title, a.Path = m.catalog.In(i18n.PL).T("together.network"), ""
	}
	return a, err
}

// sheet answers what the sheet of a municipality asks.
func (m *modules) sheet() townSheet { return townSheet{m} }

type townSheet struct{ m *modules }

func (t townSheet) SchoolsIn(ctx context.Context, l *i18n.L, town string, most int) (list []plan.School, all int, err error) {
	units, all, err := t.m.directory.SchoolsIn(ctx, town, most)
	for _, u := range units {
		list = append(list, plan.School{Name: u.Name, Kind: l.T("type." + string(u.Kind)), Href: "/instytucje/" + string(u.ID)})
	}
	return list, all, err
}

// yearKeyGone tells whether the key that counts people of a school year was
// destroyed.
func (m *modules) yearKeyGone(ctx context.Context, year int) (bool, error) {
	return m.access.YearKeyGone(ctx, year)
}

// CameBack tells in one line how each need was answered.
func (t townSheet) CameBack(ctx context.Context, who access.Actor, l *i18n.L, town string, schoolYear int) ([]plan.CameBack, error) {
	all, err := t.m.needs.CameBack(ctx, who, town, schoolYear)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, b := range all {
		ids = append(ids, b.Topic)
	}
	names, err := networking.Vocabulary{Topics: t.m.topics}.Names(ctx, l, ids)
	var list []plan.CameBack
	for _, b := range all {
		var kinds []string
		for _, k := range b.Kinds {
			kinds = append(kinds, l.T("needs.need.decide."+string(k)))
		}
		list = append(list, plan.CameBack{Topic: names[b.Topic], Answer: strings.Join(kinds, ", "), Href: needs.NeedHref(b.Need)})
	}
	return list, err
}

// What Kładka itself can count for a diagnosis.
const (
	ownSchools = "schools"
	ownSpoke   = "spoke"
)

// Figures implements plan.OwnFigures.
func (townSheet) Figures(l *i18n.L) []plan.OwnFigure {
	return []plan.OwnFigure{
		{Key: ownSchools, Kind: plan.Register, Title: l.T("together.own.schools"), Unit: l.T("together.own.schools_unit")},
		{Key: ownSpoke, Kind: plan.OwnNeeds, Title: l.T("together.own.spoke"), Unit: l.T("together.own.spoke_unit")},
	}
}

// Read implements plan.OwnFigures: schools of this school year by municipality,
// institutions that declared needs by school year.
func (t townSheet) Read(ctx context.Context, key string) (list []plan.Datum, err error) {
	switch key {
	case ownSchools:
		towns, err := directory.Municipalities(ctx, t.m.training.DB)
		if err != nil {
			return nil, err
		}
		year := directory.SchoolYear(t.m.plan.Now())
		for _, town := range towns {
			_, n, err := t.m.directory.SchoolsIn(ctx, town.ID, 0)
			if err != nil {
				return nil, err
			}
			list = append(list, plan.Datum{Town: town.ID, Year: year, Value: strconv.Itoa(n)})
		}
		return list, nil
	case ownSpoke:
		years, err := t.m.needs.Spoke(ctx)
		for year, n := range years {
			list = append(list, plan.Datum{Year: year, Value: strconv.Itoa(n)})
		}
		return list, err
	}
	return nil, fault.ErrNotFound
}

// OpenIn are the arrangements that wait for the offices of a municipality, and,
// for who acts for such an office, the action items of meetings that do.
func (t townSheet) OpenIn(ctx context.Context, who access.Actor, _ *i18n.L, town string) (list []plan.Matter, err error) {
	offices, err := t.m.directory.OfKind(ctx, directory.Office)
	if err != nil {
		return nil, err
	}
	var ids []access.InstitutionID
	names := map[access.InstitutionID]string{}
	for _, o := range offices {
		if o.RunningMunicipality == town {
			ids, names[o.ID] = append(ids, o.ID), o.Name
		}
	}
	arranged, err := t.m.agreements.OpenOf(ctx, ids)
	for _, a := range arranged {
		list = append(list, plan.Matter{Title: a.Title, Who: names[a.Owner], Href: agreements.Href(a.Agreement), By: a.Due})
	}
	for _, id := range ids {
		if err != nil || who.MayAt(ctx, access.JoinMeetings, id) != nil {
			continue
		}
		var actions []meetings.Action
		actions, err = t.m.meetings.OpenOf(ctx, id)
		for _, a := range actions {
			list = append(list, plan.Matter{Title: a.What, Who: names[id], Href: meetings.Href(a.Meeting), By: a.DueOn})
		}
	}
	return list, err
}

// ActsOf implements plan.Acts.
func (t townSheet) ActsOf(ctx context.Context, town string, schoolYear int, at web.Cursor, n int) ([]ledger.Listed, bool, error) {
	return t.m.ledger.ActsOf(ctx, t.m.plan.DB, town, schoolYear, at, n)
}
