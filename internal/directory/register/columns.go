package register

// columns2020 are the columns of the register's export. Those without a field are known from the exports of 2020 to
// 2024 and not used here, so that only a truly new column is reported.
var columns2020 = []column{
	{"Numer RSPO", "rspo", true},
	{"Typ", "type", true},
	{"Nazwa", "official_name", true},
	{"Kod terytorialny gmina", "municipality", true},
	{"Gmina", "municipality_name", true},
	{"Miejscowość", "city", true},
	{"Powiat", "county", false},
	{"Województwo", "voivodeship", false},
	{"Ulica", "street", false},
	{"Numer budynku", "house", false},
	{"Numer lokalu", "flat", false},
	{"Kod pocztowy", "post_code", false},
	{"Telefon", "phone", false},
	{"E-mail", "email", false},
	{"Strona www", "website", false},
	{"REGON", "regon", false},
	{"NIP", "nip", false},
	{"Publiczność status", "public", false},
	{"Nazwa organu prowadzącego", "running_name", false},
	{"Typ organu prowadzącego", "running_kind", false},
	{"Data założenia", "founded_on", false},
	{"Data likwidacji", "closed_on", false},
	{"RSPO podmiotu nadrzędnego", "parent", false},
	{"Liczba uczniów", "pupils", false},

	{header: "Faks"}, {header: "Kategoria uczniów"}, {header: "Specyfika placówki"},
	{header: "Imię i nazwisko dyrektora"}, // a person's name: never read
	{header: "Województwo organu prowadzącego"}, {header: "Powiat organu prowadzącego"},
	{header: "Gmina organu prowadzącego"}, {header: "Miejsce w strukturze"}, {header: "Typ podmiotu nadrzędnego"},
	{header: "Nazwa podmiotu nadrzędnego"},
	{header: "Kod terytorialny województwo"}, {header: "Kod terytorialny powiat"},
	{header: "Kod terytorialny miejscowosc"}, {header: "Kod terytorialny miejscowość"},
	{header: "Kod terytorialny ulica"}, {header: "Rodzaj miejscowości"}, {header: "Poczta"},
	{header: "Data rozpoczęcia działalności"}, {header: "REGON organu prowadzącego"},
	{header: "NIP organu prowadzącego"}, {header: "Tereny sportowe"}, {header: "Języki nauczane"},
	{header: "Czy zatrudnia logopedę"}, {header: "Czy zatrudnia psychologa"}, {header: "Czy zatrudnia pedagoga"},
	{header: "Oddziały podstawowe wg specyfiki"}, {header: "Oddziały dodatkowe"},
}

var states2020 = []string{
	"type", "name", "official_name", "municipality", "municipality_name", "county", "voivodeship", "delegatura",
	"city", "street", "house", "flat", "post_code", "regon", "nip", "phone", "email", "website",
	"running_name", "running_kind", "public", "pupils", "parent", "founded_on", "closed_on",
}

// columnsToday are the 50 columns of today's export by the names three public importers agree on. The register is said
// to have 54 by now; the four others are noted and passed over until somebody has seen them.
var columnsToday = []column{
	{"Numer RSPO", "rspo", true},
	{"Typ", "type", true},
	{"Nazwa", "official_name", true},
	{"Kod terytorialny gmina", "municipality", true},
	{"Gmina", "municipality_name", true},
	{"Miejscowość", "city", true},
	{"REGON", "regon", false},
	{"NIP", "nip", false},
	{"Kod terytorialny województwo", "voivodeship_code", false},
	{"Kod terytorialny powiat", "county_code", false},
	{"Województwo", "voivodeship", false},
	{"Powiat", "county", false},
	{"Ulica", "street", false},
	{"Numer budynku", "house", false},
	{"Numer lokalu", "flat", false},
	{"Kod pocztowy", "post_code", false},
	{"Poczta", "post_office", false},
	{"Telefon", "phone", false},
	{"E-mail", "email", false},
	{"Strona www", "website", false},
	{"Publiczność status", "public", false},
	{"Kategoria uczniów", "pupil_category", false},
	{"Specyfika placówki", "specifics", false},
	{"Data założenia", "founded_on", false},
	{"Data rozpoczęcia działalności", "started_on", false},
	{"Data likwidacji", "closed_on", false},
	{"Typ organu prowadzącego", "running_kind", false},
	{"Nazwa organu prowadzącego", "running_name", false},
	{"REGON organu prowadzącego", "running_regon", false},
	{"NIP organu prowadzącego", "running_nip", false},
	{"RSPO podmiotu nadrzędnego", "parent", false},
	{"Liczba uczniów", "pupils", false},
	{"Tereny sportowe", "sports_grounds", false},
	{"Języki nauczane", "languages", false},
	{"Czy zatrudnia logopedę", speechTherapist, false},
	{"Czy zatrudnia psychologa", psychologist, false},
	{"Czy zatrudnia pedagoga", pedagogue, false},

	{header: "Kod terytorialny miejscowość"}, {header: "Kod terytorialny ulica"}, {header: "Rodzaj miejscowości"},
	{header: "Faks"},
	{header: "Imię i nazwisko dyrektora"}, // a person's name: never read
	{header: "Województwo organu prowadzącego"}, {header: "Powiat organu prowadzącego"},
	{header: "Gmina organu prowadzącego"}, {header: "Miejsce w strukturze"},
	{header: "Typ podmiotu nadrzędnego"}, {header: "Nazwa podmiotu nadrzędnego"},
	{header: "Oddziały podstawowe wg specyfiki"}, {header: "Oddziały dodatkowe"},
}

// marksToday are columns that the exports of 2020 had not. Two of them tell today's export from those.
var marksToday = []string{
	"Kod terytorialny województwo", "Kod terytorialny powiat", "Rodzaj miejscowości", "Poczta",
	"Data rozpoczęcia działalności", "REGON organu prowadzącego", "NIP organu prowadzącego", "Tereny sportowe",
	"Języki nauczane", "Czy zatrudnia logopedę", "Czy zatrudnia psychologa", "Czy zatrudnia pedagoga",
	"Oddziały podstawowe wg specyfiki", "Oddziały dodatkowe",
}

// statesToday lacks the point: the export has no coordinates, so it never moves nor removes one.
var statesToday = append([]string{
	"started_on", "post_office", "running_regon", "running_nip", "pupil_category", "specifics", "sports_grounds",
	"languages", "specialists",
}, states2020...)

// columns2022 are the columns of the file of March 2022. Its short "name" is not used: two hundred rows read
// "Szkoła Podstawowa" there and nothing else.
var columns2022 = []column{
	{"rspo", "rspo", true},
	{"official_name", "official_name", true},
	{"teryt_gmina6", "municipality", true},
	{"city", "city", true},
	{"lat", "lat", true},
	{"lon", "lon", true},
	{"regon", "regon", false},
	{"osm_amenity", "amenity", false},
	{"isced", "isced", false},
	{"operator", "running_name", false},
	{"operator_type", "running_kind", false},
	{"powiat", "county", false},
	{"smk_gmina", "municipality_name", false},
	{"street", "street", false},
	{"house", "house", false},
	{"postcode", "post_code", false},
	{"website", "website", false},
	{"note", "family", false},

	{header: "name"}, {header: "gmina_file"}, {header: "simc"}, {header: "sym_ul"}, {header: "fixme"},
}

var states2022 = []string{
	"name", "official_name", "municipality", "municipality_name", "county", "voivodeship", "delegatura",
	"city", "street", "house", "post_code", "point", "regon", "website", "running_name", "running_kind",
	"parent", "children",
}
