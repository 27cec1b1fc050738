package budget

import (
	"context"
	"net/http"
	"slices"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/files"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// DeliveryHref is how a chosen project comes along, DeliveriesHref all those of
// an edition.
func DeliveryHref(id ProjectID) string   { return ProjectHref(id) + "/realizacja" }
func DeliveriesHref(id EditionID) string { return Href(id) + "/realizacja" }

func (s *Service) milestoneRoutes(sh *web.Shell) {
	one := ProjectPath + "/{project}/realizacja"
	sh.Handle("GET "+Path+"/{id}/realizacja", web.Public, s.getDeliveries)
	sh.Handle("GET "+one, web.Public, s.getDelivery)
	sh.Handle("POST "+one, runsGuard(), s.postMilestone, PictureFiles().Room())
	sh.Handle("GET "+ProjectPath+"/{project}/zdjecie/{plik}", web.Public, s.getPicture(s.Files.Serve))
	sh.Handle("GET "+ProjectPath+"/{project}/zdjecie/{plik}/male", web.Public, s.getPicture(s.Files.Thumb))
	sh.AddDesk(s.deliveryDesk)
}

// chosen are the states of projects that are, or will be, delivered.
var chosen = []ProjectState{ProjectWon, ProjectInProgress, ProjectDelivered}

// deliveryPage is one chosen project on its way.
type deliveryPage struct {
	partView
	Facts  []web.Fact
	Lines  []milestoneLine
	Drawn  drawnDelivery
	Late   string // until when it was to be done, "" when it is not late
	Kinds  []web.Choice
	Typed  func(name string) string
	Accept string
}

type milestoneLine struct {
	Day, What, Words, Spent, Due string
	Pictures                     []pictureLine
}

// pictureLine is a small picture that leads to the large one.
type pictureLine struct{ Src, Alt, File string }

// pictureLines are the pictures of one milestone, or of the campaign.
func pictureLines(id ProjectID, list []Picture, milestone string) (lines []pictureLine) {
	for _, g := range list {
		if g.Milestone == milestone {
			lines = append(lines, pictureLine{Src: ProjectHref(id) + "/zdjecie/" + string(g.File), Alt: g.Alt, File: string(g.File)})
		}
	}
	return lines
}

func (s *Service) getDelivery(w http.ResponseWriter, r *web.Request) error {
	return s.showDelivery(w, r, nil, nil)
}

// showDelivery shows the way of a project; after a refusal with the words that
// were typed.
func (s *Service) showDelivery(w http.ResponseWriter, r *web.Request, refusal error, again func(string) string) error {
	ctx, who, l := r.Context(), access.ActorOf(r.Request), r.L
	part, err := s.partPage(w, r, "delivery", refusal)
	if err != nil {
		return err
	}
	p, e := part.Of, part.Edition
	if !p.State.In(chosen...) {
		return fault.ErrNotFound
	}
	list, err := Milestones(ctx, s.db, p.ID)
	if err != nil {
		return err
	}
	pictures, err := PicturesOf(ctx, s.db, p.ID)
	if err != nil {
		return err
	}
	so, now := DeliveryOf(list), s.now()
	v := deliveryPage{partView: part, Facts: deliveryFacts(l, p, so), Drawn: drawDelivery(so, list, spanOf(e, []Delivery{so}, now), now),
		Typed: func(string) string { return "" }, Accept: PictureFiles().Accept()}
	v.NoIndex = e.Kind == School
	if so.Late(now) {
		v.Late = dayText(l, so.Due)
	}
	if so.Due != "" && so.Done == "" {
		v.Next.When = dayText(l, so.Due)
	}
	for _, m := range list {
		v.Lines = append(v.Lines, milestoneWords(l, m, pictureLines(p.ID, pictures, m.ID)))
	}
	if s.Runs(ctx, who, e) == nil && Delivering(p, e) == nil {
		for _, k := range kindsFor(p.State) {
			v.Kinds = append(v.Kinds, web.Choice{Value: string(k), Label: l.T("budget.milestone." + string(k))})
		}
	}
	if refusal != nil {
		v.Typed = again
	}
	return r.RenderStatus(w, statusOf(refusal), deliveryView(v))
}

func deliveryFacts(l *i18n.L, p Project, d Delivery) (facts []web.Fact) {
	add := func(key, value string) {
		if value != "" {
			facts = append(facts, web.Fact{Name: l.T("budget.delivery.fact_" + key), Value: value})
		}
	}
	add("began", dayText(l, d.Began))
	if d.Done == "" {
		add("due", dayText(l, d.Due))
	}
	add("done", dayText(l, d.Done))
	add("cost", Money(l, p.Cost))
	if d.Began != "" {
		add("spent", Money(l, d.Spent))
	}
	switch {
	case d.Done != "" && d.Spent > p.Cost:
		add("more", Money(l, d.Spent-p.Cost))
	case d.Done != "" && d.Spent < p.Cost:
		add("less", Money(l, p.Cost-d.Spent))
	}
	return facts
}

func milestoneWords(l *i18n.L, m Milestone, pictures []pictureLine) milestoneLine {
	one := milestoneLine{Day: dayText(l, m.Day), What: l.T("budget.milestone.done_" + string(m.Kind)), Words: m.Words, Due: dayText(l, m.Due), Pictures: pictures}
	if m.Spent > 0 {
		one.Spent = Money(l, m.Spent)
	}
	return one
}

func (s *Service) postMilestone(w http.ResponseWriter, r *web.Request) error {
	ctx, who, id := r.Context(), access.ActorOf(r.Request), ProjectID(r.PathValue("project"))
	if _, _, err := s.delivers(ctx, who, id); err != nil {
		return err
	}
	f, err := s.Files.Receive(r, who.By(), PictureUse, "zdjecie")
	get := f.Values.Get
	if err == nil {
		err = s.AddMilestone(ctx, who, id, NewMilestone{Kind: MilestoneKind(get("rodzaj")), Day: get("dzien"), Words: get("slowa"), Spent: get("wydano"), Due: get("termin"),
			Alt: get("opis_zdjecia"), File: f.File.ID})
	}
	if invalid(err) {
		return s.showDelivery(w, r, err, get)
	}
	if err != nil {
		return err
	}
	return done(w, r, "milestone", DeliveryHref(id))
}

// getPicture sends a picture of a campaign or of works, large or small, to
// whoever sees the project.
func (s *Service) getPicture(send func(w http.ResponseWriter, r *web.Request, owner files.Owner, id files.ID) error) web.Handler {
	return func(w http.ResponseWriter, r *web.Request) error {
		p, _, err := s.SeesProject(r.Context(), access.ActorOf(r.Request), ProjectID(r.PathValue("project")))
		if err != nil {
			return err
		}
		if err := known(r.PathValue("plik")); err != nil {
			return err
		}
		return send(w, r, pictureOwner(p.ID), files.ID(r.PathValue("plik")))
	}
}

// deliveriesPage are the chosen projects of an edition with the way of each.
type deliveriesPage struct {
	web.Page
	Of       Edition
	Figures  []web.Figure
	Rows     []deliveryLine
	From, To string // first and last day of the drawings
	Pager    web.Pager
	Next     web.Step
}

type deliveryLine struct {
	projectLine
	Words string
	Late  bool
	Drawn drawnDelivery
}

func (s *Service) getDeliveries(w http.ResponseWriter, r *web.Request) error {
	ctx, l, now := r.Context(), r.L, s.now()
	e, err := s.editionRead(ctx, access.ActorOf(r.Request), EditionID(r.PathValue("id")))
	if err != nil {
		return err
	}
	at, err := web.CursorOf(r.URL.Query())
	if err != nil {
		return err
	}
	p := deliveriesPage{Page: r.Page(w, l.T("budget.delivery.all"), crumbsOf(l, e)...), Of: e, Next: e.next(l, now)}
	if p.Next.Href == DeliveriesHref(e.ID) { // this page
		p.Next.What, p.Next.Href = l.T("budget.delivery.next"), ""
	}
	rows, more, err := s.chosenIn(ctx, e.ID, at)
	if err != nil {
		return err
	}
	if n := len(rows); n > 0 {
		place := func(p Project) web.Cursor { return web.Cursor{Key: p.TitleKey, ID: string(p.ID)} }
		p.Pager = web.PagerFor(r.URL, at, place(rows[0]), place(rows[n-1]), more)
	}
	ways, err := s.waysOf(ctx, rows)
	if err != nil {
		return err
	}
	var all []Delivery
	for _, one := range rows {
		all = append(all, DeliveryOf(ways[one.ID]))
	}
	sp := spanOf(e, all, now)
	p.From, p.To = l.Date(sp.From), l.Date(sp.To)
	for n, one := range rows {
		line := deliveryLine{projectLine: s.lineOf(l, e, one), Late: all[n].Late(now), Drawn: drawDelivery(all[n], ways[one.ID], sp, now)}
		line.Href, line.Words = DeliveryHref(one.ID), wayWords(l, all[n], line.Late)
		p.Rows = append(p.Rows, line)
	}
	if p.Figures, err = s.deliveryFigures(ctx, l, e.ID); err != nil {
		return err
	}
	return r.Render(w, deliveriesView(p))
}

// wayWords say how far a project is.
func wayWords(l *i18n.L, d Delivery, late bool) string {
	switch {
	case d.Done != "":
		return l.T("budget.delivery.was_done", "day", dayText(l, d.Done), "spent", Money(l, d.Spent))
	case late:
		return l.T("budget.delivery.is_late", "day", dayText(l, d.Due))
	case d.Began != "":
		return l.T("budget.delivery.goes_on", "day", dayText(l, d.Due))
	}
	return l.T("budget.delivery.not_begun")
}

func (s *Service) waysOf(ctx context.Context, rows []Project) (map[ProjectID][]Milestone, error) {
	var ids []ProjectID
	for _, one := range rows {
		ids = append(ids, one.ID)
	}
	list, err := Milestones(ctx, s.db, ids...)
	ways := map[ProjectID][]Milestone{}
	for _, m := range list {
		ways[m.Project] = append(ways[m.Project], m)
	}
	return ways, err
}

// chosenIn reads a page of the chosen projects of an edition by title.
func (s *Service) chosenIn(ctx context.Context, id EditionID, at web.Cursor) (rows []Project, more bool, err error) {
	side, order := "p.title_key > ? or p.title_key = ? and p.id > ?", "p.title_key, p.id"
	if at.Back {
		side, order = "p.title_key < ? or p.title_key = ? and p.id < ?", "p.title_key desc, p.id desc"
	}
	err = s.db.Select(ctx, &rows, `select `+ProjectColumns+` from budget_projects p where p.edition = ? and p.state in (?, ?, ?) and (`+side+`) order by `+order+` limit ?`,
		id, chosen[0], chosen[1], chosen[2], at.Key, at.Key, at.ID, projectsOnPage+1)
	if more = len(rows) > projectsOnPage; more {
		rows = rows[:projectsOnPage]
	}
	if at.Back {
		slices.Reverse(rows)
	}
	return rows, more, err
}

// deliveryFigures count the chosen projects of an edition by state.
func (s *Service) deliveryFigures(ctx context.Context, l *i18n.L, id EditionID) (figures []web.Figure, err error) {
	var rows []struct {
		State ProjectState `db:"state"`
		N     int          `db:"n"`
		Cost  int64        `db:"cost"`
	}
	err = s.db.Select(ctx, &rows, `select p.state, count(*) as n, cast(sum(p.cost) as bigint) as cost from budget_projects p where p.edition = ? and p.state in (?, ?, ?) group by p.state`,
		id, chosen[0], chosen[1], chosen[2])
	var sum int64
	count := map[ProjectState]int{}
	for _, row := range rows {
		count[row.State], sum = row.N, sum+row.Cost
	}
	for _, st := range chosen {
		figures = append(figures, web.Figure{Value: l.Number(count[st]), Label: l.T("budget.delivery.count_" + string(st))})
	}
	return append(figures, web.Figure{Value: Money(l, sum), Label: l.T("budget.delivery.count_cost")}), err
}

// span is what a drawing shows from its left edge to its right one.
type span struct{ From, To time.Time }

// spanOf is wide enough for deliveries: from the count to the last day of any of
// them, of the calendar, and today.
func spanOf(e Edition, list []Delivery, now time.Time) span {
	from := time.Unix(max(e.CountedAt, e.Rules.Calendar.VoteTo), 0).In(web.Warsaw)
	if from.After(now) || from.Unix() == 0 {
		from = now
	}
	sp := span{From: from, To: dayStop(e.Rules.Calendar.DeliveryBy)}
	for _, d := range list {
		for _, day := range []string{d.Due, d.Done} {
			if end := dayStop(day); end.After(sp.To) {
				sp.To = end
			}
		}
		if began := dayStart(d.Began); !began.IsZero() && began.Before(sp.From) {
			sp.From = began
		}
	}
	if !sp.To.After(now) {
		sp.To = now.AddDate(0, 0, 1)
	}
	return sp
}

// x is the place of a moment on a line of 1000.
func (sp span) x(at time.Time) int {
	whole := sp.To.Sub(sp.From).Seconds()
	return int(1000 * min(max(at.Sub(sp.From).Seconds(), 0), whole) / whole)
}

// drawnDelivery is the way of a project on a line of 1000: what is done is a full
// bar, what is to come an empty one; each milestone is a dot.
type drawnDelivery struct {
	X, Done, Width int
	Dots           []int
	Today          int
}

func drawDelivery(d Delivery, list []Milestone, sp span, now time.Time) (w drawnDelivery) {
	w.Today = sp.x(now)
	if d.Began == "" {
		return w
	}
	w.X = sp.x(dayStart(d.Began))
	end, until := dayStop(d.Due), now
	if d.Done != "" {
		end, until = dayStop(d.Done), dayStop(d.Done)
	}
	w.Done = max(sp.x(until)-w.X, 4)
	w.Width = max(sp.x(end)-w.X, w.Done)
	for _, m := range list {
		w.Dots = append(w.Dots, sp.x(dayStart(m.Day)))
	}
	return w
}

// deliveryDesk reminds whoever runs editions of projects that are late and of
// which nobody said why.
func (s *Service) deliveryDesk(r *web.Request) (items []web.DeskItem, err error) {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	if !who.May(access.BudgetRun) {
		return nil, nil
	}
	editions, err := s.ownEditions(ctx, who)
	if err != nil {
		return nil, err
	}
	for _, e := range editions {
		if e.State != Final || s.Runs(ctx, who, e) != nil {
			continue
		}
		var rows []Project
		if err := s.db.Select(ctx, &rows, `select `+ProjectColumns+` from budget_projects p where p.edition = ? and p.state = ? order by p.id limit 200`, e.ID, ProjectInProgress); err != nil {
			return nil, err
		}
		ways, err := s.waysOf(ctx, rows)
		if err != nil {
			return nil, err
		}
		for _, p := range rows {
			if d := DeliveryOf(ways[p.ID]); d.Late(s.now()) {
				items = append(items, web.DeskItem{Rank: 22, Title: r.L.T("budget.desk.late", "title", p.Title), Href: DeliveryHref(p.ID), By: dayText(r.L, d.Due)})
			}
		}
	}
	return items, nil
}
