package budget

import (
	"strconv"
	"strings"
	"time"

	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// Template is a ready set of rules to begin with. Nothing in it is promised:
// whoever runs the edition reads it, mends it and publishes it.
type Template struct {
	Key   string // of its texts: "budget.template." and the key
	Kind  Kind
	Rules func(year int) Rules
}

// Templates are all templates. Numbers of rules of single cities are those of
// one edition; each carries the words of its source, and what was not found in
// any source is an open point instead of a guess. Amounts of pools that were not
// found are 0 and have to be typed.
func Templates() []Template {
	return []Template{
		{"school", School, schoolRules},
		{"krakow_2026", City, krakow2026},
		{"krakow_2025", City, krakow2025},
		{"wieliczka", City, wieliczka},
		{"empty", Custom, emptyRules},
	}
}

// unsureOf are the parts of a draft that still carry a template's own doubt about their
// legal source, as fields of the settings. Everybody would read the doubt once the draft
// is public; it keeps nobody from publishing.
func (e Edition) unsureOf() (list []fault.Field) {
	doubt := strings.Trim(unsure, " ()")
	if e.State != Draft {
		return nil
	}
	if strings.Contains(e.Rules.Basis, doubt) {
		list = append(list, fault.Field{Name: "podstawa"})
	}
	for n, note := range e.Rules.Notes {
		if strings.Contains(note.Words, doubt) {
			list = append(list, fault.Field{Name: noteField(n), Key: note.About})
		}
	}
	return list
}

// templateOf finds a template; false when there is none of that key.
func templateOf(key string) (Template, bool) {
	for _, t := range Templates() {
		if t.Key == key {
			return t, true
		}
	}
	return Template{}, false
}

// yearAhead is the first year in which the filing of a template has not begun: an
// edition that is made now and published as it is can still take projects.
func (t Template) yearAhead(now time.Time) int {
	year := now.In(web.Warsaw).Year()
	if now.Before(dayStart(t.Rules(year).Calendar.FilingFrom)) {
		return year
	}
	return year + 1
}

const (
	zl          = 100 // grosze
	unsure      = " (podstawa do sprawdzenia)"
	lotHow      = "Kolejność na karcie i losowanie przy remisie wynikają z jednego ziarna, które program losuje i ogłasza przed głosowaniem: projekty stoją w kolejności skrótów SHA-256 z ziarna, bajtu zerowego i identyfikatora projektu. Każda osoba może powtórzyć to losowanie."
	art5a       = "art. 5a ustawy z dnia 8 marca 1990 r. o samorządzie gminnym" + unsure
	greedy      = "greedy"
	mes         = "mes"
	points      = "points"
	byCost      = "cost"
	cardinality = "cardinality"
	add1        = "add1"
	exact       = "exact"
	noMore      = "none"
	tieFair     = "first,votes,lot"
)

// podium is the ballot of Kraków: exactly three projects, which get 3, 2 and 1
// points.
func podium() BallotRules {
	return BallotRules{Type: Ranked, Min: 3, Max: 3, Points: []int{3, 2, 1}}
}

// byPoints is the count of Kraków: the most points first, what does not fit is
// left out and the next one is tried.
func byPoints() CountRules {
	return CountRules{Rule: greedy, Utility: points, Completion: noMore, Step: 1, Start: exact, Ties: tieFair}
}

// krakowPools are the pool of the city and those of the eighteen districts.
func krakowPools(city, least, most, leastOfDistrict int64) []Pool {
	pools := []Pool{{Kind: OfCity, Name: "Cały Kraków", Area: "Kraków", Budget: city, MinCost: least, MaxCost: most}}
	for n, name := range []string{"I Stare Miasto", "II Grzegórzki", "III Prądnik Czerwony", "IV Prądnik Biały", "V Krowodrza", "VI Bronowice", "VII Zwierzyniec",
		"VIII Dębniki", "IX Łagiewniki-Borek Fałęcki", "X Swoszowice", "XI Podgórze Duchackie", "XII Bieżanów-Prokocim", "XIII Podgórze", "XIV Czyżyny",
		"XV Mistrzejowice", "XVI Bieńczyce", "XVII Wzgórza Krzesławickie", "XVIII Nowa Huta"} {
		pools = append(pools, Pool{Kind: OfDistrict, Name: "Dzielnica " + name, Area: strconv.Itoa(n + 1), MinCost: leastOfDistrict})
	}
	return drawnUp(pools, podium(), byPoints())
}

// noVotes is why a project that nobody voted for does not win, even if there is
// money left. No source says so of any city; templates assume it openly.
const noVotes = "Progu liczby głosów nie odnaleziono; wpisano 1: projekt bez żadnego głosu nie wygrywa."

// drawnUp gives pools their ids and numbers, and all of them one ballot, one count
// and the least threshold.
func drawnUp(pools []Pool, b BallotRules, c CountRules) []Pool {
	for n := range pools {
		pools[n].ID, pools[n].No, pools[n].Ballot, pools[n].Count, pools[n].LeastVotes = PoolID(newID()), n+1, b, c, 1
	}
	return pools
}

// krakow2025 is edition 12: domain brief, section 5.
func krakow2025(year int) Rules {
	return Rules{
		Basis: "Regulamin Budżetu Obywatelskiego Miasta Krakowa, edycja 12; " + art5a,
		Who:   Who{Sources: []Source{Roll, Desk}, ProposeAge: 0, Residence: "mieszka w Krakowie, bez względu na wiek i zameldowanie"},
		Pools: krakowPools(0, 25_000*zl, 2_000_000*zl, 2_500*zl), Signatures: 15, SignatureDays: 10, ProtestDays: 10, Paper: true, NoTwins: true, Lot: lotHow,
		Notes: []Note{
			{"signatures", "15 podpisów w 10 dni od złożenia: § 8 regulaminu z 2024 r." + unsure},
			{"protest_days", "protest w 10 dni od ogłoszenia decyzji; opinia Rady Budżetu, rozstrzyga prezydent" + unsure},
			{"cost", "ogólnomiejskie 25 000–2 000 000 zł, dzielnicowe od 2 500 zł" + unsure},
			{"ballot", "dokładnie 3 projekty w każdej puli, punkty 3, 2 i 1; inaczej głos jest nieważny"},
			{"who", "głosują wszyscy mieszkający w Krakowie, bez względu na wiek i zameldowanie"},
		},
		OpenPoints: []Point{
			{"2025-10-01", "Górna granica kosztu projektu dzielnicowego: około 40% puli, wyliczone z dwóch dzielnic; przepisu nie odnaleziono."},
			{"2025-10-01", "Wiek osób, które mogą zgłaszać projekty: dawniej od 16 lat, dzisiejszego progu nie odnaleziono."},
			{"2025-10-01", "Kolejność rozstrzygania remisów: do danych pasuje liczba pierwszych miejsc, przepisu nie odnaleziono."},
			{"2025-10-01", "Kwoty pul poszczególnych dzielnic trzeba wpisać z uchwały."},
			{"2025-10-01", noVotes},
		},
		Calendar: calendarOf(year, [][2]int{{2, 17}, {3, 18}, {5, 26}, {7, 15}, {8, 29}, {9, 5}}, wholeDays([2]int{9, 12}, [2]int{9, 29}), [2]int{11, 14}),
	}
}

// krakow2026 is edition 13, as far as it is known.
func krakow2026(year int) Rules {
	r := krakow2025(year)
	r.Basis = "Regulamin Budżetu Obywatelskiego Miasta Krakowa, edycja 13; " + art5a
	r.Pools[0].Budget, r.Pools[0].MinCost = 10_800_000*zl, 50_000*zl
	for n := range r.Pools[1:] {
		r.Pools[n+1].MinCost = 10_000 * zl
	}
	r.Notes = []Note{
		{"money", "54 mln zł: 10,8 mln zł na całe miasto (20%) i 43,2 mln zł na dzielnice"},
		{"cost", "od 50 000 zł (miasto) i 10 000 zł (dzielnice): wartości z konsultacji" + unsure},
		{"signatures", "15 podpisów w 10 dni od złożenia: § 8 regulaminu z 2024 r." + unsure},
		{"protest_days", "protest w 10 dni od ogłoszenia decyzji: edycja 12" + unsure},
		{"twins", "ten sam projekt nie może stać w puli miasta i dzielnicy"},
		{"calendar", "zgłaszanie 16 lutego–17 marca, weryfikacja do 25 maja, głosowanie 11–28 września, wyniki do 13 listopada 2026 r."},
	}
	r.OpenPoints = []Point{
		{"2026-01-15", "Zapowiedziano „większą elastyczność w oddawaniu głosów”. Reguły ważności głosu nie odnaleziono; wpisano regułę edycji 12 (dokładnie 3 projekty, punkty 3, 2 i 1)."},
		{"2026-01-15", "Podział 43,2 mln zł między dzielnice: kwoty trzeba wpisać z uchwały."},
		{"2026-01-15", "Górna granica kosztu projektu ogólnomiejskiego i dzielnicowego: wpisano wartość edycji 12 dla miasta."},
		{"2026-01-15", "Godziny rozpoczęcia i zakończenia głosowania: wpisano północ."},
		{"2026-01-15", "Dni ogłoszenia list, rozpatrzenia protestów i losowania kolejności: wpisano dni wzorowane na edycji 12."},
		{"2026-01-15", "Wiek osób, które mogą zgłaszać projekty, oraz kolejność rozstrzygania remisów."},
		{"2026-01-15", noVotes},
	}
	r.Calendar = calendarOf(year, [][2]int{{2, 16}, {3, 17}, {5, 25}, {7, 15}, {8, 28}, {9, 4}}, wholeDays([2]int{9, 11}, [2]int{9, 28}), [2]int{11, 13})
	return r
}

// wieliczka is the "Green Million" of 2023: approval ballots counted by equal
// shares.
func wieliczka(year int) Rules {
	count := CountRules{Rule: mes, Utility: byCost, Completion: add1, Step: 1, Start: exact, Ties: "cost,votes,lot"}
	return Rules{
		Basis: "Regulamin „Zielonego Miliona” gminy Wieliczka, 2023; " + art5a,
		Who:   Who{Sources: []Source{Roll, Desk}, Residence: "mieszka w gminie Wieliczka"},
		Pools: drawnUp([]Pool{{Kind: OfCity, Name: "Zielony Milion", Area: "Wieliczka", Budget: 1_000_000 * zl}}, BallotRules{Type: Approval, Min: 1}, count),
		Paper: true, NoTwins: true, ProtestDays: 10, Lot: lotHow,
		Notes: []Note{
			{"count", "metoda równych udziałów; udział każdej osoby rośnie po złotówce, dopóki wydatki mieszczą się w puli"},
			{"money", "1 000 000 zł w 2023 r."},
			{"ties", "tańszy projekt, potem więcej głosów, potem los ustalony przed liczeniem"},
		},
		OpenPoints: []Point{
			{"2023-04-26", "Granice kosztu jednego projektu, wiek i liczba podpisów: nie odnaleziono."},
			{"2023-04-26", "Najwyższa liczba projektów na karcie: nie odnaleziono, karta nie ma granicy."},
			{"2023-04-26", "Termin protestu: wpisano 10 dni, jak w Krakowie."},
			{"2023-04-26", noVotes},
		},
		Calendar: calendarOf(year, [][2]int{{1, 9}, {2, 6}, {3, 10}, {3, 24}, {3, 24}, {3, 31}}, wholeDays([2]int{4, 14}, [2]int{4, 26}), [2]int{5, 12}),
	}
}

// schoolRules are a school's budget in eight steps: promotion, filing,
// verification, list, drawing, campaign, vote, results.
func schoolRules(year int) Rules {
	const custom = "zwyczaj szkolnych budżetów: pula 3 000–10 000 zł, projekt do 2 500–3 000 zł, 10 podpisów" + unsure
	return Rules{
		Basis: "Regulamin szkolnego budżetu obywatelskiego, przyjęty przez dyrekcję szkoły w porozumieniu z samorządem uczniowskim" + unsure,
		Who:   Who{Sources: []Source{Roster, Slips}, Residence: "uczy się w tej szkole"}, // slips vote; the roster says to whom one is handed
		Pools: drawnUp([]Pool{{Kind: OfSchool, Name: "Budżet szkoły", Budget: 5_000 * zl, MaxCost: 3_000 * zl}},
			BallotRules{Type: Approval, Min: 1, Max: 3}, CountRules{Rule: greedy, Utility: points, Completion: noMore, Step: 1, Start: exact, Ties: "cost,lot"}),
		Signatures: 10, SignatureDays: 14, ProtestDays: 7, NoTwins: true, Lot: lotHow,
		Notes: []Note{
			{"money", custom},
			{"cost", custom},
			{"signatures", custom},
			{"protest_days", "regulamin szkoły" + unsure},
		},
		Calendar: calendarOf(year, [][2]int{{10, 5}, {10, 23}, {11, 6}, {11, 13}, {11, 13}, {11, 16}}, [2][3]int{{11, 24, 8}, {11, 26, 15}}, [2]int{11, 27}),
	}
}

// emptyRules have everything still to be said.
func emptyRules(year int) Rules {
	r := schoolRules(year)
	r.Basis, r.Notes, r.Who = "", nil, Who{Sources: []Source{Roll}}
	r.Pools[0].Kind, r.Pools[0].Name, r.Pools[0].Budget, r.Pools[0].MaxCost = OfArea, "", 0, 0
	r.Signatures, r.SignatureDays, r.ProtestDays = 0, 0, 0
	return r
}

// wholeDays are hours of voting from the midnight before one day to the midnight
// after another.
func wholeDays(from, to [2]int) [2][3]int {
	return [2][3]int{{from[0], from[1], 0}, {to[0], to[1], 24}}
}

// calendarOf makes the calendar of a year from days as {month, day}: filing from
// and to, end of checks, of protests, of withdrawal, drawing; then the first and
// the last instant of the vote as {month, day, hour}, and the day of the results.
// Objections run two weeks, delivery ends with the next year.
func calendarOf(year int, days [][2]int, vote [2][3]int, results [2]int) Calendar {
	day := func(md [2]int) string {
		return time.Date(year, time.Month(md[0]), md[1], 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
	}
	instant := func(mdh [3]int) int64 {
		return time.Date(year, time.Month(mdh[0]), mdh[1], mdh[2], 0, 0, 0, web.Warsaw).Unix()
	}
	return Calendar{FilingFrom: day(days[0]), FilingTo: day(days[1]), CheckTo: day(days[2]), ProtestTo: day(days[3]),
		WithdrawTo: day(days[4]), DrawOn: day(days[5]), VoteFrom: instant(vote[0]), VoteTo: instant(vote[1]),
		ResultsBy: day(results), ObjectTo: day([2]int{results[0], results[1] + 14}), DeliveryBy: strconv.Itoa(year+1) + "-12-31"}
}
