package demo

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/agreements"
	"kladka/internal/agreements/ledger"
	"kladka/internal/agreements/plan"
	"kladka/internal/directory"
	"kladka/internal/meetings"
	"kladka/internal/networks"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
	"kladka/internal/training"
)

// together lets the invented institutions agree, meet and do things with one
// another: since 2022, up to what is to come next month.
type together struct {
	networks int // made so far
	*center
	people *access.Service
	world  World
	more   Modules

	// The same at the clock past. What lies long ago is told to nobody.
	back struct {
		agreements *agreements.Service
		ledger     *ledger.Service
		plan       *plan.Service
		meetings   *meetings.Service
		networks   *networks.Service
	}

	association, office                    directory.Institution
	boss                                   access.Actor // of the association
	director, coordinator, adviser, expert access.Actor // of the center
	authority, delegate, recorder          access.Actor // of the office
	heads                                  []access.Actor
	teachers                               []member
	codes                                  map[string]string // ids of actions of the plan by their codes
}

// Together lets the invented metropolis work together: a plan, a framework
// agreement and what was done under it, meetings of heads and of the Forum,
// networks of teachers. A world without an association or a center stays without.
func Together(ctx context.Context, d *db.DB, people *access.Service, more Modules, world World) (err error) {
	defer fault.Wrap(&err, "let the invented institutions work together")
	t := together{center: &center{d: d, service: more.Trainings, schools: openSchools(world), names: newMaker(worldSeed + 4).newNames(), now: more.Trainings.Now()}, people: people, world: world, more: more}
	if err := t.meet(ctx); err != nil {
		if fault.KindOf(err) == fault.NotFound {
			return nil
		}
		return err
	}
	t.travel()
	for _, happen := range []func(context.Context) error{t.planQuality, t.agree, t.mapEvidence, t.lookBack, t.arrange, t.headsMeet, t.forumMeets, t.network} {
		if err := happen(ctx); err != nil {
			return err
		}
	}
	return nil
}

// meet finds who acts.
func (t *together) meet(ctx context.Context) (err error) {
	if err := t.hire(ctx, t.people, t.world); err != nil {
		return err
	}
	var office access.InstitutionID
	for _, one := range []struct {
		into *access.Actor
		role access.Role
		at   *access.InstitutionID
	}{{&t.boss, access.AssociationOfficer, nil}, {&t.director, access.CenterDirector, &t.at}, {&t.coordinator, access.NetworkCoordinator, &t.at},
		{&t.adviser, access.MethodologicalAdviser, &t.at}, {&t.expert, access.Expert, &t.at}, {&t.authority, access.AuthorityOfficer, nil},
		{&t.delegate, access.ForumDelegate, &office}, {&t.recorder, access.MeetingRecorder, &office}} {
		var at access.InstitutionID
		if one.at != nil {
			at = *one.at
		}
		if *one.into, at, err = actorOf(ctx, t.people, t.world, one.role, at); err != nil {
			return err
		}
		if one.role == access.AuthorityOfficer {
			office = at
		}
	}
	for _, i := range t.world.Institutions {
		switch {
		case i.Kind == directory.Association:
			t.association = i
		case i.ID == office:
			t.office = i
		}
	}
	if t.association.ID == "" {
		return fault.ErrNotFound
	}
	if t.topics, err = t.service.Topics.Choices(ctx, t.service.Catalog.In(i18n.PL)); err != nil {
		return err
	}
	return t.gather(ctx)
}

// Most heads and teachers who take part.
const (
	headsThere    = 12
	teachersThere = 16
)

// gather finds heads that the office has a say over, the demo's first, and
// teachers, each of them with an account.
func (t *together) gather(ctx context.Context) error {
	t.heads = []access.Actor{t.head}
	t.teachers = []member{{t.teacher, t.teacherAt}}
	seen := map[access.PersonID]bool{t.head.Person: true, t.teacher.Person: true}
	for _, i := range t.world.Institutions {
		if len(t.heads) >= headsThere && len(t.teachers) >= teachersThere {
			break
		}
		if i.Closed || i.RSPO == nil || i.Municipality != t.office.Municipality {
			continue
		}
		if i.RunningID != nil && *i.RunningID == t.office.ID && len(t.heads) < headsThere {
			if err := t.join(ctx, seen, access.ApproveActs, i.ID, func(a access.Actor) { t.heads = append(t.heads, a) }); err != nil {
				return err
			}
		}
		if len(t.teachers) < teachersThere {
			if err := t.join(ctx, seen, access.JoinNetworks, i.ID, func(a access.Actor) {
				if a.MayAt(ctx, access.ApproveActs, i.ID) != nil && a.MayAt(ctx, access.LeadNetworks, t.at) != nil {
					t.teachers = append(t.teachers, member{a, i.ID})
				}
			}); err != nil {
				return err
			}
		}
	}
	return nil
}

// join gives those who hold a permission at an institution, each once.
func (t *together) join(ctx context.Context, seen map[access.PersonID]bool, p access.Permission, at access.InstitutionID, take func(access.Actor)) error {
	ids, err := t.people.Holders(ctx, p, at)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if seen[id] {
			continue
		}
		seen[id] = true
		a, err := t.people.Actor(ctx, id)
		if err != nil {
			return err
		}
		take(a)
	}
	return nil
}

// travel makes the services at the clock past.
func (t *together) travel() {
	now, quiet := func() time.Time { return t.past }, slog.New(slog.DiscardHandler)
	train := t.service.Config
	train.Now = now
	t.earlier = training.New(train)
	l := t.more.Ledger.Config
	l.Now, l.Log = now, quiet
	t.back.ledger = ledger.New(l)
	a := t.more.Agreements.Config
	a.Now, a.Log, a.Tell, a.Ledger = now, quiet, nil, t.back.ledger
	t.back.agreements = agreements.New(a)
	p := t.more.Plan.Config
	p.Now, p.Log, p.Tell = now, quiet, nil
	t.back.plan = plan.New(p)
	m := t.more.Meetings.Config
	m.Now, m.Log, m.Tell = now, quiet, nil
	t.back.meetings = meetings.New(m)
	n := t.more.Networks.Config
	n.Now, n.Log, n.Tell = now, quiet, nil
	t.back.networks = networks.New(n)
}

// ago sets the clock past to nine in the morning so many days ago.
func (t *together) ago(days int) { t.past = t.day(-days) }

// day is nine in the morning in so many days.
func (t *together) day(days int) time.Time {
	day := t.now.In(web.Warsaw)
	return time.Date(day.Year(), day.Month(), day.Day()+days, 9, 0, 0, 0, web.Warsaw)
}

// on is the day in so many days as a date.
func (t *together) on(days int) string { return t.day(days).Format(time.DateOnly) }

// since sets the clock past to noon of a day that is written out.
func (t *together) since(date string) {
	day, _ := time.ParseInLocation(time.DateOnly, date, web.Warsaw) // written by us
	t.past = day.Add(12 * time.Hour)
}

// fixed gives what a guide shows the same address in every demo.
func fixed(n int) string { return fmt.Sprintf("01900000-0000-7000-8002-%012d", n) }

// subject is a topic of the vocabulary by how it begins.
func (t *together) subject(words ...string) string { return topicOf(t.topics, words) }

// name of an institution of the world.
func (t *together) nameOf(id access.InstitutionID) string {
	n := slices.IndexFunc(t.world.Institutions, func(i directory.Institution) bool { return i.ID == id })
	if n < 0 {
		return ""
	}
	return t.world.Institutions[n].Name
}

// engage gives an account to somebody for a role; nobody enters by it.
func (t *together) engage(ctx context.Context, role access.Role, at access.InstitutionID) (access.Actor, error) {
	name := t.names.draw(i18n.PL)
	t.made++
	id, err := t.people.AddPerson(ctx, access.System(), access.NewPerson{Name: name, Lang: i18n.PL, Roles: []access.Held{{Role: role, Institution: at}},
		Email: fmt.Sprintf("%s.%d@gmina.example", strings.ReplaceAll(i18n.Fold(name), " ", "."), t.made)})
	if err != nil {
		return access.Actor{}, err
	}
	return t.people.Actor(ctx, id)
}
