package demo

import (
	"strconv"

	"kladka/internal/directory"
	"kladka/internal/directory/register"
)

// pattern is a usual make-up of a complex.
type pattern struct {
	weight  int
	name    string
	mark    string
	trade   bool // a trade stands in the name
	private bool // an NGO runs it
	special bool // for pupils with disabilities
	lead    register.Type
	parts   []register.Type
}

func patterns() []pattern {
	return []pattern{
		{weight: 58, name: "Zespół Szkolno-Przedszkolny", mark: "zsp", lead: register.Primary,
			parts: []register.Type{register.Primary, register.Kindergarten}},
		{weight: 12, name: "Zespół Szkół Ogólnokształcących", mark: "zso", lead: register.GeneralSecondary,
			parts: []register.Type{register.GeneralSecondary, register.Primary}},
		{weight: 16, name: "Zespół Szkół", mark: "zs", trade: true, lead: register.TechnicalSecondary,
			parts: []register.Type{register.TechnicalSecondary, register.VocationalFirst}},
		{weight: 5, name: "Zespół Szkół Specjalnych", mark: "zss", special: true, lead: register.Primary,
			parts: []register.Type{register.Primary, register.SpecialVocational}},
		{weight: 4, name: "Zespół Szkół Społecznych", mark: "zssp", private: true, lead: register.Primary,
			parts: []register.Type{register.Primary, register.Kindergarten, register.GeneralSecondary}},
		{weight: 5, name: "Zespół Placówek Oświatowych", mark: "zpo", lead: register.Primary,
			parts: []register.Type{register.Primary, register.Kindergarten, register.GeneralSecondary}},
	}
}

// pattern draws one for whose parts the quota still has room.
func (m *maker) pattern(left []share) pattern {
	return *weighted(m.chance, patterns(), func(one *pattern) int {
		for _, kind := range one.parts {
			if count(left, kind) == 0 {
				return 0
			}
		}
		return one.weight
	})
}

func count(left []share, kind register.Type) int {
	for _, s := range left {
		if s.kind == kind {
			return s.n
		}
	}
	return 0
}

func take(left []share, kind register.Type) {
	for n := range left {
		if left[n].kind == kind {
			left[n].n--
		}
	}
}

// complex invents a complex with its parts, and takes them from the quota. One
// head leads all, in one house, for one running body.
func (m *maker) complex(p *place, made pattern, left []share) {
	s, r := m.spotFor(p, made.lead), m.local(p, made.lead)
	if made.private {
		r = m.ngo()
	}
	n := naming{kind: register.Complex, town: s.town, runner: r, made: &made, trade: m.trades.draw()}
	whole := m.institution(p, s, r, n.kind, m.complexName(n))
	m.list = append(m.list, whole)
	for _, kind := range made.parts {
		take(left, kind)
		n.kind = kind
		part := m.institution(p, s, r, kind, m.name(n))
		part.RegisterParent, part.HeadUnit = new(whole.ID), whole.ID
		// What is one house has one telephone and belongs together in the public eye.
		part.Phone, part.Public = whole.Phone, whole.Public
		m.list = append(m.list, part)
	}
}

func (m *maker) complexName(n naming) title {
	name, mark := n.made.name, n.made.mark
	number, shown := m.number(name, n.town)
	if n.made.trade {
		name += " " + n.trade.zespol
	}
	if shown {
		name += " nr " + strconv.Itoa(number)
		mark += strconv.Itoa(number)
	}
	if m.happens(45) {
		name += " im. " + m.patron(n.runner)
	}
	return title{name + " " + n.town.in, mark}
}

// school is the small world: one complex with what stands around it, in Wieliczka.
func (m *maker) school() {
	p := small()
	m.office(&p)
	m.body(&p, directory.Association, "Stowarzyszenie Metropolitalne "+quoted("Wspólny Brzeg"), "wspolny-brzeg")
	m.ngoBody(&p, ngoNames()[0])
	m.complex(&p, pattern{name: "Zespół Placówek Oświatowych", mark: "zpo", lead: register.Primary,
		parts: []register.Type{register.Primary, register.Kindergarten, register.GeneralSecondary}}, nil)
	m.trainingCenter(&p)
	m.alone(&p, register.CounselingCenter)
}

func small() place {
	for _, p := range places() {
		if p.key == wieliczkaKey {
			p.towns = p.towns[:1]
			return p
		}
	}
	panic("the small world has no place") // only if the list above is edited wrongly
}
