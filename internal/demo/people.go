package demo

import (
	"strings"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/directory/register"
	"kladka/internal/platform/i18n"
)

// casting is one person to invent: a role and the institution it is held in,
// and further roles, there or elsewhere.
type casting struct {
	role access.Role
	at   access.InstitutionID // "" for roles of the whole installation
	lang i18n.Lang
	also []access.Held
}

// people invents those to sign in as, in the order of the sign-in page: first
// whom a stranger would be (a head, a teacher), then the offices, then those
// around the school and the administrator, last the rarer roles.
func (m *maker) people(scale Scale) []access.DemoPerson {
	var list []access.DemoPerson
	names := m.newNames()
	for _, c := range m.cast(scale) {
		name := names.draw(c.lang)
		list = append(list, access.DemoPerson{ID: access.PersonID(m.key()), NewPerson: access.NewPerson{
			Name: name, Email: strings.ReplaceAll(i18n.Fold(name), " ", ".") + "@example.org", Lang: c.lang, Demo: true,
			Roles: append([]access.Held{{Role: c.role, Institution: c.at}}, c.also...)}})
	}
	return list
}

func (m *maker) cast(scale Scale) []casting {
	if scale == School {
		return m.smallCast()
	}
	salt := at(wieliczkaKey)
	krakow := at(krakowKey)
	complex := m.find(salt, kind(register.Complex), municipal, named("Zespół Szkolno-Przedszkolny"))
	school := m.find(krakow, kind(register.Primary), municipal, leads)
	center := m.find(kind(register.TeacherTrainingCenter))
	office := m.find(krakow, kind(directory.Office))
	return append([]casting{
		{access.SchoolHead, school, i18n.PL, nil},
		{access.Teacher, school, i18n.PL, nil},
		{access.SchoolHead, complex, i18n.PL, nil},
		{access.DeputyHead, school, i18n.PL, nil},
		{access.Teacher, m.find(under(complex), kind(register.Primary)), i18n.PL, nil},
		{access.SchoolSpecialist, school, i18n.PL, nil},
		{access.AuthorityOfficer, office, i18n.PL, nil},
		{access.AuthorityOfficer, m.find(salt, kind(directory.Office)), i18n.PL, nil},
		{access.AssociationOfficer, "", i18n.PL, nil},
		{access.CenterOfficer, center, i18n.PL, nil},
		{access.Counselor, m.find(krakow, kind(register.CounselingCenter)), i18n.PL, nil},
		{access.Counselor, m.find(kind(register.SpecialistCounselingCenter), municipal), i18n.PL, nil},
		{access.PartnerRepresentative, m.find(kind(directory.NGO)), i18n.PL, nil},
		{access.SchoolHead, m.find(krakow, kind(register.Kindergarten), municipal, leads), i18n.PL, nil},
		{access.Teacher, m.find(salt, kind(register.TechnicalSecondary)), i18n.UK, nil},
		{access.Pupil, m.find(krakow, kind(register.GeneralSecondary), municipal), i18n.PL, nil},
		{access.Pupil, m.find(under(complex), kind(register.Primary)), i18n.UK, nil},
		{access.Resident, "", i18n.PL, nil},
		{access.Administrator, "", i18n.PL, nil},
	}, rarer(school, center, office)...)
}

// rarer are those whom fewer people need to be, in one school, one center and
// one office.
func rarer(school, center, office access.InstitutionID) []casting {
	return []casting{
		{access.ClassTutor, school, i18n.PL, []access.Held{{Role: access.Teacher, Institution: school}}},
		{access.SchoolSecretary, school, i18n.PL, nil},
		{access.CouncilSupervisor, school, i18n.PL, []access.Held{{Role: access.Teacher, Institution: school}}},
		{access.Guardian, school, i18n.PL, nil},
		{access.Caretaker, school, i18n.PL, nil},
		{access.CenterDirector, center, i18n.PL, nil},
		{access.Trainer, center, i18n.PL, nil},
		// An adviser teaches as well: one person, two institutions.
		{access.MethodologicalAdviser, center, i18n.PL, []access.Held{{Role: access.Teacher, Institution: school}}},
		{access.NetworkCoordinator, center, i18n.PL, nil},
		{access.Expert, center, i18n.PL, nil},
		{access.ForumDelegate, office, i18n.PL, nil},
		{access.MeetingRecorder, office, i18n.PL, nil},
		{access.Accountant, office, i18n.PL, nil},
		{access.BudgetOfficer, office, i18n.PL, nil},
		{access.Valuator, office, i18n.PL, nil},
		{access.ReportOfficer, school, i18n.PL, nil},
		{access.ProtectionOfficer, "", i18n.PL, nil},
		{access.Auditor, "", i18n.PL, nil},
	}
}

func (m *maker) smallCast() []casting {
	complex := m.find(kind(register.Complex))
	primary := m.find(kind(register.Primary))
	center, office := m.find(kind(register.TeacherTrainingCenter)), m.find(kind(directory.Office))
	return append([]casting{
		{access.SchoolHead, complex, i18n.PL, nil},
		{access.Teacher, primary, i18n.PL, nil},
		{access.DeputyHead, complex, i18n.PL, nil},
		{access.SchoolSpecialist, primary, i18n.PL, nil},
		{access.AuthorityOfficer, office, i18n.PL, nil},
		{access.AssociationOfficer, "", i18n.PL, nil},
		{access.CenterOfficer, center, i18n.PL, nil},
		{access.Counselor, m.find(kind(register.CounselingCenter)), i18n.PL, nil},
		{access.PartnerRepresentative, m.find(kind(directory.NGO)), i18n.PL, nil},
		{access.Pupil, m.find(kind(register.GeneralSecondary)), i18n.PL, nil},
		{access.Resident, "", i18n.PL, nil},
		{access.Administrator, "", i18n.PL, nil},
	}, rarer(complex, center, office)...)
}

// want is a condition on an institution that is sought.
type want func(*directory.Institution) bool

// find is the first open institution that fits. A world without one is a
// mistake of ours that the tests show, as everybody must stand somewhere.
func (m *maker) find(wants ...want) access.InstitutionID {
next:
	for n := range m.list {
		for _, fits := range wants {
			if m.list[n].Closed || !fits(&m.list[n]) {
				continue next
			}
		}
		return m.list[n].ID
	}
	panic("the invented world lacks an institution for its people")
}

func at(municipality string) want {
	return func(i *directory.Institution) bool { return i.Municipality == municipality }
}

func kind[K ~string](k K) want {
	return func(i *directory.Institution) bool { return i.Kind == directory.Kind(k) }
}

func under(head access.InstitutionID) want {
	return func(i *directory.Institution) bool { return i.HeadUnit == head }
}

func named(begins string) want {
	return func(i *directory.Institution) bool { return strings.HasPrefix(i.Name, begins) }
}

func municipal(i *directory.Institution) bool { return i.RunningMunicipality == i.Municipality }

func leads(i *directory.Institution) bool { return i.Leads() }

// names gives each first name and surname once, so that no two people share an
// address.
type names struct {
	women, men  *deck[string]
	surnames    *deck[[2]string]
	fromUkraine *deck[string]
	given       int
}

func (m *maker) newNames() *names {
	women, men := firstNames()
	return &names{women: newDeck(m.chance, women), men: newDeck(m.chance, men),
		surnames: newDeck(m.chance, surnames()), fromUkraine: newDeck(m.chance, fromUkraine())}
}

// draw invents a name that agrees in gender: two women, then a man, about as
// they are among those who teach.
func (n *names) draw(lang i18n.Lang) string {
	switch {
	case lang == i18n.UK:
		return n.fromUkraine.draw()
	case n.given%3 == 2:
		n.given++
		return n.men.draw() + " " + n.surnames.draw()[1]
	}
	n.given++
	return n.women.draw() + " " + n.surnames.draw()[0]
}
