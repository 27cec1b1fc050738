package needs

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/survey"
	"kladka/internal/platform/web"
)

// Acts on a campaign that are kept with words or once a day.
const (
	actClosed   = "closed"
	actDropped  = "dropped"
	actReminded = "reminded"
)

const actWords = 500 // letters of a reason

func campaignReason(reason string) (string, error) {
	reason = strings.TrimSpace(reason)
	switch {
	case reason == "":
		return "", fault.InvalidFields([]fault.Field{{Name: "powod", Key: "needs.campaign.fault.reason"}})
	case utf8.RuneCountInString(reason) > actWords:
		return "", fault.InvalidFields([]fault.Field{{Name: "powod", Key: "needs.campaign.fault.reason_long", Args: []any{"n", actWords}}})
	}
	return reason, nil
}

// campaignAct keeps an act. Fresh is false when the same one is there for that day.
func campaignAct(ctx context.Context, tx *db.Tx, id CampaignID, what, words, person string, at time.Time) (fresh bool, err error) {
	n, err := tx.Exec(ctx, `insert into needs_acts (campaign, what, day, words, by_person, at) values (?, ?, ?, ?, ?, ?) on conflict (campaign, what, day) do nothing`,
		id, what, at.In(web.Warsaw).Format(time.DateOnly), words, person, at.Unix())
	return n > 0, err
}

// campaignActOf are the words of the last act of a kind, "" for none.
func campaignActOf(ctx context.Context, r db.Reader, id CampaignID, what string) (words string, at int64, err error) {
	var list []struct {
		Words string `db:"words"`
		At    int64  `db:"at"`
	}
	err = r.Select(ctx, &list, `select words, at from needs_acts where campaign = ? and what = ? order by at desc limit 1`, id, what)
	if err != nil || len(list) == 0 {
		return "", 0, err
	}
	return list[0].Words, list[0].At, nil
}

// Close ends an open campaign before its time. Who asks must run it and say why.
func (s *Service) Close(ctx context.Context, who access.Actor, id CampaignID, reason string) (err error) {
	defer fault.Wrap(&err, "close campaign %s", id)
	c, err := s.campaignRun(ctx, who, id)
	if err != nil {
		return err
	}
	if reason, err = campaignReason(reason); err != nil {
		return err
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.closeIn(ctx, tx, who, c, now); err != nil {
			return err
		}
		_, err := campaignAct(ctx, tx, id, actClosed, reason, string(who.Person), now)
		return err
	})
}

// CloseDue closes the campaigns whose time is over. Nothing is taken from that
// moment on, whether or not this has run.
func (s *Service) CloseDue(ctx context.Context) (err error) {
	defer fault.Wrap(&err, "close campaigns")
	now := s.now()
	due, err := campaignList(ctx, s.db, `c.state = ? and c.closes_at <= ?`, Open, now.Unix())
	if err != nil {
		return err
	}
	for _, c := range due {
		err := s.db.Write(ctx, func(tx *db.Tx) error { return s.closeIn(ctx, tx, access.System(), c, now) })
		if err != nil && fault.KindOf(err) != fault.Conflict { // a Conflict: somebody was faster
			return err
		}
	}
	return s.closeLost(ctx)
}

// closeLost asks for the ranking of campaigns whose sealed answers were given up
// after the close, because nobody can open them: what institutions declared is
// all there will be.
func (s *Service) closeLost(ctx context.Context) error {
	closed, err := campaignList(ctx, s.db, `c.state = ? and c.round <> ''`, Closed)
	if err != nil {
		return err
	}
	for _, c := range closed {
		rd, err := s.Surveys.RoundByID(ctx, s.db, c.Round)
		if err != nil {
			return err
		}
		if rd.State != survey.Dropped {
			continue
		}
		if err := s.db.Write(ctx, func(tx *db.Tx) error { return s.rankLater(ctx, tx, c.ID) }); err != nil {
			return err
		}
	}
	return nil
}

// closeIn closes the campaign and its round, and asks for the ranking.
func (s *Service) closeIn(ctx context.Context, tx *db.Tx, who access.Actor, c Campaign, now time.Time) error {
	// What was open for less than a second was open for one: releases need a period.
	n, err := tx.Exec(ctx, `update needs_campaigns set state = ?, closes_at = case when closes_at <= ? then closes_at when opens_at >= ? then opens_at + 1 else ? end,
		revision = revision + 1, changed_at = ? where id = ? and state = ?`, Closed, now.Unix(), now.Unix(), now.Unix(), now.Unix(), c.ID, Open)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.Conflict, "needs.campaign.fault.not_open")
	}
	if c.Round != "" {
		rd, err := s.Surveys.RoundByID(ctx, tx, c.Round)
		if err != nil {
			return err
		}
		if rd.State == survey.Open { // it may have been closed by its own clock
			if err := s.Surveys.CloseIn(ctx, tx, who.By(), c.Round); err != nil {
				return err
			}
		}
	}
	if err := s.rankLater(ctx, tx, c.ID); err != nil {
		return err
	}
	return s.campaignLog(ctx, tx, who, c, "close", nil, now)
}

// Reschedule moves the last day of an open campaign. Who asks must run it.
func (s *Service) Reschedule(ctx context.Context, who access.Actor, id CampaignID, lastDay string) (err error) {
	defer fault.Wrap(&err, "move the end of campaign %s", id)
	c, err := s.campaignRun(ctx, who, id)
	if err != nil {
		return err
	}
	now, until := s.now(), Settings{ClosesOn: lastDay}.closesAt()
	switch {
	case until == 0:
		return fault.InvalidFields([]fault.Field{{Name: "do", Key: "needs.campaign.fault.day"}})
	case until <= now.Unix():
		return fault.InvalidFields([]fault.Field{{Name: "do", Key: "needs.campaign.fault.past"}})
	case until > time.Unix(c.OpensAt, 0).AddDate(0, 0, campaignDays).Unix():
		return fault.InvalidFields([]fault.Field{{Name: "do", Key: "needs.campaign.fault.far", Args: []any{"n", campaignDays}}})
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update needs_campaigns set closes_at = ?, revision = revision + 1, changed_at = ? where id = ? and state = ? and closes_at > ?`,
			until, now.Unix(), id, Open, now.Unix())
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "needs.campaign.fault.not_open")
		}
		if c.Round != "" {
			if err := s.Surveys.Reschedule(ctx, tx, who.By(), c.Round, c.OpensAt, until); err != nil {
				return err
			}
		}
		return s.campaignLog(ctx, tx, who, c, "move", map[string]string{"until": lastDay}, now)
	})
}

// Drop gives a campaign up, in any state but Ranked: sealed answers of people
// are destroyed unread, and everybody who was asked is told why. A draft that
// was never opened is dropped without telling anybody. Who asks must run it.
func (s *Service) Drop(ctx context.Context, who access.Actor, id CampaignID, reason string) (err error) {
	defer fault.Wrap(&err, "drop campaign %s", id)
	c, err := s.campaignRun(ctx, who, id)
	if err != nil {
		return err
	}
	if reason, err = campaignReason(reason); err != nil {
		return err
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update needs_campaigns set state = ?, revision = revision + 1, changed_at = ? where id = ? and state in (?, ?, ?)`,
			Dropped, now.Unix(), id, Draft, Open, Closed)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "needs.campaign.fault.done")
		}
		if c.Round != "" {
			if err := s.dropRound(ctx, tx, who, c.Round); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `delete from needs_interest where campaign = ?`, id); err != nil {
			return err
		}
		if _, err := campaignAct(ctx, tx, id, actDropped, reason, string(who.Person), now); err != nil {
			return err
		}
		if c.State != Draft {
			if _, err := jobs.Enqueue(ctx, tx, droppedKind, askedJob{Campaign: id}, jobs.Unique(string(id)), jobs.At(now)); err != nil {
				return err
			}
		}
		return s.campaignLog(ctx, tx, who, c, "drop", nil, now)
	})
}

// dropRound gives the round up, unless it was already, or opened: what was
// opened is nobody's any more and stays unpublished.
func (s *Service) dropRound(ctx context.Context, tx *db.Tx, who access.Actor, round survey.RoundID) error {
	rd, err := s.Surveys.RoundByID(ctx, tx, round)
	if err != nil {
		return err
	}
	if rd.State == survey.Dropped || rd.State == survey.Opened {
		return nil
	}
	return s.Surveys.DropIn(ctx, tx, who.By(), round)
}
