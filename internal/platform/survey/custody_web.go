package survey

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/seal"
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
	lost := v.rd.Mode == Anonymous && len(keepers) > 0 && v.rd.State != Opened && v.rd.State != Planned && keepers.Usable() < SharesNeeded
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
		add("survey.key.title", "klucz")
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
		step.What, step.Href = l.T("survey.next.key"), Path(rd.ID)+"/klucz"
	case rd.State == Open:
		step.When = until(l, rd)
	case rd.State == Closed && rd.Mode != Anonymous:
		step.What = l.T("survey.next.counted")
	case rd.State == Closed:
		step.Href, step.Who = Path(rd.ID)+"/otwarcie", l.T("survey.next.officers")
	}
	return step
}

// keyPage is where the key of a round is made, and its shares confirmed.
type keyPage struct {
	web.Page
	Round       Round
	Runs        bool
	Fingerprint string
	Keepers     []keyKeeper
	Mine        bool // the person who asks has a share to confirm
	Deposit     bool // the share in deposit is still to be confirmed
	Chosen      []string
	Candidates  []web.Choice
	Share       string // as it was typed, with a fault
	Usable      int
	Shares      []keyShare // shown once
}

type keyKeeper struct {
	Custodian
	Name  string
	State string
	Kind  string // of the mark
}

type keyShare struct {
	Name    string
	No      int
	Text    string
	Deposit bool
}

// keyView is a round whose key the person who asks may see: they run it, or keep
// a share.
func (h roundHandlers) keyView(r *web.Request) (v roundView, keepers Keepers, runs bool, err error) {
	if v, err = h.viewed(r); err != nil {
		return v, nil, false, err
	}
	if v.rd.Mode != Anonymous {
		return v, nil, false, fault.ErrNotFound
	}
	if keepers, err = Custody(r.Context(), h.db, v.rd.ID); err != nil {
		return v, nil, false, err
	}
	refused := v.owner.Runs(r.Context(), r, v.rd)
	if _, officer := keepers.of(h.person(r)); officer || refused == nil {
		return v, keepers, refused == nil, nil
	}
	return v, nil, false, refused
}

func (h roundHandlers) getKey(w http.ResponseWriter, r *web.Request) error {
	v, keepers, runs, err := h.keyView(r)
	if err != nil {
		return err
	}
	return h.drawKey(w, r, v, keepers, runs, http.StatusOK, nil)
}

func (h roundHandlers) drawKey(w http.ResponseWriter, r *web.Request, v roundView, keepers Keepers, runs bool, status int, refused error) (err error) {
	p := keyPage{Page: r.Page(w, r.L.T("survey.key.title"), h.keyCrumbs(r, v, runs)...).WithErrors(refused), Round: v.rd, Runs: runs, Usable: keepers.Usable()}
	p.NoIndex, p.Lead = true, v.title(r)
	if v.rd.Public != "" {
		p.Fingerprint = v.rd.Public.Fingerprint()
	}
	own, officer := keepers.of(h.person(r))
	p.Mine = officer && !own.Confirmed
	if p.Keepers, err = h.keyKeepers(r, keepers); err != nil {
		return err
	}
	for _, c := range keepers {
		p.Deposit = p.Deposit || runs && c.Deposit() && !c.Confirmed
	}
	if runs && v.rd.State == Planned {
		if p.Candidates, err = h.candidates(r, v); err != nil {
			return err
		}
		for _, c := range p.Candidates {
			if len(p.Candidates) <= sharesMade {
				p.Chosen = append(p.Chosen, c.Value)
			}
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	return r.RenderStatus(w, status, keyPageView(p))
}

func (h roundHandlers) keyCrumbs(r *web.Request, v roundView, runs bool) []web.Link {
	if runs {
		return v.officeCrumbs(r)
	}
	return v.crumbs(r)
}

func (h roundHandlers) keyKeepers(r *web.Request, keepers Keepers) (list []keyKeeper, err error) {
	var ids []string
	for _, c := range keepers {
		if c.Person != "" {
			ids = append(ids, c.Person)
		}
	}
	names, err := h.people(r.Context(), ids...)
	if err != nil {
		return nil, err
	}
	for _, c := range keepers {
		k := keyKeeper{Custodian: c, Name: called(names, c.Person), State: r.L.T("survey.key.waiting"), Kind: "warn"}
		switch {
		case c.Deposit():
			k.Name = r.L.T("survey.key.deposit")
		case c.Person == "":
			k.Name = r.L.T("survey.key.nobody")
		}
		switch {
		case c.Gone:
			k.State, k.Kind = r.L.T("survey.key.gone"), "bad"
		case c.Confirmed:
			k.State, k.Kind = r.L.T("survey.key.confirmed"), "ok"
		}
		list = append(list, k)
	}
	return list, nil
}

// candidates are the people among whom officers are chosen.
func (h roundHandlers) candidates(r *web.Request, v roundView) (list []web.Choice, err error) {
	chooser, ok := v.owner.(KeyOfficers)
	if !ok {
		return nil, nil
	}
	ids, err := chooser.Officers(r.Context(), r, v.rd)
	if err != nil {
		return nil, err
	}
	names, err := h.people(r.Context(), ids...)
	for _, id := range ids {
		list = append(list, web.Choice{Value: id, Label: called(names, id)})
	}
	return list, err
}

// postKey makes the key and shows its shares in the answer itself: they are
// nowhere else, and nobody can come back for them. Whoever makes the key sees all
// three, which no order of pages would change: the page says so, and gives each
// share a sheet of its own to be handed over.
func (h roundHandlers) postKey(w http.ResponseWriter, r *web.Request) error {
	v, keepers, runs, err := h.keyView(r)
	if err == nil && !runs {
		err = v.owner.Runs(r.Context(), r, v.rd)
	}
	if err != nil {
		return err
	}
	if err := r.Form(); err != nil {
		return err
	}
	officers := r.PostForm[fieldOfficer]
	candidates, err := h.candidates(r, v)
	if err != nil {
		return err
	}
	for _, id := range officers {
		if !slices.ContainsFunc(candidates, func(c web.Choice) bool { return c.Value == id }) {
			return fault.New(fault.BadRequest, "fault.bad_request")
		}
	}
	shares, err := h.MakeKey(r.Context(), h.by(r), v.rd.ID, officers, r.Value("ponownie") != "")
	if fault.KindOf(err) == fault.Invalid {
		return h.drawKey(w, r, v, keepers, runs, http.StatusUnprocessableEntity, err)
	}
	if err != nil {
		return err
	}
	return h.showShares(w, r, v, shares)
}

func (h roundHandlers) showShares(w http.ResponseWriter, r *web.Request, v roundView, shares []seal.Share) error {
	p := keyPage{Page: r.Page(w, r.L.T("survey.key.shares"), v.officeCrumbs(r)...), Round: v.rd, Runs: true}
	p.NoIndex, p.Lead = true, v.title(r)
	keepers, err := Custody(r.Context(), h.db, v.rd.ID)
	if err != nil {
		return err
	}
	if p.Keepers, err = h.keyKeepers(r, keepers); err != nil {
		return err
	}
	for i, share := range shares {
		p.Fingerprint = share.Key
		p.Shares = append(p.Shares, keyShare{Name: p.Keepers[i].Name, No: share.No, Text: share.Text(), Deposit: p.Keepers[i].Deposit()})
		share.Forget()
	}
	w.Header().Set("Cache-Control", "no-store")
	return r.Render(w, sharesView(p))
}

// postShareFile gives a share back as a file. It came with the form, for nothing
// of it is kept here; what is no share is not given back.
func (h roundHandlers) postShareFile(w http.ResponseWriter, r *web.Request) error {
	v, err := h.run(r)
	if err != nil {
		return err
	}
	if err := r.Form(); err != nil {
		return err
	}
	share, err := custodyShare(v.rd, r.PostFormValue(fieldShare))
	if err != nil {
		return err
	}
	defer share.Forget()
	head := w.Header()
	head.Set("Content-Type", "text/plain; charset=utf-8")
	head.Set("Content-Disposition", `attachment; filename="kladka-udzial-`+strconv.Itoa(share.No)+`.txt"`)
	head.Set("Cache-Control", "no-store")
	_, err = w.Write([]byte(v.title(r) + "\n" + Path(v.rd.ID) + "/klucz\n\n" + share.Text()))
	return err
}

func (h roundHandlers) postConfirm(w http.ResponseWriter, r *web.Request) error {
	v, keepers, runs, err := h.keyView(r)
	if err != nil {
		return err
	}
	if err := r.Form(); err != nil {
		return err
	}
	err = h.ConfirmShare(r.Context(), h.by(r), v.rd.ID, r.PostFormValue(fieldShare), runs)
	if fault.KindOf(err) == fault.Invalid {
		return h.drawKey(w, r, v, keepers, runs, http.StatusUnprocessableEntity, err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.survey_confirmed")
	return r.Redirect(w, Path(v.rd.ID)+"/klucz")
}

func (h roundHandlers) postGone(w http.ResponseWriter, r *web.Request) error {
	v, err := h.run(r)
	if err != nil {
		return err
	}
	if err := r.Form(); err != nil {
		return err
	}
	no, err := strconv.Atoi(r.Value("udzial"))
	if err != nil {
		return fault.New(fault.BadRequest, "fault.bad_request")
	}
	if err := h.OfficerGone(r.Context(), h.by(r), v.rd.ID, no, r.Value("wraca") == ""); err != nil {
		return err
	}
	r.Notify(w, "notice.survey_officer")
	return r.Redirect(w, Path(v.rd.ID)+"/klucz")
}
