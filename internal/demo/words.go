package demo

// Lists of words. Patrons stand in the genitive, as after "im."; all are long
// dead or never lived.

func patrons() []string {
	return []string{
		"Marii Konopnickiej", "Mikołaja Kopernika", "Jana Kochanowskiego", "Adama Mickiewicza", "Juliusza Słowackiego",
		"Henryka Sienkiewicza", "Bolesława Prusa", "Elizy Orzeszkowej", "Stefana Żeromskiego", "Władysława Reymonta",
		"Stanisława Wyspiańskiego", "Jana Matejki", "Tadeusza Kościuszki", "Kazimierza Wielkiego", "Władysława Jagiełły",
		"Królowej Jadwigi", "Marii Skłodowskiej-Curie", "Janusza Korczaka", "Juliana Tuwima", "Jana Brzechwy",
		"Kornela Makuszyńskiego", "Cypriana Kamila Norwida", "Zygmunta Krasińskiego", "Aleksandra Fredry", "Ignacego Krasickiego",
		"Hugona Kołłątaja", "Stanisława Staszica", "Stanisława Konarskiego", "Andrzeja Frycza Modrzewskiego", "Mikołaja Reja",
		"Jana Długosza", "Stefana Batorego", "Jana III Sobieskiego", "Józefa Wybickiego", "Emilii Plater",
		"Joachima Lelewela", "Ignacego Łukasiewicza", "Jana Śniadeckiego", "Ignacego Domeyki", "Pawła Edmunda Strzeleckiego",
		"Bronisława Malinowskiego", "Oskara Kolberga", "Wincentego Pola", "Teofila Lenartowicza", "Adama Asnyka",
		"Jana Kasprowicza", "Leopolda Staffa", "Kazimierza Przerwy-Tetmajera", "Marii Dąbrowskiej", "Zofii Nałkowskiej",
		"Gabrieli Zapolskiej", "Marii Rodziewiczówny", "Józefa Mehoffera", "Jacka Malczewskiego", "Juliusza Kossaka",
		"Jana Czochralskiego", "Stefana Banacha", "Heleny Modrzejewskiej", "Olgi Boznańskiej", "Leona Wyczółkowskiego",
		"Wincentego Witosa", "Ignacego Daszyńskiego", "Józefa Bema", "Kazimierza Pułaskiego", "Stanisława Żółkiewskiego",
		"Zawiszy Czarnego", "Jana Zamoyskiego", "Anny Jagiellonki", "Bolesława Chrobrego", "Bony Sforzy",
		"Wita Stwosza", "Ludwika Solskiego", "Tadeusza Boya-Żeleńskiego", "Marii Pawlikowskiej-Jasnorzewskiej", "Lucjana Rydla",
		// Never lived:
		"Aleksandry Podgórnej", "Feliksa Mostowskiego", "Zofii Wiślanej", "Jana Brodzkiego", "Hanny Kładowskiej",
		"Leona Przęślińskiego", "Barbary Nadbrzeżnej", "Teodora Flisackiego",
	}
}

func saints() []string {
	return []string{
		"św. Jadwigi Królowej", "św. Stanisława Kostki", "św. Kingi", "św. Jana Kantego", "św. Brata Alberta",
		"św. Franciszka z Asyżu", "św. Jana Bosko", "św. Urszuli", "św. Rity", "św. Józefa", "św. Anny", "św. Marcina",
	}
}

func composers() []string {
	return []string{
		"Fryderyka Chopina", "Karola Szymanowskiego", "Stanisława Moniuszki", "Ignacego Jana Paderewskiego",
		"Mieczysława Karłowicza", "Henryka Wieniawskiego", "Juliusza Zarębskiego", "Grażyny Bacewicz", "Marii Szymanowskiej",
	}
}

func streets() []string {
	return []string{
		"Szkolna", "Kościelna", "Długa", "Lipowa", "Krótka", "Polna", "Ogrodowa", "Łąkowa", "Leśna", "Słoneczna",
		"Kwiatowa", "Sportowa", "Parkowa", "Dworska", "Spacerowa", "Źródlana", "Jesienna", "Wiosenna", "Zielona", "Wąska",
		"Szeroka", "Prosta", "Kręta", "Podgórska", "Nadrzeczna", "Mostowa", "Młyńska", "Kuźnicza", "Garncarska", "Tkacka",
		"Rzemieślnicza", "Kolejowa", "Dworcowa", "Rynkowa", "Targowa", "Cicha", "Spokojna", "Miła", "Dobra", "Jasna",
		"Brzozowa", "Dębowa", "Klonowa", "Akacjowa", "Jaworowa", "Kasztanowa", "Wierzbowa", "Topolowa", "Bukowa", "Modrzewiowa",
		"Jodłowa", "Sosnowa", "Wiśniowa", "Jabłoniowa", "Malinowa", "Różana", "Wrzosowa", "Irysowa", "Rumiankowa", "Makowa",
		"Zamkowa", "Strażacka", "Akademicka", "Uczniowska", "Harcerska", "Poranna", "Widokowa", "Zacisze", "Na Skarpie", "Pod Lasem",
	}
}

// agreeing is adjectives and nouns of one gender; every pair is a name.
type agreeing struct{ adjectives, nouns []string }

func pairs(groups []agreeing) []string {
	var all []string
	for _, g := range groups {
		for _, adjective := range g.adjectives {
			for _, noun := range g.nouns {
				all = append(all, adjective+" "+noun)
			}
		}
	}
	return all
}

// fancies are names of the kind that kindergartens bear.
func fancies() []string {
	return pairs([]agreeing{
		{[]string{"Zielony", "Wesoły", "Mały", "Złoty", "Słoneczny", "Bajkowy", "Kolorowy", "Ciekawy", "Leśny", "Dzielny"},
			[]string{"Zakątek", "Bocian", "Latawiec", "Krasnal", "Ogródek", "Wiatrak", "Kasztan", "Jeżyk", "Domek", "Okręcik", "Wróbelek", "Parasol"}},
		{[]string{"Zielona", "Wesoła", "Mała", "Złota", "Słoneczna", "Bajkowa", "Kolorowa", "Ciekawa", "Leśna", "Dzielna"},
			[]string{"Polana", "Wyspa", "Kraina", "Przystań", "Kredka", "Jaskółka", "Biedronka", "Chatka", "Planeta", "Łódka", "Wiewiórka", "Dolina"}},
		{[]string{"Zielone", "Wesołe", "Małe", "Złote", "Słoneczne", "Bajkowe", "Kolorowe", "Ciekawe", "Leśne", "Dzielne"},
			[]string{"Wzgórze", "Podwórko", "Piórko", "Jabłko", "Ziarenko", "Pudełko", "Gniazdo", "Stado", "Okienko", "Drzewo"}},
	})
}

// mottoes are names of the kind that schools of their own bear.
func mottoes() []string {
	return pairs([]agreeing{
		{[]string{"Nowy", "Otwarty", "Wspólny", "Jasny", "Trzeci", "Dobry", "Śmiały"},
			[]string{"Horyzont", "Brzeg", "Kierunek", "Azymut", "Krąg", "Kurs", "Plan", "Świt"}},
		{[]string{"Nowa", "Otwarta", "Wspólna", "Jasna", "Trzecia", "Dobra", "Śmiała"},
			[]string{"Droga", "Perspektywa", "Przystań", "Księga", "Ławka", "Scena", "Tablica", "Orbita"}},
		{[]string{"Nowe", "Otwarte", "Wspólne", "Jasne", "Dobre", "Śmiałe"},
			[]string{"Pokolenie", "Forum", "Spojrzenie", "Źródło", "Światło", "Zadanie"}},
	})
}

// tales are short names of public kindergartens.
func tales() []string {
	return []string{
		"Bajka", "Tęcza", "Słoneczko", "Promyk", "Stokrotka", "Krasnal", "Jarzębinka", "Niezapominajka", "Mak", "Kubuś",
		"Pod Lipą", "Pod Kasztanem", "Na Górce", "Pod Jaworem", "Chatka", "Bursztynek", "Kropelka", "Iskierka", "Latarenka", "Wiolinek",
		"Plastuś", "Jagódka", "Dzwoneczek", "Skrzat", "Poziomka", "Kalinka", "Zefirek", "Chmurka", "Muszelka", "Ziarenko",
	}
}

// trades are the kinds of technical schools: the word after "Technikum", and
// that after "Zespół Szkół".
type trade struct{ technikum, zespol string }

func trades() []trade {
	return []trade{
		{"Mechaniczne", "Mechanicznych"}, {"Elektryczne", "Elektrycznych"}, {"Łączności", "Łączności"},
		{"Ekonomiczne", "Ekonomicznych"}, {"Gastronomiczne", "Gastronomicznych"}, {"Budowlane", "Budowlanych"},
		{"Chemiczne", "Chemicznych"}, {"Ogrodnicze", "Ogrodniczych"}, {"Odzieżowe", "Odzieżowych"},
		{"Poligraficzne", "Poligraficznych"}, {"Hotelarskie", "Hotelarskich"}, {"Geodezyjne", "Geodezyjnych"},
	}
}

func companies() []string {
	return []string{
		"Kasztan Edukacja sp. z o.o.", "Wektor Nauka sp. z o.o.", "Azymut Szkoły sp. z o.o.", "Modrzew Edukacja sp. z o.o.",
		"Kwadrans Nauka sp. z o.o.", "Zefir Szkoły sp. z o.o.", "Jaskółka Edukacja sp. z o.o.", "Przystań Nauka sp. z o.o.",
		"Piąty Peron Edukacja sp. z o.o.", "Nowa Tablica sp. z o.o.",
	}
}

func congregations() []string {
	return []string{
		"Zgromadzenie Sióstr Dobrej Drogi", "Zgromadzenie Braci z Zielonego Wzgórza", "Zgromadzenie Sióstr Cichej Pracy",
		"Towarzystwo Świętego Mostu",
	}
}

// courses are what nonpublic facilities teach.
func courses() []string {
	return []string{
		"Szkoła Języków Obcych", "Akademia Tańca", "Pracownia Robotyki", "Klub Szachowy", "Studio Piosenki",
		"Ognisko Plastyczne", "Akademia Programowania", "Klub Młodego Przyrodnika", "Studio Teatralne", "Szkoła Pływania",
	}
}

// professions are what post-secondary schools teach, after "Policealna Szkoła".
func professions() []string {
	return []string{"Medyczna", "Kosmetyczna", "Informatyczna", "Turystyczna", "Administracji", "Projektowania", "Fotografii", "Opieki"}
}

// firstNames of women, then of men.
func firstNames() (women, men []string) {
	return []string{
			"Agnieszka", "Barbara", "Celina", "Dorota", "Elżbieta", "Felicja", "Grażyna", "Halina", "Izabela", "Joanna",
			"Katarzyna", "Lidia", "Magdalena", "Natalia", "Olga", "Patrycja", "Renata", "Sylwia", "Teresa", "Urszula",
			"Weronika", "Zuzanna", "Aniela", "Bogna", "Jagoda", "Kalina",
		}, []string{
			"Adam", "Bartosz", "Cezary", "Dariusz", "Emil", "Filip", "Grzegorz", "Hubert", "Igor", "Jakub",
			"Kamil", "Leszek", "Marcin", "Norbert", "Oskar", "Paweł", "Rafał", "Szymon", "Tomasz", "Witold",
			"Wojciech", "Zbigniew", "Albert", "Bruno", "Gustaw", "Ignacy",
		}
}

// surnames of women and men.
func surnames() [][2]string {
	return [][2]string{
		{"Brzezicka", "Brzezicki"}, {"Czubak", "Czubak"}, {"Dolińska", "Doliński"}, {"Grabiec", "Grabiec"}, {"Halicka", "Halicki"},
		{"Jarząbek", "Jarząbek"}, {"Kalinowicz", "Kalinowicz"}, {"Lipnicka", "Lipnicki"}, {"Łęgowska", "Łęgowski"}, {"Mostowicz", "Mostowicz"},
		{"Nadolna", "Nadolny"}, {"Olszowska", "Olszowski"}, {"Podlipna", "Podlipny"}, {"Rzepka", "Rzepka"}, {"Sadowicz", "Sadowicz"},
		{"Skalna", "Skalny"}, {"Tarnina", "Tarnina"}, {"Wilczek", "Wilczek"}, {"Wierzbowska", "Wierzbowski"}, {"Zagórna", "Zagórny"},
		{"Zawilska", "Zawilski"}, {"Żurawicz", "Żurawicz"}, {"Borówka", "Borówka"}, {"Cieślicka", "Cieślicki"}, {"Dębska", "Dębski"},
		{"Gawron", "Gawron"}, {"Iwanicka", "Iwanicki"}, {"Klimczak", "Klimczak"}, {"Malicka", "Malicki"}, {"Polna", "Polny"},
	}
}

// fromUkraine are people who read Ukrainian, as they write themselves in Poland.
func fromUkraine() []string {
	return []string{"Oksana Kowalenko", "Taras Bondarenko", "Iryna Łysenko", "Bohdan Sydorenko", "Daryna Hordijenko", "Ostap Melnyczuk"}
}
