package tally

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

// The sections of a file, in their order.
const (
	sectionMeta     = "META"
	sectionProjects = "PROJECTS"
	sectionVotes    = "VOTES"
)

var sections = []string{sectionMeta, sectionProjects, sectionVotes}

// Parse reads a file in the Pabulib format, in one pass.
//
// What the ballots say cannot be doubted is read: either end of line, quotes
// where they should not be, columns we do not know, amounts written as a
// spreadsheet would, a project twice on one approval ballot (it counts once).
// Each such thing stands in Warnings with its line. What contradicts itself is
// refused with a *Fault: a project that is not on the ballot, a voter who voted
// twice, a file that ends before it declares to, a budget of nothing.
//
// In ordered ballots without a column of points the places are worth points: the
// last place of a ballot one, each place before it one more. A file whose
// declared scores say that the first place is always worth max_length is read
// so.
func Parse(r io.Reader) (*Election, error) {
	data, err := readAll(r)
	if err != nil {
		return nil, err
	}
	s, err := newScanner(data)
	if err != nil {
		return nil, err
	}
	p := parser{scanner: s, e: &Election{}, metaLine: map[string]int{}}
	if fault := p.file(); fault != nil {
		return nil, fault
	}
	return p.e, nil
}

func readAll(r io.Reader) ([]byte, error) {
	var b bytes.Buffer
	b.Grow(int(min(sizeOf(r), maxBytes)) + bytes.MinRead)
	n, err := b.ReadFrom(io.LimitReader(r, maxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read the election: %w", err)
	}
	if n > maxBytes {
		return nil, &Fault{Key: FaultTooLarge}
	}
	return b.Bytes(), nil
}

// sizeOf is the size of a file or buffer, and 0 for a reader of unknown size.
func sizeOf(r io.Reader) int64 {
	switch r := r.(type) {
	case interface{ Len() int }:
		return int64(r.Len())
	case fs.File:
		if info, err := r.Stat(); err == nil && info.Mode().IsRegular() {
			return info.Size()
		}
	}
	return 0
}

// parser holds what is known only while the file is read.
type parser struct {
	*scanner
	e        *Election
	metaLine map[string]int
	ended    bool // there is no further record
	unsaid   int  // warnings beyond the bound

	costs    []amount // of the projects, until the number of decimals is known
	declared []*amount
	lines    []int
	index    map[string]int32
	last     []int32 // the ballot, from 1, that named the project last
	named    []int64 // how often ballots name it
	longest  int     // projects on the longest ballot
	repeated bool    // the ballot at hand deals points to a project in parts
	placed   bool    // places become points
}

// file reads the sections one after the other.
func (p *parser) file() *Fault {
	p.record()
	for i, read := range []func() *Fault{p.meta, p.projects, p.votes} {
		if p.ended {
			return &Fault{Line: p.line, Key: FaultMissingSection, Args: []string{sections[i]}}
		}
		if p.section() != i {
			return &Fault{Line: p.line, Key: FaultSection, Args: []string{p.text(0)}}
		}
		if fault := read(); fault != nil {
			return fault
		}
	}
	if !p.ended {
		return &Fault{p.line, FaultSection, []string{p.text(0)}}
	}
	return p.finish()
}

// record goes to the next record and notes the end of the file.
func (p *parser) record() bool {
	p.ended = !p.scan()
	return !p.ended
}

// section is the place of the section that the record opens; -1 for any other
// record.
func (p *parser) section() int {
	first := p.field(0)
	if len(first) < len(sectionMeta) || len(first) > len(sectionProjects) {
		return -1
	}
	at := slices.IndexFunc(sections, func(name string) bool {
		return len(first) == len(name) && strings.EqualFold(string(first), name)
	})
	for i := range p.fields[1:] {
		if len(p.field(i+1)) > 0 {
			return -1
		}
	}
	return at
}

// text is field i without spaces around it, "" when the record is shorter.
func (p *parser) text(i int) string { return string(p.field(i)) }

func (p *parser) field(i int) []byte {
	if i < 0 || i >= len(p.fields) {
		return nil
	}
	return bytes.TrimSpace(p.fields[i])
}

func (p *parser) warn(line int, key FaultKey, args ...string) {
	if len(p.e.Warnings) < maxWarnings {
		p.e.Warnings = append(p.e.Warnings, &Fault{line, key, args})
		return
	}
	p.unsaid++
}

// heading reads the names of the columns and finds those we know. It refuses a
// column that stands there twice and a missing one of the needed.
func (p *parser) heading(needed ...string) (columns map[string]int, fault *Fault) {
	if !p.record() || p.section() >= 0 {
		return nil, &Fault{p.line, FaultMissingColumn, []string{needed[0]}}
	}
	columns = make(map[string]int, len(p.fields))
	for i := range p.fields {
		name := strings.ToLower(p.text(i))
		if name == "" {
			continue
		}
		if _, twice := columns[name]; twice {
			return nil, &Fault{Line: p.line, Key: FaultTwiceColumn, Args: []string{name}}
		}
		columns[name] = i
	}
	for _, name := range needed {
		if _, ok := columns[name]; !ok {
			return nil, &Fault{Line: p.line, Key: FaultMissingColumn, Args: []string{name}}
		}
	}
	return columns, nil
}

// row goes to the next record of a section, and returns false behind the last.
func (p *parser) row() bool { return p.record() && p.section() < 0 }

// checkWidth compares a record with its heading. Further columns must be empty.
// Missing ones count as empty, unless one of them is needed, or the file ends
// there without an end of line, because then it may have been cut off.
func (p *parser) checkWidth(columns, needed int) *Fault {
	if len(p.fields) == columns {
		return nil
	}
	fault := &Fault{p.line, FaultColumns, []string{strconv.Itoa(len(p.fields)), strconv.Itoa(columns)}}
	for len(p.fields) > columns && len(p.field(len(p.fields)-1)) == 0 {
		p.fields = p.fields[:len(p.fields)-1]
	}
	switch n := len(p.fields); {
	case n > columns, n < columns && (p.cutOff() || n <= needed):
		return fault
	case n < columns:
		p.warn(p.line, fault.Key, fault.Args...)
	}
	return nil
}

// cutOff says that the last record ends without an end of line.
func (p *parser) cutOff() bool {
	return p.pos >= len(p.data) && !bytes.HasSuffix(p.data, []byte("\n"))
}

// meta reads META: keys and values, all kept. A value may hold semicolons
// without quotes, since nothing comes behind it.
func (p *parser) meta() *Fault {
	if _, fault := p.heading("key", "value"); fault != nil {
		return fault
	}
	values := map[string]string{}
	for p.row() {
		key, value := strings.ToLower(p.text(0)), p.text(1)
		if len(p.fields) > 2 {
			value = strings.TrimSpace(strings.TrimRight(string(bytes.Join(p.fields[1:], []byte(";"))), "; "))
		}
		if old, twice := values[key]; twice {
			if old != value {
				return &Fault{p.line, FaultTwiceMeta, []string{key}}
			}
			p.warn(p.line, FaultTwiceMeta, key)
			continue
		}
		values[key], p.metaLine[key] = value, p.line
		p.e.Meta = append(p.e.Meta, Field{key, value})
	}
	return nil
}
