package demo

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"kladka/internal/directory"
	"kladka/internal/directory/register"
)

// round invents the institutions of all places once: complexes with their
// parts first, then what is left of each quota stands alone.
func (m *maker) round(all []place) {
	for n := range all {
		p := &all[n]
		left := slices.Clone(p.quota)
		// Every municipality has a school with a kindergarten under one head.
		m.complex(p, patterns()[0], left)
		for range p.complexes - 1 {
			m.complex(p, m.pattern(left), left)
		}
		for _, s := range left {
			for range s.n {
				m.alone(p, s.kind)
			}
		}
	}
}

// spot is where an institution stands.
type spot struct {
	town                    *town
	street, house, postcode string
	lat, lon                *float64
}

const (
	kilometersLat = 111.2 // in a degree
	kilometersLon = 71.5  // in a degree at 50° N
)

// spotFor puts what pupils travel to into the seat of a municipality, the rest
// anywhere.
func (m *maker) spotFor(p *place, kind register.Type) spot {
	if !p.city() && byCounty(kind) {
		return m.spotIn(&p.towns[0])
	}
	return m.spot(p)
}

func (m *maker) spot(p *place) spot {
	return m.spotIn(weighted(m.chance, p.towns, func(t *town) int { return t.weight }))
}

func (m *maker) spotIn(t *town) spot {
	s := spot{town: t, postcode: t.post, house: strconv.Itoa(m.between(1, 120))}
	if t.numbered || m.happens(60) { // many villages have no streets
		s.street = m.streets.draw()
	}
	if t.district != 0 {
		s.postcode += fmt.Sprintf("%02d", m.between(1, 89))
	}
	if m.happens(2) {
		return s // some have no point in the real register either
	}
	angle, away := m.chance.Float64()*2*math.Pi, t.spread*math.Sqrt(m.chance.Float64())
	lat, lon := rounded(t.lat+away*math.Sin(angle)/kilometersLat), rounded(t.lon+away*math.Cos(angle)/kilometersLon)
	s.lat, s.lon = &lat, &lon
	return s
}

// rounded keeps five digits, a meter or so. It also hides the last bits, in
// which processors may differ.
func rounded(degrees float64) float64 { return math.Round(degrees*1e5) / 1e5 }

// alone invents an institution that leads itself.
func (m *maker) alone(p *place, kind register.Type) {
	s, r := m.spotFor(p, kind), m.run(p, kind)
	n := naming{kind: kind, town: s.town, runner: r}
	if kind == register.TechnicalSecondary {
		n.trade = m.trades.draw()
	}
	i := m.institution(p, s, r, kind, m.name(n))
	if mayClose(kind) && m.happens(3) {
		i.Closed, i.ClosedWhy, i.Pupils = true, "register", nil
		i.ClosedOn = fmt.Sprintf("%d-08-31", m.between(2021, 2026))
	}
	m.list = append(m.list, i)
}

// mayClose keeps open what people of the demo may belong to.
func mayClose(kind register.Type) bool {
	switch kind {
	case register.Kindergarten, register.PreschoolPoint, register.PostSecondary, register.NonpublicFacility:
		return true
	}
	return false
}

// institution fills a row of the register's kind.
func (m *maker) institution(p *place, s spot, r runner, kind register.Type, t title) directory.Institution {
	m.rspo++
	rspo := m.rspo
	i := m.standing(p, s)
	i.RSPO, i.Kind, i.Name = &rspo, directory.Kind(kind), t.name
	i.RunningID, i.RunningName, i.RunningKind, i.RunningMunicipality = r.id, r.name, string(r.kind), r.municipality
	i.Supervising = supervisor(kind)
	i.Public = "nonpublic"
	if r.ofState() || r.kind != register.RunByPrivate && kind != register.NonpublicFacility && m.happens(25) {
		i.Public = "public"
	}
	i.Pupils = m.pupils(kind, r, s.town)
	i.FoundedOn = fmt.Sprintf("%d-09-01", m.between(1992, 2023))
	m.contact(&i, t, r)
	return i
}

// standing is a row that has only a key, a place and an origin.
func (m *maker) standing(p *place, s spot) directory.Institution {
	i := directory.Institution{ID: m.institutionKey(), Origin: directory.Invented, Municipality: p.key,
		City: s.town.name, Street: s.street, House: s.house, Postcode: s.postcode, Lat: s.lat, Lon: s.lon,
		Delegatura: s.town.part, Revision: 1}
	i.HeadUnit = i.ID
	if s.town.district != 0 {
		i.District = new(s.town.district)
	}
	return i
}

// contact gives addresses. As in the register, not all of the private ones do.
func (m *maker) contact(i *directory.Institution, t title, r runner) {
	host := m.host(t.mark, i.City, *i.RSPO)
	i.Phone = m.phone()
	if r.ofState() || m.happens(80) {
		i.Email = host + "@example.org"
	}
	if r.ofState() || m.happens(60) {
		i.Website = "https://" + host + ".example"
	}
	if r.kind != register.RunByPrivate || m.happens(30) {
		i.REGON, i.NIP = m.regon(), m.nip()
	}
}

func supervisor(kind register.Type) string {
	if kind == register.Music || kind == register.Arts {
		return "Minister właściwy do spraw kultury"
	}
	return "Kuratorium Oświaty w Krakowie"
}

// pupils draws how many there are; nil where none are counted.
func (m *maker) pupils(kind register.Type, r runner, t *town) *int {
	low, high := pupilsOf(kind)
	if high == 0 || m.happens(4) {
		return nil // some do not report
	}
	switch {
	case !r.ofState():
		low, high = low/2, high/3
	case !t.numbered:
		high /= 2
	}
	return new(m.between(low, high))
}

func pupilsOf(kind register.Type) (low, high int) {
	switch kind {
	case register.Kindergarten:
		return 40, 200
	case register.PreschoolPoint:
		return 10, 60
	case register.Primary:
		return 120, 720
	case register.GeneralSecondary, register.TechnicalSecondary:
		return 180, 900
	case register.VocationalFirst, register.Music, register.Arts:
		return 60, 320
	case register.SpecialVocational:
		return 12, 48
	case register.PostSecondary:
		return 40, 260
	case register.Dormitory, register.SpecialCenter, register.YouthCareCenter:
		return 30, 150
	}
	return 0, 0
}

// landmarks are those of which there is one only.
func (m *maker) landmarks(p *place) {
	m.trainingCenter(p)
	m.landmark(p, voivodeship(), register.PedagogicalLibrary, title{"Biblioteka Pedagogiczna „Przęsło” w Krakowie", "bp-przeslo"})
	m.landmark(p, m.municipal(p), register.SpecialistCounselingCenter, title{"Ośrodek Kariery „Kompas” w Krakowie", "kariera-kompas"})
}

func (m *maker) trainingCenter(p *place) {
	m.landmark(p, voivodeship(), register.TeacherTrainingCenter, title{"Ośrodek Doskonalenia Nauczycieli „Most”", "odn-most"})
}

func (m *maker) landmark(p *place, r runner, kind register.Type, t title) {
	m.list = append(m.list, m.institution(p, m.spot(p), r, kind, t))
}

// bodies invents those outside the register: the offices of municipalities,
// the association, NGOs and universities.
func (m *maker) bodies(all []place) {
	for n := range all {
		m.office(&all[n])
	}
	krakow := &all[0]
	m.body(krakow, directory.Association, "Stowarzyszenie Metropolitalne "+quoted("Wspólny Brzeg"), "wspolny-brzeg")
	for n, name := range ngoNames() {
		// Half of them in the city, the others one to a municipality.
		p := krakow
		if n >= 4 && len(all) > 1 {
			p = &all[n-3]
		}
		m.ngoBody(p, name)
	}
	m.body(krakow, directory.University, "Uniwersytet Nadwiślański w Krakowie", "uniwersytet-nadwislanski")
	m.body(krakow, directory.University, "Wyższa Szkoła Nauk o Wychowaniu "+quoted("Brzeg")+" w Krakowie", "wsnw-brzeg")
}

func ngoNames() []string {
	return []string{
		"Fundacja „Przęsło”", "Stowarzyszenie „Dobry Sąsiad”", "Fundacja „Czytam, więc płynę”", "Stowarzyszenie „Szósta Ławka”",
		"Fundacja „Zielona Przerwa”", "Towarzystwo Oświatowe „Wspólny Stół”", "Stowarzyszenie „Głos Młodych znad Wisły”",
		"Fundacja „Szkoła bez Progów”",
	}
}

func (m *maker) office(p *place) {
	i := m.body(p, directory.Office, p.office, "oswiata-"+slug(p.name))
	r := m.municipal(p)
	i.RunningName, i.RunningKind, i.RunningMunicipality = r.name, string(r.kind), p.key
	i.Public = "public"
	m.offices[p.key] = new(i.ID)
}

func (m *maker) ngoBody(p *place, name string) {
	i := m.body(p, directory.NGO, name, slug(name))
	m.ngos = append(m.ngos, runner{id: new(i.ID), kind: register.RunByNGO, name: i.Name})
}

// seated is any kind that stands in the seat of its municipality.
const seated = register.CounselingCenter

// body adds one to the list; what is returned may be filled further until the
// next is added.
func (m *maker) body(p *place, kind directory.Kind, name, host string) *directory.Institution {
	i := m.standing(p, m.spotFor(p, seated))
	i.Kind, i.Name, i.Phone = kind, name, m.phone()
	i.Email, i.Website = host+"@example.org", "https://"+host+".example"
	i.REGON, i.NIP = m.regon(), m.nip()
	m.list = append(m.list, i)
	return &m.list[len(m.list)-1]
}
