package training

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// turns is the turnstile of this process. All who act on the queue of one
// training want the same row; if each came alone, they would wait for one commit
// after another, and under SERIALIZABLE they would throw each other out. So of
// one training one transaction runs at a time, and those who came to enroll while
// it ran go together in the next one. This is for speed only: the order and the
// seats are the database's, and other processes may act at the same time.
//
// Nobody takes a turn inside a transaction: on SQLite there is one writer, and
// both would wait for ever.
type turns struct {
	mu    sync.Mutex
	lanes map[ID]*lane
}

type lane struct {
	users int
	turn  chan struct{} // holds a token while somebody has the turn
	mu    sync.Mutex
	queue []*newcomer
}

// mostAtOnce bounds how many newcomers go in one transaction: the last of them
// waits for all.
const mostAtOnce = 100

func (t *turns) enter(id ID) *lane {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.lanes == nil {
		t.lanes = map[ID]*lane{}
	}
	l := t.lanes[id]
	if l == nil {
		l = &lane{turn: make(chan struct{}, 1)}
		t.lanes[id] = l
	}
	l.users++
	return l
}

func (t *turns) exit(id ID, l *lane) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if l.users--; l.users == 0 {
		delete(t.lanes, id)
	}
}

// alone runs f while nobody else of this process acts on the trainings.
func (t *turns) alone(ctx context.Context, f func() error, ids ...ID) error {
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		l := t.enter(id)
		defer t.exit(id, l)
		select {
		case l.turn <- struct{}{}:
			defer func() { <-l.turn }()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return f()
}

// queueUp brings a newcomer in, together with others who came meanwhile.
func (s *Service) queueUp(ctx context.Context, n *newcomer) {
	n.done = make(chan struct{})
	l := s.turns.enter(n.t.ID)
	defer s.turns.exit(n.t.ID, l)
	l.mu.Lock()
	l.queue = append(l.queue, n)
	l.mu.Unlock()
	for {
		select {
		case <-n.done:
			return
		case <-ctx.Done():
			if l.withdraw(n) {
				n.err = ctx.Err()
				return
			}
			<-n.done // it is being decided: the person shall know what came of it
			return
		case l.turn <- struct{}{}:
			s.takeTurn(ctx, l)
		}
	}
}

// withdraw takes a newcomer out who was not taken along yet.
func (l *lane) withdraw(n *newcomer) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := slices.Index(l.queue, n)
	if at >= 0 {
		l.queue = slices.Delete(l.queue, at, at+1)
	}
	return at >= 0
}

// takeTurn brings in those who stand first, and gives the turn back. The request
// of one must not end the transaction of all, so it runs without its context.
func (s *Service) takeTurn(ctx context.Context, l *lane) {
	defer func() { <-l.turn }()
	l.mu.Lock()
	size := min(len(l.queue), mostAtOnce)
	list := slices.Clone(l.queue[:size])
	l.queue = slices.Delete(l.queue, 0, size)
	l.mu.Unlock()
	if len(list) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	settled := false
	defer func() {
		for _, n := range list {
			if !settled { // somebody panicked: the others are not left waiting
				n.err = errors.New("the turn of enrollments was broken off")
			}
			close(n.done)
		}
	}()
	s.bringIn(ctx, list)
	settled = true
}

// bringIn seats newcomers in one transaction, or, when that one fails, each in
// one of their own: the fault of one is not the others'.
func (s *Service) bringIn(ctx context.Context, list []*newcomer) {
	err := s.db.Write(ctx, func(tx *db.Tx) error { return s.comeIn(ctx, tx, list) })
	if err == nil {
		return
	}
	for _, n := range list {
		if len(list) > 1 {
			err = s.db.Write(ctx, func(tx *db.Tx) error { return s.comeIn(ctx, tx, []*newcomer{n}) })
		}
		n.err = err
	}
}

// tries is how often an act is begun anew when somebody was faster.
const tries = 4

// turn is one act on one enrollment: the queue is held, what ran out was ended,
// and the rows are as they stand now.
type turn struct {
	s   *Service
	tx  *db.Tx
	l   *queueLine
	e   Enrollment
	was State // before what ran out was ended
	by  string
	who access.Actor
	at  int64
}

// take runs an act on one enrollment in its queue, alone. A fault that the act
// returns is the answer to the person, and what was written stays: a deadline
// that was missed is noted though the answer is no. So an act checks before it
// writes. Any other error undoes everything.
func (s *Service) take(ctx context.Context, who access.Actor, e Enrollment, at time.Time, act func(ctx context.Context, t *turn) error) (_ Enrollment, err error) {
	defer fault.Wrap(&err, "enrollment %s", e.ID)
	var done Enrollment
	var answer error
	err = s.turns.alone(ctx, func() error {
		return again(func() error {
			return s.db.Write(ctx, func(tx *db.Tx) error {
				t, err := s.holdLine(ctx, tx, who, e, at.Unix())
				if err != nil {
					return err
				}
				if answer = act(ctx, t); answer != nil && fault.As(answer) == nil {
					return answer
				}
				if err := s.offerNext(ctx, tx, t.l, t.at); err != nil {
					return err
				}
				done = t.e
				return t.l.flush(ctx, tx)
			})
		})
	}, e.Training)
	if err != nil {
		return done, err
	}
	return done, answer
}

// holdLine takes hold of the queue of an enrollment, ends what ran out in it, and
// reads the enrollment as it stands.
func (s *Service) holdLine(ctx context.Context, tx *db.Tx, who access.Actor, e Enrollment, at int64) (*turn, error) {
	l, err := s.line(ctx, tx, e.Training, e.Pool)
	if err != nil {
		return nil, err
	}
	t := &turn{s: s, tx: tx, l: l, by: string(who.Person), who: who, at: at}
	before, err := EnrollmentByID(ctx, tx, e.ID)
	if err != nil {
		return nil, err
	}
	t.was = before.State
	if err := s.lapse(ctx, tx, l, at); err != nil {
		return nil, err
	}
	t.e, err = EnrollmentByID(ctx, tx, e.ID)
	return t, err
}

// again does something anew while somebody else is faster.
func again(f func() error) (err error) {
	for range tries {
		if err = f(); !errors.Is(err, errFaster) {
			return err
		}
	}
	return fault.New(fault.Conflict, "fault.conflict")
}

// save writes the enrollment of the turn.
func (t *turn) save(ctx context.Context) error { return change(ctx, t.tx, &t.e, t.at) }

// missed tells whether the time of this enrollment ran out before the act.
func (t *turn) missed() bool { return t.e.State == Lapsed && t.was != Lapsed }

// leave ends the stay of the enrollment.
func (t *turn) leave(ctx context.Context, state State, act Act) error {
	return t.s.end(ctx, t.tx, t.l, &t.e, state, act, t.by, t.at)
}
