// Package demo invents a metropolis: institutions, the bodies that run them,
// and people to sign in as, so that a stranger can try the whole program
// without anybody's data.
//
// The municipalities, towns and districts are the real ones, because a map of
// nowhere teaches nothing. Everything in them is invented: numbers of the
// register begin at nine million, REGON and NIP begin with digits that no
// office gives out, telephones are 12 555 01 xx, addresses end in example.org
// or .example. A name may by chance be that of a real school; nothing else is.
//
// The same scale and seed give the same metropolis, down to the keys, so that
// pictures, guides and tests agree. That a database holds invented data is a
// property of the database, never of a flag alone (see CheckKind).
package demo

import (
	"slices"

	"kladka/internal/access"
	"kladka/internal/directory"
)

// Scale is how much is invented.
type Scale string

// The scales: one complex of schools with what stands around it, or all 15
// municipalities.
const (
	School     Scale = "school"
	Metropolis Scale = "metropolis"
)

// Scales lists them in the order of size.
func Scales() []Scale { return []Scale{School, Metropolis} }

// Valid tells whether the name is one of a scale.
func Valid(name string) bool { return slices.Contains(Scales(), Scale(name)) }

// World is all that is invented. Parents and bodies that run others stand
// before those that refer to them; people stand in the order of the sign-in page.
type World struct {
	Institutions []directory.Institution
	People       []access.DemoPerson
}

// Generate invents a world. It is pure: the same scale and seed give the same
// world, byte for byte.
func Generate(scale Scale, seed uint64) World {
	m := newMaker(seed)
	if scale == School {
		m.school()
	} else {
		m.metropolis()
	}
	return World{Institutions: m.list, People: m.people(scale)}
}

func (m *maker) metropolis() {
	all := places()
	m.bodies(all)
	m.landmarks(&all[0])
	m.round(all)
}

// Many invents n institutions, for measurements: metropolises laid one on
// another, each with further numbers, and the last one cut off.
func Many(n int, seed uint64) []directory.Institution {
	m := newMaker(seed)
	m.metropolis()
	for len(m.list) < n {
		m.round(places())
	}
	return m.list[:n:n]
}
