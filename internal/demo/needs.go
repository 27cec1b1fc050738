package demo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/directory/register"
	"kladka/internal/needs"
	"kladka/internal/needs/evaluation"
	"kladka/internal/needs/support"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/disclosure"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/seal"
	"kladka/internal/platform/survey"
	"kladka/internal/platform/web"
	"kladka/internal/training"
)

// Titles of the two campaigns of every demo.
const (
	CampaignLast = "Czego nam potrzeba"
	CampaignNow  = "Czego chcemy się nauczyć"
)

// The days before today on which things happened.
const (
	lastAsked   = 330
	lastDays    = 21 // that the campaign was open
	lastDecided = 290
	lastTaught  = 200
	nowAsked    = 9
	nowDays     = 19 // that the campaign is open yet
)

// asking lets the invented people say what they need.
type asking struct {
	*center
	people *access.Service
	world  World
	needs  *needs.Service
	eval   *evaluation.Service
	with   *support.Service // nil: no school is supported

	// The same at a clock of their own: what is over happened then.
	back struct {
		needs   *needs.Service
		eval    *evaluation.Service
		surveys *survey.Service
	}
	planner, second access.Actor // of the association; who keeps the other share
	association     access.InstitutionID
	staff           []member // of schools, invented for this
	heads           []member
	hired           int      // of both
	towns, kinds    []string // that the campaigns ask; none: all
	chosen          []string // topics that the campaigns ask about
	chance          *maker
}

// member is somebody who works somewhere, with a plain account that nobody can
// enter by a click.
type member struct {
	access.Actor
	at access.InstitutionID
}

// Needs lets the invented metropolis ask what it needs: last school year's
// campaign is over and was answered, this year's is open. A world without a
// center or an association stays without.
func Needs(ctx context.Context, d *db.DB, people *access.Service, more Modules, world World) (err error) {
	defer fault.Wrap(&err, "let the invented people say what they need")
	a := asking{center: &center{d: d, service: more.Trainings, names: newMaker(worldSeed + 2).newNames(), now: more.Trainings.Now()}, people: people, world: world,
		needs: more.Needs, eval: more.Evaluation, with: more.Support, chance: newMaker(worldSeed + 3)}
	if err := a.meet(ctx); err != nil {
		if fault.KindOf(err) == fault.NotFound {
			return nil
		}
		return err
	}
	a.travel()
	if err := a.employ(ctx); err != nil {
		return err
	}
	for _, happen := range []func(context.Context) error{a.lastYear, a.waits, a.thisYear, a.support} {
		if err := happen(ctx); err != nil {
			return err
		}
	}
	return nil
}

// meet finds who acts.
func (a *asking) meet(ctx context.Context) (err error) {
	if err := a.hire(ctx, a.people, a.world); err != nil {
		return err
	}
	if a.planner, _, err = actorOf(ctx, a.people, a.world, access.AssociationOfficer, ""); err != nil {
		return err
	}
	if a.second, _, err = actorOf(ctx, a.people, a.world, access.CenterDirector, ""); err != nil {
		return err
	}
	at := slices.IndexFunc(a.world.Institutions, func(i directory.Institution) bool { return i.Kind == directory.Association })
	if at < 0 {
		return fault.ErrNotFound
	}
	a.association = a.world.Institutions[at].ID
	a.topics, err = a.service.Topics.Choices(ctx, a.service.Catalog.In(i18n.PL))
	for _, words := range [][]string{{"Ocenianie kszta"}, {"Sztuczna"}, {"Dobrostan", "Zdrowie psych"}, {"Spektrum", "Uczeń w spektrum", "Autyzm"}, {"Matematyka"}, {"Uczniowie z doświadczeniem", "Wielo", "Polski jako"},
		{"Nauka czytania"}, {"Przemoc", "Cyberprzemoc", "Bezpiecze"}, {"Współpraca z rodz", "Rodzice"}, {"Doradztwo zaw"}, {"Informatyka"}, {"Prawo"}, {"Egzamin ósm"}, {"Muzyka"}} {
		if id := topicOf(a.topics, words); id != "" && !slices.Contains(a.chosen, id) {
			a.chosen = append(a.chosen, id)
		}
	}
	if err == nil && len(a.chosen) < 6 {
		err = fmt.Errorf("the vocabulary has only %d of the topics", len(a.chosen))
	}
	return err
}

// travel makes the services at the clock past. Nobody is told what happened to
// invented people long ago.
func (a *asking) travel() {
	now := func() time.Time { return a.past }
	t := a.service.Config
	t.Now = now
	a.earlier = training.New(t)
	n := a.needs.Config
	n.Now, n.Tell, n.Bus, n.Log = now, nil, nil, slog.New(slog.DiscardHandler)
	n.Surveys = survey.New(survey.Config{DB: n.DB, Now: now, Catalog: n.Catalog, Keys: n.Keys})
	n.Disclosure = disclosure.New(disclosure.Config{DB: n.DB, Now: now,
		Registry: disclosure.NewRegistry().Declare(needs.Measures()...).Declare(evaluation.Measures()...)})
	e := a.eval.Config
	e.Now, e.Tell, e.Surveys, e.Disclosure = now, nil, n.Surveys, n.Disclosure
	a.back.needs, a.back.eval, a.back.surveys = needs.New(n), evaluation.New(e), n.Surveys
	n.Surveys.Declare(needs.RoundOwner, a.back.needs.Owner())
}

// ago is nine in the morning so many days ago.
func (a *asking) ago(days int) time.Time {
	day := a.now.In(web.Warsaw)
	return time.Date(day.Year(), day.Month(), day.Day()-days, 9, 0, 0, 0, web.Warsaw)
}

// post is where people are employed.
type post struct {
	at    access.InstitutionID
	role  access.Role // of the staff
	head  bool
	staff int
}

// Schools that have a head in each municipality that a campaign of the metropolis
// asks, and how many of those have a staff as well. A municipality shows a number
// of declared needs when at least five schools named it and five did not.
const (
	headsIn = 13
	staffIn = 3
)

// posts are schools in each of four municipalities, or all of the small world.
func (a *asking) posts() (list []post) {
	taken, of := map[access.InstitutionID]bool{}, map[string]int{}
	for _, p := range a.world.People {
		for _, h := range p.Roles {
			taken[h.Institution] = true
		}
	}
	if a.towns, a.kinds = a.scope(); len(a.towns) > 0 {
		for _, i := range a.world.Institutions {
			if i.Kind != directory.Kind(register.Primary) || !i.Leads() || i.Closed || i.RunningMunicipality == "" || taken[i.ID] || of[i.Municipality] >= headsIn || !slices.Contains(a.towns, i.Municipality) {
				continue
			}
			p := post{i.ID, access.Teacher, true, 8}
			if of[i.Municipality] >= staffIn {
				p.staff = 0
			}
			of[i.Municipality]++
			list = append(list, p)
		}
		return list
	}
	for _, i := range a.world.Institutions {
		switch {
		case i.Kind == directory.Kind(register.GeneralSecondary):
			list = append(list, post{i.ID, access.Teacher, false, 8})
		case i.Kind == directory.Kind(register.Primary):
			list = append(list, post{i.ID, access.Teacher, false, 7})
		case i.Kind == directory.Kind(register.CounselingCenter):
			list = append(list, post{i.ID, access.Counselor, true, 5})
		}
	}
	return list
}

// scope is whom the campaigns of the metropolis ask: primary schools and offices
// in the municipalities of the demo's people and in the two others with the most
// of them. All 1400 institutions would hardly have answered. The small world
// asks everybody.
func (a *asking) scope() (towns, kinds []string) {
	primary, count := directory.Kind(register.Primary), map[string]int{}
	if len(openSchools(a.world)) < manySchools {
		return nil, nil
	}
	for _, i := range a.world.Institutions {
		if i.Kind == primary && !i.Closed {
			count[i.Municipality]++
		}
	}
	order := slices.SortedFunc(maps.Keys(count), func(x, y string) int { return cmp.Or(count[y]-count[x], strings.Compare(x, y)) })
	towns = []string{krakowKey, wieliczkaKey}
	for _, t := range order {
		if len(towns) < 4 && !slices.Contains(towns, t) {
			towns = append(towns, t)
		}
	}
	return towns, []string{string(primary), string(directory.Office)}
}

// employ gives accounts to staff. They have no password: nobody enters by them.
func (a *asking) employ(ctx context.Context) error {
	add := func(role access.Role, at access.InstitutionID) (member, error) {
		name := a.names.draw(i18n.PL)
		a.hired++
		id, err := a.people.AddPerson(ctx, access.System(), access.NewPerson{Name: name, Lang: i18n.PL, Roles: []access.Held{{Role: role, Institution: at}},
			Email: fmt.Sprintf("%s.%d@szkola.example", strings.ReplaceAll(i18n.Fold(name), " ", "."), a.hired)})
		if err != nil {
			return member{}, err
		}
		who, err := a.people.Actor(ctx, id)
		return member{who, at}, err
	}
	for _, p := range a.posts() {
		if p.head {
			m, err := add(access.SchoolHead, p.at)
			if err != nil {
				return err
			}
			a.heads = append(a.heads, m)
		}
		for range p.staff {
			m, err := add(p.role, p.at)
			if err != nil {
				return err
			}
			a.staff = append(a.staff, m)
		}
	}
	return nil
}

// lastYear is a campaign from the question to what was used of the answer.
func (a *asking) lastYear(ctx context.Context) error {
	a.past = a.ago(lastAsked)
	c, err := a.campaign(ctx, CampaignLast, directory.SchoolYear(a.now), survey.Confidential, lastDays)
	if err != nil {
		return err
	}
	if err := a.back.needs.Open(ctx, a.planner, c.ID, c.Revision); err != nil {
		return err
	}
	a.past = a.ago(lastAsked - 5)
	if err := a.declare(ctx, c.ID, append(a.heads, member{a.head, a.headAt})); err != nil {
		return err
	}
	if err := a.merge(ctx, c.ID); err != nil {
		return err
	}
	if err := a.declareOffices(ctx, c.ID); err != nil {
		return err
	}
	if c, err = needs.CampaignByID(ctx, a.d, c.ID); err != nil {
		return err
	}
	everybody := append(slices.Clone(a.staff), member{a.teacher, a.teacherAt})
	if err := a.answer(ctx, c.Round, everybody, 92); err != nil {
		return err
	}
	if err := a.back.needs.SetInterest(ctx, a.teacher, c.ID, a.chosen[:2]); err != nil {
		return err
	}
	a.past = a.ago(lastAsked - lastDays - 2)
	if err := a.back.needs.CloseDue(ctx); err != nil {
		return err
	}
	if err := a.back.needs.RankNow(ctx, c.ID); err != nil {
		return err
	}
	return a.decide(ctx, c.ID)
}

// campaign writes the draft of a campaign at the clock past.
func (a *asking) campaign(ctx context.Context, title string, year int, mode survey.Mode, days int) (c needs.Campaign, err error) {
	id, err := a.back.needs.CreateCampaign(ctx, a.planner, needs.Settings{Title: title, SchoolYear: year,
		Words: "Pytamy szkoły i każdą osobę, która w nich pracuje. Z odpowiedzi powstanie oferta ośrodka na następny rok.",
		Owner: a.association, Center: a.at, People: true, Mode: mode, ClosesOn: a.past.AddDate(0, 0, days).Format(time.DateOnly), FirstDays: 7,
		Weights: [3]int{1, 2, 3}, Topics: a.chosen, Towns: a.towns, Kinds: a.kinds})
	if err != nil {
		return c, err
	}
	return needs.CampaignByID(ctx, a.d, id)
}

// declare has heads say what their schools need: the first topics are named most,
// and none by everybody, so that something may be published. The last topic is
// left to one office.
func (a *asking) declare(ctx context.Context, id needs.CampaignID, heads []member) error {
	shares := []int{8, 7, 5, 4, 3, 3} // of ten schools that name a topic
	for n, h := range heads {
		var lines []needs.Line
		for k, topic := range a.chosen[:len(a.chosen)-1] {
			share := 2
			if k < len(shares) {
				share = shares[k]
			}
			if (7*n+3*k)%10 < share {
				lines = append(lines, needs.Line{Topic: topic, Priority: 3 - min(k, 2), Heads: max(1, a.chance.between(2, 9)-k)})
			}
		}
		if n%4 == 0 {
			lines = append(lines, needs.Line{Words: "Ocenianie bez stopni w klasach młodszych", Priority: 2, Heads: 4})
		}
		if _, err := a.back.needs.Declare(ctx, h.Actor, id, h.at, needs.AsSchool, needs.Declared{Lines: lines, Send: true}); err != nil {
			return err
		}
	}
	return nil
}

// merge gives a topic to what was written in own words.
func (a *asking) merge(ctx context.Context, id needs.CampaignID) error {
	_, list, err := a.back.needs.OwnTexts(ctx, a.planner, id)
	if err != nil || len(list) == 0 {
		return err
	}
	return a.back.needs.MergeText(ctx, a.planner, id, list[0].Key, a.chosen[0])
}

// declareOffices has an authority speak for its office and for all its schools.
func (a *asking) declareOffices(ctx context.Context, id needs.CampaignID) error {
	officer, at, err := actorOf(ctx, a.people, a.world, access.AuthorityOfficer, "")
	if err != nil {
		return err
	}
	for as, lines := range map[needs.As][]needs.Line{
		needs.AsOffice:    {{Topic: a.chosen[len(a.chosen)-1], Priority: 1, Heads: 3}},
		needs.AsAuthority: {{Topic: a.chosen[1], Priority: 3, Heads: 24}, {Topic: a.chosen[3], Priority: 2, Heads: 15}},
	} {
		if _, err := a.back.needs.Declare(ctx, officer, id, at, as, needs.Declared{Lines: lines, Send: true}); err != nil {
			return err
		}
	}
	return nil
}

// answer has so many of a hundred people answer a round about themselves.
func (a *asking) answer(ctx context.Context, id survey.RoundID, who []member, percent int) error {
	forms, times := []string{"workshop", "course", "online", "network", "consultation", "lesson"}, []string{"afternoon", "morning", "saturday"}
	return a.fill(ctx, id, who, percent, func(n int) survey.Answers {
		// Three topics are named by about half of the people everywhere, so that
		// something of them may be shown of a municipality.
		topic := func(k int) string { return strings.ReplaceAll(a.chosen[k], "-", "") }
		topics := []string{topic(n % 2)}
		if n%4 == 1 || n%4 == 2 {
			topics = append(topics, topic(3))
		}
		for len(topics) < 3 {
			// Low numbers more often: some topics are wanted by most.
			k := 4 + a.chance.chance.IntN(len(a.chosen)-4)*(1+a.chance.chance.IntN(2))/2
			if t := topic(k); !slices.Contains(topics, t) {
				topics = append(topics, t)
			}
		}
		answers := survey.Answers{"topics": topics, "form": {forms[a.chance.chance.IntN(2+n%5)]}, "when": {times[n%3]}}
		if n%9 == 0 {
			answers["other"] = []string{"Chętnie zobaczę lekcję w innej szkole."}
		}
		return answers
	})
}

// fill has people send a form at the clock past. Who is not on the list is left out.
func (a *asking) fill(ctx context.Context, id survey.RoundID, who []member, percent int, say func(n int) survey.Answers) error {
	rd, err := a.back.surveys.RoundByID(ctx, a.d, id)
	if err != nil {
		return err
	}
	for n, m := range who {
		asked, _, err := survey.HasAnswered(ctx, a.d, id, string(m.Person))
		if err != nil {
			return err
		}
		if !asked || !a.chance.happens(percent) {
			continue
		}
		g := survey.Given{Form: survey.NewForm(), Definition: rd.Definition, Answers: say(n), At: a.past}
		if err := a.back.surveys.Answer(ctx, id, string(m.Person), "", g); err != nil {
			return err
		}
	}
	return nil
}

// decide answers some of last year's needs: the first by a training that was
// held, the second by a network, the last with a refusal. One becomes the draft
// of a training these days; the others wait.
func (a *asking) decide(ctx context.Context, id needs.CampaignID) error {
	c, err := needs.CampaignByID(ctx, a.d, id)
	if err != nil {
		return err
	}
	list, err := a.back.needs.RankList(ctx, a.planner, c, needs.Scope{Level: needs.Metropolis})
	if err != nil || len(list) < 5 {
		return fmt.Errorf("%d needs were ranked: %w", len(list), err)
	}
	titles, err := a.needs.Topics.Names(ctx, a.needs.Catalog.In(i18n.PL), a.chosen)
	if err != nil {
		return err
	}
	title := func(place int) string { return strings.TrimSpace(titles[list[place].Topic]) }
	a.past = a.ago(lastDecided)
	held, err := a.verdict(ctx, a.back.needs, list[0].Need, needs.Verdict{Kind: needs.Training, Title: title(0), Center: a.at, Seats: 24,
		Words: "Najwięcej osób potrzebuje tego pilnie. Zaczynamy wiosną.", Form: string(training.Course), FirstDays: 7})
	if err != nil {
		return err
	}
	if err := a.teach(ctx, held); err != nil {
		return err
	}
	a.past = a.ago(lastDecided - 4)
	if _, err := a.verdict(ctx, a.back.needs, list[1].Need, needs.Verdict{Kind: needs.Network, Title: title(1), Center: a.at, Seats: 20,
		Words: "Spotkania co dwa miesiące, za każdym razem w innej szkole."}); err != nil {
		return err
	}
	last := len(list) - 1
	if _, err := a.verdict(ctx, a.back.needs, list[last].Need, needs.Verdict{Kind: needs.Declined,
		Words: "Zgłosiła to jedna placówka. Podobne zajęcia prowadzi inny ośrodek; wskażemy go na prośbę."}); err != nil {
		return err
	}
	_, err = a.verdict(ctx, a.needs, list[3].Need, needs.Verdict{Kind: needs.Training, Title: title(3), Center: a.at, Seats: 20,
		Words: "Grupa rusza wiosną. Kto zgłosił potrzebę, ma pierwszeństwo zapisu.", Form: string(training.Workshop), FirstDays: 7})
	return err
}

func (a *asking) verdict(ctx context.Context, s *needs.Service, id needs.NeedID, v needs.Verdict) (needs.DecisionID, error) {
	n, err := needs.NeedByID(ctx, a.d, id)
	if err != nil {
		return "", err
	}
	return s.Decide(ctx, a.planner, id, n.Revision, v)
}

// teach holds the training that a decision asked for, and asks those who came
// what it was worth, at once and weeks later.
func (a *asking) teach(ctx context.Context, d needs.DecisionID) error {
	p, err := a.back.needs.PlanFor(ctx, d)
	if err != nil {
		return err
	}
	l := lesson{form: training.Course, title: p.Title, summary: "Odpowiedź na potrzebę zgłoszoną przez szkoły.", in: -lastTaught, meetings: 2, hours: 4, seats: p.Seats, mode: training.OnSite}
	w := l.whole(a.now, a.at, a.trainer)
	w.ID, w.Need, w.Trace, w.Topics = training.ID(p.Target), string(p.Need), p.Trace, []string{p.Topic}
	a.past = a.ago(lastTaught + 15)
	if err := a.d.Write(ctx, func(tx *db.Tx) error { _, err := a.earlier.Insert(ctx, tx, a.officer, w); return err }); err != nil {
		return err
	}
	is, err := training.ByID(ctx, a.d, w.ID)
	if err != nil {
		return err
	}
	came := append(slices.Clone(a.staff[:min(len(a.staff), 19)]), member{a.teacher, a.teacherAt})
	for _, m := range came {
		if _, err := a.earlier.Enroll(ctx, m.Actor, is.ID, training.Applicant{Role: access.Teacher, Lang: i18n.PL, Institution: m.at, SeenRev: is.Revision}, training.BySelf); err != nil {
			return err
		}
	}
	meetings, err := training.Meetings(ctx, a.d, is.ID)
	if err != nil {
		return err
	}
	for _, m := range meetings {
		if err := a.took(ctx, is.ID, m, true); err != nil {
			return err
		}
	}
	end := time.Unix(meetings[len(meetings)-1].EndsAt, 0)
	a.past = end.AddDate(0, 0, 1)
	if err := a.earlier.Settle(ctx, a.officer, is.ID); err != nil {
		return err
	}
	return a.evaluate(ctx, string(is.ID), end, came)
}

// evaluate asks twice. Most found it useful; about two of three used it.
func (a *asking) evaluate(ctx context.Context, id string, end time.Time, came []member) error {
	a.past = end.AddDate(0, 0, 4)
	if err := a.back.eval.Ended(ctx, evaluation.Training, id); err != nil {
		return err
	}
	stages := []struct {
		days int
		say  func(n int) survey.Answers
	}{{4, saysAfter}, {6*7 + 4, saysLater}}
	for n, stage := range stages {
		a.past = end.AddDate(0, 0, stage.days)
		if err := a.back.eval.Work(ctx); err != nil {
			return err
		}
		rounds, err := a.back.surveys.RoundsOf(ctx, a.d, "evaluation", string(evaluation.Training)+"/"+id)
		if err != nil || len(rounds) <= n {
			return fmt.Errorf("%d rounds of evaluation: %w", len(rounds), err)
		}
		at := slices.IndexFunc(rounds, func(r survey.Round) bool { return r.State == survey.Open })
		if at < 0 {
			return fmt.Errorf("no round of evaluation is open")
		}
		rd := rounds[at]
		a.past = a.past.AddDate(0, 0, 2)
		if err := a.fill(ctx, rd.ID, came, 96, stage.say); err != nil {
			return err
		}
		a.past = time.Unix(rd.ClosesAt, 0).Add(time.Hour)
		if err := a.back.surveys.Close(ctx, audit.By{}, rd.ID); err != nil {
			return err
		}
		if err := a.back.eval.Work(ctx); err != nil {
			return err
		}
	}
	return a.back.eval.PassOn(ctx, a.officer, evaluation.Training, id, evaluation.After, nil)
}

func saysAfter(n int) survey.Answers {
	grade := []string{"5", "4", "4", "5", "3"}[n%5]
	a := survey.Answers{"overall": {grade}, "useful": {[]string{"4", "5", "4", "3"}[n%4]}, "trainer": {"5"}, "conditions": {"4"},
		"fit.pace": {"right"}, "fit.level": {"right"}, "fit.practice": {[]string{"too_little", "right"}[n%2]}}
	if n%2 == 0 {
		a["change"] = []string{[]string{"Więcej ćwiczeń w parach.", "Przydałyby się materiały w wersji do druku.", "Nic, tak było dobrze.", "Zacząć pół godziny później, wiele osób dojeżdża.",
			"Chętnie wrócę na drugą część."}[n/2%5]}
	}
	return a
}

func saysLater(n int) survey.Answers {
	if n%6 == 5 {
		return survey.Answers{"used": {"no"}, "obstacles": {"time"}}
	}
	return survey.Answers{"used": {[]string{"yes", "yes", "partly"}[n%3]}, "obstacles": {[]string{"nothing", "equipment"}[n%2]}}
}

// voiceLesson is the place of a lesson in the offer that the demo's teacher
// completed lately.
const voiceLesson = 12

// waits opens the evaluation of what the demo's teacher completed lately.
func (a *asking) waits(ctx context.Context) error {
	if err := a.eval.Ended(ctx, evaluation.Training, fmt.Sprintf("01900000-0000-7000-8001-%012d", voiceLesson)); err != nil {
		return err
	}
	return a.eval.Work(ctx)
}

// thisYear opens a campaign whose answers nobody can read before the end. The
// demo's head and teacher have not answered yet.
func (a *asking) thisYear(ctx context.Context) error {
	a.past = a.ago(nowAsked)
	c, err := a.campaign(ctx, CampaignNow, directory.SchoolYear(a.now)+1, survey.Anonymous, nowAsked+nowDays)
	if err != nil {
		return err
	}
	round, err := a.back.needs.Prepare(ctx, a.planner, c.ID)
	if err != nil {
		return err
	}
	officers := []access.Actor{a.planner, a.second}
	shares, err := a.back.surveys.MakeKey(ctx, a.planner.By(), round, []string{string(officers[0].Person), string(officers[1].Person)}, false)
	if err != nil {
		return err
	}
	defer forget(shares)
	for n, who := range officers {
		if err := a.back.surveys.ConfirmShare(ctx, who.By(), round, shares[n].Text(), false); err != nil {
			return err
		}
	}
	if c, err = needs.CampaignByID(ctx, a.d, c.ID); err != nil {
		return err
	}
	if err := a.back.needs.Open(ctx, a.planner, c.ID, c.Revision); err != nil {
		return err
	}
	a.past = a.ago(nowAsked - 3)
	var said []member // every second school has answered so far
	for n, h := range a.heads {
		if n%2 == 0 {
			said = append(said, h)
		}
	}
	if err := a.declare(ctx, c.ID, said); err != nil {
		return err
	}
	return a.answer(ctx, round, a.staff, 45)
}

func forget(shares []seal.Share) {
	for _, s := range shares {
		s.Forget()
	}
}

// support has the demo's school and the center work together through this year:
// what was diagnosed and planned is agreed, one form is over.
func (a *asking) support(ctx context.Context) error {
	if a.with == nil {
		return nil
	}
	adviser, _, err := actorOf(ctx, a.people, a.world, access.MethodologicalAdviser, a.at)
	if err != nil {
		return err
	}
	id, err := a.with.Begin(ctx, a.officer, support.Beginning{School: a.headAt, Center: a.at, Year: directory.SchoolYear(a.now), Person: string(adviser.Person)})
	if err != nil {
		return err
	}
	s, day := a.with, func(days int) string { return a.now.AddDate(0, 0, days).In(web.Warsaw).Format(time.DateOnly) }
	step := func(who access.Actor, do func(who access.Actor, revision int64) error) {
		w, found := s.Find(ctx, who, id)
		if err == nil {
			err = found
		}
		if err == nil {
			err = do(who, w.Revision)
		}
	}
	both := func(part support.Part) {
		for _, who := range []access.Actor{a.head, adviser} {
			step(who, func(who access.Actor, revision int64) error { return s.Agree(ctx, who, id, revision, part) })
		}
	}
	step(a.head, func(who access.Actor, revision int64) error {
		return s.AddNeed(ctx, who, id, revision, support.Found{Topic: a.chosen[0], Source: support.Supervision, Grounds: "Obserwacje zajęć: uczniowie rzadko znają kryteria oceny."})
	})
	step(adviser, func(who access.Actor, revision int64) error {
		return s.AddNeed(ctx, who, id, revision, support.Found{Words: "Praca w zespołach przedmiotowych", Source: support.Talk, Grounds: "Rozmowa z radą pedagogiczną we wrześniu."})
	})
	step(adviser, func(who access.Actor, revision int64) error {
		return s.SetWays(ctx, who, id, revision, "Warsztaty dla rady, potem obserwacje koleżeńskie i konsultacje.")
	})
	both("diagnosis")
	step(a.head, func(who access.Actor, revision int64) error {
		return s.SetGoals(ctx, who, id, revision, "Każda nauczycielka i każdy nauczyciel podaje kryteria przed pracą uczniów.")
	})
	w, found := s.Find(ctx, adviser, id)
	if err != nil || found != nil || len(w.Needs) < 2 {
		return errors.Join(err, found)
	}
	for n, p := range []support.Plan{
		{Kind: support.Workshop, Title: "Kryteria, które rozumie dziecko", Leader: "Doradztwo metodyczne ośrodka", Due: day(-2), Hours: 4, Indicator: "Kryteria w zeszytach w każdej klasie"},
		{Kind: support.Observation, Title: "Obserwacje koleżeńskie", Leader: "Zespoły przedmiotowe szkoły", Due: day(80), Hours: 6, Indicator: "Po jednej obserwacji na osobę"},
	} {
		p.Needs = []string{w.Needs[n].ID}
		step(adviser, func(who access.Actor, revision int64) error {
			_, err := s.AddForm(ctx, who, id, revision, p)
			return err
		})
	}
	both("plan")
	w, found = s.Find(ctx, adviser, id)
	if err != nil || found != nil || len(w.Forms) < 2 {
		return errors.Join(err, found)
	}
	step(adviser, func(who access.Actor, revision int64) error {
		return s.Hold(ctx, who, id, revision, w.Forms[0].ID, support.Took{On: day(-2), People: 18})
	})
	return err
}
