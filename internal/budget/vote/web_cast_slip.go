package vote

import (
	"net/http"

	"kladka/internal/budget"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// slipPage asks for the code of a slip, whichever edition it is of.
type slipPage struct {
	web.Page
	Next web.Step
}

func (h castHandlers) getSlip(w http.ResponseWriter, r *web.Request) error {
	return h.drawSlip(w, r, nil)
}

// postSlip takes a code and goes on as the start page of its edition does.
func (h castHandlers) postSlip(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	code := r.Value(fieldCode)
	if code == "" {
		return h.drawSlip(w, r, fault.InvalidFields([]fault.Field{{Name: fieldCode, Key: "vote.cast.no_code"}}))
	}
	id, err := h.EditionOfSlip(r.Context(), r.Network(), code)
	if fault.KindOf(err) == fault.Invalid {
		return h.drawSlip(w, r, err)
	}
	if err != nil {
		return err
	}
	e, marks, err := h.current(r.Context(), id)
	if err != nil {
		return err
	}
	v, err := h.voter(r, e, marks)
	if err != nil {
		return err
	}
	return h.goIn(w, r, e, v)
}

func (h castHandlers) drawSlip(w http.ResponseWriter, r *web.Request, refused error) error {
	p := slipPage{Page: r.Page(w, r.L.T("vote.door.title"), web.Link{Text: r.L.T("vote.crumb"), Href: budget.Path}).WithErrors(refused),
		Next: web.Step{What: r.L.T("vote.door.next"), Who: r.L.T("vote.door.next_who")}}
	p.NoIndex, p.Lead = true, r.L.T("vote.door.lead")
	return r.RenderStatus(w, statusOf(refused), slipView(p))
}
