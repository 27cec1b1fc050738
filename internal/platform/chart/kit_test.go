package chart

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"kladka/internal/platform/i18n"
)

func words(t testing.TB) *i18n.Catalog {
	t.Helper()
	c, err := i18n.Load(Messages)
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range c.Check() {
		t.Error(fault)
	}
	return c
}

func html(t testing.TB, l *i18n.L, p Picture) string {
	t.Helper()
	var b strings.Builder
	if err := Figure(l, p).Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// frames are all that a picture is laid out in.
func frames() map[string]frame {
	return map[string]frame{"wide": {width: wideFrame}, "narrow": {width: narrowFrame, narrow: true}, "paper": {width: paperFrame, height: 1000}}
}

func towns() []string {
	return []string{"Kraków", "Wieliczka", "Skawina", "Niepołomice", "Zabierzów", "Zielonki", "Liszki", "Czernichów", "Mogilany",
		"Świątniki Górne", "Michałowice", "Kocmyrzów-Luborzyca", "Igołomia-Wawrzeńczyce", "Biskupice", "Wielka Wieś"}
}

// numbers are the same in every run, and look as if counted.
func numbers(n, seed, most int) []Value {
	out := make([]Value, n)
	for i := range out {
		out[i] = Int((i*7919 + seed*104729 + i*i*31 + seed*seed*17) % (most + 1))
	}
	return out
}

func rowsOf(names []string, columns, most int) []Row {
	var rows []Row
	for i, name := range names {
		rows = append(rows, Row{Name: name, Href: "/plan-jakosci/gmina/" + fmt.Sprint(i), Values: numbers(columns, i+3, most)})
	}
	return rows
}

func heat() HeatMap {
	h := HeatMap{Head: Head{ID: "heat", Title: "Zgłoszone potrzeby: gmina i temat", Desc: "Liczba zgłoszeń, rok szkolny 2026/27.", Level: 2, Names: "Gmina"},
		Columns: []string{"Edukacja włączająca", "Zdrowie psychiczne", "Kompetencje cyfrowe", "Zarządzanie szkołą", "Ocenianie kształtujące", "Edukacja obywatelska"},
		Rows:    rowsOf(towns(), 6, 42)}
	h.Rows[1].Values[2] = Hidden("ukryto")
	h.Rows[2].Values[0] = Value{}
	h.Rows[3].Values[1] = Int(0)
	return h
}

func line() Line {
	return Line{Head: Head{ID: "line", Title: "Nauczyciele, którzy ukończyli szkolenie ze zgłoszonej potrzeby", Desc: "Odsetek w gminach członkowskich.", Level: 2, Unit: Percent(), Names: "Rok"},
		At:     []string{"2021", "2022", "2023", "2024", "2025", "2026"},
		Lines:  []Row{{Values: []Value{Num(41), Num(46), Num(52), Num(50), Num(58), Num(63)}}},
		Target: Mark{Name: "cel na 2027", Value: Num(70)}, Base: Mark{Name: "rok wyjściowy 2021", Value: Num(41)}}
}

func groups() Line {
	return Line{Head: Head{ID: "groups", Title: "Kto skorzystał", Desc: "Osoby liczone raz w roku szkolnym.", Level: 2},
		At: []string{"2021/22", "2022/23", "2023/24", "2024/25", "2025/26", "2026/27"},
		Lines: []Row{{Name: "nauczycielki i nauczyciele", Values: []Value{Int(410), Int(460), {}, Int(500), Int(580), Int(630)}},
			{Name: "dyrektorki i dyrektorzy", Values: []Value{Int(120), Int(150), Int(151), Int(210), Int(209), Int(260)}},
			{Name: "prowadzący oświatę", Values: []Value{Int(20), Int(35), Int(33), Int(41), Int(60), Int(58)}}},
		Target: Mark{Name: "cel", Value: Int(600)}}
}

func bars() Bars {
	b := Bars{Head: Head{ID: "bars", Title: "Zapisy według gminy i stanu", Level: 2, Names: "Gmina"}, Parts: []string{"ukończone", "w toku", "lista rezerwowa", "odwołane"},
		Rows: rowsOf(towns()[:9], 4, 90)}
	b.Rows[2].Values[1] = Hidden("ukryto")
	return b
}

func sixParts() Bars {
	return Bars{Head: Head{ID: "six", Title: "Fakty według obszaru i roku", Desc: "Osiem obszarów: ostatnie razem.", Level: 2, Unit: Unit{After: " godz."}}, Parts: []string{"Obszar 1", "Obszar 2", "Obszar 3", "Obszar 4", "Obszar 5", "Obszar 6", "Obszar 7", "Obszar 8"},
		Rows: rowsOf([]string{"2022/23", "2023/24", "2024/25", "2025/26"}, 8, 200)}
}

func flow() Flow {
	return Flow{Head: Head{ID: "flow", Title: "Droga zgłoszenia: od potrzeby do działania", Level: 2}, Stages: []string{"Kto zgłosił", "Gdzie omówiono", "Co z tego wyszło"},
		Nodes: []Node{{"a", "Szkoły", 0}, {"b", "Samorządy", 0}, {"c", "Uczniowie", 0}, {"d", "Diagnoza", 1}, {"e", "Spotkania", 1},
			{"f", "Szkolenia MCDN", 2}, {"g", "Sieci", 2}, {"h", "Projekty", 2}, {"i", "Bez odpowiedzi", 2}},
		Links: []Link{{"a", "d", Int(70)}, {"a", "e", Int(20)}, {"b", "d", Int(25)}, {"b", "e", Int(30)}, {"c", "d", Int(10)}, {"c", "e", Int(12)},
			{"d", "f", Int(55)}, {"d", "g", Int(25)}, {"d", "h", Int(10)}, {"d", "i", Int(15)}, {"e", "f", Int(18)}, {"e", "g", Int(20)}, {"e", "h", Int(16)}, {"e", "i", Int(8)}}}
}

func tiles() TileMap {
	places := [][2]int{{2, 2}, {4, 3}, {1, 3}, {4, 2}, {1, 1}, {2, 1}, {0, 2}, {0, 3}, {2, 4}, {3, 4}, {3, 1}, {4, 1}, {5, 1}, {5, 3}, {2, 0}}
	t := TileMap{Head: Head{ID: "tiles", Title: "Szkoły, które skorzystały", Desc: "Odsetek szkół gminy.", Level: 2, Unit: Percent(), Names: "Gmina"}}
	for i, v := range numbers(len(places), 5, 100) {
		t.Tiles = append(t.Tiles, Tile{Name: towns()[i], Col: places[i][0], Row: places[i][1], Value: v, Href: "/x"})
	}
	t.Tiles[3].Value, t.Tiles[6].Value = Hidden("ukryto"), Num(math.NaN())
	return t
}

func change() Bars {
	return Bars{Head: Head{ID: "change", Title: "Zmiana od roku wyjściowego", Level: 2, Unit: Unit{Decimals: 1, After: " p.p."}, Names: "Gmina"}, Parts: []string{"zmiana"},
		Rows: []Row{{Name: "Kraków", Values: []Value{Num(4.25)}}, {Name: "Wieliczka", Values: []Value{Num(-2.1)}}, {Name: "Skawina", Values: []Value{Num(0)}}, {Name: "Liszki"}}}
}

func samples() []Picture {
	return []Picture{heat(), line(), groups(), bars(), sixParts(), change(), flow(), tiles(), Line{Head: Head{ID: "nothing", Title: "Bez danych", Level: 2}}}
}
