package vote

import (
	"net/http"
	"strconv"
	"strings"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// Routes opens the doors of the package. Each part has its own file.
func (s *Service) Routes(sh *web.Shell) {
	s.electorRoutes(sh)
	s.rollRoutes(sh)
	s.rosterRoutes(sh)
	s.declareRoutes(sh)
	s.ownRoutes(sh)
	s.slipRoutes(sh)
	sh.AddDesk(s.deskItems)
}

// edition is the part of an address that names an edition.
const edition = budget.Path + "/{id}"

func editionOf(r *web.Request) budget.EditionID { return budget.EditionID(r.PathValue("id")) }

// framed is what every page of those who keep the rights begins with.
type framed struct {
	web.Page
	Of   budget.Edition
	Tabs []web.Link
}

// frame begins such a page; path is the tab it belongs to.
func (s *Service) frame(w http.ResponseWriter, r *web.Request, e budget.Edition, title, tab string) framed {
	p := framed{Page: r.Page(w, title, crumbs(r.L, e)...), Of: e, Tabs: tabs(r.L, access.ActorOf(r.Request), e, tab)}
	p.NoIndex = true
	return p
}

func crumbs(l *i18n.L, e budget.Edition) []web.Link {
	return []web.Link{{Text: l.T("vote.crumb"), Href: budget.Path}, {Text: e.Title, Href: budget.Href(e.ID)}}
}

// tabs are the pages of those who keep the rights, as far as the rules of the
// edition name their source and the reader may open them.
func tabs(l *i18n.L, who access.Actor, e budget.Edition, current string) (list []web.Link) {
	has, runs := e.Rules.Who.Has, who.May(access.BudgetRun)
	for _, t := range []struct {
		key, href string
		shown     bool
	}{
		{"numbers", Href(e.ID), true},
		{"roll", Href(e.ID) + "/spis", runs && has(budget.Roll)},
		{"desk", Href(e.ID) + "/stanowisko", has(budget.Roll) || has(budget.Desk)},
		{"roster", Href(e.ID) + "/klasy", has(budget.Roster) && who.May(access.SeeRoster)},
		{"slips", SlipsHref(e.ID), has(budget.Slips)},
		{"declared", Href(e.ID) + "/oswiadczenia", runs && has(budget.Self)},
		{"paper", PaperHref(e.ID), e.Rules.Paper},
	} {
		if t.shown {
			list = append(list, web.Link{Text: l.T("vote.tab." + t.key), Href: t.href, Current: t.key == current})
		}
	}
	return list
}

// done ends a form that was taken: notice and the page to go on with.
func done(w http.ResponseWriter, r *web.Request, notice, to string, args ...string) error {
	r.Notify(w, "notice.vote."+notice, args...)
	return r.Redirect(w, to)
}

// statusOf is that of a page which shows a refused form again.
func statusOf(refusal error) int {
	if e := fault.As(refusal); e != nil {
		return e.Kind.Status()
	}
	return http.StatusOK
}

// mendable tells that a refusal belongs on the form, not on a page of its own.
func mendable(err error) bool {
	k := fault.KindOf(err)
	return k == fault.Invalid || k == fault.Conflict && fault.As(err) != nil || k == fault.TooMany
}

// atField tells a refusal that is of no field at one of the form, where it is
// read and heard with the others.
func atField(err error, name string) error {
	e := fault.As(err)
	if e == nil || len(e.Fields) > 0 {
		return err
	}
	return &fault.Error{Kind: e.Kind, Key: e.Key, Args: e.Args, Fields: []fault.Field{{Name: name, Key: e.Key, Args: e.Args}}}
}

// whole reads a number typed into a form, -1 for what is none.
func whole(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return -1
	}
	return n
}

// districtChoices are the districts of which one has to be chosen.
func districtChoices(e budget.Edition) (list []web.Choice) {
	for _, p := range districts(e) {
		list = append(list, web.Choice{Value: string(p.ID), Label: p.Name})
	}
	return list
}

// identityForm is the three inputs that tell a person from another, and the
// district where there are any.
type identityForm struct {
	Identity
	District  string
	Districts []web.Choice
}

func identityOf(r *web.Request, e budget.Edition) identityForm {
	return identityForm{Identity: Identity{Name: r.Value("imie"), Born: r.Value("urodzenie"), Address: r.Value("adres")},
		District: r.Value("dzielnica"), Districts: districtChoices(e)}
}

// withWho is a text that names who takes part, or its other version where the rules
// of an edition do not say that.
func withWho(p web.Page, key string, e budget.Edition) string {
	if who := strings.TrimSpace(e.Rules.Who.Residence); who != "" {
		return p.T(key, "who", who)
	}
	return p.T(key + "_bare")
}

func joinWords(words []string) string { return strings.Join(words, ", ") }

func yesNo(p web.Page, yes bool) string {
	if yes {
		return p.T("vote.yes")
	}
	return p.T("vote.no")
}
