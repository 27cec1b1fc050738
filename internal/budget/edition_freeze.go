package budget

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/trace"
)

// Obstacles are what keeps an edition from its next state: a draft from being
// published, a published one from the freeze, a frozen one from the vote. Nothing
// stands in the way of other states.
func (s *Service) Obstacles(ctx context.Context, r db.Reader, e Edition) ([]Obstacle, error) {
	switch e.State {
	case Draft:
		return e.lacks(s.now()), nil
	case Published:
		return s.unsettled(ctx, r, e)
	case Frozen:
		return s.notReady(ctx, r, e)
	}
	return nil, nil
}

// lacks lists what a draft needs to be published.
func (e Edition) lacks(now time.Time) (list []Obstacle) {
	add := func(faults []fault.Field, href string) {
		for _, f := range faults {
			list = append(list, obstacleAt(f, href))
		}
	}
	add(e.Rules.check(e.Kind), SettingsHref(e.ID))
	add(e.Rules.Calendar.check(), CalendarHref(e.ID))
	if len(e.Rules.Pools) == 0 {
		list = append(list, Obstacle{Key: "budget.lack.pools", Who: "budget.who.runs", Href: SettingsHref(e.ID)})
	}
	list = append(list, e.poolLacks()...)
	if stop := dayStop(e.Rules.Calendar.FilingTo); !stop.IsZero() && !now.Before(stop) {
		list = append(list, Obstacle{Key: "budget.lack.filing_past", Who: "budget.who.runs", Href: CalendarHref(e.ID)})
	}
	if from := e.Rules.Calendar.VoteFrom; from > 0 && from <= now.Unix() {
		list = append(list, Obstacle{Key: "budget.lack.vote_past", Who: "budget.who.runs", Href: CalendarHref(e.ID)})
	}
	return list
}

func obstacleAt(f fault.Field, href string) Obstacle {
	return Obstacle{Key: f.Key, Args: f.Args, Who: "budget.who.runs", Href: href + "#" + f.Name, About: f.Name}
}

// poolLacks lists what pools lack. The same lack of several pools is one
// obstacle: a city has a pool for each district.
func (e Edition) poolLacks() (list []Obstacle) {
	for _, p := range e.Rules.Pools {
		for _, f := range p.check() {
			n := slices.IndexFunc(list, func(o Obstacle) bool { return o.Key == f.Key && o.About == f.Name })
			if n < 0 {
				o := obstacleAt(f, PoolHref(e.ID, p.ID))
				o.Of = p.Name
				list = append(list, o)
				continue
			}
			list[n].Of += ", " + p.Name
			if f.Name == "kwota" {
				list[n].Href = AmountsHref(e.ID)
			}
		}
	}
	return list
}

// inWork are the states in which nobody can say yet whether a project is on the
// ballot.
var inWork = []ProjectState{ProjectFiled, ProjectSupport, ProjectFormal, ProjectMerit, ProjectProtested}

// forBallot are the states of projects that are.
var forBallot = []ProjectState{ProjectAccepted, ProjectRestored, ProjectOnBallot}

// unsettled lists what a published edition needs to be frozen: the days of
// filing, checks and protests are over, every project is decided, and each pool
// has something to choose from.
func (s *Service) unsettled(ctx context.Context, r db.Reader, e Edition) (list []Obstacle, err error) {
	now := s.now()
	if phase := e.Phase(now); phase != PhaseDrawing {
		list = append(list, Obstacle{Key: "budget.obstacle.phase_" + string(phase), Who: "budget.who.calendar", Href: Href(e.ID)})
	}
	if now.Unix() >= e.Rules.Calendar.VoteFrom {
		list = append(list, Obstacle{Key: "budget.lack.vote_past", Who: "budget.who.runs", Href: CalendarHref(e.ID)})
	}
	query, args, err := db.In(`select count(*) from budget_projects where edition = ? and (state in (?) or state = ? and protest_until > ?)`,
		e.ID, inWork, ProjectRejected, now.Unix())
	if err != nil {
		return nil, err
	}
	n := 0
	if err := r.Get(ctx, &n, query, args...); err != nil {
		return nil, err
	}
	if n > 0 {
		list = append(list, Obstacle{Key: "budget.obstacle.open_projects", Args: []any{"n", n}, Who: "budget.who.checks", Href: ProjectsHref(e.ID)})
	}
	candidates, err := ballotCandidates(ctx, r, e.ID)
	if err != nil {
		return nil, err
	}
	for _, p := range e.Rules.Pools {
		if !slices.ContainsFunc(candidates, func(c Project) bool { return c.Pool == p.ID }) {
			list = append(list, Obstacle{Key: "budget.obstacle.empty_pool", Of: p.Name, Who: "budget.who.runs", Href: ProjectsHref(e.ID)})
		}
	}
	return list, nil
}

// notReady lists what keeps a vote from opening. A vote whose hours have gone by
// unopened cannot open any more.
func (s *Service) notReady(ctx context.Context, r db.Reader, e Edition) (list []Obstacle, err error) {
	if s.Ready != nil {
		if list, err = s.Ready(ctx, r, e); err != nil {
			return nil, err
		}
	}
	if s.now().Unix() >= e.Rules.Calendar.VoteTo {
		list = append(list, Obstacle{Key: "budget.obstacle.missed", Who: "budget.who.runs", Href: Href(e.ID)})
	}
	return list, nil
}

// ballotCandidates are the projects that a ballot is made of.
func ballotCandidates(ctx context.Context, r db.Reader, id EditionID) (list []Project, err error) {
	query, args, err := db.In(`select `+ProjectColumns+` from budget_projects p where p.edition = ? and p.state in (?) order by p.id`, id, forBallot)
	if err != nil {
		return nil, err
	}
	return list, r.Select(ctx, &list, query, args...)
}

// NewSeed makes the seed from which orders and lots are drawn: 128 random bits
// in hex. It is made outside the transaction that keeps it.
func NewSeed() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// DrawOrder puts projects into the order that a seed draws: by the SHA-256 of
// the seed, a zero byte and the id. Anybody can repeat it.
func DrawOrder(seed string, ids []ProjectID) []ProjectID {
	drawn := slices.Clone(ids)
	slices.SortFunc(drawn, func(a, b ProjectID) int {
		x, y := sha256.Sum256([]byte(seed+"\x00"+string(a))), sha256.Sum256([]byte(seed+"\x00"+string(b)))
		return cmp.Or(bytes.Compare(x[:], y[:]), cmp.Compare(a, b))
	})
	return drawn
}

// lotSeed is what ties are drawn with: another draw than that of the ballot, from
// the same published seed.
func lotSeed(seed string) string { return seed + "-remis" }

// Freeze draws the order on the ballots, unless it was drawn before, gives lots
// their seed and writes rules and ballots into the document whose hash is public
// from then on. Who may: whoever runs the edition. Conflict with obstacles.
func (s *Service) Freeze(ctx context.Context, who access.Actor, id EditionID) (err error) {
	defer fault.Wrap(&err, "freeze edition %s", id)
	e, err := s.editionRun(ctx, who, id)
	if err != nil {
		return err
	}
	if e.State != Published {
		return fault.New(fault.Conflict, "budget.fault.state")
	}
	seed := NewSeed()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		e, err := EditionByID(ctx, tx, id)
		if err != nil {
			return err
		}
		obstacles, err := s.Obstacles(ctx, tx, e)
		if err != nil {
			return err
		}
		if len(obstacles) > 0 {
			return fault.New(fault.Conflict, "budget.fault.obstacles")
		}
		return s.freeze(ctx, tx, who, e, seed)
	})
}

func (s *Service) freeze(ctx context.Context, tx *db.Tx, who access.Actor, e Edition, seed string) error {
	if e.Rules.Seed == "" {
		e.Rules.Seed = seed
	}
	e.Rules.Pools = slices.Clone(e.Rules.Pools)
	for n := range e.Rules.Pools {
		e.Rules.Pools[n].Count = e.Rules.Pools[n].Count.seeded(lotSeed(e.Rules.Seed))
	}
	candidates, err := ballotCandidates(ctx, tx, e.ID)
	if err != nil {
		return err
	}
	e.Rules.Excludes = stillOn(e.Rules.Excludes, candidates)
	ballots := map[PoolID][]BallotProject{}
	for _, pool := range e.Rules.Pools {
		if ballots[pool.ID], err = s.putOnBallot(ctx, tx, e, pool, candidates); err != nil {
			return err
		}
	}
	text, err := NewDocument(e, ballots).Text()
	if err != nil {
		return err
	}
	if err := changedOne(tx.Exec(ctx, `update budget_editions set rules = ?, document = ?, rules_hash = ? where id = ? and version = ?`,
		e.Rules, string(text), Hash(text), e.ID, e.Version)); err != nil {
		return err
	}
	return s.MoveTo(ctx, tx, who, e.ID, Published, Frozen)
}

// putOnBallot moves the projects of a pool onto its ballot in the drawn order.
// Projects that stand on it already keep their places.
func (s *Service) putOnBallot(ctx context.Context, tx *db.Tx, e Edition, pool Pool, candidates []Project) (ballot []BallotProject, err error) {
	var ids []ProjectID
	by := map[ProjectID]Project{}
	for _, p := range candidates {
		if p.Pool == pool.ID {
			ids, by[p.ID] = append(ids, p.ID), p
		}
	}
	for n, id := range DrawOrder(e.Rules.Seed, ids) {
		p := by[id]
		if p.State != ProjectOnBallot {
			if p, err = s.move(ctx, tx, e, p, step{To: ProjectOnBallot, By: ByProgram}); err != nil {
				return nil, err
			}
		}
		if _, err := tx.Exec(ctx, `update budget_projects set ballot_order = ? where id = ?`, n+1, id); err != nil {
			return nil, err
		}
		ballot = append(ballot, BallotProject{ID: id, Title: p.Title, Cost: p.Cost, Order: n + 1})
	}
	return ballot, nil
}

// Thaw takes a freeze back while no vote was opened: when the hours went by
// without a key, or somebody found a mistake. The hash is void, the page of the
// edition says why to everybody, and projects stay on the ballot. Who may: whoever
// runs the edition.
func (s *Service) Thaw(ctx context.Context, who access.Actor, id EditionID, why string) (err error) {
	defer fault.Wrap(&err, "thaw edition %s", id)
	if _, err := s.editionRun(ctx, who, id); err != nil {
		return err
	}
	why = words(why)
	if fields := needed(nil, "powod", why, mostLine); len(fields) > 0 {
		return fault.InvalidFields(fields)
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		e, err := EditionByID(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := s.moveTo(ctx, tx, who, id, Frozen, Published, "thaw", map[string]string{"why": why}); err != nil {
			return err
		}
		at := s.now().Unix()
		all := append(slices.Clone(e.Thaws), Thaw{at, e.RulesHash, why})
		if err := changedOne(tx.Exec(ctx, `update budget_editions set rules_hash = '', document = '', frozen_at = 0, thaws = ? where id = ? and version = ?`,
			all, id, e.Version+1)); err != nil {
			return err
		}
		return trace.Step(ctx, tx, trace.StepRow{Trace: trace.ID(e.Trace), Kind: "budget.edition.thaw", ID: string(e.ID),
			TitleKey: "budget.step.edition_thaw", At: at, Audience: "public"})
	})
}

// Frozen is the document of a frozen edition, byte by byte as its hash was made.
// NotFound while there is none.
func (s *Service) Frozen(ctx context.Context, id EditionID) (text string, err error) {
	defer fault.Wrap(&err, "document of edition %s", id)
	if err := known(string(id)); err != nil {
		return "", err
	}
	var texts []string
	if err := s.db.Select(ctx, &texts, `select document from budget_editions where id = ?`, id); err != nil {
		return "", err
	}
	if len(texts) == 0 || texts[0] == "" {
		return "", fault.ErrNotFound
	}
	if e, err := EditionByID(ctx, s.db, id); err != nil || Hash([]byte(texts[0])) != e.RulesHash {
		return "", errors.Join(err, errors.New("the document is not the one that was hashed"))
	}
	return texts[0], nil
}
