package papers

import (
	"io"
	"net/http"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/web"
	"kladka/internal/training"
)

// trainingPage is who of a training gets a paper.
type trainingPage struct {
	page
	Path    string
	Kind    string
	Missing []missingItem
	Ready   int
	Rows    []candidateRow
	Blanks  string
}

type missingItem struct{ Text, Href, Label string }

type candidateRow struct{ Name, State, Mark, Number, NumberHref, Birth, Href string }

func papersPath(id training.ID) string { return training.DeskPath(id) + "/dokumenty" }

func (s *Service) trainingPage(w http.ResponseWriter, r *web.Request, t training.Training, title string) page {
	p := page{Page: r.Page(w, title, web.Link{Text: r.L.T("papers.title.trainings"), Href: training.CenterPath}, web.Link{Text: t.Title, Href: training.DeskPath(t.ID)}),
		Areas: training.Tabs(r.L, t.ID, "/dokumenty")}
	p.NoIndex = true
	return p
}

func (s *Service) getTraining(w http.ResponseWriter, r *web.Request) error {
	o, err := s.Outlook(r.Context(), access.ActorOf(r.Request), training.ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	p := trainingPage{page: s.trainingPage(w, r, o.Training, r.L.T("papers.title.training")), Path: papersPath(o.Training.ID), Ready: o.Ready,
		Kind: r.L.T("training.paper." + string(o.Training.Paper))}
	for _, key := range o.Missing {
		p.Missing = append(p.Missing, missingOf(r.L, key, o.Training.ID))
	}
	if o.Training.Paper == training.Diploma {
		p.Blanks = r.L.N("papers.blanks_free", o.Blanks)
	}
	for _, c := range o.Candidates {
		p.Rows = append(p.Rows, candidateOf(r.L, p.Path, c))
	}
	return r.Render(w, trainingView(p))
}

func missingOf(l *i18n.L, key string, id training.ID) missingItem {
	m := missingItem{Text: l.T(key)}
	switch key {
	case "papers.missing.center":
		m.Href, m.Label = settingsPath, l.T("papers.title.settings")
	case "papers.missing.blanks":
		m.Href, m.Label = BlanksPath, l.T("papers.title.blanks")
	case "papers.missing.consent", "papers.missing.framework", "papers.missing.paper":
		m.Href, m.Label = training.DeskPath(id)+"/zmien", l.T("training.tab.offer")
	case "papers.missing.closed":
		m.Href, m.Label = training.DeskPath(id)+"/obecnosc", l.T("training.tab.attendance")
	}
	return m
}

func candidateOf(l *i18n.L, path string, c Candidate) candidateRow {
	row := candidateRow{Name: c.Enrollment.Name, State: l.T("training.status." + string(c.Enrollment.State)), Href: path + "/" + string(c.Enrollment.ID)}
	switch {
	case c.Paper.ID != "":
		row.Number, row.NumberHref, row.Mark, row.Href = c.Paper.Number, RegisterPath+"/"+string(c.Paper.ID), "ok", ""
	case c.Birth:
		row.Birth = l.T("papers.birth.given")
	default:
		row.Birth = l.T("papers.birth.missing")
	}
	return row
}

func (s *Service) postIssueAll(w http.ResponseWriter, r *web.Request) error {
	id := training.ID(r.PathValue("id"))
	progress, err := s.IssueAll(r.Context(), access.ActorOf(r.Request), id)
	if err != nil {
		return err
	}
	return r.Redirect(w, papersPath(id)+"/postep/"+string(progress))
}

// progressPage is how far the work is.
type progressPage struct {
	page
	Bar  bar
	Next string
}

type bar struct {
	Text, Stream, Href string
	Done, Total        int64
	Over               bool
}

func (s *Service) progress(r *web.Request) (training.Training, jobs.Progress, bar, error) {
	t, err := training.ByID(r.Context(), s.db, training.ID(r.PathValue("id")))
	if err != nil {
		return t, jobs.Progress{}, bar{}, err
	}
	who := access.ActorOf(r.Request)
	if err := hide(who.MayAt(r.Context(), access.IssuePapers, t.Center)); err != nil {
		return t, jobs.Progress{}, bar{}, err
	}
	p, err := jobs.ReadProgress(r.Context(), s.db, jobs.ProgressID(r.PathValue("postep")))
	if err == nil && (p.Owner != string(who.Person) || p.Kind != jobIssue) {
		err = fault.ErrNotFound
	}
	return t, p, barOf(r.L, papersPath(t.ID), p), err
}

func barOf(l *i18n.L, path string, p jobs.Progress) bar {
	b := bar{Stream: path + "/postep/" + string(p.ID) + "/strumien", Href: path, Done: p.Done, Total: p.Total,
		Text: l.T("papers.progress.running", "done", l.Number(int(p.Done)), "total", l.Number(int(p.Total)))}
	switch p.State {
	case jobs.ProgressDone:
		b.Over, b.Text = true, l.T("papers.progress.done")
		if p.Note == "papers.progress.partly" {
			b.Text = l.T("papers.progress.partly")
		}
	case jobs.ProgressFailed:
		b.Over, b.Text = true, l.T("papers.progress.failed")
		if p.Note == "papers.progress.stopped" {
			b.Text = l.T("papers.progress.stopped")
		}
	}
	return b
}

func (s *Service) getProgress(w http.ResponseWriter, r *web.Request) error {
	t, _, b, err := s.progress(r)
	if err != nil {
		return err
	}
	p := progressPage{page: s.trainingPage(w, r, t, r.L.T("papers.progress")), Bar: b}
	p.Scripts = []string{"htmx.min.js", "htmx-sse.js"}
	return r.Render(w, progressView(p))
}

// streamFor is how long one stream lasts; the browser asks again, and the guard
// looks again.
const streamFor = 30 * time.Second

func (s *Service) streamProgress(w http.ResponseWriter, r *web.Request) error {
	_, _, b, err := s.progress(r)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	end := time.NewTimer(streamFor)
	defer end.Stop()
	for {
		if !sendBar(w, r, b) || b.Over {
			return nil
		}
		select {
		case <-r.Context().Done():
			return nil
		case <-r.Shell.Stopping():
			return nil
		case <-end.C:
			return nil
		case <-time.After(time.Second):
		}
		if _, _, b, err = s.progress(r); err != nil {
			return nil //nolint:nilerr // the head is sent; the browser asks again
		}
	}
}

// sendBar sends one message, and tells whether anybody still listens.
func sendBar(w http.ResponseWriter, r *web.Request, b bar) bool {
	if _, err := io.WriteString(w, "data: "); err != nil {
		return false
	}
	if err := barView(web.Page{L: r.L}, b).Render(r.Context(), oneLine{w}); err != nil {
		return false
	}
	end := "\n\n"
	if b.Over {
		end += "event: koniec\ndata: 1\n\n"
	}
	if _, err := io.WriteString(w, end); err != nil {
		return false
	}
	return http.NewResponseController(w).Flush() == nil
}

// oneLine keeps a message of a stream on one line: a line break would end it.
type oneLine struct{ w io.Writer }

func (o oneLine) Write(b []byte) (int, error) {
	line := make([]byte, len(b))
	for n, c := range b {
		if c == '\n' || c == '\r' {
			c = ' '
		}
		line[n] = c
	}
	return o.w.Write(line)
}

// candidatePage is the birth data of one person, typed by an officer.
type candidatePage struct {
	page
	Path  string
	Name  string
	Birth Birth
	Given bool
	Issue bool
	Back  string
}

func (s *Service) getCandidate(w http.ResponseWriter, r *web.Request) error {
	return s.showCandidate(w, r, http.StatusOK, nil)
}

func (s *Service) showCandidate(w http.ResponseWriter, r *web.Request, status int, fail error) error {
	e, t, err := s.candidate(r.Context(), access.ActorOf(r.Request), training.EnrollmentID(r.PathValue("zapis")))
	if err != nil {
		return err
	}
	if string(t.ID) != r.PathValue("id") {
		return fault.ErrNotFound
	}
	b, err := s.birthOf(r.Context(), s.db, e.ID)
	if err != nil {
		return err
	}
	p := candidatePage{page: s.trainingPage(w, r, t, r.L.T("papers.title.birth")), Path: papersPath(t.ID) + "/" + string(e.ID), Name: e.Name, Given: b.whole(),
		Issue: b.whole() && e.State == training.Completed && t.State == training.Closed, Back: papersPath(t.ID)}
	if fail != nil { // what is given is not shown again: who typed it has it
		p.Birth = Birth{r.Value("urodzenie"), r.Value("miejsce")}
	}
	p.Page = p.WithErrors(fail)
	return r.RenderStatus(w, status, candidateView(p))
}

func (s *Service) postCandidate(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	id := training.EnrollmentID(r.PathValue("zapis"))
	err := s.TypeBirth(r.Context(), access.ActorOf(r.Request), id, Birth{r.Value("urodzenie"), r.Value("miejsce")})
	if e := refused(err); e != nil {
		return s.showCandidate(w, r, e.Kind.Status(), err)
	}
	return back(w, r, err, papersPath(training.ID(r.PathValue("id")))+"/"+string(id), "notice.papers.birth")
}

func (s *Service) postIssue(w http.ResponseWriter, r *web.Request) error {
	id, err := s.Issue(r.Context(), access.ActorOf(r.Request), training.EnrollmentID(r.PathValue("zapis")))
	return back(w, r, err, RegisterPath+"/"+string(id), "notice.papers.issued")
}
