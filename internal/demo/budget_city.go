package demo

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/budget/vote"
	"kladka/internal/directory"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// The first days on which projects were filed, from today.
const (
	cityBefore = -410
	cityNow    = -45
)

// Pools of a city, by their places in the rules.
const (
	wholeCity = iota
	firstDistrict
	secondDistrict
)

// paperBallots is how many people brought a declaration and a ballot on paper.
const paperBallots = 20

// city holds two budgets of the city whose office the demo has: last year's,
// counted in three pools, and this year's, whose projects are filed and checked.
func (b *budgets) city(ctx context.Context) error {
	p, residents, err := b.cityStaff(ctx)
	if fault.KindOf(err) == fault.NotFound {
		return nil // a world without an office
	}
	if err != nil {
		return err
	}
	before := p
	before.begins = b.midnight(cityBefore)
	before.stages = stages{filed: 65, checked: 105, protested: 130, drawn: 140, votes: 160, voted: 175, results: 195, objected: 210, delivered: 640}
	before.title = fmt.Sprintf("Budżet obywatelski %d", before.at(before.stages.votes, 0).Year())
	before.rules = p.cityRules(10)
	if err := before.cityVoted(ctx, residents); err != nil {
		return fmt.Errorf("the city's last budget: %w", err)
	}
	now := p
	now.begins, now.stages = b.midnight(cityNow), before.stages
	now.title = fmt.Sprintf("Budżet obywatelski %d", now.at(now.stages.votes, 0).Year())
	now.rules = p.cityRules(20)
	if err := now.cityProposes(ctx, residents); err != nil {
		return fmt.Errorf("the city's budget: %w", err)
	}
	return nil
}

// cityStaff finds who runs the budgets of the city, and residents with ideas. A
// second valuator is engaged: two opinions are asked for.
func (b *budgets) cityStaff(ctx context.Context) (p poll, residents []access.Actor, err error) {
	p = poll{budgets: b, template: "krakow_2025", words: "Zgłoś pomysł na swoją okolicę, zbierz podpisy i głosuj. O wyniku decydują punkty."}
	authority, at, err := actorOf(ctx, b.people, b.world, access.AuthorityOfficer, "")
	if err != nil {
		return p, nil, err
	}
	var valuator access.Actor
	if err := b.find(ctx, at, map[access.Role]*access.Actor{access.BudgetOfficer: &p.runner, access.Valuator: &valuator}); err != nil {
		return p, nil, err
	}
	second, err := b.engage(ctx, access.Valuator, at)
	if err != nil {
		return p, nil, err
	}
	p.owner, p.other, p.checkers, p.keepers = at, authority, []access.Actor{valuator, second}, []access.Actor{p.runner, authority}
	residents, err = b.residents(ctx, at)
	return p, residents, err
}

// residents are the people of the demo who do not work at the office.
func (b *budgets) residents(ctx context.Context, office access.InstitutionID) (list []access.Actor, err error) {
	const enough = 12
	for _, one := range b.world.People {
		busy := func(h access.Held) bool { return h.Institution == office || h.Role == access.Administrator }
		if len(list) == enough || slices.ContainsFunc(one.Roles, busy) {
			continue
		}
		a, err := b.people.Actor(ctx, one.ID)
		if err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	return list, nil
}

// cityRules change the template of a city: three pools whose ballots have 3, 2
// and 1 points.
func (p *poll) cityRules(firstPool int) func(*budget.Rules) {
	city, districts := "Kraków", [2]string{"Dzielnica I Stare Miasto", "Dzielnica II Grzegórzki"}
	if at := p.institution(p.owner); at.Municipality != krakowKey {
		city, districts = townOf(at), [2]string{"Osiedle Zdrojowe", "Osiedle Lekarka"}
	}
	return func(r *budget.Rules) {
		one := r.Pools[0] // has the ballot and the count of all
		one.ID, one.Name, one.Area, one.Budget, one.MinCost, one.MaxCost = poolID(firstPool), "Całe miasto", city, 900_000_00, 25_000_00, 450_000_00
		r.Pools = []budget.Pool{one}
		for n, name := range districts {
			one.ID, one.No, one.Kind, one.Name, one.Area = poolID(firstPool+1+n), n+2, budget.OfDistrict, name, name
			one.Budget, one.MinCost, one.MaxCost = int64(260-40*n)*1000_00, 5_000_00, 120_000_00
			r.Pools = append(r.Pools, one)
		}
		r.Basis = "Uchwała rady w sprawie budżetu obywatelskiego (przykład, podstawa do sprawdzenia)"
		r.Notes = []budget.Note{{About: "signatures", Words: "15 podpisów w 10 dni od złożenia (przykład)"}, {About: "money", Words: "uchwała budżetowa (przykład)"}}
		r.Who = budget.Who{Sources: []budget.Source{budget.Desk, budget.Slips}, Residence: "mieszka w mieście, bez względu na wiek i zameldowanie"}
	}
}

func townOf(i directory.Institution) string {
	for _, p := range places() {
		if p.key == i.Municipality {
			return p.name
		}
	}
	return ""
}

// cityVoted is the vote of last year.
func (p *poll) cityVoted(ctx context.Context, residents []access.Actor) error {
	if err := p.announce(ctx); err != nil {
		return err
	}
	if err := p.propose(ctx, cityIdeasBefore(), residents); err != nil {
		return err
	}
	keys, err := p.freeze(ctx)
	if err != nil {
		return err
	}
	defer keys.forget()
	if err := p.residentsVote(ctx, residents); err != nil {
		return err
	}
	if err := keys.count(ctx); err != nil {
		return err
	}
	return p.finish(ctx)
}

// slipsUsed is how many slips of how many are used in a district.
func (p *poll) slipsUsed(district int) (used, printed int) {
	used, printed = 167-9*district, 170
	if p.small {
		used, printed = 61-9*district, 60
	}
	return used, printed
}

// residentsVote lets people vote on slips at the points of two districts, by
// their accounts, and on paper.
func (p *poll) residentsVote(ctx context.Context, residents []access.Actor) error {
	boxes := map[int]box{}
	for _, district := range []int{firstDistrict, secondDistrict} {
		_, printed := p.slipsUsed(district)
		slips, err := p.print(ctx, printed, p.pools[district])
		if err != nil {
			return err
		}
		boxes[district] = slips
	}
	e, err := p.open(ctx)
	if err != nil {
		return err
	}
	for _, district := range []int{firstDistrict, secondDistrict} {
		used, _ := p.slipsUsed(district)
		if err := p.handOutAt(ctx, district, used); err != nil {
			return err
		}
		if err := p.useSlips(ctx, e, boxes[district], used, wholeCity, district); err != nil {
			return err
		}
	}
	for n, who := range residents {
		if err := p.voteOnline(ctx, e, who, n); err != nil {
			return err
		}
	}
	if err := p.declareOnPaper(ctx); err != nil {
		return err
	}
	return p.closePoints(ctx, boxes)
}

// handOutAt has the office check who comes to the point of a district, and give each a
// slip for the right.
func (p *poll) handOutAt(ctx context.Context, district, n int) error {
	var list []vote.ElectorID
	for i := range n {
		found, err := p.votes.AddAtDesk(ctx, p.other, p.id, identity(p.names.draw(i18n.PL), 1000*(1+district)+i), string(p.pools[district]))
		if err != nil {
			return err
		}
		list = append(list, found.Elector)
	}
	const atOnce = 60 // a desk notes so many with one press
	for some := range slices.Chunk(list, atOnce) {
		if _, err := p.votes.HandOut(ctx, p.other, p.id, some); err != nil {
			return err
		}
	}
	return nil
}

// closePoints closes the vote: slips that are left are counted, ballots on paper
// typed.
func (p *poll) closePoints(ctx context.Context, boxes map[int]box) error {
	if err := p.close(ctx); err != nil {
		return err
	}
	for _, district := range []int{firstDistrict, secondDistrict} {
		used, _ := p.slipsUsed(district)
		if err := p.settle(ctx, boxes[district], used); err != nil {
			return err
		}
	}
	return p.typePaper(ctx)
}

// identity is what the n-th invented elector shows at a desk.
func identity(name string, n int) vote.Identity {
	return vote.Identity{Name: name, Born: fmt.Sprintf("19%02d-%02d-%02d", 52+n%47, 1+n%12, 1+n%27), Address: fmt.Sprintf("ul. Demonstracyjna %d", 1+n)}
}

// voteOnline has the office check an identity, and an account take the place.
func (p *poll) voteOnline(ctx context.Context, e budget.Edition, who access.Actor, n int) error {
	district := firstDistrict + n%2
	if _, err := p.votes.AddAtDesk(ctx, p.other, p.id, identity(who.Name, n), string(p.pools[district])); err != nil {
		return err
	}
	elector, err := p.votes.Claim(ctx, who, p.id, identity(who.Name, n))
	if err != nil {
		return err
	}
	return p.cast(ctx, e, elector, vote.Online, wholeCity, district)
}

// declareOnPaper takes declarations of people who vote on paper for the whole city.
func (p *poll) declareOnPaper(ctx context.Context) error {
	for n := range paperBallots {
		found, err := p.votes.AddForPaper(ctx, p.other, p.id, identity(p.names.draw(i18n.PL), 60+n), string(p.pools[firstDistrict+n%2]))
		if err != nil {
			return err
		}
		if err := p.votes.DeclareOnPaper(ctx, p.other, p.id, vote.NewNumber(), found.Elector, p.pools[:1]); err != nil {
			return err
		}
	}
	return nil
}

// typePaper has two people type the ballots after the vote; one is not valid.
func (p *poll) typePaper(ctx context.Context) error {
	no, err := p.votes.OpenBatch(ctx, p.other, p.id, vote.NewBatch{Pool: p.pools[wholeCity], Size: paperBallots})
	if err != nil {
		return err
	}
	lines, err := p.paperLines(ctx, paperBallots-1)
	if err != nil {
		return err
	}
	lines[paperBallots] = "x"
	for _, who := range []access.Actor{p.other, p.runner} {
		if _, err := p.votes.TypeBallots(ctx, who, p.id, no, lines); err != nil {
			return err
		}
		if _, err := p.votes.EndTyping(ctx, who, p.id, no); err != nil {
			return err
		}
	}
	return p.votes.FinishPaper(ctx, p.runner, p.id, p.pools[wholeCity], "")
}

// paperLines are ballots as clerks type them, by their places on the stack:
// numbers of projects on the ballot.
func (p *poll) paperLines(ctx context.Context, n int) (map[int]string, error) {
	on, err := budget.OnBallot(ctx, p.d, p.id, p.pools[wholeCity])
	if err != nil {
		return nil, err
	}
	e, err := p.edition(ctx)
	if err != nil {
		return nil, err
	}
	lines := map[int]string{}
	for line := range n {
		var numbers []string
		for _, pick := range p.choose(e.Rules.Pools[wholeCity].Ballot, wholeCity).Picks {
			order := 1 + slices.IndexFunc(on, func(b budget.BallotProject) bool { return b.ID == pick.Project })
			numbers = append(numbers, strconv.Itoa(order))
		}
		lines[line+1] = strings.Join(numbers, " ")
	}
	return lines, nil
}

// cityProposes is the edition whose projects come in.
func (p *poll) cityProposes(ctx context.Context, residents []access.Actor) error {
	if err := p.announce(ctx); err != nil {
		return err
	}
	if err := p.price(ctx); err != nil {
		return err
	}
	if err := p.propose(ctx, cityIdeasNow(), residents); err != nil {
		return err
	}
	for n, f := range p.projects {
		if err := p.follow(ctx, f, residents, n); err != nil {
			return err
		}
	}
	p.goTo(20)
	return p.budget.EndSupport(ctx)
}

// price writes the list of prices.
func (p *poll) price(ctx context.Context) error {
	for _, n := range []budget.NewPrice{
		{Name: "Ławka z oparciem, z montażem", Unit: "sztuka", Amount: "2 400", Source: "zamówienie zarządu zieleni"},
		{Name: "Drzewo liściaste, obwód 16 cm, z trzyletnią pielęgnacją", Unit: "sztuka", Amount: "1 850", Source: "zamówienie zarządu zieleni"},
		{Name: "Nawierzchnia z płyt, z podbudową", Unit: "m²", Amount: "310", Source: "kosztorysy zarządu dróg"},
		{Name: "Stojak rowerowy", Unit: "sztuka", Amount: "620", Source: "katalog dostawcy"},
		{Name: "Latarnia solarna", Unit: "sztuka", Amount: "7 900", Source: "oferta z zapytania"},
	} {
		n.Day = p.date(-14)
		if err := p.budget.AddPrice(ctx, p.checkers[0], p.id, n); err != nil {
			return err
		}
	}
	return nil
}

// follow has residents sign a project that gathers support, and watch some others.
func (p *poll) follow(ctx context.Context, f filed, residents []access.Actor, n int) error {
	p.goTo(f.day + signedAfter)
	for k, who := range residents[:5] {
		if who.Person == f.who.Person {
			continue
		}
		var err error
		switch {
		case f.fate == gathering:
			err = p.budget.Sign(ctx, who, f.id)
		case f.fate == accepted && (n+k)%4 == 0:
			err = p.budget.Watch(ctx, who, f.id)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
