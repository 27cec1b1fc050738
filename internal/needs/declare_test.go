package needs

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/survey"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
)

func TestDeclare(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		c := k.campaign(t, nil)
		for _, part := range []struct {
			name string
			run  func(*testing.T, *kit, Campaign)
		}{{"refusals", testDeclareRefusals}, {"head", testHeadDeclares}, {"secretary", testSecretary}, {"own words", testOwnWords}, {"visits", testVisits}, {"too many", testTooMany}, {"late", testLate}} {
			t.Run(part.name, func(t *testing.T) {
				k.t = t
				part.run(t, k, c)
			})
		}
	})
}

var oneLine = []Line{{Topic: maths, Priority: 3, Heads: 4}}

func testDeclareRefusals(t *testing.T, k *kit, c Campaign) {
	ctx := t.Context()
	draft := k.campaign(t, func(c *Campaign) { c.State = Draft })
	for name, x := range map[string]struct {
		who  access.Actor
		id   CampaignID
		at   access.InstitutionID
		as   As
		kind fault.Kind
	}{
		"a teacher":                      {k.ewa, c.ID, k.school, AsSchool, fault.Forbidden},
		"a head of another":              {k.smallHead, c.ID, k.school, AsSchool, fault.Forbidden},
		"a head as an office":            {k.head, c.ID, k.school, AsOffice, fault.Forbidden},
		"an authority for its school":    {k.cityClerk, c.ID, k.school, AsSchool, fault.Forbidden},
		"an authority for another":       {k.cityClerk, c.ID, k.townOffice, AsAuthority, fault.Forbidden},
		"a head as an adviser":           {k.head, c.ID, k.school, AsAdviser, fault.Forbidden},
		"an adviser as the head":         {k.adviser, c.ID, k.school, AsSchool, fault.Forbidden},
		"an adviser about an office":     {k.adviser, c.ID, k.cityOffice, AsAdviser, fault.Forbidden},
		"an institution outside":         {k.adviser, c.ID, k.center, AsAdviser, fault.Conflict},
		"a stranger":                     {k.stranger, c.ID, k.school, AsSchool, fault.SignedOut},
		"a campaign that is a draft":     {k.head, draft.ID, k.school, AsSchool, fault.NotFound},
		"the association for a school":   {k.officer, c.ID, k.school, AsSchool, fault.Forbidden},
		"a campaign that is not there":   {k.head, CampaignID(newID()), k.school, AsSchool, fault.NotFound},
		"a key that is not one of ours":  {k.head, "1 or 1=1", k.school, AsSchool, fault.NotFound},
		"a revision that never was":      {k.head, c.ID, k.school, AsSchool, fault.Conflict},
		"a secretary who sends by hand":  {k.secretary, c.ID, k.school, AsSchool, fault.Invalid},
		"an office in an invented guise": {k.cityClerk, c.ID, k.cityOffice, "king", fault.Forbidden},
	} {
		d := Declared{Lines: oneLine, Send: true}
		if strings.Contains(name, "revision") {
			d.Revision = 3
		}
		_, err := k.Declare(ctx, x.who, x.id, x.at, x.as, d)
		refuses(t, name, err, x.kind)
	}
	if n := k.count(`select count(*) from needs_declarations`); n != 0 {
		t.Errorf("%d declarations came of refusals", n)
	}
}

func testHeadDeclares(t *testing.T, k *kit, c Campaign) {
	ctx := t.Context()
	draft, err := k.Declare(ctx, k.head, c.ID, k.school, AsSchool, Declared{Lines: []Line{{Topic: maths, Heads: -1}}})
	k.ok(err)
	_, _, _, err = k.DeclarationOf(ctx, k.officer, c.ID, k.school, AsSchool)
	refuses(t, "a draft is read by a planner", err, fault.NotFound)
	sent, err := k.Declare(ctx, k.deputy, c.ID, k.school, AsSchool, Declared{Revision: draft.Revision, Send: true, Lines: oneLine})
	k.ok(err)
	if sent.ID != draft.ID || sent.Revision != 2 || !sent.Sent {
		t.Errorf("sent as %+v", sent)
	}
	_, err = k.Declare(ctx, k.head, c.ID, k.school, AsSchool, Declared{Revision: draft.Revision, Send: true, Lines: oneLine})
	refuses(t, "over somebody else's words", err, fault.Conflict)
	_, err = k.Declare(ctx, k.head, c.ID, k.school, AsSchool, Declared{Revision: sent.Revision, Lines: oneLine})
	refuses(t, "a draft over what was sent", err, fault.Conflict)
	for name, who := range map[string]access.Actor{"the association": k.officer, "the center": k.planner, "the authority": k.cityClerk, "the head": k.head} {
		if _, got, lines, err := k.DeclarationOf(ctx, who, c.ID, k.school, AsSchool); err != nil || got.Revision != 2 || len(lines) != 1 || lines[0].Heads != 4 {
			t.Errorf("%s reads %+v %v, %v", name, got, lines, err)
		}
	}
	for name, who := range map[string]access.Actor{"another authority": k.townClerk, "another head": k.smallHead, "a teacher": k.ewa} {
		_, _, _, err := k.DeclarationOf(ctx, who, c.ID, k.school, AsSchool)
		refuses(t, name, err, fault.Forbidden)
	}
	refuses(t, "withdrawn by the secretary", k.Withdraw(ctx, k.secretary, c.ID, k.school, AsSchool, 2), fault.Forbidden)
	refuses(t, "withdrawn by a stale page", k.Withdraw(ctx, k.head, c.ID, k.school, AsSchool, 1), fault.Conflict)
	k.ok(k.Withdraw(ctx, k.head, c.ID, k.school, AsSchool, 2))
	if d, err := declarationAt(ctx, k.db, c.ID, k.school, AsSchool); err != nil || d.Sent {
		t.Errorf("withdrawn: %+v, %v", d, err)
	}
	for _, as := range []As{AsOffice, AsAuthority} {
		for _, who := range []access.Actor{k.townClerk, k.delegate} {
			d, err := declarationAt(ctx, k.db, c.ID, k.townOffice, as)
			if fault.KindOf(err) != fault.NotFound {
				k.ok(err)
			}
			_, err = k.Declare(ctx, who, c.ID, k.townOffice, as, Declared{Revision: d.Revision, Send: true, Lines: oneLine})
			k.ok(err)
		}
	}
	if n := k.count(`select count(*) from needs_declarations where institution = ?`, k.townOffice); n != 2 {
		t.Errorf("the office speaks %d times, want as an office and as the authority", n)
	}
}

func testSecretary(t *testing.T, k *kit, c Campaign) {
	ctx := t.Context()
	d, err := declarationAt(ctx, k.db, c.ID, k.school, AsSchool)
	k.ok(err)
	before := k.toldTo(k.head)
	got, err := k.Declare(ctx, k.secretary, c.ID, k.school, AsSchool, Declared{Revision: d.Revision, Lines: oneLine})
	k.ok(err)
	if got.Sent || got.Paper {
		t.Errorf("prepared as %+v", got)
	}
	got, err = k.Declare(ctx, k.secretary, c.ID, k.school, AsSchool, Declared{Revision: got.Revision, Lines: oneLine, Paper: true, Send: true})
	k.ok(err)
	if !got.Sent || !got.Paper {
		t.Errorf("typed as %+v", got)
	}
	if told := strings.TrimSpace(strings.TrimPrefix(k.toldTo(k.head), before)); told != "needs.told.prepared needs.told.paper" {
		t.Errorf("the head was told %q", told)
	}
	if k.toldTo(k.deputy) != "" {
		t.Error("the deputy was told")
	}
	_, err = k.Declare(ctx, k.townClerk, c.ID, k.townOffice, AsOffice, Declared{Revision: 2, Lines: oneLine, Paper: true, Send: true})
	k.ok(err)
	if d, err := declarationAt(ctx, k.db, c.ID, k.townOffice, AsOffice); err != nil || d.Paper {
		t.Errorf("an office typed a form: %+v, %v", d, err)
	}
}

func testOwnWords(t *testing.T, k *kit, c Campaign) {
	ctx := t.Context()
	write := func(who access.Actor, at access.InstitutionID, words ...string) {
		d, err := declarationAt(ctx, k.db, c.ID, at, AsSchool)
		if fault.KindOf(err) != fault.NotFound {
			k.ok(err)
		}
		var lines []Line
		for _, w := range words {
			lines = append(lines, Line{Words: w, Priority: 2, Heads: 3})
		}
		_, err = k.Declare(ctx, who, c.ID, at, AsSchool, Declared{Revision: d.Revision, Send: true, Lines: lines})
		k.ok(err)
	}
	write(k.smallHead, k.small, "Ceramika", "Pani Nowak z 3b prosi o pomoc")
	write(k.townHead, k.townSchool, "ceramika!")
	_, _, err := k.OwnTexts(ctx, k.cityClerk, c.ID)
	refuses(t, "read by an authority", err, fault.Forbidden)
	_, list, err := k.OwnTexts(ctx, k.planner, c.ID)
	k.ok(err)
	if len(list) != 2 || list[0].Heads != 6 || len(list[0].Institutions) != 2 || len(list[1].PossibleNames) == 0 {
		t.Fatalf("own words %+v", list)
	}
	key := list[0].Key
	refuses(t, "given by a head", k.MergeText(ctx, k.head, c.ID, key, reading), fault.Forbidden)
	refuses(t, "a topic of nobody", k.MergeText(ctx, k.planner, c.ID, key, testTopic), fault.Invalid)
	refuses(t, "words of nobody", k.MergeText(ctx, k.planner, c.ID, "0000", reading), fault.Conflict)
	k.ok(k.MergeText(ctx, k.planner, c.ID, key, tutors))
	k.ok(k.MergeText(ctx, k.officer, c.ID, list[1].Key, noTopic))
	write(k.townHead, k.townSchool, "CERAMIKA", "coś nowego")
	if n := k.count(`select count(*) from needs_lines where merged = ?`, tutors); n != 2 {
		t.Errorf("the topic stays with %d of two lines that were written anew", n)
	}
	if n, err := textsWaiting(ctx, k.db, c.ID); err != nil || n != 1 {
		t.Errorf("%d wait, %v", n, err)
	}
	k.ok(k.MergeText(ctx, k.planner, c.ID, key, ""))
	if n, err := textsWaiting(ctx, k.db, c.ID); err != nil || n != 2 {
		t.Errorf("%d wait after one was taken back, %v", n, err)
	}
	if doc := k.page(k.planner, CampaignHref(c.ID)+"/wlasnymi-slowami"); !strings.Contains(text(doc.Find("main")), "Może zawierać nazwisko") {
		t.Error("nobody is warned of a name")
	}
	w := k.post(k.planner, CampaignHref(c.ID)+"/wlasnymi-slowami", "tekst", key, "temat-"+key, reading)
	if w.Code != http.StatusSeeOther || k.count(`select count(*) from needs_lines where merged = ?`, reading) != 2 {
		t.Errorf("by the page: %d", w.Code)
	}
}

// testVisits has two advisers of one center write a report, and one of another.
func testVisits(t *testing.T, k *kit, c Campaign) {
	ctx := t.Context()
	foreign, colleague := k.person("Obca Doradczyni", access.MethodologicalAdviser, k.association), k.person("Kolega Doradcy", access.MethodologicalAdviser, k.center)
	d, err := k.Declare(ctx, k.adviser, c.ID, k.townSchool, AsAdviser, Declared{Lines: oneLine, Send: true})
	k.ok(err)
	other := func(what string, err error) {
		t.Helper()
		refuses(t, what, err, fault.Conflict)
		if f := fault.As(err); f != nil && f.Key != "needs.answer.fault.visited" {
			t.Errorf("%s: %s", what, f.Key)
		}
	}
	_, _, _, err = k.DeclarationOf(ctx, foreign, c.ID, k.townSchool, AsAdviser)
	other("another center reads", err)
	_, err = k.Declare(ctx, foreign, c.ID, k.townSchool, AsAdviser, Declared{Revision: d.Revision, Lines: oneLine, Send: true})
	other("another center writes over", err)
	other("another center withdraws", k.Withdraw(ctx, foreign, c.ID, k.townSchool, AsAdviser, d.Revision))
	if doc := k.whole("foreign", k.post(foreign, declarePath(c.ID), "placowka", string(k.townSchool), "jako", "adviser", "wersja", "1", "akcja", "wyslij", "brak", "tak"), http.StatusConflict); !strings.Contains(text(doc.Find("main")), "doradcy innego ośrodka") {
		t.Error("the page does not say whose report it is")
	}
	stale := d
	late := declareSeat{As: AsAdviser, Send: true} // it was asked before the report came
	k.ok(k.db.Write(ctx, func(tx *db.Tx) error {
		refuses(t, "a report that came meanwhile", k.declareRow(ctx, tx, &stale, Declared{Revision: d.Revision, Send: true}, late), fault.Conflict)
		return nil
	}))
	_, _, lines, err := k.DeclarationOf(ctx, colleague, c.ID, k.townSchool, AsAdviser)
	if err != nil || len(lines) != 1 {
		t.Errorf("a colleague reads %v, %v", lines, err)
	}
	d, err = k.Declare(ctx, colleague, c.ID, k.townSchool, AsAdviser, Declared{Revision: d.Revision, Lines: oneLine, Send: true})
	k.ok(err)
	k.ok(k.Withdraw(ctx, k.adviser, c.ID, k.townSchool, AsAdviser, d.Revision))
	k.write(func(ctx context.Context, tx *db.Tx) error {
		_, err := k.holdDeclarations().Erase(ctx, tx, string(colleague.Person))
		return err
	})
	_, _, _, err = k.DeclarationOf(ctx, k.adviser, c.ID, k.townSchool, AsAdviser)
	other("a report of nobody", err)
}

// testTooMany bounds the people of one line by the roster.
func testTooMany(t *testing.T, k *kit, c Campaign) {
	ctx := t.Context()
	k.write(func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update needs_asked set roster = 40 where campaign = ? and institution = ?`, c.ID, k.countyOwned)
		return err
	})
	line := func(heads int) Declared {
		return Declared{Send: true, Lines: []Line{{Topic: maths, Priority: 3, Heads: 1}, {Topic: reading, Priority: 3, Heads: heads}}}
	}
	for name, x := range map[string]struct {
		who  access.Actor
		at   access.InstitutionID
		as   As
		most int
	}{"a head": {k.countyHead, k.countyOwned, AsSchool, 120}, "a small school": {k.smallHead, k.small, AsSchool, 50}, "an adviser": {k.adviser, k.countyOwned, AsAdviser, 120}, "an authority": {k.cityClerk, k.cityOffice, AsAuthority, 5000}} {
		_, err := k.Declare(ctx, x.who, c.ID, x.at, x.as, line(x.most+1))
		refuses(t, name, err, fault.Invalid)
		if f := fault.As(err); f != nil && (len(f.Fields) != 1 || f.Fields[0].Name != "ile-2" || f.Fields[0].Args[1] != 2 || f.Fields[0].Args[3] != x.most) {
			t.Errorf("%s: %+v", name, f.Fields)
		}
		d, err := declarationAt(ctx, k.db, c.ID, x.at, x.as)
		if fault.KindOf(err) != fault.NotFound {
			k.ok(err)
		}
		kept := line(x.most)
		kept.Revision = d.Revision
		if _, err := k.Declare(ctx, x.who, c.ID, x.at, x.as, kept); err != nil {
			t.Errorf("%s: the most: %v", name, err)
		}
	}
	k.write(func(ctx context.Context, tx *db.Tx) error { // the next part begins anew
		_, err := tx.Exec(ctx, `delete from needs_declarations where institution = ?`, k.countyOwned)
		return err
	})
}

const testTopic = "01930000-0000-7000-8000-00000000ffff"

func testLate(t *testing.T, k *kit, c Campaign) {
	ctx := t.Context()
	defer func(at time.Time) { k.clock = at }(k.clock)
	k.clock = time.Unix(c.ClosesAt, 0)
	_, err := k.Declare(ctx, k.countyHead, c.ID, k.countyOwned, AsSchool, Declared{Lines: oneLine, Send: true})
	refuses(t, "at the last moment and a second", err, fault.Conflict)
	if f := fault.As(err); f == nil || f.Key != "needs.answer.fault.late" || !strings.Contains(k.Catalog.In(i18n.PL).T(f.Key, f.Args...), "30.11.2026") {
		t.Errorf("refused as %v", err)
	}
	w := k.post(k.countyHead, declarePath(c.ID), "placowka", string(k.countyOwned), "jako", "school", "wersja", "0", "wiersze", "1", "wlasne", "0", "temat-1", maths,
		"waga-1", "3", "ile-1", "7", "akcja", "wyslij")
	if doc := k.whole("late", w, http.StatusConflict); !strings.Contains(text(doc.Find("#stop")), "30.11.2026") {
		t.Error("the page does not say that it is too late")
	} else if typed := text(doc.Find("#wpisane").Parent()); !strings.Contains(typed, "Matematyka – pilne, 7 osób") {
		t.Errorf("what was typed too late is lost: %s", typed)
	}
	k.clock = time.Unix(c.ClosesAt-1, 0)
	_, err = k.Declare(ctx, k.countyHead, c.ID, k.countyOwned, AsSchool, Declared{Lines: oneLine, Send: true})
	k.ok(err)
}

// TestTwoHeads lets two people write one declaration at once: one is first, the
// others are told.
func TestTwoHeads(t *testing.T) {
	testkit.EachIsolation(t, modules, func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		c := k.campaign(t, nil)
		for revision := range int64(2) {
			var wg sync.WaitGroup
			errs := make([]error, 6)
			for n := range errs {
				wg.Go(func() {
					who := []access.Actor{k.head, k.deputy}[n%2]
					_, errs[n] = k.Declare(t.Context(), who, c.ID, k.school, AsSchool, Declared{Revision: revision, Send: true, Lines: []Line{{Topic: maths, Priority: 1, Heads: n}, {Topic: reading, Priority: 1, Heads: n}}})
				})
			}
			wg.Wait()
			won := 0
			for _, err := range errs {
				if err == nil {
					won++
				} else if f := (*fault.Error)(nil); !errors.As(err, &f) || f.Key != "needs.answer.fault.stale" {
					t.Errorf("refused with %v", err)
				}
			}
			if won != 1 {
				t.Errorf("%d wrote over revision %d", won, revision)
			}
		}
		if n := k.count(`select count(distinct heads) from needs_lines`); n != 1 {
			t.Errorf("lines of %d people are mixed", n)
		}
	})
}

// TestTwoOpenings opens two campaigns over the same schools at once.
func TestTwoOpenings(t *testing.T) {
	testkit.EachIsolation(t, modules, func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		var ids []CampaignID
		for range 2 {
			id, err := k.CreateCampaign(t.Context(), k.officer, k.settings(nil))
			k.ok(err)
			ids = append(ids, id)
		}
		var wg sync.WaitGroup
		errs := make([]error, 2)
		for n, id := range ids {
			wg.Go(func() { errs[n] = k.Open(t.Context(), k.officer, id, 1) })
		}
		wg.Wait()
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Errorf("opened: %v and %v", errs[0], errs[1])
		}
	})
}

func TestInterest(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		c := k.campaign(t, func(c *Campaign) { c.People, c.Mode = true, survey.Anonymous })
		ctx := t.Context()
		shared := k.ewa
		shared.Shared = true
		refuses(t, "at a shared computer", k.SetInterest(ctx, shared, c.ID, []string{maths}), fault.Forbidden)
		refuses(t, "an officer", k.SetInterest(ctx, k.officer, c.ID, []string{maths}), fault.Forbidden)
		refuses(t, "a topic that is not asked", k.SetInterest(ctx, k.ewa, c.ID, []string{tutors}), fault.BadRequest)
		doc := k.page(k.ewa, interestPath(c.ID))
		if doc.Find("[data-promise=who-sees]").Length() != 1 || doc.Find("input[name=tematy]").Length() != 4 || doc.Find("input[checked]").Length() != 0 {
			t.Error("the form of interest is not whole")
		}
		if w := k.post(k.ewa, interestPath(c.ID), "tematy", maths, "tematy", reading, "tematy", maths); w.Code != http.StatusSeeOther {
			t.Errorf("saved: %d", w.Code)
		}
		if n := k.count(`select count(*) from needs_interest where person = ? and institution = ?`, k.ewa.Person, k.school); n != 2 {
			t.Errorf("%d topics are kept", n)
		}
		items, err := k.holdInterest().Export(ctx, string(k.ewa.Person))
		if err != nil || len(items) != 2 || items[0].Fields[1].Value == "" {
			t.Errorf("exported %v, %v", items, err)
		}
		k.ok(k.SetInterest(ctx, k.ewa, c.ID, nil))
		if n := k.count(`select count(*) from needs_interest`); n != 0 {
			t.Errorf("%d topics are left", n)
		}
		testOwner(t, k, c)
		testPrivacy(t, k, c)
	})
}

func testOwner(t *testing.T, k *kit, c Campaign) {
	ctx, owner := t.Context(), k.Owner()
	as := func(who access.Actor) *web.Request {
		return &web.Request{Request: deskRequest(k, who), L: k.Catalog.In(i18n.PL), Shell: k.shell}
	}
	rd := survey.Round{Owner: RoundOwner, Object: string(c.ID), Mode: c.Mode}
	for name, x := range map[string]struct {
		who  access.Actor
		unit access.InstitutionID
		kind fault.Kind
	}{"a teacher who came later": {k.ewa, k.school, 0}, "a teacher of two": {k.both, k.school, 0}, "a clerk": {k.cityClerk, "", fault.Forbidden}, "a stranger": {k.stranger, "", fault.SignedOut}} {
		unit, err := owner.Eligible(ctx, as(x.who), rd)
		if x.kind != 0 {
			refuses(t, name, err, x.kind)
		} else if err != nil || unit != string(x.unit) {
			t.Errorf("%s answers for %s, %v", name, unit, err)
		}
	}
	refuses(t, "a head runs the round", owner.Runs(ctx, as(k.head), rd), fault.Forbidden)
	k.ok(owner.Runs(ctx, as(k.officer), rd))
	units, err := owner.PaperAt(ctx, as(k.secretary), rd)
	if err != nil || len(units) != 1 || units[0] != string(k.school) {
		t.Errorf("the secretary types in for %v, %v", units, err)
	}
	if units, err := owner.PaperAt(ctx, as(k.ewa), rd); err != nil || len(units) != 0 {
		t.Errorf("a teacher types in for %v, %v", units, err)
	}
	step, err := owner.Next(ctx, k.Catalog.In(i18n.PL), rd, string(k.ewa.Person))
	if err != nil || step.Href != interestPath(c.ID) {
		t.Errorf("next: %+v, %v", step, err)
	}
}

func testPrivacy(t *testing.T, k *kit, c Campaign) {
	ctx := t.Context()
	d, err := k.Declare(ctx, k.head, c.ID, k.school, AsSchool, Declared{Send: true, Lines: []Line{{Words: "Ceramika", Priority: 1, Heads: 2}}})
	k.ok(err)
	items, err := k.holdDeclarations().Export(ctx, string(k.head.Person))
	if err != nil || len(items) != 1 || len(items[0].Fields) != 4 {
		t.Errorf("exported %+v, %v", items, err)
	}
	small, err := k.Declare(ctx, k.smallHead, c.ID, k.small, AsSchool, Declared{Send: true, Lines: []Line{{Words: "Pani Nowak z 3b", Priority: 1, Heads: 2}}})
	k.ok(err)
	k.write(func(ctx context.Context, tx *db.Tx) error { // whoever wrote it is gone, the words stay until their time
		_, err := k.holdDeclarations().Erase(ctx, tx, string(k.smallHead.Person))
		return err
	})
	if n := k.count(`select count(*) from needs_lines where declaration = ? and words <> ''`, small.ID); n != 1 {
		t.Error("the words of an institution went with an account")
	}
	for _, p := range k.Purposes() {
		for _, h := range p.Holds {
			late := time.Date(c.SchoolYear+1, time.September, 2, 0, 0, 0, 0, web.Warsaw)
			if n, err := h.Expired(ctx, k.db, late.AddDate(0, 0, -10)); err != nil || n != 0 {
				t.Errorf("%s: %d expired too early, %v", h.Table, n, err)
			}
			before, err := h.Expired(ctx, k.db, late)
			k.ok(err)
			swept := 0
			k.ok(k.db.Write(ctx, func(tx *db.Tx) (err error) { swept, err = h.Sweep(ctx, tx, late, 100); return err }))
			if after, err := h.Expired(ctx, k.db, late); err != nil || after != 0 || swept != before {
				t.Errorf("%s: swept %d of %d, %d left, %v", h.Table, swept, before, after, err)
			}
			k.ok(k.db.Write(ctx, func(tx *db.Tx) error { _, err := h.Erase(ctx, tx, string(k.head.Person)); return err }))
		}
	}
	if n := k.count(`select count(*) from needs_lines where declaration in (?, ?) and words = ''`, d.ID, small.ID); n != 2 {
		t.Error("own words outlived their time")
	}
}
