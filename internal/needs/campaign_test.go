package needs

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/directory/register"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/seal"
	"kladka/internal/platform/survey"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
)

// settings are what the association usually says.
func (k *kit) settings(change func(*Settings)) Settings {
	set := Settings{Title: "Czego potrzebujemy", SchoolYear: 2026, Owner: k.association, Center: k.center, People: true, Mode: survey.Confidential, ClosesOn: "2026-11-30",
		FirstDays: 7, Weights: [3]int{1, 2, 3}, Topics: []string{maths, reading, autism, machine}}
	if change != nil {
		change(&set)
	}
	return set
}

// opened is a campaign that went through everything that a real one does.
func (k *kit) opened(who access.Actor, change func(*Settings)) Campaign {
	k.t.Helper()
	id, err := k.CreateCampaign(k.t.Context(), who, k.settings(change))
	k.ok(err)
	k.ok(k.Open(k.t.Context(), who, id, k.read(id).Revision))
	return k.read(id)
}

func TestSettingsFaults(t *testing.T) {
	now := time.Date(2026, time.November, 23, 9, 0, 0, 0, web.Warsaw)
	k := &kit{association: "a", center: "c"}
	for want, change := range map[string]func(*Settings){
		"":                     func(*Settings) {},
		"tytul":                func(s *Settings) { s.Title = "" },
		"slowa":                func(s *Settings) { s.Words = strings.Repeat("a", 2001) },
		"rok":                  func(s *Settings) { s.SchoolYear = 2025 },
		"tryb":                 func(s *Settings) { s.Mode = survey.Named },
		"do":                   func(s *Settings) { s.ClosesOn = "2026-11-22" },
		"do ":                  func(s *Settings) { s.ClosesOn = "jutro" },
		"do  ":                 func(s *Settings) { s.ClosesOn = "2028-01-01" },
		"pierwszenstwo":        func(s *Settings) { s.FirstDays = 61 },
		"waga2":                func(s *Settings) { s.Weights = [3]int{2, 1, 3} },
		"waga1 waga2 waga3":    func(s *Settings) { s.Weights = [3]int{-1, -1, -1} },
		"waga3":                func(s *Settings) { s.Weights = [3]int{0, 0, 0} },
		"tematy":               func(s *Settings) { s.Topics = nil },
		"tytul do tematy rok ": func(s *Settings) { s.Title, s.ClosesOn, s.Topics, s.SchoolYear = "", "", nil, 3000 },
	} {
		var names []string
		for _, f := range k.settings(change).faults(now) {
			names = append(names, f.Name)
		}
		sorted := strings.Fields(want)
		slices.Sort(sorted)
		slices.Sort(names)
		if !slices.Equal(names, sorted) {
			t.Errorf("faults at %v, want %v", names, sorted)
		}
	}
	if set := k.settings(nil); time.Unix(set.closesAt(), 0).In(web.Warsaw).Format(time.DateTime) != "2026-12-01 00:00:00" {
		t.Error("the last day does not end at midnight in Kraków")
	}
}

func TestCampaignSift(t *testing.T) {
	at := func(id access.InstitutionID, kind directory.Kind, seat, runs string) directory.Institution {
		return directory.Institution{ID: id, Kind: kind, Name: string(id), SortKey: i18n.SortKey(string(id)), Municipality: seat, RunningMunicipality: runs, HeadUnit: id}
	}
	primary, complex := directory.Kind(register.Primary), directory.Kind(register.Kindergarten)
	part := at("part", primary, "1", "1")
	part.HeadUnit = "whole"
	county := at("county", primary, "1", "")
	body := access.InstitutionID("ngo")
	county.RunningID = &body
	all := []directory.Institution{at("union", directory.Association, "1", ""), at("office1", directory.Office, "1", "1"), at("office2", directory.Office, "2", "2"),
		at("whole", complex, "1", "1"), part, at("two", primary, "2", "2"), county, at("far", primary, "9", "9"), at("ngo", directory.NGO, "1", "")}
	members := map[string]bool{"1": true, "2": true}
	for name, c := range map[string]struct {
		owner        access.InstitutionID
		towns, kinds []string
		want         string
	}{
		"everybody, parts with their head":   {owner: "union", want: "county/ngo office1/ office2/ two/office2 whole/office1+1"},
		"a town by seat":                     {owner: "union", towns: []string{"2"}, want: "office2/ two/office2"},
		"beyond the metropolis, when chosen": {owner: "union", towns: []string{"9"}, want: "far/"},
		"a kind; the part by itself":         {owner: "union", kinds: []string{string(register.Primary)}, want: "county/ngo part/office1 two/office2"},
		"an office asks its own":             {owner: "office1", want: "office1/ whole/office1+1"},
		"nobody":                             {owner: "union", kinds: []string{string(register.GeneralSecondary)}},
	} {
		var got []string
		for _, p := range campaignSift(all, c.owner, c.towns, c.kinds, members) {
			text := string(p.Institution) + "/" + p.Runner
			if len(p.parts) > 0 {
				text += "+" + string(rune('0'+len(p.parts)))
			}
			got = append(got, text)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, want %s", name, got, c.want)
		}
	}
}

func TestCampaign(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		for _, part := range []struct {
			name string
			run  func(*testing.T, *kit)
		}{{"refusals", testCampaignRefusals}, {"confidential", testConfidential}, {"few", testFew}, {"end", testEnd}} {
			t.Run(part.name, func(t *testing.T) {
				k.t = t
				part.run(t, k)
			})
		}
	})
}

func testCampaignRefusals(t *testing.T, k *kit) {
	ctx := t.Context()
	for name, c := range map[string]struct {
		who   access.Actor
		owner access.InstitutionID
		kind  fault.Kind
	}{
		"a teacher":                             {k.ewa, k.school, fault.Forbidden},
		"a head":                                {k.head, k.school, fault.Forbidden},
		"an authority for a school":             {k.cityClerk, k.school, fault.Forbidden},
		"an authority for another":              {k.cityClerk, k.townOffice, fault.Forbidden},
		"a center for the association":          {k.planner, k.association, fault.Forbidden},
		"a delegate":                            {k.delegate, k.townOffice, fault.Forbidden},
		"a stranger":                            {k.stranger, k.association, fault.SignedOut},
		"the association for a school":          {k.officer, k.school, fault.Forbidden},
		"the association for nobody":            {k.officer, "", fault.Invalid},
		"the association for what is not there": {k.officer, testID(999), fault.NotFound},
	} {
		_, err := k.CreateCampaign(ctx, c.who, k.settings(func(s *Settings) { s.Owner = c.owner }))
		refuses(t, name, err, c.kind)
	}
	_, err := k.CreateCampaign(ctx, k.officer, k.settings(func(s *Settings) { s.Center = k.school }))
	refuses(t, "a school as center", err, fault.Invalid)
	id, err := k.CreateCampaign(ctx, k.officer, k.settings(nil))
	k.ok(err)
	refuses(t, "a draft of others, saved", k.SaveCampaign(ctx, k.cityClerk, id, k.settings(nil)), fault.NotFound)
	refuses(t, "a stale draft", k.SaveCampaign(ctx, k.officer, id, k.settings(func(s *Settings) { s.Revision = 7 })), fault.Conflict)
	_, err = k.Prepare(ctx, k.officer, id)
	refuses(t, "a key for confidential answers", err, fault.Conflict)
	refuses(t, "closing a draft", k.Close(ctx, k.officer, id, "bo tak"), fault.Conflict)
	refuses(t, "dropping without a reason", k.Drop(ctx, k.officer, id, "  "), fault.Invalid)
	k.ok(k.SaveCampaign(ctx, k.officer, id, k.settings(func(s *Settings) { s.Revision, s.Kinds = 1, []string{string(register.PreschoolPoint)} })))
	refuses(t, "nobody to ask", k.Open(ctx, k.officer, id, 2), fault.Conflict)
	refuses(t, "opened by a stale page", k.Open(ctx, k.officer, id, 1), fault.Conflict)
	if w := k.get(k.cityClerk, CampaignHref(id)); w.Code != http.StatusNotFound {
		t.Errorf("a draft of others: %d", w.Code)
	}
	k.ok(k.Drop(ctx, k.officer, id, "na próbę"))
	if w := k.get(k.ewa, CampaignHref(id)); w.Code != http.StatusNotFound {
		t.Errorf("a draft that was dropped: %d", w.Code)
	}
	if len(k.told) > 0 {
		t.Errorf("somebody was told of a draft: %v", k.told)
	}
}

func testConfidential(t *testing.T, k *kit) {
	ctx := t.Context()
	c := k.opened(k.officer, nil)
	if c.State != Open || c.Round == "" || c.Plan == "" {
		t.Fatalf("opened as %+v", c)
	}
	k.drain()
	parts, err := survey.Parts(ctx, k.db, c.Round)
	k.ok(err)
	got := map[access.InstitutionID]int{}
	for _, p := range parts {
		got[access.InstitutionID(p.Unit)] = p.Invited
	}
	// Beata teaches at two schools and counts for the first by name, the small one.
	want := map[access.InstitutionID]int{k.school: 7, k.small: 6, k.townSchool: 5, k.countyOwned: 4}
	for id, n := range want {
		if got[id] != n {
			t.Errorf("invited at %s: %d, want %d", id, got[id], n)
		}
	}
	for name, c := range map[string]struct {
		who  access.Actor
		want string
	}{
		"head":      {k.head, "needs.told.declare needs.told.answer"},
		"secretary": {k.secretary, "needs.told.declare"},
		"clerk":     {k.townClerk, "needs.told.declare"},
		"delegate":  {k.delegate, "needs.told.declare"},
		"teacher":   {k.ewa, "needs.told.answer"},
		"adviser":   {k.adviser, "needs.told.advise"},
		"officer":   {k.officer, ""},
	} {
		if told := k.toldTo(c.who); told != c.want {
			t.Errorf("%s was told %q, want %q", name, told, c.want)
		}
	}
	refuses(t, "settings of an open one", k.SaveCampaign(ctx, k.officer, c.ID, k.settings(nil)), fault.Conflict)
	second, err := k.CreateCampaign(ctx, k.cityClerk, k.settings(func(s *Settings) { s.Owner, s.Title = k.cityOffice, "Miasto pyta" }))
	k.ok(err)
	err = k.Open(ctx, k.cityClerk, second, 1)
	refuses(t, "the same schools twice", err, fault.Conflict)
	if f := fault.As(err); f == nil || !strings.Contains(k.Catalog.In(i18n.PL).T(f.Key, f.Args...), "Czego potrzebujemy") {
		t.Errorf("the refusal does not name the other campaign: %v", err)
	}
	if n := k.count(`select count(*) from needs_asked where campaign = ?`, second); n != 0 {
		t.Error("the refused opening left its scope behind")
	}
	testRemind(t, k, c)
	k.ok(k.Drop(ctx, k.officer, c.ID, "zły rok"))
	k.drain()
	if told := k.toldTo(k.townHead); !strings.HasSuffix(told, "needs.told.dropped") {
		t.Errorf("the head was told %s", told)
	}
	if rd, err := k.Surveys.RoundByID(ctx, k.db, c.Round); err != nil || rd.State != survey.Dropped {
		t.Errorf("the round is %s, %v", rd.State, err)
	}
	refuses(t, "dropped twice", k.Drop(ctx, k.officer, c.ID, "jeszcze raz"), fault.Conflict)
}

func testRemind(t *testing.T, k *kit, c Campaign) {
	ctx := t.Context()
	k.declared(c, k.townSchool, AsSchool, Line{Topic: maths})
	refuses(t, "reminding by others", k.Remind(ctx, k.cityClerk, c.ID), fault.Forbidden)
	k.ok(k.Remind(ctx, k.officer, c.ID))
	refuses(t, "twice a day", k.Remind(ctx, k.officer, c.ID), fault.Conflict)
	k.drain()
	if told := k.toldTo(k.head); told != "needs.told.declare needs.told.answer needs.told.declare_again needs.told.answer_again" {
		t.Errorf("the head was told %s", told)
	}
	if told := k.toldTo(k.townHead); strings.Contains(told, "declare_again") {
		t.Error("who had sent was reminded")
	}
	k.clock = k.clock.AddDate(0, 0, 1)
	k.ok(k.Remind(ctx, k.officer, c.ID))
	k.drain()
}

func testFew(t *testing.T, k *kit) {
	ctx := t.Context()
	id, err := k.CreateCampaign(ctx, k.townClerk, k.settings(func(s *Settings) {
		s.Owner, s.Mode, s.Title = k.townOffice, survey.Anonymous, "Gmina pyta"
	}))
	k.ok(err)
	p, err := k.Preview(ctx, k.townClerk, id)
	k.ok(err)
	if p.Institutions != 2 || p.Offices != 1 || p.People != 5 || p.Enough(survey.Anonymous) || !p.Enough(survey.Confidential) {
		t.Errorf("preview %+v", p)
	}
	err = k.Open(ctx, k.townClerk, id, 1)
	refuses(t, "five people anonymously", err, fault.Conflict)
	if f := fault.As(err); f == nil || f.Key != "needs.campaign.fault.few" {
		t.Errorf("refused as %v", err)
	}
	page := k.page(k.townClerk, CampaignHref(id))
	if page.Find("[data-promise=why]").Length() == 0 || page.Find(`form[action$="/otworz"], form[action$="/przygotuj"]`).Length() > 0 {
		t.Error("the page does not show the way out, or lets open")
	}
	k.ok(k.Drop(ctx, k.townClerk, id, "za mało osób"))
}

func testEnd(t *testing.T, k *kit) {
	ctx := t.Context()
	c := k.opened(k.officer, func(s *Settings) { s.People = false })
	refuses(t, "closing without a reason", k.Close(ctx, k.officer, c.ID, ""), fault.Invalid)
	refuses(t, "closing by others", k.Close(ctx, k.director, c.ID, "bo tak"), fault.Forbidden)
	refuses(t, "a day that is over", k.Reschedule(ctx, k.officer, c.ID, "2026-11-01"), fault.Invalid)
	k.ok(k.Reschedule(ctx, k.officer, c.ID, "2026-12-05"))
	k.clock = time.Date(2026, time.December, 5, 23, 59, 0, 0, web.Warsaw)
	k.ok(k.CloseDue(ctx))
	if k.read(c.ID).State != Open {
		t.Error("closed before its time")
	}
	k.clock = k.clock.Add(2 * time.Minute)
	refuses(t, "moving what is over", k.Reschedule(ctx, k.officer, c.ID, "2026-12-20"), fault.Conflict)
	k.ok(k.CloseDue(ctx))
	k.drain()
	if got := k.read(c.ID); got.State != Ranked || got.ClosesAt != c.ClosesAt+5*86400 {
		t.Errorf("after its time: %+v", got)
	}
	refuses(t, "dropping what is ranked", k.Drop(ctx, k.officer, c.ID, "za późno"), fault.Conflict)
}

func (k *kit) count(query string, args ...any) (n int) {
	k.t.Helper()
	k.ok(k.db.Get(k.t.Context(), &n, query, args...))
	return n
}

// TestAnonymous opens with a key, and changes the topics before.
func TestAnonymous(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		ctx := t.Context()
		anonymous := func(s *Settings) { s.Mode = survey.Anonymous }
		id, err := k.CreateCampaign(ctx, k.officer, k.settings(anonymous))
		k.ok(err)
		refuses(t, "without a key", k.Open(ctx, k.officer, id, 1), fault.Conflict)
		round, err := k.Prepare(ctx, k.officer, id)
		k.ok(err)
		again, err := k.Prepare(ctx, k.officer, id)
		k.ok(err)
		if again != round {
			t.Error("a second round was planned")
		}
		k.ok(k.SaveCampaign(ctx, k.officer, id, k.settings(func(s *Settings) { s.Mode, s.Revision, s.Topics = survey.Anonymous, 2, []string{maths, tutors} })))
		rd, err := k.Surveys.RoundByID(ctx, k.db, round)
		k.ok(err)
		def, err := k.Surveys.DefinitionByID(ctx, k.db, rd.Definition)
		k.ok(err)
		if got := publishOptions(def, "topics"); !slices.Equal(got, []string{publishOption(maths), publishOption(tutors)}) {
			t.Errorf("the questions are still %v", got)
		}
		shares, err := k.Surveys.MakeKey(ctx, audit.By{Person: string(k.officer.Person)}, round, []string{string(k.officer.Person), string(k.director.Person)}, false)
		k.ok(err)
		refuses(t, "with a key that nobody confirmed", k.Open(ctx, k.officer, id, 3), fault.Conflict)
		for n, who := range []access.Actor{k.officer, k.director} {
			k.ok(k.confirm(round, who, shares[n]))
		}
		k.ok(k.Open(ctx, k.officer, id, 3))
		c := k.read(id)
		part, err := survey.PartOf(ctx, k.db, round)
		k.ok(err)
		if c.State != Open || c.Round != round || part.Invited != 22 {
			t.Errorf("opened as %+v with %+v", c, part)
		}
		k.clock = k.clock.AddDate(0, 0, 9)
		k.ok(k.CloseDue(ctx))
		k.drain()
		if c = k.read(id); c.State != Closed || c.RankedAt == 0 {
			t.Errorf("closed as %+v: declared needs are ranked, people's wait for the officers", c)
		}
		if items := k.desk(k.officer); !strings.Contains(items, "czekają na otwarcie") {
			t.Errorf("the desk says %q", items)
		}
	})
}

func (k *kit) confirm(round survey.RoundID, who access.Actor, share seal.Share) error {
	return k.Surveys.ConfirmShare(k.t.Context(), who.By(), round, share.Text(), false)
}

// desk are the titles on somebody's desk.
func (k *kit) desk(who access.Actor) string {
	k.t.Helper()
	r := &web.Request{Request: deskRequest(k, who), L: k.Catalog.In(k.lang), Shell: k.shell}
	items, err := k.campaignDesk(r)
	k.ok(err)
	var titles []string
	for _, i := range items {
		titles = append(titles, i.Title)
	}
	return strings.Join(titles, " | ")
}

func deskRequest(k *kit, who access.Actor) *http.Request {
	r, err := http.NewRequestWithContext(access.WithActor(k.t.Context(), who), http.MethodGet, "/moje-sprawy", nil)
	k.ok(err)
	return r
}
