package result

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/platform/custody"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/web"
)

// openPage is where two people bring their shares, and where everybody sees how
// far the count is.
type openPage struct {
	web.Page
	Edition  budget.Edition
	Opening  Opening
	Next     web.Step
	Closed   bool              // the hours of voting are over
	Bringing *custody.Bringing // nil for those who bring no share
	Runs     bool
	Decides  bool // may make the result final now
	Exports  bool // may download the sealed box
	Lost     bool // fewer shares are left than open anything
	Progress *jobs.Progress
	Pools    []poolLine
	Why      string // typed into the form of Hold
}

// poolLine is a pool with what was found in its box.
type poolLine struct {
	Name, Href  string
	Count       PoolCount
	Differences []string
	Numbers     []web.Fact
	Unopened    string // why no envelope was opened, "" when they were
}

func (s *Service) getOpening(w http.ResponseWriter, r *web.Request) error {
	return s.drawOpening(w, r, http.StatusOK, nil)
}

func (s *Service) drawOpening(w http.ResponseWriter, r *web.Request, status int, refused error) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	e, o, err := s.reads(ctx, who, editionOf(r))
	if err != nil {
		return err
	}
	p := openPage{Page: r.Page(w, r.L.T("result.open.title"), crumbs(r.L, e)...).WithErrors(refused), Edition: e, Opening: o, Next: nextStep(r.L, e, o),
		Closed: e.State == budget.Closed, Runs: s.Editions.Runs(ctx, who, e) == nil}
	p.Lead, p.NoIndex = e.Title, true
	p.Decides = p.Runs && o.State == Counted && !s.now().Before(objectionsEnd(e))
	serves := s.Editions.Serves(ctx, who, access.BudgetRun, e) == nil
	p.Exports = serves && (o.State == Sealed && p.Closed || o.State == Opened || o.State == Differs || o.State == Counted)
	if refused != nil {
		p.Why = r.Value(fieldWhy)
	}
	if o.State == Sealed && p.Closed || o.Rechecks() {
		if err := s.drawShares(r, who, &p); err != nil {
			return err
		}
	}
	if p.Pools, err = s.poolLines(r, e, o); err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return r.RenderStatus(w, status, openView(p))
}

// drawShares tells about the share that waits and the run that is at work.
func (s *Service) drawShares(r *web.Request, who access.Actor, p *openPage) error {
	ctx := r.Context()
	key, err := custody.Read(ctx, s.db, BoxOf(p.Edition.ID))
	if err != nil {
		return err
	}
	p.Lost = key.Lost()
	if p.Progress, err = s.progress(ctx, p.Opening); err != nil {
		return err
	}
	_, keeps := key.Keepers.Of(string(who.Person))
	if keeps || s.Editions.Serves(ctx, who, access.BudgetRun, p.Edition) == nil && slices.ContainsFunc(key.Keepers, custody.Keeper.Deposit) {
		if p.Bringing, err = s.Keys.Bringing(r, BoxOf(p.Edition.ID), custody.ToOpen, string(who.Person), OpenHref(p.Edition.ID)); err != nil {
			return err
		}
		p.Bringing.Prove = custody.Prove(r, access.Fresh, OpenHref(p.Edition.ID))
	}
	return nil
}

// progress is the last run of an opening that is not done, nil when there is none.
func (s *Service) progress(ctx context.Context, o Opening) (*jobs.Progress, error) {
	if o.Run == "" {
		return nil, nil
	}
	p, err := jobs.ReadProgress(ctx, s.db, jobs.ProgressID(o.Run))
	if fault.KindOf(err) == fault.NotFound {
		return nil, nil
	}
	if err == nil && p.State == jobs.ProgressRunning && o.RunAt < s.now().Add(-runStuck).Unix() {
		p.State = jobs.ProgressFailed // its process is gone
	}
	return &p, err
}

// poolLines are the pools with their numbers; none before the box is opened.
func (s *Service) poolLines(r *web.Request, e budget.Edition, o Opening) (lines []poolLine, err error) {
	if o.OpenedAt == 0 {
		return nil, nil
	}
	counts, err := Counts(r.Context(), s.db, e.ID)
	if err != nil {
		return nil, err
	}
	for _, pool := range e.Rules.Pools {
		i := slices.IndexFunc(counts, func(c PoolCount) bool { return c.Pool == pool.ID })
		if i < 0 {
			continue
		}
		l := poolLine{Name: pool.Name, Count: counts[i], Differences: differenceWords(r, counts[i]), Numbers: numberFacts(r, counts[i])}
		if counts[i].Unopened {
			l.Unopened = unopenedWords(r.L)
		}
		if o.Published() {
			l.Href = PoolHref(e.ID, pool.ID)
		}
		lines = append(lines, l)
	}
	return lines, nil
}

func differenceWords(r *web.Request, c PoolCount) (list []string) {
	for _, d := range Differences(c.Turnout, c.Numbers) {
		list = append(list, r.L.T("result.difference."+d.Key, "want", r.L.Number(d.Want), "found", r.L.Number(d.Found)))
	}
	return list
}

// numberFacts are the numbers that are published of every box. Those of things
// that should not be are there only when they are.
func numberFacts(r *web.Request, c PoolCount) []web.Fact {
	facts := []web.Fact{}
	number := func(key string, n int, always bool) {
		if always || n > 0 {
			facts = append(facts, web.Fact{Name: r.L.T("result.number." + key), Value: r.L.Number(n)})
		}
	}
	number("rights", c.Turnout.Rights, true)
	number("spent", c.Turnout.Spent, true)
	number("refused", c.Turnout.Refused, false)
	number("envelopes", c.Envelopes, true)
	number("copies", c.Copies, false)
	number("unreadable", c.Unreadable, false)
	number("opened", c.Opened(), true)
	if c.Unopened {
		return facts
	}
	number("invalid", c.Invalid, true)
	number("valid", c.Valid, true)
	return facts
}

// postShare takes a share. With the second one the opening runs in this process
// and goes on when the officer leaves the page.
func (s *Service) postShare(w http.ResponseWriter, r *web.Request) error {
	id := editionOf(r)
	if err := r.Form(); err != nil {
		return err
	}
	run, err := s.Bring(r.Context(), access.ActorOf(r.Request), id, r.PostFormValue(custody.ShareField))
	if fault.KindOf(err) == fault.Invalid {
		return s.drawOpening(w, r, http.StatusUnprocessableEntity, err)
	}
	if err != nil {
		return err
	}
	if run == nil {
		return done(w, r, "first_share", OpenHref(id))
	}
	s.start(run)
	return done(w, r, "opening", OpenHref(id))
}

// getBox sends the sealed box as a file. It is written as it is read, so an error
// after its first line can only cut it off; the file lacks its last line then.
func (s *Service) getBox(w http.ResponseWriter, r *web.Request) error {
	id := editionOf(r)
	out := &boxResponse{ResponseWriter: w, name: "urna-" + string(id) + ".jsonl"}
	err := s.Export(r.Context(), out, access.ActorOf(r.Request), id)
	if err != nil && out.begun {
		s.Log.Error("a sealed box was cut off", "edition", id, "err", err)
		panic(http.ErrAbortHandler) // the browser must see that the download failed
	}
	return err
}

// boxResponse sets the head of the answer with the first byte, so that a refusal
// before it is an ordinary page.
type boxResponse struct {
	http.ResponseWriter
	name  string
	begun bool
}

func (w *boxResponse) Write(b []byte) (int, error) {
	if !w.begun {
		w.begun = true
		h := w.Header()
		h.Set("Content-Type", "application/jsonl; charset=utf-8")
		h.Set("Content-Disposition", `attachment; filename="`+w.name+`"`)
		h.Set("Cache-Control", "no-store")
	}
	return w.ResponseWriter.Write(b)
}

func (s *Service) postFinish(w http.ResponseWriter, r *web.Request) error {
	id := editionOf(r)
	if err := s.Finish(r.Context(), access.ActorOf(r.Request), id); err != nil {
		return err
	}
	return done(w, r, "final", OpenHref(id))
}

func (s *Service) postHold(w http.ResponseWriter, r *web.Request) error {
	id := editionOf(r)
	err := s.Hold(r.Context(), access.ActorOf(r.Request), id, strings.ReplaceAll(r.Value(fieldWhy), "\r\n", "\n"))
	if fault.KindOf(err) == fault.Invalid {
		return s.drawOpening(w, r, http.StatusUnprocessableEntity, err)
	}
	if err != nil {
		return err
	}
	return done(w, r, "held", OpenHref(id))
}

// desk puts on "Moje sprawy": boxes that wait for a share of the person, counts
// that stopped, results that wait for a decision.
func (s *Service) desk(r *web.Request) (items []web.DeskItem, err error) {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	if who.Shared {
		return nil, nil
	}
	list, err := s.Editions.Uncounted(ctx, s.db, who.Where(access.BudgetKeep, access.BudgetRun))
	if err != nil {
		return nil, err
	}
	for _, e := range list {
		o, err := OpeningOf(ctx, s.db, e.ID)
		if err != nil {
			return nil, err
		}
		key, err := s.duty(ctx, who, e, o)
		if err != nil {
			return nil, err
		}
		if key != "" {
			items = append(items, web.DeskItem{Rank: 12, Title: r.L.T("result.desk."+key, "title", e.Title), Href: OpenHref(e.ID)})
		}
	}
	return items, nil
}

// duty is what the person has to do about an edition, "" for nothing.
func (s *Service) duty(ctx context.Context, who access.Actor, e budget.Edition, o Opening) (string, error) {
	if o.State == Sealed {
		key, err := custody.Read(ctx, s.db, BoxOf(e.ID))
		if _, keeps := key.Keepers.Of(string(who.Person)); keeps {
			return "bring", err
		}
		return "", err
	}
	if s.Editions.Runs(ctx, who, e) != nil {
		return "", nil
	}
	switch {
	case o.State == Differs:
		return "differs", nil
	case o.State != Counted:
		return "", nil
	case o.HeldAt != 0:
		return "held", nil
	case objectionsEnd(e).IsZero():
		return "decision", nil
	}
	return "", nil
}

// Running tells that envelopes are being opened.
func (p openPage) Running() bool {
	return p.Progress != nil && p.Progress.State == jobs.ProgressRunning
}

// at is a moment as the reader writes it.
func (p openPage) at(moment int64) string {
	return p.L.DateTime(time.Unix(moment, 0).In(web.Warsaw))
}
