package audit

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"slices"
	"strings"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/secrets"
)

// Trust is by what the log is judged.
type Trust struct {
	Public ed25519.PublicKey // that signs heads and checkpoints
	// Keys, when they are at hand, also prove the marks of people. An auditor
	// from outside does without.
	Keys *secrets.Keys
}

// TrustKeys is the trust of the installation itself.
func TrustKeys(keys *secrets.Keys) Trust { return Trust{Public: PublicKey(keys), Keys: keys} }

// Verify recomputes the chain from its beginning and names what is wrong. It
// reads in batches, so twenty years of rows need no memory, and it may run
// while the program writes. Faults are in the report; an error means that the
// database could not be read. Anchors are checkpoints from outside: without
// them a chain whose end was cut off at an old, genuine seal looks whole.
func Verify(ctx context.Context, r db.Reader, trust Trust, anchors []Checkpoint, now time.Time) (_ Report, err error) {
	defer fault.Wrap(&err, "verify the audit log")
	v := &verifier{r: r, trust: trust, anchors: slices.Clone(anchors)}
	if trust.Keys != nil {
		m := newMarker(trust.Keys)
		v.marks = &m
	}
	slices.SortFunc(v.anchors, func(a, b Checkpoint) int { return cmp.Compare(a.Sequence, b.Sequence) })
	for _, step := range []func(context.Context) error{v.readHead, v.readChain, v.readEnd, v.readOutside} {
		if err := step(ctx); err != nil {
			return v.report, err
		}
	}
	v.classify()
	if err := v.readWaiting(ctx, now); err != nil {
		return v.report, err
	}
	v.report.sort()
	return v.report, nil
}

// Verify is Verify with the service's own database and keys.
func (s *Log) Verify(ctx context.Context, anchors []Checkpoint) (Report, error) {
	return Verify(ctx, s.DB, TrustKeys(s.Keys), anchors, s.Now())
}

// verifyBatch is how many rows are read at once.
const verifyBatch = 1000

type verifier struct {
	r       db.Reader
	trust   Trust
	marks   *marker
	anchors []Checkpoint
	head    head
	last    link // the row before
	intact  bool // its own hash was right
	order   order
	report  Report
}

func (v *verifier) readHead(ctx context.Context) (err error) {
	v.head, err = headOf(ctx, v.r)
	if err != nil || v.head.Seq == 0 {
		return err
	}
	v.report.Sealed = time.Unix(v.head.At, 0)
	if !signedBy(v.trust.Public, v.head.signed(), v.head.Seal) {
		v.report.add(Fault{Kind: Seal, Sequence: v.head.Seq})
	}
	return nil
}

func (v *verifier) readChain(ctx context.Context) error {
	for from := int64(-1); ; {
		var links []link
		err := v.r.Select(ctx, &links, `select `+linkColumns+` from audit_chain c where c.seq > ? and c.seq <= ? order by c.seq limit ?`,
			from, v.head.Seq, verifyBatch)
		if err != nil || len(links) == 0 {
			return err
		}
		to := links[len(links)-1].Seq
		if err := v.readBatch(ctx, links, from, to); err != nil {
			return err
		}
		from = to
	}
}

// readBatch reads rows before erasures: an erasure that is committed in
// between is then seen on the list, and not yet in the row, which is no fault.
func (v *verifier) readBatch(ctx context.Context, links []link, from, to int64) error {
	rows, err := rowsOf(ctx, v.r, from, to)
	if err != nil {
		return err
	}
	erased, err := erasuresOf(ctx, v.r, from, to)
	if err != nil {
		return err
	}
	marked, err := v.stored(ctx, from, to)
	if err != nil {
		return err
	}
	for _, c := range links {
		r, there := rows[c.RowID]
		v.place(c, r, there)
		if there && v.intact {
			v.parts(c, r, erased[c.Seq])
			if err := v.erasureList(ctx, c, r); err != nil {
				return err
			}
		}
		v.checkpoints(c, marked[c.Seq])
	}
	return nil
}

// place checks that the row is what was chained, and where it was chained.
func (v *verifier) place(c link, r row, there bool) {
	v.report.Rows++
	gap := c.Seq > v.last.Seq+1
	if gap {
		v.report.add(Fault{Kind: Removed, Sequence: v.last.Seq + 1, Count: c.Seq - v.last.Seq - 1})
	}
	before, intact := v.last, v.intact || v.last.Seq == 0
	v.last, v.intact = c, false
	if !there {
		v.order.before = c.RowID
		v.report.add(Fault{Kind: Removed, Sequence: c.Seq, ID: c.RowID})
		return
	}
	moved := false
	v.intact, moved = v.order.see(c, r)
	if v.intact && !moved && !gap && intact && c.Prev != before.Hash {
		// This row is itself: so the one before got a new hash.
		v.report.add(Fault{Kind: Changed, Sequence: max(1, before.Seq), ID: before.RowID})
	}
}

func rowsOf(ctx context.Context, r db.Reader, from, to int64) (map[string]row, error) {
	var rows []row
	err := r.Select(ctx, &rows, `select `+rowColumns+` from audit_rows r join audit_chain c on c.row_id = r.id where c.seq > ? and c.seq <= ?`, from, to)
	byID := make(map[string]row, len(rows))
	for _, one := range rows {
		byID[one.ID] = one
	}
	return byID, err
}

// erasuresOf are the parts that erasures by rule name, for each place. The
// erasure itself may not be linked yet.
func erasuresOf(ctx context.Context, r db.Reader, from, to int64) (map[int64]string, error) {
	parts := map[int64]string{}
	err := r.Each(ctx, func(scan func(...any) error) error {
		var seq int64
		var p string
		if err := scan(&seq, &p); err != nil {
			return err
		}
		parts[seq] += p
		return nil
	}, `select e.seq, e.parts from audit_erasures e where e.seq > ? and e.seq <= ? and (
			exists (select 1 from audit_rows r where r.id = e.erasure and r.action in (?, ?))
			or exists (select 1 from audit_waiting w where w.id = e.erasure and w.action in (?, ?)))`,
		from, to, eraseAction, expireAction, eraseAction, expireAction)
	return parts, err
}

// parts checks the three parts that may have been erased.
func (v *verifier) parts(c link, r row, erased string) {
	personal := strings.HasPrefix(c.ObjectMark, markSign)
	id := ""
	if personal {
		id = r.ObjectID
	} else if r.ObjectID != c.ObjectMark {
		v.report.add(Fault{Kind: Changed, Sequence: c.Seq, ID: c.RowID})
	}
	whoBlank := r.Actor+r.ActingFor+r.Role+r.RoleInstitution == "" && r.At == r.Hour
	byRule := v.part(c, "who", r.SaltWho, c.Who, r.whoDigest(), whoBlank, strings.Contains(erased, partWho))
	byRule = v.part(c, "about", r.SaltAbout, c.About, r.aboutDigest(id), r.Subject+id == "", strings.Contains(erased, partAbout)) || byRule
	byRule = v.part(c, "details", r.SaltDetails, c.Details, r.detailsDigest(), r.Details == "", strings.Contains(erased, partDetails)) || byRule
	if byRule {
		v.report.Erased++
	}
	if v.marks == nil {
		return
	}
	if r.SaltWho != "" && r.whoDigest() == c.Who && v.marks.mark(r.Actor) != c.ActorMark {
		v.report.add(Fault{Kind: Part, Sequence: c.Seq, ID: c.RowID, Part: "who"})
	}
	if r.SaltAbout != "" && personal && r.aboutDigest(id) == c.About && v.marks.mark(id) != c.ObjectMark {
		v.report.add(Fault{Kind: Part, Sequence: c.Seq, ID: c.RowID, Part: "about"})
	}
}

// part checks one part and tells whether it was erased by rule.
func (v *verifier) part(c link, name, salt, chained, computed string, blank, listed bool) bool {
	switch {
	case salt != "" && computed == chained, salt == "" && chained == "" && blank:
		return false
	case salt == "" && chained != "" && blank && listed:
		return true
	case salt == "" && chained != "" && blank:
		v.report.add(Fault{Kind: Silent, Sequence: c.Seq, ID: c.RowID, Part: name})
	default:
		v.report.add(Fault{Kind: Part, Sequence: c.Seq, ID: c.RowID, Part: name})
	}
	return false
}

// erasureList compares the list of an erasure with the digest in the chain.
func (v *verifier) erasureList(ctx context.Context, c link, r row) error {
	if r.Action != eraseAction && r.Action != expireAction {
		return nil
	}
	sum := newListDigest()
	err := v.r.Each(ctx, func(scan func(...any) error) error {
		var seq int64
		var parts string
		if err := scan(&seq, &parts); err != nil {
			return err
		}
		sum.add(seq, parts)
		return nil
	}, `select seq, parts from audit_erasures where erasure = ? order by seq`, r.ID)
	if err == nil && sum.text() != c.ObjectMark {
		v.report.add(Fault{Kind: Erasure, Sequence: c.Seq, ID: c.RowID})
	}
	return err
}

// stored are the checkpoints in the database that stand at these places.
func (v *verifier) stored(ctx context.Context, from, to int64) (map[int64][]Checkpoint, error) {
	var all []Checkpoint
	err := v.r.Select(ctx, &all, `select `+checkpointColumns+` from audit_checkpoints where seq > ? and seq <= ? order by seq, at`, from, to)
	bySeq := map[int64][]Checkpoint{}
	for _, c := range all {
		bySeq[c.Sequence] = append(bySeq[c.Sequence], c)
	}
	return bySeq, err
}

// checkpoints compares a row with what was signed about its place.
func (v *verifier) checkpoints(c link, stored []Checkpoint) {
	for _, k := range stored {
		v.report.Checkpoints += v.holds(k, c)
	}
	for len(v.anchors) > 0 && v.anchors[0].Sequence <= c.Seq {
		k := v.anchors[0]
		v.anchors = v.anchors[1:]
		if k.Sequence == c.Seq {
			v.report.Anchors += v.holds(k, c)
		} // else: its row is missing, which was said already
	}
}

func (v *verifier) holds(k Checkpoint, c link) int {
	switch {
	case !k.Genuine(v.trust.Public):
		v.report.add(Fault{Kind: Forged, Sequence: k.Sequence})
	case k.Head != c.Hash:
		v.report.add(Fault{Kind: Rewritten, Sequence: k.Sequence, ID: c.RowID})
	default:
		return 1
	}
	return 0
}

// readEnd compares the end of the chain with the head and with everything that
// was signed beyond it.
func (v *verifier) readEnd(ctx context.Context) error {
	v.report.Head = v.last.Hash
	end := v.head.Seq
	if v.last.Seq == v.head.Seq && v.last.Hash != v.head.Hash {
		v.report.add(Fault{Kind: Rewritten, Sequence: v.last.Seq, ID: v.last.RowID})
	}
	var stored []Checkpoint
	err := v.r.Select(ctx, &stored, `select `+checkpointColumns+` from audit_checkpoints where seq > ? order by seq, at limit 1000`, v.head.Seq)
	if err != nil {
		return err
	}
	newer, err := headOf(ctx, v.r)
	if err != nil {
		return err
	}
	for _, k := range append(stored, v.anchors...) {
		switch {
		case !k.Genuine(v.trust.Public):
			v.report.add(Fault{Kind: Forged, Sequence: k.Sequence})
		case k.Sequence > newer.Seq:
			end = max(end, k.Sequence)
		}
	}
	if end > v.last.Seq {
		v.report.add(Fault{Kind: Truncated, Sequence: v.last.Seq + 1, Count: end - v.last.Seq})
	}
	return v.readBeyond(ctx)
}

// readBeyond names rows after the head. The greatest number is read first:
// an honest linker moves the head in the transaction of its rows.
func (v *verifier) readBeyond(ctx context.Context) error {
	var beyond []link
	err := v.r.Select(ctx, &beyond, `select `+linkColumns+` from audit_chain c where c.seq > ? order by c.seq desc limit 20`, v.head.Seq)
	if err != nil {
		return err
	}
	newer, err := headOf(ctx, v.r)
	for _, c := range beyond {
		if c.Seq > newer.Seq {
			v.report.add(Fault{Kind: Inserted, Sequence: c.Seq, ID: c.RowID})
		}
	}
	return err
}

// readOutside names rows that pass for linked without being in the chain.
func (v *verifier) readOutside(ctx context.Context) error {
	var ids []string
	err := v.r.Select(ctx, &ids, `select r.id from audit_rows r left join audit_chain c on c.row_id = r.id
		where c.row_id is null limit 20`)
	for _, id := range ids {
		v.report.add(Fault{Kind: Outside, ID: id})
	}
	return err
}

func (v *verifier) readWaiting(ctx context.Context, now time.Time) (err error) {
	if v.report.Waiting, err = waiting(ctx, v.r); err != nil {
		return err
	}
	n, _, id, err := unlinked(ctx, v.r, now)
	if err == nil && n > 0 {
		v.report.add(Fault{Kind: Unlinked, ID: id, Count: int64(n)})
	}
	return err
}

// classify turns what was noticed about the order into faults.
func (v *verifier) classify() {
	for _, f := range v.order.faults() {
		v.report.drop(f.Sequence)
		v.report.add(f)
	}
}
