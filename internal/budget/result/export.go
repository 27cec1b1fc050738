package result

import (
	"bufio"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"slices"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/custody"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/seal"
)

// A sealed box can leave the server as a file, so that two custodians open it on a
// machine of their own (`kladka tally --open`). The file is JSON, a value a line:
//
//	boxHead    what was frozen, byte for byte, and the public key
//	boxPool    of each pool, in the order of the rules, and after it its envelopes,
//	           each a string in base64, in the order of their published digests;
//	           none of a pool that has too few electors to be opened
//	boxEnd     the SHA-256 of all lines before it, each with its line end
//
// Rights, electors, numbers of envelopes and second secrets are not in it. Whoever
// has it sees what the digests say: how many envelopes there are in each pool.

const boxVersion = 1

type boxHead struct {
	Version  int         `json:"kladka_box"`
	Hash     string      `json:"hash"`     // the published one, of document
	Document string      `json:"document"` // budget.Document as it was frozen
	Public   seal.Public `json:"public"`
}

// boxPool begins a pool. About its projects it says what the file of ballots has
// of them and the document has not; it decides nothing.
type boxPool struct {
	Pool      budget.PoolID `json:"pool"`
	Envelopes int           `json:"envelopes"`
	Projects  []boxProject  `json:"projects"`
	// Unopened tells that the pool has too few electors to be opened: its envelopes
	// are counted here and do not follow.
	Unopened bool `json:"unopened,omitempty"`
}

type boxProject struct {
	ID       budget.ProjectID `json:"id"`
	Category string           `json:"category"`
	District string           `json:"district"`
}

type boxEnd struct {
	Sum string `json:"sha256"`
}

// Export writes the sealed box of an edition, from the close on until the result
// is final. Who may: whoever runs the edition; it is logged before the first byte,
// and so is an attempt before the close. One box at a time leaves a process, for
// the envelopes of a pool are in memory while they are put in order. Conflict
// result.fault.early before the close, result.fault.destroyed after the end;
// TooMany result.fault.exporting. What is written when a later error comes lacks
// its last line, and nobody takes it for whole.
func (s *Service) Export(ctx context.Context, w io.Writer, who access.Actor, id budget.EditionID) (err error) {
	defer fault.Wrap(&err, "export the box of %s", id)
	e, o, err := s.serves(ctx, who, id)
	if err != nil {
		return err
	}
	if err := s.mayExport(ctx, who, e, o); err != nil {
		return err
	}
	select {
	case s.exporting <- struct{}{}:
		defer func() { <-s.exporting }()
	default:
		return fault.New(fault.TooMany, "result.fault.exporting")
	}
	document, err := s.Editions.Frozen(ctx, id)
	if err != nil {
		return err
	}
	key, err := custody.Read(ctx, s.db, BoxOf(id))
	if err != nil {
		return err
	}
	// A reading: it stands in the log before the first byte leaves, once an hour.
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: actExported, Object: "budget_edition", ObjectID: string(e.ID), Institution: string(e.Owner), Read: true}, s.now())
	})
	if err != nil {
		return err
	}
	out := newBoxWriter(w)
	out.line(boxHead{boxVersion, e.RulesHash, document, key.Public})
	turnout, err := s.Box.Turnout(ctx, s.db, e)
	if err != nil {
		return err
	}
	for _, pool := range e.Rules.Pools {
		sealed := turnout[pool.ID].tooFew()
		if o.State != Sealed { // what was found at the opening stands, whoever is erased afterwards
			c, err := CountOf(ctx, s.db, e.ID, pool.ID)
			if err != nil {
				return err
			}
			sealed = c.Unopened
		}
		if err := s.exportPool(ctx, out, e, pool.ID, sealed); err != nil {
			return err
		}
	}
	return out.end()
}

func (s *Service) mayExport(ctx context.Context, who access.Actor, e budget.Edition, o Opening) error {
	switch o.State {
	case Final, Destroyed:
		return fault.New(fault.Conflict, "result.fault.destroyed")
	case Sealed:
		if err := s.mayOpen(ctx, who, e, o); err != nil {
			return err
		}
		return s.Box.Close(ctx, e)
	}
	return nil
}

func (s *Service) exportPool(ctx context.Context, out *boxWriter, e budget.Edition, pool budget.PoolID, tooFew bool) error {
	projects, err := s.Editions.OnBallot(ctx, s.db, e.ID, pool)
	if err != nil {
		return err
	}
	type envelope struct {
		digest string
		sealed []byte
	}
	var all []envelope
	err = s.Box.Each(ctx, s.db, e.ID, pool, func(sealed []byte) error {
		all = append(all, envelope{seal.Digest(sealed), sealed})
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b envelope) int {
		return cmp.Or(cmp.Compare(a.digest, b.digest), slices.Compare(a.sealed, b.sealed))
	})
	head := boxPool{pool, len(all), []boxProject{}, tooFew}
	for _, p := range projects {
		head.Projects = append(head.Projects, boxProject{p.ID, p.Category, p.District})
	}
	out.line(head)
	if tooFew {
		return out.err
	}
	for _, v := range all {
		out.line(v.sealed) // encoding/json writes bytes in base64
	}
	return out.err
}

// boxWriter writes lines and sums them up. After an error it writes nothing.
type boxWriter struct {
	to  *bufio.Writer
	sum hash.Hash
	err error
}

func newBoxWriter(w io.Writer) *boxWriter {
	return &boxWriter{to: bufio.NewWriter(w), sum: sha256.New()}
}

func (w *boxWriter) line(v any) {
	if w.err != nil {
		return
	}
	text, err := json.Marshal(v)
	if err != nil {
		w.err = err
		return
	}
	text = append(text, '\n')
	w.sum.Write(text)
	_, w.err = w.to.Write(text)
}

func (w *boxWriter) end() error {
	w.line(boxEnd{hex.EncodeToString(w.sum.Sum(nil))})
	if w.err != nil {
		return w.err
	}
	return w.to.Flush()
}

// BoxFault is what is wrong with an exported box. Line counts from 1.
type BoxFault struct {
	Line int
	Text string
}

func (f *BoxFault) Error() string { return fmt.Sprintf("line %d: %s", f.Line, f.Text) }
