package budget

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/testkit"
)

// A project of the city goes all the way, and each who must not is refused.
func TestProjects(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		k := newProjectKit(t, d)
		begun := k.clock
		for _, part := range []struct {
			name string
			run  func(*projectKit)
		}{{"filing", filing}, {"support", supporting}, {"checks", checking}, {"decisions", deciding}, {"protests", protesting}, {"mending", mending},
			{"late support", lateSupport}, {"scans", scans}, {"drafts", lastDrafts}, {"school", schoolWalk}, {"age", confirmsAge}, {"district", inDistrict}} {
			k.clock = begun
			part.run(k)
			if t.Failed() {
				t.Fatalf("in %s", part.name)
			}
		}
	})
}

func filing(k *projectKit) {
	ctx := k.t.Context()
	pool := k.city.Rules.Pools[0].ID
	_, err := k.StartProject(ctx, k.nobody, k.city.ID, Idea{Pool: pool, Title: "Park", Words: "Zieleń."})
	k.refuses("nobody proposes", err, fault.SignedOut)
	_, err = k.StartProject(ctx, k.resident, k.city.ID, Idea{Pool: "nie ma", Title: "Park", Words: "Zieleń."})
	k.refuses("a pool of another edition", err, fault.Invalid)
	_, err = k.StartProject(ctx, k.head, k.pupils.ID, Idea{Pool: pool, Title: "Hamaki", Words: "Do leżenia."})
	k.refuses("a head proposes for pupils", err, fault.Forbidden)
	_, err = k.StartProject(ctx, k.stranger, k.pupils.ID, Idea{Pool: pool, Title: "Hamaki", Words: "Do leżenia."})
	k.refuses("a pupil of another school", err, fault.Forbidden)

	id, err := k.StartProject(ctx, k.resident, k.city.ID, Idea{Pool: pool, Title: "Park kieszonkowy", Words: "Zieleń.", Category: "greenery"})
	k.ok(err)
	k.ok(k.AddItem(ctx, k.resident, id, "Drzewa", "30 000", ""))
	k.refuses("a draft of another", k.AddItem(ctx, k.neighbor, id, "Ławka", "100", ""), fault.NotFound)
	_, _, err = k.SeesProject(ctx, k.officer, id)
	k.refuses("a draft is its author's", err, fault.NotFound)
	k.refuses("without a place", k.FileProject(ctx, k.resident, id, Declared{OldEnough: true}), fault.Invalid)
	k.refuses("no place at all", k.SavePlace(ctx, k.resident, id, Where{Place: " "}), fault.Invalid)
	k.ok(k.SavePlace(ctx, k.resident, id, Where{Place: "ul. Długa 5"}))
	k.refuses("of no age", k.FileProject(ctx, k.resident, id, Declared{}), fault.Invalid)
	k.ok(k.AddItem(ctx, k.resident, id, "Fontanna", "200 000", ""))
	k.refuses("too dear", k.FileProject(ctx, k.resident, id, Declared{OldEnough: true}), fault.Invalid)
	k.ok(k.DropItem(ctx, k.resident, id, 2))
	if p := k.project(id); p.Cost != 30_000_00 {
		k.t.Errorf("the cost is %d", p.Cost)
	}
	k.ok(k.FileProject(ctx, k.resident, id, Declared{OldEnough: true, Named: true}))
	k.in(id, ProjectSupport)
	k.refuses("filed twice", k.FileProject(ctx, k.resident, id, Declared{OldEnough: true}), fault.Conflict)
	k.refuses("changed after filing", k.AddItem(ctx, k.resident, id, "Ławka", "100", ""), fault.Conflict)
	if got := k.heard(k.resident); got != "support_pending" {
		k.t.Errorf("told %q", got)
	}

	twin := k.written(k.neighbor, k.city, "Park kieszonkowy", "30 000")
	k.ok(k.SaveIdea(ctx, k.neighbor, twin, Idea{Pool: k.city.Rules.Pools[1].ID, Title: "Park  KIESZONKOWY", Words: "Zieleń."}))
	k.refuses("a twin in another pool", k.FileProject(ctx, k.neighbor, twin, Declared{OldEnough: true}), fault.Invalid)
	k.ok(k.Withdraw(ctx, k.neighbor, twin))
	_, err = ProjectByID(ctx, k.db, twin)
	k.refuses("a draft withdrawn is gone", err, fault.NotFound)
	k.clock = dayStop("2026-10-27")
	_, err = k.StartProject(ctx, k.resident, k.city.ID, Idea{Pool: pool, Title: "Po czasie", Words: "Za późno."})
	k.refuses("after the last midnight", err, fault.Conflict)
}

func supporting(k *projectKit) {
	ctx := k.t.Context()
	id := k.filed(k.resident, k.city, "Ławki", "26 000")
	k.refuses("a stranger signs", k.Sign(ctx, k.nobody, id), fault.SignedOut)
	k.refuses("the proposer signs", k.Sign(ctx, k.resident, id), fault.Forbidden)
	k.refuses("a teacher counts lists", k.CountList(ctx, k.neighbor, id, PaperList{Valid: 5}), fault.Forbidden)
	k.refuses("fewer than none", k.CountList(ctx, k.officer, id, PaperList{Valid: -1}), fault.Invalid)
	for range 2 {
		k.ok(k.Sign(ctx, k.neighbor, id))
	}
	if p := k.project(id); p.Support() != 1 || p.State != ProjectSupport {
		k.t.Errorf("one who signs twice counts %d, %s", p.Support(), p.State)
	}
	k.ok(k.Unsign(ctx, k.neighbor, id))
	k.ok(k.Sign(ctx, k.neighbor, id))
	k.ok(k.Watch(ctx, k.neighbor, id))
	k.ok(k.CountList(ctx, k.officer, id, PaperList{Valid: 1, Refused: 3}))
	k.in(id, ProjectFormal)
	k.refuses("after it has enough", k.Sign(ctx, k.third, id), fault.Conflict)
	if got := k.heard(k.neighbor); got != "formal_check" {
		k.t.Errorf("who watches was told %q", got)
	}
}

func checking(k *projectKit) {
	ctx := k.t.Context()
	id := k.filed(k.resident, k.city, "Tężnia", "26 000")
	k.ok(k.Sign(ctx, k.valuator, id))
	k.ok(k.Sign(ctx, k.third, id))
	k.refuses("a head elsewhere", k.PassForm(ctx, k.outsider, id), fault.Forbidden)
	k.refuses("a valuator who signed it", k.PassForm(ctx, k.valuator, id), fault.Forbidden)
	k.ok(k.PassForm(ctx, k.second, id))

	own := k.filed(k.valuator, k.city, "Własny valuatora", "26 000")
	k.ok(k.CountList(ctx, k.officer, own, PaperList{Valid: 2}))
	k.refuses("a valuator who is the proposer", k.PassForm(ctx, k.valuator, own), fault.Forbidden)
	k.ok(k.PassForm(ctx, k.second, own))
	k.refuses("the opinion of the proposer is asked for", k.AskOpinion(ctx, k.officer, own, k.valuator.Person), fault.Invalid)

	id = k.formed("Skatepark")
	k.refuses("an opinion of a teacher is asked for", k.AskOpinion(ctx, k.officer, id, k.third.Person), fault.Invalid)
	k.refuses("a valuator asks", k.AskOpinion(ctx, k.valuator, id, k.second.Person), fault.Forbidden)
	for range 2 {
		k.ok(k.AskOpinion(ctx, k.officer, id, k.valuator.Person))
	}
	k.ok(k.AskOpinion(ctx, k.officer, id, k.second.Person))
	k.refuses("opinions are awaited", k.Decide(ctx, k.officer, id, Decision{Accept: true}), fault.Conflict)
	k.refuses("no without words", k.GiveOpinion(ctx, k.valuator, id, Infeasible, "", ""), fault.Invalid)
	k.ok(k.GiveOpinion(ctx, k.valuator, id, WithChanges, "27 500", "Drożej."))
	k.ok(k.GiveOpinion(ctx, k.second, id, Feasible, "", ""))
	k.ok(k.Decide(ctx, k.officer, id, Decision{Accept: true}))
	k.refuses("an opinion after the decision", k.GiveOpinion(ctx, k.second, id, Feasible, "", ""), fault.Conflict)
	k.in(id, ProjectMerit)
	if n, err := k.Publish(ctx, k.officer, k.city.ID); n != 1 || err != nil {
		k.t.Errorf("published %d: %v", n, err)
	}
	k.in(id, ProjectAccepted)
	if got := k.heard(k.valuator); !strings.Contains(got, "opinion_asked") {
		k.t.Errorf("the valuator was told %q", got)
	}
}

func deciding(k *projectKit) {
	ctx := k.t.Context()
	id := k.formed("Wieża widokowa")
	k.refuses("a valuator decides", k.Decide(ctx, k.valuator, id, Decision{Code: NotOwnLand, Reason: "Teren prywatny."}), fault.Forbidden)
	k.refuses("without words", k.Decide(ctx, k.officer, id, Decision{Code: NotOwnLand}), fault.Invalid)
	k.ok(k.Decide(ctx, k.officer, id, Decision{Code: NotOwnLand, Reason: "Teren prywatny."}))
	k.refuses("a protest before the publication", k.Protest(ctx, k.resident, id, "Nieprawda."), fault.Conflict)
	if doc := k.page(k.nobody, ProjectHref(id)); strings.Contains(doc.Text(), "Teren prywatny") {
		k.t.Error("a decision is seen before it was published")
	}
	_, err := k.Publish(ctx, k.valuator, k.city.ID)
	k.refuses("a valuator publishes", err, fault.Forbidden)
	for want := 1; want >= 0; want-- {
		if n, err := k.Publish(ctx, k.officer, k.city.ID); n != want || err != nil {
			k.t.Errorf("published %d: %v", n, err)
		}
	}
	p := k.project(id)
	if p.State != ProjectRejected || p.ProtestUntil != midnightAfter(k.clock.Unix(), 10) || p.Code != NotOwnLand {
		k.t.Errorf("%+v", p)
	}
	doc := k.page(k.nobody, ProjectHref(id))
	if why := doc.Find(`[data-promise="why"]`).Text(); !strings.Contains(why, "Teren prywatny.") || !strings.Contains(why, "Teren nie należy") {
		k.t.Errorf("the reason is %q", why)
	}
	if strings.Contains(doc.Text(), k.resident.Name) {
		k.t.Error("the name of somebody who did not agree is public")
	}
}

func protesting(k *projectKit) {
	ctx := k.t.Context()
	late := k.turned("Kładka dla jeży")
	id := k.turned("Kładka dla ropuch")
	k.refuses("somebody else protests", k.Protest(ctx, k.neighbor, id, "Da się."), fault.Forbidden)
	k.ok(k.Protest(ctx, k.resident, id, "Da się, bo obok jest taka sama."))
	k.refuses("twice", k.Protest(ctx, k.resident, id, "Naprawdę."), fault.Conflict)
	k.refuses("without a hearing", k.DecideProtest(ctx, k.second, id, true, "Słuszny."), fault.Conflict)
	k.refuses("a hearing yesterday", k.SetHearing(ctx, k.second, id, k.clock.AddDate(0, 0, -1), "sala 12"), fault.Invalid)
	k.ok(k.SetHearing(ctx, k.second, id, k.clock.AddDate(0, 0, 2), "sala 12"))
	k.ok(k.NoteOpinion(ctx, k.second, id, "Rada popiera protest."))
	k.refuses("before the hearing", k.DecideProtest(ctx, k.second, id, true, "Słuszny."), fault.Conflict)
	k.clock = k.clock.AddDate(0, 0, 3)
	k.refuses("who rejected it decides", k.DecideProtest(ctx, k.officer, id, false, "Nie."), fault.Forbidden)
	k.refuses("without words", k.DecideProtest(ctx, k.second, id, true, " "), fault.Invalid)
	k.ok(k.DecideProtest(ctx, k.second, id, true, "Protest jest słuszny."))
	k.in(id, ProjectRestored)
	if got := k.heard(k.resident); !strings.HasSuffix(got, "protested hearing council restored") {
		k.t.Errorf("the proposer was told %q", got)
	}
	k.clock = k.clock.AddDate(0, 0, 10)
	k.refuses("after its days", k.Protest(ctx, k.resident, late, "Da się."), fault.Conflict)
	k.ok(k.Withdraw(ctx, k.resident, id))
	k.in(id, ProjectWithdrawn)
}

func mending(k *projectKit) {
	ctx := k.t.Context()
	id := k.filed(k.resident, k.city, "Murale", "26 000")
	k.ok(k.CountList(ctx, k.officer, id, PaperList{Valid: 2}))
	k.refuses("nothing to mend", k.SavePlace(ctx, k.resident, id, Where{Place: "ul. Krótka"}), fault.Conflict)
	k.ok(k.AskToMend(ctx, k.valuator, id, "Podaj numer domu."))
	k.refuses("passed while it is mended", k.PassForm(ctx, k.valuator, id), fault.Conflict)
	if doc := k.page(k.resident, ProjectHref(id)); !strings.Contains(doc.Text(), "Podaj numer domu.") {
		k.t.Error("the page does not say what to mend")
	}
	if doc := k.page(k.nobody, ProjectHref(id)); strings.Contains(doc.Text(), "Podaj numer domu.") {
		k.t.Error("everybody reads what a proposer is to mend")
	}
	k.ok(k.SavePlace(ctx, k.resident, id, Where{Place: "ul. Krótka 3"}))
	k.ok(k.Mended(ctx, k.resident, id))
	k.refuses("mended twice", k.Mended(ctx, k.resident, id), fault.Conflict)
	k.ok(k.PassForm(ctx, k.valuator, id))
	k.in(id, ProjectMerit)
	k.ok(k.Withdraw(ctx, k.resident, id))
}

// Who gathers too little is rejected by the program some days after the last
// day, and a protest brings the project back to the check of its form.
func lateSupport(k *projectKit) {
	ctx := k.t.Context()
	id := k.filed(k.resident, k.city, "Fontanna", "26 000")
	k.clock = time.Unix(k.project(id).SupportUntil, 0)
	k.refuses("signed at the midnight", k.Sign(ctx, k.third, id), fault.Conflict)
	k.ok(k.EndSupport(ctx))
	k.in(id, ProjectSupport)
	k.clock = k.clock.AddDate(0, 0, countingDays)
	k.ok(k.EndSupport(ctx))
	k.in(id, ProjectRejected)
	k.ok(k.Protest(ctx, k.resident, id, "Lista leżała na portierni."))
	k.ok(k.SetHearing(ctx, k.officer, id, k.clock.Add(time.Hour), "sala 12"))
	k.ok(k.NoteOpinion(ctx, k.officer, id, "Tak."))
	k.clock = k.clock.Add(time.Hour)
	k.ok(k.DecideProtest(ctx, k.officer, id, true, "Lista się znalazła."))
	k.in(id, ProjectFormal)
}

// scans sends a list on paper with its scan; nobody but the office reads it.
func scans(k *projectKit) {
	id := k.filed(k.resident, k.city, "Stojaki", "26 000")
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	k.ok(form.WriteField("wazne", "1"))
	file, err := form.CreateFormFile("plik", "lista.png")
	k.ok(err)
	k.ok(png.Encode(file, image.NewGray(image.Rect(0, 0, 40, 40))))
	k.ok(form.Close())
	path := ProjectHref(id) + "/poparcie"
	r := httptest.NewRequestWithContext(access.WithActor(k.t.Context(), k.officer), http.MethodPost, path+"/lista", &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	w := httptest.NewRecorder()
	k.shell.ServeHTTP(w, r)
	if w.Code != http.StatusSeeOther || k.project(id).Counted != 1 {
		k.t.Fatalf("status %d, %d signatures: %.300s", w.Code, k.project(id).Counted, w.Body.String())
	}
	scan, there := k.page(k.officer, path).Find(`a[href*="/lista/"]`).Attr("href")
	if !there || k.get(k.officer, scan).Code != http.StatusOK {
		k.t.Errorf("the office does not read the scan %q", scan)
	}
	if code := k.get(k.outsider, scan).Code; code != http.StatusForbidden {
		k.t.Errorf("a head elsewhere reads the scan: %d", code)
	}
	if links := k.page(k.nobody, path).Find(`a[href*="/lista/"]`).Length(); links != 0 {
		k.t.Error("everybody is led to the scan")
	}
}

func lastDrafts(k *projectKit) {
	id := k.written(k.third, k.city, "Kiedyś", "26 000")
	for _, c := range []struct {
		on    time.Time
		there bool
	}{{dayStop("2026-11-25"), true}, {dayStop("2026-11-27"), false}} {
		k.clock = c.on
		k.ok(k.EndDrafts(k.t.Context()))
		if _, err := ProjectByID(k.t.Context(), k.db, id); (err == nil) != c.there {
			k.t.Errorf("on %s: %v", c.on, err)
		}
	}
}

// confirmsAge: who files for the city says that they are old enough, with the number in
// its right form; in a school nobody is asked, and both pages of rules say so.
func confirmsAge(k *projectKit) {
	for years, want := range map[int]string{1: "Mam ukończony 1 rok", 16: "Mam ukończone 16 lat", 22: "Mam ukończone 22 lata"} {
		if got := k.Catalog.In(i18n.PL).N("budget.field.age", years); got != want {
			k.t.Errorf("%q, want %q", got, want)
		}
	}
	send := writingHref(k.written(k.resident, k.city, "Skwer", "26 000"), stageSend)
	for _, k.lang = range i18n.Langs {
		if k.page(k.resident, send).Find("input[type=checkbox]#wiek:not([checked])").Length() != 1 {
			k.t.Errorf("%s: the age is not asked", k.lang)
		}
	}
	k.lang = i18n.PL
	doc := k.whole("of no age", k.post(k.resident, send), http.StatusUnprocessableEntity)
	if doc.Find("#wiek[aria-invalid]").Length() != 1 || doc.Find(`#errsum a[href="#wiek"]`).Length() != 1 {
		k.t.Error("the fault does not stand at the age")
	}
	if to := k.sent(k.resident, send, "wiek", "tak"); strings.Contains(to, "/edycja/") {
		k.t.Errorf("filed, and led to %s", to)
	}
	school := k.pupils
	school.Rules.Who.ProposeAge = 16
	k.ok(k.db.Write(k.t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(k.t.Context(), `update budget_editions set rules = ? where id = ?`, school.Rules, school.ID)
		return err
	}))
	send = writingHref(k.written(k.pupil, school, "Huśtawka", "800"), stageSend)
	if k.page(k.pupil, send).Find("#wiek").Length() != 0 {
		k.t.Error("a pupil is asked for the age")
	}
	k.sent(k.pupil, send)
	for want, e := range map[string]Edition{"własnym słowem": k.city, "nikt o wiek nie pyta": school} {
		if words := strings.Join(e.whoWords(k.Catalog.In(i18n.PL)), " "); !strings.Contains(words, want) {
			k.t.Errorf("the rules do not say %q: %s", want, words)
		}
	}
}

// inDistrict: a project of the pool of a district is of that district, unasked; of one
// for the whole city the proposer says it; and the published ballot tells it.
func inDistrict(k *projectKit) {
	ctx, whole, own := k.t.Context(), k.city.Rules.Pools[0].ID, k.city.Rules.Pools[1]
	of := func(id ProjectID, want string) {
		k.t.Helper()
		if got := k.project(id).Area; got != want {
			k.t.Errorf("of district %q, want %q", got, want)
		}
	}
	id, err := k.StartProject(ctx, k.resident, k.city.ID, Idea{Pool: own.ID, Title: "Huśtawka", Words: "Dla dzieci."})
	k.ok(err)
	of(id, own.Name)
	place := writingHref(id, stagePlace)
	if k.page(k.resident, place).Find("#dzielnica").Length() > 0 {
		k.t.Error("the district of a project in its pool is asked")
	}
	k.ok(k.SavePlace(ctx, k.resident, id, Where{Place: "Plac", Area: "inna"}))
	of(id, own.Name)
	k.ok(k.SaveIdea(ctx, k.resident, id, Idea{Pool: whole, Title: "Huśtawka", Words: "Dla dzieci."}))
	of(id, "")
	for _, k.lang = range i18n.Langs {
		if options := k.page(k.resident, place).Find("select#dzielnica option"); options.Length() != 2 || options.First().AttrOr("value", "?") != "" || options.Eq(1).AttrOr("value", "") != own.Name {
			k.t.Errorf("%s: %s", k.lang, text(options))
		}
	}
	k.lang = i18n.PL
	doc := k.whole("no district of the edition", k.post(k.resident, place, "miejsce", "Plac 5", "dzielnica", "<b>Marsa</b>"), http.StatusUnprocessableEntity)
	if doc.Find(`#errsum a[href="#dzielnica"]`).Length() != 1 || doc.Find("#miejsce").AttrOr("value", "") != "Plac 5" {
		k.t.Error(text(doc.Find("#errsum")))
	}
	of(id, "")
	doc = k.whole("no place", k.post(k.resident, place, "miejsce", "", "dzielnica", own.Name), http.StatusUnprocessableEntity)
	if doc.Find("#dzielnica option[selected]").AttrOr("value", "") != own.Name {
		k.t.Error("a refused form forgets the district")
	}
	send := writingHref(id, stageSend)
	if k.sent(k.resident, place, "miejsce", "Plac 5", "dzielnica", ""); !strings.Contains(text(k.page(k.resident, send).Find("dl")), "cała gmina lub kilka dzielnic") {
		k.t.Error("the whole city is not said")
	}
	k.sent(k.resident, place, "miejsce", "Plac 5", "dzielnica", own.Name)
	of(id, own.Name)
	k.ok(k.SaveIdea(ctx, k.resident, id, Idea{Pool: whole, Title: "Huśtawka potrójna", Words: "Dla dzieci."}))
	of(id, own.Name)
	if facts := text(k.page(k.resident, send).Find("dl")); !strings.Contains(facts, own.Name) {
		k.t.Error(facts)
	}
	k.ok(k.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update budget_projects set state = ?, ballot_order = 9, number = 900 where id = ?`, ProjectOnBallot, id)
		return err
	}))
	on, err := OnBallot(ctx, k.db, k.city.ID, whole)
	if k.ok(err); len(on) != 1 || on[0].District != own.Name {
		k.t.Errorf("%+v", on)
	}
	list := ProjectsHref(k.city.ID)
	for path, want := range map[string]bool{list + "?dzielnica=" + url.QueryEscape(own.Name): true, list + "?dzielnica=Mars": false} {
		if got := k.page(k.resident, path).Find(`a[href="`+ProjectHref(id)+`"]`).Length() > 0; got != want {
			k.t.Errorf("%s lists it: %v", path, got)
		}
	}
	if k.page(k.pupil, ProjectsHref(k.pupils.ID)).Find("#dzielnica").Length() > 0 {
		k.t.Error("a school asks for districts")
	}
}

// TestDistricts: words rather than numbers, each once, and none of other pools.
func TestDistricts(t *testing.T) {
	e := Edition{Rules: Rules{Pools: []Pool{{ID: "c", Kind: OfCity, Name: "Miasto", Area: "Kraków"}, {ID: "v", Kind: OfDistrict, Name: "Dzielnica V Krowodrza", Area: "5"},
		{ID: "d", Kind: OfDistrict, Name: "Dębniki, małe", Area: "Dębniki"}, {ID: "d2", Kind: OfDistrict, Name: "Dębniki, duże", Area: "Dębniki"}, {ID: "z", Kind: OfArea, Name: "Zielony"}}}}
	if got := strings.Join(e.Districts(), ";"); got != "Dzielnica V Krowodrza;Dębniki" {
		t.Error(got)
	}
	for pool, want := range map[PoolID]string{"c": "asked", "z": "asked", "v": "Dzielnica V Krowodrza", "d2": "Dębniki", "nie ma": ""} {
		area, ok := e.areaIn(pool, "")
		if e.asksArea(pool) {
			area = "asked"
		}
		if area != want || !ok {
			t.Errorf("%s: %q, want %q", pool, area, want)
		}
	}
	if _, ok := e.areaIn("c", "Mars"); ok {
		t.Error("a district that the edition does not have")
	}
	if e.Rules.Pools = e.Rules.Pools[:1]; e.asksArea("c") {
		t.Error("asked where there are no districts")
	}
}

// schoolWalk is a pupil who files a project by the pages, up to the decision of
// the head.
func schoolWalk(k *projectKit) {
	list := ProjectsHref(k.pupils.ID)
	if doc := k.page(k.pupil, list); doc.Find(`a[href="`+list+`/nowy"]`).Length() != 1 {
		k.t.Error("a pupil is not led to the form")
	} else if filter := doc.Find("form.filter"); filter.Find("select").Length() == 0 || strings.Contains(filter.Text(), "nieobowiązkowe") {
		k.t.Errorf("the filter says that it may be left out: %s", text(filter))
	}
	again := k.whole("nowy", k.post(k.pupil, list+"/nowy", "tytul", "", "opis", "Do leżenia na przerwie."), http.StatusUnprocessableEntity)
	if kept := strings.TrimSpace(again.Find("#opis").Text()); kept != "Do leżenia na przerwie." {
		k.t.Errorf("the form kept %q", kept)
	}
	if sees := again.Find(`[data-promise="who-sees"]`).Text(); !strings.Contains(sees, "uczennica lub uczeń") {
		k.t.Errorf("who sees: %q", sees)
	}
	place := k.sent(k.pupil, list+"/nowy", "tytul", "Hamaki", "opis", "Do leżenia na przerwie.")
	id := ProjectID(strings.Split(strings.TrimPrefix(place, ProjectPath+"/"), "/")[0])
	k.whole(place, k.post(k.pupil, place, "miejsce", "Dziedziniec", "punkt", "gdzieś"), http.StatusUnprocessableEntity)
	cost := k.sent(k.pupil, place, "miejsce", "Dziedziniec", "punkt", "")
	k.sent(k.pupil, cost, "nazwa", "3 hamaki", "kwota", "4000", "skad", "sklep")
	send := writingHref(id, stageSend)
	if doc := k.page(k.pupil, send); !strings.Contains(doc.Find("#brakuje").Parent().Text(), "3 000 zł") && !strings.Contains(doc.Find("#brakuje").Parent().Text(), "3\u00a0000\u00a0zł") {
		k.t.Errorf("what is missing: %q", doc.Find("#brakuje").Parent().Text())
	}
	k.sent(k.pupil, ProjectHref(id)+"/edycja/koszt/usun", "nr", "1")
	k.sent(k.pupil, cost, "nazwa", "2 hamaki", "kwota", "900,50", "skad", "sklep")
	k.page(k.pupil, writingHref(id, stageIdea))
	if to := k.sent(k.pupil, send); to != ProjectHref(id) {
		k.t.Errorf("filed, and led to %s", to)
	}
	k.in(id, ProjectFormal)
	for _, who := range []access.Actor{k.nobody, k.mate, k.stranger} {
		if doc := k.page(who, ProjectHref(id)); strings.Contains(doc.Text(), k.pupil.Name) || !strings.Contains(doc.Find(".facts").Text(), "uczennica lub uczeń") {
			k.t.Error("the name of a pupil is shown")
		}
	}
	schoolOffice(k, id)
}

func schoolOffice(k *projectKit, id ProjectID) {
	check, office := ProjectHref(id)+"/ocena", Href(k.pupils.ID)+"/oceny"
	if doc := k.page(k.nobody, ProjectHref(id)); !strings.Contains(doc.Text(), "Szkoła sprawdza, czy zgłoszenie jest pełne.") {
		k.t.Error("who checks is not told by the kind of the edition")
	}
	k.sent(k.secretary, check+"/formalna")
	k.sent(k.head, check+"/prosba", "osoba", string(k.secretary.Person))
	k.page(k.secretary, check)
	k.whole(check, k.post(k.secretary, check+"/opinia", "ocena", "no", "uwagi", ""), http.StatusUnprocessableEntity)
	k.sent(k.secretary, check+"/opinia", "ocena", "no", "kwota", "950", "uwagi", "Nie ma drzew.")
	if doc := k.page(k.head, check); doc.Find("label[for=kod] .muted, label[for=uzasadnienie] .muted").Length() != 0 {
		k.t.Error("the words of a rejection look as if they could be left out")
	}
	k.whole(check, k.post(k.head, check+"/decyzja", "decyzja", "nie"), http.StatusUnprocessableEntity)
	k.sent(k.head, check+"/decyzja", "decyzja", "nie", "kod", "feasible", "uzasadnienie", "Na dziedzińcu nie ma drzew ani słupków.")
	if doc := k.page(k.head, office); doc.Find(`form[action$="/oceny/publikacja"]`).Length() != 1 {
		k.t.Error("the decision cannot be published")
	}
	k.sent(k.head, office+"/publikacja")
	protest := ProjectHref(id) + "/protest"
	k.page(k.pupil, protest)
	k.sent(k.pupil, protest, "uzasadnienie", "Można postawić słupki.")
	if doc := k.page(k.nobody, protest); strings.Contains(doc.Text(), "Można postawić słupki.") {
		k.t.Error("the words of a protest are public before the decision")
	}
	k.sent(k.deputy, protest+"/wysluchanie", "kiedy", k.clock.AddDate(0, 0, 1).Format("2006-01-02T15:04"), "gdzie", "gabinet")
	k.page(k.deputy, protest)
	k.clock = k.clock.AddDate(0, 0, 2)
	if w := k.post(k.head, protest+"/decyzja", "decyzja", "tak", "uzasadnienie", "Tak."); w.Code != http.StatusForbidden {
		k.t.Errorf("who rejected it decides about the protest: %d", w.Code)
	}
	k.sent(k.deputy, protest+"/decyzja", "decyzja", "tak", "uzasadnienie", "Słupki są w cenniku.")
	k.in(id, ProjectRestored)
	for _, path := range []string{ProjectHref(id), protest, ProjectsHref(k.pupils.ID) + "?stan=restored", ProjectHref(id) + "/poparcie", ProjectsHref(k.pupils.ID) + ".geojson"} {
		w := k.get(k.nobody, path)
		if w.Code != http.StatusOK || strings.Contains(w.Body.String(), "⟦") {
			k.t.Errorf("%s: %d", path, w.Code)
		}
	}
}

// Signatures that come at once are all counted, and the project goes on once.
func TestSignaturesAtOnce(t *testing.T) {
	testkit.EachIsolation(t, modules, func(t *testing.T, d *db.DB) {
		k := newProjectKit(t, d)
		const all = 6
		e := k.opened(City, k.office, Rules{Signatures: all, SignatureDays: 10, Pools: []Pool{poolOf(1, OfCity, 500_000_00, 0, 0)}})
		id := k.filed(k.resident, e, "Ławki", "26 000")
		var group sync.WaitGroup
		for n := range all {
			who := k.person(fmt.Sprintf("Osoba %d", n), access.Teacher, k.elsewhere)
			for range 2 { // from two devices
				group.Go(func() {
					// The second of two comes too late once all are there.
					if err := k.Sign(t.Context(), who, id); err != nil && fault.KindOf(err) != fault.Conflict {
						t.Error(err)
					}
				})
			}
		}
		group.Wait()
		steps, err := ProjectSteps(t.Context(), k.db, id)
		k.ok(err)
		if p := k.project(id); p.Signed != all || p.State != ProjectFormal || len(steps) != 3 {
			t.Errorf("%d signatures, %s, %v", p.Signed, p.State, steps)
		}
	})
}

// Every state, code, verdict, category and step has its words.
func TestProjectTexts(t *testing.T) {
	catalog, err := i18n.Load(Messages)
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, st := range ProjectStates() {
		keys = append(keys, "budget.project.state."+string(st), "budget.project.next."+string(st), "budget.project.next_who."+string(st))
		if st.Public() {
			keys = append(keys, "budget.project.step."+string(st))
		}
		if st.Public() && st != ProjectFiled { // another step comes at once
			keys = append(keys, "budget.told.project_"+string(st))
		}
	}
	for _, c := range append(Codes(), NoSupport) {
		keys = append(keys, "budget.code."+string(c))
	}
	for _, v := range Verdicts() {
		keys = append(keys, "budget.verdict."+string(v))
	}
	for _, c := range Categories() {
		keys = append(keys, "budget.category."+c)
	}
	for _, key := range keys {
		if !catalog.Has(key) {
			t.Errorf("no text %s", key)
		}
	}
	for _, wrong := range catalog.Check() {
		t.Error(wrong)
	}
}
