package tally

import (
	"bytes"
	"hash/maphash"
	"math"
	"strconv"
	"strings"
)

// votes reads VOTES.
func (p *parser) votes() *Fault {
	if fault := p.prepare(); fault != nil {
		return fault
	}
	columns, fault := p.heading("voter_id", "vote")
	if fault != nil {
		return fault
	}
	width, id, vote, points := len(p.fields), columns["voter_id"], columns["vote"], -1
	if at, ok := columns["points"]; ok && p.e.Type.Pointed() {
		points = at
	}
	if p.placed = p.e.Type == Ordinal && points < 0; !p.placed && points < 0 && p.e.Type.Pointed() {
		return &Fault{p.line, FaultMissingColumn, []string{"points"}}
	}
	needed := max(id, vote, points)
	expected := p.expected()
	p.e.starts = append(make([]int32, 0, expected+1), 0)
	seen := newSeen(expected)
	for p.row() {
		if fault := p.checkWidth(width, needed); fault != nil {
			return fault
		}
		if first, twice := seen.add(p.field(id), p.line); twice {
			return &Fault{p.line, FaultTwiceVoter, []string{p.text(id), strconv.Itoa(first)}}
		}
		if fault := p.ballot(p.field(vote), p.field(points)); fault != nil {
			return fault
		}
	}
	return nil
}

// prepare reads what META says of ballots and makes room.
func (p *parser) prepare() *Fault {
	e := p.e
	line, known := p.metaLine["vote_type"]
	if !known {
		return &Fault{p.line, FaultMissingMeta, []string{"vote_type"}}
	}
	e.Type = VoteType(strings.ToLower(e.MetaValue("vote_type")))
	if !e.Type.known() {
		return &Fault{line, FaultVoteType, []string{string(e.Type)}}
	}
	if other := e.MetaValue("scoring_fn"); other != "" && !strings.EqualFold(other, "borda") {
		return &Fault{p.metaLine["scoring_fn"], FaultUnsupported, []string{"scoring_fn", other}}
	}
	if other := e.MetaValue("default_score"); other != "" && strings.Trim(other, "0.") != "" {
		return &Fault{p.metaLine["default_score"], FaultUnsupported, []string{"default_score", other}}
	}
	p.last = make([]int32, len(e.Projects))
	p.named = make([]int64, len(e.Projects))
	return nil
}

// expected is the number of votes that META promises, as far as the rest of the
// file has room for them.
func (p *parser) expected() int {
	const shortest = len("1;1\n")
	n, _ := p.metaNumber("num_votes")
	return int(max(0, min(n, int64((len(p.data)-p.pos)/shortest+1))))
}

// ballot reads one vote: projects with commas between them, and their points
// likewise.
func (p *parser) ballot(vote, points []byte) *Fault {
	e, number := p.e, int32(len(p.e.starts))
	from := len(e.choices)
	for rest := vote; len(rest) > 0; {
		word := nextWord(&rest)
		project, ok := p.index[string(word)]
		if !ok {
			return &Fault{p.line, FaultUnknownProject, []string{string(word)}}
		}
		p.named[project]++
		if p.last[project] == number {
			if fault := p.again(project); fault != nil {
				return fault
			}
			if e.Type == Approval || e.Type == ChooseOne {
				continue
			}
		}
		p.last[project] = number
		e.choices = append(e.choices, project)
	}
	chosen := len(e.choices) - from
	if e.Type == ChooseOne && chosen > 1 {
		return &Fault{p.line, FaultNotOne, []string{strconv.Itoa(chosen)}}
	}
	if e.Type.Pointed() && !p.placed {
		if fault := p.points(points, chosen); fault != nil {
			return fault
		}
	}
	if p.repeated && !p.gather(from) {
		return &Fault{p.line, FaultPoints, []string{string(points)}}
	}
	p.longest = max(p.longest, len(e.choices)-from)
	e.starts = append(e.starts, int32(len(e.choices)))
	return nil
}

// again meets a project that the ballot named before. On approval ballots it
// counts once; points dealt out in several parts add up; in an order, or among
// judgments, it contradicts itself.
func (p *parser) again(project int32) *Fault {
	fault := &Fault{p.line, FaultTwiceOnBallot, []string{p.e.Projects[project].ID}}
	switch p.e.Type {
	case Ordinal, Scoring:
		return fault
	case Cumulative:
		p.repeated = true
	}
	p.warn(fault.Line, fault.Key, fault.Args...)
	return nil
}

// gather adds up the points of the ballot from there on that one project got in
// several parts. It returns false when they are more than we take.
func (p *parser) gather(from int) bool {
	e, kept := p.e, from
	first := map[int32]int{}
	for i := from; i < len(e.choices); i++ {
		at, again := first[e.choices[i]]
		if again {
			if e.points[at] += e.points[i]; e.points[at] > maxPoints {
				return false
			}
			continue
		}
		first[e.choices[i]] = kept
		e.choices[kept], e.points[kept] = e.choices[i], e.points[i]
		kept++
	}
	e.choices, e.points, p.repeated = e.choices[:kept], e.points[:kept], false
	return true
}

// nextWord cuts the text up to the next comma off, without spaces around it.
func nextWord(rest *[]byte) []byte {
	word, behind, more := bytes.Cut(*rest, []byte(","))
	*rest = behind
	if more && len(behind) == 0 {
		// "1,2," names a third project, which is none.
		*rest = []byte(" ")
	}
	return bytes.TrimSpace(word)
}

// points reads as many points as the ballot names projects.
func (p *parser) points(points []byte, chosen int) *Fault {
	found := 0
	for rest := points; len(rest) > 0; found++ {
		word := nextWord(&rest)
		a, _, ok := readNumber(word)
		if !ok || a.digits < 0 && p.e.Type != Scoring {
			return &Fault{p.line, FaultPoints, []string{string(word)}}
		}
		if a.scale > p.e.PointDecimals && !p.refine(a.scale) {
			return &Fault{p.line, FaultPoints, []string{string(word)}}
		}
		n, ok := a.at(p.e.PointDecimals)
		if !ok || n > maxPoints || n < -maxPoints {
			return &Fault{p.line, FaultPoints, []string{string(word)}}
		}
		p.e.points = append(p.e.points, int32(n))
	}
	if found != chosen {
		return &Fault{p.line, FaultPointsCount, []string{strconv.Itoa(chosen), strconv.Itoa(found)}}
	}
	return nil
}

// refine makes room for more decimals in the points read so far.
func (p *parser) refine(decimals int) bool {
	by := pow10(decimals - p.e.PointDecimals)
	for _, n := range p.e.points {
		if finer := int64(n) * by; finer > maxPoints || finer < -maxPoints {
			return false
		}
	}
	for i := range p.e.points {
		p.e.points[i] *= int32(by)
	}
	p.e.PointDecimals = decimals
	return true
}

// seenVoters finds a voter id that came before. It keeps no copies: the ids are
// views into the file, which is let go with it.
type seenVoters struct {
	seed  maphash.Seed
	table []int32 // place in ids from 1; 0 is free
	ids   []seenVoter
}

type seenVoter struct {
	id   []byte
	hash uint32
	line int32
}

// newSeen makes room for so many voters; more find theirs.
func newSeen(voters int) *seenVoters {
	slots := 1024
	for slots < 2*voters+2 {
		slots *= 2
	}
	return &seenVoters{seed: maphash.MakeSeed(), table: make([]int32, slots), ids: make([]seenVoter, 0, voters)}
}

// add takes an id in, or returns the line on which it stood before.
func (s *seenVoters) add(id []byte, line int) (first int, twice bool) {
	if 2*len(s.ids) >= len(s.table) {
		s.grow()
	}
	hash := uint32(maphash.Bytes(s.seed, id))
	mask := uint32(len(s.table) - 1)
	at := hash & mask
	for ; s.table[at] != 0; at = (at + 1) & mask {
		if known := &s.ids[s.table[at]-1]; known.hash == hash && bytes.Equal(known.id, id) {
			return int(known.line), true
		}
	}
	s.ids = append(s.ids, seenVoter{id, hash, int32(min(line, math.MaxInt32))})
	s.table[at] = int32(len(s.ids))
	return 0, false
}

func (s *seenVoters) grow() {
	s.table = make([]int32, 2*len(s.table))
	mask := uint32(len(s.table) - 1)
	for i := range s.ids {
		at := s.ids[i].hash & mask
		for s.table[at] != 0 {
			at = (at + 1) & mask
		}
		s.table[at] = int32(i + 1)
	}
}
