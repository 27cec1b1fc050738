package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"kladka/internal/access"
	"kladka/internal/budget"
)

// idea is a project that somebody thinks of.
type idea struct {
	title, words, place string
	category            string
	pool                int
	district            int // firstDistrict or secondDistrict, of an idea of the pool of the city that lies in one
	day                 int // of the edition, on which it is filed
	love                int // how much people like it, against the others of its pool
	circle              circle
	costs               []cost
	fate                fate
	code                budget.Code // of a rejection
	reason              string
}

// circle is a part of the people who like what others like less.
type circle int

const (
	_ circle = iota
	indoors
	outdoors
)

type cost struct {
	name   string
	zloty  int
	source string
}

// fate is how far a project comes, as far as its days have come.
type fate int

const (
	accepted  fate = iota
	drafted        // nobody sees it but who wrote it
	gathering      // has not enough signatures yet
	ignored        // and never had
	formal         // its form is looked at
	mending        // something is asked for
	judged         // one opinion is given, another is awaited
	denied         // rejected
	protested      // the proposer disagrees
	restored       // and was right
	upheld         // or was not
	withdrawn
)

// filed is an idea that was filed.
type filed struct {
	idea
	id  budget.ProjectID
	who access.Actor
}

func (f filed) onBallot() bool { return f.fate == accepted || f.fate == restored }

// Days after the filing of a project on which it goes its way.
const (
	signedAfter    = 3
	formAfter      = 6
	opinionsAfter  = 10
	decidedAfter   = 12
	publishedAfter = 13
	protestAfter   = 17
	heardAfter     = 24
	councilAfter   = 26
	answeredAfter  = 28
	hearingAhead   = 31 // of a protest that nobody has decided yet
)

// propose files ideas and leads each as far as its fate and the clock say.
func (p *poll) propose(ctx context.Context, ideas []idea, by []access.Actor) error {
	slices.SortStableFunc(ideas, func(a, b idea) int { return a.day - b.day })
	for n, i := range ideas {
		f := filed{idea: i, who: by[n%len(by)]}
		if err := p.file(ctx, &f, n); err != nil {
			return fmt.Errorf("%q: %w", i.title, err)
		}
		p.projects = append(p.projects, f)
		if err := p.lead(ctx, f, n); err != nil {
			return fmt.Errorf("%q: %w", i.title, err)
		}
	}
	return nil
}

// file writes a project and sends it.
func (p *poll) file(ctx context.Context, f *filed, n int) (err error) {
	p.goTo(f.day)
	f.id, err = p.budget.StartProject(ctx, f.who, p.id, budget.Idea{Pool: p.pools[f.pool], Title: f.title, Words: f.words, Category: f.category})
	if err != nil {
		return err
	}
	if err := p.budget.SavePlace(ctx, f.who, f.id, budget.Where{Place: f.place, Spot: p.spot(n), Area: p.area(f.idea)}); err != nil {
		return err
	}
	for _, c := range f.costs {
		if err := p.budget.AddItem(ctx, f.who, f.id, c.name, fmt.Sprint(c.zloty), c.source); err != nil {
			return err
		}
	}
	if f.fate == drafted {
		return nil
	}
	p.past = p.past.Add(time.Hour)
	return p.budget.FileProject(ctx, f.who, f.id, budget.Declared{OldEnough: true, Named: n%3 > 0})
}

// area is the district of an idea for the whole city that lies in one, "" when it is
// for all of it. Ideas in the pool of a district are not asked.
func (p *poll) area(i idea) string {
	if i.district == 0 {
		return ""
	}
	return p.districts[i.district-firstDistrict] // the pools of districts follow that of the city
}

// spot is a point around the middle of the town; a school is in one place.
func (p *poll) spot(n int) string {
	i := p.institution(p.owner)
	if len(p.pools) < 2 || i.Lat == nil || i.Lon == nil {
		return ""
	}
	return fmt.Sprintf("%.4f, %.4f", *i.Lat+float64(n*37%23-11)*0.0008, *i.Lon+float64(n*53%29-14)*0.0011)
}

// lead leads a filed project on.
func (p *poll) lead(ctx context.Context, f filed, n int) error {
	if f.fate == drafted {
		return nil
	}
	p.goTo(f.day + signedAfter)
	if err := p.support(ctx, f, n); err != nil || f.fate == gathering || f.fate == ignored {
		return err
	}
	p.goTo(f.day + formAfter)
	switch f.fate {
	case withdrawn:
		return p.budget.Withdraw(ctx, f.who, f.id)
	case formal:
		return nil
	case mending:
		return p.budget.AskToMend(ctx, p.checkers[0], f.id, f.reason)
	}
	if err := p.budget.PassForm(ctx, p.checkers[0], f.id); err != nil {
		return err
	}
	return p.judge(ctx, f)
}

// support counts a list of signatures on paper: most have enough, some not yet.
func (p *poll) support(ctx context.Context, f filed, n int) error {
	list := budget.PaperList{Valid: 16 + n*7%31, Refused: n * 5 % 4}
	if f.fate == gathering || f.fate == ignored {
		list.Valid = 3 + n%6
	}
	return p.budget.CountList(ctx, p.other, f.id, list)
}

// judge asks for opinions about the merits of a project and decides.
func (p *poll) judge(ctx context.Context, f filed) error {
	p.goTo(f.day + formAfter + 1)
	for _, c := range p.checkers {
		if err := p.budget.AskOpinion(ctx, p.runner, f.id, c.Person); err != nil {
			return err
		}
	}
	p.goTo(f.day + opinionsAfter)
	for n, c := range p.checkers {
		if f.fate == judged && n > 0 {
			return nil
		}
		verdict, words := budget.Feasible, "Teren i koszty sprawdzone, można wykonać w ciągu roku."
		switch {
		case f.reason != "":
			verdict, words = budget.Infeasible, f.reason
		case n > 0 && len(f.costs) > 2:
			verdict, words = budget.WithChanges, "Można wykonać; dokładne miejsce trzeba uzgodnić z zarządcą terenu."
		}
		if err := p.budget.GiveOpinion(ctx, c, f.id, verdict, "", words); err != nil {
			return err
		}
	}
	if f.fate == judged {
		return nil
	}
	p.goTo(f.day + decidedAfter)
	if err := p.budget.Decide(ctx, p.runner, f.id, budget.Decision{Accept: f.reason == "", Code: f.code, Reason: f.reason}); err != nil {
		return err
	}
	p.goTo(f.day + publishedAfter)
	if _, err := p.budget.Publish(ctx, p.runner, p.id); err != nil {
		return err
	}
	return p.disagree(ctx, f)
}

// disagree lets the proposer of a rejected project protest. Another person than
// the one who rejected it decides, after a hearing.
func (p *poll) disagree(ctx context.Context, f filed) error {
	if f.fate != protested && f.fate != restored && f.fate != upheld {
		return nil
	}
	p.goTo(f.day + protestAfter)
	if err := p.budget.Protest(ctx, f.who, f.id, "Opinia pomija mniejszy zakres, o którym pisaliśmy w opisie. Prosimy o ponowną ocenę."); err != nil {
		return err
	}
	p.goTo(f.day + protestAfter + 2)
	hearing := p.at(f.day+heardAfter, 16)
	if f.fate == protested {
		hearing = p.at(f.day+hearingAhead, 16)
	}
	if err := p.budget.SetHearing(ctx, p.other, f.id, hearing, "sala narad urzędu, wejście bez schodów od podwórza"); err != nil || f.fate == protested {
		return err
	}
	p.goTo(f.day + councilAfter)
	if err := p.budget.NoteOpinion(ctx, p.other, f.id, "Rada wysłuchała osoby zgłaszającej i wykonawców; wskazuje, że mniejszy zakres warto sprawdzić."); err != nil {
		return err
	}
	p.goTo(f.day + answeredAfter)
	reason := "Mniejszy zakres nie usuwa przeszkody, którą podano w decyzji."
	if f.fate == restored {
		reason = "Mniejszy zakres omija przeszkodę, którą podano w decyzji. Projekt wraca na listę."
	}
	return p.budget.DecideProtest(ctx, p.other, f.id, f.fate == restored, reason)
}
