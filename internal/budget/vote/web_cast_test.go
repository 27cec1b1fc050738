package vote

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/platform/i18n"
	"kladka/internal/testkit"
)

// formOf is what a browser sends of the form that has the button.
func formOf(doc *goquery.Document, step string) (action string, v url.Values) {
	button := doc.Find(`button[value="` + step + `"]`)
	form := button.Closest("form")
	v = url.Values{fieldStep: {step}}
	form.Find("input[type=hidden]").Each(func(_ int, in *goquery.Selection) { v.Add(in.AttrOr("name", ""), in.AttrOr("value", "")) })
	return form.AttrOr("action", ""), v
}

// ways fill in a valid ballot of each type by the fields that a browser draws.
var ways = map[budget.BallotType]func(v url.Values, b *ballot){
	budget.Ranked: func(v url.Values, b *ballot) {
		v.Set(fieldOf(b.order[0]), "3")
		v.Set(fieldOf(b.order[4]), "2")
		v.Set(fieldOf(b.order[7]), "1")
	},
	budget.Approval:   func(v url.Values, b *ballot) { v.Set(fieldOf(b.order[0]), crossed) },
	budget.One:        func(v url.Values, b *ballot) { v.Set(budget.CheckField, string(b.order[0])) },
	budget.Cumulative: func(v url.Values, b *ballot) { v.Set(fieldOf(b.order[0]), "10") },
	budget.Knapsack:   func(v url.Values, b *ballot) { v.Set(fieldOf(b.order[0]), crossed) },
}

// TestVoting walks through every type of ballot by the forms alone, in three
// languages: chosen, looked over, gone back, cast.
func TestVoting(t *testing.T) {
	p := newKit(t, testkit.SQLite(t, modules)).polling(nil, budget.BallotTypes()...)
	for i, lang := range []i18n.Lang{i18n.PL, i18n.EN, i18n.UK} {
		p.lang = lang
		who := p.kit.voter()
		if doc := p.page(who, VoteHref(p.e.ID)); doc.Find(`a[href="`+OwnHref(p.e.ID)+`"]`).Length() != 1 || doc.Find("[data-pool]").Length() != 0 {
			t.Error("somebody without a right is not told where to find it")
		}
		p.elector(p.e, who)
		if n := p.page(who, VoteHref(p.e.ID)).Find("[data-pool] a.btn").Length(); n != len(p.e.Rules.Pools) {
			t.Error("pools to vote in:", n)
		}
		for _, kind := range budget.BallotTypes() {
			votesBy(t, p, who, kind)
			if got := p.opened(kind); len(got) != i+1 {
				t.Errorf("%s %s: in the box: %v", lang, kind, got)
			}
		}
		if n := p.page(who, VoteHref(p.e.ID)).Find("[data-pool] a").Length(); n != 0 {
			t.Error("a pool is offered twice")
		}
	}
}

func votesBy(t *testing.T, p *polls, who access.Actor, kind budget.BallotType) {
	t.Helper()
	b := p.on(kind)
	path := VoteHref(p.e.ID) + "/" + string(b.Pool.ID)
	doc := p.page(who, path)
	if doc.Find("[data-project]").Length() != onEach {
		t.Errorf("%s: projects on the ballot: %d", kind, doc.Find("[data-project]").Length())
	}
	_, v := formOf(doc, stepCheck)
	empty := p.whole(path, p.send(who, http.MethodPost, path, v), http.StatusUnprocessableEntity)
	if empty.Find("#errsum a[href='#"+budget.CheckField+"']").Length() != 1 || empty.Find("#"+budget.CheckField).Length() != 1 {
		t.Errorf("%s: an empty ballot says nothing of what is missing", kind)
	}
	ways[kind](v, b)
	check := p.whole(path, p.send(who, http.MethodPost, path, v), http.StatusOK)
	if check.Find("[data-chosen] li").Length() == 0 || check.Find("[data-count]").Text() == "0" {
		t.Errorf("%s: the look before casting shows nothing", kind)
	}
	_, back := formOf(check, "wracam")
	again := p.whole(path, p.send(who, http.MethodPost, path, back), http.StatusOK)
	if again.Find("[data-project] :checked, [data-project] option[selected], [data-project] input[type=number][value]").Length() == 0 {
		t.Errorf("%s: going back loses the marks", kind)
	}
	action, last := formOf(check, stepCast)
	receipt := p.whole(path, p.send(who, http.MethodPost, action, last), http.StatusOK)
	digest := receipt.Find("[data-digest]").Text()
	if ReadDigest(digest) != digest || digest == "" {
		t.Errorf("%s: the receipt says %q", kind, digest)
	}
	if twice := p.whole(path, p.send(who, http.MethodPost, action, last), http.StatusOK); twice.Find("[data-digest]").Text() != digest {
		t.Errorf("%s: sent twice, another receipt", kind)
	}
	for what, w := range map[string]int{"again": p.get(who, path).Code, "back to the marks": p.send(who, http.MethodPost, path, back).Code} {
		if w != http.StatusConflict {
			t.Errorf("%s: %s: status %d", kind, what, w)
		}
	}
	if doc := p.whole(path, p.get(who, path), http.StatusConflict); doc.Find(`[data-spent] a[href$="/glosowanie"]`).Length() != 1 {
		t.Errorf("%s: no way on after the vote", kind)
	}
}

// TestSlipsAtASharedComputer: pupils take turns. The next one finds nothing of the
// last, not by pressing Back either, and nothing is written down of anybody.
func TestSlipsAtASharedComputer(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	var log bytes.Buffer
	k.shell.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	p := k.polling(func(r *budget.Rules) { r.Who.Sources = []budget.Source{budget.Slips} }, budget.Ranked)
	_, codes, err := p.Print(t.Context(), p.officer, p.e.ID, 25, "")
	p.ok(err)
	start, on := VoteHref(p.e.ID), p.on(budget.Ranked)
	path := start + "/" + string(on.Pool.ID)
	log.Reset()

	for _, wrong := range []string{"", "ABC", strings.Repeat("A", 12)} {
		p.whole("a wrong code", p.post(p.nobody, start, fieldCode, wrong), http.StatusUnprocessableEntity)
	}
	if w := p.get(p.nobody, path); w.Code != http.StatusSeeOther && w.Code != http.StatusUnauthorized && w.Code != http.StatusForbidden {
		t.Error("a ballot without a code: status", w.Code)
	}
	w := p.post(p.nobody, start, fieldCode, strings.ToLower(strings.Join(codes[0].Groups(), " ")))
	doc := p.whole(start, w, http.StatusOK) // the only pool: the ballot at once
	_, v := formOf(doc, stepCheck)
	ways[budget.Ranked](v, on)
	check := p.whole(path, p.send(p.nobody, http.MethodPost, path, v), http.StatusOK)
	_, last := formOf(check, stepCast)
	w = p.send(p.nobody, http.MethodPost, path, last)
	receipt := p.whole(path, w, http.StatusOK)
	if w.Header().Get("Clear-Site-Data") != `"cache"` || w.Header().Get("Cache-Control") != "no-store" || len(w.Result().Cookies()) != 0 || w.Header().Get("X-Request-Id") != "" {
		t.Error("the receipt stays in the browser:", w.Header())
	}
	if strings.Contains(w.Body.String(), codes[0].Letters()) || strings.Contains(w.Body.String(), string(on.order[0])) || strings.Contains(w.Body.String(), "Projekt A") {
		t.Error("the receipt shows the code or the choice")
	}
	if receipt.Find(`[data-receipt="`+start+`"]`).Length() != 1 || receipt.Find(`script[src*="vote"]`).Length() != 1 {
		t.Error("Back and loading anew show the receipt to the next person")
	}
	if receipt.Find(`form[action="`+start+`/koniec"] button`).Length() != 1 {
		t.Error("no way on for the next person")
	}
	if w := p.post(p.nobody, start+"/koniec"); w.Code != http.StatusSeeOther || w.Header().Get("Location") != start {
		t.Error("the end leads to", w.Header())
	}
	v.Set(fieldEnvelope, NewEnvelope())
	for _, step := range []string{stepCheck, "wracam", stepCast} {
		v.Set(fieldStep, step)
		if w := p.send(p.nobody, http.MethodPost, path, v); w.Code != http.StatusConflict || strings.Contains(w.Body.String(), "Projekt A") {
			t.Errorf("%s with a used code: status %d", step, w.Code)
		} else if doc := p.whole(step, w, http.StatusConflict); doc.Find(`[data-spent] form[action="`+start+`/koniec"] button`).Length() != 1 || strings.Contains(doc.Text(), codes[0].Letters()) {
			t.Errorf("%s with a used code: no way on for the next person: %s", step, doc.Find("main").Text())
		}
	}
	if log.Len() > 0 {
		t.Error("the log says:", log.String())
	}
}

// TestTheShortAddress: a slip says an address that can be typed; its code alone
// leads to its edition, and wrong codes count there as they do elsewhere.
func TestTheShortAddress(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	k.roster(4)
	head := k.edition(k.head, "school", nil)
	k.taken(k.post(k.tutor, classHref(head.ID, k.class)))
	_, school, err := k.Print(t.Context(), k.head, head.ID, 3, "")
	k.ok(err)
	p := k.polling(func(r *budget.Rules) { r.Who.Sources = []budget.Source{budget.Slips} }, budget.Ranked, budget.One)
	_, city, err := p.Print(t.Context(), p.officer, p.e.ID, 3, "")
	p.ok(err)
	for _, p.lang = range i18n.Langs {
		if p.page(p.nobody, budget.SlipPath).Find(`form[action="`+budget.SlipPath+`"] input[name="`+fieldCode+`"]`).Length() != 1 {
			t.Error("no field for the code")
		}
	}
	for _, wrong := range []string{"", "ABC", drawCode().Letters(), school[0].Letters()} { // the school does not vote yet
		p.whole(budget.SlipPath, p.post(p.nobody, budget.SlipPath, fieldCode, wrong), http.StatusUnprocessableEntity)
	}
	var counted int
	p.ok(p.db.Get(t.Context(), &counted, `select coalesce(sum(n), 0) from budget_tries`))
	if counted != 2 {
		t.Errorf("%d wrong codes counted, want 2: slips of the finger are none", counted)
	}
	doc := p.whole(budget.SlipPath, p.post(p.nobody, budget.SlipPath, fieldCode, strings.ToLower(city[1].Letters())), http.StatusOK)
	if n := doc.Find(`[data-pool] form[action^="` + VoteHref(p.e.ID) + `/"]`).Length(); n != 2 {
		t.Errorf("%d pools of the slip's edition, want 2", n)
	}
	p.voting(head)
	if id, err := p.EditionOfSlip(t.Context(), "elsewhere", school[0].Letters()); err != nil || id != head.ID {
		t.Error("the school's slip leads to", id, err)
	}
	p.ok(p.VoidBox(t.Context(), p.officer, p.e.ID, 1, "Zginęło"))
	if w := p.post(p.nobody, budget.SlipPath, fieldCode, city[1].Letters()); w.Code != http.StatusConflict {
		t.Error("a void slip: status", w.Code)
	}
	sheet := sheetOf(p.Catalog.In(i18n.PL), p.Base, p.e)
	if !strings.HasSuffix(sheet.Shown, budget.SlipPath) || !strings.HasSuffix(sheet.Address, VoteHref(p.e.ID)) {
		t.Errorf("a slip says %s, its picture %s", sheet.Shown, sheet.Address)
	}
}

// TestRosterWithSlips: the template of schools knows pupils by class, and their
// right is the slip's alone.
func TestRosterWithSlips(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	k.roster(3)
	k.CastRoutes(k.shell)
	e := k.edition(k.head, "school", nil)
	class := classHref(e.ID, k.class)
	k.taken(k.post(k.tutor, class))
	if n := k.page(k.tutor, class).Find("[data-slip-right]").Length(); n != 1 {
		t.Error("the class page does not say whose the right is")
	}
	var rights int
	k.ok(k.db.Get(t.Context(), &rights, `select count(*) from budget_rights`))
	if rights != 0 {
		t.Errorf("%d rights of accounts besides those of slips", rights)
	}
	e = k.voting(e)
	for _, who := range []access.Actor{k.nobody, k.resident} {
		doc := k.page(who, VoteHref(e.ID))
		if doc.Find("#konto").Length() != 0 || doc.Find("#"+fieldCode).Length() != 1 {
			t.Error("an account is offered where only slips vote")
		}
	}
}

func TestBoxPage(t *testing.T) {
	p := newKit(t, testkit.SQLite(t, modules)).polling(nil, budget.One)
	who := p.electors(3)
	var mine Receipt
	for _, id := range who {
		r, err := p.Cast(t.Context(), p.e, p.given(budget.One, id, p.on(budget.One).crosses(2)))
		p.ok(err)
		mine = r
	}
	box := BoxHref(p.e.ID)
	file := box + "/" + string(p.pool(budget.One).ID) + "/skroty.txt"
	if doc := p.page(p.nobody, box); doc.Find("form, table").Length() > doc.Find("header form, footer form").Length() || p.get(p.nobody, file).Code != http.StatusConflict {
		t.Error("the open box shows something")
	}
	if strings.Contains(p.get(p.clerk, box).Body.String(), mine.Digest) {
		t.Error("a digest before the close")
	}
	p.over(t)
	for _, lang := range []i18n.Lang{i18n.PL, i18n.EN, i18n.UK} {
		p.lang = lang
		if rows := p.page(p.nobody, box).Find("tbody tr td:first-of-type"); rows.Text() != "3" {
			t.Error("envelopes:", rows.Text())
		}
		found := p.whole(box, p.post(p.nobody, box, fieldDigest, strings.ToLower(mine.Digest)), http.StatusOK).Find("[data-answer]").Text()
		other := p.whole(box, p.post(p.nobody, box, fieldDigest, "ABCD-EFGH-JKMN-PQRS"), http.StatusOK).Find("[data-answer]").Text()
		if !strings.Contains(found, "Pula one") || strings.Contains(other, "Pula one") || other == "" {
			t.Errorf("answers: %q, %q", found, other)
		}
		p.whole(box, p.post(p.nobody, box, fieldDigest, "co to"), http.StatusUnprocessableEntity)
	}
	lines := strings.Fields(p.get(p.nobody, file).Body.String())
	if len(lines) != 3 || !strings.Contains(strings.Join(lines, " "), mine.Digest) {
		t.Error("the list:", lines)
	}
}

func TestChangePages(t *testing.T) {
	p := newKit(t, testkit.SQLite(t, modules)).polling(func(r *budget.Rules) { r.ChangeOfMind = true }, budget.Approval)
	who, on := p.kit.voter(), p.on(budget.Approval)
	p.elector(p.e, who)
	path := VoteHref(p.e.ID) + "/" + string(on.Pool.ID)
	_, v := formOf(p.page(who, path), stepCheck)
	v.Set(fieldOf(on.order[0]), crossed)
	_, last := formOf(p.whole(path, p.send(who, http.MethodPost, path, v), http.StatusOK), stepCast)
	secret := p.whole(path, p.send(who, http.MethodPost, path, last), http.StatusOK).Find("[data-secret]").Text()
	path += "/zmiana"
	doc := p.page(p.nobody, path)
	_, v = formOf(doc, stepCheck)
	v.Set(fieldOf(on.order[5]), crossed)
	v.Set(fieldSecret, "nie wiem")
	p.whole(path, p.send(p.nobody, http.MethodPost, path, v), http.StatusUnprocessableEntity)
	v.Set(fieldSecret, strings.ToLower(secret))
	action, last := formOf(p.whole(path, p.send(p.nobody, http.MethodPost, path, v), http.StatusOK), stepCast)
	if got := p.whole(path, p.send(p.nobody, http.MethodPost, action, last), http.StatusOK).Find("[data-secret]").Text(); got == secret || got != last.Get(fieldSecond) {
		t.Errorf("secrets: %q, then %q", secret, got)
	}
	if got := p.opened(budget.Approval); len(got) != 1 || got[0].Picks[0].Project != on.order[5] {
		t.Error("in the box:", got)
	}
}

// TestKeyPage: the key of an edition has its page, which tells what keeps the vote
// from opening, and no key is made once it is open.
func TestKeyPage(t *testing.T) {
	p := newKit(t, testkit.SQLite(t, modules)).polling(nil, budget.One)
	p.page(p.officer, KeyHref(p.e.ID))
	if w := p.get(p.resident, KeyHref(p.e.ID)); w.Code != http.StatusForbidden {
		t.Error("somebody who runs nothing: status", w.Code)
	}
	if w := p.post(p.officer, KeyHref(p.e.ID), "osoba", string(p.officer.Person), "osoba", string(p.clerk.Person), "ponownie", "tak"); w.Code != http.StatusConflict {
		t.Error("a new key during the vote: status", w.Code)
	}
	list, err := p.Ready(t.Context(), p.db, p.e)
	p.ok(err)
	for _, o := range list {
		if strings.HasPrefix(o.Key, "vote.lack.") && p.Catalog.Has(o.Key) && p.Catalog.Has(o.Who) {
			return
		}
	}
	t.Error("nothing is said of the key that was not confirmed:", list)
}
