package survey

import (
	"context"
	"errors"
	"time"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/custody"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
)

const (
	// runStuck is after how long a run that does not move is taken for dead.
	runStuck = 5 * time.Minute

	runKind = "survey.opening"
)

// GiveShare takes an officer's share after the close. The first is kept for half
// an hour; alone it opens nothing. With the second, of another officer, the key is
// whole and an Opening is returned, which the caller runs at once in this process:
// the key is nowhere else. A nil Opening means that the second share is awaited.
//
// Officers bring their own share. The share in deposit is brought by whoever runs
// the round (deposit), who is then one of the two persons. Faults: those of
// custody.Bring; Conflict survey.fault.early with the date (and a line in the
// log), survey.fault.state, survey.fault.running.
func (s *Service) GiveShare(ctx context.Context, by audit.By, id RoundID, text string, deposit bool) (_ *Opening, err error) {
	defer fault.Wrap(&err, "share for round %s", id)
	rd, err := s.RoundByID(ctx, s.db, id)
	if err != nil {
		return nil, err
	}
	if err := s.mayOpen(ctx, by, rd); err != nil {
		return nil, err
	}
	o := &Opening{s: s, by: by, rd: rd}
	o.opener, err = s.custody.Bring(ctx, custody.Act{By: by, Box: keyBox(id), Runs: deposit, Also: o.claim}, text)
	if err != nil || o.opener == nil {
		return nil, err
	}
	return o, nil
}

// mayOpen refuses a round that is not closed. Asking early is noted: whoever
// tries to see answers before the end should be asked why.
func (s *Service) mayOpen(ctx context.Context, by audit.By, rd Round) error {
	switch {
	case rd.Mode != Anonymous || rd.State == Opened || rd.State == Dropped:
		return fault.New(fault.Conflict, "survey.fault.state")
	case rd.State == Closed:
		return nil
	}
	err := s.db.Write(ctx, func(tx *db.Tx) error { return s.roundLog(ctx, tx, by, actEarly, rd.ID, nil) })
	return errors.Join(err, fault.New(fault.Conflict, "survey.fault.early", "date", roundEnd(rd.ClosesAt)))
}

// claim marks the round as being opened by this process, in the transaction that
// joins the shares.
func (o *Opening) claim(ctx context.Context, tx *db.Tx, _ custody.Key) error {
	now := o.s.now()
	if err := tx.Get(ctx, &o.total, `select count(*) from survey_envelopes where round = ?`, o.rd.ID); err != nil {
		return err
	}
	run, err := jobs.StartProgress(ctx, tx, jobs.Progress{Kind: runKind, TitleKey: "survey.open.progress", Owner: o.by.Person, Total: o.total}, now)
	if err != nil {
		return err
	}
	claimed, err := tx.Exec(ctx, `update survey_rounds set run = ?, run_at = ?
		where id = ? and state = 'closed' and (run = '' or run_at < ?)`, run, now.Unix(), o.rd.ID, now.Add(-runStuck).Unix())
	if err != nil {
		return err
	}
	if claimed == 0 {
		return fault.New(fault.Conflict, "survey.fault.running")
	}
	o.Run = run
	return nil
}
