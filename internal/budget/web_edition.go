package budget

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

func (s *Service) editionRoutes(sh *web.Shell) {
	one := Path + "/{id}"
	sh.Handle("GET "+Path, web.Public, s.getEditions)
	sh.Handle("GET "+Path+"/nowa", runsGuard(), s.getNewEdition)
	sh.Handle("POST "+Path+"/nowa", runsGuard(), s.postNewEdition, web.Idempotent())
	sh.Handle("GET "+one, web.Public, s.getEdition)
	sh.Handle("GET "+one+"/zasady", web.Public, s.getRules)
	sh.Handle("GET "+one+"/zasady.json", web.Public, s.getDocument)
	sh.Handle("POST "+one+"/oglos", runsGuard(), s.postDeed(s.Announce, "published"))
	sh.Handle("POST "+one+"/zamroz", runsGuard(), s.postDeed(s.Freeze, "frozen"))
	sh.Handle("POST "+one+"/archiwum", runsGuard(), s.postDeed(s.Archive, "archived"))
	sh.Handle("GET "+one+"/odmroz", runsGuard(), s.getWhy(thawing))
	sh.Handle("POST "+one+"/odmroz", runsGuard(), s.postWhy(thawing, s.Thaw))
	// Within the hour the envelopes of a canceled vote are destroyed.
	sh.Handle("GET "+one+"/odwolaj", access.Both(runsGuard(), access.Fresh), s.getWhy(canceling))
	sh.Handle("POST "+one+"/odwolaj", access.Both(runsGuard(), access.Fresh), s.postWhy(canceling, s.Cancel))
	s.settingRoutes(sh)
	sh.AddDesk(s.editionDesk)
}

const editionsAtOnce = 20

// editionsPage is the beginning of the module: budgets that concern the reader,
// and all others.
type editionsPage struct {
	web.Page
	Own   []editionLine // of the reader's school or office, drafts of theirs too
	All   []editionLine
	Kinds []web.Link
	Pager web.Pager
	Runs  bool
}

// editionLine is an edition in a list.
type editionLine struct {
	Title, Href, Owner, Phase, Badge, When, Money string
}

func (s *Service) getEditions(w http.ResponseWriter, r *web.Request) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	p := editionsPage{Page: r.Page(w, r.L.T("budget.title")), Runs: who.May(access.BudgetRun)}
	at, err := web.CursorOf(r.URL.Query())
	if err != nil {
		return err
	}
	kind := Kind(r.Value("rodzaj"))
	if !slices.Contains(Kinds(), kind) {
		kind = ""
	}
	p.Kinds = kindLinks(r.L, kind)
	list, more, err := s.published(ctx, kind, at, editionsAtOnce)
	if err != nil {
		return err
	}
	if n := len(list); n > 0 {
		p.Pager = web.PagerFor(r.URL, at, cursorAt(list[0]), cursorAt(list[n-1]), more)
	}
	if p.All, err = s.editionLines(ctx, r.L, list); err != nil {
		return err
	}
	own, err := s.ownEditions(ctx, who)
	if err != nil {
		return err
	}
	if p.Own, err = s.editionLines(ctx, r.L, own); err != nil {
		return err
	}
	return r.Render(w, editionsView(p))
}

// kindLinks lead to budgets of one kind.
func kindLinks(l *i18n.L, kind Kind) []web.Link {
	links := []web.Link{{Text: l.T("budget.kinds.all"), Href: Path, Current: kind == ""}}
	for _, k := range Kinds() {
		links = append(links, web.Link{Text: l.T("budget.kinds." + string(k)), Href: Path + "?rodzaj=" + string(k), Current: kind == k})
	}
	return links
}

func cursorAt(e Edition) web.Cursor {
	return web.Cursor{Key: strconv.Itoa(e.Year), ID: string(e.ID)}
}

// published lists editions that everybody may read, the latest year first.
func (s *Service) published(ctx context.Context, kind Kind, at web.Cursor, n int) (list []Edition, more bool, err error) {
	defer fault.Wrap(&err, "list of editions")
	where, order, args := `e.published_at > 0`, `e.year desc, e.id desc`, []any{}
	if kind != "" {
		where, args = where+` and e.kind = ?`, append(args, kind)
	}
	if at != (web.Cursor{}) {
		year, err := strconv.Atoi(at.Key)
		if err != nil {
			return nil, false, fault.New(fault.BadRequest, "fault.cursor")
		}
		side := ` and (e.year < ? or e.year = ? and e.id < ?)`
		if at.Back {
			side, order = ` and (e.year > ? or e.year = ? and e.id > ?)`, `e.year, e.id`
		}
		where, args = where+side, append(args, year, year, at.ID)
	}
	err = s.db.Select(ctx, &list, `select `+EditionColumns+` from budget_editions e where `+where+` order by `+order+` limit ?`, append(args, n+1)...)
	if more = len(list) > n; more {
		list = list[:n]
	}
	if at.Back {
		slices.Reverse(list)
	}
	return list, more, err
}

// ownEditions are those of the institutions where the reader holds a role, the
// latest first: of those that the reader runs the drafts too.
func (s *Service) ownEditions(ctx context.Context, who access.Actor) (list []Edition, err error) {
	var at, runs []access.InstitutionID
	for _, h := range who.Roles {
		if h.Institution == "" {
			continue
		}
		at = append(at, h.Institution)
		if h.Role.Gives(access.BudgetRun) {
			runs = append(runs, h.Institution)
		}
	}
	if len(at) == 0 {
		return nil, nil
	}
	if len(runs) == 0 {
		runs = []access.InstitutionID{""}
	}
	query, args, err := db.In(`select `+EditionColumns+` from budget_editions e where e.owner in (?) and (e.published_at > 0 or e.owner in (?) and e.state <> ?) and e.state <> ?
		order by e.year desc, e.id desc limit 10`, at, runs, Canceled, Archived)
	if err != nil {
		return nil, err
	}
	return list, s.db.Select(ctx, &list, query, args...)
}

func (s *Service) editionLines(ctx context.Context, l *i18n.L, list []Edition) (lines []editionLine, err error) {
	var owners []access.InstitutionID
	for _, e := range list {
		owners = append(owners, e.Owner)
	}
	names, err := s.Directory.Names(ctx, owners)
	now := s.now()
	for _, e := range list {
		_, when := e.until(l, now)
		label, badge := e.stands(l, now)
		lines = append(lines, editionLine{Title: e.Title, Href: Href(e.ID), Owner: names[e.Owner], Phase: label, Badge: badge, When: when, Money: e.moneyLine(l)})
	}
	return lines, err
}

// moneyLine is what the edition gives out: "54 000 000 zł w 19 pulach".
func (e Edition) moneyLine(l *i18n.L) string {
	sum := int64(0)
	for _, p := range e.Rules.Pools {
		sum += p.Budget
	}
	if len(e.Rules.Pools) < 2 {
		return Money(l, sum)
	}
	return l.N("budget.money_in_pools", len(e.Rules.Pools), "money", Money(l, sum))
}

// stands is the phase in a word, or the state where there is no phase, with the
// kind of its badge.
func (e Edition) stands(l *i18n.L, now time.Time) (label, badge string) {
	switch {
	case e.State == Canceled:
		badge = "bad"
	case e.State.In(Draft, Archived):
	default:
		phase := e.Phase(now)
		if phase == PhaseFiling || phase == PhaseVoting {
			badge = "ok"
		}
		return l.T("budget.phase." + string(phase)), badge
	}
	return l.T("budget.state." + string(e.State)), badge
}

// until is the end of the phase: as a moment, and in words of a list.
func (e Edition) until(l *i18n.L, now time.Time) (day, when string) {
	c, phase := e.Rules.Calendar, e.Phase(now)
	if e.State.In(Draft, Canceled, Archived) {
		return "", ""
	}
	switch phase {
	case PhaseUpcoming:
		day = dayText(l, c.FilingFrom)
	case PhaseFiling:
		day = dayText(l, c.FilingTo)
	case PhaseChecking:
		day = dayText(l, c.CheckTo)
	case PhaseProtests:
		day = dayText(l, c.ProtestTo)
	case PhaseDrawing, PhaseReady:
		day = moment(l, c.VoteFrom)
	case PhaseVoting:
		day = EndWords(l, c.VoteTo)
	case PhaseCounting:
		day = dayText(l, c.ResultsBy)
	case PhaseResults:
		day = dayText(l, c.ObjectTo)
	default:
		day = dayText(l, c.DeliveryBy)
	}
	if day == "" {
		return "", ""
	}
	return day, l.T("budget.until."+string(phase), "day", day)
}
