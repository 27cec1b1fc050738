package plan

import (
	"net/http"
	"strings"
	"testing"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/testkit"
)

const firstText = "# Po co plan\n\n" + first + "\n\n" + second + "\n\n" + third

func TestDrafting(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		k := newDrafting(t, d)
		k.emptyPapers()
		asks := &kitAsks{town: town}
		k.Asks = Asks{Schools: asks, Needs: asks, Open: asks, Acts: asks, Own: asks}
		k.diagnosis()
		k.refusedWriting()
		k.firstVersion()
		k.remarked()
		k.secondVersion()
		k.adoption()
		k.draftPages()
		k.papers()
		k.forgotten()
	})
}

func (k *drafting) refusedWriting() {
	ctx := k.t.Context()
	k.refuses("a stranger writes", k.SaveText(ctx, k.stranger, k.plan, 0, firstText, ""), fault.NotFound)
	k.refuses("a head writes", k.SaveText(ctx, k.teacher, k.plan, 0, firstText, ""), fault.NotFound)
	k.refuses("a delegate writes", k.SaveText(ctx, k.delegate, k.plan, 0, firstText, ""), fault.Forbidden)
	k.refuses("nothing is written", k.SaveText(ctx, k.officer, k.plan, 0, " \n# ", ""), fault.Invalid)
	k.refuses("too long a paragraph", k.SaveText(ctx, k.officer, k.plan, 0, strings.Repeat("a", longestPart+1), ""), fault.Invalid)
	k.refuses("too many paragraphs", k.SaveText(ctx, k.officer, k.plan, 0, strings.Repeat("a\n\n", mostParts+1), ""), fault.Invalid)
	k.refuses("no such plan", k.SaveText(ctx, k.officer, ID(newID()), 0, firstText, ""), fault.NotFound)
	k.refuses("nothing to open", k.Advance(ctx, k.officer, k.plan, 0, Remarks, "2026-12-20"), fault.Conflict)
}

func (k *drafting) firstVersion() {
	ctx := k.t.Context()
	k.ok(k.SaveText(ctx, k.officer, k.plan, 0, first, ""))
	key := k.keyOf(first)
	k.refuses("from an older screen", k.SaveText(ctx, k.officer, k.plan, 0, firstText, ""), fault.Conflict, "plan.fault.faster")
	k.ok(k.SaveText(ctx, k.officer, k.plan, 1, firstText, "Pierwsza wersja"))
	if v := k.newest(); v.No != 1 || v.Revision != 2 || v.State != Writing || k.keyOf(first) != key {
		k.t.Errorf("the version is %+v", v)
	}
	if list, err := k.Versions(ctx, k.delegate, k.current()); err != nil || len(list) != 0 {
		k.t.Errorf("a delegate sees what is being written: %v, %v", list, err)
	}
	v := k.newest()
	k.refuses("a head is asked too early", k.Advance(ctx, k.delegate, k.plan, v.Revision, Remarks, "2026-12-20"), fault.Forbidden)
	k.refuses("too near a day", k.Advance(ctx, k.officer, k.plan, v.Revision, Remarks, "2026-12-06"), fault.Invalid)
	k.refuses("no day", k.Advance(ctx, k.officer, k.plan, v.Revision, Remarks, "jutro"), fault.Invalid)
	k.refuses("final at once", k.Advance(ctx, k.officer, k.plan, v.Revision, Final, ""), fault.Conflict, "plan.draft.fault.nobody_asked")
	_, err := k.AddRemark(ctx, k.delegate, v.ID, key, k.townOffice, "za wcześnie", "")
	k.refuses("a remark before the opening", err, fault.NotFound)
	k.ok(k.Advance(ctx, k.officer, k.plan, v.Revision, Remarks, "2026-12-07"))
	k.drain()
	for name, who := range map[string]access.Actor{"clerk": k.cityClerk, "delegate": k.delegate, "expert": k.expert} {
		if got := k.toldTo(who); got != "plan.told.remarks" {
			k.t.Errorf("%s was told %q", name, got)
		}
	}
	if got := k.toldTo(k.teacher); got != "" {
		k.t.Errorf("a head was told %q", got)
	}
}

func (k *drafting) remarked() {
	ctx := k.t.Context()
	v, key := k.newest(), k.keyOf(second)
	for _, c := range []struct {
		what string
		who  access.Actor
		key  string
		at   access.InstitutionID
		word string
		kind fault.Kind
	}{
		{"a stranger", k.stranger, key, k.townOffice, "x", fault.NotFound},
		{"a head", k.teacher, key, k.townOffice, "x", fault.NotFound},
		{"the association", k.officer, key, k.association, "x", fault.Forbidden},
		{"for another municipality", k.delegate, key, k.cityOffice, "x", fault.Forbidden},
		{"no such paragraph", k.delegate, newID(), k.townOffice, "x", fault.NotFound},
		{"no words", k.delegate, key, k.townOffice, " \n ", fault.Invalid},
		{"too many words", k.delegate, key, k.townOffice, strings.Repeat("x", longestWords+1), fault.Invalid},
	} {
		_, err := k.AddRemark(ctx, c.who, v.ID, c.key, c.at, c.word, "")
		k.refuses(c.what, err, c.kind)
	}
	village, err := k.AddRemark(ctx, k.delegate, v.ID, key, k.townOffice, "Mamy trzy szkoły i nie mamy doradcy.", second+" lub sąsiedniej")
	k.ok(err)
	expert, err := k.AddRemark(ctx, k.expert, v.ID, key, k.center, "Brakuje terminu.", second)
	k.ok(err)
	list, err := k.RemarksOf(ctx, k.delegate, v.ID, true)
	k.ok(err)
	if len(list) != 2 || list[0].Town != town || list[0].Expert || !list[1].Expert || list[1].Town != "" || list[1].Wording != "" {
		k.t.Fatalf("remarks %+v", list)
	}
	k.refuses("a new version while remarks come", k.SaveText(ctx, k.officer, k.plan, v.Revision, firstText, ""), fault.Conflict, "plan.draft.fault.being_remarked")
	k.answered(village, expert)
}

func (k *drafting) answered(village, expert string) {
	ctx := k.t.Context()
	k.clock = k.clock.AddDate(0, 0, 15) // the day after the last
	v := k.newest()
	_, err := k.AddRemark(ctx, k.delegate, v.ID, k.keyOf(first), k.townOffice, "spóźniona", "")
	k.refuses("a remark after the last day", err, fault.Conflict, "plan.remark.fault.closed")
	k.ok(k.Advance(ctx, k.officer, k.plan, v.Revision, Answering, ""))
	v = k.newest()
	k.refuses("final with remarks waiting", k.Advance(ctx, k.officer, k.plan, v.Revision, Final, ""), fault.Conflict, "plan.draft.fault.unanswered")
	k.refuses("a new version with remarks waiting", k.SaveText(ctx, k.officer, k.plan, v.Revision, firstText, ""), fault.Conflict, "plan.draft.fault.unanswered")
	k.refuses("a delegate answers", k.AnswerRemark(ctx, k.delegate, village, 1, Taken, ""), fault.Forbidden)
	k.refuses("no reason", k.AnswerRemark(ctx, k.officer, village, 1, Not, " "), fault.Invalid)
	k.refuses("no verdict", k.AnswerRemark(ctx, k.officer, village, 1, "maybe", "x"), fault.Invalid)
	k.refuses("an older screen", k.AnswerRemark(ctx, k.officer, village, 7, Taken, ""), fault.Conflict)
	if v := k.newest(); v.Unanswered != 2 || v.Remarks != 2 {
		k.t.Errorf("a refused answer was counted: %+v", v)
	}
	k.ok(k.AnswerRemark(ctx, k.officer, village, 1, Taken, ""))
	k.ok(k.AnswerRemark(ctx, k.officer, village, 2, Partly, "Dopisujemy gminy sąsiednie."))
	k.ok(k.AnswerRemark(ctx, k.officer, expert, 1, Not, "Terminy są przy działaniach."))
	if v := k.newest(); v.Unanswered != 0 || v.Remarks != 2 {
		k.t.Errorf("after the answers: %+v", v)
	}
	if got := k.toldTo(k.expert); got != "plan.told.remarks plan.told.answered" {
		k.t.Errorf("the expert was told %q", got)
	}
}

func (k *drafting) secondVersion() {
	ctx := k.t.Context()
	old, key := k.newest(), k.keyOf(second)
	text := strings.Replace(firstText, second, second+" lub sąsiedniej", 1)
	k.ok(k.SaveText(ctx, k.officer, k.plan, old.Revision, text, "Doradztwo także w gminach sąsiednich"))
	v := k.newest()
	if v.No != 2 || v.State != Writing || k.keyOf(second+" lub sąsiedniej") != key {
		k.t.Fatalf("the next version %+v lost its paragraph", v)
	}
	k.tabs()
	said, err := k.RemarksTo(ctx, v, key)
	k.ok(err)
	if len(said) != 2 || said[0].Answer != Partly {
		k.t.Errorf("remarks are not followed: %+v", said)
	}
	k.ok(k.Advance(ctx, k.officer, k.plan, v.Revision, Final, ""))
	all, err := k.Versions(ctx, k.delegate, k.current())
	k.ok(err)
	if len(all) != 2 || all[0].State != Final || all[1].State != Past {
		k.t.Errorf("versions %+v", all)
	}
	k.refuses("an answer is changed when all is over", k.AnswerRemark(ctx, k.officer, said[0].ID, 3, Taken, ""), fault.Conflict, "plan.remark.fault.past")
}

// tabs: each page of the plan names itself among the others.
func (k *drafting) tabs() {
	for _, path := range []string{Href(k.plan), diagnosisHref(k.plan), textHref(k.plan), adoptHref(k.plan)} {
		if here := k.page(k.officer, path).Find(".subnav a[aria-current=page]"); here.Length() != 1 || here.AttrOr("href", "") != path {
			k.t.Errorf("%s names %d pages as current", path, here.Length())
		}
	}
}

func (k *drafting) adoption() {
	ctx := k.t.Context()
	act := Adoption{On: "2026-12-01", Number: " LXII/8/2026 ", Body: "council"}
	k.refuses("a stranger", k.Adopt(ctx, k.stranger, k.plan, city, 0, act), fault.NotFound)
	k.refuses("a delegate", k.Adopt(ctx, k.delegate, k.plan, town, 0, act), fault.Forbidden)
	k.refuses("for another municipality", k.Adopt(ctx, k.cityClerk, k.plan, town, 0, act), fault.Forbidden)
	k.refuses("a municipality that is no member", k.Adopt(ctx, k.officer, k.plan, "146501", 0, act), fault.Forbidden)
	for what, wrong := range map[string]Adoption{"a day to come": {On: "2027-01-01", Number: "1", Body: "council"}, "no number": {On: "2026-12-01", Body: "council"},
		"nobody": {On: "2026-12-01", Number: "1"}, "no day": {On: "wczoraj", Number: "1", Body: "council"}} {
		k.refuses(what, k.Adopt(ctx, k.cityClerk, k.plan, city, 0, wrong), fault.Invalid)
	}
	k.ok(k.Adopt(ctx, k.cityClerk, k.plan, city, 0, act))
	k.refuses("from an older screen", k.Adopt(ctx, k.officer, k.plan, city, 0, act), fault.Conflict)
	act.Number = "LXII/9/2026"
	k.ok(k.Adopt(ctx, k.officer, k.plan, city, 1, act))
	acts, err := Adoptions(ctx, k.db, k.newest().ID)
	k.ok(err)
	if a := acts[city]; len(acts) != 1 || a.Number != "LXII/9/2026" || a.Revision != 2 || a.On != "2026-12-01" {
		k.t.Errorf("adoptions %+v", acts)
	}
}

// draftPages draws every page of drafting in every language.
func (k *drafting) draftPages() {
	v := k.newest()
	key := k.keyOf(second + " lub sąsiedniej")
	for _, c := range []struct {
		who  access.Actor
		path string
		has  string
	}{
		{k.delegate, textHref(k.plan), "h3:contains('Po co plan')"},
		{k.officer, textHref(k.plan), "a[href$='/pisanie']"},
		{k.delegate, versionHref(v) + "?z=1", "ins:contains('lub sąsiedniej')"},
		{k.delegate, textHref(k.plan) + "/wersja/1", "[data-paragraph]"},
		{k.delegate, textHref(k.plan) + "/wersja/1/uwagi", "article:contains('Mamy trzy szkoły') ins"},
		{k.delegate, remarkHref(v, key), "article:contains('Terminy są przy działaniach')"},
		{k.officer, textHref(k.plan) + "/pisanie", "textarea[name=tekst]"},
		{k.delegate, adoptHref(k.plan), "td:contains('LXII/9/2026')"},
		{k.cityClerk, adoptHref(k.plan) + "/" + city, "input[name=numer][value='LXII/9/2026']"},
	} {
		k.inAll(c.who, c.path, c.has)
	}
	k.missing(k.stranger, textHref(k.plan), adoptHref(k.plan), textHref(k.plan)+"/wersja/1/uwagi")
	k.missing(k.teacher, textHref(k.plan))
	k.missing(k.officer, textHref(k.plan)+"/wersja/9", versionHref(v)+"?z=2", remarkHref(v, newID()))
	if name := words(k.page(k.delegate, textHref(k.plan)+"/wersja/1/uwagi").Find("article:contains('Brakuje terminu') h3")); !strings.HasPrefix(name, "Ewa Ekspert") {
		k.t.Errorf("who works on the plan reads %q", name)
	}
	sheet := k.send(k.delegate, http.MethodGet, textHref(k.plan)+"/wersja/1/uwagi/arkusz", nil).Body.String()
	if !strings.Contains(sheet, "Mamy trzy szkoły") || !strings.Contains(sheet, "Terminy są przy działaniach.") {
		k.t.Errorf("the sheet of remarks is %q", sheet)
	}
	k.answers(http.StatusUnprocessableEntity, k.cityClerk, adoptHref(k.plan)+"/"+city, "wersja", "2", "organ", "council", "dzien", "2026-12-01")
	k.answers(http.StatusSeeOther, k.cityClerk, adoptHref(k.plan)+"/"+city, "wersja", "2", "organ", "executive", "numer", "7/26", "dzien", "2026-12-02")
}

// forgotten erases whoever took part: what was said stays.
func (k *drafting) forgotten() {
	ctx := k.t.Context()
	for _, p := range k.Purposes() {
		for _, h := range p.Holds {
			if !k.Catalog.Has(h.Title) {
				k.t.Errorf("no text %s", h.Title)
			}
			items, err := h.Export(ctx, string(k.expert.Person))
			k.ok(err)
			if h.Title == "plan.holding.plan_remarks_by_person" && len(items) != 1 {
				k.t.Errorf("the expert's export is %v", items)
			}
			k.ok(k.db.Write(ctx, func(tx *db.Tx) error {
				for _, who := range []access.Actor{k.expert, k.officer} {
					if _, err := h.Erase(ctx, tx, string(who.Person)); err != nil {
						return err
					}
				}
				return nil
			}))
		}
	}
	said, err := k.RemarksOf(ctx, k.delegate, mustVersion(k, 1), false)
	k.ok(err)
	if len(said) != 2 || said[1].By != "" || said[1].AnsweredBy != "" || said[1].Words != "Brakuje terminu." || said[0].By == "" {
		k.t.Errorf("after the erasure: %+v", said)
	}
}

func mustVersion(k *drafting, no int) string {
	k.t.Helper()
	var id string
	k.ok(k.db.Get(k.t.Context(), &id, `select id from plan_versions where plan = ? and no = ?`, k.plan, no))
	return id
}
