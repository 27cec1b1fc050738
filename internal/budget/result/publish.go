package result

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/budget/tally"
	"kladka/internal/budget/vote"
	"kladka/internal/platform/custody"
	"kladka/internal/platform/db"
	"kladka/internal/platform/events"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/notify"
	"kladka/internal/platform/web"
)

const (
	jobFinish   = "budget.finish"
	finishEvery = time.Hour
	longestWhy  = 1000
)

// Jobs registers the work of this package: counts, and once an hour results that
// become final and envelopes that are to be destroyed.
func (s *Service) Jobs(j *jobs.Registry) {
	jobs.On(j, jobCount, func(ctx context.Context, _ jobs.Job, order countOrder) error { return s.count(ctx, order.Edition) })
	jobs.On(j, jobExplain, func(ctx context.Context, _ jobs.Job, order countOrder) error { return s.explain(ctx, order.Edition) })
	j.Every(jobFinish, finishEvery, s.finishDue)
}

// Subscribe listens for the end of the hours of voting: the count waits from then
// on, and those who keep the key are told to bring it.
func (s *Service) Subscribe(bus *events.Bus) {
	events.On(bus, "result.closed", func(ctx context.Context, e budget.VoteClosed, _ events.Meta) error { return s.await(ctx, e.Edition) })
}

func (s *Service) await(ctx context.Context, id budget.EditionID) error {
	e, err := s.Editions.ByID(ctx, s.db, id)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `insert into budget_openings (edition, state) values (?, ?) on conflict (edition) do nothing`, id, Sealed); err != nil {
			return err
		}
		key, err := custody.Read(ctx, tx, BoxOf(id))
		if err != nil {
			return err
		}
		var people []access.PersonID
		for _, k := range key.Keepers {
			if k.Person != "" && !k.Gone {
				people = append(people, access.PersonID(k.Person))
			}
		}
		return s.tell(ctx, tx, people, "bring", e, OpenHref(id))
	})
}

// tell puts news about an edition into inboxes, each piece once.
func (s *Service) tell(ctx context.Context, tx *db.Tx, people []access.PersonID, key string, e budget.Edition, link string) error {
	if s.Tell == nil {
		return nil
	}
	for _, person := range people {
		err := s.Tell(ctx, tx, notify.Message{To: string(person), Topic: budget.News, Key: "result.told." + key, Args: map[string]string{"title": e.Title},
			Link: link, Once: "budget/result/" + string(e.ID) + "/" + key})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) runners(ctx context.Context, e budget.Edition) ([]access.PersonID, error) {
	return s.People.Holders(ctx, access.BudgetRun, e.Owner)
}

// objectionsEnd is the midnight that ends the days for objections to the result;
// zero when the calendar names none, and the result waits for a decision.
func objectionsEnd(e budget.Edition) time.Time {
	day, err := time.ParseInLocation(time.DateOnly, e.Rules.Calendar.ObjectTo, web.Warsaw)
	if err != nil {
		return time.Time{}
	}
	return time.Date(day.Year(), day.Month(), day.Day()+1, 0, 0, 0, 0, web.Warsaw)
}

// finishDue makes results final whose time for objections is over and that
// nobody holds, and destroys envelopes of final and of canceled editions. One that
// fails keeps no other from its turn.
func (s *Service) finishDue(ctx context.Context) error {
	due, err := s.inState(ctx, Counted)
	if err != nil {
		return err
	}
	var failed error
	for _, o := range due {
		if o.HeldAt == 0 {
			failed = errors.Join(failed, s.finishOne(ctx, o.Edition))
		}
	}
	if due, err = s.inState(ctx, Final); err != nil {
		return errors.Join(failed, err)
	}
	for _, o := range due {
		failed = errors.Join(failed, s.destroy(ctx, o.Edition))
	}
	return errors.Join(failed, s.destroyCanceled(ctx))
}

func (s *Service) finishOne(ctx context.Context, id budget.EditionID) error {
	e, err := s.Editions.ByID(ctx, s.db, id)
	if err != nil {
		return err
	}
	if end := objectionsEnd(e); end.IsZero() || s.now().Before(end) {
		return nil
	}
	err = s.finish(ctx, access.System(), e)
	if fault.KindOf(err) == fault.Conflict { // somebody held it, or was faster
		return nil
	}
	return err
}

func (s *Service) inState(ctx context.Context, state State) (list []Opening, err error) {
	err = s.db.Select(ctx, &list, `select `+openingColumns+` from budget_openings where state = ? order by edition`, state)
	return list, err
}

// Finish makes a result final by a decision of whoever runs the edition: where
// the calendar names no days for objections, or when a protest that held it was
// looked into. Before the days are over nobody may: a Conflict
// result.fault.objections. The envelopes are destroyed within the hour.
func (s *Service) Finish(ctx context.Context, who access.Actor, id budget.EditionID) (err error) {
	defer fault.Wrap(&err, "finish the result of %s", id)
	e, _, err := s.runs(ctx, who, id)
	if err != nil {
		return err
	}
	if s.now().Before(objectionsEnd(e)) {
		return fault.New(fault.Conflict, "result.fault.objections")
	}
	return s.finish(ctx, who, e)
}

func (s *Service) finish(ctx context.Context, who access.Actor, e budget.Edition) error {
	now := s.now().Unix()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		// The program finishes only what nobody holds.
		n, err := tx.Exec(ctx, `update budget_openings set state = ?, final_at = ?, held_at = 0 where edition = ? and state = ? and (held_at = 0 or ? = 1)`,
			Final, now, e.ID, Counted, byHand(who))
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "result.fault.state")
		}
		if err := s.log(ctx, tx, who.By(), actFinal, e, nil); err != nil {
			return err
		}
		return s.Editions.MoveTo(ctx, tx, who, e.ID, budget.Counted, budget.Final)
	})
}

// byHand is 1 for a person and 0 for the program.
func byHand(who access.Actor) int {
	if who.System() {
		return 0
	}
	return 1
}

// Hold keeps a counted result from becoming final of itself, while a protest
// against it is looked into: envelopes and keys stay. The reason is public. Only
// Finish ends it.
func (s *Service) Hold(ctx context.Context, who access.Actor, id budget.EditionID, why string) (err error) {
	defer fault.Wrap(&err, "hold the result of %s", id)
	e, _, err := s.runs(ctx, who, id)
	if err != nil {
		return err
	}
	if why = strings.TrimSpace(why); why == "" || len([]rune(why)) > longestWhy {
		return fault.InvalidFields([]fault.Field{{Name: fieldWhy, Key: "result.lack.why", Args: []any{"n", longestWhy}}})
	}
	now := s.now().Unix()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update budget_openings set held_at = ?, held_why = ? where edition = ? and state = ?`, now, why, id, Counted)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "result.fault.state")
		}
		return s.log(ctx, tx, who.By(), actHeld, e, map[string]string{"reason": why})
	})
}

// File writes the ballots of a pool in the Pabulib format: in the order of their
// content, numbered by their lines, without a word about voters. NotFound before
// the publication, Conflict result.fault.few when the pool has fewer than
// LeastBallots, result.fault.unopened when it was not opened.
func (s *Service) File(ctx context.Context, w io.Writer, who access.Actor, id budget.EditionID, pool budget.PoolID) (err error) {
	defer fault.Wrap(&err, "file of pool %s", pool)
	e, c, p, err := s.published(ctx, who, id, pool)
	if err != nil {
		return err
	}
	if c.Unopened {
		return unopenedFault()
	}
	if !c.Public() {
		return fault.New(fault.Conflict, "result.fault.few", "n", LeastBallots)
	}
	file, err := s.last.file(string(id)+"/"+string(pool)+"/"+c.FileHash, func() ([]byte, error) {
		election, err := s.election(ctx, e, p)
		if err != nil {
			return nil, err
		}
		var made bytes.Buffer
		err = writeFile(&made, election, c.Outcome)
		return made.Bytes(), err
	})
	if err != nil {
		return err
	}
	_, err = w.Write(file)
	return err
}

// unopenedFault is for whoever asks for what is not there, since no envelope of the
// pool was opened.
func unopenedFault() error {
	return fault.New(fault.Conflict, "result.fault.unopened", "n", vote.LeastElectors)
}

// lastFile keeps the file that was asked for last, under a name with its hash: on
// the evening of the results everybody asks for the same one, and to make that of a
// city takes a third of a second. Whoever comes meanwhile waits for it.
type lastFile struct {
	mu   sync.Mutex
	name string
	text []byte
}

func (l *lastFile) file(name string, write func() ([]byte, error)) ([]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.name == name {
		return l.text, nil
	}
	text, err := write()
	if err == nil {
		l.name, l.text = name, text
	}
	return text, err
}

// published is a pool whose count may be read by the actor.
func (s *Service) published(ctx context.Context, who access.Actor, id budget.EditionID, pool budget.PoolID) (e budget.Edition, c PoolCount, p budget.Pool, err error) {
	e, o, err := s.reads(ctx, who, id)
	if err != nil {
		return e, c, p, err
	}
	p, there := e.Pool(pool)
	if !there || !o.Published() {
		return e, c, p, fault.ErrNotFound
	}
	c, err = CountOf(ctx, s.db, id, pool)
	return e, c, p, err
}

// writeFile writes an election with what its projects got and which of them won.
// The election itself stays as it is.
func writeFile(w io.Writer, election *tally.Election, o Outcome) error {
	file, won := *election, o.won()
	file.Projects = slices.Clone(election.Projects)
	for i, s := range o.Standings {
		p := &file.Projects[i]
		p.Votes, p.Score, p.Selected = s.Votes, s.Score, min(won[s.Project], 1)
	}
	return file.Write(w)
}
