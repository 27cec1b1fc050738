package meetings

import (
	"context"
	"errors"
	"slices"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/law"
)

// SecretLeast is how many ballots a secret vote needs to have a result.
const SecretLeast = "meetings.secret_least"

// VoteParams are the numbers of votes, to be declared in wiring beside Params.
func VoteParams() []law.Param {
	return []law.Param{{Key: SecretLeast, Unit: law.Count, Title: "meetings.param.secret_least", Least: 2,
		Default: []law.Default{{Value: "3", Basis: "zasada programu: mniej kart wskazywałoby osoby (podstawa do sprawdzenia)"}}}}
}

// VoteState is where a vote stands.
type VoteState string

// The states of a vote.
const (
	VoteOpen     VoteState = "open"
	VoteClosed   VoteState = "closed"
	VoteCanceled VoteState = "canceled"
)

// Vote is a motion that is voted on. Its numbers are there once it is closed.
type Vote struct {
	ID       string    `db:"id"`
	Revision int64     `db:"revision"`
	Meeting  MeetingID `db:"meeting"`
	Item     ItemID    `db:"item"`
	No       int       `db:"no"` // within the meeting
	Question string    `db:"question"`
	Rules
	Tally
	State       VoteState `db:"state"`
	Verdict     Verdict   `db:"verdict"`
	QuorumNeeds int       `db:"quorum_needs"`
	VotesNeed   int       `db:"votes_need"`
	Reason      string    `db:"reason"`
	By          string    `db:"by_person"`
	OpenedAt    int64     `db:"opened_at"`
	ClosedAt    int64     `db:"closed_at"`
}

const voteColumns = `b.id, b.revision, b.meeting, b.item, b.no, b.question, b.way, b.quorum, b.majority, b.state, b.entitled, b.present,
	b.votes_for, b.votes_against, b.votes_abstain, b.verdict, b.quorum_needs, b.votes_need, b.reason, b.by_person, b.opened_at, b.closed_at`

func votesOf(ctx context.Context, r db.Reader, id MeetingID) (list []Vote, err error) {
	return list, r.Select(ctx, &list, `select `+voteColumns+` from meetings_votes b where b.meeting = ? order by b.no`, id)
}

// voteByID reads a vote of the meeting. Not there, or another's: fault.ErrNotFound.
func voteByID(ctx context.Context, r db.Reader, meeting MeetingID, id string) (v Vote, err error) {
	if err := known(id); err != nil {
		return v, err
	}
	return v, r.Get(ctx, &v, `select `+voteColumns+` from meetings_votes b where b.id = ? and b.meeting = ?`, id, meeting)
}

// VotingOf is how a series votes. Until it says so itself, a council wants more
// than a half of its members there, and others want no quorum.
func VotingOf(ctx context.Context, r db.Reader, series SeriesID, kind Kind) (rules Rules, err error) {
	err = r.Get(ctx, &rules, `select v.way, v.quorum, v.majority from meetings_voting v where v.series = ?`, series)
	if errors.Is(err, fault.ErrNotFound) {
		rules, err = Rules{Way: Hands, Quorum: NoQuorum, Majority: Simple}, nil
		if kind == Council {
			rules.Quorum = MostThere
		}
	}
	return rules, err
}

// SetVoting says how a series votes: what it asks of a quorum, and what the form
// of a vote offers first. Votes that were opened keep their rules. Who runs the
// series may.
func (s *Service) SetVoting(ctx context.Context, who access.Actor, id SeriesID, rules Rules) (err error) {
	defer fault.Wrap(&err, "voting of series %s", id)
	series, err := s.seriesRun(ctx, who, id)
	if err != nil {
		return err
	}
	if err := rules.check(); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `insert into meetings_voting (series, way, quorum, majority) values (?, ?, ?, ?)
			on conflict (series) do update set way = excluded.way, quorum = excluded.quorum, majority = excluded.majority`, id, rules.Way, rules.Quorum, rules.Majority); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "voting", "meetings_series", string(id), series.Owner, nil)
	})
}

func (r Rules) check() error {
	if slices.Contains(Ways(), r.Way) && slices.Contains(Quorums(), r.Quorum) && slices.Contains(Majorities(), r.Majority) {
		return nil
	}
	return fault.New(fault.BadRequest, "fault.bad_request")
}

// OpenVote opens a vote at an item. The quorum is what the series asks for. Who
// records the meeting may. Faults: those of the right, Invalid, Conflict when a
// secret vote is asked for and fewer are present than its result needs.
func (s *Service) OpenVote(ctx context.Context, who access.Actor, id MeetingID, item ItemID, question string, rules Rules) (vote string, err error) {
	defer fault.Wrap(&err, "open a vote at item %s", item)
	m, err := s.meetingRecord(ctx, who, id)
	if err != nil {
		return "", err
	}
	least, err := s.Law.Int(ctx, s.db, SecretLeast, s.now())
	if err != nil {
		return "", err
	}
	usual, err := VotingOf(ctx, s.db, m.Series, m.Kind)
	if err != nil {
		return "", err
	}
	rules.Quorum = usual.Quorum
	if err := rules.check(); err != nil {
		return "", err
	}
	question = line(question)
	if wrong := needed(nil, "pytanie", question, longestLine); len(wrong) > 0 {
		return "", fault.InvalidFields(wrong)
	}
	vote = newID()
	return vote, s.onPaper(ctx, who, m, func(ctx context.Context, tx *db.Tx, d *paperDeed) error {
		if _, err := ItemByID(ctx, tx, id, item); err != nil {
			return err
		}
		present, err := presentAt(ctx, tx, id)
		if err != nil {
			return err
		}
		if rules.Way == Secret && present < int(least.Int) {
			return fault.New(fault.Conflict, "meetings.fault.too_few", "n", int(least.Int))
		}
		if _, err := tx.Exec(ctx, `insert into meetings_votes (id, meeting, item, no, question, way, quorum, majority, state, by_person, opened_at)
			select ?, ?, ?, coalesce(max(b.no), 0) + 1, ?, ?, ?, ?, ?, ?, ? from meetings_votes b where b.meeting = ?`,
			vote, id, item, question, rules.Way, rules.Quorum, rules.Majority, VoteOpen, who.Person, d.at.Unix(), id); err != nil {
			return err
		}
		if err := openBox(ctx, tx, vote, rules.Way); err != nil {
			return err
		}
		// Minutes that were sent round are not adopted over an open vote.
		if err := d.touch(ctx, tx); err != nil {
			return err
		}
		return d.log(ctx, tx, "vote_opened", "meetings_vote", vote)
	})
}

// openBox puts up the ballot box of a secret vote: a number for each choice.
func openBox(ctx context.Context, tx *db.Tx, vote string, way Way) error {
	if way != Secret {
		return nil
	}
	_, err := tx.Exec(ctx, `insert into meetings_boxes (vote, choice, n) values (?, ?, 0), (?, ?, 0), (?, ?, 0)`, vote, For, vote, Against, vote, Abstain)
	return err
}

func presentAt(ctx context.Context, r db.Reader, id MeetingID) (n int, err error) {
	return n, r.Get(ctx, &n, `select count(*) from meetings_attendance where meeting = ? and present = ?`, id, true)
}

// Cast casts the actor's vote in a vote by names or in a secret one. Who is noted
// as present for a seat may, once: one seat, one vote, also for two units.
// Faults: NotFound, Forbidden for somebody absent, Conflict for a vote that is
// closed, counted by hands, or cast already.
//
// Of a secret vote nothing is kept but that the seat has voted, until the vote
// is closed, and the number that was raised. No log, event or job is written.
// Both rows change in one transaction, or somebody could vote twice; so whoever
// reads the files of the database or its log between two votes can tell, and so
// can whoever runs the server. The page says so.
func (s *Service) Cast(ctx context.Context, who access.Actor, id MeetingID, vote string, choice Choice) (err error) {
	defer fault.Wrap(&err, "cast a vote")
	if !slices.Contains(Choices(), choice) {
		return fault.InvalidFields([]fault.Field{{Name: "glos", Key: "meetings.lack.empty"}})
	}
	m, err := s.meetingAttended(ctx, who, id)
	if err != nil {
		return err
	}
	if m.State == Canceled {
		return fault.New(fault.Conflict, "meetings.fault.vote_over")
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		v, err := voteByID(ctx, tx, id, vote)
		if err != nil {
			return err
		}
		if v.Way == Hands {
			return fault.New(fault.Conflict, "meetings.fault.vote_hands")
		}
		seat, err := seatPresent(ctx, tx, who, id)
		if err != nil {
			return err
		}
		// The row of the vote is taken, so that none slips in behind its close.
		n, err := tx.Exec(ctx, `update meetings_votes set revision = revision + 1 where id = ? and state = ?`, vote, VoteOpen)
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "meetings.fault.vote_over")
		}
		if err != nil {
			return err
		}
		return put(ctx, tx, v, seat, who, choice)
	})
}

// put writes a vote where its way wants it.
func put(ctx context.Context, tx *db.Tx, v Vote, seat InvitationID, who access.Actor, choice Choice) error {
	var n int64
	var err error
	if v.Way == Names {
		n, err = tx.Exec(ctx, `insert into meetings_named (vote, invitation, person, choice) values (?, ?, ?, ?) on conflict (vote, invitation) do nothing`,
			v.ID, seat, speaks(who), choice)
	} else {
		n, err = tx.Exec(ctx, `insert into meetings_voters (vote, invitation) values (?, ?) on conflict (vote, invitation) do nothing`, v.ID, seat)
	}
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "meetings.fault.voted")
	}
	if err != nil || v.Way == Names {
		return err
	}
	_, err = tx.Exec(ctx, `update meetings_boxes set n = n + 1 where vote = ? and choice = ?`, v.ID, choice)
	return err
}

// seatPresent is the seat for which the actor is noted as present.
func seatPresent(ctx context.Context, r db.Reader, who access.Actor, id MeetingID) (seat InvitationID, err error) {
	err = r.Get(ctx, &seat, `select a.invitation from meetings_attendance a where a.meeting = ? and a.person = ? and a.present = ? order by a.id limit 1`, id, speaks(who), true)
	if errors.Is(err, fault.ErrNotFound) {
		return "", fault.New(fault.Forbidden, "meetings.fault.absent")
	}
	return seat, err
}

// Turnout is how many have voted, and whether the actor has. It tells nothing of
// how.
func (s *Service) Turnout(ctx context.Context, who access.Actor, v Vote) (n int, voted bool, err error) {
	table := map[Way]string{Names: "meetings_named", Secret: "meetings_voters"}[v.Way]
	if table == "" || v.State != VoteOpen {
		return v.Cast(), false, nil
	}
	if err := s.db.Get(ctx, &n, `select count(*) from `+table+` where vote = ?`, v.ID); err != nil {
		return 0, false, err
	}
	seat, err := seatPresent(ctx, s.db, who, v.Meeting)
	if fault.KindOf(err) == fault.Forbidden && err != nil {
		return n, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	var mine int
	err = s.db.Get(ctx, &mine, `select count(*) from `+table+` where vote = ? and invitation = ?`, v.ID, seat)
	return n, mine > 0, err
}

// CloseVote closes a vote and counts it. Of a vote by hands the numbers come from
// the room. Who records the meeting may. Faults: those of the right, Invalid
// when more hands than people were counted, Conflict when it is closed.
func (s *Service) CloseVote(ctx context.Context, who access.Actor, id MeetingID, vote string, hands Tally) (err error) {
	defer fault.Wrap(&err, "close vote %s", vote)
	m, err := s.meetingRecord(ctx, who, id)
	if err != nil {
		return err
	}
	least, err := s.Law.Int(ctx, s.db, SecretLeast, s.now())
	if err != nil {
		return err
	}
	return s.onPaper(ctx, who, m, func(ctx context.Context, tx *db.Tx, d *paperDeed) error {
		v, err := voteByID(ctx, tx, id, vote)
		if err != nil {
			return err
		}
		t, err := countVote(ctx, tx, v, hands)
		if err != nil {
			return err
		}
		o := v.Rules.Outcome(t, int(least.Int))
		if v.Way == Secret && t.Cast() < int(least.Int) {
			t.For, t.Against, t.Abstain = 0, 0, 0 // so few numbers would be names
		}
		n, err := tx.Exec(ctx, `update meetings_votes set state = ?, entitled = ?, present = ?, votes_for = ?, votes_against = ?, votes_abstain = ?, verdict = ?,
			quorum_needs = ?, votes_need = ?, closed_at = ?, revision = revision + 1 where id = ? and state = ?`,
			VoteClosed, t.Entitled, t.Present, t.For, t.Against, t.Abstain, o.Verdict, o.QuorumNeeds, o.VotesNeed, d.at.Unix(), vote, VoteOpen)
		return d.ended(ctx, tx, vote, "vote_closed", n, err)
	})
}

// ended is what every end of a vote has in common: it happens once, the box and
// the list of those who voted are destroyed, and the minutes say so.
func (d *paperDeed) ended(ctx context.Context, tx *db.Tx, vote, act string, n int64, err error) error {
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "meetings.fault.vote_over")
	}
	if err != nil {
		return err
	}
	for _, table := range []string{"meetings_boxes", "meetings_voters"} {
		if _, err := tx.Exec(ctx, `delete from `+table+` where vote = ?`, vote); err != nil {
			return err
		}
	}
	if err := d.log(ctx, tx, act, "meetings_vote", vote); err != nil {
		return err
	}
	return d.touch(ctx, tx)
}

// countVote counts a vote, and who could have voted. The row of the vote is
// taken first, so that no vote comes in between.
func countVote(ctx context.Context, tx *db.Tx, v Vote, hands Tally) (t Tally, err error) {
	if _, err := tx.Exec(ctx, `update meetings_votes set revision = revision + 1 where id = ?`, v.ID); err != nil {
		return t, err
	}
	if v.Way == Hands {
		t = hands
	} else {
		query := `select n.choice, count(*) from meetings_named n where n.vote = ? group by n.choice`
		if v.Way == Secret {
			query = `select x.choice, x.n from meetings_boxes x where x.vote = ?`
		}
		at := map[Choice]*int{For: &t.For, Against: &t.Against, Abstain: &t.Abstain}
		err = tx.Each(ctx, func(scan func(dest ...any) error) error {
			var c Choice
			var n int
			err := scan(&c, &n)
			if to := at[c]; to != nil {
				*to = n
			}
			return err
		}, query, v.ID)
		if err != nil {
			return t, err
		}
	}
	if err := tx.Get(ctx, &t.Entitled, `select count(*) from meetings_invitations where meeting = ?`, v.Meeting); err != nil {
		return t, err
	}
	if t.Present, err = presentAt(ctx, tx, v.Meeting); err != nil {
		return t, err
	}
	if v.Way == Hands && (t.For < 0 || t.Against < 0 || t.Abstain < 0 || t.Cast() > t.Present) {
		return t, fault.InvalidFields([]fault.Field{{Name: "za", Key: "meetings.fault.hands", Args: []any{"n", t.Present}}})
	}
	return t, nil
}

// CancelVote ends a vote without a count, with a reason: a motion was taken back
// or put wrongly. What was cast is destroyed. Who records the meeting may.
func (s *Service) CancelVote(ctx context.Context, who access.Actor, id MeetingID, vote, reason string) (err error) {
	defer fault.Wrap(&err, "cancel vote %s", vote)
	m, err := s.meetingRecord(ctx, who, id)
	if err != nil {
		return err
	}
	reason = line(reason)
	if wrong := needed(nil, "powod", reason, longestLine); len(wrong) > 0 {
		return fault.InvalidFields(wrong)
	}
	return s.onPaper(ctx, who, m, func(ctx context.Context, tx *db.Tx, d *paperDeed) error {
		if _, err := voteByID(ctx, tx, id, vote); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `update meetings_votes set state = ?, reason = ?, closed_at = ?, revision = revision + 1 where id = ? and state = ?`,
			VoteCanceled, reason, d.at.Unix(), vote, VoteOpen)
		if _, gone := tx.Exec(ctx, `delete from meetings_named where vote = ? and exists (select 1 from meetings_votes b where b.id = ? and b.state = ?)`, vote, vote, VoteCanceled); gone != nil {
			return gone
		}
		return d.ended(ctx, tx, vote, "vote_canceled", n, err)
	})
}
