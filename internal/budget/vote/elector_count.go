package vote

import (
	"context"

	"kladka/internal/budget"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// LeastElectors is how many electors a pool must have to be opened as a secret
// vote: among fewer the result itself tells too much about each. How many there are
// is told by Lists.Electors, before the vote opens and when its box does.
const LeastElectors = budget.LeastElectors

// Granted is how many electors have a right in a pool from a source.
type Granted struct {
	Pool   budget.PoolID `db:"pool"`
	Source budget.Source `db:"source"`
	N      int           `db:"n"`
}

// standing leaves out the electors whose rights were taken away, whether or not
// they had spent them: a difference would tell.
const standing = ` and not exists (select 1 from budget_slips l join budget_boxes b on b.edition = l.edition and b.no = l.box
		where l.edition = e.edition and l.elector = e.id and b.state = 'void')
	and not exists (select 1 from budget_declared d where d.edition = e.edition and d.elector = e.id and d.state = 'refused')`

// GrantedBy counts the rights of an edition by pool and source. It says nothing
// about votes, and is the same before and after anybody votes.
func GrantedBy(ctx context.Context, r db.Reader, e budget.EditionID) (list []Granted, err error) {
	return list, r.Select(ctx, &list, `select r.pool, e.source, count(*) as n from budget_rights r
		join budget_electors e on e.edition = r.edition and e.id = r.elector where r.edition = ? and r.way <> 'void'`+standing+` group by r.pool, e.source order by r.pool, e.source`, e)
}

// RightsIn are these numbers by pool.
func RightsIn(ctx context.Context, r db.Reader, e budget.EditionID) (map[budget.PoolID]int, error) {
	list, err := GrantedBy(ctx, r, e)
	in := map[budget.PoolID]int{}
	for _, g := range list {
		in[g.Pool] += g.N
	}
	return in, err
}

// Spending is how many rights of a pool were spent, from a source and by a way.
// Void are, among them, those whose declaration was refused or whose box was
// declared lost after they had been spent: they are counted with the others, for
// nobody can find their envelopes, and published.
type Spending struct {
	Pool   budget.PoolID `db:"pool"`
	Source budget.Source `db:"source"`
	Way    Way           `db:"way"`
	N      int           `db:"n"`
	Void   int           `db:"void"`
}

// Spent counts the rights that were spent, after the close. Before it the answer
// is a Conflict, whoever asks and whatever for.
func Spent(ctx context.Context, r db.Reader, e budget.Edition) (list []Spending, err error) {
	if !e.State.In(budget.Closed, budget.Counted, budget.Final, budget.Archived) {
		return nil, fault.New(fault.Conflict, "vote.fault.not_closed")
	}
	return list, r.Select(ctx, &list, `select w.pool, w.source, w.way, count(*) as n, count(*) - sum(w.stands) as void from (
			select r.pool, e.source, r.way, case when 1 = 1`+standing+` then 1 else 0 end as stands
			from budget_rights r join budget_electors e on e.edition = r.edition and e.id = r.elector where r.edition = ? and r.spent = ?) w
		group by w.pool, w.source, w.way order by w.pool, w.source, w.way`, e.ID, true)
}

// SlipCount is what became of slips: printed in boxes that stand and in those that
// were lost, handed out, counted as left over and destroyed. Used is 0 until the
// vote was closed. Forgotten tells that the electors were: who was handed a slip and
// which one was used stands nowhere any more, and Handed and Used are no numbers.
type SlipCount struct {
	Printed, Lost, Handed, LeftOver, Open, Used int
	Forgotten                                   bool
}

// Missing is how many slips are neither handed out nor destroyed, negative when
// more were. It means something once all boxes are settled.
func (c SlipCount) Missing() int { return c.Printed - c.Handed - c.LeftOver }

// Slips counts the slips of an edition.
func Slips(ctx context.Context, r db.Reader, e budget.Edition) (c SlipCount, err error) {
	err = r.Get(ctx, &c.Printed, `select coalesce(sum(printed), 0) from budget_boxes where edition = ? and state <> ?`, e.ID, boxVoid)
	if err != nil {
		return c, err
	}
	if err = r.Get(ctx, &c.Lost, `select coalesce(sum(printed), 0) from budget_boxes where edition = ? and state = ?`, e.ID, boxVoid); err != nil {
		return c, err
	}
	if err = r.Get(ctx, &c.Forgotten, `select exists (select 1 from budget_mark_keys where edition = ? and destroyed_at > 0)`, e.ID); err != nil {
		return c, err
	}
	if err = r.Get(ctx, &c.LeftOver, `select coalesce(sum(left_over), 0) from budget_boxes where edition = ?`, e.ID); err != nil {
		return c, err
	}
	if err = r.Get(ctx, &c.Open, `select count(*) from budget_boxes where edition = ? and state = ?`, e.ID, boxOpen); err != nil {
		return c, err
	}
	if err = r.Get(ctx, &c.Handed, `select count(*) from budget_handed where edition = ?`, e.ID); err != nil {
		return c, err
	}
	if e.State.In(budget.Closed, budget.Counted, budget.Final, budget.Archived) {
		// A slip that was used in one pool of several was used.
		err = r.Get(ctx, &c.Used, `select count(distinct r.elector) from budget_rights r join budget_slips l on l.edition = r.edition and l.elector = r.elector
			where r.edition = ? and r.spent = ?`, e.ID, true)
	}
	return c, err
}

// growing are the sources that make electors while the vote goes on.
var growing = []budget.Source{budget.Desk, budget.OIDC, budget.Self}

// Lists are the people of an edition to whom slips are handed.
type Lists struct {
	// People stand on the lists and have no right of their own: pupils of a roster,
	// and whoever gave the right up for a slip.
	People int
	// Known is false where slips are no source, or lie about for whoever comes.
	Known bool
}

// ListsOf counts the people to whom slips of an edition are handed.
func ListsOf(ctx context.Context, r db.Reader, e budget.Edition) (l Lists, err error) {
	if l.Known = e.Rules.Who.Has(budget.Slips) && notesHanded(e); !l.Known {
		return l, nil
	}
	return l, r.Get(ctx, &l.People, `select count(*) from budget_electors e where e.edition = ? and e.source <> ?
		and not exists (select 1 from budget_rights r where r.edition = e.edition and r.elector = e.id)`+standing, e.ID, budget.Slips)
}

// Electors is how many people so many rights of a pool are: rights that people have
// themselves, and those of slips. More of these are printed than are needed; where it
// is known for whom they are, a slip without a person is nobody.
func (l Lists) Electors(own, slips int) int {
	if l.Known {
		slips = min(slips, l.People)
	}
	return own + slips
}

// LostRights are the rights of slips that were declared lost with their box before
// they voted, by pool. Nobody can use them; but whoever voted is one among them.
func LostRights(ctx context.Context, r db.Reader, e budget.EditionID) (map[budget.PoolID]int, error) {
	lost := map[budget.PoolID]int{}
	err := r.Each(ctx, func(scan func(dest ...any) error) error {
		var pool budget.PoolID
		n := 0
		if err := scan(&pool, &n); err != nil {
			return err
		}
		lost[pool] = n
		return nil
	}, `select r.pool, count(*) from budget_boxes b join budget_slips l on l.edition = b.edition and l.box = b.no
		join budget_rights r on r.edition = l.edition and r.elector = l.elector and r.way = 'void'
		where b.edition = ? and b.state = 'void' group by r.pool`, e)
	return lost, err
}

// Obstacles are what keeps the vote from opening on the side of rights: a pool
// with fewer than LeastElectors, unless the rules let more come during
// the vote.
func (s *Service) Obstacles(ctx context.Context, r db.Reader, e budget.Edition) (list []budget.Obstacle, err error) {
	for _, g := range growing {
		if e.Rules.Who.Has(g) && (g != budget.OIDC || s.Identity != nil) {
			return nil, nil
		}
	}
	for _, p := range e.Rules.Pools {
		n, err := someElectors(ctx, r, e, p.ID)
		if err != nil {
			return nil, err
		}
		if n < LeastElectors {
			list = append(list, budget.Obstacle{Key: "vote.obstacle.rights", Args: []any{"pool", p.Name, "n", n, "least", LeastElectors},
				Who: "vote.obstacle.rights_who", Href: Href(e.ID)})
		}
	}
	return list, nil
}

// someElectors counts the electors of a pool up to LeastElectors: whoever asks wants
// to know no more, and a roll of a city is long.
func someElectors(ctx context.Context, r db.Reader, e budget.Edition, pool budget.PoolID) (int, error) {
	own, err := someRights(ctx, r, e.ID, pool, `e.source <> ?`)
	if err != nil || own >= LeastElectors {
		return own, err
	}
	slips, err := someRights(ctx, r, e.ID, pool, `e.source = ?`)
	if err != nil || slips == 0 {
		return own, err
	}
	lists, err := ListsOf(ctx, r, e)
	return min(lists.Electors(own, slips), LeastElectors), err
}

// someRights counts rights that slips have, or all others, up to LeastElectors. The
// condition is a text of this package.
func someRights(ctx context.Context, r db.Reader, e budget.EditionID, pool budget.PoolID, source string) (n int, err error) {
	return n, r.Get(ctx, &n, `select count(*) from (select r.elector from budget_rights r
		join budget_electors e on e.edition = r.edition and e.id = r.elector where r.edition = ? and r.pool = ? and `+source+standing+` limit ?) w`,
		e, pool, budget.Slips, LeastElectors)
}
