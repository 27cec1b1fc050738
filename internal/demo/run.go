package demo

import (
	"kladka/internal/access"
	"kladka/internal/directory/register"
)

// runner is a body that runs institutions.
type runner struct {
	id           *access.InstitutionID // when it stands in the directory
	kind         register.RunningKind
	name         string
	municipality string // when it is one
}

// chances are how many of a hundred institutions of a kind each body runs.
// "Local" is the municipality, or the county where counties run such schools.
type chances struct{ local, voivodeship, ministry, ngo, religious, company, private int }

// runs are about the shares of the real register: 47 of 100 institutions are
// run by a municipality, the more so the younger the children.
func runs(kind register.Type, city bool) chances {
	switch kind {
	case register.Kindergarten:
		return chances{local: 28, ngo: 7, religious: 8, company: 7, private: 50}
	case register.PreschoolPoint:
		return chances{ngo: 20, company: 10, private: 70}
	case register.Primary:
		if !city {
			return chances{local: 92, ngo: 6, private: 2}
		}
		return chances{local: 60, ngo: 16, religious: 8, company: 4, private: 12}
	case register.GeneralSecondary:
		return chances{local: 38, ngo: 14, religious: 8, company: 11, private: 29}
	case register.TechnicalSecondary, register.VocationalFirst, register.SpecialVocational:
		return chances{local: 84, religious: 5, company: 5, private: 6}
	case register.PostSecondary:
		return chances{local: 6, voivodeship: 12, ngo: 10, company: 30, private: 42}
	case register.Music:
		return chances{local: 30, ministry: 35, private: 35}
	case register.Arts:
		return chances{ministry: 70, private: 30}
	case register.SpecialistCounselingCenter:
		return chances{local: 40, private: 60}
	case register.Dormitory, register.SpecialCenter, register.YouthCareCenter:
		return chances{local: 65, religious: 35}
	case register.ContinuingEducation:
		return chances{local: 12, voivodeship: 8, company: 30, private: 50}
	case register.NonpublicFacility:
		return chances{ngo: 8, company: 20, private: 72}
	}
	return chances{local: 100}
}

// byCounty tells which kinds a county runs outside cities with county rights.
func byCounty(kind register.Type) bool {
	switch kind {
	case register.GeneralSecondary, register.TechnicalSecondary, register.VocationalFirst, register.SpecialVocational,
		register.PostSecondary, register.CounselingCenter, register.SpecialistCounselingCenter, register.Dormitory,
		register.SpecialCenter, register.YouthCareCenter, register.ContinuingEducation:
		return true
	}
	return false
}

// run draws who runs an institution of the kind.
func (m *maker) run(p *place, kind register.Type) runner {
	c := runs(kind, p.city())
	bodies := []struct {
		weight int
		make   func() runner
	}{
		{c.local, func() runner { return m.local(p, kind) }},
		{c.voivodeship, voivodeship},
		{c.ministry, func() runner {
			return runner{kind: register.RunByMinistry, name: "Minister właściwy do spraw kultury"}
		}},
		{c.ngo, m.ngo},
		{c.religious, func() runner { return runner{kind: register.RunByReligious, name: m.congregations.draw()} }},
		{c.company, func() runner { return runner{kind: register.RunByCompany, name: m.companies.draw()} }},
		// A natural person is never named, as in the register's public part.
		{c.private, func() runner { return runner{kind: register.RunByPrivate, name: "Osoba fizyczna"} }},
	}
	at := m.chance.IntN(100)
	for _, b := range bodies {
		if at -= b.weight; at < 0 {
			return b.make()
		}
	}
	return m.local(p, kind)
}

func (m *maker) local(p *place, kind register.Type) runner {
	if !p.city() && byCounty(kind) {
		return runner{kind: register.RunByCounty, name: p.county}
	}
	return m.municipal(p)
}

func (m *maker) municipal(p *place) runner {
	r := runner{id: m.offices[p.key], kind: register.RunByGmina, name: p.runner, municipality: p.key}
	if p.city() {
		r.kind = register.RunByCity
	}
	return r
}

func voivodeship() runner {
	return runner{kind: register.RunByVoivodeship, name: "Województwo Małopolskie"}
}

func (m *maker) ngo() runner { return m.ngos[m.chance.IntN(len(m.ngos))] }

// ofState tells whether a public body runs it; such schools have numbers and
// patrons, the others names of their own.
func (r runner) ofState() bool {
	switch r.kind {
	case register.RunByGmina, register.RunByCity, register.RunByCounty, register.RunByVoivodeship, register.RunByMinistry:
		return true
	}
	return false
}
