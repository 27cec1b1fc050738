package survey

import (
	"net/http"
	"slices"
	"strings"

	"kladka/internal/platform/custody"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// runPage is a round for those who run it. It is opened, closed and given up on
// the pages of its owner, for whom that is a part of more.
type runPage struct {
	web.Page
	Round Round
	Sum   Part
	Units []runUnit
	Pages []web.Link
	Next  web.Step
}

// runUnit is how many of a unit were invited and answered.
type runUnit struct {
	Name              string
	Invited, Answered string
	Link              string
	More              string // where seats are added; "" when there is no link, or it is over
}

// runLeast is from how many invited on a unit's figures stand on the page:
// below that they tell of single people.
const runLeast = 5

func (h roundHandlers) getRound(w http.ResponseWriter, r *web.Request) error {
	v, err := h.run(r)
	if err != nil {
		return err
	}
	p := runPage{Page: r.Page(w, r.L.T("survey.run.title"), v.crumbs(r)...), Round: v.rd}
	p.NoIndex, p.Lead = true, v.title(r)
	parts, err := Parts(r.Context(), h.db, v.rd.ID)
	if err != nil {
		return err
	}
	if p.Units, err = h.runUnits(r, v.rd, parts); err != nil {
		return err
	}
	for _, part := range parts {
		p.Sum.add(part)
	}
	keepers, err := Custody(r.Context(), h.db, v.rd.ID)
	if err != nil {
		return err
	}
	lost := v.rd.Mode == Anonymous && len(keepers) > 0 && v.rd.State != Opened && v.rd.State != Planned && keepers.Usable() < custody.Needed
	p.Pages = append(runPages(r.L, v.rd), v.owner.Page(r.L, v.rd))
	p.Next = runNext(r.L, v.rd, lost)
	return r.Render(w, runView(p))
}

func (h roundHandlers) runUnits(r *web.Request, rd Round, parts []Part) (list []runUnit, err error) {
	var ids []string
	for _, p := range parts {
		ids = append(ids, p.Unit)
	}
	names, err := h.units(r.Context(), ids...)
	if err != nil {
		return nil, err
	}
	for _, p := range parts {
		u := runUnit{Name: called(names, p.Unit), Invited: r.L.T("survey.run.few", "n", runLeast), Answered: "–"}
		if p.Invited >= runLeast {
			u.Invited, u.Answered = r.L.Number(p.Invited), r.L.Number(p.Answered)
		}
		if p.Seats > 0 {
			u.Link = r.L.T("survey.link.seats", "used", p.Used, "seats", p.Seats)
			if rd.State == Planned || rd.State == Open {
				u.More = grantPath(rd.ID, p.Unit)
			}
		}
		list = append(list, u)
	}
	slices.SortFunc(list, func(a, b runUnit) int { return strings.Compare(i18n.SortKey(a.Name), i18n.SortKey(b.Name)) })
	return list, nil
}

func runPages(l *i18n.L, rd Round) (links []web.Link) {
	add := func(key, page string) {
		links = append(links, web.Link{Text: l.T(key), Href: Path(rd.ID) + "/" + page})
	}
	add("survey.print.title", "druk")
	if rd.Mode == Anonymous {
		add("custody.title", "klucz")
		add("survey.open.title", "otwarcie")
	}
	add("survey.results.title", "wyniki")
	return links
}

// runNext is what happens next, who does it and by when.
func runNext(l *i18n.L, rd Round, lost bool) web.Step {
	step := web.Step{What: l.T("survey.next." + string(rd.State))}
	switch {
	case lost:
		step.What = l.T("survey.next.lost")
	case rd.State == Planned && rd.Mode == Anonymous && rd.Public == "":
		step.What, step.Href = l.T("survey.next.key"), keyPath(rd.ID)
	case rd.State == Open:
		step.When = until(l, rd)
	case rd.State == Closed && rd.Mode != Anonymous:
		step.What = l.T("survey.next.counted")
	case rd.State == Closed:
		step.Href, step.Who = Path(rd.ID)+"/otwarcie", l.T("survey.next.officers")
	}
	return step
}
