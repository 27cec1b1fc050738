package demo

import (
	"context"
	"fmt"
	"time"

	"kladka/internal/agreements/ledger"
	"kladka/internal/platform/web"
)

// mapEvidence writes the rules by which evidence finds its area and its action.
// They are read from the top; the first that is met decides.
func (t *together) mapEvidence(ctx context.Context) error {
	t.since(agreedOn)
	career := t.subject("Doradztwo zaw")
	rules := []ledger.Rule{
		{Kind: "consultation", Area: areaID(areaAdvice), Action: t.codes[actionForum]},
		{Kind: "need", Area: areaID(areaDiagnosis), Action: t.codes[actionOffer]},
		{Kind: "meeting", Form: "forum", Area: areaID(areaEvents), Action: t.codes[actionForum]},
		{Kind: "network.meeting", Area: areaID(areaPractices), Action: t.codes[actionNetworks]},
		{Kind: "training", Form: "workshop", Area: areaID(areaDiagnosis), Action: t.codes[actionOffer]},
		{Kind: "training", Topic: career, Area: areaID(areaEvents), Action: t.codes[actionCareer]},
		{Kind: "training", Area: areaID(areaEvents), Action: t.codes[actionOffer]},
	}
	if career == "" {
		rules = append(rules[:4], rules[5])
	}
	_, err := t.back.ledger.SaveRules(ctx, t.boss, ledger.RuleSet{ValidFrom: agreedOn,
		Words: "Pierwsze przyporządkowanie, od dnia podpisania porozumienia ramowego.", Rules: rules})
	if err != nil {
		return err
	}
	return t.markTrainings(ctx)
}

// markTrainings marks two of the lessons that are over as joint; the others stay
// beside the agreement, as its background.
func (t *together) markTrainings(ctx context.Context) error {
	for _, n := range []int{voiceLesson, voiceLesson + 1} {
		if err := t.joint(ctx, ledger.Ref{Kind: "training", ID: fmt.Sprintf("01900000-0000-7000-8001-%012d", n)}); err != nil {
			return err
		}
	}
	return nil
}

// joint marks an activity as common work from the day of the agreement.
func (t *together) joint(ctx context.Context, ref ledger.Ref) error {
	return t.more.Agreements.MarkJoint(ctx, t.director, framework, ref, agreedOn)
}

// event is something that happened outside Kładka, as it is typed in later.
type event struct {
	day    string
	area   int
	form   string
	title  string
	source string
	people map[ledger.Group]int
	hours  int64 // lesson hours of each person
	money  int64
	topic  string // how a topic of the vocabulary begins
}

// inclusionTopic is how the topic of the plan's first theme begins.
const inclusionTopic = "Edukacja włącz"

// typed are the invented events of the years before Kładka.
func typed() []event {
	some := func(teachers, heads, managers int) map[ledger.Group]int {
		return map[ledger.Group]int{ledger.Teachers: teachers, ledger.Heads: heads, ledger.Managers: managers}
	}
	return []event{
		{"2022-11-24", areaEvents, "conference", "Konferencja otwierająca współpracę", "lista obecności, 24 listopada 2022", some(46, 31, 22), 6, 0, ""},
		{"2023-02-09", areaAdvice, "other", "Konsultacje programu lutowego Forum", "notatka ośrodka", some(0, 0, 5), 4, 0, ""},
		{"2023-04-18", areaDiagnosis, "other", "Ankieta tematów Forum i rozmowy z gminami", "zestawienie odpowiedzi", some(0, 12, 15), 1, 0, ""},
		{"2023-06-05", areaPromotion, "other", "Oferta ośrodka w biuletynie stowarzyszenia", "biuletyn nr 2/2023", nil, 0, 0, ""},
		{"2023-10-19", areaEvents, "conference", "Konferencja „Szkoła, która włącza”", "lista obecności, 19 października 2023", some(88, 35, 18), 7, 1_240_000, inclusionTopic},
		{"2023-11-30", areaMaterials, "other", "Zeszyt „Dziesięć lekcji o współpracy”", "strona redakcyjna zeszytu", nil, 0, 960_000, ""},
		{"2024-01-25", areaPractices, "meeting", "Pokaz dobrych praktyk w szkole w Wieliczce", "lista obecności", some(41, 9, 4), 4, 0, ""},
		{"2024-03-15", areaFunds, "other", "Wniosek o środki na szkolenia z edukacji włączającej", "potwierdzenie złożenia wniosku", nil, 0, 31_500_000, inclusionTopic},
		{"2024-11-14", areaEvents, "seminar", "Seminarium „Dane w zarządzaniu oświatą”", "lista obecności", some(6, 28, 26), 5, 0, ""},
		{"2025-02-20", areaPractices, "workshop", "Warsztat wymiany materiałów do godzin wychowawczych", "lista obecności", some(52, 3, 0), 4, 0, ""},
		{"2025-03-06", areaDiagnosis, "other", "Wspólna diagnoza potrzeb gmin", "zestawienie rozmów w czternastu gminach", some(0, 17, 14), 2, 0, ""},
		{"2025-04-03", areaAdvice, "other", "Opinia ośrodka o programie kwietniowego Forum", "pismo ośrodka", some(0, 0, 3), 6, 0, ""},
		{"2025-05-28", areaMaterials, "other", "Przewodnik po doradztwie zawodowym w gminach", "plik na stronie stowarzyszenia", nil, 0, 720_000, ""},
		{"2025-10-23", areaEvents, "conference", "Konferencja „Szkoła blisko domu”", "lista obecności, 23 października 2025", some(61, 34, 29), 6, 980_000, inclusionTopic},
		{"2026-02-12", areaPromotion, "other", "Wspólny numer biuletynu o ofercie szkoleń", "biuletyn nr 1/2026", nil, 0, 0, ""},
		{"2026-03-19", areaPractices, "meeting", "Wizyty studyjne w trzech szkołach", "listy obecności", some(18, 14, 9), 5, 0, ""},
	}
}

// forgotten was typed in after the association had confirmed its year.
func forgotten() event {
	return event{"2024-05-16", areaPromotion, "other", "Stoisko obu stron na targach edukacyjnych", "zdjęcia i rozliczenie stoiska", nil, 0, 180_000, ""}
}

// confirmedYear is the school year that both parties confirmed.
const confirmedYear = 2023

// lookBack types in the years before Kładka and has a year of them confirmed: by
// the association before something that was forgotten came in, by the center after.
func (t *together) lookBack(ctx context.Context) error {
	for _, e := range typed() {
		if err := t.typeIn(ctx, e); err != nil {
			return err
		}
	}
	if err := t.confirm(ctx, "2024-09-20", true); err != nil {
		return err
	}
	if err := t.typeIn(ctx, forgotten()); err != nil {
		return err
	}
	return t.confirm(ctx, "2024-10-14", false)
}

func (t *together) confirm(ctx context.Context, day string, first bool) error {
	t.since(day)
	who, party, words := t.director, fixed(partiesNo+1), "Liczby zgadzają się z naszymi listami obecności."
	if first {
		who, party, words = t.boss, fixed(partiesNo), ""
	}
	seen, err := t.back.agreements.Seen(ctx, who, framework, confirmedYear)
	if err != nil {
		return err
	}
	return t.back.agreements.Confirm(ctx, who, framework, party, confirmedYear, seen, words)
}

// typeIn enters an event by hand, those of most groups from two municipalities,
// and marks it as joint.
func (t *together) typeIn(ctx context.Context, e event) error {
	on, err := time.ParseInLocation(time.DateOnly, e.day, web.Warsaw)
	if err != nil {
		return err
	}
	t.past = on.AddDate(0, 0, 14).Add(11 * time.Hour)
	numbers := t.numbers(e)
	entry := ledger.Entry{Title: e.title, Words: e.source, Form: e.form, Area: areaID(e.area), Action: t.actionOf(e), Institution: t.association.ID, On: e.day, Numbers: numbers[0]}
	if e.topic != "" {
		entry.Topics = topicsOf(t.subject(e.topic))
	}
	ref, err := t.back.ledger.AddHand(ctx, t.boss, entry, "")
	if err != nil {
		return err
	}
	for _, n := range numbers[1:] {
		if err := t.back.ledger.AddNumbers(ctx, t.boss, ref.ID, n); err != nil {
			return err
		}
	}
	return t.back.agreements.MarkJoint(ctx, t.boss, framework, ref, e.day)
}

// actionOf is the action of the plan that an event was for, as long as there was
// a plan.
func (t *together) actionOf(e event) string {
	if e.day < planBegins {
		return ""
	}
	return t.codes[map[int]string{areaFunds: actionFunds, areaAdvice: actionForum, areaEvents: actionOffer, areaPractices: actionOffer}[e.area]]
}

// numbers are an event's people, one of three from the second municipality; an
// event without people has its money alone.
func (t *together) numbers(e event) (list []ledger.Numbers) {
	for _, g := range ledger.Groups() {
		far := e.people[g] / 3
		for _, from := range []struct {
			town   string
			people int
		}{{krakowKey, e.people[g] - far}, {wieliczkaKey, far}} {
			if from.people > 0 {
				list = append(list, ledger.Numbers{Town: from.town, Group: g, People: from.people, Minutes: int64(from.people) * e.hours * 45})
			}
		}
	}
	if len(list) == 0 {
		list = []ledger.Numbers{{Group: ledger.Others}}
	}
	list[0].Money = e.money
	return list
}
