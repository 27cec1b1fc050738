package budget

import (
	"context"
	"errors"
	"net/http"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

func (s *Service) protestRoutes(sh *web.Shell) {
	run := runsGuard()
	one, once := ProjectPath+"/{project}/protest", web.Idempotent()
	sh.Handle("GET "+one, web.Public, s.getProtest)
	sh.Handle("POST "+one, access.SignedIn, s.onProtest("protested", func(ctx context.Context, who access.Actor, id ProjectID, r *web.Request) error {
		return s.Protest(ctx, who, id, r.Value("uzasadnienie"))
	}), once)
	sh.Handle("POST "+one+"/wysluchanie", run, s.onProtest("hearing", func(ctx context.Context, who access.Actor, id ProjectID, r *web.Request) error {
		at, err := time.ParseInLocation("2006-01-02T15:04", r.Value("kiedy"), web.Warsaw)
		if err != nil {
			return fault.InvalidFields([]fault.Field{{Name: "kiedy", Key: "budget.lack.moment"}})
		}
		return s.SetHearing(ctx, who, id, at, r.Value("gdzie"))
	}), once)
	sh.Handle("POST "+one+"/opinia", run, s.onProtest("council", func(ctx context.Context, who access.Actor, id ProjectID, r *web.Request) error {
		return s.NoteOpinion(ctx, who, id, r.Value("opinia"))
	}), once)
	sh.Handle("POST "+one+"/decyzja", run, s.onProtest("protest_decided", func(ctx context.Context, who access.Actor, id ProjectID, r *web.Request) error {
		choice := r.Value("decyzja")
		if choice != "tak" && choice != "nie" {
			return fault.InvalidFields([]fault.Field{{Name: "decyzja", Key: "budget.lack.choose"}})
		}
		return s.DecideProtest(ctx, who, id, choice == "tak", r.Value("uzasadnienie"))
	}), once)
}

// protestPage is the protest of a project: its words, the hearing, the opinion of
// the council, the decision.
type protestPage struct {
	partView
	Has       bool
	Protest   Protest
	Rejected  *web.Reason
	Until     string // the proposer may protest until, "" when not
	FiledAt   string
	Hearing   string
	Council   string
	Decision  string
	Decidable string // why the reader cannot decide now, "" when it can
	// What the reader can do now.
	Protests, Runs bool
	Words          bool // the reader may read the words of the protest
}

func (s *Service) getProtest(w http.ResponseWriter, r *web.Request) error {
	return s.showProtest(w, r, nil)
}

func (s *Service) showProtest(w http.ResponseWriter, r *web.Request, refusal error) error {
	ctx, who, l := r.Context(), access.ActorOf(r.Request), r.L
	part, err := s.partPage(w, r, "protest", refusal)
	if err != nil {
		return err
	}
	v := protestPage{partView: part, Rejected: whyOf(l, part.Edition, part.Of)}
	p, e := v.Of, v.Edition
	mine, runs := p.Mine(who), s.Runs(ctx, who, e) == nil
	v.Protest, err = ProtestOf(ctx, s.db, p.ID)
	if err != nil && !errors.Is(err, fault.ErrNotFound) {
		return err
	}
	v.Has = err == nil
	if Protesting(p, s.now()) == nil {
		v.Until, v.Protests = lastDay(l, p.ProtestUntil), mine
	}
	if !v.Has && v.Until == "" {
		return fault.ErrNotFound
	}
	v.said(l)
	v.Words = mine || runs || v.Protest.Decision != ""
	_, _, err = s.staffed(ctx, who, p.ID, access.BudgetRun)
	v.Runs = err == nil && p.State == ProjectProtested
	if v.Runs {
		if f := fault.As(Decidable(p, e.Kind, v.Protest, who.Person, s.now())); f != nil {
			v.Decidable = l.T(f.Key)
		}
	}
	return r.RenderStatus(w, statusOf(refusal), protestView(v))
}

// said are the parts of a protest in words.
func (v *protestPage) said(l *i18n.L) {
	t := v.Protest
	if t.FiledAt > 0 {
		v.FiledAt = moment(l, t.FiledAt)
	}
	if t.HearingAt > 0 {
		v.Hearing = moment(l, t.HearingAt) + ", " + t.HearingIn
	}
	v.Council = t.Opinion
	if t.Decision != "" {
		v.Decision = stateWords(l, t.Decision)
	}
}
