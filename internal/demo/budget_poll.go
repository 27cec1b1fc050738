package demo

import (
	"context"
	"fmt"
	"time"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/budget/vote"
	"kladka/internal/platform/web"
)

// poll is one edition on its way. Its days are counted from the first day on
// which projects are filed.
type poll struct {
	*budgets
	title, words, template string
	owner                  access.InstitutionID
	begins                 time.Time // midnight of day 0
	stages                 stages
	rules                  func(*budget.Rules)

	runner   access.Actor   // sets it up and decides
	other    access.Actor   // decides about protests against the runner, counts lists of support
	checkers []access.Actor // judge projects
	keepers  []access.Actor // of the key

	id        budget.EditionID
	pools     []budget.PoolID
	districts []string // of the pools of districts
	projects  []filed
}

// stages are the days of a calendar.
type stages struct {
	filed, checked, protested, drawn int
	votes, voted                     int // first and last day of the vote, from eight to three o'clock
	results, objected, delivered     int
}

func (p *poll) at(day, hour int) time.Time {
	y, m, d := p.begins.Date()
	return time.Date(y, m, d+day, hour, 0, 0, 0, web.Warsaw)
}

func (p *poll) date(day int) string { return p.at(day, 0).Format(time.DateOnly) }

// goTo sets the clock past to ten in the morning of a day.
func (p *poll) goTo(day int) { p.past = p.at(day, 10) }

func (s stages) calendar(p *poll) budget.Calendar {
	return budget.Calendar{FilingFrom: p.date(0), FilingTo: p.date(s.filed), CheckTo: p.date(s.checked), ProtestTo: p.date(s.protested), WithdrawTo: p.date(s.protested),
		DrawOn: p.date(s.drawn), VoteFrom: p.at(s.votes, 8).Unix(), VoteTo: p.at(s.voted, 15).Unix(), ResultsBy: p.date(s.results), ObjectTo: p.date(s.objected),
		DeliveryBy: p.date(s.delivered)}
}

// announce makes the edition and promises its rules.
func (p *poll) announce(ctx context.Context) (err error) {
	p.goTo(-21)
	year := p.at(p.stages.votes, 0).Year()
	if p.id, err = p.budget.AddEdition(ctx, p.runner, budget.NewEdition{Template: p.template, Owner: p.owner, Title: p.title, Words: p.words, Year: year}); err != nil {
		return err
	}
	e, err := p.edition(ctx)
	if err != nil {
		return err
	}
	set := budget.SettingsOf(e)
	p.rules(&set.Rules)
	set.Rules.OpenPoints, set.Rules.Calendar = nil, p.stages.calendar(p)
	for _, pool := range set.Rules.Pools {
		p.pools = append(p.pools, pool.ID)
	}
	p.districts = budget.Edition{Rules: set.Rules}.Districts()
	if err := p.budget.Change(ctx, p.runner, p.id, set); err != nil {
		return err
	}
	p.goTo(-14)
	return p.budget.Announce(ctx, p.runner, p.id)
}

func (p *poll) edition(ctx context.Context) (budget.Edition, error) {
	return budget.EditionByID(ctx, p.d, p.id)
}

// freeze freezes rules and ballots on the day of the drawing, and has the key
// made and tried. The shares are nowhere but in what it returns.
func (p *poll) freeze(ctx context.Context) (*ring, error) {
	p.goTo(p.stages.drawn)
	if err := p.budget.Freeze(ctx, p.runner, p.id); err != nil {
		return nil, err
	}
	p.past = p.past.Add(2 * time.Hour)
	return p.makeKey(ctx)
}

// open opens the vote on its first day, and gives the edition as it is then.
func (p *poll) open(ctx context.Context) (e budget.Edition, err error) {
	p.goTo(p.stages.votes)
	if err := p.budget.OpenDue(ctx); err != nil {
		return e, err
	}
	if e, err = p.edition(ctx); err == nil && e.State != budget.Voting {
		err = fmt.Errorf("the vote of %q did not open", p.title)
	}
	return e, err
}

// ballot lists what stands on the ballot of a pool, in the order in which it was filed.
func (p *poll) ballot(pool int) (list []*filed) {
	for _, f := range p.projects {
		if f.pool == pool && f.onBallot() {
			list = append(list, &f)
		}
	}
	return list
}

// choose fills a ballot as somebody might: what many like is chosen more often,
// what one's own circle likes even more, and some stop before the last line.
func (p *poll) choose(rules budget.BallotRules, pool int) (c budget.Choice) {
	list, own := p.ballot(pool), circle(p.chance.IntN(3))
	for _, f := range list {
		if own > 0 && f.circle == own {
			f.love *= 4
		}
	}
	most := min(rules.Max, len(list))
	if rules.Min < most {
		most -= p.chance.IntN(most - rules.Min + 1)
	}
	for n := range most {
		one := *weighted(p.chance, list, func(f **filed) int { return (*f).love })
		pick := budget.Pick{Project: one.id}
		if rules.Type == budget.Ranked {
			pick.Points = rules.Points[n]
		}
		c.Picks, one.love = append(c.Picks, pick), 0
	}
	return c
}

// cast lets an elector vote in some pools.
func (p *poll) cast(ctx context.Context, e budget.Edition, elector vote.ElectorID, way vote.Way, pools ...int) error {
	for _, n := range pools {
		_, err := p.votes.Cast(ctx, e, vote.Ballot{Pool: p.pools[n], Elector: elector, Way: way, Envelope: vote.NewEnvelope(),
			Choice: p.choose(e.Rules.Pools[n].Ballot, n), At: p.past})
		if err != nil {
			return err
		}
	}
	return nil
}

// box is a box of slips. Their codes are forgotten when the demo is filled.
type box struct {
	no    int
	codes []vote.Code
}

// print prints a box of slips on the day before the vote.
func (p *poll) print(ctx context.Context, n int, district budget.PoolID) (b box, err error) {
	p.goTo(p.stages.votes - 1)
	b.no, b.codes, err = p.votes.Print(ctx, p.runner, p.id, n, string(district))
	return b, err
}

// useSlips lets so many people vote with slips of a box in some pools.
func (p *poll) useSlips(ctx context.Context, e budget.Edition, b box, n int, pools ...int) error {
	for k, code := range b.codes[:n] {
		elector, err := p.votes.ElectorOfSlip(ctx, e, "demo", code.Letters())
		if err != nil {
			return err
		}
		in := pools
		if k%9 == 8 { // leaves the others alone
			in = pools[:1]
		}
		if err := p.cast(ctx, e, elector, vote.Slip, in...); err != nil {
			return err
		}
	}
	return nil
}

// close closes the vote.
func (p *poll) close(ctx context.Context) error {
	p.past = p.at(p.stages.voted, 16)
	return p.budget.CloseDue(ctx)
}

// deliver notes what became of the first three winners of a pool: the first is
// there, the second comes later, the third has been begun.
func (p *poll) deliver(ctx context.Context, winners []budget.ProjectID) error {
	final := p.stages.objected + 1
	for n, list := range [][]budget.NewMilestone{
		{{Kind: budget.Started, Words: "Zebraliśmy oferty i wybraliśmy wykonawcę.", Due: p.date(final + 90)}, {Kind: budget.OneStep, Words: "Prace trwają, połowa jest gotowa."},
			{Kind: budget.Delivered, Words: "Gotowe. Dziękujemy wszystkim, którzy głosowali."}},
		{{Kind: budget.Started, Words: "Trwa wybór wykonawcy.", Due: p.date(final + 80)}, {Kind: budget.Delay, Words: "Dostawca przesunął termin; zamówienie jest złożone.", Due: p.date(p.stages.delivered)}},
		{{Kind: budget.Started, Words: "Zamówienie jest złożone.", Due: p.date(p.stages.delivered)}},
	} {
		if n >= len(winners) {
			break
		}
		project, err := budget.ProjectByID(ctx, p.d, winners[n])
		if err != nil {
			return err
		}
		for k, m := range list {
			day := final + 15 + 30*k + 5*n
			p.goTo(day)
			m.Day = p.date(day)
			if k > 0 {
				m.Spent = fmt.Sprint(project.Cost / 100 * int64(k) / int64(len(list)-1+n)) // the second has paid a half
			}
			if err := p.budget.AddMilestone(ctx, p.runner, project.ID, m); err != nil {
				return err
			}
		}
	}
	return nil
}

// finish makes the result final and begins to deliver it.
func (p *poll) finish(ctx context.Context) error {
	p.goTo(p.stages.objected + 1)
	if err := p.results.Finish(ctx, p.runner, p.id); err != nil {
		return err
	}
	winners, err := p.winners(ctx)
	if err != nil {
		return err
	}
	return p.deliver(ctx, winners)
}

// settle has one person count what was left in a box of slips, and another confirm.
func (p *poll) settle(ctx context.Context, b box, used int) error {
	left := len(b.codes) - used
	if err := p.votes.CountBox(ctx, p.runner, p.id, b.no, left, ""); err != nil {
		return err
	}
	return p.votes.ConfirmBox(ctx, p.other, p.id, b.no, left)
}
