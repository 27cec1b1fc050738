package app

import (
	"net/http"
	"slices"
	"strings"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/trace"
	"kladka/internal/platform/web"
	"kladka/internal/training"
)

// A matter has one address, whatever module it is in just now: from the topic
// that somebody proposed to the people who came and to the answer that the
// proposer got. The modules wrote the steps, each with its audience; here they
// are read together, and each thing is named by its own module, which decides
// once more whether this reader may know it.

// matterPath is the address of matters; a trace follows.
const matterPath = "/sprawa"

// thing is what a step is about, as its module shows it to the reader of the
// request. What is not theirs is a fault of any kind that means so: the step
// stays, without a name.
type thing struct {
	Text  string
	Href  string
	Facts []string // figures in words
}

type thingOf func(r *web.Request, t trace.Thing) (thing, error)

type matterPage struct {
	web.Page
	Steps []matterStep
}

type matterStep struct {
	Hidden bool
	When   string
	What   string
	Of     thing
}

func (a *App) getMatter(w http.ResponseWriter, r *web.Request) error {
	keys, err := a.matterAudience(r)
	if err != nil {
		return err
	}
	seen, err := trace.Matter(r.Context(), a.db, trace.ID(r.PathValue("trace")), keys)
	if err != nil {
		return err
	}
	p := matterPage{Page: r.Page(w, r.L.T("matter.title"))}
	p.NoIndex = true
	shown, last := map[trace.Thing]bool{}, thing{}
	for _, s := range seen {
		step := matterStep{Hidden: s.Hidden}
		if !s.Hidden {
			step.When, step.What = r.L.Date(s.Time().In(web.Warsaw)), r.L.T(s.TitleKey)
			if step.Of, err = a.thing(r, s.Thing()); err != nil {
				return err
			}
			if shown[s.Thing()] {
				step.Of.Facts = nil // figures of today stand once, at its first step
			}
			shown[s.Thing()] = true
			if step.Of.Href != "" && step.Of.Href == last.Href {
				step.Of.Text = "" // of steps of one thing that follow each other the first names it
			} else {
				last = step.Of
			}
		}
		p.Steps = append(p.Steps, step)
	}
	return r.Render(w, matterView(p))
}

// thing asks the module by which the kind begins; what it refuses stays without
// a name.
func (a *App) thing(r *web.Request, t trace.Thing) (thing, error) {
	module, _, _ := strings.Cut(t.Kind, ".")
	of := a.things[module]
	if of == nil {
		return thing{}, nil
	}
	found, err := of(r, t)
	switch fault.KindOf(err) {
	case fault.NotFound, fault.Forbidden, fault.SignedOut:
		return thing{}, nil
	}
	return found, err
}

// matterAudience are the keys of the reader: everybody's, the own, those of the
// institutions of the roles that count now and of the units under the same
// head, and, for an officer of the association, the association's.
func (a *App) matterAudience(r *web.Request) ([]string, error) {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	keys := []string{"public"}
	if !who.SignedIn() || who.Shared {
		return keys, nil
	}
	keys = append(keys, "person:"+string(who.Person))
	var at []access.InstitutionID
	for _, h := range who.Roles {
		keys = append(keys, "role:"+string(h.Role))
		if h.Institution != "" {
			at = append(at, h.Institution)
		}
	}
	led, err := a.directory.Led(ctx, at)
	if err != nil {
		return nil, err
	}
	if who.Has(access.AssociationOfficer) {
		own, err := a.directory.OfKind(ctx, directory.Association)
		if err != nil {
			return nil, err
		}
		for _, i := range own {
			at = append(at, i.ID)
		}
	}
	for _, id := range append(at, led...) {
		keys = append(keys, "inst:"+string(id))
	}
	series, err := a.meetings.Audiences(ctx, who)
	if err != nil {
		return nil, err
	}
	keys = append(keys, series...)
	slices.Sort(keys)
	return slices.Compact(keys), nil
}

// matterRoutes opens the page and says who names what.
func (a *App) matterRoutes() {
	a.shell.Handle("GET "+matterPath+"/{trace}", web.Public, a.getMatter)
	a.things = map[string]thingOf{
		"training":   a.trainingThing,
		"meetings":   a.meetingsThing,
		"agreements": a.arrangedThing,
		"budget":     a.budgetThing,
	}
}

// meetingsThing is a topic, a meeting or a decision, to those who belong there.
func (a *App) meetingsThing(r *web.Request, t trace.Thing) (x thing, err error) {
	x.Text, x.Href, err = a.meetings.Named(r.Context(), access.ActorOf(r.Request), t.Kind, t.ID)
	return x, err
}

// arrangedThing is what was arranged, as the register of activities names it.
func (a *App) arrangedThing(r *web.Request, t trace.Thing) (thing, error) {
	of := a.agreements.Sources()[strings.TrimPrefix(t.Kind, "agreements.")]
	if of == nil {
		return thing{}, nil
	}
	x, err := of.Activity(r.Context(), t.ID)
	return thing{Text: x.Title, Href: x.Path}, err
}

// trainingThing is a training with the official figures of its people. A draft
// is named to those who run it.
func (a *App) trainingThing(r *web.Request, of trace.Thing) (thing, error) {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	t, err := training.ByID(ctx, a.db, training.ID(of.ID))
	if err != nil {
		return thing{}, err
	}
	if t.State == training.Draft {
		return thing{Text: t.Title, Href: training.DeskPath(t.ID)}, training.Manages(ctx, who, t)
	}
	if t.ForInstitution != "" && training.Manages(ctx, who, t) != nil { // ordered by a school for its own staff
		if err := who.MayAt(ctx, access.EnrollStaff, access.InstitutionID(t.ForInstitution)); err != nil {
			return thing{}, err
		}
	}
	x := thing{Text: t.Title, Href: training.Path(t.ID)}
	n, err := training.FiguresOf(ctx, a.db, t.ID)
	if n.Completed > 0 {
		x.Facts = append(x.Facts, r.L.N("matter.people", n.Completed), r.L.N("matter.hours", n.Given))
	}
	return x, err
}
