package demo

import "kladka/internal/directory/register"

// place is a municipality with the towns in which its institutions stand.
type place struct {
	key       string // TERYT, six digits
	name      string
	runner    string // as the register names the municipality as a running body
	office    string
	county    string // that runs secondary schools; "" where the city does it itself
	towns     []town
	quota     []share // how many of each kind, near the figures of the real register
	complexes int
}

// town is a place with houses. Its case endings are written out: Polish names
// do not decline by rule.
type town struct {
	name     string
	in       string // "w Wieliczce", "we Włosani"
	lat, lon float64
	spread   float64 // kilometers around the middle
	post     string  // postcode; of "31-0" two digits are drawn
	weight   int     // how many of the municipality's institutions stand here
	numbered bool    // schools have numbers even where there is one only
	district int     // 0 for none
	part     string  // delegatura
}

// share is a number of institutions of a kind.
type share struct {
	kind register.Type
	n    int
}

func (p *place) city() bool { return p.county == "" }

const (
	krakowKey    = "126101"
	wieliczkaKey = "121905"
	krakowCounty = "Powiat krakowski"
	saltCounty   = "Powiat wielicki"
)

// row makes the quota of a municipality outside Kraków, in one line to read.
func row(kindergarten, point, primary, general, technical, vocational, post, music, counseling, youth, dormitory, other int) []share {
	return []share{
		{register.Kindergarten, kindergarten}, {register.PreschoolPoint, point}, {register.Primary, primary},
		{register.GeneralSecondary, general}, {register.TechnicalSecondary, technical}, {register.VocationalFirst, vocational},
		{register.PostSecondary, post}, {register.Music, music}, {register.CounselingCenter, counseling},
		{register.YouthCenter, youth}, {register.Dormitory, dormitory}, {register.NonpublicFacility, other},
	}
}

// places are the 15 municipalities of the association.
func places() []place {
	return []place{
		{krakowKey, "Kraków", "Gmina Miejska Kraków", "Wydział Edukacji Urzędu Miasta Krakowa", "", districts(), cityQuota(), 76},
		rural(wieliczkaKey, "Wieliczka", "Miasta i Gminy", saltCounty, 7, row(45, 2, 27, 5, 2, 1, 2, 2, 1, 1, 0, 6),
			seat("Wieliczka", "w Wieliczce", 49.986, 20.062, "32-020", 12), village("Śledziejowice", "w Śledziejowicach", 50.006, 20.081, "32-020"),
			village("Węgrzce Wielkie", "w Węgrzcach Wielkich", 50.015, 20.113, "32-002"), village("Koźmice Wielkie", "w Koźmicach Wielkich", 49.946, 20.034, "32-020"),
			village("Golkowice", "w Golkowicach", 49.966, 19.982, "32-020"), village("Siercza", "w Sierczy", 49.972, 20.038, "32-020"),
			village("Gorzków", "w Gorzkowie", 49.921, 20.029, "32-020"), village("Mietniów", "w Mietniowie", 49.962, 20.074, "32-020")),
		rural("120611", "Skawina", "Miasta i Gminy", krakowCounty, 5, row(30, 2, 19, 3, 2, 1, 1, 2, 1, 1, 1, 3),
			seat("Skawina", "w Skawinie", 49.974, 19.826, "32-050", 10), village("Radziszów", "w Radziszowie", 49.938, 19.815, "32-052"),
			village("Krzęcin", "w Krzęcinie", 49.946, 19.745, "32-051"), village("Borek Szlachecki", "w Borku Szlacheckim", 49.966, 19.775, "32-050"),
			village("Kopanka", "w Kopance", 49.979, 19.776, "32-050"), village("Wielkie Drogi", "w Wielkich Drogach", 49.961, 19.716, "32-051"),
			village("Rzozów", "w Rzozowie", 49.952, 19.793, "32-052")),
		rural("121904", "Niepołomice", "Miasta i Gminy", saltCounty, 4, row(23, 2, 14, 3, 2, 1, 0, 2, 1, 1, 0, 2),
			seat("Niepołomice", "w Niepołomicach", 50.035, 20.217, "32-005", 9), village("Staniątki", "w Staniątkach", 50.012, 20.192, "32-005"),
			village("Podłęże", "w Podłężu", 50.014, 20.168, "32-003"), village("Zakrzów", "w Zakrzowie", 50.003, 20.143, "32-003"),
			village("Wola Batorska", "w Woli Batorskiej", 50.053, 20.276, "32-007"), village("Zabierzów Bocheński", "w Zabierzowie Bocheńskim", 50.059, 20.319, "32-007"),
			village("Suchoraba", "w Suchorabie", 49.984, 20.197, "32-005")),
		rural("120616", "Zabierzów", "Gminy", krakowCounty, 3, row(14, 1, 12, 1, 0, 0, 0, 1, 0, 0, 0, 1),
			seat("Zabierzów", "w Zabierzowie", 50.116, 19.797, "32-080", 3), village("Balice", "w Balicach", 50.086, 19.795, "32-083"),
			village("Bolechowice", "w Bolechowicach", 50.142, 19.798, "32-082"), village("Rudawa", "w Rudawie", 50.122, 19.708, "32-064"),
			village("Brzoskwinia", "w Brzoskwini", 50.093, 19.716, "32-084"), village("Rząska", "w Rząsce", 50.098, 19.835, "32-083"),
			village("Radwanowice", "w Radwanowicach", 50.147, 19.719, "32-064"), village("Kobylany", "w Kobylanach", 50.146, 19.762, "32-082")),
		rural("120601", "Czernichów", "Gminy", krakowCounty, 3, row(9, 1, 11, 2, 1, 1, 0, 1, 0, 0, 1, 0),
			seat("Czernichów", "w Czernichowie", 49.991, 19.676, "32-070", 3), village("Rybna", "w Rybnej", 50.050, 19.648, "32-061"),
			village("Kamień", "w Kamieniu", 50.016, 19.594, "32-071"), village("Wołowice", "w Wołowicach", 49.994, 19.728, "32-070"),
			village("Przeginia Duchowna", "w Przegini Duchownej", 50.031, 19.638, "32-061"), village("Rusocice", "w Rusocicach", 49.996, 19.612, "32-071"),
			village("Kłokoczyn", "w Kłokoczynie", 49.997, 19.641, "32-070")),
		rural("120617", "Zielonki", "Gminy", krakowCounty, 2, row(14, 1, 8, 0, 0, 0, 0, 1, 0, 0, 0, 0),
			seat("Zielonki", "w Zielonkach", 50.119, 19.918, "32-087", 2), village("Bibice", "w Bibicach", 50.131, 19.953, "32-087"),
			village("Węgrzce", "w Węgrzcach", 50.118, 19.972, "32-086"), village("Trojanowice", "w Trojanowicach", 50.137, 19.910, "32-087"),
			village("Korzkiew", "w Korzkwi", 50.161, 19.886, "32-088"), village("Owczary", "w Owczarach", 50.169, 19.914, "32-088"),
			village("Wola Zachariaszowska", "w Woli Zachariaszowskiej", 50.148, 19.939, "32-087")),
		rural("120607", "Liszki", "Gminy", krakowCounty, 3, row(8, 0, 11, 1, 0, 0, 0, 0, 0, 0, 0, 1),
			seat("Liszki", "w Liszkach", 50.037, 19.765, "32-060", 2), village("Morawica", "w Morawicy", 50.077, 19.751, "32-084"),
			village("Kaszów", "w Kaszowie", 50.038, 19.722, "32-060"), village("Piekary", "w Piekarach", 50.018, 19.792, "32-060"),
			village("Mników", "w Mnikowie", 50.060, 19.716, "32-084"), village("Cholerzyn", "w Cholerzynie", 50.057, 19.768, "32-060"),
			village("Jeziorzany", "w Jeziorzanach", 49.991, 19.778, "32-060")),
		rural("120615", "Wielka Wieś", "Gminy", krakowCounty, 2, row(10, 1, 7, 1, 0, 0, 0, 0, 0, 0, 0, 1),
			seat("Wielka Wieś", "w Wielkiej Wsi", 50.158, 19.846, "32-089", 2), village("Giebułtów", "w Giebułtowie", 50.141, 19.883, "32-085"),
			village("Modlnica", "w Modlnicy", 50.130, 19.864, "32-085"), village("Modlniczka", "w Modlniczce", 50.119, 19.857, "32-085"),
			village("Szyce", "w Szycach", 50.151, 19.856, "32-085"), village("Biały Kościół", "w Białym Kościele", 50.168, 19.828, "32-089"),
			village("Bębło", "w Bęble", 50.183, 19.791, "32-089"), village("Będkowice", "w Będkowicach", 50.168, 19.754, "32-089")),
		rural("120614", "Świątniki Górne", "Miasta i Gminy", krakowCounty, 2, row(5, 0, 6, 1, 1, 1, 0, 1, 0, 0, 0, 1),
			seat("Świątniki Górne", "w Świątnikach Górnych", 49.934, 19.958, "32-040", 2), village("Wrząsowice", "we Wrząsowicach", 49.961, 19.950, "32-040"),
			village("Rzeszotary", "w Rzeszotarach", 49.949, 19.989, "32-040"), village("Ochojno", "w Ochojnie", 49.954, 19.971, "32-040")),
		rural("121901", "Biskupice", "Gminy", saltCounty, 2, row(4, 1, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0),
			seat("Biskupice", "w Biskupicach", 49.964, 20.119, "32-020", 1), village("Trąbki", "w Trąbkach", 49.958, 20.145, "32-020"),
			village("Tomaszkowice", "w Tomaszkowicach", 49.975, 20.107, "32-020"), village("Sławkowice", "w Sławkowicach", 49.939, 20.146, "32-020"),
			village("Łazany", "w Łazanach", 49.947, 20.158, "32-020"), village("Bodzanów", "w Bodzanowie", 49.982, 20.150, "32-020")),
		rural("120605", "Kocmyrzów-Luborzyca", "Gminy", krakowCounty, 1, row(4, 0, 6, 0, 0, 0, 0, 1, 0, 0, 0, 0),
			seat("Kocmyrzów", "w Kocmyrzowie", 50.123, 20.103, "32-010", 1), village("Luborzyca", "w Luborzycy", 50.140, 20.113, "32-010"),
			village("Goszcza", "w Goszczy", 50.183, 20.076, "32-010"), village("Karniów", "w Karniowie", 50.134, 20.171, "32-010"),
			village("Łuczyce", "w Łuczycach", 50.160, 20.083, "32-010"), village("Maciejowice", "w Maciejowicach", 50.145, 20.076, "32-010")),
		rural("120609", "Mogilany", "Gminy", krakowCounty, 1, row(5, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 1),
			seat("Mogilany", "w Mogilanach", 49.939, 19.890, "32-031", 2), village("Włosań", "we Włosani", 49.916, 19.898, "32-031"),
			village("Gaj", "w Gaju", 49.957, 19.897, "32-031"), village("Konary", "w Konarach", 49.940, 19.928, "32-031"),
			village("Libertów", "w Libertowie", 49.971, 19.902, "32-031"), village("Buków", "w Bukowie", 49.945, 19.852, "32-031")),
		rural("120602", "Igołomia-Wawrzeńczyce", "Gminy", krakowCounty, 1, row(2, 0, 4, 1, 0, 0, 0, 0, 0, 0, 0, 0),
			seat("Wawrzeńczyce", "w Wawrzeńczycach", 50.107, 20.302, "32-125", 1), village("Igołomia", "w Igołomi", 50.096, 20.250, "32-125"),
			village("Tropiszów", "w Tropiszowie", 50.105, 20.218, "32-126"), village("Dobranowice", "w Dobranowicach", 50.139, 20.315, "32-125")),
		rural("120608", "Michałowice", "Gminy", krakowCounty, 1, row(4, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0),
			seat("Michałowice", "w Michałowicach", 50.158, 19.981, "32-091", 1), village("Więcławice Stare", "w Więcławicach Starych", 50.149, 20.032, "32-091"),
			village("Raciborowice", "w Raciborowicach", 50.120, 20.032, "32-091"), village("Kozierów", "w Kozierowie", 50.176, 19.950, "32-091")),
	}
}

func rural(key, name, office, county string, complexes int, quota []share, towns ...town) place {
	return place{key: key, name: name, runner: "Gmina " + name, office: "Wydział Edukacji Urzędu " + office + " " + name,
		county: county, towns: towns, quota: quota, complexes: complexes}
}

// seat is the town that gives the municipality its name; the larger ones are
// wide and number their schools.
func seat(name, in string, lat, lon float64, post string, weight int) town {
	t := town{name: name, in: in, lat: lat, lon: lon, spread: 0.6, post: post, weight: weight}
	if weight > 5 {
		t.spread, t.numbered = 1.3, true
	}
	return t
}

func village(name, in string, lat, lon float64, post string) town {
	return town{name: name, in: in, lat: lat, lon: lon, spread: 0.4, post: post, weight: 1}
}

// cityQuota is Kraków's, without the landmarks.
func cityQuota() []share {
	return []share{
		{register.Kindergarten, 452}, {register.PreschoolPoint, 22}, {register.Primary, 232},
		{register.GeneralSecondary, 105}, {register.TechnicalSecondary, 46}, {register.VocationalFirst, 26},
		{register.SpecialVocational, 12}, {register.PostSecondary, 72}, {register.Music, 18}, {register.Arts, 5},
		{register.CounselingCenter, 8}, {register.SpecialistCounselingCenter, 5}, {register.YouthCenter, 14}, {register.SportsCenter, 2}, {register.Dormitory, 14},
		{register.SpecialCenter, 8}, {register.YouthCareCenter, 4}, {register.ContinuingEducation, 30},
		{register.NonpublicFacility, 62},
	}
}

// districts are Kraków's as towns of their own: a point, a postcode and a
// delegatura each. The weights are about how many schools stand there.
func districts() []town {
	d := func(number int, lat, lon, spread float64, post string, weight int) town {
		return town{name: "Kraków", in: "w Krakowie", lat: lat, lon: lon, spread: spread, post: post,
			weight: weight, numbered: true, district: number, part: delegatura(number)}
	}
	return []town{
		d(1, 50.062, 19.940, 0.7, "31-0", 14), d(2, 50.060, 19.965, 0.8, "31-5", 6), d(3, 50.087, 19.970, 0.9, "31-4", 7),
		d(4, 50.093, 19.927, 1.2, "31-2", 11), d(5, 50.074, 19.916, 0.6, "30-0", 6), d(6, 50.083, 19.876, 0.9, "30-1", 5),
		d(7, 50.060, 19.882, 1.0, "30-2", 5), d(8, 50.032, 19.905, 1.2, "30-3", 12), d(9, 50.015, 19.928, 0.8, "30-4", 4),
		d(10, 49.990, 19.940, 1.3, "30-6", 5), d(11, 50.013, 19.965, 1.0, "30-6", 8), d(12, 50.017, 20.010, 1.2, "30-8", 9),
		d(13, 50.044, 19.965, 0.9, "30-5", 7), d(14, 50.072, 20.004, 1.0, "31-8", 5), d(15, 50.098, 20.006, 0.8, "31-6", 7),
		d(16, 50.084, 20.029, 0.5, "31-8", 6), d(17, 50.098, 20.072, 1.0, "31-9", 3), d(18, 50.071, 20.040, 0.9, "31-9", 8),
	}
}

// delegatura is the part of Kraków by which the register files a district.
func delegatura(district int) string {
	switch {
	case district <= 3:
		return "126105" // Śródmieście
	case district <= 7:
		return "126102" // Krowodrza
	case district <= 13:
		return "126104" // Podgórze
	}
	return "126103" // Nowa Huta
}
