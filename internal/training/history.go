package training

import (
	"context"
	"net/http"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/trace"
	"kladka/internal/platform/web"
)

// The history of a training is its trace: from the offer over enrollments and
// hours to the papers, on one page.

func (s *Service) historyRoutes(sh *web.Shell) {
	sh.Handle("GET "+CenterPath+"/{id}/historia", access.Can(access.LeadTrainings), s.getHistory)
	sh.Handle("GET "+EnrollPath+"/{id}/historia", access.SignedIn, s.getOwnHistory)
}

// Reached is how far the people of a training came, and what came of it.
type Reached struct {
	Enrolled int `db:"enrolled"` // whoever ever was on the way in
	Seated   int `db:"seated"`
	Finished int `db:"finished"`
	Papers   int `db:"papers"`
	Hours    int `db:"hours"`
}

func reached(ctx context.Context, r db.Reader, id ID) (n Reached, err error) {
	return n, r.Get(ctx, &n, `select cast(count(*) as bigint) as enrolled,
		cast(coalesce(sum(case when state in ('confirmed', 'attended', 'absent', 'completed', 'certificate_issued') then 1 else 0 end), 0) as bigint) as seated,
		cast(coalesce(sum(case when state in ('completed', 'certificate_issued') then 1 else 0 end), 0) as bigint) as finished,
		cast(coalesce(sum(case when state = 'certificate_issued' then 1 else 0 end), 0) as bigint) as papers,
		cast(coalesce(sum(hours), 0) as bigint) as hours
		from training_enrollments where training = ?`, id)
}

type historyPage struct {
	web.Page
	Tabs  []web.Link
	Steps []historyStep
	Sums  []web.Figure
	Named string // whose way is shown, "" for the training as a whole
	Back  string
}

type historyStep struct{ When, What string }

func (s *Service) getHistory(w http.ResponseWriter, r *web.Request) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	t, err := ByID(ctx, s.db, ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	if err := LeadsIt(ctx, s.db, who, t); err != nil {
		return err
	}
	p := historyPage{Page: r.Page(w, r.L.T("training.history.title", "title", t.Title)), Tabs: Tabs(r.L, t.ID, "/historia")}
	p.NoIndex = true
	about := trace.Thing{Kind: SearchKind, ID: string(t.ID)}
	if id := r.URL.Query().Get("zapis"); id != "" {
		e, err := EnrollmentByID(ctx, s.db, EnrollmentID(id))
		if err != nil {
			return err
		}
		if e.Training != t.ID {
			return fault.ErrNotFound
		}
		p.Named, p.Back, about = e.Name, DeskPath(t.ID)+"/zapisy", trace.Thing{Kind: "enrollment", ID: id}
	}
	if p.Steps, err = s.steps(ctx, r.L, t, about, "public", "inst:"+string(t.Center)); err != nil {
		return err
	}
	n, err := reached(ctx, s.db, t.ID)
	if err != nil {
		return err
	}
	for _, f := range []struct {
		key string
		n   int
	}{{"enrolled", n.Enrolled}, {"seated", n.Seated}, {"finished", n.Finished}, {"hours", n.Hours}, {"papers", n.Papers}} {
		p.Sums = append(p.Sums, web.Figure{Value: r.L.Number(f.n), Label: r.L.T("training.history." + f.key)})
	}
	return r.Render(w, historyView(p))
}

// getOwnHistory is the way of one person, for that person.
func (s *Service) getOwnHistory(w http.ResponseWriter, r *web.Request) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	e, err := s.Open(ctx, Holder{Actor: who}, EnrollmentID(r.PathValue("id")))
	if err != nil {
		return err
	}
	t, err := ByID(ctx, s.db, e.Training)
	if err != nil {
		return err
	}
	p := historyPage{Page: r.Page(w, r.L.T("training.history.title", "title", t.Title)), Named: e.Name, Back: EnrollPath + "/" + string(e.ID)}
	p.NoIndex = true
	if p.Steps, err = s.steps(ctx, r.L, t, trace.Thing{Kind: "enrollment", ID: string(e.ID)}, "person:"+string(who.Person)); err != nil {
		return err
	}
	return r.Render(w, historyView(p))
}

// steps are those of a training's trace that are about one thing.
func (s *Service) steps(ctx context.Context, l *i18n.L, t Training, about trace.Thing, audiences ...string) ([]historyStep, error) {
	rows, err := trace.Steps(ctx, s.db, trace.ID(t.Trace), audiences)
	if err != nil {
		return nil, err
	}
	var out []historyStep
	for _, row := range rows {
		if row.Thing() == about || about.Kind != SearchKind && row.From() == about {
			out = append(out, historyStep{When: l.DateTime(time.Unix(row.At, 0).In(web.Warsaw)), What: l.T(row.TitleKey)})
		}
	}
	return out, nil
}
