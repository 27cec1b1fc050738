package demo

import "kladka/internal/budget"

// What people would do with the money. Prices are about those of shops and of
// offices' orders; nothing here was ever filed anywhere.

const (
	fromShop  = "oferta sklepu"
	fromOffer = "oferta z zapytania"
	fromList  = "cennik edycji"
	fromOrder = "zamówienie urzędu z ubiegłego roku"
)

// schoolIdeasBefore are those of last year.
func schoolIdeasBefore() []idea {
	return []idea{
		{title: "Kącik gier planszowych w świetlicy", words: "Dwie szafki, sześć krzeseł i gry na różny wiek. Po lekcjach dyżurują klasy siódme.", place: "świetlica, parter", category: "culture", day: 2, circle: indoors, love: 30,
			costs: []cost{{"gry planszowe, 24 tytuły", 1680, fromShop}, {"szafka zamykana, 2 sztuki", 820, fromShop}}},
		{title: "Szklarnia przy sali biologicznej", words: "Mała szklarnia z poliwęglanu: pomidory, zioła i doświadczenia na lekcjach przyrody.", place: "trawnik od strony sali 14", category: "environment", day: 3, circle: indoors, love: 24,
			costs: []cost{{"szklarnia 6 m²", 2190, fromShop}, {"ziemia, donice, konewki", 460, fromShop}}},
		{title: "Warsztaty bębniarskie", words: "Osiem spotkań w małych grupach i koncert na zakończenie roku.", place: "sala muzyczna", category: "culture", day: 4, circle: outdoors, love: 17,
			costs: []cost{{"prowadzenie 8 spotkań", 1600, fromOffer}, {"wypożyczenie 15 bębnów", 700, fromOffer}}},
		{title: "Stojaki na hulajnogi i rowery", words: "Hulajnogi leżą dziś przy wejściu. Dwanaście miejsc przypięcia, pod daszkiem.", place: "przy wejściu głównym", category: "safety", day: 5, circle: outdoors, love: 27,
			costs: []cost{{"stojak, 6 sztuk", 2100, fromShop}, {"montaż", 480, fromOffer}}},
		{title: "Stół do ping-ponga na boisku", words: "Betonowy, nie boi się deszczu. Rakietki do wypożyczenia w bibliotece.", place: "boisko, przy płocie", category: "sport", day: 6, circle: outdoors, love: 33,
			costs: []cost{{"stół betonowy z dostawą", 2690, fromShop}, {"rakietki i piłki", 210, fromShop}}},
		{title: "Cichy pokój na przerwie", words: "Pufy, zasłony i zasada: tu się nie krzyczy. Dla tych, którym na korytarzu jest za głośno.", place: "sala 3a", category: "health", day: 7, circle: indoors, love: 21,
			costs: []cost{{"pufy, 6 sztuk", 840, fromShop}, {"zasłony i panele tłumiące", 1020, fromShop}}},
		{title: "Komiksy i mangi do biblioteki", words: "Lista pięćdziesięciu pięciu tytułów, którą ułożył klub czytelniczy.", place: "biblioteka", category: "education", day: 8, circle: indoors, love: 25,
			costs: []cost{{"komiksy, 55 tomów", 1590, fromShop}}},
		{title: "Mural o naszej dzielnicy", words: "Ścianę przy szatni pomalujemy sami, z pomocą ilustratorki.", place: "korytarz przy szatni", category: "culture", day: 9, love: 14,
			costs: []cost{{"opieka ilustratorki, 4 dni", 1800, fromOffer}, {"farby i folie", 640, fromShop}}},
		{title: "Suszarki do rąk w łazienkach", words: "Mniej papieru, mniej śmieci. Trzy łazienki na piętrach.", place: "łazienki, piętra 1 i 2", category: "environment", day: 10, love: 9,
			costs: []cost{{"suszarka, 3 sztuki", 1950, fromShop}, {"podłączenie", 600, fromOffer}}},
		{title: "Tyrolka z dachu na boisko", words: "Trzydzieści metrów zjazdu na dużej przerwie.", place: "dach sali gimnastycznej", category: "sport", day: 11, fate: denied, code: budget.NotFeasible,
			reason: "Dach nie jest przeznaczony do przebywania ludzi, a liny nie da się zakotwić bez przebudowy.", costs: []cost{{"zestaw do zjazdu", 2900, fromShop}}},
	}
}

// schoolIdeasNow are those of this year.
func schoolIdeasNow() []idea {
	return []idea{
		{title: "Hamaki na patio", words: "Cztery hamaki między słupami altany, z regulaminem i dyżurami klas.", place: "patio", category: "health", day: 1, love: 30,
			costs: []cost{{"hamak z odciągami, 4 sztuki", 1160, fromShop}, {"słup i montaż", 940, fromOffer}}},
		{title: "Poidełko na korytarzu", words: "Woda z kranu do własnych butelek, z filtrem i licznikiem.", place: "korytarz na parterze", category: "environment", day: 2, love: 28,
			costs: []cost{{"poidełko z filtrem", 1890, fromShop}, {"podłączenie wody", 450, fromOffer}}},
		{title: "Nocne czytanie w bibliotece", words: "Dwie noce w roku: książki, śpiwory i spotkanie z autorką.", place: "biblioteka", category: "culture", day: 3, love: 19,
			costs: []cost{{"spotkanie z autorką", 1200, fromOffer}, {"poczęstunek, 2 noce", 500, fromShop}}},
		{title: "Kosze do koszykówki dla młodszych", words: "Niższe kosze, żeby klasy 1–4 też miały gdzie grać.", place: "małe boisko", category: "sport", day: 4, love: 22,
			costs: []cost{{"kosz z regulacją, 2 sztuki", 1780, fromShop}, {"montaż", 620, fromOffer}}},
		{title: "Ogródek ziołowy przy kuchni", words: "Skrzynie z ziołami, które trafią do zup w stołówce.", place: "od podwórza, przy kuchni", category: "environment", day: 5, love: 13,
			costs: []cost{{"skrzynia drewniana, 4 sztuki", 720, fromShop}, {"ziemia i sadzonki", 310, fromShop}}},
		{title: "Studio podcastów", words: "Dwa mikrofony, statywy i wygłuszony kąt w sali informatycznej.", place: "sala 22", category: "education", day: 6, love: 24,
			costs: []cost{{"mikrofon USB, 2 sztuki", 900, fromShop}, {"panele akustyczne", 780, fromShop}, {"statywy i słuchawki", 420, fromShop}}},
		{title: "Pętla indukcyjna w auli", words: "Żeby osoby z aparatami słuchowymi słyszały apele i koncerty.", place: "aula", category: "accessibility", day: 7, love: 15,
			costs: []cost{{"przenośna pętla indukcyjna", 2480, fromShop}}},
		{title: "Automat z kanapkami", words: "Świeże kanapki na długiej przerwie.", place: "hol", category: "other", day: 8, fate: denied, code: budget.OtherReason,
			reason: "Automat stawia firma na podstawie umowy o najem; szkoła nie może go kupić i prowadzić sprzedaży.", costs: []cost{{"wynajem automatu, rok", 2400, fromOffer}}},
	}
}

// cityIdeasBefore are those that were voted about last year.
func cityIdeasBefore() []idea {
	return []idea{
		{title: "Sto drzew na osiedlowe skwery", words: "Lipy, klony i jarzęby tam, gdzie latem nie ma cienia, z trzyletnią pielęgnacją.", place: "dwanaście skwerów wskazanych na mapie", category: "greenery", day: 3, love: 34,
			costs: []cost{{"drzewo z pielęgnacją, 100 sztuk", 185_000, fromList}}},
		{title: "Bezpieczne przejścia przy szkołach", words: "Wyniesione przejścia i doświetlenie przy ośmiu szkołach.", place: "ulice przy ośmiu szkołach", category: "safety", day: 5, love: 31,
			costs: []cost{{"wyniesienie przejścia, 8 miejsc", 248_000, fromOrder}, {"lampy nad przejściem", 96_000, fromOrder}}},
		{title: "Wypożyczalnia rowerów cargo", words: "Dziesięć rowerów do przewozu dzieci i zakupów, przy bibliotekach.", place: "filie biblioteki", category: "roads", day: 8, love: 15,
			costs: []cost{{"rower cargo, 10 sztuk", 170_000, fromOffer}, {"stacje i obsługa, rok", 60_000, fromOffer}}},
		{title: "Letnie kino pod chmurką", words: "Szesnaście seansów na trawie, z audiodeskrypcją i napisami.", place: "park miejski", category: "culture", district: firstDistrict, day: 11, love: 22,
			costs: []cost{{"seans z licencją, 16 sztuk", 128_000, fromOffer}}},
		{title: "Tężnia w parku", words: "Mała tężnia z zadaszonymi ławkami dla osób, którym trudno daleko chodzić.", place: "park miejski, od wschodniego wejścia", category: "health", district: firstDistrict, day: 14, love: 19,
			costs: []cost{{"tężnia z ławkami", 310_000, fromOffer}, {"przyłącza", 58_000, fromOrder}}},
		{title: "Kładka nad potokiem", words: "Skrót dla pieszych i wózków między przychodnią a osiedlem.", place: "potok za przychodnią", category: "roads", district: secondDistrict, day: 17, love: 18, fate: restored, code: budget.NotOwnLand,
			reason: "Zachodni przyczółek stoi na gruncie, którego gmina nie ma.", costs: []cost{{"kładka drewniana z fundamentem", 265_000, fromOffer}}},
		{title: "Ogród deszczowy przy przystanku", words: "Rośliny zbierają wodę, która dziś stoi na chodniku.", place: "przystanek przy rondzie", category: "environment", pool: firstDistrict, day: 4, love: 20,
			costs: []cost{{"ogród deszczowy 60 m²", 48_000, fromOrder}}},
		{title: "Ławki z oparciem co sto metrów", words: "Trzydzieści ławek na trasie do przychodni i na targ.", place: "od osiedla do przychodni", category: "accessibility", pool: firstDistrict, day: 6, love: 27,
			costs: []cost{{"ławka z montażem, 30 sztuk", 72_000, fromList}}},
		{title: "Dziedziniec biblioteki", words: "Stoły, zieleń i czytanie na dworze w miejscu pustego podwórza.", place: "filia biblioteki", category: "culture", pool: firstDistrict, day: 9, love: 24,
			costs: []cost{{"nawierzchnia i zieleń", 64_000, fromOrder}, {"stoły i parasole", 21_000, fromShop}}},
		{title: "Siłownia dla seniorów", words: "Sześć urządzeń niskich, z podparciem, i zajęcia z instruktorką.", place: "skwer przy domu kultury", category: "sport", pool: firstDistrict, day: 12, love: 14,
			costs: []cost{{"urządzenie, 6 sztuk", 66_000, fromOffer}, {"zajęcia, 20 spotkań", 8_000, fromOffer}}},
		{title: "Stojaki rowerowe przy sklepach i przychodni", words: "Czterdzieści miejsc przypięcia w ośmiu miejscach.", place: "osiem miejsc wskazanych na mapie", category: "roads", pool: firstDistrict, day: 19, love: 17,
			costs: []cost{{"stojak z montażem, 20 sztuk", 12_400, fromList}}},
		{title: "Mural na ścianie szkoły", words: "Malują uczennice i uczniowie z ilustratorem; temat wybiorą mieszkańcy.", place: "ściana szkoły od ulicy", category: "culture", pool: firstDistrict, day: 21, love: 9,
			costs: []cost{{"mural 80 m²", 34_000, fromOffer}}},
		{title: "Boisko otwarte po lekcjach", words: "Dyżury animatora i oświetlenie, żeby grać do dwudziestej.", place: "boisko przy szkole", category: "sport", pool: secondDistrict, day: 20, love: 20,
			costs: []cost{{"dyżury animatora, rok", 36_000, fromOffer}, {"oświetlenie", 28_000, fromOrder}}},
		{title: "Szafka na książki do wymiany", words: "Pięć szafek przy przystankach i w przychodni.", place: "pięć miejsc wskazanych na mapie", category: "education", pool: secondDistrict, day: 22, love: 10,
			costs: []cost{{"szafka z montażem, 5 sztuk", 11_500, fromOffer}}},
		{title: "Remont schodów z podjazdem", words: "Schody są strome, wózek trzeba wnosić.", place: "zejście do przystanku", category: "accessibility", pool: secondDistrict, day: 7, love: 23,
			costs: []cost{{"schody i pochylnia", 104_000, fromOrder}}},
		{title: "Plac zabaw z cieniem", words: "Nowe drzewa, żagle nad piaskownicą i huśtawka dla dzieci na wózkach.", place: "plac zabaw przy przedszkolu", category: "greenery", pool: secondDistrict, day: 10, love: 29,
			costs: []cost{{"żagle i drzewa", 52_000, fromOffer}, {"huśtawka integracyjna", 31_000, fromShop}}},
		{title: "Oświetlenie skrótu przez łąkę", words: "Pięć latarni solarnych na ścieżce, którą wracają dzieci ze szkoły.", place: "ścieżka przez łąkę", category: "safety", pool: secondDistrict, day: 13, love: 25,
			costs: []cost{{"latarnia solarna, 5 sztuk", 39_500, fromList}}},
		{title: "Sąsiedzka naprawialnia", words: "Narzędzia, półki i dyżury osób, które umieją naprawiać.", place: "dom kultury", category: "education", pool: secondDistrict, day: 16, love: 12,
			costs: []cost{{"wyposażenie", 18_000, fromShop}, {"dyżury, rok", 12_000, fromOffer}}},
		{title: "Parking przy parku", words: "Czterdzieści miejsc w miejscu trawnika.", place: "skraj parku", category: "roads", pool: secondDistrict, day: 18, fate: upheld, code: budget.AgainstPlans,
			reason: "Plan miejscowy przeznacza ten teren na zieleń.", costs: []cost{{"nawierzchnia", 98_000, fromOrder}}},
	}
}

// cityIdeasNow are those of this year, in all the states that there are.
func cityIdeasNow() []idea {
	return []idea{
		{title: "Woda dla każdego: dziesięć zdrojów", words: "Zdroje z wodą pitną przy parkach i przystankach, z misą dla psów.", place: "dziesięć miejsc wskazanych na mapie", category: "health", day: 2,
			costs: []cost{{"zdrój z przyłączem, 10 sztuk", 180_000, fromOffer}}},
		{title: "Drzewa zamiast betonu na rynku", words: "Dwadzieścia drzew w gruncie i ławki w ich cieniu.", place: "rynek, strona południowa", category: "greenery", district: firstDistrict, day: 4, fate: restored, code: budget.AgainstPlans,
			reason: "Część drzew koliduje z siecią ciepłowniczą.", costs: []cost{{"drzewo z pielęgnacją, 20 sztuk", 37_000, fromList}, {"zdjęcie nawierzchni", 84_000, fromOrder}, {"ławka, 8 sztuk", 19_200, fromList}}},
		{title: "Festiwal fajerwerków", words: "Trzy noce pokazów na błoniach.", place: "błonia", category: "culture", day: 1, fate: ignored,
			costs: []cost{{"pokaz, 3 noce", 240_000, fromOffer}}},
		{title: "Biblioteka na kółkach", words: "Bus z książkami i internetem, który dojeżdża na osiedla bez filii.", place: "osiedla bez filii biblioteki", category: "education", day: 9,
			costs: []cost{{"bus z zabudową", 310_000, fromOffer}, {"książki", 40_000, fromShop}}},
		{title: "Aquapark na dachu urzędu", words: "Basen z widokiem na miasto.", place: "dach urzędu", category: "sport", day: 12, fate: withdrawn,
			costs: []cost{{"projekt i basen", 440_000, fromOffer}}},
		{title: "Ciuchcia miejska na co dzień", words: "Kolejka na kołach: cztery kursy dziennie od maja do września.", place: "od rynku do osiedli", category: "roads", day: 20, fate: protested, code: budget.NotOwnTask,
			reason: "Trasa biegnie drogami powiatu; gmina nie może prowadzić po nich stałych kursów sama.", costs: []cost{{"kursy, sezon", 390_000, fromOffer}}},
		{title: "Miejskie pasieki i łąki", words: "Sześć łąk kwietnych i ule pod opieką pszczelarzy.", place: "sześć łąk wskazanych na mapie", category: "environment", day: 30, fate: judged,
			costs: []cost{{"łąka kwietna, 6 sztuk", 72_000, fromOrder}, {"ule i opieka, rok", 26_000, fromOffer}}},
		{title: "Sala prób dla młodych zespołów", words: "Wygłuszona sala z perkusją, na godziny, za darmo.", place: "piwnice domu kultury", category: "culture", district: secondDistrict, day: 36, fate: formal,
			costs: []cost{{"wygłuszenie", 88_000, fromOffer}, {"sprzęt", 42_000, fromShop}}},
		{title: "Bezpieczna droga do szkoły", words: "Próg, lustro i doświetlone przejście.", place: "ulica przy szkole", category: "safety", pool: firstDistrict, day: 6,
			costs: []cost{{"próg i oznakowanie", 28_000, fromOrder}, {"lampa nad przejściem", 24_000, fromOrder}}},
		{title: "Park kieszonkowy w miejscu kiosku", words: "Pusty kiosk znika, wchodzą krzewy, ławka i stojak na rowery.", place: "róg przy przystanku", category: "greenery", pool: firstDistrict, day: 31, fate: denied, code: budget.NotOwnLand,
			reason: "Działka należy do spółdzielni, która nie wyraziła zgody.", costs: []cost{{"zieleń i nawierzchnia", 46_000, fromOrder}, {"ławka", 2_400, fromList}}},
		{title: "Psi wybieg z ogrodzeniem", words: "Ogrodzony wybieg z ławką i poidłem.", place: "łąka za garażami", category: "other", pool: firstDistrict, day: 37, fate: mending,
			reason: "Prosimy o wskazanie numeru działki i dopisanie kosztu poidła.", costs: []cost{{"ogrodzenie", 34_000, fromOffer}}},
		{title: "Książkomat przy przystanku", words: "Odbiór i zwrot książek o każdej porze.", place: "pętla autobusowa", category: "education", pool: firstDistrict, day: 40, fate: gathering,
			costs: []cost{{"książkomat z montażem", 98_000, fromOffer}}},
		{title: "Zielone podwórko przy kamienicach", words: "Mniej betonu, więcej bylin i miejsce na wspólny stół.", place: "podwórko między kamienicami", category: "greenery", pool: secondDistrict, day: 8,
			costs: []cost{{"rozbiórka betonu", 22_000, fromOrder}, {"rośliny i ziemia", 31_000, fromOrder}, {"stół i ławy", 7_500, fromShop}}},
		{title: "Kurs pierwszej pomocy dla sąsiadów", words: "Dwadzieścia spotkań i defibrylator w holu domu kultury.", place: "dom kultury", category: "health", pool: secondDistrict, day: 15,
			costs: []cost{{"kurs, 20 spotkań", 16_000, fromOffer}, {"defibrylator z szafką", 8_900, fromShop}}},
		{title: "Górka saneczkowa z oświetleniem", words: "Wyrównany zjazd, dwie lampy i barierka od drogi.", place: "stok za szkołą", category: "sport", pool: secondDistrict, day: 41, fate: gathering,
			costs: []cost{{"roboty ziemne", 38_000, fromOffer}, {"latarnia solarna, 2 sztuki", 15_800, fromList}}},
		{title: "Ławka rozmowy", words: "Ławka, na której siada ten, kto chce porozmawiać.", place: "skwer przy kościele", category: "other", pool: secondDistrict, day: 43, fate: drafted,
			costs: []cost{{"ławka z montażem", 2_400, fromList}}},
	}
}
