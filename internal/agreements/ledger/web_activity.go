package ledger

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/files"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// activityPage is one activity: its facts, and why it counts where it counts.
type activityView struct {
	web.Page
	Tabs     []web.Link
	Facts    []web.Fact
	Figures  []web.Figure
	Places   []placeView
	Marks    []string
	Rows     []factGroup
	Hand     *handView
	Back     int // facts that were superseded or taken back
	BackOnes []backView
}

type placeView struct {
	Name   string
	Reason web.Reason
}

// factGroup are facts from one municipality by one group, no single people.
type factGroup struct{ Town, Group, Facts, Participations, Hours, Money string }

// backView is a fact by hand that was taken back.
type backView struct{ What, Why, Who string }

// handView is what only an activity by hand has.
type handView struct {
	Words, By  string
	Files      []web.Link
	Lines      []handLine
	May        bool
	Form       numbersForm
	ActionPath string
}

type handLine struct{ ID, What string }

func (s *Service) getActivity(w http.ResponseWriter, r *web.Request) error {
	return s.showActivity(w, r, nil, numbersForm{})
}

func refOf(r *web.Request) (Ref, error) {
	id, err := known(r.PathValue("id"))
	return Ref{r.PathValue("kind"), id}, err
}

// showActivity shows the page, with the form that was refused, if one was.
func (s *Service) showActivity(w http.ResponseWriter, r *web.Request, refused error, form numbersForm) error {
	ctx, l := r.Context(), r.L
	ref, err := refOf(r)
	if err != nil {
		return err
	}
	a, err := storedActivity(ctx, s.db, ref)
	if err != nil {
		return err
	}
	if named, err := s.asked(ctx, ref); err == nil {
		a.Title, a.Path = named.Title, named.Path
	} else if !errors.Is(err, fault.ErrNotFound) {
		return err
	}
	p := activityView{Page: r.Page(w, s.titleOf(l, a), crumbs(l)...), Tabs: tabs(r, "")}
	p.NoIndex = true
	p.Facts = s.activityFacts(ctx, l, a)
	if err := s.activityPlaces(ctx, &p, a); err != nil {
		return err
	}
	all := ref.Kind == Hand || access.ActorOf(r.Request).May(access.EditRules)
	if err := s.activityNumbers(ctx, &p, ref, all); err != nil {
		return err
	}
	if ref.Kind == Hand {
		if p.Hand, err = s.handPart(r, ref.ID, form); err != nil {
			return err
		}
	}
	status := http.StatusOK
	if refused != nil {
		p.Page, status = p.WithErrors(refused), fault.KindOf(refused).Status()
	}
	return r.RenderStatus(w, status, activityShown(p))
}

func (s *Service) activityFacts(ctx context.Context, l *i18n.L, a Activity) []web.Fact {
	facts := []web.Fact{{Name: l.T("ledger.fact.kind"), Value: s.kindName(l, a.Kind)}, {Name: l.T("ledger.fact.on"), Value: l.DateText(a.On)},
		{Name: l.T("ledger.fact.year"), Value: yearText(a.SchoolYear)}}
	if a.Form != "" {
		facts = append(facts, web.Fact{Name: l.T("ledger.fact.form"), Value: s.worded(l, "ledger.form.", a.Form)})
	}
	if len(a.Topics) > 0 && s.Topics != nil {
		names, err := s.Topics.Names(ctx, l, a.Topics)
		var list []string
		for _, id := range a.Topics {
			list = append(list, names[id])
		}
		if err == nil {
			facts = append(facts, web.Fact{Name: l.T("ledger.fact.topics"), Value: strings.Join(list, ", ")})
		}
	}
	if a.Path != "" && a.Kind != Hand {
		facts = append(facts, web.Fact{Name: l.T("ledger.fact.page"), Value: l.T("ledger.fact.open"), Href: a.Path})
	}
	if a.Trace != "" {
		facts = append(facts, web.Fact{Name: l.T("ledger.fact.trace"), Value: l.T("ledger.fact.trace_open"), Href: "/sprawa/" + a.Trace})
	}
	return facts
}

// activityPlaces says where the activity counts, and by which rule of which day.
func (s *Service) activityPlaces(ctx context.Context, p *activityView, a Activity) error {
	wd, err := s.world(ctx)
	if err != nil {
		return err
	}
	places, err := placesOf(ctx, s.db, a.Ref)
	if err != nil {
		return err
	}
	themes := map[string]string{}
	if s.Topics != nil {
		if themes, err = s.Topics.Names(ctx, p.L, wd.themes); err != nil {
			return err
		}
	}
	for _, place := range places {
		sort, _ := place.Scope.parts()
		if sort == string(All) || sort == "kind" {
			continue
		}
		name := s.scopeName(p.L, wd, themes, place.Scope)
		p.Places = append(p.Places, placeView{name, s.whyHere(p.L, wd, place, sort, name)})
	}
	return s.activityMarks(ctx, p, wd, a.Ref)
}

func (s *Service) whyHere(l *i18n.L, w world, place Place, sort, name string) web.Reason {
	why := web.Reason{About: name, Text: l.T("ledger.why.source")}
	if sort == "theme" {
		why.Text = l.T("ledger.why.theme")
	}
	for _, set := range w.sets {
		if place.RuleSet != "" && set.ID == place.RuleSet {
			why.Text = l.T("ledger.why.rule", "no", strconv.Itoa(place.Rule), "date", l.DateText(set.ValidFrom))
			why.Numbers = []web.Pair{{Name: l.T("ledger.why.words"), Value: set.Words}}
		}
	}
	switch sort {
	case "area":
		why.Rule = l.T("ledger.why.joint")
	case "near":
		why.Rule = l.T("ledger.why.near")
	}
	return why
}

func (s *Service) activityMarks(ctx context.Context, p *activityView, w world, ref Ref) error {
	marks, err := marksOf(ctx, s.db, ref)
	if err != nil {
		return err
	}
	var ids []string
	for _, m := range marks {
		ids = append(ids, m.By, m.EndedBy)
	}
	names, err := s.peopleNames(ctx, ids)
	if err != nil {
		return err
	}
	titles := map[string]string{}
	for _, t := range w.areas {
		titles[t.Owner] = t.OwnerName
	}
	for _, m := range marks {
		text := p.T("ledger.mark.made", "agreement", titles[m.Agreement], "who", person(p.L, names, m.By), "when", p.L.Date(p.Local(time.Unix(m.At, 0))))
		if m.EndedAt > 0 {
			text += " " + p.T("ledger.mark.ended", "who", person(p.L, names, m.EndedBy), "when", p.L.Date(p.Local(time.Unix(m.EndedAt, 0))))
		}
		p.Marks = append(p.Marks, text)
	}
	return nil
}

func (s *Service) peopleNames(ctx context.Context, ids []string) (map[string]string, error) {
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == "" })
	if s.People == nil || len(ids) == 0 {
		return nil, nil
	}
	return s.People.NamesOf(ctx, ids)
}

// person is a name, or a word for an account that is gone.
func person(l *i18n.L, names map[string]string, id string) string {
	if names[id] == "" {
		return l.T("ledger.somebody")
	}
	return names[id]
}

// groupAt is a group of people from a municipality.
type groupAt struct {
	town  string
	group Group
}

// activityNumbers sums the facts that hold by municipality and group; whose
// they are nobody is shown. Numbers of few people are for who answers for the
// rules (all): for others they stand together, see restOf.
func (s *Service) activityNumbers(ctx context.Context, p *activityView, ref Ref, all bool) error {
	facts, err := holding(ctx, s.db, ref)
	if err != nil {
		return err
	}
	towns, err := s.townNames(ctx)
	if err != nil {
		return err
	}
	var total Part
	groups, order := map[groupAt]Part{}, []groupAt{}
	for _, f := range signed(facts, 1) {
		here := groupAt{f.Seat, f.Group}
		if _, ok := groups[here]; !ok {
			order = append(order, here)
		}
		sum := groups[here]
		sum.add(f.part())
		groups[here] = sum
		total.add(f.part())
	}
	slices.SortFunc(order, func(a, b groupAt) int {
		return cmp.Or(cmp.Compare(i18n.SortKey(towns[a.town]), i18n.SortKey(towns[b.town])), slices.Index(Groups(), a.group)-slices.Index(Groups(), b.group))
	})
	var rest map[groupAt]bool
	if !all {
		rest = restOf(groups)
	}
	var others Part
	for _, a := range order {
		sum := groups[a]
		if rest[a] {
			others.add(sum)
			continue
		}
		town := towns[a.town]
		if town == "" {
			town = p.T("ledger.no_town")
		}
		p.Rows = append(p.Rows, factGroup{town, p.T("ledger.group." + string(a.group)), p.L.Number(int(sum.Facts)), p.L.Number(int(sum.Participations)),
			hoursText(p.L, sum.Minutes+sum.Held), moneyText(p.L, sum.Money)})
	}
	if len(rest) > 0 {
		p.Rows = append(p.Rows, factGroup{p.T("ledger.few", "n", fewest), "", p.L.Number(int(others.Facts)), p.L.Number(int(others.Participations)),
			hoursText(p.L, others.Minutes+others.Held), moneyText(p.L, others.Money)})
	}
	p.Figures = []web.Figure{{Value: p.L.Number(int(total.Facts)), Label: p.L.N("ledger.figure.facts", int(total.Facts))},
		{Value: p.L.Number(int(total.Participations)), Label: p.L.N("ledger.figure.participations", int(total.Participations))},
		{Value: hoursText(p.L, total.Minutes), Label: p.T("ledger.figure.hours"), More: p.T("ledger.figure.held", "n", hoursText(p.L, total.Held))}}
	return s.activityBack(ctx, p, ref)
}

// fewest is from how many people on a group of a municipality has a row of its
// own: one head is all heads of a village.
const fewest = 5

// restOf are the groups that are shown as one sum: those of few people, and, if
// that is a single one, the next smallest with it, lest the total tell it.
func restOf(groups map[groupAt]Part) map[groupAt]bool {
	var list []groupAt
	for at, p := range groups {
		if p.Participations > 0 {
			list = append(list, at)
		}
	}
	slices.SortFunc(list, func(a, b groupAt) int {
		return cmp.Or(cmp.Compare(groups[a].Participations, groups[b].Participations), cmp.Compare(a.town, b.town), cmp.Compare(a.group, b.group))
	})
	rest := map[groupAt]bool{}
	for _, at := range list {
		if groups[at].Participations >= fewest && len(rest) != 1 {
			break
		}
		rest[at] = true
	}
	return rest
}

// activityBack tells what was corrected.
func (s *Service) activityBack(ctx context.Context, p *activityView, ref Ref) error {
	var list []fact
	err := s.db.Select(ctx, &list, `select `+factColumns+` from ledger_facts where activity_kind = ? and activity = ? and sign = -1 order by id desc limit 200`, ref.Kind, ref.ID)
	if err != nil {
		return err
	}
	var ids []string
	for _, f := range list {
		ids = append(ids, f.By)
	}
	names, err := s.peopleNames(ctx, ids)
	p.Back = len(list)
	for _, f := range list {
		if f.Reason != "" {
			p.BackOnes = append(p.BackOnes, backView{partWords(p.L, f.line(1).part()), f.Reason,
				p.T("ledger.back.who", "who", person(p.L, names, f.By), "when", p.L.Date(p.Local(time.Unix(f.TakenAt, 0))))})
		}
	}
	return err
}

func (s *Service) townNames(ctx context.Context) (map[string]string, error) {
	list, err := directory.Municipalities(ctx, s.db)
	names := map[string]string{}
	for _, t := range list {
		names[t.ID] = t.Name
	}
	return names, err
}

// handPart is what an activity by hand shows besides.
func (s *Service) handPart(r *web.Request, id string, form numbersForm) (*handView, error) {
	ctx, l := r.Context(), r.L
	h, err := handByID(ctx, s.db, id)
	if err != nil {
		return nil, err
	}
	names, err := s.peopleNames(ctx, []string{h.By})
	if err != nil {
		return nil, err
	}
	where, err := s.Directory.Names(ctx, []access.InstitutionID{h.Institution})
	if err != nil {
		return nil, err
	}
	v := &handView{Words: h.Words, May: access.ActorOf(r.Request).MayAt(ctx, access.EnterFacts, h.Institution) == nil, ActionPath: ActivityHref(Ref{Hand, id}),
		By: l.T("ledger.entered", "who", person(l, names, h.By), "where", where[h.Institution], "when", l.Date(time.Unix(h.At, 0).In(web.Warsaw)))}
	if v.Form, err = s.numbersForm(ctx, l, form); err != nil {
		return nil, err
	}
	towns, err := s.townNames(ctx)
	if err != nil {
		return nil, err
	}
	var list []fact
	err = s.db.Select(ctx, &list, `select `+factColumns+` from ledger_facts f where activity_kind = ? and activity = ? and `+holds+` order by id limit 200`, Hand, id)
	for _, f := range list {
		what := partWords(l, f.line(1).part()) + " · " + l.T("ledger.group."+string(f.Group))
		if towns[f.BySeat] != "" {
			what += " · " + towns[f.BySeat]
		}
		v.Lines = append(v.Lines, handLine{f.ID, what})
	}
	if err != nil || s.Files == nil || !readsFiles(r, h) {
		return v, err
	}
	attached, err := s.Files.Of(ctx, s.db, sourceOwner(id))
	for _, f := range attached {
		v.Files = append(v.Files, web.Link{Text: f.Name + " (" + files.Bytes(f.Size) + ")", Href: v.ActionPath + "/plik/" + string(f.ID)})
	}
	return v, err
}

// readsFiles tells whether the reader may open what shows where an activity is
// known from. It may be a list with names, so it is for those who enter facts
// there and for who answers for the rules; others read the words.
func readsFiles(r *web.Request, h handRow) bool {
	who := access.ActorOf(r.Request)
	return who.MayAt(r.Context(), access.EnterFacts, h.Institution) == nil || who.May(access.EditRules)
}

func (s *Service) getFile(w http.ResponseWriter, r *web.Request) error {
	ref, err := refOf(r)
	if err != nil || ref.Kind != Hand {
		return fault.ErrNotFound
	}
	h, err := handByID(r.Context(), s.db, ref.ID)
	if err != nil {
		return err
	}
	if !readsFiles(r, h) {
		return fault.ErrNotFound
	}
	return s.Files.Serve(w, r, sourceOwner(ref.ID), files.ID(r.PathValue("file")))
}

func (s *Service) postNumbers(w http.ResponseWriter, r *web.Request) error {
	ref, err := refOf(r)
	if err != nil || ref.Kind != Hand {
		return fault.ErrNotFound
	}
	form := readNumbers(r.Value)
	n, err := form.numbers()
	if err == nil {
		err = s.AddNumbers(r.Context(), access.ActorOf(r.Request), ref.ID, n)
	}
	if fault.KindOf(err) == fault.Invalid && err != nil {
		return s.showActivity(w, r, err, form)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.ledger_entered")
	return r.Redirect(w, ActivityHref(ref))
}

func (s *Service) postTakeBack(w http.ResponseWriter, r *web.Request) error {
	ref, err := refOf(r)
	if err != nil || ref.Kind != Hand {
		return fault.ErrNotFound
	}
	err = s.TakeBack(r.Context(), access.ActorOf(r.Request), ref.ID, r.Value("fakt"), strings.TrimSpace(r.Value("powod")))
	if fault.KindOf(err) == fault.Invalid && err != nil {
		return s.showActivity(w, r, err, numbersForm{})
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.ledger_taken_back")
	return r.Redirect(w, ActivityHref(ref))
}
