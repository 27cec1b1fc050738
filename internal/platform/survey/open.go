package survey

import (
	"context"
	"errors"
	"strconv"
	"time"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/seal"
)

const (
	// shareKept is how long the first share waits for the second.
	shareKept = 30 * time.Minute
	// runStuck is after how long a run that does not move is taken for dead.
	runStuck = 5 * time.Minute

	sharesKey = "survey.shares"
	runKind   = "survey.opening"
)

// GiveShare takes an officer's share after the close. The first is kept, sealed
// with the keys of the installation, for half an hour; alone it opens nothing.
// With the second, of another officer, the key is whole and an Opening is
// returned, which the caller runs at once in this process: the key is nowhere
// else. A nil Opening means that the second share is awaited.
//
// Officers bring their own share. The share in deposit is brought by whoever runs
// the round (deposit), who is then one of the two persons. Faults: those of
// package seal; Conflict survey.fault.early with the date (and a line in the log),
// survey.fault.same_person, survey.fault.lost when fewer than two shares are left,
// survey.fault.running; Forbidden survey.fault.no_officer, survey.fault.other_share.
func (s *Service) GiveShare(ctx context.Context, by audit.By, id RoundID, text string, deposit bool) (_ *Opening, err error) {
	defer fault.Wrap(&err, "share for round %s", id)
	rd, err := s.RoundByID(ctx, s.db, id)
	if err != nil {
		return nil, err
	}
	if err := s.mayOpen(ctx, by, rd); err != nil {
		return nil, err
	}
	keepers, err := Custody(ctx, s.db, id)
	if err != nil {
		return nil, err
	}
	if keepers.Usable() < SharesNeeded {
		return nil, fault.New(fault.Conflict, "survey.fault.lost")
	}
	share, err := openShare(rd, keepers, by.Person, text, deposit)
	if err != nil {
		return nil, err
	}
	defer share.Forget()
	first, err := s.firstShare(ctx, rd)
	switch {
	case err != nil:
		return nil, err
	case first == nil || first.Person == by.Person && first.No == share.No:
		return nil, s.keepShare(ctx, by, rd, share)
	case first.Person == by.Person:
		return nil, fault.New(fault.Conflict, "survey.fault.same_person")
	}
	return s.openWith(ctx, by, rd, *first, share)
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

// openShare reads a share and checks that the person may bring it.
func openShare(rd Round, keepers Keepers, person, text string, deposit bool) (seal.Share, error) {
	own, officer := keepers.of(person)
	if person == "" || !officer && !deposit {
		return seal.Share{}, fault.New(fault.Forbidden, "survey.fault.no_officer")
	}
	share, err := custodyShare(rd, text)
	if err != nil {
		return share, err
	}
	keeper, _ := keepers.no(share.No)
	if officer && own.No == share.No || deposit && keeper.Deposit() {
		return share, nil
	}
	share.Forget()
	return seal.Share{}, fault.New(fault.Forbidden, "survey.fault.other_share")
}

// openFirst is the share that waits.
type openFirst struct {
	Person string `db:"person"`
	No     int    `db:"no"`
	Sealed string `db:"sealed"`
	Until  int64  `db:"until"`
}

func (s *Service) firstShare(ctx context.Context, rd Round) (*openFirst, error) {
	var f openFirst
	err := s.db.Get(ctx, &f, `select person, no, sealed, until from survey_shares where round = ? and until > ?`, rd.ID, s.now().Unix())
	if errors.Is(err, fault.ErrNotFound) {
		return nil, nil
	}
	return &f, err
}

func sharePlace(rd RoundID, person string) string { return string(rd) + "/" + person }

func (s *Service) keepShare(ctx context.Context, by audit.By, rd Round, share seal.Share) error {
	now := s.now()
	sealed := s.keys.Seal(sharesKey, sharePlace(rd.ID, by.Person), []byte(share.Text()))
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `insert into survey_shares (round, person, no, sealed, until) values (?, ?, ?, ?, ?)
			on conflict (round) do update set person = excluded.person, no = excluded.no, sealed = excluded.sealed, until = excluded.until
			where survey_shares.until <= ? or survey_shares.person = excluded.person`,
			rd.ID, by.Person, share.No, sealed, now.Add(shareKept).Unix(), now.Unix())
		if err != nil {
			return err
		}
		if n == 0 { // another officer was faster: come again, as the second
			return fault.New(fault.Conflict, "survey.fault.share_raced")
		}
		return s.roundLog(ctx, tx, by, actShare, rd.ID, map[string]string{"no": strconv.Itoa(share.No)})
	})
}

// openWith joins two shares and claims the opening for this process.
func (s *Service) openWith(ctx context.Context, by audit.By, rd Round, first openFirst, share seal.Share) (*Opening, error) {
	text, err := s.keys.Unseal(sharesKey, sharePlace(rd.ID, first.Person), first.Sealed)
	if err != nil {
		return nil, err
	}
	defer clear(text)
	other, err := seal.ParseShare(string(text))
	if err != nil {
		return nil, err
	}
	defer other.Forget()
	opener, err := seal.Join(rd.Public, other, share)
	if err != nil {
		return nil, err
	}
	run, total, err := s.claimRun(ctx, by, rd, first.Person, share.No)
	if err != nil {
		opener.Close()
		return nil, err
	}
	return &Opening{Run: run, s: s, by: by, rd: rd, opener: opener, total: total}, nil
}

// claimRun takes the first share out, so that of several seconds only one opens,
// and marks the round as being opened.
func (s *Service) claimRun(ctx context.Context, by audit.By, rd Round, first string, no int) (run jobs.ProgressID, total int64, err error) {
	now := s.now()
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		taken, err := tx.Exec(ctx, `delete from survey_shares where round = ? and person = ?`, rd.ID, first)
		if err != nil {
			return err
		}
		if err := tx.Get(ctx, &total, `select count(*) from survey_envelopes where round = ?`, rd.ID); err != nil {
			return err
		}
		run, err = jobs.StartProgress(ctx, tx, jobs.Progress{Kind: runKind, TitleKey: "survey.open.progress", Owner: by.Person, Total: total}, now)
		if err != nil {
			return err
		}
		claimed, err := tx.Exec(ctx, `update survey_rounds set run = ?, run_at = ?
			where id = ? and state = 'closed' and (run = '' or run_at < ?)`, run, now.Unix(), rd.ID, now.Add(-runStuck).Unix())
		if err != nil {
			return err
		}
		if taken == 0 || claimed == 0 {
			return fault.New(fault.Conflict, "survey.fault.running")
		}
		return s.roundLog(ctx, tx, by, actShare, rd.ID, map[string]string{"no": strconv.Itoa(no)})
	})
	return run, total, err
}
