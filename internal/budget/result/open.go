package result

import (
	"context"
	"errors"
	"time"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/custody"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
)

const (
	// runStuck is after how long a run that does not move is taken for dead.
	runStuck = 5 * time.Minute
	runKind  = "budget.opening"
)

// What is written into the log, at the edition.
const (
	actEarly     = "result.early"
	actOpened    = "result.opened"
	actChecked   = "result.checked"
	actExported  = "result.exported"
	actCounted   = "result.counted"
	actDiffers   = "result.differs"
	actHeld      = "result.held"
	actFinal     = "result.final"
	actDestroyed = "result.destroyed"
)

func (s *Service) log(ctx context.Context, tx *db.Tx, by audit.By, action string, e budget.Edition, details map[string]string) error {
	return audit.Record(ctx, tx, by, audit.Entry{Action: action, Object: "budget_edition", ObjectID: string(e.ID), Institution: string(e.Owner), Details: details}, s.now())
}

// Bring takes a custodian's share after the close. The first one waits for half
// an hour and opens nothing; with the second, of another person, the key is whole
// and a Run is returned, which the caller starts at once in this process. A nil Run
// means that the second share is awaited.
//
// While a protest holds the counted result, two shares open the envelopes once
// more: what is in them is compared with the ballots that were counted, and
// nothing is changed.
//
// Custodians bring their own share, whoever runs the edition the one in deposit.
// Faults: those of custody.Service.Bring; Conflict result.fault.early before the
// close (with a line in the log), result.fault.opened after the opening,
// result.fault.running while another run is at work.
func (s *Service) Bring(ctx context.Context, who access.Actor, id budget.EditionID, text string) (_ *Run, err error) {
	defer fault.Wrap(&err, "share for edition %s", id)
	e, o, err := s.reads(ctx, who, id)
	if err != nil {
		return nil, err
	}
	if err := s.mayOpen(ctx, who, e, o); err != nil {
		return nil, err
	}
	if o.State == Sealed {
		if err := s.Box.Close(ctx, e); err != nil {
			return nil, err
		}
	}
	run := &Run{s: s, by: who.By(), e: e, state: o.State}
	act := custody.Act{By: run.by, Box: BoxOf(id), Institution: string(e.Owner), Runs: s.Editions.Serves(ctx, who, access.BudgetRun, e) == nil,
		Also: func(ctx context.Context, tx *db.Tx, _ custody.Key) error { return run.claim(ctx, tx) }}
	if run.opener, err = s.Keys.Bring(ctx, act, text); err != nil || run.opener == nil {
		return nil, err
	}
	return run, nil
}

// mayOpen refuses before the close and after the opening. Asking early is noted:
// whoever tries to see votes before the end should be asked why.
func (s *Service) mayOpen(ctx context.Context, who access.Actor, e budget.Edition, o Opening) error {
	if o.Rechecks() {
		return nil
	}
	if o.State != Sealed {
		return fault.New(fault.Conflict, "result.fault.opened")
	}
	if e.State == budget.Closed {
		return nil
	}
	err := s.db.Write(ctx, func(tx *db.Tx) error { return s.log(ctx, tx, who.By(), actEarly, e, nil) })
	return errors.Join(err, fault.New(fault.Conflict, "result.fault.early"))
}

// claim marks the edition as being opened by this run, in the transaction that
// takes the first share out, and begins the progress that the page shows.
func (o *Run) claim(ctx context.Context, tx *db.Tx) error {
	now := o.s.now()
	o.total = 0
	for _, p := range o.e.Rules.Pools {
		n, err := o.s.Box.Count(ctx, tx, o.e.ID, p.ID)
		if err != nil {
			return err
		}
		o.total += int64(n)
	}
	var err error
	o.ID, err = jobs.StartProgress(ctx, tx, jobs.Progress{Kind: runKind, TitleKey: "result.open.progress", Owner: o.by.Person, Total: o.total}, now)
	if err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `insert into budget_openings (edition, state, run, run_at) values (?, ?, ?, ?)
		on conflict (edition) do update set run = excluded.run, run_at = excluded.run_at
		where budget_openings.state = ? and budget_openings.run_at < ?`, o.e.ID, o.state, o.ID, now.Unix(), o.state, now.Add(-runStuck).Unix())
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "result.fault.running")
	}
	return err
}

// Wait waits until openings that run in this process are done, or the context
// ends: then the boxes stay sealed and two shares are asked for again.
func (s *Service) Wait(ctx context.Context) error {
	done := make(chan struct{})
	go func() { s.opening.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return errors.Join(errors.New("result: an opening was cut off"), ctx.Err())
	}
}

// start runs an opening beside the request, which need not wait for it: the
// officer may leave the page.
func (s *Service) start(run *Run) {
	s.opening.Go(func() {
		if err := run.Do(context.Background()); err != nil {
			s.Log.Error("opening a ballot box failed", "edition", run.e.ID, "err", err)
		}
	})
}
