package needs

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/events"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/trace"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
)

// needRanked is a closed campaign in which the school, the small one and the
// town's school named maths, and its need.
func (k *kit) needRanked(t *testing.T, change func(*Campaign)) (Campaign, NeedID) {
	t.Helper()
	c := k.campaign(t, func(c *Campaign) {
		c.State = Closed
		if change != nil {
			change(c)
		}
	})
	k.declared(c, k.school, AsSchool, Line{Topic: maths, Heads: 6, Priority: 3}, Line{Topic: reading, Heads: 1})
	k.declared(c, k.small, AsSchool, Line{Words: "liczenie", Merged: maths, Heads: 3})
	k.declared(c, k.townSchool, AsSchool, Line{Topic: maths, Heads: 3, Priority: 1})
	k.declared(c, k.countyOwned, AsSchool, Line{Topic: autism, Heads: 2})
	k.ok(k.rankDeclared(t.Context(), c))
	return c, k.needOf(c, maths)
}

func (k *kit) needOf(c Campaign, topic string) (id NeedID) {
	k.t.Helper()
	k.ok(k.db.Get(k.t.Context(), &id, `select id from needs_needs where campaign = ? and topic = ?`, c.ID, topic))
	return id
}

func (k *kit) revisionOf(id NeedID) int64 {
	k.t.Helper()
	n, err := NeedByID(k.t.Context(), k.db, id)
	k.ok(err)
	return n.Revision
}

func (k *kit) verdict(kind Answer) Verdict {
	v := Verdict{Kind: kind, Title: "  Matematyka \n w ruchu ", Center: k.center, Seats: 10, Words: "Zaczynamy w lutym."}
	switch kind {
	case Training:
		v.Form, v.FirstDays, v.Quotas = "workshop", 7, map[string]int{city: 6, town: 3}
	case Workshop:
		v.Institution = k.small
	case Declined:
		v = Verdict{Kind: Declined, Words: "W tym roku nie ma na to pieniędzy."}
	}
	return v
}

func TestDecideOnBothDatabases(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		var heard []Ordered
		events.On(k.Bus, "test", func(_ context.Context, e Ordered, _ events.Meta) error { heard = append(heard, e); return nil })
		t.Run("refusals", func(t *testing.T) { decideRefusals(t, k) })
		t.Run("hands over", func(t *testing.T) { decideHandsOver(t, k) })
		t.Run("training", func(t *testing.T) { decideTrainingOf(t, k, &heard) })
		t.Run("told", func(t *testing.T) { decideTells(t, k) })
		t.Run("orders", func(t *testing.T) { decideOrders(t, k) })
		t.Run("settle", func(t *testing.T) { decideSettles(t, k) })
		t.Run("race", func(t *testing.T) { decideRaces(t, k) })
		t.Run("who sees", func(t *testing.T) { needSeen(t, k) })
	})
}

func decideRefusals(t *testing.T, k *kit) {
	ctx := t.Context()
	c, id := k.needRanked(t, func(c *Campaign) { c.Owner = k.cityOffice })
	far := k.person("Fela Obca", access.CenterOfficer, k.townSchool) // another center, to the program
	for name, x := range map[string]struct {
		who       access.Actor
		see, plan fault.Kind
	}{
		"stranger":              {access.Stranger(), fault.SignedOut, fault.SignedOut},
		"teacher":               {k.ewa, fault.NotFound, fault.Forbidden},
		"head of another":       {k.countyHead, fault.NotFound, fault.Forbidden},
		"officer of the county": {k.person("Kazik Powiat", access.AuthorityOfficer, k.countyOwned), fault.NotFound, fault.Forbidden},
		"center of others":      {far, fault.NotFound, fault.Forbidden},
		"administrator":         {k.administrator, fault.NotFound, fault.Forbidden},
	} {
		if name != "center of others" { // sits in a school that named it
			_, _, _, err := k.needFor(ctx, x.who, id)
			refuses(t, name+": see", err, x.see)
		}
		_, err := k.Decide(ctx, x.who, id, 1, k.verdict(Training))
		refuses(t, name+": decide", err, x.plan)
		refuses(t, name+": settle", k.Settle(ctx, x.who, id, 1, true), x.plan)
	}
	for name, who := range map[string]access.Actor{"head who named it": k.head, "officer of another authority": k.townClerk} {
		_, err := k.Decide(ctx, who, id, 1, k.verdict(Training))
		refuses(t, name+": decide", err, fault.Forbidden)
	}
	_, err := k.Decide(ctx, k.officer, NeedID(newID()), 1, k.verdict(Training))
	refuses(t, "no such need", err, fault.NotFound)
	_, err = k.Decide(ctx, k.officer, "nic", 1, k.verdict(Training))
	refuses(t, "no id", err, fault.NotFound)
	if _, err = k.Decide(ctx, k.planner, id, k.revisionOf(id), k.verdict(Declined)); err != nil {
		t.Error("the campaign's center:", err)
	}
	for _, x := range []struct {
		state State
		kind  fault.Kind
	}{{Draft, fault.NotFound}, {Open, fault.Conflict}, {Dropped, fault.Conflict}} {
		k.write(func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, `update needs_campaigns set state = ? where id = ?`, x.state, c.ID)
			return err
		})
		_, err := k.Decide(ctx, k.officer, id, 2, k.verdict(Declined))
		refuses(t, "while the campaign is "+string(x.state), err, x.kind)
		if _, _, _, err := k.needFor(ctx, k.officer, id); x.state == Draft {
			refuses(t, "a need of a draft", err, fault.NotFound)
		}
	}
}

// decideHandsOver has an authority name a center that is not its own.
func decideHandsOver(t *testing.T, k *kit) {
	ctx := t.Context()
	_, id := k.needRanked(t, func(c *Campaign) { c.Owner = k.cityOffice })
	_, err := k.Decide(ctx, k.cityClerk, id, 1, k.verdict(Training))
	refuses(t, "a draft at a center of others", err, fault.Invalid)
	if f := fault.As(err); f != nil && (len(f.Fields) != 1 || f.Fields[0].Name != "osrodek" || f.Fields[0].Key != "needs.need.fault.hand_over") {
		t.Errorf("refused with %+v", f.Fields)
	}
	for _, where := range []string{NeedHref(id), NeedHref(id) + "/decyzja"} {
		p := k.page(k.cityClerk, where)
		if p.Find(`a[href$="rodzaj=training"]`).Length() != 0 || p.Find(`input[value=training]`).Length() != 0 || !strings.Contains(text(p.Find("main")), "O szkoleniu decyduje ośrodek: Centrum") {
			t.Errorf("%s offers a training, or does not say who decides", where)
		}
		if p := k.page(k.planner, where); p.Find(`a[href$="rodzaj=training"]`).Length() != 1 || strings.Contains(text(p.Find("main")), "O szkoleniu decyduje") {
			t.Errorf("%s: the center's own officer is offered no training", where)
		}
	}
	if _, err := k.Decide(ctx, k.cityClerk, id, 1, k.verdict(Network)); err != nil {
		t.Error("another answer of the authority:", err)
	}
	for name, who := range map[string]access.Actor{"the center": k.planner, "the association": k.officer} {
		if _, err := k.Decide(ctx, who, id, k.revisionOf(id), k.verdict(Training)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	own, err := directory.ByID(ctx, k.db, k.center) // and a center that the city runs
	k.ok(err)
	foreign := own
	own.RunningMunicipality = city
	save := func(i directory.Institution) {
		k.write(func(ctx context.Context, tx *db.Tx) error { return k.dir.Save(ctx, tx, []directory.Institution{i}) })
	}
	save(own)
	defer save(foreign)
	if _, err := k.Decide(ctx, k.cityClerk, id, k.revisionOf(id), k.verdict(Training)); err != nil {
		t.Error("a center of its own:", err)
	}
}

func decideTrainingOf(t *testing.T, k *kit, heard *[]Ordered) {
	ctx := t.Context()
	c, id := k.needRanked(t, nil)
	k.write(func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `insert into needs_interest (campaign, person, topic, institution) values (?, ?, ?, '')`, c.ID, k.ewa.Person, maths)
		return err
	})
	wrong := k.verdict(Training)
	wrong.Center = k.cityOffice
	_, err := k.Decide(ctx, k.officer, id, 1, wrong)
	refuses(t, "an institution that is no center", err, fault.Invalid)
	wrong = k.verdict(Workshop)
	wrong.Institution = k.countyOwned
	_, err = k.Decide(ctx, k.officer, id, 1, wrong)
	refuses(t, "a workshop for a school that did not name it", err, fault.Invalid)
	did, err := k.Decide(ctx, k.officer, id, 1, k.verdict(Training))
	k.ok(err)
	_, err = k.Decide(ctx, k.planner, id, 1, k.verdict(Training))
	refuses(t, "somebody was faster", err, fault.Conflict)
	*heard = nil
	k.drain()
	i := slices.IndexFunc(*heard, func(e Ordered) bool { return e.Decision == did })
	if i < 0 || (*heard)[i].Kind != Training || (*heard)[i].Center != k.center || (*heard)[i].Need != id {
		t.Fatalf("heard %+v", *heard)
	}
	p, err := k.PlanFor(ctx, did)
	k.ok(err)
	if p.Target != (*heard)[i].Target || p.Title != "Matematyka w ruchu" || p.Form != "workshop" || p.FirstDays != 7 || p.Topic != maths ||
		p.Pools[""] != 1 || p.Pools[city] != 6 || p.Pools[town] != 3 || p.Trace == "" {
		t.Errorf("%+v", p)
	}
	if want := []access.InstitutionID{k.school, k.small, k.townSchool}; !slices.Equal(p.Institutions, want) || !slices.Equal(p.People, []access.PersonID{k.ewa.Person}) {
		t.Errorf("first: %v, %v", p.Institutions, p.People)
	}
	steps, err := trace.Steps(ctx, k.db, trace.ID(p.Trace), []string{"inst:" + string(k.center)})
	k.ok(err)
	if len(steps) != 2 || steps[1].TitleKey != "needs.need.trace.training" || steps[1].FromID != string(id) {
		t.Errorf("steps %+v", steps)
	}
	for _, s := range steps {
		if !k.Catalog.Has(s.TitleKey) {
			t.Error("no text", s.TitleKey)
		}
	}
	_, err = k.PlanFor(ctx, DecisionID(newID()))
	refuses(t, "no such plan", err, fault.NotFound)
}

// decideTells: who reported the need is told once, nobody else is.
func decideTells(t *testing.T, k *kit) {
	ctx := t.Context()
	c, id := k.needRanked(t, nil)
	k.write(func(ctx context.Context, tx *db.Tx) error {
		for _, x := range []struct {
			who   access.Actor
			topic string
		}{{k.ewa, maths}, {k.both, reading}} {
			if _, err := tx.Exec(ctx, `insert into needs_interest (campaign, person, topic, institution) values (?, ?, ?, '')`, c.ID, x.who.Person, x.topic); err != nil {
				return err
			}
		}
		return nil
	})
	k.told = nil
	did, err := k.Decide(ctx, k.planner, id, k.revisionOf(id), k.verdict(Declined))
	k.ok(err)
	k.drain()
	k.ok(k.tellBack(ctx, tellPayload{did, toldDecided})) // a second time, after a crash
	const key = "needs.need.tell.declined"
	for name, who := range map[string]access.Actor{"head": k.head, "deputy": k.deputy, "head of the small one": k.smallHead, "town's head": k.townHead, "who asked by name": k.ewa} {
		if got := k.toldTo(who); got != key {
			t.Errorf("%s was told %q", name, got)
		}
	}
	for name, who := range map[string]access.Actor{"head who named something else": k.countyHead, "who asked about something else": k.both, "clerk": k.cityClerk, "adviser": k.adviser} {
		if got := k.toldTo(who); got != "" {
			t.Errorf("%s was told %q", name, got)
		}
	}
	var told telling
	k.ok(k.db.Get(ctx, &told, `select decision, people, at from needs_tellings where decision = ?`, did))
	if told.People != 6 { // the secretary too
		t.Errorf("%+v", told)
	}
}

func decideOrders(t *testing.T, k *kit) {
	ctx := t.Context()
	_, id := k.needRanked(t, nil)
	did, err := k.Decide(ctx, k.officer, id, 1, k.verdict(Workshop))
	k.ok(err)
	d, err := decisionByID(ctx, k.db, did)
	k.ok(err)
	for name, x := range map[string]struct {
		who  access.Actor
		kind fault.Kind
	}{"stranger": {access.Stranger(), fault.SignedOut}, "head": {k.head, fault.Forbidden}, "another authority": {k.townClerk, fault.NotFound}} {
		refuses(t, name, k.EndOrder(ctx, x.who, d.Target, 1, orderDone, ""), x.kind)
	}
	refuses(t, "no such order", k.EndOrder(ctx, k.officer, newID(), 1, orderDone, ""), fault.NotFound)
	refuses(t, "no such end", k.EndOrder(ctx, k.planner, d.Target, 1, "lost", ""), fault.Invalid)
	refuses(t, "dropped without a reason", k.EndOrder(ctx, k.planner, d.Target, 1, orderDropped, "nie"), fault.Invalid)
	refuses(t, "an older page", k.EndOrder(ctx, k.planner, d.Target, 7, orderDone, ""), fault.Conflict)
	mine := func(who access.Actor, ended bool) bool {
		list, _, err := k.Orders(ctx, who, ended, web.Cursor{})
		k.ok(err)
		return slices.ContainsFunc(list, func(o Order) bool { return o.ID == d.Target && o.Institution == k.small && o.Topic == maths })
	}
	if !mine(k.planner, false) || !mine(k.officer, false) || mine(k.townClerk, false) || mine(k.planner, true) {
		t.Error("the order stands on the wrong lists")
	}
	_, _, err = k.Orders(ctx, k.head, false, web.Cursor{})
	refuses(t, "a head lists orders", err, fault.Forbidden)
	k.told = nil
	k.ok(k.EndOrder(ctx, k.planner, d.Target, 1, orderDropped, "Prowadząca zachorowała."))
	refuses(t, "a second time", k.EndOrder(ctx, k.planner, d.Target, 2, orderDone, ""), fault.Conflict)
	k.drain()
	if got := k.toldTo(k.smallHead); !strings.Contains(got, "needs.need.tell.dropped") {
		t.Errorf("told %q", got)
	}
	if v, err := k.needSight(ctx, k.officer, k.Catalog.In(i18n.PL), id); err != nil || v.Left.Stand != needOpen || !mine(k.planner, true) {
		t.Errorf("%+v %v", v.Left, err)
	}
}

func decideSettles(t *testing.T, k *kit) {
	ctx := t.Context()
	_, id := k.needRanked(t, nil)
	refuses(t, "settled without any answer", k.Settle(ctx, k.officer, id, 1, true), fault.Conflict)
	_, err := k.Decide(ctx, k.officer, id, 1, k.verdict(Network))
	k.ok(err)
	refuses(t, "an older page", k.Settle(ctx, k.officer, id, 1, true), fault.Conflict)
	k.ok(k.Settle(ctx, k.officer, id, 2, true))
	_, err = k.Decide(ctx, k.officer, id, 3, k.verdict(Network))
	refuses(t, "a decision about a settled need", err, fault.Conflict)
	if f := fault.As(err); f == nil || f.Key != "needs.need.fault.settled" {
		t.Error(err)
	}
	k.ok(k.Settle(ctx, k.officer, id, 3, false))
	if _, err := k.Decide(ctx, k.officer, id, 4, k.verdict(Network)); err != nil {
		t.Error("reopened:", err)
	}
}

// decideRaces: of several who decide with the same page before them, one does.
func decideRaces(t *testing.T, k *kit) {
	_, id := k.needRanked(t, nil)
	const people = 4
	answers := make(chan error, people)
	for range people {
		go func() {
			_, err := k.Decide(t.Context(), k.officer, id, 1, k.verdict(Consultation))
			answers <- err
		}()
	}
	won := 0
	for range people {
		if err := <-answers; err == nil {
			won++
		} else {
			refuses(t, "who came later", err, fault.Conflict)
		}
	}
	if decisions, err := Decisions(t.Context(), k.db, id); err != nil || won != 1 || len(decisions) != 1 {
		t.Errorf("%d decided, %d decisions, %v", won, len(decisions), err)
	}
}

// needSeen: each reader sees of a need what is theirs.
func needSeen(t *testing.T, k *kit) {
	ctx := t.Context()
	c, id := k.needRanked(t, nil)
	k.declared(c, k.countyOwned, AsAdviser, Line{Topic: maths, Heads: 1})
	k.write(func(ctx context.Context, tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `update needs_declarations set by_person = ? where campaign = ? and as_what = ?`, k.adviser.Person, c.ID, AsAdviser); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `insert into needs_interest (campaign, person, topic, institution) values (?, ?, ?, '')`, c.ID, k.both.Person, maths)
		return err
	})
	for name, x := range map[string]struct {
		who access.Actor
		own []access.InstitutionID
		may needReader
	}{
		"association":             {who: k.officer, may: needReader{Plans: true}},
		"center":                  {who: k.planner, may: needReader{Plans: true}},
		"head":                    {who: k.head, may: needReader{Own: []access.InstitutionID{k.school}}},
		"authority sees its own":  {who: k.cityClerk, may: needReader{Own: []access.InstitutionID{k.school, k.small}}},
		"the town's sees its own": {who: k.townClerk, may: needReader{Own: []access.InstitutionID{k.townSchool}}},
		"who asked by name":       {who: k.both, may: needReader{Reported: true}},
		"adviser after a visit":   {who: k.adviser, may: needReader{Reported: true}},
	} {
		_, _, may, err := k.needFor(ctx, x.who, id)
		if err != nil || may.Plans != x.may.Plans || may.Reported != x.may.Reported || !slices.Equal(may.Own, x.may.Own) {
			t.Errorf("%s: %+v, %v", name, may, err)
		}
	}
	acting := k.both
	acting.For = k.head.Person
	_, _, _, err := k.needFor(ctx, acting, id)
	refuses(t, "what I asked for is not told to whom I act for", err, fault.NotFound)
}

func TestNeedPages(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	c, id := k.needRanked(t, nil)
	page := NeedHref(id)
	k.write(func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `insert into needs_interest (campaign, person, topic, institution) values (?, ?, ?, '')`, c.ID, k.ewa.Person, maths)
		return err
	})
	for name, x := range map[string]struct {
		who    access.Actor
		status int
	}{"stranger": {access.Stranger(), http.StatusSeeOther}, "teacher": {k.teachers[k.small][1], http.StatusNotFound}, "head of another": {k.countyHead, http.StatusNotFound}} {
		for _, path := range []string{page, page + "/slad"} {
			if got := k.get(x.who, path).Code; got != x.status {
				t.Errorf("%s, %s: %d, want %d", name, path, got, x.status)
			}
		}
		if got := k.get(x.who, page+"/decyzja").Code; got == http.StatusOK {
			t.Errorf("%s has the form", name)
		}
	}
	if got := k.get(k.townClerk, page+"/decyzja").Code; got != http.StatusForbidden {
		t.Errorf("an officer of another authority has the form: %d", got)
	}
	p := k.page(k.officer, page)
	if got := text(p.Find("table").First()); !strings.Contains(got, "9") || p.Find("table").Length() != 2 {
		t.Errorf("what planners see: %s", got)
	}
	form := k.page(k.officer, page+"/decyzja")
	for field, want := range map[string]string{"tytul": "Matematyka", "miejsca": "12", "gmina_" + city: "9", "gmina_" + town: "3", "pierwszenstwo": "7"} {
		if got := form.Find("#"+field).AttrOr("value", ""); got != want {
			t.Errorf("%s is proposed as %q, want %q", field, got, want)
		}
	}
	send := []string{"rodzaj", "training", "wersja", "1", "tytul", "Algebra", "osrodek", string(k.center), "miejsca", "8", "forma", "workshop", "gmina_" + city, "9"}
	again := k.whole(page, k.post(k.officer, page+"/decyzja", append(send, "przelicz", "tak")...), http.StatusOK)
	if got := again.Find("#gmina_"+city).AttrOr("value", ""); got != "6" {
		t.Errorf("reckoned anew: %q", got)
	}
	refused := k.whole(page, k.post(k.officer, page+"/decyzja", send...), http.StatusUnprocessableEntity)
	if refused.Find(`.errsum a[href="#miejsca"]`).Length() != 1 || refused.Find("#tytul").AttrOr("value", "") != "Algebra" {
		t.Error("what was typed is gone, or nobody says why")
	}
	send[9] = "12"
	if w := k.post(k.officer, page+"/decyzja", send...); w.Code != http.StatusSeeOther {
		t.Fatalf("%d", w.Code)
	}
	k.drain()
	needPagesAfter(t, k, c, id)
}

func needPagesAfter(t *testing.T, k *kit, c Campaign, id NeedID) {
	page := NeedHref(id)
	decisions, err := Decisions(t.Context(), k.db, id)
	k.ok(err)
	k.offer.answered[string(id)] = []Answered{{ID: decisions[0].Target, Kind: "training", Title: "Algebra dla każdego", State: "needs.state.open", DeskPath: "/osrodek/szkolenia/x", Seats: 12}}
	for name, x := range map[string]struct {
		who           access.Actor
		title, tables int
	}{"planner": {k.planner, 1, 2}, "head": {k.head, 0, 1}, "authority": {k.cityClerk, 0, 1}, "who asked by name": {k.ewa, 0, 0}} {
		for _, lang := range []i18n.Lang{i18n.EN, i18n.UK, i18n.PL} {
			k.lang = lang
			p := k.page(x.who, page)
			body := text(p.Find("main"))
			if strings.Contains(body, "Algebra dla każdego") != (x.title == 1) || p.Find("table").Length() != x.tables || p.Find(`a[href^="/osrodek/"]`).Length() > 0 != (x.title == 1) {
				t.Errorf("%s sees %s", name, body)
			}
			if others := strings.Contains(body, "Szkoła Gminna"); others != (name == "planner") {
				t.Errorf("%s sees what another school declared: %v", name, others)
			}
		}
		path := k.page(x.who, page+"/slad")
		if got := path.Find(`ol.trace a[href^="/osrodek/"]`).Length(); got != x.title {
			t.Errorf("%s: %d links to a draft", name, got)
		}
		if n := path.Find("ol.trace > li").Length(); n != 8 || path.Find(`ol.trace > [aria-current="step"]`).Length() != 1 {
			t.Errorf("%s: %d stages", name, n)
		}
		if body := text(path.Find("ol.trace")); strings.Contains(body, "12 osób") != (name == "planner") || !strings.Contains(body, "jeszcze nie") {
			t.Errorf("%s: %s", name, body)
		}
	}
	k.offer.answered[string(id)] = []Answered{{ID: decisions[0].Target, Kind: "training", Title: "Algebra dla każdego", State: "needs.state.ranked", Path: "/szkolenia/x", DeskPath: "/osrodek/szkolenia/x",
		Seats: 12, Enrolled: 12, Completed: 10, Hours: 80, Papers: 10, LaterUse: "Większość korzysta", Low: true}}
	path := k.page(k.head, page+"/slad")
	if path.Find("ol.trace > li.done").Length() != 8 || path.Find(`a[href="/szkolenia/x"]`).Length() == 0 || strings.Contains(text(path.Find("main")), "Niskie") {
		t.Error(text(path.Find("ol.trace")))
	}
	if got := text(k.page(k.planner, page).Find("main")); !strings.Contains(got, "Niskie") {
		t.Error("low use is not shown to planners")
	}
	settle := k.post(k.planner, page+"/zamknij", "wersja", "2")
	if settle.Code != http.StatusSeeOther {
		t.Errorf("%d", settle.Code)
	}
	if w := k.post(k.planner, page+"/zamknij", "wersja", "2"); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "w międzyczasie") {
		t.Errorf("%d", w.Code)
	}
	if w := k.post(k.head, page+"/zamknij", "wersja", "3"); w.Code != http.StatusForbidden {
		t.Errorf("a head settles: %d", w.Code)
	}
}

func TestOrderPages(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	_, id := k.needRanked(t, nil)
	for _, kind := range []string{"network", "consultation", "workshop", "declined"} {
		k.page(k.planner, NeedHref(id)+"/decyzja?rodzaj="+kind)
	}
	if got := k.get(k.planner, NeedHref(id)+"/decyzja?rodzaj=zabawa").Code; got != http.StatusNotFound {
		t.Errorf("%d", got)
	}
	did, err := k.Decide(t.Context(), k.planner, id, 1, k.verdict(Workshop))
	k.ok(err)
	d, err := decisionByID(t.Context(), k.db, did)
	k.ok(err)
	list := k.page(k.planner, OrdersPath)
	end := OrdersPath + "/" + d.Target + "/koniec"
	if list.Find(`a[href="`+end+`"]`).Length() != 1 || !strings.Contains(text(list.Find("main")), "Mała Szkoła nr 2") {
		t.Error(text(list.Find("main")))
	}
	if k.page(k.townClerk, OrdersPath).Find(`a[href="`+end+`"]`).Length() != 0 {
		t.Error("another authority sees the order")
	}
	for who, want := range map[*access.Actor]bool{&k.planner: true, &k.smallHead: true, &k.head: false} {
		if got := text(k.page(*who, NeedHref(id)).Find("ol.list")); strings.Contains(got, "Mała Szkoła nr 2") != want {
			t.Errorf("%s reads for whom the workshop is: %s", who.Name, got)
		}
	}
	for who, want := range map[*access.Actor]int{&k.head: http.StatusForbidden, &k.townClerk: http.StatusNotFound, &k.planner: http.StatusOK} {
		if got := k.get(*who, end).Code; got != want {
			t.Errorf("%s: %d, want %d", who.Name, got, want)
		}
	}
	if w := k.post(k.planner, end, "wersja", "1"); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("%d", w.Code)
	}
	if w := k.post(k.planner, end, "wersja", "1", "stan", orderDone, "slowa", "Dziesięć osób."); w.Code != http.StatusSeeOther {
		t.Errorf("%d", w.Code)
	}
	if got := text(k.page(k.planner, OrdersPath+"?stan=zakonczone").Find("main")); !strings.Contains(got, "Dziesięć osób.") {
		t.Error(got)
	}
	needDesks(t, k, id)
}

// needDesks: what was decided stands on the desk of who reported it for a month.
func needDesks(t *testing.T, k *kit, id NeedID) {
	desk := func(who access.Actor) int {
		items, err := k.deskAnswers(access.WithActor(t.Context(), who), who, k.Catalog.In(k.lang))
		k.ok(err)
		return len(items)
	}
	if desk(k.head) != 1 || desk(k.smallHead) != 1 || desk(k.countyHead) != 0 || desk(k.ewa) != 0 || desk(k.planner) != 0 {
		t.Errorf("desks: %d, %d, %d", desk(k.head), desk(k.smallHead), desk(k.countyHead))
	}
	if n, err := k.deskOrders(t.Context(), k.planner); err != nil || n != 0 {
		t.Error(n, err)
	}
	_, err := k.Decide(t.Context(), k.planner, id, 2, k.verdict(Network))
	k.ok(err)
	if n, err := k.deskOrders(t.Context(), k.planner); err != nil || n != 1 {
		t.Error(n, err)
	}
	k.clock = k.clock.Add((deskDays + 1) * 24 * time.Hour)
	if desk(k.head) != 0 {
		t.Error("it stands there for ever")
	}
}
