package survey

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"runtime"
	"slices"
	"sync"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/custody"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/seal"
)

// Opening is a round that is about to be opened: the whole key is in it. Call
// Do once.
type Opening struct {
	Run jobs.ProgressID // how far it is

	s      *Service
	by     audit.By
	rd     Round
	opener *seal.Opener
	total  int64 // envelopes, as they were counted when it began
}

// opened are the answers of a round in memory: all of them must be there to be
// put in order.
type opened struct {
	rows      []openRow
	texts     map[string][]string
	envelopes int // read
	readable  int
}

type openRow struct {
	unit string
	body []byte
}

// Do opens all envelopes, stores what was in them in the order of the content
// and destroys them. When it fails, or the process dies, the round stays closed
// and nothing is lost: two shares are asked for again, and the next run clears
// away what this one left.
func (o *Opening) Do(ctx context.Context) (err error) {
	defer fault.Wrap(&err, "open the answers of round %s", o.rd.ID)
	defer o.opener.Close()
	defer func() {
		if err != nil {
			err = errors.Join(err, o.giveUp(context.WithoutCancel(ctx)))
		}
	}()
	d, err := o.s.DefinitionByID(ctx, o.s.db, o.rd.Definition)
	if err != nil {
		return err
	}
	all, err := o.read(ctx, d)
	if err != nil {
		return err
	}
	o.opener.Close()
	all.sort()
	if err := o.write(ctx, all); err != nil {
		return err
	}
	return o.s.db.Write(ctx, func(tx *db.Tx) error { return o.finish(ctx, tx, all) })
}

func (o *Opening) giveUp(ctx context.Context) error {
	return o.s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `update survey_rounds set run = '', run_at = 0 where id = ? and run = ?`, o.rd.ID, o.Run); err != nil {
			return err
		}
		return jobs.Finish(ctx, tx, o.Run, jobs.ProgressFailed, "survey.open.failed", o.s.now())
	})
}

// read streams the envelopes through as many openers as there are processors.
// What is in the pipe is bounded; what was opened stays in memory.
func (o *Opening) read(ctx context.Context, d Definition) (*opened, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	workers := runtime.GOMAXPROCS(0)
	envelopes := make(chan []byte, 4*workers)
	parts := make([]opened, workers)
	var open sync.WaitGroup
	for i := range parts {
		open.Go(func() { parts[i] = o.unseal(d, envelopes) })
	}
	seen, n := map[[sha256.Size]byte]bool{}, 0
	err := o.s.db.Each(ctx, func(scan func(...any) error) error {
		var sealed []byte
		if err := scan(&sealed); err != nil {
			return err
		}
		if n++; n%openStep == 0 {
			if err := o.step(ctx, n); err != nil {
				return err
			}
		}
		// Whoever can write to the table could lay a copy beside an envelope.
		sum := sha256.Sum256(sealed)
		if seen[sum] {
			return nil
		}
		seen[sum] = true
		select {
		case envelopes <- sealed:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}, `select sealed from survey_envelopes where round = ?`, o.rd.ID)
	close(envelopes)
	open.Wait()
	if err != nil {
		return nil, err
	}
	all := &opened{texts: map[string][]string{}, envelopes: n}
	for i := range parts {
		all.take(&parts[i])
	}
	return all, nil
}

// openStep is after how many envelopes the progress moves.
const openStep = 2000

// step tells how far the run is, and that it is alive.
func (o *Opening) step(ctx context.Context, n int) error {
	if err := o.s.db.Write(ctx, func(tx *db.Tx) error { return o.mine(ctx, tx) }); err != nil {
		return err
	}
	return jobs.Report(ctx, o.s.db, o.Run, int64(n), o.total, o.s.now())
}

// mine refuses a run that was taken for dead: another one is at work.
func (o *Opening) mine(ctx context.Context, tx *db.Tx) error {
	n, err := tx.Exec(ctx, `update survey_rounds set run_at = ? where id = ? and run = ? and state = 'closed'`, o.s.now().Unix(), o.rd.ID, o.Run)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "survey.fault.running")
	}
	return err
}

// unseal opens envelopes until there are no more. One that cannot be opened, or
// holds what is no answer to these questions, is unreadable.
func (o *Opening) unseal(d Definition, envelopes <-chan []byte) opened {
	part := opened{texts: map[string][]string{}}
	info, words := roundInfo(o.rd), textKeys(d)
	for sealed := range envelopes {
		plain, err := o.opener.Open(info, sealed)
		if err != nil {
			continue
		}
		unit, body, err := unfold(plain)
		if err != nil {
			continue
		}
		a, err := DecodeAnswers(body)
		if err != nil {
			continue
		}
		clean, fields := d.Check(a)
		if len(fields) > 0 {
			continue
		}
		for key := range words {
			part.texts[key] = append(part.texts[key], clean[key]...)
			delete(clean, key)
		}
		part.rows = append(part.rows, openRow{unit, clean.Encode()})
		part.readable++
		clear(plain)
	}
	return part
}

// textKeys are the questions that are answered in words.
func textKeys(d Definition) map[string]bool {
	keys := map[string]bool{}
	for _, s := range d.Sections {
		for _, q := range s.Questions {
			if q.Kind == FreeText {
				keys[q.ID] = true
			}
		}
	}
	return keys
}

func (a *opened) take(part *opened) {
	a.rows = append(a.rows, part.rows...)
	for key, texts := range part.texts {
		a.texts[key] = append(a.texts[key], texts...)
	}
	a.readable += part.readable
}

// sort puts everything in the order of its content, which tells nothing of the
// order in which it came.
func (a *opened) sort() {
	slices.SortFunc(a.rows, func(x, y openRow) int {
		return cmp.Or(cmp.Compare(x.unit, y.unit), bytes.Compare(x.body, y.body))
	})
	for _, texts := range a.texts {
		slices.Sort(texts)
	}
}

// write stores what was opened, some thousand rows in a transaction so that
// nobody waits long for theirs. Until finish nobody reads them.
func (o *Opening) write(ctx context.Context, all *opened) error {
	err := o.s.db.Write(ctx, func(tx *db.Tx) error {
		if err := o.mine(ctx, tx); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `delete from survey_opened where round = ?`, o.rd.ID); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `delete from survey_texts where round = ?`, o.rd.ID)
		return err
	})
	if err != nil {
		return err
	}
	const columns = 4
	rows := make([]any, 0, len(all.rows)*columns)
	for n, row := range all.rows {
		rows = append(rows, o.rd.ID, n+1, row.unit, row.body)
	}
	if err := o.insert(ctx, `insert into survey_opened (round, n, unit, body) values `, columns, rows); err != nil {
		return err
	}
	keep, err := o.keepsTexts(ctx, all)
	if err != nil || !keep {
		return err
	}
	rows = rows[:0]
	for question, texts := range all.texts {
		for n, text := range texts {
			rows = append(rows, o.rd.ID, question, n+1, text)
		}
	}
	return o.insert(ctx, `insert into survey_texts (round, question, n, body) values `, columns, rows)
}

// keepsTexts tells that there are answers enough for their words to be read (see
// Texts). Otherwise nobody may ever read them, and they go with the envelopes.
func (o *Opening) keepsTexts(ctx context.Context, all *opened) (bool, error) {
	unsigned, err := MostUnsigned(ctx, o.s.db, o.rd.ID)
	return all.readable-unsigned >= textsAnonymous, err
}

// openBatch is how many statements one transaction of write has.
const openBatch = 10

func (o *Opening) insert(ctx context.Context, statement string, columns int, values []any) error {
	perStatement := db.MaxParams / columns * columns
	for batch := range slices.Chunk(values, perStatement*openBatch) {
		err := o.s.db.Write(ctx, func(tx *db.Tx) error {
			if err := o.mine(ctx, tx); err != nil {
				return err
			}
			for some := range slices.Chunk(batch, perStatement) {
				if _, err := tx.Exec(ctx, statement+db.Marks(len(some)/columns, columns), some...); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// finish makes the round opened: from here on the answers are there, and nothing
// is left that could tell whose they were. The envelopes are counted as they are
// destroyed: one that came to the table after they were read would be lost.
func (o *Opening) finish(ctx context.Context, tx *db.Tx, all *opened) error {
	id := o.rd.ID
	n, err := tx.Exec(ctx, `update survey_rounds set state = 'opened', envelopes = ?, readable = ?, run_at = 0, revision = revision + 1
		where id = ? and run = ? and state = 'closed'`, all.envelopes, all.readable, id, o.Run)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.Conflict, "survey.fault.running")
	}
	destroyed, err := tx.Exec(ctx, `delete from survey_envelopes where round = ?`, id)
	if err != nil {
		return err
	}
	if destroyed != int64(all.envelopes) {
		return fault.New(fault.Conflict, "survey.fault.more_envelopes")
	}
	for _, statement := range []string{
		`insert into survey_units (round, unit, invited, answered)
			select round, unit, count(*), sum(case when answered then 1 else 0 end) from survey_invited where round = ? group by round, unit`,
		`delete from survey_invited where round = ?`,
	} {
		if _, err := tx.Exec(ctx, statement, id); err != nil {
			return err
		}
	}
	if err := custody.Discard(ctx, tx, keyBox(id)); err != nil {
		return err
	}
	rd, err := o.s.RoundByID(ctx, tx, id)
	if err != nil {
		return err
	}
	if err := o.s.roundLog(ctx, tx, o.by, actOpened, id, nil); err != nil {
		return err
	}
	if err := o.s.tellOwner(ctx, tx, rd); err != nil {
		return err
	}
	return jobs.Finish(ctx, tx, o.Run, jobs.ProgressDone, "", o.s.now())
}
