package training

import (
	"context"
	"slices"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// Position is where somebody stands, for "Dlaczego?".
type Position struct {
	Place   int    // in the queue of today, from 1; 0 when not waiting
	Waiting int    // people in that queue
	Pool    string // "" or a municipality
	Seats   int
	Taken   int
	Quotas  bool // the training has quotas
}

// Position tells where an enrollment stands now in its queue.
func (s *Service) Position(ctx context.Context, r db.Reader, e Enrollment) (p Position, err error) {
	defer fault.Wrap(&err, "position of enrollment %s", e.ID)
	pools, err := Pools(ctx, r, e.Training)
	if err != nil {
		return p, err
	}
	p.Pool, p.Quotas = e.Pool, len(pools) > 1
	if at := slices.IndexFunc(pools, func(p Pool) bool { return p.Name == e.Pool }); at >= 0 {
		p.Seats, p.Taken, p.Waiting = pools[at].Seats, pools[at].Taken, pools[at].Waiting
	}
	if e.State != Waiting {
		return p, nil
	}
	return p, r.Get(ctx, &p.Place, `select count(*) from training_enrollments where training = ? and pool = ? and state = 'waiting' and place <= ?`,
		e.Training, e.Pool, e.Place)
}

// Silence is one reason why nobody, or nobody more, was called from the waiting
// list of a pool: a message key with its arguments in pairs.
type Silence struct {
	Pool string // "" or a municipality
	Key  string
	Args []any
}

// Words are the reason in the reader's language.
func (s Silence) Words(l *i18n.L) string {
	args := slices.Clone(s.Args)
	for n := 0; n+1 < len(args); n += 2 {
		if until, ok := args[n+1].(time.Time); ok {
			args[n+1] = l.DateTime(until)
		}
	}
	return l.T(s.Key, args...)
}

// WhyNobody tells those who run a training, for each pool, why nobody was called.
// An empty list means that there is no reason: nobody is missing.
func (s *Service) WhyNobody(ctx context.Context, who access.Actor, id ID) (all []Silence, err error) {
	defer fault.Wrap(&err, "why nobody was called for training %s", id)
	t, err := ByID(ctx, s.db, id)
	if err != nil {
		return nil, err
	}
	if err := Manages(ctx, who, t); err != nil {
		return nil, err
	}
	pools, err := Pools(ctx, s.db, id)
	if err != nil {
		return nil, err
	}
	var held []heldSeats
	err = s.db.Select(ctx, &held, `select pool, state, count(*) as n, min(case when state = 'pending' then hold_until else offer_until end) as until
		from training_enrollments where training = ? and seated and state in ('pending', 'offered', 'qualified', 'applied') group by pool, state order by pool, state`, id)
	if err != nil {
		return nil, err
	}
	at := s.now()
	for _, p := range pools {
		for _, silence := range silences(t, p, held, at.Unix()) {
			silence.Pool = p.Name
			all = append(all, silence)
		}
	}
	return all, nil
}

// heldSeats are seats of a pool that are taken but not for certain.
type heldSeats struct {
	Pool  string `db:"pool"`
	State State  `db:"state"`
	N     int    `db:"n"`
	Until int64  `db:"until"` // when the first of them comes free
}

// silences are the reasons for one pool. A seat that came free while somebody
// waited, and was not offered, has its reason here: the training begins too
// soon, or it is not on offer.
func silences(t Training, p Pool, held []heldSeats, at int64) []Silence {
	const key = "training.queue.silence."
	switch {
	case p.Waiting == 0 && p.Taken >= p.Seats:
		return []Silence{{Key: key + "nobody_waits"}}
	case p.Waiting == 0:
		return []Silence{{Key: key + "free", Args: []any{"n", p.Seats - p.Taken}}}
	case p.Taken < p.Seats && t.State != Published && t.State != Postponed:
		return []Silence{{Key: key + "not_on_offer"}}
	case p.Taken < p.Seats && t.begun(at):
		return []Silence{{Key: key + "begun"}}
	case p.Taken < p.Seats && offerUntil(t, 1, at) == 0:
		return []Silence{{Key: key + "phone", Args: []any{"n", p.Seats - p.Taken, "hours", int(phoneBefore / time.Hour)}}}
	case p.Taken < p.Seats:
		return []Silence{{Key: key + "soon", Args: []any{"n", p.Seats - p.Taken}}}
	}
	all := []Silence{{Key: key + "full", Args: []any{"seats", p.Seats, "waiting", p.Waiting}}}
	for _, h := range held {
		if h.Pool != p.Name {
			continue
		}
		s := Silence{Key: key + string(h.State), Args: []any{"n", h.N}}
		if h.State != Applied {
			s.Args = append(s.Args, "until", time.Unix(h.Until, 0).In(web.Warsaw))
		}
		all = append(all, s)
	}
	return all
}

// Substitute is somebody who waits, for those who phone when time is short.
type Substitute struct {
	Enrollment
	Skipped int `db:"skipped"` // times that somebody behind was called first, or nobody answered
}

// Substitutes are those who wait for a seat in a training, in the order in which
// they are to be called: each pool by itself.
func (s *Service) Substitutes(ctx context.Context, who access.Actor, id ID) (list []Substitute, err error) {
	defer fault.Wrap(&err, "substitutes of training %s", id)
	t, err := ByID(ctx, s.db, id)
	if err != nil {
		return nil, err
	}
	if err := Manages(ctx, who, t); err != nil {
		return nil, err
	}
	return list, s.db.Select(ctx, &list, `select `+EnrollmentColumns+`,
		(select count(*) from training_queue q where q.enrollment = e.id and q.act = 'skipped') as skipped
		from training_enrollments e where e.training = ? and e.state = 'waiting' order by e.pool, e.place, e.id`, id)
}
