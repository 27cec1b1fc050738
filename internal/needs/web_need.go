package needs

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// needRoutes opens the doors of one need, of its answers and of the orders. Who
// may see which need, the service says: the guard only knows who is somebody.
func (s *Service) needRoutes(sh *web.Shell) {
	plan := access.Can(access.PlanNeeds)
	sh.Handle("GET "+NeedPath+"/{id}", access.SignedIn, s.getNeed)
	sh.Handle("GET "+NeedPath+"/{id}/slad", access.SignedIn, s.getNeedTrace)
	sh.Handle("GET "+NeedPath+"/{id}/decyzja", plan, s.getDecide)
	sh.Handle("POST "+NeedPath+"/{id}/decyzja", plan, s.postDecide, web.Idempotent())
	sh.Handle("POST "+NeedPath+"/{id}/zamknij", plan, s.postSettle)
	sh.Handle("GET "+OrdersPath, plan, s.getOrders)
	sh.Handle("GET "+OrdersPath+"/{id}/koniec", plan, s.getEndOrder)
	sh.Handle("POST "+OrdersPath+"/{id}/koniec", plan, s.postEndOrder)
	sh.AddDesk(s.needDesk)
}

// needPage is one need: who named it, what was answered, what is left.
type needPage struct {
	web.Page
	Of      needSight
	Tabs    []web.Link
	Stats   []web.Figure
	Answers []needAnswer
	Kinds   []web.Link // ways to answer, for planners

	HandOver string // why a training is not among them, "" when it is
	Runs     bool   // the campaign is not closed yet
	Towns    []needTown
	Who      []needWho
	Pager    web.Pager
	Trace    string
	Next     web.Step
}

// needTown is what was declared in one municipality.
type needTown struct {
	Name  string
	Heads string
	Share string
}

func (s *Service) getNeed(w http.ResponseWriter, r *web.Request) error {
	return s.showNeed(w, r, http.StatusOK, nil)
}

func (s *Service) showNeed(w http.ResponseWriter, r *web.Request, status int, fail error) error {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	v, err := s.needSight(ctx, who, r.L, NeedID(r.PathValue("id")))
	if err != nil {
		return err
	}
	p := needPage{Page: s.needFrame(w, r, v, v.Topic).WithErrors(fail), Of: v, Answers: v.answers(r.L), Trace: NeedHref(v.Need.ID) + "/slad", Next: needNext(r.L, v, s.now())}
	if f := fault.As(fail); f != nil && len(f.Fields) == 0 {
		p.Errors = []fault.Field{{Name: "decyzje", Key: f.Key, Args: f.Args}}
	}
	at, err := web.CursorOf(r.URL.Query())
	if err != nil {
		return err
	}
	only := v.May.Own
	if v.May.Plans {
		only = nil
		p.Tabs = Tabs(r.L, v.Campaign.ID, "/lista")
		p.Stats = needStats(r.L, v)
		p.Runs = v.Campaign.State == Open
		if !p.Runs && !v.Need.Settled {
			if p.Kinds, p.HandOver, err = s.needWays(r, v); err != nil {
				return err
			}
		}
		if p.Towns, err = s.needTowns(r, v); err != nil {
			return err
		}
	} else if only == nil {
		only = []access.InstitutionID{}
	}
	var more bool
	if p.Who, more, err = s.needDeclared(ctx, v.Need, only, at); err != nil {
		return err
	}
	if n := len(p.Who); n > 0 {
		place := func(o needWho) web.Cursor { return web.Cursor{Key: o.Key, ID: string(o.Institution)} }
		p.Pager = web.PagerFor(r.URL, at, place(p.Who[0]), place(p.Who[n-1]), more)
	}
	return r.RenderStatus(w, status, needView(p))
}

// needFrame begins a page of a need.
func (s *Service) needFrame(w http.ResponseWriter, r *web.Request, v needSight, title string) web.Page {
	crumbs := []web.Link{{Text: r.L.T("needs.title"), Href: Path}}
	if v.May.Plans {
		crumbs = append(crumbs, web.Link{Text: v.Campaign.Title, Href: CampaignHref(v.Campaign.ID)})
	}
	if title != v.Topic {
		crumbs = append(crumbs, web.Link{Text: v.Topic, Href: NeedHref(v.Need.ID)})
	}
	p := r.Page(w, title, crumbs...)
	p.NoIndex = true
	return p
}

func needStats(l *i18n.L, v needSight) []web.Figure {
	return []web.Figure{
		{Value: l.Number(v.Left.Heads), Label: l.T("needs.need.stat.heads")},
		{Value: l.Number(v.Rank.Who), Label: l.T("needs.need.stat.who")},
		{Value: l.Number(v.Left.Seats), Label: l.T("needs.need.stat.seats")},
		{Value: l.Number(v.Left.Left), Label: l.T("needs.need.stat.left")}}
}

// needWays are the ways in which the reader may answer. Who may open a training
// at none of the centers is told that the center decides about one.
func (s *Service) needWays(r *web.Request, v needSight) (list []web.Link, handOver string, err error) {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	centers, err := s.decideCenters(ctx, who, v.Campaign)
	if err != nil {
		return nil, "", err
	}
	own, err := s.decideTrains(ctx, who, centers)
	if err != nil {
		return nil, "", err
	}
	if len(own) == 0 && len(centers) > 0 {
		return needKinds(r.L, v.Need.ID, Training), r.L.T("needs.need.hand_over", "center", centers[0].Label), nil
	}
	return needKinds(r.L, v.Need.ID), "", nil
}

// needKinds are the answers with the addresses of their forms, without some.
func needKinds(l *i18n.L, id NeedID, without ...Answer) (list []web.Link) {
	for _, k := range decideKinds() {
		if slices.Contains(without, k) {
			continue
		}
		list = append(list, web.Link{Text: l.T("needs.need.decide." + string(k)), Href: NeedHref(id) + "/decyzja?rodzaj=" + string(k)})
	}
	return list
}

// needTowns are the municipalities where the need is, by people.
func (s *Service) needTowns(r *web.Request, v needSight) (list []needTown, err error) {
	names, err := s.publishTowns(r.Context())
	if err != nil {
		return nil, err
	}
	total := 0
	for _, n := range v.Towns {
		total += n
	}
	for _, share := range decideQuotas(total, v.Towns) {
		list = append(list, needTown{Name: cmp.Or(names[share.Town], share.Town), Heads: r.L.Number(share.Heads), Share: r.L.Number(100*share.Heads/max(total, 1)) + "%"})
	}
	return list, nil
}

// tracePage is the way of a need.
type tracePage struct {
	web.Page
	Of   needSight
	Path []traceStage
	Here int
	Back string
}

func (s *Service) getNeedTrace(w http.ResponseWriter, r *web.Request) error {
	v, err := s.needSight(r.Context(), access.ActorOf(r.Request), r.L, NeedID(r.PathValue("id")))
	if err != nil {
		return err
	}
	p := tracePage{Page: s.needFrame(w, r, v, r.L.T("needs.trace.title")), Of: v, Path: tracePath(r.L, v), Back: NeedHref(v.Need.ID)}
	p.Here = traceHere(p.Path)
	return r.Render(w, traceView(p))
}

// decidePage is the form of one answer.
type decidePage struct {
	web.Page
	Of       needSight
	Kind     Answer
	Kinds    []web.Link
	V        url.Values
	Centers  []web.Choice
	Forms    []web.Choice
	Places   []web.Choice // institutions for which a workshop can be ordered
	Quotas   []decideRow
	Why      web.Reason
	Stop     string
	Action   string
	HandOver string // why no training can be decided on here, "" when one can
	Proposed bool   // the shares were reckoned from the seats just typed
}

// decideRow is the field of one municipality.
type decideRow struct {
	Field, Name, Hint string
}

func (s *Service) getDecide(w http.ResponseWriter, r *web.Request) error {
	v, err := s.decideSight(r)
	if err != nil {
		return err
	}
	return s.showDecide(w, r, http.StatusOK, v, nil, nil)
}

// decideSight is the need for whoever may answer it.
func (s *Service) decideSight(r *web.Request) (v needSight, err error) {
	ctx, who, id := r.Context(), access.ActorOf(r.Request), NeedID(r.PathValue("id"))
	if v, err = s.needSight(ctx, who, r.L, id); err != nil {
		return v, err
	}
	if !v.May.Plans {
		return v, fault.New(fault.Forbidden, "fault.forbidden")
	}
	return v, nil
}

// showDecide draws the form: empty with what is proposed, or as it was typed.
func (s *Service) showDecide(w http.ResponseWriter, r *web.Request, status int, v needSight, typed url.Values, fail error) error {
	kind := Answer(cmp.Or(typed.Get("rodzaj"), r.Value("rodzaj"), string(Training)))
	if !slices.Contains(decideKinds(), kind) {
		return fault.ErrNotFound
	}
	kinds, handOver, err := s.needWays(r, v)
	if err != nil {
		return err
	}
	if kind == Training && handOver != "" && typed == nil {
		kind = Network // the first that is left
	}
	p := decidePage{HandOver: handOver, Page: s.needFrame(w, r, v, r.L.T("needs.need.decide_as", "kind", r.L.T("needs.need.decide."+string(kind)))).WithErrors(fail), Of: v, Kind: kind, V: typed, Action: NeedHref(v.Need.ID) + "/decyzja"}
	p.Path = p.Action + "?rodzaj=" + string(kind)
	if f := fault.As(fail); f != nil && len(f.Fields) == 0 {
		p.Stop = r.L.T(f.Key, f.Args...)
	}
	for _, k := range kinds {
		k.Current = k.Href == p.Path
		p.Kinds = append(p.Kinds, k)
	}
	if p.Centers, err = s.decideCenters(r.Context(), access.ActorOf(r.Request), v.Campaign); err != nil {
		return err
	}
	if kind == Training && p.HandOver == "" {
		if p.Centers, err = s.decideTrains(r.Context(), access.ActorOf(r.Request), p.Centers); err != nil {
			return err
		}
	}
	if p.V == nil {
		p.V = decideDefaults(v, kind, p.Centers)
	}
	switch kind {
	case Training:
		for _, f := range decideForms() {
			p.Forms = append(p.Forms, web.Choice{Value: f, Label: r.L.T("needs.need.form." + f)})
		}
		err = s.decideTowns(r, v, &p, typed == nil)
	case Workshop:
		var named []needWho
		named, _, err = s.needDeclared(r.Context(), v.Need, nil, web.Cursor{})
		for _, one := range named {
			p.Places = append(p.Places, web.Choice{Value: string(one.Institution), Label: one.Name + " (" + r.L.N("needs.need.people", one.Heads) + ")"})
		}
	}
	if err != nil {
		return err
	}
	return r.RenderStatus(w, status, decideView(p))
}

// decideDefaults are what the form proposes: the topic as the title, seats for
// those for whom there are none yet, the campaign's days for those who asked.
func decideDefaults(v needSight, kind Answer, centers []web.Choice) url.Values {
	f := url.Values{"rodzaj": {string(kind)}, "wersja": {strconv.FormatInt(v.Need.Revision, 10)}}
	if kind == Declined {
		return f
	}
	f.Set("tytul", v.Topic)
	f.Set("miejsca", strconv.Itoa(min(max(v.Left.Left, 1), decideSeats)))
	if len(centers) > 0 {
		f.Set("osrodek", centers[0].Value)
	}
	if kind == Training {
		f.Set("forma", decideForms()[0])
		f.Set("pierwszenstwo", strconv.Itoa(min(v.Campaign.FirstDays, decideFirst)))
	}
	return f
}

// decideTowns draws a field for each municipality where the need is, with the
// proposal and the numbers it rests on.
func (s *Service) decideTowns(r *web.Request, v needSight, p *decidePage, fill bool) error {
	names, err := s.publishTowns(r.Context())
	if err != nil {
		return err
	}
	seats, _ := strconv.Atoi(p.V.Get("miejsca"))
	p.Proposed = p.V.Get("przelicz") != ""
	why := web.Reason{Text: r.L.T("needs.need.quota.why", "seats", r.L.N("needs.need.seats", max(seats, 0))), Rule: r.L.T("needs.need.quota.rule")}
	for _, share := range decideQuotas(seats, v.Towns) {
		name := cmp.Or(names[share.Town], share.Town)
		row := decideRow{Field: "gmina_" + share.Town, Name: name, Hint: r.L.N("needs.need.quota.heads", share.Heads, "seats", share.Seats)}
		if fill || p.Proposed {
			p.V.Set(row.Field, strconv.Itoa(share.Seats))
		}
		p.Quotas = append(p.Quotas, row)
		why.Numbers = append(why.Numbers, web.Pair{Name: name, Value: row.Hint})
	}
	p.Why = why
	return nil
}

// verdictOf reads the form. A number that is none becomes one that is refused.
func verdictOf(v url.Values) (d Verdict, seen int64) {
	number := func(name string) int {
		text := strings.TrimSpace(v.Get(name))
		if text == "" {
			return 0
		}
		n, err := strconv.Atoi(text)
		if err != nil {
			return -1
		}
		return n
	}
	seen, _ = strconv.ParseInt(v.Get("wersja"), 10, 64)
	d = Verdict{Kind: Answer(v.Get("rodzaj")), Title: v.Get("tytul"), Words: v.Get("slowa"), Center: access.InstitutionID(v.Get("osrodek")), Seats: number("miejsca"),
		Form: v.Get("forma"), FirstDays: number("pierwszenstwo"), Institution: access.InstitutionID(v.Get("placowka")), Quotas: map[string]int{}}
	for name := range v {
		if town, ok := strings.CutPrefix(name, "gmina_"); ok && number(name) != 0 {
			d.Quotas[town] = number(name)
		}
	}
	return d, seen
}

func (s *Service) postDecide(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	v, err := s.decideSight(r)
	if err != nil {
		return err
	}
	if r.Value("przelicz") != "" {
		return s.showDecide(w, r, http.StatusOK, v, r.PostForm, nil)
	}
	d, seen := verdictOf(r.PostForm)
	_, err = s.Decide(r.Context(), access.ActorOf(r.Request), v.Need.ID, seen, d)
	if f := fault.As(err); f != nil && (f.Kind == fault.Invalid || f.Kind == fault.Conflict) {
		return s.showDecide(w, r, f.Kind.Status(), v, r.PostForm, err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.needs.need.decided")
	return r.Redirect(w, NeedHref(v.Need.ID))
}

func (s *Service) postSettle(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	id, settled := NeedID(r.PathValue("id")), r.Value("otworz") == ""
	seen, _ := strconv.ParseInt(r.Value("wersja"), 10, 64)
	err := s.Settle(r.Context(), access.ActorOf(r.Request), id, seen, settled)
	if f := fault.As(err); f != nil && f.Kind == fault.Conflict {
		return s.showNeed(w, r, http.StatusConflict, err)
	}
	if err != nil {
		return err
	}
	key := "notice.needs.need.settled"
	if !settled {
		key = "notice.needs.need.reopened"
	}
	r.Notify(w, key)
	return r.Redirect(w, NeedHref(id))
}

// ordersPage is what waits to be carried out, or what ended.
type ordersPage struct {
	web.Page
	Shelves []web.Link
	Items   []orderItem
	Ended   bool
	Pager   web.Pager
}

type orderItem struct {
	Title, Href, End, Kind, State, Badge string
	Facts                                []web.Fact
}

func (s *Service) getOrders(w http.ResponseWriter, r *web.Request) error {
	at, err := web.CursorOf(r.URL.Query())
	if err != nil {
		return err
	}
	p := ordersPage{Page: r.Page(w, r.L.T("needs.order.title"), web.Link{Text: r.L.T("needs.title"), Href: Path}), Ended: r.Value("stan") == "zakonczone"}
	p.NoIndex = true
	p.Shelves = []web.Link{{Text: r.L.T("needs.order.waiting"), Href: OrdersPath, Current: !p.Ended},
		{Text: r.L.T("needs.order.ended"), Href: OrdersPath + "?stan=zakonczone", Current: p.Ended}}
	list, more, err := s.Orders(r.Context(), access.ActorOf(r.Request), p.Ended, at)
	if err != nil {
		return err
	}
	if p.Items, err = s.orderItems(r, list); err != nil {
		return err
	}
	if n := len(list); n > 0 {
		p.Pager = web.PagerFor(r.URL, at, web.Cursor{ID: list[0].ID}, web.Cursor{ID: list[n-1].ID}, more)
	}
	return r.Render(w, ordersView(p))
}

func (s *Service) orderItems(r *web.Request, list []Order) (items []orderItem, err error) {
	var ids []access.InstitutionID
	var topics []string
	for _, o := range list {
		ids, topics = append(ids, o.Center, o.Institution), append(topics, o.Topic)
	}
	names, err := s.Directory.Names(r.Context(), ids)
	if err != nil {
		return nil, err
	}
	called, err := s.Topics.Names(r.Context(), r.L, topics)
	for _, o := range list {
		it := orderItem{Title: o.Title, Href: NeedHref(o.Need), Kind: r.L.T("needs.need.decide." + string(o.Kind)), State: r.L.T("needs.order.state." + o.State), Badge: orderBadge(o.State)}
		if o.State == orderPlanned {
			it.End = OrdersPath + "/" + o.ID + "/koniec"
		}
		for _, f := range [][2]string{{"topic", called[o.Topic]}, {"center", names[o.Center]}, {"for", names[o.Institution]},
			{"seats", r.L.N("needs.need.people", o.Seats)}, {"at", needDay(r.L, o.At)}, {"note", o.Note}} {
			if f[1] != "" {
				it.Facts = append(it.Facts, web.Fact{Name: r.L.T("needs.need.fact." + f[0]), Value: f[1]})
			}
		}
		items = append(items, it)
	}
	return items, err
}

// orderEndPage is where somebody says what came of an order.
type orderEndPage struct {
	web.Page
	Of     Order
	V      url.Values
	Stop   string
	Action string
}

func (s *Service) getEndOrder(w http.ResponseWriter, r *web.Request) error {
	return s.showEndOrder(w, r, http.StatusOK, url.Values{}, nil)
}

func (s *Service) showEndOrder(w http.ResponseWriter, r *web.Request, status int, v url.Values, fail error) error {
	o, _, err := s.orderFor(r.Context(), access.ActorOf(r.Request), r.PathValue("id"))
	if err != nil {
		return err
	}
	p := orderEndPage{Page: r.Page(w, r.L.T("needs.order.end"), web.Link{Text: r.L.T("needs.title"), Href: Path}, web.Link{Text: r.L.T("needs.order.title"), Href: OrdersPath}).WithErrors(fail),
		Of: o, V: v, Action: OrdersPath + "/" + o.ID + "/koniec"}
	p.NoIndex = true
	if f := fault.As(fail); f != nil && len(f.Fields) == 0 {
		p.Stop = r.L.T(f.Key, f.Args...)
	}
	return r.RenderStatus(w, status, orderEndView(p))
}

func (s *Service) postEndOrder(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	seen, _ := strconv.ParseInt(r.Value("wersja"), 10, 64)
	err := s.EndOrder(r.Context(), access.ActorOf(r.Request), r.PathValue("id"), seen, r.Value("stan"), r.Value("slowa"))
	if f := fault.As(err); f != nil && (f.Kind == fault.Invalid || f.Kind == fault.Conflict) {
		return s.showEndOrder(w, r, f.Kind.Status(), r.PostForm, err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.needs.need.ended")
	return r.Redirect(w, OrdersPath)
}
