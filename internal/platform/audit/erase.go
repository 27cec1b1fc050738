package audit

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"slices"
	"strings"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// The acts that may blank parts of rows. Verify accepts no other reason.
const (
	eraseAction  = "audit.erase"  // a person was erased
	expireAction = "audit.expire" // the rows became old enough
)

// The parts of a row that can be erased, as they stand in audit_erasures.
const (
	partWho     = "w"
	partAbout   = "a"
	partDetails = "d"
)

// target is a linked row and what is to be blanked in it.
type target struct {
	Seq   int64
	ID    string
	Parts string
}

// erasable is what decides about the parts of a row.
type erasable struct {
	Seq         int64  `db:"seq"`
	ID          string `db:"id"`
	At          int64  `db:"at"`
	Actor       string `db:"actor"`
	ActingFor   string `db:"acting_for"`
	Subject     string `db:"subject"`
	ObjectID    string `db:"object_id"`
	SaltWho     string `db:"salt_who"`
	SaltAbout   string `db:"salt_about"`
	SaltDetails string `db:"salt_details"`
}

const erasableColumns = `c.seq, r.id, r.at, r.actor, r.acting_for, r.subject, r.object_id, r.salt_who, r.salt_about, r.salt_details`

// Erase blanks, in the transaction that erases a person, what the log holds of
// them, and tells how many rows that touched. In rows of their acts it blanks
// who acted and the details; in rows about them, the subject and the details,
// but not who acted: that is the official's act. What others did to others
// stays. The erasure is a row of the log itself, with the reason (a word of the
// procedure, such as the number of the request, never the person's name).
//
// Rows that still wait are linked first, so that each blank has its digest.
func (s *Log) Erase(ctx context.Context, tx *db.Tx, by By, person, reason string, at time.Time) (_ int, err error) {
	defer fault.Wrap(&err, "erase a person from the audit log")
	if person == "" {
		return 0, errors.New("whom?")
	}
	if err := tx.Spread(ctx); err != nil {
		return 0, err
	}
	for {
		n, err := s.link(ctx, tx, at)
		if err != nil {
			return 0, err
		}
		if n < linkBatch {
			break
		}
	}
	var rows []erasable
	err = tx.Select(ctx, &rows, `select `+erasableColumns+` from audit_rows r join audit_chain c on c.row_id = r.id
		where (r.actor = ? and r.actor <> '') or (r.acting_for = ? and r.acting_for <> '')
			or (r.subject = ? and r.subject <> '') or (r.object_id = ? and r.object_id <> '')
		order by c.seq`, person, person, person, person)
	if err != nil {
		return 0, err
	}
	return eraseRows(ctx, tx, by, eraseAction, reason, targets(rows, func(r erasable) string { return partsOf(r, person) }), at)
}

// partsOf is the rule of Erase.
func partsOf(r erasable, person string) string {
	parts := ""
	if r.Actor == person || r.ActingFor == person {
		parts += partWho
	}
	if r.Subject == person || r.ObjectID == person {
		parts += partAbout
	}
	return parts + partDetails
}

// targets leaves out what is blank already.
func targets(rows []erasable, parts func(erasable) string) []target {
	var out []target
	for _, r := range rows {
		wanted := parts(r)
		have := ""
		for part, salt := range map[string]string{partWho: r.SaltWho, partAbout: r.SaltAbout, partDetails: r.SaltDetails} {
			if salt != "" && strings.Contains(wanted, part) {
				have += part
			}
		}
		if have != "" {
			out = append(out, target{r.Seq, r.ID, sortedParts(have)})
		}
	}
	return out
}

// sortBySeq puts the list into the order of its digest.
func sortBySeq(list []target) {
	slices.SortFunc(list, func(a, b target) int { return cmp.Compare(a.Seq, b.Seq) })
}

func sortedParts(parts string) string {
	out := ""
	for _, p := range []string{partAbout, partDetails, partWho} {
		if strings.Contains(parts, p) {
			out += p
		}
	}
	return out
}

// eraseRows blanks the parts and writes the row that tells of it. That row's
// object is the digest of the list, so the chain proves which rows were meant.
func eraseRows(ctx context.Context, tx *db.Tx, by By, action, reason string, list []target, at time.Time) (int, error) {
	if len(list) == 0 {
		return 0, nil
	}
	sum := newListDigest()
	for _, t := range list {
		sum.add(t.Seq, t.Parts)
	}
	details := map[string]string{"rows": number(int64(len(list)))}
	if reason != "" {
		details["reason"] = reason
	}
	// Written at once: until it is there, the blanks are not by rule.
	entry, err := newRow(by, Entry{Action: action, Object: "log", ObjectID: sum.text(), Details: details}, at)
	if err == nil {
		err = insertWaiting(ctx, tx, entry)
	}
	if err != nil {
		return 0, err
	}
	if err := insertErasures(ctx, tx, entry.ID, list); err != nil {
		return 0, err
	}
	for part, set := range map[string]string{
		partWho:     `actor = '', acting_for = '', role = '', role_institution = '', at = hour, salt_who = '', read_key = null`,
		partAbout:   blankAbout,
		partDetails: `details = '', salt_details = ''`,
	} {
		if err := blank(ctx, tx, set, list, part); err != nil {
			return 0, err
		}
	}
	return len(list), nil
}

// blankAbout takes the object's id away only where it is a person's: there the
// chain holds a mark instead of it.
const blankAbout = `subject = '', salt_about = '', object_id = case
	when exists (select 1 from audit_chain c where c.row_id = audit_rows.id and c.object_mark = audit_rows.object_id) then object_id
	else '' end`

func blank(ctx context.Context, tx *db.Tx, set string, list []target, part string) error {
	var ids []string
	for _, t := range list {
		if strings.Contains(t.Parts, part) {
			ids = append(ids, t.ID)
		}
	}
	for len(ids) > 0 {
		batch := ids[:min(linkBatch, len(ids))]
		ids = ids[len(batch):]
		query, args, err := db.In(`update audit_rows set `+set+` where id in (?)`, batch)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, query, args...); err != nil {
			return err
		}
	}
	return nil
}

func insertErasures(ctx context.Context, tx *db.Tx, entry string, list []target) error {
	const cols = 3
	for len(list) > 0 {
		batch := list[:min(db.MaxParams/cols, len(list))]
		list = list[len(batch):]
		args := make([]any, 0, cols*len(batch))
		for _, t := range batch {
			args = append(args, entry, t.Seq, t.Parts)
		}
		_, err := tx.Exec(ctx, `insert into audit_erasures (erasure, seq, parts) values `+db.Marks(len(batch), cols), args...)
		if err != nil {
			return err
		}
	}
	return nil
}

// listDigest is the digest of a list of erasures in the order of the chain.
type listDigest struct{ h hash.Hash }

func newListDigest() listDigest {
	h := sha256.New()
	h.Write([]byte("kladka audit erasure 1"))
	return listDigest{h}
}

func (d listDigest) add(seq int64, parts string) { d.h.Write(fields(number(seq), parts)) }

func (d listDigest) text() string { return text(d.h.Sum(nil)) }

// Expire blanks all personal parts of the rows that are older than Config.Keep
// and tells how many rows that were. It goes on where it ended yesterday.
func (s *Log) Expire(ctx context.Context) (total int, err error) {
	defer fault.Wrap(&err, "erase old parts of the audit log")
	if s.Keep == nil {
		return 0, nil
	}
	months, err := s.Keep(ctx)
	if err != nil {
		return 0, err
	}
	if months < 1 {
		return 0, fmt.Errorf("rows cannot be kept for %d months", months)
	}
	now := s.Now()
	return s.EraseBefore(ctx, now.AddDate(0, -months, 0))
}

// EraseBefore blanks all personal parts of the linked rows written before a
// moment. Each batch is a transaction and a row of the log of its own.
func (s *Log) EraseBefore(ctx context.Context, before time.Time) (total int, err error) {
	at := s.Now()
	for {
		var n int
		err := s.DB.Write(ctx, func(tx *db.Tx) (err error) {
			n, err = expireBatch(ctx, tx, before.Unix(), at)
			return err
		})
		total += n
		if err != nil || n == 0 {
			return total, err
		}
	}
}

// expireBatch remembers how far it came: without it every night would walk
// over all rows that were blanked in all the years before.
func expireBatch(ctx context.Context, tx *db.Tx, before int64, at time.Time) (int, error) {
	if err := holdHead(ctx, tx); err != nil {
		return 0, err
	}
	var from int64
	if err := tx.Get(ctx, &from, `select erased_until from audit_head where id = ?`, headID); err != nil {
		return 0, err
	}
	var rows []erasable
	err := tx.Select(ctx, &rows, `select `+erasableColumns+` from audit_rows r join audit_chain c on c.row_id = r.id
		where r.at >= ? and r.at < ? and r.action <> ? and (r.salt_who <> '' or r.salt_about <> '' or r.salt_details <> '')
		order by r.at, r.id limit ?`, from, before, expireAction, linkBatch)
	if err != nil {
		return 0, err
	}
	until := max(from, before)
	if len(rows) == linkBatch {
		until = rows[len(rows)-1].At / 3600 * 3600 // blanked rows move back to their hour
	}
	_, err = tx.Exec(ctx, `update audit_head set erased_until = ? where id = ?`, until, headID)
	if err != nil {
		return 0, err
	}
	list := targets(rows, func(erasable) string { return partAbout + partDetails + partWho })
	sortBySeq(list)
	return eraseRows(ctx, tx, By{}, expireAction, "", list, at)
}
