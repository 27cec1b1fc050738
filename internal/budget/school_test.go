package budget

import (
	"bytes"
	"image"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/files"
	"kladka/internal/platform/i18n"
	"kladka/internal/testkit"
)

// TestBesideTheVote walks what goes on before and after a vote on one database
// of each kind.
func TestBesideTheVote(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		k := newProjectKit(t, d)
		for _, part := range []func(*projectKit){pricesBecomeCosts, campaignAndDelivery, twoMerge} {
			k.day(10, 5)
			part(k)
		}
	})
}

func pricesBecomeCosts(k *projectKit) {
	t, ctx := k.t, k.t.Context()
	e := k.pupils
	hammock := NewPrice{Name: "Hamak", Unit: "sztuka", Amount: "120,50", Source: "sklep ogrodniczy", Day: "2026-09-30"}
	k.refuses("written by a pupil", k.AddPrice(ctx, k.pupil, e.ID, hammock), fault.Forbidden)
	k.refuses("written elsewhere", k.AddPrice(ctx, k.outsider, e.ID, hammock), fault.Forbidden)
	tomorrow := hammock
	tomorrow.Day = "2026-10-06"
	k.refuses("seen tomorrow", k.AddPrice(ctx, k.secretary, e.ID, tomorrow), fault.Invalid)
	k.refuses("without a price", k.AddPrice(ctx, k.secretary, e.ID, NewPrice{Name: "x", Unit: "x", Source: "x", Day: "2026-09-30"}), fault.Invalid)
	k.ok(k.AddPrice(ctx, k.secretary, e.ID, hammock))
	list, err := Prices(ctx, k.db, e.ID)
	k.ok(err)
	p, err := k.StartProject(ctx, k.pupil, e.ID, Idea{Pool: e.Rules.Pools[0].ID, Title: "Hamaki", Words: "Do odpoczynku."})
	k.ok(err)
	take := PricesHref(e.ID) + "?projekt=" + string(p)
	if n := k.page(k.pupil, take).Find("select[name=cennik] option[value='" + list[0].ID + "']").Length(); n != 1 {
		t.Error("the price cannot be taken")
	}
	if n := k.page(k.mate, take).Find("select[name=cennik]").Length(); n != 0 {
		t.Error("somebody else takes prices into the project")
	}
	form := k.page(k.pupil, writingHref(p, stageCost)+"?cennik="+list[0].ID+"&ile=3")
	for name, want := range map[string]string{"nazwa": "Hamak (3 × sztuka)", "kwota": "361,50", "skad": "Źródło: sklep ogrodniczy; cena z dnia: 30 września 2026"} {
		if got := strings.ReplaceAll(form.Find("input[name="+name+"]").AttrOr("value", ""), nbsp, " "); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	next := k.opened(School, k.school, Rules{Pools: e.Rules.Pools})
	k.ok(k.CopyPrices(ctx, k.secretary, next.ID))
	k.refuses("copied onto a list", k.CopyPrices(ctx, k.secretary, next.ID), fault.Conflict)
	k.refuses("of another edition", k.DropPrice(ctx, k.secretary, next.ID, list[0].ID), fault.NotFound)
	k.sent(k.secretary, PricesHref(e.ID)+"/usun", "cena", list[0].ID)
	if left, err := Prices(ctx, k.db, e.ID); err != nil || len(left) != 0 {
		t.Errorf("left on the list: %v, %v", left, err)
	}
}

// chosenOf is a school edition that was voted on: the first project won, the
// second lost, and the result stands.
func (k *projectKit) chosenOf() (e Edition, won, lost ProjectID) {
	k.t.Helper()
	e = k.kit.schoolEdition()
	ids := k.accepted(e, e.Rules.Pools[0].ID, 3_000_00, 2_500_00)
	k.day(11, 17)
	k.ok(k.Freeze(k.t.Context(), k.head, e.ID))
	return k.edition(e.ID), ids[0], ids[1]
}

// counted brings a frozen edition to a result that stands.
func (k *projectKit) counted(e Edition, won, lost ProjectID) Edition {
	k.t.Helper()
	ctx := k.t.Context()
	states := []State{Frozen, Voting, Closed, Counted, Final}
	k.ok(k.db.Write(ctx, func(tx *db.Tx) error {
		if err := k.Settle(ctx, tx, e.ID, e.Rules.Pools[0].ID, []ProjectID{won}, []ProjectID{lost}); err != nil {
			return err
		}
		for n := 1; n < len(states); n++ {
			if err := k.MoveTo(ctx, tx, access.System(), e.ID, states[n-1], states[n]); err != nil {
				return err
			}
		}
		return nil
	}))
	return k.edition(e.ID)
}

func campaignAndDelivery(k *projectKit) {
	t, ctx := k.t, k.t.Context()
	e, won, lost := k.chosenOf()
	k.refuses("a campaign by the office", k.SaveCampaign(ctx, k.head, won, "Hasło", "Tekst"), fault.Forbidden)
	k.refuses("too long", k.SaveCampaign(ctx, k.pupil, won, strings.Repeat("x", mostSlogan+1), "Tekst"), fault.Invalid)
	k.refuses("no picture", k.AddCampaignPicture(ctx, k.pupil, won, "", "Hamak"), fault.Invalid)
	k.sent(k.pupil, CampaignHref(won), "haslo", "Odpocznij!", "tekst", "Hamaki dla każdej osoby.")
	k.pictured(won)
	k.ok(k.SaveCampaign(ctx, k.pupil, lost, "Inne", "Inne"))
	k.refuses("taken down by a pupil", k.TakeDown(ctx, k.mate, lost, "Bo tak."), fault.Forbidden)
	k.refuses("taken down without a reason", k.TakeDown(ctx, k.head, lost, ""), fault.Invalid)
	k.ok(k.TakeDown(ctx, k.head, lost, "Obraża."))
	k.refuses("written again", k.SaveCampaign(ctx, k.pupil, lost, "Inne", "Inne"), fault.Conflict)
	if w := k.get(k.nobody, CampaignHref(won)+"/plakat.pdf"); !strings.HasPrefix(w.Body.String(), "%PDF-") {
		t.Errorf("poster: %d %.80s", w.Code, w.Body.String())
	}
	k.everyLanguage(LessonHref(e.ID), DrawHref(e.ID), CampaignHref(won), CampaignHref(lost))
	k.drawnAgain(e)
	k.refuses("begun before the result", k.AddMilestone(ctx, k.head, won, NewMilestone{}), fault.Conflict)
	e = k.counted(e, won, lost)
	k.day(12, 20)
	k.refuses("a campaign after the vote", k.SaveCampaign(ctx, k.pupil, won, "Hasło", "Tekst"), fault.Conflict)
	k.deliver(t, e, won, lost)
	k.everyLanguage(LessonHref(e.ID), DeliveriesHref(e.ID), DeliveryHref(won), Href(e.ID), ProjectHref(won))
	if got, there := k.page(k.nobody, DeliveriesHref(e.ID)).Find("[data-promise=next] a").Attr("href"); there && got == DeliveriesHref(e.ID) {
		t.Error("the page of deliveries leads to itself")
	}
}

// pictured sends a picture for a campaign, which everybody sees.
func (k *projectKit) pictured(id ProjectID) {
	k.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	k.ok(form.WriteField("opis_zdjecia", "Hamak między drzewami"))
	file, err := form.CreateFormFile("zdjecie", "hamak.png")
	k.ok(err)
	k.ok(png.Encode(file, image.NewGray(image.Rect(0, 0, 40, 40))))
	k.ok(form.Close())
	r := httptest.NewRequestWithContext(access.WithActor(k.t.Context(), k.pupil), http.MethodPost, CampaignHref(id)+"/zdjecie", &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	w := httptest.NewRecorder()
	k.shell.ServeHTTP(w, r)
	if w.Code != http.StatusSeeOther {
		k.t.Fatalf("status %d: %.300s", w.Code, w.Body.String())
	}
	picture := k.page(k.nobody, CampaignHref(id)).Find("main img[alt='Hamak między drzewami']")
	for _, src := range []string{picture.AttrOr("src", ""), picture.Parent().AttrOr("href", "")} {
		if w := k.get(k.nobody, src); src == "" || w.Code != http.StatusOK || w.Header().Get("Content-Type") != "image/png" {
			k.t.Errorf("picture %q: %d %s", src, w.Code, w.Header().Get("Content-Type"))
		}
	}
}

// drawnAgain reads the drawing as anybody repeats it.
func (k *projectKit) drawnAgain(e Edition) {
	k.t.Helper()
	doc := k.page(k.nobody, DrawHref(e.ID))
	last := ""
	doc.Find("tbody tr").Each(func(_ int, row *goquery.Selection) {
		id := ProjectID(text(row.Find("code").Last()))
		key := drawKey(e.Rules.Seed, id)
		if key < last || !strings.HasPrefix(key, strings.TrimSuffix(text(row.Find("code").First()), "…")) {
			k.t.Errorf("%s is not where %s puts it", id, key)
		}
		last = key
	})
	if last == "" || !strings.Contains(text(doc.Find("#ziarno ~ p code").First()), e.Rules.Seed) {
		k.t.Error("no seed or no order")
	}
}

// deliver walks a chosen project to its end.
func (k *projectKit) deliver(t testing.TB, e Edition, won, lost ProjectID) {
	t.Helper()
	ctx := t.Context()
	k.refuses("by a pupil", k.AddMilestone(ctx, k.pupil, won, NewMilestone{Kind: Started, Day: "2026-12-20", Words: "x", Due: "2026-12-31"}), fault.Forbidden)
	k.refuses("of one that lost", k.AddMilestone(ctx, k.head, lost, NewMilestone{Kind: Started, Day: "2026-12-20", Words: "x", Due: "2026-12-31"}), fault.Conflict)
	k.refuses("with a file of nobody", k.AddMilestone(ctx, k.head, won, NewMilestone{Kind: Started, Day: "2026-12-20", Words: "x", Due: "2026-12-31", Alt: "x", File: files.ID(newID())}), fault.NotFound)
	k.in(won, ProjectWon)
	k.ok(k.AddMilestone(ctx, k.head, won, NewMilestone{Kind: Started, Day: "2026-12-20", Words: "Zamówiono.", Due: "2026-12-22"}))
	k.in(won, ProjectInProgress)
	k.clock = k.clock.AddDate(0, 0, 3)
	if n := k.page(k.nobody, DeliveriesHref(e.ID)).Find("main .tag.bad").Length(); n != 1 {
		t.Errorf("%d projects are late, want 1", n)
	}
	k.ok(k.AddMilestone(ctx, k.head, won, NewMilestone{Kind: Delay, Day: "2026-12-23", Words: "Sklep zamknięty.", Due: "2026-12-30", Spent: "1000"}))
	k.ok(k.AddMilestone(ctx, k.head, won, NewMilestone{Kind: Delivered, Day: "2026-12-23", Words: "Wiszą.", Spent: "2 900"}))
	k.in(won, ProjectDelivered)
	for _, what := range []string{"in_progress", "delayed", "delivered"} {
		if heard := k.heard(k.pupil); !strings.Contains(heard, what) {
			t.Errorf("the proposer heard %q, not of %s", heard, what)
		}
	}
	facts := text(k.page(k.nobody, DeliveryHref(won)).Find("dl"))
	if !strings.Contains(facts, "Taniej o100 zł") {
		t.Errorf("facts: %s", facts)
	}
}

// everyLanguage reads pages as anybody does.
func (k *projectKit) everyLanguage(paths ...string) {
	k.t.Helper()
	for _, k.lang = range i18n.Langs {
		for _, path := range paths {
			k.page(k.nobody, path)
		}
	}
	k.lang = i18n.PL
}

func TestSchoolPages(t *testing.T) {
	k := newProjectKit(t, testkit.SQLite(t, modules))
	paths := []string{SchoolPath, CostHelpPath}
	for _, one := range plans {
		paths = append(paths, planPath+"/"+one.word)
	}
	k.everyLanguage(append(paths, PricesHref(k.city.ID), PricesHref(k.pupils.ID), DrawHref(k.pupils.ID), LessonHref(k.kit.schoolEdition().ID))...)
	if code := k.get(k.nobody, planPath+"/inny").Code; code != 404 {
		t.Errorf("a plan that there is none of: %d", code)
	}
	for _, lang := range i18n.Langs {
		l := k.Catalog.In(lang)
		for _, one := range plans {
			if tasks, answers := lines(l.T("budget.plan."+one.key+"_tasks")), lines(l.T("budget.plan."+one.key+"_answers")); len(tasks) != len(answers) {
				t.Errorf("%s of %s: %d tasks, %d answers", one.key, lang, len(tasks), len(answers))
			}
		}
	}
	if n := k.page(k.head, SchoolPath).Find("ol.todo li").Length(); n != len(schoolSteps)+len(schoolBegins) {
		t.Errorf("%d steps", n)
	}
}
