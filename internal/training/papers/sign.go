package papers

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"path"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/files"
	"kladka/internal/platform/web"
	"kladka/internal/training"
)

// Signing happens outside: the director's qualified signature or the center's
// seal is set by a program of the director. A batch of PDFs goes out as a ZIP
// and comes back, as a ZIP or file by file; or the papers are printed and signed
// by hand. Only who signs papers closes a batch.

// Batch is a batch of papers to be signed.
type Batch struct {
	ID       string               `db:"id"`
	Center   access.InstitutionID `db:"center"`
	How      string               `db:"how"`   // electronic, hand
	State    string               `db:"state"` // prepared, out, closed
	Training training.ID          `db:"training"`
	MadeBy   string               `db:"made_by"`
	MadeAt   int64                `db:"made_at"`
	ClosedBy string               `db:"closed_by"`
	ClosedAt int64                `db:"closed_at"`
	Items    int                  `db:"items"`
	Signed   int                  `db:"signed"`
}

const (
	electronic = "electronic"
	inHand     = "hand"
	batchOpen  = "prepared"
	batchOut   = "out"
	batchDone  = "closed"

	mostInBatch = 1000
)

const batchColumns = `b.id, b.center, b.how, b.state, b.training, b.made_by, b.made_at, b.closed_by, b.closed_at,
	(select count(*) from training_batch_items i where i.batch = b.id) as items,
	(select count(*) from training_batch_items i where i.batch = b.id and i.state = 'signed') as signed`

// Item is one paper of a batch.
type Item struct {
	Copy    CopyID `db:"copy"`
	Paper   ID     `db:"paper"`
	State   string `db:"state"`
	Matched string `db:"matched"`
	Number  string `db:"number"`
	Name    string `db:"name"`
	SHA256  string `db:"sha256"`
	Size    int64  `db:"size"`
}

// Stray is a file that came back and fits no paper.
type Stray struct {
	No   int    `db:"no"`
	Name string `db:"name"`
	Why  string `db:"why"` // part of a message key
}

// Unsigned counts the prints of a center that wait for a batch.
func (s *Service) Unsigned(ctx context.Context, who access.Actor, center access.InstitutionID) (n int, err error) {
	if err := mayAt(ctx, who, access.IssuePapers, center); err != nil {
		return 0, err
	}
	return n, s.db.Get(ctx, &n, `select count(*) from training_paper_copies c join training_papers p on p.id = c.paper
		where p.center = ? and p.state <> 'voided' and c.version = p.version and c.signing = '' and c.file <> ''`, center)
}

// Gather puts the unsigned prints of a center that no correction replaced, of one training or of all, into a
// batch: at most a thousand. None is a Conflict. For who issues papers there.
func (s *Service) Gather(ctx context.Context, who access.Actor, center access.InstitutionID, only training.ID, how string) (id string, err error) {
	defer fault.Wrap(&err, "batch of %s", center)
	if err := mayAt(ctx, who, access.IssuePapers, center); err != nil {
		return "", err
	}
	if how != electronic && how != inHand {
		return "", fault.New(fault.BadRequest, "fault.bad_request")
	}
	now := s.now()
	id = newID()
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		where, args := `p.center = ? and p.state <> 'voided' and c.version = p.version and c.signing = '' and c.file <> ''`, []any{center}
		if only != "" {
			where, args = where+` and p.training = ?`, append(args, only)
		}
		var copies []CopyID
		if err := tx.Select(ctx, &copies, `select c.id from training_paper_copies c join training_papers p on p.id = c.paper where `+where+` order by c.id limit ?`,
			append(args, mostInBatch)...); err != nil {
			return err
		}
		if len(copies) == 0 {
			return fault.New(fault.Conflict, "papers.fault.nothing_to_sign")
		}
		_, err := tx.Exec(ctx, `insert into training_batches (id, center, how, state, training, made_by, made_at) values (?, ?, ?, ?, ?, ?, ?)`,
			id, center, how, batchOpen, only, who.Person, now.Unix())
		if err != nil {
			return err
		}
		if err := gather(ctx, tx, id, copies); err != nil {
			return err
		}
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "training.papers.batch", Object: "batch", ObjectID: id, Institution: string(center)}, now)
	})
	return id, err
}

// gather takes prints into a batch; one that another batch took meanwhile stays there.
func gather(ctx context.Context, tx *db.Tx, id string, copies []CopyID) error {
	for _, c := range copies {
		n, err := tx.Exec(ctx, `update training_paper_copies set signing = ? where id = ? and signing = ''`, prepared, c)
		if err != nil {
			return err
		}
		if n == 0 {
			continue
		}
		if _, err := tx.Exec(ctx, `insert into training_batch_items (batch, copy, state) values (?, ?, ?)`, id, c, prepared); err != nil {
			return err
		}
	}
	return nil
}

// Batches are those of a center, the newest first.
func (s *Service) Batches(ctx context.Context, who access.Actor, center access.InstitutionID, at web.Cursor) (list []Batch, more bool, err error) {
	if err := mayAt(ctx, who, access.IssuePapers, center); err != nil {
		return nil, false, err
	}
	before := at.ID
	if before == "" {
		before = "g" // after every id
	}
	err = s.db.Select(ctx, &list, `select `+batchColumns+` from training_batches b where b.center = ? and b.id < ? order by b.id desc limit ?`, center, before, pageRows+1)
	if more = len(list) > pageRows; more {
		list = list[:pageRows]
	}
	return list, more, err
}

// BatchByID is a batch with its papers and what fits none, for who issues papers
// at its center.
func (s *Service) BatchByID(ctx context.Context, who access.Actor, id string) (b Batch, items []Item, strays []Stray, err error) {
	if b, err = s.batch(ctx, s.db, who, access.IssuePapers, id); err != nil {
		return b, nil, nil, err
	}
	if items, err = itemsOf(ctx, s.db, id); err != nil {
		return b, nil, nil, err
	}
	return b, items, strays, s.db.Select(ctx, &strays, `select no, name, why from training_batch_strays where batch = ? order by no`, id)
}

func (s *Service) batch(ctx context.Context, r db.Reader, who access.Actor, p access.Permission, id string) (b Batch, err error) {
	if !isID(id) {
		return b, fault.ErrNotFound
	}
	if err := r.Get(ctx, &b, `select `+batchColumns+` from training_batches b where b.id = ?`, id); err != nil {
		return b, err
	}
	if err := hide(who.MayAt(ctx, access.IssuePapers, b.Center)); err != nil {
		return b, err
	}
	return b, who.MayAt(ctx, p, b.Center)
}

func itemsOf(ctx context.Context, r db.Reader, id string) (items []Item, err error) {
	return items, r.Select(ctx, &items, `select i.copy, c.paper, i.state, i.matched, p.number, p.name, c.sha256, c.size from training_batch_items i
		join training_paper_copies c on c.id = i.copy join training_papers p on p.id = c.paper where i.batch = ? order by p.sort, p.id, c.no`, id)
}

// SendOut writes the PDFs of a batch as a ZIP and notes that they went out. What
// is signed already is left out. Names of files are numbers of papers. Carrying
// them away is noted before the first byte.
func (s *Service) SendOut(ctx context.Context, who access.Actor, id string, w io.Writer) (err error) {
	defer fault.Wrap(&err, "send batch %s out", id)
	b, items, _, err := s.BatchByID(ctx, who, id)
	if err != nil {
		return err
	}
	if b.State == batchDone {
		return fault.New(fault.Conflict, "papers.fault.batch_closed")
	}
	now := s.now()
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		for _, query := range []string{`update training_batches set state = 'out' where id = ? and state = 'prepared'`,
			`update training_paper_copies set signing = 'out' where signing = 'prepared' and id in (select copy from training_batch_items where batch = ?)`,
			`update training_batch_items set state = 'out' where batch = ? and state = 'prepared'`} {
			if _, err := tx.Exec(ctx, query, id); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "training.papers.out", Object: "batch", ObjectID: id, Institution: string(b.Center), Read: true}, now)
	})
	if err != nil {
		return err
	}
	out := zip.NewWriter(w)
	for _, i := range items {
		if i.State == signed {
			continue
		}
		if err := s.zipOne(ctx, out, i); err != nil {
			return err
		}
	}
	return out.Close()
}

func (s *Service) zipOne(ctx context.Context, out *zip.Writer, i Item) error {
	in, c, err := s.pdfOf(ctx, i.Copy)
	if err != nil {
		return err
	}
	defer in.Close()
	name := safeName(NumberKey(i.Number))
	if c.No > 1 {
		name += "-" + c.What
	}
	f, err := out.CreateHeader(&zip.FileHeader{Name: name + ".pdf", Method: zip.Store, Modified: time.Unix(c.At, 0)})
	if err != nil {
		return err
	}
	_, err = io.Copy(f, in)
	return err
}

// safeName keeps a number of an older register from being a path.
func safeName(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' {
			return r
		}
		return '_'
	}, name)
}

// Returned is what came of a file that was sent back.
type Returned struct{ Matched, Strays int }

// TakeBack takes one signed file or a ZIP of them. Each is matched with a paper
// of the batch (see match.go); one that fits none is listed with the reason. For
// who issues papers at the center. Invalid at "plik" is a ZIP that cannot be
// read, or is too large when unpacked.
func (s *Service) TakeBack(ctx context.Context, who access.Actor, id, name string, data []byte) (r Returned, err error) {
	defer fault.Wrap(&err, "take back into batch %s", id)
	b, items, _, err := s.BatchByID(ctx, who, id)
	if err != nil {
		return r, err
	}
	if b.State != batchOut || b.How != electronic {
		return r, fault.New(fault.Conflict, "papers.fault.batch_not_out")
	}
	if err := s.noteBack(ctx, who, b, name, data); err != nil {
		return r, err
	}
	m := newMatcher(items)
	take := func(name string, data []byte) error {
		item, why := m.match(data)
		if why == "" {
			if err := s.keepSigned(ctx, id, item, data); fault.KindOf(err) == fault.Invalid {
				why = "refused"
			} else if err != nil {
				return err
			}
		}
		if why != "" {
			r.Strays++
			return s.stray(ctx, id, name, why)
		}
		m.done(item)
		r.Matched++
		return nil
	}
	if !bytes.HasPrefix(data, []byte("PK")) {
		return r, take(name, data)
	}
	return r, unzip(data, take)
}

// noteBack writes that something came back, before it is looked at: the hash
// says later what it was.
func (s *Service) noteBack(ctx context.Context, who access.Actor, b Batch, name string, data []byte) error {
	now, sum := s.now(), sha256.Sum256(data)
	return s.db.Write(ctx, func(tx *db.Tx) error {
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "training.papers.back", Object: "batch", ObjectID: b.ID, Institution: string(b.Center),
			Details: map[string]string{"file": files.CleanName(name), "sha256": hex.EncodeToString(sum[:])}}, now)
	})
}

// Limits of what comes back.
const (
	maxSigned   = 5 << 20   // one signed PDF
	maxReturned = 64 << 20  // what is sent at once
	maxUnpacked = 256 << 20 // a ZIP when unpacked
	maxEntries  = 1200
)

// unzip gives each file of an archive to take. It believes no size that the
// archive states: bytes are counted as they are unpacked.
func unzip(data []byte, take func(name string, data []byte) error) error {
	bomb := fault.InvalidFields([]fault.Field{{Name: "plik", Key: "papers.fault.zip"}})
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil || len(archive.File) > maxEntries {
		return bomb
	}
	left := int64(maxUnpacked)
	for _, f := range archive.File {
		if f.FileInfo().IsDir() {
			continue
		}
		in, err := f.Open()
		if err != nil {
			return bomb
		}
		one, err := io.ReadAll(io.LimitReader(in, min(maxSigned, left)+1))
		_ = in.Close()
		if left -= int64(len(one)); err != nil || len(one) > maxSigned || left < 0 {
			return bomb
		}
		if err := take(path.Base(strings.ReplaceAll(f.Name, `\`, "/")), one); err != nil {
			return err
		}
	}
	return nil
}

// keepSigned keeps the signed file of a print; it is what the holder downloads.
func (s *Service) keepSigned(ctx context.Context, id string, i Item, data []byte) error {
	f, err := s.Files.Store(ctx, audit.By{}, usePaper, "dokument.pdf", bytes.NewReader(data))
	if err != nil {
		return err
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update training_paper_copies set signing = ?, signed_file = ?, signed_at = ? where id = ? and signing = ?`,
			signed, f.ID, now.Unix(), i.Copy, sentOut)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "papers.fault.changed")
		}
		if _, err := tx.Exec(ctx, `update training_batch_items set state = ?, matched = ? where batch = ? and copy = ?`, signed, byBytes, id, i.Copy); err != nil {
			return err
		}
		return s.Files.Claim(ctx, tx, audit.By{}, usePaper, f.ID, ownerOf(i.Copy), now)
	})
}

func (s *Service) stray(ctx context.Context, id, name, why string) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `insert into training_batch_strays (batch, no, name, why)
			select cast(? as text), cast(coalesce(max(no), 0) + 1 as integer), cast(? as text), cast(? as text) from training_batch_strays where batch = ?`, id, files.CleanName(name), why, id)
		return err
	})
}

// CloseBatch ends a batch: the holders of what was signed are told, and may
// fetch it; the rest waits for another batch. By hand, all of it counts as
// signed on paper. Only who signs papers may, with the password just typed.
func (s *Service) CloseBatch(ctx context.Context, who access.Actor, id string) (err error) {
	defer fault.Wrap(&err, "close batch %s", id)
	b, err := s.batch(ctx, s.db, who, access.SignPapers, id)
	if err != nil {
		return err
	}
	if !who.Fresh && !who.System() {
		return fault.New(fault.Forbidden, "access.fault.not_fresh")
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update training_batches set state = ?, closed_by = ?, closed_at = ? where id = ? and state <> ?`, batchDone, who.Person, now.Unix(), id, batchDone)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "papers.fault.batch_closed")
		}
		if b.How == inHand {
			if err := signByHand(ctx, tx, id, now); err != nil {
				return err
			}
		}
		if err := s.endItems(ctx, tx, id); err != nil {
			return err
		}
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "training.papers.sign", Object: "batch", ObjectID: id, Institution: string(b.Center),
			Details: map[string]string{"how": b.How}}, now)
	})
}

func signByHand(ctx context.Context, tx *db.Tx, id string, at time.Time) error {
	_, err := tx.Exec(ctx, `update training_paper_copies set signing = ?, signed_at = ? where signing in (?, ?) and id in (select copy from training_batch_items where batch = ?)`,
		byHand, at.Unix(), prepared, sentOut, id)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `update training_batch_items set state = ? where batch = ?`, signed, id)
	return err
}

// endItems tells the holders, gives back what was not signed, and forgets strays.
func (s *Service) endItems(ctx context.Context, tx *db.Tx, id string) error {
	var told []struct {
		Enrollment training.EnrollmentID `db:"enrollment"`
		Copy       string                `db:"copy"`
	}
	if err := tx.Select(ctx, &told, `select p.enrollment, i.copy from training_batch_items i join training_paper_copies c on c.id = i.copy
		join training_papers p on p.id = c.paper where i.batch = ? and i.state = ? and p.enrollment <> '' and p.state <> 'voided' and c.version = p.version order by i.copy`, id, signed); err != nil {
		return err
	}
	for _, t := range told {
		if err := s.Trainings.TellPaper(ctx, tx, t.Enrollment, t.Copy); err != nil {
			return err
		}
	}
	for _, query := range []string{
		`update training_paper_copies set signing = '' where signing in ('prepared', 'out') and id in (select copy from training_batch_items where batch = ? and state <> 'signed')`,
		`delete from training_batch_items where batch = ? and state <> 'signed'`,
		`delete from training_batch_strays where batch = ?`} {
		if _, err := tx.Exec(ctx, query, id); err != nil {
			return err
		}
	}
	return nil
}
