package vote

import (
	"net/http"
	"time"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/directory"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

func (s *Service) rosterRoutes(sh *web.Shell) {
	list, one := edition+"/uprawnienia/klasy", edition+"/uprawnienia/klasy/{class}"
	guard := access.Both(deskGuard(), access.Can(access.SeeRoster))
	sh.Handle("GET "+list, guard, s.getClasses)
	sh.Handle("GET "+one, guard, s.getClass)
	sh.Handle("POST "+one, guard, s.postClass, web.Idempotent())
	sh.Handle("POST "+one+"/wydaj", guard, s.postHandOut, web.Idempotent())
	sh.Handle("POST "+one+"/zwrot", guard, s.postTakeBack, web.Idempotent())
}

func local(at int64) time.Time { return unix(at).In(web.Warsaw) }
func unix(at int64) time.Time  { return time.Unix(at, 0) }

func classHref(id budget.EditionID, class directory.ClassID) string {
	return Href(id) + "/klasy/" + string(class)
}

// classesPage lists the classes of the school with how far each has come.
type classesPage struct {
	framed
	Rows  []classLine
	Slips bool
	Next  web.Step
}

type classLine struct {
	directory.ClassGroup
	ClassCount
	Href string
}

func (s *Service) getClasses(w http.ResponseWriter, r *web.Request) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	e, err := s.atDesk(ctx, who, editionOf(r))
	if err != nil {
		return err
	}
	list, err := s.Classes.Classes(ctx, who, e.Owner)
	if err != nil && fault.KindOf(err) != fault.NotFound { // no roster is theirs to see
		return err
	}
	counts, err := ClassCounts(ctx, s.db, e.ID)
	if err != nil {
		return err
	}
	p := classesPage{framed: s.frame(w, r, e, r.L.T("vote.roster.title"), "roster"), Slips: e.Rules.Who.Has(budget.Slips)}
	for _, c := range list {
		p.Rows = append(p.Rows, classLine{c, counts[string(c.ID)], classHref(e.ID, c.ID)})
	}
	next := "vote.roster.next"
	if p.Slips {
		next = "vote.roster.next_slips"
	}
	p.Next = web.Step{What: r.L.T(next), Who: r.L.T("vote.roster.next_who")}
	return r.Render(w, classesView(p))
}

// classPage is a class whose pupils are put on the roll and given slips.
type classPage struct {
	framed
	Class   directory.ClassGroup
	Path    string
	Waiting []Pupil // on the roll, without a slip
	Handed  []Pupil
	Off     []Pupil // not on the roll yet
	Slips   bool
	Open    bool
}

func (s *Service) getClass(w http.ResponseWriter, r *web.Request) error {
	class := directory.ClassID(r.PathValue("class"))
	e, c, pupils, err := s.ClassRoll(r.Context(), access.ActorOf(r.Request), editionOf(r), class)
	if err != nil {
		return err
	}
	p := classPage{framed: s.frame(w, r, e, r.L.T("vote.roster.class", "class", c.Name), "roster"), Class: c, Path: classHref(e.ID, class),
		Slips: e.Rules.Who.Has(budget.Slips), Open: s.takesElectors(e) == nil}
	p.Crumbs = append(p.Crumbs, web.Link{Text: r.L.T("vote.roster.title"), Href: Href(e.ID) + "/klasy"})
	for _, u := range pupils {
		switch {
		case u.Elector == "":
			p.Off = append(p.Off, u)
		case u.Handed:
			p.Handed = append(p.Handed, u)
		default:
			p.Waiting = append(p.Waiting, u)
		}
	}
	return r.Render(w, classView(p))
}

func (s *Service) postClass(w http.ResponseWriter, r *web.Request) error {
	id, class := editionOf(r), directory.ClassID(r.PathValue("class"))
	if _, err := s.AddClass(r.Context(), access.ActorOf(r.Request), id, class); err != nil {
		return err
	}
	return done(w, r, "class_added", classHref(id, class))
}

func (s *Service) postHandOut(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	ctx, who, id, class := r.Context(), access.ActorOf(r.Request), editionOf(r), directory.ClassID(r.PathValue("class"))
	ticked, err := s.ticked(r, who, id, class, r.PostForm["miejsce"])
	if err != nil {
		return err
	}
	if _, err := s.HandOut(ctx, who, id, ticked); err != nil {
		return err
	}
	return done(w, r, "handed", classHref(id, class))
}

// ticked keeps of the places that a form names those of the class: a tutor notes
// slips for nobody else's pupils.
func (s *Service) ticked(r *web.Request, who access.Actor, id budget.EditionID, class directory.ClassID, names []string) (list []ElectorID, err error) {
	_, _, pupils, err := s.ClassRoll(r.Context(), who, id, class)
	if err != nil {
		return nil, err
	}
	of := map[string]bool{}
	for _, p := range pupils {
		of[string(p.Elector)] = p.Elector != ""
	}
	for _, n := range names {
		if of[n] {
			list = append(list, ElectorID(n))
		}
	}
	return list, nil
}

func (s *Service) postTakeBack(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	ctx, who, id, class := r.Context(), access.ActorOf(r.Request), editionOf(r), directory.ClassID(r.PathValue("class"))
	ticked, err := s.ticked(r, who, id, class, r.PostForm["miejsce"])
	if err != nil {
		return err
	}
	if len(ticked) != 1 {
		return fault.ErrNotFound
	}
	if err := s.TakeBack(ctx, who, id, ticked[0]); err != nil {
		return err
	}
	return done(w, r, "taken_back", classHref(id, class))
}
