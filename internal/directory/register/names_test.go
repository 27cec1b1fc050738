package register

import "testing"

func TestReadable(t *testing.T) {
	for in, want := range map[string]string{
		"": "",
		"ZESPÓŁ SZKÓŁ GASTRONOMICZNYCH IM. FEBRONII GAJEWSKIEJ-KARAMAĆ W GORZOWIE WLKP.": "Zespół Szkół Gastronomicznych im. Febronii Gajewskiej-Karamać w Gorzowie Wlkp.",
		"XXX LICEUM OGÓLNOKSZTAŁCĄCE":                         "XXX Liceum Ogólnokształcące",
		"SZKOŁA PODSTAWOWA NR 2 IM. JANA PAWŁA II W LUBLINIE": "Szkoła Podstawowa nr 2 im. Jana Pawła II w Lublinie",
		"SZKOŁA PODSTAWOWA IM. JANA III SOBIESKIEGO":          "Szkoła Podstawowa im. Jana III Sobieskiego",
		"SZKOŁA PODSTAWOWA IM. JANA PAWŁA II I MATKI TERESY":  "Szkoła Podstawowa im. Jana Pawła II i Matki Teresy",
		"SZKOŁA MUZYCZNA I I II STOPNIA":                      "Szkoła Muzyczna I i II stopnia",
		"BRANŻOWA SZKOŁA I STOPNIA NR 3":                      "Branżowa Szkoła I stopnia nr 3",
		"ZESPÓŁ SZKÓŁ BUDOWLANYCH I OGÓLNOKSZTAŁCĄCYCH":       "Zespół Szkół Budowlanych i Ogólnokształcących",
		"I LICEUM OGÓLNOKSZTAŁCĄCE DLA DOROSŁYCH":             "I Liceum Ogólnokształcące dla Dorosłych",
		"SZKOŁA IM. KAZIMIERZA I ODNOWICIELA":                 "Szkoła im. Kazimierza I Odnowiciela",
		"PRZEDSZKOLE NR 5 PRZY UL. DŁUGIEJ":                   "Przedszkole nr 5 przy ul. Długiej",
		"PRZEDSZKOLE \"POD DĘBEM\" NA WZGÓRZU":                "Przedszkole \"Pod Dębem\" na Wzgórzu",
		"SZKOŁA IM. W. WITOSA":                                "Szkoła im. W. Witosa",
		"GIMNAZJUM IM.J.I.KRASZEWSKIEGO":                      "Gimnazjum im. J.I.Kraszewskiego",
		"SZKOŁA PODSTAWOWA IM.KS.JANA TWARDOWSKIEGO":          "Szkoła Podstawowa im. ks. Jana Twardowskiego",
		"SZKOŁA IM. ŚW. KINGI":                                "Szkoła im. św. Kingi",
		"LICEUM OGÓLNOKSZTAŁCĄCE ZDZ W KIELCACH":              "Liceum Ogólnokształcące ZDZ w Kielcach",
		"SZKOŁA PODSTAWOWA IM. 600-LECIA UNIWERSYTETU":        "Szkoła Podstawowa im. 600-lecia Uniwersytetu",
		"CENTRUM SZKOLEŃ SP. Z O.O.":                          "Centrum Szkoleń Sp. z o.o.",
		"W SZKOLE":                                            "W Szkole",
		"ÓSEMKA":                                              "Ósemka",
		"LI WEI AKADEMIA":                                     "Li Wei Akademia",
		"XL LICEUM":                                           "XL Liceum",
		"MI MI MIŚ":                                           "Mi Mi Miś",
		"Szkoła Podstawowa nr 1":                              "Szkoła Podstawowa nr 1",
		"LO 1":                                                "LO 1",
		"PRZEDSZKOLE L'ENFANT":                                "Przedszkole L'Enfant",
	} {
		if got := Readable(in); got != want {
			t.Errorf("Readable(%q)\n got %q\nwant %q", in, got, want)
		}
	}
}

func TestRepair(t *testing.T) {
	for in, want := range map[string]string{
		"Xxx Liceum Ogólnokształcące":          "XXX Liceum Ogólnokształcące",
		"Xl Liceum Ogólnokształcące":           "XL Liceum Ogólnokształcące",
		"Li Liceum Ogólnokształcące":           "LI Liceum Ogólnokształcące",
		"Ii Zaoczne Liceum":                    "II Zaoczne Liceum",
		"Iii Prywatne Liceum":                  "III Prywatne Liceum",
		"Ix Liceum":                            "IX Liceum",
		"im. Jana Iii Sobieskiego":             "im. Jana III Sobieskiego",
		"im. Św. Jana Pawła Ii":                "im. Św. Jana Pawła II",
		"Niepubliczna Szkoła Mi":               "Niepubliczna Szkoła Mi",
		"Przedszkole Do-Re-Mi":                 "Przedszkole Do-Re-Mi",
		"Da Vinci Di Caprio":                   "Da Vinci Di Caprio",
		"Przedszkole Li i Ci":                  "Przedszkole Li i Ci",
		"Szkoła im. Liv Ullmann":               "Szkoła im. Liv Ullmann",
		"Fundacja Mix, Lic, Cid, Dim":          "Fundacja Mix, Lic, Cid, Dim",
		"Szkoła Iiii Viv":                      "Szkoła Iiii Viv",
		"Stowarzyszenie Na Rzecz Rozwoju Wsi":  "Stowarzyszenie na Rzecz Rozwoju Wsi",
		"Szkoła Im. Adama Nr 3 W Krakowie":     "Szkoła im. Adama nr 3 w Krakowie",
		"Poradnia dla Dzieci I Młodzieży":      "Poradnia dla Dzieci i Młodzieży",
		"Państwowa Szkoła Muzyczna I St.":      "Państwowa Szkoła Muzyczna I St.",
		"Branżowa Szkoła I Stopnia":            "Branżowa Szkoła I Stopnia",
		"Szkoła Muzyczna I I II Stopnia":       "Szkoła Muzyczna I i II Stopnia",
		"im. KróLów Polskich":                  "im. Królów Polskich",
		"Powstańców ŚLąskich":                  "Powstańców Śląskich",
		"im.wincentego Witosa":                 "im. Wincentego Witosa",
		"Towarzystwo McKinsey":                 "Towarzystwo McKinsey",
		"Przedszkole \"W Chmurach\"":           "Przedszkole \"W Chmurach\"",
		"Szkoła Z. Nałkowskiej":                "Szkoła Z. Nałkowskiej",
		"ZESPÓŁ SZKÓŁ IM. JANA":                "ZESPÓŁ SZKÓŁ IM. JANA",
		"Eturia Sp. z O.o - Kuźnia Kadr":       "Eturia Sp. z o.o - Kuźnia Kadr",
		"W Drodze":                             "W Drodze",
		"Towarzystwo im.x.b.w. Ignacego":       "Towarzystwo im. X.b.w. Ignacego",
		"Szkoła Podstawowa im. Józefa I Marii": "Szkoła Podstawowa im. Józefa i Marii",
	} {
		if got := Repair(in); got != want {
			t.Errorf("Repair(%q)\n got %q\nwant %q", in, got, want)
		}
	}
}

func TestRoman(t *testing.T) {
	for text, want := range map[string]bool{
		"I": true, "II": true, "III": true, "IV": true, "V": true, "VI": true, "VIII": true, "IX": true, "X": true,
		"XIX": true, "XXX": true, "XL": true, "XLIV": true, "LI": true, "LXXXIX": true,
		"": false, "IIII": false, "VV": false, "IXI": false, "XXXX": false, "IL": false, "VX": false, "MI": false, "C": false,
	} {
		if got := roman(text); got != want {
			t.Errorf("roman(%q) = %v", text, got)
		}
	}
}

func FuzzReadable(f *testing.F) {
	for _, seed := range []string{"ZESPÓŁ SZKÓŁ IM. JANA PAWŁA II", "I I I", "Xxx Liceum", "IM.KS.J", "\xff\x00Ii", "ǅŁßIII"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		once := Readable(name)
		if twice := Readable(once); twice != once {
			t.Errorf("not settled: %q, %q, %q", name, once, twice)
		}
		Repair(name)
		numeralsRepaired(name)
	})
}
