package app

import (
	"context"
	"net/http"
	"regexp"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/web"
)

// operationsRoutes are the pages of the one who keeps the program running. The
// package jobs knows nothing of pages, so they stand here.
func (a *App) operationsRoutes() {
	a.shell.Handle("GET /administracja/zadania", access.Can(access.SeeJobs), a.getJobs)
	a.shell.Handle("POST /administracja/zadania/{id}/ponow", access.Can(access.RetryJobs), a.postRetry)
	a.shell.Handle("POST /administracja/zadania/{id}/usun", access.Can(access.RetryJobs), a.postDiscard)
	a.shell.AddDesk(a.parkedOnDesk)
}

const jobsOnPage = 20

// jobAction is jobs.Retry or jobs.Discard.
type jobAction func(ctx context.Context, tx *db.Tx, id jobs.ID) error

type jobsPage struct {
	web.Page
	Tally  jobs.Tally
	Parked []jobs.ParkedJob
	Next   string
}

var jobID = regexp.MustCompile(`^[0-9a-f-]{36}$`)

func (a *App) getJobs(w http.ResponseWriter, r *web.Request) error {
	after := r.Value("od")
	if after != "" && !jobID.MatchString(after) {
		return fault.New(fault.BadRequest, "fault.cursor")
	}
	p := jobsPage{Page: r.Page(w, r.L.T("jobs.title"))}
	var err error
	if p.Tally, err = jobs.Counts(r.Context(), a.db); err != nil {
		return err
	}
	if p.Parked, err = jobs.Parked(r.Context(), a.db, jobs.ID(after), jobsOnPage+1); err != nil {
		return err
	}
	if len(p.Parked) > jobsOnPage {
		p.Parked = p.Parked[:jobsOnPage]
		p.Next = "/administracja/zadania?od=" + string(p.Parked[jobsOnPage-1].ID)
	}
	return r.Render(w, jobsView(p))
}

func (a *App) postRetry(w http.ResponseWriter, r *web.Request) error {
	return a.settleJob(w, r, jobs.Retry, "notice.job_retried")
}

func (a *App) postDiscard(w http.ResponseWriter, r *web.Request) error {
	return a.settleJob(w, r, jobs.Discard, "notice.job_discarded")
}

// settleJob does one of the two things that can be done with a parked job.
func (a *App) settleJob(w http.ResponseWriter, r *web.Request, act jobAction, notice string) error {
	id := r.PathValue("id")
	if !jobID.MatchString(id) {
		return fault.ErrNotFound
	}
	err := a.db.Write(r.Context(), func(tx *db.Tx) error { return act(r.Context(), tx, jobs.ID(id)) })
	if err != nil {
		return err
	}
	a.runner.Wake()
	r.Notify(w, notice)
	return r.Redirect(w, "/administracja/zadania")
}

func (a *App) parkedOnDesk(r *web.Request) ([]web.DeskItem, error) {
	if !access.ActorOf(r.Request).May(access.SeeJobs) {
		return nil, nil
	}
	t, err := jobs.Counts(r.Context(), a.db)
	if err != nil || t.Parked == 0 {
		return nil, err
	}
	return []web.DeskItem{{Rank: 10, Title: r.L.N("desk.parked", t.Parked), Text: r.L.T("desk.parked_text"), Href: "/administracja/zadania"}}, nil
}
