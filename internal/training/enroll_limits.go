package training

import (
	"context"
	"encoding/hex"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// How many strangers may ask for a letter within an hour: to one address, so
// that nobody fills another's mailbox; from one network, and from one network
// for one training, so that nobody takes all its seats with invented people. A
// staff room is one network: the limits leave room for a whole school.
const (
	triesOfAddress  = 5
	triesOfNetwork  = 120
	triesOfTraining = 40
)

func hourOf(t time.Time) int64 { return t.Unix() / 3600 }

// countTry counts one enrollment of a stranger before anything is looked up. Too
// many are a fault of kind TooMany, for the rest of the hour, alike for
// addresses that we know and others.
func (s *Service) countTry(ctx context.Context, id ID, address, network string) (err error) {
	defer fault.Wrap(&err, "count an enrollment of a stranger")
	hour := hourOf(s.now())
	limits := []struct {
		key  string
		most int
	}{{s.tryKey("address", s.emailKey(address)), triesOfAddress}, {s.tryKey("network", network), triesOfNetwork},
		{s.tryKey("training", network, string(id)), triesOfTraining}}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		for _, l := range limits {
			n, err := tx.Exec(ctx, `insert into training_tries (key, hour, n) values (?, ?, 1)
				on conflict (key, hour) do update set n = training_tries.n + 1 where training_tries.n < ?`, l.key, hour, l.most)
			if err != nil {
				return err
			}
			if n == 0 {
				return fault.New(fault.TooMany, "training.people.fault.too_many")
			}
		}
		return nil
	})
}

// mayHold tells whether a seat of the training may be held for one more stranger
// of the network before the link is used. Beyond some, links come without a
// seat: otherwise invented people could keep all seats from everybody. The try
// at hand is counted already.
func (s *Service) mayHold(ctx context.Context, t Training, network string) (bool, error) {
	v, err := s.Law.Int(ctx, s.db, HoldMinutes, s.now())
	if err != nil {
		return false, err
	}
	var n int
	err = s.db.Get(ctx, &n, `select cast(coalesce(sum(n), 0) as integer) from training_tries where key = ? and hour >= ?`,
		s.tryKey("training", network, string(t.ID)), hourOf(s.now().Add(-time.Duration(v.Int)*time.Minute)))
	return n <= max(leastHeld, t.Capacity/5), err
}

// leastHeld is how many seats one network may hold at a training however small.
const leastHeld = 3

// tryKey hides whose tries are counted from a reader of the table.
func (s *Service) tryKey(parts ...string) string {
	return hex.EncodeToString(s.Keys.MAC("training try", parts...)[:16])
}
