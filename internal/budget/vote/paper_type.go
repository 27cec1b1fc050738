package vote

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"slices"
	"time"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// typing is whose typing of a batch it is: the first, the second, or that of the
// third person who decides.
type typing int

// turn tells which typing is the actor's. Forbidden for whoever typed the batch
// first and would type it again; Conflict while it is another's.
func (b Batch) turn(who access.Actor) (typing, error) {
	others := fault.New(fault.Conflict, "vote.fault.paper_others")
	switch b.State {
	case BatchFirst:
		if isOne(who, b.First) {
			return 1, nil
		}
	case BatchSecond:
		if isOne(who, b.First) {
			return 0, fault.New(fault.Forbidden, "vote.fault.paper_same")
		}
		if b.Second == "" || isOne(who, b.Second) {
			return 2, nil
		}
	case BatchDiffers:
		switch {
		case isOne(who, b.First):
			return 1, nil
		case isOne(who, b.Second):
			return 2, nil
		case b.Third == "" || isOne(who, b.Third):
			return 3, nil
		}
	default:
		return 0, fault.New(fault.Conflict, "vote.fault.paper_done")
	}
	return 0, others
}

// claim writes down who types.
func (t typing) claim(ctx context.Context, tx *db.Tx, b Batch, who access.Actor) error {
	if t == 1 {
		return nil
	}
	column := map[typing]string{2: "second", 3: "third"}[t]
	_, err := tx.Exec(ctx, `update budget_paper_batches set `+column+` = ? where edition = ? and no = ? and `+column+` = ''`, who.Person, b.Edition, b.No)
	return err
}

// typedRow is one ballot as it was typed: what is stored.
type typedRow struct {
	N      int    `db:"n"`
	Typing typing `db:"typing"`
	Digest string `db:"digest"`
	Sealed []byte `db:"sealed"`
}

func rowsOf(ctx context.Context, r db.Reader, b Batch) (list []typedRow, err error) {
	return list, r.Select(ctx, &list, `select n, typing, digest, sealed from budget_paper_rows where edition = ? and batch = ? order by n, typing`, b.Edition, b.No)
}

// TypeBallots takes lines of a batch by their places from 1, see paperLine. Those
// that are well written are sealed and kept, in the place of what the same person
// typed there before; the others are Invalid at the fields "k_" and the place. In a
// batch that differs only places that differ are taken, and when nothing differs
// any more the batch goes into the box: the state that follows is the answer. Who
// may: BudgetDesk at the owner, whose turn it is (Forbidden vote.fault.paper_same
// for whoever typed it first; Conflict vote.fault.paper_others). Conflict
// vote.fault.paper_over while there are more ballots than declarations.
func (s *Service) TypeBallots(ctx context.Context, who access.Actor, id budget.EditionID, no int, lines map[int]string) (state string, err error) {
	defer fault.Wrap(&err, "type batch %d of edition %s", no, id)
	e, err := s.paperDesk(ctx, who, id, access.BudgetDesk)
	if err == nil {
		err = s.types(e)
	}
	if err != nil {
		return "", err
	}
	b, err := batchOf(ctx, s.db, e.ID, no)
	if err != nil {
		return "", err
	}
	if _, err := b.turn(who); err != nil {
		return b.State, err
	}
	rows, faults, err := s.sealLines(ctx, e, b, lines)
	if err != nil {
		return b.State, err
	}
	state = b.State
	if c := (clerk{who, e, s.now()}); len(rows) > 0 {
		err = s.db.Write(ctx, func(tx *db.Tx) (err error) {
			state, err = c.keep(ctx, tx, no, rows)
			return err
		})
	}
	if err == nil {
		err = fault.InvalidFields(faults)
	}
	return state, err
}

// sealLines reads and seals lines, outside any transaction.
func (s *Service) sealLines(ctx context.Context, e budget.Edition, b Batch, lines map[int]string) (rows []typedRow, faults []fault.Field, err error) {
	on, err := readBallot(ctx, s.db, e, b.Pool)
	if err != nil {
		return nil, nil, err
	}
	key, err := s.Keys.Unseal(batchPurpose, string(e.ID), b.Secret)
	if err != nil {
		return nil, nil, err
	}
	defer clear(key)
	for _, n := range slices.Sorted(maps.Keys(lines)) {
		if n < 1 || n > b.Size {
			return nil, nil, fault.New(fault.BadRequest, "fault.bad_request")
		}
		body, wrong := on.paperLine(lineField(n), lines[n])
		if len(wrong) > 0 {
			faults = append(faults, wrong...)
			continue
		}
		sealed, err := on.public.Seal(on.info, on.size, body)
		if err != nil {
			return nil, nil, err
		}
		rows = append(rows, typedRow{N: n, Digest: lineDigest(key, n, body), Sealed: sealed})
	}
	return rows, faults, nil
}

// lineDigest tells whether two typings of a place are the same, and nothing of two
// places: the place is in it.
func lineDigest(key []byte, n int, body []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write(binary.BigEndian.AppendUint32(nil, uint32(n)))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

// clerk is who types, in which edition, at a time that goes into the log of the
// batch and nowhere else.
type clerk struct {
	who access.Actor
	e   budget.Edition
	at  time.Time
}

// keep writes what was sealed, if it is still the clerk's turn.
func (c clerk) keep(ctx context.Context, tx *db.Tx, no int, rows []typedRow) (string, error) {
	b, turn, err := c.take(ctx, tx, no)
	if err != nil {
		return b.State, err
	}
	if b.State == BatchDiffers {
		if err := onlyDiffering(ctx, tx, b, rows); err != nil {
			return b.State, err
		}
	}
	for _, row := range rows {
		if _, err := tx.Exec(ctx, `insert into budget_paper_rows (edition, batch, n, typing, digest, sealed) values (?, ?, ?, ?, ?, ?)
			on conflict (edition, batch, n, typing) do update set digest = excluded.digest, sealed = excluded.sealed`,
			c.e.ID, no, row.N, turn, row.Digest, row.Sealed); err != nil {
			return b.State, err
		}
	}
	if b.State != BatchDiffers {
		return b.State, nil
	}
	return c.settle(ctx, tx, b)
}

// onlyDiffering refuses places that two people have typed alike.
func onlyDiffering(ctx context.Context, tx *db.Tx, b Batch, rows []typedRow) error {
	there, err := rowsOf(ctx, tx, b)
	if err != nil {
		return err
	}
	differ, _ := compare(there, b.Size)
	for _, row := range rows {
		if !slices.Contains(differ, row.N) {
			return fault.New(fault.Conflict, "vote.fault.paper_agreed")
		}
	}
	return nil
}

// take holds a batch for the clerk, whose turn it is.
func (c clerk) take(ctx context.Context, tx *db.Tx, no int) (b Batch, turn typing, err error) {
	if b, err = heldBatch(ctx, tx, c.e.ID, no); err != nil {
		return b, 0, err
	}
	if turn, err = b.turn(c.who); err != nil {
		return b, 0, err
	}
	over, err := surplus(ctx, tx, b)
	if err != nil {
		return b, 0, err
	}
	if over {
		return b, 0, fault.New(fault.Conflict, "vote.fault.paper_over")
	}
	return b, turn, turn.claim(ctx, tx, b, c.who)
}

// EndTyping ends the typing of whoever asks. After the first the batch waits for
// another person; after the second it goes into the box, or the places that differ
// wait for both, or for a third. The state that follows is the answer. Faults as
// of TypeBallots; Conflict vote.fault.paper_missing while places are empty.
func (s *Service) EndTyping(ctx context.Context, who access.Actor, id budget.EditionID, no int) (state string, err error) {
	defer fault.Wrap(&err, "end typing batch %d of edition %s", no, id)
	e, err := s.paperDesk(ctx, who, id, access.BudgetDesk)
	if err == nil {
		err = s.types(e)
	}
	if err != nil {
		return "", err
	}
	c := clerk{who, e, s.now()}
	return state, s.db.Write(ctx, func(tx *db.Tx) (err error) {
		state, err = c.end(ctx, tx, no)
		return err
	})
}

func (c clerk) end(ctx context.Context, tx *db.Tx, no int) (string, error) {
	b, turn, err := c.take(ctx, tx, no)
	if err != nil {
		return b.State, err
	}
	if b.State == BatchDiffers {
		return c.settle(ctx, tx, b)
	}
	n := 0
	if err := tx.Get(ctx, &n, `select count(*) from budget_paper_rows where edition = ? and batch = ? and typing = ?`, c.e.ID, no, turn); err != nil {
		return b.State, err
	}
	if n < b.Size {
		return b.State, fault.New(fault.Conflict, "vote.fault.paper_missing", "n", b.Size-n)
	}
	if err := note(ctx, tx, c.who, c.e, "vote.paper_typed", map[string]string{"batch": number(no)}, c.at); err != nil {
		return b.State, err
	}
	if turn == 2 {
		return c.settle(ctx, tx, b)
	}
	return BatchSecond, moveBatch(ctx, tx, b, BatchSecond)
}

func moveBatch(ctx context.Context, tx *db.Tx, b Batch, state string) error {
	_, err := tx.Exec(ctx, `update budget_paper_batches set state = ? where edition = ? and no = ?`, state, b.Edition, b.No)
	return err
}

// compare tells the places at which no two people typed the same, and the
// envelopes of the others.
func compare(rows []typedRow, size int) (differ []int, agreed [][]byte) {
	at := make(map[int][]typedRow, size)
	for _, row := range rows {
		at[row.N] = append(at[row.N], row)
	}
	for n := 1; n <= size; n++ {
		if sealed := agree(at[n]); sealed != nil {
			agreed = append(agreed, sealed)
		} else {
			differ = append(differ, n)
		}
	}
	return differ, agreed
}

// agree is the envelope of a place that two people typed alike, nil when none did.
func agree(rows []typedRow) []byte {
	for i, row := range rows {
		for _, other := range rows[i+1:] {
			if row.Digest == other.Digest {
				return row.Sealed
			}
		}
	}
	return nil
}

// settle lays a batch into the box when nothing in it differs.
func (c clerk) settle(ctx context.Context, tx *db.Tx, b Batch) (string, error) {
	rows, err := rowsOf(ctx, tx, b)
	if err != nil {
		return b.State, err
	}
	differ, agreed := compare(rows, b.Size)
	if len(differ) > 0 {
		return BatchDiffers, moveBatch(ctx, tx, b, BatchDiffers)
	}
	if err := layBatch(ctx, tx, b, agreed); err != nil {
		return b.State, err
	}
	return BatchDone, note(ctx, tx, c.who, c.e, "vote.paper_done", map[string]string{"batch": number(b.No), "n": number(b.Size)}, c.at)
}

// layBatch lays envelopes into the box in the order of their new numbers: the
// places they had in the batch stand nowhere any more.
func layBatch(ctx context.Context, tx *db.Tx, b Batch, sealed [][]byte) error {
	type envelope struct {
		id     string
		sealed []byte
	}
	var list []envelope
	for _, one := range sealed {
		list = append(list, envelope{NewEnvelope(), one})
	}
	slices.SortFunc(list, func(x, y envelope) int { return cmp.Compare(x.id, y.id) })
	for _, one := range list {
		in, err := lay(ctx, tx, b.Edition, b.Pool, one.id, "", one.sealed)
		if err == nil && !in {
			err = refused(ctx, tx, b.Edition, b.Pool)
		}
		if err != nil {
			return err
		}
	}
	return endBatch(ctx, tx, b.Edition, b.No, BatchDone)
}
