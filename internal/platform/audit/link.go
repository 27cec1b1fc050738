package audit

import (
	"context"
	"crypto/ed25519"
	"errors"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

const (
	// linkBatch is how many rows are linked in one transaction; it also keeps
	// the list of their ids below db.MaxParams.
	linkBatch = 800
	linkCols  = 9
	rowCols   = 19
	headID    = 1
)

// head is the end of the chain. The zero head is that of an empty chain.
type head struct {
	Seq  int64  `db:"seq"`
	Hash string `db:"hash"`
	At   int64  `db:"at"`
	Seal string `db:"seal"`
}

// signed is what the seal of the end signs.
func (h head) signed() []byte {
	return fields("kladka audit head 1", number(h.Seq), h.Hash, number(h.At))
}

func headOf(ctx context.Context, r db.Reader) (head, error) {
	var h head
	err := r.Get(ctx, &h, `select seq, hash, at, seal from audit_head where id = ?`, headID)
	if errors.Is(err, fault.ErrNotFound) {
		return head{}, nil
	}
	return h, err
}

// Link links all rows that wait and tells how many those were. Any number of
// processes may call it at once.
func (s *Log) Link(ctx context.Context) (total int, err error) {
	defer fault.Wrap(&err, "link the audit log")
	// What cannot be spread keeps no other line from being linked.
	_, late := s.DB.Spread(ctx)
	total, err = s.linkWaiting(ctx)
	return total, errors.Join(late, err)
}

func (s *Log) linkWaiting(ctx context.Context) (total int, err error) {
	for {
		// Looking first costs an idle program a read instead of a write.
		var waiting bool
		if err := s.DB.Get(ctx, &waiting, `select exists (select 1 from audit_waiting)`); err != nil || !waiting {
			return total, err
		}
		var n int
		now := s.Now()
		err := s.DB.Write(ctx, func(tx *db.Tx) (err error) {
			n, err = s.link(ctx, tx, now)
			return err
		})
		total += n
		if err != nil || n < linkBatch {
			return total, err
		}
	}
}

// link links one batch. The head is touched before anything is read: of two
// linkers the second waits there, and then reads what the first has left. So
// the chain cannot fork; the condition in moveHead says it once more.
func (s *Log) link(ctx context.Context, tx *db.Tx, now time.Time) (int, error) {
	if err := holdHead(ctx, tx); err != nil {
		return 0, err
	}
	old, err := headOf(ctx, tx)
	if err != nil {
		return 0, err
	}
	var rows []waitingRow
	err = tx.Select(ctx, &rows, `select `+rowColumns+`, r.read_key from audit_waiting r order by r.id limit ?`, linkBatch)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	links := s.chain(old, rows)
	last := links[len(links)-1]
	end := head{Seq: last.Seq, Hash: last.Hash, At: now.Unix()}
	end.Seal = text(ed25519.Sign(s.signing, end.signed()))
	if err := moveHead(ctx, tx, old, end); err != nil {
		return 0, err
	}
	if err := insertLinks(ctx, tx, links); err != nil {
		return 0, err
	}
	return len(rows), moveRows(ctx, tx, rows)
}

// chain computes the places of the rows after the end of the chain.
func (s *Log) chain(end head, rows []waitingRow) []link {
	links := make([]link, len(rows))
	seq, prev := end.Seq, end.Hash
	for i, r := range rows {
		seq++
		c := link{Seq: seq, RowID: r.ID, ActorMark: s.marks.mark(r.Actor), ObjectMark: s.marks.objectMark(r.row),
			Who: r.whoDigest(), About: r.aboutDigest(r.personalID()), Details: r.detailsDigest(), Prev: prev}
		c.Hash = c.hash(r.row, seq, prev)
		links[i], prev = c, c.Hash
	}
	return links
}

// holdHead makes other linkers wait until this transaction ends.
func holdHead(ctx context.Context, tx *db.Tx) error {
	const hold = `update audit_head set seq = seq where id = ?`
	n, err := tx.Exec(ctx, hold, headID)
	if err != nil || n == 1 {
		return err
	}
	if err := makeHead(ctx, tx); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, hold, headID)
	return err
}

func makeHead(ctx context.Context, tx *db.Tx) error {
	_, err := tx.Exec(ctx, `insert into audit_head (id, seq, hash, at, seal) values (?, 0, '', 0, '') on conflict (id) do nothing`, headID)
	return err
}

func moveHead(ctx context.Context, tx *db.Tx, from, to head) error {
	n, err := tx.Exec(ctx, `update audit_head set seq = ?, hash = ?, at = ?, seal = ? where id = ? and seq = ? and hash = ?`,
		to.Seq, to.Hash, to.At, to.Seal, headID, from.Seq, from.Hash)
	if err == nil && n != 1 {
		err = errors.New("the end of the chain moved while rows were being linked")
	}
	return err
}

func insertLinks(ctx context.Context, tx *db.Tx, links []link) error {
	for len(links) > 0 {
		batch := links[:min(db.MaxParams/linkCols, len(links))]
		links = links[len(batch):]
		args := make([]any, 0, linkCols*len(batch))
		for _, c := range batch {
			args = append(args, c.Seq, c.RowID, c.ActorMark, c.ObjectMark, c.Who, c.About, c.Details, c.Prev, c.Hash)
		}
		_, err := tx.Exec(ctx, `insert into audit_chain (seq, row_id, actor_mark, object_mark, who, about, details, prev, hash) values `+
			db.Marks(len(batch), linkCols), args...)
		if err != nil {
			return err
		}
	}
	return nil
}

// moveRows takes the rows to where they stay.
func moveRows(ctx context.Context, tx *db.Tx, rows []waitingRow) error {
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	for left := rows; len(left) > 0; {
		batch := left[:min(db.MaxParams/rowCols, len(left))]
		left = left[len(batch):]
		args := make([]any, 0, rowCols*len(batch))
		for _, r := range batch {
			args = append(args, r.ID, r.At, r.Hour, r.Action, r.Object, r.ObjectID, r.Institution, r.Reading, r.Hidden,
				r.Actor, r.ActingFor, r.Role, r.RoleInstitution, r.Subject, r.Details, r.SaltWho, r.SaltAbout, r.SaltDetails, r.ReadKey)
		}
		_, err := tx.Exec(ctx, `insert into audit_rows (id, at, hour, action, object, object_id, institution, reading, hidden,
			actor, acting_for, role, role_institution, subject, details, salt_who, salt_about, salt_details, read_key) values `+
			db.Marks(len(batch), rowCols), args...)
		if err != nil {
			return err
		}
	}
	query, args, err := db.In(`delete from audit_waiting where id in (?)`, ids)
	if err == nil {
		_, err = tx.Exec(ctx, query, args...)
	}
	return err
}

func (h head) time() time.Time { return time.Unix(h.At, 0) }
