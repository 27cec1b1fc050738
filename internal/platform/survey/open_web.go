package survey

import (
	"context"
	"errors"
	"net/http"

	"kladka/internal/platform/custody"
	"kladka/internal/platform/disclosure"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/web"
)

// openPage is where two officers bring their shares.
type openPage struct {
	web.Page
	Round    Round
	Bringing *custody.Bringing
	Progress *jobs.Progress
	Lost     bool
	Facts    []web.Fact
}

func (h roundHandlers) getOpening(w http.ResponseWriter, r *web.Request) error {
	v, keepers, runs, err := h.keyView(r)
	if err != nil {
		return err
	}
	return h.drawOpening(w, r, v, keepers, runs, http.StatusOK, nil)
}

func (h roundHandlers) drawOpening(w http.ResponseWriter, r *web.Request, v roundView, keepers custody.Keepers, runs bool, status int, refused error) error {
	ctx := r.Context()
	p := openPage{Page: r.Page(w, r.L.T("survey.open.title"), v.keyCrumbs(r, runs)...).WithErrors(refused), Round: v.rd}
	p.NoIndex, p.Lead = true, v.title(r)
	p.Lost = v.rd.State == Closed && keepers.Usable() < custody.Needed
	var err error
	if p.Bringing, err = h.custody.Bringing(r, keyBox(v.rd.ID), custody.ToOpen, h.person(r), Path(v.rd.ID)+"/otwarcie"); err != nil {
		return err
	}
	p.Bringing.Prove = custody.Prove(r, h.doors.Fresh, p.Bringing.Action)
	if p.Progress, err = h.progress(ctx, v.rd); err != nil {
		return err
	}
	if v.rd.State == Opened {
		if p.Facts, err = h.openFacts(r, v.rd); err != nil {
			return err
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	return r.RenderStatus(w, status, openView(p))
}

// progress is the run that is at work, nil when there is none.
func (h roundHandlers) progress(ctx context.Context, rd Round) (*jobs.Progress, error) {
	var run jobs.ProgressID
	if err := h.db.Get(ctx, &run, `select run from survey_rounds where id = ?`, rd.ID); err != nil || run == "" {
		return nil, err
	}
	p, err := jobs.ReadProgress(ctx, h.db, run)
	if fault.KindOf(err) == fault.NotFound {
		return nil, nil
	}
	return &p, err
}

// openFacts are the numbers that are published of every opening.
func (h roundHandlers) openFacts(r *web.Request, rd Round) ([]web.Fact, error) {
	sum, err := PartOf(r.Context(), h.db, rd.ID)
	if err != nil {
		return nil, err
	}
	invited, answered := r.L.Number(sum.Invited), r.L.Number(sum.Answered)
	if sum.Invited < runLeast { // it would name those who did not answer
		invited, answered = r.L.T("survey.run.few", "n", runLeast), "–"
	}
	facts := []web.Fact{{Name: r.L.T("survey.fact.invited"), Value: invited}, {Name: r.L.T("survey.fact.answered"), Value: answered}}
	if sum.Seats > 0 {
		facts = append(facts, web.Fact{Name: r.L.T("survey.fact.link"), Value: r.L.T("survey.link.seats", "used", sum.Used, "seats", sum.Seats)})
	}
	if rd.Mode == Anonymous && rd.State == Opened {
		facts = append(facts, web.Fact{Name: r.L.T("survey.fact.envelopes"), Value: r.L.Number(rd.Envelopes)},
			web.Fact{Name: r.L.T("survey.fact.readable"), Value: r.L.Number(rd.Readable)},
			web.Fact{Name: r.L.T("survey.fact.unreadable"), Value: r.L.Number(rd.Unreadable())})
	}
	return facts, nil
}

// postShare takes a share. With the second one the opening runs in this process
// and goes on when the officer leaves the page: the key is nowhere else.
func (h roundHandlers) postShare(w http.ResponseWriter, r *web.Request) error {
	v, keepers, runs, err := h.keyView(r)
	if err != nil {
		return err
	}
	if err := r.Form(); err != nil {
		return err
	}
	o, err := h.GiveShare(r.Context(), h.by(r), v.rd.ID, r.PostFormValue(custody.ShareField), runs)
	if fault.KindOf(err) == fault.Invalid {
		return h.drawOpening(w, r, v, keepers, runs, http.StatusUnprocessableEntity, err)
	}
	if err != nil {
		return err
	}
	if o == nil {
		r.Notify(w, "notice.custody_first")
	} else {
		h.opening.Go(func() {
			if err := o.Do(context.Background()); err != nil {
				h.log.Error("opening failed", "round", v.rd.ID, "err", err)
			}
		})
	}
	return r.Redirect(w, Path(v.rd.ID)+"/otwarcie")
}

// Wait waits until openings that run in this process are done, or the context
// ends: then the rounds stay closed and two shares are asked for again.
func (s *Service) Wait(ctx context.Context) error {
	done := make(chan struct{})
	go func() { s.opening.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return errors.Join(errors.New("survey: an opening was cut off"), ctx.Err())
	}
}

// resultsPage draws releases only.
type resultsPage struct {
	web.Page
	Round  Round
	Facts  []web.Fact
	Tables []disclosure.View
	Matter web.Link
}

func (h roundHandlers) getResults(w http.ResponseWriter, r *web.Request) error {
	v, err := h.viewed(r)
	if err != nil {
		return err
	}
	if err := v.owner.Sees(r.Context(), r, v.rd); err != nil {
		return err
	}
	p := resultsPage{Page: r.Page(w, r.L.T("survey.results.title"), v.crumbs(r)...), Round: v.rd, Matter: v.owner.Page(r.L, v.rd)}
	p.NoIndex, p.Lead = true, v.title(r)
	if v.rd.State == Closed || v.rd.State == Opened {
		if p.Facts, err = h.openFacts(r, v.rd); err != nil {
			return err
		}
	}
	if p.Tables, err = h.published(r.Context(), r.L, v.rd, v.def); err != nil {
		return err
	}
	return r.Render(w, resultsView(p))
}
