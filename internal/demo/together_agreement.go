package demo

import (
	"context"

	"kladka/internal/access"
	"kladka/internal/agreements"
	"kladka/internal/agreements/ledger"
)

// The framework agreement of the association and the center: its day, and what
// the baseline of its outcomes is.
const (
	agreedOn     = "2022-10-27"
	baselineYear = 2022
)

// Ids of what stands under the agreement, in their places.
const (
	frameworkNo = 1
	detailNo    = 2
	partiesNo   = 10 // and 11
	areasNo     = 20 // area 1 is 21
	detailAreas = 30
)

var framework, detailed = agreements.ID(fixed(frameworkNo)), agreements.ID(fixed(detailNo))

// The areas by what they are about; the numbers are those of agreedAreas.
const (
	areaAdvice = 1 + iota
	areaEvents
	areaDiagnosis
	areaPractices
	areaMaterials
	areaPromotion
	areaFunds
)

func areaID(no int) string { return fixed(areasNo + no) }

// agreedAreas are the seven areas of the agreement of 27 October 2022 between the
// Kraków Metropolis Association and its training center, as the association's
// note of 15 November 2022 names them. What stands below each is invented.
func agreedAreas() []agreements.Area {
	list := []agreements.Area{
		{Title: "Wsparcie merytoryczne i eksperckie w opracowywaniu programów spotkań dla sektora oświaty", Words: "Ekspertki i eksperci ośrodka czytają szkic programu, piszą uwagi, wskazują osoby prowadzące."},
		{Title: "Organizacja i wsparcie wydarzeń dotyczących oświaty i edukacji", Words: "W szczególności konferencje i szkolenia dla gmin członkowskich."},
		{Title: "Diagnozowanie potrzeb i przygotowywanie oferty adekwatnej do potrzeb szkoleniowych samorządów", Words: "Strony razem pytają gminy i szkoły, czego im trzeba, i odpowiadają ofertą na miarę swoich możliwości."},
		{Title: "Wymiana informacji o dobrych praktykach i ich upowszechnianie", Words: "Szkoły pokazują, co u nich działa, a strony pomagają to przenieść dalej."},
		{Title: "Upowszechnianie materiałów edukacyjnych", Words: "Opracowania, które powstają wspólnie, są dostępne dla wszystkich."},
		{Title: "Wzajemne upowszechnianie i promowanie oferty i działań", Words: "Każda ze stron mówi o działaniach i ofercie drugiej."},
		{Title: "Starania o fundusze na projekty partnerskie", Words: "Wspólne wnioski o dofinansowanie i wspólne rozliczenia."},
	}
	for n := range list {
		list[n].ID = areaID(n + 1)
	}
	return list
}

// agree writes the framework agreement, and a detailed one under it.
func (t *together) agree(ctx context.Context) error {
	t.since("2022-11-15")
	parties := func(no int) []agreements.Party {
		return []agreements.Party{
			{ID: fixed(no), Name: t.association.Name, Association: true,
				Ours: "bezpośredni kontakt z instytucjami zarządzającymi oświatą\ndoświadczenie w pracy z samorządami, znajomość ich specyfiki i potrzeb\nponadlokalna skala działalności"},
			{ID: fixed(no + 1), Name: t.nameOf(t.at), Institution: t.at,
				Ours: "regionalna perspektywa wsparcia instytucji i kadr oświaty\nzasoby eksperckie\ndoświadczenie w bezpośrednim wsparciu instytucji i kadr oświaty"},
		}
	}
	signs := []agreements.Signatory{{Party: 1, Name: "Teodor Flisacki", Function: "Dyrektor Biura Stowarzyszenia"}, {Party: 2, Name: "dr Leon Przęśliński", Function: "Dyrektor Ośrodka"}}
	if _, err := t.back.agreements.Add(ctx, t.boss, agreements.Whole{
		Agreement: agreements.Agreement{ID: framework, Kind: agreements.Framework, State: agreements.InForce, Title: "Porozumienie o współpracy na rzecz oświaty z 27 października 2022 r.", Number: "1/2022",
			Words: "Celem współpracy jest wspieranie rozwoju oświaty i edukacji w gminach członkowskich. Porozumienie jest ramowe: wskazuje obszary, a szczegółowy zakres i formy wypracowuje Forum Edukacji.",
			Source: "Obszary i oczekiwane efekty według informacji Stowarzyszenia Metropolia Krakowska z 15 listopada 2022 r. o porozumieniu z Małopolskim Centrum Doskonalenia Nauczycieli; " +
				"podpisany tekst mają strony. Nazwy stron, osoby i wszystko, co stoi pod obszarami, są w tej demonstracji zmyślone.",
			SignedOn: agreedOn, ValidFrom: agreedOn},
		Parties: parties(partiesNo), Signatories: signs, Areas: agreedAreas(),
		Outcomes: []agreements.Outcome{
			{Words: "Większa liczba osób uczących, kierujących szkołami i placówkami oraz zarządzających oświatą korzysta z wysokiej jakości oferty szkoleniowej, dostosowanej do bieżących potrzeb gmin.", Baseline: baselineYear},
			{Words: "Wysoki poziom merytoryczny spotkań Forum Edukacji przekłada się na wysokiej jakości efekty pracy.", Group: ledger.Managers, Baseline: baselineYear, Area: areaID(areaAdvice)},
			{Words: "Plan podnoszenia jakości kształcenia i zarządzania oświatą, oparty na rzetelnej diagnozie i wypracowany z ekspertami, jest skutecznym instrumentem interwencji.", Baseline: baselineYear, Area: areaID(areaDiagnosis)},
		},
		Annexes: []agreements.Annex{{SignedOn: "2024-03-12", HoldsFrom: "2024-04-01",
			Words: "Aneks nr 1: do wymiany dobrych praktyk należą także sieci współpracy, które prowadzi ośrodek; strony potwierdzają zestawienie za każdy rok szkolny do 31 października."}},
	}); err != nil {
		return err
	}
	t.since("2024-01-15")
	_, err := t.back.agreements.Add(ctx, t.boss, agreements.Whole{
		Agreement: agreements.Agreement{ID: detailed, Kind: agreements.Detailed, Under: framework, State: agreements.InForce, Title: "Porozumienie szczegółowe: program spotkań Forum Edukacji", Number: "1/2024",
			Words:    "Ośrodek opiniuje program każdego Forum i wskazuje osobę, która poprowadzi część warsztatową. Stowarzyszenie zapewnia salę i zaprasza delegatów gmin.",
			Source:   "Treść zmyślona na potrzeby demonstracji.",
			SignedOn: "2024-01-10", ValidFrom: "2024-01-10", ValidTo: t.on(75)},
		Parties: parties(partiesNo + 2), Signatories: signs,
		Areas: []agreements.Area{{ID: fixed(detailAreas + 1), Title: "Opinie o programach Forum"}, {ID: fixed(detailAreas + 2), Title: "Część warsztatowa Forum"}},
	})
	return err
}

// arrangement is an executive arrangement and where it came to.
type arrangement struct {
	area      int
	title     string
	words     string
	owner     access.InstitutionID
	money     int64 // grosze
	made, due int   // days ago; below zero it is to come
	began     int   // days ago, 0 for not yet
	done      int   // days ago, 0 for not yet
	came      string
}

// arrange lets the parties arrange who does what, and ask each other for experts.
func (t *together) arrange(ctx context.Context) error {
	for _, g := range []arrangement{
		{areaMaterials, "Poradnik „Ocenianie, które pomaga się uczyć”", "Dwadzieścia stron, wersja do druku i dostępny plik.", t.at, 1_850_000, 120, 35, 100, 33,
			"Poradnik jest gotowy: 20 stron, wydrukowano 600 egzemplarzy, plik pobrano 1 140 razy."},
		{areaFunds, "Wspólny wniosek o środki na doradztwo zawodowe", "Stowarzyszenie pisze wniosek, ośrodek wkład merytoryczny.", t.association.ID, 24_000_000, 70, -40, 50, 0, ""},
		{areaPromotion, "Wspólna zakładka z ofertą na stronach obu stron", "", t.at, 0, 60, 6, 0, 0, ""},
		{areaDiagnosis, "Rozmowy o potrzebach w pięciu najmniejszych gminach", "Doradczynie ośrodka jeżdżą do gmin, które mają po kilka szkół.", t.at, 320_000, 20, -90, 0, 0, ""},
	} {
		t.ago(g.made)
		id, err := t.back.agreements.Arrange(ctx, t.boss, framework, agreements.Arrangement{Area: areaID(g.area), Title: g.title, Words: g.words, Owner: g.owner, Due: t.on(-g.due), Money: g.money})
		if err != nil {
			return err
		}
		revision := int64(1)
		move := func(days int, e agreements.Ending) error {
			if days == 0 {
				return nil
			}
			t.ago(days)
			revision++
			return t.back.agreements.Move(ctx, t.boss, framework, id, revision-1, e)
		}
		if err := move(g.began, agreements.Ending{State: agreements.InProgress}); err != nil {
			return err
		}
		if err := move(g.done, agreements.Ending{State: agreements.Done, On: t.on(-g.done), Words: g.came}); err != nil {
			return err
		}
	}
	return t.askExperts(ctx)
}

// askExperts has the association ask the center for experts: one was given, one
// waits for the answer.
func (t *together) askExperts(ctx context.Context) error {
	ask := agreements.Request{Area: areaID(areaAdvice), From: fixed(partiesNo), To: fixed(partiesNo + 1),
		Topic: "Edukacja włączająca w małej szkole", Occasion: "Forum Edukacji, część warsztatowa", AnswerBy: t.on(-50)}
	t.ago(64)
	id, err := t.back.agreements.AskExpert(ctx, t.boss, framework, ask)
	if err != nil {
		return err
	}
	t.ago(55)
	if err := t.back.agreements.AnswerRequest(ctx, t.director, framework, id,
		agreements.Reply{Yes: true, Expert: "dr Barbara Nadbrzeżna", ExpertFrom: t.nameOf(t.at)}); err != nil {
		return err
	}
	ask.Topic, ask.Occasion, ask.AnswerBy = "Sztuczna inteligencja w pracy szkoły", "Planowane Forum Edukacji", t.on(9)
	_, err = t.more.Agreements.AskExpert(ctx, t.boss, framework, ask)
	return err
}
