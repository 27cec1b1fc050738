package demo

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// part is how many of a hundred people in a crowd hold a role.
type part struct {
	role access.Role
	of   int
}

// crowdParts: most accounts are those of pupils and teachers.
func crowdParts() []part {
	return []part{{access.Pupil, 40}, {access.Guardian, 5}, {access.Teacher, 35}, {access.ClassTutor, 8},
		{access.SchoolSpecialist, 5}, {access.SchoolHead, 3}, {access.SchoolSecretary, 3}, {access.Resident, 1}}
}

// What of a crowd does not grow with it: so many auditors, and the one whose
// surname nobody parts.
const (
	CrowdAuditors = 5
	CrowdRare     = "Jedynakiewicz"
)

// Crowd invents n people in the given institutions, for measurements. The same
// numbers and seed give the same crowd. They come after those of a world: their
// keys and addresses are others.
func Crowd(n int, seed uint64, in []access.InstitutionID) []access.DemoPerson {
	m := newMaker(seed)
	m.ids = 1_000_000 // beyond the keys of any world
	women, men := firstNames()
	family, parts := surnames(), crowdParts()
	list := make([]access.DemoPerson, n)
	for i := range list {
		first, last := women[m.chance.IntN(len(women))], family[m.chance.IntN(len(family))][0]
		if m.happens(33) {
			first, last = men[m.chance.IntN(len(men))], family[m.chance.IntN(len(family))][1]
		}
		if i == n/2 {
			last = CrowdRare
		}
		name := first + " " + last
		list[i] = access.DemoPerson{ID: access.PersonID(m.key()), NewPerson: access.NewPerson{Name: name,
			Email: fmt.Sprintf("%s.%d@example.org", strings.ReplaceAll(i18n.Fold(name), " ", "."), i), Lang: i18n.PL, Demo: true,
			Roles: []access.Held{m.crowdRole(i, parts, in)}}}
	}
	return list
}

func (m *maker) crowdRole(i int, parts []part, in []access.InstitutionID) access.Held {
	if i < CrowdAuditors {
		return access.Held{Role: access.Auditor}
	}
	role := weighted(m.chance, parts, func(s *part) int { return s.of }).role
	if role.Everywhere() {
		return access.Held{Role: role}
	}
	return access.Held{Role: role, Institution: in[m.chance.IntN(len(in))]}
}

// crowdAtOnce is how many people are written in one transaction, so that
// others may write in between.
const crowdAtOnce = 2000

// AddCrowd writes a crowd into a demo.
func AddCrowd(ctx context.Context, d *db.DB, people *access.Service, crowd []access.DemoPerson) (err error) {
	defer fault.Wrap(&err, "write a crowd of %d", len(crowd))
	for some := range slices.Chunk(crowd, crowdAtOnce) {
		if err := d.Write(ctx, func(tx *db.Tx) error { return people.AddDemoPeople(ctx, tx, some) }); err != nil {
			return err
		}
	}
	return nil
}
