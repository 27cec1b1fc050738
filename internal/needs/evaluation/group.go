package evaluation

import (
	"context"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
)

// least is how many people must stand behind what is shown of opinions. Package
// disclosure enforces it; here it decides what is put together.
const least = 5

// Alone: from so many asked people on, a training is published by itself. Two in
// three of them answering make the ten answers without which no mean is shown.
// Full: a group of smaller ones takes no more from so many on.
const (
	aloneFrom = 3 * least
	fullFrom  = 4 * least
)

// gatherDays is how long a group of small trainings waits for more of them.
const gatherDays = 60

// The states of a group.
const (
	gathering = "gathering" // takes more
	full      = "full"      // takes no more, waits for the close of its rounds
	released  = "released"
)

// group is what is published together.
type group struct {
	ID         string               `db:"id"`
	Center     access.InstitutionID `db:"center"`
	SchoolYear int                  `db:"school_year"`
	Stage      Stage                `db:"stage"`
	Alone      bool                 `db:"alone"`
	State      string               `db:"state"`
	Rounds     int                  `db:"rounds"`
	Waiting    int                  `db:"waiting"`
	Roster     int                  `db:"roster"`
	FirstAt    int64                `db:"first_at"`
	ReleasedAt int64                `db:"released_at"`
	Answers    int                  `db:"answers"`
	Figures    string               `db:"figures"`
	Low        bool                 `db:"low"`
}

const groupColumns = `g.id, g.center, g.school_year, g.stage, g.alone, g.state, g.rounds, g.waiting, g.roster, g.first_at, g.released_at, g.answers, g.figures, g.low`

// ripe tells that the group can be published: all its rounds are closed, and it
// takes no more, or has waited long enough for more. Nothing that people
// answered is asked, so that the moment tells nothing of it either.
func (g group) ripe(now time.Time) bool {
	if g.Waiting > 0 || g.Rounds == 0 {
		return false
	}
	return g.State == full || g.State == gathering && !now.Before(time.Unix(g.FirstAt, 0).AddDate(0, 0, gatherDays))
}

// join puts a round that opens, with so many asked people, into the group that it
// will be published with: one of its own, or the one of its center, school year
// and stage that takes small trainings. It follows the order in which rounds
// open and how many are asked; both are known before anybody answers.
func join(ctx context.Context, tx *db.Tx, s stored, stage Stage, roster int, now time.Time) (id string, err error) {
	if roster < aloneFrom {
		var there []string
		if err := tx.Select(ctx, &there, `select id from needs_eval_groups where center = ? and school_year = ? and stage = ? and state = ?
			order by id limit 1`, s.Center, s.SchoolYear, stage, gathering); err != nil {
			return "", err
		}
		if len(there) > 0 {
			n, err := tx.Exec(ctx, `update needs_eval_groups set rounds = rounds + 1, waiting = waiting + 1, roster = roster + ?,
				state = case when roster + ? >= ? then ? else state end where id = ? and state = ?`,
				roster, roster, fullFrom, full, there[0], gathering)
			if err != nil || n > 0 {
				return there[0], err
			}
		}
	}
	g := group{ID: newID(), State: gathering}
	if g.Alone = roster >= aloneFrom; g.Alone {
		g.State = full
	}
	_, err = tx.Exec(ctx, `insert into needs_eval_groups (id, center, school_year, stage, alone, state, rounds, waiting, roster, first_at)
		values (?, ?, ?, ?, ?, ?, 1, 1, ?, ?)`, g.ID, s.Center, s.SchoolYear, stage, g.Alone, g.State, roster, now.Unix())
	return g.ID, err
}

func groupByID(ctx context.Context, r db.Reader, id string) (g group, err error) {
	return g, r.Get(ctx, &g, `select `+groupColumns+` from needs_eval_groups g where g.id = ?`, id)
}
