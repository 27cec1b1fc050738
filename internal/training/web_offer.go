package training

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

func (s *Service) offerRoutes(sh *web.Shell) {
	run := access.Can(access.ManageTrainings)
	one := CenterPath + "/{id}"
	sh.Handle("GET "+CenterPath, run, s.getShelf)
	sh.Handle("GET "+CenterPath+"/nowe", run, s.getNewOffer)
	sh.Handle("POST "+CenterPath+"/nowe", run, s.postNewOffer, web.Idempotent())
	sh.Handle("GET "+one, run, s.getOffer)
	for _, f := range s.offerForms() {
		sh.Handle("GET "+one+f.path, run, s.getOfferForm(f))
		sh.Handle("POST "+one+f.path, run, s.postOfferForm(f))
	}
	sh.Handle("GET "+one+"/powtorz", run, s.getRepeat)
	sh.Handle("POST "+one+"/powtorz", run, s.postRepeat, web.Idempotent())
	sh.Handle("GET "+one+"/materialy", run, s.getMaterials)
	sh.Handle("POST "+one+"/materialy", run, s.postMaterial, Uses()[0].Room())
	sh.Handle("POST "+one+"/materialy/{file}/usun", run, s.postRemoveMaterial)
	sh.Handle("GET "+CatalogPath+"/{id}/materialy/{file}", web.Public, s.getMaterial)
	sh.AddNav(16, "training.offer.list", CenterPath, run)
	sh.AddDesk(s.offerDesk)
}

// offerMoment is an instant in words, "" for none.
func offerMoment(l *i18n.L, at int64) string {
	if at == 0 {
		return ""
	}
	return l.DateTime(time.Unix(at, 0).In(web.Warsaw))
}

// offerDates are the first and the last day of a training in words.
func offerDates(l *i18n.L, t Training) string {
	if t.StartsAt == 0 {
		return l.T("training.offer.no_dates")
	}
	first := time.Unix(t.StartsAt, 0).In(web.Warsaw)
	last := time.Unix(t.EndsAt, 0).In(web.Warsaw)
	if first.Format(time.DateOnly) == last.Format(time.DateOnly) {
		return l.DateTime(first)
	}
	return l.T("training.offer.from_to", "from", l.Date(first), "to", l.Date(last))
}

// stateKind is the color that repeats what the word for a state says.
func stateKind(state TrainingState) string {
	switch state {
	case Published:
		return "ok"
	case Postponed:
		return "warn"
	case Canceled:
		return "bad"
	}
	return ""
}

// shelfPage is the list of a center's trainings.
type shelfPage struct {
	web.Page
	Center  string
	Centers []web.Link
	Shelves []web.Link
	Drafts  []shelfItem // beside the open ones
	Items   []shelfItem
	Heading string
	Pager   web.Pager
}

type shelfItem struct {
	Href, Title, Form, When, State, Kind string
	Seats                                string
	Lang                                 i18n.Lang
}

func (s *Service) getShelf(w http.ResponseWriter, r *web.Request) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	mine := centers(ctx, who)
	center := access.InstitutionID(r.Value("osrodek"))
	if center == "" && len(mine) > 0 {
		center = mine[0]
	}
	if err := who.MayAt(ctx, access.ManageTrainings, center); err != nil {
		return err
	}
	at, err := web.CursorOf(r.URL.Query())
	if err != nil {
		return err
	}
	x := Shelf(r.Value("stan"))
	if !slices.Contains(Shelves(), x) {
		x = ShelfOpen
	}
	p := shelfPage{Page: r.Page(w, r.L.T("training.offer.list")), Heading: r.L.T("training.offer.shelf." + string(x))}
	p.NoIndex = true
	if err := s.shelfLinks(r, &p, mine, center, x); err != nil {
		return err
	}
	list, more, err := s.Shelved(ctx, who, center, x, at)
	if err != nil {
		return err
	}
	if p.Items, err = s.shelfItems(ctx, r.L, list); err != nil {
		return err
	}
	if len(list) > 0 {
		p.Pager = web.PagerFor(r.URL, at, shelfCursor(x, list[0]), shelfCursor(x, list[len(list)-1]), more)
	}
	if x == ShelfOpen && at == (web.Cursor{}) {
		drafts, _, err := s.Shelved(ctx, who, center, ShelfDrafts, web.Cursor{})
		if err != nil {
			return err
		}
		if p.Drafts, err = s.shelfItems(ctx, r.L, drafts[:min(len(drafts), 10)]); err != nil {
			return err
		}
	}
	return r.Render(w, shelfView(p))
}

// shelfLinks names the center and leads to its shelves and to other centers.
func (s *Service) shelfLinks(r *web.Request, p *shelfPage, mine []access.InstitutionID, center access.InstitutionID, here Shelf) error {
	names, err := s.Directory.Names(r.Context(), append(slices.Clone(mine), center))
	if err != nil {
		return err
	}
	p.Center = names[center]
	if len(mine) > 1 {
		for _, c := range mine {
			p.Centers = append(p.Centers, web.Link{Text: names[c], Href: CenterPath + "?osrodek=" + string(c), Current: c == center})
		}
	}
	counts, err := s.shelfCounts(r.Context(), center)
	if err != nil {
		return err
	}
	for _, x := range Shelves() {
		q := url.Values{"osrodek": {string(center)}, "stan": {string(x)}}
		p.Shelves = append(p.Shelves, web.Link{Text: r.L.T("training.offer.shelf."+string(x)) + " (" + r.L.Number(counts[x]) + ")", Href: CenterPath + "?" + q.Encode(), Current: x == here})
	}
	return nil
}

func (s *Service) shelfItems(ctx context.Context, l *i18n.L, list []Training) (items []shelfItem, err error) {
	var ids []ID
	for _, t := range list {
		ids = append(ids, t.ID)
	}
	crowds, err := Crowds(ctx, s.db, ids...)
	if err != nil {
		return nil, err
	}
	for _, t := range list {
		c := crowds[t.ID]
		it := shelfItem{Href: DeskPath(t.ID), Title: t.Title, Lang: t.Lang, Form: l.T("training.form." + string(t.Form)), When: offerDates(l, t),
			State: l.T("training.state." + string(t.State)), Kind: stateKind(t.State), Seats: l.T("training.offer.seats", "taken", c.Taken, "seats", c.Seats)}
		if c.Waiting > 0 {
			it.Seats += ", " + l.N("training.offer.waiting", c.Waiting)
		}
		items = append(items, it)
	}
	return items, nil
}

// newOfferPage begins a draft.
type newOfferPage struct {
	web.Page
	V       url.Values
	Forms   []web.Choice
	Centers []web.Choice
}

func (s *Service) getNewOffer(w http.ResponseWriter, r *web.Request) error {
	return s.showNewOffer(w, r, http.StatusOK, url.Values{"osrodek": {r.Value("osrodek")}}, nil)
}

func (s *Service) showNewOffer(w http.ResponseWriter, r *web.Request, status int, v url.Values, fail error) error {
	p := newOfferPage{Page: r.Page(w, r.L.T("training.offer.new"), web.Link{Text: r.L.T("training.offer.list"), Href: CenterPath}).WithErrors(fail), V: v, Forms: formChoices(r.L)}
	p.NoIndex = true
	mine := centers(r.Context(), access.ActorOf(r.Request))
	names, err := s.Directory.Names(r.Context(), mine)
	if err != nil {
		return err
	}
	for _, c := range mine {
		p.Centers = append(p.Centers, web.Choice{Value: string(c), Label: names[c]})
	}
	if v.Get("osrodek") == "" && len(mine) > 0 {
		v.Set("osrodek", string(mine[0]))
	}
	return r.RenderStatus(w, status, newOfferView(p))
}

func formChoices(l *i18n.L) (all []web.Choice) {
	for _, f := range Forms() {
		all = append(all, web.Choice{Value: string(f), Label: l.T("training.form." + string(f))})
	}
	return all
}

func (s *Service) postNewOffer(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	id, err := s.Create(r.Context(), access.ActorOf(r.Request), access.InstitutionID(r.Value("osrodek")), Form(r.Value("forma")), r.Value("tytul"))
	if fault.KindOf(err) == fault.Invalid && err != nil {
		return s.showNewOffer(w, r, http.StatusUnprocessableEntity, r.PostForm, err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.offer.created")
	return r.Redirect(w, DeskPath(id))
}

// offerPage is a page of one training for those who run it; forms keep what was
// typed in V.
type offerPage struct {
	web.Page
	Of        Training
	Tabs      []web.Link
	Path      string // where the form goes
	Desk      string
	V         url.Values
	Tells     bool // people will be told of a change
	Choices   map[string][]web.Choice
	Rows      []int // of meetings or people, to fill in
	Towns     []directory.Municipality
	Clashes   []string
	Numbers   Numbers
	Decision  Decision
	Crowd     Crowd
	First     FirstCount
	Preview   *offerPreview
	Lacks     []offerLack
	Planned   []string
	Materials []Material
	Sections  []offerPart
	Deeds     []web.Link
	Stats     []web.Figure
	Public    string
	LastStep  *web.Step
}

// offerPage begins a page of a training that the actor manages.
func (s *Service) offerPage(w http.ResponseWriter, r *web.Request, suffix, title string) (p offerPage, err error) {
	id := ID(r.PathValue("id"))
	if p.Of, err = s.Managed(r.Context(), access.ActorOf(r.Request), id); err != nil {
		return p, err
	}
	crumbs := []web.Link{{Text: r.L.T("training.offer.list"), Href: CenterPath + "?osrodek=" + string(p.Of.Center)}}
	p.Desk = DeskPath(id)
	if suffix != "" {
		crumbs = append(crumbs, web.Link{Text: p.Of.Title, Href: p.Desk})
	}
	if title == "" {
		title = p.Of.Title
	}
	p.Page = r.Page(w, title, crumbs...)
	p.NoIndex = true
	p.Tabs = Tabs(r.L, id, "")
	p.Path = p.Desk + suffix
	p.Tells = p.Of.State != Draft
	p.V = url.Values{"wersja": {strconv.FormatInt(p.Of.Revision, 10)}}
	p.Choices = map[string][]web.Choice{}
	return p, nil
}

// offerForm is one form about a training.
type offerForm struct {
	path   string // below the training's
	title  string
	notice string
	load   func(ctx context.Context, p *offerPage) error // what is there now, as the form's fields
	draw   func(ctx context.Context, who access.Actor, p *offerPage) error
	view   func(p offerPage) templ.Component
	// save does it; false draws the form again, with what it added.
	save func(ctx context.Context, who access.Actor, p *offerPage, seen int64) (done bool, err error)
}

func (s *Service) offerForms() []offerForm {
	return []offerForm{
		{path: "/zmien", title: "words", notice: "notice.offer.saved", load: s.loadWords, draw: s.drawWords, view: wordsView, save: s.saveWords},
		{path: "/terminy", title: "dates", notice: "notice.offer.saved", load: s.loadDates, draw: s.drawDates, view: datesView, save: s.saveDates},
		{path: "/miejsca", title: "places", notice: "notice.offer.saved", load: s.loadPlaces, draw: s.drawPlaces, view: placesView, save: s.savePlaces},
		{path: "/warunki", title: "terms", notice: "notice.offer.saved", load: s.loadTerms, draw: s.drawTerms, view: termsView, save: s.saveTerms},
		{path: "/prowadzacy", title: "leaders", notice: "notice.offer.saved", load: s.loadLeaders, draw: s.drawLeaders, view: leadersView, save: s.saveLeaders},
		{path: "/pierwszenstwo", title: "first", notice: "notice.offer.saved", draw: s.drawFirst, view: firstView, save: s.saveFirstForm},
		{path: "/opublikuj", title: "publish", notice: "notice.offer.published", draw: s.drawPublish, view: publishView,
			save: func(ctx context.Context, who access.Actor, p *offerPage, seen int64) (bool, error) {
				return true, s.Publish(ctx, who, p.Of.ID, seen)
			}},
		{path: "/decyzja", title: "decide", notice: "notice.offer.decided", draw: s.drawDecision, view: decisionView,
			save: func(ctx context.Context, who access.Actor, p *offerPage, seen int64) (bool, error) {
				return true, s.Decide(ctx, who, p.Of.ID, seen, p.V.Get("decyzja"), p.V.Get("powod"))
			}},
		{path: "/odwolaj", title: "cancel", notice: "notice.offer.canceled", draw: s.drawCrowd, view: cancelView,
			save: func(ctx context.Context, who access.Actor, p *offerPage, seen int64) (bool, error) {
				if p.V.Get("potwierdzam") == "" {
					return true, fault.InvalidFields([]fault.Field{{Name: "potwierdzam", Key: "training.offer.lack.sure"}})
				}
				return true, s.Cancel(ctx, who, p.Of.ID, seen, p.V.Get("powod"))
			}},
		{path: "/przeloz", title: "postpone", notice: "notice.offer.postponed", draw: s.drawCrowd, view: postponeView,
			save: func(ctx context.Context, who access.Actor, p *offerPage, seen int64) (bool, error) {
				return true, s.Postpone(ctx, who, p.Of.ID, seen, p.V.Get("powod"))
			}},
	}
}

func (s *Service) getOfferForm(f offerForm) web.Handler {
	return func(w http.ResponseWriter, r *web.Request) error {
		p, err := s.offerPage(w, r, f.path, r.L.T("training.offer."+f.title))
		if err != nil {
			return err
		}
		if f.load != nil {
			if err := f.load(r.Context(), &p); err != nil {
				return err
			}
		}
		return s.drawOfferForm(w, r, f, p, http.StatusOK)
	}
}

func (s *Service) drawOfferForm(w http.ResponseWriter, r *web.Request, f offerForm, p offerPage, status int) error {
	if f.draw != nil {
		if err := f.draw(r.Context(), access.ActorOf(r.Request), &p); err != nil {
			return err
		}
	}
	return r.RenderStatus(w, status, f.view(p))
}

// postOfferForm saves a form. What was refused is drawn again with what was
// typed; that somebody was faster is told above the form, and nothing is lost.
func (s *Service) postOfferForm(f offerForm) web.Handler {
	return func(w http.ResponseWriter, r *web.Request) error {
		if err := r.Form(); err != nil {
			return err
		}
		p, err := s.offerPage(w, r, f.path, r.L.T("training.offer."+f.title))
		if err != nil {
			return err
		}
		p.V = r.PostForm
		seen, _ := strconv.ParseInt(p.V.Get("wersja"), 10, 64)
		done, err := f.save(r.Context(), access.ActorOf(r.Request), &p, seen)
		switch {
		case err == nil && done:
			r.Notify(w, f.notice)
			return r.Redirect(w, p.Desk)
		case err == nil:
			return s.drawOfferForm(w, r, f, p, http.StatusOK)
		case fault.KindOf(err) == fault.Invalid:
			p.Page = p.WithErrors(err)
			return s.drawOfferForm(w, r, f, p, http.StatusUnprocessableEntity)
		case fault.KindOf(err) == fault.Conflict:
			e := fault.As(err)
			p.Errors = []fault.Field{{Name: "formularz", Key: e.Key, Args: e.Args}}
			return s.drawOfferForm(w, r, f, p, http.StatusConflict)
		}
		return err
	}
}
