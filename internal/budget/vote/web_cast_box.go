package vote

import (
	"bufio"
	"net/http"

	"kladka/internal/budget"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// BoxHref is where the digests of all envelopes stand after the vote.
func BoxHref(id budget.EditionID) string { return budget.Href(id) + "/urna" }

const fieldDigest = "skrot"

func (h castHandlers) urnRoutes(sh *web.Shell) {
	const box = edition + "/urna"
	sh.Handle("GET "+box, web.Public, h.getUrn, web.Quiet())
	sh.Handle("POST "+box, web.Public, h.postUrn, web.Quiet())
	sh.Handle("GET "+box+"/{pool}/skroty.txt", web.Public, h.getDigests, web.Quiet())
}

// urnPage tells how many envelopes lie in each box, and whether one of them has
// the digest of a receipt.
type urnPage struct {
	web.Page
	Edition budget.Edition
	Closed  bool
	Boxes   []urnLine
	Typed   string
	Digest  string // as it was understood
	// Destroyed tells that no envelope lies there any more; their digests stay.
	Destroyed bool
	Found     string // name of the pool in whose box it lies
	Next      web.Step
}

// urnLine is one box that was closed.
type urnLine struct {
	budget.Pool
	Envelopes int
}

func (p urnPage) file(b urnLine) string {
	return BoxHref(p.Edition.ID) + "/" + string(b.ID) + "/skroty.txt"
}

func (h castHandlers) getUrn(w http.ResponseWriter, r *web.Request) error {
	e, err := h.edition(r)
	if err != nil {
		return err
	}
	return h.drawUrn(w, r, e, "", nil)
}

// postUrn looks for the digest of a receipt. It comes by POST, so that it stands
// in no address and no history.
func (h castHandlers) postUrn(w http.ResponseWriter, r *web.Request) error {
	e, err := h.edition(r)
	if err != nil {
		return err
	}
	if err := r.Form(); err != nil {
		return err
	}
	typed := r.Value(fieldDigest)
	if ReadDigest(typed) == "" {
		return h.drawUrn(w, r, e, typed, fault.InvalidFields([]fault.Field{{Name: fieldDigest, Key: "vote.box.no_digest"}}))
	}
	return h.drawUrn(w, r, e, typed, nil)
}

func (h castHandlers) drawUrn(w http.ResponseWriter, r *web.Request, e budget.Edition, typed string, refused error) error {
	p := urnPage{Page: r.Page(w, r.L.T("vote.box.title"), crumbs(r.L, e)...).WithErrors(refused), Edition: e, Typed: typed, Digest: ReadDigest(typed), Next: h.urnNext(r, e)}
	p.Lead = e.Title
	for _, pool := range e.Rules.Pools {
		n, err := BoxCount(r.Context(), h.db, e.ID, pool.ID)
		if fault.KindOf(err) == fault.Conflict {
			continue
		}
		if err != nil {
			return err
		}
		p.Boxes = append(p.Boxes, urnLine{pool, n})
		if p.Digest == "" || p.Found != "" {
			continue
		}
		in, err := inBox(r.Context(), h.db, e.ID, pool.ID, p.Digest)
		if err != nil {
			return err
		}
		if in {
			p.Found = pool.Name
		}
	}
	p.Closed = len(p.Boxes) == len(e.Rules.Pools) && len(p.Boxes) > 0
	if p.Closed && e.State.In(budget.Final, budget.Archived) {
		lie := false
		if err := h.db.Get(r.Context(), &lie, `select exists (select 1 from budget_envelopes where edition = ?)`, e.ID); err != nil {
			return err
		}
		p.Destroyed = !lie
	}
	return r.RenderStatus(w, statusOf(refused), urnView(p))
}

// urnNext is what happens to the envelopes next.
func (h castHandlers) urnNext(r *web.Request, e budget.Edition) web.Step {
	switch {
	case e.State.In(budget.Counted, budget.Final, budget.Archived):
		return web.Step{What: r.L.T("vote.box.next_results"), Href: budget.Href(e.ID) + "/wyniki"}
	case h.voteOver(e):
		return web.Step{What: r.L.T("vote.box.next_open"), Who: r.L.T("vote.box.next_who")}
	}
	return web.Step{What: r.L.T("vote.box.next_close"), When: budget.EndWords(r.L, e.Rules.Calendar.VoteTo)}
}

// digestPage is how many digests are read at once.
const digestPage = 2000

// getDigests writes all digests of a closed box, one in a line, in the order of
// their letters: anybody can keep the list and compare it with the count.
func (h castHandlers) getDigests(w http.ResponseWriter, r *web.Request) error {
	e, err := h.edition(r)
	if err != nil {
		return err
	}
	pool, known := e.Pool(budget.PoolID(r.PathValue("pool")))
	if !known {
		return fault.ErrNotFound
	}
	if _, err := BoxCount(r.Context(), h.db, e.ID, pool.ID); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="kladka-urna-`+string(pool.ID)+`.txt"`)
	out := bufio.NewWriter(w)
	for behind := 0; ; {
		list, err := Digests(r.Context(), h.db, e.ID, pool.ID, behind, digestPage)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return out.Flush()
		}
		for _, d := range list {
			out.WriteString(d)
			out.WriteByte('\n')
		}
		behind += len(list)
	}
}
