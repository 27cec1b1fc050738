package survey

import (
	"net/http"
	"net/url"
	"strconv"

	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// grantPage is where whoever runs a round gives a unit's link more seats than
// whoever runs the unit's list may.
type grantPage struct {
	web.Page
	Unit   string
	Action string
	Link   Link
}

func grantPath(id RoundID, unit string) string { return Path(id) + "/miejsca/" + url.PathEscape(unit) }

func (h roundHandlers) getGrant(w http.ResponseWriter, r *web.Request) error {
	v, err := h.run(r)
	if err != nil {
		return err
	}
	return h.drawGrant(w, r, v, r.PathValue("unit"), http.StatusOK, nil)
}

func (h roundHandlers) drawGrant(w http.ResponseWriter, r *web.Request, v roundView, unit string, status int, refused error) (err error) {
	p := grantPage{Page: r.Page(w, r.L.T("survey.link.grant"), v.officeCrumbs(r)...).WithErrors(refused), Action: grantPath(v.rd.ID, unit)}
	p.NoIndex, p.Lead = true, v.title(r)
	if p.Link, err = h.LinkOf(r.Context(), h.db, v.rd.ID, unit); err != nil {
		return err
	}
	if p.Link.Seats == 0 { // nobody there gave out a link
		return fault.ErrNotFound
	}
	names, err := h.units(r.Context(), unit)
	if err != nil {
		return err
	}
	p.Unit = called(names, unit)
	return r.RenderStatus(w, status, grantView(p))
}

func (h roundHandlers) postGrant(w http.ResponseWriter, r *web.Request) error {
	v, err := h.run(r)
	if err != nil {
		return err
	}
	if err := r.Form(); err != nil {
		return err
	}
	unit := r.PathValue("unit")
	switch l, err := h.LinkOf(r.Context(), h.db, v.rd.ID, unit); {
	case err != nil:
		return err
	case l.Seats == 0:
		return fault.ErrNotFound
	}
	seats, err := strconv.Atoi(r.Value(fieldSeats))
	if err != nil {
		seats = -1
	}
	err = h.GrantSeats(r.Context(), h.by(r), v.rd.ID, unit, seats)
	if fault.KindOf(err) == fault.Invalid {
		return h.drawGrant(w, r, v, unit, http.StatusUnprocessableEntity, err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.survey_link")
	return r.Redirect(w, Path(v.rd.ID)+"/przebieg")
}
