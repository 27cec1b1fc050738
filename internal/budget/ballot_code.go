package budget

import (
	"encoding/binary"
	"errors"
	"slices"
)

// How a choice is written before it is sealed. No id of a project stands in it,
// only its place on the drawn ballot, and one choice has one form, whatever order
// it was made in: opened ballots are sorted and compared as bytes.
//
//	ranked:      version, then for each number of points the place of its project
//	             on the ballot from 1, or 0 when none has it
//	cumulative:  version, how many, then place and points of each, by place
//	all others:  version, how many, then the places in ascending order
//
// The version is one byte, numbers are unsigned varints.
const ballotVersion = 1

// ErrBallot says that bytes are not a ballot of the pool.
var ErrBallot = errors.New("not a ballot of this pool")

// Encode writes a choice that Check has accepted. Order is the ballot of the
// pool, as it was drawn.
func (p Pool) Encode(c Choice, order []ProjectID) ([]byte, error) {
	places := make([]int, len(c.Picks))
	for n, pick := range c.Picks {
		if places[n] = slices.Index(order, pick.Project); places[n] < 0 {
			return nil, ErrBallot
		}
	}
	if p.Ballot.Type == Ranked {
		return p.encodeRanked(c, places)
	}
	by := make([]int, len(places)) // picks by their place on the ballot
	for n := range by {
		by[n] = n
	}
	slices.SortFunc(by, func(a, b int) int { return places[a] - places[b] })
	body := binary.AppendUvarint([]byte{ballotVersion}, uint64(len(places)))
	for i, n := range by {
		if i > 0 && places[by[i-1]] == places[n] {
			return nil, ErrBallot // a project twice
		}
		body = binary.AppendUvarint(body, uint64(places[n]))
		if p.Ballot.Type == Cumulative {
			body = binary.AppendUvarint(body, uint64(max(c.Picks[n].Points, 0)))
		}
	}
	return body, nil
}

func (p Pool) encodeRanked(c Choice, places []int) ([]byte, error) {
	slots := make([]uint64, len(p.Ballot.Points))
	for n, pick := range c.Picks {
		slot := p.Ballot.slot(pick.Points)
		if slot < 0 || slots[slot] != 0 {
			return nil, ErrBallot
		}
		slots[slot] = uint64(places[n]) + 1
	}
	body := []byte{ballotVersion}
	for _, place := range slots {
		body = binary.AppendUvarint(body, place)
	}
	return body, nil
}

// Decode reads what Encode wrote and refuses every other form: a body with two
// forms could be used to mark a ballot. Picks stand by points, the most first, on
// a ranked ballot, and in the order of the ballot on others.
func (p Pool) Decode(body []byte, order []ProjectID) (c Choice, err error) {
	in := reader{rest: body}
	if in.byte() != ballotVersion {
		return Choice{}, ErrBallot
	}
	if p.Ballot.Type == Ranked {
		for _, points := range p.Ballot.Points {
			if place := in.number(len(order)); place > 0 {
				c.Picks = append(c.Picks, Pick{Project: order[place-1], Points: points})
			}
		}
	} else {
		for range in.number(len(order)) {
			pick := Pick{Project: in.project(order)}
			if p.Ballot.Type == Cumulative {
				pick.Points = in.number(p.Ballot.Total)
			}
			c.Picks = append(c.Picks, pick)
		}
	}
	if in.bad || len(in.rest) > 0 {
		return Choice{}, ErrBallot
	}
	again, err := p.Encode(c, order)
	if err != nil || !slices.Equal(again, body) {
		return Choice{}, ErrBallot
	}
	return c, nil
}

// SizeFor is the length to which every envelope of the pool is padded: the
// longest body that a ballot of n projects can have.
func (p Pool) SizeFor(n int) int {
	place := varintSize(n)
	if p.Ballot.Type == Ranked {
		return 1 + len(p.Ballot.Points)*place
	}
	most := p.Ballot.most()
	if most == 0 || most > n {
		most = n
	}
	if p.Ballot.Type == Cumulative {
		place += varintSize(p.Ballot.Total)
	}
	return 1 + varintSize(most) + most*place
}

func varintSize(n int) int { return len(binary.AppendUvarint(nil, uint64(max(n, 0)))) }

// reader reads numbers of a body. Once something is bad, everything is 0.
type reader struct {
	rest []byte
	bad  bool
}

func (r *reader) byte() byte {
	if len(r.rest) == 0 {
		r.bad = true
		return 0
	}
	b := r.rest[0]
	r.rest = r.rest[1:]
	return b
}

// number reads one number of at most most.
func (r *reader) number(most int) int {
	v, n := binary.Uvarint(r.rest)
	if r.bad || n <= 0 || v > uint64(max(most, 0)) {
		r.bad = true
		return 0
	}
	r.rest = r.rest[n:]
	return int(v)
}

// project reads a place and gives the project that stands there.
func (r *reader) project(order []ProjectID) ProjectID {
	place := r.number(len(order) - 1)
	if r.bad || len(order) == 0 {
		r.bad = true
		return ""
	}
	return order[place]
}

// Info binds an envelope to its edition, pool and rules: sealed for one it opens
// for no other.
func Info(e Edition, pool PoolID) []byte {
	return []byte("kladka/budget/1\x00" + string(e.ID) + "\x00" + string(pool) + "\x00" + e.RulesHash)
}
