package demo

import (
	"context"
	"time"

	"kladka/internal/access"
	"kladka/internal/agreements/ledger"
	"kladka/internal/directory"
	"kladka/internal/meetings"
)

// Days before today on which the last Forum went its way.
const (
	forumPlanned = 46
	forumOpened  = 38
	forumOpined  = 27
	forumMet     = 9
	forumSent    = 3
	forumNext    = 47 // days until the next one
)

// delegatesThere are how many further municipalities have named a delegate.
const delegatesThere = 6

// forumMeets holds a Forum whose program experts have read and whose minutes
// wait for objections, and plans the next one.
func (t *together) forumMeets(ctx context.Context) error {
	delegates, err := t.delegates(ctx)
	if err != nil {
		return err
	}
	t.ago(forumPlanned)
	series, err := t.back.meetings.AddSeries(ctx, t.boss, meetings.NewSeries{Kind: meetings.Forum, Owner: t.association.ID, Title: "Forum Edukacji",
		Words: "Delegatki i delegaci gmin członkowskich. Tu wypracowujemy szczegóły porozumień i plan jakości."})
	if err != nil {
		return err
	}
	if err := t.back.meetings.AddMember(ctx, t.boss, series, "", t.at); err != nil {
		return err
	}
	starts := t.workday(-forumMet)
	m, err := t.back.meetings.PlanMeeting(ctx, t.boss, meetings.Plan{Series: series, Title: "Forum Edukacji: edukacja włączająca w małej szkole", Starts: starts, Ends: starts.Add(4 * time.Hour),
		Place: "ośrodek doskonalenia, sala 12, winda", Online: "https://pokoj.example/forum"})
	if err != nil {
		return err
	}
	if err := t.back.meetings.Announce(ctx, t.boss, m, ""); err != nil {
		return err
	}
	topic, err := t.forumTopic(ctx, series, delegates)
	if err != nil {
		return err
	}
	for _, i := range []meetings.NewItem{
		{Title: "Co zrobiliśmy od wiosny", Minutes: 30, Speaker: "biuro stowarzyszenia"},
		{Topic: topic, Minutes: 70, Guests: "dyrektorki trzech szkół podstawowych"},
		{Title: "Warsztat: dostosowania bez wielkich pieniędzy", Minutes: 80, Speaker: "dr Barbara Nadbrzeżna"},
		{Title: "Plan na zimę i decyzje", Minutes: 40},
	} {
		if _, err := t.back.meetings.AddItem(ctx, t.boss, m, i); err != nil {
			return err
		}
	}
	if err := t.opinions(ctx, m); err != nil {
		return err
	}
	t.ago(forumMet + 7)
	if err := t.back.meetings.Convene(ctx, t.boss, m); err != nil {
		return err
	}
	if err := t.answerAll(ctx, t.back.meetings, m, append(delegates, t.director)); err != nil {
		return err
	}
	if err := t.forumHeld(ctx, m); err != nil {
		return err
	}
	return t.forumPlanned(ctx, series)
}

// delegates are the demo's own and those of some other municipalities.
func (t *together) delegates(ctx context.Context) (list []access.Actor, err error) {
	list = []access.Actor{t.delegate}
	for _, i := range t.world.Institutions {
		if i.Kind != directory.Office || i.ID == t.office.ID || len(list) > delegatesThere {
			continue
		}
		a, err := t.engage(ctx, access.ForumDelegate, i.ID)
		if err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	return list, nil
}

// forumTopic is what a delegate wants the Forum to talk about; others support it.
func (t *together) forumTopic(ctx context.Context, series meetings.SeriesID, delegates []access.Actor) (meetings.TopicID, error) {
	id, err := t.back.meetings.Propose(ctx, t.delegate, meetings.Proposal{Series: series, Title: "Edukacja włączająca: trzy małe szkoły opowiadają", Subject: t.subject(inclusionTopic),
		Words: "W małej szkole nie ma osobnej specjalistki na każdą potrzebę. Jak sobie radzą inni?"})
	if err != nil {
		return "", err
	}
	for _, a := range delegates[1:] {
		if err := t.back.meetings.Support(ctx, a, id); err != nil {
			return "", err
		}
	}
	return id, t.back.meetings.Decide(ctx, t.boss, id, meetings.Accepted, "")
}

// opinions opens the program to experts: one of the center, who remarks and says
// how long it took, and one from outside, who is asked on paper.
func (t *together) opinions(ctx context.Context, m meetings.MeetingID) error {
	t.ago(forumOpened)
	id, err := t.back.meetings.AskExpert(ctx, t.boss, m, meetings.Asked{Person: t.expert.Person, Institution: t.at, Until: t.on(-forumOpined + 4)})
	if err != nil {
		return err
	}
	outside, err := t.back.meetings.AskExpert(ctx, t.boss, m, meetings.Asked{Name: "dr Barbara Nadbrzeżna", From: "uczelnia pedagogiczna", Until: t.on(-forumOpined + 4)})
	if err != nil {
		return err
	}
	t.ago(forumOpined)
	items, err := meetings.ItemsOf(ctx, t.d, m)
	if err != nil {
		return err
	}
	for _, r := range []wording{
		{"Edukacja włączająca", "Trzy głosy po dwadzieścia minut to za długo; proponuję po dziesięć i rozmowę przy stolikach."},
		{"Warsztat", "Warto dać uczestnikom kartę do wypełnienia i zabrania do gminy."},
	} {
		if err := t.back.meetings.Remark(ctx, t.expert, m, id, itemOf(items, r.about), r.words); err != nil {
			return err
		}
	}
	if err := t.back.meetings.Opine(ctx, t.expert, m, id, "Program jest dobry i wykonalny. Proponuję krótsze wystąpienia i dłuższy warsztat.", t.on(-forumOpined), 270); err != nil {
		return err
	}
	if err := t.back.meetings.Opine(ctx, t.boss, m, outside, "Opinia z listu: temat ważny, proszę o przykłady z gmin bez poradni.", t.on(-forumOpined), 90); err != nil {
		return err
	}
	for _, e := range []meetings.ExpertID{id, outside} {
		if err := t.joint(ctx, ledger.Ref{Kind: "consultation", ID: string(e)}); err != nil {
			return err
		}
	}
	return nil
}

// forumHeld writes the minutes and sends them round; one decision becomes an
// executive arrangement.
func (t *together) forumHeld(ctx context.Context, m meetings.MeetingID) error {
	t.past = t.workday(-forumMet).Add(4*time.Hour + 30*time.Minute)
	if err := t.attend(ctx, t.boss, m); err != nil {
		return err
	}
	if err := t.back.meetings.Hold(ctx, t.boss, m, 225); err != nil {
		return err
	}
	items, err := t.note(ctx, t.boss, m, []wording{
		{"Co zrobiliśmy", "Biuro przedstawiło sprawozdanie z wiosny. Poradnik o ocenianiu jest gotowy."},
		{"Edukacja włączająca", "Trzy szkoły pokazały, jak dzielą się specjalistką i sprzętem."},
		{"Warsztat", "Każda gmina wyszła z kartą trzech dostosowań na najbliższy semestr."},
		{"Plan na zimę", "Forum prosi obie strony porozumienia o zebranie przykładów w jednym miejscu."},
	})
	if err != nil {
		return err
	}
	decision, err := t.back.meetings.AddDecision(ctx, t.boss, m, meetings.NewDecision{Item: itemOf(items, "Plan na zimę"), Title: "Zbiór dostosowań z piętnastu gmin",
		Words: "Ośrodek zbiera karty gmin i publikuje je jako zbiór przykładów.", Institution: t.at, DueOn: t.on(100)})
	if err != nil {
		return err
	}
	if _, err := t.back.meetings.AddDecision(ctx, t.boss, m, meetings.NewDecision{Item: itemOf(items, "Co zrobiliśmy"), Title: "Następne Forum zajmie się sztuczną inteligencją", DueOn: t.on(forumNext)}); err != nil {
		return err
	}
	if _, err := t.back.meetings.AddAction(ctx, t.boss, m, meetings.NewAction{Item: itemOf(items, "Warsztat"), What: "Przesłać kartę dostosowań swojej gminy", Person: t.delegate.Person,
		Institution: t.office.ID, DueOn: t.on(12)}); err != nil {
		return err
	}
	if err := t.back.meetings.SetSigners(ctx, t.boss, m, "Dyrektor Biura Stowarzyszenia", t.boss.Name); err != nil {
		return err
	}
	t.ago(forumSent)
	if err := t.back.meetings.MakeArrangement(ctx, t.boss, m, decision, string(framework)+"/"+areaID(areaPractices)); err != nil {
		return err
	}
	if err := t.back.meetings.SendMinutes(ctx, t.boss, m); err != nil {
		return err
	}
	return t.joint(ctx, ledger.Ref{Kind: "meeting", ID: string(m)})
}

// forumPlanned plans the next Forum; only those who run it see it so far, and the
// expert whose opinion is asked for.
func (t *together) forumPlanned(ctx context.Context, series meetings.SeriesID) error {
	starts := t.workday(forumNext)
	m, err := t.more.Meetings.PlanMeeting(ctx, t.boss, meetings.Plan{Series: series, Title: "Forum Edukacji: sztuczna inteligencja w pracy szkoły", Starts: starts, Ends: starts.Add(4 * time.Hour), Place: "urząd, sala obrad"})
	if err != nil {
		return err
	}
	if _, err := t.more.Meetings.AddItem(ctx, t.boss, m, meetings.NewItem{Title: "Co wolno, czego nie warto, co pomaga", Minutes: 60}); err != nil {
		return err
	}
	_, err = t.more.Meetings.AskExpert(ctx, t.boss, m, meetings.Asked{Person: t.expert.Person, Institution: t.at, Until: t.on(20)})
	return err
}
