package budget

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"

	"kladka/internal/access"
	"kladka/internal/platform/web"
)

// DrawHref is the page of the drawing of an edition.
func DrawHref(id EditionID) string { return Href(id) + "/losowanie" }

func (s *Service) drawRoutes(sh *web.Shell) {
	sh.Handle("GET "+Path+"/{id}/losowanie", web.Public, s.getDraw)
}

// drawPage is the drawing of the order on ballots: the seed, what came of it, and
// how anybody draws again.
type drawPage struct {
	web.Page
	Of       Edition
	Pools    []drawnPool
	Groups   [][]web.Link // projects that exclude each other
	Excludes bool         // the reader can write exclusions now
	Next     web.Step
}

type drawnPool struct {
	Name string
	Rows []drawnRow
}

// drawnRow is a project with the number by which it was drawn.
type drawnRow struct {
	No                      int
	Title, Href, ID, Number string
}

// drawKey is the SHA-256 by which DrawOrder sorts, in hex.
func drawKey(seed string, id ProjectID) string {
	sum := sha256.Sum256([]byte(seed + "\x00" + string(id)))
	return hex.EncodeToString(sum[:])
}

func (s *Service) getDraw(w http.ResponseWriter, r *web.Request) error {
	ctx, who, l := r.Context(), access.ActorOf(r.Request), r.L
	e, err := s.editionRead(ctx, who, EditionID(r.PathValue("id")))
	if err != nil {
		return err
	}
	p := drawPage{Page: r.Page(w, l.T("budget.draw.title"), crumbsOf(l, e)...), Of: e, Excludes: e.State == Published && s.Runs(ctx, who, e) == nil,
		Next: web.Step{What: l.T("budget.draw.next"), Who: l.T("budget.who.runs"), When: dayText(l, e.Rules.Calendar.DrawOn)}}
	p.NoIndex = e.PublishedAt == 0
	if e.RulesHash != "" {
		p.Next = e.next(l, s.now())
	}
	if e.Rules.Seed != "" {
		for _, pool := range e.Rules.Pools {
			one, err := s.drawn(r, e, pool)
			if err != nil {
				return err
			}
			p.Pools = append(p.Pools, one)
		}
	}
	for _, group := range e.Rules.Excludes {
		var links []web.Link
		for _, id := range group {
			of, err := ProjectByID(ctx, s.db, id)
			if err != nil {
				return err
			}
			links = append(links, web.Link{Text: l.T("budget.draw.numbered", "n", of.Number, "title", of.Title), Href: ProjectHref(id)})
		}
		p.Groups = append(p.Groups, links)
	}
	return r.Render(w, drawView(p))
}

func (s *Service) drawn(r *web.Request, e Edition, pool Pool) (d drawnPool, err error) {
	list, err := OnBallot(r.Context(), s.db, e.ID, pool.ID)
	d.Name = pool.Name
	for _, one := range list {
		d.Rows = append(d.Rows, drawnRow{No: one.Order, Title: one.Title, Href: ProjectHref(one.ID), ID: string(one.ID), Number: drawKey(e.Rules.Seed, one.ID)[:16]})
	}
	return d, err
}

// again is how the first row is drawn again in a shell.
func (p drawPage) again() string {
	for _, pool := range p.Pools {
		if len(pool.Rows) > 0 {
			return `printf '%s\0%s' ` + p.Of.Rules.Seed + " " + pool.Rows[0].ID + " | sha256sum"
		}
	}
	return ""
}

// id tells the tables of pools apart.
func (p drawPage) id(n int) string { return "pula-" + strconv.Itoa(n+1) }
