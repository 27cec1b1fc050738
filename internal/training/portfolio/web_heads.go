package portfolio

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/files"
	"kladka/internal/platform/web"
)

const waitingOnPage = 20

// waitingPage is what waits for a head.
type waitingPage struct {
	web.Page
	Rows  []waitingRow
	Pager web.Pager
	Stop  string
}

type waitingRow struct {
	ID, Name, Action, Revision, Field, Reason, ScanHref, Since string
	Facts                                                      []web.Fact
}

// desk reminds heads of papers that wait.
func (s *Service) desk(r *web.Request) ([]web.DeskItem, error) {
	n, err := s.waitingFor(r.Context(), access.ActorOf(r.Request))
	if err != nil || n == 0 {
		return nil, err
	}
	return []web.DeskItem{{Rank: 40, Title: r.L.N("portfolio.desk", n), Text: r.L.T("portfolio.desk_text"), Href: HeadPath}}, nil
}

func (s *Service) getWaiting(w http.ResponseWriter, r *web.Request) error {
	return s.showWaiting(w, r, "", "", nil)
}

func (s *Service) showWaiting(w http.ResponseWriter, r *web.Request, id, reason string, wrong error) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	at, err := web.CursorOf(r.URL.Query())
	if err != nil {
		return err
	}
	list, more, err := s.Waiting(ctx, who, at, waitingOnPage)
	if err != nil {
		return err
	}
	p := waitingPage{Page: r.Page(w, r.L.T("portfolio.head.title")).WithErrors(wrong)}
	p.NoIndex, p.Lead = true, r.L.T("portfolio.head.lead")
	if e := fault.As(wrong); e != nil && len(e.Fields) == 0 {
		p.Stop = r.L.T(e.Key, e.Args...)
	}
	if p.Rows, err = s.waitingRows(r, list); err != nil {
		return err
	}
	for n := range p.Rows {
		if p.Rows[n].ID == id {
			p.Rows[n].Reason = reason
		}
	}
	if len(list) > 0 {
		p.Pager = web.PagerFor(&url.URL{Path: HeadPath, RawQuery: r.URL.RawQuery}, at, web.Cursor{ID: list[0].Ask}, web.Cursor{ID: list[len(list)-1].Ask}, more)
	}
	return r.RenderStatus(w, statusOf(wrong), waitingView(p))
}

// decidePath keeps the place in the list, so that a form that is refused is shown
// where it stood.
func decidePath(r *web.Request, id string) string {
	return (&url.URL{Path: HeadPath + "/" + id, RawQuery: r.URL.RawQuery}).String()
}

func (s *Service) waitingRows(r *web.Request, list []Entry) (rows []waitingRow, err error) {
	ctx := r.Context()
	var owners []string
	var places []access.InstitutionID
	for _, e := range list {
		owners, places = append(owners, e.Person), append(places, e.AskAt)
	}
	people, err := s.People.NamesOf(ctx, owners)
	if err != nil {
		return nil, err
	}
	names, err := s.Directory.Names(ctx, places)
	if err != nil {
		return nil, err
	}
	for _, e := range list {
		row := waitingRow{ID: e.ID, Name: people[e.Person], Action: decidePath(r, e.ID), Revision: strconv.FormatInt(e.Revision, 10), Field: "powod-" + e.ID,
			Since: r.L.T("portfolio.next.since", "date", r.L.Date(localTime(time.Unix(e.AskedAt, 0))))}
		for _, f := range [][2]string{{"title", e.Title}, {"form", formName(r.L, e.Form)}, {"issuer", e.Issuer}, {"day", r.L.DateText(e.DoneOn)},
			{"hours", r.L.Number(e.Hours)}, {"place", names[e.AskAt]}} {
			row.Facts = append(row.Facts, web.Fact{Name: r.L.T("portfolio.column." + f[0]), Value: f[1]})
		}
		if e.Scan != "" {
			row.ScanHref = HeadPath + "/" + e.ID + "/skan"
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func (s *Service) postDecide(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	id, answer := r.PathValue("id"), r.Value("decyzja")
	reason := r.Value("powod-" + id)
	if answer != "tak" && answer != "nie" {
		return fault.New(fault.BadRequest, "fault.bad_request")
	}
	err := s.Decide(r.Context(), access.ActorOf(r.Request), id, revisionOf(r.Value("wersja")), answer == "tak", reason)
	if shown(err) {
		return s.showWaiting(w, r, id, reason, err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.portfolio.decided_"+map[bool]string{true: "yes", false: "no"}[answer == "tak"])
	return r.Redirect(w, HeadPath)
}

// getAskedScan shows a head the scan of what waits. The look is recorded.
func (s *Service) getAskedScan(w http.ResponseWriter, r *web.Request) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	e, err := s.askedOf(ctx, s.db, who, r.PathValue("id"))
	if err != nil {
		return err
	}
	if e.Scan == "" {
		return fault.ErrNotFound
	}
	now := s.now()
	if err := s.db.Write(ctx, func(tx *db.Tx) error {
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "training.portfolio.scan", Object: "portfolio", ObjectID: e.ID, Institution: string(e.AskAt), Subject: e.Person, Read: true}, now)
	}); err != nil {
		return err
	}
	return s.Files.Serve(w, r, ownerOf(e.ID), files.ID(e.Scan))
}
