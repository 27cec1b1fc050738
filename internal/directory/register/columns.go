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
