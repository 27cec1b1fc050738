package budget

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
)

// Document is what a freeze freezes: the rules and the ballot of each pool in
// its drawn order. Its canonical JSON is published byte by byte, so that anybody
// repeats the hash with `sha256sum`.
type Document struct {
	Edition EditionID      `json:"edition"`
	Title   string         `json:"title"`
	Year    int            `json:"year"`
	Rules   Rules          `json:"rules"`
	Ballots []PoolOnBallot `json:"ballots"`
}

// PoolOnBallot is the ballot of one pool.
type PoolOnBallot struct {
	Pool     PoolID          `json:"pool"`
	Projects []BallotProject `json:"projects"`
}

// NewDocument makes the document of an edition. Pools stand in the order of the
// rules, projects in that of the ballot, whatever order they come in.
func NewDocument(e Edition, ballots map[PoolID][]BallotProject) Document {
	d := Document{Edition: e.ID, Title: e.Title, Year: e.Year, Rules: e.Rules.whole(), Ballots: []PoolOnBallot{}}
	for _, p := range e.Rules.Pools {
		list := append([]BallotProject{}, ballots[p.ID]...)
		slices.SortFunc(list, func(a, b BallotProject) int { return a.Order - b.Order })
		d.Ballots = append(d.Ballots, PoolOnBallot{Pool: p.ID, Projects: list})
	}
	return d
}

// Text is the canonical JSON of the document, Hash the SHA-256 of these bytes
// in hex.
func (d Document) Text() ([]byte, error) { return canonical(d) }

// Hash is the SHA-256 of a document's text, in hex.
func Hash(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// canonical writes JSON of which there is one form: fields as they are declared,
// no spaces, no HTML escapes, no newline at the end. What goes through it holds
// no maps, no floats and no nil lists.
func canonical(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// whole is the rules with empty lists instead of nil ones: else rules would have
// two forms, before and after they were read from the database.
func (r Rules) whole() Rules {
	r.Notes, r.OpenPoints, r.Who.Sources = listed(r.Notes), listed(r.OpenPoints), listed(r.Who.Sources)
	r.Pools, r.Excludes = slices.Clone(listed(r.Pools)), slices.Clone(listed(r.Excludes))
	for n := range r.Pools {
		r.Pools[n].Ballot.Points = listed(r.Pools[n].Ballot.Points)
	}
	for n := range r.Excludes {
		r.Excludes[n] = listed(r.Excludes[n])
	}
	return r
}

func listed[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
