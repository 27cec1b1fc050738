package result

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"hash"
	"io"
	"slices"

	"kladka/internal/budget"
	"kladka/internal/budget/tally"
	"kladka/internal/platform/seal"
)

// longestLine bounds a line of an exported box: the document with all projects of
// a metropolis has less than one megabyte.
const longestLine = 32 << 20

// SealedBox is an exported box that is being read. Nothing of it was opened yet.
type SealedBox struct {
	Edition budget.Edition // what the frozen document says of it
	Public  seal.Public

	ballots map[budget.PoolID][]budget.BallotProject
	in      *bufio.Scanner
	line    int
	sum     hash.Hash
}

// OpenedPool is the count of one pool of a box that was opened away from the
// server. It is what the server publishes of the same envelopes, byte for byte.
type OpenedPool struct {
	Pool    budget.Pool
	Numbers Numbers
	Outcome Outcome
	Titles  map[budget.ProjectID]string
	// OutcomeHash and PlainHash are of the outcome by the two implementations,
	// FileHash that of the file of ballots, "" when there is none.
	OutcomeHash, PlainHash, FileHash string
	Certificate                      *tally.Certificate
	Differ                           error // that the two did not agree; nil
	// File are the ballots in the Pabulib format, nil when they are too few to be
	// shown to anybody (LeastBallots).
	File []byte
}

// ReadBox reads the head of an exported box and checks the document against its
// hash. It returns a *BoxFault for a file that is none, or that was changed. Whoever
// changes the document and the hash too gets nothing by it: envelopes are bound to
// the hash and stay closed. So the hash should be compared with the published one.
func ReadBox(r io.Reader) (*SealedBox, error) {
	b := &SealedBox{in: bufio.NewScanner(r), sum: sha256.New(), ballots: map[budget.PoolID][]budget.BallotProject{}}
	b.in.Buffer(nil, longestLine)
	var head boxHead
	if err := b.read(&head); err != nil {
		return nil, err
	}
	switch {
	case head.Version > boxVersion:
		return nil, b.wrong("made by a later program")
	case head.Version != boxVersion:
		return nil, b.wrong("this is no sealed box of Kładka")
	case budget.Hash([]byte(head.Document)) != head.Hash:
		return nil, b.wrong("the rules and ballots were changed: their SHA-256 is not " + head.Hash)
	}
	var err error
	if b.Public, err = seal.ParsePublic(string(head.Public)); err != nil {
		return nil, b.wrong("the public key is damaged")
	}
	return b, b.know(head)
}

// know takes the edition and its ballots from the document.
func (b *SealedBox) know(head boxHead) error {
	var d budget.Document
	if json.Unmarshal([]byte(head.Document), &d) != nil {
		return b.wrong("the document cannot be read")
	}
	b.Edition = budget.Edition{ID: d.Edition, Title: d.Title, Year: d.Year, Rules: d.Rules, RulesHash: head.Hash}
	for i, ballot := range d.Ballots {
		if i >= len(d.Rules.Pools) || d.Rules.Pools[i].ID != ballot.Pool || b.ballots[ballot.Pool] != nil {
			return b.wrong("the document has ballots that are not those of its pools")
		}
		b.ballots[ballot.Pool] = append([]budget.BallotProject{}, ballot.Projects...)
	}
	if len(b.ballots) != len(d.Rules.Pools) || len(b.ballots) == 0 {
		return b.wrong("the document lacks a ballot")
	}
	return nil
}

func (b *SealedBox) wrong(text string) error { return &BoxFault{b.line, text} }

// next is the next line.
func (b *SealedBox) next() ([]byte, error) {
	b.line++
	if b.in.Scan() {
		return b.in.Bytes(), nil
	}
	if err := b.in.Err(); err != nil {
		return nil, b.wrong(err.Error())
	}
	return nil, b.wrong("the file ends too early: it was not downloaded whole")
}

// read reads the value of the next line.
func (b *SealedBox) read(into any) error {
	line, err := b.next()
	if err != nil {
		return err
	}
	b.sum.Write(line)
	b.sum.Write([]byte{'\n'})
	switch {
	case json.Unmarshal(line, into) == nil:
		return nil
	case b.line == 1:
		return b.wrong("this is no sealed box of Kładka")
	}
	return b.wrong("the file is damaged here, or it was not downloaded whole")
}

// Open opens and counts everything, as the server does: with the same code, pool
// after pool in the same order. The whole file is read and its last line checked
// before anything is counted, and nothing is kept outside memory. It can be called
// once; the opener is closed by the caller.
func (b *SealedBox) Open(opener *seal.Opener) ([]OpenedPool, error) {
	all := map[budget.PoolID]*found{}
	for _, pool := range b.Edition.Rules.Pools {
		f, err := b.openPool(opener, pool)
		if err != nil {
			return nil, err
		}
		all[pool.ID] = f
	}
	if err := b.end(); err != nil {
		return nil, err
	}
	counts, err := newTwoCounts().edition(b.Edition, func(pool budget.Pool) (ballots, error) {
		return ballots{b.ballots[pool.ID], all[pool.ID].bodies, all[pool.ID].Unopened}, nil
	})
	if err != nil {
		return nil, err
	}
	pools := make([]OpenedPool, len(counts))
	for i, c := range counts {
		pools[i] = b.opened(all[c.pool], c)
	}
	return pools, nil
}

func (b *SealedBox) opened(f *found, c counted) OpenedPool {
	o := OpenedPool{Pool: f.pool, Numbers: f.Numbers, Outcome: c.outcome, Titles: titles(b.ballots[c.pool]), OutcomeHash: c.hash(), PlainHash: c.plainHash,
		Certificate: c.certificate, Differ: c.implementation}
	if (PoolCount{Numbers: f.Numbers}).Public() {
		o.File, o.FileHash = c.file, Hash(c.file)
	}
	return o
}

// openPool reads the envelopes of a pool and opens them.
func (b *SealedBox) openPool(opener *seal.Opener, pool budget.Pool) (*found, error) {
	var head boxPool
	if err := b.read(&head); err != nil {
		return nil, err
	}
	if head.Pool != pool.ID || head.Envelopes < 0 {
		return nil, b.wrong("another pool should stand here: " + pool.Name)
	}
	projects := b.ballots[pool.ID]
	for _, about := range head.Projects {
		i := slices.IndexFunc(projects, func(p budget.BallotProject) bool { return p.ID == about.ID })
		if i < 0 {
			return nil, b.wrong("a project that is not on the frozen ballot")
		}
		projects[i].Category, projects[i].District = about.Category, about.District
	}
	if head.Unopened {
		return &found{pool: pool, Numbers: Numbers{Envelopes: head.Envelopes, Unopened: true}}, nil
	}
	return openBox(opener, b.Edition, pool, projects, func(take func([]byte) error) error {
		for range head.Envelopes {
			var sealed []byte
			if err := b.read(&sealed); err != nil {
				return err
			}
			if err := take(sealed); err != nil {
				return err
			}
		}
		return nil
	})
}

// end checks the last line.
func (b *SealedBox) end() error {
	sum := hex.EncodeToString(b.sum.Sum(nil))
	var end boxEnd
	if err := b.read(&end); err != nil {
		return err
	}
	if end.Sum != sum {
		return b.wrong("the file was changed: its SHA-256 is not the one of its last line")
	}
	if b.in.Scan() {
		b.line++
		return b.wrong("something stands behind the end")
	}
	return nil
}
