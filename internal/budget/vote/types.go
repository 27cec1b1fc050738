package vote

import (
	"kladka/internal/access"
	"kladka/internal/budget"
)

// ElectorID is 128 random bits in hex. It is nobody's name.
type ElectorID string

// Way is how a right was spent.
type Way string

// The ways. Rights that are not spent have none.
const (
	Online Way = "online" // on a page, by an account
	Slip   Way = "slip"   // on a page, by the code of a slip
	Paper  Way = "paper"  // by a declaration on paper
)

// Right is the right of an elector in a pool.
type Right struct {
	Pool  budget.PoolID `db:"pool"`
	Spent bool          `db:"spent"`
}

// Elector is somebody who may vote, as those who keep the rights know them.
// Person is the account, "" for none; Class is the class of a roster.
type Elector struct {
	Edition budget.EditionID
	ID      ElectorID
	Source  budget.Source
	Person  access.PersonID
	Class   string
}
