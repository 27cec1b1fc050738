package audit

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"time"

	"kladka/internal/platform/i18n"
)

// Kind is what was found to be wrong.
type Kind string

// The kinds of fault. Each has a text audit.fault.KIND.
const (
	Changed   Kind = "changed"   // the row is not the one that was chained
	Part      Kind = "part"      // one of its erasable parts is not
	Removed   Kind = "removed"   // rows are missing inside the chain
	Inserted  Kind = "inserted"  // the row was not chained by the program
	Reordered Kind = "reordered" // the row stands where another was
	Truncated Kind = "truncated" // the end of the chain is missing
	Rewritten Kind = "rewritten" // the chain is whole, but not the one that was signed
	Silent    Kind = "silent"    // a part was erased, and no erasure by rule tells of it
	Erasure   Kind = "erasure"   // the list of an erasure is not the one that was chained
	Unlinked  Kind = "unlinked"  // rows have waited for longer than Patience
	Outside   Kind = "outside"   // the row passes for linked and is not in the chain
	Seal      Kind = "seal"      // the end of the chain bears a wrong signature
	Forged    Kind = "forged"    // a checkpoint or anchor bears a wrong signature
)

// Fault is one thing that is wrong with the log.
type Fault struct {
	Kind     Kind
	Sequence int64  // place in the chain, 0 where there is none
	ID       string // of the row, "" when it is not there to be named
	Part     string // "who", "about" or "details", of Part and Silent
	Count    int64  // how many rows, from Sequence on
}

// Text says what is wrong in the reader's language.
func (f Fault) Text(l *i18n.L) string {
	id := f.ID
	if id == "" {
		id = "–"
	}
	part := ""
	if f.Part != "" {
		part = l.T("audit.part." + f.Part)
	}
	return l.T("audit.fault."+string(f.Kind), "seq", fmt.Sprint(f.Sequence), "id", id, "part", part, "n", max(1, f.Count))
}

// Report is what Verify found.
type Report struct {
	Rows        int64     // rows of the chain that were read
	Head        string    // hash of the last of them
	Sealed      time.Time // when the end was last signed
	Checkpoints int       // checkpoints in the database that hold
	Anchors     int       // anchors that hold
	Erased      int64     // rows with parts erased by rule
	Waiting     int       // rows not linked yet, which is well for a minute
	Faults      []Fault   // in the order of the chain; at most maxFaults
	More        int       // faults beyond those
}

const maxFaults = 200

// OK tells whether nothing is wrong.
func (r Report) OK() bool { return len(r.Faults) == 0 }

func (r *Report) add(f Fault) {
	if len(r.Faults) >= maxFaults {
		r.More++
		return
	}
	r.Faults = append(r.Faults, f)
}

// drop forgets what was said of a row, because it is known better now.
func (r *Report) drop(seq int64) {
	r.Faults = slices.DeleteFunc(r.Faults, func(f Fault) bool {
		return f.Sequence == seq && f.Count == 0
	})
}

func (r *Report) sort() {
	slices.SortStableFunc(r.Faults, func(a, b Fault) int { return cmp.Compare(a.Sequence, b.Sequence) })
}

// Write tells the report to a person, for the command line.
func (r Report) Write(w io.Writer, l *i18n.L) error {
	lines := []string{
		l.T("audit.report.rows", "n", r.Rows, "head", shown(r.Head)),
		l.T("audit.report.anchors", "anchors", r.Anchors, "checkpoints", r.Checkpoints),
		l.T("audit.report.erased", "n", r.Erased),
		l.T("audit.report.waiting", "n", r.Waiting),
	}
	for _, f := range r.Faults {
		lines = append(lines, f.Text(l))
	}
	if r.More > 0 {
		lines = append(lines, l.T("audit.report.more", "n", r.More))
	}
	if r.OK() {
		lines = append(lines, l.T("audit.report.ok"))
	} else {
		lines = append(lines, l.T("audit.report.bad", "n", len(r.Faults)+r.More))
	}
	for _, line := range lines {
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	return nil
}

func shown(hash string) string {
	if hash == "" {
		return "–"
	}
	return hash
}
