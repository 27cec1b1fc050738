package demo

import (
	"context"
	"fmt"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/agreements/ledger"
	"kladka/internal/meetings"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
	"kladka/internal/training"
)

// Days before today on which the last meeting of heads went its way.
const (
	headsPlanned = 72
	headsAsked   = 64
	headsChosen  = 54
	headsMet     = 41
	headsAdopted = 26
	headsTaught  = 19
	headsNext    = 24 // days until the next one
)

// headsMeet holds a meeting of the heads of the office, from their topics to a
// workshop, and opens the agenda of the next one.
func (t *together) headsMeet(ctx context.Context) error {
	t.ago(headsPlanned)
	series, err := t.back.meetings.AddSeries(ctx, t.authority, meetings.NewSeries{Kind: meetings.Heads, Owner: t.office.ID, Title: "Narada dyrektorek i dyrektorów",
		Words: "Spotykamy się dwa razy w semestrze. Tematy zgłaszają szkoły i przedszkola."})
	if err != nil {
		return err
	}
	starts := t.workday(-headsMet)
	m, err := t.back.meetings.PlanMeeting(ctx, t.authority, meetings.Plan{Series: series, Title: "Narada jesienna: ocenianie i szkoła otwarta", Starts: starts, Ends: starts.Add(3 * time.Hour),
		Place: "sala konferencyjna urzędu, wejście bez schodów od podwórza", Words: "Prosimy o odpowiedź na zaproszenie. Kto nie może przyjść, wskazuje zastępstwo."})
	if err != nil {
		return err
	}
	if err := t.back.meetings.Announce(ctx, t.authority, m, ""); err != nil {
		return err
	}
	marks, err := t.propose(ctx, series)
	if err != nil {
		return err
	}
	if err := t.convene(ctx, m, marks); err != nil {
		return err
	}
	decision, err := t.hold(ctx, m)
	if err != nil {
		return err
	}
	if err := t.workshop(ctx, m, decision); err != nil {
		return err
	}
	if err := t.adoptMinutes(ctx, m); err != nil {
		return err
	}
	return t.headsNext(ctx, series)
}

// workday is ten in the morning in so many days, or on the Monday after.
func (t *together) workday(days int) time.Time {
	day := schoolDay(t.day(days), days > 0)
	return time.Date(day.Year(), day.Month(), day.Day(), 10, 0, 0, 0, web.Warsaw)
}

// at is one of the heads; a small world has few, who then speak more than once.
func (t *together) headAt(n int) access.Actor { return t.heads[n%len(t.heads)] }

// raised is a topic that a head raises, and what becomes of it.
type raised struct {
	by       int
	title    string
	words    string
	subject  string
	hidden   bool
	support  []int // heads
	into     int   // index of the topic that it is merged into, -1 for none
	decision meetings.TopicState
	reason   string
}

// propose has heads raise topics; alike ones are merged, each is answered. It
// returns those that come onto the agenda.
func (t *together) propose(ctx context.Context, series meetings.SeriesID) (chosen []meetings.TopicID, err error) {
	var ids []meetings.TopicID
	list := []raised{
		{0, "Ocenianie bez stopni: jak zacząć w klasach 4–8", "Chcemy spróbować, ale nie wiemy, jak rozmawiać o tym z rodzicami.", t.subject("Ocenianie kszta", "Ocen"), false, []int{2, 3, 4, 5}, -1, meetings.Accepted, ""},
		{1, "Ocenianie bez stopni w starszych klasach", "Rada pyta o przykłady z innych szkół.", t.subject("Ocenianie kszta", "Ocen"), false, []int{6}, 0, "", ""},
		{3, "Boisko po lekcjach: kto odpowiada, kto zamyka", "Mieszkańcy pytają o godziny, a my o regulamin.", "", false, []int{0, 7}, -1, meetings.Accepted, ""},
		{4, "Za dużo sprawozdań w jednym tygodniu", "Trzy systemy pytają o to samo.", "", true, []int{5, 8, 9}, -1, meetings.Deferred, "Zbieramy listę sprawozdań z wydziałów; wrócimy do tematu na następnej naradzie."},
		{5, "Wspólny przetarg na dzienniki elektroniczne", "", "", false, nil, -1, meetings.Declined, "Umowy szkół kończą się w różnych latach. Wzór zapytania prześlemy każdej szkole osobno."},
	}
	for _, r := range list {
		t.ago(headsAsked)
		id, err := t.back.meetings.Propose(ctx, t.headAt(r.by), meetings.Proposal{Series: series, Title: r.title, Words: r.words, Subject: r.subject, Hidden: r.hidden})
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
		if err := t.supports(ctx, t.back.meetings, id, r.support); err != nil {
			return nil, err
		}
	}
	t.ago(headsChosen)
	for n, r := range list {
		switch {
		case r.into >= 0:
			err = t.back.meetings.Merge(ctx, t.authority, ids[n], ids[r.into])
		default:
			err = t.back.meetings.Decide(ctx, t.authority, ids[n], r.decision, r.reason)
		}
		if err != nil {
			return nil, err
		}
		if r.decision == meetings.Accepted {
			chosen = append(chosen, ids[n])
		}
	}
	return chosen, nil
}

// supports gives the voices of some heads; one that was given before stays.
func (t *together) supports(ctx context.Context, s *meetings.Service, id meetings.TopicID, heads []int) error {
	for _, n := range heads {
		if n >= len(t.heads) {
			continue
		}
		if err := s.Support(ctx, t.heads[n], id); err != nil && fault.KindOf(err) != fault.Conflict {
			return err
		}
	}
	return nil
}

// convene makes the agenda and has heads answer.
func (t *together) convene(ctx context.Context, m meetings.MeetingID, topics []meetings.TopicID) error {
	t.ago(headsChosen - 2)
	items := []meetings.NewItem{{Title: "Powitanie i sprawy organizacyjne", Minutes: 15, Speaker: "Dyrekcja wydziału edukacji"}}
	for _, id := range topics {
		items = append(items, meetings.NewItem{Topic: id, Minutes: 50, Speaker: "osoby, które zgłosiły temat"})
	}
	items = append(items, meetings.NewItem{Title: "Oferta poradni i Ośrodka Kariery", Minutes: 25, Guests: "Specjalistyczna poradnia psychologiczno-pedagogiczna"}, meetings.NewItem{Title: "Sprawy różne i terminy", Minutes: 20})
	for _, i := range items {
		if _, err := t.back.meetings.AddItem(ctx, t.authority, m, i); err != nil {
			return err
		}
	}
	if err := t.back.meetings.CloseTopics(ctx, t.authority, m); err != nil {
		return err
	}
	if err := t.back.meetings.Convene(ctx, t.authority, m); err != nil {
		return err
	}
	return t.answerAll(ctx, t.back.meetings, m, t.heads)
}

// answerAll has people answer an invitation: most come, some send somebody.
func (t *together) answerAll(ctx context.Context, s *meetings.Service, m meetings.MeetingID, who []access.Actor) error {
	for n, a := range who {
		reply, instead := meetings.Comes, ""
		switch n % 5 {
		case 3:
			reply, instead = meetings.Substitute, "Hanna Kładowska, wicedyrektorka"
		case 4:
			reply = meetings.StaysAway
		}
		if err := s.Answer(ctx, a, m, reply, instead); err != nil {
			return err
		}
	}
	return nil
}

// attend notes who came: whoever said so, and of the others some.
func (t *together) attend(ctx context.Context, who access.Actor, m meetings.MeetingID) error {
	list, err := meetings.InvitationsOf(ctx, t.d, m)
	if err != nil {
		return err
	}
	var came []meetings.Came
	for n, v := range list {
		switch {
		case v.Reply == meetings.Comes, v.Reply == meetings.NoReply && v.Person != "" && n%3 > 0:
			came = append(came, meetings.Came{Invitation: v.ID, Present: true})
		case v.Reply == meetings.Substitute:
			came = append(came, meetings.Came{Invitation: v.ID, Present: true, Name: v.Instead})
		}
	}
	return t.back.meetings.Note(ctx, who, m, came)
}

// wording is what the minutes say at the items of a title.
type wording struct{ about, words string }

// note writes minutes at the items whose titles begin so.
func (t *together) note(ctx context.Context, who access.Actor, m meetings.MeetingID, texts []wording) (items []meetings.Item, err error) {
	if items, err = meetings.ItemsOf(ctx, t.d, m); err != nil {
		return nil, err
	}
	for _, i := range items {
		for _, x := range texts {
			if !strings.HasPrefix(i.Title, x.about) || x.about == "" {
				continue
			}
			if _, err := t.back.meetings.SaveText(ctx, who, m, meetings.Typed{Item: i.ID, Words: x.words}); err != nil {
				return nil, err
			}
		}
	}
	return items, nil
}

// itemOf is the item whose title begins so, or the first.
func itemOf(items []meetings.Item, about string) meetings.ItemID {
	for _, i := range items {
		if strings.HasPrefix(i.Title, about) {
			return i.ID
		}
	}
	return items[0].ID
}

// hold has the recorder write down what was said and decided. It returns the
// decision that asks for a workshop.
func (t *together) hold(ctx context.Context, m meetings.MeetingID) (decision string, err error) {
	t.past = t.workday(-headsMet).Add(3*time.Hour + 20*time.Minute)
	if err := t.attend(ctx, t.recorder, m); err != nil {
		return "", err
	}
	if err := t.back.meetings.Hold(ctx, t.recorder, m, 190); err != nil {
		return "", err
	}
	items, err := t.note(ctx, t.recorder, m, []wording{
		{"Powitanie", "Przyjęto porządek narady bez zmian."},
		{"Ocenianie", "Trzy szkoły opowiedziały, jak zaczęły: od jednego przedmiotu i od rozmowy z rodzicami.\nNajwięcej pytań dotyczyło klasy ósmej i rekrutacji."},
		{"Boisko", "Wydział przedstawił wzór regulaminu. Szkoły proszą o jedną tablicę z godzinami dla wszystkich."},
		{"Oferta poradni", "Terminy konsultacji są na stronie poradni; pierwszeństwo mają klasy ósme."},
		{"Sprawy różne", "Następna narada w grudniu."},
	})
	if err != nil {
		return "", err
	}
	decision, err = t.back.meetings.AddDecision(ctx, t.recorder, m, meetings.NewDecision{Item: itemOf(items, "Ocenianie"), Title: "Warsztaty o ocenianiu bez stopni dla chętnych szkół",
		Words: "Ośrodek doskonalenia przygotuje warsztaty. Pierwszeństwo mają szkoły, które zgłosiły temat.", DueOn: t.on(30)})
	if err != nil {
		return "", err
	}
	if _, err := t.back.meetings.AddDecision(ctx, t.recorder, m, meetings.NewDecision{Item: itemOf(items, "Boisko"), Title: "Jedna tablica z godzinami boisk",
		Words: "Wydział zbierze godziny i opublikuje je w jednym miejscu.", Institution: t.office.ID, DueOn: t.on(20)}); err != nil {
		return "", err
	}
	for n, a := range []meetings.NewAction{
		{Item: itemOf(items, "Boisko"), What: "Przesłać godziny otwarcia boiska", Person: t.head.Person, Institution: t.headAt0(), DueOn: t.on(6)},
		{Item: itemOf(items, "Ocenianie"), What: "Opisać, jak zaczęliśmy, na jednej stronie", Person: t.headAt(2).Person, DueOn: t.on(-10)},
		{Item: itemOf(items, "Oferta poradni"), What: "Rozesłać terminy konsultacji", Name: "sekretariat wydziału", Institution: t.office.ID, DueOn: t.on(-30)},
	} {
		id, err := t.back.meetings.AddAction(ctx, t.recorder, m, a)
		if err != nil {
			return "", err
		}
		if n == 2 {
			if err := t.back.meetings.EndAction(ctx, t.recorder, m, id, meetings.ActionDone, "Wysłano do wszystkich szkół."); err != nil {
				return "", err
			}
		}
	}
	return decision, t.back.meetings.SetSigners(ctx, t.recorder, m, "Dyrektorka wydziału edukacji", t.recorder.Name)
}

// headAt0 is where the demo's head is the head.
func (t *together) headAt0() access.InstitutionID { return t.center.headAt }

// workshop orders what the heads decided, and the center holds it.
func (t *together) workshop(ctx context.Context, m meetings.MeetingID, decision string) error {
	t.ago(headsMet - 1)
	if err := t.back.meetings.OrderWorkshop(ctx, t.authority, m, meetings.Order{Decision: decision, Center: t.at, Title: "Ocenianie bez stopni. Warsztaty dla szkół", Seats: 20, FirstDays: 7}); err != nil {
		return err
	}
	p, err := t.back.meetings.PlanFor(ctx, decision)
	if err != nil {
		return err
	}
	l := lesson{form: training.Workshop, title: p.Title, summary: "Odpowiedź na temat, który zgłosiły szkoły na naradzie.", in: -headsTaught, meetings: 1, hours: 6, seats: p.Seats, people: 14, mode: training.OnSite}
	if len(t.schools) < manySchools {
		l.people = 4
	}
	w := l.whole(t.now, t.at, t.trainer)
	w.ID, w.Trace, w.CreatedAt = training.ID(p.Target), p.Trace, t.past.Unix()
	if p.Subject != "" {
		w.Topics = []string{p.Subject}
	}
	t.ago(headsMet - 3)
	if err := t.d.Write(ctx, func(tx *db.Tx) error { _, err := t.earlier.Insert(ctx, tx, t.officer, w); return err }); err != nil {
		return err
	}
	for n := range l.people {
		at := t.schools[n%len(t.schools)].ID
		if _, err := t.earlier.Enroll(ctx, t.officer, w.ID, t.guest(access.Teacher, at), training.ByPhone); err != nil {
			return err
		}
	}
	list, err := training.Meetings(ctx, t.d, w.ID)
	if err != nil {
		return err
	}
	for _, one := range list {
		if err := t.took(ctx, w.ID, one, true); err != nil {
			return err
		}
	}
	t.past = time.Unix(list[len(list)-1].EndsAt, 0).AddDate(0, 0, 1)
	if err := t.earlier.Settle(ctx, t.officer, w.ID); err != nil {
		return err
	}
	return t.joint(ctx, ledger.Ref{Kind: "training", ID: p.Target})
}

// adoptMinutes sends the minutes round, answers an objection and adopts them.
func (t *together) adoptMinutes(ctx context.Context, m meetings.MeetingID) error {
	t.ago(headsMet - 4)
	if err := t.back.meetings.SendMinutes(ctx, t.authority, m); err != nil {
		return err
	}
	t.ago(headsAdopted)
	if err := t.back.meetings.AdoptMinutes(ctx, t.authority, m); err != nil {
		return err
	}
	return t.back.meetings.PublishMinutes(ctx, t.authority, m, true)
}

// headsNext announces the next meeting: topics come in, some have answered. The
// demo's head has not.
func (t *together) headsNext(ctx context.Context, series meetings.SeriesID) error {
	s, starts := t.more.Meetings, t.workday(headsNext)
	m, err := s.PlanMeeting(ctx, t.authority, meetings.Plan{Series: series, Title: "Narada zimowa: sprawozdania, bezpieczeństwo, nabór", Starts: starts, Ends: starts.Add(3 * time.Hour),
		Place: "aula liceum, wejście bez schodów od boiska"})
	if err != nil {
		return err
	}
	for _, i := range []meetings.NewItem{{Title: "Lista sprawozdań: co można połączyć", Minutes: 40, Speaker: "wydział edukacji"}, {Title: "Nabór do klas pierwszych: terminy", Minutes: 30}} {
		if _, err := s.AddItem(ctx, t.authority, m, i); err != nil {
			return err
		}
	}
	if err := s.Announce(ctx, t.authority, m, ""); err != nil {
		return err
	}
	for _, r := range []raised{
		{by: 6, title: "Telefony na przerwach: co działa", words: "Każda szkoła ma inne zasady, a uczennice i uczniowie je porównują.", subject: t.subject("Dobrostan", "Zdrowie psych"), support: []int{7, 8, 9, 10}},
		{by: 2, title: "Zastępstwa bez zwalniania klas do domu", hidden: true, support: []int{3, 5}},
	} {
		id, err := s.Propose(ctx, t.headAt(r.by), meetings.Proposal{Series: series, Title: r.title, Words: r.words, Subject: r.subject, Hidden: r.hidden})
		if err != nil {
			return err
		}
		if err := t.supports(ctx, s, id, r.support); err != nil {
			return err
		}
	}
	if len(t.heads) < 2 {
		return nil
	}
	if err := t.answerAll(ctx, s, m, t.heads[1:1+len(t.heads)/2]); err != nil {
		return fmt.Errorf("answers: %w", err)
	}
	return nil
}
