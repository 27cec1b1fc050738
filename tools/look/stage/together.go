package stage

import (
	"context"
	"fmt"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/agreements"
	"kladka/internal/agreements/ledger"
	"kladka/internal/agreements/plan"
	"kladka/internal/directory"
	"kladka/internal/meetings"
	"kladka/internal/networks"
	"kladka/internal/networks/talk"
	"kladka/internal/testkit/browser"
)

// What pages are looked at: the framework agreement, the last meeting of heads,
// whose minutes are adopted, the next one, the Forum whose minutes wait for
// objections, and the network that works.
const (
	framework   = `(select id from agreements_agreements where kind = 'framework')`
	lastMeeting = `(select id from meetings_meetings where kind = 'heads' and state = 'minutes_adopted')`
	nextMeeting = `(select id from meetings_meetings where kind = 'heads' and state = 'agenda_open')`
	forumHeld   = `(select id from meetings_meetings where kind = 'forum' and state = 'minutes_draft')`
	working     = `(select id from networks_networks where state = 'active')`
)

// things are what every demo has, by a short name; tails are pages below it.
type thing struct {
	before, query string
	tails         map[string]string
}

func things() map[string]thing {
	year := directory.SchoolYear(time.Now())
	return map[string]thing{
		"agreement": {agreements.Path + "/", `select ` + framework, map[string]string{"desk": "/prowadzenie", "annex": "/prowadzenie/aneks", "arrange": "/prowadzenie/ustalenie",
			"joint": "/wspolne", "experts": "/eksperci", "year": fmt.Sprintf("/rok/%d", year-3), "year-now": fmt.Sprintf("/rok/%d", year)}},
		"agreement-under": {agreements.Path + "/", `select id from agreements_agreements where kind = 'detailed'`, nil},
		"ledger-hand":     {ledger.ActivityHref(ledger.Ref{Kind: ledger.Hand}), `select min(id) from ledger_hand`, nil},
		"ledger-training": {ledger.ActivityHref(ledger.Ref{Kind: "training"}), `select min(activity) from ledger_joint where kind = 'training'`, nil},
		"ledger-ruleset":  {ledger.RulesPath + "/", `select min(id) from ledger_rulesets`, nil},

		"plan":              {plan.PlanPath + "/", `select id from plan_plans`, map[string]string{"edit": "/zmien", "area-new": "/obszar", "goal-new": "/cel", "action-new": "/dzialanie"}},
		"plan-text":         {plan.Path + "/tekst/", `select id from plan_plans`, nil},
		"plan-version":      {plan.Path + "/tekst/", `select plan || '/wersja/1' from plan_versions where no = 1`, nil},
		"plan-remarks":      {plan.Path + "/tekst/", `select plan || '/wersja/1/uwagi' from plan_versions where no = 1`, nil},
		"plan-paragraph":    {plan.Path + "/tekst/", `select min(plan || '/wersja/1/akapit/' || para_key) from plan_remarks`, nil},
		"plan-remark":       {plan.Path + "/uwaga/", `select min(id) from plan_remarks`, nil},
		"plan-adopted":      {plan.Path + "/przyjecie/", `select id from plan_plans`, nil},
		"plan-adopt":        {plan.Path + "/przyjecie/", `select max(plan || '/' || town) from plan_remarks`, nil},
		"plan-year":         {plan.ReportPath + "/", `select id from plan_plans`, map[string]string{"last": fmt.Sprintf("/%d", year-1)}},
		"plan-area":         {plan.AreaPath + "/", `select min(id) from plan_areas`, map[string]string{"edit": "/zmien"}},
		"plan-goal":         {plan.GoalPath + "/", `select min(id) from plan_goals`, map[string]string{"edit": "/zmien"}},
		"plan-action":       {plan.ActionPath + "/", `select min(id) from plan_actions`, map[string]string{"edit": "/zmien", "move": "/stan"}},
		"indicator-formula": {plan.IndicatorPath + "/", `select id from plan_indicators where code = 'W1'`, nil},
		"indicator-towns":   {plan.IndicatorPath + "/", `select id from plan_indicators where code = 'W4'`, map[string]string{"edit": "/zmien"}},
		"reading":           {plan.ReadingsPath + "/", `select min(id) from plan_readings where state = 'entered'`, nil},
		"diagnosis":         {plan.Path + "/diagnoza/", `select id from plan_plans`, map[string]string{"source": "/zrodlo", "finding": "/wniosek"}},
		"source":            {plan.Path + "/zrodlo/", `select min(id) from plan_sources`, map[string]string{"edit": "/zmien", "sheet": "/arkusz", "figure": "/liczba"}},
		"finding":           {plan.Path + "/wniosek/", `select min(id) from plan_findings`, nil},

		"series-heads": {meetings.SeriesPath + "/", `select id from meetings_series where kind = 'heads'`, map[string]string{"plan": "/spotkanie", "voting": "/glosowanie", "standing": "/decyzje"}},
		"series-forum": {meetings.SeriesPath + "/", `select id from meetings_series where kind = 'forum'`, nil},
		"topic-taught": {meetings.TopicPath + "/", `select t.id from meetings_topics t join meetings_orders o on o.subject = t.subject and t.meeting = ` + lastMeeting, nil},
		"topic-new":    {meetings.TopicPath + "/", `select min(id) from meetings_topics where state = 'proposed'`, nil},
		"meeting-plan": {meetings.Path + "/", `select id from meetings_meetings where state = 'planned'`, nil},
		"meeting-over": {meetings.Path + "/", `select ` + lastMeeting, map[string]string{"attendance": "/obecnosc", "minutes": "/protokol"}},
		"meeting-next": {meetings.Path + "/", `select ` + nextMeeting, map[string]string{"edit": "/zmien", "agenda": "/porzadek", "seats": "/zaproszenia",
			"large": "/organizacja", "guests": "/goscie", "tables": "/stoliki", "share": "/udzial", "door": "/wejscie", "floor": "/pytania"}},
		"meeting-item":   {meetings.Path + "/", `select min(meeting || '/porzadek/' || id) from meetings_items where meeting = ` + nextMeeting, nil},
		"forum":          {meetings.Path + "/", `select ` + forumHeld, map[string]string{"program": "/program", "minutes": "/protokol", "write": "/protokol/pisz", "decide": "/decyzje/nowa", "act": "/zadania/nowe", "vote": "/glosowania/nowe"}},
		"decision":       {meetings.Path + "/", `select min(meeting || '/decyzje/' || id) from meetings_decisions where meeting = ` + lastMeeting, nil},
		"forum-decision": {meetings.Path + "/", `select min(meeting || '/decyzje/' || id) from meetings_decisions where meeting = ` + forumHeld, map[string]string{"edit": "/zmien"}},
		"action":         {meetings.Path + "/", `select min(meeting || '/zadania/' || id) from meetings_actions where state = 'open' and meeting = ` + lastMeeting, nil},
		"forum-action":   {meetings.Path + "/", `select min(meeting || '/zadania/' || id) from meetings_actions where meeting = ` + forumHeld, map[string]string{"edit": "/zmien"}},

		"network": {networks.Path + "/", `select ` + working, map[string]string{"plan": "/plan", "members": "/czlonkowie", "materials": "/materialy", "dates": "/terminy",
			"report": "/sprawozdanie", "settings": "/ustawienia"}},
		"network-forming": {networks.Path + "/", `select id from networks_networks where state = 'forming'`, nil},
		"network-last":    {networks.Path + "/", `select id from networks_networks where state = 'reported'`, map[string]string{"report": "/sprawozdanie"}},
		"network-meeting": {networks.Path + "/", `select min(network || '/spotkania/' || id) from networks_meetings where state = 'planned' and network = ` + working, nil},
		"network-held":    {networks.Path + "/", `select min(network || '/spotkania/' || id) from networks_meetings where state = 'held' and network = ` + working, nil},
	}
}

// meetUp furnishes the pages of agreements, of the plan, of meetings and of
// networks: most of it every demo has.
func (h House) meetUp(ctx context.Context, site *browser.Site) error {
	if err := h.findThings(ctx, site, things()); err != nil {
		return err
	}
	for _, furnish := range []func(context.Context, *browser.Site) error{h.agree, h.plan, h.vote, h.gatherMany, h.discuss} {
		if err := furnish(ctx, site); err != nil {
			return err
		}
	}
	return nil
}

// findThings puts down where things of the demo are, and the pages below them.
func (h House) findThings(ctx context.Context, site *browser.Site, list map[string]thing) error {
	for name, t := range list {
		id, err := h.one(ctx, t.query)
		if err != nil {
			return fmt.Errorf("the demo has no %s: %w", name, err)
		}
		site.Paths[name] = t.before + id
		for tail, below := range t.tails {
			site.Paths[name+"-"+tail] = site.Paths[name] + below
		}
	}
	return nil
}

// agree leaves a draft of an agreement and a sheet of facts of which one row is
// wrong, and finds the forms that are about one thing.
func (h House) agree(ctx context.Context, site *browser.Site) error {
	officer, err := h.as(ctx, site, access.AssociationOfficer)
	if err != nil {
		return err
	}
	own, err := h.one(ctx, `select id from directory_institutions where kind = ?`, directory.Association)
	if err != nil {
		return err
	}
	at := access.InstitutionID(own)
	draft, err := h.Agreements().Add(ctx, officer, agreements.Whole{Agreement: agreements.Agreement{Title: "Szkic: wspólna biblioteka materiałów"},
		Parties: []agreements.Party{{Name: "Stowarzyszenie gmin", Institution: at}}})
	if err != nil {
		return err
	}
	site.Paths["agreement-draft"] = agreements.Href(draft) + "/prowadzenie"
	sheet := "Data;Tytuł;Skąd wiadomo;Gmina;Grupa;Osoby\n2024-05-16;Dzień otwarty szkół;lista obecności;126101;nauczyciele;24\n2024-05-17;Drugi dzień;lista obecności;Nigdzie;nauczyciele;wielu\n"
	id, err := h.Ledger().LoadSheet(ctx, officer, at, "wydarzenia.csv", strings.NewReader(sheet))
	if err != nil {
		return err
	}
	site.Paths["ledger-sheet"] = ledger.SheetPath + "/" + id
	for name, query := range map[string]string{
		"agreement-area":        `select min(agreement || '/obszar/' || id) from agreements_areas where no = 3 and agreement = ` + framework,
		"agreement-arrangement": `select agreement || '/ustalenia/' || id from agreements_arrangements where state = 'done'`,
		"agreement-move":        `select agreement || '/prowadzenie/stan?dla=' || id from agreements_arrangements where state = 'in_progress'`,
		"agreement-answer":      `select agreement || '/prowadzenie/odpowiedz?dla=' || id from agreements_requests where state = 'asked'`,
	} {
		rest, err := h.one(ctx, query)
		if err != nil {
			return fmt.Errorf("the demo has no %s: %w", name, err)
		}
		site.Paths[name] = agreements.Path + "/" + rest
	}
	return nil
}

// plan leaves a second plan, whose text waits for remarks, and a theme.
func (h House) plan(ctx context.Context, site *browser.Site) error {
	officer, err := h.as(ctx, site, access.AssociationOfficer)
	if err != nil {
		return err
	}
	id, err := h.Plan().SavePlan(ctx, officer, plan.Plan{Title: "Szkic: plan na kolejne lata", YearFrom: 2030, YearTo: 2034})
	if err != nil {
		return err
	}
	if err := h.Plan().SaveText(ctx, officer, id, 0, "# Po co ten plan\nChcemy, żeby każda szkoła miała z kim pracować.\n\n# Co zrobimy\nForum spotyka się cztery razy w roku.", "Do uwag."); err != nil {
		return err
	}
	if err := h.Plan().Advance(ctx, officer, id, 1, plan.Remarks, time.Now().AddDate(0, 0, 20).Format(time.DateOnly)); err != nil {
		return err
	}
	theme, err := h.Plan().AddTheme(ctx, officer, "Szkoła i klimat")
	if err != nil {
		return err
	}
	text := plan.Path + "/tekst/" + string(id)
	site.Paths["theme"] = plan.ThemesPath + "/" + theme
	site.Paths["plan-text-now"], site.Paths["plan-writing"] = text, text+"/pisanie"
	rest, err := h.one(ctx, `select min(v.plan || '/wersja/1/akapit/' || p.para_key) from plan_paragraphs p join plan_versions v on v.id = p.version where not p.heading and v.plan = ?`, id)
	site.Paths["plan-paragraph-now"] = plan.Path + "/tekst/" + rest
	site.Paths["indicator-new"], site.Paths["reading-new"] = site.Paths["plan"]+"/wskaznik", plan.ReadingsPath+"/nowy?wskaznik="+strings.TrimPrefix(site.Paths["indicator-towns"], plan.IndicatorPath+"/")
	return err
}

// vote opens two votes at the Forum, one of them by names.
func (h House) vote(ctx context.Context, site *browser.Site) error {
	officer, err := h.as(ctx, site, access.AssociationOfficer)
	if err != nil {
		return err
	}
	at := meetings.MeetingID(strings.TrimPrefix(site.Paths["forum"], meetings.Path+"/"))
	items, err := meetings.ItemsOf(ctx, h.DB(), at)
	if err != nil {
		return err
	}
	for name, way := range map[string]meetings.Way{"vote": meetings.Hands, "vote-names": meetings.Names} {
		id, err := h.Meetings().OpenVote(ctx, officer, at, items[0].ID, "Czy przyjmujemy wspólną listę sprawozdań?", meetings.Rules{Way: way, Majority: meetings.Simple})
		if err != nil {
			return err
		}
		site.Paths[name] = site.Paths["forum"] + "/glosowania/" + id
	}
	return nil
}

// gatherMany has the next meeting of heads prepared as a large one: guests,
// tables, and questions from the floor.
func (h House) gatherMany(ctx context.Context, site *browser.Site) error {
	office, err := h.as(ctx, site, access.AuthorityOfficer)
	if err != nil {
		return err
	}
	at := meetings.MeetingID(strings.TrimPrefix(site.Paths["meeting-next"], meetings.Path+"/"))
	if _, err := h.Meetings().AddGuest(ctx, office, at, "Gabriela Gościnna", "Poradnia w Zmyślonej"); err != nil {
		return err
	}
	for _, title := range []string{"Sprawozdania", "Nabór do klas pierwszych"} {
		if err := h.Meetings().AddTable(ctx, office, at, title, 8); err != nil {
			return err
		}
	}
	if err := h.Meetings().OpenFloor(ctx, office, at); err != nil {
		return err
	}
	f, err := meetings.FloorOf(ctx, h.DB(), at)
	if err != nil {
		return err
	}
	site.Paths["floor"] = meetings.FloorHref(f.Code)
	return h.Meetings().Ask(ctx, f.Code, "Czy listy sprawozdań będą w jednym miejscu?", "")
}

// discuss lets the teacher begin a thread in the network that works; the coordinator
// answers, and the teacher reports the answer.
func (h House) discuss(ctx context.Context, site *browser.Site) error {
	teacher, err := h.as(ctx, site, access.Teacher)
	if err != nil {
		return err
	}
	leads, err := h.as(ctx, site, access.NetworkCoordinator)
	if err != nil {
		return err
	}
	network := networks.ID(strings.TrimPrefix(site.Paths["network"], networks.Path+"/"))
	thread, err := h.Talk().Open(ctx, teacher, network, talk.Draft{Title: "Kryteria w klasie czwartej", Words: "Kto już próbował pisać kryteria razem z dziećmi?\nU nas trwało to całą lekcję."})
	if err != nil {
		return err
	}
	if _, err := h.Talk().Answer(ctx, leads, network, thread, talk.Draft{Words: "My zaczęliśmy od jednego zadania.", Mentions: []string{string(teacher.Person)}}); err != nil {
		return err
	}
	post, err := h.one(ctx, `select id from talk_posts where thread = ? and n = 2`, thread)
	if err != nil {
		return err
	}
	if _, err := h.Talk().Complaint(ctx, teacher, network, talk.PostID(post), "To chyba wpis z innej rozmowy."); err != nil {
		return err
	}
	site.Paths["network-talks"] = networks.TalkHref(network)
	site.Paths["network-talk"], site.Paths["network-talk-reports"] = site.Paths["network-talks"]+"/"+string(thread), site.Paths["network-talks"]+"/zgloszenia"
	site.Paths["network-talk-post"] = site.Paths["network-talk"] + "/wpisy/" + post
	return nil
}
