package demo

import (
	"context"
	"time"

	"kladka/internal/agreements/ledger"
	"kladka/internal/directory"
	"kladka/internal/networks"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// network lets teachers of several schools work together: one network last year,
// one that works, one that is being gathered.
func (t *together) network(ctx context.Context) error {
	for _, happen := range []func(context.Context) error{t.networkLast, t.networkNow, t.networkForming} {
		if err := happen(ctx); err != nil {
			return err
		}
	}
	return nil
}

// sitting is a meeting of a network with what was written down.
type sitting struct {
	title, program, record string
	shared                 bool
}

// networksNo is before the first network's number: their addresses stay the same.
const networksNo = 50

// openNetwork makes a network with a coordinator and a deputy.
func (t *together) openNetwork(ctx context.Context, s *networks.Service, year int, c networks.Charter) (networks.ID, error) {
	c.Public, c.Open, c.Town = true, true, t.office.Municipality
	t.networks++
	id, err := s.Make(ctx, t.officer, networks.Opening{Charter: c, ID: networks.ID(fixed(networksNo + t.networks)), Center: t.at, Year: year, Coordinator: t.coordinator.Person})
	if err != nil {
		return "", err
	}
	return id, s.Name(ctx, t.officer, id, t.adviser.Person, networks.Deputy)
}

// come lets teachers ask to come in. Those of the first one's school were
// invited; of the others the last ones wait for an answer.
func (t *together) come(ctx context.Context, s *networks.Service, id networks.ID, who []member, waiting int) error {
	if err := s.InviteSchool(ctx, t.coordinator, id, t.teacherAt); err != nil {
		return err
	}
	takes := map[string]bool{}
	for n, m := range who {
		takes[string(m.Person)] = n < len(who)-waiting
		if _, err := s.Ask(ctx, m.Actor, id, "Chcę uczyć się razem z innymi szkołami."); err != nil {
			return err
		}
	}
	asked, _, err := s.Members(ctx, t.coordinator, id, networks.Asked, web.Cursor{}, len(who))
	if err != nil {
		return err
	}
	for _, m := range asked {
		if !takes[m.Person] {
			continue
		}
		if err := s.Decide(ctx, t.coordinator, id, m.ID, networks.Joined, ""); err != nil {
			return err
		}
	}
	return nil
}

// within keeps a day within a school year, so that the demo can be made on any
// day of the year.
func within(year int, day time.Time) time.Time {
	first, last := time.Date(year, 9, 2, 9, 0, 0, 0, web.Warsaw), time.Date(year+1, 8, 29, 9, 0, 0, 0, web.Warsaw)
	switch {
	case day.Before(first):
		return first
	case day.After(last):
		return last
	}
	return day
}

// meetOn plans a meeting for the afternoon of a day.
func (t *together) meetOn(ctx context.Context, s *networks.Service, id networks.ID, day time.Time, x sitting) (networks.MeetingID, error) {
	return s.Meet(ctx, t.coordinator, id, networks.Plan{Title: x.title, Program: x.program, Place: "szkoła podstawowa, sala 8 na parterze", Day: day.Format(time.DateOnly), From: "15:30", To: "18:00", Shared: x.shared})
}

// writeDown says what came of a meeting: most were there, one left early.
func (t *together) writeDown(ctx context.Context, id networks.MeetingID, day time.Time, x sitting, who []member) error {
	t.past = time.Date(day.Year(), day.Month(), day.Day(), 19, 0, 0, 0, web.Warsaw)
	m, err := networks.MeetingByID(ctx, t.d, id)
	if err != nil {
		return err
	}
	note := networks.Note{Record: x.record, Length: 135, Partly: map[string]int{}}
	for n, one := range who {
		if n%6 == 5 {
			continue
		}
		note.Present = append(note.Present, string(one.Person))
		if n%6 == 4 {
			note.Partly[string(one.Person)] = 90
		}
	}
	if err := t.back.networks.Record(ctx, t.coordinator, id, m.Revision, note); err != nil {
		return err
	}
	return t.joint(ctx, ledger.Ref{Kind: "network.meeting", ID: string(id)})
}

// begin lets a gathered network work.
func (t *together) begin(ctx context.Context, id networks.ID) error {
	n, err := networks.ByID(ctx, t.d, id)
	if err != nil {
		return err
	}
	return t.back.networks.Begin(ctx, t.coordinator, id, n.Revision)
}

// networkLast is over and reported.
func (t *together) networkLast(ctx context.Context) error {
	year := directory.SchoolYear(t.now) - 1
	t.past = time.Date(year, 9, 18, 12, 0, 0, 0, web.Warsaw)
	id, err := t.openNetwork(ctx, t.back.networks, year, networks.Charter{Title: "Czytanie w klasach 1–3", Goal: "Zebrać i wypróbować dziesięć zajęć, które uczą czytać ze zrozumieniem.",
		Audience: "nauczycielki i nauczyciele edukacji wczesnoszkolnej", Topics: topicsOf(t.subject("Nauka czytania", "Czyt")), Places: 20})
	if err != nil {
		return err
	}
	who := t.teachers[:min(len(t.teachers), 9)]
	if err := t.come(ctx, t.back.networks, id, who, 0); err != nil {
		return err
	}
	days := []time.Time{time.Date(year, 10, 15, 9, 0, 0, 0, web.Warsaw), time.Date(year+1, 1, 21, 9, 0, 0, 0, web.Warsaw), time.Date(year+1, 4, 15, 9, 0, 0, 0, web.Warsaw)}
	list := []sitting{
		{"Od czego zaczynamy", "Ustalenie planu roku.", "Każda szkoła przyniosła po jednym ćwiczeniu. Ustalono plan na rok.", false},
		{"Zajęcia otwarte", "Obserwacja lekcji i rozmowa.", "Obejrzeliśmy lekcję w klasie drugiej. Trzy ćwiczenia wchodzą do zbioru.", false},
		{"Zbiór gotowych zajęć", "Wybór i opis zajęć.", "Wybrano dziesięć zajęć. Zbiór jest w materiałach sieci.", false},
	}
	var ids []networks.MeetingID
	for n, x := range list {
		m, err := t.meetOn(ctx, t.back.networks, id, days[n], x)
		if err != nil {
			return err
		}
		ids = append(ids, m)
	}
	if err := t.begin(ctx, id); err != nil {
		return err
	}
	for n, x := range list {
		if err := t.writeDown(ctx, ids[n], days[n], x, who); err != nil {
			return err
		}
	}
	return t.report(ctx, id, time.Date(year+1, 6, 12, 12, 0, 0, 0, web.Warsaw))
}

func (t *together) report(ctx context.Context, id networks.ID, at time.Time) error {
	t.past = at
	if err := t.back.networks.Draft(ctx, t.coordinator, id, t.service.Catalog.In(i18n.PL)); err != nil {
		return err
	}
	_, _, r, err := t.back.networks.ReportOf(ctx, t.coordinator, id)
	if err != nil {
		return err
	}
	return t.back.networks.Write(ctx, t.coordinator, id, r.Revision, networks.Written{Done: r.Done,
		Effects: "Dziesięć gotowych zajęć, z których korzystają już cztery szkoły.", Next: "Warto dołączyć biblioteki szkolne i zacząć od września."}, true)
}

// networkNow works: two meetings were held, one is to come.
func (t *together) networkNow(ctx context.Context) error {
	year := directory.SchoolYear(t.day(-52))
	t.past = within(year, t.day(-52))
	s := t.back.networks
	id, err := t.openNetwork(ctx, s, year, networks.Charter{Title: "Ocenianie, które pomaga", Goal: "Wypracować i sprawdzić w klasie sposoby oceniania, z których uczeń coś wie.",
		Audience: "nauczycielki i nauczyciele klas 4–8", Topics: topicsOf(t.subject("Ocenianie kszta", "Ocen")), Places: 25})
	if err != nil {
		return err
	}
	waiting := min(2, len(t.teachers)-1)
	if err := t.come(ctx, s, id, t.teachers, waiting); err != nil {
		return err
	}
	who := t.teachers[:len(t.teachers)-waiting]
	days := []time.Time{within(year, t.day(-45)), within(year, t.day(-17)), within(year, t.day(16)), within(year, t.day(80))}
	list := []sitting{
		{"Co nas uwiera w ocenianiu", "Rozmowa i plan roku.", "Każda osoba opisała jedną trudność. Wybraliśmy trzy, nad którymi pracujemy do lutego.", false},
		{"Kryteria, które rozumie dziecko", "Ćwiczenia na pracach uczniów.", "Przepisaliśmy kryteria z pięciu przedmiotów językiem uczniów. Zadanie: wypróbować jedno.", false},
		{"Informacja zwrotna w pięć minut", "Każda osoba przynosi jeden przykład.", "", true},
		{"Rozmowa z rodzicami o ocenach", "Scenki i lista pytań.", "", false},
	}
	var ids []networks.MeetingID
	for n, x := range list {
		m, err := t.meetOn(ctx, s, id, days[n], x)
		if err != nil {
			return err
		}
		ids = append(ids, m)
	}
	if err := t.begin(ctx, id); err != nil {
		return err
	}
	for n := range 2 {
		if err := t.writeDown(ctx, ids[n], days[n], list[n], who); err != nil {
			return err
		}
	}
	return t.selfStudy(ctx, id, year, who)
}

// selfStudy gives a task that some have done, and asks for a date.
func (t *together) selfStudy(ctx context.Context, id networks.ID, year int, who []member) error {
	s := t.back.networks
	t.past = t.day(-10)
	if err := s.Set(ctx, t.coordinator, id, networks.Task{Title: "Wypróbuj jedno kryterium w swojej klasie", Words: "Zapisz, co powiedzieli uczniowie. Wystarczy pół strony.", Due: within(year, t.day(14)).Format(time.DateOnly)}); err != nil {
		return err
	}
	tasks, err := s.Tasks(ctx, id, t.coordinator.Person)
	if err != nil {
		return err
	}
	if err := s.PollDates(ctx, t.coordinator, id, "Spotkanie podsumowujące", t.on(12), []networks.When{
		{Day: within(year, t.day(100)).Format(time.DateOnly), From: "15:30", To: "18:00"}, {Day: within(year, t.day(102)).Format(time.DateOnly), From: "16:00", To: "18:30"}}); err != nil {
		return err
	}
	polls, err := s.Polls(ctx, id, t.coordinator.Person)
	if err != nil {
		return err
	}
	// The demo's teacher, who stands first, has done neither yet.
	for n, m := range who[min(1, len(who)):] {
		if n%2 == 0 {
			if err := s.Finish(ctx, m.Actor, id, tasks[0].ID, true); err != nil {
				return err
			}
		}
		answers := map[string]networks.Answer{}
		for k, d := range polls[0].Dates {
			answers[d.ID] = networks.Answers()[(n+k)%3]
		}
		if err := s.Vote(ctx, m.Actor, id, polls[0].ID, answers); err != nil {
			return err
		}
	}
	return nil
}

// networkForming takes requests; its plan is not ready.
func (t *together) networkForming(ctx context.Context) error {
	s := t.more.Networks
	id, err := t.openNetwork(ctx, s, directory.SchoolYear(t.now), networks.Charter{Title: "Nowi w szkole, nowi w Polsce", Goal: "Przygotować klasę i radę na przyjęcie ucznia, który dopiero uczy się polskiego.",
		Audience: "wychowawczynie, wychowawcy, asystentki międzykulturowe", Topics: topicsOf(t.subject("Uczniowie z doświadczeniem", "Wielo", "Polski jako")), Places: 20})
	if err != nil {
		return err
	}
	for n, m := range t.teachers[min(1, len(t.teachers)):] {
		if n == 3 {
			break
		}
		if _, err := s.Ask(ctx, m.Actor, id, "Mamy w klasie cztery osoby z Ukrainy."); err != nil {
			return err
		}
	}
	return nil
}

// topicsOf is a list of one topic, or of none.
func topicsOf(id string) []string {
	if id == "" {
		return nil
	}
	return []string{id}
}
