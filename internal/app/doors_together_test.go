package app_test

import (
	"context"
	"errors"
	"slices"
	"strings"

	"kladka/internal/access"
	"kladka/internal/meetings"
	"kladka/internal/networks"
	"kladka/internal/networks/talk"
)

// What the doors below lead to: the framework agreement, the last meeting of
// heads, whose minutes are adopted, the next one, and the network that works.
const (
	framework   = `(select id from agreements_agreements where kind = 'framework')`
	thePlan     = `select id from plan_plans`
	lastMeeting = `(select id from meetings_meetings where kind = 'heads' and state = 'minutes_adopted')`
	nextMeeting = `(select id from meetings_meetings where kind = 'heads' and state = 'agenda_open')`
	working     = `(select id from networks_networks where state = 'active')`
	reported    = `select id from networks_networks where state = 'reported'`
)

// door is a part of a pattern, and the query that finds what to put in place of
// its placeholder; without one an id is tried that nothing has.
type door struct{ part, query string }

// togetherDoors say what of the demo stands behind the doors of agreements, of
// the plan, of meetings and of networks. They are put in one after the other, so
// an exception stands before its rule. Empty forms are sent to all of them: where
// such a form would really do something, the thing is one that is over.
var togetherDoors = []door{
	{"/porozumienia/rejestr/arkusz/{id}", ""}, // none was uploaded
	{"/rejestr/dzialanie/{kind}", `select 'hand'`},
	{"/rejestr/dzialanie/hand/{id}", `select min(id) from ledger_hand`},
	{"/plik/{file}", ""},
	{"/rejestr/zasady/{id}", `select min(id) from ledger_rulesets`},
	{"/porozumienia/{id}", `select ` + framework},
	{"/obszar/{area}", `select min(id) from agreements_areas where agreement = ` + framework},
	{"/ustalenia/{arrangement}", `select min(id) from agreements_arrangements where state = 'done'`},
	{"/prowadzenie/{deed}", `select 'aneks'`},
	{"/eksperci/{request}", `select id from agreements_requests where state = 'given'`},
	{"/pliki/{file}", ""},

	{"/plan-jakosci/plan/{id}", thePlan},
	{"/diagnoza/{plan}", thePlan},
	{"/tekst/{plan}", thePlan},
	{"/przyjecie/{plan}", thePlan},
	{"{town}", `select max(town) from plan_remarks`}, // of the demo's office
	{"/sprawozdanie/{plan}", thePlan},
	{"/plan-jakosci/obszar/{id}", `select min(id) from plan_areas`},
	{"/plan-jakosci/cel/{id}", `select min(id) from plan_goals`},
	{"/plan-jakosci/dzialanie/{id}", `select min(id) from plan_actions`},
	{"/plan-jakosci/wskaznik/{id}", `select min(id) from plan_indicators`},
	{"/plan-jakosci/odczyty/{id}", `select min(id) from plan_readings where state = 'approved'`},
	{"/plan-jakosci/uwaga/{id}", `select min(id) from plan_remarks`},
	{"/plan-jakosci/zrodlo/{id}", `select min(id) from plan_sources`},
	{"/plan-jakosci/wniosek/{id}", `select min(id) from plan_findings`},
	{"/plan-jakosci/tematy/{id}", `select max(id) from plan_themes`},
	{"/wersja/{no}", `select '1'`},
	{"/akapit/{key}", `select min(para_key) from plan_paragraphs where version = (select id from plan_versions where no = 1)`},
	{"/plan-jakosci/gmina/{code}", `select min(town) from plan_adoptions`},

	{"/cykle-spotkan/{id}", `select id from meetings_series where kind = 'heads'`},
	{"/tematy-spotkan/{id}", `select min(topic) from meetings_items where topic <> '' and meeting = ` + lastMeeting},
	{"/spotkania/{id}/glosowania/{vote", `select ` + nextMeeting},
	{"/glosowania/{vote}", `select id from meetings_votes where meeting = ` + nextMeeting},
	{"/pytania-z-sali/{kod}", `select code from meetings_floor where meeting = ` + nextMeeting},
	{"/spotkania/{id}", `select ` + lastMeeting},
	{"/porzadek/{punkt}", `select min(id) from meetings_items where meeting = ` + lastMeeting},
	{"/pisz/{item}", `select min(id) from meetings_items where meeting = ` + lastMeeting},
	{"/uwagi/{objection}", ""},
	{"/decyzje/{decision}", `select min(id) from meetings_decisions where meeting = ` + lastMeeting},
	{"/zadania/{action}", `select min(id) from meetings_actions where meeting = ` + lastMeeting},

	{"/rozmowy/{thread}", `select min(id) from talk_threads where network = ` + working},
	{"/wpisy/{post}", `select min(p.id) from talk_posts p join talk_threads t on t.id = p.thread where t.network = ` + working},
	{"/odpowiedz/{letter}", ""},
	{"/sieci-wspolpracy/{id}/odejscie", reported},
	{"/sieci-wspolpracy/{id}/rezygnacja", reported},
	{"/sieci-wspolpracy/{id}/zakonczenie", reported},
	{"/sieci-wspolpracy/{id}", `select ` + working},
	{"/spotkania/{meeting}", `select min(id) from networks_meetings where state = 'held' and network = ` + working},
	{"/czlonkowie/{member}", `select min(id) from networks_members where state = 'member' and network = ` + working},
	{"/zadania/{task}", `select min(id) from networks_tasks where network = ` + working},
	{"/terminy/{poll}", `select min(id) from networks_polls where network = ` + working},
}

// togetherExamples looks for all that and for budgets, when people have done what the demo lacks.
func (h *house) togetherExamples(e *examples) {
	h.t.Helper()
	h.meetForExamples()
	for _, d := range slices.Concat(togetherDoors, budgetDoors) {
		id := string(access.NewPersonID())
		if d.query != "" {
			id = h.word(d.query)
		}
		e.together = append(e.together, d.part, placeholder.ReplaceAllString(d.part, id))
	}
}

// meetForExamples opens a vote and the floor at the next meeting of heads, adds a
// theme to the plan, and lets a teacher begin to talk in a network.
func (h *house) meetForExamples() {
	h.t.Helper()
	ctx := context.Background()
	next := meetings.MeetingID(h.word(`select ` + nextMeeting))
	item := meetings.ItemID(h.word(`select min(id) from meetings_items where meeting = ` + nextMeeting))
	office, rules := h.actor(access.AuthorityOfficer), meetings.Rules{Way: meetings.Names, Majority: meetings.Simple}
	_, failed := h.Meetings().OpenVote(ctx, office, next, item, "Czy przyjmujemy listę?", rules)
	failed = errors.Join(failed, h.Meetings().OpenFloor(ctx, office, next))
	_, err := h.Plan().AddTheme(ctx, h.actor(access.AssociationOfficer), "Szkoła i klimat")
	failed = errors.Join(failed, err)
	_, err = h.Talk().Open(ctx, h.actor(access.Teacher), networks.ID(h.word(`select `+working)), talk.Draft{Title: "Kryteria", Words: "Kto już próbował?"})
	if failed = errors.Join(failed, err); failed != nil {
		h.t.Fatal(failed)
	}
}

func (h *house) actor(role access.Role) access.Actor {
	h.t.Helper()
	a, err := h.Access().Actor(context.Background(), h.person(role))
	if err != nil {
		h.t.Fatal(err)
	}
	return a
}

// word reads one word of the database.
func (h *house) word(query string) (word string) {
	h.t.Helper()
	if err := h.db.Get(context.Background(), &word, query); err != nil {
		h.t.Fatalf("the demo has nothing for %s: %v", query, err)
	}
	return word
}

// fillTogether puts them into a pattern, part by part.
func (e examples) fillTogether(pattern string) string {
	for n := 0; n < len(e.together); n += 2 {
		pattern = strings.Replace(pattern, e.together[n], e.together[n+1], 1)
	}
	return pattern
}
