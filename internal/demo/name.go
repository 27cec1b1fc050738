package demo

import (
	"strconv"
	"strings"

	"kladka/internal/directory/register"
	"kladka/internal/platform/i18n"
)

// title is a name with what of it goes into web addresses.
type title struct {
	name string
	mark string // "sp12", "p-zielony-zakatek"
}

// naming is what a name depends on.
type naming struct {
	kind   register.Type
	town   *town
	runner runner
	made   *pattern // of the complex that it is a part of, if any
	trade  trade    // of a technical school
}

// name invents the name of an institution. Public ones bear a number and a
// patron; others a name of their own.
func (m *maker) name(n naming) title {
	switch n.kind {
	case register.Kindergarten:
		return m.kindergarten(n)
	case register.PreschoolPoint:
		return m.called("Punkt Przedszkolny", "pp", n)
	case register.Primary:
		return m.primary(n)
	case register.GeneralSecondary:
		return m.general(n)
	case register.TechnicalSecondary:
		return m.technical(n)
	case register.VocationalFirst:
		return m.plain("Branżowa Szkoła I Stopnia", "bs", 60, n)
	case register.PostSecondary:
		return m.postSecondary(n)
	case register.Music:
		return m.music(n)
	case register.Arts:
		return m.arts(n)
	}
	return m.support(n)
}

// support names what helps schools, and the rest.
func (m *maker) support(n naming) title {
	switch n.kind {
	case register.SpecialVocational:
		return m.plain("Szkoła Specjalna Przysposabiająca do Pracy", "sspp", 0, n)
	case register.CounselingCenter:
		return m.plain("Poradnia Psychologiczno-Pedagogiczna", "ppp", 0, n)
	case register.SpecialistCounselingCenter:
		return m.called("Specjalistyczna Poradnia Psychologiczno-Pedagogiczna", "spp", n)
	case register.YouthCenter:
		return m.plain("Młodzieżowy Dom Kultury", "mdk", 60, n)
	case register.SportsCenter:
		return m.plain("Międzyszkolny Ośrodek Sportowy", "mos", 0, n)
	case register.Dormitory:
		return m.plain("Bursa Szkolna", "bursa", 20, n)
	case register.SpecialCenter:
		return m.plain("Specjalny Ośrodek Szkolno-Wychowawczy", "sosw", 60, n)
	case register.YouthCareCenter:
		return m.plain("Młodzieżowy Ośrodek Socjoterapii", "mos-s", 0, n)
	case register.ContinuingEducation:
		if n.runner.ofState() {
			return m.plain("Centrum Kształcenia Zawodowego", "ckz", 0, n)
		}
		return m.called("Niepubliczna Placówka Kształcenia Ustawicznego", "cku", n)
	}
	return m.called(m.courses.draw(), "np", n)
}

// number is the next of its kind in the town. In villages the first school
// bears none.
func (m *maker) number(kind string, t *town) (n int, shown bool) {
	key := kind + " " + t.name
	m.numbered[key]++
	n = m.numbered[key]
	return n, t.numbered || n > 1
}

// plain is "Bursa Szkolna nr 3 im. … w Krakowie", with a patron in so many of
// a hundred cases.
func (m *maker) plain(what, mark string, patron int, n naming) title {
	number, shown := m.number(what, n.town)
	name := what
	if shown {
		name += " nr " + strconv.Itoa(number)
		mark += strconv.Itoa(number)
	}
	if m.happens(patron) {
		name += " im. " + m.patron(n.runner)
	}
	return title{name + " " + n.town.in, mark}
}

// called is "Policealna Szkoła Medyczna „Nowa Droga” w Krakowie"; the little
// ones get another kind of name.
func (m *maker) called(what, mark string, n naming) title {
	names := m.mottoes
	if n.kind == register.Kindergarten || n.kind == register.PreschoolPoint {
		names = m.fancies
	}
	own := names.draw()
	return title{what + " " + quoted(own) + " " + n.town.in, mark + "-" + slug(own)}
}

func (m *maker) patron(r runner) string {
	if r.kind == register.RunByReligious {
		return m.saints.draw()
	}
	return m.patrons.draw()
}

func (m *maker) kindergarten(n naming) title {
	switch {
	case n.runner.kind == register.RunByReligious:
		return m.called("Przedszkole Katolickie", "p", n)
	case !n.runner.ofState():
		kinds := []string{"Niepubliczne Przedszkole", "Niepubliczne Przedszkole", "Przedszkole Językowe", "Przedszkole Integracyjne", "Przedszkole Leśne"}
		return m.called(kinds[m.chance.IntN(len(kinds))], "p", n)
	}
	number, shown := m.number("Przedszkole", n.town)
	name, mark := "Samorządowe Przedszkole", "p"
	if shown {
		name += " nr " + strconv.Itoa(number)
		mark += strconv.Itoa(number)
	}
	if m.happens(60) {
		name += " " + quoted(m.tales.draw())
	}
	return title{name + " " + n.town.in, mark}
}

func (m *maker) primary(n naming) title {
	switch {
	case n.runner.kind == register.RunByReligious:
		return m.plain("Katolicka Szkoła Podstawowa", "ksp", 100, n)
	case n.runner.kind == register.RunByNGO:
		return m.plain("Społeczna Szkoła Podstawowa", "ssp", 70, n)
	case !n.runner.ofState():
		return m.called("Niepubliczna Szkoła Podstawowa", "sp", n)
	}
	number, shown := m.number("Szkoła Podstawowa", n.town)
	name, mark := "Szkoła Podstawowa", "sp"
	switch {
	case n.made != nil && n.made.special:
		name += " Specjalna"
	case n.town.numbered:
		// The addition changes the name, never the number: one row of numbers for all.
		switch at := m.chance.IntN(100); {
		case at < 8:
			name += " z Oddziałami Integracyjnymi"
		case at < 12:
			name += " z Oddziałami Sportowymi"
		}
	}
	if shown {
		name += " nr " + strconv.Itoa(number)
		mark += strconv.Itoa(number)
	}
	if m.happens(85) {
		name += " im. " + m.patrons.draw()
	}
	return title{name + " " + n.town.in, mark}
}

func (m *maker) general(n naming) title {
	switch {
	case n.runner.kind == register.RunByReligious:
		return m.plain("Katolickie Liceum Ogólnokształcące", "klo", 100, n)
	case n.runner.kind == register.RunByNGO:
		return m.plain("Społeczne Liceum Ogólnokształcące", "slo", 70, n)
	case !n.runner.ofState() && m.happens(40):
		return m.called("Liceum Ogólnokształcące dla Dorosłych", "lod", n)
	case !n.runner.ofState():
		return m.called("Niepubliczne Liceum Ogólnokształcące", "lo", n)
	}
	number, shown := m.number("Liceum", n.town)
	name, mark := "Liceum Ogólnokształcące", "lo"
	if shown {
		name = roman(number) + " " + name
		mark += strconv.Itoa(number)
	}
	if m.happens(90) {
		name += " im. " + m.patrons.draw()
	}
	return title{name + " " + n.town.in, mark}
}

func (m *maker) technical(n naming) title {
	if !n.runner.ofState() {
		return m.called("Technikum "+n.trade.technikum, "t", n)
	}
	number, shown := m.number("Technikum", n.town)
	name, mark := "Technikum "+n.trade.technikum, "t"
	if shown {
		name += " nr " + strconv.Itoa(number)
		mark += strconv.Itoa(number)
	}
	if m.happens(50) {
		name += " im. " + m.patrons.draw()
	}
	return title{name + " " + n.town.in, mark}
}

func (m *maker) postSecondary(n naming) title {
	if n.runner.ofState() {
		return m.plain("Szkoła Policealna", "pol", 20, n)
	}
	return m.called("Policealna Szkoła "+m.professions.draw(), "pol", n)
}

func (m *maker) music(n naming) title {
	degree := "I"
	if n.town.numbered && m.happens(35) {
		degree = "II"
	}
	what := "Samorządowa Szkoła Muzyczna "
	switch {
	case n.runner.kind == register.RunByMinistry:
		what = "Państwowa Szkoła Muzyczna "
	case !n.runner.ofState():
		return m.called("Niepubliczna Szkoła Muzyczna "+degree+" stopnia", "sm", n)
	}
	number, shown := m.number(what+degree, n.town)
	name, mark := what+degree+" stopnia", "sm"+strings.ToLower(degree)
	if shown && number > 1 {
		name += " nr " + strconv.Itoa(number)
		mark += strconv.Itoa(number)
	}
	return title{name + " im. " + m.composers.draw() + " " + n.town.in, mark}
}

func (m *maker) arts(n naming) title {
	if n.runner.ofState() {
		return m.plain("Państwowe Liceum Sztuk Plastycznych", "plsp", 100, n)
	}
	return m.called("Liceum Sztuk Plastycznych", "lsp", n)
}

// slug writes a name for web addresses.
func slug(name string) string { return strings.ReplaceAll(i18n.Fold(name), " ", "-") }
